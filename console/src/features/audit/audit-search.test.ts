import { expect, test } from "vitest";
import { auditQuery, auditSearch } from "./audit-search.ts";

test("an address gives the filters that it names, and nothing else", () => {
  expect(auditSearch({ action: "person.", text: 5, actor: "", from: "2026-05-01", to: "soon", open: 7, other: "x" })).toEqual({ action: "person.", text: "5", from: "2026-05-01", open: 7 });
  expect(auditSearch({ open: "7", target: {}, from: "2026-99-99" })).toEqual({});
});

test("days are whole days of the viewer's zone, the last one included", () => {
  expect(auditQuery({ from: "2026-05-01", to: "2026-05-01", open: 3, actor: "system" })).toEqual({
    actor: "system", from: new Date(2026, 4, 1).toISOString(), to: new Date(2026, 4, 2).toISOString(),
  });
});
