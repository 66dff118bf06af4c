// Readings one after another on the real engine, beside a plain comparison of the same rows in memory.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ModelDefinition } from "@tributary/schema/model.ts";
import type { ClickHouse } from "../engines/clickhouse/clickhouse.ts";
import { startTestClickHouse } from "../engines/testing.ts";
import { compareRows, type Compared } from "./compare-rows.ts";
import { modelLimits } from "./model-limits.ts";
import { keyWriter, rowWriter, valueText } from "./normalise-row.ts";
import { readModelChanges, readModelChangesAgain, readModelRows } from "./read-changes.ts";
import type { Row } from "./reader.ts";
import { CHANGES_PER_READING_MAX, seqOf } from "./seq.ts";
import { dropReading, refuseDoubleKeys, stageRows } from "./stage-rows.ts";
import { rowsReader } from "./testing.ts";

let clickhouse: ClickHouse;
beforeAll(async () => {
  clickhouse = await startTestClickHouse();
});
afterAll(() => clickhouse.stop());

const COLUMNS = { id: "number", part: "text", email: "text", amount: "decimal", at: "instant", more: "json" };
const definition: ModelDefinition = { warehouse: null, query: { kind: "sql", sql: "select 1" }, key: ["id", "part"], person: { column: "email", namespace: "email" }, stopShare: 0.3 };
/** Small, so that one comparison goes through many ranges and one reading through many inserts. */
const limits = { ...modelLimits, stageRows: 70, compareRows: 90 };
const client = () => clickhouse.client("models");

async function stage(rows: readonly Row[], reading: { workspaceId: number; modelId: number; nr: number }): Promise<{ rows: number; bytes: number }> {
  const reader = rowsReader(() => rows, COLUMNS, 30);
  let columns: readonly { name: string; type: string }[] = [];
  const batches = reader.read(definition.query, { signal: new AbortController().signal, onColumns: (told) => (columns = told) });
  const staged = await stageRows({
    clickhouse: client(), reading, definition, batches, columns: () => columns, personText: (value) => (typeof value === "string" ? value.toLowerCase() : ""), isLeftOut: () => false, limits, onProgress: () => Promise.resolve(),
  });
  await refuseDoubleKeys(client(), reading, limits);
  return staged;
}

/** A reproducible source of chance. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** The same row written as another program might: columns in another order, decimals and instants in other forms. */
function otherwise(row: Row, below: (n: number) => number): Row {
  const { amount, at } = row as { amount: string | null; at: string };
  const forms = { amount: amount === null ? null : [amount, `${amount}0`, `0${amount}`][below(3)], at: [at, at.replace("Z", "+00:00"), at.replace(".500Z", ".5Z")][below(3)] };
  const entries = Object.entries({ ...row, ...forms, more: { b: [1, { y: null, x: "é" }], a: 1 } });
  return Object.fromEntries(below(2) === 0 ? entries : entries.reverse());
}

test("a series of readings leaves exactly the changes, and the rows, that a plain comparison finds", async () => {
  const below = chance(20_261_122);
  const model = { workspaceId: 7, modelId: 3 };
  const columns = Object.entries(COLUMNS).map(([name, type]) => ({ name, type }));
  const [textOf, keyOf] = [rowWriter(columns), keyWriter(columns, definition.key, 1_000)];
  const key = (row: Row): string => {
    const found = keyOf(row);
    return "key" in found ? found.key : "";
  };
  const made = (id: number, version: number): Row => ({
    id, part: id % 3 === 0 ? "ä\"\\" : "b", email: `Person${id % 50}@example.com`, amount: id % 7 === 0 ? null : `${id}.${version}5`, at: "2026-11-22T10:00:00.500Z", more: { a: 1, b: [1, { x: "é", y: null }] },
  });
  const rows = new Map<number, number>();
  const oracle = new Map<string, string>();
  let [before, lastNr] = [{ lastSeq: 0, rows: 0 }, 0];
  for (const size of [400, 400, 400, 5, 300, 0, 250]) {
    // Some go, some change, some come; at a size far from the last, most go or come.
    for (const id of [...rows.keys()]) if (rows.size > size || below(10) === 0) rows.delete(id);
    for (const id of rows.keys()) if (below(8) === 0) rows.set(id, (rows.get(id) ?? 0) + 1);
    while (rows.size < size) rows.set(below(900) + 1, below(3));
    const result = [...rows].map(([id, version]) => otherwise(made(id, version), below));
    const reading = { ...model, nr: ++lastNr };
    if (below(2) === 0) {
      // One that a kill cut off in the middle of its comparison, and that is begun anew.
      const staged = await stage(result, reading);
      await compareRows({ clickhouse: client(), reading, runId: 99, before, staged, atMs: 0, limits, onProgress: () => Promise.reject(new Error("killed")) }).catch(() => undefined);
      await dropReading(client(), reading, { fromSeq: seqOf(reading.nr, 0), toSeq: seqOf(reading.nr, CHANGES_PER_READING_MAX) });
      reading.nr = ++lastNr;
    }
    const staged = await stage(result, reading);
    const compared: Compared = await compareRows({ clickhouse: client(), reading, runId: reading.nr, before, staged, atMs: 1_000 * reading.nr, limits, onProgress: () => Promise.resolve() });
    await dropReading(client(), reading, undefined);

    const now = new Map(result.map((row) => [key(row), textOf(row)]));
    const expected = [
      ...[...now].flatMap(([name, text]) => (!oracle.has(name) ? [["added", name, text, undefined]] : oracle.get(name) === text ? [] : [["changed", name, text, oracle.get(name)]])),
      ...[...oracle].flatMap(([name, text]) => (now.has(name) ? [] : [["removed", name, text, undefined]])),
    ].map((one) => JSON.stringify(one)).sort();
    const changes = await readModelChanges({ clickhouse: client(), ...model }, { afterSeq: before.lastSeq, untilSeq: compared.lastSeq, limit: 10_000 });
    expect(changes.map((one) => JSON.stringify([one.change, one.keyText, JSON.stringify(one.row), one.before && JSON.stringify(one.before)])).sort()).toEqual(expected);
    expect(changes.map(({ seq }) => seq)).toEqual(changes.map((_, i) => seqOf(reading.nr, i + 1)));
    expect(compared).toMatchObject({ added: count(changes, "added"), changed: count(changes, "changed"), removed: count(changes, "removed") });
    oracle.clear();
    for (const [name, text] of now) oracle.set(name, text);
    before = { lastSeq: compared.lastSeq, rows: result.length };
    // The rows as they stand, page by page.
    const standing: string[] = [];
    for (let afterSeq = 0; ;) {
      const page = await readModelRows({ clickhouse: client(), ...model }, { atSeq: before.lastSeq, afterSeq, limit: 97 });
      standing.push(...page.map((one) => JSON.stringify([one.keyText, JSON.stringify(one.row)])));
      afterSeq = page.at(-1)?.seq ?? 0;
      if (page.length < 97) break;
    }
    expect(standing.sort()).toEqual([...oracle].map((one) => JSON.stringify(one)).sort());
  }
  const someSeqs = (await readModelChanges({ clickhouse: client(), ...model }, { afterSeq: 0, untilSeq: before.lastSeq, limit: 10 })).map(({ seq }) => seq);
  expect((await readModelChangesAgain({ clickhouse: client(), ...model }, { untilSeq: before.lastSeq, seqs: [...someSeqs, seqOf(lastNr + 1, 1)] })).map(({ seq }) => seq)).toEqual(someSeqs);
  const left = await client().query({ query: "select count() as c from model_row", format: "JSONEachRow" });
  expect(await left.json()).toEqual([{ c: 0 }]);
});

function count(changes: readonly { readonly change: string }[], kind: string): number {
  return changes.filter(({ change }) => change === kind).length;
}

test("rows without a usable key, and keys in several rows, end the reading with a sample", async () => {
  const reading = { workspaceId: 7, modelId: 4, nr: 1 };
  const row = (id: unknown, part: unknown = "a"): Row => ({ id, part, email: null, amount: null, at: null, more: null });
  await expect(stage([row(1), row(null), row(2), row(undefined)], reading)).rejects.toMatchObject({ told: { code: "key_null", count: 2, sample: [{ lines: [2] }, { lines: [4] }] } });
  await expect(stage([row(1), row(2, { a: 1 })], { ...reading, nr: 2 })).rejects.toMatchObject({ told: { code: "key_not_plain", count: 1 } });
  await expect(stage([row(1, "x".repeat(2_000))], { ...reading, nr: 3 })).rejects.toMatchObject({ told: { code: "key_too_long" } });
  await expect(stage([row(1), row(2), row(1), row(3), row(2), row(1)], { ...reading, nr: 4 }))
    .rejects.toMatchObject({ told: { code: "key_double", count: 2, sample: [{ key: '["1","a"]', lines: [1, 3, 6] }, { key: '["2","a"]', lines: [2, 5] }] } });
  // Joined, these would be the same text; as keys they are not.
  await stage([row(1, '","'), row('1","', "")], { ...reading, nr: 5 });
});

test.each([
  [12, "number", "12"], [-0, "number", "0"], [Number.NaN, "number", "null"], [1e21, "number", "1e+21"], ["12.50", "decimal", "12.5"], ["-0.00", "decimal", "0"], ["+007", "decimal", "7"],
  ["123456789012345678.90", "decimal", '"123456789012345678.9"'], ["1e5", "decimal", '"1e5"'], ["12.50", "text", '"12.50"'], ["2026-01-02T03:04:05Z", "instant", '"2026-01-02T03:04:05.000Z"'],
  ["2026-01-02 03:04:05.123456+00", "instant", '"2026-01-02T03:04:05.123456Z"'], ["2026-01-02T03:04:05.120+02:00", "instant", '"2026-01-02T01:04:05.120Z"'], ["2026-01-02", "date", '"2026-01-02"'],
  [null, "text", "null"], [undefined, "text", "null"], ["a\ud800", "text", '"a\ufffd"'], [{ b: 1, a: { d: -0, c: [{ z: 1, y: 2 }] } }, "json", '{"a":{"c":[{"y":2,"z":1}],"d":0},"b":1}'],
  [JSON.parse('{"__proto__": {"x": 1}}'), "json", '{"__proto__":{"x":1}}'],
])("%j as %s is %s", (value, type, text) => {
  expect(valueText(value, type)).toBe(text);
});
