import { expect, test } from "vitest";
import { deliveredShare, funnelOf } from "./funnel.ts";

const waiting = { events: 0, oldest_at: null, again: 2, behind: 3, oldest_failed_at: null, next_at: null };

test("every count is in one step, with the reasons of what was not delivered, the most frequent first", () => {
  const steps = funnelOf({
    waiting, counts: [
      { outcome: "filtered", reason: "late", count: 1 }, { outcome: "filtered", reason: "consent", count: 4 }, { outcome: "delivered", reason: "http_200", count: 90 },
      { outcome: "refused", reason: "http_400", count: 8 }, { outcome: "expired", reason: "http_503", count: 2 }, { outcome: "held_out", reason: "hold_out", count: 5 },
    ],
  });
  expect(steps.map(({ key, count }) => [key, count])).toEqual([["eligible", 115], ["filtered", 5], ["waiting", 5], ["delivered", 90], ["failed", 10], ["unsent", 5]]);
  expect(steps.find(({ key }) => key === "filtered")?.reasons).toEqual([{ reason: "consent", count: 4 }, { reason: "late", count: 1 }]);
  expect(steps.find(({ key }) => key === "failed")?.reasons).toEqual([{ reason: "http_400", count: 8 }, { reason: "http_503", count: 2 }]);
  expect(deliveredShare(steps)).toBe(0.9);
});

test("of nothing there is no share", () => {
  const steps = funnelOf({ waiting: { ...waiting, again: 0, behind: 0 }, counts: [] });
  expect(steps.map(({ key, count }) => [key, count])).toEqual([["eligible", 0], ["filtered", 0], ["waiting", 0], ["delivered", 0], ["failed", 0]]);
  expect(deliveredShare(steps)).toBeUndefined();
});
