// Holds a whole thread to the rule: from now on no library in it, however it connects, reaches an address that may not be
// reached. For threads that run others' code. It is no wall against code that means harm and has the means of the process;
// it is one against code that goes wherever its settings say.
import dgram from "node:dgram";
import { Socket, type LookupFunction, type TcpNetConnectOpts } from "node:net";
import { createAddressGuard, type AddressGuard, type ResolveHost } from "./address-guard.ts";
import { OutboundError } from "./outbound-client.ts";
import { targetOf } from "./target.ts";

export interface SocketGuardOptions {
  /** OUTBOUND_PRIVATE_HOSTS. */
  readonly privateHosts: readonly string[];
  /** For tests: how names are looked up. */
  readonly resolve?: ResolveHost;
}

type AnyFunction = (this: Socket, ...args: unknown[]) => Socket;

/**
 * Sockets connect only where it is allowed, with the guard's look-up in place of any that the library brings; sockets of the
 * file system and UDP don't at all. What is refused fails as a connection does: by the socket's error. Can't be taken off again.
 */
export function installSocketGuard(options: SocketGuardOptions): void {
  const guard = createAddressGuard(options);
  const connect = Reflect.get(Socket.prototype, "connect") as AnyFunction; // Overloads, told apart below.
  fix(Socket.prototype, "connect", function guardedConnect(this: Socket, ...args: unknown[]): Socket {
    const { to, onConnect } = argumentsOf(args);
    return Reflect.apply(connect, this, [withGuard(guard, to), ...(onConnect === undefined ? [] : [onConnect])]);
  });
  const refuse = (): never => {
    throw new OutboundError("address_refused", "Datagrams are not sent from here.");
  };
  for (const name of ["bind", "connect", "send", "sendto"]) fix(dgram.Socket.prototype, name, refuse);
}

function fix(of: object, name: string, value: unknown): void {
  Object.defineProperty(of, name, { value, writable: false, configurable: false });
}

interface ConnectArguments {
  readonly to: Readonly<Record<string, unknown>>;
  readonly onConnect: unknown;
}

/** `(options, done)`, `(port, host, done)`, `(path, done)`, or the one list that Node's own modules hand on. */
function argumentsOf(args: readonly unknown[]): ConnectArguments {
  const [first, second] = args;
  if (Array.isArray(first)) return argumentsOf(first);
  const onConnect = args.findLast((one) => typeof one === "function");
  if (typeof first === "object" && first !== null) return { to: { ...first }, onConnect };
  const isPort = typeof first === "number" || (typeof first === "string" && /^\d+$/.test(first));
  return { to: isPort ? { port: first, ...(typeof second === "string" ? { host: second } : {}) } : { path: first }, onConnect };
}

type GuardedOptions = TcpNetConnectOpts & { readonly lookup: LookupFunction };

function withGuard(guard: AddressGuard, to: ConnectArguments["to"]): GuardedOptions {
  try {
    if (to["path"] !== undefined && to["path"] !== null) throw new OutboundError("address_refused", "Sockets of the file system are not connected to from here.");
    const target = targetOf({ host: typeof to["host"] === "string" && to["host"] !== "" ? to["host"] : "localhost", port: Number(to["port"]) });
    guard.refuseAtOnce(target);
    return { ...to, host: target.host, port: target.port, path: undefined, lookup: guard.lookupFor(target) } as GuardedOptions; // The rest is as the library gave it.
  } catch (error) {
    // As a name that isn't found: libraries know that, and some take a socket that ends at once for one that is connected.
    const refuse: LookupFunction = (_host, _options, done) => done(error instanceof Error ? error : new Error(String(error)), []);
    return { ...to, host: "refused.invalid", port: 1, path: undefined, lookup: refuse } as GuardedOptions;
  }
}
