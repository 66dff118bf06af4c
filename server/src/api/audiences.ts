// Audiences that are kept. Questions about definitions that nobody has saved: audience-check.ts and audience-questions.ts.
import { emptyQuery } from "@tributary/schema/api/audience-sync.ts";
import { z } from "zod";
import {
  audienceChange, audienceCreate, audienceDetail, audienceList, audienceListQuery, audienceSlug, audienceVersions, type Audience, type AudienceDetail,
} from "@tributary/schema/api/audiences.ts";
import { sayDefinition, type Definition } from "@tributary/schema/audience/definition.ts";
import {
  archiveAudience, changeAudience, createAudience, presentAudience, readAudiences, readReferences, readVersions, restoreAudience, loadLanguages, type Changing, type Languages, type StoredAudience,
} from "../audiences/audiences.ts";
import { emptyAudience } from "../delivery/delivery.ts";
import { readSubscriptionsOf, subscriptionsOfAudience } from "../destinations/destinations.ts";
import { namesOfActors } from "../governance/governance.ts";
import type { ClientBase } from "pg";
import { refuseAddedMoney } from "./added-money.ts";
import type { ApiServices } from "./api-services.ts";
import { takeGuess } from "./audience-guess.ts";
import { cursorId, decodeCursor, encodeCursor } from "./cursor.ts";
import { defineRoute, type Route } from "./define-route.ts";

export const AUDIENCES_TAG = "Audiences";
export const slugParams = z.strictObject({ slug: audienceSlug });

export function audienceRoutes(services: ApiServices): Route[] {
  return [listRoute(services), createRoute(services), readRoute(services), changeRoute(services), versionsRoute(services), archiveRoute(services), restoreRoute(services)];
}

/** The name in small letters, and the id, behind which a page goes on. */
const namePlace = z.tuple([z.string().max(1_000), cursorId]);

function listRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/audiences",
    tag: AUDIENCES_TAG,
    scopes: ["read"],
    summary: "List the audiences",
    description: "By name. A folder has those of the folders within it. `folders` counts all of the asked status, whatever is searched for.",
    query: audienceListQuery,
    responses: { 200: audienceList },
    handle: async ({ query, workspaceId }) => {
      const [stored, names, languages] = await deps.workspaceDb.run(workspaceId, async (db) => {
        const all = await readAudiences(db, workspaceId);
        return [all, await namesOfActors(db, workspaceId, all.map(({ updatedBy }) => updatedBy)), await loadLanguages(db, workspaceId, all.map(({ definition }) => definition))] as const;
      });
      const inStatus = stored.filter(({ status }) => (query.status === "in_use" ? status !== "archived" : status === query.status));
      const counts = Map.groupBy(inStatus, ({ folder }) => folder);
      const folders = [...counts].map(([folder, inside]) => ({ folder, count: inside.length })).toSorted((a, b) => (a.folder < b.folder ? -1 : 1));
      const found = inStatus.filter((one) => isInFolder(one, query.folder)).map((one) => shownAudience(one, names, languages)).filter((one) => isFound(one, query.search));
      const after = decodeCursor(namePlace, query.cursor);
      const idOf = new Map(stored.map(({ slug, id }) => [slug, id]));
      const placeOf = (one: Audience): [string, number] => [one.name.toLowerCase(), idOf.get(one.slug) ?? 0];
      const ordered = found.toSorted((a, b) => comparePlaces(placeOf(a), placeOf(b))).filter((one) => after === undefined || comparePlaces(placeOf(one), after) > 0);
      const data = ordered.slice(0, query.limit);
      const last = data.at(-1);
      return { status: 200, body: { data, folders, next_cursor: ordered.length > data.length && last !== undefined ? encodeCursor(placeOf(last)) : null } };
    },
  });
}

function comparePlaces([nameA, idA]: readonly [string, number], [nameB, idB]: readonly [string, number]): number {
  return nameA === nameB ? idA - idB : nameA < nameB ? -1 : 1;
}

/** In it, or in a folder within it. */
export function isInFolder(one: Pick<StoredAudience, "folder">, folder: string | undefined): boolean {
  return folder === undefined || one.folder === folder || (folder !== "" && one.folder.startsWith(`${folder}/`));
}

function isFound(one: Audience, search: string | undefined): boolean {
  const words = (search ?? "").toLowerCase().split(/\s+/).filter((word) => word !== "");
  const text = [one.name, one.slug, one.description, one.folder, one.sentence.en, one.sentence.de].join("\n").toLowerCase();
  return words.every((word) => text.includes(word));
}

function createRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/audiences",
    tag: AUDIENCES_TAG,
    scopes: ["write"],
    summary: "Make an audience",
    description: "Refused with `invalid_definition` where it refers to what is not there, to itself over others, or asks too much. It is then filled; people enter as they are counted.",
    body: audienceCreate,
    responses: { 201: audienceDetail },
    handle: async (context) => {
      const { body, workspaceId, actor, nowMs } = context;
      // Its size will answer what its definition asks.
      await takeGuess(services, context, body.definition);
      await refuseAddedMoney(services, workspaceId, [body.definition]);
      const made = await services.deps.workspaceDb.transaction(workspaceId, async (db) => shownDetail(db, workspaceId, await createAudience(db, { workspaceId, actor, nowMs }, body)));
      return { status: 201, body: made };
    },
  });
}

function readRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/audiences/{slug}",
    tag: AUDIENCES_TAG,
    scopes: ["read"],
    summary: "Read one audience",
    description: "With its definition, what refers to it and what it refers to.",
    params: slugParams,
    responses: { 200: audienceDetail },
    handle: async ({ params, workspaceId }) => ({
      status: 200, body: await deps.workspaceDb.run(workspaceId, async (db) => shownDetail(db, workspaceId, await presentAudience(db, workspaceId, params.slug))),
    }),
  });
}

function changeRoute(services: ApiServices): Route {
  return defineRoute({
    method: "PATCH",
    path: "/audiences/{slug}",
    tag: AUDIENCES_TAG,
    scopes: ["write"],
    summary: "Change an audience",
    description:
      "What is left out stays. A definition that says something else is a new version: the audience, and those that refer to it, are counted anew, and whoever enters or leaves by it " +
      "has the reason `definition`.",
    params: slugParams,
    body: audienceChange,
    responses: { 200: audienceDetail },
    handle: async (context) => {
      const { params, body, workspaceId, actor, nowMs } = context;
      if (body.definition !== undefined) {
        await takeGuess(services, context, body.definition);
        await refuseAddedMoney(services, workspaceId, [body.definition]);
      }
      const by = { workspaceId, actor, nowMs };
      return { status: 200, body: await services.deps.workspaceDb.transaction(workspaceId, async (db) => shownDetail(db, workspaceId, await changeAudience(db, by, params.slug, body))) };
    },
  });
}

function versionsRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/audiences/{slug}/versions",
    tag: AUDIENCES_TAG,
    scopes: ["read"],
    summary: "All definitions that an audience has had",
    description: "The newest first.",
    params: slugParams,
    responses: { 200: audienceVersions },
    handle: async ({ params, workspaceId }) => {
      const [versions, names, languages] = await deps.workspaceDb.run(workspaceId, async (db) => {
        const all = await readVersions(db, (await presentAudience(db, workspaceId, params.slug)).id);
        return [all, await namesOfActors(db, workspaceId, all.map(({ author }) => author)), await loadLanguages(db, workspaceId, all.map(({ definition }) => definition))] as const;
      });
      return {
        status: 200,
        body: { data: versions.map(({ version, definition, at, author }) => ({ version, definition, at: at.toISOString(), author, author_name: names.get(author) ?? null, sentence: sentencesOf(definition, languages) })) },
      };
    },
  });
}

function archiveRoute(services: ApiServices): Route {
  const { workspaceDb } = services.deps;
  return defineRoute({
    method: "POST",
    path: "/audiences/{slug}/archive",
    tag: AUDIENCES_TAG,
    scopes: ["write"],
    summary: "Archive an audience",
    description:
      "Everybody leaves it, and its history stays. Refused with `in_use` while others refer to it, which the message names; with `empty`, subscriptions don't keep it: they are emptied at the vendor and archived, and it " +
      "goes with the last of them.",
    params: slugParams,
    query: emptyQuery,
    responses: { 200: audienceDetail },
    handle: async ({ params, query, workspaceId, actor, nowMs }) => ({
      status: 200,
      body: await workspaceDb.transaction(workspaceId, async (db) => {
        const by = { workspaceId, actor, nowMs };
        const isGoing = query.empty === "true" && (await emptyAudience(db, by, params.slug));
        return shownDetail(db, workspaceId, isGoing ? await presentAudience(db, workspaceId, params.slug) : await archiveAudience(db, by, params.slug, subscriptionsOfAudience));
      }),
    }),
  });
}

function restoreRoute(services: ApiServices): Route {
  const { workspaceDb } = services.deps;
  return defineRoute({
    method: "POST",
    path: "/audiences/{slug}/restore",
    tag: AUDIENCES_TAG,
    scopes: ["write"],
    summary: "Restore an archived audience",
    description: "It is filled as if it were new; its slug, versions and history are the same.",
    params: slugParams,
    responses: { 200: audienceDetail },
    handle: async ({ params, workspaceId, actor, nowMs }) => ({
      status: 200,
      body: await workspaceDb.transaction(workspaceId, async (db) => shownDetail(db, workspaceId, await restoreAudience(db, { workspaceId, actor, nowMs }, params.slug))),
    }),
  });
}

export function sentencesOf(definition: Definition, { en, de }: Languages): { en: string; de: string } {
  return { en: sayDefinition(definition, en), de: sayDefinition(definition, de) };
}

function shownAudience(one: StoredAudience, names: ReadonlyMap<string, string>, languages: Languages): Audience {
  return {
    slug: one.slug, name: one.name, description: one.description, folder: one.folder, status: one.status, problem: one.problem, size: one.size,
    filled_at: one.filledAt?.toISOString() ?? null, version: one.version, sentence: sentencesOf(one.definition, languages),
    created_at: one.createdAt.toISOString(), created_by: one.createdBy, updated_at: one.updatedAt.toISOString(), updated_by: one.updatedBy,
    updated_by_name: names.get(one.updatedBy) ?? null,
  };
}

async function shownDetail(db: ClientBase, workspaceId: number, one: StoredAudience): Promise<AudienceDetail> {
  const { usedBy, uses } = await readReferences(db, workspaceId, one);
  const sentBy = await readSubscriptionsOf(db, workspaceId, one.id);
  return { ...shownAudience(one, await namesOfActors(db, workspaceId, [one.updatedBy]), await loadLanguages(db, workspaceId, [one.definition])), definition: one.definition, used_by: [...usedBy, ...sentBy], uses };
}
