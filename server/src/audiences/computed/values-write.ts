// Writes what computed traits are for people, within the evaluator's transaction: what has not changed is not written, and whoever has
// what everybody has of whom nothing is known stands in no row.
import type { ClientBase } from "pg";
import { NEVER } from "@tributary/schema/audience/window.ts";
import type { ComputedValueRow } from "../../pipeline/outbox/audience-outbox.ts";
import type { Cause } from "../membership-write.ts";
import { withoutRemoved } from "../without-removed.ts";
import type { LoadedTrait } from "./loaded-traits.ts";
import type { ComputedDoc, StoredValue } from "./person-values.ts";

type Written = Pick<LoadedTrait, "id" | "slug" | "version" | "rest">;

export interface ValueJudged {
  readonly workspaceId: number;
  readonly profileId: string;
  /** What they are now, as JSON: of the others nothing is known. */
  readonly values: readonly { readonly trait: Written; readonly json: string; readonly cause: Cause }[];
  readonly dueMs: number;
  /** Whether these are all that are kept current, so that the instant is theirs, whatever stood there. */
  readonly isWhole: boolean;
}

interface ValuesWrite {
  readonly judged: readonly ValueJudged[];
  /** They are nobody any more. */
  readonly gone: readonly { readonly workspaceId: number; readonly profileId: string; readonly cause: Cause }[];
  readonly nowMs: number;
}

/** Gives the rows for ClickHouse. */
export async function writeValues(tx: ClientBase, write: ValuesWrite): Promise<ComputedValueRow[]> {
  const { judged, gone } = await withoutRemoved(tx, write);
  if (judged.length === 0 && gone.length === 0) return [];
  const stored = await readStored(tx, [...judged, ...gone].map(({ profileId }) => profileId));
  const changes: Changes = { rows: [], people: new Map(), counts: new Map() };
  await leave(tx, gone, stored, { changes, nowMs: write.nowMs });
  for (const person of judged) if (!changes.people.has(person.profileId)) judge(person, stored.get(person.profileId), changes, write.nowMs);
  await writePeople(tx, [...changes.people.values()]);
  await writeCounts(tx, changes.counts);
  return changes.rows;
}

interface Stored {
  readonly doc: ComputedDoc;
  readonly dueAt: number | null;
}

interface PersonRow {
  readonly workspaceId: number;
  readonly profileId: string;
  readonly doc: ComputedDoc;
  readonly dueAt: number | null;
}

interface Changes {
  readonly rows: ComputedValueRow[];
  readonly people: Map<string, PersonRow>;
  /** By number of the trait: how many more have a value of their own. */
  readonly counts: Map<number, number>;
}

async function readStored(tx: ClientBase, profileIds: readonly string[]): Promise<Map<string, Stored>> {
  const { rows } = await tx.query<{ profile_id: string; doc: ComputedDoc; due_at: string | null }>({
    name: "computed-person-read", text: "select profile_id, doc, due_at from computed_person where profile_id = any($1::uuid[])", values: [profileIds],
  });
  return new Map(rows.map((row) => [row.profile_id, { doc: row.doc, dueAt: row.due_at === null ? null : Number(row.due_at) }]));
}

async function leave(tx: ClientBase, gone: ValuesWrite["gone"], stored: ReadonlyMap<string, Stored>, { changes, nowMs }: { readonly changes: Changes; readonly nowMs: number }): Promise<void> {
  const leaving = gone.filter(({ profileId }) => stored.has(profileId));
  if (leaving.length === 0) return;
  const ids = await tx.query<{ id: number; workspace_id: number; slug: string }>("select id, workspace_id, slug from computed_trait where workspace_id = any($1::integer[])", [[...new Set(leaving.map(({ workspaceId }) => workspaceId))]]);
  const idOf = new Map(ids.rows.map((row) => [`${row.workspace_id} ${row.slug}`, row.id]));
  for (const { workspaceId, profileId, cause } of leaving) {
    for (const [slug, { version }] of Object.entries(stored.get(profileId)?.doc ?? {})) {
      const traitId = idOf.get(`${workspaceId} ${slug}`);
      if (traitId === undefined) continue;
      changes.rows.push({ workspaceId, traitId, profileId, value: "", atMs: nowMs, reason: cause.reason, causeRow: cause.row, version });
      count(changes, traitId, -1);
    }
    changes.people.set(profileId, { workspaceId, profileId, doc: {}, dueAt: null });
  }
}

function judge({ workspaceId, profileId, values, dueMs, isWhole }: ValueJudged, before: Stored | undefined, changes: Changes, nowMs: number): void {
  const doc: Record<string, StoredValue> = { ...before?.doc };
  let isChanged = false;
  for (const { trait, json, cause } of values) {
    const own = doc[trait.slug];
    const isRest = json === trait.rest;
    if (isRest ? own === undefined : own !== undefined && JSON.stringify(own.value) === json) continue;
    isChanged = true;
    changes.rows.push({ workspaceId, traitId: trait.id, profileId, value: isRest ? "" : json, atMs: nowMs, reason: cause.reason, causeRow: cause.row, version: trait.version });
    if (isRest) delete doc[trait.slug];
    else doc[trait.slug] = { value: JSON.parse(json) as StoredValue["value"], atMs: nowMs, reason: cause.reason, causeRow: cause.row, version: trait.version };
    if (isRest !== (own === undefined)) count(changes, trait.id, isRest ? -1 : 1);
  }
  const known = before?.dueAt ?? null;
  const found = dueMs >= NEVER ? null : Math.max(dueMs, nowMs + DUE_AFTER_MS);
  // Where not all were asked about, the instant of one of the others may stand there: only an earlier one replaces it.
  const dueAt = isWhole || known === null ? found : found === null ? known : Math.min(found, known);
  if (isChanged || dueAt !== known) changes.people.set(profileId, { workspaceId, profileId, doc, dueAt });
}

/** An instant that is not after the moment of asking would wake its person again and again. */
const DUE_AFTER_MS = 1;

function count(changes: Changes, traitId: number, delta: number): void {
  changes.counts.set(traitId, (changes.counts.get(traitId) ?? 0) + delta);
}

async function writePeople(tx: ClientBase, people: readonly PersonRow[]): Promise<void> {
  const isNobody = ({ doc, dueAt }: PersonRow): boolean => dueAt === null && Object.keys(doc).length === 0;
  const [empty, kept] = [people.filter(isNobody), people.filter((person) => !isNobody(person))];
  if (empty.length > 0) await tx.query({ name: "computed-person-drop", text: "delete from computed_person where profile_id = any($1::uuid[])", values: [empty.map(({ profileId }) => profileId)] });
  if (kept.length === 0) return;
  await tx.query({
    name: "computed-person-write",
    text: `insert into computed_person as p (profile_id, workspace_id, doc, due_at) select * from unnest($1::uuid[], $2::integer[], $3::json[], $4::bigint[])
      on conflict (profile_id) do update set doc = excluded.doc, due_at = excluded.due_at`,
    values: [kept.map(({ profileId }) => profileId), kept.map(({ workspaceId }) => workspaceId), kept.map(({ doc }) => JSON.stringify(doc)), kept.map(({ dueAt }) => dueAt)],
  });
}

async function writeCounts(tx: ClientBase, counts: ReadonlyMap<number, number>): Promise<void> {
  const changed = [...counts].filter(([, delta]) => delta !== 0).toSorted(([a], [b]) => a - b);
  if (changed.length === 0) return;
  await tx.query({
    name: "computed-counts",
    text: "update computed_trait t set people = t.people + n.d from unnest($1::integer[], $2::integer[]) as n (i, d) where t.id = n.i",
    values: [changed.map(([id]) => id), changed.map(([, delta]) => delta)],
  });
}
