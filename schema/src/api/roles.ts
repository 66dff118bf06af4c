// What each role may do, in the API's own scopes. This table is the only place that says so: the gate of the API reads it,
// and docs/accounts.md shows it.
import { z } from "zod";
import type { Scope } from "./answer-parts.ts";

export const role = z
  .enum(["owner", "admin", "marketer", "analyst", "service_agent", "privacy_officer", "developer", "viewer"])
  .meta({ id: "Role", description: "What somebody is in a workspace; each role is a set of scopes." });
export type Role = z.infer<typeof role>;

interface RoleRights {
  readonly scopes: readonly Scope[];
  /** For people: who should have it. */
  readonly what: string;
}

export const roleTable: Readonly<Record<Role, RoleRights>> = {
  owner: { scopes: ["read", "write", "admin", "personal_data", "service"], what: "Answers for the workspace; only owners make and remove owners." },
  admin: { scopes: ["read", "write", "admin", "personal_data", "service"], what: "Does everything in the workspace but make and remove owners." },
  marketer: { scopes: ["read", "write"], what: "Works with many people at once, and sees none of them in the clear." },
  analyst: { scopes: ["read", "personal_data"], what: "Looks at everything, changes nothing." },
  // No `write`, which opens imports: what an agent changes about one person is what `service` is for.
  service_agent: { scopes: ["read", "reveal", "service"], what: "Helps one customer at a time." },
  privacy_officer: { scopes: ["read", "write", "personal_data", "audit", "service"], what: "Answers people's requests about their data." },
  developer: { scopes: ["read", "write", "admin"], what: "Connects sources and sets rules, without seeing people." },
  viewer: { scopes: ["read"], what: "Looks at numbers." },
};

/**
 * The scopes of somebody with this role. `isOperator`: whether the account may act for the installation, which counts where
 * it is an owner.
 */
export function scopesOf(held: Role, isOperator: boolean): readonly Scope[] {
  const { scopes } = roleTable[held];
  return held === "owner" && isOperator ? [...scopes, "installation"] : scopes;
}
