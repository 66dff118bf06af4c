// What is decided about a workspace's fields: by people, in the table `field`, and by what the program itself knows.
// Undecided counts as personal, so that a new field of a sender shows nobody anything until somebody has looked at it.
import type { ClientBase } from "pg";
import { fieldKind, fieldPlace, type FieldKind, type FieldPlace, type FieldRef } from "@tributary/schema/field.ts";
import type { WorkspaceDb } from "../engines/postgres/workspace-db.ts";
import { recordAudit } from "./audit.ts";
import { knownField } from "./known-fields.ts";
import { createWorkspaceCache, type WorkspaceCache } from "./workspace-cache.ts";

const FIELD_CACHE_MS = 2_000;

/** A row of `field`. */
export interface FieldDecision extends FieldRef {
  /** Null: undecided. */
  readonly personal: boolean | null;
  readonly kind: FieldKind | null;
  readonly description: string;
  readonly owner: string;
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
}

/** What is left out stays as it is. */
export interface FieldChange extends FieldRef {
  readonly personal?: boolean | null;
  readonly kind?: FieldKind | null;
  readonly description?: string;
  readonly owner?: string;
}

export interface FieldStanding {
  /** What masking goes by. */
  readonly personal: boolean;
  /** Who says so: somebody of the workspace, the program, or nobody yet. */
  readonly by: "workspace" | "program" | "nobody";
}

/** Answers for one workspace, without asking anybody. */
export interface FieldDecisions {
  standing(place: FieldPlace, event: string, path: string): FieldStanding;
  isPersonal(place: FieldPlace, event: string, path: string): boolean;
  readonly rows: readonly FieldDecision[];
}

export type FieldDecisionsCache = WorkspaceCache<FieldDecisions>;

export function createFieldDecisionsCache(workspaceDb: WorkspaceDb): FieldDecisionsCache {
  return createWorkspaceCache(workspaceDb, FIELD_CACHE_MS, async (db, workspaceId) => fieldDecisions(await readFields(db, workspaceId)));
}

export async function readFields(db: ClientBase, workspaceId: number): Promise<FieldDecision[]> {
  const { rows } = await db.query<Omit<FieldDecision, "place" | "kind"> & { place: string; kind: string | null }>({
    name: "fields",
    text: `select place, event, path, personal, kind, description, owner, decided_by as "decidedBy", decided_at as "decidedAt"
      from field where workspace_id = $1 order by place, event, path`,
    values: [workspaceId],
  });
  // A place or kind of a newer version says nothing here; without its row, the field is undecided.
  return rows.flatMap((row) => {
    const place = fieldPlace.safeParse(row.place);
    return place.success ? [{ ...row, place: place.data, kind: fieldKind.safeParse(row.kind).data ?? null }] : [];
  });
}

const NOBODY: FieldStanding = { personal: true, by: "nobody" };

/**
 * The most exact decision counts: the event's own before that for all events. Below a field that is personal everything is;
 * below one that is not, each is decided for itself, so that a new name there is not shown unseen.
 */
export function fieldDecisions(rows: readonly FieldDecision[]): FieldDecisions {
  const decided = new Map<string, boolean>();
  for (const row of rows) if (row.personal !== null) decided.set(keyOf(row.place, row.event, row.path), row.personal);
  const known = new Map<string, FieldStanding>();

  function find(place: FieldPlace, event: string, path: string): FieldStanding {
    const own = decided.get(keyOf(place, event, path)) ?? decided.get(keyOf(place, "", path));
    if (own !== undefined) return { personal: own, by: "workspace" };
    for (let end = path.lastIndexOf("."); end > 0; end = path.lastIndexOf(".", end - 1)) {
      const above = path.slice(0, end);
      if (decided.get(keyOf(place, event, above)) ?? decided.get(keyOf(place, "", above))) return { personal: true, by: "workspace" };
    }
    const builtIn = knownField(place, path);
    return builtIn === undefined ? NOBODY : { personal: builtIn.personal, by: "program" };
  }

  function standing(place: FieldPlace, event: string, path: string): FieldStanding {
    const key = keyOf(place, event, path);
    const before = known.get(key);
    if (before !== undefined) return before;
    const found = find(place, event, path);
    // Names come from senders, without an end.
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(key, found);
    return found;
  }
  return { rows, standing, isPersonal: (place, event, path) => standing(place, event, path).personal };
}

const KNOWN_MAX = 10_000;

function keyOf(place: FieldPlace, event: string, path: string): string {
  return JSON.stringify([place, event, path]);
}

export interface FieldChangeContext {
  readonly workspaceId: number;
  readonly actor: string;
  readonly nowMs: number;
}

/** Within the caller's transaction. Who decided, and when, is that of the latest decision on personal or not. */
export async function setFields(db: ClientBase, context: FieldChangeContext, changes: readonly FieldChange[]): Promise<void> {
  for (const change of changes) {
    const { place, event, path, personal, kind, description, owner } = change;
    await db.query(
      `insert into field as f (workspace_id, place, event, path, personal, kind, description, owner, decided_by, decided_at)
        values ($1, $2, $3, $4, $5, $6, coalesce($7, ''), coalesce($8, ''), case when $9 then $10 end, case when $9 then $11::timestamptz end)
       on conflict (workspace_id, place, event, path) do update set
         personal = case when $9 then excluded.personal else f.personal end, kind = case when $12 then excluded.kind else f.kind end,
         description = coalesce($7, f.description), owner = coalesce($8, f.owner),
         decided_by = case when $9 then $10 else f.decided_by end, decided_at = case when $9 then $11::timestamptz else f.decided_at end`,
      [
        context.workspaceId, place, event, path, personal ?? null, kind ?? null, description ?? null, owner ?? null,
        personal !== undefined, context.actor, new Date(context.nowMs), kind !== undefined,
      ],
    );
    // Names of fields, as the audit log may hold them: what was decided, and never a value.
    const decided = { ...(personal === undefined ? {} : { personal }), ...(kind === undefined ? {} : { kind }), ...(owner === undefined ? {} : { owner }) };
    await recordAudit(
      db,
      {
        workspaceId: context.workspaceId, actor: context.actor, action: "field.decide", target: `field:${place}:${event === "" ? "" : `${event}:`}${path}`,
        detail: { ...decided, ...(description === undefined ? {} : { described: true }) },
      },
      context.nowMs,
    );
  }
}
