// Invitations: an address and a role, and a link with which the invited sets name and password. Pending ones are listed, sent
// again with another link, and withdrawn.
import { z } from "zod";
import { pageQuery } from "@tributary/schema/api/answer-parts.ts";
import { invitationAnswer, invitationBody, invitationList, invitationMade, invitationParams } from "@tributary/schema/api/members.ts";
import { AppError, assert } from "../core/errors.ts";
import {
  asOwner, countOwners, findAccount, findInvitation, findMember, findWorkspace, invite, listInvitations, lockMembers, recordAudit, withdrawInvitation,
  type Invitation, type MadeInvitation,
} from "../governance/governance.ts";
import { deliverInvitation } from "./account-mail.ts";
import type { ApiServices } from "./api-services.ts";
import { cursorId, decodeCursor, pageFrom } from "./cursor.ts";
import { defineRoute, type Route, type RouteContext } from "./define-route.ts";
import { refuseRole } from "./member-rights.ts";

const TAG = "Members";
const idPlace = z.tuple([cursorId]);

export function invitationRoutes(services: ApiServices): Route[] {
  return [listRoute(services), createRoute(services), resendRoute(services), withdrawRoute(services)];
}

function listRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/invitations",
    tag: TAG,
    scopes: ["admin"],
    summary: "List the pending invitations",
    description: "Those whose time is up too, until they are withdrawn.",
    query: pageQuery,
    responses: { 200: invitationList },
    handle: async ({ query, workspaceId }) => {
      const after = decodeCursor(idPlace, query.cursor)?.[0] ?? 0;
      const rows = await services.deps.workspaceDb.run(workspaceId, (db) => listInvitations(db, workspaceId, after, query.limit + 1));
      return { status: 200, body: pageFrom(rows, query.limit, shownInvitation, (row) => [row.id]) };
    },
  });
}

function createRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/invitations",
    tag: TAG,
    scopes: ["admin"],
    summary: "Invite somebody",
    description:
      "They get a link that works once and for a week: by mail, or, where none is set up or it fails, in this answer for you to pass on. " +
      "An address that is invited already gets another link; the one before ends.",
    body: invitationBody,
    responses: { 201: invitationMade },
    handle: async (context) => {
      const { body, caller, workspaceId, actor, nowMs } = context;
      const made = await asOwner(services.deps.pool, async (db) => {
        await lockMembers(db, workspaceId);
        refuseRole(caller, body.role, await countOwners(db, workspaceId));
        const account = await findAccount(db, body.email);
        if (account !== undefined && (await findMember(db, workspaceId, account.id))) {
          throw new AppError("conflict", { detail: "This address belongs to a member already.", hint: "Change their role instead." });
        }
        const created = await invite(db, { workspaceId, email: body.email, role: body.role, by: actor }, nowMs);
        await recordAudit(db, { workspaceId, actor, action: "invitation.create", target: `invitation:${created.invitation.id}`, detail: { role: body.role } }, nowMs);
        return created;
      });
      return { status: 201, body: await delivered(services, context, made) };
    },
  });
}

function resendRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/invitations/{id}/resend",
    tag: TAG,
    scopes: ["admin"],
    summary: "Send an invitation again",
    description: "With another link and a week from now; the link before ends.",
    params: invitationParams,
    responses: { 200: invitationMade },
    handle: async (context) => {
      const { params, caller, workspaceId, actor, nowMs } = context;
      const made = await asOwner(services.deps.pool, async (db) => {
        await lockMembers(db, workspaceId);
        const found = await present(findInvitation(db, workspaceId, params.id));
        refuseRole(caller, found.role, await countOwners(db, workspaceId));
        const renewed = await invite(db, { workspaceId, email: found.email, role: found.role, by: actor }, nowMs);
        await recordAudit(db, { workspaceId, actor, action: "invitation.resend", target: `invitation:${params.id}`, detail: { role: found.role } }, nowMs);
        return renewed;
      });
      return { status: 200, body: await delivered(services, context, made) };
    },
  });
}

function withdrawRoute(services: ApiServices): Route {
  return defineRoute({
    method: "DELETE",
    path: "/invitations/{id}",
    tag: TAG,
    scopes: ["admin"],
    summary: "Withdraw an invitation",
    description: "Its link opens nothing any more.",
    params: invitationParams,
    responses: { 200: invitationAnswer },
    handle: async ({ params, workspaceId, actor, nowMs }) => {
      const withdrawn = await services.deps.workspaceDb.transaction(workspaceId, async (db) => {
        const found = await present(findInvitation(db, workspaceId, params.id));
        await withdrawInvitation(db, workspaceId, params.id);
        await recordAudit(db, { workspaceId, actor, action: "invitation.withdraw", target: `invitation:${params.id}`, detail: { role: found.role } }, nowMs);
        return found;
      });
      return { status: 200, body: shownInvitation(withdrawn) };
    },
  });
}

async function present(looking: Promise<Invitation | undefined>): Promise<Invitation> {
  const found = await looking;
  if (found === undefined) throw new AppError("not_found", { detail: "There is no such invitation; it may have been taken up or withdrawn." });
  return found;
}

async function delivered(
  { deps }: ApiServices, { caller, workspaceId }: RouteContext<unknown, unknown, unknown>, made: MadeInvitation,
): Promise<z.input<typeof invitationMade>> {
  const workspace = await findWorkspace(deps.pool, String(workspaceId));
  assert(workspace !== undefined, "the workspace of a caller exists");
  const inviter = caller.kind === "account" ? caller.account.name : undefined;
  return { invitation: shownInvitation(made.invitation), ...(await deliverInvitation(deps, made, { workspace: workspace.name, inviter })) };
}

function shownInvitation({ id, email, role, by, createdAt, expiresAt }: Invitation): z.input<typeof invitationAnswer> {
  return { id, email, role, by, created_at: createdAt.toISOString(), expires_at: expiresAt.toISOString() };
}
