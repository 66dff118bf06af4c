// What ClickHouse refused for good, in `ch_refused`: a row of a block with what it was, or a statement. Once the rest of the
// block has landed, its refused rows count at the hop `landed` as `failed`, each once.
import type { ClientBase, Pool } from "pg";
import { NOBODY } from "../../core/nobody.ts";
import { writeLedger, type LedgerCount } from "../commit.ts";
import { storable } from "../stages/quarantine.ts";
import type { OutboxBlock } from "./outbox-block.ts";
import { refusalOf } from "./refusal-cause.ts";
import { readRow, type ColumnValue, type ReadRow } from "./row-reader.ts";

/** The outcome that the ledger gives at the hop `landed` to what ClickHouse refused. */
const FAILED = "failed";

/** Puts one row aside, as it was encoded. */
export async function putRowAside(pool: Pool, block: OutboxBlock, row: number, body: Buffer, error: unknown): Promise<void> {
  const { code, cause, detail, message } = refusalOf(error, "row");
  const known = describe(readRow(block.statement, body));
  await pool.query(
    `insert into ch_refused (block_id, block_row, table_name, statement, body, reason, kind, partition, code, cause, detail, workspace_id, row_id,
       source_id, received_at, message_id, event, profile_id, outcome, outcome_reason, content, happened_at)
     values ($1, $2, $3, $4, $5, $6, 'row', $7, $8, $9, $10, $11, $12, $13, to_timestamp($14 / 1000.0), $15, $16, $17, $18, $19, $20, to_timestamp($21 / 1000.0))
     on conflict do nothing`,
    [
      block.blockId, row, block.table, block.statement, body, message, block.partition, code, cause, detail,
      // The first column of every table, should the rest be unreadable.
      known?.workspaceId ?? body.readUInt32LE(0), known?.rowId ?? null, known?.sourceId ?? 0, known?.receivedAtMs ?? null, known?.messageId ?? "",
      known?.event ?? "", known?.profileId ?? null, known?.outcome ?? "", known?.outcomeReason ?? "",
      known?.content === undefined ? null : JSON.stringify(known.content), known?.happenedAtMs ?? null,
    ],
  );
}

/** Puts a statement aside; it is as if it had been sent, except that what rests on its rows is told so (`isInOrder`). */
export async function putStatementAside(pool: Pool, block: Pick<OutboxBlock, "blockId" | "table" | "statement">, partition: number, error: unknown): Promise<void> {
  const { code, cause, detail, message } = refusalOf(error, "statement");
  await pool.query(
    `insert into ch_refused (block_id, block_row, table_name, statement, body, reason, kind, partition, code, cause, detail, workspace_id)
     values ($1, 0, $2, $3, '', $4, 'statement', $5, $6, $7, $8, $9)
     on conflict (block_id, block_row) do update set status = 'open', resolved_at = null, reason = excluded.reason, code = excluded.code,
       cause = excluded.cause, detail = excluded.detail, at = now()`,
    [block.blockId, block.table, block.statement, message, partition, code, cause, detail, workspaceOf(block.statement)],
  );
}

/** Of our own statements. Those of a rebuild concern a whole partition, and of a workspace that is removed nobody is left: 0, everybody's. */
function workspaceOf(statement: string): number {
  return Number(/\bWHERE workspace_id = (\d+)\b(?!$)/.exec(statement)?.[1] ?? 0);
}

/** False while a statement of the partition is set aside: then rows in ClickHouse are not what was decided about them. */
export async function isInOrder(pool: Pool, partition: number): Promise<boolean> {
  const { rows } = await pool.query(`select from ch_refused where kind = 'statement' and status = 'open' and partition = $1 limit 1`, [partition]);
  return rows.length === 0;
}

/** Of these statements, those that were set aside and not run since. */
export async function setAsideOf(db: ClientBase | Pool, blockIds: readonly number[]): Promise<Set<number>> {
  const { rows } = await db.query<{ block_id: string }>(
    `select block_id from ch_refused where kind = 'statement' and status <> 'landed' and block_id = any($1::bigint[])`, [blockIds],
  );
  return new Set(rows.map((row) => Number(row.block_id)));
}

/**
 * Blocks sent longer ago are forgotten. Statements stay as long as an earlier one of their partition is set aside: they are
 * repeated behind it, once that is sent again.
 */
export async function forgetSent(pool: Pool, keptMs: number): Promise<void> {
  await pool.query(
    `delete from ch_outbox b where sent_at < now() - make_interval(secs => $1) and not (kind = 'statement' and exists (
       select from ch_refused r where r.kind = 'statement' and r.status = 'open' and r.partition = b.partition and r.block_id < b.block_id))`,
    [keptMs / 1000],
  );
  // What has landed is in the table, and is kept once.
  await pool.query(
    `update ch_refused set body = '', content = null where status = 'landed' and body <> '' and resolved_at < now() - make_interval(secs => $1)`,
    [keptMs / 1000],
  );
}

/**
 * Of events that happened before this time nothing is kept any more: their entries stay empty and are not sent again, and
 * tell that their rows are not to be looked for.
 */
export async function forgetExpired(tx: ClientBase, { workspaceId, beforeMs, beforeRow }: ExpiredRows): Promise<void> {
  await tx.query(
    `update ch_refused set status = case when status = 'landed' then 'landed' else 'discarded' end, resolved_at = coalesce(resolved_at, now()), body = '',
       content = null, message_id = '', event = '', profile_id = null, reason = '', detail = 'The event has expired: nothing of it is kept.'
     where workspace_id = $1 and kind = 'row' and happened_at < to_timestamp($2 / 1000.0) and row_id < $3`,
    [workspaceId, beforeMs, beforeRow],
  );
}

export interface ExpiredRows {
  readonly workspaceId: number;
  readonly beforeMs: number;
  readonly beforeRow: number;
}

/** Rows of a block that were put aside, whatever became of them. */
export async function refusedRowsOf(pool: Pool, blockId: number): Promise<number[]> {
  const { rows } = await pool.query<{ block_row: number }>(`select block_row from ch_refused where block_id = $1`, [blockId]);
  return rows.map((row) => row.block_row);
}

interface CountedRow {
  readonly workspace_id: number;
  readonly source_id: number;
  readonly received_at: Date;
  readonly outcome: string;
  readonly outcome_reason: string;
  readonly cause: string;
}

const COUNTED_COLUMNS = "workspace_id, source_id, received_at, outcome, outcome_reason, cause";

/** In the transaction that counts the whole blocks as landed, or after it: their refused rows have failed instead. */
export async function countAsFailed(tx: ClientBase, blockIds: readonly number[]): Promise<void> {
  const { rows } = await tx.query<CountedRow>(
    `update ch_refused set is_counted = true
     where block_id = any($1::bigint[]) and kind = 'row' and table_name = 'events' and outcome <> '' and status <> 'landed' and not is_counted
     returning ${COUNTED_COLUMNS}`,
    [blockIds],
  );
  await writeLedger(tx, "landed", rows.flatMap((row) => moved(row, -1)));
}

/** The row has landed after all. */
export async function countAsLanded(tx: ClientBase, blockId: number, row: number): Promise<void> {
  const { rows } = await tx.query<CountedRow>(
    `update ch_refused set is_counted = false where block_id = $1 and block_row = $2 and is_counted returning ${COUNTED_COLUMNS}`, [blockId, row],
  );
  await writeLedger(tx, "landed", rows.flatMap((one) => moved(one, 1)));
}

function moved(row: CountedRow, landed: 1 | -1): LedgerCount[] {
  const minuteMs = Math.floor(row.received_at.getTime() / 60_000) * 60_000;
  const at = { workspaceId: row.workspace_id, sourceId: row.source_id, minuteMs };
  return [
    { ...at, outcome: row.outcome, reason: row.outcome_reason, count: landed },
    { ...at, outcome: FAILED, reason: row.cause, count: -landed },
  ];
}

interface Description {
  readonly workspaceId: number;
  readonly rowId: number;
  readonly sourceId: number;
  readonly receivedAtMs: number | null;
  readonly happenedAtMs: number | null;
  readonly messageId: string;
  readonly event: string;
  readonly profileId: string | null;
  readonly outcome: string;
  readonly outcomeReason: string;
  readonly content: Readonly<Record<string, ColumnValue>> | undefined;
}

function describe(row: ReadRow | undefined): Description | undefined {
  if (!row) return undefined;
  const number = (column: string): number => Number(row.values[column] ?? 0);
  const text = (column: string): string => storable(String(row.values[column] ?? ""));
  const isEvent = row.table === "events";
  const profileId = text("profile_id");
  return {
    workspaceId: number("workspace_id"), rowId: number("row_id"), sourceId: number("source_id"), receivedAtMs: isEvent ? number("received_at") : null,
    happenedAtMs: isEvent ? number("timestamp") : null, messageId: text("message_id"), event: text("event"), profileId: profileId === NOBODY || profileId === "" ? null : profileId, outcome: text("outcome"),
    outcomeReason: text("reason"), content: isEvent ? contentOf(row) : undefined,
  };
}

/** In the words in which the API reads rows of the event table. */
function contentOf({ values }: ReadRow): Readonly<Record<string, ColumnValue>> {
  const content: Record<string, ColumnValue> = { at_ms: values["timestamp"] ?? 0, keys64: values["identifiers"] ?? [] };
  for (const column of ["type", "user_id", "anonymous_id", "library", "is_historical", "import_id", "time_note", "raw"]) content[column] = values[column] ?? "";
  return content;
}
