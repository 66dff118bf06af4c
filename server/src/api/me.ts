// Who am I, and what may I do here: the first question of every page.
import { accountShown, meAnswer, mePatchBody } from "@tributary/schema/api/members.ts";
import { AppError, assert } from "../core/errors.ts";
import { asOwner, findWorkspace, recordAccountAudit, renameAccount } from "../governance/governance.ts";
import type { ApiServices } from "./api-services.ts";
import { defineRoute, type Route } from "./define-route.ts";

export function meRoutes(services: ApiServices): Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/me",
      tag: "Members",
      scopes: [],
      summary: "Who asks, where, and what they may do",
      responses: { 200: meAnswer },
      handle: async ({ caller, workspaceId }) => {
        const found = await services.deps.workspaceDb.run(workspaceId, (db) => findWorkspace(db, String(workspaceId)));
        assert(found !== undefined, "the workspace of a caller exists");
        const workspace = { id: found.id, slug: found.slug, name: found.name };
        const own = { workspace, scopes: [...caller.scopes] };
        if (caller.kind === "token") return { status: 200, body: { ...own, account: null, role: null, workspaces: [{ ...workspace, role: null }] } };
        const workspaces = caller.memberships.map(({ workspaceId: id, slug, name, role }) => ({ id, slug, name, role }));
        return { status: 200, body: { ...own, account: { ...caller.account, two_factor: caller.hasTwoFactor }, role: caller.role, workspaces } };
      },
    }),
    defineRoute({
      method: "PATCH",
      path: "/me",
      tag: "Members",
      scopes: [],
      summary: "Change your own name",
      body: mePatchBody,
      responses: { 200: accountShown },
      handle: async ({ body, caller, actor, nowMs }) => {
        if (caller.kind === "token") throw new AppError("forbidden", { detail: "A token has no name of a person.", hint: "Sign in." });
        await asOwner(services.deps.pool, async (db) => {
          await renameAccount(db, caller.account.id, body.name);
          await recordAccountAudit(db, caller.account.id, { actor, action: "account.rename" }, nowMs);
        });
        return { status: 200, body: { ...caller.account, name: body.name } };
      },
    }),
  ];
}
