// Nothing moves while somebody looks, nothing is shown twice, and nothing grows without end.
import { expect, test } from "vitest";
import type { EventRow } from "@tributary/schema/api/events.ts";
import { noRows, released, SHOWN_MAX, WAITING_MAX, withFresh, withListed } from "./live-rows.ts";

const row = (row_id: number): EventRow => ({
  row_id, message_id: `m${row_id}`, type: "track", event: "x", source_id: 1, outcome: "stored", reason: "", at: "", received_at: "",
  profile_id: null, user_id: "", anonymous_id: "", library: "", is_historical: false,
});
const rows = (...ids: number[]): EventRow[] => ids.map(row);
const ids = (some: readonly EventRow[]): number[] => some.map((one) => one.row_id);

test("fresh rows come on top, and each stands once", () => {
  const live = withFresh(withListed(noRows, rows(3, 2, 1)), rows(2, 5, 4), false);
  expect(ids(live.shown)).toEqual([5, 4, 3, 2, 1]);
  expect(live.waiting).toEqual([]);
});

test("held rows wait until they are released", () => {
  const held = withFresh(withFresh(withListed(noRows, rows(1)), rows(2), true), rows(3, 1), true);
  expect([ids(held.shown), ids(held.waiting)]).toEqual([[1], [3, 2]]);
  expect(ids(released(held).shown)).toEqual([3, 2, 1]);
  expect(released(held).waiting).toEqual([]);
});

test("a list that comes after the stream takes nothing back and doubles nothing", () => {
  const live = withListed(withFresh(noRows, rows(3, 2), true), rows(2, 1));
  expect([ids(live.shown), ids(live.waiting)]).toEqual([[2, 1], [3]]);
});

test("both lists are bounded, and what was lost is counted", () => {
  const many = Array.from({ length: WAITING_MAX + 10 }, (_, index) => row(index + 1));
  const held = withFresh(noRows, many, true);
  expect([held.waiting.length, held.lost, held.waiting[0]?.row_id]).toEqual([WAITING_MAX, 10, WAITING_MAX + 10]);
  let live = noRows;
  for (let from = 0; from < SHOWN_MAX + 100; from += 100) live = withFresh(live, Array.from({ length: 100 }, (_, index) => row(from + index)), false);
  expect([live.shown.length, live.shown[0]?.row_id]).toEqual([SHOWN_MAX, SHOWN_MAX + 99]);
});
