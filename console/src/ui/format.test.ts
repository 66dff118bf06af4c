// What people read: numbers, times, initials.
import { expect, test } from "vitest";
import { amountWithUnit, dayName, duration, initials, relativeTime, shortNumber, valueText } from "./format.ts";

const NOW = Date.UTC(2026, 10, 22, 12);

test.each([[0, ""], [999, ""], [1000, "1 s"], [59_999, "59 s"], [60_000, "1 min"], [7_200_000, "2 h"], [86_400_000 * 3, "3 d"]])(
  "%d ms last %j", (ms, text) => expect(duration(ms)).toBe(text),
);

test("times are said from now, in both directions", () => {
  expect(relativeTime(NOW - 500, NOW)).toBe("just now");
  expect(relativeTime(NOW - 61_000, NOW)).toBe("1 min ago");
  expect(relativeTime(NOW + 3_700_000, NOW)).toBe("in 1 h");
  expect(relativeTime(NOW - 400 * 86_400_000, NOW)).toContain("2025");
});

test("days near now have names", () => {
  expect(dayName(NOW, NOW)).toBe("Today");
  expect(dayName(NOW - 86_400_000, NOW)).toBe("Yesterday");
  expect(dayName(NOW - 5 * 86_400_000, NOW)).toContain("17");
});

test.each([
  ["Ann Lee", "AL"], ["ann@example.com", "AE"], ["  ", "?"], ["", "?"], ["‮evil", "E"], ["李 小龍", "李小"], ["𝒜nn", "𝒜"], ["🧀 Käse", "🧀K"], ["<script>", "S"],
])("the initials of %j are %j", (name, letters) => expect(initials(name)).toBe(letters));

test("numbers stay short from ten thousand on", () => {
  expect(shortNumber(9_999)).toMatch(/^9.?999$/);
  expect(shortNumber(12_345).length).toBeLessThan(7);
});

test("a value stands on one line and is cut", () => {
  expect(valueText("a\n\nb")).toBe("a b");
  expect(valueText({ a: [1] })).toBe('{"a":[1]}');
  expect(valueText("x".repeat(10_000)).length).toBe(301);
  expect(valueText(undefined)).toBe("undefined");
});

test("amounts stand with units that people read", () => {
  expect([amountWithUnit(5 * 1024 * 1024, "bytes"), amountWithUnit(512_000, "bytes"), amountWithUnit(0, "bytes"), amountWithUnit(1023, "bytes")]).toEqual(["5 MB", "500 KB", "0 bytes", "1,023 bytes"]);
  expect([amountWithUnit(30_000, "milliseconds"), amountWithUnit(250, "milliseconds"), amountWithUnit(2_500, "events")]).toEqual(["30 s", "250 ms", "2,500 events"]);
});
