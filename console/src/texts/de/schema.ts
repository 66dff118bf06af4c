// Was ankommt: Ereignisse und ihre Felder.
import type { Texts } from "../en/en.ts";
import { count, plural } from "../words.ts";

export const schema: Texts["schema"] = {
  title: "Ereignisse und Felder",
  sentence: (events, fields, undecided) =>
    `${plural(events, "Ereignis", "Ereignisse")}, ${plural(fields, "Feld", "Felder")}; ${undecided === 0 ? "über jedes ist entschieden, ob es personenbezogen ist." : `bei ${plural(undecided, "Feld", "Feldern")} fehlt noch Ihre Entscheidung, ob ${undecided === 1 ? "es" : "sie"} personenbezogen ${undecided === 1 ? "ist" : "sind"}.`}`,
  beyond: (events, fields, limits) =>
    [
      ...(events > 0 ? [`${plural(events, "Ereignis hat einen Namen, der nicht aufgeführt ist", "Ereignisse haben Namen, die nicht aufgeführt sind")}: Ein Arbeitsbereich führt ${count(limits.events)} Namen auf.`] : []),
      ...(fields > 0 ? [`${plural(fields, "Wert steht in einem Feld, das nicht aufgeführt ist", "Werte stehen in Feldern, die nicht aufgeführt sind")}: Ein Arbeitsbereich führt ${count(limits.fields)} Felder auf.`] : []),
      "Nichts ist verloren, und was nicht aufgeführt ist, bleibt verdeckt.",
    ].join(" "),
  tabs: { events: "Ereignisse", decide: "Zu entscheiden", traits: "Merkmale", context: "Kontext" },
  tabsLabel: "Was gezeigt wird",
  find: { events: "Ereignis suchen", fields: "Feld suchen" },
  onlyChanged: "Nur Geändertes",
  columns: {
    event: "Ereignis", type: "Aufruf", count: "Ereignisse", last: "Zuletzt", curve: "30 Tage", fields: "Felder", undecided: "Offen", changed: "Geändert",
    field: "Feld", types: "Typ", share: "Anteil", examples: "Beispiel", personal: "Personenbezug", proposal: "Vorschlag, weil", kind: "Art", description: "Beschreibung", owner: "Zuständig", first: "Zuerst",
  },
  curve: (perDay) => `${count(perDay.reduce((a, b) => a + b, 0))} in 30 Tagen, ${count(perDay.at(-1) ?? 0)} heute`,
  types: { text: "Text", number: "Zahl", boolean: "ja oder nein", list: "mehrere Werte", objects: "mehrere Objekte" },
  drift: {
    new: (days) => (days === 0 ? "Neu seit heute" : `Neu seit ${plural(days, "Tag", "Tagen")}`),
    stopped: (days) => `Bleibt aus seit ${plural(days, "Tag", "Tagen")}`,
    type: (was, now, share) => `War ${was}, jetzt ${now} in ${share}`,
    fell: (from, to) => `Von ${from} auf ${to} der Ereignisse gefallen`,
    rose: (from, to) => `Von ${from} auf ${to} der Ereignisse gestiegen`,
    fieldsNew: (n) => plural(n, "neues Feld", "neue Felder"),
    fieldsSilent: (n) => plural(n, "Feld bleibt aus", "Felder bleiben aus"),
  },
  personal: { yes: "Ja", no: "Nein", undecided: "Offen" },
  proposed: { yes: "Vermutlich ja", no: "Vermutlich nein", none: "Offen" },
  decidedBy: { workspace: "Vom Arbeitsbereich entschieden", program: "Durch das Protokoll bekannt; Sie können anders entscheiden", nobody: "Verdeckt, bis jemand entscheidet" },
  isGroup: "Über jedes Feld darin wird einzeln entschieden",
  kinds: { identity: "Identität", demographic: "Demografie", firmographic: "Unternehmen", behaviour: "Verhalten", transaction: "Transaktion", intent: "Absicht" },
  noKind: "Keine Art",
  allEvents: "alle Ereignisse",
  places: { trait: "Merkmal", property: "Eigenschaft", context: "Kontext", account: "Firmenkonto" },
  keys: "y personenbezogen · n nicht personenbezogen · a Vorschlag annehmen · u offen lassen · j k weiter",
  decide: { yes: "Personenbezogen", no: "Nicht personenbezogen", accept: "Vorschlag annehmen", acceptAll: (n) => (n === 1 ? "Den Vorschlag annehmen" : `Alle ${count(n)} Vorschläge annehmen`), undo: "Offen", label: "Ist es personenbezogen?" },
  decided: {
    yes: (name) => `${name} ist personenbezogen: verdeckt für alle, die Personen nicht sehen dürfen.`,
    no: (name) => `${name} ist nicht personenbezogen: sichtbar für alle im Arbeitsbereich.`,
    undone: (name) => `${name} ist offen: verdeckt, bis jemand entscheidet.`,
    many: (n) => `${plural(n, "Vorschlag", "Vorschläge")} angenommen.`,
  },
  proposal: "Was dafür spricht",
  facts: { types: "Kommt als", share: "Anteil der Ereignisse", count: "Ereignisse damit", first: "Zuerst gesehen", last: "Zuletzt gesehen", examples: "Beispiele", kind: "Art", description: "Was es bedeutet", owner: "Wer dafür zuständig ist", standing: "Personenbezug" },
  examplesMasked: "Verdeckt: Ihre Rolle zeigt keine Personen.",
  noExamples: "Kein Beispiel ist aufbewahrt.",
  changed: "Was sich geändert hat",
  saved: "Gespeichert.",
  notSaved: (reason) => `Nicht gespeichert: ${reason}`,
  none: { title: "Noch ist nichts angekommen", text: "Jedes Ereignis und jedes Feld, das ankommt, steht nach einigen Sekunden von selbst hier: was es enthält, wie oft es kommt, ob es eine Person betrifft.", action: "Quelle anbinden" },
  noneFound: { title: "Nichts passt", text: "Nichts, was angekommen ist, trägt das im Namen.", action: "Filter löschen" },
  noFields: { title: "Keine Felder", text: "Dieses Ereignis enthält nichts außer seinem Namen." },
  allDecided: { title: "Alles entschieden", text: "Über jedes Feld, das ankommt, ist entschieden, ob es personenbezogen ist. Ein neues wartet hier, verdeckt." },
  eventSentence: (n, fields) => `${plural(n, "Ereignis", "Ereignisse")}, ${plural(fields, "Feld", "Felder")}.`,
};
