// Rows about people who are to be forgotten. First a run of its own counts them as removed, so that whoever follows the model is told so; once
// every destination has an outcome, what the log holds of them is erased. A key whose row was about them goes with its whole history, so that
// no older row of it stands again; of a row that is somebody else's by now only what it was before goes. Readings leave out rows about people
// who are suppressed, so that nothing of it is stored again while the warehouse still has it.
import type { Pool } from "pg";
import type { ClickHouseClient } from "@clickhouse/client";
import type { Clock } from "../core/clock.ts";
import type { Compared } from "./compare-rows.ts";
import type { TakenRun } from "./run-store.ts";
import { seqOf } from "./seq.ts";
import { queryPrefix, type Reading } from "./stage-rows.ts";

export interface ForgetParts {
  readonly pool: Pool;
  readonly clickhouse: ClickHouseClient;
  readonly clock: Clock;
}

interface Wanted {
  readonly forgettingId: number;
  readonly workspaceId: number;
  readonly modelId: number;
  readonly lastSeq: number;
  /** The model's rows have named people at some time. */
  readonly namesPeople: boolean;
  /** As rows write them. */
  readonly values: readonly string[];
}

/** Rows as erased by one statement. */
const AT_ONCE = 5_000;

const WANTED = `select t.forgetting_id as "forgettingId", t.workspace_id as "workspaceId", t.model_id as "modelId", m.last_seq::float8 as "lastSeq",
    exists (select from model_version v where v.model_id = m.id and v.definition -> 'person' is not null) as "namesPeople",
    array(select distinct i ->> 'value' from json_array_elements(f.identifiers) as i join model_version v on v.model_id = m.id and v.definition -> 'person' ->> 'namespace' = i ->> 'namespace') as values
  from forgetting_model t join forgetting f on f.id = t.forgetting_id join model m on m.id = t.model_id`;

/** The newest change of each key that was ever about them. */
const NEWEST = `select key_hash, key, argMax(tuple(if(empty(person), '', person[1]), change, row), seq) as newest from model_change
  where workspace_id = {workspace:UInt32} and model_id = {model:UInt32} and seq <= {until:UInt64}
    and key_hash in (select key_hash from model_change where workspace_id = {workspace:UInt32} and model_id = {model:UInt32} and hasAny(person, {values:Array(String)}))
  group by key_hash, key`;
const STANDING = `select key_hash, key, tupleElement(newest, 1) as whose, tupleElement(newest, 3) as row from (${NEWEST}) where tupleElement(newest, 2) != 'removed' and has({values:Array(String)}, tupleElement(newest, 1))`;

/** Asks for runs that take such rows away; what there is nothing of is over at once. `isBusy`: of models of which a run goes on, which may still bring some. */
export async function askForgetRuns({ pool, clickhouse, clock }: ForgetParts, isBusy: (modelId: number) => boolean): Promise<void> {
  const { rows } = await pool.query<Wanted>(`${WANTED} where t.status = 'waiting' order by 1, 3`);
  for (const one of rows) {
    if (isBusy(one.modelId)) continue;
    if (one.values.length === 0) await conclude(pool, one, one.namesPeople ? "erased" : "by_hand", clock.nowMs());
    else if (await hasRows(clickhouse, one)) {
      await pool.query(
        `insert into model_run (workspace_id, model_id, version, cause, accept, created_at, created_by) select $1, $2, m.version, 'forget', true, $3, 'system' from model m
         where m.id = $2 and not exists (select from model_run r where r.model_id = $2 and r.cause = 'forget' and r.status in ('waiting', 'reading', 'comparing'))`,
        [one.workspaceId, one.modelId, new Date(clock.nowMs())],
      );
    } else await conclude(pool, one, "removed", clock.nowMs());
  }
}

async function conclude(pool: Pool, { forgettingId, modelId }: Wanted, status: "removed" | "erased" | "by_hand", nowMs: number): Promise<void> {
  await pool.query(
    "update forgetting_model set status = $3, done_at = case when $3 = 'removed' then null else $4::timestamptz end where forgetting_id = $1 and model_id = $2 and status = 'waiting'",
    [forgettingId, modelId, status, new Date(nowMs)],
  );
  await pool.query("select close_forgettings()");
}

const paramsOf = (one: Pick<Wanted, "workspaceId" | "modelId" | "lastSeq" | "values">): Record<string, unknown> => ({ workspace: one.workspaceId, model: one.modelId, until: one.lastSeq, values: one.values });

/** That stand, or that a run has found which asks. */
async function hasRows(clickhouse: ClickHouseClient, one: Wanted): Promise<boolean> {
  const result = await clickhouse.query({
    query: `select 1 from (${STANDING}) limit 1 union all
      select 1 from model_change where workspace_id = {workspace:UInt32} and model_id = {model:UInt32} and seq > {until:UInt64} and hasAny(person, {values:Array(String)}) limit 1`,
    query_params: paramsOf(one), format: "JSONEachRow",
  });
  return (await result.json()).length > 0;
}

export interface RowsForgotten extends Compared {
  /** Whose rows they were. */
  readonly forgettingIds: readonly number[];
  readonly firstSeq: number;
}

/** What such a run finds. Nobody sees it before the run is done. */
export async function removeForgotten({ pool, clickhouse, clock }: ForgetParts, run: TakenRun, reading: Reading): Promise<RowsForgotten> {
  const { rows } = await pool.query<Wanted>(`${WANTED} where t.status = 'waiting' and t.model_id = $1`, [run.modelId]);
  const values = [...new Set(rows.flatMap((one) => one.values))];
  const params = { ...paramsOf({ workspaceId: run.workspaceId, modelId: run.modelId, lastSeq: run.before.lastSeq, values }), run: run.id, base: seqOf(reading.nr, 0), at: clock.nowMs() };
  await clickhouse.command({
    query: `insert into model_change (workspace_id, model_id, key_hash, key, seq, run_id, change, row_hash, row, before, person, at)
      select {workspace:UInt32}, {model:UInt32}, key_hash, key, {base:UInt64} + row_number() over (order by key_hash, key), {run:UInt32}, 'removed', 0, row, '', [whose], fromUnixTimestamp64Milli({at:Int64}, 'UTC')
      from (${STANDING})`,
    query_params: params, query_id: `${queryPrefix(run.modelId)}${reading.nr}-forget`, clickhouse_settings: { max_insert_threads: "1" },
  });
  const counted = await clickhouse.query({
    query: "select count() as count from model_change where workspace_id = {workspace:UInt32} and model_id = {model:UInt32} and seq > {base:UInt64} and run_id = {run:UInt32}", query_params: params, format: "JSONEachRow",
  });
  const removed = (await counted.json<{ count: number }>())[0]?.count ?? 0;
  return { added: 0, changed: 0, removed, firstSeq: seqOf(reading.nr, 1), lastSeq: removed === 0 ? run.before.lastSeq : seqOf(reading.nr, removed), forgettingIds: rows.map(({ forgettingId }) => forgettingId) };
}

/** Erases what is told. Throws what may pass. */
export async function eraseForgotten({ pool, clickhouse, clock }: ForgetParts): Promise<void> {
  const { rows } = await pool.query<Wanted>(
    `${WANTED} where t.status = 'removed' and not exists (select from forgetting_destination d where d.forgetting_id = f.id and d.status = 'waiting') order by 1, 3`,
  );
  for (const one of rows) {
    const found = await clickhouse.query({
      query: `select seq, has({values:Array(String)}, last) or has({values:Array(String)}, whose) as goes from (
          select seq, hasAny(person, {values:Array(String)}) as is_about, if(empty(person), '', person[1]) as whose, last_value(if(empty(person), '', person[1])) over (partition by key_hash, key order by seq rows between unbounded preceding and unbounded following) as last
          from model_change where workspace_id = {workspace:UInt32} and model_id = {model:UInt32} and seq <= {until:UInt64}
            and key_hash in (select key_hash from model_change where workspace_id = {workspace:UInt32} and model_id = {model:UInt32} and hasAny(person, {values:Array(String)}))
        ) where is_about or has({values:Array(String)}, last)`,
      query_params: paramsOf(one), format: "JSONEachRow",
    });
    const all = await found.json<{ seq: number; goes: number | boolean }>();
    const of = `workspace_id = ${one.workspaceId} and model_id = ${one.modelId}`;
    const [gone, kept] = [true, false].map((goes) => all.filter((row) => Boolean(row.goes) === goes).map(({ seq }) => seq)) as [number[], number[]];
    await mutate(clickhouse, kept, (seqs) => `alter table model_change update before = '', person = [person[1]] where ${of} and seq in (${seqs})`);
    await mutate(clickhouse, gone, (seqs) => `alter table model_change delete where ${of} and seq in (${seqs})`);
    await pool.query("update forgetting_model set status = 'erased', rows = $3, done_at = $4 where forgetting_id = $1 and model_id = $2", [one.forgettingId, one.modelId, gone.length, new Date(clock.nowMs())]);
    await pool.query("select close_forgettings()");
  }
}

async function mutate(clickhouse: ClickHouseClient, seqs: readonly number[], statement: (seqs: string) => string): Promise<void> {
  for (let from = 0; from < seqs.length; from += AT_ONCE) {
    await clickhouse.command({ query: statement(seqs.slice(from, from + AT_ONCE).join(", ")), clickhouse_settings: { mutations_sync: "2" } });
  }
}
