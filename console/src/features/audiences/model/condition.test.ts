import { expect, test } from "vitest";
import { addFilter, dropFilter, kindOfField, newEvent, withOp } from "./condition.ts";

const field = (path: string, type: "text" | "number" | "boolean" | "list", examples: string[] = []) => ({ path, types: [{ type, count: 3 }], examples, examples_masked: false });

test("properties of the same product stand under one item, whatever comes between", () => {
  const red = addFilter([], "products.color", { op: "equals", value: "red" }, ["products"]);
  const euro = addFilter(red, "currency", { op: "equals", value: "EUR" }, ["products"]);
  const dress = addFilter(euro, "products.category", { op: "equals", value: "dress" }, ["products"]);
  expect(dress).toEqual([
    { item: "products", where: [{ property: "color", op: "equals", value: "red" }, { property: "category", op: "equals", value: "dress" }] },
    { property: "currency", op: "equals", value: "EUR" },
  ]);
  expect(dropFilter(dropFilter(dress, 0, 0), 0, 0)).toEqual([{ property: "currency", op: "equals", value: "EUR" }]);
});

test("another comparison keeps what fits of the value", () => {
  expect(withOp({ op: "equals", value: "red" }, "one_of")).toEqual({ op: "one_of", values: ["red"] });
  expect(withOp({ op: "one_of", values: ["red", "blue"] }, "equals")).toEqual({ op: "equals", value: "red" });
  expect(withOp({ op: "at_least", value: 5 }, "between")).toEqual({ op: "between", from: 5 });
  expect(withOp({ op: "between", from: 5, to: 9 }, "is_set")).toEqual({ op: "is_set" });
  expect(withOp({ op: "equals", value: "red" }, "more_than")).toEqual({ op: "more_than" });
  expect(withOp({ ...newEvent("Order Completed"), op: "at_least" }, "at_most")).toMatchObject({ kind: "event", event: "Order Completed", op: "at_most", value: 1 });
  expect(withOp({ op: "anniversary", in: "today", days: 7 }, "in_last")).toEqual({ op: "in_last", value: { last: 30, unit: "day" } });
});

test("values are what most of them are, and dates by their look or name", () => {
  expect(kindOfField(field("total", "number"))).toBe("number");
  expect(kindOfField(field("birthday", "text"))).toBe("date");
  expect(kindOfField(field("trial", "text", ["2026-05-01", "2026-06-01T10:00:00Z"]))).toBe("date");
  expect(kindOfField(field("color", "text", ["red"]))).toBe("text");
  expect(kindOfField(undefined)).toBe("text");
});
