// Sends finished blocks to ClickHouse, in order, and never decides anything. It is sure of a block only when ClickHouse
// said so; after any doubt (error, lost connection, restart of either side) it waits until no insert of this partition is
// running any more, asks which rows of the block landed, and inserts the missing ones. Every block read back from Postgres is
// in doubt. Insert tokens are not used: they lose rows after a kill (docs/decisions/0003).
import { randomUUID } from "node:crypto";
import type { ClickHouseClient } from "@clickhouse/client";
import type { Pool } from "pg";
import type { Logger } from "../../core/logger.ts";
import { insertBlock, isRefusal, landedCounts, landedRows, runStatement, waitUntilIdle } from "../../engines/clickhouse/insert-block.ts";
import { writeLedger } from "../commit.ts";
import { storable } from "../stages/quarantine.ts";
import { BLOCK_BYTES_MAX, BLOCK_ROWS_MAX, MONTH_UNKNOWN, readBlock, readOutbox, readSent, type InsertBlock, type OutboxBlock, type SentBlock } from "./outbox-block.ts";

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
  /** Begins with what an earlier process left; after an unclean end, with verifying what that one had marked as sent. */
  recover(options: { readonly wasUnclean: boolean }): Promise<void>;
  /** Takes over committed blocks. */
  enqueue(blocks: readonly OutboxBlock[]): void;
  /** Takes over what stands in the outbox beyond all that: blocks of a commit whose answer was lost. */
  catchUp(): Promise<void>;
  /** Whether everything marked as sent may be forgotten in time. */
  isVerified(): boolean;
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
  /** Rows of it may have landed before this process knew it. */
  readonly isDoubtful: boolean;
  readonly enqueuedAtMs: number;
}

/** What goes in one INSERT, or one statement. */
interface Group {
  readonly blocks: readonly OutboxBlock[];
  readonly isDoubtful: boolean;
}

const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 5_000;
const REFUSALS_BEFORE_SPLIT = 3;
/** How long one attempt waits for an earlier insert to end before it logs and starts over. */
const IDLE_TIMEOUT_MS = 30_000;
const READ_BLOCKS = 20;
/** Blocks read back have unknown months; so many at most make far fewer parts than one INSERT may. */
const GROUP_BLOCKS_MAX = 50;
const VERIFY_BLOCKS = 500;

export function createSender(options: SenderOptions): Sender {
  const { pool, clickhouse, logger } = options;
  const queue: Queued[] = [];
  let queuedBytes = 0;
  let heldBytes = 0;
  let lastBlockId = -1;
  let verified = false;
  let stopped = false;
  let draining = 0;
  let wake: (() => void) | undefined;
  let waiters: { readonly isMet: () => boolean; readonly resolve: () => void }[] = [];
  let running: Promise<void> | undefined;
  // The partition's inserts, those of an earlier process too.
  const queryIds = `outbox-${options.partition}-`;

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

  /** The blocks that go in one INSERT: the first waiting one and those like it that follow, up to the next statement. */
  async function takeGroup(first: Queued): Promise<Group> {
    const waiting = first.block ? queue : await readAside(first);
    const head = waiting[0]?.block;
    if (!head || head.kind === "statement") return { blocks: head ? [head] : [], isDoubtful: first.isDoubtful };
    const blocks: InsertBlock[] = [];
    let rows = 0;
    let bytes = 0;
    for (const { block, isDoubtful } of waiting) {
      if (!block || isDoubtful !== first.isDoubtful || block.kind === "statement") break;
      if (head.month === MONTH_UNKNOWN && blocks.length >= GROUP_BLOCKS_MAX) break;
      if (block.table !== head.table || block.month !== head.month || block.statement !== head.statement) continue;
      if (blocks.length > 0 && (rows + block.rows > BLOCK_ROWS_MAX || bytes + block.body.length > BLOCK_BYTES_MAX)) break;
      blocks.push(block);
      rows += block.rows;
      bytes += block.body.length;
    }
    return { blocks, isDoubtful: first.isDoubtful };
  }

  /** Entries from the first on whose blocks were put aside, with them. */
  async function readAside(first: Queued): Promise<Queued[]> {
    const blocks = await readOutbox(pool, options.partition, first.blockId - 1, READ_BLOCKS);
    if (blocks[0]?.blockId !== first.blockId) throw new Error(`Outbox block ${first.blockId} is gone.`);
    const doubtful = new Map(queue.map((entry) => [entry.blockId, entry.isDoubtful]));
    return blocks.map((block) => ({ ...first, blockId: block.blockId, block, isDoubtful: doubtful.get(block.blockId) ?? true }));
  }

  async function send(blocks: readonly OutboxBlock[], isDoubtful: boolean): Promise<void> {
    if (isDoubtful) await settled();
    const inserts = blocks.filter((block) => block.kind === "insert");
    for (const block of blocks) if (block.kind === "statement") await runStatement(clickhouse, block.statement);
    const [first] = inserts;
    if (!first) return;
    const bodies = isDoubtful ? await missingBodies(first.table, inserts) : inserts.map((block) => block.body);
    if (bodies.length > 0) await insert(first.statement, bodies.length === 1 && bodies[0] ? bodies[0] : Buffer.concat(bodies));
  }

  /** An insert whose answer was not waited for may still be at work; until it has ended nobody knows what landed. */
  async function settled(): Promise<void> {
    if (!(await waitUntilIdle(clickhouse, queryIds, IDLE_TIMEOUT_MS))) throw new Error("An earlier insert is still running.");
  }

  async function insert(statement: string, body: Buffer): Promise<void> {
    await insertBlock(clickhouse, { statement, body, queryId: `${queryIds}${randomUUID()}` });
  }

  /** Of blocks of one table the rows that have not landed. */
  async function missingBodies(table: string, blocks: readonly InsertBlock[]): Promise<Buffer[]> {
    const landed = await landedCounts(clickhouse, table, blocks.map((block) => block.blockId));
    const { rows } = await pool.query<{ block_id: string }>(
      `select distinct block_id from ch_refused where block_id = any($1::bigint[])`, [blocks.map((block) => block.blockId)],
    );
    const refused = new Set(rows.map((row) => Number(row.block_id)));
    const bodies: Buffer[] = [];
    for (const block of blocks) {
      if (landed.get(block.blockId) === block.rows) continue;
      if (!landed.has(block.blockId) && !refused.has(block.blockId)) {
        bodies.push(block.body);
        continue;
      }
      const missing = await missingRows(block);
      if (missing.length > 0) bodies.push(rowsOf(block, missing));
    }
    return bodies;
  }

  /** Neither landed nor put aside. */
  async function missingRows(block: InsertBlock): Promise<number[]> {
    const found = new Set(await landedRows(clickhouse, block.table, block.blockId));
    if (found.size < block.rows) {
      const { rows } = await pool.query<{ block_row: number }>(`select block_row from ch_refused where block_id = $1`, [block.blockId]);
      for (const row of rows) found.add(row.block_row);
    }
    const missing: number[] = [];
    for (let row = 0; row < block.rows; row++) if (!found.has(row)) missing.push(row);
    return missing;
  }

  /** ClickHouse keeps refusing a block: halve it until the row it can't take stands alone, put that aside, send the rest. */
  async function insertHalved(block: InsertBlock, rows: readonly number[]): Promise<void> {
    try {
      if (rows.length > 0) await insert(block.statement, rowsOf(block, rows));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const [row] = rows;
      if (rows.length === 1 && row !== undefined) return await putAside(block, row, rowsOf(block, rows), error);
      const middle = Math.ceil(rows.length / 2);
      await insertHalved(block, rows.slice(0, middle));
      await insertHalved(block, rows.slice(middle));
    }
  }

  async function putAside(block: OutboxBlock, row: number, body: Buffer, error: unknown): Promise<void> {
    const reason = storable(error instanceof Error ? error.message : String(error)).slice(0, 1000);
    logger.error({ block: block.blockId, row, table: block.table }, "ClickHouse refused a row; it is kept in ch_refused");
    await pool.query(
      `insert into ch_refused (block_id, block_row, table_name, statement, body, reason) values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
      [block.blockId, row, block.table, block.statement, body, reason],
    );
  }

  /** Marks the blocks and counts them as landed. A repeat after a commit whose answer was lost finds them marked, and counts nothing. */
  async function markSent(blocks: readonly OutboxBlock[]): Promise<void> {
    const tx = await pool.connect();
    let failure: Error | undefined;
    try {
      await tx.query("begin");
      const { rows } = await tx.query<{ block_id: string }>(
        `update ch_outbox set sent_at = now() where block_id = any($1::bigint[]) and sent_at is null returning block_id`,
        [blocks.map((block) => block.blockId)],
      );
      const marked = new Set(rows.map((row) => Number(row.block_id)));
      await writeLedger(tx, "landed", blocks.flatMap((block) => (block.kind === "insert" && marked.has(block.blockId) ? block.counts : [])));
      await tx.query("commit");
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
      await tx.query("rollback").catch(() => undefined);
      throw failure;
    } finally {
      tx.release(failure);
    }
  }

  function remove(blocks: readonly OutboxBlock[]): void {
    const done = new Set(blocks.map((block) => block.blockId));
    for (let i = queue.length - 1; i >= 0; i--) {
      const entry = queue[i];
      if (!entry || !done.has(entry.blockId)) continue;
      queue.splice(i, 1);
      queuedBytes -= entry.bytes;
      if (entry.block) heldBytes -= entry.bytes;
    }
    settleWaiters();
  }

  async function sendWithRetries(group: Group): Promise<void> {
    let { isDoubtful } = group;
    let refusals = 0;
    let landed = false;
    for (let attempt = 0; !stopped; attempt++) {
      try {
        if (!landed && refusals >= REFUSALS_BEFORE_SPLIT) await sendHalved(group.blocks);
        else if (!landed) await send(group.blocks, isDoubtful);
        landed = true;
        await markSent(group.blocks);
        return;
      } catch (error) {
        isDoubtful = true;
        if (isRefusal(error)) refusals++;
        logger.warn({ partition: options.partition, block: group.blocks[0]?.blockId, err: error }, "a block did not reach ClickHouse for sure; trying again");
        await backOff(attempt);
      }
    }
  }

  async function sendHalved(blocks: readonly OutboxBlock[]): Promise<void> {
    await settled();
    for (const block of blocks) {
      if (block.kind === "insert") await insertHalved(block, await missingRows(block));
      else await runStatement(clickhouse, block.statement).catch((error: unknown) => {
        if (!isRefusal(error)) throw error;
        return putAside(block, 0, Buffer.alloc(0), error);
      });
    }
  }

  /** Not cut short by new blocks, only by the end. */
  async function backOff(attempt: number): Promise<void> {
    const untilMs = performance.now() + Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** Math.min(attempt, 8));
    for (let leftMs = untilMs - performance.now(); leftMs > 0 && !stopped; leftMs = untilMs - performance.now()) await pause(leftMs);
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
        const group = await takeGroup(first);
        await sendWithRetries(group);
        if (!stopped) remove(group.blocks);
      } catch (error) {
        logger.error({ partition: options.partition, err: error }, "the outbox could not be read; trying again");
        await pause(RETRY_MAX_MS);
      }
    }
  }

  function push(block: OutboxBlock, isDoubtful: boolean): void {
    if (block.blockId <= lastBlockId) return;
    lastBlockId = block.blockId;
    const bytes = block.kind === "insert" ? block.body.length : 0;
    const isHeld = heldBytes + bytes <= options.memoryBytesMax || bytes === 0;
    queue.push({ blockId: block.blockId, bytes, block: isHeld ? block : undefined, isDoubtful, enqueuedAtMs: performance.now() });
    queuedBytes += bytes;
    if (isHeld) heldBytes += bytes;
  }

  /** Unsent blocks beyond those known. */
  async function readBack(): Promise<void> {
    for (;;) {
      const blocks = await readOutbox(pool, options.partition, lastBlockId, READ_BLOCKS);
      for (const block of blocks) push(block, true);
      if (blocks.length < READ_BLOCKS) return;
    }
  }

  /** After an unclean end even a confirmed part may be missing (power cut before it reached the disk). */
  async function verifySent(): Promise<void> {
    await settled();
    for (let after = -1; !stopped; ) {
      const sent = await readSent(pool, options.partition, after, VERIFY_BLOCKS);
      await verifyInserts(sent.filter((block) => block.kind === "insert"));
      // A statement changed rows that may have been lost and inserted anew; repeating it changes nothing else.
      for (const block of sent) if (block.kind === "statement") await runStatement(clickhouse, block.statement).catch(exceptRefusal);
      after = sent.at(-1)?.blockId ?? after;
      if (sent.length < VERIFY_BLOCKS) return;
    }
  }

  async function verifyInserts(sent: readonly SentBlock[]): Promise<void> {
    for (const table of new Set(sent.map((block) => block.table))) {
      const blocks = sent.filter((block) => block.table === table);
      const landed = await landedCounts(clickhouse, table, blocks.map((block) => block.blockId));
      for (const { blockId, rows } of blocks) {
        if (landed.get(blockId) === rows) continue;
        const block = await readBlock(pool, blockId);
        if (block?.kind !== "insert") continue;
        const missing = await missingRows(block);
        if (missing.length === 0) continue;
        await insert(block.statement, rowsOf(block, missing));
        logger.warn({ block: blockId, rows: missing.length }, "a landed block had lost rows; they are back");
      }
    }
  }

  async function verifyWithRetries(): Promise<void> {
    for (let attempt = 0; !stopped && !verified; attempt++) {
      try {
        await verifySent();
        verified = true;
      } catch (error) {
        logger.warn({ partition: options.partition, err: error }, "landed blocks could not be verified; trying again");
        await backOff(attempt);
      }
    }
  }

  return {
    async recover({ wasUnclean }) {
      await readBack();
      verified = !wasUnclean;
      running = verifyWithRetries().then(loop);
    },
    enqueue(blocks) {
      for (const block of blocks) push(block, false);
      wake?.();
    },
    async catchUp() {
      await readBack();
      wake?.();
    },
    isVerified: () => verified,
    async drained() {
      draining++;
      wake?.();
      const last = queue.at(-1)?.blockId;
      await until(() => verified && (last === undefined || !queue.some((entry) => entry.blockId <= last)));
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
}

/** A statement that was refused when it was sent was put aside then. */
function exceptRefusal(error: unknown): void {
  if (!isRefusal(error)) throw error;
}

/** The bytes of chosen rows of a block. */
export function rowsOf(block: InsertBlock, rows: readonly number[]): Buffer {
  if (rows.length === block.rows) return block.body;
  return Buffer.concat(rows.map((row) => block.body.subarray(row === 0 ? 0 : block.rowEnds[row - 1], block.rowEnds[row])));
}
