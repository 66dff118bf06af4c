// Wörter, die auf vielen Seiten stehen.
import type { Texts } from "../en/en.ts";
import { count, plural } from "../words.ts";

const abbreviations = { h: "Std.", min: "Min.", s: "Sek." } as const;

export const everywhere: Texts["everywhere"] = {
  retry: "Noch einmal versuchen",
  close: "Schließen",
  copy: "Kopieren",
  copied: "Kopiert",
  cancel: "Abbrechen",
  save: "Speichern",
  undo: "Rückgängig",
  leaveUnsaved: "Was Sie hier geändert haben, ist nicht gespeichert. Die Seite trotzdem verlassen?",
  loading: "Wird geladen",
  more: "Mehr laden",
  none: "Keine",
  nobody: "Niemand",
  skip: "Zum Inhalt springen",
  requestId: "Anfrage",
  empty: "leer",
  failedToLoad: "Das konnte nicht geladen werden",
  offline: { message: "Der Server ist nicht erreichbar.", hint: "Prüfen Sie, ob er läuft und ob dieser Rechner ihn erreicht; versuchen Sie es dann noch einmal." },
  unreadable: { message: "Die Antwort des Servers ist nicht lesbar.", hint: "Versuchen Sie es noch einmal. Bleibt es dabei, suchen Sie die Anfrage im Protokoll des Servers." },
  refusedForNow: {
    read: (seconds) => `Versuchen Sie es in ${plural(seconds, "Sekunde", "Sekunden")} noch einmal.`,
    change: (seconds) => `Es wurde nicht ausgeführt. Versuchen Sie es in ${plural(seconds, "Sekunde", "Sekunden")} noch einmal.`,
  },
  pageFailed: { message: "Auf dieser Seite ist ein Fehler aufgetreten.", hint: "Laden Sie sie neu. Bleibt es dabei, sagt die Konsole des Browsers, wo." },
  notFound: { title: "Diese Seite gibt es nicht", text: "Vielleicht ist die Adresse vertippt, oder die Seite ist umgezogen.", action: "Zur Startseite" },
  forbidden: "Ihr Token oder Ihre Rolle darf das nicht sehen.",
  lasting: (n, unit) => (unit === "d" ? plural(n, "Tag", "Tage") : `${count(n)} ${abbreviations[unit]}`),
  ago: (n, unit) => `vor ${unit === "d" ? plural(n, "Tag", "Tagen") : `${count(n)} ${abbreviations[unit]}`}`,
  in: (n, unit) => `in ${unit === "d" ? plural(n, "Tag", "Tagen") : `${count(n)} ${abbreviations[unit]}`}`,
  now: "gerade eben",
  today: "Heute",
  yesterday: "Gestern",
  units: {
    bytes: "Byte", characters: "Zeichen", connections: "Verbindungen", events: "Ereignisse", levels: "Ebenen", properties: "Eigenschaften", "write keys": "Schreibschlüssel",
  },
  quoted: (name) => `„${name}“`,
  edit: (what) => `Bearbeiten: ${what}`,
  exportCsv: "Als CSV exportieren",
  rows: (n) => plural(n, "Zeile", "Zeilen"),
  outcomes: {
    stored: "Gespeichert", duplicate: "Wiederholung", quarantined: "Zurückgehalten", dropped: "Verworfen", withdrawn: "Zurückgenommen", failed: "Gescheitert", pending: "Wartet", expired: "Abgelaufen",
  },
  sourceHealth: { off: "Ausgeschaltet", quiet: "Still", well: "In Ordnung", held: "Hält zurück", failed: "Gestört", unbalanced: "Geht nicht auf" },
  unnamed: "Anonymer Besucher",
};
