// What a ClickHouse connection is for, and what each use may take: its number of connections in the child, and the time,
// memory and threads of one query. The one place where these limits are named; a caller may only ask for less.
import { availableParallelism, totalmem } from "node:os";

export const clickHouseUses = ["write", "evaluate", "instants", "deliver", "models", "preview", "api", "sql"] as const;

/** Each use has its own connections in the child, so that none waits behind another. */
export type ClickHouseUse = (typeof clickHouseUses)[number];

/** The request header that tells our child which connections to take. */
export const useHeader = "x-tributary-use";

/** The request header that names a file with the rows of an INSERT, in the folder that server and child share for that. */
export const rowsFileHeader = "x-tributary-rows-file";

export interface UseLimits {
  /** One chDB connection runs one query at a time. */
  readonly connections: number;
  /** How many requests may wait for a connection; more are refused. */
  readonly queueMax: number;
  readonly executionSecondsMax: number;
  readonly memoryBytesMax: number;
  readonly threadsMax: number;
}

/** What the embedded engine may take in all: a quarter of what this process may have, but enough to work with. */
export const serverMemoryBytesMax = Math.max(512 * 1024 * 1024, Math.floor(availableMemory() / 4));
export const markCacheBytes = 256 * 1024 * 1024;
/** With less free than this the embedded engine writes no part: Postgres needs room to note what did not land. */
export const keptFreeBytes = 64 * 1024 * 1024;

const cores = availableParallelism();
const halfOfCores = Math.max(1, Math.floor(cores / 2));
const memoryOfOne = Math.floor(serverMemoryBytesMax / 2);

export const limitsByUse: Readonly<Record<ClickHouseUse, UseLimits>> = {
  write: { connections: 1, queueMax: 64, executionSecondsMax: 600, memoryBytesMax: memoryOfOne, threadsMax: cores },
  evaluate: { connections: 2, queueMax: 64, executionSecondsMax: 120, memoryBytesMax: memoryOfOne, threadsMax: cores },
  instants: { connections: 1, queueMax: 64, executionSecondsMax: 120, memoryBytesMax: memoryOfOne, threadsMax: cores },
  deliver: { connections: 2, queueMax: 128, executionSecondsMax: 120, memoryBytesMax: memoryOfOne, threadsMax: halfOfCores },
  // Readings of models are long, and nobody waits for them.
  models: { connections: 1, queueMax: 64, executionSecondsMax: 600, memoryBytesMax: memoryOfOne, threadsMax: halfOfCores },
  // Somebody waits for the answer while they type, and one question may be all that is asked: it has every core.
  preview: { connections: 3, queueMax: 128, executionSecondsMax: 30, memoryBytesMax: memoryOfOne, threadsMax: cores },
  // Statements that people write: none of our own waits behind them.
  sql: { connections: 3, queueMax: 16, executionSecondsMax: 3_600, memoryBytesMax: memoryOfOne, threadsMax: halfOfCores },
  api: { connections: 4, queueMax: 128, executionSecondsMax: 30, memoryBytesMax: memoryOfOne, threadsMax: halfOfCores },
};

/** A container's limit where there is one. */
function availableMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

export function isClickHouseUse(text: string): text is ClickHouseUse {
  return clickHouseUses.some((use) => use === text);
}

/** Settings that every query has, so that JSON keeps its text as it came and both ways of running behave alike. */
export const commonSettings: Readonly<Record<string, string>> = {
  input_format_try_infer_dates: "0",
  input_format_try_infer_datetimes: "0",
  type_json_skip_duplicated_paths: "1",
  async_insert: "0",
  // A change of rows has been made when its statement returns; the two ways of running differ here by default.
  mutations_sync: "2",
  // 64-bit integers come as JSON numbers: all of ours but the hashes are safe integers.
  output_format_json_quote_64bit_integers: "0",
};

/** The settings of a query: the common ones, the caller's, and the limits of its use unless the caller's are smaller. */
export function settingsFor(use: ClickHouseUse, asked: Readonly<Record<string, string>> = {}): Record<string, string> {
  const limits = limitsByUse[use];
  return {
    ...commonSettings,
    ...asked,
    max_execution_time: smaller(asked["max_execution_time"], limits.executionSecondsMax),
    max_memory_usage: smaller(asked["max_memory_usage"], limits.memoryBytesMax),
    max_threads: smaller(asked["max_threads"], limits.threadsMax),
  };
}

/** Zero, missing and unreadable mean "no limit" to the engine, so they give the limit. */
function smaller(asked: string | undefined, limit: number): string {
  const value = Number(asked);
  return asked !== undefined && value > 0 && value < limit ? asked : String(limit);
}
