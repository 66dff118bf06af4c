// What stands beside the events of a batch and holds for each of them: `context` and `integrations` are merged shallowly
// under the event's own, userId and anonymousId fill gaps. A batch's messageId names the batch, so it fills nothing.
import type { EventsHeader } from "@tributary/schema/log-record.ts";
import type { Limits } from "../../core/limits.ts";
import type { Refusal } from "../event.ts";
import { isRefusal, readPayload } from "./read-payload.ts";
import { isPlainObject, type PlainObject } from "./read-field.ts";

export interface Envelope {
  readonly context: Readonly<PlainObject> | undefined;
  readonly integrations: Readonly<PlainObject> | undefined;
  readonly userId: string;
  readonly anonymousId: string;
  /** Properties of the batch-level context; they count for each event. */
  readonly properties: number;
}

/** One record's events share a header object, so its texts are parsed once for all of them. */
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
  const integrations = parseField(header.integrations, limits);
  if (integrations !== undefined && isRefusal(integrations)) return integrations;
  return {
    context: context?.payload,
    integrations: integrations?.payload,
    userId: header.defaults?.["userId"]?.trim() ?? "",
    anonymousId: header.defaults?.["anonymousId"]?.trim() ?? "",
    properties: context?.properties ?? 0,
  };
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
