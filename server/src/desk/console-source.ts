// The source `console` of a workspace: made when somebody first records something, and without any write key for ever, so that
// nothing from outside can pretend to be an agent's word.
import type { ClientBase } from "pg";
import { defaultSourceSettings } from "@tributary/schema/settings.ts";
import type { WorkspaceDb } from "../engines/postgres/workspace-db.ts";
import { CONSOLE_KIND, createSource, type Control } from "../governance/governance.ts";

/** Undefined while nothing has been recorded yet. */
export async function findConsoleSource(db: ClientBase, workspaceId: number): Promise<number | undefined> {
  const { rows } = await db.query<{ id: number }>("select id from source where workspace_id = $1 and kind = $2 order by id limit 1", [workspaceId, CONSOLE_KIND]);
  return rows[0]?.id;
}

export async function ensureConsoleSource(
  deps: { readonly workspaceDb: WorkspaceDb; readonly control: Control }, workspaceId: number, actor: string,
): Promise<number> {
  return deps.workspaceDb.transaction(workspaceId, async (db) => {
    const known = await findConsoleSource(db, workspaceId);
    if (known !== undefined) return known;
    // Two agents at once: the second finds the first's.
    await db.query("select pg_advisory_xact_lock(hashtext('console source'), $1)", [workspaceId]);
    const made = await findConsoleSource(db, workspaceId);
    if (made !== undefined) return made;
    const settings = { ...defaultSourceSettings, name: "Console", ip: "drop" as const, showsActivity: false };
    const source = await createSource(db, { workspaceId, name: "Console", kind: CONSOLE_KIND, settings });
    await deps.control.append(
      { kind: "source.set", sourceId: source.id, settings: source.settings },
      { workspaceId, actor, action: "source.create", target: `source:${source.id}`, detail: { slug: source.slug, kind: CONSOLE_KIND } }, db,
    );
    return source.id;
  });
}
