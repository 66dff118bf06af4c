// Who is in a kept audience, and who came and went: members, changes, sizes over time, one person's history, who was in at an instant.
import type { ClientBase } from "pg";
import { z } from "zod";
import {
  asOf, asOfQuery, audiencePersonParams, changeList, changesQuery, memberList, personAudiences, personHistory, sizes, sizesQuery, trends, trendsQuery,
} from "@tributary/schema/api/audiences.ts";
import { pageQuery } from "@tributary/schema/api/answer-parts.ts";
import { profileRefParams } from "@tributary/schema/api/profiles.ts";
import {
  compileAudiences, loadAround, presentAudience, readAsOf, readAudiences, readChanges, readLatest, readLatestOfPerson, readMemberIds, readMemberOf, readSizes, readTrends, readVersions, readZone,
  type LoggedChange, type ReadLog, type StoredAudience,
} from "../audiences/audiences.ts";
import { fields, keep, pageOf, listOf } from "./answer-masks.ts";
import type { ApiServices } from "./api-services.ts";
import { changeMask, knownBy, memberMask, membersOf } from "./audience-members-shown.ts";
import { AUDIENCES_TAG, slugParams } from "./audiences.ts";
import { cursorRow, decodeCursor, pageFrom } from "./cursor.ts";
import { defineRoute, type Route } from "./define-route.ts";
import { iso } from "./iso.ts";
import { currentPeople, ownerIds, readPeople } from "./profile-store.ts";

export function audienceMembershipRoutes(services: ApiServices): Route[] {
  return [membersRoute(services), changesRoute(services), sizesRoute(services), trendsRoute(services), historyRoute(services), asOfRoute(services), personRoute(services)];
}

const BEFORE_ALL = "00000000-0000-0000-0000-000000000000";
/** Changes of one person in one audience that an answer tells, the newest. */
const HISTORY_MAX = 500;

function logOf({ scan }: ApiServices, workspaceId: number): ReadLog {
  return (sql, params) => scan(workspaceId, sql, params);
}

export function findAudience({ deps }: ApiServices, workspaceId: number, slug: string): Promise<StoredAudience> {
  return deps.workspaceDb.run(workspaceId, (db) => presentAudience(db, workspaceId, slug));
}

function membersRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/audiences/{slug}/members",
    tag: AUDIENCES_TAG,
    scopes: ["read"],
    summary: "Who is in an audience now",
    params: slugParams,
    query: pageQuery,
    responses: { 200: memberList },
    masks: pageOf(memberMask),
    handle: async ({ params, query, workspaceId, saw }) => {
      const audience = await findAudience(services, workspaceId, params.slug);
      const after = decodeCursor(z.tuple([z.guid()]), query.cursor)?.[0] ?? BEFORE_ALL;
      const ids = await services.deps.workspaceDb.run(workspaceId, (db) => readMemberIds(db, { workspaceId, audienceId: audience.id, after, limit: query.limit + 1 }));
      const page = pageFrom(ids, query.limit, (id) => id, (id) => [id]);
      const latest = await readLatest(logOf(services, workspaceId), audience.id, page.data);
      const data = await membersOf(services, workspaceId, page.data.map((id) => ({ id, since: sinceOf(latest.get(id)) })));
      await saw({ action: "audience.members", target: `audience:${audience.slug}`, detail: { people: data.length } });
      return { status: 200, body: { data, next_cursor: page.next_cursor } };
    },
  });
}

/** Null while the entry has not reached the log yet. */
function sinceOf(change: LoggedChange | undefined): string | null {
  return change === undefined || change.entered === 0 ? null : iso(change.at_ms);
}

function shownChange({ at_ms, entered, reason, cause_row, version }: LoggedChange): { at: string; entered: boolean; reason: string; cause_row: number | null; version: number } {
  return { at: iso(at_ms), entered: entered === 1, reason, cause_row: cause_row === 0 ? null : cause_row, version };
}

function changesRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/audiences/{slug}/changes",
    tag: AUDIENCES_TAG,
    scopes: ["read"],
    summary: "Who entered and left an audience, the newest first",
    params: slugParams,
    query: changesQuery,
    responses: { 200: changeList },
    masks: pageOf(changeMask),
    handle: async ({ params, query, workspaceId, saw }) => {
      const audience = await findAudience(services, workspaceId, params.slug);
      const beforeSeq = decodeCursor(z.tuple([cursorRow]), query.cursor)?.[0];
      const rows = await readChanges(logOf(services, workspaceId), { audienceId: audience.id, reason: query.reason, beforeSeq, limit: query.limit + 1 });
      const page = pageFrom(rows, query.limit, (row) => row, (row) => [row.seq]);
      const people = await services.deps.workspaceDb.run(workspaceId, (db) => peopleOf(db, workspaceId, page.data.map((row) => row.profile_id)));
      const data = page.data.filter((row) => people.get(row.profile_id) !== null)
        .map((row) => ({ ...shownChange(row), profile_id: row.profile_id, ...(people.get(row.profile_id) ?? { name: null, identifiers: [] }) }));
      // Asked again and again while it is looked at: without counts it stays one entry.
      if (people.size > 0) await saw({ action: "audience.members", target: `audience:${audience.slug}`, detail: { of: "changes" } });
      return { status: 200, body: { data, next_cursor: page.next_cursor } };
    },
  });
}

/**
 * By what those are known whom ids of the log name now. Null for who is suppressed: of them the log is cleared later, and until then
 * nothing is shown of them either.
 */
async function peopleOf(db: ClientBase, workspaceId: number, ids: readonly string[]): Promise<Map<string, ReturnType<typeof knownBy> | null>> {
  const current = await currentPeople(db, workspaceId, [...new Set(ids)]);
  const found = await readPeople(db, workspaceId, [...new Set(current.values())].filter((id) => id !== null));
  const docs = new Map(found.map(({ id, doc }) => [id, doc]));
  return new Map([...current].flatMap(([id, now]): [string, ReturnType<typeof knownBy> | null][] => {
    const doc = now === null ? undefined : docs.get(now);
    return now === null ? [[id, null]] : doc === undefined ? [] : [[id, knownBy(doc)]];
  }));
}

function sizesRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/audiences/{slug}/sizes",
    tag: AUDIENCES_TAG,
    scopes: ["read"],
    summary: "How large an audience was, and how many entered and left",
    params: slugParams,
    query: sizesQuery,
    responses: { 200: sizes },
    handle: async ({ params, query, workspaceId, nowMs }) => {
      const audience = await findAudience(services, workspaceId, params.slug);
      const zone = await services.deps.workspaceDb.run(workspaceId, (db) => readZone(db, workspaceId));
      const found = await readSizes(logOf(services, workspaceId), audience.id, { days: query.days, nowMs, zone });
      return { status: 200, body: { data: found.map(({ atMs, size, entered, left }) => ({ at: iso(atMs), size, entered, left })) } };
    },
  });
}

function trendsRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/audience-trends",
    tag: AUDIENCES_TAG,
    scopes: ["read"],
    summary: "How large several audiences were over the last days, in one answer",
    query: trendsQuery,
    responses: { 200: trends },
    handle: async ({ query, workspaceId, nowMs }) => {
      const [all, zone] = await services.deps.workspaceDb.run(workspaceId, async (db) => [await readAudiences(db, workspaceId), await readZone(db, workspaceId)] as const);
      const asked = all.filter(({ slug }) => query.audiences.includes(slug));
      const found = await readTrends(logOf(services, workspaceId), asked.map(({ id }) => id), { days: query.days, nowMs, zone });
      const [first = []] = found.values();
      return { status: 200, body: { at: first.map(({ atMs }) => iso(atMs)), data: asked.map(({ id, slug }) => ({ slug, sizes: (found.get(id) ?? []).map(({ size }) => size) })) } };
    },
  });
}

function historyRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/audiences/{slug}/history/{profile_id}",
    tag: AUDIENCES_TAG,
    scopes: ["read"],
    summary: "When one person entered and left an audience, the newest first",
    params: audiencePersonParams,
    responses: { 200: personHistory },
    handle: async ({ params, workspaceId, nowMs }) => {
      const audience = await findAudience(services, workspaceId, params.slug);
      const profile = await services.finder.get(workspaceId, params.profile_id, nowMs);
      // What was written under ids that have become this person's is theirs.
      const profileIds = await services.deps.workspaceDb.run(workspaceId, (db) => ownerIds(db, workspaceId, profile.id));
      const rows = await readChanges(logOf(services, workspaceId), { audienceId: audience.id, profileIds, limit: HISTORY_MAX });
      return { status: 200, body: { data: rows.map(shownChange) } };
    },
  });
}

function asOfRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/audiences/{slug}/as-of",
    tag: AUDIENCES_TAG,
    scopes: ["read"],
    summary: "Who was in an audience at an instant",
    description: "`log`: as it was written then. `recomputed`: by the definition that was in force, with the events that are known today until that instant, and everything else about people as it stands now; null before the audience was there.",
    params: slugParams,
    query: asOfQuery,
    responses: { 200: asOf },
    masks: fields({ at: keep, log: keep, recomputed: keep, sample: listOf(memberMask) }),
    handle: async ({ params, query, workspaceId, saw }) => {
      const audience = await findAudience(services, workspaceId, params.slug);
      const atMs = Date.parse(query.at);
      const [{ count, sample }, recomputed] = await Promise.all([
        readAsOf(logOf(services, workspaceId), audience.id, atMs, query.sample), recompute(services, workspaceId, audience, atMs),
      ]);
      const people = await membersOf(services, workspaceId, sample.map(({ id, sinceMs }) => ({ id, since: iso(sinceMs) })));
      if (people.length > 0) await saw({ action: "audience.members", target: `audience:${audience.slug}`, detail: { people: people.length, at: iso(atMs) } });
      return { status: 200, body: { at: iso(atMs), log: count, recomputed, sample: people } };
    },
  });
}

async function recompute({ deps, scan }: ApiServices, workspaceId: number, audience: StoredAudience, atMs: number): Promise<number | null> {
  const versions = await deps.workspaceDb.run(workspaceId, (db) => readVersions(db, audience.id));
  const inForce = versions.find(({ at }) => at.getTime() <= atMs);
  if (inForce === undefined) return null;
  const around = await deps.workspaceDb.run(workspaceId, (db) => loadAround(db, workspaceId, [inForce.definition]));
  const { sql, params } = compileAudiences({ ...around, definitions: [inForce.definition], nowMs: atMs, hasOverrides: true });
  const [row] = await scan<{ count: number }>(workspaceId, `select countIf(m0 = 1) as count from (${sql})`, params);
  return row?.count ?? 0;
}

function personRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/profiles/{ref}/audiences",
    tag: AUDIENCES_TAG,
    scopes: ["read"],
    summary: "The audiences that a person is in",
    params: profileRefParams,
    responses: { 200: personAudiences },
    handle: async ({ params, workspaceId, nowMs }) => {
      const profile = await services.finder.get(workspaceId, params.ref, nowMs);
      const { memberOf, all } = await services.deps.workspaceDb.run(workspaceId, async (db) => ({
        memberOf: await readMemberOf(db, workspaceId, profile.id), all: await readAudiences(db, workspaceId),
      }));
      const audiences = all.filter(({ id, status }) => status !== "archived" && memberOf.includes(id));
      const latest = await readLatestOfPerson(logOf(services, workspaceId), audiences.map(({ id }) => id), profile.id);
      return {
        status: 200,
        body: { data: audiences.map(({ id, slug, name }) => ({ slug, name, since: sinceOf(latest.get(id)), reason: latest.get(id)?.reason ?? null })) },
      };
    },
  });
}
