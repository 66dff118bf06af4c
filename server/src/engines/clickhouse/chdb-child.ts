// The main program of the child process that holds chDB: ClickHouse's HTTP protocol on a unix socket, a few connections for
// each use. Started by chdb-supervisor.ts. It ends when told so on its standard input, or when that closes, so that it
// never outlives its server; it heeds no signals.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { setPriority } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openChdbConnection, type ChdbConnection, type Environment } from "./chdb-connection.ts";
import { loadChdbNative } from "./chdb-native.ts";
import { clickHouseUses, keptFreeBytes, limitsByUse, settingsFor, type ClickHouseUse } from "./clickhouse-use.ts";
import * as protocol from "./http-protocol.ts";
import { lowerMerges } from "./merges-wait.ts";
import { createPartCare, removeUnreadableMutations, type PartCare, type Reload } from "./part-care.ts";
import { quoteText } from "./sql-text.ts";
import { slots, type Slots } from "./slots.ts";

/** Set before the engine makes its threads, which inherit it: the door and the profile API go first where cores are few. */
const BACKGROUND_NICENESS = 5;
setPriority(0, BACKGROUND_NICENESS);

/** Long enough for bound values in the URL; the client sends longer ones as a form. */
const headerBytesMax = 4 * 1024 * 1024;
/** How long running queries may take to finish once we are asked to end. */
const drainMsMax = 10_000;
const orphanDrainMsMax = 2_000;
/** A reader that takes nothing for so long loses its result. */
const readerIdleMsMax = 60_000;

// Formats in which results written block by block read the same as results written whole.
const streamedFormats = new Set([
  "JSONEachRow", "JSONCompactEachRow", "JSONStringsEachRow", "JSONCompactStringsEachRow", "TabSeparated", "TSV", "TSVRaw",
  "TabSeparatedRaw", "CSV", "RowBinary", "LineAsString",
]);

interface Pool {
  readonly connections: Slots<ChdbConnection>;
  /** Who may have a body in memory: those that run, and as many again. */
  readonly doors: Slots<object>;
}

interface Engine {
  readonly pools: ReadonlyMap<ClickHouseUse, Pool>;
  readonly all: readonly ChdbConnection[];
  readonly care: PartCare;
  readonly dataPath: string;
  /** Ends a running query; it works beside all others. */
  kill(queryId: string): void;
}

function openEngine(dataPath: string, configFile: string): Engine {
  const native = loadChdbNative();
  const open = () => openChdbConnection(native, dataPath, [`--config-file=${configFile}`]);
  for (const folder of tableFolders(dataPath)) removeUnreadableMutations(folder);
  const control = open();
  const caring = open();
  const all = [control, caring];
  const care = createPartCare({ connection: caring, report: tellServer, giveUp: () => void setImmediate(() => process.exit(1)) });
  const pools = new Map<ClickHouseUse, Pool>();
  for (const use of clickHouseUses) {
    const { connections: count, queueMax } = limitsByUse[use];
    const connections = Array.from({ length: count }, open);
    all.push(...connections);
    const refuse = () =>
      new protocol.ClickHouseException(202, "TOO_MANY_SIMULTANEOUS_QUERIES", `More than ${queueMax} queries wait for use "${use}".`);
    const doors = Array.from({ length: count * 2 }, () => ({}));
    pools.set(use, { connections: slots(connections, queueMax, refuse), doors: slots(doors, queueMax, refuse) });
  }
  let killing: Promise<unknown> = Promise.resolve();
  const kill = (queryId: string) => {
    const sql = `KILL QUERY WHERE startsWith(query, ${quoteText(markOf(queryId))}) ASYNC`;
    const environment: Environment = { settings: {}, parameters: {}, database: "default" };
    killing = killing.then(() => control.query(sql, "Null", environment)).catch(() => undefined);
  };
  lowerMerges();
  return { pools, all, care, dataPath, kill };
}

function tableFolders(dataPath: string): string[] {
  const store = join(dataPath, "store");
  if (!existsSync(store)) return [];
  return readdirSync(store).flatMap((group) => readdirSync(join(store, group)).map((table) => join(store, group, table)));
}

/** The server writes it into its log. */
function tellServer(reload: Reload): void {
  process.stderr.write(`${new Date().toISOString()} tables read again: ${JSON.stringify(reload)}\n`);
  if (process.connected) process.send?.(reload, () => undefined);
}

/** chDB makes query ids of its own; ours stands as a comment before the query, where system.processes shows it. */
function markOf(queryId: string): string {
  return `/*${queryId}*/`;
}

async function answer(engine: Engine, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) gone.abort(new Error("The client went away."));
  });
  let queryId: string | undefined;
  try {
    const url = new URL(request.url ?? "/", "http://localhost");
    if (url.pathname === "/ping" || url.pathname === "/replicas_status") return void response.end("Ok.\n");
    if (url.pathname !== "/") throw new protocol.ClickHouseException(60, "UNKNOWN_TABLE", `There is no ${url.pathname} here.`);
    queryId = protocol.queryIdOf(url);
    const use = protocol.useOf(request);
    const pool = engine.pools.get(use);
    if (!pool) throw new protocol.ClickHouseException(36, "BAD_ARGUMENTS", `Unknown use ${use}.`);
    const door = await pool.doors.take(gone.signal);
    try {
      const body = await protocol.readBody(request);
      url.searchParams.set("query_id", queryId);
      const query = protocol.readQuery(request, url, body);
      const connection = await pool.connections.take(gone.signal);
      try {
        gone.signal.throwIfAborted();
        const mayRepeat = () => query.statement.kind === "select" && !response.headersSent && !response.destroyed;
        await engine.care.pass(() => run(engine, connection, query, response), mayRepeat);
      } finally {
        pool.connections.give(connection);
      }
    } finally {
      pool.doors.give(door);
    }
  } catch (error) {
    if (response.headersSent || response.destroyed) response.destroy();
    else protocol.writeError(response, error, queryId);
    request.resume();
  }
}

async function run(engine: Engine, connection: ChdbConnection, query: protocol.HttpQuery, response: ServerResponse): Promise<void> {
  const environment = {
    settings: settingsFor(query.use, query.settings),
    parameters: query.parameters,
    database: query.database,
  };
  const sql = `${markOf(query.queryId)} ${query.sql}`;
  switch (query.statement.kind) {
    case "insert":
    case "insert_values":
      return insert(engine, connection, query, environment, response);
    case "select":
      return select(engine, connection, query, sql, environment, response);
    case "other": {
      const startMs = performance.now();
      if (/^\s*(?:alter|create|rename)\b/i.test(query.sql)) refuseWithoutRoom(engine.dataPath);
      const result = await engine.care.writing(connection, environment, () => connection.query(sql, query.format, environment));
      protocol.writeHead(response, query, { ...protocol.emptySummary, elapsedMs: performance.now() - startMs });
      response.end(result.bytes);
      return;
    }
    case "set":
    case "empty":
      throw new protocol.ClickHouseException(62, "SYNTAX_ERROR", "There is nothing to run.");
  }
}

/** The engine sees to this itself where it writes rows, not where it notes what its tables are and what is to be done to them. */
function refuseWithoutRoom(dataPath: string): void {
  const { bavail, bsize } = statfsSync(dataPath);
  if (bavail * bsize < keptFreeBytes) throw new protocol.ClickHouseException(243, "NOT_ENOUGH_SPACE", "There is too little room on the disk for a change of a table.");
}

async function insert(
  engine: Engine, connection: ChdbConnection, query: protocol.HttpQuery, environment: Environment, response: ServerResponse,
): Promise<void> {
  // The engine would call that a mistake of the statement, as if the rows were to blame.
  if (!Buffer.isBuffer(query.data) && !existsSync(query.data.file)) throw new protocol.ClickHouseException(107, "FILE_DOESNT_EXIST", "The file with the rows is gone.");
  const format = query.statement.kind === "insert_values" ? " FORMAT Values" : "";
  const statement = {
    head: `${markOf(query.queryId)} ${query.sql.slice(0, query.infileAt)}`,
    tail: query.sql.slice(query.infileAt) + format,
  };
  const result = await engine.care.writing(connection, environment, () => connection.insert(statement, query.data, environment));
  protocol.writeHead(response, query, {
    ...protocol.emptySummary,
    writtenRows: result.rowsRead,
    writtenBytes: result.bytesRead,
    elapsedMs: result.elapsed * 1000,
  });
  response.end();
}

async function select(
  engine: Engine, connection: ChdbConnection, query: protocol.HttpQuery, sql: string, environment: Environment, response: ServerResponse,
): Promise<void> {
  const onClose = () => engine.kill(query.queryId);
  response.once("close", onClose);
  try {
    if (streamedFormats.has(query.format)) return await stream(connection.stream(sql, query.format, environment), query, response);
    const result = await connection.query(sql, query.format, environment);
    protocol.writeHead(response, query, {
      ...protocol.emptySummary,
      readRows: result.rowsRead,
      readBytes: result.bytesRead,
      elapsedMs: result.elapsed * 1000,
    });
    response.end(result.bytes);
  } finally {
    response.removeListener("close", onClose);
  }
}

async function stream(
  chunks: AsyncGenerator<Uint8Array, void, undefined>, query: protocol.HttpQuery, response: ServerResponse,
): Promise<void> {
  const tag = randomBytes(8).toString("hex");
  // The first chunk waits for the second: most results have only one, and then go out in one piece.
  let first: Uint8Array | undefined;
  try {
    for await (const chunk of chunks) {
      if (response.destroyed) return;
      if (!response.headersSent && first === undefined) {
        first = chunk;
        continue;
      }
      if (!response.headersSent) protocol.writeHead(response, query, protocol.emptySummary, tag);
      if (first !== undefined) response.write(first);
      first = undefined;
      if (!response.write(chunk)) await drained(response);
    }
  } catch (error) {
    if (!response.headersSent || response.destroyed) throw error;
    response.end(protocol.lateErrorBlock(error, tag));
    return;
  }
  if (!response.headersSent) protocol.writeHead(response, query, protocol.emptySummary, tag, first?.length ?? 0);
  response.end(first);
}

async function drained(response: ServerResponse): Promise<void> {
  const done = new AbortController();
  const giveUp = setTimeout(() => response.destroy(), readerIdleMsMax);
  try {
    await Promise.race([once(response, "drain", { signal: done.signal }), once(response, "close", { signal: done.signal })]);
  } finally {
    clearTimeout(giveUp);
    done.abort();
  }
}

async function endAfterQueries(server: Server, engine: Engine, socketPath: string, msMax: number): Promise<void> {
  const hardEnd = setTimeout(() => process.kill(process.pid, "SIGKILL"), msMax);
  rmSync(socketPath, { force: true });
  server.close();
  server.closeIdleConnections();
  engine.care.stop();
  const isBusy = () => [...engine.pools.values()].some((pool) => !pool.connections.isIdle());
  while (isBusy()) await new Promise((resolve) => setTimeout(resolve, 5));
  for (const connection of engine.all) connection.close();
  clearTimeout(hardEnd);
  process.exit(0);
}

function main(): void {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ options: { data: text, config: text, socket: text, inserts: text } });
  const { data, config, socket, inserts } = values;
  if (!data || !config || !socket || !inserts) {
    throw new Error("usage: chdb-child --data FOLDER --config FILE --socket PATH --inserts FOLDER");
  }
  process.chdir(inserts);
  const engine = openEngine(data, config);
  const server = createServer({ maxHeaderSize: headerBytesMax, requestTimeout: 0, keepAliveTimeout: 60_000 });
  server.on("request", (request, response) => void answer(engine, request, response).catch(() => response.destroy()));
  rmSync(socket, { force: true });
  server.listen(socket);

  let isEnding = false;
  const end = (msMax: number) => {
    if (isEnding) return;
    isEnding = true;
    void endAfterQueries(server, engine, socket, msMax);
  };
  // A stop of the whole process group or service reaches us too; only the server knows when it has drained.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => undefined);
  // Any word of the server means: finish and end. Its silence for ever means that it is gone.
  process.stdin.on("data", () => end(drainMsMax));
  process.stdin.on("close", () => end(orphanDrainMsMax));
  process.stdin.on("error", () => end(orphanDrainMsMax));
}

main();
