import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { VocabularyAnswer } from "@tributary/schema/api/vocabulary.ts";
import type { StoredVocabulary } from "@tributary/schema/audience/vocabulary.ts";
import { systemClock } from "../core/clock.ts";
import { createShop, defaultShop } from "../demo/demo.ts";
import { quietLogger } from "../engines/testing.ts";
import { createObserver } from "../observed-schema/observed-schema.ts";
import { addEvents, startTestApi, type EventWish, type TestApi } from "./testing.ts";

const DAY = 86_400_000;
const march = Date.UTC(2026, 2, 1);

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
  const { first, second } = api;
  const track = (workspace: typeof first, row: number, event: string, properties: Record<string, unknown>, more: Partial<EventWish> = {}): EventWish =>
    ({ workspace, row, messageId: `m-${row}`, event, properties, receivedAtMs: Date.now(), atMs: march + row, ...more });
  await addEvents(api, [
    // Of the first workspace: GA4's names, three currencies, and an order event of its own.
    ...Array.from({ length: 6 }, (_, n) => track(first, 100 + n, "purchase", { transaction_id: `T-${n}`, value: 10, currency: n < 4 ? "EUR" : "dkk ", items: [{ item_id: "a", price: 5, quantity: 2 }] })),
    track(first, 110, "purchase", { transaction_id: "T-9", value: 1, currency: "USD" }, { outcome: "quarantined" }),
    track(first, 111, "purchase", { transaction_id: "T-10", value: 1 }), track(first, 112, "refund", { transaction_id: "T-0", value: 10, currency: "£" }),
    track(first, 120, "Till Sale", { receipt: { no: "R-1", sum: 40 }, currency: "SEK", handed_over: "shop" }, { atMs: march - 40 * DAY }),
    track(first, 121, "page", { currency: "NOK" }, { type: "page" }),
    ...ofDemoShop().map(({ event, properties }, n) => track(second, 1_000 + n, event, properties)),
  ]);
  await observe();
});
afterAll(() => api.stop());

/** Of calls alike, a few tell as much as all. */
function ofDemoShop(): { event: string; properties: Record<string, unknown> }[] {
  const shop = createShop({ ...defaultShop, people: 1_500, fromMs: march - 120 * DAY, untilMs: march });
  const tracks = [...shop.history()].filter(({ event, truth }) => event["type"] === "track" && truth.outcome === "stored");
  return [...Map.groupBy(tracks, ({ event }) => String(event["event"])).values()].flatMap((alike) => alike.slice(0, 40))
    .map(({ event }) => ({ event: String(event["event"]), properties: event["properties"] as Record<string, unknown> })); // As tracks have them.
}

async function observe(): Promise<void> {
  const observer = createObserver({
    pool: api.pool, clickhouse: api.clickhouse.client("evaluate"), partitions: 2, landedBefore: async () => 1_000, clock: systemClock, logger: quietLogger, pollMs: Infinity,
  });
  await observer.catchUp();
  await observer.stop();
}

async function vocabulary(token?: string): Promise<VocabularyAnswer> {
  const { status, body } = await api.call("GET", "/vocabulary", token === undefined ? {} : { token });
  expect(status).toBe(200);
  return body;
}

const roleOf = ({ roles }: VocabularyAnswer, name: string) => roles.find(({ role }) => role === name);
const propertyOf = (answer: VocabularyAnswer, role: string, name: string) => roleOf(answer, role)?.properties.find(({ property }) => property === name);
const set = (version: number, change: Partial<StoredVocabulary>) => api.call("PUT", "/vocabulary", { body: { version, vocabulary: { roles: {}, money: { base: null, rates: [] }, ...change } } });

describe("the vocabulary", () => {
  test("recognises what arrives, with counts, in the caller's workspace alone", async () => {
    const answer = await vocabulary();
    expect(answer).toMatchObject({ version: 0, changed_at: null, stored: { roles: {}, money: { base: null, rates: [] } } });
    expect(roleOf(answer, "order")).toMatchObject({ by: "recognised", events: [{ event: "purchase", count: 7 }], where: null });
    expect(roleOf(answer, "refund")).toMatchObject({ by: "recognised", events: [{ event: "refund", count: 1 }] });
    expect(roleOf(answer, "signed_up")).toMatchObject({ by: "missing", events: [] });
    expect(propertyOf(answer, "order", "value")?.paths.find(({ path }) => path === "value")).toEqual({ path: "value", count: 7 });
    expect(propertyOf(answer, "order", "order_id")).toMatchObject({ by: "recognised" });
    // Within the items of a list.
    expect(propertyOf(answer, "order", "quantity")).toMatchObject({ by: "recognised", paths: [{ path: "quantity", count: 6 }, { path: "qty", count: 0 }] });
    expect(propertyOf(answer, "order", "name")).toMatchObject({ by: "missing" });
    expect(roleOf(await vocabulary(api.second.token), "order")?.events.map(({ event }) => event)).toEqual(["Order Completed"]);
  });

  test("says that several currencies arrive, which have no rate, and when they are all convertible", async () => {
    const { money } = await vocabulary();
    expect(money.currencies.map(({ currency, count }) => [currency, count])).toEqual([["EUR", 4], ["DKK", 2], ["", 1], ["?", 1]]);
    expect(money).toMatchObject({ unit: null, problem: { kind: "no_base", currencies: ["EUR", "DKK", "?"] } });
    const withBase = await set(0, { money: { base: "EUR", rates: [] } });
    expect(withBase).toMatchObject({ status: 200, body: { version: 1, money: { unit: "EUR", problem: { kind: "no_rate", currencies: ["DKK"], detail: expect.stringContaining("EUR") } } } });
    const late = await set(1, { money: { base: "EUR", rates: [{ from: "2026-03-02", currency: "DKK", rate: 0.134 }] } });
    expect(late.body.money.problem).toMatchObject({ kind: "late_rates", currencies: ["DKK"] });
    const right = await set(2, { money: { base: "EUR", rates: [{ from: "2026-03-01", currency: "DKK", rate: 0.134 }] } });
    expect(right.body).toMatchObject({ version: 3, money: { unit: "EUR", problem: null } });
  });

  test("takes a shop's own names and paths, and refuses the change of whoever has read an older version", async () => {
    const order = { events: ["Till Sale", "Never Seen"], properties: { order_id: ["receipt.no"], value: ["receipt.sum"] } };
    const changed = await set(3, { roles: { order, click_and_collect: { where: { paths: ["handed_over"], values: ["shop"] } } } });
    expect(changed.status).toBe(200);
    expect(roleOf(changed.body, "order")).toMatchObject({ by: "set", events: [{ event: "Till Sale", count: 1 }, { event: "Never Seen", count: 0 }] });
    expect(propertyOf(changed.body, "order", "value")).toEqual({ property: "value", by: "set", paths: [{ path: "receipt.sum", count: 1 }] });
    expect(roleOf(changed.body, "click_and_collect")).toMatchObject({ by: "set", where: { paths: [{ path: "handed_over", count: 1 }], values: ["shop"] } });
    expect(changed.body.money.currencies).toMatchObject([{ currency: "?", count: 1 }, { currency: "SEK", count: 1, first_at: new Date(march - 40 * DAY).toISOString() }]);
    const stale = await set(3, {});
    expect(stale).toMatchObject({ status: 409, body: { code: "conflict", hint: expect.stringContaining("version") } });
    expect((await vocabulary()).stored.roles.order).toEqual(order);
  });

  test("of two changes at the same moment takes one", async () => {
    const { version } = await vocabulary();
    const answers = await Promise.all(["A", "B", "C"].map((event) => set(version, { roles: { signed_up: { events: [event] } } })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409]);
    expect((await vocabulary()).version).toBe(version + 1);
  });

  test("writes each change into the audit log, and none where nothing changed", async () => {
    const { version, stored } = await vocabulary();
    expect((await set(version, stored)).body.version).toBe(version);
    const { body } = await api.call("GET", "/audit?action=vocabulary.set");
    expect(body.data).toHaveLength(version);
    expect(body.data.at(-1)).toMatchObject({ target: "vocabulary", detail: { version: 1, changed: ["money"], base: "EUR", rates: 0 } });
    expect(body.data.at(-4).detail).toMatchObject({ changed: ["order", "click_and_collect", "money"] });
  });

  test("refuses what can't be meant and says what to do, and whoever may not change settings", async () => {
    const both = await set(9, { roles: { order: { events: ["A"] }, refund: { events: ["A"] } } });
    expect(both).toMatchObject({ status: 400, body: { code: "bad_request", message: expect.stringContaining("Leave it in one of them.") } });
    const rates = Array.from({ length: 2_001 }, (_, n) => ({ from: new Date(n * DAY).toISOString().slice(0, 10), currency: "DKK", rate: 1 }));
    expect((await set(9, { money: { base: "EUR", rates } })).body.message).toContain("At most 2000 rates");
    expect((await set(9, { roles: { wish: { events: ["A"] } } as StoredVocabulary["roles"] })).status).toBe(400);
    const reader = (await api.call("POST", "/tokens", { body: { name: "reader", scopes: ["read", "write"] } })).body.secret;
    expect((await api.call("PUT", "/vocabulary", { token: reader, body: { version: 0, vocabulary: { roles: {}, money: { base: null, rates: [] } } } })).status).toBe(403);
    expect((await api.call("GET", "/vocabulary", { token: reader })).status).toBe(200);
  });
});

describe("the demo shop", () => {
  test("is understood without a word being set", async () => {
    const answer = await vocabulary(api.second.token);
    expect(Object.fromEntries(answer.roles.map(({ role, events }) => [role, events.map(({ event }) => event)]))).toEqual({
      order: ["Order Completed"], refund: ["Order Refunded"], click_and_collect: ["Order Completed"], product_viewed: ["Product Viewed"], added_to_cart: ["Product Added"],
      removed_from_cart: ["Product Removed"], checkout_started: ["Checkout Started"], payment_failed: ["Payment Failed"], subscription_started: ["Subscription Started"],
      subscription_renewed: ["Subscription Renewed"], subscription_cancelled: ["Subscription Cancelled"], signed_up: ["Signed Up"],
    });
    expect(answer.money).toMatchObject({ unit: "GBP", problem: null });
    expect(roleOf(answer, "click_and_collect")?.where?.paths.map(({ path }) => path)).toEqual(["fulfilment"]);
    const missing = answer.roles.flatMap(({ role, properties }) => properties.filter(({ by }) => by === "missing").map(({ property }) => `${role}.${property}`));
    // A payment of the sock box is of no order, and a look at a product has no total and no basket.
    expect(missing.toSorted()).toEqual(expect.arrayContaining(["payment_failed.order_id", "product_viewed.products"]));
    expect(missing.filter((name) => /^(order|refund|checkout_started|subscription_)/.test(name))).toEqual([]);
  });
});
