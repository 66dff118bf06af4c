// Alarme: was nicht stimmt, wer sich kümmert, was beobachtet wird und wer es erfährt. Die Sätze entstehen aus denselben Zahlen wie die englischen.
import type { Texts } from "../en/en.ts";
import { count, plural, wordFrom } from "../words.ts";

type Facts = Readonly<Record<string, string | number | null>>;

const numberOf = (facts: Facts, key: string): number => Number(facts[key] ?? 0);

/** „25 Minuten“, „3 Stunden“, „2 Tage“; mit „seit“ davor im Dativ. */
function span(minutes: number, isDative = false): string {
  if (minutes < 120) return plural(Math.max(1, minutes), "Minute", "Minuten");
  if (minutes < 48 * 60) return plural(Math.floor(minutes / 60), "Stunde", "Stunden");
  return plural(Math.floor(minutes / 1_440), "Tag", isDative ? "Tagen" : "Tage");
}

const ended = (text: string): string => (text === "" ? "." : `: ${text.replace(/\.?$/, ".")}`);

const causes: Readonly<Record<string, string>> = {
  event: "eingegangene Ereignisse", deadline: "den Lauf der Zeit", trait: "geänderte Merkmale", merge: "Zusammenführungen", unmerge: "Trennungen", late_event: "verspätete Ereignisse", import: "Importe", repair: "eine Reparatur",
};

function jumped(name: string, facts: Facts): string {
  const [hour, day, size] = [numberOf(facts, "hour"), numberOf(facts, "day"), numberOf(facts, "size")];
  const isHour = Math.abs(hour) >= Math.abs(day) / 2;
  const net = isHour ? hour : day;
  const cause = String(facts["cause"] ?? "");
  const moved = `In ${name} sind ${count(Math.abs(net))} Personen ${net < 0 ? "weniger" : "mehr"} als vor ${isHour ? "einer Stunde" : "einem Tag"}: aus ${count(size - net)} wurden ${count(size)}.`;
  return cause === "" ? moved : `${moved} Die meisten durch ${causes[cause] ?? cause} (${count(Math.abs(numberOf(facts, "cause_people")))}).`;
}

const sentences: Readonly<Record<string, (name: string, facts: Facts) => string>> = {
  source_silent: (name, facts) => {
    const since = `Von ${name} kam seit ${span(numberOf(facts, "silent_minutes"), true)} nichts mehr.`;
    if (numberOf(facts, "missed") > 0) return `${since} Um diese Zeit wären mindestens ${count(numberOf(facts, "missed"))} Ereignisse gekommen.`;
    return facts["longest_hours"] == null ? since : `${since} Die längste Stille in vier Wochen waren ${span(numberOf(facts, "longest_hours") * 60)}.`;
  },
  destination_failing: (name, facts) =>
    `${facts["state"] === "unauthorized" ? `${name} nimmt seinen Schlüssel seit ${span(numberOf(facts, "for_minutes"), true)} nicht an` : `${name} ist seit ${span(numberOf(facts, "for_minutes"), true)} gestört`}${ended(String(facts["detail"] ?? ""))} Nichts geht verloren: Was dafür bestimmt ist, wartet.`,
  dead_letters: (name, facts) =>
    `${name} hat in der letzten Stunde ${count(numberOf(facts, "dead"))} von ${count(numberOf(facts, "dead") + numberOf(facts, "delivered"))} abgelehnt (${count(numberOf(facts, "percent"))} %). Sie bleiben und lassen sich erneut senden.`,
  queue_old: (name, facts) => `Ereignisse für ${name} warten seit ${span(numberOf(facts, "waiting_minutes"), true)}. Nichts geht verloren; sehen Sie nach der Rate und danach, wie lange das Ziel für Antworten braucht.`,
  sync_stopped: (name, facts) =>
    `${name} wartet auf eine Antwort: ${count(numberOf(facts, "would_add"))} Personen kämen hinzu und ${count(numberOf(facts, "would_remove"))} fielen weg, von ${count(numberOf(facts, "people"))} dort; mehr als ${count(numberOf(facts, "percent"))} % gehen nicht ohne Frage. Vorher wird davon nichts gesendet.`,
  forgetting_given_up: (_, facts) => {
    const [expired, refused] = [numberOf(facts, "expired"), numberOf(facts, "refused")];
    const parts = [
      expired > 0 ? `${plural(expired, "Ziel war einen Tag lang nicht zu erreichen oder ist", "Ziele waren einen Tag lang nicht zu erreichen oder sind")} ausgeschaltet` : "",
      refused > 0 ? `${plural(refused, "Ziel nimmt", "Ziele nehmen")} den Auftrag nicht an` : "",
    ].filter((one) => one !== "");
    return `Ein Vergessen wurde aufgegeben: ${parts.join(", und ")} (${String(facts["destinations"] ?? "")}). Wer darum bat, steht dort vielleicht noch: Versuchen Sie es erneut, oder löschen Sie dort von Hand und vermerken Sie es.`;
  },
  audience_jumped: jumped,
  pipeline_late: (name, facts) => {
    const [unread, unsent] = [numberOf(facts, "unread_minutes"), numberOf(facts, "unsent_minutes")];
    return unread >= unsent ? `Ereignisse von ${name} warten seit ${span(unread, true)} darauf, gelesen zu werden. Nichts geht verloren.`
      : `Was für ${name} entschieden ist, wartet seit ${span(unsent, true)} auf ClickHouse. Nichts geht verloren; Profile sind auf dem neuesten Stand.`;
  },
};

const kinds: Readonly<Record<string, { readonly name: string; readonly what: string }>> = {
  source_silent: { name: "Eine Quelle ist still", what: "Von einer Quelle kommt länger nichts, als es bei ihr üblich ist." },
  destination_failing: { name: "Ein Ziel ist gestört", what: "Ein Ziel ist nicht zu erreichen, lehnt alles ab oder nimmt seinen Schlüssel nicht an. Was dafür bestimmt ist, wartet." },
  dead_letters: { name: "Zu viel wird abgelehnt", what: "Ein Ziel lehnt mehr von dem ab, was es erhält, als üblich." },
  queue_old: { name: "Eine Warteschlange ist alt", what: "Ereignisse warten zu lange auf ein Ziel, das annimmt, was es erhält." },
  sync_stopped: { name: "Ein Abgleich wartet auf Antwort", what: "Eine Änderung einer Zielgruppe würde bei einem Ziel so viele Personen hinzufügen oder wegnehmen, dass jemand sagen muss, ob das gemeint ist." },
  forgetting_given_up: { name: "Ein Vergessen wurde aufgegeben", what: "Einem Ziel wurde nicht gesagt, dass es jemanden vergessen soll, der darum bat, und es wird nicht mehr versucht." },
  audience_jumped: { name: "Eine Zielgruppe ist gesprungen", what: "Die Größe einer Zielgruppe ändert sich binnen einer Stunde oder eines Tages stark, von selbst: Änderungen an ihrer Definition, an Listen und durch Importe zählen nicht." },
  pipeline_late: { name: "Die Verarbeitung ist verspätet", what: "Was einging, steht noch nicht in den Profilen oder nicht in der Ereignistabelle; Zielgruppen und Ziele folgen verspätet." },
};

const fields: Readonly<Record<string, readonly [title: string, hint: string]>> = {
  "source_silent.by": ["Erwartung", "Gelernt: aus den letzten vier Wochen, Stunde für Stunde. Festgelegt: zu jeder Stunde gleich, auch nachts."],
  "source_silent.minutes": ["Minuten Stille", "Gelernt: niemals früher. Festgelegt: dann."],
  "destination_failing.minutes": ["Minuten Störung", "Auch mit kurzen Zeiten dazwischen, in denen es geht."],
  "dead_letters.percent": ["Prozent der Sendungen", "Der letzten Stunde, abgelehnt oder aufgegeben."],
  "dead_letters.least": ["Mindestens so viele", "Damit nicht eines von zweien die Hälfte ist."],
  "queue_old.minutes": ["Minuten Wartezeit", "Des ältesten Ereignisses, zu dem das Ziel noch nicht gekommen ist."],
  "sync_stopped.minutes": ["Minuten ohne Antwort", "0: sofort."],
  "forgetting_given_up.minutes": ["Minuten, nachdem es aufgegeben wurde", "0: sofort."],
  "audience_jumped.hour_percent": ["Prozent binnen einer Stunde", ""],
  "audience_jumped.day_percent": ["Prozent binnen eines Tages", ""],
  "audience_jumped.least": ["Mindestens so viele Personen", "Die zuvor darin waren."],
  "pipeline_late.minutes": ["Minuten Verspätung", "Des ältesten Ereignisses, das nicht in Profilen oder nicht in der Ereignistabelle steht."],
};

const shortKinds: Readonly<Record<string, string>> = { source_silent: "Quelle still", destination_failing: "Ziel gestört", dead_letters: "Abgelehnt", queue_old: "Warteschlange alt", sync_stopped: "Abgleich wartet", forgetting_given_up: "Vergessen aufgegeben", audience_jumped: "Zielgruppe gesprungen", pipeline_late: "Verspätung" };

export const alerts: Texts["alerts"] = {
  title: "Alarme",
  sentence: (open, acknowledged) =>
    open + acknowledged === 0 ? "Alles in Ordnung. Beobachtet wird vom ersten Start an."
      : `${plural(open + acknowledged, "Alarm ist", "Alarme sind")} offen${acknowledged === 0 ? "" : `, um ${acknowledged === open + acknowledged ? "alle" : count(acknowledged)} kümmert sich jemand`}.`,
  wrong: (given, kind, name, facts) => (Object.hasOwn(sentences, kind) ? sentences[kind]?.(name, facts) : undefined) ?? given,
  kind: (given, kind) => (Object.hasOwn(kinds, kind) ? kinds[kind]?.name : undefined) ?? given,
  what: (given, kind) => (Object.hasOwn(kinds, kind) ? kinds[kind]?.what : undefined) ?? given,
  field: (given, kind, key) => fields[`${kind}.${key}`]?.[0] ?? given,
  fieldHint: (given, kind, key) => fields[`${kind}.${key}`]?.[1] ?? given,
  choice: (value) => wordFrom({ learnt: "Aus den letzten vier Wochen gelernt", set: "Festgelegt: zu jeder Stunde gleich" }, value),
  kinds: shortKinds,
  kindWord: (kind) => wordFrom(shortKinds, kind),
  columns: { state: "Zustand", kind: "Art", what: "Was", since: "Seit", told: "Gemeldet" },
  states: { open: "Offen", acknowledged: "In Arbeit", closed: "Vorbei", snoozed: "Stumm" },
  show: "Welche Alarme", shows: { all: "Alle", open: "Offene", closed: "Vergangene" },
  kindLabel: "Art", kindAll: "Jede Art",
  settings: "Regeln und Kanäle",
  none: "Alles in Ordnung",
  noneText: "Beobachtet werden stille Quellen, gestörte Ziele, alte Warteschlangen, springende Zielgruppen und die Verarbeitung selbst. Was nicht stimmt, wird hier mit seinen Zahlen stehen, jedes Mal einmal.",
  noneShown: "Kein Alarm passt", noneShownText: "Wählen Sie andere oder alle.", clear: "Alle zeigen",
  missing: "Diesen Alarm gibt es nicht mehr.",
  look: "Ansehen",
  acknowledge: "Ich kümmere mich", acknowledged: "Sie kümmern sich darum.",
  snooze: "Stumm schalten", snoozeFor: { 1: "Für eine Stunde", 4: "Für vier Stunden", 24: "Für einen Tag", 168: "Für eine Woche" }, snoozed: "Bis dahin wird niemandem etwas gemeldet.", wake: "Wieder melden", woken: "Die Kanäle erfahren wieder davon.",
  since: "Gestört seit", opened: "Geöffnet", closed: "Vorbei seit", by: "Es kümmert sich", snoozedUntil: "Stumm bis", figures: "Zahlen",
  closedWhy: { "": "", well: "Es ist wieder in Ordnung.", gone: "Worum es ging, gibt es nicht mehr oder ist ausgeschaltet.", off: "Die Regel ist ausgeschaltet." },
  tellings: "Wer davon erfuhr", toldNobody: "Niemand: Damals gab es keinen Kanal dafür.", addChannel: "Kanal hinzufügen",
  toldShort: (sent, waiting, failed) => [sent > 0 ? `${count(sent)} gemeldet` : "", waiting > 0 ? `${count(waiting)} ${waiting === 1 ? "wartet" : "warten"}` : "", failed > 0 ? `${count(failed)} gescheitert` : ""].filter((one) => one !== "").join(", "),
  changes: { opened: "dass er sich geöffnet hat", closed: "dass er vorbei ist", still_open: "dass er noch offen ist" },
  tellingStates: { sent: "Gemeldet", waiting: "Wartet", failed: "Gescheitert" },
  tries: (n) => plural(n, "Versuch", "Versuche"),
  facts: (key) => wordFrom({
    last_at: "Letztes Ereignis", silent_minutes: "Still seit", missed: "Zu erwarten waren mindestens", longest_hours: "Längste Stille in vier Wochen", for_minutes: "Seit",
    code: "Antwort", detail: "Was gesagt wurde", failures: "Gescheiterte Versuche", dead: "Abgelehnt in der letzten Stunde", delivered: "Angenommen in der letzten Stunde", percent: "Anteil", unread_minutes: "Ältestes Ungelesenes wartet seit",
    unsent_minutes: "Ältestes für ClickHouse wartet seit", oldest_at: "Ältestes, das wartet", waiting_minutes: "Wartet seit", size: "Personen jetzt", hour: "Änderung binnen einer Stunde", day: "Änderung binnen eines Tages", cause: "Meist durch", cause_people: "Personen dadurch", asked_at: "Gefragt", would_add: "Kämen hinzu", would_remove: "Fielen weg", people: "Personen dort",
  }, key),
  rulesTitle: "Alarme",
  rulesSentence: "Was beobachtet wird, mit wie viel Geduld, und wer es erfährt.",
  rules: "Was beobachtet wird", byDefault: "wie vorgegeben", own: "eigene Einstellung", edit: "Ändern", reset: "Wie vorgegeben", on: "Beobachtet", off: "Nicht beobachtet", switched: (name) => `Beobachten: ${name}`, saved: "Gespeichert. Es gilt ab dem nächsten Blick.", restored: "Die Vorgabe gilt wieder.",
  readOnly: "Sie können diese Regeln ansehen; ändern kann sie, wer den Bereich admin hat.",
  addOwn: { source: "Andere Einstellung für eine Quelle", destination: "Andere Einstellung für ein Ziel", audience: "Andere Einstellung für eine Zielgruppe" }, subject: "Für", choose: "Wählen Sie", take: "Zurücknehmen",
  channels: "Wer es erfährt", channelsNone: "Noch erfährt es niemand", channelsNoneText: "Alarme stehen an der Glocke. Fügen Sie eine E-Mail-Adresse, einen Chat oder eine eigene Adresse hinzu: Jede erfährt einmal, dass etwas nicht stimmt, und einmal, dass es vorbei ist.",
  addOne: "Kanal hinzufügen", editOne: (name) => `${name} ändern`, channelKinds: { mail: "E-Mail", webhook: "Webhook", chat: "Chat" }, name: "Name", nameHint: "Wie Sie ihn nennen, etwa „Bereitschaft“.",
  to: "Adressen", toHint: "Mit Eingabetaste abschließen. Bis zu 20.", url: { webhook: "Adresse", chat: "Adresse des eingehenden Webhooks" }, urlHint: { webhook: "Erhält JSON per POST.", chat: "Wie Slack, Mattermost und Rocket.Chat sie geben." },
  secret: "Geheimnis zum Unterschreiben", secretHint: "Unterschreibt jede Anfrage, damit Sie erkennen, dass sie von uns ist. Mindestens 16 Zeichen; leer: ohne Unterschrift.", keep: "Leer: Die Adresse bleibt, wie sie ist. Sie wird nie gezeigt.",
  noMail: "Dieser Server hat keinen Mailserver. Wer ihn betreibt, setzt SMTP_URL und MAIL_FROM.",
  allKinds: "Alle Alarme", someKinds: (n) => plural(n, "Art", "Arten"), which: "Oder nur manche", whichAll: "Erfährt jeden Alarm", test: "Test senden", tested: (name) => `${name} hat den Test angenommen.`, testFailed: (why) => `Er wurde nicht angenommen. ${why}`, remove: "Entfernen", removed: (name) => `${name} erfährt nichts mehr.`,
  removeTitle: (name) => `${name} entfernen?`, removeText: "Der Kanal erfährt nichts mehr, und was er erfuhr, wird gelöscht. Um das rückgängig zu machen, muss seine Adresse neu eingegeben werden.",
  channelColumns: { name: "Name", kind: "Per", where: "Wohin", told: "Erfährt", state: "Zustand" }, channelOn: "Ein", channelOff: "Aus", lastTold: "Gemeldet", neverTold: "Noch nichts gemeldet", waiting: (n) => `${count(n)} ${n === 1 ? "wartet" : "warten"}`, actions: "Aktionen",
  switchOff: "Ausschalten", switchOn: "Einschalten",
};
