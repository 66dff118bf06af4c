// All destinations there are, for whoever speaks to them: the API, which tries them, and the role `deliver`, which sends.
import { join } from "node:path";
import type { Pool } from "pg";
import { systemClock } from "./core/clock.ts";
import type { Logger } from "./core/logger.ts";
import type { Seal } from "./core/sealed-text.ts";
import { createHostedCatalog, createKeptTokens, createLayoutColumns, createTokenKeeper, joinCatalogs, ownDestinations, type Catalog, type KeptTokens, type LayoutColumns } from "./destinations/destinations.ts";
import { createOutbound, type Outbound } from "./outbound/outbound.ts";

/** Plain data: it goes to threads. */
export interface CatalogPlace {
  readonly dataDir: string;
  /** OUTBOUND_PRIVATE_HOSTS */
  readonly privateHosts: readonly string[];
  readonly version: string;
}

/** Of one exchange with a vendor. */
const TIMEOUT_MS = 20_000;

/** The way out of a process: one for everything that it speaks to. */
export function openOutbound({ privateHosts, version }: Pick<CatalogPlace, "privateHosts" | "version">): Outbound {
  return createOutbound({ privateHosts, userAgent: `Tributary/${version}` });
}

export interface OpenCatalog extends Catalog {
  /** The client that all of them go out by. */
  readonly outbound: Outbound;
}

export interface CatalogMemory {
  /** Where tokens are renewed and kept, for all who have them. */
  readonly tokens: KeptTokens;
  readonly layoutColumns: LayoutColumns;
}

export const catalogMemory = (pool: Pool, seal: Seal): CatalogMemory => ({ tokens: createKeptTokens({ pool, seal }), layoutColumns: createLayoutColumns({ pool }) });

/** Without a memory everything is kept in this process alone. */
export function openCatalog({ dataDir, privateHosts, version }: CatalogPlace, logger: Logger, memory?: CatalogMemory): OpenCatalog {
  const outbound = openOutbound({ privateHosts, version });
  const keeper = createTokenKeeper({ kept: memory?.tokens });
  const own = ownDestinations({ outbound, filesDirectory: join(dataDir, "files"), nowMs: () => systemClock.nowMs(), timeoutMs: TIMEOUT_MS, keeper, ...(memory && { layoutColumns: memory.layoutColumns }) });
  const catalog = joinCatalogs([
    { list: () => Promise.resolve(own.map(({ definition }) => definition)), find: (slug) => Promise.resolve(own.find(({ definition }) => definition.slug === slug)), close: () => Promise.resolve() },
    createHostedCatalog({ cacheDir: join(dataDir, "cache"), logger, outbound: { privateHosts }, client: outbound, keeper }),
  ]);
  return {
    ...catalog,
    outbound,
    async close() {
      await catalog.close();
      await outbound.close();
    },
  };
}
