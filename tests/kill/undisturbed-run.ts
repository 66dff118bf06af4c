// The same log once more, undisturbed: copies the chunks of a log byte for byte, with their offsets, into fresh engines and
// lets a pipeline read them there.
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { systemClock } from "../../server/src/core/clock.ts";
import { defaultLimits } from "../../server/src/core/limits.ts";
import { createLogger } from "../../server/src/core/logger.ts";
import { startTestClickHouse, startTestPostgres } from "../../server/src/engines/testing.ts";
import { createPostgresLog } from "../../server/src/log/postgres-log.ts";
import { startProcessor, type ProcessTuning } from "../../server/src/pipeline/process.ts";
import { READER } from "../../server/src/pipeline/sequencer.ts";
import { canonicalState, type CanonicalState } from "./canonical-state.ts";

export interface RunOptions {
  /** The salt of the first run's identifier keys. */
  readonly secret: string;
  readonly profilesInMemory?: number;
  readonly tuning?: Partial<ProcessTuning>;
  /** Goes on until its signal says that the log is read to its end: disturbs the run after all, over a pool of its own. */
  readonly beside?: (pool: pg.Pool, signal: AbortSignal) => Promise<void>;
}

/** What the run's connections to Postgres are called. */
export const RUN_POOL = "undisturbed";

/** The state that a fresh pipeline makes of the log in `from`. */
export async function undisturbedRun(from: pg.Pool, options: RunOptions): Promise<CanonicalState> {
  const [postgres, clickhouse] = await Promise.all([startTestPostgres(), startTestClickHouse()]);
  const logger = createLogger(process.env["TEST_LOG"] ?? "silent");
  try {
    const pool = postgres.pool(RUN_POOL, 14);
    const { rows } = await from.query<{ partitions: number }>("select count(*)::integer as partitions from log_head");
    const log = await createPostgresLog({ pool, partitions: rows[0]?.partitions ?? 0, clock: systemClock, logger });
    await copyChunks(from, pool);
    const processor = await startProcessor({
      pool, clickhouse: clickhouse.client("write"), clickhouseReader: clickhouse.client("evaluate"), log, clock: systemClock, logger,
      limits: defaultLimits, secret: options.secret, dedupeMaxIds: 1e6, profilesInMemory: options.profilesInMemory ?? 50_000,
      onProgress: () => undefined, tuning: { lingerMs: 20, batchIntervalMs: 1, ...options.tuning },
    });
    const end = new AbortController();
    const own = postgres.pool("beside", 2);
    const beside = options.beside?.(own, end.signal);
    await landed(own);
    end.abort();
    await beside;
    await processor.stop();
    const state = await canonicalState(pool, clickhouse.client("evaluate"));
    await log.close();
    return state;
  } finally {
    await Promise.all([postgres.stop(), clickhouse.stop()]);
  }
}

const CHUNKS_AT_ONCE = 500;

async function copyChunks(from: pg.Pool, to: pg.Pool): Promise<void> {
  const { rows: heads } = await from.query<{ partition: number; next_offset: string }>("select partition, next_offset from log_head");
  for (const head of heads) {
    for (let at = 0; at < Number(head.next_offset); at += CHUNKS_AT_ONCE) {
      const { rows } = await from.query<{ chunk_offset: string; positions: number; body: Buffer }>(
        "select chunk_offset, positions, body from log_chunk where partition = $1 and chunk_offset >= $2 and chunk_offset < $3 order by chunk_offset",
        [head.partition, at, at + CHUNKS_AT_ONCE],
      );
      await to.query(
        `insert into log_chunk (segment, partition, chunk_offset, positions, body)
         select h.segment, $1, o, p, b from unnest($2::bigint[], $3::int[], $4::bytea[]) as c (o, p, b) cross join log_head h where h.partition = $1`,
        [head.partition, rows.map((row) => row.chunk_offset), rows.map((row) => row.positions), rows.map((row) => row.body)],
      );
    }
    await to.query("update log_head set next_offset = $2 where partition = $1", [head.partition, head.next_offset]);
  }
}

/** Resolves when the log is read to its end and every block has landed. */
export async function landed(pool: pg.Pool): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ behind: boolean }>(
      `select exists (select from log_head h left join log_offset o on o.partition = h.partition and o.reader = $1
           where h.next_offset > coalesce(o.next_offset, 0))
         or exists (select from ch_outbox where sent_at is null) as behind`,
      [READER],
    );
    if (rows[0]?.behind === false) return;
    await sleep(20);
  }
}
