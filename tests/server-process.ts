// For whole-system tests: a real server as a process of its own, on a free port and a data directory of its own, that can
// be killed and started again on the same data. It is driven over HTTP only.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { connectClickHouse, type ClickHouseEndpoint } from "../server/src/engines/clickhouse/clickhouse.ts";
import { copyEngine } from "../server/src/engines/testing.ts";

export const WRITE_KEY = "wk_whole_system_tests";
export const API_TOKEN = "token_whole_system_tests";

const main = fileURLToPath(new URL("../server/src/main.ts", import.meta.url));

export interface ServerProcess {
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
  /** Of the server while it runs. */
  pid(): number | undefined;
  /** Starts it (again) and resolves when it is ready. */
  start(): Promise<void>;
  /** kill -9 of the server process alone; its engines notice by themselves. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** Stops it and removes its data. */
  remove(): Promise<void>;
  /** What it wrote to standard output and error, all lives together. */
  output(): string;
  /** Calls the API; `path` is below /api/v1. Rejects with the answer's text when the status is not 2xx, unless `anyStatus`. */
  api<T>(path: string, options?: { method?: string; body?: unknown; headers?: Record<string, string>; anyStatus?: boolean }): Promise<T>;
  /** Sends a body to a collection path with the write key as Basic auth; gives the status. */
  send(path: string, body: unknown): Promise<number>;
  /** Resolves when everything received is decided and known to stand in ClickHouse. */
  settled(timeoutMs?: number): Promise<void>;
}

export interface ServerProcessOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Its data directory is empty, as that of a new user; else both engines have been started in it before. */
  readonly isNew?: boolean;
}

export async function startServerProcess(options: ServerProcessOptions = {}): Promise<ServerProcess> {
  const dataDir = await mkdtemp(join(tmpdir(), "trib-e2e-"));
  if (options.isNew !== true) await Promise.all([copyEngine("postgres", dataDir), copyEngine("clickhouse", dataDir)]);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  let text = "";

  async function api<T>(
    path: string, { method = "GET", body, headers = {}, anyStatus = false }: { method?: string; body?: unknown; headers?: Record<string, string>; anyStatus?: boolean } = {},
  ): Promise<T> {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${API_TOKEN}`, ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = await response.text();
    if (!response.ok && !anyStatus) throw new Error(`${method} ${path}: ${response.status} ${answer}`);
    return JSON.parse(answer) as T; // The caller names the documented shape.
  }

  const server: ServerProcess = {
    url, port, dataDir,
    pid: () => child?.pid,
    async start() {
      const started = spawn(process.execPath, [main], {
        env: {
          ...process.env, HOST: "127.0.0.1", PORT: String(port), TRIBUTARY_DATA_DIR: dataDir, TRIBUTARY_WRITE_KEY: WRITE_KEY, TRIBUTARY_API_TOKEN: API_TOKEN,
          LOG_LEVEL: process.env["TEST_SERVER_LOG"] ?? "warn", NODE_ENV: "production", ...options.env,
        },
        stdio: ["ignore", "pipe", "pipe"],
      });
      child = started;
      started.stdout.on("data", (chunk: Buffer) => void (text += chunk.toString()));
      started.stderr.on("data", (chunk: Buffer) => void (text += chunk.toString()));
      for (let i = 0; ; i++) {
        if (started.exitCode !== null || i > 2_000) throw new Error(`The server did not start.\n${text}`);
        const isReady = await fetch(`${url}/health/ready`).then((response) => response.ok, () => false);
        if (isReady) return;
        await sleep(50);
      }
    },
    async kill() {
      const killed = child;
      if (!killed || killed.exitCode !== null || killed.signalCode !== null) return;
      const ended = once(killed, "exit");
      killed.kill("SIGKILL");
      await ended;
    },
    async stop() {
      const stopping = child;
      if (!stopping || stopping.exitCode !== null || stopping.signalCode !== null) return stopping?.exitCode ?? null;
      const ended = once(stopping, "exit");
      stopping.kill("SIGTERM");
      await ended;
      return stopping.exitCode;
    },
    async remove() {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
    output: () => text,
    api,
    async send(path, body) {
      const response = await fetch(`${url}${path}`, {
        method: "POST", headers: { authorization: `Basic ${Buffer.from(`${WRITE_KEY}:`).toString("base64")}` },
        body: typeof body === "string" ? body : JSON.stringify(body),
      });
      await response.arrayBuffer();
      return response.status;
    },
    async settled(timeoutMs = 240_000) {
      const deadlineMs = performance.now() + timeoutMs;
      for (;;) {
        const ledger = await api<Ledger>("/ledger");
        if (isSettled(ledger)) return;
        if (performance.now() > deadlineMs) throw new Error(`The pipeline did not settle: ${JSON.stringify(ledger)}\n${text.slice(-30_000)}`);
        await sleep(50);
      }
    },
  };
  await server.start();
  return server;
}

/** The part of the ledger's answer that tells whether anything still waits. */
interface Ledger {
  readonly balanced: boolean;
  readonly verified: boolean;
  readonly sources: readonly { readonly received: number; readonly waiting_to_be_decided: number; readonly waiting_to_land: number }[];
  readonly waiting_to_be_read: { readonly unread_chunks: number };
}

function isSettled(ledger: Ledger): boolean {
  return ledger.balanced && ledger.verified && ledger.waiting_to_be_read.unread_chunks === 0
    && ledger.sources.every((source) => source.waiting_to_be_decided === 0 && source.waiting_to_land === 0);
}

interface ServerFile {
  readonly url: string;
  readonly localToken: string;
  readonly clickhouse: ClickHouseEndpoint;
}

/** The data directory's own server file: the address, the local token, and where ClickHouse is. */
export async function serverFile(dataDir: string): Promise<ServerFile> {
  return JSON.parse(await readFile(join(dataDir, "server.json"), "utf8")) as ServerFile; // Written by our server.
}

/** Asks the running server's ClickHouse. */
export async function sql<T>(dataDir: string, query: string): Promise<T[]> {
  const client = connectClickHouse((await serverFile(dataDir)).clickhouse, "api");
  try {
    return await (await client.query({ query, format: "JSONEachRow" })).json<T>();
  } finally {
    await client.close();
  }
}

/** Opens the running server's Postgres as its owner: for what the API would not make. */
export async function connectPostgres(dataDir: string): Promise<pg.Client> {
  const host = (await readFile(join(dataDir, "postgres.socket-folder"), "utf8")).trim();
  const password = (await readFile(join(dataDir, "postgres.password"), "utf8")).trim();
  const client = new pg.Client({ host, port: 5432, user: "tributary", password, database: "postgres" });
  await client.connect();
  return client;
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo; // A server that listens on a port has one.
      probe.close(() => resolve(port));
    });
  });
}
