// Counts which SDK, in which version, sends with a write key, so that it is seen who still uses an old one. One increment for a
// request; written every few seconds in one statement that adds, so that several processes may count at once. A count for people:
// what is in memory when the process is killed is missing, and events are never held up for it.
import type pg from "pg";
import { KEY_USE_DAYS } from "@tributary/schema/api/source-keys.ts";
import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/logger.ts";
import { oneAfterAnother } from "../core/one-after-another.ts";
import type { SourceEntry } from "../sources/source-directory.ts";
import type { SdkName } from "./sdk-name.ts";

export interface KeyUse {
  count(entry: SourceEntry, sdk: SdkName, events: number): void;
  /** Writes what was counted since the last time. Called by its own timer; tests call it. */
  flush(): Promise<void>;
  /** Ends the timer and flushes. */
  stop(): Promise<void>;
}

/** SDKs and versions that are told apart for one key within an hour; the others are one. */
export const SDKS_PER_KEY_MAX = 20;
/** The name under which the others stand. */
export const OTHER_SDK = "(other)";

const flushEveryMs = 3_000;
const hourMs = 3_600_000;
/** Rows in memory while Postgres can't be written; beyond them nothing more is counted. */
const waitingMax = 20_000;

interface Used {
  readonly workspaceId: number;
  readonly sourceId: number;
  readonly keyId: number;
  readonly hourMs: number;
  readonly sdk: string;
  readonly version: string;
  requests: number;
  events: number;
  lastAtMs: number;
}

export function createKeyUse(options: { readonly pool: pg.Pool; readonly clock: Clock; readonly logger: Logger }): KeyUse {
  const { pool, clock, logger } = options;
  let waiting = new Map<string, Used>();
  /** What stands in the table for this hour by this process: the bound holds over flushes, too. */
  let known = { hourMs: -1, pairs: new Map<number, Set<string>>() };
  let prunedHourMs = -1;
  const timer = setInterval(() => {
    flush().catch((error: unknown) => logger.warn({ err: error }, "The use of write keys could not be recorded; trying again."));
  }, flushEveryMs).unref();

  function boundedPair(keyId: number, sdk: SdkName, hour: number): SdkName {
    if (known.hourMs !== hour) known = { hourMs: hour, pairs: new Map() };
    let pairs = known.pairs.get(keyId);
    if (!pairs) known.pairs.set(keyId, (pairs = new Set()));
    const pair = `${sdk.name} ${sdk.version}`;
    if (pairs.has(pair)) return sdk;
    if (pairs.size >= SDKS_PER_KEY_MAX) return { name: OTHER_SDK, version: "" };
    pairs.add(pair);
    return sdk;
  }

  function add(used: Used): void {
    const key = `${used.keyId} ${used.hourMs} ${used.sdk} ${used.version}`;
    const before = waiting.get(key);
    if (before) {
      before.requests += used.requests;
      before.events += used.events;
      before.lastAtMs = Math.max(before.lastAtMs, used.lastAtMs);
    } else if (waiting.size < waitingMax) {
      waiting.set(key, used);
    }
  }

  async function write(): Promise<void> {
    const taken = waiting;
    if (taken.size > 0) {
      waiting = new Map();
      try {
        await store(pool, [...taken.values()]);
      } catch (error) {
        for (const used of taken.values()) add(used);
        throw error;
      }
    }
    const hour = Math.floor(clock.nowMs() / hourMs) * hourMs;
    if (taken.size === 0 || hour === prunedHourMs) return;
    await pool.query("delete from key_use where hour < $1", [new Date(hour - KEY_USE_DAYS * 24 * hourMs)]);
    prunedHourMs = hour;
  }

  const flush = oneAfterAnother(write);

  return {
    count(entry, sdk, events) {
      const nowMs = clock.nowMs();
      const hour = Math.floor(nowMs / hourMs) * hourMs;
      const { name, version } = boundedPair(entry.keyId, sdk, hour);
      const { workspaceId, sourceId, keyId } = entry;
      add({ workspaceId, sourceId, keyId, hourMs: hour, sdk: name, version, requests: 1, events, lastAtMs: nowMs });
    },
    flush,
    async stop() {
      clearInterval(timer);
      await flush();
    },
  };
}

/** Rows in the order of their key: processes that write the same ones wait for each other and never lock each other out. */
async function store(pool: pg.Pool, rows: readonly Used[]): Promise<void> {
  await pool.query(
    `insert into key_use as old (workspace_id, source_id, key_id, hour, sdk, version, requests, events, last_at)
     select * from unnest($1::integer[], $2::integer[], $3::integer[], $4::timestamptz[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::timestamptz[])
       as new (workspace_id, source_id, key_id, hour, sdk, version, requests, events, last_at)
     where not exists (select from removed_workspace r where r.workspace_id = new.workspace_id) order by key_id, hour, sdk, version
     on conflict (key_id, hour, sdk, version) do update
       set requests = old.requests + excluded.requests, events = old.events + excluded.events, last_at = greatest(old.last_at, excluded.last_at)`,
    [
      rows.map((row) => row.workspaceId), rows.map((row) => row.sourceId), rows.map((row) => row.keyId), rows.map((row) => new Date(row.hourMs)),
      rows.map((row) => row.sdk), rows.map((row) => row.version), rows.map((row) => row.requests), rows.map((row) => row.events),
      rows.map((row) => new Date(row.lastAtMs)),
    ],
  );
}
