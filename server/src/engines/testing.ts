// Real engines for tests: an embedded Postgres and a chDB child in a temporary folder, one pair per test file.
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { startPostgres, type Postgres } from "./postgres/postgres.ts";
import { startClickHouse, type ClickHouse } from "./clickhouse/clickhouse.ts";
import { createLogger } from "../core/logger.ts";
import { copyEngine } from "./testing-engines.ts";

export { startTcpPostgres as startTestTcpPostgres, type TcpPostgres } from "./testing-tcp-postgres.ts";
export { copyEngine };

export const quietLogger = createLogger("silent");

async function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "trib-"));
}

/** A migrated Postgres of its own; with `TEST_DATABASE_URL` it is a database of its own on that server, dropped at the end. */
export async function startTestPostgres(): Promise<Postgres & { readonly dataDir: string }> {
  const dataDir = await temporaryFolder();
  const serverUrl = process.env["TEST_DATABASE_URL"];
  const database = serverUrl ? await makeDatabase(serverUrl) : undefined;
  if (database === undefined) await copyEngine("postgres", dataDir);
  const postgres = await startPostgres({ dataDir, logger: quietLogger, ...(database ? { databaseUrl: database.url } : {}) });
  return {
    ...postgres,
    dataDir,
    stop: async () => {
      await postgres.stop();
      await database?.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Test files run side by side, so each gets a database of its own. */
async function makeDatabase(serverUrl: string): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `tributary_test_${randomBytes(6).toString("hex")}`;
  const administer = async (statement: string): Promise<void> => {
    const client = new pg.Client({ connectionString: serverUrl });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  await administer(`create database ${name} encoding 'UTF8' template template0`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => administer(`drop database ${name} with (force)`) };
}

/** A migrated chDB child of its own; `TEST_CLICKHOUSE_URL` makes it use that server instead. */
export async function startTestClickHouse(): Promise<ClickHouse> {
  const dataDir = await temporaryFolder();
  const url = process.env["TEST_CLICKHOUSE_URL"];
  if (url === undefined) await copyEngine("clickhouse", dataDir);
  const clickhouse = await startClickHouse({ dataDir, logger: quietLogger, ...(url ? { clickhouseUrl: url } : {}) });
  return {
    ...clickhouse,
    stop: async () => {
      await clickhouse.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
