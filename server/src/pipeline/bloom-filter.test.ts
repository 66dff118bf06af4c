// The filter may say "perhaps" too often, which costs a look-up; it must never say "certainly not" of an id that it has.
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { createIdFilter, type IdFilter } from "./bloom-filter.ts";

/** The capacity of its first layer; beyond it the filter grows. */
const FIRST_LAYER = 1 << 18;

/** Ids as the pipeline has them: hashes, written as UUIDs. The same for the same number. */
function idOf(number: number): string {
  const hex = createHash("sha256").update(String(number)).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

function filled(count: number): IdFilter {
  const filter = createIdFilter();
  for (let i = 0; i < count; i++) filter.add(idOf(i));
  return filter;
}

/** How many of the ids `from` … `to` it may have. */
function perhaps(filter: IdFilter, from: number, to: number): number {
  let count = 0;
  for (let i = from; i < to; i++) if (filter.mayHave(idOf(i))) count++;
  return count;
}

const PROBES = 100_000;

test.each([
  ["filled to its first capacity", FIRST_LAYER],
  ["one beyond it, grown", FIRST_LAYER + 1],
  ["grown to its second capacity", FIRST_LAYER * 3],
])("%s, it finds every id it has and takes fewer than 0.2 % of others for known", (_name, count) => {
  const filter = filled(count);
  expect(filter.size).toBe(count);
  expect(perhaps(filter, 0, count)).toBe(count);
  expect(perhaps(filter, count, count + PROBES)).toBeLessThan(PROBES * 0.002);
});

test("an empty filter has nothing", () => {
  expect(perhaps(createIdFilter(), 0, 1_000)).toBe(0);
});

test("an id that differs from a known one in few characters is not taken for it", () => {
  const filter = createIdFilter();
  filter.add("00000000-0000-0000-0000-000000000000");
  const others = ["00000001-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000010", "ffffffff-ffff-ffff-ffff-ffffffffffff"];
  expect(others.filter((id) => filter.mayHave(id))).toEqual([]);
});
