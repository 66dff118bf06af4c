import { hash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createLayoutColumns, ownDestinations, type Outcome, type SendRequest } from "../destinations/destinations.ts";
import { createOutbound } from "../outbound/outbound.ts";
import { countReplay, replayWish } from "./replay.ts";
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
  bench.vendor.hasFixedBatches = false;
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
  const bodies = ['[{"number":1,"who":"ada"}]', '[{"number":2,"who":"ada"}]'];
  expect(await exchange.json()).toEqual(bodies.map((body) => ({ request_body: body })));
  const hashes = await bench.pipeline.clickhouse.client("api").query({ query: `select request_hash, response_hash, status from delivery_hashes where destination_id = ${id} order by at`, format: "JSONEachRow" });
  expect(await hashes.json()).toEqual(bodies.map((body) => ({ request_hash: hash("sha256", body), response_hash: hash("sha256", "ok"), status: 200 })));
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
  // Of an import: months old, and counted as what it is, not as late.
  const longAgo = new Date(Date.now() - 100 * 86_400_000).toISOString();
  await bench.send(orders("eve", 4, 5).map((past) => ({ ...past, ...consenting, timestamp: longAgo })), { importId: 1, historical: true });
  const crawls = orders("eve", 6).map((one) => ({ ...one, context: { ...consenting.context, userAgent: "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)" } }));
  await bench.send(crawls);
  await bench.deliverer().catchUp();
  expect(accepted()).toEqual(["eve 1"]);
  expect(await bench.counts(id)).toEqual({ delivered: 1, "filtered bot": 1, "filtered consent": 1, "filtered historical": 2, "filtered late": 1, "filtered test_people": 1 });
  // None of it became a delivery.
  expect((await bench.log()).filter((row) => row.destination_id === id).map(({ outcome }) => outcome)).toEqual(["delivered"]);
});

test("history and late events go where a subscription asks for them, each for itself; bots never do", async () => {
  const subscribed = async (more: object): Promise<number> => {
    const id = await bench.destination();
    await bench.subscribe(id, { ...all, ...more });
    return id;
  };
  const [past, late, both] = [await subscribed({ historical: true }), await subscribed({ late: true }), await subscribed({ historical: true, late: true })];
  const hoursAgo = (hours: number): object => ({ timestamp: new Date(Date.now() - hours * 3_600_000).toISOString() });
  await bench.send(orders("ivo", 1).map((one) => ({ ...one, ...hoursAgo(2_400) })), { importId: 1, historical: true });
  await bench.send(orders("ivo", 2).map((one) => ({ ...one, ...hoursAgo(5) })));
  await bench.send(orders("ivo", 3).map((one) => ({ ...one, context: { userAgent: "Googlebot/2.1" } })));
  await bench.deliverer().catchUp();
  const sentTo = (id: number): unknown[] => bench.vendor.requests.filter(({ destinationId }) => destinationId === id).flatMap(({ items }) => items.map(({ payload }) => payload["number"]));
  expect([past, late, both].map(sentTo)).toEqual([[1], [2], [1, 2]]);
  expect(await bench.counts(past)).toEqual({ delivered: 1, "filtered bot": 1, "filtered late": 1 });
  expect(await bench.counts(late)).toEqual({ delivered: 1, "filtered bot": 1, "filtered historical": 1 });
  expect(await bench.counts(both)).toEqual({ delivered: 2, "filtered bot": 1 });
});

test("killed at any moment, everything is sent, what has an outcome is never sent again, and each has one row", async () => {
  const id = await bench.destination();
  await bench.subscribe(id, { ...all, action: "many" });
  const people = 30;
  let requests = 0;
  bench.vendor.answer = async (request) => {
    // Its own number: that of whoever came last would be the same for several, and five failures in a row are the destination's.
    const nth = ++requests;
    await new Promise((resolve) => setTimeout(resolve, nth % 3));
    return nth % 11 === 0 ? request.items.map(() => failed()) : good(request);
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

test("where a request becomes files, a kill or a lost reply between writing and recording has the same files written again, and nothing stands in two", async () => {
  const directory = await mkdtemp(join(tmpdir(), "delivered-files-"));
  const { pool } = bench.pipeline;
  const files = ownDestinations({ outbound: createOutbound({ privateHosts: [] }), filesDirectory: directory, nowMs: Date.now, timeoutMs: 5_000, layoutColumns: createLayoutColumns({ pool }) }).find(({ definition }) => definition.slug === "files");
  const attempts = new Map<string, number>();
  let requests = 0;
  bench.vendor.hasFixedBatches = true;
  bench.vendor.answer = async (request) => {
    const written = await files?.send({ ...request, connection: { ...request.connection, settings: { format: "ndjson" } }, subscription: { ...request.subscription, action: "layout" } }, new AbortController().signal);
    attempts.set(request.batchId ?? "", (attempts.get(request.batchId ?? "") ?? 0) + 1);
    return requests++ % 7 === 3 ? request.items.map(() => failed()) : written?.outcomes ?? [];
  };
  try {
    const id = await bench.destination();
    const subscription = await bench.subscribe(id, { ...all, action: "many", mapping: { event: { "@path": "$" } } });
    for (let round = 0; round < 6; round++) {
      await bench.send(Array.from({ length: 20 }, (_, i) => orders(`f${i}`, round)).flat());
      await bench.kill();
      await new Promise((resolve) => setTimeout(resolve, 9 * round));
    }
    await bench.deliverer().catchUp();
    const rows = async (table: string): Promise<{ readonly id: string; readonly user_id: string }[]> => {
      const names = (await readdir(join(directory, "1", String(id), table), { recursive: true })).filter((name) => name.endsWith(".ndjson"));
      const texts = await Promise.all(names.map((name) => readFile(join(directory, "1", String(id), table, name), "utf8")));
      return texts.flatMap((text) => text.trim().split("\n").map((line) => JSON.parse(line) as { id: string; user_id: string }));
    };
    const expected = Array.from({ length: 20 }, (_, i) => [0, 1, 2, 3, 4, 5].map((round) => `f${i}-${round}`)).flat().toSorted();
    for (const table of ["tracks", "order_completed"]) expect((await rows(table)).map((row) => row.id).toSorted()).toEqual(expected);
    // Some were written more than once, or nothing was tried here.
    expect([...attempts.values()].filter((count) => count > 1).length).toBeGreaterThan(2);
    expect((await pool.query("select from delivery_batch where destination_id = $1", [id])).rowCount).toBe(0);
    expect(await bench.counts(id)).toEqual({ delivered: 120 });
    // What will not come any more is not waited for: here it was about somebody who was deleted meanwhile.
    await bench.deliverer().stop();
    await pool.query("insert into delivery_batch (destination_id, id, workspace_id, subscription_id, stream, before_block, items) values ($1, gen_random_uuid(), 1, $2, 'events', 1, '[{\"position\":1,\"profileId\":\"00000000-0000-0000-0000-000000000001\"}]')", [id, subscription]);
    await bench.kill();
    await bench.deliverer().catchUp();
    expect((await pool.query("select from delivery_batch where destination_id = $1", [id])).rowCount).toBe(0);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test("a column of a warehouse's files keeps its first type, whoever claims it, and whoever asks at the same moment", async () => {
  const id = await bench.destination();
  const one = createLayoutColumns({ pool: bench.pipeline.pool });
  const two = createLayoutColumns({ pool: bench.pipeline.pool });
  const of = { workspaceId: 1, destinationId: id };
  const table = (name: string, columns: Record<string, "text" | "number">, isOfEvent = true) => ({ name, isOfEvent, columns: new Map(Object.entries(columns)) });
  const claims = await Promise.all(Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? one : two).claim(of, [table("orders", { total: i % 2 === 0 ? "text" : "number", [`own_${i}`]: "text" })])));
  expect(new Set(claims.map((claim) => claim.get("orders")?.get("total"))).size).toBe(1);
  expect([...(await one.claim(of, [table("orders", {})])).get("orders")?.keys() ?? []]).toEqual(expect.arrayContaining(["total", "own_0"]));
  const fresh = createLayoutColumns({ pool: bench.pipeline.pool });
  expect((await fresh.claim(of, [table("orders", { total: "number" })])).get("orders")?.size).toBe(11);
  // There is an end to it: of columns, and of tables of single events.
  expect((await fresh.claim(of, [table("wide", Object.fromEntries(Array.from({ length: 1_200 }, (_, i) => [`c${i}`, "text" as const])))])).get("wide")?.size).toBe(980);
  const many = await fresh.claim(of, [...Array.from({ length: 1_005 }, (_, i) => table(`t${i}`, {})), table("tracks", {}, false)]);
  expect([many.has("t997"), many.has("t998"), many.has("tracks")]).toEqual([true, false, true]);
  expect((await two.claim({ ...of, destinationId: await bench.destination() }, [table("orders", { total: "text" })])).get("orders")?.get("total")).toBe("text");
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

// ── Sent again ──────────────────────────────────────────────────────────────────────────────────────────────────────

const states = { action: "one", trigger: { kind: "events" }, mapping: { ...all.mapping, plan: { "@path": "$.traits.plan" } } };
const identify = (userId: string, plan: string): object => ({ type: "identify", userId, messageId: `${userId}-${plan}`, traits: { plan } });
const refused = (request: SendRequest): readonly Outcome[] => request.items.map(() => ({ kind: "refused", code: "http_400", detail: "not now", status: 400 }));
const plansOf = (who: string): unknown[] => bench.vendor.accepted.filter(({ payload }) => payload["who"] === who && payload["plan"] !== undefined).map(({ payload }) => payload["plan"]);
/** Of one who has dead letters in the log. */
async function withDeadLetters(...events: readonly object[]): Promise<number> {
  const id = await bench.destination();
  await bench.subscribe(id, states);
  bench.vendor.answer = refused;
  await bench.send(events);
  await bench.log();
  bench.vendor.answer = good;
  bench.clock.ms += 1_000;
  return id;
}
async function replay(id: number, wish: object = {}): Promise<number> {
  const { rows } = await bench.pipeline.pool.query<{ id: number }>("insert into delivery_replay (workspace_id, destination_id, wish, created_by) values (1, $1, $2, 'test') returning id", [id, JSON.stringify(wish)]);
  return rows[0]?.id ?? 0;
}
/** Everything is through that can be, an attempt that failed before included. */
async function through(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await bench.deliverer().catchUp();
    bench.clock.ms += 100_000;
  }
}
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 12_000 && !(await isSo()); i++) await sleep(5);
  expect(await isSo()).toBe(true);
}

test("killed at any moment while dead letters are sent again among what comes in: all of it is sent, nothing again once that is written down, and the newest of each person stands", async () => {
  const { pool } = bench.pipeline;
  const people = Array.from({ length: 24 }, (_, i) => `r${i}`);
  const id = await withDeadLetters(...people.flatMap((who) => [...orders(who, 1, 2), identify(who, "old"), ...orders(who, 3)]));
  expect(await bench.counts(id)).toEqual({ "refused http_400": people.length * 4 });
  const { rows: [somebody] } = await pool.query<{ id: string }>("select profile_id as id from identifier where namespace = 'user_id' and value = 'r0' limit 1");

  let requests = 0;
  const recorded = new Set<string>();
  const again: string[] = [];
  bench.vendor.answer = async (request) => {
    const nth = ++requests;
    again.push(...request.items.map(({ idempotencyKey }) => idempotencyKey).filter((key) => recorded.has(key)));
    await sleep(nth % 4);
    return nth % 13 === 0 ? request.items.map(() => failed()) : good(request);
  };
  // Several at once, which ask for the same in part; the rest comes while the first are under way.
  const wishes = [{ event: "Order Completed" }, { profile: somebody?.id }, { code: "http_400", beforeMs: Date.now() + 86_400_000 }, {}, { outcomes: ["refused"] }, {}];
  for (const [round, wish] of wishes.entries()) {
    await replay(id, wish);
    await bench.send(people.flatMap((who, i) => [...orders(who, 10 + round), ...(i % 2 === 0 && round === 2 ? [identify(who, "new")] : [])]));
    const at = requests;
    bench.clock.ms += 100_000;
    await until(() => requests >= at + 3 + 3 * round);
    await bench.kill();
    const { rows } = await pool.query<{ key: string }>(
      "select 'events-' || (e ->> 'subscriptionId') || '-' || (e ->> 'position') as key from delivery_done d, json_array_elements(entries) e where destination_id = $1 and e ->> 'outcome' = 'delivered'", [id],
    );
    for (const { key } of rows) recorded.add(key);
  }
  await through();

  expect(again).toEqual([]);
  const numbers = (who: string): unknown[] => [...new Set(bench.vendor.accepted.filter(({ payload }) => payload["who"] === who && payload["number"] !== undefined).map(({ payload }) => payload["number"]))];
  for (const [i, who] of people.entries()) {
    expect(numbers(who).toSorted()).toEqual([1, 10, 11, 12, 13, 14, 15, 2, 3]);
    expect(plansOf(who).at(-1)).toBe(i % 2 === 0 ? "new" : "old");
  }
  const log = (await bench.log()).filter((row) => row.destination_id === id && row.outcome === "delivered");
  expect(new Set(log.map(({ position }) => position)).size).toBe(log.length);
  expect(await bench.counts(id)).toMatchObject({ delivered: log.length, "refused http_400": people.length * 4 });
  expect((await pool.query("select from delivery_replay where destination_id = $1 and status <> 'done'", [id])).rowCount).toBe(0);
  expect((await pool.query("select from delivery_parked where destination_id = $1", [id])).rowCount).toBe(0);
  // Nothing is left to be sent again.
  const sent = bench.vendor.requests.length;
  await replay(id);
  await through();
  expect(bench.vendor.requests.length).toBe(sent);
});

test("asked for by time, what failed before it or at its end and later is left out, by the time of its outcome and not of the event", async () => {
  const id = await bench.destination();
  await bench.subscribe(id, states);
  bench.vendor.answer = refused;
  const failedAt: number[] = [];
  for (const number of [1, 2, 3, 4]) {
    bench.clock.ms += 60_000;
    failedAt.push(bench.clock.ms);
    // The later it failed, the longer ago it happened.
    await bench.send(orders("tim", number).map((one) => ({ ...one, timestamp: new Date(Date.now() - number * 60_000).toISOString() })));
    await bench.log();
  }
  bench.vendor.answer = good;
  const [first = 0, second = 0, , fourth = 0] = failedAt;
  const ask = async (wish: object): Promise<unknown> => {
    const counted = await countReplay(async <Row>(query: string, params: Readonly<Record<string, unknown>>) => {
      const result = await bench.pipeline.clickhouse.client("api").query({ query, query_params: { workspace: 1, ...params }, format: "JSONEachRow" });
      return result.json<Row>();
    }, id, replayWish.parse(wish));
    const before = bench.vendor.accepted.length;
    const asked = await replay(id, wish);
    await through();
    const { rows: [done] } = await bench.pipeline.pool.query("select status, found::integer from delivery_replay where id = $1", [asked]);
    return { ...done, counted, sent: accepted().slice(before) };
  };
  expect(await ask({ beforeMs: first })).toEqual({ status: "done", found: 0, counted: 0, sent: [] });
  expect(await ask({ fromMs: fourth + 1 })).toEqual({ status: "done", found: 0, counted: 0, sent: [] });
  expect(await ask({ fromMs: second, beforeMs: fourth })).toEqual({ status: "done", found: 2, counted: 2, sent: ["tim 2", "tim 3"] });
  expect(await ask({ fromMs: fourth })).toEqual({ status: "done", found: 1, counted: 1, sent: ["tim 4"] });
  expect(await ask({ beforeMs: first + 1 })).toEqual({ status: "done", found: 1, counted: 1, sent: ["tim 1"] });
});

test("what is newer counts, too, where it is still under way, or waits for another attempt, when the older one is asked for again", async () => {
  const id = await withDeadLetters(identify("ursa", "old"), identify("vela", "old"));
  const held = Promise.withResolvers<void>();
  let isVelaBroken = true;
  bench.vendor.answer = async (request) => {
    if (isOf(request, "ursa") && request.items[0]?.payload["plan"] === "new") await held.promise;
    return isVelaBroken && isOf(request, "vela") ? request.items.map(() => failed()) : good(request);
  };
  await bench.send([identify("ursa", "new"), identify("vela", "new")]);
  await until(() => bench.vendor.requests.some(({ items }) => items[0]?.event.messageId === "ursa-new"));
  await until(async () => (await bench.counts(id))["parked http_500"] === 1);
  const asked = await replay(id);
  await until(async () => (await bench.pipeline.pool.query("select from delivery_replay where id = $1 and status = 'done'", [asked])).rowCount === 1);
  isVelaBroken = false;
  held.resolve();
  await through();
  expect(plansOf("ursa")).toEqual(["new"]);
  expect(plansOf("vela").at(-1)).toBe("new");
  expect(await bench.counts(id)).toMatchObject({ "nothing newer_arrived": 1 });
});

test("asked for twice, or with its destination changed, while Postgres is slow: nothing is sent twice", async () => {
  const { pool } = bench.pipeline;
  const id = await withDeadLetters(...orders("zoe", 1), ...orders("yan", 1));
  const slow = async (work: () => Promise<void>): Promise<void> => {
    const client = await pool.connect();
    await client.query("begin; lock table delivery_done in exclusive mode");
    try {
      await work();
      // For whatever would be sent wrongly.
      await sleep(150);
    } finally {
      await client.query("rollback");
      client.release();
    }
    await through();
  };
  await slow(async () => {
    await replay(id, { messageId: "zoe-1" });
    await until(() => accepted().includes("zoe 1"));
    const asked = await replay(id);
    await until(async () => (await pool.query("select from delivery_replay where id = $1 and status = 'done'", [asked])).rowCount === 1);
  });
  expect(accepted()).toEqual(["zoe 1", "yan 1"]);
  await slow(async () => {
    await bench.send(orders("zoe", 2));
    await until(() => accepted().includes("zoe 2"));
    await pool.query("update destination set name = 'Another', version = version + 1 where id = $1", [id]);
  });
  expect(accepted()).toEqual(["zoe 1", "yan 1", "zoe 2"]);
  await replay(id);
  await through();
  expect(accepted()).toHaveLength(3);
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

test("what came while no subscription took events is not sent once one does, whatever else of the destination was on", async () => {
  const { pool } = bench.pipeline;
  await bench.deliverer().stop();
  const { rows } = await pool.query<{ id: number }>(
    "insert into destination (workspace_id, slug, name, definition, settings_sealed, enabled, created_by, updated_by) values (1, 'people', 'People', 'fake', '{}', true, 'test', 'test') returning id",
  );
  const id = rows[0]?.id ?? 0;
  const add = (definition: object) => pool.query<{ id: number }>("insert into subscription (workspace_id, destination_id, name, definition, enabled, created_by, updated_by) values (1, $1, 'some', $2, true, 'test', 'test') returning id", [
    id, JSON.stringify({ ...all, consent: [], historical: false, late: false, identifiers: "last", ...definition }),
  ]);
  const cursors = async () => (await pool.query("select from delivery_cursor where destination_id = $1 and stream = 'events'", [id])).rowCount;
  await add({ trigger: { kind: "audience", audienceId: 1, settings: {}, on: "both", as: "track", backfill: false, holdOut: 0, stopShare: 0.3 } });
  await bench.send(orders("unasked", 1));
  expect(await cursors()).toBe(0);
  const events = (await add({})).rows[0]?.id;
  await bench.send(orders("asked", 1));
  await bench.kill();
  await bench.deliverer().catchUp();
  expect(accepted()).toEqual(["asked 1"]);
  await pool.query("update subscription set enabled = false where id = $1", [events]);
  await bench.send(orders("unheard", 1));
  await pool.query("update subscription set enabled = true where id = $1", [events]);
  await bench.send(orders("reheard", 1));
  await bench.deliverer().catchUp();
  expect(accepted().slice(1)).toEqual(["reheard 1"]);
});

test("a subscription takes events from when it was switched on, however far behind its destination is; what is asked for again is sent whenever it came", async () => {
  const { pool } = bench.pipeline;
  const id = await bench.destination();
  const down = (): readonly Outcome[] => [failed({ code: "http_429", status: 429, afterMs: 30_000 })];
  const well = async (answer: (request: SendRequest) => readonly Outcome[]): Promise<unknown[]> => {
    bench.vendor.accepted.length = 0;
    bench.vendor.answer = answer;
    await through();
    return bench.vendor.accepted.map(({ payload }) => `${String(payload["via"])} ${String(payload["who"])}`).toSorted();
  };
  const via = (name: string): object => ({ ...all, mapping: { ...all.mapping, via: name } });
  await bench.subscribe(id, via("first"));
  bench.vendor.answer = down;
  await bench.send(orders("queued", 1));
  await bench.deliverer().catchUp();
  const second = await bench.subscribe(id, via("second"));
  await bench.send(orders("next", 1));
  await bench.kill();
  await bench.deliverer().catchUp();
  expect(await well(good)).toEqual(["first next", "first queued", "second next"]);
  expect(await bench.counts(id)).toMatchObject({ delivered: 3 });

  // Off and on again it begins anew; a change of what stands there begins nothing.
  bench.vendor.answer = down;
  await pool.query("update subscription set enabled = false where id = $1", [second]);
  await bench.send(orders("passed", 1));
  await pool.query("update subscription set enabled = true where id = $1", [second]);
  await bench.send(orders("taken", 1));
  await pool.query("update subscription set definition = jsonb_set(definition::jsonb, '{late}', 'true')::json, version = version + 1, name = 'renamed' where id = $1", [second]);
  await bench.deliverer().catchUp();
  expect(await well((request) => (request.items.every(({ payload }) => payload["via"] === "second") ? refused(request) : good(request)))).toEqual(["first passed", "first taken"]);
  await bench.log();
  await pool.query("update subscription set enabled = false where id = $1", [second]);
  await pool.query("update subscription set enabled = true where id = $1", [second]);
  await bench.deliverer().catchUp();
  await replay(id);
  expect(await well(good)).toEqual(["second taken"]);
});
