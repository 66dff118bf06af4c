// The official client against our child, as against any ClickHouse server.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request, type IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { ClickHouseError } from "@clickhouse/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestClickHouse } from "../testing.ts";
import { connectClickHouse, type ClickHouse } from "./clickhouse.ts";
import { limitsByUse, serverMemoryBytesMax, useHeader } from "./clickhouse-use.ts";
import { waitUntilIdle } from "./insert-block.ts";
import { migrateClickHouse, migrationsFolder } from "./migrate.ts";

let clickhouse: ClickHouse;

beforeAll(async () => {
  clickhouse = await startTestClickHouse();
});
afterAll(async () => {
  await clickhouse.stop();
});

type Settings = Record<string, string | number>;

async function rows<Row>(query: string, parameters: Record<string, unknown> = {}, settings: Settings = {}): Promise<Row[]> {
  const client = clickhouse.client("api");
  const result = await client.query({ query, query_params: parameters, clickhouse_settings: settings, format: "JSONEachRow" });
  return result.json<Row>();
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: IncomingHttpHeaders;
}

/** A plain HTTP request, for what the client never sends. */
function send(path: string, body: Buffer, headers: Record<string, string> = {}): Promise<Answer> {
  const { endpoint } = clickhouse;
  if (!("socketPath" in endpoint)) throw new Error("only for the embedded engine");
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: endpoint.socketPath, path, method: "POST", headers }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString(), headers: response.headers });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

describe("queries", () => {
  test("bound values arrive as they are, of any type and length", async () => {
    const text = "it's \\ a\ttab\nline \0 é 😀 {x:String} \r";
    const ids = Array.from({ length: 20_000 }, (_, i) => `00000000-0000-0000-0000-${String(i).padStart(12, "0")}`);
    const [row] = await rows(
      `select {text:String} as text, toString({n:UInt64}) as n, {list:Array(String)} as list, {none:Nullable(String)} as none,
        length({ids:Array(UUID)}) as ids`,
      { text, n: "18446744073709551615", list: ["a'b", "c\\", "d\n"], none: null, ids },
    );
    expect(row).toEqual({ text, n: "18446744073709551615", list: ["a'b", "c\\", "d\n"], none: null, ids: 20_000 });
  });

  test("a value bound for one query is not there for the next", async () => {
    await rows("select {secret:String} as x", { secret: "one" });
    await expect(rows("select {secret:String} as x")).rejects.toMatchObject({ code: "456" });
  });

  test("values bound at the same time on all connections don't mix", async () => {
    const answers = await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        const [row] = await rows<{ x: number; y: string }>("select {x:UInt32} as x, {y:String} as y", { x: i, y: `y${i}` });
        return [row?.x, row?.y];
      }),
    );
    expect(answers).toEqual(Array.from({ length: 60 }, (_, i) => [i, `y${i}`]));
  });

  test("a setting holds for its query only", async () => {
    const query = "select getSetting('max_threads') as threads, getSetting('bool_true_representation') as yes";
    expect(await rows(query, {}, { max_threads: 1, bool_true_representation: "it's" })).toEqual([{ threads: 1, yes: "it's" }]);
    expect(await rows(query)).toEqual([{ threads: limitsByUse.api.threadsMax, yes: "true" }]);
  });

  test("a caller may ask for less than the limits of its use, never for more", async () => {
    const query = "select getSetting('max_execution_time') as seconds";
    expect(await rows(query, {}, { max_execution_time: 3 })).toEqual([{ seconds: 3 }]);
    expect(await rows(query, {}, { max_execution_time: 99_999 })).toEqual([{ seconds: limitsByUse.api.executionSecondsMax }]);
    expect(await rows(query, {}, { max_execution_time: 0 })).toEqual([{ seconds: limitsByUse.api.executionSecondsMax }]);
  });

  test("results of every format are whole", async () => {
    const client = clickhouse.client("api");
    const result = await client.query({ query: "select number from numbers(200000)", format: "JSON" });
    const whole = await result.json<{ number: number }>();
    expect(whole.rows).toBe(200_000);
    expect(whole.data.at(-1)).toEqual({ number: 199_999 });
    const names = await client.query({ query: "select number as n from numbers(200000)", format: "CSVWithNames" });
    expect((await names.text()).split("\n").filter((line) => line === '"n"')).toHaveLength(1);
  });

  test("a large result streams, and leaving it early frees the connection", async () => {
    const client = connectClickHouse(clickhouse.endpoint, "instants");
    const result = await client.query({ query: "select number from numbers(1000000000000)", format: "JSONEachRow" });
    let seen = 0;
    for await (const part of result.stream()) {
      seen += part.length;
      if (seen > 100_000) break;
    }
    result.close();
    const next = await client.query({ query: "select 1 as one", format: "JSONEachRow" });
    expect(await next.json()).toEqual([{ one: 1 }]);
    await client.close();
  });

  test("query ids come back, and name the query in system.processes", async () => {
    const api = clickhouse.client("api");
    const query = "select sleepEachRow(0.2) from numbers(5) settings max_block_size = 1";
    const slow = api.query({ query, query_id: "slow-query:1", format: "JSONEachRow" });
    const started = await slow;
    expect(started.query_id).toBe("slow-query:1");
    expect(started.response_headers["x-clickhouse-query-id"]).toBe("slow-query:1");
    const running = "select count() > 0 as runs from system.processes where startsWith(query, {mark:String})";
    expect(await rows(running, { mark: "/*slow-query:1*/" })).toEqual([{ runs: 1 }]);
    await started.text();
  });
});

describe("errors", () => {
  test.each([
    ["select nosuch", "47", "UNKNOWN_IDENTIFIER"],
    ["select 1 from nosuch", "60", "UNKNOWN_TABLE"],
    ["selec 1", "62", "SYNTAX_ERROR"],
    ["select throwIf(1)", "395", "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO"],
    ["select 1; select 2", "62", "SYNTAX_ERROR"],
    ["set max_threads = 1", "48", "NOT_IMPLEMENTED"],
  ])("%s fails with code %s", async (query, code, type) => {
    const failed = await clickhouse.client("api").command({ query }).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(ClickHouseError);
    expect(failed).toMatchObject({ code, type });
  });

  test("an unknown setting is refused and leaves nothing behind", async () => {
    await expect(rows("select 1", {}, { no_such_setting: 1, max_threads: 1 })).rejects.toMatchObject({ code: "115" });
    expect(await rows("select getSetting('max_threads') as threads")).toEqual([{ threads: limitsByUse.api.threadsMax }]);
  });

  test("an error in the middle of a stream reaches the reader", async () => {
    const client = clickhouse.client("api");
    const result = await client.query({
      query: "select number, throwIf(number = 900000) from numbers(1000000) settings max_block_size = 1000, max_threads = 1",
      format: "JSONEachRow",
    });
    const read = async () => {
      for await (const part of result.stream()) void part;
    };
    await expect(read()).rejects.toThrow(/throwIf/);
  });

  test("a query beyond its time is ended", async () => {
    await expect(rows("select count() from numbers(1000000000000)", {}, { max_execution_time: 1 })).rejects.toMatchObject({ code: "159" });
  });

  test("a row that can't be read is named, and nothing of its INSERT stays", async () => {
    const client = clickhouse.client("write");
    await client.command({ query: "create table one_bad_row (a UInt32) engine = MergeTree order by a" });
    const insert = client.insert({ table: "one_bad_row", values: [{ a: 1 }, { a: "x" }], format: "JSONEachRow" });
    await expect(insert).rejects.toThrow(/at row 2/);
    expect(await rows("select count() as n from one_bad_row")).toEqual([{ n: 0 }]);
  });
});

describe("inserts", () => {
  beforeAll(async () => {
    await clickhouse.client("write").command({ query: "create table plain (a UInt32, s String) engine = MergeTree order by tuple()" });
  });

  test("what follows an empty line in the data is data, never SQL", async () => {
    const body = Buffer.from('{"a":1,"s":"x"}\n\n{"a":2,"s":"y"}\n\ninsert into plain values (77, \'injected\')');
    const answer = await send("/?query=" + encodeURIComponent("insert into plain format JSONEachRow"), body);
    expect(answer.status).toBe(400);
    expect(await rows("select count() as n from plain")).toEqual([{ n: 0 }]);
    const good = await send("/", Buffer.from('insert into plain format JSONEachRow\n{"a":1,"s":"x"}\n\n{"a":2,"s":"\\n\\n"}\n'));
    expect(good).toMatchObject({ status: 200, text: "" });
    expect(JSON.parse(String(good.headers["x-clickhouse-summary"]))).toMatchObject({ written_rows: "2" });
    expect(await rows("select a, s from plain order by a")).toEqual([{ a: 1, s: "x" }, { a: 2, s: "\n\n" }]);
    await clickhouse.client("write").command({ query: "truncate table plain" });
  });

  test.each([
    ["gzip", gzipSync],
    ["zstd", zstdCompressSync],
  ])("%s bodies and VALUES are understood", async (encoding, compress) => {
    const answer = await send("/", compress(Buffer.from("insert into plain values (1, 'a;\n\n')")), { "content-encoding": encoding });
    expect(answer.status).toBe(200);
    expect(await rows("select a, s from plain")).toEqual([{ a: 1, s: "a;\n\n" }]);
    await clickhouse.client("write").command({ query: "truncate table plain" });
  });

  test("an INSERT without rows is no error", async () => {
    const answer = await send("/?query=" + encodeURIComponent("insert into plain format RowBinary"), Buffer.alloc(0));
    expect(answer.status).toBe(200);
  });

  test("dates in JSON stay the text they were, and keys that come twice don't stop an insert", async () => {
    const client = clickhouse.client("write");
    await client.command({ query: "create table documents (p JSON(max_dynamic_paths=64)) engine = MergeTree order by tuple()" });
    const p = '{"at":"2024-01-02T03:04:05+02:00","day":"2024-01-02","n":12,"twice":1,"twice":2}';
    const text = `insert into documents format JSONEachRow {"p":${p}}`;
    expect(await send("/", Buffer.from(text))).toMatchObject({ status: 200 });
    expect(await rows("select p.at.:String as at, p.day.:String as day from documents")).toEqual([
      { at: "2024-01-02T03:04:05+02:00", day: "2024-01-02" },
    ]);
  });
});

test("a write does not wait behind six slow queries of the API", async () => {
  const api = clickhouse.client("api");
  const write = clickhouse.client("write");
  await write.command({ query: "create table beside (a UInt32) engine = MergeTree order by a" });
  let ended = 0;
  const slow = Array.from({ length: 6 }, async () => {
    const result = await api.query({ query: "select sleep(1.5)", format: "JSONEachRow" });
    await result.text();
    ended += 1;
  });
  await write.insert({ table: "beside", values: [{ a: 1 }], format: "JSONEachRow" });
  expect(ended).toBe(0);
  await Promise.all(slow);
});

// Well before the time limit of its use would end it; on a busy machine the engine takes its time to look.
test("a query whose reader goes away is ended in the engine", async () => {
  const client = clickhouse.client("evaluate");
  const gone = new AbortController();
  const query = "select count() from numbers(1000000000000)";
  const abandoned = client.query({ query, query_id: "abandoned", format: "JSONEachRow", abort_signal: gone.signal });
  abandoned.catch(() => undefined);
  const isRunning = async () => !(await waitUntilIdle(client, "abandoned", 0));
  while (!(await isRunning())) await new Promise((resolve) => setTimeout(resolve, 10));
  gone.abort();
  await expect(abandoned).rejects.toThrow();
  expect(await waitUntilIdle(client, "abandoned", 20_000)).toBe(true);
});

test("more queries than may wait are refused at once, and those that wait are answered", async () => {
  const { queueMax, connections } = limitsByUse.instants;
  const use = { [useHeader]: "instants" };
  // All that run and as many again have their bodies read; the others wait at the door.
  const room = queueMax + connections * 2;
  const slow = send("/?query_id=holds", Buffer.from("select sleep(2)"), use);
  while (await waitUntilIdle(clickhouse.client("api"), "holds", 0)) await new Promise((resolve) => setTimeout(resolve, 10));
  const answers = await Promise.all([slow, ...Array.from({ length: room + 9 }, () => send("/", Buffer.from("select 1"), use))]);
  const statuses = answers.map((answer) => answer.status);
  expect(statuses.filter((status) => status === 503)).toHaveLength(10);
  expect(statuses.filter((status) => status === 200)).toHaveLength(room);
});

describe("the engine's configuration", () => {
  test("is in force: UTC, a quarter of the memory, a small mark cache", async () => {
    const names = "('max_server_memory_usage', 'mark_cache_size')";
    const server = await rows(`select name, value from system.server_settings where name in ${names} order by name`);
    expect(server).toEqual([
      { name: "mark_cache_size", value: "268435456" },
      { name: "max_server_memory_usage", value: String(serverMemoryBytesMax) },
    ]);
    const times = await rows("select timezone() as zone, toString(toDateTime(0)) as start");
    expect(times).toEqual([{ zone: "UTC", start: "1970-01-01 00:00:00" }]);
  });

  test("lets a backup be written in its folder and nowhere else", async () => {
    const client = clickhouse.client("write");
    await client.command({ query: "create table kept (a UInt32) engine = MergeTree order by a" });
    await client.command({ query: "insert into kept values (1)" });
    await client.command({ query: "backup table kept to File('one')" });
    const elsewhere = client.command({ query: `backup table kept to File('${join(tmpdir(), "elsewhere")}')` });
    await expect(elsewhere).rejects.toThrow(/not allowed|not inside|path/i);
  });

  test("every table of record syncs a part before its insert is answered", async () => {
    const tables = await rows<{ name: string; create_table_query: string }>(
      `select name, create_table_query from system.tables
       where database = currentDatabase() and name in ('events', 'profiles', 'profile_override', 'schema_version')`,
    );
    expect(tables).toHaveLength(4);
    for (const table of tables) expect(table.create_table_query).toMatch(/fsync_after_insert = 1, fsync_part_directory = 1/);
  });
});

describe("migrations", () => {
  test("run twice change nothing", async () => {
    const before = await rows("select * from schema_version");
    await migrateClickHouse(clickhouse.client("write"));
    expect(await rows("select * from schema_version")).toEqual(before);
  });

  test("refuse data of a newer program", async () => {
    const client = clickhouse.client("write");
    const values = [{ version: 9999, name: "9999-later.sql" }];
    await client.insert({ table: "schema_version", columns: ["version", "name"], values, format: "JSONEachRow" });
    await expect(migrateClickHouse(client, migrationsFolder)).rejects.toMatchObject({ code: "newer_data" });
    await client.command({ query: "alter table schema_version delete where version = 9999 settings mutations_sync = 2" });
  });

  test("add what a later file brings, once", async () => {
    const folder = await mkdtemp(join(tmpdir(), "trib-"));
    const sql = "create table later (a UInt8) engine = MergeTree order by a; insert into later values (1);";
    await writeFile(join(folder, "9998-later.sql"), sql);
    const client = clickhouse.client("write");
    expect(await migrateClickHouse(client, folder)).toBe(9998);
    expect(await migrateClickHouse(client, folder)).toBe(9998);
    expect(await rows("select count() as n from later")).toEqual([{ n: 1 }]);
    await rm(folder, { recursive: true });
  });
});
