// Every block ends with exactly its rows, whatever happened to the one who sent it, and is counted as landed once.
import { randomUUID } from "node:crypto";
import type pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { ClickHouse } from "../../engines/clickhouse/clickhouse.ts";
import { insertBlock } from "../../engines/clickhouse/insert-block.ts";
import { RowBinaryWriter } from "../../engines/clickhouse/row-binary.ts";
import { quietLogger, startTestClickHouse, startTestPostgres } from "../../engines/testing.ts";
import { rowsOf } from "./landing.ts";
import { packBlocks, writeOutbox, type InsertBlock, type OutboxBlock, type StatementBlock } from "./outbox-block.ts";
import { patienceLimits, type PatienceLimits } from "./patience.ts";
import { createSender, type Sender } from "./sender.ts";
import { insertStatement } from "./table-columns.ts";

const PARTITION = 0;
/** Of a block that waits since before the table gained more. */
const columns = ["workspace_id", "profile_id", "row_id", "updated_at", "first_seen", "deleted", "is_anonymous", "identifiers", "traits", "block_id", "block_row"];

let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
let clickhouse: ClickHouse;
let pool: pg.Pool;
beforeAll(async () => {
  [postgres, clickhouse] = await Promise.all([startTestPostgres(), startTestClickHouse()]);
  pool = postgres.pool("test", 6);
});
afterAll(() => Promise.all([postgres?.stop(), clickhouse?.stop()]));

let nextBlock = 1;
beforeEach(async () => {
  await pool.query("truncate ch_outbox, ch_refused, ledger");
  // Doubled rows must stay visible: the table replaces rows of one key when parts are merged.
  await merges("stop");
});

/** Changes of rows are merges too. */
async function merges(what: "stop" | "start"): Promise<void> {
  await clickhouse.client("api").command({ query: `system ${what} merges profiles` });
}

test("a block that landed and was not marked is not doubled", async () => {
  const block = await written(insertOf(5));
  await land(block);
  await withSender({}, (sender) => sender.drained());
  expect(await landedRowsOf(block)).toEqual([0, 1, 2, 3, 4]);
  expect(await landedCount()).toBe(5);
});

test("of a block that landed in part only the missing rows are sent", async () => {
  const block = await written(insertOf(5));
  await land(block, [0, 3]);
  await withSender({}, (sender) => sender.drained());
  expect(await landedRowsOf(block)).toEqual([0, 1, 2, 3, 4]);
});

test("of several blocks that an earlier process sent in one insert none is doubled", async () => {
  const blocks = [await written(insertOf(2)), await written(insertOf(3)), await written(insertOf(2))];
  for (const block of blocks) await land(block);
  const late = await written(insertOf(2));
  await withSender({}, (sender) => sender.drained());
  expect(await Promise.all([...blocks, late].map(landedRowsOf))).toEqual([[0, 1], [0, 1, 2], [0, 1], [0, 1]]);
  expect(await landedCount()).toBe(9);
});

test("an insert of an earlier life that is still running is waited for", async () => {
  const block = await written(insertOf(1));
  const slow = clickhouse.client("api").command({
    query: `insert into profiles (workspace_id, profile_id, row_id, block_id, block_row)
      select 1, generateUUIDv4(), 1, ${block.blockId}, 0 from numbers(1) where sleep(1.5) = 0`,
    query_id: `outbox-${PARTITION}-of-an-earlier-life`,
  });
  await running(`outbox-${PARTITION}-of-an-earlier-life`);
  await withSender({}, (sender) => sender.drained());
  await slow;
  expect(await landedRowsOf(block)).toEqual([0]);
});

test("a row that ClickHouse refuses is put aside alone; the rest lands, and what follows too", async () => {
  const bad = await written(insertOf(9, { badRow: 6 }));
  const next = await written(insertOf(2));
  await withSender({}, (sender) => sender.drained());
  expect(await landedRowsOf(bad)).toEqual([0, 1, 2, 3, 4, 5, 7, 8]);
  expect(await landedRowsOf(next)).toEqual([0, 1]);
  const { rows } = await pool.query<{ block_id: string; block_row: number; body: Buffer }>("select block_id, block_row, body from ch_refused");
  expect(rows).toEqual([{ block_id: String(bad.blockId), block_row: 6, body: rowsOf(bad, [6]) }]);
  // A start after an unclean end does not send it again.
  await withSender({}, (sender) => sender.drained());
  expect(await landedRowsOf(bad)).toEqual([0, 1, 2, 3, 4, 5, 7, 8]);
});

test("a statement that ClickHouse refuses is put aside too, and stops nothing", async () => {
  const statement = await written(statementOf("ALTER TABLE profiles UPDATE WHERE"));
  const next = await written(insertOf(1));
  await withSender({}, (sender) => sender.drained());
  expect(await landedRowsOf(next)).toEqual([0]);
  expect(await setAsideStatements()).toEqual([{ block_id: String(statement.blockId), statement: statement.statement, code: 62, cause: "not_understood" }]);
});

test("a statement with a function that is not there is set aside; what rests on its rows is told so, also after an unclean end", async () => {
  const statement = await written(statementOf("ALTER TABLE profiles UPDATE deleted = functionOfLater(deleted) WHERE 1"));
  const next = await written(insertOf(1));
  await withSender({}, async (sender) => {
    await sender.drained();
    expect(await sender.isInOrder()).toBe(false);
  });
  expect(await landedRowsOf(next)).toEqual([0]);
  expect(await setAsideStatements()).toMatchObject([{ block_id: String(statement.blockId), code: 46, cause: "unknown_function" }]);
  await withSender({}, (sender) => sender.drained());
  expect(await setAsideStatements()).toHaveLength(1);
});

test("a statement that fails in a way nobody knows is tried often before it is set aside, and leaves no change behind that others wait for", async () => {
  await merges("start");
  const rows = await written(insertOf(1));
  const failing = await written(statementOf(`ALTER TABLE profiles UPDATE deleted = throwIf(block_id = ${rows.blockId}) WHERE 1`));
  await withSender({ patience: { lastingFailures: 1, unknownFailures: 2, unknownMs: 0 } }, async (sender) => {
    await sender.drained();
    expect(await setAsideStatements()).toMatchObject([{ block_id: String(failing.blockId), code: 341, cause: "kept_failing" }]);
    expect(await askNumbers("select count() from system.mutations where table = 'profiles' and not is_done")).toEqual([0]);
    sender.enqueue([await written(statementOf(`ALTER TABLE profiles UPDATE deleted = 9 WHERE block_id = ${rows.blockId}`))]);
    await sender.drained();
  });
  expect(await askNumbers(`select deleted from profiles where block_id = ${rows.blockId}`)).toEqual([9]);
});

test("a statement that ClickHouse could not be asked to run is tried until it can", async () => {
  await merges("start");
  const rows = await written(insertOf(2));
  const statement = statementOf(`ALTER TABLE profiles UPDATE deleted = toUInt8(8 + sleepEachRow(0.4)) WHERE block_id = ${rows.blockId}`);
  await withSender({ patience: { lastingFailures: 1, unknownFailures: 0, unknownMs: -1 } }, async (sender) => {
    await sender.drained();
    sender.enqueue([await written(statement)]);
    await mutating();
    const pid = clickhouse.pid();
    if (pid !== undefined) process.kill(pid, "SIGKILL");
    await sender.drained();
    expect(await sender.isInOrder()).toBe(true);
  });
  expect(await askNumbers(`select deleted from profiles where block_id = ${rows.blockId}`)).toEqual([8, 8]);
});

test("a statement runs after all blocks before it and before all behind it", async () => {
  await merges("start");
  const before = [await written(insertOf(2)), await written(insertOf(2))];
  const ids = before.map(({ blockId }) => blockId);
  const statement = await written(statementOf(`ALTER TABLE profiles UPDATE deleted = 7 WHERE block_id >= ${Math.min(...ids)}`));
  const behind = await written(insertOf(2));
  await withSender({ enqueue: [...before, statement, behind] }, (sender) => sender.drained());
  expect(await askNumbers(`select distinct deleted from profiles where block_id in (${ids.join(", ")})`)).toEqual([7]);
  expect(await askNumbers(`select distinct deleted from profiles where block_id = ${behind.blockId}`)).toEqual([0]);
});

test("blocks put aside for memory are read back and land", async () => {
  const blocks: InsertBlock[] = [];
  for (let i = 0; i < 6; i++) blocks.push(await written(insertOf(3)));
  await withSender({ memoryBytesMax: 1, enqueue: blocks }, (sender) => sender.drained());
  for (const block of blocks) expect(await landedRowsOf(block)).toEqual([0, 1, 2]);
  expect(await landedCount()).toBe(18);
});

test("blocks of a commit whose answer was lost are found in the outbox, in their place", async () => {
  await withSender({}, async (sender) => {
    const lost = await written(insertOf(2));
    await sender.catchUp();
    const next = await written(insertOf(1));
    sender.enqueue([lost, next]);
    await sender.drained();
    expect([await landedRowsOf(lost), await landedRowsOf(next)]).toEqual([[0, 1], [0]]);
  });
  expect(await landedCount()).toBe(3);
});

test("a block that was marked by a commit whose answer was lost is counted once", async () => {
  const block = await written(insertOf(4));
  await pool.query("update ch_outbox set sent_at = now()");
  await withSender({ enqueue: [block] }, (sender) => sender.drained());
  expect(await landedCount()).toBe(0);
  expect(await landedRowsOf(block)).toEqual([0, 1, 2, 3]);
});

test("after an unclean end a landed part that is gone is inserted again, and the changes of its rows are made again", async () => {
  await merges("start");
  const blocks = [await written(insertOf(3)), await written(insertOf(2))];
  const statement = await written(statementOf(`ALTER TABLE profiles UPDATE deleted = 5 WHERE block_id = ${blocks[0]?.blockId}`));
  await withSender({ enqueue: [...blocks, statement] }, (sender) => sender.drained());
  for (const part of await partsOf(blocks[0])) await clickhouse.client("write").command({ query: `ALTER TABLE profiles DROP PART '${part}'` });
  expect(await landedRowsOf(blocks[0])).toEqual([]);
  await withSender({}, async (sender) => {
    await sender.drained();
    expect(sender.isVerified()).toBe(true);
  });
  expect(await Promise.all(blocks.map(landedRowsOf))).toEqual([[0, 1, 2], [0, 1]]);
  expect(await askNumbers(`select distinct deleted from profiles where block_id = ${blocks[0]?.blockId}`)).toEqual([5]);
  expect(await landedCount()).toBe(5);
});

test("what waits while ClickHouse is killed lands by itself, once", async () => {
  const blocks: InsertBlock[] = [];
  await withSender({}, async (sender) => {
    for (let i = 0; i < 8; i++) {
      const block = await written(insertOf(200));
      blocks.push(block);
      sender.enqueue([block]);
      const pid = clickhouse.pid();
      if (i % 4 === 2 && pid !== undefined) process.kill(pid, "SIGKILL");
    }
    await sender.drained();
  });
  for (const block of blocks) expect(await landedRowsOf(block)).toEqual(Array.from({ length: 200 }, (_, row) => row));
  expect(await landedCount()).toBe(1_600);
});

// ── Blocks ────────────────────────────────────────────────────────────────────────────────────────────────────────────

function insertOf(rows: number, { badRow }: { badRow?: number } = {}): InsertBlock {
  const blockId = nextBlock++;
  const writer = new RowBinaryWriter();
  const rowEnds: number[] = [];
  for (let row = 0; row < rows; row++) {
    writer.uint32(1);
    writer.uuid(randomUUID());
    writer.uint64(blockId);
    writer.dateTime64(0);
    writer.dateTime64(0);
    writer.uint8(0);
    writer.uint8(0);
    writer.stringArray([]);
    writer.string(row === badRow ? `{"name": ` : `{"name":"n${row}"}`);
    writer.uint64(blockId);
    writer.uint32(row);
    rowEnds.push(writer.length);
  }
  return {
    kind: "insert", blockId, partition: PARTITION, table: "profiles", month: 0, statement: insertStatement("profiles", columns), rows,
    rowEnds: Uint32Array.from(rowEnds), body: writer.copy(),
    counts: [{ workspaceId: 1, sourceId: 1, minuteMs: 0, outcome: "stored", reason: "", count: rows }],
  };
}

function statementOf(statement: string): StatementBlock {
  return { kind: "statement", blockId: nextBlock++, partition: PARTITION, table: "profiles", statement };
}

/** Writes the block into the outbox, as a commit does. */
async function written<Block extends OutboxBlock>(block: Block): Promise<Block> {
  await packBlocks([block]);
  const tx = await pool.connect();
  await writeOutbox(tx, [block]);
  tx.release();
  return block;
}

async function land(block: InsertBlock, rows: readonly number[] = [...block.rowEnds.keys()]): Promise<void> {
  await insertBlock(clickhouse.client("write"), { statement: block.statement, body: rowsOf(block, rows) });
}

/** A sender from its start to its end. Blocks to `enqueue` are not found in the outbox at its start. */
async function withSender(
  { memoryBytesMax = 1e8, enqueue = [], patience = patienceLimits }: {
    memoryBytesMax?: number; enqueue?: readonly OutboxBlock[]; patience?: PatienceLimits;
  },
  work: (sender: Sender) => Promise<void>,
): Promise<void> {
  const sender = createSender({ pool, clickhouse: clickhouse.client("write"), partition: PARTITION, logger: quietLogger, lingerMs: 5, memoryBytesMax, patience });
  const ids = enqueue.map(({ blockId }) => blockId);
  // At its start the sender takes what is there; these are to come as from a commit behind it.
  await pool.query("update ch_outbox set partition = 99 where block_id = any($1::bigint[])", [ids]);
  await sender.recover();
  await vi.waitUntil(() => sender.isVerified(), { timeout: 60_000, interval: 5 });
  await pool.query("update ch_outbox set partition = $2 where block_id = any($1::bigint[])", [ids, PARTITION]);
  sender.enqueue(enqueue);
  try {
    await work(sender);
  } finally {
    await sender.stop();
  }
}

// ── Looking ───────────────────────────────────────────────────────────────────────────────────────────────────────────

async function landedRowsOf(block: { readonly blockId: number } | undefined): Promise<number[]> {
  return askNumbers(`select block_row from profiles where block_id = ${block?.blockId} order by block_row`);
}

async function askNumbers(query: string): Promise<number[]> {
  const result = await clickhouse.client("api").query({ query, format: "JSONCompactEachRow" });
  return (await result.json<[number]>()).map(([value]) => value);
}

async function partsOf(block: { readonly blockId: number } | undefined): Promise<string[]> {
  const result = await clickhouse.client("api").query({ query: `select distinct _part from profiles where block_id = ${block?.blockId}`, format: "JSONCompactEachRow" });
  return (await result.json<[string]>()).map(([name]) => name);
}

async function landedCount(): Promise<number> {
  const { rows } = await pool.query<{ count: string | null }>("select sum(count) as count from ledger where hop = 'landed'");
  return Number(rows[0]?.count ?? 0);
}

async function setAsideStatements(): Promise<object[]> {
  const { rows } = await pool.query<object>("select block_id, statement, code, cause from ch_refused where kind = 'statement' and status = 'open'");
  return rows;
}

async function running(queryId: string): Promise<void> {
  for (;;) {
    const found = await askNumbers(`select count() from system.processes where startsWith(query, '/*${queryId}') or query_id = '${queryId}'`);
    if (found[0] === 1) return;
  }
}

async function mutating(): Promise<void> {
  while ((await askNumbers("select count() from system.mutations where not is_done and table = 'profiles'"))[0] === 0);
}
