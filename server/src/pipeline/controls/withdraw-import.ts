// Sets the events of an import aside: they stay in the event table with the outcome `withdrawn`, and everybody they
// touched is folded anew without them. Who existed only through them is gone; who was joined only by them is apart again.
import { applyRefold } from "./unmerge.ts";
import type { ControlWork } from "./handle-control.ts";
import { hasExpiredEvents } from "./expired-evidence.ts";
import { landedInOrder } from "./landed-in-order.ts";
import { componentOf, refold } from "./refold.ts";
import { hash128 } from "../../core/hash.ts";
import { NOBODY } from "../../core/nobody.ts";

/** People folded anew at a time: bounds the events held in memory. */
const PEOPLE_AT_ONCE = 200;

export async function withdrawImport(work: ControlWork, importId: number): Promise<void> {
  await landedInOrder(work.sender);
  const { workspaceId } = work.header;
  const touched = await touchedPeople(work, importId);
  const hasExpired = await hasExpiredEvents(work.db, workspaceId);
  const done = new Set<string>();
  for (let i = 0; i < touched.length; i += PEOPLE_AT_ONCE) {
    const ids = touched.slice(i, i + PEOPLE_AT_ONCE).filter((id) => !done.has(id));
    if (ids.length === 0) continue;
    const component = await componentOf(work.db, work.world, ids);
    for (const person of component.people) done.add(person.state.id);
    const result = await refold(
      work.clickhouse, work.rules, { workspaceId, component, beforeRow: work.rowId, splits: new Map(), withoutImport: importId, hasExpired }, work.secret,
    );
    applyRefold(work, component, result);
  }
  work.builder.addStatement(
    "events",
    `ALTER TABLE events UPDATE outcome = 'withdrawn', reason = 'import_withdrawn'
      WHERE workspace_id = ${workspaceId} AND import_id = ${importId} AND row_id < ${work.rowId} AND outcome = 'stored'`,
  );
  const sightings = await sightingsOf(work, importId);
  // The same rows may be imported again.
  work.writes.push(async (tx) => {
    await tx.query(`delete from message_seen where id = any($1::uuid[])`, [sightings]);
    await tx.query(`update import set status = 'withdrawn', withdrawn_row = $2, updated_at = now() where id = $1 and workspace_id = $3`, [
      importId, work.rowId, workspaceId,
    ]);
  });
}

async function touchedPeople(work: ControlWork, importId: number): Promise<string[]> {
  const result = await work.clickhouse.query({
    query: `select distinct ingest_profile_id as id from events
      where workspace_id = {w:UInt32} and import_id = {i:UInt32} and outcome = 'stored' and row_id < {before:UInt64}
        and ingest_profile_id != toUUID({nobody:String})`,
    query_params: { w: work.header.workspaceId, i: importId, nobody: NOBODY, before: work.rowId },
    format: "JSONEachRow",
  });
  const ids = (await result.json<{ id: string }>()).map(({ id }) => id);
  const { rows } = await work.db.query<{ id: string }>(
    `select distinct coalesce(merged_into, id) as id from profile where id = any($1::uuid[]) and not suppressed order by 1`, [ids],
  );
  return rows.map(({ id }) => id);
}

async function sightingsOf(work: ControlWork, importId: number): Promise<string[]> {
  const result = await work.clickhouse.query({
    query: `select source_id, message_id from events
      where workspace_id = {w:UInt32} and import_id = {i:UInt32} and outcome = 'stored' and row_id < {before:UInt64}`,
    query_params: { w: work.header.workspaceId, i: importId, before: work.rowId },
    format: "JSONEachRow",
  });
  const rows = await result.json<{ source_id: number; message_id: string }>();
  return rows.map((row) => hash128(work.header.workspaceId, row.source_id, row.message_id));
}
