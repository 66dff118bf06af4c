// The part of every question about one person's events that says whose they are: the ids that the events came in under, and
// whose owner is this person now.
import type { ApiServices } from "./api-services.ts";
import { ownerIds, type FoundProfile } from "./profile-store.ts";

export const OF_PERSON =
  "workspace_id = {workspace:UInt32} and ingest_profile_id in {ingest_ids:Array(UUID)} and profile_id in {owners:Array(UUID)}";

export async function paramsOfPerson(services: ApiServices, workspaceId: number, profile: FoundProfile): Promise<Record<string, unknown>> {
  const owners = await services.deps.workspaceDb.run(workspaceId, (db) => ownerIds(db, workspaceId, profile.id));
  return { ingest_ids: [...new Set([...profile.ingestIds, ...owners])], owners };
}
