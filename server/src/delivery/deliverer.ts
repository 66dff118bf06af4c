// The role `deliver`: one runner for each destination that is switched on. It hears when somebody changes a destination, and looks
// where the event table has come to; without destinations it does nothing.
import { setTimeout as sleep } from "node:timers/promises";
import type { ClickHouseClient } from "@clickhouse/client";
import type { Pool } from "pg";
import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/logger.ts";
import type { Seal } from "../core/sealed-text.ts";
import { keepTokens, type Catalog } from "../destinations/destinations.ts";
import { audienceDecidedBefore, audienceLandedBefore } from "../audiences/audiences.ts";
import { makeAudiences } from "./audience-at-vendor.ts";
import { audienceFeeds } from "./audience-feed.ts";
import { createDeliveryLog, type DeliveryLog } from "./delivery-log.ts";
import { deliveryLimits, type DeliveryLimits } from "./delivery-limits.ts";
import { createEventStream } from "./event-stream.ts";
import { createExchangeLog } from "./exchanges.ts";
import { DETAIL_MAX } from "./entry.ts";
import { eventFeed } from "./feed.ts";
import { eraseSent, sweepForgettings } from "./forget-sweep.ts";
import { createForgettings } from "./forgetting.ts";
import { modelFeeds, type FindProfiles } from "./model-feed.ts";
import { readAccounts } from "./accounts.ts";
import { createAccountRates } from "./account-rates.ts";
import { createNotices } from "../core/notices.ts";
import { findOvertaken } from "./overtaken.ts";
import { advanceReplays } from "./replay.ts";
import { concludeSyncs } from "./conclude-syncs.ts";
import { createRunner, type Runner } from "./runner.ts";
import { createDeliveryStore } from "./store.ts";
import { readTargets, type Target } from "./target.ts";

export interface DelivererOptions {
  readonly pool: Pool;
  /** Of the use "deliver". */
  readonly clickhouse: ClickHouseClient;
  readonly catalog: Catalog;
  /** Of destinations' settings and tokens. */
  readonly seal: Seal;
  /** Every outbox block of the partition below this one has landed. */
  readonly landedBefore: (partition: number) => Promise<number>;
  readonly isGrantedByDefault: (workspaceId: number) => Promise<boolean>;
  /** Whom rows of models are about. */
  readonly findProfiles: FindProfiles;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly wasUnclean: boolean;
  readonly limits?: Partial<DeliveryLimits>;
}

export interface Deliverer {
  /** Reads anew what is set up, and waits until everything that has landed has an outcome, is parked, or waits for a destination that is not well. */
  catchUp(): Promise<void>;
  stop(): Promise<void>;
}

interface Running {
  readonly key: string;
  readonly version: number;
  readonly partition: number;
  readonly runner: Runner;
}

const RELOAD_MS = 30_000;
/** Between looks whether there is room for more of a replay. */
const REPLAY_MS = 1_000;
const SETTLED_POLL_MS = 5;

export function createDeliverer(options: DelivererOptions): Deliverer {
  const { pool, clock, logger } = options;
  const limits = { ...deliveryLimits, ...options.limits };
  const store = createDeliveryStore({ pool, logger });
  const exchanges = createExchangeLog({ clickhouse: options.clickhouse, logger });
  const log: DeliveryLog = createDeliveryLog({ pool, clickhouse: options.clickhouse, logger, wasUnclean: options.wasUnclean });
  const events = createEventStream({ clickhouse: options.clickhouse, limits });
  const rates = createAccountRates();
  const running = new Map<number, Running>();
  const landed = new Map<number, number>();
  const stopping = new AbortController();
  let waking = new AbortController();
  let [loadedAtMs, replayedAtMs] = [-Infinity, -Infinity];
  let isReplayWaiting = false;
  /** How often it was asked to read anew, and up to which of these it has. */
  let [asked, served] = [0, 0];
  let erasing: Promise<void> | undefined;
  const poke = (): void => waking.abort();
  const notices = createNotices(pool, "delivery_meaning", poke);

  async function load(): Promise<void> {
    loadedAtMs = performance.now();
    const targets = await readTargets(pool, options.seal, logger);
    const forgetting = await sweepForgettings({ pool, catalog: options.catalog, limits, nowMs: clock.nowMs() });
    // Without destinations nothing of the catalog is loaded.
    const accounts = targets.length === 0 ? undefined : await readAccounts(pool, options.seal, options.catalog);
    rates.set([...(accounts?.values() ?? [])]);
    const accountOf = ({ connection: { destinationId } }: Target): string => accounts?.get(destinationId)?.account ?? `destination ${destinationId}`;
    const keys = new Map(targets.map((target) => [target.connection.destinationId, JSON.stringify([target, accountOf(target)])]));
    const old = [...running].filter(([id, one]) => keys.get(id) !== one.key);
    await Promise.all(old.map(([, { runner }]) => runner.stop()));
    for (const [id] of old) running.delete(id);
    for (const target of targets) {
      const id = target.connection.destinationId;
      if (running.has(id) || (target.subscriptions.length === 0 && !forgetting.has(id))) continue;
      const before = old.find(([oldId]) => oldId === id)?.[1];
      await begin(target, { account: accountOf(target), key: keys.get(id) ?? "", isNew: before !== undefined && before.version !== target.connection.version });
    }
  }

  async function begin(target: Target, { account, key, isNew }: { readonly account: string; readonly key: string; readonly isNew: boolean }): Promise<void> {
    const { connection } = target;
    const destination = await options.catalog.find(connection.slug);
    if (destination === undefined) return logger.error({ destination: connection.destinationId, slug: connection.slug }, "there is no such destination in the catalog");
    const made = await makeAudiences({
      pool, target, destination, logger, timeoutMs: limits.requestMs, onRefreshed: (tokens) => keepTokens(pool, options.seal, connection, tokens),
    });
    // Looked at again with the next reload; meanwhile the others of the destination are sent.
    if (made.problem !== undefined) await tellMissing(target, made.problem);
    const sent = { ...target, subscriptions: made.subscriptions };
    const feedOptions = {
      target: sent, definition: destination.definition, pool, events, clickhouse: options.clickhouse, limits, landedBefore: options.landedBefore,
      membershipsLandedBefore: (partition: number) => audienceLandedBefore(pool, partition), membershipsDecidedBefore: (partition: number) => audienceDecidedBefore(pool, partition),
      nowMs: () => clock.nowMs(), isGrantedByDefault: options.isGrantedByDefault, findProfiles: options.findProfiles,
    };
    const feeds = [eventFeed(feedOptions) ?? [], ...sent.subscriptions.map((one) => [...audienceFeeds(feedOptions, one), ...modelFeeds(feedOptions, one)])].flat();
    const forgettings = createForgettings({ pool, destinationId: connection.destinationId, definition: destination.definition, limits, nowMs: () => clock.nowMs() });
    const runner = createRunner({
      target: sent, destination, feeds, forgettings, store, exchanges, rate: rates.join(account), limits, clock, logger, isNew, onCommitted: () => log.poke(),
      async overtaken(jobs) {
        await store.flushed();
        await log.catchUp();
        return findOvertaken(options.clickhouse, connection, jobs);
      },
      onRefreshed: (tokens) => keepTokens(pool, options.seal, connection, tokens),
    });
    // With something missing its key is none that is ever read, so that it is begun again.
    running.set(connection.destinationId, { key: made.problem === undefined ? key : "", version: connection.version, partition: target.partition, runner });
  }

  async function tellMissing({ connection }: Target, detail: string): Promise<void> {
    const nowMs = clock.nowMs();
    await store.commit({
      workspaceId: connection.workspaceId, destinationId: connection.destinationId, atMs: nowMs,
      state: { state: "failing", sinceMs: nowMs, code: "audience_not_made", detail: detail.slice(0, DETAIL_MAX), failures: 1, nextAtMs: nowMs + RELOAD_MS },
    });
  }

  /** Pokes runners behind whose partition more has landed. */
  async function look(): Promise<void> {
    for (const partition of new Set([...running.values()].map((one) => one.partition))) {
      const before = await options.landedBefore(partition);
      if (before === landed.get(partition)) continue;
      landed.set(partition, before);
      for (const one of running.values()) if (one.partition === partition) one.runner.poke();
    }
  }

  async function replay(): Promise<void> {
    replayedAtMs = performance.now();
    for (;;) {
      // Half of what may wait at all: the rest is for what fails.
      const { advanced, isWaiting } = await advanceReplays({ pool, clickhouse: options.clickhouse, log, waitingMax: Math.floor(limits.parkedMax / 2) });
      for (const id of advanced) running.get(id)?.runner.pokeParked();
      isReplayWaiting = isWaiting;
      if (advanced.length === 0 || stopping.signal.aborted) return;
    }
  }

  /** Beside everything else: ClickHouse takes its time. */
  async function eraseAll(): Promise<void> {
    const settled = async (): Promise<void> => {
      await log.catchUp();
      await exchanges.flush();
    };
    try {
      while (!stopping.signal.aborted && (await eraseSent({ pool, clickhouse: options.clickhouse, settled })));
    } catch (error) {
      logger.warn({ err: error }, "what was sent about somebody who is to be forgotten could not be erased; it is tried again");
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        waking = new AbortController();
        const ask = asked;
        if ((await notices.take()) || ask > served || performance.now() - loadedAtMs > RELOAD_MS) {
          await load();
          // A run of a model may be done.
          for (const { runner } of running.values()) runner.pokeForgettings();
          erasing ??= eraseAll().finally(() => (erasing = undefined));
          await replay();
          if (await concludeSyncs({ pool, seal: options.seal, logger, nowMs: clock.nowMs() })) await load();
          served = ask;
        } else if (isReplayWaiting && performance.now() - replayedAtMs > REPLAY_MS) await replay();
        await look();
        await sleep(running.size === 0 ? RELOAD_MS : limits.pollMs, undefined, { signal: AbortSignal.any([waking.signal, stopping.signal]) }).catch(() => undefined);
      } catch (error) {
        if (stopping.signal.aborted) return;
        logger.warn({ err: error }, "destinations could not be looked after; it is tried again");
        await sleep(limits.pollIdleMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  }

  const loop = run();
  return {
    async catchUp() {
      const ask = ++asked;
      poke();
      while (served < ask && !stopping.signal.aborted) await sleep(SETTLED_POLL_MS);
      for (const { runner } of running.values()) {
        runner.poke();
        await runner.settled();
      }
      await log.catchUp();
      await exchanges.flush();
      await erasing;
    },
    async stop() {
      stopping.abort();
      await loop;
      notices.stop();
      await erasing;
      await Promise.all([...running.values()].map(({ runner }) => runner.stop()));
      await store.close();
      await log.catchUp().catch(() => undefined); // It stands in Postgres, and is written after the next start.
      await Promise.all([log.stop(), exchanges.close()]);
    },
  };
}
