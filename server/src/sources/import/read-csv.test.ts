import fc from "fast-check";
import { parse } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import { importLimits } from "./import-limits.ts";
import { createCsvReader, splitFields, type CsvDialect, type FileRecord } from "./read-csv.ts";
import { readLines } from "./read-lines.ts";

const comma: CsvDialect = { delimiter: ",", quote: "\"" };

async function read(content: string | Buffer, dialect: CsvDialect = comma, cuts: readonly number[] = []): Promise<FileRecord[]> {
  const bytes = Buffer.from(content);
  async function* chunks() {
    let from = 0;
    for (const cut of [...cuts.filter((each) => each < bytes.length), bytes.length]) {
      yield bytes.subarray(from, cut);
      from = cut;
    }
  }
  const reader = createCsvReader(dialect);
  const records: FileRecord[] = [];
  for await (const lines of readLines(chunks(), { line: 0, byte: 0 }, true)) for (const line of lines) records.push(...reader.push(line));
  return [...records, ...reader.end()];
}

function fieldsOf(records: readonly FileRecord[]): (readonly string[] | string)[] {
  return records.map((record) => (record.kind === "fields" ? record.fields : `${record.line}: ${record.problem.code}`));
}

const cell = fc.oneof(fc.string(), fc.constantFrom("", "\"", "a\"b", "x,y", "one\ntwo", " ", "é", "😀", ";", "\"\"", "\n"));
const cellText = cell.map((text) => text.replaceAll("\r", ""));

function csvText(rows: readonly (readonly string[])[], lineEnd: string): string {
  return rows.map((row) => row.map((value) => (/[",\n]/.test(value) || value === "" ? `"${value.replaceAll("\"", "\"\"")}"` : value)).join(",")).join(lineEnd) + lineEnd;
}

describe("reading CSV", () => {
  test("gives what csv-parse gives for every well-formed file, wherever the bytes are cut", async () => {
    await fc.assert(fc.asyncProperty(
      fc.array(fc.array(cellText, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 6 }), fc.array(fc.nat({ max: 60 }), { maxLength: 5 }),
      async (rows, cuts) => {
        const text = csvText(rows, "\n");
        const expected: string[][] = parse(text, { relax_column_count: true });
        expect(fieldsOf(await read(text, comma, cuts.toSorted((a, b) => a - b)))).toEqual(expected);
        expect(expected).toEqual(rows);
      },
    ));
  });

  test("takes a byte order mark, CRLF, empty lines and a last line without end", async () => {
    expect(fieldsOf(await read("\ufeffid,name\r\n1,\"Ada\r\nL.\"\r\n\r\n2,Bob"))).toEqual([["id", "name"], ["1", "Ada\nL."], ["2", "Bob"]]);
  });

  test("takes other delimiters, and quotes that mean nothing", async () => {
    expect(fieldsOf(await read("a;b\n\"1;2\";3\n", { delimiter: ";", quote: "\"" }))).toEqual([["a", "b"], ["1;2", "3"]]);
    expect(fieldsOf(await read("size\t24\" screen\n", { delimiter: "\t", quote: null }))).toEqual([["size", "24\" screen"]]);
  });

  test("knows the line and byte at which each record ends", async () => {
    const text = "a,b\r\n\"é\n2\",x\ny,z";
    const records = await read(text);
    expect(records.map(({ line, endLine, endByte }) => [line, endLine, endByte])).toEqual([[1, 1, 5], [2, 3, 14], [4, 4, 17]]);
    expect(Buffer.byteLength(text)).toBe(17);
  });

  test("refuses the one line whose quotes are wrong and reads the next", async () => {
    expect(fieldsOf(await read("a,b\n1,24\" screen\n2,ok\n"))).toEqual([["a", "b"], "2: quote_not_closed", ["2", "ok"]]);
    expect(fieldsOf(await read("a,b\n1,\"x\"y\n2,ok\n"))).toEqual([["a", "b"], "2: quote_misplaced", ["2", "ok"]]);
    expect(fieldsOf(await read("a,b\n1,\"never closed\n2,ok\n3,ok\n"))).toEqual([["a", "b"], "2: quote_not_closed", ["2", "ok"], ["3", "ok"]]);
    expect(fieldsOf(await read("1,5\" x\n2,6\" y\n3,ok\n"))).toEqual(["1: quote_not_closed", "2: quote_not_closed", ["3", "ok"]]);
  });

  test("refuses lines that are not UTF-8, too long or too wide, and holds none of them in memory", async () => {
    expect(fieldsOf(await read(Buffer.from([0x61, 0x2c, 0xff, 0x0a, 0x62, 0x2c, 0x63, 0x0a])))).toEqual(["1: not_utf8", ["b", "c"]]);
    const long = `x,${"y".repeat(importLimits.lineBytesMax)}\nb,c\n`;
    expect(fieldsOf(await read(long, comma, [10, 1_000, 500_000]))).toEqual(["1: line_too_long", ["b", "c"]]);
    expect(fieldsOf(await read(`${",".repeat(importLimits.columnsMax)}\nb,c\n`))).toEqual(["1: too_many_columns", ["b", "c"]]);
  });

  test("does not spend more than a few looks at each line, however the quotes stand", async () => {
    const lines = 20_000;
    const records = await read(`${"a,\"b\n".repeat(lines)}`);
    expect(records.filter((record) => record.kind === "problem").length).toBeGreaterThan(0);
    expect(records.reduce((sum, { line, endLine }) => sum + endLine - line + 1, 0)).toBe(lines);
  });

  test("gives back any bytes without throwing", async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(comma, { delimiter: ";", quote: "'" }), async (bytes, dialect) => {
      if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) return;
      await read(Buffer.from(bytes), dialect);
    }));
  });

  test("refuses a file in UTF-16, saying what to do", async () => {
    await expect(read(Buffer.from("\ufeffa,b\n", "utf16le"))).rejects.toMatchObject({ code: "bad_request", hint: expect.stringContaining("UTF-8") });
  });

  test("splits an empty last field", () => {
    expect(splitFields("a,", comma)).toEqual(["a", ""]);
    expect(splitFields("\"a\",", comma)).toEqual(["a", ""]);
  });
});
