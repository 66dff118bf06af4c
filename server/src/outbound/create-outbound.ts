// The guarded client over undici: a pool of connections for each origin, each made to an address that was checked; no redirect
// followed, no proxy of the environment asked, and a limit to everything that the other side can make long.
import { Agent, Pool, type Dispatcher } from "undici";
import { createAddressGuard, type ResolveHost } from "./address-guard.ts";
import { guardedConnect, connectGuarded, type ConnectOptions } from "./connect.ts";
import { failureOf } from "./failure.ts";
import { OutboundError, type AddressVerdict, type HostAndPort, type Outbound, type OutboundReply, type OutboundRequest } from "./outbound-client.ts";
import { isPacked, readReply } from "./read-reply.ts";
import { streamReply } from "./stream-reply.ts";
import { targetOf, targetOfAnyUrl, targetOfUrl, type HttpTarget, type Target } from "./target.ts";

export interface OutboundOptions {
  /** OUTBOUND_PRIVATE_HOSTS. */
  readonly privateHosts: readonly string[];
  /** Sent where a request names no other. */
  readonly userAgent?: string;
  /** Connections to one origin at once. */
  readonly connectionsMax?: number;
  readonly connectTimeoutMs?: number;
  /** For tests: how names are looked up. */
  readonly resolve?: ResolveHost;
  /** For tests: certificates that are trusted instead of the system's. */
  readonly ca?: string;
}

const defaults = { userAgent: "Tributary", connectionsMax: 64, connectTimeoutMs: 10_000 };
const TIMEOUT_MS = 30_000;
const RESPONSE_BYTES_MAX = 1024 * 1024;
const HEADER_BYTES_MAX = 16 * 1024;
/** Shorter than most servers', so that a connection isn't used in the moment in which the other side ends it. */
const IDLE_MS = 4_000;
const IDLE_MAX_MS = 60_000;

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;
type Method = (typeof methods)[number];

/** What belongs to the connection and is ours to say; a request's own are left out. */
const ofTheConnection = new Set([
  "host", "connection", "keep-alive", "proxy-connection", "proxy-authorization", "transfer-encoding", "content-length", "upgrade", "te", "trailer", "expect",
]);

export function createOutbound(options: OutboundOptions): Outbound {
  const guard = createAddressGuard(options);
  const connecting: ConnectOptions = { guard, connectTimeoutMs: options.connectTimeoutMs ?? defaults.connectTimeoutMs, ca: options.ca };
  const userAgent = options.userAgent ?? defaults.userAgent;
  const agent = new Agent({
    // The factory knows the port, which the look-up of a name doesn't.
    factory: (origin, { tls: _tls, ...rest }: object & { tls?: unknown }) => new Pool(origin, { ...rest, connect: connectGuarded(connecting, targetOfUrl(String(origin))) }),
    connections: options.connectionsMax ?? defaults.connectionsMax, pipelining: 1, allowH2: false,
    keepAliveTimeout: IDLE_MS, keepAliveMaxTimeout: IDLE_MAX_MS, maxHeaderSize: HEADER_BYTES_MAX,
    // The whole exchange has one deadline, below.
    headersTimeout: 0, bodyTimeout: 0,
  });

  const judge = async (targetToReach: () => Target): Promise<AddressVerdict> => {
    try {
      await guard.resolve(targetToReach());
      return { isGood: true };
    } catch (error) {
      if (error instanceof OutboundError) return { isGood: false, failure: error.failure, problem: error.message };
      throw error;
    }
  };

  return {
    fetch: (request) => exchange(agent, request, { userAgent, refuseAtOnce: guard.refuseAtOnce }),
    async stream(request) {
      const target = targetOfUrl(request.url);
      guard.refuseAtOnce(target);
      const dispatch = dispatchOf(request, target, userAgent);
      return streamReply({ agent, host: target.host, request, options: dispatch, timeoutMs: request.timeoutMs ?? TIMEOUT_MS });
    },
    checkAddress: (url) => judge(() => targetOfAnyUrl(url)),
    checkHost: (to) => judge(() => targetOf(to)),
    resolve: async (to: HostAndPort) => guard.resolve(targetOf(to)),
    connect: (to) => guardedConnect(connecting, to),
    close: () => agent.close(),
  };
}

interface Exchanging {
  readonly userAgent: string;
  readonly refuseAtOnce: (target: Target) => void;
}

async function exchange(agent: Agent, request: OutboundRequest, { userAgent, refuseAtOnce }: Exchanging): Promise<OutboundReply> {
  const target = targetOfUrl(request.url);
  refuseAtOnce(target);
  const dispatch = dispatchOf(request, target, userAgent);
  const timeoutMs = request.timeoutMs ?? TIMEOUT_MS;
  const controller = new AbortController();
  const giveUp = (): void => controller.abort();
  let isOver = false;
  const timer = setTimeout(() => {
    isOver = true;
    giveUp();
  }, timeoutMs);
  request.signal?.addEventListener("abort", giveUp, { once: true });
  let status: number | undefined;
  try {
    request.signal?.throwIfAborted();
    const response = await agent.request({ ...dispatch, signal: controller.signal });
    status = response.statusCode;
    return await replyOf(response, { host: target.host, method: dispatch.method, bytesMax: request.responseBytesMax ?? RESPONSE_BYTES_MAX });
  } catch (error) {
    throw failureOf(error, { host: target.host, isAborted: request.signal?.aborted === true, timeoutMs: isOver ? timeoutMs : undefined, status });
  } finally {
    clearTimeout(timer);
    request.signal?.removeEventListener("abort", giveUp);
  }
}

function dispatchOf(request: OutboundRequest, target: HttpTarget, userAgent: string): Dispatcher.RequestOptions {
  const { origin, path } = target;
  return { origin, path, method: methodOf(request.method, target), headers: headersOf(request.headers, userAgent), ...(request.body === undefined ? {} : { body: request.body }) };
}

async function replyOf(
  { statusCode: status, headers: received, body }: Dispatcher.ResponseData, { host, method, bytesMax }: { host: string; method: string; bytesMax: number },
): Promise<OutboundReply> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(received)) if (value !== undefined) headers[name.toLowerCase()] = Array.isArray(value) ? value.join(", ") : value;
  const head = { host, method, status, contentEncoding: headers["content-encoding"] };
  const bytes = await readReply(body, head, bytesMax);
  if (isPacked(head)) for (const name of ["content-encoding", "content-length"]) delete headers[name];
  return { status, headers, body: bytes };
}

function methodOf(text: string, { host }: HttpTarget): Method {
  const method = methods.find((one) => one === text.toUpperCase());
  if (method) return method;
  throw new OutboundError("bad_request", `${host} can't be asked with the method ${text.slice(0, 20).replaceAll(/[^\w-]/g, "?")}.`);
}

function headersOf(given: Readonly<Record<string, string>> | undefined, userAgent: string): Record<string, string> {
  const headers: Record<string, string> = { "user-agent": userAgent };
  for (const [name, value] of Object.entries(given ?? {})) {
    const lower = name.toLowerCase();
    if (!ofTheConnection.has(lower)) headers[lower] = value;
  }
  return headers;
}
