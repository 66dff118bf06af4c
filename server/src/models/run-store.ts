// Runs as rows of Postgres. A run is in force from the transaction on in which it becomes `done` and its model's `last_seq` moves; of
// every other reading, what it left in ClickHouse is dropped before the model is read again.
import type { ClientBase, Pool } from "pg";
import type { ModelDefinition, RunCause, RunStatus } from "@tributary/schema/model.ts";
import { AppError } from "../core/errors.ts";
import { inTransaction } from "../engines/postgres/in-transaction.ts";
import { recordAudit } from "../governance/governance.ts";
import type { Compared } from "./compare-rows.ts";
import type { TypedColumn } from "./normalise-row.ts";
import type { ProblemTold } from "./run-problem.ts";
import type { Reading } from "./stage-rows.ts";

export interface StoredRun {
  readonly id: number;
  readonly modelId: number;
  readonly version: number;
  readonly nr: number | null;
  readonly status: RunStatus;
  readonly cause: RunCause;
  readonly accept: boolean;
  readonly cancel: boolean;
  readonly rows: number;
  readonly bytes: number;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  readonly rowsBefore: number;
  readonly compared: number;
  readonly lastSeq: number | null;
  readonly columns: readonly TypedColumn[] | null;
  readonly asks: ProblemTold | null;
  readonly problem: ProblemTold | null;
  readonly dueAt: Date | null;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly answeredBy: string | null;
}

export interface TakenRun {
  readonly id: number;
  readonly workspaceId: number;
  readonly modelId: number;
  readonly slug: string;
  readonly cause: RunCause;
  readonly accept: boolean;
  readonly definition: ModelDefinition;
  readonly before: { readonly lastSeq: number; readonly rows: number };
}

const COLUMNS = `r.id, r.model_id as "modelId", r.version, r.nr, r.status, r.cause, r.accept, r.cancel, r.rows::float8 as rows, r.bytes::float8 as bytes, r.added::float8 as added,
  r.changed::float8 as changed, r.removed::float8 as removed, r.rows_before::float8 as "rowsBefore", r.compared::float8 as compared, r.last_seq::float8 as "lastSeq", r.columns, r.asks, r.problem,
  r.due_at as "dueAt", r.created_at as "createdAt", r.created_by as "createdBy", r.started_at as "startedAt", r.finished_at as "finishedAt", r.answered_by as "answeredBy"`;

// ── Asked for, read and answered, within a workspace ──────────────────────────────────────────────────────────────

/** The newest first, below `beforeId`. */
export async function readRuns(db: ClientBase, workspaceId: number, modelId: number, beforeId: number, limit: number): Promise<StoredRun[]> {
  return (await db.query<StoredRun>(`select ${COLUMNS} from model_run r where r.workspace_id = $1 and r.model_id = $2 and r.id < $3 order by r.id desc limit $4`, [workspaceId, modelId, beforeId, limit])).rows;
}

/** The last run of each model that has one. */
export async function readLastRuns(db: ClientBase, workspaceId: number): Promise<ReadonlyMap<number, StoredRun>> {
  const { rows } = await db.query<StoredRun>(`select distinct on (r.model_id) ${COLUMNS} from model_run r where r.workspace_id = $1 order by r.model_id, r.id desc`, [workspaceId]);
  return new Map(rows.map((run) => [run.modelId, run]));
}

/** Throws `not_found`. */
export async function presentRun(db: ClientBase, workspaceId: number, modelId: number, id: number): Promise<StoredRun> {
  const { rows } = await db.query<StoredRun>(`select ${COLUMNS} from model_run r where r.workspace_id = $1 and r.model_id = $2 and r.id = $3`, [workspaceId, modelId, id]);
  if (rows[0] === undefined) throw new AppError("not_found", { detail: `The model has no run ${id}.`, hint: "Look at its runs." });
  return rows[0];
}

export interface Asker {
  readonly workspaceId: number;
  readonly actor: string;
  readonly nowMs: number;
}

/** One that waits already is the answer: two readings one right after the other tell nothing more. */
export async function askRun(db: ClientBase, by: Asker, model: { readonly id: number; readonly slug: string; readonly version: number }, wish: { readonly accept: boolean }): Promise<StoredRun> {
  const { rows } = await db.query<{ id: number }>(
    `with waiting as (update model_run set accept = accept or $3 where workspace_id = $1 and model_id = $2 and status = 'waiting' and cause <> 'forget' returning id),
       made as (insert into model_run (workspace_id, model_id, version, cause, accept, created_at, created_by)
         select $1, $2, $4, 'manual', $3, $5, $6 where not exists (select from waiting) returning id)
     select id from waiting union all select id from made order by id limit 1`, [by.workspaceId, model.id, wish.accept, model.version, new Date(by.nowMs), by.actor],
  );
  const run = await presentRun(db, by.workspaceId, model.id, rows[0]?.id ?? 0);
  await recordAudit(db, { ...by, action: "model.run", target: `model:${model.slug}`, detail: { run: run.id, accept: wish.accept } }, by.nowMs);
  return run;
}

/** Takes what a run found that asks. Throws `conflict` for any other. */
export async function acceptRun(db: ClientBase, by: Asker, model: { readonly id: number; readonly slug: string }, id: number): Promise<StoredRun> {
  const run = await presentRun(db, by.workspaceId, model.id, id);
  const { rowCount } = await db.query(
    `with taken as (update model_run set status = 'done', finished_at = $4, answered_by = $5 where workspace_id = $1 and model_id = $2 and id = $3 and status = 'asking' returning last_seq, rows)
     update model m set last_seq = coalesce(t.last_seq, m.last_seq), rows = t.rows from taken t where m.workspace_id = $1 and m.id = $2`, [by.workspaceId, model.id, id, new Date(by.nowMs), by.actor],
  );
  if (rowCount === 0) throw new AppError("conflict", { detail: `Run ${id} does not ask: it is ${run.status}.`, hint: "Read it again." });
  await recordAudit(db, { ...by, action: "model.run.accept", target: `model:${model.slug}`, detail: { run: id, added: run.added, changed: run.changed, removed: run.removed } }, by.nowMs);
  return presentRun(db, by.workspaceId, model.id, id);
}

/** Stops one that goes on or waits, or refuses what one found that asks. Throws `conflict` for one that is over. */
export async function stopRun(db: ClientBase, by: Asker, model: { readonly id: number; readonly slug: string }, id: number): Promise<StoredRun> {
  const run = await presentRun(db, by.workspaceId, model.id, id);
  const { rowCount } = await db.query(
    `update model_run set cancel = true, answered_by = $5, status = case when status in ('waiting', 'asking') then 'stopped' else status end,
       finished_at = case when status in ('waiting', 'asking') then $4 else finished_at end
     where workspace_id = $1 and model_id = $2 and id = $3 and status in ('waiting', 'reading', 'comparing', 'asking')`, [by.workspaceId, model.id, id, new Date(by.nowMs), by.actor],
  );
  if (rowCount === 0) throw new AppError("conflict", { detail: `Run ${id} is over: it is ${run.status}.`, hint: "There is nothing to stop." });
  await recordAudit(db, { ...by, action: "model.run.stop", target: `model:${model.slug}`, detail: { run: id, status: run.status } }, by.nowMs);
  return presentRun(db, by.workspaceId, model.id, id);
}

// ── Carried out, by the one that runs models ──────────────────────────────────────────────────────────────────────

/** What a process that is gone was at is begun anew. */
export async function recoverRuns(pool: Pool): Promise<void> {
  await pool.query("update model_run set status = 'waiting' where status in ('reading', 'comparing')");
}

/** The next that waits, of a model of which none goes on; one of it that asks is overtaken by it. */
export async function takeRun(pool: Pool, nowMs: number): Promise<TakenRun | undefined> {
  return inTransaction(pool, async (tx) => {
    const { rows } = await tx.query<TakenRun & { lastSeq: number; rowsBefore: number; version: number; status: string }>(
      `select r.id, r.workspace_id as "workspaceId", r.model_id as "modelId", m.slug, r.cause, r.accept, m.definition, m.version, m.status, m.last_seq::float8 as "lastSeq", m.rows::float8 as "rowsBefore"
       from model_run r join model m on m.id = r.model_id
       where r.status = 'waiting' and not exists (select from model_run o where o.model_id = r.model_id and o.status in ('reading', 'comparing'))
       order by r.id limit 1 for update of r, m skip locked`,
    );
    const [found] = rows;
    if (found === undefined) return undefined;
    const told = { code: "overtaken", message: `Run ${found.id} took its place.` };
    await tx.query("update model_run set status = 'stopped', finished_at = $2, problem = $3 where model_id = $1 and status = 'asking'", [found.modelId, new Date(nowMs), JSON.stringify(told)]);
    await tx.query("update model_run set status = 'reading', version = $2, started_at = $3, rows = 0, bytes = 0, compared = 0, rows_before = $4 where id = $1", [found.id, found.version, new Date(nowMs), found.rowsBefore]);
    return { id: found.id, workspaceId: found.workspaceId, modelId: found.modelId, slug: found.slug, cause: found.cause, accept: found.accept, definition: found.definition, before: { lastSeq: found.lastSeq, rows: found.rowsBefore } };
  });
}

/** Readings of a model that left something in ClickHouse and are not in force. */
export async function leftReadings(pool: Pool, modelId: number): Promise<readonly (Reading & { readonly runId: number })[]> {
  const { rows } = await pool.query<Reading & { runId: number }>(
    `select id as "runId", workspace_id as "workspaceId", model_id as "modelId", nr from model_run where model_id = $1 and nr is not null and status not in ('done', 'asking') order by id`, [modelId],
  );
  return rows;
}

/** Models of which nothing goes on, with such readings. */
export async function modelsWithLeftReadings(pool: Pool): Promise<readonly number[]> {
  const { rows } = await pool.query<{ id: number }>(
    `select distinct model_id as id from model_run r where nr is not null and status in ('failed', 'stopped')
       and not exists (select from model_run o where o.model_id = r.model_id and o.status in ('reading', 'comparing'))`,
  );
  return rows.map(({ id }) => id);
}

export async function forgetReading(pool: Pool, runId: number): Promise<void> {
  await pool.query("update model_run set nr = null where id = $1 and status not in ('done', 'asking')", [runId]);
}

/** Another number for each beginning, so that nothing of one is taken for the next one's. */
export async function numberReading(pool: Pool, run: TakenRun): Promise<Reading> {
  const { rows } = await pool.query<{ nr: number }>(
    "with m as (update model set last_nr = last_nr + 1 where id = $1 returning last_nr) update model_run set nr = m.last_nr from m where model_run.id = $2 returning nr", [run.modelId, run.id],
  );
  const [row] = rows;
  if (row === undefined) throw new Error(`Run ${run.id} is gone.`);
  return { workspaceId: run.workspaceId, modelId: run.modelId, nr: row.nr };
}

/** How far it has come. True: it is to stop. */
export async function noteRun(pool: Pool, id: number, at: { readonly status: "reading" | "comparing"; readonly rows: number; readonly bytes: number; readonly compared: number; readonly columns?: readonly TypedColumn[] }): Promise<boolean> {
  const { rows } = await pool.query<{ cancel: boolean }>(
    "update model_run set status = $2, rows = $3, bytes = $4, compared = $5, columns = coalesce($6, columns) where id = $1 returning cancel",
    [id, at.status, at.rows, at.bytes, at.compared, at.columns === undefined ? null : JSON.stringify(at.columns)],
  );
  return rows[0]?.cancel ?? true;
}

/** In force from here on; or, with `asks`, once somebody accepts it. `also`: in the same transaction. False: it is gone, or was stopped meanwhile. */
export async function endRun(
  pool: Pool, run: TakenRun, found: Compared & { readonly rows: number }, asks: ProblemTold | undefined, nowMs: number, also?: (tx: ClientBase) => Promise<void>,
): Promise<boolean> {
  return inTransaction(pool, async (tx) => {
    const { rowCount } = await tx.query(
      `update model_run set status = $2, added = $3, changed = $4, removed = $5, last_seq = $6, asks = $7, finished_at = $8, compared = rows + rows_before where id = $1 and status = 'comparing' and not cancel`,
      [run.id, asks === undefined ? "done" : "asking", found.added, found.changed, found.removed, found.lastSeq, asks === undefined ? null : JSON.stringify(asks), asks === undefined ? new Date(nowMs) : null],
    );
    if (rowCount === 0) return false;
    if (asks === undefined) await tx.query("update model set last_seq = $2, rows = $3 where id = $1", [run.modelId, found.lastSeq, found.rows]);
    await also?.(tx);
    return true;
  });
}

export async function giveUpRun(pool: Pool, id: number, end: { readonly status: "failed" | "stopped"; readonly problem: ProblemTold | undefined }, nowMs: number): Promise<void> {
  await pool.query("update model_run set status = $2, problem = $3, finished_at = $4 where id = $1 and status in ('reading', 'comparing')", [
    id, end.status, end.problem === undefined ? null : JSON.stringify(end.problem), new Date(nowMs),
  ]);
}

/** To be begun anew. */
export async function putBackRun(pool: Pool, id: number): Promise<void> {
  await pool.query("update model_run set status = 'waiting' where id = $1 and status in ('reading', 'comparing')", [id]);
}

/** Of what is over, the newest stay. */
export async function forgetOldRuns(pool: Pool, modelId: number, kept: number): Promise<void> {
  await pool.query(
    `delete from model_run where model_id = $1 and (nr is null or status = 'done') and status in ('done', 'failed', 'stopped')
       and id < (select id from model_run where model_id = $1 order by id desc offset $2 limit 1)`, [modelId, kept],
  );
}
