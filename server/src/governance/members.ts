// Who works in which workspace, as what. A request reads this anew each time, so that a role that was taken away ends at
// once.
import type { ClientBase, Pool } from "pg";
import { role, type Role } from "@tributary/schema/api/roles.ts";
import { AppError } from "../core/errors.ts";

type Queries = Pick<ClientBase | Pool, "query">;

export interface Member {
  readonly accountId: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly since: Date;
  readonly by: string;
  readonly hasTwoFactor: boolean;
}

export interface Membership {
  readonly workspaceId: number;
  readonly slug: string;
  readonly name: string;
  readonly role: Role;
  readonly isOperator: boolean;
}

/** Where an account is a member, the workspace that it was first taken into first. `db` works as the owner of the tables. */
export async function membershipsOf(db: Queries, accountId: string): Promise<Membership[]> {
  const { rows } = await db.query<Omit<Membership, "role"> & { role: string }>({
    name: "memberships-of-account",
    text: `select m.workspace_id as "workspaceId", w.slug, w.name, m.role, u.is_operator as "isOperator"
      from member m join workspace w on w.id = m.workspace_id join auth_user u on u.id = m.account_id
      where m.account_id = $1 order by m.since, m.workspace_id`,
    values: [accountId],
  });
  // A role of a newer version opens nothing here.
  return rows.flatMap((row) => {
    const held = role.safeParse(row.role);
    return held.success ? [{ ...row, role: held.data }] : [];
  });
}

/** Whether the session, and the account's role in the workspace, are still what they were. */
export async function stillHolds(
  db: Queries, { sessionId, accountId, workspaceId, role: held }: { sessionId: string; accountId: string; workspaceId: number; role: Role },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `select from auth_session s join member m on m.account_id = s.user_id
     where s.id = $1 and s.user_id = $2 and s.expires_at > now() and m.workspace_id = $3 and m.role = $4`,
    [sessionId, accountId, workspaceId, held],
  );
  return rowCount === 1;
}

const MEMBER = `select m.account_id as "accountId", u.name, u.email, m.role, m.since, m.by_whom as by, u.two_factor_enabled as "hasTwoFactor"
  from member m join auth_user u on u.id = m.account_id`;

/** By account id, behind `afterId`. */
export async function listMembers(db: Queries, workspaceId: number, afterId: string, limit: number): Promise<Member[]> {
  const { rows } = await db.query<Member>(
    `${MEMBER} where m.workspace_id = $1 and m.account_id collate "C" > $2 order by m.account_id collate "C" limit $3`,
    [workspaceId, afterId, limit],
  );
  return rows;
}

export async function findMember(db: Queries, workspaceId: number, accountId: string): Promise<Member | undefined> {
  const { rows } = await db.query<Member>(`${MEMBER} where m.workspace_id = $1 and m.account_id = $2`, [workspaceId, accountId]);
  return rows[0];
}

export interface NewMember {
  readonly workspaceId: number;
  readonly accountId: string;
  readonly role: Role;
  /** As `actor` in the audit log. */
  readonly by: string;
}

/** Throws `conflict` when the account is a member already. */
export async function addMember(db: ClientBase, wish: NewMember): Promise<void> {
  const { rowCount } = await db.query(
    "insert into member (workspace_id, account_id, role, by_whom) values ($1, $2, $3, $4) on conflict do nothing",
    [wish.workspaceId, wish.accountId, wish.role, wish.by],
  );
  if (rowCount === 0) throw new AppError("conflict", { detail: "This account is a member already.", hint: "Change its role instead." });
}

/**
 * Whoever changes or removes members does so alone in the workspace until the transaction ends: of two owners that remove
 * each other at once, one stays.
 */
export async function lockMembers(db: ClientBase, workspaceId: number): Promise<void> {
  await db.query("select from member where workspace_id = $1 order by account_id for update", [workspaceId]);
}

export async function countOwners(db: Queries, workspaceId: number): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    "select count(*)::integer as count from member where workspace_id = $1 and role = 'owner'", [workspaceId],
  );
  return rows[0]?.count ?? 0;
}

export async function setRole(db: ClientBase, workspaceId: number, accountId: string, wished: Role): Promise<void> {
  await db.query("update member set role = $3 where workspace_id = $1 and account_id = $2", [workspaceId, accountId, wished]);
}

export async function removeMember(db: ClientBase, workspaceId: number, accountId: string): Promise<void> {
  await db.query("delete from member where workspace_id = $1 and account_id = $2", [workspaceId, accountId]);
}
