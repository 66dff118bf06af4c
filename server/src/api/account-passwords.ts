// Help for somebody who can't sign in, from whoever runs the installation: another password, a link to set one, or the second
// factor switched off. (Who knows their password changes it at /api/auth/change-password.)
import { accountShown, passwordLinkAnswer, passwordResetAnswer, passwordResetBody } from "@tributary/schema/api/members.ts";
import { AppError } from "../core/errors.ts";
import { asOwner, findAccount, newPassword, recordAccountAudit, setPassword, switchOffTwoFactor, type Account } from "../governance/governance.ts";
import { deliverPasswordLink } from "./account-mail.ts";
import type { ApiServices } from "./api-services.ts";
import { defineRoute, type Route, type RouteContext } from "./define-route.ts";

const TAG = "Members";

export function accountPasswordRoutes(services: ApiServices): Route[] {
  return [resetRoute(services), linkRoute(services), twoFactorRoute(services)];
}

function resetRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/accounts/reset-password",
    tag: TAG,
    scopes: ["installation"],
    summary: "Give an account another password",
    description: "It is in the answer, this once. All sessions of the account end.",
    body: passwordResetBody,
    responses: { 200: passwordResetAnswer },
    handle: async (context) => {
      const password = newPassword();
      const account = await withAccount(services, context, "account.reset_password", (db, { id }) => setPassword(db, id, password));
      return { status: 200, body: { account, password } };
    },
  });
}

function linkRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/accounts/password-link",
    tag: TAG,
    scopes: ["installation"],
    summary: "Make a link with which an account sets a new password",
    description: "By mail, or, where none is set up or it fails, in this answer. It works once, for an hour.",
    body: passwordResetBody,
    responses: { 200: passwordLinkAnswer },
    handle: async (context) => {
      const account = await withAccount(services, context, "account.password_link");
      return { status: 200, body: await deliverPasswordLink(services.deps, account, context.nowMs) };
    },
  });
}

function twoFactorRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/accounts/switch-off-two-factor",
    tag: TAG,
    scopes: ["installation"],
    summary: "Switch off an account's second factor",
    description: "For somebody who has lost both the device and the recovery codes. All sessions of the account end.",
    body: passwordResetBody,
    responses: { 200: accountShown },
    handle: async (context) => {
      const account = await withAccount(services, context, "account.two_factor_off", (db, { id }) => switchOffTwoFactor(db, id));
      return { status: 200, body: account };
    },
  });
}

type Db = Parameters<typeof setPassword>[0];

/** Each workspace that the account has access to sees it, and the one that did it. */
function withAccount(
  services: ApiServices, { body, workspaceId, actor, nowMs }: RouteContext<unknown, unknown, { readonly email: string }>, action: string,
  act: (db: Db, account: Account) => Promise<void> = async () => undefined,
): Promise<Account> {
  return asOwner(services.deps.pool, async (db) => {
    const found = await findAccount(db, body.email);
    if (found === undefined) throw new AppError("not_found", { detail: "There is no account with this address." });
    await act(db, found);
    await recordAccountAudit(db, found.id, { actor, action }, nowMs, [workspaceId]);
    return found;
  });
}
