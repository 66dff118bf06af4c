// Zielgruppen: die Liste, der Bau, eine Zielgruppe, Vorlagen und Listen.
import type { Texts } from "../en/en.ts";
import { count, plural } from "../words.ts";

const share = new Intl.NumberFormat("de", { maximumFractionDigits: 1 });
const people = (n: number): string => plural(n, "Person", "Personen");

export const audiences: Texts["audiences"] = {
  title: "Zielgruppen",
  sentence: "Gruppen von Personen danach, was sie sind und taten. Jede bleibt aktuell, mit jedem Ereignis und mit der Zeit, die vergeht.",
  create: "Neue Zielgruppe",
  build: "Zielgruppe bauen",
  fromTemplate: "Mit einer Vorlage beginnen",
  search: "Zielgruppe suchen",
  tabs: { all: "Zielgruppen", templates: "Vorlagen", lists: "Listen" },
  columns: { name: "Zielgruppe", sentence: "Wer darin ist", size: "Personen", trend: "Letzte 4 Wochen", status: "Zustand", changed: "Geändert", by: "Geändert von", slug: "Name für Programme" },
  trend: (first, last, days) => `Von ${count(first)} auf ${count(last)} in ${plural(days, "Tag", "Tagen")}`,
  status: { filling: "Wird gezählt", active: "Aktuell", failed: "Gescheitert", archived: "Archiviert" },
  filter: { in_use: "In Gebrauch", filling: "Werden gezählt", failed: "Gescheitert", archived: "Archiviert" },
  none: "Noch keine Zielgruppe",
  noneText: "Eine Zielgruppe sagt in einem Satz, wer darin ist: etwa alle, die in den letzten 14 Tagen ein rotes Kleid gekauft haben. Sie zeigt schon beim Bauen ihre Größe und stimmt binnen einer Sekunde mit dem überein, was geschieht.",
  noneFound: "Keine Zielgruppe passt",
  noneFoundText: "Suchen Sie nach einem anderen Wort, oder nehmen Sie einen Filter weg.",
  folders: { label: "Ordner", all: "Alle Ordner" },
  usedKinds: { audience: "Zielgruppe", computed_trait: "Berechnetes Merkmal", list: "Liste", subscription: "Abonnement eines Ziels" },

  picker: { nothing: "Nichts passt. Tippen Sie ein anderes Wort.", times: (n) => `${count(n)}-mal gesehen`, useEvent: (text) => `Das Ereignis „${text}“ nehmen` },
  add: {
    label: "Bedingung hinzufügen", toGroup: "Zu dieser Gruppe hinzufügen", search: "Ereignis, Merkmal, Zielgruppe suchen…", events: "Was sie taten", traits: "Was sie sind", audiences: "In welchen Zielgruppen sie sind", more: "Mehr",
    kinds: { identifier: "Bekannt durch E-Mail, Telefonnummer …", consent: "Worin sie eingewilligt haben", list: "Auf einer Liste", share: "Ein zufälliger Anteil der Personen", first_of: "In der ersten passenden von mehreren Zielgruppen", account: "Personen desselben Kontos", sequence: "Taten etwas in einer Reihenfolge", computed: "Ein berechnetes Merkmal" },
  },
  not: { label: "Ob es gelten muss", is: "gilt", not: "nicht:" },
  group: {
    how: "Wie viele gelten müssen", least: "Mindestens so viele", label: (how) => `Bedingungen: ${how}`,
    hows: { all: "alle", any: "eine", none: "keine", at_least: "mindestens" },
    tail: { all: "von diesen gelten", any: "von diesen gilt", none: "von diesen gilt", at_least: "von diesen gelten" },
    joints: { all: "und", any: "oder", none: "noch", at_least: "·" },
  },
  row: {
    handle: (index, all) => `Bedingung ${count(index)} von ${count(all)}: mit Alt und Pfeiltasten verschieben, mit der Leertaste auswählen`,
    handleHint: "Ziehen verschiebt, Klicken wählt aus. Alt+↑ ↓ ← → verschiebt, Entf entfernt, Strg+D verdoppelt, Strg+G gruppiert.",
    menu: "Was mit dieser Bedingung geschieht", duplicate: "Verdoppeln", indent: "In eine Gruppe hinein", outdent: "Aus der Gruppe heraus", group: "In eine neue Gruppe", groupMany: (n) => `${count(n)} ausgewählte in eine Gruppe`,
    ungroup: "Gruppe auflösen", makeNot: "Umkehren: darf nicht gelten", notNot: "Umkehren: muss gelten", remove: "Entfernen",
    moved: { up: "Nach oben verschoben.", down: "Nach unten verschoben.", in: "In eine Gruppe verschoben.", out: "Aus der Gruppe verschoben.", duplicated: "Verdoppelt.", grouped: "In eine Gruppe getan.", removed: "Entfernt." },
  },
  from: {
    label: "Woraus die Zielgruppe gewählt wird", known: "Bekannte Personen", anonymous: "Anonyme Personen", everyone: "Alle, bekannt oder anonym,", who: "für die",
    withoutBots: "ohne Bots und internen Verkehr", with: (what) => `mit ${what}`, bots: "Bots", internal: "internem Verkehr", included: "Was außerdem zählt",
    botsLabel: "Bots", internalLabel: "Interner Verkehr", includedText: "Dann zählen deren Ereignisse, und wer nur solche hat, kann darin sein.",
  },
  event: {
    did: "Ob sie es taten", dids: { did: "taten", not: "taten nicht" }, which: "Ereignis", choose: "Ereignis wählen", or: "oder ein anderes Ereignis …", orAnother: "Oder ein anderes Ereignis", roles: "In Ihrem Vokabular",
    oncePer: "gezählt einmal je", dropOncePer: "Jedes Ereignis zählen", addOncePer: (path) => `einmal je ${path} zählen`,
  },
  measure: {
    label: "Was gezählt wird", comparison: "Wie verglichen wird", value: "Verglichen mit", property: "Eigenschaft", choose: "Eigenschaft wählen", once: "Mal", with: "mit", whose: "und",
    of: { count: "Mal", sum: "einer Summe von", average: "einem Durchschnitt von", min: "einem kleinsten", max: "einem größten", distinct: "einer Anzahl verschiedener", first: "das erste Mal", last: "das letzte Mal" },
    ops: { at_least: "mindestens", at_most: "höchstens", more_than: "mehr als", less_than: "weniger als", equals: "genau", between: "zwischen", more_than_ago: "", in_last: "", before: "", on_or_after: "" },
    isOps: { at_least: "von mindestens", at_most: "von höchstens", more_than: "von mehr als", less_than: "von weniger als", equals: "von genau", between: "zwischen", more_than_ago: "länger her als", in_last: "in den letzten", before: "vor dem", on_or_after: "am oder nach dem" },
    net: { label: "Erstattungen", gross: "vor Erstattungen", net: "abzüglich Erstattungen" },
  },
  filters: {
    where: "mit", and: "und", or: "oder", not: "nicht", add: "mit …", addAnother: "und …", item: "eines der", has: "hat", sameItem: "und dasselbe …",
    ofItem: (list) => `Von einem der ${list}`, ofEvent: "Vom Ereignis", ofContext: "Wo es geschah", searchProperty: "Eigenschaft suchen", searchValue: (name) => `Wert von ${name} suchen`,
    useProperty: (text) => `Die Eigenschaft „${text}“ nehmen`, otherwise: "Sonst", otherComparison: "Anders vergleichen …", otherOps: "Andere Vergleiche",
    comparison: (name) => `Wie ${name} verglichen wird`, remove: (name) => `${name} entfernen`, more: "Was mit diesem Filter geschieht", makeNot: "Umkehren: darf nicht gelten", notNot: "Umkehren: muss gelten", makeOr: "Oder etwas anderes", another: "Und ein weiteres davon, das …", removeFilter: "Entfernen",
  },
  context: {
    page_path: "Pfad der Seite", page_url: "Adresse der Seite", page_referrer: "Woher sie kamen", device_type: "Art des Geräts", os: "Betriebssystem", browser: "Browser", country: "Land", locale: "Sprache", timezone: "Zeitzone",
    campaign_source: "Kampagne: Quelle", campaign_medium: "Kampagne: Medium", campaign_name: "Kampagne: Name", campaign_term: "Kampagne: Suchwort", campaign_content: "Kampagne: Inhalt", library: "SDK", type: "Art des Aufrufs",
  },
  ops: {
    is_set: "ist gesetzt", is_not_set: "ist nicht gesetzt", equals: "ist", not_equals: "ist nicht", one_of: "ist eines von", none_of: "ist keines von", contains: "enthält", does_not_contain: "enthält nicht", starts_with: "beginnt mit", ends_with: "endet auf",
    matches: "passt zum Muster", has_all: "hat alle von", more_than: "ist mehr als", at_least: "ist mindestens", less_than: "ist weniger als", at_most: "ist höchstens", between: "ist zwischen", before: "ist vor dem", on_or_after: "ist am oder nach dem",
    in_last: "liegt in den letzten", in_next: "liegt in den nächsten", more_than_ago: "ist länger her als", anniversary: "hat Jahrestag",
  },
  value: {
    of: (name) => `Wert von ${name}`, from: (name) => `${name}: von`, to: (name) => `${name}: bis`, and: "und", or: "oder …", yes: "ja", no: "nein", text: "Text", choose: "Wert wählen", search: "Wert suchen oder tippen",
    suggested: "Am häufigsten", use: (text) => `„${text}“ nehmen`, noSuggestions: "Hier gibt es keine Vorschläge. Tippen Sie einen Wert.", masked: "Die Werte dieses Feldes sind für Sie verborgen. Tippen Sie den, den Sie meinen.",
    remove: (value) => `${value} entfernen`, more: (n) => `und ${count(n)} weitere`,
  },
  anniversary: { label: "Wann der Jahrestag ist", today: "heute", this_month: "in diesem Monat", next_days: "innerhalb von", days: "Tagen" },
  trait: { which: "Merkmal", search: "Merkmal suchen", use: (text) => `Das Merkmal „${text}“ nehmen`, held: "seit mindestens", dropHeld: "Egal wie lange", addHeld: "und wie lange schon …" },
  computed: { which: "Berechnetes Merkmal", search: "Berechnetes Merkmal suchen", choose: "berechnetes Merkmal wählen" },
  identifier: { is: "Ob sie es haben", known: "mit bekannter Kennung", unknown: "ohne bekannte Kennung", anonymous: "sind anonym: nur durch Geräte bekannt", which: "Art der Kennung", search: "Art der Kennung suchen", kinds: "Arten von Kennungen", use: (text) => `„${text}“ nehmen` },
  audience: { is: "sind in der Zielgruppe", not: "sind nicht in der Zielgruppe", which: "Zielgruppe", search: "Zielgruppe suchen", choose: "Zielgruppe wählen" },
  list: { is: "stehen auf der Liste", not: "stehen nicht auf der Liste", which: "Liste", search: "Liste suchen", choose: "Liste wählen" },
  consent: { is: "Was sie sagten", granted: "haben eingewilligt in", denied: "haben die Einwilligung verweigert in", unknown: "haben nichts gesagt zu", which: "Wofür", search: "Zweck suchen oder tippen", categories: "Ihrer Kanäle" },
  share: { is: "sind im zufälligen Anteil von", not: "sind nicht im zufälligen Anteil von", from: "Von Prozent", until: "bis", to: "Bis Prozent", percent: "Prozent der Ziehung", salt: "Name der Ziehung", saltExample: "Name der Ziehung", note: "Derselbe Name zieht dieselben Personen." },
  firstOf: { isIn: "sind in", is: "Welche davon", order: "und in keiner davor von", add: "Zielgruppe hinzufügen …", earlier: (name) => `${name} nach vorn` },
  sequence: {
    is: "taten nacheinander", not: "taten nicht nacheinander", strict: "Ob etwas dazwischen kommen darf", loose: "mit Beliebigem dazwischen", strictly: "ohne anderes Ereignis dazwischen", gap: "höchstens nach", addGap: "binnen welcher Zeit …", drop: (n) => `Schritt ${count(n)} entfernen`,
    addStep: "und dann …", whole: "alles binnen", addWhole: "alles binnen …", same: "mit gleichem", addSame: "über dasselbe …", dropSame: "Über Beliebiges", never: "und danach nie", neverFor: "für", addNever: "und danach nicht …", dropNever: "Was auch folgt", without: "ohne", addWithout: "ohne etwas dazwischen …", dropWithout: "Was auch dazwischen kommt",
  },
  account: { label: "Von den Personen ihres Kontos", any: "für jemanden aus demselben Konto", all: "für alle aus demselben Konto", none: "für niemanden aus demselben Konto", note: "Die Person selbst gehört dazu." },
  json: { label: (kind) => `Bedingung „${kind}“ als JSON`, note: "Für diese Art von Bedingung gibt es hier noch keine Worte. Sie wird bearbeitet, wie sie gespeichert ist.", wrong: "Das ist keine Bedingung in JSON: ein Objekt mit `kind`." },

  window: {
    label: "Über welche Zeit", say: "Sagen Sie es", example: "14 Tage, dieser Monat, seit 1. Mai, jemals", understood: (text) => `Eingabetaste: ${text}`, notUnderstood: "Nicht verstanden. Versuchen Sie „30 Tage“, „dieses Quartal“, „seit 1. Mai“.", kind: "Art der Zeitspanne", unfinished: "Zeit wählen",
    kinds: { rolling: "Letzte", period: "Kalender", between: "Daten", since: "Seit", ever: "Jemals" },
    notes: {
      rolling: "Zurückgezählt von jedem Augenblick: Ein Ereignis geht auf die Sekunde genau hinaus. Tage haben 24 Stunden; Monate enden zur selben Tageszeit, spätestens an ihrem letzten Tag.", period: "Ganze Zeiträume des Kalenders. Wochen beginnen am Montag, Tage um Mitternacht der Zone.",
      between: "Vom Beginn des ersten Tages bis vor den letzten.", since: "Vom Datum in einem Merkmal oder von einem Ereignis derselben Person an.", ever: "Alles, was bekannt ist.",
    },
    inTheLast: "in den letzten", howMany: "Wie viele", unit: "Einheit", period: "Welcher Zeitraum", periods: { this: "dieser Zeitraum:", previous: "der vorige:", last: "die letzten" }, zone: "Zeitzone", zones: { workspace: "in der Zeitzone des Arbeitsbereichs", person: "in ihrer eigenen Zeitzone" },
    zoneOfWorkspace: (zone) => `Die Zeitzone des Arbeitsbereichs ist ${zone}.`,
    from: "vom", until: "bis vor dem", fromDay: "Erster Tag", untilDay: "Tag, vor dem es endet", since: "seit", which: "Welches davon", whiches: { first: "dem ersten", last: "dem letzten" }, anchor: "Ereignis oder Merkmal", chooseAnchor: "Ereignis oder Merkmal wählen", addFor: "und wie lange …", for: "für", dropFor: "Ohne Ende",
    unit1: { minute: "Minute", hour: "Stunde", day: "Tag", week: "Woche", month: "Monat", quarter: "Quartal", year: "Jahr" },
    units: { minute: "Minuten", hour: "Stunden", day: "Tagen", week: "Wochen", month: "Monaten", quarter: "Quartalen", year: "Jahren" },
  },
  windowWords: {
    units: { minute: "min|minute|minuten", hour: "h|std|stunde|stunden", day: "t|tag|tage|tagen", week: "w|woche|wochen", month: "m|monat|monate|monaten", quarter: "q|quartal|quartale|quartalen", year: "j|jahr|jahre|jahren" },
    this: "dieser|diese|dieses|diesen|diesem", previous: "voriger|vorige|voriges|vorigen|letzter|letzte|letztes|letzten", since: "seit|ab", before: "vor|bis", ever: "jemals|immer|alles",
    months: ["januar", "februar", "märz", "april", "mai", "juni", "juli", "august", "september", "oktober", "november", "dezember"],
  },

  builder: {
    newTitle: "Neue Zielgruppe", name: "Name", nameExample: "Rotes Kleid gekauft", folder: "Ordner", folderExample: "Kampagnen/Frühling", save: "Zielgruppe speichern", saveChanges: "Speichern …", conditions: "Bedingungen",
    undo: "Rückgängig (Strg+Z)", redo: "Wiederholen (Strg+Umschalt+Z)", emptySentence: "Noch ist niemand gewählt.", emptyText: "Wählen Sie, was diese Personen taten oder sind. Alles, was ankommt, steht in der Liste, das Häufigste zuerst.", addFirst: "Bedingung wählen", orTemplate: "oder mit einer Vorlage beginnen",
    keys: "Zeilen am Griff ziehen; am Griff verschieben Alt und Pfeiltasten, die Leertaste wählt aus, Strg+G gruppiert, Entf entfernt.", saved: (name) => `„${name}“ ist gespeichert und wird gezählt.`, copyOf: (name) => `${name} (Kopie)`, notInName: "kein", unfinished: "Das markierte Wort ist noch zu wählen.",
  },
  views: {
    label: "Form", sentence: "Satz", yaml: "YAML", sql: "SQL", json: "JSON", yamlLabel: "Die Definition als YAML", yamlNote: "Was Sie hier tippen, gilt, sobald es richtig ist.", line: (n) => `Zeile ${count(n)}:`,
    sqlLabel: "Die Abfrage", sqlNote: "So werden diese Personen gezählt, mit eingesetzten Werten. Sie lässt sich nicht bearbeiten.", noSql: "Solange eine Bedingung unfertig ist, gibt es keine Abfrage.", empty: "Vor der ersten Bedingung gibt es keine Abfrage.", jsonLabel: "Die Definition als JSON",
  },
  preview: {
    title: "Wer das ist", more: "Mehr über sie", people: "Personen", of: (n) => `von ${people(n)}`, share: (percent) => `${share.format(percent)} %`, empty: "Hier steht die Größe, während Sie bauen.", unfinished: "Die Größe steht hier, sobald die markierte Bedingung fertig ist.",
    noChange: "durch die Zeit allein ändert sich niemand", nextChange: "nächste Änderung durch Zeit allein {when}", took: (time) => `gezählt in ${time}`, partText: (n) => `${people(n)} ${n === 1 ? "erfüllt" : "erfüllen"} diese Bedingung für sich`,
    counting: "Wird noch gezählt", countingOf: (answered: number, asked: number, people: number) => `${count(answered)} von ${plural(asked, "Frage", "Fragen")} beantwortet, über ${plural(people, "Person", "Personen")}`,
    tabs: { people: "Personen", reach: "Reichweite", by: "Teile", overlap: "Schnitt", flow: "Fluss" }, nobody: "Niemand ist darin.",
    channel: "Über", address: "Adresse bekannt", consent: "Eingewilligt", reachable: "Erreichbar", channels: { email: "E-Mail", phone: "Telefon", push: "Push" },
    by: "nach", chooseTrait: "Merkmal wählen", byText: "Wie viele welchen Wert eines Merkmals haben.", notSet: "nicht gesetzt", rest: "andere Werte",
    with: "mit", addOverlap: "Zielgruppe hinzufügen …", overlapText: "Wählen Sie bis zu sechs Zielgruppen, um zu sehen, wer in mehreren ist.", onlyThis: "Nur in dieser", alsoIn: (names) => `Auch in ${names.join(" und ")}`,
    flowText: (entered, left, days) => `In den letzten ${count(days)} Tagen ${entered === 1 ? "wäre" : "wären"} ${people(entered)} hinein- und ${count(left)} hinausgegangen.`, inIt: (n) => `${count(n)} darin`, entered: "Hinein", left: "Hinaus", asTable: "Als Tabelle", day: "Tag", size: "Darin",
  },
  saving: {
    title: (name) => `„${name}“ speichern?`, sentence: (enter, leave, stay) => `${people(enter)} ${enter === 1 ? "kommt" : "kommen"} hinein, ${count(leave)} ${leave === 1 ? "geht" : "gehen"} hinaus, ${count(stay)} ${stay === 1 ? "bleibt" : "bleiben"}.`, enter: "Kommen hinein", leave: "Gehen hinaus",
    andMore: (n) => `und ${count(n)} weitere`, usedBy: (n) => `${plural(n, "anderes richtet", "andere richten")} sich nach dieser Zielgruppe und ${n === 1 ? "folgt" : "folgen"}:`, save: "Speichern",
    sends: "Was Ziele davon erfahren", sent: (adds, removes) => (adds + removes === 0 ? "nichts" : `höchstens ${count(adds)} hinzu, ${count(removes)} weg`), asks: "Hält an und fragt erst: Es ist mehr als der Anteil, der ohne Frage geht.",
  },
  templates: { none: "Es gibt keine Vorlagen", noneText: "Sie kommen mit dem Programm.", use: "Verwenden", useIt: (name) => `Verwenden: ${name}`, needs: (names) => `Braucht: ${names.join(", ")}`, toVocabulary: "Sagen, welche Ereignisse das bedeuten" },

  page: {
    tabs: { overview: "Überblick", people: "Personen", changes: "Änderungen", why: "Warum", versions: "Versionen", uses: "Verwendung" }, counting: "wird zum ersten Mal gezählt", people: (n) => (n === 1 ? "Person" : "Personen"), changed: "Version {version}, {when} von {who}", copySlug: "Namen für Programme kopieren",
    edit: "Bearbeiten", more: "Mehr", copy: "Kopie anlegen", freeze: "Als Liste einfrieren", archive: "Archivieren", restore: "Wiederherstellen", archived: (name) => `„${name}“ ist archiviert.`, restored: (name) => `„${name}“ ist wieder in Gebrauch.`, frozen: (name) => `Wer jetzt in „${name}“ ist, steht auf einer Liste.`, frozenName: (name) => `${name}, eingefroren`,
    sizeOverTime: "Personen im Lauf der Zeit", span: "Zeitspanne", days: (n) => (n === 1 ? "24 Std." : `${count(n)} T`), size: "Darin", noSizes: "Die Größe steht hier von der ersten Zählung an.", overlap: "Auch in anderen Zielgruppen", reach: "Wer erreichbar ist", sizeText: (first, now) => `Von ${count(first)} auf ${people(now)}.`,
    latest: "Letzte Änderungen", allChanges: "Alle Änderungen", noChanges: "Niemand kam hinein oder ging hinaus", noChangesText: "Wer es tut, steht hier, mit dem Grund.",
    entered: "Kam hinein", left: "Ging hinaus", why: "Warum?", person: "Person", knownBy: "Bekannt durch", since: "Seit", when: "Wann", turn: "Was", reason: "Warum", version: "Version", by: "Von", export: "Exportieren", exportChosen: "Mit gewählten Spalten …", shareLink: "Per Link teilen", formats: { csv: "CSV", ndjson: "NDJSON", parquet: "Parquet" },
    peopleText: "Wer zuletzt hineinkam, steht zuerst.", nobody: "Niemand ist darin", nobodyText: "Personen erscheinen hier, sobald sie die Bedingungen erfüllen.",
    reasons: {
      event: "etwas, das sie taten", deadline: "Zeit ist vergangen", trait: "etwas Bekanntes änderte sich", definition: "die Zielgruppe wurde geändert", merge: "zwei Personen wurden zusammengeführt", unmerge: "eine Zusammenführung wurde aufgehoben", deletion: "sie wurden gelöscht", list: "eine Liste wurde geändert", first_fill: "die erste Zählung", late_event: "ein Ereignis, das spät kam", import: "ein Import", repair: "eine Berichtigung",
    },
    asOf: "Wer war damals darin?", asOfLabel: "Zu welcher Zeit", look: "Nachsehen", asOfText: "Wählen Sie eine Zeit, um zu sehen, wen wir darin hatten und wer nach allem, was heute bekannt ist, hineingehört hätte.",
    asOfAnswer: (time, log, recomputed) => `Am ${time} ${log === 1 ? "war" : "waren"} ${people(log)} darin${recomputed === null ? "." : `; nach allem, was heute bekannt ist, hätten es ${recomputed === log ? "ebenso viele" : count(recomputed)} sein sollen.`}`,
    difference: "Unterschied", older: "Ältere Version", newer: "Neuere Version", versionNumber: (n) => `Version ${count(n)}`, sentenceDifference: "In Worten", definitionDifference: "Wie gespeichert", oneVersion: "Sie ist von Anfang an so, wie sie ist.", linesSame: (n) => plural(n, "Zeile ist gleich", "Zeilen sind gleich"), tooLong: "Beide sind zu lang, um sie Zeile für Zeile zu vergleichen.",
    usedBy: "Richtet sich nach dieser Zielgruppe", usedByNone: "Nichts anderes richtet sich nach ihr: Sie kann archiviert werden, ohne dass etwas anhält.", usesOthers: "Richtet sich nach", usesNone: "Sie richtet sich nach keiner anderen Zielgruppe oder Liste.",
  },
  why: {
    title: "Warum", history: "Hinein und hinaus", choose: "Wählen Sie eine Person", chooseText: "Jede Bedingung wird dann abgehakt oder durchgestrichen, mit den Ereignissen, die entscheiden, und dem, was sie umkehren würde.", people: "Personen", person: "Person", personSearch: "E-Mail, Name oder Kennung", usePerson: (text) => `Nach „${text}“ sehen`, choosePerson: "Person wählen",
    asOf: "Zum Zeitpunkt", now: "Jetzt", isIn: "Ist in dieser Zielgruppe", isOut: "Ist nicht in dieser Zielgruppe", since: "kam {when} hinein:", because: "Die erste Bedingung, die nicht gilt:", flip: "Damit es sich ändert:", holds: "gilt", fails: "gilt nicht", groups: { all: "Alle diese gelten", any: "Mindestens eine von diesen gilt", not: "Dies gilt nicht", none: "Keine von diesen gilt" }, value: "Wert:", next: "kann sich durch die Zeit allein ändern {when}", leaves: "zählt bis {when}", noHistory: "Kam nie hinein und ging nie hinaus.",
  },
  onPerson: { title: "Zielgruppen", none: "In keiner Zielgruppe.", why: "Warum?" },
  lists: {
    title: "Listen", none: "Noch keine Liste", noneText: "Eine Liste hält Personen, die keine Bedingung nennt: hochgeladene, von Hand gewählte, oder eine Zielgruppe, wie sie zu einem Zeitpunkt war. Zielgruppen können fragen, wer darauf steht.", create: "Neue Liste", name: "Name", kind: "Art", kinds: { uploaded: "Hochgeladen", by_hand: "Von Hand", frozen: "Eingefroren" },
    people: "Personen", made: "Angelegt", frozenOf: (slug) => `von ${slug}`, add: "Personen hinzufügen", addTo: (name) => `Personen zu „${name}“ hinzufügen`, namespace: "Genannt durch", values: "Eine je Zeile", valuesHint: (max) => `Höchstens ${count(max)} auf einmal.`, added: (n, unknown) => `${people(n)} hinzugefügt${unknown === 0 ? "." : `; ${plural(unknown, "Zeile nennt", "Zeilen nennen")} niemanden.`}`, unknown: "Diese nennen niemanden:", emptyName: "Geben Sie ihr einen Namen.",
    onIt: (n) => `${people(n)} darauf`, nobody: "Noch steht niemand darauf.", more: "Mehr zeigen", madeWhen: "angelegt {when}", takeOff: (name) => `${name} von der Liste nehmen`, takenOff: (name) => `${name} steht nicht mehr auf der Liste.`,
    remove: "Stattdessen entfernen", removed: (n) => `${people(n)} entfernt.`, madeIt: (name) => `Die Liste „${name}“ ist angelegt.`,
  },
};
