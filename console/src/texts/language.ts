// Which language the console speaks in this browser: the one chosen in the settings, or else the first of the browser's own
// that there is. Numbers and times are written as that language does, in the browser's own variant of it.

/** Every language, by its own name. */
export const languages = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof languages;

const KEY = "tributary.language";

export interface LanguageWishes {
  /** As it was stored; anything else than a language of ours counts for nothing. */
  readonly chosen: string | null;
  /** The browser's, the most wanted first: `de-AT`, `en`. */
  readonly wanted: readonly string[];
}

/** Pure. `locale`: for Intl; undefined leaves it to the browser. */
export function decideLanguage({ chosen, wanted }: LanguageWishes): { readonly language: Language; readonly locale: string } {
  const language = [chosen ?? "", ...wanted.map(baseOf)].find(isLanguage) ?? "en";
  return { language, locale: wanted.find((one) => baseOf(one) === language) ?? language };
}

export const { language, locale } = decideLanguage({ chosen: chosenLanguage() ?? null, wanted: globalThis.navigator?.languages ?? [globalThis.navigator?.language ?? "en"] });

export function chosenLanguage(): Language | undefined {
  const stored = globalThis.localStorage?.getItem(KEY) ?? "";
  return isLanguage(stored) ? stored : undefined;
}

/** From the next page load on; undefined: as the browser has it. */
export function storeLanguage(wish: Language | undefined): void {
  if (wish === undefined) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, wish);
}

function baseOf(tag: string): string {
  return tag.split("-", 1)[0] ?? tag;
}

function isLanguage(text: string): text is Language {
  return Object.hasOwn(languages, text);
}
