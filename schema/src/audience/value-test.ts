// Tests of one value: of a trait, of an event's property, of what stands beside an event. A value may be a list: then a test holds
// when one of its elements passes. Of something that is not set, no test holds but `is_not_set`; not the negative ones either.
import { RE2JS } from "re2js";
import { z } from "zod";
import type { Clock } from "./clock.ts";
import { audienceLimits } from "./limits.ts";
import {
  decimalOf, decimalSql, decimalsSql, instantOf, instantSql, isPlainNumber, numberOf, numberSql, textOf, textSql, type Bind, type Raw,
} from "./value.ts";

/** What events and traits say is well-formed when it is kept, so nothing else is ever found. */
const text = z.string().max(audienceLimits.valueCharactersMax).refine((value) => value.isWellFormed(), "Half of a character stands alone.");
/** Where a value stands: names joined by dots. */
export function valuePath(charactersMax: number) {
  return z.string().min(1).max(charactersMax).refine((value) => value.isWellFormed(), "Half of a character stands alone.")
    .refine((value) => value.split(".").length <= audienceLimits.pathStepsMax, `At most ${audienceLimits.pathStepsMax} names joined by dots.`);
}

const number = z.number().refine(isPlainNumber, "Numbers have at most 15 digits before the point.");
const literal = z.union([text, number, z.boolean()]);
const literals = z.array(z.union([text, number])).min(1).max(audienceLimits.valuesMax);
const someText = text.min(1);
const pattern = z.string().min(1).max(audienceLimits.patternCharactersMax)
  .refine(isPattern, "Not a pattern of RE2: look-around and back-references are not allowed.");
/** A date or a time in ISO form. Which instant it is, a zone tells where it names none. */
export const isoInstant = z.string().refine((value) => instantOf(JSON.stringify(value), "UTC") !== undefined, "A date (2026-05-01) or a time in ISO form (2026-05-01T10:00:00Z).");

function isPattern(value: string): boolean {
  try {
    RE2JS.compile(value);
    return true;
  } catch {
    return false;
  }
}

const op = <const Op extends string>(name: Op): { op: z.ZodLiteral<Op> } => ({ op: z.literal(name) });

/** The tests that every value allows, as shapes to be joined with what names the value. */
export function testShapes<Base extends z.ZodRawShape>(base: Base) {
  return [
    z.strictObject({ ...base, ...op("is_set") }),
    z.strictObject({ ...base, ...op("is_not_set") }),
    z.strictObject({ ...base, ...op("equals"), value: literal }),
    z.strictObject({ ...base, ...op("not_equals"), value: literal }),
    z.strictObject({ ...base, ...op("one_of"), values: literals }),
    z.strictObject({ ...base, ...op("none_of"), values: literals }),
    z.strictObject({ ...base, ...op("contains"), value: someText }),
    z.strictObject({ ...base, ...op("does_not_contain"), value: someText }),
    z.strictObject({ ...base, ...op("starts_with"), value: someText }),
    z.strictObject({ ...base, ...op("ends_with"), value: someText }),
    z.strictObject({ ...base, ...op("matches"), value: pattern }),
    z.strictObject({ ...base, ...op("has_all"), values: literals }),
    z.strictObject({ ...base, ...op("more_than"), value: number }),
    z.strictObject({ ...base, ...op("at_least"), value: number }),
    z.strictObject({ ...base, ...op("less_than"), value: number }),
    z.strictObject({ ...base, ...op("at_most"), value: number }),
    z.strictObject({ ...base, ...op("between"), from: number, to: number }),
    z.strictObject({ ...base, ...op("before"), value: isoInstant }),
    z.strictObject({ ...base, ...op("on_or_after"), value: isoInstant }),
  ] as const;
}

const valueTest = z.discriminatedUnion("op", testShapes({}));
export type ValueTest = z.infer<typeof valueTest>;
export type TestOp = ValueTest["op"];

// ── In TypeScript ─────────────────────────────────────────────────────────────────────────────────────────────────

/** Whether a test holds of the values that stand there. Dates that name no zone are told by the clock of `zone`. */
export function holds(raws: readonly Raw[], test: ValueTest, zone: string): boolean {
  if (test.op === "is_set") return raws.length > 0;
  if (test.op === "is_not_set") return raws.length === 0;
  switch (test.op) {
    case "not_equals":
      return raws.length > 0 && !raws.some((raw) => equals(raw, test.value));
    case "none_of":
      return raws.length > 0 && !raws.some((raw) => test.values.some((value) => equals(raw, value)));
    case "does_not_contain":
      return raws.length > 0 && !raws.some((raw) => lower(textOf(raw)).includes(lower(test.value)));
    case "has_all":
      return test.values.every((value) => raws.some((raw) => equals(raw, value)));
    default:
      return raws.some((raw) => passes(raw, test, zone));
  }
}

type ElementTest = Exclude<ValueTest, { op: "is_set" | "is_not_set" | "not_equals" | "none_of" | "does_not_contain" | "has_all" }>;

function passes(raw: Raw, test: ElementTest, zone: string): boolean {
  const number = numberOf(raw);
  switch (test.op) {
    case "equals":
      return equals(raw, test.value);
    case "one_of":
      return test.values.some((value) => equals(raw, value));
    case "contains":
      return lower(textOf(raw)).includes(lower(test.value));
    case "starts_with":
      return lower(textOf(raw)).startsWith(lower(test.value));
    case "ends_with":
      return lower(textOf(raw)).endsWith(lower(test.value));
    case "matches":
      return RE2JS.compile(test.value, RE2JS.DOTALL).matcher(textOf(raw)).find();
    case "more_than":
      return number !== undefined && number > decimalOf(test.value);
    case "at_least":
      return number !== undefined && number >= decimalOf(test.value);
    case "less_than":
      return number !== undefined && number < decimalOf(test.value);
    case "at_most":
      return number !== undefined && number <= decimalOf(test.value);
    case "between":
      return number !== undefined && number >= decimalOf(test.from) && number <= decimalOf(test.to);
    case "before":
      return (instantOf(raw, zone) ?? Infinity) < msOf(test.value, zone);
    case "on_or_after":
      return (instantOf(raw, zone) ?? -Infinity) >= msOf(test.value, zone);
  }
}

/** A number in a definition compares as a number, a text as text, a truth value with true or false and with their names. */
function equals(raw: Raw, value: string | number | boolean): boolean {
  if (typeof value === "number") return numberOf(raw) === decimalOf(value);
  return textOf(raw) === String(value);
}

const lower = (value: string): string => value.toLowerCase();

/** Milliseconds of a date or time of a definition, which was checked when it was parsed. */
export function msOf(iso: string, zone: string): number {
  return instantOf(JSON.stringify(iso), zone) ?? Number.NaN;
}

// ── In SQL ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The same over an SQL expression of type Array(String) that holds the values as JSON text. */
export function testSql(bind: Bind, raws: string, test: ValueTest, zone: string): string {
  switch (test.op) {
    case "is_set":
      return `notEmpty(${raws})`;
    case "is_not_set":
      return `empty(${raws})`;
    case "not_equals":
      return `arrayAll(raw -> not ${equalsSql(bind, test.value)}, ${raws}) and notEmpty(${raws})`;
    case "none_of":
      return `arrayAll(raw -> not ${oneOfSql(bind, test.values)}, ${raws}) and notEmpty(${raws})`;
    case "does_not_contain":
      return `arrayAll(raw -> position(${lowerSql}, ${bind("String", lower(test.value))}) = 0, ${raws}) and notEmpty(${raws})`;
    case "has_all":
      return test.values.map((value) => `arrayExists(raw -> ${equalsSql(bind, value)}, ${raws})`).join(" and ");
    default:
      return `arrayExists(raw -> ${passesSql(bind, test, zone)}, ${raws})`;
  }
}

const lowerSql = `lowerUTF8(${textSql("raw")})`;

function passesSql(bind: Bind, test: ElementTest, zone: string): string {
  const number = (compare: string, value: number): string => `ifNull(${numberSql("raw")} ${compare} ${decimalSql(bind, value)}, 0)`;
  switch (test.op) {
    case "equals":
      return equalsSql(bind, test.value);
    case "one_of":
      return oneOfSql(bind, test.values);
    case "contains":
      return `position(${lowerSql}, ${bind("String", lower(test.value))}) > 0`;
    case "starts_with":
      return `startsWith(${lowerSql}, ${bind("String", lower(test.value))})`;
    case "ends_with":
      return `endsWith(${lowerSql}, ${bind("String", lower(test.value))})`;
    case "matches":
      return `match(${textSql("raw")}, ${bind("String", test.value)})`;
    case "more_than":
      return number(">", test.value);
    case "at_least":
      return number(">=", test.value);
    case "less_than":
      return number("<", test.value);
    case "at_most":
      return number("<=", test.value);
    case "between":
      return `${number(">=", test.from)} and ${number("<=", test.to)}`;
    case "before":
      return `ifNull(${instantSql(bind, "raw", clockAt(msOf(test.value, zone), zone))} < ${bind("Int64", msOf(test.value, zone))}, 0)`;
    case "on_or_after":
      return `ifNull(${instantSql(bind, "raw", clockAt(msOf(test.value, zone), zone))} >= ${bind("Int64", msOf(test.value, zone))}, 0)`;
  }
}

/** For what is compared with one instant. */
const clockAt = (ms: number, zone: string): Clock => ({ zone, era: { fromMs: ms, toMs: ms } });

function equalsSql(bind: Bind, value: string | number | boolean): string {
  if (typeof value === "number") return `ifNull(${numberSql("raw")} = ${decimalSql(bind, value)}, 0)`;
  return `${textSql("raw")} = ${bind("String", String(value))}`;
}

function oneOfSql(bind: Bind, values: readonly (string | number)[]): string {
  const texts = values.filter((value) => typeof value === "string");
  const numbers = values.filter((value) => typeof value === "number");
  const parts: string[] = [];
  if (texts.length > 0) parts.push(`has(${bind("Array(String)", texts)}, ${textSql("raw")})`);
  if (numbers.length > 0) {
    parts.push(`ifNull(has(${decimalsSql(bind, numbers)}, ${numberSql("raw")}), 0)`);
  }
  return `(${parts.join(" or ")})`;
}
