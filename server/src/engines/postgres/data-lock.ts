// One server per data directory. The lock is SQLite's exclusive lock on a file inside the directory: the kernel holds it,
// and it dies with its process, however that ends; no process can mistake a dead lock for a live one or the other way round.
// It lies in the directory itself (not in a temporary folder), so that two containers or two users that share the directory
// see the same lock. Who holds it stands beside it, for people.
import { createHash } from "node:crypto";
import { mkdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { AppError } from "../../core/errors.ts";

export interface DataLock {
  /** The directory it locks, with all symbolic links resolved. */
  readonly dataDir: string;
  release(): Promise<void>;
}

const LOCK_NAME = "server.lock";
const HOLDER_NAME = "server.pid";
/** SQLite's code for "somebody else has it". */
const SQLITE_BUSY = 5;

/**
 * Makes the data directory if it is missing and takes its lock until `release` or the end of the process.
 * Throws AppError `data_directory_busy` when another process holds it, `data_directory_closed` when it can't be written.
 */
export async function lockDataDirectory(path: string): Promise<DataLock> {
  const dataDir = await makeDataDirectory(path);
  const holderPath = join(dataDir, HOLDER_NAME);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(join(dataDir, LOCK_NAME), { timeout: 0 });
    database.exec("pragma journal_mode = memory; begin exclusive");
    await writeFile(holderPath, `${process.pid}\n`);
  } catch (error) {
    database?.close();
    throw isBusy(error) ? busy(await readFile(holderPath, "utf8").catch(() => "")) : asLockError(error, dataDir);
  }
  let held: DatabaseSync | undefined = database;
  return {
    dataDir,
    async release() {
      if (!held) return;
      await rm(holderPath, { force: true });
      held.close();
      held = undefined;
    },
  };
}

async function makeDataDirectory(path: string): Promise<string> {
  try {
    await mkdir(path, { recursive: true });
    return await realpath(path);
  } catch (error) {
    throw asLockError(error, path);
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY;
}

function busy(holder: string): AppError {
  const pid = holder.trim();
  return new AppError("data_directory_busy", pid === "" ? {} : { detail: `It has the process id ${pid}.` });
}

function asLockError(error: unknown, dataDir: string): AppError {
  if (error instanceof AppError) return error;
  return new AppError("data_directory_closed", {
    detail: `${dataDir}: ${error instanceof Error ? error.message : String(error)}.`,
    hint: `Give this user the directory (\`sudo chown -R $(id -u) ${dataDir}\`), or choose another TRIBUTARY_DATA_DIR.`,
    cause: error,
  });
}

/** A short name for a data directory, for files that cannot lie in it. */
export function shortNameOf(dataDir: string): string {
  return `tributary-${createHash("sha256").update(dataDir).digest("hex").slice(0, 16)}`;
}
