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
  const cache = new Map<number, { readonly settings: WorkspaceSettings; readonly readAtMs: number }>();
  const loading = new Map<number, Promise<WorkspaceSettings>>();

  /** One reader for all who ask meanwhile. What is forgotten while it is read is not kept. */
  function load(workspaceId: number, nowMs: number): Promise<WorkspaceSettings> {
    const known = loading.get(workspaceId);
    if (known) return known;
    const reading: Promise<WorkspaceSettings> = workspaceDb
      .run(workspaceId, (db) => readSettings(db, workspaceId))
      .then(({ settings }) => {
        if (loading.get(workspaceId) !== reading) return settings;
        if (cache.size >= CACHE_ENTRIES_MAX) cache.clear();
        cache.set(workspaceId, { settings, readAtMs: nowMs });
        return settings;
      })
      .finally(() => {
        if (loading.get(workspaceId) === reading) loading.delete(workspaceId);
      });
    loading.set(workspaceId, reading);
    return reading;
  }

  return {
    get(workspaceId, nowMs) {
      const entry = cache.get(workspaceId);
      if (entry === undefined || nowMs - entry.readAtMs >= SETTINGS_CACHE_MS) return load(workspaceId, nowMs);
      // Read again before they are too old, so that nobody has to wait; a failure is met by whoever comes after that.
      if (nowMs - entry.readAtMs >= SETTINGS_CACHE_MS / 2) load(workspaceId, nowMs).catch(() => undefined);
      return entry.settings;
    },
    forget(workspaceId) {
      cache.delete(workspaceId);
      loading.delete(workspaceId);
    },
  };
}
