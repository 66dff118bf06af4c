// An archived audience has no members: they leave it, with the reason `definition`, so that its history says until when they were
// in. Taken up again, it is filled as after a new version.
import type { ClientBase, Pool } from "pg";
import { nobody } from "./ask.ts";
import type { Judged } from "./membership-write.ts";
import type { LoadedPartition } from "./store.ts";

type Archived = LoadedPartition["archived"][number];

/** Some of those who are still in it, to leave. */
export async function archivedMembers(pool: Pool, { id, workspaceId }: Archived, limit: number): Promise<Judged[]> {
  const { rows } = await pool.query<{ profile_id: string }>(
    "select profile_id from audience_person where member_of @> array[$1::integer] and workspace_id = $2 limit $3", [id, workspaceId, limit],
  );
  const asked = new Set([id]);
  return rows.map((row) => ({ workspaceId, profileId: row.profile_id, verdict: nobody, asked, isWhole: false, causeOf: () => ({ reason: "definition" as const, row: 0 }) }));
}

/** Once nobody is in it. */
export async function forgetArchived(tx: ClientBase, { id }: Archived): Promise<void> {
  await tx.query("update audience set filled_key = null, boundary_at = null, fill_done = null, fill_total = null, size = 0 where id = $1 and status = 'archived'", [id]);
}
