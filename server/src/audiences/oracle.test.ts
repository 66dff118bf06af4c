// The compiler's proof: random definitions over random people, at random and at critical instants. What the SQL says must be what
// the plain evaluator says, and until the instant that it names nothing may change.
//
//   ORACLE_SEED=5 ORACLE_WORLDS=300 npx vitest run --project tests server/src/audiences/oracle.test.ts     a long run
import type { ClickHouseClient } from "@clickhouse/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { definition, type Definition, type DefinitionInput } from "@tributary/schema/audience/definition.ts";
import type { ClickHouse } from "../engines/clickhouse/clickhouse.ts";
import { startTestClickHouse } from "../engines/testing.ts";
import { QUERY_SETTINGS } from "./ask.ts";
import { compileAudiences, compileVerdicts, type CompiledAudiences } from "./compile.ts";
import { checkWorld, inputOf, insertWorlds, nothingChecked, type Difference } from "./testing-oracle.ts";
import { randomWorld, type RandomWorld } from "./testing-random.ts";
import { eventOf, idOf, personOf } from "./testing.ts";

const SEED = Number(process.env["ORACLE_SEED"] ?? 20_261_122);
const WORLDS = Number(process.env["ORACLE_WORLDS"] ?? 2);
/** So many are written at once. */
const BATCH = 8;
const SIZE = { people: 100, definitions: 24 };
const INSTANTS = 3;
const WORLDS_MAX = 20;

let engine: ClickHouse;
let clickhouse: ClickHouseClient;
beforeAll(async () => {
  engine = await startTestClickHouse();
  clickhouse = engine.client("evaluate");
});
afterAll(() => engine.stop());

test(`of ${WORLDS} worlds from seed ${SEED} on, SQL and the plain evaluator say the same, and no instant is late`, async () => {
  const checked = nothingChecked();
  for (let first = 0; first < WORLDS; first += BATCH) {
    const worlds = Array.from({ length: Math.min(BATCH, WORLDS - first) }, (_, i) => randomWorld(SEED + first + i, first + i + 1, SIZE));
    await insertWorlds(engine.client("write"), worlds);
    for (const world of worlds) await checkWorld(clickhouse, world, INSTANTS, checked);
  }
  process.stdout.write(`Oracle, seeds ${SEED} to ${SEED + WORLDS - 1}: ${checked.members} checks of membership, ${checked.futures} of the time until the next instant; ${checked.exact} of ${checked.named} instants exact.\n`);
  expect(checked.differences.length, checked.differences.slice(0, 5).map(said).join("\n\n")).toBe(0);
  // The worlds are worth asking about.
  expect(checked.members).toBe(WORLDS * SIZE.people * SIZE.definitions * INSTANTS);
  expect(checked.exact).toBeGreaterThan(WORLDS * 10);
}, 3_600_000);

test("asked together, in two columns, they are in the same audiences and due at the earliest of the same instants", async () => {
  // Each question asks of people drawn in several ways.
  await inWorldsWorthAsking(SEED, { memberships: 20, definitions: 3 }, async (world, definitions) => {
    const expected = await saidApart(world, definitions);
    expect(await saidTogether(world, definitions)).toEqual(expected);
    return expected;
  });
});

test("many of one form, asked together, are as each by itself", async () => {
  let laneQuestions = 0;
  await inWorldsWorthAsking(SEED + 1, { memberships: 100, definitions: 4 }, async (world, some) => {
    // Four of each form: other numbers, other lengths of time, other events.
    const definitions = some.flatMap((one) => [one, ...[1, 2, 3].flatMap((by) => otherOf(one, by))]);
    const expected = await saidApart(world, definitions);
    if (compileVerdicts(inputOf(world, definitions, NOW)).sql.includes("lane0")) laneQuestions++;
    expect(await saidTogether(world, definitions)).toEqual(expected);
    return expected;
  });
  expect(laneQuestions, "lists stand for several audiences").toBeGreaterThan(2);
});

test("a lane that is another's is found out", async () => {
  const people = Array.from({ length: 12 }, (_, i) => personOf({
    id: idOf(9_100 + i), events: Array.from({ length: i }, (_, n) => eventOf({ event: n % 3 === 0 ? "Order Completed" : "page", ms: NOW - (n + 1) * 86_400_000, row: 8e6 + i * 20 + n })),
  }));
  const world = { ...randomWorld(SEED, 4_000_000, { people: 1, definitions: 0 }), people };
  await insertWorlds(engine.client("write"), [world]);
  const definitions = [1, 2, 3, 4].map((i) => definition.parse({
    from: "everyone", who: { kind: "event", event: i % 2 === 0 ? "page" : "Order Completed", measure: { of: "count" }, op: "at_least", value: i, within: { last: 5 * i, unit: "day" } },
  }));
  const expected = await saidApart(world, definitions);
  expect(await saidTogether(world, definitions)).toEqual(expected);
  const lists = { numbers: /(?<!CAST\()\[(\d+), (\d+(?:, \d+)*)\]/g, events: /\[(e\d+_\d+), (e\d+_\d+(?:, e\d+_\d+)*)\]/g, audiences: /(?<=CAST\()\[(\d+), (\d+(?:, \d+)*)\]/g };
  for (const [name, list] of Object.entries(lists)) {
    expect(await saidTogether(world, definitions, (sql) => sql.replace(list, "[$2, $1]")), name).not.toEqual(expected);
  }
});

/** Asks of small worlds, some definitions at a time, until people were in so many audiences: of where nobody is nothing can differ. */
async function inWorldsWorthAsking(seed: number, least: { readonly memberships: number; readonly definitions: number }, asked: (world: RandomWorld, definitions: Definition[]) => Promise<readonly Said[]>): Promise<void> {
  let memberships = 0;
  for (let i = 0; memberships < least.memberships && i < WORLDS_MAX; i++) {
    const world = randomWorld(seed + i * 1_000, 2_000_000 + seed + i, { people: 40, definitions: 12 });
    await insertWorlds(engine.client("write"), [world]);
    for (let from = 0; from < world.definitions.length; from += least.definitions) {
      for (const { members } of await asked(world, world.definitions.slice(from, from + least.definitions))) memberships += members.length;
    }
  }
  expect(memberships, "people were in audiences").toBeGreaterThanOrEqual(least.memberships);
}

/** The same with other values; nothing where that can't be. */
function otherOf(one: Definition, by: number): Definition[] {
  const text = JSON.stringify(one)
    .replace(/"(value|last|from|to)":(-?\d+)\b/g, (_, name: string, number: string) => `"${name}":${Number(number) + by}`)
    .replace(/"(Order Completed|Product Viewed)"/g, (name) => (by % 2 === 0 ? name : name === '"Order Completed"' ? '"Product Viewed"' : '"Order Completed"'));
  const parsed = definition.safeParse(JSON.parse(text));
  return parsed.success ? [parsed.data] : [];
}

const NOW = Date.parse("2026-02-28T22:30:00Z");

async function rowsOf<Row>(world: RandomWorld, { sql, params }: Pick<CompiledAudiences, "sql" | "params">): Promise<Row[]> {
  const query_params = { workspace: world.workspaceId, ...params };
  return (await clickhouse.query({ query: `select * from (${sql}) order by profile_id`, query_params, format: "JSONEachRow", clickhouse_settings: QUERY_SETTINGS })).json<Row>();
}

interface Said {
  readonly profile_id: string;
  readonly members: readonly number[];
  readonly due: number;
}

/** With two columns for each definition. */
async function saidApart(world: RandomWorld, definitions: readonly Definition[]): Promise<Said[]> {
  const rows = await rowsOf<Record<string, number> & { profile_id: string }>(world, compileAudiences(inputOf(world, definitions, NOW)));
  const range = definitions.map((_, i) => i);
  return rows.map((row) => ({ profile_id: row.profile_id, members: range.filter((i) => row[`m${i}`] === 1), due: Math.min(...range.map((i) => Number(row[`n${i}`]))) }));
}

/** In two columns. */
async function saidTogether(world: RandomWorld, definitions: readonly Definition[], change = (sql: string): string => sql): Promise<Said[]> {
  const { sql, params } = compileVerdicts(inputOf(world, definitions, NOW));
  const rows = await rowsOf<Said>(world, { sql: change(sql), params });
  return rows.map((row) => ({ ...row, members: row.members.toSorted((a, b) => a - b), due: Number(row.due) }));
}

test("what differed once does so no more", async () => {
  const random = randomWorld(SEED, 1_000_000, { people: 60, definitions: 0 });
  const order = { kind: "event", event: "Order Completed" };
  const robots = { from: "everyone", include: { bots: true }, who: { ...order, op: "at_least", value: 1 } };
  const found: readonly DefinitionInput[] = [
    // Counts that there can't be.
    { from: "everyone", who: { ...order, op: "at_most", value: -1, within: { last: 1, unit: "hour" } } },
    { from: "everyone", who: { ...order, op: "equals", value: 1.5, within: { last: 1, unit: "day" } } },
    // A list of decimals can't be bound.
    { from: "everyone", who: { kind: "trait", trait: "age", op: "one_of", values: [18, "30", 29.5] } },
    // Names that every object has.
    { from: "everyone", who: { kind: "trait", trait: "toString", op: "is_not_set", held: { last: 1, unit: "year" } } },
    { from: "everyone", who: { kind: "consent", category: "constructor", is: "unknown" } },
    // The audience that is referred to counts the events of bots, the one that refers does not.
    { from: "everyone", who: { all: [{ kind: "audience", audience: "robots" }, { ...order, op: "at_most", value: 0 }] } },
    // Within an element no further list is gone through.
    { from: "everyone", who: { ...order, measure: { of: "sum", property: "sizes.eu", item: "products" }, op: "at_least", value: 1 } },
    // A property that is not there, of nothing.
    { from: "everyone", who: { kind: "event", event: { role: "order" }, measure: { of: "distinct", property: { role: "coupon" } }, op: "at_most", value: 0 } },
  ] as readonly DefinitionInput[];
  const nested = personOf({ id: idOf(9_001), events: [eventOf({ event: "Order Completed", ms: random.baseMs - 1, row: 9e6, properties: { products: [{ sizes: [{ eu: 36 }] }] } })] });
  const bot = personOf({ id: idOf(9_002), events: [eventOf({ event: "Order Completed", ms: random.baseMs - 1, row: 9e6 + 1, isBot: true }), eventOf({ event: "page", ms: random.baseMs - 1, row: 9e6 + 2 })] });
  const world = { ...random, people: [...random.people, nested, bot], audiences: new Map([["robots", definition.parse(robots)]]), definitions: found.map((one) => definition.parse(one)) };
  await insertWorlds(engine.client("write"), [world]);
  const checked = nothingChecked();
  await checkWorld(clickhouse, world, 2, checked);
  expect(checked.differences.slice(0, 5).map(said)).toEqual([]);
});

function said({ what, seed, definition, text }: Difference): string {
  return `seed ${seed}, ${what}: ${JSON.stringify(definition)}\n${text}`;
}
