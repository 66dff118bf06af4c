// From a scanned body to records of the log: which events, under which header, to which source. The bytes of an event
// are slices of the body; nothing is written anew. An event that can't be processed is kept and marked, so that it harms
// no other and can be looked up.
import type { DoorProblem, EventsHeader } from "@tributary/schema/log-record.ts";
import { AppError } from "../core/errors.ts";
import { limitText, type Limits } from "../core/limits.ts";
import { EVENTS_PER_CHUNK_MAX } from "../core/position.ts";
import type { LogRecord } from "../log/log.ts";
import type { SourceEntry } from "../sources/source-directory.ts";
import { isObjectAt, NotJson, scanBody, textOf, type ScannedBody, type ScannedItem } from "./body-scanner.ts";

/** What the request itself says, for every event in it. */
export interface Envelope {
  readonly receivedAtMs: number;
  readonly type: string | undefined;
  readonly ip: string | undefined;
  readonly userAgent: string | undefined;
  readonly origin: string | undefined;
}

/** A body taken apart: its events, and what is written once for all of them. */
export interface CollectedBody {
  readonly bytes: Buffer;
  readonly isBatch: boolean;
  readonly items: readonly ScannedItem[];
  readonly writeKey: string | undefined;
  readonly sentAt: string | undefined;
  readonly context: string | undefined;
  readonly integrations: string | undefined;
  readonly defaults: Readonly<Record<string, string>> | undefined;
}

const wantedFields: ReadonlySet<string> = new Set([
  "writeKey", "sentAt", "context", "integrations", "messageId", "userId", "anonymousId", "type", "event", "event_type",
]);

const headerTextMax = 1_024;
const sentAtMax = 64;

/**
 * Takes a body apart. Throws AppError: `invalid_json`, `bad_request` when there is no event in it, `body_too_large` when
 * there are too many or what is written once for all of them exceeds an event's limits.
 */
export function collectBody(bytes: Buffer, kind: "single" | "batch", limits: Limits): CollectedBody {
  const scanned = scan(bytes, limits);
  if (scanned.itemCount > limits.batchEventsMax && kind === "batch") {
    throw new AppError("body_too_large", { detail: `It holds ${scanned.itemCount} events. ${limitText("batchEventsMax", limits)}` });
  }
  const isBatch = kind === "batch" && scanned.items !== undefined;
  if (!isBatch) requireOneEvent(bytes, scanned, kind);
  const text = (name: string): string | undefined => textOf(bytes, scanned.fields.get(name));
  const sentAt = text("sentAt");
  return {
    bytes, isBatch,
    items: isBatch ? scanned.items : [scanned.whole],
    writeKey: text("writeKey"),
    sentAt: sentAt !== undefined && sentAt.length <= sentAtMax ? sentAt : undefined,
    context: isBatch ? sharedObject(bytes, scanned, "context", limits) : undefined,
    integrations: isBatch ? sharedObject(bytes, scanned, "integrations", limits) : undefined,
    defaults: isBatch ? defaultsOf(text, scanned.itemCount) : undefined,
  };
}

function scan(bytes: Buffer, limits: Limits): ScannedBody {
  try {
    return scanBody(bytes, wantedFields, limits.batchEventsMax);
  } catch (error) {
    if (!(error instanceof NotJson)) throw error;
    const where = `The first byte that does not belong is number ${error.at + 1} of ${bytes.length}.`;
    const detail = bytes.length === 0 ? "It is empty." : error.at >= bytes.length ? "It ends too early." : where;
    throw new AppError("invalid_json", { detail, cause: error });
  }
}

/** A single call takes any object; a batch path takes one only when it looks like an event: an SDK pointed at the wrong path. */
function requireOneEvent(bytes: Buffer, scanned: ScannedBody, kind: "single" | "batch"): void {
  const looksLikeEvent = ["type", "event", "event_type"].some((name) => scanned.fields.has(name));
  if (isObjectAt(bytes, scanned.whole) && (kind === "single" || looksLikeEvent)) return;
  const wanted = kind === "single" ? "one JSON object" : 'an object with an array "batch", or an array of events';
  throw new AppError("bad_request", { detail: `The body must be ${wanted}.` });
}

/** Batch-level context is merged under every event, so it keeps to the limits of one. Anything but an object means nothing. */
function sharedObject(bytes: Buffer, scanned: ScannedBody, name: string, limits: Limits): string | undefined {
  const piece = scanned.fields.get(name);
  if (!piece || !isObjectAt(bytes, piece)) return undefined;
  const isTooLarge = piece.end - piece.start > limits.eventBytesMax;
  if (isTooLarge || piece.depth >= limits.nestingMax) {
    const limit = limitText(isTooLarge ? "eventBytesMax" : "nestingMax", limits);
    throw new AppError("body_too_large", { detail: `What the batch says for all its events keeps to the limits of one. ${limit}` });
  }
  // It is stored beside each event: small events with a large one would grow a thousandfold.
  if ((piece.end - piece.start) * scanned.itemCount > limits.inflatedBytesMax) {
    const detail = `The batch's ${name} counts for each of its ${scanned.itemCount} events. ${limitText("inflatedBytesMax", limits)} Send fewer events with it.`;
    throw new AppError("body_too_large", { detail });
  }
  return bytes.toString("utf8", piece.start, piece.end);
}

/** A messageId beside several events names the batch, not an event: taken as theirs it would make them duplicates. */
function defaultsOf(text: (name: string) => string | undefined, itemCount: number): Record<string, string> | undefined {
  const names = itemCount === 1 ? ["messageId", "userId", "anonymousId"] : ["userId", "anonymousId"];
  const defaults: Record<string, string> = {};
  let isEmpty = true;
  for (const name of names) {
    const value = text(name);
    if (value === undefined) continue;
    defaults[name] = value;
    isEmpty = false;
  }
  return isEmpty ? undefined : defaults;
}

/** Records of at most a chunk's positions each, all for one source. */
export function recordsFor(
  source: SourceEntry, body: CollectedBody, items: readonly ScannedItem[],
  options: { readonly envelope: Envelope; readonly limits: Limits },
): LogRecord[] {
  const records: LogRecord[] = [];
  for (let from = 0; from < items.length; from += EVENTS_PER_CHUNK_MAX) {
    const slice = items.length <= EVENTS_PER_CHUNK_MAX ? items : items.slice(from, from + EVENTS_PER_CHUNK_MAX);
    const header = headerOf(source, body, options.envelope, problemsOf(body.bytes, slice, options.limits));
    records.push({ header, events: slice.map((item) => body.bytes.subarray(item.start, item.end)) });
  }
  return records;
}

type Problems = Record<string, DoorProblem>;

function headerOf(source: SourceEntry, body: CollectedBody, envelope: Envelope, problems: Problems | undefined): EventsHeader {
  const { type, ip, userAgent, origin } = envelope;
  const { sentAt, context, integrations, defaults } = body;
  return {
    kind: "events", workspaceId: source.workspaceId, sourceId: source.sourceId, receivedAtMs: envelope.receivedAtMs,
    ...(sentAt !== undefined && { sentAt }), ...(type !== undefined && { type }), ...(ip !== undefined && { ip }),
    ...(userAgent !== undefined && { userAgent: userAgent.slice(0, headerTextMax) }),
    ...(origin !== undefined && { origin: origin.slice(0, headerTextMax) }),
    ...(context !== undefined && { context }), ...(integrations !== undefined && { integrations }),
    ...(defaults !== undefined && { defaults }), ...(problems !== undefined && { problems }),
  };
}

function problemsOf(bytes: Buffer, items: readonly ScannedItem[], limits: Limits): Problems | undefined {
  let problems: Problems | undefined;
  for (let index = 0; index < items.length; index++) {
    const item = items[index];
    const problem = item && problemOf(bytes, item, limits);
    if (problem) (problems ??= {})[index] = problem;
  }
  return problems;
}

function problemOf(bytes: Buffer, item: ScannedItem, limits: Limits): DoorProblem | undefined {
  if (!isObjectAt(bytes, item)) return "not_an_object";
  if (item.end - item.start > limits.eventBytesMax) return "event_too_large";
  return item.depth > limits.nestingMax ? "too_deep" : undefined;
}
