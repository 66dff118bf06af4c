// The event log on Postgres. One statement makes a group of records durable: it takes the next offset under the lock of the
// partition's head row, stores the chunk, and counts its positions in the ledger. The lock is held until the commit, so the
// chunk at offset n is readable before anyone can get n + 1: no reader ever passes an offset that appears later, however many
// processes append and however slowly they commit. A sequence would not give that.
import type pg from "pg";
import type { Clock } from "../core/clock.ts";
import { AppError, assert } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { EVENTS_PER_CHUNK_MAX } from "../core/position.ts";
import { createAppendWaiters } from "./append-waiters.ts";
import { encodeChunk, frameRecord, type FramedRecord } from "./chunk-codec.ts";
import { createGroupCommit, type Group, type GroupCommit } from "./group-commit.ts";
import { logLimits, type LogLimits } from "./log-limits.ts";
import { createLogPressure, diskSpaceOf, type DiskSpace, type LogPressure, type PressureNow } from "./log-pressure.ts";
import { createLogReader } from "./log-reader.ts";
import { dropSegments, prepareLog, rotateSegment, segmentUse } from "./log-segments.ts";
import { positionsOf, type Appended, type EventLog, type LogRecord, type PartitionState } from "./log.ts";

export interface PostgresLogOptions {
  /** Connections as the owner of the tables. Not ended by the log. One per partition is enough, and one to read. */
  readonly pool: pg.Pool;
  /** How many partitions a new log gets. A log that exists must have as many. */
  readonly partitions: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits?: Partial<LogLimits>;
  /** The folder whose disk the database is on, when it is on this machine; its free space is watched. */
  readonly dataDir?: string;
  /** In place of asking the disk under `dataDir`. */
  readonly diskSpace?: () => Promise<DiskSpace>;
  /** Called after every append of this process, to wake readers in other threads by `poke`. */
  readonly onAppend?: (partition: number, nextOffset: number) => void;
}

export interface PostgresLog extends EventLog {
  /** Tells this process's waiters what another thread or process appended. */
  poke(partition: number, nextOffset: number): void;
  /** Accepted and not yet durable records of this process, the unread stored bytes when last measured, and what is refused for; for metrics. */
  pressure(): PressureNow;
}

/** Opens the log, makes it when the database has none. Rejects with AppError `invalid_config` when it has other partitions. */
export async function createPostgresLog(options: PostgresLogOptions): Promise<PostgresLog> {
  const { pool, clock, logger } = options;
  const limits: LogLimits = { ...logLimits, ...options.limits };
  await checkDurability(pool, logger);
  const partitions = await prepareLog(pool, options.partitions, clock.nowMs());
  if (partitions !== options.partitions) {
    throw new AppError("invalid_config", {
      detail: `The event log has ${partitions} partitions, not ${options.partitions}; their number can't change.`,
    });
  }

  const waiters = createAppendWaiters(() => nextOffsets(pool), limits);
  const reader = createLogReader(pool, limits);
  const pressure = createLogPressure({
    limits, clock, logger, backlogBytes: () => backlogBytes(pool),
    diskSpace: options.diskSpace ?? (options.dataDir === undefined ? undefined : diskSpaceIn(options.dataDir)),
  });
  await pressure.measure();
  const appended = (partition: number, nextOffset: number): void => {
    waiters.poke(partition, nextOffset);
    options.onAppend?.(partition, nextOffset);
  };
  const groups = Array.from({ length: partitions }, (_, partition) => createGroupCommit({
    limits, encode: encodeChunk,
    commit: async (group, body) => {
      const offset = await commitGroup(pool, limits, partition, group, body);
      appended(partition, offset + 1);
      return offset;
    },
  }));
  let closed = false;

  return {
    partitions,
    async append(partition, record): Promise<Appended> {
      if (closed) throw new AppError("unavailable", { retryAfterSeconds: limits.retryAfterBusySeconds });
      const group = groups[partition];
      assert(group, `partition ${partition} of ${partitions}`);
      return append({ partition, group, pressure, frame: checkedFrame(record, limits) });
    },
    read: (partition, fromOffset, bytesMax) => reader.read(partition, fromOffset, bytesMax),
    state: () => heads(pool),
    waitForAppend: (partition, offset, timeoutMs) => waiters.wait(partition, offset, timeoutMs),
    async dropExpired(nowMs) {
      await rotateSegment(pool, limits, nowMs);
      return { segmentsDropped: await dropSegments(pool, limits, nowMs) };
    },
    async close() {
      closed = true;
      waiters.close();
      pressure.close();
      await Promise.all(groups.map((group) => group.drain()));
    },
    poke: (partition, nextOffset) => waiters.poke(partition, nextOffset),
    pressure: pressure.waiting,
  };
}

async function append(to: { partition: number; group: GroupCommit; pressure: LogPressure; frame: FramedRecord }): Promise<Appended> {
  const done = to.pressure.admit(to.frame.bytes);
  try {
    const at = await to.group.append(to.frame);
    return { partition: to.partition, ...at };
  } finally {
    done();
  }
}

function checkedFrame(record: LogRecord, limits: LogLimits): FramedRecord {
  const positions = positionsOf(record);
  assert(positions >= 1 && positions <= EVENTS_PER_CHUNK_MAX, `a record with ${positions} positions`);
  const frame = frameRecord(record);
  if (frame.bytes > limits.chunkContentBytesMax) {
    throw new AppError("body_too_large", { detail: `A record of ${frame.bytes} bytes; the log takes ${limits.chunkContentBytesMax}.` });
  }
  return frame;
}

// ── Writing ───────────────────────────────────────────────────────────────────────────────────────────────────────

// The other parts take their rows from `head`, so they run after its lock is held: nothing can lock crosswise. A database
// set to acknowledge before it is on disk is overruled for this transaction.
const appendStatement = `
  with head as (
    update log_head set next_offset = next_offset + 1 where partition = $1 returning next_offset - 1 as chunk_offset, segment
  ), chunk as (
    insert into log_chunk (segment, partition, chunk_offset, positions, body) select segment, $1, chunk_offset, $2, $3 from head
  ), received as (
    insert into ledger (workspace_id, source_id, minute, hop, outcome, reason, count)
    select workspace_id, source_id, to_timestamp(minute * 60), 'received', '', '', count
    from head cross join unnest($4::integer[], $5::integer[], $6::bigint[], $7::bigint[]) as c (workspace_id, source_id, minute, count)
    order by workspace_id, source_id, minute
    on conflict (workspace_id, minute, source_id, hop, outcome, reason) do update set count = ledger.count + excluded.count
  )
  select chunk_offset, set_config('synchronous_commit',
    case current_setting('synchronous_commit') when 'off' then 'on' else current_setting('synchronous_commit') end, true)
  from head`;

async function commitGroup(pool: pg.Pool, limits: LogLimits, partition: number, group: Group, body: Buffer): Promise<number> {
  const counts = receivedCounts(group);
  const values = [
    partition, group.positions, body,
    counts.map((one) => one.workspaceId), counts.map((one) => one.sourceId),
    counts.map((one) => one.minute), counts.map((one) => one.count),
  ];
  const run = async (): Promise<string | undefined> => {
    const client = await connectWithin(pool, limits.commitTimeoutMs);
    let failure: Error | undefined;
    try {
      const query = { name: "log_append", text: appendStatement, values, query_timeout: limits.commitTimeoutMs };
      const { rows } = await client.query<{ chunk_offset: string }>(query);
      return rows[0]?.chunk_offset;
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
      throw failure;
    } finally {
      client.release(failure);
    }
  };
  let offset: string | undefined;
  try {
    // Routing knows only tables that were there when the statement began: after two rotations during its wait it stores
    // nothing and needs a new look.
    offset = await run().catch((error: unknown) => (codeOf(error) === "23514" ? run() : Promise.reject(error)));
  } catch (error) {
    throw writeFailure(error, limits);
  }
  assert(offset !== undefined, `partition ${partition} has no head`);
  return Number(offset);
}

interface ReceivedCount {
  readonly workspaceId: number;
  readonly sourceId: number;
  readonly minute: number;
  count: number;
}

/** Positions by workspace, source (0 for control records) and minute of arrival. */
function receivedCounts(group: Group): readonly ReceivedCount[] {
  const counts = new Map<string, ReceivedCount>();
  for (const { record } of group.frames) {
    const { header } = record;
    const sourceId = header.kind === "control" ? 0 : header.sourceId;
    const minute = Math.floor(header.receivedAtMs / 60_000);
    const key = `${header.workspaceId} ${sourceId} ${minute}`;
    const known = counts.get(key);
    if (known) known.count += positionsOf(record);
    else counts.set(key, { workspaceId: header.workspaceId, sourceId, minute, count: positionsOf(record) });
  }
  return [...counts.values()];
}

/** A connection that is late goes back to the pool unused. */
async function connectWithin(pool: pg.Pool, timeoutMs: number): Promise<pg.PoolClient> {
  const connecting = pool.connect();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      connecting.then((client) => client.release(), () => undefined);
      reject(new Error("timeout when waiting for a database connection"));
    }, timeoutMs);
  });
  try {
    return await Promise.race([connecting, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What an appender is told. A full disk surely stored nothing; a lost connection leaves it open. */
function writeFailure(error: unknown, limits: LogLimits): unknown {
  const code = codeOf(error);
  if (code === "53100") {
    return new AppError("overloaded", { detail: "The disk is full.", retryAfterSeconds: limits.retryAfterFullSeconds, cause: error });
  }
  const isBugOrDamage = code !== undefined && /^(0A|22|23|42|P0|XX)/.test(code);
  if (isBugOrDamage) return error;
  return new AppError("unavailable", {
    detail: "The event log can't be written at the moment.", retryAfterSeconds: limits.retryAfterBusySeconds, cause: error,
  });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

// ── Looking ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** What is polled: as little as possible. */
async function nextOffsets(pool: pg.Pool): Promise<readonly { partition: number; nextOffset: number }[]> {
  const { rows } = await pool.query<{ partition: number; next_offset: string }>({
    name: "log_next_offsets", text: "select partition, next_offset from log_head",
  });
  return rows.map((row) => ({ partition: row.partition, nextOffset: Number(row.next_offset) }));
}

async function heads(pool: pg.Pool): Promise<readonly PartitionState[]> {
  const { rows } = await pool.query<{ partition: number; next_offset: string; first_offset: string }>({
    name: "log_heads",
    text: `select h.partition, h.next_offset,
             (select min(s.first_offset) from log_segment_start s where s.partition = h.partition) as first_offset
           from log_head h order by h.partition`,
  });
  return rows.map((row) => ({ partition: row.partition, nextOffset: Number(row.next_offset), firstOffset: Number(row.first_offset) }));
}

/** Size of the segments, each by the share of its chunks that the slowest reader has not passed. */
async function backlogBytes(pool: pg.Pool): Promise<number> {
  const use = await segmentUse(pool);
  return use.reduce((sum, one) => sum + (one.chunks > 0 ? (one.bytes * one.unread) / one.chunks : 0), 0);
}

function diskSpaceIn(folder: string): () => Promise<DiskSpace> {
  return () => diskSpaceOf(folder);
}

/** Nothing can be promised without fsync, and it is not ours to set. */
async function checkDurability(pool: pg.Pool, logger: Logger): Promise<void> {
  const { rows } = await pool.query<{ fsync: string }>("select current_setting('fsync') as fsync");
  if (rows[0]?.fsync !== "on") logger.error("Postgres runs with fsync off: acknowledged events do not survive a power cut.");
}
