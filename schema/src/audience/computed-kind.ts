// What a kind of computed trait is: one object in one file of computed/. Its value is a list of scalars as JSON text, as that of any
// other trait is while conditions look at it; none is "not set".
import type { z } from "zod";
import type { Definition } from "./definition.ts";
import type { PersonFacts, Reads, SqlScope, Words, World } from "./condition-kind.ts";
import type { Language } from "./sentence.ts";
import type { Raw } from "./value.ts";

/** Over one person: an Array(String) of scalars as JSON text, and the earliest instant at which it could change by time alone. */
export interface ValueSql {
  readonly raws: string;
  readonly next: string;
}

export interface ComputedKind<Schema extends z.ZodType = z.ZodType, One = z.infer<Schema>> {
  readonly kind: string;
  readonly schema: Schema;
  readonly reads: (one: One, words: Words) => Reads & { readonly computed?: readonly string[]; readonly conditions?: readonly Definition["who"][] };
  /** `state`: what was worked out over the whole workspace, for kinds that need it. */
  readonly sql: (one: One, scope: SqlScope, state: unknown) => ValueSql;
  readonly evaluate: (one: One, person: PersonFacts, world: World, state: unknown) => Raw[];
  readonly sentence: (one: One, say: Language) => string;
  readonly examples: readonly One[];
}

/** A number as it is shown: without zeros at its end. */
export function rawOfDecimal(value: bigint): Raw {
  const digits = (value < 0n ? -value : value).toString().padStart(10, "0");
  const text = `${digits.slice(0, -9)}.${digits.slice(-9)}`.replace(/\.?0+$/, "");
  return value < 0n && text !== "0" ? `-${text}` : text;
}

export function rawOfInstant(ms: number): Raw {
  return JSON.stringify(new Date(ms).toISOString());
}

/** The same of an SQL expression in milliseconds. */
export function rawOfInstantSql(ms: string): string {
  return `concat('"', replaceOne(toString(fromUnixTimestamp64Milli(${ms}, 'UTC')), ' ', 'T'), 'Z"')`;
}

/** Floating point numbers from here on are not told. */
export const FLOAT_END = 1e12;

/** A floating point number below FLOAT_END, with six digits after the point: halves upwards. */
export function sixDigits(value: number): Raw {
  return rawOfDecimal(BigInt(Math.floor(value * 1e6 + 0.5)) * 1_000n);
}

export function sixDigitsSql(value: string): string {
  return `toString(toDecimal128(toInt64(floor(${value} * 1000000 + 0.5)), 9) / 1000000)`;
}
