// What people ask of an audience at a destination: to send it anew, to empty it, and their answer to a big change. Within the caller's transaction.
import type { ClientBase } from "pg";
import { AppError } from "../core/errors.ts";
import type { RunningSync } from "./target.ts";

export interface StoredStop {
  readonly id: number;
  readonly status: "asked" | "go_on" | "drop" | "over";
  readonly reasons: readonly string[];
  readonly would_add: number;
  readonly would_remove: number;
  readonly people: number;
  readonly share: number;
  readonly created_at: Date;
  readonly answered_at: Date | null;
  readonly answered_by: string | null;
}

export interface StoredSync {
  readonly id: number;
  readonly subscription_id: number;
  readonly kind: RunningSync["kind"];
  readonly afterwards: "subscription" | "destination" | "audience" | null;
  readonly status: "running" | "done" | "stopped";
  readonly total: number | null;
  readonly looked: number;
  readonly should: number;
  readonly missing: number;
  readonly too_many: number;
  readonly adds: number;
  readonly removes: number;
  readonly created_at: Date;
  readonly created_by: string;
  readonly done_at: Date | null;
}

interface OfSubscription {
  readonly workspaceId: number;
  readonly subscriptionId: number;
}

const STOP = "id, status, reasons, would_add::float8 as would_add, would_remove::float8 as would_remove, people::float8 as people, share, created_at, answered_at, answered_by";
const SYNC = `id, subscription_id, kind, afterwards, status, total::float8 as total, looked::float8 as looked, should::float8 as should, missing::float8 as missing, too_many::float8 as too_many,
  adds::float8 as adds, removes::float8 as removes, created_at, created_by, done_at`;

/** Whom the destination has been told to be in it. */
export async function countTold(db: ClientBase, { workspaceId, subscriptionId }: OfSubscription): Promise<number> {
  const { rows } = await db.query<{ count: number }>("select count(*)::float8 as count from delivery_member where workspace_id = $1 and subscription_id = $2", [workspaceId, subscriptionId]);
  return rows[0]?.count ?? 0;
}

/** The latest first. */
export async function readStops(db: ClientBase, { workspaceId, subscriptionId }: OfSubscription): Promise<StoredStop[]> {
  return (await db.query<StoredStop>(`select ${STOP} from delivery_stop where workspace_id = $1 and subscription_id = $2 order by id desc limit 20`, [workspaceId, subscriptionId])).rows;
}

/** The latest first. */
export async function readSyncs(db: ClientBase, { workspaceId, subscriptionId }: OfSubscription): Promise<StoredSync[]> {
  return (await db.query<StoredSync>(`select ${SYNC} from delivery_sync where workspace_id = $1 and subscription_id = $2 order by id desc limit 20`, [workspaceId, subscriptionId])).rows;
}

/** What waits for an answer in the workspace, by subscription. */
export async function readAsked(db: ClientBase, workspaceId: number): Promise<ReadonlyMap<number, StoredStop>> {
  const { rows } = await db.query<StoredStop & { readonly subscription_id: number }>(`select subscription_id, ${STOP} from delivery_stop where workspace_id = $1 and status = 'asked'`, [workspaceId]);
  return new Map(rows.map(({ subscription_id: id, ...stop }) => [id, stop]));
}

/** Throws `conflict` where nothing is asked, or something else by now. */
export async function answerStop(
  db: ClientBase, { workspaceId, subscriptionId }: OfSubscription, answer: { readonly stop: number; readonly answer: "go_on" | "drop"; readonly actor: string; readonly nowMs: number },
): Promise<StoredStop> {
  const { rows: [row] } = await db.query<StoredStop>(
    `update delivery_stop set status = $4, answered_at = $5, answered_by = $6 where workspace_id = $1 and subscription_id = $2 and id = $3 and status = 'asked' returning ${STOP}`,
    [workspaceId, subscriptionId, answer.stop, answer.answer, new Date(answer.nowMs), answer.actor],
  );
  if (row === undefined) throw new AppError("conflict", { detail: "This is not asked any more.", hint: "Look at what is asked now: GET /destinations/{slug}/subscriptions/{id}/sync." });
  return row;
}

export interface SyncWish {
  readonly kind: RunningSync["kind"];
  readonly afterwards?: StoredSync["afterwards"];
  readonly isOther?: boolean;
  readonly actor: string;
  readonly nowMs: number;
}

/** Throws `conflict` while one runs; one that empties takes its place, and so does one of another list (`isOther`). */
export async function startSync(db: ClientBase, { workspaceId, subscriptionId }: OfSubscription, { kind, afterwards, isOther, actor, nowMs }: SyncWish): Promise<StoredSync> {
  const values = [workspaceId, subscriptionId];
  if (kind === "empty" || isOther === true) {
    await db.query("update delivery_sync set status = 'stopped', done_at = now() where workspace_id = $1 and subscription_id = $2 and status = 'running'", values);
    await db.query("update delivery_stop set status = 'over', answered_at = now() where workspace_id = $1 and subscription_id = $2 and status = 'asked'", values);
  } else {
    const { rowCount: asked } = await db.query("select from delivery_stop where workspace_id = $1 and subscription_id = $2 and status = 'asked'", values);
    if (asked !== 0) throw new AppError("conflict", { detail: "A big change of this audience waits for an answer; what is to be there is not known before.", hint: "Answer it first." });
  }
  const { rows: [row] } = await db.query<StoredSync>(
    `insert into delivery_sync (workspace_id, destination_id, subscription_id, kind, afterwards, created_at, created_by)
     select workspace_id, destination_id, id, $3, $4, $5, $6 from subscription where workspace_id = $1 and id = $2
     on conflict (subscription_id) where status = 'running' do nothing returning ${SYNC}`, [...values, kind, afterwards ?? null, new Date(nowMs), actor],
  );
  if (row === undefined) throw new AppError("conflict", { detail: "It is being sent anew already.", hint: "Wait until it is through, or stop it." });
  return row;
}

export async function stopSync(db: ClientBase, { workspaceId, subscriptionId }: OfSubscription, id: number): Promise<StoredSync> {
  const { rows: [row] } = await db.query<StoredSync>(
    `update delivery_sync set status = 'stopped', done_at = now() where workspace_id = $1 and subscription_id = $2 and id = $3 and status = 'running' returning ${SYNC}`, [workspaceId, subscriptionId, id],
  );
  if (row === undefined) throw new AppError("not_found", { detail: "Nothing of this number is running.", hint: "Look at GET /destinations/{slug}/subscriptions/{id}/sync." });
  return row;
}

/** Whether it has ever been at work: before, everybody is sent when it is switched on. */
export async function hasBegun(db: ClientBase, { workspaceId, subscriptionId }: OfSubscription): Promise<boolean> {
  return (await db.query("select from delivery_cursor where workspace_id = $1 and stream = $2", [workspaceId, `fill ${subscriptionId}`])).rowCount !== 0;
}

/** Who was told at a list that is another now is told to nobody. */
export async function forgetTold(db: ClientBase, { workspaceId, subscriptionId }: OfSubscription): Promise<void> {
  await db.query("delete from delivery_member where workspace_id = $1 and subscription_id = $2", [workspaceId, subscriptionId]);
}
