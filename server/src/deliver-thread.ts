// The role `deliver` in a worker thread: neither what destinations do nor how long they take delays the door, the API or the pipeline.
import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import type { PoolConfig } from "pg";
import { systemClock } from "./core/clock.ts";
import { assert } from "./core/errors.ts";
import { createLogger } from "./core/logger.ts";
import { destinationPurpose } from "./core/sealed-text.ts";
import { createDeliverer, type Deliverer } from "./delivery/delivery.ts";
import { connectClickHouse, type ClickHouseEndpoint } from "./engines/clickhouse/clickhouse.ts";
import { createPool } from "./engines/postgres/postgres.ts";
import { readSettings } from "./governance/governance.ts";
import { openCatalog, type CatalogPlace } from "./open-catalog.ts";
import { landedBefore } from "./pipeline/outbox/landed-before.ts";
import { takeDeliverRole } from "./role-lock.ts";
import { openSealKeys, type SealKeysPlace } from "./seal-keys.ts";

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

async function run(data: DeliverThreadData, port: NonNullable<typeof parentPort>): Promise<void> {
  const send = (message: FromDeliverThread): void => port.postMessage(message);
  const logger = createLogger(data.logLevel).child({ role: "deliver" });
  const pool = createPool(data.postgres, "tributary deliver", 8, logger);
  const clickhouse = connectClickHouse(data.clickhouse, "deliver");
  const catalog = openCatalog(data.catalog, logger);
  const stop = Promise.withResolvers<undefined>();
  let deliverer: Deliverer | undefined;
  port.on("message", (message: ToDeliverThread) => (message.kind === "stop" ? stop.resolve(undefined) : deliverer?.poke()));
  send({ kind: "ready" });
  const role = await Promise.race([takeDeliverRole(pool, logger), stop.promise]);
  const seal = openSealKeys(data.sealKeys).seal(destinationPurpose);
  deliverer = role === undefined ? undefined : createDeliverer({
    pool, clickhouse, catalog, open: (sealed, workspaceId) => seal.open(sealed, workspaceId), seal: (text, workspaceId) => seal.seal(text, workspaceId), landedBefore: (partition) => landedBefore(pool, partition), clock: systemClock, logger, wasUnclean: data.wasUnclean,
    isGrantedByDefault: async (workspaceId) => (await readSettings(pool, workspaceId)).settings.consentWhenAbsent === "granted",
  });
  // Another process may have the role already: nothing more may be sent.
  role?.lost.catch((error: unknown) => setImmediate(() => {
    throw error;
  }));
  await stop.promise;
  await deliverer?.stop();
  role?.release();
  await Promise.all([catalog.close(), clickhouse.close(), pool.end()]);
  send({ kind: "stopped" });
  port.close();
}

assert(parentPort, "deliver-thread.ts runs in a worker thread");
if (process.platform === "linux") setPriority(0, BACKGROUND_NICENESS);
// The main thread made the data with this type.
await run(workerData as DeliverThreadData, parentPort);
