import fc from "fast-check";
import { expect, test } from "vitest";
import { contractEvent } from "../testing-contract.ts";
import { eventTable, layoutTables } from "./warehouse-layout.ts";

const tables = (...events: Record<string, unknown>[]): Record<string, Record<string, unknown>[]> =>
  Object.fromEntries(layoutTables(events.map((event, index) => ({ event: contractEvent(index), payload: { schema: "s", event }, idempotencyKey: `k${index}` })))
    .map(({ table, rows }) => [table, rows.map(({ key, values }) => ({ id: key, ...Object.fromEntries([...values].map(([name, { value }]) => [name, value])) }))]));
const base = { messageId: "m1", userId: "ada", anonymousId: "a-1", timestamp: "2026-05-01T10:00:00.000Z", receivedAt: "2026-05-01T10:00:01.000Z", context: { ip: "192.0.2.1", campaign: { source: "news" }, traits: { plan: "pro" }, personas: { x: 1 } } };
const about = { received_at: base.receivedAt, timestamp: base.timestamp, anonymous_id: "a-1", user_id: "ada", context_ip: "192.0.2.1", context_campaign_source: "news" };

test("a track call stands in tracks, and with its properties in a table of its own", () => {
  const properties = { total: 12.5, cart: { items: 2, coupon: { code: "X" } }, products: [{ sku: "a" }], event: "mine", user_id: "other" };
  expect(tables({ ...base, type: "track", event: "Order Completed", properties })).toEqual({
    tracks: [{ id: "m1", event: "order_completed", event_text: "Order Completed", ...about }],
    order_completed: [{ id: "m1", event: "order_completed", event_text: "Order Completed", ...about, total: 12.5, cart_items: 2, cart_coupon_code: "X", products: '[{"sku":"a"}]', properties_event: "mine", properties_user_id: "other" }],
  });
});

test("people and accounts stand once, as they are known by now", () => {
  expect(tables({ ...base, type: "identify", traits: { email: "ada@example.com", id: "own" } })).toEqual({
    identifies: [{ id: "m1", ...about, email: "ada@example.com", traits_id: "own" }],
    users: [{ id: "ada", received_at: base.receivedAt, context_ip: "192.0.2.1", context_campaign_source: "news", plan: "pro", email: "ada@example.com", traits_id: "own" }],
  });
  expect(Object.keys(tables({ ...base, userId: undefined, type: "identify", traits: {} }))).toEqual(["identifies"]);
  expect(tables({ ...base, type: "group", groupId: "g1", traits: { seats: 5 } })).toMatchObject({ groups: [{ group_id: "g1", seats: 5 }], accounts: [{ id: "g1", seats: 5 }] });
  expect(tables({ ...base, type: "page", properties: { name: "Home", url: "/" } })).toMatchObject({ pages: [{ name: "Home", url: "/" }] });
  expect(tables({ ...base, type: "alias", previousId: "old" })).toMatchObject({ aliases: [{ previous_id: "old", user_id: "ada" }] });
});

test("whatever an event and its properties are called: names are names, different ones stay different, and none takes another's table", () => {
  expect(eventTable("orderCompleted")).toBe("order_completed");
  expect(eventTable("Users")).toBe("event_users");
  expect(eventTable("2nd order")).toBe("_2nd_order");
  expect(new Set(["注文", "注文2", "!", "?", "x".repeat(80), `${"x".repeat(80)}y`, "Größe", "Grösse"].map(eventTable)).size).toBe(8);
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue()), (event, properties) => {
    for (const [table, [row]] of Object.entries(tables({ ...base, type: "track", event, properties }))) {
      expect([table, ...Object.keys(row ?? {})].filter((name) => !/^[a-z_][a-z0-9_]{0,62}$/.test(name))).toEqual([]);
      expect(row).toMatchObject({ id: "m1", user_id: "ada" });
    }
  }));
});
