// The audit log: every change that somebody made, by whom, to what; and who looked at whom (read-audit.ts). It names people by their opaque id and traits by their
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
    detailText(entry.detail ?? {}),
  ]);
}

/** What people typed stands in it: a NUL or half a character would be taken in, and fail whoever looks into the detail ever after. */
function detailText(detail: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(detail, (_name, value: unknown) => (typeof value === "string" ? value.replaceAll("\0", "\ufffd").toWellFormed() : value));
}

export interface AuditFilter {
  readonly beforeId?: number | undefined;
  /** The action, or how it begins. */
  readonly action?: string | undefined;
  readonly actor?: string | undefined;
  readonly target?: string | undefined;
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  /** Stands somewhere in the detail, in any case. */
  readonly text?: string | undefined;
  readonly limit: number;
}

export interface StoredAuditEntry {
  readonly id: number;
  readonly at: Date;
  readonly actor: string;
  /** Null for one that is no member any more, and for the program itself. */
  readonly actorName: string | null;
  readonly action: string;
  readonly target: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** The newest first. `db` works inside the workspace: it sees the names of its members and tokens alone. */
export async function listAudit(db: ClientBase, workspaceId: number, filter: AuditFilter): Promise<StoredAuditEntry[]> {
  const { rows } = await db.query<Omit<StoredAuditEntry, "id"> & { id: string }>(
    `select a.id, a.at, a.actor, coalesce(nullif(u.name, ''), u.email, t.name) as "actorName", a.action, a.target, a.detail
       from (
         select id, at, actor, action, target, detail from audit_log
          where workspace_id = $1 and ($2::bigint is null or id < $2) and ($3::text is null or starts_with(action, $3))
            and ($4::text is null or actor = $4) and ($5::text is null or target = $5 or detail::jsonb -> 'people' ? $5)
            and ($7::timestamptz is null or at >= $7) and ($8::timestamptz is null or at < $8)
            and ($9::text is null or position(lower($9) in lower(detail::text)) > 0)
          order by id desc limit $6
       ) a
       left join auth_user u on a.actor = 'account:' || u.id
       left join api_token t on t.workspace_id = $1 and a.actor = 'token:' || t.id
      order by a.id desc`,
    [
      workspaceId, filter.beforeId ?? null, filter.action ?? null, filter.actor ?? null, filter.target ?? null, filter.limit,
      filter.fromMs === undefined ? null : new Date(filter.fromMs), filter.toMs === undefined ? null : new Date(filter.toMs), filter.text ?? null,
    ],
  );
  return rows.map((row) => ({ ...row, id: Number(row.id) }));
}

/** What the members and tokens among these are called; `db` works inside the workspace. Whoever is no member any more has no name. */
export async function namesOfActors(db: ClientBase, workspaceId: number, actors: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await db.query<{ actor: string; name: string | null }>(
    `select a.actor, coalesce(nullif(u.name, ''), u.email, t.name) as name
       from unnest($2::text[]) as a (actor)
       left join auth_user u on a.actor = 'account:' || u.id
       left join api_token t on t.workspace_id = $1 and a.actor = 'token:' || t.id`,
    [workspaceId, [...new Set(actors)]],
  );
  return new Map(rows.flatMap(({ actor, name }) => (name === null ? [] : [[actor, name] as const])));
}
