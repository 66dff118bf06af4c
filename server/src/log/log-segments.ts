// Segments of the Postgres log: whole tables `log_chunk_<segment>`, so that the horizon drops tables and never deletes rows.
// A partition's chunks stand in its segments in log order: the segment that a chunk goes to is read under the head's lock.
// Nothing is dropped that a reader in log_offset has not passed, and never the open segment.
import type pg from "pg";
import type { ClientBase } from "pg";
import { inTransaction } from "../engines/postgres/in-transaction.ts";
import type { LogLimits } from "./log-limits.ts";

export interface SegmentStart {
  readonly segment: number;
  readonly firstOffset: number;
}

/** One segment as maintenance and back-pressure see it. */
export interface SegmentUse {
  readonly segment: number;
  readonly openedAtMs: number;
  /** Undefined while it is open. */
  readonly closedAtMs: number | undefined;
  readonly bytes: number;
  readonly chunks: number;
  /** Chunks that the slowest reader of their partition has not passed; a partition nobody reads counts as unread. */
  readonly unread: number;
}

/** Any number that all processes agree on: who holds it may make, close and drop segments. */
const SEGMENT_LOCK = 7_206_112_001;

export function segmentTable(segment: number): string {
  return `log_chunk_${Math.trunc(segment)}`;
}

/** Makes the heads and the first segment when the log is new. Gives how many partitions there are. */
export async function prepareLog(pool: pg.Pool, partitions: number, nowMs: number): Promise<number> {
  return inTransaction(pool, async (tx) => {
    await tx.query("select pg_advisory_xact_lock($1)", [SEGMENT_LOCK]);
    const { rows } = await tx.query<{ count: number }>("select count(*)::int as count from log_head");
    const existing = rows[0]?.count ?? 0;
    if (existing > 0) return existing;
    await tx.query("insert into log_head (partition) select generate_series(0, $1::int - 1)", [partitions]);
    await makeSegmentTable(tx, 1);
    await openSegment(tx, 1, nowMs);
    return partitions;
  });
}

/** The segments of a partition, the oldest first. */
export async function segmentStarts(pool: pg.Pool, partition: number): Promise<readonly SegmentStart[]> {
  const { rows } = await pool.query<{ segment: number; first_offset: string }>(
    "select segment, first_offset from log_segment_start where partition = $1 order by segment", [partition],
  );
  return rows.map((row) => ({ segment: row.segment, firstOffset: Number(row.first_offset) }));
}

/** All segments with their size and how much of them is unread, the oldest first. */
export async function segmentUse(db: pg.Pool | ClientBase): Promise<readonly SegmentUse[]> {
  const { rows } = await db.query<{
    segment: number; opened_ms: number; closed_ms: number | null; bytes: string; chunks: string; unread: string;
  }>(`
    with slowest as (
      select h.partition, h.next_offset, coalesce(min(o.next_offset), 0) as read_to
      from log_head h left join log_offset o using (partition) group by h.partition
    ), span as (
      select s.segment, s.partition, s.first_offset,
        coalesce(lead(s.first_offset) over (partition by s.partition order by s.segment), slowest.next_offset) as end_offset,
        slowest.read_to
      from log_segment_start s join slowest using (partition)
    )
    select g.segment,
      extract(epoch from g.opened_at)::float8 * 1000 as opened_ms, extract(epoch from g.closed_at)::float8 * 1000 as closed_ms,
      coalesce(pg_total_relation_size(to_regclass('log_chunk_' || g.segment)), 0) as bytes,
      sum(span.end_offset - span.first_offset) as chunks,
      sum(greatest(span.end_offset - greatest(span.first_offset, span.read_to), 0)) as unread
    from log_segment g join span using (segment) group by g.segment order by g.segment`);
  return rows.map((row) => ({
    segment: row.segment, openedAtMs: row.opened_ms, closedAtMs: row.closed_ms ?? undefined,
    bytes: Number(row.bytes), chunks: Number(row.chunks), unread: Number(row.unread),
  }));
}

/** Closes the open segment and opens the next one when it is old or large enough and holds anything. True when it did. */
export async function rotateSegment(
  pool: pg.Pool, limits: Pick<LogLimits, "segmentAgeMs" | "segmentBytesMax">, nowMs: number,
): Promise<boolean> {
  const isDue = (open: SegmentUse | undefined): open is SegmentUse => open !== undefined && open.chunks > 0
    && (nowMs - open.openedAtMs >= limits.segmentAgeMs || open.bytes >= limits.segmentBytesMax);
  if (!isDue((await segmentUse(pool)).at(-1))) return false;
  return inTransaction(pool, async (tx) => {
    await tx.query("select pg_advisory_xact_lock($1)", [SEGMENT_LOCK]);
    const open = (await segmentUse(tx)).at(-1);
    if (!isDue(open)) return false;
    await tx.query("update log_segment set closed_at = to_timestamp($2::float8 / 1000) where segment = $1", [open.segment, nowMs]);
    await openSegment(tx, open.segment + 1, nowMs);
    return true;
  });
}

/** Drops the oldest segments that are beyond the horizon and read by everyone. Gives how many; less when a table is in use. */
export async function dropSegments(
  pool: pg.Pool, limits: Pick<LogLimits, "horizonMs" | "horizonBytesMax" | "dropLockTimeoutMs">, nowMs: number,
): Promise<number> {
  let dropped = 0;
  try {
    while (await dropOldest(pool, limits, nowMs)) dropped += 1;
  } catch (error) {
    if (!isLockTimeout(error)) throw error;
  }
  return dropped;
}

function isLockTimeout(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "55P03";
}

async function dropOldest(
  pool: pg.Pool, limits: Pick<LogLimits, "horizonMs" | "horizonBytesMax" | "dropLockTimeoutMs">, nowMs: number,
): Promise<boolean> {
  const isDue = (use: readonly SegmentUse[]): boolean => {
    const oldest = use[0];
    if (oldest?.closedAtMs === undefined || oldest.unread > 0) return false;
    return nowMs - oldest.closedAtMs >= limits.horizonMs || use.reduce((sum, one) => sum + one.bytes, 0) > limits.horizonBytesMax;
  };
  if (!isDue(await segmentUse(pool))) return false;
  return inTransaction(pool, async (tx) => {
    await tx.query("select pg_advisory_xact_lock($1)", [SEGMENT_LOCK]);
    const use = await segmentUse(tx);
    const oldest = use[0];
    if (!oldest || !isDue(use)) return false;
    await tx.query("delete from log_segment_start where segment = $1", [oldest.segment]);
    await tx.query("delete from log_segment where segment = $1", [oldest.segment]);
    // Dropping locks out appends and reads while it waits: rather give up and come back.
    await tx.query("select set_config('lock_timeout', $1, true)", [`${limits.dropLockTimeoutMs}ms`]);
    await tx.query(`drop table if exists ${segmentTable(oldest.segment)}`);
    return true;
  });
}

/**
 * The table of the segment after this one is made now, a segment's life ahead: an append that waits for a head's lock has
 * already looked up which tables there are. The heads come last, since appends wait for their locks until the commit; in
 * order of partition, so that nothing can lock them crosswise.
 */
async function openSegment(tx: ClientBase, segment: number, nowMs: number): Promise<void> {
  await makeSegmentTable(tx, segment + 1);
  await tx.query("insert into log_segment (segment, opened_at) values ($1, to_timestamp($2::float8 / 1000))", [segment, nowMs]);
  await tx.query("select from log_head order by partition for update");
  await tx.query("update log_head set segment = $1", [segment]);
  await tx.query(
    "insert into log_segment_start (segment, partition, first_offset) select $1, partition, next_offset from log_head", [segment],
  );
}

/**
 * Attaching, unlike making it as a partition, takes a lock that appends don't mind. Rows are never changed and the table is
 * dropped whole, so there is nothing to vacuum before old age.
 */
async function makeSegmentTable(tx: ClientBase, segment: number): Promise<void> {
  const table = segmentTable(segment);
  const neverVacuum = "with (autovacuum_enabled = false, toast.autovacuum_enabled = false)";
  await tx.query(`create table ${table} (like log_chunk including all) ${neverVacuum}`);
  await tx.query(`alter table log_chunk attach partition ${table} for values in (${Math.trunc(segment)})`);
}
