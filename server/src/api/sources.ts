// Sources, and the keys that collection turned away. Their write keys: source-keys.ts.
import { z } from "zod";
import { changeReceipt, pageQuery } from "@tributary/schema/api/answer-parts.ts";
import {
  rejectedKeyList,
  rejectedKeyQuery,
  sourceAnswer,
  sourceCreateBody,
  sourceCreated,
  shownSourceKind,
  sourceList,
  sourceParams,
  sourcePatchBody,
  type SourceAnswer,
} from "@tributary/schema/api/workspace.ts";
import { sourceSettings, type SourceSettings } from "@tributary/schema/settings.ts";
import { AppError } from "../core/errors.ts";
import type { Seal } from "../core/sealed-text.ts";
import {
  changeSource,
  createSource,
  createWriteKey,
  listRejectedKeys,
  listSources,
  readSource,
  recordAudit,
  type Source,
} from "../governance/governance.ts";
import type { ApiServices } from "./api-services.ts";
import { cursorId, decodeCursor, pageFrom } from "./cursor.ts";
import { defineRoute, type Route } from "./define-route.ts";
import { shownKey, shownStoredKey } from "./shown-keys.ts";

const TAG = "Sources";

export function sourceRoutes(services: ApiServices): Route[] {
  return [
    listRoute(services),
    createRoute(services),
    readRoute(services),
    patchRoute(services),
    rejectedRoute(services),
  ];
}

const idPlace = z.tuple([cursorId]);

function listRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/sources",
    tag: TAG,
    scopes: ["read"],
    summary: "List the sources",
    query: pageQuery,
    responses: { 200: sourceList },
    handle: async ({ query, workspaceId }) => {
      const after = decodeCursor(idPlace, query.cursor)?.[0] ?? 0;
      const sources = await services.deps.workspaceDb.run(workspaceId, (db) => listSources(db, workspaceId, after, query.limit + 1));
      return { status: 200, body: pageFrom(sources, query.limit, shownSource, (source) => [source.id]) };
    },
  });
}

function readRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/sources/{id}",
    tag: TAG,
    scopes: ["read"],
    summary: "Read one source",
    params: sourceParams,
    responses: { 200: sourceAnswer },
    handle: async ({ params, workspaceId }) => {
      const source = await services.deps.workspaceDb.run(workspaceId, (db) => readSource(db, workspaceId, params.id));
      return { status: 200, body: shownSource(present(source)) };
    },
  });
}

function createRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/sources",
    tag: TAG,
    scopes: ["admin"],
    summary: "Make a source",
    description: "Its write key is in the answer, this once.",
    body: sourceCreateBody,
    responses: { 201: sourceCreated },
    handle: async ({ body, workspaceId, actor }) => {
      const made = await services.deps.workspaceDb.transaction(workspaceId, async (db) => {
        const { slug, settings, ...rest } = body;
        const created = await createSource(db, {
          workspaceId,
          name: rest.name,
          kind: rest.kind,
          allowedOrigins: rest.allowed_origins,
          eventsPerSecond: rest.events_per_second,
          settings: sealed(withoutAbsent(settings), services.sourceSeal, workspaceId),
          ...(slug === undefined ? {} : { slug }),
        });
        const key = await createWriteKey(db, workspaceId, created.id);
        const control = await services.control.append(
          { kind: "source.set", sourceId: created.id, settings: created.settings },
          {
            workspaceId,
            actor,
            action: "source.create",
            target: `source:${created.id}`,
            detail: { name: created.name, kind: created.kind },
          },
          db,
        );
        return { source: present(await readSource(db, workspaceId, created.id)), key, control };
      });
      services.deps.onSourcesChanged?.();
      await made.control.receipt();
      return { status: 201, body: { source: shownSource(made.source), key: shownKey(made.key) } };
    },
  });
}

function patchRoute(services: ApiServices): Route {
  const answer = sourceAnswer.extend({ change: changeReceipt.nullable() });
  return defineRoute({
    method: "PATCH",
    path: "/sources/{id}",
    tag: TAG,
    scopes: ["admin"],
    summary: "Change a source",
    description: "Enabling, origins and rate hold within two seconds; name and settings for events that come after this change in the log.",
    params: sourceParams,
    body: sourcePatchBody,
    responses: { 200: answer, 202: answer },
    handle: async ({ params, body, workspaceId, actor }) => {
      const { changed, control } = await services.deps.workspaceDb.transaction(workspaceId, async (db) => {
        const source = present(await readSource(db, workspaceId, params.id));
        const settings = body.settings === undefined ? undefined : mergedSettings(source.settings, sealed(body.settings, services.sourceSeal, workspaceId));
        const after = await changeSource(db, workspaceId, source, {
          name: body.name,
          enabled: body.enabled,
          allowedOrigins: body.allowed_origins,
          eventsPerSecond: body.events_per_second,
          settings,
        });
        const audit = {
          workspaceId,
          actor,
          action: "source.change",
          target: `source:${source.id}`,
          detail: { changed: Object.keys(body) },
        };
        if (settings === undefined && body.name === undefined) {
          await recordAudit(db, audit, services.deps.clock.nowMs());
          return { changed: after, control: undefined };
        }
        return {
          changed: after,
          control: await services.control.append({ kind: "source.set", sourceId: source.id, settings: after.settings }, audit, db),
        };
      });
      services.deps.onSourcesChanged?.();
      const change = (await control?.receipt()) ?? null;
      return { status: change === null || change.processed ? 200 : 202, body: { ...shownSource(changed), change } };
    },
  });
}

type SettingsWish = NonNullable<z.output<typeof sourcePatchBody>["settings"]>;

/** The wish with its secret sealed, before it goes anywhere. */
function sealed<T extends Pick<SettingsWish, "identityTokenSecret">>(wish: T, seal: Seal, workspaceId: number): T {
  const { identityTokenSecret: secret } = wish;
  return typeof secret === "string" ? { ...wish, identityTokenSecret: seal.seal(secret, workspaceId) } : wish;
}

function mergedSettings(current: SourceSettings, wish: SettingsWish): SourceSettings {
  const merged: Record<string, unknown> = { ...current, ...withoutAbsent(wish) };
  // null takes a setting away that may be absent.
  for (const name of ["identityTokenSecret", "traitRank"]) if (merged[name] === null) delete merged[name];
  return sourceSettings.parse(merged);
}

/** Fields that were not sent, left out rather than undefined. */
function withoutAbsent<T extends object>(wish: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

function rejectedRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/rejected-keys",
    tag: TAG,
    scopes: ["read"],
    summary: "Write keys that were turned away",
    description: "By the key's first characters, origin and SDK, the latest first: where a wrong key is found.",
    query: rejectedKeyQuery,
    responses: { 200: rejectedKeyList },
    handle: async ({ query, workspaceId }) => {
      const { rows, hidden } = await listRejectedKeys(services.deps.pool, workspaceId, query.prefix);
      const data = rows.map((row) => ({
        key_prefix: row.keyPrefix,
        origin: row.origin,
        sdk: row.sdk,
        reason: row.reason,
        count: row.count,
        first_at: row.firstAt.toISOString(),
        last_at: row.lastAt.toISOString(),
        source_id: row.sourceId,
      }));
      const note = hidden
        ? "This server holds several workspaces: unknown keys are shown when you name their first characters as `prefix`."
        : "";
      return { status: 200, body: { data, note } };
    },
  });
}

export function present(source: Source | undefined): Source {
  if (source === undefined) throw new AppError("not_found", { detail: "There is no such source." });
  return source;
}

export function shownSource(source: Source): SourceAnswer {
  const { identityTokenSecret, ...settings } = source.settings;
  const { name: _, ...shown } = { ...settings, hasIdentityTokenSecret: identityTokenSecret !== undefined };
  return {
    id: source.id,
    slug: source.slug,
    name: source.name,
    kind: shownSourceKind.catch("server").parse(source.kind),
    enabled: source.enabled,
    allowed_origins: [...source.allowedOrigins],
    events_per_second: source.eventsPerSecond,
    settings: shown,
    write_keys: source.keys.map(shownStoredKey),
    created_at: source.createdAt.toISOString(),
  };
}
