// How long events took from the door to the profile.
import { z } from "zod";
import { isoTime } from "./answer-parts.ts";

/** The upper ends of the counted spans, in milliseconds; what took longer than the last is counted behind it. */
export const freshnessSpansMs = [100, 250, 500, 1_000, 2_000, 5_000, 30_000, 300_000] as const;

/** One for each span, and one for what took longer than all of them. */
export function noFreshnessCounts(): number[] {
  return Array.from({ length: freshnessSpansMs.length + 1 }, () => 0);
}

export const freshnessQuery = z.strictObject({
  from: z.iso.datetime({ offset: true }).optional().meta({ description: "A day before `to` when absent; whole minutes." }),
  to: z.iso.datetime({ offset: true }).optional().meta({ description: "Now when absent; not included." }),
  by: z.enum(["minute", "hour"]).default("hour"),
});

const counts = z.array(z.int()).length(noFreshnessCounts().length);

export const freshnessAnswer = z
  .strictObject({
    from: isoTime,
    to: isoTime,
    spans_ms: z.array(z.int()).meta({ description: "`counts[i]` are events that took at most `spans_ms[i]`, and more than the span before; the last took longer." }),
    total: counts,
    data: z.array(z.strictObject({ at: isoTime, counts })).meta({ description: "By minute or hour in which the events were in their profiles; those without any are left out." }),
  })
  .meta({ id: "Freshness", description: "From receipt to profile, of events as they happen: history and imports do not count." });
export type Freshness = z.infer<typeof freshnessAnswer>;
