// Postgres as a warehouse, on a real server that is reached over TCP through a door that cuts.
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type pg from "pg";
import type { Postgres } from "../../engines/postgres/postgres.ts";
import { startTestPostgres } from "../../engines/testing.ts";
import { createOutbound } from "../../outbound/outbound.ts";
import { readsAsContract, rowsOfAll } from "../testing-contract.ts";
import { openTestDoor, type TestDoor } from "../testing-door.ts";
import type { Row, Warehouse } from "../warehouse.ts";
import { postgres } from "./postgres.ts";
import { redshift } from "./redshift.ts";

let engine: Postgres;
let pool: pg.Pool;
let door: TestDoor;
beforeAll(async () => {
  engine = await startTestPostgres();
  pool = engine.pool("test", 2);
  await pool.query("create table many as select n, 'row ' || n || repeat('x', 90) as text from generate_series(1, 100000) n");
  const { connectionString, host, port } = engine.connection;
  const url = connectionString === undefined ? undefined : new URL(connectionString);
  door = await openTestDoor(() => host?.startsWith("/") === true ? connect(`${host}/.s.PGSQL.${port ?? 5432}`) : connect(Number(url?.port ?? port ?? 5432), url?.hostname ?? host ?? "127.0.0.1"));
});
afterAll(async () => {
  door.close();
  await engine.stop();
});

const parts = { outbound: createOutbound({ privateHosts: ["127.0.0.1"] }), filesDirectory: "", nowMs: Date.now };
const login = () => {
  const { connectionString, user, password, database } = engine.connection;
  const url = connectionString === undefined ? undefined : new URL(connectionString);
  return { user: url?.username ?? user, password: url?.password ?? String(password ?? ""), database: url?.pathname.slice(1) ?? database };
};
const settings = (more: object = {}) => ({ host: "127.0.0.1", port: door.port, tls: "none", ...login(), ...more });
const open = (more: object = {}, kind = postgres): Warehouse => kind(parts).open({ workspaceId: 1, settings: settings(more) });
const sql = (text: string) => ({ kind: "sql" as const, sql: text });
const { signal } = new AbortController();

readsAsContract({
  open: (more) => open(more), many: sql("select * from many order by n"), missing: sql("select * from nowhere_at_all"), slow: sql("select pg_sleep(60)"), wrongPassword: { user: "nobody", password: "canary-wrong-password" },
  cut: () => door.cut(),
});

test("every type comes as it is declared", async () => {
  const statement = `select true as yes, 7::int2 as small, 9007199254740993 as beyond, 42::int8 as big, 1.5::float8 as float, 'NaN'::float8 as nan, 12.50::numeric(10,2) as price, 'é"''\\' as text,
    '2026-05-01 12:00:00.25+02'::timestamptz as at, '2026-05-01 10:00:00.123456'::timestamp as plain, 'infinity'::timestamptz as never, '2026-05-01'::date as day, '0044-03-15 BC'::date as ides,
    '{"a": [1, null]}'::jsonb as doc, array['a,"b', null, 'NULL']::text[] as list, array[[1,2],[3,4]] as grid, array[now()]::timestamptz[] is not null as ok, '10:00'::time as clock, null::int as nothing,
    'b3b1d1b0-0000-4000-8000-000000000001'::uuid as id, interval '1 day 2 hours' as took`;
  const [row] = await rowsOfAll(open(), sql(statement));
  expect(row).toEqual({
    yes: true, small: 7, beyond: "9007199254740993", big: 42, float: 1.5, nan: null, price: "12.50", text: `é"'\\`, at: "2026-05-01T10:00:00.250Z", plain: "2026-05-01T10:00:00.123456Z", never: null,
    day: "2026-05-01", ides: null, doc: { a: [1, null] }, list: ['a,"b', null, "NULL"], grid: [[1, 2], [3, 4]], ok: true, clock: "10:00:00", nothing: null,
    id: "b3b1d1b0-0000-4000-8000-000000000001", took: "P1DT2H",
  });
  const columns = await open().columns(sql(`${statement} -- as it is\n;`), { signal });
  expect(columns.map(({ type }) => type).join(" ")).toBe("boolean number number number number number decimal text instant instant instant date date json json json boolean text number text text");
  expect(columns.find(({ name }) => name === "price")?.nativeType).toBe("numeric");
});

test("bytes, columns of one name and columns without a name are told and not read", async () => {
  const columns = await open().columns(sql("select '\\x00'::bytea as raw, 1 as a, 2 as a"), { signal });
  expect(columns.map(({ problem }) => problem?.slice(0, 24))).toEqual(["raw holds bytes (bytea),", "2 columns are called a: ", "2 columns are called a: "]);
  await expect(open().preview(sql("select '\\x00'::bytea as raw"), { signal, limit: 5 })).rejects.toMatchObject({ failure: "unreadable" });
});

test("nothing but one statement that reads is taken, and where it is wrong is told", async () => {
  await pool.query("create table kept as select 1 as n");
  const hostile = [
    "delete from kept", "select 1; delete from kept", "select 1; commit; delete from kept", "with gone as (delete from kept returning n) select * from gone", "copy kept to stdout", "commit", "select nextval('kept_seq')",
    "select set_config('transaction_read_only', 'off', false) from (select 1) x; delete from kept", "select 1 into kept2", "create table x ()", "set role postgres", "", ";",
  ];
  for (const text of hostile) {
    const read = rowsOfAll(open(), sql(text));
    await expect(read, text).rejects.toMatchObject({ name: "WarehouseError", failure: "refused", isTemporary: false });
  }
  expect((await pool.query("select n from kept")).rows).toEqual([{ n: 1 }]);
  await expect(open().columns(sql("select 1,\n  nowhere"), { signal })).rejects.toMatchObject({ failure: "refused", position: 13 });
  await expect(rowsOfAll(open(), sql("select 'ann@example.com'::int"))).rejects.toSatisfy((error: Error) => !error.message.includes("ann@"));
});

test("who leaves early lets the server go, and a row that is too large ends the reading", async () => {
  for await (const batch of open().read(sql("select n, repeat('x', 2000) as text, case when n > 20 then pg_sleep(60)::text end as slept from many"), { signal, batchRows: 2 })) {
    expect(batch).toHaveLength(2);
    break;
  }
  await expect.poll(async () => (await pool.query("select 1 from pg_stat_activity where query like '%tributary_rows%' and state = 'active' and pid <> pg_backend_pid()")).rowCount).toBe(0);
  await expect(rowsOfAll(open(), sql("select repeat('x', 20000000) as huge"))).rejects.toMatchObject({ failure: "too_large" });
});

test("tables and columns are listed for completion", async () => {
  await pool.query("create schema shop; create table shop.\"Orders\" (id int, total numeric(10,2))");
  expect(await open().tables({ search: "ORDERS", signal })).toEqual([{ name: "shop.Orders", columns: [{ name: "id", nativeType: "integer" }, { name: "total", nativeType: "numeric" }] }]);
});

test("Redshift's way of asking reads the same, in pieces", async () => {
  // Its own catalog is not here; the rest of what it is asked Postgres understands, too.
  const rows: Row[] = await rowsOfAll(open({}, redshift), sql("select n from many where n <= 2500 order by n;"));
  expect(rows.map(({ n }) => n)).toEqual(Array.from({ length: 2500 }, (_none, index) => index + 1));
});
