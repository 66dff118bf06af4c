// Decides when events have been kept long enough, and asks with control records that they be removed (controls/expire-events.ts
// does it): once for each day and workspace, and then again until none is left. A restart looks at once. Without the setting
// `events.keepDays` nothing is ever asked.
import type { ClickHouseClient } from "@clickhouse/client";
import type { Pool } from "pg";
import { askSystem, isActedOn, type AskedRecord, type SystemControlDeps } from "./system-control.ts";

const DAY_MS = 86_400_000;
/** How often to look when nothing is at work. */
const LOOK_MS = 60_000;

/** Whole days (UTC), so that a month is rewritten once a day and not whenever somebody looks. */
export function expiryBorderMs(nowMs: number, keepDays: number): number {
  return Math.floor(nowMs / DAY_MS) * DAY_MS - keepDays * DAY_MS;
}

export interface EventExpiry {
  /** Looks, at most every minute while nothing is at work, and appends a record for each workspace that is due. */
  run(nowMs: number): Promise<void>;
}

interface ExpiryDeps extends SystemControlDeps {
  readonly clickhouse: ClickHouseClient;
}

export function createEventExpiry(deps: ExpiryDeps): EventExpiry {
  /** Workspace → everything before this time is gone. */
  const doneMs = new Map<number, number>();
  const asked = new Map<number, AskedRecord>();
  let nextLookMs = 0;

  async function look(workspaceId: number, borderMs: number, nowMs: number): Promise<void> {
    if ((doneMs.get(workspaceId) ?? -Infinity) >= borderMs) return;
    const before = asked.get(workspaceId);
    if (before && !(await isActedOn(deps, before))) return;
    asked.delete(workspaceId);
    if (!(await hasExpired(deps.clickhouse, workspaceId, borderMs))) return void doneMs.set(workspaceId, borderMs);
    // Until what was set aside is sent again, a record would remove nothing.
    if (!(await isInOrder(deps.pool, workspaceId))) return;
    const place = await askSystem(deps, workspaceId, { kind: "events.expire" }, nowMs);
    if (place) asked.set(workspaceId, place);
  }

  return {
    async run(nowMs) {
      if (nowMs < nextLookMs) return;
      for (const [workspaceId, keepDays] of await keepingWorkspaces(deps.pool)) await look(workspaceId, expiryBorderMs(nowMs, keepDays), nowMs);
      nextLookMs = asked.size > 0 ? nowMs : nowMs + LOOK_MS;
    },
  };
}

/** Workspaces that don't keep events for ever → for how many days they do. */
async function keepingWorkspaces(pool: Pool): Promise<Map<number, number>> {
  const { rows } = await pool.query<{ workspace_id: number; days: number }>(
    `select workspace_id, (settings #>> '{events,keepDays}')::integer as days from pipeline_config
     where settings #>> '{events,keepDays}' is not null order by workspace_id`,
  );
  return new Map(rows.map((row) => [row.workspace_id, row.days]));
}

async function hasExpired(clickhouse: ClickHouseClient, workspaceId: number, beforeMs: number): Promise<boolean> {
  const result = await clickhouse.query({
    query: `select 1 from events where workspace_id = {workspace:UInt32} and timestamp < fromUnixTimestamp64Milli({before:Int64}, 'UTC')
      and outcome != 'control' limit 1`,
    query_params: { workspace: workspaceId, before: beforeMs }, format: "JSONEachRow",
  });
  return (await result.json()).length > 0;
}

/** False while a statement of the workspace's log partition is set aside. */
async function isInOrder(pool: Pool, workspaceId: number): Promise<boolean> {
  const { rows } = await pool.query(
    `select from ch_refused r join workspace w on w.log_partition = r.partition where w.id = $1 and r.kind = 'statement' and r.status = 'open' limit 1`,
    [workspaceId],
  );
  return rows.length === 0;
}
