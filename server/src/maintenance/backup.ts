// `tributary backup`: copies the data directory, both engines and the secret, with a list by which a restore knows that every
// file is whole. A stopped server's directory is locked and copied as it is; one that runs takes part (backup-running.ts), for
// two engines that run are never at the same moment by themselves.
import { mkdir, readdir, realpath, rm } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import type { Config } from "../config.ts";
import { AppError, assert } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { exists, markRunning, refuseUnfinishedRestore, UNCLEAN_MARK } from "../data-directory.ts";
import { startClickHouse } from "../engines/clickhouse/clickhouse.ts";
import { lockDataDirectory, startPostgres, type DataLock } from "../engines/postgres/postgres.ts";
import { copyRunning, type RunningServer } from "./backup-running.ts";
import { syncFolder } from "./copy-file.ts";
import { COPIED, writeManifest, type CopyEntry } from "./copy-manifest.ts";
import { bytesOf, copyTree, listTree, verifyTree, type CopyProgress } from "./copy-tree.ts";

export type { RunningServer } from "./backup-running.ts";
export type { CopyProgress } from "./copy-tree.ts";

export interface BackupOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly target: string;
  readonly version: string;
  readonly nowMs: number;
  readonly onProgress: (progress: CopyProgress) => void;
  /** The way to the server that runs on the directory; rejects when its file can't be read. */
  readonly running?: () => Promise<RunningServer>;
  /** Breaks it off. */
  readonly signal?: AbortSignal;
}

export interface CopyResult {
  /** Whether a server ran. */
  readonly wasRunning?: boolean;
  readonly files: number;
  readonly bytes: number;
}

/** Of the running server or of this machine; made anew at each start. */
const NOT_COPIED = new Set([
  "server.lock", "server.pid", "server.json", UNCLEAN_MARK, "postgres.socket-folder", "postgres.new", "postgres.log",
  "clickhouse.pid", "clickhouse.log", "clickhouse-inserts", "clickhouse-backups", "cache", join("postgres", "postmaster.pid"),
  join("clickhouse", "shadow"),
]);
const isLeftOut = (path: string): boolean => NOT_COPIED.has(path);
/** By it a server that runs is found (local-access.ts). */
const SERVER_FILE = "server.json";

/** What tells that an engine was not stopped, or may still run for a server that was killed. */
const UNCLEAN = [UNCLEAN_MARK, join("postgres", "postmaster.pid"), "clickhouse.pid"];

/**
 * Throws AppError `data_directory_busy` while something else than a server that can be asked works on the directory,
 * `copy_refused` when the target is not empty or an engine is elsewhere, and what `running` throws. A copy that was broken off
 * has no manifest, and is never restored.
 */
export async function backup(options: BackupOptions): Promise<CopyResult> {
  const { config, target } = options;
  const { dataDir } = config;
  if (config.databaseUrl !== undefined || config.clickhouseUrl !== undefined) {
    throw new AppError("copy_refused", {
      detail: "A database runs elsewhere (DATABASE_URL or CLICKHOUSE_URL), so the data directory is not everything.",
      hint: "See docs/backup.md for the order in which to copy both databases.",
    });
  }
  await refuseTarget(dataDir, target);
  if (!(await exists(join(dataDir, "postgres", "PG_VERSION")))) {
    throw new AppError("copy_refused", { detail: `${dataDir} is no data directory.`, hint: "Name it with TRIBUTARY_DATA_DIR." });
  }
  const { running } = options;
  const lock = await lockDataDirectory(dataDir).catch(async (error: unknown) => {
    const isServer = error instanceof AppError && error.code === "data_directory_busy" && (await exists(join(dataDir, SERVER_FILE)));
    if (!isServer || !running) throw error;
    return undefined;
  });
  if (!lock) return { ...(await copyOfRunning(options)), wasRunning: true };
  try {
    await refuseUnfinishedRestore(dataDir);
    await comeToRest(options, lock);
    return await copyInto(options, (to) => copyStopped(lock.dataDir, to, options));
  } finally {
    await lock.release();
  }
}

async function copyOfRunning(options: BackupOptions): Promise<CopyResult> {
  assert(options.running, "who has no way to the server is told that the directory is busy");
  const server = await options.running();
  const dataDir = await realpath(options.config.dataDir);
  const { onProgress, signal } = options;
  return copyInto(options, (to) => copyRunning({ server, dataDir, to, isLeftOut, onProgress, ...(signal ? { signal } : {}) }));
}

async function refuseTarget(dataDir: string, target: string): Promise<void> {
  const path = relative(dataDir, resolve(target));
  if (path === "" || (path !== ".." && !path.startsWith(`..${sep}`))) {
    throw new AppError("copy_refused", {
      detail: `${target} lies in the data directory itself.`, hint: "Copy to another place, best on another disk.",
    });
  }
  const there = await readdir(target).catch(() => []);
  if (there.length === 0) return;
  throw new AppError("copy_refused", { detail: `${target} is not empty.`, hint: "Name a folder that is empty or not there yet." });
}

/**
 * After a kill the engines are started and stopped once: what they left half done is settled, and no orphan of them runs on.
 * The mark of the kill stays: the next server verifies what stands in the outbox.
 */
async function comeToRest({ config: { dataDir }, logger }: BackupOptions, lock: DataLock): Promise<void> {
  const found = await Promise.all(UNCLEAN.map((name) => exists(join(dataDir, name))));
  if (!found.includes(true)) return;
  await markRunning(dataDir);
  await (await startClickHouse({ dataDir, logger })).stop();
  await (await startPostgres({ dataDir, lock, logger })).stop();
}

/** Copies, verifies, and writes the list; when that fails nothing stays but the folder. */
async function copyInto(options: BackupOptions, copy: (to: string) => Promise<CopyEntry[]>): Promise<CopyResult> {
  const { target, version, nowMs } = options;
  const to = join(target, COPIED);
  await mkdir(to, { recursive: true, mode: 0o700 });
  try {
    const entries = await copy(to);
    await verifyTree(to, entries, options);
    await syncFolder(to);
    await writeManifest(target, { version, madeAt: new Date(nowMs).toISOString() }, entries);
    for (const folder of [target, dirname(resolve(target))]) await syncFolder(folder);
    return { files: entries.filter(({ kind }) => kind === "file").length, bytes: bytesOf(entries) };
  } catch (error) {
    await rm(to, { recursive: true, force: true });
    throw error;
  }
}

async function copyStopped(dataDir: string, to: string, { onProgress, signal }: BackupOptions): Promise<CopyEntry[]> {
  const found = await listTree(dataDir, { isLeftOut });
  const total = found.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  return copyTree(found, to, {
    ...(signal ? { signal } : {}),
    onBytes(bytes) {
      done += bytes;
      onProgress({ step: "copying", done, total });
    },
  });
}
