// Hours without events are drawn too, and nothing is counted twice.
import { expect, test } from "vitest";
import type { LedgerBucketList } from "@tributary/schema/api/ledger-buckets.ts";
import { volumeOf, volumesBySource } from "./volume-series.ts";

const at = (hour: number): string => new Date(Date.UTC(2026, 10, 22, hour)).toISOString();
const bucket = (hour: number, received: number, outcomes: Record<string, number>, failed = 0, source: number | null = 1): LedgerBucketList["data"][number] =>
  ({ at: at(hour), source_id: source, received, outcomes, landed: 0, failed, last_minute: received > 0 ? at(hour) : null });
const list = (data: LedgerBucketList["data"]): LedgerBucketList => ({ from: at(0), to: at(4), by: "hour", data });

test("what failed is not also stored, and what is not decided yet waits", () => {
  const { timesMs, series, total } = volumeOf(list([bucket(1, 10, { stored: 6, quarantined: 1 }, 2), bucket(3, 5, { stored: 5 })]));
  expect(timesMs).toHaveLength(4);
  expect(series).toEqual([
    { outcome: "stored", values: [0, 4, 0, 5] }, { outcome: "quarantined", values: [0, 1, 0, 0] }, { outcome: "failed", values: [0, 2, 0, 0] }, { outcome: "pending", values: [0, 3, 0, 0] },
  ]);
  expect(total).toBe(15);
  expect(series.flatMap((one) => one.values).reduce((sum, n) => sum + n, 0)).toBe(15);
});

test("nothing gives no series", () => expect(volumeOf(list([]))).toMatchObject({ series: [], total: 0 }));

test("each source has its own line, and its last minute", () => {
  const volumes = volumesBySource(list([bucket(0, 3, {}, 0, 1), bucket(0, 9, {}, 0, 2), bucket(2, 4, {}, 0, 1), bucket(3, 0, { stored: 4 }, 0, 1)]));
  expect(volumes.get(1)).toEqual({ received: [3, 0, 4, 0], lastAt: at(2) });
  expect(volumes.get(2)?.received).toEqual([9, 0, 0, 0]);
});
