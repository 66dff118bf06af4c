// An event that somebody wrote down to try something with: read as the pipeline would read it if it were sent now, as far as that depends
// on nothing but the event itself.
import type { EventsHeader } from "@tributary/schema/log-record.ts";
import { readAsSent } from "./as-sent.ts";
import { readCallType, readProperties } from "./call-type.ts";
import { contextColumns, readPage } from "./context-columns.ts";
import { readDevice } from "./device.ts";
import { readEventIds, readMessageId } from "./event-ids.ts";
import { importedEventTime } from "./event-time.ts";
import type { CallType, ContextColumns } from "../event.ts";
import { readPageQuery } from "./page-query.ts";
import { firstText, objectOf, textOf, type PlainObject } from "./read-field.ts";
import { canonicalAddress } from "./sender-address.ts";

export interface GivenEvent {
  readonly type: CallType;
  readonly event: string;
  readonly messageId: string;
  readonly userId: string;
  readonly anonymousId: string;
  readonly groupId: string;
  readonly timestampMs: number;
  readonly properties: Readonly<PlainObject>;
  readonly context: ContextColumns;
}

/** Undefined: it says no call that there is, or is a track call without a name. */
export function readGivenEvent(raw: string, header: EventsHeader): GivenEvent | undefined {
  const sent = readAsSent(raw, header);
  if (sent === undefined) return undefined;
  const { payload, context } = sent;
  const type = readCallType(header.type, payload);
  const name = type === "track" ? textOf(payload["event"]) : type;
  if (type === undefined || name === undefined || name === "") return undefined;
  const page = readPage(type, context, objectOf(payload["properties"]));
  const ip = canonicalAddress(firstText(context["ip"]));
  return {
    type, event: name, messageId: readMessageId(payload["messageId"], 0, 0), ...readEventIds(payload, context, { userId: "", anonymousId: "" }),
    timestampMs: importedEventTime({ timestamp: payload["timestamp"], originalTimestamp: payload["originalTimestamp"], sentAt: payload["sentAt"] }, header.receivedAtMs).timestampMs,
    properties: readProperties(type, payload, { ...objectOf(context["traits"]), ...objectOf(payload["traits"]) }),
    context: contextColumns(context, { page, query: readPageQuery(page.url, page.search), device: readDevice(context, header.userAgent, false), ip }),
  };
}
