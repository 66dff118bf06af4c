// Conditions as they are edited: their parts by kind, each of which may be unfinished. What is right the schema says; here stands what
// the editors read and write, and what a new condition begins with. Pure.
import type { ObservedField } from "@tributary/schema/api/observed.ts";
import { isRecord } from "@tributary/schema/is-record.ts";
import type { Leaf } from "./draft.ts";

export type Literal = string | number | boolean;

/** A comparison with its values; which of them counts depends on `op`. */
export interface Test {
  readonly op: string;
  readonly value?: unknown;
  readonly values?: readonly Literal[];
  readonly from?: unknown;
  readonly to?: unknown;
}

export interface PropertyFilter extends Test {
  readonly property?: string;
  readonly context?: string;
}

export interface ItemFilter {
  readonly item: string;
  readonly where: readonly PropertyFilter[];
}

export type PlainFilter = PropertyFilter | ItemFilter;
export type Filter = PlainFilter | { readonly any: readonly PlainFilter[] } | { readonly not: PlainFilter };

export interface Duration {
  readonly last: number;
  readonly unit: string;
}

export type Window = Readonly<Record<string, unknown>>;

export interface Measure {
  readonly of: string;
  readonly property?: Paths;
  readonly item?: string;
  readonly net?: boolean;
}
export type Paths = string | readonly string[] | { readonly role: string };
export type EventRef = string | readonly string[] | { readonly role: string };

export interface EventLeaf extends Test {
  readonly kind: "event";
  readonly event: EventRef;
  readonly where?: readonly Filter[];
  readonly measure: Measure;
  readonly within?: Window;
  readonly once_per?: Paths;
}

/** The parts of an event condition, as far as they are there. */
export function eventLeaf(leaf: Leaf): EventLeaf {
  const event = (leaf["event"] ?? "") as EventRef; // From the schema, or of this console's making.
  const measure = (leaf["measure"] ?? { of: "count" }) as Measure; // As above.
  // In the order in which one reads them.
  const ordered = { kind: "event" as const, event, where: leaf["where"], measure, op: "at_least" };
  return withoutUndefined({ ...ordered, ...leaf, kind: "event" as const, event, measure }) as EventLeaf; // As above.
}

export const namesOf = (event: EventRef): readonly string[] => (typeof event === "string" ? (event === "" ? [] : [event]) : "role" in event ? [] : event);
export const isRole = (value: unknown): value is { readonly role: string } => isRecord(value) && typeof value["role"] === "string";
export const isItem = (filter: Filter): filter is ItemFilter => "item" in filter;
export const isAnyFilter = (filter: Filter): filter is { readonly any: readonly PlainFilter[] } => "any" in filter;
export const isNotFilter = (filter: Filter): filter is { readonly not: PlainFilter } => "not" in filter;

// ── What a new one begins with ────────────────────────────────────────────────────────────────────────────────────

export const DEFAULT_WINDOW: Duration = { last: 14, unit: "day" };

export function newEvent(event: EventRef): Leaf {
  return { kind: "event", event, measure: { of: "count" }, op: "at_least", value: 1, within: { ...DEFAULT_WINDOW } };
}

export type ValueKind = "text" | "number" | "boolean" | "date" | "list";

/** What most of the values are; text that reads as dates is dates. */
export function kindOfField(field: Pick<ObservedField, "types" | "examples" | "examples_masked" | "path"> | undefined): ValueKind {
  const [most] = (field?.types ?? []).toSorted((a, b) => b.count - a.count);
  if (field === undefined || most === undefined) return "text";
  if (most.type === "number" || most.type === "boolean" || most.type === "list") return most.type;
  const dates = field.examples_masked ? [] : field.examples;
  return (dates.length > 0 && dates.every((one) => /^\d{4}-\d{2}-\d{2}(T|$)/.test(one))) || /(^|_|\.)(birthday|birthdate|date|at|ends|since|until)$/i.test(field.path) ? "date" : "text";
}

/** The comparisons offered for a kind of value, the likeliest first. Those of the others stay reachable below them. */
export const opsOfKind: Readonly<Record<ValueKind, readonly string[]>> = {
  text: ["equals", "one_of", "not_equals", "none_of", "contains", "does_not_contain", "starts_with", "ends_with", "matches", "is_set", "is_not_set"],
  number: ["equals", "more_than", "at_least", "less_than", "at_most", "between", "not_equals", "is_set", "is_not_set"],
  boolean: ["equals", "is_set", "is_not_set"],
  date: ["on_or_after", "before", "is_set", "is_not_set"],
  list: ["equals", "one_of", "has_all", "none_of", "contains", "is_set", "is_not_set"],
};
export const allOps = ["equals", "one_of", "not_equals", "none_of", "contains", "does_not_contain", "starts_with", "ends_with", "matches", "has_all", "more_than", "at_least", "less_than", "at_most", "between", "before", "on_or_after", "is_set", "is_not_set"] as const;
/** Of dates that are traits, or that events tell, relative to now. */
export const relativeOps = ["in_last", "in_next", "more_than_ago"] as const;
/** Of traits that are dates. */
export const datedOps = [...relativeOps, "anniversary"] as const;

/** A test that nobody has filled in yet. */
export function newTest(kind: ValueKind): Test {
  return kind === "boolean" ? { op: "equals", value: true } : kind === "number" ? { op: "at_least" } : kind === "date" ? { op: "on_or_after" } : { op: "equals" };
}

export function newTrait(trait: string, kind: ValueKind): Leaf {
  return kind === "date" ? { kind: "trait", trait, op: "in_last", value: { last: 30, unit: "day" } } : { kind: "trait", trait, ...newTest(kind) };
}

const manyOps: ReadonlySet<string> = new Set(["one_of", "none_of", "has_all"]);
const numberOps: ReadonlySet<string> = new Set(["more_than", "at_least", "less_than", "at_most"]);
const timeOps: ReadonlySet<string> = new Set(["before", "on_or_after"]);
const durationOps: ReadonlySet<string> = new Set(["in_last", "in_next", "more_than_ago"]);

export type ValueShape = "none" | "one" | "many" | "number" | "between" | "time" | "duration" | "anniversary";

export function shapeOf(op: string): ValueShape {
  if (op === "is_set" || op === "is_not_set") return "none";
  if (op === "between" || op === "anniversary") return op;
  return manyOps.has(op) ? "many" : numberOps.has(op) ? "number" : timeOps.has(op) ? "time" : durationOps.has(op) ? "duration" : "one";
}

/** The same test with another comparison: what fits of its value is kept. */
export function withOp<Of extends Test>(test: Of, op: string): Of {
  const { value, values, from, to, op: _, ...rest } = test as Test & Readonly<Record<string, unknown>>;
  delete (rest as Record<string, unknown>)["in"];
  delete (rest as Record<string, unknown>)["days"];
  const [before, after] = [shapeOf(test.op), shapeOf(op)];
  const single: unknown = before === "many" ? values?.[0] : before === "between" ? from : value;
  const made: Record<string, unknown> = { ...rest, op };
  if (after === "many") made["values"] = before === "many" ? (values ?? []) : isLiteral(single) && single !== "" ? [single] : [];
  else if (after === "between") Object.assign(made, { from: typeof single === "number" ? single : undefined, to });
  else if (after === "duration") made["value"] = before === "duration" ? value : { last: 30, unit: "day" };
  else if (after === "anniversary") Object.assign(made, { in: "this_month", days: 7 });
  else if (after === "number") made["value"] = typeof single === "number" ? single : undefined;
  else if (after === "one") made["value"] = isLiteral(single) ? single : undefined;
  else if (after === "time") made["value"] = before === "time" ? value : undefined;
  return withoutUndefined(made) as unknown as Of; // The same test, but for its comparison.
}

const isLiteral = (value: unknown): value is Literal => typeof value === "string" || typeof value === "number" || typeof value === "boolean";

export function withoutUndefined<T extends object>(record: T): T {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as T; // The same, but for what is not there.
}

// ── Filters of events ─────────────────────────────────────────────────────────────────────────────────────────────

/** The list within which a property stands, by the lists that the event has: `products` of `products.color`. */
export function listOf(path: string, lists: readonly string[]): string | undefined {
  return lists.filter((list) => path.startsWith(`${list}.`)).toSorted((a, b) => b.length - a.length)[0];
}

/** With one more filter: on the same element where there is a filter on its list already. */
export function addFilter(where: readonly Filter[], path: string, test: Test, lists: readonly string[]): readonly Filter[] {
  const list = listOf(path, lists);
  if (list === undefined) return [...where, { property: path, ...test }];
  const inner: PropertyFilter = { property: path.slice(list.length + 1), ...test };
  const at = where.findIndex((one) => isItem(one) && one.item === list);
  const found = where[at];
  return found !== undefined && isItem(found) ? where.with(at, { ...found, where: [...found.where, inner] }) : [...where, { item: list, where: [inner] }];
}

/** Without one of its filters; an item that asks nothing more goes, too. `inner`: within an item or a choice. */
export function dropFilter(where: readonly Filter[], index: number, inner?: number): readonly Filter[] {
  const one = where[index];
  if (one === undefined) return where;
  if (inner === undefined) return where.toSpliced(index, 1);
  if (isItem(one)) return one.where.length <= 1 ? where.toSpliced(index, 1) : where.with(index, { ...one, where: one.where.toSpliced(inner, 1) });
  if (isAnyFilter(one)) return one.any.length <= 1 ? where.toSpliced(index, 1) : where.with(index, { any: one.any.toSpliced(inner, 1) });
  return where.toSpliced(index, 1);
}
