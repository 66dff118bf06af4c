// A computed trait's value as people and programs see it: a scalar, a list, or nothing.
import type { ComputedDefinition } from "@tributary/schema/audience/computed.ts";

export type Scalar = string | number | boolean;
export type Value = Scalar | Scalar[];

export function scalarOf(raw: string): Scalar {
  return JSON.parse(raw) as Scalar; // Scalars as JSON text, as every kind gives them.
}

/** Undefined: not set. What may hold several values is always a list; elsewhere several values of one event are one, too. */
export function valueOfRaws(raws: readonly string[], isList: boolean): Value | undefined {
  const values = raws.map(scalarOf);
  return values.length === 0 ? undefined : isList || values.length > 1 ? values : values[0];
}

export function isListOf({ value }: ComputedDefinition): boolean {
  return value.kind === "value" && value.which === "all";
}
