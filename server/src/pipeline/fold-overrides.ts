// Decides when merges are written into the rows of the event table, and asks for it with control records
// (controls/fold-overrides.ts does it). What it notes is in memory only: a restart begins the hour anew, and asking once too
// often changes nothing.
import type { ClickHouseClient } from "@clickhouse/client";
import { apartMs } from "../core/clock.ts";
import { askSystem, isActedOn, type AskedRecord, type SystemControlDeps } from "./system-control.ts";

export interface FoldingLimits {
  /** How long overrides may stand before they are folded in. */
  readonly ageMs: number;
  /** More than so many in one workspace are not left to age. */
  readonly overridesMax: number;
  /** How often to look. */
  readonly lookMs: number;
  /** After asking in vain: how long to leave it. */
  readonly patienceMs: number;
}

/** 200,000 overrides take 24 MB in a dictionary and double the time of a query over everybody; rewriting reads the whole table. */
export const foldingLimits: FoldingLimits = { ageMs: 3_600_000, overridesMax: 200_000, lookMs: 60_000, patienceMs: 600_000 };

export interface OverrideFolding {
  /** Looks, at most every `lookMs`, and appends a record for each workspace that is due. */
  run(nowMs: number): Promise<void>;
}

interface FoldingDeps extends SystemControlDeps {
  readonly clickhouse: ClickHouseClient;
}

interface Watched {
  /** Since when there are overrides. */
  sinceMs: number;
  /** How many there were when it was asked last, and how often that was without their getting fewer. */
  count: number;
  vainly: number;
  asked: (AskedRecord & { readonly atMs: number }) | undefined;
}

/** Once rewrites the rows, once removes the overrides: the third time something is wrong. */
const ASKS_IN_VAIN = 3;

export function createOverrideFolding(deps: FoldingDeps, limits: FoldingLimits = foldingLimits): OverrideFolding {
  const workspaces = new Map<number, Watched>();
  let lookedAtMs = -Infinity;

  async function look(workspaceId: number, count: number, nowMs: number): Promise<void> {
    const watched = workspaces.get(workspaceId) ?? { sinceMs: nowMs, count: 0, vainly: 0, asked: undefined };
    workspaces.set(workspaceId, watched);
    if (watched.asked && count < watched.count) Object.assign(watched, { sinceMs: nowMs, vainly: 0, asked: undefined });
    const isDue = count > limits.overridesMax || apartMs(nowMs, watched.sinceMs) >= limits.ageMs;
    if (!isDue || (watched.asked && !(await isActedOn(deps, watched.asked)))) return;
    if (watched.vainly >= ASKS_IN_VAIN) {
      if (apartMs(nowMs, watched.asked?.atMs ?? 0) < limits.patienceMs) return;
      watched.vainly = 0;
    }
    const place = await askSystem(deps, workspaceId, { kind: "overrides.fold" }, nowMs);
    if (!place) return;
    watched.asked = { ...place, atMs: nowMs };
    watched.count = count;
    watched.vainly++;
  }

  return {
    async run(nowMs) {
      if (apartMs(nowMs, lookedAtMs) < limits.lookMs) return;
      lookedAtMs = nowMs;
      const counts = await countOverrides(deps.clickhouse);
      for (const workspaceId of workspaces.keys()) if (!counts.has(workspaceId)) workspaces.delete(workspaceId);
      for (const [workspaceId, count] of counts) await look(workspaceId, count, nowMs);
    },
  };
}

async function countOverrides(clickhouse: ClickHouseClient): Promise<Map<number, number>> {
  const result = await clickhouse.query({
    query: `select workspace_id, count() as count from profile_override group by workspace_id order by workspace_id`, format: "JSONEachRow",
  });
  const rows = await result.json<{ workspace_id: number; count: number }>();
  return new Map(rows.map((row) => [row.workspace_id, Number(row.count)]));
}
