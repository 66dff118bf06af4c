// Connections to addresses that were checked: for HTTP as undici asks for them, and for every other protocol as a socket.
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { buildConnector } from "undici";
import type { AddressGuard } from "./address-guard.ts";
import { failureOf } from "./failure.ts";
import { OutboundError, type GuardedConnection } from "./outbound-client.ts";
import { targetOf, type Target } from "./target.ts";

export interface ConnectOptions {
  readonly guard: AddressGuard;
  readonly connectTimeoutMs: number;
  /** Certificates that are trusted instead of the system's. */
  readonly ca?: string | undefined;
}

/** Far hosts need more than Node's quarter of a second until the next of several addresses is tried. */
const ATTEMPT_TIMEOUT_MS = 2_000;

function socketOptions({ guard, ca }: ConnectOptions, target: Target) {
  return {
    lookup: guard.lookupFor(target), autoSelectFamily: true, autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT_MS,
    // Said outright: NODE_TLS_REJECT_UNAUTHORIZED must not change it.
    rejectUnauthorized: true, minVersion: "TLSv1.2" as const, ...(ca === undefined ? {} : { ca }),
  };
}

/** How undici's connections to one origin are made. */
export function connectGuarded(options: ConnectOptions, target: Target): buildConnector.connector {
  const { guard } = options;
  const connect = buildConnector({ ...socketOptions(options, target), allowH2: false, timeout: options.connectTimeoutMs });
  return (to, done) => {
    try {
      // What is an address already nobody looks up.
      guard.refuseAtOnce(target);
    } catch (error) {
      return done(error instanceof Error ? error : new Error(String(error)), null);
    }
    connect(to, (...[error, socket]) => {
      if (error) return done(error, null);
      const problem = strayed(guard, target, socket);
      if (!problem) return done(null, socket);
      socket.destroy();
      done(problem, null);
    });
  };
}

/** Where a connection really ended must be where it may. */
function strayed(guard: AddressGuard, target: Target, socket: Socket): OutboundError | undefined {
  const address = socket.remoteAddress;
  if (address === undefined) return new OutboundError("connection_failed", `${target.host} closed the connection at once.`);
  const problem = guard.problemOf(target, address);
  return problem && new OutboundError("address_refused", `${target.host} leads to ${problem.what}.`);
}

/** Throws OutboundError. */
export async function guardedConnect(options: ConnectOptions, to: GuardedConnection): Promise<Socket> {
  const target = targetOf(to);
  const { guard } = options;
  guard.refuseAtOnce(target);
  const timeoutMs = to.timeoutMs ?? options.connectTimeoutMs;
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = to.signal ? AbortSignal.any([to.signal, timeout]) : timeout;
  const place = { host: target.host, port: target.port, ...socketOptions(options, target) };
  const socket = to.tls === true ? connectTls({ ...place, ...(isIP(target.host) === 0 ? { servername: target.host } : {}) }) : connectTcp(place);
  try {
    await opened(socket, to.tls === true ? "secureConnect" : "connect", signal);
    const problem = strayed(guard, target, socket);
    if (problem) throw problem;
    return socket;
  } catch (error) {
    socket.destroy();
    throw failureOf(error, { host: target.host, isAborted: to.signal?.aborted === true, timeoutMs: timeout.aborted ? timeoutMs : undefined });
  }
}

function opened(socket: Socket | TLSSocket, event: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: unknown): void => {
      socket.off(event, onOpen).off("error", settle);
      signal.removeEventListener("abort", onAbort);
      // A late error of a socket that is given up is nobody's.
      if (error !== undefined) socket.on("error", () => undefined);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onOpen = (): void => settle();
    const onAbort = (): void => settle(signal.reason);
    socket.once(event, onOpen).once("error", settle);
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
  });
}
