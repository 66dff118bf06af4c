// What is read from SQL without an engine decides what is run and where data begin; so odd texts are tried here.
import { describe, expect, test } from "vitest";
import { quoteText, readStatement, splitStatements } from "./sql-text.ts";

describe("reading one statement", () => {
  test("finds the data of an INSERT behind exactly one line end, whatever bytes they are", () => {
    const sql = "insert into t (a) format RowBinary  \n\n;'`";
    const read = readStatement(sql);
    expect(read).toMatchObject({ kind: "insert", format: "RowBinary", hasMore: false });
    expect(sql.slice(read.dataStart)).toBe("\n;'`");
    expect(sql.slice(0, read.infileAt)).toBe("insert into t (a) ");
  });

  test("names the place for the data's source before the settings", () => {
    const sql = "INSERT INTO t (`format`) SETTINGS a = 'format' FORMAT JSONEachRow\n{}";
    const read = readStatement(sql);
    expect(sql.slice(read.infileAt, read.end)).toBe("SETTINGS a = 'format' FORMAT JSONEachRow");
  });

  test("reads VALUES as data, and the table function values as none", () => {
    expect(readStatement("insert into t values (1), (2)").kind).toBe("insert_values");
    expect(readStatement("insert into t select * from values('a Int8', 1)").kind).toBe("other");
  });

  test.each([
    ["select 1; select 2", true],
    ["select 1;", false],
    ["select 1; -- done", false],
    ["select ';', `;`, \"a;\" /* ; */ -- ;", false],
    ["select 'it''s; \\'; fine'", false],
    ["select $tag$ ; $tag$", false],
    ["select '\\\\'; drop table t", true],
  ])("knows whether more than one statement stands in %s", (sql, hasMore) => {
    expect(readStatement(sql).hasMore).toBe(hasMore);
  });

  test("collects the parameters that a query uses, and none from strings or comments", () => {
    const read = readStatement("select {a:UInt8}, '{b:String}' /* {c:String} */ from {t : Identifier} where map = {'x': 1}");
    expect([...read.placeholders]).toEqual(["a", "t"]);
  });

  test("finds the format of a query and not that of a subquery or a column", () => {
    expect(readStatement("select format('{}', a) from (select 1 format CSV) format JSONEachRow").format).toBe("JSONEachRow");
  });
});

test("a migration's statements are split outside strings and comments only", () => {
  const sql = "-- first; not a statement\ncreate table a (x String default ';');\n\n/* ; */\ncreate table b (y UInt8);\n-- end;\n";
  expect(splitStatements(sql)).toEqual([
    "-- first; not a statement\ncreate table a (x String default ';')",
    "/* ; */\ncreate table b (y UInt8)",
  ]);
});

test("a quoted text ends where it should", () => {
  expect(readStatement(`select ${quoteText("\\'; drop table t; --")}`).hasMore).toBe(false);
});
