import { expect, test } from "vitest";
import { freshnessSpansMs } from "@tributary/schema/api/freshness.ts";
import { freshnessByHour, mostWithin } from "./freshness-words.ts";

const spans_ms = [...freshnessSpansMs];

test.each([
  [[0, 0, 0, 0, 0, 0, 0, 0, 0], { events: 0, withinMs: undefined }],
  [[99, 1, 0, 0, 0, 0, 0, 0, 0], { events: 100, withinMs: 100 }],
  [[98, 1, 1, 0, 0, 0, 0, 0, 0], { events: 100, withinMs: 250 }],
  [[50, 0, 0, 0, 0, 0, 0, 0, 50], { events: 100, withinMs: undefined }],
])("counts %j say %j", (total, said) => expect(mostWithin({ total, spans_ms })).toEqual(said));

test("by the hour, empty hours are there, and every event counts once", () => {
  const counts = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  const hours = freshnessByHour({
    from: "2026-11-22T09:30:00.000Z", to: "2026-11-22T12:10:00.000Z", spans_ms, total: counts, data: [{ at: "2026-11-22T11:00:00.000Z", counts }],
  });
  expect(hours.timesMs.map((ms) => new Date(ms).toISOString().slice(11, 16))).toEqual(["09:00", "10:00", "11:00", "12:00"]);
  expect(hours.values).toEqual({ fast: [0, 0, 6, 0], slow: [0, 0, 15, 0], late: [0, 0, 24, 0] });
});
