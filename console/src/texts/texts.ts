// The language in use. English is the only one so far: a second is a folder like en and an entry here.
import { en, type Texts } from "./en/en.ts";

const languages: Readonly<Record<string, Texts>> = { en };

export const texts: Texts = languages[(globalThis.navigator?.language ?? "en").slice(0, 2)] ?? en;
