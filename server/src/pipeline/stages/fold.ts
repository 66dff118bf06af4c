// Folds an event into its person's document. Runs right after `identify`, event by event.
import { foldEvent } from "../../profiles/fold.ts";
import type { BatchEvent } from "../batch.ts";
import type { RuleBook } from "../workspace-rules.ts";
import type { World } from "../world.ts";

export function fold(item: BatchEvent, world: World, rules: RuleBook): void {
  const { event, profileId } = item;
  if (!event || item.refusal || profileId === "") return;
  const person = world.held(profileId);
  const { changed } = foldEvent(person.doc, event, rules.of(event.workspaceId).foldRules(event.sourceId, event.importId > 0));
  world.touch(person, event.rowId, changed);
}
