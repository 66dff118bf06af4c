// The settings in force: what the pipeline decides by, as it stands in pipeline_config. Reading them here never changes
// them; only control records do.
import type { ClientBase } from "pg";
import { defaultWorkspaceSettings, workspaceSettings, type WorkspaceSettings } from "@tributary/schema/settings.ts";
import type { WorkspaceDb } from "../engines/postgres/workspace-db.ts";

export const SETTINGS_CACHE_MS = 2_000;
const CACHE_ENTRIES_MAX = 1_000;

export interface SettingsInForce {
  readonly settings: WorkspaceSettings;
  /** The change that set them; null while the defaults stand. */
  readonly row: number | null;
}

export async function readSettings(db: ClientBase, workspaceId: number): Promise<SettingsInForce> {
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
export interface SettingsCache {
  get(workspaceId: number, nowMs: number): WorkspaceSettings | Promise<WorkspaceSettings>;
  forget(workspaceId: number): void;
}

export function createSettingsCache(workspaceDb: WorkspaceDb): SettingsCache {
  const cache = new Map<number, { readonly settings: WorkspaceSettings; readonly untilMs: number }>();
  const load = async (workspaceId: number, nowMs: number): Promise<WorkspaceSettings> => {
    const { settings } = await workspaceDb.run(workspaceId, (db) => readSettings(db, workspaceId));
    if (cache.size >= CACHE_ENTRIES_MAX) cache.clear();
    cache.set(workspaceId, { settings, untilMs: nowMs + SETTINGS_CACHE_MS });
    return settings;
  };
  return {
    get(workspaceId, nowMs) {
      const entry = cache.get(workspaceId);
      return entry !== undefined && entry.untilMs > nowMs ? entry.settings : load(workspaceId, nowMs);
    },
    forget: (workspaceId) => void cache.delete(workspaceId),
  };
}
