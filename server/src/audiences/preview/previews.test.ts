// Previews say of random definitions what the whole query says, and ask ClickHouse only for what an edit changes.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClickHouseClient } from "@clickhouse/client";
import { conditionKinds } from "@tributary/schema/audience/kinds.ts";
import type { Condition } from "@tributary/schema/audience/condition.ts";
import { computedDefinition, type ComputedInForce } from "@tributary/schema/audience/computed.ts";
import { definition, type Definition } from "@tributary/schema/audience/definition.ts";
import { NEVER } from "@tributary/schema/audience/window.ts";
import type { ClickHouse } from "../../engines/clickhouse/clickhouse.ts";
import { startTestClickHouse } from "../../engines/testing.ts";
import { askSql, eventOf, idOf, insertPeople, noWords, personOf } from "../testing.ts";
import { compareOf, previewOf } from "./preview.ts";
import { createPreviews, previewLimits, type Around, type Previews, type View } from "./previews.ts";
import type { ReadWords } from "./moment.ts";
import { createReadWords } from "./read-words.ts";
import { splitByComputed, splitByTrait } from "./split.ts";

const NOW = Date.parse("2026-03-15T12:00:00.500Z");
const DAY = 86_400_000;
const PEOPLE = 120;

let engine: ClickHouse;
let clickhouse: ClickHouseClient;
let words: ReadWords;
let asked: string[];

const vip = definition.parse({ who: { kind: "trait", trait: "plan", op: "equals", value: "gold" } });
const buyers = definition.parse({ from: "everyone", who: { kind: "event", event: "Order Completed", op: "at_least", value: 1 } });
const audiences = new Map([["vip", vip], ["buyers", buyers], ["returning", buyers]]);
const orders90: ComputedInForce = {
  definition: computedDefinition.parse({ value: { kind: "measure", event: "Order Completed", measure: { of: "count" }, within: { last: 90, unit: "day" } } }), state: null,
};
const around: Around = {
  zone: "Europe/Berlin",
  words: {
    ...noWords,
    roles: { order: { events: ["Order Completed"], properties: { value: ["total"], order_id: ["order_id"], currency: ["currency"] }, where: null }, refund: { events: ["Order Refunded"], properties: { value: ["total"] }, where: null } },
  },
  audience: (slug) => audiences.get(slug), list: () => 1, computed: () => orders90,
};

beforeAll(async () => {
  engine = await startTestClickHouse();
  clickhouse = engine.client("evaluate");
  const plain = createReadWords(clickhouse);
  words = async (workspaceId, question, take, signal) => {
    asked.push(question.sql);
    await plain(workspaceId, question, take, signal);
  };
  await plant();
});
afterAll(() => engine.stop());

/** The same numbers on every run. */
function lots(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

async function plant(): Promise<void> {
  const lot = lots(7);
  const pick = <T>(values: readonly T[]): T => values[lot(values.length)] as T;
  let row = 1;
  const people = Array.from({ length: PEOPLE }, (_, i) => personOf({
    id: idOf(i + 1), isAnonymous: lot(4) === 0, isHuman: lot(9) !== 0,
    traits: { gender: pick(["female", "male"]), plan: pick(["gold", "free", "platinum"]), birthday: pick(["1990-03-20", "2000-02-29"]), age: pick([25, "31", 70]), ...(lot(3) === 0 ? { trial_ends: "2026-03-16" } : {}) },
    traitTimes: { plan: NOW - lot(60) * DAY }, consents: lot(2) === 0 ? { email: lot(2) === 0 } : {}, identifiers: lot(2) === 0 ? [`email:p${i}@example.com`] : [`user_id:${i}`],
    events: Array.from({ length: lot(6) }, () => eventOf({
      event: pick(["Order Completed", "Order Refunded", "page", "Signed Up", "purchase"]), ms: NOW - lot(120 * DAY) + DAY, row: row++, isBot: lot(12) === 0, context: { page_path: pick(["/pricing", "/about"]) },
      properties: { order_id: pick(["a", "b"]), total: pick([20, "700.5", 1_300]), products: [{ color: pick(["red", "blue"]), category: pick(["dress", "scarf"]) }] },
    })),
  }));
  await insertPeople(clickhouse, 1, people);
  await insertPeople(clickhouse, 2, [personOf({ id: idOf(999), traits: { plan: "gold" } })]);
}

async function viewOf(previews: Previews, definitions: readonly Definition[], nowMs = NOW, signal = new AbortController().signal): Promise<View> {
  asked = [];
  return previews.view({ workspaceId: 1, around, definitions, nowMs, signal });
}

const noReading = (): Promise<never> => Promise.reject(new Error("Nothing is read here."));
const nothing = { sample: 0, parts: false, overlap: false } as const;

test("size, part, whom it is drawn from and next change are those of the whole query, for random definitions", async () => {
  const lot = lots(41);
  const leaves = conditionKinds.flatMap((kind) => kind.examples as readonly Condition[]);
  const random = (depth: number): Condition => {
    const group = (): Condition[] => Array.from({ length: lot(4) }, () => random(depth - 1));
    switch (depth === 0 ? 9 : lot(7)) {
      case 0: return { all: group() };
      case 1: return { any: group() };
      case 2: return { not: random(depth - 1) };
      case 3: return { at_least: 1 + lot(3), of: group() };
      default: return leaves[lot(leaves.length)] as Condition;
    }
  };
  const definitions = Array.from({ length: 40 }, (_, i): Definition => definition.parse({ from: ["known", "anonymous", "everyone"][i % 3], include: { bots: i % 4 === 0, internal: false }, who: random(3) }));
  const previews = createPreviews((...given) => words(...given), { ...previewLimits, sliceRows: 32 });
  for (const one of definitions) {
    const answers = await askSql(clickhouse, 1, [one], { nowMs: NOW, ...around });
    const view = await viewOf(previews, [one]);
    const found = await previewOf(view, { ...nothing, sample: PEOPLE }, noReading);
    const members = [...answers.people.values()].filter(({ members: [isMember] }) => isMember).map(({ id }) => id);
    const next = Math.min(...[...answers.people.values()].map(({ nexts: [ms = NEVER] }) => ms));
    expect(found.sample.toSorted(), JSON.stringify(one)).toEqual(members.toSorted());
    expect(found.size).toBe(members.length);
    expect(found.nextMs, JSON.stringify(one)).toBe(next >= NEVER ? null : Math.floor(next / 1_000) * 1_000);
  }
});

test("each condition is counted on its own, by its path", async () => {
  const [gold, female, order] = [
    { kind: "trait", trait: "plan", op: "equals", value: "gold" }, { kind: "trait", trait: "gender", op: "equals", value: "female" }, { kind: "event", event: "Order Completed", op: "at_least", value: 1 },
  ] as const;
  const whole = definition.parse({ who: { all: [gold, { any: [female, { not: order }] }] } });
  const previews = createPreviews((...given) => words(...given));
  const found = await previewOf(await viewOf(previews, [whole]), { ...nothing, parts: true }, noReading);
  const alone = async (who: unknown): Promise<number> => (await askSql(clickhouse, 1, [definition.parse({ who })], { nowMs: NOW, ...around })).people.values().filter(({ members: [isMember] }) => isMember).toArray().length;
  expect(Object.fromEntries(found.parts.map(({ path, size }) => [path, size]))).toEqual({
    "/all/0": await alone(gold), "/all/1": await alone({ any: [female, { not: order }] }), "/all/1/any/0": await alone(female),
    "/all/1/any/1": await alone({ not: order }), "/all/1/any/1/not": await alone(order),
  });
  expect(found.size).toBeGreaterThan(0);
});

test("an edit asks ClickHouse only for the condition that it changes, and what was asked is asked no more", async () => {
  const previews = createPreviews((...given) => words(...given));
  const order = (value: number): Condition => ({ kind: "event", event: "Order Completed", measure: { of: "count" }, op: "at_least", value, within: { last: 90, unit: "day" } });
  const gold: Condition = { kind: "trait", trait: "plan", op: "equals", value: "gold" };
  const with2 = (...members: Condition[]): Definition => definition.parse({ who: { all: members } });
  await viewOf(previews, [with2(gold, order(1))]);
  expect(asked.length).toBe(4); // Who there is, whether any were merged, traits, orders.
  await viewOf(previews, [with2(gold, order(2))]);
  expect(asked).toEqual([]); // Told by the events that are here.
  await viewOf(previews, [with2(gold, { kind: "event", event: "page", measure: { of: "count" }, op: "at_least", value: 1 } as Condition)]);
  expect(asked.length).toBe(1);
  await viewOf(previews, [definition.parse({ who: { any: [{ not: gold }, order(1)] } })]);
  expect(asked).toEqual([]);
  await viewOf(previews, [with2(gold, order(2))], NOW + previewLimits.oldMs + 1);
  expect(asked.length).toBe(4);
});

test("while a first answer is made it is told how many questions are open", async () => {
  let go: (() => void) | undefined;
  const held = new Promise<void>((resolve) => (go = resolve));
  const previews = createPreviews(async (...given) => {
    await words(...given);
    if (given[1].sql.includes("from events")) await held;
  });
  expect(previews.progress(1)).toBeUndefined();
  const one = definition.parse({ who: { all: [{ kind: "trait", trait: "plan", op: "equals", value: "gold" }, { kind: "event", event: "page", op: "at_least", value: 1 }] } });
  const view = viewOf(previews, [one]);
  // Who there is, and the trait; what happened on pages is still being read.
  await expect.poll(() => previews.progress(1)).toEqual({ asked: 3, answered: 2, people: PEOPLE });
  go?.();
  await view;
  expect(previews.progress(1)).toEqual({ asked: 3, answered: 3, people: PEOPLE });
  expect(previews.progress(2)).toBeUndefined();
});

test("while answers are still new enough the next moment is prepared beside them", async () => {
  const previews = createPreviews((...given) => words(...given));
  const one = definition.parse({ who: { kind: "trait", trait: "plan", op: "equals", value: "gold" } });
  await viewOf(previews, [one]);
  const laterMs = NOW + previewLimits.freshMs + 5;
  await viewOf(previews, [one], NOW + 1_000);
  expect((await viewOf(previews, [one], laterMs)).atMs).toBe(NOW);
  await expect.poll(async () => (await viewOf(previews, [one], laterMs + 1)).atMs).toBe(laterMs);
  expect(asked).toEqual([]);
});

test("of many conditions only those used last are prepared, so that nobody waits behind what nobody waits for", async () => {
  let count = 0;
  const previews = createPreviews((...given) => (count++, words(...given)), { ...previewLimits, preparedMax: 2 });
  const order = (value: number): Condition => ({ kind: "event", event: "Order Completed", measure: { of: "count" }, op: "at_least", value });
  for (const [i, at] of [1, 2, 3, 4, 5].entries()) await viewOf(previews, [definition.parse({ who: order(at) })], NOW + i);
  const laterMs = NOW + previewLimits.freshMs + 5;
  const last = definition.parse({ who: order(5) });
  count = 0;
  expect((await viewOf(previews, [last], laterMs)).atMs).toBe(NOW);
  await expect.poll(async () => (await viewOf(previews, [last], laterMs + 1)).atMs).toBe(laterMs);
  // At most those two, the people, and whether some were merged.
  expect(count).toBeLessThanOrEqual(4);
});

test("who is in other audiences too, by a trait, and by channel", async () => {
  const previews = createPreviews((...given) => words(...given));
  const everyone = definition.parse({ who: { all: [] } });
  const view = await viewOf(previews, [everyone, vip, buyers]);
  const read = async <Row>(sql: string, params: Readonly<Record<string, unknown>>): Promise<Row[]> =>
    (await clickhouse.query({ query: sql, query_params: { ...params, workspace: 1 }, format: "JSONEachRow" })).json<Row>();
  const found = await previewOf(view, { ...nothing, overlap: true, by: splitByTrait("plan"), reach: { consentWhenAbsent: "denied" } }, read);
  const known = "from profiles final where workspace_id = 1 and is_anonymous = 0 and is_human = 1";
  const orders = "profile_id in (select profile_id from events where workspace_id = 1 and event = 'Order Completed' and is_bot = 0 and timestamp <= '2026-03-15 12:00:00.500')";
  const [counted] = await read<Record<string, number>>(
    `select countIf(v and not b) as only_vip, countIf(b and not v) as only_buyers, countIf(v and b) as both, countIf(not v and not b) as neither,
       countIf(e) as email, countIf(consents['email'] = 1) as consent, countIf(e and consents['email'] = 1) as reachable
     from (select traits.plan::String = 'gold' as v, ${orders} as b, arrayExists(one -> startsWith(one, 'email:'), identifiers) as e, consents ${known})`, {});
  expect(Object.fromEntries(found.overlap)).toEqual({ 0: counted?.["neither"], 1: counted?.["only_vip"], 2: counted?.["only_buyers"], 3: counted?.["both"] });
  const plans = await read<{ value: string; size: number }>(`select traits.plan::String as value, count() as size ${known} group by value order by size desc`, {});
  expect(found.breakdown).toEqual(plans);
  expect(found.breakdownRest).toBe(0);
  // The computed trait is that of the view's instant, by the query that conditions ask.
  const byOrders = await previewOf(view, { ...nothing, by: splitByComputed("orders", around, view) }, read);
  const asked = byOrders.breakdown.map(({ value }) => definition.parse({ who: { kind: "computed", trait: "orders", op: "equals", value: Number(value) } }));
  const answers = await askSql(clickhouse, 1, asked, { ...around, nowMs: view.atMs });
  expect(byOrders.breakdown.map(({ size }) => size)).toEqual(asked.map((_, i) => [...answers.people.values()].filter(({ members }) => members[i]).length));
  expect(byOrders.breakdown.length).toBeGreaterThan(2);
  expect(found.reach[0]).toEqual({ channel: "email", address: counted?.["email"], consent: counted?.["consent"], reachable: counted?.["reachable"] });
  expect(counted?.["reachable"]).toBeGreaterThan(0);
});

test("a comparison says who stays, enters and leaves", async () => {
  const previews = createPreviews((...given) => words(...given));
  const gold = definition.parse({ who: { kind: "trait", trait: "plan", op: "one_of", values: ["gold", "free"] } });
  const found = await compareOf(await viewOf(previews, [gold, definition.parse({ who: { kind: "trait", trait: "plan", op: "one_of", values: ["gold", "platinum"] } })]), 500);
  const answers = await askSql(clickhouse, 1, ["free", "platinum", "gold"].map((value) => definition.parse({ who: { kind: "trait", trait: "plan", op: "equals", value } })), { nowMs: NOW, ...around });
  const of = (i: number): string[] => [...answers.people.values()].filter(({ members }) => members[i]).map(({ id }) => id).toSorted();
  expect(found.entering.toSorted()).toEqual(of(0));
  expect(found.leaving.toSorted()).toEqual(of(1));
  expect([found.enter, found.leave, found.stay]).toEqual([of(0).length, of(1).length, of(2).length]);
});

test("when whoever asked has gone, the question to ClickHouse is stopped; others who wait for the same are answered", async () => {
  const stopped: boolean[] = [];
  let go: (() => void) | undefined;
  const held = new Promise<void>((resolve) => (go = resolve));
  const previews = createPreviews(async (workspaceId, question, take, signal) => {
    signal.addEventListener("abort", () => stopped.push(true));
    await held;
    if (signal.aborted) throw new Error("stopped");
    await words(workspaceId, question, take, signal);
  });
  const one = definition.parse({ who: { kind: "trait", trait: "plan", op: "equals", value: "gold" } });
  const [first, second, third] = [new AbortController(), new AbortController(), new AbortController()];
  const [a, b] = [viewOf(previews, [one], NOW, first.signal), viewOf(previews, [one], NOW, second.signal)];
  first.abort(new Error("gone"));
  await expect(a).rejects.toThrow("gone");
  expect(stopped).toEqual([]);
  second.abort(new Error("gone too"));
  await expect(b).rejects.toThrow("gone too");
  expect(stopped.length).toBeGreaterThan(0);
  go?.();
  expect((await viewOf(previews, [one], NOW, third.signal)).people.count).toBe(PEOPLE);
});

test("no more is kept than the limit says", async () => {
  const previews = createPreviews((...given) => words(...given), { ...previewLimits, bytesMax: 10_000 });
  for (let value = 1; value < 60; value++) await viewOf(previews, [definition.parse({ who: { kind: "trait", trait: "age", op: "more_than", value } })]);
  expect(previews.bytes()).toBeLessThanOrEqual(10_000);
  await expect(viewOf(createPreviews((...given) => words(...given), { ...previewLimits, peopleMax: 100 }), [vip])).rejects.toThrow("up to 100 people");
});

test("a question that is given up is stopped in ClickHouse itself", async () => {
  const read = createReadWords(clickhouse);
  const gone = new AbortController();
  const endless = { sql: "select profile_id, toUInt32(sleepEachRow(0.02)) as word from profiles where workspace_id = {workspace:UInt32} settings max_block_size = 1", params: {} };
  const running = async (): Promise<number> => Number((await (await clickhouse.query({ query: "select count() as count from system.processes where query like '%sleepEachRow%' and query not like '%system.processes%'", format: "JSONEachRow" })).json<{ count: number }>())[0]?.count);
  const asked = read(1, endless, () => undefined, gone.signal);
  await expect.poll(running).toBe(1);
  gone.abort(new Error("gone"));
  await expect(asked).rejects.toThrow();
  await expect.poll(running).toBe(0);
});
