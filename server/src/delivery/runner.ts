// One destination at work: takes pieces of its streams, keeps what is to be sent in lanes by person, sends as much at once as the gate lets through,
// and writes down what became of each. Several pieces may be open; the cursor passes one when all of it has an outcome or is parked.
//
//   streams ─► pick (filter, map) ─► lanes ─► deliver ─► outcome ─► Postgres (done, counts) ─► cursor
//                                      ▲          └► again: parked ─┘ (the person's later items wait behind)
//                                      └── due again ────┘
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/logger.ts";
import type { Destination, SendResult } from "../destinations/destinations.ts";
import { backOffMs } from "./back-off.ts";
import { deliver, type Why } from "./deliver.ts";
import type { DeliveryLimits } from "./delivery-limits.ts";
import { entryFor, type Entry, type EntryOf, type EntryReason } from "./entry.ts";
import type { ExchangeLog } from "./exchanges.ts";
import type { Feed, Piece } from "./feed.ts";
import { createGate, type Gate } from "./gate.ts";
import { createLanes } from "./lanes.ts";
import { createParkedQueue, laneOf, type ParkedQueue } from "./parked.ts";
import type { DeliveryJob, Unsent } from "./pick.ts";
import type { Change, Count, DeliveryStore, Parked, StreamName } from "./store.ts";
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

/** A piece of a stream whose items are on their way. */
interface Open {
  readonly stream: StreamName;
  readonly fromBlock: number;
  readonly nextBlock: number;
  readonly filtered: readonly Count[];
  /** Nothing of it was ours. */
  readonly isEmpty: boolean;
  left: number;
}

interface Place {
  readonly feed: Feed;
  /** Up to here pieces were taken. */
  nextBlock: number;
  /** Of an earlier life: has an outcome already. */
  readonly done: ReadonlySet<string>;
  open: Open[];
  isAtEnd: boolean;
}

/** Pieces of one stream that are open at once. */
const OPEN_MAX = 4;
/** Rows that are loaded again at once. */
const PARKED_AT_ONCE = 500;
const RETRY_MAX_MS = 10_000;
const UNWRITTEN_MAX = 500;
/** A cursor that passes nothing of ours is written down at most this often. */
const CURSOR_EVERY_MS = 1_000;
/** For requests that are under way when it stops. */
const GRACE_MS = 10_000;
const SETTLED_POLL_MS = 5;

export function createRunner(options: RunnerOptions): Runner {
  const { target, store, limits, clock, logger } = options;
  const { workspaceId, destinationId } = target.connection;
  const stopping = new AbortController();
  const ending = new AbortController();
  const lanes = createLanes<DeliveryJob>();
  /** A job of a piece → that piece; those that were parked belong to none. */
  const pieceOf = new Map<DeliveryJob, Open>();
  const underWay = new Set<Promise<void>>();
  let places: Place[] = [];
  let parked: ParkedQueue = createParkedQueue([]);
  let gate: Gate | undefined;
  /** Commits that are not durable yet: while they can't be, nothing more is sent. */
  let unwritten = 0;
  let cursorAtMs = -Infinity;
  let turns = 0;
  let hasNewParked = false;
  let wakes = 0;
  let wake = (): void => undefined;

  function poke(): void {
    wakes++;
    wake();
  }

  async function commit(change: Omit<Change, "workspaceId" | "destinationId" | "atMs">): Promise<void> {
    unwritten++;
    await store.commit({ workspaceId, destinationId, atMs: clock.nowMs(), ...change });
    // Whoever waits for room hears of it.
    if (unwritten-- === UNWRITTEN_MAX) poke();
    options.onCommitted();
  }

  async function begin(): Promise<void> {
    const status = options.isNew ? undefined : await store.status(destinationId);
    parked = createParkedQueue(await store.parked(destinationId));
    places = await Promise.all(options.feeds.map(async (feed) => {
      const { nextBlock, done } = await store.place(destinationId, feed.stream);
      if (nextBlock !== undefined) return { feed, nextBlock, done, open: [], isAtEnd: false };
      const first = await feed.begin();
      await commit({ cursor: { stream: feed.stream, nextBlock: first } });
      return { feed, nextBlock: first, done, open: [], isAtEnd: false };
    }));
    gate = createGate({ limits, perSecond: target.perSecond, nowMs: clock.nowMs(), status, onChange: (state) => void commit({ state }) });
    if (options.isNew) await commit({ state: gate.status() });
  }

  // ── What is to be sent ────────────────────────────────────────────────────────────────────────────────────────

  /** One piece of each stream that has room. */
  async function feed(): Promise<void> {
    for (const place of places) {
      if (place.open.length >= OPEN_MAX || lanes.size() >= limits.sliceRows || parked.size() >= limits.parkedMax) continue;
      const piece = await place.feed.next(place.nextBlock);
      place.isAtEnd = piece === undefined;
      if (piece) take(place, piece);
    }
  }

  function take(place: Place, piece: Piece): void {
    const isNew = ({ subscription, position }: Pick<EntryOf, "subscription" | "position">): boolean => !place.done.has(`${subscription.id} ${position}`);
    const jobs = piece.jobs.filter(isNew);
    const open: Open = {
      stream: place.feed.stream, fromBlock: place.nextBlock, nextBlock: piece.nextBlock, filtered: piece.filtered,
      isEmpty: jobs.length + piece.filtered.length + piece.unsent.length === 0, left: jobs.length,
    };
    place.nextBlock = piece.nextBlock;
    place.open.push(open);
    settleUnsent(piece.unsent.filter(isNew), open);
    for (const job of jobs) {
      pieceOf.set(job, open);
      if (parked.has(job.person)) park([job], undefined);
      else lanes.add(job);
    }
    advance(place);
    poke();
  }

  function settleUnsent(unsent: readonly Unsent[], of: Pick<Open, "stream" | "fromBlock">): void {
    if (unsent.length === 0) return;
    const entries = unsent.map((one) => entryFor({ ...one, attempts: 0 }, one.outcome, { code: one.code, detail: one.detail, status: 0, requestId: undefined }, clock.nowMs()));
    void commit({ done: { stream: of.stream, block: of.fromBlock, entries }, counts: countsOf(entries) });
  }

  /** Lets the cursor pass pieces that are whole. */
  function advance(place: Place): void {
    while (place.open[0]?.left === 0) {
      const [whole, ...rest] = place.open;
      place.open = rest;
      if (whole.isEmpty && clock.nowMs() - cursorAtMs < CURSOR_EVERY_MS) continue;
      cursorAtMs = clock.nowMs();
      void commit({ counts: whole.filtered, cursor: { stream: whole.stream, nextBlock: whole.nextBlock } });
    }
  }

  /** They need no more of their piece. */
  function leavePiece(jobs: readonly DeliveryJob[]): void {
    for (const job of jobs) {
      const open = pieceOf.get(job);
      if (!open) continue;
      pieceOf.delete(job);
      open.left--;
    }
    for (const place of places) advance(place);
  }

  // ── What is tried again ───────────────────────────────────────────────────────────────────────────────────────

  /** `why`: of the attempt that has failed; undefined: they wait behind another. */
  function park(jobs: readonly DeliveryJob[], why: Why | undefined): void {
    const nowMs = clock.nowMs();
    const rows = jobs.map((job): Parked => parkedRow(job, why, nowMs, limits));
    const fresh = jobs.filter((job) => pieceOf.has(job));
    const entries = fresh.map((job) => entryFor({ ...job, messageId: job.item.event.messageId }, "parked", reasonOf(why), nowMs));
    const block = blockOf(fresh, pieceOf);
    void commit({ park: rows, ...(block === undefined ? {} : { done: { ...block, entries }, counts: countsOf(entries) }) });
    for (const row of rows) (why ? parked.again : parked.add)(row);
    leavePiece(fresh);
  }

  async function takeNewParked(): Promise<void> {
    // Ours that are not committed yet would be missing from what is read, and are known.
    const rows = await store.parked(destinationId);
    hasNewParked = false;
    for (const row of rows) if (!parked.hasRow(row)) parked.add(row);
  }

  /** Loads again what is due, and sends each person's in their order. */
  async function feedParked(open: Gate): Promise<void> {
    // A destination that fails is tried with them only when there is nothing newer.
    const isTried = open.waitMs(clock.nowMs(), underWay.size) === 0 && lanes.size() === 0;
    if (open.status().state !== "flowing" && !isTried) return;
    const due = parked.takeDue(clock.nowMs(), PARKED_AT_ONCE);
    if (due.length === 0) return;
    const jobs = await loadAgain(due).catch((error: unknown) => {
      for (const row of due) parked.putBack(laneOf(row));
      throw error;
    });
    for (const row of due) {
      const job = jobs.get(itemKey(row.stream, row.subscriptionId, row.position));
      if (job) lanes.add({ ...job, attempts: row.attempts, firstAtMs: row.attempts === 0 ? undefined : row.firstAtMs });
      else {
        // Its subscription is off, or asks for something else by now; or the event is gone.
        parked.remove(row);
        void commit({ unpark: [row], counts: [{ subscriptionId: row.subscriptionId, outcome: "nothing", reason: "not_asked_any_more", count: 1 }] });
      }
    }
    poke();
  }

  async function loadAgain(due: readonly Parked[]): Promise<ReadonlyMap<string, DeliveryJob>> {
    const jobs = new Map<string, DeliveryJob>();
    for (const rows of Map.groupBy(due, (row) => `${row.stream} ${row.subscriptionId}`).values()) {
      const [first] = rows;
      const subscription = target.subscriptions.find(({ id }) => id === first?.subscriptionId);
      const source = places.find((place) => place.feed.stream === first?.stream);
      if (!subscription || !source) continue;
      const picked = await source.feed.again(subscription, rows.map((row) => row.position));
      for (const job of picked.jobs) jobs.set(itemKey(job.stream, job.subscription.id, job.position), job);
      settleUnsent(picked.unsent, { stream: source.feed.stream, fromBlock: 0 });
    }
    return jobs;
  }

  // ── Sending ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** Starts as many requests as may be under way. Milliseconds until the next may start; undefined: something else must happen first. */
  function pump(): number | undefined {
    while (gate && unwritten < UNWRITTEN_MAX && !stopping.signal.aborted) {
      const waitMs = gate.waitMs(clock.nowMs(), underWay.size);
      if (waitMs === undefined) return undefined;
      if (waitMs > 0) return lanes.size() > 0 ? waitMs : undefined;
      const [first, ...rest] = lanes.take() ?? [];
      if (first === undefined) return undefined;
      start([first, ...rest], gate);
    }
    return undefined;
  }

  function start(jobs: readonly [DeliveryJob, ...DeliveryJob[]], open: Gate): void {
    const sending = request(jobs, open).catch((error: unknown) => {
      logger.error({ err: error, destination: destinationId }, "a delivery failed in a way that it should not");
      lanes.putBack(jobs);
    }).finally(() => {
      underWay.delete(sending);
      poke();
    });
    underWay.add(sending);
  }

  async function request(jobs: readonly [DeliveryJob, ...DeliveryJob[]], open: Gate): Promise<void> {
    const result = await deliver(jobs, {
      connection: target.connection, destination: options.destination, gate: open, clock, exchanges: options.exchanges, requestMs: limits.requestMs, signal: ending.signal,
    });
    if (result.refreshed) await options.onRefreshed(result.refreshed);
    settle(result.entries);
    const givenUp = result.again.filter(({ job }) => isHopeless(job, clock.nowMs(), limits));
    settle(givenUp.map(({ job, why }) => ({ job, entry: entryFor({ ...job, messageId: job.item.event.messageId, attempts: job.attempts + 1 }, "expired", why, clock.nowMs()) })));
    for (const { job, why } of result.again) {
      if (givenUp.some((one) => one.job === job)) continue;
      lanes.finish([job]);
      park([job], why);
      // What waits for the same person, from parked rows or from pieces, waits behind it.
      const behind = lanes.takeAllOf(job.person);
      const fresh = behind.filter((one) => pieceOf.has(one));
      if (fresh.length > 0) park(fresh, undefined);
    }
    lanes.putBack(result.back);
  }

  function settle(settled: readonly { readonly job: DeliveryJob; readonly entry: Entry }[]): void {
    if (settled.length === 0) return;
    const jobs = settled.map(({ job }) => job);
    const entries = settled.map(({ entry }) => entry);
    const fromParked = jobs.filter((job) => !pieceOf.has(job));
    const [first] = jobs;
    const block = blockOf(jobs, pieceOf) ?? { stream: first?.stream ?? ("events" as const), block: 0 };
    void commit({
      done: { ...block, entries }, counts: countsOf(entries),
      ...(fromParked.length === 0 ? {} : { unpark: fromParked.map((job) => ({ stream: job.stream, subscriptionId: job.subscription.id, position: job.position })) }),
    });
    for (const job of fromParked) parked.remove({ stream: job.stream, subscriptionId: job.subscription.id, position: job.position, profileId: job.profileId });
    leavePiece(jobs);
    lanes.finish(jobs);
  }

  // ── The loop ──────────────────────────────────────────────────────────────────────────────────────────────────

  async function run(): Promise<void> {
    let retryMs = limits.pollMs;
    while (!stopping.signal.aborted) {
      const seen = wakes;
      try {
        if (!gate) await begin();
        if (hasNewParked) await takeNewParked();
        if (gate) await feedParked(gate);
        await feed();
        const waitMs = pump();
        turns++;
        retryMs = limits.pollMs;
        if (wakes === seen) await rest(Math.min(waitMs ?? limits.pollIdleMs, limits.pollIdleMs, untilParked()));
      } catch (error) {
        if (stopping.signal.aborted) return;
        logger.warn({ err: error, destination: destinationId, retryMs }, "a destination could not be looked after; it is tried again");
        await rest(retryMs);
        retryMs = Math.min(RETRY_MAX_MS, retryMs * 2);
      }
    }
  }

  function untilParked(): number {
    const state = gate?.status();
    const nextAtMs = Math.max(parked.nextAtMs(), state?.nextAtMs ?? -Infinity);
    // What is due already waits for something that wakes.
    return nextAtMs <= clock.nowMs() ? limits.pollIdleMs : nextAtMs - clock.nowMs();
  }

  function isSettled(): boolean {
    if (gate === undefined || underWay.size > 0 || unwritten > 0) return false;
    const status = gate.status();
    if (status.state !== "flowing") return status.nextAtMs === undefined || status.nextAtMs > clock.nowMs();
    return lanes.size() === 0 && parked.nextAtMs() > clock.nowMs() && places.every((place) => place.isAtEnd && place.open.length === 0);
  }

  async function rest(ms: number): Promise<void> {
    const waking = new AbortController();
    wake = () => waking.abort();
    await sleep(ms, undefined, { signal: AbortSignal.any([waking.signal, stopping.signal]) }).catch(() => undefined);
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

function itemKey(stream: StreamName, subscriptionId: number, position: number): string {
  return `${stream} ${subscriptionId} ${position}`;
}

function countsOf(entries: readonly Entry[]): Count[] {
  const groups = Map.groupBy(entries, ({ subscriptionId, outcome, code }) => JSON.stringify([subscriptionId, outcome, code]));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [{ subscriptionId: first.subscriptionId, outcome: first.outcome, reason: first.code, count: group.length }];
  });
}

/** Under which place of the cursor outcomes are kept: the earliest of their pieces'. Undefined: they are of none. */
function blockOf(jobs: readonly DeliveryJob[], pieceOf: ReadonlyMap<DeliveryJob, Open>): { readonly stream: StreamName; readonly block: number } | undefined {
  const pieces = jobs.flatMap((job) => pieceOf.get(job) ?? []);
  const [first] = pieces;
  return first && { stream: first.stream, block: Math.max(...pieces.map((piece) => piece.fromBlock)) };
}

function isHopeless(job: DeliveryJob, nowMs: number, limits: DeliveryLimits): boolean {
  return job.attempts + 1 >= limits.attemptsMin && nowMs - (job.firstAtMs ?? nowMs) >= limits.giveUpAfterMs;
}

function reasonOf(why: Why | undefined): EntryReason {
  return why ?? { code: "behind", detail: "Something earlier of the same person is tried again first.", status: 0, requestId: undefined };
}

function parkedRow(job: DeliveryJob, why: Why | undefined, nowMs: number, limits: DeliveryLimits): Parked {
  const attempts = job.attempts + (why === undefined ? 0 : 1);
  const nextAtMs = why === undefined ? nowMs : nowMs + Math.max(why.afterMs ?? 0, backOffMs(limits.retry, attempts));
  return {
    stream: job.stream, subscriptionId: job.subscription.id, position: job.position, profileId: job.profileId, attempts, firstAtMs: job.firstAtMs ?? nowMs, nextAtMs,
    code: why?.code ?? "", detail: why?.detail ?? "", status: why?.status ?? 0,
  };
}
