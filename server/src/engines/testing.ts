// Real engines for tests: an embedded Postgres and a chDB child in a temporary folder, one pair per test file.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres, type Postgres } from "./postgres/postgres.ts";
import { startClickHouse, type ClickHouse } from "./clickhouse/clickhouse.ts";
import { createLogger } from "../core/logger.ts";

export const quietLogger = createLogger("silent");

async function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "trib-"));
}

/** A migrated Postgres of its own; `TEST_DATABASE_URL` makes it use that server instead (its database is emptied). */
export async function startTestPostgres(): Promise<Postgres & { readonly dataDir: string }> {
  const dataDir = await temporaryFolder();
  const url = process.env["TEST_DATABASE_URL"];
  const postgres = await startPostgres({ dataDir, logger: quietLogger, ...(url ? { databaseUrl: url, emptyFirst: true } : {}) });
  return {
    ...postgres,
    dataDir,
    stop: async () => {
      await postgres.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A migrated chDB child of its own; `TEST_CLICKHOUSE_URL` makes it use that server instead. */
export async function startTestClickHouse(): Promise<ClickHouse> {
  const dataDir = await temporaryFolder();
  const url = process.env["TEST_CLICKHOUSE_URL"];
  const clickhouse = await startClickHouse({ dataDir, logger: quietLogger, ...(url ? { clickhouseUrl: url } : {}) });
  return {
    ...clickhouse,
    stop: async () => {
      await clickhouse.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
