// The cluster's files: the folder `postgres` of the data directory, made whole or not at all by initdb, owned by whom
// Postgres runs as; the password that its unix socket asks for; and the private folder in which that socket lies.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, chown, lstat, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppError } from "../../core/errors.ts";
import type { Binaries } from "./binaries.ts";
import { shortNameOf } from "./data-lock.ts";
import { closedFolderOnTheWay, type RunAs } from "./run-as.ts";
import { errorCodeOf } from "./system-error.ts";

export const SUPERUSER = "tributary";
const SOCKET_FOLDER_BYTES_MAX = 85;

export interface Cluster {
  /** PGDATA. */
  readonly folder: string;
  readonly password: string;
}

/** Makes the cluster if there is none. The caller holds the data directory's lock. */
export async function prepareCluster(dataDir: string, binaries: Binaries, as: RunAs): Promise<Cluster> {
  await openTheWay(dataDir, as);
  const folder = join(dataDir, "postgres");
  const passwordFile = join(dataDir, "postgres.password");
  if (await lstat(join(folder, "PG_VERSION")).catch(() => undefined)) {
    await giveTo(folder, as);
    return { folder, password: await keptPassword(passwordFile, folder, binaries, as) };
  }
  const unfinished = join(dataDir, "postgres.new");
  const password = randomBytes(24).toString("base64url");
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  await giveTo(unfinished, as);
  await initdb(unfinished, password, binaries, as);
  await writeFile(passwordFile, password, { mode: 0o600, flush: true });
  await rename(unfinished, folder);
  return { folder, password };
}

/** The user that Postgres runs as must be able to enter every folder down to the data directory. */
async function openTheWay(dataDir: string, as: RunAs): Promise<void> {
  const closed = await closedFolderOnTheWay(dataDir, as);
  if (closed === undefined) return;
  const { mode, uid, gid } = await stat(dataDir);
  // The directory itself is ours: its group, which may neither read nor write there, becomes one that may pass through.
  if (closed === dataDir && as.isOther && (mode & 0o060) === 0) {
    await chown(dataDir, uid, as.gid);
    await chmod(dataDir, (mode & 0o7777) | 0o010);
    if ((await closedFolderOnTheWay(dataDir, as)) === undefined) return;
    await chown(dataDir, uid, gid);
    await chmod(dataDir, mode & 0o7777);
  }
  throw new AppError("data_directory_closed", {
    detail: `Postgres runs as user ${as.uid}, which may not enter ${closed}.`,
    hint: `Run \`chmod a+x ${closed}\`, or choose a TRIBUTARY_DATA_DIR outside it (for example /var/lib/tributary), `
      + "or start as a user that is not root.",
  });
}

async function giveTo(folder: string, as: RunAs): Promise<void> {
  const { uid } = await stat(folder);
  if (uid === as.uid) return;
  if (!as.isOther) {
    throw new AppError("data_directory_closed", {
      detail: `${folder} belongs to user ${uid}, and this process runs as user ${as.uid}.`,
      hint: `Start as that user, or give the directory away: \`sudo chown -R ${as.uid} ${folder}\`.`,
    });
  }
  await chownTree(folder, as);
}

async function chownTree(folder: string, as: RunAs): Promise<void> {
  const code = await run("chown", ["-R", "-h", `${as.uid}:${as.gid}`, folder], undefined);
  if (code.status !== 0) throw new AppError("data_directory_closed", { detail: `${folder}: ${code.output}` });
}

async function initdb(folder: string, password: string, binaries: Binaries, as: RunAs): Promise<void> {
  // initdb reads the password from a file and insists that the folder is empty, so the file lies beside it.
  const passwordFile = `${folder}.password`;
  await writeFile(passwordFile, password, { mode: 0o600 });
  try {
    if (as.isOther) await chown(passwordFile, as.uid, as.gid);
    const result = await run(binaries.initdb, [
      "-D", folder, "-U", SUPERUSER, `--pwfile=${passwordFile}`, "--auth=scram-sha-256",
      "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--encoding=UTF8", "-k",
    ], as);
    if (result.status !== 0) throw initdbError(result.output, as);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

function initdbError(output: string, as: RunAs): AppError {
  if (output.includes("could not look up effective user ID") || output.includes("user does not exist")) {
    return new AppError("engine_failed", {
      detail: `User ${as.uid} has no entry in the system's list of users, and Postgres can't be set up without one.`,
      hint: `Add one (\`echo "tributary:x:${as.uid}:${as.gid}::/tmp:/usr/sbin/nologin" >> /etc/passwd\` in the image), `
        + "run as another user, or set DATABASE_URL.",
    });
  }
  return new AppError("engine_failed", { detail: `initdb failed: ${output.trim().slice(-600)}` });
}

/** The password kept beside the cluster; when that file is gone, a new one is set while the cluster is down. */
async function keptPassword(file: string, folder: string, binaries: Binaries, as: RunAs): Promise<string> {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (error) {
    if (errorCodeOf(error) !== "ENOENT") throw error;
  }
  const password = randomBytes(24).toString("base64url");
  const statement = `alter role ${SUPERUSER} password '${password}'\n`;
  const result = await run(binaries.postgres, ["--single", "-D", folder, "postgres"], as, statement);
  if (result.status !== 0) throw new AppError("engine_failed", {
    detail: `No new password could be set: ${result.output.trim().slice(-600)}`,
  });
  await writeFile(file, password, { mode: 0o600, flush: true });
  return password;
}

/** The private folder for the socket: short, 0700, owned by whom Postgres runs as; checked, never taken over. */
export async function prepareSocketFolder(dataDir: string, as: RunAs): Promise<string> {
  const own = process.env["XDG_RUNTIME_DIR"];
  const candidates = [...(own && !as.isOther ? [own] : []), tmpdir(), "/tmp"].map((base) => join(base, shortNameOf(dataDir)));
  const fitting = candidates.filter((path) => Buffer.byteLength(path) <= SOCKET_FOLDER_BYTES_MAX && !path.includes(","));
  let problem = "no temporary folder has a path short enough for a unix socket";
  for (const folder of fitting) {
    const refusal = await makePrivateFolder(folder, as);
    if (refusal === undefined) {
      await writeFile(join(dataDir, "postgres.socket-folder"), `${folder}\n`);
      return folder;
    }
    problem = refusal;
  }
  throw new AppError("data_directory_closed", {
    detail: `Postgres needs a private folder for its socket: ${problem}.`,
    hint: "Set TMPDIR to a folder of your own with a short path.",
  });
}

/** Undefined when the folder is there and private, otherwise why not. */
async function makePrivateFolder(folder: string, as: RunAs): Promise<string | undefined> {
  try {
    await mkdir(folder, { mode: 0o700 });
    if (as.isOther) await chown(folder, as.uid, as.gid);
  } catch (error) {
    if (errorCodeOf(error) !== "EEXIST") return `${folder} can't be made (${errorCodeOf(error)})`;
  }
  const found = await lstat(folder);
  if (!found.isDirectory()) return `${folder} is not a folder`;
  if (found.uid === 0 && as.isOther && process.getuid?.() === 0) await chown(folder, as.uid, as.gid);
  else if (found.uid !== as.uid) return `${folder} belongs to user ${found.uid}`;
  if ((found.mode & 0o077) !== 0) await chmod(folder, 0o700);
  const closed = await closedFolderOnTheWay(folder, as);
  return closed === undefined ? undefined : `${closed} is closed to user ${as.uid}`;
}

/** What a child needs from our environment: nothing but the path; no PG* variable may reach it. */
export function childEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env["PATH"] ?? "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };
}

function run(program: string, args: readonly string[], as: RunAs | undefined, input = ""): Promise<{ status: number; output: string }> {
  return new Promise((resolve) => {
    const identity = as?.isOther ? { uid: as.uid, gid: as.gid } : {};
    const child = spawn(program, [...args], { cwd: "/", env: childEnvironment(), ...identity, stdio: ["pipe", "pipe", "pipe"] });
    let output = "";
    const keep = (bytes: Buffer): void => void (output = (output + bytes.toString("utf8")).slice(-4_000));
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    child.once("error", (error) => resolve({ status: -1, output: error.message }));
    child.once("close", (status) => resolve({ status: status ?? -1, output }));
  });
}
