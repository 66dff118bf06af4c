// `tributary restore`: puts a copy's files into an empty data directory, each checked against the list while it is written.
// They stand aside until all are there; the next start treats them like those of a killed server, so every block of the
// outbox is verified.
import { chmod, chown, lstat, mkdir, readdir, rename, rm, symlink } from "node:fs/promises";
import { join, normalize, sep } from "node:path";
import { AppError } from "../core/errors.ts";
import { markRunning, RESTORING } from "../data-directory.ts";
import { lockDataDirectory } from "../engines/postgres/postgres.ts";
import type { CopyProgress, CopyResult } from "./backup.ts";
import { copyFile, eachOf, syncFolder } from "./copy-file.ts";
import { COPIED, MANIFEST, readManifest, type CopyEntry } from "./copy-manifest.ts";

export interface RestoreOptions {
  readonly copy: string;
  readonly dataDir: string;
  readonly onProgress: (progress: CopyProgress) => void;
}

/** Made by taking the lock. */
const OF_THE_LOCK = new Set(["server.lock", "server.pid"]);

/**
 * Throws AppError `copy_refused` when the data directory is not empty, `damaged_copy` naming the file that is missing or not
 * what was copied; then the directory is empty again. One that was broken off is begun anew by the next.
 */
export async function restore(options: RestoreOptions): Promise<CopyResult> {
  const manifest = await readManifest(options.copy);
  await refuseForeignFiles(join(options.copy, COPIED), manifest.entries);
  const lock = await lockDataDirectory(options.dataDir);
  try {
    const { dataDir } = lock;
    const there = (await readdir(dataDir)).filter((name) => !OF_THE_LOCK.has(name));
    if (there.length > 0 && !there.includes(RESTORING)) {
      throw new AppError("copy_refused", {
        detail: `${dataDir} is not empty.`, hint: "Name an empty one, or one that is not there yet, with TRIBUTARY_DATA_DIR.",
      });
    }
    // Beside the files of a restore that was broken off stands nothing else.
    for (const name of there) await rm(join(dataDir, name), { recursive: true, force: true });
    return await restoreInto(dataDir, manifest.entries, options);
  } finally {
    await lock.release();
  }
}

/** A list that was made by us names files below the copy; one that names others must not be followed. */
async function refuseForeignFiles(folder: string, entries: readonly CopyEntry[]): Promise<void> {
  for (const { path } of entries) {
    if (normalize(path) === path && !path.startsWith("..") && !path.startsWith(sep)) continue;
    throw new AppError("damaged_copy", { detail: `${MANIFEST} names ${path}, which is outside the copy.` });
  }
  for (const entry of entries) {
    if (entry.kind !== "file") continue;
    const path = join(folder, entry.path);
    const status = await lstat(path).catch(() => undefined);
    if (status === undefined) throw new AppError("damaged_copy", { detail: `${path} is missing.` });
    if (status.size === entry.bytes) continue;
    throw new AppError("damaged_copy", { detail: `${path} has ${status.size} bytes instead of ${entry.bytes}.` });
  }
}

async function restoreInto(
  dataDir: string, entries: readonly CopyEntry[], { copy, onProgress }: RestoreOptions,
): Promise<CopyResult> {
  const aside = join(dataDir, RESTORING);
  await mkdir(aside, { mode: 0o700 });
  await syncFolder(dataDir);
  try {
    const result = await fill(aside, entries, join(copy, COPIED), onProgress);
    await markRunning(dataDir);
    for (const name of await readdir(aside)) await rename(join(aside, name), join(dataDir, name));
    await syncFolder(dataDir);
    await rm(aside, { recursive: true });
    await syncFolder(dataDir);
    return result;
  } catch (error) {
    for (const name of await readdir(dataDir)) {
      if (!OF_THE_LOCK.has(name)) await rm(join(dataDir, name), { recursive: true, force: true });
    }
    throw error;
  }
}

async function fill(
  folder: string, entries: readonly CopyEntry[], from: string, onProgress: RestoreOptions["onProgress"],
): Promise<CopyResult> {
  const files = entries.filter((entry) => entry.kind === "file");
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  for (const entry of entries) {
    if (entry.kind === "folder") await mkdir(join(folder, entry.path), { mode: 0o700 });
    if (entry.kind === "link") await symlink(entry.to, join(folder, entry.path));
  }
  await eachOf(files, async (file) => {
    const path = join(folder, file.path);
    const { sha256 } = await copyFile(join(from, file.path), path, file.mode);
    if (sha256 !== file.sha256) throw new AppError("damaged_copy", { detail: `${join(from, file.path)} is not what was copied.` });
    await giveBack(path, file);
    done += file.bytes;
    onProgress({ step: "restoring", done, total });
  });
  // Folders last, and those within others first: their rights may forbid to write in them.
  for (const entry of entries.toReversed()) {
    if (entry.kind !== "folder") continue;
    const path = join(folder, entry.path);
    await syncFolder(path);
    await chmod(path, entry.mode);
    await giveBack(path, entry);
  }
  await syncFolder(folder);
  return { files: files.length, bytes: total };
}

/** As root the files go back to whom they belonged: Postgres runs as another user. */
async function giveBack(path: string, { uid, gid }: { readonly uid: number; readonly gid: number }): Promise<void> {
  if (process.getuid?.() === 0) await chown(path, uid, gid);
}
