// Keeps the process thread running: starts it, starts it again when it ends unasked, passes on what it tells.
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { Logger } from "./core/logger.ts";
import type { FromProcessThread, ProcessThreadData, ToProcessThread } from "./process-thread.ts";

export interface ProcessSupervisor {
  /** Wakes the thread's readers. */
  appended(partition: number, nextOffset: number): void;
  /** Whether the thread is up. */
  isReady(): boolean;
  /**
   * Has nothing sent to ClickHouse until the answer is called, which says whether that held all the time. Undefined: what
   * was being sent was not done in time.
   */
  hold(withinMs: number): Promise<(() => Promise<boolean>) | undefined>;
  /** Finishes and sends what it can within the time, then ends the thread. */
  stop(timeoutMs: number): Promise<void>;
}

/** A batch lives for tens of milliseconds: with room for it, most of it is never copied by the garbage collector. */
const YOUNG_GENERATION_MB = 192;
/** Pauses before a thread that ended is started again, doubled each time. */
const RESTARTS = { firstMs: 200, maxMs: 10_000 };
/** A thread that ran this long did not fail at the start: the back-off begins anew. */
const STEADY_MS = 60_000;

/** Resolves when the thread is ready for the first time. */
export async function superviseProcess(
  data: ProcessThreadData, logger: Logger, onMessage: (message: FromProcessThread) => void, restarts = RESTARTS,
): Promise<ProcessSupervisor> {
  let worker: Worker | undefined;
  let isReady = false;
  const stopping = new AbortController();
  let failures = 0;

  function start(wasUnclean: boolean): Promise<void> {
    const startedMs = performance.now();
    const thread = new Worker(new URL("./process-thread.ts", import.meta.url), {
      workerData: { ...data, wasUnclean }, name: "process", resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    worker = thread;
    return new Promise((resolve) => {
      thread.on("message", (message: FromProcessThread) => {
        if (message.kind === "ready") {
          isReady = true;
          resolve();
        }
        onMessage(message);
      });
      thread.on("error", (error) => logger.error({ err: error }, "the process thread failed"));
      thread.on("exit", () => {
        isReady = false;
        if (stopping.signal.aborted || worker !== thread) return;
        if (performance.now() - startedMs > STEADY_MS) failures = 0;
        const pauseMs = Math.min(restarts.maxMs, restarts.firstMs * 2 ** Math.min(failures++, 10));
        logger.error({ pauseMs }, "the process thread ended; starting another");
        void startAfter(pauseMs).then(resolve);
      });
    });
  }

  async function startAfter(pauseMs: number): Promise<void> {
    // Rejects when it is to stop meanwhile.
    await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    if (!stopping.signal.aborted) await start(true);
  }

  await start(data.wasUnclean);
  const post = (message: ToProcessThread): void => worker?.postMessage(message);
  return {
    appended: (partition, nextOffset) => post({ kind: "appended", partition, nextOffset }),
    isReady: () => isReady,
    async hold(withinMs) {
      const thread = worker;
      if (!thread || !isReady || !(await askToHold(thread, { kind: "hold", withinMs }))) return undefined;
      return () => askToHold(thread, { kind: "release" });
    },
    async stop(timeoutMs) {
      stopping.abort();
      const thread = worker;
      // Between two threads there is nothing to wait for.
      if (!thread || hasEnded(thread)) return;
      const ended = new Promise((resolve) => thread.once("exit", resolve));
      post({ kind: "stop" });
      await Promise.race([ended, sleep(timeoutMs, undefined, { ref: false })]);
      await thread.terminate();
    },
  };
}

/** It has no id any more, and says nothing. */
function hasEnded(thread: Worker): boolean {
  return thread.threadId === -1;
}

/** A thread that ended holds nothing, and the next one sends. */
function askToHold(thread: Worker, message: ToProcessThread): Promise<boolean> {
  return new Promise((resolve) => {
    const done = (isHeld: boolean): void => {
      thread.off("message", onMessage).off("exit", onExit);
      resolve(isHeld);
    };
    const onMessage = (answer: FromProcessThread): void => (answer.kind === "held" ? done(answer.isHeld) : undefined);
    const onExit = (): void => done(false);
    thread.on("message", onMessage).on("exit", onExit);
    if (hasEnded(thread)) done(false);
    else thread.postMessage(message);
  });
}
