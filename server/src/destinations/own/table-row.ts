// What is mapped as rows of a table: one column for each key, of a type that its value has, and names that can't be more than names.
import { isRecord } from "@tributary/schema/is-record.ts";
import type { FieldProblem } from "@tributary/schema/destination/check-fields.ts";
import type { Outcome, SendItem } from "../destination.ts";

export const keyColumn = "tributary_key";
export const sentColumn = "tributary_sent_at";
export const COLUMNS_MAX = 500;
/** Postgres cuts longer names without a word. */
const NAME_BYTES_MAX = 63;

export const noPersonColumn: Outcome = { kind: "nothing", detail: "The table has neither a column userId nor anonymousId of theirs, so nothing of them was found." };

/** A table as rows are written into it. */
export interface TableAt {
  /** As it stands in statements, quoted. */
  readonly table: string;
  readonly key: string;
  /** When the row was written. */
  readonly sent: string;
}

export type ColumnType = "text" | "number" | "boolean" | "time" | "json";

export interface TableRow {
  readonly item: SendItem;
  readonly key: string;
  /** It is to be taken away. */
  readonly isRemoved: boolean;
  readonly values: ReadonlyMap<string, Cell>;
}

export interface Cell {
  readonly type: ColumnType;
  readonly value: string | number | boolean;
}

/** Of two rows with one key the later counts. */
export function tableRows(items: readonly SendItem[]): TableRow[] {
  const rows = new Map<string, TableRow>();
  for (const item of items) {
    const key = item.row?.key ?? item.idempotencyKey;
    rows.set(key, { item, key, isRemoved: item.row?.isRemoved ?? false, values: cellsOf(item.payload["data"]) });
  }
  return [...rows.values()];
}

/** In the order in which they first come. A column that came with several types takes what all of them can be written as. */
export function columnsOf(rows: readonly TableRow[]): Map<string, ColumnType> {
  const columns = new Map<string, ColumnType>();
  for (const { values } of rows) {
    for (const [name, { type }] of values) {
      const before = columns.get(name);
      columns.set(name, before === undefined || before === type ? type : "text");
    }
  }
  return columns;
}

export function checkRow({ data }: Readonly<Record<string, unknown>>): FieldProblem[] {
  if (!isRecord(data)) return [{ field: "data", problem: "A row is an object." }];
  const names = Object.keys(data);
  if (names.length > COLUMNS_MAX) return [{ field: "data", problem: `A row has at most ${COLUMNS_MAX} columns.` }];
  const bad = names.find((name) => columnProblem(name) !== undefined);
  return bad === undefined ? [] : [{ field: "data", problem: columnProblem(bad) ?? "" }];
}

function columnProblem(name: string): string | undefined {
  if (name === "" || /[\p{Cc}\p{Cs}]/u.test(name) || Buffer.byteLength(name) > NAME_BYTES_MAX) return `A column's name has 1 to ${NAME_BYTES_MAX} bytes and no control characters.`;
  return name === keyColumn || name === sentColumn ? `${name} is a column of ours.` : undefined;
}

/** A name of a table, of a schema before it or none. */
export function tableProblem(name: unknown): string | undefined {
  if (typeof name !== "string" || name === "") return undefined;
  const parts = name.split(".");
  return parts.length <= 2 && parts.every((part) => /^[A-Za-z_][A-Za-z0-9_$-]{0,62}$/.test(part)) ? undefined : "A table is named by letters, digits, _, - and $, beginning with a letter; with schema.table, the schema stands before.";
}

function cellsOf(data: unknown): Map<string, Cell> {
  const cells = new Map<string, Cell>();
  if (!isRecord(data)) return cells;
  for (const [name, value] of Object.entries(data)) {
    const cell = cellOf(value);
    if (cell !== undefined) cells.set(name, cell);
  }
  return cells;
}

/** ISO 8601 with a day and a time, as events carry them. */
const time = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/;

export function cellOf(value: unknown): Cell | undefined {
  switch (typeof value) {
    case "string": {
      const text = plainText(value);
      return { type: time.test(text) && !Number.isNaN(Date.parse(text)) ? "time" : "text", value: text };
    }
    case "number":
      return Number.isFinite(value) ? { type: "number", value } : undefined;
    case "boolean":
      return { type: "boolean", value };
    case "object":
      return value === null ? undefined : { type: "json", value: JSON.stringify(value, plainJson) };
    default:
      return undefined;
  }
}

/** Neither Postgres nor JSON in ClickHouse takes the character zero or half of a character. */
const plainText = (text: string): string => text.replaceAll("\0", "").toWellFormed();

/** The same for texts and names within JSON. */
function plainJson(_key: string, value: unknown): unknown {
  if (typeof value === "string") return plainText(value);
  if (!isRecord(value) || Object.keys(value).every((name) => plainText(name) === name)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [plainText(name), inner]));
}

/** The action's fields, the same for all tables. */
export const rowFields = [{
  key: "data", label: "Row", type: "object" as const, required: true, takesMore: true, editor: "keyvalue" as const,
  description: "Columns and their values. A column that the table doesn't have yet is added to it.",
  default: { message_id: { "@path": "$.messageId" }, type: { "@path": "$.type" }, event: { "@path": "$.event" }, user_id: { "@path": "$.userId" }, timestamp: { "@path": "$.timestamp" }, properties: { "@path": "$.properties" } },
}];
