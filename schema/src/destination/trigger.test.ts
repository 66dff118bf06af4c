import { expect, test } from "vitest";
import { eventTrigger, type EventTrigger } from "./subscription.ts";
import { takes, type TriggerEvent } from "./trigger.ts";

const order: TriggerEvent = {
  type: "track", event: "Order Completed", ms: 0, row: 1, properties: { total: 120, currency: "EUR", products: [{ sku: "a", price: 20 }, { sku: "b", price: 100 }] },
  context: { type: "track", country: "DE" }, isBot: false, isInternal: false,
};
const page: TriggerEvent = { ...order, type: "page", event: "page", properties: { name: "Home", path: "/" }, context: { type: "page", country: "" } };
const identify: TriggerEvent = { ...order, type: "identify", event: "identify", properties: { plan: "pro" }, context: { type: "identify" } };

const taken = (one: EventTrigger, event: TriggerEvent) => takes(one, event, "UTC");
const trigger = (given: object) => eventTrigger.parse({ kind: "events", ...given });

test("one without clauses takes every event", () => {
  for (const event of [order, page, identify]) expect(taken(trigger({}), event)).toEqual({ isTaken: true });
});

test("types are of calls", () => {
  expect(taken(trigger({ types: ["track", "page"] }), page)).toEqual({ isTaken: true });
  expect(taken(trigger({ types: ["track", "page"] }), identify)).toEqual({ isTaken: false, clause: "types", reason: "It is an identify call." });
});

test("names are of track calls, pages and screens; what has no name is not taken by name", () => {
  expect(taken(trigger({ names: ["Home", "Order Completed"] }), order).isTaken).toBe(true);
  expect(taken(trigger({ names: ["Home", "Order Completed"] }), page).isTaken).toBe(true);
  expect(taken(trigger({ names: ["page"] }), page)).toEqual({ isTaken: false, clause: "names", reason: "It is called otherwise." });
  expect(taken(trigger({ names: ["identify"] }), identify)).toEqual({ isTaken: false, clause: "names", reason: "It has no name." });
  expect(taken(trigger({ names: ["order completed"] }), order).isTaken).toBe(false);
  expect(taken(trigger({ names: ["Home"] }), { ...page, properties: { name: 7 } }).isTaken).toBe(false);
});

test("all filters must hold, and the first that does not is told", () => {
  const where = [
    { property: "currency", op: "equals", value: "EUR" }, { item: "products", where: [{ property: "price", op: "at_least", value: 50 }] }, { not: { context: "country", op: "equals", value: "FR" } },
  ];
  expect(taken(trigger({ where }), order)).toEqual({ isTaken: true });
  const cheap = { ...order, properties: { ...order.properties, products: [{ sku: "a", price: 20 }] } };
  expect(taken(trigger({ where }), cheap)).toEqual({ isTaken: false, clause: "where", place: 1, reason: "Filter 2 does not hold." });
  expect(taken(trigger({ where }), { ...order, context: { country: "FR" } })).toMatchObject({ clause: "where", place: 2 });
  expect(taken(trigger({ where: [] }), order).isTaken).toBe(true);
});

test("dates without a zone are told by the workspace's clock", () => {
  const due = { ...order, properties: { due: "2026-03-01" } };
  const beforeMarch = trigger({ where: [{ property: "due", op: "before", value: "2026-03-01T00:00:00Z" }] });
  expect(["UTC", "Europe/Berlin", "America/New_York"].map((zone) => takes(beforeMarch, due, zone).isTaken)).toEqual([false, true, false]);
});

test("the reason names no value of the event", () => {
  const private_ = { ...order, event: "Wrote to ada@example.com", properties: { secret: "ada@example.com" } };
  for (const given of [{ names: ["x"] }, { where: [{ property: "secret", op: "equals", value: "x" }] }, { types: ["page"] }]) expect(JSON.stringify(taken(trigger(given), private_))).not.toContain("ada");
});

test("names that lead to a prototype are names like others", () => {
  for (const property of ["__proto__", "constructor", "toString", "constructor.prototype"]) {
    expect(taken(trigger({ where: [{ property, op: "is_set" }] }), order).isTaken, property).toBe(false);
  }
});
