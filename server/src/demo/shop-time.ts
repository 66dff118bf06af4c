// The shop's calendar and rhythm. The shop stands in London: its days and hours are local ones, by the rule in force since
// 1996 (summer time from the last Sunday of March to the last of October, changing at 01:00 UTC), not by the machine's
// table of zones, which differs from machine to machine.
import type { Dice } from "./dice.ts";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const SHOP_TIME_ZONE = "Europe/London";

/** 01:00 UTC on the last Sunday of a month (0 is January) that has 31 days. */
function lastSunday(year: number, month: number): number {
  const last = Date.UTC(year, month, 31, 1);
  return last - new Date(last).getUTCDay() * DAY;
}

interface Summer {
  readonly yearMs: number;
  readonly nextYearMs: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

function summerOf(year: number): Summer {
  return { yearMs: Date.UTC(year, 0, 1), nextYearMs: Date.UTC(year + 1, 0, 1), fromMs: lastSunday(year, 2), untilMs: lastSunday(year, 9) };
}

/** The summer asked for last: a life is told in order, and asks for the offset at every turn. */
let latest = summerOf(2026);

/** Milliseconds that London's clocks are ahead of UTC. */
export function londonOffset(ms: number): number {
  if (ms < latest.yearMs || ms >= latest.nextYearMs) latest = summerOf(new Date(ms).getUTCFullYear());
  return ms >= latest.fromMs && ms < latest.untilMs ? HOUR : 0;
}

/** Days since 1 January 1970, by London's calendar. */
export function dayOf(ms: number): number {
  return Math.floor((ms + londonOffset(ms)) / DAY);
}

/** When London's clocks show this minute of this day. */
export function timeOn(day: number, minute: number): number {
  const shown = day * DAY + minute * MINUTE;
  return shown - londonOffset(shown - londonOffset(shown));
}

/** Visits per hour of the day: the lunch break and the evening on the sofa. */
const webHours = [3, 2, 1, 1, 1, 2, 5, 9, 12, 13, 14, 16, 19, 17, 14, 13, 14, 16, 19, 25, 30, 28, 18, 8];
/** Shops open from nine to seven. */
const storeHours = [0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 9, 12, 15, 12, 10, 10, 12, 14, 9, 0, 0, 0, 0, 0];

export function timeOfVisit(day: number, dice: Dice, where: "web" | "store"): number {
  const hour = dice.weighted(where === "web" ? webHours : storeHours);
  return timeOn(day, hour * 60 + dice.below(60)) + dice.below(MINUTE);
}

/** How busy a month is, January first: sales in January, quiet in August, gifts from the middle of November. */
const months = [1.15, 0.85, 0.9, 0.95, 1, 1.05, 0.9, 0.75, 0.95, 1.05, 1.6, 1.75];
/** How busy a day of the week is, Sunday first. */
const weekdays = [1.3, 0.95, 0.85, 0.85, 0.95, 1, 1.25];

function busyness(day: number): number {
  const date = new Date(day * DAY);
  return (months[date.getUTCMonth()] ?? 1) * (weekdays[date.getUTCDay()] ?? 1);
}

/** The day of somebody's next visit: after `meanDays` on average, sooner in busy times, at least a day later. */
export function nextVisitDay(day: number, meanDays: number, dice: Dice): number {
  const next = day + 1 + Math.floor((meanDays * dice.wait()) / (months[new Date(day * DAY).getUTCMonth()] ?? 1));
  // A quiet day gives way to a busier one near it.
  const other = next + dice.below(4);
  return busyness(next) * dice.share() >= busyness(other) * dice.share() ? next : other;
}
