// Before something goes that put people on a list at a vendor, they can be taken off it: what it is stops at once, everybody who was told is
// taken away, and then it is archived (conclude-syncs.ts). Within the caller's transaction.
import type { ClientBase } from "pg";
import { archiveAudience } from "../audiences/audiences.ts";
import { archiveSubscription, changeSubscription, presentDestination, readSubscriptions, type StoredDestination, type StoredSubscription } from "../destinations/destinations.ts";
import { countTold, startSync, type StoredSync } from "./syncs.ts";

interface Changing {
  readonly workspaceId: number;
  readonly actor: string;
  readonly nowMs: number;
}

/** Whether there is anything to empty. */
export async function emptySubscription(db: ClientBase, by: Changing, { to, one, afterwards }: { readonly to: StoredDestination; readonly one: StoredSubscription; readonly afterwards: StoredSync["afterwards"] }): Promise<boolean> {
  const of = { workspaceId: by.workspaceId, subscriptionId: one.id };
  if (one.definition.trigger.kind !== "audience" || one.status !== "active" || (await countTold(db, of)) === 0) return false;
  if (one.enabled) await changeSubscription(db, by, { to, kind: undefined, id: one.id }, { enabled: false });
  await startSync(db, of, { kind: "empty", afterwards, actor: by.actor, nowMs: by.nowMs });
  return true;
}

/** The same for all of a destination's. */
export async function emptyDestination(db: ClientBase, by: Changing, to: StoredDestination): Promise<boolean> {
  let isAny = false;
  for (const one of await readSubscriptions(db, by.workspaceId, to.id)) isAny = (await emptySubscription(db, by, { to, one, afterwards: "destination" })) || isAny;
  return isAny;
}

/** The same wherever an audience goes; subscriptions to it with nobody to take away are archived at once. Refused where something else stands on the audience. */
export async function emptyAudience(db: ClientBase, by: Changing, slug: string): Promise<boolean> {
  // Whether it could be archived, had it no subscriptions.
  await db.query("savepoint could_be_archived");
  await archiveAudience(db, by, slug, () => Promise.resolve([]));
  await db.query("rollback to savepoint could_be_archived");
  const { rows } = await db.query<{ id: number; destination: string }>(
    `select s.id, d.slug as destination from subscription s join destination d on d.id = s.destination_id join audience a on a.workspace_id = s.workspace_id and a.slug = $2
      where s.workspace_id = $1 and s.status = 'active' and s.definition->'trigger'->>'audienceId' = a.id::text order by s.id`, [by.workspaceId, slug],
  );
  let isAny = false;
  for (const { id, destination } of rows) {
    const to = await presentDestination(db, by.workspaceId, destination);
    const one = (await readSubscriptions(db, by.workspaceId, to.id)).find((other) => other.id === id);
    if (one === undefined) continue;
    if (await emptySubscription(db, by, { to, one, afterwards: "audience" })) isAny = true;
    else await archiveSubscription(db, by, to, id);
  }
  return isAny;
}
