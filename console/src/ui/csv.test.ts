import { expect, test } from "vitest";
import { csvFileName } from "./csv.ts";

test("a file is named after its table and day", () => {
  expect(csvFileName("Write keys: Größe/Ä", Date.UTC(2026, 10, 22))).toBe("write-keys-gro-e-a-2026-11-22.csv");
  expect(csvFileName("顧客", 0)).toBe("table-1970-01-01.csv");
});
