// What nobody should write, or wrote to do harm, is refused by a limit that is named; and the greatest that is allowed is answered.
import { afterAll, beforeAll, expect, test } from "vitest";
import { definition } from "@tributary/schema/audience/definition.ts";
import { audienceLimits } from "@tributary/schema/audience/limits.ts";
import type { ClickHouse } from "../engines/clickhouse/clickhouse.ts";
import { startTestClickHouse } from "../engines/testing.ts";
import { QUERY_SETTINGS } from "./ask.ts";
import { compileAudiences } from "./compile.ts";
import { DAY } from "./testing-random.ts";
import { eventOf, idOf, insertPeople, noWords, personOf } from "./testing.ts";

const NOW = Date.parse("2026-03-15T12:00:00Z");
const leaf = { kind: "trait", trait: "a", op: "is_set" };
const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const nested = (levels: number): unknown => times(levels, (i) => i).reduce<unknown>((inner, i) => (i % 2 === 0 ? { all: [inner] } : { not: inner }), leaf);
const event = (where: unknown[]): unknown => ({ kind: "event", event: "e", op: "at_least", value: 1, where });
const equals = (property: string, value: unknown = "x"): unknown => ({ property, op: "equals", value });

test.each<[string, unknown, RegExp]>([
  ["50 groups inside each other", nested(50), /at most 12/],
  ["as many accounts inside each other", times(50, (i) => i).reduce<unknown>((who) => ({ kind: "account", people: "any", who }), leaf), /at most 12/],
  ["more conditions than a definition has", { all: [{ all: times(60, () => leaf) }, { all: times(60, () => leaf) }] }, /120 conditions; at most 100/],
  ["a hundred conditions, each with all filters", { all: times(100, (i) => event(times(25, (k) => equals(`p${i}.${k}`)))) }, /2600 comparisons, with those in filters; at most 250/],
  ["10,000 values", { kind: "trait", trait: "a", op: "one_of", values: times(10_000, String) }, /at most 1000/],
  ["many values in many conditions", { all: times(100, (i) => ({ kind: "trait", trait: "a", op: "one_of", values: times(900, (k) => `value ${i} ${k}`) })) }, /characters; at most 262144/],
  ["a value without end", { kind: "trait", trait: "a", op: "equals", value: "x".repeat(2_000) }, /1024|1,024/],
  ["a path without end", event([equals(times(100, () => "a").join("."))]), /At most 16 names/],
  ["a number that is no decimal", { kind: "trait", trait: "a", op: "more_than", value: 1e300 }, /15 digits/],
  ["half of a character", { kind: "trait", trait: "a", op: "equals", value: "\ud800" }, /Half of a character/],
  ["half of a character in a name", event([equals("\udc00")]), /Half of a character/],
  ["a pattern that needs memory of what it saw", { kind: "trait", trait: "a", op: "matches", value: "(a)\\1" }, /pattern/i],
  ["a pattern of endless size", { kind: "trait", trait: "a", op: "matches", value: "((a{1000}){1000}){1000}" }, /pattern/i],
  ["a property by role of an event by name", { kind: "event", event: "x", measure: { of: "sum", property: { role: "value" } }, op: "at_least", value: 1 }, /by role/],
  ["a window beyond what is kept", { kind: "event", event: "x", op: "at_least", value: 1, within: { last: 1e9, unit: "minute" } }, /days/],
])("%s: refused with the limit's name", (_, who, message) => {
  const parsed = definition.safeParse({ who });
  expect(parsed.success).toBe(false);
  expect(parsed.error?.issues.map((issue) => issue.message).join(" ")).toMatch(message);
});

let engine: ClickHouse;
beforeAll(async () => {
  engine = await startTestClickHouse();
  await insertPeople(engine.client("write"), 1, [
    personOf({ id: idOf(1), traits: { a: `${"a".repeat(200)}!`, nul: "a\0b" }, events: times(50, (i) => eventOf({ event: "e", ms: NOW - i * DAY, row: i + 1, properties: { p: { q: i }, products: times(20, (k) => ({ price: k, color: "red" })) } })) }),
  ]);
});
afterAll(() => engine.stop());

async function membersOf(who: unknown): Promise<number[]> {
  const one = definition.parse({ who });
  const { sql, params } = compileAudiences({ definitions: [one], nowMs: NOW, zone: "UTC", words: noWords, audience: () => undefined, hasOverrides: false });
  const result = await engine.client("evaluate").query({ query: `select m0 from (${sql})`, query_params: { workspace: 1, ...params }, clickhouse_settings: QUERY_SETTINGS, format: "JSONEachRow" });
  return (await result.json<{ m0: number }>()).map(({ m0 }) => m0);
}

test.each<[string, unknown, number]>([
  ["fifty conditions with four filters each, all different", { any: times(50, (i) => event(times(4, (k) => (k === 3 ? { item: "products", where: [{ property: `p${i}`, op: "equals", value: k }] } : equals(`p${i}.q${k}`, `x${i}`))))) }, 0],
  ["groups as deep as may be, five times denied", nested(audienceLimits.depthMax - 1), 0],
  ["as many sums in windows", { all: times(100, (i) => ({ kind: "event", event: `e${i % 7}`, measure: { of: "sum", property: `p.q${i}` }, op: "at_most", value: i, within: { last: i + 1, unit: "day" } })) }, 1],
  ["a thousand values", { kind: "trait", trait: "a", op: "none_of", values: times(1_000, (i) => `value ${i}`) }, 1],
  ["a pattern that is slow where patterns are tried one way after another", { kind: "trait", trait: "a", op: "matches", value: "^(a+)+$" }, 0],
  ["a text with a NUL in it", { kind: "trait", trait: "nul", op: "equals", value: "a\0b" }, 1],
  ["the greatest number and the longest path", { all: [{ kind: "trait", trait: "a", op: "more_than", value: -999_999_999_999_999 }, { not: event([equals(times(audienceLimits.pathStepsMax, () => "p").join("."))]) }] }, 0],
])("%s: answered", async (_, who, member) => {
  expect(await membersOf(who)).toEqual([member]);
}, 600_000);
