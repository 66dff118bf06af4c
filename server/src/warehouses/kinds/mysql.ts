// MySQL and MariaDB: the statement runs within a transaction that only reads, on a socket that the guard opened, and its rows are taken off
// the connection as the reader asks for them. Every value comes as the text that the server writes.
import type { Socket } from "node:net";
import type { Connection, ConnectionOptions, FieldPacket } from "mysql2";
import type { ColumnType } from "@tributary/schema/warehouse/query.ts";
import { tlsProblem } from "../../outbound/outbound.ts";
import { defineWarehouse, type At, type Reading, type Want } from "../define-warehouse.ts";
import { createRowQueue } from "../row-queue.ts";
import { said, tablesOf } from "../said.ts";
import { dateOf, decimalOf, instantOf, integerOf, jsonOf, numberOf } from "../values.ts";
import { WarehouseError, warehouseLimits as limits, type Column, type Row, type Value } from "../warehouse.ts";
import { hostPlaces, hostProblems, postgresSettings } from "./postgres.ts";

export const mysql = defineWarehouse({
  slug: "mysql",
  name: "MySQL",
  description: "Reads tables and views of a MySQL or MariaDB database by SQL.",
  reads: "sql",
  notes: ["A DATETIME is taken as UTC; a TIMESTAMP is asked for in UTC.", "A TINYINT(1) is a number: MySQL knows no other yes and no."],
  proof: "documentation",
  settings: [...postgresSettings(3306)],
  check: hostProblems,
  places: hostPlaces("mysql"),
  async test(at) {
    const startedAtMs = at.parts.nowMs();
    const startedMs = performance.now();
    const { host, port, database } = at.settings;
    const record = (responseBody: string): void => at.record({
      method: "MYSQL", url: `mysql://${String(host)}:${String(port)}/${encodeURIComponent(String(database))}`, requestHeaders: {}, requestBody: "SELECT 1", status: undefined, responseHeaders: {}, responseBody, startedAtMs,
      tookMs: Math.round(performance.now() - startedMs),
    });
    try {
      const reading = await openMysql(at, "SELECT 1 AS one", { batchRows: 1, rowsMax: 1 });
      record(JSON.stringify(await reading.next().finally(() => reading.close()) ?? []));
    } catch (error) {
      record(error instanceof Error ? error.message : "");
      throw error;
    }
  },
  open: async (at, query, want) => openMysql(at, readingOnly(query.kind === "sql" ? query.sql : ""), want),
  async tables(at, search) {
    const sql = `SELECT IF(table_schema = DATABASE(), '', table_schema), table_name, column_name, column_type FROM information_schema.columns
      WHERE table_schema NOT IN ('mysql', 'sys', 'performance_schema', 'information_schema') AND LOCATE(LOWER(?), LOWER(CONCAT(table_schema, '.', table_name))) > 0
      ORDER BY table_schema <> DATABASE(), table_schema, table_name, ordinal_position LIMIT ${limits.tableColumnsMax}`;
    const reading = await openMysql(at, sql, { batchRows: limits.tableColumnsMax, rowsMax: undefined }, [search]);
    try {
      const rows: string[][] = [];
      for (let batch = await reading.next(); batch !== undefined; batch = await reading.next()) rows.push(...batch.map((row) => Object.values(row).map(String)));
      return tablesOf(rows);
    } finally {
      await reading.close();
    }
  },
});

/** Blanks, brackets and comments before the first word; a comment that MySQL executes is none. */
const FIRST_WORD = /^(?:[\s(]|--(?=\s|$)[^\n]*(?:\n|$)|#[^\n]*(?:\n|$)|\/\*(?!!|M!)(?:[^*]|\*(?!\/))*\*\/)*([a-z]+)/i;
const READING: ReadonlySet<string> = new Set(["select", "with", "show", "describe", "desc", "explain", "table", "values"]);

/** Within a transaction that only reads, settings of the server can be changed all the same, procedures can end it, and files can be written. */
function readingOnly(sql: string): string {
  const word = FIRST_WORD.exec(sql)?.[1]?.toLowerCase() ?? "";
  if (!READING.has(word)) throw new WarehouseError("refused", "MySQL takes a statement that reads: SELECT, WITH, VALUES, TABLE, SHOW, DESCRIBE or EXPLAIN.");
  if (/\b(outfile|dumpfile)\b/i.test(sql)) throw new WarehouseError("refused", "A statement that writes files is not taken.");
  return sql;
}

interface Connected {
  readonly connection: Connection;
  end(options: { readonly isGivenUp: boolean }): Promise<void>;
}

async function connectMysql(at: At, signal: AbortSignal | undefined): Promise<Connection> {
  const { host, port, database, user, password, tls, certificates } = at.settings;
  const name = String(host).replace(/^\[(.*)\]$/, "$1");
  // Loaded when it is needed: most installations read none.
  const { createConnection } = await import("mysql2");
  const socket = await at.parts.outbound.connect({ host: name, port: Number(port), timeoutMs: limits.connectMs, ...(signal === undefined ? {} : { signal }) });
  // Of an address the client doesn't say whose certificate it expects, and Node then asks the socket: without this, one for "localhost" would do for any.
  Reflect.set(socket, "_host", name);
  const options: ConnectionOptions = {
    stream: () => socket, host: name, user: String(user), password: String(password ?? ""), database: String(database), charset: "utf8mb4", timezone: "Z",
    // Nothing of a reply becomes code, and no file of ours is ever sent, whatever the server asks for.
    disableEval: true, flags: ["-LOCAL_FILES"], multipleStatements: false, connectTimeout: limits.connectMs,
    ...(tls === "none" ? {} : { ssl: { rejectUnauthorized: true, verifyIdentity: true, minVersion: "TLSv1.2", ...(typeof certificates === "string" && certificates.trim() !== "" ? { ca: certificates } : {}) } }),
  };
  const connection = createConnection(options);
  // What breaks between two questions is told by the next.
  connection.on("error", () => undefined);
  const late = setTimeout(() => socket.destroy(new Error("It did not answer.")), limits.connectMs);
  const giveUp = (): void => void socket.destroy(new Error("It was no longer waited for."));
  signal?.addEventListener("abort", giveUp, { once: true });
  try {
    await new Promise<void>((resolve, reject) => void connection.connect((error) => (error === null ? resolve() : reject(error))));
    return connection;
  } catch (error) {
    connection.destroy();
    throw failureOf(at, error);
  } finally {
    clearTimeout(late);
    signal?.removeEventListener("abort", giveUp);
  }
}

async function connected(at: At): Promise<Connected> {
  const connection = await connectMysql(at, at.signal);
  let isDone = false;
  const end: Connected["end"] = async ({ isGivenUp }) => {
    if (isDone) return;
    isDone = true;
    at.signal.removeEventListener("abort", giveUp);
    connection.destroy();
    // The server would notice that nobody listens only when it has a row to send.
    if (isGivenUp && Number.isInteger(connection.threadId)) await kill(at, connection.threadId).catch(() => undefined);
  };
  const giveUp = (): void => void end({ isGivenUp: true });
  at.signal.addEventListener("abort", giveUp, { once: true });
  return { connection, end };
}

async function kill(at: At, threadId: number): Promise<void> {
  const other = await connectMysql(at, AbortSignal.timeout(3_000));
  try {
    await asked(at, other, `KILL QUERY ${threadId}`);
  } finally {
    other.destroy();
  }
}

const asked = (at: At, connection: Connection, sql: string): Promise<void> => new Promise((resolve, reject) => {
  const query = connection.query(sql, (error) => (error === null ? resolve() : reject(failureOf(at, error))));
  query.on("error", () => undefined);
});

async function openMysql(at: At, sql: string, want: Want, values: readonly string[] = []): Promise<Reading> {
  const { connection, end } = await connected(at);
  try {
    await asked(at, connection, "SET SESSION time_zone = '+00:00'");
    // MariaDB calls it otherwise, and in seconds; who has neither is ended by the deadline here.
    await asked(at, connection, `SET SESSION max_execution_time = ${Math.min(at.timeoutMs, 2 ** 31)}`).catch(() => asked(at, connection, `SET SESSION max_statement_time = ${Math.ceil(at.timeoutMs / 1000)}`).catch(() => undefined));
    if (want.rowsMax !== undefined) await asked(at, connection, `SET SESSION sql_select_limit = ${Math.max(1, want.rowsMax)}`);
    await asked(at, connection, "START TRANSACTION READ ONLY");
    const reading = await readingOf(at, connection, { sql, values, want });
    return { columns: reading.columns, next: reading.next, close: () => end({ isGivenUp: !reading.isOver() }) };
  } catch (error) {
    await end({ isGivenUp: false });
    throw failureOf(at, error);
  }
}

/** What the client reads from, TLS or not. */
function streamOf(connection: Connection): Socket {
  return Reflect.get(connection, "stream") as Socket; // Its own, of the version that is pinned; a test reads through it.
}

interface Asking {
  readonly sql: string;
  readonly values: readonly string[];
  readonly want: Want;
}

function readingOf(at: At, connection: Connection, { sql, values, want }: Asking): Promise<Pick<Reading, "columns" | "next"> & { isOver(): boolean }> {
  return new Promise((resolve, reject) => {
    const queue = createRowQueue({ batchRows: want.batchRows, batchBytes: limits.batchBytes, pause: () => connection.pause(), resume: () => connection.resume() });
    let columns: readonly Column[] = [];
    let readers: readonly ((text: string) => Value)[] = [];
    let left = want.rowsMax ?? Number.MAX_SAFE_INTEGER;
    const failed = (error: unknown): void => {
      reject(failureOf(at, error));
      queue.end(failureOf(at, error));
    };
    const tooLarge = (): void => {
      queue.end(new WarehouseError("too_large", `A row has more than ${limits.rowBytesMax} bytes. Leave its largest columns out.`));
      connection.destroy();
    };
    // The client holds a row until it is whole, however large the server says it is.
    let sinceRow = 0;
    streamOf(connection).on("data", (bytes: Buffer) => void ((sinceRow += bytes.length) > limits.rowBytesMax && tooLarge()));
    // Each value as its text; what is no UTF-8 is replaced.
    const query = connection.query({ sql, values: [...values], rowsAsArray: true, typeCast: (field) => field.string("utf8") });
    query.on("fields", (fields: readonly FieldPacket[] | undefined) => {
      if (fields === undefined) return failed(new WarehouseError("refused", "MySQL takes a statement that gives rows."));
      columns = fields.map((field): Column => ({ name: field.name, ...typeOf(field) }));
      readers = fields.map((field) => readerOf(field));
      resolve({ columns, next: () => queue.next(), isOver: () => queue.isOver });
    });
    query.on("result", (cells: unknown) => {
      if (!Array.isArray(cells)) return failed(new WarehouseError("refused", "MySQL takes a statement that gives rows."));
      sinceRow = 0;
      if (left <= 0) return;
      left -= 1;
      let bytes = 8 * cells.length;
      const entries = columns.map(({ name }, index): [string, Row[string]] => {
        const cell: unknown = cells[index];
        if (typeof cell !== "string") return [name, null];
        bytes += cell.length;
        return [name, readers[index]?.(cell) ?? null];
      });
      if (bytes > limits.rowBytesMax) tooLarge();
      else queue.push(Object.fromEntries(entries), bytes);
    });
    query.on("error", failed);
    query.on("end", () => queue.end());
    // A connection that ends without a word is no end of the rows.
    connection.once("end", () => failed(new WarehouseError("cut", "MySQL cut the connection.")));
  });
}

// ── Types ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const typeNames: Readonly<Record<number, readonly [string, ColumnType]>> = {
  0: ["DECIMAL", "decimal"], 1: ["TINYINT", "number"], 2: ["SMALLINT", "number"], 3: ["INT", "number"], 4: ["FLOAT", "number"], 5: ["DOUBLE", "number"], 7: ["TIMESTAMP", "instant"], 8: ["BIGINT", "number"], 9: ["MEDIUMINT", "number"],
  10: ["DATE", "date"], 11: ["TIME", "text"], 12: ["DATETIME", "instant"], 13: ["YEAR", "number"], 15: ["VARCHAR", "text"], 16: ["BIT", "binary"], 245: ["JSON", "json"], 246: ["DECIMAL", "decimal"], 247: ["ENUM", "text"], 248: ["SET", "text"],
  249: ["TEXT", "text"], 250: ["TEXT", "text"], 251: ["TEXT", "text"], 252: ["TEXT", "text"], 253: ["VARCHAR", "text"], 254: ["CHAR", "text"], 255: ["GEOMETRY", "binary"],
};
/** The character set of what is bytes. */
const BINARY = 63;

function typeOf(field: FieldPacket): { readonly type: ColumnType; readonly nativeType: string } {
  const number = Number(field.columnType);
  const [nativeType, type] = typeNames[number] ?? ["unknown", "text"];
  const isBytes = number >= 249 && number <= 254 && Reflect.get(field, "characterSet") === BINARY;
  return isBytes ? { type: "binary", nativeType: nativeType === "TEXT" ? "BLOB" : "BINARY" } : { type, nativeType };
}

function readerOf(field: FieldPacket): (text: string) => Value {
  const { type, nativeType } = typeOf(field);
  switch (type) {
    case "number": return nativeType === "FLOAT" || nativeType === "DOUBLE" ? numberOf : integerOf;
    case "decimal": return decimalOf;
    case "date": return (text) => (text.includes("-00") ? null : dateOf(text));
    case "instant": return (text) => (text.includes("-00") ? null : instantOf(text));
    case "json": return jsonOf;
    default: return (text) => text;
  }
}

function failureOf(at: At, error: unknown): unknown {
  if (error instanceof WarehouseError || (error instanceof Error && error.name === "OutboundError")) return error;
  const { errno, sqlState, message } = error as { errno?: unknown; sqlState?: unknown; message?: unknown }; // Fields of the client's errors.
  const nr = typeof errno === "number" && errno >= 1000 && errno < 6000 ? errno : undefined;
  if (nr === undefined || typeof sqlState !== "string") {
    const tls = tlsProblem("MySQL", error);
    return tls !== undefined ? new WarehouseError("unreachable", tls) : new WarehouseError("cut", "MySQL did not answer as MySQL does, or cut the connection.");
  }
  // What speaks of values quotes them: those of people don't belong in a message.
  const text = typeof message === "string" ? at.clean(message) : "";
  const shown = said(/^2[23]/.test(sqlState) ? text.replaceAll(/'[^']{0,2000}'/g, "'…'") : text);
  if ([1044, 1045, 1142, 1143, 1227, 1370, 1698, 1820, 3118].includes(nr)) return new WarehouseError("unauthorized", `MySQL does not let us in, or not read this (${nr}). ${shown}`);
  if ([1317, 1969, 3024].includes(nr)) return new WarehouseError("timeout", `MySQL stopped the statement (${nr}). ${shown}`);
  if ([1040, 1041, 1053, 1105, 1152, 1158, 1159, 1160, 1161, 1203, 1205, 1213, 1226, 3572].includes(nr)) return new WarehouseError("failed", `MySQL is busy or failed (${nr}). ${shown}`);
  return new WarehouseError("refused", `MySQL does not take the statement (${nr}). ${shown}`);
}
