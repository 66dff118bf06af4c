// The workspace and its rules. A change of settings is a control record: every event is decided by the settings that stood
// before it in the log.
import { settingsAnswer, settingsChanged, workspaceAnswer } from "@tributary/schema/api/workspace.ts";
import { workspaceSettings, type IdentitySettings } from "@tributary/schema/settings.ts";
import { AppError, assert } from "../core/errors.ts";
import { KNOWN_PATHS_MAX } from "../core/limits.ts";
import { readSettings } from "../governance/governance.ts";
import { compileIdentityRules } from "../identity/identity.ts";
import type { ApiServices } from "./api-services.ts";
import { defineRoute, type Route } from "./define-route.ts";

const TAG = "Workspace";

export function settingsRoutes(services: ApiServices): Route[] {
  return [workspaceRoute(services), readRoute(services), changeRoute(services)];
}

function workspaceRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/workspace",
    tag: TAG,
    scopes: ["read"],
    summary: "The workspace of the caller",
    responses: { 200: workspaceAnswer },
    handle: async ({ workspaceId, caller }) => {
      const { rows } = await services.deps.workspaceDb.run(workspaceId, (db) =>
        db.query<{ id: number; slug: string; name: string; time_zone: string; created_at: Date; known_paths: number }>(
          `select id, slug, name, time_zone, created_at, (select count(*)::integer from property_path where workspace_id = $1) as known_paths
             from workspace where id = $1`,
          [workspaceId],
        ),
      );
      const row = rows[0];
      assert(row !== undefined, "the workspace of a token exists");
      return {
        status: 200,
        body: {
          id: row.id,
          slug: row.slug,
          name: row.name,
          time_zone: row.time_zone,
          created_at: row.created_at.toISOString(),
          token: caller.kind === "token" ? { id: caller.token.id, name: caller.token.name, scopes: [...caller.scopes] } : null,
          property_paths: { known: row.known_paths, limit: KNOWN_PATHS_MAX },
        },
      };
    },
  });
}

function readRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/settings",
    tag: TAG,
    scopes: ["read"],
    summary: "The settings in force",
    responses: { 200: settingsAnswer },
    handle: async ({ workspaceId }) => {
      const { settings, row } = await services.deps.workspaceDb.run(workspaceId, (db) => readSettings(db, workspaceId));
      return { status: 200, body: { settings, row_id: row } };
    },
  });
}

function changeRoute(services: ApiServices): Route {
  return defineRoute({
    method: "PUT",
    path: "/settings",
    tag: TAG,
    scopes: ["admin"],
    summary: "Change the settings",
    description: "The whole of them. Events that were accepted before are decided by the old ones.",
    body: workspaceSettings,
    responses: { 200: settingsChanged, 202: settingsChanged },
    handle: async ({ body, workspaceId, actor }) => {
      refuseBadRules(body.identity);
      const receipt = await services.control.submit(
        { kind: "workspace.set", settings: body },
        { workspaceId, actor, action: "workspace.set", target: "settings" },
      );
      services.settings.forget(workspaceId);
      return { status: receipt.processed ? 200 : 202, body: { ...receipt, settings: body } };
    },
  });
}

/** Rules that the resolver could not use in full are refused, with what is wrong about each. */
export function refuseBadRules(identity: IdentitySettings): void {
  const { problems } = compileIdentityRules(identity);
  if (identity.namespaces.length === 0) refuse(["There is no namespace; nobody could be found again."]);
  if (problems.length > 0) refuse(problems);
}

function refuse(problems: readonly string[]): never {
  throw new AppError("bad_request", { detail: problems.slice(0, 10).join(" "), hint: "Correct the identity rules." });
}
