// One thing that is wrong, or looks wrong, with a definition, in the words of each language. Programs read `message`, which is English.
import type { LanguageName } from "./sentence.ts";

export type InEach = Readonly<Record<LanguageName, string>>;

export interface Problem {
  /** JSON pointer within the definition. */
  readonly path: string;
  readonly message: string;
  readonly hint: string | null;
  readonly messages: InEach;
  readonly hints: InEach | null;
}

export function problem(path: string, messages: InEach, hints: InEach | null = null): Problem {
  return { path, message: messages.en, hint: hints?.en ?? null, messages, hints };
}

/** For names and lists of words that are the same in each language. */
export const asItIs = (text: string): InEach => ({ en: text, de: text });

/**
 * What the parts of the grammar say where a schema alone does not tell what is wrong, in German. They stand in the schemas in English,
 * for whoever reads the answers of programs; a test finds every one of them here.
 */
const german: Readonly<Record<string, string>> = {
  "At most two decimals.": "Höchstens zwei Nachkommastellen.",
  "Not well-formed text.": "Kein wohlgeformter Text.",
  "The end must be after the beginning.": "Das Ende muss nach dem Anfang liegen.",
  "The beginning must be before the end.": "Der Anfang muss vor dem Ende liegen.",
  "Between steps, time is told in minutes, hours, days or weeks: months are not all of one length.": "Zwischen Schritten zählt die Zeit in Minuten, Stunden, Tagen oder Wochen: Monate sind nicht alle gleich lang.",
  "The first step has none before it.": "Vor dem ersten Schritt gibt es keinen.",
  "The first and the last event are looked for ever, in a calendar period, between dates, or since something.": "Das erste und das letzte Ereignis werden jemals, in einem Kalenderzeitraum, zwischen zwei Daten oder seit etwas gesucht.",
  "Times and different values need no counting once.": "Zeiten und verschiedene Werte müssen nicht einmal je etwas gezählt werden.",
  "Counts are compared up to 100,000.": "Anzahlen werden bis 100.000 verglichen.",
  "Each audience stands here once.": "Jede Zielgruppe steht hier einmal.",
  "Not one of these audiences.": "Keine dieser Zielgruppen.",
  "Numbers have at most 15 digits before the point.": "Zahlen haben höchstens 15 Stellen vor dem Komma.",
  "At most 1,000,000,000,000.": "Höchstens 1.000.000.000.000.",
  "Half of a character stands alone.": "Ein halbes Zeichen steht allein.",
  "Not a pattern of RE2: look-around and back-references are not allowed.": "Kein Muster von RE2: Umschau und Rückbezüge sind nicht erlaubt.",
  "A date (2026-05-01) or a time in ISO form (2026-05-01T10:00:00Z).": "Ein Datum (2026-05-01) oder eine Zeit in ISO-Form (2026-05-01T10:00:00Z).",
  "Name the kind of identifier, such as `email`.": "Nennen Sie die Art der Kennung, etwa `email`.",
  "Somebody anonymous has none of any kind.": "Wer anonym ist, hat keine, welcher Art auch immer.",
  "Each stage has a name of its own.": "Jede Phase hat einen eigenen Namen.",
};

/** What a schema says of something of ours: its German by `given`, or by the English text. */
export function saidByGrammar(text: string, given: unknown): InEach {
  return { en: text, de: typeof given === "string" ? given : (german[text] ?? text) };
}
