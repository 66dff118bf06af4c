// How many, how much, when: a measure over somebody's events in a window, kept as a trait.
import { z } from "zod";
import type { PersonFacts, SqlScope, World } from "../condition-kind.ts";
import { rawOfDecimal, rawOfInstant, rawOfInstantSql, type ComputedKind, type ValueSql } from "../computed-kind.ts";
import { eventFilters, saySelector } from "../event-filter.ts";
import { eventRef } from "../event-names.ts";
import { leastWithTurns } from "../event-turns.ts";
import { planOf, type EventPlan } from "../event-plan.ts";
import { eventKind, type EventCondition } from "../kinds/event.ts";
import { measure, paths, sayOnce, sayPaths } from "../measure.ts";
import { sayWindow, type Language } from "../sentence.ts";
import { timesOf, timesSql, toldBy, toldSql } from "../told.ts";
import type { Raw } from "../value.ts";
import { windowSql, type WindowSql } from "../window-of-person.ts";
import { NEVER, window } from "../window.ts";

const schema = z.strictObject({
  kind: z.literal("measure"),
  event: eventRef,
  where: eventFilters.optional(),
  measure: measure.default({ of: "count" }),
  within: window.optional(),
  once_per: paths.optional(),
});
type MeasureTrait = z.infer<typeof schema>;

export const measureTrait: ComputedKind<typeof schema> = {
  kind: "measure",
  schema,
  reads: (one, words) => eventKind.reads(asCondition(one), words),
  sql: measureSql,
  evaluate: evaluateMeasure,
  sentence: (one, say) => `${sayMeasured(one, saySelector(say, one), say)} ${sayWindow(say, one.within)}${sayOnce(say, one.once_per)}`,
  examples: [
    { kind: "measure", event: "Order Completed", measure: { of: "count" }, within: { last: 90, unit: "day" } },
    { kind: "measure", event: "Order Completed", measure: { of: "average", property: "total" } },
    { kind: "measure", event: "Order Completed", measure: { of: "count", item: "products" }, once_per: "order_id", within: { period: "this", count: 1, unit: "year", zone: "workspace" } },
    { kind: "measure", event: "Order Completed", measure: { of: "last" } },
    { kind: "measure", event: { role: "order" }, measure: { of: "sum", property: { role: "value" }, net: true } },
    { kind: "measure", event: "Order Completed", measure: { of: "max", property: "price", item: "products" }, within: { last: 1, unit: "year" } },
  ],
};

function sayMeasured({ measure }: MeasureTrait, what: string, say: Language): string {
  if (measure.of === "first") return say.pick({ en: `the time of the first ${what}`, de: `der Zeitpunkt des ersten ${what}` });
  if (measure.of === "last") return say.pick({ en: `the time of the last ${what}`, de: `der Zeitpunkt des letzten ${what}` });
  if (measure.of === "count") return say.pick({ en: `the number of ${measure.item === undefined ? "" : `${say.quote(measure.item)} in `}${what}`, de: `die Anzahl von ${measure.item === undefined ? "" : `${say.quote(measure.item)} in `}${what}` });
  const names = { sum: { en: "the sum", de: "die Summe" }, average: { en: "the average", de: "der Durchschnitt" }, min: { en: "the least", de: "der kleinste Wert" }, max: { en: "the greatest", de: "der größte Wert" }, distinct: { en: "the number of different values", de: "die Anzahl verschiedener Werte" } } as const;
  const { property } = measure;
  const of = sayPaths(say, property);
  const net = measure.of === "sum" && measure.net === true ? say.pick({ en: ", less refunds,", de: ", abzüglich Erstattungen," }) : "";
  return say.pick({ en: `${names[measure.of].en} of ${of} in ${what}${net}`, de: `${names[measure.of].de} von ${of} in ${what}${net}` });
}

/** What reads events and makes the plan is the condition's; its comparison does not matter here. */
function asCondition(one: MeasureTrait): EventCondition {
  return { ...one, kind: "event", op: "at_least", value: 1 };
}

function evaluateMeasure(one: MeasureTrait, person: PersonFacts, world: World): Raw[] {
  const plan = planOf(asCondition(one), world);
  if (one.measure.of === "first" || one.measure.of === "last") {
    const times = timesOf(plan.selector, one.within, person, world) ?? [];
    return times.length === 0 ? [] : [rawOfInstant(one.measure.of === "first" ? Math.min(...times) : Math.max(...times))];
  }
  const told = toldBy(plan, one.within, person, world);
  if (told === undefined) return [];
  const values = told.map(({ value }) => value);
  const sum = values.reduce((total, value) => total + value, 0n);
  const of = plan.of;
  if (of === "count" || of === "distinct") return [String(told.length)];
  if (of === "sum") return [rawOfDecimal(sum)];
  if (values.length === 0) return [];
  if (of === "average") return [rawOfDecimal(sum / BigInt(values.length))];
  return [rawOfDecimal(values.reduce((found, value) => ((of === "min" ? value < found : value > found) ? value : found)))];
}

function measureSql(one: MeasureTrait, scope: SqlScope): ValueSql {
  const plan = planOf(asCondition(one), scope);
  const inWindow = windowSql(one.within, scope);
  const { raws, next } = measuredSql(one, plan, inWindow, scope);
  return { raws, next: leastWithTurns(next, [plan.selector], inWindow, scope) };
}

/** As long as the filters say of each event what they say now. */
function measuredSql(one: MeasureTrait, plan: EventPlan, inWindow: WindowSql, scope: SqlScope): ValueSql {
  const { person } = inWindow;
  const exists = (raws: string): string => scope.name(person === undefined ? raws : `if(${person.exists}, ${raws}, [])`);
  const windowNext = person?.next ?? String(NEVER);
  if (one.measure.of === "first" || one.measure.of === "last") {
    const { past, coming } = timesSql(plan.selector, inWindow, scope);
    const time = `${one.measure.of === "first" ? "arrayMin" : "arrayMax"}(arrayMap(at -> at.1, ${past}))`;
    const leaves = inWindow.leave === undefined ? String(NEVER) : leavesSoonest(one, past, inWindow.leave);
    return { raws: exists(`if(empty(${past}), [], [${rawOfInstantSql(time)}])`), next: scope.name(`least(${coming}, ${windowNext}, ${leaves})`) };
  }
  const { told, coming } = toldSql(plan, inWindow, scope);
  const next = scope.name(`least(if(empty(${told}), toInt64(${NEVER}), ${told}[-1].1), ${coming}, ${windowNext})`);
  return { raws: exists(rawsSqlOf(plan, told)), next };
}

/** The instant at which the first of them leaves. */
function leavesSoonest(_one: MeasureTrait, past: string, leave: string): string {
  return `arrayMin(arrayConcat([toInt64(${NEVER})], arrayMap(at -> ${leave.replaceAll(/\bms\b/g, "at.1")}, ${past})))`;
}

function rawsSqlOf({ of }: EventPlan, told: string): string {
  const values = `arrayMap(told -> told.4, ${told})`;
  switch (of) {
    case "count":
    case "distinct":
      return `[toString(length(${told}))]`;
    case "sum":
      return `[toString(if(empty(${told}), toDecimal128(0, 9), arraySum(${values})))]`;
    case "average":
      return `if(empty(${told}), [], [toString(arraySum(${values}) / toInt64(length(${told})))])`;
    case "min":
      return `if(empty(${told}), [], [toString(arrayMin(${values}))])`;
    case "max":
      return `if(empty(${told}), [], [toString(arrayMax(${values}))])`;
  }
}
