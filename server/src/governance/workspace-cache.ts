// What a workspace has decided, kept in memory for a moment: for reads on the way of every request. A value that is used is
// read again before it is too old, so that nobody has to wait for it.
import type { ClientBase } from "pg";
import { apartMs } from "../core/clock.ts";
import type { WorkspaceDb } from "../engines/postgres/workspace-db.ts";

const CACHE_ENTRIES_MAX = 1_000;

/** Values by workspace, at most the cache's age old. */
export interface WorkspaceCache<Value> {
  get(workspaceId: number, nowMs: number): Value | Promise<Value>;
  forget(workspaceId: number): void;
}

export function createWorkspaceCache<Value>(
  workspaceDb: WorkspaceDb, maxAgeMs: number, read: (db: ClientBase, workspaceId: number) => Promise<Value>,
): WorkspaceCache<Value> {
  const cache = new Map<number, { readonly value: Value; readonly readAtMs: number }>();
  const loading = new Map<number, Promise<Value>>();

  /** One reader for all who ask meanwhile. What is forgotten while it is read is not kept. */
  function load(workspaceId: number, nowMs: number): Promise<Value> {
    const known = loading.get(workspaceId);
    if (known) return known;
    const reading: Promise<Value> = workspaceDb
      .run(workspaceId, (db) => read(db, workspaceId))
      .then((value) => {
        if (loading.get(workspaceId) !== reading) return value;
        if (cache.size >= CACHE_ENTRIES_MAX) cache.clear();
        cache.set(workspaceId, { value, readAtMs: nowMs });
        return value;
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
      if (entry === undefined || apartMs(nowMs, entry.readAtMs) >= maxAgeMs) return load(workspaceId, nowMs);
      // Read again before they are too old, so that nobody has to wait; a failure is met by whoever comes after that.
      if (apartMs(nowMs, entry.readAtMs) >= maxAgeMs / 2) load(workspaceId, nowMs).catch(() => undefined);
      return entry.value;
    },
    forget(workspaceId) {
      cache.delete(workspaceId);
      loading.delete(workspaceId);
    },
  };
}
