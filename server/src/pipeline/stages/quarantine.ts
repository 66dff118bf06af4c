// Lists the events of a batch that are held, with the rule or limit that held them and what to do. Their bytes stay in
// the event table; the list only points there.
import type { Batch } from "../batch.ts";

const DETAIL_MAX = 2_000;

export function quarantine(batch: Batch): void {
  for (const { received, refusal, known } of batch.events) {
    if (refusal?.outcome !== "quarantined") continue;
    const { workspaceId, sourceId, receivedAtMs } = received.header;
    batch.quarantine.push({
      workspaceId, rowId: received.rowId, sourceId, receivedAtMs, messageId: storable(known.messageId), event: storable(known.event),
      reason: refusal.reason, detail: storable(refusal.detail).slice(0, DETAIL_MAX),
    });
  }
}

/** Text that a Postgres column takes: well-formed and without NUL. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\ufffd");
}
