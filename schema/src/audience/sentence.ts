// How conditions are said. Each kind says itself in both languages; what all of them need stands here.
import type { TestOp, ValueTest } from "./value-test.ts";
import { propertyWords, roleWords } from "./vocabulary-words.ts";
import type { Duration, Unit, Window } from "./window.ts";

export type LanguageName = "en" | "de";

/** What people have called things, by their slugs; undefined where nothing of that slug is known. */
export interface Names {
  readonly audience: (slug: string) => string | undefined;
  readonly list: (slug: string) => string | undefined;
  readonly computed: (slug: string) => string | undefined;
}

export interface Language {
  readonly name: LanguageName;
  /** The text of this language. */
  readonly pick: (texts: Readonly<Record<LanguageName, string>>) => string;
  readonly number: (value: number) => string;
  readonly and: (items: readonly string[]) => string;
  readonly or: (items: readonly string[]) => string;
  /** A name or value as somebody wrote it. */
  readonly quote: (value: string | number | boolean) => string;
  /** The name that something of ours was given, else its slug. */
  readonly named: (what: keyof Names, slug: string) => string;
  /** The word for a role of the vocabulary, and for a property of its events. */
  readonly role: (role: string) => string;
  readonly property: (role: string) => string;
  readonly date: (iso: string) => string;
}

export function languageOf(name: LanguageName, names?: Names): Language {
  const locale = name === "de" ? "de-DE" : "en-GB";
  const list = (type: "conjunction" | "disjunction") => {
    const format = new Intl.ListFormat(locale, { type });
    return (items: readonly string[]): string => format.format(items.length <= 5 ? items : [...items.slice(0, 4), name === "de" ? `${items.length - 4} weitere` : `${items.length - 4} more`]);
  };
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 9 });
  const quote = (text: string): string => (name === "de" ? `„${text}“` : `“${text}”`);
  const wordIn = (words: Readonly<Record<string, Readonly<Record<LanguageName, string>>>>, key: string): string => quote((Object.hasOwn(words, key) ? words[key]?.[name] : undefined) ?? key);
  return {
    name,
    pick: (texts) => texts[name],
    number: (value) => number.format(value),
    and: list("conjunction"),
    or: list("disjunction"),
    named: (what, slug) => quote(names?.[what](slug) ?? slug),
    role: (role) => wordIn(roleWords, role),
    property: (role) => wordIn(propertyWords, role),
    quote: (value) => (typeof value === "string" ? quote(value) : typeof value === "number" ? number.format(value) : String(value)),
    date: (iso) => (/^\d{4}-\d{2}-\d{2}$/.test(iso) ? new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone: "UTC" }).format(new Date(`${iso}T00:00:00Z`)) : iso),
  };
}

const unitWords: Readonly<Record<Unit, Readonly<Record<LanguageName, readonly [one: string, many: string]>>>> = {
  minute: { en: ["minute", "minutes"], de: ["Minute", "Minuten"] },
  hour: { en: ["hour", "hours"], de: ["Stunde", "Stunden"] },
  day: { en: ["day", "days"], de: ["Tag", "Tagen"] },
  week: { en: ["week", "weeks"], de: ["Woche", "Wochen"] },
  month: { en: ["month", "months"], de: ["Monat", "Monaten"] },
  quarter: { en: ["quarter", "quarters"], de: ["Quartal", "Quartalen"] },
  year: { en: ["year", "years"], de: ["Jahr", "Jahren"] },
};

/** German has a word of its own for each, by its gender. */
const periodWords: Readonly<Record<Exclude<Unit, "minute" | "hour">, readonly [present: string, previous: string]>> = {
  day: ["am heutigen Tag", "am Tag davor"], week: ["in dieser Woche", "in der vorigen Woche"], month: ["in diesem Monat", "im vorigen Monat"],
  quarter: ["in diesem Quartal", "im vorigen Quartal"], year: ["in diesem Jahr", "im vorigen Jahr"],
};

/** "14 days", "1 Monat". */
export function sayDuration(say: Language, { last, unit }: Duration): string {
  const [one, many] = unitWords[unit][say.name];
  return `${say.number(last)} ${last === 1 ? one : many}`;
}

/** "90 days", before "ago": German says how long it is in another case. */
export function sayAge(say: Language, duration: Duration): string {
  const time = sayDuration(say, duration);
  return say.name === "de" ? time.replace(/(Tage|Monate|Quartale|Jahre)n$/, "$1") : time;
}

/** "in the last 14 days". */
export function sayWindow(say: Language, window: Window | undefined): string {
  if (window === undefined) return say.pick({ en: "ever", de: "jemals" });
  if ("last" in window) {
    const time = sayDuration(say, window);
    // German says "in den letzten" of several alone; English needs no "1".
    return window.last === 1 ? say.pick({ en: `in the last ${time.replace(/^1 /, "")}`, de: `innerhalb von ${time}` }) : say.pick({ en: `in the last ${time}`, de: `in den letzten ${time}` });
  }
  if ("period" in window) {
    const [one, many] = unitWords[window.unit][say.name];
    const zone = window.zone === "person" ? say.pick({ en: " (in their own time zone)", de: " (in ihrer eigenen Zeitzone)" }) : "";
    if (window.period === "last" && window.count > 1) return say.pick({ en: `in the last ${window.count} whole ${many}`, de: `in den letzten ${window.count} ganzen ${many}` }) + zone;
    const isThis = window.period === "this";
    return say.pick({ en: `${isThis ? "this" : "the previous"} ${one}`, de: periodWords[window.unit][isThis ? 0 : 1] }) + zone;
  }
  if ("since" in window) {
    const { since } = window;
    let anchor: string;
    if ("trait" in since) anchor = say.pick({ en: `since their ${say.quote(since.trait)}`, de: `seit ${say.quote(since.trait)}` });
    else {
      const event = typeof since.event === "object" && "role" in since.event ? say.role(since.event.role) : say.or(namesOf(since.event).map(say.quote));
      anchor = say.pick({ en: `since their ${since.which} ${event}`, de: `seit ${since.which === "first" ? "dem ersten" : "dem letzten"} ${event}` });
    }
    return window.for === undefined ? anchor : `${anchor}${say.pick({ en: `, for ${sayDuration(say, window.for)}`, de: `, für die Dauer von ${sayDuration(say, window.for)}` })}`;
  }
  if (window.from !== undefined && window.to !== undefined) {
    return say.pick({ en: `from ${say.date(window.from)} until before ${say.date(window.to)}`, de: `vom ${say.date(window.from)} bis vor ${say.date(window.to)}` });
  }
  return window.from !== undefined
    ? say.pick({ en: `since ${say.date(window.from)}`, de: `seit ${say.date(window.from)}` })
    : say.pick({ en: `before ${say.date(window.to ?? "")}`, de: `vor ${say.date(window.to ?? "")}` });
}

/** Behind what those meet, too, who never did what it is about: the sentence does not hide that. */
export function sayNever(say: Language): string {
  return say.pick({ en: " (those who never did are among them)", de: " (wer es nie tat, gehört dazu)" });
}

export function namesOf(names: string | readonly string[]): readonly string[] {
  return typeof names === "string" ? [names] : names;
}

const opWords: Readonly<Record<TestOp, Readonly<Record<LanguageName, string>>>> = {
  is_set: { en: "is set", de: "ist gesetzt" },
  is_not_set: { en: "is not set", de: "ist nicht gesetzt" },
  equals: { en: "is", de: "ist" },
  not_equals: { en: "is set and is not", de: "ist gesetzt und nicht" },
  one_of: { en: "is", de: "ist" },
  none_of: { en: "is set and is none of", de: "ist gesetzt und keines von" },
  contains: { en: "contains", de: "enthält" },
  does_not_contain: { en: "is set and does not contain", de: "ist gesetzt und enthält nicht" },
  starts_with: { en: "starts with", de: "beginnt mit" },
  ends_with: { en: "ends with", de: "endet auf" },
  matches: { en: "matches the pattern", de: "passt zum Muster" },
  has_all: { en: "has all of", de: "hat alle von" },
  more_than: { en: "is more than", de: "ist mehr als" },
  at_least: { en: "is at least", de: "ist mindestens" },
  less_than: { en: "is less than", de: "ist weniger als" },
  at_most: { en: "is at most", de: "ist höchstens" },
  between: { en: "is between", de: "ist zwischen" },
  before: { en: "is before", de: "ist vor dem" },
  on_or_after: { en: "is on or after", de: "ist am oder nach dem" },
};

/** "is “red”", of something named before it. */
export function sayTest(say: Language, test: ValueTest): string {
  const words = opWords[test.op][say.name];
  switch (test.op) {
    case "is_set":
    case "is_not_set":
      return words;
    case "one_of":
    case "none_of":
      return `${words} ${say.or(test.values.map(say.quote))}`;
    case "has_all":
      return `${words} ${say.and(test.values.map(say.quote))}`;
    case "between":
      return `${words} ${say.and([say.number(test.from), say.number(test.to)])}`;
    case "before":
    case "on_or_after":
      return `${words} ${say.date(test.value)}`;
    default:
      return `${words} ${say.quote(test.value)}`;
  }
}
