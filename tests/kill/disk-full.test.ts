// A full disk: the server says "not now" and when to come back, loses nothing that it acknowledged, and goes on by itself once
// there is room. The data directory lies on a small file system in memory, which only root can make.
import { execFile } from "node:child_process";
import { closeSync, openSync, writeSync } from "node:fs";
import { mkdtemp, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import type pg from "pg";
import { startClickHouse } from "../../server/src/engines/clickhouse/clickhouse.ts";
import { RowBinaryWriter } from "../../server/src/engines/clickhouse/row-binary.ts";
import { quietLogger, startTestPostgres } from "../../server/src/engines/testing.ts";
import { packBlocks, writeOutbox, type InsertBlock } from "../../server/src/pipeline/outbox/outbox-block.ts";
import { createSender } from "../../server/src/pipeline/outbox/sender.ts";
import { insertStatement } from "../../server/src/pipeline/outbox/table-columns.ts";
import { startServerProcess, WRITE_KEY, type ServerProcess } from "../server-process.ts";

const run = promisify(execFile);
/** The log wants a gigabyte free; the rest is for two empty databases and a little load. */
const DISK_MB = 1_900;
const MB = 1024 * 1024;

const mounted = await mountDisk();
if (mounted === undefined) process.stdout.write("Skipped: it takes root on Linux and 4 GB of free memory to make a small disk to be filled.\n");

let server: ServerProcess;
const acknowledged = new Set<string>();
let calls = 0;

beforeAll(async () => {
  if (mounted === undefined) return;
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = mounted;
  server = await startServerProcess({ env: { LOG_LEVEL: "error" } });
  if (before === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = before;
});
afterAll(async () => {
  await server?.remove();
  if (mounted === undefined) return;
  await run("umount", ["--lazy", mounted]);
  await rm(mounted, { recursive: true, force: true });
});

test.skipIf(mounted === undefined)("while little room is left it refuses with a time to come back, and then takes in again", async () => {
  await sendUntil(({ status }) => status === 200);
  await fill(400 * MB);
  const refused = await sendUntil(({ status }) => status !== 200);
  expect(refused.status).toBe(429);
  expect(Number(refused.retryAfter)).toBeGreaterThan(0);
  // What was taken in before is still worked off.
  await server.settled();
  await makeRoom();
  await sendUntil(({ status }) => status === 200);
});

interface Verified {
  readonly imbalances: string[];
  readonly sources: { readonly source_id: number; readonly landings: { readonly outcome: string; readonly count: number }[] }[];
}

test.skipIf(mounted === undefined)("a disk that is suddenly full to the last byte costs nothing that was acknowledged", async () => {
  let isOver = false;
  const senders = Array.from({ length: 4 }, async () => {
    while (!isOver) await send();
  });
  await fill(0);
  const refused = await sendUntil(({ status }) => status !== 200);
  expect([0, 429, 503]).toContain(refused.status);
  // Long enough for every part to have met the full disk.
  await sleep(6_000);
  await fill(0);
  expect((await send()).status).not.toBe(200);
  await makeRoom();
  const roomMs = performance.now();
  await sendUntil(({ status }) => status === 200);
  process.stdout.write(`Took in again ${((performance.now() - roomMs) / 1000).toFixed(1)} s after there was room; ${acknowledged.size} of ${calls} calls acknowledged.\n`);
  isOver = true;
  await Promise.all(senders);
  await server.settled(60_000);
  // What ClickHouse wrote while the disk was full may be a part that can't be read. Nobody starts anything again for that.
  const ledger = await server.api<Verified>("/ledger?verify=true");
  const failedWrites = server.output().split("could not write to its disk").length - 1;
  if (failedWrites > 0) process.stdout.write(`Writes of ClickHouse failed, and its tables were read again, ${failedWrites} times.\n`);
  expect(ledger.imbalances).toEqual([]);
  const stored = ledger.sources.flatMap(({ landings }) => landings).filter(({ outcome }) => outcome === "stored").reduce((sum, { count }) => sum + count, 0);
  // A call that was refused with the answer lost may be stored too; each at most once.
  expect(stored).toBeGreaterThanOrEqual(acknowledged.size);
  expect(stored).toBeLessThanOrEqual(calls);
  for (const id of [...acknowledged].filter((_, i) => i % 100 === 0)) {
    const fate = await server.api<{ status: string; rows: { outcome: string }[] }>(`/events/${id}`);
    expect([id, fate.rows.filter(({ outcome }) => outcome === "stored").length]).toEqual([id, 1]);
  }
});

test.skipIf(mounted === undefined)("while ClickHouse's disk alone is full, blocks wait, and land once when there is room", async () => {
  await server.stop();
  await makeRoom();
  const [postgres, clickhouse] = await Promise.all([startTestPostgres(), startClickHouse({ dataDir: join(mounted ?? "", "clickhouse-alone"), logger: quietLogger })]);
  const pool = postgres.pool("test", 4);
  await clickhouse.client("write").command({
    query: "create table filling (text String codec(NONE), block_id UInt64, block_row UInt32) engine = MergeTree order by block_row settings fsync_after_insert = 1",
  });
  const sender = createSender({ pool, clickhouse: clickhouse.client("write"), partition: 0, logger: quietLogger, lingerMs: 0, memoryBytesMax: 1e9 });
  await sender.recover();
  await fill(8 * MB);
  for (let blockId = 1; blockId <= 6; blockId++) sender.enqueue([await writtenBlock(pool, blockId)]);
  // Long enough for several attempts.
  await sleep(3_000);
  expect(sender.waiting().blocks).toBeGreaterThan(0);
  await makeRoom();
  await sender.drained();
  const result = await clickhouse.client("api").query({
    query: "select block_id, count() as rows, uniqExact(block_row) as different from filling group by block_id order by block_id", format: "JSONEachRow",
  });
  expect(await result.json()).toEqual([1, 2, 3, 4, 5, 6].map((block) => ({ block_id: block, rows: ROWS, different: ROWS })));
  expect((await pool.query("select 1 from ch_refused")).rowCount).toBe(0);
  await sender.stop();
  await Promise.all([postgres.stop(), clickhouse.stop()]);
});

const ROWS = 2_000;

/** About 4 MB, in the outbox. */
async function writtenBlock(pool: pg.Pool, blockId: number): Promise<InsertBlock> {
  const writer = new RowBinaryWriter();
  const rowEnds = new Uint32Array(ROWS);
  for (let row = 0; row < ROWS; row++) {
    writer.string("x".repeat(2_000));
    writer.uint64(blockId);
    writer.uint32(row);
    rowEnds[row] = writer.length;
  }
  const block: InsertBlock = {
    kind: "insert", blockId, partition: 0, table: "filling", month: 0, statement: insertStatement("filling", ["text", "block_id", "block_row"]), rows: ROWS,
    rowEnds, body: writer.copy(), counts: [],
  };
  await packBlocks([block]);
  const tx = await pool.connect();
  await writeOutbox(tx, [block]);
  tx.release();
  return block;
}

interface Answer {
  /** 0: no answer. */
  readonly status: number;
  readonly retryAfter: string | null;
}

/** One event with properties of about 2 kB, so that a full disk is soon met. */
async function send(): Promise<Answer> {
  const messageId = `d${calls++}`;
  const body = JSON.stringify({ event: "Filling", messageId, userId: `u${calls % 20}`, properties: { text: Math.random().toString(36).repeat(150) } });
  try {
    const response = await fetch(`${server.url}/v1/track`, {
      method: "POST", headers: { authorization: `Basic ${Buffer.from(`${WRITE_KEY}:`).toString("base64")}` }, body, signal: AbortSignal.timeout(20_000),
    });
    await response.arrayBuffer();
    if (response.status === 200) acknowledged.add(messageId);
    return { status: response.status, retryAfter: response.headers.get("retry-after") };
  } catch {
    return { status: 0, retryAfter: null };
  }
}

async function sendUntil(isMet: (answer: Answer) => boolean): Promise<Answer> {
  for (;;) {
    const answer = await send();
    if (isMet(answer)) return answer;
    await sleep(20);
  }
}

// ── The disk ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A new file system in a folder of its own; undefined when this machine lets us make none. */
async function mountDisk(): Promise<string | undefined> {
  if (process.availableMemory() < 4_000 * MB) return undefined;
  const folder = await mkdtemp(join(tmpdir(), "trib-disk-"));
  try {
    await run("mount", ["-t", "tmpfs", "-o", `size=${DISK_MB}m,mode=755`, "tmpfs", folder]);
    return folder;
  } catch {
    await rm(folder, { recursive: true, force: true });
    return undefined;
  }
}

let fillers = 0;

/** Takes all space but so many bytes; to the last one when that is none. */
async function fill(freeBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(mounted ?? "");
  const takeBytes = bavail * bsize - freeBytes;
  // What is written meanwhile may take some of it: then less is left, which is right too.
  if (takeBytes > 0) await run("fallocate", ["-l", String(takeBytes), join(mounted ?? "", `filler-${fillers++}`)]).catch(() => undefined);
  if (freeBytes > 0) return;
  // What is left, and what others give back while it is taken. The file system says itself when that is all.
  const file = openSync(join(mounted ?? "", `filler-${fillers++}`), "w");
  const page = Buffer.alloc(bsize);
  try {
    for (;;) writeSync(file, page);
  } catch (error) {
    expect(error).toMatchObject({ code: "ENOSPC" });
  } finally {
    closeSync(file);
  }
}

async function makeRoom(): Promise<void> {
  for (let i = 0; i < fillers; i++) await rm(join(mounted ?? "", `filler-${i}`), { force: true });
}
