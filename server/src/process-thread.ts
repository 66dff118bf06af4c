// The role `process` in a worker thread: its work on the processor never delays the door or the API, which share the main
// thread. It is given plain data, reaches the engines over their sockets itself, and talks to the main thread in messages.
import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import type { PoolConfig } from "pg";
import { createEvaluator, type Evaluator } from "./audiences/audiences.ts";
import { systemClock } from "./core/clock.ts";
import { assert } from "./core/errors.ts";
import type { Limits } from "./core/limits.ts";
import { createLogger } from "./core/logger.ts";
import { createSureTime } from "./core/sure-time.ts";
import { connectClickHouse, type ClickHouseEndpoint } from "./engines/clickhouse/clickhouse.ts";
import { createPool } from "./engines/postgres/postgres.ts";
import type { LogLimits } from "./log/log-limits.ts";
import { createPostgresLog } from "./log/postgres-log.ts";
import { startProcessor, type ProcessTuning } from "./pipeline/process.ts";
import { processConnections } from "./postgres-connections.ts";
import { takeProcessRole } from "./role-lock.ts";
import { createObserver } from "./observed-schema/observed-schema.ts";
import { landedBefore, landing } from "./pipeline/outbox/landed-before.ts";
import type { Progress } from "./pipeline/sequencer.ts";

export interface ProcessThreadData {
  readonly postgres: PoolConfig;
  readonly clickhouse: ClickHouseEndpoint;
  readonly partitions: number;
  readonly logLimits: Partial<LogLimits>;
  readonly limits: Limits;
  readonly secret: string;
  readonly dedupeMaxIds: number;
  readonly profilesInMemory: number;
  readonly wasUnclean: boolean;
  readonly logLevel: string;
  readonly tuning: Partial<ProcessTuning>;
}

export type ToProcessThread =
  | { readonly kind: "appended"; readonly partition: number; readonly nextOffset: number }
  | { readonly kind: "hold"; readonly withinMs: number }
  | { readonly kind: "release" }
  | { readonly kind: "stop" };

export type FromProcessThread =
  | { readonly kind: "ready" }
  | ({ readonly kind: "progress" } & Progress)
  | { readonly kind: "state"; readonly waitingBlocks: number; readonly waitingBytes: number; readonly dedupeDays: number; readonly dedupeIds: number }
  /** The answer to `hold` and to `release`: whether nothing is, or was, sent. */
  | { readonly kind: "held"; readonly isHeld: boolean }
  | { readonly kind: "stopped" };

const STATE_EVERY_MS = 1_000;
/** A batch whose events waited longer than this says that the pipeline is behind, for a while. */
const LATE_MS = 1_500;
const LATE_FOR_MS = 6_000;
/** Answers to senders and readers go before work that nobody waits for: on Linux this concerns this thread alone. */
const BACKGROUND_NICENESS = 5;

async function run(data: ProcessThreadData, port: NonNullable<typeof parentPort>): Promise<void> {
  const send = (message: FromProcessThread): void => port.postMessage(message);
  const logger = createLogger(data.logLevel).child({ role: "process" });
  const pool = createPool(data.postgres, "tributary process", processConnections(data.partitions), logger);
  const clickhouse = connectClickHouse(data.clickhouse, "write");
  const clickhouseReader = connectClickHouse(data.clickhouse, "evaluate");
  const everybody = connectClickHouse(data.clickhouse, "instants");
  const log = await createPostgresLog({ pool, partitions: data.partitions, clock: systemClock, logger, limits: data.logLimits });
  const role = await takeProcessRole(pool, logger);
  let lateAtMs = -Infinity;
  let evaluator: Evaluator | undefined;
  const processor = await startProcessor({
    pool, clickhouse, clickhouseReader, log, clock: systemClock, logger, limits: data.limits, secret: data.secret, dedupeMaxIds: data.dedupeMaxIds,
    profilesInMemory: data.profilesInMemory, wasUnclean: data.wasUnclean, tuning: data.tuning, onLanded: () => evaluator?.poke(), onVerified: (isVerified) => role.tellVerified(isVerified),
    onProgress: (progress) => {
      if (progress.oldestAgeMs > LATE_MS) lateAtMs = systemClock.nowMs();
      send({ kind: "progress", ...progress });
    },
  });
  const observer = createObserver({
    pool, clickhouse: clickhouseReader, partitions: data.partitions, landedBefore: (partition) => landedBefore(pool, partition), clock: systemClock, logger,
    isBusy: () => systemClock.nowMs() - lateAtMs < LATE_FOR_MS,
  });
  // Its `now` never goes back: a clock that stands a year ahead for a moment would take everybody out of what they are in for a year.
  const evenly = createSureTime({ clock: systemClock });
  evaluator = createEvaluator({
    pool, clickhouse: clickhouseReader, everybody, partitions: data.partitions, landing: (partition) => landing(pool, partition), clock: { nowMs: () => evenly.sureMs() }, logger,
    onWritten: () => void processor.sendAudiences().catch(() => undefined), // It is looked for in a moment all the same.
  });
  const audiences = evaluator;
  // A sequencer that can't go on (fenced, damaged log) takes the thread with it: the main thread sees it and starts another.
  Promise.race([processor.failed, audiences.failed, role.lost]).catch((error: unknown) => setImmediate(() => {
    throw error;
  }));
  const timer = setInterval(() => {
    const { blocks, bytes } = processor.waiting();
    const { days, ids } = processor.dedupeWindow();
    send({ kind: "state", waitingBlocks: blocks, waitingBytes: bytes, dedupeDays: days, dedupeIds: ids });
  }, STATE_EVERY_MS);
  port.on("message", (message: ToProcessThread) => {
    if (message.kind === "appended") return log.poke(message.partition, message.nextOffset);
    if (message.kind === "hold") return void processor.hold.ask(message.withinMs).then((isHeld) => send({ kind: "held", isHeld }));
    if (message.kind === "release") return void processor.hold.release().then((isHeld) => send({ kind: "held", isHeld }));
    clearInterval(timer);
    void (async () => {
      await Promise.all([observer.stop(), audiences.stop()]);
      await processor.stop({ drain: true });
      role.release();
      await log.close();
      await Promise.all([clickhouse.close(), clickhouseReader.close(), everybody.close(), pool.end()]);
      send({ kind: "stopped" });
      port.close();
    })();
  });
  send({ kind: "ready" });
}

assert(parentPort, "process-thread.ts runs in a worker thread");
if (process.platform === "linux") setPriority(0, BACKGROUND_NICENESS);
// The main thread made the data with this type.
await run(workerData as ProcessThreadData, parentPort);
