// Says whose an event is. Must run in log order, event by event together with `fold`: a merge joins the two people's
// documents as they are at that moment. Events of suppressed people end here, as if they had never had content.
import { resolve } from "../../identity/identity.ts";
import { mergeDocuments } from "../../profiles/fold.ts";
import type { Batch, BatchEvent } from "../batch.ts";
import type { RuleBook, WorkspaceRules } from "../workspace-rules.ts";
import type { World } from "../world.ts";

export function identify(item: BatchEvent, batch: Batch, world: World, rules: RuleBook): void {
  const { event } = item;
  if (!event || item.refusal) return;
  const workspace = rules.of(event.workspaceId);
  const resolution = resolve(
    {
      workspaceId: event.workspaceId, rowId: event.rowId, sourceId: event.sourceId, atMs: event.timestampMs, type: event.type,
      trust: event.trust, identifiers: event.identifiers, previous: item.previous,
    },
    workspace.identity, world,
  );
  for (const state of resolution.changedPeople) {
    const person = world.hasPerson(state.id) ? world.held(state.id) : undefined;
    if (person) world.touch(person, event.rowId, true);
  }
  for (const identifier of resolution.changedIdentifiers) world.changes.identifiers.add(identifier);
  for (const step of resolution.steps) {
    batch.mergeLog.push({
      workspaceId: event.workspaceId, rowId: event.rowId, step: step.step, kind: step.kind, atMs: event.timestampMs, survivor: step.survivor,
      other: step.other, reason: step.reason, identifierKey: step.identifierKey, detail: {},
    });
    if (step.kind === "merge" && step.other) joinPeople(world, workspace, step.survivor, step.other, event.rowId);
  }
  if (resolution.suppressed) {
    item.refusal = { outcome: "dropped", reason: "suppressed", detail: "The person asked for nothing more to be kept." };
    item.profileId = resolution.profileId ?? "";
    return;
  }
  item.profileId = resolution.profileId ?? "";
}

/** Folds the loser's document into the survivor's, and remembers under which ids the survivor's events now stand. */
function joinPeople(world: World, workspace: WorkspaceRules, survivorId: string, loserId: string, rowId: number): void {
  const loser = world.heldOrRemoved(loserId);
  const survivor = world.heldOrRemoved(survivorId);
  mergeDocuments(survivor.doc, loser.doc, workspace.foldRules(0, false));
  for (const id of loser.ingestIds) if (!survivor.ingestIds.includes(id)) survivor.ingestIds.push(id);
  survivor.mergedIds.push(loserId, ...loser.mergedIds);
  world.changes.merged.set(loserId, survivorId);
  world.touch(survivor, rowId, true);
}
