// The thread that processes, started again when it ends unasked, and stopped at any moment of that.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { defaultLimits } from "./core/limits.ts";
import { quietLogger, startTestClickHouse, startTestPostgres } from "./engines/testing.ts";
import { superviseProcess, type ProcessSupervisor } from "./process-supervisor.ts";
import { PROCESS_ROLE_LOCK } from "./role-lock.ts";

let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
let pool: ReturnType<typeof postgres.pool>;
let clickhouse: Awaited<ReturnType<typeof startTestClickHouse>>;

beforeAll(async () => {
  [postgres, clickhouse] = await Promise.all([startTestPostgres(), startTestClickHouse()]);
  pool = postgres.pool("test", 1);
});

afterAll(async () => {
  await Promise.all([postgres?.stop(), clickhouse?.stop()]);
});

const HOUR_MS = 3_600_000;

function supervise(firstMs: number): Promise<ProcessSupervisor> {
  const data = {
    postgres: postgres.connection, clickhouse: clickhouse.endpoint, partitions: 1, logLimits: {}, limits: defaultLimits,
    secret: "a secret of at least thirty-two bytes", dedupeMaxIds: 1_000, profilesInMemory: 100, wasUnclean: false, logLevel: "silent", tuning: {},
  };
  return superviseProcess(data, quietLogger, () => undefined, { firstMs, maxMs: HOUR_MS });
}

const holders = `select pid from pg_locks where locktype = 'advisory' and (classid::bigint << 32) + objid::bigint = ${PROCESS_ROLE_LOCK}`;

/** Takes the role from the thread, which it can't go on without. */
async function breakThread(): Promise<void> {
  const { rows } = await pool.query(`select pg_terminate_backend(pid) from (${holders}) as holder`);
  expect(rows).toHaveLength(1);
}

async function until(isMet: () => boolean): Promise<void> {
  while (!isMet()) await sleep(10);
}

test("a thread that ended is started again, and stops when asked", async () => {
  const supervisor = await supervise(1);
  await breakThread();
  await until(() => !supervisor.isReady());
  await until(() => supervisor.isReady());
  await supervisor.stop(HOUR_MS);
  expect(supervisor.isReady()).toBe(false);
});

test("asked to stop while it waits to start another, it waits no longer and starts none", async () => {
  const supervisor = await supervise(HOUR_MS);
  await breakThread();
  await until(() => !supervisor.isReady());
  await supervisor.stop(HOUR_MS);
  expect((await pool.query(holders)).rows).toEqual([]);
});
