// Snowflake, BigQuery and Databricks against servers of this machine that answer as the documentation of each says; no service was called.
import { generateKeyPairSync, createVerify, createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createOutbound, type Outbound } from "../../outbound/outbound.ts";
import { startTestCloud, type Answer, type Asked, type TestCloud } from "../testing-cloud.ts";
import { readsAsContract, rowsOfAll } from "../testing-contract.ts";
import type { Warehouse } from "../warehouse.ts";
import { bigquery } from "./bigquery.ts";
import { databricks } from "./databricks.ts";
import { snowflake } from "./snowflake.ts";
import { singleQuery } from "../single-query.ts";

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const canary = "canary-databricks-token";
let cloud: TestCloud;
let outbound: Outbound;
beforeAll(async () => {
  cloud = await startTestCloud();
  const guarded = createOutbound({ privateHosts: [new URL(cloud.url).host] });
  const here = (url: string): string => url.replace(/^https:\/\/(bigquery|oauth2)\.googleapis\.com/, cloud.url);
  outbound = { ...guarded, fetch: (request) => guarded.fetch({ ...request, url: here(request.url) }) };
});
afterAll(() => cloud.stop());
beforeEach(() => void cloud.asked.splice(0));

const parts = () => ({ outbound, filesDirectory: "", nowMs: Date.now });
const sql = (text: string) => ({ kind: "sql" as const, sql: text });
const { signal } = new AbortController();
const pad = "x".repeat(90);

/** 100,000 rows, or as many as the statement wants. */
const countOf = (statement: string): number => Number(/\n\) AS tributary_rows LIMIT (\d+)$/.exec(statement)?.[1] ?? 100_000);
const rows = (from: number, count: number): string[][] => Array.from({ length: count }, (_none, index) => [String(from + index + 1), pad]);
const PAGE = 5_000;

/** The claims of a token that the test's key signed. */
function claimsOf(token: string): Record<string, unknown> {
  const [head = "", body = "", signature = ""] = token.split(".");
  const isSigned = createVerify("sha256").update(`${head}.${body}`).verify(publicKey, Buffer.from(signature, "base64url"));
  return isSigned ? JSON.parse(Buffer.from(body, "base64url").toString()) as Record<string, unknown> : {};
}

// ── Snowflake ─────────────────────────────────────────────────────────────────────────────────────────────────────

const handle = "01b2c3d4-0000-1111-0000-000000000001";
const snowflakeTypes = [{ name: "n", type: "fixed", scale: 0 }, { name: "text", type: "text" }];

function asSnowflake({ method, path, headers, body }: Asked, count: number): Answer {
  const fingerprint = `SHA256:${createHash("sha256").update(publicKey.export({ type: "spki", format: "der" })).digest("base64")}`;
  const claims = claimsOf((headers["authorization"] ?? "").replace("Bearer ", ""));
  if (claims["iss"] !== `MYORG-SHOP.READER.${fingerprint}` || claims["sub"] !== "MYORG-SHOP.READER" || headers["x-snowflake-authorization-token-type"] !== "KEYPAIR_JWT") return { status: 401, json: { code: "390144", message: "JWT token is invalid." } };
  if (path.endsWith("/cancel")) return { json: { code: "000000" } };
  const page = /\?partition=(\d+)$/.exec(path)?.[1];
  if (page !== undefined) return { json: { data: rows(Number(page) * PAGE, PAGE) }, isPacked: true };
  const { statement = "" } = method === "POST" ? JSON.parse(body) as { statement?: string } : {};
  if (statement.includes("nowhere")) return { status: 422, json: { code: "002003", sqlState: "02000", message: "SQL compilation error: Object 'NOWHERE' does not exist or not authorized.", statementHandle: handle } };
  if (method === "POST" && (statement.includes("slow") || count % 2 === 0)) {
    pending = statement;
    return { status: 202, json: { code: "333334", message: "Asynchronous execution in progress.", statementHandle: handle } };
  }
  const asked = method === "POST" ? statement : pending;
  if (asked.includes("slow")) return { status: 202, json: { statementHandle: handle } };
  const total = countOf(asked);
  const partitionInfo = Array.from({ length: Math.max(1, Math.ceil(total / PAGE)) }, () => ({ rowCount: PAGE }));
  return { json: { code: "090001", statementHandle: handle, resultSetMetaData: { numRows: total, format: "jsonv2", rowType: snowflakeTypes, partitionInfo }, data: rows(0, Math.min(total, PAGE)) } };
}
let pending = "";

describe("Snowflake", () => {
  const open = (more: object = {}): Warehouse => snowflake(parts()).open({ workspaceId: 1, settings: { url: cloud.url, account: "myorg-shop", user: "reader", privateKey: pem, ...more } });
  beforeEach(() => cloud.answer(asSnowflake));
  readsAsContract({ open, many: sql("select n, text from many"), missing: sql("select * from nowhere"), slow: sql("select slow"), wrongPassword: { user: "nobody" }, cut: () => cloud.cut() });

  test("every type comes as it is declared, and only a query of one statement is handed in", async () => {
    const cells: [string, object, string | null, unknown][] = [
      ["number", { type: "fixed", scale: 0 }, "42", 42], ["number", { type: "fixed", scale: 0 }, "9007199254740993", "9007199254740993"], ["decimal", { type: "fixed", scale: 2 }, "12.50", "12.50"],
      ["number", { type: "real" }, "1.5", 1.5], ["boolean", { type: "boolean" }, "true", true], ["date", { type: "date" }, "18262", "2020-01-01"], ["instant", { type: "timestamp_ntz" }, "1714557600.250000000", "2024-05-01T10:00:00.250Z"],
      ["instant", { type: "timestamp_tz" }, "1616173619.000000000 960", "2021-03-19T17:06:59.000Z"], ["instant", { type: "timestamp_ltz" }, "-1.500000000", "1969-12-31T23:59:58.500Z"], ["json", { type: "variant" }, '{"a":1}', { a: 1 }],
      ["text", { type: "text" }, null, null], ["text", { type: "time" }, "36000.000000000", "10:00:00.000"],
    ];
    cloud.answer(() => ({ json: { statementHandle: handle, resultSetMetaData: { rowType: cells.map(([, type], index) => ({ name: `c${index}`, ...type })), partitionInfo: [{}] }, data: [cells.map(([, , text]) => text)] } }));
    expect(Object.values((await rowsOfAll(open(), sql("select 1;")))[0] ?? {})).toEqual(cells.map(([, , , value]) => value));
    expect((await open().columns(sql("select 1"), { signal })).map(({ type }) => type)).toEqual(cells.map(([type]) => type));
    expect(JSON.parse(cloud.asked[0]?.body ?? "")).toMatchObject({ statement: "SELECT * FROM (\nselect 1\n) AS tributary_rows", parameters: { TIMEZONE: "UTC" } });
  });

  test("a statement that nobody waits for any more is cancelled", async () => {
    const gone = new AbortController();
    setTimeout(() => gone.abort(), 300);
    await expect(open().columns(sql("select slow"), { signal: gone.signal })).rejects.toMatchObject({ failure: "aborted" });
    expect(cloud.asked.at(-1)?.path).toBe(`/api/v2/statements/${handle}/cancel`);
  });
});

// ── BigQuery ──────────────────────────────────────────────────────────────────────────────────────────────────────

const fields = [{ name: "n", type: "INTEGER" }, { name: "text", type: "STRING" }];
const asF = (all: readonly unknown[][]): object[] => all.map((cells) => ({ f: cells.map((v) => ({ v })) }));

function asBigQuery({ method, path, headers, body }: Asked): Answer {
  if (path === "/token") {
    const claims = claimsOf(new URLSearchParams(body).get("assertion") ?? "");
    const isGood = claims["iss"] === "reader@shop.example.com" && claims["aud"] === "https://oauth2.googleapis.com/token" && claims["scope"] === "https://www.googleapis.com/auth/bigquery.readonly";
    return isGood ? { json: { access_token: "a-token", expires_in: 3600, token_type: "Bearer" } } : { status: 400, json: { error: "invalid_grant", error_description: "Invalid grant: account not found" } };
  }
  if (headers["authorization"] !== "Bearer a-token") return { status: 401, json: { error: { code: 401, message: "no" } } };
  const jobReference = { projectId: "shop", jobId: "job_1", location: "EU" };
  const asked = method === "POST" && path.endsWith("/queries") ? JSON.parse(body) as { query: string; dryRun?: boolean; maxResults: number } : undefined;
  if (asked?.query.includes("nowhere") === true) return { status: 404, json: { error: { code: 404, message: "Not found: Table shop:nowhere", errors: [{ reason: "notFound" }] } } };
  if (asked?.dryRun === true) return { json: { jobComplete: true, schema: { fields } } };
  if (asked?.query.includes("slow") === true || path.includes("slow")) return { json: { jobComplete: false, jobReference: { ...jobReference, jobId: "slow" } } };
  if (asked !== undefined) pendingRows = countOf(asked.query);
  if (asked !== undefined && asked.query.includes("many")) return { json: { jobComplete: false, jobReference } };
  const parameters = new URL(path, "http://x").searchParams;
  const from = Number(parameters.get("pageToken") ?? 0);
  const count = Math.min(pendingRows - from, Number(parameters.get("maxResults") ?? 1_000));
  const next = from + count;
  return { json: { jobComplete: true, jobReference, schema: { fields }, rows: asF(rows(from, count)), totalRows: String(pendingRows), ...(next < pendingRows ? { pageToken: String(next) } : {}) } };
}
let pendingRows = 0;

describe("BigQuery", () => {
  const open = (more: object = {}): Warehouse => bigquery(parts()).open({ workspaceId: 1, settings: { project: "shop", clientEmail: "reader@shop.example.com", privateKey: pem.replaceAll("\n", " "), ...more } });
  beforeEach(() => cloud.answer(asBigQuery));
  readsAsContract({ open, many: sql("select n, text from many"), missing: sql("select * from nowhere"), slow: sql("select slow"), wrongPassword: { clientEmail: "nobody@shop.example.com" }, cut: () => cloud.cut() });

  test("every type comes as it is declared, lists and records within each other too", async () => {
    const cells: [object, unknown, unknown][] = [
      [{ type: "INTEGER" }, "9007199254740993", "9007199254740993"], [{ type: "FLOAT" }, "NaN", null], [{ type: "NUMERIC" }, "12.50", "12.50"], [{ type: "BOOLEAN" }, "true", true], [{ type: "DATE" }, "2026-05-01", "2026-05-01"],
      [{ type: "TIMESTAMP" }, "1714557600250001", "2024-05-01T10:00:00.250001Z"], [{ type: "TIMESTAMP" }, "-500000", "1969-12-31T23:59:59.500Z"], [{ type: "DATETIME" }, "2026-05-01T10:00:00.25", "2026-05-01T10:00:00.250Z"],
      [{ type: "JSON" }, '{"a":1}', { a: 1 }], [{ type: "INTEGER", mode: "REPEATED" }, [{ v: "1" }, { v: "2" }], [1, 2]], [{ type: "STRING" }, null, null],
      [{ type: "RECORD", fields: [{ name: "a", type: "STRING" }, { name: "b", type: "RECORD", mode: "REPEATED", fields: [{ name: "c", type: "BOOLEAN" }] }] }, { f: [{ v: "x" }, { v: [{ v: { f: [{ v: "false" }] } }] }] }, { a: "x", b: [{ c: false }] }],
    ];
    cloud.answer((asked) => (asked.path === "/token" ? asBigQuery(asked) : { json: { jobComplete: true, schema: { fields: cells.map(([type], index) => ({ name: `c${index}`, ...type })) }, rows: asF([cells.map(([, v]) => v)]) } }));
    expect(Object.values((await rowsOfAll(open(), sql("select 1")))[0] ?? {})).toEqual(cells.map(([, , value]) => value));
  });

  test("a script is no query, and a semicolon in a text, a name or a comment ends none", async () => {
    const single = ["select 1", "select ';' ; ", "select \"a\\\";b\"", "select '''a';\n''b'''", "select `a;b` -- ;", "/* ; */ select 1 # ;", "select b\"\"\";\"\"\""];
    const several = ["select 1); drop table x; select * from (select 2", "select 1; select 2", "select 'a'; drop table x", "select '\\\\'; drop table x; --'", "select 'a\n;'", "/* select 1", "select `a`;b"];
    expect(single.filter((text) => singleQuery(text) === undefined)).toEqual([]);
    expect(several.filter((text) => singleQuery(text) !== undefined)).toEqual([]);
    await expect(rowsOfAll(open(), sql(several[0] ?? ""))).rejects.toMatchObject({ failure: "refused" });
    expect(cloud.asked).toEqual([]);
  });

  test("pages that come in a circle, or empty for ever, are given up", async () => {
    for (const token of [() => "same", () => String(Math.random())]) {
      cloud.answer((asked) => (asked.path === "/token" ? asBigQuery(asked) : { json: { jobComplete: true, jobReference: { jobId: "j" }, schema: { fields }, rows: [], pageToken: token() } }));
      await expect(rowsOfAll(open(), sql("select 1"))).rejects.toMatchObject({ failure: "broken" });
    }
    expect(cloud.asked.length).toBeLessThan(150);
  });
});

// ── Databricks ────────────────────────────────────────────────────────────────────────────────────────────────────

const manifestOf = (total: number): object => ({ schema: { columns: [{ name: "n", type_name: "LONG", type_text: "BIGINT" }, { name: "text", type_name: "STRING", type_text: "STRING" }] }, total_chunk_count: Math.max(1, Math.ceil(total / PAGE)), total_row_count: total });

function asDatabricks({ method, path, headers, body }: Asked): Answer {
  const linked = /^\/linked\/(\d+)\?sig=secret$/.exec(path)?.[1];
  // To the store the token is not sent.
  if (linked !== undefined) return headers["authorization"] === undefined ? { json: rows(Number(linked) * PAGE, PAGE) } : { status: 500 };
  if (headers["authorization"] !== `Bearer ${canary}`) return { status: 403, json: { error_code: "403", message: `Invalid token ${headers["authorization"] ?? ""}` } };
  const chunk = /\/result\/chunks\/(\d+)$/.exec(path)?.[1];
  const links = (index: number): object => ({ external_links: [{ chunk_index: index, external_link: `${cloud.url}/linked/${index}?sig=secret` }] });
  if (chunk !== undefined) return { json: links(Number(chunk)) };
  const { statement, disposition } = method === "POST" && body !== "" ? JSON.parse(body) as { statement: string; disposition: string } : { statement: "select slow", disposition: "" };
  const status = (state: string, error?: object): object => ({ statement_id: "stmt-00000001", status: { state, ...(error === undefined ? {} : { error }) } });
  if (statement.includes("nowhere")) return { json: status("FAILED", { error_code: "BAD_REQUEST", message: "[TABLE_OR_VIEW_NOT_FOUND] The table or view `nowhere` cannot be found." }) };
  if (statement.includes("slow")) return { json: status("RUNNING") };
  const total = countOf(statement);
  return { json: { ...status("SUCCEEDED"), manifest: manifestOf(total), result: disposition === "EXTERNAL_LINKS" ? links(0) : { chunk_index: 0, data_array: rows(0, total) } } };
}

describe("Databricks", () => {
  const open = (more: object = {}): Warehouse => databricks(parts()).open({ workspaceId: 1, settings: { url: cloud.url, warehouseId: "abc123", token: canary, ...more } });
  beforeEach(() => cloud.answer(asDatabricks));
  readsAsContract({ open, many: sql("select n, text from many"), missing: sql("select * from nowhere"), slow: sql("select slow"), wrongPassword: { token: "canary-wrong-token" }, cut: () => cloud.cut() });

  test("every type comes as it is declared", async () => {
    const cells: [string, string | null, unknown][] = [
      ["LONG", "42", 42], ["DOUBLE", "1.5", 1.5], ["DECIMAL", "12.50", "12.50"], ["BOOLEAN", "true", true], ["DATE", "2026-05-01", "2026-05-01"], ["TIMESTAMP", "2026-05-01T10:00:00.250Z", "2026-05-01T10:00:00.250Z"],
      ["TIMESTAMP_NTZ", "2026-05-01T10:00:00", "2026-05-01T10:00:00.000Z"], ["ARRAY", "[1,2]", [1, 2]], ["STRUCT", '{"a":"b"}', { a: "b" }], ["STRING", null, null],
    ];
    const columns = cells.map(([type], index) => ({ name: `c${index}`, type_name: type, type_text: type }));
    cloud.answer(() => ({ json: { statement_id: "stmt-00000001", status: { state: "SUCCEEDED" }, manifest: { schema: { columns }, total_chunk_count: 1 }, result: { data_array: [cells.map(([, text]) => text)] } } }));
    expect(Object.values((await rowsOfAll(open(), sql("select 1")))[0] ?? {})).toEqual(cells.map(([, , value]) => value));
  });

  test("a link into somebody's network is not followed, and a result that was cut off is no result", async () => {
    for (const link of ["http://169.254.169.254/latest/meta-data", "http://127.0.0.1:1/", "http://[::1]/", "ftp://x.example.com/", "http://2130706433/"]) {
      cloud.answer((asked) => {
        const answer = asDatabricks(asked);
        return { ...answer, json: JSON.parse(JSON.stringify(answer?.json).replaceAll(/"external_link":"[^"]*"/g, `"external_link":"${link}"`)) as unknown };
      });
      await expect(rowsOfAll(open(), sql("select n, text from many")), link).rejects.toMatchObject({ failure: "unreachable", isTemporary: false });
    }
    cloud.answer(() => ({ json: { statement_id: "stmt-00000001", status: { state: "SUCCEEDED" }, manifest: { truncated: true, schema: {} }, result: {} } }));
    await expect(rowsOfAll(open(), sql("select 1"))).rejects.toMatchObject({ failure: "too_large" });
  });
});

// ── All of them ───────────────────────────────────────────────────────────────────────────────────────────────────

describe("whatever answers instead of the service", () => {
  const opened = (): Warehouse[] => [
    snowflake(parts()).open({ workspaceId: 1, settings: { url: cloud.url, account: "a", user: "u", privateKey: pem, passphrase: canary } }),
    bigquery(parts()).open({ workspaceId: 1, settings: { project: "shop", clientEmail: "a@example.com", privateKey: pem } }),
    databricks(parts()).open({ workspaceId: 1, settings: { url: cloud.url, warehouseId: "w", token: canary } }),
  ];
  test.each<[string, Answer, RegExp]>([
    ["no JSON", { text: "<html>" }, /broken/], ["a list", { json: [] }, /broken/], ["nothing", { text: "" }, /broken/], ["an object of something else", { json: { hello: "there" } }, /broken/],
    ["a redirect into a private network", { status: 302, headers: { location: "http://169.254.169.254/" }, text: "" }, /broken/],
    ["rows that are none", { json: { access_token: "t", statementHandle: handle, statement_id: handle, jobComplete: true, schema: { fields }, rows: [{ f: [] }], status: { state: "SUCCEEDED" }, manifest: manifestOf(1), result: { data_array: [["1"]] }, resultSetMetaData: { rowType: snowflakeTypes, partitionInfo: [{}] }, data: [["1"]] } }, /broken/],
    ["what is deeply nested", { text: `${"[".repeat(200_000)}` }, /broken/], ["a failure", { status: 500, json: {} }, /failed/], ["another failure", { status: 400, json: { message: canary, error: canary } }, /refused|unauthorized/],
  ])("%s ends the reading", async (_what, answer, failure) => {
    for (const [index, warehouse] of opened().entries()) {
      cloud.answer(() => answer);
      const error: unknown = await rowsOfAll(warehouse, sql("select 1")).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ name: "WarehouseError", failure: expect.stringMatching(failure) });
      // The second has no secret but its key.
      if (index !== 1) expect(String(error)).not.toContain("canary");
    }
  });
});
