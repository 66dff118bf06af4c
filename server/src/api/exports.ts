// Files about people that left by hand, and what questions in SQL answered: which, who stood in each, and in which somebody stood; and links by which others fetch an
// audience, with what was chosen of each person, for so long.
import { z } from "zod";
import { exportList, exportParams, exportPeople, exportsQuery, personExports, share, shareCreate, shareList, shareMade, type Exported, type Share } from "@tributary/schema/api/exports.ts";
import { profileRefParams } from "@tributary/schema/api/profiles.ts";
import { AppError } from "../core/errors.ts";
import { createShare, readExportedPeople, readExports, readExportsById, readExportsOfPerson, readShares, revokeShare, type StoredExport, type StoredShare } from "../exports/exports.ts";
import { namesOfActors } from "../governance/governance.ts";
import { readAudienceNames } from "../destinations/destinations.ts";
import { findAudience } from "./audience-membership.ts";
import { slugParams } from "./audiences.ts";
import type { ApiServices } from "./api-services.ts";
import { cursorRow, decodeCursor, pageFrom } from "./cursor.ts";
import { defineRoute, type Route } from "./define-route.ts";
import { ownerIds } from "./profile-store.ts";
import { SHARED_PATH } from "./shared-file.ts";
import { statementExportRoute } from "./statement-export.ts";

const EXPORTS_TAG = "Exports";
const HOUR_MS = 3_600_000;
const PEOPLE_PAGE = 1_000;
const OF_PERSON_MAX = 200;

export function exportRoutes(services: ApiServices): Route[] {
  return [listRoute(services), statementExportRoute(services), peopleRoute(services), ofPersonRoute(services), sharesRoute(services), shareRoute(services), revokeRoute(services)];
}

function listRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/exports",
    tag: EXPORTS_TAG,
    scopes: ["read"],
    summary: "Files about people that left, and answers that they stood in",
    description: "Audiences, people, tables and answers in SQL that somebody wrote into a file, what was fetched by a share's link, and what was answered in SQL with rows of people in it; the newest first.",
    query: exportsQuery,
    responses: { 200: exportList },
    handle: async ({ query, workspaceId, isMasked }) => {
      const before = decodeCursor(z.tuple([cursorRow]), query.cursor)?.[0];
      const page = await deps.workspaceDb.run(workspaceId, async (db) => {
        const rows = await readExports(db, workspaceId, { before, limit: query.limit + 1 });
        const names = await namesOfActors(db, workspaceId, rows.map(({ createdBy }) => createdBy));
        return pageFrom(rows, query.limit, (row) => shownExport(row, names, isMasked), (row) => [row.nr]);
      });
      return { status: 200, body: page };
    },
  });
}

/** `isMasked`: for who sees people masked, whom a statement may name. */
export function shownExport(one: StoredExport, names: ReadonlyMap<string, string>, isMasked: boolean): Exported {
  return {
    id: one.id, kind: one.kind, what: one.what, format: one.format, columns: [...one.columns], share_id: one.shareId, status: one.status as Exported["status"], people: one.people,
    created_at: one.createdAt.toISOString(), finished_at: one.finishedAt?.toISOString() ?? null, created_by: one.createdBy, created_by_name: names.get(one.createdBy) ?? null,
    rows: one.rowCount, statement: isMasked ? null : one.statement, parameters: isMasked ? null : one.parameters, times: one.times, is_masked: one.isMasked,
  };
}

function peopleRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/exports/{id}/people",
    tag: EXPORTS_TAG,
    scopes: ["read", "personal_data"],
    summary: "Who stood in a file",
    params: exportParams,
    query: z.strictObject({ cursor: z.string().max(500).optional() }),
    responses: { 200: exportPeople },
    handle: async ({ params, query, workspaceId, saw }) => {
      const [found] = await services.deps.workspaceDb.run(workspaceId, (db) => readExportsById(db, workspaceId, [params.id]));
      if (found === undefined) throw new AppError("not_found", { detail: "There is no such export." });
      const after = decodeCursor(z.tuple([z.guid()]), query.cursor)?.[0];
      const ids = await readExportedPeople((sql, values) => services.scan(workspaceId, sql, values), found.id, { after, limit: PEOPLE_PAGE + 1 });
      const page = pageFrom(ids, PEOPLE_PAGE, (id) => id, (id) => [id]);
      await saw({ action: "export.people", target: `export:${found.id}`, detail: { people: page.data.length } });
      return { status: 200, body: page };
    },
  });
}

function ofPersonRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/profiles/{ref}/exports",
    tag: "Profiles",
    scopes: ["read"],
    summary: "Who has been given data about a person",
    description: "In which files and answers they stood, under any id that they had; the latest first, at most 200.",
    params: profileRefParams,
    responses: { 200: personExports },
    handle: async ({ params, workspaceId, nowMs, saw, isMasked }) => {
      const profile = await services.finder.get(workspaceId, params.ref, nowMs);
      await saw({ action: "profile.open", target: `profile:${profile.id}` });
      const owners = await services.deps.workspaceDb.run(workspaceId, (db) => ownerIds(db, workspaceId, profile.id));
      const ids = await readExportsOfPerson((sql, values) => services.scan(workspaceId, sql, values), owners, OF_PERSON_MAX);
      const data = await services.deps.workspaceDb.run(workspaceId, async (db) => {
        const rows = await readExportsById(db, workspaceId, ids);
        const names = await namesOfActors(db, workspaceId, rows.map(({ createdBy }) => createdBy));
        return rows.map((row) => shownExport(row, names, isMasked));
      });
      return { status: 200, body: { data } };
    },
  });
}

// ── Shares ────────────────────────────────────────────────────────────────────────────────────────────────────────

function shareRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/audiences/{slug}/shares",
    tag: EXPORTS_TAG,
    scopes: ["write", "personal_data"],
    summary: "Share an audience by a link",
    description: "Whoever has the link fetches who is in the audience then, with the chosen columns alone, up to the limit, until it expires or is revoked. Each time is an export of its own.",
    params: slugParams,
    body: shareCreate,
    responses: { 201: shareMade },
    handle: async ({ params, body, workspaceId, actor, nowMs }) => {
      const audience = await findAudience(services, workspaceId, params.slug);
      const { share: made, secret } = await services.deps.workspaceDb.transaction(workspaceId, (db) => createShare(db, { workspaceId, actor, nowMs }, {
        audience, name: body.name, columns: body.columns, rowLimit: body.row_limit, format: body.format, expiresAt: new Date(nowMs + body.hours * HOUR_MS),
      }));
      const url = `${services.deps.publicUrl.replace(/\/+$/, "")}${SHARED_PATH}/${secret}`;
      return { status: 201, body: { ...shownShare(made, audience.slug, new Map(), nowMs), url } };
    },
  });
}

function shownShare(one: StoredShare, audience: string, names: ReadonlyMap<string, string>, nowMs: number): Share {
  return {
    id: one.id, audience, name: one.name, columns: [...one.columns], row_limit: one.rowLimit, format: one.format, expires_at: one.expiresAt.toISOString(), revoked_at: one.revokedAt?.toISOString() ?? null,
    downloads: one.downloads, works: one.revokedAt === null && one.expiresAt.getTime() > nowMs, created_at: one.createdAt.toISOString(), created_by: one.createdBy, created_by_name: names.get(one.createdBy) ?? null,
  };
}

function sharesRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/shares",
    tag: EXPORTS_TAG,
    scopes: ["read"],
    summary: "Links by which audiences are shared",
    description: "The newest first; also those that don't work any more.",
    responses: { 200: shareList },
    handle: async ({ workspaceId, nowMs }) => ({
      status: 200,
      body: await deps.workspaceDb.run(workspaceId, async (db) => {
        const all = await readShares(db, workspaceId);
        const [names, audiences] = [await namesOfActors(db, workspaceId, all.map(({ createdBy }) => createdBy)), await readAudienceNames(db, workspaceId, [...new Set(all.map(({ audienceId }) => audienceId))])];
        return { data: all.map((one) => shownShare(one, audiences.get(one.audienceId)?.slug ?? "", names, nowMs)) };
      }),
    }),
  });
}

function revokeRoute({ deps }: ApiServices): Route {
  return defineRoute({
    method: "DELETE",
    path: "/shares/{id}",
    tag: EXPORTS_TAG,
    scopes: ["write"],
    summary: "Revoke a share",
    description: "Its link works no more, from now on. What was fetched by it was fetched.",
    params: exportParams,
    responses: { 200: share },
    handle: async ({ params, workspaceId, actor, nowMs }) => ({
      status: 200,
      body: await deps.workspaceDb.transaction(workspaceId, async (db) => {
        const one = await revokeShare(db, { workspaceId, actor, nowMs }, params.id);
        return shownShare(one, (await readAudienceNames(db, workspaceId, [one.audienceId])).get(one.audienceId)?.slug ?? "", await namesOfActors(db, workspaceId, [one.createdBy]), nowMs);
      }),
    }),
  });
}
