// The demo shop over HTTP: one click loads it, one click removes it.
import { z } from "zod";
import {
  demoShopAnswer, demoShopBody, demoShopMade, demoShopPatchBody, scenarioAnswerBody, scenarioAnswered, scenarioId, scenarioList,
} from "@tributary/schema/api/demo-shop.ts";
import { workspaceParams, workspaceRemovalQuery, workspaceRemoved } from "@tributary/schema/api/workspaces.ts";
import type { Pool } from "pg";
import { AppError } from "../core/errors.ts";
import type { DemoCaller, DemoShops } from "../demo-shop/demo-shops.ts";
import { findWorkspace } from "../governance/governance.ts";
import type { Caller } from "./caller.ts";
import { defineRoute, type Route } from "./define-route.ts";

const tag = "Demo shop";

function callerOf(caller: Caller): DemoCaller {
  const { workspaceId, actor } = caller;
  return { workspaceId, actor, ...(caller.kind === "account" && { account: { id: caller.account.id, role: caller.role } }) };
}

/** Routes for ApiDeps.moreRoutes. */
export function demoShopRoutes({ shops, pool }: { readonly shops: DemoShops; readonly pool: Pool }): readonly Route[] {
  return [
    defineRoute({
      method: "POST", path: "/demo-shop", tag, scopes: ["admin"], summary: "Load the demo shop",
      description: "Makes a workspace of its own and plays an invented shop's past into it, then goes on live. Whoever asks when it is there already is let in.",
      body: demoShopBody, responses: { 200: demoShopMade, 201: demoShopMade },
      handle: async ({ body, caller }) => {
        const { isNew, shop, secret } = await shops.load(callerOf(caller), body);
        return { status: isNew ? 201 : 200, body: { shop, secret } };
      },
    }),
    defineRoute({
      method: "GET", path: "/demo-shop", tag, scopes: ["read"], summary: "How far the demo shop is",
      description: "Of the caller's workspace when it is one, or of the one that was asked for from it.", responses: { 200: demoShopAnswer },
      handle: async ({ caller }) => ({ status: 200, body: await shops.status(callerOf(caller)) }),
    }),
    defineRoute({
      method: "PATCH", path: "/demo-shop", tag, scopes: ["admin"], summary: "Set its pace, or let it rest",
      body: demoShopPatchBody, responses: { 200: demoShopAnswer },
      handle: async ({ body, caller }) => ({ status: 200, body: await shops.change(callerOf(caller), body) }),
    }),
    defineRoute({
      method: "DELETE", path: "/demo-shop", tag, scopes: ["admin"], summary: "Remove the demo shop with everything in it",
      description: "Nobody gets in from now on; its rows go in the background. `GET /demo-shop` says how far that is.", responses: { 202: demoShopAnswer },
      handle: async ({ caller }) => ({ status: 202, body: await shops.remove(callerOf(caller)) }),
    }),
    defineRoute({
      method: "GET", path: "/demo-shop/scenarios", tag, scopes: ["read"], summary: "The guided scenarios, and which are done", responses: { 200: scenarioList },
      handle: async ({ caller }) => ({ status: 200, body: { data: await shops.scenarios(callerOf(caller)) } }),
    }),
    defineRoute({
      method: "POST", path: "/demo-shop/scenarios/{scenario}/answer", tag, scopes: ["read"], summary: "Answer a scenario's question by naming a person",
      params: z.strictObject({ scenario: scenarioId }), body: scenarioAnswerBody, responses: { 200: scenarioAnswered },
      handle: async ({ params, body, caller }) => ({ status: 200, body: { right: await shops.answer(callerOf(caller), params.scenario, body.profile_id) } }),
    }),
    defineRoute({
      method: "DELETE", path: "/workspaces/{workspace}", tag: "Workspaces", scopes: ["installation"], summary: "Remove a workspace with everything in it",
      description: "Its people, events, settings, keys, tokens and members, for ever. Nobody gets in from now on; its rows go in the background. `default` stays, and the one that asks.",
      params: workspaceParams, query: workspaceRemovalQuery, responses: { 202: workspaceRemoved },
      handle: async ({ params, query, caller }) => {
        const found = await findWorkspace(pool, params.workspace);
        if (found === undefined) throw new AppError("not_found", { detail: "There is no such workspace." });
        if (found.id === caller.workspaceId) throw new AppError("conflict", { detail: "A workspace can't remove itself.", hint: "Ask from another workspace." });
        if (query.confirm !== found.slug) throw new AppError("bad_request", { detail: "`confirm` is not its slug.", hint: `Send \`confirm=${found.slug}\` if it is to go for ever.` });
        const { slug, name, askedAt } = await shops.removeWorkspace(callerOf(caller), found.id);
        return { status: 202, body: { id: found.id, slug, name, asked_at: askedAt.toISOString() } };
      },
    }),
  ];
}
