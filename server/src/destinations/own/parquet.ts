// Rows as a Parquet file. A column has the same type in every file, whatever a batch holds: the parts of an event have one that is known, columns that
// the subscription names have the one that it says and are in every file, and every other column is text, as it came or as JSON.
import type { BasicType } from "hyparquet-writer";
import type { FieldProblem } from "@tributary/schema/destination/check-fields.ts";
import { isRecord } from "@tributary/schema/is-record.ts";

export const columnTypes = ["text", "integer", "number", "boolean", "time", "json"] as const;
export type ColumnType = (typeof columnTypes)[number];
type Row = Readonly<Record<string, unknown>>;

/** Of an event as it is sent. */
const ofEvent: Readonly<Record<string, ColumnType>> = {
  messageId: "text", type: "text", event: "text", name: "text", userId: "text", anonymousId: "text", groupId: "text", previousId: "text", category: "text", timestamp: "time", receivedAt: "time", sentAt: "time",
  originalTimestamp: "time", properties: "json", traits: "json", context: "json", integrations: "json",
};
const COLUMNS_MAX = 1_000;
const basic: Readonly<Record<ColumnType, BasicType>> = { text: "STRING", integer: "INT64", number: "DOUBLE", boolean: "BOOLEAN", time: "TIMESTAMP", json: "JSON" };

/** What the subscription says of its columns: name → type. */
function declaredOf(columns: unknown): Readonly<Record<string, ColumnType>> {
  if (!isRecord(columns)) return {};
  return Object.fromEntries(Object.entries(columns).flatMap(([name, type]) => {
    const known = columnTypes.find((one) => one === type);
    return known === undefined ? [] : [[name, known] as const];
  }));
}

/** Problems of one row: a value that its column can't take is refused alone, and never made into another. */
export function rowProblems(row: Row, columns: unknown): FieldProblem[] {
  if (columns !== undefined && !isRecord(columns)) return [{ field: "columns", problem: "These are no names with types." }];
  const wrong = Object.entries(columns ?? {}).find(([, type]) => !columnTypes.some((one) => one === type));
  if (wrong !== undefined) return [{ field: "columns", problem: `The type of ${wrong[0]} is none of ${columnTypes.join(", ")}.` }];
  const declared = declaredOf(columns);
  return Object.entries(row).flatMap(([name, value]) => {
    const type = typeOf(name, declared);
    return fitted(value, type) === undefined ? [{ field: `data.${name}`, problem: `This is no ${type}.` }] : [];
  });
}

/** `rows`: without problems. */
export async function asParquet(rows: readonly Row[], columns: unknown): Promise<Buffer> {
  // Loaded with the first file: most servers write none.
  const { parquetWriteBuffer } = await import("hyparquet-writer");
  const declared = declaredOf(columns);
  const names = [...new Set([...Object.keys(declared), ...rows.flatMap((row) => Object.keys(row)).filter((name) => !Object.hasOwn(declared, name)).sort()])].slice(0, COLUMNS_MAX);
  const columnData = names.map((name) => {
    const type = typeOf(name, declared);
    return { name: name.toWellFormed(), type: basic[type], nullable: true, data: rows.map((row) => fitted(Object.hasOwn(row, name) ? row[name] : null, type) ?? null) };
  });
  return Buffer.from(parquetWriteBuffer({ columnData, createdBy: "Tributary" }));
}

function typeOf(name: string, declared: Readonly<Record<string, ColumnType>>): ColumnType {
  return Object.hasOwn(declared, name) ? declared[name] ?? "text" : Object.hasOwn(ofEvent, name) ? ofEvent[name] ?? "text" : "text";
}

const INT64_MAX = 2n ** 63n - 1n;

/** Undefined: the column can't take it. */
export function fitted(value: unknown, type: ColumnType): string | number | boolean | bigint | Date | object | null | undefined {
  if (value === null || value === undefined) return null;
  switch (type) {
    case "text": return typeof value === "string" ? value.toWellFormed() : JSON.stringify(value);
    case "json": return wellFormed(value);
    case "boolean": return typeof value === "boolean" ? value : value === "true" ? true : value === "false" ? false : undefined;
    case "number": return typeof value === "number" ? value : typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : undefined;
    case "integer": return integer(value);
    case "time": return time(value);
  }
}

/** Larger ones than a number holds come as text, digit for digit. */
function integer(value: unknown): bigint | undefined {
  const isWhole = typeof value === "number" ? Number.isSafeInteger(value) : typeof value === "string" && /^-?\d{1,19}$/.test(value);
  if (!isWhole) return undefined;
  const whole = BigInt(value as number | string); // Looked at above.
  return whole <= INT64_MAX && whole >= -INT64_MAX - 1n ? whole : undefined;
}

function time(value: unknown): Date | undefined {
  if (typeof value !== "string" || !/^\d{4}-\d{2}-\d{2}/.test(value)) return undefined;
  const at = new Date(value);
  return Number.isNaN(at.getTime()) ? undefined : at;
}

function wellFormed(value: unknown): object | string | number | boolean {
  return JSON.parse(JSON.stringify(value, (_name, one: unknown) => (typeof one === "string" ? one.toWellFormed() : one))) as object | string | number | boolean; // It was JSON before.
}
