import { describe, expect, test } from "vitest";
import { eventDrift, fieldDrift, type FieldDay } from "./drift.ts";

const TODAY = "2026-03-31";
const day = (ago: number): string => new Date(Date.parse(TODAY) - ago * 86_400_000).toISOString().slice(0, 10);
const OLD = day(59);

/** A count for each day, `from` days ago until `to` days ago. */
function daily(from: number, to: number, count: number): { day: string; count: number }[] {
  return Array.from({ length: from - to + 1 }, (_, i) => ({ day: day(from - i), count }));
}
function numbers(from: number, to: number, count: number): FieldDay[] {
  return daily(from, to, count).map((one) => ({ ...one, types: { number: count } }));
}

describe("drift", () => {
  test("says nothing of what goes on as it did", () => {
    expect(eventDrift(daily(59, 0, 100), TODAY, OLD)).toEqual([]);
    expect(fieldDrift(numbers(59, 0, 60), daily(59, 0, 100), TODAY, OLD)).toEqual([]);
  });

  test("names a new event, for a week", () => {
    expect(eventDrift(daily(2, 0, 5), TODAY, OLD)).toEqual([{ kind: "new", since: day(2), days: 2 }]);
    expect(eventDrift(daily(8, 0, 5), TODAY, OLD)).toEqual([]);
  });

  test("calls nothing new that was there when counting began", () => {
    expect(eventDrift(daily(2, 0, 5), TODAY, day(2))).toEqual([]);
    expect(eventDrift(daily(2, 0, 5), TODAY, day(4))).toEqual([]);
  });

  test("names a new field of an old event, and not each field of a new one", () => {
    expect(fieldDrift(numbers(1, 0, 50), daily(59, 0, 100), TODAY, OLD)).toEqual([{ kind: "new", since: day(1), days: 1 }]);
    expect(fieldDrift(numbers(1, 0, 100), daily(1, 0, 100), TODAY, OLD)).toEqual([]);
  });

  test("names an event that is away for longer than ever, and not one that is seldom", () => {
    expect(eventDrift(daily(59, 4, 10), TODAY, OLD)).toEqual([{ kind: "stopped", last: day(4), days: 4 }]);
    expect(eventDrift(daily(59, 1, 10), TODAY, OLD)).toEqual([]);
    const weekly = [42, 35, 28, 21, 14, 7].map((ago) => ({ day: day(ago), count: 30 }));
    expect(eventDrift(weekly, TODAY, OLD)).toEqual([]);
  });

  test("names a field that its events go on without", () => {
    expect(fieldDrift(numbers(59, 2, 100), daily(59, 0, 100), TODAY, OLD)).toEqual([{ kind: "stopped", last: day(2), days: 2 }]);
    // One in a hundred events carries it: two days without it are nothing.
    expect(fieldDrift(numbers(59, 2, 1), daily(59, 0, 100), TODAY, OLD)).toEqual([]);
    expect(fieldDrift(numbers(59, 2, 100), daily(59, 2, 100), TODAY, OLD)).toEqual([]);
  });

  test("names the type that came in, with its share", () => {
    const days: FieldDay[] = [...numbers(30, 1, 100), { day: TODAY, count: 100, types: { number: 91, text: 9 } }];
    expect(fieldDrift(days, daily(30, 0, 100), TODAY, OLD)).toEqual([{ kind: "type", was: "number", now: "text", share: 0.03, since: TODAY }]);
    const always: FieldDay[] = daily(30, 0, 100).map((one) => ({ ...one, types: { number: 90, text: 10 } }));
    expect(fieldDrift(always, daily(30, 0, 100), TODAY, OLD)).toEqual([]);
  });

  test("names a share that fell or rose, where there are enough events", () => {
    const fell = [...numbers(30, 3, 90), ...numbers(2, 0, 30)];
    expect(fieldDrift(fell, daily(30, 0, 100), TODAY, OLD)).toEqual([{ kind: "fell", from: 0.9, to: 0.3 }]);
    const rose = [...numbers(30, 3, 10), ...numbers(2, 0, 90)];
    expect(fieldDrift(rose, daily(30, 0, 100), TODAY, OLD)).toEqual([{ kind: "rose", from: 0.1, to: 0.9 }]);
    const few = [...numbers(30, 3, 1), ...numbers(2, 0, 0)];
    expect(fieldDrift(few, daily(30, 0, 1), TODAY, OLD)).toEqual([]);
  });

  test("does not take a day that has hardly begun for a fall", () => {
    const days = [...numbers(30, 1, 90), { day: TODAY, count: 1, types: { number: 1 } }];
    expect(fieldDrift(days, [...daily(30, 1, 100), { day: TODAY, count: 1 }], TODAY, OLD)).toEqual([]);
    expect(eventDrift(daily(59, 1, 100), TODAY, OLD)).toEqual([]);
  });
});
