// Kinds of conditions over what is known of a person as a whole: both evaluators agree.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClickHouseClient } from "@clickhouse/client";
import type { Condition } from "@tributary/schema/audience/condition.ts";
import type { PersonFacts } from "@tributary/schema/audience/condition-kind.ts";
import { definition, type Definition } from "@tributary/schema/audience/definition.ts";
import { murmur32 } from "@tributary/schema/audience/murmur.ts";
import { NEVER } from "@tributary/schema/audience/window.ts";
import type { ClickHouse } from "../engines/clickhouse/clickhouse.ts";
import { startTestClickHouse } from "../engines/testing.ts";
import { askSql, idOf, insertListMembers, insertPeople, isMemberPlainly, noWords, personOf } from "./testing.ts";

let engine: ClickHouse;
let clickhouse: ClickHouseClient;
const NOW = Date.parse("2026-03-15T12:00:00Z");

beforeAll(async () => {
  engine = await startTestClickHouse();
  clickhouse = engine.client("evaluate");
});
afterAll(() => engine.stop());

const everyone = (who: Condition): Definition => definition.parse({ from: "everyone", who });
const setting = { nowMs: NOW, zone: "UTC", words: noWords, audience: (): undefined => undefined };

/** Whom each definition holds, by number; the plain evaluator has said the same. */
async function membersOf(workspaceId: number, definitions: readonly Definition[], people: readonly PersonFacts[], given: Partial<Parameters<typeof askSql>[3]> = {}): Promise<number[][]> {
  const whole = { ...setting, ...given };
  const answers = await askSql(clickhouse, workspaceId, definitions, whole);
  for (const person of people) {
    expect(answers.people.get(person.id)?.members, person.id).toEqual(definitions.map((one) => isMemberPlainly(one, person, people, whole)));
  }
  return definitions.map((_, i) => people.flatMap((person, n) => (answers.people.get(person.id)?.members[i] === true ? [n] : [])));
}

test("a consent is granted, denied or unknown, and always exactly one of them", async () => {
  const people = [{ marketing: true, "": false }, { marketing: false }, {}, { Marketing: true, constructor: false }].map((consents, n) => personOf({ id: idOf(n), consents }));
  await insertPeople(clickhouse, 1, people);
  const ask = (category: string): Definition[] => (["granted", "denied", "unknown"] as const).map((is) => everyone({ kind: "consent", category, is }));
  expect(await membersOf(1, [...ask("marketing"), ...ask("constructor")], people)).toEqual([[0], [1], [2, 3], [], [3], [0, 1, 2]]);
});

test("the hash of ClickHouse is ours, of any text", async () => {
  const texts = ["", "a", "ab", "abc", "abcd", "Frühling:1", "日本語", "👩‍👩‍👧", "مرحبا", "x".repeat(1_000), ...Array.from({ length: 50 }, (_, n) => `salt ${n}:${idOf(n)}`)];
  const result = await clickhouse.query({ query: "select arrayMap(text -> murmurHash3_32(text), {texts:Array(String)}) as hashes", query_params: { texts }, format: "JSONEachRow" });
  expect(await result.json()).toEqual([{ hashes: texts.map(murmur32) }]);
});

test("shares of one salt divide people without anybody left or in two, and have about the size that they say", async () => {
  const people = Array.from({ length: 2_000 }, (_, n) => personOf({ id: idOf(n) }));
  await insertPeople(clickhouse, 2, people);
  for (const salt of ["spring", "Frühling 🌱:%"]) {
    const edges = [0, 0.01, 10, 33.33, 66.67, 99.99, 100];
    const parts = await membersOf(2, edges.slice(1).map((to, i) => everyone({ kind: "share", salt, from: edges[i] ?? 0, to })), people);
    expect(parts.flat().toSorted((a, b) => a - b)).toEqual(people.map((_, n) => n));
    expect(parts.map(({ length }) => length / people.length).every((size, i) => Math.abs(size - ((edges[i + 1] ?? 0) - (edges[i] ?? 0)) / 100) < 0.04)).toBe(true);
  }
});

test("a share is refused when it is empty, backwards, outside of 0 to 100, or finer than a hundredth", () => {
  const isRefused = (from: number, to: number): boolean => !definition.safeParse({ who: { kind: "share", salt: "s", from, to } }).success;
  expect([[10, 10], [20, 10], [-1, 5], [5, 101], [0, 0.001], [0.123, 5]].map(([from = 0, to = 0]) => isRefused(from, to))).toEqual([true, true, true, true, true, true]);
  expect([[0, 0.01], [33.33, 66.67], [99.99, 100], [0.07, 0.29]].map(([from = 0, to = 0]) => isRefused(from, to))).toEqual([false, false, false, false]);
});

test("a list holds those who were put on it and not taken off again", async () => {
  const people = Array.from({ length: 4 }, (_, n) => personOf({ id: idOf(n) }));
  await insertPeople(clickhouse, 3, people);
  await insertListMembers(clickhouse, 3, 7, [{ id: idOf(0), row: 1 }, { id: idOf(1), row: 1 }, { id: idOf(1), row: 2, isOff: true }, { id: idOf(2), row: 3, isOff: true }, { id: idOf(2), row: 4 }]);
  await insertListMembers(clickhouse, 3, 8, [{ id: idOf(3), row: 1 }]);
  const members = new Set([idOf(0), idOf(2)]);
  const lists = { list: (slug: string) => (slug === "fair" ? 7 : undefined), listMembers: (slug: string) => (slug === "fair" ? members : undefined) };
  expect(await membersOf(3, [everyone({ kind: "list", list: "fair" }), everyone({ not: { kind: "list", list: "fair" } })], people, lists)).toEqual([[0, 2], [1, 3]]);
  await expect(askSql(clickhouse, 3, [everyone({ kind: "list", list: "nothing" })], { ...setting, ...lists })).rejects.toThrow("There is no list nothing.");
});

test("of audiences in an order, everybody is only in the first that fits", async () => {
  const people = Array.from({ length: 8 }, (_, n) => personOf({ id: idOf(n), isAnonymous: n === 7, traits: { a: (n & 1) > 0, b: (n & 2) > 0, c: (n & 4) > 0 } }));
  await insertPeople(clickhouse, 4, people);
  const audience = (slug: string): Definition => definition.parse({ who: { kind: "trait", trait: slug, op: "equals", value: true } });
  const order = { audiences: ["a", "b", "c"] };
  const definitions = ["a", "b", "c"].map((is) => everyone({ kind: "first_of", ...order, is }));
  expect(await membersOf(4, definitions, people, { audience })).toEqual([[1, 3, 5], [2, 6], [4]]);
  expect(definition.safeParse({ who: { kind: "first_of", ...order, is: "d" } }).success).toBe(false);
  expect(definition.safeParse({ who: { kind: "first_of", audiences: ["a", "a"], is: "a" } }).success).toBe(false);
  const circle = (): Definition => everyone({ kind: "first_of", ...order, is: "b" });
  await expect(askSql(clickhouse, 4, [circle()], { ...setting, audience: circle })).rejects.toThrow("in a circle");
});

test("what no time changes says so", async () => {
  await insertPeople(clickhouse, 5, [personOf({ id: idOf(1) })]);
  const conditions: Condition[] = [{ kind: "consent", category: "marketing", is: "unknown" }, { kind: "share", salt: "s", from: 0, to: 50 }, { kind: "list", list: "fair" }];
  const answers = await askSql(clickhouse, 5, conditions.map(everyone), { ...setting, list: () => 7 });
  expect(answers.people.get(idOf(1))?.nexts).toEqual([NEVER, NEVER, NEVER]);
});
