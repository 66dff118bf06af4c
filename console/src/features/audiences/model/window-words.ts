// Windows as people say them: "14 days", "since 1 May", "this month". Reading takes what somebody typed, in the words of their language;
// what it does not understand it leaves. Pure.
import type { Window } from "./condition.ts";

/** The words of a language, by what they mean; several for one meaning are parted by `|`. */
export interface WindowWords {
  readonly units: Readonly<Record<string, string>>;
  readonly this: string;
  readonly previous: string;
  readonly since: string;
  readonly before: string;
  readonly ever: string;
  readonly months: readonly string[];
}

export type WindowKind = "ever" | "rolling" | "period" | "between" | "since";

export function windowKind(window: Window | undefined): WindowKind {
  if (window === undefined) return "ever";
  if ("period" in window) return "period";
  if ("last" in window) return "rolling";
  return "since" in window ? "since" : "between";
}

/** `null`: ever. undefined: not understood. `today`: the date it is. */
export function readWindow(text: string, words: WindowWords, today: string): Window | null | undefined {
  const said = text.trim().toLowerCase();
  if (said === "") return undefined;
  if (isOneOf(said, words.ever)) return null;
  const rolling = /(?:^|\s)(\d{1,4})\s*(\p{L}+)\.?$/u.exec(said);
  const unit = rolling?.[2] === undefined ? undefined : unitOf(rolling[2], words);
  if (rolling?.[1] !== undefined && unit !== undefined) return { last: Number(rolling[1]), unit };
  const [first = "", ...rest] = said.split(/\s+/);
  const period = unitOf(rest.join(" "), words);
  if (period !== undefined && !["minute", "hour"].includes(period)) {
    if (isOneOf(first, words.this)) return { period: "this", count: 1, unit: period, zone: "workspace" };
    if (isOneOf(first, words.previous)) return { period: "previous", count: 1, unit: period, zone: "workspace" };
  }
  const day = readDate(rest.join(" "), words.months, today);
  if (day !== undefined && isOneOf(first, words.since)) return { from: day };
  return day !== undefined && isOneOf(first, words.before) ? { to: day } : undefined;
}

function isOneOf(text: string, words: string): boolean {
  return words.split("|").includes(text);
}

function unitOf(text: string, { units }: WindowWords): string | undefined {
  return Object.entries(units).find(([, words]) => isOneOf(text, words))?.[0];
}

/** `2026-05-01`, `1 May`, `1. Mai 2026`: without a year, the latest such day that is not to come. */
export function readDate(text: string, months: readonly string[], today: string): string | undefined {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return isDay(text) ? text : undefined;
  const found = /^(\d{1,2})\.?\s*(\p{L}+|\d{1,2})\.?\s*(\d{4})?$/u.exec(text);
  if (!found) return undefined;
  const [, day = "", name = "", year] = found;
  const month = /^\d+$/.test(name) ? Number(name) : months.findIndex((one) => name.length >= 3 && one.startsWith(name)) + 1;
  if (month < 1 || month > 12) return undefined;
  const at = (of: number): string => `${of}-${String(month).padStart(2, "0")}-${day.padStart(2, "0")}`;
  const thisYear = Number(today.slice(0, 4));
  const date = year !== undefined ? at(Number(year)) : at(thisYear) <= today ? at(thisYear) : at(thisYear - 1);
  return isDay(date) ? date : undefined;
}

export function isDay(text: string): boolean {
  const at = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}
