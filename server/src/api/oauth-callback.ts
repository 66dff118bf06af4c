// Where vendors send people back to: /oauth/callback. It answers with a small page of its own, in which nothing of the address stands as it came; it
// tells whoever is not the one who began nothing at all, and connects only for the very account that began, signed in here in this browser.
import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyReply } from "fastify";
import { scopesOf } from "@tributary/schema/api/roles.ts";
import { authorizationText, finishAuthorization, type Finished } from "../destinations/destinations.ts";
import { membershipsOf } from "../governance/governance.ts";
import type { ApiServices } from "./api-services.ts";
import { CALLBACK_PATH, finishParts, returnedIn } from "./destination-authorization.ts";
import { errorHandler } from "./problem.ts";
import { RateLimiter } from "./rate-limit.ts";
import { securedCookies } from "./same-origin.ts";

/** Of one address. */
const TRIES_PER_SECOND = 2;
const TRIES_BURST = 30;

export async function registerOAuthCallback(server: FastifyInstance, services: ApiServices): Promise<void> {
  const { deps } = services;
  const tries = new RateLimiter<string>(TRIES_PER_SECOND, TRIES_BURST);
  await server.register(async (scope) => {
    scope.setErrorHandler(errorHandler(deps.logger));
    scope.get(CALLBACK_PATH, { exposeHeadRoute: false }, async (request, reply) => {
      const nowMs = deps.clock.nowMs();
      tries.take(request.ip, nowMs);
      const { session, setCookies } = await deps.accounts.sessionOf(request.headers.cookie ?? "");
      if (setCookies.length > 0) reply.header("set-cookie", securedCookies(setCookies, request));
      if (session === undefined) return page(reply, 401, "Nothing was connected", "You are not signed in to Tributary in this browser. Sign in and begin again; if you began on the command line, hand it the whole address of this page.");
      const mayConnect = async (workspaceId: number): Promise<boolean> =>
        (await membershipsOf(deps.pool, session.account.id)).some((one) => one.workspaceId === workspaceId && scopesOf(one.role, one.isOperator).includes("admin"));
      const finished = await finishAuthorization(finishParts(services), returnedIn(request.url), { actor: `account:${session.account.id}`, nowMs, mayConnect });
      return answer(reply, finished, deps.publicUrl);
    });
  });
}

function answer(reply: FastifyReply, finished: Finished, publicUrl: string): FastifyReply {
  const link = (slug: string): Link => ({ text: "Back to the destination", href: `${publicUrl.replace(/\/+$/, "")}/destinations/${encodeURIComponent(slug)}` });
  if (finished.kind === "connected") return page(reply, 200, `${finished.name} is connected`, "You can close this page.", link(finished.slug));
  const text = [authorizationText(finished.code), finished.detail].filter((part) => part !== "").join(" ");
  return page(reply, 400, "Nothing was connected", text, finished.slug === undefined ? undefined : link(finished.slug));
}

interface Link {
  readonly text: string;
  readonly href: string;
}

const STYLE = "body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1.5rem;color-scheme:light dark}h1{font-size:1.4rem}";
const STYLE_HASH = createHash("sha256").update(STYLE).digest("base64");

function page(reply: FastifyReply, status: number, title: string, text: string, link?: Link): FastifyReply {
  const back = link === undefined ? "" : `<p><a href="${escaped(link.href)}">${escaped(link.text)}</a></p>`;
  return reply.code(status).headers({
    "content-type": "text/html; charset=utf-8", "cache-control": "no-store", "x-content-type-options": "nosniff", "x-frame-options": "DENY",
    // The address holds a code and a state: no other page may learn it.
    "referrer-policy": "no-referrer", "content-security-policy": `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  }).send(`<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escaped(title)}</title><style>${STYLE}</style><main><h1>${escaped(title)}</h1><p>${escaped(text)}</p>${back}</main></html>`);
}

function escaped(text: string): string {
  return text.replace(/[&<>"'\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    const named = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;", "'": "&#39;" }[character];
    return named ?? " ";
  });
}
