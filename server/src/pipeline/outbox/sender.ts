// Sends finished blocks to ClickHouse, in order, and never decides anything. It is sure of a block only when ClickHouse
// said so; after any doubt (error, lost connection, restart of either side) it asks which rows of the block landed and
// inserts the missing ones. Insert tokens are not used: they lose rows after a kill (docs/decisions/0003).
import type { ClickHouseClient } from "@clickhouse/client";
import type { Pool } from "pg";
import type { Logger } from "../../core/logger.ts";
import { insertBlock, isRefusal, landedRows, runStatement } from "../../engines/clickhouse/insert-block.ts";
import { writeLedger, type LedgerCount } from "../commit.ts";
import { BLOCK_BYTES_MAX, BLOCK_ROWS_MAX, readOutbox, type InsertBlock, type OutboxBlock } from "./outbox-block.ts";

export interface SenderOptions {
  readonly pool: Pool;
  readonly clickhouse: ClickHouseClient;
  readonly partition: number;
  readonly logger: Logger;
  /** How long rows may wait for company, so that one INSERT (one part) carries many blocks. */
  readonly lingerMs: number;
  /** Bodies held in memory; blocks beyond are read back from Postgres. */
  readonly memoryBytesMax: number;
}

export interface Sender {
  /** Sends what an earlier process left, and verifies what it had marked as sent shortly before an unclean end. */
  recover(options: { readonly verifySentSince?: Date }): Promise<void>;
  /** Takes over committed blocks. */
  enqueue(blocks: readonly OutboxBlock[]): void;
  /** Resolves when everything enqueued so far has landed and is marked. */
  drained(): Promise<void>;
  waiting(): { readonly blocks: number; readonly bytes: number };
  /** Resolves once no more than `bytes` wait. */
  below(bytes: number): Promise<void>;
  stop(): Promise<void>;
}

interface Queued {
  readonly blockId: number;
  readonly bytes: number;
  /** Undefined when it was put aside for memory; read back from Postgres. */
  block: OutboxBlock | undefined;
  readonly enqueuedAtMs: number;
}

const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 5_000;
const REFUSALS_BEFORE_SPLIT = 3;

export function createSender(options: SenderOptions): Sender {
  const { pool, clickhouse, logger } = options;
  const queue: Queued[] = [];
  let queuedBytes = 0;
  let heldBytes = 0;
  let inDoubt = false;
  let stopped = false;
  let draining = 0;
  let wake: (() => void) | undefined;
  let waiters: { readonly isMet: () => boolean; readonly resolve: () => void }[] = [];
  let running: Promise<void> | undefined;

  function settleWaiters(): void {
    const met = waiters.filter((waiter) => waiter.isMet());
    if (met.length === 0) return;
    waiters = waiters.filter((waiter) => !met.includes(waiter));
    for (const waiter of met) waiter.resolve();
  }

  function until(isMet: () => boolean): Promise<void> {
    if (isMet()) return Promise.resolve();
    return new Promise((resolve) => waiters.push({ isMet, resolve }));
  }

  async function pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    wake = undefined;
  }

  /** The blocks that go in one INSERT: the first waiting one and those like it that follow it directly in time. */
  async function takeGroup(): Promise<OutboxBlock[]> {
    const first = queue[0];
    if (!first) return [];
    const head = await blockOf(first);
    if (head.kind === "statement" || head.month === -1) return [head];
    const group: InsertBlock[] = [];
    let rows = 0;
    let bytes = 0;
    for (const entry of queue) {
      const block = entry.block;
      if (!block || block.kind === "statement") break;
      if (block.table !== head.table || block.month !== head.month || block.statement !== head.statement) continue;
      if (group.length > 0 && (rows + block.rows > BLOCK_ROWS_MAX || bytes + block.body.length > BLOCK_BYTES_MAX)) break;
      group.push(block);
      rows += block.rows;
      bytes += block.body.length;
    }
    return group.length > 0 ? group : [head];
  }

  async function blockOf(entry: Queued): Promise<OutboxBlock> {
    if (entry.block) return entry.block;
    const [block] = await readOutbox(pool, options.partition, entry.blockId - 1, 1);
    if (!block || block.blockId !== entry.blockId) throw new Error(`Outbox block ${entry.blockId} is gone.`);
    return block;
  }

  async function send(group: readonly OutboxBlock[]): Promise<readonly LedgerCount[]> {
    const [first] = group;
    if (first?.kind === "statement") {
      await runStatement(clickhouse, first.statement);
      return [];
    }
    const blocks = group.filter((block) => block.kind === "insert");
    if (!inDoubt) await insertTogether(blocks);
    else for (const block of blocks) await insertMissing(block);
    inDoubt = false;
    return blocks.flatMap((block) => block.counts);
  }

  async function insertTogether(blocks: readonly InsertBlock[]): Promise<void> {
    const [first] = blocks;
    if (!first) return;
    const body = blocks.length === 1 ? first.body : Buffer.concat(blocks.map((block) => block.body));
    await insertBlock(clickhouse, { statement: first.statement, body });
  }

  async function insertMissing(block: InsertBlock): Promise<void> {
    const missing = await missingRows(block);
    if (missing.length > 0) await insertBlock(clickhouse, { statement: block.statement, body: rowsOf(block, missing) });
  }

  async function missingRows(block: InsertBlock): Promise<number[]> {
    const landed = new Set(await landedRows(clickhouse, block.table, block.blockId));
    const missing: number[] = [];
    if (landed.size < block.rows) for (let row = 0; row < block.rows; row++) if (!landed.has(row)) missing.push(row);
    return missing;
  }

  /** ClickHouse keeps refusing a block: halve it until the row it can't take stands alone, put that aside, send the rest. */
  async function insertHalved(block: InsertBlock, rows: readonly number[]): Promise<void> {
    try {
      if (rows.length > 0) await insertBlock(clickhouse, { statement: block.statement, body: rowsOf(block, rows) });
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const [row] = rows;
      if (rows.length === 1 && row !== undefined) return await putAside(block, row, error);
      const middle = Math.ceil(rows.length / 2);
      await insertHalved(block, rows.slice(0, middle));
      await insertHalved(block, rows.slice(middle));
    }
  }

  async function putAside(block: InsertBlock, row: number, error: unknown): Promise<void> {
    const reason = error instanceof Error ? error.message.slice(0, 1000) : String(error);
    logger.error({ block: block.blockId, row, table: block.table }, "ClickHouse refused a row; it is kept in ch_refused");
    await pool.query(
      `insert into ch_refused (block_id, block_row, table_name, statement, body, reason) values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
      [block.blockId, row, block.table, block.statement, rowsOf(block, [row]), reason],
    );
  }

  async function markSent(group: readonly OutboxBlock[], counts: readonly LedgerCount[]): Promise<void> {
    const tx = await pool.connect();
    let failure: Error | undefined;
    try {
      await tx.query("begin");
      const { rowCount } = await tx.query(`update ch_outbox set sent_at = now() where block_id = any($1::bigint[]) and sent_at is null`, [
        group.map((block) => block.blockId),
      ]);
      if (rowCount !== group.length) throw new Error("A block was marked as sent twice.");
      await writeLedger(tx, "landed", counts);
      await tx.query("commit");
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
      await tx.query("rollback").catch(() => undefined);
      throw failure;
    } finally {
      tx.release(failure);
    }
  }

  function remove(group: readonly OutboxBlock[]): void {
    const done = new Set(group.map((block) => block.blockId));
    for (let i = queue.length - 1; i >= 0; i--) {
      const entry = queue[i];
      if (!entry || !done.has(entry.blockId)) continue;
      queue.splice(i, 1);
      queuedBytes -= entry.bytes;
      if (entry.block) heldBytes -= entry.bytes;
    }
    settleWaiters();
  }

  async function sendWithRetries(group: readonly OutboxBlock[]): Promise<void> {
    let refusals = 0;
    let landed: readonly LedgerCount[] | undefined;
    for (let attempt = 0; !stopped; attempt++) {
      try {
        landed ??= await send(group);
        await markSent(group, landed);
        return;
      } catch (error) {
        if (landed === undefined) inDoubt = true;
        logger.warn({ partition: options.partition, block: group[0]?.blockId, err: error }, "a block did not reach ClickHouse for sure; trying again");
        if (isRefusal(error) && ++refusals >= REFUSALS_BEFORE_SPLIT && landed === undefined) landed = await splitRefused(group);
        else await pause(Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** Math.min(attempt, 8)));
      }
    }
  }

  async function splitRefused(group: readonly OutboxBlock[]): Promise<readonly LedgerCount[] | undefined> {
    try {
      for (const block of group) if (block.kind === "insert") await insertHalved(block, await missingRows(block));
      inDoubt = false;
      return group.flatMap((block) => (block.kind === "insert" ? block.counts : []));
    } catch (error) {
      logger.warn({ partition: options.partition, err: error }, "could not halve a refused block yet");
      return undefined;
    }
  }

  async function loop(): Promise<void> {
    while (!stopped) {
      const first = queue[0];
      if (!first) {
        settleWaiters();
        await pause(1_000);
        continue;
      }
      const waitedMs = performance.now() - first.enqueuedAtMs;
      if (draining === 0 && waitedMs < options.lingerMs && queuedBytes < BLOCK_BYTES_MAX / 4) {
        await pause(options.lingerMs - waitedMs);
        continue;
      }
      try {
        const group = await takeGroup();
        await sendWithRetries(group);
        if (!stopped) remove(group);
      } catch (error) {
        logger.error({ partition: options.partition, err: error }, "the outbox could not be read; trying again");
        await pause(RETRY_MAX_MS);
      }
    }
  }

  function push(block: OutboxBlock): void {
    const bytes = block.kind === "insert" ? block.body.length : 0;
    const isHeld = heldBytes + bytes <= options.memoryBytesMax || bytes === 0;
    queue.push({ blockId: block.blockId, bytes, block: isHeld ? block : undefined, enqueuedAtMs: performance.now() });
    queuedBytes += bytes;
    if (isHeld) heldBytes += bytes;
  }

  return {
    async recover({ verifySentSince }) {
      if (verifySentSince) await verifySent(verifySentSince);
      let after = -1;
      for (;;) {
        const blocks = await readOutbox(pool, options.partition, after, 50);
        for (const block of blocks) push(block);
        after = blocks.at(-1)?.blockId ?? after;
        if (blocks.length < 50) break;
      }
      // Whether the last process's blocks landed is not known: the first round asks.
      inDoubt = true;
      running = loop();
    },
    enqueue(blocks) {
      for (const block of blocks) push(block);
      wake?.();
    },
    async drained() {
      draining++;
      wake?.();
      const last = queue.at(-1)?.blockId;
      await until(() => last === undefined || !queue.some((entry) => entry.blockId <= last));
      draining--;
    },
    waiting: () => ({ blocks: queue.length, bytes: queuedBytes }),
    below: (bytes) => until(() => queuedBytes <= bytes),
    async stop() {
      stopped = true;
      wake?.();
      await running;
    },
  };

  /** After an unclean end even a confirmed part may be missing (power cut before it reached the disk). */
  async function verifySent(since: Date): Promise<void> {
    let after = -1;
    for (;;) {
      const blocks = await readOutbox(pool, options.partition, after, 20, since);
      for (const block of blocks) if (block.kind === "insert") await insertMissing(block);
      after = blocks.at(-1)?.blockId ?? after;
      if (blocks.length < 20) return;
    }
  }
}

/** The bytes of chosen rows of a block. */
export function rowsOf(block: InsertBlock, rows: readonly number[]): Buffer {
  if (rows.length === block.rows) return block.body;
  return Buffer.concat(rows.map((row) => block.body.subarray(row === 0 ? 0 : block.rowEnds[row - 1], block.rowEnds[row])));
}
