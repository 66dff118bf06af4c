import { afterAll, beforeAll, expect, test } from "vitest";
import type { Pool } from "pg";
import { Registry } from "prom-client";
import { manualClock } from "./core/clock.ts";
import type { Postgres } from "./engines/postgres/postgres.ts";
import { quietLogger, startTestPostgres } from "./engines/testing.ts";
import { createRefusedMetric } from "./process-metrics.ts";
import { countRefused, createReadiness, STANDSTILL_MS } from "./readiness.ts";

let postgres: Postgres;
let pool: Pool;
beforeAll(async () => {
  postgres = await startTestPostgres();
  pool = postgres.pool("test", 2);
});
afterAll(() => postgres.stop());

const reader = "pipeline";
const well = async () => undefined;
const always = { reader, isRunning: () => true };
const place = (partition: number, head: number, read: number) =>
  Promise.all([
    pool.query("insert into log_head (partition, next_offset) values ($1, $2) on conflict (partition) do update set next_offset = $2", [partition, head]),
    pool.query(
      "insert into log_offset (reader, partition, next_offset) values ($1, $2, $3) on conflict (reader, partition) do update set next_offset = $3",
      [reader, partition, read],
    ),
  ]);

test("what an engine says is not told", async () => {
  const clock = manualClock(0);
  const refuse = () => Promise.reject(new Error("password of 10.1.2.3 is wrong"));
  const ready = createReadiness({ pool, pingClickHouse: refuse, pipeline: always, clock, logger: quietLogger });
  expect(await ready()).toEqual({
    ready: false,
    degraded: false,
    parts: {
      postgres: { ok: true, detail: "answers" }, clickhouse: { ok: false, detail: "does not answer" }, pipeline: { ok: true, detail: "runs" },
      outbox: { ok: true, detail: "lands" }, refused_writes: { ok: true, detail: "none" },
    },
  });
});

test("blocks that wait long for ClickHouse make the server degraded", async () => {
  const ready = createReadiness({ pool, pingClickHouse: well, pipeline: always, clock: manualClock(0), logger: quietLogger });
  const block = (id: number, minutes: number) =>
    pool.query(
      `insert into ch_outbox (block_id, partition, kind, table_name, statement, schema_version, rows, counts, created_at)
       values ($1, 0, 'insert', 'events', '', 1, 1, '[]', now() - make_interval(mins => $2))`, [id, minutes],
    );
  await block(1, 1);
  expect(await ready()).toMatchObject({ ready: true, degraded: false, parts: { outbox: { ok: true } } });
  await block(2, 6);
  expect(await ready()).toMatchObject({ ready: true, degraded: true, parts: { outbox: { ok: false, detail: expect.stringContaining("5 minutes") } } });
  await pool.query("update ch_outbox set sent_at = now()");
  expect(await ready()).toMatchObject({ degraded: false });
});

test("a refused row is told of; a statement that is set aside makes the server degraded, and neither makes it unready", async () => {
  const ready = createReadiness({ pool, pingClickHouse: well, pipeline: always, clock: manualClock(0), logger: quietLogger });
  const refuse = (block: number, kind: string, status: string) =>
    pool.query("insert into ch_refused (block_id, block_row, table_name, statement, body, reason, kind, status) values ($1, 0, 'events', '', '', '', $2, $3)", [block, kind, status]);
  const answer = async () => {
    const { ready: isReady, degraded, parts } = await ready();
    return [isReady, degraded, parts["refused_writes"]?.detail];
  };
  await refuse(1, "row", "open");
  await refuse(2, "row", "landed");
  expect(await answer()).toEqual([true, false, "1 row refused by ClickHouse; see GET /api/v1/refused-writes"]);
  await refuse(3, "statement", "discarded");
  await refuse(4, "statement", "open");
  expect(await answer()).toEqual([true, true, expect.stringMatching(/^1 row and 1 statement refused by ClickHouse; unmerges .* are refused meanwhile/)]);
  const registry = new Registry();
  createRefusedMetric(registry, () => countRefused(pool));
  expect(await registry.metrics()).toContain('tributary_refused_writes{kind="statement"} 1');
  await pool.query("truncate ch_refused");
  expect(await registry.metrics()).toContain('tributary_refused_writes{kind="row"} 0');
});

test("a pipeline that reads on is ready however far behind it is; one that does not, in any partition, is not", async () => {
  const clock = manualClock(0);
  const ready = createReadiness({ pool, pingClickHouse: well, pipeline: always, clock, logger: quietLogger });
  const after = async (ms: number) => {
    clock.advanceMs(ms);
    const answer = await ready();
    return [answer.ready, answer.parts["pipeline"]?.detail];
  };
  await place(0, 1_000_000, 5);
  await place(1, 7, 7);
  expect(await after(0)).toEqual([true, "runs"]);
  await place(0, 1_000_000, 6);
  expect(await after(STANDSTILL_MS)).toEqual([true, "runs"]);
  await place(0, 1_000_000, 1_000_000);
  expect(await after(STANDSTILL_MS), "one that has nothing to read does not stand still").toEqual([true, "runs"]);
  await place(1, 8, 7);
  expect(await after(STANDSTILL_MS), "what came just now was not waited for").toEqual([true, "runs"]);
  expect(await after(STANDSTILL_MS - 1)).toEqual([true, "runs"]);
  expect(await after(1)).toEqual([false, "stands still"]);
  await place(1, 8, 8);
  expect(await after(0)).toEqual([true, "runs"]);
});

test("a pipeline that is being started is not ready; a server without one has no such part", async () => {
  const parts = { pool, pingClickHouse: well, clock: manualClock(0), logger: quietLogger };
  expect(await createReadiness({ ...parts, pipeline: { reader, isRunning: () => false } })()).toMatchObject({ ready: false, parts: { pipeline: { ok: false } } });
  expect(await createReadiness({ ...parts, pipeline: undefined })()).toMatchObject({ ready: true, parts: { postgres: { ok: true } } });
});
