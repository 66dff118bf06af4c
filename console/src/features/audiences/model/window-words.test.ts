import { expect, test } from "vitest";
import "../../../texts/testing.ts";
import { texts } from "../../../texts/texts.ts";
import { readDate, readWindow } from "./window-words.ts";

const { windowWords } = texts.audiences;
const read = (text: string) => readWindow(text, windowWords, "2026-11-22");

test.each([
  ["14 days", { last: 14, unit: "day" }], ["last 2 weeks", { last: 2, unit: "week" }], ["1 month", { last: 1, unit: "month" }], ["90d", { last: 90, unit: "day" }],
  ["this month", { period: "this", count: 1, unit: "month", zone: "workspace" }], ["previous quarter", { period: "previous", count: 1, unit: "quarter", zone: "workspace" }],
  ["since 1 May", { from: "2026-05-01" }], ["since 24 December", { from: "2025-12-24" }], ["before 2026-02-01", { to: "2026-02-01" }], ["ever", null],
])("%s is understood", (text, window) => {
  expect(read(text)).toEqual(window);
});

test.each(["", "soon", "14 apples", "this hour", "since 31 February", "since"])("%s is not", (text) => {
  expect(read(text)).toBeUndefined();
});

test("dates without a year are the latest that is not to come", () => {
  expect(readDate("22 nov", windowWords.months, "2026-11-22")).toBe("2026-11-22");
  expect(readDate("23. nov", windowWords.months, "2026-11-22")).toBe("2025-11-23");
});
