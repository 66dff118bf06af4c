// Everything that a pipeline made of its log, as lines of text that can be compared with another run's: people, identifiers,
// evidence, what was decided of every event and how it stands in the event table. Left out is only what says when and in
// which portions the work was done: block numbers, times of commits, versions of rows that replace each other.
import type { ClickHouseClient } from "@clickhouse/client";
import type pg from "pg";

/** Table → its rows, each a line of JSON, in one order. */
export type CanonicalState = ReadonlyMap<string, readonly string[]>;

const postgresTables: Readonly<Record<string, string>> = {
  profile: `select id, workspace_id, first_row, updated_row, merged_into, suppressed, ingest_ids, doc from profile order by id`,
  identifier: `select * from identifier order by key`,
  identity_edge: `select * from identity_edge order by a, b, kind`,
  merge_log: `select * from merge_log order by workspace_id, row_id, step`,
  cannot_link: `select * from cannot_link order by split_id, identifier_key`,
  ingest_share: `select * from ingest_share order by ingest_id, profile_id`,
  pipeline_config: `select * from pipeline_config order by workspace_id`,
  property_path: `select * from property_path order by workspace_id, path`,
  message_seen: `select * from message_seen order by day, id`,
  quarantine: `select * from quarantine order by workspace_id, row_id`,
  ledger: `select * from ledger where hop in ('decided', 'landed') order by workspace_id, minute, source_id, hop, outcome, reason`,
  log_offset: `select reader, partition, next_offset from log_offset order by reader, partition`,
  refused: `select block_row, table_name, reason from ch_refused order by 1, 2`,
};

const clickhouseTables: Readonly<Record<string, string>> = {
  // Hashes stand for the columns that may be large; the row itself is compared by all of its other columns.
  events: `select * except (block_id, block_row, raw, envelope, properties), cityHash64(raw) as raw_hash, cityHash64(envelope) as envelope_hash,
      cityHash64(toString(properties)) as properties_hash, coalesce(o.survivor_id, e.profile_id) as owner
    from events e left any join (select workspace_id, profile_id, survivor_id from profile_override final) o
      on o.workspace_id = e.workspace_id and o.profile_id = e.profile_id
    order by e.log_partition, e.row_id, e.message_id`,
  profile_override: `select workspace_id, profile_id, survivor_id from profile_override final order by all`,
  profiles: `select workspace_id, profile_id, first_seen, deleted, is_anonymous, identifiers, toString(traits) as traits from profiles final order by all`,
};

export async function canonicalState(pool: pg.Pool, clickhouse: ClickHouseClient): Promise<CanonicalState> {
  const state = new Map<string, readonly string[]>();
  for (const [table, query] of Object.entries(postgresTables)) {
    const { rows } = await pool.query<object>(query);
    state.set(table, rows.map((row) => JSON.stringify(row)));
  }
  for (const [table, query] of Object.entries(clickhouseTables)) {
    const result = await clickhouse.query({ query, format: "JSONEachRow", clickhouse_settings: { join_use_nulls: 1 } });
    state.set(table, (await result.text()).split("\n").filter((line) => line !== ""));
  }
  return state;
}

const SHOWN_MAX = 5;

/** What differs, in words, table by table; empty when nothing does. */
export function differences(one: CanonicalState, other: CanonicalState): string[] {
  const found: string[] = [];
  for (const table of new Set([...one.keys(), ...other.keys()])) {
    const [left, right] = [one.get(table) ?? [], other.get(table) ?? []];
    if (left.length !== right.length) found.push(`${table}: ${left.length} rows against ${right.length}`);
    const [inLeft, inRight] = [new Set(left), new Set(right)];
    const onlyLeft = left.filter((line) => !inRight.has(line));
    const onlyRight = right.filter((line) => !inLeft.has(line));
    for (const line of onlyLeft.slice(0, SHOWN_MAX)) found.push(`${table}: only in the first: ${line}`);
    for (const line of onlyRight.slice(0, SHOWN_MAX)) found.push(`${table}: only in the second: ${line}`);
    if (onlyLeft.length > SHOWN_MAX) found.push(`${table}: ${onlyLeft.length - SHOWN_MAX} more`);
  }
  return found;
}
