// The workspaces of the installation: list, make, change. A caller sees its own; one with the scope `installation` sees all
// of them, and nothing of what is in them (decision 0011).
import type { ClientBase } from "pg";
import { z } from "zod";
import { pageQuery } from "@tributary/schema/api/answer-parts.ts";
import {
  workspaceCreateBody, workspaceCreated, workspaceEntry, workspaceList, workspaceParams, workspacePatchBody,
} from "@tributary/schema/api/workspaces.ts";
import { zoneNamed } from "@tributary/schema/time-zone.ts";
import { AppError } from "../core/errors.ts";
import {
  addMember, asOwner, createWorkspace, findWorkspace, changeWorkspace, firstControls, hasScope, listWorkspaces, recordAudit, workspaceScopes,
  type AppendedControl, type MadeWorkspace, type Workspace,
} from "../governance/governance.ts";
import type { ApiServices } from "./api-services.ts";
import type { AccountCaller, Caller } from "./caller.ts";
import { cursorId, decodeCursor, pageFrom } from "./cursor.ts";
import { defineRoute, type Route } from "./define-route.ts";
import { Gate } from "./rate-limit.ts";
import { shownKey } from "./shown-keys.ts";
import { shownSource } from "./sources.ts";
import { shownToken } from "./tokens.ts";

const TAG = "Workspaces";
const FIRST_TOKEN_NAME = "First token";
const idPlace = z.tuple([cursorId]);

export function workspaceRoutes(services: ApiServices): Route[] {
  return [listRoute(services), createRoute(services), readRoute(services), changeRoute(services)];
}

/** Row-level security shows a caller its own workspace; who has the scope for it looks as the owner of the tables. */
function seen<T>({ deps }: ApiServices, caller: Caller, look: (db: Parameters<typeof findWorkspace>[0]) => Promise<T>): Promise<T> {
  return hasScope(caller, "installation") ? look(deps.pool) : deps.workspaceDb.run(caller.workspaceId, look);
}

async function present(services: ApiServices, caller: Caller, ref: string): Promise<Workspace> {
  const workspace = await seen(services, caller, (db) => findWorkspace(db, ref));
  if (workspace === undefined) throw new AppError("not_found", { detail: "There is no such workspace." });
  return workspace;
}

function listRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/workspaces",
    tag: TAG,
    scopes: ["read"],
    summary: "List the workspaces",
    description: "The caller's own; with the scope `installation` all of them.",
    query: pageQuery,
    responses: { 200: workspaceList },
    handle: async ({ query, caller }) => {
      const after = decodeCursor(idPlace, query.cursor)?.[0] ?? 0;
      const workspaces = await seen(services, caller, (db) => listWorkspaces(db, after, query.limit + 1));
      return { status: 200, body: pageFrom(workspaces, query.limit, shownWorkspace, (workspace) => [workspace.id]) };
    },
  });
}

function readRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/workspaces/{workspace}",
    tag: TAG,
    scopes: ["read"],
    summary: "Read one workspace",
    params: workspaceParams,
    responses: { 200: workspaceEntry },
    handle: async ({ params, caller }) => ({ status: 200, body: shownWorkspace(await present(services, caller, params.workspace)) }),
  });
}

function createRoute(services: ApiServices): Route {
  // One at a time, which they would be in the database too: those that wait hold no connection that collection needs.
  const { makingAtOnce, makingQueued, makingWaitMs } = services.limits;
  const gate = new Gate({ atOnce: makingAtOnce, queueMax: makingQueued, waitMs: makingWaitMs });
  return defineRoute({
    method: "POST",
    path: "/workspaces",
    tag: TAG,
    scopes: ["installation"],
    summary: "Make a workspace",
    description:
      "With its first source, `website`, and its first token, which may do everything within it. Write key and token are in the answer, " +
      "this once. Send an `Idempotency-Key`: a repeat then gets the same answer.",
    body: workspaceCreateBody,
    responses: { 201: workspaceCreated },
    handle: async ({ body, caller }) => {
      const { made, control } = await gate.pass(() => make(services, body, caller));
      services.deps.onSourcesChanged?.();
      await control?.receipt();
      return {
        status: 201,
        body: {
          workspace: shownWorkspace(made.workspace), source: shownSource(made.source), key: shownKey(made.key),
          token: shownToken(made.token), secret: made.tokenSecret,
        },
      };
    },
  });
}

/**
 * Workspace and settings come about together: when the log takes the settings not in, there is no workspace either. A crash
 * in between leaves settings of a workspace that never was, whose id is not given again.
 */
async function make(
  services: ApiServices, wish: z.output<typeof workspaceCreateBody>, caller: Caller,
): Promise<{ readonly made: MadeWorkspace; readonly control: AppendedControl | undefined }> {
  const { pool, log, clock } = services.deps;
  return asOwner(pool, async (db) => {
    const made = await createWorkspace(db, {
      name: wish.name,
      ...(wish.slug === undefined ? {} : { slug: wish.slug }),
      ...(wish.time_zone === undefined ? {} : { timeZone: zoneNamed(wish.time_zone) ?? "UTC" }),
      partitions: log.partitions,
      token: { name: FIRST_TOKEN_NAME, scopes: workspaceScopes },
    });
    const { workspace, source, token } = made;
    const target = `workspace:${workspace.id}`;
    await recordAudit(db, { workspaceId: caller.workspaceId, actor: caller.actor, action: "workspace.create", target }, clock.nowMs());
    const theirs = { workspaceId: workspace.id, actor: caller.actor };
    if (caller.kind === "account") await addFirstOwner(db, workspace.id, caller, clock.nowMs());
    const details = { slug: workspace.slug, source: source.id, token: token.id };
    let control: AppendedControl | undefined;
    for (const action of firstControls(source)) {
      const audit = action.kind === "source.set"
        ? { ...theirs, action: "source.create", target: `source:${source.id}`, detail: { name: source.name, kind: source.kind } }
        : { ...theirs, action: "workspace.create", target, detail: details };
      control = await services.control.append(action, audit, db);
    }
    return { made, control };
  });
}

/** Who makes a workspace owns it; one that a token makes has no members until that workspace's own token takes some in. */
async function addFirstOwner(db: ClientBase, workspaceId: number, { account, actor }: AccountCaller, nowMs: number): Promise<void> {
  await addMember(db, { workspaceId, accountId: account.id, role: "owner", by: actor });
  await recordAudit(db, { workspaceId, actor, action: "member.create", target: `account:${account.id}`, detail: { role: "owner" } }, nowMs);
}

function changeRoute(services: ApiServices): Route {
  return defineRoute({
    method: "PATCH",
    path: "/workspaces/{workspace}",
    tag: TAG,
    scopes: ["admin"],
    summary: "Change a workspace's name or time zone",
    description:
      "What is left out stays, and its slug always does. When the time zone changes, everybody is asked again about the audiences and computed traits " +
      "that reckon with it. Another workspace than the token's own needs the scope `installation` besides.",
    params: workspaceParams,
    body: workspacePatchBody,
    responses: { 200: workspaceEntry },
    handle: async ({ params, body, caller, workspaceId, actor, nowMs }) => {
      const before = await present(services, caller, params.workspace);
      const { id } = before;
      const timeZone = zoneNamed(body.time_zone ?? "") ?? before.timeZone;
      const changes = [
        ...(body.name === undefined ? [] : [{ action: "workspace.rename", detail: { name: body.name } }]),
        ...(timeZone === before.timeZone ? [] : [{ action: "time_zone.set", detail: { time_zone: timeZone, before: before.timeZone } }]),
      ];
      const changed = await asOwner(services.deps.pool, async (db) => {
        for (const { action, detail } of changes) {
          const change = { actor, action, target: `workspace:${id}` };
          await recordAudit(db, { ...change, workspaceId: id, detail }, nowMs);
          // What stands in the other workspace is not for this one to read.
          if (id !== workspaceId) await recordAudit(db, { ...change, workspaceId }, nowMs);
        }
        return changeWorkspace(db, id, { name: body.name, timeZone: body.time_zone === undefined ? undefined : timeZone });
      });
      return { status: 200, body: shownWorkspace(changed) };
    },
  });
}

function shownWorkspace(workspace: Workspace): z.input<typeof workspaceEntry> {
  return { id: workspace.id, slug: workspace.slug, name: workspace.name, time_zone: workspace.timeZone, created_at: workspace.createdAt.toISOString() };
}
