// How values compare. Senders write 12, "12" and 12.0 for the same number, lists where others write one value, and dates as text.
// Each rule stands here twice, in TypeScript and in SQL, side by side; value.cases.ts holds one table of cases for both.
//
// Between reading and comparing, a value is its JSON text ("red", 12, true): the one form that ClickHouse gives for every type.
import { isRecord } from "../is-record.ts";
import { clockMs, clockSql, type Clock } from "./clock.ts";

/** A scalar as JSON text: `"red"`, `12`, `true`. Objects and null are "not set" and never get this far. */
export type Raw = string;

/** Digits after the point that count; more are cut off. */
export const DECIMALS = 9;
const SCALE = 10n ** BigInt(DECIMALS);
/** So many that what is cut off is not rounded before. */
const DECIMALS_WRITTEN = 20;

const NUMBER_AS_TEXT = /^-?\d{1,15}(\.\d{1,9})?$/;
const NUMBER = /^-?\d{1,15}(\.\d+)?$/;

export interface Bind {
  /** Binds a value: gives the placeholder by which SQL names it. Values never become part of the statement. */
  (type: string, value: unknown): string;
  /** Names an expression over one event, so that it stands in the statement once, however often it is used. */
  readonly ofEvent?: (expression: string) => string;
  /** The same over one person. */
  readonly ofPerson?: (expression: string) => string;
}

/** Names an expression over one event where that can be. */
export function eventSql(bind: Bind, expression: string): string {
  return bind.ofEvent?.(expression) ?? expression;
}

// ── Text ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Text as it is; numbers and truth values in JSON form. */
export function textOf(raw: Raw): string {
  return raw.startsWith('"') ? String(JSON.parse(raw)) : raw;
}

export function textSql(raw: string): string {
  return `if(startsWith(${raw}, '"'), JSONExtractString(${raw}), ${raw})`;
}

// ── Numbers ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** A decimal with nine digits after the point, as a whole number of billionths: sums of these do not depend on their order. */
export type Decimal = bigint;

/**
 * JSON numbers of up to 15 digits before the point; and text that is plainly a number, of up to 9 digits after it. Never truth
 * values, exponents, spaces, signs of plus.
 */
export function numberOf(raw: Raw): Decimal | undefined {
  const isText = raw.startsWith('"');
  const text = textOf(raw);
  return (isText ? NUMBER_AS_TEXT : NUMBER).test(text) ? toDecimal(text) : undefined;
}

function toDecimal(text: string): Decimal {
  const [whole = "0", fraction = ""] = text.replace("-", "").split(".");
  const size = BigInt(whole) * SCALE + BigInt(fraction.slice(0, DECIMALS).padEnd(DECIMALS, "0"));
  return text.startsWith("-") ? -size : size;
}

/** Null where it is no number. */
export function numberSql(raw: string): string {
  return `if(match(${raw}, '^(-?[0-9]{1,15}([.][0-9]+)?|"-?[0-9]{1,15}([.][0-9]{1,9})?")$'), ` +
    `toDecimal128OrNull(trim(both '"' from ${raw}), ${DECIMALS}), null)`;
}

/** A number from a definition. Definitions hold numbers whose JSON form is one that counts. */
export function decimalOf(value: number): Decimal {
  return toDecimal(plainNumber(value));
}

export function decimalSql(bind: Bind, value: number): string {
  return `toDecimal128(${bind("String", cutNumber(value))}, ${DECIMALS})`;
}

/** A list of numbers is bound as texts: no parameter may be a list of decimals. */
export function decimalsSql(bind: Bind, values: readonly number[]): string {
  return `CAST(${bind("Array(String)", values.map(cutNumber))}, 'Array(Decimal(38, ${DECIMALS}))')`;
}

function cutNumber(value: number): string {
  const [whole = "", fraction = ""] = plainNumber(value).split(".");
  return `${whole}.${fraction.slice(0, DECIMALS)}`;
}

/** Without exponent: 1e-7 is 0.0000001. */
function plainNumber(value: number): string {
  const text = String(value);
  return NUMBER.test(text) ? text : value.toFixed(DECIMALS_WRITTEN);
}

/** Whether a number may stand in a definition. */
export function isPlainNumber(value: number): boolean {
  return Number.isFinite(value) && Math.abs(value) < 1e15;
}

// ── Instants ──────────────────────────────────────────────────────────────────────────────────────────────────────

const ZONE = "(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})";
const DATE = "(?:19|20|21)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])";
const TIME = `[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,9})?)?${ZONE}?`;
const INSTANT = new RegExp(`^(${DATE})(?:[T ](\\d{2}):(\\d{2})(?::(\\d{2})(?:[.](\\d{1,9}))?)?(${ZONE})?)?$`);
const HAS_ZONE = new RegExp(`${ZONE}$`);
const INSTANT_WHOLE = new RegExp(`^${DATE}(?:${TIME})?$`);
const COUNT = /^\d{9,13}$/;
/** Whole numbers from here on are seconds since 1970, and from the second on milliseconds. */
const SECONDS_FROM = 100_000_000;
const MILLISECONDS_FROM = 100_000_000_000;
const MILLISECONDS_END = 10_000_000_000_000;

/**
 * Milliseconds since 1970: of a date (its beginning) or a date with a time in ISO form, years 1900 to 2199, by the clock of `zone` where
 * it names none; of a whole number of seconds or milliseconds from 1973 on.
 */
export function instantOf(raw: Raw, zone: string): number | undefined {
  const text = textOf(raw);
  if (COUNT.test(text)) {
    const count = Number(text);
    if (count < SECONDS_FROM || count >= MILLISECONDS_END) return undefined;
    return count >= MILLISECONDS_FROM ? count : count * 1_000;
  }
  if (!INSTANT_WHOLE.test(text)) return undefined;
  const [, date = "", hour = "00", minute = "00", second = "00", fraction = "", named] = INSTANT.exec(text) ?? [];
  const dayMs = Date.parse(`${date}T00:00:00Z`);
  // Date.parse takes 30 February for 1 March.
  if (Number.isNaN(dayMs) || new Date(dayMs).toISOString().slice(0, 10) !== date) return undefined;
  const ms = Number(fraction.padEnd(3, "0").slice(0, 3));
  const shownMs = dayMs + ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1_000 + ms;
  return named === undefined ? clockMs(shownMs, zone) : shownMs - offsetMs(named);
}

/** Of a date or a time in ISO form: whether only a zone tells which instant it is. */
export function namesNoZone(iso: string): boolean {
  return INSTANT_WHOLE.test(iso) && !HAS_ZONE.test(iso);
}

/** Of "Z" or "+02:00". */
function offsetMs(named: string): number {
  if (named === "Z" || named === "z") return 0;
  const digits = named.slice(1).replace(":", "");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return (named.startsWith("-") ? -minutes : minutes) * 60_000;
}

/** Null where it is no instant. */
export function instantSql(bind: Bind, raw: string, clock: Clock): string {
  const text = textSql(raw);
  const read = `toUnixTimestamp64Milli(parseDateTime64BestEffortOrNull(upper(${text}), 3, 'UTC'))`;
  const onClock = clockSql(bind, read, clock);
  const count = `toInt64OrZero(${text})`;
  return `multiIf(match(${raw}, '^"?[0-9]{9,13}"?$'), ` +
    `multiIf(${count} < ${SECONDS_FROM} or ${count} >= ${MILLISECONDS_END}, null, ${count} >= ${MILLISECONDS_FROM}, ${count}, ${count} * 1000), ` +
    `match(${text}, '^${DATE}(?:${TIME})?$'), ${onClock === read ? read : `if(match(${text}, '${HAS_ZONE.source}'), ${read}, ${onClock})`}, null)`;
}

/**
 * The day of the year that a date tells, as month and day in one number: 229 is 29 February. It is the day as it is written: who was born
 * on 1 March has that day, with whatever hour and zone a sender writes it down. Of a count of seconds, the day in UTC.
 */
export function dayOfYear(raw: Raw): number | undefined {
  const ms = instantOf(raw, "UTC");
  if (ms === undefined) return undefined;
  const text = textOf(raw);
  const [month, day] = (COUNT.test(text) ? new Date(ms).toISOString() : text).slice(5, 10).split("-");
  return Number(month) * 100 + Number(day);
}

/** 0 where it is no date. */
export function dayOfYearSql(bind: Bind, raw: string): string {
  const instant = instantSql(bind, raw, { zone: "UTC" });
  const text = textSql(raw);
  const counted = `fromUnixTimestamp64Milli(assumeNotNull(${instant}), 'UTC')`;
  return `multiIf(isNull(${instant}), 0, match(${raw}, '^"?[0-9]{9,13}"?$'), toInt32(toMonth(${counted})) * 100 + toInt32(toDayOfMonth(${counted})), ` +
    `toInt32OrZero(substring(${text}, 6, 2)) * 100 + toInt32OrZero(substring(${text}, 9, 2)))`;
}

// ── Reading ───────────────────────────────────────────────────────────────────────────────────────────────────────

type Fields = Readonly<Record<string, unknown>>;

/**
 * All scalars that stand at a path of names joined by dots. One list of objects along the way is gone through (`products.color`:
 * the colour of each), and a list at the end is its elements.
 */
export function rawsAt(fields: Fields, path: string): Raw[] {
  if (isOfAType(path)) return [];
  const leaves = leavesOf(fields);
  const found = spread(leaves.get(path));
  const steps = path.split(".");
  for (let i = 1; i < steps.length; i++) {
    const list = leaves.get(steps.slice(0, i).join("."));
    if (!Array.isArray(list)) continue;
    for (const element of list) if (isRecord(element)) found.push(...spread(leavesOf(element).get(steps.slice(i).join("."))));
  }
  return rawsOf(found);
}

/** `rawsAt` of an element of a list, within which no further list is gone through. */
export function rawsOfElement(element: Fields, path: string): Raw[] {
  return isOfAType(path) ? [] : rawsOf(spread(leavesOf(element).get(path)));
}

/** The elements of a list of objects; a single object counts as a list of one. */
export function itemsAt(fields: Fields, path: string): Fields[] {
  const leaves = leavesOf(fields);
  const value = isOfAType(path) ? undefined : leaves.get(path);
  if (Array.isArray(value)) return value.filter(isRecord);
  const below = [...leaves].filter(([name]) => name.startsWith(`${path}.`)).map(([name, leaf]) => [name.slice(path.length + 1), leaf] as const);
  return value === undefined && below.length > 0 ? [Object.fromEntries(below)] : [];
}

/** A path of this form names a type of ClickHouse's within a column, which no sender means. */
function isOfAType(path: string): boolean {
  return path.includes(".:`");
}

/**
 * What stands where, objects within objects joined by dots, as ClickHouse keeps it: a name with a dot is the same as two names.
 * Of two that clash the more nested one stands, and of equals the first. Null is nothing.
 */
function leavesOf(fields: Fields): ReadonlyMap<string, unknown> {
  const found = new Map<string, { readonly value: unknown; readonly names: number }>();
  const collect = (object: Fields, prefix: string, names: number): void => {
    for (const [name, value] of Object.entries(object)) {
      const path = prefix + name;
      if (isRecord(value)) collect(value, `${path}.`, names + 1);
      else if (value !== null && value !== undefined && names > (found.get(path)?.names ?? 0)) found.set(path, { value, names });
    }
  };
  collect(fields, "", 1);
  return new Map([...found].map(([path, { value }]) => [path, value]));
}

/** A list of numbers and truth values, and nothing else, was kept as numbers: true is 1. */
function spread(value: unknown): unknown[] {
  if (!Array.isArray(value)) return [value];
  const set = value.filter((one) => one !== null);
  const isNumbers = set.some((one) => typeof one === "number") && set.every((one) => typeof one === "number" || typeof one === "boolean");
  return isNumbers ? set.map(Number) : value;
}

function rawsOf(values: readonly unknown[]): Raw[] {
  return values.map(rawOf).filter((raw) => raw !== undefined);
}

function rawOf(value: unknown): Raw | undefined {
  if (typeof value === "string" || typeof value === "boolean") return JSON.stringify(value);
  // As ClickHouse writes it: an exponent has no plus.
  return typeof value === "number" && Number.isFinite(value) ? JSON.stringify(value).replace("e+", "e") : undefined;
}

/** `rawsAt` of a column of type JSON, an event's `properties` or a person's `traits`: an Array(String). */
export function rawsSql(bind: Bind, column: string, path: string): string {
  if (isOfAType(path)) return NO_TEXTS;
  const steps = path.split(".");
  const parts = [spreadSql(valueSql(bind, column, path))];
  for (let i = 1; i < steps.length; i++) {
    const inside = elementRawsSql(bind, column, steps.slice(0, i).join("."), steps.slice(i).join("."), elementsSql);
    parts.push(`arrayFlatten(arrayMap(raw -> ${spreadSql("raw")}, ${inside}))`);
  }
  return named(bind, column, scalarsSql(parts.length === 1 ? parts[0] ?? "[]" : `arrayConcat(${parts.join(", ")})`));
}

/** `rawsOfElement`, of JSON text of what stands at the path in the element. */
export function rawsOfElementSql(raw: string): string {
  return scalarsSql(spreadSql(raw));
}

/**
 * What stands at a path in each of `itemsAt`, as an Array(String) of JSON text, empty where nothing does. As long as the list and what
 * is asked for are the same, so is the order.
 */
export function itemValuesSql(bind: Bind, column: string, list: string, path: string): string {
  // As many as elements, whatever the path: lists of these stand beside each other.
  if (isOfAType(path) && !isOfAType(list)) return named(bind, column, `arrayMap(number -> '', ${itemNumbersSql(bind, column, list)})`);
  return isOfAType(list) ? NO_TEXTS : elementRawsSql(bind, column, list, path, itemsSql);
}

/** For each of `itemsAt` a number, from 1 on. */
export function itemNumbersSql(bind: Bind, column: string, list: string): string {
  if (isOfAType(list)) return NO_TEXTS;
  const slow = itemsSql(bind, column, list);
  return `arrayEnumerate(${isPlain(list) ? `if(notEmpty(${column}.${quoted(list)}[]), arrayMap(element -> '', ${column}.${quoted(list)}[]), ${slow})` : slow})`;
}

/**
 * A list of objects is kept as columns, one for each path in them: reading those is some fifty times as fast as writing each element as
 * text and parsing it. What is no such list (objects among other things, a single object), and names that mean something to
 * ClickHouse, are read the slow way, which stands within `if` so that it is gone where it is needed alone.
 */
function elementRawsSql(bind: Bind, column: string, list: string, path: string, elementsOf: typeof elementsSql): string {
  const slow = `arrayMap(element -> JSONExtractRaw(element, ${stepsSql(bind, path.split("."))}), ${elementsOf(bind, column, list)})`;
  if (!isPlain(list) || !isPlain(path)) return named(bind, column, slow);
  const values = `${column}.${quoted(list)}[].${quoted(path)}`;
  return named(bind, column, `if(notEmpty(${values}), arrayMap(value -> ifNull(toJSONString(value), ''), ${values}), ${slow})`);
}

/** Whether each name can be quoted and is nothing else to ClickHouse. */
function isPlain(path: string): boolean {
  return path.split(".").every((step) => /^[\p{L}\p{N}_$ -]+$/u.test(step) && !/^(null|size\d*|keys|values)$/.test(step));
}

function quoted(path: string): string {
  return path.split(".").map((step) => `\`${step}\``).join(".");
}

/** `itemsAt` of a column of type JSON: an Array(String) of JSON objects. */
export function itemsSql(bind: Bind, column: string, path: string): string {
  if (isOfAType(path)) return NO_TEXTS;
  const value = `ifNull(toJSONString(getSubcolumn(${column}, ${bind("String", path)})), '')`;
  const single = `toJSONString(getSubcolumn(${column}, ${bind("String", `^\`${path.replace(/[\\`]/g, "\\$&")}\``)}))`;
  return `arrayFilter(element -> startsWith(element, '{'), if(${value} = '' and ${single} != '{}', [${single}], ${elementsSql(bind, column, path)}))`;
}

const NO_TEXTS = "CAST([], 'Array(String)')";

function named(bind: Bind, column: string, expression: string): string {
  return (column === "properties" ? bind.ofEvent : bind.ofPerson)?.(expression) ?? expression;
}

/** JSON text of what stands at a path; empty where nothing does. */
function valueSql(bind: Bind, column: string, path: string): string {
  return named(bind, column, `ifNull(toJSONString(getSubcolumn(${column}, ${bind("String", path)})), '')`);
}

/** JSON text of the elements of the list that stands at a path; none where no list does. */
function elementsSql(bind: Bind, column: string, path: string): string {
  const value = `ifNull(toJSONString(getSubcolumn(${column}, ${bind("String", path)})), '')`;
  return `if(startsWith(${value}, '['), JSONExtractArrayRaw(${value}), [])`;
}

function stepsSql(bind: Bind, steps: readonly string[]): string {
  return steps.map((step) => bind("String", step)).join(", ");
}

function spreadSql(raw: string): string {
  return `if(startsWith(${raw}, '['), JSONExtractArrayRaw(${raw}), [${raw}])`;
}

function scalarsSql(raws: string): string {
  return `arrayFilter(raw -> raw != '' and raw != 'null' and not startsWith(raw, '{') and not startsWith(raw, '['), ${raws})`;
}
