// Computed traits: what follows from a person's events and other traits, kept current on the profile, and usable in conditions like
// any trait. A new kind is a file in computed/, and a line here.
import { z } from "zod";
import type { Condition } from "./condition.ts";
import { readsOf } from "./condition.ts";
import type { PersonFacts, Reads, SqlScope, Words, World } from "./condition-kind.ts";
import type { ComputedKind, ValueSql } from "./computed-kind.ts";
import { decayTrait } from "./computed/decay.ts";
import { formulaTrait } from "./computed/formula.ts";
import { measureTrait } from "./computed/measure.ts";
import { rfmTrait } from "./computed/rfm.ts";
import { stagesTrait } from "./computed/stages.ts";
import { valueTrait } from "./computed/value.ts";
import type { Language } from "./sentence.ts";
import type { Raw } from "./value.ts";

export const computedKinds = [measureTrait, valueTrait, decayTrait, formulaTrait, rfmTrait, stagesTrait] as const;

const computedValue = z.union(computedKinds.map(({ schema }) => schema) as unknown as [
  typeof measureTrait.schema, typeof valueTrait.schema, typeof decayTrait.schema, typeof formulaTrait.schema, typeof rfmTrait.schema, typeof stagesTrait.schema,
]);
export type ComputedValue = z.infer<typeof computedValue>;

export const computedDefinition = z.strictObject({
  version: z.literal(1).default(1),
  include: z.strictObject({ bots: z.boolean().default(false), internal: z.boolean().default(false) }).default({ bots: false, internal: false }),
  value: computedValue,
}).meta({ id: "ComputedTraitDefinition" });
export type ComputedDefinition = z.infer<typeof computedDefinition>;

/** A definition as it is in force, with what was worked out over the workspace for it. */
export interface ComputedInForce {
  readonly definition: ComputedDefinition;
  readonly state: unknown;
}

/** The kind of a value. Its own type is erased: what is parsed goes to the kind that parsed it. */
function kindOf(one: ComputedValue): ComputedKind<z.ZodType, ComputedValue> {
  const found = (computedKinds as unknown as readonly ComputedKind<z.ZodType, ComputedValue>[]).find(({ kind }) => kind === one.kind);
  if (found === undefined) throw new Error(`There is no kind of computed trait ${one.kind}.`);
  return found;
}

export function computedSql({ definition, state }: ComputedInForce, scope: SqlScope): ValueSql {
  return kindOf(definition.value).sql(definition.value, scope, state);
}

/** The plain evaluator. */
export function computedRaws({ definition, state }: ComputedInForce, person: PersonFacts, world: World): Raw[] {
  return kindOf(definition.value).evaluate(definition.value, person, world, state);
}

export function sayComputed({ value }: ComputedDefinition, say: Language): string {
  return kindOf(value).sentence(value, say);
}

/** What can change it, besides time. */
export function computedReads({ value }: ComputedDefinition, words: Words): Required<Reads> {
  const { conditions = [], computed = [], ...own } = kindOf(value).reads(value, words);
  const inner: Condition = { all: conditions };
  const deep = readsOf(inner, words);
  return {
    events: own.events === "any" || deep.events === "any" ? "any" : [...new Set([...(own.events ?? []), ...deep.events])],
    snapshot: own.snapshot === true || deep.snapshot,
    audiences: [...new Set([...(own.audiences ?? []), ...deep.audiences])],
    lists: [...new Set([...(own.lists ?? []), ...deep.lists])],
    accounts: own.accounts === true || deep.accounts,
    computed: [...new Set([...computed, ...deep.computed])],
  };
}
