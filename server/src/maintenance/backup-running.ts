// The copy of a data directory on which a server runs. Postgres' files are copied while they change, which the WAL makes good
// when the copy is started; ClickHouse's tables as they were frozen at the moment that the server set; and that moment is the
// end of the WAL copied, so that the copy's two databases agree as if the server had been killed just then.
import { lstat, open } from "node:fs/promises";
import { basename, join, sep } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { BackupBegun, BackupCut, BackupOutcome } from "@tributary/schema/api/backups.ts";
import { AppError, assert } from "../core/errors.ts";
import { checksumOf } from "./copy-file.ts";
import type { CopyEntry } from "./copy-manifest.ts";
import { copySteadily, copyTree, listTree, type CopyOptions, type CopyProgress, type Found } from "./copy-tree.ts";

/** The server as the copier sees it. Its errors have the API's `code`. */
export interface RunningServer {
  begin(): Promise<BackupBegun>;
  renew(id: string): Promise<unknown>;
  cut(id: string): Promise<BackupCut>;
  end(id: string, outcome: BackupOutcome): Promise<unknown>;
}

export interface RunningCopyOptions {
  readonly server: RunningServer;
  readonly dataDir: string;
  /** The folder for the files. */
  readonly to: string;
  readonly isLeftOut: (path: string) => boolean;
  readonly onProgress: (progress: CopyProgress) => void;
  readonly signal?: AbortSignal;
}

const POSTGRES = "postgres";
const CLICKHOUSE = "clickhouse";
const CONTROL_FILE = join(POSTGRES, "global", "pg_control");

/** What Postgres says is not copied: it belongs to the running server, or is made anew. Of these folders the contents. */
const EMPTIED = new Set(
  ["pg_wal", "pg_replslot", "pg_dynshmem", "pg_notify", "pg_serial", "pg_snapshots", "pg_stat_tmp", "pg_subtrans"].map((name) => join(POSTGRES, name)),
);
const POSTGRES_OWN = /^(postmaster\.(pid|opts)|pgsql_tmp.*|pg_internal\.init.*|backup_label.*|tablespace_map.*|current_logfiles.*)$/;

/** How often a moment is looked for at which ClickHouse is at rest, and the pause between. */
const CUT_TRIES = 3;
const CUT_PAUSE_MS = 5_000;

/** Copies, and gives the entries of what was copied. When it fails the server is told, and goes on as if nothing had been. */
export async function copyRunning(options: RunningCopyOptions): Promise<CopyEntry[]> {
  const { server } = options;
  const begun = await server.begin();
  // One that fails is followed by another; whether the server still knows of us is asked at the end.
  const renewal = setInterval(() => void server.renew(begun.id).catch(() => undefined), (begun.renew_within_seconds * 1000) / 4);
  try {
    const entries = await copyParts(options, begun.id);
    // Only now it is known that nothing of what was copied was taken away or used anew meanwhile.
    await server.end(begun.id, "copied");
    return entries;
  } catch (error) {
    await server.end(begun.id, "given_up").catch(() => undefined);
    throw error;
  } finally {
    clearInterval(renewal);
  }
}

async function copyParts(options: RunningCopyOptions, id: string): Promise<CopyEntry[]> {
  const { dataDir, to, isLeftOut, signal } = options;
  const tree = await listTree(dataDir, { isLeftOut, mayVanish: true });
  let total = tree.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  const copying: CopyOptions = {
    ...(signal ? { signal } : {}),
    onBytes(bytes) {
      done += bytes;
      total = Math.max(total, done);
      options.onProgress({ step: "copying", done, total });
    },
  };
  const early = tree.filter(({ entry: { path } }) => !isIn(CLICKHOUSE, path) && path !== CONTROL_FILE && !isOfRunningPostgres(path));
  const entries = await copyTree(early, to, { ...copying, mayVanish: true });
  const control = tree.find(({ entry: { path } }) => path === CONTROL_FILE);
  assert(control, "a cluster has a control file");
  entries.push(...await copySteadily(control, to, copying));
  const cut = await cutWithRetries(options, id);
  entries.push(...await copyTree(await neededWal(dataDir, cut), to, copying));
  entries.push(await writeLabel(to, cut, entries));
  entries.push(...await copyTree(await frozenClickHouse(dataDir, cut, isLeftOut), to, copying));
  return entries;
}

function isIn(folder: string, path: string): boolean {
  return path === folder || path.startsWith(`${folder}${sep}`);
}

function isOfRunningPostgres(path: string): boolean {
  if (!isIn(POSTGRES, path)) return false;
  return path.split(sep).some((name) => POSTGRES_OWN.test(name)) || [...EMPTIED].some((folder) => path !== folder && isIn(folder, path));
}

async function cutWithRetries({ server, signal }: RunningCopyOptions, id: string): Promise<BackupCut> {
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await server.cut(id);
    } catch (error) {
      const isBusy = error instanceof Error && "code" in error && error.code === "unavailable";
      if (!isBusy || attempt >= CUT_TRIES) throw error;
      await sleep(CUT_PAUSE_MS, undefined, signal ? { signal } : {});
    }
  }
}

/** They are whole: Postgres writes to none of them any more, and keeps them until the end. */
async function neededWal(dataDir: string, cut: BackupCut): Promise<Found[]> {
  return Promise.all(cut.wal_files.map(async (name): Promise<Found> => {
    const path = join(POSTGRES, "pg_wal", basename(name));
    const from = join(dataDir, path);
    const { mode, uid, gid, size } = await lstat(from);
    return { entry: { kind: "file", path, mode: mode & 0o7777, uid, gid, bytes: size, sha256: "" }, bytes: size, from };
  }));
}

/** From it the copy's Postgres learns that it must first be made whole, and up to where. */
async function writeLabel(to: string, cut: BackupCut, entries: readonly CopyEntry[]): Promise<CopyEntry> {
  const like = entries.find((entry) => entry.kind === "file" && entry.path === CONTROL_FILE);
  assert(like?.kind === "file", "the control file was copied");
  const path = join(POSTGRES, "backup_label");
  const file = await open(join(to, path), "wx", 0o600);
  try {
    await file.writeFile(cut.backup_label);
    await file.sync();
  } finally {
    await file.close();
  }
  return { ...like, path, ...(await checksumOf(join(to, path))) };
}

/** ClickHouse's folder with the frozen parts in the place of those that are there now. */
async function frozenClickHouse(dataDir: string, cut: BackupCut, isLeftOut: (path: string) => boolean): Promise<Found[]> {
  const tables = cut.tables.map((table) => join(CLICKHOUSE, table));
  const frozenFolder = join(CLICKHOUSE, "shadow");
  const isPart = (path: string): boolean => tables.some((table) => isIn(table, path) && path !== table && basename(path) !== "format_version.txt");
  const tree = await listTree(dataDir, {
    isLeftOut: (path) => !isIn(CLICKHOUSE, path) || isLeftOut(path) || isIn(frozenFolder, path) || isPart(path), mayVanish: true,
  });
  const missing = tables.find((table) => !tree.some(({ entry: { path } }) => path === table));
  if (missing !== undefined) throw new AppError("copy_refused", { detail: `${join(dataDir, missing)} is missing.`, hint: "See the server's log." });
  // A table without rows has no parts, and nothing is frozen of it.
  const frozen = await listTree(join(dataDir, cut.frozen_folder), { isLeftOut: (path) => !cut.tables.some((table) => isIn(table, path) || isIn(path, table)) })
    .catch((error: unknown) => (error instanceof Error && "code" in error && error.code === "ENOENT" ? [] : Promise.reject(error)));
  const parts = frozen.filter(({ entry: { path } }) => cut.tables.some((table) => path !== table && isIn(table, path)));
  return [...tree, ...parts.map((part) => ({ ...part, entry: { ...part.entry, path: join(CLICKHOUSE, part.entry.path) } }))];
}

