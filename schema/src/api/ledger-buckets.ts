// The ledger over time: what came in and what became of it, by the minute, hour or day.
import { z } from "zod";
import { isoTime } from "./answer-parts.ts";
import { numberParam } from "./workspace.ts";

export const ledgerBucketSize = z.enum(["minute", "hour", "day"]);

export const ledgerBucketQuery = z.strictObject({
  by: ledgerBucketSize.default("hour").meta({ description: "Days are those of UTC." }),
  from: z.iso.datetime({ offset: true }).optional().meta({ description: "A day before `to` when absent; rounded down to a whole bucket." }),
  to: z.iso.datetime({ offset: true }).optional().meta({ description: "Now when absent; rounded up to a whole bucket." }),
  source: numberParam.optional(),
  per_source: z.enum(["true", "false"]).default("false").meta({ description: "A bucket for each source, not one for all that send events." }),
});

export const ledgerBucket = z.strictObject({
  at: isoTime.meta({ description: "Where it begins." }),
  source_id: z.int().nullable().meta({ description: "Null: all sources together." }),
  received: z.int(),
  outcomes: z.record(z.string(), z.int()).meta({ description: "What was decided: `stored`, `duplicate`, `quarantined`, `dropped`, `withdrawn`; those that are not zero." }),
  landed: z.int(),
  failed: z.int(),
  last_minute: isoTime.nullable().meta({ description: "The last minute of the bucket in which something came in." }),
});
export type LedgerBucket = z.infer<typeof ledgerBucket>;

export const ledgerBucketList = z
  .strictObject({ from: isoTime, to: isoTime, by: ledgerBucketSize, data: z.array(ledgerBucket).meta({ description: "In order of time; empty ones are left out." }) })
  .meta({ id: "LedgerBucketList" });
export type LedgerBucketList = z.infer<typeof ledgerBucketList>;
