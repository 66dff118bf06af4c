// A finished block for ClickHouse: encoded once, in the transaction that decided its rows, and never changed again.
// Each row carries (block_id, block_row), so that after any doubt the sender can ask which rows landed.
import { promisify } from "node:util";
import { constants, zstdCompress, zstdDecompress } from "node:zlib";
import type { ClientBase, Pool } from "pg";
import { assert } from "../../core/errors.ts";
import { RowBinaryWriter } from "../../engines/clickhouse/row-binary.ts";
import type { LedgerCount } from "../commit.ts";

export const BLOCK_ROWS_MAX = 20_000;
export const BLOCK_BYTES_MAX = 64 * 1024 * 1024;
/** Of a block read back from the outbox. Several of them in one INSERT may make several parts. */
export const MONTH_UNKNOWN = -1;
/** The shape of the tables that blocks are written for; raised by every ClickHouse migration. */
export const SCHEMA_VERSION = 1;

export interface InsertBlock {
  readonly kind: "insert";
  readonly blockId: number;
  readonly partition: number;
  readonly table: string;
  /** Blocks of one table and one month may be sent in one INSERT, which then is one part. */
  readonly month: number;
  /** `INSERT INTO t (columns) FORMAT RowBinary` */
  readonly statement: string;
  readonly rows: number;
  /** End of row i in `body`. */
  readonly rowEnds: Uint32Array;
  readonly body: Buffer;
  readonly counts: readonly LedgerCount[];
}

/** A change of rows that are there already (ALTER … UPDATE); repeatable, run after all earlier blocks landed. */
export interface StatementBlock {
  readonly kind: "statement";
  readonly blockId: number;
  readonly partition: number;
  readonly table: string;
  readonly statement: string;
}

export type OutboxBlock = InsertBlock | StatementBlock;

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

const wholes = new WeakMap<Buffer, Buffer>();

/** Takes the rows out of a writer, with what the outbox stores behind them: the end of each row, and how many they are. */
export function takeRows(writer: RowBinaryWriter, rowEnds: readonly number[]): Pick<InsertBlock, "rows" | "rowEnds" | "body"> {
  const bytes = writer.length;
  for (const end of rowEnds) writer.uint32(end);
  writer.uint32(rowEnds.length);
  const whole = writer.copy();
  const body = whole.subarray(0, bytes);
  wholes.set(body, whole);
  return { rows: rowEnds.length, rowEnds: Uint32Array.from(rowEnds), body };
}

async function packBody(block: InsertBlock): Promise<Buffer> {
  const whole = wholes.get(block.body) ?? wholeOf(block);
  return compress(whole, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
}

function wholeOf(block: InsertBlock): Buffer {
  const writer = new RowBinaryWriter(block.body.length + block.rows * 4 + 4);
  writer.raw(block.body);
  return wholes.get(takeRows(writer, [...block.rowEnds]).body) ?? block.body;
}

async function unpackBody(packed: Buffer): Promise<{ rowEnds: Uint32Array; body: Buffer }> {
  const whole = await decompress(packed, { maxOutputLength: BLOCK_BYTES_MAX * 4 });
  const rows = whole.readUInt32LE(whole.length - 4);
  const bytes = whole.length - 4 - rows * 4;
  const rowEnds = new Uint32Array(rows);
  for (let i = 0; i < rows; i++) rowEnds[i] = whole.readUInt32LE(bytes + i * 4);
  return { rowEnds, body: whole.subarray(0, bytes) };
}

const packed = new WeakMap<OutboxBlock, Buffer>();

/** Compresses the blocks' bodies in libuv's pool; done before the transaction is opened, to keep that short. */
export async function packBlocks(blocks: readonly OutboxBlock[]): Promise<void> {
  await Promise.all(
    blocks.map(async (block) => {
      if (block.kind === "insert") packed.set(block, await packBody(block));
    }),
  );
}

export async function writeOutbox(tx: ClientBase, blocks: readonly OutboxBlock[]): Promise<void> {
  await Promise.all(blocks.map((block) => {
    const body = packed.get(block);
    assert(block.kind === "statement" || body, "blocks are packed before they are written");
    return tx.query({
      name: "outbox-write",
      text: `insert into ch_outbox (block_id, partition, kind, table_name, statement, schema_version, rows, counts, body) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      values: [
        block.blockId, block.partition, block.kind, block.table, block.statement, SCHEMA_VERSION, block.kind === "insert" ? block.rows : 0,
        JSON.stringify(block.kind === "insert" ? block.counts : []), body ?? null,
      ],
    });
  }));
}

interface OutboxRow {
  block_id: string;
  partition: number;
  kind: "insert" | "statement";
  table_name: string;
  statement: string;
  rows: number;
  counts: LedgerCount[];
  body: Buffer | null;
}

/** Blocks of a partition that are not marked as sent, in order, a few at a time. */
export async function readOutbox(db: ClientBase | Pool, partition: number, afterBlock: number, limit: number): Promise<OutboxBlock[]> {
  const { rows } = await db.query<OutboxRow>(
    `select block_id, partition, kind, table_name, statement, rows, counts, body from ch_outbox
     where partition = $1 and block_id > $2 and sent_at is null order by block_id limit $3`,
    [partition, afterBlock, limit],
  );
  return Promise.all(rows.map(unpackRow));
}

async function unpackRow(row: OutboxRow): Promise<OutboxBlock> {
  const common = { blockId: Number(row.block_id), partition: row.partition, table: row.table_name, statement: row.statement };
  if (row.kind === "statement") return { kind: "statement", ...common };
  assert(row.body, "an insert block has a body");
  // The month is not stored.
  return { kind: "insert", ...common, month: MONTH_UNKNOWN, rows: row.rows, counts: row.counts, ...(await unpackBody(row.body)) };
}

/** What was sent, without the rows themselves. */
export interface SentBlock {
  readonly blockId: number;
  readonly kind: "insert" | "statement";
  readonly table: string;
  readonly statement: string;
  readonly rows: number;
}

/** Blocks of a partition that are marked as sent and still kept, in order, a few at a time. */
export async function readSent(db: ClientBase | Pool, partition: number, afterBlock: number, limit: number): Promise<SentBlock[]> {
  const { rows } = await db.query<Omit<OutboxRow, "counts" | "body">>(
    `select block_id, kind, table_name, statement, rows from ch_outbox
     where partition = $1 and block_id > $2 and sent_at is not null order by block_id limit $3`,
    [partition, afterBlock, limit],
  );
  return rows.map((row) => ({ blockId: Number(row.block_id), kind: row.kind, table: row.table_name, statement: row.statement, rows: row.rows }));
}

/** One block with its rows, whether it is marked as sent or not. */
export async function readBlock(db: ClientBase | Pool, blockId: number): Promise<OutboxBlock | undefined> {
  const { rows } = await db.query<OutboxRow>(
    `select block_id, partition, kind, table_name, statement, rows, counts, body from ch_outbox where block_id = $1`, [blockId],
  );
  return rows[0] && unpackRow(rows[0]);
}
