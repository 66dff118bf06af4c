// How fresh profiles are, in words: from counts of events by how long they took. Pure.
import type { Freshness } from "@tributary/schema/api/freshness.ts";

/** The share that a sentence speaks of. */
const MOST = 0.99;

/** Counted events, and the shortest of the spans within which most were; undefined where even the longest is too short. */
export function mostWithin({ total, spans_ms: spans }: Pick<Freshness, "total" | "spans_ms">): { readonly events: number; readonly withinMs: number | undefined } {
  const events = total.reduce((sum, count) => sum + count, 0);
  let reached = 0;
  const index = spans.findIndex((_, span) => (reached += total[span] ?? 0) >= events * MOST);
  return { events, withinMs: events === 0 || index === -1 ? undefined : spans[index] };
}

export const speeds = ["fast", "slow", "late"] as const;
export type Speed = (typeof speeds)[number];
const FAST_MS = 500;
const SLOW_MS = 5_000;

export interface FreshnessByHour {
  readonly timesMs: readonly number[];
  /** `fast`: within half a second; `slow`: within five; `late`: longer. */
  readonly values: Readonly<Record<Speed, readonly number[]>>;
}

const HOUR_MS = 3_600_000;

/** Every hour of the time asked for, also the empty ones. */
export function freshnessByHour({ from, to, spans_ms: spans, data }: Freshness): FreshnessByHour {
  const firstMs = Math.floor(Date.parse(from) / HOUR_MS) * HOUR_MS;
  const hours = Math.max(1, Math.ceil((Date.parse(to) - firstMs) / HOUR_MS));
  const timesMs = Array.from({ length: hours }, (_, hour) => firstMs + hour * HOUR_MS);
  const byTime = new Map(data.map(({ at, counts }) => [Date.parse(at), counts]));
  const sum = (isIn: (endMs: number) => boolean): number[] => timesMs.map((ms) =>
    (byTime.get(ms) ?? []).reduce((total, count, span) => (isIn(spans[span] ?? Infinity) ? total + count : total), 0));
  return {
    timesMs,
    values: { fast: sum((endMs) => endMs <= FAST_MS), slow: sum((endMs) => endMs > FAST_MS && endMs <= SLOW_MS), late: sum((endMs) => endMs > SLOW_MS) },
  };
}
