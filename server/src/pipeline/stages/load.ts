// Brings the people, identifiers and edges that a batch's events speak of into memory, in a few set-based queries.
import type { ClientBase } from "pg";
import type { Batch } from "../batch.ts";
import { previousIdentifiers } from "../../identity/identity.ts";
import type { EventIdentifier } from "../event.ts";
import type { PipelineDeps } from "../pipeline.ts";
import type { World } from "../world.ts";

export async function load(batch: Batch, db: ClientBase, world: World, deps: PipelineDeps): Promise<void> {
  const together: (readonly EventIdentifier[])[] = [];
  for (const item of batch.events) {
    const { event } = item;
    if (!event || item.refusal) continue;
    // Of a suppressed person's alias only the keys are left, known by now.
    if (event.type === "alias" && !item.received.header.suppressed) {
      const context = { workspaceId: event.workspaceId, sourceId: event.sourceId, secret: deps.secret, phoneCountry: undefined };
      item.previous = previousIdentifiers(event.previousId, deps.rules.of(event.workspaceId).identity, context);
    }
    together.push(item.previous.length > 0 ? [...event.identifiers, ...item.previous] : event.identifiers);
  }
  await world.load(db, together);
}
