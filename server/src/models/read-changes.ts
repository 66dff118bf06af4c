// The changes of a model's rows as they were written, for whoever follows them, and its rows as they stand. Of a reading that is not done
// nothing is ever seen: everything here ends at the model's `last_seq`.
import type { Pool } from "pg";
import type { ClickHouseClient } from "@clickhouse/client";
import type { ModelDefinition, RowChange } from "@tributary/schema/model.ts";
import { isRecord } from "@tributary/schema/is-record.ts";

export interface ModelStanding {
  readonly id: number;
  readonly workspaceId: number;
  readonly slug: string;
  readonly name: string;
  readonly definition: ModelDefinition;
  readonly version: number;
  readonly status: "active" | "archived";
  /** Changes until there, it included, are in force; 0: nothing was read yet. */
  readonly lastSeq: number;
  readonly rows: number;
}

export interface ModelChange {
  readonly seq: number;
  readonly runId: number;
  readonly change: RowChange;
  /** The values of the key's columns, as text. */
  readonly key: readonly string[];
  /** The same as one text, by which a row is told from others. */
  readonly keyText: string;
  /** Of a removed one as it was last. */
  readonly row: Readonly<Record<string, unknown>>;
  /** Of a changed one. */
  readonly before: Readonly<Record<string, unknown>> | undefined;
  readonly atMs: number;
  /** About how much it is. */
  readonly bytes: number;
}

export interface ModelReading {
  readonly clickhouse: ClickHouseClient;
  readonly workspaceId: number;
  readonly modelId: number;
}

const SETTINGS = { max_threads: 1, optimize_aggregation_in_order: 1 } as const;
const OF_MODEL = "workspace_id = {workspace:UInt32} and model_id = {model:UInt32}";
const COLUMNS = "seq, run_id, change, key, row, before, toInt64(toUnixTimestamp64Milli(at)) as at_ms";

interface StoredChange {
  readonly seq: number;
  readonly run_id: number;
  readonly change: RowChange;
  readonly key: string;
  readonly row: string;
  readonly before: string;
  readonly at_ms: number;
}

/** Those that are there, archived ones too. */
export async function readModelStandings(pool: Pick<Pool, "query">, modelIds: readonly number[]): Promise<ReadonlyMap<number, ModelStanding>> {
  if (modelIds.length === 0) return new Map();
  const { rows } = await pool.query<ModelStanding>(
    `select id, workspace_id as "workspaceId", slug, name, definition, version, status, last_seq::float8 as "lastSeq", rows::float8 as rows from model where id = any($1::integer[])`, [modelIds],
  );
  return new Map(rows.map((model) => [model.id, model]));
}

/** Changes after a number until another, it included, in their order. Fewer than `limit`: there are no more until there. */
export function readModelChanges(from: ModelReading, range: { readonly afterSeq: number; readonly untilSeq: number; readonly limit: number }): Promise<ModelChange[]> {
  return ask(from, `select ${COLUMNS} from model_change where ${OF_MODEL} and seq > {after:UInt64} and seq <= {until:UInt64} order by seq limit {limit:UInt32}`, {
    after: range.afterSeq, until: range.untilSeq, limit: range.limit,
  });
}

/**
 * The rows as they stood at a number, each as the change that made it so, in the order of those changes and after one of them. Fewer than
 * `limit`: there are no more.
 */
export function readModelRows(from: ModelReading, range: { readonly atSeq: number; readonly afterSeq: number; readonly limit: number }): Promise<ModelChange[]> {
  // Which changes stand is asked without the rows themselves, which are many times as large.
  const standing = `select max(seq) as newest, argMax(change, seq) as last from model_change where ${OF_MODEL} and seq <= {at:UInt64} group by key_hash, key
    having last != 'removed' and newest > {after:UInt64} order by newest limit {limit:UInt32}`;
  return ask(from, `select ${COLUMNS} from model_change where ${OF_MODEL} and seq in (select newest from (${standing})) order by seq`, {
    at: range.atSeq, after: range.afterSeq, limit: range.limit,
  });
}

/** By their numbers; those that are gone, or were never in force, are left out. */
export function readModelChangesAgain(from: ModelReading, range: { readonly untilSeq: number; readonly seqs: readonly number[] }): Promise<ModelChange[]> {
  if (range.seqs.length === 0) return Promise.resolve([]);
  return ask(from, `select ${COLUMNS} from model_change where ${OF_MODEL} and seq in {seqs:Array(UInt64)} and seq <= {until:UInt64} order by seq`, { seqs: range.seqs, until: range.untilSeq });
}

/** How many changes stand after a number, until another. */
export async function countModelChanges({ clickhouse, workspaceId, modelId }: ModelReading, range: { readonly afterSeq: number; readonly untilSeq: number }): Promise<number> {
  const result = await clickhouse.query({
    query: `select count() as count from model_change where ${OF_MODEL} and seq > {after:UInt64} and seq <= {until:UInt64}`,
    query_params: { workspace: workspaceId, model: modelId, after: range.afterSeq, until: range.untilSeq }, format: "JSONEachRow", clickhouse_settings: SETTINGS,
  });
  const [row] = await result.json<{ count: number }>();
  return row?.count ?? 0;
}

async function ask({ clickhouse, workspaceId, modelId }: ModelReading, query: string, params: Record<string, unknown>): Promise<ModelChange[]> {
  const result = await clickhouse.query({ query, query_params: { workspace: workspaceId, model: modelId, ...params }, format: "JSONEachRow", clickhouse_settings: SETTINGS });
  return (await result.json<StoredChange>()).map(changeOf);
}

export function changeOf(stored: StoredChange): ModelChange {
  const key: unknown = JSON.parse(stored.key);
  return {
    seq: stored.seq, runId: stored.run_id, change: stored.change, key: Array.isArray(key) ? key.map(String) : [], keyText: stored.key, row: recordOf(stored.row),
    before: stored.before === "" ? undefined : recordOf(stored.before), atMs: stored.at_ms, bytes: stored.row.length + stored.before.length,
  };
}

function recordOf(json: string): Readonly<Record<string, unknown>> {
  const read: unknown = JSON.parse(json);
  return isRecord(read) ? read : {};
}
