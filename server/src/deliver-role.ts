// The role `deliver` itself, with everything that destinations bring along: loaded by its thread once there is a destination.
import type { Pool } from "pg";
import { systemClock } from "./core/clock.ts";
import type { Logger } from "./core/logger.ts";
import { destinationPurpose } from "./core/sealed-text.ts";
import type { DeliverThreadData } from "./deliver-thread.ts";
import { createDeliverer, type Deliverer } from "./delivery/delivery.ts";
import { connectClickHouse } from "./engines/clickhouse/clickhouse.ts";
import { readSettings } from "./governance/governance.ts";
import { openCatalog } from "./open-catalog.ts";
import { landedBefore } from "./pipeline/outbox/landed-before.ts";
import { openSealKeys } from "./seal-keys.ts";

export function startDeliverRole(data: DeliverThreadData, pool: Pool, logger: Logger): Pick<Deliverer, "poke" | "stop"> {
  const clickhouse = connectClickHouse(data.clickhouse, "deliver");
  const catalog = openCatalog(data.catalog, logger);
  const seal = openSealKeys(data.sealKeys).seal(destinationPurpose);
  const deliverer = createDeliverer({
    pool, clickhouse, catalog, open: (sealed, workspaceId) => seal.open(sealed, workspaceId), seal: (text, workspaceId) => seal.seal(text, workspaceId),
    landedBefore: (partition) => landedBefore(pool, partition), clock: systemClock, logger, wasUnclean: data.wasUnclean,
    isGrantedByDefault: async (workspaceId) => (await readSettings(pool, workspaceId)).settings.consentWhenAbsent === "granted",
  });
  return {
    poke: () => deliverer.poke(),
    async stop() {
      await deliverer.stop();
      await Promise.all([catalog.close(), clickhouse.close()]);
    },
  };
}
