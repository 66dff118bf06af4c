// The settings in force: what the pipeline decides by, as it stands in pipeline_config. Reading them here never changes
// them; only control records do.
import type { ClientBase, Pool } from "pg";
import { defaultWorkspaceSettings, workspaceSettings, type WorkspaceSettings } from "@tributary/schema/settings.ts";
import type { WorkspaceDb } from "../engines/postgres/workspace-db.ts";
import { createWorkspaceCache, type WorkspaceCache } from "./workspace-cache.ts";

export const SETTINGS_CACHE_MS = 2_000;

export interface SettingsInForce {
  readonly settings: WorkspaceSettings;
  /** The change that set them; null while the defaults stand. */
  readonly row: number | null;
}

export async function readSettings(db: Pick<ClientBase | Pool, "query">, workspaceId: number): Promise<SettingsInForce> {
  const { rows } = await db.query<{ settings: unknown; row_id: string }>({
    name: "settings-in-force",
    text: "select settings, row_id from pipeline_config where workspace_id = $1",
    values: [workspaceId],
  });
  const row = rows[0];
  if (row === undefined) return { settings: defaultWorkspaceSettings, row: null };
  const at = Number(row.row_id);
  return { settings: workspaceSettings.parse(row.settings), row: at < 0 ? null : at };
}

/** Settings by workspace, at most SETTINGS_CACHE_MS old: for look-ups, which need the namespaces' normalisation. */
export type SettingsCache = WorkspaceCache<WorkspaceSettings>;

export function createSettingsCache(workspaceDb: WorkspaceDb): SettingsCache {
  return createWorkspaceCache(workspaceDb, SETTINGS_CACHE_MS, async (db, workspaceId) => (await readSettings(db, workspaceId)).settings);
}
