// Which events a condition means: their names, and filters on what they say. Shared by all kinds that look at events.
import { z } from "zod";
import type { EventFacts } from "./condition-kind.ts";
import { datedShapes, holdsAt, holdsAtSql, instantsSql, isDated, sayDated, turnsAtSql, type DatedTest, type Moment } from "./dated-test.ts";
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

export interface EventSelector {
  readonly event: string | readonly string[];
  readonly where?: readonly EventFilter[] | undefined;
  /** When it is asked, and by whose clock. */
  readonly at: Moment;
}

/** Elements of a list of objects: those for which all filters of one of these hold; of none of these, all. */
export interface ItemsWanted {
  readonly path: string;
  readonly any: readonly ItemFilter["where"][];
  readonly at: Moment;
}

// ── In TypeScript ─────────────────────────────────────────────────────────────────────────────────────────────────

export function selects(selector: EventSelector, event: EventFacts): boolean {
  return namesOf(selector.event).includes(event.event) && (selector.where ?? []).every((one) => passes(one, event, selector.at));
}

function passes(one: EventFilter, event: EventFacts, at: Moment): boolean {
  if ("any" in one) return one.any.some((inner) => passes(inner, event, at));
  if ("not" in one) return !passes(one.not, event, at);
  if ("item" in one) return itemsMatching({ path: one.item, any: [one.where], at }, event.properties).length > 0;
  return "property" in one ? passesTest(rawsAt(event.properties, one.property), one, at) : holds(contextRaws(event.context[one.context]), one, at.zone);
}

function passesTest(raws: readonly Raw[], one: PropertyFilter, at: Moment): boolean {
  return isDated(one) ? holdsAt(raws, one, at) : holds(raws, one, at.zone);
}

export function itemsMatching({ path, any, at }: ItemsWanted, properties: EventFacts["properties"]): Readonly<Record<string, unknown>>[] {
  return itemsAt(properties, path).filter((element) => any.length === 0 || any.some((where) => where.every((inner) => passesTest(rawsOfElement(element, inner.property), inner, at))));
}

function contextRaws(value: string | undefined): Raw[] {
  return value === undefined || value === "" ? [] : [JSON.stringify(value)];
}

// ── In SQL ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** UInt8 over the columns of one event. */
export function selectsSql(bind: Bind, selector: EventSelector): string {
  const names = namesOf(selector.event);
  const named = names.length === 1 ? `event = ${bind("String", names[0])}` : `has(${bind("Array(String)", names)}, event)`;
  return eventSql(bind, ["(", [named, ...(selector.where ?? []).map((one) => passesSql(bind, one, selector.at))].join(" and "), ")"].join(""));
}

function passesSql(bind: Bind, one: EventFilter, at: Moment): string {
  if ("any" in one) return `(${one.any.map((inner) => passesSql(bind, inner, at)).join(" or ")})`;
  if ("not" in one) return `not (${passesSql(bind, one.not, at)})`;
  if ("item" in one) return `notEmpty(${itemsMatchingSql(bind, { path: one.item, any: [one.where], at })})`;
  if ("property" in one) return `(${isDated(one) ? holdsAtSql(bind, datesSql(bind, one, at), one, at) : testSql(bind, rawsSql(bind, "properties", one.property), one, at.zone)})`;
  return `(${testSql(bind, eventSql(bind, `if(${one.context} = '', [], [toJSONString(toString(${one.context}))])`), one, at.zone)})`;
}

const datesSql = (bind: Bind, one: PropertyFilter & DatedTest, at: Moment): string => eventSql(bind, instantsSql(bind, rawsSql(bind, "properties", one.property), one, at));

/** Over one event: the earliest instant after now at which what the filters say of it may turn; undefined where time turns nothing. */
export function turnsSql(bind: Bind, { where = [], at }: EventSelector): string | undefined {
  const turns = where.flatMap((one) => ("any" in one ? one.any : "not" in one ? [one.not] : [one])).flatMap((one) => {
    if ("context" in one) return [];
    if (!("item" in one)) return isDated(one) ? [turnsAtSql(bind, datesSql(bind, one, at), one, at)] : [];
    return one.where.filter(isDated).map((inner) => {
      const dates = `arrayFlatten(arrayMap(element -> ${instantsSql(bind, rawsOfElementSql("element"), inner, at)}, ${itemValuesSql(bind, "properties", one.item, inner.property)}))`;
      return turnsAtSql(bind, eventSql(bind, dates), inner, at);
    });
  });
  return turns.length === 0 ? undefined : eventSql(bind, turns.length === 1 ? (turns[0] ?? "") : `least(${turns.join(", ")})`);
}

/**
 * Of each element of `itemsMatching`, what stands at the paths, as JSON text, empty where nothing does: an Array(Tuple(String, …)). With
 * no path, an array of something for each.
 */
export function itemsMatchingSql(bind: Bind, { path: item, any, at }: ItemsWanted, paths: readonly string[] = []): string {
  const valuesOf = (path: string): string => itemValuesSql(bind, "properties", item, path);
  const wanted = paths.length === 0 ? itemNumbersSql(bind, "properties", item)
    : `arrayMap((${paths.map((_, i) => `p${i}`).join(", ")}) -> tuple(${paths.map((_, i) => `p${i}`).join(", ")}), ${paths.map(valuesOf).join(", ")})`;
  const tested = [...new Set(any.flat().map(({ property }) => property))];
  if (tested.length === 0) return eventSql(bind, wanted);
  const passes = any.map((where) => where.map((inner) => {
    const raws = rawsOfElementSql(`t${tested.indexOf(inner.property)}`);
    return `(${isDated(inner) ? holdsAtSql(bind, instantsSql(bind, raws, inner, at), inner, at) : testSql(bind, raws, inner, at.zone)})`;
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
  if (where.length === 0) return names;
  const filters = say.and(where.map((one) => sayFilter(say, one)));
  return say.pick({ en: `${names} where ${filters}`, de: `${names} (wobei gilt: ${filters})` });
}

function sayFilter(say: Language, one: EventFilter): string {
  if ("any" in one) return one.any.map((inner) => sayFilter(say, inner)).join(say.pick({ en: " or ", de: " oder " }));
  if ("not" in one) return say.pick({ en: `not (${sayFilter(say, one.not)})`, de: `nicht (${sayFilter(say, one.not)})` });
  if ("item" in one) {
    const inner = say.and(one.where.map((each) => sayFilter(say, each)));
    return say.pick({ en: `one of the ${say.quote(one.item)} has ${inner}`, de: `bei einem der ${say.quote(one.item)} ${inner}` });
  }
  return `${say.quote("property" in one ? one.property : one.context)} ${isDated(one) ? sayDated(say, one) : sayTest(say, one)}`;
}
