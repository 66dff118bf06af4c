// Runs models, in the role `deliver`: loaded by its thread once there is a model.
import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "pg";
import { systemClock } from "./core/clock.ts";
import type { Logger } from "./core/logger.ts";
import { warehousePurpose } from "./core/sealed-text.ts";
import type { DeliverThreadData } from "./deliver-thread.ts";
import { connectClickHouse } from "./engines/clickhouse/clickhouse.ts";
import { createPool, createWorkspaceDb } from "./engines/postgres/postgres.ts";
import { createFieldDecisionsCache } from "./governance/governance.ts";
import { createPostgresLog } from "./log/postgres-log.ts";
import { createModelRunner, suppressedValues, type ModelRunner } from "./models/models.ts";
import { openOutbound } from "./open-catalog.ts";
import { openModelReaders } from "./open-model-readers.ts";
import { openWarehouses } from "./open-warehouses.ts";
import { landedBefore } from "./pipeline/outbox/landed-before.ts";
import { READER } from "./pipeline/sequencer.ts";
import { connectionsOf } from "./postgres-connections.ts";
import { createProcessed } from "./processed.ts";
import { openSealKeys } from "./seal-keys.ts";
import { createSql } from "./sql/sql.ts";

/** So long a reading of the workspace's own tables waits for what came in before it. */
const SETTLE_MS = 60_000;
/** Between two looks whether it is to stop. */
const DECIDED_LOOK_MS = 1_000;

export async function startModelsRole(data: DeliverThreadData, logger: Logger, onAppend: (partition: number, nextOffset: number) => void): Promise<ModelRunner> {
  const pool = createPool(data.postgres, "tributary models", connectionsOf.models, logger);
  const clickhouse = connectClickHouse(data.clickhouse, "models");
  const { partitions, dataDir, ...limits } = data.log;
  const log = await createPostgresLog({ pool, partitions, clock: systemClock, logger, limits, onAppend, ...(dataDir === undefined ? {} : { dataDir }) });
  const outbound = openOutbound(data.catalog);
  const sqlClickhouse = connectClickHouse(data.clickhouse, "sql");
  const workspaceDb = createWorkspaceDb({ pool: (name, max) => createPool(data.postgres, name, max, logger) }, { max: connectionsOf.modelsWorkspace });
  const own = createSql({ clickhouse: sqlClickhouse, workspaceDb, decisions: createFieldDecisionsCache(workspaceDb), clock: systemClock, suppressedIn: (workspaceId, namespace) => suppressedValues(pool, data.secret, workspaceId, namespace) });
  const open = openModelReaders({ pool, own, kinds: openWarehouses(data.catalog.dataDir, outbound), seal: openSealKeys(data.sealKeys).seal(warehousePurpose) });
  const processed = createProcessed(pool, READER, () => false);
  const runner = createModelRunner({
    pool, clickhouse, log, open, secret: data.secret, clock: systemClock, logger, settled: (workspaceId, signal) => settled(pool, workspaceId, signal),
    async decided(partition, offset, signal) {
      while (!(await processed.waitFor(partition, offset, DECIDED_LOOK_MS))) signal.throwIfAborted();
    },
  });
  return {
    async stop() {
      await runner.stop();
      await Promise.all([log.close(), clickhouse.close(), sqlClickhouse.close(), outbound.close(), workspaceDb.end()]);
      await pool.end();
    },
  };
}

/** What stands in the log now is then in the event table. */
async function settled(pool: Pool, workspaceId: number, signal: AbortSignal): Promise<void> {
  const { rows } = await pool.query<{ partition: number; head: string }>("select h.partition, h.next_offset as head from workspace w join log_head h on h.partition = w.log_partition where w.id = $1", [workspaceId]);
  const [at] = rows;
  const until = performance.now() + SETTLE_MS;
  let block: number | undefined;
  for (; at !== undefined && performance.now() < until; await sleep(200, undefined, { signal })) {
    if (block === undefined) {
      const { rows: [reader] } = await pool.query<{ isThrough: boolean }>('select next_offset >= $2 as "isThrough" from log_offset where partition = $1 and reader = $3', [at.partition, at.head, READER]);
      if (reader?.isThrough !== true) continue;
      const { rows: [unsent] } = await pool.query<{ last: string | null }>("select max(block_id) as last from ch_outbox where partition = $1 and sent_at is null", [at.partition]);
      if (unsent?.last == null) return;
      block = Number(unsent.last);
    }
    if ((await landedBefore(pool, at.partition)) > block) return;
  }
}
