// Der Rahmen: Navigation und Schalter.
import type { Texts } from "../en/en.ts";

export const navigation: Texts["navigation"] = {
  label: "Hauptnavigation",
  home: "Startseite",
  start: "Erste Schritte",
  sources: "Quellen",
  live: "Live-Ansicht",
  held: "Zurückgehalten",
  schema: "Ereignisse und Felder",
  profiles: "Profile",
  audiences: "Zielgruppen",
  destinations: "Ziele",
  computed: "Berechnete Merkmale",
  merges: "Zusammenführungen",
  audit: "Protokoll",
  settings: "Einstellungen",
  collapse: "Navigation einklappen",
  expand: "Navigation ausklappen",
  open: "Navigation öffnen",
  search: "Suchen oder öffnen",
  reference: "API-Referenz",
  signOut: "Abmelden",
  scheme: { auto: "Wie das System", light: "Hell", dark: "Dunkel", label: "Aussehen" },
  workspace: "Arbeitsbereich",
  token: "API-Token",
};
