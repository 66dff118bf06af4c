// The server's side of a copy, on real engines, with the hold of the pipeline in the test's hands.
import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Pool } from "pg";
import { startClickHouse, type ClickHouse } from "../engines/clickhouse/clickhouse.ts";
import { startPostgres, type Postgres } from "../engines/postgres/postgres.ts";
import { quietLogger } from "../engines/testing.ts";
import { createBackupSessions, type BackupHost, type BackupSessions } from "./backup-session.ts";

let dataDir: string;
let postgres: Postgres;
let clickhouse: ClickHouse;
let pool: Pool;
let sessions: BackupSessions | undefined;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "trib-session-"));
  postgres = await startPostgres({ dataDir, logger: quietLogger });
  clickhouse = await startClickHouse({ dataDir, logger: quietLogger });
  pool = postgres.pool("test", 2);
});

afterEach(() => sessions?.stop());

afterAll(async () => {
  await clickhouse?.stop();
  await postgres?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const held: BackupHost["hold"] = () => Promise.resolve(() => Promise.resolve(true));

async function open(host: Partial<BackupHost> = {}): Promise<BackupSessions> {
  sessions = await createBackupSessions({ dataDir, postgres, clickhouse, logger: quietLogger, hold: held, ...host });
  return sessions;
}

async function slots(): Promise<number> {
  return (await pool.query("select from pg_replication_slots")).rowCount ?? 0;
}

/** A session's end reaches Postgres a moment after it. */
async function untilNoSlot(): Promise<void> {
  while ((await slots()) > 0) await new Promise((resolve) => setTimeout(resolve, 10));
}

const exists = (path: string): Promise<boolean> => access(path).then(() => true, () => false);

test("everything that the moment is made of lies between hold and release, and is gone after the end", async () => {
  const seen: Record<string, boolean> = {};
  // The last that the session asks, after it has ended the backup of Postgres.
  const isStopped = async (): Promise<boolean> =>
    ((await pool.query("select from pg_stat_activity where query like '%pg_ls_waldir%' and pid <> pg_backend_pid()")).rowCount ?? 0) > 0;
  const frozen = (): Promise<boolean> => exists(join(dataDir, "clickhouse", "shadow"));
  const backups = await open({
    async hold() {
      seen["before"] = (await frozen()) || (await isStopped());
      return async () => {
        seen["after"] = (await frozen()) && (await isStopped());
        return true;
      };
    },
  });
  const { id } = await backups.begin();
  await pool.query("create table grown as select repeat('x', 1000) from generate_series(1, 40000)");
  // After it Postgres keeps no WAL for its own sake.
  await pool.query("checkpoint");
  const cut = await backups.cut(id);
  expect(seen).toEqual({ before: false, after: true });
  expect(cut.backup_label).toContain("BACKUP METHOD: streamed");
  // 40 MB were written meanwhile: more than two segments.
  expect(cut.wal_files.length).toBeGreaterThan(2);
  for (const name of cut.wal_files) expect(await exists(join(dataDir, "postgres", "pg_wal", name))).toBe(true);
  for (const table of cut.tables) expect(await exists(join(dataDir, "clickhouse", table))).toBe(true);
  const { rows } = await pool.query<{ count: string }>("select count(*) from pg_replication_slots where wal_status is not null");
  expect(Number(rows[0]?.count)).toBe(1);
  await expect(backups.cut(id)).rejects.toMatchObject({ code: "conflict" });
  await backups.end(id, "copied");
  await untilNoSlot();
  expect(await exists(join(dataDir, cut.frozen_folder))).toBe(false);
});

test("one at a time, and the next after its end", async () => {
  const backups = await open();
  const { id } = await backups.begin();
  await expect(backups.begin()).rejects.toMatchObject({ code: "conflict", message: expect.stringContaining("A backup is being made.") });
  await backups.end(id, "given_up");
  await expect(backups.end(id, "given_up")).rejects.toMatchObject({ code: "not_found" });
  await backups.begin();
});

test("one of which nothing is heard is given up", async () => {
  const backups = await open({ times: { renewWithinMs: 20 } });
  const { id } = await backups.begin();
  await backups.cut(id).catch(() => undefined);
  await untilNoSlot();
  await expect(backups.end(id, "copied")).rejects.toMatchObject({ code: "not_found" });
});

test("when ClickHouse does not come to rest the moment is not set, and may be tried again", async () => {
  let isAtRest = false;
  const backups = await open({ hold: (withinMs) => (isAtRest ? held(withinMs) : Promise.resolve(undefined)) });
  const { id } = await backups.begin();
  await expect(backups.cut(id)).rejects.toMatchObject({ code: "unavailable", message: expect.stringContaining("within 40 seconds") });
  isAtRest = true;
  await backups.cut(id);
  await backups.end(id, "copied");
});

test("a hold that was broken, and a session that Postgres ended, are no copy", async () => {
  const backups = await open({ hold: () => Promise.resolve(() => Promise.resolve(false)) });
  const broken = await backups.begin();
  await expect(backups.cut(broken.id)).rejects.toMatchObject({ code: "copy_refused", message: expect.stringContaining("did not stay held") });
  await expect(backups.end(broken.id, "copied")).rejects.toMatchObject({ code: "not_found" });
  await untilNoSlot();
  const ended = await (await open()).begin();
  await sessions?.cut(ended.id);
  await pool.query("select pg_terminate_backend(active_pid) from pg_replication_slots");
  await untilNoSlot();
  await expect(sessions?.end(ended.id, "copied")).rejects.toMatchObject({ code: "copy_refused" });
});

test("a database that fails while the moment is set ends the backup with its words", async () => {
  const backups = await open();
  const { id } = await backups.begin();
  await pool.query("select pg_terminate_backend(active_pid) from pg_replication_slots");
  await untilNoSlot();
  await expect(backups.cut(id)).rejects.toMatchObject({ code: "copy_refused", message: expect.stringContaining("A database failed") });
  await expect(backups.end(id, "given_up")).rejects.toMatchObject({ code: "not_found" });
});

test("without a moment nothing was copied", async () => {
  const backups = await open();
  const { id } = await backups.begin();
  await expect(backups.end(id, "copied")).rejects.toMatchObject({ code: "copy_refused" });
});

test("engines elsewhere are not copied", async () => {
  const backups = await open({ clickhouse: { mode: "url", client: clickhouse.client } });
  await expect(backups.begin()).rejects.toMatchObject({ code: "copy_refused", message: expect.stringContaining("CLICKHOUSE_URL") });
});
