// A stage's condition as lines, and back to what was stored.
import { expect, test } from "vitest";
import { partsOf, whenOf } from "./stage-parts.ts";

const gold = { kind: "trait", trait: "plan", op: "equals", value: "gold" };
const known = { kind: "identifier", namespace: "email", is: "known" };

test("what is read as lines is written as it was", () => {
  for (const when of [gold, { not: gold }, { all: [gold, { not: known }] }, { all: [] }]) expect(whenOf(partsOf(when) ?? [])).toEqual(when);
  expect(partsOf({ all: [gold, { not: known }] })).toEqual([{ leaf: gold, isNot: false }, { leaf: known, isNot: true }]);
});

test("groups within are left as they are stored", () => {
  for (const when of [{ any: [gold, known] }, { all: [gold, { any: [known] }] }, { not: { all: [gold] } }, undefined, "x"]) expect(partsOf(when)).toBeUndefined();
});
