// The door of this folder: what kinds of warehouses there are, and how each is read.
import type { WarehouseKind } from "./warehouse.ts";
import type { WarehouseParts } from "./define-warehouse.ts";
import { bigquery } from "./kinds/bigquery.ts";
import { clickhouse } from "./kinds/clickhouse.ts";
import { databricks } from "./kinds/databricks.ts";
import { files } from "./kinds/files.ts";
import { mysql } from "./kinds/mysql.ts";
import { postgres } from "./kinds/postgres.ts";
import { redshift } from "./kinds/redshift.ts";
import { s3 } from "./kinds/s3.ts";
import { snowflake } from "./kinds/snowflake.ts";

export {
  WarehouseError, warehouseLimits, type Column, type Preview, type ReadOptions, type Row, type Value, type Warehouse, type WarehouseConnection, type WarehouseFailure, type WarehouseKind, type WarehouseTable,
  type WarehouseTest,
} from "./warehouse.ts";
export {
  archiveWarehouse, changedSettings, changeWarehouse, createWarehouse, holdWarehouse, openStoredWarehouse, presentWarehouse, readableWarehouseSettings, readWarehouses, refuseWarehouseSettings, warehouseKind,
  warehouseSettings, type StoredWarehouse, type WarehouseOpening,
} from "./warehouse-store.ts";
export type { WarehouseParts } from "./define-warehouse.ts";

const kinds = [postgres, redshift, mysql, clickhouse, snowflake, bigquery, databricks, s3, files];

/** By slug. */
export function warehouseKinds(parts: WarehouseParts): ReadonlyMap<string, WarehouseKind> {
  return new Map(kinds.map((kind) => kind(parts)).map((kind) => [kind.definition.slug, kind]));
}
