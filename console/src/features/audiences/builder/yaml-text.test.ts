import { expect, test } from "vitest";
import { readYaml, toYaml } from "./yaml-text.ts";

const definition = { version: 1, from: "known", who: { all: [{ kind: "event", event: "Order Completed", where: [{ property: "total", op: "at_least", value: 5 }], op: "at_least", value: 1 }] } };

test("a definition comes back from its YAML", () => {
  expect(readYaml(toYaml(definition)).value).toEqual(definition);
});

test("problems know their line: those of the text, and those of a path of the API", () => {
  const text = toYaml(definition);
  const lineWith = (part: string): number => text.split("\n").findIndex((line) => line.includes(part)) + 1;
  expect(readYaml(text).lineOf("/who/all/0/where/0/value")).toBe(lineWith("value: 5"));
  expect(readYaml(text).lineOf("who.all.0.event")).toBe(lineWith("event: Order"));
  expect(readYaml(text).lineOf("/who/all/0/within/last")).toBe(lineWith("kind: event"));
  expect(readYaml("from: known\nwho: [").problem?.line).toBe(2);
  expect(readYaml("a: &x 1\nb: *x").problem).toBeDefined();
});
