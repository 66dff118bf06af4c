import { expect, test } from "vitest";
import "../../texts/testing.ts";
import { noteOf, personOf, whoOf } from "./audit-words.ts";

test("who did it is named by the account or token, as long as there is one", () => {
  expect(whoOf({ actor: "account:1", actor_name: "Ann" })).toBe("Ann");
  expect(whoOf({ actor: "account:1", actor_name: null })).toBe("account:1");
  expect(whoOf({ actor: "system", actor_name: null })).toBe("The program");
});

test("only an entry about a person leads to one", () => {
  expect(personOf({ target: "profile:0fe8f00c-2fba-6567-f16e-00b7c5953d32" })).toBe("0fe8f00c-2fba-6567-f16e-00b7c5953d32");
  for (const target of ["workspace", "profile:x", "source:4"]) expect(personOf({ target })).toBeUndefined();
});

test("the detail reads as a line: which field, why, how often", () => {
  expect(noteOf({ detail: { reason: "Rang about an order", field: "trait phone" } })).toBe("trait phone · Rang about an order");
  expect(noteOf({ detail: { count: 5, until: "2026-05-01" } })).toBe("5 times");
  expect(noteOf({ detail: { count: 1_200, people: ["a", "b"], more_people: true } })).toBe("2 people and more · 1,200 times");
  expect(noteOf({ detail: { count: 1, since: "2026-05-01", until: "2026-05-01" } })).toBe("");
  expect(noteOf({ detail: {} })).toBe("");
  expect(noteOf({ detail: { personal: false } })).toBe('{"personal":false}');
});
