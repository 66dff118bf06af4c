// What has changed in what arrives, from the counts of each day: a new event or field, one that stopped, a type that changed, a
// share of events that rose or fell. Pure; days are texts like 2026-01-31, and today is not yet whole, so it never counts as less.
import { valueTypes, type ValueType } from "./detect.ts";

export interface DayCount {
  readonly day: string;
  readonly count: number;
}

export interface FieldDay extends DayCount {
  readonly types: Readonly<Partial<Record<ValueType, number>>>;
}

export type Drift =
  | { readonly kind: "new"; readonly since: string; readonly days: number }
  | { readonly kind: "stopped"; readonly last: string; readonly days: number }
  | { readonly kind: "type"; readonly was: ValueType; readonly now: ValueType; readonly share: number; readonly since: string }
  | { readonly kind: "fell" | "rose"; readonly from: number; readonly to: number };

export interface DriftRules {
  /** Something is new for so many days. */
  readonly newDays: number;
  /** Compared are so many days up to today with those before them, up to `beforeDays`. */
  readonly recentDays: number;
  readonly beforeDays: number;
  /** Events on each side, so that a handful says nothing. */
  readonly eventsMin: number;
  /** A share of events that changed by so much, of 1. */
  readonly shareMin: number;
  /** A type that had no part before and has so much of one now. */
  readonly typeMin: number;
}

export const driftRules: DriftRules = { newDays: 7, recentDays: 3, beforeDays: 28, eventsMin: 20, shareMin: 0.2, typeMin: 0.01 };

const DAY_MS = 86_400_000;

/** Of an event by itself. `observedSince`: the first day that anything was counted, for then everything was new. */
export function eventDrift(days: readonly DayCount[], today: string, observedSince: string, rules: DriftRules = driftRules): Drift[] {
  return newOrStopped(days, days, today, observedSince, rules);
}

/** Of a field. `ofEvents`: the days of the events that could have carried it. */
export function fieldDrift(
  field: readonly FieldDay[], ofEvents: readonly DayCount[], today: string, observedSince: string, rules: DriftRules = driftRules,
): Drift[] {
  const found = newOrStopped(field, ofEvents, today, observedSince, rules);
  const type = changedType(field, today, rules);
  if (type) found.push(type);
  if (!found.some(({ kind }) => kind === "new" || kind === "stopped")) {
    const share = changedShare(field, ofEvents, today, rules);
    if (share) found.push(share);
  }
  return found;
}

function newOrStopped(days: readonly DayCount[], ofEvents: readonly DayCount[], today: string, observedSince: string, rules: DriftRules): Drift[] {
  const first = days.find(({ count }) => count > 0)?.day;
  const last = days.findLast(({ count }) => count > 0)?.day;
  if (first === undefined || last === undefined) return [];
  const age = daysBetween(first, today);
  // What was there when counting began is not new; nor is what comes with an event that is new itself.
  const isNew = age < rules.newDays && daysBetween(observedSince, first) >= rules.recentDays && (days === ofEvents || eventsBetween(ofEvents, "", first) >= rules.eventsMin);
  if (isNew) return [{ kind: "new", since: first, days: age }];
  return stopped(days, ofEvents, last, today, rules);
}

/** An event stops when it was usual and is gone for longer than ever; a field, when its events go on without it. */
function stopped(days: readonly DayCount[], ofEvents: readonly DayCount[], last: string, today: string, rules: DriftRules): Drift[] {
  const silence = daysBetween(last, today);
  if (silence < 1) return [];
  const before = totalOf(days);
  if (days === ofEvents) {
    const seen = days.filter(({ count }) => count > 0);
    const usualPause = Math.max(1, ...seen.slice(1).map(({ day }, index) => daysBetween(seen[index]?.day ?? day, day)));
    const isUsual = seen.length >= 3 && before >= rules.eventsMin;
    return isUsual && silence > Math.max(usualPause, rules.recentDays - 1) ? [{ kind: "stopped", last, days: silence }] : [];
  }
  const since = eventsBetween(ofEvents, last, "9");
  const until = totalOf(ofEvents) - since;
  const expected = until === 0 ? 0 : (since * before) / until;
  // So many would have carried it that chance does not explain that none did.
  return before >= rules.eventsMin / 2 && expected >= rules.eventsMin / 2 ? [{ kind: "stopped", last, days: silence }] : [];
}

function changedType(field: readonly FieldDay[], today: string, rules: DriftRules): Drift | undefined {
  const [before, recent] = split(field, today, rules);
  const [was, now] = [typesOf(before), typesOf(recent)];
  const [wasAll, nowAll] = [sum(Object.values(was)), sum(Object.values(now))];
  if (wasAll < rules.eventsMin || nowAll < rules.eventsMin / 2) return undefined;
  const usual = valueTypes.reduce((best, type) => (was[type] > was[best] ? type : best), valueTypes[0]);
  const fresh = valueTypes.filter((type) => type !== usual && was[type] / wasAll < rules.typeMin / 2 && now[type] / nowAll >= rules.typeMin)
    .toSorted((a, b) => now[b] - now[a])[0];
  if (fresh === undefined) return undefined;
  return { kind: "type", was: usual, now: fresh, share: now[fresh] / nowAll, since: recent.find(({ types }) => (types[fresh] ?? 0) > 0)?.day ?? today };
}

function changedShare(field: readonly FieldDay[], ofEvents: readonly DayCount[], today: string, rules: DriftRules): Drift | undefined {
  const [before, recent] = split(field, today, rules);
  const [eventsBefore, eventsRecent] = split(ofEvents, today, rules).map(totalOf) as [number, number]; // `split` gives two.
  if (eventsBefore < rules.eventsMin || eventsRecent < rules.eventsMin) return undefined;
  const from = Math.min(1, totalOf(before) / eventsBefore);
  const to = Math.min(1, totalOf(recent) / eventsRecent);
  if (Math.abs(to - from) < rules.shareMin) return undefined;
  return { kind: to < from ? "fell" : "rose", from, to };
}

/** The days before the recent ones, as far back as one compares, and the recent ones. */
function split<Day extends DayCount>(days: readonly Day[], today: string, rules: DriftRules): [Day[], Day[]] {
  const age = ({ day }: Day): number => daysBetween(day, today);
  return [
    days.filter((day) => age(day) >= rules.recentDays && age(day) < rules.recentDays + rules.beforeDays),
    days.filter((day) => age(day) >= 0 && age(day) < rules.recentDays),
  ];
}

function typesOf(days: readonly FieldDay[]): Record<ValueType, number> {
  const types: Record<ValueType, number> = { text: 0, number: 0, boolean: 0, list: 0, objects: 0 };
  for (const day of days) for (const type of valueTypes) types[type] += day.types[type] ?? 0;
  return types;
}

/** Events on the days after `after` and before `before`. */
function eventsBetween(days: readonly DayCount[], after: string, before: string): number {
  return sum(days.filter(({ day }) => day > after && day < before).map(({ count }) => count));
}

function totalOf(days: readonly DayCount[]): number {
  return sum(days.map(({ count }) => count));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);
}
