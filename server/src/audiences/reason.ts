// Why something about somebody who was touched is another now.
import type { AudienceReason } from "../pipeline/outbox/audience-outbox.ts";
import type { Meaning } from "./meaning.ts";
import type { TouchedPerson } from "./touched.ts";

/** `reads`: of what is another: an audience that they entered or left, or a computed trait. */
export function reasonOf(person: TouchedPerson, { reads }: Pick<Meaning, "reads">): AudienceReason {
  if (person.anew) return person.anew.by === "unmerge" ? "unmerge" : "import";
  if (person.merged.length > 0) return "merge";
  if (person.isHistorical) return "import";
  if (person.isLate) return "late_event";
  if (person.events.some((name) => reads.events === "any" || reads.events.includes(name))) return "event";
  // Nothing that came concerns it: its instant had come, and this was sooner than being woken.
  return person.hasNewSnapshot ? "trait" : "deadline";
}
