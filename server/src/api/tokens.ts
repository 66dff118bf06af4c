// API tokens: list, make, revoke. Nobody can make a token that may more than their own.
import { z } from "zod";
import { pageQuery } from "@tributary/schema/api/answer-parts.ts";
import { tokenAnswer, tokenCreateBody, tokenCreated, tokenList, tokenParams } from "@tributary/schema/api/workspace.ts";
import { AppError } from "../core/errors.ts";
import { createToken, hasScope, invitationsBy, listTokens, recordAudit, revokeToken, withdrawInvitation, type StoredToken } from "../governance/governance.ts";
import type { ApiServices } from "./api-services.ts";
import { cursorId, decodeCursor, pageFrom } from "./cursor.ts";
import { defineRoute, type Route } from "./define-route.ts";

const TAG = "Tokens";
const idPlace = z.tuple([cursorId]);
const ID_MAX = 2_147_483_647;

export function tokenRoutes(services: ApiServices): Route[] {
  return [listRoute(services), createRoute(services), revokeRoute(services)];
}

function listRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/tokens",
    tag: TAG,
    scopes: ["admin"],
    summary: "List the API tokens",
    description: "The newest first, revoked ones too.",
    query: pageQuery,
    responses: { 200: tokenList },
    handle: async ({ query, workspaceId }) => {
      const before = decodeCursor(idPlace, query.cursor)?.[0] ?? ID_MAX;
      const tokens = await services.deps.workspaceDb.run(workspaceId, (db) => listTokens(db, workspaceId, before, query.limit + 1));
      return { status: 200, body: pageFrom(tokens, query.limit, shownToken, (token) => [token.id]) };
    },
  });
}

function createRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/tokens",
    tag: TAG,
    scopes: ["admin"],
    summary: "Make an API token",
    description: "Its secret is in the answer, this once.",
    body: tokenCreateBody,
    responses: { 201: tokenCreated },
    handle: async ({ body, workspaceId, actor, caller, nowMs }) => {
      const missing = body.scopes.find((scope) => !hasScope(caller, scope));
      if (missing !== undefined) throw new AppError("forbidden", { detail: `You have no scope ${missing}, so you can't give it.` });
      const expiresAtMs = body.expires_at === undefined ? undefined : Date.parse(body.expires_at);
      if (expiresAtMs !== undefined && expiresAtMs <= nowMs)
        throw new AppError("bad_request", { detail: "body.expires_at: This time has passed." });
      const made = await services.deps.workspaceDb.transaction(workspaceId, async (db) => {
        const created = await createToken(db, {
          workspaceId,
          name: body.name,
          scopes: [...new Set(body.scopes)],
          madeBy: actor,
          ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
        });
        await recordAudit(
          db,
          { workspaceId, actor, action: "token.create", target: `token:${created.token.id}`, detail: { scopes: body.scopes } },
          nowMs,
        );
        return created;
      });
      return { status: 201, body: { token: shownToken(made.token), secret: made.secret } };
    },
  });
}

function revokeRoute(services: ApiServices): Route {
  return defineRoute({
    method: "DELETE",
    path: "/tokens/{id}",
    tag: TAG,
    scopes: ["admin"],
    summary: "Revoke an API token",
    description: "It stops working within two seconds everywhere, and a live tail that it opened ends within three. Invitations that it made are withdrawn; tokens that it made stay.",
    params: tokenParams,
    responses: { 200: tokenAnswer },
    handle: async ({ params, workspaceId, actor, nowMs }) => {
      const revoked = await services.deps.workspaceDb.transaction(workspaceId, async (db) => {
        const token = await revokeToken(db, workspaceId, params.id, nowMs);
        if (token === undefined) throw new AppError("not_found", { detail: "There is no such token." });
        for (const { id } of await invitationsBy(db, workspaceId, [`token:${token.id}`])) await withdrawInvitation(db, workspaceId, id);
        await recordAudit(db, { workspaceId, actor, action: "token.revoke", target: `token:${token.id}` }, nowMs);
        return token;
      });
      services.tokens.forget();
      return { status: 200, body: shownToken(revoked) };
    },
  });
}

export function shownToken(token: StoredToken): z.input<typeof tokenAnswer> {
  return {
    id: token.id,
    name: token.name,
    prefix: token.prefix,
    scopes: [...token.scopes],
    created_at: token.createdAt.toISOString(),
    expires_at: token.expiresAt?.toISOString() ?? null,
    revoked_at: token.revokedAt?.toISOString() ?? null,
    made_by: token.madeBy,
  };
}
