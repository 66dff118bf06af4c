// A name and a reason for everybody, whatever stands in their traits.
import { expect, test } from "vitest";
import "../../texts/testing.ts";
import { evidenceWords, joinWords } from "./person-evidence.ts";
import { identifiersByWeight, nameOf } from "./person-words.ts";

const person = (traits: Record<string, unknown>, ...identifiers: [string, string][]) =>
  ({ traits, is_anonymous: false, identifiers: identifiers.map(([namespace, value]) => ({ namespace, value })) });

test("the best name is taken", () => {
  expect(nameOf(person({ name: " Ann Lee ", email: "ann@example.com" }))).toBe("Ann Lee");
  expect(nameOf(person({ firstName: "Ann", last_name: "Lee" }))).toBe("Ann Lee");
  expect(nameOf(person({ name: 5, email: "ann@example.com" }))).toBe("ann@example.com");
  expect(nameOf(person({}, ["anonymous_id", "a-1"], ["user_id", "u-1"]))).toBe("u-1");
  expect(nameOf(person({}, ["anonymous_id", "a-1"]))).toBe("Anonymous visitor");
  expect(nameOf(person({ name: "x".repeat(10_000) }))).toHaveLength(200);
});

test("traits that Object has are no names", () => {
  expect(nameOf(person({}))).toBe("Anonymous visitor");
  expect(nameOf(person(JSON.parse('{"__proto__":{"name":"x"}}')))).toBe("Anonymous visitor");
});

test("the reason names the kinds of identifiers", () => {
  const { identifiers } = person({}, ["anonymous_id", "a"], ["anonymous_id", "b"], ["email", "c"], ["user_id", "d"]);
  expect(joinWords(identifiers)).toBe("Joined by 1 e-mail address, 1 user id and 2 anonymous ids that came together in events.");
  expect(joinWords(identifiers.slice(0, 1))).toBe("Only one identifier is known: 1 anonymous id.");
  expect(identifiersByWeight(identifiers).map((one) => one.value)).toEqual(["c", "d", "a", "b"]);
});

test("a device counts once, however many kinds of ids it has", () => {
  const ids = (...namespaces: string[]) => namespaces.map((namespace) => ({ namespace }));
  expect(evidenceWords(ids("user_id", "anonymous_id", "device_id", "advertising_id"))).toBe("Signed in on one device.");
  expect(evidenceWords(ids("user_id", "anonymous_id", "anonymous_id", "device_id"))).toBe("Signed in on two devices.");
  expect(evidenceWords(ids("email", "anonymous_id"))).toBe("Gave an address on one device.");
  expect([evidenceWords(ids("user_id")), evidenceWords(ids("anonymous_id"))]).toEqual(["", ""]);
});
