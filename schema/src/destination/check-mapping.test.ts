import { describe, expect, test } from "vitest";
import { checkFields } from "./check-fields.ts";
import { checkMapping } from "./check-mapping.ts";
import { action as actionShape, type Action } from "./definition.ts";
import type { Mapping } from "./mapping.ts";

const action: Action = actionShape.parse({
  key: "send", name: "Send",
  fields: [
    { key: "email", label: "E-mail", type: "string", required: true },
    { key: "amount", label: "Amount", type: "number", minimum: 0 },
    { key: "channel", label: "Channel", type: "string", choices: [{ value: "web", label: "Web" }, { value: "shop", label: "Shop" }] },
    { key: "items", label: "Items", type: "object", isMultiple: true, properties: [{ key: "sku", label: "SKU", type: "string", required: true }, { key: "count", label: "Count", type: "integer" }] },
    { key: "list", label: "List", type: "string", required: { match: "all", conditions: [{ field: "channel", is: true, value: "shop" }] } },
    { key: "key", label: "Key", type: "string", required: { match: "any", conditions: [{ field: null, is: true, value: ["update", "upsert"] }] } },
    { key: "extra", label: "Extra", type: "string", required: true, dependsOn: { match: "all", conditions: [{ field: "channel", is: true, value: "web" }] } },
  ],
});
const good: Mapping = { email: { "@path": "$.context.traits.email" } };

describe("a mapping is checked before anything is sent", () => {
  const cases: readonly (readonly [string, Mapping, readonly string[]])[] = [
    ["one that is good", good, []],
    ["a field that is needed", {}, ["email"]],
    ["a field that is needed and empty", { email: "" }, ["email"]],
    ["a wrong type", { ...good, amount: "much" }, ["amount"]],
    ["a number as text", { ...good, amount: "12.5" }, []],
    ["a number that is too small", { ...good, amount: -1 }, ["amount"]],
    ["a choice that there isn't", { ...good, channel: "fax" }, ["channel"]],
    ["needed by another field", { ...good, channel: "shop" }, ["list"]],
    ["asked for by another field", { ...good, channel: "web" }, ["extra"]],
    ["perhaps needed by another field", { ...good, channel: { "@path": "$.channel" } }, []],
    ["a wrong type within a list", { ...good, items: [{ sku: "a" }, { count: 1.5 }] }, ["items.1.sku", "items.1.count"]],
    ["a field within that comes with the event", { ...good, items: { sku: { "@path": "$.sku" }, count: 1 } }, []],
    ["a word that means nothing", { ...good, amount: { "@sum": 1 } }, ["amount"]],
    ["a word that means nothing, within", { ...good, items: [{ sku: { "@case": { operator: "lower", value: { "@nope": 1 } } } }] }, ["items.0.sku"]],
    ["a directive that is no text", { email: { "@flatten": { separator: ".", value: {} } } }, ["email"]],
    ["text that is no object", { ...good, items: { "@template": "{{a}}" } }, ["items"]],
    ["two words at once", { email: { "@path": "$.a", "@literal": 1 } }, ["email"]],
    ["what we set ourselves", { ...good, __segment_internal_sync_mode: "add" }, []],
  ];
  test.each(cases)("%s", (_title, mapping, fields) => {
    expect(checkMapping(mapping, action).map(({ field }) => field)).toEqual(fields);
  });

  test("Liquid is refused, with the reason", () => {
    expect(checkMapping({ email: { "@liquid": "{{ properties.x }}" } }, action)).toEqual([{ field: "email", problem: expect.stringMatching(/not run.*@template/) as string }]);
  });

  test("what the sync mode asks for", () => {
    expect(checkMapping(good, action, "upsert").map(({ field }) => field)).toEqual(["key"]);
    expect(checkMapping(good, action, "add")).toEqual([]);
  });

  test("one that is too large is told by its limit alone", () => {
    expect(checkMapping({ ...good, a: "x".repeat(70_000) }, action)).toEqual([{ field: "", problem: expect.stringContaining("64,000") as string }]);
    expect(checkMapping({ ...good, a: Array.from({ length: 3_000 }, () => 1) }, action)).toEqual([{ field: "", problem: expect.stringContaining("2,000") as string }]);
    let deep: unknown = 1;
    for (let level = 0; level < 4_000; level++) deep = [deep];
    expect(checkMapping({ a: deep } as Mapping, action)).toEqual([{ field: "", problem: expect.stringContaining("levels") as string }]);
  });
});

test("values that came with an event are checked as they are", () => {
  expect(checkFields(action.fields, { email: "ann@example.com", amount: Number.NaN, items: [{ sku: { a: 1 } }] }).map(({ field }) => field)).toEqual(["amount", "items.0.sku"]);
  expect(checkFields(action.fields, JSON.parse('{"__proto__":{"email":"a@example.com"}}') as Record<string, unknown>).map(({ field }) => field)).toEqual(["email"]);
});
