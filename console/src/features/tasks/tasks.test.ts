import { expect, test } from "vitest";
import type { DemoShopAnswer } from "@tributary/schema/api/demo-shop.ts";
import type { ImportState } from "@tributary/schema/import.ts";
import { tasksOf } from "./tasks.ts";

const state: ImportState = {
  id: 7, name: "Orders", source: "orders", status: "running", dry_run: false, historical: true, file_count: 1, bytes: 200, created_by: "", withdrawn_by: "",
  file: 0, bytes_done: 50, lines: 12, accepted: 10, refused: 0, skipped: 0, failure: null, created_at: "", updated_at: "",
};
const shop: DemoShopAnswer = {
  state: "history", is_here: false, is_member: true, workspace: { slug: "demo-shop", name: "Demo shop" }, people: 10, pace: 1, paused: false, failure: null, removal: null,
  progress: { total: 400, appended: 200, decided: 100, landed: 90, live: 0, since: "", history_from: "", history_until: "", shop_at: null },
};

test("imports on their way are tasks with how far they are; done ones and dry runs are not", () => {
  const others = (["done", "failed", "withdrawn"] as const).map((status) => ({ ...state, status }));
  expect(tasksOf([state, { ...state, id: 8, dry_run: true }, ...others], undefined)).toEqual([
    { key: "import-7", kind: "import", name: "Orders", share: 0.25, count: 12, href: "/imports/7" },
  ]);
  expect(tasksOf([{ ...state, bytes: null }, { ...state, status: "withdrawing" }], undefined).map(({ kind, share }) => [kind, share])).toEqual([["import", undefined], ["withdrawal", undefined]]);
});

test("the demo shop is a task while its past is played, and while it is removed", () => {
  expect(tasksOf([], shop)).toEqual([{ key: "demo-shop", kind: "demoShop", name: "", share: 0.25, count: 100, href: "/start" }]);
  expect(tasksOf([], { ...shop, state: "live" })).toEqual([]);
  const removal = { asked_at: "", step: "removing" as const, rows_removed: 30, done_at: null };
  expect(tasksOf([], { ...shop, state: "removing", removal }).map(({ kind, count }) => [kind, count])).toEqual([["demoShopRemoval", 30]]);
  expect(tasksOf([], { ...shop, state: "none", removal: { ...removal, step: "done" } })).toEqual([]);
});
