// For tests: the way out of testing-loopback-client.ts, in a thread in which nothing else reaches beyond this machine either: a library that opens
// a socket of its own to anywhere else is refused and counted, whatever it makes of the refusal.
import dgram from "node:dgram";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";
import type { OpenClient } from "./host/thread.ts";
import { open as openToLoopback } from "./testing-loopback-client.ts";

export const open: OpenClient = (options) => {
  fenceNetwork((options as { readonly beyond: Int32Array }).beyond); // As the test gives it.
  return openToLoopback(options);
};

/** `beyond`: how often something tried, in its first place; shared with whoever looks. */
export function fenceNetwork(beyond: Int32Array): void {
  const refuse = (to: string): never => {
    Atomics.add(beyond, 0, 1);
    throw new Error(`In this test nothing beyond this machine is reached, and this wanted to reach ${to}.`);
  };
  const connect = Reflect.get(net.Socket.prototype, "connect") as (...given: unknown[]) => net.Socket;
  Reflect.set(net.Socket.prototype, "connect", function connectHere(this: net.Socket, ...given: unknown[]): net.Socket {
    const host = hostOf(given);
    return isHere(host) ? connect.apply(this, given) : refuse(host);
  });
  Reflect.set(dgram, "createSocket", () => refuse("something by UDP"));
  syncBuiltinESMExports();
}

const isHere = (host: string): boolean => host === "localhost" || host === "::1" || (net.isIPv4(host) && host.startsWith("127."));

/** Of whatever a socket's `connect` is called with. A path is of this machine. */
function hostOf(given: readonly unknown[]): string {
  const [first, second] = Array.isArray(given[0]) ? given[0] as readonly unknown[] : given; // How Node hands on what it has put in order.
  if (typeof first === "object" && first !== null) return "host" in first && first.host ? String(first.host) : "localhost";
  return typeof second === "string" ? second : "localhost";
}
