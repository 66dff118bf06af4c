// Schedules by hand-moved clocks: zones and their summers, stops, and clocks that are put forward and back.
import { expect, test } from "vitest";
import { cronProblem, dueNow, nextTime } from "./due.ts";

const at = (text: string): number => Date.parse(text);
const iso = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : new Date(ms).toISOString());
const daily = { cron: "30 2 * * *", zone: "Europe/Berlin" };

test.each([
  ["2026-11-22T00:00:00Z", "2026-11-22T01:30:00.000Z"],
  // 02:30 is not there in that night: it runs once all the same, when the hour that is left out is over.
  ["2026-03-28T12:00:00Z", "2026-03-29T01:00:00.000Z"],
  ["2026-03-29T02:00:00Z", "2026-03-30T00:30:00.000Z"],
  // And twice in this one: it runs at the first.
  ["2026-10-24T12:00:00Z", "2026-10-25T00:30:00.000Z"],
])("after %s the next 02:30 in Berlin is %s", (after, next) => {
  expect(iso(nextTime(daily, at(after)))).toBe(next);
});

test("02:30 that comes twice in a night is run once", () => {
  const first = nextTime(daily, at("2026-10-24T12:00:00Z"))!;
  expect(iso(nextTime(daily, first))).toBe("2026-10-26T01:30:00.000Z");
});

test("what was missed while nothing ran is run once, and then as before", () => {
  const due = dueNow(daily, at("2026-11-01T01:30:00Z"), at("2026-11-22T12:00:00Z"));
  expect([due.isDue, iso(due.nextMs)]).toEqual([true, "2026-11-23T01:30:00.000Z"]);
  const every = dueNow({ everyMinutes: 15 }, at("2026-11-22T10:07:00Z"), at("2026-11-22T12:00:00Z"));
  // In its beat, however late.
  expect([every.isDue, iso(every.nextMs)]).toEqual([true, "2026-11-22T12:07:00.000Z"]);
});

test("not before its time; and one that was never worked out begins with the next", () => {
  expect(dueNow(daily, at("2026-11-23T01:30:00Z"), at("2026-11-23T01:29:59Z"))).toEqual({ isDue: false, nextMs: at("2026-11-23T01:30:00Z") });
  expect(dueNow(daily, undefined, at("2026-11-22T12:00:00Z"))).toEqual({ isDue: false, nextMs: at("2026-11-23T01:30:00Z") });
  expect(dueNow({ afterImport: "shop" }, undefined, 0)).toEqual({ isDue: false, nextMs: undefined });
});

test("a clock that was years ahead and is put back puts nothing off", () => {
  expect(dueNow(daily, at("2031-05-01T00:30:00Z"), at("2026-11-22T12:00:00Z"))).toEqual({ isDue: false, nextMs: at("2026-11-23T01:30:00Z") });
  expect(dueNow({ everyMinutes: 15 }, at("2031-05-01T00:30:00Z"), at("2026-11-22T12:00:00Z"))).toEqual({ isDue: false, nextMs: at("2026-11-22T12:15:00Z") });
});

test.each(["61 * * * *", "* * * *", "0 0 * * * *", "@daily", "0 0 30 2 *", "x", ""])("%j is no schedule", (cron) => {
  expect(cronProblem(cron)).toBeTypeOf("string");
});
test.each(["*/5 * * * *", "0 9 * * MON-FRI", "0 0 L * *"])("%j is one", (cron) => {
  expect(cronProblem(cron)).toBeUndefined();
});
