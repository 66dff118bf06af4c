// What happens to an account stands in the audit log of each workspace that it is a member of: by its opaque id, never by an
// address that somebody typed.
import type { ClientBase } from "pg";
import { recordAudit, type AuditEntry } from "./audit.ts";
import { membershipsOf } from "./members.ts";

/** Who tried to get in, and did not show to be anybody. */
export const ANONYMOUS = "anonymous";

/** `also`: a workspace that is told as well, member or not. `db` works as the owner of the tables. */
export async function recordAccountAudit(
  db: ClientBase, accountId: string, entry: Pick<AuditEntry, "actor" | "action" | "detail">, nowMs: number, also: readonly number[] = [],
): Promise<void> {
  const concerned = new Set([...also, ...(await membershipsOf(db, accountId)).map(({ workspaceId }) => workspaceId)]);
  for (const workspaceId of concerned) await recordAudit(db, { ...entry, workspaceId, target: `account:${accountId}` }, nowMs);
}
