// Wer vergessen werden wollte: was wem gesagt wurde, und was hier gelöscht ist.
import { plural } from "../words.ts";
import type { Texts } from "../en/en.ts";

export const forgettings: Texts["forgettings"] = {
  title: "Vergessene Personen", sentence: "Wer vergessen werden wollte, was jedes Ziel dazu sagte, und was hier gelöscht ist.", back: "Protokoll",
  ask: "Jemanden vergessen", columns: { state: "Zustand", asked: "Verlangt", person: "Person", by: "Von", left: "Noch zu tun" },
  states: { under_way: "Im Gang", by_hand: "Von Hand", done: "Fertig" },
  none: "Niemand wollte vergessen werden", noneText: "Wer vergessen wird, ist hier gesperrt und wird bei jedem Ziel gelöscht, dem man es sagen kann.",
  left: (waiting, byHand) => [...(waiting > 0 ? [`${plural(waiting, "Ziel wartet", "Ziele warten")}`] : []), ...(byHand > 0 ? [`${byHand} von Hand`] : [])].join(", ") || "Nichts",
  panel: (id) => `Vergessene Person ${id}`,
  destinations: "Ziele", noDestinations: "Es gab kein Ziel, das etwas über sie haben konnte.", models: "Zeilen von Modellen", sent: "Was über sie gesendet wurde", files: "Dateien, in denen sie standen",
  filesText: "Diese gingen von Hand hinaus: Wer sie hat, hat sie.", noFiles: "Keine, die von Hand hinausging.",
  at: {
    waiting: "Wartet", told: "Löschung verlangt", nothing: "Hat nichts von ihr", refused: "Abgelehnt", expired: "Aufgegeben", by_hand: "Bietet es nicht an", done_by_hand: "Von Hand getan",
  },
  atHint: {
    waiting: "Es erfährt es nach allem, was ihm über sie noch zu sagen war.", told: "", nothing: "", refused: "Löschen Sie sie dort, oder beheben Sie den Fehler und versuchen Sie es erneut.",
    expired: "Einen Tag lang war es ihm nicht zu sagen. Löschen Sie sie dort, oder versuchen Sie es erneut.", by_hand: "Löschen Sie sie dort von Hand, und vermerken Sie es hier.", done_by_hand: "",
  },
  triedAgain: "Es wird von selbst erneut versucht, sobald das Ziel annimmt, was es erhält.",
  doneBy: (who) => `von ${who}`, attempts: (count) => plural(count, "Versuch", "Versuche"), next: "nächster",
  model: { waiting: "Wird weggenommen", removed: "Entfernt, Zielen gesagt", erased: "Gelöscht", by_hand: "Nennt niemanden" },
  modelHint: "Seine Zeilen sagen nicht, von wem sie handeln. Nehmen Sie ihre aus dem, was es liest.", rows: (count) => plural(count, "Zeile", "Zeilen"),
  erased: "Gelöscht", notErased: "Gelöscht, sobald jedes Ziel etwas gesagt hat.",
  retry: "Erneut sagen", byHand: "Dort von Hand getan", retried: "Es wird erneut gesagt.", noted: "Vermerkt.",
  dialog: "Eine Person vergessen", dialogText: "Sie wird gesperrt, jedes Ziel soll sie löschen, und Zeilen von Modellen über sie und was gesendet wurde werden gelöscht. Das lässt sich nicht zurücknehmen.",
  who: "Person", whoHint: "Eine ihrer Kennungen, etwa user_id:42 oder email:ada@example.com.", also: "Ihre anderen Kennungen", alsoHint: "Nur wenn sie schon gesperrt ist: Dann sind nur Hashes behalten. Eine je Zeile.",
  reason: "Grund", reasonHint: "Steht im Protokoll. Nennen Sie darin keine persönlichen Daten.", forget: "Endgültig vergessen", asked: "Es ist im Gang.",
};
