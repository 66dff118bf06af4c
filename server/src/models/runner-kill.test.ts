// The process that runs models, killed with -9 at any moment while the engines go on: what it left there is never seen, and in the end the
// changes are those of a model that was read without a kill.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Pool } from "pg";
import type { ModelDefinition } from "@tributary/schema/model.ts";
import type { ClickHouse } from "../engines/clickhouse/clickhouse.ts";
import type { Postgres } from "../engines/postgres/postgres.ts";
import { startTestClickHouse, startTestPostgres } from "../engines/testing.ts";
import { readModelChanges, readModelStandings } from "./read-changes.ts";
import { createModelRunner } from "./runner.ts";
import { KILL_LIMITS, killParts } from "./testing-runner.ts";

let postgres: Postgres;
let clickhouse: ClickHouse;
let pool: Pool;
beforeAll(async () => {
  [postgres, clickhouse] = await Promise.all([startTestPostgres(), startTestClickHouse()]);
  pool = postgres.pool("test", 4);
  await pool.query("create table test_log (id bigint generated always as identity, message_id text not null)");
  await pool.query("insert into workspace (id, slug, name, log_partition) values (50, 'w', 'W', 0)");
  await pool.query("insert into source (workspace_id, slug, name, kind) values (50, 'rows', 'Rows', 'server')");
});
afterAll(() => Promise.all([postgres?.stop(), clickhouse?.stop()]));

const definitionOf = (dataset: number): ModelDefinition => ({
  warehouse: null, query: { kind: "sql", sql: `dataset ${dataset}` }, key: ["id"], stopShare: 1, feeds: { call: "identify", source: "rows", historical: true, userId: "id", traits: "*" },
});

async function makeModel(slug: string): Promise<number> {
  const { rows } = await pool.query<{ id: number }>("insert into model (workspace_id, slug, name, definition, created_by, updated_by) values (50, $1, $1, $2, 'test', 'test') returning id", [slug, JSON.stringify(definitionOf(0))]);
  return rows[0]!.id;
}

async function askFor(model: number, dataset: number): Promise<number> {
  await pool.query("update model set definition = $2 where id = $1", [model, JSON.stringify(definitionOf(dataset))]);
  const { rows } = await pool.query<{ id: number }>("insert into model_run (workspace_id, model_id, version, cause, accept, created_by) values (50, $1, 1, 'manual', true, 'test') returning id", [model]);
  return rows[0]!.id;
}

/** Whether the run is over and its rows are events. */
async function isDone(model: number, run: number): Promise<boolean> {
  const { rows } = await pool.query<{ status: string; fed: boolean }>(
    "select r.status, coalesce(f.seq = m.last_seq, false) as fed from model_run r join model m on m.id = r.model_id left join model_fed f on f.model_id = m.id where r.id = $1 and m.id = $2", [run, model],
  );
  expect(rows[0]?.status).not.toBe("failed");
  return rows[0]?.status === "done" && rows[0].fed;
}

async function changesOf(model: number): Promise<string[]> {
  const standing = (await readModelStandings(pool, [model])).get(model);
  const changes = await readModelChanges({ clickhouse: clickhouse.client("models"), workspaceId: 50, modelId: model }, { afterSeq: 0, untilSeq: standing?.lastSeq ?? 0, limit: 100_000 });
  return changes.map(({ change, keyText, row, before }) => JSON.stringify([change, keyText, row, before]));
}

test("killed at any moment, again and again, its changes are those of a model read without a kill", async () => {
  const [killed, clean] = [await makeModel("killed"), await makeModel("clean")];
  let kills = 0;
  for (let dataset = 1; dataset <= 3; dataset++) {
    const run = await askFor(killed, dataset);
    for (let life = 0; !(await isDone(killed, run)); life++) {
      const child = spawn(process.execPath, [new URL("./testing-runner.ts", import.meta.url).pathname], {
        env: { ...process.env, TESTED_ENGINES: JSON.stringify({ postgres: postgres.connection, clickhouse: clickhouse.endpoint }) }, stdio: "inherit",
      });
      const ended = once(child, "exit");
      // The last lives long enough.
      const until = performance.now() + (life < 3 ? 250 + ((life * 7 + dataset * 3) % 10) * 90 : 30_000);
      while (performance.now() < until && !(await isDone(killed, run))) await sleep(25);
      if (!(await isDone(killed, run))) kills++;
      child.kill("SIGKILL");
      await ended;
    }
  }
  expect(kills).toBeGreaterThan(3);
  let aheadMax = 0;
  const runner = createModelRunner({
    ...killParts(pool, clickhouse.client("models"), 0),
    async decided(_, offset) {
      const { rows } = await pool.query<{ last: string }>("select max(id) as last from test_log");
      aheadMax = Math.max(aheadMax, Number(rows[0]?.last) - offset);
    },
  });
  for (let dataset = 1; dataset <= 3; dataset++) {
    const run = await askFor(clean, dataset);
    await expect.poll(() => isDone(clean, run)).toBe(true);
  }
  await runner.stop();
  expect(aheadMax, "the pipeline decides each slice while the next is appended, and is not left behind").toBe(KILL_LIMITS.feedRows);
  const changes = await changesOf(clean);
  expect(changes.length).toBeGreaterThan(3_000);
  expect(await changesOf(killed)).toEqual(changes);
  // Every row is an event, in the order of its changes; what was appended twice is the same message.
  const { rows } = await pool.query<{ message: string }>("select message_id as message from test_log where message_id like $1 order by id", [`model-${killed}-%`]);
  const seqs = [...new Set(rows.map(({ message }) => Number(message.split("-")[2])))];
  expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
  expect(seqs.length).toBe(changes.filter((change) => !change.startsWith('["removed"')).length);
  // Nothing is left of what was begun in vain.
  const left = await clickhouse.client("models").query({ query: "select (select count() from model_row) as staged, (select count() from model_change where model_id = {model:UInt32}) as kept", query_params: { model: killed }, format: "JSONEachRow" });
  expect(await left.json()).toEqual([{ staged: 0, kept: changes.length }]);
});
