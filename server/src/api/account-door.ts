// The door of better-auth, /api/auth: of its many paths only those named here, JSON alone, from our own pages alone, and
// slow for whoever guesses passwords.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { AppError } from "../core/errors.ts";
import { AUTH_PREFIX, CLIENT_ADDRESS_HEADER, SESSION_COOKIE } from "../governance/governance.ts";
import type { ApiDeps } from "./api-deps.ts";
import { errorHandler, sendProblem } from "./problem.ts";
import { isSameOrigin, securedCookies } from "./same-origin.ts";
import { createSignInLimits, type SignInLimits } from "./sign-in-limits.ts";

const BODY_BYTES_MAX = 16 * 1024;

/** Path → its method. All else that better-auth would answer is closed. */
const open: Readonly<Record<string, "GET" | "POST">> = {
  "sign-in/email": "POST",
  "sign-out": "POST",
  "get-session": "GET",
  "change-password": "POST",
  "list-sessions": "GET",
  "revoke-session": "POST",
  "revoke-sessions": "POST",
  "revoke-other-sessions": "POST",
};

type DoorDeps = Pick<ApiDeps, "accounts" | "clock" | "logger" | "publicUrl">;

export async function registerAccountDoor(server: FastifyInstance, deps: DoorDeps): Promise<void> {
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
        const method = Object.hasOwn(open, path) ? open[path] : undefined;
        if (method === undefined) throw new AppError("not_found", { detail: "Accounts are managed through /api/v1/members.", hint: "See /api/docs." });
        if (method !== request.method) return sendProblem(reply.header("allow", method), new AppError("method_not_allowed"), request.id);
        if (method === "POST" && isSameOrigin(request, deps.publicUrl) === false) throw new AppError("cross_site_request");
        return answer(path, { request, reply, deps, limits });
      },
    });
  }, { prefix: AUTH_PREFIX });
}

interface Visit {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly deps: DoorDeps;
  readonly limits: SignInLimits;
}

async function answer(path: string, { request, reply, deps, limits }: Visit): Promise<FastifyReply> {
  const text = typeof request.body === "string" ? request.body : "";
  const email = await guessedAccount(path, text, request, deps);
  if (email !== undefined) limits.attempt(request.ip, email, deps.clock.nowMs());
  const response = await deps.accounts.handle(requestFor(request, text, deps.publicUrl));
  if (email !== undefined && response.ok) {
    limits.succeeded(email);
    await deps.accounts.forgetEnded();
  }
  reply.code(response.status);
  for (const [name, value] of response.headers) if (name !== "set-cookie") reply.header(name, value);
  const cookies = securedCookies(response.headers.getSetCookie(), request);
  if (cookies.length > 0) reply.header("set-cookie", cookies);
  return reply.header("cache-control", "no-store").send(await response.text());
}

/** Whose password this request tries; undefined when it tries none. */
async function guessedAccount(path: string, text: string, request: FastifyRequest, deps: DoorDeps): Promise<string | undefined> {
  if (path === "sign-in/email") return z.object({ email: z.string().max(254) }).safeParse(jsonOf(text)).data?.email ?? "";
  if (path !== "change-password") return undefined;
  const { session } = await deps.accounts.sessionOf(request.headers.cookie ?? "");
  return session?.account.email ?? "";
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What better-auth is told of a request: nothing about addresses and hosts but what this server found out itself. */
function requestFor(request: FastifyRequest, body: string, publicUrl: string): Request {
  const { origin, cookie, "content-type": contentType, "user-agent": agent } = request.headers;
  const told = { origin, cookie, "content-type": body === "" ? undefined : contentType, "user-agent": agent };
  const headers = new Headers({ [CLIENT_ADDRESS_HEADER]: request.ip });
  for (const [name, value] of Object.entries(told)) if (value !== undefined) headers.set(name, value);
  // Checked before: an origin that got here is ours.
  const url = new URL(request.url, origin ?? publicUrl);
  return new Request(url, { method: request.method, headers, ...(body === "" ? {} : { body }) });
}

/** Whether a request carries a session at all, of whatever worth. */
export function hasSessionCookie(request: FastifyRequest): boolean {
  return request.headers.cookie?.includes(`${SESSION_COOKIE}=`) ?? false;
}
