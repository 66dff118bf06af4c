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
import { countsOf, entryFor, unsentEntries, type Entry } from "./entry.ts";
import type { ExchangeLog } from "./exchanges.ts";
import type { Feed } from "./feed.ts";
import { createFixedBatches, type FixedBatches } from "./fixed-batches.ts";
import { forgetOne } from "./forget-one.ts";
import type { Forgetting, Forgettings } from "./forgetting.ts";
import { createGate, type Gate } from "./gate.ts";
import { createJobsUnderWay } from "./jobs-under-way.ts";
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
  /** Whom it is to forget. */
  readonly forgettings: Forgettings;
  readonly store: DeliveryStore;
  readonly exchanges: ExchangeLog;
  readonly limits: DeliveryLimits;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The settings have changed since the gate was closed: what was wrong may be right now. */
  readonly isNew: boolean;
  /** Something was committed. */
  readonly onCommitted: () => void;
  /** Those of which something newer has arrived. */
  readonly overtaken: (jobs: readonly DeliveryJob[]) => Promise<ReadonlySet<DeliveryJob>>;
  /** New tokens: durable before anything else is sent. */
  readonly onRefreshed: (tokens: NonNullable<SendResult["refreshed"]>) => Promise<void>;
}

export interface Runner {
  /** Something has landed. */
  poke(): void;
  /** Somebody else has parked something. */
  pokeParked(): void;
  /** Whom it is to forget may have changed. */
  pokeForgettings(): void;
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
  readonly batches: FixedBatches;
}

interface Settled {
  readonly job: DeliveryJob;
  readonly entry: Entry;
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
  const jobsUnderWay = createJobsUnderWay(lanes);
  let works: Works | undefined;
  let unwritten = 0;
  /** How many wait until all is settled. */
  let hurried = 0;
  let hasNewParked = false;
  let turns = 0;
  let wakes = 0;
  const nap = createNap();

  function poke(): void {
    wakes++;
    nap.end();
  }

  const commit: Commit = async (change) => {
    unwritten++;
    await options.store.commit({ workspaceId, destinationId, atMs: clock.nowMs(), ...change });
    // Whoever waits for room hears of it.
    if (unwritten-- === UNWRITTEN_MAX) poke();
    options.onCommitted();
  };

  // ── What is to be sent ────────────────────────────────────────────────────────────────────────────────────────

  async function feed({ gate, progress, retries, batches }: Works): Promise<void> {
    // A destination that is not well holds no more in memory than it is tried with.
    const isHeld = gate.status().state !== "flowing" && lanes.size() > 0;
    if (((isHeld || lanes.size() >= limits.sliceRows) && !batches.isWaiting()) || retries.isFull()) return;
    for (const { jobs, unsent, at } of await progress.takeNext()) {
      settleUnsent(unsent, at);
      for (const job of jobs) {
        if (retries.has(job.person)) retries.park([job], undefined);
        else {
          if (job.lingerMs > 0) job.readyAtMs = clock.nowMs() + job.lingerMs;
          add(job, batches);
        }
      }
      progress.leave([]);
      poke();
    }
  }

  function add(job: DeliveryJob, batches: FixedBatches): void {
    batches.join(job);
    lanes.add(job);
  }

  async function feedRetries({ gate, retries, batches }: Works): Promise<void> {
    if (hasNewParked) {
      hasNewParked = false;
      await retries.takeNew().catch((error: unknown) => {
        hasNewParked = true;
        throw error;
      });
    }
    // A destination that fails is tried with these only when there is nothing newer.
    const isTried = gate.waitMs(clock.nowMs(), underWay.size) === 0 && (lanes.size() === 0 || batches.isWaiting());
    if (gate.status().state !== "flowing" && !isTried) return;
    const jobs = await retries.takeDue((person) => lanes.has(person));
    for (const job of jobs) add(job, batches);
    if (jobs.length > 0) poke();
  }

  function settleUnsent(unsent: readonly Unsent[], at: DonePlace): void {
    if (unsent.length === 0) return;
    const entries = unsentEntries(unsent, clock.nowMs());
    void commit({ done: { ...at, entries }, counts: countsOf(entries) });
  }

  // ── Sending ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** Starts as many requests as may be under way. Milliseconds until the next may start; undefined: something else must happen first. */
  function pump(at: Works): number | undefined {
    while (unwritten < UNWRITTEN_MAX && !stopping.signal.aborted) {
      const waitMs = at.gate.waitMs(clock.nowMs(), underWay.size);
      if (waitMs === undefined) return undefined;
      if (waitMs > 0) return lanes.size() > 0 || !options.forgettings.isQuiet() ? waitMs : undefined;
      // What was made of them before they were to be forgotten goes first.
      const forgetting = options.forgettings.take(({ profileIds, isOverdue }) => jobsUnderWay.isAbout(profileIds) || (!isOverdue && profileIds.some((id) => at.retries.has(id))));
      if (forgetting !== undefined) {
        startAs(forget(forgetting, at));
        continue;
      }
      // Where somebody waits for all of it, or no more is read before some of it is gone, nothing waits for more.
      const [first, ...rest] = lanes.take(hurried > 0 || lanes.size() >= limits.sliceRows ? undefined : clock.nowMs()) ?? [];
      if (first === undefined) return undefined;
      start([first, ...rest], at);
    }
    return undefined;
  }

  function start(jobs: Jobs, at: Works): void {
    jobsUnderWay.begin(jobs);
    startAs(request(jobs, at).finally(() => jobsUnderWay.end(jobs)));
  }

  function startAs(work: Promise<void>): void {
    const sending = work.finally(() => {
      underWay.delete(sending);
      poke();
    });
    underWay.add(sending);
  }

  async function forget(one: Forgetting, { gate, retries }: Works): Promise<void> {
    const said = await forgetOne(one, { connection: options.target.connection, destination: options.destination, gate, clock, requestMs: limits.requestMs, signal: ending.signal });
    if (said.refreshed) await keepRefreshed(said.refreshed);
    if (said.outcome === undefined) return options.forgettings.release(one);
    try {
      await options.forgettings.conclude(one, said.outcome, said.isClosed);
      if (one.isLast && (said.outcome.kind === "delivered" || said.outcome.kind === "nothing")) for (const id of one.profileIds) retries.drop(id);
    } catch (error) {
      options.forgettings.release(one);
      logger.warn({ err: error, destination: destinationId }, "what a destination said of somebody to be forgotten could not be written down; it is asked again");
    }
  }

  function keepRefreshed(tokens: NonNullable<SendResult["refreshed"]>): Promise<void> {
    return options.onRefreshed(tokens).catch((error: unknown) => logger.error({ err: error, destination: destinationId }, "new tokens could not be kept"));
  }

  async function request(jobs: Jobs, at: Works): Promise<void> {
    const batchId = options.destination.hasFixedBatches === true ? await at.batches.fix(jobs) : undefined;
    const result = await deliver(jobs, {
      connection: options.target.connection, destination: options.destination, gate: at.gate, clock, exchanges: options.exchanges, requestMs: limits.requestMs, signal: ending.signal, batchId,
    });
    if (result.refreshed) await keepRefreshed(result.refreshed);
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

  /** Each stream keeps its own outcomes: one request may have held items of several, as of an audience that is sent anew while people come and go. */
  function settle(settled: readonly Settled[], works: Works): void {
    for (const some of Map.groupBy(settled, ({ job }) => job.stream).values()) settleOfStream(some, works);
  }

  function settleOfStream(settled: readonly Settled[], { progress, retries, batches }: Works): void {
    const jobs = settled.map(({ job }) => job);
    const entries = settled.map(({ entry }) => entry);
    const fromParked = jobs.filter((job) => !progress.isOpen(job));
    const place = progress.placeOf(jobs) ?? { stream: jobs[0]?.stream ?? ("events" as const), block: 0 };
    const unbatch = batches.settle(jobs);
    void commit({
      done: { ...place, entries }, counts: countsOf(entries), ...(fromParked.length === 0 ? {} : { unpark: fromParked.map(keyOf) }), ...(unbatch.length === 0 ? {} : { unbatch }), ...membersOf(settled),
    });
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
        works ??= await begin(options, commit, poke);
        await feedRetries(works);
        // Whatever is picked behind this knows that they are suppressed.
        await options.forgettings.look(() => {
          jobsUnderWay.remember();
          return options.store.flushed();
        });
        await feed(works);
        works.batches.look();
        const waitMs = pump(works);
        turns++;
        retryMs = limits.pollMs;
        if (wakes === seen) await nap.take(Math.min(waitMs ?? limits.pollIdleMs, limits.pollIdleMs, untilRetry(works, options.forgettings, clock.nowMs()) ?? limits.pollIdleMs));
      } catch (error) {
        if (stopping.signal.aborted) return;
        logger.warn({ err: error, destination: destinationId, retryMs }, "a destination could not be looked after; it is tried again");
        await nap.take(retryMs);
        retryMs = Math.min(RETRY_MAX_MS, retryMs * 2);
      }
    }
  }

  function isSettled(): boolean {
    if (works === undefined || underWay.size > 0 || unwritten > 0) return false;
    const { retries } = works;
    const { state, nextAtMs } = works.gate.status();
    if (state !== "flowing") return nextAtMs === undefined || nextAtMs > clock.nowMs();
    return lanes.size() === 0 && retries.nextAtMs() > clock.nowMs() && works.progress.isAtEnd() && options.forgettings.isQuiet();
  }

  const running = run();
  return {
    poke,
    pokeParked() {
      hasNewParked = true;
      poke();
    },
    pokeForgettings() {
      options.forgettings.poke();
      poke();
    },
    async settled() {
      const from = turns;
      hurried++;
      poke();
      while (!stopping.signal.aborted && (turns < from + 2 || !isSettled())) await sleep(SETTLED_POLL_MS);
      hurried--;
    },
    async stop() {
      stopping.abort();
      poke();
      await running;
      const timer = setTimeout(() => ending.abort(), GRACE_MS);
      await Promise.all(underWay);
      clearTimeout(timer);
    },
  };
}

interface Nap {
  take(ms: number): Promise<void>;
  /** The one that is being taken, if any. */
  end(): void;
}

/** A sleep that can be ended. Not by a signal, whose end makes an error with its stack: once for each request that would be. */
function createNap(): Nap {
  let end = (): void => undefined;
  return {
    take: (ms) => new Promise((resolve) => {
      const timer = setTimeout(() => resolve(), ms);
      end = () => {
        clearTimeout(timer);
        resolve();
      };
    }),
    end: () => end(),
  };
}

async function begin({ target, feeds, store, overtaken, limits, clock, isNew }: RunnerOptions, commit: Commit, onEnded: () => void): Promise<Works> {
  const { destinationId } = target.connection;
  const progress = await createProgress({ destinationId, feeds, store, commit, nowMs: () => clock.nowMs(), onEnded });
  const retries = await createRetries({ destinationId, subscriptions: target.subscriptions, store, progress, commit, overtaken, limits, clock });
  const gate = createGate({
    limits, perSecond: target.perSecond, nowMs: clock.nowMs(), status: isNew ? undefined : await store.status(destinationId), onChange: (state) => void commit({ state }),
  });
  if (isNew) await commit({ state: gate.status() });
  const batches = await createFixedBatches({ destinationId, store, progress, retries, commit });
  return { progress, retries, gate, batches };
}

/** What the destination knows of audiences now. */
function membersOf(settled: readonly Settled[]): Pick<Change, "members"> {
  const members = settled.flatMap(({ job, entry }) => (job.member && entry.outcome === "delivered" ? [{ subscriptionId: job.subscription.id, ...job.member }] : []));
  return members.length === 0 ? {} : { members };
}

/** Undefined: what is due already waits for something that wakes. */
function untilRetry({ gate, retries }: Works, forgettings: Forgettings, nowMs: number): number | undefined {
  const nextAtMs = Math.max(Math.min(retries.nextAtMs(), forgettings.nextAtMs()), gate.status().nextAtMs ?? -Infinity);
  return nextAtMs <= nowMs ? undefined : nextAtMs - nowMs;
}
