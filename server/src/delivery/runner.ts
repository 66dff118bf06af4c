// One destination at work: takes pieces of its streams, keeps what is to be sent in lanes by person, sends as much at once as the gate lets through,
// and writes down what became of each.
//
//   streams ─► pick (filter, map) ─► lanes ─► deliver ─► outcome ─► Postgres (done, counts) ─► cursor
//                                      ▲          └► again: parked ─┘ (the person's later items wait behind)
//                                      └── due again ────┘
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/logger.ts";
import type { Destination, SendResult } from "../destinations/destinations.ts";
import { deliver, type Delivered } from "./deliver.ts";
import type { DeliveryLimits } from "./delivery-limits.ts";
import { countsOf, entryFor, type Entry } from "./entry.ts";
import type { ExchangeLog } from "./exchanges.ts";
import type { Feed } from "./feed.ts";
import { createGate, type Gate } from "./gate.ts";
import { createLanes } from "./lanes.ts";
import type { DeliveryJob, Unsent } from "./pick.ts";
import { createProgress, type Commit, type DonePlace, type Progress } from "./progress.ts";
import { createRetries, keyOf, type Retries } from "./retries.ts";
import type { Change, DeliveryStore } from "./store.ts";
import type { Target } from "./target.ts";

export interface RunnerOptions {
  readonly target: Target;
  readonly destination: Destination;
  readonly feeds: readonly Feed[];
  readonly store: DeliveryStore;
  readonly exchanges: ExchangeLog;
  readonly limits: DeliveryLimits;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The settings have changed since the gate was closed: what was wrong may be right now. */
  readonly isNew: boolean;
  /** Something was committed. */
  readonly onCommitted: () => void;
  /** New tokens: durable before anything else is sent. */
  readonly onRefreshed: (tokens: NonNullable<SendResult["refreshed"]>) => Promise<void>;
}

export interface Runner {
  /** Something has landed. */
  poke(): void;
  /** Somebody else has parked something. */
  pokeParked(): void;
  /** Resolves when everything that has landed by now has an outcome, is parked, or waits because the destination is not well. */
  settled(): Promise<void>;
  /** Ends what is under way, and takes nothing new. */
  stop(): Promise<void>;
}

/** What a runner has once it has read where it stands. */
interface Works {
  readonly gate: Gate;
  readonly progress: Progress;
  readonly retries: Retries;
}

type Jobs = readonly [DeliveryJob, ...DeliveryJob[]];

const RETRY_MAX_MS = 10_000;
/** Commits that are not durable yet, beyond which nothing more is sent. */
const UNWRITTEN_MAX = 500;
/** For requests that are under way when it stops. */
const GRACE_MS = 10_000;
const SETTLED_POLL_MS = 5;

export function createRunner(options: RunnerOptions): Runner {
  const { limits, clock, logger } = options;
  const { workspaceId, destinationId } = options.target.connection;
  const stopping = new AbortController();
  const ending = new AbortController();
  const lanes = createLanes<DeliveryJob>();
  const underWay = new Set<Promise<void>>();
  let works: Works | undefined;
  let unwritten = 0;
  let hasNewParked = false;
  let turns = 0;
  let wakes = 0;
  let wake = (): void => undefined;

  function poke(): void {
    wakes++;
    wake();
  }

  const commit: Commit = async (change) => {
    unwritten++;
    await options.store.commit({ workspaceId, destinationId, atMs: clock.nowMs(), ...change });
    // Whoever waits for room hears of it.
    if (unwritten-- === UNWRITTEN_MAX) poke();
    options.onCommitted();
  };

  // ── What is to be sent ────────────────────────────────────────────────────────────────────────────────────────

  async function feed({ gate, progress, retries }: Works): Promise<void> {
    // A destination that is not well holds no more in memory than it is tried with.
    const isHeld = gate.status().state !== "flowing" && lanes.size() > 0;
    if (isHeld || lanes.size() >= limits.sliceRows || retries.isFull()) return;
    for (const { jobs, unsent, at } of await progress.takeNext()) {
      settleUnsent(unsent, at);
      for (const job of jobs) {
        if (retries.has(job.person)) retries.park([job], undefined);
        else lanes.add(job);
      }
      progress.leave([]);
      poke();
    }
  }

  async function feedRetries({ gate, retries }: Works): Promise<void> {
    if (hasNewParked) {
      hasNewParked = false;
      await retries.takeNew();
    }
    // A destination that fails is tried with these only when there is nothing newer.
    const isTried = gate.waitMs(clock.nowMs(), underWay.size) === 0 && lanes.size() === 0;
    if (gate.status().state !== "flowing" && !isTried) return;
    const { jobs, unsent } = await retries.takeDue();
    settleUnsent(unsent, { stream: "events", block: 0 });
    for (const job of jobs) lanes.add(job);
    if (jobs.length > 0) poke();
  }

  function settleUnsent(unsent: readonly Unsent[], at: DonePlace): void {
    if (unsent.length === 0) return;
    const entries = unsent.map((one) => entryFor({ ...one, attempts: 0 }, one.outcome, { code: one.code, detail: one.detail, status: 0, requestId: undefined }, clock.nowMs()));
    void commit({ done: { ...at, entries }, counts: countsOf(entries) });
  }

  // ── Sending ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** Starts as many requests as may be under way. Milliseconds until the next may start; undefined: something else must happen first. */
  function pump(at: Works): number | undefined {
    while (unwritten < UNWRITTEN_MAX && !stopping.signal.aborted) {
      const waitMs = at.gate.waitMs(clock.nowMs(), underWay.size);
      if (waitMs === undefined) return undefined;
      if (waitMs > 0) return lanes.size() > 0 ? waitMs : undefined;
      const [first, ...rest] = lanes.take() ?? [];
      if (first === undefined) return undefined;
      start([first, ...rest], at);
    }
    return undefined;
  }

  function start(jobs: Jobs, at: Works): void {
    const sending = request(jobs, at).finally(() => {
      underWay.delete(sending);
      poke();
    });
    underWay.add(sending);
  }

  async function request(jobs: Jobs, at: Works): Promise<void> {
    const result = await deliver(jobs, {
      connection: options.target.connection, destination: options.destination, gate: at.gate, clock, exchanges: options.exchanges, requestMs: limits.requestMs, signal: ending.signal,
    });
    if (result.refreshed) await options.onRefreshed(result.refreshed).catch((error: unknown) => logger.error({ err: error, destination: destinationId }, "new tokens could not be kept"));
    conclude(result, at);
  }

  function conclude(result: Delivered, at: Works): void {
    const nowMs = clock.nowMs();
    const isHopeless = (job: DeliveryJob): boolean => job.attempts + 1 >= limits.attemptsMin && nowMs - (job.firstAtMs ?? nowMs) >= limits.giveUpAfterMs;
    const hopeless = result.again.filter(({ job }) => isHopeless(job));
    settle([
      ...result.entries,
      ...hopeless.map(({ job, why }) => ({ job, entry: entryFor({ ...job, messageId: job.item.event.messageId, attempts: job.attempts + 1 }, "expired", why, nowMs) })),
    ], at);
    // The last first, since each is put before what waits already: of one person several may have gone with one request.
    for (const { job, why } of result.again.filter((one) => !isHopeless(one.job)).toReversed()) {
      lanes.finish([job]);
      at.retries.park([job], why);
      // What waits for the same person waits behind it; of that, what was parked is so still.
      const fresh = lanes.takeAllOf(job.person).filter((one) => at.progress.isOpen(one));
      if (fresh.length > 0) at.retries.park(fresh, undefined);
    }
    lanes.putBack(result.back);
  }

  function settle(settled: readonly { readonly job: DeliveryJob; readonly entry: Entry }[], { progress, retries }: Works): void {
    if (settled.length === 0) return;
    const jobs = settled.map(({ job }) => job);
    const entries = settled.map(({ entry }) => entry);
    const fromParked = jobs.filter((job) => !progress.isOpen(job));
    const place = progress.placeOf(jobs) ?? { stream: jobs[0]?.stream ?? ("events" as const), block: 0 };
    void commit({ done: { ...place, entries }, counts: countsOf(entries), ...(fromParked.length === 0 ? {} : { unpark: fromParked.map(keyOf) }), ...membersOf(settled) });
    retries.settle(fromParked);
    progress.leave(jobs);
    lanes.finish(jobs);
  }

  // ── The loop ──────────────────────────────────────────────────────────────────────────────────────────────────

  async function run(): Promise<void> {
    let retryMs = limits.pollMs;
    while (!stopping.signal.aborted) {
      const seen = wakes;
      try {
        works ??= await begin(options, commit);
        await feedRetries(works);
        await feed(works);
        const waitMs = pump(works);
        turns++;
        retryMs = limits.pollMs;
        if (wakes === seen) await rest(Math.min(waitMs ?? limits.pollIdleMs, limits.pollIdleMs, untilRetry(works, clock.nowMs()) ?? limits.pollIdleMs));
      } catch (error) {
        if (stopping.signal.aborted) return;
        logger.warn({ err: error, destination: destinationId, retryMs }, "a destination could not be looked after; it is tried again");
        await rest(retryMs);
        retryMs = Math.min(RETRY_MAX_MS, retryMs * 2);
      }
    }
  }

  async function rest(ms: number): Promise<void> {
    const waking = new AbortController();
    wake = () => waking.abort();
    await sleep(ms, undefined, { signal: AbortSignal.any([waking.signal, stopping.signal]) }).catch(() => undefined);
  }

  function isSettled(): boolean {
    if (works === undefined || underWay.size > 0 || unwritten > 0) return false;
    const { state, nextAtMs } = works.gate.status();
    if (state !== "flowing") return nextAtMs === undefined || nextAtMs > clock.nowMs();
    return lanes.size() === 0 && works.retries.nextAtMs() > clock.nowMs() && works.progress.isAtEnd();
  }

  const running = run();
  return {
    poke,
    pokeParked() {
      hasNewParked = true;
      poke();
    },
    async settled() {
      const from = turns;
      poke();
      while (!stopping.signal.aborted && (turns < from + 2 || !isSettled())) await sleep(SETTLED_POLL_MS);
    },
    async stop() {
      stopping.abort();
      await running;
      const timer = setTimeout(() => ending.abort(), GRACE_MS);
      await Promise.all(underWay);
      clearTimeout(timer);
    },
  };
}

async function begin({ target, feeds, store, limits, clock, isNew }: RunnerOptions, commit: Commit): Promise<Works> {
  const { destinationId } = target.connection;
  const progress = await createProgress({ destinationId, feeds, store, commit, nowMs: () => clock.nowMs() });
  const retries = await createRetries({ destinationId, subscriptions: target.subscriptions, store, progress, commit, limits, clock });
  const gate = createGate({
    limits, perSecond: target.perSecond, nowMs: clock.nowMs(), status: isNew ? undefined : await store.status(destinationId), onChange: (state) => void commit({ state }),
  });
  if (isNew) await commit({ state: gate.status() });
  return { progress, retries, gate };
}

/** What the destination knows of audiences now. */
function membersOf(settled: readonly { readonly job: DeliveryJob; readonly entry: Entry }[]): Pick<Change, "members"> {
  const members = settled.flatMap(({ job, entry }) => (job.member && entry.outcome === "delivered" ? [{ subscriptionId: job.subscription.id, ...job.member }] : []));
  return members.length === 0 ? {} : { members };
}

/** Undefined: what is due already waits for something that wakes. */
function untilRetry({ gate, retries }: Works, nowMs: number): number | undefined {
  const nextAtMs = Math.max(retries.nextAtMs(), gate.status().nextAtMs ?? -Infinity);
  return nextAtMs <= nowMs ? undefined : nextAtMs - nowMs;
}
