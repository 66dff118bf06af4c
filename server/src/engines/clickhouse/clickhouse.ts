// ClickHouse, by URL or as chDB in a child process of ours that speaks ClickHouse's HTTP protocol: start or connect,
// migrate; nothing else.
import { Agent, type AgentOptions } from "node:http";
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from "@clickhouse/client";
import { AppError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import { superviseChdb } from "./chdb-supervisor.ts";
import { limitsByUse, settingsFor, useHeader, type ClickHouseUse } from "./clickhouse-use.ts";
import { keepRowsIn } from "./insert-block.ts";
import { migrateClickHouse } from "./migrate.ts";

export type { ClickHouseUse } from "./clickhouse-use.ts";

/** Plain data with which another thread or process reaches the same engine. */
export type ClickHouseEndpoint = EmbeddedEndpoint | { readonly url: string };

interface EmbeddedEndpoint {
  readonly socketPath: string;
  /** Where rows are put that the child is to insert. */
  readonly insertsFolder: string;
}

export interface ClickHouseOptions {
  readonly dataDir: string;
  readonly clickhouseUrl?: string;
  readonly logger: Logger;
}

export interface ClickHouse {
  readonly mode: "embedded" | "url";
  readonly endpoint: ClickHouseEndpoint;
  client(use: ClickHouseUse): ClickHouseClient;
  /** The child's process id, for tests and `doctor`; undefined with a URL. */
  readonly pid: () => number | undefined;
  stop(): Promise<void>;
}

/** The oldest server whose JSON type may hold what we store. */
const serverVersionMin = [25, 8] as const;

/** A client for one use. It connects when first used; the caller closes it. */
export function connectClickHouse(endpoint: ClickHouseEndpoint, use: ClickHouseUse): ClickHouseClient {
  const limits = limitsByUse[use];
  const common = {
    request_timeout: (limits.executionSecondsMax + 30) * 1000,
    use_multipart_params_auto: true,
    // Every failure reaches the caller as an error; a second report on standard error would not be structured.
    log: { level: ClickHouseLogLevel.OFF },
  };
  if ("url" in endpoint) {
    const { url } = endpoint;
    return createClient({ ...common, url, max_open_connections: limits.connections * 2, clickhouse_settings: settingsFor(use) });
  }
  const client = createClient({
    ...common,
    url: "http://localhost",
    http_agent: socketAgent(endpoint.socketPath, limits.queueMax),
    http_headers: { [useHeader]: use },
    set_basic_auth_header: false,
  });
  keepRowsIn(client, endpoint.insertsFolder);
  return client;
}

/** Node's agent takes a socket path, which its types leave out. */
function socketAgent(socketPath: string, maxSockets: number): Agent {
  const options: AgentOptions & { readonly socketPath: string } = { socketPath, keepAlive: true, maxSockets };
  return new Agent(options);
}

/** Starts chDB's child, or connects to the server at the URL, and migrates. Throws AppError when that cannot be. */
export async function startClickHouse(options: ClickHouseOptions): Promise<ClickHouse> {
  return options.clickhouseUrl === undefined ? startEmbedded(options) : connectToServer(options.clickhouseUrl);
}

async function startEmbedded(options: ClickHouseOptions): Promise<ClickHouse> {
  const supervisor = await superviseChdb(options);
  return ready("embedded", { socketPath: supervisor.socketPath, insertsFolder: supervisor.insertsFolder }, supervisor.pid, () => supervisor.stop());
}

async function connectToServer(url: string): Promise<ClickHouse> {
  const client = connectToUrl(url);
  try {
    await checkServer(client);
  } finally {
    await client.close();
  }
  return ready("url", { url }, () => undefined, () => Promise.resolve());
}

/** The address may hold a password, so no error repeats it. */
function connectToUrl(url: string): ClickHouseClient {
  try {
    return connectClickHouse({ url }, "write");
  } catch {
    throw new AppError("invalid_config", {
      detail: "CLICKHOUSE_URL is not an address that a client can use.",
      hint: "Write it as https://user:password@host:8443/database.",
    });
  }
}

async function ready(
  mode: ClickHouse["mode"], endpoint: ClickHouseEndpoint, pid: ClickHouse["pid"], stopEngine: () => Promise<void>,
): Promise<ClickHouse> {
  const clients = new Map<ClickHouseUse, ClickHouseClient>();
  const client = (use: ClickHouseUse) => {
    const known = clients.get(use);
    if (known) return known;
    const made = connectClickHouse(endpoint, use);
    clients.set(use, made);
    return made;
  };
  const stop = async () => {
    await Promise.all([...clients.values()].map((each) => each.close()));
    await stopEngine();
  };
  try {
    await migrateClickHouse(client("write"));
  } catch (error) {
    await stop();
    if (error instanceof AppError) throw error;
    const detail = `ClickHouse's tables could not be brought up to date: ${error instanceof Error ? error.message : String(error)}`;
    throw new AppError("engine_failed", { detail, cause: error });
  }
  return { mode, endpoint, client, pid, stop };
}

async function checkServer(client: ClickHouseClient): Promise<void> {
  const [row] = await ask(client);
  const version = row?.version ?? "";
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < serverVersionMin[0] || (major === serverVersionMin[0] && minor < serverVersionMin[1])) {
    const needed = `${serverVersionMin.join(".")} or newer is needed`;
    throw new AppError("engine_failed", {
      detail: `The server at CLICKHOUSE_URL is ClickHouse ${version || "of unknown version"}; ${needed}.`,
      hint: "Upgrade that server, or unset CLICKHOUSE_URL to use the embedded engine.",
    });
  }
}

/** Runs under the settings that we need, so a server or an account that refuses them is found here. */
async function ask(client: ClickHouseClient): Promise<{ version: string }[]> {
  try {
    const result = await client.query({
      query: "select version() as version",
      format: "JSONEachRow",
      clickhouse_settings: { input_format_binary_read_json_as_string: 1 },
    });
    return await result.json<{ version: string }>();
  } catch (cause) {
    throw new AppError("engine_failed", {
      detail: `The server at CLICKHOUSE_URL can't be used: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: "Check the address, user and password, and that the account may change settings (readonly = 0).",
      cause,
    });
  }
}
