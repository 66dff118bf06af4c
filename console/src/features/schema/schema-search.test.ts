import { expect, test } from "vitest";
import { matches, schemaSearch } from "./schema-search.ts";

test("an address keeps what is shown, and nothing that is not for this page", () => {
  expect(schemaSearch({ tab: "traits", find: "mail", changed: true, field: ["trait", "", "email"], evil: "x" })).toEqual({ tab: "traits", find: "mail", changed: true, field: ["trait", "", "email"] });
  expect(schemaSearch({ tab: "elsewhere", find: "", changed: "yes", field: ["trait", 5, "email"] })).toEqual({});
  expect(schemaSearch({ tab: "events", find: 404 })).toEqual({ find: "404" });
});

test("names are found by any part, whatever the case", () => {
  expect(matches("ORDER", "Order Completed")).toBe(true);
  expect(matches(" mail ", "contact", "e-mail")).toBe(true);
  expect(matches("sku", "total")).toBe(false);
  expect(matches(undefined, "anything")).toBe(true);
});
