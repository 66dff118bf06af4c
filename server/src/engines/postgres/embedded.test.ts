import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, cp, lstat, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { createLogger } from "../../core/logger.ts";
import { findBinaries, packageFolder, usableFolder } from "./binaries.ts";
import { isAlive } from "./orphan.ts";
import { startPostgres, type Postgres } from "./postgres.ts";
import { closedFolderOnTheWay, isOpenTo } from "./run-as.ts";

const logger = createLogger("silent");
const isRoot = process.getuid?.() === 0;
const NOBODY = { uid: 65_534, gid: 65_534 };
const started = z.object({ pid: z.number(), connection: z.object({
  host: z.string(), port: z.number(), user: z.string(), password: z.string(), database: z.string() }) });

let folder: string;
let dataDir: string;
/** A data directory whose cluster is made and stopped, to be copied: copying is faster than initdb. */
let template: string;
const running: Postgres[] = [];
const children: ChildProcess[] = [];

beforeAll(async () => {
  template = await mkdtemp(join(tmpdir(), "trib-pg-template-"));
  await (await startPostgres({ dataDir: template, logger })).stop();
});
afterAll(() => rm(template, { recursive: true, force: true }));
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "trib-pg-"));
  await chmod(folder, 0o755);
  dataDir = join(folder, "data");
});
afterEach(async () => {
  for (const postgres of running.splice(0)) await postgres.stop();
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGTERM");
    await once(child, "exit");
  }
  await rm(folder, { recursive: true, force: true });
});

async function start(): Promise<Postgres> {
  await prepareDataDir();
  return startAsItIs();
}

async function prepareDataDir(): Promise<void> {
  if (await stat(dataDir).catch(() => undefined)) return;
  await cp(template, dataDir, { recursive: true });
}

async function startAsItIs(): Promise<Postgres> {
  const postgres = await startPostgres({ dataDir, logger });
  running.push(postgres);
  return postgres;
}

async function stop(postgres: Postgres): Promise<void> {
  running.splice(running.indexOf(postgres), 1);
  await postgres.stop();
}

/** Starts it in a process of its own; resolves with the line of JSON that this prints. */
async function startInChild(identity: { uid?: number; gid?: number } = {}): Promise<{ child: ChildProcess; said: unknown }> {
  await prepareDataDir();
  const child = spawn(process.execPath, [join(import.meta.dirname, "testing-child.ts"), "start", dataDir],
    { stdio: ["ignore", "pipe", "inherit"], cwd: "/", ...identity });
  children.push(child);
  const [line] = await once(child.stdout, "data");
  return { child, said: JSON.parse(String(line)) };
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "exit");
}

async function untilOk<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch {
      await sleep(20);
    }
  }
}

/** A session of the orphan that is in the middle of a transaction; its end is awaited so that nothing is left behind. */
async function sessionInMidTransaction(connection: pg.ClientConfig): Promise<{ ended: Promise<unknown> }> {
  const client = new pg.Client(connection);
  const ended = new Promise((resolve) => client.once("error", resolve));
  await client.connect();
  await client.query("create table kept (n integer)");
  await client.query("begin; insert into kept values (1)");
  client.query("select pg_sleep(30); commit").catch(() => {});
  return { ended };
}

describe("the embedded Postgres", () => {
  test("keeps its data over a stop and a start, and leaves no process and no socket behind", async () => {
    const first = await start();
    await first.pool("test", 1).query("create table kept as select 7 as n");
    const pid = first.pid();
    await stop(first);
    expect(pid !== undefined && isAlive(pid)).toBe(false);
    await expect(stat(String(first.connection.host))).rejects.toMatchObject({ code: "ENOENT" });
    const second = await start();
    expect((await second.pool("test", 1).query("select n from kept")).rows).toEqual([{ n: 7 }]);
  });

  test("is durable, checksummed, in UTC and UTF8, and listens on no network", async () => {
    const { rows } = await (await start()).pool("test", 1).query(`select current_setting('fsync') as fsync,
      current_setting('synchronous_commit') as commit, current_setting('data_checksums') as checksums,
      current_setting('timezone') as timezone, current_setting('server_encoding') as encoding,
      current_setting('listen_addresses') as network, 'z' < 'ä' as by_code_point`);
    expect(rows).toEqual([
      { fsync: "on", commit: "on", checksums: "on", timezone: "UTC", encoding: "UTF8", network: "", by_code_point: true },
    ]);
  });

  test("asks for its password, lies in a private folder and keeps values out of its log", async () => {
    const postgres = await start();
    await expect(new pg.Client({ ...postgres.connection, password: "guess" }).connect()).rejects.toMatchObject({ code: "28P01" });
    expect((await stat(String(postgres.connection.host))).mode & 0o777).toBe(0o700);
    expect((await stat(join(dataDir, "postgres.password"))).mode & 0o777).toBe(0o600);
    await expect(postgres.pool("test", 1).query("select 'ada@example.com'::integer")).rejects.toThrow();
    expect(await readFile(join(dataDir, "postgres.log"), "utf8")).not.toContain("ada@example.com");
  });

  test("refuses a second start on the same data directory", async () => {
    await start();
    await expect(startPostgres({ dataDir, logger })).rejects.toMatchObject({ code: "data_directory_busy" });
  });

  test("is started again when it is killed, and pools reach it again with what was committed", async () => {
    const postgres = await start();
    const pool = postgres.pool("test", 3);
    await pool.query("create table kept as select 7 as n");
    const checkedOut = await pool.connect();
    const restarts = new Promise<void>((resolve) => postgres.onRestart(resolve));
    const before = postgres.pid();
    process.kill(Number(before), "SIGKILL");
    await restarts;
    expect(postgres.pid()).not.toBe(before);
    checkedOut.release(true);
    expect((await untilOk(() => pool.query("select n from kept"))).rows).toEqual([{ n: 7 }]);
  });

  test("ends an orphan and its sessions instead of adopting it", async () => {
    const { child, said } = await startInChild();
    const orphan = started.parse(said);
    const session = await sessionInMidTransaction(orphan.connection);
    await kill(child);
    expect(isAlive(orphan.pid)).toBe(true);
    const postgres = await start();
    await session.ended;
    expect(postgres.pid()).not.toBe(orphan.pid);
    expect((await postgres.pool("test", 1).query("select count(*)::integer as n from kept")).rows).toEqual([{ n: 0 }]);
  });

  test("starts after its parent and its main process were killed while a session was at work", async () => {
    const { child, said } = await startInChild();
    const orphan = started.parse(said);
    const session = await sessionInMidTransaction(orphan.connection);
    await kill(child);
    process.kill(orphan.pid, "SIGKILL");
    const postgres = await start();
    await session.ended;
    expect((await postgres.pool("test", 1).query("select count(*)::integer as n from kept")).rows).toEqual([{ n: 0 }]);
  });

  test.each([
    { name: "names a living process that is no Postgres", text: () => `${process.ppid}\n${join(dataDir, "postgres")}\n1700000000\n5432\n` },
    { name: "names no process", text: () => "4194000\n" },
    { name: "is empty", text: () => "" },
  ])("starts when the postmaster.pid that it finds $name", async ({ text }) => {
    await stop(await start());
    await writeFile(join(dataDir, "postgres", "postmaster.pid"), text());
    await start();
    expect(isAlive(process.ppid)).toBe(true);
  });

  test("begins anew where an earlier initdb was cut off", async () => {
    await mkdir(join(dataDir, "postgres.new", "base"), { recursive: true });
    await start();
  });

  test("sets a new password when the file with the old one is lost", async () => {
    await stop(await start());
    await rm(join(dataDir, "postgres.password"));
    await start();
  });

  test("starts in a data directory whose path is long and has spaces, commas and umlauts", async () => {
    dataDir = join(folder, "Ein Ordner, der viel zu lang für einen Socket ist; ".repeat(3), "data");
    await mkdir(dataDir, { recursive: true });
    await start();
  });

  test("refuses a cluster of another major version and says what to do", async () => {
    await prepareDataDir();
    await writeFile(join(dataDir, "postgres/PG_VERSION"), "17\n");
    await expect(startPostgres({ dataDir, logger })).rejects.toMatchObject({
      code: "engine_failed",
      message: expect.stringContaining("another major version"),
    });
  });

  test("says what is in its log when it can't start", async () => {
    await stop(await start());
    await rename(join(dataDir, "postgres/global/pg_control"), join(dataDir, "postgres/global/pg_control.away"));
    await expect(startPostgres({ dataDir, logger })).rejects.toMatchObject({
      code: "engine_failed",
      message: expect.stringContaining("pg_control"),
    });
  });
});

describe("the user that Postgres runs as", () => {
  test.runIf(isRoot)("is nobody when root starts it on root's directory, even one that is closed to others", async () => {
    await mkdir(dataDir, { mode: 0o700 });
    const postgres = await start();
    expect((await stat(`/proc/${postgres.pid()}`)).uid).toBe(NOBODY.uid);
    expect((await stat(dataDir)).mode & 0o007).toBe(0);
  });

  test.runIf(isRoot)("is the owner of the data directory when that is not root", async () => {
    await mkdir(dataDir);
    await chown(dataDir, 1, 1);
    const postgres = await start();
    expect((await stat(`/proc/${postgres.pid()}`)).uid).toBe(1);
  });

  test.runIf(isRoot)("is the user who starts it when that is not root", async ({ skip }) => {
    const closed = await closedFolderOnTheWay(import.meta.dirname, { ...NOBODY, isOther: true });
    if (closed !== undefined) skip(`this clone lies in ${closed}, which other users may not enter`);
    await mkdir(dataDir);
    await chown(dataDir, NOBODY.uid, NOBODY.gid);
    const { said } = await startInChild(NOBODY);
    const { pid } = started.parse(said);
    expect((await stat(`/proc/${pid}`)).uid).toBe(NOBODY.uid);
  });

  test.runIf(isRoot)("must be known to the system, or the refusal names the fix", async ({ skip }) => {
    const closed = await closedFolderOnTheWay(import.meta.dirname, { ...NOBODY, isOther: true });
    if (closed !== undefined) skip(`this clone lies in ${closed}, which other users may not enter`);
    await mkdir(dataDir);
    await chown(dataDir, 12_345, 12_345);
    const { said } = await startInChild({ uid: 12_345, gid: 12_345 });
    expect(said).toMatchObject({ code: "engine_failed", hint: expect.stringContaining("/etc/passwd") });
  });

  test.runIf(isRoot)("must be able to enter the folders above the data directory, or the refusal names the fix", async () => {
    await chmod(folder, 0o700);
    await expect(startPostgres({ dataDir, logger })).rejects.toMatchObject({
      code: "data_directory_closed", message: expect.stringContaining(folder), hint: expect.stringContaining(`chmod a+x ${folder}`),
    });
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  test.runIf(!isRoot)("must own the data directory", async () => {
    await expect(startPostgres({ dataDir: "/root/tributary-test", logger })).rejects.toMatchObject({ code: "data_directory_closed" });
  });
});

describe("the programs", () => {
  test.runIf(isRoot)("are copied, with their library links, when their folder is closed to the user that Postgres runs as", async () => {
    const closed = join(folder, "closed/linux");
    const isNoLink = async (path: string): Promise<boolean> => !(await lstat(path)).isSymbolicLink();
    await cp(await packageFolder(), closed, { recursive: true, filter: isNoLink });
    await chmod(join(folder, "closed"), 0o700);
    const as = { ...NOBODY, isOther: true };
    const umask = process.umask(0o077);
    const usable = await usableFolder(closed, join(folder, "cache"), as).finally(() => process.umask(umask));
    expect(await isOpenTo(join(usable, "native/bin/postgres"), as, 5)).toBe(true);
    expect(await isOpenTo(join(usable, "native/lib/libpq.so.5"), as, 4)).toBe(true);
    expect(usable.startsWith(join(folder, "cache"))).toBe(true);
    expect(await closedFolderOnTheWay(join(usable, "native/bin"), as)).toBeUndefined();
    expect((await lstat(join(usable, "native/lib/libpq.so.5"))).isSymbolicLink()).toBe(true);
    expect(await usableFolder(closed, join(folder, "cache"), as)).toBe(usable);
  });

  test("are used where npm put them when nothing is in the way", async () => {
    const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, isOther: false };
    const { postgres } = await findBinaries(join(folder, "data"), own);
    expect(postgres).toBe(join(await packageFolder(), "native/bin/postgres"));
  });
});
