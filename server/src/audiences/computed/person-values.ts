// What computed traits are for a person, as the API shows it: what stands in `computed_person`, and for whoever has no row the value
// of somebody of whom nothing is known.
import { z } from "zod";
import type { FieldRef } from "@tributary/schema/field.ts";
import { fieldsShown } from "@tributary/schema/audience/computed-references.ts";
import type { WorkspaceDb } from "../../engines/postgres/workspace-db.ts";
import { createWorkspaceCache, type FieldDecisions, type WorkspaceCache } from "../../governance/governance.ts";
import { loadVocabulary } from "../vocabulary.ts";
import { readComputed } from "./computed-rows.ts";
import type { Value } from "./value-of.ts";

const VIEW_CACHE_MS = 2_000;

/** One value as it stands in `computed_person.doc`. */
const storedValue = z.object({
  value: z.union([z.string(), z.number(), z.boolean(), z.array(z.union([z.string(), z.number(), z.boolean()]))]).nullable(),
  atMs: z.number(), reason: z.string(), causeRow: z.number(), version: z.number(),
});
export type StoredValue = z.infer<typeof storedValue>;
export type ComputedDoc = Readonly<Record<string, StoredValue>>;

interface SeenTrait {
  readonly slug: string;
  readonly name: string;
  readonly version: number;
  readonly rest: Value | null;
  readonly fields: readonly FieldRef[];
}

/** Those that have values, by name. */
export type ComputedView = readonly SeenTrait[];

export function createComputedView(workspaceDb: WorkspaceDb): WorkspaceCache<ComputedView> {
  return createWorkspaceCache(workspaceDb, VIEW_CACHE_MS, async (db, workspaceId) => {
    const all = (await readComputed(db, workspaceId)).filter(({ status, filledAt }) => status !== "archived" && filledAt !== null);
    if (all.length === 0) return [];
    const words = (await loadVocabulary(db, workspaceId)).inForce;
    const bySlug = new Map(all.map((one) => [one.slug, one.definition]));
    return all.map(({ slug, name, version, rest, definition }) => ({ slug, name, version, rest, fields: fieldsShown(definition, words, (other) => bySlug.get(other)) }));
  });
}

interface PersonValue {
  readonly name: string;
  readonly value: Value;
  /** Since when; null: from the beginning. */
  readonly at: string | null;
  readonly reason: string | null;
  readonly row_id: number | null;
  readonly version: number;
  readonly personal: boolean;
}

/** By slug; what is not set is left out. On the hot path of look-ups. */
export function personValues(view: ComputedView, doc: ComputedDoc | null | undefined, decisions: FieldDecisions): Record<string, PersonValue> {
  const values: Record<string, PersonValue> = {};
  for (const { slug, name, version, rest, fields } of view) {
    const own = doc?.[slug];
    const value = own === undefined ? rest : own.value;
    if (value === null) continue;
    values[slug] = {
      name, value, at: own === undefined ? null : new Date(own.atMs).toISOString(), reason: own?.reason ?? null, row_id: own === undefined || own.causeRow === 0 ? null : own.causeRow,
      version: own?.version ?? version, personal: fields.some((field) => decisions.isPersonal(field.place, field.event, field.path)),
    };
  }
  return values;
}
