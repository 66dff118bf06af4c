// What stands beside the events of a batch and holds for each of them: `context` is merged shallowly under the event's own
// (and so is `integrations`, by whoever sends events on), userId and anonymousId fill gaps. A batch's messageId names the
// batch, so it fills nothing.
import type { EventsHeader } from "@tributary/schema/log-record.ts";
import type { Limits } from "../../core/limits.ts";
import type { Refusal } from "../event.ts";
import { isRefusal, readPayload, withoutUnwantedCharacters } from "./read-payload.ts";
import { isPlainObject, type PlainObject } from "./read-field.ts";

export interface Envelope {
  readonly context: Readonly<PlainObject> | undefined;
  readonly userId: string;
  readonly anonymousId: string;
  /** Properties of the batch-level context; they count for each event. */
  readonly properties: number;
}

/** One record's events share a header object, so its text is parsed once for all of them. */
const known = new WeakMap<EventsHeader, Envelope | Refusal>();

export function readEnvelope(header: EventsHeader, limits: Limits): Envelope | Refusal {
  let envelope = known.get(header);
  if (envelope === undefined) {
    envelope = parseEnvelope(header, limits);
    known.set(header, envelope);
  }
  return envelope;
}

function parseEnvelope(header: EventsHeader, limits: Limits): Envelope | Refusal {
  const context = parseField(header.context, limits);
  if (context !== undefined && isRefusal(context)) return context;
  return {
    context: context?.payload,
    userId: defaultOf(header, "userId"),
    anonymousId: defaultOf(header, "anonymousId"),
    properties: context?.properties ?? 0,
  };
}

function defaultOf(header: EventsHeader, name: string): string {
  return withoutUnwantedCharacters(header.defaults?.[name] ?? "").trim();
}

/** Undefined for an absent field and for one that is no object, as a null. */
function parseField(text: string | undefined, limits: Limits): ReturnType<typeof readPayload> | undefined {
  if (text === undefined) return undefined;
  const read = readPayload(text, limits);
  return isRefusal(read) && (read.reason === "not_an_object" || read.reason === "invalid_json") ? undefined : read;
}

/** The batch's fields under the event's own; either may be absent. */
export function mergedUnder(own: unknown, batch: Readonly<PlainObject> | undefined): Readonly<PlainObject> | undefined {
  if (!isPlainObject(own)) return batch;
  return batch === undefined ? own : { ...batch, ...own };
}
