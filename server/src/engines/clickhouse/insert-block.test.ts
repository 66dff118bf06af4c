// A block is one part, whole or not at all; and what landed can be asked.
import { randomUUID } from "node:crypto";
import { readdirSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestClickHouse } from "../testing.ts";
import type { ClickHouse } from "./clickhouse.ts";
import { rowsFileHeader } from "./clickhouse-use.ts";
import { insertBlock, isRefusal, landedRows, runStatement, waitUntilIdle } from "./insert-block.ts";
import { RowBinaryWriter } from "./row-binary.ts";

let clickhouse: ClickHouse;

beforeAll(async () => {
  clickhouse = await startTestClickHouse();
  await clickhouse.client("write").command({
    query: `create table blocks (id UInt64, p JSON(max_dynamic_paths=64), raw String, block_id UInt64, block_row UInt32)
      engine = MergeTree order by id settings fsync_after_insert = 1, fsync_part_directory = 1`,
  });
});
afterAll(async () => {
  await clickhouse.stop();
});

const statement = "insert into blocks (id, p, raw, block_id, block_row) format RowBinary";

function block(blockId: number, rows: number, rawBytes: number): Buffer {
  const writer = new RowBinaryWriter();
  const raw = Buffer.alloc(rawBytes, "\n");
  for (let row = 0; row < rows; row++) {
    writer.uint64(row);
    writer.string(`{"price":${row},"name":"n${row % 7}"}`);
    writer.string(raw);
    writer.uint64(blockId);
    writer.uint32(row);
  }
  return writer.take();
}

async function ask<Row>(query: string): Promise<Row[]> {
  const result = await clickhouse.client("api").query({ query, format: "JSONEachRow" });
  return result.json<Row>();
}

async function partsMade(run: () => Promise<void>): Promise<number[]> {
  const client = clickhouse.client("write");
  await client.command({ query: "system stop merges blocks" });
  const before = new Set((await ask<{ name: string }>("select name from system.parts where table = 'blocks'")).map((part) => part.name));
  await run();
  const after = await ask<{ name: string; rows: number }>("select name, rows from system.parts where table = 'blocks'");
  return after.filter((part) => !before.has(part.name)).map((part) => part.rows);
}

test.each([
  ["one row", 1, 10],
  ["20,000 rows", 20_000, 100],
  ["64 MB", 600, 107_000],
])("a block of %s is exactly one part", async (_, rows, rawBytes) => {
  const made = await partsMade(() => insertBlock(clickhouse.client("write"), { statement, body: block(1, rows, rawBytes) }));
  expect(made).toEqual([rows]);
});

test("the rows of a block that landed can be asked for", async () => {
  const client = clickhouse.client("write");
  expect(await landedRows(client, "blocks", 2 ** 53 - 1)).toEqual([]);
  await insertBlock(client, { statement, body: block(2 ** 53 - 1, 2_600, 1) });
  const landed = await landedRows(client, "blocks", 2 ** 53 - 1);
  expect(landed.sort((a, b) => a - b)).toEqual(Array.from({ length: 2_600 }, (_, row) => row));
});

test("the same block inserted again is there again: nothing is dropped in secret", async () => {
  const client = clickhouse.client("write");
  await insertBlock(client, { statement, body: block(3, 2, 1) });
  await insertBlock(client, { statement, body: block(3, 2, 1) });
  expect(await landedRows(client, "blocks", 3)).toHaveLength(4);
});

test("a block with a row that can't be read is refused whole", async () => {
  const client = clickhouse.client("write");
  const good = block(4, 5, 1);
  for (const body of [good.subarray(0, good.length - 3), Buffer.concat([good, badJson()])]) {
    const failed = await insertBlock(client, { statement, body }).catch((error: unknown) => error);
    expect(isRefusal(failed)).toBe(true);
  }
  expect(await landedRows(client, "blocks", 4)).toEqual([]);
});

function badJson(): Buffer {
  const writer = new RowBinaryWriter();
  writer.uint64(9);
  writer.string("{not json");
  writer.string("");
  writer.uint64(4);
  writer.uint32(9);
  return writer.take();
}

test("a block may come in pieces, and leaves no file behind", async () => {
  const client = clickhouse.client("write");
  await insertBlock(client, { statement, body: [block(6, 3, 1), block(7, 2, 1)] });
  expect([(await landedRows(client, "blocks", 6)).length, (await landedRows(client, "blocks", 7)).length]).toEqual([3, 2]);
  const { endpoint } = clickhouse;
  if ("insertsFolder" in endpoint) expect(readdirSync(endpoint.insertsFolder)).toEqual([]);
});

test("rows whose file is gone are not taken for rows that can't be read", async () => {
  if (clickhouse.mode !== "embedded") return;
  const failed = await clickhouse.client("write")
    .exec({ query: statement, http_headers: { [rowsFileHeader]: `rows-${randomUUID()}` } }).catch((error: unknown) => error);
  expect(failed).toMatchObject({ code: "107" });
  expect(isRefusal(failed)).toBe(false);
  const elsewhere = await clickhouse.client("write")
    .exec({ query: statement, http_headers: { [rowsFileHeader]: "../clickhouse-config.xml" } }).catch((error: unknown) => error);
  expect(elsewhere).toMatchObject({ code: "36" });
});

test("a missing table or a lost connection is no refusal of rows", async () => {
  const lost = { statement: "insert into nosuch (a) format RowBinary", body: Buffer.from([1]) };
  const failed = await insertBlock(clickhouse.client("write"), lost).catch((error: unknown) => error);
  expect(failed).toMatchObject({ code: "60" });
  expect(isRefusal(failed)).toBe(false);
  expect(isRefusal(new Error("read ECONNRESET"))).toBe(false);
});

test("a query is idle once it has ended, and not before", async () => {
  const api = clickhouse.client("api");
  const query = "select sleepEachRow(0.1) from numbers(8) settings max_block_size = 1";
  const running = api.query({ query, query_id: "busy", format: "JSONEachRow" });
  const result = await running;
  expect(await waitUntilIdle(api, "busy", 50)).toBe(false);
  await result.text();
  expect(await waitUntilIdle(api, "busy", 2_000)).toBe(true);
});

test("a statement has taken effect in all rows when it returns", async () => {
  const client = clickhouse.client("write");
  await client.command({ query: "system start merges blocks" });
  await insertBlock(client, { statement, body: block(5, 100, 1) });
  await runStatement(client, "alter table blocks update raw = 'new' where block_id = 5");
  expect(await ask("select count() as n from blocks where block_id = 5 and raw = 'new'")).toEqual([{ n: 100 }]);
});
