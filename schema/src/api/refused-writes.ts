// What ClickHouse refused for good, as the API shows it: rows that are missing there, and changes of rows that were not made.
import { z } from "zod";
import { guid, isoTime, pageOf, pageQuery, rawMasked, rowIdNumber } from "./answer-parts.ts";
import { numberParam } from "./workspace.ts";

const refusedKind = z.enum(["row", "statement"]).meta({
  description: "`row`: of an event, or of what is known about a person. `statement`: a change of many rows, such as after an unmerge.",
});
const refusedStatus = z.enum(["open", "landed", "discarded"]).meta({ description: "`landed`: sent again, and taken." });

export const refusedWritesQuery = pageQuery.extend({
  status: refusedStatus.optional(),
  kind: refusedKind.optional(),
  table: z.string().max(100).optional(),
  source: numberParam.optional(),
  reason: z.string().max(100).optional(),
});

export const refusedWrite = z
  .strictObject({
    id: z.string(),
    kind: refusedKind,
    status: refusedStatus,
    table: z.string().meta({ description: "The table in ClickHouse." }),
    reason: z.string().meta({ description: "One word for programs: `constraint`, `unreadable_value`, `unknown_function` …" }),
    detail: z.string().meta({ description: "Why, and what to do before it is sent again." }),
    engine: z
      .strictObject({ code: z.int(), message: z.string() })
      .meta({ description: "ClickHouse's error code, and what it said." }),
    at: isoTime.meta({ description: "When it was refused first." }),
    resolved_at: isoTime.nullable(),
    whole_installation: z.boolean().meta({ description: "A change that concerns more than this workspace." }),
    row_id: rowIdNumber.nullable().meta({ description: "Of a row: its event's position in the log, or that of the event which changed the person." }),
    source_id: z.int().nullable(),
    received_at: isoTime.nullable(),
    message_id: z.string(),
    event: z.string(),
    outcome: z.string().meta({ description: "What the pipeline had decided about the event; empty for all else." }),
    profile_id: guid.nullable().meta({ description: "The person it belongs to now; null for nobody." }),
    raw_masked: rawMasked,
    raw: z.string().nullable().meta({ description: "Of an event that is not in the table: its bytes exactly as received, as text." }),
  })
  .meta({ id: "RefusedWrite" });
export type RefusedWrite = z.infer<typeof refusedWrite>;

export const refusedWriteList = pageOf(refusedWrite);
export type RefusedWriteList = z.infer<typeof refusedWriteList>;

export const refusedWriteParams = z.strictObject({ id: z.string().regex(/^\d{1,16}-\d{1,9}$/, "An id is one that the list gave.") });

export const refusedWriteChange = z.strictObject({
  id: z.string(),
  status: refusedStatus.meta({ description: "`open` after a retry: it was refused again; the list says why." }),
});

/** Sent again by one request, at most. */
export const RETRIES_MAX = 500;

export const retryAllBody = z.strictObject({
  kind: refusedKind.optional(),
  reason: z.string().max(100).optional(),
  after: z.string().max(2000).optional().meta({ description: "`next` of the answer before." }),
});

export const retryAllAnswer = z.strictObject({
  landed: z.int(),
  refused: z.int().meta({ description: "Refused again, and still open." }),
  next: z.string().nullable().meta({ description: "There are more: ask again with this as `after`." }),
});
