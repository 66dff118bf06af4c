import { randomBytes } from "node:crypto";
import { mkdtemp, open as openFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type pg from "pg";
import { manualClock } from "../core/clock.ts";
import { startPostgres, type Postgres } from "../engines/postgres/postgres.ts";
import { quietLogger, startTestPostgres } from "../engines/testing.ts";
import { controlRecord, describeLogContract, eventsRecord, placed, readAll, receivedAtMs } from "./contract-suite.ts";
import type { Chunk } from "./log.ts";
import { createPostgresLog, type PostgresLog, type PostgresLogOptions } from "./postgres-log.ts";
import { claimReader, commitOffset, ReaderFenced, type ReaderClaim } from "./reader-offset.ts";

const HOUR_MS = 3_600_000;

describeLogContract("Postgres", async () => {
  const postgres = await startTestPostgres();
  const admin = postgres.pool("test", 2);
  // Sleeps at commit time, when the offset is taken and the row is written but nobody can see it.
  await admin.query(`
    create table test_slow (ms float8 not null);
    insert into test_slow values (0);
    create function test_sleep() returns trigger language plpgsql as
      $$ begin perform pg_sleep(random() * (select ms from test_slow) / 1000); return null; end $$;
    create constraint trigger slow_commit after insert on log_chunk
      deferrable initially deferred for each row execute function test_sleep()`);
  return {
    open: () => createPostgresLog({
      pool: postgres.pool("log", 3), partitions: 2, clock: manualClock(receivedAtMs), logger: quietLogger,
    }),
    slowDown: async (msMax) => void (await admin.query("update test_slow set ms = $1", [msMax])),
    stop: () => postgres.stop(),
  };
});

describe("the Postgres log", () => {
  let postgres: Postgres & { readonly dataDir: string };
  let pool: pg.Pool;
  const clock = manualClock(receivedAtMs);
  const opened: PostgresLog[] = [];

  async function open(options: Partial<PostgresLogOptions> = {}): Promise<PostgresLog> {
    const log = await createPostgresLog({ pool, partitions: 1, clock, logger: quietLogger, ...options });
    opened.push(log);
    return log;
  }

  async function segmentTables(): Promise<readonly string[]> {
    const { rows } = await pool.query<{ name: string }>(
      "select relname as name from pg_class where relname ~ '^log_chunk_[0-9]+$' order by oid");
    return rows.map((row) => row.name);
  }

  async function withClient<Result>(work: (client: pg.PoolClient) => Promise<Result>): Promise<Result> {
    const client = await pool.connect();
    try {
      return await work(client);
    } finally {
      client.release();
    }
  }

  /** Does the work while another session has run the statements in an open transaction, which is then committed. */
  async function whileHolding<Result>(statements: string, work: (holder: pg.PoolClient) => Promise<Result>): Promise<Result> {
    return withClient(async (holder) => {
      await holder.query(`begin; ${statements}`);
      try {
        return await work(holder);
      } finally {
        await holder.query("commit");
      }
    });
  }

  async function appendsAtLock(): Promise<number | null> {
    return (await pool.query(`select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%update log_head%'`)).rowCount;
  }

  const claim = (reader: string): Promise<ReaderClaim> => withClient((client) => claimReader(client, reader, 0));
  const moveTo = (from: ReaderClaim, nextOffset: number): Promise<ReaderClaim> =>
    withClient((client) => commitOffset(client, from, { nextOffset, nowMs: 1, nextBlock: 0 }));

  beforeAll(async () => {
    postgres = await startTestPostgres();
    pool = postgres.pool("log", 6);
  });
  afterAll(async () => {
    for (const log of opened) await log.close();
    await postgres.stop();
  });
  beforeEach(async () => {
    for (const table of await segmentTables()) await pool.query(`drop table ${table}`);
    await pool.query("truncate log_head, log_segment, log_segment_start, log_offset, ledger");
    clock.setMs(receivedAtMs);
  });

  describe("segments", () => {
    test("are closed by size while appends go on, and read through as one log", async () => {
      const log = await open({ limits: { segmentBytesMax: 1, gatherMs: 0 } });
      const reader = await open();
      const wanted = 9;
      let appending = true;
      const appender = (async () => {
        let count = 0;
        while (appending) await log.append(0, eventsRecord([String(count++)]));
        return count;
      })();
      const maintenance = (async () => {
        while ((await segmentTables()).length < wanted) await log.dropExpired(clock.nowMs());
        appending = false;
      })();
      const read: string[] = [];
      for (let offset = 0; appending;) {
        const chunks = await reader.read(0, offset, 2_000);
        offset += chunks.length;
        read.push(...placed(chunks).map((one) => one.text));
      }
      await maintenance;
      const all = Array.from({ length: await appender }, (_, i) => String(i));
      expect(read).toEqual(all.slice(0, read.length));
      expect(placed(await readAll(reader, 0)).map((one) => one.text)).toEqual(all);
      expect(placed(await readAll(await open(), 0)).map((one) => one.text)).toEqual(all);
    });

    test("survive an append that waited through two rotations", async () => {
      const log = await open({ limits: { segmentBytesMax: 1 } });
      await log.append(0, eventsRecord(["before"]));
      const waiting = await whileHolding("select from log_head for update", async (holder) => {
        const append = log.append(0, eventsRecord(["waited"]));
        await expect.poll(appendsAtLock).toBe(1);
        // What two rotations leave behind, by the session that holds the lock.
        await holder.query(`create table log_chunk_3 (like log_chunk including all);
          alter table log_chunk attach partition log_chunk_3 for values in (3);
          insert into log_segment values (3, now());
          update log_head set segment = 3;
          insert into log_segment_start values (3, 0, 1)`);
        return { append };
      });
      expect(await waiting.append).toMatchObject({ offset: 1 });
      expect(placed(await readAll(log, 0)).map((one) => one.text)).toEqual(["before", "waited"]);
    });

    test("are dropped as whole tables when old and passed by every reader, and not before", async () => {
      const log = await open();
      const [slow, fast] = [await claim("slow"), await claim("fast")];
      const rounds = 4;
      for (let i = 0; i < rounds; i++) {
        await log.append(0, eventsRecord([`${i}`]));
        clock.advanceMs(7 * HOUR_MS);
        await log.dropExpired(clock.nowMs());
      }
      const full = await segmentTables();
      await moveTo(fast, rounds);
      const half = await moveTo(slow, 2);
      expect(await log.dropExpired(clock.nowMs())).toEqual({ segmentsDropped: 0 });
      clock.advanceMs(80 * HOUR_MS);
      expect(await log.dropExpired(clock.nowMs())).toEqual({ segmentsDropped: 2 });
      expect(await segmentTables()).toEqual(full.slice(2));
      expect(await log.state()).toEqual([{ partition: 0, nextOffset: rounds, firstOffset: 2 }]);
      expect(placed(await readAll(log, 0, 2)).map((one) => one.text)).toEqual(["2", "3"]);
      await expect(log.read(0, 1, 1_000)).rejects.toMatchObject({ name: "MissingChunk", offset: 1 });

      await moveTo(half, rounds);
      expect(await log.dropExpired(clock.nowMs())).toEqual({ segmentsDropped: 2 });
      expect(await log.state()).toEqual([{ partition: 0, nextOffset: rounds, firstOffset: rounds }]);
      expect(await log.append(0, eventsRecord(["on"]))).toMatchObject({ offset: rounds });
    });

    test("are kept while nobody has ever read them", async () => {
      const log = await open();
      await log.append(0, eventsRecord(["unread"]));
      clock.advanceMs(1_000 * HOUR_MS);
      await log.dropExpired(clock.nowMs());
      clock.advanceMs(1_000 * HOUR_MS);
      expect(await log.dropExpired(clock.nowMs())).toEqual({ segmentsDropped: 0 });
    });

    test("are dropped before their time when all together are too large", async () => {
      const log = await open({ limits: { segmentBytesMax: 1, horizonBytesMax: 1 } });
      const reader = await claim("pipeline");
      for (let i = 0; i < 3; i++) {
        await log.append(0, eventsRecord([`${i}`]));
        await log.dropExpired(clock.nowMs());
      }
      await moveTo(reader, 3);
      expect(await log.dropExpired(clock.nowMs())).toEqual({ segmentsDropped: 3 });
    });

    test("are not dropped while something else holds the table; appends go on and it is tried again", async () => {
      const log = await open({ limits: { segmentBytesMax: 1, horizonMs: 0, dropLockTimeoutMs: 30 } });
      await log.append(0, eventsRecord(["old"]));
      await moveTo(await claim("pipeline"), 1);
      await whileHolding("select count(*) from log_chunk", async () => {
        expect(await log.dropExpired(clock.nowMs())).toEqual({ segmentsDropped: 0 });
        await log.append(0, eventsRecord(["new"]));
      });
      expect((await log.dropExpired(clock.nowMs())).segmentsDropped).toBeGreaterThan(0);
    });
  });

  describe("readers", () => {
    test("take over from each other: the older claim can no longer commit", async () => {
      await open();
      const first = await claim("pipeline");
      const second = await claim("pipeline");
      await expect(moveTo(first, 5)).rejects.toThrow(ReaderFenced);
      const moved = await moveTo(second, 5);
      await expect(moveTo(second, 6)).rejects.toThrow(ReaderFenced);
      expect(await moveTo(moved, 6)).toMatchObject({ nextOffset: 6 });
      expect(await claim("pipeline")).toMatchObject({ nextOffset: 6, epoch: 3 });
    });

    test("are told where a chunk is damaged, after getting all that stands before it", async () => {
      const log = await open();
      for (const text of ["a", "b", "c"]) await log.append(0, eventsRecord([text]));
      await pool.query("update log_chunk set body = set_byte(body, 20, get_byte(body, 20) # 1) where chunk_offset = 1");
      expect(placed(await log.read(0, 0, 100_000)).map((one) => one.text)).toEqual(["a"]);
      await expect(log.read(0, 1, 100_000)).rejects.toMatchObject({ name: "DamagedChunk", partition: 0, offset: 1 });
    });

    test("fail at a hole and never step over it", async () => {
      const log = await open();
      for (const text of ["a", "b", "c"]) await log.append(0, eventsRecord([text]));
      await pool.query("delete from log_chunk where chunk_offset = 1");
      await expect(log.read(0, 0, 100_000)).rejects.toMatchObject({ name: "MissingChunk", offset: 1 });
      await expect(log.read(0, 1, 100_000)).rejects.toMatchObject({ name: "MissingChunk", offset: 1 });
      await pool.query("delete from log_chunk where chunk_offset = 2");
      await expect(log.read(0, 1, 100_000)).rejects.toMatchObject({ name: "MissingChunk", offset: 1 });
    });
  });

  describe("back-pressure", () => {
    const overloaded = (seconds: number) => ({ code: "overloaded", status: 429, retryAfterSeconds: seconds });

    test("refuses when too much waits to be written, stores what it took, and takes more after that", async () => {
      const log = await open({ limits: { waitingRecordsMax: 3 } });
      const results = await Promise.allSettled(Array.from({ length: 5 }, (_, i) => log.append(0, eventsRecord([`${i}`]))));
      expect(results.map((one) => one.status)).toEqual(["fulfilled", "fulfilled", "fulfilled", "rejected", "rejected"]);
      for (const one of results) if (one.status === "rejected") expect(one.reason).toMatchObject(overloaded(1));
      await log.append(0, eventsRecord(["later"]));
      expect(placed(await readAll(log, 0)).map((one) => one.text)).toEqual(["0", "1", "2", "later"]);
      expect(log.pressure()).toMatchObject({ records: 0, bytes: 0 });
    });

    test("refuses by bytes too, but always takes one record", async () => {
      const log = await open({ limits: { waitingBytesMax: 10 } });
      const large = eventsRecord(["x".repeat(1_000)]);
      const [one, two] = await Promise.allSettled([log.append(0, large), log.append(0, large)]);
      expect([one.status, two.status]).toEqual(["fulfilled", "rejected"]);
    });

    const answer = (log: PostgresLog) => log.append(0, eventsRecord(["probe"])).then(() => "taken", (error: unknown) => error);

    test("refuses while the disk is nearly full and resumes by itself", async () => {
      let disk = { usedBytes: 94, freeBytes: 6 };
      const log = await open({ diskSpace: async () => disk, limits: { diskFreeBytesMin: 2, sampleMs: 20 } });
      expect(await answer(log)).toBe("taken");
      for (const full of [{ usedBytes: 95, freeBytes: 5 }, { usedBytes: 0, freeBytes: 1 }]) {
        disk = full;
        clock.advanceMs(20);
        await expect.poll(() => answer(log)).toMatchObject(overloaded(10));
        disk = { usedBytes: 94, freeBytes: 6 };
        await expect.poll(() => answer(log)).toBe("taken");
      }
    });

    test("measures the disk that the data directory is on", async () => {
      const log = await open({ dataDir: postgres.dataDir, limits: { diskFreeBytesMin: Number.MAX_SAFE_INTEGER } });
      expect(await answer(log)).toMatchObject(overloaded(10));
      expect(await answer(await open({ dataDir: postgres.dataDir, limits: { diskFreeBytesMin: 0, diskUsedMax: 1.01 } }))).toBe("taken");
    });

    test("refuses while readers are too far behind and resumes when they have caught up", async () => {
      const log = await open({ limits: { backlogBytesMax: 100_000, sampleMs: 20 } });
      const reader = await claim("pipeline");
      const noise = Array.from({ length: 20_000 }, () => Math.random().toString(36)).join("");
      await log.append(0, eventsRecord([noise]));
      clock.advanceMs(20);
      await expect.poll(() => answer(log)).toMatchObject(overloaded(10));
      await moveTo(reader, (await log.state())[0]!.nextOffset);
      await expect.poll(() => answer(log)).toBe("taken");
    });

    test("answers `unavailable` when Postgres breaks off, acknowledges nothing, and resumes by itself", async () => {
      const log = await open();
      await whileHolding("select from log_head for update", async () => {
        const appends = Promise.allSettled([log.append(0, eventsRecord(["cut off"])), log.append(0, eventsRecord(["with it"]))]);
        await expect.poll(appendsAtLock).toBe(1);
        await pool.query(`select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`);
        for (const one of await appends) {
          expect(one).toMatchObject({ status: "rejected", reason: { code: "unavailable", status: 503, retryAfterSeconds: 1 } });
        }
      });
      expect(await log.append(0, eventsRecord(["back"]))).toMatchObject({ offset: 0 });
      expect(placed(await readAll(log, 0)).map((one) => one.text)).toEqual(["back"]);
    });

    test("refuses while Postgres finds its disk full, and resumes by itself", async () => {
      const log = await open();
      await pool.query(`create function test_full() returns trigger language plpgsql as $$ begin raise exception sqlstate '53100'; end $$;
        create trigger full_disk before insert on log_chunk for each row execute function test_full()`);
      expect(await answer(log)).toMatchObject(overloaded(10));
      await pool.query("drop trigger full_disk on log_chunk; drop function test_full");
      expect(await answer(log)).toBe("taken");
      expect((await pool.query("select sum(count)::int as count from ledger")).rows).toEqual([{ count: 1 }]);
    });

    test("gives up a write that takes too long", async () => {
      const log = await open({ limits: { commitTimeoutMs: 100 } });
      await whileHolding("select from log_head for update", async () => {
        await expect(log.append(0, eventsRecord(["too slow"]))).rejects.toMatchObject({ code: "unavailable" });
      });
    });
  });

  test("counts in the ledger exactly the positions it stored, by workspace, source and minute", async () => {
    const [one, two] = [await open(), await open({ pool: postgres.pool("log 2", 3) })];
    const late = (events: readonly string[], source: number) => ({
      ...eventsRecord(events, source), header: { ...eventsRecord([], source).header, receivedAtMs: receivedAtMs + 60_000 },
    });
    await Promise.all(Array.from({ length: 30 }, async (_, i) => {
      const log = i % 2 ? one : two;
      await Promise.all([
        log.append(0, eventsRecord(["a", "b"], 1)), log.append(0, late(["c"], 2)), i % 10 ? undefined : log.append(0, controlRecord(i)),
      ]);
    }));
    const { rows } = await pool.query(
      `select workspace_id, source_id, extract(epoch from minute)::float8 * 1000 as minute, hop, outcome, reason, count::int
       from ledger order by source_id`);
    const minute = Math.floor(receivedAtMs / 60_000) * 60_000;
    const row = { workspace_id: 1, hop: "received", outcome: "", reason: "" };
    expect(rows).toEqual([
      { ...row, source_id: 0, minute, count: 3 },
      { ...row, source_id: 1, minute, count: 60 },
      { ...row, source_id: 2, minute: minute + 60_000, count: 30 },
    ]);
    const { rows: sums } = await pool.query("select sum(positions)::int as positions from log_chunk");
    expect(sums).toEqual([{ positions: 93 }]);
  });

  test("is on disk when acknowledged, also where the database is set to acknowledge earlier", async () => {
    const careless = postgres.pool("careless", 1);
    await careless.query("set synchronous_commit = off");
    const log = await open({ pool: careless });
    let flushed = 0;
    for (let i = 0; i < 20; i++) {
      await log.append(0, eventsRecord([`${i}`]));
      flushed += (await pool.query("select where pg_current_wal_flush_lsn() >= pg_current_wal_insert_lsn()")).rowCount ?? 0;
    }
    // Something else may be writing at one of these moments; without the flush it would be nearly none.
    expect(flushed).toBeGreaterThan(10);
  });

  test("keeps its number of partitions", async () => {
    await open({ partitions: 3 });
    await expect(open({ partitions: 4 })).rejects.toMatchObject({ code: "invalid_config" });
    expect((await (await open({ partitions: 3 })).state()).length).toBe(3);
  });

  test("tells other threads what it appended, and wakes those that are told", async () => {
    const told: number[] = [];
    const log = await open({ onAppend: (_, nextOffset) => told.push(nextOffset) });
    await log.append(0, eventsRecord(["a"]));
    expect(told).toEqual([1]);
    const reader = await open({ limits: { pollMsMin: 60_000, pollMsMax: 60_000 } });
    const waiting = reader.waitForAppend(0, 0, 20_000);
    reader.poke(0, 1);
    expect(await waiting).toBe(true);
  });
});

test("the Postgres log reads up to a page that was damaged on disk, and says where it is", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "trib-"));
  const options = { partitions: 1, clock: manualClock(receivedAtMs), logger: quietLogger };
  const first = await startPostgres({ dataDir, logger: quietLogger });
  const log = await createPostgresLog({ ...options, pool: first.pool("log", 2) });
  for (let i = 0; i < 20; i++) await log.append(0, eventsRecord([randomBytes(1_200).toString("latin1")]));
  const { rows } = await first.pool("test", 1).query<{ path: string; second: number }>(
    "select pg_relation_filepath('log_chunk_1') as path, min(chunk_offset) filter (where ctid >= '(1,0)')::int as second from log_chunk_1");
  await log.close();
  await first.stop();
  await flipByte(join(dataDir, "postgres", rows[0]!.path), 8192 + 4000);
  const second = await startPostgres({ dataDir, logger: quietLogger });
  const again = await createPostgresLog({ ...options, pool: second.pool("log", 2) });
  const damagedAt = rows[0]!.second;
  expect(damagedAt).toBeGreaterThan(2);
  const before: Chunk[] = [];
  while (before.length < damagedAt) before.push(...(await again.read(0, before.length, 1_000_000)));
  expect(before.map((chunk) => chunk.offset)).toEqual(Array.from({ length: damagedAt }, (_, i) => i));
  await expect(again.read(0, damagedAt, 1_000_000)).rejects.toMatchObject({ name: "DamagedChunk", partition: 0, offset: damagedAt });
  await second.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function flipByte(path: string, at: number): Promise<void> {
  const file = await openFile(path, "r+");
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, at);
  await file.write(Buffer.from([byte.readUInt8() ^ 0x10]), 0, 1, at);
  await file.close();
}

test("the Postgres log has everything that was acknowledged after Postgres was stopped and started", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "trib-"));
  const options = { partitions: 1, clock: manualClock(receivedAtMs), logger: quietLogger };
  const first = await startPostgres({ dataDir, logger: quietLogger });
  const log = await createPostgresLog({ ...options, pool: first.pool("log", 2) });
  for (let i = 0; i < 10; i++) await log.append(0, eventsRecord([`${i}`]));
  await log.close();
  await first.stop();
  const second = await startPostgres({ dataDir, logger: quietLogger });
  const again = await createPostgresLog({ ...options, pool: second.pool("log", 2) });
  expect(placed(await readAll(again, 0)).map((one) => one.text)).toEqual(Array.from({ length: 10 }, (_, i) => String(i)));
  await second.stop();
  await rm(dataDir, { recursive: true, force: true });
});
