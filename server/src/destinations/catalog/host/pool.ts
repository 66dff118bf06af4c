// The threads that run destinations. One that hangs, runs out of memory or ends is put away, and what it was at is answered as "try
// again"; nothing in it reaches the server. Connections that were there when a thread was lost, and those that need an environment of
// their own, get threads to themselves.
import { Worker } from "node:worker_threads";
import type { Logger } from "../../../core/logger.ts";
import type { Connection, Exchange } from "../../destination.ts";
import { PULSE_EVERY_MS, type Answer, type Failure, type FromThread, type Job, type ThreadData, type ThreadPart, type ToThread } from "./job.ts";

export interface PoolOptions {
  readonly definitions: ThreadPart;
  readonly client: ThreadPart;
  readonly logger: Logger;
  /** Threads that connections share. */
  readonly sharedMax?: number;
  /** Threads that belong to one connection; beyond them the one that is idle longest makes room, or the job waits. */
  readonly ownMax?: number;
  /** For one job as a whole. */
  readonly jobTimeoutMs?: number;
  /** For one request of it. */
  readonly requestTimeoutMs?: number;
  /** Without a pulse for so long a thread hangs. */
  readonly hungMs?: number;
  readonly heapMb?: number;
  /** An idle thread ends after so long. */
  readonly idleMs?: number;
}

const defaults = { sharedMax: 2, ownMax: 6, jobTimeoutMs: 60_000, requestTimeoutMs: 20_000, hungMs: 10_000, heapMb: 256, idleMs: 60_000 };
const YOUNG_HEAP_MB = 32;
/** Loading Segment's core takes a moment, in which a thread has no pulse. */
const START_MS = 60_000;
/** So long a connection whose thread was lost runs alone. */
const SUSPECT_MS = 10 * 60_000;
const LOOK_EVERY_MS = 250;

export interface Answered {
  readonly answer: Answer;
  readonly exchanges: readonly Exchange[];
}

export interface Pool {
  /** `environment`: what the package wants to find there; not empty: the connection gets a thread to itself. Never rejects. */
  run(job: Job, environment: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Answered>;
  /** Threads that are there now. */
  size(): number;
  close(): Promise<void>;
}

interface Pending {
  readonly job: Job;
  readonly resolve: (answered: Answered) => void;
  readonly stopListening: () => void;
}

interface Thread {
  readonly worker: Worker;
  /** Undefined: shared. */
  readonly of: string | undefined;
  readonly pulse: Int32Array;
  readonly inFlight: Map<number, Pending>;
  lastPulse: number;
  pulseAtMs: number;
  idleSinceMs: number;
}

/** Of a connection in its present settings. */
const keyOf = ({ workspaceId, destinationId, version }: Connection): string => `${workspaceId}/${destinationId}/${version}`;

/** What AWS's and others' libraries would look for outside of it stays closed: the machine's own keys are not the connection's. */
const emptyEnvironment = {
  NODE_ENV: "production", TZ: "UTC", AWS_EC2_METADATA_DISABLED: "true", AWS_SHARED_CREDENTIALS_FILE: "/dev/null", AWS_CONFIG_FILE: "/dev/null",
};

export function createPool(options: PoolOptions): Pool {
  const limits = { ...defaults, ...options };
  const threads = new Set<Thread>();
  const suspects = new Map<string, number>();
  const waiting: (() => void)[] = [];
  let nextId = 1;
  let isClosed = false;
  const watch = setInterval(look, LOOK_EVERY_MS);
  watch.unref();

  function look(): void {
    const nowMs = performance.now();
    for (const thread of threads) {
      const pulse = Atomics.load(thread.pulse, 0);
      if (pulse !== thread.lastPulse) Object.assign(thread, { lastPulse: pulse, pulseAtMs: nowMs });
      const allowedMs = pulse === 0 ? START_MS : Math.max(limits.hungMs, PULSE_EVERY_MS * 5);
      if (thread.inFlight.size > 0 && nowMs - thread.pulseAtMs > allowedMs) lose(thread, "hung");
      else if (thread.inFlight.size === 0 && nowMs - thread.idleSinceMs > limits.idleMs) putAway(thread);
    }
    for (const [key, untilMs] of suspects) if (untilMs < nowMs) suspects.delete(key);
  }

  function start(of: string | undefined, environment: Readonly<Record<string, string>>): Thread {
    const pulse = new Int32Array(new SharedArrayBuffer(4));
    const data: ThreadData = { definitions: options.definitions, client: options.client, pulse, requestTimeoutMs: limits.requestTimeoutMs };
    const worker = new Worker(new URL("./thread.ts", import.meta.url), {
      workerData: data, env: { ...emptyEnvironment, ...environment }, stdout: true, stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: limits.heapMb, maxYoungGenerationSizeMb: YOUNG_HEAP_MB },
    });
    // What destinations print holds people's data.
    worker.stdout.resume();
    worker.stderr.resume();
    worker.unref();
    const nowMs = performance.now();
    const thread: Thread = { worker, of, pulse, inFlight: new Map(), lastPulse: 0, pulseAtMs: nowMs, idleSinceMs: nowMs };
    worker.on("message", (message: FromThread) => heard(thread, message));
    worker.on("error", (error: Error & { code?: string }) => lose(thread, error.code ?? error.name, error));
    worker.on("exit", () => lose(thread, "ended"));
    threads.add(thread);
    return thread;
  }

  function heard(thread: Thread, message: FromThread): void {
    if (message.kind === "stray") return options.logger.warn({ problem: message.problem }, "something failed in a destination's thread that nothing waited for");
    const pending = thread.inFlight.get(message.id);
    if (!pending) return;
    thread.inFlight.delete(message.id);
    settled(thread, pending, message);
  }

  function settled(thread: Thread, pending: Pending, answered: Answered): void {
    pending.stopListening();
    if (thread.inFlight.size === 0) thread.idleSinceMs = performance.now();
    pending.resolve(answered);
    waiting.shift()?.();
  }

  function putAway(thread: Thread): void {
    threads.delete(thread);
    void thread.worker.terminate();
    waiting.shift()?.();
  }

  /** Whatever ended it: nothing of what it was at is known to have happened. */
  function lose(thread: Thread, why: string, error?: Error): void {
    if (!threads.has(thread)) return;
    putAway(thread);
    const jobs = [...thread.inFlight.values()];
    thread.inFlight.clear();
    if (jobs.length > 0 || error) options.logger.error({ why, error: error?.message, slugs: [...new Set(jobs.map(({ job }) => job.connection.slug))] }, "a thread of destinations was lost");
    for (const pending of jobs) {
      suspects.set(keyOf(pending.job.connection), performance.now() + SUSPECT_MS);
      settled(thread, pending, { answer: lostAnswer(pending.job, why), exchanges: [] });
    }
  }

  /** Undefined: there is no room now. */
  function place(job: Job, environment: Readonly<Record<string, string>>): Thread | undefined {
    const key = keyOf(job.connection);
    const all = [...threads];
    if (Object.keys(environment).length === 0 && !suspects.has(key)) {
      const shared = all.filter(({ of }) => of === undefined).sort((one, other) => one.inFlight.size - other.inFlight.size);
      const [free] = shared;
      return free && (free.inFlight.size === 0 || shared.length >= limits.sharedMax) ? free : start(undefined, {});
    }
    const owned = all.filter(({ of }) => of !== undefined);
    const mine = owned.find(({ of }) => of === key);
    if (mine) return mine;
    if (owned.length >= limits.ownMax) {
      const [idle] = owned.filter(({ inFlight }) => inFlight.size === 0).sort((one, other) => one.idleSinceMs - other.idleSinceMs);
      if (!idle) return undefined;
      putAway(idle);
    }
    return start(key, environment);
  }

  async function run(job: Job, environment: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Answered> {
    for (;;) {
      if (isClosed || signal.aborted) return { answer: lostAnswer(job, isClosed ? "closing" : "aborted"), exchanges: [] };
      const thread = place(job, environment);
      if (thread) return hand(thread, job, signal);
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  }

  function hand(thread: Thread, job: Job, signal: AbortSignal): Promise<Answered> {
    return new Promise((resolve) => {
      const id = nextId++;
      const say = (message: ToThread): void => thread.worker.postMessage(message);
      const abort = (): void => say({ kind: "abort", id });
      signal.addEventListener("abort", abort, { once: true });
      // Idle until now: its pulse was nobody's concern.
      if (thread.inFlight.size === 0) thread.pulseAtMs = performance.now();
      thread.inFlight.set(id, { job, resolve, stopListening: () => signal.removeEventListener("abort", abort) });
      say({ kind: "run", id, job, timeoutMs: limits.jobTimeoutMs });
    });
  }

  return {
    run,
    size: () => threads.size,
    async close() {
      isClosed = true;
      clearInterval(watch);
      const ending = [...threads].map(({ worker }) => worker.terminate());
      for (const thread of [...threads]) lose(thread, "closing");
      for (const go of waiting.splice(0)) go();
      await Promise.all(ending);
    },
  };
}

const reasons: Readonly<Record<string, string>> = {
  hung: "The destination's code did not come to an end and was stopped.",
  ERR_WORKER_OUT_OF_MEMORY: "The destination's code used more memory than it may and was stopped.",
  closing: "The server is stopping.",
  aborted: "It was given up.",
};

function lostAnswer(job: Job, why: string): Answer {
  const failure: Failure = { kind: "retry", code: "thread_lost", detail: reasons[why] ?? "The thread that the destination ran in ended.", isOfDestination: false };
  return job.kind === "send" ? { kind: "outcomes", outcomes: job.items.map(() => failure) } : { kind: "failed", failure };
}
