// Every event stands in exactly one place, under its day and its session.
import { expect, test } from "vitest";
import type { TimelineEvent } from "@tributary/schema/api/profiles.ts";
import { timelineRows } from "./timeline-rows.ts";

const NOON_MS = new Date(2026, 10, 22, 12).getTime();
const MINUTE_MS = 60_000;
const event = (row_id: number, minutesBefore: number, name = "Seen"): TimelineEvent => {
  const at = new Date(NOON_MS - minutesBefore * MINUTE_MS).toISOString();
  return {
    row_id, message_id: `m${row_id}`, type: "track", event: name, at, received_at: at, source_id: 1, page_url: "", device_type: "", is_historical: false, properties: { total: 19.5 },
  };
};
const events = [event(6, 0), event(5, 10), event(4, 39), event(3, 80), event(2, 60 * 24), event(1, 60 * 24 + 5)];
const shape = (folded: string[] = []): string[] => timelineRows(events, new Set(folded)).map((row) =>
  (row.kind === "event" ? String(row.event.row_id) : row.kind === "session" ? `session of ${row.count}` : "day"));

test("a pause of more than half an hour ends a session, and an event alone is none", () => {
  expect(shape()).toEqual(["day", "session of 3", "6", "5", "4", "3", "day", "session of 2", "2", "1"]);
});

test("a folded session shows its heading alone, and stays folded when more comes in", () => {
  expect(shape(["session 4"])).toEqual(["day", "session of 3", "3", "day", "session of 2", "2", "1"]);
});

test("keys are unlike each other", () => {
  const keys = timelineRows(events, new Set()).map((row) => row.key);
  expect(new Set(keys).size).toBe(keys.length);
});
