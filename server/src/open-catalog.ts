// All destinations there are, for whoever speaks to them: the API, which tries them, and the role `deliver`, which sends.
import { join } from "node:path";
import { systemClock } from "./core/clock.ts";
import type { Logger } from "./core/logger.ts";
import { createHostedCatalog, joinCatalogs, ownDestinations, type Catalog } from "./destinations/destinations.ts";
import { createOutbound } from "./outbound/outbound.ts";

/** Plain data: it goes to threads. */
export interface CatalogPlace {
  readonly dataDir: string;
  /** OUTBOUND_PRIVATE_HOSTS */
  readonly privateHosts: readonly string[];
  readonly version: string;
}

/** Of one exchange with a vendor. */
const TIMEOUT_MS = 20_000;

export function openCatalog({ dataDir, privateHosts, version }: CatalogPlace, logger: Logger): Catalog {
  const outbound = createOutbound({ privateHosts, userAgent: `Tributary/${version}` });
  const own = ownDestinations({ outbound, filesDirectory: join(dataDir, "files"), nowMs: () => systemClock.nowMs(), timeoutMs: TIMEOUT_MS });
  const catalog = joinCatalogs([
    { list: () => Promise.resolve(own.map(({ definition }) => definition)), find: (slug) => Promise.resolve(own.find(({ definition }) => definition.slug === slug)), close: () => Promise.resolve() },
    createHostedCatalog({ cacheDir: join(dataDir, "cache"), logger, outbound: { privateHosts } }),
  ]);
  return {
    ...catalog,
    async close() {
      await catalog.close();
      await outbound.close();
    },
  };
}
