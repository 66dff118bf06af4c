// Keeps memberships current. For each partition of the log one loop, which does one thing after another, so that nothing of one
// person is decided twice at once:
//
//   landed blocks → touched people → the audiences that could care ─┐
//   people whose instant has come, people on changed lists ─────────┼─► one query ─► differences ─► one transaction (audience_person,
//   a chunk of a fill, when one runs; members of archived audiences ┘                sizes, audience_log through the outbox, place)
//
// It sleeps until blocks land, somebody changes an audience, or the earliest instant comes.
import { setTimeout as sleep } from "node:timers/promises";
import type { ClickHouseClient } from "@clickhouse/client";
import type { Pool } from "pg";
import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/logger.ts";
import { evaluatorLimits, type EvaluatorLimits } from "./evaluator-limits.ts";
import { createNotices } from "../core/notices.ts";
import { createPartitionEvaluator, type PartitionEvaluator } from "./partition-evaluator.ts";
import { EvaluatorFenced } from "./place.ts";

export interface Landing {
  /** Every block of the pipeline below this one has landed, or is set aside. */
  readonly landedBefore: number;
  /** The same, at the end of a batch; 0 where none is known. */
  readonly wholeBefore: number;
}

export interface EvaluatorOptions {
  readonly pool: Pool;
  /** Of the use "evaluate". */
  readonly clickhouse: ClickHouseClient;
  /** For queries over everybody, which may take long: of the use "instants". */
  readonly everybody: ClickHouseClient;
  readonly partitions: number;
  readonly landing: (partition: number) => Promise<Landing>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called after each commit that wrote something into the outbox. */
  readonly onWritten?: () => void;
  readonly limits?: Partial<EvaluatorLimits>;
  /** It does nothing by itself, only what `catchUp` asks: in tests. */
  readonly isManual?: boolean;
}

export interface Evaluator {
  /** Blocks of the pipeline have landed. */
  poke(): void;
  /** Does everything that can be done by now, fills included. */
  catchUp(): Promise<void>;
  /** Rejects when another process has taken over. */
  readonly failed: Promise<never>;
  /** Finishes what is at hand. */
  stop(): Promise<void>;
}

/** While everybody is being asked about something. */
const FILL_POLL_MS = 20;

export function createEvaluator(options: EvaluatorOptions): Evaluator {
  const limits = { ...evaluatorLimits, ...options.limits };
  const { clock, logger } = options;
  const stopping = new AbortController();
  const { promise: failed, reject: fail } = Promise.withResolvers<never>();
  failed.catch(() => undefined);
  const wakers = new Set<() => void>();
  /** Raised by each poke, so that none is missed that comes during a turn. */
  let pokes = 0;
  const poke = (): void => {
    pokes++;
    wakers.forEach((wake) => wake());
  };
  const changes = createNotices(options.pool, "audience_meaning", poke);
  const evaluators = Array.from({ length: options.partitions }, (_, partition) => createPartitionEvaluator({ ...options, limits, partition }));
  let loadedAtMs = -Infinity;

  /** Everybody reads anew what audiences mean, when it may have changed. */
  async function hear(): Promise<void> {
    const isOld = performance.now() - loadedAtMs > limits.reloadMs;
    if (!(await changes.take()) && !isOld) return;
    loadedAtMs = performance.now();
    for (const evaluator of evaluators) evaluator.reload();
  }

  /** Until it is poked, or the time has passed. */
  async function rest(ms: number): Promise<void> {
    const waking = new AbortController();
    const wake = (): void => waking.abort();
    wakers.add(wake);
    await sleep(ms, undefined, { signal: AbortSignal.any([waking.signal, stopping.signal]) }).catch(() => undefined);
    wakers.delete(wake);
  }

  async function run(evaluator: PartitionEvaluator): Promise<void> {
    let retryMs = limits.retryMs;
    let busyUntil = 0;
    while (!stopping.signal.aborted) {
      const seen = pokes;
      try {
        await hear();
        const hasWorked = await evaluator.turn();
        retryMs = limits.retryMs;
        if (hasWorked) busyUntil = performance.now() + limits.busyForMs;
        else if (pokes === seen) await rest(restOf(evaluator, performance.now() < busyUntil));
      } catch (error) {
        if (stopping.signal.aborted) return;
        if (error instanceof EvaluatorFenced) return fail(error);
        evaluator.forget();
        logger.warn({ err: error, retryMs }, "audiences could not be evaluated; it is tried again");
        await sleep(retryMs, undefined, { signal: stopping.signal }).catch(() => undefined);
        retryMs = Math.min(limits.retryMaxMs, retryMs * 2);
      }
    }
  }

  function restOf(evaluator: PartitionEvaluator, isBusy: boolean): number {
    if (evaluator.isFilling()) return FILL_POLL_MS;
    const pollMs = isBusy && evaluator.hasAudiences() ? limits.pollBusyMs : limits.pollIdleMs;
    return Math.max(1, Math.min(pollMs, evaluator.wakeAtMs() - clock.nowMs()));
  }

  const running = options.isManual === true ? [] : evaluators.map(run);
  return {
    poke, failed,
    async catchUp() {
      loadedAtMs = -Infinity; // What was committed before this was asked may not have been told yet.
      await hear();
      for (const evaluator of evaluators) {
        while ((await evaluator.turn()) || evaluator.isFilling()) {
          if (evaluator.isFilling()) await sleep(2);
          await hear();
        }
      }
    },
    async stop() {
      stopping.abort();
      for (const evaluator of evaluators) evaluator.abort();
      await Promise.all(running);
      changes.stop();
    },
  };
}
