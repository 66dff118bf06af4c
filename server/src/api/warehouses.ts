// Warehouses of a workspace: connected, changed, tried, looked into, put away. Settings take the scope `admin`; who may write may rename and
// try what is there.
import type { ClientBase } from "pg";
import {
  warehouseChange, warehouseChanged, warehouseCheck, warehouseCheckBody, warehouseCreate, warehouseDetail, warehouseKindList, warehouseKindParams, warehouseList, warehouseListQuery, warehouseParams, warehouseTables,
  warehouseTablesQuery, warehouseTest, type Warehouse as ShownWarehouse, type WarehouseDetail,
} from "@tributary/schema/api/warehouses.ts";
import { AppError } from "../core/errors.ts";
import { secretKeys, secretTexts, settingsProblems, shownSettings } from "../core/kept-settings.ts";
import { hasScope, namesOfActors, recordAudit } from "../governance/governance.ts";
import { modelsOfWarehouse } from "../models/models.ts";
import {
  archiveWarehouse, changedSettings, changeWarehouse, createWarehouse, holdWarehouse, presentWarehouse, readableWarehouseSettings, readWarehouses, refuseWarehouseSettings, warehouseKind, WarehouseError,
  warehouseSettings, type StoredWarehouse, type Warehouse, type WarehouseKind,
} from "../warehouses/warehouses.ts";
import { fields, keep, within } from "./answer-masks.ts";
import type { ApiServices } from "./api-services.ts";
import { defineRoute, type Route, type RouteContext } from "./define-route.ts";
import { exchangesMask, shownExchange, withoutSecrets } from "./destinations-shown.ts";
import { goneOf } from "./gone.ts";
import { missingScope } from "./masked-reading.ts";

const WAREHOUSES_TAG = "Warehouses";

export function warehouseRoutes(services: ApiServices): Route[] {
  return [
    kindsRoute(services), checkRoute(services), listRoute(services), createRoute(services), readRoute(services), changeRoute(services), archiveRoute(services), testRoute(services), tablesRoute(services),
  ];
}

// ── Kinds ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function kindsRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/warehouse-kinds",
    tag: WAREHOUSES_TAG,
    scopes: ["read"],
    summary: "What can be read from",
    description: "With the settings that each kind asks for, and what each was tried against.",
    responses: { 200: warehouseKindList },
    handle: () => Promise.resolve({ status: 200 as const, body: { data: [...deps.warehouseKinds.values()].map(({ definition }) => ({ ...definition, secrets: secretKeys(definition) })) } }),
  });
}

function presentKind({ deps }: ApiServices, slug: string): WarehouseKind {
  const kind = deps.warehouseKinds.get(slug);
  if (kind === undefined) throw new AppError("not_found", { detail: `There is no kind of warehouse \`${slug}\`.`, hint: "Look at the slugs of GET /warehouse-kinds." });
  return kind;
}

function checkRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/warehouse-kinds/{kind}/check",
    tag: WAREHOUSES_TAG,
    scopes: ["read"],
    summary: "Check settings of a warehouse",
    description: "What is wrong with them, before they are kept. Nothing is called.",
    params: warehouseKindParams,
    body: warehouseCheckBody,
    responses: { 200: warehouseCheck },
    handle: ({ params, body }) => {
      const problems = settingsProblems(presentKind(services, params.kind), body.settings);
      return Promise.resolve({ status: 200 as const, body: { ok: problems.length === 0, problems } });
    },
  });
}

// ── Warehouses ────────────────────────────────────────────────────────────────────────────────────────────────────

function shown(one: StoredWarehouse, kind: WarehouseKind | undefined, names: ReadonlyMap<string, string>): ShownWarehouse {
  return {
    slug: one.slug, name: one.name, kind: one.kind, kind_name: kind?.definition.name ?? null, reads: kind?.definition.reads ?? null, status: one.status, version: one.version,
    created_at: one.createdAt.toISOString(), created_by: one.createdBy, updated_at: one.updatedAt.toISOString(), updated_by: one.updatedBy, updated_by_name: names.get(one.updatedBy) ?? null,
  };
}

async function detailOf({ deps }: ApiServices, db: ClientBase, workspaceId: number, one: StoredWarehouse): Promise<WarehouseDetail> {
  const kind = deps.warehouseKinds.get(one.kind);
  const kept = readableWarehouseSettings(deps.warehouseSeal, workspaceId, one);
  const { settings, secrets } = shownSettings(kind?.definition, kept);
  const problems = one.status === "archived" ? [] : kind === undefined ? [{ field: "", problem: `There is no kind \`${one.kind}\` any more.` }] : settingsProblems(kind, kept);
  return {
    ...shown(one, kind, await namesOfActors(db, workspaceId, [one.updatedBy])), settings: { ...settings }, secrets: { ...secrets }, problems, models: await modelsOfWarehouse(db, workspaceId, one.slug),
  };
}

function listRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/warehouses",
    tag: WAREHOUSES_TAG,
    scopes: ["read"],
    summary: "The workspace's warehouses",
    description: "By name.",
    query: warehouseListQuery,
    responses: { 200: warehouseList },
    handle: ({ query, workspaceId }) => deps.workspaceDb.run(workspaceId, async (db) => {
      const all = (await readWarehouses(db, workspaceId)).filter(({ status }) => status === query.status);
      const names = await namesOfActors(db, workspaceId, all.map(({ updatedBy }) => updatedBy));
      return { status: 200 as const, body: { data: all.map((one) => shown(one, deps.warehouseKinds.get(one.kind), names)) } };
    }),
  });
}

function createRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/warehouses",
    tag: WAREHOUSES_TAG,
    scopes: ["admin"],
    summary: "Connect a warehouse",
    description: "Refused with `invalid_settings` where the settings would not do, or where they lead to an address that may not be reached.",
    body: warehouseCreate,
    responses: { 201: warehouseDetail },
    handle: async ({ body, workspaceId, actor, nowMs }) => {
      const { workspaceDb, warehouseSeal: seal } = services.deps;
      const kind = presentKind(services, body.kind);
      await refuseWarehouseSettings(kind, body.settings);
      const made = await workspaceDb.transaction(workspaceId, async (db) => detailOf(services, db, workspaceId, await createWarehouse(db, seal, { workspaceId, actor, nowMs }, kind, body)));
      return { status: 201, body: made };
    },
  });
}

function readRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/warehouses/{slug}",
    tag: WAREHOUSES_TAG,
    scopes: ["read"],
    summary: "One warehouse",
    description: "With its settings, but for secrets, of which it only says which are set, and with the models that read it.",
    params: warehouseParams,
    responses: { 200: warehouseDetail },
    handle: ({ params, workspaceId }) => services.deps.workspaceDb.run(workspaceId, async (db) => ({ status: 200 as const, body: await detailOf(services, db, workspaceId, await presentWarehouse(db, workspaceId, params.slug)) })),
  });
}

function changeRoute(services: ApiServices): Route {
  return defineRoute({
    method: "PATCH",
    path: "/warehouses/{slug}",
    tag: WAREHOUSES_TAG,
    scopes: ["write"],
    summary: "Change a warehouse",
    description: "What is left out stays, secrets too. `settings` take the scope `admin`.",
    params: warehouseParams,
    body: warehouseChange,
    responses: { 200: warehouseChanged },
    handle: async ({ params, body, caller, workspaceId, actor, nowMs }) => {
      if (body.settings !== undefined && !hasScope(caller, "admin")) throw new AppError("forbidden", { detail: missingScope("admin") });
      const { workspaceDb, warehouseSeal: seal, warehouseKinds } = services.deps;
      const before = await workspaceDb.run(workspaceId, (db) => presentWarehouse(db, workspaceId, params.slug));
      const settings = body.settings === undefined ? undefined : await changedSettings(seal, workspaceId, warehouseKind(warehouseKinds, before), before, body.settings);
      const answer = await workspaceDb.transaction(workspaceId, async (db) => {
        const { after, changed } = await changeWarehouse(db, seal, { workspaceId, actor, nowMs }, before, { name: body.name, settings, version: body.version });
        return { changed: [...changed], warehouse: await detailOf(services, db, workspaceId, after) };
      });
      return { status: 200, body: answer };
    },
  });
}

function archiveRoute(services: ApiServices): Route {
  return defineRoute({
    method: "DELETE",
    path: "/warehouses/{slug}",
    tag: WAREHOUSES_TAG,
    scopes: ["admin"],
    summary: "Archive a warehouse",
    description: "Its settings are deleted. Refused with `in_use` while a model reads it.",
    params: warehouseParams,
    responses: { 200: warehouseDetail },
    handle: async ({ params, workspaceId, actor, nowMs }) => {
      const { workspaceDb, warehouseSeal: seal } = services.deps;
      const body = await workspaceDb.transaction(workspaceId, async (db) =>
        detailOf(services, db, workspaceId, await archiveWarehouse(db, seal, { workspaceId, actor, nowMs }, params.slug, (within) => modelsOfWarehouse(within, workspaceId, params.slug))));
      return { status: 200, body };
    },
  });
}

// ── Looking into one ──────────────────────────────────────────────────────────────────────────────────────────────

/** One in use of the caller's workspace, about to be asked by hand: not too often, and not for ever. */
async function looking<T>(
  { deps, tries, tryGate, limits }: ApiServices, slug: string, { workspaceId, nowMs, reply }: Pick<RouteContext<unknown, unknown, unknown>, "workspaceId" | "nowMs" | "reply">,
  look: (warehouse: Warehouse, signal: AbortSignal, secrets: readonly string[]) => Promise<T>,
): Promise<T> {
  const stored = await deps.workspaceDb.run(workspaceId, (db) => holdWarehouse(db, workspaceId, slug));
  const kind = warehouseKind(deps.warehouseKinds, stored);
  tries.take(workspaceId, nowMs);
  const settings = warehouseSettings(deps.warehouseSeal, workspaceId, stored);
  const signal = AbortSignal.any([goneOf(reply), AbortSignal.timeout(limits.tryTimeoutMs)]);
  return tryGate.pass(() => look(kind.open({ workspaceId, settings }), signal, secretTexts(kind.definition, settings)));
}

function testRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/warehouses/{slug}/test",
    tag: WAREHOUSES_TAG,
    scopes: ["write"],
    summary: "Try a warehouse's settings",
    description: "Asks it for as little as will do, and shows what was asked and answered, without secrets.",
    masks: fields({ ok: keep, detail: within, exchanges: exchangesMask }),
    params: warehouseParams,
    responses: { 200: warehouseTest },
    handle: async (context) => {
      const { params, workspaceId, actor, nowMs } = context;
      const body = await looking(services, params.slug, context, async (warehouse, signal, secrets) => {
        const tried = await warehouse.test(signal);
        return { ok: tried.isGood, detail: tried.isGood ? null : withoutSecrets(tried.detail, secrets), exchanges: tried.exchanges.map((one) => shownExchange(one, secrets)) };
      });
      await services.deps.workspaceDb.run(workspaceId, (db) => recordAudit(db, { workspaceId, actor, action: "warehouse.test", target: `warehouse:${params.slug}`, detail: { ok: body.ok } }, nowMs));
      return { status: 200, body };
    },
  });
}

function tablesRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/warehouses/{slug}/tables",
    tag: WAREHOUSES_TAG,
    scopes: ["write"],
    summary: "What can be read there",
    description: "Tables and views with their columns, or files. Asked of the warehouse now, and cut at some hundreds: search for more.",
    params: warehouseParams,
    query: warehouseTablesQuery,
    responses: { 200: warehouseTables },
    handle: async (context) => {
      const { params, query } = context;
      const tables = await looking(services, params.slug, context, (warehouse, signal, secrets) => warehouse.tables({ search: query.search, signal }).catch((error: unknown) => {
        if (error instanceof WarehouseError) throw new AppError("vendor_refused", { detail: withoutSecrets(error.message, secrets), hint: "Test the warehouse's settings.", cause: error });
        throw error;
      }));
      return { status: 200, body: { data: tables.map(({ name, columns, bytes }) => ({ name, columns: columns.map((column) => ({ name: column.name, type: column.nativeType })), bytes: bytes ?? null })) } };
    },
  });
}
