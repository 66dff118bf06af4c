// `tributary rebuild`: takes the stopped server's place on the data directory, with the engines and without the doors, and
// has everything decided anew.
import type { Config } from "../config.ts";
import { systemClock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { exists, markRunning, markStopped, refuseUnfinishedRestore } from "../data-directory.ts";
import { startClickHouse } from "../engines/clickhouse/clickhouse.ts";
import { lockDataDirectory, startPostgres, type DataLock } from "../engines/postgres/postgres.ts";
import { installSecret } from "../install-secret.ts";
import { createPostgresLog } from "../log/postgres-log.ts";
import { processConnections } from "../postgres-connections.ts";
import { rebuild, type RebuildProgress, type RebuildResult } from "../pipeline/rebuild.ts";

export interface RebuildDataOptions {
  readonly config: Config;
  readonly logger: Logger;
  /** Begins even where events have expired. */
  readonly force: boolean;
  readonly onProgress: (progress: RebuildProgress) => void;
  /** Breaks it off; the next rebuild or server goes on with it. */
  readonly signal?: AbortSignal;
}

/**
 * Throws AppError `data_directory_busy` while a server runs on the directory, `data_directory_closed` when there is none,
 * `events_expired` where events have expired and it is not forced.
 */
export async function rebuildData(options: RebuildDataOptions): Promise<RebuildResult> {
  const { dataDir } = options.config;
  if (!(await exists(dataDir))) {
    throw new AppError("data_directory_closed", { detail: `There is no ${dataDir}.`, hint: "Name it with TRIBUTARY_DATA_DIR." });
  }
  const lock = await lockDataDirectory(dataDir);
  try {
    await refuseUnfinishedRestore(dataDir);
    return await withEngines(options, lock);
  } finally {
    await lock.release();
  }
}

async function withEngines({ config, logger, force, onProgress, signal }: RebuildDataOptions, lock: DataLock): Promise<RebuildResult> {
  const { dataDir, databaseUrl, clickhouseUrl, logPartitions, logHorizonMs, logHorizonBytes } = config;
  const wasUnclean = await markRunning(dataDir);
  const clickhouse = await startClickHouse({ dataDir, logger, ...(clickhouseUrl === undefined ? {} : { clickhouseUrl }) });
  try {
    const postgres = await startPostgres({ dataDir, lock, logger, ...(databaseUrl === undefined ? {} : { databaseUrl }) });
    try {
      const secret = await installSecret({ dataDir, given: config.secret, pool: postgres.pool("tributary secret", 1) });
      const log = await createPostgresLog({
        pool: postgres.pool("tributary log", 4), partitions: logPartitions, clock: systemClock, logger,
        limits: { horizonMs: logHorizonMs, horizonBytesMax: logHorizonBytes },
      });
      const result = await rebuild({
        pool: postgres.pool("tributary rebuild", processConnections(log.partitions)), clickhouse: clickhouse.client("write"),
        clickhouseReader: clickhouse.client("evaluate"), log, clock: systemClock, logger, limits: config.limits,
        secret, dedupeMaxIds: config.dedupeMaxIds, profilesInMemory: config.profilesInMemory,
        wasUnclean, force, onRebuild: onProgress, ...(signal ? { signal } : {}),
      }).finally(() => log.close());
      return result;
    } finally {
      await postgres.stop();
    }
  } finally {
    await clickhouse.stop();
    if (!wasUnclean) await markStopped(dataDir);
  }
}
