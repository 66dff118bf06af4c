// Where a definition names what stands elsewhere: events, properties, traits, roles of the vocabulary, other audiences, lists. It reads
// the shapes that all kinds share (`event`, `where`, `property`, `same`, `item`, `trait`, `audience`, `list`), so that a new kind needs nothing here.
import type { Condition } from "./condition.ts";
import { pointerOf } from "./problems.ts";
import { namesOf } from "./sentence.ts";

type Path = readonly (string | number)[];

/** Events by name, or by their role. */
type NamedEvents = { readonly names: readonly string[] } | { readonly role: string };

export type Place =
  | { readonly is: "event"; readonly path: string; readonly event: string }
  | { readonly is: "event_role"; readonly path: string; readonly role: string }
  /** `of`: the events that it is looked for in; undefined: any. `at`: its name within the event. `measure`: what is made of it, such as `sum`. */
  | { readonly is: "property"; readonly path: string; readonly at: string; readonly of: NamedEvents | undefined; readonly measure: string | undefined }
  | { readonly is: "property_role"; readonly path: string; readonly role: string; readonly of: NamedEvents | undefined; readonly measure: string | undefined }
  | { readonly is: "trait"; readonly path: string; readonly trait: string }
  | { readonly is: "computed"; readonly path: string; readonly slug: string }
  | { readonly is: "audience"; readonly path: string; readonly slug: string }
  | { readonly is: "list"; readonly path: string; readonly slug: string };

interface Within {
  readonly of: NamedEvents | undefined;
  /** The list whose elements are spoken of. */
  readonly item: string | undefined;
  readonly kind: string | undefined;
  readonly measure: string | undefined;
}

/** `at`: where the condition stands in its definition. */
export function placesIn(who: Condition, at: Path = ["who"]): Place[] {
  return placesWithin(who, at);
}

/** The same of what a computed trait is made of. */
export function placesWithin(value: unknown, at: Path): Place[] {
  return visit(value, at, { of: undefined, item: undefined, kind: undefined, measure: undefined });
}

function visit(value: unknown, path: Path, outer: Within): Place[] {
  if (Array.isArray(value)) return value.flatMap((each, i) => visit(each, [...path, i], outer));
  if (typeof value !== "object" || value === null) return [];
  const one = value as Readonly<Record<string, unknown>>;
  const isCondition = typeof one["kind"] === "string";
  const of = eventsOf(one["event"]) ?? (isCondition ? undefined : outer.of);
  const within: Within = { of, item: typeof one["item"] === "string" ? one["item"] : isCondition ? undefined : outer.item, kind: isCondition ? String(one["kind"]) : outer.kind, measure: typeof one["of"] === "string" ? one["of"] : undefined };
  const found = Object.entries(one).flatMap(([key, inner]) => namedAt(key, inner, [...path, key], within));
  // An anchor of a window has events of its own; what is tested is of the condition's.
  return [...found, ...Object.entries(one).flatMap(([key, inner]) => (isPath(key) ? [] : visit(inner, [...path, key], within)))];
}

const isPath = (key: string): boolean => ["property", "once_per", "same", "event", "values", "value", "audiences"].includes(key);

function namedAt(key: string, value: unknown, path: Path, within: Within): Place[] {
  const pointer = pointerOf(path);
  if (key === "event") {
    const of = eventsOf(value);
    return of === undefined ? [] : "role" in of ? [{ is: "event_role", path: pointer, role: of.role }] : of.names.map((event) => ({ is: "event", path: pointer, event }));
  }
  if (key === "trait" && within.kind === "computed" && typeof value === "string") return [{ is: "computed", path: pointer, slug: value }];
  if (key === "trait" && typeof value === "string") return [{ is: "trait", path: pointer, trait: value }];
  if (key === "audience" && typeof value === "string") return [{ is: "audience", path: pointer, slug: value }];
  if (key === "audiences" && isNames(value)) return namesOf(value).map((slug, i) => ({ is: "audience", path: pointerOf([...path, i]), slug }));
  if (key === "list" && typeof value === "string") return [{ is: "list", path: pointer, slug: value }];
  if (key === "item" && typeof value === "string") return [{ is: "property", path: pointer, at: value, of: within.of, measure: undefined }];
  if (key !== "property" && key !== "once_per" && key !== "same") return [];
  const measure = key === "property" ? within.measure : undefined;
  if (typeof value === "object" && value !== null && "role" in value) return [{ is: "property_role", path: pointer, role: String(value.role), of: within.of, measure }];
  const base = within.item === undefined || key === "once_per" ? "" : `${within.item}.`;
  return isNames(value) ? namesOf(value).map((name) => ({ is: "property", path: pointer, at: `${base}${name}`, of: within.of, measure })) : [];
}

function eventsOf(value: unknown): NamedEvents | undefined {
  if (isNames(value)) return { names: namesOf(value) };
  return typeof value === "object" && value !== null && "role" in value ? { role: String(value.role) } : undefined;
}

function isNames(value: unknown): value is string | readonly string[] {
  return typeof value === "string" || (Array.isArray(value) && value.every((each) => typeof each === "string"));
}
