// The path that an event took through the pipeline, stage by stage, and the same event sent once more as a new one.
import { randomUUID } from "node:crypto";
import { eventPath, eventPathParams, eventPathQuery, sendAgainAnswer, type EventPath } from "@tributary/schema/api/event-path.ts";
import { isRecord } from "@tributary/schema/is-record.ts";
import { eventsHeader, type EventsHeader } from "@tributary/schema/log-record.ts";
import { AppError } from "../core/errors.ts";
import { rowId } from "../core/position.ts";
import { CONTROL_WAIT_MS, recordAudit } from "../governance/governance.ts";
import type { ApiServices } from "./api-services.ts";
import { defineRoute, type Route } from "./define-route.ts";
import { EVENT_COLUMNS, eventsWithOwners, SUPPRESSED_DETAIL, type StoredEventRow } from "./event-rows.ts";
import { eventPathMask } from "./path-mask.ts";

const tag = "Events";

export function eventPathRoutes(services: ApiServices): Route[] {
  return [pathRoute(services), sendAgainRoute(services)];
}

interface PayloadRow extends StoredEventRow {
  readonly envelope: string;
  readonly raw: string;
}

function pathRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/events/{messageId}/path",
    tag,
    scopes: ["read"],
    masks: eventPathMask,
    summary: "What each stage did to an event",
    description:
      "The stages run again on the bytes as received, under the rules that held then, beside what they left behind: the merge log, the evidence, and where the person's traits come from. " +
      "Of an event that has landed; before that, `GET /events/{messageId}` says where it stands.",
    params: eventPathParams,
    query: eventPathQuery,
    responses: { 200: eventPath },
    handle: async ({ params, query, workspaceId, saw }) => {
      const { row, isSuppressed } = await findRow(services, workspaceId, params.messageId, query.row);
      await saw({ action: "event.open", target: `event:${row.row_id}` });
      const path = await services.previewGate.pass(() => services.deps.eventPaths.path(workspaceId, row.row_id));
      if (path === undefined) throw notLanded();
      return { status: 200, body: isSuppressed ? hidden(path) : path };
    },
  });
}

function notLanded(): AppError {
  return new AppError("not_found", { detail: "No event with this message id stands in the event table.", hint: "If it was just sent, try again in a moment." });
}

async function findRow(services: ApiServices, workspaceId: number, messageId: string, row: number | undefined) {
  const [found] = await services.scan<PayloadRow>(
    workspaceId,
    `select ${EVENT_COLUMNS}, envelope, raw from events where workspace_id = {workspace:UInt32} and message_id = {message_id:String} and outcome != 'control'
       and ({any:UInt8} or row_id = {row:UInt64}) order by row_id limit 1`,
    { message_id: messageId, any: row === undefined ? 1 : 0, row: row ?? 0 },
  );
  if (found === undefined) throw notLanded();
  const [eventKeys, payloadKeys] = await Promise.all([services.eventKeys(workspaceId), services.payloadKeys(workspaceId)]);
  const keysOf = (one: PayloadRow) => [...eventKeys(one), ...(one.outcome === "quarantined" ? payloadKeys(one.source_id, one.raw) : [])];
  const [shown] = await services.deps.workspaceDb.run(workspaceId, (db) => eventsWithOwners(db, workspaceId, [found], keysOf));
  return { row: found, isSuppressed: shown?.isSuppressed ?? true };
}

/** Of somebody who is suppressed only that something came, and what became of it. */
function hidden(path: EventPath): EventPath {
  const refused = path.refused === null ? null : { ...path.refused, detail: SUPPRESSED_DETAIL, places: [], position: null };
  return { ...path, hidden: true, received: { ...path.received, user_agent: "", origin: "" }, normalised: null, identified: null, folded: null, refused };
}

function sendAgainRoute(services: ApiServices): Route {
  const { workspaceDb, processed } = services.deps;
  return defineRoute({
    method: "POST",
    path: "/events/{messageId}/send-again",
    tag,
    scopes: ["write", "personal_data"],
    summary: "Send an event once more, as a new one",
    description:
      "Under its source, with a message id of its own and `context.sentAgainOf` naming the event that it repeats, so it counts once more. It keeps the time at which it happened.",
    params: eventPathParams,
    query: eventPathQuery,
    responses: { 200: sendAgainAnswer, 202: sendAgainAnswer },
    handle: async ({ params, query, workspaceId, actor, nowMs }) => {
      const { row, isSuppressed } = await findRow(services, workspaceId, params.messageId, query.row);
      if (isSuppressed) throw new AppError("conflict", { detail: "The person is suppressed: nothing of theirs is sent again." });
      if (row.outcome === "quarantined") throw new AppError("conflict", { detail: "This event is held.", hint: "Repair it and send it again from the held events." });
      const messageId = `again-${randomUUID()}`;
      const { partition } = await services.progress.of(workspaceId);
      const { offset, index } = await services.deps.log.append(partition, { header: headerNow(row, nowMs), events: [copyOf(row, messageId)] });
      const position = rowId(offset, index);
      await workspaceDb.run(workspaceId, (db) =>
        recordAudit(db, { workspaceId, actor, action: "event.send_again", target: `event:${row.row_id}`, detail: { row_id: position } }, nowMs),
      );
      const isProcessed = await processed.waitFor(partition, offset, CONTROL_WAIT_MS);
      return { status: isProcessed ? 200 : 202, body: { message_id: messageId, row_id: position, processed: isProcessed } };
    },
  });
}

/** The request as it was, received now. The time of sending goes: what it says of the sender's clock is told by the event's own time. */
function headerNow({ envelope, is_historical: isHistorical }: PayloadRow, nowMs: number): EventsHeader {
  const { problems: _, sentAt: __, importId: ___, ...header } = eventsHeader.parse(JSON.parse(envelope));
  return { ...header, receivedAtMs: nowMs, ...(isHistorical === 1 ? { historical: true } : {}) };
}

/** Every number with the digits that it was sent with: a long id must not be rounded on its way. */
function exactly(text: string): unknown {
  const exact = (_key: string, value: unknown, context: { readonly source?: string }): unknown =>
    typeof value === "number" && context.source !== undefined ? rawJson(context.source) : value;
  return JSON.parse(text, exact as (key: string, value: unknown) => unknown); // The third argument is newer than the library's types.
}

function rawJson(source: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(source); // Newer than the library's types, too.
}

function copyOf(row: PayloadRow, messageId: string): Buffer {
  const parsed = exactly(row.raw) as Readonly<Record<string, unknown>>; // Normalised before, so it is an object.
  const { originalTimestamp: _, sentAt: __, ...event } = parsed;
  const context = event["context"];
  return Buffer.from(JSON.stringify({
    ...event, messageId, timestamp: new Date(row.at_ms).toISOString(), context: { ...(isRecord(context) ? context : {}), sentAgainOf: row.message_id },
  }));
}
