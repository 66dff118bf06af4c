// Counts each message once: the first one of a (workspace, source, messageId) within the window goes on, later ones are
// duplicates. Runs after `normalise`, which finds the messageId, and only on events that it accepted: the id of a
// quarantined event stays free, so that the repaired event can be sent again under it.
import type { ClientBase } from "pg";
import { hash128 } from "../../core/hash.ts";
import type { Batch } from "../batch.ts";
import { dayOf, type MessageSighting, type SeenMessages } from "../seen-messages.ts";

export async function dedupe(batch: Batch, db: ClientBase, seen: SeenMessages): Promise<void> {
  const sightings: (MessageSighting | undefined)[] = batch.events.map(({ event }) => {
    if (!event) return undefined;
    return { id: hash128(event.workspaceId, event.sourceId, event.messageId), day: dayOf(event.receivedAtMs) };
  });
  await seen.prepareDays(new Set(sightings.flatMap((sighting) => (sighting ? [sighting.day] : []))));
  const before = await seen.findSeen(db, sightings.filter((sighting) => sighting !== undefined));
  const inBatch = new Set<string>();
  batch.events.forEach((item, i) => {
    const sighting = sightings[i];
    if (!sighting || item.refusal) return;
    if (before.has(sighting.id) || inBatch.has(sighting.id)) {
      item.refusal = { outcome: "duplicate", reason: "message_id_seen", detail: "A message with this messageId was accepted before from this source." };
      return;
    }
    inBatch.add(sighting.id);
    batch.sightings.push(sighting);
  });
}
