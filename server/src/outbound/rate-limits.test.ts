import { expect, test } from "vitest";
import { createRateLimits } from "./rate-limits.ts";

const rate = { perSecond: 10, burst: 3 };

test("a burst goes at once, then one after the other", () => {
  const limits = createRateLimits();
  expect([1, 2, 3, 4].map(() => limits.take("a", rate, 1_000))).toEqual([0, 0, 0, 100]);
  expect(limits.take("a", rate, 1_099)).toBe(1);
  expect(limits.take("a", rate, 1_100)).toBe(0);
  expect(limits.take("a", rate, 1_100), "what was refused was not counted").toBe(100);
  expect(limits.take("b", rate, 1_100), "each key for itself").toBe(0);
  expect([1, 2, 3, 4].map(() => limits.take("a", rate, 60_000)), "a rest saves up no more than a burst").toEqual([0, 0, 0, 100]);
});

test("never more than the rate and a burst, whoever asks when", () => {
  const limits = createRateLimits();
  let sent = 0;
  // A step that divides nothing.
  for (let nowMs = 0; nowMs < 10_000; nowMs += 7) while (limits.take("a", rate, nowMs) === 0) sent += 1;
  expect(sent).toBe(102);
});

test("a reservation is counted, and told when its turn is", () => {
  const limits = createRateLimits();
  expect([1, 2, 3, 4, 5].map(() => limits.reserve("a", rate, 0))).toEqual([0, 0, 0, 100, 200]);
  expect(limits.take("a", rate, 0)).toBe(300);
});

test("several at once take several turns, and more than a burst waits for a whole one", () => {
  const limits = createRateLimits();
  expect(limits.take("a", rate, 0, 2)).toBe(0);
  expect(limits.take("a", rate, 0, 2)).toBe(100);
  expect(limits.take("a", rate, 100, 2)).toBe(0);
  expect(limits.take("b", rate, 0, 10)).toBe(0);
  expect(limits.take("b", rate, 0), "and is paid for afterwards").toBe(800);
});

test("a pause lets nothing through before its end, not even a burst", () => {
  const limits = createRateLimits();
  limits.pause("a", rate, 5_000);
  expect(limits.take("a", rate, 0)).toBe(5_000);
  expect(limits.take("a", rate, 4_999)).toBe(1);
  expect(limits.take("a", rate, 5_000)).toBe(0);
  expect(limits.take("a", rate, 5_000)).toBe(100);
});

test("keys that are even again are forgotten", () => {
  const limits = createRateLimits();
  for (let i = 0; i < 50_000; i += 1) limits.take(`key ${i}`, rate, i * 10);
  expect(limits.size).toBeLessThan(2_500);
});
