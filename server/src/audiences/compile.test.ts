// Every example of every kind is understood by ClickHouse, and says the same as the plain evaluator.
import { afterAll, beforeAll, expect, test } from "vitest";
import { conditionKinds } from "@tributary/schema/audience/kinds.ts";
import { computedDefinition } from "@tributary/schema/audience/computed.ts";
import { definition, sayDefinition, type Definition } from "@tributary/schema/audience/definition.ts";
import { languageOf } from "@tributary/schema/audience/sentence.ts";
import type { Condition } from "@tributary/schema/audience/condition.ts";
import type { ClickHouse } from "../engines/clickhouse/clickhouse.ts";
import { startTestClickHouse } from "../engines/testing.ts";
import { askSql, eventOf, idOf, insertPeople, isMemberPlainly, noWords, personOf } from "./testing.ts";
import type { ClickHouseClient } from "@clickhouse/client";

let engine: ClickHouse;
let clickhouse: ClickHouseClient;
const DAY = 86_400_000;
const NOW = Date.parse("2026-03-15T12:00:00Z");

beforeAll(async () => {
  engine = await startTestClickHouse();
  clickhouse = engine.client("evaluate");
});
afterAll(() => engine.stop());

const words = {
  ...noWords,
  roles: { order: { events: ["Order Completed"], properties: { value: ["total"], order_id: ["order_id"], currency: ["currency"] }, where: null }, refund: { events: ["Order Refunded"], properties: { value: ["total"] }, where: null } },
};

test("every example compiles, reads as a sentence in both languages, and both evaluators agree on it", async () => {
  const examples = conditionKinds.flatMap((kind) => kind.examples as readonly Condition[]);
  const definitions = examples.map((who): Definition => definition.parse({ who }));
  const vip = definition.parse({ who: { kind: "trait", trait: "plan", op: "equals", value: "gold" } });
  const returning = definition.parse({ who: { kind: "event", event: "Order Completed", op: "at_least", value: 2 } });
  const orders90 = { definition: computedDefinition.parse({ value: { kind: "measure", event: "Order Completed", within: { last: 90, unit: "day" } } }), state: null };
  const people = [
    personOf({
      id: idOf(1), traits: { gender: "female", plan: "gold", birthday: "1990-03-20", age: "25", trial_ends: "2026-03-16", address: { city: "Hamburg" }, newsletter: true }, traitTimes: { plan: NOW - 40 * DAY },
      events: [
        eventOf({ event: "Order Completed", ms: NOW - DAY, row: 1, properties: { order_id: "a", total: 1_200.5, products: [{ color: "red", category: "dress" }, { color: "blue", category: "scarf" }] } }),
        eventOf({ event: "Order Completed", ms: NOW - DAY + 5, row: 2, properties: { order_id: "a", total: "1200.5" } }),
        eventOf({ event: "Order Refunded", ms: NOW - 5, row: 3, properties: { order_id: "a", total: 300 } }),
      ],
    }),
    personOf({ id: idOf(2), traits: { gender: "male", birthday: "1990-12-20" }, events: [eventOf({ event: "Order Completed", ms: NOW - 100 * DAY, row: 4, properties: { products: { color: "red", category: "scarf" } } })] }),
    personOf({ id: idOf(3), isAnonymous: true }),
  ];
  await insertPeople(clickhouse, 1, people);
  const setting = { nowMs: NOW, zone: "Europe/Berlin", words, audience: (slug: string) => (slug === "vip" ? vip : slug === "returning" ? returning : undefined), list: () => 1, computed: () => orders90 };
  const answers = await askSql(clickhouse, 1, definitions, setting);
  for (const person of people) {
    const plain = definitions.map((one) => isMemberPlainly(one, person, people, setting));
    expect(answers.people.get(person.id)?.members, person.id).toEqual(plain);
  }
  for (const one of definitions) {
    for (const language of ["en", "de"] as const) expect(sayDefinition(one, languageOf(language))).toMatch(/\S+ \S+/);
  }
});
