// Runs models: those that schedules and people ask for, a few at once and one at a time of each, and makes events of their rows. One
// process does it, which holds the role's lock; whatever it was at when it was killed is begun anew by the next.
import type { Pool } from "pg";
import { createNotices } from "../core/notices.ts";
import { modelLimits, type ModelLimits } from "./model-limits.ts";
import { askForgetRuns, eraseForgotten } from "./forget-rows.ts";
import { feedRows, readFeedings, type FeedParts } from "./feed-rows.ts";
import { dropLeft, runModel, type RunParts } from "./run-model.ts";
import { giveUpRun, modelsWithLeftReadings, putBackRun, recoverRuns, takeRun, type TakenRun } from "./run-store.ts";
import { runDueModels } from "./schedules.ts";

export interface ModelRunnerOptions extends Omit<RunParts & FeedParts, "limits"> {
  readonly pool: Pool;
  readonly limits?: Partial<ModelLimits>;
}

export interface ModelRunner {
  /** What runs is broken off, and begun anew at the next start. */
  stop(): Promise<void>;
}

/** It is told of what is asked; this is for what it was not told, imports among it. */
const LOOK_EVERY_MS = 10_000;
const PAUSE_MS = 5_000;
/** A run that failed so often for reasons of this server's own is given up. */
const ATTEMPTS = 3;

export function createModelRunner(options: ModelRunnerOptions): ModelRunner {
  const { pool, clickhouse, clock, logger } = options;
  const parts = { ...options, limits: { ...modelLimits, ...options.limits } };
  const stopping = new AbortController();
  /** By model. */
  const running = new Map<number, Promise<void>>();
  const feeding = new Map<number, Promise<void>>();
  const attempts = new Map<number, number>();
  let wake = new AbortController();
  const notices = createNotices(pool, "models", () => wake.abort());
  /** Beside everything else: ClickHouse takes its time. */
  let erasing: Promise<void> | undefined;
  let isRecovered = false;

  async function round(): Promise<number | undefined> {
    if (!isRecovered) await recoverRuns(pool);
    isRecovered = true;
    for (const modelId of await modelsWithLeftReadings(pool)) if (!running.has(modelId)) await dropLeft(parts, modelId);
    await askForgetRuns(parts, (modelId) => running.has(modelId));
    const nextMs = await runDueModels(pool, clock.nowMs());
    while (running.size < parts.limits.runsAtOnce && !stopping.signal.aborted) {
      const run = await takeRun(pool, clock.nowMs());
      if (run === undefined) break;
      track(running, run.modelId, carry(run));
    }
    erasing ??= eraseForgotten(parts).catch((error: unknown) => logger.warn({ err: error }, "rows about somebody who is to be forgotten could not be erased; it is tried again")).finally(() => (erasing = undefined));
    for (const one of await readFeedings(pool)) {
      if (feeding.has(one.modelId)) continue;
      track(feeding, one.modelId, feedRows(one, parts, stopping.signal).catch((error: unknown) => {
        if (stopping.signal.aborted) return;
        logger.warn({ err: error, model: one.modelId }, "rows of a model could not become events; it is tried again");
      }));
    }
    return nextMs;
  }

  function track(tasks: Map<number, Promise<void>>, modelId: number, task: Promise<void>): void {
    tasks.set(modelId, task.finally(() => {
      tasks.delete(modelId);
      if (tasks === running) wake.abort();
    }));
  }

  async function carry(run: TakenRun): Promise<void> {
    try {
      await runModel(run, parts, stopping.signal);
      attempts.delete(run.id);
    } catch (error) {
      if (stopping.signal.aborted) return;
      const tried = (attempts.get(run.id) ?? 0) + 1;
      attempts.set(run.id, tried);
      logger.warn({ err: error, run: run.id, model: run.modelId, tried }, "a run of a model broke off");
      await pause(PAUSE_MS, stopping.signal);
      // Postgres may be away, too.
      while (!stopping.signal.aborted && !(await endAttempt(run, tried).then(() => true, () => false))) await pause(1_000, stopping.signal);
    }
  }

  async function endAttempt(run: TakenRun, tried: number): Promise<void> {
    if (tried < ATTEMPTS) return putBackRun(pool, run.id);
    await giveUpRun(pool, run.id, { status: "failed", problem: { code: "internal", message: "The server failed to carry it out; its log says why." } }, clock.nowMs());
    attempts.delete(run.id);
  }

  async function work(): Promise<void> {
    while (!stopping.signal.aborted) {
      wake = new AbortController();
      let waitMs = LOOK_EVERY_MS;
      try {
        await notices.take();
        const nextMs = await round();
        waitMs = Math.max(0, Math.min(LOOK_EVERY_MS, (nextMs ?? Infinity) - clock.nowMs()));
      } catch (error) {
        if (stopping.signal.aborted) break;
        logger.warn({ err: error }, "models can't be looked after at the moment");
        waitMs = 1_000;
      }
      await pause(waitMs, AbortSignal.any([stopping.signal, wake.signal]));
    }
  }

  const working = work();
  return {
    async stop() {
      stopping.abort();
      await working;
      await Promise.all([...running.values(), ...feeding.values(), erasing]);
      notices.stop();
    },
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done, { once: true });
  });
}
