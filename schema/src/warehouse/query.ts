// What is asked of a warehouse, and what its columns and values may be. Rows are plain JSON whatever they come from, so that one can be
// compared, kept and sent without knowing where it was read.
import { z } from "zod";

/** `decimal`: exact digits, as text. `instant`: ISO 8601 in UTC. `date`: YYYY-MM-DD. `binary` is told, and never read. */
export const columnTypes = ["text", "number", "decimal", "boolean", "instant", "date", "json", "binary"] as const;
export type ColumnType = (typeof columnTypes)[number];

export const fileFormats = ["csv", "ndjson", "parquet"] as const;
export type FileFormat = (typeof fileFormats)[number];

export const sqlQuery = z.strictObject({ kind: z.literal("sql"), sql: z.string().trim().min(1).max(100_000).meta({ description: "One statement that reads." }) });
export const filesQuery = z.strictObject({
  kind: z.literal("files"),
  files: z.string().trim().min(1).max(1_000).meta({ description: "Names below the warehouse's folder: * is anything but /, ** anything, ? one character, {a,b} a choice." }),
  format: z.enum(fileFormats).optional().meta({ description: "Without it, the ending of each name says: .csv, .tsv, .ndjson, .jsonl, .parquet, each but Parquet also with .gz." }),
  columns: z.array(z.string().min(1).max(300)).min(1).max(1_000).optional().meta({ description: "Those that are read, in this order; without it, all." }),
});
/** Databases take SQL; files are named, and take none. */
export const warehouseQuery = z.discriminatedUnion("kind", [sqlQuery, filesQuery]).meta({ id: "WarehouseQuery" });
export type WarehouseQuery = z.infer<typeof warehouseQuery>;
export type SqlQuery = z.infer<typeof sqlQuery>;
export type FilesQuery = z.infer<typeof filesQuery>;
