// A TCP wire between an SDK and a real server, and the hand that kills the server at a chosen point of a request: while
// its body is on the way, or when it is stored and only the answer is missing. Bytes pass unchanged; where the server is
// gone the SDK sees what it would see without the wire: a connection refused, or cut off.
import { connect, createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort, type ServerProcess } from "../server-process.ts";

/**
 * `body`: half of a request was passed on when the server dies, so it stored nothing of it.
 * `answer`: the server has answered, so it has stored the events, and dies before the sender learns of it.
 */
export type Moment = "body" | "answer";

export interface Wire {
  /** What the SDK is told to send to. */
  readonly url: string;
  readonly port: number;
  /** Passes `after` more collection requests, kills the server with -9 at that moment of the next one, and starts it again. */
  killDuring(moment: Moment, after: number): Promise<void>;
  close(): Promise<void>;
}

interface Plan {
  readonly moment: Moment;
  requestsLeft: number;
  readonly carryOut: () => void;
}

/** Collection requests begin like this, and nothing else that an SDK sends does. */
const collection = /^POST \/(?:v1|api|beacon)\//;

/** `port` is for servers that must know the wire's address before there is a wire: take it from freePort(). */
export async function startWire(server: Pick<ServerProcess, "port" | "kill" | "start">, port?: number): Promise<Wire> {
  const wirePort = port ?? await freePort();
  const sockets = new Set<Socket>();
  let plan: Plan | undefined;
  let isDown = false;

  function join(sender: Socket): void {
    // From a kill until the next one may be asked for: whatever waits for the server then meets it.
    if (isDown) return void sender.on("error", () => undefined).resetAndDestroy();
    const receiver = connect(server.port, "127.0.0.1");
    let dueAtAnswer: Plan | undefined;
    for (const [end, other] of [[sender, receiver], [receiver, sender]] as const) {
      sockets.add(end);
      end.on("error", () => other.resetAndDestroy());
      end.on("close", () => {
        sockets.delete(end);
        other.destroySoon();
      });
    }
    let isCut = false;
    sender.on("data", (bytes: Buffer) => {
      if (isCut) return;
      if (collection.test(bytes.toString("latin1", 0, 20))) {
        const due = takeDue();
        if (due?.moment === "body") {
          isCut = true;
          receiver.write(bytes.subarray(0, bytes.length / 2), due.carryOut);
          return;
        }
        dueAtAnswer = due;
      }
      receiver.write(bytes);
    });
    receiver.on("data", (bytes) => {
      if (isCut) return;
      if (!dueAtAnswer) return void sender.write(bytes);
      isCut = true;
      dueAtAnswer.carryOut();
      sender.resetAndDestroy();
    });
  }

  function takeDue(): Plan | undefined {
    if (!plan) return undefined;
    if (plan.requestsLeft > 0) {
      plan.requestsLeft -= 1;
      return undefined;
    }
    const due = plan;
    plan = undefined;
    return due;
  }

  const listener: Server = createServer({ noDelay: true }, join);
  listener.listen(wirePort, "127.0.0.1");
  await once(listener, "listening");
  return {
    url: `http://127.0.0.1:${wirePort}`,
    port: wirePort,
    async killDuring(moment, after) {
      const { promise, resolve } = Promise.withResolvers<void>();
      plan = { moment, requestsLeft: after, carryOut: resolve };
      await promise;
      isDown = true;
      await server.kill();
      // Long enough for senders to meet a closed port, too.
      await sleep(100);
      await server.start();
      isDown = false;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, "close");
    },
  };
}
