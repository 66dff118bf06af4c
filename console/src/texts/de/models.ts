// Modelle: Abfragen, deren Zeilen einen Schlüssel haben, ihre Läufe, und was sich an den Zeilen geändert hat; und die Warehouses, die sie lesen.
import type { Texts } from "../en/en.ts";
import { count, plural } from "../words.ts";
import { locale } from "../language.ts";

const short = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(locale, { style: "percent" });
const seconds = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });

export const models: Texts["models"] = {
  title: "Modelle", make: "Neues Modell", what: "Ein Modell liest Zeilen mit einer Abfrage, immer wieder, und gibt weiter, was sich an ihnen geändert hat.",
  sentence: (all, asking, failed) =>
    `${plural(all, "Modell", "Modelle")}${asking === 0 ? "" : `, ${count(asking)} ${asking === 1 ? "wartet" : "warten"} auf eine Antwort`}${failed === 0 ? "" : `, ${count(failed)} zuletzt gescheitert`}.`,
  find: "Modell finden", show: "Welche Modelle", shows: { active: "In Gebrauch", archived: "Archiviert" }, ownTables: "Eigene Tabellen von Tributary", figure: (n) => short.format(n),
  columns: { name: "Name", reads: "Liest", state: "Letzter Lauf", result: "Zustand", found: "Geändert", rows: "Zeilen", last: "Wann", next: "Nächster Lauf", at: "Begonnen", cause: "Warum", took: "Dauer", why: "Was gesagt wurde", change: "Änderung", key: "Zeile", what: "Was" },
  statuses: { waiting: "Wartet", reading: "Liest", comparing: "Vergleicht", asking: "Wartet auf Sie", done: "Fertig", failed: "Gescheitert", stopped: "Angehalten" },
  causes: { schedule: "Nach Plan", manual: "Von Hand", import: "Nach einem Import", forget: "Jemand wird vergessen" },
  changes: { added: "Neu", changed: "Geändert", removed: "Entfernt" }, would: { added: "Käme hinzu", changed: "Würde geändert", removed: "Würde entfernt" }, anyChange: "Jede Änderung",
  never: "Nie gelaufen", none: "Noch keine Modelle",
  noneText: "Schreiben Sie eine Abfrage über Ihr Warehouse oder über Tributarys eigene Tabellen und nennen Sie den Schlüssel. Jeder Lauf vergleicht die Zeilen mit denen davor, und Abonnements von Zielen senden, was neu, geändert oder entfernt ist.",
  noMatch: "Kein Modell passt", noMatchText: "Versuchen Sie andere Wörter.", clear: "Alle zeigen",
  tabs: { runs: "Läufe", rows: "Zeilen", definition: "Definition" },
  hasRows: (n) => plural(n, "Zeile", "Zeilen"), byHand: "Läuft von Hand", waits: "Läuft nach dem nächsten Import", paused: "Sein Plan ruht", nextRun: "Nächster Lauf {when}",
  edit: "Bearbeiten", run: "Jetzt laufen lassen", stop: "Anhalten", readSoFar: (n) => `${plural(n, "Zeile", "Zeilen")} gelesen`,
  foundText: { added: (n) => `${plural(n, "Zeile", "Zeilen")} hinzugekommen`, changed: (n) => `${plural(n, "Zeile", "Zeilen")} geändert`, removed: (n) => `${plural(n, "Zeile", "Zeilen")} entfernt` },
  asks: "Dieser Lauf wartet auf Sie, bevor etwas von ihm gilt", failed: "Der letzte Lauf ist gescheitert; nichts von ihm gilt", failedHint: "Abfrage oder Warehouse in Ordnung bringen und noch einmal laufen lassen.", lines: (lines) => `${lines.length === 1 ? "Zeile" : "Zeilen"} ${lines.map((line) => count(line)).join(", ")}`,
  look: "Zeilen ansehen", accept: "Übernehmen", refuse: "Ablehnen",
  seconds: (n) => `${seconds.format(n)} s`, noRuns: "Noch keine Läufe", noRunsText: "Lassen Sie es jetzt laufen, oder warten Sie auf seinen Plan. Der erste Lauf fragt, bevor etwas gesendet wird.",
  noChanges: "Keine geänderten Zeilen", noChangesText: "Hier stehen Zeilen, die ein Lauf neu, geändert oder nicht mehr findet.", noChangesShown: "Keine davon.", ofRun: (run) => `Lauf ${run}`,
  row: "Zeile", suppressed: "Über jemanden, der gesperrt ist: wird nicht gezeigt.", skipped: (lines) => plural(lines, "Textzeile", "Textzeilen"), notSent: "Nirgendwohin gesendet.",
  percent: (share) => percent.format(share), fed: "Wurden Ereignisse", changedBy: "Geändert",
  fedText: (events, passed) => `${plural(events, "Ereignis", "Ereignisse")}${passed === 0 ? "" : `, ${count(passed)} übergangen`}.`,
  scheduleText: (schedule) => (schedule === undefined ? "Von Hand" : "cron" in schedule ? `${schedule.cron} (${schedule.zone})` : "everyMinutes" in schedule ? `Alle ${plural(schedule.everyMinutes, "Minute", "Minuten")}` : `Nach jedem Import in ${schedule.afterImport}`),
  feedText: (call, source) => `${call}-Aufrufe der Quelle ${source}`,
  enabled: "Sein Plan läuft, und seine Zeilen werden Ereignisse", archive: "Archivieren", archived: "Das Modell ist archiviert.", archiveTitle: (name) => `Das Modell „${name}“ archivieren?`,
  archiveText: (n) => `Es läuft nicht mehr, und Abonnements seiner ${plural(n, "Zeile", "Zeilen")} senden nichts mehr. Was gesendet wurde, bleibt, wo es ist. Zurück geht es nicht: dann ein neues anlegen.`,
  form: {
    sentence: "Was die Abfrage jetzt gibt, wird Zeile für Zeile nach dem Schlüssel mit dem verglichen, was sie davor gab.",
    query: "Abfrage", name: "Name", warehouse: "Wo es liest", sql: "SQL", files: "Dateien", sqlHint: "Eine Abfrage, die liest, in den Worten dieses Warehouses.", ownHint: "Ein SELECT über Ihre eigenen Tabellen: profiles, events, audiences und andere.", filesHint: "Namen von Dateien, mit * für einen beliebigen Teil: exports/customers-*.csv",
    preview: "Erste Zeilen zeigen", previewFirst: "Zeigen Sie die ersten Zeilen, um unter den Spalten zu wählen.", rows: "Zeilen", key: "Schlüssel", keyHint: "Spalten, die zusammen jede Zeile von allen anderen unterscheiden.",
    person: "Über wen", personHint: "Die Spalte, die die Person nennt, damit Einwilligung und Sperre gelten und ihre Seite zeigt, was gesendet wurde.", nobody: "Niemanden", namespace: "Art der Kennung", namespaceHint: "Etwa user_id oder email.",
    schedule: "Wann es läuft", when: "Wann", schedules: { none: "Von Hand", minutes: "Alle so viele Minuten", cron: "Nach der Uhr", import: "Nach einem Import" }, minutes: "Minuten", cron: "Minute, Stunde, Tag, Monat, Wochentag", cronHint: (zone) => `Nach der Uhr von ${zone}. 0 6 * * 1: montags um sechs.`,
    stopShare: "Anhalten und fragen", stopHint: "Wenn ein Lauf mehr als diesen Teil der Zeilen entfernen würde.", feeds: "Was Zeilen hier werden", noFeed: "Nichts: Sie gehen nur an Ziele", feedsHint: "Zeilen können auch Personen, Konten oder Ereignisse dieses Arbeitsbereichs werden, wie die jeder Quelle.", call: "Als",
    calls: { none: "Nichts", identify: "Personen (identify)", group: "Konten (group)", track: "Ereignisse (track), jede Zeile einmal" }, source: "Quelle", choose: "Wählen Sie eine", none: "Keine", userId: "Kennung der Person", groupId: "Kennung des Kontos", event: "Name des Ereignisses",
    sample: (rows, isCut, took) => `${isCut ? `Die ersten ${plural(rows, "Zeile", "Zeilen")}` : plural(rows, "Zeile", "Zeilen")}, in ${seconds.format(took)} s.`, save: "Speichern", make: "Modell anlegen", then: "Nichts wird gelesen, bevor Sie es laufen lassen, und der erste Lauf fragt, bevor etwas gesendet wird.",
  },
  warehouse: {
    title: "Warehouses", add: "Warehouse hinzufügen", none: "Noch kein Warehouse", noneText: "Tributarys eigene Tabellen lesen Modelle auch ohne. Fügen Sie die Datenbank oder die Dateien hinzu, die Sie anderswo haben.", kind: "Art", name: "Name",
    columns: { name: "Name", kind: "Art", slug: "In Modellen", by: "Geändert von", at: "Geändert" }, saveAndTest: "Speichern und testen", works: "Es kann gelesen werden.", remove: "Archivieren", removed: "Das Warehouse ist archiviert.", inUse: (n) => `${plural(n, "Modell liest", "Modelle lesen")} es.`,
    provenServer: "Gegen einen echten Server erprobt.", provenDocumentation: "Gegen das erprobt, was seine Dokumentation sagt, nicht gegen den Dienst selbst.",
  },
};
