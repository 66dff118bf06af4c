// Runs of models: asked for, watched, taken or stopped; and what they found, row by row.
import { z } from "zod";
import {
  modelChanges, modelChangesQuery, modelParams, modelRun, modelRunAsk, modelRunList, modelRunParams, modelRunQuery, rowHistory, rowHistoryQuery,
} from "@tributary/schema/api/models.ts";
import { AppError } from "../core/errors.ts";
import { NO_REQUEST } from "../delivery/delivery.ts";
import { hasScope } from "../governance/governance.ts";
import { acceptRun, askRun, modelInUse, presentModel, presentRun, readRowLog, readRuns, stopRun, type StoredModel, type StoredRun } from "../models/models.ts";
import type { ApiServices } from "./api-services.ts";
import { cursorId, cursorRow, decodeCursor, pageFrom } from "./cursor.ts";
import { defineRoute, type Route } from "./define-route.ts";
import { missingScope } from "./masked-reading.ts";
import { MODELS_TAG } from "./models.ts";
import { changesMask, runMask, runPageMask, shownChange, shownRun } from "./models-shown.ts";
import { suppressedInRows } from "./row-people.ts";

const HISTORY_MAX = 200;

export function modelRunRoutes(services: ApiServices): Route[] {
  return [runsRoute(services), askRoute(services), runRoute(services), answerRoute(services, "accept"), answerRoute(services, "stop"), changesRoute(services), historyRoute(services)];
}

function runsRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET", path: "/models/{slug}/runs", tag: MODELS_TAG, scopes: ["read"], summary: "A model's runs", description: "The newest first.", masks: runPageMask, params: modelParams, query: modelRunQuery,
    responses: { 200: modelRunList },
    handle: async ({ params, query, workspaceId }) => {
      const [before] = decodeCursor(z.tuple([cursorId]), query.cursor) ?? [2_147_483_647];
      const runs = await deps.workspaceDb.run(workspaceId, async (db) => readRuns(db, workspaceId, (await presentModel(db, workspaceId, params.slug)).id, before, query.limit + 1));
      return { status: 200, body: pageFrom(runs, query.limit, shownRun, (run: StoredRun) => [run.id]) };
    },
  });
}

function askRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "POST", path: "/models/{slug}/runs", tag: MODELS_TAG, scopes: ["write"], summary: "Run a model now",
    description: "It waits for the one that goes on; one that waits already is the answer. A first run, and one that would remove much, asks before anything is in force, unless `accept` is said.",
    masks: runMask, params: modelParams, body: modelRunAsk, responses: { 202: modelRun },
    handle: async ({ params, body, workspaceId, actor, nowMs }) => {
      const run = await deps.workspaceDb.transaction(workspaceId, async (db) => askRun(db, { workspaceId, actor, nowMs }, await modelInUse(db, workspaceId, params.slug), body));
      return { status: 202, body: shownRun(run) };
    },
  });
}

function runRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET", path: "/models/{slug}/runs/{run}", tag: MODELS_TAG, scopes: ["read"], summary: "One run", masks: runMask, params: modelRunParams, responses: { 200: modelRun },
    handle: async ({ params, workspaceId }) => {
      const run = await deps.workspaceDb.run(workspaceId, async (db) => presentRun(db, workspaceId, (await presentModel(db, workspaceId, params.slug)).id, params.run));
      return { status: 200, body: shownRun(run) };
    },
  });
}

const answers = {
  accept: { change: acceptRun, summary: "Take what a run found", description: "Of one that asks: from here on it is in force, and is sent." },
  stop: { change: stopRun, summary: "Stop a run", description: "One that waits or goes on; or refuse what one found that asks, of which nothing is ever in force then." },
} as const;

function answerRoute({ deps }: ApiServices, answer: keyof typeof answers): Route {
  const { change, summary, description } = answers[answer];
  return defineRoute({
    method: "POST", path: `/models/{slug}/runs/{run}/${answer}`, tag: MODELS_TAG, scopes: ["write"], summary, description, masks: runMask, params: modelRunParams, responses: { 200: modelRun },
    handle: async ({ params, workspaceId, actor, nowMs }) => {
      const run = await deps.workspaceDb.transaction(workspaceId, async (db) => change(db, { workspaceId, actor, nowMs }, await presentModel(db, workspaceId, params.slug), params.run));
      return { status: 200, body: shownRun(run) };
    },
  });
}

// ── Rows ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function changesRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET", path: "/models/{slug}/changes", tag: MODELS_TAG, scopes: ["read"], summary: "What changed in a model's rows",
    description: "The newest first; with `run` of one run, also of one that asks: what would change. Rows about people who are suppressed are told without their values.",
    masks: changesMask, params: modelParams, query: modelChangesQuery, responses: { 200: modelChanges },
    handle: async ({ params, query, caller, workspaceId }) => {
      const { deps, scan } = services;
      if (query.person !== undefined && !hasScope(caller, "personal_data")) throw new AppError("forbidden", { detail: missingScope("personal_data") });
      const [model, run] = await deps.workspaceDb.run(workspaceId, async (db) => {
        const found = await presentModel(db, workspaceId, params.slug);
        return [found, query.run === undefined ? undefined : await presentRun(db, workspaceId, found.id, query.run)] as const;
      });
      const [beforeSeq] = decodeCursor(z.tuple([cursorRow]), query.cursor) ?? [];
      const rows = await readRowLog((sql, values) => scan(workspaceId, sql, values), {
        modelId: model.id, lastSeq: model.lastSeq, run: run === undefined ? undefined : { id: run.id, askingNr: run.status === "asking" ? (run.nr ?? undefined) : undefined }, change: query.change,
        person: query.person === undefined ? undefined : await personOf(services, workspaceId, model, query.person), beforeSeq, limit: query.limit + 1,
      });
      const suppressed = await suppressedInRows(services, workspaceId, model, rows);
      return { status: 200, body: pageFrom(rows, query.limit, (one) => shownChange(one, one.person.some((value) => suppressed.has(value)), one.seq <= model.lastSeq), (one) => [one.seq]) };
    },
  });
}

/** As rows keep it. Throws `bad_request` where the model names nobody by that. */
async function personOf({ settings, findIdentifier, deps }: ApiServices, workspaceId: number, model: StoredModel, text: string): Promise<string> {
  const [namespace = "", ...rest] = text.split(":");
  const value = rest.join(":");
  if (model.definition.person?.namespace !== namespace) {
    throw new AppError("bad_request", { detail: `The model's rows are about ${model.definition.person === undefined ? "nobody" : `people by ${model.definition.person.namespace}`}.`, hint: "Name the namespace that the model names." });
  }
  return findIdentifier(workspaceId, await settings.get(workspaceId, deps.clock.nowMs()), { namespace, value })?.value ?? value.trim();
}

interface DeliveryOfRow {
  readonly destination_id: number;
  readonly subscription_id: number;
  readonly position: number;
  readonly outcome: string;
  readonly code: string;
  readonly detail: string;
  readonly status: number;
  readonly attempts: number;
  readonly finished_ms: number;
  readonly request_id: string;
}

function historyRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET", path: "/models/{slug}/rows/history", tag: MODELS_TAG, scopes: ["read", "personal_data"], summary: "A row's whole history",
    description: "By its key: every change of it that is in force, and what became of each at every destination.", params: modelParams, query: rowHistoryQuery, responses: { 200: rowHistory },
    handle: async ({ params, query, workspaceId }) => {
      const { deps, scan } = services;
      const model = await deps.workspaceDb.run(workspaceId, (db) => presentModel(db, workspaceId, params.slug));
      const rows = await readRowLog((sql, values) => scan(workspaceId, sql, values), { modelId: model.id, lastSeq: model.lastSeq, keyText: query.key, limit: HISTORY_MAX });
      if (rows.length === 0) throw new AppError("not_found", { detail: "The model never had a row with this key.", hint: "`key` is the JSON array of the key's values as text, as GET /models/{slug}/changes tells it." });
      const deliveries = await deliveriesOf(services, workspaceId, model.id, rows.map(({ seq }) => seq));
      const suppressed = await suppressedInRows(services, workspaceId, model, rows);
      return { status: 200, body: { data: rows.map((one) => ({ ...shownChange(one, one.person.some((value) => suppressed.has(value)), true), deliveries: deliveries.get(one.seq) ?? [] })) } };
    },
  });
}

/** By the number of the change. Those that wait for another attempt stand with the destination. */
async function deliveriesOf({ deps, scan }: ApiServices, workspaceId: number, modelId: number, seqs: readonly number[]) {
  const subscriptions = await deps.workspaceDb.run(workspaceId, async (db) => {
    const { rows } = await db.query<{ id: number; destinationId: number; slug: string }>(
      `select s.id, s.destination_id as "destinationId", d.slug from subscription s join destination d on d.id = s.destination_id
       where s.workspace_id = $1 and s.definition->'trigger'->>'kind' = 'model' and (s.definition->'trigger'->>'modelId')::integer = $2`, [workspaceId, modelId],
    );
    return rows;
  });
  if (subscriptions.length === 0) return new Map();
  const slugs = new Map(subscriptions.map(({ destinationId, slug }) => [destinationId, slug]));
  const found = await scan<DeliveryOfRow>(
    workspaceId,
    `select destination_id, subscription_id, position, outcome, code, detail, status, attempts, toInt64(toUnixTimestamp64Milli(finished_at)) as finished_ms, toString(request_id) as request_id from deliveries
      where workspace_id = {workspace:UInt32} and destination_id in {destinations:Array(UInt32)} and subscription_id in {subscriptions:Array(UInt32)} and match(stream, '^(rows|model) ') and position in {seqs:Array(UInt64)}
      order by finished_at desc limit 1 by destination_id, subscription_id, stream, position, finished_at limit 1000`,
    { destinations: [...slugs.keys()], subscriptions: subscriptions.map(({ id }) => id), seqs },
  );
  const shown = (one: DeliveryOfRow) => ({
    destination: slugs.get(one.destination_id) ?? "", subscription: one.subscription_id, outcome: one.outcome, code: one.code, detail: one.detail, status: one.status, attempts: one.attempts,
    finished_at: new Date(one.finished_ms).toISOString(), request_id: one.request_id === NO_REQUEST ? null : one.request_id,
  });
  return new Map([...Map.groupBy(found, ({ position }) => position)].map(([seq, of]) => [seq, of.map(shown)]));
}
