// People who asked to be forgotten: what was told to whom, and what went from here.
import { plural } from "../words.ts";

export const forgettings = {
  title: "Forgotten people", sentence: "Who asked to be forgotten, what each destination said to it, and what went from here.", back: "Audit log",
  ask: "Forget somebody", columns: { state: "State", asked: "Asked", person: "Person", by: "By", left: "Left to do" },
  states: { under_way: "Under way", by_hand: "By hand", done: "Done" },
  none: "Nobody asked to be forgotten", noneText: "Whoever is forgotten is suppressed here and deleted at every destination that can be told so.",
  left: (waiting: number, byHand: number) => [...(waiting > 0 ? [`${plural(waiting, "destination", "destinations")} waiting`] : []), ...(byHand > 0 ? [`${byHand} by hand`] : [])].join(", ") || "Nothing",
  panel: (id: number) => `Forgotten person ${id}`,
  destinations: "Destinations", noDestinations: "There was no destination that could hold anything about them.", models: "Rows of models", sent: "What was sent about them", files: "Files in which they stood",
  filesText: "These left by hand: whoever has them has them.", noFiles: "None that left by hand.",
  at: {
    waiting: "Waiting", told: "Told to delete them", nothing: "Has nothing of theirs", refused: "Refused", expired: "Given up", by_hand: "Does not offer it", done_by_hand: "Done by hand",
  },
  atHint: {
    waiting: "It is told after everything that it was still to be told about them.", told: "", nothing: "", refused: "Delete them there, or correct what is wrong and tell it again.", expired: "It could not be told for a day. Delete them there, or tell it again.",
    by_hand: "Delete them there by hand, and note it here.", done_by_hand: "",
  },
  triedAgain: "It is told again by itself, as soon as the destination takes what it is sent.",
  doneBy: (who: string) => `by ${who}`, attempts: (count: number) => plural(count, "attempt", "attempts"), next: "next",
  model: { waiting: "Being taken away", removed: "Removed, told to destinations", erased: "Erased", by_hand: "Names nobody" },
  modelHint: "Its rows don't say whom they are about. Take theirs out of what it reads.", rows: (count: number) => plural(count, "row", "rows"),
  erased: "Erased", notErased: "Erased once every destination has said something.",
  retry: "Tell it again", byHand: "I did it there", retried: "It is told again.", noted: "Noted.",
  dialog: "Forget a person", dialogText: "They are suppressed, every destination is told to delete them, and rows of models about them and what was sent are erased. There is no way back.",
  who: "Person", whoHint: "An id of theirs, such as user_id:42 or email:ada@example.com.", also: "Their other ids", alsoHint: "Only if they are suppressed already: then nothing but hashes is kept. One a line.",
  reason: "Reason", reasonHint: "Kept in the audit log. Name no personal data in it.", forget: "Forget for good", asked: "It is under way.",
};
