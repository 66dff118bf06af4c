// Which examples go: those of suppressed people, of withdrawn imports, and of events that have expired. Asked for when the control
// record that says so is met in the event table; until then, and for ever after, reads leave out suppressed people themselves.
import type { ClientBase } from "pg";

/** `profile.ingest_ids` names every id under which events of a person may stand; after an unmerge more than theirs, which is as well. */
export const SUPPRESSED_IDS = `select unnest(ingest_ids) from profile where suppressed`;

/** Which of these ids are, or may be, a suppressed person's. */
export async function suppressedAmong(tx: ClientBase, profileIds: readonly string[]): Promise<ReadonlySet<string>> {
  if (profileIds.length === 0) return new Set();
  const { rows } = await tx.query<{ id: string }>(
    `select distinct i.id from profile p, unnest(p.ingest_ids) as i(id) where p.suppressed and p.ingest_ids && $1::uuid[] and i.id = any($1::uuid[])`,
    [profileIds],
  );
  return new Set(rows.map(({ id }) => id));
}

export async function forgetExamples(tx: ClientBase, workspaceId: number, nowMs: number): Promise<void> {
  await tx.query(
    `delete from observed_example where workspace_id = $1 and profile_id in (${SUPPRESSED_IDS} and workspace_id = $1)`, [workspaceId],
  );
  await tx.query(
    `delete from observed_example e using import i where e.workspace_id = $1 and i.workspace_id = $1 and i.id = e.import_id and i.status in ('withdrawing', 'withdrawn')`,
    [workspaceId],
  );
  await tx.query(
    `delete from observed_example e using pipeline_config c where e.workspace_id = $1 and c.workspace_id = $1
       and c.settings #>> '{events,keepDays}' is not null and e.at < $2::timestamptz - make_interval(days => (c.settings #>> '{events,keepDays}')::integer)`,
    [workspaceId, new Date(nowMs)],
  );
}
