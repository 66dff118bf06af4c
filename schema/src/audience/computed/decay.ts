// A score that halves with time: each event adds its weight, and what it added is half as much after each half-life. Ages are counted
// up to the last midnight in UTC, so that a score changes by an event at once, and by time once a day.
import { z } from "zod";
import { sixDigits, sixDigitsSql, type ComputedKind } from "../computed-kind.ts";
import { eventFilters, propertyPath, saySelector, selects, selectsSql } from "../event-filter.ts";
import { eventNames } from "../event-names.ts";
import { leastWithTurns } from "../event-turns.ts";
import { isPlainNumber, numberOf, numberSql, rawsAt, rawsSql } from "../value.ts";
import { selectorOf } from "../role-events.ts";
import { namesOf } from "../sentence.ts";
import { NEVER } from "../window.ts";

const DAY = 86_400_000;
/** After so many half-lives less than a millionth is left, and events count no more. */
const HALF_LIVES = 20;
const schema = z.strictObject({
  kind: z.literal("decay"),
  event: eventNames,
  where: eventFilters.optional(),
  weight: z.union([z.number().refine(isPlainNumber), z.strictObject({ property: propertyPath })]).default(1),
  half_life_days: z.number().min(1).max(365),
});
type DecayTrait = z.infer<typeof schema>;

export const decayTrait: ComputedKind<typeof schema> = {
  kind: "decay",
  schema,
  reads: (one) => ({ events: namesOf(one.event) }),
  sql: (one, scope) => {
    const { bind, name, events, nowMs, boundary } = scope;
    const selector = selectorOf(one, scope);
    const midnight = Math.floor(nowMs / DAY) * DAY;
    boundary(midnight + DAY);
    const number = typeof one.weight === "number" ? undefined : name_(numberSql("raw"), rawsSql(bind, "properties", one.weight.property));
    const weight = number === undefined ? String(one.weight) : `ifNull(toFloat64(${number}), 0)`;
    const boundMs = nowMs - one.half_life_days * DAY * HALF_LIVES - DAY;
    const matches = selectsSql(bind, selector);
    const wanted = { names: namesOf(one.event), boundMs };
    const all = events({ ...wanted, aggregate: `groupArrayIf((ms, row_id, ${weight}), ${matches})` });
    const counted = `arraySort(arrayFilter(told -> told.1 <= ${nowMs} and told.1 > ${nowMs} - ${one.half_life_days * DAY * HALF_LIVES}, ${all}))`;
    const score = name(`arraySum(arrayMap(told -> told.3 * exp2(-greatest(0, ${midnight} - told.1) / ${one.half_life_days * DAY}), ${counted}))`);
    const coming = `arrayMin(arrayConcat([toInt64(${NEVER})], arrayMap(told -> if(told.1 > ${nowMs}, told.1, toInt64(${NEVER})), ${all})))`;
    return { raws: name(`[${sixDigitsSql(score)}]`), next: leastWithTurns(name(coming), [selector], { boundMs, row: "1" }, scope) };
  },
  evaluate: (one, person, world) => {
    const { nowMs } = world;
    const selector = selectorOf(one, world);
    const midnight = Math.floor(nowMs / DAY) * DAY;
    const score = person.events
      .filter((event) => selects(selector, event) && event.ms <= nowMs && event.ms > nowMs - one.half_life_days * DAY * HALF_LIVES)
      .toSorted((a, b) => a.ms - b.ms || a.row - b.row)
      .map((event) => weightOf(one, event.properties) * 2 ** (-Math.max(0, midnight - event.ms) / (one.half_life_days * DAY)))
      .reduce((sum, part) => sum + part, 0);
    return [sixDigits(score)];
  },
  sentence: (one, say) => {
    const what = saySelector(say, one);
    const weight = typeof one.weight === "number" ? say.number(one.weight) : say.quote(one.weight.property);
    return say.pick({
      en: `a score of ${weight} for each ${what}, halved every ${say.number(one.half_life_days)} days`,
      de: `eine Wertung von ${weight} für jedes ${what}, halbiert alle ${say.number(one.half_life_days)} Tage`,
    });
  },
  examples: [{ kind: "decay", event: "page", weight: 1, half_life_days: 14 }, { kind: "decay", event: "Order Completed", weight: { property: "total" }, half_life_days: 90 }],
};

/** The first number that stands there, as a SQL expression that may be null. */
function name_(number: string, raws: string): string {
  return `arrayFirst(number -> isNotNull(number), arrayMap(raw -> ${number}, ${raws}))`;
}

function weightOf(one: DecayTrait, properties: Readonly<Record<string, unknown>>): number {
  if (typeof one.weight === "number") return one.weight;
  const number = rawsAt(properties, one.weight.property).map(numberOf).find((found) => found !== undefined);
  return number === undefined ? 0 : Number(number) / 1e9;
}
