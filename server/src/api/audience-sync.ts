// An audience at a destination: who was told, big changes that wait for an answer, and everything sent anew.
import type { ClientBase } from "pg";
import { stopAnswer, stopList, stopShown, syncAsked, syncBody, syncParams, syncShown, syncState, type StopShown, type SyncShown } from "@tributary/schema/api/audience-sync.ts";
import { subscriptionParams } from "@tributary/schema/api/destinations.ts";
import { AppError } from "../core/errors.ts";
import {
  answerStop, countTold, readAsked, readStops, readSyncs, startSync, stopSync, type StoredStop, type StoredSync,
} from "../delivery/delivery.ts";
import { presentDestination, readAudienceNames, readDestinations, readSubscriptions, targetOf, type StoredSubscription } from "../destinations/destinations.ts";
import { recordAudit } from "../governance/governance.ts";
import type { ApiServices } from "./api-services.ts";
import { defineRoute, type Route } from "./define-route.ts";
import { holdOutRoute } from "./hold-out.ts";
import { subscriptionIn } from "./subscription-in.ts";
import { SUBSCRIPTIONS_TAG } from "./subscriptions.ts";

export function audienceSyncRoutes(services: ApiServices): Route[] {
  return [stateRoute(services), startRoute(services), stopRoute(services), answerRoute(services), stopsRoute(services), holdOutRoute(services)];
}

export function shownStop({ created_at: at, answered_at: answeredAt, reasons, ...stop }: StoredStop): StopShown {
  return { ...stop, reasons: [...reasons], share: Number(stop.share.toFixed(4)), created_at: at.toISOString(), answered_at: answeredAt?.toISOString() ?? null };
}

export function shownSync({ created_at: at, done_at: doneAt, subscription_id: _, ...sync }: StoredSync): SyncShown {
  return { ...sync, created_at: at.toISOString(), done_at: doneAt?.toISOString() ?? null };
}

async function peopleOf(db: ClientBase, workspaceId: number, { definition: { trigger } }: StoredSubscription): Promise<number | null> {
  if (trigger.kind !== "audience") return null;
  return (await readAudienceNames(db, workspaceId, [trigger.audienceId])).get(trigger.audienceId)?.size ?? 0;
}

function stateRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/destinations/{slug}/subscriptions/{id}/sync",
    tag: SUBSCRIPTIONS_TAG,
    scopes: ["read"],
    summary: "An audience at a destination",
    description: "How many people the destination was told, what waits for an answer, and what was sent anew, with what was found to differ.",
    params: subscriptionParams,
    responses: { 200: syncState },
    handle: async ({ params, workspaceId }) => ({
      status: 200,
      body: await deps.workspaceDb.run(workspaceId, async (db) => {
        const { one, of } = await subscriptionIn(db, workspaceId, params);
        return { told: await countTold(db, of), people: await peopleOf(db, workspaceId, one), stops: (await readStops(db, of)).map(shownStop), syncs: (await readSyncs(db, of)).map(shownSync) };
      }),
    }),
  });
}

function startRoute(services: ApiServices): Route {
  const { deps } = services;
  return defineRoute({
    method: "POST",
    path: "/destinations/{slug}/subscriptions/{id}/syncs",
    tag: SUBSCRIPTIONS_TAG,
    scopes: ["write"],
    summary: "Send an audience anew",
    description:
      "Everybody who is to be there now is sent, and whoever was told and is not to be there is taken away; it says how much differed. It shares the rate with what comes in, and never overtakes a newer change of the " +
      "same person. `empty` takes everybody away, whether the subscription is on or not.",
    params: subscriptionParams,
    body: syncBody,
    responses: { 200: syncAsked, 201: syncAsked },
    handle: async ({ params, body, workspaceId, actor, nowMs }) => {
      const slug = (await deps.workspaceDb.run(workspaceId, (db) => presentDestination(db, workspaceId, params.slug))).definition;
      const definition = (await deps.catalog.find(slug))?.definition;
      return deps.workspaceDb.transaction(workspaceId, async (db) => {
        const { to, one, of } = await subscriptionIn(db, workspaceId, params);
        const people = await peopleOf(db, workspaceId, one);
        if (people === null) throw new AppError("conflict", { detail: "It sends events, not an audience.", hint: "Send events again by POST /destinations/{slug}/replays." });
        const kind = body.kind ?? (definition?.audience === undefined ? "differences" : "all");
        if (kind !== "empty" && !(to.enabled && one.enabled)) throw new AppError("conflict", { detail: "It is switched off and sends nothing.", hint: "Switch on the destination and the subscription first." });
        if (to.status === "archived" || one.status === "archived") throw new AppError("conflict", { detail: "It is archived.", hint: "Make another subscription." });
        const counted = { kind, told: await countTold(db, of), people };
        if (body.dry_run) return { status: 200 as const, body: { ...counted, sync: null } };
        const sync = await startSync(db, of, { kind, actor, nowMs });
        await recordAudit(db, { workspaceId, actor, action: kind === "empty" ? "subscription.empty" : "subscription.sync", target: targetOf(to, one.id), detail: counted }, nowMs);
        return { status: 201 as const, body: { ...counted, sync: shownSync(sync) } };
      });
    },
  });
}

function stopRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "DELETE",
    path: "/destinations/{slug}/subscriptions/{id}/syncs/{sync}",
    tag: SUBSCRIPTIONS_TAG,
    scopes: ["write"],
    summary: "Stop sending an audience anew",
    description: "What is on its way already is sent. What was being emptied stays switched off.",
    params: syncParams,
    responses: { 200: syncShown },
    handle: async ({ params, workspaceId, actor, nowMs }) => ({
      status: 200,
      body: await deps.workspaceDb.transaction(workspaceId, async (db) => {
        const { to, one, of } = await subscriptionIn(db, workspaceId, params);
        const stopped = await stopSync(db, of, params.sync);
        await recordAudit(db, { workspaceId, actor, action: "subscription.sync_stop", target: targetOf(to, one.id), detail: { sync: params.sync } }, nowMs);
        return shownSync(stopped);
      }),
    }),
  });
}

function answerRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/destinations/{slug}/subscriptions/{id}/answer",
    tag: SUBSCRIPTIONS_TAG,
    scopes: ["write"],
    summary: "Answer whether a big change of an audience is sent",
    description: "Refused with `conflict` where nothing is asked any more, or something else is.",
    params: subscriptionParams,
    body: stopAnswer,
    responses: { 200: stopShown },
    handle: async ({ params, body, workspaceId, actor, nowMs }) => ({
      status: 200,
      body: await deps.workspaceDb.transaction(workspaceId, async (db) => {
        const { to, one, of } = await subscriptionIn(db, workspaceId, params);
        const answered = await answerStop(db, of, { ...body, actor, nowMs });
        const { would_add: add, would_remove: remove, people } = answered;
        await recordAudit(db, { workspaceId, actor, action: "subscription.answer", target: targetOf(to, one.id), detail: { answer: body.answer, add, remove, people } }, nowMs);
        return shownStop(answered);
      }),
    }),
  });
}

function stopsRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/destination-stops",
    tag: SUBSCRIPTIONS_TAG,
    scopes: ["read"],
    summary: "Big changes of audiences that wait for an answer",
    description: "Wherever something of the workspace stands still until somebody says whether it is meant.",
    responses: { 200: stopList },
    handle: async ({ workspaceId }) => ({
      status: 200,
      body: await deps.workspaceDb.run(workspaceId, async (db) => {
        const asked = await readAsked(db, workspaceId);
        if (asked.size === 0) return { data: [] };
        const data = [];
        for (const { id, slug } of await readDestinations(db, workspaceId)) {
          for (const one of await readSubscriptions(db, workspaceId, id)) {
            const stop = asked.get(one.id);
            if (stop !== undefined) data.push({ ...shownStop(stop), destination: slug, subscription: one.id, subscription_name: one.name });
          }
        }
        return { data };
      }),
    }),
  });
}
