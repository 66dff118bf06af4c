// Postgres, by URL or embedded: start or connect, migrate; nothing else.
import type pg from "pg";
import type { Logger } from "../../core/logger.ts";

export interface PostgresOptions {
  /** The server's data directory; the cluster lies in its folder `postgres`. */
  readonly dataDir: string;
  /** When given, that server is used and nothing is started. */
  readonly databaseUrl?: string;
  /** For tests with a URL: empty the database before migrating. */
  readonly emptyFirst?: boolean;
  readonly logger: Logger;
}

export interface Postgres {
  readonly mode: "embedded" | "url";
  /** What another thread or process needs to connect: plain data. */
  readonly connection: pg.PoolConfig;
  /** A pool of connections as the owner of the tables. `name` shows as application_name. */
  pool(name: string, max: number): pg.Pool;
  /** Ends the pools and, when embedded, the server (fast shutdown). */
  stop(): Promise<void>;
}

export declare function startPostgres(options: PostgresOptions): Promise<Postgres>;
