// What an earlier life left behind. Running state is never adopted: an orphaned Postgres (its parent was killed) is stopped,
// which also ends its sessions, and a postmaster.pid that names nothing of ours is removed. Only called while the data
// directory's lock is held, so whatever runs on the cluster is an orphan.
import { execFile } from "node:child_process";
import { readdir, readFile, readlink, realpath, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import { errorCodeOf } from "./system-error.ts";

const FAST_STOP_MS = 10_000;
const IMMEDIATE_STOP_MS = 10_000;
const POLL_MS = 10;

/** Afterwards no process works on the cluster in `folder` and it has no postmaster.pid. */
export async function clearTheWay(folder: string, logger: Logger): Promise<void> {
  const pid = await recordedPid(folder);
  if (pid !== undefined && (await isPostgresOn(pid, folder))) {
    logger.warn({ pid }, "stopping a Postgres that an earlier run left behind");
    await stopProcess(pid);
  }
  // When the postmaster itself was killed, its children may take a moment to notice; a new one refuses until they are gone.
  for (const straggler of await processesOn(folder)) await stopStraggler(straggler);
  await rm(join(folder, "postmaster.pid"), { force: true });
}

async function recordedPid(folder: string): Promise<number | undefined> {
  try {
    const pid = Number.parseInt(await readFile(join(folder, "postmaster.pid"), "utf8"), 10);
    return Number.isSafeInteger(pid) && pid > 1 && pid !== process.pid ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** True when that process is a Postgres whose working directory is this cluster. Process ids are reused, above all in containers. */
async function isPostgresOn(pid: number, folder: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  if (process.platform !== "linux") return basename(await commandOf(pid)).startsWith("postgres");
  try {
    const [program, cwd, cluster] = await Promise.all([readlink(`/proc/${pid}/exe`), readlink(`/proc/${pid}/cwd`), realpath(folder)]);
    return basename(program).startsWith("postgres") && cwd === cluster;
  } catch {
    // Gone meanwhile, or another user's process: Postgres refuses by itself should it be one on this cluster.
    return false;
  }
}

function commandOf(pid: number): Promise<string> {
  return new Promise((resolve) => execFile("ps", ["-p", String(pid), "-o", "comm="], (_error, stdout) => resolve(stdout.trim())));
}

async function processesOn(folder: string): Promise<number[]> {
  if (process.platform !== "linux") return [];
  const pids = (await readdir("/proc")).map(Number).filter((pid) => Number.isSafeInteger(pid) && pid > 1);
  const found = await Promise.all(pids.map(async (pid) => ((await isPostgresOn(pid, folder)) ? pid : undefined)));
  return found.filter((pid) => pid !== undefined);
}

async function stopProcess(pid: number): Promise<void> {
  signal(pid, "SIGINT");
  if (await isGoneWithin(pid, FAST_STOP_MS)) return;
  signal(pid, "SIGQUIT");
  if (await isGoneWithin(pid, IMMEDIATE_STOP_MS)) return;
  throw new AppError("engine_failed", {
    detail: `A Postgres of an earlier run (process ${pid}) does not end.`,
    hint: `End it with \`kill -9 ${pid}\` and start again; nothing that was acknowledged is lost.`,
  });
}

async function stopStraggler(pid: number): Promise<void> {
  signal(pid, "SIGQUIT");
  if (!(await isGoneWithin(pid, 2_000))) signal(pid, "SIGKILL");
  await isGoneWithin(pid, 2_000);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (errorCodeOf(error) === "ESRCH") return;
    throw new AppError("engine_failed", {
      detail: `A Postgres of an earlier run (process ${pid}) belongs to another user.`,
      hint: `End it as that user or as root: \`sudo kill -INT ${pid}\`.`,
      cause: error,
    });
  }
}

async function isGoneWithin(pid: number, limitMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += POLL_MS) {
    if (!isAlive(pid) || (await isZombie(pid))) return true;
    await sleep(POLL_MS);
  }
  return false;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCodeOf(error) === "EPERM";
  }
}

/** In a container whose first process reaps nobody, an ended orphan stays in the list as a zombie. */
async function isZombie(pid: number): Promise<boolean> {
  if (process.platform !== "linux") return false;
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return /^\d+ \(.*\) [ZX]/.test(text);
}
