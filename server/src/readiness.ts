// Whether this server can do its work: engines that answer, and a pipeline that runs and comes forward. The answer is public,
// so it is made of fixed words; what an engine said stands in the log, once for each time that something turns bad.
import type { Pool } from "pg";
import type { Readiness } from "./api/api.ts";
import type { Clock } from "./core/clock.ts";
import type { Logger } from "./core/logger.ts";

/** A partition with something to read that was not read on for this long stands still. */
export const STANDSTILL_MS = 30_000;
/** A block that was decided so long ago and has not landed keeps all behind it waiting. */
const LATE_MS = 5 * 60_000;

export interface ReadinessParts {
  readonly pool: Pool;
  /** Absent where nothing that this process does needs it. */
  readonly pingClickHouse: (() => Promise<unknown>) | undefined;
  /** The pipeline of this process, when it has one. */
  readonly pipeline: { readonly reader: string; readonly isRunning: () => boolean } | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Part {
  readonly ok: boolean;
  readonly detail: string;
}

export function createReadiness({ pool, pingClickHouse, pipeline, clock, logger }: ReadinessParts): () => Promise<Readiness> {
  const bad = new Set<string>();
  const isStandingStill = createStandstill();

  function note(name: string, part: Part, error?: unknown): Part {
    if (part.ok) {
      if (bad.delete(name)) logger.info({ part: name }, "well again");
    } else if (!bad.has(name)) {
      bad.add(name);
      logger.error({ part: name, detail: part.detail, err: error }, "not ready");
    }
    return part;
  }

  async function check(name: string, action: () => Promise<unknown>): Promise<Part> {
    try {
      await action();
      return note(name, { ok: true, detail: "answers" });
    } catch (error) {
      return note(name, { ok: false, detail: "does not answer" }, error);
    }
  }

  async function checkPipeline({ reader, isRunning }: NonNullable<ReadinessParts["pipeline"]>): Promise<Part> {
    if (!isRunning()) return note("pipeline", { ok: false, detail: "is being started" });
    try {
      const isStuck = isStandingStill(await readPlaces(pool, reader), clock.nowMs());
      return note("pipeline", isStuck ? { ok: false, detail: "stands still" } : { ok: true, detail: "runs" });
    } catch (error) {
      return note("pipeline", { ok: false, detail: "can't be seen" }, error);
    }
  }

  /** Nothing that comes in waits for what ClickHouse refused, so this makes no server unready. Who set it aside has logged it. */
  async function checkRefused(): Promise<Part> {
    const open = await countRefused(pool).catch(() => undefined);
    if (!open) return { ok: false, detail: "can't be seen" };
    return { ok: open.statements === 0, detail: open.statements + open.rows === 0 ? "none" : refusedText(open) };
  }

  /** Blocks that ClickHouse does not take, for a reason that may pass: they are tried on, and nothing is lost. */
  async function checkOutbox(): Promise<Part> {
    const isLate = await hasLateBlocks(pool).catch(() => undefined);
    if (isLate === undefined) return { ok: false, detail: "can't be seen" };
    const part = isLate ? { ok: false, detail: `has waited for ClickHouse for more than ${LATE_MS / 60_000} minutes; see why in the server's log` } : { ok: true, detail: "lands" };
    return note("outbox", part);
  }

  return async () => {
    const [postgres, clickhouse, processing, outbox, refused] = await Promise.all([
      check("postgres", () => pool.query("select 1")), pingClickHouse && check("clickhouse", pingClickHouse), pipeline && checkPipeline(pipeline), checkOutbox(), checkRefused(),
    ]);
    const needed = { postgres, ...(clickhouse ? { clickhouse } : {}), ...(processing ? { pipeline: processing } : {}) };
    return { ready: Object.values(needed).every(({ ok }) => ok), degraded: !refused.ok || !outbox.ok, parts: { ...needed, outbox, refused_writes: refused } };
  };
}

async function hasLateBlocks(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query<{ is_late: boolean }>(
    `select exists (select from ch_outbox where sent_at is null and created_at < now() - make_interval(secs => $1)) as is_late`, [LATE_MS / 1000],
  );
  return rows[0]?.is_late ?? false;
}

export interface RefusedCounts {
  readonly rows: number;
  readonly statements: number;
}

/** What ClickHouse refused for good, of all workspaces, and nobody has sent again or discarded. */
export async function countRefused(pool: Pool): Promise<RefusedCounts> {
  const { rows } = await pool.query<{ rows: string; statements: string }>(
    `select count(*) filter (where kind = 'row') as rows, count(*) filter (where kind = 'statement') as statements from ch_refused where status = 'open'`,
  );
  return { rows: Number(rows[0]?.rows ?? 0), statements: Number(rows[0]?.statements ?? 0) };
}

function refusedText({ rows, statements }: RefusedCounts): string {
  const what = [[rows, "row"], [statements, "statement"]] as const;
  const counted = what.filter(([count]) => count > 0).map(([count, name]) => `${count} ${name}${count === 1 ? "" : "s"}`);
  const waits = statements > 0 ? "; unmerges and withdrawals of imports are refused meanwhile" : "";
  return `${counted.join(" and ")} refused by ClickHouse${waits}; see GET /api/v1/refused-writes`;
}

/** How far the log goes, and how far its reader is. */
export interface Place {
  readonly partition: number;
  readonly headOffset: number;
  readonly readOffset: number;
}

export async function readPlaces(pool: Pool, reader: string): Promise<Place[]> {
  const { rows } = await pool.query<{ partition: number; head: string; read: string }>(
    `select h.partition, h.next_offset as head, coalesce(o.next_offset, 0) as read
       from log_head h left join log_offset o on o.partition = h.partition and o.reader = $1`,
    [reader],
  );
  return rows.map(({ partition, head, read }) => ({ partition, headOffset: Number(head), readOffset: Number(read) }));
}

/** Remembers since when each partition has had something to read at the place where its reader is. */
function createStandstill(): (places: readonly Place[], nowMs: number) => boolean {
  const waiting = new Map<number, { readonly readOffset: number; readonly sinceMs: number }>();
  return (places, nowMs) => {
    let isStuck = false;
    for (const { partition, headOffset, readOffset } of places) {
      const before = waiting.get(partition);
      if (headOffset <= readOffset) waiting.delete(partition);
      else if (before?.readOffset !== readOffset) waiting.set(partition, { readOffset, sinceMs: nowMs });
      else if (nowMs - before.sinceMs >= STANDSTILL_MS) isStuck = true;
    }
    return isStuck;
  };
}
