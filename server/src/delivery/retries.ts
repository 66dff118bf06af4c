// What failed by itself at one destination and is tried again, and what waits behind it.
import type { Clock } from "../core/clock.ts";
import { backOffMs } from "./back-off.ts";
import type { Why } from "./deliver.ts";
import type { DeliveryLimits } from "./delivery-limits.ts";
import { countsOf, entryFor, unsentEntries, type EntryReason } from "./entry.ts";
import { createParkedQueue, laneOf } from "./parked.ts";
import type { DeliveryJob, Unsent } from "./pick.ts";
import type { Commit, Progress } from "./progress.ts";
import type { DeliveryStore, Parked, ParkedKey, StreamName } from "./store.ts";
import type { Subscription } from "./target.ts";

export interface Retries {
  /** Something of the person waits: whatever comes for them waits behind it. */
  has(person: string): boolean;
  isFull(): boolean;
  /** This item is one of those that wait. */
  waits(row: ParkedKey & Pick<Parked, "profileId">): boolean;
  nextAtMs(): number;
  /** `why`: of the attempt that has failed; undefined: they wait behind another. */
  park(jobs: readonly DeliveryJob[], why: Why | undefined): void;
  /** They have an outcome. */
  settle(jobs: readonly DeliveryJob[]): void;
  /** What is due of people who are not busy, made anew of what stands there now, each person's in their order. */
  takeDue(isBusy: (person: string) => boolean): Promise<readonly DeliveryJob[]>;
  /** Nothing of the person waits any more. */
  drop(person: string): void;
  /** What somebody else has parked. */
  takeNew(): Promise<void>;
}

export interface RetriesOptions {
  readonly destinationId: number;
  readonly subscriptions: readonly Subscription[];
  readonly store: Pick<DeliveryStore, "parked">;
  readonly progress: Progress;
  readonly commit: Commit;
  /** Those of which something newer has arrived. */
  readonly overtaken: (jobs: readonly DeliveryJob[]) => Promise<ReadonlySet<DeliveryJob>>;
  readonly limits: Pick<DeliveryLimits, "retry" | "parkedMax">;
  readonly clock: Clock;
}

/** Rows that are loaded again at once, and that are out at once: what is sent again leaves room for what is new. */
const AT_ONCE = 500;

export async function createRetries({ destinationId, subscriptions, store, progress, commit, overtaken, limits, clock }: RetriesOptions): Promise<Retries> {
  const parked = createParkedQueue(await store.parked(destinationId));
  /** What got an outcome while it was read what is parked: what was read may not know that. */
  let settledMeanwhile: Set<string> | undefined;

  async function load(due: readonly Parked[]): Promise<{ readonly jobs: ReadonlyMap<string, DeliveryJob>; readonly unsent: readonly Unsent[] }> {
    const jobs = new Map<string, DeliveryJob>();
    const unsent: Unsent[] = [];
    for (const rows of Map.groupBy(due, (row) => `${row.stream} ${row.subscriptionId}`).values()) {
      const [first] = rows;
      const subscription = subscriptions.find(({ id }) => id === first?.subscriptionId);
      const again = first && progress.againOf(first.stream, first.subscriptionId);
      if (!subscription || !again) continue;
      const picked = await again(subscription, rows.map((row) => row.position));
      for (const job of picked.jobs) jobs.set(itemKey(job.stream, job.subscription.id, job.position), job);
      unsent.push(...picked.unsent);
    }
    return { jobs, unsent };
  }

  /** Since a replay asked for them, something newer of the same may have come and arrived, and nothing can any more: whatever comes waits behind them. */
  async function passOver(jobs: readonly DeliveryJob[]): Promise<ReadonlySet<DeliveryJob>> {
    const fresh = jobs.filter((job) => job.attempts === 0 && job.isReplayed === true);
    if (fresh.length === 0) return new Set();
    const old = await overtaken(fresh);
    const counts = [...old].map(({ subscription }) => ({ subscriptionId: subscription.id, outcome: "nothing", reason: "newer_arrived", count: 1 }));
    if (old.size > 0) void commit({ unpark: [...old].map(keyOf), counts });
    for (const job of old) parked.remove(keyOf(job));
    return old;
  }

  /** What cannot be sent as things stand now has its outcome. */
  function settleUnsent(unsent: readonly Unsent[]): void {
    for (const [stream, some] of Map.groupBy(unsent, (one) => one.stream)) {
      const entries = unsentEntries(some, clock.nowMs());
      const keys = some.map((one): ParkedKey & Pick<Parked, "profileId"> => ({ stream, subscriptionId: one.subscription.id, position: one.position, profileId: one.profileId }));
      void commit({ done: { stream, block: 0, entries }, counts: countsOf(entries), unpark: keys });
    }
  }

  return {
    has: (person) => parked.has(person),
    waits: (row) => parked.hasRow(row),
    isFull: () => parked.size() >= limits.parkedMax,
    nextAtMs: () => parked.nextAtMs(),
    park(jobs, why) {
      const nowMs = clock.nowMs();
      // What waits behind one item may be of several streams, of which each keeps its own outcomes.
      const waiting = jobs.map((job) => ({ job, row: parkedRow(job, why, nowMs, limits) }));
      for (const some of Map.groupBy(waiting, ({ job }) => job.stream).values()) {
        const fresh = some.map(({ job }) => job).filter((job) => progress.isOpen(job));
        const place = progress.placeOf(fresh);
        const entries = fresh.map((job) => entryFor({ ...job, messageId: job.item.event.messageId }, "parked", reasonOf(why), nowMs));
        void commit({ park: some.map(({ row }) => row), ...(place === undefined ? {} : { done: { ...place, entries }, counts: countsOf(entries) }) });
      }
      for (const { row } of waiting) (why ? parked.again : parked.add)(row);
      progress.leave(jobs.filter((job) => progress.isOpen(job)));
    },
    settle(jobs) {
      for (const job of jobs) {
        parked.remove(keyOf(job));
        settledMeanwhile?.add(itemKey(job.stream, job.subscription.id, job.position));
      }
    },
    async takeDue(isBusy) {
      const due = parked.takeDue(clock.nowMs(), AT_ONCE, isBusy);
      if (due.length === 0) return [];
      try {
        const { jobs, unsent } = await load(due);
        const found = due.flatMap((row) => {
          const job = jobs.get(itemKey(row.stream, row.subscriptionId, row.position));
          return job ? [{ ...job, attempts: row.attempts, firstAtMs: row.attempts === 0 ? undefined : row.firstAtMs, isReplayed: row.nextAtMs === 0, parkedAs: row.profileId }] : [];
        });
        const old = await passOver(found);
        settleUnsent(unsent);
        const settled = new Set(unsent.map((one) => itemKey(one.stream, one.subscription.id, one.position)));
        // Its subscription is off, or asks for something else by now; or the event is gone.
        const lost = due.filter((row) => !jobs.has(itemKey(row.stream, row.subscriptionId, row.position)));
        const gone = lost.filter((row) => !settled.has(itemKey(row.stream, row.subscriptionId, row.position)));
        for (const row of lost) parked.remove(row);
        if (gone.length > 0) void commit({ unpark: gone, counts: gone.map((row) => ({ subscriptionId: row.subscriptionId, outcome: "nothing", reason: "not_asked_any_more", count: 1 })) });
        return found.filter((job) => !old.has(job));
      } catch (error) {
        for (const row of due) parked.putBack(laneOf(row));
        throw error;
      }
    },
    drop: (person) => parked.drop(person),
    async takeNew() {
      const meanwhile = (settledMeanwhile = new Set<string>());
      const rows = await store.parked(destinationId).finally(() => (settledMeanwhile = undefined));
      for (const row of rows) if (!parked.hasRow(row) && !meanwhile.has(itemKey(row.stream, row.subscriptionId, row.position))) parked.insert(row);
    },
  };
}

export function keyOf(job: DeliveryJob): Pick<Parked, "stream" | "subscriptionId" | "position" | "profileId"> {
  return { stream: job.stream, subscriptionId: job.subscription.id, position: job.position, profileId: job.parkedAs ?? job.profileId };
}

function itemKey(stream: StreamName, subscriptionId: number, position: number): string {
  return `${stream} ${subscriptionId} ${position}`;
}

function reasonOf(why: Why | undefined): EntryReason {
  return why ?? { code: "behind", detail: "Something earlier of the same person is tried again first.", status: 0, requestId: undefined };
}

function parkedRow(job: DeliveryJob, why: Why | undefined, nowMs: number, { retry }: Pick<DeliveryLimits, "retry">): Parked {
  const attempts = job.attempts + (why === undefined ? 0 : 1);
  const nextAtMs = why === undefined ? nowMs : nowMs + Math.max(why.afterMs ?? 0, backOffMs(retry, attempts));
  return {
    ...keyOf(job), personId: job.personId, attempts, firstAtMs: job.firstAtMs ?? nowMs, nextAtMs, code: why?.code ?? "", detail: why?.detail ?? "", status: why?.status ?? 0,
  };
}
