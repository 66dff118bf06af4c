// What each stage of the pipeline did to one event, and whether an event would be accepted: the answers behind the live
// debugger's "path it took" and the repair of held events.
import { z } from "zod";
import { guid, isoTime, rowIdNumber } from "./answer-parts.ts";
import { eventParams, logPosition } from "./events.ts";

export const eventPathParams = eventParams;
export const eventPathQuery = z.strictObject({
  row: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional().meta({ description: "Which of several events under this message id; the first when absent." }),
});

const jsonPath = z.array(z.union([z.string(), z.int()])).meta({ description: "Names and indexes from the event's root." });

export const pathChange = z.strictObject({
  field: z.string(),
  kind: z.enum(["added", "changed", "removed"]),
  before: z.unknown().meta({ description: "Null for what was added." }),
  after: z.unknown().meta({ description: "Null for what was removed." }),
  why: z.string().meta({ description: "One word for programs: `time_skew_corrected`, `ip_truncate`, `user_agent`, `page_url`, `batch` …" }),
});
export type PathChange = z.infer<typeof pathChange>;

const takenIdentifier = z.strictObject({
  namespace: z.string(),
  value: z.string(),
  path: z.string().meta({ description: "Where it stood in the event." }),
  raw: z.string().meta({ description: "As it stood there." }),
});

const ignoredIdentifier = z.strictObject({ namespace: z.string(), path: z.string(), reason: z.string() });

const normalised = z.strictObject({
  event: z.record(z.string(), z.unknown()).meta({ description: "The event as all later stages see it." }),
  changes: z.array(pathChange),
  identifiers: z.array(takenIdentifier),
  ignored: z.array(ignoredIdentifier).meta({ description: "Values that were found and not taken, by the rule that kept them out." }),
  trust: z.string(),
});

const foundIdentifier = z.strictObject({
  namespace: z.string(),
  value: z.string(),
  is_new: z.boolean().meta({ description: "First seen with this event." }),
  held_by: guid.nullable().meta({ description: "Whose it was before this event; null for nobody, or when that is not known." }),
});

const identityStep = z.strictObject({
  kind: z.enum(["merge", "unmerge", "refused", "shared", "link"]),
  reason: z.string(),
  survivor: guid,
  other: guid.nullable(),
  namespace: z.string(),
  value: z.string(),
});

const identified = z.strictObject({
  profile_id: guid.nullable().meta({ description: "The person it was given to when it came; null for nobody." }),
  profile_now: guid.nullable().meta({ description: "Whose it is now." }),
  created: z.boolean().meta({ description: "This event made the person." }),
  identifiers: z.array(foundIdentifier),
  steps: z.array(identityStep).meta({ description: "What the merge log says of this event." }),
  first_seen_together: z.int().meta({ description: "Pairs of identifiers that this event was the first to name together." }),
});

const foldedValue = z.strictObject({
  name: z.string(),
  before: z.unknown(),
  after: z.unknown(),
  sent: z.unknown(),
  taken: z.enum(["changed", "same", "kept"]).meta({ description: "`kept`: what was there before is later, or from a source that ranks higher." }),
  stands: z.boolean().meta({ description: "The person still has it from this event." }),
});

const folded = z.strictObject({
  replayed: z.enum(["yes", "too_many_events", "expired", "changed_since"]).meta({
    description: "`yes`: the person's events before this one were folded anew, so that `before` is known. Otherwise only what was sent, and whether it stands, is.",
  }),
  traits: z.array(foldedValue),
  consents: z.array(foldedValue),
  is_full: z.boolean(),
});

const refused = z.strictObject({
  outcome: z.string(),
  reason: z.string(),
  detail: z.string(),
  places: z.array(jsonPath).meta({ description: "Where in the payload the fault lies; empty when it is the whole." }),
  position: z.int().nullable().meta({ description: "Of a payload that is no JSON: the character at which it can't be read any further." }),
});
export type PathRefusal = z.infer<typeof refused>;

export const eventPath = z
  .strictObject({
    message_id: z.string(),
    row_id: rowIdNumber,
    hidden: z.boolean().meta({ description: "The person is suppressed: nothing of what was received is shown." }),
    rules: z.strictObject({
      in_force: z.enum(["then", "now"]).meta({ description: "`now`: which rules held when it came is not known any more." }),
      changed_since: isoTime.nullable().meta({ description: "When the workspace's or the source's rules were changed first after this event." }),
    }),
    received: z.strictObject({
      at: isoTime,
      source_id: z.int(),
      position: logPosition,
      bytes: z.int().nullable().meta({ description: "Null to those who see people masked." }),
      user_agent: z.string(),
      origin: z.string(),
      import_id: z.int().nullable(),
      again_of: z.string().nullable().meta({ description: "The message id of the event of which this one is a copy, sent again by hand." }),
    }),
    normalised: normalised.nullable().meta({ description: "Null when it was held before it got there." }),
    repeat: z.strictObject({ first_row: rowIdNumber.nullable(), first_at: isoTime.nullable() }).nullable().meta({ description: "Of a repeat: the event that counts." }),
    identified: identified.nullable(),
    folded: folded.nullable(),
    refused: refused.nullable(),
    landed: z.strictObject({ at: isoTime.nullable().meta({ description: "Known for some minutes after it landed." }) }),
  })
  .meta({ id: "EventPath" });
export type EventPath = z.infer<typeof eventPath>;

export const sendAgainAnswer = z.strictObject({
  message_id: z.string().meta({ description: "Of the new event." }),
  row_id: rowIdNumber,
  processed: z.boolean(),
});
export type SendAgainAnswer = z.infer<typeof sendAgainAnswer>;

export const eventCheck = z
  .strictObject({
    accepted: z.boolean(),
    repeat: z.boolean().meta({ description: "It would be accepted, and counted as a repeat: its message id came before." }),
    refused: refused.nullable(),
    event: z.record(z.string(), z.unknown()).nullable().meta({ description: "As it would be stored." }),
    identifiers: z.array(takenIdentifier),
  })
  .meta({ id: "EventCheck" });
export type EventCheck = z.infer<typeof eventCheck>;

export const heldGroupsQuery = z.strictObject({ status: z.enum(["open", "resent", "discarded"]).default("open") });

export const heldGroup = z
  .strictObject({
    reason: z.string(),
    count: z.int(),
    first_at: isoTime,
    last_at: isoTime,
    detail: z.string().meta({ description: "Why, and what to do, as the latest of them says." }),
    sources: z.array(z.strictObject({ source_id: z.int(), count: z.int() })),
    as_received: z.boolean().meta({ description: "False: nothing but a repair helps, they would be held again as they are." }),
  })
  .meta({ id: "HeldGroup" });
export type HeldGroup = z.infer<typeof heldGroup>;
export const heldGroups = z.strictObject({ data: z.array(heldGroup) });
export type HeldGroups = z.infer<typeof heldGroups>;

/** Acted on by one request, at most. */
export const HELD_AT_ONCE_MAX = 200;

export const heldManyBody = z.strictObject({
  reason: z.string().min(1).max(200),
  source: z.int().optional(),
  below: z.int().min(0).optional().meta({ description: "`next` of the answer before." }),
});

export const heldManyAnswer = z.strictObject({
  done: z.int(),
  skipped: z.int().meta({ description: "Still open: as they were received they would be held again, or they have not landed yet." }),
  next: rowIdNumber.nullable().meta({ description: "There are more: ask again with this as `below`." }),
});
export type HeldManyAnswer = z.infer<typeof heldManyAnswer>;
