// The members of a workspace: list, take in, change the role, remove. Nobody gives a role that may more than they may, and
// only owners make or remove owners; the last of them stays.
import { z } from "zod";
import { pageQuery } from "@tributary/schema/api/answer-parts.ts";
import {
  memberAnswer, memberCreateBody, memberCreated, memberList, memberParams, memberPatchBody,
} from "@tributary/schema/api/members.ts";
import { roleTable, type Role } from "@tributary/schema/api/roles.ts";
import { AppError, assert } from "../core/errors.ts";
import {
  addMember, asOwner, countOwners, createAccount, endSessions, findAccount, findMember, hasScope, listMembers, lockMembers, membershipsOf,
  newPassword, recordAudit, removeMember, setRole, type Member,
} from "../governance/governance.ts";
import type { ApiServices } from "./api-services.ts";
import type { Caller } from "./caller.ts";
import { decodeCursor, pageFrom } from "./cursor.ts";
import { defineRoute, type Route } from "./define-route.ts";

const TAG = "Members";
const idPlace = z.tuple([z.string().max(64)]);
type Db = Parameters<typeof lockMembers>[0];

export function memberRoutes(services: ApiServices): Route[] {
  return [listRoute(services), createRoute(services), changeRoute(services), removeRoute(services)];
}

function listRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/members",
    tag: TAG,
    scopes: ["admin"],
    summary: "List the members of the workspace",
    query: pageQuery,
    responses: { 200: memberList },
    handle: async ({ query, workspaceId }) => {
      const after = decodeCursor(idPlace, query.cursor)?.[0] ?? "";
      const members = await services.deps.workspaceDb.run(workspaceId, (db) => listMembers(db, workspaceId, after, query.limit + 1));
      return { status: 200, body: pageFrom(members, query.limit, shownMember, (member) => [member.accountId]) };
    },
  });
}

function createRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/members",
    tag: TAG,
    scopes: ["admin"],
    summary: "Take somebody in",
    description:
      "An address without an account gets one, whose password is in the answer, this once; it is for them to change. " +
      "Send an `Idempotency-Key`: a repeat then gets the same answer.",
    body: memberCreateBody,
    responses: { 201: memberCreated },
    handle: async ({ body, caller, workspaceId, actor, nowMs }) => {
      const created = await asOwner(services.deps.pool, async (db) => {
        await lockMembers(db, workspaceId);
        refuseRole(caller, body.role, await countOwners(db, workspaceId));
        const password = newPassword();
        const wish = { email: body.email, password, ...(body.name === undefined ? {} : { name: body.name }) };
        const made = await createAccount(db, wish);
        const account = made ?? (await findAccount(db, body.email));
        assert(account !== undefined, "an account that can't be made is there");
        await addMember(db, { workspaceId, accountId: account.id, role: body.role, by: actor });
        const target = `account:${account.id}`;
        if (made) await recordAudit(db, { workspaceId, actor, action: "account.create", target }, nowMs);
        await recordAudit(db, { workspaceId, actor, action: "member.create", target, detail: { role: body.role } }, nowMs);
        return { member: await present(db, workspaceId, account.id), password: made ? password : null };
      });
      return { status: 201, body: { member: shownMember(created.member), password: created.password } };
    },
  });
}

function changeRoute(services: ApiServices): Route {
  return defineRoute({
    method: "PATCH",
    path: "/members/{id}",
    tag: TAG,
    scopes: ["admin"],
    summary: "Change a member's role",
    description: "It holds from their next request on; live tails that they have open end.",
    params: memberParams,
    body: memberPatchBody,
    responses: { 200: memberAnswer },
    handle: async ({ params, body, caller, workspaceId, actor, nowMs }) => {
      const changed = await asOwner(services.deps.pool, async (db) => {
        const { member, owners } = await lockedMember(db, workspaceId, params.id);
        refuseRole(caller, member.role, owners);
        refuseRole(caller, body.role, owners);
        if (body.role !== "owner") refuseLastOwner(member, owners);
        await setRole(db, workspaceId, params.id, body.role);
        const detail = { from: member.role, to: body.role };
        await recordAudit(db, { workspaceId, actor, action: "member.change", target: `account:${params.id}`, detail }, nowMs);
        return { ...member, role: body.role };
      });
      return { status: 200, body: shownMember(changed) };
    },
  });
}

function removeRoute(services: ApiServices): Route {
  return defineRoute({
    method: "DELETE",
    path: "/members/{id}",
    tag: TAG,
    scopes: ["admin"],
    summary: "Remove a member",
    description:
      "Their next request to this workspace is refused. Their sessions end with the last workspace that they were a member of; the account stays.",
    params: memberParams,
    responses: { 200: memberAnswer },
    handle: async ({ params, caller, workspaceId, actor, nowMs }) => {
      const removed = await asOwner(services.deps.pool, async (db) => {
        const { member, owners } = await lockedMember(db, workspaceId, params.id);
        // Everybody may go.
        if (caller.actor !== `account:${params.id}`) refuseRole(caller, member.role, owners);
        refuseLastOwner(member, owners);
        await removeMember(db, workspaceId, params.id);
        if ((await membershipsOf(db, params.id)).length === 0) await endSessions(db, params.id);
        const detail = { role: member.role };
        await recordAudit(db, { workspaceId, actor, action: "member.remove", target: `account:${params.id}`, detail }, nowMs);
        return member;
      });
      return { status: 200, body: shownMember(removed) };
    },
  });
}

async function present(db: Db, workspaceId: number, accountId: string): Promise<Member> {
  const member = await findMember(db, workspaceId, accountId);
  if (member === undefined) throw new AppError("not_found", { detail: "There is no such member." });
  return member;
}

async function lockedMember(db: Db, workspaceId: number, accountId: string): Promise<{ member: Member; owners: number }> {
  await lockMembers(db, workspaceId);
  return { member: await present(db, workspaceId, accountId), owners: await countOwners(db, workspaceId) };
}

/**
 * Throws `forbidden` when the caller may not give, change or take this role. A token stands for nobody: it makes an owner
 * only where there is none yet, or where it acts for the installation.
 */
function refuseRole(caller: Caller, role: Role, owners: number): void {
  const missing = roleTable[role].scopes.find((scope) => !hasScope(caller, scope));
  if (missing !== undefined) throw new AppError("forbidden", { detail: `You have no scope ${missing}, which the role ${role} has.` });
  if (role !== "owner") return;
  const may = caller.kind === "account" ? caller.role === "owner" : owners === 0 || hasScope(caller, "installation");
  if (!may) throw new AppError("forbidden", { detail: "Only an owner makes, changes or removes owners.", hint: "Ask an owner of the workspace." });
}

function refuseLastOwner(member: Member, owners: number): void {
  if (member.role !== "owner" || owners > 1) return;
  throw new AppError("conflict", { detail: "This is the workspace's last owner.", hint: "Make somebody else an owner first." });
}

function shownMember(member: Member): z.input<typeof memberAnswer> {
  const { accountId, since, ...shown } = member;
  return { id: accountId, ...shown, since: since.toISOString() };
}
