// Readable, and nothing changed: what is shown is what was sent.
import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonParts, prettyJson } from "./json-text.ts";

test("JSON is laid out as JSON.stringify does it", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    expect(prettyJson(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
  }));
});

test("numbers, escapes and doubled keys stay as they were sent", () => {
  expect(prettyJson('{"n":12345678901234567890,"n":1.50,"e":"\\u00e9\\"{[,:","o":{},"a":[]}'))
    .toBe('{\n  "n": 12345678901234567890,\n  "n": 1.50,\n  "e": "\\u00e9\\"{[,:",\n  "o": {},\n  "a": []\n}');
});

test("what is no JSON stays whole", () => {
  for (const text of ["", "{", "<script>", '{"a":1,}', "\u0000"]) expect(prettyJson(text)).toBe(text);
});

test("keys and strings are told apart", () => {
  expect(jsonParts('{"a":"b","c":1,"d":null}').filter((part) => part.kind !== "mark").map((part) => part.kind))
    .toEqual(["key", "string", "key", "number", "key", "word"]);
});
