// Puts one finished block of rows into ClickHouse and tells, after any doubt, what of it landed. One INSERT is one part:
// it is there whole or not at all, and on disk when the call returns. Nothing here retries.
import { randomUUID } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { ClickHouseError, type ClickHouseClient, type ClickHouseSettings } from "@clickhouse/client";
import { rowsFileHeader } from "./clickhouse-use.ts";

/** Above any block's rows and bytes, so that the engine never cuts one; blocks are far smaller (see the outbox). */
const partRowsMax = "1048576";
const partBytesMax = String(512 * 1024 * 1024);

const blockSettings: ClickHouseSettings = {
  async_insert: 0,
  insert_deduplicate: 0,
  max_insert_block_size: partRowsMax,
  min_insert_block_size_rows: partRowsMax,
  min_insert_block_size_bytes: partBytesMax,
  max_insert_threads: "1",
  input_format_parallel_parsing: 0,
  input_format_binary_read_json_as_string: 1,
};

export interface Block {
  /** `INSERT INTO events (workspace_id, …) FORMAT RowBinary` */
  readonly statement: string;
  /** Rows in that format, all of one partition of the table; in one piece or several. */
  readonly body: Buffer | readonly Buffer[];
  /** Names the query in system.processes (see waitUntilIdle). */
  readonly queryId?: string;
}

/**
 * Resolves when the rows are durable. A rejection for which `isRefusal` is true means that none landed; after any other
 * the rows may have landed, or may still be landing.
 */
export async function insertBlock(client: ClickHouseClient, { statement, body, queryId = randomUUID() }: Block): Promise<void> {
  const pieces = Buffer.isBuffer(body) ? [body] : body;
  const insert = { query: statement, query_id: queryId, clickhouse_settings: blockSettings };
  const folder = rowsFolders.get(client);
  if (folder !== undefined) return insertFile(client, folder, pieces, insert);
  const values = new Readable({ read: () => undefined, highWaterMark: pieces.reduce((sum, piece) => sum + piece.length, 0) });
  for (const piece of pieces) values.push(piece);
  values.push(null);
  const { stream } = await client.exec({ ...insert, values });
  // An INSERT answers without a body; reading to its end frees the connection.
  await finished(stream.resume());
}

const rowsFolders = new WeakMap<ClickHouseClient, string>();

/** From now on blocks inserted by this client go through files in this folder, which its engine reads. */
export function keepRowsIn(client: ClickHouseClient, folder: string): void {
  rowsFolders.set(client, folder);
}

/**
 * The embedded engine reads the rows of an INSERT from a file all the same. Written here, they need not pass through a
 * socket first, piece by piece, with both ends awake for each.
 */
async function insertFile(
  client: ClickHouseClient, folder: string, pieces: readonly Buffer[],
  insert: { readonly query: string; readonly query_id: string; readonly clickhouse_settings: ClickHouseSettings },
): Promise<void> {
  const name = `rows-${randomUUID()}`;
  const path = join(folder, name);
  try {
    const file = await open(path, "wx", 0o600);
    try {
      let offset = 0;
      for (const piece of pieces) {
        for (let at = 0; at < piece.length; ) at += (await file.write(piece, at, piece.length - at, offset + at)).bytesWritten;
        offset += piece.length;
      }
    } finally {
      await file.close();
    }
    const { stream } = await client.exec({ ...insert, http_headers: { [rowsFileHeader]: name } });
    await finished(stream.resume());
  } finally {
    // One of an insert that goes on after its answer was lost is open there already, or not wanted any more.
    await rm(path, { force: true });
  }
}

/** Runs a repeatable change of rows (ALTER … UPDATE) and waits until it is done in every part. */
export async function runStatement(client: ClickHouseClient, statement: string): Promise<void> {
  // Said here too, because all that follows the statement in the outbox rests on it.
  await client.command({ query: statement, clickhouse_settings: { mutations_sync: "2" } });
}

/** The block_row of every row of the block that is in the table, in no order. */
export async function landedRows(client: ClickHouseClient, table: string, blockId: number): Promise<number[]> {
  const result = await client.query({
    query: "select block_row from {table:Identifier} where block_id = {block:UInt64}",
    query_params: { table, block: blockId },
    format: "JSONCompactEachRow",
  });
  const rows = await result.json<[number]>();
  return rows.map(([row]) => row);
}

/** How many rows of each block are in the table; those of which none is are left out. */
export async function landedCounts(client: ClickHouseClient, table: string, blockIds: readonly number[]): Promise<ReadonlyMap<number, number>> {
  const result = await client.query({
    query: "select block_id, count() from {table:Identifier} where block_id in {blocks:Array(UInt64)} group by block_id",
    query_params: { table, blocks: blockIds },
    format: "JSONCompactEachRow",
  });
  return new Map(await result.json<[number, number]>());
}

/**
 * Resolves true when no query whose id begins with `queryId` is running, false when one still was after `timeoutMs`. Use a
 * client of the same use ("write"): then the question also stands behind whatever waits for that connection.
 */
export async function waitUntilIdle(client: ClickHouseClient, queryId: string, timeoutMs = 60_000): Promise<boolean> {
  const deadlineMs = performance.now() + timeoutMs;
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 2, 500)) {
    if (!(await isRunning(client, queryId))) return true;
    if (performance.now() > deadlineMs) return false;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/** A server knows the query by its id; our child by the comment that it puts before it. */
async function isRunning(client: ClickHouseClient, queryId: string): Promise<boolean> {
  const result = await client.query({
    query: "select 1 from system.processes where startsWith(query_id, {id:String}) or startsWith(query, concat('/*', {id:String})) limit 1",
    query_params: { id: queryId },
    format: "JSONCompactEachRow",
  });
  return (await result.json()).length > 0;
}

/**
 * Takes back changes of rows of a table that were begun and fail: they would be tried for ever, and every later change of
 * the table would wait behind them. A change that another sender waits for fails there, and is made again.
 */
export async function killFailedMutations(client: ClickHouseClient, table: string): Promise<void> {
  await client.command({
    query: "KILL MUTATION WHERE database = currentDatabase() AND table = {table:String} AND NOT is_done AND latest_fail_reason != '' SYNC",
    query_params: { table },
  });
}

// What ClickHouse answers when a row can't be taken: unreadable, impossible or too large values, or values that a constraint
// forbids. A full disk, a lost table or too little memory are not among them: those rows will be taken later.
const refusalCodes = new Set([
  6, 25, 26, 27, 32, 33, 34, 35, 36, 38, 41, 43, 49, 53, 62, 67, 69, 70, 72, 117, 128, 129, 131, 153, 190, 307, 321, 349, 376, 407, 432,
  454, 467, 469, 472, 568, 645, 691,
]);

// A statement that fails like this fails again until somebody changes something: a table, column or function is not there, or
// it can't be done to this table.
const lastingCodes = new Set([8, 10, 16, 42, 44, 46, 47, 48, 50, 60, 63, 81, 115, 167, 168, 179, 184, 344, 386, 420]);

// What goes away by itself, or once the operator gives ClickHouse what it needs: time, memory, space, threads, the network,
// replicas, fewer parts, the right to write.
const transientCodes = new Set([
  74, 75, 76, 159, 160, 164, 173, 198, 201, 202, 209, 210, 225, 236, 241, 242, 243, 252, 254, 279, 285, 286, 319, 394, 473, 497, 499, 516,
  692, 999,
]);
/** A change of rows that was begun fails with this code, whatever the cause; then the error's type names the cause. */
const UNFINISHED = 341;
const transientTypes = /^(MEMORY_LIMIT_EXCEEDED|CANNOT_ALLOCATE_MEMORY|NOT_ENOUGH_SPACE|TIMEOUT_EXCEEDED|ABORTED|NETWORK_ERROR|SOCKET_TIMEOUT|S3_ERROR)$/;

/** ClickHouse's code of an error; 0 when it did not come from there. */
export function codeOf(error: unknown): number {
  return error instanceof ClickHouseError ? Number(error.code) : 0;
}

/** ClickHouse said that it can't take these rows, and took none. */
export function isRefusal(error: unknown): boolean {
  return refusalCodes.has(codeOf(error));
}

/** ClickHouse said of a statement what it will say again. */
export function isLasting(error: unknown): boolean {
  return isRefusal(error) || lastingCodes.has(codeOf(error));
}

/** ClickHouse was not reached, or said something that passes. What is neither this nor lasting is unknown to us. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof ClickHouseError)) return true;
  const code = codeOf(error);
  return transientCodes.has(code) || (code === UNFINISHED && transientTypes.test(error.type ?? ""));
}
