// Sequences in SQL: one pass over each person's events in their order.
//
// For every step but the last, the pass keeps the latest event that completes the steps up to it, and when these began. The latest is
// the best to go on from: it has the longest time left in its gap, the least in between, and, as each step takes over the beginning
// of the one before it, a beginning that is no earlier than that of any other. So one such event a step is enough to find every
// sequence that there is, and of each last step the one that began last.
import type { Branch, SqlScope } from "./condition-kind.ts";
import { selectsSql } from "./event-filter.ts";
import { leastWithTurns } from "./event-turns.ts";
import { audienceLimits } from "./limits.ts";
import { namesOf } from "./sentence.ts";
import { eventsPlanned, type PlannedSelector, type SequencePlan } from "./sequence-plan.ts";
import { eventSql, rawsSql, textSql, type Bind } from "./value.ts";
import { notYetSql, pastSql, windowSql, type WindowSql } from "./window-of-person.ts";
import { afterSql, NEVER } from "./window.ts";

/** Where there is no event. Before every instant, and far enough from the least number to be added to. */
const NONE = `toInt64(${-NEVER})`;
const FOREVER = `toInt64(${NEVER})`;

export function sequenceSql(one: SequencePlan, scope: SqlScope): Branch {
  const inWindow = windowSql(one.within, scope);
  const { events, coming } = eventsSql(one, inWindow, scope);
  const pass = new Pass(one, scope.nowMs);
  const comers = one.then_not === undefined ? undefined : scope.name(comersSql(one, events));
  const arrays = comers === undefined ? events : `${events}, ${comers}`;
  const result = scope.name(`arrayFold((acc, x${comers === undefined ? "" : ", comer"}) -> ${pass.step()}, ${arrays}, ${pass.start()})`);
  const member = scope.name(`${pass.lastsUntil(result)} > ${NONE}`);
  const next = `least(${[`if(${member}, ${pass.lastsUntil(result)}, ${pass.ripeAt(result)})`, coming, ...(inWindow.person === undefined ? [] : [inWindow.person.next])].join(", ")})`;
  return { member, next: leastWithTurns(next, one.selectors, { boundMs: inWindow.boundMs, row: "1" }, scope) };
}

// ── The events ────────────────────────────────────────────────────────────────────────────────────────────────────

/** Bits of an event: which steps it can be, before which it must not happen, and whether it must not come afterwards. */
function bitsOf({ steps }: SequencePlan): { readonly step: (i: number) => number; readonly notBefore: (i: number) => number; readonly never: number } {
  return { step: (i) => i, notBefore: (i) => steps.length + i, never: 2 * steps.length };
}

/**
 * An array of each person's events, (ms, row_id, bits, what `same` says, place), in the order in which they are gone through; and the
 * earliest that is still to come.
 */
function eventsSql(one: SequencePlan, { boundMs, row, person }: WindowSql, scope: SqlScope): { readonly events: string; readonly coming: string } {
  const { bind, name } = scope;
  const same = sameSql(one, scope);
  const { own, told } = rolesSql(one, row, scope);
  const bitsSql = (bits: string): string => eventSql(bind, same.isSet === undefined ? bits : `if(${same.isSet}, ${bits}, toUInt64(0))`);
  const bits = bitsSql(own);
  const tellings = told.map((each) => ({ bits: bitsSql(each.bits), id: each.id }));
  const isStrict = one.strict === true;
  const matters = isStrict ? "1" : eventSql(bind, [`${bits} != 0`, ...tellings.flatMap((each) => [`${each.bits} != 0`, `${each.id} != ''`])].join(" or "));
  const names = eventsPlanned(one);
  const parts = ["ms", "row_id", bits, same.text, ...tellings.flatMap((each) => [each.bits, each.id])].join(", ");
  const found = scope.events({ names, boundMs, aggregate: `groupArrayIf((${parts}), (${matters}) and ${pastSql(scope)})` });
  const coming = scope.events({ names, boundMs, aggregate: `minIf(ms, (${matters}) and ${notYetSql(scope)})` });
  const limit = bind("UInt32", audienceLimits.sequenceEventsMax);
  const looked = person === undefined ? found : withinOwnSql(one, found, { person, count: tellings.length }, scope);
  const ordered = name(`arraySort(x -> (x.1, x.2), ${looked})`);
  let events = name(`if(length(${ordered}) > ${limit}, arraySlice(${ordered}, length(${ordered}) - ${limit} + 1), ${ordered})`);
  if (tellings.length > 0) events = latestToldSql(events, tellings.length, isStrict, scope);
  if (isStrict) events = name(`arrayFilter(x -> x.3 != 0, arrayMap((x, i) -> (x.1, x.2, x.3, x.4, toInt64(i)), ${events}, arrayEnumerate(${events})))`);
  if (one.same !== undefined) events = name(`arraySort(x -> (x.4, x.1, x.2), ${events})`);
  return { events, coming: `if(${coming} = 0, ${FOREVER}, ${coming})` };
}

/** Steps are only those in a window of the person's own; what must not happen is it anywhere. Without those that are neither. */
function withinOwnSql(one: SequencePlan, found: string, { person, count }: { readonly person: NonNullable<WindowSql["person"]>; readonly count: number }, { name }: SqlScope): string {
  const bits = bitsOf(one);
  const unwanted = 2 ** (bits.never + 1) - 2 ** bits.notBefore(0);
  const isIn = name(`arrayMap(x -> ${person.exists} and ${person.has("x.1", "x.2")}, ${found})`);
  const kept = (of: string): string => `if(is_in, ${of}, bitAnd(${of}, toUInt64(${unwanted})))`;
  const told = Array.from({ length: count }, (_, i) => ({ bits: `x.${5 + 2 * i}`, id: `x.${6 + 2 * i}` }));
  const all = `arrayMap((x, is_in) -> (${["x.1", "x.2", kept("x.3"), "x.4", ...told.flatMap(({ bits: own, id }) => [kept(own), id])].join(", ")}), ${found}, ${isIn})`;
  if (one.strict === true) return name(all);
  return name(`arrayFilter(x -> ${["x.3 != 0", ...told.flatMap(({ bits: own, id }) => [`${own} != 0`, `${id} != ''`])].join(" or ")}, ${all})`);
}

/** With the bits of what is told by id only where it is told last. Where every event counts, what only tells again does not. */
function latestToldSql(events: string, count: number, isStrict: boolean, { name }: SqlScope): string {
  const places = Array.from({ length: count }, (_, i) => ({ bits: `x.${5 + 2 * i}`, id: `x.${6 + 2 * i}`, nth: `n${i}` }));
  const laters = places.map(({ id }) => name(`arrayReverse(arrayEnumerateUniq(arrayReverse(arrayMap(x -> ${id}, ${events}))))`));
  const bits = places.reduce((rest, { bits: own, id, nth }) => `bitOr(${rest}, if(${id} = '' or ${nth} = 1, ${own}, toUInt64(0)))`, "x.3");
  const before = places.reduce((rest, { bits: own }) => `bitOr(${rest}, ${own})`, "x.3");
  const all = `arrayMap((x, ${places.map(({ nth }) => nth).join(", ")}) -> (x.1, x.2, ${bits}, x.4, ${before} != 0), ${events}, ${laters.join(", ")})`;
  return name(isStrict ? `arrayFilter(x -> x.3 != 0 or x.5 = 0, ${all})` : all);
}

interface RolesSql {
  /** What an event is to the sequence, but for what is told by id. */
  readonly own: string;
  /** For each selector whose events tell things by an id: the same, and the id, empty where there is none. */
  readonly told: readonly { readonly bits: string; readonly id: string }[];
}

/** Only steps have to be in the window: what lies between two of them does not. */
function rolesSql(one: SequencePlan, isInWindow: string, { bind }: SqlScope): RolesSql {
  const bits = bitsOf(one);
  const uses = [
    ...one.steps.flatMap((step, i) => [{ selector: step as PlannedSelector, bit: bits.step(i), isStep: true }, ...step.without.map((selector) => ({ selector, bit: bits.notBefore(i), isStep: false }))]),
    ...(one.then_not === undefined ? [] : [{ selector: one.then_not, bit: bits.never, isStep: false }]),
  ];
  const own = [...Map.groupBy(uses.filter(({ selector }) => selector.once.length === 0), ({ bit }) => bit)].map(([bit, some]) => {
    const when = some.map(({ selector, isStep }) => (isStep ? `(${isInWindow}) and ${selectsSql(bind, selector)}` : selectsSql(bind, selector))).join(" or ");
    return `if(${when}, ${2 ** bit}, 0)`;
  });
  const byId = Map.groupBy(uses.filter(({ selector }) => selector.once.length > 0), ({ selector: { event, where, once } }) => JSON.stringify([event, where, once]));
  const told = [...byId.values()].map((some) => {
    const sum = (isStep: boolean): number => some.reduce((total, use) => (use.isStep === isStep ? total + 2 ** use.bit : total), 0);
    const selector = (some[0] as (typeof some)[number]).selector; // Of a group, so there is one.
    const isSelected = selectsSql(bind, selector);
    return { bits: `if(${isSelected}, toUInt64(if(${isInWindow}, ${sum(true)}, 0) + ${sum(false)}), toUInt64(0))`, id: eventSql(bind, `if(${isSelected}, ${idSql(selector, bind)}, '')`) };
  });
  return { own: `toUInt64(${own.join(" + ") || "0"})`, told };
}

function idSql({ once }: PlannedSelector, bind: Bind): string {
  const raw = eventSql(bind, once.map((path) => `${rawsSql(bind, "properties", path)}[1]`).reduceRight((rest, first) => `if(${first} != '', ${first}, ${rest})`, "''"));
  return `if(${raw} = '', '', concat('id ', ${textSql(raw)}))`;
}

/** What an event says at the properties that must be the same, as one text. */
function sameSql({ same }: SequencePlan, { bind }: SqlScope): { readonly text: string; readonly isSet: string | undefined } {
  if (same === undefined) return { text: "toUInt8(0)", isSet: undefined };
  const raws = namesOf(same).map((path) => `${rawsSql(bind, "properties", path)}[1]`);
  const texts = raws.map((raw) => textSql(raw));
  return { text: texts.length === 1 ? (texts[0] ?? "") : `toJSONString([${texts.join(", ")}])`, isSet: raws.map((raw) => `${raw} != ''`).join(" and ") };
}

/** For each event, the first after it that must not come after the last step, and what `same` says of that. */
function comersSql(one: SequencePlan, events: string): string {
  const nobody = `(${FOREVER}, ${one.same === undefined ? "toUInt8(0)" : "''"}, toUInt8(1))`;
  const all = `arrayPushBack(arrayMap(x -> (x.1, x.4, bitTest(x.3, ${bitsOf(one).never})), ${events}), ${nobody})`;
  return `arrayPopFront(arrayReverseFill(x -> x.3, ${all}))`;
}

// ── The pass ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** What is kept while the events are gone through: a tuple of Int64, behind the text of `same`. */
class Pass {
  readonly #one: SequencePlan;
  readonly #nowMs: number;
  /** Names of what is kept, in the order of the tuple. */
  readonly #kept: readonly string[];

  constructor(one: SequencePlan, nowMs: number) {
    this.#one = one;
    this.#nowMs = nowMs;
    const ofStep = [
      "at",
      ...(one.duration === undefined ? [] : ["start"]),
      ...(this.#isRolling ? ["leave"] : []),
      ...(one.strict === true ? ["place"] : []),
    ];
    // The last step is not gone on from.
    this.#kept = [
      ...(one.same === undefined ? [] : ["same"]), ...one.steps.slice(0, -1).flatMap((_, i) => ofStep.map((what) => `${what}${i}`)),
      "until", ...(one.then_not === undefined ? [] : ["ripe"]),
    ];
  }

  get #isRolling(): boolean {
    return this.#one.within !== undefined && "last" in this.#one.within;
  }

  start(): string {
    return `(${this.#kept.map((what) => (what === "same" ? "''" : what === "ripe" ? FOREVER : NONE)).join(", ")})`;
  }

  /** How long the condition stays true; before everything when it is not. */
  lastsUntil(result: string): string {
    return `${result}.${this.#kept.indexOf("until") + 1}`;
  }

  /** When the first wait that nothing has ended yet is over. */
  ripeAt(result: string): string {
    return this.#one.then_not === undefined ? FOREVER : `${result}.${this.#kept.indexOf("ripe") + 1}`;
  }

  step(): string {
    return `(${this.#kept.map((what) => this.#after(what)).join(", ")})`;
  }

  #acc(what: string): string {
    return `acc.${this.#kept.indexOf(what) + 1}`;
  }

  /** When the last event of a step was; none of those that say something else. */
  #at(i: number): string {
    return this.#one.same === undefined ? this.#acc(`at${i}`) : `if(acc.1 = x.4, ${this.#acc(`at${i}`)}, ${NONE})`;
  }

  /** Whether the event is a step, going on from the step before it as it stood before the event. */
  #fires(i: number): string {
    const { strict } = this.#one;
    const step = this.#one.steps[i];
    const conditions = [`bitTest(x.3, ${bitsOf(this.#one).step(i)})`];
    if (i > 0) {
      conditions.push(`${this.#at(i - 1)} > ${NONE}`);
      if (step?.gap !== undefined) conditions.push(`x.1 <= ${afterSql(this.#at(i - 1), step.gap)}`);
      if (strict === true) conditions.push(`x.5 = ${this.#acc(`place${i - 1}`)} + 1`);
    }
    return `(${conditions.join(" and ")})`;
  }

  #leave(i: number): string {
    const { within } = this.#one;
    if (within === undefined || !("last" in within)) return FOREVER;
    const own = afterSql("x.1", within);
    return i === 0 ? own : `least(${this.#acc(`leave${i - 1}`)}, ${own})`;
  }

  /** What is kept under a name when an event has been gone through. */
  #after(what: string): string {
    if (what === "same") return "x.4";
    if (what === "until" || what === "ripe") return this.#atTheEnd(what);
    const [, part = "", number = ""] = /^([a-z]+)(\d+)$/.exec(what) ?? [];
    const i = Number(number);
    const kept = part === "at" ? this.#at(i) : this.#acc(what);
    const taken = { at: "x.1", place: "x.5", leave: this.#leave(i), start: i === 0 ? "x.1" : this.#acc(`start${i - 1}`) }[part] ?? "";
    const mayNotHappen = part === "at" && (this.#one.steps[i + 1]?.without.length ?? 0) > 0;
    return mayNotHappen
      ? `multiIf(${this.#fires(i)}, ${taken}, bitTest(x.3, ${bitsOf(this.#one).notBefore(i + 1)}), ${NONE}, ${kept})`
      : `if(${this.#fires(i)}, ${taken}, ${kept})`;
  }

  /** When an event is the last step: until when that holds; or from when on, where something must stay away first. */
  #atTheEnd(what: "until" | "ripe"): string {
    const { steps, duration, then_not: never } = this.#one;
    const i = steps.length - 1;
    const isDone = duration === undefined ? this.#fires(i) : `(${this.#fires(i)} and x.1 <= ${afterSql(this.#acc(`start${i - 1}`), duration)})`;
    const until = this.#leave(i);
    if (never === undefined) return `if(${isDone}, greatest(${this.#acc("until")}, ${until}), ${this.#acc("until")})`;
    const ripe = afterSql("x.1", never.within);
    const isAlone = `(comer.2 != x.4 or comer.1 > ${ripe})`;
    return what === "until"
      ? `if(${isDone} and ${isAlone} and ${ripe} <= ${this.#nowMs}, greatest(${this.#acc("until")}, ${until}), ${this.#acc("until")})`
      : `if(${isDone} and ${isAlone} and ${ripe} > ${this.#nowMs} and ${ripe} < ${until}, least(${this.#acc("ripe")}, ${ripe}), ${this.#acc("ripe")})`;
  }
}
