// Who may give, change or take which role: nobody one that may more than they may, and only owners make or remove owners.
import { roleTable, type Role } from "@tributary/schema/api/roles.ts";
import { AppError } from "../core/errors.ts";
import { hasScope } from "../governance/governance.ts";
import type { Caller } from "./caller.ts";

/**
 * Throws `forbidden` when the caller may not give, change or take this role. A token stands for nobody: it makes an owner
 * only where there is none yet, or where it acts for the installation.
 */
export function refuseRole(caller: Caller, role: Role, owners: number): void {
  const missing = roleTable[role].scopes.find((scope) => !hasScope(caller, scope));
  if (missing !== undefined) throw new AppError("forbidden", { detail: `You have no scope ${missing}, which the role ${role} has.` });
  if (role !== "owner") return;
  const may = caller.kind === "account" ? caller.role === "owner" : owners === 0 || hasScope(caller, "installation");
  if (!may) throw new AppError("forbidden", { detail: "Only an owner makes, changes or removes owners.", hint: "Ask an owner of the workspace." });
}

/** Whether somebody with the role `held` may give the role `given`. */
export function mayGive(held: Role, given: Role): boolean {
  const { scopes } = roleTable[held];
  if (!scopes.includes("admin") || (given === "owner" && held !== "owner")) return false;
  return roleTable[given].scopes.every((scope) => hasScope({ scopes }, scope));
}
