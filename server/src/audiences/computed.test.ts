// Computed traits: ClickHouse and the plain evaluator give the same value, and no value changes before the instant that was told.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClickHouseClient } from "@clickhouse/client";
import { computedDefinition, computedKinds, sayComputed, type ComputedInForce, type ComputedValue } from "@tributary/schema/audience/computed.ts";
import type { EventFacts, PersonFacts, Words } from "@tributary/schema/audience/condition-kind.ts";
import { definition } from "@tributary/schema/audience/definition.ts";
import { FormulaError, parseFormula } from "@tributary/schema/audience/formula.ts";
import { languageOf } from "@tributary/schema/audience/sentence.ts";
import type { ClickHouse } from "../engines/clickhouse/clickhouse.ts";
import { startTestClickHouse } from "../engines/testing.ts";
import { askSql, askValues, eventOf, idOf, insertPeople, isMemberPlainly, noWords, personOf, valuePlainly } from "./testing.ts";

let engine: ClickHouse;
let clickhouse: ClickHouseClient;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.parse("2026-03-15T12:00:00Z");
const SEED = Number(process.env["ORACLE_SEED"] ?? 20_260_315);

beforeAll(async () => {
  engine = await startTestClickHouse();
  clickhouse = engine.client("evaluate");
});
afterAll(() => engine.stop());

const words: Words = {
  roles: {
    order: { events: ["Order Completed"], properties: { value: ["total", "revenue"], order_id: ["order_id"], currency: ["currency"] }, where: null },
    refund: { events: ["Order Refunded"], properties: { value: ["total"] }, where: null },
  },
  money: { ...noWords.money },
};

/** Numbers from a seed, so that a failure can be seen again. */
function dice(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function randomPeople(roll: (below: number) => number, count: number): PersonFacts[] {
  let row = 0;
  const pick = <T,>(of: readonly T[]): T => of[roll(of.length)] as T;
  const event = (): EventFacts => eventOf({
    event: pick(["Order Completed", "Order Completed", "Order Refunded", "page"]),
    // On the hour, so that many fall on the edge of a window, and together.
    ms: NOW - roll(24 * 120) * HOUR + 5 * HOUR, row: row++,
    properties: {
      ...(roll(4) > 0 && { total: pick<unknown>([10, "12.5", 0.1, -3, "x", 1e15, 99.999999999]) }), ...(roll(3) === 0 && { revenue: roll(100) }),
      ...(roll(3) > 0 && { due: new Date(NOW + (roll(40) - 20) * 12 * HOUR).toISOString() }),
      ...(roll(2) > 0 && { order_id: pick(["a", "b", "c", 7]) }), ...(roll(2) > 0 && { coupon: pick(["SPRING", "AUTUMN", 5, true]) }),
      ...(roll(2) > 0 && { products: Array.from({ length: roll(4) }, () => ({ color: pick(["red", "blue", "green"]), category: pick(["dress", "scarf"]), price: pick<unknown>([5, "7.25", 100, null]) })) }),
    },
    isBot: roll(10) === 0, isInternal: roll(15) === 0,
  });
  return Array.from({ length: count }, (_, n) => personOf({ id: idOf(n + 1), traits: { points: pick<unknown>([3, "4", "no", 0.5]) }, events: Array.from({ length: roll(12) }, event) }));
}

const state = { days: [3, 20, 45, 90], orders: [1, 2, 3, 5], value: [10, 25, 80, 300.5], buyers: 10, at: "2026-03-01" };
const within = { last: 30, unit: "day" } as const;
/** Of dates that events tell, relative to now: time alone lets events count, and count no more. */
const soon = [{ property: "due", op: "in_next" as const, value: { last: 2, unit: "day" as const } }];
const others: readonly ComputedValue[] = [
  { kind: "measure", event: "Order Completed", where: soon, measure: { of: "count" } },
  { kind: "measure", event: "Order Completed", where: [{ not: { property: "due", op: "more_than_ago", value: { last: 1, unit: "month" } } }], measure: { of: "last" } },
  { kind: "value", event: "Order Completed", where: soon, property: "coupon", which: "all" },
  { kind: "decay", event: "Order Completed", where: [{ property: "due", op: "in_last", value: { last: 5, unit: "day" } }], weight: 1, half_life_days: 14 },
  ...(["count", "first", "last"] as const).map((of): ComputedValue => ({ kind: "measure", event: "Order Completed", measure: { of }, within })),
  ...(["sum", "average", "min", "max", "distinct"] as const).map((of): ComputedValue => ({ kind: "measure", event: ["Order Completed", "Order Refunded"], measure: { of, property: ["total", "revenue"] }, within: { last: 1, unit: "month" } })),
  { kind: "measure", event: { role: "order" }, measure: { of: "count" }, within },
  { kind: "measure", event: "Order Completed", measure: { of: "sum", property: "price", item: "products" }, within: { period: "this", count: 1, unit: "month", zone: "workspace" } },
  { kind: "measure", event: "page", measure: { of: "count" }, within: { since: { event: "Order Completed", which: "last" } } },
  ...(["first", "last", "most_frequent", "all"] as const).map((which): ComputedValue => ({ kind: "value", event: "Order Completed", property: "products.color", which, within })),
  ...(["recency", "frequency", "monetary"] as const).map((of): ComputedValue => ({ kind: "rfm", of, within: { last: 90, unit: "day" } })),
  { kind: "formula", formula: "round(computed(total_spent) / computed(orders), 2) + trait(points)" },
  { kind: "formula", formula: "min(trait(points), 3) * -2 - abs(coalesce(computed(nothing), 1.5))" },
];

const named: Readonly<Record<string, ComputedValue>> = {
  total_spent: { kind: "measure", event: "Order Completed", measure: { of: "sum", property: "total" }, within },
  orders: { kind: "measure", event: "Order Completed", measure: { of: "count" }, within },
  last_order: { kind: "measure", event: "Order Completed", measure: { of: "last" } },
  last_due: { kind: "value", event: "Order Completed", property: "due", which: "last" },
  nothing: { kind: "value", event: "never", property: "x", which: "last" },
};

function inForce(value: ComputedValue): ComputedInForce {
  return { definition: computedDefinition.parse({ value }), state: value.kind === "rfm" ? state : null };
}

test(`values are the same in ClickHouse and in the plain evaluator, and none changes unannounced (seed ${SEED})`, async () => {
  const all = [...computedKinds.flatMap((kind) => kind.examples as readonly ComputedValue[]), ...others];
  const traits = new Map([...all.map((value, i) => [`t${i}`, inForce(value)] as const), ...Object.entries(named).map(([slug, value]) => [slug, inForce(value)] as const)]);
  const slugs = [...traits.keys()];
  const people = randomPeople(dice(SEED), 60);
  await insertPeople(clickhouse, 1, people);
  const settingAt = (nowMs: number) => ({ nowMs, zone: "Europe/Berlin", words, audience: () => undefined, computed: (slug: string) => traits.get(slug) });
  const plain = (slug: string, person: PersonFacts, nowMs: number): readonly string[] => valuePlainly(traits.get(slug) as ComputedInForce, person, settingAt(nowMs));
  const instants = [NOW, NOW - 1, NOW + 3 * HOUR, NOW + 10 * DAY, NOW + 28 * DAY + 7 * HOUR];
  for (const nowMs of instants) {
    const asked = await askValues(clickhouse, 1, slugs, settingAt(nowMs));
    for (const person of people) {
      slugs.forEach((slug, i) => {
        const said = asked.people.get(person.id)?.[i];
        const at = `${slug} ${sayComputed((traits.get(slug) as ComputedInForce).definition, languageOf("en"))} of ${person.id} at ${new Date(nowMs).toISOString()}`;
        expect(said?.raws, at).toEqual(plain(slug, person, nowMs));
        const until = Math.min(said?.next ?? 0, asked.boundaryMs, nowMs + 3 * DAY) - 1;
        expect(plain(slug, person, until), `${at} until ${new Date(until).toISOString()}`).toEqual(said?.raws);
      });
    }
  }
});

test("conditions on computed traits hold as their values say, those on times until the instant that is told; and formulas that are none are told where they break", async () => {
  const people = randomPeople(dice(SEED + 1), 40);
  await insertPeople(clickhouse, 2, people);
  const computed = (slug: string): ComputedInForce | undefined => (named[slug] === undefined ? undefined : inForce(named[slug]));
  const setting = { nowMs: NOW, zone: "UTC", words, audience: () => undefined, computed };
  const definitions = [
    definition.parse({ who: { kind: "computed", trait: "orders", op: "at_least", value: 2 } }),
    definition.parse({ who: { not: { kind: "computed", trait: "total_spent", op: "between", from: 0, to: 40 } } }),
    definition.parse({ who: { kind: "computed", trait: "nothing", op: "is_not_set" } }),
    definition.parse({ who: { kind: "computed", trait: "last_order", op: "in_last", value: { last: 20, unit: "day" } } }),
    definition.parse({ who: { kind: "computed", trait: "last_order", op: "more_than_ago", value: { last: 1, unit: "month" } } }),
    definition.parse({ who: { kind: "computed", trait: "last_due", op: "in_next", value: { last: 3, unit: "day" } } }),
  ];
  const answers = await askSql(clickhouse, 2, definitions, setting);
  const plain = (nowMs: number, person: PersonFacts): boolean[] => definitions.map((one) => isMemberPlainly(one, person, people, { ...setting, nowMs }));
  let turned = 0;
  for (const person of people) {
    const { members, nexts } = answers.people.get(person.id) ?? { members: [], nexts: [] };
    expect(members, person.id).toEqual(plain(NOW, person));
    definitions.forEach((_, i) => {
      const nextMs = Math.min(nexts[i] ?? 0, NOW + 60 * DAY);
      expect(plain(nextMs - 1, person)[i], `${i} of ${person.id} before ${nextMs}`).toBe(members[i]);
      if (plain(nextMs, person)[i] !== members[i]) turned++;
    });
  }
  expect(turned).toBeGreaterThan(10);
  for (const [text, said] of [["1 +", "expected a number"], ["trait(", "the name of a trait"], ["sqrt(2)", "no function sqrt"], ["round(1)", "takes 2 parts"], ["1 ; 2", "can't be read"], ["(".repeat(60), "inside each other"], ["1 2", "an operator or the end"]] as const) {
    expect(() => parseFormula(text), text).toThrow(FormulaError);
    expect(() => parseFormula(text), text).toThrow(said);
  }
});
