// Arrays as Postgres's own text, for values that need no quoting: numbers, booleans, UUIDs and null. The driver quotes and
// escapes each element of a JavaScript array, which is a good part of a batch's work; these it passes on as they are.

/** For parameters of type int[], bigint[], float8[], bool[] and uuid[]. */
export function arrayLiteral(values: readonly (number | boolean | string | null)[]): string {
  // Joining an array writes null as nothing.
  return values.includes(null) ? `{${values.map((value) => value ?? "NULL").join(",")}}` : `{${values.join(",")}}`;
}

/** Stands between texts that can't contain it: JSON.stringify escapes all control characters. */
const RECORD_SEPARATOR = "\x1e";

/** JSON texts as one parameter, taken apart again by `jsonTexts`. */
export function joinJson(texts: readonly string[]): string {
  return texts.join(RECORD_SEPARATOR);
}

/** SQL: the parameter made by `joinJson` as text[]. */
export function jsonTexts(parameter: string): string {
  return `string_to_array(${parameter}, E'\\x1e')`;
}
