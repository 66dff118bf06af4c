// The one function that guarantees that ClickHouse accepts a value of a column `JSON(max_dynamic_paths=64)`, whatever a sender
// wrote: one refused row would refuse its whole block. Found by trying: refused are lone surrogates, integers beyond 64 bits,
// numbers that are none; harmful are endless names, names with ids, and deep lists of lists, each depth of which is a type.
// Whatever is left out here is still in the payload as received.
//
// Most events have nothing of the kind: then they are checked without building anything, and written by JSON.stringify.
import { PATH_CHARACTERS_MAX, type KnownPaths, type PathNode } from "./known-paths.ts";

/** Objects and lists inside each other. */
const DEPTH_MAX = 64;
/** Lists directly inside lists. */
const LIST_NESTING_MAX = 4;
/** Integers from here on are written with an exponent, so that they are read as floating point. */
const INTEGER_END = 2 ** 63;
/** From here on JSON.stringify writes an exponent itself. */
const EXPONENT_FROM = 1e21;

/** JSON text of the properties; new paths are admitted to `known` in the order in which they stand. Never throws. */
export function acceptableJson(properties: Readonly<Record<string, unknown>>, known: KnownPaths): string {
  if (isAcceptableObject(properties, known.root, 1)) return JSON.stringify(properties);
  return writeObject(properties, "", known, 1);
}

// ── Checking ──────────────────────────────────────────────────────────────────────────────────────────────────────

function isAcceptableObject(object: Readonly<Record<string, unknown>>, node: PathNode, depth: number): boolean {
  if (depth > DEPTH_MAX) return false;
  for (const name in object) {
    const value = object[name];
    // Names with dots are not in the tree: they may clash, which only writing finds out.
    const child = node.children.get(name);
    if (child === undefined) {
      // A null is nothing, whatever it is called, as long as its name can be read.
      if (value !== null || name.includes(".") || !name.isWellFormed()) return false;
    } else if (!isAcceptableValue(value, child, depth, 0)) {
      return false;
    }
  }
  return true;
}

function isAcceptableValue(value: unknown, node: PathNode, depth: number, listNesting: number): boolean {
  switch (typeof value) {
    case "string":
      return node.isKnown && value.isWellFormed();
    case "number":
      return node.isKnown && isAcceptableNumber(value);
    case "boolean":
      return node.isKnown;
    case "object":
      if (value === null) return true;
      if (Array.isArray(value)) return node.isKnown && isAcceptableList(value, node, depth + 1, listNesting + 1);
      return isAcceptableObject(value as Readonly<Record<string, unknown>>, node, depth + 1);
    default:
      return false;
  }
}

function isAcceptableList(list: readonly unknown[], node: PathNode, depth: number, listNesting: number): boolean {
  if (depth > DEPTH_MAX || listNesting > LIST_NESTING_MAX) return false;
  let nulls = 0;
  let objects = 0;
  let truths = 0;
  for (const item of list) {
    if (item === null) nulls++;
    else if (typeof item !== "object") {
      if (typeof item === "boolean") truths++;
      if (!isAcceptableValue(item, node, depth, listNesting)) return false;
    } else if (Array.isArray(item)) {
      if (!isAcceptableList(item, node, depth + 1, listNesting + 1)) return false;
    } else {
      objects++;
      if (node.items === undefined || !isAcceptableObject(item as Readonly<Record<string, unknown>>, node.items, depth + 1)) return false;
    }
  }
  return (nulls === 0 || objects === 0) && (truths === 0 || !hasNumbersAndTruths(list));
}

/** Of such a list the engine makes numbers or truth values, by what stands in the rows around it. */
function hasNumbersAndTruths(list: readonly unknown[]): boolean {
  const set = list.filter((item) => item !== null);
  return set.some((item) => typeof item === "number") && set.some((item) => typeof item === "boolean") && set.every((item) => typeof item === "number" || typeof item === "boolean");
}

function isAcceptableNumber(value: number): boolean {
  return Number.isSafeInteger(value) || (Number.isFinite(value) && !isLongInteger(value));
}

function isLongInteger(value: number): boolean {
  const size = Math.abs(value);
  return size >= INTEGER_END && size < EXPONENT_FROM;
}

// ── Writing ───────────────────────────────────────────────────────────────────────────────────────────────────────

interface Leaf {
  readonly text: string;
  /** By how many names it was reached; of two leaves with one path, `{"a.b":1,"a":{"b":2}}`, the more nested one wins. */
  readonly names: number;
}

/**
 * Writes an object with its inner objects flattened to dotted names, which is the same to ClickHouse and shows every clash.
 * `prefix`: the path of the object with its final dot.
 */
function writeObject(object: Readonly<Record<string, unknown>>, prefix: string, known: KnownPaths, depth: number): string {
  const leaves = new Map<string, Leaf>();
  collectLeaves(object, { known, leaves, base: prefix.length }, prefix, depth, 1);
  let text = "";
  for (const [path, leaf] of leaves) text += `${text === "" ? "" : ","}${JSON.stringify(path)}:${leaf.text}`;
  return `{${text}}`;
}

interface Collection {
  readonly known: KnownPaths;
  readonly leaves: Map<string, Leaf>;
  /** Characters of the path that belong to what is around the object that is written. */
  readonly base: number;
}

function collectLeaves(object: Readonly<Record<string, unknown>>, into: Collection, prefix: string, depth: number, names: number): void {
  if (depth > DEPTH_MAX) return;
  for (const name of Object.keys(object)) {
    const value = object[name];
    if (value === null || value === undefined || prefix.length + name.length > PATH_CHARACTERS_MAX) continue;
    const path = prefix + name;
    if (typeof value === "object" && !Array.isArray(value)) {
      if (name !== "") collectLeaves(value as Readonly<Record<string, unknown>>, into, `${path}.`, depth + 1, names + 1);
      continue;
    }
    const key = path.slice(into.base);
    const before = into.leaves.get(key);
    if ((before !== undefined && before.names >= names) || !isWritable(value) || !into.known.add(path)) continue;
    const text = writeValue(value, path, into.known, depth, 0);
    if (text !== undefined) into.leaves.set(key, { text, names });
  }
}

/** Whether something of the value can be written, so that no path is admitted for nothing. */
function isWritable(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  return typeof value === "string" || typeof value === "boolean" || Array.isArray(value);
}

/** Undefined for what has no acceptable form. */
function writeValue(value: unknown, path: string, known: KnownPaths, depth: number, listNesting: number): string | undefined {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.toWellFormed());
    case "number":
      return Number.isFinite(value) ? (isLongInteger(value) ? value.toExponential() : JSON.stringify(value)) : undefined;
    case "boolean":
      return value ? "true" : "false";
    case "object":
      if (value === null) return "null";
      if (Array.isArray(value)) return writeList(value, path, known, depth + 1, listNesting + 1);
      return writeObject(value as Readonly<Record<string, unknown>>, `${path}[].`, known, depth + 1);
    default:
      return undefined;
  }
}

/** Nulls among objects are left out: they would make the list unreadable as a list of objects. Among numbers alone true is 1. */
function writeList(list: readonly unknown[], path: string, known: KnownPaths, depth: number, listNesting: number): string | undefined {
  if (depth > DEPTH_MAX || listNesting > LIST_NESTING_MAX) return undefined;
  const hasObjects = list.some((item) => typeof item === "object" && item !== null && !Array.isArray(item));
  const isNumbers = hasNumbersAndTruths(list);
  let text = "";
  for (const item of list) {
    if (hasObjects && item === null) continue;
    const written = writeValue(isNumbers && typeof item === "boolean" ? Number(item) : item, path, known, depth, listNesting);
    // A list that is nested too deep takes what is around it with it; a number that is none becomes a hole.
    if (written === undefined && Array.isArray(item)) return undefined;
    if (written === undefined && hasObjects) continue;
    text += `${text === "" ? "" : ","}${written ?? "null"}`;
  }
  return `[${text}]`;
}
