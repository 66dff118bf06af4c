// `tributary backup`: copies the data directory of a stopped server, both engines and the secret, with a list by which a
// restore knows that every file is whole. The server must be stopped: two engines that run are never at the same moment.
import { lstat, mkdir, readdir, readlink, symlink } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import type { Config } from "../config.ts";
import { AppError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { exists, markRunning, refuseUnfinishedRestore, UNCLEAN_MARK } from "../data-directory.ts";
import { startClickHouse } from "../engines/clickhouse/clickhouse.ts";
import { lockDataDirectory, startPostgres, type DataLock } from "../engines/postgres/postgres.ts";
import { checksumOf, copyFile, eachOf, syncFolder } from "./copy-file.ts";
import { COPIED, writeManifest, type CopyEntry } from "./copy-manifest.ts";

export interface BackupOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly target: string;
  readonly version: string;
  readonly nowMs: number;
  readonly onProgress: (progress: CopyProgress) => void;
}

export interface CopyProgress {
  readonly step: "copying" | "verifying" | "restoring";
  readonly done: number;
  readonly total: number;
}

export interface CopyResult {
  readonly files: number;
  readonly bytes: number;
}

/** Of the running server or of this machine; made anew at each start. */
const NOT_COPIED = new Set([
  "server.lock", "server.pid", "server.json", UNCLEAN_MARK, "postgres.socket-folder", "postgres.new", "postgres.log",
  "clickhouse.pid", "clickhouse.log", "clickhouse-inserts", "clickhouse-backups", "cache", join("postgres", "postmaster.pid"),
]);

/** What tells that an engine was not stopped, or may still run for a server that was killed. */
const UNCLEAN = [UNCLEAN_MARK, join("postgres", "postmaster.pid"), "clickhouse.pid"];

/**
 * Throws AppError `data_directory_busy` while a server runs, `copy_refused` when the target is not empty or an engine is
 * elsewhere. A copy that was broken off has no manifest, and is never restored.
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
  const lock = await lockDataDirectory(dataDir);
  try {
    await refuseUnfinishedRestore(dataDir);
    await comeToRest(options, lock);
    return await copyAll(options, lock.dataDir);
  } finally {
    await lock.release();
  }
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
  const postgres = await startPostgres({ dataDir, lock, logger });
  try {
    await (await startClickHouse({ dataDir, logger })).stop();
  } finally {
    await postgres.stop();
  }
}

async function copyAll({ target, version, nowMs, onProgress }: BackupOptions, dataDir: string): Promise<CopyResult> {
  const found = await listFolder(dataDir, "");
  const total = found.reduce((sum, { bytes }) => sum + bytes, 0);
  const to = join(target, COPIED);
  await mkdir(to, { recursive: true, mode: 0o700 });
  const entries: CopyEntry[] = found.map(({ entry }) => entry);
  for (const entry of entries) {
    if (entry.kind === "folder") await mkdir(join(to, entry.path), { mode: 0o700 });
    if (entry.kind === "link") await symlink(entry.to, join(to, entry.path));
  }
  let done = 0;
  await eachOf([...entries.entries()], async ([i, entry]) => {
    if (entry.kind !== "file") return;
    const copied = await copyFile(join(dataDir, entry.path), join(to, entry.path), 0o600);
    entries[i] = { ...entry, ...copied };
    done += copied.bytes;
    onProgress({ step: "copying", done, total });
  });
  for (const { path } of entries.filter(({ kind }) => kind === "folder")) await syncFolder(join(to, path));
  await verify(to, entries, onProgress);
  await writeManifest(target, { version, madeAt: new Date(nowMs).toISOString() }, entries);
  for (const folder of [to, target, dirname(resolve(target))]) await syncFolder(folder);
  return { files: entries.filter(({ kind }) => kind === "file").length, bytes: total };
}

/** Reads the copy back: what is wrong with it is known now, not on the day it is needed. */
async function verify(folder: string, entries: readonly CopyEntry[], onProgress: BackupOptions["onProgress"]): Promise<void> {
  const files = entries.filter((entry) => entry.kind === "file");
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  await eachOf(files, async (file) => {
    const { sha256 } = await checksumOf(join(folder, file.path));
    if (sha256 !== file.sha256) {
      throw new AppError("damaged_copy", { detail: `${join(folder, file.path)} was not written as it was read.` });
    }
    done += file.bytes;
    onProgress({ step: "verifying", done, total });
  });
}

interface Found {
  readonly entry: CopyEntry;
  readonly bytes: number;
}

/** Everything below a folder, each folder before what is in it. */
async function listFolder(dataDir: string, path: string): Promise<Found[]> {
  const found: Found[] = [];
  const names = (await readdir(join(dataDir, path))).sort();
  for (const name of names) {
    const at = join(path, name);
    if (NOT_COPIED.has(at)) continue;
    const status = await lstat(join(dataDir, at));
    const owned = { path: at, mode: status.mode & 0o7777, uid: status.uid, gid: status.gid };
    if (status.isSymbolicLink()) found.push({ entry: { kind: "link", path: at, to: await linkWithin(dataDir, at) }, bytes: 0 });
    else if (status.isDirectory()) found.push({ entry: { kind: "folder", ...owned }, bytes: 0 }, ...(await listFolder(dataDir, at)));
    else if (status.isFile()) found.push({ entry: { kind: "file", ...owned, bytes: status.size, sha256: "" }, bytes: status.size });
    // Anything else is a socket or a pipe of a process: it holds nothing.
  }
  return found;
}

/** A link that leads out of the directory would be copied without what it leads to. */
async function linkWithin(dataDir: string, path: string): Promise<string> {
  const to = await readlink(join(dataDir, path));
  const lead = relative(dataDir, resolve(dataDir, dirname(path), to));
  if (!to.startsWith(sep) && lead !== ".." && !lead.startsWith(`..${sep}`)) return to;
  throw new AppError("copy_refused", {
    detail: `${join(dataDir, path)} is a link to ${to}, outside the data directory.`,
    hint: "Move what it leads to into the directory, or copy it by other means.",
  });
}
