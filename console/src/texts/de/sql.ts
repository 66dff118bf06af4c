// SQL über die eigenen Sichten des Arbeitsbereichs.
import type { Texts } from "../en/en.ts";
import { count, plural } from "../words.ts";

export const sql: Texts["sql"] = {
  title: "SQL",
  sentence: "Mit einem SELECT nach Personen und Ereignissen fragen. Geändert wird dabei nichts.",
  found: (rows, isCut, ms) => `${isCut ? "Die ersten " : ""}${plural(rows, "Zeile", "Zeilen")} in ${count(ms)} ms.${isCut ? " Es gibt weitere." : ""}`,
  statement: "Anweisung",
  run: "Ausführen",
  asFile: "Als Datei",
  kept: "Wessen Zeilen das sind, ist festgehalten",
  nothing: "null",
  hint: "Strg oder ⌘ und Enter",
  result: "Ergebnis",
  views: "Sichten",
  search: "Sicht oder Spalte finden",
  noViews: "Keine Sicht oder Spalte heißt so.",
  none: "Noch nichts gefragt",
  noneText: "Führen Sie die Anweisung oben aus, oder schreiben Sie eine eigene über die Sichten an der Seite.",
  noRows: "Keine Zeilen",
  noRowsText: "Die Anweisung lief, und nichts entspricht ihr.",
};
