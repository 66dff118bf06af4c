// Warehouses over the API: what kinds there are, which a workspace has connected, and what can be read there.
import { z } from "zod";
import { warehouseDefinition } from "../warehouse/definition.ts";
import { isoTime } from "./answer-parts.ts";
import { exchange, fieldProblem } from "./destinations.ts";

export const warehouseSlug = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, "Small letters, digits, - and _, at most 63.").meta({ description: "By which models name it; never changes." });
const name = z.string().trim().min(1).max(200);
const settings = z.record(z.string().min(1).max(200), z.unknown());

export const warehouseKind = warehouseDefinition.extend({ secrets: z.array(z.string()).meta({ description: "Keys of the settings that are never shown once they are set." }) }).meta({ id: "WarehouseKind" });
export type WarehouseKind = z.infer<typeof warehouseKind>;
export const warehouseKindList = z.strictObject({ data: z.array(warehouseKind) });
export const warehouseKindParams = z.strictObject({ kind: z.string().min(1).max(63) });
/** POST /warehouse-kinds/{kind}/check: what is wrong with settings, before they are kept. Never 400 for wrong ones. */
export const warehouseCheckBody = z.strictObject({ settings });
export const warehouseCheck = z.strictObject({ ok: z.boolean(), problems: z.array(fieldProblem) });

export const warehouse = z
  .strictObject({
    slug: warehouseSlug, name: z.string(), kind: z.string(), kind_name: z.string().nullable().meta({ description: "Null where there is no such kind any more." }),
    reads: z.enum(["sql", "files"]).nullable().meta({ description: "What its queries are." }),
    status: z.enum(["active", "archived"]), version: z.int().meta({ description: "Greater with every change of the settings." }),
    created_at: isoTime, created_by: z.string(), updated_at: isoTime, updated_by: z.string(), updated_by_name: z.string().nullable(),
  })
  .meta({ id: "Warehouse" });
export type Warehouse = z.infer<typeof warehouse>;
export const warehouseDetail = warehouse
  .extend({
    settings: z.record(z.string(), z.unknown()).meta({ description: "Without secrets." }),
    secrets: z.record(z.string(), z.strictObject({ last: z.string() })).meta({ description: "Secrets that are set, with their last three characters where they are long enough for that." }),
    problems: z.array(fieldProblem).meta({ description: "What keeps it from being read." }),
    models: z.array(z.string()).meta({ description: "Slugs of the models that read it." }),
  })
  .meta({ id: "WarehouseDetail" });
export type WarehouseDetail = z.infer<typeof warehouseDetail>;
export const warehouseListQuery = z.strictObject({ status: z.enum(["active", "archived"]).default("active") });
export const warehouseList = z.strictObject({ data: z.array(warehouse) });
export type WarehouseList = z.infer<typeof warehouseList>;
export const warehouseParams = z.strictObject({ slug: warehouseSlug });

export const warehouseCreate = z.strictObject({
  slug: warehouseSlug.optional().meta({ description: "Without it, one is made of the name." }),
  name, kind: z.string().min(1).max(63), settings: settings.default({}),
});
export const warehouseChange = z.strictObject({
  name: name.optional(),
  settings: settings.optional().meta({ description: "What is left out stays, secrets too; null takes a setting away. Where a setting changes that says where it is, secrets are sent again." }),
  version: z.int().optional().meta({ description: "The version that was changed; refused (409) when there is a newer one." }),
});
export const warehouseChanged = z.strictObject({ changed: z.array(z.string()).meta({ description: "What is another than before." }), warehouse: warehouseDetail });

/** POST /warehouses/{slug}/test */
export const warehouseTest = z.strictObject({ ok: z.boolean(), detail: z.string().nullable(), exchanges: z.array(exchange) }).meta({ id: "WarehouseTest" });

/** GET /warehouses/{slug}/tables */
export const warehouseTablesQuery = z.strictObject({ search: z.string().max(200).default("").meta({ description: "Part of the name, in any case." }) });
export const warehouseTables = z
  .strictObject({
    data: z.array(z.strictObject({
      name: z.string().meta({ description: "As a query names it." }), columns: z.array(z.strictObject({ name: z.string(), type: z.string().meta({ description: "As the warehouse calls it." }) })),
      bytes: z.number().nullable().meta({ description: "Of a file." }),
    })),
  })
  .meta({ id: "WarehouseTables" });
