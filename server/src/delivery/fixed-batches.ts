// Of destinations that make one thing of each request, such as a file: which items went together. That is written down before the first attempt, and
// stays until all of them have an outcome, so that the same ones go together again, under the same id, after a failure and after a kill: what was
// half done is done over, and nothing stands there twice.
import { randomUUID } from "node:crypto";
import type { FixedBatch } from "./lanes.ts";
import type { DeliveryJob } from "./pick.ts";
import type { Commit, Progress } from "./progress.ts";
import { keyOf, type Retries } from "./retries.ts";
import type { DeliveryStore, Parked, ParkedKey, StreamName } from "./store.ts";

export interface KeptBatch {
  readonly id: string;
  readonly subscriptionId: number;
  readonly stream: StreamName;
  /** Once the stream has come there, what did not come by then never will. */
  readonly beforeBlock: number;
  readonly items: readonly Pick<Parked, "position" | "profileId">[];
}

export interface FixedBatches {
  /** To be called with whatever goes into the lanes: it may have been under way in an earlier life. */
  join(job: DeliveryJob): void;
  /** The id of what goes together now; resolves when it is durable. */
  fix(jobs: readonly [DeliveryJob, ...DeliveryJob[]]): Promise<string>;
  /** They have their outcome. Batches of which nothing is left: to be forgotten with the same commit. */
  settle(jobs: readonly DeliveryJob[]): readonly string[];
  /** Some wait for items that have not come yet: whoever stops reading, stops them. */
  isWaiting(): boolean;
  /** Lets those go whose missing items will not come any more. */
  look(): void;
}

export interface FixedBatchesOptions {
  readonly destinationId: number;
  readonly store: Pick<DeliveryStore, "batches">;
  readonly progress: Pick<Progress, "endOf" | "hasPassed">;
  readonly retries: Pick<Retries, "waits">;
  readonly commit: Commit;
}

interface Batch extends FixedBatch {
  size: number;
  isHeld: boolean;
  readonly missing: Map<string, ParkedKey & Pick<Parked, "profileId">>;
  /** Of an earlier life. */
  readonly kept: KeptBatch | undefined;
}

export async function createFixedBatches({ destinationId, store, progress, retries, commit }: FixedBatchesOptions): Promise<FixedBatches> {
  const held = new Map<string, Batch>();
  const missing = new Map<string, Batch>();
  for (const kept of await store.batches(destinationId)) {
    const batch = heldBatch(kept);
    held.set(batch.id, batch);
    for (const key of batch.missing.keys()) missing.set(key, batch);
  }

  function release(batch: Batch): void {
    batch.isHeld = false;
    held.delete(batch.id);
    for (const key of batch.missing.keys()) missing.delete(key);
    batch.missing.clear();
    // Whoever it was about was taken back, or it is asked for no more.
    if (batch.size === 0) void commit({ unbatch: [batch.id] });
  }

  return {
    join(job) {
      const key = itemKey(keyOf(job));
      const batch = missing.get(key);
      if (batch === undefined) return;
      missing.delete(key);
      batch.missing.delete(key);
      batch.size++;
      job.batch = batch;
    },
    async fix(jobs) {
      const [first] = jobs;
      if (first.batch !== undefined) return first.batch.id;
      const batch: Batch = { id: randomUUID(), size: jobs.length, isHeld: false, missing: new Map(), kept: undefined };
      for (const job of jobs) job.batch = batch;
      const items = jobs.map(keyOf).map(({ position, profileId }) => ({ position, profileId }));
      await commit({ batch: { id: batch.id, subscriptionId: first.subscription.id, stream: first.stream, beforeBlock: progress.endOf(jobs), items } });
      return batch.id;
    },
    settle(jobs) {
      const over: string[] = [];
      for (const { batch } of jobs) if (batch !== undefined && --batch.size === 0) over.push(batch.id);
      return over;
    },
    isWaiting: () => held.size > 0,
    look() {
      for (const batch of held.values()) {
        const hasPassed = batch.kept === undefined || progress.hasPassed(batch.kept.stream, batch.kept.beforeBlock);
        if (batch.missing.size === 0 || (hasPassed && ![...batch.missing.values()].some((one) => retries.waits(one)))) release(batch);
      }
    },
  };
}

function heldBatch(kept: KeptBatch): Batch {
  const rows = kept.items.map((item) => ({ stream: kept.stream, subscriptionId: kept.subscriptionId, ...item }));
  return { id: kept.id, size: 0, isHeld: true, missing: new Map(rows.map((row) => [itemKey(row), row])), kept };
}

function itemKey({ stream, subscriptionId, position }: ParkedKey): string {
  return `${stream} ${subscriptionId} ${position}`;
}
