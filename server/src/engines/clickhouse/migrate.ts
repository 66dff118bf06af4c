// Brings ClickHouse's tables to this program's version: numbered files, each applied once and in order, forward only.
// A file may be cut short by a crash and is then run again whole, so its statements are repeatable (`if not exists`).
import { readFile, readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import type { ClickHouseClient } from "@clickhouse/client";
import { AppError } from "../../core/errors.ts";
import { splitStatements } from "./sql-text.ts";

export const migrationsFolder = fileURLToPath(new URL("./migrations", import.meta.url));

interface Migration {
  readonly version: number;
  readonly name: string;
  readonly statements: readonly string[];
}

/** Returns the version that the data now have. Throws AppError `newer_data` when they are newer than this program. */
export async function migrateClickHouse(client: ClickHouseClient, folder: string = migrationsFolder): Promise<number> {
  const migrations = await readMigrations(folder);
  await client.command({
    query: `create table if not exists schema_version (version UInt32, name String, applied_at DateTime64(3, 'UTC') default now64(3, 'UTC'))
      engine = MergeTree order by version settings fsync_after_insert = 1, fsync_part_directory = 1`,
  });
  const applied = await appliedVersion(client);
  const newest = migrations.at(-1)?.version ?? 0;
  if (applied > newest) {
    throw new AppError("newer_data", { detail: `ClickHouse has schema version ${applied}; this program knows up to ${newest}.` });
  }
  for (const migration of migrations) {
    if (migration.version <= applied) continue;
    for (const query of migration.statements) await client.command({ query });
    await client.insert({
      table: "schema_version",
      columns: ["version", "name"],
      values: [{ version: migration.version, name: migration.name }],
      format: "JSONEachRow",
    });
  }
  return newest;
}

async function appliedVersion(client: ClickHouseClient): Promise<number> {
  const result = await client.query({ query: "select max(version) as version from schema_version", format: "JSONEachRow" });
  const [row] = await result.json<{ version: number }>();
  return row?.version ?? 0;
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{4}-[a-z0-9-]+\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => ({
      version: Number(name.slice(0, 4)),
      name,
      statements: splitStatements(await readFile(join(folder, name), "utf8")),
    })),
  );
}
