// Folds an event into its person's document. Runs right after `identify`, event by event.
import { foldEvent } from "../../profiles/fold.ts";
import type { BatchEvent } from "../batch.ts";
import type { RuleBook } from "../workspace-rules.ts";
import type { World } from "../world.ts";

export function fold(item: BatchEvent, world: World, rules: RuleBook): void {
  const { event, profileId } = item;
  if (!event || item.refusal || profileId === "") return;
  const person = world.held(profileId);
  const { count, firstAtMs } = person.doc.events;
  const { changed, isFull } = foldEvent(person.doc, event, rules.of(event.workspaceId).foldRules(event.sourceId, event.importId > 0));
  if (isFull) item.note = "profile_full";
  // The snapshot says since when the person is known.
  const isKnownLonger = count > 0 && person.doc.events.firstAtMs < firstAtMs;
  world.touch(person, event.rowId, changed || isKnownLonger);
}
