// Why this is one person: identifiers, the events that hold them together, merges, refusals and lines drawn by unmerges.
import type { ClientBase } from "pg";
import { z } from "zod";
import { evidenceAnswer, evidenceQuery, graphAnswer, graphIdentifier, mergeList } from "@tributary/schema/api/identity.ts";
import { pageQuery } from "@tributary/schema/api/answer-parts.ts";
import { profileRefParams } from "@tributary/schema/api/profiles.ts";
import { AppError } from "../core/errors.ts";
import { hash64Of } from "../core/hash.ts";
import { evidenceMask, graphMask, mergeListMask } from "./answer-masks.ts";
import type { ApiServices } from "./api-services.ts";
import { cursorId, cursorRow, decodeCursor, pageFrom } from "./cursor.ts";
import { defineRoute, type Route } from "./define-route.ts";
import { iso } from "./iso.ts";
import { EVIDENCE_COLUMNS, explained, MERGES_SHOWN_MAX, namedIn, readCauses, readMerges, readPeopleNow, shownEvidence, type MergeEntry } from "./merge-log.ts";
import { personOpened } from "./profiles.ts";
import { ownerIds, readIdentifiers, readPeople, type FoundProfile, type IdentifierRecord } from "./profile-store.ts";

const TAG = "Identity";
const EDGES_MAX = 2_000;
/** Different sets of identifiers that stood together in events; beyond it the events of edges are not counted. */
const SETS_MAX = 10_000;

export function identityGraphRoutes(services: ApiServices): Route[] {
  return [graphRoute(services), evidenceRoute(services), mergesRoute(services)];
}

function graphRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/profiles/{ref}/identity",
    tag: TAG,
    scopes: ["read"],
    masks: graphMask,
    summary: "Why this is one person",
    description: "Identifiers, the events in which they were seen together, merges, refused merges, and lines drawn by unmerges.",
    params: profileRefParams,
    responses: { 200: graphAnswer },
    handle: async ({ params, workspaceId, nowMs, saw }) => {
      const profile = await services.finder.get(workspaceId, params.ref, nowMs);
      await saw(personOpened(profile.id));
      const stored = await services.deps.workspaceDb.run(workspaceId, (db) => readStored(db, workspaceId, profile));
      return { status: 200, body: await graphOf(services, workspaceId, profile, stored, nowMs) };
    },
  });
}

interface EdgeRow {
  a: string;
  b: string;
  kind: "seen" | "claimed" | "link";
  row_id: string;
  at: Date;
  source_id: number;
}

interface Stored {
  readonly edges: readonly EdgeRow[];
  readonly records: readonly IdentifierRecord[];
  readonly lines: readonly { split_id: string; identifier_key: string; side: number }[];
  readonly history: readonly MergeEntry[];
  readonly owners: readonly string[];
}

/** What Postgres knows of it. */
async function readStored(db: ClientBase, workspaceId: number, profile: FoundProfile): Promise<Stored> {
  const keys = profile.doc.identifiers.map((identifier) => identifier.key);
  const { rows: edges } = await db.query<EdgeRow>(
    `select a, b, kind, row_id, at, source_id from (
       select * from identity_edge where workspace_id = $1 and a = any($2)
       union select * from identity_edge where workspace_id = $1 and b = any($2)) as touching
      order by row_id, a, b limit $3`,
    [workspaceId, keys, EDGES_MAX + 1],
  );
  const own = new Set(keys);
  const { rows: lines } = await db.query<{ split_id: string; identifier_key: string; side: number }>(
    "select split_id, identifier_key, side from cannot_link where workspace_id = $1 and split_id in (select split_id from cannot_link " +
      "where workspace_id = $1 and identifier_key = any($2)) order by split_id, identifier_key limit $3",
    [workspaceId, keys, EDGES_MAX],
  );
  // Also those across a line, which need not have been seen with any of these.
  const others = new Set([...edges.flatMap((edge) => [edge.a, edge.b]), ...lines.map((line) => line.identifier_key)].filter((key) => !own.has(key)));
  const records = await readIdentifiers(db, workspaceId, [...keys, ...others]);
  const owners = await ownerIds(db, workspaceId, profile.id);
  return { edges, records, lines, owners, history: await readMerges(db, workspaceId, { ids: owners, limit: MERGES_SHOWN_MAX }) };
}

async function graphOf(
  services: ApiServices,
  workspaceId: number,
  profile: FoundProfile,
  { edges, records, lines, history, owners }: Stored,
  nowMs: number,
): Promise<z.input<typeof graphAnswer>> {
  const own = new Set(profile.doc.identifiers.map((identifier) => identifier.key));
  const shown = edges.slice(0, EDGES_MAX);
  // Those of suppressed people have no value any more, and are nobody's business.
  const neighbours = records.filter((record) => !own.has(record.key) && record.value !== "");
  const strangers = [...new Set(neighbours.flatMap(({ profileId }) => profileId ?? []))];
  const under = [...profile.ingestIds, ...owners, ...strangers];
  const [together, causes, people] = await Promise.all([
    countTogether(services, workspaceId, [...profile.ingestIds, ...owners], owners),
    readCauses(services, workspaceId, under, [...shown.map((edge) => Number(edge.row_id)), ...history.map((entry) => entry.row_id)]),
    readPeopleNow(services, workspaceId, [...strangers, ...namedIn(history)].slice(0, MERGES_SHOWN_MAX), nowMs),
  ]);
  const merges = explained(history, causes);
  return {
    profile_id: profile.id,
    identifiers: records.filter((record) => own.has(record.key)).map(shownIdentifier),
    neighbours: neighbours.map((record) => ({ ...shownIdentifier(record), profile_id: record.profileId })),
    edges: shown.map((edge) => ({
      a: edge.a,
      b: edge.b,
      kind: edge.kind,
      row_id: Number(edge.row_id),
      at: edge.at.toISOString(),
      source_id: edge.source_id,
      events: together ? (together(edge.a, edge.b) ?? 0) : null,
      first: causes.get(Number(edge.row_id)) ?? null,
    })),
    cannot_link: lines.map((line) => ({ split_id: Number(line.split_id), identifier_key: line.identifier_key, side: line.side })),
    merges: merges.filter((entry) => entry.kind !== "refused" && entry.kind !== "shared"),
    refusals: merges.filter((entry) => entry.kind === "refused" || entry.kind === "shared"),
    people,
    complete: edges.length <= EDGES_MAX && history.length < MERGES_SHOWN_MAX,
  };
}

function shownIdentifier(record: IdentifierRecord): z.input<typeof graphIdentifier> {
  return {
    key: record.key,
    namespace: record.namespace,
    value: record.value,
    shared: record.shared,
    first_seen_at: record.firstAt.toISOString(),
    row_id: record.firstRow,
    source_id: record.sourceId,
    yielded_to: record.yieldedTo.length,
  };
}

/** How many of a person's events carry two identifiers; null where there are too many different sets of them. */
async function countTogether(
  services: ApiServices,
  workspaceId: number,
  ingestIds: readonly string[],
  owners: readonly string[],
): Promise<((a: string, b: string) => number | undefined) | null> {
  const rows = await services.timelineRead<{ keys: string[]; events: number }>(
    workspaceId,
    `select arrayMap(k -> toString(k), identifiers) as keys, count() as events from events
      where workspace_id = {workspace:UInt32} and ingest_profile_id in {ids:Array(UUID)} and profile_id in {owners:Array(UUID)}
        and outcome = 'stored' and length(identifiers) > 1
      group by identifiers limit {limit:UInt32}`,
    { ids: [...new Set(ingestIds)], owners, limit: SETS_MAX + 1 },
  );
  if (rows.length > SETS_MAX) return null;
  const setsOf = new Map<string, Set<number>>();
  for (const [index, { keys }] of rows.entries()) {
    for (const key of keys) {
      const sets = setsOf.get(key);
      if (sets) sets.add(index);
      else setsOf.set(key, new Set([index]));
    }
  }
  return (a, b) => {
    const [of, others] = [setsOf.get(String(hash64Of(a))), setsOf.get(String(hash64Of(b)))];
    if (!of || !others) return undefined;
    const [few, many] = of.size <= others.size ? [of, others] : [others, of];
    let events = 0;
    for (const index of few) if (many.has(index)) events += rows[index]?.events ?? 0;
    return events;
  };
}

function evidenceRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/profiles/{ref}/identity/events",
    tag: TAG,
    scopes: ["read"],
    masks: evidenceMask,
    summary: "The events that hold two identifiers together",
    description: "The first first, and how many there are. One of the two must be this person's.",
    params: profileRefParams,
    query: evidenceQuery,
    responses: { 200: evidenceAnswer },
    handle: async ({ params, query: { a, b, limit }, workspaceId, nowMs, saw }) => {
      const profile = await services.finder.get(workspaceId, params.ref, nowMs);
      await saw(personOpened(profile.id));
      const own = new Set(profile.doc.identifiers.map(({ key }) => key));
      if (!own.has(a) && !own.has(b)) throw new AppError("not_found", { detail: "This person has neither of the two identifiers." });
      const ids = await services.deps.workspaceDb.run(workspaceId, async (db) => {
        const others = (await readIdentifiers(db, workspaceId, [a, b])).flatMap(({ profileId }) => profileId ?? []);
        const people = [profile, ...(await readPeople(db, workspaceId, others))];
        return [...people.flatMap(({ ingestIds }) => ingestIds), ...(await ownerIds(db, workspaceId, profile.id)), ...others];
      });
      const rows = await services.timelineRead<Parameters<typeof shownEvidence>[0] & { total: number; last_ms: number }>(
        workspaceId,
        `select ${EVIDENCE_COLUMNS}, count() over () as total, max(at_ms) over () as last_ms from events
          where workspace_id = {workspace:UInt32} and ingest_profile_id in {ids:Array(UUID)} and outcome = 'stored'
            and has(identifiers, {a:UInt64}) and has(identifiers, {b:UInt64})
          order by at_ms, row_id limit {limit:UInt32}`,
        { ids: [...new Set(ids)], a: String(hash64Of(a)), b: String(hash64Of(b)), limit },
      );
      const [first] = rows;
      return { status: 200, body: { total: first?.total ?? 0, last_at: first ? iso(first.last_ms) : null, data: rows.map(shownEvidence) } };
    },
  });
}

const mergePlace = z.tuple([cursorRow, cursorId]);

function mergesRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/profiles/{ref}/merges",
    tag: TAG,
    scopes: ["read"],
    masks: mergeListMask,
    summary: "Merges, refusals and splits of one person",
    description: "The latest first; each with its reason and the event that caused it.",
    params: profileRefParams,
    query: pageQuery,
    responses: { 200: mergeList },
    handle: async ({ params, query, workspaceId, nowMs, saw }) => {
      const profile = await services.finder.get(workspaceId, params.ref, nowMs);
      await saw(personOpened(profile.id));
      const before = decodeCursor(mergePlace, query.cursor);
      const entries = await services.deps.workspaceDb.run(workspaceId, async (db) =>
        readMerges(db, workspaceId, { ids: await ownerIds(db, workspaceId, profile.id), limit: query.limit + 1, before }),
      );
      return {
        status: 200,
        body: pageFrom(
          entries,
          query.limit,
          (entry) => entry,
          (entry) => [entry.row_id, entry.step],
        ),
      };
    },
  });
}
