// Computed traits that are kept. Questions about definitions that nobody has saved: computed-questions.ts.
import { z } from "zod";
import {
  computedChange, computedCreate, computedList, computedListQuery, computedSlug, computedTraitDetail, computedVersions, type ComputedTrait, type ComputedTraitDetail,
} from "@tributary/schema/api/computed-traits.ts";
import { sayComputed, type ComputedDefinition } from "@tributary/schema/audience/computed.ts";
import { typeOfComputed } from "@tributary/schema/audience/computed-references.ts";
import { languageOf } from "@tributary/schema/audience/sentence.ts";
import {
  archiveComputed, changeComputed, createComputed, presentComputed, readComputedAround, readComputedReferences, readComputedVersions, restoreComputed, shownFields,
  type Changing, type ComputedAround, type StoredComputed,
} from "../audiences/audiences.ts";
import type { ClientBase } from "pg";
import { refuseMixedMoney } from "./computed-money.ts";
import type { ApiServices } from "./api-services.ts";
import { takeGuess } from "./audience-guess.ts";
import { defineRoute, type Route } from "./define-route.ts";

export const COMPUTED_TAG = "Computed traits";
const slugParams = z.strictObject({ slug: computedSlug });

export function computedTraitRoutes(services: ApiServices): Route[] {
  return [listRoute(services), createRoute(services), readRoute(services), changeRoute(services), versionsRoute(services), archiveRoute(services), restoreRoute(services)];
}

function listRoute({ deps, fields }: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/computed-traits",
    tag: COMPUTED_TAG,
    scopes: ["read"],
    summary: "List the computed traits",
    description: "By name, all at once. A folder has those of the folders within it. `folders` counts all of the asked status, whatever is searched for.",
    query: computedListQuery,
    responses: { 200: computedList },
    handle: async ({ query, workspaceId, nowMs }) => {
      const around = await deps.workspaceDb.run(workspaceId, (db) => readComputedAround(db, workspaceId, nowMs));
      const decisions = await fields.get(workspaceId, nowMs);
      const inStatus = around.kept.computedTraits.filter(({ status }) => (query.status === "in_use" ? status !== "archived" : status === query.status));
      const counts = Map.groupBy(inStatus, ({ folder }) => folder);
      const folders = [...counts].map(([folder, inside]) => ({ folder, count: inside.length })).toSorted((a, b) => (a.folder < b.folder ? -1 : 1));
      const data = inStatus.filter((one) => isInFolder(one, query.folder)).map((one) => shown(one, around, decisions)).filter((one) => isFound(one, query.search));
      return { status: 200, body: { data, folders } };
    },
  });
}

type Decisions = Parameters<typeof shownFields>[2];

function isInFolder(one: StoredComputed, folder: string | undefined): boolean {
  return folder === undefined || one.folder === folder || (folder !== "" && one.folder.startsWith(`${folder}/`));
}

function isFound(one: ComputedTrait, search: string | undefined): boolean {
  const words = (search ?? "").toLowerCase().split(/\s+/).filter((word) => word !== "");
  const text = [one.name, one.slug, one.description, one.folder, one.sentence.en, one.sentence.de].join("\n").toLowerCase();
  return words.every((word) => text.includes(word));
}

function createRoute(services: ApiServices): Route {
  const { deps } = services;
  return defineRoute({
    method: "POST",
    path: "/computed-traits",
    tag: COMPUTED_TAG,
    scopes: ["write"],
    summary: "Make a computed trait",
    description:
      "Refused with `invalid_definition` where it refers to what is not there, to itself over others, or adds up money of several currencies. It is then worked out for everybody, and kept " +
      "current as events come and time passes.",
    body: computedCreate,
    responses: { 201: computedTraitDetail },
    handle: async (context) => {
      const { body, workspaceId, actor, nowMs } = context;
      // Audiences will answer what it asks.
      await takeGuess(services, context, body.definition);
      await refuseMixedMoney(services, workspaceId, body.definition, nowMs);
      const made = await deps.workspaceDb.transaction(workspaceId, (db) => createComputed(db, { workspaceId, actor, nowMs }, body));
      return { status: 201, body: await detail(services, workspaceId, made.slug, nowMs) };
    },
  });
}

function readRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/computed-traits/{slug}",
    tag: COMPUTED_TAG,
    scopes: ["read"],
    summary: "Read one computed trait",
    description: "With its definition, what refers to it and what it refers to.",
    params: slugParams,
    responses: { 200: computedTraitDetail },
    handle: async ({ params, workspaceId, nowMs }) => ({ status: 200, body: await detail(services, workspaceId, params.slug, nowMs) }),
  });
}

function changeRoute(services: ApiServices): Route {
  return defineRoute({
    method: "PATCH",
    path: "/computed-traits/{slug}",
    tag: COMPUTED_TAG,
    scopes: ["write"],
    summary: "Change a computed trait",
    description: "What is left out stays. A definition that says something else is a new version: it is worked out anew for everybody, and so are the computed traits and audiences that stand on it.",
    params: slugParams,
    body: computedChange,
    responses: { 200: computedTraitDetail },
    handle: async (context) => {
      const { params, body, workspaceId, actor, nowMs } = context;
      if (body.definition !== undefined) await takeGuess(services, context, body.definition);
      if (body.definition !== undefined) await refuseMixedMoney(services, workspaceId, body.definition, nowMs);
      await services.deps.workspaceDb.transaction(workspaceId, (db) => changeComputed(db, { workspaceId, actor, nowMs }, params.slug, body));
      return { status: 200, body: await detail(services, workspaceId, params.slug, nowMs) };
    },
  });
}

function versionsRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/computed-traits/{slug}/versions",
    tag: COMPUTED_TAG,
    scopes: ["read"],
    summary: "All definitions that a computed trait has had",
    description: "The newest first.",
    params: slugParams,
    responses: { 200: computedVersions },
    handle: async ({ params, workspaceId }) => {
      const versions = await deps.workspaceDb.run(workspaceId, async (db) => readComputedVersions(db, (await presentComputed(db, workspaceId, params.slug)).id));
      return { status: 200, body: { data: versions.map(({ version, definition, at, author }) => ({ version, definition, at: at.toISOString(), author, sentence: sentencesOfComputed(definition) })) } };
    },
  });
}

type StatusChange = (db: ClientBase, by: Changing, slug: string) => Promise<StoredComputed>;

function statusRoute(services: ApiServices, name: "archive" | "restore", told: { readonly summary: string; readonly description: string }, change: StatusChange): Route {
  return defineRoute({
    method: "POST",
    path: `/computed-traits/{slug}/${name}`,
    tag: COMPUTED_TAG,
    scopes: ["write"],
    ...told,
    params: slugParams,
    responses: { 200: computedTraitDetail },
    handle: async ({ params, workspaceId, actor, nowMs }) => {
      await services.deps.workspaceDb.transaction(workspaceId, (db) => change(db, { workspaceId, actor, nowMs }, params.slug));
      return { status: 200, body: await detail(services, workspaceId, params.slug, nowMs) };
    },
  });
}

function archiveRoute(services: ApiServices): Route {
  return statusRoute(services, "archive", {
    summary: "Archive a computed trait", description: "Its values go. Refused with `in_use` while audiences, formulas or stages refer to it, which the message names.",
  }, archiveComputed);
}

function restoreRoute(services: ApiServices): Route {
  return statusRoute(services, "restore", { summary: "Restore an archived computed trait", description: "It is worked out as if it were new; its slug and versions are the same." }, restoreComputed);
}

const english = languageOf("en");
const german = languageOf("de");

export function sentencesOfComputed(definition: ComputedDefinition): { en: string; de: string } {
  return { en: sayComputed(definition, english), de: sayComputed(definition, german) };
}

function shown(one: StoredComputed, around: ComputedAround, decisions: Decisions): ComputedTrait {
  return {
    slug: one.slug, name: one.name, description: one.description, folder: one.folder, kind: one.definition.value.kind, type: typeOfComputed(one.definition), status: one.status, problem: one.problem,
    people: one.people, rest: one.rest === null || typeof one.rest !== "object" ? one.rest : [...one.rest], filled_at: one.filledAt?.toISOString() ?? null, version: one.version,
    sentence: sentencesOfComputed(one.definition), thresholds: one.state ?? null, personal: shownFields(one.definition, around, decisions).some(({ personal }) => personal),
    created_at: one.createdAt.toISOString(), created_by: one.createdBy, updated_at: one.updatedAt.toISOString(), updated_by: one.updatedBy,
  };
}

async function detail({ deps, fields }: ApiServices, workspaceId: number, slug: string, nowMs: number): Promise<ComputedTraitDetail> {
  const decisions = await fields.get(workspaceId, nowMs);
  return deps.workspaceDb.run(workspaceId, async (db) => {
    const one = await presentComputed(db, workspaceId, slug);
    const { usedBy, uses } = await readComputedReferences(db, workspaceId, one);
    return { ...shown(one, await readComputedAround(db, workspaceId, nowMs), decisions), definition: one.definition, used_by: usedBy, uses };
  });
}
