// Subscriptions: which events, or whose comings and goings, go to one action of a destination, and what of them.
import type { ClientBase } from "pg";
import { emptyQuery } from "@tributary/schema/api/audience-sync.ts";
import {
  changeQuery, destinationParams, subscriptionChange, subscriptionChanged, subscriptionCreate, subscriptionDetail, subscriptionList, subscriptionParams, subscriptionVersion, subscriptionVersionParams,
  subscriptionVersions, type SubscriptionChanged, type WrittenSubscription,
} from "@tributary/schema/api/destinations.ts";
import {
  archiveSubscription, changeSubscription, createSubscription, destinationInUse, goneText, presentDestination, presentSubscription, presentSubscriptionVersion, readReferences, readSubscriptions,
  readSubscriptionVersions, type StoredDestination, type StoredSubscription,
} from "../destinations/destinations.ts";
import { AppError } from "../core/errors.ts";
import { emptySubscription, forgetTold, hasBegun, startSync } from "../delivery/delivery.ts";
import { isSame } from "../core/is-same.ts";
import { namesOfActors } from "../governance/governance.ts";
import type { ApiServices } from "./api-services.ts";
import { defineRoute, type Route, type RouteContext } from "./define-route.ts";
import { backfillOf, changing } from "./destinations.ts";
import { shownSubscription, storedOf, subscriptionDetailOf, writtenOf } from "./destinations-shown.ts";
import { takeTriggerGuess } from "./subscription-guess.ts";

export const SUBSCRIPTIONS_TAG = "Subscriptions of destinations";

export function subscriptionRoutes(services: ApiServices): Route[] {
  return [listRoute(services), createRoute(services), readRoute(services), changeRoute(services), archiveRoute(services), versionsRoute(services), versionRoute(services)];
}

function listRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/destinations/{slug}/subscriptions",
    tag: SUBSCRIPTIONS_TAG,
    scopes: ["read"],
    summary: "What goes to a destination",
    description: "Its subscriptions in use, by name.",
    params: destinationParams,
    responses: { 200: subscriptionList },
    handle: async ({ params, workspaceId }) => {
      const found = await deps.workspaceDb.run(workspaceId, (db) => presentDestination(db, workspaceId, params.slug));
      const kind = await deps.catalog.find(found.definition);
      const data = await deps.workspaceDb.run(workspaceId, async (db) => {
        const all = await readSubscriptions(db, workspaceId, found.id);
        const [names, references] = [await namesOfActors(db, workspaceId, all.map(({ updatedBy }) => updatedBy)), await readReferences(db, workspaceId, all)];
        return all.map((one) => shownSubscription(one, kind?.definition, names, references));
      });
      return { status: 200, body: { data } };
    },
  });
}

type Writing = Pick<RouteContext<unknown, unknown, unknown>, "caller" | "workspaceId" | "nowMs">;

/** For callers who see people masked, a filter on what is personal is a guess: how much passes tells whether it was right. */
async function takeGuess(services: ApiServices, context: Writing, definition: WrittenSubscription | undefined): Promise<void> {
  if (definition?.trigger.kind === "events") await takeTriggerGuess(services, context, definition.trigger);
}

function createRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/destinations/{slug}/subscriptions",
    tag: SUBSCRIPTIONS_TAG,
    scopes: ["write"],
    summary: "Send something to a destination",
    description: "Refused with `invalid_definition` where the action could not take what the mapping makes, or the audience is not there. It sends when it and its destination are switched on.",
    params: destinationParams,
    body: subscriptionCreate,
    responses: { 201: subscriptionDetail },
    handle: async (context) => {
      const { params, body, workspaceId, actor, nowMs } = context;
      await takeGuess(services, context, body.definition);
      const { workspaceDb, catalog } = services.deps;
      const found = await workspaceDb.run(workspaceId, (db) => destinationInUse(db, workspaceId, params.slug));
      const kind = (await catalog.find(found.definition))?.definition;
      if (kind === undefined) throw new AppError("conflict", { detail: goneText(found), hint: "Archive it." });
      const made = await workspaceDb.transaction(workspaceId, async (db) => {
        const wish = { name: body.name, enabled: body.enabled, definition: await storedOf(db, workspaceId, body.definition) };
        return subscriptionDetailOf(db, workspaceId, kind, await createSubscription(db, { workspaceId, actor, nowMs }, await destinationInUse(db, workspaceId, params.slug), kind, wish));
      });
      return { status: 201, body: made };
    },
  });
}

/** Of the caller's workspace. */
async function within<T>({ deps }: ApiServices, workspaceId: number, { slug, id }: { readonly slug: string; readonly id: number }, read: (db: ClientBase, to: StoredDestination, one: StoredSubscription) => Promise<T>): Promise<T> {
  return deps.workspaceDb.run(workspaceId, async (db) => {
    const to = await presentDestination(db, workspaceId, slug);
    return read(db, to, await presentSubscription(db, workspaceId, to.id, id));
  });
}

function readRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/destinations/{slug}/subscriptions/{id}",
    tag: SUBSCRIPTIONS_TAG,
    scopes: ["read"],
    summary: "One subscription",
    params: subscriptionParams,
    responses: { 200: subscriptionDetail },
    handle: async ({ params, workspaceId }) => {
      const [to, one] = await within(services, workspaceId, params, async (_db, ...found) => found);
      const kind = await services.deps.catalog.find(to.definition);
      return { status: 200, body: await services.deps.workspaceDb.run(workspaceId, (db) => subscriptionDetailOf(db, workspaceId, kind?.definition, one)) };
    },
  });
}

function changeRoute(services: ApiServices): Route {
  return defineRoute({
    method: "PATCH",
    path: "/destinations/{slug}/subscriptions/{id}",
    tag: SUBSCRIPTIONS_TAG,
    scopes: ["write"],
    summary: "Change a subscription",
    description:
      "What is left out stays; a definition is replaced whole, and is a new version. Where it begins to send an audience, the answer says how many people that is; with `dry_run` nothing is changed, and " +
      "it is said all the same.",
    params: subscriptionParams,
    query: changeQuery,
    body: subscriptionChange,
    responses: { 200: subscriptionChanged },
    handle: async (context) => {
      const { params, query, body, workspaceId, actor, nowMs } = context;
      await takeGuess(services, context, body.definition);
      const { catalog } = services.deps;
      const [found] = await within(services, workspaceId, params, async (_db, to) => [to]);
      const kind = (await catalog.find(found.definition))?.definition;
      const isDry = query.dry_run === "true";
      const answer = await changing(services, workspaceId, isDry, async (db): Promise<SubscriptionChanged> => {
        const to = await destinationInUse(db, workspaceId, params.slug);
        const definition = body.definition === undefined ? undefined : await storedOf(db, workspaceId, body.definition);
        const { before, after, changed } = await changeSubscription(db, { workspaceId, actor, nowMs }, { to, kind, id: params.id }, { name: body.name, definition, enabled: body.enabled, version: body.version });
        if (isOtherList(before, after)) await sendAnew(db, { workspaceId, actor, nowMs }, after, kind?.audience?.isCreated === true);
        return {
          dry_run: isDry, changed: [...changed], backfill: await backfillOf(db, workspaceId, to.enabled && beginsToSend(before, after) ? [after] : []),
          subscription: await subscriptionDetailOf(db, workspaceId, kind, after),
        };
      });
      return { status: 200, body: answer };
    },
  });
}

/** Another audience, or set up otherwise at the vendor. */
function isOtherList({ definition: { trigger: a } }: StoredSubscription, { definition: { trigger: b } }: StoredSubscription): boolean {
  return a.kind === "audience" && b.kind === "audience" && (a.audienceId !== b.audienceId || !isSame(a.settings, b.settings));
}

/** Who is in it now goes there, and who was in the other one leaves it; a list that the vendor makes anew has nobody yet. */
async function sendAnew(db: ClientBase, { workspaceId, ...by }: { readonly workspaceId: number; readonly actor: string; readonly nowMs: number }, { id }: StoredSubscription, isMadeAnew: boolean): Promise<void> {
  const of = { workspaceId, subscriptionId: id };
  if (!(await hasBegun(db, of))) return;
  if (isMadeAnew) await forgetTold(db, of);
  await startSync(db, of, { kind: "differences", isOther: true, ...by });
}

/** Switched on, or another audience than before. */
function beginsToSend(before: StoredSubscription, after: StoredSubscription): boolean {
  if (!after.enabled) return false;
  const audienceOf = ({ definition: { trigger } }: StoredSubscription): number => (trigger.kind === "audience" ? trigger.audienceId : 0);
  return !before.enabled || audienceOf(before) !== audienceOf(after);
}

function archiveRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "DELETE",
    path: "/destinations/{slug}/subscriptions/{id}",
    tag: SUBSCRIPTIONS_TAG,
    scopes: ["write"],
    summary: "Archive a subscription",
    description: "It stops; what it sent, and its versions, stay on record. At the vendor nothing is removed but with `empty`: then it is archived when everybody who was told is taken away there.",
    params: subscriptionParams,
    query: emptyQuery,
    responses: { 200: subscriptionDetail },
    handle: async ({ params, query, workspaceId, actor, nowMs }) => ({
      status: 200,
      body: await deps.workspaceDb.transaction(workspaceId, async (db) => {
        const to = await presentDestination(db, workspaceId, params.slug);
        const one = query.empty === "true" ? await presentSubscription(db, workspaceId, to.id, params.id) : undefined;
        if (one !== undefined && (await emptySubscription(db, { workspaceId, actor, nowMs }, { to, one, afterwards: "subscription" }))) {
          return subscriptionDetailOf(db, workspaceId, undefined, await presentSubscription(db, workspaceId, to.id, params.id));
        }
        return subscriptionDetailOf(db, workspaceId, undefined, await archiveSubscription(db, { workspaceId, actor, nowMs }, to, params.id));
      }),
    }),
  });
}

function versionsRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/destinations/{slug}/subscriptions/{id}/versions",
    tag: SUBSCRIPTIONS_TAG,
    scopes: ["read"],
    summary: "When a subscription was changed, and by whom",
    description: "The newest first.",
    params: subscriptionParams,
    responses: { 200: subscriptionVersions },
    handle: async ({ params, workspaceId }) => ({
      status: 200,
      body: await within(services, workspaceId, params, async (db, _to, { id }) => {
        const all = await readSubscriptionVersions(db, workspaceId, id);
        const names = await namesOfActors(db, workspaceId, all.map(({ author }) => author));
        return { data: all.map(({ version, at, author }) => ({ version, at: at.toISOString(), author, author_name: names.get(author) ?? null })) };
      }),
    }),
  });
}

function versionRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/destinations/{slug}/subscriptions/{id}/versions/{version}",
    tag: SUBSCRIPTIONS_TAG,
    scopes: ["read"],
    summary: "A subscription as it was",
    params: subscriptionVersionParams,
    responses: { 200: subscriptionVersion },
    handle: async ({ params, workspaceId }) => ({
      status: 200,
      body: await within(services, workspaceId, params, async (db, _to, { id }) => {
        const { version, at, author, definition } = await presentSubscriptionVersion(db, workspaceId, id, params.version);
        const names = await namesOfActors(db, workspaceId, [author]);
        return { version, at: at.toISOString(), author, author_name: names.get(author) ?? null, definition: writtenOf(definition, await readReferences(db, workspaceId, [{ definition }])) };
      }),
    }),
  });
}
