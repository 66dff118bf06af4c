// The members of a workspace: list, take in, change the role, remove. Nobody gives a role that may more than they may, and
// only owners make or remove owners; the last of them stays.
import { z } from "zod";
import { pageQuery } from "@tributary/schema/api/answer-parts.ts";
import {
  memberAnswer, memberCreateBody, memberCreated, memberDetail, memberList, memberParams, memberPatchBody, passwordLinkAnswer,
} from "@tributary/schema/api/members.ts";
import { AppError, assert } from "../core/errors.ts";
import {
  addMember, asOwner, countOwners, countTokensBy, createAccount, endSessions, findAccount, findMember, hasScope, invitationsBy, listMembers, lockMembers,
  membershipsOf, newPassword, recordAccountAudit, recordAudit, removeMember, revokeTokensBy, setRole, tokensBy, withdrawInvitation, type Member,
} from "../governance/governance.ts";
import { deliverPasswordLink } from "./account-mail.ts";
import type { ApiServices } from "./api-services.ts";
import { decodeCursor, pageFrom } from "./cursor.ts";
import { defineRoute, type Route } from "./define-route.ts";
import { mayGive, refuseRole } from "./member-rights.ts";

const TAG = "Members";
const idPlace = z.tuple([z.string().max(64)]);
type Db = Parameters<typeof lockMembers>[0];

export function memberRoutes(services: ApiServices): Route[] {
  return [
    listRoute(services), detailRoute(services), createRoute(services), changeRoute(services), removeRoute(services), passwordLinkRoute(services),
  ];
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

function detailRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/members/{id}",
    tag: TAG,
    scopes: ["admin"],
    summary: "A member, and what would end with them",
    params: memberParams,
    responses: { 200: memberDetail },
    handle: async ({ params, workspaceId }) => {
      const body = await services.deps.workspaceDb.run(workspaceId, async (db) => ({
        member: shownMember(await present(db, workspaceId, params.id)),
        tokens: await countTokensBy(db, workspaceId, `account:${params.id}`),
      }));
      return { status: 200, body };
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
    description: "It holds from their next request on, and for the tokens that they made; live tails that they have open end.",
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
        await withdrawWhere(db, workspaceId, params.id, (given) => !mayGive(body.role, given));
        const detail = { from: member.role, to: body.role };
        await recordAudit(db, { workspaceId, actor, action: "member.change", target: `account:${params.id}`, detail }, nowMs);
        return { ...member, role: body.role };
      });
      services.tokens.forget();
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
      "Their next request to this workspace is refused, the tokens that they made (and those made with these) are revoked, their pending invitations " +
      "are withdrawn. Their sessions end with the last workspace that they were a member of; the account stays.",
    params: memberParams,
    responses: { 200: memberAnswer },
    handle: async ({ params, caller, workspaceId, actor, nowMs }) => {
      const removed = await asOwner(services.deps.pool, async (db) => {
        const { member, owners } = await lockedMember(db, workspaceId, params.id);
        // Everybody may go.
        if (caller.actor !== `account:${params.id}`) refuseRole(caller, member.role, owners);
        refuseLastOwner(member, owners);
        await removeMember(db, workspaceId, params.id);
        await withdrawWhere(db, workspaceId, params.id, () => true);
        const revoked = await revokeTokensBy(db, workspaceId, `account:${params.id}`, nowMs);
        for (const id of revoked) await recordAudit(db, { workspaceId, actor, action: "token.revoke", target: `token:${id}` }, nowMs);
        if ((await membershipsOf(db, params.id)).length === 0) await endSessions(db, params.id);
        const detail = { role: member.role, tokens_revoked: revoked.length };
        await recordAudit(db, { workspaceId, actor, action: "member.remove", target: `account:${params.id}`, detail }, nowMs);
        return member;
      });
      services.tokens.forget();
      return { status: 200, body: shownMember(removed) };
    },
  });
}

function passwordLinkRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/members/{id}/password-link",
    tag: TAG,
    scopes: ["admin"],
    summary: "Make a link with which a member sets a new password",
    description:
      "By mail, or, where none is set up or it fails, in this answer for you to pass on. It works once, for an hour. An account that works in other " +
      "workspaces too, or for the installation, is out of reach: `tributary account password-link` makes one there.",
    params: memberParams,
    responses: { 200: passwordLinkAnswer },
    handle: async ({ params, caller, workspaceId, actor, nowMs }) => {
      const { deps } = services;
      const account = await asOwner(deps.pool, async (db) => {
        const { member, owners } = await lockedMember(db, workspaceId, params.id);
        refuseRole(caller, member.role, owners);
        const elsewhere = await membershipsOf(db, params.id);
        // Whoever holds the link holds the account, wherever it works.
        if (!hasScope(caller, "installation") && elsewhere.some((one) => one.workspaceId !== workspaceId || one.isOperator)) {
          throw new AppError("forbidden", {
            detail: "This account reaches beyond the workspace.", hint: "Whoever runs the server makes a link by `tributary account password-link`.",
          });
        }
        await recordAccountAudit(db, params.id, { actor, action: "account.password_link" }, nowMs);
        return { id: member.accountId, name: member.name, email: member.email };
      });
      return { status: 200, body: await deliverPasswordLink(deps, account, nowMs) };
    },
  });
}

/** Ends what somebody promised in their role, by themselves or by a token, when they may no more promise it. */
async function withdrawWhere(db: Db, workspaceId: number, accountId: string, hasEnded: (given: Member["role"]) => boolean): Promise<void> {
  const account = `account:${accountId}`;
  const actors = [account, ...(await tokensBy(db, workspaceId, account)).map((id) => `token:${id}`)];
  for (const { id, role } of await invitationsBy(db, workspaceId, actors)) if (hasEnded(role)) await withdrawInvitation(db, workspaceId, id);
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

function refuseLastOwner(member: Member, owners: number): void {
  if (member.role !== "owner" || owners > 1) return;
  throw new AppError("conflict", { detail: "This is the workspace's last owner.", hint: "Make somebody else an owner first." });
}

function shownMember(member: Member): z.input<typeof memberAnswer> {
  const { accountId, since, hasTwoFactor, ...shown } = member;
  return { id: accountId, ...shown, since: since.toISOString(), two_factor: hasTwoFactor };
}
