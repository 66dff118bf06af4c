// The role `deliver` in a worker thread: neither what destinations do nor how long they take delays the door, the API or the pipeline.
// Until there is a destination that is switched on, it holds no more than a connection, and loads nothing of what destinations need.
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
import { takeDeliverRole } from "./role-lock.ts";
import type { SealKeysPlace } from "./seal-keys.ts";

export interface DeliverThreadData {
  readonly postgres: PoolConfig;
  readonly clickhouse: ClickHouseEndpoint;
  readonly catalog: CatalogPlace;
  readonly sealKeys: SealKeysPlace;
  readonly wasUnclean: boolean;
  readonly logLevel: string;
}

export interface ToDeliverThread {
  readonly kind: "landed" | "stop";
}

export interface FromDeliverThread {
  readonly kind: "ready" | "stopped";
}

/** Behind the pipeline, on Linux, where this concerns this thread alone. */
const BACKGROUND_NICENESS = 7;
/** It is told when one is switched on; this is for what it was not told. */
const LOOK_EVERY_MS = 60_000;

async function run(data: DeliverThreadData, port: NonNullable<typeof parentPort>): Promise<void> {
  const send = (message: FromDeliverThread): void => port.postMessage(message);
  const logger = createLogger(data.logLevel).child({ role: "deliver" });
  const pool = createPool(data.postgres, "tributary deliver", 8, logger);
  const stopping = new AbortController();
  const stopped = new Promise<void>((resolve) => stopping.signal.addEventListener("abort", () => resolve()));
  let poke = (): void => undefined;
  port.on("message", (message: ToDeliverThread) => (message.kind === "stop" ? stopping.abort() : poke()));
  send({ kind: "ready" });
  await destinationNeeded(pool, stopping.signal);
  if (!stopping.signal.aborted) {
    const role = await Promise.race([takeDeliverRole(pool, logger), stopped]);
    // Another process may have the role already: nothing more may be sent.
    role?.lost.catch((error: unknown) => setImmediate(() => {
      throw error;
    }));
    const { startDeliverRole } = await import("./deliver-role.ts");
    const deliverer = role === undefined ? undefined : startDeliverRole(data, pool, logger);
    poke = () => deliverer?.poke();
    await stopped;
    await deliverer?.stop();
    role?.release();
  }
  await pool.end();
  send({ kind: "stopped" });
  port.close();
}

/** Resolves when a destination is switched on, or when it is to stop. */
async function destinationNeeded(pool: Pool, signal: AbortSignal): Promise<void> {
  let wake = new AbortController();
  const notices = createNotices(pool, "delivery_meaning", () => wake.abort());
  while (!signal.aborted) {
    wake = new AbortController();
    try {
      await notices.take();
      const { rowCount } = await pool.query("select from destination where enabled and status = 'active' limit 1");
      if (rowCount !== 0) break;
    } catch {
      // Postgres is not there at the moment.
      wake = new AbortController();
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
