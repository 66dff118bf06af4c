// Runs `normalise` over a batch. The first stage: all later ones read only what it made.
import type { EventsHeader, SuppressedEvent } from "@tributary/schema/log-record.ts";
import type { Batch } from "../batch.ts";
import { inStretches } from "../in-stretches.ts";
import { noContext, type EventIdentifier, type NormalisedEvent, type ReceivedEvent } from "../event.ts";
import type { RuleBook } from "../workspace-rules.ts";
import { nameHeld, normaliseEvent } from "./normalise.ts";

export async function normalise(batch: Batch, rules: RuleBook): Promise<void> {
  await inStretches(batch.events, (item) => {
    if (item.refusal) {
      const { messageId, event } = nameHeld(item.received, item.refusal);
      item.known = { messageId, event };
      return;
    }
    batch.current = item.received.rowId;
    const { workspaceId, sourceId, suppressed } = item.received.header;
    if (suppressed) {
      item.event = emptied(item.received, suppressed);
      item.previous = withoutValues(suppressed.previous);
      item.known = { messageId: suppressed.messageId, event: "" };
      return;
    }
    const result = normaliseEvent(item.received, rules.of(workspaceId).normaliseContext(sourceId));
    if ("outcome" in result) {
      item.refusal = result;
      item.known = { messageId: result.messageId, event: result.event };
    } else {
      item.event = result.event;
      item.known = { messageId: result.event.messageId, event: result.event.event };
    }
  });
  batch.current = -1;
}

/** What a suppressed person sent, in a rebuild: its content is gone, its keys are enough to drop it again. */
function emptied({ partition, rowId, header }: Omit<ReceivedEvent, "raw" | "indexInRecord">, left: SuppressedEvent): NormalisedEvent {
  return {
    partition, rowId, ...placeOf(header), type: left.type, event: "", messageId: left.messageId, timestampMs: left.timestampMs,
    timeNote: "", userId: "", anonymousId: "", groupId: "", previousId: "", properties: {}, traits: {}, context: noContext, consent: {},
    isBot: false, isInternal: false, identifiers: withoutValues(left.identifiers), trust: left.trust,
  };
}

function placeOf(header: EventsHeader): Pick<NormalisedEvent, "workspaceId" | "sourceId" | "receivedAtMs" | "isHistorical" | "importId"> {
  const { workspaceId, sourceId, receivedAtMs, importId, historical } = header;
  return { workspaceId, sourceId, receivedAtMs, isHistorical: historical ?? importId !== undefined, importId: importId ?? 0 };
}

function withoutValues(keys: SuppressedEvent["identifiers"]): EventIdentifier[] {
  return keys.map(({ namespace, key }) => ({ namespace, value: "", key }));
}
