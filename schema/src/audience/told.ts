// What a person's events in a window tell of what is measured: the list over which conditions compare and computed traits count.
import type { EventFacts, PersonFacts, SqlScope, World } from "./condition-kind.ts";
import { selects, selectsSql, type EventSelector } from "./event-filter.ts";
import { tellings, tellingsSql, type EventPlan, type Telling } from "./event-plan.ts";
import { namesOf } from "./sentence.ts";
import { inWindowSql, windowOf, type WindowSql } from "./window-of-person.ts";
import { NEVER, type Window } from "./window.ts";

// ── In TypeScript ─────────────────────────────────────────────────────────────────────────────────────────────────

/** Undefined where the window has no beginning. */
export function toldBy(plan: EventPlan, within: Window | undefined, person: PersonFacts, world: World): Telling[] | undefined {
  const inWindow = windowOf(within, person, world);
  if (!inWindow.exists) return undefined;
  const matters = (event: EventFacts): boolean => selects(plan.selector, event) || (plan.refunds !== undefined && selects(plan.refunds.selector, event));
  return onceEach(plan, person.events.filter((event) => inWindow.has(event) && matters(event)), inWindow.leaveMs);
}

/** When the selected events happened. */
export function timesOf(selector: EventSelector, within: Window | undefined, person: PersonFacts, world: World): number[] | undefined {
  const inWindow = windowOf(within, person, world);
  return inWindow.exists ? person.events.filter((event) => inWindow.has(event) && selects(selector, event)).map(({ ms }) => ms) : undefined;
}

/** Of events that tell the same thing, what the one says that stays longest; of two that leave together, the later one. */
function onceEach(plan: EventPlan, events: readonly EventFacts[], leaveMs: (event: EventFacts) => number): Telling[] {
  const longestFirst = events.toSorted((a, b) => leaveMs(b) - leaveMs(a) || b.ms - a.ms || b.row - a.row);
  const tellerOf = new Map<string, EventFacts>();
  const all = longestFirst.flatMap((event) => tellings(plan, event).map((telling) => ({ event, telling })));
  for (const { event, telling } of all) if (!tellerOf.has(telling.key)) tellerOf.set(telling.key, event);
  const standing = all.filter(({ event, telling }) => tellerOf.get(telling.key) === event).map(({ telling }) => telling);
  return plan.of === "distinct" ? [...new Map(standing.map((telling) => [telling.key, telling])).values()] : standing;
}

// ── In SQL ────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface ToldSql {
  /**
   * Over one person: an Array(Tuple(leave Int64, ms Int64, row_id UInt64, value Decimal(38, 9), key String)) of what stands in the window
   * now, the last to leave first.
   */
  readonly told: string;
  /** The earliest of the events whose time is still to come; NEVER when there is none. */
  readonly coming: string;
}

export function toldSql(plan: EventPlan, inWindow: WindowSql, { bind, name, events, nowMs }: SqlScope): ToldSql {
  const leave = inWindow.leave ?? `toInt64(${NEVER})`;
  const { matches, values } = tellingsSql(plan, bind);
  const all = events({
    names: [...namesOf(plan.selector.event), ...(plan.refunds?.selector.event ?? [])], boundMs: inWindow.boundMs,
    aggregate: `arrayFlatten(groupArrayIf(arrayMap(told -> (${leave}, ms, row_id, told.1, told.2), ${values}), ${inWindowSql(matches, inWindow)}))`,
  });
  const inside = inWindow.person === undefined ? all : name(`arrayFilter(told -> ${inWindow.person.has("told.2", "told.3")}, ${all})`);
  const coming = name(`arrayMin(arrayConcat([toInt64(${NEVER})], arrayMap(told -> if(told.2 > ${nowMs}, told.2, toInt64(${NEVER})), ${inside})))`);
  const told = name(`arrayReverseSort(told -> (told.1, told.2, told.3), arrayFilter(told -> told.2 <= ${nowMs}, ${inside}))`);
  if (!plan.isOnce && plan.of !== "distinct") return { told, coming };
  const keys = name(`arrayMap(told -> told.5, ${told})`);
  const once = plan.of === "distinct"
    ? name(`arrayFilter((told, i) -> indexOf(${keys}, told.5) = i, ${told}, arrayEnumerate(${told}))`)
    : name(`arrayFilter(told -> ${told}[indexOf(${keys}, told.5)].3 = told.3, ${told})`);
  return { told: once, coming };
}

export interface TimesSql {
  /** Over one person: an Array(Tuple(ms, row_id)) of the selected events that stand in the window now, in no order. */
  readonly past: string;
  readonly coming: string;
}

export function timesSql(selector: EventSelector, inWindow: WindowSql, { bind, name, events, nowMs }: SqlScope): TimesSql {
  const matches = inWindowSql(selectsSql(bind, selector), inWindow);
  const times = events({ names: namesOf(selector.event), boundMs: inWindow.boundMs, aggregate: `groupArrayIf((ms, row_id), ${matches})` });
  const inside = inWindow.person === undefined ? times : name(`arrayFilter(at -> ${inWindow.person.has("at.1", "at.2")}, ${times})`);
  return {
    past: name(`arrayFilter(at -> at.1 <= ${nowMs}, ${inside})`),
    coming: name(`arrayMin(arrayConcat([toInt64(${NEVER})], arrayMap(at -> if(at.1 > ${nowMs}, at.1, toInt64(${NEVER})), ${inside})))`),
  };
}
