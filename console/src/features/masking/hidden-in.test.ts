import { expect, test } from "vitest";
import { hiddenIn } from "./hidden-in.ts";

test("names each hidden value by the path that the API takes, and none below a masked name", () => {
  const raw = JSON.stringify({
    type: "track", userId: "us•••", properties: { price: 20, buyer: { email: "a•••@example.com" }, items: [{ sku: "S-1", gift_for: "b•••" }], "c•••@example.com": "d•••" },
  });
  expect(hiddenIn(raw)).toEqual([
    { path: "userId", value: "us•••" }, { path: "properties.buyer.email", value: "a•••@example.com" }, { path: "properties.items.0.gift_for", value: "b•••" },
  ]);
});

test("finds nothing in what is no object", () => {
  for (const raw of ["\"•••\"", "", "{", "null"]) expect(hiddenIn(raw)).toEqual([]);
});
