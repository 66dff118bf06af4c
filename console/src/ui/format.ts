// Numbers, times and names for people to read. Pure: the time it is now is an argument.
import { locale, texts, wordFrom, type TimeUnit } from "../texts/texts.ts";

const COMPACT_FROM = 10_000;
const compact = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
const signed = new Intl.NumberFormat(locale, { maximumFractionDigits: 0, signDisplay: "exceptZero" });
const signedCompact = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1, signDisplay: "exceptZero" });
const full = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const precise = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
const absolute = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "long" });
const dayFormat = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
const dateFormat = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" });
const clockFormat = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

const parts = new Intl.NumberFormat(locale).formatToParts(12_345.6);
const separatorOf = (type: "group" | "decimal"): string => parts.find((part) => part.type === type)?.value ?? "";
/** As this language writes them, in fields of numbers, too. */
export const groupSeparator = separatorOf("group");
export const decimalSeparator = separatorOf("decimal");

/** Grouped, and compact from ten thousand on. */
export function shortNumber(n: number): string {
  return Math.abs(n) < COMPACT_FROM ? full.format(n) : compact.format(n);
}

/** A change: always with its sign, but for none. */
export function signedNumber(n: number): string {
  return (Math.abs(n) < COMPACT_FROM ? signed : signedCompact).format(n);
}

export function fullNumber(n: number): string {
  return full.format(n);
}

/** With the viewer's zone. */
export function absoluteTime(ms: number): string {
  return absolute.format(ms);
}

export function clockTime(ms: number): string {
  return clockFormat.format(ms);
}

export function date(ms: number): string {
  return dateFormat.format(ms);
}

const sizes = [wordFrom(texts.everywhere.units, "bytes"), "KB", "MB", "GB", "TB"];

/** With units that people read: `5 MB`, `30 s`, `2,500 events`. Sizes by 1,024. */
export function amountWithUnit(value: number, unit: string): string {
  if (unit === "milliseconds") return value >= 1000 ? `${precise.format(value / 1000)} s` : `${full.format(value)} ms`;
  if (unit !== "bytes") return `${full.format(value)} ${wordFrom(texts.everywhere.units, unit)}`;
  const power = Math.min(sizes.length - 1, Math.floor(Math.log2(Math.max(1, value)) / 10));
  return `${precise.format(value / 1024 ** power)} ${sizes[power]}`;
}

const UNITS: readonly (readonly [TimeUnit, number])[] = [["d", 86_400_000], ["h", 3_600_000], ["min", 60_000], ["s", 1000]];

/** `3 d`, `2 h`, `5 min`, `12 s`: the largest unit alone; empty below a second. */
export function duration(ms: number): string {
  return inLargestUnit(ms, texts.everywhere.lasting);
}

function inLargestUnit(ms: number, say: (n: number, unit: TimeUnit) => string): string {
  const [unit, size] = UNITS.find(([, one]) => ms >= one) ?? [undefined, 1];
  return unit === undefined ? "" : say(Math.floor(ms / size), unit);
}

const RELATIVE_MAX_MS = 30 * 86_400_000;

/** `5 min ago`; beyond a month the date. */
export function relativeTime(ms: number, nowMs: number): string {
  const distance = nowMs - ms;
  if (Math.abs(distance) >= RELATIVE_MAX_MS) return date(ms);
  return inLargestUnit(Math.abs(distance), distance < 0 ? texts.everywhere.in : texts.everywhere.ago) || texts.everywhere.now;
}

/** The day in the viewer's zone, as a heading. */
export function dayName(ms: number, nowMs: number): string {
  const name = dayFormat.format(ms);
  if (name === dayFormat.format(nowMs)) return texts.everywhere.today;
  return name === dayFormat.format(nowMs - 86_400_000) ? texts.everywhere.yesterday : name;
}

/** Two letters for a face; whole characters, also of emoji and of letters outside the first plane. */
export function initials(name: string): string {
  const words = name.trim().split(/[\s@._-]+/u).filter((word) => /[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(word));
  return words.slice(0, 2).map((word) => firstCharacter(word)).join("").toUpperCase() || "?";
}

function firstCharacter(word: string): string {
  const letter = [...word].find((character) => /[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(character));
  return letter ?? "";
}

/** A value of a trait or property on one line, cut to what one can read. */
export function valueText(value: unknown, charactersMax = 300): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  const line = text.slice(0, charactersMax + 1).replace(/\s+/g, " ");
  return line.length > charactersMax ? `${line.slice(0, charactersMax)}…` : line;
}

const hourFormat = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
const shortDayFormat = new Intl.DateTimeFormat(locale, { weekday: "short", day: "numeric" });
const dayAndHourFormat = new Intl.DateTimeFormat(locale, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

/** `14:00`. */
export function hourOfDay(ms: number): string {
  return hourFormat.format(ms);
}

/** `Sun 22`. */
export function shortDay(ms: number): string {
  return shortDayFormat.format(ms);
}

/** `Sun, 22 Nov, 14:00`. */
export function dayAndHour(ms: number): string {
  return dayAndHourFormat.format(ms);
}
