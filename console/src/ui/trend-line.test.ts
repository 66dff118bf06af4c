import { expect, test } from "vitest";
import { trendPoints } from "./trend-line.tsx";

test("a trend goes from the least at the bottom to the most at the top, and begins where something is known", () => {
  expect(trendPoints([null, 10, 30, 20])).toEqual([{ x: 22, y: 18 }, { x: 42, y: 2 }, { x: 62, y: 10 }]);
});

test("what never changed is a line in the middle, and nothing known is no line", () => {
  expect(trendPoints([7, 7])).toEqual([{ x: 2, y: 10 }, { x: 62, y: 10 }]);
  expect(trendPoints([null, 3])).toEqual([{ x: 62, y: 10 }]);
  expect(trendPoints([null, null])).toEqual([]);
});
