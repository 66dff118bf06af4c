// What a sender sent with one event, read as normalisation reads it, for those who send events on: old dialects in Segment's words,
// what stood beside a batch merged under the event's own, no key that reaches a prototype, integers digit for digit.
import type { EventsHeader } from "@tributary/schema/log-record.ts";
import { defaultLimits, type Limits } from "../../core/limits.ts";
import { fromClassicJitsu, isClassicJitsu } from "./classic-jitsu.ts";
import { mergedUnder, readEnvelope } from "./envelope.ts";
import { isBrowser } from "./device.ts";
import { emptyObject, isPlainObject, objectOf, textOf, type PlainObject } from "./read-field.ts";
import { isRefusal, readPayload } from "./read-payload.ts";
import { isServerLibrary } from "./sending-library.ts";

export interface AsSent {
  /** The event's root. */
  readonly payload: Readonly<PlainObject>;
  /** Its context, and under it that of the batch. */
  readonly context: Readonly<PlainObject>;
  readonly integrations: Readonly<PlainObject> | undefined;
  /** Of the person's browser, where the request told one; a server's says nothing about the person. */
  readonly userAgent: string | undefined;
}

/** It was taken in, so within the limits of its time, which may have been others than today's. */
const anySize: Limits = { ...defaultLimits, nestingMax: Infinity, propertiesMax: Infinity, nameCharactersMax: Infinity };

/** Undefined for what can't be read, and where nothing is kept of what was received. */
export function readAsSent(raw: string, header: EventsHeader): AsSent | undefined {
  const envelope = readEnvelope(header, anySize);
  const read = readPayload(raw, anySize);
  if (isRefusal(envelope) || isRefusal(read)) return undefined;
  const payload = header.type === undefined && isClassicJitsu(read.payload) ? fromClassicJitsu(read.payload) : read.payload;
  const context = mergedUnder(payload["context"], envelope.context) ?? emptyObject;
  return { payload, context, integrations: mergedUnder(payload["integrations"], objectIn(header.integrations)), userAgent: userAgentOf(header, context) };
}

function objectIn(text: string | undefined): Readonly<PlainObject> | undefined {
  const read = text === undefined ? undefined : readPayload(text, anySize);
  return read === undefined || isRefusal(read) ? undefined : read.payload;
}

function userAgentOf({ userAgent, importId }: EventsHeader, context: Readonly<PlainObject>): string | undefined {
  const library = context["library"];
  const isFromServer = importId !== undefined || isServerLibrary(textOf(isPlainObject(library) ? objectOf(library)["name"] : library));
  return userAgent !== undefined && !isFromServer && isBrowser(userAgent) ? userAgent : undefined;
}
