// A test of the oracle: each of these mistakes, put into the SQL that the compiler makes, is one that it finds. A mistake that it
// does not find would be one that could be in the compiler. An instant that is too early is no mistake: whoever is looked at then
// for nothing is looked at again.
import type { ClickHouseClient } from "@clickhouse/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { definition } from "@tributary/schema/audience/definition.ts";
import type { ClickHouse } from "../engines/clickhouse/clickhouse.ts";
import { startTestClickHouse } from "../engines/testing.ts";
import { compileAudiences } from "./compile.ts";
import { checkWorld, inputOf, insertWorlds, nothingChecked } from "./testing-oracle.ts";
import { DAY, randomWorld, type RandomWorld } from "./testing-random.ts";
import { eventOf, idOf, noWords, personOf } from "./testing.ts";

interface Mutation {
  readonly name: string;
  readonly find: RegExp;
  readonly put: string;
}

const mutation = (name: string, find: RegExp, put: string): Mutation => ({ name, find, put });
const NOW = Date.parse("2026-02-28T22:30:00Z");
const now = String(NOW);

const mutations: readonly Mutation[] = [
  mutation("events leave one millisecond late", new RegExp(`(\\(ms \\+ \\d+\\)|addMonths\\S+ \\d+\\)\\)|\\(v\\d+) > ${now}`, "g"), `$1 >= ${now}`),
  mutation("events of this very instant do not count yet", new RegExp(`ms <= ${now}`, "g"), `ms < ${now}`),
  mutation("future events count already", new RegExp(`\\(ms <= ${now}\\)`, "g"), "(1)"),
  mutation("future events are forgotten", new RegExp(`ms > ${now}\\)`, "g"), "0)"),
  mutation("bots count", / and is_bot = 0/g, ""),
  mutation("internal traffic counts", / and is_internal = 0/g, ""),
  mutation("people who are bots are drawn from", /is_human = 1/g, "1"),
  mutation("anonymous people are known", /is_anonymous = 0/g, "1"),
  mutation("the sooner instant of all", /greatest\(/g, "least("),
  mutation("the later instant of all", /least\(/g, "greatest("),
  mutation("the first to leave is looked at first", /arrayReverseSort\(told/g, "arraySort(told"),
  mutation("the instant is one window late", /least\(if\((v\d+), (v\d+),/g, "least(if($1, $2 + 86400000,"),
  mutation("a count needs one more", /-(e\d+_\d+)\[(\d+)\]/g, "-$1[$2 + 1]"),
  mutation("orders count each time they are told", /indexOf\(v\d+, told\.5\)\]\.3 = told\.3/g, "indexOf([''], '')].3 = told.3 or 1"),
  mutation("sums are of whole numbers", /toDecimal128OrNull\(([^,]+), 9\)/g, "toDecimal128(toDecimal128OrNull($1, 0), 9)"),
  mutation("an average of no events is 0", /i > 0 and /g, ""),
  mutation("the least is enough for the greatest", /p > 0 and f = 0/g, "p > 0"),
  mutation("months are thirty days", /toUnixTimestamp64Milli\(addMonths\(fromUnixTimestamp64Milli\(([-\w[\]]+), 'UTC'\), (\d+)\)\)/g, "($1 + $2 * 2592000000)"),
  mutation("any product will do for each filter", / and \(arrayExists/g, " or (arrayExists"),
  mutation("of red and of blue things only those that are both are measured", /\) or \(\(arrayExists/g, ") and ((arrayExists"),
  mutation("texts compare with regard to case", /lowerUTF8/g, "toString"),
  mutation("what is not set is something else", / and notEmpty\((v\d+|w\d+)\)/g, ""),
  mutation("values have not to be held", new RegExp(` and v\\d+ <= ${now}`, "g"), ""),
  mutation("a refund is added", /-abs\(/g, "abs("),
  mutation("money is not converted", /toDecimal256\(toString\(.*?\), 9\), 9\)/g, "toDecimal256(1, 9), 9)"),
  mutation("the first since then counts from the last", /minIf\(\(ms, row_id, 1\)/g, "maxIf((ms, row_id, 1)"),
  mutation("steps from before the beginning count", /if\(is_in, /g, "if(1, "),
  mutation("the beginning is a step itself", /\(x\.1, x\.2\) > \(/g, "(x.1, x.2) >= ("),
  mutation("of who has no beginning all steps count", /e\d+_\d+\.3 = 1 and \(\(x/g, "1 and ((x"),
  mutation("what must not happen afterwards has to be in the window, too", /bitAnd\((x\.\d+), toUInt64\(\d+\)\)/g, "bitAnd($1, toUInt64(0))"),
  mutation("ties with the beginning count", /\(told\.2, told\.3\) > \(/g, "(told.2, told.3) >= ("),
  mutation("everybody lives in UTC", /transform\(toString\(timezone\)/g, "transform('UTC'"),
  mutation("dates are told by the clock of UTC", / - transform\(roundDown\(/g, " - 0 * transform(roundDown("),
  mutation("the zone that a date names is not heeded", /'\(\?:\[Zz\][^']*\$'/g, "'never'"),
  mutation("29 February is never", /229\]/g, "228]"),
  mutation("only the first of several names", /has\((\{p\d+:Array\(String\)\}), event\)/g, "event = $1[1]"),
  mutation("an order that is told again is another step", / = '' or n0 = 1/g, " = '' or n0 > 0"),
  mutation("of an order told again the first counts", /arrayReverse\(arrayEnumerateUniq\(arrayReverse\((.*?)\)\)\)/g, "arrayEnumerateUniq($1)"),
  mutation("what a filter says of an event never turns", /minIf\((w\d+), /g, "minIf(toInt64(9007199254740991 + 0 * $1), "),
  mutation("only what is past has been in the last days", new RegExp(`ms_ <= ${now} and ${now} < \\(ms_ \\+ \\d+\\)`, "g"), `ms_ <= ${now}`),
  mutation("what comes within the very last moment is too far away", new RegExp(`\\(ms_ - (\\d+)\\) <= ${now}`, "g"), `(ms_ - $1) < ${now}`),
  mutation("at least one of all", /(\+ toUInt16\(\w+\)\)) >= 2/g, "$1 >= 1"),
];

let engine: ClickHouse;
let clickhouse: ClickHouseClient;
let world: RandomWorld;
beforeAll(async () => {
  engine = await startTestClickHouse();
  clickhouse = engine.client("evaluate");
  world = chosenWorld();
  await insertWorlds(engine.client("write"), [world]);
  const untouched = nothingChecked();
  await checkWorld(clickhouse, world, 1, untouched);
  expect(untouched.differences.map(({ text }) => text)).toEqual([]);
});
afterAll(() => engine.stop());

test.each(mutations)("a query in which $name is found out", async ({ find, put }) => {
  const definitions = world.definitions.filter((one) => {
    const { sql } = compileAudiences(inputOf(world, [one], NOW));
    return sql.replace(find, put) !== sql;
  });
  expect(definitions.length, "The mutation changes nothing: the SQL has another form now.").toBeGreaterThan(0);
  const checked = nothingChecked();
  await checkWorld(clickhouse, { ...world, definitions }, 1, checked, (compiled) => ({ ...compiled, sql: compiled.sql.replace(find, put) }));
  // A query that fails is no proof.
  expect(checked.differences.filter(({ what }) => what === "error").map(({ text }) => text)).toEqual([]);
  expect(checked.differences.length).toBeGreaterThan(0);
});

/** One definition for each thing that can be wrong, random people, and a few at whom it shows. */
function chosenWorld(): RandomWorld {
  const random = randomWorld(20_261_122, 1, { people: 120, definitions: 0 });
  const day = { last: 1, unit: "day" };
  const order = { kind: "event", event: { role: "order" } };
  const viewed = { kind: "event", event: "page" };
  const who = [
    { ...viewed, measure: { of: "count" }, op: "at_least", value: 2, within: day },
    { ...viewed, measure: { of: "count" }, op: "at_most", value: 1, within: day },
    { ...viewed, measure: { of: "count" }, op: "at_least", value: 1 },
    { ...viewed, measure: { of: "count" }, op: "at_least", value: 1, within: { last: 1, unit: "month" } },
    { all: [{ ...viewed, op: "at_most", value: 0, within: day }, { kind: "event", event: "Signed Up", op: "at_most", value: 0, within: { last: 7, unit: "day" } }] },
    { any: [{ ...viewed, op: "at_least", value: 1, within: day }, { kind: "event", event: "Signed Up", op: "at_least", value: 1, within: { last: 7, unit: "day" } }] },
    { at_least: 2, of: [{ kind: "trait", trait: "plan", op: "is_set" }, { kind: "trait", trait: "age", op: "at_least", value: 18 }, { kind: "trait", trait: "tags", op: "is_set" }] },
    { kind: "event", event: ["Order Completed", "purchase"], measure: { of: "sum", property: "total" }, op: "at_least", value: 49.99, within: { last: 7, unit: "day" } },
    { ...order, measure: { of: "count" }, op: "at_least", value: 2 },
    { ...order, measure: { of: "sum", property: { role: "value" }, net: true }, op: "at_least", value: 50 },
    { ...order, measure: { of: "average", property: "total" }, op: "at_most", value: 20, within: { last: 30, unit: "day" } },
    { ...order, measure: { of: "max", property: "total" }, op: "at_most", value: 50 },
    { kind: "event", event: "Order Completed", where: [{ item: "products", where: [{ property: "color", op: "contains", value: "RED" }, { property: "category", op: "equals", value: "dress" }] }], op: "at_least", value: 1 },
    {
      kind: "event", event: "Order Completed", measure: { of: "count", item: "products" }, op: "at_least", value: 2,
      where: ["red", "blue"].map((value) => ({ item: "products", where: [{ property: "color", op: "equals", value }] })),
    },
    { kind: "trait", trait: "plan", op: "not_equals", value: "silver" },
    { kind: "trait", trait: "plan", op: "is_set", held: { last: 7, unit: "day" } },
    { ...viewed, op: "at_least", value: 1, within: { since: { event: "Signed Up", which: "first" } } },
    { ...viewed, op: "at_least", value: 1, within: { since: { event: ["Order Completed", "page"], which: "last" } } },
    { kind: "event", event: ["page", "Signed Up"], op: "at_least", value: 1, within: { period: "this", unit: "day", zone: "person" } },
    { kind: "trait", trait: "birthday", op: "anniversary", in: "today" },
    { kind: "trait", trait: "since", op: "before", value: "2026-02-28T00:30:00+01:00" },
    { kind: "sequence", steps: [{ event: { role: "order" } }, { event: { role: "order" } }] },
    { kind: "sequence", steps: [{ event: { role: "order" } }, { event: "page" }] },
    { kind: "sequence", steps: [{ event: "Order Completed" }, { event: "page" }], within: { since: { event: "Order Completed", which: "last" } } },
    { kind: "sequence", steps: [{ event: "Signed Up" }, { event: "page" }], within: { since: { event: "Order Refunded", which: "last" } } },
    { kind: "sequence", steps: [{ event: "Signed Up" }, { event: "page" }], within: { since: { event: "Product Viewed", which: "first" }, for: day }, then_not: { event: "purchase", within: { last: 7, unit: "day" } } },
    { ...viewed, where: [{ property: "starts", op: "in_next", value: day }], op: "at_least", value: 1 },
    { ...viewed, where: [{ property: "starts", op: "in_last", value: day }], op: "at_least", value: 1 },
  ];
  // Two at the edge of a day, told at once; a future one; somebody of a leap day; an empty average; dollars; an order told again after a look; what must not happen, when the window is over.
  const edge = [0, 1, -1].flatMap((off, i) => [
    personOf({ id: idOf(5_000 + i), events: [eventOf({ event: "page", ms: NOW - DAY + off, row: 1e6 + i * 10 }), eventOf({ event: "page", ms: NOW - DAY + off, row: 1e6 + i * 10 + 1 })] }),
    personOf({ id: idOf(5_100 + i), events: [eventOf({ event: "page", ms: NOW + off, row: 2e6 + i * 10 }), eventOf({ event: "page", ms: NOW - 1_000, row: 2e6 + i * 10 + 1 })] }),
    personOf({ id: idOf(5_150 + i), events: [eventOf({ event: "page", ms: NOW - 2 * DAY, row: 4e6 + i, properties: { starts: NOW + DAY + off } })] }),
    personOf({ id: idOf(5_250 + i), events: [eventOf({ event: "page", ms: NOW - 9 * DAY, row: 5e6 + i, properties: { starts: NOW - DAY + off } })] }),
    personOf({ id: idOf(5_200 + i), events: [eventOf({ event: "Order Completed", ms: NOW - 2 * DAY, row: 3e6 + i * 10, properties: { total: 60 - i } }), eventOf({ event: "purchase", ms: NOW - 2 * DAY, row: 3e6 + i * 10 + 1, properties: { total: -20 } })] }),
  ]);
  const leap = personOf({ id: idOf(5_300), zone: "Europe/Berlin", traits: { birthday: "1992-02-29" } });
  const today = personOf({ id: idOf(5_301), zone: "UTC", traits: { birthday: "1992-02-29", plan: "gold" }, traitTimes: { plan: NOW - DAY } });
  const dates = ["2026-02-28", "2026-02-28T00:00:00Z"].map((since, i) => personOf({ id: idOf(5_400 + i), traits: { since } }));
  const dollars = personOf({ id: idOf(5_302), events: [eventOf({ event: "purchase", ms: NOW - DAY, row: 6e6, properties: { total: 60, currency: "USD" } })] });
  const again = personOf({ id: idOf(5_303), events: ["purchase", "page", "Order Completed"].map((event, i) => eventOf({ event, ms: NOW - 9 * DAY + i, row: 7e6 + i, properties: { order_id: "o1" } })) });
  const late = personOf({ id: idOf(5_305), events: ["Product Viewed", "Signed Up", "page", "purchase"].map((event, i) => eventOf({ event, ms: NOW - 20 * DAY + i * DAY / 3 + (i === 3 ? DAY : 0), row: 7.5e6 + i })) });
  const colours = personOf({ id: idOf(5_304), events: [eventOf({ event: "Order Completed", ms: NOW - DAY, row: 8e6, properties: { products: [{ color: "red" }, { color: "green" }, { color: "blue" }] } })] });
  const words = {
    ...noWords, roles: { order: { events: ["Order Completed", "purchase"], properties: { value: ["total"], order_id: ["order_id"], currency: ["currency"] }, where: null }, refund: { events: ["Order Refunded"], properties: { value: ["total"] }, where: null } },
    money: { base: "EUR", rates: [{ from: "2020-01-01", currency: "USD", rate: 0.57 }] },
  };
  const shifted = random.people.map((person) => ({ ...person, events: person.events.map((event) => ({ ...event, ms: event.ms - random.baseMs + NOW })) }));
  return { ...random, baseMs: NOW, zone: "Europe/Berlin", words, people: [...shifted, ...edge, leap, today, ...dates, dollars, again, late, colours], definitions: who.map((one) => definition.parse({ who: one })) };
}
