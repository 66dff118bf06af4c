// Values as warehouses write them, as the JSON that rows hold. What isn't written as expected is null where it can't be said at all, and
// the text that came where it can.
import type { Value } from "./warehouse.ts";

/** A finite number; null for NaN and infinities. */
export function numberOf(text: string): number | null {
  const number = Number(text);
  return Number.isFinite(number) ? number : null;
}

/** A number while it is exact, its digits as text beyond. */
export function integerOf(text: string): number | string {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : text;
}

/** Exact digits; null for NaN and infinities. */
export const decimalOf = (text: string): string | null => (/^[+-]?[\d.]+(e[+-]?\d+)?$/i.test(text) ? text : null);

export const dateOf = (text: string): string | null => (/^\d{4}-\d\d-\d\d$/.test(text) && !text.startsWith("0000") ? text : null);

const written = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,12}))? ?(Z|UTC|[+-]\d\d(?::?\d\d)?(?::\d\d)?)?$/;

/** ISO 8601 in UTC, with three digits of a second, or as many more as there are; without a zone it is taken as UTC. Null: infinity, or a year that has not four digits. */
export function instantOf(text: string): string | null {
  const match = written.exec(text);
  if (!match) return null;
  const [, date = "", time = "", fraction = "", zone = "Z"] = match;
  const digits = fraction.replace(/0+$/, "").padEnd(3, "0");
  if (/^(Z|UTC|[+-]00(:?00)?)$/.test(zone)) return date.startsWith("0000") ? null : `${date}T${time}.${digits}Z`;
  const [, sign = "+", hours = "0", minutes = "0"] = /^([+-])(\d\d):?(\d\d)?/.exec(zone) ?? [];
  const atMs = Date.parse(`${date}T${time}Z`) - (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  if (Number.isNaN(atMs)) return null;
  const iso = new Date(atMs).toISOString();
  return iso.length === 24 ? `${iso.slice(0, 19)}.${digits}Z` : null;
}

/** From milliseconds since 1970. */
export function instantOfMs(ms: number): string | null {
  if (!Number.isFinite(ms) || Math.abs(ms) > 8.64e15) return null;
  const iso = new Date(ms).toISOString();
  return iso.length === 24 && !iso.startsWith("0000") ? iso : null;
}

/** What is no JSON stays text. */
export function jsonOf(text: string): Value {
  try {
    return JSON.parse(text) as Value; // JSON gives nothing else.
  } catch {
    return text;
  }
}

/** Of a value that JSON.parse or a library gave: bytes and what JSON can't say become null. */
export function plainOf(value: unknown): Value {
  switch (typeof value) {
    case "string": case "boolean": return value;
    case "number": return Number.isFinite(value) ? value : null;
    case "bigint": return integerOf(String(value));
    case "object":
      if (value === null || value instanceof Uint8Array) return null;
      if (value instanceof Date) return instantOfMs(value.getTime());
      if (Array.isArray(value)) return value.map(plainOf);
      return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plainOf(one)]));
    default: return null;
  }
}
