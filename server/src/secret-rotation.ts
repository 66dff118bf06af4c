// Seals anew what is sealed under an older key, and looks after the file of keys. Each text is replaced by itself and only while
// it is the one that was read, so a rotation that was broken off goes on where it stopped, and a change in between wins.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Pool } from "pg";
import type { SecretKey } from "@tributary/schema/api/secret-keys.ts";
import type { Config } from "./config.ts";
import { AppError } from "./core/errors.ts";
import { alertPurpose, destinationPurpose, warehousePurpose } from "./core/sealed-text.ts";
import { INSTALL_KEY, readSealKeys, sealKeyId, type SealKeys, type SealKeysPlace } from "./seal-keys.ts";
import { writePrivateFile } from "./data-directory.ts";

/** The name of the file beside `secret`. */
export const SEAL_KEYS_FILE = "secret-keys";

/** Every column that holds what is sealed under these keys. */
export const sealedPlaces = [
  { table: "destination", column: "settings_sealed", purpose: destinationPurpose },
  { table: "destination", column: "tokens_sealed", purpose: destinationPurpose },
  { table: "warehouse", column: "settings_sealed", purpose: warehousePurpose },
  { table: "alert_channel", column: "settings_sealed", purpose: alertPurpose },
] as const;

/** Plain data, for every thread that opens or seals. */
export function sealKeysPlace({ dataDir, secretKeys }: Pick<Config, "dataDir" | "secretKeys">, installSecret: string): SealKeysPlace {
  return { installSecret, given: secretKeys, file: join(dataDir, SEAL_KEYS_FILE) };
}

export interface SecretRotation {
  keys(): Promise<SecretKey[]>;
  /** Throws AppError `conflict` while there is another, or where a key can't be made here. */
  rotate(): Promise<{ readonly key: string; readonly isNew: boolean; readonly resealed: number; readonly unreadable: number }>;
  /** Takes the older keys out of the file. Throws AppError `in_use` while something is sealed under one. */
  forgetOld(): Promise<{ readonly removed: readonly string[] }>;
}

export interface SecretRotationOptions {
  readonly pool: Pool;
  readonly keys: SealKeys;
  readonly dataDir: string;
  /** Whether other processes, which don't see this data directory, may work on the same database. */
  readonly isDatabaseShared: boolean;
}

const PAGE_ROWS = 200;
/** One rotation at a time on a database: a number that no other lock has. */
const LOCK = 7_305_025;
const keyInSql = (column: string): string => `case when ${column} like 'sealed.v2.%' then split_part(${column}, '.', 3) else '${INSTALL_KEY}' end`;

export function createSecretRotation(options: SecretRotationOptions): SecretRotation {
  const { pool, keys, dataDir } = options;
  const file = join(dataDir, SEAL_KEYS_FILE);

  async function makeKey(): Promise<void> {
    if (options.isDatabaseShared) {
      throw new AppError("conflict", {
        detail: "The database runs elsewhere (DATABASE_URL), and a key in this data directory is not known to other processes on it.",
        hint: "Put a new key in front in TRIBUTARY_SECRET_KEYS of all of them, start them, and rotate again.",
      });
    }
    await writePrivateFile(dataDir, SEAL_KEYS_FILE, [randomBytes(32).toString("base64url"), ...readSealKeys(file), ""].join("\n"));
  }

  return {
    keys: () => keysOf(pool, keys),
    rotate: () => withLock(pool, async () => {
      // What an earlier rotation left undone is finished first, under the key that it made.
      const uses = await usesOf(pool);
      const isUnfinished = keys.keys().length > 1 && [...uses.keys()].some((id) => id !== currentOf(keys) && keys.keys().some((key) => key.id === id));
      const isNew = !isUnfinished && keys.keys()[0]?.from !== "setting";
      if (isNew) await makeKey();
      return { key: currentOf(keys), isNew, ...(await reseal(pool, keys)) };
    }),
    forgetOld: () => withLock(pool, async () => {
      const uses = await usesOf(pool);
      const current = currentOf(keys);
      const inFile = readSealKeys(file);
      const old = inFile.filter((secret) => sealKeyId(secret) !== current);
      const used = old.map(sealKeyId).filter((id) => uses.has(id));
      if (used.length > 0) {
        throw new AppError("in_use", {
          detail: `Something is still sealed under ${used.join(", ")}.`, hint: "Run `tributary secrets rotate`; what it names as unreadable has to be entered anew.",
        });
      }
      if (old.length > 0) await writePrivateFile(dataDir, SEAL_KEYS_FILE, inFile.filter((secret) => !old.includes(secret)).map((secret) => `${secret}\n`).join(""));
      return { removed: old.map(sealKeyId) };
    }),
  };
}

/** Each key that is known, and each under which something is sealed. */
async function keysOf(pool: Pool, keys: SealKeys): Promise<SecretKey[]> {
  const uses = await usesOf(pool);
  const known = keys.keys();
  const missing = [...uses.keys()].filter((id) => !known.some((key) => key.id === id));
  return [
    ...known.map(({ id, from }, i) => ({ id, from, is_current: i === 0, sealed: uses.get(id) ?? 0 })),
    ...missing.map((id) => ({ id, from: "missing" as const, is_current: false, sealed: uses.get(id) ?? 0 })),
  ];
}

const currentOf = (keys: SealKeys): string => keys.keys()[0]?.id ?? INSTALL_KEY;

async function usesOf(pool: Pool): Promise<Map<string, number>> {
  const uses = new Map<string, number>();
  for (const { table, column } of sealedPlaces) {
    const { rows } = await pool.query<{ id: string; count: string }>(`select ${keyInSql(column)} as id, count(*) as count from ${table} where ${column} is not null group by 1`);
    for (const { id, count } of rows) uses.set(id, (uses.get(id) ?? 0) + Number(count));
  }
  return uses;
}

async function reseal(pool: Pool, keys: SealKeys): Promise<{ readonly resealed: number; readonly unreadable: number }> {
  let resealed = 0;
  let unreadable = 0;
  for (const { table, column, purpose } of sealedPlaces) {
    const seal = keys.seal(purpose);
    for (let after = 0; ;) {
      const { rows } = await pool.query<{ id: number; workspace_id: number; sealed: string }>(
        `select id, workspace_id, ${column} as sealed from ${table} where id > $1 and ${column} is not null and ${keyInSql(column)} <> $2 order by id limit ${PAGE_ROWS}`,
        [after, currentOf(keys)],
      );
      for (const { id, workspace_id: workspaceId, sealed } of rows) {
        after = id;
        const text = keys.open(sealed, workspaceId, purpose);
        if (text === undefined) unreadable += 1;
        else {
          const { rowCount } = await pool.query(`update ${table} set ${column} = $3 where id = $1 and ${column} = $2`, [id, sealed, seal.seal(text, workspaceId)]);
          resealed += rowCount ?? 0;
        }
      }
      if (rows.length < PAGE_ROWS) break;
    }
  }
  return { resealed, unreadable };
}

async function withLock<T>(pool: Pool, work: () => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query<{ locked: boolean }>("select pg_try_advisory_lock($1) as locked", [LOCK]);
    if (rows[0]?.locked !== true) throw new AppError("conflict", { detail: "Secrets are being rotated already.", hint: "Wait until that is done." });
    try {
      return await work();
    } finally {
      await client.query("select pg_advisory_unlock($1)", [LOCK]);
    }
  } finally {
    client.release();
  }
}
