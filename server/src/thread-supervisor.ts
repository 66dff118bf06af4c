// Keeps a role's thread running: starts it, starts it again when it ends unasked, passes on what it tells. A thread says
// { kind: "ready" } when it is up, and ends by itself once it was told { kind: "stop" }.
import { setTimeout as sleep } from "node:timers/promises";
import { Worker, type ResourceLimits } from "node:worker_threads";
import type { Logger } from "./core/logger.ts";

export interface ThreadOptions<From> {
  readonly file: URL;
  /** For the log, and as the thread's name. */
  readonly name: string;
  /** `wasUnclean`: what ran before it did not end as it should. */
  readonly data: (wasUnclean: boolean) => unknown;
  readonly wasUnclean: boolean;
  readonly resourceLimits?: ResourceLimits;
  readonly logger: Logger;
  readonly onMessage: (message: From) => void;
  readonly restarts?: { readonly firstMs: number; readonly maxMs: number };
}

export interface ThreadSupervisor<To> {
  post(message: To): void;
  /** Whether the thread is up. */
  isReady(): boolean;
  /** The one that runs now; undefined between two. */
  current(): Worker | undefined;
  /** Lets it finish what it can within the time, then ends it. */
  stop(timeoutMs: number): Promise<void>;
}

/** Pauses before a thread that ended is started again, doubled each time. */
const RESTARTS = { firstMs: 200, maxMs: 10_000 };
/** A thread that ran this long did not fail at the start: the back-off begins anew. */
const STEADY_MS = 60_000;

/** Resolves when the thread is ready for the first time. */
export async function superviseThread<To extends { readonly kind: string }, From extends { readonly kind: string }>(options: ThreadOptions<From>): Promise<ThreadSupervisor<To>> {
  const { name, logger, restarts = RESTARTS } = options;
  const stopping = new AbortController();
  let worker: Worker | undefined;
  let isReady = false;
  let failures = 0;

  function start(wasUnclean: boolean): Promise<void> {
    const startedMs = performance.now();
    const thread = new Worker(options.file, { workerData: options.data(wasUnclean), name, ...(options.resourceLimits === undefined ? {} : { resourceLimits: options.resourceLimits }) });
    worker = thread;
    return new Promise((resolve) => {
      thread.on("message", (message: From) => {
        if (message.kind === "ready") {
          isReady = true;
          resolve();
        }
        options.onMessage(message);
      });
      thread.on("error", (error) => logger.error({ err: error }, `the ${name} thread failed`));
      thread.on("exit", () => {
        isReady = false;
        if (stopping.signal.aborted || worker !== thread) return;
        if (performance.now() - startedMs > STEADY_MS) failures = 0;
        const pauseMs = Math.min(restarts.maxMs, restarts.firstMs * 2 ** Math.min(failures++, 10));
        logger.error({ pauseMs }, `the ${name} thread ended; starting another`);
        void startAfter(pauseMs).then(resolve);
      });
    });
  }

  async function startAfter(pauseMs: number): Promise<void> {
    // Rejects when it is to stop meanwhile.
    await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    if (!stopping.signal.aborted) await start(true);
  }

  await start(options.wasUnclean);
  return {
    post: (message) => worker?.postMessage(message),
    isReady: () => isReady,
    current: () => worker,
    async stop(timeoutMs) {
      stopping.abort();
      const thread = worker;
      // Between two threads there is nothing to wait for.
      if (!thread || hasEnded(thread)) return;
      const ended = new Promise((resolve) => thread.once("exit", resolve));
      thread.postMessage({ kind: "stop" });
      await Promise.race([ended, sleep(timeoutMs, undefined, { ref: false })]);
      await thread.terminate();
    },
  };
}

/** It has no id any more, and says nothing. */
export function hasEnded(thread: Worker): boolean {
  return thread.threadId === -1;
}
