// Kill -9 of ClickHouse's process in the middle of an insert: a part is written as `tmp_insert_…` and then renamed. The kill
// comes when such a folder shows up (or a moment later), which is between the two; every block must end with exactly its rows.
import { watch, type FSWatcher } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startClickHouse, type ClickHouse } from "../../server/src/engines/clickhouse/clickhouse.ts";
import { RowBinaryWriter } from "../../server/src/engines/clickhouse/row-binary.ts";
import { quietLogger, startTestPostgres } from "../../server/src/engines/testing.ts";
import { packBlocks, writeOutbox, type InsertBlock } from "../../server/src/pipeline/outbox/outbox-block.ts";
import { createSender, type Sender } from "../../server/src/pipeline/outbox/sender.ts";
import { insertStatement } from "../../server/src/pipeline/outbox/table-columns.ts";
import { randomSource } from "./random-source.ts";

const statement = insertStatement("killed", ["workspace_id", "text", "block_id", "block_row"]);
const KILLS = 20;
const ROWS = 4_000;
/** Blocks sent until as many kills have hit an insert; the rest of the kills came too late. */
const BLOCKS_MAX = 80;

let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
let clickhouse: ClickHouse;
let pool: pg.Pool;
let sender: Sender;
beforeAll(async () => {
  postgres = await startTestPostgres();
  clickhouse = await startClickHouse({ dataDir: postgres.dataDir, logger: quietLogger });
  // Of a kind that never drops a row by itself, so that one too many shows.
  await clickhouse.client("write").command({
    query: `create table killed (workspace_id UInt32, text String, block_id UInt64, block_row UInt32) engine = MergeTree order by (workspace_id, text)
      settings fsync_after_insert = 1, fsync_part_directory = 1`,
  });
  pool = postgres.pool("test", 4);
  sender = createSender({ pool, clickhouse: clickhouse.client("write"), partition: 0, logger: quietLogger, lingerMs: 0, memoryBytesMax: 1e8 });
  await sender.recover();
});
afterAll(async () => {
  await sender?.stop();
  await clickhouse?.stop();
  await postgres?.stop();
});

test("every block ends with exactly its rows, wherever in an insert the kill came", async () => {
  const random = randomSource(11);
  const folder = await partsFolder(join(postgres.dataDir, "clickhouse"));
  let hits = 0;
  let blocks = 0;
  while (hits < KILLS && blocks < BLOCKS_MAX) {
    const block = blockOf(++blocks);
    const kill = killInInsert(folder, random.below(4) === 0 ? random.below(4) : 0);
    await enqueue(block);
    await sender.drained();
    if (await kill.end()) hits++;
    // The child is started again by its supervisor; the next insert must find it up.
    await answering();
  }
  expect(await wrongBlocks(blocks)).toEqual([]);
  expect(hits).toBeGreaterThanOrEqual(KILLS);
  const { rows } = await pool.query<{ count: string }>("select sum(count) as count from ledger where hop = 'landed'");
  expect(Number(rows[0]?.count)).toBe(blocks * ROWS);
  process.stdout.write(`Kills inside an insert: ${hits} of ${blocks} blocks of ${ROWS} rows; ${tmpSeen} kills found the part unnamed.\n`);
});

let tmpSeen = 0;

/** Kills the child once, when the next part's folder is made. `end` gives whether it did. */
function killInInsert(folder: string, delayMs: number): { end(): Promise<boolean> } {
  let hit: Promise<void> | undefined;
  const watcher: FSWatcher = watch(folder, (_event, name) => {
    if (hit || !String(name).startsWith("tmp_insert")) return;
    const pid = clickhouse.pid();
    if (pid === undefined) return;
    if (delayMs === 0) process.kill(pid, "SIGKILL");
    hit = (async () => {
      if (delayMs > 0) await sleep(delayMs).then(() => process.kill(pid, "SIGKILL"));
      if ((await readdir(folder)).some((entry) => entry.startsWith("tmp_insert"))) tmpSeen++;
    })();
  });
  return {
    async end() {
      watcher.close();
      await hit;
      return hit !== undefined;
    },
  };
}

/** Where ClickHouse keeps the parts of the table. */
async function partsFolder(dataFolder: string): Promise<string> {
  const result = await clickhouse.client("api").query({
    query: "select data_paths[1] as path from system.tables where name = 'killed' and database = currentDatabase()", format: "JSONEachRow",
  });
  const [row] = await result.json<{ path: string }>();
  if (!row) throw new Error(`There is no table in ${dataFolder}.`);
  return row.path.startsWith("/") ? row.path : join(dataFolder, row.path);
}

function blockOf(blockId: number): InsertBlock {
  const writer = new RowBinaryWriter();
  const rowEnds = new Uint32Array(ROWS);
  for (let row = 0; row < ROWS; row++) {
    writer.uint32(1);
    writer.string(`Row ${row} of block ${blockId}`);
    writer.uint64(blockId);
    writer.uint32(row);
    rowEnds[row] = writer.length;
  }
  return {
    kind: "insert", blockId, partition: 0, table: "killed", month: 0, statement, rows: ROWS, rowEnds,
    body: writer.copy(), counts: [{ workspaceId: 1, sourceId: 1, minuteMs: 0, outcome: "stored", reason: "", count: ROWS }],
  };
}

async function enqueue(block: InsertBlock): Promise<void> {
  await packBlocks([block]);
  const tx = await pool.connect();
  await writeOutbox(tx, [block]);
  tx.release();
  sender.enqueue([block]);
}

async function answering(): Promise<void> {
  while (!(await clickhouse.client("api").ping({ select: false })).success) await sleep(10);
}

/** Blocks whose rows are not each there once. */
async function wrongBlocks(blocks: number): Promise<unknown[]> {
  const result = await clickhouse.client("api").query({
    query: `select n.number + 1 as block, rows, different from numbers(${blocks}) n
      left join (select block_id, count() as rows, uniqExact(block_row) as different from killed group by block_id) p on p.block_id = n.number + 1
      where rows != ${ROWS} or different != ${ROWS}`,
    format: "JSONEachRow",
  });
  return result.json();
}
