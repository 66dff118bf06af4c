// Makes all that the pipeline decided anew: people, identifiers, evidence, merges, the rules in force, the ids of messages
// seen and what the ledger says was decided. It starts with the first event that ever came in, out of the event table where
// the log no longer reaches, and ends with the last of the log, through the same code as when they came. The event table
// itself is not written again. It may be killed anywhere: whichever processor comes next goes on with it.
import type { ClickHouseClient } from "@clickhouse/client";
import type { ClientBase, Pool } from "pg";
import { AppError } from "../core/errors.ts";
import { rowId } from "../core/position.ts";
import { inTransaction } from "../engines/postgres/in-transaction.ts";
import { claimReader } from "../log/reader-offset.ts";
import { createBlockBuilder, blockIdOf } from "./outbox/block-builder.ts";
import { writeOutbox } from "./outbox/outbox-block.ts";
import { createSender } from "./outbox/sender.ts";
import { startProcessor, type ProcessOptions } from "./process.ts";
import { loadRebuildState, placesOf, REBUILD_READER } from "./rebuild-state.ts";
import { READER } from "./sequencer.ts";

export interface RebuildOptions extends Omit<ProcessOptions, "onProgress"> {
  /** Begins even where events have expired: what only they told of people is lost. */
  readonly force?: boolean;
  readonly onRebuild?: (progress: RebuildProgress) => void;
  /** Breaks it off after the batch at hand. Whichever processor comes next goes on. */
  readonly signal?: AbortSignal;
}

/** Counted in events received, control records included. `total` is what the event table had when it began. */
export interface RebuildProgress {
  readonly done: number;
  readonly total: number;
}

export interface RebuildResult extends RebuildProgress {
  /** Events that ClickHouse refused for good (`ch_refused`): once the log no longer has them they can't be decided again. */
  readonly refused: number;
}

/**
 * Wipes what was decided, unless a rebuild is under way already, and decides everything again up to the end of the log.
 * Nothing else may process meanwhile: the caller holds the data directory's lock. Throws AppError `events_expired`, and changes
 * nothing, where events have expired, unless it is forced.
 */
export async function rebuild(options: RebuildOptions): Promise<RebuildResult> {
  const { pool, clickhouseReader, log } = options;
  if (!(await isUnderWay(pool))) {
    if (!options.force) await refuseWhereExpired(pool);
    await landEverything(options);
    await begin(pool, log.partitions);
  }
  const total = await countEvents(clickhouseReader, await placesOf(pool, REBUILD_READER));
  let done = await countEvents(clickhouseReader, await placesOf(pool, READER));
  const places = await placesOf(pool, READER);
  const ends = new Map((await log.state()).map(({ partition, nextOffset }) => [partition, nextOffset]));
  const isDone = (): boolean => [...ends].every(([partition, end]) => (places.get(partition) ?? 0) >= end);
  let arrive: () => void = () => undefined;
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  const processor = await startProcessor({
    ...options,
    onProgress(progress) {
      done += progress.events;
      places.set(progress.partition, progress.nextOffset);
      options.onRebuild?.({ done, total });
      if (isDone()) arrive();
    },
  });
  if (isDone()) arrive();
  options.signal?.addEventListener("abort", arrive, { once: true });
  if (options.signal?.aborted) arrive();
  try {
    await Promise.race([arrived, processor.failed]);
  } finally {
    await processor.stop({ drain: true });
  }
  options.signal?.throwIfAborted();
  await (await loadRebuildState({ pool, clickhouse: clickhouseReader, log }, READER)).finish();
  const { rows } = await pool.query<{ count: string }>(`select count(*) as count from ch_refused where kind = 'row' and status <> 'landed' and table_name = 'events'`);
  return { done, total, refused: Number(rows[0]?.count ?? 0) };
}

async function isUnderWay(pool: Pool): Promise<boolean> {
  return (await placesOf(pool, REBUILD_READER)).size > 0;
}

/** What expired events made of people stands nowhere else: made anew from the rest, these people would be other people, or gone. */
async function refuseWhereExpired(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ slug: string; events: string; before: Date }>(
    `select w.slug, e.events, e.before from expired_events e join workspace w on w.id = e.workspace_id order by e.workspace_id`,
  );
  if (rows.length === 0) return;
  const each = rows.slice(0, 10).map(({ slug, events, before }) => `${slug} (${events} from before ${before.toISOString().slice(0, 10)})`);
  throw new AppError("events_expired", {
    detail: `Expired in ${rows.length} workspace(s): ${each.join(", ")}.`,
    hint: "Make a backup. `tributary rebuild --force` makes people anew from what is left; whom or what only expired events told is lost.",
  });
}

async function countEvents(clickhouse: ClickHouseClient, places: ReadonlyMap<number, number>): Promise<number> {
  let count = 0;
  for (const [partition, offset] of places) {
    const result = await clickhouse.query({
      query: `select count() as count from events where log_partition = {partition:UInt16} and row_id < {end:UInt64}`,
      query_params: { partition, end: rowId(offset, 0) },
      format: "JSONEachRow",
    });
    const [row] = await result.json<{ count: string }>();
    count += Number(row?.count ?? 0);
  }
  return count;
}

/** What was decided must stand in the event table before it is wiped: a rebuild reads it from there. */
async function landEverything({ pool, clickhouse, log, logger, wasUnclean }: RebuildOptions): Promise<void> {
  for (let partition = 0; partition < log.partitions; partition++) {
    const sender = createSender({ pool, clickhouse, partition, logger, lingerMs: 0, memoryBytesMax: 64 * 1024 * 1024, isInDoubt: wasUnclean !== false });
    await sender.recover();
    await sender.drained();
    await sender.stop();
  }
}

/**
 * Everything that the pipeline made and can make again. Kept: the quarantine, with what people did about its entries (an
 * event that is held again finds its entry), and the paths that stand in the event table's JSON column.
 */
const DECIDED_TABLES = [
  "profile", "identifier", "identity_edge", "cannot_link", "ingest_share", "merge_log", "pipeline_config", "message_seen",
];

/** In one transaction: notes up to which place the event table has everything, wipes the state, sends the reader back. */
async function begin(pool: Pool, partitions: number): Promise<void> {
  await inTransaction(pool, async (tx) => {
    for (let partition = 0; partition < partitions; partition++) await sendBack(tx, partition);
    await tx.query(`truncate ${DECIDED_TABLES.join(", ")}`);
    await tx.query(`delete from ledger where hop = 'decided'`);
    await keepDecisionsOfExpired(tx);
    // What statements changed is undone and decided anew: none of before is to be sent again.
    await tx.query(`update ch_refused set status = 'discarded', resolved_at = now() where kind = 'statement' and status = 'open'`);
  });
}

/** Nothing decides again about events that are in neither the table nor the log. Those that the log still has are decided. */
async function keepDecisionsOfExpired(tx: ClientBase): Promise<void> {
  await tx.query(
    `insert into ledger (workspace_id, source_id, minute, hop, outcome, reason, count)
     select workspace_id, source_id, minute, 'decided', outcome, reason, count from ledger
     where hop = 'expired' and minute < (select date_trunc('minute', min(opened_at)) from log_segment)`,
  );
}

async function sendBack(tx: ClientBase, partition: number): Promise<void> {
  const claim = await claimReader(tx, READER, partition);
  const noted = [REBUILD_READER, partition, claim.nextOffset];
  await tx.query(`insert into log_offset (reader, partition, next_offset) values ($1, $2, $3)`, noted);
  const builder = createBlockBuilder(partition, claim.nextBlock);
  // The two things that control records change in rows go back to how they came in: the control records change them again,
  // in order, from what they found then. All these statements may be repeated, in their order.
  builder.addStatement(
    "events",
    `ALTER TABLE events UPDATE profile_id = ingest_profile_id, reason = if(outcome = 'withdrawn', '', reason),
        outcome = if(outcome = 'withdrawn', 'stored', outcome)
      WHERE log_partition = ${partition} AND row_id < ${rowId(claim.nextOffset, 0)}
        AND (profile_id != ingest_profile_id OR outcome = 'withdrawn')`,
  );
  // Snapshots and overrides are made anew; those of before go first. By block, so that a repeat takes none of the new ones.
  const [from, to] = [blockIdOf(partition, 0), blockIdOf(partition, claim.nextBlock)];
  for (const table of ["profiles", "profile_override"]) {
    builder.addStatement(table, `ALTER TABLE ${table} DELETE WHERE block_id >= ${from} AND block_id < ${to}`);
  }
  await writeOutbox(tx, builder.finish());
  const start = [READER, partition, builder.nextBlock];
  await tx.query(`update log_offset set next_offset = 0, next_block = $3 where reader = $1 and partition = $2`, start);
}
