// What a slice of the event table holds: the rows of some outbox blocks of one log partition, counted by ClickHouse. Only stored
// events count. A row belongs to the day on which it came in, and one of imported history to the day on which it happened.
import { TupleParam, type ClickHouseClient } from "@clickhouse/client";
import type { FieldPlace } from "@tributary/schema/field.ts";
import type { ValueType } from "./detect.ts";
import type { ObservedLimits } from "./observed-limits.ts";

export interface SliceRange {
  readonly partition: number;
  /** Blocks from this one on and before the other. */
  readonly fromBlock: number;
  readonly beforeBlock: number;
}

export interface EventName {
  readonly workspaceId: number;
  readonly type: string;
  readonly event: string;
}

export interface EventCount extends EventName {
  readonly day: string;
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

export interface FieldKey {
  readonly workspaceId: number;
  readonly place: FieldPlace;
  readonly event: string;
  readonly path: string;
}

export interface FieldCount extends FieldKey {
  readonly day: string;
  readonly type: ValueType | "*";
  /** Events in which it came as this type; an item of a list may come as several in one event. */
  readonly typed: number;
  /** Events that carried it, as far as this row counts them. */
  readonly carried: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** A few of the rows. */
  readonly rows: readonly number[];
}

export interface WorkspaceCount {
  readonly workspaceId: number;
  readonly events: number;
  /** Control records after which examples may have to go. */
  readonly forgets: number;
}

export interface SampleRow extends EventName {
  readonly rowId: number;
  readonly profileId: string;
  readonly importId: number;
  readonly atMs: number;
  /** JSON. */
  readonly properties: string;
  readonly context: string;
}

export interface SliceReader {
  /** The end of a slice that begins with the range's, within this share of the limits on rows and bytes; undefined: there is no row in the range. */
  end(range: SliceRange, share: number): Promise<number | undefined>;
  workspaces(range: SliceRange): Promise<readonly WorkspaceCount[]>;
  /** The names that the slice holds, at most `eventsMax` of a workspace: those listed already first, then the most frequent. */
  names(range: SliceRange, listed: readonly EventName[]): Promise<readonly EventName[]>;
  events(range: SliceRange, names: readonly EventName[]): Promise<readonly EventCount[]>;
  fields(range: SliceRange, names: readonly EventName[]): Promise<readonly FieldCount[]>;
  samples(range: SliceRange, rows: readonly number[]): Promise<readonly SampleRow[]>;
}

const WHERE = `log_partition = {partition:UInt16} and block_id >= {from:UInt64} and block_id < {before:UInt64}`;
const AT = `if(is_historical = 1, timestamp, received_at)`;
/** A server takes at most 128 KiB as one value, and escaping may double what is sent. */
const NAMES_VALUE_BYTES_MAX = 60_000;
/** Rows named of each field of a slice, to look into. */
const SAMPLE_ROWS = 12;
/** Blocks looked at for one slice; a block is a batch, and most hold far more than one row. */
const PLANNED_BLOCKS = 5_000;
/** One person's traits or a group's, and everything else by its event. */
const PLACE = `multiIf(type = 'identify', 'trait', type = 'group', 'account', 'property')`;
/** The engine's name of a type → ours. Ours stay what they are: items are told apart by them before they are counted. */
const TYPE = (type: string): string =>
  `multiIf(${type} in ('objects', 'list', 'boolean', 'text', 'number', '*'), ${type}, startsWith(${type}, 'Array(JSON'), 'objects', startsWith(${type}, 'Array'), 'list', ${type} = 'Bool', 'boolean', ${type} = 'String', 'text', 'number')`;
const pairsOf = (json: string): string => `CAST(JSONAllPathsWithTypes(${json}), 'Array(Tuple(String, String))')`;

/**
 * What of an event's context decides its fields and their types: the names of two levels, with the first character of each value. What lies
 * deeper stands there as it is, so that such events have few shapes only where its values are few. Making JSON of every context costs twice as much.
 */
const CONTEXT_SHAPE = `arrayMap(one -> (one.1, if(startsWith(one.2, '{'), arrayMap(two -> (two.1, ${markOf("two.2")}), JSONExtractKeysAndValuesRaw(one.2)), [('', ${markOf("one.2")})])), JSONExtractKeysAndValuesRaw(raw, 'context'))`;

function markOf(json: string): string {
  return `if(startsWith(${json}, '{') or startsWith(${json}, '['), ${json}, left(${json}, 1))`;
}

const SETTINGS = {
  // Nobody waits for it.
  max_threads: 1,
  // Whoever sends names without an end fills no memory: what is beyond counts as not listed.
  max_rows_to_group_by: "300000", group_by_overflow_mode: "any",
} as const;

export function createSliceReader(clickhouse: ClickHouseClient, limits: ObservedLimits): SliceReader {
  async function ask<Row>(range: SliceRange, query: string, params: Record<string, unknown> = {}): Promise<Row[]> {
    const result = await clickhouse.query({
      query, format: "JSONEachRow", clickhouse_settings: SETTINGS,
      query_params: { partition: range.partition, from: range.fromBlock, before: range.beforeBlock, ...params },
    });
    return result.json<Row>();
  }

  /** Each field that the slice's events carry, by the type it came as; looked for once in each shape of events. */
  async function countFields(range: SliceRange, { shape, example = "''", pairs, place = "event_place", path = "pair.1", where, params = {} }: Shapes): Promise<StoredFieldCount[]> {
    return ask<StoredFieldCount>(
      range,
      `select workspace_id, ${place} as place, if(place = 'property', event_name, '') as name, ${path} as path, ${TYPE("pair.2")} as type, toString(date) as day, sum(events) as count,
         toUnixTimestamp64Milli(min(first_at)) as first_ms, toUnixTimestamp64Milli(max(last_at)) as last_ms, groupUniqArrayArray(${SAMPLE_ROWS})(some_rows) as rows
       from (
         select workspace_id, ${PLACE} as event_place, if(event_place = 'property', event, '') as event_name, toDate(${AT}) as date, ${shape} as shape,
           ${example} as example, count() as events, min(${AT}) as first_at, max(${AT}) as last_at, groupUniqArray(${SAMPLE_ROWS})(row_id) as some_rows
         from events where ${WHERE} and outcome = 'stored' and ${where} group by workspace_id, event_place, event_name, date, shape
       ) array join ${pairs} as pair where lengthUTF8(pair.1) <= {pathMax:UInt32}
       group by workspace_id, place, name, path, type, day`,
      { pathMax: limits.pathCharactersMax, ...params },
    );
  }

  async function ownFields(range: SliceRange, named: Named): Promise<FieldCount[]> {
    const rows = await countFields(range, { shape: pairsOf("properties"), pairs: "shape", where: named.sql, params: named.params });
    return rows.map((row) => fieldCountOf(row, false));
  }

  async function itemFields(range: SliceRange, lists: readonly string[], named: Named): Promise<FieldCount[]> {
    if (lists.length === 0) return [];
    const each = lists.map((path) => `arrayMap(p -> (concat(${textOf(path)}, '.', p.1), ${TYPE("p.2")}), arrayFlatten(arrayMap(item -> ${pairsOf("item")}, properties.${columnOf(path)}[])))`);
    // How many events carried it: an event with ten items counts once.
    const shape = `arrayDistinct(arrayConcat(arrayConcat(${each.join(", ")}) as all, arrayMap(p -> (p.1, '*'), all)))`;
    const rows = await countFields(range, { shape, pairs: "shape", where: named.sql, params: named.params });
    return rows.map((row) => fieldCountOf(row, true));
  }

  async function contextFields(range: SliceRange): Promise<FieldCount[]> {
    const rows = await countFields(range, {
      shape: CONTEXT_SHAPE, example: "any(raw)",
      pairs: `arraySlice(${pairsOf("JSONExtract(example, 'context', 'JSON(max_dynamic_paths=0)')")}, 1, {perEvent:UInt32})`,
      place: "if(startsWith(pair.1, 'traits.'), 'trait', 'context')", path: "if(place = 'trait', substring(pair.1, 8), pair.1)",
      where: "length(raw) <= {bytes:UInt32}", params: { perEvent: limits.fieldsPerEventMax, bytes: limits.sampleBytesMax },
    });
    return rows.map((row) => fieldCountOf(row, false));
  }

  return {
    async end(range, share) {
      const blocks = await ask<{ block_id: number; rows: number; bytes: number }>(
        range,
        `select block_id, count() as rows, sum(length(raw)) as bytes from events where ${WHERE} group by block_id order by block_id limit ${PLANNED_BLOCKS}`,
      );
      let [rows, bytes] = [0, 0];
      for (const block of blocks) {
        if (rows > 0 && (rows + block.rows > limits.sliceRowsMax * share || bytes + Number(block.bytes) > limits.sliceBytesMax * share)) return block.block_id;
        rows += block.rows;
        bytes += Number(block.bytes);
      }
      const last = blocks.at(-1);
      if (last === undefined) return undefined;
      return blocks.length < PLANNED_BLOCKS ? range.beforeBlock : last.block_id + 1;
    },

    async workspaces(range) {
      const rows = await ask<{ workspace_id: number; events: number; forgets: number }>(
        range,
        `select workspace_id, countIf(outcome = 'stored') as events,
           countIf(outcome = 'control' and event in ('profile.suppress', 'import.withdraw', 'events.expire')) as forgets
         from events where ${WHERE} and outcome in ('stored', 'control') group by workspace_id order by workspace_id`,
      );
      return rows.map((row) => ({ workspaceId: row.workspace_id, events: row.events, forgets: row.forgets }));
    },

    async names(range, listed) {
      const named = namedBy(listed);
      const rows = await ask<StoredName>(
        range,
        `select workspace_id, type, event from (
           select workspace_id, type, event, count() as count from events
           where ${WHERE} and outcome = 'stored' and lengthUTF8(event) <= {charactersMax:UInt32} group by workspace_id, type, event
         ) order by workspace_id, ${named.sql} desc, count desc, event, type limit {eventsMax:UInt32} by workspace_id`,
        { ...named.params, charactersMax: limits.eventCharactersMax, eventsMax: limits.eventsMax },
      );
      return rows.map(nameOf);
    },

    async events(range, names) {
      const named = namedBy(names);
      const rows = await ask<StoredName & { day: string; count: number; first_ms: number; last_ms: number }>(
        range,
        `select workspace_id, type, event, toString(toDate(at)) as day, count() as count,
           toUnixTimestamp64Milli(min(at)) as first_ms, toUnixTimestamp64Milli(max(at)) as last_ms
         from (select workspace_id, type, event, ${AT} as at from events where ${WHERE} and outcome = 'stored' and ${named.sql})
         group by workspace_id, type, event, day`,
        named.params,
      );
      return rows.map((row) => ({ ...nameOf(row), day: row.day, count: row.count, firstMs: Number(row.first_ms), lastMs: Number(row.last_ms) }));
    },

    async fields(range, names) {
      const named = namedBy(names);
      const plain = await ownFields(range, named);
      const lists = [...new Set(plain.filter(({ type }) => type === "objects").map(({ path }) => path))].toSorted().slice(0, limits.objectListsMax);
      return [...plain, ...(await itemFields(range, lists, named)), ...(await contextFields(range))];
    },

    async samples(range, rows) {
      if (rows.length === 0) return [];
      const found = await ask<StoredSample>(
        range,
        `select row_id, workspace_id, type, event, toString(ingest_profile_id) as profile_id, import_id, toUnixTimestamp64Milli(${AT}) as at_ms,
           toJSONString(properties) as properties, JSONExtractRaw(raw, 'context') as context
         from events where ${WHERE} and row_id in {rows:Array(UInt64)} and outcome = 'stored' and length(raw) <= {bytes:UInt32} order by row_id`,
        { rows, bytes: limits.sampleBytesMax },
      );
      return found.map((row) => ({
        ...nameOf(row), rowId: row.row_id, profileId: row.profile_id, importId: row.import_id, atMs: Number(row.at_ms), properties: row.properties, context: row.context,
      }));
    },
  };
}

interface StoredName {
  readonly workspace_id: number;
  readonly type: string;
  readonly event: string;
}

interface StoredFieldCount {
  readonly workspace_id: number;
  readonly place: FieldPlace;
  readonly name: string;
  readonly path: string;
  readonly type: ValueType | "*";
  readonly day: string;
  readonly count: number;
  readonly first_ms: number;
  readonly last_ms: number;
  readonly rows: readonly number[];
}

interface StoredSample extends StoredName {
  readonly row_id: number;
  readonly profile_id: string;
  readonly import_id: number;
  readonly at_ms: number;
  readonly properties: string;
  readonly context: string;
}

function nameOf(row: StoredName): EventName {
  return { workspaceId: row.workspace_id, type: row.type, event: row.event };
}

/** Of items, the rows with `*` count the events that carried them. */
function fieldCountOf(row: StoredFieldCount, isOfItems: boolean): FieldCount {
  return {
    workspaceId: row.workspace_id, place: row.place, event: row.name, path: row.path, type: row.type, day: row.day,
    typed: row.type === "*" ? 0 : row.count, carried: isOfItems && row.type !== "*" ? 0 : row.count, firstMs: Number(row.first_ms), lastMs: Number(row.last_ms), rows: row.rows,
  };
}

/** How fields are found: events are grouped by what decides which fields they carry, and these are then looked for once in each group. */
interface Shapes {
  /** Of a row. Equal ones carry the same fields as the same types. */
  readonly shape: string;
  /** Of a group, what else `pairs` needs. */
  readonly example?: string;
  /** Of a group: its (path, type), each once. */
  readonly pairs: string;
  /** Where a pair's field stands, if not where the event's own do. */
  readonly place?: string;
  readonly path?: string;
  readonly where: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** A condition that a row is one of these, with what it asks for. */
interface Named {
  readonly sql: string;
  readonly params: Readonly<Record<string, readonly TupleParam[]>>;
}

function namedBy(names: readonly EventName[]): Named {
  const values: TupleParam[][] = [[]];
  let bytes = 0;
  for (const { workspaceId, type, event } of names) {
    const size = Buffer.byteLength(type) + Buffer.byteLength(event) + 32;
    if (bytes + size > NAMES_VALUE_BYTES_MAX) values.push([]);
    bytes = bytes + size > NAMES_VALUE_BYTES_MAX ? size : bytes + size;
    values.at(-1)?.push(new TupleParam([workspaceId, type, event]));
  }
  const tests = values.map((_, i) => `(workspace_id, type, event) in {names${i}:Array(Tuple(UInt32, String, String))}`);
  return { sql: `(${tests.join(" or ")})`, params: Object.fromEntries(values.map((value, i) => [`names${i}`, value])) };
}

/** A path as a subcolumn: each name quoted, for senders choose them. */
function columnOf(path: string): string {
  return path.split(".").map((name) => `\`${name.replace(/[\\`]/g, "\\$&")}\``).join(".");
}

function textOf(path: string): string {
  return `'${path.replace(/[\\']/g, "\\$&")}'`;
}
