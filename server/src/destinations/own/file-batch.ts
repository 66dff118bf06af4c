// A batch as the content of a file, and the file's name: made of the batch alone, so that a batch that is sent again writes the same
// file again and nothing twice.
import { hash } from "node:crypto";
import { csvLine } from "@tributary/schema/csv.ts";
import { isRecord } from "@tributary/schema/is-record.ts";
import type { SendItem } from "../destination.ts";

export const fileFormats = ["ndjson", "csv"] as const;
export type FileFormat = (typeof fileFormats)[number];

export interface BatchFile {
  /** Below the folder that was chosen: a day, and a name. */
  readonly path: string;
  readonly content: Buffer;
  readonly contentType: string;
}

export function batchFile(items: readonly SendItem[], format: FileFormat): BatchFile {
  const rows = items.map((item) => item.payload["data"]).map((row) => (isRecord(row) ? row : { value: row }));
  const name = hash("sha256", JSON.stringify(items.map((item) => item.idempotencyKey)), "hex").slice(0, 32);
  // A day of the batch's own, never of the clock: a repeat past midnight is the same file.
  const day = /^\d{4}-\d{2}-\d{2}/.exec(items[0]?.event.receivedAt ?? "")?.[0] ?? "undated";
  return {
    path: `${day}/${name}.${format}`,
    content: Buffer.from(format === "csv" ? asCsv(rows) : rows.map((row) => `${JSON.stringify(row)}\n`).join("")),
    contentType: format === "csv" ? "text/csv; charset=utf-8" : "application/x-ndjson",
  };
}

/** Columns in the order in which they first come; what is no plain value is written as JSON. */
function asCsv(rows: readonly Readonly<Record<string, unknown>>[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return csvLine(columns) + rows.map((row) => csvLine(columns.map((column) => cell(Object.hasOwn(row, column) ? row[column] : undefined)))).join("");
}

function cell(value: unknown): string | number | boolean | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "number" || typeof value === "boolean") return value;
  return typeof value === "string" ? value.toWellFormed() : JSON.stringify(value);
}

/** A folder below another: names of letters, digits and what does not lead anywhere else. */
export function folderProblem(folder: unknown): string | undefined {
  if (folder === undefined || folder === null || folder === "") return undefined;
  const names = String(folder).split("/");
  const isGood = names.length <= 8 && names.every((name) => /^[A-Za-z0-9_=-][A-Za-z0-9_.=-]{0,63}$/.test(name));
  return isGood ? undefined : "A folder is made of names of letters, digits, -, _, = and dots (none first), divided by /.";
}

/** The fields of an action that writes files. */
export const fileFields = [{
  key: "data", label: "Data", type: "object" as const, required: true, takesMore: true, editor: "keyvalue" as const,
  description: "One line of the file: the whole event, or an object of values that are mapped.", default: { "@path": "$." },
}];

export const formatSetting = {
  key: "format", label: "Format", type: "string" as const, required: true, default: "ndjson",
  choices: [{ value: "ndjson", label: "NDJSON: one JSON object in a line" }, { value: "csv", label: "CSV" }],
};

export const fileBatch = { sizeMax: 10_000, bytesMax: 8_000_000, keys: [] };
export const formatOf = (setting: unknown): FileFormat => (setting === "csv" ? "csv" : "ndjson");
/** Parquet is written by ClickHouse, which these don't go through. */
export const fileNote = "Files are NDJSON or CSV; there is no Parquet yet.";
