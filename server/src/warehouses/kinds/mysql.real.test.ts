// MySQL as a warehouse on a real server, MySQL's or MariaDB's: only where TEST_MYSQL names one (mysql://user:password@host:port/database), as a user who may make
// tables there; with TEST_MYSQL_CA, the file of its authority's certificate, over TLS, too. It is reached through a door that cuts.
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { createConnection, type Connection } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createOutbound } from "../../outbound/outbound.ts";
import { readsAsContract, rowsOfAll } from "../testing-contract.ts";
import { openTestDoor, type TestDoor } from "../testing-door.ts";
import type { Warehouse } from "../warehouse.ts";
import { mysql } from "./mysql.ts";

const real = process.env["TEST_MYSQL"] === undefined ? undefined : new URL(process.env["TEST_MYSQL"]);
const caFile = process.env["TEST_MYSQL_CA"];
const sql = (text: string) => ({ kind: "sql" as const, sql: text });
const { signal } = new AbortController();

describe.skipIf(real === undefined)("a real MySQL", () => {
  const { hostname, port, username, password, pathname } = real ?? new URL("mysql://nobody@127.0.0.1:1/none");
  const database = pathname.slice(1);
  let admin: Connection;
  let door: TestDoor;

  beforeAll(async () => {
    admin = await createConnection({ host: hostname, port: Number(port), user: username, password: decodeURIComponent(password), database });
    await admin.query("drop table if exists many, kept, typed, huge");
    await admin.query("create table many (n int primary key, text varchar(200))");
    for (let from = 1; from < 100_000; from += 10_000) await admin.query("insert into many values ?", [Array.from({ length: 10_000 }, (_none, index) => [from + index, `row ${from + index}${"x".repeat(90)}`])]);
    door = await openTestDoor(() => connect(Number(port), hostname));
  }, 60_000);
  afterAll(async () => {
    door?.close();
    await admin?.end();
  });

  const kind = mysql({ outbound: createOutbound({ privateHosts: ["127.0.0.1", "localhost", "other.example.com"], resolve: async () => [{ address: "127.0.0.1", family: 4 }] }), filesDirectory: "", nowMs: Date.now });
  const open = (more: object = {}): Warehouse =>
    kind.open({ workspaceId: 1, settings: { host: "127.0.0.1", port: door.port, database, user: username, password: decodeURIComponent(password), tls: "none", ...more } });
  const underWay = async (text: string): Promise<number> => {
    const [rows] = await admin.query("select id from information_schema.processlist where info like ? and id <> connection_id()", [`%${text}%`]);
    return (rows as readonly unknown[]).length;
  };

  readsAsContract({
    open, many: sql("select * from many order by n"), missing: sql("select * from nowhere_at_all"), slow: sql("select sleep(60) as slept"), wrongPassword: { user: "nobody_at_all", password: "canary-wrong-password" },
    cut: () => door.cut(),
  });

  test("every type comes as it is declared", async () => {
    await admin.query(`create table typed (yes bool, small smallint, beyond bigint, huge bigint unsigned, wide mediumint, single float, twice double, price decimal(10,2), name varchar(50), body longtext, day date, at datetime(6), stamp timestamp(3) null,
      clock time, born year, kind enum('a','b'), tags set('x','y'), doc json, nothing int) character set utf8mb4`);
    await admin.query(`set time_zone = '+02:00'`);
    await admin.query(`insert into typed values (true, -7, 9007199254740993, 18446744073709551615, 70000, 1.5, 0.1, 12.50, 'é"''\\\\ \u{1F600}', 'long', '2026-05-01', '2026-05-01 10:00:00.123456', '2026-05-01 12:00:00.250', '10:00:00', 2026, 'b', 'x,y', '{"a": [1, null]}', null)`);
    const [row] = await rowsOfAll(open(), sql("select * from typed"));
    expect(row).toMatchObject({
      yes: 1, small: -7, beyond: "9007199254740993", huge: "18446744073709551615", wide: 70_000, single: 1.5, twice: 0.1, price: "12.50", name: 'é"\'\\ \u{1F600}', body: "long", day: "2026-05-01",
      at: "2026-05-01T10:00:00.123456Z", stamp: "2026-05-01T10:00:00.250Z", clock: "10:00:00", born: 2026, kind: "b", tags: "x,y", nothing: null,
    });
    // MariaDB keeps JSON as text, and says so.
    expect([{ a: [1, null] }, '{"a": [1, null]}']).toContainEqual(row?.["doc"]);
    const columns = await open().columns(sql("select yes, price, name, day, at, stamp, nothing from typed"), { signal });
    expect(columns.map(({ type }) => type)).toEqual(["number", "decimal", "text", "date", "instant", "instant", "number"]);
    for (const bytes of ["cast('x' as binary)", "unhex('ff00')", "b'101'"]) await expect(rowsOfAll(open(), sql(`select ${bytes} as raw`)), bytes).rejects.toMatchObject({ failure: "unreadable" });
    expect(await rowsOfAll(open(), sql("select count(*) as n, sum(n) as total, avg(n) as mean, max(text) is not null as has, concat('a', n) as joined from many where n = 7 group by n"))).toEqual([{ n: 1, total: "7", mean: "7.0000", has: 1, joined: "a7" }]);
  });

  test("nothing but a statement that reads is taken", async () => {
    await admin.query("create table kept (n int) select 1 as n");
    for (const text of ["delete from kept", "select 1; delete from kept", "drop table kept", "update kept set n = 2", "truncate kept", "set global max_connections = 7", "insert into kept values (2)", "select * from kept into outfile '/tmp/kept'", "commit", "start transaction read write",
      "begin", "/*!50000 set global max_connections = 7 */", "call none()", "do sleep(0)", "", ";", "create table kept2 (n int)", "load data local infile '/etc/passwd' into table kept", "select sleep("]) {
      const failed: unknown = await rowsOfAll(open(), sql(text)).then((rows) => `it gave ${JSON.stringify(rows)}`, (error: unknown) => error);
      expect(failed, text).toMatchObject({ name: "WarehouseError", isTemporary: false });
    }
    const [rows] = await admin.query("select n from kept");
    expect(rows).toEqual([{ n: 1 }]);
    await expect(rowsOfAll(open(), sql("select * from many where text = 'ann@example.com' and nowhere = 1"))).rejects.toMatchObject({ failure: "refused" });
  });

  test("who leaves lets the statement go, and a row that is too large ends the reading", async () => {
    for await (const batch of open().read(sql("select n, repeat('x', 2000) as text, if(n > 20, sleep(60), 0) as slept from many order by n"), { signal, batchRows: 2 })) {
      expect(batch).toHaveLength(2);
      break;
    }
    await expect.poll(() => underWay("sleep(60)"), { timeout: 5_000 }).toBe(0);
    const leaving = new AbortController();
    setTimeout(() => leaving.abort(), 200);
    await expect(open().preview(sql("select sleep(61)"), { signal: leaving.signal, limit: 1 })).rejects.toMatchObject({ failure: "aborted" });
    await expect.poll(() => underWay("sleep(61)"), { timeout: 5_000 }).toBe(0);
    await admin.query("create table huge (part longtext)");
    await admin.query("insert into huge values (repeat('x', 6000000))");
    await expect(rowsOfAll(open(), sql("select a.part as a, b.part as b, c.part as c from huge a, huge b, huge c"))).rejects.toMatchObject({ failure: "too_large" });
    expect(await rowsOfAll(open(), sql("select length(part) as n from huge"))).toEqual([{ n: 6_000_000 }]);
  });

  test("tables and columns are listed for completion", async () => {
    expect(await open().tables({ search: "MAN", signal })).toEqual([{ name: "many", columns: [{ name: "n", nativeType: expect.stringMatching(/^int/) }, { name: "text", nativeType: "varchar(200)" }] }]);
  });

  test.skipIf(caFile === undefined)("over TLS with the certificate of its authority, for its own name alone", async () => {
    const certificates = caFile === undefined ? "" : readFileSync(caFile, "utf8");
    const at = (more: object = {}): Warehouse => open({ host: "localhost", tls: "verified", certificates, ...more });
    expect(await rowsOfAll(at(), sql("show session status like 'Ssl_version'"))).toEqual([{ Variable_name: "Ssl_version", Value: expect.stringMatching(/^TLSv1\.[23]$/) }]);
    await expect(rowsOfAll(at({ certificates: "" }), sql("select 1"))).rejects.toMatchObject({ failure: "unreachable", message: expect.stringMatching(/not trusted here/) });
    await expect(rowsOfAll(at({ host: "other.example.com" }), sql("select 1"))).rejects.toMatchObject({ failure: "unreachable", message: expect.stringMatching(/another name/) });
  });
});
