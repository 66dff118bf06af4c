// Einstellungen: der Rahmen und die Namen der Abschnitte. Was in einem Abschnitt steht, hat je eine eigene Datei.
import type { Texts } from "../en/en.ts";

export const settings: Texts["settings"] = {
  title: "Einstellungen",
  label: "Einstellungen",
  choose: "Abschnitt",
  account: "Mein Konto",
  members: "Mitglieder",
  workspace: "Arbeitsbereich",
  tokens: "API-Tokens",
  identity: "Identitätsregeln",
  problems: "Kundendienst",
  alerts: "Alarme",
  vocabulary: "Vokabular",
  limits: "Grenzen",
  save: "Änderungen speichern",
  discard: "Verwerfen",
  finishFirst: "Was markiert ist, muss noch berichtigt werden.",
  forbidden: { title: "Das ist für Sie nicht zugänglich", text: "Ihre Rolle oder Ihr Token darf diesen Abschnitt nicht sehen. Inhaber und Verwaltung des Arbeitsbereichs können Ihre Rolle ändern." },
};
