// The numbers behind the ledger.
import type { ClientBase, Pool } from "pg";
import { z } from "zod";
import { readProgress, type Progress } from "./log-progress.ts";

export interface LedgerRow {
  readonly sourceId: number;
  readonly hop: string;
  readonly outcome: string;
  readonly reason: string;
  readonly count: number;
}

export interface LedgerRange {
  readonly fromMs: number;
  readonly toMs: number;
  readonly source: number | undefined;
}

export interface LedgerSnapshot {
  readonly progress: Progress;
  readonly counts: readonly LedgerRow[];
  /** Decided and not yet landed, by source. */
  readonly unlanded: ReadonlyMap<number, number>;
  /** Some of what is counted as expired may stand in the event table still: the statement that removes it waits. */
  readonly isExpiring: boolean;
}

/**
 * Counts, outbox and the reader's place as they stood at one instant: they change together in single transactions, so only
 * one snapshot adds up. Reads as the tables' owner, for blocks of the outbox mix workspaces.
 */
export async function readSnapshot(pool: Pool, workspaceId: number, reader: string, range: LedgerRange): Promise<LedgerSnapshot> {
  const db = await pool.connect();
  let failure: Error | undefined;
  try {
    await db.query("begin isolation level repeatable read read only");
    const progress = await readProgress(db, workspaceId, reader);
    const counts = await readLedger(db, workspaceId, range);
    const unlanded = await readUnlanded(db, workspaceId, progress.partition, range);
    const isExpiring = await readExpiring(db, progress.partition);
    await db.query("commit");
    return { progress, counts, unlanded, isExpiring };
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
    throw error;
  } finally {
    // A connection that failed is in the middle of a transaction: it is not used again.
    db.release(failure);
  }
}

async function readLedger(db: ClientBase, workspaceId: number, range: LedgerRange): Promise<LedgerRow[]> {
  const { rows } = await db.query<{ source_id: number; hop: string; outcome: string; reason: string; count: string }>(
    `select source_id, hop, outcome, reason, sum(count) as count from ledger
      where workspace_id = $1 and minute >= $2 and minute < $3 and ($4::integer is null or source_id = $4)
      group by source_id, hop, outcome, reason having sum(count) <> 0 order by source_id, hop, outcome, reason`,
    [workspaceId, new Date(range.fromMs), new Date(range.toMs), range.source ?? null],
  );
  return rows.map((row) => ({ sourceId: row.source_id, hop: row.hop, outcome: row.outcome, reason: row.reason, count: Number(row.count) }));
}

/** What a block of the outbox counts: as the pipeline writes it into `ch_outbox.counts`. */
const blockCounts = z.array(z.object({ workspaceId: z.int(), sourceId: z.int(), minuteMs: z.number(), count: z.int() }));

async function readUnlanded(db: ClientBase, workspaceId: number, partition: number, range: LedgerRange): Promise<Map<number, number>> {
  const { rows } = await db.query<{ counts: unknown }>("select counts from ch_outbox where partition = $1 and sent_at is null", [
    partition,
  ]);
  const waiting = new Map<number, number>();
  for (const row of rows) {
    for (const count of blockCounts.catch([]).parse(row.counts)) {
      const isAsked =
        count.workspaceId === workspaceId &&
        count.minuteMs >= range.fromMs &&
        count.minuteMs < range.toMs &&
        (range.source === undefined || range.source === count.sourceId);
      if (isAsked) waiting.set(count.sourceId, (waiting.get(count.sourceId) ?? 0) + count.count);
    }
  }
  return waiting;
}

/**
 * Waits to be sent, or was refused and is set aside. One that was sent lately may be repeated after an unclean end, behind rows
 * that are inserted again; it stands in the outbox as long as they do.
 */
async function readExpiring(db: ClientBase, partition: number): Promise<boolean> {
  const { rows } = await db.query<{ waits: boolean }>(
    `select exists (select from ch_outbox where partition = $1 and statement like $2)
       or exists (select from ch_refused where partition = $1 and kind = 'statement' and status = 'open' and statement like $2) as waits`,
    [partition, "ALTER TABLE events DELETE %"],
  );
  return rows[0]?.waits ?? false;
}

export interface ByNow {
  readonly decided: number;
  readonly expired: number;
}

/** What was decided and what was to be removed by now, by source. */
export async function readByNow(pool: Pool, workspaceId: number, range: LedgerRange): Promise<Map<number, ByNow>> {
  const { rows } = await pool.query<{ source_id: number; decided: string; expired: string }>(
    `select source_id, coalesce(sum(count) filter (where hop = 'decided'), 0) as decided,
        coalesce(sum(count) filter (where hop = 'expired'), 0) as expired
       from ledger where workspace_id = $1 and minute >= $2 and minute < $3 and hop in ('decided', 'expired') group by source_id`,
    [workspaceId, new Date(range.fromMs), new Date(range.toMs)],
  );
  return new Map(rows.map((row) => [row.source_id, { decided: Number(row.decided), expired: Number(row.expired) }]));
}

const DAY_MS = 86_400_000;

/** For which days repeats are recognised: those in force, as the pipeline notes them, as far as message ids are kept. */
export async function readDedupeWindow(pool: Pool, nowMs: number): Promise<{ days: number; since: string | null }> {
  const { rows } = await pool.query<{ days: number; first_day: string }>(
    `select days, to_char(first_day, 'YYYY-MM-DD') as first_day from dedupe_window`,
  );
  const row = rows[0];
  // No pipeline has ever run.
  if (row === undefined) return { days: 0, since: null };
  // Ids of days before the window may be kept a while longer; they count no more.
  const windowMs = Math.floor(nowMs / DAY_MS) * DAY_MS - row.days * DAY_MS;
  return { days: row.days, since: new Date(Math.max(Date.parse(`${row.first_day}T00:00:00.000Z`), windowMs)).toISOString() };
}
