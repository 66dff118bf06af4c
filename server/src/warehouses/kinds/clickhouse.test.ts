// ClickHouse as a warehouse: on the embedded engine, which speaks its HTTP interface on a socket of its own and is reached through a door,
// and what that one has not (users, failures in the middle) on a server that says what ClickHouse says.
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClickHouse } from "../../engines/clickhouse/clickhouse.ts";
import { startTestClickHouse } from "../../engines/testing.ts";
import { createOutbound } from "../../outbound/outbound.ts";
import { startTestCloud, type TestCloud } from "../testing-cloud.ts";
import { readsAsContract, rowsOfAll } from "../testing-contract.ts";
import { openTestDoor, type TestDoor } from "../testing-door.ts";
import type { Warehouse } from "../warehouse.ts";
import { clickhouse } from "./clickhouse.ts";

let engine: ClickHouse;
let door: TestDoor;
let fake: TestCloud;
beforeAll(async () => {
  engine = await startTestClickHouse();
  fake = await startTestCloud();
  const { endpoint } = engine;
  door = await openTestDoor(() => "socketPath" in endpoint ? connect(endpoint.socketPath) : connect(Number(new URL(endpoint.url).port), new URL(endpoint.url).hostname));
});
afterAll(async () => {
  door.close();
  await fake.stop();
  await engine.stop();
});

const password = "canary-clickhouse-password";
const open = (more: object = {}, url = `http://127.0.0.1:${door.port}`): Warehouse =>
  clickhouse({ outbound: createOutbound({ privateHosts: ["127.0.0.1"] }), filesDirectory: "", nowMs: Date.now }).open({ workspaceId: 1, settings: { url, database: "default", user: "default", password, ...more } });
const sql = (text: string) => ({ kind: "sql" as const, sql: text });

readsAsContract({
  // The engine knows no users: who is wrong is told by the other server.
  open: (more) => {
    if (more !== undefined) fake.answer(({ headers }) => ({ status: 403, headers: { "x-clickhouse-exception-code": "516" }, text: `Code: 516. DB::Exception: nobody: Authentication failed: ${headers["x-clickhouse-key"] ?? ""}. (AUTHENTICATION_FAILED)` }));
    return more === undefined ? open() : open(more, fake.url);
  },
  many: sql("select number + 1 as n, repeat('x', 90) as text from numbers(100000)"), missing: sql("select * from nowhere_at_all"), wrongPassword: { password: "canary-wrong-password" },
  cut: () => door.cut(),
});

test("every type comes as it is declared", async () => {
  const statement = `select true as yes, toInt32(7) as small, toUInt64(18446744073709551615) as beyond, toInt64(42) as big, 1.5 as float, nan as nan, toDecimal64('12.50', 2) as price, 'é"' as text,
    toDateTime64('2026-05-01 12:00:00.25', 3, 'Europe/Berlin') as at, toDateTime('2026-05-01 10:00:00', 'UTC') as plain, toDate('2026-05-01') as day, [toUInt64(1), toUInt64(2)] as list, map('a', 1) as doc,
    cast(null as Nullable(Int32)) as nothing, toUUID('b3b1d1b0-0000-4000-8000-000000000001') as id, cast('a' as LowCardinality(String)) as low`;
  expect((await rowsOfAll(open(), sql(statement)))[0]).toEqual({
    yes: true, small: 7, beyond: "18446744073709551615", big: 42, float: 1.5, nan: null, price: "12.50", text: 'é"', at: "2026-05-01T10:00:00.250Z", plain: "2026-05-01T10:00:00.000Z", day: "2026-05-01", list: [1, 2],
    doc: { a: 1 }, nothing: null, id: "b3b1d1b0-0000-4000-8000-000000000001", low: "a",
  });
  const { columns } = await open().preview(sql(statement), { signal: new AbortController().signal, limit: 1 });
  expect(columns.map(({ type }) => type).join(" ")).toBe("boolean number number number number number decimal text instant instant date json json number text text");
});

test("an error in the middle of the rows is one, and what is none of ClickHouse's formats too", async () => {
  const begun = '["n"]\n["UInt8"]\n[1]\n';
  for (const [text, failure] of [
    [`${begun}Code: 241. DB::Exception: Memory limit exceeded. (MEMORY_LIMIT_EXCEEDED)`, "failed"], [`${begun}[2\nCode: 395. DB::Exception: Value passed to 'throwIf' function. (FUNCTION_THROW_IF_VALUE_IS_NON_ZERO)`, "broken"],
    [`${begun}__exception__\r\nCode: 159. DB::Exception: Timeout exceeded. (TIMEOUT_EXCEEDED)`, "failed"], [`${begun}[1,2]\n`, "broken"], ["1,2\n", "broken"], ["", "broken"], [`${begun}[${'"x'.repeat(10_000_000)}`, "too_large"],
  ] as const) {
    fake.answer(() => ({ text }));
    await expect(rowsOfAll(open({}, fake.url), sql("select 1")), text.slice(0, 60)).rejects.toMatchObject({ failure });
  }
  fake.answer(() => ({ status: 302, headers: { location: "http://169.254.169.254/" } }));
  await expect(rowsOfAll(open({}, fake.url), sql("select 1"))).rejects.toMatchObject({ failure: "broken" });
});

test("it asks that nothing be written", async () => {
  fake.answer(() => ({ text: '["n"]\n["UInt8"]\n[1]\n' }));
  await rowsOfAll(open({}, fake.url), sql("select 1"));
  expect(new URL(fake.asked.at(-1)?.path ?? "", fake.url).searchParams.get("readonly")).toBe("2");
});
