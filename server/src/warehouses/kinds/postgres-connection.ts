// One connection to a server that speaks Postgres' protocol, for one query: a socket that the guard opened, a transaction that only reads,
// a cursor, and rows that wait in the server while nobody asks for them.
import { connect as connectTls } from "node:tls";
import { isIP, type Socket } from "node:net";
import { once } from "node:events";
import { Client, Query, type FieldDef } from "pg";
import { connectedSocket, tlsProblem } from "../../outbound/outbound.ts";
import type { At, OwnWarehouse, Reading, Want } from "../define-warehouse.ts";
import { createRowQueue, type RowQueue } from "../row-queue.ts";
import { said, tablesOf } from "../said.ts";
import { WarehouseError, warehouseLimits as limits, type Column, type Row } from "../warehouse.ts";
import { postgresType } from "./postgres-values.ts";

/** In what servers of this protocol differ. */
export interface Flavour {
  readonly name: string;
  /** Settings of the session or of the transaction. */
  readonly prepare: (timeoutMs: number) => readonly string[];
  /** So many rows are asked for at once, at most: the server puts them together before it sends the first. */
  readonly fetchRowsMax: number;
  /** What has the columns of the statement, and none of its rows. */
  readonly describe: (sql: string) => string;
  /** Schema, table, column, type; $1 is searched for, $2 rows at most. */
  readonly tables: string;
}

const DECLARE = "DECLARE tributary_rows CURSOR FOR\n";

export function overPostgres(flavour: Flavour): Pick<OwnWarehouse, "test" | "open" | "tables"> {
  return {
    async test(at) {
      const startedAtMs = at.parts.nowMs();
      const startedMs = performance.now();
      const { host, port, database } = at.settings;
      const record = (responseBody: string): void => at.record({
        method: flavour.name.toUpperCase(), url: `postgres://${String(host)}:${String(port)}/${encodeURIComponent(String(database))}`, requestHeaders: {}, requestBody: "SELECT 1", status: undefined, responseHeaders: {},
        responseBody, startedAtMs, tookMs: Math.round(performance.now() - startedMs),
      });
      try {
        const reading = await openPostgres(flavour, at, "SELECT 1 AS one", { batchRows: 1, rowsMax: 1 });
        const rows = await reading.next().finally(() => reading.close());
        record(JSON.stringify(rows ?? []));
      } catch (error) {
        record(error instanceof Error ? error.message : "");
        throw error;
      }
    },
    open: (at, query, want) => openPostgres(flavour, at, query.kind === "sql" ? query.sql : "", want),
    async tables(at, search) {
      const { client, end } = await connectPostgres(flavour, at);
      try {
        for (const statement of ["BEGIN READ ONLY", ...flavour.prepare(at.timeoutMs)]) await client.query(statement);
        const { rows } = await client.query<string[]>({ text: flavour.tables, values: [search, limits.tableColumnsMax], rowMode: "array" });
        return tablesOf(rows);
      } catch (error) {
        throw failureOf(flavour, at, error, 0);
      } finally {
        await end();
      }
    },
  };
}

interface Connected {
  readonly client: Client;
  /** Tells the server to let go of what it is doing, and ends the connection. Never throws. */
  end(options?: { readonly isGivenUp: boolean }): Promise<void>;
}

async function connectPostgres(flavour: Flavour, at: At): Promise<Connected> {
  const { host, port, database, user, password, tls, certificates } = at.settings;
  const place = { host: String(host).replace(/^\[(.*)\]$/, "$1"), port: Number(port) };
  const socket = await at.parts.outbound.connect({ ...place, timeoutMs: limits.connectMs, signal: at.signal });
  const ca = typeof certificates === "string" && certificates.trim() !== "" ? { ca: certificates } : {};
  const secured = tls === "none" ? false : { rejectUnauthorized: true, minVersion: "TLSv1.2" as const, ...ca };
  const client = new Client({
    // Connected already, so that the client looks up nothing.
    stream: () => connectedSocket(socket), ...place, database: String(database), user: String(user),
    // Always said: left out, the client would take the password of this server's own environment or home folder, and send it there.
    password: () => String(password ?? ""), ssl: secured, application_name: "tributary",
    types: { getTypeParser: () => (text: string) => text },
  });
  // What breaks between two questions is told by the next.
  client.on("error", () => undefined);
  let isDone = false;
  const end: Connected["end"] = async ({ isGivenUp } = { isGivenUp: false }) => {
    if (isDone) return;
    isDone = true;
    at.signal.removeEventListener("abort", giveUp);
    if (isGivenUp) {
      socket.destroy();
      await cancel(at, place, keyOf(client), secured === false ? undefined : secured).catch(() => undefined);
      return;
    }
    await Promise.race([client.end().catch(() => undefined), once(socket, "close").catch(() => undefined), wait(1_000)]);
    socket.destroy();
  };
  // The server would notice that nobody listens only when it has a row to send.
  const giveUp = (): void => void end({ isGivenUp: true });
  const timer = setTimeout(() => socket.destroy(new Error("It did not answer.")), limits.connectMs);
  at.signal.addEventListener("abort", giveUp, { once: true });
  try {
    await client.connect();
    return { client, end };
  } catch (error) {
    isDone = true;
    at.signal.removeEventListener("abort", giveUp);
    socket.destroy();
    throw failureOf(flavour, at, error, 0);
  } finally {
    clearTimeout(timer);
  }
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms).unref());

type Key = { readonly processId: number; readonly secret: number } | undefined;

/** Of the session, by which it is cancelled from beside. */
function keyOf(client: Client): Key {
  const [processId, secret]: unknown[] = [Reflect.get(client, "processID"), Reflect.get(client, "secretKey")];
  return typeof processId === "number" && typeof secret === "number" ? { processId, secret } : undefined;
}

/** Asked for on a connection of its own, as the protocol wants it. */
async function cancel(at: At, place: { readonly host: string; readonly port: number }, key: Key, secured: { readonly ca?: string } | undefined): Promise<void> {
  if (key === undefined) return;
  const socket = await at.parts.outbound.connect({ ...place, timeoutMs: 2_000 });
  const late = setTimeout(() => socket.destroy(), 2_000);
  socket.on("error", () => undefined);
  try {
    const way = secured === undefined ? socket : await secure(socket, place.host, secured);
    const message = Buffer.alloc(16);
    for (const [index, part] of [16, 80_877_102, key.processId, key.secret].entries()) message.writeInt32BE(part, index * 4);
    way.write(message);
    // It says nothing, and closes when it is done.
    way.resume();
    await once(way, "close");
  } finally {
    clearTimeout(late);
    socket.destroy();
  }
}

async function secure(socket: Socket, host: string, secured: { readonly ca?: string }): Promise<Socket> {
  const request = Buffer.alloc(8);
  request.writeInt32BE(8, 0);
  request.writeInt32BE(80_877_103, 4);
  socket.write(request);
  const [answer] = (await once(socket, "data")) as [Buffer]; // One letter, sent alone.
  if (String(answer) !== "S") throw new Error("It speaks no TLS.");
  const way = connectTls({ socket, host, ...(isIP(host) === 0 ? { servername: host } : {}), rejectUnauthorized: true, minVersion: "TLSv1.2", ...secured });
  await once(way, "secureConnect");
  return way;
}

async function openPostgres(flavour: Flavour, at: At, sql: string, want: Want): Promise<Reading> {
  const { client, end } = await connectPostgres(flavour, at);
  try {
    for (const statement of ["BEGIN READ ONLY", ...flavour.prepare(at.timeoutMs)]) await client.query(statement);
    // By the extended protocol, which takes one statement and no more.
    await client.query(extended(`${DECLARE}${sql}`));
    const { fields } = await client.query(extended(flavour.describe(sql)));
    const columns = await columnsOf(client, fields);
    if (want.rowsMax === 0) return { columns, next: () => Promise.resolve(undefined), close: () => end() };
    const queue = rowsOf(flavour, at, client, columns, fields, want);
    return { columns, next: () => queue.next(), close: () => end({ isGivenUp: !queue.isOver }) };
  } catch (error) {
    await end();
    throw failureOf(flavour, at, error, DECLARE.length);
  }
}

const extended = (text: string) => ({ text, rowMode: "array" as const, queryMode: "extended" });

async function columnsOf(client: Client, fields: readonly FieldDef[]): Promise<Column[]> {
  const asked = fields.map(({ dataTypeID, dataTypeModifier }) => `(${Number(dataTypeID)}, ${Number(dataTypeModifier)})`);
  if (asked.length === 0) return [];
  const oids = [...new Set(fields.map(({ dataTypeID }) => Number(dataTypeID)))];
  const { rows } = await client.query<string[]>({ text: `SELECT oid, format_type(oid, NULL) FROM pg_type WHERE oid IN (${oids.join(", ")})`, rowMode: "array" });
  const names = new Map(rows.map(([oid, name]) => [Number(oid), name ?? ""]));
  return fields.map(({ name, dataTypeID }) => ({ name, type: postgresType(dataTypeID).type, nativeType: names.get(dataTypeID) ?? String(dataTypeID) }));
}

function rowsOf(flavour: Flavour, at: At, client: Client, columns: readonly Column[], fields: readonly FieldDef[], want: Want): RowQueue {
  const stream = streamOf(client);
  const queue = createRowQueue({ batchRows: want.batchRows, batchBytes: limits.batchBytes, pause: () => stream.pause(), resume: () => stream.resume() });
  const readers = fields.map(({ dataTypeID }) => postgresType(dataTypeID).read);
  const names = columns.map(({ name }) => name);
  let sinceRow = 0;
  stream.on("data", (bytes: Buffer) => {
    sinceRow += bytes.length;
    if (sinceRow <= limits.rowBytesMax) return;
    queue.end(new WarehouseError("too_large", `A row has more than ${limits.rowBytesMax} bytes. Leave its largest columns out.`));
    stream.destroy();
  });
  const onRow = (cells: readonly (string | null)[]): void => {
    sinceRow = 0;
    let bytes = 8 * cells.length;
    const entries = cells.map((cell, index): [string, Row[string]] => {
      bytes += cell?.length ?? 0;
      return [names[index] ?? "", cell === null ? null : readers[index]?.(cell) ?? null];
    });
    queue.push(Object.fromEntries(entries), bytes);
  };
  fetchInto(queue, client, { onRow, failed: (error) => failureOf(flavour, at, error, 0), fetchRows: Math.min(want.batchRows, flavour.fetchRowsMax), left: want.rowsMax ?? Number.MAX_SAFE_INTEGER });
  return queue;
}

interface Fetching {
  readonly onRow: (cells: readonly (string | null)[]) => void;
  readonly failed: (error: unknown) => unknown;
  readonly fetchRows: number;
  /** Of the rows that are wanted. */
  readonly left: number;
}

/** Asks again until fewer come than were asked for. */
function fetchInto(queue: RowQueue, client: Client, fetching: Fetching): void {
  const { onRow, failed, fetchRows, left } = fetching;
  const asked = Math.min(fetchRows, left);
  let count = 0;
  const query = new Query(extended(`FETCH FORWARD ${asked} FROM tributary_rows`));
  query.on("row", (cells: unknown) => {
    count += 1;
    onRow(cells as readonly (string | null)[]); // As texts, in an array: that is what was asked for.
  });
  query.on("error", (error: Error) => queue.end(failed(error)));
  query.on("end", () => {
    if (count < asked || asked === left) queue.end();
    else fetchInto(queue, client, { ...fetching, left: left - asked });
  });
  client.query(query);
}

/** What the client reads from, TLS or not. */
function streamOf(client: Client): Socket {
  const connection: unknown = Reflect.get(client, "connection");
  const stream: unknown = typeof connection === "object" && connection !== null ? Reflect.get(connection, "stream") : undefined;
  return stream as Socket; // The client's own, of the version that is pinned; a test reads through it.
}

function failureOf(flavour: Flavour, at: At, error: unknown, offset: number): unknown {
  if (error instanceof WarehouseError) return error;
  const { code, message, position } = error as { code?: unknown; message?: unknown; position?: unknown }; // Fields of the client's errors.
  // No class begins with E, as Node's own codes do: EPIPE is of a connection that is gone.
  const state = typeof code === "string" && /^(?!E)[0-9A-Z]{5}$/.test(code) ? code : "";
  const text = typeof message === "string" ? at.clean(message) : "";
  if (state === "") {
    const tls = tlsProblem(flavour.name, error);
    return tls !== undefined ? new WarehouseError("unreachable", tls) : new WarehouseError("cut", `${flavour.name} did not answer, or cut the connection.`);
  }
  const where = Number(position) - offset;
  // What speaks of values quotes them: those of people don't belong in a message.
  const shown = said(/^2[23]/.test(state) ? text.replaceAll(/"[^"]{0,2000}"/g, '"…"') : text);
  const options = Number.isInteger(where) && where > 0 ? { position: where } : {};
  if (/^28|^3D|^42501/.test(state)) return new WarehouseError("unauthorized", `${flavour.name} does not let us in, or not read this (${state}). ${shown}`);
  if (state === "57014") return new WarehouseError("timeout", `${flavour.name} stopped the statement (${state}). ${shown}`);
  if (/^(08|40|53|55|57|58|XX)/.test(state)) return new WarehouseError("failed", `${flavour.name} failed (${state}). ${shown}`);
  return new WarehouseError("refused", `${flavour.name} does not take the statement (${state}). ${shown}`, options);
}
