// The package's fetch, replaced: every request of every destination goes out by the guarded client of its call, under our name, with
// its reply read whole and bounded. A request outside of a call, or of one that is over, goes nowhere.
import type { OutboundReply } from "../../../outbound/outbound.ts";
import { wordsIn } from "../../own/outcome-of.ts";
import { own, ownName } from "../own-marks.ts";
import { calls, type Call } from "./call.ts";
import { isTrouble, type Wire } from "./outcome.ts";

/** node-fetch's, as far as we need them. */
export interface PackageRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: { forEach(visit: (value: string, name: string) => void): void };
  readonly signal?: AbortSignal | null;
  buffer(): Promise<Buffer>;
}
type ResponseClass = new (body: Buffer | null, init: { status: number; headers: Readonly<Record<string, string>>; url: string }) => object;
export interface FetchModule {
  default: (request: PackageRequest) => Promise<object>;
  readonly Response: ResponseClass;
}

/** Replies of destinations' APIs are small; a long list of choices is not. */
const RESPONSE_BYTES_MAX = 4_000_000;

export function replaceFetch(fetchModule: FetchModule, timeoutMs: number): void {
  fetchModule.default = async (request) => {
    const call = calls.getStore();
    if (!call || call.signal.aborted) throw aborted();
    call.requests++;
    const reply = await ask(call, request, timeoutMs);
    note(call, { kind: "reply", status: reply.status, retryAfter: reply.headers["retry-after"], said: reply.status < 300 ? "" : wordsIn(reply.body) });
    return new fetchModule.Response(reply.body, { status: reply.status, headers: reply.headers, url: request.url });
  };
}

async function ask(call: Call, request: PackageRequest, timeoutMs: number): Promise<OutboundReply> {
  const headers = headersOf(request);
  const bytes = request.method === "GET" || request.method === "HEAD" ? undefined : await request.buffer();
  const body = bytes && bytes.length > 0 ? brandedBody(call.slug, bytes) : undefined;
  const signal = request.signal ? AbortSignal.any([call.signal, request.signal]) : call.signal;
  try {
    return await call.client.fetch({ method: request.method, url: request.url, headers, ...(body ? { body } : {}), signal, timeoutMs, responseBytesMax: RESPONSE_BYTES_MAX });
  } catch (error) {
    const failure = error instanceof Error && "failure" in error ? String(error.failure) : "connection_failed";
    const message = error instanceof Error ? error.message : String(error);
    note(call, { kind: "failure", failure, message });
    if (failure === "aborted") throw aborted();
    throw Object.assign(new Error(message), { code: failure === "timeout" ? "ETIMEDOUT" : failure });
  }
}

function note(call: Call, wire: Wire): void {
  call.wire = wire;
  if (isTrouble(wire)) call.trouble = wire;
}

function headersOf(request: PackageRequest): Record<string, string> {
  const headers: Record<string, string> = {};
  request.headers.forEach((value, name) => {
    headers[name.toLowerCase()] = own.header(name.toLowerCase(), value);
  });
  headers["user-agent"] ??= ownName;
  return headers;
}

function brandedBody(slug: string, bytes: Buffer): Buffer {
  const changed = own.body(slug, bytes);
  return changed === undefined ? bytes : Buffer.from(changed);
}

const aborted = (): Error => Object.assign(new Error("The request was given up."), { name: "AbortError" });
