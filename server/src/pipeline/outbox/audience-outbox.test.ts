// What audiences decided lands in ClickHouse once, whatever happened to the one who decided it, or to the one who sends.
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { audiencePartition } from "../../core/position.ts";
import type { ClickHouse } from "../../engines/clickhouse/clickhouse.ts";
import { insertBlock } from "../../engines/clickhouse/insert-block.ts";
import { inTransaction } from "../../engines/postgres/in-transaction.ts";
import { quietLogger, startTestClickHouse, startTestPostgres } from "../../engines/testing.ts";
import { audienceLandedBefore, removeAudienceRows, writeAudienceRows, type AudienceLogRow } from "./audience-outbox.ts";
import { createAudienceSenders, type AudienceSenders } from "./audience-senders.ts";
import { readOutbox } from "./outbox-block.ts";

let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
let clickhouse: ClickHouse;
let pool: pg.Pool;
let running: AudienceSenders | undefined;
beforeAll(async () => {
  [postgres, clickhouse] = await Promise.all([startTestPostgres(), startTestClickHouse()]);
  pool = postgres.pool("test", 12);
});
afterAll(() => Promise.all([postgres?.stop(), clickhouse?.stop()]));
beforeEach(async () => {
  await pool.query("truncate ch_outbox, audience_place, removed_workspace");
  for (const table of ["audience_log", "list_member"]) await clickhouse.client("write").command({ query: `truncate table ${table}` });
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

async function start(options: { readonly pollMs?: number } = {}): Promise<AudienceSenders> {
  return (running = await createAudienceSenders({
    pool, clickhouse: clickhouse.client("write"), partitions: 2, logger: quietLogger, lingerMs: 1, pollMs: 1e9, ...options,
  }));
}

const entered = (audienceId: number, changes: Partial<AudienceLogRow> = {}): AudienceLogRow => ({
  workspaceId: 1, audienceId, profileId: randomUUID(), atMs: Date.UTC(2026, 9, 5), entered: true, reason: "event", causeRow: 42, version: 3, ...changes,
});

const write = (log: readonly AudienceLogRow[], partition = 0) => inTransaction(pool, (tx) => writeAudienceRows(tx, partition, { log }));

async function ask<Row>(query: string): Promise<Row[]> {
  return (await clickhouse.client("api").query({ query, format: "JSONEachRow" })).json<Row>();
}

const landed = async (): Promise<number[]> => (await ask<{ audience_id: number }>("select audience_id from audience_log order by seq")).map((row) => row.audience_id);

test("rows land as they were written", async () => {
  const senders = await start();
  const [one, other] = [randomUUID(), randomUUID()];
  const { firstSeq } = await inTransaction(pool, (tx) => writeAudienceRows(tx, 1, {
    log: [entered(7, { profileId: one }), entered(8, { profileId: other, entered: false, reason: "late_event", causeRow: 0, atMs: 5 })],
    lists: [{ workspaceId: 1, listId: 9, profileId: one, added: true }],
  }));
  expect(firstSeq).toBe(0);
  const before = await audienceLandedBefore(pool, 1);
  await senders.drained();
  expect(await audienceLandedBefore(pool, 1)).toBe(before + 2);
  expect(await ask("select * except (block_id, block_row) from audience_log order by seq")).toEqual([
    { workspace_id: 1, audience_id: 7, profile_id: one, at: "2026-10-05 00:00:00.000", entered: 1, reason: "event", cause_row: 42, version: 3, seq: 0 },
    { workspace_id: 1, audience_id: 8, profile_id: other, at: "1970-01-01 00:00:00.005", entered: 0, reason: "late_event", cause_row: 0, version: 3, seq: 1 },
  ]);
  expect(await ask("select * except (block_id, block_row) from list_member final")).toEqual([{ workspace_id: 1, list_id: 9, profile_id: one, added: 1, row_id: 2 }]);
  const off = await inTransaction(pool, (tx) => writeAudienceRows(tx, 1, { lists: [{ workspaceId: 1, listId: 9, profileId: one, added: false }] }));
  expect(off.firstSeq).toBe(3);
  await senders.drained();
  expect(await ask("select added from list_member final")).toEqual([{ added: 0 }]);
});

test("a kill between the commit and the insert loses nothing, and one before the commit writes nothing", async () => {
  await write([entered(1), entered(2)]);
  await expect(inTransaction(pool, async (tx) => {
    await writeAudienceRows(tx, 0, { log: [entered(3)] });
    throw new Error("killed here");
  })).rejects.toThrow("killed here");
  await write([entered(4)]);
  const senders = await start();
  await senders.drained();
  expect(await landed()).toEqual([1, 2, 4]);
});

test("a kill between the insert and the mark doubles nothing", async () => {
  await write([entered(1), entered(2)]);
  const [block] = await readOutbox(pool, audiencePartition(0), -1, 1);
  if (block?.kind !== "insert") throw new Error("no block");
  await insertBlock(clickhouse.client("write"), { statement: block.statement, body: block.body });
  const senders = await start();
  await senders.drained();
  expect(await landed()).toEqual([1, 2]);
  expect((await pool.query("select from ch_outbox where sent_at is null")).rowCount).toBe(0);
});

test("a part that was marked and is gone after a power cut is inserted again", async () => {
  const senders = await start();
  await write([entered(1)]);
  await senders.drained();
  await senders.stop();
  await clickhouse.client("write").command({ query: "truncate table audience_log" });
  await (await start()).drained();
  expect(await landed()).toEqual([1]);
});

test("of writers at once none loses a row: they commit in the order of their numbers, and the sender passes over none", async () => {
  const senders = await start({ pollMs: 5 });
  const seqs = await Promise.all(Array.from({ length: 24 }, (_, i) => inTransaction(pool, async (tx) => {
    await sleep((i * 7) % 20);
    const { firstSeq } = await writeAudienceRows(tx, 0, { log: [entered(i), entered(100 + i)] });
    await sleep((i * 5) % 13);
    return firstSeq;
  })));
  expect(seqs.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 24 }, (_, i) => 2 * i));
  await senders.drained();
  expect(await landed()).toEqual(seqs.map((seq, i) => ({ seq, i })).toSorted((a, b) => a.seq - b.seq).flatMap(({ i }) => [i, 100 + i]));
});

test("blocks are found without being told of", async () => {
  await start({ pollMs: 10 });
  await write([entered(5)]);
  await expect.poll(landed).toEqual([5]);
});

test("more rows than one block takes are several", async () => {
  const senders = await start();
  await write(Array.from({ length: 45_000 }, (_, i) => entered(i)));
  await senders.drained();
  expect(await ask("select count() as rows, uniqExact(block_id) as blocks, uniqExact(seq) as seqs, max(seq) as last from audience_log")).toEqual([
    { rows: 45_000, blocks: 3, seqs: 45_000, last: 44_999 },
  ]);
});

test("nothing of a workspace that is removed stays: neither what was on its way nor what comes later", async () => {
  await write([entered(1), entered(2, { workspaceId: 2 })]);
  await inTransaction(pool, async (tx) => {
    await tx.query("insert into removed_workspace (workspace_id, slug, name, partition, row_id, blocks_below) values (2, 'two', 'Two', 0, 9, 9)");
    await removeAudienceRows(tx, 0, 2);
  });
  await write([entered(3), entered(4, { workspaceId: 2 })]);
  await (await start()).drained();
  expect(await landed()).toEqual([1, 3]);
});
