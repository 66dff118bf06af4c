// Questions about a computed trait that nobody has saved: what is wrong with it, how its values would be spread, and ready ones to begin with.
import {
  computedCheck, computedCheckBody, computedPreview, computedPreviewBody, computedTemplates, type ComputedCheck, type ComputedPreview,
} from "@tributary/schema/api/computed-traits.ts";
import { sayComputed } from "@tributary/schema/audience/computed.ts";
import { checkComputed, computedProblems, typeOfComputed } from "@tributary/schema/audience/computed-references.ts";
import { computedTemplates as templatesIn } from "@tributary/schema/audience/computed-templates.ts";
import { languageOf } from "@tributary/schema/audience/sentence.ts";
import { distributionOf, readComputedAround, refuseProblems, shownFields, workOutFifths, type Distribution } from "../audiences/audiences.ts";
import { byContent, fields, identifierMask, keep, listOf } from "./answer-masks.ts";
import { takeGuess } from "./audience-guess.ts";
import { nameMask, membersOf } from "./audience-members-shown.ts";
import type { ApiServices } from "./api-services.ts";
import { moneyProblems } from "./computed-money.ts";
import { COMPUTED_TAG, sentencesOfComputed } from "./computed-traits.ts";
import { defineRoute, type Route } from "./define-route.ts";

export function computedQuestionRoutes(services: ApiServices): Route[] {
  return [checkRoute(services), previewRoute(services), templatesRoute(services)];
}

function checkRoute(services: ApiServices): Route {
  const { deps, fields: decided } = services;
  return defineRoute({
    method: "POST",
    path: "/computed-traits/check",
    tag: COMPUTED_TAG,
    scopes: ["read"],
    summary: "What is wrong with a computed trait's definition",
    description: "Refuses nothing: whoever is in the middle of writing gets every problem with its place and what to do, in a formula with its character.",
    body: computedCheckBody,
    responses: { 200: computedCheck },
    handle: async ({ body, workspaceId, nowMs }) => {
      const around = await deps.workspaceDb.run(workspaceId, (db) => readComputedAround(db, workspaceId, nowMs));
      const { definition, problems } = checkComputed(body.definition, body.slug, around.kept);
      if (definition === undefined) return { status: 200, body: { ok: false, problems: [...problems], sentence: null, type: null, personal: null, fields: [] } };
      const all = [...problems, ...(await moneyProblems(services, workspaceId, definition, around.vocabulary))];
      const shown = shownFields(definition, around, await decided.get(workspaceId, nowMs));
      const answer: ComputedCheck = {
        ok: all.length === 0, problems: all, sentence: sentencesOfComputed(definition), type: typeOfComputed(definition), personal: shown.some(({ personal }) => personal), fields: shown,
      };
      return { status: 200, body: answer };
    },
  });
}

/** Where a field that shows through the values is hidden, the handler leaves all values out. */
export const computedPreviewMask = fields({
  people: keep, set: keep, different: keep, at: keep, took_ms: keep, numbers: keep, values: keep, masked: keep, thresholds: keep,
  sample: listOf(byContent(() => ({ profile_id: keep, name: nameMask, identifiers: listOf(identifierMask()), value: keep }))),
});

function previewRoute(services: ApiServices): Route {
  const { deps, fields: decided, scan } = services;
  return defineRoute({
    method: "POST",
    path: "/computed-traits/preview",
    tag: COMPUTED_TAG,
    scopes: ["read"],
    masks: computedPreviewMask,
    summary: "How a computed trait's values would be spread over everybody",
    description:
      "Nothing is kept. Numbers and times come with where they lie, everything with its most frequent values. Without the scope `personal_data` there are no values where a field shows " +
      "through that is personal or undecided (`masked`).",
    body: computedPreviewBody,
    responses: { 200: computedPreview },
    handle: async (context) => {
      const { body, workspaceId, nowMs, isMasked } = context;
      const { definition } = body;
      await takeGuess(services, context, definition);
      const startedMs = performance.now();
      const around = await deps.workspaceDb.run(workspaceId, (db) => readComputedAround(db, workspaceId, nowMs));
      refuseProblems([...computedProblems(definition, body.slug, around.kept), ...(await moneyProblems(services, workspaceId, definition, around.vocabulary))]);
      const masked = isMasked && shownFields(definition, around, await decided.get(workspaceId, nowMs)).some(({ personal }) => personal);
      const read = <Row>(sql: string, params: Readonly<Record<string, unknown>>): Promise<Row[]> => scan<Row>(workspaceId, sql, params);
      const state = await workOutFifths(definition, around.around, read);
      const found = await distributionOf({ definition, state, sample: body.sample }, around.around, read);
      const sample = masked || body.sample === 0 ? [] : await sampleOf(services, workspaceId, found);
      const answer: ComputedPreview = {
        people: found.people, set: found.set, different: found.different, at: new Date(nowMs).toISOString(), took_ms: Math.round(performance.now() - startedMs), masked,
        numbers: masked || found.numbers === null ? null : { ...found.numbers, buckets: [...found.numbers.buckets] }, values: masked ? [] : [...found.values], thresholds: state ?? null, sample,
      };
      return { status: 200, body: answer };
    },
  });
}

async function sampleOf(services: ApiServices, workspaceId: number, { sample }: Distribution): Promise<ComputedPreview["sample"]> {
  const people = await membersOf(services, workspaceId, sample.map(({ profileId }) => ({ id: profileId, since: null })));
  const byId = new Map(people.map((one) => [one.profile_id, one]));
  return sample.flatMap(({ profileId, value }) => {
    const person = byId.get(profileId);
    return person === undefined ? [] : [{ profile_id: profileId, name: person.name, identifiers: person.identifiers, value: Array.isArray(value) ? [...value] : value }] as ComputedPreview["sample"];
  });
}

function templatesRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/computed-traits/templates",
    tag: COMPUTED_TAG,
    scopes: ["read"],
    summary: "Computed traits to begin with",
    description: "In the words of this workspace's vocabulary; what a template lacks stands in `needs`.",
    responses: { 200: computedTemplates },
    handle: async ({ workspaceId, nowMs }) => {
      const { vocabulary } = await deps.workspaceDb.run(workspaceId, (db) => readComputedAround(db, workspaceId, nowMs));
      const [en, de] = [languageOf("en"), languageOf("de")];
      return {
        status: 200,
        body: {
          data: templatesIn(vocabulary).map(({ definition, needs, ...told }) => ({
            ...told, needs: [...needs], definition: definition ?? null, sentence: definition === undefined ? null : { en: sayComputed(definition, en), de: sayComputed(definition, de) },
          })),
        },
      };
    },
  });
}
