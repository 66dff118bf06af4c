// What somebody's events say: the property of the first or the last, the most frequent value, or all different ones.
import { z } from "zod";
import type { EventFacts, PersonFacts, SqlScope, World } from "../condition-kind.ts";
import type { ComputedKind, ValueSql } from "../computed-kind.ts";
import { eventFilters, propertyPath, saySelector, selects, selectsSql } from "../event-filter.ts";
import { eventNames } from "../event-names.ts";
import { leastWithTurns } from "../event-turns.ts";
import { selectorOf } from "../role-events.ts";
import { namesOf, sayWindow } from "../sentence.ts";
import { rawsAt, rawsSql, type Raw } from "../value.ts";
import { inWindowSql, windowOf, windowSql } from "../window-of-person.ts";
import { NEVER, window } from "../window.ts";

/** Of all different values, the latest so many. */
const VALUES_MAX = 100;

const schema = z.strictObject({
  kind: z.literal("value"),
  event: eventNames,
  where: eventFilters.optional(),
  property: propertyPath,
  which: z.enum(["first", "last", "most_frequent", "all"]).meta({ description: "`all`: every different value, the latest first, at most 100." }),
  within: window.optional(),
});
type ValueTrait = z.infer<typeof schema>;

export const valueTrait: ComputedKind<typeof schema> = {
  kind: "value",
  schema,
  reads: (one) => ({ events: namesOf(one.event) }),
  sql: valueSql,
  evaluate: evaluateValue,
  sentence: (one, say) => {
    const which = {
      first: say.pick({ en: "the first", de: "der erste Wert von" }), last: say.pick({ en: "the last", de: "der letzte Wert von" }),
      most_frequent: say.pick({ en: "the most frequent", de: "der häufigste Wert von" }), all: say.pick({ en: "every different", de: "alle verschiedenen Werte von" }),
    }[one.which];
    const of = saySelector(say, one);
    return say.pick({ en: `${which} ${say.quote(one.property)} of ${of} ${sayWindow(say, one.within)}`, de: `${which} ${say.quote(one.property)} in ${of} ${sayWindow(say, one.within)}` });
  },
  examples: [
    { kind: "value", event: "Order Completed", property: "products.category", which: "most_frequent", within: { last: 1, unit: "year" } },
    { kind: "value", event: "Order Completed", property: "coupon", which: "last" },
    { kind: "value", event: "Order Completed", property: "products.color", which: "all" },
  ],
};

interface Seen {
  readonly event: EventFacts;
  readonly raw: Raw;
}

function evaluateValue(one: ValueTrait, person: PersonFacts, world: World): Raw[] {
  const selector = selectorOf(one, world);
  const inWindow = windowOf(one.within, person, world);
  if (!inWindow.exists) return [];
  const seen = person.events
    .filter((event) => inWindow.has(event) && selects(selector, event))
    .flatMap((event): Seen[] => [...new Set(rawsAt(event.properties, one.property))].map((raw) => ({ event, raw })))
    .toSorted((a, b) => b.event.ms - a.event.ms || b.event.row - a.event.row || (a.raw < b.raw ? 1 : -1));
  const counts = new Map<Raw, number>();
  for (const { raw } of seen) counts.set(raw, (counts.get(raw) ?? 0) + 1);
  const different = [...counts.keys()];
  const edge = one.which === "first" ? seen.at(-1)?.event : seen[0]?.event;
  switch (one.which) {
    case "first":
    case "last":
      return seen.filter(({ event }) => event === edge).map(({ raw }) => raw);
    case "most_frequent":
      return different.toSorted((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0)).slice(0, 1);
    case "all":
      return different.slice(0, VALUES_MAX);
  }
}

function valueSql(one: ValueTrait, scope: SqlScope): ValueSql {
  const { bind, name, events, nowMs } = scope;
  const selector = selectorOf(one, scope);
  const inWindow = windowSql(one.within, scope);
  const leave = inWindow.leave ?? `toInt64(${NEVER})`;
  const matches = inWindowSql(selectsSql(bind, selector), inWindow);
  const all = events({
    names: namesOf(one.event), boundMs: inWindow.boundMs,
    aggregate: `arrayFlatten(groupArrayIf(arrayMap(raw -> (${leave}, ms, row_id, raw), arrayDistinct(${rawsSql(bind, "properties", one.property)})), ${matches}))`,
  });
  const { person } = inWindow;
  const inside = person === undefined ? all : name(`arrayFilter(seen -> ${person.has("seen.2", "seen.3")}, ${all})`);
  const coming = name(`arrayMin(arrayConcat([toInt64(${NEVER})], arrayMap(seen -> if(seen.2 > ${nowMs}, seen.2, toInt64(${NEVER})), ${inside})))`);
  // The latest first; of those in one event, by text, backwards.
  const seen = name(`arrayReverseSort(seen -> (seen.2, seen.3, seen.4), arrayFilter(seen -> seen.2 <= ${nowMs}, ${inside}))`);
  const raws = name(`arrayMap(seen -> seen.4, ${seen})`);
  const soonest = `arrayMin(arrayConcat([toInt64(${NEVER})], arrayMap(seen -> seen.1, ${seen})))`;
  const value = {
    first: `arrayMap(seen -> seen.4, arrayFilter(seen -> seen.3 = ${seen}[-1].3 and seen.2 = ${seen}[-1].2, ${seen}))`,
    last: `arrayMap(seen -> seen.4, arrayFilter(seen -> seen.3 = ${seen}[1].3 and seen.2 = ${seen}[1].2, ${seen}))`,
    most_frequent: `arraySlice(arraySort(raw -> -toInt64(countEqual(${raws}, raw)), arrayDistinct(${raws})), 1, 1)`,
    all: `arraySlice(arrayDistinct(${raws}), 1, ${VALUES_MAX})`,
  }[one.which];
  return {
    raws: name(person === undefined ? value : `if(${person.exists}, ${value}, [])`),
    next: leastWithTurns(name(`least(${soonest}, ${coming}, ${person?.next ?? String(NEVER)})`), [selector], inWindow, scope),
  };
}
