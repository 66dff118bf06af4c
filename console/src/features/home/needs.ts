// What needs a person, grouped so that one look and one action do for many. Pure.
import type { QuarantineRow } from "@tributary/schema/api/events.ts";
import type { RefusedWrite } from "@tributary/schema/api/refused-writes.ts";
import type { RejectedKey } from "@tributary/schema/api/workspace.ts";

export interface Need {
  readonly kind: "held" | "refused" | "rejected";
  readonly key: string;
  readonly count: number;
  /** The list that was grouped had more rows than were read: `count` is a lower bound. */
  readonly isAtLeast: boolean;
  /** When the oldest of those read came in. */
  readonly sinceMs: number;
  /** Why, in words where there are any. */
  readonly reason: string;
  readonly detail: string;
  readonly sourceId: number | null;
}

interface Listed<T> {
  readonly rows: readonly T[];
  readonly hasMore: boolean;
}

/** The gravest kind first, then the largest group. */
export function needsOf(held: Listed<QuarantineRow>, refused: Listed<RefusedWrite>, rejected: readonly RejectedKey[]): Need[] {
  return [
    ...grouped(refused.rows, (row) => row.reason).map(([key, rows]) => ({
      kind: "refused" as const, key, count: rows.length, isAtLeast: refused.hasMore, sinceMs: oldest(rows.map((row) => row.at)),
      reason: rows[0]?.reason ?? "", detail: rows[0]?.detail ?? "", sourceId: null,
    })).sort(byCount),
    ...grouped(held.rows, (row) => `${row.source_id} ${row.reason}`).map(([key, rows]) => ({
      kind: "held" as const, key, count: rows.length, isAtLeast: held.hasMore, sinceMs: oldest(rows.map((row) => row.received_at)),
      reason: rows[0]?.reason ?? "", detail: rows[0]?.detail ?? "", sourceId: rows[0]?.source_id ?? null,
    })).sort(byCount),
    ...grouped(rejected, (row) => `${row.key_prefix} ${row.reason}`).map(([key, rows]) => ({
      kind: "rejected" as const, key, count: rows.reduce((sum, row) => sum + row.count, 0), isAtLeast: false, sinceMs: oldest(rows.map((row) => row.first_at)),
      reason: rows[0]?.reason ?? "", detail: rows[0]?.key_prefix ?? "", sourceId: rows[0]?.source_id ?? null,
    })).sort(byCount),
  ];
}

function grouped<T>(rows: readonly T[], keyOf: (row: T) => string): [string, T[]][] {
  return [...Map.groupBy(rows, keyOf)];
}

function oldest(times: readonly string[]): number {
  return Math.min(...times.map((time) => Date.parse(time)));
}

function byCount(a: Need, b: Need): number {
  return b.count - a.count;
}
