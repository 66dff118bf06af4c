// Why a condition holds of somebody, or not: what was measured, the events behind it, and the nearest change that would turn it. A kind
// says what only it knows; whether the condition holds, and when time alone may change that, is worked out for every kind alike.
import type { EventFacts } from "./condition-kind.ts";
import { DECIMALS, type Decimal } from "./value.ts";
import { languageOf, type Language, type LanguageName } from "./sentence.ts";

export type Said = Readonly<Record<LanguageName, string>>;

export interface Evidence {
  readonly event: EventFacts;
  /** When it stops counting; NEVER when it does not. */
  readonly leavesMs: number;
  /** What it adds to what is measured. */
  readonly detail: string;
}

/** Where values come from that are told. */
export interface ToldField {
  readonly place: "trait" | "property";
  /** The event's name; empty for traits. */
  readonly event: string;
  readonly path: string;
}

export interface Explanation {
  readonly value?: Said | undefined;
  readonly fields: readonly ToldField[];
  /** The latest first. */
  readonly evidence: readonly Evidence[];
  readonly toFlip?: Said | undefined;
}

export const EVIDENCE_MAX = 5;

const languages = { en: languageOf("en"), de: languageOf("de") };

/** `in`: other languages than those that know no names. */
export function saidBy(say: (language: Language) => string, { en, de }: Readonly<Record<LanguageName, Language>> = languages): Said {
  return { en: say(en), de: say(de) };
}

/** A day, of an instant, in UTC. */
/** The day in a zone, the workspace's. */
export function sayDay(say: Language, ms: number, zone: string): string {
  return say.date(Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone).toPlainDate().toString());
}

export function sayDecimal(say: Language, value: Decimal): string {
  return say.number(Number(value) / 10 ** DECIMALS);
}
