// A lost password: whoever runs the installation gives the account another one. (Who knows theirs changes it at
// /api/auth/change-password.)
import { passwordResetAnswer, passwordResetBody } from "@tributary/schema/api/members.ts";
import { AppError } from "../core/errors.ts";
import { asOwner, findAccount, membershipsOf, newPassword, recordAudit, setPassword } from "../governance/governance.ts";
import type { ApiServices } from "./api-services.ts";
import { defineRoute, type Route } from "./define-route.ts";

export function accountPasswordRoutes(services: ApiServices): Route[] {
  return [
    defineRoute({
      method: "POST",
      path: "/accounts/reset-password",
      tag: "Members",
      scopes: ["installation"],
      summary: "Give an account another password",
      description: "It is in the answer, this once. All sessions of the account end.",
      body: passwordResetBody,
      responses: { 200: passwordResetAnswer },
      handle: async ({ body, workspaceId, actor, nowMs }) => {
        const password = newPassword();
        const account = await asOwner(services.deps.pool, async (db) => {
          const found = await findAccount(db, body.email);
          if (found === undefined) throw new AppError("not_found", { detail: "There is no account with this address." });
          await setPassword(db, found.id, password);
          // Each workspace that the account has access to sees it, and the one that did it.
          const concerned = new Set([workspaceId, ...(await membershipsOf(db, found.id)).map((membership) => membership.workspaceId)]);
          const entry = { actor, action: "account.reset_password", target: `account:${found.id}` };
          for (const id of concerned) await recordAudit(db, { ...entry, workspaceId: id }, nowMs);
          return found;
        });
        return { status: 200, body: { account, password } };
      },
    }),
  ];
}
