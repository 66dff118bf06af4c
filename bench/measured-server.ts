// A server under measurement: the real program as a process of its own, with what its whole process tree (server, Postgres,
// chDB) uses of CPU, memory and disk.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, readdir, rm, statfs } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export const WRITE_KEY = "wk_bench_0123456789";
export const API_TOKEN = "token_bench_0123456789";

const main = fileURLToPath(new URL("../server/src/main.ts", import.meta.url));
const sender = fileURLToPath(new URL("load-worker.ts", import.meta.url));

export interface Usage {
  /** Seconds of CPU used so far by all processes of the tree. */
  readonly cpuSeconds: number;
  readonly cpuByPart: Readonly<Record<string, number>>;
  /** Of the server and of chDB, by the names of their threads. What ended since is in neither. */
  readonly cpuByThread: Readonly<Record<string, number>>;
  /** Proportional memory (PSS) of the tree in bytes. */
  readonly memoryBytes: number;
}

export interface MeasuredServer {
  readonly port: number;
  readonly url: string;
  readonly dataDir: string;
  metric(name: string): Promise<number>;
  /** With a body a POST, else a GET. */
  api<T>(path: string, body?: unknown): Promise<T>;
  usage(): Promise<Usage>;
  diskBytes(): Promise<number>;
  stop(): Promise<void>;
}

export async function startMeasuredServer(env: Readonly<Record<string, string>> = {}): Promise<MeasuredServer> {
  const dataDir = await mkdtemp(join(process.env["BENCH_DIR"] ?? tmpdir(), "trib-bench-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, [main], {
    env: {
      ...process.env, HOST: "127.0.0.1", PORT: String(port), TRIBUTARY_DATA_DIR: dataDir, TRIBUTARY_WRITE_KEY: WRITE_KEY, TRIBUTARY_API_TOKEN: API_TOKEN,
      LOG_LEVEL: "warn", NODE_ENV: "production", ...env,
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  while (!(await fetch(`${url}/health/ready`).then((response) => response.ok, () => false))) {
    if (child.exitCode !== null) throw new Error("The server did not start.");
    await sleep(50);
  }
  return {
    port, url, dataDir,
    async metric(name) {
      const text = await (await fetch(`${url}/metrics`)).text();
      return text.split("\n").filter((line) => line.startsWith(name)).reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
    },
    async api<T>(path: string, body?: unknown): Promise<T> {
      const headers = { authorization: `Bearer ${API_TOKEN}`, "content-type": "application/json" };
      const response = await fetch(`${url}/api/v1${path}`, { headers, ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }) });
      return (await response.json()) as T; // The caller names the documented shape.
    },
    usage: () => usageOf(child),
    diskBytes: () => sizeOf(dataDir),
    async stop() {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export interface LoadWish {
  readonly connections: number;
  readonly batch: number;
  readonly seconds: number;
  /** 0: as fast as answers come. */
  readonly eventsPerSecond: number;
  readonly seed?: number;
  readonly people?: number;
  readonly path?: string;
  readonly run: string;
  readonly writeKey?: string;
}

export interface LoadResult {
  readonly accepted: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly p50: number;
  readonly p99: number;
  readonly requests: number;
}

/** Sends load from a process of its own. */
export async function sendLoad(port: number, wish: LoadWish): Promise<LoadResult> {
  const config = { port, writeKey: WRITE_KEY, seed: 1, people: 1_000_000, path: wish.batch === 1 ? "/v1/track" : "/v1/batch", ...wish };
  const child = spawn(process.execPath, [sender, JSON.stringify(config)], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => void (text += chunk.toString()));
  await once(child, "exit");
  return JSON.parse(text) as LoadResult; // Written by our own sender.
}

async function usageOf(child: ChildProcess): Promise<Usage> {
  const pids = await treeOf(child.pid ?? 0);
  const cpuByPart: Record<string, number> = {};
  const cpuByThread: Record<string, number> = {};
  let memoryBytes = 0;
  for (const pid of pids) {
    try {
      const stat = (await readFile(`/proc/${pid}/stat`, "utf8")).replace(/^.*\) /, "").split(" ");
      // Fields 14 to 17 of /proc/pid/stat: own time, and that of children already ended.
      const ticks = [11, 12, 13, 14].reduce((sum, field) => sum + Number(stat[field]), 0);
      const command = (await readFile(`/proc/${pid}/cmdline`, "utf8")).replaceAll("\0", " ");
      const part = command.includes("postgres") ? "postgres" : command.includes("chdb-child") ? "chdb" : "server";
      cpuByPart[part] = (cpuByPart[part] ?? 0) + ticks / 100;
      if (part !== "postgres") for (const { name, seconds } of await threadsOf(pid)) cpuByThread[`${part} ${name}`] = (cpuByThread[`${part} ${name}`] ?? 0) + seconds;
      const rollup = await readFile(`/proc/${pid}/smaps_rollup`, "utf8");
      memoryBytes += Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0) * 1024;
    } catch {
      // The process ended between the two looks.
    }
  }
  return { cpuSeconds: Object.values(cpuByPart).reduce((sum, seconds) => sum + seconds, 0), cpuByPart, cpuByThread, memoryBytes };
}

async function threadsOf(pid: number): Promise<{ readonly name: string; readonly seconds: number }[]> {
  return Promise.all((await readdir(`/proc/${pid}/task`)).map(async (thread) => {
    const stat = await readFile(`/proc/${pid}/task/${thread}/stat`, "utf8").catch(() => "");
    const fields = stat.replace(/^.*\) /, "").split(" ");
    return { name: /\((.*)\)/.exec(stat)?.[1] ?? "ended", seconds: (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100 };
  }));
}

async function treeOf(root: number): Promise<number[]> {
  const parents = new Map<number, number[]>();
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, "utf8").catch(() => undefined);
    const parent = Number(stat?.replace(/^.*\) /, "").split(" ")[1]);
    if (stat) parents.set(parent, [...(parents.get(parent) ?? []), Number(entry)]);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(parents.get(pid) ?? []));
  return tree;
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const { stat } = await import("node:fs/promises");
    bytes += await stat(join(entry.parentPath, entry.name)).then((file) => file.blocks * 512, () => 0);
  }
  return bytes;
}

export async function diskFreeBytes(folder: string): Promise<number> {
  const disk = await statfs(folder);
  return disk.bavail * disk.bsize;
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo; // A server that listens on a port has one.
      probe.close(() => resolve(port));
    });
  });
}
