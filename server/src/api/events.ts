// Events: what became of one, and the list with its filters; asked with `Accept: text/event-stream` the list is a live tail.
import { z } from "zod";
import { eventFateAnswer, eventList, eventListQuery, eventParams } from "@tributary/schema/api/events.ts";
import { AppError } from "../core/errors.ts";
import { hash128 } from "../core/hash.ts";
import { EVENTS_PER_CHUNK_MAX, rowId, rowPosition } from "../core/position.ts";
import { eventFateMask, eventListMask, eventRowMask } from "./answer-masks.ts";
import type { ApiServices } from "./api-services.ts";
import { cursorRow, decodeCursor, pageFrom } from "./cursor.ts";
import { defineRoute, hijacked, type Route } from "./define-route.ts";
import { EVENT_COLUMNS, eventsWithOwners, SUPPRESSED_DETAIL, visibleEvents, type StoredEventRow } from "./event-rows.ts";
import { iso } from "./iso.ts";
import type { LiveTail, TailFilter } from "./live-tail.ts";
import { ownerIds } from "./profile-store.ts";
import { refusedFates, type EventFate } from "./refused-rows.ts";

const TAG = "Events";
/** Rows under one message id that are shown; each comes with its payload. */
const FATE_ROWS_MAX = 20;
/** The list looks at the newest part of the log first, and at ever more of it until the page is full. */
const FIRST_WINDOW_ROWS = 64 * EVENTS_PER_CHUNK_MAX;
const WINDOW_GROWTH = 32;
/** Payloads are read whole where text is looked for in them, so no further back than this. */
const TEXT_WINDOW_ROWS = FIRST_WINDOW_ROWS * 8;

export function eventRoutes(services: ApiServices, tail: LiveTail): Route[] {
  return [listRoute(services, tail), fateRoute(services)];
}

type Filters = z.output<typeof eventListQuery>;

function listRoute(services: ApiServices, tail: LiveTail): Route {
  return defineRoute({
    method: "GET",
    path: "/events",
    tag: TAG,
    scopes: ["read"],
    masks: eventListMask,
    summary: "List events, or watch them come in",
    description:
      "The latest received first. With `Accept: text/event-stream` the answer is a stream of Server-Sent Events named `event` (an " +
      "EventRow), " +
      "`skipped` (rows that were left out: a sample is shown above a rate, or the listener is slow), with `Last-Event-ID` taken up again.",
    query: eventListQuery,
    responses: { 200: eventList },
    alsoAnswers: { status: 200, contentType: "text/event-stream", description: "Live tail." },
    handle: async ({ query, workspaceId, nowMs, request, reply, isAdmitted, isMasked, shown: shownTo, saw }) => {
      if (query.text !== undefined && isMasked) throw new AppError("forbidden", { detail: "Text in payloads is found only by those who may see personal data." });
      const filter = await filterOf(services, workspaceId, query, nowMs);
      if (/\btext\/event-stream\b/.test(request.headers.accept ?? "")) {
        await saw({ action: "tail.open", target: "workspace" });
        await tail.listen({ workspaceId, filter, request, reply, isAdmitted, shown: (event) => shownTo(eventRowMask, event) });
        return hijacked;
      }
      await saw({ action: "event.list", target: "workspace" });
      const before = decodeCursor(z.tuple([cursorRow]), query.cursor)?.[0];
      const rows = await listEvents(services, workspaceId, filter, { before, limit: query.limit + 1 });
      const keysOf = await services.eventKeys(workspaceId);
      const found = await services.deps.workspaceDb.run(workspaceId, (db) => eventsWithOwners(db, workspaceId, rows, keysOf));
      const page = pageFrom(
        found,
        query.limit,
        (row) => row,
        ({ event }) => [event.row_id],
      );
      return { status: 200, body: { ...page, data: visibleEvents(page.data, filter.params) } };
    },
  });
}

/** The filters as SQL with parameters, shared by the list and the tail. */
async function filterOf(services: ApiServices, workspaceId: number, query: Filters, nowMs: number): Promise<TailFilter> {
  const conditions = ["outcome != 'control'"];
  const params: Record<string, unknown> = {};
  const equals = (column: string, type: string, value: string | number | undefined) => {
    if (value === undefined) return;
    conditions.push(`${column} = {${column}:${type}}`);
    params[column] = value;
  };
  equals("event", "String", query.event);
  equals("type", "String", query.type);
  equals("source_id", "UInt32", query.source);
  equals("outcome", "String", query.outcome);
  if (query.since !== undefined) {
    conditions.push("received_at >= fromUnixTimestamp64Milli({since_ms:Int64}, 'UTC')");
    params["since_ms"] = Date.parse(query.since);
  }
  if (query.text !== undefined) {
    // What was received of suppressed people is not shown, so nothing is found by it either: see `visibleEvents`.
    conditions.push("positionCaseInsensitiveUTF8(raw, {text:String}) > 0");
    params["text"] = query.text;
  }
  if (query.profile !== undefined) {
    const profile = await services.finder.get(workspaceId, query.profile, nowMs);
    conditions.push("profile_id in {owners:Array(UUID)}");
    params["owners"] = await services.deps.workspaceDb.run(workspaceId, (db) => ownerIds(db, workspaceId, profile.id));
  }
  return { conditions: conditions.join(" and "), params };
}

async function listEvents(
  services: ApiServices,
  workspaceId: number,
  filter: TailFilter,
  page: { readonly before: number | undefined; readonly limit: number },
): Promise<StoredEventRow[]> {
  const { headOffset } = await services.progress.of(workspaceId);
  const end = Math.min(page.before ?? Infinity, rowId(headOffset, 0));
  for (let window = FIRST_WINDOW_ROWS; ; window *= WINDOW_GROWTH) {
    const from = Math.max(0, end - window);
    const rows = await services.scan<StoredEventRow>(
      workspaceId,
      `select ${EVENT_COLUMNS} from events
        where workspace_id = {workspace:UInt32} and row_id >= {from:UInt64} and row_id < {end:UInt64} and ${filter.conditions}
        order by row_id desc limit {limit:UInt32}`,
      { ...filter.params, from, end, limit: page.limit },
    );
    if (rows.length >= page.limit || from === 0) return rows;
    if (filter.params["text"] !== undefined && window >= TEXT_WINDOW_ROWS) return rows;
  }
}

interface FateRow extends StoredEventRow {
  readonly time_note: string;
  readonly import_id: number;
  readonly log_partition: number;
  readonly raw: string;
}

interface Held {
  readonly row_id: string;
  readonly detail: string;
  readonly status: "open" | "resent" | "discarded";
}

function fateRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/events/{messageId}",
    tag: TAG,
    scopes: ["read"],
    masks: eventFateMask,
    summary: "What became of an event",
    description:
      "Every event that came under this message id: stored, duplicate, quarantined, dropped or failed, and why, with the payload as " +
      "received and its place in the log. " +
      "While accepted events still wait, an id that is not found yet answers `pending`; when nothing waits it answers 404. " +
      "An event that was removed as the setting `events.keepDays` asks answers `expired` while its id is kept against repeats, then 404.",
    params: eventParams,
    responses: { 200: eventFateAnswer },
    handle: async ({ params, workspaceId, saw }) => {
      // Progress first: what lands in between is then found, and never both missing and not waiting.
      const progress = await services.progress.of(workspaceId);
      const waiting = { unread_chunks: Math.max(0, progress.headOffset - progress.readOffset), unsent_blocks: progress.unsentBlocks };
      const rows = await readFates(services, workspaceId, params.messageId);
      const failed = (await readFailed(services, workspaceId, params.messageId)).filter(({ row_id: id }) => !rows.some((row) => row.row_id === id));
      const isWaiting = waiting.unread_chunks + waiting.unsent_blocks > 0;
      const count = rows.length + failed.length;
      const expiry = count === 0 && !isWaiting ? await readExpiry(services, workspaceId, params.messageId) : undefined;
      if (count === 0 && !isWaiting && !expiry?.wasAccepted) {
        const kept = expiry ? `, or it has expired: events from before ${iso(expiry.beforeMs)} are not kept` : "";
        throw new AppError("not_found", { detail: `No event with this message id was accepted${kept}.` });
      }
      const landed = await fates(services, workspaceId, rows.slice(0, FATE_ROWS_MAX));
      const shown = [...landed, ...failed].toSorted((a, b) => a.row_id - b.row_id).slice(0, FATE_ROWS_MAX);
      // By its place: a message id may be made from a person's data.
      if (shown[0] !== undefined) await saw({ action: "event.open", target: `event:${shown[0].row_id}` });
      return {
        status: 200,
        body: {
          message_id: params.messageId,
          status: expiry?.wasAccepted ? ("expired" as const) : fateOf(shown.map((row) => row.outcome)),
          rows: shown,
          more: count > FATE_ROWS_MAX,
          waiting,
        },
      };
    },
  });
}

interface Expiry {
  readonly beforeMs: number;
  /** Its id is among those kept against repeats: it came, and its row is gone. */
  readonly wasAccepted: boolean;
}

/** Undefined in a workspace of which no event has expired. */
async function readExpiry({ deps }: ApiServices, workspaceId: number, messageId: string): Promise<Expiry | undefined> {
  const { rows } = await deps.pool.query<{ before: Date }>("select before from expired_events where workspace_id = $1", [workspaceId]);
  if (rows[0] === undefined) return undefined;
  const { rows: sources } = await deps.pool.query<{ id: number }>("select id from source where workspace_id = $1", [workspaceId]);
  const seen = await deps.pool.query("select from message_seen where id = any($1::uuid[]) limit 1", [
    sources.map(({ id }) => hash128(workspaceId, id, messageId)),
  ]);
  return { beforeMs: rows[0].before.getTime(), wasAccepted: seen.rows.length > 0 };
}

async function readFates(services: ApiServices, workspaceId: number, messageId: string): Promise<FateRow[]> {
  return services.scan<FateRow>(
    workspaceId,
    `select ${EVENT_COLUMNS}, time_note, import_id, log_partition, raw from events
      where workspace_id = {workspace:UInt32} and message_id = {message_id:String} and outcome != 'control'
      order by row_id limit {limit:UInt32}`,
    { message_id: messageId, limit: FATE_ROWS_MAX + 1 },
  );
}

/** Those that ClickHouse refused stand in Postgres alone. */
async function readFailed(services: ApiServices, workspaceId: number, messageId: string): Promise<EventFate[]> {
  const [eventKeys, payloadKeys] = await Promise.all([services.eventKeys(workspaceId), services.payloadKeys(workspaceId)]);
  return services.deps.workspaceDb.run(workspaceId, (db) =>
    refusedFates(db, workspaceId, messageId, { keys: { eventKeys, payloadKeys }, limit: FATE_ROWS_MAX + 1 }),
  );
}

async function fates(
  services: ApiServices,
  workspaceId: number,
  rows: readonly FateRow[],
): Promise<z.input<typeof eventFateAnswer>["rows"]> {
  const [eventKeys, payloadKeys] = await Promise.all([services.eventKeys(workspaceId), services.payloadKeys(workspaceId)]);
  const keysOf = (row: FateRow) => [...eventKeys(row), ...(row.outcome === "quarantined" ? payloadKeys(row.source_id, row.raw) : [])];
  return services.deps.workspaceDb.run(workspaceId, async (db) => {
    const { rows: held } = await db.query<Held>(
      "select row_id, detail, status from quarantine where workspace_id = $1 and row_id = any($2)",
      [workspaceId, rows.map((row) => row.row_id)],
    );
    const heldByRow = new Map(held.map((entry) => [Number(entry.row_id), entry]));
    return (await eventsWithOwners(db, workspaceId, rows, keysOf)).map(({ event, row, isSuppressed }) => {
      const entry = heldByRow.get(row.row_id);
      return {
        ...event,
        position: { partition: row.log_partition, ...rowPosition(row.row_id) },
        detail: isSuppressed ? SUPPRESSED_DETAIL : (entry?.detail ?? ""),
        status: entry?.status ?? null,
        refused_write: null,
        time_note: row.time_note,
        import_id: row.import_id === 0 ? null : row.import_id,
        raw: isSuppressed ? "" : row.raw,
      };
    });
  });
}

/** The payload of one event as received, landed or not. Throws `not_found`; for somebody suppressed, too. */
export async function receivedPayload(services: ApiServices, workspaceId: number, messageId: string, rowId: number): Promise<string> {
  const landed = (await readFates(services, workspaceId, messageId)).filter((row) => row.row_id === rowId);
  const [event] = [...(await fates(services, workspaceId, landed)), ...(await readFailed(services, workspaceId, messageId))].filter((row) => row.row_id === rowId);
  if (event === undefined || event.raw === "") throw new AppError("not_found", { detail: "There is no such event, or nothing of it is shown." });
  return event.raw;
}

const FATES = ["stored", "withdrawn", "failed", "quarantined", "dropped", "duplicate"] as const;

/** Over all rows of a message id: stored once is stored, however many repeats came after. */
function fateOf(outcomes: readonly string[]): (typeof FATES)[number] | "pending" {
  return FATES.find((outcome) => outcomes.includes(outcome)) ?? "pending";
}
