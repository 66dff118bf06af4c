// Reading people out of Postgres. The plain answer is one statement by primary key; a merged id answers with its survivor,
// a suppressed person with nothing. Every statement names the workspace, and row-level security holds it to that.
import type { ClientBase } from "pg";
import type { ProfileDocument } from "@tributary/schema/profile.ts";
import type { ComputedDoc } from "../audiences/audiences.ts";

export interface FoundProfile {
  readonly id: string;
  readonly doc: ProfileDocument;
  readonly ingestIds: readonly string[];
  /** What computed traits are for them; null: what they are for somebody of whom nothing is known. */
  readonly computed: ComputedDoc | null;
}

/** What an identifier leads to: one person, several (shared), or nobody. */
export type Found = { readonly kind: "person"; readonly profile: FoundProfile } | { readonly kind: "shared" } | { readonly kind: "nobody" };

interface ProfileRow {
  id: string;
  merged_into: string | null;
  suppressed: boolean;
  doc: ProfileDocument | null;
  ingest_ids: string[];
  computed: ComputedDoc | null;
}

interface IdentifierRow extends Partial<ProfileRow> {
  key: string;
  shared: boolean;
  owner: string | null;
}

export const nobody: Found = { kind: "nobody" };

export async function findByKey(db: ClientBase, workspaceId: number, key: string): Promise<Found> {
  return (await findByKeys(db, workspaceId, [key])).get(key) ?? nobody;
}

/** By key; those that nobody ever sent are left out. */
export async function findByKeys(db: ClientBase, workspaceId: number, keys: readonly string[]): Promise<ReadonlyMap<string, Found>> {
  const { rows } = await db.query<IdentifierRow>({
    name: "profiles-by-identifier",
    text: `select i.key, i.shared, i.profile_id as owner, p.id, p.merged_into, p.suppressed, p.doc, p.ingest_ids, c.doc as computed
             from identifier i left join profile p on p.id = i.profile_id and p.workspace_id = i.workspace_id left join computed_person c on c.profile_id = p.id
            where i.key = any($1::uuid[]) and i.workspace_id = $2`,
    values: [keys, workspaceId],
  });
  const found = new Map<string, Found>();
  for (const row of rows) found.set(row.key, await foundOf(db, workspaceId, row));
  return found;
}

function foundOf(db: ClientBase, workspaceId: number, row: IdentifierRow): Found | Promise<Found> {
  if (row.shared) return { kind: "shared" };
  return row.owner === null ? nobody : personOf(db, workspaceId, row);
}

export async function findById(db: ClientBase, workspaceId: number, id: string): Promise<Found> {
  const { rows } = await db.query<ProfileRow>({
    name: "profile-by-id",
    text: `select p.id, p.merged_into, p.suppressed, p.doc, p.ingest_ids, c.doc as computed from profile p left join computed_person c on c.profile_id = p.id
      where p.id = $1 and p.workspace_id = $2`,
    values: [id, workspaceId],
  });
  return personOf(db, workspaceId, rows[0]);
}

async function personOf(db: ClientBase, workspaceId: number, row: Partial<ProfileRow> | undefined): Promise<Found> {
  if (row?.id === undefined) return nobody;
  // `merged_into` is flattened: one step leads to the survivor.
  if (row.merged_into) return findById(db, workspaceId, row.merged_into);
  if (row.suppressed || !row.doc) return nobody;
  return { kind: "person", profile: { id: row.id, doc: row.doc, ingestIds: row.ingest_ids ?? [], computed: row.computed ?? null } };
}

/** Documents of those of `ids` (at most a page) who are people now, in the order asked for; each once. */
export async function readPeople(db: ClientBase, workspaceId: number, ids: readonly string[]): Promise<FoundProfile[]> {
  if (ids.length === 0) return [];
  const { rows } = await db.query<ProfileRow>(
    `select p.id, p.merged_into, p.suppressed, p.doc, p.ingest_ids, c.doc as computed
       from unnest($2::uuid[]) with ordinality as asked (id, place)
       join profile was on was.id = asked.id and was.workspace_id = $1
       join profile p on p.id = coalesce(was.merged_into, was.id) and p.workspace_id = $1
       left join computed_person c on c.profile_id = p.id
      order by asked.place`,
    [workspaceId, ids],
  );
  const people = new Map<string, FoundProfile>();
  for (const row of rows) {
    if (!row.suppressed && row.merged_into === null && row.doc !== null) {
      people.set(row.id, people.get(row.id) ?? { id: row.id, doc: row.doc, ingestIds: row.ingest_ids, computed: row.computed });
    }
  }
  return [...people.values()];
}

/** Who each of `ids` is now: the survivor, or null for someone who is suppressed or unknown. */
export async function currentPeople(db: ClientBase, workspaceId: number, ids: readonly string[]): Promise<Map<string, string | null>> {
  const { rows } = await db.query<{ id: string; person: string | null }>(
    `select was.id, case when p.suppressed then null else p.id end as person
       from profile was join profile p on p.id = coalesce(was.merged_into, was.id) and p.workspace_id = $1
      where was.workspace_id = $1 and was.id = any($2)`,
    [workspaceId, ids],
  );
  return new Map(rows.map((row) => [row.id, row.person]));
}

/** Of these keys, those that belong to suppressed people. */
export async function suppressedKeys(db: ClientBase, workspaceId: number, keys: readonly string[]): Promise<Set<string>> {
  if (keys.length === 0) return new Set();
  const { rows } = await db.query<{ key: string }>(
    `select i.key from identifier i join profile p on p.id = i.profile_id and p.workspace_id = i.workspace_id
      where i.workspace_id = $1 and i.key = any($2) and p.suppressed`,
    [workspaceId, keys],
  );
  return new Set(rows.map((row) => row.key));
}

/** Somebody who is suppressed, by their id or the key of an identifier, with every id that they had; undefined: they are not. */
export async function suppressedPerson(
  db: ClientBase, workspaceId: number, by: { readonly id?: string; readonly key?: string | undefined },
): Promise<{ readonly profileId: string; readonly profileIds: readonly string[] } | undefined> {
  const { rows } = await db.query<{ profileId: string; profileIds: readonly string[] }>(
    `select p.id as "profileId", array(select m.id from profile m where m.workspace_id = $1 and (m.id = p.id or m.merged_into = p.id)) as "profileIds"
       from profile was join profile p on p.workspace_id = $1 and p.id = coalesce(was.merged_into, was.id)
      where was.workspace_id = $1 and p.suppressed and was.id = coalesce($2::uuid, (select i.profile_id from identifier i where i.workspace_id = $1 and i.key = $3::uuid))`,
    [workspaceId, by.id ?? null, by.key ?? null],
  );
  return rows[0];
}

/** Of these first 64 bits of keys (`hash64Of`, as decimal text), those of keys that belong to suppressed people. */
export async function suppressedKeys64(db: ClientBase, workspaceId: number, keys64: readonly string[]): Promise<Set<string>> {
  if (keys64.length === 0) return new Set();
  const starts = keys64.map((key) => BigInt(key).toString(16).padStart(16, "0"));
  const uuids = (end: string) => starts.map((start) => `${start}${end.repeat(16)}`);
  // One look into the index for each; the limit is far above what can share 64 bits, and keeps the plan at that.
  const { rows } = await db.query<{ asked: string }>(
    `select asked.key64 as asked from unnest($2::text[], $3::uuid[], $4::uuid[]) as asked (key64, low, high)
      cross join lateral (select profile_id from identifier i
        where i.workspace_id = $1 and i.key between asked.low and asked.high limit 4) as held
      join profile p on p.id = held.profile_id and p.workspace_id = $1
      where p.suppressed`,
    [workspaceId, keys64, uuids("0"), uuids("f")],
  );
  return new Set(rows.map((row) => row.asked));
}

/** The ids under which rows of this person stand as owner: its own, and those merged into it. */
export async function ownerIds(db: ClientBase, workspaceId: number, id: string): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>("select id from profile where workspace_id = $1 and (id = $2 or merged_into = $2)", [
    workspaceId,
    id,
  ]);
  return rows.map((row) => row.id);
}

export interface IdentifierRecord {
  readonly key: string;
  readonly namespace: string;
  readonly value: string;
  readonly profileId: string | null;
  readonly shared: boolean;
  readonly yieldedTo: readonly string[];
  readonly firstRow: number;
  readonly firstAt: Date;
  readonly sourceId: number;
}

interface IdentifierRecordRow {
  key: string;
  namespace: string;
  value: string;
  profile_id: string | null;
  shared: boolean;
  yielded_to: string[];
  first_row: string;
  first_at: Date;
  source_id: number;
}

export async function readIdentifiers(db: ClientBase, workspaceId: number, keys: readonly string[]): Promise<IdentifierRecord[]> {
  const { rows } = await db.query<IdentifierRecordRow>(
    `select key, namespace, value, profile_id, shared, yielded_to, first_row, first_at, source_id
       from identifier where workspace_id = $1 and key = any($2) order by first_row, namespace, key`,
    [workspaceId, keys],
  );
  return rows.map((row) => ({
    key: row.key,
    namespace: row.namespace,
    value: row.value,
    profileId: row.profile_id,
    shared: row.shared,
    yieldedTo: row.yielded_to,
    firstRow: Number(row.first_row),
    firstAt: row.first_at,
    sourceId: row.source_id,
  }));
}

/**
 * Everybody an identifier was seen with, by its own person, those it yielded to, and the owners of the identifiers that
 * stood beside it; at most `limit`, in no order that means anything.
 */
export async function peopleSeenWith(db: ClientBase, workspaceId: number, identifier: IdentifierRecord, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ profile_id: string }>(
    `select profile_id from identifier
      where workspace_id = $1 and profile_id is not null and key in (
        select b from identity_edge where workspace_id = $1 and a = $2 union select a from identity_edge where workspace_id = $1 and b = $2)
      group by profile_id order by min(first_row) limit $3`,
    [workspaceId, identifier.key, limit],
  );
  const own = identifier.profileId === null ? [] : [identifier.profileId];
  return [...new Set([...own, ...identifier.yieldedTo, ...rows.map((row) => row.profile_id)])].slice(0, limit);
}
