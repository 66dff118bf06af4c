// Why a condition on events holds, or not: how much was measured, by which events, and how much is missing or too much.
import type { EventFacts, PersonFacts, World } from "./condition-kind.ts";
import { selects } from "./event-filter.ts";
import { planOf, tellings, type EventPlan, type Telling } from "./event-plan.ts";
import { EVIDENCE_MAX, NO_BEGINNING, saidBy, sayDay, sayDecimal, type Explanation, type Said, type ToldField } from "./explain.ts";
import type { EventCondition } from "./kinds/event.ts";
import { intervalOf, isTimeComparison, type NumberComparison, type TimeComparison } from "./measure.ts";
import { namesOf, type Language } from "./sentence.ts";
import { toldBy } from "./told.ts";
import { decimalOf, type Decimal } from "./value.ts";
import { windowOf, type WindowOfPerson } from "./window-of-person.ts";
import { after, NEVER } from "./window.ts";

export function explainEvent(one: EventCondition, person: PersonFacts, world: World): Explanation {
  const plan = planOf(one, world);
  const inWindow = windowOf(one.within, person, world);
  const fields = namesOf(plan.selector.event).flatMap((event) => plan.property.map((path): ToldField => ({ place: "property", event, path: plan.item === undefined ? path : `${plan.item.path}.${path}` })));
  if (!inWindow.exists) return { fields, evidence: [], value: NO_BEGINNING };
  const matching = person.events.filter((event) => inWindow.has(event) && (selects(plan.selector, event) || (plan.refunds !== undefined && selects(plan.refunds.selector, event))))
    .toSorted((a, b) => b.ms - a.ms || b.row - a.row);
  if (isTimeComparison(one)) return explainTime({ one, plan, matching }, world);
  const told = toldBy(plan, one.within, person, world) ?? [];
  const measured = measuredOf(plan, told);
  const evidence = matching.slice(0, EVIDENCE_MAX).map((event) => ({ event, leavesMs: inWindow.leaveMs(event), detail: detailOf(plan, event) }));
  const [latest] = matching;
  const value = saidBy((say) => {
    const much = measured === undefined ? say.pick({ en: "nothing to measure", de: "nichts zu messen" }) : sayDecimal(say, measured);
    return latest === undefined ? much : say.pick({ en: `${much}, the last on ${sayDay(say, latest.ms, world.zone)}`, de: `${much}, zuletzt am ${sayDay(say, latest.ms, world.zone)}` });
  });
  return { value, fields, evidence, toFlip: missing({ one, plan, matching, inWindow, measured }, world) };
}

/** Undefined where there is nothing of which it could be said. */
function measuredOf(plan: EventPlan, told: readonly Telling[]): Decimal | undefined {
  const values = told.map(({ value }) => value);
  const sum = values.reduce((total, value) => total + value, 0n);
  switch (plan.of) {
    case "count":
    case "distinct":
      return decimalOf(told.length);
    case "sum":
      return sum;
    case "average":
      return told.length === 0 ? undefined : sum / BigInt(told.length);
    case "min":
      return values.length === 0 ? undefined : values.reduce((least, value) => (value < least ? value : least));
    case "max":
      return values.length === 0 ? undefined : values.reduce((most, value) => (value > most ? value : most));
  }
}

function detailOf(plan: EventPlan, event: EventFacts): string {
  if (plan.of === "count" || plan.of === "distinct") return "";
  return tellings(plan, event).map(({ value }) => String(Number(value) / 1e9)).join(", ");
}

interface Measured {
  readonly one: NumberComparison & EventCondition;
  readonly plan: EventPlan;
  readonly matching: readonly EventFacts[];
  readonly inWindow: WindowOfPerson;
  readonly measured: Decimal | undefined;
}

/** How many or how much more would turn it; what only time can take away, the next instant tells. */
function missing({ one, plan, matching, inWindow, measured }: Measured, { zone }: World): Said | undefined {
  const isCount = plan.of === "count" || plan.of === "distinct";
  if ((!isCount && plan.of !== "sum") || measured === undefined) return undefined;
  const { low, high } = intervalOf(one);
  // The smallest step that counts: one event, or the least that goes over an edge.
  const step = isCount ? decimalOf(1) : 1n;
  const least = low === undefined ? undefined : decimalOf(low.value) + (low.isIncluded ? 0n : step);
  const most = high === undefined ? undefined : decimalOf(high.value) - (high.isIncluded ? 0n : step);
  const target = least !== undefined && measured < least ? least : most !== undefined && measured <= most ? most + step : undefined;
  if (target === undefined) return undefined;
  const more = target - measured;
  const leaves = matching.map((event) => inWindow.leaveMs(event)).filter((ms) => ms < NEVER);
  const untilMs = leaves.length === 0 ? undefined : Math.min(...leaves);
  return saidBy((say) => {
    const what = isCount ? sayMore(say, more, plan) : saySum(say, more);
    // From then on more would be missing than now.
    return untilMs === undefined ? what : say.pick({ en: `${what} until ${sayDay(say, untilMs, zone)}`, de: `${what} bis ${sayDay(say, untilMs, zone)}` });
  });
}

/** Of a sum that has to be over an edge, the smallest step is no number that people say. */
function saySum(say: Language, more: Decimal): string {
  const hasStep = more % 1_000n === 1n;
  const much = sayDecimal(say, hasStep ? more - 1n : more);
  return hasStep ? say.pick({ en: `more than ${much} more`, de: `mehr als ${much} mehr` }) : say.pick({ en: `${much} more`, de: `${much} mehr` });
}

/** Of an event that must say something, one that does: the sentence has it. */
function sayMore(say: Language, more: Decimal, { selector }: EventPlan): string {
  const isOne = more === decimalOf(1);
  const number = isOne ? say.pick({ en: "one", de: "ein" }) : sayDecimal(say, more);
  const such = selector.where.length === 0 ? "" : say.pick({ en: "such ", de: isOne ? "solches " : "solche " });
  const name = say.or(namesOf(selector.event).map(say.quote));
  return say.pick({ en: `${number} more ${such}${name}`, de: `noch ${number} ${such}${name}` });
}

function explainTime({ one, plan, matching }: { readonly one: TimeComparison & EventCondition; readonly plan: EventPlan; readonly matching: readonly EventFacts[] }, { nowMs, zone }: World): Explanation {
  const deciding = one.measure.of === "first" ? matching.at(-1) : matching[0];
  if (deciding === undefined) return { fields: [], evidence: [], value: { en: "never", de: "nie" }, toFlip: saidBy((say) => sayMore(say, decimalOf(1), plan)) };
  const leavesMs = one.op === "in_last" || one.op === "more_than_ago" ? after(deciding.ms, one.value) : NEVER;
  const isComeback = one.measure.of === "last" && ((one.op === "more_than_ago" && leavesMs <= nowMs) || (one.op === "in_last" && leavesMs <= nowMs));
  return {
    fields: [], evidence: [{ event: deciding, leavesMs, detail: "" }], value: saidBy((say) => sayDay(say, deciding.ms, zone)),
    toFlip: isComeback ? saidBy((say) => sayMore(say, decimalOf(1), plan)) : undefined,
  };
}
