// Die Befehlspalette.
import type { Texts } from "../en/en.ts";

export const palette: Texts["palette"] = {
  placeholder: "Seite öffnen, oder Person nach E-Mail, Name oder ID finden",
  goTo: "Öffnen",
  people: "Personen",
  actions: "Aktionen",
  nothing: "Nichts gefunden. Versuchen Sie eine ganze E-Mail-Adresse oder ID.",
  searching: "Personen werden gesucht…",
  shortcuts: "Tastenkürzel",
  newAudience: "Neue Zielgruppe",
  audienceTemplates: "Zielgruppen: Vorlagen",
  newImport: "Datei importieren",
  imports: "Importe",
  newToken: "API-Token anlegen",
  invite: "Jemanden einladen",
  enter: (workspace) => `Arbeitsbereich ${workspace} öffnen`,
  light: "Helles Aussehen",
  dark: "Dunkles Aussehen",
};
