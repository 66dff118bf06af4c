// Events as rows of the tables that analysts know from Segment's warehouses: `tracks` and a table for each event, `identifies` and `users`,
// `pages`, `screens`, `groups` and `accounts`, `aliases`. What columns are called and how nested values become columns follows
// https://segment.com/docs/connections/storage/warehouses/schema/ (nested objects by `_`, lists as JSON, names in snake_case).
import { createHash } from "node:crypto";
import { isRecord } from "@tributary/schema/is-record.ts";
import type { FieldProblem } from "@tributary/schema/destination/check-fields.ts";
import type { SendItem } from "../destination.ts";
import { cellOf, COLUMNS_MAX, type Cell, type TableRow } from "./table-row.ts";

export const layoutKeyColumn = "id";
export const layoutSentColumn = "uuid_ts";
/** Tables of single events in one schema; beyond them an event stands in `tracks` alone. */
export const EVENT_TABLES_MAX = 1_000;
/** Postgres cuts longer names without a word. */
const NAME_LENGTH_MAX = 60;
/** Objects within objects become columns so deep; what lies deeper is JSON. */
const DEPTH_MAX = 6;

export const layoutEventField = {
  key: "event", label: "Event", type: "object" as const, required: true, takesMore: true, editor: "keyvalue" as const, default: { "@path": "$" },
  description: "What is written of an event. As it is, everything of it; what must not reach the warehouse is left out here.",
};

export const layoutFields = [
  { key: "schema", label: "Schema", type: "string" as const, required: true, default: "tributary", description: "Where the tables are; it is made if it isn't there. Of ClickHouse: the database." },
  layoutEventField,
];

export function checkLayout(payload: Readonly<Record<string, unknown>>): FieldProblem[] {
  const { schema } = payload;
  if (typeof schema !== "string" || !/^[A-Za-z_][A-Za-z0-9_$-]{0,62}$/.test(schema)) return [{ field: "schema", problem: "A schema is named by letters, digits, _, - and $, beginning with a letter." }];
  return checkLayoutEvent(payload);
}

export function checkLayoutEvent({ event }: Readonly<Record<string, unknown>>): FieldProblem[] {
  return isRecord(event) && typeof event["type"] === "string" ? [] : [{ field: "event", problem: "The event has no type: map `type` too." }];
}

/** A table's rows; its name holds letters, digits and _ alone. */
export interface LayoutTable {
  readonly table: string;
  /** Of one kind of event, besides `tracks`. */
  readonly isOfEvent: boolean;
  readonly rows: readonly TableRow[];
}

/** What differs between those who write the tables. */
export interface LayoutShape {
  /** Of one row; what comes behind them is left out. */
  readonly columnsMax: number;
  /** Columns that the writer adds, beside the key and the time. */
  readonly reserved: readonly string[];
}

const inDatabases: LayoutShape = { columnsMax: COLUMNS_MAX, reserved: [] };

/** Of two rows with one key the later counts. */
export function layoutTables(items: readonly SendItem[], shape: LayoutShape = inDatabases): LayoutTable[] {
  const tables = new Map<string, { isOfEvent: boolean; rows: Map<string, TableRow> }>();
  for (const item of items) {
    const event = item.payload["event"];
    if (!isRecord(event)) continue;
    for (const { table, isOfEvent, key, values } of rowsOf(event, item.idempotencyKey, shape)) {
      const of = tables.get(table) ?? { isOfEvent, rows: new Map<string, TableRow>() };
      tables.set(table, of);
      of.rows.set(key, { item, key, isRemoved: false, values: cellsOf(values) });
    }
  }
  return [...tables].map(([table, { isOfEvent, rows }]) => ({ table, isOfEvent, rows: [...rows.values()] }));
}

interface Row {
  readonly table: string;
  readonly isOfEvent: boolean;
  readonly key: string;
  readonly values: ReadonlyMap<string, unknown>;
}

type Values = Readonly<Record<string, unknown>>;

function rowsOf(event: Values, idempotencyKey: string, { columnsMax, reserved }: LayoutShape): Row[] {
  const columns = (first: Parameters<typeof joined>[1], ...more: Parameters<typeof joined>[2]): Map<string, unknown> => joined(columnsMax, first, more);
  const own = (of: string, values: Values, taken: ReadonlyMap<string, unknown>): Map<string, unknown> =>
    untaken(of, flat("", values), (name) => taken.has(name) || name === layoutKeyColumn || name === layoutSentColumn || reserved.includes(name));
  const key = textOf(event["messageId"]) ?? idempotencyKey;
  const context = recordOf(event["context"]);
  const about = columns([
    ["received_at", event["receivedAt"]], ["original_timestamp", event["originalTimestamp"]], ["sent_at", event["sentAt"]], ["timestamp", event["timestamp"]],
    ["anonymous_id", event["anonymousId"]], ["user_id", event["userId"]],
  ], flat("context", withoutPeople(context)));
  const row = (table: string, values: ReadonlyMap<string, unknown>, more: Partial<Row> = {}): Row => ({ table, isOfEvent: false, key, values, ...more });
  const properties = recordOf(event["properties"]);
  const traits = recordOf(event["traits"]);
  switch (event["type"]) {
    case "track": {
      const text = textOf(event["event"]) ?? "";
      const named = columns([["event", nameOf(text)], ["event_text", text]], about);
      return [row("tracks", named), ...(text === "" ? [] : [row(eventTable(text), columns([], named, own("properties", properties, named)), { isOfEvent: true })])];
    }
    case "identify": {
      const identify = columns([], about, own("traits", traits, about));
      const userId = textOf(event["userId"]);
      if (userId === undefined) return [row("identifies", identify)];
      // All that is known of them, since a row is replaced whole.
      const known = columns([["received_at", event["receivedAt"]]], flat("context", withoutPeople(context)));
      return [row("identifies", identify), row("users", columns([], known, own("traits", { ...recordOf(context["traits"]), ...traits }, known)), { key: userId })];
    }
    case "page":
    case "screen": {
      const named = columns([["name", event["name"] ?? properties["name"]]], about);
      return [row(event["type"] === "page" ? "pages" : "screens", columns([], named, own("properties", properties, named)))];
    }
    case "group": {
      const groupId = textOf(event["groupId"]);
      const named = columns([["group_id", groupId]], about);
      const group = row("groups", columns([], named, own("traits", traits, named)));
      const known = columns([["received_at", event["receivedAt"]]]);
      return groupId === undefined ? [group] : [group, row("accounts", columns([], known, own("traits", traits, known)), { key: groupId })];
    }
    case "alias":
      return [row("aliases", columns([["previous_id", event["previousId"]]], about))];
    default:
      return [];
  }
}

/** The person's traits stand in `users`, and of audiences nothing is told here. */
function withoutPeople({ traits: _traits, personas: _personas, ...context }: Values): Values {
  return context;
}

/** Values of the event itself, without a prefix unless the name is taken; `of` then stands before it. */
function untaken(of: string, values: ReadonlyMap<string, unknown>, isTaken: (name: string) => boolean): Map<string, unknown> {
  return new Map([...values].map(([name, value]) => [isTaken(name) ? cut(`${of}_${name}`) : name, value]));
}

function flat(prefix: string, values: Values, depth = 1): Map<string, unknown> {
  const all = new Map<string, unknown>();
  for (const [name, value] of Object.entries(values)) {
    const column = cut(prefix === "" ? nameOf(name) : `${prefix}_${nameOf(name)}`);
    if (isRecord(value) && depth < DEPTH_MAX) for (const [inner, one] of flat(column, value, depth + 1)) all.set(inner, one);
    else if (value !== undefined && value !== null) all.set(column, value);
  }
  return all;
}

/** The first ones win; a table takes so many columns and no more. */
function joined(max: number, first: readonly (readonly [string, unknown])[], more: readonly ReadonlyMap<string, unknown>[]): Map<string, unknown> {
  const all = new Map<string, unknown>(first.filter(([, value]) => value !== undefined && value !== null));
  for (const some of more) for (const [name, value] of some) if (!all.has(name) && all.size < max) all.set(name, value);
  return all;
}

const RESERVED = new Set(["tracks", "identifies", "users", "pages", "screens", "groups", "accounts", "aliases"]);

export function eventTable(event: string): string {
  const name = nameOf(event);
  return cut(RESERVED.has(name) ? `event_${name}` : name);
}

/** `Order Completed` and `orderCompleted` → order_completed. What has no letter or digit that a name may hold is named by its hash. */
function nameOf(text: string): string {
  const name = text.normalize("NFKD").replaceAll(/\p{M}/gu, "").replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase().replaceAll(/[^a-z0-9]+/g, "_").replaceAll(/^_+|_+$/g, "");
  const isWhole = name !== "" && !/[\p{L}\p{N}]/u.test(text.normalize("NFKD").replaceAll(/[\p{M}A-Za-z0-9]/gu, ""));
  const told = isWhole ? name : `${name === "" ? "" : `${name}_`}${shortHash(text)}`;
  return cut(/^[0-9]/.test(told) ? `_${told}` : told);
}

/** Two long names that begin alike stay two. */
function cut(name: string): string {
  return name.length <= NAME_LENGTH_MAX ? name : `${name.slice(0, NAME_LENGTH_MAX - 9)}_${shortHash(name)}`;
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}

function cellsOf(values: ReadonlyMap<string, unknown>): Map<string, Cell> {
  return new Map([...values].flatMap(([name, value]) => {
    const cell = cellOf(value);
    return cell === undefined ? [] : [[name, cell] as const];
  }));
}

function recordOf(value: unknown): Values {
  return isRecord(value) ? value : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined;
}
