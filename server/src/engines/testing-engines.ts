// Runs once before all test files: makes and migrates both engines' data, of which each file then takes a copy. Making them costs
// seconds of processor; a copy costs a tenth of that. What is tested of the first start itself makes its own.
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "../core/logger.ts";
import { startClickHouse } from "./clickhouse/clickhouse.ts";
import { startPostgres } from "./postgres/postgres.ts";

const WHERE = "TEST_ENGINES";
const FILES = { postgres: ["postgres", "postgres.password"], clickhouse: ["clickhouse"] } as const;

/** Vitest calls it, and `teardown` at the end. */
export async function setup(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), "trib-engines-"));
  const logger = createLogger("silent");
  const engines = await Promise.all([startPostgres({ dataDir, logger }), startClickHouse({ dataDir, logger })]);
  await Promise.all(engines.map((engine) => engine.stop()));
  process.env[WHERE] = dataDir;
}

export async function teardown(): Promise<void> {
  const dataDir = process.env[WHERE];
  if (dataDir !== undefined) await rm(dataDir, { recursive: true, force: true });
}

/** Puts a copy into an empty data directory, which then starts as one that has been used before. */
export async function copyEngine(engine: keyof typeof FILES, dataDir: string): Promise<void> {
  const from = process.env[WHERE];
  if (from === undefined) return;
  for (const file of FILES[engine]) await cp(join(from, file), join(dataDir, file), { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
}
