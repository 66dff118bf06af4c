// The table of cases, asked of ClickHouse, of values as the pipeline writes them.
import type { ClickHouseClient } from "@clickhouse/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { definition } from "@tributary/schema/audience/definition.ts";
import { clockMs, clockSql, shownSql } from "@tributary/schema/audience/clock.ts";
import { testSql } from "@tributary/schema/audience/value-test.ts";
import { clockCases, dayCases, formCases, readingCases, testCases } from "@tributary/schema/audience/value.cases.ts";
import { dayOfYearSql, instantSql, itemsAt, itemsSql, numberSql, rawsAt, rawsSql, textSql, type Bind } from "@tributary/schema/audience/value.ts";
import type { ClickHouse } from "../engines/clickhouse/clickhouse.ts";
import { startTestClickHouse } from "../engines/testing.ts";
import { acceptableJson } from "../pipeline/acceptable-row.ts";
import { KnownPaths } from "../pipeline/known-paths.ts";

let engine: ClickHouse;
let clickhouse: ClickHouseClient;
beforeAll(async () => {
  engine = await startTestClickHouse();
  clickhouse = engine.client("evaluate");
  await engine.client("write").command({ query: "create table sent (id UInt32, properties JSON(max_dynamic_paths = 64)) engine = MergeTree order by id" });
});
afterAll(() => engine.stop());

class Bound {
  readonly params: Record<string, unknown> = {};
  bind: Bind = (type, value) => {
    const name = `p${Object.keys(this.params).length}`;
    this.params[name] = value;
    return `{${name}:${type}}`;
  };

  async rows<Row>(query: string): Promise<Row[]> {
    return (await clickhouse.query({ query, query_params: this.params, format: "JSONEachRow" })).json<Row>();
  }
}

async function keep(firstId: number, all: readonly Readonly<Record<string, unknown>>[], known?: KnownPaths): Promise<string[]> {
  const texts = all.map((sent) => acceptableJson(sent, known ?? new KnownPaths()));
  const lines = texts.map((text, i) => `{"id":${firstId + i},"properties":${text}}`);
  await engine.client("write").exec({ query: `insert into sent format JSONEachRow\n${lines.join("\n")}` });
  return texts;
}

const parsed = (texts: readonly string[]): unknown[] => texts.map((text): unknown => JSON.parse(text));

/** What ClickHouse reads at each path of the row with each id. */
async function read(asked: readonly { readonly id: number; readonly path: string }[]): Promise<{ raws: string[]; items: string[] }[]> {
  const answers: { raws: string[]; items: string[] }[] = [];
  for (const { id, path } of asked) {
    const bound = new Bound();
    const [row] = await bound.rows<{ raws: string[]; items: string[] }>(`select ${rawsSql(bound.bind, "properties", path)} as raws, ${itemsSql(bound.bind, "properties", path)} as items from sent where id = ${id}`);
    if (row === undefined) throw new Error(`No row ${id}.`);
    answers.push(row);
  }
  return answers;
}

test("ClickHouse finds at each path what the table says, and so does the plain evaluator in what was kept", async () => {
  const texts = await keep(0, readingCases.map(({ sent }) => sent));
  const answers = await read(readingCases.map(({ path }, id) => ({ id, path })));
  const found = answers.map(({ raws, items }) => ({ raws: parsed(raws), items: parsed(items) }));
  expect(found).toEqual(readingCases.map(({ raws, items }) => ({ raws: parsed(raws), items })));
  // In lists of objects and in events with paths that are new, the encoder writes names with dots.
  const kept = texts.map((text) => JSON.parse(text) as Readonly<Record<string, unknown>>);
  expect(readingCases.map(({ path }, i) => rawsAt(kept[i] ?? {}, path))).toEqual(readingCases.map(({ raws }) => raws));
  expect(readingCases.map(({ path }, i) => itemsAt(kept[i] ?? {}, path).length)).toEqual(readingCases.map(({ items }) => items?.length));
});

test("ClickHouse finds the same when the paths are known, with more paths than columns, after a merge of parts, and whatever stands in the rows around", async () => {
  const known = new KnownPaths();
  const crowd = Object.fromEntries(Array.from({ length: 90 }, (_, i) => [`crowd_${String.fromCodePoint(97 + (i % 26))}${i}`, i]));
  for (const first of [1_000, 2_000]) await keep(first, readingCases.map(({ sent }) => ({ ...sent, ...crowd })), known);
  await engine.client("write").command({ query: "optimize table sent final" });
  const backwards = readingCases.toReversed();
  await keep(3_000, backwards.map(({ sent }) => sent), known);
  const last = readingCases.length - 1;
  const answers = await read(readingCases.map(({ path }, i) => ({ id: i % 2 === 0 ? 2_000 + i : 3_000 + last - i, path })));
  expect(answers.map(({ raws, items }) => ({ raws: parsed(raws), items: parsed(items) }))).toEqual(readingCases.map(({ raws, items }) => ({ raws: parsed(raws), items })));
});

test("ClickHouse takes each value for the text, the number and the instant that the table says", async () => {
  const bound = new Bound();
  const raws = bound.bind("Array(String)", formCases.map(({ value }) => JSON.stringify(value).replace("e+", "e")));
  const rows = await bound.rows<{ text: string; number: string | null; ms: number | null }>(
    `select ${textSql("raw")} as text, toString(${numberSql("raw")} * 1000000000) as number, ${instantSql(bound.bind, "raw", { zone: "UTC" })} as ms from (select arrayJoin(${raws}) as raw)`,
  );
  expect(rows.map(({ text, number, ms }) => [text, number === null ? undefined : BigInt(number), ms === null ? undefined : Number(ms)]))
    .toEqual(formCases.map(({ text, number, ms }) => [text, number, ms]));
});

test("ClickHouse tells dates by the clock that the table says, and the day of the year", async () => {
  const bound = new Bound();
  const raw = (value: string | number): string => bound.bind("String", JSON.stringify(value));
  const [row] = await bound.rows<{ instants: number[]; days: number[] }>(
    `select [${clockCases.map(({ value, zone }) => instantSql(bound.bind, raw(value), { zone })).join(", ")}] as instants, [${dayCases.map(([value]) => dayOfYearSql(bound.bind, raw(value))).join(", ")}] as days`,
  );
  expect(clockCases.map((one, i) => ({ ...one, iso: new Date(Number(row?.instants[i])).toISOString() }))).toEqual(clockCases.map((one) => ({ ...one, iso: new Date(one.iso).toISOString() })));
  expect(row?.days).toEqual(dayCases.map(([, day]) => day ?? 0));
});

test("in every kind of zone, around the times at which clocks are changed, ClickHouse and Temporal know the same instants", async () => {
  const zones = ["UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca", "Africa/Monrovia", "Africa/Cairo", "Asia/Tehran", "Asia/Gaza", "Pacific/Apia", "America/Sao_Paulo", "Europe/Dublin", "Antarctica/Troll", "Etc/GMT-14"];
  const steps = [-86_400_000, -3_600_000, -1, 0, 1, 1_800_000, 3_600_000, 5_400_000, 86_400_000];
  for (const zone of zones) {
    const changes: number[] = [];
    for (let at = Temporal.Instant.from("1899-06-01T00:00Z").toZonedDateTimeISO(zone).getTimeZoneTransition("next"); at !== null && at.year < 2199; at = at.getTimeZoneTransition("next")) changes.push(at.epochMilliseconds);
    const times = [0, ...changes].flatMap((ms) => steps.map((step) => ms + step));
    const shown = times.map((ms) => ms + Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone).offsetNanoseconds / 1e6);
    const bound = new Bound();
    const list = (all: readonly number[]): string => bound.bind("Array(Int64)", all);
    const rows = await bound.rows<{ at: number; shown: number }>(`select ${clockSql(bound.bind, "told.1", { zone })} as at, ${shownSql(bound.bind, "told.2", { zone })} as shown from (select arrayJoin(arrayZip(${list(shown)}, ${list(times)})) as told)`);
    expect(rows.map((row) => [Number(row.at), Number(row.shown)]), zone).toEqual(times.map((_, i) => [clockMs(shown[i] ?? 0, zone), shown[i]]));
  }
});

test("each test holds in ClickHouse of what the table says, and of nothing else", async () => {
  const bound = new Bound();
  const truths = testCases.map(({ values, test: one }) => testSql(bound.bind, bound.bind("Array(String)", values.map((value) => JSON.stringify(value).replace("e+", "e"))), one, "UTC"));
  const [row] = await bound.rows<{ truths: number[] }>(`select [${truths.map((truth) => `toUInt8(${truth})`).join(", ")}] as truths`);
  expect(testCases.filter(({ holds }, i) => (row?.truths[i] === 1) !== holds)).toEqual([]);
});

test("every test of the table may stand in a definition", () => {
  for (const { test: one } of testCases) expect(definition.safeParse({ who: { kind: "trait", trait: "a", ...one } }).success, JSON.stringify(one)).toBe(true);
});
