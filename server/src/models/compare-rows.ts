// What a reading found changed: its rows beside the rows as they stand, key by key, in ClickHouse. Keys are taken by ranges of their hash,
// so that memory is that of one range however many rows there are.
import type { ClickHouseClient } from "@clickhouse/client";
import type { ModelLimits } from "./model-limits.ts";
import { CHANGES_PER_READING_MAX, seqOf } from "./seq.ts";
import { RunProblem } from "./run-problem.ts";
import { queryPrefix, type Reading } from "./stage-rows.ts";

export interface Compared {
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  /** Of the last change; the model's own where there is none. */
  readonly lastSeq: number;
}

export interface CompareOptions {
  readonly clickhouse: ClickHouseClient;
  readonly reading: Reading;
  readonly runId: number;
  /** What was in force when it began. */
  readonly before: { readonly lastSeq: number; readonly rows: number };
  readonly staged: { readonly rows: number; readonly bytes: number };
  readonly atMs: number;
  readonly limits: ModelLimits;
  /** Rows of both sides that are compared. */
  readonly onProgress: (compared: number) => Promise<void>;
}

const NEW = `select key_hash, key, row_hash, row, person, 1 as there from model_row
  where model_id = {model:UInt32} and nr = {nr:UInt32} and key_hash between {low:UInt64} and {high:UInt64}`;
const OLD = `select key_hash, key, tupleElement(newest, 1) as row_hash, tupleElement(newest, 2) as row, tupleElement(newest, 3) as person, 1 as there from (
    select key_hash, key, argMax(tuple(row_hash, row, if(empty(person), '', person[1]), change), seq) as newest from model_change
    where workspace_id = {workspace:UInt32} and model_id = {model:UInt32} and seq <= {until:UInt64} and key_hash between {low:UInt64} and {high:UInt64}
    group by key_hash, key
  ) where tupleElement(newest, 4) != 'removed'`;
const APPEND = `insert into model_change (workspace_id, model_id, key_hash, key, seq, run_id, change, row_hash, row, before, person, at)
  select {workspace:UInt32}, {model:UInt32}, hash, name, {base:UInt64} + row_number() over (order by hash, name), {run:UInt32}, what, if(what = 'removed', 0, new_hash),
    if(what = 'removed', old_row, new_row), if(what = 'changed', old_row, ''),
    if(now_person = '' and old_person = '', [], if(old_person = '' or old_person = now_person, [now_person], [now_person, old_person])), fromUnixTimestamp64Milli({at:Int64}, 'UTC')
  from (
    select key_hash as hash, key as name, multiIf(o.there = 0, 'added', n.there = 0, 'removed', 'changed') as what, n.row_hash as new_hash, n.row as new_row, o.row as old_row,
      if(n.there = 1, n.person, o.person) as now_person, if(n.there = 1, o.person, '') as old_person
    from (${NEW}) as n full join (${OLD}) as o using (key_hash, key)
    where n.there = 0 or o.there = 0 or n.row_hash != o.row_hash
  )`;
const COUNT = `select change, count() as count from model_change
  where workspace_id = {workspace:UInt32} and model_id = {model:UInt32} and seq > {base:UInt64} and seq <= {end:UInt64} and key_hash between {low:UInt64} and {high:UInt64} group by change`;

/** Appends what differs. Nobody sees it before the run is done. */
export async function compareRows(options: CompareOptions): Promise<Compared> {
  const { clickhouse, reading, before, staged, limits } = options;
  const found = { added: 0, changed: 0, removed: 0 };
  const total = staged.rows + before.rows;
  const perRow = staged.rows === 0 ? 0 : staged.bytes / staged.rows;
  const ranges = Math.max(1, Math.ceil(total / limits.compareRows), Math.ceil((total * perRow) / limits.compareBytes));
  let n = 0;
  for (let range = 0; range < ranges; range++) {
    const params = {
      workspace: reading.workspaceId, model: reading.modelId, nr: reading.nr, run: options.runId, until: before.lastSeq, at: options.atMs, base: seqOf(reading.nr, n),
      end: seqOf(reading.nr, CHANGES_PER_READING_MAX), low: edgeOf(range, ranges).toString(), high: (edgeOf(range + 1, ranges) - 1n).toString(),
    };
    await clickhouse.command({
      query: APPEND, query_params: params, query_id: `${queryPrefix(reading.modelId)}${reading.nr}-compare-${range}`,
      // Keys that differ in nothing are most; a join that keeps no order may work in less.
      clickhouse_settings: { max_insert_threads: "1", optimize_aggregation_in_order: 1 },
    });
    const counted = await clickhouse.query({ query: COUNT, query_params: params, format: "JSONEachRow" });
    for (const { change, count } of await counted.json<{ change: keyof typeof found; count: number }>()) {
      found[change] += count;
      n += count;
    }
    if (n > CHANGES_PER_READING_MAX / 2) throw new RunProblem({ code: "too_many_changes", message: `One run may find ${CHANGES_PER_READING_MAX / 2} changes. Narrow the query.` });
    await options.onProgress(Math.round((total * (range + 1)) / ranges));
  }
  return { ...found, lastSeq: n === 0 ? before.lastSeq : seqOf(reading.nr, n) };
}

/** Where a range of hashes begins. */
function edgeOf(range: number, ranges: number): bigint {
  return ((1n << 64n) * BigInt(range)) / BigInt(ranges);
}
