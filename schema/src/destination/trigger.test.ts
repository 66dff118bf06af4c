import { expect, test } from "vitest";
import { eventTrigger } from "./subscription.ts";
import { takes, type TriggerEvent } from "./trigger.ts";

const order: TriggerEvent = {
  type: "track", event: "Order Completed", ms: 0, row: 1, properties: { total: 120, currency: "EUR", products: [{ sku: "a", price: 20 }, { sku: "b", price: 100 }] },
  context: { type: "track", country: "DE" }, isBot: false, isInternal: false,
};
const page: TriggerEvent = { ...order, type: "page", event: "page", properties: { name: "Home", path: "/" }, context: { type: "page", country: "" } };
const identify: TriggerEvent = { ...order, type: "identify", event: "identify", properties: { plan: "pro" }, context: { type: "identify" } };

const trigger = (given: object) => eventTrigger.parse({ kind: "events", ...given });

test("one without clauses takes every event", () => {
  for (const event of [order, page, identify]) expect(takes(trigger({}), event)).toEqual({ isTaken: true });
});

test("types are of calls", () => {
  expect(takes(trigger({ types: ["track", "page"] }), page)).toEqual({ isTaken: true });
  expect(takes(trigger({ types: ["track", "page"] }), identify)).toEqual({ isTaken: false, clause: "types", reason: "It is an identify call." });
});

test("names are of track calls, pages and screens; what has no name is not taken by name", () => {
  expect(takes(trigger({ names: ["Home", "Order Completed"] }), order).isTaken).toBe(true);
  expect(takes(trigger({ names: ["Home", "Order Completed"] }), page).isTaken).toBe(true);
  expect(takes(trigger({ names: ["page"] }), page)).toEqual({ isTaken: false, clause: "names", reason: "It is called otherwise." });
  expect(takes(trigger({ names: ["identify"] }), identify)).toEqual({ isTaken: false, clause: "names", reason: "It has no name." });
  expect(takes(trigger({ names: ["order completed"] }), order).isTaken).toBe(false);
  expect(takes(trigger({ names: ["Home"] }), { ...page, properties: { name: 7 } }).isTaken).toBe(false);
});

test("all filters must hold, and the first that does not is told", () => {
  const where = [
    { property: "currency", op: "equals", value: "EUR" }, { item: "products", where: [{ property: "price", op: "at_least", value: 50 }] }, { not: { context: "country", op: "equals", value: "FR" } },
  ];
  expect(takes(trigger({ where }), order)).toEqual({ isTaken: true });
  const cheap = { ...order, properties: { ...order.properties, products: [{ sku: "a", price: 20 }] } };
  expect(takes(trigger({ where }), cheap)).toEqual({ isTaken: false, clause: "where", place: 1, reason: "Filter 2 does not hold." });
  expect(takes(trigger({ where }), { ...order, context: { country: "FR" } })).toMatchObject({ clause: "where", place: 2 });
  expect(takes(trigger({ where: [] }), order).isTaken).toBe(true);
});

test("the reason names no value of the event", () => {
  const private_ = { ...order, event: "Wrote to ada@example.com", properties: { secret: "ada@example.com" } };
  for (const given of [{ names: ["x"] }, { where: [{ property: "secret", op: "equals", value: "x" }] }, { types: ["page"] }]) expect(JSON.stringify(takes(trigger(given), private_))).not.toContain("ada");
});

test("names that lead to a prototype are names like others", () => {
  for (const property of ["__proto__", "constructor", "toString", "constructor.prototype"]) {
    expect(takes(trigger({ where: [{ property, op: "is_set" }] }), order).isTaken, property).toBe(false);
  }
});
