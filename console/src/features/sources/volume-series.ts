// The ledger over time as what a chart draws: every hour of the span, also the empty ones, and what became of its events.
import type { LedgerBucketList } from "@tributary/schema/api/ledger-buckets.ts";
import { texts } from "../../texts/texts.ts";

const HOUR_MS = 3_600_000;

export const outcomesInOrder = ["stored", "duplicate", "quarantined", "dropped", "withdrawn", "failed", "pending"] as const;
export type ShownOutcome = (typeof outcomesInOrder)[number];

/** Custom properties of ui.css; the same outcome has the same colour wherever it is drawn. */
export const outcomeColors: Readonly<Record<ShownOutcome, string>> = {
  stored: "--chart-stored", duplicate: "--chart-duplicate", quarantined: "--chart-held", dropped: "--chart-dropped", withdrawn: "--chart-withdrawn", failed: "--chart-failed", pending: "--chart-waiting",
};

export function outcomeName(outcome: ShownOutcome): string {
  return texts.everywhere.outcomes[outcome] ?? outcome;
}

export interface Volume {
  /** Where each hour begins. */
  readonly timesMs: readonly number[];
  /** Of the outcomes that came about at all; what is received and not decided yet is `pending`. */
  readonly series: readonly { readonly outcome: ShownOutcome; readonly values: readonly number[] }[];
  readonly total: number;
}

export function volumeOf({ from, to, data }: LedgerBucketList): Volume {
  const fromMs = Date.parse(from);
  const length = Math.round((Date.parse(to) - fromMs) / HOUR_MS);
  const timesMs = Array.from({ length }, (_, index) => fromMs + index * HOUR_MS);
  const values = new Map<ShownOutcome, number[]>(outcomesInOrder.map((outcome) => [outcome, Array.from({ length }, () => 0)]));
  let total = 0;
  for (const bucket of data) {
    const index = Math.round((Date.parse(bucket.at) - fromMs) / HOUR_MS);
    const decided = Object.values(bucket.outcomes).reduce((sum, count) => sum + count, 0);
    const counts: Readonly<Record<string, number>> = {
      ...bucket.outcomes, stored: (bucket.outcomes["stored"] ?? 0) - bucket.failed, failed: bucket.failed, pending: Math.max(0, bucket.received - decided),
    };
    for (const [outcome, list] of values) if (index >= 0 && index < length) list[index] = (list[index] ?? 0) + Math.max(0, counts[outcome] ?? 0);
    total += bucket.received;
  }
  const series = [...values].map(([outcome, list]) => ({ outcome, values: list })).filter((one) => one.values.some((count) => count > 0));
  return { timesMs, series, total };
}

export interface SourceVolume {
  readonly received: readonly number[];
  /** Within the span; a minute's precision. */
  readonly lastAt: string | undefined;
}

/** Of every source that sent something: received by the hour, and when the last came. */
export function volumesBySource({ from, to, data }: LedgerBucketList): Map<number, SourceVolume> {
  const fromMs = Date.parse(from);
  const length = Math.round((Date.parse(to) - fromMs) / HOUR_MS);
  const bySource = new Map<number, { received: number[]; lastAt: string | undefined }>();
  for (const { at, source_id: id, received, last_minute: last } of data) {
    if (id === null) continue;
    const one = bySource.get(id) ?? { received: Array.from({ length }, () => 0), lastAt: undefined };
    const index = Math.round((Date.parse(at) - fromMs) / HOUR_MS);
    if (index >= 0 && index < length) one.received[index] = received;
    one.lastAt = last ?? one.lastAt;
    bySource.set(id, one);
  }
  return bySource;
}
