// Events as files of the tables that warehouse-layout.ts makes of them: a folder for each table, in it one for each day on which events came in, and in
// that one file of each batch. A column has the type that it first came with, in every file of its table; what doesn't fit, and what comes when the table
// has columns enough, stands as JSON in a column of its own, so that no event is refused for it.
import type { Outcome } from "../destination.ts";
import type { At, OwnAction, Sending } from "./define-destination.ts";
import { batchName, dayOf, FILE_LINGER_MS, fileOf, formatOf, refusedFile, type BatchFile, type FileFormat } from "./file-batch.ts";
import type { LayoutColumns } from "./layout-columns.ts";
import { fitted, type ColumnType } from "./parquet.ts";
import { columnsOf, type Cell, type TableRow } from "./table-row.ts";
import { checkLayoutEvent, EVENT_TABLES_MAX, layoutEventField, layoutKeyColumn, layoutSentColumn, layoutTables, type LayoutTable } from "./warehouse-layout.ts";

/** What has no column, or doesn't fit its own: an object by name. */
const otherColumn = "other_values";
/** In the folder's name, as ClickHouse, DuckDB and others read it. */
const dayColumn = "received_date";
const shape = { columnsMax: Number.MAX_SAFE_INTEGER, reserved: [otherColumn, dayColumn] };
/** Files of one batch that are written at once. */
const AT_ONCE = 16;

/** `write`: one file, whole or not at all; again over itself. */
export function layoutAction(write: (at: At, file: BatchFile) => Promise<Outcome>): OwnAction {
  return {
    definition: {
      key: "layout", name: "Write events as a warehouse has them", fields: [layoutEventField], batch: { sizeMax: 2_000, bytesMax: 8_000_000, keys: [], lingerMs: FILE_LINGER_MS },
      description: `A folder for each of the tables that Segment's warehouses have: tracks and one for each event, identifies, users, pages, screens, groups, accounts, aliases; in it a folder for each day. Beyond ${EVENT_TABLES_MAX} events an event stands in tracks alone.`,
    },
    check: checkLayoutEvent,
    async send(at) {
      const tables = layoutTables(at.items, shape);
      const types = await at.parts.layoutColumns.claim(at.connection, tables.map((table) => ({ name: table.table, isOfEvent: table.isOfEvent, columns: ownColumns(table) })));
      const files = await refusedFile(() => layoutFiles(tables, types, at));
      return "kind" in files ? files : await writeAll(files, (file) => write(at, file));
    },
  };
}

type Types = ReadonlyMap<string, ColumnType>;

const about: readonly (readonly [string, ColumnType])[] = [
  ["received_at", "time"], ["original_timestamp", "time"], ["sent_at", "time"], ["timestamp", "time"], ["anonymous_id", "text"], ["user_id", "text"],
];
const ofEvents = new Map<string, ColumnType>([["event", "text"], ["event_text", "text"], ...about]);
/** Columns that every file of a table has, and their types. */
const standard: ReadonlyMap<string, Types> = new Map<string, Types>([
  ["tracks", ofEvents], ["identifies", new Map(about)], ["users", new Map([["received_at", "time"]])], ["pages", new Map([["name", "text"], ...about])], ["screens", new Map([["name", "text"], ...about])],
  ["groups", new Map([["group_id", "text"], ...about])], ["accounts", new Map([["received_at", "time"]])], ["aliases", new Map([["previous_id", "text"], ...about])],
]);
const standardOf = ({ table, isOfEvent }: LayoutTable): Types => (isOfEvent ? undefined : standard.get(table)) ?? ofEvents;

/** Those of its own that a table brings, and what they came with. */
function ownColumns(table: LayoutTable): Map<string, Exclude<ColumnType, "json" | "integer">> {
  const known = standardOf(table);
  return new Map([...columnsOf(table.rows)].flatMap(([name, type]) => (known.has(name) ? [] : [[name, type === "json" ? "text" : type] as const])));
}

function layoutFiles(tables: readonly LayoutTable[], claimed: Awaited<ReturnType<LayoutColumns["claim"]>>, { items, request, settings, parts }: Sending): Promise<BatchFile[]> {
  const [name, format, writtenAt] = [batchName(items, request.batchId), formatOf(settings["format"]), new Date(parts.nowMs()).toISOString()];
  return Promise.all(tables.flatMap((table) => {
    const types = claimed.get(table.table);
    if (types === undefined) return [];
    const days = Map.groupBy(table.rows, ({ item }) => dayOf(item));
    return [...days].map(([day, rows]) => fileOf(`${table.table}/${dayColumn}=${day}/${name}`, ...tableFile(rows, new Map([...standardOf(table), ...types]), new Set(standardOf(table).keys()), { format, writtenAt })));
  }));
}

/** The rows of one file, its format, and the types of its columns, in their order. */
function tableFile(rows: readonly TableRow[], types: Types, always: ReadonlySet<string>, { format, writtenAt }: { readonly format: FileFormat; readonly writtenAt: string }): [Record<string, unknown>[], FileFormat, Record<string, ColumnType>] {
  const found = new Set<string>();
  const written = rows.map(({ key, values }) => {
    const others: [string, unknown][] = [];
    const fitting: [string, unknown][] = [];
    for (const [name, cell] of values) {
      const type = types.get(name);
      const value = type === undefined ? undefined : asWritten(cell, type);
      if (value === undefined) others.push([name, cell.type === "json" ? JSON.parse(String(cell.value)) : cell.value]);
      else fitting.push([name, value]);
    }
    for (const [name] of fitting) found.add(name);
    if (others.length > 0) found.add(otherColumn);
    return Object.fromEntries<unknown>([
      [layoutKeyColumn, key], [layoutSentColumn, writtenAt], ...[...always].map((name) => [name, null] as const), ...fitting,
      ...(others.length === 0 ? [] : [[otherColumn, JSON.stringify(Object.fromEntries(others))] as const]),
    ]);
  });
  const own = [...types].filter(([name]) => !always.has(name) && found.has(name)).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [written, format, Object.fromEntries<ColumnType>([
    [layoutKeyColumn, "text"], [layoutSentColumn, "time"], ...[...types].filter(([name]) => always.has(name)), ...own, ...(found.has(otherColumn) ? [[otherColumn, "text"] as const] : []),
  ])];
}

/** Undefined: the column can't take it. The same text of a time in every format. */
function asWritten({ value }: Cell, type: ColumnType): unknown {
  const made = fitted(value, type);
  return made instanceof Date ? made.toISOString() : made;
}

/** The first that says no says it of all of them: what was written already is written over with the next attempt. */
async function writeAll(files: readonly BatchFile[], write: (file: BatchFile) => Promise<Outcome>): Promise<Outcome> {
  const waiting = files.values();
  let failed: Outcome | undefined;
  let last: Outcome = { kind: "delivered" };
  const work = async (): Promise<void> => {
    for (const file of waiting) {
      if (failed !== undefined) return;
      last = await write(file);
      if (last.kind !== "delivered") failed ??= last;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return failed ?? last;
}
