// People: the fast look-up by identifier or id, the list and search, and the changes that a person at a desk makes. Changes
// go through the event log as control records, so that they stand in order with the events.
import type { ControlAction } from "@tributary/schema/control.ts";
import {
  consentBody,
  editTraitsBody,
  identifierAnswer,
  identifierParams,
  profileAnswer,
  profileListAnswer,
  profileListQuery,
  profileQuery,
  profileRefParams,
  sharedAnswer,
  suppressAnswer,
  suppressBody,
  timeline,
  timelineQuery,
} from "@tributary/schema/api/profiles.ts";
import { changeReceipt } from "@tributary/schema/api/answer-parts.ts";
import type { IdentifierRef } from "@tributary/schema/control.ts";
import { personValues } from "../audiences/audiences.ts";
import { AppError } from "../core/errors.ts";
import type { ReadEntry } from "../governance/governance.ts";
import { identifierLookupMask, profileListMask, profileMask, timelineMask } from "./answer-masks.ts";
import type { ApiServices } from "./api-services.ts";
import { defineRoute, type Route, type RouteContext } from "./define-route.ts";
import { parseIdentifierRef } from "./identifier-ref.ts";
import { peopleSeenWith, readIdentifiers, readPeople } from "./profile-store.ts";
import { profileExportRoute } from "./profile-export.ts";
import { listProfiles } from "./profile-search.ts";
import { deviceNamespacesOf, profileSummary, profileView } from "./profile-view.ts";
import { readTimeline } from "./timeline.ts";

const TAG = "Profiles";
/** How many people of a shared identifier one answer shows. */
const SHARED_PEOPLE_MAX = 100;

export function profileRoutes(services: ApiServices): Route[] {
  return [
    listRoute(services),
    profileExportRoute(services),
    readRoute(services),
    timelineRoute(services),
    identifierRoute(services),
    editRoute(services),
    consentRoute(services),
    suppressRoute(services),
  ];
}

function readRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/profiles/{ref}",
    tag: TAG,
    scopes: ["read"],
    masks: profileMask,
    summary: "Read one person",
    description:
      "By any identifier (`email:ada@example.com`) or by id. An id that was merged answers with the survivor. Someone unknown or " +
      "suppressed answers 404. An identifier that was seen with several people names none of them: it answers 300 with all of them.",
    params: profileRefParams,
    query: profileQuery,
    responses: { 200: profileAnswer, 300: sharedAnswer },
    handle: async ({ params, query, workspaceId, nowMs, saw }) => {
      const found = await services.finder.find(workspaceId, params.ref, nowMs);
      if (found.kind === "nobody") throw new AppError("not_found", { detail: "There is no such person." });
      if (found.kind === "shared") {
        await saw({ action: "person.search", target: "workspace", detail: { by: "identifier" } });
        return { status: 300, body: await sharedPeople(services, workspaceId, found.identifier ?? parseIdentifierRef(params.ref), nowMs) };
      }
      await saw(personOpened(found.profile.id));
      const settings = await services.settings.get(workspaceId, nowMs);
      const include = query.include ?? [];
      const [view, decisions] = [await services.computedView.get(workspaceId, nowMs), await services.fields.get(workspaceId, nowMs)];
      const body = profileView(found.profile, personValues(view, found.profile.computed, decisions), {
        consentWhenAbsent: settings.consentWhenAbsent,
        withProvenance: include.includes("provenance"),
        deviceNamespaces: deviceNamespacesOf(settings),
      });
      if (!include.includes("events")) return { status: 200, body };
      const events = await readTimeline(services, workspaceId, found.profile, { limit: query.events_limit, cursor: query.events_cursor });
      return { status: 200, body: { ...body, events } };
    },
  });
}

/** In the audit log: somebody looked at this person, whichever side of them. */
export function personOpened(id: string): ReadEntry {
  return { action: "person.open", target: `profile:${id}` };
}

async function sharedPeople(services: ApiServices, workspaceId: number, identifier: IdentifierRef, nowMs: number) {
  const { profiles } = await identifierDetails(services, workspaceId, identifier, nowMs);
  return {
    shared: true as const,
    identifier,
    profiles,
    hint: "This identifier was seen with several people. Ask for one of them by id or by another identifier.",
    href: `/api/v1/identifiers/${encodeURIComponent(`${identifier.namespace}:${identifier.value}`)}`,
  };
}

function timelineRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/profiles/{ref}/events",
    tag: TAG,
    scopes: ["read"],
    masks: timelineMask,
    summary: "What one person did",
    description: "The latest first, with what was decided about them by hand. Under its own limit; beyond it 429.",
    params: profileRefParams,
    query: timelineQuery,
    responses: { 200: timeline },
    handle: async ({ params, query, workspaceId, nowMs, isMasked, saw }) => {
      if (isMasked && query.search !== undefined) throw new AppError("forbidden", { detail: "Searching what is masked needs the scope personal_data." });
      const profile = await services.finder.get(workspaceId, params.ref, nowMs);
      await saw(personOpened(profile.id));
      const { limit, cursor, ...filter } = query;
      return { status: 200, body: await readTimeline(services, workspaceId, profile, { limit, cursor, filter }) };
    },
  });
}

function listRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/profiles",
    tag: TAG,
    scopes: ["read"],
    masks: profileListMask,
    summary: "List or search people",
    description:
      "With `search`, people whom it names exactly come first (an identifier, or the number of an order or ticket); then those who are called " +
      "so; then those with every word in an identifier or a trait, which is looked for during a few seconds. A person may come twice, on " +
      "different pages; a page may hold fewer people than `limit`. Without the scope `personal_data` only what names somebody whole is looked for.",
    query: profileListQuery,
    responses: { 200: profileListAnswer },
    handle: async ({ query, workspaceId, nowMs, isMasked, saw }) => {
      const isSearch = (query.search ?? "").trim() !== "";
      if (!isSearch) await saw({ action: "person.list", target: "workspace" });
      else if (!isMasked) await saw({ action: "person.search", target: "workspace" });
      const wish = { search: query.search, sort: query.sort, limit: query.limit, cursor: query.cursor, isExact: isMasked };
      return { status: 200, body: await listProfiles(services, workspaceId, wish, nowMs) };
    },
  });
}

function identifierRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/identifiers/{ref}",
    tag: TAG,
    scopes: ["read"],
    masks: identifierLookupMask,
    summary: "Look an identifier up",
    description: "With everybody it was seen with, when it is shared.",
    params: identifierParams,
    responses: { 200: identifierAnswer },
    handle: async ({ params, workspaceId, nowMs, isMasked, saw }) => {
      const body = await identifierDetails(services, workspaceId, parseIdentifierRef(params.ref), nowMs);
      if (!isMasked) await saw({ action: "person.search", target: "workspace", detail: { by: "identifier" } });
      return { status: 200, body };
    },
  });
}

async function identifierDetails(services: ApiServices, workspaceId: number, ref: IdentifierRef, nowMs: number) {
  const settings = await services.settings.get(workspaceId, nowMs);
  const known = services.findIdentifier(workspaceId, settings, ref);
  const nobody = () => new AppError("not_found", { detail: "This identifier was never seen, or it is suppressed." });
  if (known === null) throw nobody();
  return services.deps.workspaceDb.run(workspaceId, async (db) => {
    const [record] = await readIdentifiers(db, workspaceId, [known.key]);
    if (record === undefined) throw nobody();
    const owner = record.profileId === null ? [] : [record.profileId];
    const ids = record.shared ? await peopleSeenWith(db, workspaceId, record, SHARED_PEOPLE_MAX + 1) : owner;
    const people = await readPeople(db, workspaceId, ids.slice(0, SHARED_PEOPLE_MAX));
    if (people.length === 0) throw nobody();
    const devices = deviceNamespacesOf(settings);
    return {
      identifier: { namespace: known.namespace, value: known.value },
      key: record.key,
      shared: record.shared,
      first_seen_at: record.firstAt.toISOString(),
      source_id: record.sourceId,
      profiles: people.map((profile) => profileSummary(profile.id, profile.doc, devices)),
      more: ids.length > SHARED_PEOPLE_MAX,
    };
  });
}

function editRoute(services: ApiServices): Route {
  return defineRoute({
    method: "PATCH",
    path: "/profiles/{ref}",
    tag: TAG,
    scopes: ["write", "personal_data"],
    summary: "Set traits by hand",
    description: "null removes a trait. Values stand with their time, as those of events do.",
    params: profileRefParams,
    body: editTraitsBody,
    responses: { 200: changeReceipt, 202: changeReceipt },
    handle: async (context) => {
      const { traits } = context.body;
      const profile = await services.finder.get(context.workspaceId, context.params.ref, context.nowMs);
      return submit(services, context, { kind: "profile.edit", profileId: profile.id, traits }, { traits: Object.keys(traits) });
    },
  });
}

function consentRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/profiles/{ref}/consent",
    tag: TAG,
    scopes: ["write", "personal_data"],
    summary: "Record a consent decision",
    description: "A newer decision stands against it; an older one does not.",
    params: profileRefParams,
    body: consentBody,
    responses: { 200: changeReceipt, 202: changeReceipt },
    handle: async (context) => {
      const { categories, at } = context.body;
      const atMs = at === undefined ? context.nowMs : Date.parse(at);
      if (atMs > context.nowMs + 60_000) throw new AppError("bad_request", { detail: "body.at: A decision can't lie in the future." });
      const profile = await services.finder.get(context.workspaceId, context.params.ref, context.nowMs);
      return submit(services, context, { kind: "profile.consent", profileId: profile.id, categories, atMs }, { categories });
    },
  });
}

function suppressRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/profiles/{ref}/suppress",
    tag: TAG,
    scopes: ["write", "personal_data"],
    summary: "Suppress one person",
    description:
      "From here on nothing is folded or sent for this person, and look-ups answer 404. Identifiers stay only as salted hashes. " +
      "What was stored before is not erased by this.",
    params: profileRefParams,
    body: suppressBody,
    responses: { 200: suppressAnswer, 202: suppressAnswer },
    handle: async (context) => {
      const profile = await services.finder.get(context.workspaceId, context.params.ref, context.nowMs);
      const { reason } = context.body;
      const receipt = await submit(
        services,
        context,
        { kind: "profile.suppress", profileId: profile.id },
        reason === undefined ? {} : { reason },
      );
      return {
        status: receipt.status,
        body: { ...receipt.body, id: profile.id, status: receipt.body.processed ? ("suppressed" as const) : ("accepted" as const) },
      };
    },
  });
}

/** Appends a change to a person and answers 200 when it is in force, 202 when it is only durable. */
export async function submit(
  services: ApiServices,
  context: Pick<RouteContext<unknown, unknown, unknown>, "workspaceId" | "actor">,
  action: ControlAction & { readonly profileId: string },
  detail: Readonly<Record<string, unknown>>,
): Promise<{ readonly status: 200 | 202; readonly body: { readonly row_id: number; readonly processed: boolean } }> {
  const receipt = await services.control.submit(action, {
    workspaceId: context.workspaceId,
    actor: context.actor,
    action: action.kind,
    target: `profile:${action.profileId}`,
    detail,
  });
  return { status: receipt.processed ? 200 : 202, body: receipt };
}
