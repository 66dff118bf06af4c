// What leaves as CSV opens in a spreadsheet as the text that it is, and reads back as what it was.
import { expect, test } from "vitest";
import { csvField, csvText } from "./csv.ts";

test.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "=HYPERLINK(\"http://example.com\",\"x\")"])("%j is never a formula", (text) => {
  expect(csvField(text).replace(/^"/, "")).toMatch(/^'/);
});

test.each([["a", "a"], ["a,b", '"a,b"'], ['say "hi"', '"say ""hi"""'], ["two\nlines", '"two\nlines"'], ["a=b", "a=b"], ["", ""]])("%j is written %j", (text, written) => {
  expect(csvField(text)).toBe(written);
});

test("numbers stay numbers, also below zero; what is none is empty", () => {
  expect([csvField(-1.5), csvField(0), csvField(Number.NaN), csvField(null), csvField(undefined), csvField(true)]).toEqual(["-1.5", "0", "", "", "", "true"]);
  expect(csvField(new Date(0))).toBe("1970-01-01T00:00:00.000Z");
});

test("a file begins with its mark, ends its lines as the RFC says, and reads back cell by cell", () => {
  const cells = [["Name", "Say"], ["Ann \"A\", Lee", "one\r\ntwo"], ["محمد 🧀", "=cmd|' /C calc'!A0"]];
  const [header = [], ...rows] = cells;
  const text = csvText(header, rows);
  expect(text.startsWith("\ufeffName,Say\r\n")).toBe(true);
  expect(text.endsWith("\r\n")).toBe(true);
  expect(parsed(text.slice(1))).toEqual([...cells.slice(0, 2), ["محمد 🧀", "'=cmd|' /C calc'!A0"]]);
});

/** A reader of RFC 4180 that shares nothing with the writer. */
function parsed(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    row.push(quoted === undefined ? (plain ?? "") : quoted.replaceAll('""', '"'));
    if (end !== "\r\n") continue;
    rows.push(row);
    row = [];
  }
  return rows;
}
