// What helps to write an audience: what is wrong with a definition that nobody has saved, values to pick from, templates.
import { check, checkBody, templates, values, valuesQuery } from "@tributary/schema/api/audiences.ts";
import { audienceTemplates } from "@tributary/schema/audience/templates.ts";
import { checkDefinition, fieldOfValues, loadLanguages, loadVocabulary, readFrequentValues } from "../audiences/audiences.ts";
import { maskTree } from "../governance/governance.ts";
import { fields, keep, listOf, type Mask } from "./answer-masks.ts";
import type { ApiServices } from "./api-services.ts";
import { AUDIENCES_TAG, sentencesOf } from "./audiences.ts";
import { defineRoute, type Route } from "./define-route.ts";

export function audienceHelpRoutes(services: ApiServices): Route[] {
  return [checkRoute(services), valuesRoute(services), templatesRoute(services)];
}

function checkRoute({ deps, scan }: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/audiences/check",
    tag: AUDIENCES_TAG,
    scopes: ["read"],
    summary: "What is wrong with a definition, and what it asks",
    description:
      "Never refused, however wrong the definition is: `problems` keep it from being saved, `warnings` tell of events, properties and traits that never arrived, of groups that everybody " +
      "meets, of values in currencies that can't be added up. Places are JSON pointers within the definition.",
    body: checkBody,
    responses: { 200: check },
    handle: async ({ body, workspaceId, nowMs }) => {
      const [told, languages] = await deps.workspaceDb.run(workspaceId, async (db) => [
        await checkDefinition(db, scan, { workspaceId, value: body.definition, slug: body.slug, nowMs }), await loadLanguages(db, workspaceId, [body.definition]),
      ] as const);
      return {
        status: 200,
        body: {
          ok: told.problems.length === 0, problems: [...told.problems], warnings: [...told.warnings], sentence: told.definition === undefined ? null : sentencesOf(told.definition, languages),
          yaml: told.yaml, sql: told.sql,
        },
      };
    },
  });
}

/** Of a field about nobody; but for somebody's address that a sender put into it. */
const openValue: Mask = (value) => maskTree(value, () => undefined);
/** The values of a personal field are not in the answer to begin with. */
const valuesMask = fields({ data: listOf(fields({ value: openValue, count: keep })), masked: keep });

function valuesRoute({ deps, scan, fields: decisions }: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/audiences/values",
    tag: AUDIENCES_TAG,
    scopes: ["read"],
    masks: valuesMask,
    summary: "The most frequent values of a trait, a property or a context field",
    description: "Of everybody's traits now; of the events of the last 90 days. Without the scope `personal_data` there are none of a field that is personal or undecided (`masked`).",
    query: valuesQuery,
    responses: { 200: values },
    handle: async ({ query, workspaceId, nowMs, isMasked, saw }) => {
      const field = fieldOfValues(query);
      const isPersonal = field !== null && (await decisions.get(workspaceId, nowMs)).isPersonal(field.place, field.event, field.path);
      if (isPersonal && isMasked) return { status: 200, body: { data: [], masked: true } };
      if (isPersonal) await saw({ action: "values.list", target: `field:${field.place}:${field.event === "" ? "" : `${field.event}:`}${field.path}` });
      return { status: 200, body: { data: await readFrequentValues(scan, workspaceId, query, nowMs), masked: false } };
    },
  });
}

function templatesRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/audiences/templates",
    tag: AUDIENCES_TAG,
    scopes: ["read"],
    summary: "Ready definitions, in the words of this workspace",
    description: "Without a definition where the vocabulary lacks a word that it needs.",
    responses: { 200: templates },
    handle: async ({ workspaceId }) => {
      const { inForce, paths } = await deps.workspaceDb.run(workspaceId, (db) => loadVocabulary(db, workspaceId));
      const data = audienceTemplates(inForce, paths.map(({ path }) => path)).map((one) => ({ ...one, needs: [...one.needs] }));
      return { status: 200, body: { data } };
    },
  });
}
