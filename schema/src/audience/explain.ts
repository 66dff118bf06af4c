// Why a condition holds of somebody, or not: what was measured, the events behind it, and the nearest change that would turn it. A kind
// says what only it knows; whether the condition holds, and when time alone may change that, is worked out for every kind alike.
import type { FieldRef } from "../field.ts";
import type { EventFacts } from "./condition-kind.ts";
import { DECIMALS, textOf, type Decimal, type Raw } from "./value.ts";
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
export type ToldField = FieldRef;

export interface Explanation {
  readonly value?: Said | undefined;
  readonly fields: readonly ToldField[];
  /** The latest first. */
  readonly evidence: readonly Evidence[];
  readonly toFlip?: Said | undefined;
}

/** What is known besides of a condition that is explained. */
export interface Explaining {
  /** Whether it holds: of the person alone not every kind could tell. */
  readonly holds: boolean;
  /** Whether they are in an audience that the kind says it is explained by. */
  readonly isIn: (slug: string) => boolean;
  /** Says something in languages that know the names that people have given. */
  readonly said: (say: (language: Language) => string) => Said;
}

export const EVIDENCE_MAX = 5;

/** Of a window since something that this person has not. */
export const NO_BEGINNING: Said = { en: "The window has no beginning for this person.", de: "Für diese Person hat das Zeitfenster keinen Anfang." };

const languages = { en: languageOf("en"), de: languageOf("de") };

/** `in`: other languages than those that know no names. */
export function saidBy(say: (language: Language) => string, { en, de }: Readonly<Record<LanguageName, Language>> = languages): Said {
  return { en: say(en), de: say(de) };
}

/** The day of an instant in a zone, the workspace's. */
export function sayDay(say: Language, ms: number, zone: string): string {
  return say.date(Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone).toPlainDate().toString());
}

/** Values as they stand. */
export function sayRaws(raws: readonly Raw[]): Said {
  const text = raws.map(textOf).join(", ");
  return raws.length === 0 ? { en: "not set", de: "nicht gesetzt" } : { en: text, de: text };
}

export function sayDecimal(say: Language, value: Decimal): string {
  return say.number(Number(value) / 10 ** DECIMALS);
}
