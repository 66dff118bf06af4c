// The texts of the language in use. Those of the frame come with the first script, English with the page and any other loaded where
// it is wanted; those of a page are loaded with that page, in its language alone.
import { en, type Language as LoadedLanguage, type PartName, type Texts } from "./en/en.ts";
import { language, type Language } from "./language.ts";

export type { TimeUnit } from "./en/everywhere.ts";
export { wordFrom } from "./words.ts";
export { chosenLanguage, language, languages, locale, storeLanguage, type Language } from "./language.ts";

const others: Readonly<Record<Exclude<Language, "en">, () => Promise<LoadedLanguage>>> = {
  de: () => import("./de/de.ts").then(({ de }) => de),
};

const spoken: LoadedLanguage = language === "en" ? en : await load(language);

/** A part is in it once it has been loaded: what shows one is loaded by `withTexts`, as a test of the repository holds every page to. */
export const texts = { ...spoken.first } as Texts;

/** Loads what shows these texts, and the texts before it: modules read them as they begin. */
export function withTexts<Loaded>(names: readonly PartName[], loadPage: () => Promise<Loaded>): () => Promise<Loaded> {
  return async () => {
    await Promise.all(names.map((name) => loadPart(name)));
    return loadPage();
  };
}

async function loadPart(name: PartName): Promise<void> {
  if (name in texts) return;
  const partOf = (spokenHere: LoadedLanguage): Promise<Partial<Texts>> => spokenHere.parts[name]();
  const part = await partOf(spoken).catch(() => partOf(en));
  Object.assign(texts, { [name]: part[name] });
}

/** A language that can't be loaded leaves English, rather than an empty page. */
async function load(wanted: Exclude<Language, "en">): Promise<LoadedLanguage> {
  return others[wanted]().catch(() => en);
}
