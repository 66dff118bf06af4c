// Single sign-on by OpenID Connect, with one provider that the configuration names. It stands apart from accounts.ts, with an
// instance of better-auth of its own, so that a provider that does not answer keeps nobody else from signing in. better-auth
// holds state, PKCE, nonce and the token's signature; who is let in, we decide here.
import { betterAuth, type BetterAuthOptions } from "better-auth";
import { genericOAuth } from "better-auth/plugins/generic-oauth";
import type { Role } from "@tributary/schema/api/roles.ts";
import { z } from "zod";
import { insertAccount, findAccount } from "./account-store.ts";
import { authOptions, type AccountsOptions } from "./accounts.ts";
import { recordAudit } from "./audit.ts";
import { addMember } from "./members.ts";
import { asOwner, findWorkspace } from "./workspaces.ts";

/** As accounts are tied to it in `auth_account`. */
export const SSO_PROVIDER = "oidc";
const DISCOVERY_MS = 10_000;

export interface SingleSignOnOptions {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** What the button says. */
  readonly name: string;
  /** Only addresses in these domains come in; without any, every account that is there may. */
  readonly domains: readonly string[];
  /** Whoever has no account yet gets one, with this role in that workspace; without it they are refused. */
  readonly newcomers: { readonly role: Role; readonly workspace: string } | undefined;
}

export interface SingleSignOn {
  readonly name: string;
  /** Answers the address to send the browser to; `request` is at the origin it came from. */
  start(request: Request, next: string): Promise<Response>;
  /** Answers the provider's way back. */
  callback(request: Request): Promise<Response>;
}

/** What a verified ID token, or the provider's own endpoint, says of somebody. */
const claims = z.looseObject({
  sub: z.string().min(1),
  email: z.email().max(254).toLowerCase(),
  // Some write it as a text.
  email_verified: z.union([z.boolean(), z.literal("true").transform(() => true)]).optional(),
  name: z.string().trim().min(1).max(200).optional().catch(undefined),
});

export function createSingleSignOn(accounts: AccountsOptions, options: SingleSignOnOptions): SingleSignOn {
  let made: { handler(request: Request): Promise<Response> } | undefined;
  // At the first use, so that a start does not wait for the provider.
  const auth = () => (made ??= betterAuth(singleSignOnOptions(accounts, options)));
  return {
    name: options.name,
    start: (request, next) => {
      const body = JSON.stringify({ provider: SSO_PROVIDER, callbackURL: next, errorCallbackURL: "/sign-in" });
      const headers = new Headers(request.headers);
      headers.set("content-type", "application/json");
      return auth().handler(new Request(new URL("/api/auth/sign-in/social", request.url), { method: "POST", headers, body }));
    },
    callback: (request) => auth().handler(request),
  };
}

function singleSignOnOptions(accounts: AccountsOptions, options: SingleSignOnOptions): BetterAuthOptions {
  const base = authOptions(accounts);
  const discoveryUrl = discoveryOf(options.issuer);
  return {
    ...base,
    emailAndPassword: { enabled: false },
    onAPIError: { errorURL: `${base.baseURL}/sign-in` },
    user: { ...base.user, validateUserInfo: async ({ user }) => refusal(options, { email: user.email ?? "", isVerified: user.emailVerified === true }) },
    account: {
      ...base.account,
      updateAccountOnSignIn: false,
      // Accounts are made by those who run a workspace, so that the address was theirs to give: whoever the provider vouches for may use it.
      accountLinking: { enabled: true, requireLocalEmailVerified: false },
    },
    // The provider's tokens have done their work: none is kept.
    databaseHooks: {
      account: { create: { before: async (account) => ({ data: { ...account, accessToken: null, refreshToken: null, idToken: null, scope: null } }) } },
    },
    plugins: [genericOAuth({
      config: [{
        providerId: SSO_PROVIDER,
        discoveryUrl,
        clientId: options.clientId,
        clientSecret: options.clientSecret,
        scopes: ["openid", "email", "profile"],
        pkce: true,
        requireIdTokenVerification: true,
        accountSubject: ({ profile }) => subjectOf(options, profile),
        // Accounts come about in our own transaction below, with their membership and the audit log.
        disableSignUp: true,
        getUserInfo: (tokens) => userInfoOf(tokens, discoveryUrl),
        mapProfileToUser: async (profile) => {
          await takeIn(accounts, options, profile);
          return {};
        },
      }],
    })],
  };
}

export function discoveryOf(issuer: string): string {
  return /\/\.well-known\//.test(issuer) ? issuer : `${issuer.replace(/\/+$/, "")}/.well-known/openid-configuration`;
}

/**
 * Who it is, by the ID token, whose signature and nonce were checked before this is called; where that names no address, by
 * the provider's own endpoint. Without an ID token nobody comes in: nothing would tie the answer to this browser.
 */
async function userInfoOf(tokens: { readonly idToken?: string | undefined; readonly accessToken?: string | undefined }, discoveryUrl: string) {
  if (tokens.idToken === undefined) return null;
  const payload: unknown = JSON.parse(Buffer.from(tokens.idToken.split(".")[1] ?? "", "base64url").toString("utf8"));
  const parsed = claims.safeParse(payload);
  const told = parsed.success ? parsed.data : await askProvider(tokens.accessToken, discoveryUrl);
  if (told === undefined) return null;
  // better-auth holds `sub` against that of the token.
  return { id: told.sub, sub: told.sub, email: told.email, emailVerified: told.email_verified === true, ...(told.name === undefined ? {} : { name: told.name }) };
}

async function askProvider(accessToken: string | undefined, discoveryUrl: string): Promise<z.output<typeof claims> | undefined> {
  if (accessToken === undefined) return undefined;
  const found = z.looseObject({ userinfo_endpoint: z.url() }).safeParse(await fetchJson(discoveryUrl, {}));
  if (!found.success) return undefined;
  return claims.safeParse(await fetchJson(found.data.userinfo_endpoint, { authorization: `Bearer ${accessToken}` })).data;
}

async function fetchJson(address: string, headers: Record<string, string>): Promise<unknown> {
  const response = await fetch(address, { headers, redirect: "error", signal: AbortSignal.timeout(DISCOVERY_MS) });
  return response.ok ? response.json() : undefined;
}

interface Proven {
  readonly email: string;
  readonly isVerified: boolean;
}

/** Why somebody is not let in; undefined when they are. The code goes to the sign-in page. */
function refusal({ domains }: SingleSignOnOptions, { email, isVerified }: Proven): { readonly error: string } | undefined {
  if (!isVerified) return { error: "email_not_verified" };
  const domain = email.slice(email.lastIndexOf("@") + 1).toLowerCase();
  return domains.length === 0 || domains.includes(domain) ? undefined : { error: "domain_not_allowed" };
}

/** Whom an account is tied to at the provider, under whatever address it was. Another provider may call somebody else the same. */
function subjectOf({ issuer }: SingleSignOnOptions, profile: Readonly<Record<string, unknown>>): string {
  return `${issuer}#${String(profile["sub"])}`;
}

/** Makes an account for whoever the configuration takes in and who has none. */
async function takeIn(accounts: AccountsOptions, options: SingleSignOnOptions, profile: Readonly<Record<string, unknown>>): Promise<void> {
  const { newcomers } = options;
  const email = typeof profile["email"] === "string" ? profile["email"].toLowerCase() : "";
  if (newcomers === undefined || options.domains.length === 0 || email === "") return;
  if (refusal(options, { email, isVerified: profile["emailVerified"] === true }) !== undefined) return;
  await asOwner(accounts.pool, async (db) => {
    if ((await findAccount(db, email)) !== undefined) return;
    const { rowCount } = await db.query("select from auth_account where provider_id = $1 and account_id = $2", [SSO_PROVIDER, subjectOf(options, profile)]);
    if (rowCount !== 0) return; // Known under another address.
    const workspace = await findWorkspace(db, newcomers.workspace);
    if (workspace === undefined) {
      accounts.logger.error({ part: "accounts" }, "the workspace that single sign-on takes people into does not exist");
      return;
    }
    const name = profile["name"];
    const account = await insertAccount(db, { email, ...(typeof name === "string" ? { name } : {}) });
    if (account === undefined) return; // Another request was first.
    await addMember(db, { workspaceId: workspace.id, accountId: account.id, role: newcomers.role, by: "system" });
    const entry = { workspaceId: workspace.id, actor: "system", target: `account:${account.id}` };
    await recordAudit(db, { ...entry, action: "account.create", detail: { by: "single_sign_on" } }, Date.now());
    await recordAudit(db, { ...entry, action: "member.create", detail: { role: newcomers.role, by: "single_sign_on" } }, Date.now());
  });
}
