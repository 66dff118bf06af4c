// Which events a condition means: their names, and filters on what they say. Shared by all kinds that look at events.
import { z } from "zod";
import type { EventFacts } from "./condition-kind.ts";
import { audienceLimits } from "./limits.ts";
import { namesOf, sayTest, type Language } from "./sentence.ts";
import { holds, testShapes, testSql, valuePath, type ValueTest } from "./value-test.ts";
import { eventSql, itemsAt, itemNumbersSql, itemValuesSql, rawsAt, rawsOfElement, rawsOfElementSql, rawsSql, type Bind, type Raw } from "./value.ts";

/** What stands beside an event's properties, by the name of its column. Empty text is "not set". */
export const contextFields = [
  "type", "country", "locale", "timezone", "device_type", "os", "browser", "page_url", "page_path", "page_referrer",
  "campaign_source", "campaign_medium", "campaign_name", "campaign_term", "campaign_content", "library",
] as const;
export type ContextField = (typeof contextFields)[number];

const name = z.string().min(1).max(512);
export const eventNames = z.union([name, z.array(name).min(1).max(audienceLimits.namesMax)]).meta({ description: "The event's name, or several of which any will do. Pages, screens and identifies are `page`, `screen`, `identify`." });
/** A role of the workspace's vocabulary in place of a name, such as `order`, `value` or `order_id`. */
export const roleRef = z.strictObject({ role: z.string().min(1).max(64) });
/** Events by name, or by their role. */
export const eventRef = z.union([eventNames, roleRef]);
export type EventRef = z.infer<typeof eventRef>;
export const propertyPath = valuePath(2_000).meta({ description: "Names joined by dots. `products.color` is the colour of any of the products." });

const propertyFilter = z.discriminatedUnion("op", testShapes({ property: propertyPath }));
export type PropertyFilter = z.infer<typeof propertyFilter>;
const contextFilter = z.discriminatedUnion("op", testShapes({ context: z.enum(contextFields) }));
type ContextFilter = z.infer<typeof contextFilter>;
const itemFilter = z.strictObject({
  item: propertyPath.meta({ description: "A list of objects. All filters hold for one and the same element; a single object is a list of one." }),
  where: z.array(propertyFilter).min(1).max(audienceLimits.filtersMax),
});
export type ItemFilter = z.infer<typeof itemFilter>;
const oneFilter = z.union([propertyFilter, contextFilter, itemFilter]);
export type OneFilter = z.infer<typeof oneFilter>;
const filter = z.union([oneFilter, z.strictObject({ any: z.array(oneFilter).min(1).max(audienceLimits.filtersMax) }), z.strictObject({ not: oneFilter })]);
export type EventFilter = z.infer<typeof filter>;

/** All of them must hold. */
export const eventFilters = z.array(filter).max(audienceLimits.filtersMax);

export function isRole(event: EventRef | readonly string[]): event is z.infer<typeof roleRef> {
  return typeof event === "object" && "role" in event;
}

export interface EventSelector {
  readonly event: string | readonly string[];
  readonly where?: readonly EventFilter[] | undefined;
}

// ── In TypeScript ─────────────────────────────────────────────────────────────────────────────────────────────────

export function selects(selector: EventSelector, event: EventFacts): boolean {
  return namesOf(selector.event).includes(event.event) && (selector.where ?? []).every((one) => passes(one, event));
}

function passes(one: EventFilter, event: EventFacts): boolean {
  if ("any" in one) return one.any.some((inner) => passes(inner, event));
  if ("not" in one) return !passes(one.not, event);
  if ("item" in one) return itemsMatching(one, event.properties).length > 0;
  return holds("property" in one ? rawsAt(event.properties, one.property) : contextRaws(event.context[one.context]), testOf(one));
}

/** The elements of the list for which all filters hold. */
export function itemsMatching(one: ItemFilter, properties: EventFacts["properties"]): Readonly<Record<string, unknown>>[] {
  return itemsAt(properties, one.item).filter((element) => one.where.every((inner) => holds(rawsOfElement(element, inner.property), testOf(inner))));
}

function contextRaws(value: string | undefined): Raw[] {
  return value === undefined || value === "" ? [] : [JSON.stringify(value)];
}

function testOf(one: PropertyFilter | ContextFilter): ValueTest {
  return one;
}

// ── In SQL ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** UInt8 over the columns of one event. */
export function selectsSql(bind: Bind, selector: EventSelector): string {
  const names = namesOf(selector.event);
  const named = names.length === 1 ? `event = ${bind("String", names[0])}` : `has(${bind("Array(String)", names)}, event)`;
  return eventSql(bind, ["(", [named, ...(selector.where ?? []).map((one) => passesSql(bind, one))].join(" and "), ")"].join(""));
}

function passesSql(bind: Bind, one: EventFilter): string {
  if ("any" in one) return `(${one.any.map((inner) => passesSql(bind, inner)).join(" or ")})`;
  if ("not" in one) return `not (${passesSql(bind, one.not)})`;
  if ("item" in one) return `notEmpty(${itemsMatchingSql(bind, one)})`;
  if ("property" in one) return `(${testSql(bind, rawsSql(bind, "properties", one.property), testOf(one))})`;
  return `(${testSql(bind, eventSql(bind, `if(${one.context} = '', [], [toJSONString(toString(${one.context}))])`), testOf(one))})`;
}

/**
 * Of each element of `itemsMatching`, what stands at the paths, as JSON text, empty where nothing does: an Array(Tuple(String, …)). With
 * no path, an array of something for each.
 */
export function itemsMatchingSql(bind: Bind, one: Pick<ItemFilter, "item"> & Partial<ItemFilter>, paths: readonly string[] = []): string {
  const valuesOf = (path: string): string => itemValuesSql(bind, "properties", one.item, path);
  const wanted = paths.length === 0 ? itemNumbersSql(bind, "properties", one.item)
    : `arrayMap((${paths.map((_, i) => `w${i}`).join(", ")}) -> tuple(${paths.map((_, i) => `w${i}`).join(", ")}), ${paths.map(valuesOf).join(", ")})`;
  const tested = [...new Set((one.where ?? []).map(({ property }) => property))];
  if (tested.length === 0) return eventSql(bind, wanted);
  const all = (one.where ?? []).map((inner) => `(${testSql(bind, rawsOfElementSql(`t${tested.indexOf(inner.property)}`), testOf(inner))})`);
  // Without wanted paths, what is tested stands for the elements.
  const first = paths.length === 0 ? [] : [["one", wanted] as const];
  const lists = [...first, ...tested.map((path, i) => [`t${i}`, valuesOf(path)] as const)];
  return eventSql(bind, `arrayFilter((${lists.map(([name]) => name).join(", ")}) -> ${all.join(" and ")}, ${lists.map(([, list]) => list).join(", ")})`);
}

// ── In words ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** "“Order Completed” where “total” is at least 50". */
export function saySelector(say: Language, selector: Pick<EventSelector, "where"> & { readonly event: EventRef | readonly string[] }): string {
  const { event } = selector;
  const names = isRole(event) ? say.quote(event.role) : say.or(namesOf(event).map(say.quote));
  const where = selector.where ?? [];
  return where.length === 0 ? names : `${names} ${say.pick({ en: "where", de: "mit" })} ${say.and(where.map((one) => sayFilter(say, one)))}`;
}

function sayFilter(say: Language, one: EventFilter): string {
  if ("any" in one) return one.any.map((inner) => sayFilter(say, inner)).join(say.pick({ en: " or ", de: " oder " }));
  if ("not" in one) return say.pick({ en: `not (${sayFilter(say, one.not)})`, de: `nicht (${sayFilter(say, one.not)})` });
  if ("item" in one) {
    const inner = say.and(one.where.map((each) => sayFilter(say, each)));
    return say.pick({ en: `one of the ${say.quote(one.item)} has ${inner}`, de: `eines der ${say.quote(one.item)} mit ${inner}` });
  }
  return `${say.quote("property" in one ? one.property : one.context)} ${sayTest(say, testOf(one))}`;
}
