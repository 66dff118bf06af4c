// Copies the folders, links and files of a data directory, and gives their entries for the manifest. Of a server that runs,
// files may grow, change and vanish meanwhile; the caller says where that may be.
import { lstat, mkdir, readdir, readlink, rm, symlink } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { AppError } from "../core/errors.ts";
import { checksumOf, copyFile, eachOf, syncFolder } from "./copy-file.ts";
import type { CopyEntry } from "./copy-manifest.ts";

export interface CopyProgress {
  readonly step: "copying" | "verifying" | "restoring";
  readonly done: number;
  readonly total: number;
}

export interface Found {
  readonly entry: CopyEntry;
  readonly bytes: number;
  /** Where it stands now, which need not be where its path in the copy says. */
  readonly from: string;
}

export interface ListOptions {
  /** What is passed over, with all below it. */
  readonly isLeftOut: (path: string) => boolean;
  /** What vanishes between its name being read and itself is passed over. */
  readonly mayVanish?: boolean;
}

/** Everything below a folder, each folder before what is in it; paths are those below `root`. */
export async function listTree(root: string, options: ListOptions, path = ""): Promise<Found[]> {
  const found: Found[] = [];
  const names = (await unlessGone(readdir(join(root, path)), options) ?? []).sort();
  for (const name of names) {
    const at = join(path, name);
    if (options.isLeftOut(at)) continue;
    const from = join(root, at);
    const status = await unlessGone(lstat(from), options);
    if (!status) continue;
    const owned = { path: at, mode: status.mode & 0o7777, uid: status.uid, gid: status.gid };
    if (status.isSymbolicLink()) found.push({ entry: { kind: "link", path: at, to: await linkWithin(root, at) }, bytes: 0, from });
    else if (status.isDirectory()) found.push({ entry: { kind: "folder", ...owned }, bytes: 0, from }, ...(await listTree(root, options, at)));
    else if (status.isFile()) found.push({ entry: { kind: "file", ...owned, bytes: status.size, sha256: "" }, bytes: status.size, from });
    // Anything else is a socket or a pipe of a process: it holds nothing.
  }
  return found;
}

async function unlessGone<T>(reading: Promise<T>, { mayVanish }: Pick<ListOptions, "mayVanish">): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (mayVanish && isGone(error)) return undefined;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/** A link that leads out of the directory would be copied without what it leads to. */
async function linkWithin(root: string, path: string): Promise<string> {
  const to = await readlink(join(root, path));
  const lead = relative(root, resolve(root, dirname(path), to));
  if (!to.startsWith(sep) && lead !== ".." && !lead.startsWith(`..${sep}`)) return to;
  throw new AppError("copy_refused", {
    detail: `${join(root, path)} is a link to ${to}, outside the data directory.`,
    hint: "Move what it leads to into the directory, or copy it by other means.",
  });
}

export interface CopyOptions {
  /** Called with the bytes of each file that was copied. */
  readonly onBytes: (bytes: number) => void;
  readonly mayVanish?: boolean;
  readonly signal?: AbortSignal;
}

/** Copies to below `to`. The entries of what was copied, in the same order, with what was read of each file. */
export async function copyTree(found: readonly Found[], to: string, options: CopyOptions): Promise<CopyEntry[]> {
  for (const { entry } of found) {
    if (entry.kind === "folder") await mkdir(join(to, entry.path), { mode: 0o700 });
    if (entry.kind === "link") await symlink(entry.to, join(to, entry.path));
  }
  const entries: (CopyEntry | undefined)[] = found.map(({ entry }) => entry);
  await eachOf([...found.entries()], async ([i, { entry, from }]) => {
    options.signal?.throwIfAborted();
    if (entry.kind !== "file") return;
    const copied = await unlessGone(copyFile(from, join(to, entry.path), 0o600), options);
    entries[i] = copied && { ...entry, ...copied };
    options.onBytes(copied?.bytes ?? 0);
  });
  return entries.filter((entry) => entry !== undefined);
}

const STEADY_TRIES = 20;

/** Copies a small file that may just be written: what was copied is read once more, until both are the same. */
export async function copySteadily(found: Found, to: string, options: CopyOptions): Promise<CopyEntry[]> {
  for (let i = 0; i < STEADY_TRIES; i++) {
    const entries = await copyTree([found], to, options);
    const { sha256 } = await checksumOf(found.from);
    if (entries.some((entry) => entry.kind === "file" && entry.sha256 === sha256)) return entries;
    await rm(join(to, found.entry.path));
  }
  throw new AppError("copy_refused", { detail: `${found.from} changes all the time.`, hint: "Try again when less is written." });
}

/** Writes the folders to the disk and reads every file back: what is wrong with the copy is known now, not on the day it is needed. */
export async function verifyTree(
  folder: string, entries: readonly CopyEntry[], { onProgress, signal }: { readonly onProgress: (progress: CopyProgress) => void; readonly signal?: AbortSignal },
): Promise<void> {
  for (const { path } of entries.filter(({ kind }) => kind === "folder")) await syncFolder(join(folder, path));
  const files = entries.filter((entry) => entry.kind === "file");
  const total = bytesOf(entries);
  let done = 0;
  await eachOf(files, async (file) => {
    signal?.throwIfAborted();
    const { sha256 } = await checksumOf(join(folder, file.path));
    if (sha256 !== file.sha256) {
      throw new AppError("damaged_copy", { detail: `${join(folder, file.path)} was not written as it was read.` });
    }
    done += file.bytes;
    onProgress({ step: "verifying", done, total });
  });
}

export function bytesOf(entries: readonly CopyEntry[]): number {
  return entries.reduce((sum, entry) => sum + (entry.kind === "file" ? entry.bytes : 0), 0);
}
