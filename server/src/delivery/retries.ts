// What failed by itself at one destination and is tried again, and what waits behind it.
import type { Clock } from "../core/clock.ts";
import { backOffMs } from "./back-off.ts";
import type { Why } from "./deliver.ts";
import type { DeliveryLimits } from "./delivery-limits.ts";
import { countsOf, entryFor, type EntryReason } from "./entry.ts";
import { createParkedQueue, laneOf } from "./parked.ts";
import type { DeliveryJob, Unsent } from "./pick.ts";
import type { Commit, Progress } from "./progress.ts";
import type { DeliveryStore, Parked, StreamName } from "./store.ts";
import type { Subscription } from "./target.ts";

export interface Retries {
  /** Something of the person waits: whatever comes for them waits behind it. */
  has(person: string): boolean;
  isFull(): boolean;
  nextAtMs(): number;
  /** `why`: of the attempt that has failed; undefined: they wait behind another. */
  park(jobs: readonly DeliveryJob[], why: Why | undefined): void;
  /** They have an outcome. */
  settle(jobs: readonly DeliveryJob[]): void;
  /** What is due, made anew of what stands there now, each person's in their order. */
  takeDue(): Promise<{ readonly jobs: readonly DeliveryJob[]; readonly unsent: readonly Unsent[] }>;
  /** What somebody else has parked. */
  takeNew(): Promise<void>;
}

export interface RetriesOptions {
  readonly destinationId: number;
  readonly subscriptions: readonly Subscription[];
  readonly store: Pick<DeliveryStore, "parked">;
  readonly progress: Progress;
  readonly commit: Commit;
  readonly limits: Pick<DeliveryLimits, "retry" | "parkedMax">;
  readonly clock: Clock;
}

/** Rows that are loaded again at once. */
const AT_ONCE = 500;

export async function createRetries({ destinationId, subscriptions, store, progress, commit, limits, clock }: RetriesOptions): Promise<Retries> {
  const parked = createParkedQueue(await store.parked(destinationId));

  async function load(due: readonly Parked[]): Promise<{ readonly jobs: ReadonlyMap<string, DeliveryJob>; readonly unsent: readonly Unsent[] }> {
    const jobs = new Map<string, DeliveryJob>();
    const unsent: Unsent[] = [];
    for (const rows of Map.groupBy(due, (row) => `${row.stream} ${row.subscriptionId}`).values()) {
      const [first] = rows;
      const subscription = subscriptions.find(({ id }) => id === first?.subscriptionId);
      const feed = first && progress.feedOf(first.stream);
      if (!subscription || !feed) continue;
      const picked = await feed.again(subscription, rows.map((row) => row.position));
      for (const job of picked.jobs) jobs.set(itemKey(job.stream, job.subscription.id, job.position), job);
      unsent.push(...picked.unsent);
    }
    return { jobs, unsent };
  }

  return {
    has: (person) => parked.has(person),
    isFull: () => parked.size() >= limits.parkedMax,
    nextAtMs: () => parked.nextAtMs(),
    park(jobs, why) {
      const nowMs = clock.nowMs();
      const rows = jobs.map((job): Parked => parkedRow(job, why, nowMs, limits));
      const fresh = jobs.filter((job) => progress.isOpen(job));
      const place = progress.placeOf(fresh);
      const entries = fresh.map((job) => entryFor({ ...job, messageId: job.item.event.messageId }, "parked", reasonOf(why), nowMs));
      void commit({ park: rows, ...(place === undefined ? {} : { done: { ...place, entries }, counts: countsOf(entries) }) });
      for (const row of rows) (why ? parked.again : parked.add)(row);
      progress.leave(fresh);
    },
    settle(jobs) {
      for (const job of jobs) parked.remove(keyOf(job));
    },
    async takeDue() {
      const due = parked.takeDue(clock.nowMs(), AT_ONCE);
      if (due.length === 0) return { jobs: [], unsent: [] };
      try {
        const { jobs, unsent } = await load(due);
        const found = due.flatMap((row) => {
          const job = jobs.get(itemKey(row.stream, row.subscriptionId, row.position));
          return job ? [{ ...job, attempts: row.attempts, firstAtMs: row.attempts === 0 ? undefined : row.firstAtMs }] : [];
        });
        // Its subscription is off, or asks for something else by now; or the event is gone.
        const gone = due.filter((row) => !jobs.has(itemKey(row.stream, row.subscriptionId, row.position)));
        for (const row of gone) parked.remove(row);
        if (gone.length > 0) void commit({ unpark: gone, counts: gone.map((row) => ({ subscriptionId: row.subscriptionId, outcome: "nothing", reason: "not_asked_any_more", count: 1 })) });
        return { jobs: found, unsent };
      } catch (error) {
        for (const row of due) parked.putBack(laneOf(row));
        throw error;
      }
    },
    async takeNew() {
      for (const row of await store.parked(destinationId)) if (!parked.hasRow(row)) parked.add(row);
    },
  };
}

export function keyOf(job: DeliveryJob): Pick<Parked, "stream" | "subscriptionId" | "position" | "profileId"> {
  return { stream: job.stream, subscriptionId: job.subscription.id, position: job.position, profileId: job.profileId };
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
    ...keyOf(job), attempts, firstAtMs: job.firstAtMs ?? nowMs, nextAtMs, code: why?.code ?? "", detail: why?.detail ?? "", status: why?.status ?? 0,
  };
}
