// Which events a condition means: their names, and filters on what they say. Shared by all kinds that look at events.
import { z } from "zod";
import type { EventFacts } from "./condition-kind.ts";
import { datedShapes, holdsAt, holdsAtSql, instantsSql, isDated, sayDated, turnsAtSql, type DatedTest } from "./dated-test.ts";
import { isRole, type EventRef } from "./event-names.ts";
import { audienceLimits } from "./limits.ts";
import { namesOf, sayTest, type Language } from "./sentence.ts";
import { holds, testShapes, testSql, valuePath } from "./value-test.ts";
import { eventSql, itemsAt, itemNumbersSql, itemValuesSql, rawsAt, rawsOfElement, rawsOfElementSql, rawsSql, type Bind, type Raw } from "./value.ts";

/** What stands beside an event's properties, by the name of its column. Empty text is "not set". */
export const contextFields = [
  "type", "country", "locale", "timezone", "device_type", "os", "browser", "page_url", "page_path", "page_referrer",
  "campaign_source", "campaign_medium", "campaign_name", "campaign_term", "campaign_content", "library",
] as const;
export type ContextField = (typeof contextFields)[number];

export const propertyPath = valuePath(2_000).meta({ description: "Names joined by dots. `products.color` is the colour of any of the products." });

const propertyFilter = z.discriminatedUnion("op", [...testShapes({ property: propertyPath }), ...datedShapes({ property: propertyPath })]);
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

/** At an instant: what is asked relative to now knows when that is. */
type At<Test> = Test extends DatedTest ? Test & { readonly nowMs: number } : Test;
type PropertyFilterAt = At<PropertyFilter>;
export type ItemFilterAt = Pick<ItemFilter, "item"> & { readonly where: readonly PropertyFilterAt[] };
type OneFilterAt = PropertyFilterAt | ContextFilter | ItemFilterAt;
export type EventFilterAt = OneFilterAt | { readonly any: readonly OneFilterAt[] } | { readonly not: OneFilterAt };

export interface EventSelector {
  readonly event: string | readonly string[];
  readonly where?: readonly EventFilterAt[] | undefined;
}

export function filtersAt(where: readonly EventFilter[] | undefined, nowMs: number): EventFilterAt[] {
  return (where ?? []).map((one) => ("any" in one ? { any: one.any.map((inner) => filterAt(inner, nowMs)) } : "not" in one ? { not: filterAt(one.not, nowMs) } : filterAt(one, nowMs)));
}

function filterAt(one: OneFilter, nowMs: number): OneFilterAt {
  const at = (inner: PropertyFilter): PropertyFilterAt => (isDated(inner) ? { ...inner, nowMs } : inner);
  if ("item" in one) return { item: one.item, where: one.where.map(at) };
  return "context" in one ? one : at(one);
}

// ── In TypeScript ─────────────────────────────────────────────────────────────────────────────────────────────────

export function selects(selector: EventSelector, event: EventFacts): boolean {
  return namesOf(selector.event).includes(event.event) && (selector.where ?? []).every((one) => passes(one, event));
}

function passes(one: EventFilterAt, event: EventFacts): boolean {
  if ("any" in one) return one.any.some((inner) => passes(inner, event));
  if ("not" in one) return !passes(one.not, event);
  if ("item" in one) return itemsMatching(one.item, [one.where], event.properties).length > 0;
  return "property" in one ? passesTest(rawsAt(event.properties, one.property), one) : holds(contextRaws(event.context[one.context]), one);
}

function passesTest(raws: readonly Raw[], one: PropertyFilterAt): boolean {
  return isDated(one) ? holdsAt(raws, one, one.nowMs) : holds(raws, one);
}

/** The elements of the list for which all filters of one of these hold; of none of these, all elements. */
export function itemsMatching(item: string, any: readonly ItemFilterAt["where"][], properties: EventFacts["properties"]): Readonly<Record<string, unknown>>[] {
  return itemsAt(properties, item).filter((element) => any.length === 0 || any.some((where) => where.every((inner) => passesTest(rawsOfElement(element, inner.property), inner))));
}

function contextRaws(value: string | undefined): Raw[] {
  return value === undefined || value === "" ? [] : [JSON.stringify(value)];
}

// ── In SQL ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** UInt8 over the columns of one event. */
export function selectsSql(bind: Bind, selector: EventSelector): string {
  const names = namesOf(selector.event);
  const named = names.length === 1 ? `event = ${bind("String", names[0])}` : `has(${bind("Array(String)", names)}, event)`;
  return eventSql(bind, ["(", [named, ...(selector.where ?? []).map((one) => passesSql(bind, one))].join(" and "), ")"].join(""));
}

function passesSql(bind: Bind, one: EventFilterAt): string {
  if ("any" in one) return `(${one.any.map((inner) => passesSql(bind, inner)).join(" or ")})`;
  if ("not" in one) return `not (${passesSql(bind, one.not)})`;
  if ("item" in one) return `notEmpty(${itemsMatchingSql(bind, one.item, [one.where])})`;
  if ("property" in one) return `(${isDated(one) ? holdsAtSql(datesSql(bind, one.property), one, one.nowMs) : testSql(bind, rawsSql(bind, "properties", one.property), one)})`;
  return `(${testSql(bind, eventSql(bind, `if(${one.context} = '', [], [toJSONString(toString(${one.context}))])`), one)})`;
}

const datesSql = (bind: Bind, property: string): string => eventSql(bind, instantsSql(rawsSql(bind, "properties", property)));

/** Over one event: the earliest instant after now at which what the filters say of it may turn; undefined where time turns nothing. */
export function turnsSql(bind: Bind, { where = [] }: EventSelector): string | undefined {
  const turns = where.flatMap((one) => ("any" in one ? one.any : "not" in one ? [one.not] : [one])).flatMap((one) => {
    if ("context" in one) return [];
    if (!("item" in one)) return isDated(one) ? [turnsAtSql(datesSql(bind, one.property), one, one.nowMs)] : [];
    return one.where.filter(isDated).map((inner) => {
      const dates = `arrayFlatten(arrayMap(element -> ${instantsSql(rawsOfElementSql("element"))}, ${itemValuesSql(bind, "properties", one.item, inner.property)}))`;
      return turnsAtSql(eventSql(bind, dates), inner, inner.nowMs);
    });
  });
  return turns.length === 0 ? undefined : eventSql(bind, turns.length === 1 ? (turns[0] ?? "") : `least(${turns.join(", ")})`);
}

/**
 * Of each element of `itemsMatching`, what stands at the paths, as JSON text, empty where nothing does: an Array(Tuple(String, …)). With
 * no path, an array of something for each.
 */
export function itemsMatchingSql(bind: Bind, item: string, any: readonly ItemFilterAt["where"][], paths: readonly string[] = []): string {
  const valuesOf = (path: string): string => itemValuesSql(bind, "properties", item, path);
  const wanted = paths.length === 0 ? itemNumbersSql(bind, "properties", item)
    : `arrayMap((${paths.map((_, i) => `w${i}`).join(", ")}) -> tuple(${paths.map((_, i) => `w${i}`).join(", ")}), ${paths.map(valuesOf).join(", ")})`;
  const tested = [...new Set(any.flat().map(({ property }) => property))];
  if (tested.length === 0) return eventSql(bind, wanted);
  const passes = any.map((where) => where.map((inner) => {
    const raws = rawsOfElementSql(`t${tested.indexOf(inner.property)}`);
    return `(${isDated(inner) ? holdsAtSql(instantsSql(raws), inner, inner.nowMs) : testSql(bind, raws, inner)})`;
  }).join(" and "));
  // Without wanted paths, what is tested stands for the elements.
  const first = paths.length === 0 ? [] : [["one", wanted] as const];
  const lists = [...first, ...tested.map((path, i) => [`t${i}`, valuesOf(path)] as const)];
  return eventSql(bind, `arrayFilter((${lists.map(([name]) => name).join(", ")}) -> ${passes.length === 1 ? passes[0] : passes.map((one) => `(${one})`).join(" or ")}, ${lists.map(([, list]) => list).join(", ")})`);
}

// ── In words ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** "“Order Completed” where “total” is at least 50". */
export function saySelector(say: Language, selector: { readonly event: EventRef | readonly string[]; readonly where?: readonly EventFilter[] | undefined }): string {
  const { event } = selector;
  const names = isRole(event) ? say.role(event.role) : say.or(namesOf(event).map(say.quote));
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
  return `${say.quote("property" in one ? one.property : one.context)} ${isDated(one) ? sayDated(say, one) : sayTest(say, one)}`;
}
