// Brings the people, identifiers and edges that a batch's events speak of into memory, in a few set-based queries.
import type { ClientBase } from "pg";
import type { Batch } from "../batch.ts";
import { previousIdentifiers } from "../../identity/identity.ts";
import type { PipelineDeps } from "../pipeline.ts";
import type { World } from "../world.ts";

export async function load(batch: Batch, db: ClientBase, world: World, deps: PipelineDeps): Promise<void> {
  const keys = new Set<string>();
  const pairs: [string, string][] = [];
  for (const item of batch.events) {
    const { event } = item;
    if (!event || item.refusal) continue;
    if (event.type === "alias") {
      const context = { workspaceId: event.workspaceId, sourceId: event.sourceId, secret: deps.secret, phoneCountry: undefined };
      item.previous = previousIdentifiers(event.previousId, deps.rules.of(event.workspaceId).identity, context);
    }
    const all = item.previous.length > 0 ? [...event.identifiers, ...item.previous] : event.identifiers;
    for (let i = 0; i < all.length; i++) {
      const one = all[i];
      if (!one) continue;
      keys.add(one.key);
      // The resolver asks for pairs of any two: who is claimed on which device, who was seen with whom.
      for (let j = 0; j < i; j++) pairs.push([all[j]?.key ?? one.key, one.key]);
    }
  }
  await world.load(db, keys, pairs);
}
