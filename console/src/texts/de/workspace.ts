// Die Einstellungen des Arbeitsbereichs selbst.
import type { Texts } from "../en/en.ts";
import { count } from "../words.ts";

export const workspace: Texts["workspace"] = {
  title: "Arbeitsbereich",
  sentence: (slug) => `Programme kennen ihn als ${slug}; dieser Name ändert sich nie.`,
  general: "Allgemein",
  name: "Name",
  nameSaved: "Der Arbeitsbereich hat einen neuen Namen.",
  rules: "Wie Ereignisse gelesen werden",
  rulesText: "Eine Änderung gilt für Ereignisse, die danach kommen.",
  phoneCountry: "Land der Telefonnummern",
  phoneCountryHint: "Zwei Buchstaben, etwa DE. Nummern ohne Ländervorwahl werden als Nummern dieses Landes gelesen; ist keines genannt, werden sie gar nicht gelesen.",
  phoneCountryWrong: "Zwei Buchstaben nach ISO 3166, etwa DE, AT oder CH.",
  consent: "Wo niemand über eine Kategorie entschieden hat, gilt die Einwilligung als",
  consentGranted: "Erteilt",
  consentDenied: "Verweigert",
  internalIps: "Eigene Adressen",
  internalIpsHint: "Je Zeile eine Adresse oder ein Bereich, etwa 192.0.2.0/24. Was von dort kommt, wird als intern gekennzeichnet, nie verworfen.",
  keep: "Ereignisse aufbewahren",
  keepForever: "Für immer",
  keepDays: "Für eine Anzahl von Tagen",
  days: "Tage",
  keepHint: "Ältere Ereignisse werden Tag für Tag aus der Ereignistabelle entfernt und kommen nie zurück. Was sie an Personen bewirkt haben, bleibt.",
  keepWarning: (days) => `Ereignisse, die vor mehr als ${count(days)} Tagen geschehen sind, werden endgültig entfernt, beginnend in wenigen Minuten.`,
  keepWrong: "Eine ganze Zahl von Tagen, mindestens 7.",
  saved: "Gespeichert. Es gilt ab jetzt für neue Ereignisse.",
  paths: "Eigenschaften mit eigenem Platz",
  pathsText: (known, limit) => `${count(known)} von ${count(limit)} Namen von Eigenschaften lassen sich schnell abfragen. Was darüber hinausgeht, findet sich nur in den Rohdaten.`,
  readOnly: "Nur Inhaber, Verwaltung und Entwicklung ändern das.",
};
