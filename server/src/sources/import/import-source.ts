// The source that an import's events belong to. Message ids count once per source, so the same data imported twice under
// one source is stored once; that is why a source is found by its name again, and made only when there is none.
import type { ClientBase } from "pg";
import { defaultSourceSettings } from "@tributary/schema/settings.ts";
import { assert } from "../../core/errors.ts";
import type { WorkspaceDb } from "../../engines/postgres/workspace-db.ts";
import { refuseTooManySources, type Control } from "../../governance/governance.ts";

export interface ImportSource {
  readonly id: number;
  readonly slug: string;
}

/** A name as a slug: lower-case letters, digits and hyphens; `import` when nothing is left. */
export function slugOf(name: string): string {
  const slug = name.toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, 60).replace(/^-+|-+$/g, "");
  return slug === "" ? "import" : slug;
}

export async function findSource(db: ClientBase, workspaceId: number, slug: string): Promise<ImportSource | undefined> {
  const { rows } = await db.query<ImportSource>("select id, slug from source where workspace_id = $1 and slug = $2", [workspaceId, slug]);
  return rows[0];
}

/** The source of that slug, made with kind `import` when there is none; then it throws `limit_reached` when there are too many. */
export async function ensureSource(
  deps: { readonly workspaceDb: WorkspaceDb; readonly control: Control },
  wish: { readonly workspaceId: number; readonly slug: string; readonly name: string; readonly actor: string },
): Promise<ImportSource> {
  const { workspaceId, slug, name, actor } = wish;
  const settings = { ...defaultSourceSettings, name };
  return deps.workspaceDb.transaction(workspaceId, async (db) => {
    const known = await findSource(db, workspaceId, slug);
    if (known) return known;
    await refuseTooManySources(db, workspaceId);
    const { rows } = await db.query<{ id: number }>(
      `insert into source (workspace_id, slug, name, kind, settings) values ($1, $2, $3, 'import', $4)
       on conflict (workspace_id, slug) do nothing returning id`,
      [workspaceId, slug, name, JSON.stringify(settings)],
    );
    const made = rows[0]?.id;
    if (made !== undefined) {
      // Its events stand behind this in the log, so nobody need wait for it to be in force.
      await deps.control.append(
        { kind: "source.set", sourceId: made, settings },
        { workspaceId, actor, action: "source.create", target: `source:${made}`, detail: { slug, kind: "import" } }, db,
      );
      return { id: made, slug };
    }
    const found = await findSource(db, workspaceId, slug);
    assert(found, "a source that is there already can be found");
    return found;
  });
}
