// A process that runs models and is killed: the runner as composition makes it, over rows that a number makes and a log that is a table.
import { setTimeout as sleep } from "node:timers/promises";
import type { PoolConfig } from "pg";
import { systemClock } from "../core/clock.ts";
import { createLogger } from "../core/logger.ts";
import { connectClickHouse, type ClickHouseEndpoint } from "../engines/clickhouse/clickhouse.ts";
import { createPool } from "../engines/postgres/postgres.ts";
import type { EventLog } from "../log/log.ts";
import type { Pool } from "pg";
import type { ModelRunnerOptions } from "./runner.ts";
import { createModelRunner } from "./runner.ts";
import type { ModelReader, Row } from "./reader.ts";
import { rowsReader } from "./testing.ts";

export const KILL_COLUMNS = { id: "number", name: "text", amount: "decimal" };
export const KILL_LIMITS = { stageRows: 250, compareRows: 400, feedRows: 100, noteMs: 50 };

/** Rows of the dataset with this number: from one to the next some go, some change, some come. */
export function* killRows(dataset: number): Generator<Row> {
  for (let id = 1; id <= 2_000; id++) {
    const turn = (id * 7_919 + dataset * 104_729) % 97;
    if (turn % 11 === 0) continue;
    yield { id, name: `Row ${id}`, amount: turn < 30 ? `${id}.${dataset}0` : `${id}.50` };
  }
}

/** As slow as a database that is far away. */
export function killReader(sql: string, pauseMs: number): ModelReader {
  return rowsReader(async function* () {
    let n = 0;
    for (const row of killRows(Number(sql.split(" ").at(-1)))) {
      if (n++ % 200 === 0 && pauseMs > 0) await sleep(pauseMs);
      yield row;
    }
  }, KILL_COLUMNS, 100);
}

/** Appends the message ids of a record, in their order; offsets are those of messages. */
export function tableLog(pool: Pool): Pick<EventLog, "append"> {
  return {
    async append(partition, { events }) {
      const ids = events.map((event) => (JSON.parse(event.toString()) as { messageId: string }).messageId);
      const { rows } = await pool.query<{ id: string }>("insert into test_log (message_id) select * from unnest($1::text[]) returning id", [ids]);
      return { partition, offset: Number(rows.at(-1)?.id), index: 0 };
    },
  };
}

/** The reader of a model by the SQL of its definition; `slow`: with pauses. */
export function killParts(pool: Pool, clickhouse: ModelRunnerOptions["clickhouse"], pauseMs: number): ModelRunnerOptions {
  const open: ModelRunnerOptions["open"] = () => Promise.resolve({
    read: (query, options) => killReader(query.kind === "sql" ? query.sql : "", pauseMs).read(query, options),
    preview: (query, options) => killReader(query.kind === "sql" ? query.sql : "", 0).preview(query, options),
  });
  return { pool, clickhouse, log: tableLog(pool), open, secret: "a secret", clock: systemClock, logger: createLogger("silent"), limits: KILL_LIMITS };
}

if (process.env["TESTED_ENGINES"] !== undefined) {
  const engines = JSON.parse(process.env["TESTED_ENGINES"]) as { postgres: PoolConfig; clickhouse: ClickHouseEndpoint };
  const pool = createPool(engines.postgres, "tested runner", 4, createLogger("silent"));
  createModelRunner(killParts(pool, connectClickHouse(engines.clickhouse, "models"), 20));
}
