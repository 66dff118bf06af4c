// Reads what newly stands in the event table, a slice at a time, and counts what events and fields arrived. It is no part of the
// pipeline: nothing waits for it. When nothing has landed it asks Postgres one small question and ClickHouse none. After an
// upgrade it begins with the oldest row, slice by slice.
import { setTimeout as sleep } from "node:timers/promises";
import type { ClickHouseClient } from "@clickhouse/client";
import type { Pool } from "pg";
import { apartMs, type Clock } from "../core/clock.ts";
import type { Logger } from "../core/logger.ts";
import { observedLimits, type ObservedLimits } from "./observed-limits.ts";
import { createSliceReader, type SliceRange, type SliceReader } from "./slice.ts";
import { dropOldDays, readListed, readPlace, SliceTaken, writeSlice } from "./store.ts";
import { admitEvents, eventsBeyond, rowsToSample, sampleFields, tallyEvents, tallyFields, type Listed } from "./tally.ts";

export interface ObserverOptions {
  readonly pool: Pool;
  /** Of the use "evaluate". */
  readonly clickhouse: ClickHouseClient;
  readonly partitions: number;
  /** Every outbox block of the partition below this one has landed. */
  readonly landedBefore: (partition: number) => Promise<number>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether events wait for the pipeline: then counting waits for them, but not for ever. */
  readonly isBusy?: () => boolean;
  readonly limits?: Partial<ObservedLimits>;
  readonly pollMs?: number;
}

export interface Observer {
  /** Counts everything that has landed by now. */
  catchUp(): Promise<void>;
  /** Finishes the slice at hand. */
  stop(): Promise<void>;
}

const POLL_MS = 4_000;
/** So many times as long as it worked it rests: under load its slices grow, and each row of a merged part is read for fewer of them. */
const RESTS_FOR = 10;
const REST_MAX_MS = 20_000;
/** After a failure, doubled each time. */
const RETRY_MAX_MS = 5 * 60_000;
/** For how long events that wait come first. */
const POSTPONED_MAX_MS = 10 * 60_000;
/** The smallest part of a full slice that is tried after failures. */
const SHARE_MIN = 1 / 1_024;
/** Between slices of a long history, so that others come to ClickHouse too. */
const BREATH_MS = 50;
const DAY_MS = 86_400_000;

export function createObserver(options: ObserverOptions): Observer {
  const limits = { ...observedLimits, ...options.limits };
  const { pool, clock } = options;
  const reader = createSliceReader(options.clickhouse, limits);
  const stopping = new AbortController();
  /** Partition → where the reader is. */
  const places = new Map<number, number>();
  let daysDroppedAt = -Infinity;
  let caughtUpAtMs = clock.nowMs();
  const mustWait = (): boolean => (options.isBusy?.() ?? false) && clock.nowMs() - caughtUpAtMs < POSTPONED_MAX_MS;
  /** Of the limits on a slice. Halved by each failure: where memory is short, a smaller slice is what can be counted. */
  let share = 1;

  async function placeOf(partition: number): Promise<number> {
    const known = places.get(partition) ?? (await readPlace(pool, partition));
    places.set(partition, known);
    return known;
  }

  /** One slice; false when it reached the end of what had landed when it began. What lands meanwhile waits for company: small slices cost as much as large ones. */
  async function step(partition: number): Promise<boolean> {
    const fromBlock = await placeOf(partition);
    const beforeBlock = await options.landedBefore(partition);
    if (beforeBlock <= fromBlock) return false;
    const all = { partition, fromBlock, beforeBlock };
    const range = { ...all, beforeBlock: (await reader.end(all, share)) ?? beforeBlock };
    try {
      await observe(pool, reader, range, limits, clock.nowMs());
      places.set(partition, range.beforeBlock);
      share = Math.min(1, share * 2);
      return range.beforeBlock < beforeBlock;
    } catch (error) {
      places.delete(partition);
      if (error instanceof SliceTaken) return true;
      share = Math.max(SHARE_MIN, share / 2);
      throw error;
    }
  }

  async function catchUp(): Promise<void> {
    for (let partition = 0; partition < options.partitions; partition++) {
      while (!stopping.signal.aborted && (await step(partition))) await sleep(BREATH_MS);
    }
    const nowMs = clock.nowMs();
    if (apartMs(nowMs, daysDroppedAt) < DAY_MS) return;
    await dropOldDays(pool, limits, nowMs);
    daysDroppedAt = nowMs;
  }

  async function run(): Promise<void> {
    let retryMs = options.pollMs ?? POLL_MS;
    while (!stopping.signal.aborted) {
      await sleep(retryMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (mustWait()) continue;
      try {
        const startedMs = performance.now();
        await catchUp();
        caughtUpAtMs = clock.nowMs();
        retryMs = Math.max(options.pollMs ?? POLL_MS, Math.min(REST_MAX_MS, (performance.now() - startedMs) * RESTS_FOR));
      } catch (error) {
        if (stopping.signal.aborted) return;
        retryMs = Math.min(RETRY_MAX_MS, retryMs * 2);
        options.logger.warn({ err: error, retryMs }, "what arrived could not be counted; it is tried again");
      }
    }
  }

  const running = options.pollMs === Infinity ? Promise.resolve() : run();
  return {
    catchUp,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function observe(pool: Pool, reader: SliceReader, range: SliceRange, limits: ObservedLimits, nowMs: number): Promise<void> {
  const workspaces = await reader.workspaces(range);
  const withEvents = workspaces.filter(({ events }) => events > 0);
  const listed = await readListed(pool, withEvents.map(({ workspaceId }) => workspaceId));
  const names = admitEvents(withEvents.length === 0 ? [] : await reader.names(range, namesOf(listed)), listed, limits);
  const events = tallyEvents(names.length === 0 ? [] : await reader.events(range, names));
  const { fields, beyond } = tallyFields(withEvents.length === 0 ? [] : await reader.fields(range, names), listed, limits);
  const samples = sampleFields(await reader.samples(range, rowsToSample(fields, listed, limits)), fields, limits, nowMs);
  const left = eventsBeyond(withEvents, events);
  await writeSlice(pool, {
    range, events, fields, samples,
    beyond: withEvents.map(({ workspaceId }) => ({ workspaceId, events: left.get(workspaceId) ?? 0, fields: beyond.get(workspaceId) ?? 0 }))
      .filter((one) => one.events > 0 || one.fields > 0),
    forget: workspaces.filter(({ forgets }) => forgets > 0).map(({ workspaceId }) => workspaceId),
  }, limits, nowMs);
}

function namesOf(listed: ReadonlyMap<number, Listed>): { workspaceId: number; type: string; event: string }[] {
  return [...listed].flatMap(([workspaceId, { events }]) => [...events].map((key) => {
    const [type, event] = JSON.parse(key) as [string, string]; // As `eventKeyOf` made it.
    return { workspaceId, type, event };
  }));
}
