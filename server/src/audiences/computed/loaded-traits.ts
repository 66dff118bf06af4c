// What the evaluator knows of a workspace's computed traits.
import { computedDefinition, type ComputedInForce } from "@tributary/schema/audience/computed.ts";
import type { PersonFacts } from "@tributary/schema/audience/condition-kind.ts";
import { computedValueOf } from "@tributary/schema/audience/definition.ts";
import { meaningOfComputed, type Meaning, type Surroundings } from "../meaning.ts";
import { isListOf, valueOfRaws } from "./value-of.ts";

export interface LoadedTrait extends Meaning {
  readonly id: number;
  readonly workspaceId: number;
  readonly slug: string;
  readonly version: number;
  readonly inForce: ComputedInForce;
  readonly status: "filling" | "active" | "failed";
  readonly wasFilled: boolean;
  /** Whether its values are what it means today: then it is kept current. */
  readonly isLive: boolean;
  readonly boundaryMs: number | null;
  /** What it is for somebody of whom nothing is known: as the query gives it, and as JSON. */
  readonly restRaws: readonly string[];
  readonly rest: string;
  /** With what its fifths were worked out, and when; null: never, or it has none. */
  readonly stateKey: string | null;
  readonly stateAtMs: number | null;
}

export interface TraitRow {
  readonly id: number;
  readonly workspace_id: number;
  readonly slug: string;
  readonly version: number;
  readonly definition: unknown;
  readonly state: unknown;
  readonly state_key: string | null;
  readonly state_at: Date | null;
  readonly status: "filling" | "active" | "failed" | "archived";
  readonly filled: boolean;
  readonly filled_key: string | null;
  readonly boundary_at: string | null;
}

export const TRAIT_ROWS = `select t.id, t.workspace_id, t.slug, t.version, t.definition, t.state, t.state_key, t.state_at, t.status, t.filled_at is not null as filled, t.filled_key, t.boundary_at
  from computed_trait t join workspace w on w.id = t.workspace_id
  where w.log_partition = $1 and (t.status <> 'archived' or t.filled_key is not null or t.people > 0) order by t.id`;

/** By slug; what can't be read is left out. */
export function inForceOf(rows: readonly TraitRow[]): ReadonlyMap<string, ComputedInForce> {
  return new Map(rows.flatMap((row) => {
    const { data } = computedDefinition.safeParse(row.definition);
    return data === undefined ? [] : [[row.slug, { definition: data, state: row.state }] as const];
  }));
}

export function loadTraits(rows: readonly TraitRow[], around: Surroundings): LoadedTrait[] {
  return rows.flatMap((row): LoadedTrait[] => {
    const inForce = around.computed(row.slug);
    if (inForce === undefined || row.status === "archived") return [];
    try {
      const meaning = meaningOfComputed(inForce, around);
      const restRaws = restOf(inForce, around);
      return [{
        ...meaning, id: row.id, workspaceId: row.workspace_id, slug: row.slug, version: row.version, inForce, status: row.status, wasFilled: row.filled,
        isLive: row.status === "active" && row.filled_key === meaning.key, boundaryMs: row.boundary_at === null ? null : Number(row.boundary_at),
        restRaws, rest: jsonOf(restRaws, inForce), stateKey: row.state_key, stateAtMs: row.state_at?.getTime() ?? null,
      }];
    } catch {
      // It reads a word of the vocabulary that has no events any more: it is worked out again when it has.
      return [];
    }
  });
}

/** A value as JSON; "null": not set. */
export function jsonOf(raws: readonly string[], { definition }: ComputedInForce): string {
  return JSON.stringify(valueOfRaws(raws, isListOf(definition)) ?? null);
}

const nobody: PersonFacts = {
  id: "00000000-0000-0000-0000-000000000000", zone: "", traits: {}, traitTimes: {}, identifiers: [], isAnonymous: true, isHuman: true, consents: {}, accounts: [], events: [],
};

/** Of nobody nothing depends on the time. */
function restOf(one: ComputedInForce, around: Surroundings): string[] {
  return computedValueOf(one, nobody, {
    nowMs: 0, zone: around.zone, words: around.words, people: [], audience: around.audience, list: () => new Set(), computedTrait: (slug) => around.computed(slug),
  });
}
