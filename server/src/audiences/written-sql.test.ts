import { expect, test } from "vitest";
import { writtenSql } from "./written-sql.ts";

test("values are written so that nothing of them is read as SQL", () => {
  expect(writtenSql("{a:Array(String)} {b:UUID} {c:Array(Int64)}", { a: ["'", "x\0"], b: "u", c: [] })).toBe("['\\'', 'x\\0'] toUUID('u') CAST([], 'Array(Int64)')");
  expect(writtenSql("{d:Decimal(38, 9)} {i:Int64} {n:Array(Decimal(38, 9))} {s:String}", { d: "-1.5", i: -7, n: ["0.1"], s: "\\') or 1 --\n" }))
    .toBe("toDecimal128('-1.5', 9) toInt64(-7) [toDecimal128('0.1', 9)] '\\\\\\') or 1 --\\n'");
});

test("what can't be written safely is refused", () => {
  expect(() => writtenSql("{i:Int64}", { i: "1 or 1" })).toThrow("Int64");
  expect(() => writtenSql("{m:Map(String, String)}", { m: {} })).toThrow("Map");
});
