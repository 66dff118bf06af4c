// A batch: some consecutive chunks of one partition, on their way from the log to one commit. Where a batch ends decides
// nothing: the same log cut otherwise gives the same state.
import type { Chunk } from "../log/log.ts";
import { rowId } from "../core/position.ts";
import { assert } from "../core/errors.ts";
import type { LedgerCount, MergeLogEntry, PathEntry, QuarantineEntry } from "./commit.ts";
import type { EventIdentifier, NormalisedEvent, ReceivedEvent, Refusal } from "./event.ts";
import type { MessageSighting } from "./seen-messages.ts";

export interface BatchEvent {
  readonly received: ReceivedEvent;
  /** Set by `normalise`, unless it refused the event. */
  event: NormalisedEvent | undefined;
  /** Why it goes no further; undefined: it is stored and counted. */
  refusal: Refusal | undefined;
  /** The person it belongs to when it comes in; '' for nobody. */
  profileId: string;
  /** What an alias call says the person was known by before. */
  previous: readonly EventIdentifier[];
  /** What is to be said of a stored event: `profile_full`, when its person had no room for some of its traits; else ''. */
  note: string;
  /** What could be read of it, also when it was refused. */
  known: { readonly messageId: string; readonly event: string };
}

export interface Batch {
  readonly partition: number;
  readonly nowMs: number;
  readonly events: readonly BatchEvent[];
  readonly sightings: MessageSighting[];
  readonly mergeLog: MergeLogEntry[];
  readonly quarantine: QuarantineEntry[];
  readonly paths: PathEntry[];
  /** The event being worked on, so that a bug in a stage can be pinned on it. */
  current: number;
}

/** The events of chunks that hold no control record. */
export function createBatch(partition: number, chunks: readonly Chunk[], nowMs: number): Batch {
  const events: BatchEvent[] = [];
  for (const chunk of chunks) {
    let index = 0;
    for (const { header, events: raws, index: at } of chunk.records) {
      if (at !== undefined) index = at;
      assert(header.kind === "events", "control records are handled on their own");
      raws.forEach((raw, indexInRecord) => {
        const received = { partition, rowId: rowId(chunk.offset, index++), header, indexInRecord, raw };
        events.push(newEvent(received));
      });
    }
  }
  return { partition, nowMs, events, sightings: [], mergeLog: [], quarantine: [], paths: [], current: -1 };
}

/** The same events with nothing decided about them. */
export function freshCopy(batch: Batch): Batch {
  const events = batch.events.map(({ received }): BatchEvent => newEvent(received));
  return { partition: batch.partition, nowMs: batch.nowMs, events, sightings: [], mergeLog: [], quarantine: [], paths: [], current: -1 };
}

function newEvent(received: ReceivedEvent): BatchEvent {
  return { received, event: undefined, refusal: undefined, profileId: "", previous: [], note: "", known: { messageId: "", event: "" } };
}

export function outcomeOf(event: BatchEvent): string {
  return event.refusal?.outcome ?? "stored";
}

export function reasonOf(event: BatchEvent): string {
  return event.refusal?.reason ?? event.note;
}

/** Counts of a batch's events by workspace, source, minute of receivedAt, outcome and reason. */
export function countOutcomes(events: Iterable<BatchEvent>): LedgerCount[] {
  const counts = new Map<string, LedgerCount>();
  for (const event of events) {
    const { workspaceId, sourceId, receivedAtMs } = event.received.header;
    const minuteMs = Math.floor(receivedAtMs / 60_000) * 60_000;
    const [outcome, reason] = [outcomeOf(event), reasonOf(event)];
    const key = `${workspaceId} ${sourceId} ${minuteMs} ${outcome} ${reason}`;
    const known = counts.get(key);
    if (known) known.count++;
    else counts.set(key, { workspaceId, sourceId, minuteMs, outcome, reason, count: 1 });
  }
  return [...counts.values()];
}
