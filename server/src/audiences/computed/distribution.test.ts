// Distributions and fifths, against the plain evaluator over the same people.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClickHouseClient } from "@clickhouse/client";
import { computedDefinition, type ComputedInForce, type ComputedValue } from "@tributary/schema/audience/computed.ts";
import type { PersonFacts, Words } from "@tributary/schema/audience/condition-kind.ts";
import type { ClickHouse } from "../../engines/clickhouse/clickhouse.ts";
import { startTestClickHouse } from "../../engines/testing.ts";
import { eventOf, idOf, insertPeople, noWords, personOf, valuePlainly } from "../testing.ts";
import { distributionOf, type Distribution } from "./distribution.ts";
import { workOutFifths, type Around, type ReadRows } from "./rfm-state.ts";

let engine: ClickHouse;
let clickhouse: ClickHouseClient;
const DAY = 86_400_000;
const NOW = Date.parse("2026-03-15T12:00:00Z");

beforeAll(async () => {
  engine = await startTestClickHouse();
  clickhouse = engine.client("evaluate");
});
afterAll(() => engine.stop());

const words: Words = {
  roles: { order: { events: ["Order"], properties: { value: ["total"] }, where: null }, refund: { events: [], properties: {}, where: null } },
  money: noWords.money,
};

const readOf = (workspace: number): ReadRows => async (query, params) => (await clickhouse.query({ query, query_params: { ...params, workspace }, format: "JSONEachRow" })).json();
const around: Around = { nowMs: NOW, zone: "UTC", words, audience: () => undefined, hasOverrides: false };
const inForce = (value: ComputedValue, state: unknown = null): ComputedInForce => ({ definition: computedDefinition.parse({ value }), state });

/** Person n has n orders of 10·n, the last n days ago; the first has none, and the last two are alike. */
function buyers(count: number): PersonFacts[] {
  let row = 0;
  return Array.from({ length: count }, (_, n) => {
    const like = Math.min(n, count - 2);
    return personOf({ id: idOf(n + 1), events: Array.from({ length: like }, (__, i) => eventOf({ event: "Order", ms: NOW - (like + i) * DAY, row: row++, properties: { total: 10 * like, color: n % 3 === 0 ? "red" : "blue" } })) });
  });
}

async function spreadOf(workspace: number, value: ComputedValue): Promise<Distribution> {
  return distributionOf({ definition: computedDefinition.parse({ value }), state: undefined, sample: 5 }, around, readOf(workspace));
}

test("numbers, texts, lists and times are spread as the plain evaluator says", async () => {
  const people = buyers(13);
  await insertPeople(clickhouse, 1, [...people, personOf({ id: idOf(99), isHuman: false })]);
  const setting = { nowMs: NOW, zone: "UTC", words, audience: () => undefined };
  const plain = (value: ComputedValue): string[][] => people.map((person) => [...valuePlainly(inForce(value), person, setting)]);

  const sum: ComputedValue = { kind: "measure", event: "Order", measure: { of: "sum", property: "total" } };
  const amounts = plain(sum).flat().map(Number);
  const spread = await spreadOf(1, sum);
  expect(spread).toMatchObject({ people: 13, set: 13, different: new Set(amounts).size });
  expect(spread.numbers).toMatchObject({ min: Math.min(...amounts), max: Math.max(...amounts) });
  expect(spread.numbers?.average).toBeCloseTo(amounts.reduce((total, amount) => total + amount, 0) / amounts.length, 9);
  for (const { from, to, count } of spread.numbers?.buckets ?? []) expect(count, `${from} to ${to}`).toBe(amounts.filter((amount) => amount >= from && (to === null || amount < to)).length);
  expect(spread.numbers?.buckets.reduce((total, { count }) => total + count, 0)).toBe(13);
  expect(spread.values[0]).toEqual({ value: 1210, count: 2 });

  const color: ComputedValue = { kind: "value", event: "Order", property: "color", which: "last" };
  expect(await spreadOf(1, color)).toMatchObject({ people: 13, set: 12, different: 2, numbers: null, values: [{ value: "blue", count: 8 }, { value: "red", count: 4 }] });
  const colors: ComputedValue = { ...color, which: "all" };
  expect((await spreadOf(1, colors)).values).toEqual([{ value: "blue", count: 8 }, { value: "red", count: 4 }]);

  const last = await spreadOf(1, { kind: "measure", event: "Order", measure: { of: "last" } });
  expect(last).toMatchObject({ set: 12, numbers: { min: NOW - 11 * DAY, max: NOW - DAY } });
  expect(last.numbers?.buckets.every(({ from }) => from % DAY === 0)).toBe(true);
  expect(last.sample.length).toBe(5);
  for (const { profileId, value } of last.sample) expect([JSON.stringify(value)]).toEqual(valuePlainly(inForce({ kind: "measure", event: "Order", measure: { of: "last" } }), people.find(({ id }) => id === profileId) as PersonFacts, setting));
});

test("nobody, and one value alone, have a distribution, too", async () => {
  expect(await spreadOf(5, { kind: "measure", event: "Order", measure: { of: "count" } })).toMatchObject({ people: 0, set: 0, different: 0, numbers: null, values: [] });
  await insertPeople(clickhouse, 6, [personOf({ id: idOf(1) }), personOf({ id: idOf(2) })]);
  expect(await spreadOf(6, { kind: "measure", event: "Order", measure: { of: "count" } })).toMatchObject({ people: 2, set: 2, different: 1, numbers: { min: 0, max: 0, average: 0, median: 0, buckets: [{ from: 0, to: 1, count: 2 }] } });
});

test("fifths: as many buyers in each as ties allow, equal values in the same, and who never bought in none", async () => {
  const people = buyers(27);
  await insertPeople(clickhouse, 3, people);
  const rfm = (of: "recency" | "frequency" | "monetary" | "scores"): ComputedValue => ({ kind: "rfm", of, within: { last: 365, unit: "day" } });
  const state = await workOutFifths(computedDefinition.parse({ value: rfm("scores") }), around, readOf(3));
  expect(state).toEqual({ buyers: 26, at: new Date(NOW).toISOString(), days: [6, 11, 16, 21], orders: [6, 11, 16, 21], value: [360, 1_210, 2_560, 4_410] });
  const setting = { nowMs: NOW, zone: "UTC", words, audience: () => undefined };
  const scores = people.map((person) => Number(valuePlainly(inForce(rfm("frequency"), state), person, setting)[0] ?? 0));
  const inFifth = (fifth: number): number => scores.filter((score) => score === fifth).length;
  expect([0, 1, 2, 3, 4, 5].map(inFifth)).toEqual([1, 6, 5, 5, 5, 5]);
  expect(scores.at(-1)).toBe(scores.at(-2));
  // Five buyers with five values have the five scores.
  await insertPeople(clickhouse, 4, buyers(7).slice(0, 6));
  expect((await workOutFifths(computedDefinition.parse({ value: rfm("scores") }), around, readOf(4)))?.orders).toEqual([1, 2, 3, 4]);
  expect(await workOutFifths(computedDefinition.parse({ value: rfm("scores") }), around, readOf(77))).toMatchObject({ buyers: 0, orders: [0, 0, 0, 0] });
});
