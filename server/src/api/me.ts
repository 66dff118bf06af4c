// Who am I, and what may I do here: the first question of every page.
import { meAnswer } from "@tributary/schema/api/members.ts";
import { assert } from "../core/errors.ts";
import { findWorkspace } from "../governance/governance.ts";
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
        return { status: 200, body: { ...own, account: caller.account, role: caller.role, workspaces } };
      },
    }),
  ];
}
