// The role `deliver` in a worker thread: neither what destinations do nor how long they take delays the door, the API or the pipeline.
// Until there is a destination that is switched on, or a model, it holds no more than two connections, and loads nothing of what these need.
import { setPriority } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import type { Pool, PoolConfig } from "pg";
import { assert } from "./core/errors.ts";
import { createLogger } from "./core/logger.ts";
import { createNotices } from "./core/notices.ts";
import type { ClickHouseEndpoint } from "./engines/clickhouse/clickhouse.ts";
import { createPool } from "./engines/postgres/postgres.ts";
import type { CatalogPlace } from "./open-catalog.ts";
import { connectionsOf } from "./postgres-connections.ts";
import { takeDeliverRole, type DeliverRoleLock } from "./role-lock.ts";
import type { SealKeysPlace } from "./seal-keys.ts";

export interface DeliverThreadData {
  readonly postgres: PoolConfig;
  readonly clickhouse: ClickHouseEndpoint;
  readonly catalog: CatalogPlace;
  readonly sealKeys: SealKeysPlace;
  /** The installation's, that keys of identifiers are made with. */
  readonly secret: string;
  /** The event log, into which rows of models go. */
  readonly log: { readonly partitions: number; readonly dataDir: string | undefined; readonly horizonMs: number; readonly horizonBytesMax: number; readonly diskFreeBytesMin: number };
  readonly wasUnclean: boolean;
  readonly logLevel: string;
}

export interface ToDeliverThread {
  readonly kind: "stop";
}

export type FromDeliverThread =
  | { readonly kind: "ready" | "stopped" }
  /** Rows of a model came into the log. */
  | { readonly kind: "appended"; readonly partition: number; readonly nextOffset: number };

/** Behind the pipeline, on Linux, where this concerns this thread alone. */
const BACKGROUND_NICENESS = 7;
/** It is told when one is switched on; this is for what it was not told. */
const LOOK_EVERY_MS = 60_000;

async function run(data: DeliverThreadData, port: NonNullable<typeof parentPort>): Promise<void> {
  const send = (message: FromDeliverThread): void => port.postMessage(message);
  const logger = createLogger(data.logLevel).child({ role: "deliver" });
  const pool = createPool(data.postgres, "tributary deliver", connectionsOf.deliver, logger);
  const stopping = new AbortController();
  const stopped = new Promise<void>((resolve) => stopping.signal.addEventListener("abort", () => resolve()));
  // It is told one thing.
  port.on("message", (_: ToDeliverThread) => stopping.abort());
  send({ kind: "ready" });
  let role: Promise<DeliverRoleLock | void> | undefined;
  /** Nothing when it is to stop. */
  const roleOnce = (): Promise<DeliverRoleLock | void> => (role ??= Promise.race([takeDeliverRole(pool, logger), stopped]).then((taken) => {
    // Another process may have the role already: nothing more may be sent.
    taken?.lost.catch((error: unknown) => setImmediate(() => {
      throw error;
    }));
    return taken;
  }));
  const onceNeeded = async (need: Need, start: () => Promise<{ stop(): Promise<void> }>): Promise<void> => {
    await needed(pool, need, stopping.signal);
    if (stopping.signal.aborted || (await roleOnce()) === undefined) return;
    const part = await start();
    await stopped;
    await part.stop();
  };
  await Promise.all([
    onceNeeded({ channel: "delivery_meaning", question: DESTINATION_NEEDED }, async () => (await import("./deliver-role.ts")).startDeliverRole(data, pool, logger)),
    onceNeeded({ channel: "models", question: MODEL_NEEDED }, async () =>
      (await import("./models-role.ts")).startModelsRole(data, logger, (partition, nextOffset) => send({ kind: "appended", partition, nextOffset }))),
  ]);
  (await role)?.release();
  await pool.end();
  send({ kind: "stopped" });
  port.close();
}

const DESTINATION_NEEDED =
  "select from destination d where status = 'active' and (enabled or exists (select from delivery_sync s where s.destination_id = d.id and s.status = 'running')) union all select from forgetting where done_at is null limit 1";
const MODEL_NEEDED = "select from model where status = 'active' union all select from forgetting_model where status in ('waiting', 'removed') limit 1";

interface Need {
  /** On which Postgres tells that it may be there. */
  readonly channel: string;
  /** Answers a row once it is. */
  readonly question: string;
}

/** Resolves when it is there, or when it is to stop. */
async function needed(pool: Pool, { channel, question }: Need, signal: AbortSignal): Promise<void> {
  let wake = new AbortController();
  const notices = createNotices(pool, channel, () => wake.abort());
  while (!signal.aborted) {
    wake = new AbortController();
    try {
      await notices.take();
      const { rowCount } = await pool.query(question);
      if (rowCount !== 0) break;
    } catch {
      // Postgres is not there at the moment.
      await sleep(1_000, undefined, { signal }).catch(() => undefined);
      continue;
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal: AbortSignal.any([signal, wake.signal]) }).catch(() => undefined);
  }
  notices.stop();
}

assert(parentPort, "deliver-thread.ts runs in a worker thread");
if (process.platform === "linux") setPriority(0, BACKGROUND_NICENESS);
// The main thread made the data with this type.
await run(workerData as DeliverThreadData, parentPort);
