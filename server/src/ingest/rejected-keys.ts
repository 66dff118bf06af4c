// Counts the requests that were turned away for their key, by the key's first characters, the origin and the SDK, so that
// a wrong key is found in a minute. Bounded in memory and in the table `rejected_key`; never keeps a whole key.
import type { IncomingHttpHeaders } from "node:http";
import type pg from "pg";
import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/logger.ts";
import { oneAfterAnother } from "../core/one-after-another.ts";
import { printable, sdkOf } from "./sdk-name.ts";

export type RejectionReason = "unknown" | "disabled" | "revoked" | "expired" | "missing" | "origin";

export interface Rejection {
  /** As sent; empty when none was. */
  readonly key: string;
  readonly reason: RejectionReason;
  readonly headers: IncomingHttpHeaders;
  /** Where the SDK's name is looked for first. */
  readonly body?: Buffer;
}

export interface RejectedKeys {
  count(rejection: Rejection): void;
  /** Writes what was counted since the last time. Called by its own timer; tests call it. */
  flush(): Promise<void>;
  /** Ends the timer and flushes. */
  stop(): Promise<void>;
}

const prefixCharacters = 6;
const waitingMax = 1_000;
const rowsMax = 10_000;
const flushEveryMs = 3_000;

interface Counted {
  readonly prefix: string;
  readonly origin: string;
  readonly sdk: string;
  readonly reason: RejectionReason;
  count: number;
  readonly firstAtMs: number;
  lastAtMs: number;
}

export function createRejectedKeys(options: { readonly pool: pg.Pool; readonly clock: Clock; readonly logger: Logger }): RejectedKeys {
  const { pool, clock, logger } = options;
  let waiting = new Map<string, Counted>();
  const timer = setInterval(() => {
    flush().catch((error: unknown) => logger.warn({ err: error }, "Rejected write keys could not be recorded; trying again."));
  }, flushEveryMs).unref();

  function add(counted: Counted): void {
    const isFull = waiting.size >= waitingMax;
    let key = JSON.stringify([counted.prefix, counted.origin, counted.sdk, counted.reason]);
    let row = counted;
    if (isFull && !waiting.has(key)) {
      // A flood of different keys is one row a reason.
      row = { ...counted, prefix: "(many)", origin: "", sdk: "" };
      key = JSON.stringify(["(many)", "", "", counted.reason]);
    }
    const before = waiting.get(key);
    if (!before) {
      waiting.set(key, { ...row });
      return;
    }
    before.count += counted.count;
    before.lastAtMs = Math.max(before.lastAtMs, counted.lastAtMs);
  }

  async function write(): Promise<void> {
    const taken = waiting;
    if (taken.size === 0) return;
    waiting = new Map();
    try {
      await store(pool, [...taken.values()]);
    } catch (error) {
      for (const counted of taken.values()) add(counted);
      throw error;
    }
  }

  const flush = oneAfterAnother(write);

  return {
    count({ key, reason, headers, body }) {
      const now = clock.nowMs();
      add({
        prefix: printable(key.slice(0, prefixCharacters), prefixCharacters), origin: printable(headers.origin ?? "", 200),
        sdk: sdkOf(headers, body).name, reason, count: 1, firstAtMs: now, lastAtMs: now,
      });
    },
    flush,
    async stop() {
      clearInterval(timer);
      await flush();
    },
  };
}

async function store(pool: pg.Pool, rows: readonly Counted[]): Promise<void> {
  await pool.query(
    `insert into rejected_key (key_prefix, origin, sdk, reason, count, first_at, last_at)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[], $7::timestamptz[])
     on conflict (key_prefix, origin, sdk, reason)
     do update set count = rejected_key.count + excluded.count, last_at = greatest(rejected_key.last_at, excluded.last_at)`,
    [
      rows.map((row) => row.prefix), rows.map((row) => row.origin), rows.map((row) => row.sdk), rows.map((row) => row.reason),
      rows.map((row) => row.count), rows.map((row) => new Date(row.firstAtMs)), rows.map((row) => new Date(row.lastAtMs)),
    ],
  );
  await pool.query(
    `delete from rejected_key where ctid in (select ctid from rejected_key order by last_at desc offset $1)`,
    [rowsMax],
  );
}
