// What one record of the event log says beside the bytes of its events. The same header is stored with every event
// (column `events.envelope`), so that a rebuild from the event table sees what the log saw.
import { z } from "zod";
import { controlAction } from "./control.ts";

/** Reasons for which collection already knows that an event can't be processed. It is kept all the same. */
export const doorProblem = z.enum(["not_an_object", "event_too_large", "too_deep"]);
export type DoorProblem = z.infer<typeof doorProblem>;

/** All that is kept of what a suppressed person sent: who it was, by salted keys alone, so that a rebuild drops it again. */
export const suppressedEvent = z.object({
  type: z.enum(["track", "page", "screen", "identify", "group", "alias"]),
  messageId: z.string(),
  timestampMs: z.int(),
  trust: z.enum(["full", "query_string", "unsigned"]),
  identifiers: z.array(z.object({ namespace: z.string(), key: z.string() })),
  previous: z.array(z.object({ namespace: z.string(), key: z.string() })),
});
export type SuppressedEvent = z.infer<typeof suppressedEvent>;

/** One request (or one slice of an import): the events of a record share this envelope. */
export const eventsHeader = z.object({
  kind: z.literal("events"),
  workspaceId: z.int(),
  sourceId: z.int(),
  /** Milliseconds since the epoch, by the server's clock, when the body had arrived. */
  receivedAtMs: z.int(),
  /** The batch's `sentAt` as the sender wrote it; clock skew is corrected with it. */
  sentAt: z.string().optional(),
  /** The call type that the path forces (`/v1/track`, `/v1/t`); absent for batches, whose items say it themselves. */
  type: z.string().optional(),
  /** The sender's address as the connection or a trusted proxy says; never taken from the body. */
  ip: z.string().optional(),
  userAgent: z.string().optional(),
  origin: z.string().optional(),
  /** Batch-level fields that are merged under each item, as JSON text cut out of the body. */
  context: z.string().optional(),
  integrations: z.string().optional(),
  /** messageId, userId, anonymousId given beside the batch, where an SDK does that. */
  defaults: z.record(z.string(), z.string()).optional(),
  /** Which import brought it. Imported events are history: kept and counted, nothing outside acts on them. */
  importId: z.int().optional(),
  historical: z.boolean().optional(),
  /** Index of an event within this record → what collection found wrong with it. */
  problems: z.record(z.string(), doorProblem).optional(),
  /** Never in the log: stands in the event table in place of the event's content. */
  suppressed: suppressedEvent.optional(),
});
export type EventsHeader = z.infer<typeof eventsHeader>;

/** A change of state that must happen in log order; it takes one position. */
export const controlHeader = z.object({
  kind: z.literal("control"),
  workspaceId: z.int(),
  receivedAtMs: z.int(),
  /** Who asked for it: an account, a token, or the system. */
  actor: z.string(),
  action: controlAction,
});
export type ControlHeader = z.infer<typeof controlHeader>;

export type RecordHeader = EventsHeader | ControlHeader;
