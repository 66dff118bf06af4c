// For tests of modules that say something: imported before them, it loads every text, as the pages do one by one.
import { en, type PartName } from "./en/en.ts";
import { withTexts } from "./texts.ts";

export const partNames = Object.keys(en.parts) as PartName[]; // The names of a record are its keys.

await withTexts(partNames, () => Promise.resolve())();
