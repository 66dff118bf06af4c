// The door of accounts, /api/auth: what better-auth answers, of its many paths only those named here, and what we answer
// people who are not signed in ourselves. JSON alone, from our own pages alone, and slow for whoever guesses.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { AppError } from "../core/errors.ts";
import { AUTH_PREFIX, CLIENT_ADDRESS_HEADER, SESSION_COOKIE } from "../governance/governance.ts";
import { visitorRoutes, type VisitorDeps } from "./account-visitors.ts";
import { jsonOf, lookAt, writeDown } from "./account-watch.ts";
import { errorHandler, sendProblem } from "./problem.ts";
import { isSameOrigin, securedCookies } from "./same-origin.ts";
import { createSignInLimits, type SignInLimits } from "./sign-in-limits.ts";

const BODY_BYTES_MAX = 16 * 1024;

/** Path of better-auth → its method. All else that it would answer is closed. */
const open: Readonly<Record<string, "GET" | "POST">> = {
  "sign-in/email": "POST",
  "sign-out": "POST",
  "get-session": "GET",
  "change-password": "POST",
  "list-sessions": "GET",
  "revoke-session": "POST",
  "revoke-sessions": "POST",
  "revoke-other-sessions": "POST",
  "two-factor/enable": "POST",
  "two-factor/disable": "POST",
  "two-factor/verify-totp": "POST",
  "two-factor/verify-backup-code": "POST",
  "two-factor/generate-backup-codes": "POST",
};

/** Where a provider is named. */
const singleSignOn: Readonly<Record<string, "GET" | "POST">> = { "sign-in/sso": "POST", "callback/oidc": "GET" };

export async function registerAccountDoor(server: FastifyInstance, deps: VisitorDeps): Promise<void> {
  const limits = createSignInLimits();
  await server.register(async (scope) => {
    scope.setErrorHandler(errorHandler(deps.logger));
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("application/json", { parseAs: "string", bodyLimit: BODY_BYTES_MAX }, (_request, body, done) => done(null, body));
    scope.addHook("onRequest", async (request, reply) => {
      reply.header("x-request-id", request.id).header("x-content-type-options", "nosniff").header("cache-control", "no-store");
    });
    scope.route({
      method: ["GET", "POST"],
      url: "/*",
      exposeHeadRoute: false,
      handler: async (request, reply) => {
        const path = z.object({ "*": z.string() }).parse(request.params)["*"];
        const method = methodOf(path, deps);
        if (method === undefined) throw new AppError("not_found", { detail: "Accounts are managed through /api/v1/members.", hint: "See /api/docs." });
        if (method !== request.method) return sendProblem(reply.header("allow", method), new AppError("method_not_allowed"), request.id);
        if (method === "POST" && isSameOrigin(request, deps.publicUrl) === false) throw new AppError("cross_site_request");
        return answer(path, { request, reply, deps, limits });
      },
    });
  }, { prefix: AUTH_PREFIX });
}

function methodOf(path: string, deps: VisitorDeps): "GET" | "POST" | undefined {
  if (Object.hasOwn(open, path)) return open[path];
  if (deps.singleSignOn !== undefined && Object.hasOwn(singleSignOn, path)) return singleSignOn[path];
  return (["GET", "POST"] as const).find((method) => Object.hasOwn(visitorRoutes, `${method} ${path}`));
}

interface Visit {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly deps: VisitorDeps;
  readonly limits: SignInLimits;
}

async function answer(path: string, visit: Visit): Promise<FastifyReply> {
  const { request, reply, deps, limits } = visit;
  const text = typeof request.body === "string" ? request.body : "";
  const ours = Object.hasOwn(visitorRoutes, `${request.method} ${path}`) ? visitorRoutes[`${request.method} ${path}`] : undefined;
  if (ours !== undefined) return reply.send(await ours({ request, text, deps, limits }));
  const attempt = await lookAt(path, text, request, deps);
  if (attempt.guessed !== undefined) limits.attempt(request.ip, attempt.guessed, deps.clock.nowMs());
  const response = await handled(path, text, visit);
  const cookies = securedCookies(response.headers.getSetCookie(), request);
  const gotIn = await writeDown(attempt, { ok: response.ok, status: response.status, cookies }, deps);
  // Somebody who is in may try their own password again; who has the password alone has not shown the code yet.
  if (attempt.guessed !== undefined && (gotIn || (response.ok && attempt.isSignedIn))) limits.succeeded(attempt.guessed);
  if (gotIn) await deps.accounts.forgetEnded();
  reply.code(response.status);
  for (const [name, value] of response.headers) if (name !== "set-cookie") reply.header(name, value);
  if (cookies.length > 0) reply.header("set-cookie", cookies);
  return reply.header("cache-control", "no-store").send(await response.text());
}

async function handled(path: string, text: string, { request, deps, limits }: Visit): Promise<Response> {
  const asked = requestFor(request, text, deps.publicUrl);
  const { singleSignOn: provider } = deps;
  if (provider === undefined || !Object.hasOwn(singleSignOn, path)) return deps.accounts.handle(asked);
  limits.attempt(request.ip, undefined, deps.clock.nowMs());
  if (path === "callback/oidc") return provider.callback(asked);
  const { next } = z.object({ next: z.string().max(2_000).optional() }).catch({}).parse(jsonOf(text));
  // To a page of ours: `//host` would be somebody else's.
  return provider.start(asked, next !== undefined && /^\/(?![/\\])/.test(next) ? next : "/");
}

/** What better-auth is told of a request: nothing about addresses and hosts but what this server found out itself. */
function requestFor(request: FastifyRequest, body: string, publicUrl: string): Request {
  const { origin, cookie, "content-type": contentType, "user-agent": agent } = request.headers;
  const told = { origin, cookie, "content-type": body === "" ? undefined : contentType, "user-agent": agent };
  const headers = new Headers({ [CLIENT_ADDRESS_HEADER]: request.ip });
  for (const [name, value] of Object.entries(told)) if (value !== undefined) headers.set(name, value);
  // Checked before: an origin that got here is ours.
  const url = new URL(request.url, request.method === "POST" ? (origin ?? publicUrl) : publicUrl);
  return new Request(url, { method: request.method, headers, ...(body === "" ? {} : { body }) });
}

/** Whether a request carries a session at all, of whatever worth. */
export function hasSessionCookie(request: FastifyRequest): boolean {
  return request.headers.cookie?.includes(`${SESSION_COOKIE}=`) ?? false;
}
