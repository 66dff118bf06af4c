// ClickHouse, by URL or as chDB in a child process of ours that speaks ClickHouse's HTTP protocol: start or connect,
// migrate; nothing else.
import type { ClickHouseClient } from "@clickhouse/client";
import type { Logger } from "../../core/logger.ts";

/** Plain data with which another thread or process reaches the same engine. */
export type ClickHouseEndpoint = { readonly socketPath: string } | { readonly url: string };

/** What a connection is for: each use has its own connections in the child, so that none waits behind another. */
export type ClickHouseUse = "write" | "evaluate" | "instants" | "api";

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

export declare function connectClickHouse(endpoint: ClickHouseEndpoint, use: ClickHouseUse): ClickHouseClient;
export declare function startClickHouse(options: ClickHouseOptions): Promise<ClickHouse>;
