// Embedded Postgres: from a data directory to a server on a unix socket that only this program can enter.
import { access, rm } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import type { Logger } from "../../core/logger.ts";
import { findBinaries } from "./binaries.ts";
import { prepareCluster, prepareSocketFolder, SUPERUSER } from "./cluster.ts";
import { lockDataDirectory, type DataLock } from "./data-lock.ts";
import { clearTheWay } from "./orphan.ts";
import { startPostmaster } from "./postmaster.ts";
import { whomToRunAs } from "./run-as.ts";

export interface EmbeddedPostgres {
  readonly connection: pg.PoolConfig;
  pid(): number | undefined;
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  readonly dataDir: string;
  /** The lock of the data directory when the caller holds it already; it then stays the caller's to release. */
  readonly lock?: DataLock | undefined;
  readonly logger: Logger;
  readonly onRestart: () => void;
}

/** Resolves when the server takes connections. */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const lock = options.lock ?? (await lockDataDirectory(options.dataDir));
  const releaseOwn = async (): Promise<void> => (options.lock ? undefined : lock.release());
  try {
    const { connection, postmaster } = await start(lock.dataDir, options);
    return {
      connection,
      pid: postmaster.pid,
      stop: async () => {
        await postmaster.stop();
        await releaseOwn();
      },
    };
  } catch (error) {
    await releaseOwn();
    throw error;
  }
}

async function start(dataDir: string, { logger, onRestart }: EmbeddedOptions) {
  const as = await whomToRunAs(dataDir);
  const binaries = await findBinaries(dataDir, as);
  const folder = join(dataDir, "postgres");
  // Before anything touches the cluster's files: a new password is set by a Postgres that has them for itself.
  if (await access(folder).then(() => true, () => false)) await clearTheWay(folder, logger);
  const cluster = await prepareCluster(dataDir, binaries, as);
  const socketFolder = await prepareSocketFolder(dataDir, as);
  const starting = startPostmaster({ dataDir, binaries, cluster, socketFolder, as, logger, onRestart });
  const postmaster = await starting.catch(async (error: unknown) => {
    await rm(socketFolder, { recursive: true, force: true });
    throw error;
  });
  const connection: pg.PoolConfig = {
    host: socketFolder, port: 5432, user: SUPERUSER, password: cluster.password, database: "postgres", ssl: false,
  };
  return { connection, postmaster };
}
