// The role `process`: a sequencer and a sender for every partition of the log, and the upkeep of what they leave behind.
// It reaches the engines over their sockets, so it runs as well in a worker thread as in a process of its own.
import type { ClickHouseClient } from "@clickhouse/client";
import type { Pool } from "pg";
import type { Clock } from "../core/clock.ts";
import type { Limits } from "../core/limits.ts";
import type { Logger } from "../core/logger.ts";
import { CLOCK_STEP_MS, createSureTime, type SureTime } from "../core/sure-time.ts";
import type { EventLog } from "../log/log.ts";
import { claimReader } from "../log/reader-offset.ts";
import { expiryLimits, type ExpiryLimits } from "./controls/expire-events.ts";
import { createEventExpiry } from "./expire-events.ts";
import { createOverrideFolding } from "./fold-overrides.ts";
import { createFreshnessCounter, type FreshnessCounter } from "./freshness.ts";
import { createHold, createWritesHold, type WritesHold } from "./hold.ts";
import { createAudienceSenders } from "./outbox/audience-senders.ts";
import { forgetSent } from "./outbox/refused.ts";
import { watchPutAside } from "./outbox/put-aside.ts";
import { createSender, type Sender } from "./outbox/sender.ts";
import { loadRebuildState, type RebuildState } from "./rebuild-state.ts";
import { loadRemovedWorkspaces, type RemovedWorkspaces } from "./removed-workspaces.ts";
import { createSeenMessages, dayOf, type SeenMessages } from "./seen-messages.ts";
import { READER, startSequencer, type Progress, type Sequencer, type SequencerLimits } from "./sequencer.ts";
import { createRuleBook } from "./workspace-rules.ts";
import { createWorld } from "./world.ts";

export interface ProcessOptions {
  readonly pool: Pool;
  readonly clickhouse: ClickHouseClient;
  /** For reading people's events back (unmerge, withdrawal). */
  readonly clickhouseReader: ClickHouseClient;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: Limits;
  readonly secret: string;
  readonly dedupeMaxIds: number;
  readonly profilesInMemory: number;
  /** False when the process before this one came to its end: then what it marked as sent is there. */
  readonly wasUnclean?: boolean;
  readonly onProgress: (progress: Progress) => void;
  /** Called when something has landed in ClickHouse. */
  readonly onLanded?: () => void;
  /** Told whenever it becomes known, or doubtful, that all of what was sent lately is in ClickHouse; doubtful at first. */
  readonly onVerified?: (isVerified: boolean) => void;
  readonly tuning?: Partial<ProcessTuning>;
}

export interface ProcessTuning extends SequencerLimits {
  readonly lingerMs: number;
  readonly outboxMemoryBytesMax: number;
  readonly expiry: ExpiryLimits;
}

export const defaultTuning: ProcessTuning = {
  batchEventsMax: 4_000,
  readBytesMax: 2 * 1024 * 1024,
  batchIntervalMs: 40,
  outboxBytesMax: 256 * 1024 * 1024,
  lingerMs: 500,
  outboxMemoryBytesMax: 128 * 1024 * 1024,
  expiry: expiryLimits,
};

/** How long sent blocks stay in the outbox, to be verified when they are in doubt. */
const OUTBOX_KEPT_MS = 10 * 60_000;
const UPKEEP_MS = 15_000;
const FRESHNESS_MS = 3_000;
/** How long a stop waits for blocks to land; the rest is sent at the next start. */
const DRAIN_MS = 15_000;

export interface Processor {
  /** Rejects when a sequencer can't go on. */
  readonly failed: Promise<never>;
  waiting(): { readonly blocks: number; readonly bytes: number };
  dedupeWindow(): ReturnType<SeenMessages["window"]>;
  /** Keeps what is decided from being sent. */
  readonly hold: WritesHold;
  /** Sends what audiences have written into the outbox at once, which else takes a moment. */
  sendAudiences(): Promise<void>;
  /** Finishes the batch at hand, sends what is in the outbox if `drain`, and stops. */
  stop(options?: { readonly drain: boolean }): Promise<void>;
}

export async function startProcessor(options: ProcessOptions): Promise<Processor> {
  const tuning = { ...defaultTuning, ...options.tuning };
  const latestMs = await fenceOthers(options);
  const time = createSureTime({ clock: options.clock, logger: options.logger, ...(latestMs > 0 ? { knownMs: latestMs } : {}) });
  const rebuild = await loadRebuildState({ pool: options.pool, clickhouse: options.clickhouseReader, log: options.log }, READER);
  const removed = await loadRemovedWorkspaces(options.pool);
  const seen = await createSeenMessages(options.pool, options.dedupeMaxIds);
  await seen.prepareDays([dayOf(options.clock.nowMs()), dayOf(options.clock.nowMs()) + 1]);
  await seen.dropExpired(rebuild.forgetTimeMs(time.sureMs()));
  const hold = createHold();
  const senders: Sender[] = [];
  const sequencers: Sequencer[] = [];
  const freshness = createFreshnessCounter(options.pool);
  // All senders, once they are there.
  let all: readonly Sender[] = [];
  const tellVerified = (): void => options.onVerified?.(all.length > 0 && all.every((sender) => sender.isVerified()));
  // Begins before they verify, so that nothing falls between the two.
  const putAside = await watchPutAside({
    clickhouse: options.clickhouseReader, logger: options.logger,
    onPutAside() {
      for (const sender of all) sender.verifyAgain();
      tellVerified();
    },
  });
  const isInDoubt = options.wasUnclean !== false || putAside.wasLately;
  for (let partition = 0; partition < options.log.partitions; partition++) {
    const sender = createSender({
      pool: options.pool, clickhouse: options.clickhouse, partition, logger: options.logger, lingerMs: tuning.lingerMs,
      memoryBytesMax: tuning.outboxMemoryBytesMax, hold, isInDoubt, onVerified: tellVerified, ...(options.onLanded ? { onLanded: options.onLanded } : {}),
    });
    senders.push(sender);
    await sender.recover();
    sequencers.push(startPartition({ ...options, onProgress: counted(options, freshness) }, tuning, partition, { sender, seen, rebuild, removed }));
  }
  const audiences = await createAudienceSenders({
    pool: options.pool, clickhouse: options.clickhouse, partitions: options.log.partitions, logger: options.logger, lingerMs: tuning.lingerMs, hold, isInDoubt, onVerified: tellVerified,
  });
  all = [...senders, ...audiences.senders];
  tellVerified();
  const upkeep = startUpkeep(options, { seen, senders: all, rebuild, time });
  const writeFreshness = (): Promise<void> =>
    freshness.flush(options.clock.nowMs()).catch((error: unknown) => options.logger.warn({ err: error }, "freshness was not written down"));
  const freshnessTimer = setInterval(() => void writeFreshness(), FRESHNESS_MS);
  freshnessTimer.unref();
  const failed = Promise.race(sequencers.map((sequencer) => sequencer.finished.then(() => new Promise<never>(() => undefined))));
  failed.catch(() => undefined);
  return {
    failed,
    waiting: () => ({
      blocks: all.reduce((sum, sender) => sum + sender.waiting().blocks, 0),
      bytes: all.reduce((sum, sender) => sum + sender.waiting().bytes, 0),
    }),
    dedupeWindow: () => seen.window(),
    sendAudiences: () => audiences.look(),
    hold: createWritesHold(hold, options.pool, options.log.partitions),
    async stop({ drain } = { drain: true }) {
      clearInterval(upkeep);
      clearInterval(freshnessTimer);
      await putAside.stop();
      hold.end();
      await Promise.all(sequencers.map((sequencer) => sequencer.stop()));
      // The timer must not outlive the drain: the thread, and with it the server, would wait for it before it ends.
      const timeUp = new Promise((resolve) => setTimeout(resolve, DRAIN_MS).unref());
      if (drain) await Promise.race([Promise.all([...senders, audiences].map((sender) => sender.drained())), timeUp]);
      await Promise.all([...senders, audiences].map((sender) => sender.stop()));
      await writeFreshness();
    },
  };
}

function counted({ clock, onProgress }: ProcessOptions, freshness: FreshnessCounter): ProcessOptions["onProgress"] {
  return (progress) => {
    freshness.add(progress.waits, clock.nowMs());
    onProgress(progress);
  };
}

/** From here on no earlier process can commit, so what is read of its work stays true. Gives the time at which it last decided anything; 0 for never. */
async function fenceOthers({ pool, log }: ProcessOptions): Promise<number> {
  const client = await pool.connect();
  try {
    let latestMs = 0;
    for (let partition = 0; partition < log.partitions; partition++) latestMs = Math.max(latestMs, (await claimReader(client, READER, partition)).nowMs);
    return latestMs;
  } finally {
    client.release();
  }
}

interface PartitionParts {
  readonly sender: Sender;
  readonly seen: SeenMessages;
  readonly rebuild: RebuildState;
  readonly removed: RemovedWorkspaces;
}

function startPartition(options: ProcessOptions, tuning: ProcessTuning, partition: number, { sender, seen, rebuild, removed }: PartitionParts): Sequencer {
  const { pool, clock, logger, secret } = options;
  const { log } = rebuild;
  const rules = createRuleBook({ secret, limits: options.limits });
  const world = createWorld({ peopleMax: options.profilesInMemory, edgesMax: options.profilesInMemory * 4 });
  return startSequencer({
    partition, pool, log, clock, logger, sender, world, seen,
    pipeline: { pool, rules, seen, secret, reset: () => rules.forget() },
    control: { pool, clickhouse: options.clickhouseReader, rules, seen, sender, world, secret, logger, expiry: tuning.expiry, removed },
    limits: tuning,
    storedBelowRow: rebuild.storedBelowRow(partition),
    onCommit(progress) {
      rebuild.reached(partition, progress.nextOffset, clock.nowMs() - progress.oldestAgeMs);
      options.onProgress(progress);
    },
  });
}

interface UpkeepParts {
  readonly seen: SeenMessages;
  readonly senders: readonly Sender[];
  readonly rebuild: RebuildState;
  readonly time: SureTime;
}

/** What is made goes by the clock; what is thrown away, by the time that is sure. */
function startUpkeep(options: ProcessOptions, { seen, senders, rebuild, time }: UpkeepParts): NodeJS.Timeout {
  const asking = { pool: options.pool, clickhouse: options.clickhouseReader, log: options.log, reader: READER };
  const folding = createOverrideFolding(asking);
  const expiry = createEventExpiry(asking);
  let isBusy = false;
  const run = async (): Promise<void> => {
    if (isBusy) return;
    isBusy = true;
    try {
      const nowMs = options.clock.nowMs();
      await seen.prepareDays([dayOf(nowMs), dayOf(nowMs) + 1]);
      const sureMs = time.sureMs();
      await seen.dropExpired(rebuild.forgetTimeMs(sureMs));
      await rebuild.finish();
      if (senders.every((sender) => sender.isVerified())) await forgetSent(options.pool, OUTBOX_KEPT_MS);
      // Closes the open part as well, by the clock; what is sure a little later loses nothing by it.
      if (nowMs - sureMs <= CLOCK_STEP_MS) await options.log.dropExpired(nowMs);
      await folding.run(nowMs);
      await expiry.run(sureMs);
    } catch (error) {
      options.logger.warn({ err: error }, "upkeep failed; it runs again shortly");
    } finally {
      isBusy = false;
    }
  };
  const timer = setInterval(() => void run(), UPKEEP_MS);
  timer.unref();
  return timer;
}
