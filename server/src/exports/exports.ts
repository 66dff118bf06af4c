// Files about people that leave by hand. Each keeps who stood in it, written down before the rows leave, so that it can be said of
// everybody where they went, and whom a file held that should not have left.
import { createHash, randomBytes } from "node:crypto";
import type { ClientBase } from "pg";
import type { ReadLog } from "../audiences/audiences.ts";
import { AppError } from "../core/errors.ts";
import { recordAudit } from "../governance/governance.ts";
import { countPeople, writePeople, type ExportParts } from "./exported-people.ts";

export { keepAnswer, type AnswerOf, type AnswerUnderWay } from "./answers.ts";

export interface ExportOf {
  readonly workspaceId: number;
  readonly kind: "audience" | "people" | "share" | "table" | "query";
  /** Slug of the audience, name of the table; of a search or a question nothing. */
  readonly what: string;
  readonly format: string;
  readonly columns: readonly string[];
  readonly shareId?: string | undefined;
  readonly actor: string;
  /** Of a table and a question. */
  readonly statement?: string | undefined;
  readonly parameters?: Readonly<Record<string, string>> | undefined;
}

export interface ExportUnderWay {
  readonly id: string;
  /** Resolves when it is written down that these stand in it; only then may their rows leave. */
  add(profileIds: readonly string[]): Promise<void>;
  /** `isWhole`: false where it broke off. `rows`: where a row is not somebody; null: they were not counted. */
  end(isWhole: boolean, rows?: number | null): Promise<void>;
}

export async function beginExport(parts: ExportParts, of: ExportOf): Promise<ExportUnderWay> {
  const { workspaceDb, nowMs } = parts;
  const { workspaceId } = of;
  const id = await workspaceDb.run(workspaceId, async (db) => {
    const { rows } = await db.query<{ id: string }>(
      "insert into export (workspace_id, kind, what, format, columns, share_id, created_at, created_by, statement, parameters) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning id",
      [workspaceId, of.kind, of.what, of.format, JSON.stringify(of.columns), of.shareId ?? null, new Date(nowMs()), of.actor, of.statement ?? null, of.parameters === undefined ? null : JSON.stringify(of.parameters)],
    );
    return rows[0]?.id ?? "";
  });
  let people = 0;
  return {
    id,
    async add(profileIds) {
      if (profileIds.length === 0) return;
      people += profileIds.length;
      await writePeople(parts, workspaceId, id, profileIds);
    },
    async end(isWhole, rows) {
      // Rows of a table may be several of one person's.
      const stood = rows === undefined || people === 0 ? people : await countPeople(parts, workspaceId, id);
      await workspaceDb.run(workspaceId, (db) => db.query(
        "update export set status = $3, people = $4, row_count = $5, finished_at = $6 where workspace_id = $1 and id = $2", [workspaceId, id, isWhole ? "done" : "broken_off", stood, rows === undefined ? people : rows, new Date(nowMs())],
      ));
    },
  };
}

export interface StoredExport {
  readonly id: string;
  readonly nr: number;
  readonly kind: ExportOf["kind"] | "answer";
  readonly what: string;
  readonly format: string;
  readonly columns: readonly string[];
  readonly shareId: string | null;
  readonly status: string;
  readonly people: number;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
  readonly createdBy: string;
  readonly statement: string | null;
  readonly parameters: Readonly<Record<string, string>> | null;
  /** Of the same question, on one day. */
  readonly times: number;
  readonly isMasked: boolean;
  readonly rowCount: number | null;
}

const EXPORT_COLUMNS = `id, nr::float8 as nr, kind, what, format, columns, share_id as "shareId", status, people::float8 as people, created_at as "createdAt", finished_at as "finishedAt", created_by as "createdBy",
  statement, parameters, times, is_masked as "isMasked", row_count::float8 as "rowCount"`;

/** The newest first. `before`: the number of the last that was shown. */
export async function readExports(db: ClientBase, workspaceId: number, page: { readonly before: number | undefined; readonly limit: number }): Promise<StoredExport[]> {
  const { rows } = await db.query<StoredExport>(
    `select ${EXPORT_COLUMNS} from export where workspace_id = $1 and ($2::bigint is null or nr < $2) order by nr desc limit $3`, [workspaceId, page.before ?? null, page.limit],
  );
  return rows;
}

export async function readExportsById(db: ClientBase, workspaceId: number, ids: readonly string[]): Promise<StoredExport[]> {
  const { rows } = await db.query<StoredExport>(`select ${EXPORT_COLUMNS} from export where workspace_id = $1 and id = any($2::uuid[]) order by nr desc`, [workspaceId, ids]);
  return rows;
}

/** Who stood in it, by id; as they were called then. */
export async function readExportedPeople(read: ReadLog, exportId: string, page: { readonly after: string | undefined; readonly limit: number }): Promise<readonly string[]> {
  const rows = await read<{ id: string }>(
    "select distinct toString(profile_id) as id, profile_id from exported_person where workspace_id = {workspace:UInt32} and export_id = {export:UUID} and profile_id > {after:UUID} order by profile_id limit {limit:UInt32}",
    { export: exportId, after: page.after ?? "00000000-0000-0000-0000-000000000000", limit: page.limit },
  );
  return rows.map(({ id }) => id);
}

/** In which files somebody stood, under any of their ids. */
export async function readExportsOfPerson(read: ReadLog, profileIds: readonly string[], limit: number): Promise<readonly string[]> {
  const rows = await read<{ id: string }>(
    "select toString(export_id) as id from exported_person where workspace_id = {workspace:UInt32} and profile_id in {people:Array(UUID)} group by export_id order by max(at) desc limit {limit:UInt32}", { people: profileIds, limit },
  );
  return rows.map(({ id }) => id);
}

// ── Shares ────────────────────────────────────────────────────────────────────────────────────────────────────────

export const shareLimits = { liveMax: 500, rowsMax: 1_000_000, hoursMax: 24 * 30 } as const;

export interface StoredShare {
  readonly id: string;
  readonly workspaceId: number;
  readonly audienceId: number;
  readonly name: string;
  readonly columns: readonly string[];
  readonly rowLimit: number;
  readonly format: "csv" | "ndjson";
  readonly expiresAt: Date;
  readonly revokedAt: Date | null;
  readonly downloads: number;
  readonly createdAt: Date;
  readonly createdBy: string;
}

const SHARE_COLUMNS = `id, workspace_id as "workspaceId", audience_id as "audienceId", name, columns, row_limit as "rowLimit", format, expires_at as "expiresAt", revoked_at as "revokedAt", downloads,
  created_at as "createdAt", created_by as "createdBy"`;

export interface NewShare {
  readonly audience: { readonly id: number; readonly slug: string };
  readonly name: string;
  readonly columns: readonly string[];
  readonly rowLimit: number;
  readonly format: "csv" | "ndjson";
  readonly expiresAt: Date;
}

interface By {
  readonly workspaceId: number;
  readonly actor: string;
  readonly nowMs: number;
}

/** `secret`: a part of the link that is kept nowhere. */
export async function createShare(db: ClientBase, by: By, wish: NewShare): Promise<{ readonly share: StoredShare; readonly secret: string }> {
  const { rows: [live] } = await db.query<{ count: number }>("select count(*)::integer as count from share where workspace_id = $1 and revoked_at is null and expires_at > $2", [by.workspaceId, new Date(by.nowMs)]);
  if ((live?.count ?? 0) >= shareLimits.liveMax) throw new AppError("limit_reached", { detail: `A workspace has at most ${shareLimits.liveMax} shares that work.`, hint: "Revoke one that is not needed any more." });
  const secret = randomBytes(32).toString("base64url");
  const { rows: [share] } = await db.query<StoredShare>(
    `insert into share (workspace_id, audience_id, name, token_hash, columns, row_limit, format, expires_at, created_at, created_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning ${SHARE_COLUMNS}`,
    [by.workspaceId, wish.audience.id, wish.name, hashOf(secret), JSON.stringify(wish.columns), wish.rowLimit, wish.format, wish.expiresAt, new Date(by.nowMs), by.actor],
  );
  if (share === undefined) throw new AppError("internal");
  await recordAudit(db, {
    workspaceId: by.workspaceId, actor: by.actor, action: "share.create", target: `audience:${wish.audience.slug}`,
    detail: { share: share.id, name: wish.name, columns: wish.columns, row_limit: wish.rowLimit, expires_at: wish.expiresAt.toISOString() },
  }, by.nowMs);
  return { share, secret };
}

export async function readShares(db: ClientBase, workspaceId: number): Promise<StoredShare[]> {
  const { rows } = await db.query<StoredShare>(`select ${SHARE_COLUMNS} from share where workspace_id = $1 order by created_at desc, id limit 1000`, [workspaceId]);
  return rows;
}

/** Throws `not_found`. Once more changes nothing. */
export async function revokeShare(db: ClientBase, by: By, id: string): Promise<StoredShare> {
  const { rows: [found] } = await db.query<StoredShare>(`select ${SHARE_COLUMNS} from share where workspace_id = $1 and id = $2 for update`, [by.workspaceId, id]);
  if (found === undefined) throw new AppError("not_found", { detail: "There is no such share." });
  if (found.revokedAt !== null) return found;
  const { rows: [share] } = await db.query<StoredShare>(`update share set revoked_at = $3, revoked_by = $4 where workspace_id = $1 and id = $2 returning ${SHARE_COLUMNS}`, [by.workspaceId, id, new Date(by.nowMs), by.actor]);
  await recordAudit(db, { workspaceId: by.workspaceId, actor: by.actor, action: "share.revoke", target: `share:${id}`, detail: { name: found.name } }, by.nowMs);
  return share ?? found;
}

/** By the secret of its link, of whatever workspace; undefined: there is none that works. `db`: of the whole installation. */
export async function openShare(db: Pick<ClientBase, "query">, secret: string, nowMs: number): Promise<StoredShare | undefined> {
  const { rows } = await db.query<StoredShare>(
    `update share set downloads = downloads + 1 where token_hash = $1 and revoked_at is null and expires_at > $2 returning ${SHARE_COLUMNS}`, [hashOf(secret), new Date(nowMs)],
  );
  return rows[0];
}

function hashOf(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}
