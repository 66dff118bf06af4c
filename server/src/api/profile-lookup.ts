// Look-ups by identifier, gathered: those that come while others are under way go together in the next statement. Alone, a
// look-up waits for nobody; in a rush, sixty of them are one round trip, and none waits for a connection.
import type { WorkspaceDb } from "../engines/postgres/workspace-db.ts";
import { findByKeys, nobody, type Found } from "./profile-store.ts";

export interface ProfileLookup {
  /** `key`: of an identifier (identifierKey). Rejects when Postgres does not answer. */
  byKey(workspaceId: number, key: string): Promise<Found>;
}

/** Statements of one workspace that may be under way together, and the keys that one may ask for. */
const STATEMENTS_AT_ONCE = 2;
const KEYS_MAX = 256;

interface Asked {
  readonly key: string;
  resolve(found: Found): void;
  reject(error: unknown): void;
}

export function createProfileLookup(workspaceDb: WorkspaceDb): ProfileLookup {
  /** One a workspace; they stay, being few and small. */
  const gatherers = new Map<number, ReturnType<typeof createGatherer>>();

  function gathererOf(workspaceId: number): ReturnType<typeof createGatherer> {
    const known = gatherers.get(workspaceId);
    if (known) return known;
    const made = createGatherer((keys) => workspaceDb.run(workspaceId, (db) => findByKeys(db, workspaceId, keys)));
    gatherers.set(workspaceId, made);
    return made;
  }

  return { byKey: (workspaceId, key) => new Promise((resolve, reject) => gathererOf(workspaceId).add({ key, resolve, reject })) };
}

type FindAll = (keys: readonly string[]) => Promise<ReadonlyMap<string, Found>>;

function createGatherer(findAll: FindAll): { add(asked: Asked): void } {
  let waiting: Asked[] = [];
  let running = 0;
  let isScheduled = false;

  function next(): void {
    isScheduled = false;
    while (waiting.length > 0 && running < STATEMENTS_AT_ONCE) void send(waiting.splice(0, KEYS_MAX));
  }

  async function send(batch: readonly Asked[]): Promise<void> {
    running++;
    try {
      const found = await findAll([...new Set(batch.map(({ key }) => key))]);
      for (const { key, resolve } of batch) resolve(found.get(key) ?? nobody);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    running--;
    next();
  }

  return {
    add(asked) {
      waiting.push(asked);
      if (isScheduled || running >= STATEMENTS_AT_ONCE) return;
      isScheduled = true;
      // Once all that has arrived was read.
      setImmediate(next);
    },
  };
}
