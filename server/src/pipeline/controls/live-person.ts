// Which person a control record means: ids given outside may be of people who were merged or suppressed since.
import type { ControlWork } from "./handle-control.ts";

/** The person who answers under an id now, loaded; undefined when there is none, or they are suppressed or another workspace's. */
export async function livePersonOf(work: ControlWork, profileId: string): Promise<string | undefined> {
  const { rows } = await work.db.query<{ id: string }>(
    `select coalesce(merged_into, id) as id from profile where id = $1 and workspace_id = $2`, [profileId, work.header.workspaceId],
  );
  const id = rows[0]?.id;
  if (id === undefined) return undefined;
  await work.world.loadPeople(work.db, [id]);
  return work.world.hasPerson(id) && !work.world.held(id).state.suppressed ? id : undefined;
}
