// The native part of the npm package chdb, with types. Used instead of the package's class, whose bound parameters run
// one query at a time over all connections. Its InsertRaw is left out on purpose: the engine takes the data of an INSERT
// for ended at the first empty line, and runs what follows as SQL. Data go in by file (see chdb-connection.ts).
import { createRequire } from "node:module";
import { AppError } from "../../core/errors.ts";

export type NativeConnection = { readonly brand: "chdb connection" };
export type NativeStream = { readonly brand: "chdb stream" };

export interface NativeResult {
  readonly bytes: Uint8Array;
  /** Seconds. */
  readonly elapsed: number;
  readonly rowsRead: number;
  readonly bytesRead: number;
}

export interface NativeChunk {
  readonly done: boolean;
  readonly numRows: number;
  readonly bytes: Uint8Array;
}

/** Every failure is an Error whose message is ClickHouse's: `Code: N. DB::Exception: …`. */
export interface ChdbNative {
  CreateConnection(path: string, args: readonly string[]): NativeConnection;
  /** Only when nothing runs on the connection. */
  CloseConnection(connection: NativeConnection): void;
  QueryAsyncConnection(connection: NativeConnection, sql: string, format: string): Promise<NativeResult>;
  /** Returns at once; the query's errors come from the first fetch. */
  StreamQuery(connection: NativeConnection, sql: string, format: string): NativeStream;
  StreamFetch(stream: NativeStream): Promise<NativeChunk>;
  /** Never while a fetch is running, and never twice. */
  StreamCancel(stream: NativeStream): void;
}

const packageByPlatform: Readonly<Record<string, string>> = {
  "linux-x64": "@chdb/lib-linux-x64-gnu",
  "linux-arm64": "@chdb/lib-linux-arm64-gnu",
  "darwin-x64": "@chdb/lib-darwin-x64",
  "darwin-arm64": "@chdb/lib-darwin-arm64",
};

/** Loads the engine into this process. Only the child does that. Throws AppError `engine_failed` where there is none. */
export function loadChdbNative(): ChdbNative {
  const platform = `${process.platform}-${process.arch}`;
  const name = packageByPlatform[platform];
  if (!name) {
    throw new AppError("engine_failed", {
      detail: `The embedded ClickHouse has no build for ${platform}.`,
      hint: "Set CLICKHOUSE_URL to a ClickHouse server, or run on Linux (glibc) or macOS; on Windows use WSL.",
    });
  }
  const fromHere = createRequire(import.meta.url);
  const fromChdb = createRequire(fromHere.resolve("chdb"));
  try {
    return fromChdb(name);
  } catch (cause) {
    throw new AppError("engine_failed", {
      detail: `The package ${name} could not be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: "Run `npm ci` with optional dependencies; on musl systems (Alpine) set CLICKHOUSE_URL instead.",
      cause,
    });
  }
}
