// What changed identity rules would do to people: the evidence (which identifiers were first seen together, in log order) is
// replayed under the rules in force and under the changed ones, and the two are compared. Like with like: rules that say the
// same show no change, whatever else has happened to people.
import { setImmediate as breathe } from "node:timers/promises";
import type { Pool } from "pg";
import type { IdentityPreview } from "@tributary/schema/api/identity.ts";
import type { IdentifierRef } from "@tributary/schema/control.ts";
import { compileIdentityRules, memoryIdentityState, normaliseIdentifier, resolve, type EventIdentifier, type IdentityRules } from "../identity/identity.ts";
import type { IdentitySettings } from "@tributary/schema/settings.ts";
import { AppError } from "../core/errors.ts";
import { splitsOf } from "./world.ts";

/** Most pieces of evidence that are replayed; the answer says when there were more. */
export const EVIDENCE_MAX = 100_000;
/** Events that are replayed between two breaths: events are taken in and people looked up on the same thread. */
const REPLAYED_AT_ONCE = 500;
const EXAMPLES_MAX = 50;
const EXAMPLE_PEOPLE_MAX = 6;
const EXAMPLE_IDENTIFIERS_MAX = 5;

interface Known extends IdentifierRef {
  readonly key: string;
  readonly profileId: string | null;
  readonly splits: Readonly<Record<string, number>>;
  readonly firstRow: number;
}

/** What one event said: the identifiers that it first showed together. */
interface Sighting {
  readonly rowId: number;
  readonly isClaim: boolean;
  readonly keys: Set<string>;
}

export interface Evidence {
  readonly known: ReadonlyMap<string, Known>;
  readonly sightings: readonly Sighting[];
  readonly pairs: number;
  readonly isComplete: boolean;
}

export interface RulesToCompare {
  readonly now: IdentityRules;
  readonly changed: IdentitySettings;
  readonly phoneCountry: string | undefined;
}

export async function previewRules(pool: Pool, workspaceId: number, { now, changed, phoneCountry }: RulesToCompare): Promise<IdentityPreview> {
  const rules = compileIdentityRules(changed);
  if (rules.problems.length > 0) throw new AppError("bad_request", { detail: rules.problems.join(" ") });
  const reformed = rules.namespaces.filter(({ name, normalise }) => now.byName.get(name)?.normalise !== normalise).map(({ name }) => name);
  const evidence = await readEvidence(pool, workspaceId, reformed);
  const before = await replayEvidence(evidence, workspaceId, now, phoneCountry);
  const after = await replayEvidence(evidence, workspaceId, rules, phoneCountry);
  return compare(evidence, before, after);
}

interface EvidenceRow {
  readonly row_id: string;
  readonly kind: string;
  readonly keys: readonly string[];
}

/** `alone`: namespaces of which also identifiers count that were never seen with another. */
async function readEvidence(pool: Pool, workspaceId: number, alone: readonly string[]): Promise<Evidence> {
  const { rows } = await pool.query<EvidenceRow>(
    `select row_id, kind, array[a, b] as keys from identity_edge where workspace_id = $1
     union all select first_row, 'seen', array[key] from identifier where workspace_id = $1 and namespace = any($2) and value <> ''
     order by row_id limit $3`,
    [workspaceId, alone, EVIDENCE_MAX + 1],
  );
  const counted = rows.slice(0, EVIDENCE_MAX);
  const { rows: identifiers } = await pool.query<IdentifierRef & { key: string; profile_id: string | null; splits: string[]; first_row: string }>(
    `select key, namespace, value, profile_id, splits, first_row from identifier where workspace_id = $1 and value <> '' and key = any($2::uuid[])`,
    [workspaceId, [...new Set(counted.flatMap(({ keys }) => keys))]],
  );
  const known = new Map(identifiers.map(({ key, namespace, value, profile_id, splits, first_row }): [string, Known] =>
    [key, { key, namespace, value, profileId: profile_id, splits: splitsOf(splits), firstRow: Number(first_row) }]));
  const sightings: Sighting[] = [];
  for (const row of counted) {
    // Those of suppressed people have no value any more.
    const keys = row.keys.filter((key) => known.has(key));
    if (keys.length < row.keys.length) continue;
    const [rowId, isClaim] = [Number(row.row_id), row.kind === "claimed"];
    const last = sightings.at(-1);
    if (last?.rowId === rowId && last.isClaim === isClaim) for (const key of keys) last.keys.add(key);
    else sightings.push({ rowId, isClaim, keys: new Set(keys) });
  }
  return { known, sightings: [...aloneBefore(known, sightings), ...sightings].sort((one, other) => one.rowId - other.rowId), pairs: counted.length, isComplete: rows.length <= EVIDENCE_MAX };
}

/** Identifiers that were seen before they were seen with another: then they were somebody by themselves. */
function aloneBefore(known: ReadonlyMap<string, Known>, sightings: readonly Sighting[]): Sighting[] {
  const together = new Map<string, number>();
  for (const { rowId, keys } of sightings) for (const key of keys) if (!together.has(key)) together.set(key, rowId);
  return [...known.values()].filter(({ key, firstRow }) => firstRow < (together.get(key) ?? 0))
    .map(({ key, firstRow }) => ({ rowId: firstRow, isClaim: false, keys: new Set([key]) }));
}

/** Under one set of rules: each identifier, and whose it is; null: nobody's, or set aside; absent: the rules don't take it. */
type Owners = ReadonlyMap<string, string | null>;

async function replayEvidence({ known, sightings }: Evidence, workspaceId: number, rules: IdentityRules, phoneCountry: string | undefined): Promise<Owners> {
  const byValue = new Map([...known.values()].map((one) => [`${one.namespace}:${one.value}`, one.key]));
  /** Stored identifier → the one that it would be: two that were apart may be the same one under another normalisation. */
  const becomes = new Map<string, EventIdentifier>();
  const state = memoryIdentityState();
  for (const one of known.values()) {
    const rule = rules.byName.get(one.namespace);
    const normalised = rule && normaliseIdentifier(one.value, rule, phoneCountry);
    if (!normalised || "invalid" in normalised) continue;
    const name = `${one.namespace}:${normalised.value}`;
    const key = byValue.get(name) ?? name;
    becomes.set(one.key, { key, namespace: one.namespace, value: normalised.value });
    if (Object.keys(one.splits).length === 0) continue;
    // A line that an unmerge drew holds from the first event on.
    const held = state.identifier(key);
    if (held) Object.assign(held.splits, one.splits);
    else state.addIdentifier({
      workspaceId, key, namespace: one.namespace, value: normalised.value, profileId: null, shared: false, yieldedTo: [], splits: { ...one.splits },
      firstRow: 0, firstAtMs: 0, sourceId: 0,
    });
  }
  const rankOf = ({ namespace }: IdentifierRef): number => rules.byName.get(namespace)?.rank ?? 0;
  for (const [index, { rowId, isClaim, keys }] of sightings.entries()) {
    if (index % REPLAYED_AT_ONCE === 0) await breathe();
    const carried = new Map([...keys].flatMap((key) => {
      const identifier = becomes.get(key);
      return identifier ? [[identifier.key, identifier] as const] : [];
    }));
    const identifiers = [...carried.values()].sort((one, other) => rankOf(one) - rankOf(other));
    if (identifiers.length === 0) continue;
    resolve({ workspaceId, rowId, sourceId: 0, atMs: 0, type: "identify", previous: [], trust: isClaim ? "query_string" : "full", identifiers }, rules, state);
  }
  return new Map([...becomes].map(([key, identifier]) => [key, state.identifier(identifier.key)?.profileId ?? null]));
}

type Groups = Map<string, Set<string>>;

function add(groups: Groups, name: string, member: string): void {
  const group = groups.get(name);
  if (group) group.add(member);
  else groups.set(name, new Set([member]));
}

function compare(evidence: Evidence, before: Owners, after: Owners): IdentityPreview {
  const [formerOf, laterOf, keysBefore, keysAfter]: [Groups, Groups, Groups, Groups] = [new Map(), new Map(), new Map(), new Map()];
  for (const [key, former] of before) {
    const later = after.get(key);
    if (former) add(keysBefore, former, key);
    if (later) add(keysAfter, later, key);
    // Who lost an identifier that counts as shared now, or is not taken any more, has not come apart.
    if (!former || !later) continue;
    add(formerOf, later, former);
    add(laterOf, former, later);
  }
  for (const [key, later] of after) if (later) add(keysAfter, later, key);
  const joined = [...formerOf].filter(([, formers]) => formers.size > 1);
  const apart = [...laterOf].filter(([, laters]) => laters.size > 1);
  const bridges = findBridges(evidence, before, after, new Set(joined.map(([later]) => later)));
  const dropped = [...before.keys()].filter((key) => !after.has(key));
  return {
    people_before: keysBefore.size,
    people_after: keysAfter.size,
    merging: new Set(joined.flatMap(([, formers]) => [...formers])).size,
    merged_into: joined.length,
    splitting: apart.length,
    split_into: new Set(apart.flatMap(([, laters]) => [...laters])).size,
    merges: joined.slice(0, EXAMPLES_MAX).map(([later, formers]) => ({
      people: [...formers].slice(0, EXAMPLE_PEOPLE_MAX).map((id) => exampleOf(evidence, keysBefore.get(id))),
      by: refsOf(evidence, bridges.get(later)?.keys), row_id: bridges.get(later)?.rowId ?? null,
    })),
    splits: apart.slice(0, EXAMPLES_MAX).map(([former, laters]) => ({
      profile_id: exampleOf(evidence, keysBefore.get(former)).profile_id,
      into: [...laters].slice(0, EXAMPLE_PEOPLE_MAX).map((id) => exampleOf(evidence, keysAfter.get(id))),
    })),
    leaving: [...before].filter(([key, former]) => former && after.get(key) === null).length,
    dropped: dropped.length,
    dropped_examples: refsOf(evidence, dropped),
    examined: keysBefore.size,
    evidence: evidence.pairs,
    complete: evidence.isComplete,
  };
}

/** The first event that holds identifiers of two of the people who would become one. */
function findBridges({ sightings }: Evidence, before: Owners, after: Owners, joined: ReadonlySet<string>): ReadonlyMap<string, Sighting> {
  const bridges = new Map<string, Sighting>();
  for (const sighting of sightings) {
    const formers = new Map<string, Set<string>>();
    for (const key of sighting.keys) {
      const [former, later] = [before.get(key), after.get(key)];
      if (former && later && joined.has(later)) add(formers, later, former);
    }
    for (const [later, several] of formers) if (several.size > 1 && !bridges.has(later)) bridges.set(later, sighting);
  }
  return bridges;
}

function exampleOf(evidence: Evidence, keys: ReadonlySet<string> = new Set()): IdentityPreview["merges"][number]["people"][number] {
  const owner = [...keys].map((key) => evidence.known.get(key)?.profileId).find((id) => id);
  return { profile_id: owner ?? null, identifiers: refsOf(evidence, keys), identifier_count: keys.size };
}

function refsOf(evidence: Evidence, keys: Iterable<string> = []): IdentifierRef[] {
  return [...keys].slice(0, EXAMPLE_IDENTIFIERS_MAX).flatMap((key) => {
    const one = evidence.known.get(key);
    return one ? [{ namespace: one.namespace, value: one.value }] : [];
  });
}
