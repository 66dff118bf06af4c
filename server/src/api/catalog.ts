// What destinations there are to choose from, and whether settings for one would do.
import { catalogDetail, catalogList, catalogParams, catalogQuery, settingsCheck, settingsCheckBody, type CatalogEntry } from "@tributary/schema/api/destinations.ts";
import type { DestinationDefinition } from "@tributary/schema/destination/definition.ts";
import { mergedSettings, placeProblems, presentDestination, readableSettings, readDestinations, secretKeys, settingsProblems, type Destination } from "../destinations/destinations.ts";
import { AppError } from "../core/errors.ts";
import type { ApiServices } from "./api-services.ts";
import { defineRoute, type Route } from "./define-route.ts";

const TAG = "Catalog of destinations";

export function catalogRoutes(services: ApiServices): Route[] {
  return [listRoute(services), readRoute(services), checkRoute(services)];
}

/** Throws `not_found`. */
export async function presentKind({ deps }: ApiServices, slug: string): Promise<Destination> {
  const found = await deps.catalog.find(slug);
  if (found === undefined) throw new AppError("not_found", { detail: `The catalog has no \`${slug}\`.`, hint: "Look at the slugs of GET /catalog." });
  return found;
}

function listRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/catalog",
    tag: TAG,
    scopes: ["read"],
    summary: "All destinations that there are",
    description: "By name, with what is known to work and what stands against one. Hidden ones say why they can't be used.",
    query: catalogQuery,
    responses: { 200: catalogList },
    handle: async ({ query, workspaceId }) => {
      const all = await deps.catalog.list();
      const used = Map.groupBy(await deps.workspaceDb.run(workspaceId, (db) => readDestinations(db, workspaceId)), ({ definition }) => definition);
      const found = all.filter((one) => isFound(one, query.search) && isAvailable(one, query.availability));
      const counts = Map.groupBy(found, ({ category }) => category);
      const countOf = (kind: DestinationDefinition["availability"]["kind"]): number => all.filter(({ availability }) => availability.kind === kind).length;
      return {
        status: 200,
        body: {
          data: found.filter(({ category }) => query.category === undefined || category === query.category)
            .map((one) => entryOf(one, (used.get(one.slug) ?? []).filter(({ status }) => status === "active").length)),
          categories: [...counts].map(([category, inside]) => ({ category, count: inside.length })).toSorted((a, b) => (a.category < b.category ? -1 : 1)),
          availability: { ready: countOf("ready"), own_app: countOf("own_app"), hidden: countOf("hidden") },
        },
      };
    },
  });
}

function entryOf(one: DestinationDefinition, inUse: number): CatalogEntry {
  const { slug, name, description, category, origin, availability, notes, proof, authentication, actions, audience } = one;
  return {
    slug, name, description, category, origin, availability, notes, proof, authentication, actions: actions.filter(({ isHidden }) => !isHidden).length, keeps_audiences: audience !== undefined, in_use: inUse,
  };
}

function isFound(one: DestinationDefinition, search: string | undefined): boolean {
  const words = (search ?? "").toLowerCase().split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) return true;
  const text = [one.name, one.slug, one.description, one.category, ...one.actions.map(({ name }) => name)].join("\n").toLowerCase();
  return words.every((word) => text.includes(word));
}

function isAvailable({ availability }: DestinationDefinition, asked: string | undefined): boolean {
  return asked === undefined || (asked === "usable" ? availability.kind !== "hidden" : availability.kind === asked);
}

function readRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/catalog/{slug}",
    tag: TAG,
    scopes: ["read"],
    summary: "One destination of the catalog, whole",
    description: "Its settings, its actions with their fields, and presets: what forms and mappings are made of.",
    params: catalogParams,
    responses: { 200: catalogDetail },
    handle: async ({ params }) => {
      const { definition } = await presentKind(services, params.slug);
      return { status: 200, body: { definition, secrets: secretKeys(definition) } };
    },
  });
}

function checkRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/catalog/{slug}/check",
    tag: TAG,
    scopes: ["read"],
    summary: "Check settings for a destination",
    description: "Everything that is wrong with them, by field, places that may not be reached included; nothing is kept, and nobody is called.",
    params: catalogParams,
    body: settingsCheckBody,
    responses: { 200: settingsCheck },
    handle: async ({ params, body, workspaceId }) => {
      const kind = await presentKind(services, params.slug);
      const { workspaceDb, destinationSeal } = services.deps;
      const slug = body.destination;
      const stored = slug === undefined ? undefined : await workspaceDb.run(workspaceId, (db) => presentDestination(db, workspaceId, slug));
      const problems = [
        ...problemsOf(kind, stored?.definition === kind.definition.slug ? readableSettings(destinationSeal, workspaceId, stored) : {}, body.settings),
        ...(await placeProblems(services.deps.outbound, kind.definition, body.settings)).map((one) => ({ ...one })),
      ];
      return { status: 200, body: { ok: problems.length === 0, problems } };
    },
  });
}

function problemsOf(kind: Destination, before: Readonly<Record<string, unknown>>, given: Readonly<Record<string, unknown>>): { field: string; problem: string }[] {
  const { settings, problems } = mergedSettings(kind.definition, before, given);
  return [...problems, ...settingsProblems(kind, settings)];
}
