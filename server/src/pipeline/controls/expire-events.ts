// Removes rows of the event table that are older than the workspace keeps its events: one month's, by one statement, in one
// record; the next record takes the next. What they made of people stays, and so do control records: they say what the
// settings were, who was taken apart, who is suppressed.
//
// It is a control record for the reason that fold-overrides is one: the statement stands in the outbox in order with every
// insert and every other change of rows. A block that is verified after a doubt has landed before it, or is repeated
// together with it. What is removed is counted before, and the count is committed with the statement, so that the ledger
// adds up whatever is broken off or repeated; the statement names only rows before the record.
import type { ClientBase } from "pg";
import { writeLedger } from "../commit.ts";
import { expiryBorderMs } from "../expire-events.ts";
import { forgetExpired } from "../outbox/refused.ts";
import type { ControlWork } from "./handle-control.ts";

export interface ExpiryLimits {
  /** Counts that one record adds to the ledger, and entries of the quarantine that it removes. What is more is left to the next. */
  readonly countsMax: number;
  readonly heldMax: number;
}

export const expiryLimits: ExpiryLimits = { countsMax: 200_000, heldMax: 100_000 };
const LEDGER_ROWS_AT_ONCE = 10_000;

export async function expireEvents(work: ControlWork): Promise<void> {
  const limits = work.expiry;
  const { keepDays } = work.rules.of(work.header.workspaceId).settings.events;
  if (keepDays === null || (await actedOnLast(work)) >= work.rowId) return;
  await work.sender.drained();
  // Rows that an earlier record was to remove may stand there still, and would be counted again. It is asked again.
  if (!(await work.sender.isInOrder())) return;
  const month = await oldestMonth(work, expiryBorderMs(work.header.receivedAtMs, keepDays));
  if (month === undefined) return;
  const held = await heldRows(work, month, limits.heldMax + 1);
  const heldNext = held[limits.heldMax];
  const part = heldNext === undefined ? month : { ...month, beforeRow: heldNext };
  const counts = await countRows(work, part, limits.countsMax + 1);
  const next = counts[limits.countsMax];
  // Counts come in the order of their first rows, so those before the first row of the one too many are the others'.
  const [bounded, exact] = next === undefined ? [part, counts] : await recount(work, { ...part, beforeRow: Number(next.first) }, limits);
  work.builder.addStatement("events", `ALTER TABLE events DELETE IN PARTITION ${bounded.month} WHERE ${whereOf(work, bounded)}`);
  work.writes.push((tx) => writeExpired(tx, work, bounded, exact, held.filter((row) => row < bounded.beforeRow)));
}

/** The rows of one month that are to go. */
interface Part {
  /** As the table's partitions are named: 202401. */
  readonly month: number;
  readonly beforeMs: number;
  readonly beforeRow: number;
}

/** The position of the last record that removed something; in a rebuild those up to it come again. */
async function actedOnLast({ db, header }: ControlWork): Promise<number> {
  const { rows } = await db.query<{ row_id: string }>(`select row_id from expired_events where workspace_id = $1`, [header.workspaceId]);
  return Number(rows[0]?.row_id ?? -1);
}

function whereOf(work: ControlWork, { beforeMs, beforeRow }: Omit<Part, "month">): string {
  return `workspace_id = ${work.header.workspaceId} AND timestamp < fromUnixTimestamp64Milli(toInt64(${beforeMs}), 'UTC')
    AND row_id < ${beforeRow} AND outcome != 'control'`;
}

async function ask<Row>(work: ControlWork, query: string): Promise<Row[]> {
  return (await work.clickhouse.query({ query, format: "JSONEachRow" })).json<Row>();
}

async function oldestMonth(work: ControlWork, beforeMs: number): Promise<Part | undefined> {
  const [found] = await ask<{ rows: string; month: number }>(
    work, `select count() as rows, toYYYYMM(min(timestamp)) as month from events where ${whereOf(work, { beforeMs, beforeRow: work.rowId })}`,
  );
  return found && Number(found.rows) > 0 ? { month: found.month, beforeMs, beforeRow: work.rowId } : undefined;
}

async function heldRows(work: ControlWork, part: Part, limit: number): Promise<number[]> {
  const rows = await ask<{ row: string }>(
    work, `select toString(row_id) as row from events where toYYYYMM(timestamp) = ${part.month} and ${whereOf(work, part)}
      and outcome = 'quarantined' order by row_id limit ${limit}`,
  );
  return rows.map(({ row }) => Number(row));
}

interface ExpiredCount {
  readonly source_id: number;
  readonly minute: string;
  readonly decided: string;
  readonly why: string;
  readonly rows: string;
  /** The first of the rows counted. */
  readonly first: string;
}

/** By what the ledger counts by: as they were decided, so a withdrawn event counts as stored. */
function countRows(work: ControlWork, part: Part, limit: number): Promise<ExpiredCount[]> {
  return ask(
    work, `select source_id, toString(intDiv(toUnixTimestamp64Milli(received_at), 60000)) as minute,
        if(outcome = 'withdrawn', 'stored', outcome) as decided, if(outcome = 'withdrawn', '', reason) as why,
        toString(count()) as rows, toString(min(row_id)) as first
      from events where toYYYYMM(timestamp) = ${part.month} and ${whereOf(work, part)}
      group by source_id, minute, decided, why order by min(row_id), source_id, minute, decided, why limit ${limit}`,
  );
}

async function recount(work: ControlWork, part: Part, limits: ExpiryLimits): Promise<[Part, ExpiredCount[]]> {
  return [part, await countRows(work, part, limits.countsMax)];
}

async function writeExpired(tx: ClientBase, work: ControlWork, part: Part, counts: readonly ExpiredCount[], held: readonly number[]): Promise<void> {
  const { workspaceId } = work.header;
  for (let i = 0; i < counts.length; i += LEDGER_ROWS_AT_ONCE) {
    await writeLedger(tx, "expired", counts.slice(i, i + LEDGER_ROWS_AT_ONCE).map((one) => ({
      workspaceId, sourceId: one.source_id, minuteMs: Number(one.minute) * 60_000, outcome: one.decided, reason: one.why, count: Number(one.rows),
    })));
  }
  // What was held can't be sent again without its bytes.
  await tx.query(`delete from quarantine where workspace_id = $1 and row_id = any($2::bigint[])`, [workspaceId, held]);
  await forgetExpired(tx, { workspaceId, beforeMs: part.beforeMs, beforeRow: work.rowId });
  await tx.query(
    `insert into expired_events (workspace_id, before, events, row_id) values ($1, to_timestamp($2 / 1000.0), $3, $4)
     on conflict (workspace_id) do update set before = greatest(expired_events.before, excluded.before),
       events = expired_events.events + excluded.events, row_id = excluded.row_id`,
    [workspaceId, part.beforeMs, counts.reduce((sum, { rows }) => sum + Number(rows), 0), work.rowId],
  );
}
