// Which models their schedules run now: each at most once, whatever was missed, and none of which a run waits or goes on.
import type { Pool } from "pg";
import type { ModelDefinition } from "@tributary/schema/model.ts";
import { dueNow } from "./due.ts";

interface Scheduled {
  readonly id: number;
  readonly workspaceId: number;
  readonly version: number;
  readonly schedule: NonNullable<ModelDefinition["schedule"]>;
  readonly dueAt: Date | null;
  readonly importsSeen: number | null;
  /** Imports into the source that its schedule waits for: those that are done, or were. */
  readonly imports: number;
  readonly hasOpenRun: boolean;
}

/** When the next is due by the clock; undefined: none is. */
export async function runDueModels(pool: Pool, nowMs: number): Promise<number | undefined> {
  const { rows } = await pool.query<Scheduled>(
    `select m.id, m.workspace_id as "workspaceId", m.version, m.definition->'schedule' as schedule, m.due_at as "dueAt", m.imports_seen as "importsSeen",
       case when m.definition->'schedule'->>'afterImport' is null then 0 else
         (select count(*)::integer from import i join source s on s.id = i.source_id and s.workspace_id = i.workspace_id
            where i.workspace_id = m.workspace_id and s.slug = m.definition->'schedule'->>'afterImport' and i.status in ('done', 'withdrawn') and not i.dry_run) end as imports,
       exists (select from model_run r where r.model_id = m.id and r.status in ('waiting', 'reading', 'comparing')) as "hasOpenRun"
     from model m where m.status = 'active' and m.enabled and (m.definition->'schedule') is not null`,
  );
  let nextMs: number | undefined;
  for (const model of rows) {
    if ("afterImport" in model.schedule) {
      await runAfterImport(pool, model, nowMs);
      continue;
    }
    const due = dueNow(model.schedule, model.dueAt?.getTime(), nowMs);
    // While one goes on, the next waits for its end.
    if (due.isDue && model.hasOpenRun) continue;
    if (due.nextMs !== undefined) nextMs = Math.min(nextMs ?? Infinity, due.nextMs);
    const isMoved = due.nextMs !== model.dueAt?.getTime();
    if (!due.isDue && !isMoved) continue;
    await pool.query(
      `with moved as (update model set due_at = $2 where id = $1 and due_at is not distinct from $3 returning id)
       insert into model_run (workspace_id, model_id, version, cause, due_at, created_at, created_by) select $4, id, $5, 'schedule', $3, $6, 'system' from moved where $7`,
      [model.id, due.nextMs === undefined ? null : new Date(due.nextMs), model.dueAt, model.workspaceId, model.version, new Date(nowMs), due.isDue],
    );
  }
  return nextMs;
}

async function runAfterImport(pool: Pool, model: Scheduled, nowMs: number): Promise<void> {
  if (model.importsSeen === model.imports || (model.hasOpenRun && model.importsSeen !== null)) return;
  await pool.query(
    `with seen as (update model set imports_seen = $2 where id = $1 and imports_seen is not distinct from $3 returning id)
     insert into model_run (workspace_id, model_id, version, cause, created_at, created_by) select $4, id, $5, 'import', $6, 'system' from seen where $7`,
    [model.id, model.imports, model.importsSeen, model.workspaceId, model.version, new Date(nowMs), model.importsSeen !== null && model.imports > model.importsSeen],
  );
}
