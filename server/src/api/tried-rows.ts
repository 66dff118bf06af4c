// Rows of a model to try a subscription with, each as it would leave: the latest that a run found added, changed or removed. Those about
// people who are suppressed are left out.
import type { WrittenSubscription } from "@tributary/schema/api/destinations.ts";
import { rowEvent, rowIdentifier, takesRow } from "../destinations/destinations.ts";
import { modelInUse, readRowLog } from "../models/models.ts";
import type { ApiServices } from "./api-services.ts";
import { suppressedInRows } from "./row-people.ts";
import { nowOf, type Tried } from "./tried-events.ts";

type ModelTrigger = Extract<WrittenSubscription["trigger"], { kind: "model" }>;

const EXAMINED_MAX = 60;

/** The latest first. Throws where the workspace has no model of that slug in use. */
export async function rowTries(services: ApiServices, { workspaceId, definition, nowMs }: { readonly workspaceId: number; readonly definition: WrittenSubscription; readonly nowMs: number }, trigger: ModelTrigger): Promise<Tried[]> {
  const model = await services.deps.workspaceDb.run(workspaceId, (db) => modelInUse(db, workspaceId, trigger.model));
  const changes = await readRowLog((sql, values) => services.scan(workspaceId, sql, values), { modelId: model.id, lastSeq: model.lastSeq, limit: EXAMINED_MAX });
  const suppressed = await suppressedInRows(services, workspaceId, model, changes);
  const shown = changes.filter(({ person }) => !person.some((value) => suppressed.has(value)));
  return Promise.all(shown.map(async (change): Promise<Tried> => {
    const identifier = rowIdentifier(change.row, model.definition.person);
    const found = identifier && (await services.finder.find(workspaceId, `${identifier.namespace}:${identifier.value}`, nowMs));
    const profile = found?.kind === "person" ? found.profile : undefined;
    const event = rowEvent({ ...change, messageId: `model-${model.id}-${change.seq}` }, profile && nowOf(profile), { model, identifier, identifiers: definition.identifiers });
    return {
      rowId: null, profileId: profile?.id ?? null, event, name: event.event ?? "", why: takesRow(trigger, change.change) ? null : { clause: "mode", place: null, reason: `The row was ${change.change}.` },
    };
  }));
}
