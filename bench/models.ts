// How long a run of a model takes: a million rows of ten columns are read again after one in a hundred has changed. The rows are made in
// this process as they are asked for, so that no database of somebody else's is measured. The ceiling is what the same engine needs to
// take the same rows in, ready made, and to read both sides once.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "pg";
import type { ClickHouseClient } from "@clickhouse/client";
import { systemClock } from "../server/src/core/clock.ts";
import { createLogger } from "../server/src/core/logger.ts";
import { startClickHouse } from "../server/src/engines/clickhouse/clickhouse.ts";
import { insertBlock } from "../server/src/engines/clickhouse/insert-block.ts";
import { RowBinaryWriter } from "../server/src/engines/clickhouse/row-binary.ts";
import { startPostgres } from "../server/src/engines/postgres/postgres.ts";
import { createModelRunner } from "../server/src/models/models.ts";
import { rowWriter } from "../server/src/models/normalise-row.ts";
import { rowsReader } from "../server/src/models/testing.ts";
import { number, plainRow, type Row } from "./table.ts";

const GOAL_SECONDS = 30;
const columns = {
  id: "number", email: "text", first_name: "text", last_name: "text", city: "text", plan: "text", balance: "decimal", orders: "number", signed_up_at: "instant", tags: "json",
};
const cities = ["Oslo", "Wien", "Berlin", "Lisboa", "Helsinki", "Praha"];

/** The row of a number, after so many changes of it. */
function rowOf(i: number, version: number): Readonly<Record<string, unknown>> {
  return {
    id: i, email: `person${i}@example.com`, first_name: `First${i % 997}`, last_name: `Last${i % 7_919}`, city: cities[i % cities.length], plan: i % 9 === 0 ? "gold" : "basic", balance: `${i % 10_000}.${version}0`,
    orders: i % 37, signed_up_at: `2026-0${(i % 9) + 1}-11T10:20:30Z`, tags: ["a", `t${i % 100}`],
  };
}

function* rowsAt(rows: number, isChanged: boolean): Generator<Readonly<Record<string, unknown>>> {
  for (let i = 1; i <= rows; i++) yield rowOf(i, isChanged && i % 100 === 0 ? 7 : 5);
}

export async function benchModels({ rows }: { readonly rows: number }): Promise<Row[]> {
  const dataDir = mkdtempSync(join(process.env["BENCH_DIR"] ?? tmpdir(), "bench-models-"));
  const logger = createLogger("silent");
  const postgres = await startPostgres({ dataDir, logger });
  const clickhouse = await startClickHouse({ dataDir, logger });
  try {
    const pool = postgres.pool("bench", 4);
    const peak = watchMemory([process.pid, clickhouse.pid()]);
    const plainSeconds = await plain(clickhouse.client("models"), rows);
    peak.reset();
    let isChanged = false;
    const runner = createModelRunner({
      pool, clickhouse: clickhouse.client("models"), secret: "a secret", log: { append: () => Promise.reject(new Error("nothing is fed")) }, clock: systemClock, logger, open: () => Promise.resolve(rowsReader(() => rowsAt(rows, isChanged), columns)),
    });
    await pool.query("insert into model (id, workspace_id, slug, name, definition, created_by, updated_by) values (1, 1, 'm', 'M', $1, 'bench', 'bench')", [
      JSON.stringify({ warehouse: "w", query: { kind: "sql", sql: "select 1" }, key: ["id"], stopShare: 1 }),
    ]);
    const first = await runOnce(pool);
    isChanged = true;
    const second = await runOnce(pool);
    if (second.changed !== Math.floor(rows / 100) || second.added + second.removed !== 0) throw new Error(`It found ${JSON.stringify(second)}.`);
    const [ours = 0, engine = 0] = peak.stop();
    await runner.stop();
    return [
      plainRow(`Model of ${rows.toLocaleString("en-GB")} rows: first run`, "s", number(first.seconds), ""),
      { what: "– read again, 1 % changed: read, compared, in force", unit: "s", ours: number(second.seconds), ceiling: `insert and read: ${number(plainSeconds)}`, share: `${Math.round((plainSeconds / second.seconds) * 100)} %`, goal: `< ${GOAL_SECONDS}` },
      plainRow("– most memory meanwhile: this process, engine", "MB", `${Math.round(ours)}, ${Math.round(engine)}`, "bounded"),
    ];
  } finally {
    await clickhouse.stop();
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

interface Ran {
  readonly seconds: number;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
}

async function runOnce(pool: Pool): Promise<Ran> {
  const began = performance.now();
  const { rows: [asked] } = await pool.query<{ id: number }>("insert into model_run (workspace_id, model_id, version, cause, accept, created_by) values (1, 1, 1, 'manual', true, 'bench') returning id");
  for (;;) {
    const { rows: [run] } = await pool.query<{ status: string; added: number; changed: number; removed: number; problem: unknown }>(
      "select status, added::float8 as added, changed::float8 as changed, removed::float8 as removed, problem from model_run where id = $1", [asked?.id]);
    if (run?.status === "done") return { ...run, seconds: (performance.now() - began) / 1_000 };
    if (run?.status === "failed") throw new Error(JSON.stringify(run.problem));
    await sleep(50);
  }
}

/** The same rows, as finished blocks, into a table of the same shape; then both sides read once. In seconds, without the making of the blocks. */
async function plain(client: ClickHouseClient, rows: number): Promise<number> {
  await client.command({ query: "create table bench_plain as model_row" });
  const write = rowWriter(Object.entries(columns).map(([name, type]) => ({ name, type })));
  const writer = new RowBinaryWriter(16 * 1024 * 1024);
  let [seconds, waiting] = [0, 0];
  const timed = async (work: () => Promise<unknown>): Promise<void> => {
    const began = performance.now();
    await work();
    seconds += (performance.now() - began) / 1_000;
  };
  const send = (): Promise<void> => {
    waiting = 0;
    const body = writer.take();
    return timed(() => insertBlock(client, { statement: "INSERT INTO bench_plain (workspace_id, model_id, nr, key, row, person, line) FORMAT RowBinary", body }));
  };
  for (const row of rowsAt(rows, false)) {
    writer.uint32(1);
    writer.uint32(1);
    writer.uint32(1);
    writer.string(JSON.stringify([String(row["id"])]));
    writer.string(write(row));
    writer.string("");
    writer.uint64(Number(row["id"]));
    if (++waiting === 50_000) await send();
  }
  if (waiting > 0) await send();
  for (const side of ["before", "now"]) {
    await timed(async () => (await client.query({ query: `select sum(cityHash64(key, row)) as ${side} from bench_plain`, format: "JSONEachRow" })).json());
  }
  await client.command({ query: "drop table bench_plain" });
  return seconds;
}

/** The most resident memory that each of these processes had, in MB, since the last reset. */
function watchMemory(pids: readonly (number | undefined)[]): { reset(): void; stop(): number[] } {
  const most = pids.map(() => 0);
  const look = (): void => pids.forEach((pid, i) => {
    try {
      const [, kb = "0"] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
      most[i] = Math.max(most[i] ?? 0, Number(kb) / 1_024);
    } catch {
      // Not on Linux, or an engine that is elsewhere.
    }
  });
  const timer = setInterval(look, 100);
  return {
    reset: () => void most.fill(0),
    stop() {
      clearInterval(timer);
      return most;
    },
  };
}
