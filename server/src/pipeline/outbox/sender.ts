// Sends finished blocks to ClickHouse, in order, and never decides anything. It is sure of a block only when ClickHouse
// said so; after any doubt (error, lost connection, restart of either side) it has the missing rows inserted (landing.ts). Every
// block read back from Postgres is in doubt. Insert tokens are not used: they lose rows after a kill (docs/decisions/0003).
//
// What ClickHouse refuses for good stops nothing: a row is put aside alone, a statement whole. Rows behind a statement do not
// need it, for a statement names the rows before it; what does need it asks `isInOrder` (docs/decisions/0012).
import type { ClickHouseClient } from "@clickhouse/client";
import type { Pool } from "pg";
import type { Logger } from "../../core/logger.ts";
import { isRefusal } from "../../engines/clickhouse/insert-block.ts";
import { inTransaction } from "../../engines/postgres/in-transaction.ts";
import { writeLedger } from "../commit.ts";
import type { Hold } from "../hold.ts";
import { createLanding } from "./landing.ts";
import { createPatience, type PatienceLimits } from "./patience.ts";
import { countAsFailed, isInOrder } from "./refused.ts";
import { BLOCK_BYTES_MAX, BLOCK_ROWS_MAX, MONTH_UNKNOWN, readOutbox, type InsertBlock, type OutboxBlock } from "./outbox-block.ts";

export interface SenderOptions {
  readonly pool: Pool;
  readonly clickhouse: ClickHouseClient;
  readonly partition: number;
  readonly logger: Logger;
  /** How long rows may wait for company, so that one INSERT (one part) carries many blocks. */
  readonly lingerMs: number;
  /** Bodies held in memory; blocks beyond are read back from Postgres. */
  readonly memoryBytesMax: number;
  /** How long a statement that fails is tried. */
  readonly patience?: PatienceLimits;
  /** What may keep it from sending for a moment. */
  readonly hold?: Hold;
  /** Called when blocks have landed and are marked. */
  readonly onLanded?: () => void;
  /** Whether what was marked as sent lately may be missing, and is verified first; unless said otherwise, it is. */
  readonly isInDoubt?: boolean;
  /** Called when everything marked as sent has been verified. */
  readonly onVerified?: () => void;
}

export interface Sender {
  /** Begins with what an earlier process left, and with verifying what that one had marked as sent shortly before, where that is in doubt. */
  recover(): Promise<void>;
  /** Takes over committed blocks. */
  enqueue(blocks: readonly OutboxBlock[]): void;
  /** Takes over what stands in the outbox beyond all that: blocks of a commit whose answer was lost. */
  catchUp(): Promise<void>;
  /** Has what was marked as sent lately verified once more, as at a start: ClickHouse may have lost some of it. */
  verifyAgain(): void;
  /** Whether everything marked as sent is known to be there, and may be forgotten in time. */
  isVerified(): boolean;
  /** Resolves when everything enqueued so far has landed and is marked. */
  drained(): Promise<void>;
  /** Whether the rows in ClickHouse are, once drained, what was decided: false while a statement is set aside. */
  isInOrder(): Promise<boolean>;
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

const TRICKLE_BYTES = 256 * 1024;
const FLOOD_BYTES = 4 * 1024 * 1024;
const TORRENT_BYTES = 12 * 1024 * 1024;
const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 5_000;
const REFUSALS_BEFORE_SPLIT = 3;
const READ_BLOCKS = 20;
/** Blocks read back have unknown months; so many at most make far fewer parts than one INSERT may. */
const GROUP_BLOCKS_MAX = 50;

/** A few rows are soon sent: somebody may be looking for them. Many wait for company, since it is the part that costs. */
function companyShare(queuedBytes: number): number {
  if (queuedBytes < TRICKLE_BYTES) return 0.25;
  if (queuedBytes < FLOOD_BYTES) return 1;
  return queuedBytes < TORRENT_BYTES ? 2 : 3;
}

export function createSender(options: SenderOptions): Sender {
  const { pool, logger } = options;
  const queue: Queued[] = [];
  let queuedBytes = 0;
  let heldBytes = 0;
  let lastBlockId = -1;
  /** How often it was asked to verify what was sent, and up to which of these it was done. */
  let verifications = { asked: options.isInDoubt === false ? 0 : 1, done: 0 };
  let stopped = false;
  let draining = 0;
  let wake: (() => void) | undefined;
  let waiters: { readonly isMet: () => boolean; readonly resolve: () => void }[] = [];
  let running: Promise<void> | undefined;
  const landing = createLanding(options);
  const pass = options.hold?.join(() => wake?.());

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

  /** Marks the blocks and counts them as landed. A repeat after a commit whose answer was lost finds them marked, and counts nothing. */
  async function markSent(blocks: readonly OutboxBlock[]): Promise<void> {
    await inTransaction(pool, async (tx) => {
      const { rows } = await tx.query<{ block_id: string }>({
        name: "outbox-mark-sent",
        text: `update ch_outbox set sent_at = now() where block_id = any($1::bigint[]) and sent_at is null returning block_id`,
        values: [blocks.map((block) => block.blockId)],
      });
      const marked = new Set(rows.map((row) => Number(row.block_id)));
      // Refused rows first, as whoever sends one again does: so neither waits for the other in a circle.
      await countAsFailed(tx, [...marked]);
      await writeLedger(tx, "landed", blocks.flatMap((block) => (block.kind === "insert" && marked.has(block.blockId) ? block.counts : [])));
    });
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
    const [statement] = group.blocks.filter((block) => block.kind === "statement");
    const isHopeless = createPatience(options.patience);
    let { isDoubtful } = group;
    let refusals = 0;
    let isLanded = false;
    for (let attempt = 0; !stopped; attempt++) {
      try {
        if (!isLanded && refusals >= REFUSALS_BEFORE_SPLIT) await landing.sendHalved(group.blocks);
        else if (!isLanded) await landing.send(group.blocks, isDoubtful);
        isLanded = true;
        await markSent(group.blocks);
        return;
      } catch (error) {
        isDoubtful = true;
        if (!statement && isRefusal(error)) refusals++;
        logger.warn({ partition: options.partition, block: group.blocks[0]?.blockId, err: error }, "a block did not reach ClickHouse for sure; trying again");
        if (statement && !isLanded && isHopeless(error)) isLanded = await isSetAside(statement, error);
        else await backOff(attempt);
      }
    }
  }

  /** False when that failed too; then it is tried again like everything else. */
  async function isSetAside(statement: OutboxBlock, error: unknown): Promise<boolean> {
    try {
      await landing.setAside(statement, error);
      return true;
    } catch (failure) {
      logger.warn({ partition: options.partition, block: statement.blockId, err: failure }, "a statement that fails for good could not be set aside; trying again");
      await backOff(0);
      return false;
    }
  }

  /** Not cut short by new blocks, only by the end. */
  async function backOff(attempt: number): Promise<void> {
    const untilMs = performance.now() + Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** Math.min(attempt, 8));
    for (let leftMs = untilMs - performance.now(); leftMs > 0 && !stopped; leftMs = untilMs - performance.now()) await pause(leftMs);
  }

  async function loop(): Promise<void> {
    while (!stopped) {
      await pass?.();
      if (!isVerified()) await verifyWithRetries();
      const first = queue[0];
      if (!first) {
        settleWaiters();
        await pause(1_000);
        continue;
      }
      const waitedMs = performance.now() - first.enqueuedAtMs;
      const lingerMs = options.lingerMs * companyShare(queuedBytes);
      if (draining === 0 && waitedMs < lingerMs && queuedBytes < BLOCK_BYTES_MAX / 4) {
        await pause(lingerMs - waitedMs);
        continue;
      }
      try {
        const group = await takeGroup(first);
        await sendWithRetries(group);
        if (!stopped) remove(group.blocks);
        options.onLanded?.();
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

  function isVerified(): boolean {
    return verifications.done === verifications.asked;
  }

  async function verifyWithRetries(): Promise<void> {
    const isHopeless = createPatience(options.patience);
    for (let attempt = 0; !stopped && !isVerified(); attempt++) {
      const { asked } = verifications;
      try {
        await landing.verifySent(() => stopped, isHopeless);
        if (stopped) return;
        verifications = { ...verifications, done: asked };
        settleWaiters();
        if (isVerified()) options.onVerified?.();
      } catch (error) {
        logger.warn({ partition: options.partition, err: error }, "landed blocks could not be verified; trying again");
        await backOff(attempt);
      }
    }
  }

  return {
    async recover() {
      await readBack();
      running = loop();
    },
    enqueue(blocks) {
      for (const block of blocks) push(block, false);
      wake?.();
    },
    async catchUp() {
      await readBack();
      wake?.();
    },
    verifyAgain() {
      verifications = { ...verifications, asked: verifications.asked + 1 };
      wake?.();
    },
    isVerified,
    async drained() {
      draining++;
      wake?.();
      const last = queue.at(-1)?.blockId;
      await until(() => isVerified() && (last === undefined || !queue.some((entry) => entry.blockId <= last)));
      draining--;
    },
    isInOrder: () => isInOrder(pool, options.partition),
    waiting: () => ({ blocks: queue.length, bytes: queuedBytes }),
    below: (bytes) => until(() => queuedBytes <= bytes),
    async stop() {
      stopped = true;
      wake?.();
      await running;
    },
  };
}
