import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { moneyProblem, moneyUnit, rateAt, type ArrivingCurrency, type Money } from "./money.ts";
import { recognised, roleNames, propertyNames } from "./vocabulary-names.ts";
import { emptyVocabulary, readStoredVocabulary, resolveVocabulary, storedVocabulary, type ObservedName, type StoredVocabulary } from "./vocabulary.ts";

const named = (...events: string[]): ObservedName[] => events.map((event) => ({ event }));
const stored = (roles: StoredVocabulary["roles"]): StoredVocabulary => ({ ...emptyVocabulary, roles });
const messages = (value: unknown): string[] => storedVocabulary.safeParse(value).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];

describe("what is recognised", () => {
  test("Segment's events", () => {
    const { roles } = resolveVocabulary(emptyVocabulary, named("Order Completed", "Order Refunded", "Product Viewed", "Product Added", "Product Removed", "Checkout Started", "Signed Up", "Page Seen"));
    expect(Object.fromEntries(Object.values(roles).filter(({ by }) => by === "recognised").map(({ role, events }) => [role, events]))).toEqual({
      order: ["Order Completed"], refund: ["Order Refunded"], product_viewed: ["Product Viewed"], added_to_cart: ["Product Added"], removed_from_cart: ["Product Removed"],
      checkout_started: ["Checkout Started"], signed_up: ["Signed Up"],
    });
    expect(roles.payment_failed).toMatchObject({ by: "missing", events: [] });
  });

  test("GA4's events, and where they say what", () => {
    const { roles } = resolveVocabulary(emptyVocabulary, named("purchase", "refund", "view_item", "add_to_cart", "remove_from_cart", "begin_checkout", "sign_up"));
    expect([roles.order.events, roles.refund.events, roles.product_viewed.events, roles.added_to_cart.events, roles.checkout_started.events, roles.signed_up.events])
      .toEqual([["purchase"], ["refund"], ["view_item"], ["add_to_cart"], ["begin_checkout"], ["sign_up"]]);
    const { order_id, value, currency, products, product_id, name, category, price, quantity } = roles.order.properties;
    expect([order_id, value, currency, products, product_id, name, category, price, quantity].map((paths, index) => paths?.includes(["transaction_id", "value", "currency", "items", "item_id", "item_name", "item_category", "price", "quantity"][index] ?? ""))).toEqual(Array(9).fill(true));
  });

  test("the names under which docs/examples/online-retail.yaml imports a shop's past", () => {
    const mapping = readFileSync(new URL("../../../docs/examples/online-retail.yaml", import.meta.url), "utf8");
    const events = [...mapping.matchAll(/- name: (.+)/g)].map(([, event = ""]) => event);
    expect(events).toContain("Ledger Adjusted");
    const { roles } = resolveVocabulary(emptyVocabulary, named(...events));
    expect(Object.values(roles).flatMap((role) => role.events)).toEqual(["Order Completed", "Order Refunded"]);
  });

  test("whatever the spelling, the known names' order first, and nothing that only resembles", () => {
    const { roles } = resolveVocabulary(emptyVocabulary, named("purchase", "order-completed", "ORDER COMPLETED", "Order Completed Twice", "Repurchase"));
    expect(roles.order.events).toEqual(["ORDER COMPLETED", "order-completed", "purchase"]);
  });

  test("each name for one role alone", () => {
    const all = roleNames.flatMap((role) => recognised[role].events.map((event) => event.toLowerCase().replace(/[^a-z0-9]/g, "")));
    expect(new Set(all).size).toBe(all.length);
    for (const role of roleNames) for (const name of Object.keys(recognised[role].properties)) expect(propertyNames).toContain(name);
  });

  test("click-and-collect only where orders say how they are handed over", () => {
    const paths = ["order_id", "fulfilment", "store"];
    const { roles } = resolveVocabulary(emptyVocabulary, [{ event: "Order Completed", paths }, { event: "Product Viewed", paths: ["shipping_method"] }]);
    expect(roles.click_and_collect).toMatchObject({ by: "recognised", events: ["Order Completed"], where: { paths: ["fulfilment"] } });
    expect(roles.click_and_collect.where?.values).toContain("click_and_collect");
    expect(resolveVocabulary(emptyVocabulary, named("Order Completed")).roles.click_and_collect).toMatchObject({ by: "missing", events: [], where: null });
  });
});

describe("what is set", () => {
  test("stands before what is recognised, event by event and property by property", () => {
    const { roles } = resolveVocabulary(stored({ order: { events: ["Sale"], properties: { value: ["sum.gross"] } } }), named("Order Completed", "Sale"));
    expect(roles.order).toMatchObject({ by: "set", events: ["Sale"], propertiesSet: ["value"] });
    expect(roles.order.properties.value).toEqual(["sum.gross"]);
    expect(roles.order.properties.currency).toEqual(recognised.order.properties.currency);
    // And a path that was set for orders holds for the part of them that is collected.
    const part = resolveVocabulary(stored({ order: { properties: { value: ["gross"] } }, click_and_collect: { where: { paths: ["how"], values: ["pick"] } } }), named("purchase")).roles.click_and_collect;
    expect(part).toMatchObject({ by: "set", events: ["purchase"], where: { paths: ["how"], values: ["pick"] }, properties: { value: ["gross"] } });
  });

  test("an empty list says that there is none, and a name that is set for one role is not recognised for another", () => {
    expect(resolveVocabulary(stored({ order: { events: [] } }), named("purchase")).roles.order).toMatchObject({ by: "set", events: [] });
    expect(resolveVocabulary(stored({ order: { events: ["purchase", "refund"] } }), named("purchase", "refund")).roles.refund).toMatchObject({ by: "missing", events: [] });
  });

  test("is refused with what to do about it", () => {
    expect(messages(stored({ order: { events: ["A"] }, refund: { events: ["A"] } }))).toEqual(["roles.refund.events: `A` can't be an order and a refund at once: its value would cancel itself. Leave it in one of them."]);
    expect(messages(stored({ order: { properties: { value: ["properties.total"], products: ["items[]"], currency: ["a..b"] } } }))).toEqual([
      "roles.order.properties.value.0: Leave out `properties.`: paths begin within the properties.",
      "roles.order.properties.products.0: Leave out `[]`: say the list under `products`, and of its items the name alone.",
      "roles.order.properties.currency.0: Write names joined by dots, such as `order.total`.",
    ]);
    expect(messages(stored({ order: { properties: { subscription_id: ["x"] } } }))[0]).toContain("There is no `subscription_id` of `order`. It has `order_id`");
    expect(messages(stored({ order: { where: { paths: ["a"], values: ["b"] } } }))[0]).toContain("Only `click_and_collect`");
    expect(messages(stored({ click_and_collect: { events: ["A"] } }))[0]).toContain("It has the events of `order`");
    const rates = [{ from: "2026-02-30", currency: "eur", rate: 0 }, { from: "1969-12-31", currency: "USD", rate: 1 }];
    expect(messages({ roles: {}, money: { base: "GBP", rates } }).map((text) => text.split(":")[0])).toEqual(["money.rates.0.from", "money.rates.0.currency", "money.rates.0.rate", "money.rates.1.from"]);
    const again = [{ from: "2026-01-01", currency: "USD", rate: 1 }, { from: "2026-01-01", currency: "USD", rate: 2 }, { from: "2026-01-01", currency: "EUR", rate: 2 }];
    expect(messages({ roles: {}, money: { base: "EUR", rates: again } })).toEqual(["money.rates.1: There are two rates of USD from 2026-01-01; keep one.", "money.rates.2.currency: EUR is the base currency and needs no rate; remove this one."]);
    expect(messages({ roles: {}, money: { base: "GBP", rates: [{ from: "2026-01-01", currency: "USD", rate: 1 / 3 }] } })).toEqual(["money.rates.0.rate: At most 9 digits after the point."]);
    expect(messages({ roles: {}, money: { base: null, rates: again.slice(0, 1) } })).toEqual(["money.base: Choose the base currency that the rates lead to."]);
  });

  test("of another version is read as far as this one knows it", () => {
    const later = { roles: { order: { events: ["A"] }, wish: { events: ["B"] }, refund: { sideways: true } }, money: { base: "EUR", rates: [] }, more: 1 };
    expect(readStoredVocabulary(later)).toEqual({ roles: { order: { events: ["A"] } }, money: { base: "EUR", rates: [] } });
    expect(readStoredVocabulary(null)).toEqual(emptyVocabulary);
  });
});

describe("money", () => {
  const march = Date.UTC(2026, 2, 1);
  const arriving = (currency: string, count: number, firstMs = march): ArrivingCurrency => ({ currency, count, firstMs });
  const table: Money = { base: "EUR", rates: [{ from: "2026-03-01", currency: "USD", rate: 0.9 }, { from: "2026-02-01", currency: "USD", rate: 0.8 }] };

  test("of one currency needs no table, of several a base and a rate for each", () => {
    const none: Money = { base: null, rates: [] };
    expect(moneyProblem(none, [arriving("GBP", 3), arriving("", 9)])).toBeUndefined();
    expect(moneyUnit(none, [arriving("GBP", 3), arriving("", 9)])).toBe("GBP");
    expect(moneyProblem(none, [arriving("GBP", 3), arriving("EUR", 5), arriving("", 9)])).toEqual({ kind: "no_base", base: null, currencies: ["EUR", "GBP"] });
    expect(moneyUnit(none, [arriving("GBP", 3), arriving("EUR", 5)])).toBeNull();
    expect(moneyProblem(table, [arriving("EUR", 3), arriving("USD", 5), arriving("", 1)])).toBeUndefined();
    expect(moneyProblem(table, [arriving("EUR", 3), arriving("DKK", 1), arriving("SEK", 2), arriving("?", 1)])).toEqual({ kind: "no_rate", base: "EUR", currencies: ["SEK", "DKK"] });
    // What names no code keeps no sum from being told once there is a base, and is one more currency before.
    expect(moneyProblem(table, [arriving("EUR", 3), arriving("?", 9)])).toBeUndefined();
    expect(moneyProblem(none, [arriving("EUR", 3), arriving("?", 9)])).toEqual({ kind: "no_base", base: null, currencies: ["?", "EUR"] });
    expect(moneyProblem(table, [arriving("USD", 5, Date.UTC(2026, 0, 31))])).toEqual({ kind: "late_rates", base: "EUR", currencies: ["USD"] });
    expect(moneyUnit(table, [arriving("USD", 5)])).toBe("EUR");
  });

  test("is converted by the rate of its day, the latest before it", () => {
    expect([march - 1, march, march + 1, Date.UTC(2026, 0, 31, 23, 59, 59, 999)].map((atMs) => rateAt(table, "USD", atMs))).toEqual([0.8, 0.9, 0.9, null]);
    expect(["", "EUR", "DKK", "usd"].map((currency) => rateAt(table, currency, march))).toEqual([1, 1, null, null]);
  });
});
