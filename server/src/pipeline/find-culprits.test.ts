import { expect, test } from "vitest";
import { findCulprits, isDataError } from "./find-culprits.ts";

test.each([
  ["none", []], ["the first", [0]], ["the last", [99]], ["two neighbours", [41, 42]], ["many", [0, 7, 8, 50, 99]],
])("finds %s of a hundred events", async (_, bad) => {
  const found = await findCulprits(100, async (count, held) => {
    const index = bad.find((one) => one < count && !held.has(one));
    return index === undefined ? undefined : `event ${index}`;
  });
  expect([...(found ?? [])].toSorted(([a], [b]) => a - b)).toEqual(bad.map((index) => [index, `event ${index}`]));
});

test("gives up when holding events does not help", async () => {
  expect(await findCulprits(10, async () => "nothing passes")).toBeUndefined();
});

test("a lost connection or a full disk is nobody's data", () => {
  const coded = (code: string) => Object.assign(new Error("x"), { code });
  expect(["22021", "22P05", "23514", "54000"].map((code) => isDataError(coded(code)))).toEqual([true, true, true, true]);
  expect(["ECONNRESET", "53100", "57P01", "40001"].map((code) => isDataError(coded(code)))).toEqual([false, false, false, false]);
  expect(isDataError(new Error("Connection terminated unexpectedly"))).toBe(false);
});
