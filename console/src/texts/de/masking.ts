// Was für diesen Betrachter verdeckt ist, und wie man einen Wert davon aufdeckt.
import type { Texts } from "../en/en.ts";
import { plural } from "../words.ts";

export const masking: Texts["masking"] = {
  mark: "Verdeckt",
  markText: "Ihre Rolle sieht Personen verdeckt: genug, um sie zu unterscheiden, nicht, wer sie sind.",
  payload: "Wie empfangen, verdeckt",
  payloadText: "Das ist nicht Byte für Byte, was gesendet wurde: Werte, die personenbezogen sind oder über die noch niemand entschieden hat, sind verdeckt.",
  reveal: "Aufdecken",
  revealOf: (field) => `${field} aufdecken`,
  why: "Wozu brauchen Sie den Wert?",
  whyHint: "Mindestens 8 Zeichen. Ihr Name, das Feld und dieser Grund kommen ins Protokoll, der Wert nicht.",
  whyExample: "Anrufer bittet um Rückruf",
  show: "Anzeigen",
  hide: "Wieder verdecken",
  hiddenValues: (count) => plural(count, "verdeckter Wert", "verdeckte Werte"),
  hiddenMore: (count) => `${plural(count, "weiterer wird", "weitere werden")} hier nicht angeboten.`,
  search: "Ganze E-Mail-Adresse, Telefonnummer oder ID, dann Eingabetaste",
  searchText: "Sie finden Personen über eine ganze Kennung oder die Nummer einer Bestellung oder eines Tickets: 30-mal je Minute, jede Suche im Protokoll.",
  findInProfiles: (text) => `„${text}“ unter den Profilen suchen`,
};
