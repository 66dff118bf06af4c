// The Postgres process: started detached on a unix socket, watched, started again when it dies, stopped fast at the end.
// Its stderr goes to a file, for an orphan outlives a pipe. Errors of statements are not written there: they quote values.
import { spawn, type ChildProcess } from "node:child_process";
import { open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import type { Binaries } from "./binaries.ts";
import { childEnvironment, type Cluster } from "./cluster.ts";
import { clearTheWay } from "./orphan.ts";
import type { RunAs } from "./run-as.ts";

export interface PostmasterOptions {
  readonly dataDir: string;
  readonly binaries: Binaries;
  readonly cluster: Cluster;
  readonly socketFolder: string;
  readonly as: RunAs;
  readonly logger: Logger;
  /** For tests: of a server that is to be reached as those of others are. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Called each time it serves again after it had died. */
  readonly onRestart: () => void;
}

export interface Postmaster {
  pid(): number | undefined;
  /** Fast shutdown: sessions are ended, the data is checkpointed. Resolves when the process is gone. */
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 10 * 60_000; // recovery after a crash may replay gigabytes
const READY_POLL_MS = 5;
const FAST_STOP_MS = 15_000;
const RESTART_DELAY_MIN_MS = 50;
const RESTART_DELAY_MAX_MS = 5_000;
const LOG_BYTES_MAX = 10_000_000;
/** How long it must have served for the next death to count as a first one. */
const STEADY_MS = 30_000;

/** More than all that a server opens (postgres-connections.ts); those that are not open cost next to nothing. */
export const EMBEDDED_CONNECTIONS_MAX = 200;

/** For a laptop or a small server; the rest of the memory belongs to ClickHouse and the page cache. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: "",
  max_connections: String(EMBEDDED_CONNECTIONS_MAX),
  shared_buffers: "256MB",
  work_mem: "16MB",
  maintenance_work_mem: "128MB",
  effective_cache_size: "4GB",
  // Durable: an acknowledgement rests on these.
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
  // Nobody replicates from it. A copy of the running cluster needs this level, and a slot for the WAL that it is made whole
  // with; one that takes so long that its WAL would fill the disk is given up.
  wal_level: "replica",
  max_wal_senders: "0",
  max_replication_slots: "2",
  max_slot_wal_keep_size: "32GB",
  max_logical_replication_workers: "0",
  max_wal_size: "4GB",
  min_wal_size: "256MB",
  checkpoint_timeout: "15min",
  // The package's build knows neither lz4 nor zstd, and pglz costs more processor than the bytes are worth here.
  wal_compression: "off",
  // Queries are short: compiling or parallelising them costs more than it gives on few cores.
  jit: "off",
  max_parallel_workers_per_gather: "0",
  random_page_cost: "1.1",
  // Most rows are updated again and again: vacuum early and in small bites. What the planner is told of a table hardly changes with
  // its size, and telling it reads 30,000 rows of it each time.
  autovacuum_naptime: "15s",
  autovacuum_vacuum_scale_factor: "0.05",
  autovacuum_analyze_scale_factor: "0.25",
  autovacuum_vacuum_insert_scale_factor: "0.2",
  autovacuum_vacuum_cost_limit: "1000",
  timezone: "UTC",
  log_timezone: "UTC",
  // ERROR and DETAIL lines quote values of rows, which are personal data.
  log_min_messages: "log",
  log_min_error_statement: "panic",
  log_error_verbosity: "terse",
  log_checkpoints: "off",
};

/** Resolves when it takes connections. Throws AppError `engine_failed` with the end of its log when it ends instead. */
export async function startPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  const { logger } = options;
  await clearTheWay(options.cluster.folder, logger);
  await rotateLog(options.dataDir);
  let child = await spawnAndWait(options);
  let isStopping = false;
  let restarting: Promise<void> = Promise.resolve();

  function watch(): void {
    const startedAt = performance.now();
    const onEnd = (): void => {
      if (isStopping) return;
      logger.error({ code: child.exitCode, signal: child.signalCode }, "Postgres ended; starting it again");
      restarting = restart(performance.now() - startedAt > STEADY_MS);
    };
    // It may have ended since it was ready, and says so only once.
    if (hasEnded(child)) onEnd();
    else child.once("exit", onEnd);
  }

  let delayMs = RESTART_DELAY_MIN_MS;
  async function restart(wasSteady: boolean): Promise<void> {
    if (wasSteady) delayMs = RESTART_DELAY_MIN_MS;
    for (;;) {
      await sleep(delayMs);
      delayMs = Math.min(delayMs * 2, RESTART_DELAY_MAX_MS);
      if (isStopping) return;
      try {
        await clearTheWay(options.cluster.folder, logger);
        child = await spawnAndWait(options);
      } catch (error) {
        logger.error({ err: error }, "Postgres could not be started again; trying on");
        continue;
      }
      watch();
      logger.info({ pid: child.pid }, "Postgres serves again");
      options.onRestart();
      return;
    }
  }

  // Only when this process ends without stop(): a fast shutdown is under way when we are gone.
  const atExit = (): void => void child.kill("SIGINT");
  process.once("exit", atExit);
  watch();

  return {
    pid: () => child.pid,
    stop: async () => {
      isStopping = true;
      await restarting;
      await stopChild(child);
      process.off("exit", atExit);
      await rm(options.socketFolder, { recursive: true, force: true });
    },
  };
}

async function spawnAndWait(options: PostmasterOptions): Promise<ChildProcess> {
  const { cluster, as, socketFolder } = options;
  // The socket's own lock file names a process that is gone; where its process id lives on (as a zombie, or reused), Postgres
  // would refuse to start. The folder is private and nothing else runs on this cluster.
  for (const name of await readdir(socketFolder)) await rm(join(socketFolder, name), { force: true });
  const logFile = await open(join(options.dataDir, "postgres.log"), "a", 0o600);
  try {
    const settings = { ...SETTINGS, unix_socket_directories: `"${socketFolder}"`, unix_socket_permissions: "0700", ...options.settings };
    const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const child = spawn(options.binaries.postgres, ["-D", cluster.folder, ...args], {
      cwd: "/",
      env: childEnvironment(),
      detached: true, // its own process group: Ctrl-C in the terminal must not reach it before we have drained
      stdio: ["ignore", logFile.fd, logFile.fd],
      ...(as.isOther ? { uid: as.uid, gid: as.gid } : {}),
    });
    const end = new Promise<string>((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("exit", (code, signalName) => resolve(`it ended with ${signalName ?? code}`));
    });
    await waitUntilReady(child, end, options);
    child.unref();
    return child;
  } finally {
    await logFile.close();
  }
}

async function waitUntilReady(child: ChildProcess, end: Promise<string>, options: PostmasterOptions): Promise<void> {
  let ended: string | undefined;
  void end.then((how) => (ended = how));
  const pidFile = join(options.cluster.folder, "postmaster.pid");
  for (let waitedMs = 0; waitedMs < READY_TIMEOUT_MS; waitedMs += READY_POLL_MS) {
    const lines = (await readFile(pidFile, "utf8").catch(() => "")).split("\n");
    if (Number(lines[0]) === child.pid && lines[7]?.trim() === "ready") return;
    if (ended !== undefined) throw await startError(ended, options.dataDir);
    await sleep(READY_POLL_MS);
  }
  child.kill("SIGQUIT");
  throw new AppError("engine_failed", { detail: "Postgres did not become ready in time." });
}

async function startError(ended: string, dataDir: string): Promise<AppError> {
  const path = join(dataDir, "postgres.log");
  const log = (await readFile(path, "utf8").catch(() => "")).trim().slice(-600);
  if (log.includes("database files are incompatible")) {
    return new AppError("engine_failed", {
      detail: `The data was made by another major version of Postgres. ${log}`,
      hint: "Start the version of this program that made it, or set DATABASE_URL.",
    });
  }
  return new AppError("engine_failed", { detail: `Postgres did not start: ${ended}. ${log}`, hint: `See ${path}.` });
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  child.ref();
  const end = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGINT");
  const timer = setTimeout(() => child.kill("SIGQUIT"), FAST_STOP_MS);
  await end;
  clearTimeout(timer);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function rotateLog(dataDir: string): Promise<void> {
  const path = join(dataDir, "postgres.log");
  const size = (await stat(path).catch(() => undefined))?.size ?? 0;
  if (size < LOG_BYTES_MAX) return;
  await rm(`${path}.1`, { force: true });
  await rename(path, `${path}.1`);
}
