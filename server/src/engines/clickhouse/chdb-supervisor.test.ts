// The child's life: killed, it comes back with its data; its server killed, it ends; a directory never has two.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { createLogger } from "../../core/logger.ts";
import { connectClickHouse, startClickHouse, type ClickHouse } from "./clickhouse.ts";
import { waitUntilIdle } from "./insert-block.ts";

const logger = createLogger("silent");
const running: ClickHouse[] = [];
const folders: string[] = [];

afterEach(async () => {
  for (const clickhouse of running.splice(0)) await clickhouse.stop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "trib-"));
  folders.push(folder);
  return folder;
}

async function start(dataDir: string): Promise<ClickHouse> {
  const clickhouse = await startClickHouse({ dataDir, logger });
  running.push(clickhouse);
  return clickhouse;
}

async function stop(clickhouse: ClickHouse): Promise<void> {
  running.splice(running.indexOf(clickhouse), 1);
  await clickhouse.stop();
}

async function count(clickhouse: ClickHouse): Promise<number | undefined> {
  const result = await clickhouse.client("api").query({ query: "select count() as n from kept", format: "JSONEachRow" });
  return (await result.json<{ n: number }>())[0]?.n;
}

async function makeTable(clickhouse: ClickHouse): Promise<void> {
  const query = "create table if not exists kept (a UInt32) engine = MergeTree order by a settings fsync_after_insert = 1";
  await clickhouse.client("write").command({ query });
}

async function addRow(clickhouse: ClickHouse): Promise<void> {
  await clickhouse.client("write").insert({ table: "kept", values: [{ a: 1 }], format: "JSONEachRow" });
}

async function eventually<T>(ask: () => Promise<T> | T, isRight: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await Promise.resolve().then(ask).catch((error: unknown) => error as T);
    if (isRight(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A process that nobody has waited for yet still has its number.
  return process.platform !== "linux" || !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
}

test("data stay over two restarts", async () => {
  const dataDir = newFolder();
  for (const expected of [1, 2, 3]) {
    const clickhouse = await start(dataDir);
    await makeTable(clickhouse);
    await addRow(clickhouse);
    expect(await count(clickhouse)).toBe(expected);
    await stop(clickhouse);
    expect(clickhouse.pid()).toBeUndefined();
  }
});

test("a killed child comes back on the same socket with its data, and the client works again", async () => {
  const clickhouse = await start(newFolder());
  await makeTable(clickhouse);
  await addRow(clickhouse);
  const first = clickhouse.pid();
  expect(first).toBeDefined();
  const inFlight = clickhouse.client("api").query({ query: "select sleep(3)", format: "JSONEachRow" }).then((result) => result.text());
  inFlight.catch(() => undefined);
  if (first !== undefined) process.kill(first, "SIGKILL");
  await expect(inFlight).rejects.toThrow();
  expect(await eventually(() => count(clickhouse), (n) => n === 1)).toBe(1);
  expect(clickhouse.pid()).not.toBe(first);
  await addRow(clickhouse);
  expect(await count(clickhouse)).toBe(2);
});

test.runIf(process.platform === "linux")("what merges goes after what answers and inserts, as does the engine after the server", async () => {
  const clickhouse = await start(newFolder());
  const threads = `/proc/${clickhouse.pid()}/task`;
  const nicenessOf = (name: string): number[] => readdirSync(threads).filter((one) => readFileSync(`${threads}/${one}/comm`, "latin1").trimEnd() === name)
    .map((one) => Number(readFileSync(`${threads}/${one}/stat`, "latin1").replace(/^.*\) /s, "").split(" ")[16]));
  const others = nicenessOf("BgSchPool");
  expect(Math.min(...others)).toBeGreaterThan(0);
  const lowest = (): number => Math.min(...nicenessOf("MergeMutate"), Number.MAX_VALUE);
  await expect.poll(lowest).toBeGreaterThan(Math.max(...others));
  expect(lowest()).toBeLessThan(20);
});

test("a second server on the directory is refused while the first runs", async () => {
  const dataDir = newFolder();
  await start(dataDir);
  await expect(startClickHouse({ dataDir, logger })).rejects.toMatchObject({ code: "data_directory_busy" });
});

test("a pid file that names a stranger harms nobody", async () => {
  const dataDir = newFolder();
  const stranger = spawn("sleep", ["30"]);
  writeFileSync(join(dataDir, "clickhouse.pid"), JSON.stringify({ pid: stranger.pid, serverPid: 1 }));
  await start(dataDir);
  expect(stranger.exitCode).toBeNull();
  stranger.kill();
  await once(stranger, "exit");
});

test("the child of a killed server ends by itself, and the next server finds every row", async () => {
  const dataDir = newFolder();
  const server = await startServerProcess(dataDir);
  expect(isAlive(server.childPid)).toBe(true);
  server.process.kill("SIGKILL");
  await once(server.process, "exit");
  const clickhouse = await start(dataDir);
  expect(isAlive(server.childPid)).toBe(false);
  expect(await count(clickhouse)).toBe(1);
});

test("a child that a killed server left behind and that does not end is ended by the next", async () => {
  const dataDir = newFolder();
  const server = await startServerProcess(dataDir);
  process.kill(server.childPid, "SIGSTOP");
  server.process.kill("SIGKILL");
  await once(server.process, "exit");
  const clickhouse = await start(dataDir);
  expect(isAlive(server.childPid)).toBe(false);
  expect(await count(clickhouse)).toBe(1);
});

test("signals to the whole process group don't end the child before its server", async () => {
  const clickhouse = await start(newFolder());
  const pid = clickhouse.pid();
  expect(pid).toBeDefined();
  if (pid !== undefined) for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.kill(pid, signal);
  const result = await clickhouse.client("api").query({ query: "select sleep(0.3) as slept", format: "JSONEachRow" });
  expect(await result.json()).toEqual([{ slept: 0 }]);
  expect(clickhouse.pid()).toBe(pid);
});

test("a stop waits for the write that is running", async () => {
  const dataDir = newFolder();
  const clickhouse = await start(dataDir);
  await makeTable(clickhouse);
  const { endpoint } = clickhouse;
  const client = connectClickHouse(endpoint, "write");
  const query = "insert into kept select sleepEachRow(0.2) from numbers(4) settings max_block_size = 1";
  const slow = client.command({ query, query_id: "slow-write" });
  await eventually(() => waitUntilIdle(clickhouse.client("api"), "slow-write", 0), (isIdle) => isIdle === false);
  await stop(clickhouse);
  await slow;
  await client.close();
  expect(await count(await start(dataDir))).toBe(4);
});

test("a folder that can't be written is named", async () => {
  const file = join(newFolder(), "file");
  writeFileSync(file, "");
  await expect(startClickHouse({ dataDir: file, logger })).rejects.toMatchObject({ code: "data_directory_closed" });
  expect(existsSync(file)).toBe(true);
});

describe("with a URL", () => {
  test("the same client, migrations and settings work over TCP", async () => {
    const engine = await start(newFolder());
    const { endpoint } = engine;
    if (!("socketPath" in endpoint)) throw new Error("the embedded engine has a socket");
    const pass = (socket: Socket) => pipeline(socket, connect(endpoint.socketPath), socket).catch(() => undefined);
    const door = createServer((socket) => void pass(socket)).listen(0, "127.0.0.1");
    await once(door, "listening");
    const remote = await startClickHouse({ dataDir: newFolder(), clickhouseUrl: `http://user:secret@127.0.0.1:${portOf(door)}`, logger });
    expect(remote).toMatchObject({ mode: "url" });
    expect(remote.pid()).toBeUndefined();
    await makeTable(remote);
    await addRow(remote);
    expect(await count(engine)).toBe(1);
    await remote.stop();
    door.close();
  });

  test("an address where no server is gives an error that says what to check", async () => {
    const failed = await failureOf("http://127.0.0.1:9");
    expect(failed).toMatchObject({ code: "engine_failed" });
    expect(String(failed)).toMatch(/CLICKHOUSE_URL/);
  });

  test("what is no address is refused without repeating its password", async () => {
    const failed = await failureOf("http://user:secret@:x");
    expect(failed).toMatchObject({ code: "invalid_config" });
    expect(String(failed)).not.toMatch(/secret/);
  });

  test("a server that is too old is refused by its version", async () => {
    const old = createHttpServer((_, response) => void response.end('{"version":"24.3.1.1"}\n')).listen(0, "127.0.0.1");
    await once(old, "listening");
    const failed = await failureOf(`http://127.0.0.1:${portOf(old)}`);
    expect(failed).toMatchObject({ code: "engine_failed" });
    expect(String(failed)).toMatch(/24\.3\.1\.1/);
    old.close();
  });
});

function failureOf(clickhouseUrl: string): Promise<unknown> {
  return startClickHouse({ dataDir: newFolder(), clickhouseUrl, logger }).catch((error: unknown) => error);
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server listens on no port");
  return address.port;
}

/** A server of its own in another process, with a table and one row. */
async function startServerProcess(dataDir: string) {
  const clickhouseFile = fileURLToPath(new URL("./clickhouse.ts", import.meta.url));
  const loggerFile = fileURLToPath(new URL("../../core/logger.ts", import.meta.url));
  const program = `
    const { startClickHouse } = await import(${JSON.stringify(clickhouseFile)});
    const { createLogger } = await import(${JSON.stringify(loggerFile)});
    const clickhouse = await startClickHouse({ dataDir: ${JSON.stringify(dataDir)}, logger: createLogger("silent") });
    const client = clickhouse.client("write");
    await client.command({ query: "create table kept (a UInt32) engine = MergeTree order by a settings fsync_after_insert = 1" });
    await client.insert({ table: "kept", values: [{ a: 1 }], format: "JSONEachRow" });
    console.log(clickhouse.pid());
    setInterval(() => {}, 1000);`;
  const server = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(createInterface({ input: server.stdout }), "line");
  return { process: server, childPid: Number(line) };
}
