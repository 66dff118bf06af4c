// `tributary doctor`: looks at the machine, the settings and the running server, and says of each finding what to do.
import { constants } from "node:fs";
import { access, readFile, stat, statfs } from "node:fs/promises";
import { createRequire } from "node:module";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { Command } from "commander";
import { z } from "zod";
import { readConfig, type Config } from "../config.ts";
import { AppError } from "../core/errors.ts";
import { packageFolder } from "../engines/postgres/binaries.ts";
import { createApiClient } from "./api-client.ts";
import { CliError } from "./cli-error.ts";
import { processOutput, type Output } from "./output.ts";
import { dataDirOf, findServer, type Environment } from "./server-address.ts";
import packageJson from "../../../package.json" with { type: "json" };

const NODE_MAJOR_MIN = 26;
const OPEN_FILES_WANTED = 65_536;
const FREE_BYTES_MIN = 1024 ** 3;
const FREE_BYTES_WANTED = 5 * 1024 ** 3;
/** A unix socket's path may have 107 bytes; ours are this much longer than the temporary folder. */
const SOCKET_PATH_MAX = 107;
const SOCKET_NAME_BYTES = 40;
const CONNECT_TIMEOUT_MS = 2_000;

const readyParts = z.object({ parts: z.object({ refused_writes: z.object({ detail: z.string() }) }) });

export interface Finding {
  readonly what: string;
  readonly level: "ok" | "warning" | "failure";
  readonly found: string;
  /** For warnings and failures. */
  readonly toDo?: string;
}

export function doctorCommand(output: Output = processOutput): Command {
  return new Command("doctor").description("check the machine, the settings and the server; exit code 1 when something must be put right")
    .action(async () => {
      const findings = await examine(process.env);
      output.out(findingsText(findings));
      if (findings.some(({ level }) => level === "failure")) process.exitCode = 1;
    });
}

export function findingsText(findings: readonly Finding[]): string {
  const sign = { ok: "ok      ", warning: "WARNING ", failure: "FAILURE " } as const;
  const lines = findings.map(({ level, what, found, toDo }) => `${sign[level]} ${what}: ${found}${toDo ? `\n          What to do: ${toDo}` : ""}\n`);
  const failures = findings.filter(({ level }) => level === "failure").length;
  const warnings = findings.filter(({ level }) => level === "warning").length;
  const sum = failures + warnings === 0 ? "Everything is well." : `${failures} to put right, ${warnings} to look at.`;
  return `${lines.join("")}\n${sum}\n`;
}

/** Every check, in the order in which they build on each other; none throws. */
export async function examine(env: Environment): Promise<readonly Finding[]> {
  const { config, finding: settings } = checkSettings(env);
  const [server, ...refused] = await checkServer(env);
  const isRunning = server.level === "ok";
  const engines = config ? await Promise.all([checkPostgres(config), checkClickHouse(config)]) : [];
  return [
    checkNode(), ...checkLibrary(), settings, await checkFolder(dataDirOf(env)), await checkSpace(dataDirOf(env)), ...engines,
    checkSockets(), await checkOpenFiles(), ...(config ? [await checkPort(config, isRunning)] : []), server, ...refused,
    { what: "Version", level: "ok", found: `Tributary ${packageJson.version}` },
  ];
}

function checkNode(): Finding {
  const major = Number(process.versions.node.split(".")[0]);
  const what = "Node";
  if (major >= NODE_MAJOR_MIN) return { what, level: "ok", found: process.version };
  return { what, level: "failure", found: `${process.version}, and ${NODE_MAJOR_MIN} is needed`, toDo: "Run the program with `npm start` or bin/tributary, which use the pinned Node." };
}

function checkLibrary(): readonly Finding[] {
  if (process.platform !== "linux") return [];
  const report: { header?: { glibcVersionRuntime?: string } } = process.report.getReport();
  const version = report.header?.glibcVersionRuntime;
  if (version) return [{ what: "C library", level: "ok", found: `glibc ${version}` }];
  return [{ what: "C library", level: "failure", found: "not glibc", toDo: "The embedded engines need glibc (Debian, Ubuntu, Fedora…); elsewhere set DATABASE_URL and CLICKHOUSE_URL." }];
}

function checkSettings(env: Environment): { config: Config | null; finding: Finding } {
  const what = "Settings";
  try {
    return { config: readConfig(env), finding: { what, level: "ok", found: "readable" } };
  } catch (error) {
    const found = error instanceof AppError ? error.message : String(error);
    return { config: null, finding: { what, level: "failure", found, toDo: "Correct these environment variables." } };
  }
}

async function checkFolder(dataDir: string): Promise<Finding> {
  const what = "Data directory";
  const existing = await nearestFolder(dataDir);
  try {
    await access(existing, constants.R_OK | constants.W_OK | constants.X_OK);
    return { what, level: "ok", found: existing === dataDir ? dataDir : `${dataDir} (will be made)` };
  } catch {
    return { what, level: "failure", found: `${existing} is closed to this user`, toDo: `Run: chown ${process.getuid?.() ?? "USER"} ${existing}, or choose another TRIBUTARY_DATA_DIR.` };
  }
}

async function nearestFolder(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    if (await stat(at).then((found) => found.isDirectory(), () => false)) return at;
    if (at === dirname(at)) return at;
  }
}

async function checkSpace(dataDir: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(await nearestFolder(dataDir));
  const free = bavail * bsize;
  const found = `${(free / 1024 ** 3).toFixed(1)} GiB free`;
  if (free >= FREE_BYTES_WANTED) return { what: "Disk", level: "ok", found };
  const toDo = "Free some space, or move TRIBUTARY_DATA_DIR to a larger disk; a full disk makes the server refuse events.";
  return { what: "Disk", level: free >= FREE_BYTES_MIN ? "warning" : "failure", found, toDo };
}

async function checkPostgres(config: Config): Promise<Finding> {
  const what = "Postgres";
  if (config.databaseUrl !== undefined) return checkAddress(what, config.databaseUrl, 5432, "DATABASE_URL");
  try {
    await packageFolder();
    return { what, level: "ok", found: "embedded, its programs are installed" };
  } catch (error) {
    if (error instanceof AppError) return { what, level: "failure", found: error.message, toDo: error.hint };
    throw error;
  }
}

async function checkClickHouse(config: Config): Promise<Finding> {
  const what = "ClickHouse";
  if (config.clickhouseUrl !== undefined) return checkAddress(what, config.clickhouseUrl, 8123, "CLICKHOUSE_URL");
  const library = `@chdb/lib-${process.platform}-${process.arch}${process.platform === "linux" ? "-gnu" : ""}`;
  try {
    const path = createRequire(createRequire(import.meta.url).resolve("chdb")).resolve(library);
    await access(path, constants.R_OK);
    return { what, level: "ok", found: "embedded (chDB), its library is installed" };
  } catch {
    return { what, level: "failure", found: `${library} is not installed`, toDo: "Run `npm ci` without --omit=optional, or set CLICKHOUSE_URL to a ClickHouse of your own." };
  }
}

async function checkAddress(what: string, url: string, defaultPort: number, setting: string): Promise<Finding> {
  if (!URL.canParse(url)) return { what, level: "failure", found: `${setting} is not an address`, toDo: `Correct ${setting}.` };
  const { hostname, port } = new URL(url);
  if (hostname === "") return { what, level: "ok", found: `${setting} names a socket` };
  const isThere = await canConnect(hostname, Number(port || defaultPort));
  if (isThere) return { what, level: "ok", found: `answers at ${hostname}` };
  return { what, level: "failure", found: `nothing answers at ${hostname}:${port || defaultPort}`, toDo: `Start it, or correct ${setting}.` };
}

function canConnect(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CONNECT_TIMEOUT_MS });
    const end = (isThere: boolean) => () => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once("connect", end(true)).once("error", end(false)).once("timeout", end(false));
  });
}

function checkSockets(): Finding {
  const what = "Sockets";
  const folder = tmpdir();
  if (Buffer.byteLength(folder) + SOCKET_NAME_BYTES <= SOCKET_PATH_MAX) return { what, level: "ok", found: `short enough paths in ${folder}` };
  return { what, level: "warning", found: `${folder} is a long path for unix sockets`, toDo: "Set TMPDIR to a short folder such as /tmp." };
}

async function checkOpenFiles(): Promise<Finding> {
  const what = "Open files";
  const limits = await readFile("/proc/self/limits", "utf8").catch(() => null);
  const soft = limits === null ? undefined : /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
  if (soft === undefined) return { what, level: "ok", found: "not known on this system; see `ulimit -n`" };
  if (soft === "unlimited" || Number(soft) >= OPEN_FILES_WANTED) return { what, level: "ok", found: `up to ${soft}` };
  return { what, level: "warning", found: `up to ${soft}, and ${OPEN_FILES_WANTED} are wanted`, toDo: `Run \`ulimit -n ${OPEN_FILES_WANTED}\` before the start, or LimitNOFILE=${OPEN_FILES_WANTED} in its unit.` };
}

async function checkPort(config: Config, isRunning: boolean): Promise<Finding> {
  const what = "Port";
  const where = `${config.host}:${config.port}`;
  if (isRunning) return { what, level: "ok", found: `${where} (the server runs)` };
  const problem = await listenProblem(config.host, config.port);
  if (problem === null) return { what, level: "ok", found: `${where} is free` };
  const toDo = problem === "EACCES" ? "Choose a PORT above 1023, or give the program the right to low ports." : "Stop what listens there, or choose another PORT or HOST.";
  return { what, level: "failure", found: `${where} can't be listened on (${problem})`, toDo };
}

function listenProblem(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port }, () => server.close(() => resolve(null)));
  });
}

/** How the server is, and what ClickHouse refused of what it wrote, when there is any. */
async function checkServer(env: Environment): Promise<readonly [Finding, ...Finding[]]> {
  const what = "Server";
  try {
    const client = createApiClient(await findServer(env));
    try {
      const { status, body } = await client.read("/health/ready");
      if (status === 200) return [{ what, level: "ok", found: `ready at ${client.server.url}` }, ...refusedWrites(body)];
      return [{ what, level: "failure", found: `at ${client.server.url}, not ready (${status})`, toDo: "See `tributary status`, and the server's log." }];
    } finally {
      await client.close();
    }
  } catch (error) {
    if (error instanceof CliError) return [{ what, level: "warning", found: error.message, toDo: error.hint }];
    throw error;
  }
}

function refusedWrites(readiness: unknown): readonly Finding[] {
  const found = readyParts.safeParse(readiness).data?.parts.refused_writes.detail ?? "none";
  if (found === "none") return [];
  return [{ what: "Refused writes", level: "warning", found, toDo: "See what and why, put the cause right, then POST /api/v1/refused-writes/retry." }];
}
