// Words that stand for something else than a name: units of time, and types that are given as a text.
import { readType } from "./read-type.ts";
import { Reader } from "./reader.ts";
import type { Token } from "./tokens.ts";
import { constant, type Written } from "./written.ts";

export const units: ReadonlyMap<string, string> = new Map(
  (["Year", "Quarter", "Month", "Week", "Day", "Hour", "Minute", "Second"] as const).flatMap((unit) => [[unit.toLowerCase(), unit], [`${unit.toLowerCase()}s`, unit]] as const),
);

/** `Day` for `day`, `DAYS` and the like. */
export function unitOf(reader: Reader, given: string, token: Token): Written {
  const unit = units.get(given.toLowerCase());
  if (unit === undefined) throw reader.refusal("SYNTAX_ERROR", `Not a unit of time: ${given}.`, token);
  return constant(unit);
}

/** A type that is given as a text. */
export function typeIn(given: string, reader: Reader): Written {
  const own = new Reader(given, reader.grammar);
  const type = readType(own);
  if (own.peek().kind !== "end") throw reader.refusal("UNKNOWN_TYPE", `Not a type: ${given}.`);
  return type;
}

