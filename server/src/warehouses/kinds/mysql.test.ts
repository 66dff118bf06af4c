// MySQL as a warehouse, against the server half of its protocol that the client's package has; against a real one where TEST_MYSQL names it (mysql.real.test.ts).
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import mysql2, { type Connection } from "mysql2";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createOutbound } from "../../outbound/outbound.ts";
import { makeTestAuthority, type TestCertificate } from "../../outbound/testing.ts";
import { readsAsContract, rowsOfAll } from "../testing-contract.ts";
import type { Warehouse } from "../warehouse.ts";
import { mysql } from "./mysql.ts";

/** What the server half can do; its types leave it out. */
interface Serving extends Connection {
  readonly stream: NodeJS.WritableStream & { readonly writableNeedDrain: boolean; destroy(): void };
  serverHandshake(options: object): void;
  writeColumns(columns: readonly object[]): void;
  writeTextRow(row: readonly (string | null)[]): void;
  writeEof(): void;
  writeOk(answer: object): void;
  writeError(error: { message: string; code: number }): void;
}
interface Serves {
  listen(port: number, host: string): void;
  on(event: "connection", listener: (connection: Serving) => void): void;
  readonly _server: { address(): { port: number }; once(event: string, listener: () => void): void; close(): void };
}

const column = (name: string, columnType: number, characterSet = 33) => ({ catalog: "def", schema: "d", table: "t", orgTable: "t", name, orgName: name, characterSet, columnLength: 100, columnType, flags: 0, decimals: 0 });
const asked: string[] = [];
const open = new Set<Serving>();
let server: Serves;
let port: number;
/** The next connections are told that there is TLS. */
let offersTls = false;
let types: readonly [ReturnType<typeof column>, string | null][] = [];
beforeAll(async () => {
  server = mysql2.createServer(() => undefined) as unknown as Serves;
  server.on("connection", (connection) => {
    open.add(connection);
    connection.on("error", () => undefined).on("end", () => open.delete(connection));
    connection.serverHandshake({
      protocolVersion: 10, serverVersion: "8.0.40", connectionId: 7, statusFlags: 2, characterSet: 33, capabilityFlags: offersTls ? 0xffffff : 0xffffff ^ 0x0800,
      authCallback: ({ user }: { user: string }, done: (error: null, refusal?: object) => void) => done(null, user === "reader" ? undefined : { message: `Access denied for user '${user}'@'localhost' canary-wrong-password`, code: 1045 }),
    });
    // It takes SET for the preparing of a statement.
    for (const event of ["query", "stmt_prepare"]) connection.on(event, (sql: string) => void answer(connection, sql).then(() => Reflect.set(connection, "sequenceId", 0)));
  });
  server.listen(0, "127.0.0.1");
  await new Promise<void>((resolve) => server._server.once("listening", resolve));
  port = server._server.address().port;
});
afterAll(() => {
  for (const connection of open) connection.stream.destroy();
  server._server.close();
});

let limit: number | undefined;
async function answer(connection: Serving, sql: string): Promise<void> {
  asked.push(sql);
  // Each command begins the count of packets anew.
  Reflect.set(connection, "sequenceId", 1);
  const limited = /sql_select_limit = (\d+)/.exec(sql)?.[1];
  if (limited !== undefined) limit = Number(limited);
  if (/^(SET|START|KILL)/.test(sql)) return connection.writeOk({});
  if (sql.includes("slow")) return;
  if (sql.includes("nowhere")) return connection.writeError({ message: "Table 'd.nowhere' doesn't exist", code: 1146 });
  if (sql.includes("types")) {
    connection.writeColumns(types.map(([one]) => one));
    connection.writeTextRow(types.map(([, text]) => text));
    return connection.writeEof();
  }
  const rows = Math.min(limit ?? Number.MAX_SAFE_INTEGER, 100_000);
  limit = undefined;
  connection.writeColumns([column("n", 8), column("text", 253)]);
  for (let n = 1; n <= rows && open.has(connection); n += 1) {
    connection.writeTextRow([String(n), "x".repeat(90)]);
    if (connection.stream.writableNeedDrain) await new Promise<void>((resolve) => void connection.stream.once("drain", resolve).once("close", resolve));
  }
  connection.writeEof();
}

const opened = (more: object = {}): Warehouse =>
  mysql({ outbound: createOutbound({ privateHosts: ["127.0.0.1"] }), filesDirectory: "", nowMs: Date.now }).open({ workspaceId: 1, settings: { host: "127.0.0.1", port, database: "d", user: "reader", password: "canary-right", tls: "none", ...more } });
const sql = (text: string) => ({ kind: "sql" as const, sql: text });

readsAsContract({
  open: opened, many: sql("select n, text from many"), missing: sql("select * from nowhere"), slow: sql("select slow"), wrongPassword: { user: "nobody", password: "canary-wrong-password" },
  cut: () => open.forEach((connection) => connection.stream.destroy()),
});

test("every type comes as it is declared, within a transaction that only reads", async () => {
  types = [
    [column("a", 8), "9007199254740993"], [column("b", 3), "42"], [column("c", 5), "1.5"], [column("d", 246), "12.50"], [column("e", 12), "2026-05-01 10:00:00.25"], [column("f", 7), "0000-00-00 00:00:00"], [column("g", 10), "2026-05-01"],
    [column("h", 245, 63), '{"a":[1]}'], [column("i", 252), "text"], [column("j", 1), null],
  ];
  asked.splice(0);
  expect(Object.values((await rowsOfAll(opened(), sql("select types")))[0] ?? {})).toEqual(["9007199254740993", 42, 1.5, "12.50", "2026-05-01T10:00:00.250Z", null, "2026-05-01", { a: [1] }, "text", null]);
  expect(asked.slice(-2)).toEqual(["START TRANSACTION READ ONLY", "select types"]);
  types = [[column("raw", 252, 63), "x"]];
  await expect(rowsOfAll(opened(), sql("select types"))).rejects.toMatchObject({ failure: "unreadable" });
});

test("who goes has the statement killed, what gives no rows is refused, and what is no MySQL is told", async () => {
  const gone = new AbortController();
  setTimeout(() => gone.abort(), 200);
  await expect(opened().columns(sql("select slow"), { signal: gone.signal })).rejects.toMatchObject({ failure: "aborted" });
  await expect.poll(() => asked.at(-1)).toBe("KILL QUERY 7");
  for (const text of ["START something", "/*! delete from many */", "/* a */ -- b\n # c\n ( set global x = 1", "-- select", "select 1 into/**/outfile 'x'", "/**/".repeat(5_000), `${"-- ((\n".repeat(2_000)}!`]) {
    await expect(rowsOfAll(opened(), sql(text)), text.slice(0, 40)).rejects.toMatchObject({ failure: "refused" });
  }
  limit = 2;
  expect(await rowsOfAll(opened(), sql("/* a */ -- b\n # c\n (select n from many)"))).toHaveLength(2);
  await expect(rowsOfAll(opened({ tls: "verified" }), sql("select 1"))).rejects.toMatchObject({ failure: "unreachable", message: expect.stringContaining("MySQL speaks no TLS there.") });
});

/** Where TLS ends: a client that asks for it gets it from here, and the server behind hears it in plain. */
async function startTlsDoor(certificate: TestCertificate): Promise<{ readonly port: number; close(): void }> {
  const sockets = new Set<Socket>();
  const joined = (one: Socket, other: Socket): void => void one.pipe(other).on("error", () => one.destroy()).on("close", () => one.destroy());
  const door = createServer((client) => {
    const behind = connect(port, "127.0.0.1");
    for (const socket of [client, behind]) sockets.add(socket.on("error", () => undefined));
    behind.once("data", (greeting: Buffer) => client.write(greeting));
    client.once("data", (bytes: Buffer) => {
      // Behind the request for TLS, which has 36 bytes, it may have begun to speak it.
      const rest = new Duplex({ read: () => undefined, write: (chunk: Buffer, _encoding, done) => void client.write(chunk, done) });
      rest.push(bytes.subarray(36));
      client.on("data", (more: Buffer) => rest.push(more)).on("close", () => rest.destroy());
      const secure = new TLSSocket(rest, { isServer: true, ...certificate });
      secure.on("error", () => undefined);
      joined(secure, behind);
      joined(behind, secure);
    });
  });
  await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
  return {
    port: (door.address() as AddressInfo).port,
    close() {
      for (const socket of sockets) socket.destroy();
      door.close();
    },
  };
}

const authority = makeTestAuthority();
test.skipIf(authority === undefined)("TLS is of a certificate that can be trusted for the name, or the address, and nothing is said without", async () => {
  offersTls = true;
  const named = await startTlsDoor(authority?.certificateFor("DNS:db.example.com", "DNS:localhost") ?? { cert: "", key: "" });
  const addressed = await startTlsDoor(authority?.certificateFor("IP:127.0.0.1") ?? { cert: "", key: "" });
  const outbound = createOutbound({ privateHosts: ["127.0.0.1", "db.example.com", "other.example.com"], resolve: async () => [{ address: "127.0.0.1", family: 4 }] });
  const at = (more: object): Warehouse =>
    mysql({ outbound, filesDirectory: "", nowMs: Date.now }).open({ workspaceId: 1, settings: { host: "db.example.com", port: named.port, database: "d", user: "reader", password: "canary-right", tls: "verified", certificates: authority?.ca, ...more } });
  try {
    expect((await at({}).preview(sql("select n from many"), { signal: new AbortController().signal, limit: 2 })).rows).toHaveLength(2);
    expect((await at({ host: "127.0.0.1", port: addressed.port }).preview(sql("select n from many"), { signal: new AbortController().signal, limit: 2 })).rows).toHaveLength(2);
    asked.splice(0);
    for (const [more, says] of [
      [{ certificates: "" }, /authority that is not trusted here/], [{ certificates: makeTestAuthority()?.ca }, /authority that is not trusted here/], [{ host: "other.example.com" }, /certificate of another name/],
      // One for "localhost" is none for an address.
      [{ host: "127.0.0.1" }, /certificate of another name/], [{ certificates: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----" }, /no certificate/],
    ] as const) {
      await expect(rowsOfAll(at(more), sql("select n from many")), JSON.stringify(more)).rejects.toMatchObject({ name: "WarehouseError", isTemporary: false, message: expect.stringMatching(says) });
    }
    expect(asked).toEqual([]);
  } finally {
    offersTls = false;
    named.close();
    addressed.close();
  }
});
