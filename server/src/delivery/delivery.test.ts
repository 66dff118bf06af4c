import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Outcome, SendRequest } from "../destinations/destinations.ts";
import { good, startDeliveryBench, type DeliveryBench } from "./testing.ts";

let bench: DeliveryBench;
beforeAll(async () => {
  bench = await startDeliveryBench();
});
afterAll(() => bench.stop());
beforeEach(async () => {
  await bench.pipeline.pool.query("update destination set enabled = false");
  await bench.deliverer().catchUp();
  bench.vendor.requests.length = 0;
  bench.vendor.accepted.length = 0;
  bench.vendor.answer = good;
});

const orders = (userId: string, ...numbers: number[]): object[] =>
  numbers.map((number) => ({ type: "track", userId, event: "Order Completed", messageId: `${userId}-${number}`, properties: { number } }));
const all = { action: "one", trigger: { kind: "events", names: ["Order Completed"] }, mapping: { number: { "@path": "$.properties.number" }, who: { "@path": "$.userId" } } };
const accepted = (): unknown[] => bench.vendor.accepted.map(({ payload }) => `${String(payload["who"])} ${String(payload["number"])}`);
const failed = (more: Partial<Extract<Outcome, { kind: "retry" }>> = {}): Outcome => ({ kind: "retry", code: "http_500", detail: "Internal error", status: 500, isOfDestination: false, ...more });
const isOf = (request: SendRequest, who: string): boolean => request.items.some(({ payload }) => payload["who"] === who);

test("events that a subscription asks for are sent as its mapping says, each once, and the log says so", async () => {
  const id = await bench.destination();
  await bench.subscribe(id, all);
  await bench.send([...orders("ada", 1, 2), { type: "track", userId: "ada", event: "Viewed" }, { type: "identify", userId: "ada", traits: { email: "ada@example.com" } }]);
  const log = (await bench.log()).filter((row) => row.destination_id === id);
  expect(accepted()).toEqual(["ada 1", "ada 2"]);
  expect(log.map(({ event, outcome, attempts }) => ({ event, outcome, attempts }))).toEqual([
    { event: "Order Completed", outcome: "delivered", attempts: 1 }, { event: "Order Completed", outcome: "delivered", attempts: 1 },
  ]);
  expect(await bench.counts(id)).toEqual({ delivered: 2 });
  expect(bench.vendor.accepted[0]?.event).toMatchObject({ userId: "ada", event: "Order Completed", messageId: "ada-1", context: { traits: { email: "ada@example.com" } } });
  const exchange = await bench.pipeline.clickhouse.client("api").query({ query: `select request_body from delivery_exchanges where destination_id = ${id} order by at`, format: "JSONEachRow" });
  expect(await exchange.json()).toEqual([{ request_body: '[{"number":1,"who":"ada"}]' }, { request_body: '[{"number":2,"who":"ada"}]' }]);
});

test("what came before a destination was switched on is not sent, nor what another workspace did", async () => {
  await bench.send(orders("early", 1));
  const id = await bench.destination();
  await bench.subscribe(id, all);
  await bench.send(orders("other", 1), { workspaceId: 2 });
  await bench.send(orders("late-comer", 1));
  await bench.deliverer().catchUp();
  expect(accepted()).toEqual(["late-comer 1"]);
});

test("batches hold what shares the keys, at most as much as the action takes, in each person's order", async () => {
  const id = await bench.destination();
  await bench.subscribe(id, { ...all, action: "many", mapping: { ...all.mapping, list: { "@path": "$.properties.list" } } });
  const given = [1, 2, 3, 4, 5, 6, 7].map((number) => ({ type: "track", userId: `p${number % 2}`, event: "Order Completed", properties: { number, list: number < 6 ? "a" : "b" } }));
  await bench.send(given);
  await bench.deliverer().catchUp();
  for (const { items } of bench.vendor.requests) {
    expect(items.length).toBeLessThanOrEqual(3);
    expect(new Set(items.map(({ payload }) => payload["list"])).size).toBe(1);
  }
  for (const who of ["p0", "p1"]) {
    const numbers = bench.vendor.accepted.filter(({ payload }) => payload["who"] === who).map(({ payload }) => Number(payload["number"]));
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  }
  expect(bench.vendor.accepted).toHaveLength(7);
});

test("what fails by itself is tried again, the person's later items wait behind it, and nobody else waits", async () => {
  const id = await bench.destination();
  await bench.subscribe(id, all);
  let isBroken = true;
  bench.vendor.answer = (request) => (isBroken && isOf(request, "bad") ? [failed()] : good(request));
  await bench.send([...orders("fine", 1), ...orders("bad", 1, 2), ...orders("fine", 2)]);
  await bench.deliverer().catchUp();
  await bench.send([...orders("bad", 3), ...orders("fine", 3)]);
  await bench.deliverer().catchUp();
  expect(accepted()).toEqual(["fine 1", "fine 2", "fine 3"]);
  expect(bench.vendor.requests.filter(({ items }) => items.some(({ payload }) => payload["who"] === "bad"))).toHaveLength(1);
  expect(await bench.counts(id)).toEqual({ delivered: 3, "parked behind": 2, "parked http_500": 1 });
  isBroken = false;
  bench.clock.ms += 2_000;
  await bench.deliverer().catchUp();
  expect(accepted().slice(3)).toEqual(["bad 1", "bad 2", "bad 3"]);
  expect((await bench.pipeline.pool.query("select from delivery_parked where destination_id = $1", [id])).rowCount).toBe(0);
  expect((await bench.log()).filter((row) => row.destination_id === id && row.outcome === "delivered")).toHaveLength(6);
  const keys = bench.vendor.requests.flatMap(({ items }) => items).filter(({ event }) => event.messageId === "bad-1").map(({ idempotencyKey }) => idempotencyKey);
  expect(keys).toHaveLength(2);
  expect(new Set(keys).size).toBe(1);
});

test("what never works is given up as a dead letter, after a day and enough attempts, and the next of the person follows", async () => {
  const id = await bench.destination();
  await bench.subscribe(id, all);
  bench.vendor.answer = (request) => (request.items.some(({ event }) => event.messageId === "hopeless-1") ? [failed()] : good(request));
  await bench.send(orders("hopeless", 1, 2));
  for (let i = 0; i < 12; i++) {
    await bench.send(orders(`someone-${i}`, 1));
    await bench.deliverer().catchUp();
    bench.clock.ms += 4 * 3_600_000;
  }
  await bench.deliverer().catchUp();
  const log = (await bench.log()).filter((row) => row.destination_id === id && row.event === "Order Completed");
  expect(log.filter(({ outcome }) => outcome === "expired")).toMatchObject([{ code: "http_500", attempts: 8 }]);
  expect(accepted()).toContain("hopeless 2");
});

test("what the vendor refuses, and what a mapping makes nothing of, are dead letters at once", async () => {
  const id = await bench.destination();
  await bench.subscribe(id, all);
  bench.vendor.answer = () => [{ kind: "refused", code: "http_400", detail: "number is too large", status: 400 }];
  await bench.send(orders("ada", 9));
  const log = (await bench.log()).filter((row) => row.destination_id === id);
  expect(log).toMatchObject([{ outcome: "refused", code: "http_400", attempts: 1 }]);
});

test("a destination that fails as a whole closes: nothing is parked, one request at a time tries, and all of it follows when it is well", async () => {
  const id = await bench.destination();
  await bench.subscribe(id, all);
  bench.vendor.answer = () => [failed({ code: "connection_failed", isOfDestination: true, status: undefined })];
  await bench.send(Array.from({ length: 40 }, (_, i) => orders(`p${i}`, 1)).flat());
  await bench.deliverer().catchUp();
  const before = bench.vendor.requests.length;
  expect(before).toBeLessThan(20);
  const parkedCount = (await bench.counts(id))["parked connection_failed"] ?? 0;
  expect(parkedCount).toBeLessThanOrEqual(4);
  const state = await bench.pipeline.pool.query("select state, code from delivery_state where destination_id = $1", [id]);
  expect(state.rows).toEqual([{ state: "failing", code: "connection_failed" }]);
  bench.clock.ms += 120_000;
  await bench.deliverer().catchUp();
  expect(bench.vendor.requests.length).toBe(before + 1);
  bench.vendor.answer = good;
  bench.clock.ms += 120_000;
  await bench.deliverer().catchUp();
  bench.clock.ms += 120_000;
  await bench.deliverer().catchUp();
  expect(new Set(accepted()).size).toBe(40);
  expect(accepted()).toHaveLength(40);
  expect((await bench.pipeline.pool.query("select state from delivery_state where destination_id = $1", [id])).rows).toEqual([{ state: "flowing" }]);
});

test("too many requests: it waits as long as it is told, and no attempt counts", async () => {
  const id = await bench.destination();
  await bench.subscribe(id, all);
  let replies = 0;
  bench.vendor.answer = (request) => (replies++ === 0 ? [failed({ code: "http_429", status: 429, afterMs: 30_000 })] : good(request));
  await bench.send(orders("tom", 1));
  await bench.deliverer().catchUp();
  expect(accepted()).toEqual([]);
  bench.clock.ms += 29_000;
  await bench.deliverer().catchUp();
  expect(accepted()).toEqual([]);
  bench.clock.ms += 2_000;
  await bench.deliverer().catchUp();
  expect(accepted()).toEqual(["tom 1"]);
  expect(await bench.counts(id)).toEqual({ delivered: 1 });
});

test("a key that is not taken stops it until somebody changes the settings", async () => {
  const id = await bench.destination();
  await bench.subscribe(id, all);
  bench.vendor.answer = () => [{ kind: "unauthorized", detail: "bad key", status: 401 }];
  await bench.send(orders("una", 1, 2));
  await bench.deliverer().catchUp();
  bench.vendor.answer = good;
  bench.clock.ms += 1_000;
  await bench.deliverer().catchUp();
  expect(accepted()).toEqual([]);
  await bench.pipeline.pool.query("update destination set settings_sealed = '{\"key\":1}', version = version + 1 where id = $1", [id]);
  await bench.deliverer().catchUp();
  expect(accepted()).toEqual(["una 1", "una 2"]);
});

test("history, late events, bots, consent and test people: what is not sent is counted by its rule", async () => {
  const id = await bench.destination({ testPeople: ["user_id:eve"] });
  await bench.subscribe(id, { ...all, consent: ["marketing"] });
  const consenting = { context: { consent: { categoryPreferences: { marketing: true } } } };
  const [one = {}, old = {}, none = {}, other = {}] = [...orders("eve", 1, 2, 3), ...orders("mallory", 1)];
  await bench.send([{ ...one, ...consenting }]);
  await bench.send([{ ...old, timestamp: new Date(Date.now() - 5 * 3_600_000).toISOString() }]);
  await bench.send([{ ...other, ...consenting }]);
  await bench.send([{ ...none, context: { consent: { categoryPreferences: { marketing: false } } } }]);
  await bench.deliverer().catchUp();
  expect(accepted()).toEqual(["eve 1"]);
  expect(await bench.counts(id)).toEqual({ delivered: 1, "filtered consent": 1, "filtered late": 1, "filtered test_people": 1 });
});

test("killed at any moment, everything is sent, what has an outcome is never sent again, and each has one row", async () => {
  const id = await bench.destination();
  await bench.subscribe(id, { ...all, action: "many" });
  const people = 30;
  let requests = 0;
  bench.vendor.answer = async (request) => {
    requests++;
    await new Promise((resolve) => setTimeout(resolve, requests % 3));
    return requests % 11 === 0 ? request.items.map(() => failed()) : good(request);
  };
  for (let round = 0; round < 6; round++) {
    await bench.send(Array.from({ length: people }, (_, i) => orders(`k${i}`, round)).flat());
    await bench.kill();
    await new Promise((resolve) => setTimeout(resolve, 7 * round));
  }
  for (let i = 0; i < 4; i++) {
    await bench.deliverer().catchUp();
    bench.clock.ms += 10_000;
  }
  const log = (await bench.log()).filter((row) => row.destination_id === id);
  expect(new Set(log.map(({ position }) => position)).size).toBe(people * 6);
  expect(log).toHaveLength(people * 6);
  for (let i = 0; i < people; i++) {
    const numbers = bench.vendor.accepted.filter(({ payload }) => payload["who"] === `k${i}`).map(({ payload }) => Number(payload["number"]));
    expect([...new Set(numbers)]).toEqual([0, 1, 2, 3, 4, 5]);
  }
});

test("dead letters are sent again when somebody asks, but nothing older overwrites what is newer", async () => {
  const id = await bench.destination();
  const subscription = await bench.subscribe(id, { action: "one", trigger: { kind: "events" }, mapping: { ...all.mapping, plan: { "@path": "$.traits.plan" } } });
  const { pool } = bench.pipeline;
  bench.vendor.answer = () => [{ kind: "refused", code: "http_400", detail: "not now", status: 400 }];
  await bench.send([...orders("rae", 1, 2), { type: "identify", userId: "rae", traits: { plan: "old" } }, { type: "identify", userId: "sol", traits: { plan: "only" } }]);
  await bench.deliverer().catchUp();
  bench.vendor.answer = good;
  await bench.send([{ type: "identify", userId: "rae", traits: { plan: "new" } }]);
  await bench.log();
  const ask = async (wish: object): Promise<unknown> => {
    bench.clock.ms += 1_000;
    const { rows } = await pool.query<{ id: number }>("insert into delivery_replay (workspace_id, destination_id, wish, created_by) values (1, $1, $2, 'test') returning id", [id, JSON.stringify(wish)]);
    await bench.deliverer().catchUp();
    await bench.deliverer().catchUp();
    return (await pool.query("select status, found::integer, passed_over::integer from delivery_replay where id = $1", [rows[0]?.id])).rows[0];
  };
  bench.vendor.accepted.length = 0;
  expect(await ask({ event: "Order Completed", subscription })).toEqual({ status: "done", found: 2, passed_over: 0 });
  expect(accepted()).toEqual(["rae 1", "rae 2"]);
  expect(await ask({ code: "http_400" })).toEqual({ status: "done", found: 1, passed_over: 1 });
  expect(bench.vendor.accepted.map(({ payload }) => payload["plan"]).slice(2)).toEqual(["only"]);
  expect(await ask({ event: "Order Completed" })).toEqual({ status: "done", found: 0, passed_over: 0 });
});

test("it begins with what is decided after it was switched on, whether anybody delivers in that moment or not", async () => {
  const { pool } = bench.pipeline;
  await bench.send(orders("before", 1));
  await bench.deliverer().stop();
  const { rows } = await pool.query<{ id: number }>(
    "insert into destination (workspace_id, slug, name, definition, settings_sealed, enabled, created_by, updated_by) values (1, 'late', 'Late', 'fake', '{}', true, 'test', 'test') returning id",
  );
  const id = rows[0]?.id ?? 0;
  await pool.query("insert into subscription (workspace_id, destination_id, name, definition, enabled, created_by, updated_by) values (1, $1, 'all', $2, true, 'test', 'test')", [
    id, JSON.stringify({ ...all, consent: [], historical: false, late: false, identifiers: "last" }),
  ]);
  await bench.send(orders("after", 1, 2));
  await bench.kill();
  await bench.deliverer().catchUp();
  expect(accepted()).toEqual(["after 1", "after 2"]);
  await pool.query("update destination set enabled = false where id = $1", [id]);
  await bench.send(orders("meanwhile", 1));
  await pool.query("update destination set enabled = true where id = $1", [id]);
  await bench.send(orders("again", 1));
  await bench.deliverer().catchUp();
  expect(accepted().slice(2)).toEqual(["again 1"]);
});
