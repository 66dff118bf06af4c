import { describe, expect, test } from "vitest";
import { judgeSilence, type Heard } from "./expected-silence.ts";
import { silenceOf, sourceSilent } from "./source-silent.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** A Monday at midnight, UTC. */
const MONDAY = Date.UTC(2026, 9, 5);
const LEAST_MS = 15 * MINUTE_MS;

/** Hour by hour from MONDAY: `perHour` says how many came in an hour, of which it is told the hour of the day and the day from Monday on. */
function heard(days: number, perHour: (hour: number, day: number) => number): Map<number, number> {
  const hours = new Map<number, number>();
  for (let hour = 0; hour < days * 24; hour++) {
    const count = perHour(hour % 24, Math.floor(hour / 24));
    if (count > 0) hours.set(MONDAY / HOUR_MS + hour, count);
  }
  return hours;
}

/** After how many minutes of silence it is strange; undefined: not within `hours`. What it was about to send never came. */
function strangeAfter(history: Heard, fromMs: number, hours: number): number | undefined {
  const before = new Map([...history].filter(([hour]) => hour * HOUR_MS < fromMs));
  for (let minutes = 5; minutes <= hours * 60; minutes += 5) if (judgeSilence(before, fromMs, fromMs + minutes * MINUTE_MS, LEAST_MS)?.isStrange === true) return minutes;
  return undefined;
}

const shop = (hour: number, day: number): number => (day % 7 === 6 ? 0 : hour >= 8 && hour < 22 ? 120 : 0);
const at = (day: number, hour: number): number => MONDAY + (day * 24 + hour) * HOUR_MS;

describe("a shop with nights and quiet Sundays", () => {
  const history = heard(35, shop);

  test("is missed by day within minutes", () => {
    expect(strangeAfter(history, at(29, 14), 5)).toBe(15);
  });

  test("may be silent every night and every Sunday, also when it closes early and opens late", () => {
    expect(strangeAfter(history, at(29, 21.1), 11)).toBeUndefined();
    expect(strangeAfter(history, at(33, 21), 36)).toBeUndefined();
  });

  test("that does not come back in the morning is missed", () => {
    const minutes = strangeAfter(history, at(29, 22), 24);
    expect(minutes).toBeGreaterThan(11 * 60);
    expect(minutes).toBeLessThan(11.5 * 60);
  });

  test("cries no wolf when the clocks are put forward or back, wherever it reckons", () => {
    for (const shift of [-1, 1]) {
      // From the fourth week on everything happens an hour sooner or later.
      const shifted = heard(35, (hour, day) => (day >= 28 ? shop((hour + 24 + shift) % 24, day) : shop(hour, day)));
      const hours = [...shifted.keys()].filter((hour) => hour * HOUR_MS >= at(28, 0)).sort((a, b) => a - b);
      for (let i = 1; i < hours.length; i++) {
        const [from = 0, to = 0] = [(hours[i - 1] ?? 0) + 1, hours[i]];
        const before = new Map([...shifted].filter(([hour]) => hour < from));
        expect(judgeSilence(before, from * HOUR_MS, to * HOUR_MS, LEAST_MS)?.isStrange, `${shift} ${i}`).toBe(false);
      }
    }
  });
});

test("who sends a few events at any time is given as many hours as chance needs", () => {
  const few = heard(35, () => 3);
  expect(strangeAfter(few, at(30, 12), 12)).toBeGreaterThan(120);
  expect(strangeAfter(few, at(30, 12), 12)).toBeLessThan(5 * 60);
});

test("who sends once a day is missed half a day later, and not before", () => {
  const daily = heard(35, (hour) => (hour === 3 ? 10_000 : 0));
  expect(strangeAfter(daily, at(30, 4), 100)).toBeGreaterThanOrEqual(36 * 60);
  expect(strangeAfter(daily, at(30, 4), 100)).toBeLessThan(38 * 60);
});

test("who sends now and then, without any order, is not missed by what one can't know", () => {
  const sporadic = heard(35, (hour, day) => ((day * 7 + hour * 13) % 97 === 5 ? 2 : 0));
  expect(strangeAfter(sporadic, at(30, 4), 48)).toBeUndefined();
});

test("of somebody new nothing is known, and after some days days are compared", () => {
  expect(judgeSilence(heard(2, () => 100), at(2, 0), at(2, 12), LEAST_MS)).toBeUndefined();
  expect(strangeAfter(heard(5, () => 100), at(5, 0), 5)).toBe(15);
});

test("an hour counts by how much of it was silent", () => {
  expect(judgeSilence(heard(35, () => 60), at(30, 10.5), at(30, 10.75), LEAST_MS)).toEqual({ isStrange: true, missed: 15, longestHours: 1 });
});

test("a server that was off tells no source as silent for it, and calls none well that it has not heard since", () => {
  const history = heard(35, () => 120);
  const [lastMs, awakeSinceMs] = [at(30, 2), at(30, 10)];
  const before = new Map([...history].filter(([hour]) => hour * HOUR_MS < lastMs));
  const levelAt = (minutes: number): string => {
    const nowMs = awakeSinceMs + minutes * MINUTE_MS;
    return sourceSilent.judge({ by: "learnt", minutes: 15 }, silenceOf(before, lastMs, { nowMs, awakeSinceMs }), nowMs).level;
  };
  expect([1, 10, 16].map(levelAt)).toEqual(["unknown", "unknown", "bad"]);
  expect(sourceSilent.judge({ by: "learnt", minutes: 15 }, silenceOf(history, awakeSinceMs + MINUTE_MS, { nowMs: awakeSinceMs + 2 * MINUTE_MS, awakeSinceMs }), 0).level).toBe("good");
});
