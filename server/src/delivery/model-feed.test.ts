// Rows of models on their way to a destination: those that a model has at first, then what its runs found, on the real engines.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { RowChange } from "@tributary/schema/model.ts";
import { seqOf } from "../models/models.ts";
import { advanceReplays } from "./replay.ts";
import { good, startDeliveryBench, type DeliveryBench } from "./testing.ts";

let bench: DeliveryBench;
beforeAll(async () => void (bench = await startDeliveryBench({ sliceRows: 3 })));
afterAll(() => bench.stop());
beforeEach(async () => {
  bench.vendor.requests.length = 0;
  bench.vendor.accepted.length = 0;
  bench.vendor.answer = (request) => request.items.map(() => ({ kind: "delivered", status: 200 }));
});

interface TestModel {
  readonly id: number;
  readonly slug: string;
  /** One reading; what it found is in force when it resolves. */
  run(changes: readonly (readonly [RowChange, string, object, object?])[]): Promise<void>;
}

let made = 0;

async function model(person?: { readonly column: string; readonly namespace: string }): Promise<TestModel> {
  const slug = `model-${++made}`;
  const definition = { warehouse: null, query: { kind: "sql", sql: "select 1" }, key: ["id"], ...(person && { person }) };
  const { rows } = await bench.pipeline.pool.query<{ id: number }>(
    "insert into model (workspace_id, slug, name, definition, created_by, updated_by) values (1, $1, $1, $2, 'test', 'test') returning id", [slug, JSON.stringify(definition)],
  );
  const id = rows[0]?.id ?? 0;
  let nr = 0;
  return {
    id, slug,
    async run(changes) {
      nr++;
      const values = changes.map(([change, key, row, before], i) => ({
        workspace_id: 1, model_id: id, key_hash: String(BigInt(Buffer.from(key.padEnd(8)).readUInt32BE(0)) << 32n), key: JSON.stringify([key]), seq: seqOf(nr, i + 1), run_id: nr, change, row_hash: "1", row: JSON.stringify(row),
        before: before === undefined ? "" : JSON.stringify(before), person: [], at: new Date().toISOString().replace("Z", ""),
      }));
      await bench.pipeline.clickhouse.client("api").insert({ table: "model_change", values, format: "JSONEachRow" });
      await bench.pipeline.pool.query("update model set last_seq = $2, last_nr = $3 where id = $1", [id, seqOf(nr, changes.length), nr]);
      await bench.deliverer().catchUp();
    },
  };
}

const mapping = { name: { "@path": "$.properties.name" }, event: { "@path": "$.event" }, user: { "@path": "$.userId" } };
const subscription = (modelId: number, more: object = {}, on: object = {}): object => ({ action: "rows", mapping, syncMode: "upsert", trigger: { kind: "model", modelId, mode: "mirror", ...on }, ...more });
const told = (): string[] => bench.vendor.accepted.map(({ payload, row }) => `${String(payload["event"])} ${row?.key} ${String(payload["name"])}`);

test("the rows that are there go first, page by page, then what each run finds, in its order; removed ones are asked to be deleted", async () => {
  const customers = await model();
  await customers.run(["a", "b", "c", "d", "e", "f", "g"].map((id) => ["added", id, { id, name: id }]));
  await customers.run([["removed", "b", { id: "b", name: "b" }], ["changed", "c", { id: "c", name: "C" }, { id: "c", name: "c" }]]);
  const to = await bench.destination();
  await bench.subscribe(to, subscription(customers.id));
  const key = (id: string): string => `${customers.slug} ["${id}"]`;
  expect(told().toSorted()).toEqual([...["a", "d", "e", "f", "g"].map((id) => `Row Added ${key(id)} ${id}`), `Row Added ${key("c")} C`].toSorted());
  bench.vendor.accepted.length = 0;
  bench.vendor.requests.length = 0;
  await customers.run([["added", "h", { id: "h", name: "h" }], ["changed", "a", { id: "a", name: "A" }, { id: "a", name: "a" }], ["removed", "d", { id: "d", name: "d" }]]);
  expect(told()).toEqual([`Row Added ${key("h")} h`, `Row Changed ${key("a")} A`, `Row Removed ${key("d")} d`]);
  // What is deleted never goes with what is kept.
  expect(bench.vendor.requests.map(({ items }) => items.map(({ row }) => row?.isRemoved))).toEqual([[false, false], [true]]);
  expect(await bench.counts(to)).toEqual({ delivered: 9 });
  // What was there at first is through for good: after a kill none of it is looked for again.
  await bench.kill();
  bench.vendor.accepted.length = 0;
  await customers.run([["added", "i", { id: "i", name: "i" }]]);
  expect(told()).toEqual([`Row Added ${key("i")} i`]);
});

test("a mode takes what it says, and without those that are there only changes go", async () => {
  const orders = await model();
  await orders.run([["added", "1", { id: "1", name: "one" }]]);
  const places = await Promise.all((["insert", "update", "upsert"] as const).map(async (mode) => {
    const to = await bench.destination();
    await bench.subscribe(to, subscription(orders.id, {}, { mode, backfill: false }));
    return { mode, to };
  }));
  await orders.run([["added", "2", { id: "2", name: "two" }], ["changed", "1", { id: "1", name: "uno" }, { id: "1", name: "one" }], ["removed", "1", { id: "1", name: "uno" }]]);
  const counts = await Promise.all(places.map(async ({ mode, to }) => [mode, await bench.counts(to)]));
  expect(Object.fromEntries(counts)).toEqual({
    insert: { delivered: 1, "filtered not_asked": 2 }, update: { delivered: 1, "filtered not_asked": 2 }, upsert: { delivered: 2, "filtered not_asked": 1 },
  });
});

test("a row is about the person whom its column names: with their id, by their consent, and never once they are suppressed", async () => {
  await bench.send([
    { type: "identify", userId: "ada", traits: { email: "ada@example.com" } }, { type: "identify", userId: "bob", traits: { email: "bob@example.com" } },
  ]);
  const { rows: [bob] } = await bench.pipeline.pool.query<{ id: string }>("select profile_id as id from identifier where workspace_id = 1 and namespace = 'email' and value = 'bob@example.com'");
  await bench.pipeline.pool.query("update profile set suppressed = true where id = $1", [bob?.id]);
  const scores = await model({ column: "mail", namespace: "email" });
  const to = await bench.destination();
  const strict = await bench.destination();
  await bench.subscribe(to, subscription(scores.id));
  await bench.subscribe(strict, subscription(scores.id, { consent: ["ads"] }));
  await scores.run([["added", "1", { id: "1", name: "Ada", mail: "ADA@example.com" }], ["added", "2", { id: "2", name: "Bob", mail: "bob@example.com" }], ["added", "3", { id: "3", name: "Eve", mail: "eve@example.com" }]]);
  expect(bench.vendor.accepted.map(({ payload }) => [payload["name"], payload["user"]])).toEqual([["Ada", "ada"], ["Eve", undefined]]);
  expect(await bench.counts(to)).toEqual({ delivered: 2, "filtered suppressed": 1 });
  expect(await bench.counts(strict)).toEqual({ "filtered consent": 2, "filtered suppressed": 1 });
  await bench.deliverer().catchUp();
  const logged = await bench.pipeline.clickhouse.client("api").query({ query: `select message_id, person_id != toUUID('00000000-0000-0000-0000-000000000000') as isKnown from deliveries final where destination_id = ${to} order by position`, format: "JSONEachRow" });
  expect((await logged.json<{ isKnown: number | boolean }>()).map(({ isKnown }) => Boolean(isKnown))).toEqual([true, false]);

  // What waits stands with whom it is about, also when it is sent again on request.
  const { rows: [ada] } = await bench.pipeline.pool.query<{ id: string }>("select profile_id as id from identifier where workspace_id = 1 and namespace = 'email' and value = 'ada@example.com'");
  const waiting = async (): Promise<unknown> => (await bench.pipeline.pool.query("select person_id from delivery_parked where destination_id = $1 order by position", [to])).rows;
  bench.vendor.answer = (request) => request.items.map(({ payload }) => (payload["name"] === "Bea" ? { kind: "delivered", status: 200 } : { kind: "retry", code: "busy", detail: "", status: 503, isOfDestination: false }));
  await scores.run([
    ["changed", "1", { id: "1", name: "Ann", mail: "ada@example.com" }, {}], ["changed", "3", { id: "3", name: "Eva", mail: "eve@example.com" }, {}], ["added", "4", { id: "4", name: "Bea", mail: "bea@example.com" }],
  ]);
  expect(await waiting()).toEqual([{ person_id: ada?.id }, { person_id: null }]);
  await bench.deliverer().catchUp();
  const { pool, clickhouse } = bench.pipeline;
  await pool.query("insert into delivery_replay (workspace_id, destination_id, wish, created_by) values (1, $1, '{\"outcomes\":[\"delivered\"]}', 'test')", [to]);
  await advanceReplays({ pool, clickhouse: clickhouse.client("deliver"), log: { catchUp: async () => Number.MAX_SAFE_INTEGER }, waitingMax: 1_000 });
  expect(await waiting()).toEqual([ada?.id, null, ada?.id, null, null].map((id) => ({ person_id: id })));
  bench.vendor.answer = good;
  for (let i = 0; i < 3; i++) {
    bench.clock.ms += 120_000;
    await bench.deliverer().catchUp();
  }
  expect(await waiting()).toEqual([]);

  // Whoever is forgotten is told of once their rows are away, and not before: a row that came later would make them anew.
  const forgotten = (): unknown[] => bench.vendor.forgotten.filter(({ destinationId }) => destinationId === to || destinationId === strict);
  const removals: number[] = [];
  bench.vendor.answer = (request) => {
    removals.push(forgotten().length);
    return request.items.map(() => ({ kind: "delivered", status: 200 }));
  };
  await bench.pipeline.control({ kind: "profile.suppress", profileId: ada?.id ?? "", forget: true });
  for (let i = 0; i < 2; i++) await bench.deliverer().catchUp();
  expect(forgotten()).toEqual([]);
  await scores.run([["removed", "1", { id: "1", name: "Ada", mail: "ada@example.com" }]]);
  await bench.pipeline.pool.query("update forgetting_model set status = 'removed', first_seq = $2, last_seq = $2 where model_id = $1", [scores.id, seqOf(3, 1)]);
  for (let i = 0; i < 2; i++) await bench.deliverer().catchUp();
  expect(removals).toEqual([0, 0]);
  expect(forgotten()).toEqual(expect.arrayContaining([{ destinationId: to, userId: "ada" }, { destinationId: strict, userId: "ada" }]));
});

test("killed in the middle of all of it, each row arrives once and the last of each is the newest; what fails waits with what comes later of the same row", async () => {
  const stock = await model();
  await stock.run(Array.from({ length: 10 }, (_, i) => ["added", `k${i}`, { id: `k${i}`, name: "0" }] as const));
  const to = await bench.destination();
  let requests = 0;
  // Every third request fails; what was answered counts as taken.
  bench.vendor.answer = (request) => request.items.map(() => (++requests % 3 === 0 ? { kind: "retry", code: "busy", detail: "", status: 503, isOfDestination: false } : { kind: "delivered", status: 200 }));
  await bench.subscribe(to, subscription(stock.id));
  await bench.kill();
  for (let round = 1; round <= 3; round++) {
    await stock.run(Array.from({ length: 10 }, (_, i) => ["changed", `k${i}`, { id: `k${i}`, name: String(round) }, { id: `k${i}`, name: String(round - 1) }] as const));
    await bench.kill();
  }
  for (let i = 0; i < 40; i++) {
    bench.clock.ms += 120_000;
    await bench.deliverer().catchUp();
  }
  const byRow = Map.groupBy(bench.vendor.accepted, ({ row }) => row?.key);
  expect([...byRow.values()].map((items) => items.map(({ payload }) => payload["name"]))).toEqual(Array.from({ length: 10 }, () => ["0", "1", "2", "3"]));
});
