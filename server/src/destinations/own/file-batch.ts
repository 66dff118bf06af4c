// A batch as the content of a file, and the file's name: that of the batch, so that a batch that is sent again writes the same file again
// and nothing twice.
import { hash } from "node:crypto";
import { csvLine } from "@tributary/schema/csv.ts";
import { isRecord } from "@tributary/schema/is-record.ts";
import type { FieldProblem } from "@tributary/schema/destination/check-fields.ts";
import type { Outcome, SendItem } from "../destination.ts";
import { asParquet, columnTypes, rowProblems } from "./parquet.ts";

export const fileFormats = ["ndjson", "csv", "parquet"] as const;
export type FileFormat = (typeof fileFormats)[number];

export interface BatchFile {
  /** Below the folder that was chosen: a day, and a name. */
  readonly path: string;
  readonly content: Buffer;
  readonly contentType: string;
}

type Row = Readonly<Record<string, unknown>>;

export function batchFile(items: readonly SendItem[], format: FileFormat, batchId?: string): Promise<BatchFile> {
  // A day of the batch's own, never of the clock: a repeat past midnight is the same file.
  const day = items[0] === undefined ? "undated" : dayOf(items[0]);
  // Items of one batch share what their subscription says of columns.
  return fileOf(`${day}/${batchName(items, batchId)}`, items.map(rowOf), format, items[0]?.payload["columns"]);
}

/** A batch that is told by no id is told by its items. */
export function batchName(items: readonly SendItem[], batchId: string | undefined): string {
  return batchId ?? hash("sha256", JSON.stringify(items.map((item) => item.idempotencyKey)), "hex").slice(0, 32);
}

export const dayOf = ({ event }: SendItem): string => /^\d{4}-\d{2}-\d{2}/.exec(event.receivedAt)?.[0] ?? "undated";

/** `columns`: of which type they are; in CSV, those that there are. */
export async function fileOf(path: string, rows: readonly Row[], format: FileFormat, columns?: unknown): Promise<BatchFile> {
  return { path: `${path}.${format}`, content: await contentOf(rows, format, columns), contentType: contentTypes[format] };
}

/** What can't be made a file of never can: an error would have it tried again for ever. */
export async function refusedFile<Made>(make: () => Promise<Made>): Promise<Made | Extract<Outcome, { kind: "refused" }>> {
  try {
    return await make();
  } catch (error) {
    return { kind: "refused", code: "no_file", detail: `No file can be made of it: ${error instanceof Error ? error.message : "it failed"}.` };
  }
}

const contentTypes = { ndjson: "application/x-ndjson", csv: "text/csv; charset=utf-8", parquet: "application/vnd.apache.parquet" } as const;

async function contentOf(rows: readonly Row[], format: FileFormat, columns: unknown): Promise<Buffer> {
  if (format === "parquet") return asParquet(rows, columns);
  return Buffer.from(format === "csv" ? asCsv(rows, isRecord(columns) ? Object.keys(columns) : []) : rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
}

function rowOf({ payload: { data } }: Pick<SendItem, "payload">): Row {
  return isRecord(data) ? data : { value: data };
}

/** What a file of the format can't take. */
export function fileProblems(payload: SendItem["payload"], format: FileFormat): FieldProblem[] {
  return format === "parquet" ? rowProblems(rowOf({ payload }), payload["columns"]) : [];
}

/** The first ones, then others in the order in which they come; what is no plain value is written as JSON. */
function asCsv(rows: readonly Row[], first: readonly string[]): string {
  const columns = [...new Set([...first, ...rows.flatMap((row) => Object.keys(row))])];
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
}, {
  key: "columns", label: "Types of columns", type: "object" as const, takesMore: true, editor: "keyvalue" as const,
  description: `Names of columns, each with one of ${columnTypes.join(", ")}: in Parquet and CSV they are in every file. In Parquet they have this type; parts of an event have theirs already, and every other column is text.`,
}];

export const formatSetting = {
  key: "format", label: "Format", type: "string" as const, required: true, default: "ndjson",
  choices: [{ value: "ndjson", label: "NDJSON: one JSON object in a line" }, { value: "csv", label: "CSV" }, { value: "parquet", label: "Parquet" }],
};

/** So that not every event becomes a file of its own. */
export const FILE_LINGER_MS = 10_000;
export const fileBatch = { sizeMax: 10_000, bytesMax: 8_000_000, keys: ["columns"], lingerMs: FILE_LINGER_MS };
export const formatOf = (setting: unknown): FileFormat => fileFormats.find((one) => one === setting) ?? "ndjson";
export const fileNote = "One file for each batch. In Parquet a column has the same type in every file.";
