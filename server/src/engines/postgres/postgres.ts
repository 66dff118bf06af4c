// Postgres, by URL or embedded: start or connect, migrate; nothing else.
import pg from "pg";
import type { Logger } from "../../core/logger.ts";
import { connectAndCheck, connectionOf } from "./database-url.ts";
import type { DataLock } from "./data-lock.ts";
import { startEmbeddedPostgres } from "./embedded.ts";
import { migrate, readMigrations, type Migration } from "./migrate.ts";
import { errorCodeOf } from "./system-error.ts";

export { lockDataDirectory, type DataLock } from "./data-lock.ts";
export { EMBEDDED_CONNECTIONS_MAX } from "./postmaster.ts";
export { createWorkspaceDb, type WorkspaceDb } from "./workspace-db.ts";

export interface PostgresOptions {
  /** The server's data directory; the cluster lies in its folder `postgres`. */
  readonly dataDir: string;
  /** When given, that server is used and nothing is started. */
  readonly databaseUrl?: string;
  /** For tests with a URL: empty the database before migrating. */
  readonly emptyFirst?: boolean;
  /** The data directory's lock, when the caller took it; otherwise the embedded server takes and releases its own. */
  readonly lock?: DataLock;
  /** For tests: other migrations than the program's own. */
  readonly migrations?: readonly Migration[];
  readonly logger: Logger;
}

export interface Postgres {
  readonly mode: "embedded" | "url";
  /** What another thread or process needs to connect: plain data. */
  readonly connection: pg.PoolConfig;
  /** A pool of connections as the owner of the tables. `name` shows as application_name. */
  pool(name: string, max: number): pg.Pool;
  /** The embedded server's process id, for tests and `doctor`; undefined with a URL. */
  readonly pid: () => number | undefined;
  /** Called each time the embedded server serves again after it had died; returns how to stop listening. */
  onRestart(listener: () => void): () => void;
  /** Ends the pools and, when embedded, the server (fast shutdown). */
  stop(): Promise<void>;
}

/** How long stop() waits for connections that are still in use before the server ends them. */
const POOL_END_MS = 5_000;

/** Resolves when the database has this program's shape. Throws AppError with what to do when it can't be had. */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const listeners = new Set<() => void>();
  const onRestart = (): void => listeners.forEach((listener) => listener());
  const server = options.databaseUrl === undefined
    ? await startEmbeddedPostgres({ dataDir: options.dataDir, lock: options.lock, logger: options.logger, onRestart })
    : { connection: connectionOf(options.databaseUrl), pid: () => undefined, stop: async () => {} };
  const pools = new Set<pg.Pool>();
  try {
    await prepareDatabase(server.connection, options);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    mode: options.databaseUrl === undefined ? "embedded" : "url",
    connection: server.connection,
    pid: server.pid,
    pool: (name, max) => {
      const pool = createPool(server.connection, name, max, options.logger);
      pools.add(pool);
      return pool;
    },
    onRestart: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    stop: async () => {
      await endPools(pools);
      await server.stop();
    },
  };
}

/** A connection that a dying server took and never answers is given up after this. */
const CONNECT_WITHIN_MS = 30_000;

/**
 * A pool whose broken connections are replaced and never end the process. For threads and processes that got `connection`. Statements
 * are sent as they are asked for, without waiting for the answers to those before (answered in order all the same).
 */
export function createPool(connection: pg.PoolConfig, name: string, max: number, logger: Logger): pg.Pool {
  const pool = new pg.Pool({ ...connection, max, pipeline: true, application_name: `tributary ${name}`, connectionTimeoutMillis: CONNECT_WITHIN_MS });
  // Without a listener, a connection that breaks while nobody waits on it would end the process.
  pool.on("error", (error) => logger.warn({ pool: name, code: errorCodeOf(error) }, "an idle Postgres connection broke"));
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

async function prepareDatabase(connection: pg.PoolConfig, options: PostgresOptions): Promise<void> {
  const client = await connectAndCheck(connection);
  try {
    if (options.emptyFirst) await client.query("drop schema if exists public cascade; create schema public");
    await migrate(client, options.migrations ?? (await readMigrations()), options.logger);
  } finally {
    await client.end();
  }
}

async function endPools(pools: ReadonlySet<pg.Pool>): Promise<void> {
  const open = [...pools].filter((pool) => !pool.ending);
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, POOL_END_MS)));
  await Promise.race([Promise.all(open.map((pool) => pool.end())), limit]);
  clearTimeout(timer);
}
