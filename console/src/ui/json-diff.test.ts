import { expect, test } from "vitest";
import { DIFF_LINES_MAX, jsonDiff, wordDiff } from "./json-diff.ts";

const marked = (before: unknown, after: unknown): string[] | undefined => jsonDiff(before, after)?.map(({ kind, text }) => `${{ same: " ", added: "+", removed: "-" }[kind]}${text.trim()}`);

test("only what differs is marked, whatever the order of names", () => {
  expect(marked({ b: 1, a: { x: [1, 2] } }, { a: { x: [1, 3] }, b: 1, c: "new" })).toEqual([" {", ' "a": {', ' "x": [', " 1", "-2", "+3", " ]", " }", ' "b": 1', '+"c": "new"', " }"]);
});

test("both sides can be read back out of the lines", () => {
  const [before, after] = [{ list: [1, { a: null }], text: "a\nb," }, { list: [{ a: null }, 1], other: {} }];
  const lines = jsonDiff(before, after) ?? [];
  const side = (kind: string): number => lines.filter((line) => line.kind === "same" || line.kind === kind).length;
  expect([side("removed"), side("added")]).toEqual([JSON.stringify(before, null, 2).split("\n").length, JSON.stringify(after, null, 2).split("\n").length]);
});

test("what nobody would read is not compared", () => {
  expect(jsonDiff(Array.from({ length: DIFF_LINES_MAX }, (_, n) => n), [])).toBeUndefined();
});

test("sentences differ by their words, and what is the same only by chance goes with the change around it", () => {
  const runs = (before: string, after: string): string[] | undefined => wordDiff(before, after)?.map(({ kind, text }) => `${{ same: "=", added: "+", removed: "-" }[kind]}${text}`);
  expect(runs("did it at least once in the last 14 days", "did it at least once in the last 90 days")).toEqual(["=did it at least once in the last", "-14", "+90", "=days"]);
  expect(runs("women of Leeds and York who bought something here", "men of Hull and Bath who bought something here")).toEqual(["-women of Leeds and York", "+men of Hull and Bath", "=who bought something here"]);
  expect(runs("the same", "the same")).toEqual(["=the same"]);
  expect(wordDiff("a ".repeat(DIFF_LINES_MAX + 1), "b")).toBeUndefined();
});
