// All kinds of warehouses there are, for whoever reads them: the API, which tries them, and whoever runs models.
import { join } from "node:path";
import { systemClock } from "./core/clock.ts";
import type { Outbound } from "./outbound/outbound.ts";
import { warehouseKinds, type WarehouseKind } from "./warehouses/warehouses.ts";

/** Files that are put here by hand may be read, by the workspace whose id their folder has. */
export const WAREHOUSE_FILES = "warehouse-files";

export function openWarehouses(dataDir: string, outbound: Outbound): ReadonlyMap<string, WarehouseKind> {
  return warehouseKinds({ outbound, filesDirectory: join(dataDir, WAREHOUSE_FILES), nowMs: () => systemClock.nowMs() });
}
