// From a write key to its source: the one look-up that collection makes per request. Answers come from memory; what is
// older than a second is read again, so that a change in Postgres counts after at most two. Bounded for known and
// for unknown keys alike. Keys are compared by their SHA-256 only, so an answer's time tells nothing about a key.
import { hash } from "node:crypto";
import type pg from "pg";
import { apartMs, type Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";

export interface SourceEntry {
  readonly workspaceId: number;
  readonly sourceId: number;
  /** Of the key that was asked for. */
  readonly keyId: number;
  readonly slug: string;
  readonly name: string;
  readonly kind: string;
  /** The partition of the log that the workspace writes to. */
  readonly partition: number;
  /** False when the source is disabled. */
  readonly enabled: boolean;
  /** True when this key was revoked; the source may have others. */
  readonly revoked: boolean;
  /** From then on this key is refused; undefined: it stays until it is revoked. */
  readonly expiresAtMs: number | undefined;
  /** Empty: any origin. */
  readonly allowedOrigins: readonly string[];
  /** Of all its keys together. */
  readonly eventsPerSecond: number | undefined;
  /** Of this key. */
  readonly keyEventsPerSecond: number | undefined;
}

export interface SourceDirectory {
  /**
   * The source of a key, or undefined when there is none; at once when it is known and fresh. Rejects with AppError
   * `unavailable` when Postgres does not answer and nothing is remembered, `overloaded` when too many unknown keys are being looked up.
   */
  find(writeKey: string): SourceEntry | undefined | Promise<SourceEntry | undefined>;
  /** Forgets everything: for those who have just changed a source in this process. */
  forget(): void;
}

/** What is stored of a key (`write_key.key_hash`). */
export function hashWriteKey(writeKey: string): Buffer {
  return hash("sha256", writeKey, "buffer");
}

const freshMs = 1_000;
/** Up to this age a remembered answer is given while it is read again; an older one waits for the new. */
const usableMs = 2_000;
const rememberedMax = 20_000;
const waitingMax = 10_000;
const perQueryMax = 500;

interface Remembered {
  readonly entry: SourceEntry | undefined;
  readonly readAtMs: number;
}

interface Waiting {
  readonly promise: Promise<SourceEntry | undefined>;
  readonly resolve: (entry: SourceEntry | undefined) => void;
  readonly reject: (error: unknown) => void;
}

export function createSourceDirectory(options: { readonly pool: pg.Pool; readonly clock: Clock }): SourceDirectory {
  const { pool, clock } = options;
  // Known and unknown keys apart, so that a flood of wrong keys pushes out no right one.
  const known = new Map<string, Remembered>();
  const unknown = new Map<string, Remembered>();
  const waiting = new Map<string, Waiting>();
  let isReading = false;
  let generation = 0;

  function remember(keyHash: string, remembered: Remembered): void {
    const [map, other] = remembered.entry ? [known, unknown] : [unknown, known];
    other.delete(keyHash);
    map.delete(keyHash);
    map.set(keyHash, remembered);
    if (map.size > rememberedMax) map.delete(map.keys().next().value ?? "");
  }

  function ask(keyHash: string): Promise<SourceEntry | undefined> {
    const already = waiting.get(keyHash);
    if (already) return already.promise;
    if (waiting.size >= waitingMax) {
      return Promise.reject(new AppError("overloaded", { detail: "Too many write keys are being looked up.", retryAfterSeconds: 1 }));
    }
    const { promise, resolve, reject } = Promise.withResolvers<SourceEntry | undefined>();
    waiting.set(keyHash, { promise, resolve, reject });
    if (!isReading) void readWaiting();
    return promise;
  }

  /** One query at a time, each for all keys that came meanwhile: a flood of keys costs Postgres one connection. */
  async function readWaiting(): Promise<void> {
    isReading = true;
    while (waiting.size > 0) {
      const asked = [...waiting].slice(0, perQueryMax);
      const startedAt = { ms: clock.nowMs(), generation };
      try {
        const found = await readEntries(pool, asked.map(([keyHash]) => keyHash));
        for (const [keyHash, { resolve }] of asked) {
          waiting.delete(keyHash);
          const entry = found.get(keyHash);
          if (startedAt.generation === generation) remember(keyHash, { entry, readAtMs: startedAt.ms });
          resolve(entry);
        }
      } catch (error) {
        for (const [keyHash, { resolve, reject }] of asked) {
          waiting.delete(keyHash);
          // Postgres being away takes no key from anybody: what was known last goes on being used.
          const last = known.get(keyHash);
          if (last) resolve(last.entry);
          else reject(new AppError("unavailable", { detail: "Write keys can't be looked up.", retryAfterSeconds: 2, cause: error }));
        }
      }
    }
    isReading = false;
  }

  return {
    find(writeKey) {
      const keyHash = hash("sha256", writeKey, "hex");
      const remembered = known.get(keyHash) ?? unknown.get(keyHash);
      const ageMs = remembered ? apartMs(clock.nowMs(), remembered.readAtMs) : Infinity;
      if (!remembered || ageMs > usableMs) {
        // A flood of wrong keys keeps no right one out: while it lasts, what was known last goes on being used.
        if (remembered?.entry && waiting.size >= waitingMax && !waiting.has(keyHash)) return remembered.entry;
        return ask(keyHash);
      }
      if (ageMs > freshMs) ask(keyHash).catch(() => undefined);
      return remembered.entry;
    },
    forget() {
      generation++;
      known.clear();
      unknown.clear();
    },
  };
}

interface Row {
  readonly key_hash: Buffer;
  readonly workspace_id: number;
  readonly source_id: number;
  readonly key_id: number;
  readonly slug: string;
  readonly name: string;
  readonly kind: string;
  readonly log_partition: number;
  readonly enabled: boolean;
  readonly revoked: boolean;
  readonly expires_at: Date | null;
  readonly allowed_origins: string[];
  readonly events_per_second: number | null;
  readonly key_events_per_second: number | null;
}

async function readEntries(pool: pg.Pool, keyHashes: readonly string[]): Promise<Map<string, SourceEntry>> {
  const { rows } = await pool.query<Row>({
    name: "source-directory",
    text: `select k.key_hash, k.id as key_id, k.workspace_id, k.source_id, s.slug, s.name, s.kind, w.log_partition, s.enabled,
                  k.revoked_at is not null as revoked, k.expires_at, s.allowed_origins, s.events_per_second, k.events_per_second as key_events_per_second
             from write_key k join source s on s.id = k.source_id join workspace w on w.id = k.workspace_id
            where k.key_hash = any($1)`,
    values: [keyHashes.map((keyHash) => Buffer.from(keyHash, "hex"))],
  });
  return new Map(rows.map((row) => [row.key_hash.toString("hex"), {
    workspaceId: row.workspace_id, sourceId: row.source_id, keyId: row.key_id, slug: row.slug, name: row.name, kind: row.kind, partition: row.log_partition,
    enabled: row.enabled, revoked: row.revoked, expiresAtMs: row.expires_at?.getTime(), allowedOrigins: row.allowed_origins,
    eventsPerSecond: row.events_per_second ?? undefined, keyEventsPerSecond: row.key_events_per_second ?? undefined,
  }]));
}
