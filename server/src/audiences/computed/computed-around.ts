// What definitions of a workspace are asked among, for questions of the API: its words, other audiences, lists and computed traits.
import type { ClientBase } from "pg";
import type { ComputedDefinition } from "@tributary/schema/audience/computed.ts";
import { fieldsShown } from "@tributary/schema/audience/computed-references.ts";
import type { Vocabulary } from "@tributary/schema/audience/vocabulary.ts";
import { isFieldRefShort, type FieldRef } from "@tributary/schema/field.ts";
import type { FieldDecisions } from "../../governance/governance.ts";
import { readSurroundings, type ReadSurroundings } from "../audience-store.ts";
import { loadVocabulary } from "../vocabulary.ts";
import { readZone } from "../workspace-zone.ts";
import type { Around } from "./rfm-state.ts";

export interface ComputedAround {
  readonly around: Around;
  readonly kept: ReadSurroundings;
  readonly vocabulary: Vocabulary;
}

export async function readComputedAround(db: ClientBase, workspaceId: number, nowMs: number): Promise<ComputedAround> {
  const { inForce: vocabulary } = await loadVocabulary(db, workspaceId);
  const kept = await readSurroundings(db, workspaceId, vocabulary);
  const { rows } = await db.query<{ slug: string; id: number }>("select slug, id from audience_list where workspace_id = $1", [workspaceId]);
  const lists = new Map(rows.map(({ slug, id }) => [slug, id]));
  const zone = await readZone(db, workspaceId);
  const traits = new Map(kept.computedTraits.map((one) => [one.slug, { definition: one.definition, state: one.state ?? null }]));
  return {
    kept, vocabulary,
    around: {
      nowMs, zone, words: vocabulary, audience: (slug) => kept.audience(slug)?.definition, list: (slug) => lists.get(slug), computed: (slug) => traits.get(slug),
      hasOverrides: true,
    },
  };
}

export interface ShownField extends FieldRef {
  readonly personal: boolean;
}

/** The fields whose contents show through a value, each once. */
export function shownFields(one: ComputedDefinition, { kept, vocabulary }: Pick<ComputedAround, "kept" | "vocabulary">, decisions: FieldDecisions): ShownField[] {
  const fields = fieldsShown(one, vocabulary, (slug) => kept.computed(slug)?.definition).filter(isFieldRefShort);
  const different = new Map(fields.map((field) => [JSON.stringify([field.place, field.event, field.path]), field]));
  return [...different.values()].map((field) => ({ ...field, personal: decisions.isPersonal(field.place, field.event, field.path) }));
}
