// Accounts as they are stored: in the tables of better-auth, which finds them there when somebody signs in. They are made
// here and nowhere else, inside the transaction of whoever decided it, so that an account, its membership and the entry in
// the audit log come about together.
import { randomBytes } from "node:crypto";
import { generateId } from "better-auth";
import { hashPassword } from "better-auth/crypto";
import type { ClientBase, Pool } from "pg";

export const PASSWORD_LENGTH_MIN = 12;
/** Scrypt works on all of it, so that its length is bounded. */
export const PASSWORD_LENGTH_MAX = 128;
/** As better-auth looks for a password. */
const PROVIDER = "credential";

type Queries = Pick<ClientBase | Pool, "query">;

export interface Account {
  readonly id: string;
  readonly name: string;
  /** Lower case. */
  readonly email: string;
}

export interface NewAccount {
  readonly email: string;
  /** The part of the address before the @ when absent. */
  readonly name?: string;
  readonly password: string;
  /** May act for the installation, where it is an owner. */
  readonly isOperator?: boolean;
}

/** Five groups that can be read out, of more than 120 random bits. */
export function newPassword(): string {
  const letters = "abcdefghjkmnpqrstuvwxyz23456789";
  // 31 letters: bytes of the last, incomplete round are left out, so that none is likelier.
  const fair = [...randomBytes(200)].filter((byte) => byte < 248).slice(0, 25);
  const text = fair.map((byte) => letters.charAt(byte % letters.length)).join("");
  return text.replace(/(.{5})(?=.)/g, "$1-");
}

export async function findAccount(db: Queries, email: string): Promise<Account | undefined> {
  const { rows } = await db.query<Account>("select id, name, email from auth_user where email = $1", [email.toLowerCase()]);
  return rows[0];
}

/** Makes an account; undefined when the address has one. */
export async function createAccount(db: ClientBase, wish: NewAccount): Promise<Account | undefined> {
  const password = await hashPassword(wish.password);
  const account = await insertAccount(db, wish);
  if (account === undefined) return undefined;
  await db.query("insert into auth_account (id, account_id, provider_id, user_id, password) values ($1, $2, $3, $2, $4)", [
    generateId(), account.id, PROVIDER, password,
  ]);
  return account;
}

/** The same without a password: somebody else vouches for whoever signs in. */
export async function insertAccount(db: ClientBase, wish: Omit<NewAccount, "password">): Promise<Account | undefined> {
  const id = generateId();
  const email = wish.email.toLowerCase();
  const name = wish.name ?? email.slice(0, email.indexOf("@"));
  const { rowCount } = await db.query(
    "insert into auth_user (id, name, email, is_operator) values ($1, $2, $3, $4) on conflict (email) do nothing",
    [id, name, email, wish.isOperator ?? false],
  );
  return rowCount === 0 ? undefined : { id, name, email };
}

/** Gives the account another password, ends its sessions, and a link to set one that is still about. */
export async function setPassword(db: ClientBase, accountId: string, password: string): Promise<void> {
  const hashed = await hashPassword(password);
  const { rowCount } = await db.query(
    "update auth_account set password = $3, updated_at = now() where user_id = $1 and provider_id = $2", [accountId, PROVIDER, hashed],
  );
  if (rowCount === 0) {
    await db.query("insert into auth_account (id, account_id, provider_id, user_id, password) values ($1, $2, $3, $2, $4)", [
      generateId(), accountId, PROVIDER, hashed,
    ]);
  }
  await db.query("delete from password_reset where account_id = $1", [accountId]);
  await endSessions(db, accountId);
}

/** And what would give one without the whole way in: a code that is awaited, a browser that is trusted without one. */
export async function endSessions(db: Queries, accountId: string): Promise<void> {
  await db.query("delete from auth_session where user_id = $1", [accountId]);
  await db.query("delete from auth_verification where value = $1", [accountId]);
}

export async function renameAccount(db: Queries, accountId: string, name: string): Promise<void> {
  await db.query("update auth_user set name = $2, updated_at = now() where id = $1", [accountId, name]);
}

/** For somebody who has lost both the device and the recovery codes; ends the account's sessions. */
export async function switchOffTwoFactor(db: Queries, accountId: string): Promise<void> {
  await db.query("update auth_user set two_factor_enabled = false, updated_at = now() where id = $1", [accountId]);
  await db.query("delete from auth_two_factor where user_id = $1", [accountId]);
  await endSessions(db, accountId);
}
