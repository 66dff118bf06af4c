// Runs `normalise` over a batch. The first stage: all later ones read only what it made.
import type { Batch } from "../batch.ts";
import type { RuleBook } from "../workspace-rules.ts";
import { normaliseEvent } from "./normalise.ts";

export function normalise(batch: Batch, rules: RuleBook): void {
  for (const item of batch.events) {
    if (item.refusal) continue;
    batch.current = item.received.rowId;
    const { workspaceId, sourceId } = item.received.header;
    const result = normaliseEvent(item.received, rules.of(workspaceId).normaliseContext(sourceId));
    if ("outcome" in result) {
      item.refusal = result;
      item.known = { messageId: result.messageId, event: result.event };
    } else {
      item.event = result.event;
      item.known = { messageId: result.event.messageId, event: result.event.event };
    }
  }
  batch.current = -1;
}
