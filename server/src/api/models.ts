// Models of a workspace: made, changed, tried, put away. What a model reads is what its warehouse's user may read, so who writes a query
// needs the scope `admin`; who may write may rename, switch and run.
import type { z } from "zod";
import {
  model as modelShape, modelChangeBody, modelChanged, modelCheck, modelCheckBody, modelCreate, modelList, modelListQuery, modelParams, modelPreview, modelPreviewBody, modelVersionList,
} from "@tributary/schema/api/models.ts";
import type { ModelDefinition } from "@tributary/schema/model.ts";
import { AppError } from "../core/errors.ts";
import { hasScope, namesOfActors } from "../governance/governance.ts";
import {
  archiveModel, changeModel, createModel, definitionProblems, modelLimits, nextTime, presentModel, previewKeys, readLastRuns, readModels, readModelVersions, RunProblem, type StoredModel,
} from "../models/models.ts";
import type { ApiServices } from "./api-services.ts";
import { defineRoute, type Route } from "./define-route.ts";
import { missingScope } from "./masked-reading.ts";
import { modelChangedMask, modelListMask, modelMask, previewMask, shownModel, versionListMask } from "./models-shown.ts";

export const MODELS_TAG = "Models";
const VERSIONS_SHOWN = 100;
const NEXT_RUNS_SHOWN = 3;

export function modelRoutes(services: ApiServices): Route[] {
  return [
    listRoute(services), createRoute(services), checkRoute(services), previewRoute(services), readRoute(services), changeRoute(services), archiveRoute(services), versionsRoute(services),
  ];
}

async function shown({ deps }: ApiServices, workspaceId: number, one: StoredModel): Promise<z.input<typeof modelShape>> {
  return deps.workspaceDb.run(workspaceId, async (db) => shownModel(one, (await readLastRuns(db, workspaceId)).get(one.id), await namesOfActors(db, workspaceId, [one.updatedBy])));
}

function listRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET", path: "/models", tag: MODELS_TAG, scopes: ["read"], summary: "The workspace's models", description: "By name, each with its last run.", masks: modelListMask, query: modelListQuery,
    responses: { 200: modelList },
    handle: async ({ query, workspaceId }) => {
      const data = await deps.workspaceDb.run(workspaceId, async (db) => {
        const all = await readModels(db, workspaceId);
        const runs = await readLastRuns(db, workspaceId);
        const names = await namesOfActors(db, workspaceId, all.map(({ updatedBy }) => updatedBy));
        const words = (query.search ?? "").toLowerCase().split(/\s+/).filter((word) => word !== "");
        const isFound = (one: StoredModel): boolean => words.every((word) => `${one.name}\n${one.slug}\n${one.definition.warehouse ?? ""}`.toLowerCase().includes(word));
        return all.filter((one) => one.status === query.status && isFound(one)).map((one) => shownModel(one, runs.get(one.id), names));
      });
      return { status: 200, body: { data } };
    },
  });
}

function createRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST", path: "/models", tag: MODELS_TAG, scopes: ["admin"], summary: "Make a model", description: "Nothing is read before its schedule or somebody asks for it, and what its first run finds is asked about.",
    masks: modelMask, body: modelCreate, responses: { 201: modelShape },
    handle: async ({ body, workspaceId, actor, nowMs }) => {
      await refuseUnknownWarehouse(services, workspaceId, body.definition);
      const made = await services.deps.workspaceDb.transaction(workspaceId, (db) => createModel(db, { workspaceId, actor, nowMs }, body));
      return { status: 201, body: await shown(services, workspaceId, made) };
    },
  });
}

/** Throws `invalid_definition`. */
async function refuseUnknownWarehouse(services: ApiServices, workspaceId: number, definition: ModelDefinition): Promise<void> {
  const problem = await warehouseProblem(services, workspaceId, definition);
  if (problem !== undefined) throw new AppError("invalid_definition", { detail: problem, hint: "Look at the warehouses of the workspace." });
}

async function warehouseProblem({ deps }: ApiServices, workspaceId: number, { warehouse }: Pick<ModelDefinition, "warehouse">): Promise<string | undefined> {
  try {
    await deps.openModelReader(workspaceId, warehouse);
    return undefined;
  } catch (error) {
    if (error instanceof RunProblem) return error.message;
    throw error;
  }
}

function checkRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST", path: "/models/check", tag: MODELS_TAG, scopes: ["admin"], summary: "What is wrong with a definition", description: "Without reading anything; `POST /models/preview` shows what the query gives.",
    body: modelCheckBody, responses: { 200: modelCheck },
    handle: async ({ body: { definition }, workspaceId, nowMs }) => {
      const problems = await services.deps.workspaceDb.run(workspaceId, (db) => definitionProblems(db, workspaceId, definition));
      const warehouse = await warehouseProblem(services, workspaceId, definition);
      if (warehouse !== undefined) problems.push(warehouse);
      const next_runs: string[] = [];
      for (let after = nowMs; problems.length === 0 && definition.schedule !== undefined && next_runs.length < NEXT_RUNS_SHOWN;) {
        const next = nextTime(definition.schedule, after);
        if (next === undefined) break;
        next_runs.push(new Date((after = next)).toISOString());
      }
      return { status: 200, body: { ok: problems.length === 0, problems, next_runs } };
    },
  });
}

function previewRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST", path: "/models/preview", tag: MODELS_TAG, scopes: ["admin"], summary: "What a query gives",
    description: "The first rows of it, with its columns and what would be wrong with a key. Nothing is kept. A query that fails answers `bad_request` with what the warehouse said.",
    masks: previewMask, body: modelPreviewBody, responses: { 200: modelPreview },
    handle: ({ body, workspaceId, isMasked }) => services.tryGate.pass(async () => {
      const began = performance.now();
      try {
        const reader = await services.deps.openModelReader(workspaceId, body.warehouse, { isMasked });
        const found = await reader.preview(body.query, { signal: AbortSignal.timeout(modelLimits.previewMs), limit: body.limit });
        return {
          status: 200 as const,
          body: {
            columns: found.columns.map(({ name, type, nativeType, problem }) => ({ name, type, native_type: nativeType, problem: problem ?? null })), rows: found.rows.map((row) => ({ ...row })), is_cut: found.isCut,
            key_problems: previewKeys(found.columns, found.rows, body.key).map((told) => ({ ...told, sample: (told.sample ?? []).map(({ key, lines }) => ({ key, lines: [...lines] })) })),
            took_ms: Math.round(performance.now() - began),
          },
        };
      } catch (error) {
        if (error instanceof RunProblem) throw new AppError("bad_request", { detail: error.message, hint: "Correct the query, or the warehouse's settings.", cause: error });
        throw error;
      }
    }),
  });
}

function readRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET", path: "/models/{slug}", tag: MODELS_TAG, scopes: ["read"], summary: "One model", masks: modelMask, params: modelParams, responses: { 200: modelShape },
    handle: async ({ params, workspaceId }) => {
      const found = await services.deps.workspaceDb.run(workspaceId, (db) => presentModel(db, workspaceId, params.slug));
      return { status: 200, body: await shown(services, workspaceId, found) };
    },
  });
}

function changeRoute(services: ApiServices): Route {
  return defineRoute({
    method: "PATCH", path: "/models/{slug}", tag: MODELS_TAG, scopes: ["write"], summary: "Change a model",
    description: "What is left out stays. Another definition takes the scope `admin`, and counts from the next run on: with another key or query, that run finds much removed, and asks.",
    masks: modelChangedMask, params: modelParams, body: modelChangeBody, responses: { 200: modelChanged },
    handle: async ({ params, body, caller, workspaceId, actor, nowMs }) => {
      if (body.definition !== undefined && !hasScope(caller, "admin")) throw new AppError("forbidden", { detail: missingScope("admin") });
      if (body.definition !== undefined) await refuseUnknownWarehouse(services, workspaceId, body.definition);
      const { after, changed } = await services.deps.workspaceDb.transaction(workspaceId, (db) => changeModel(db, { workspaceId, actor, nowMs }, params.slug, body));
      return { status: 200, body: { changed: [...changed], model: await shown(services, workspaceId, after) } };
    },
  });
}

function archiveRoute(services: ApiServices): Route {
  return defineRoute({
    method: "DELETE", path: "/models/{slug}", tag: MODELS_TAG, scopes: ["admin"], summary: "Archive a model",
    description: "It is read no more, a run that goes on stops, and its subscriptions send nothing new. What it found stays to be looked at.", masks: modelMask, params: modelParams, responses: { 200: modelShape },
    handle: async ({ params, workspaceId, actor, nowMs }) => {
      const archived = await services.deps.workspaceDb.transaction(workspaceId, (db) => archiveModel(db, { workspaceId, actor, nowMs }, params.slug));
      return { status: 200, body: await shown(services, workspaceId, archived) };
    },
  });
}

function versionsRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET", path: "/models/{slug}/versions", tag: MODELS_TAG, scopes: ["read"], summary: "A model's definitions", description: "The newest first.", masks: versionListMask, params: modelParams,
    responses: { 200: modelVersionList },
    handle: async ({ params, workspaceId }) => {
      const data = await deps.workspaceDb.run(workspaceId, async (db) => readModelVersions(db, workspaceId, (await presentModel(db, workspaceId, params.slug)).id, VERSIONS_SHOWN));
      return { status: 200, body: { data: data.map((one) => ({ ...one, at: one.at.toISOString() })) } };
    },
  });
}
