// What a workspace's events mean. It changes no decision of the pipeline, so a change holds at once, for what came before as well.
import { moneyProblem, moneyProblemText, moneyUnit } from "@tributary/schema/audience/money.ts";
import type { PropertyName } from "@tributary/schema/audience/vocabulary-names.ts";
import { observedPaths, type RoleInForce } from "@tributary/schema/audience/vocabulary.ts";
import { vocabularyAnswer, vocabularyBody, type MoneyAnswer, type VocabularyAnswer, type VocabularyRoleAnswer } from "@tributary/schema/api/vocabulary.ts";
import { arrivingCurrencies, loadVocabulary, saveVocabulary, type LoadedVocabulary } from "../audiences/audiences.ts";
import type { ApiServices } from "./api-services.ts";
import { defineRoute, type Route } from "./define-route.ts";

const TAG = "Vocabulary";

export function vocabularyRoutes(services: ApiServices): Route[] {
  return [readRoute(services), changeRoute(services)];
}

function readRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/vocabulary",
    tag: TAG,
    scopes: ["read"],
    summary: "Which events and properties mean an order, a refund, a subscription …",
    description: "What is set, what is recognised among the names that arrive, how often each arrived, and whether values can be added up.",
    responses: { 200: vocabularyAnswer },
    handle: async ({ workspaceId }) => ({ status: 200, body: await answer(services, workspaceId) }),
  });
}

function changeRoute(services: ApiServices): Route {
  return defineRoute({
    method: "PUT",
    path: "/vocabulary",
    tag: TAG,
    scopes: ["admin"],
    summary: "Set the vocabulary",
    description: "The whole of it; what is left out is recognised. It holds at once, and for what has come before.",
    body: vocabularyBody,
    responses: { 200: vocabularyAnswer },
    handle: async ({ body: { version, vocabulary }, workspaceId, actor, nowMs }) => {
      await services.deps.workspaceDb.transaction(workspaceId, (db) => saveVocabulary(db, { workspaceId, actor, nowMs, version, vocabulary }));
      return { status: 200, body: await answer(services, workspaceId) };
    },
  });
}

async function answer({ deps, scan }: ApiServices, workspaceId: number): Promise<VocabularyAnswer> {
  const loaded = await deps.workspaceDb.run(workspaceId, (db) => loadVocabulary(db, workspaceId));
  const { version, changedAt, stored, inForce } = loaded;
  const arriving = await arrivingCurrencies(scan, workspaceId, inForce);
  const problem = moneyProblem(inForce.money, arriving);
  const money: MoneyAnswer = {
    unit: moneyUnit(inForce.money, arriving),
    currencies: arriving.map(({ currency, count, firstMs }) => ({ currency, count, first_at: new Date(firstMs).toISOString() })),
    problem: problem === undefined ? null : { kind: problem.kind, currencies: [...problem.currencies], ...moneyProblemText(problem) },
  };
  return { version, changed_at: changedAt?.toISOString() ?? null, stored, roles: Object.values(inForce.roles).map((role) => shownRole(role, loaded)), money };
}

function shownRole(role: RoleInForce, { names, paths }: LoadedVocabulary): VocabularyRoleAnswer {
  const countOf = new Map(names.map(({ event, count }) => [event, count]));
  const events = new Set(role.events);
  const ofRole = new Map<string, number>();
  for (const { event, path, count } of paths) if (events.has(event)) ofRole.set(path, (ofRole.get(path) ?? 0) + count);
  const counted = (property: PropertyName, path: string): { path: string; count: number } =>
    ({ path, count: Math.max(0, ...observedPaths(role, property, path).map((one) => ofRole.get(one) ?? 0)) });
  const properties = (Object.entries(role.properties) as [PropertyName, readonly string[]][]).map(([property, given]) => { // Its names are those.
    const found = given.map((path) => counted(property, path));
    return { property, paths: found, by: role.propertiesSet.includes(property) ? "set" as const : found.some(({ count }) => count > 0) ? "recognised" as const : "missing" as const };
  });
  const where = role.where && { paths: role.where.paths.map((path) => ({ path, count: ofRole.get(path) ?? 0 })), values: role.where.values };
  return { role: role.role, by: role.by, events: role.events.map((event) => ({ event, count: countOf.get(event) ?? 0 })), properties, where };
}
