// Reading fields of a payload whose shape nobody promised: each function gives a value of the wanted kind or its absence,
// and never throws.

export type PlainObject = Record<string, unknown>;

/** Shared by all who find no object; frozen, so that a mistake shows at once. */
export const emptyObject: Readonly<PlainObject> = Object.freeze({});

export function isPlainObject(value: unknown): value is PlainObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object, or an empty one for anything else. */
export function objectOf(value: unknown): Readonly<PlainObject> {
  return isPlainObject(value) ? value : emptyObject;
}

/** Text as it is, finite numbers in decimal form; '' for anything else. Trimmed. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value.trim();
  if (typeof value === "number" && Number.isFinite(value)) return decimal(value);
  return "";
}

/** Like textOf, cut to so many characters, never through the middle of a character. */
export function shortTextOf(value: unknown, charactersMax: number): string {
  const text = textOf(value);
  return text.length <= charactersMax ? text : text.slice(0, charactersMax).toWellFormed();
}

/** The first of the values that is non-empty text. */
export function firstText(...values: readonly unknown[]): string {
  for (const value of values) {
    const text = textOf(value);
    if (text !== "") return text;
  }
  return "";
}

/** Without an exponent, so that an id sent as a number has the form that it has as text. */
function decimal(value: number): string {
  return Number.isInteger(value) && Math.abs(value) >= 1e21 ? BigInt(value).toString() : String(value);
}
