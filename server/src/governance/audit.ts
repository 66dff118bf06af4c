// The audit log: every change that somebody made, by whom, to what. It names people by their opaque id and traits by their
// names; values never stand in it.
import type { ClientBase } from "pg";

export interface AuditEntry {
  readonly workspaceId: number;
  /** `token:<id>`, `account:<id>` or `system`. */
  readonly actor: string;
  /** A dotted word such as `source.create`. */
  readonly action: string;
  /** What it was done to, such as `source:4` or `profile:<id>`. */
  readonly target: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

export async function recordAudit(db: ClientBase, entry: AuditEntry, nowMs: number): Promise<void> {
  await db.query("insert into audit_log (workspace_id, at, actor, action, target, detail) values ($1, $2, $3, $4, $5, $6)", [
    entry.workspaceId,
    new Date(nowMs),
    entry.actor,
    entry.action,
    entry.target,
    JSON.stringify(entry.detail ?? {}),
  ]);
}

export interface AuditFilter {
  readonly beforeId?: number;
  readonly action?: string;
  readonly actor?: string;
  readonly target?: string;
  readonly limit: number;
}

export interface StoredAuditEntry {
  readonly id: number;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** The newest first. */
export async function listAudit(db: ClientBase, workspaceId: number, filter: AuditFilter): Promise<StoredAuditEntry[]> {
  const { rows } = await db.query<Omit<StoredAuditEntry, "id"> & { id: string }>(
    `select id, at, actor, action, target, detail from audit_log
     where workspace_id = $1 and ($2::bigint is null or id < $2) and ($3::text is null or action = $3)
       and ($4::text is null or actor = $4) and ($5::text is null or target = $5)
     order by id desc limit $6`,
    [workspaceId, filter.beforeId ?? null, filter.action ?? null, filter.actor ?? null, filter.target ?? null, filter.limit],
  );
  return rows.map((row) => ({ ...row, id: Number(row.id) }));
}
