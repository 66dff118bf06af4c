// The first owner. A start makes one where the first workspace has none; a given address that has no account yet becomes
// one too, which is the way back in for whoever runs the server.
import type { ClientBase } from "pg";
import { createAccount, findAccount, newPassword } from "./account-store.ts";
import { recordAudit } from "./audit.ts";
import { addMember, countOwners, findMember, setRole } from "./members.ts";

export const OWNER_EMAIL_DEFAULT = "owner@localhost.localdomain";

export interface OwnerWish {
  readonly workspaceId: number;
  readonly nowMs: number;
  /** TRIBUTARY_ADMIN_EMAIL and TRIBUTARY_ADMIN_PASSWORD. */
  readonly email?: string;
  readonly password?: string;
}

/** What was made, for printing; `password` only when it was made here. */
export interface MadeOwner {
  readonly email: string;
  readonly password?: string;
}

/** Within the caller's transaction, under the lock of making workspaces. Undefined when nothing was to be made. */
export async function ensureOwner(db: ClientBase, wish: OwnerWish): Promise<MadeOwner | undefined> {
  const email = (wish.email ?? OWNER_EMAIL_DEFAULT).toLowerCase();
  const known = await findAccount(db, email);
  const hasOwner = (await countOwners(db, wish.workspaceId)) > 0;
  // An account that was there keeps its password, and the role that an owner gave it.
  if (hasOwner && (known !== undefined || wish.email === undefined)) return undefined;
  const password = wish.password ?? newPassword();
  const made = known === undefined ? await createAccount(db, { email, password, isOperator: true }) : undefined;
  const account = made ?? known;
  if (account === undefined) return undefined;
  const membership = { workspaceId: wish.workspaceId, accountId: account.id };
  if (await findMember(db, wish.workspaceId, account.id)) await setRole(db, wish.workspaceId, account.id, "owner");
  else await addMember(db, { ...membership, role: "owner", by: "system" });
  await recordAudit(
    db, { workspaceId: wish.workspaceId, actor: "system", action: "member.create", target: `account:${account.id}`, detail: { role: "owner" } }, wish.nowMs,
  );
  return { email, ...(made !== undefined && wish.password === undefined ? { password } : {}) };
}
