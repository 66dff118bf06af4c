// The way of an event from the wire into the log, and nothing else: find the key's source, read and bound the body, cut
// it into events, append them, and answer once they are durable. What is refused is refused as a whole, before anything
// is appended; what was acknowledged is on disk.
import type { IncomingMessage } from "node:http";
import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import { limitText, type Limits } from "../core/limits.ts";
import { senderGroup } from "../core/trusted-addresses.ts";
import type { EventLog, LogRecord } from "../log/log.ts";
import type { SourceEntry } from "../sources/source-directory.ts";
import { successAnswer, type Answer } from "./answers.ts";
import { KeyRefused, type Authenticate } from "./authenticate.ts";
import { readBody, type BodyBudget, type BodyShare } from "./body-reader.ts";
import { fieldOf, textOf, type ScannedItem } from "./body-scanner.ts";
import type { ClientAddress } from "./client-address.ts";
import type { KeyUse } from "./key-use.ts";
import type { IngestMetrics } from "./ingest-metrics.ts";
import { pixelBody } from "./pixel.ts";
import type { RateLimiter } from "./rate-limiter.ts";
import { collectBody, recordsFor, type CollectedBody, type Envelope } from "./records.ts";
import type { Route } from "./routes.ts";
import { sdkOf } from "./sdk-name.ts";
import { basicKey, headerKey, queryKey, usable } from "./write-key.ts";

export interface CollectOptions {
  readonly log: EventLog;
  readonly authenticate: Authenticate;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly budget: BodyBudget;
  readonly rateLimiter: RateLimiter;
  readonly metrics: IngestMetrics;
  readonly keyUse: KeyUse;
  readonly clientAddress: ClientAddress;
  /** The status for unknown, disabled, revoked and missing keys. 200 looks like success to every SDK and stores nothing. */
  readonly unknownKeyStatus: 200 | 401;
}

export type CollectRoute = Extract<Route, { readonly kind: "single" | "batch" | "pixel" }>;

/** Takes in a request's events. Resolves when they are durable; throws AppError for everything that is refused. */
export type Collect = (request: IncomingMessage, route: CollectRoute, query: string) => Promise<Answer>;

export function createCollect(options: CollectOptions): Collect {
  const { log, authenticate, clock, limits, budget, rateLimiter, metrics, keyUse, unknownKeyStatus } = options;

  /** The usable source of each of the keys, or why it is refused. All at once: the directory reads them in one query. */
  async function authenticateAll(keys: readonly string[], request: IncomingMessage, body: Buffer): Promise<Map<string, Authenticated>> {
    const found = await Promise.all(keys.map((key) => authenticate(key, request, body).catch(refusedOnly)));
    return new Map(keys.map((key, index) => [key, found[index]]));
  }

  /**
   * Which items go to which source. An item may carry a key of its own: it directs it to that key's source, or, when the
   * request has no key at all, is the only one it has. An item whose own key is refused goes where the request's key says.
   */
  async function divide(body: CollectedBody, source: SourceEntry | undefined, request: IncomingMessage): Promise<Groups> {
    const keys = body.items.map((item) => usable(textOf(body.bytes, fieldOf(body.bytes, item, "writeKey"))));
    const distinct = new Set(keys.filter((key) => key !== undefined));
    // Refused as a whole: to take the rest for unknown would put their events under another source, or under none.
    if (distinct.size > limits.keysPerBodyMax) {
      const detail = `Its events carry ${distinct.size} different write keys. ${limitText("keysPerBodyMax", limits)}`;
      throw new AppError("body_too_large", { detail, hint: "Send one batch for each write key." });
    }
    const found = await authenticateAll([...distinct], request, body.bytes);
    const groups = new Map<number, { readonly source: SourceEntry; readonly items: ScannedItem[]; readonly byKey: Map<SourceEntry, number> }>();
    let refused: KeyRefused | undefined;
    body.items.forEach((item, index) => {
      const own = found.get(keys[index] ?? "");
      if (own instanceof KeyRefused) refused = own;
      const target = own instanceof KeyRefused || own === undefined ? source : own;
      if (!target) return;
      const group = groups.get(target.sourceId) ?? { source: target, items: [], byKey: new Map<SourceEntry, number>() };
      group.items.push(item);
      group.byKey.set(target, (group.byKey.get(target) ?? 0) + 1);
      groups.set(target.sourceId, group);
    });
    // None has a usable key: refused for the last wrong one, or, when there is none either, for the lack of it.
    if (groups.size === 0) throw refused ?? (await authenticate(undefined, request, body.bytes).catch(refusedOnly));
    return [...groups.values()];
  }

  /** All or an error. When one of several is refused the others may be stored: the sender repeats all, the pipeline drops the doubles. */
  async function append(records: readonly { readonly partition: number; readonly record: LogRecord }[]): Promise<void> {
    const startedMs = performance.now();
    const outcomes = await Promise.allSettled(records.map(({ partition, record }) => log.append(partition, record)));
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    metrics.appendSeconds((performance.now() - startedMs) / 1000);
  }

  /** Rate limits first, for all sources, then the records; a refusal stores nothing. */
  async function store(groups: Groups, body: CollectedBody, envelope: Envelope): Promise<void> {
    const records: { partition: number; record: LogRecord }[] = [];
    let events = 0;
    for (const { source, items } of groups) {
      events += items.length;
      rateLimiter.admit(source, items.length, envelope.receivedAtMs);
      for (const record of recordsFor(source, body, items, { envelope, limits })) records.push({ partition: source.partition, record });
    }
    if (records.length > 0) await append(records);
    metrics.accepted(events, body.bytes.length);
  }

  function countUse(groups: Groups, request: IncomingMessage, bytes: Buffer): void {
    const sdk = sdkOf(request.headers, bytes);
    for (const { byKey } of groups) for (const [entry, events] of byKey) keyUse.count(entry, sdk, events);
  }

  async function takeIn(request: IncomingMessage, route: CollectRoute, query: string, share: BodyShare): Promise<void> {
    const parameters = query === "" ? undefined : new URLSearchParams(query);
    // Whoever shows a key in the header is known before a byte of the body is read.
    const early = basicKey(request.headers);
    let source = early === undefined ? undefined : await authenticate(early, request);
    const bytes = route.kind === "pixel" ? pixelBody(parameters ?? new URLSearchParams()) : await readBody(request, share, limits);
    const receivedAtMs = clock.nowMs();
    const body = collectBody(bytes, route.kind === "batch" ? "batch" : "single", limits);
    const key = usable(body.writeKey) ?? (parameters && queryKey(parameters)) ?? headerKey(request.headers);
    const hasKeysInside = hasKeyInside(body);
    if (!source && (key !== undefined || !hasKeysInside)) source = await authenticate(key, request, bytes);
    const groups: Groups = source && !hasKeysInside ? [wholeOf(source, body)] : await divide(body, source, request);
    const envelope = {
      receivedAtMs, type: route.kind === "batch" ? undefined : route.type, ip: options.clientAddress(request),
      userAgent: request.headers["user-agent"], origin: request.headers.origin,
    };
    await store(groups, body, envelope);
    countUse(groups, request, bytes);
  }

  return async (request, route, query) => {
    const share = budget.open(senderGroup(options.clientAddress(request)));
    try {
      await takeIn(request, route, query, share);
      return successAnswer;
    } catch (error) {
      if (error instanceof KeyRefused && error.code === "invalid_write_key" && unknownKeyStatus === 200) return successAnswer;
      throw error;
    } finally {
      share.release();
    }
  };
}

type Authenticated = SourceEntry | KeyRefused | undefined;
/** What goes to one source. Its events may have come by several of its keys. */
interface Group {
  readonly source: SourceEntry;
  readonly items: readonly ScannedItem[];
  /** Key → how many came by it. */
  readonly byKey: ReadonlyMap<SourceEntry, number>;
}
type Groups = readonly Group[];

function wholeOf(source: SourceEntry, body: CollectedBody): Group {
  return { source, items: body.items, byKey: new Map([[source, body.items.length]]) };
}

function refusedOnly(error: unknown): KeyRefused {
  if (error instanceof KeyRefused) return error;
  throw error;
}

/** Whether any item of a batch may carry a key of its own: a search for the bytes, which is far cheaper than a look into each. */
function hasKeyInside(body: CollectedBody): boolean {
  const first = body.items[0];
  const last = body.items.at(-1);
  if (!body.isBatch || !first || !last) return false;
  // Without the opening quote: the search is fast as long as its first byte is rare.
  const at = body.bytes.indexOf('writeKey"', first.start);
  return at >= 0 && at < last.end;
}
