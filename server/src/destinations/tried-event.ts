// An event to try a subscription with: one that is stored, or one that somebody wrote down. Both give what filters read, and what
// leaves is made of.
import { contextFields, type ContextField } from "@tributary/schema/audience/event-filter.ts";
import type { TriggerEvent } from "@tributary/schema/destination/trigger.ts";
import { isRecord } from "@tributary/schema/is-record.ts";
import { AppError } from "../core/errors.ts";
import { readGivenEvent, type GivenEvent } from "../pipeline/normalise/given-event.ts";
import type { StoredEvent } from "./outgoing-event.ts";

/** Columns of `events` that it takes besides those that lists show. */
export const TRIED_COLUMNS = `is_bot, is_internal, toJSONString(properties) as properties_json, group_id, ip, envelope, raw,
  ${contextFields.filter((name) => name !== "type" && name !== "library").join(", ")}`;

export interface TriedRow extends StoredEvent, Readonly<Record<ContextField, string>> {
  readonly row_id: number;
  readonly is_bot: number;
  readonly is_internal: number;
  readonly properties_json: string;
}

export interface TriedEvent {
  /** Undefined of one that is written down. */
  readonly rowId: number | undefined;
  readonly facts: TriggerEvent;
  readonly stored: StoredEvent;
}

export function triedRow(row: TriedRow): TriedEvent {
  const properties: unknown = JSON.parse(row.properties_json);
  return {
    rowId: row.row_id, stored: row,
    facts: {
      type: row.type, event: row.event, ms: row.at_ms, row: row.row_id, properties: isRecord(properties) ? properties : {}, context: Object.fromEntries(contextFields.map((name) => [name, row[name]])),
      isBot: row.is_bot === 1, isInternal: row.is_internal === 1,
    },
  };
}

/** Throws `bad_request` for what is no call. */
export function givenEvent(event: Readonly<Record<string, unknown>>, { workspaceId, nowMs }: { readonly workspaceId: number; readonly nowMs: number }): TriedEvent {
  const header = { kind: "events", workspaceId, sourceId: 0, receivedAtMs: nowMs } as const;
  const raw = JSON.stringify(event);
  const read = readGivenEvent(raw, header);
  if (read === undefined) throw new AppError("bad_request", { detail: "The event is no call: its `type` must be one of track, identify, page, screen, group and alias, and a track call has a name in `event`." });
  return {
    rowId: undefined,
    facts: { type: read.type, event: read.event, ms: read.timestampMs, row: 0, properties: read.properties, context: columnsOf(read), isBot: false, isInternal: false },
    stored: {
      message_id: read.messageId, type: read.type, event: read.event, user_id: read.userId, anonymous_id: read.anonymousId, group_id: read.groupId, at_ms: read.timestampMs, received_ms: nowMs,
      ip: read.context.ip, envelope: JSON.stringify(header), raw,
    },
  };
}

function columnsOf({ type, context }: GivenEvent): Readonly<Record<ContextField, string>> {
  return {
    type, country: context.country, locale: context.locale, timezone: context.timezone, device_type: context.deviceType, os: context.os, browser: context.browser, page_url: context.pageUrl,
    page_path: context.pagePath, page_referrer: context.pageReferrer, campaign_source: context.campaignSource, campaign_medium: context.campaignMedium, campaign_name: context.campaignName,
    campaign_term: context.campaignTerm, campaign_content: context.campaignContent, library: context.library,
  };
}
