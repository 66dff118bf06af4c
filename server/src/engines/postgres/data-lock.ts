// One server per data directory. The lock is a listening unix socket inside the directory: a connect that succeeds means
// taken, and it dies with its holder, however that ends. It lies in the directory itself (not in a temporary folder), so
// that two containers or two users that share the directory see the same lock.
//
// A path over 107 bytes cannot be bound, so a long directory is reached through a short symbolic link.
import { createHash, randomBytes } from "node:crypto";
import { link, mkdir, mkdtemp, realpath, rename, rm, stat, symlink, unlink } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "../../core/errors.ts";
import { errorCodeOf } from "./system-error.ts";

export interface DataLock {
  /** The directory it locks, with all symbolic links resolved. */
  readonly dataDir: string;
  release(): Promise<void>;
}

const LOCK_NAME = "server.lock";
const SOCKET_PATH_BYTES_MAX = 100;
/** After a stale lock was replaced: how long to wait before making sure that nobody replaced ours at the same moment. */
const SETTLE_MS = 50;
const CONNECT_TIMEOUT_MS = 2_000;

/**
 * Makes the data directory if it is missing and takes its lock until `release` or the end of the process.
 * Throws AppError `data_directory_busy` when another process holds it, `data_directory_closed` when it can't be written.
 */
export async function lockDataDirectory(path: string): Promise<DataLock> {
  const dataDir = await makeDataDirectory(path);
  const short = await shortPathTo(dataDir);
  const lockPath = join(short.path, LOCK_NAME);
  const ownPath = join(short.path, `.lock-${randomBytes(4).toString("hex")}`);
  try {
    const server = await listen(ownPath);
    try {
      await publish(ownPath, lockPath);
    } catch (error) {
      server.close();
      throw error;
    } finally {
      await rm(ownPath, { force: true });
    }
    return { dataDir, release: () => release(server, join(dataDir, LOCK_NAME)) };
  } catch (error) {
    throw asLockError(error, dataDir);
  } finally {
    await short.remove();
  }
}

async function makeDataDirectory(path: string): Promise<string> {
  try {
    await mkdir(path, { recursive: true });
    return await realpath(path);
  } catch (error) {
    throw asLockError(error, path);
  }
}

/** A path to the directory that leaves room for a socket's name: itself, or a link to it in a private temporary folder. */
async function shortPathTo(dataDir: string): Promise<{ path: string; remove(): Promise<void> }> {
  if (Buffer.byteLength(join(dataDir, LOCK_NAME)) <= SOCKET_PATH_BYTES_MAX) return { path: dataDir, remove: async () => {} };
  const folder = await mkdtemp(join(tmpdir(), "tributary-lock-"));
  const path = join(folder, "d");
  await symlink(dataDir, path);
  return { path, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Listens on a path that nobody else uses; says the holder's process id to whoever connects. */
function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.end(`${process.pid}\n`);
    });
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      server.on("error", () => {});
      server.unref();
      resolve(server);
    });
  });
}

/** Gives our listening socket the lock's name. A link fails when the name exists, so only one of several can win. */
async function publish(ownPath: string, lockPath: string): Promise<void> {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      await link(ownPath, lockPath);
      if (attempt > 0) await confirm(ownPath, lockPath);
      return;
    } catch (error) {
      if (errorCodeOf(error) !== "EEXIST") throw error;
    }
    const holder = await holderOf(lockPath);
    if (holder !== undefined) throw busy(holder);
    await removeStale(lockPath);
  }
  throw busy("");
}

/** Takes a dead lock away under another name and looks again: had it been replaced by a live one, that one is put back. */
async function removeStale(lockPath: string): Promise<void> {
  const aside = `${lockPath}.${randomBytes(4).toString("hex")}`;
  try {
    await rename(lockPath, aside);
  } catch (error) {
    if (errorCodeOf(error) === "ENOENT") return;
    throw error;
  }
  const holder = await holderOf(aside);
  if (holder !== undefined) await link(aside, lockPath).catch(() => {});
  await unlink(aside);
  if (holder !== undefined) throw busy(holder);
}

async function confirm(ownPath: string, lockPath: string): Promise<void> {
  await sleep(SETTLE_MS);
  const [own, lock] = await Promise.all([stat(ownPath), stat(lockPath).catch(() => undefined)]);
  if (own.ino !== lock?.ino) throw busy("");
}

/** What the holder of the lock says (its process id), or undefined when nobody listens there. */
function holderOf(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let said = "";
    const socket = connect(path);
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => socket.destroy());
    socket.on("data", (bytes: Buffer) => (said += bytes.toString("utf8").slice(0, 20)));
    socket.on("close", () => resolve(said.trim()));
    // Anything but "nobody listens" or "nothing there" (a full backlog, say) counts as taken.
    socket.on("error", (error) => {
      const code = errorCodeOf(error);
      resolve(code === "ECONNREFUSED" || code === "ENOENT" || code === "ENOTSOCK" ? undefined : said.trim());
    });
  });
}

async function release(server: Server, lockPath: string): Promise<void> {
  if (!server.listening) return;
  // The name goes first: whoever comes in between finds nothing instead of a dead socket.
  await rm(lockPath, { force: true });
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

function busy(holder: string): AppError {
  return new AppError("data_directory_busy", holder === "" ? {} : { detail: `It has the process id ${holder}.` });
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
