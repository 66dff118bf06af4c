// Die Liste der Tastenkürzel.
import type { Texts } from "../en/en.ts";

export const shortcuts: Texts["shortcuts"] = {
  title: "Tastenkürzel",
  list: [
    ["⌘K / Strg K", "Alles suchen oder öffnen"],
    ["/", "Auf dieser Seite suchen"],
    ["j  k", "Nächste und vorige Zeile"],
    ["Eingabe", "Zeile öffnen"],
    ["Esc", "Leiste schließen"],
    ["p", "Live-Ansicht anhalten oder fortsetzen"],
    ["?", "Diese Liste"],
  ],
};
