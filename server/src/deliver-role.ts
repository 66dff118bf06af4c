// The role `deliver` itself, with everything that destinations bring along: loaded by its thread once there is a destination.
import type { Pool } from "pg";
import { systemClock } from "./core/clock.ts";
import type { Logger } from "./core/logger.ts";
import { destinationPurpose } from "./core/sealed-text.ts";
import type { DeliverThreadData } from "./deliver-thread.ts";
import { createDeliverer, profilesByIdentifier, type Deliverer } from "./delivery/delivery.ts";
import { connectClickHouse } from "./engines/clickhouse/clickhouse.ts";
import { createPool } from "./engines/postgres/postgres.ts";
import { readSettings } from "./governance/governance.ts";
import { createFindIdentifier } from "./identity/identity.ts";
import { catalogMemory, openCatalog } from "./open-catalog.ts";
import { landedBefore } from "./pipeline/outbox/landed-before.ts";
import { connectionsOf } from "./postgres-connections.ts";
import { openSealKeys } from "./seal-keys.ts";

export function startDeliverRole(data: DeliverThreadData, pool: Pool, logger: Logger): Pick<Deliverer, "stop"> {
  const clickhouse = connectClickHouse(data.clickhouse, "deliver");
  const seal = openSealKeys(data.sealKeys).seal(destinationPurpose);
  const tokenPool = createPool(data.postgres, "tributary tokens", connectionsOf.tokens, logger);
  const catalog = openCatalog(data.catalog, logger, catalogMemory(tokenPool, seal));
  const findIdentifier = createFindIdentifier(data.secret);
  const deliverer = createDeliverer({
    pool, clickhouse, catalog, seal, landedBefore: (partition) => landedBefore(pool, partition), clock: systemClock, logger, wasUnclean: data.wasUnclean,
    isGrantedByDefault: async (workspaceId) => (await readSettings(pool, workspaceId)).settings.consentWhenAbsent === "granted",
    async findProfiles(workspaceId, identifiers) {
      const { settings } = await readSettings(pool, workspaceId);
      const keyOf = (one: (typeof identifiers)[number]): string | undefined => findIdentifier(workspaceId, settings, one)?.key;
      return profilesByIdentifier(pool, workspaceId, identifiers, keyOf);
    },
  });
  return {
    async stop() {
      await deliverer.stop();
      await Promise.all([catalog.close(), clickhouse.close()]);
      await tokenPool.end();
    },
  };
}
