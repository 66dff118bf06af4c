// How long events take from the door to their profiles: counted in memory, written down every so often, forgotten after a
// while. Nothing is decided by it.
import type { Pool } from "pg";
import { freshnessSpansMs, noFreshnessCounts } from "@tributary/schema/api/freshness.ts";
import { apartMs } from "../core/clock.ts";
import { oneAfterAnother } from "../core/one-after-another.ts";
import type { BatchEvent } from "./batch.ts";

const MINUTE_MS = 60_000;
/** How long the counts are kept. */
const KEPT_MS = 8 * 86_400_000;
const FORGET_EVERY_MS = 3_600_000;

/** Workspace → counts by span. */
export type Waits = ReadonlyMap<number, readonly number[]>;

/** Of what has just been committed. History and imports are left out, and so is what a rebuild decides again (`belowRow`). */
export function waitsOf(events: readonly BatchEvent[], nowMs: number, belowRow: number): Waits {
  const waits = new Map<number, number[]>();
  for (const { received: { header, rowId } } of events) {
    if (rowId < belowRow || header.historical === true || header.importId !== undefined) continue;
    let counts = waits.get(header.workspaceId);
    if (!counts) waits.set(header.workspaceId, (counts = noFreshnessCounts()));
    const span = spanOf(nowMs - header.receivedAtMs);
    counts[span] = (counts[span] ?? 0) + 1;
  }
  return waits;
}

function spanOf(waitedMs: number): number {
  const span = freshnessSpansMs.findIndex((endMs) => waitedMs <= endMs);
  return span === -1 ? freshnessSpansMs.length : span;
}

export interface FreshnessCounter {
  add(waits: Waits, nowMs: number): void;
  /** Writes down what was counted since the last time. What can't be written is kept for the next time. */
  flush(nowMs: number): Promise<void>;
}

export function createFreshnessCounter(pool: Pool): FreshnessCounter {
  /** Minute → workspace → counts. */
  let counted = new Map<number, Map<number, number[]>>();
  let forgotAtMs = -Infinity;

  function add(waits: Waits, nowMs: number): void {
    const minuteMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
    let minute = counted.get(minuteMs);
    if (!minute) counted.set(minuteMs, (minute = new Map()));
    for (const [workspaceId, counts] of waits) {
      const known = minute.get(workspaceId);
      minute.set(workspaceId, noFreshnessCounts().map((_, span) => (counts[span] ?? 0) + (known?.[span] ?? 0)));
    }
  }

  return {
    add,
    flush: oneAfterAnother(async (nowMs: number) => {
      const taken = counted;
      counted = new Map();
      const rows = [...taken].flatMap(([minuteMs, workspaces]) => [...workspaces].flatMap(([workspaceId, counts]) =>
        counts.flatMap((count, span) => (count === 0 ? [] : [{ minuteMs, workspaceId, span, count }]))));
      try {
        if (rows.length > 0) await write(pool, rows);
      } catch (error) {
        for (const [minuteMs, waits] of taken) add(waits, minuteMs);
        throw error;
      }
      if (apartMs(nowMs, forgotAtMs) < FORGET_EVERY_MS) return;
      await pool.query("delete from freshness where minute < to_timestamp($1 / 1000.0)", [nowMs - KEPT_MS]);
      forgotAtMs = nowMs;
    }),
  };
}

interface CountRow {
  readonly minuteMs: number;
  readonly workspaceId: number;
  readonly span: number;
  readonly count: number;
}

async function write(pool: Pool, rows: readonly CountRow[]): Promise<void> {
  await pool.query(
    `insert into freshness (workspace_id, minute, span, count)
     select w, to_timestamp(m / 1000.0), s, c from unnest($1::int[], $2::float8[], $3::int[], $4::bigint[]) as f (w, m, s, c)
     where not exists (select from removed_workspace r where r.workspace_id = f.w)
     on conflict (workspace_id, minute, span) do update set count = freshness.count + excluded.count`,
    [rows.map((row) => row.workspaceId), rows.map((row) => row.minuteMs), rows.map((row) => row.span), rows.map((row) => row.count)],
  );
}
