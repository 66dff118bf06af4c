// Brings finished blocks into ClickHouse. Where there is doubt about what landed, it waits until no insert of the partition
// is running any more, asks, and inserts the missing rows; a row that ClickHouse refuses is put aside alone (refused.ts). It
// never retries: a rejection leaves open what landed, and the next call is to be told of the doubt.
import { randomUUID } from "node:crypto";
import type { ClickHouseClient } from "@clickhouse/client";
import type { Pool } from "pg";
import type { Logger } from "../../core/logger.ts";
import { insertBlock, isRefusal, killFailedMutations, landedCounts, landedRows, runStatement, waitUntilIdle } from "../../engines/clickhouse/insert-block.ts";
import { inTransaction } from "../../engines/postgres/in-transaction.ts";
import { readBlock, readSent, type InsertBlock, type OutboxBlock, type SentBlock } from "./outbox-block.ts";
import { countAsFailed, putRowAside, putStatementAside, refusedRowsOf, setAsideOf } from "./refused.ts";
import { restoreLost } from "./retry-refused.ts";
import { takeTurn } from "./statement-turn.ts";

export interface LandingOptions {
  readonly pool: Pool;
  readonly clickhouse: ClickHouseClient;
  readonly partition: number;
  readonly logger: Logger;
}

export interface Landing {
  /** Blocks of one table, in one INSERT; or one statement. `isDoubtful`: rows of them may have landed. */
  send(blocks: readonly OutboxBlock[], isDoubtful: boolean): Promise<void>;
  /** The same for blocks of rows that ClickHouse keeps refusing: what it can't take is put aside, the rest lands. */
  sendHalved(blocks: readonly OutboxBlock[]): Promise<void>;
  /** A statement that fails for good: it is listed, and nothing waits for it any more. */
  setAside(statement: Statement, error: unknown): Promise<void>;
  /** Inserts again what was marked as sent and is gone. `isHopeless`: a statement that fails with this is set aside. */
  verifySent(isStopped: () => boolean, isHopeless: (error: unknown) => boolean): Promise<void>;
}

type Statement = Pick<OutboxBlock, "blockId" | "table" | "statement">;

/** How long one attempt waits for an earlier insert to end before it gives up. */
const IDLE_TIMEOUT_MS = 30_000;
const VERIFY_BLOCKS = 500;
/** Tables of which a newer row takes an older one's place when parts are merged. */
const replaced: ReadonlySet<string> = new Set(["profiles", "profile_override", "list_member", "computed_value"]);

export function createLanding({ pool, clickhouse, partition, logger }: LandingOptions): Landing {
  // The partition's inserts, those of an earlier process too.
  const queryIds = `outbox-${partition}-`;

  async function send(blocks: readonly OutboxBlock[], isDoubtful: boolean): Promise<void> {
    if (isDoubtful) await settled();
    const inserts = blocks.filter((block) => block.kind === "insert");
    for (const block of blocks) if (block.kind === "statement") await run(block, isDoubtful);
    const [first] = inserts;
    if (!first) return;
    const bodies = isDoubtful ? await missingBodies(first.table, inserts) : inserts.map((block) => block.body);
    if (bodies.length > 0) await insert(first.statement, bodies);
  }

  /** An insert whose answer was not waited for may still be at work; until it has ended nobody knows what landed. */
  async function settled(): Promise<void> {
    if (!(await waitUntilIdle(clickhouse, queryIds, IDLE_TIMEOUT_MS))) throw new Error("An earlier insert is still running.");
  }

  /** `isDoubtful`: an earlier attempt may have left a change behind that fails, which this one would wait for. */
  async function run({ table, statement }: Statement, isDoubtful: boolean): Promise<void> {
    await inTransaction(pool, async (tx) => {
      await takeTurn(tx, partition);
      if (isDoubtful) await killFailedMutations(clickhouse, table);
      await runStatement(clickhouse, statement);
    });
  }

  async function setAside(statement: Statement, error: unknown): Promise<void> {
    await killFailedMutations(clickhouse, statement.table);
    await putStatementAside(pool, statement, partition, error);
    logger.error(
      { partition, block: statement.blockId, table: statement.table, err: error },
      "a statement fails for good in ClickHouse and is set aside; see GET /api/v1/refused-writes, and send it again from there once the cause is gone",
    );
  }

  async function insert(statement: string, body: Buffer | readonly Buffer[]): Promise<void> {
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
    if (found.size < block.rows) for (const row of await refusedRowsOf(pool, block.blockId)) found.add(row);
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

  async function putAside(block: InsertBlock, row: number, body: Buffer, error: unknown): Promise<void> {
    await putRowAside(pool, block, row, body, error);
    logger.error({ block: block.blockId, row, table: block.table, err: error }, "ClickHouse refused a row; see GET /api/v1/refused-writes");
  }

  async function sendHalved(blocks: readonly OutboxBlock[]): Promise<void> {
    await settled();
    for (const block of blocks) if (block.kind === "insert") await insertHalved(block, await missingRows(block));
  }

  /** Even a confirmed part may be missing (a power cut before it reached the disk, a part that ClickHouse could not read and put aside). */
  async function verifySent(isStopped: () => boolean, isHopeless: (error: unknown) => boolean): Promise<void> {
    await settled();
    for (let after = -1; !isStopped(); ) {
      const sent = await readSent(pool, partition, after, VERIFY_BLOCKS);
      await verifyInserts(sent.filter((block) => block.kind === "insert"));
      await repeatStatements(sent.filter((block) => block.kind === "statement"), isHopeless);
      after = sent.at(-1)?.blockId ?? after;
      if (sent.length < VERIFY_BLOCKS) break;
    }
    const lost = await restoreLost({ pool, clickhouse }, partition);
    if (lost > 0) logger.warn({ partition, rows: lost }, "rows that had been refused and sent again were lost; they were sent once more");
  }

  /** A statement changed rows that may have been lost and inserted anew; repeating it changes nothing else. */
  async function repeatStatements(sent: readonly SentBlock[], isHopeless: (error: unknown) => boolean): Promise<void> {
    const setAsideBefore = await setAsideOf(pool, sent.map((block) => block.blockId));
    for (const block of sent) {
      if (setAsideBefore.has(block.blockId)) continue;
      await run(block, true).catch((error: unknown) => {
        if (!isHopeless(error)) throw error;
        return setAside(block, error);
      });
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
        await insertHalved(block, missing);
        // What it took before and refuses now was counted as landed.
        await inTransaction(pool, (tx) => countAsFailed(tx, [blockId]));
        if (replaced.has(table)) logger.debug({ block: blockId, table, rows: missing.length }, "rows of a landed block that are not found, mostly because newer ones replaced them, were sent again");
        else logger.warn({ block: blockId, table, rows: missing.length }, "a landed block had lost rows; they are back, but for those refused");
      }
    }
  }

  return { send, sendHalved, setAside, verifySent };
}

/** The bytes of chosen rows of a block. */
export function rowsOf(block: InsertBlock, rows: readonly number[]): Buffer {
  if (rows.length === block.rows) return block.body;
  return Buffer.concat(rows.map((row) => block.body.subarray(row === 0 ? 0 : block.rowEnds[row - 1], block.rowEnds[row])));
}
