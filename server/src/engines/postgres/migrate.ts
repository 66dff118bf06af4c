// Brings the database to the shape this program knows: numbered SQL files, forward only, each in one transaction, one
// program at a time. A database that is ahead of the program is refused, for an older program would misread it.
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import { AppError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import { errorCodeOf } from "./system-error.ts";

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

export const MIGRATIONS_FOLDER = join(import.meta.dirname, "migrations");
/** Key of the advisory lock under which a database is migrated; any number that nobody else uses. */
const MIGRATION_LOCK = 7_413_001;
const ATTEMPTS = 5;
/** Roles belong to the whole server: two databases that are migrated at once may collide on them. */
const COLLISIONS: readonly string[] = ["23505", "42710", "XX000", "40001", "40P01"];

/** The files `NNNN-name.sql` of a folder in order. Throws when two have the same number. */
export async function readMigrations(folder: string = MIGRATIONS_FOLDER): Promise<readonly Migration[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(".sql")).sort();
  const migrations = await Promise.all(files.map(async (file) => {
    const match = /^(\d{4})-([a-z0-9-]+)\.sql$/.exec(file);
    if (!match) throw new Error(`${file} is not named NNNN-name.sql`);
    return { version: Number(match[1]), name: match[2] ?? "", sql: await readFile(join(folder, file), "utf8") };
  }));
  if (new Set(migrations.map(({ version }) => version)).size < migrations.length) throw new Error("Two migrations have the same number.");
  return migrations;
}

/** Applies what is missing. Throws AppError `newer_data` when the database has a version that is not in the list. */
export async function migrate(client: pg.ClientBase, migrations: readonly Migration[], logger: Logger): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await migrateOnce(client, migrations, logger);
    } catch (error) {
      const code = errorCodeOf(error);
      if (attempt === ATTEMPTS || code === undefined || !COLLISIONS.includes(code)) throw error;
    }
  }
}

async function migrateOnce(client: pg.ClientBase, migrations: readonly Migration[], logger: Logger): Promise<void> {
  await client.query("select pg_advisory_lock($1)", [MIGRATION_LOCK]);
  try {
    const applied = await appliedVersions(client);
    refuseNewer(applied, migrations);
    for (const migration of migrations) {
      const known = applied.get(migration.version);
      if (known === undefined) await apply(client, migration, logger);
      else if (known !== checksumOf(migration)) logger.warn({ version: migration.version }, "a migration was changed after it was applied");
    }
  } finally {
    await client.query("select pg_advisory_unlock($1)", [MIGRATION_LOCK]);
  }
}

async function appliedVersions(client: pg.ClientBase): Promise<Map<number, string>> {
  await client.query("set client_min_messages = warning");
  await client.query(`create table if not exists schema_version (
    version integer primary key, name text not null, applied_at timestamptz not null default now(), checksum text not null)`);
  const { rows } = await client.query<{ version: number; checksum: string }>("select version, checksum from schema_version");
  return new Map(rows.map(({ version, checksum }) => [version, checksum]));
}

function refuseNewer(applied: ReadonlyMap<number, string>, migrations: readonly Migration[]): void {
  const known = new Set(migrations.map(({ version }) => version));
  const unknown = [...applied.keys()].filter((version) => !known.has(version));
  if (unknown.length === 0) return;
  throw new AppError("newer_data", {
    detail: `The database has schema version ${Math.max(...unknown)}; this program knows versions up to ${Math.max(0, ...known)}.`,
  });
}

async function apply(client: pg.ClientBase, migration: Migration, logger: Logger): Promise<void> {
  await client.query("begin");
  try {
    await client.query(migration.sql);
    await client.query("insert into schema_version (version, name, checksum) values ($1, $2, $3)",
      [migration.version, migration.name, checksumOf(migration)]);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
  logger.info({ version: migration.version, name: migration.name }, "migrated Postgres");
}

function checksumOf(migration: Migration): string {
  return createHash("sha256").update(migration.sql).digest("hex");
}
