// Destinations of a workspace: set up, changed, tried, put away. What connects them to somebody else's systems (settings, switches,
// whom they are tried with) takes the scope `admin`; who may write may rename, switch off and on, and try what is there.
import type { ClientBase } from "pg";
import { emptyQuery } from "@tributary/schema/api/audience-sync.ts";
import {
  changeQuery, choices, choicesQuery, destinationChange, destinationChanged, destinationCreate, destinationDetail, destinationList, destinationListQuery, destinationParams, destinationTest, suggestions,
  suggestionsQuery, type DestinationChanged, type Suggestions,
} from "@tributary/schema/api/destinations.ts";
import { checkMapping } from "@tributary/schema/destination/check-mapping.ts";
import type { Action, DestinationDefinition, Field } from "@tributary/schema/destination/definition.ts";
import { mapping as mappingShape, type Mapping } from "@tributary/schema/destination/mapping.ts";
import { withoutOptInProblems } from "@tributary/schema/destination/opt-in.ts";
import { isRecord } from "@tributary/schema/is-record.ts";
import {
  actionOf, archiveDestination, changeDestination, connectionOf, createDestination, destinationInUse, goneText, keepTokens, placeProblems, presentDestination, problemsText, readDestinations, readReferences, readSubscriptions,
  secretTexts, type Connection, type Destination, type RefreshedTokens, type StoredDestination, type StoredSubscription,
} from "../destinations/destinations.ts";
import { AppError } from "../core/errors.ts";
import { emptyDestination, hasBegun, startSync } from "../delivery/delivery.ts";
import { hasScope, namesOfActors, recordAudit } from "../governance/governance.ts";
import { fields, keep, within } from "./answer-masks.ts";
import type { ApiServices } from "./api-services.ts";
import { presentKind } from "./catalog.ts";
import { defineRoute, type Route, type RouteContext } from "./define-route.ts";
import { destinationDetailOf, destinationMask, exchangesMask, shownDestination, shownExchange, withoutSecrets } from "./destinations-shown.ts";
import { goneOf } from "./gone.ts";
import { loadVocabulary } from "../audiences/audiences.ts";
import { missingScope } from "./masked-reading.ts";
import { inOwnWords } from "./preset-vocabulary.ts";

export const DESTINATIONS_TAG = "Destinations";

export function destinationRoutes(services: ApiServices): Route[] {
  return [
    listRoute(services), createRoute(services), readRoute(services), changeRoute(services), archiveRoute(services), testRoute(services), choicesRoute(services), suggestionsRoute(services),
  ];
}

function listRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/destinations",
    tag: DESTINATIONS_TAG,
    scopes: ["read"],
    summary: "The workspace's destinations",
    description: "By name.",
    query: destinationListQuery,
    responses: { 200: destinationList },
    handle: async ({ query, workspaceId }) => {
      const kinds = new Map((await deps.catalog.list()).map((one) => [one.slug, one]));
      const [stored, names] = await deps.workspaceDb.run(workspaceId, async (db) => {
        const all = await readDestinations(db, workspaceId);
        return [all, await namesOfActors(db, workspaceId, all.map(({ updatedBy }) => updatedBy))] as const;
      });
      const words = (query.search ?? "").toLowerCase().split(/\s+/).filter((word) => word !== "");
      const isFound = (one: StoredDestination): boolean => words.every((word) => `${one.name}\n${one.slug}\n${one.definition}\n${kinds.get(one.definition)?.name ?? ""}`.toLowerCase().includes(word));
      return { status: 200, body: { data: stored.filter((one) => one.status === query.status && isFound(one)).map((one) => shownDestination(one, kinds.get(one.definition), names)) } };
    },
  });
}

function createRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/destinations",
    tag: DESTINATIONS_TAG,
    scopes: ["admin"],
    summary: "Set up a destination",
    description: "Refused with `invalid_settings` where the settings would not do. It sends nothing until it and a subscription are switched on.",
    masks: destinationMask,
    body: destinationCreate,
    responses: { 201: destinationDetail },
    handle: async ({ body, workspaceId, actor, nowMs }) => {
      const { workspaceDb, destinationSeal: seal } = services.deps;
      const kind = await presentKind(services, body.definition);
      await refusePlaces(services, kind, body.settings);
      const wish = { slug: body.slug, name: body.name, settings: body.settings, enabled: body.enabled, testPeople: body.test_people, perSecond: body.per_second, account: body.account, features: body.features };
      const made = await workspaceDb.transaction(workspaceId, async (db) => destinationDetailOf(db, { workspaceId, seal, kind }, await createDestination(db, seal, { workspaceId, actor, nowMs }, kind, wish)));
      return { status: 201, body: made };
    },
  });
}

/** Throws `invalid_settings` where a setting names a place that may not be reached. */
async function refusePlaces({ deps }: ApiServices, { definition }: Destination, settings: Readonly<Record<string, unknown>>): Promise<void> {
  const problems = await placeProblems(deps.outbound, definition, settings);
  if (problems.length > 0) throw new AppError("invalid_settings", { detail: problemsText(problems), hint: "OUTBOUND_PRIVATE_HOSTS names private hosts that may be reached." });
}

function readRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/destinations/{slug}",
    tag: DESTINATIONS_TAG,
    scopes: ["read"],
    summary: "One destination",
    description: "With its settings, but for secrets, of which it only says which are set.",
    masks: destinationMask,
    params: destinationParams,
    responses: { 200: destinationDetail },
    handle: async ({ params, workspaceId }) => {
      const found = await deps.workspaceDb.run(workspaceId, (db) => presentDestination(db, workspaceId, params.slug));
      const kind = await deps.catalog.find(found.definition);
      return { status: 200, body: await deps.workspaceDb.run(workspaceId, (db) => destinationDetailOf(db, { workspaceId, seal: deps.destinationSeal, kind }, found)) };
    },
  });
}

/** Undoes a transaction that only asked what would happen. */
export class DryRun<Answer> extends Error {
  readonly answer: Answer;

  constructor(answer: Answer) {
    super("a dry run");
    this.answer = answer;
  }
}

/** What `change` answers, of which nothing stays where `isDry`. */
export async function changing<Answer>({ deps }: ApiServices, workspaceId: number, isDry: boolean, change: (db: ClientBase) => Promise<Answer>): Promise<Answer> {
  try {
    return await deps.workspaceDb.transaction(workspaceId, async (db) => {
      const answer = await change(db);
      if (isDry) throw new DryRun(answer);
      return answer;
    });
  } catch (error) {
    if (error instanceof DryRun) return error.answer as Answer; // No other is thrown in there.
    throw error;
  }
}

const adminFields = ["settings", "features", "test_people", "per_second", "account"] as const;

function changeRoute(services: ApiServices): Route {
  return defineRoute({
    method: "PATCH",
    path: "/destinations/{slug}",
    tag: DESTINATIONS_TAG,
    scopes: ["write"],
    summary: "Change a destination",
    description:
      `What is left out stays, secrets too. ${adminFields.map((name) => `\`${name}\``).join(", ")} take the scope \`admin\`. Switching it on answers with the audiences whose people are then sent; with ` +
      "`dry_run` nothing is changed, and it is said all the same.",
    masks: fields({ dry_run: keep, changed: keep, backfill: keep, destination: destinationMask }),
    params: destinationParams,
    query: changeQuery,
    body: destinationChange,
    responses: { 200: destinationChanged },
    handle: async ({ params, query, body, caller, workspaceId, actor, nowMs }) => {
      if (adminFields.some((name) => body[name] !== undefined) && !hasScope(caller, "admin")) throw new AppError("forbidden", { detail: missingScope("admin") });
      const { catalog, destinationSeal: seal, workspaceDb } = services.deps;
      const kind = await catalog.find((await workspaceDb.run(workspaceId, (db) => presentDestination(db, workspaceId, params.slug))).definition);
      if (kind !== undefined && body.settings !== undefined) await refusePlaces(services, kind, body.settings);
      const change = { name: body.name, settings: body.settings, enabled: body.enabled, testPeople: body.test_people, perSecond: body.per_second, account: body.account, features: body.features, version: body.version };
      const isDry = query.dry_run === "true";
      const answer = await changing(services, workspaceId, isDry, async (db): Promise<DestinationChanged> => {
        const { before, after, changed } = await changeDestination(db, seal, { workspaceId, actor, nowMs }, kind, params.slug, change);
        const isOpened = before.enabled && before.testPeople !== null && after.testPeople === null;
        const on = (!before.enabled || isOpened) && after.enabled ? (await readSubscriptions(db, workspaceId, after.id)).filter(({ enabled }) => enabled) : [];
        if (before.testPeople !== null && after.testPeople === null) await openAudiences(db, { workspaceId, actor, nowMs }, await readSubscriptions(db, workspaceId, after.id));
        return { dry_run: isDry, changed: [...changed], backfill: await backfillOf(db, workspaceId, on), destination: await destinationDetailOf(db, { workspaceId, seal, kind }, after) };
      });
      return { status: 200, body: answer };
    },
  });
}

/** While it was limited to some people, the others were neither told nor taken away. */
async function openAudiences(db: ClientBase, { workspaceId, ...by }: { readonly workspaceId: number; readonly actor: string; readonly nowMs: number }, all: readonly StoredSubscription[]): Promise<void> {
  for (const { id, enabled, definition: { trigger } } of all) {
    const of = { workspaceId, subscriptionId: id };
    if (enabled && trigger.kind === "audience" && trigger.backfill && (await hasBegun(db, of))) await startSync(db, of, { kind: "differences", isOther: true, ...by });
  }
}

/** Whom subscriptions to audiences send that begin to send now. */
export async function backfillOf(db: ClientBase, workspaceId: number, starting: readonly StoredSubscription[]): Promise<DestinationChanged["backfill"]> {
  const audiences = (await readReferences(db, workspaceId, starting)).audiences;
  return starting.flatMap(({ id, name, definition: { trigger } }) => {
    const audience = trigger.kind === "audience" ? audiences.get(trigger.audienceId) : undefined;
    if (audience === undefined || trigger.kind !== "audience") return [];
    const sent = trigger.backfill && trigger.on !== "exited" ? Math.round(audience.size * (1 - trigger.holdOut)) : 0;
    return [{ subscription: id, name, audience: audience.slug, people: audience.size, sent }];
  });
}

function archiveRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "DELETE",
    path: "/destinations/{slug}",
    tag: DESTINATIONS_TAG,
    scopes: ["admin"],
    summary: "Archive a destination",
    description:
      "It and its subscriptions stop, and its settings and tokens are deleted; what was sent to it stays on record. At the vendor nothing is removed but with `empty`: then it is archived when everybody who was " +
      "told to be in an audience is taken away there.",
    params: destinationParams,
    query: emptyQuery,
    responses: { 200: destinationDetail },
    masks: destinationMask,
    handle: async ({ params, query, workspaceId, actor, nowMs }) => {
      const { destinationSeal: seal } = deps;
      const by = { workspaceId, actor, nowMs };
      const gone = async (db: ClientBase): Promise<StoredDestination> => {
        const to = await presentDestination(db, workspaceId, params.slug);
        if (query.empty !== "true" || to.status === "archived" || !(await emptyDestination(db, by, to))) return archiveDestination(db, seal, by, params.slug);
        return (await changeDestination(db, seal, by, undefined, params.slug, { enabled: false })).after;
      };
      return { status: 200, body: await deps.workspaceDb.transaction(workspaceId, async (db) => destinationDetailOf(db, { workspaceId, seal, kind: undefined }, await gone(db))) };
    },
  });
}

// ── Calls to the vendor ───────────────────────────────────────────────────────────────────────────────────────────

export interface Called {
  readonly stored: StoredDestination;
  readonly kind: Destination;
  readonly connection: Connection;
  readonly signal: AbortSignal;
  /** What must stand in nothing that is shown. */
  readonly secrets: readonly string[];
  /** To be kept at once. */
  readonly keep: (tokens: RefreshedTokens | undefined) => Promise<void>;
}

/** A destination in use of the caller's workspace, about to be called by hand: not too often, and not for ever. */
export async function calling<T>(services: ApiServices, slug: string, { workspaceId, nowMs, reply }: Pick<RouteContext<unknown, unknown, unknown>, "workspaceId" | "nowMs" | "reply">, call: (called: Called) => Promise<T>): Promise<T> {
  const { deps, tries, tryGate, limits } = services;
  const stored = await deps.workspaceDb.run(workspaceId, (db) => destinationInUse(db, workspaceId, slug));
  const kind = await deps.catalog.find(stored.definition);
  if (kind === undefined) throw new AppError("conflict", { detail: goneText(stored), hint: "Archive it." });
  tries.take(workspaceId, nowMs);
  const connection = connectionOf(deps.destinationSeal, workspaceId, stored);
  const secrets = [...secretTexts(kind.definition, connection.settings), ...Object.values(connection.oauth ?? {}).filter((token): token is string => typeof token === "string")];
  const keepNew = async (tokens: RefreshedTokens | undefined): Promise<void> => {
    if (tokens !== undefined) await deps.workspaceDb.run(workspaceId, (db) => keepTokens(db, deps.destinationSeal, connection, tokens));
  };
  const gone = goneOf(reply);
  return tryGate.pass(() => call({ stored, kind, connection, secrets, keep: keepNew, signal: AbortSignal.any([gone, AbortSignal.timeout(limits.tryTimeoutMs)]) }));
}

function testRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/destinations/{slug}/test",
    tag: DESTINATIONS_TAG,
    scopes: ["write"],
    summary: "Try a destination's settings",
    description: "Calls the vendor once, as little as will do, and shows what was asked and answered, without secrets.",
    masks: fields({ ok: keep, detail: within, exchanges: exchangesMask }),
    params: destinationParams,
    responses: { 200: destinationTest },
    handle: async (context) => {
      const { params, workspaceId, actor, nowMs } = context;
      const answer = await calling(services, params.slug, context, async ({ kind, connection, signal, secrets, keep: keepNew }) => {
        if (!kind.definition.canTest) throw new AppError("conflict", { detail: `${kind.definition.name} can't be tried without sending something.`, hint: "Send a test event by a subscription." });
        const tried = await kind.test(connection, signal);
        if ("refreshed" in tried) await keepNew(tried.refreshed);
        return { ok: tried.isGood, detail: tried.isGood ? null : withoutSecrets(tried.detail, secrets), exchanges: tried.exchanges.map((one) => shownExchange(one, secrets)) };
      });
      await services.deps.workspaceDb.run(workspaceId, (db) => recordAudit(db, { workspaceId, actor, action: "destination.test", target: `destination:${params.slug}`, detail: { ok: answer.ok } }, nowMs));
      return { status: 200, body: answer };
    },
  });
}

function choicesRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/destinations/{slug}/choices",
    tag: DESTINATIONS_TAG,
    scopes: ["write"],
    summary: "What the vendor offers for a field",
    description: "Of fields that say `isDynamic`: lists, columns, templates that the account has.",
    params: destinationParams,
    query: choicesQuery,
    responses: { 200: choices },
    handle: async (context) => {
      const { params, query } = context;
      const payload = jsonObject(query.payload);
      return calling(services, params.slug, context, async ({ kind, connection, signal }) => {
        const field = actionOf(kind.definition, query.action)?.fields.find(({ key }) => key === query.field.split(".")[0]);
        if (field === undefined) throw new AppError("not_found", { detail: `${kind.definition.name} has no field \`${query.field}\` in an action \`${query.action}\`.` });
        if (kind.choices === undefined) throw new AppError("conflict", { detail: `${kind.definition.name} offers no choices.`, hint: "Write the value." });
        const data = await kind.choices(connection, query.action, query.field, payload, signal);
        return { status: 200 as const, body: { data: data.map(({ value, label }) => ({ value, label })) } };
      });
    },
  });
}

function jsonObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text);
    if (isRecord(parsed)) return parsed;
  } catch {
    // Said below.
  }
  throw new AppError("bad_request", { detail: "`payload` is no JSON object." });
}

// ── Suggestions ───────────────────────────────────────────────────────────────────────────────────────────────────

function suggestionsRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/destinations/{slug}/suggestions",
    tag: DESTINATIONS_TAG,
    scopes: ["read"],
    summary: "Mappings to begin with",
    description: "What the action's fields take when nothing is said, and the presets for it, orders and refunds in the words of the workspace's vocabulary.",
    params: destinationParams,
    query: suggestionsQuery,
    responses: { 200: suggestions },
    handle: async ({ params, query, workspaceId }) => {
      const stored = await services.deps.workspaceDb.run(workspaceId, (db) => presentDestination(db, workspaceId, params.slug));
      const { definition } = await presentKind(services, stored.definition);
      const action = actionOf(definition, query.action);
      if (action === undefined) throw new AppError("not_found", { detail: `${definition.name} has no action \`${query.action}\`.` });
      const { inForce } = await services.deps.workspaceDb.run(workspaceId, (db) => loadVocabulary(db, workspaceId));
      return { status: 200, body: suggestionsFor({ ...definition, presets: definition.presets.map((one) => inOwnWords(one, inForce)) }, action) };
    },
  });
}

function suggestionsFor(definition: DestinationDefinition, action: Action): Suggestions {
  const asked = (mapping: Record<string, unknown>): Record<string, unknown> => {
    const read = mappingShape.safeParse(mapping);
    return read.success ? { ...withoutOptInProblems(read.data, action) } : mapping;
  };
  const defaults = asked(defaultsOf(action.fields));
  const syncMode = action.syncModes?.default;
  const presets = definition.presets.filter((one) => one.action === action.key);
  return {
    mapping: defaults, sync_mode: syncMode ?? null, missing: checkMapping(mappingOf(defaults), action, syncMode),
    presets: presets.map(({ key, name, trigger, filter, mapping }) => ({ key, name, trigger, filter: filter ?? null, mapping: asked({ ...defaults, ...mapping }) })),
  };
}

/** Objects are suggested by their properties, unless they say themselves what they take. */
function defaultsOf(all: readonly Field[]): Record<string, unknown> {
  const entries = all.flatMap((field): [string, unknown][] => {
    if (field.default !== undefined) return [[field.key, field.default]];
    const inner = field.type === "object" && !field.isMultiple ? defaultsOf(field.properties ?? []) : {};
    return Object.keys(inner).length > 0 ? [[field.key, inner]] : [];
  });
  return Object.fromEntries(entries);
}

function mappingOf(value: Readonly<Record<string, unknown>>): Mapping {
  const read = mappingShape.safeParse(value);
  return read.success ? read.data : {};
}
