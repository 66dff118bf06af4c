// The evaluator follows lists: whoever is put on one enters the audiences that ask for it, with the reason, and a frozen copy stays.
import { afterAll, beforeAll, expect, test } from "vitest";
import { inTransaction } from "../engines/postgres/in-transaction.ts";
import { changeListPeople, createList, deleteList } from "./audience-lists.ts";
import { startEvaluatorBench, type EvaluatorBench } from "./testing-evaluator.ts";

let bench: EvaluatorBench;
const by = { workspaceId: 1, actor: "test", nowMs: 0 };
const ids = new Map<string, string>();

beforeAll(async () => {
  bench = await startEvaluatorBench();
  await bench.send(["ada", "bob", "eve"].map((userId) => ({ type: "identify", userId, traits: { plan: userId === "eve" ? "gold" : "free" } })));
  await bench.catchUp();
  for (const name of ["ada", "bob", "eve"]) ids.set(name, (await bench.pipeline.person("user_id", name, 1))?.id ?? "");
});
afterAll(() => bench.stop());

const idsOf = (...names: readonly string[]): string[] => names.map((name) => ids.get(name) ?? name);
const change = (slug: string, add: readonly string[], remove: readonly string[] = []) => inTransaction(bench.pipeline.pool, (tx) => changeListPeople(tx, by, slug, { add: idsOf(...add), remove: idsOf(...remove) }));
const make = (slug: string, frozenOf?: string) => inTransaction(bench.pipeline.pool, (tx) => createList(tx, by, { slug, name: slug, kind: "by_hand", frozenOf }));

test("people enter by a list and leave by it, those who were on it before the audience was made too", async () => {
  await make("fair");
  await change("fair", ["ada"]);
  await bench.audience("guests", { kind: "list", list: "fair" });
  await bench.audience("others", { not: { kind: "list", list: "fair" } });
  expect(await bench.of("ada")).toEqual(["guests"]);
  expect(await bench.of("bob")).toEqual(["others"]);
  await bench.news();
  await change("fair", ["bob"], ["ada"]);
  expect(await bench.of("bob")).toEqual(["guests"]);
  expect(await bench.of("ada")).toEqual(["others"]);
  expect((await bench.news()).toSorted()).toEqual(["guests + list", "guests - list", "others + list", "others - list"]);
});

test("a frozen copy has who was in it at that moment, whatever becomes of the audience", async () => {
  const id = await bench.audience("golden", { kind: "trait", trait: "plan", op: "equals", value: "gold" });
  await bench.catchUp();
  expect(await make("golden-then", "golden")).toMatchObject({ kind: "frozen", size: 1, frozenOf: "golden" });
  await bench.audience("copied", { kind: "list", list: "golden-then" });
  await bench.change(id, { kind: "trait", trait: "plan", op: "equals", value: "free" });
  expect(await bench.of("eve")).toEqual(["copied", "others"]);
  expect(await bench.of("ada")).toEqual(["golden", "others"]);
});

test("a list that is deleted leaves nobody on it", async () => {
  await make("short");
  await change("short", ["ada", "bob"]);
  await inTransaction(bench.pipeline.pool, (tx) => deleteList(tx, by, "short"));
  expect((await bench.pipeline.pool.query("select 1 from audience_list_member m left join audience_list l on l.id = m.list_id where l.id is null")).rows).toEqual([]);
});
