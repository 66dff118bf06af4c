// Wie jede Rolle heißt und wofür sie ist.
import type { Texts } from "../en/en.ts";

export const roles: Texts["roles"] = {
  owner: { name: "Inhaber", what: "Steht für den Arbeitsbereich ein. Nur Inhaber ernennen und entlassen Inhaber." },
  admin: { name: "Verwaltung", what: "Tut alles im Arbeitsbereich, außer Inhaber zu ernennen und zu entlassen." },
  marketer: { name: "Marketing", what: "Arbeitet mit vielen Personen zugleich und sieht keine davon im Klartext." },
  analyst: { name: "Analyse", what: "Sieht alles an, ändert nichts." },
  service_agent: { name: "Kundendienst", what: "Hilft einem Kunden nach dem anderen." },
  privacy_officer: { name: "Datenschutz", what: "Beantwortet Anfragen von Personen zu ihren Daten." },
  developer: { name: "Entwicklung", what: "Bindet Quellen an und setzt Regeln, ohne Personen zu sehen." },
  viewer: { name: "Betrachter", what: "Sieht Zahlen an." },
};
