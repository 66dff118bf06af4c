// What audiences tell ClickHouse: who entered and left, who is on which list, and what computed traits are for whom. Like everything that the pipeline tells it, the
// rows stand in blocks of the outbox, made in the transaction that decided them; but in partitions of their own, so that no two
// writers share a counter. The row of `audience_place` is that counter: whoever writes holds its lock until the commit, so blocks
// are committed in the order of their numbers, and a sender that reads them back passes over none.
import type { ClientBase, Pool } from "pg";
import { assert } from "../../core/errors.ts";
import { audiencePartition } from "../../core/position.ts";
import { RowBinaryWriter } from "../../engines/clickhouse/row-binary.ts";
import { REBUILD_READER } from "../rebuild-state.ts";
import { blockIdOf } from "./block-builder.ts";
import { BLOCK_ROWS_MAX, packBlocks, takeRows, writeOutbox, type InsertBlock, type OutboxBlock } from "./outbox-block.ts";
import { audienceLogColumns, computedValueColumns, insertStatement, listMemberColumns } from "./table-columns.ts";

export const audienceReasons = [
  "event", "deadline", "trait", "definition", "merge", "unmerge", "deletion", "list", "first_fill", "late_event", "import", "repair",
] as const;
export type AudienceReason = (typeof audienceReasons)[number];

export interface AudienceLogRow {
  readonly workspaceId: number;
  readonly audienceId: number;
  readonly profileId: string;
  readonly atMs: number;
  readonly entered: boolean;
  readonly reason: AudienceReason;
  /** row_id of the event or control record that caused it; 0: none did. */
  readonly causeRow: number;
  /** Of the audience's definition. */
  readonly version: number;
}

export interface ListMemberRow {
  readonly workspaceId: number;
  readonly listId: number;
  readonly profileId: string;
  /** False: taken off. */
  readonly added: boolean;
}

export interface ComputedValueRow {
  readonly workspaceId: number;
  readonly traitId: number;
  readonly profileId: string;
  /** JSON; "": that of everybody of whom nothing is known. */
  readonly value: string;
  readonly atMs: number;
  readonly reason: AudienceReason;
  readonly causeRow: number;
  /** Of the computed trait's definition. */
  readonly version: number;
}

export interface AudienceRows {
  readonly log?: readonly AudienceLogRow[];
  readonly lists?: readonly ListMemberRow[];
  readonly values?: readonly ComputedValueRow[];
}

/** Tables that are written here alone. */
const TABLES = ["audience_log", "list_member", "computed_value"];
const logStatement = insertStatement("audience_log", audienceLogColumns);
const listStatement = insertStatement("list_member", listMemberColumns);
const valueStatement = insertStatement("computed_value", computedValueColumns);

/** While everything is decided anew, people are missing who will be there again: nobody may be said to have left by it. */
export async function isBeingRebuilt(pool: Pick<Pool, "query">, partition: number): Promise<boolean> {
  const { rowCount } = await pool.query("select from log_offset where reader = $1 and partition = $2", [REBUILD_READER, partition]);
  return (rowCount ?? 0) > 0;
}

/**
 * Writes rows for people of one log partition, within the caller's transaction, which holds the partition's lock from here until
 * it ends. Row i of `log` gets `firstSeq` + i, those of `lists` the numbers behind these, then those of `values`: later ones are greater, whoever
 * writes. Rows of a workspace that is removed are left out.
 */
export async function writeAudienceRows(tx: ClientBase, partition: number, { log = [], lists = [], values = [] }: AudienceRows): Promise<{ readonly firstSeq: number }> {
  const blockCount = [log, lists, values].reduce((sum, { length }) => sum + Math.ceil(length / BLOCK_ROWS_MAX), 0);
  const { seq: firstSeq, nextBlock } = await takeNumbers(tx, partition, log.length + lists.length + values.length, blockCount);
  const removed = await removedAmong(tx, [...log, ...lists, ...values].map(({ workspaceId }) => workspaceId));
  const blocks: OutboxBlock[] = [];
  const add = <Row extends { readonly workspaceId: number }>(rows: readonly Row[], seqOfFirst: number, encoding: Encoding<Row>): void => {
    for (let from = 0; from < rows.length; from += BLOCK_ROWS_MAX) {
      const blockId = blockIdOf(audiencePartition(partition), nextBlock + blocks.length);
      const numbered = rows.slice(from, from + BLOCK_ROWS_MAX).map((row, i) => ({ row, seq: seqOfFirst + from + i })).filter(({ row }) => !removed.has(row.workspaceId));
      if (numbered.length > 0) blocks.push(encode(partition, blockId, numbered, encoding));
    }
  };
  add(log, firstSeq, { table: "audience_log", statement: logStatement, write: writeLogRow });
  add(lists, firstSeq + log.length, { table: "list_member", statement: listStatement, write: writeListRow });
  add(values, firstSeq + log.length + lists.length, { table: "computed_value", statement: valueStatement, write: writeValueRow });
  await packBlocks(blocks);
  await writeOutbox(tx, blocks);
  return { firstSeq };
}

/** In the transaction that ends a workspace: what is on its way lands before these, and behind them nothing of it is written. */
export async function removeAudienceRows(tx: ClientBase, partition: number, workspaceId: number): Promise<void> {
  const { nextBlock } = await takeNumbers(tx, partition, 0, TABLES.length);
  await writeOutbox(tx, TABLES.map((table, i) => ({
    kind: "statement", blockId: blockIdOf(audiencePartition(partition), nextBlock + i), partition: audiencePartition(partition), table,
    statement: `ALTER TABLE ${table} DELETE WHERE workspace_id = ${workspaceId}`,
  })));
}

/**
 * Which of these workspaces are no more. Asked under the lock of the partition's place, which the end of a workspace takes as well: either it
 * is seen here, or it comes behind what is written.
 */
export async function removedAmong(db: Pick<Pool | ClientBase, "query">, workspaceIds: readonly number[]): Promise<ReadonlySet<number>> {
  if (workspaceIds.length === 0) return new Set();
  const { rows } = await db.query<{ id: number }>(
    "select workspace_id as id from removed_workspace where row_id is not null and workspace_id = any($1::integer[])", [[...new Set(workspaceIds)]],
  );
  return new Set(rows.map(({ id }) => id));
}

/** The ids with which the blocks of a log partition begin, the pipeline's and audiences' own. */
export function firstBlocks(partition: number): { readonly pipeline: number; readonly audiences: number } {
  return { pipeline: blockIdOf(partition, 0), audiences: blockIdOf(audiencePartition(partition), 0) };
}

/** Every block that audiences wrote for this log partition below this id has landed, or is set aside. */
export async function audienceLandedBefore(pool: Pick<Pool, "query">, partition: number): Promise<number> {
  const { rows } = await pool.query<{ unsent: string | null; next: string }>(
    `select (select min(block_id) from ch_outbox where partition = $1 and sent_at is null) as unsent,
       coalesce((select next_block from audience_place where partition = $2), 0) as next`, [audiencePartition(partition), partition],
  );
  const [row] = rows;
  return row?.unsent == null ? blockIdOf(audiencePartition(partition), Number(row?.next ?? 0)) : Number(row.unsent);
}

/** Every block that audiences have written for this log partition by now is below this id, landed or not. */
export async function audienceDecidedBefore(pool: Pick<Pool, "query">, partition: number): Promise<number> {
  const { rows } = await pool.query<{ next: string }>("select next_block as next from audience_place where partition = $1", [partition]);
  return blockIdOf(audiencePartition(partition), Number(rows[0]?.next ?? 0));
}

async function takeNumbers(tx: ClientBase, partition: number, rows: number, blocks: number): Promise<{ readonly seq: number; readonly nextBlock: number }> {
  await tx.query("insert into audience_place (partition) values ($1) on conflict do nothing", [partition]);
  const taken = await tx.query<{ seq: string; next_block: string }>(
    `update audience_place set seq = seq + $2, next_block = next_block + $3 where partition = $1
     returning seq - $2 as seq, next_block - $3 as next_block`, [partition, rows, blocks],
  );
  const [place] = taken.rows;
  assert(place !== undefined, "the place was made");
  return { seq: Number(place.seq), nextBlock: Number(place.next_block) };
}

interface Encoding<Row> {
  readonly table: string;
  readonly statement: string;
  readonly write: (writer: RowBinaryWriter, row: Row, seq: number) => void;
}

function encode<Row>(partition: number, blockId: number, rows: readonly { readonly row: Row; readonly seq: number }[], encoding: Encoding<Row>): InsertBlock {
  const writer = new RowBinaryWriter(rows.length * 96 + 64);
  const rowEnds: number[] = [];
  for (const { row, seq } of rows) {
    encoding.write(writer, row, seq);
    writer.uint64(blockId);
    writer.uint32(rowEnds.length);
    rowEnds.push(writer.length);
  }
  return {
    kind: "insert", blockId, partition: audiencePartition(partition), table: encoding.table, month: 0, statement: encoding.statement, ...takeRows(writer, rowEnds), counts: [],
  };
}

function writeLogRow(writer: RowBinaryWriter, row: AudienceLogRow, seq: number): void {
  writer.uint32(row.workspaceId);
  writer.uint32(row.audienceId);
  writer.uuid(row.profileId);
  writer.dateTime64(row.atMs);
  writer.uint8(row.entered ? 1 : 0);
  writer.string(row.reason);
  writer.uint64(row.causeRow);
  writer.uint32(row.version);
  writer.uint64(seq);
}

function writeListRow(writer: RowBinaryWriter, row: ListMemberRow, seq: number): void {
  writer.uint32(row.workspaceId);
  writer.uint32(row.listId);
  writer.uuid(row.profileId);
  writer.uint8(row.added ? 1 : 0);
  writer.uint64(seq);
}

function writeValueRow(writer: RowBinaryWriter, row: ComputedValueRow, seq: number): void {
  writer.uint32(row.workspaceId);
  writer.uint32(row.traitId);
  writer.uuid(row.profileId);
  writer.string(row.value);
  writer.dateTime64(row.atMs);
  writer.string(row.reason);
  writer.uint64(row.causeRow);
  writer.uint32(row.version);
  writer.uint64(seq);
}
