// The rules by which an event was decided: the last change of settings before it in the log, read back from the control
// records in the event table. Where none is left there, the rules of today stand in, and the answer says so.
import type { ClickHouseClient } from "@clickhouse/client";
import type { Pool } from "pg";
import { z } from "zod";
import { controlHeader } from "@tributary/schema/log-record.ts";
import { sourceSettings, workspaceSettings, defaultWorkspaceSettings, type SourceSettings, type WorkspaceSettings } from "@tributary/schema/settings.ts";
import type { Limits } from "../../core/limits.ts";
import { KnownPaths } from "../known-paths.ts";
import { compileRules, type RuleBook, type WorkspaceRules } from "../workspace-rules.ts";

export interface RulesDeps {
  readonly pool: Pool;
  readonly clickhouse: ClickHouseClient;
  readonly secret: string;
  readonly limits: Limits;
}

export interface RulesThen {
  readonly rules: WorkspaceRules;
  readonly inForce: "then" | "now";
  /** When the workspace's or this source's rules were changed first after the event. */
  readonly changedSinceMs: number | null;
}

interface ControlRow {
  readonly position: string;
  readonly received_ms: string;
  readonly envelope: string;
}

interface Config {
  readonly settings: WorkspaceSettings;
  readonly sources: Readonly<Record<string, SourceSettings>>;
  /** The change that made it so; -1 while nothing was ever changed. */
  readonly row: number;
}

/** The rules in force today. */
export async function rulesNow(deps: RulesDeps, workspaceId: number): Promise<WorkspaceRules> {
  return compiled(deps, workspaceId, await readConfig(deps.pool, workspaceId));
}

export async function rulesThen(deps: RulesDeps, workspaceId: number, sourceId: number, row: number): Promise<RulesThen> {
  const now = await readConfig(deps.pool, workspaceId);
  const later = now.row > row ? await firstChangeAfter(deps.clickhouse, workspaceId, sourceId, row) : undefined;
  if (now.row < row) return { rules: compiled(deps, workspaceId, now), inForce: "then", changedSinceMs: null };
  const changedSinceMs = later === undefined ? null : Number(later.received_ms);
  const then = await readConfigAt(deps.clickhouse, workspaceId, row, now);
  return { rules: compiled(deps, workspaceId, then ?? now), inForce: then ? "then" : "now", changedSinceMs };
}

/** A book that holds these rules alone. */
export function bookOf(rules: WorkspaceRules): RuleBook {
  return { load: async () => undefined, of: () => rules, forget: () => undefined };
}

function compiled({ secret, limits }: RulesDeps, workspaceId: number, { settings, sources }: Config): WorkspaceRules {
  return compileRules({ workspaceId, secret, limits, settings, sources, paths: new KnownPaths() });
}

async function readConfig(pool: Pool, workspaceId: number): Promise<Config> {
  const { rows } = await pool.query<{ settings: unknown; sources: unknown; row_id: string }>("select settings, sources, row_id from pipeline_config where workspace_id = $1", [workspaceId]);
  if (rows[0] === undefined) return { settings: defaultWorkspaceSettings, sources: {}, row: -1 };
  return { settings: workspaceSettings.parse(rows[0].settings), sources: z.record(z.string(), sourceSettings).parse(rows[0].sources), row: Number(rows[0].row_id) };
}

/** Undefined when the control records before the event are not all there any more. */
async function readConfigAt(clickhouse: ClickHouseClient, workspaceId: number, row: number, now: Config): Promise<Config | undefined> {
  const [workspace, sources] = await Promise.all([
    controls(clickhouse, `event = 'workspace.set' and row_id < {row:UInt64} order by row_id desc limit 1`, { workspace: workspaceId, row }),
    controls(clickhouse, `event = 'source.set' and row_id < {row:UInt64} order by row_id desc limit 1 by JSONExtractInt(envelope, 'action', 'sourceId')`, { workspace: workspaceId, row }),
  ]);
  if (workspace.length === 0 && sources.length === 0) return undefined;
  const then: Record<string, SourceSettings> = {};
  for (const { envelope } of sources) {
    const { action } = controlHeader.parse(JSON.parse(envelope));
    if (action.kind === "source.set") then[String(action.sourceId)] = action.settings;
  }
  const action = workspace[0] ? controlHeader.parse(JSON.parse(workspace[0].envelope)).action : undefined;
  const settings = action?.kind === "workspace.set" ? action.settings : defaultWorkspaceSettings;
  return { settings, sources: then, row: now.row };
}

async function firstChangeAfter(clickhouse: ClickHouseClient, workspaceId: number, sourceId: number, row: number): Promise<ControlRow | undefined> {
  const [first] = await controls(
    clickhouse,
    `(event = 'workspace.set' or (event = 'source.set' and JSONExtractInt(envelope, 'action', 'sourceId') = {source:UInt32})) and row_id > {row:UInt64}
     order by row_id limit 1`,
    { workspace: workspaceId, row, source: sourceId },
  );
  return first;
}

async function controls(clickhouse: ClickHouseClient, where: string, params: Readonly<Record<string, number>>): Promise<ControlRow[]> {
  const result = await clickhouse.query({
    query: `select toString(row_id) as position, toString(toUnixTimestamp64Milli(received_at)) as received_ms, envelope from events
      where workspace_id = {workspace:UInt32} and outcome = 'control' and ${where}`,
    query_params: { ...params },
    format: "JSONEachRow",
  });
  return result.json<ControlRow>();
}
