// The one worker of a log partition. It reads chunks in order, runs the pipeline over them in memory, commits once, and
// hands the finished blocks to the sender. It alone decides about the workspaces of its partition; the epoch of its claim
// makes sure of that. A bug in a stage is pinned on the event at hand, which is quarantined with the reason.
import type { Pool } from "pg";
import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/logger.ts";
import type { Chunk, EventLog } from "../log/log.ts";
import { positionsOf } from "../log/log.ts";
import { claimReader, ReaderFenced, type ReaderClaim } from "../log/reader-offset.ts";
import { createBatch, countOutcomes, freshCopy, type Batch } from "./batch.ts";
import { assert } from "../core/errors.ts";
import { createChunkReader } from "./chunk-reader.ts";
import { captureChanges, commitBatch, type Decisions, type LedgerCount } from "./commit.ts";
import { ControlFailed, handleControl, type ControlDeps } from "./controls/handle-control.ts";
import { waitsOf, type Waits } from "./freshness.ts";
import { findCulprits, isDataError } from "./find-culprits.ts";
import { packBlocks } from "./outbox/outbox-block.ts";
import { createBlockBuilder } from "./outbox/block-builder.ts";
import type { Sender } from "./outbox/sender.ts";
import { runPipeline, type PipelineDeps } from "./pipeline.ts";
import { forgetReceived } from "./removed-workspaces.ts";
import type { SeenMessages } from "./seen-messages.ts";
import type { World } from "./world.ts";

export const READER = "pipeline";

export interface SequencerOptions {
  readonly partition: number;
  readonly pool: Pool;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly sender: Sender;
  readonly world: World;
  readonly seen: SeenMessages;
  readonly pipeline: PipelineDeps;
  readonly control: ControlDeps;
  readonly limits: SequencerLimits;
  /** In a rebuild: events before this position stand in the event table already. */
  readonly storedBelowRow: number;
  readonly onCommit: (progress: Progress) => void;
}

export interface SequencerLimits {
  readonly batchEventsMax: number;
  readonly readBytesMax: number;
  /** Small batches are not started more often than this, so that a trickle of chunks shares commits. */
  readonly batchIntervalMs: number;
  /** Blocks waiting for ClickHouse beyond this stop the sequencer, and then, through the log, the door. */
  readonly outboxBytesMax: number;
}

export interface Progress {
  readonly partition: number;
  readonly nextOffset: number;
  readonly events: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly tookMs: number;
  /** Age of the batch's oldest event when it was committed: receivedAt to visible. */
  readonly oldestAgeMs: number;
  /** How long its events took until then. */
  readonly waits: Waits;
}

export interface Sequencer {
  /** Resolves when it has stopped after `stop`, or rejects when it can't go on (fenced, damaged log). */
  readonly finished: Promise<void>;
  stop(): Promise<void>;
}

const RETRY_MAX_MS = 5_000;
/** A control record that failed so often is passed over and listed: one change must not stop a partition. */
const CONTROL_ATTEMPTS = 4;

export function startSequencer(options: SequencerOptions): Sequencer {
  let stopped = false;
  const finished = run(options, () => stopped);
  finished.catch(() => undefined);
  return {
    finished,
    async stop() {
      stopped = true;
      await finished.catch(() => undefined);
    },
  };
}

async function run(options: SequencerOptions, isStopped: () => boolean): Promise<void> {
  const { pool, log, partition, logger } = options;
  const claim = await withRetries(options, isStopped, () => claimOnce(pool, partition));
  if (!claim) return;
  await withRetries(options, isStopped, () => options.sender.catchUp());
  const reader = createChunkReader(log, partition, claim.nextOffset, options.limits.readBytesMax);
  const commits = createCommitLine(options, claim);
  let attempt = 0;
  let failedAt = -1;
  let wasRefused = false;
  let controlFailures: string[] = [];
  while (!isStopped()) {
    const startedMs = performance.now();
    try {
      // After a refusal one chunk at a time, each tried first.
      const { chunks, workspaceIds: removed } = options.control.removed.leaveOut(await reader.next(wasRefused ? 1 : options.limits.batchEventsMax));
      if (chunks.length === 0) {
        await commits.finished();
        await reader.more();
        continue;
      }
      await options.sender.below(options.limits.outboxBytesMax);
      if (options.world.isOverfull()) {
        await commits.finished();
        options.world.reset();
      }
      const isControl = chunks[0]?.records[0]?.header.kind === "control";
      if (isControl) await runControl(options, commits, chunks[0], controlFailures.length >= CONTROL_ATTEMPTS ? controlFailures.at(-1) : undefined);
      else if (wasRefused) wasRefused = !(await runTried(options, commits, chunks, { startedMs, removed }));
      else await runBatch(options, commits, chunks, { startedMs, removed, held: new Map() });
      controlFailures = [];
      await rest(options, chunks, startedMs);
    } catch (error) {
      await commits.finished().catch(() => undefined);
      options.world.reset();
      options.pipeline.reset();
      if (error instanceof ReaderFenced) throw error;
      if (error instanceof ControlFailed) controlFailures.push(error.message);
      wasRefused ||= isDataError(error) || error instanceof EncodingFailed;
      logger.error({ partition, err: error }, "a batch was not committed; trying again");
      await sleep(Math.min(RETRY_MAX_MS, 50 * 2 ** Math.min(attempt++, 8)));
      // A commit whose answer was lost may have happened: the place in Postgres tells.
      const again = await withRetries(options, isStopped, () => claimOnce(pool, partition));
      if (!again) return;
      // … and its blocks stand in the outbox, unknown to the sender.
      await withRetries(options, isStopped, () => options.sender.catchUp());
      await withRetries(options, isStopped, () => options.control.removed.refresh());
      if (again.nextOffset > failedAt) attempt = 0;
      failedAt = again.nextOffset;
      commits.restart(again);
      reader.restart(again.nextOffset);
    }
  }
  await commits.finished().catch((error: unknown) => logger.error({ partition, err: error }, "the last batch was not committed; it is read again at the next start"));
}

/** Commits, one at a time and in order. While one runs, the next waits packed, and the one after it is decided. */
interface CommitLine {
  /** Number of the first block of the next commit. */
  readonly nextBlock: number;
  readonly nowMs: number;
  /** Puts a commit at the end, which takes blocks up to `nextBlock`; it begins at once with what needs not wait for the one before. */
  add(nextBlock: number, commit: (before: Promise<ReaderClaim>) => Promise<ReaderClaim>): Promise<ReaderClaim>;
  /** Resolves when no more than one waits behind the one that runs; rejects when one failed. */
  room(): Promise<unknown>;
  /** Waits for all of them; rejects when one failed. */
  finished(): Promise<ReaderClaim>;
  restart(claim: ReaderClaim): void;
}

function createCommitLine(options: SequencerOptions, first: ReaderClaim): CommitLine {
  let last: Promise<ReaderClaim> = Promise.resolve(first);
  let beforeLast = last;
  let nextBlock = first.nextBlock;
  let nowMs = first.nowMs;
  return {
    get nextBlock() {
      return nextBlock;
    },
    get nowMs() {
      nowMs = Math.max(options.clock.nowMs(), nowMs);
      return nowMs;
    },
    add(blocksEnd, commit) {
      nextBlock = blocksEnd;
      beforeLast = last;
      last = commit(beforeLast);
      // A failure is met by whoever waits for room, and by all commits behind it.
      last.catch(() => undefined);
      return last;
    },
    room: () => beforeLast,
    finished: () => last,
    restart(claim) {
      last = Promise.resolve(claim);
      beforeLast = last;
      nextBlock = claim.nextBlock;
      nowMs = Math.max(nowMs, claim.nowMs);
    },
  };
}

async function claimOnce(pool: Pool, partition: number): Promise<ReaderClaim> {
  const client = await pool.connect();
  try {
    return await claimReader(client, READER, partition);
  } finally {
    client.release();
  }
}

async function withRetries<T>(options: SequencerOptions, isStopped: () => boolean, action: () => Promise<T>): Promise<T | undefined> {
  for (let attempt = 0; !isStopped(); attempt++) {
    try {
      return await action();
    } catch (error) {
      options.logger.error({ partition: options.partition, err: error }, "Postgres did not answer the sequencer; trying again");
      await sleep(Math.min(RETRY_MAX_MS, 50 * 2 ** Math.min(attempt, 8)));
    }
  }
  return undefined;
}

async function runControl(options: SequencerOptions, commits: CommitLine, chunk: Chunk | undefined, refusal: string | undefined): Promise<void> {
  const header = chunk?.records[0]?.header;
  assert(chunk && header?.kind === "control", "a control record stands alone in its chunk");
  const claim = await commits.finished();
  const builder = createBlockBuilder(options.partition, claim.nextBlock, options.storedBelowRow);
  const next = await handleControl({ ...options.control, builder }, claim, chunk, header, commits.nowMs, refusal);
  commits.restart(next.claim);
  options.sender.enqueue(next.blocks);
  options.onCommit({
    partition: options.partition, nextOffset: next.claim.nextOffset, events: 1, outcomes: { control: 1 }, tookMs: 0,
    oldestAgeMs: Math.max(0, options.clock.nowMs() - header.receivedAtMs), waits: new Map(),
  });
}

interface BatchWish {
  readonly startedMs: number;
  /** Workspaces that no longer are, of which records stood among these. */
  readonly removed: ReadonlySet<number>;
  /** Events that are held whatever the stages say of them: row_id → why. */
  readonly held: ReadonlyMap<number, string>;
}

async function runBatch(options: SequencerOptions, commits: CommitLine, chunks: readonly Chunk[], { startedMs, removed, held }: BatchWish): Promise<void> {
  const { nowMs } = commits;
  const batch = await decide(options, createBatch(options.partition, chunks, nowMs), held, () => commits.finished());
  const { changes, decisions, nextBlock } = await capture(options, batch, commits.nextBlock);
  options.seen.hold(batch.sightings);
  const committed = commits.add(nextBlock, async (before) => {
    try {
      await packBlocks(decisions.blocks);
      const place = { nextOffset: (chunks.at(-1)?.offset ?? -1) + 1, nowMs, nextBlock };
      const next = await commitBatch(options.pool, await before, place, changes, options.seen, decisions, (tx) => forgetReceived(tx, removed));
      options.sender.enqueue(decisions.blocks);
      tellProgress(options, batch, decisions.ledger, next.nextOffset, startedMs);
      return next;
    } finally {
      options.seen.forget(batch.sightings);
    }
  });
  options.world.settle(committed);
  await commits.room();
}

interface Captured {
  readonly changes: ReturnType<typeof captureChanges>;
  readonly decisions: Decisions;
  readonly nextBlock: number;
}

/** What a batch could not be written as: the values of an event are to blame. */
class EncodingFailed extends Error {
  override readonly name = "EncodingFailed";
}

/** Everything that the batch's commit writes, copied out of the world. */
async function capture(options: SequencerOptions, batch: Batch, firstBlock: number): Promise<Captured> {
  try {
    const builder = createBlockBuilder(options.partition, firstBlock, options.storedBelowRow);
    await builder.addEvents(batch, options.pipeline.rules, countOutcomes);
    await builder.addPeople(options.world, batch.nowMs);
    const blocks = builder.finish();
    const { sightings, mergeLog, quarantine, paths } = batch;
    const decisions = { sightings, mergeLog, quarantine, paths, blocks, ledger: countOutcomes(batch.events) };
    return { changes: captureChanges(options.world), decisions, nextBlock: builder.nextBlock };
  } catch (error) {
    throw new EncodingFailed(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** A batch of which something was refused: holds the events to blame, and commits the rest. False: none of them is to blame. */
async function runTried(options: SequencerOptions, commits: CommitLine, chunks: readonly Chunk[], wish: Omit<BatchWish, "held">): Promise<boolean> {
  const whole = createBatch(options.partition, chunks, commits.nowMs);
  const rowOf = (index: number): number => whole.events[index]?.received.rowId ?? -1;
  const heldRows = (culprits: ReadonlyMap<number, string>) => new Map([...culprits].map(([index, reason]) => [rowOf(index), reason]));
  const claim = await commits.finished();
  const culprits = await findCulprits(whole.events.length, async (count, held) => {
    const batch = createBatch(options.partition, chunks, whole.nowMs);
    return tryBatch(options, claim, { ...batch, events: batch.events.slice(0, count) }, heldRows(held));
  });
  // Why stands in the quarantine: the engine's own words may quote the event.
  for (const index of culprits?.keys() ?? []) {
    options.logger.error({ partition: options.partition, row: rowOf(index) }, "an event can't be stored as it was decided; it is quarantined");
  }
  await runBatch(options, commits, chunks, { ...wish, held: heldRows(culprits ?? new Map()) });
  await commits.finished();
  return culprits !== undefined;
}

/** Everything but the commit, undone again. Why it was refused; undefined: it was not. */
async function tryBatch(options: SequencerOptions, claim: ReaderClaim, batch: Batch, held: ReadonlyMap<number, string>): Promise<string | undefined> {
  const isOver = new Error("The trial is over.");
  try {
    const decided = await decide(options, batch, held, () => Promise.resolve());
    const captured = await capture(options, decided, claim.nextBlock);
    await packBlocks(captured.decisions.blocks);
    const place = { nextOffset: claim.nextOffset, nowMs: claim.nowMs, nextBlock: claim.nextBlock };
    await commitBatch(options.pool, claim, place, captured.changes, options.seen, captured.decisions, () => Promise.reject(isOver));
    return undefined;
  } catch (error) {
    if (error === isOver) return undefined;
    if (error instanceof EncodingFailed || isDataError(error)) return error instanceof Error ? error.message : String(error);
    throw error;
  } finally {
    options.world.reset();
    options.pipeline.reset();
  }
}

function tellProgress(options: SequencerOptions, batch: Batch, ledger: readonly LedgerCount[], nextOffset: number, startedMs: number): void {
  const nowMs = options.clock.nowMs();
  const outcomes: Record<string, number> = {};
  for (const { outcome, count } of ledger) outcomes[outcome] = (outcomes[outcome] ?? 0) + count;
  options.onCommit({
    partition: options.partition, nextOffset, events: batch.events.length, outcomes, tookMs: performance.now() - startedMs,
    oldestAgeMs: Math.max(0, nowMs - (batch.events[0]?.received.header.receivedAtMs ?? 0)), waits: waitsOf(batch.events, nowMs, options.storedBelowRow),
  });
}

/** Runs the stages over a batch of which nothing is decided; when one throws, quarantines the event it was at and runs again from the start. */
async function decide(options: SequencerOptions, fresh: Batch, held: ReadonlyMap<number, string>, committed: () => Promise<unknown>): Promise<Batch> {
  const guilty = new Map(held);
  for (let batch = fresh; ; batch = freshCopy(fresh)) {
    for (const item of batch.events) {
      const detail = guilty.get(item.received.rowId);
      if (detail !== undefined) item.refusal = { outcome: "quarantined", reason: "pipeline_error", detail };
    }
    try {
      await runPipeline(batch, options.world, options.pipeline);
      return batch;
    } catch (error) {
      // What is in memory goes back to what Postgres has, which must be all of the batch before.
      await committed();
      options.world.reset();
      options.pipeline.reset();
      if (batch.current < 0 || guilty.has(batch.current)) throw error;
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
      options.logger.error({ partition: options.partition, row: batch.current, err: error }, "a stage failed on one event; it is quarantined");
      guilty.set(batch.current, detail.slice(0, 2_000));
    }
  }
}

async function rest(options: SequencerOptions, chunks: readonly Chunk[], startedMs: number): Promise<void> {
  const events = chunks.reduce((sum, chunk) => sum + chunk.records.reduce((positions, record) => positions + positionsOf(record), 0), 0);
  const leftMs = options.limits.batchIntervalMs - (performance.now() - startedMs);
  if (events < options.limits.batchEventsMax / 4 && leftMs > 0) await sleep(leftMs);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
