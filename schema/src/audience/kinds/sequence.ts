// What somebody did in an order: steps, each a later event than the one before it; how far apart, with what not in between, and
// what must stay away afterwards.
//
// Events stand in the order of their times, and of their rows where times are equal. An event is one step at most. Edges count:
// what comes exactly a gap after the step before it is in time, and what comes exactly at the end of the wait has come.
import { z } from "zod";
import type { ConditionKind, EventFacts, PersonFacts, World } from "../condition-kind.ts";
import { eventFilters, eventNames, propertyPath, saySelector, selects } from "../event-filter.ts";
import { audienceLimits } from "../limits.ts";
import { namesOf, sayDuration, sayWindow, type Language } from "../sentence.ts";
import { sequenceSql } from "../sequence-sql.ts";
import { rawsAt, textOf } from "../value.ts";
import { windowOf } from "../window-of-person.ts";
import { after, betweenForms, duration, isFixed } from "../window.ts";

// A month after a later event may be over before a month after an earlier one, since it ends where the month ends; then the latest
// event before a step would not be the best one to go on from.
const fixedDuration = duration.refine(isFixed, "Between steps, time is told in minutes, hours, days or weeks: months are not all of one length.");
const selector = { event: eventNames, where: eventFilters.optional() };

const schema = z.strictObject({
  kind: z.literal("sequence"),
  steps: z.array(z.strictObject({
    ...selector,
    gap: fixedDuration.optional().meta({ description: "It comes at most so long after the step before it." }),
    without: z.array(z.strictObject(selector)).min(1).max(audienceLimits.stepsMax).optional().meta({ description: "None of these between the step before it and this one." }),
  })).min(2).max(audienceLimits.stepsMax),
  strict: z.boolean().optional().meta({ description: "No other event at all, of any name, between the steps." }),
  within: z.union([duration, ...betweenForms]).optional().meta({ description: "All steps are in this window." }),
  duration: fixedDuration.optional().meta({ description: "From the first step to the last at most." }),
  same: z.union([propertyPath, z.array(propertyPath).min(1).max(5)]).optional()
    .meta({ description: "Properties whose text is equal in all steps. What must not happen counts only where it says the same." }),
  then_not: z.strictObject({ ...selector, within: duration }).optional()
    .meta({ description: "None of these for so long after the last step: true once that time has passed." }),
}).superRefine(({ steps }, context) => {
  const [first] = steps;
  if (first?.gap !== undefined) context.addIssue({ code: "custom", path: ["steps", 0, "gap"], message: "The first step has none before it." });
  if (first?.without !== undefined) context.addIssue({ code: "custom", path: ["steps", 0, "without"], message: "The first step has none before it." });
});
export type SequenceCondition = z.infer<typeof schema>;
type Step = SequenceCondition["steps"][number];

export const sequenceKind: ConditionKind<typeof schema> = {
  kind: "sequence",
  schema,
  reads: (one) => ({ events: namesIn(one) ?? "any" }),
  sql: (one, scope) => sequenceSql(one, namesIn(one), scope),
  evaluate: evaluateSequence,
  sentence: saySequence,
  examples: [
    {
      kind: "sequence", steps: [{ event: "Product Viewed" }, { event: "Product Added", gap: { last: 1, unit: "hour" } }], same: "product_id",
      then_not: { event: "Order Completed", within: { last: 2, unit: "hour" } }, within: { last: 7, unit: "day" },
    },
    {
      kind: "sequence", within: { last: 1, unit: "month" }, duration: { last: 3, unit: "day" },
      steps: [{ event: "Signed Up" }, { event: ["page", "screen"], where: [{ context: "page_path", op: "starts_with", value: "/pricing" }] }, { event: "Order Completed", without: [{ event: "Order Refunded" }] }],
    },
    { kind: "sequence", steps: [{ event: "Checkout Started" }, { event: "Payment Failed" }], strict: true, within: { from: "2026-01-01" } },
  ],
};

/** Of the events that matter; undefined: every event does. */
function namesIn(one: SequenceCondition): readonly string[] | undefined {
  return one.strict === true ? undefined : [...new Set([...one.steps, ...unwanted(one)].flatMap(({ event }) => namesOf(event)))];
}

/** What must not happen between steps or after them. */
function unwanted({ steps, then_not: never }: SequenceCondition): readonly Pick<Step, "event" | "where">[] {
  return [...steps.flatMap(({ without }) => without ?? []), ...(never === undefined ? [] : [never])];
}

// ── In TypeScript ─────────────────────────────────────────────────────────────────────────────────────────────────

interface Placed {
  readonly event: EventFacts;
  /** Its number among the events that are looked at. */
  readonly place: number;
}

function evaluateSequence(one: SequenceCondition, person: PersonFacts, world: World): boolean {
  const { nowMs } = world;
  const isInWindow = windowOf(one.within, person, world).has;
  const groups = groupsOf(one, lookedAt(one, person, { nowMs, isInWindow }));
  return groups.some((events) => lastSteps(one, events, isInWindow).some((last) => isFollowedByNone(one, events, last, nowMs)));
}

/** The events that could matter, in order; of very many the latest. */
function lookedAt(one: SequenceCondition, person: PersonFacts, { nowMs, isInWindow }: { readonly nowMs: number; readonly isInWindow: (event: EventFacts) => boolean }): Placed[] {
  const isLookedFor = (event: EventFacts): boolean => one.steps.some((step) => selects(step, event) && isInWindow(event)) || unwanted(one).some((each) => selects(each, event));
  const matters = (event: EventFacts): boolean => one.strict === true || (sameOf(one, event) !== undefined && isLookedFor(event));
  const past = person.events.filter((event) => event.ms <= nowMs && matters(event)).toSorted((a, b) => a.ms - b.ms || a.row - b.row);
  return past.slice(-audienceLimits.sequenceEventsMax).map((event, place) => ({ event, place }));
}

/** Events that say the same belong together; without `same`, all do. */
function groupsOf(one: SequenceCondition, events: readonly Placed[]): readonly (readonly Placed[])[] {
  const groups = Map.groupBy(events, ({ event }) => sameOf(one, event));
  groups.delete(undefined);
  return [...groups.values()];
}

/** What an event says at the properties that must be the same; undefined when one of them is not set. */
function sameOf({ same }: SequenceCondition, { properties }: EventFacts): string | undefined {
  const texts = namesOf(same ?? []).map((path) => rawsAt(properties, path)[0]).map((raw) => (raw === undefined ? undefined : textOf(raw)));
  return texts.includes(undefined) ? undefined : JSON.stringify(texts);
}

/** The events at which all steps are done in time. */
function lastSteps(one: SequenceCondition, events: readonly Placed[], isInWindow: (event: EventFacts) => boolean): Placed[] {
  const isStep = (step: Step, { event }: Placed): boolean => selects(step, event) && isInWindow(event);
  const [first, ...rest] = one.steps as [Step, ...Step[]];
  // For each event: when the steps so far began, if it can be the last of them. Of several ways the one that began last leaves most time.
  let starts = events.map((each) => (isStep(first, each) ? each.event.ms : undefined));
  for (const step of rest) {
    const before = starts;
    starts = events.map((each, i) => (isStep(step, each) ? latestStart(one, step, events.slice(0, i + 1), before) : undefined));
  }
  return events.filter(({ event }, i) => {
    const start = starts[i];
    return start !== undefined && (one.duration === undefined || event.ms <= after(start, one.duration));
  });
}

/** Of a step that is the last of `events`: the latest start among the events from which it may go on. */
function latestStart(one: SequenceCondition, step: Step, events: readonly Placed[], starts: readonly (number | undefined)[]): number | undefined {
  const here = events.at(-1) as Placed;
  let latest: number | undefined;
  for (let i = events.length - 2; i >= 0; i--) {
    const from = events[i] as Placed;
    const start = starts[i];
    if (one.strict === true && from.place !== here.place - 1) break;
    const isInTime = step.gap === undefined || here.event.ms <= after(from.event.ms, step.gap);
    if (start !== undefined && isInTime) latest = Math.max(start, latest ?? start);
    // What lies further back has this one between.
    if (step.without?.some((each) => selects(each, from.event)) === true) break;
  }
  return latest;
}

function isFollowedByNone({ then_not: never }: SequenceCondition, events: readonly Placed[], last: Placed, nowMs: number): boolean {
  if (never === undefined) return true;
  const endMs = after(last.event.ms, never.within);
  return endMs <= nowMs && !events.some(({ event, place }) => place > last.place && event.ms <= endMs && selects(never, event));
}

// ── In words ──────────────────────────────────────────────────────────────────────────────────────────────────────

function saySequence(one: SequenceCondition, say: Language): string {
  const anyOf = (selectors: readonly Pick<Step, "event" | "where">[]): string => say.or(selectors.map((each) => saySelector(say, each)));
  const steps = one.steps.map((step) => [
    saySelector(say, step),
    ...(step.gap === undefined ? [] : [say.pick({ en: `within ${sayDuration(say, step.gap)}`, de: `innerhalb von ${sayDuration(say, step.gap)}` })]),
    ...(step.without === undefined ? [] : [say.pick({ en: `with no ${anyOf(step.without)} in between`, de: `ohne ${anyOf(step.without)} dazwischen` })]),
  ].join(" ")).join(say.pick({ en: ", then ", de: ", dann " }));
  const never = one.then_not;
  const more = [
    ...(one.strict === true ? [say.pick({ en: "with nothing else in between", de: "ohne irgendetwas dazwischen" })] : []),
    ...(one.same === undefined ? [] : [say.pick({ en: `with the same ${say.and(namesOf(one.same).map(say.quote))}`, de: `mit gleichem Wert von ${say.and(namesOf(one.same).map(say.quote))}` })]),
    ...(one.duration === undefined ? [] : [say.pick({ en: `all within ${sayDuration(say, one.duration)}`, de: `alles innerhalb von ${sayDuration(say, one.duration)}` })]),
    ...(one.within === undefined ? [] : [sayWindow(say, one.within)]),
    ...(never === undefined ? [] : [say.pick({ en: `and after that no ${saySelector(say, never)} within ${sayDuration(say, never.within)}`, de: `und danach innerhalb von ${sayDuration(say, never.within)} kein ${saySelector(say, never)}` })]),
  ];
  return [say.pick({ en: `did ${steps}`, de: `hat getan: ${steps}` }), ...more].join(", ");
}
