// The table of cases, asked of TypeScript. ClickHouse is asked in the server's value-sql.test.ts.
import { expect, test } from "vitest";
import { holds } from "./value-test.ts";
import { clockCases, dayCases, formCases, readingCases, testCases } from "./value.cases.ts";
import { dayOfYear, decimalOf, instantOf, itemsAt, numberOf, rawsAt, textOf } from "./value.ts";

/** Lone surrogates are replaced before anything is kept. */
const wellFormed = (fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  JSON.parse(JSON.stringify(fields, (_, value: unknown) => (typeof value === "string" ? value.toWellFormed() : value))) as Readonly<Record<string, unknown>>;

test.each(readingCases)("of $sent, at $path there is $raws", ({ sent, path, raws, items }) => {
  expect(rawsAt(wellFormed(sent), path)).toEqual(raws);
  expect(itemsAt(wellFormed(sent), path)).toEqual(items?.map(flat));
});

/** Objects in objects joined by dots, as elements are given. */
function flat(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).flatMap(([name, value]) =>
    (typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(flat(value as Readonly<Record<string, unknown>>)).map(([inner, one]) => [`${name}.${inner}`, one]) : [[name, value]])));
}

test.each(formCases)("$value is the text $text, the number $number, the instant $ms", ({ value, text, number, ms }) => {
  const raw = JSON.stringify(value).replace("e+", "e");
  expect([textOf(raw), numberOf(raw), instantOf(raw, "UTC")]).toEqual([text, number, ms]);
});

test.each(clockCases)("by the clock of $zone, $value is $iso", ({ value, zone, iso }) => {
  expect(new Date(instantOf(JSON.stringify(value), zone) ?? Number.NaN).toISOString()).toBe(new Date(iso).toISOString());
});

test.each(dayCases)("%s tells the day of the year %s", (value, day) => {
  expect(dayOfYear(JSON.stringify(value))).toBe(day);
});

test.each(testCases)("of $values, that it $test is $holds", ({ values, test: one, holds: expected }) => {
  expect(holds(values.map((value) => JSON.stringify(value).replace("e+", "e")), one, "UTC")).toBe(expected);
});

test("numbers of definitions are cut off, not rounded", () => {
  expect([decimalOf(1e-7), decimalOf(1.2399e-7), decimalOf(-1.2399e-7), decimalOf(1e-10), decimalOf(0.1234567899), decimalOf(999_999_999_999_999)])
    .toEqual([100n, 123n, -123n, 0n, 123_456_789n, 999_999_999_999_999_000_000_000n]);
});
