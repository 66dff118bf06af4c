// Who is who and why: the graph of one person, merges, splitting a person in two, and what changed rules would do.
import type { ClientBase } from "pg";
import { z } from "zod";
import {
  graphAnswer,
  graphIdentifier,
  identityPreview,
  identityPreviewBody,
  mergeEntry,
  mergeList,
  unmergeAnswer,
  unmergeBody,
  unmergePreview,
} from "@tributary/schema/api/identity.ts";
import { pageQuery } from "@tributary/schema/api/answer-parts.ts";
import { profileRefParams } from "@tributary/schema/api/profiles.ts";
import type { IdentifierRef } from "@tributary/schema/control.ts";
import { AppError } from "../core/errors.ts";
import type { ApiServices } from "./api-services.ts";
import { cursorId, cursorRow, decodeCursor, pageFrom } from "./cursor.ts";
import { defineRoute, type Route } from "./define-route.ts";
import { ownerIds, readIdentifiers, type FoundProfile, type IdentifierRecord } from "./profile-store.ts";
import { submit } from "./profiles.ts";
import { refuseBadRules } from "./settings.ts";

const TAG = "Identity";
const EDGES_MAX = 2_000;
const MERGES_SHOWN_MAX = 500;

export function identityRoutes(services: ApiServices): Route[] {
  return [graphRoute(services), mergesRoute(services), unmergeRoute(services), previewRoute(services)];
}

function graphRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/profiles/{ref}/identity",
    tag: TAG,
    scopes: ["read", "personal_data"],
    summary: "Why this is one person",
    description: "Identifiers, the events in which they were seen together, merges, refused merges, and lines drawn by unmerges.",
    params: profileRefParams,
    responses: { 200: graphAnswer },
    handle: async ({ params, workspaceId, nowMs }) => {
      const profile = await services.finder.get(workspaceId, params.ref, nowMs);
      return { status: 200, body: await services.deps.workspaceDb.run(workspaceId, (db) => readGraph(db, workspaceId, profile)) };
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

async function readGraph(db: ClientBase, workspaceId: number, profile: FoundProfile): Promise<z.input<typeof graphAnswer>> {
  const keys = profile.doc.identifiers.map((identifier) => identifier.key);
  const { rows: edges } = await db.query<EdgeRow>(
    `select a, b, kind, row_id, at, source_id from (
       select * from identity_edge where workspace_id = $1 and a = any($2)
       union select * from identity_edge where workspace_id = $1 and b = any($2)) as touching
      order by row_id, a, b limit $3`,
    [workspaceId, keys, EDGES_MAX + 1],
  );
  const own = new Set(keys);
  const others = [...new Set(edges.flatMap((edge) => [edge.a, edge.b]))].filter((key) => !own.has(key));
  const records = await readIdentifiers(db, workspaceId, [...keys, ...others]);
  const { rows: lines } = await db.query<{ split_id: string; identifier_key: string; side: number }>(
    "select split_id, identifier_key, side from cannot_link where workspace_id = $1 and identifier_key = any($2) order by split_id, " +
      "identifier_key",
    [workspaceId, keys],
  );
  const history = await readMerges(db, workspaceId, await ownerIds(db, workspaceId, profile.id), { limit: MERGES_SHOWN_MAX });
  return {
    profile_id: profile.id,
    identifiers: records.filter((record) => own.has(record.key)).map(shownIdentifier),
    // Those of suppressed people have no value any more, and are nobody's business.
    neighbours: records
      .filter((record) => !own.has(record.key) && record.value !== "")
      .map((record) => ({ ...shownIdentifier(record), profile_id: record.profileId })),
    edges: edges.slice(0, EDGES_MAX).map((edge) => ({
      a: edge.a,
      b: edge.b,
      kind: edge.kind,
      row_id: Number(edge.row_id),
      at: edge.at.toISOString(),
      source_id: edge.source_id,
    })),
    cannot_link: lines.map((line) => ({ split_id: Number(line.split_id), identifier_key: line.identifier_key, side: line.side })),
    merges: history.filter((entry) => entry.kind !== "refused" && entry.kind !== "shared"),
    refusals: history.filter((entry) => entry.kind === "refused" || entry.kind === "shared"),
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
  };
}

interface MergeRow {
  row_id: string;
  step: number;
  kind: z.input<typeof mergeEntry>["kind"];
  at: Date;
  survivor: string;
  other: string | null;
  reason: string;
  namespace: string | null;
  value: string | null;
  detail: Record<string, unknown>;
}

interface MergeWish {
  readonly limit: number;
  readonly before?: readonly [number, number] | undefined;
  readonly row?: number;
}

/** The latest first. */
async function readMerges(
  db: ClientBase,
  workspaceId: number,
  ids: readonly string[],
  wish: MergeWish,
): Promise<z.input<typeof mergeEntry>[]> {
  const { rows } = await db.query<MergeRow>(
    `select m.row_id, m.step, m.kind, m.at, m.survivor, m.other, m.reason, i.namespace, i.value, m.detail
       from merge_log m left join identifier i on i.key = m.identifier_key and i.workspace_id = m.workspace_id
      where m.workspace_id = $1 and (m.survivor = any($2) or m.other = any($2))
        and ($3::bigint is null or (m.row_id, m.step) < ($3, $4)) and ($5::bigint is null or m.row_id = $5)
      order by m.row_id desc, m.step desc limit $6`,
    [workspaceId, ids, wish.before?.[0] ?? null, wish.before?.[1] ?? null, wish.row ?? null, wish.limit],
  );
  return rows.map((row) => ({
    row_id: Number(row.row_id),
    step: row.step,
    kind: row.kind,
    at: row.at.toISOString(),
    survivor: row.survivor,
    other: row.other,
    reason: row.reason,
    identifier: row.namespace === null || row.value === null || row.value === "" ? null : { namespace: row.namespace, value: row.value },
    detail: row.detail,
  }));
}

const mergePlace = z.tuple([cursorRow, cursorId]);

function mergesRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/profiles/{ref}/merges",
    tag: TAG,
    scopes: ["read", "personal_data"],
    summary: "Merges, refusals and splits of one person",
    description: "The latest first; each with its reason and the event that caused it.",
    params: profileRefParams,
    query: pageQuery,
    responses: { 200: mergeList },
    handle: async ({ params, query, workspaceId, nowMs }) => {
      const profile = await services.finder.get(workspaceId, params.ref, nowMs);
      const before = decodeCursor(mergePlace, query.cursor);
      const entries = await services.deps.workspaceDb.run(workspaceId, async (db) =>
        readMerges(db, workspaceId, await ownerIds(db, workspaceId, profile.id), { limit: query.limit + 1, before }),
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

function unmergeRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/profiles/{ref}/unmerge",
    tag: TAG,
    scopes: ["write", "personal_data"],
    summary: "Split one person in two",
    description:
      "The named identifiers go to one side, all others to the other; each side gets its own history and traits back, and the same " +
      "events never join them again. " +
      "With `dry_run` nothing happens and both people are shown.",
    params: profileRefParams,
    body: unmergeBody,
    responses: { 200: z.union([unmergeAnswer, unmergePreview]), 202: unmergeAnswer },
    handle: async (context) => {
      const { workspaceId, nowMs, body } = context;
      const profile = await services.finder.get(workspaceId, context.params.ref, nowMs);
      const identifiers = await identifiersOf(services, workspaceId, profile, body.identifiers, nowMs);
      if (body.dry_run) {
        const preview = await services.previewGate.pass(() => services.deps.previewUnmerge(workspaceId, profile.id, identifiers.map(refOf)));
        return { status: 200, body: { dry_run: true as const, ...preview } };
      }
      const action = { kind: "profile.unmerge" as const, profileId: profile.id, identifiers: identifiers.map(refOf) };
      const receipt = await submit(services, context, action, { identifier_keys: identifiers.map((identifier) => identifier.key) });
      const changes = receipt.body.processed
        ? await services.deps.workspaceDb.run(workspaceId, (db) =>
            readMerges(db, workspaceId, [profile.id], { limit: MERGES_SHOWN_MAX, row: receipt.body.row_id }),
          )
        : [];
      return { status: receipt.status, body: { ...receipt.body, changes } };
    },
  });
}

function refOf({ namespace, value }: IdentifierRef): IdentifierRef {
  return { namespace, value };
}

/** Checks that the person has all of them and keeps at least one, so that there are two sides. */
async function identifiersOf(
  services: ApiServices,
  workspaceId: number,
  profile: FoundProfile,
  wanted: readonly IdentifierRef[],
  nowMs: number,
): Promise<(IdentifierRef & { readonly key: string })[]> {
  const settings = await services.settings.get(workspaceId, nowMs);
  const held = new Map(profile.doc.identifiers.map((identifier) => [identifier.key, identifier]));
  const split = new Map<string, IdentifierRef & { readonly key: string }>();
  for (const ref of wanted) {
    // As it is spelled in the answer of a look-up, or normalised: a rule that has changed since must not hide it.
    const key =
      profile.doc.identifiers.find((identifier) => identifier.namespace === ref.namespace && identifier.value === ref.value)?.key ??
      services.findIdentifier(workspaceId, settings, ref)?.key;
    const identifier = key === undefined ? undefined : held.get(key);
    if (identifier === undefined)
      throw new AppError("bad_request", { detail: `body.identifiers: This person has no ${ref.namespace} of that value.` });
    split.set(identifier.key, { namespace: identifier.namespace, value: identifier.value, key: identifier.key });
  }
  if (split.size >= held.size) throw new AppError("bad_request", { detail: "body.identifiers: At least one identifier has to stay." });
  return [...split.values()];
}

function previewRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/identity/preview",
    tag: TAG,
    scopes: ["read", "personal_data"],
    summary: "What changed identity rules would do",
    description: "Who would become one person, and who would come apart. Changes nothing.",
    body: identityPreviewBody,
    responses: { 200: identityPreview },
    handle: async ({ body, workspaceId }) => {
      refuseBadRules(body.identity);
      return { status: 200, body: await services.previewGate.pass(() => services.deps.previewIdentity(workspaceId, body.identity)) };
    },
  });
}
