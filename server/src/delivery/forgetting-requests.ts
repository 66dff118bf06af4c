// Who asked to be forgotten, as people look at it and act on it: within a workspace.
import type { ClientBase } from "pg";
import { AppError } from "../core/errors.ts";
import { recordAudit } from "../governance/governance.ts";
import type { StoredIdentifier } from "./forgetting.ts";

export interface StoredForgetting {
  readonly id: number;
  readonly profileId: string;
  readonly profileIds: readonly string[];
  readonly askedAt: Date;
  readonly askedBy: string;
  readonly sentErasedAt: Date | null;
  readonly doneAt: Date | null;
  readonly destinations: readonly ForgettingAt[];
  readonly models: readonly { readonly slug: string; readonly name: string; readonly status: "waiting" | "removed" | "erased" | "by_hand"; readonly rows: number; readonly doneAt: string | null }[];
}

export interface ForgettingAt {
  readonly slug: string;
  readonly name: string;
  readonly status: "waiting" | "told" | "nothing" | "refused" | "expired" | "by_hand" | "done_by_hand";
  readonly told: number;
  readonly attempts: number;
  readonly nextAt: string | null;
  readonly code: string;
  readonly detail: string;
  readonly since: string;
  readonly doneAt: string | null;
  readonly doneBy: string | null;
}

const READ = `select f.id, f.profile_id as "profileId", f.profile_ids as "profileIds", f.asked_at as "askedAt", f.asked_by as "askedBy", f.sent_erased_at as "sentErasedAt", f.done_at as "doneAt",
    coalesce((select json_agg(json_build_object('slug', d.slug, 'name', d.name, 'status', t.status, 'told', t.told, 'attempts', t.attempts, 'nextAt', t.next_at, 'code', t.code, 'detail', t.detail, 'since', t.since,
        'doneAt', t.done_at, 'doneBy', t.done_by) order by d.name, d.id)
      from forgetting_destination t join destination d on d.id = t.destination_id where t.forgetting_id = f.id), '[]') as destinations,
    coalesce((select json_agg(json_build_object('slug', m.slug, 'name', m.name, 'status', t.status, 'rows', t.rows, 'doneAt', t.done_at) order by m.name, m.id)
      from forgetting_model t join model m on m.id = t.model_id where t.forgetting_id = f.id), '[]') as models
  from forgetting f where f.workspace_id = $1`;

/** The newest first, below `beforeId`. */
export async function readForgettings(db: ClientBase, workspaceId: number, page: { readonly beforeId: number; readonly limit: number }): Promise<StoredForgetting[]> {
  return (await db.query<StoredForgetting>(`${READ} and f.id < $2 order by f.id desc limit $3`, [workspaceId, page.beforeId, page.limit])).rows;
}

/** Throws `not_found`. */
export async function readForgetting(db: ClientBase, workspaceId: number, id: number): Promise<StoredForgetting> {
  const [found] = (await db.query<StoredForgetting>(`${READ} and f.id = $2`, [workspaceId, id])).rows;
  if (found === undefined) throw new AppError("not_found", { detail: `Nobody was forgotten under the number ${id}.` });
  return found;
}

/** Of the control record that asked for it; undefined: the person was gone by then. */
export async function readForgettingOfRow(db: ClientBase, workspaceId: number, rowId: number): Promise<StoredForgetting | undefined> {
  return (await db.query<StoredForgetting>(`${READ} and f.row_id = $2`, [workspaceId, rowId])).rows[0];
}

interface By {
  readonly workspaceId: number;
  readonly actor: string;
  readonly nowMs: number;
}

/** Of somebody who is suppressed already, with the ids that whoever asks has named. */
export async function openForgetting(db: ClientBase, by: By, person: { readonly profileId: string; readonly profileIds: readonly string[]; readonly identifiers: readonly StoredIdentifier[] }, detail: Readonly<Record<string, unknown>>): Promise<StoredForgetting> {
  const { rows: [made] } = await db.query<{ id: number }>("select open_forgetting($1, $2, $3::uuid[], null, $4, $5) as id", [
    by.workspaceId, person.profileId, person.profileIds, JSON.stringify(person.identifiers.map(({ namespace, value }) => ({ namespace, value }))), by.actor,
  ]);
  await recordAudit(db, { ...by, action: "profile.forget", target: `profile:${person.profileId}`, detail }, by.nowMs);
  return readForgetting(db, by.workspaceId, made?.id ?? 0);
}

/** Tells a destination again that did not take it, or notes that somebody did it there. Throws `not_found` and `conflict`. */
export async function actOnForgetting(db: ClientBase, by: By, at: { readonly id: number; readonly slug: string }, action: "retry" | "done_by_hand"): Promise<StoredForgetting> {
  const found = await readForgetting(db, by.workspaceId, at.id);
  const one = found.destinations.find(({ slug }) => slug === at.slug);
  if (one === undefined) throw new AppError("not_found", { detail: `${at.slug} has nothing to forget here.` });
  const { rowCount } = await (action === "retry" ? tellAgain(db, by, at) : noteByHand(db, by, at));
  if (rowCount === 0) {
    throw new AppError("conflict", action === "retry"
      ? { detail: `${one.name} is not told again: it is ${one.status}, or the person's ids are not kept any more.`, hint: "Ask for the person again, by an id of theirs." }
      : { detail: `${one.name} waits for nobody: it is ${one.status}.` });
  }
  await db.query("select close_forgettings()");
  await recordAudit(db, { ...by, action: `forgetting.${action}`, target: `profile:${found.profileId}`, detail: { forgetting: at.id, destination: at.slug } }, by.nowMs);
  return readForgetting(db, by.workspaceId, at.id);
}

async function tellAgain(db: ClientBase, by: By, { id, slug }: { readonly id: number; readonly slug: string }): Promise<{ readonly rowCount: number | null }> {
  const told = await db.query(
    `update forgetting_destination t set status = 'waiting', since = $4, attempts = 0, next_at = null, done_at = null from destination d, forgetting f
     where t.workspace_id = $1 and t.forgetting_id = $2 and d.id = t.destination_id and d.slug = $3 and f.id = t.forgetting_id and f.identifiers::text <> '[]' and t.status in ('refused', 'expired', 'by_hand')`,
    [by.workspaceId, id, slug, new Date(by.nowMs)],
  );
  if (told.rowCount !== 0) await db.query("update forgetting set done_at = null where workspace_id = $1 and id = $2", [by.workspaceId, id]);
  return told;
}

function noteByHand(db: ClientBase, by: By, { id, slug }: { readonly id: number; readonly slug: string }): Promise<{ readonly rowCount: number | null }> {
  return db.query(
    `update forgetting_destination t set status = 'done_by_hand', done_at = $4, done_by = $5 from destination d
     where t.workspace_id = $1 and t.forgetting_id = $2 and d.id = t.destination_id and d.slug = $3 and t.status in ('waiting', 'refused', 'expired', 'by_hand')`,
    [by.workspaceId, id, slug, new Date(by.nowMs), by.actor],
  );
}
