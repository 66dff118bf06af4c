import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createAccountRates, type RateShare } from "./account-rates.ts";
import { good, startDeliveryBench, type DeliveryBench } from "./testing.ts";

function shares(perSecond: number | undefined, count: number): readonly RateShare[] {
  const rates = createAccountRates();
  rates.set([{ account: "a", perSecond }]);
  return Array.from({ length: count }, () => rates.join("a"));
}

/** Who started when, each asking every millisecond while it has something to send, the first always first. */
function started(sharing: readonly RateShare[], untilMs: number, has: (index: number, ms: number) => boolean = () => true): { readonly index: number; readonly ms: number }[] {
  const starts: { index: number; ms: number }[] = [];
  for (let ms = 0; ms < untilMs; ms++) {
    for (const [index, share] of sharing.entries()) {
      if (share.waitMs(ms, has(index, ms)) !== 0 || !has(index, ms)) continue;
      share.start(ms);
      starts.push({ index, ms });
    }
  }
  return starts;
}

const countOf = (starts: readonly { readonly index: number }[], index: number): number => starts.filter((one) => one.index === index).length;

test("all who use an account keep to one rate together, in turns, and none crowds out another by asking first", () => {
  const starts = started(shares(10, 3), 30_000);
  expect(starts.length).toBe(300);
  for (const [i, { ms }] of starts.slice(1).entries()) expect(ms - (starts[i]?.ms ?? 0)).toBeGreaterThanOrEqual(100);
  expect([0, 1, 2].map((index) => countOf(starts, index))).toEqual([100, 100, 100]);
});

test("whoever has nothing to send leaves the rate to the others, and is next when it comes back", () => {
  const starts = started(shares(10, 2), 20_000, (index, ms) => index === 0 || ms >= 10_000);
  expect(countOf(starts.filter(({ ms }) => ms < 10_000), 0)).toBe(100);
  const later = starts.filter(({ ms }) => ms >= 10_000);
  expect(later[1]?.index).toBe(1);
  expect([countOf(later, 0), countOf(later, 1)]).toEqual([50, 50]);
});

test("whoever was to be next and does not come holds the others up for a moment, once", () => {
  const [kept, gone] = shares(10, 2);
  kept?.start(0);
  expect(gone?.waitMs(1, true)).toBe(99);
  expect(kept?.waitMs(100, true)).toBe(100);
  expect(kept?.waitMs(199, true)).toBe(1);
  expect(kept?.waitMs(200, true)).toBe(0);
  kept?.start(200);
  expect(kept?.waitMs(300, true)).toBe(0);
  gone?.leave();
});

test("too many is said to the account; without a rate nobody waits for anybody; a new rate holds at once", () => {
  const [one, other] = shares(undefined, 2);
  one?.start(0);
  expect([one?.waitMs(0, true), other?.waitMs(0, true)]).toEqual([0, 0]);
  one?.pause(5_000);
  expect([one?.waitMs(0), other?.waitMs(1_000)]).toEqual([5_000, 4_000]);
  const rates = createAccountRates();
  rates.set([{ account: "a", perSecond: 0.01 }]);
  const slow = rates.join("a");
  slow.start(0);
  expect(slow.waitMs(0)).toBe(100_000);
  rates.set([{ account: "a", perSecond: 100 }]);
  expect(slow.waitMs(0)).toBe(0);
});

// ── Real destinations ─────────────────────────────────────────────────────────────────────────────────────────────

let bench: DeliveryBench;
beforeAll(async () => {
  bench = await startDeliveryBench();
});
afterAll(() => bench.stop());
beforeEach(async () => {
  await bench.pipeline.pool.query("update destination set enabled = false, status = 'archived'");
  await bench.deliverer().catchUp();
});

const all = { action: "one", trigger: { kind: "events", names: ["Order Completed"] }, mapping: { number: { "@path": "$.properties.number" }, who: { "@path": "$.userId" } } };
const orders = (count: number): object[] => Array.from({ length: count }, (_, number) => ({ type: "track", userId: `p${number}`, event: "Order Completed", properties: { number } }));

function noteAsked(): { readonly id: number; readonly ms: number }[] {
  const asked: { id: number; ms: number }[] = [];
  bench.vendor.answer = (request) => {
    asked.push({ id: request.connection.destinationId, ms: bench.clock.ms });
    return good(request);
  };
  return asked;
}

test("two destinations of one account share the lower of their rates, what is sent again with what comes in, and another account is not held up", async () => {
  const [first, second, other] = [await bench.destination({ perSecond: 2, account: "shop" }), await bench.destination({ perSecond: 50, account: "shop" }), await bench.destination({ account: "another" })];
  for (const id of [first, second, other]) await bench.subscribe(id, all);
  bench.vendor.answer = (request) => request.items.map(() => ({ kind: "refused", code: "http_422", detail: "no", status: 422 }));
  await bench.send(orders(6));
  const refusing = bench.log();
  let isRefused = false;
  void refusing.then(() => (isRefused = true));
  while (!isRefused) {
    bench.clock.ms += 1_000;
    await sleep(10);
  }
  expect((await bench.counts(first))["refused http_422"]).toBe(6);
  // The first is sent again what it had refused; the second and the other are sent what comes in.
  const asked = noteAsked();
  await bench.pipeline.pool.query(`insert into delivery_replay (workspace_id, destination_id, wish, created_by) values (1, $1, '{"outcomes":["refused"]}', 'test')`, [first]);
  await bench.send(orders(6));
  const ofAccount = (): { readonly id: number; readonly ms: number }[] => asked.filter(({ id }) => id !== other);
  for (let i = 0; ofAccount().length < 18 && i < 2_000; i++) {
    bench.clock.ms += 250;
    await sleep(30); // Each looks every 20 ms at the latest.
  }
  const starts = ofAccount();
  expect(starts).toHaveLength(18);
  for (const [i, { ms }] of starts.slice(1).entries()) expect(ms - (starts[i]?.ms ?? 0)).toBeGreaterThanOrEqual(500);
  // In turns, as long as both have something to send.
  expect(starts.slice(0, 12).filter(({ id }) => id === second).length).toBeGreaterThanOrEqual(4);
  expect(asked.filter(({ id }) => id === other)).toHaveLength(6);
});

test("what is too many for one destination is too many for all of its account, and for no other", async () => {
  const [first, second, other] = [await bench.destination({ account: "shop" }), await bench.destination({ account: "shop" }), await bench.destination()];
  for (const id of [first, second, other]) await bench.subscribe(id, all);
  const asked: { id: number; ms: number }[] = [];
  let isTooMany = true;
  bench.vendor.answer = (request) => {
    asked.push({ id: request.connection.destinationId, ms: bench.clock.ms });
    if (isTooMany && request.connection.destinationId === first) return request.items.map(() => ({ kind: "retry", code: "http_429", detail: "slower", status: 429, afterMs: 9_000, isOfDestination: true }));
    return good(request);
  };
  const from = bench.clock.ms;
  await bench.pipeline.pool.query("update subscription set enabled = false where destination_id = any($1)", [[second, other]]);
  await bench.send(orders(1));
  await bench.deliverer().catchUp();
  expect(asked).toEqual([{ id: first, ms: from }]);
  isTooMany = false;
  await bench.pipeline.pool.query("update subscription set enabled = true where destination_id = any($1)", [[second, other]]);
  await bench.send(orders(2).slice(1));
  await expect.poll(() => asked.some(({ id }) => id === other)).toBe(true);
  await sleep(60);
  expect(asked.some(({ id }) => id === second)).toBe(false);
  bench.clock.ms += 9_000;
  await bench.deliverer().catchUp();
  expect([...new Set(asked.filter(({ id }) => id === second).map(({ ms }) => ms))]).toEqual([from + 9_000]);
});
