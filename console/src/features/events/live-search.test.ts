// Whatever stands in an address, the page gets filters that the API takes.
import { expect, test } from "vitest";
import { filtersOf, liveSearch, openOf } from "./live-search.ts";

test("what is no filter is left out", () => {
  expect(liveSearch({ type: "", source: "x", outcome: "anything", event: { a: 1 }, profile: null, message: undefined, other: "y", row: 5 })).toEqual({});
  expect(liveSearch({ source: -1 })).toEqual({});
});

test("numbers in an address are text where text is meant", () => {
  expect(liveSearch({ event: 5, source: "3", message: 7, row: 9 })).toEqual({ event: "5", source: 3, message: "7", row: 9 });
});

test("long values are cut to what the API takes", () => {
  expect(liveSearch({ event: "x".repeat(10_000) }).event).toHaveLength(512);
});

test("filters and the open event are two parts of one address", () => {
  const search = liveSearch({ type: "track", outcome: "duplicate", message: "m", row: 3 });
  expect([filtersOf(search), openOf(search)]).toEqual([{ type: "track", outcome: "duplicate" }, { message: "m", row: 3 }]);
});
