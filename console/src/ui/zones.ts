// Time zones as people choose and read them.
import { locale } from "../texts/texts.ts";

/** UTC first, then by name; `also`: zones that must be among them, whatever this browser knows. */
export function zonesToChoose(also: readonly string[]): readonly string[] {
  return [...new Set(["UTC", ...[...Intl.supportedValuesOf("timeZone"), ...also].toSorted()])];
}

/** `America/New York`. */
export function zoneName(zone: string): string {
  return zone.replaceAll("_", " ");
}

/** Whether a zone is one that somebody looks for by some words: `new york` finds America/New_York, `utc+2` finds none. */
export function isZoneFound(zone: string, search: string): boolean {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[_/\s]+/g, " ");
  return plain(search).trim().split(" ").every((word) => plain(zone).includes(word));
}

const clocks = new Map<string, Intl.DateTimeFormat | null>();

/** The weekday and the time of day there; empty where this browser doesn't know the zone. */
export function timeInZone(zone: string, ms: number): string {
  let clock = clocks.get(zone);
  if (clock === undefined) {
    clock = clockOf(zone);
    clocks.set(zone, clock);
  }
  return clock?.format(ms) ?? "";
}

function clockOf(timeZone: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat(locale, { timeZone, weekday: "short", hour: "2-digit", minute: "2-digit" });
  } catch {
    return null;
  }
}

/** Where this browser is. */
export function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** The date that it is in a zone, as `2026-05-01`; where that is not known, here. */
export function todayIn(timeZone: string | undefined): string {
  const parts = new Map(new Intl.DateTimeFormat("en", { ...(timeZone === undefined ? {} : { timeZone }), year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts().map(({ type, value }) => [type, value]));
  return `${parts.get("year")}-${parts.get("month")}-${parts.get("day")}`;
}
