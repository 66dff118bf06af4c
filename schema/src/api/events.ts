// Events as the API shows them: what became of one, the list, the live tail, quarantine, and the ledger.
import { z } from "zod";
import { changeReceipt, guid, isoTime, pageOf, pageQuery, rawMasked, rowIdNumber } from "./answer-parts.ts";
import { numberParam } from "./workspace.ts";

export const eventOutcome = z.enum(["stored", "duplicate", "quarantined", "dropped", "withdrawn"]);

export const eventRow = z
  .strictObject({
    row_id: rowIdNumber,
    message_id: z.string(),
    type: z.string(),
    event: z.string(),
    source_id: z.int(),
    outcome: z.string(),
    reason: z.string(),
    at: isoTime,
    received_at: isoTime,
    profile_id: guid.nullable().meta({ description: "The person it belongs to now; null for nobody." }),
    user_id: z.string(),
    anonymous_id: z.string(),
    library: z.string(),
    is_historical: z.boolean(),
  })
  .meta({ id: "EventRow" });
export type EventRow = z.infer<typeof eventRow>;

export const eventListQuery = pageQuery.extend({
  event: z.string().max(512).optional(),
  type: z.string().max(20).optional(),
  source: numberParam.optional(),
  outcome: eventOutcome.optional(),
  profile: z.string().max(2200).optional().meta({ description: "A profile id or `namespace:value`." }),
  text: z.string().min(1).max(200).optional().meta({ description: "Only events whose payload as received has this text, in any case; looked for among the latest million positions of the log or so. Needs the scope `personal_data`." }),
  since: z.iso.datetime({ offset: true }).optional().meta({ description: "Only events received at or after this time." }),
});

export const eventList = pageOf(eventRow);
export type EventList = z.infer<typeof eventList>;

export const eventParams = z.strictObject({ messageId: z.string().min(1).max(1000) });

export const logPosition = z.strictObject({ partition: z.int(), offset: z.int(), index: z.int() });

/** Its `outcome` is also `failed`: decided, and refused by ClickHouse, so missing from lists and counts of events. */
export const eventFate = eventRow
  .extend({
    position: logPosition,
    detail: z.string().meta({ description: "Why, in words, where it was held." }),
    status: z.enum(["open", "resent", "discarded"]).nullable().meta({ description: "Where a quarantined event stands." }),
    refused_write: z.string().nullable().meta({ description: "Of an event that failed: its entry in /refused-writes." }),
    time_note: z.string(),
    import_id: z.int().nullable(),
    raw: z.string().meta({ description: "The event's bytes exactly as received, as text." }),
    raw_masked: rawMasked,
  })
  .meta({ id: "EventFate" });
export type EventFate = z.infer<typeof eventFate>;

export const waiting = z.strictObject({
  unread_chunks: z.int().meta({ description: "Chunks of the log that the pipeline has not read yet." }),
  unsent_blocks: z.int().meta({ description: "Decided blocks that have not landed in the event table yet." }),
});

export const eventFateAnswer = z.strictObject({
  message_id: z.string(),
  status: z
    .enum(["stored", "duplicate", "quarantined", "dropped", "withdrawn", "failed", "pending", "expired"])
    .meta({
      description:
        "`failed`: refused by ClickHouse. `pending`: not found among landed events, while accepted events still wait to be read or to land. `expired`: accepted within " +
        "the last days, and removed since, as the setting `events.keepDays` asks; of events accepted earlier nothing is known any more (404).",
    }),
  rows: z.array(eventFate).meta({ description: "Every event that came under this message id, the first first." }),
  more: z.boolean(),
  waiting,
});
export type EventFateAnswer = z.infer<typeof eventFateAnswer>;

export const quarantineQuery = pageQuery.extend({
  row: numberParam.optional().meta({ description: "The one held at this position." }),
  source: numberParam.optional(),
  reason: z.string().max(200).optional(),
  status: z.enum(["open", "resent", "discarded"]).optional(),
});

export const quarantineRow = z.strictObject({
  row_id: rowIdNumber,
  source_id: z.int(),
  received_at: isoTime,
  message_id: z.string(),
  event: z.string(),
  reason: z.string(),
  detail: z.string(),
  status: z.enum(["open", "resent", "discarded"]),
  raw_masked: rawMasked,
  raw: z.string().nullable().meta({ description: "As received; null while it has not landed in the event table, empty when it names someone suppressed." }),
});
export type QuarantineRow = z.infer<typeof quarantineRow>;

export const quarantineList = pageOf(quarantineRow);
export type QuarantineList = z.infer<typeof quarantineList>;

export const quarantineParams = z.strictObject({ row_id: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER) });

export const resendBody = z.strictObject({
  event: z
    .record(z.string(), z.unknown())
    .optional()
    .meta({ description: "The repaired event; what was received goes again when absent. It keeps the messageId unless it names one." }),
  text: z
    .string()
    .max(2_000_000)
    .optional()
    .meta({ description: "The repaired event as JSON text, in place of `event`: every number keeps the digits that it is written with." }),
});

export const quarantineChange = z.strictObject({
  row_id: rowIdNumber,
  status: z.enum(["resent", "discarded"]),
  resent: changeReceipt.nullable().meta({ description: "Where it stands in the log now; null when this request sent nothing." }),
});

export const ledgerQuery = z.strictObject({
  from: z.iso.datetime({ offset: true }).optional().meta({ description: "A day before `to` when absent; whole minutes." }),
  to: z.iso.datetime({ offset: true }).optional().meta({ description: "Now when absent; not included." }),
  source: numberParam.optional(),
  verify: z.enum(["true", "false"]).default("false").meta({ description: "Also count the rows of the event table itself." }),
});

const ledgerCount = z.strictObject({ outcome: z.string(), reason: z.string(), count: z.int() });

export const ledgerSource = z
  .strictObject({
    source_id: z.int().meta({ description: "0: the workspace's own changes (control records)." }),
    received: z.int(),
    waiting_to_be_decided: z.int(),
    decided: z.int(),
    decisions: z.array(ledgerCount),
    landed: z.int(),
    landings: z.array(ledgerCount),
    waiting_to_land: z.int(),
    failed: z.int().meta({ description: "Refused by ClickHouse for good, and listed under /refused-writes." }),
    failures: z.array(ledgerCount).meta({ description: "By the reason under which they are listed." }),
    expired: z.int().meta({ description: "Landed, and removed since, as the setting `events.keepDays` asks." }),
    in_event_table: z.int().nullable().meta({ description: "With `verify=true`: rows counted in the event table." }),
    balanced: z.boolean(),
  })
  .meta({ id: "LedgerSource" });
export type LedgerSource = z.infer<typeof ledgerSource>;

export const ledgerAnswer = z
  .strictObject({
    from: isoTime,
    to: isoTime,
    balanced: z.boolean(),
    imbalances: z.array(z.string()).meta({ description: "Each hop that does not add up, in words." }),
    verified: z.boolean().meta({
      description:
        "Whether all that was sent to ClickHouse in the last minutes is known to be there. False for a moment after a start, after ClickHouse " +
        "put aside a part that it could not read, and while no pipeline runs; what is missing is sent again, and until then the event table " +
        "may hold fewer events than have landed.",
    }),
    sources: z.array(ledgerSource),
    waiting_to_be_read: z.strictObject({
      events: z.int().meta({ description: "Accepted events of this workspace between the pipeline's place and the log's head." }),
      unread_chunks: z.int(),
      exact: z.boolean().meta({ description: "False when there are too many to count one by one; then `events` is a lower bound." }),
    }),
    dedupe_window: z.strictObject({
      days: z.number().meta({ description: "In force: today and as many days before it. Fewer than 7 when more ids would have to be kept than may be." }),
      since: isoTime.nullable().meta({ description: "Repeats of events since then are recognised." }),
    }),
  })
  .meta({ id: "Ledger" });
export type Ledger = z.infer<typeof ledgerAnswer>;
