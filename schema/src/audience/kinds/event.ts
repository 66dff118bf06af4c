// What somebody did, and how often, how much, when: a measure over their events in a window.
//
// As time passes with no new event, a window only loses events: each leaves at an instant of its own. So they are put in the order
// in which they leave, the last to leave first. Every beginning of that list is what the window will hold at some time, so whether
// the comparison will hold then is known now; the longest beginning that says otherwise than today tells when it changes.
import { z } from "zod";
import type { Branch, ConditionKind, EventsWanted, PersonFacts, SqlScope, World } from "../condition-kind.ts";
import { eventFilters, saySelector, selectsSql } from "../event-filter.ts";
import { eventRef } from "../event-names.ts";
import { leastWithTurns } from "../event-turns.ts";
import { explainEvent } from "../explain-event.ts";
import { planOf, tellingsSql, type EventPlan, type Telling } from "../event-plan.ts";
import {
  compare, compareSql, compareTime, compareTimeSql, comparisonShapes, countLooked, countRange, intervalOf, isCountTooGreat, isTimeComparison, measure, paths,
  sayComparison, sayOnce, sayPaths, type NumberComparison, type TimeComparison,
} from "../measure.ts";
import { whenever } from "../role-events.ts";
import { namesOf, sayNever, sayWindow, type Language } from "../sentence.ts";
import { timesOf, timesSql, toldBy, toldSql } from "../told.ts";
import { decimalOf, decimalSql, eventSql as ofEvent } from "../value.ts";
import { inWindowSql, notYetSql, pastSql, readsOfWindow, windowSql, type WindowSql } from "../window-of-person.ts";
import { afterSql, isRolling, NEVER, window, type Duration } from "../window.ts";

/** Of counts up to this one, only as many events of a person are kept as decide it: few sizes, so that conditions share the lists. */
const SORTED_MAX = 1_000;
const SORTED = [1, 4, 16, 64, 256, SORTED_MAX] as const;

const base = {
  kind: z.literal("event"),
  event: eventRef,
  where: eventFilters.optional(),
  measure: measure.default({ of: "count" }),
  within: window.optional().meta({ description: "Without it: ever." }),
  once_per: paths.optional().meta({ description: "Events with the same value here count once: the one that stays in the window longest. Orders by role count once per order id by themselves." }),
};

const schema = z.discriminatedUnion("op", comparisonShapes(base)).superRefine((one, context) => {
  const isTime = one.measure.of === "first" || one.measure.of === "last";
  const issue = (path: string, message: string): void => context.addIssue({ code: "custom", path: [path], message });
  if (isTime !== isTimeComparison(one)) issue("op", isTime ? "The time of an event is compared with before, on_or_after, in_last or more_than_ago." : "Only the time of the first or the last event is compared so.");
  if (isTime && one.within !== undefined && "last" in one.within) issue("within", "The first and the last event are looked for ever, in a calendar period, between dates, or since something.");
  if ((isTime || one.measure.of === "distinct") && one.once_per !== undefined) issue("once_per", "Times and different values need no counting once.");
  if (!isTimeComparison(one) && (one.measure.of === "count" || one.measure.of === "distinct") && isCountTooGreat(one)) issue("value", "Counts are compared up to 100,000.");
  const isByName = typeof one.event === "string" || Array.isArray(one.event);
  const hasRole = (given: unknown): boolean => typeof given === "object" && given !== null && "role" in given;
  if (isByName && "property" in one.measure && hasRole(one.measure.property)) issue("measure", 'A property by role is known of events by role alone: { "role": "order" }. Of events by name, name the property.');
  if (isByName && hasRole(one.once_per)) issue("once_per", 'A property by role is known of events by role alone: { "role": "order" }. Of events by name, name the property.');
  if (one.measure.of === "sum" && one.measure.net === true && isByName) issue("measure", 'What is refunded is known of orders by role: { "role": "order" }.');
});
export type EventCondition = z.infer<typeof schema>;

export const eventKind: ConditionKind<typeof schema> = {
  kind: "event",
  schema,
  reads: (one, words) => {
    const plan = planOf(one, whenever(words));
    const { events, snapshot } = readsOfWindow(one.within, words);
    return { events: [...new Set([...namesOf(plan.selector.event), ...(plan.refunds?.selector.event ?? []), ...events])], snapshot };
  },
  sql: eventSql,
  evaluate: evaluateEvent,
  ofNever,
  explain: explainEvent,
  sentence: sayEvent,
  examples: [
    {
      kind: "event", event: "Order Completed", measure: { of: "count" }, op: "at_least", value: 1, within: { last: 14, unit: "day" },
      where: [{ item: "products", where: [{ property: "color", op: "equals", value: "red" }, { property: "category", op: "equals", value: "dress" }] }],
    },
    { kind: "event", event: ["Order Completed", "purchase"], measure: { of: "sum", property: ["total", "value"] }, op: "more_than", value: 500, within: { period: "this", count: 1, unit: "year", zone: "workspace" } },
    { kind: "event", event: "Order Completed", measure: { of: "last" }, op: "more_than_ago", value: { last: 90, unit: "day" } },
    { kind: "event", event: "page", where: [{ context: "page_path", op: "starts_with", value: "/pricing" }], measure: { of: "count" }, op: "between", from: 2, to: 5, within: { since: { event: "Signed Up", which: "last" } } },
    {
      kind: "event", event: "Order Completed", measure: { of: "sum", property: "price", item: "products" }, op: "at_least", value: 100,
      where: [
        { item: "products", where: [{ property: "color", op: "equals", value: "red" }, { property: "category", op: "equals", value: "scarf" }] },
        { item: "products", where: [{ property: "color", op: "equals", value: "blue" }, { property: "category", op: "equals", value: "dress" }] },
      ],
    },
    { kind: "event", event: "Order Completed", measure: { of: "distinct", property: "category", item: "products" }, op: "at_least", value: 3 },
    {
      kind: "event", event: "Trip Booked", measure: { of: "count" }, op: "at_least", value: 1,
      where: [{ property: "starts_at", op: "in_next", value: { last: 7, unit: "day" } }, { not: { property: "free_until", op: "more_than_ago", value: { last: 1, unit: "hour" } } }],
    },
    { kind: "event", event: { role: "order" }, measure: { of: "sum", property: { role: "value" }, net: true }, op: "at_least", value: 1_000, within: { last: 1, unit: "year" } },
  ],
};

// ── In TypeScript ─────────────────────────────────────────────────────────────────────────────────────────────────

function evaluateEvent(one: EventCondition, person: PersonFacts, world: World): boolean {
  const plan = planOf(one, world);
  if (isTimeComparison(one)) {
    const times = timesOf(plan.selector, one.within, person, world) ?? [];
    return times.length > 0 && compareTime(one.measure.of === "first" ? Math.min(...times) : Math.max(...times), one, world);
  }
  const told = toldBy(plan, one.within, person, world);
  return told !== undefined && isMeasured(plan, told, one);
}

function isMeasured(plan: EventPlan, told: readonly Telling[], one: NumberComparison): boolean {
  const values = told.map(({ value }) => value);
  const sum = values.reduce((total, value) => total + value, 0n);
  switch (plan.of) {
    case "count":
    case "distinct":
      return compare(decimalOf(told.length), one);
    case "sum":
      return compare(sum, one);
    case "average":
      return told.length > 0 && compare(sum, one, BigInt(told.length));
    case "min":
      return told.length > 0 && compare(values.reduce((least, value) => (value < least ? value : least)), one);
    case "max":
      return told.length > 0 && compare(values.reduce((most, value) => (value > most ? value : most)), one);
  }
}

// ── In SQL ────────────────────────────────────────────────────────────────────────────────────────────────────────

function eventSql(one: EventCondition, scope: SqlScope): Branch {
  const plan = planOf(one, scope);
  const inWindow = windowSql(one.within, scope);
  const { member, next } = measuredSql(one, plan, inWindow, scope);
  return { member, next: leastWithTurns(next, [plan.selector], inWindow, scope) };
}

/** As long as the filters say of each event what they say now. */
function measuredSql(one: EventCondition, plan: EventPlan, inWindow: WindowSql, scope: SqlScope): Branch {
  const names = [...namesOf(plan.selector.event), ...(plan.refunds?.selector.event ?? [])];
  const wanted = { names, boundMs: inWindow.boundMs };
  if (isTimeComparison(one)) return timeSql(one, plan, inWindow, wanted, scope);
  if (plan.isPlainCount && inWindow.person === undefined) {
    const matches = selectsSql(scope.bind, plan.selector);
    if (isRolling(one.within)) {
      if (countLooked(countRange(one)) <= SORTED_MAX) return countSql(one, one.within, matches, wanted, scope);
    } else {
      const inside = inWindowSql(matches, inWindow);
      const count = scope.events({ ...wanted, aggregate: `countIf(${inside} and ${pastSql(scope)})` });
      return { member: scope.name(compareSql(scope.bind, `toDecimal128(${count}, 9)`, one)), next: comingSql(scope, wanted, inside) };
    }
  }
  return inWindow.leave === undefined && inWindow.person === undefined && !plan.isOnce ? totalSql(one, plan, inWindow, wanted, scope) : listSql(one, plan, inWindow, scope);
}

/** Which events an aggregate sees. */
type EventsSeen = Pick<EventsWanted, "names" | "boundMs">;

/** A measure over a window that nothing leaves: one number says it until another event comes. */
function totalSql(one: NumberComparison, plan: EventPlan, inWindow: WindowSql, wanted: EventsSeen, scope: SqlScope): Branch {
  const { bind, name } = scope;
  const { matches, values } = tellingsSql(plan, bind);
  const inside = inWindowSql(matches, inWindow);
  const next = comingSql(scope, wanted, inside);
  const all = ofEvent(bind, values);
  const aggregate = (call: (told: string, when: string) => string): string => scope.events({ ...wanted, aggregate: call(all, `${inside} and ${pastSql(scope)}`) });
  // Asked for only where it says something: each aggregate is worked out for every person.
  const number = (): string => aggregate((told, when) => `sumIf(length(${told}), ${when})`);
  switch (plan.of) {
    case "count":
      return { member: name(compareSql(bind, `toDecimal128(${number()}, 9)`, one)), next };
    case "distinct": {
      const different = aggregate((told, when) => `uniqExactArrayIf(arrayMap(told -> told.2, ${told}), ${when})`);
      return { member: name(compareSql(bind, `toDecimal128(${different}, 9)`, one)), next };
    }
    case "sum":
    case "average": {
      const sum = aggregate((told, when) => `sumIf(arraySum(arrayMap(told -> told.1, ${told})), ${when})`);
      if (plan.of === "sum") return { member: name(compareSql(bind, sum, one)), next };
      return { member: name(`${name(`${number()} > 0`)} and ${name(compareSql(bind, sum, one, number()))}`), next };
    }
    case "min":
    case "max": {
      const extreme = aggregate((told, when) => `${plan.of}If(${plan.of === "min" ? "arrayMin" : "arrayMax"}(arrayMap(told -> told.1, ${told})), ${when} and notEmpty(${told}))`);
      return { member: name(`${name(`${number()} > 0`)} and ${name(compareSql(bind, extreme, one))}`), next };
    }
  }
}

/** The earliest of the events whose time is still to come. */
function comingSql(scope: SqlScope, wanted: EventsSeen, matches: string): string {
  const coming = scope.events({ ...wanted, aggregate: `minIf(ms, ${matches} and ${notYetSql(scope)})` });
  return scope.name(`if(${coming} = 0, toInt64(${NEVER}), ${coming})`);
}

/**
 * A count in a rolling window: the instants at which the last few will leave decide it. Whichever the window, the later event leaves
 * later, so that the times of the newest are enough, and conditions on the same events share them.
 */
function countSql(one: NumberComparison, window: Duration, matches: string, wanted: EventsSeen, scope: SqlScope): Branch {
  const { low, high } = countRange(one);
  if (high !== undefined && high < low) return { member: "0", next: String(NEVER) };
  if (high === undefined && low === 0) return { member: "1", next: String(NEVER) };
  const kept = SORTED.find((size) => size >= countLooked({ low, high })) ?? SORTED_MAX;
  const minus = scope.events({ ...wanted, aggregate: `groupArraySortedIf(${kept})(-ms, ${matches} and ${pastSql(scope)})` });
  const coming = comingSql(scope, wanted, matches);
  /** When the i-th newest leaves; long ago where there is none. */
  const leaves = (i: number): string => scope.name(afterSql(`-${minus}[${i}]`, window));
  const isAbove = (i: number): string => scope.name(`${leaves(i)} > ${scope.nowMs}`);
  if (high === undefined) return { member: isAbove(low), next: `least(if(${isAbove(low)}, ${leaves(low)}, toInt64(${NEVER})), ${coming})` };
  // Fewer than `low`: only new events help. More than `high`: until as many have left.
  const isOver = isAbove(high + 1);
  if (low === 0) return { member: `not ${isOver}`, next: `least(if(${isOver}, ${leaves(high + 1)}, toInt64(${NEVER})), ${coming})` };
  const member = scope.name(`${isAbove(low)} and not ${isOver}`);
  // When events leave together, it may fall below `low` as it comes down from above `high`: then waking is early, and harmless.
  return { member, next: `least(multiIf(${isOver}, ${leaves(high + 1)}, ${member}, ${leaves(low)}, toInt64(${NEVER})), ${coming})` };
}

/** Any measure over any window, from the list of what each event tells. */
function listSql(one: NumberComparison & { kind: "event" }, plan: EventPlan, inWindow: WindowSql, scope: SqlScope): Branch {
  const { name } = scope;
  const { told, coming } = toldSql(plan, inWindow, scope);
  const truths = name(truthsSql(plan, one, told, scope));
  const isNow = name(`${truths}[-1]`);
  // The i-th truth is that of the first i − 1 events; those that leave together are never without each other.
  const k = name(`arrayLastIndex((truth, i) -> truth != ${isNow} and (i = 1 or ${told}[i - 1].1 != ${told}[i].1), arrayPopBack(${truths}), arrayEnumerate(${told}))`);
  const turns = `if(${k} = 0, toInt64(${NEVER}), ${told}[${k}].1)`;
  if (inWindow.person === undefined) return { member: isNow, next: `least(${turns}, ${coming})` };
  const member = name(`${inWindow.person.exists} and ${isNow}`);
  return { member, next: `least(${turns}, ${coming}, ${inWindow.person.next})` };
}

/** For each beginning of the list, the empty one first: whether the comparison holds of it. An Array(UInt8). */
function truthsSql(plan: EventPlan, one: NumberComparison, told: string, { bind, name }: SqlScope): string {
  const lengths = `range(0, length(${told}) + 1)`;
  const sums = (value: string): string => `arrayConcat([toDecimal128(0, 9)], arrayCumSum(arrayMap(told -> ${value}, ${told})))`;
  const counts = (condition: string): string => `arrayConcat([toUInt64(0)], arrayMap(n -> toUInt64(n), arrayCumSum(arrayMap(told -> toUInt64(${condition}), ${told}))))`;
  switch (plan.of) {
    case "count":
    case "distinct":
      return `arrayMap(i -> toUInt8(${compareSql(bind, "toDecimal128(i, 9)", one)}), ${lengths})`;
    case "sum":
      return `arrayMap(total -> toUInt8(${compareSql(bind, "total", one)}), ${sums("told.4")})`;
    case "average":
      return `arrayMap((total, i) -> toUInt8(i > 0 and ${compareSql(bind, "total", one, "i")}), ${sums("told.4")}, ${lengths})`;
    case "min":
    case "max": {
      // The greatest is at least v when one is; at most v when none is more. The least, mirrored.
      const { low, high } = intervalOf(one);
      const above = low === undefined ? "1" : `told.4 ${low.isIncluded ? ">=" : ">"} ${decimalSql(bind, low.value)}`;
      const below = high === undefined ? "1" : `told.4 ${high.isIncluded ? "<=" : "<"} ${decimalSql(bind, high.value)}`;
      const [some, all] = plan.of === "max" ? [above, below] : [below, above];
      const passing = name(counts(some));
      const failing = name(counts(`not (${all})`));
      return `arrayMap((p, f) -> toUInt8(p > 0 and f = 0), ${passing}, ${failing})`;
    }
  }
}

/** The time of the first or the last. */
function timeSql(one: TimeComparison & { measure: { of: string } }, plan: EventPlan, inWindow: WindowSql, wanted: EventsSeen, scope: SqlScope): Branch {
  const { name } = scope;
  const { person } = inWindow;
  const { time, isThere, coming } = person === undefined ? timeOfAllSql(one, plan, inWindow, wanted, scope) : timeOfListSql(one, plan, inWindow, scope);
  const compared = compareTimeSql(scope.bind, time, one, scope);
  const member = name([...(person === undefined ? [] : [name(person.exists)]), isThere, name(compared.member)].join(" and "));
  if (compared.changes === undefined) return { member, next: `least(${coming}, ${person?.next ?? String(NEVER)})` };
  const changes = name(compared.changes);
  return { member, next: `least(if(${isThere} and ${name(`${changes} > ${scope.nowMs}`)}, ${changes}, toInt64(${NEVER})), ${coming}, ${person?.next ?? String(NEVER)})` };
}

interface TimeSql {
  /** Of the event; meant only where it is there. */
  readonly time: string;
  readonly isThere: string;
  readonly coming: string;
}

function timeOfAllSql({ measure: { of } }: { measure: { of: string } }, plan: EventPlan, inWindow: WindowSql, wanted: EventsSeen, scope: SqlScope): TimeSql {
  const inside = inWindowSql(selectsSql(scope.bind, plan.selector), inWindow);
  const found = scope.events({ ...wanted, aggregate: `${of === "first" ? "min" : "max"}OrNullIf(ms, ${inside} and ${pastSql(scope)})` });
  return { time: scope.name(`ifNull(${found}, toInt64(0))`), isThere: scope.name(`isNotNull(${found})`), coming: comingSql(scope, wanted, inside) };
}

function timeOfListSql({ measure: { of } }: { measure: { of: string } }, plan: EventPlan, inWindow: WindowSql, scope: SqlScope): TimeSql {
  const { past, coming } = timesSql(plan.selector, inWindow, scope);
  const time = scope.name(`if(empty(${past}), toInt64(0), ${of === "first" ? "arrayMin" : "arrayMax"}(arrayMap(at -> at.1, ${past})))`);
  return { time, isThere: scope.name(`notEmpty(${past})`), coming };
}

// ── In words ──────────────────────────────────────────────────────────────────────────────────────────────────────

function sayEvent(one: EventCondition, say: Language): string {
  const what = saySelector(say, one);
  const when = sayWindow(say, one.within);
  const { measure: of } = one;
  if (of.of === "first" || of.of === "last") {
    const which = of.of === "first" ? say.pick({ en: "first", de: "erstes" }) : say.pick({ en: "last", de: "letztes" });
    return say.pick({ en: `their ${which} ${what} (${when}) ${sayComparison(say, one)}`, de: `ihr ${which} ${what} (${when}) ${sayComparison(say, one)}` });
  }
  const once = sayOnce(say, one.once_per);
  const never = ofNever(one) === true ? sayNever(say) : "";
  if (of.of === "count" && of.item === undefined && one.op === "at_least" && one.value === 1) {
    return say.pick({ en: `did ${what} at least once ${when}${once}`, de: `hat mindestens einmal ${what} ${when}${once}` });
  }
  const words: Readonly<Record<typeof of.of, readonly [en: string, de: string]>> = {
    count: ["the number of", "die Anzahl von"], sum: ["the sum of", "die Summe von"], average: ["the average", "der Durchschnitt von"],
    min: ["the least", "der kleinste Wert von"], max: ["the greatest", "der größte Wert von"], distinct: ["the number of different", "die Anzahl verschiedener Werte von"],
  };
  const property = "property" in of ? sayPaths(say, of.property) : of.item === undefined ? undefined : say.quote(of.item);
  // Of the events themselves, or of what they say.
  const counted = property === undefined ? what : say.pick({ en: `${property} in ${what}`, de: `${property} in ${what}` });
  const net = of.of === "sum" && of.net === true ? say.pick({ en: ", less refunds,", de: ", abzüglich Erstattungen," }) : "";
  const [en, de] = words[of.of];
  return say.pick({
    en: `${en} ${counted}${net} ${when}${once} ${sayComparison(say, one)}${never}`,
    de: `${de} ${counted}${net} ${when}${once} ${sayComparison(say, one)}${never}`,
  });
}

/** Whoever never did it passes "at most". Whether somebody did it at all, ever, is nothing that has to be told again. */
function ofNever(one: EventCondition): boolean | undefined {
  const { of, item } = one.measure as { readonly of: string; readonly item?: string };
  if (of === "count" && item === undefined && one.within === undefined && one.op === "at_least" && one.value === 1) return undefined;
  return !isTimeComparison(one) && (of === "count" || of === "sum" || of === "distinct") && compare(0n, one);
}
