// Conditions on the people of somebody's accounts, with random people in random accounts: both evaluators agree at every instant.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClickHouseClient } from "@clickhouse/client";
import type { Condition } from "@tributary/schema/audience/condition.ts";
import type { PersonFacts } from "@tributary/schema/audience/condition-kind.ts";
import { definition, sayDefinition, type Definition } from "@tributary/schema/audience/definition.ts";
import { readsOf } from "@tributary/schema/audience/condition.ts";
import { languageOf } from "@tributary/schema/audience/sentence.ts";
import type { ClickHouse } from "../engines/clickhouse/clickhouse.ts";
import { startTestClickHouse } from "../engines/testing.ts";
import { askSql, eventOf, idOf, insertPeople, isMemberPlainly, noWords, personOf } from "./testing.ts";
import { diceOf, disagreements, shown, type Dice } from "./testing-agreement.ts";

let engine: ClickHouse;
let clickhouse: ClickHouseClient;
const HOUR = 3_600_000;
const START = Date.parse("2026-03-01T00:00:00Z");

beforeAll(async () => {
  engine = await startTestClickHouse();
  clickhouse = engine.client("evaluate");
});
afterAll(() => engine.stop());

const setting = { zone: "UTC", words: noWords, audience: (slug: string): Definition | undefined => (slug === "bots-too" ? botsToo : undefined) };
const botsToo = definition.parse({ include: { bots: true }, who: { kind: "event", event: "B", op: "at_least", value: 1, within: { last: 3, unit: "hour" } } });

function randomPeople(random: Dice, count: number): PersonFacts[] {
  let row = 0;
  return Array.from({ length: count }, (_, n) => personOf({
    id: idOf(n + 1), isAnonymous: random.oneIn(4), traits: { role: random.pick(["owner", "member"]) },
    accounts: Array.from({ length: random.below(3) }, () => `account ${random.below(count / 3)}`),
    events: Array.from({ length: random.below(4) }, () => eventOf({ event: random.pick(["A", "B"]), ms: START + random.below(12) * HOUR, row: ++row, isBot: random.oneIn(5) })),
  }));
}

function randomCondition(random: Dice, depth: number): Condition {
  const inner = (): Condition => randomCondition(random, depth - 1);
  const account = (): Condition => ({ kind: "account", people: random.pick(["any", "all", "none"]), who: inner() });
  if (depth > 0) {
    return random.pick([account, account, account, () => ({ all: [inner(), inner()] }), () => ({ any: [inner(), inner()] }), () => ({ not: inner() })])();
  }
  return random.pick<() => Condition>([
    () => ({ kind: "trait", trait: "role", op: "equals", value: "owner" }),
    () => ({ kind: "event", event: random.pick(["A", "B"]), measure: { of: "count" }, op: "at_least", value: random.pick([1, 2]), within: { last: 1 + random.below(5), unit: "hour" } }),
    () => ({ kind: "event", event: "A", measure: { of: "count" }, op: "at_most", value: 1, within: { last: 2, unit: "hour" } }),
    () => ({ kind: "audience", audience: "bots-too" }),
  ])();
}

const rounds = Number(process.env["ACCOUNT_ROUNDS"] ?? 2);
const firstSeed = Number(process.env["ACCOUNT_SEED"] ?? 1);

test.each(Array.from({ length: rounds }, (_, i) => firstSeed + i))("random accounts, random conditions, at every instant (seed %i)", async (seed) => {
  const random = diceOf(seed);
  const people = randomPeople(random, 12);
  const definitions = Array.from({ length: 10 }, (_, i) => definition.parse({
    from: random.pick(["known", "everyone"]), include: { bots: random.oneIn(3) }, who: randomCondition(random, 1 + (i % 3)),
  }));
  await insertPeople(clickhouse, seed, people);
  const criticalMs = Array.from({ length: 17 }, (_, hour) => START + hour * HOUR).flatMap((ms) => [ms - 1, ms, ms + 1]);
  const askedMs = Array.from({ length: 3 }, () => criticalMs[random.below(40)] ?? START);
  const found = await disagreements({ clickhouse, workspaceId: seed, people, definitions, setting, criticalMs, askedMs });
  expect(shown(found.disagreements)).toEqual([]);
  expect(found.wereTrue / found.compared).toBeGreaterThan(0.05);
  expect(found.foreseen).toBeGreaterThan(0);

  // Some people are asked about: those together with them are given, or not.
  const nowMs = START + 6 * HOUR;
  const asked = people.filter(() => random.oneIn(3));
  const together = closureOf(asked, people);
  const idsOf = (some: readonly PersonFacts[]): { ids: string[]; ingestIds: string[] } => ({ ids: some.map(({ id }) => id), ingestIds: some.map(({ id }) => id) });
  for (const about of [idsOf(asked), { ...idsOf(asked), together: idsOf(together) }]) {
    const answers = await askSql(clickhouse, seed, definitions, { ...setting, nowMs, people: about });
    expect([...answers.people.keys()].toSorted()).toEqual(asked.map(({ id }) => id).toSorted());
    for (const person of asked) expect(answers.people.get(person.id)?.members, person.id).toEqual(definitions.map((one) => isMemberPlainly(one, person, people, { ...setting, nowMs })));
  }
});

/** Those who share an account with one of them, and those who share one with these, and so on. */
function closureOf(some: readonly PersonFacts[], all: readonly PersonFacts[]): readonly PersonFacts[] {
  const accounts = new Set(some.flatMap((person) => person.accounts));
  const more = all.filter((person) => some.includes(person) || person.accounts.some((account) => accounts.has(account)));
  return more.length === some.length ? some : closureOf(more, all);
}

test("without an account nothing holds, of an account of one the person alone decides, and a deleted person is none of an account's", async () => {
  const people = [
    personOf({ id: idOf(1), traits: { role: "owner" } }),
    personOf({ id: idOf(2), traits: { role: "owner" }, accounts: ["alone"] }),
    personOf({ id: idOf(3), traits: { role: "member" }, accounts: ["both"] }),
    personOf({ id: idOf(4), traits: { role: "owner" }, accounts: ["both", "alone too"] }),
  ];
  await insertPeople(clickhouse, 1_000, people);
  const owner: Condition = { kind: "trait", trait: "role", op: "equals", value: "owner" };
  const definitions = (["any", "all", "none"] as const).map((which) => definition.parse({ who: { kind: "account", people: which, who: owner } }));
  const ask = async (): Promise<boolean[][]> => {
    const answers = await askSql(clickhouse, 1_000, definitions, { ...setting, nowMs: START });
    return people.map(({ id }) => [...(answers.people.get(id)?.members ?? [])]);
  };
  expect(await ask()).toEqual([[false, false, false], [true, true, false], [true, false, false], [true, false, false]]);
  // Asked about alone, somebody is still together with the others of their account.
  const both = [idOf(3), idOf(4)];
  const people3 = { ids: [idOf(3)], ingestIds: [idOf(3)], together: { ids: both, ingestIds: both } };
  const alone = await askSql(clickhouse, 1_000, definitions, { ...setting, nowMs: START, people: people3 });
  expect([...alone.people].map(([id, { members }]) => [id, members])).toEqual([[idOf(3), [true, false, false]]]);
  await clickhouse.command({ query: "insert into profiles (workspace_id, profile_id, row_id, updated_at, first_seen, deleted) values (1000, {id:UUID}, 9, now(), now(), 1)", query_params: { id: idOf(4) } });
  expect(await ask()).toEqual([[false, false, false], [true, true, false], [false, false, true], []]);
});

test("what stands inside is seen from outside: what it reads, how much it is, what it says", () => {
  const who: Condition = { kind: "account", people: "any", who: { any: [{ kind: "event", event: "A", measure: { of: "count" }, op: "at_least", value: 1 }, { kind: "account", people: "none", who: { kind: "audience", audience: "vip" } }] } };
  expect(readsOf(who, noWords)).toEqual({ events: ["A"], snapshot: true, audiences: ["vip"], lists: [], computed: [], accounts: true });
  expect(sayDefinition(definition.parse({ who }), languageOf("en"))).toBe(
    "Known people: of the people of their accounts, at least one: (did “A” at least once ever or of the people of their accounts, nobody: is in the audience “vip”).");
  const many = { kind: "account", people: "any", who: { all: Array.from({ length: 100 }, () => ({ kind: "trait", trait: "a", op: "is_set" })) } };
  expect(definition.safeParse({ who: many }).error?.issues[0]?.message).toContain("101 conditions");
  let deep: unknown = { kind: "trait", trait: "a", op: "is_set" };
  for (let i = 0; i < 12; i++) deep = { kind: "account", people: "any", who: deep };
  expect(definition.safeParse({ who: deep }).error?.issues[0]?.message).toContain("13 groups inside each other");
  expect(definition.safeParse({ who: { kind: "account", people: "any", who: { kind: "nothing" } } }).success).toBe(false);
});
