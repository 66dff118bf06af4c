// How a destination is connected to its vendor where somebody signs in there: begun here, come back to at /oauth/callback (oauth-callback.ts), or
// finished by hand with the address that the browser came back to, for whoever began it by a token and has no session.
import {
  authorization, authorizationBegun, authorizationFinish, authorizationForgotten, authorizationTokens, type Authorization,
} from "@tributary/schema/api/destination-authorization.ts";
import { destinationParams } from "@tributary/schema/api/destinations.ts";
import { AppError } from "../core/errors.ts";
import {
  appOf, authorizationText, beginAuthorization, destinationInUse, finishAuthorization, forgetTokens, keepGivenTokens, openSettings, presentDestination, readAuthorization, tokenSourceOf,
  type FinishParts, type StoredDestination,
} from "../destinations/destinations.ts";
import { hasScope, namesOfActors } from "../governance/governance.ts";
import type { ApiServices } from "./api-services.ts";
import { defineRoute, type Route } from "./define-route.ts";
import { DESTINATIONS_TAG } from "./destinations.ts";

const PATH = "/destinations/{slug}/authorization";
export const CALLBACK_PATH = "/oauth/callback";

export function destinationAuthorizationRoutes(services: ApiServices): Route[] {
  return [readRoute(services), beginRoute(services), finishRoute(services), tokensRoute(services), forgetRoute(services)];
}

export const redirectUriOf = (publicUrl: string): string => `${publicUrl.replace(/\/+$/, "")}${CALLBACK_PATH}`;

/** For calls to the vendor, within the time of a try. */
export function finishParts({ deps, limits }: ApiServices): FinishParts {
  return { pool: deps.pool, seal: deps.destinationSeal, outbound: deps.outbound, signal: AbortSignal.timeout(limits.tryTimeoutMs) };
}

async function shownAuthorization({ deps }: ApiServices, workspaceId: number, stored: StoredDestination, nowMs: number): Promise<Authorization> {
  return deps.workspaceDb.run(workspaceId, async (db) => {
    const state = await readAuthorization(db, workspaceId, stored.id, nowMs);
    const known = stored.status === "archived" ? undefined : appOf(stored.definition, openSettings(deps.destinationSeal, workspaceId, stored));
    const names = await namesOfActors(db, workspaceId, state.connectedBy === null ? [] : [state.connectedBy]);
    return {
      source: tokenSourceOf(stored.definition), vendor: known?.app.name ?? null, documentation: known?.app.documentation ?? null, redirect_uri: redirectUriOf(deps.publicUrl),
      missing: [...known?.missing ?? []], scopes_wanted: [...known?.app.scopes ?? []], is_authorized: stored.tokensSealed !== null,
      connected_at: state.connectedAt?.toISOString() ?? null, connected_by: state.connectedBy, connected_by_name: state.connectedBy === null ? null : names.get(state.connectedBy) ?? null,
      scopes: state.scopes, token_expires_at: state.tokenExpiresAt?.toISOString() ?? null, waiting_until: state.waitingUntil?.toISOString() ?? null,
      problem: state.problem === null ? null : { ...state.problem, text: authorizationText(state.problem.code) },
    };
  });
}

function readRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: PATH,
    tag: DESTINATIONS_TAG,
    scopes: ["read"],
    summary: "How a destination is connected to its vendor",
    description: "Whether somebody has to sign in at the vendor for it, with which app, and whether somebody has. Tokens are never shown.",
    params: destinationParams,
    responses: { 200: authorization },
    handle: async ({ params, workspaceId, nowMs }) => {
      const stored = await services.deps.workspaceDb.run(workspaceId, (db) => presentDestination(db, workspaceId, params.slug));
      return { status: 200, body: await shownAuthorization(services, workspaceId, stored, nowMs) };
    },
  });
}

function beginRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: PATH,
    tag: DESTINATIONS_TAG,
    scopes: ["admin"],
    summary: "Connect a destination to its vendor",
    description: "Answers with the address to open, where somebody signs in and agrees. It is good for ten minutes, once, and for whoever asked alone: signed in here as the same account, or by the same token with PUT.",
    params: destinationParams,
    responses: { 201: authorizationBegun },
    handle: async ({ params, workspaceId, actor, nowMs }) => {
      const { workspaceDb, destinationSeal: seal, publicUrl } = services.deps;
      services.tries.take(workspaceId, nowMs);
      const { url, expiresAt } = await workspaceDb.transaction(workspaceId, async (db) =>
        beginAuthorization(db, seal, { workspaceId, actor, nowMs }, await destinationInUse(db, workspaceId, params.slug), redirectUriOf(publicUrl)));
      return { status: 201, body: { url, redirect_uri: redirectUriOf(publicUrl), expires_at: expiresAt.toISOString() } };
    },
  });
}

function finishRoute(services: ApiServices): Route {
  return defineRoute({
    method: "PUT",
    path: PATH,
    tag: DESTINATIONS_TAG,
    scopes: ["admin"],
    summary: "Finish connecting by hand",
    description: "For programs, which have no browser to be sent back to: the whole address that the vendor sent the browser to, by the same token that began.",
    params: destinationParams,
    body: authorizationFinish,
    responses: { 200: authorization },
    handle: async ({ params, body, caller, workspaceId, actor, nowMs }) => {
      await services.deps.workspaceDb.run(workspaceId, (db) => destinationInUse(db, workspaceId, params.slug));
      const mayConnect = async (of: number): Promise<boolean> => of === workspaceId && hasScope(caller, "admin");
      const finished = await finishAuthorization(finishParts(services), returnedIn(body.address), { actor, nowMs, mayConnect, slug: params.slug });
      if (finished.kind === "failed") throw new AppError("conflict", { detail: [authorizationText(finished.code), finished.detail].filter((part) => part !== "").join(" "), hint: "Begin again with POST." });
      const stored = await services.deps.workspaceDb.run(workspaceId, (db) => presentDestination(db, workspaceId, params.slug));
      return { status: 200, body: await shownAuthorization(services, workspaceId, stored, nowMs) };
    },
  });
}

/** What came back in an address; names as RFC 6749 has them, and TikTok's. */
export function returnedIn(address: string): Parameters<typeof finishAuthorization>[1] {
  const { searchParams } = URL.canParse(address, "http://localhost") ? new URL(address, "http://localhost") : new URL("http://localhost");
  // What is there twice was put there by somebody.
  const one = (name: string): string | undefined => (searchParams.getAll(name).length === 1 ? searchParams.get(name) ?? undefined : undefined);
  return { state: one("state"), code: one("code") ?? one("auth_code"), error: one("error"), errorDescription: one("error_description") };
}

function tokensRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: `${PATH}/tokens`,
    tag: DESTINATIONS_TAG,
    scopes: ["admin"],
    summary: "Give tokens that you have already",
    description: "Of a system user, or made in the vendor's own pages. They are sealed, and never shown.",
    params: destinationParams,
    body: authorizationTokens,
    responses: { 200: authorization },
    handle: async ({ params, body, workspaceId, actor, nowMs }) => {
      const { workspaceDb, destinationSeal: seal } = services.deps;
      const stored = await workspaceDb.transaction(workspaceId, async (db) => {
        await keepGivenTokens(db, seal, { workspaceId, actor, nowMs }, await destinationInUse(db, workspaceId, params.slug), { accessToken: body.access_token, refreshToken: body.refresh_token });
        return presentDestination(db, workspaceId, params.slug);
      });
      return { status: 200, body: await shownAuthorization(services, workspaceId, stored, nowMs) };
    },
  });
}

function forgetRoute(services: ApiServices): Route {
  return defineRoute({
    method: "DELETE",
    path: PATH,
    tag: DESTINATIONS_TAG,
    scopes: ["admin"],
    summary: "Forget the tokens of a vendor",
    description: "They are deleted here in any case; `revoked` says whether the vendor took them back as well. Where it does not, take the app's access away in the vendor's own pages.",
    params: destinationParams,
    responses: { 200: authorizationForgotten },
    handle: async ({ params, workspaceId, actor, nowMs }) => {
      const stored = await services.deps.workspaceDb.run(workspaceId, (db) => destinationInUse(db, workspaceId, params.slug));
      services.tries.take(workspaceId, nowMs);
      return { status: 200, body: await forgetTokens(finishParts(services), { workspaceId, actor, nowMs }, stored) };
    },
  });
}
