// Whether a rebuild is under way, and what it means for a processor: where the log no longer reaches, events come from the
// event table; none that stands there is written there again. The state lies in Postgres (`log_offset`, reader `rebuild`:
// the place up to which the event table had everything), so whichever processor comes next goes on with it.
import type { ClickHouseClient } from "@clickhouse/client";
import type { Pool } from "pg";
import { assert } from "../core/errors.ts";
import { rowId } from "../core/position.ts";
import type { Chunk, EventLog } from "../log/log.ts";
import { createEventTableReader } from "./event-table-reader.ts";

export const REBUILD_READER = "rebuild";

export interface RebuildState {
  /** The log as the sequencers read it: continued backwards by the event table while a rebuild is under way. */
  readonly log: EventLog;
  /** Events before this position stand in the event table. 0 without a rebuild. */
  storedBelowRow(partition: number): number;
  /** Tells how far a partition has come, with the age of what it decided last. */
  reached(partition: number, nextOffset: number, receivedAtMs: number): void;
  /** Until when message ids may be forgotten: a rebuild repeats the past, and needs the ids of then. */
  forgetTimeMs(nowMs: number): number;
  /** Ends the rebuild in Postgres for partitions that came to its end. */
  finish(): Promise<void>;
}

export async function loadRebuildState(
  deps: { readonly pool: Pool; readonly clickhouse: ClickHouseClient; readonly log: EventLog }, pipelineReader: string,
): Promise<RebuildState> {
  const { pool, log } = deps;
  const ends = await placesOf(pool, REBUILD_READER);
  /** Partition → when the events were received that it decided last; those at the end of the rebuild are taken out. */
  const times = new Map<number, number>([...ends.keys()].map((partition) => [partition, 0]));
  return {
    log: ends.size === 0 ? log : await continuedBackwards(deps, ends),
    storedBelowRow: (partition) => rowId(ends.get(partition) ?? 0, 0),
    reached(partition, nextOffset, receivedAtMs) {
      if (!times.has(partition)) return;
      if (nextOffset >= (ends.get(partition) ?? 0)) times.delete(partition);
      else times.set(partition, receivedAtMs);
    },
    forgetTimeMs: (nowMs) => Math.min(nowMs, ...times.values()),
    async finish() {
      if (ends.size === 0) return;
      await pool.query(
        `delete from log_offset r using log_offset p
         where r.reader = $1 and p.reader = $2 and p.partition = r.partition and p.next_offset >= r.next_offset`,
        [REBUILD_READER, pipelineReader],
      );
    },
  };
}

/** Partition → the offset that the reader reads next. */
export async function placesOf(pool: Pool, reader: string): Promise<Map<number, number>> {
  const { rows } = await pool.query<{ partition: number; next_offset: string }>(
    `select partition, next_offset from log_offset where reader = $1`, [reader],
  );
  return new Map(rows.map((row) => [row.partition, Number(row.next_offset)]));
}

/** The same log; before its beginning chunks are read from the event table. The log drops nothing while its reader is behind. */
async function continuedBackwards(
  deps: { readonly clickhouse: ClickHouseClient; readonly log: EventLog }, ends: ReadonlyMap<number, number>,
): Promise<EventLog> {
  const { log, clickhouse } = deps;
  const firstOffsets = new Map((await log.state()).map(({ partition, firstOffset }) => [partition, firstOffset]));
  const tables = new Map([...ends.keys()].map((partition) => [partition, createEventTableReader({ clickhouse, partition })]));
  return {
    partitions: log.partitions,
    append: (partition, record) => log.append(partition, record),
    async read(partition, fromOffset, bytesMax): Promise<readonly Chunk[]> {
      const firstOffset = firstOffsets.get(partition) ?? 0;
      if (fromOffset >= firstOffset) return log.read(partition, fromOffset, bytesMax);
      const table = tables.get(partition);
      assert(table, "only a rebuild reads what is before the log");
      return table.read(fromOffset, firstOffset, bytesMax);
    },
    state: () => log.state(),
    waitForAppend: (partition, offset, timeoutMs) => log.waitForAppend(partition, offset, timeoutMs),
    dropExpired: (nowMs) => log.dropExpired(nowMs),
    close: () => log.close(),
  };
}
