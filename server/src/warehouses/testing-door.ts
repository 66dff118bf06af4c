// A server's TCP door on loopback, through which a test reaches a real one and can cut what goes through.
import { createServer, type AddressInfo, type Socket } from "node:net";

export interface TestDoor {
  readonly port: number;
  /** Every connection, at once. */
  cut(): void;
  close(): void;
}

/** `behind` connects to what is behind it, anew for each who comes. */
export async function openTestDoor(behind: () => Socket): Promise<TestDoor> {
  const sockets = new Set<Socket>();
  const door = createServer((client) => {
    const server = behind();
    for (const [one, other] of [[client, server], [server, client]] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on("error", () => undefined).on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
  const cut = (): void => sockets.forEach((socket) => socket.destroy());
  return {
    port: (door.address() as AddressInfo).port, // It listens on TCP.
    cut,
    close() {
      cut();
      door.close();
    },
  };
}
