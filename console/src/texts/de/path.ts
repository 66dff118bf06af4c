// Der Weg, den ein Ereignis nahm, Stufe für Stufe.
import type { Texts } from "../en/en.ts";
import type { reasons as englishReasons, rules as englishRules, whys as englishWhys } from "../en/path.ts";
import { count, plural, wordFrom } from "../words.ts";

const whys: Readonly<Record<keyof typeof englishWhys, string>> = {
  made: "es hatte keine, deshalb aus seinem Platz im Log gebildet",
  cleaned: "in eine einheitliche Form gebracht",
  spelling: "eine andere Schreibweise desselben Feldes",
  path: "ergibt sich aus der Adresse, an die es ging",
  batch: "neben dem Stapel gesagt, für alle seine Ereignisse",
  connection: "die Verbindung des Absenders",
  connection_ip_truncate: "die Verbindung des Absenders, der letzte Teil abgeschnitten, wie die Quelle es verlangt",
  ip_truncate: "der letzte Teil abgeschnitten, wie die Quelle es verlangt",
  ip_drop: "weggelassen, wie die Quelle es verlangt",
  ip_unusable: "keine Adresse, die sagt, wo jemand ist",
  user_agent: "aus dem User-Agent gelesen",
  context: "im Kontext genannt",
  page_url: "in der Adresse der Seite gefunden",
  context_traits: "im Kontext genannt",
  internal_address: "eine Adresse, die der Arbeitsbereich als seine eigene nennt",
  import: "kam durch einen Import von Vergangenem",
  unsafe_name: "ein Name, der nie genommen wird",
  not_believed: "die Adresse der Seite kann jeder gemacht haben",
  long_number: "mehr Ziffern, als eine Zahl fasst, deshalb als Text behalten",
  time_form: "derselbe Augenblick, in UTC",
  time_skew_corrected: "die Uhr des Absenders ging falsch, um den Abstand zwischen sentAt und Empfang",
  time_future: "mehr als einen Tag in der Zukunft, deshalb zählt die Zeit des Empfangs",
  time_unreadable: "keine lesbare Zeit, deshalb zählt die Zeit des Empfangs",
  time_missing: "es wurde keine Zeit gesendet, deshalb zählt die Zeit des Empfangs",
  time_too_old: "älter, als ein Live-Ereignis sein darf",
  time_clamped: "früher, als sich speichern lässt",
};

const rules: Readonly<Record<keyof typeof englishRules, string>> = {
  empty: "ist leer", too_long: "ist zu lang", control_characters: "enthält Steuerzeichen", not_text: "ist weder Text noch Zahl", imprecise_number: "ist eine Zahl, die Ziffern verloren hat",
  not_an_email: "ist keine E-Mail-Adresse", not_a_phone_number: "ist keine Telefonnummer", phone_without_country: "ist eine Telefonnummer ohne Ländervorwahl", phone_with_extension: "ist eine Telefonnummer mit Durchwahl",
  blocked: "ist ein Wert, den viele haben", encoded: "ist kodiert", too_many: "ist eine zu viel",
};

const reasons: Readonly<Record<keyof typeof englishReasons, string>> = {
  seen_together: "zusammen gesehen", alias: "ein alias-Aufruf sagte es", shared_after: "wich zu vielen Personen", sign_in: "hat sich hier früher angemeldet", limit: "die Person hat so viele, wie die Regeln erlauben",
  cannot_link: "von Hand getrennt", isolated: "die Regeln halten sie getrennt", by_hand: "von Hand",
};

export const path: Texts["path"] = {
  title: "Sein Weg",
  more: "Was sich geändert hat",
  less: "Einklappen",
  received: "Empfangen",
  bytes: (n) => plural(n, "Byte", "Byte"),
  agent: "User-Agent", origin: "Ursprung", importId: "Import", place: "Platz im Log",
  placeText: (partition, offset, index) => `Partition ${partition}, Block ${offset}, Platz ${index}`,
  againOf: "Von Hand erneut gesendet; zuerst war es",
  normalised: "Gelesen",
  normalisedText: (changes, identifiers, ignored) =>
    [changes === 0 ? "Nichts zu ändern" : plural(changes, "Feld geändert", "Felder geändert"), identifiers === 0 ? "nennt niemanden" : plural(identifiers, "Kennung", "Kennungen"), ignored === 0 ? "" : `${count(ignored)} nicht genommen`].filter((part) => part !== "").join(" · "),
  kind: { added: "hinzugefügt", changed: "geändert", removed: "entfernt" },
  why: (word) => wordFrom(whys, word),
  identifiers: "Kennungen", from: "aus", notTaken: "Nicht genommen",
  rule: (word) => wordFrom(rules, word),
  trust: { query_string: "Wen es nennt, behauptet nur ein Link; deshalb verbindet es niemanden.", unsigned: "Wen es nennt, ist nicht signiert, wie es diese Quelle verlangt; deshalb verbindet es niemanden." },
  asJson: "Als JSON, vorher und nachher", hideJson: "JSON einklappen", before: "Vorher", after: "Nachher", unchanged: (n) => `${plural(n, "Zeile", "Zeilen")} wie zuvor`,
  deduplicated: "Einmal gezählt", first: "Das erste mit dieser Nachrichten-ID.",
  repeat: "Eine Wiederholung. Was zählt, kam", repeatUnknown: "Eine Wiederholung eines Ereignisses, dessen Zeile es nicht mehr gibt.", seeFirst: "Ansehen",
  identified: "Wer es ist",
  nobody: "Nennt niemanden: ohne Person gespeichert.",
  created: "Niemand war hierdurch bekannt: eine neue Person.",
  found: (n) => (n === 1 ? "Eine Person gefunden." : `${count(n)} Personen gefunden.`),
  joined: (n) => `${count(n + 1)} Personen zu einer zusammengeführt.`,
  movedSince: "Das Ereignis gehört seither zu einer anderen Person.",
  isNew: "hier zuerst gesehen", heldBy: "gehörte zu", free: "niemandes", thisPerson: "von dieser Person", openPerson: "Person öffnen",
  step: {
    merge: "Zusammengeführt", unmerge: "Getrennt", refused: "Nicht verbunden", shared: "Als von vielen geteilt beiseitegelegt", link: "Getrennt gehalten, die Verbindung gemerkt",
  },
  reason: (word) => wordFrom(reasons, word),
  evidence: (n) => `${plural(n, "Paar von Kennungen wurde", "Paare von Kennungen wurden")} hier zum ersten Mal zusammen genannt.`,
  folded: "Was es änderte",
  foldedText: (changed, kept) =>
    changed + kept === 0 ? "Als Aktivität gezählt; es enthält kein Merkmal." : [changed === 0 ? "Kein Merkmal geändert" : plural(changed, "Wert geändert", "Werte geändert"), kept === 0 ? "" : `${count(kept)} wie zuvor`].filter((part) => part !== "").join(" · "),
  nothing: "nichts", consent: "Einwilligung", taken: { changed: "geändert", same: "wie zuvor", kept: "nicht genommen: was da ist, ist später oder aus einer besseren Quelle" },
  overwritten: "seither ersetzt", full: "Die Person hat keinen Platz für weitere Merkmale.",
  replayed: {
    yes: "", too_many_events: "Die Person hat zu viele Ereignisse, um sie zum Ansehen neu zu berechnen: Was vorher da war, wird nicht gezeigt.",
    expired: "Frühere Ereignisse sind abgelaufen; deshalb ist nicht bekannt, was vorher da war.", changed_since: "Die Person wurde seither so geändert, dass nicht mehr zu sehen ist, was vorher da war.",
  },
  held: "Zurückgehalten", dropped: "Verworfen", withdrawn: "Zurückgenommen",
  place_: "Wo",
  repair: "Korrigieren und senden",
  stored: "Gespeichert", inTable: "In der Ereignistabelle.", landedAt: "In der Ereignistabelle seit",
  rulesChanged: (time) => `Gezeigt nach den Regeln von damals; sie wurden geändert: ${time}.`,
  rulesUnknown: "Welche Regeln damals galten, ist nicht mehr bekannt: gezeigt nach denen von heute.",
  hiddenText: "Die Person ist gesperrt: Was empfangen wurde, wird nicht gezeigt.",
  sendAgain: "Erneut senden",
  sendAgainDone: "Erneut gesendet, als neues Ereignis.",
  onlyPerson: (value) => `Nur Ereignisse von ${value}`,
  onlyText: (value) => `Nur Ereignisse mit ${value}`,
};
