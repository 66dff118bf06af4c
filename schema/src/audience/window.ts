// Windows: over which of a person's events a condition looks. Decided meanings, the same in TypeScript and in SQL:
// - A rolling window is half open, `now − W < t ≤ now`: an event of t leaves it at the instant t + W.
// - Dates are told by the workspace's clock: see clock.ts.
// - Minute, hour, day and week are fixed lengths. Month, quarter and year are calendar steps in UTC, clamped to the month's end: an
//   event of 31 January, 10:00 leaves a window of one month on 28 February, 10:00, and so does one of 28 January, 10:00.
// - Calendar periods are in the workspace's or the person's zone; weeks begin on Monday; a day begins at its first instant, which
//   on some days of some zones is not midnight.
import { z } from "zod";
import { eventRef } from "./event-names.ts";
import { listedZones } from "../time-zone.ts";
import { audienceLimits } from "./limits.ts";
import { clockSql, shownSql, type Clock } from "./clock.ts";
import { isoInstant, msOf, valuePath } from "./value-test.ts";
import type { Bind } from "./value.ts";

/** Stands for "at no instant". */
export const NEVER = Number.MAX_SAFE_INTEGER;

const units = ["minute", "hour", "day", "week", "month", "quarter", "year"] as const;
export type Unit = (typeof units)[number];

export const duration = z.strictObject({
  last: z.int().min(1).meta({ description: "How many units." }),
  unit: z.enum(units),
}).refine((one) => daysOf(one) <= audienceLimits.windowDaysMax, `At most ${audienceLimits.windowDaysMax} days.`);
export type Duration = z.infer<typeof duration>;

const selectorOfAnchor = z.union([
  z.strictObject({ trait: valuePath(512) }),
  z.strictObject({ event: eventRef, which: z.enum(["first", "last"]).default("last") }),
]);

/** Between dates. Each form needs one of its names, so that what is meant otherwise is never taken for it. */
const betweenForms = [
  z.strictObject({ from: isoInstant, to: isoInstant.optional() }).refine(({ from, to }) => to === undefined || msOf(from, "UTC") < msOf(to, "UTC"), "The beginning must be before the end."),
  z.strictObject({ from: z.undefined().optional(), to: isoInstant }),
] as const;

export const window = z.union([
  duration,
  z.strictObject({
    period: z.enum(["this", "previous", "last"]).meta({ description: "`last` takes `count` whole periods before the present one." }),
    count: z.int().min(1).max(120).default(1),
    unit: z.enum(["day", "week", "month", "quarter", "year"]),
    zone: z.enum(["workspace", "person"]).default("workspace"),
  }),
  ...betweenForms,
  z.strictObject({ since: selectorOfAnchor, for: duration.optional() }),
]);
export type Window = z.infer<typeof window>;
export type Period = Extract<Window, { period: string }>;
export type Since = Extract<Window, { since: unknown }>;
export type Between = Extract<Window, { from?: unknown }>;

const MINUTE = 60_000;
const DAY = 86_400_000;
const fixedMs: Partial<Record<Unit, number>> = { minute: MINUTE, hour: 60 * MINUTE, day: DAY, week: 7 * DAY };
const monthsOf: Partial<Record<Unit, number>> = { month: 1, quarter: 3, year: 12 };

export function daysOf({ last, unit }: { readonly last: number; readonly unit: Unit }): number {
  const fixed = fixedMs[unit];
  return fixed === undefined ? last * (monthsOf[unit] ?? 1) * 31 : (last * fixed) / DAY;
}

/** Whether its length is the same whenever it begins. */
export function isFixed({ unit }: { readonly unit: Unit }): boolean {
  return fixedMs[unit] !== undefined;
}

// ── Rolling ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** The instant at which something of `ms` is a duration ago; months are steps of the calendar of `zone`. */
export function after(ms: number, { last, unit }: Duration, zone = "UTC"): number {
  const fixed = fixedMs[unit];
  if (fixed !== undefined) return ms + last * fixed;
  return Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone).add({ months: last * (monthsOf[unit] ?? 1) }).epochMilliseconds;
}

/** The instant from which on something of `ms` is within a duration ahead: in months the same day of an earlier one, or its last day. */
export function before(ms: number, { last, unit }: Duration, zone = "UTC"): number {
  const fixed = fixedMs[unit];
  if (fixed !== undefined) return ms - last * fixed;
  return Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone).subtract({ months: last * (monthsOf[unit] ?? 1) }).epochMilliseconds;
}

/** Whether events leave it one by one, each some time after it happened. */
export function isRolling(window: Window | undefined): window is Duration {
  return window !== undefined && "last" in window;
}

/** By whose calendar SQL takes steps of months. */
export interface Calendar {
  readonly bind: Bind;
  readonly clock: Clock;
}

/** The same of an SQL expression in milliseconds. Without a calendar: by that of UTC. */
export function afterSql(ms: string, { last, unit }: Duration, calendar?: Calendar): string {
  const fixed = fixedMs[unit];
  return fixed === undefined ? monthsSql(ms, last * (monthsOf[unit] ?? 1), calendar) : `(${ms} + ${last * fixed})`;
}

export function beforeSql(ms: string, { last, unit }: Duration, calendar?: Calendar): string {
  const fixed = fixedMs[unit];
  return fixed === undefined ? monthsSql(ms, -last * (monthsOf[unit] ?? 1), calendar) : `(${ms} - ${last * fixed})`;
}

function monthsSql(ms: string, months: number, calendar: Calendar | undefined): string {
  const moved = (shown: string): string => `toUnixTimestamp64Milli(addMonths(fromUnixTimestamp64Milli(${shown}, 'UTC'), ${months}))`;
  return calendar === undefined ? moved(ms) : clockSql(calendar.bind, moved(shownSql(calendar.bind, ms, calendar.clock)), calendar.clock);
}

/** Nothing before this instant can be within the duration. */
export function boundOf(nowMs: number, { last, unit }: Duration): number {
  const fixed = fixedMs[unit];
  return fixed === undefined ? nowMs - daysOf({ last, unit }) * DAY - DAY : nowMs - last * fixed;
}

// ── Calendar ──────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Bounds {
  readonly fromMs: number;
  /** The first instant after it. */
  readonly toMs: number;
}

/** The period that a window names at an instant, and when it will name another one. */
export function periodAt({ period, count, unit }: Period, nowMs: number, zone: string): Bounds & { readonly changesMs: number } {
  const today = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO(zone).toPlainDate();
  const start = startOf(today, unit);
  const step = (times: number): Temporal.PlainDate => start.add(unit === "quarter" ? { months: 3 * times } : { [`${unit}s`]: times });
  const ms = (date: Temporal.PlainDate): number => date.toZonedDateTime(zone).epochMilliseconds;
  const changesMs = ms(step(1));
  if (period === "this") return { fromMs: ms(start), toMs: changesMs, changesMs };
  return { fromMs: ms(step(period === "previous" ? -1 : -count)), toMs: ms(start), changesMs };
}

function startOf(date: Temporal.PlainDate, unit: Period["unit"]): Temporal.PlainDate {
  switch (unit) {
    case "day":
      return date;
    case "week":
      return date.subtract({ days: date.dayOfWeek - 1 });
    case "month":
      return date.with({ day: 1 });
    case "quarter":
      return date.with({ month: date.month - ((date.month - 1) % 3), day: 1 });
    case "year":
      return date.with({ month: 1, day: 1 });
  }
}

/** The zones that a person may live in. */
export const knownZones = listedZones;

let zoneSet: ReadonlySet<string> | undefined;

/** The zone that counts for a person: their own when it is a known one, else the workspace's. */
export function zoneOf(personZone: string, workspaceZone: string): string {
  zoneSet ??= new Set(knownZones());
  return zoneSet.has(personZone) ? personZone : workspaceZone;
}

/** A value of each zone, as an SQL expression over the column of the person's zone. */
export function byZoneSql(bind: Bind, zoneColumn: string, workspaceZone: string, valueOf: (zone: string) => number): string {
  const all = knownZones();
  const values = all.map(valueOf);
  return `transform(toString(${zoneColumn}), ${bind("Array(String)", all)}, ${bind("Array(Int64)", values)}, toInt64(${bind("Int64", valueOf(workspaceZone))}))`;
}
