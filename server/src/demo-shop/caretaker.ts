// Plays the demo shops and removes the workspaces of an installation, in one process at a time: the one whose session of
// Postgres has the lock. What it works from lies in Postgres, so that after a kill whoever gets the lock next goes on.
import { setTimeout as sleep } from "node:timers/promises";
import type { Pool, PoolClient } from "pg";
import type { Logger } from "../core/logger.ts";
import type { Removals } from "../governance/governance.ts";
import { playShop, type PlayerDeps } from "./player.ts";
import { listShops, noteProgress, type StoredShop } from "./shop-store.ts";

/** Any number of ours. */
const CARETAKER_LOCK = 7_205_913_008;
const LOOK_EVERY_MS = 500;
/** Where nothing has happened for a while: an installation without demo shops pays next to nothing for them. */
const LOOK_IDLE_MS = 5_000;
const IDLE_AFTER_MS = 60_000;
const RETRY_AFTER_MS = 5_000;

export interface CaretakerDeps extends PlayerDeps {
  readonly removals: Removals;
  readonly logger: Logger;
}

export interface Caretaker {
  /** Looks at once, after something was asked for. */
  wake(): void;
  stop(): Promise<void>;
}

export function startCaretaker(deps: CaretakerDeps): Caretaker {
  const stopping = new AbortController();
  let waking = new AbortController();
  let wokenMs = performance.now();
  const finished = run(deps, stopping.signal, async (ms) => {
    waking = new AbortController();
    const isIdle = performance.now() - wokenMs > IDLE_AFTER_MS;
    await sleep(isIdle ? Math.max(ms, LOOK_IDLE_MS) : ms, undefined, { signal: AbortSignal.any([waking.signal, stopping.signal]) }).catch(() => undefined);
  });
  return {
    wake: () => {
      wokenMs = performance.now();
      waking.abort();
    },
    async stop() {
      stopping.abort();
      await finished;
    },
  };
}

async function run(deps: CaretakerDeps, signal: AbortSignal, pause: (ms: number) => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    const client = await takeLock(deps.pool).catch(() => undefined);
    if (client === undefined) {
      await pause(LOOK_EVERY_MS * 4);
      continue;
    }
    const lost = new AbortController();
    client.on("error", () => lost.abort());
    try {
      await care(deps, AbortSignal.any([signal, lost.signal]), pause);
    } finally {
      client.release(true);
    }
  }
}

async function takeLock(pool: Pool): Promise<PoolClient | undefined> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query<{ has: boolean }>("select pg_try_advisory_lock($1) as has", [CARETAKER_LOCK]);
    if (rows[0]?.has) return client;
  } catch (error) {
    client.release(true);
    throw error;
  }
  client.release();
  return undefined;
}

/** Until `signal` aborts. */
async function care(deps: CaretakerDeps, signal: AbortSignal, pause: (ms: number) => Promise<void>): Promise<void> {
  const playing = new Map<number, { readonly end: AbortController; readonly done: Promise<void> }>();
  while (!signal.aborted) {
    let isMore = false;
    try {
      const shops = await listShops(deps.pool);
      const there = new Set(shops.map(({ workspaceId }) => workspaceId));
      for (const [workspaceId, { end }] of playing) if (!there.has(workspaceId)) end.abort();
      for (const shop of shops) {
        if (playing.has(shop.workspaceId)) continue;
        const end = new AbortController();
        const done = keepPlaying(deps, shop, AbortSignal.any([signal, end.signal])).finally(() => playing.delete(shop.workspaceId));
        playing.set(shop.workspaceId, { end, done });
      }
      isMore = await deps.removals.advance();
    } catch (error) {
      deps.logger.warn({ err: error }, "demo shops and removals of workspaces were not looked after; trying again");
    }
    if (!isMore) await pause(LOOK_EVERY_MS);
  }
  await Promise.all([...playing.values()].map(({ done }) => done));
}

/** One attempt; the next look begins another. */
async function keepPlaying(deps: CaretakerDeps, shop: StoredShop, signal: AbortSignal): Promise<void> {
  try {
    await playShop(deps, shop, signal);
  } catch (error) {
    if (signal.aborted) return;
    deps.logger.warn({ workspace: shop.workspaceId, err: error }, "the demo shop stands still; trying again");
    const failure = error instanceof Error ? error.message : String(error);
    await noteProgress(deps.pool, shop.workspaceId, { failure }).catch(() => undefined);
    await sleep(RETRY_AFTER_MS, undefined, { signal }).catch(() => undefined);
  }
}
