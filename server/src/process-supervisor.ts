// Keeps the thread of the role `process` running, and has it hold still when a copy is made.
import type { Worker } from "node:worker_threads";
import type { Logger } from "./core/logger.ts";
import type { FromProcessThread, ProcessThreadData, ToProcessThread } from "./process-thread.ts";
import { hasEnded, superviseThread } from "./thread-supervisor.ts";

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

/** Resolves when the thread is ready for the first time. */
export async function superviseProcess(
  data: ProcessThreadData, logger: Logger, onMessage: (message: FromProcessThread) => void, restarts?: { readonly firstMs: number; readonly maxMs: number },
): Promise<ProcessSupervisor> {
  const supervisor = await superviseThread<ToProcessThread, FromProcessThread>({
    file: new URL("./process-thread.ts", import.meta.url), name: "process", data: (wasUnclean) => ({ ...data, wasUnclean }), wasUnclean: data.wasUnclean,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB }, logger, onMessage, ...(restarts === undefined ? {} : { restarts }),
  });
  return {
    appended: (partition, nextOffset) => supervisor.post({ kind: "appended", partition, nextOffset }),
    isReady: () => supervisor.isReady(),
    async hold(withinMs) {
      const thread = supervisor.current();
      if (!thread || !supervisor.isReady() || !(await askToHold(thread, { kind: "hold", withinMs }))) return undefined;
      return () => askToHold(thread, { kind: "release" });
    },
    stop: (timeoutMs) => supervisor.stop(timeoutMs),
  };
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
