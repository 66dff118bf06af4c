// Finding people by part of an identifier or of a trait. Exact identifiers come first, from Postgres; the rest is a scan of
// the latest snapshots in ClickHouse, shown as Postgres knows them now, so nobody suppressed a moment ago appears.
import { z } from "zod";
import type { profileListAnswer } from "@tributary/schema/api/profiles.ts";
import type { ApiServices } from "./api-services.ts";
import { cursorRow, decodeCursor, encodeCursor } from "./cursor.ts";
import { findByKey, peopleSeenWith, readIdentifiers, readPeople, type FoundProfile } from "./profile-store.ts";
import { deviceNamespacesOf, profileSummary } from "./profile-view.ts";
import type { PageWish } from "./timeline.ts";

const place = z.tuple([cursorRow, z.string()]);

interface SnapshotRow {
  row_id: number;
  id: string;
}

/** The most people one exact identifier may bring (a shared one brings several). */
const EXACT_MAX = 20;

export async function listProfiles(
  services: ApiServices,
  workspaceId: number,
  wish: PageWish & { readonly search: string | undefined },
  nowMs: number,
): Promise<z.input<typeof profileListAnswer>> {
  const search = wish.search?.trim() ?? "";
  const before = decodeCursor(place, wish.cursor);
  const exact = search === "" || before !== undefined ? [] : await exactPeople(services, workspaceId, search, nowMs);
  const rows = await snapshots(services, workspaceId, { search, before, limit: wish.limit });
  const shown = rows.slice(0, wish.limit);
  const found = await services.deps.workspaceDb.run(workspaceId, (db) =>
    readPeople(
      db,
      workspaceId,
      shown.map((row) => row.id),
    ),
  );
  const devices = deviceNamespacesOf(await services.settings.get(workspaceId, nowMs));
  const people = new Map([...exact, ...found].map((profile) => [profile.id, profile]));
  const last = shown.at(-1);
  return {
    data: [...people.values()].map((profile) => profileSummary(profile.id, profile.doc, devices)),
    next_cursor: rows.length > wish.limit && last !== undefined ? encodeCursor([last.row_id, last.id]) : null,
  };
}

/** Tries the text as a value of every namespace, or as `namespace:value`. */
async function exactPeople(services: ApiServices, workspaceId: number, search: string, nowMs: number): Promise<FoundProfile[]> {
  const settings = await services.settings.get(workspaceId, nowMs);
  const colon = search.indexOf(":");
  const spelled = colon > 0 ? [{ namespace: search.slice(0, colon), value: search.slice(colon + 1) }] : [];
  const tried = [...spelled, ...settings.identity.namespaces.map((rule) => ({ namespace: rule.name, value: search }))];
  const keys = tried
    .map((identifier) => services.findIdentifier(workspaceId, settings, identifier)?.key)
    .filter((key) => key !== undefined);
  return services.deps.workspaceDb.run(workspaceId, async (db) => {
    const ids: string[] = [];
    const people: FoundProfile[] = [];
    for (const identifier of await readIdentifiers(db, workspaceId, [...new Set(keys)])) {
      const found = await findByKey(db, workspaceId, identifier.key);
      if (found.kind === "person") people.push(found.profile);
      if (found.kind === "shared") ids.push(...(await peopleSeenWith(db, workspaceId, identifier, EXACT_MAX)));
    }
    return [...people, ...(await readPeople(db, workspaceId, ids.slice(0, EXACT_MAX)))];
  });
}

async function snapshots(
  services: ApiServices,
  workspaceId: number,
  wish: { readonly search: string; readonly before: z.output<typeof place> | undefined; readonly limit: number },
): Promise<SnapshotRow[]> {
  return services.scan<SnapshotRow>(
    workspaceId,
    `select row_id, toString(profile_id) as id from profiles final
      where workspace_id = {workspace:UInt32} and deleted = 0
        ${wish.before ? "and (row_id, toString(profile_id)) < ({before_row:UInt64}, {before_id:String})" : ""}
        ${
          wish.search === ""
            ? ""
            : `and (arrayExists(one -> positionCaseInsensitiveUTF8(one, {search:String}) > 0, identifiers)
          or arrayExists(trait -> positionCaseInsensitiveUTF8(trait.2, {search:String}) > 0,
            JSONExtractKeysAndValues(toJSONString(traits), 'String')))`
        }
      order by row_id desc, id desc limit {limit:UInt32}`,
    {
      limit: wish.limit + 1,
      ...(wish.search === "" ? {} : { search: wish.search }),
      ...(wish.before ? { before_row: wish.before[0], before_id: wish.before[1] } : {}),
    },
  );
}
