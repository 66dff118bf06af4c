// Plays one demo shop into the event log: its history as fast as the pipeline takes it, then live at the chosen pace. It
// holds a slice of calls at a time, waits for the pipeline before the slice after the next, and lets everything else of this
// thread run in between. Killed anywhere it goes on where it was: the ledger says how much of the history is in the log, and
// of the live part at most one slice comes twice, which the pipeline recognises by its message ids.
import { setImmediate as breathe, setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "pg";
import type { Clock } from "../core/clock.ts";
import { AppError, assert } from "../core/errors.ts";
import { createShop, liveFrom, type Call, type DemoSource, type LiveShop, type Shop } from "../demo/demo.ts";
import type { Processed } from "../governance/governance.ts";
import type { EventLog } from "../log/log.ts";
import { findShop, historyReceived, noteProgress, sourceIds, type StoredShop } from "./shop-store.ts";

export interface PlayerDeps {
  readonly pool: Pool;
  readonly log: EventLog;
  readonly processed: Processed;
  readonly clock: Clock;
}

/** Calls that are made and appended together. */
const SLICE = 400;
/** Calls that are looked at between two breaths, where they only are counted or passed over. */
const LOOK = 200;
const LIVE_EVERY_MS = 1_000;
const WAIT_FOR_PIPELINE_MS = 1_000;

interface Playing extends PlayerDeps {
  readonly stored: StoredShop;
  readonly shop: Shop;
  readonly sources: ReadonlyMap<DemoSource, number>;
  readonly signal: AbortSignal;
}

/** Resolves when the shop is gone; rejects when something failed, or with the signal's reason. May be called again then. */
export async function playShop(deps: PlayerDeps, stored: StoredShop, signal: AbortSignal): Promise<void> {
  const { seed, people, fromMs, untilMs, workspaceId } = stored;
  const shop = createShop({ seed, people, fromMs, untilMs });
  const playing: Playing = { ...deps, stored, shop, signal, sources: await sourceIds(deps.pool, workspaceId) };
  if (stored.liveMs === null && !(await playHistory(playing))) return;
  await playLive(playing);
}

/** False: the shop is gone. */
async function playHistory(playing: Playing): Promise<boolean> {
  const { pool, stored, shop, signal } = playing;
  const { workspaceId, untilMs } = stored;
  // Beside the playing: how much it is nobody has to wait for.
  const counted = stored.total === null ? countCalls(shop, signal).then((total) => noteProgress(pool, workspaceId, { total })) : Promise.resolve(true);
  counted.catch(() => undefined);
  const before = await historyReceived(pool, workspaceId, untilMs);
  let seen = 0;
  let slice: Call[] = [];
  let last: number | undefined;
  const send = async (): Promise<boolean> => {
    const offset = await appendAll(playing, slice, true);
    slice = [];
    // One slice is on its way to the log while the pipeline decides the one before.
    if (last !== undefined) await decided(playing, last);
    last = offset;
    return noteProgress(pool, workspaceId, { appended: seen, failure: null });
  };
  for (const call of shop.history()) {
    if (++seen % LOOK === 0) await breathe(undefined, { signal });
    if (seen <= before) continue;
    slice.push(call);
    if (slice.length >= SLICE && !(await send())) return false;
  }
  if (slice.length > 0 && !(await send())) return false;
  if (last !== undefined) await decided(playing, last);
  await counted;
  return noteProgress(pool, workspaceId, { appended: seen, liveMs: untilMs, failure: null });
}

async function countCalls(shop: Shop, signal: AbortSignal): Promise<number> {
  let count = 0;
  for (const _ of shop.history()) if (++count % LOOK === 0) await breathe(undefined, { signal });
  return count;
}

async function decided({ processed, stored, signal }: Playing, offset: number): Promise<void> {
  while (!(await processed.waitFor(stored.partition, offset, WAIT_FOR_PIPELINE_MS))) signal.throwIfAborted();
}

/** In order, once each; gives the offset of the last. Rejects when it is open whether all were stored. */
async function appendAll(playing: Playing, calls: readonly Call[], historical: boolean): Promise<number> {
  const { log, sources, stored, signal } = playing;
  let left = calls;
  let last = -1;
  for (;;) {
    signal.throwIfAborted();
    const results = await Promise.allSettled(left.map(({ source, atMs, event }) => {
      const sourceId = sources.get(source);
      assert(sourceId !== undefined, "a demo shop has all its sources");
      return log.append(stored.partition, {
        header: { kind: "events", workspaceId: stored.workspaceId, sourceId, receivedAtMs: atMs, ...(historical && { historical }) },
        events: [Buffer.from(JSON.stringify(event))],
      });
    }));
    for (const result of results) {
      if (result.status === "fulfilled") last = Math.max(last, result.value.offset);
      else if (!isRefused(result.reason)) throw result.reason;
    }
    left = left.filter((_, index) => results[index]?.status === "rejected");
    if (left.length === 0) return last;
    // The log takes nothing in at the moment, and stored nothing of these.
    await sleep(WAIT_FOR_PIPELINE_MS, undefined, { signal });
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof AppError && error.code === "overloaded";
}

/** Until the shop is gone. */
async function playLive(playing: Playing): Promise<void> {
  const { pool, clock, shop, signal, stored: { workspaceId } } = playing;
  let live: { readonly shop: LiveShop; readonly pace: number; atMs: number } | undefined;
  for (;;) {
    const now = await findShop(pool, workspaceId);
    if (now?.workspaceId !== workspaceId || now.liveMs === null) return;
    if (now.paused) live = undefined;
    // The clock's time while nobody played is no time of the shop: it is taken up where it stood.
    else if (live?.pace !== now.pace) {
      const startMs = Math.max(clock.nowMs(), now.untilMs);
      live = { shop: liveFrom(shop, { startMs, fromMs: now.liveMs, pace: now.pace }), pace: now.pace, atMs: startMs };
    }
    await sleep(LIVE_EVERY_MS, undefined, { signal });
    if (live === undefined) continue;
    const untilMs = clock.nowMs();
    const calls = live.shop.between(live.atMs, untilMs);
    for (let from = 0; from < calls.length; from += SLICE) {
      await appendAll(playing, calls.slice(from, from + SLICE), false);
      await breathe(undefined, { signal });
    }
    live.atMs = untilMs;
    await noteProgress(pool, workspaceId, { liveMs: live.shop.shopMs(untilMs), liveCalls: now.liveCalls + calls.length, failure: null });
  }
}
