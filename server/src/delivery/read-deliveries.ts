// What became of what was sent, for whoever looks: by destination and by person, newest first, with its requests.
import type { ClientBase } from "pg";
import type { ReadLog } from "../audiences/audiences.ts";
import { conditionsOf, type DeliveryFilter } from "./conditions.ts";

export interface DeliveryRow {
  readonly destination_id: number;
  readonly subscription_id: number;
  readonly stream: string;
  readonly position: number;
  readonly message_id: string;
  readonly event: string;
  readonly profile_id: string;
  readonly outcome: string;
  readonly code: string;
  readonly detail: string;
  readonly status: number;
  readonly attempts: number;
  readonly happened_ms: number;
  readonly received_ms: number;
  readonly finished_ms: number;
  readonly request_id: string;
}

const OF_WORKSPACE = "workspace_id = {workspace:UInt32}";
const COLUMNS = `destination_id, subscription_id, stream, position, message_id, event, toString(if(match(stream, '^(rows|model) '), person_id, deliveries.profile_id)) as profile_id, outcome, code, detail, status, attempts,
  toUnixTimestamp64Milli(happened_at) as happened_ms, toUnixTimestamp64Milli(received_at) as received_ms, toUnixTimestamp64Milli(finished_at) as finished_ms,
  toString(request_id) as request_id`;

/** The newest first. `before`: place of the last one that was shown. */
export async function readDeliveries(
  read: ReadLog, filter: DeliveryFilter, page: { readonly before: readonly [number, number, number] | undefined; readonly limit: number },
): Promise<DeliveryRow[]> {
  const { sql, params } = conditionsOf(OF_WORKSPACE, filter);
  const [ms, position, subscription] = page.before ?? [0, 0, 0];
  const place = page.before === undefined ? "" : "and (finished_at, position, subscription_id) < (fromUnixTimestamp64Milli({atMs:Int64}), {atPosition:UInt64}, {atSubscription:UInt32})";
  return read<DeliveryRow>(
    `select ${COLUMNS} from deliveries where ${sql} ${place} order by finished_at desc, position desc, subscription_id desc
      limit 1 by destination_id, finished_at, stream, position, subscription_id limit {limit:UInt32}`,
    { ...params, atMs: ms, atPosition: position, atSubscription: subscription, limit: page.limit },
  );
}

export interface ErrorGroup {
  readonly code: string;
  readonly count: number;
  readonly people: number;
  readonly last_ms: number;
  readonly status: number;
  readonly detail: string;
  readonly message_id: string;
}

/** Dead letters by their reason, with the newest as an example. Those that were sent again since are left out. */
export function readErrors(read: ReadLog, filter: Pick<DeliveryFilter, "destinationId" | "fromMs">): Promise<ErrorGroup[]> {
  const { sql, params } = conditionsOf(OF_WORKSPACE, filter);
  return read<ErrorGroup>(
    `select last.2 as code, count() as count, uniqExact(last.5) as people, toUnixTimestamp64Milli(max(last.6)) as last_ms, argMax(last.3, last.6) as status, argMax(last.4, last.6) as detail,
        argMax(last.7, last.6) as message_id
      from (select argMax(tuple(outcome, code, status, detail, profile_id, finished_at, message_id), finished_at) as last from deliveries where ${sql} group by subscription_id, stream, position)
      where last.1 in ('refused', 'expired') group by code order by count desc limit 100`, params,
  );
}

/** What is sent as it comes; the rest was there before it was asked for, or is sent anew. */
const AS_IT_COMES = "(stream = 'events' or match(stream, '^(audience|consent|model) '))";

/** Milliseconds from when an event came in, somebody came or went, or a row changed, to when that was delivered. */
export async function readLatency(read: ReadLog, filter: DeliveryFilter): Promise<{ readonly p50: number; readonly p99: number; readonly count: number }> {
  const { sql, params } = conditionsOf(OF_WORKSPACE, { ...filter, outcomes: ["delivered"] });
  const [row] = await read<{ q: readonly number[]; count: number }>(
    `select quantiles(0.5, 0.99)(greatest(0, toUnixTimestamp64Milli(finished_at) - toUnixTimestamp64Milli(received_at))) as q, count() as count from deliveries where ${sql} and ${AS_IT_COMES}`, params,
  );
  return { p50: Math.round(row?.q[0] ?? 0), p99: Math.round(row?.q[1] ?? 0), count: Number(row?.count ?? 0) };
}

export interface ExchangeRow {
  readonly nr: number;
  readonly at_ms: number;
  readonly method: string;
  readonly url: string;
  readonly request_headers: string;
  readonly request_body: string;
  readonly status: number;
  readonly response_headers: string;
  readonly response_body: string;
  readonly failure: string;
  readonly took_ms: number;
}

/** In their order; kept for a week. */
export function readExchanges(read: ReadLog, destinationId: number, requestId: string): Promise<ExchangeRow[]> {
  return read<ExchangeRow>(
    `select nr, toUnixTimestamp64Milli(at) as at_ms, method, url, request_headers, request_body, status, response_headers, response_body, failure, took_ms
      from delivery_exchanges where ${OF_WORKSPACE} and destination_id = {destination:UInt32} and request_id = {request:UUID} order by at, nr limit 50`, { destination: destinationId, request: requestId },
  );
}

export interface HashRow {
  readonly nr: number;
  readonly at_ms: number;
  readonly method: string;
  readonly status: number;
  readonly request_hash: string;
  readonly response_hash: string;
}

/** What is left of a request for good. */
export function readHashes(read: ReadLog, destinationId: number, requestId: string): Promise<HashRow[]> {
  return read<HashRow>(
    `select nr, toUnixTimestamp64Milli(at) as at_ms, method, status, request_hash, response_hash from delivery_hashes
      where ${OF_WORKSPACE} and destination_id = {destination:UInt32} and request_id = {request:UUID} order by at, nr limit 50`, { destination: destinationId, request: requestId },
  );
}

// ── In Postgres ───────────────────────────────────────────────────────────────────────────────────────────────────

export interface CountRow {
  readonly subscription_id: number;
  readonly outcome: string;
  readonly reason: string;
  readonly count: number;
}

export async function readCounts(db: ClientBase, workspaceId: number, destinationId: number, from: Date): Promise<CountRow[]> {
  const { rows } = await db.query<CountRow>(
    `select subscription_id, outcome, reason, sum(count)::float8 as count from delivery_count where workspace_id = $1 and destination_id = $2 and minute >= $3
     group by 1, 2, 3 order by 4 desc`, [workspaceId, destinationId, from],
  );
  return rows;
}

/** Counts by time, `stepMinutes` wide; steps without any are left out. */
export async function readCountSeries(
  db: ClientBase, workspaceId: number, destinationId: number, from: Date, stepMinutes: number,
): Promise<{ readonly at: Date; readonly outcome: string; readonly count: number }[]> {
  const { rows } = await db.query<{ at: Date; outcome: string; count: number }>(
    `select date_bin(make_interval(mins => $4), minute, timestamptz 'epoch') as at, outcome, sum(count)::float8 as count from delivery_count
     where workspace_id = $1 and destination_id = $2 and minute >= $3 group by 1, 2 order by 1, 2`, [workspaceId, destinationId, from, stepMinutes],
  );
  return rows;
}

export interface DestinationState {
  readonly state: string;
  readonly since: Date;
  readonly code: string;
  readonly detail: string;
  readonly failures: number;
  readonly next_at: Date | null;
}

/** Of all destinations of the workspace that have been at work. */
export async function readStates(db: ClientBase, workspaceId: number): Promise<ReadonlyMap<number, DestinationState>> {
  const { rows } = await db.query<DestinationState & { readonly destination_id: number }>(
    "select destination_id, state, since, code, detail, failures, next_at from delivery_state where workspace_id = $1", [workspaceId],
  );
  return new Map(rows.map(({ destination_id: id, ...state }) => [id, state]));
}

export interface ParkedSummary {
  /** Tried again later. */
  readonly again: number;
  /** Behind something of the same person. */
  readonly behind: number;
  readonly oldest: Date | null;
  readonly next: Date | null;
}

export async function readParkedSummary(db: ClientBase, workspaceId: number, destinationId: number): Promise<ParkedSummary> {
  const { rows } = await db.query<ParkedSummary>(
    `select count(*) filter (where attempts > 0)::float8 as again, count(*) filter (where attempts = 0)::float8 as behind, min(first_at) as oldest, min(next_at) filter (where attempts > 0) as next
     from delivery_parked where workspace_id = $1 and destination_id = $2`, [workspaceId, destinationId],
  );
  return rows[0] ?? { again: 0, behind: 0, oldest: null, next: null };
}

export interface ParkedRow {
  readonly destination_id: number;
  readonly subscription_id: number;
  readonly stream: string;
  readonly position: number;
  readonly attempts: number;
  readonly first_at: Date;
  readonly next_at: Date;
  readonly code: string;
  readonly detail: string;
  readonly status: number | null;
}

/** What waits to be sent about one person, the earliest first. */
export async function readParkedOfPerson(db: ClientBase, workspaceId: number, profileIds: readonly string[], limit: number): Promise<ParkedRow[]> {
  const { rows } = await db.query<ParkedRow>(
    `select destination_id, subscription_id, stream, position::float8 as position, attempts, first_at, next_at, code, detail, status from delivery_parked
     where workspace_id = $1 and (profile_id = any($2::uuid[]) or person_id = any($2::uuid[])) order by position limit $3`, [workspaceId, profileIds, limit],
  );
  return rows;
}

/** The block from which on a destination has yet to look at events; undefined: it has never been at work, or takes none. */
export async function readEventCursor(db: ClientBase, workspaceId: number, destinationId: number): Promise<number | undefined> {
  const { rows } = await db.query<{ next_block: string }>("select next_block from delivery_cursor where workspace_id = $1 and destination_id = $2 and stream = 'events' and delivery_takes_events(destination_id, 0)", [workspaceId, destinationId]);
  return rows[0] && Number(rows[0].next_block);
}

/** Stored events that have landed and that a destination has not looked at, with the oldest. */
export async function readBacklog(read: ReadLog, partition: number, fromBlock: number): Promise<{ readonly events: number; readonly oldestMs: number | null }> {
  const [row] = await read<{ events: number; oldest: number }>(
    `select count() as events, toUnixTimestamp64Milli(min(received_at)) as oldest from events where ${OF_WORKSPACE} and log_partition = {partition:UInt16} and block_id >= {from:UInt64} and outcome = 'stored'`,
    { partition, from: fromBlock },
  );
  const events = Number(row?.events ?? 0);
  return { events, oldestMs: events === 0 ? null : Number(row?.oldest) };
}
