// Lange Arbeit, die von selbst weitergeht.
import type { Texts } from "../en/en.ts";
import { plural } from "../words.ts";

export const tasks: Texts["tasks"] = {
  title: "Laufende Aufgaben",
  button: (n) => plural(n, "Aufgabe läuft", "Aufgaben laufen"),
  kinds: {
    import: (name) => `Import: ${name}`,
    withdrawal: (name) => `Rücknahme: ${name}`,
    demoShop: () => "Demo-Shop wird geladen",
    demoShopRemoval: () => "Demo-Shop wird entfernt",
  },
  counts: {
    import: (n) => `${plural(n, "Zeile", "Zeilen")} gelesen`,
    withdrawal: (n) => plural(n, "Zeile", "Zeilen"),
    demoShop: (n) => plural(n, "Ereignis", "Ereignisse"),
    demoShopRemoval: (n) => `${plural(n, "Zeile", "Zeilen")} entfernt`,
  },
};
