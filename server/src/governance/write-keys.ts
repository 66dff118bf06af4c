// The write keys of sources. A key is shown once; only its SHA-256 is kept. A key that is replaced may live on for a while, until a
// chosen time or until it is revoked; collection refuses it from then on.
import type { ClientBase } from "pg";
import { AppError, assert } from "../core/errors.ts";
import { hashSecret, newSecret, secretPrefix } from "./tokens.ts";

/** The source of what people record in the console itself: one a workspace, made when it is first needed. It takes no key. */
export const CONSOLE_KIND = "console";
export const KEYS_PER_SOURCE_MAX = 50;
/** What a write key given by the operator must at least be long. */
export const WRITE_KEY_LENGTH_MIN = 8;

export interface WriteKey {
  readonly id: number;
  readonly prefix: string;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
  /** null: it stays until it is revoked. */
  readonly expiresAt: Date | null;
  /** What it may send beside what holds for its source; null: no limit of its own. */
  readonly eventsPerSecond: number | null;
}

/** As Postgres gives it, by itself or within JSON. */
export interface WriteKeyRow {
  readonly id: number;
  readonly prefix: string;
  readonly created_at: string | Date;
  readonly revoked_at: string | Date | null;
  readonly expires_at: string | Date | null;
  readonly events_per_second: number | null;
}

const COLUMNS = "id, prefix, created_at, revoked_at, expires_at, events_per_second";

export function writeKeyOf(row: WriteKeyRow): WriteKey {
  const date = (value: string | Date | null): Date | null => (value === null ? null : new Date(value));
  return { id: row.id, prefix: row.prefix, createdAt: new Date(row.created_at), revokedAt: date(row.revoked_at), expiresAt: date(row.expires_at), eventsPerSecond: row.events_per_second };
}

export interface MadeWriteKey {
  readonly id: number;
  readonly prefix: string;
  /** Shown once and kept nowhere. */
  readonly secret: string;
}

interface KeyWish {
  /** By the operator; made when absent. */
  readonly given?: string | undefined;
  readonly eventsPerSecond?: number | null;
}

/** Makes a write key, or takes one that the operator gives. */
export async function createWriteKey(db: ClientBase, workspaceId: number, sourceId: number, { given, eventsPerSecond = null }: KeyWish = {}): Promise<MadeWriteKey> {
  if (given !== undefined && given.length < WRITE_KEY_LENGTH_MIN) {
    throw new AppError("invalid_config", {
      detail: `A write key needs at least ${WRITE_KEY_LENGTH_MIN} characters.`,
      hint: "Choose a longer one, or let the server make it.",
    });
  }
  const { rows: built } = await db.query("select from source where id = $1 and kind = $2", [sourceId, CONSOLE_KIND]);
  if (built.length > 0) {
    throw new AppError("conflict", {
      detail: "The console's own source takes no write key.",
      hint: "Make a source of your own; what people record in the console must not be forged from outside.",
    });
  }
  const { rows: counted } = await db.query<{ count: string }>(
    "select count(*) from write_key where source_id = $1 and revoked_at is null and (expires_at is null or expires_at > now())",
    [sourceId],
  );
  if (Number(counted[0]?.count) >= KEYS_PER_SOURCE_MAX)
    throw new AppError("limit_reached", { detail: `A source has at most ${KEYS_PER_SOURCE_MAX} write keys.` });
  const secret = given ?? newSecret("write");
  const { rows } = await db.query<{ id: number; prefix: string }>(
    "insert into write_key (workspace_id, source_id, key_hash, prefix, events_per_second) values ($1, $2, $3, $4, $5) returning id, prefix",
    [workspaceId, sourceId, hashSecret(secret), secretPrefix(secret), eventsPerSecond],
  );
  const row = rows[0];
  assert(row !== undefined, "an insert returns its row");
  return { id: row.id, prefix: row.prefix, secret };
}

export interface KeyPlace {
  readonly workspaceId: number;
  readonly sourceId: number;
  readonly keyId: number;
}

/** Revokes; undefined when this source has no such key. Revoking twice keeps the first time. */
export async function revokeWriteKey(db: ClientBase, where: KeyPlace, nowMs: number): Promise<WriteKey | undefined> {
  const { rows } = await db.query<WriteKeyRow>(
    `update write_key set revoked_at = coalesce(revoked_at, $4) where workspace_id = $1 and source_id = $2 and id = $3 returning ${COLUMNS}`,
    [where.workspaceId, where.sourceId, where.keyId, new Date(nowMs)],
  );
  return rows[0] && writeKeyOf(rows[0]);
}

export interface KeyLimits {
  /** Until when it lives; null: until it is revoked. One whose time is over lives again by a later one. Undefined: as it was. */
  readonly expiresAtMs?: number | null | undefined;
  /** An earlier end than that stays. */
  readonly earlierStays?: boolean;
  /** Null: no limit of its own; undefined: as it was. */
  readonly eventsPerSecond?: number | null | undefined;
}

/** Undefined when this source has no such key; throws `conflict` for a revoked one. */
export async function limitWriteKey(db: ClientBase, where: KeyPlace, limits: KeyLimits): Promise<WriteKey | undefined> {
  const { rows } = await db.query<WriteKeyRow>(
    `select ${COLUMNS} from write_key where workspace_id = $1 and source_id = $2 and id = $3 for update`,
    [where.workspaceId, where.sourceId, where.keyId],
  );
  const key = rows[0] && writeKeyOf(rows[0]);
  if (key === undefined) return undefined;
  if (key.revokedAt !== null) {
    throw new AppError("conflict", { detail: `The key ${key.prefix}… was revoked.`, hint: "A revoked key stays so. Make a new one." });
  }
  const expiresAt = endOf(key, limits);
  const eventsPerSecond = limits.eventsPerSecond === undefined ? key.eventsPerSecond : limits.eventsPerSecond;
  await db.query("update write_key set expires_at = $2, events_per_second = $3 where id = $1", [key.id, expiresAt, eventsPerSecond]);
  return { ...key, expiresAt, eventsPerSecond };
}

function endOf({ expiresAt }: WriteKey, { expiresAtMs, earlierStays = false }: KeyLimits): Date | null {
  if (expiresAtMs === undefined) return expiresAt;
  const isEarlier = expiresAt !== null && (expiresAtMs === null || expiresAt.getTime() < expiresAtMs);
  if (earlierStays && isEarlier) return expiresAt;
  return expiresAtMs === null ? null : new Date(expiresAtMs);
}

export interface KeyUseRow {
  readonly keyId: number;
  readonly sdk: string;
  readonly version: string;
  readonly requests: number;
  readonly events: number;
  readonly lastAt: Date;
}

/** By whom the keys of a source were used since an hour, by key and then the most events first. */
export async function readKeyUse(db: ClientBase, workspaceId: number, sourceId: number, sinceMs: number): Promise<KeyUseRow[]> {
  const { rows } = await db.query<{ key_id: number; sdk: string; version: string; requests: string; events: string; last_at: Date }>(
    `select key_id, sdk, version, sum(requests) as requests, sum(events) as events, max(last_at) as last_at from key_use
      where workspace_id = $1 and source_id = $2 and hour >= $3
      group by key_id, sdk, version order by key_id, sum(events) desc, sdk, version`,
    [workspaceId, sourceId, new Date(sinceMs)],
  );
  return rows.map((row) => ({
    keyId: row.key_id, sdk: row.sdk, version: row.version, requests: Number(row.requests), events: Number(row.events), lastAt: row.last_at,
  }));
}

/** When each key of a source was used last, as far back as use is kept. */
export async function readLastKeyUse(db: ClientBase, workspaceId: number, sourceId: number): Promise<Map<number, Date>> {
  const { rows } = await db.query<{ key_id: number; last_at: Date }>(
    "select key_id, max(last_at) as last_at from key_use where workspace_id = $1 and source_id = $2 group by key_id",
    [workspaceId, sourceId],
  );
  return new Map(rows.map((row) => [row.key_id, row.last_at]));
}
