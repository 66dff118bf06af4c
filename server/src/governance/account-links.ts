// Links into an account: invitations to a workspace, and links that set a new password. Each works once, for a while; the
// secret stands in the link alone, here only its hash.
import { randomBytes } from "node:crypto";
import type { ClientBase, Pool } from "pg";
import { role, type Role } from "@tributary/schema/api/roles.ts";
import { AppError, assert } from "../core/errors.ts";
import { hashSecret } from "./tokens.ts";

export const INVITATION_MS = 7 * 86_400_000;
export const PASSWORD_RESET_MS = 3_600_000;
/** So long a link stays as it is, whoever asks for another: else a stranger fills a mailbox, and ends each link before it is used. */
const PASSWORD_RESET_STAYS_MS = 5 * 60_000;
/** Pending at once in a workspace. */
export const INVITATIONS_MAX = 1_000;

type Queries = Pick<ClientBase | Pool, "query">;

export interface Invitation {
  readonly id: number;
  readonly email: string;
  readonly role: Role;
  readonly by: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

export interface MadeInvitation {
  readonly invitation: Invitation;
  /** For the link: shown once and kept nowhere. */
  readonly secret: string;
}

export interface NewInvitation {
  readonly workspaceId: number;
  readonly email: string;
  readonly role: Role;
  readonly by: string;
}

/** An invitation as whoever has its link may see it. */
export interface OpenInvitation extends Invitation {
  readonly workspaceId: number;
  readonly workspaceName: string;
}

interface Row extends Omit<Invitation, "role"> {
  readonly role: string;
}

const COLUMNS = `i.id, i.email, i.role, i.by_whom as by, i.created_at as "createdAt", i.expires_at as "expiresAt"`;

/** A role of a newer version gives nothing here. */
function known<T extends Row>(rows: readonly T[]): (Omit<T, "role"> & { readonly role: Role })[] {
  return rows.flatMap((row) => {
    const held = role.safeParse(row.role);
    return held.success ? [{ ...row, role: held.data }] : [];
  });
}

function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

/** An address that is invited already gets another link and role; the link before ends. */
export async function invite(db: ClientBase, wish: NewInvitation, nowMs: number): Promise<MadeInvitation> {
  const email = wish.email.toLowerCase();
  // One that is made anew takes the place of the one before.
  const { rows: counted } = await db.query<{ count: number }>(
    "select count(*)::integer as count from invitation where workspace_id = $1 and email <> $2", [wish.workspaceId, email],
  );
  if ((counted[0]?.count ?? 0) >= INVITATIONS_MAX) throw new AppError("limit_reached", { detail: `A workspace has at most ${INVITATIONS_MAX} pending invitations.` });
  const secret = newSecret();
  const { rows } = await db.query<Row>(
    `insert into invitation as i (workspace_id, email, role, token_hash, by_whom, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (workspace_id, email) do update set role = excluded.role, token_hash = excluded.token_hash, by_whom = excluded.by_whom,
       created_at = excluded.created_at, expires_at = excluded.expires_at returning ${COLUMNS}`,
    [wish.workspaceId, email, wish.role, hashSecret(secret), wish.by, new Date(nowMs), new Date(nowMs + INVITATION_MS)],
  );
  const [invitation] = known(rows);
  assert(invitation !== undefined, "an invitation that was just made is there");
  return { invitation, secret };
}

/** Behind `afterId`, those whose time is up too: they can be sent again. */
export async function listInvitations(db: Queries, workspaceId: number, afterId: number, limit: number): Promise<Invitation[]> {
  const { rows } = await db.query<Row>(`select ${COLUMNS} from invitation i where i.workspace_id = $1 and i.id > $2 order by i.id limit $3`, [workspaceId, afterId, limit]);
  return known(rows);
}

export async function findInvitation(db: Queries, workspaceId: number, id: number): Promise<Invitation | undefined> {
  const { rows } = await db.query<Row>(`select ${COLUMNS} from invitation i where i.workspace_id = $1 and i.id = $2`, [workspaceId, id]);
  return known(rows)[0];
}

export async function withdrawInvitation(db: Queries, workspaceId: number, id: number): Promise<void> {
  await db.query("delete from invitation where workspace_id = $1 and id = $2", [workspaceId, id]);
}

/** Those that these actors made: they end when the actors may no more give what they give. */
export async function invitationsBy(db: Queries, workspaceId: number, actors: readonly string[]): Promise<Invitation[]> {
  const { rows } = await db.query<Row>(`select ${COLUMNS} from invitation i where i.workspace_id = $1 and i.by_whom = any($2)`, [workspaceId, actors]);
  return known(rows);
}

/** By what stands in its link; undefined when there is none, or its time is up. `db` works as the owner of the tables. */
export async function openInvitation(db: Queries, secret: string, nowMs: number, isTaken = false): Promise<OpenInvitation | undefined> {
  const { rows } = await db.query<Row & { workspaceId: number; workspaceName: string }>(
    `select ${COLUMNS}, i.workspace_id as "workspaceId", w.name as "workspaceName" from invitation i join workspace w on w.id = i.workspace_id
     where i.token_hash = $1 and i.expires_at > $2 ${isTaken ? "for update of i" : ""}`,
    [hashSecret(secret), new Date(nowMs)],
  );
  return known(rows)[0];
}

/** A link that sets a new password; one that the account had before ends. */
export async function createPasswordReset(db: Queries, accountId: string, nowMs: number): Promise<string> {
  const secret = newSecret();
  await db.query(
    `insert into password_reset (token_hash, account_id, expires_at) values ($1, $2, $3)
     on conflict (account_id) do update set token_hash = excluded.token_hash, expires_at = excluded.expires_at`,
    [hashSecret(secret), accountId, new Date(nowMs + PASSWORD_RESET_MS)],
  );
  return secret;
}

/** Whether the account was given a link a moment ago. */
export async function hasFreshReset(db: Queries, accountId: string, nowMs: number): Promise<boolean> {
  const { rowCount } = await db.query("select from password_reset where account_id = $1 and expires_at > $2", [
    accountId, new Date(nowMs + PASSWORD_RESET_MS - PASSWORD_RESET_STAYS_MS),
  ]);
  return rowCount === 1;
}

/** Takes the link's one use; the account that it is for, or undefined when there is none, or its time is up. */
export async function takePasswordReset(db: Queries, secret: string, nowMs: number): Promise<string | undefined> {
  const { rows } = await db.query<{ account_id: string }>(
    "delete from password_reset where token_hash = $1 and expires_at > $2 returning account_id", [hashSecret(secret), new Date(nowMs)],
  );
  return rows[0]?.account_id;
}
