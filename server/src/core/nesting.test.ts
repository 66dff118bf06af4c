import { expect, test } from "vitest";
import { isNestedDeeperThan } from "./nesting.ts";

test("counts objects and lists inside each other, however many there are", () => {
  expect(isNestedDeeperThan("text", 0)).toBe(false);
  expect(isNestedDeeperThan({}, 0)).toBe(true);
  expect(isNestedDeeperThan({ a: [{ b: null }], c: 1 }, 3)).toBe(false);
  expect(isNestedDeeperThan({ a: [{ b: [] }] }, 3)).toBe(true);
  expect(isNestedDeeperThan(JSON.parse(`${"[".repeat(4_000)}${"]".repeat(4_000)}`), 100)).toBe(true);
});
