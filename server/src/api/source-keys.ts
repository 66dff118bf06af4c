// The write keys of a source: make, rotate with a time of grace, limit, revoke, and see who uses each.
import type { ClientBase } from "pg";
import { GRACE_DAYS, keyPatchBody, keyRotated, keyUseList, keyUseQuery, rotateBody, type KeyUseList } from "@tributary/schema/api/source-keys.ts";
import { keyParams, newWriteKey, sourceParams, writeKeyAnswer } from "@tributary/schema/api/workspace.ts";
import { AppError } from "../core/errors.ts";
import {
  createWriteKey, limitWriteKey, readKeyUse, readLastKeyUse, readSource, recordAudit, revokeWriteKey, type KeyPlace, type WriteKey,
} from "../governance/governance.ts";
import type { ApiServices } from "./api-services.ts";
import { defineRoute, type Route } from "./define-route.ts";
import { shownKey, shownStoredKey } from "./shown-keys.ts";
import { present } from "./sources.ts";

const TAG = "Sources";
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const GRACE_DAYS_MAX = 400;

export function sourceKeyRoutes(services: ApiServices): Route[] {
  return [addRoute(services), rotateRoute(services), limitRoute(services), revokeRoute(services), useRoute(services)];
}

function addRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/sources/{id}/keys",
    tag: TAG,
    scopes: ["admin"],
    summary: "Make another write key",
    description: "It is in the answer, this once.",
    params: sourceParams,
    responses: { 201: newWriteKey },
    handle: async ({ params, workspaceId, actor, nowMs }) => {
      const key = await services.deps.workspaceDb.transaction(workspaceId, async (db) => {
        const source = present(await readSource(db, workspaceId, params.id));
        const made = await createWriteKey(db, workspaceId, source.id);
        await auditKey(db, { workspaceId, actor, action: "write_key.create", sourceId: source.id, detail: { key: made.id, prefix: made.prefix } }, nowMs);
        return made;
      });
      services.deps.onSourcesChanged?.();
      return { status: 201, body: shownKey(key) };
    },
  });
}

function rotateRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/sources/{id}/keys/{keyId}/rotate",
    tag: TAG,
    scopes: ["admin"],
    summary: "Replace a write key",
    description: "Makes a new key, which is in the answer this once. The old one is taken until a chosen time, so that what sends with it can be changed meanwhile.",
    params: keyParams,
    body: rotateBody,
    responses: { 201: keyRotated },
    handle: async ({ params, body, workspaceId, actor, nowMs }) => {
      const expiresAtMs = body.expires_at === undefined ? nowMs + GRACE_DAYS * DAY_MS : momentOf(body.expires_at, nowMs);
      const { made, old } = await services.deps.workspaceDb.transaction(workspaceId, async (db) => {
        const replaced = presentKey(await limitWriteKey(db, placeOf(workspaceId, params), { expiresAtMs, earlierStays: body.expires_at === undefined }));
        const key = await createWriteKey(db, workspaceId, params.id, { eventsPerSecond: replaced.eventsPerSecond });
        const detail = { key: replaced.id, prefix: replaced.prefix, by: key.id, by_prefix: key.prefix, expires_at: replaced.expiresAt };
        await auditKey(db, { workspaceId, actor, action: "write_key.rotate", sourceId: params.id, detail }, nowMs);
        return { made: key, old: replaced };
      });
      services.deps.onSourcesChanged?.();
      return { status: 201, body: { key: shownKey(made), old_key: shownStoredKey(old) } };
    },
  });
}

function limitRoute(services: ApiServices): Route {
  return defineRoute({
    method: "PATCH",
    path: "/sources/{id}/keys/{keyId}",
    tag: TAG,
    scopes: ["admin"],
    summary: "Say until when a write key lives, and how much it takes",
    description: "Holds within two seconds. A key whose time is over lives again by a later one; a revoked one never does. A rate of its own holds beside its source's; a key that replaces another takes it over.",
    params: keyParams,
    body: keyPatchBody,
    responses: { 200: writeKeyAnswer },
    handle: async ({ params, body, workspaceId, actor, nowMs }) => {
      const limits = { expiresAtMs: body.expires_at === undefined ? undefined : momentOf(body.expires_at, nowMs), eventsPerSecond: body.events_per_second };
      const key = await services.deps.workspaceDb.transaction(workspaceId, async (db) => {
        const limited = presentKey(await limitWriteKey(db, placeOf(workspaceId, params), limits));
        const detail = { key: limited.id, prefix: limited.prefix, expires_at: limited.expiresAt, events_per_second: limited.eventsPerSecond };
        await auditKey(db, { workspaceId, actor, action: "write_key.limit", sourceId: params.id, detail }, nowMs);
        return limited;
      });
      services.deps.onSourcesChanged?.();
      return { status: 200, body: shownStoredKey(key) };
    },
  });
}

function revokeRoute(services: ApiServices): Route {
  return defineRoute({
    method: "DELETE",
    path: "/sources/{id}/keys/{keyId}",
    tag: TAG,
    scopes: ["admin"],
    summary: "Revoke a write key",
    description: "Collection refuses it within two seconds.",
    params: keyParams,
    responses: { 200: writeKeyAnswer },
    handle: async ({ params, workspaceId, actor, nowMs }) => {
      const key = await services.deps.workspaceDb.transaction(workspaceId, async (db) => {
        const revoked = presentKey(await revokeWriteKey(db, placeOf(workspaceId, params), nowMs));
        const detail = { key: revoked.id, prefix: revoked.prefix };
        await auditKey(db, { workspaceId, actor, action: "write_key.revoke", sourceId: params.id, detail }, nowMs);
        return revoked;
      });
      services.deps.onSourcesChanged?.();
      return { status: 200, body: shownStoredKey(key) };
    },
  });
}

function useRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/sources/{id}/keys/usage",
    tag: TAG,
    scopes: ["read"],
    summary: "Who uses the write keys of a source",
    description: "Accepted requests and events of each key by SDK and version, counted by collection and written every few seconds. For people: what a killed process had in memory is missing.",
    params: sourceParams,
    query: keyUseQuery,
    responses: { 200: keyUseList },
    handle: async ({ params, query, workspaceId, nowMs }) => {
      const sinceMs = Math.floor(nowMs / HOUR_MS) * HOUR_MS - query.hours * HOUR_MS;
      const body = await services.deps.workspaceDb.run(workspaceId, async (db): Promise<KeyUseList> => {
        const source = present(await readSource(db, workspaceId, params.id));
        const uses = await readKeyUse(db, workspaceId, source.id, sinceMs);
        const last = await readLastKeyUse(db, workspaceId, source.id);
        const data = source.keys.map((key) => {
          const bySdk = uses.filter((use) => use.keyId === key.id);
          return {
            key_id: key.id,
            last_used_at: last.get(key.id)?.toISOString() ?? null,
            requests: bySdk.reduce((sum, use) => sum + use.requests, 0),
            events: bySdk.reduce((sum, use) => sum + use.events, 0),
            by_sdk: bySdk.map((use) => ({ sdk: use.sdk, version: use.version, requests: use.requests, events: use.events, last_at: use.lastAt.toISOString() })),
          };
        });
        return { since: new Date(sinceMs).toISOString(), data };
      });
      return { status: 200, body };
    },
  });
}

function placeOf(workspaceId: number, params: { readonly id: number; readonly keyId: number }): KeyPlace {
  return { workspaceId, sourceId: params.id, keyId: params.keyId };
}

function presentKey(key: WriteKey | undefined): WriteKey {
  if (key === undefined) throw new AppError("not_found", { detail: "This source has no such key." });
  return key;
}

function momentOf(text: string | null, nowMs: number): number | null {
  if (text === null) return null;
  const ms = Date.parse(text);
  if (ms <= nowMs) throw new AppError("bad_request", { detail: "body.expires_at: It must be in the future.", hint: "To end a key now, revoke it." });
  if (ms > nowMs + GRACE_DAYS_MAX * DAY_MS) throw new AppError("bad_request", { detail: `body.expires_at: At most ${GRACE_DAYS_MAX} days from now.` });
  return ms;
}

interface KeyAudit {
  readonly workspaceId: number;
  readonly actor: string;
  readonly action: string;
  readonly sourceId: number;
  readonly detail: Record<string, unknown>;
}

async function auditKey(db: ClientBase, { workspaceId, actor, action, sourceId, detail }: KeyAudit, nowMs: number): Promise<void> {
  await recordAudit(db, { workspaceId, actor, action, target: `source:${sourceId}`, detail }, nowMs);
}
