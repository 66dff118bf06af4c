// What people who are not signed in may ask of us, besides signing in: how one gets in here, to join by an invitation, to ask
// for a new password and to set it, and to be sent to the provider of single sign-on.
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { accountEmail, linkSecret, openInvitation as openInvitationShape, waysIn } from "@tributary/schema/api/members.ts";
import { AppError, assert } from "../core/errors.ts";
import {
  addMember, asOwner, createAccount, findAccount, hasFreshReset, openInvitation, PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN, recordAccountAudit, recordAudit, setPassword,
  takePasswordReset, withdrawInvitation, type OpenInvitation,
} from "../governance/governance.ts";
import { deliverPasswordLink } from "./account-mail.ts";
import { jsonOf } from "./account-watch.ts";
import type { ApiDeps } from "./api-deps.ts";
import { parseInput } from "./problem.ts";
import { refuseForeignChange } from "./same-origin.ts";
import type { SignInLimits } from "./sign-in-limits.ts";

export type VisitorDeps = Pick<ApiDeps, "accounts" | "singleSignOn" | "mailer" | "pool" | "clock" | "logger" | "publicUrl">;

export interface VisitorRequest {
  readonly request: FastifyRequest;
  /** The body as it came. */
  readonly text: string;
  readonly deps: VisitorDeps;
  readonly limits: SignInLimits;
}

type Handler = (visit: VisitorRequest) => Promise<unknown>;

const newPassword = z.string().min(PASSWORD_LENGTH_MIN).max(PASSWORD_LENGTH_MAX);
const invitationBody = z.strictObject({ token: linkSecret });
const joinBody = z.strictObject({ token: linkSecret, name: z.string().trim().min(1).max(200), password: newPassword });
const forgotBody = z.strictObject({ email: accountEmail });
const resetBody = z.strictObject({ token: linkSecret, password: newPassword });

/** Method and path below /api/auth → what answers it, as JSON. */
export const visitorRoutes: Readonly<Record<string, Handler>> = {
  "GET ways": async ({ deps }): Promise<z.output<typeof waysIn>> => ({
    mail: deps.mailer.isSetUp, single_sign_on: deps.singleSignOn === undefined ? null : { name: deps.singleSignOn.name },
  }),
  "POST invitation": showInvitation,
  "POST join": join,
  "POST join-as-myself": joinAsMyself,
  "POST forgot-password": forgotPassword,
  "POST reset-password": resetPassword,
};

async function showInvitation(visit: VisitorRequest): Promise<z.output<typeof openInvitationShape>> {
  const { token } = bodyOf(visit, invitationBody);
  const found = await invitationOf(visit, token);
  const account = await findAccount(visit.deps.pool, found.email);
  return { email: found.email, workspace: found.workspaceName, role: found.role, has_account: account !== undefined, expires_at: found.expiresAt.toISOString() };
}

async function join(visit: VisitorRequest): Promise<{ readonly email: string }> {
  const { token, name, password } = bodyOf(visit, joinBody);
  const { deps } = visit;
  const nowMs = deps.clock.nowMs();
  slow(visit);
  return asOwner(deps.pool, async (db) => {
    const invitation = known(await openInvitation(db, token, nowMs, true));
    const account = await createAccount(db, { email: invitation.email, name, password });
    if (account === undefined) throw new AppError("conflict", { detail: "There is an account with this address.", hint: "Sign in with it, then open the link again." });
    await takeIn(db, invitation, account.id, nowMs);
    const entry = { workspaceId: invitation.workspaceId, actor: `account:${account.id}`, target: `account:${account.id}` };
    await recordAudit(db, { ...entry, action: "account.create", detail: { by: "invitation" } }, nowMs);
    return { email: account.email };
  });
}

/** By the session of the very account that was invited. */
async function joinAsMyself(visit: VisitorRequest): Promise<{ readonly email: string }> {
  const { token } = bodyOf(visit, invitationBody);
  const { deps, request } = visit;
  refuseForeignChange(request, deps.publicUrl);
  const nowMs = deps.clock.nowMs();
  const { session } = await deps.accounts.sessionOf(request.headers.cookie ?? "");
  if (session === undefined) throw new AppError("unauthenticated");
  slow(visit);
  return asOwner(deps.pool, async (db) => {
    const invitation = known(await openInvitation(db, token, nowMs, true));
    if (invitation.email !== session.account.email) {
      throw new AppError("forbidden", { detail: "This invitation is for another address.", hint: "Sign in with the address that was invited." });
    }
    await takeIn(db, invitation, session.account.id, nowMs);
    return { email: session.account.email };
  });
}

async function takeIn(db: Parameters<typeof addMember>[0], invitation: OpenInvitation, accountId: string, nowMs: number): Promise<void> {
  const { workspaceId, role } = invitation;
  await addMember(db, { workspaceId, accountId, role, by: invitation.by });
  await withdrawInvitation(db, workspaceId, invitation.id);
  const detail = { role, invitation: invitation.id, invited_by: invitation.by };
  await recordAudit(db, { workspaceId, actor: `account:${accountId}`, action: "member.join", target: `account:${accountId}`, detail }, nowMs);
}

/** The same answer, after the same time, whether or not there is such an account: what is to be done is done afterwards. */
async function forgotPassword(visit: VisitorRequest): Promise<{ readonly ok: true }> {
  const { email } = bodyOf(visit, forgotBody);
  const { deps, limits, request } = visit;
  const nowMs = deps.clock.nowMs();
  limits.attempt(request.ip, `forgot ${email}`, nowMs);
  if (!deps.mailer.isSetUp) throw new AppError("conflict", { detail: "No mail server is set up here.", hint: "Ask an owner or admin of your workspace for a link." });
  const act = async (): Promise<void> => {
    const account = await findAccount(deps.pool, email);
    if (account === undefined || (await hasFreshReset(deps.pool, account.id, nowMs))) return;
    await asOwner(deps.pool, (db) => recordAccountAudit(db, account.id, { actor: "anonymous", action: "account.password_link" }, nowMs));
    await deliverPasswordLink(deps, account, nowMs);
  };
  void act().catch((error: unknown) => deps.logger.error({ part: "accounts", err: error }, "a link for a new password could not be made"));
  return { ok: true };
}

async function resetPassword(visit: VisitorRequest): Promise<{ readonly ok: true }> {
  const { token, password } = bodyOf(visit, resetBody);
  const nowMs = visit.deps.clock.nowMs();
  slow(visit);
  await asOwner(visit.deps.pool, async (db) => {
    const accountId = await takePasswordReset(db, token, nowMs);
    if (accountId === undefined) throw linkEnded();
    await setPassword(db, accountId, password);
    await recordAccountAudit(db, accountId, { actor: `account:${accountId}`, action: "account.reset_password", detail: { by: "link" } }, nowMs);
  });
  return { ok: true };
}

function bodyOf<T extends z.ZodType>({ text }: VisitorRequest, shape: T): z.output<T> {
  return parseInput(shape, jsonOf(text), "body") as z.output<T>; // What the shape gives.
}

/** By the sender alone: what stands in a link can't be guessed, trying it must still cost something. */
function slow({ limits, request, deps }: VisitorRequest): void {
  limits.attempt(request.ip, undefined, deps.clock.nowMs());
}

async function invitationOf({ deps, limits, request }: VisitorRequest, token: string): Promise<OpenInvitation> {
  const nowMs = deps.clock.nowMs();
  const found = await openInvitation(deps.pool, token, nowMs);
  if (found === undefined) limits.attempt(request.ip, undefined, nowMs);
  return known(found);
}

function known(invitation: OpenInvitation | undefined): OpenInvitation {
  if (invitation === undefined) throw linkEnded();
  assert(invitation.email !== "", "an invitation names an address");
  return invitation;
}

function linkEnded(): AppError {
  return new AppError("link_ended");
}
