// Who asks: a token, which belongs to one workspace, or somebody signed in, who names one of theirs. From here on both are
// a caller with scopes, and nothing behind the gate tells them apart but what concerns accounts themselves.
import { hkdfSync } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Scope } from "@tributary/schema/api/answer-parts.ts";
import { scopesOf, type Role } from "@tributary/schema/api/roles.ts";
import { AppError } from "../core/errors.ts";
import { membershipsOf, stillHolds, type Account, type ApiToken, type Membership } from "../governance/governance.ts";
import { hasSessionCookie } from "./account-door.ts";
import type { ApiServices } from "./api-services.ts";
import { refuseForeignChange, securedCookies } from "./same-origin.ts";

/** Names the workspace of a request with a session, by its slug. */
export const WORKSPACE_HEADER = "x-tributary-workspace";

interface CallerBase {
  readonly workspaceId: number;
  readonly scopes: readonly Scope[];
  /** What stands in the audit log as the one who did it. */
  readonly actor: string;
  /** Limits and idempotency keys count by it. */
  readonly key: string | number;
  /** Seals answers that may be asked for again; stored nowhere in the database. */
  readonly sealingSecret: string;
  /** Whether they still may: for answers that outlive the request's own check. */
  readonly isAdmitted: () => Promise<boolean>;
}

export interface TokenCaller extends CallerBase {
  readonly kind: "token";
  readonly token: ApiToken;
}

export interface AccountCaller extends CallerBase {
  readonly kind: "account";
  readonly account: Account;
  readonly hasTwoFactor: boolean;
  readonly role: Role;
  readonly memberships: readonly Membership[];
}

export type Caller = TokenCaller | AccountCaller;

/** Undefined when nothing valid was sent. `admitUnknown` is called, and may throw, before an unknown token is looked up. */
export async function findCaller(
  services: ApiServices, request: FastifyRequest, reply: FastifyReply, admitUnknown: () => void,
): Promise<Caller | undefined> {
  // A token that is sent counts alone, even when it is wrong: programs must not act as whoever is signed in. Other schemes may
  // be a browser's answer to a proxy that asks for a password of its own.
  if (/^bearer\b/i.test(request.headers.authorization ?? "")) return tokenCaller(services, request, admitUnknown);
  return hasSessionCookie(request) ? accountCaller(services, request, reply) : undefined;
}

async function tokenCaller({ tokens, deps }: ApiServices, request: FastifyRequest, admitUnknown: () => void): Promise<TokenCaller | undefined> {
  const secret = /^Bearer +(\S{1,500}) *$/i.exec(request.headers.authorization ?? "")?.[1];
  const token = secret === undefined ? undefined : await tokens.find(secret, deps.clock.nowMs(), admitUnknown);
  if (secret === undefined || token === undefined) return undefined;
  return {
    kind: "token",
    token,
    workspaceId: token.workspaceId,
    scopes: token.scopes,
    actor: `token:${token.id}`,
    key: token.id,
    sealingSecret: secret,
    isAdmitted: async () => (await tokens.find(secret, deps.clock.nowMs())) !== undefined,
  };
}

async function accountCaller({ deps }: ApiServices, request: FastifyRequest, reply: FastifyReply): Promise<AccountCaller | undefined> {
  const { session, setCookies } = await deps.accounts.sessionOf(request.headers.cookie ?? "");
  if (setCookies.length > 0) reply.header("set-cookie", securedCookies(setCookies, request));
  if (session === undefined) return undefined;
  refuseForeignChange(request, deps.publicUrl);
  const { account } = session;
  const memberships = await membershipsOf(deps.pool, account.id);
  const membership = chosen(memberships, request);
  const { workspaceId, role, isOperator } = membership;
  return {
    kind: "account",
    account,
    hasTwoFactor: session.hasTwoFactor,
    role,
    memberships,
    workspaceId,
    scopes: scopesOf(role, isOperator),
    actor: `account:${account.id}`,
    key: account.id,
    sealingSecret: Buffer.from(hkdfSync("sha256", deps.identifierSecret, account.id, "answers to an account", 32)).toString("base64url"),
    isAdmitted: () => stillHolds(deps.pool, { sessionId: session.id, accountId: account.id, workspaceId, role }),
  };
}

/** The named workspace, or the first. One that is not theirs is refused just as one that is not there. */
function chosen(memberships: readonly Membership[], request: FastifyRequest): Membership {
  const named = request.headers[WORKSPACE_HEADER];
  const membership = named === undefined ? memberships[0] : memberships.find(({ slug }) => slug === named);
  if (membership !== undefined) return membership;
  throw new AppError("forbidden", {
    detail: named === undefined ? "This account is a member of no workspace." : "This account is a member of no workspace of that name.",
    hint: "Ask an owner of the workspace to take you in, or name one of yours.",
  });
}
