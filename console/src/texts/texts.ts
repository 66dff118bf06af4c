// The texts of the language in use. English comes with the page; any other is a folder like en, loaded when it is wanted.
import { en, type Texts } from "./en/en.ts";
import { language, type Language } from "./language.ts";

export type { TimeUnit } from "./en/everywhere.ts";
export { wordFrom } from "./words.ts";
export { chosenLanguage, language, languages, locale, storeLanguage, type Language } from "./language.ts";

const others: Readonly<Record<Exclude<Language, "en">, () => Promise<Texts>>> = {
  de: () => import("./de/de.ts").then(({ de }) => de),
};

export const texts: Texts = language === "en" ? en : await load(language);

/** A language that can't be loaded leaves English, rather than an empty page. */
async function load(wanted: Exclude<Language, "en">): Promise<Texts> {
  return others[wanted]().catch(() => en);
}
