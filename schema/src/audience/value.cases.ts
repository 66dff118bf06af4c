// What values mean, case by case. The same table is asked of TypeScript and of ClickHouse: value.test.ts, and value-sql.test.ts of the server.
import type { ValueTest } from "./value-test.ts";

/** What stands at a path of what a sender wrote: JSON text of each scalar. */
export interface ReadingCase {
  readonly sent: Readonly<Record<string, unknown>>;
  readonly path: string;
  readonly raws: readonly string[];
  /** When the path is taken for a list of objects. */
  readonly items?: readonly Readonly<Record<string, unknown>>[];
}

const reading = (sent: ReadingCase["sent"], path: string, raws: readonly string[], items: ReadingCase["items"] = []): ReadingCase => ({ sent, path, raws, items });

/** Written as JSON is, to hold what a literal of the language would lose. */
const written = (json: string): Readonly<Record<string, unknown>> => JSON.parse(json) as Readonly<Record<string, unknown>>;

export const readingCases: readonly ReadingCase[] = [
  // Scalars as they are.
  reading({ v: 12 }, "v", ["12"]),
  reading({ v: "12" }, "v", ['"12"']),
  reading(written('{"v":12.0}'), "v", ["12"]),
  reading({ v: -0 }, "v", ["0"]),
  reading(written('{"v":-0.0}'), "v", ["0"]),
  reading({ v: 0.30000000000000004 }, "v", ["0.30000000000000004"]),
  reading({ v: 1e-7 }, "v", ["1e-7"]),
  reading({ v: 1e21 }, "v", ["1e21"]),
  reading({ v: 2 ** 63 }, "v", ["9223372036854776000"]),
  reading(written('{"v":9007199254740993}'), "v", ["9007199254740992"]),
  reading({ v: -1.5e300 }, "v", ["-1.5e300"]),
  reading({ v: true }, "v", ["true"]),
  reading({ v: "true" }, "v", ['"true"']),
  reading({ v: "" }, "v", ['""']),
  reading({ v: "a\nb\"c\\d/é\u2028\u0007😀" }, "v", [JSON.stringify("a\nb\"c\\d/é\u2028\u0007😀")]),
  reading({ v: "</script>" }, "v", ['"</script>"']),
  reading({ v: "a\0b" }, "v", ['"a\\u0000b"']),
  reading({ v: "\ud800" }, "v", ['"\ufffd"']),
  reading({ v: '["a"]' }, "v", ['"[\\"a\\"]"']),
  reading({ v: '{"a":1}' }, "v", ['"{\\"a\\":1}"']),
  reading({ v: "null" }, "v", ['"null"']),
  reading({ v: "2026-01-01" }, "v", ['"2026-01-01"']),
  reading({ v: "2026-01-01 10:00:00.000" }, "v", ['"2026-01-01 10:00:00.000"']),
  reading({ v: "2026-02-30" }, "v", ['"2026-02-30"']),

  // Nothing: null, an empty object, an empty list, another path, an object.
  reading({ v: null }, "v", []),
  reading({ v: {} }, "v", []),
  reading({ v: [] }, "v", []),
  reading({ w: 1 }, "v", []),
  reading({ v: { a: 1 } }, "v", [], [{ a: 1 }]),

  // Lists are their elements; what is null, an object or a list is none.
  reading({ v: [1, 2] }, "v", ["1", "2"]),
  reading({ v: ["b", "a", "b"] }, "v", ['"b"', '"a"', '"b"']),
  reading({ v: [1, "2"] }, "v", ["1", '"2"']),
  reading({ v: [1, "a", true, 2.5] }, "v", ["1", '"a"', "true", "2.5"]),
  reading({ v: ["a", null] }, "v", ['"a"']),
  reading({ v: [true, null, false] }, "v", ["true", "false"]),
  reading({ v: [null, null] }, "v", []),
  reading({ v: ["2026-01-01", "x"] }, "v", ['"2026-01-01"', '"x"']),
  reading({ v: [[1, 2], [3]] }, "v", []),
  reading({ v: ["x", [1]] }, "v", ['"x"']),
  reading({ v: [{ a: 1 }, 2] }, "v", ["2"], [{ a: 1 }]),
  reading({ v: ["x", { a: 1 }, null] }, "v", ['"x"'], [{ a: 1 }]),
  // There is no list of numbers and truth values: where nothing else is among them, true is 1.
  reading({ v: [1, true, false] }, "v", ["1", "1", "0"]),
  reading({ v: [2.5, true, null] }, "v", ["2.5", "1"]),

  // Names.
  reading({ "v.a": 1 }, "v.a", ["1"]),
  reading({ "v.a": 1 }, "v", [], [{ a: 1 }]),
  reading({ "v.a": 1, v: { a: 2 } }, "v.a", ["2"]),
  reading({ v: 1, "v.a": 2 }, "v", ["1"]),
  reading({ v: 1, "v.a": 2 }, "v.a", ["2"]),
  reading({ "a`b": { x: 1 } }, "a`b.x", ["1"]),
  reading({ "a`b": { x: 1 } }, "a`b", [], [{ x: 1 }]),
  reading({ 'a"b': 1 }, 'a"b', ["1"]),
  reading({ "a'b": { x: 1 } }, "a'b", [], [{ x: 1 }]),
  reading({ "a\\b": { x: 1 } }, "a\\b", [], [{ x: 1 }]),
  reading({ "a\\`b": { x: 1 } }, "a\\`b", [], [{ x: 1 }]),
  reading({ "ünï cödé": { "😀": 2 } }, "ünï cödé.😀", ["2"]),
  reading({ "a:b": 1 }, "a:b", ["1"]),
  reading({ "a[]": 1 }, "a[]", ["1"]),
  reading({ "^a": 1 }, "^a", ["1"]),
  reading({ "a%2Eb": 1 }, "a%2Eb", ["1"]),
  reading({ A: 1, a: 2 }, "A", ["1"]),
  reading({ constructor: { name: "x" } }, "constructor.name", ['"x"']),
  reading({ constructor: 1 }, "toString", []),
  // What is a name to ClickHouse alone.
  reading({ v: 12 }, "v.:`Int64`", []),
  reading({ v: 12 }, "v.null", []),
  reading({ v: "abc" }, "v.size0", []),
  reading({ products: [{ color: "red" }] }, "products.:`Array(JSON)`.color", []),
  reading({ products: [{ color: "red" }] }, "products[].color", []),
  reading({ a: { b: 1 } }, "^`a`", []),
  reading({ a: { b: 1 } }, "`a`.b", []),

  // Deep, and through one list.
  reading({ a: { b: { c: { d: { e: { f: { g: 1 } } } } } } }, "a.b.c.d.e.f.g", ["1"]),
  reading({ a: { b: 1, c: { d: 2 } } }, "a", [], [{ b: 1, c: { d: 2 } }]),
  reading({ a: { b: 1, c: { d: 2 } } }, "a.c", [], [{ d: 2 }]),
  reading({ products: [{ color: "red" }, { color: "blue" }, { size: 1 }] }, "products.color", ['"red"', '"blue"']),
  reading({ products: [{ color: "red" }, { color: "blue" }] }, "products", [], [{ color: "red" }, { color: "blue" }]),
  reading({ products: { color: "red" } }, "products.color", ['"red"']),
  reading({ products: { color: "red" } }, "products", [], [{ color: "red" }]),
  reading({ products: [{ color: ["red", "x"] }, {}] }, "products.color", ['"red"', '"x"']),
  reading({ products: [null, { color: "red" }] }, "products.color", ['"red"']),
  reading({ products: [null, { color: "red" }] }, "products", [], [{ color: "red" }]),
  reading({ products: ["a", { color: "red" }] }, "products.color", ['"red"']),
  reading({ products: [[{ color: "red" }]] }, "products.color", []),
  reading({ products: '[{"color":"red"}]' }, "products.color", []),
  reading({ products: [{ c: { d: 1 } }, { c: { d: "2" } }] }, "products.c.d", ["1", '"2"']),
  reading({ products: [{ "c.d": 1 }] }, "products.c.d", ["1"]),
  reading({ products: [{ c: 1 }, { c: 2.5 }, { c: 1e21 }, { c: true }, { c: null }, { c: {} }, { c: [] }] }, "products.c", ["1", "2.5", "1e21", "true"]),
  reading({ products: [{ c: [1, true] }] }, "products.c", ["1", "1"]),
  reading({ products: [{ l: [{ x: 1 }] }] }, "products.l.x", []),
  reading({ products: [{ l: [{ x: 1 }] }] }, "products.l", []),
  reading({ a: { products: [{ c: 1 }, { c: "1" }] } }, "a.products.c", ["1", '"1"']),
  reading({ a: { products: [{ c: 1 }] } }, "a.products", [], [{ c: 1 }]),
];

/** What a value is as a text, a number (billionths) and an instant (ms since 1970). */
export interface FormCase {
  readonly value: string | number | boolean;
  readonly text: string;
  readonly number?: bigint;
  readonly ms?: number;
}

const form = (value: FormCase["value"], text: string, number?: bigint, ms?: number): FormCase => ({ value, text, ...(number === undefined ? {} : { number }), ...(ms === undefined ? {} : { ms }) });
const billionths = (whole: number): bigint => BigInt(whole) * 1_000_000_000n;
const instant = (value: string, iso: string): FormCase => ({ value, text: value, ms: Date.parse(iso) });
/** Neither a number nor an instant. */
const mere = (value: string): FormCase => ({ value, text: value });

export const formCases: readonly FormCase[] = [
  form(12, "12", billionths(12)),
  form("12", "12", billionths(12)),
  form("12.0", "12.0", billionths(12)),
  form("-12.5", "-12.5", -12_500_000_000n),
  form("-0", "-0", 0n),
  form("0012", "0012", billionths(12)),
  form(0.1, "0.1", 100_000_000n),
  form(0.30000000000000004, "0.30000000000000004", 300_000_000n),
  form(0.1234567899, "0.1234567899", 123_456_789n),
  form("0.123456789", "0.123456789", 123_456_789n),
  form(999_999_999_999_999, "999999999999999", billionths(999_999_999_999_999)),
  form("999999999999999.999999999", "999999999999999.999999999", 999_999_999_999_999_999_999_999n),
  form(123_456_789_012_345.67, "123456789012345.67", 123_456_789_012_345_670_000_000n),
  // Not as numbers.
  ...["0.1234567891", "1e3", "inf", "nan", " 12", "12 ", "12\n", "\n12", "+5", ".5", "12.", "1,000", "--1", "1000000000000000", "12\0", "١٢", "", "true", '1"2', '"12"', "0x1f"].map(mere),
  form(1e21, "1e21"), form(1e-7, "1e-7"), form(1e15, "1000000000000000"), form(true, "true"), form(false, "false"),

  // Instants.
  instant("2026-01-01", "2026-01-01T00:00:00Z"),
  instant("2024-02-29", "2024-02-29T00:00:00Z"),
  instant("1900-01-01", "1900-01-01T00:00:00Z"),
  instant("1912-03-04", "1912-03-04T00:00:00Z"),
  instant("2199-12-31", "2199-12-31T00:00:00Z"),
  instant("2026-01-01T10:00", "2026-01-01T10:00:00Z"),
  instant("2026-01-01 10:00", "2026-01-01T10:00:00Z"),
  instant("2026-01-01 10:00:05", "2026-01-01T10:00:05Z"),
  instant("2026-01-01T10:00:05z", "2026-01-01T10:00:05Z"),
  instant("2026-01-01T10:00:05.1Z", "2026-01-01T10:00:05.100Z"),
  instant("2026-01-01T10:00:05.123999999Z", "2026-01-01T10:00:05.123Z"),
  instant("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500Z"),
  instant("1950-05-05T05:05:05.555Z", "1950-05-05T05:05:05.555Z"),
  instant("2026-01-01T10:00:00+02:00", "2026-01-01T08:00:00Z"),
  instant("2026-01-01T10:00+0200", "2026-01-01T08:00:00Z"),
  instant("2026-01-01T10:00:00-05:30", "2026-01-01T15:30:00Z"),
  instant("2026-01-01T10:00:00.25+14:00", "2025-12-31T20:00:00.250Z"),
  instant("1900-01-01T00:00:00+01:00", "1899-12-31T23:00:00Z"),
  instant("2199-12-31T23:59:59-05:00", "2200-01-01T04:59:59Z"),
  ...[
    "2026-02-29", "2024-02-30", "2026-04-31", "2026-13-01", "2026-00-10", "2026-01-00", "2026-01-32", "1899-12-31", "2200-01-01", "2026-1-1", "01/02/2026", "Jan 1 2026", "today",
    "2026-01-01T10", "2026-01-01T24:00", "2026-01-01T10:60", "2026-01-01T10:00:60Z", "2026-01-01T10:00:00.1234567890Z", "2026-01-01T10:00:00 +02:00", "2026-01-01Z", "２０２６-01-01",
  ].map(mere),
  form(100_000_000, "100000000", billionths(100_000_000), 100_000_000_000),
  form(99_999_999, "99999999", billionths(99_999_999)),
  form(1_767_261_600, "1767261600", billionths(1_767_261_600), 1_767_261_600_000),
  form("1767261600", "1767261600", billionths(1_767_261_600), 1_767_261_600_000),
  form(1_767_261_600_123, "1767261600123", billionths(1_767_261_600_123), 1_767_261_600_123),
  form(100_000_000_000, "100000000000", billionths(100_000_000_000), 100_000_000_000),
  form(99_999_999_999, "99999999999", billionths(99_999_999_999), 99_999_999_999_000),
  form(9_999_999_999_999, "9999999999999", billionths(9_999_999_999_999), 9_999_999_999_999),
  form(10_000_000_000_000, "10000000000000", billionths(10_000_000_000_000)),
  form("20260101", "20260101", billionths(20_260_101)),
  form("000000001", "000000001", billionths(1)),
  form(-1_767_261_600, "-1767261600", billionths(-1_767_261_600)),
  form(1_767_261_600.5, "1767261600.5", 1_767_261_600_500_000_000n),
];

/** Which instant a date is that names no zone, by the clock of one. */
export interface ClockCase {
  readonly value: string | number;
  readonly zone: string;
  readonly iso: string;
}

const clock = (zone: string, value: ClockCase["value"], iso: string): ClockCase => ({ value, zone, iso });

export const clockCases: readonly ClockCase[] = [
  clock("Europe/Berlin", "2026-03-01", "2026-02-28T23:00:00Z"),
  clock("Europe/Berlin", "2026-07-01T10:00", "2026-07-01T08:00:00Z"),
  clock("Europe/Berlin", "2026-07-01 10:00:05.25", "2026-07-01T08:00:05.250Z"),
  clock("America/New_York", "2026-03-01", "2026-03-01T05:00:00Z"),
  clock("Pacific/Kiritimati", "2026-03-01", "2026-02-28T10:00:00Z"),
  clock("Asia/Katmandu", "2026-03-01T00:00", "2026-02-28T18:15:00Z"),
  clock("Etc/GMT+5", "2026-03-01", "2026-03-01T05:00:00Z"),
  // What names a zone, and counts of seconds, are the same everywhere.
  clock("Europe/Berlin", "2026-03-01T00:00Z", "2026-03-01T00:00:00Z"),
  clock("Europe/Berlin", "2026-03-01T00:00:00-05:00", "2026-03-01T05:00:00Z"),
  clock("Europe/Berlin", "2026-03-01T00:00+0530", "2026-02-28T18:30:00Z"),
  clock("Europe/Berlin", 1_767_261_600, "2026-01-01T10:00:00Z"),
  // Hours that a clock leaves out, and shows twice.
  clock("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:30:00Z"),
  clock("Europe/Berlin", "2026-03-29T03:00", "2026-03-29T01:00:00Z"),
  clock("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30:00Z"),
  clock("Europe/Berlin", "2026-10-25T03:00", "2026-10-25T02:00:00Z"),
  // Days without a midnight, and without anything at all.
  clock("Africa/Cairo", "2024-04-26", "2024-04-25T22:00:00Z"),
  clock("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"),
  clock("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"),
  // Before clocks were set by hours.
  clock("Africa/Monrovia", "1930-01-01", "1930-01-01T00:44:30Z"),
  clock("Asia/Kolkata", "1904-01-01", "1903-12-31T18:38:50Z"),
  clock("Europe/Berlin", "2199-12-31", "2199-12-30T23:00:00Z"),
];

/** Which day of the year a date tells: as it is written. */
export const dayCases: readonly (readonly [value: string | number, day: number | undefined])[] = [
  ["1990-03-01", 301], ["1992-02-29", 229], ["1990-03-01T00:00:00+02:00", 301], ["1990-03-01T23:30:00-08:00", 301], ["1990-02-28T23:00:00.000Z", 228], ["1990-03-01 23:59", 301],
  [636_249_600, 301], [636_249_600_000, 301], ["1990-02-30", undefined], ["03-01", undefined], ["", undefined],
];

/** Whether a test holds of values: a list of several, of none, or one. */
export interface TestCase {
  readonly values: readonly (string | number | boolean)[];
  readonly test: ValueTest;
  readonly holds: boolean;
}

const yes = (values: TestCase["values"], ...tests: readonly ValueTest[]): TestCase[] => tests.map((test) => ({ values, test, holds: true }));
const no = (values: TestCase["values"], ...tests: readonly ValueTest[]): TestCase[] => tests.map((test) => ({ values, test, holds: false }));

export const testCases: readonly TestCase[] = [
  // Of nothing, no test holds; not the negative ones either.
  ...yes([], { op: "is_not_set" }),
  ...no(
    [], { op: "is_set" }, { op: "equals", value: "" }, { op: "not_equals", value: "a" }, { op: "none_of", values: ["a"] }, { op: "does_not_contain", value: "a" },
    { op: "has_all", values: ["a"] }, { op: "at_most", value: 5 }, { op: "before", value: "2026-01-01" }, { op: "matches", value: ".*" },
  ),
  // A number in a definition compares as a number, a text as a text.
  ...yes(["12.0"], { op: "equals", value: 12 }, { op: "one_of", values: [11, 12] }, { op: "not_equals", value: "12" }, { op: "none_of", values: ["12"] }),
  ...yes([12], { op: "equals", value: 12 }, { op: "equals", value: "12" }, { op: "one_of", values: ["12"] }, { op: "has_all", values: ["12", 12] }),
  ...no(["12.0"], { op: "equals", value: "12" }, { op: "one_of", values: ["12", "a"] }, { op: "not_equals", value: 12 }, { op: "none_of", values: [12, "a"] }),
  ...yes([0.30000000000000004], { op: "equals", value: 0.3 }, { op: "at_most", value: 0.3 }),
  ...yes([true], { op: "equals", value: true }, { op: "equals", value: "true" }, { op: "not_equals", value: 1 }),
  ...no([true], { op: "equals", value: 1 }, { op: "equals", value: "TRUE" }, { op: "at_least", value: 0 }, { op: "equals", value: false }),
  ...yes(["a"], { op: "not_equals", value: 1 }, { op: "none_of", values: [1, 2] }),
  ...yes([-5], { op: "between", from: -5, to: -5 }, { op: "less_than", value: -4.999999999 }, { op: "more_than", value: -5.000000001 }),
  ...no(["-5 "], { op: "between", from: -10, to: 10 }),
  ...yes([1e-7], { op: "equals", value: "1e-7" }), ...no([1e-7], { op: "equals", value: 1e-7 }, { op: "more_than", value: 0 }),
  ...yes(["0.0000001"], { op: "equals", value: 1e-7 }),
  ...yes(["999999999999999"], { op: "equals", value: 999_999_999_999_999 }), ...no(["1000000000000000"], { op: "more_than", value: 1 }),
  // One element of a list is enough, but not for what is denied.
  ...yes([1, 2, 3], { op: "equals", value: 2 }, { op: "more_than", value: 2 }, { op: "has_all", values: [1, 3] }, { op: "none_of", values: [4] }),
  ...no([1, 2, 3], { op: "not_equals", value: 2 }, { op: "none_of", values: [3, 4] }, { op: "has_all", values: [1, 4] }, { op: "more_than", value: 3 }),
  ...no(["abc", "x"], { op: "does_not_contain", value: "B" }),
  // Without regard to case, whatever the script; what equals regards it.
  ...yes(["Straße ÄÖÜ"], { op: "contains", value: "STRAßE äöü" }, { op: "starts_with", value: "sTr" }, { op: "ends_with", value: "ü" }, { op: "does_not_contain", value: "strasse" }),
  ...no(["Ham"], { op: "equals", value: "ham" }, { op: "one_of", values: ["HAM"] }),
  ...yes(["ΟΔΟΣ"], { op: "equals", value: "ΟΔΟΣ" }, { op: "contains", value: "οδος" }, { op: "ends_with", value: "ΟΔΟΣ" }),
  ...yes(["İstanbul"], { op: "starts_with", value: "İ" }), ...yes(["ẞ"], { op: "contains", value: "ß" }), ...yes(["𐐀"], { op: "contains", value: "𐐨" }), ...yes(["日本語"], { op: "contains", value: "本" }),
  ...yes(["a%b_c"], { op: "contains", value: "%b_" }), ...no(["axb"], { op: "contains", value: "%" }),
  ...yes(["a\0b"], { op: "contains", value: "\0" }, { op: "equals", value: "a\0b" }), ...no(["a"], { op: "equals", value: "a\0b" }),
  ...yes(["it's"], { op: "equals", value: "it's" }, { op: "contains", value: "'" }), ...yes(["a\\b\t"], { op: "equals", value: "a\\b\t" }, { op: "ends_with", value: "\\b\t" }),
  ...yes([12.5], { op: "contains", value: "2." }, { op: "starts_with", value: "12" }),
  // Patterns are of RE2, with regard to case, anywhere in the text, `.` being a line's end too.
  ...yes(["a\nb"], { op: "matches", value: "a.b" }, { op: "matches", value: "^a" }, { op: "matches", value: "(?m)^b$" }), ...no(["a\nb"], { op: "matches", value: "^b" }, { op: "matches", value: "A" }),
  ...yes(["Ä1"], { op: "matches", value: "^.\\d$" }, { op: "matches", value: "(?i)ä" }, { op: "matches", value: "\\p{Lu}" }), ...no(["Ä"], { op: "matches", value: "\\w" }),
  ...yes(["😀"], { op: "matches", value: "^.$" }), ...yes([""], { op: "matches", value: "^$" }), ...yes([42], { op: "matches", value: "^4" }),
  ...no([`${"a".repeat(60)}!`], { op: "matches", value: "^(a+)+$" }),
  // Instants.
  ...yes(["2024-02-29"], { op: "on_or_after", value: "2024-02-29" }, { op: "before", value: "2024-02-29T00:00:00.001Z" }),
  ...no(["2024-02-30"], { op: "on_or_after", value: "1900-01-01" }, { op: "before", value: "2199-01-01" }),
  ...yes([1_767_261_600], { op: "on_or_after", value: "2026-01-01T10:00:00Z" }), ...no([1_767_261_600], { op: "before", value: "2026-01-01T11:00+01:00" }),
  ...yes(["soon", "2026-01-01"], { op: "before", value: "2026-01-02" }), ...no(["soon"], { op: "before", value: "2026-01-02" }, { op: "on_or_after", value: "1999-01-01" }),
];
