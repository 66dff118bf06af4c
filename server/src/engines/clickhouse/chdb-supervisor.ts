// Keeps one chDB child alive on a data directory: starts it, waits until it answers, starts it again on the same socket
// when it dies, ends it on stop. At most one child holds the directory: one that a killed server left behind is waited
// for, then ended, after checking that it is ours.
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, copyFileSync, mkdirSync, openSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { chmod, lstat, mkdir, readFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { AppError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import type { Reload } from "./part-care.ts";
import { keptFreeBytes, markCacheBytes, serverMemoryBytesMax } from "./clickhouse-use.ts";

const childFile = fileURLToPath(new URL("./chdb-child.ts", import.meta.url));
/** Longer paths cannot be bound as unix sockets. */
const socketPathBytesMax = 107;
const startMsMax = 60_000;
const stopMsMax = 15_000;
/** A child whose server is gone ends itself within two seconds; then it is ended. */
const leftoverMsMax = 4_000;
const restartDelayMsMin = 100;
const restartDelayMsMax = 2_000;
/** A child that lived so long did not die of its start. */
const healthyMs = 5_000;
const openFilesMin = 65_536;
const logBytesMax = 8 * 1024 * 1024;
const logCheckMs = 60_000;
/** What a part was merged from stays for so long, in case the merged one can't be read. The embedded engine alone would remove it at once. */
const mergedPartsKeptSeconds = 480;
/** How often the engine compares what it thinks that it holds with what it does; its own twenty times a second is felt when idle. */
const memoryLookMs = 500;
/** A table whose unreadable parts are larger in all does not open: then somebody is to look. One merged part may well be a gigabyte. */
const putAsideBytesMax = 1024 ** 4;

export interface ChdbSupervisor {
  readonly socketPath: string;
  /** Where whoever sends rows may put them for the child, instead of sending them through the socket. */
  readonly insertsFolder: string;
  readonly pid: () => number | undefined;
  stop(): Promise<void>;
}

interface Places {
  readonly data: string;
  /** Where the data of a running INSERT are; emptied whenever a child starts. */
  readonly inserts: string;
  readonly config: string;
  readonly log: string;
  readonly pidFile: string;
  readonly socketPath: string;
}

/** Throws AppError `engine_failed`, `data_directory_busy` or `data_directory_closed`. */
export async function superviseChdb(options: { dataDir: string; logger: Logger }): Promise<ChdbSupervisor> {
  const places = await prepare(resolve(options.dataDir));
  await endLeftover(places, options.logger);
  let child = launch(places);
  let isStopping = false;
  let startedAtMs = performance.now();
  let delayMs = restartDelayMsMin;
  let restartTimer: NodeJS.Timeout | undefined;

  const restartLater = (reason: object) => {
    if (isStopping) return;
    if (performance.now() - startedAtMs > healthyMs) delayMs = restartDelayMsMin;
    options.logger.error({ ...reason, delayMs, log: places.log }, "the ClickHouse child ended; starting it again");
    restartTimer = setTimeout(restart, delayMs);
    delayMs = Math.min(delayMs * 2, restartDelayMsMax);
  };
  const restart = () => {
    startedAtMs = performance.now();
    try {
      child = launch(places);
      watch(child);
    } catch (error) {
      // A full disk, for one; it may have room by the next time.
      restartLater({ err: error });
    }
  };
  const watch = (watched: ChildProcess) => {
    watched.on("message", (message) => logReload(message as Reload, places.log, options.logger)); // It sends nothing else.
    watched.once("exit", (code, signal) => restartLater({ code, signal }));
    // Not started at all: then there is no exit.
    watched.once("error", (err) => watched.pid === undefined && restartLater({ err }));
  };

  try {
    await answering(child, places);
  } catch (error) {
    isStopping = true;
    await endChild(child);
    throw error;
  }
  watch(child);
  warnOfFewFiles(child.pid, options.logger);
  const logTimer = setInterval(() => boundLog(places.log), logCheckMs);
  logTimer.unref();
  return {
    socketPath: places.socketPath,
    insertsFolder: places.inserts,
    pid: () => (child.exitCode === null && child.signalCode === null ? child.pid : undefined),
    async stop() {
      isStopping = true;
      clearTimeout(restartTimer);
      clearInterval(logTimer);
      await endChild(child);
      rmSync(places.pidFile, { force: true });
      rmSync(dirname(places.socketPath), { recursive: true, force: true });
    },
  };
}

function logReload({ cause, tables, putAside, failure }: Reload, log: string, logger: Logger): void {
  const what = cause === "failed_writes" ? "ClickHouse could not write to its disk" : "ClickHouse could not read a part of a table";
  if (failure !== undefined) {
    logger.error({ tables, putAside, log }, `${what}, and its tables could not be read again; this is tried again. The log of ClickHouse tells why`);
    return;
  }
  if (cause === "unreadable_part" && putAside.length === 0) {
    const advice = "The log of ClickHouse tells which it is; take the table's data from a backup, or give the part up with ALTER TABLE … DETACH PART";
    logger.error({ tables, putAside, log }, `${what}, found none to put aside when it read the table again, and so the part stays unreadable. ${advice}`);
    return;
  }
  const done = "its tables were read again, what can't be read is put aside, and what was sent lately is looked for and sent again where it is missing";
  logger.error({ tables, putAside, log }, `${what}; ${done}. See whether the disk is full, or fails`);
}

async function prepare(dataDir: string): Promise<Places> {
  const data = join(dataDir, "clickhouse");
  const backups = join(dataDir, "clickhouse-backups");
  try {
    await mkdir(data, { recursive: true, mode: 0o700 });
    await mkdir(backups, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new AppError("data_directory_closed", { detail: `${data} could not be made: ${String(cause)}`, cause });
  }
  const config = join(dataDir, "clickhouse-config.xml");
  writeFileSync(config, configText(backups), { mode: 0o600 });
  return {
    data,
    inserts: join(dataDir, "clickhouse-inserts"),
    config,
    log: join(dataDir, "clickhouse.log"),
    pidFile: join(dataDir, "clickhouse.pid"),
    socketPath: await privateSocketPath(dataDir),
  };
}

function configText(backups: string): string {
  const escaped = backups.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<clickhouse>
  <timezone>UTC</timezone>
  <max_server_memory_usage>${serverMemoryBytesMax}</max_server_memory_usage>
  <mark_cache_size>${markCacheBytes}</mark_cache_size>
  <memory_worker_period_ms>${memoryLookMs}</memory_worker_period_ms>
  <backups><allowed_path>${escaped}/</allowed_path></backups>
  <storage_configuration><disks><default><keep_free_space_bytes>${keptFreeBytes}</keep_free_space_bytes></default></disks></storage_configuration>
  <merge_tree>
    <old_parts_lifetime>${mergedPartsKeptSeconds}</old_parts_lifetime>
    <max_suspicious_broken_parts_bytes>${putAsideBytesMax}</max_suspicious_broken_parts_bytes>
  </merge_tree>
</clickhouse>
`;
}

/** A socket in a short folder that only we can enter; a long data directory would not fit a socket's path. */
async function privateSocketPath(dataDir: string): Promise<string> {
  const name = `tributary-${createHash("sha256").update(dataDir).digest("hex").slice(0, 16)}-clickhouse`;
  const folder = join(process.env["XDG_RUNTIME_DIR"] || tmpdir(), name);
  const path = join(folder, "clickhouse.sock");
  if (Buffer.byteLength(path) >= socketPathBytesMax) {
    const hint = "Set XDG_RUNTIME_DIR or TMPDIR to a shorter folder.";
    throw new AppError("invalid_config", { detail: `The socket path ${path} is too long.`, hint });
  }
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await lstat(folder);
  if (!found.isDirectory() || (process.getuid && found.uid !== process.getuid())) {
    const hint = "Remove that folder, or set XDG_RUNTIME_DIR to a folder of your own.";
    throw new AppError("engine_failed", { detail: `${folder} belongs to someone else.`, hint });
  }
  await chmod(folder, 0o700);
  return path;
}

function launch(places: Places): ChildProcess {
  boundLog(places.log);
  rmSync(places.inserts, { recursive: true, force: true });
  mkdirSync(places.inserts, { mode: 0o700 });
  const log = openSync(places.log, "a", 0o600);
  try {
    const args = ["--disable-warning=ExperimentalWarning", childFile, "--data", places.data, "--config", places.config];
    args.push("--socket", places.socketPath, "--inserts", places.inserts);
    const child = spawn(process.execPath, args, {
      stdio: ["pipe", log, log, "ipc"],
      env: { ...childEnvironment(), TZ: "UTC", UV_THREADPOOL_SIZE: "16" },
    });
    // A child that dies at once breaks the pipe; its exit says so already.
    child.stdin?.on("error", () => undefined);
    child.on("error", () => undefined);
    try {
      if (child.pid !== undefined) writeFileSync(places.pidFile, JSON.stringify({ pid: child.pid, serverPid: process.pid }), { mode: 0o600 });
    } catch (error) {
      // Unknown to later lives (a full disk), and soon to us: it would hold the directory against the next one.
      child.kill("SIGKILL");
      throw error;
    }
    return child;
  } finally {
    closeSync(log);
  }
}

/** Only what a process needs to run: no secrets of the server, no options meant for the server's own Node. */
function childEnvironment(): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of ["PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SSL_CERT_FILE"]) {
    const value = process.env[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

async function answering(child: ChildProcess, places: Places): Promise<void> {
  const deadlineMs = performance.now() + startMsMax;
  let failed: Error | undefined;
  child.once("error", (error) => (failed = error));
  while (performance.now() < deadlineMs) {
    if (failed || child.exitCode !== null || child.signalCode !== null) {
      const end = failed?.message ?? `it ended with ${child.exitCode ?? child.signalCode}`;
      throw new AppError("engine_failed", { detail: `ClickHouse did not start: ${end}. ${lastLines(places.log)}` });
    }
    if (await pings(places.socketPath)) return;
    await sleep(10);
  }
  throw new AppError("engine_failed", { detail: `ClickHouse did not answer within ${startMsMax / 1000} s. ${lastLines(places.log)}` });
}

function pings(socketPath: string): Promise<boolean> {
  return new Promise((answered) => {
    const ping = request({ socketPath, path: "/ping", timeout: 2_000 }, (response) => {
      response.resume();
      answered(response.statusCode === 200);
    });
    ping.on("timeout", () => ping.destroy());
    ping.on("error", () => answered(false));
    ping.end();
  });
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise<void>((resolveEnded) => child.once("exit", () => resolveEnded()));
  child.stdin?.end("end\n");
  const hardEnd = setTimeout(() => child.kill("SIGKILL"), stopMsMax);
  await ended;
  clearTimeout(hardEnd);
}

/** Waits for, and then ends, a child that a killed server left behind on this directory. */
async function endLeftover(places: Places, logger: Logger): Promise<void> {
  const recorded = await recordedPids(places.pidFile);
  if (!recorded) return;
  const deadlineMs = performance.now() + leftoverMsMax;
  for (;;) {
    const found = await processInfo(recorded.pid);
    if (!found || !found.command.includes(childFile) || !found.command.includes(places.data)) return;
    if (found.parentPid === recorded.serverPid) {
      throw new AppError("data_directory_busy", { detail: `Process ${recorded.serverPid} runs ClickHouse on ${places.data}.` });
    }
    if (performance.now() > deadlineMs) {
      logger.warn({ pid: recorded.pid }, "ending a ClickHouse child that a killed server left behind");
      process.kill(recorded.pid, "SIGKILL");
    }
    await sleep(20);
  }
}

async function recordedPids(file: string): Promise<{ pid: number; serverPid: number } | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(file, "utf8"));
    if (typeof value !== "object" || value === null || !("pid" in value) || !("serverPid" in value)) return undefined;
    const { pid, serverPid } = value;
    return typeof pid === "number" && typeof serverPid === "number" ? { pid, serverPid } : undefined;
  } catch {
    // No file, or one cut short by a power cut: after either no child of ours is running that we could name.
    return undefined;
  }
}

const run = promisify(execFile);

/** Undefined when there is no such process. */
async function processInfo(pid: number): Promise<{ command: string; parentPid: number } | undefined> {
  try {
    if (process.platform === "linux") {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
      const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return state === "Z" ? undefined : { command, parentPid: Number(parent) };
    }
    const { stdout } = await run("ps", ["-o", "ppid=,command=", "-p", String(pid)]);
    const found = /^\s*(\d+)\s+(.*)$/s.exec(stdout);
    return found ? { command: found[2] ?? "", parentPid: Number(found[1]) } : undefined;
  } catch {
    return undefined;
  }
}

/** JSON columns open many files at once; Node has raised the soft limit to the hard one already. */
function warnOfFewFiles(pid: number | undefined, logger: Logger): void {
  if (process.platform !== "linux" || pid === undefined) return;
  const limit = /^Max open files\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, "latin1"))?.[1];
  if (limit !== undefined && Number(limit) < openFilesMin) {
    logger.warn({ limit: Number(limit), wanted: openFilesMin }, "few files may be open at once; raise the limit with `ulimit -n`");
  }
}

/** Keeps the log and one older copy, each within the limit. The child appends, so cutting it is safe. */
function boundLog(path: string): void {
  try {
    if (statSync(path).size <= logBytesMax) return;
    copyFileSync(path, `${path}.1`);
    truncateSync(path, 0);
  } catch {
    // There is no log yet, or the disk is full: neither must stop the engine.
  }
}

function lastLines(path: string): string {
  try {
    return readFileSync(path, "utf8").slice(-2_000).split("\n").slice(-8).join(" ").trim();
  } catch {
    return "";
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolveSleep) => setTimeout(resolveSleep, ms));
}
