// For whoever keeps the workspace's people in order: what was merged, refused and split lately, and which identifiers count as shared.
import { z } from "zod";
import { mergeFeed, mergeFeedQuery, sharedList, sharedListQuery } from "@tributary/schema/api/identity.ts";
import { mergeFeedMask, sharedListMask } from "./answer-masks.ts";
import type { ApiServices } from "./api-services.ts";
import { cursorId, cursorRow, decodeCursor, pageFrom } from "./cursor.ts";
import { defineRoute, type Route } from "./define-route.ts";
import { explained, namedIn, readCauses, readMerges, readPeopleNow } from "./merge-log.ts";
import { readIdentifiers, type IdentifierRecord } from "./profile-store.ts";

const TAG = "Identity";
/** People shown with each shared identifier; the look-up of the identifier has more. */
const PEOPLE_SHOWN_MAX = 3;

export function identityListRoutes(services: ApiServices): Route[] {
  return [feedRoute(services), sharedRoute(services)];
}

const feedPlace = z.tuple([cursorRow, cursorId]);

function feedRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/identity/merges",
    tag: TAG,
    scopes: ["read"],
    masks: mergeFeedMask,
    summary: "Merges, refusals and splits of the workspace",
    description: "The latest first, with the people they were about as they are now and the event that caused each.",
    query: mergeFeedQuery,
    responses: { 200: mergeFeed },
    handle: async ({ query, workspaceId, nowMs, saw }) => {
      await saw({ action: "merge.list", target: "workspace" });
      const { limit, kind, namespace } = query;
      const before = decodeCursor(feedPlace, query.cursor);
      const entries = await services.deps.workspaceDb.run(workspaceId, (db) => readMerges(db, workspaceId, { limit: limit + 1, before, kind, namespace }));
      const page = pageFrom(
        entries,
        limit,
        (entry) => entry,
        (entry) => [entry.row_id, entry.step],
      );
      const named = namedIn(page.data);
      const people = await readPeopleNow(services, workspaceId, named, nowMs);
      const under = [...named, ...Object.values(people).map(({ id }) => id)];
      const causes = await readCauses(services, workspaceId, under, page.data.map(({ row_id }) => row_id));
      return { status: 200, body: { data: explained(page.data, causes), people, next_cursor: page.next_cursor } };
    },
  });
}

const sharedPlace = z.tuple([cursorRow, z.guid()]);

function sharedRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/identity/shared",
    tag: TAG,
    scopes: ["read"],
    masks: sharedListMask,
    summary: "Identifiers that count as shared",
    description: "Set aside because they were seen with too many people; they join nobody any more. The latest first by first sighting.",
    query: sharedListQuery,
    responses: { 200: sharedList },
    handle: async ({ query, workspaceId, nowMs, saw }) => {
      await saw({ action: "shared_identifier.list", target: "workspace" });
      const before = decodeCursor(sharedPlace, query.cursor);
      const records = await services.deps.workspaceDb.run(workspaceId, async (db) => {
        const { rows } = await db.query<{ key: string }>(
          `select key from identifier where workspace_id = $1 and shared and value <> '' and ($2::text is null or namespace = $2)
             and ($3::bigint is null or (first_row, key) < ($3, $4::uuid)) order by first_row desc, key desc limit $5`,
          [workspaceId, query.namespace ?? null, before?.[0] ?? null, before?.[1] ?? null, query.limit + 1],
        );
        const found = new Map((await readIdentifiers(db, workspaceId, rows.map(({ key }) => key))).map((record) => [record.key, record]));
        return rows.flatMap(({ key }) => found.get(key) ?? []);
      });
      const some = (record: IdentifierRecord): string[] => peopleOf(record).slice(0, PEOPLE_SHOWN_MAX);
      const people = await readPeopleNow(services, workspaceId, records.flatMap(some), nowMs);
      const show = (record: IdentifierRecord) => ({
        key: record.key,
        identifier: { namespace: record.namespace, value: record.value },
        first_seen_at: record.firstAt.toISOString(),
        source_id: record.sourceId,
        people: peopleOf(record).length,
        profiles: [...new Map(some(record).flatMap((id) => (people[id] ? [[people[id].id, people[id]] as const] : []))).values()],
      });
      return { status: 200, body: pageFrom(records, query.limit, show, (record) => [record.firstRow, record.key]) };
    },
  });
}

function peopleOf({ profileId, yieldedTo }: IdentifierRecord): string[] {
  return [...new Set([...(profileId === null ? [] : [profileId]), ...yieldedTo])];
}
