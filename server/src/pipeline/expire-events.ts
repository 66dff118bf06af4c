// Decides when events have been kept long enough, and asks with control records that they be removed (controls/expire-events.ts
// does it): once for each day and workspace, and then again until none is left. A restart looks at once. Without the setting
// `events.keepDays` nothing is ever asked.
import type { ClickHouseClient } from "@clickhouse/client";
import type { Pool } from "pg";
import { apartMs } from "../core/clock.ts";
import { isInOrder } from "./outbox/refused.ts";
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
  let lookedAtMs = -Infinity;

  async function look({ workspaceId, partition, keepDays }: Keeping, nowMs: number): Promise<void> {
    const borderMs = expiryBorderMs(nowMs, keepDays);
    if (doneMs.get(workspaceId) === borderMs) return;
    const before = asked.get(workspaceId);
    if (before && !(await isActedOn(deps, before))) return;
    asked.delete(workspaceId);
    if (!(await hasExpired(deps.clickhouse, workspaceId, borderMs))) return void doneMs.set(workspaceId, borderMs);
    // Until what was set aside is sent again, a record would remove nothing.
    if (!(await isInOrder(deps.pool, partition))) return;
    const place = await askSystem(deps, workspaceId, { kind: "events.expire" }, nowMs);
    if (place) asked.set(workspaceId, place);
  }

  return {
    async run(nowMs) {
      if (asked.size === 0 && apartMs(nowMs, lookedAtMs) < LOOK_MS) return;
      lookedAtMs = nowMs;
      for (const workspace of await keepingWorkspaces(deps.pool)) await look(workspace, nowMs);
    },
  };
}

/** A workspace that doesn't keep events for ever. */
interface Keeping {
  readonly workspaceId: number;
  readonly partition: number;
  readonly keepDays: number;
}

async function keepingWorkspaces(pool: Pool): Promise<Keeping[]> {
  const { rows } = await pool.query<Keeping>(
    `select c.workspace_id as "workspaceId", w.log_partition as partition, (c.settings #>> '{events,keepDays}')::integer as "keepDays"
     from pipeline_config c join workspace w on w.id = c.workspace_id
     where c.settings #>> '{events,keepDays}' is not null order by c.workspace_id`,
  );
  return rows;
}

async function hasExpired(clickhouse: ClickHouseClient, workspaceId: number, beforeMs: number): Promise<boolean> {
  const result = await clickhouse.query({
    query: `select 1 from events where workspace_id = {workspace:UInt32} and timestamp < fromUnixTimestamp64Milli({before:Int64}, 'UTC')
      and outcome != 'control' limit 1`,
    query_params: { workspace: workspaceId, before: beforeMs }, format: "JSONEachRow",
  });
  return (await result.json()).length > 0;
}
