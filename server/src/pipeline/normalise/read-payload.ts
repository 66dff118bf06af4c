// From the bytes of one event to an object that the rest of the program may use without fear: within the limits, without
// keys that reach a prototype, and (only where the bytes can hold such things) without NUL and lone surrogates, which
// Postgres and ClickHouse refuse; integers beyond 2^53 become text, digit for digit. Walks each value once, without
// recursion. The bytes themselves are never changed.
import { limitText, type Limits } from "../../core/limits.ts";
import type { Refusal } from "../event.ts";
import { isPlainObject, type PlainObject } from "./read-field.ts";

export interface ReadPayload {
  readonly payload: PlainObject;
  /** How many properties it has in all. */
  readonly properties: number;
}

/** Parses and checks one JSON object. `propertiesBefore` counts towards the limit (batch-level fields). */
export function readPayload(text: string, limits: Limits, propertiesBefore = 0): ReadPayload | Refusal {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return quarantined("invalid_json", "The event is not valid JSON. Send one JSON object.");
  }
  if (!isPlainObject(parsed)) return quarantined("not_an_object", "The event is not a JSON object. Send an object with a type.");
  const walk = { clean: canHoldUnwantedCharacters(text), hasInexact: false };
  const read = checkAndClean(parsed, walk, limits, propertiesBefore);
  if (!walk.hasInexact || isRefusal(read)) return read;
  const exact = parseExactly(text);
  return isPlainObject(exact) ? checkAndClean(exact, { ...walk, hasInexact: false }, limits, propertiesBefore) : read;
}

interface Walk {
  /** Whether texts must be looked at for NUL and lone surrogates. */
  readonly clean: boolean;
  /** Set when a number was met that a double does not hold: an integer beyond 2^53, or one beyond all range. */
  hasInexact: boolean;
}

function isInexact(value: number): boolean {
  return !Number.isSafeInteger(value) && (Number.isInteger(value) || !Number.isFinite(value));
}

/**
 * Parses again, with integers that a double would round as text, digit for digit: rounding would make two ids one.
 * Numbers written with a fraction or an exponent are no ids and stay numbers while they are finite.
 */
function parseExactly(text: string): unknown {
  const exact = (_key: string, value: unknown, context: { readonly source?: string }): unknown => {
    if (typeof value !== "number" || !isInexact(value) || context.source === undefined) return value;
    return !Number.isFinite(value) || /^-?\d+$/.test(context.source) ? context.source : value;
  };
  // The third argument of a reviver is newer than the library's types.
  return JSON.parse(text, exact as (key: string, value: unknown) => unknown);
}

/** Bytes of a refused event that are parsed once more for what names it. */
const PEEK_BYTES_MAX = 2 * 1024 * 1024;
const peekedNames = ["type", "action", "event", "messageId"] as const;

/** What names an event that was refused, so that it can be found: the texts among those fields, clean; nothing of the rest. */
export function peekPayload(raw: Buffer): PlainObject {
  const peeked: PlainObject = {};
  if (raw.length > PEEK_BYTES_MAX) return peeked;
  try {
    const parsed: unknown = JSON.parse(raw.toString("utf8"));
    if (!isPlainObject(parsed)) return peeked;
    for (const name of peekedNames) {
      const value = parsed[name];
      if (typeof value === "string") peeked[name] = withoutUnwantedCharacters(value);
    }
  } catch {
    // Then nothing names it but its place in the log.
  }
  return peeked;
}

export function quarantined(reason: string, detail: string): Refusal {
  return { outcome: "quarantined", reason, detail };
}

export function isRefusal(value: object): value is Refusal {
  return "outcome" in value && "reason" in value && "detail" in value;
}

/**
 * A NUL or a lone surrogate can only come from an escape: JSON forbids a raw NUL, and decoding UTF-8 yields no surrogates
 * but pairs. Most events have no escape of the kind, and their texts need no look.
 */
function canHoldUnwantedCharacters(text: string): boolean {
  for (let at = text.indexOf("\\u"); at !== -1; at = text.indexOf("\\u", at + 2)) {
    const next = text.charCodeAt(at + 2);
    const isSurrogate = next === 0x64 || next === 0x44;
    const isNul = next === 0x30 && text.startsWith("000", at + 3);
    if (isSurrogate || isNul) return true;
  }
  return false;
}

/**
 * Level by level. The items of lists are of one shape as a rule (an order's products): below a list a name counts once a
 * level, however many items have it.
 */
function checkAndClean(root: PlainObject, walk: Walk, limits: Limits, propertiesBefore: number): ReadPayload | Refusal {
  let properties = propertiesBefore;
  let current: object[] = [root];
  let currentItems: object[] = [];
  for (let depth = 1; current.length + currentItems.length > 0; depth++) {
    if (depth > limits.nestingMax) {
      return quarantined("too_deep", `Objects and lists are nested too deep. ${limitText("nestingMax", limits)} Send a flatter event.`);
    }
    const below: object[] = [];
    const belowItems: object[] = [];
    for (const container of current) {
      if (Array.isArray(container)) {
        visitList(container, walk, belowItems);
        continue;
      }
      const found = visitObject(container as PlainObject, walk, below, limits.nameCharactersMax);
      if (found < 0) return nameTooLong(limits);
      properties += found;
    }
    const names = currentItems.length > 0 ? new Set<string>() : undefined;
    for (const item of currentItems) {
      if (Array.isArray(item)) visitList(item, walk, belowItems);
      else if (visitObject(item as PlainObject, walk, belowItems, limits.nameCharactersMax, names) < 0) return nameTooLong(limits);
    }
    properties += names?.size ?? 0;
    if (properties > limits.propertiesMax) {
      const limit = limitText("propertiesMax", limits);
      return quarantined("too_many_properties", `The event has too many properties. ${limit} Send fewer, or a list.`);
    }
    current = below;
    currentItems = belowItems;
  }
  return { payload: root, properties: properties - propertiesBefore };
}

function nameTooLong(limits: Limits): Refusal {
  return quarantined("name_too_long", `A property's name is too long. ${limitText("nameCharactersMax", limits)} Shorten it.`);
}

function visitList(list: unknown[], walk: Walk, below: object[]): void {
  for (let i = 0; i < list.length; i++) {
    const value = list[i];
    if (typeof value === "object") {
      if (value !== null) below.push(value);
    } else if (typeof value === "number") {
      if (isInexact(value)) walk.hasInexact = true;
    } else if (walk.clean && typeof value === "string") {
      list[i] = withoutUnwantedCharacters(value);
    }
  }
}

/** How many properties the object has, or -1 when a name is too long. Adds the names to `names` when given. */
function visitObject(object: PlainObject, walk: Walk, below: object[], nameMax: number, names?: Set<string>): number {
  let count = 0;
  // What JSON.parse makes has own keys only, so `in` sees the same as Object.keys and costs no list.
  for (const name in object) {
    count++;
    if (name.length > nameMax) return -1;
    names?.add(name);
    if (name === "__proto__") {
      // Any later `target[name] = value` would reach the prototype; the payload as received keeps it.
      delete object[name];
      continue;
    }
    const value = object[name];
    if (typeof value === "object") {
      if (value !== null) below.push(value);
    } else if (typeof value === "number") {
      if (isInexact(value)) walk.hasInexact = true;
    } else if (walk.clean && typeof value === "string") {
      object[name] = withoutUnwantedCharacters(value);
    }
  }
  if (walk.clean) renameUnwanted(object);
  return count;
}

function renameUnwanted(object: PlainObject): void {
  for (const name of Object.keys(object)) {
    const better = withoutUnwantedCharacters(name);
    if (better === name) continue;
    const value = object[name];
    delete object[name];
    if (!Object.hasOwn(object, better) && better !== "__proto__") object[better] = value;
  }
}

/** Well-formed Unicode without NUL; U+FFFD stands where something was. */
export function withoutUnwantedCharacters(text: string): string {
  const wellFormed = text.toWellFormed();
  return wellFormed.includes("\0") ? wellFormed.replaceAll("\0", "\ufffd") : wellFormed;
}
