// SQL over a workspace's views, as the console asks and as ClickHouse's own client does.
import { execFile } from "node:child_process";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createWorkspaceDb } from "../engines/postgres/workspace-db.ts";
import { createFieldDecisionsCache, createToken } from "../governance/governance.ts";
import { createSql, tributaryWarehouse } from "../sql/sql.ts";
import { systemClock } from "../core/clock.ts";
import { addEvents, addPerson, startTestApi, type TestApi } from "./testing.ts";

const ada = "00000000-0000-4000-8000-0000000000a1";
const bob = "00000000-0000-4000-8000-0000000000b1";
let api: TestApi;
let url: string;
let masked: string;

beforeAll(async () => {
  api = await startTestApi();
  await addPerson(api, { id: ada, workspace: api.first, identifiers: [["email", "ada@example.com"]], traits: { plan: "gold", age: 36 } });
  await addPerson(api, { id: bob, workspace: api.second, identifiers: [["email", "bob@example.com"]], traits: { plan: "free" } });
  await addEvents(api, [1, 2, 3].map((n) => ({ workspace: api.first, row: n, messageId: `m${n}`, profileId: ada, ingestId: ada, event: "Order Completed", type: "track", outcome: n === 3 ? "duplicate" : "stored", properties: { total: n * 10, note: "to Ada" } })));
  await addEvents(api, [{ workspace: api.second, row: 9, messageId: "other", profileId: bob, event: "Order Completed", type: "track", outcome: "stored", properties: { total: 999 } }]);
  await api.pool.query(`insert into observed_event (workspace_id, type, event, count, first_at, last_at) values ($1, 'track', 'Order Completed', 2, now(), now())`, [api.first.id]);
  await api.pool.query(
    `insert into observed_field (workspace_id, place, event, path, count, as_number, as_text, first_at, last_at)
     select $1, place, event, path, 1, number, 1 - number, now(), now() from (values ('property', 'Order Completed', 'total', 1), ('property', 'Order Completed', 'note', 0), ('trait', '', 'age', 1)) as f (place, event, path, number)`, [api.first.id],
  );
  ({ secret: masked } = await createToken(await api.pool.connect().then((client) => (client.release(), client)), { workspaceId: api.first.id, name: "viewer", scopes: ["read"] }));
  await api.server.listen({ port: 0, host: "127.0.0.1" });
  url = `http://127.0.0.1:${(api.server.server.address() as AddressInfo).port}`;
});
afterAll(() => api?.stop());

const ask = (statement: string, more: object = {}, token?: string) => api.call("POST", "/sql", { body: { statement, ...more }, ...(token === undefined ? {} : { token }) });
const client = (password = api.first.token) => createClient({ url, pathname: "/sql", log: { level: ClickHouseLogLevel.OFF }, username: "anybody", password });

test("a statement over a view of one event is answered, typed, within its workspace, and stands in the audit log by its hash", async () => {
  const { status, body } = await ask("select message_id, total, note from order_completed where total > {least:Float64} order by total", { parameters: { least: "5" } });
  expect([status, body.columns, body.rows, body.is_cut, body.views]).toEqual([
    200, [{ name: "message_id", type: "String" }, { name: "total", type: "Nullable(Float64)" }, { name: "note", type: "Nullable(String)" }], [["m1", 10, "to Ada"], ["m2", 20, "to Ada"]], false, ["order_completed"],
  ]);
  const cut = await ask("select * from events", { rows_max: 1 });
  expect([cut.body.rows.length, cut.body.is_cut]).toEqual([1, true]);
  const people = await ask("select email, age from profiles");
  expect(people.body.rows).toEqual([["ada@example.com", 36]]);
  const { rows } = await api.pool.query<{ detail: Record<string, unknown> }>("select detail from audit_log where action = 'sql.query' and workspace_id = $1 order by id desc limit 1", [api.first.id]);
  expect(rows[0]?.detail).toMatchObject({ views: ["profiles"], rows: 1, masked: false, via: "console", hash: expect.stringMatching(/^[\da-f]{32}$/) });
  const views = await api.call("GET", "/sql/views");
  expect(views.body.data.map((one: { name: string }) => one.name)).toEqual(["profiles", "identifiers", "account_members", "consent", "events", "audiences", "audience_members", "audience_log", "computed_traits", "deliveries", "model_rows", "model_changes", "order_completed"]);
});

test("without the scope personal_data values of people are masks, and nothing can be asked of what is below them", async () => {
  const people = await ask("select email, age, count() from profiles where email like 'ada%' or email like 'a•%' group by all", {}, masked);
  expect([people.body.rows, people.headers["x-tributary-masked"]]).toEqual([[["a•••@example.com", "•••", 1]], "true"]);
  expect((await ask("select count() from profiles where email = 'ada@example.com' or traits like '%36%' or age = '36'", {}, masked)).body.rows).toEqual([[0]]);
});

test("what can't be run says where and why, in the API's form and in ClickHouse's", async () => {
  const wrong = await ask("select 1,\n  file('/etc/hostname')");
  expect([wrong.status, wrong.body.code, wrong.body.message]).toEqual([400, "invalid_statement", expect.stringContaining("Line 2, column 3: The function file is not among those")]);
  const engine = await ask("select nothing from events");
  expect([engine.status, engine.body.message]).toEqual([400, expect.stringMatching(/nothing/)]);
  // How views are written is nobody's business.
  expect(engine.body.message).not.toMatch(/workspace_id|__e|default/);
  const long = await ask("select length(groupArray(repeat(toString(number), 100000))) from numbers(1000000)");
  expect([long.status, long.body.code]).toEqual([422, "limit_reached"]);
  const reply = await fetch(`${url}/sql?query=${encodeURIComponent("select * from system.processes")}`, { headers: { "x-clickhouse-user": "x", "x-clickhouse-key": api.first.token } });
  expect([reply.status, reply.headers.get("x-clickhouse-exception-code"), await reply.text()]).toEqual([404, "60", expect.stringMatching(/^Code: 60\. DB::Exception: There is no view system\.processes.*\(UNKNOWN_TABLE\)/)]);
  for (const headers of [{}, { "x-clickhouse-key": "wrong-token-wrong-token" }]) expect((await fetch(`${url}/sql?query=select+1`, { headers })).status).toBe(401);
});

test("ClickHouse's own client reads it, in its formats, with parameters, and by stream", async () => {
  const reader = client();
  try {
    expect((await reader.ping()).success).toBe(true);
    const rows = await (await reader.query({ query: "select message_id, total from order_completed where total >= {least: Float64} order by total", query_params: { least: 20 }, format: "JSONEachRow" })).json();
    expect(rows).toEqual([{ message_id: "m2", total: 20 }]);
    const whole = await (await reader.query({ query: "select count() as n, version() as v, currentDatabase() as d from events" })).json<{ n: string }>();
    expect(whole.data).toEqual([{ n: 2, v: "25.8.1.1", d: "tributary" }]);
    expect(await (await reader.query({ query: "select 1 as a, 'x,y' as b", format: "CSVWithNames" })).text()).toBe('"a","b"\n1,"x,y"\n');
    expect(await (await reader.query({ query: "select 1 as a", format: "TabSeparatedWithNamesAndTypes" })).text()).toBe("a\nUInt8\n1\n");
    expect(await (await reader.query({ query: "describe table tributary.order_completed", format: "JSONCompactEachRow" })).text()).toContain('["total", "Nullable(Float64)"');
    await expect(reader.query({ query: "select sleep(1)" })).rejects.toMatchObject({ code: "46", type: "UNKNOWN_FUNCTION" });
    await expect(reader.command({ query: "drop table events" })).rejects.toMatchObject({ code: "164" });
    const binary = await fetch(`${url}/sql?default_format=RowBinaryWithNamesAndTypes`, { method: "POST", body: "select 'é' as a", headers: { authorization: `Basic ${btoa(`u:${api.first.token}`)}` } });
    expect([binary.headers.get("x-clickhouse-format"), Buffer.from(await binary.arrayBuffer()).toString("latin1")]).toEqual(["RowBinaryWithNamesAndTypes", Buffer.from("\x01\x01a\x06String\x02é", "utf8").toString("latin1")]);
  } finally {
    await reader.close();
  }
});

const peopleOf = async (id: string): Promise<string[]> => (await api.call("GET", `/exports/${id}/people`)).body.data;

test("an answer keeps whose rows it holds, once for the same question of a day, and an answer of nobody's keeps nothing", async () => {
  const [first, again] = [await ask("select total from order_completed where note = {note:String} order by total", { parameters: { note: "to Ada" } }), await ask("select total from order_completed where note = {note:String} order by total", { parameters: { note: "to Ada" } })];
  expect([first.body.rows, first.body.columns.length]).toEqual([[[10], [20]], 1]);
  expect(again.body.export_id).toBe(first.body.export_id);
  expect(await peopleOf(first.body.export_id)).toEqual([ada]);
  for (const nobodys of ["select event, count() from events group by event", "select 1", "select email from profiles where email = 'nobody@example.com'"]) expect((await ask(nobodys)).body.export_id, nobodys).toBeNull();
  const hidden = await ask("select email from profiles", {}, masked);
  expect(await peopleOf(hidden.body.export_id)).toEqual([ada]);
  const { body: { data: [latest] } } = await api.call("GET", "/profiles/email:ada@example.com/exports");
  expect(latest).toMatchObject({ id: hidden.body.export_id, kind: "answer", what: "console", statement: "select email from profiles", is_masked: true, people: 1, rows: 1, status: "done", times: 1 });
  const { body: { data: all } } = await api.call("GET", "/exports");
  expect(all.find(({ id }: { id: string }) => id === first.body.export_id)).toMatchObject({ times: 2, people: 1, rows: 2, parameters: { note: "to Ada" } });
  // Whom a statement names is for those who may see people.
  expect((await api.call("GET", "/exports", { token: masked })).body.data.map((one: { statement: unknown; parameters: unknown }) => [one.statement, one.parameters])).toEqual(all.map(() => [null, null]));
  expect((await api.call("GET", "/exports", { token: api.second.token })).body.data).toEqual([]);
});

test("the endpoint keeps it in every format, before the answer", async () => {
  for (const format of ["Native", "RowBinaryWithNamesAndTypes", "JSON", "Parquet", "CSV"]) {
    const reply = await fetch(`${url}/sql?param_least=15`, { method: "POST", body: `select message_id, '${format}' from events join order_completed using (message_id) where total > {least:Float64} limit 5 format ${format}`, headers: { "x-clickhouse-key": api.first.token } });
    expect(Buffer.from(await reply.arrayBuffer()).includes("m2"), format).toBe(true);
    const id = reply.headers.get("x-export-id") ?? "";
    await expect.poll(async () => (await api.call("GET", "/exports?limit=1")).body.data[0]).toMatchObject({ id, what: "endpoint", status: "done", people: 1, parameters: { least: "15" } });
    expect(await peopleOf(id), format).toEqual([ada]);
  }
  const reply = await fetch(`${url}/sql?query=${encodeURIComponent("select count() from events")}`, { headers: { "x-clickhouse-key": api.first.token } });
  expect([await reply.text(), reply.headers.get("x-export-id")]).toEqual(["2\n", null]);
});

test("a table, or what a statement gives, becomes a file of the chosen columns and rows that keeps who stands in it", async () => {
  const write = (body: object, token = api.first.token) => api.server.inject({ method: "POST", url: "/api/v1/exports", payload: body, headers: { authorization: `Bearer ${token}` } });
  const csv = await write({ table: "profiles", columns: ["email", "age"] });
  expect([csv.statusCode, csv.headers["content-type"], csv.headers["content-disposition"], csv.body]).toEqual([200, "text/csv; charset=utf-8", 'attachment; filename="profiles.csv"', "\ufeffemail,age\r\nada@example.com,36\r\n"]);
  const lines = await write({ statement: "select message_id, total, toUInt64(9007199254740993) as wide from order_completed order by total", format: "ndjson", row_limit: 1 });
  expect(lines.body).toBe('{"message_id":"m1","total":10,"wide":"9007199254740993"}\n');
  const parquet = await write({ table: "order_completed", format: "parquet" });
  expect(parquet.rawPayload.subarray(0, 4).toString()).toBe("PAR1");
  const { body: { data } } = await api.call("GET", "/exports?limit=3");
  expect(data).toMatchObject([
    { kind: "table", what: "order_completed", format: "parquet", people: 1, rows: null, status: "done" }, { kind: "query", format: "ndjson", people: 1, rows: 1, columns: ["message_id", "total", "wide"] },
    { kind: "table", what: "profiles", columns: ["email", "age"], people: 1, rows: 1 },
  ]);
  for (const [at, file] of [parquet, lines, csv].entries()) expect([file.headers["x-export-id"], await peopleOf(data[at].id)]).toEqual([data[at].id, [ada]]);
  expect((await write({ table: "profiles", columns: ["email", "nothing"] })).json()).toMatchObject({ code: "invalid_statement", message: expect.stringContaining("no column nothing") });
  expect((await write({ statement: "select file('/etc/hostname')" })).statusCode).toBe(400);
  expect((await write({ table: "events", statement: "select 1" })).statusCode).toBe(400);
  expect((await write({ table: "events" }, masked)).statusCode).toBe(403);
  expect((await api.call("GET", "/exports?limit=1")).body.data[0].id).toBe(data[0].id);
});

test("rows of a model and what runs found of them are asked in SQL, written to a file with whom they are about, and hide who is suppressed", async () => {
  const grace = "00000000-0000-4000-8000-0000000000a7";
  await addPerson(api, { id: grace, workspace: api.first, identifiers: [["email", "grace@example.com"]], traits: {} });
  const definition = JSON.stringify({ warehouse: null, query: { kind: "sql", sql: "select 1" }, key: ["id"], person: { column: "mail", namespace: "email" } });
  const modelOf = async (workspaceId: number, slug: string, lastSeq: number): Promise<number> => {
    const { rows } = await api.pool.query<{ id: number }>("insert into model (workspace_id, slug, name, definition, last_seq, created_by, updated_by) values ($1, $2, $2, $3, $4, 'test', 'test') returning id", [workspaceId, slug, definition, lastSeq]);
    await api.pool.query("insert into model_version (workspace_id, model_id, version, definition, author) values ($1, $2, 1, $3, 'test')", [workspaceId, rows[0]?.id, definition]);
    return rows[0]?.id ?? 0;
  };
  const [mine, theirs] = [await modelOf(api.first.id, "contacts", 3), await modelOf(api.second.id, "contacts", 3)];
  const change = (workspace_id: number, model_id: number, seq: number, mail: string) => ({
    workspace_id, model_id, seq, run_id: 1, key_hash: seq, key: `["${seq}"]`, change: "added", row: JSON.stringify({ id: seq, mail }), before: "", person: [mail], at: "2026-01-01 00:00:00.000",
  });
  await api.clickhouse.client("write").insert({ table: "model_change", format: "JSONEachRow", values: [
    change(api.first.id, mine, 1, "ada@example.com"), change(api.first.id, mine, 2, "grace@example.com"), change(api.first.id, mine, 3, "nobody@example.com"), change(api.first.id, mine, 4, "later@example.com"),
    change(api.second.id, theirs, 1, "canary@example.com"),
  ] });
  // What the views are made of is kept for a moment.
  const rows = async (statement: string, token?: string): Promise<unknown> => (await ask(statement, {}, token)).body.rows;
  await expect.poll(() => rows("select seq, profile_id, data from model_rows order by seq")).toHaveLength(3);
  expect(await rows("select model, change, count() as n from model_changes group by model, change")).toEqual([["contacts", "added", 3]]);
  expect(JSON.stringify(await rows("select * from model_changes"))).not.toContain("canary");
  const veiled = JSON.stringify(await rows("select * from model_rows where data like '%ada@example.com%' or 1 = 1", masked));
  expect(veiled).not.toMatch(/example\.com/);
  const { headers } = await api.server.inject({ method: "POST", url: "/api/v1/exports", payload: { table: "model_rows", columns: ["key", "data"], format: "ndjson" }, headers: { authorization: `Bearer ${api.first.token}` } });
  expect((await peopleOf(String(headers["x-export-id"]))).toSorted()).toEqual([ada, grace]);
  // Suppressed: of them only keys are kept, by which their rows are found.
  const { rows: [stored] } = await api.pool.query<{ doc: { identifiers: { key: string; namespace: string }[] } }>("select doc from profile where id = $1", [grace]);
  await api.pool.query("update profile set suppressed = true, doc = $2 where id = $1", [grace, JSON.stringify({ identifiers: stored?.doc.identifiers.map(({ key, namespace }) => ({ key, namespace })) })]);
  await expect.poll(() => rows("select seq from model_rows order by seq")).toEqual([[1], [3]]);
  expect(JSON.stringify(await rows("select * from model_changes"))).not.toContain("grace");
});

test("a statement ends when whoever asked goes away", async () => {
  const gone = new AbortController();
  const reader = client();
  const running = async (): Promise<number> => {
    const result = await api.clickhouse.client("write").query({ query: "select count() as n from system.processes where query like '%numbers(999983)%' and query not like '%system.processes%'", format: "JSONEachRow" });
    return Number((await result.json<{ n: number }>())[0]?.n);
  };
  const asked = reader.query({ query: "select count() from numbers(999983) as a, numbers(999979) as b where sipHash64(a.number, b.number) = 1", format: "JSONEachRow", abort_signal: gone.signal });
  asked.catch(() => undefined);
  await expect.poll(running).toBe(1);
  gone.abort();
  await expect(asked).rejects.toThrow();
  await expect.poll(running).toBe(0);
  await reader.close();
});

test("as a warehouse it reads in batches through the same guard, and stops when the reader does", async () => {
  const workspaceDb = createWorkspaceDb(api.postgres, { max: 2 });
  try {
    const sql = createSql({ clickhouse: api.clickhouse.client("api"), workspaceDb, decisions: createFieldDecisionsCache(workspaceDb), clock: systemClock, suppressedIn: async () => () => false });
    const warehouse = tributaryWarehouse(sql, { workspaceId: api.first.id, isMasked: false });
    const { signal } = new AbortController();
    expect(await warehouse.columns({ kind: "sql", sql: "select message_id, total, timestamp from order_completed" }, { signal })).toMatchObject([{ name: "message_id", type: "text" }, { name: "total", type: "number" }, { name: "timestamp", type: "instant" }]);
    expect(await warehouse.preview({ kind: "sql", sql: "select message_id, total from order_completed order by 1" }, { signal, limit: 1 })).toMatchObject({ rows: [{ message_id: "m1", total: 10 }], isCut: true });
    let rows = 0;
    for await (const batch of warehouse.read({ kind: "sql", sql: "select number from numbers(25000)" }, { signal, batchRows: 1_000 })) {
      rows += batch.length;
      if (rows >= 10_000) break;
    }
    expect(rows).toBe(10_000);
    await expect(async () => { for await (const _ of warehouse.read({ kind: "sql", sql: "select * from default.raw" }, { signal })); }).rejects.toMatchObject({ failure: "refused" });
    // Places are given back: none of these would find one otherwise.
    for (let n = 0; n < 4; n++) expect((await warehouse.preview({ kind: "sql", sql: "select 1 as one" }, { signal, limit: 1 })).rows).toEqual([{ one: 1 }]);
  } finally {
    await workspaceDb.end();
  }
});

/** A Python that has clickhouse-connect, where one is named. */
const python = process.env["TEST_CLICKHOUSE_CONNECT_PYTHON"];

test.skipIf(python === undefined)("clickhouse-connect reads it (skipped unless TEST_CLICKHOUSE_CONNECT_PYTHON names a Python that has it)", async () => {
  const { hostname, port } = new URL(url);
  const script = `
import clickhouse_connect
c = clickhouse_connect.get_client(host="${hostname}", port=${port}, username="any", password="${api.first.token}", proxy_path="/sql", database="tributary")
r = c.query("select message_id, total from order_completed order by 1")
print(r.column_names, r.result_rows)
print(c.query("select email from profiles where email = {e:String}", parameters={"e": "ada@example.com"}).result_rows)
print(c.command("select count() from events"))
try:
    c.query("select file('/etc/hostname')")
except Exception as e:
    print("refused", "UNKNOWN_FUNCTION" in str(e))
`;
  const { stdout } = await promisify(execFile)(python ?? "", ["-c", script]);
  expect(stdout.trim().split("\n")).toEqual(["('message_id', 'total') [('m1', 10.0), ('m2', 20.0)]", "[('ada@example.com',)]", "2", "refused True"]);
});

