// Problems are grouped by what one would do about them, the gravest first.
import { expect, test } from "vitest";
import type { QuarantineRow } from "@tributary/schema/api/events.ts";
import type { RefusedWrite } from "@tributary/schema/api/refused-writes.ts";
import type { RejectedKey } from "@tributary/schema/api/workspace.ts";
import { needsOf } from "./needs.ts";

const held = (row_id: number, reason: string, source_id = 1): QuarantineRow => ({
  row_id, source_id, received_at: new Date(row_id * 1000).toISOString(), message_id: "m", event: "", reason, detail: `about ${reason}`, status: "open", raw: null,
});
const refused: RefusedWrite = {
  id: "1-1", kind: "row", status: "open", table: "events", reason: "constraint", detail: "d", engine: { code: 1, message: "" }, at: new Date(5000).toISOString(), resolved_at: null,
  whole_installation: false, row_id: 1, source_id: 1, received_at: null, message_id: "", event: "", outcome: "", profile_id: null, raw: null,
};
const rejected = (key_prefix: string, count: number): RejectedKey => ({
  key_prefix, origin: "", sdk: "curl", reason: "unknown", count, first_at: new Date(9000).toISOString(), last_at: new Date(9000).toISOString(), source_id: null,
});

test("held events are grouped by source and reason, with since when", () => {
  const needs = needsOf({ rows: [held(9, "a"), held(3, "b"), held(2, "a"), held(7, "a", 2)], hasMore: false }, { rows: [], hasMore: false }, []);
  expect(needs.map(({ reason, count, sourceId, sinceMs }) => [reason, count, sourceId, sinceMs])).toEqual([["a", 2, 1, 2000], ["b", 1, 1, 3000], ["a", 1, 2, 7000]]);
});

test("refused writes come first, rejected keys last, and a list that goes on counts as at least", () => {
  const needs = needsOf({ rows: [held(1, "a")], hasMore: true }, { rows: [refused], hasMore: false }, [rejected("wk_a", 2), rejected("wk_b", 5), rejected("wk_a", 4)]);
  expect(needs.map(({ kind, count, isAtLeast }) => [kind, count, isAtLeast])).toEqual([["refused", 1, false], ["held", 1, true], ["rejected", 6, false], ["rejected", 5, false]]);
});

test("nothing needs nobody", () => expect(needsOf({ rows: [], hasMore: false }, { rows: [], hasMore: false }, [])).toEqual([]));
