import { expect, test } from "vitest";
import { hasPlace, markedParts, type JsonPlace } from "./json-marks.ts";
import { prettyJson } from "./json-text.ts";

const text = '{"type":"purchase","list":[{"a":1},{"a":2,"b":{}}],"type2":"x","nested":{"type":"y"}}';
const marked = (...places: JsonPlace[]): string => markedParts(text, places).filter(({ isMarked }) => isMarked).map((part) => part.text.trim()).join(" ");

test("a place is marked with its name and all that is below it, and nothing beside it", () => {
  expect(marked(["type"])).toBe('"type" : "purchase"');
  expect(marked(["nested", "type"])).toBe('"type" : "y"');
  expect(marked(["list", 1, "a"])).toBe('"a" : 2');
  expect(marked(["list", 1, "b"])).toBe('"b" : { }');
  expect(marked(["missing"], [], ["list", 7])).toBe("");
});

test("what is marked changes nothing of the text", () => {
  expect(markedParts(text, [["list"]]).map((part) => part.text).join("")).toBe(prettyJson(text));
  expect(markedParts("no json", [["list"]])).toEqual([{ kind: "word", text: "no json", isMarked: false }]);
});

test("says whether a place is there", () => {
  expect([hasPlace(text, ["type"]), hasPlace(text, ["event"])]).toEqual([true, false]);
});
