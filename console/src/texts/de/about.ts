// Die Seite über das Programm; was sie sagt, steht in docs/compare.md.
import type { Texts } from "../en/en.ts";

export const about: Texts["about"] = {
  title: "Über Tributary",
  table: "Tabelle",
};
