// What somebody did in an order: steps, each a later event than the one before it; how far apart, with what not in between, and
// what must stay away afterwards.
//
// Events stand in the order of their times, and of their rows where times are equal. An event is one step at most. Edges count:
// what comes exactly a gap after the step before it is in time, and what comes exactly at the end of the wait has come.
//
// What several events of a role tell by the same order id happened once: where the latest of them stands.
import { z } from "zod";
import type { ConditionKind, EventFacts, PersonFacts, World } from "../condition-kind.ts";
import { eventFilters, propertyPath, saySelector, selects } from "../event-filter.ts";
import { NO_BEGINNING, sayDay, type Explaining, type Explanation, type Said } from "../explain.ts";
import { eventRef } from "../event-names.ts";
import { audienceLimits } from "../limits.ts";
import { whenever } from "../role-events.ts";
import { namesOf, sayDuration, sayWindow, type Language } from "../sentence.ts";
import { eventsPlanned, planOfSequence, type PlannedSelector, type PlannedStep, type SequencePlan } from "../sequence-plan.ts";
import { sequenceSql } from "../sequence-sql.ts";
import { rawsAt, textOf } from "../value.ts";
import { readsOfWindow, windowOf, type WindowOfPerson } from "../window-of-person.ts";
import { after, duration, isFixed, NEVER, window } from "../window.ts";

// A month after a later event may be over before a month after an earlier one, since it ends where the month ends; then the latest
// event before a step would not be the best one to go on from.
const fixedDuration = duration.refine(isFixed, "Between steps, time is told in minutes, hours, days or weeks: months are not all of one length.");
const selector = { event: eventRef, where: eventFilters.optional() };

const schema = z.strictObject({
  kind: z.literal("sequence"),
  steps: z.array(z.strictObject({
    ...selector,
    gap: fixedDuration.optional().meta({ description: "It comes at most so long after the step before it." }),
    without: z.array(z.strictObject(selector)).min(1).max(audienceLimits.stepsMax).optional().meta({ description: "None of these between the step before it and this one." }),
  })).min(2).max(audienceLimits.stepsMax),
  strict: z.boolean().optional().meta({ description: "No other event at all, of any name, between the steps." }),
  within: window.optional().meta({ description: "All steps are in this window." }),
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

export const sequenceKind: ConditionKind<typeof schema> = {
  kind: "sequence",
  schema,
  reads: (one, words) => {
    const named = eventsPlanned(planOfSequence(one, whenever(words)));
    const { events, snapshot } = readsOfWindow(one.within, words);
    return { events: named === undefined ? "any" : [...new Set([...named, ...events])], ...(snapshot ? { snapshot } : {}) };
  },
  sql: (one, scope) => sequenceSql(planOfSequence(one, scope), scope),
  evaluate: (one, person, world) => evaluateSequence(planOfSequence(one, world), person, world),
  ofNever: () => false,
  explain: explainSequence,
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
    { kind: "sequence", steps: [{ event: "Newsletter Opened" }, { event: "Order Completed" }], within: { period: "this", count: 1, unit: "month", zone: "workspace" } },
    {
      kind: "sequence", steps: [{ event: { role: "order" } }, { event: { role: "order" }, gap: { last: 30, unit: "day" }, without: [{ event: "Complaint Received" }] }],
      then_not: { event: { role: "order" }, within: { last: 14, unit: "day" } }, within: { last: 1, unit: "year" },
    },
    { kind: "sequence", steps: [{ event: "Feature Used" }, { event: "Invoice Paid" }], within: { since: { trait: "trial_ends" }, for: { last: 30, unit: "day" } } },
    {
      kind: "sequence", steps: [{ event: "Product Viewed" }, { event: "Product Added" }], same: "product_id", then_not: { event: { role: "order" }, within: { last: 1, unit: "day" } },
      within: { since: { event: { role: "order" }, which: "last" } },
    },
  ],
};

// ── In TypeScript ─────────────────────────────────────────────────────────────────────────────────────────────────

interface Placed {
  readonly event: EventFacts;
  /** Its number among the events that are looked at. */
  readonly place: number;
}

/** Which events are looked at, and as what. */
interface Looked {
  readonly inWindow: WindowOfPerson;
  readonly events: readonly Placed[];
  readonly isStep: (step: PlannedStep, event: EventFacts) => boolean;
  /** Whether it is what must not happen. */
  readonly is: (selector: PlannedSelector, event: EventFacts) => boolean;
}

function evaluateSequence(one: SequencePlan, person: PersonFacts, world: World): boolean {
  const looked = lookedAt(one, person, world);
  return groupsOf(one, looked.events).some((events) => lastSteps(one, events, looked).some((last) => isFollowedByNone(one, events, last, { looked, nowMs: world.nowMs })));
}

/** The events that could matter, in order; of very many the latest. */
function lookedAt(one: SequencePlan, person: PersonFacts, world: World): Looked {
  const inWindow = windowOf(one.within, person, world);
  const isLookedFor = (event: EventFacts, is: Looked["is"]): boolean =>
    sameOf(one, event) !== undefined && (one.steps.some((step) => is(step, event) && inWindow.has(event)) || one.unwanted.some((each) => is(each, event)));
  const isTold = (event: EventFacts): boolean => one.selectors.some((each) => selects(each, event) && idOf(each, event) !== undefined);
  const matters = (event: EventFacts): boolean => one.strict === true || isLookedFor(event, selects) || isTold(event);
  const past = person.events.filter((event) => event.ms <= world.nowMs && matters(event)).toSorted((a, b) => a.ms - b.ms || a.row - b.row).slice(-audienceLimits.sequenceEventsMax);
  const meant = new Map(one.selectors.map((each) => [each, new Set(latestTold(each, past))]));
  const is = (selector: PlannedSelector, event: EventFacts): boolean => meant.get(selector)?.has(event) === true;
  // What only tells again what comes later has not happened, not between steps either.
  const events = past.filter((event) => isLookedFor(event, is) || !isLookedFor(event, selects)).map((event, place) => ({ event, place }));
  return { inWindow, events, is, isStep: (step, event) => is(step, event) && inWindow.has(event) };
}

/** Of the events that are selected: without those whose id a later one tells again. */
function latestTold(selector: PlannedSelector, past: readonly EventFacts[]): readonly EventFacts[] {
  const selected = past.filter((event) => selects(selector, event));
  return selected.filter((event, i) => {
    const id = idOf(selector, event);
    return id === undefined || !selected.slice(i + 1).some((later) => idOf(selector, later) === id);
  });
}

/** Under which id an event tells what it tells. */
function idOf({ once }: PlannedSelector, { properties }: EventFacts): string | undefined {
  const raw = once.map((path) => rawsAt(properties, path)[0]).find((each) => each !== undefined);
  return raw === undefined ? undefined : textOf(raw);
}

/** Events that say the same belong together; without `same`, all do. */
function groupsOf(one: SequencePlan, events: readonly Placed[]): readonly (readonly Placed[])[] {
  const groups = Map.groupBy(events, ({ event }) => sameOf(one, event));
  groups.delete(undefined);
  return [...groups.values()];
}

/** What an event says at the properties that must be the same; undefined when one of them is not set. */
function sameOf({ same }: SequencePlan, { properties }: EventFacts): string | undefined {
  const texts = namesOf(same ?? []).map((path) => rawsAt(properties, path)[0]).map((raw) => (raw === undefined ? undefined : textOf(raw)));
  return texts.includes(undefined) ? undefined : JSON.stringify(texts);
}

/** The events at which all steps are done in time. */
function lastSteps(one: SequencePlan, events: readonly Placed[], looked: Looked): Placed[] {
  const [first, ...rest] = one.steps as [PlannedStep, ...PlannedStep[]]; // At least two.
  // For each event: when the steps so far began, if it can be the last of them. Of several ways the one that began last leaves most time.
  let starts = events.map((each) => (looked.isStep(first, each.event) ? each.event.ms : undefined));
  for (const step of rest) {
    const before = starts;
    starts = events.map((each, i) => (looked.isStep(step, each.event) ? latestStart({ one, step, looked }, events.slice(0, i + 1), before) : undefined));
  }
  return events.filter(({ event }, i) => {
    const start = starts[i];
    return start !== undefined && (one.duration === undefined || event.ms <= after(start, one.duration));
  });
}

/** Of a step that is the last of `events`: the latest start among the events from which it may go on. */
function latestStart({ one, step, looked }: { readonly one: SequencePlan; readonly step: PlannedStep; readonly looked: Looked }, events: readonly Placed[], starts: readonly (number | undefined)[]): number | undefined {
  const here = events.at(-1) as Placed;
  let latest: number | undefined;
  for (let i = events.length - 2; i >= 0; i--) {
    const from = events[i] as Placed;
    const start = starts[i];
    if (one.strict === true && from.place !== here.place - 1) break;
    const isInTime = step.gap === undefined || here.event.ms <= after(from.event.ms, step.gap);
    if (start !== undefined && isInTime) latest = Math.max(start, latest ?? start);
    // What lies further back has this one between.
    if (step.without.some((each) => looked.is(each, from.event))) break;
  }
  return latest;
}

function isFollowedByNone({ then_not: never }: SequencePlan, events: readonly Placed[], last: Placed, { looked, nowMs }: { readonly looked: Looked; readonly nowMs: number }): boolean {
  if (never === undefined) return true;
  const endMs = after(last.event.ms, never.within);
  return endMs <= nowMs && !events.some(({ event, place }) => place > last.place && event.ms <= endMs && looked.is(never, event));
}

/** How far somebody has come, and what comes next. */
function explainSequence(given: SequenceCondition, person: PersonFacts, world: World, { holds, said }: Explaining): Explanation {
  const one = planOfSequence(given, world);
  const looked = lookedAt(one, person, world);
  if (!looked.inWindow.exists) return { value: NO_BEGINNING, fields: [], evidence: [] };
  const groups = groupsOf(one, looked.events);
  const latestOf = (count: number): EventFacts | undefined => groups.flatMap((events) => lastSteps({ ...one, steps: one.steps.slice(0, count) }, events, looked)).map(({ event }) => event)
    .toSorted((a, b) => b.ms - a.ms || b.row - a.row)[0];
  const count = one.steps.findLastIndex((_, i) => latestOf(i + 1) !== undefined) + 1;
  const latest = count === 0 ? undefined : latestOf(count);
  const leavesMs = latest === undefined ? NEVER : looked.inWindow.leaveMs(latest);
  const value = latest === undefined ? { en: "no step yet", de: "noch kein Schritt" } : said((say) => {
    const [done, all, day] = [say.number(count), say.number(one.steps.length), sayDay(say, latest.ms, world.zone)];
    return say.pick({ en: `${done} of ${all} steps, the last on ${day}`, de: `${done} von ${all} Schritten, zuletzt am ${day}` });
  });
  return { value, fields: [], evidence: latest === undefined ? [] : [{ event: latest, leavesMs, detail: "" }], toFlip: holds ? undefined : nextStep(given, { count, latest, world, said }) };
}

interface Come {
  readonly count: number;
  readonly latest: EventFacts | undefined;
  readonly world: World;
  readonly said: Explaining["said"];
}

function nextStep({ steps, then_not: never }: SequenceCondition, { count, latest, world, said }: Come): Said | undefined {
  const next = steps[count];
  if (next === undefined) {
    // What must stay away may still do so; or it came, and all begins again.
    const isWaiting = never !== undefined && latest !== undefined && world.nowMs < after(latest.ms, never.within);
    return isWaiting ? undefined : said((say) => say.pick({ en: "all steps once more", de: "alle Schritte noch einmal" }));
  }
  const untilMs = next.gap === undefined || latest === undefined ? undefined : after(latest.ms, next.gap);
  return said((say) => {
    const what = say.pick({ en: `then ${saySelector(say, next)}`, de: `dann ${saySelector(say, next)}` });
    // Too late for it: the steps before have to come again.
    if (untilMs === undefined || latest === undefined) return latest === undefined ? saySelector(say, next) : what;
    return untilMs < world.nowMs ? say.pick({ en: `the steps before once more, and ${what}`, de: `die Schritte davor noch einmal, und ${what}` })
      : say.pick({ en: `${what}, until ${sayDay(say, untilMs, world.zone)}`, de: `${what}, bis ${sayDay(say, untilMs, world.zone)}` });
  });
}

// ── In words ──────────────────────────────────────────────────────────────────────────────────────────────────────

function saySequence(one: SequenceCondition, say: Language): string {
  const anyOf = (selectors: NonNullable<SequenceCondition["steps"][number]["without"]>): string => say.or(selectors.map((each) => saySelector(say, each)));
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
