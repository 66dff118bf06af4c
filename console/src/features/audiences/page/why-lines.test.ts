// Groups of conditions as lines: what each says, how far in it stands, and whether its holding is good.
import { expect, test } from "vitest";
import type { AudienceWhy } from "@tributary/schema/api/audiences.ts";
import { whyLines } from "./why-lines.ts";

const node = (path: string): AudienceWhy["nodes"][number] => ({ path, holds: true, sentence: { en: path, de: path }, evidence: [], value: null, next_at: null, to_flip: null });
const linesOf = (...paths: string[]): unknown[] => whyLines(paths.map(node)).map(({ node: { path }, group, depth, isWanted }) => [path, group, depth, isWanted]);

test("a group says how many of its lines must hold, and none of several is one line", () => {
  expect(linesOf("", "/all/0", "/all/1", "/all/1/not", "/all/1/not/any/0", "/all/1/not/any/1", "/all/2")).toEqual([
    ["", "all", 0, true], ["/all/0", undefined, 1, true], ["/all/1", "none", 1, true],
    ["/all/1/not/any/0", undefined, 2, false], ["/all/1/not/any/1", undefined, 2, false], ["/all/2", undefined, 1, true],
  ]);
});

test("a single condition says itself, a denied one twice over is wanted again, and at least so many say their own sentence", () => {
  expect(linesOf("from", "")).toEqual([["from", undefined, 0, true], ["", undefined, 0, true]]);
  expect(linesOf("", "/not", "/not/not")).toEqual([["", "not", 0, true], ["/not", "not", 1, false], ["/not/not", undefined, 2, true]]);
  expect(linesOf("", "/of/0", "/of/1")).toEqual([["", undefined, 0, true], ["/of/0", undefined, 1, true], ["/of/1", undefined, 1, true]]);
});
