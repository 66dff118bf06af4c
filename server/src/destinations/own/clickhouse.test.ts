import { hash } from "node:crypto";
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ClickHouse } from "../../engines/clickhouse/clickhouse.ts";
import { startTestClickHouse } from "../../engines/testing.ts";
import type { OutboundReply, OutboundRequest } from "../../outbound/outbound.ts";
import type { Outcome } from "../destination.ts";
import { contractEvent, destinationContract, hostileTexts } from "../testing-contract.ts";
import { outboundToLoopback } from "../testing-vendor.ts";
import { clickhouse } from "./clickhouse.ts";

const password = "canary-clickhouse-password";
const rows = '{"tributary_key":"key-0","order":"o-1","total":120.5}\n{"tributary_key":"key-1","order":"o-2","at":"2026-05-01T10:00:00Z","tags":"[\\"a\\"]","gift":true}\n';
const headers = { "x-clickhouse-user": "shop", "x-clickhouse-key": password };

destinationContract("rows in ClickHouse", {
  destination: clickhouse,
  connection: (url) => ({ settings: { url, database: "shop", user: "shop", password, table: "events" } }),
  secrets: [password],
  action: "insert",
  payloads: [{ data: { order: "o-1", total: 120.5 } }, { data: { order: "o-2", at: "2026-05-01T10:00:00Z", tags: ["a"], gift: true } }],
  requests: [
    { method: "POST", path: "/?wait_end_of_query=1", headers, body: "CREATE TABLE IF NOT EXISTS `shop`.`events` (`tributary_key` String, `tributary_sent_at` DateTime64(3, 'UTC') DEFAULT now64(3), `order` Nullable(String), `total` Nullable(Float64), `at` Nullable(DateTime64(3, 'UTC')), `tags` Nullable(String), `gift` Nullable(Bool)) ENGINE = ReplacingMergeTree(`tributary_sent_at`) ORDER BY `tributary_key`" },
    { method: "POST", path: "/?wait_end_of_query=1", headers, body: "ALTER TABLE `shop`.`events` ADD COLUMN IF NOT EXISTS `order` Nullable(String), ADD COLUMN IF NOT EXISTS `total` Nullable(Float64), ADD COLUMN IF NOT EXISTS `at` Nullable(DateTime64(3, 'UTC')), ADD COLUMN IF NOT EXISTS `tags` Nullable(String), ADD COLUMN IF NOT EXISTS `gift` Nullable(Bool)" },
    {
      method: "POST", headers, body: rows,
      path: `/?insert_deduplicate=1&insert_deduplication_token=${hash("sha256", rows, "hex")}&date_time_input_format=best_effort&input_format_json_read_numbers_as_strings=1&input_format_json_read_bools_as_strings=1&input_format_skip_unknown_fields=0&async_insert=0&wait_end_of_query=1&query=INSERT+INTO+%60shop%60.%60events%60+%28%60tributary_key%60%2C+%60order%60%2C+%60total%60%2C+%60at%60%2C+%60tags%60%2C+%60gift%60%29+FORMAT+JSONEachRow`,
    },
  ],
  good: { status: 200 },
  isForbiddenOfAccount: true,
  isStatusAll: false,
  sameAgain: "a row replaces itself by its key, and a block by its token",
  hostile: { payload: (text) => ({ data: { a: text, within: { text } } }), found: ({ body }) => (JSON.parse(body) as { a: string }).a, expected: (text) => text.replaceAll("\0", "").toWellFormed() },
});

test("settings that can't be are told by field", () => {
  const { check } = clickhouse({ outbound: outboundToLoopback(), filesDirectory: "", nowMs: Date.now, timeoutMs: 1 });
  const fields = (settings: Record<string, unknown>): string[] => check({ url: "https://ch.example.com:8443", database: "a", user: "b", table: "c", ...settings }).map(({ field }) => field);
  expect(fields({})).toEqual([]);
  for (const table of ["a`b", "a b", "a.b", "1a", "a;b", "a'b"]) expect(fields({ table }), table).toEqual(["table"]);
  expect(fields({ database: "a.b" })).toEqual(["database"]);
  for (const url of ["ftp://a", "https://a/b?c=d", "https://u:p@a"]) expect(fields({ url }), url).toEqual(["url"]);
});

describe("on a real engine", () => {
  let engine: ClickHouse;
  beforeAll(async () => void (engine = await startTestClickHouse()));
  afterAll(() => engine.stop());

  /** The embedded engine speaks HTTP on a socket of its own. */
  const fetch = ({ method, url, headers, body }: OutboundRequest): Promise<OutboundReply> => new Promise((resolve, reject) => {
    const { endpoint } = engine;
    const { pathname, search } = new URL(url);
    const at = "socketPath" in endpoint ? { socketPath: endpoint.socketPath } : { host: new URL(endpoint.url).hostname, port: new URL(endpoint.url).port };
    const sent = request({ ...at, method, path: pathname + search, headers: { "content-type": headers?.["content-type"] } }, (reply) => {
      const chunks: Buffer[] = [];
      reply.on("data", (chunk: Buffer) => chunks.push(chunk));
      reply.on("end", () => resolve({ status: reply.statusCode ?? 0, headers: Object.fromEntries(Object.entries(reply.headers).map(([name, value]) => [name, String(value)])), body: Buffer.concat(chunks) }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
  const send = async (table: string, data: readonly unknown[], key = (index: number): string => `key-${index}`, action = "insert"): Promise<readonly Outcome[]> => {
    const destination = clickhouse({ outbound: { ...outboundToLoopback(), fetch }, filesDirectory: "", nowMs: Date.now, timeoutMs: 20_000 });
    const { outcomes } = await destination.send({
      connection: { workspaceId: 1, destinationId: 1, slug: "clickhouse", version: 1, settings: { url: "http://clickhouse.example.com", database: "default", user: "default", table } },
      subscription: { id: 1, version: 1, action }, items: data.map((row, index) => ({ event: contractEvent(index), payload: action === "layout" ? { schema: "wh", event: row } : { data: row }, idempotencyKey: key(index) })),
    }, new AbortController().signal);
    return outcomes;
  };
  const rowsOf = async (query: string): Promise<unknown[]> => {
    const client = engine.client("api");
    const result = await client.query({ query, format: "JSONEachRow" });
    return result.json();
  };

  test("events stand in the tables of a warehouse, each once, whatever is sent again", async () => {
    const at = { timestamp: "2026-05-01T10:00:00.000Z", receivedAt: "2026-05-01T10:00:01.000Z", userId: "ada", context: { traits: { plan: "pro" } } };
    const events = [
      { ...at, messageId: "1", type: "track", event: "Order Completed", properties: { total: 5 } }, { ...at, messageId: "2", type: "track", event: "Order Completed", properties: { total: 7, gift: true } },
      { ...at, messageId: "3", type: "identify", traits: { email: "ada@example.com" } },
    ];
    for (let again = 0; again < 2; again++) expect(new Set((await send("any", events, undefined, "layout")).map(({ kind }) => kind))).toEqual(new Set(["delivered"]));
    expect(await rowsOf("select id, total, gift from wh.order_completed final order by id")).toEqual([{ id: "1", total: 5, gift: null }, { id: "2", total: 7, gift: true }]);
    expect(await rowsOf("select id, email, plan from wh.users final")).toEqual([{ id: "ada", email: "ada@example.com", plan: "pro" }]);
  });

  test("tables and columns are made, types hold, and a repeat stands once", async () => {
    const first = [{ id: "a", total: 1.5, gift: true, at: "2026-05-01T10:00:00.250Z", tags: ["x"] }, { id: "b" }];
    expect(await send("orders", first)).toEqual([{ kind: "delivered", status: 200 }, { kind: "delivered", status: 200 }]);
    expect(await send("orders", first)).toEqual([{ kind: "delivered", status: 200 }, { kind: "delivered", status: 200 }]);
    expect(await send("orders", [{ id: "c", later: "new" }], () => "key-c")).toEqual([{ kind: "delivered", status: 200 }]);
    expect(await rowsOf("select id, total, gift, at, tags, later from orders final order by id")).toEqual([
      { id: "a", total: 1.5, gift: true, at: "2026-05-01 10:00:00.250", tags: '["x"]', later: null },
      { id: "b", total: null, gift: null, at: null, tags: null, later: null },
      { id: "c", total: null, gift: null, at: null, tags: null, later: "new" },
    ]);
  });

  test("a person is forgotten by the rows that name them, and by no more", async () => {
    const nasty = "ada\t' or 1 = 1 \\\\ --\n";
    await send("people", [{ userId: nasty, n: 1 }, { userId: "bob", n: 2 }, { anonymousId: "a-1", n: 3 }], (index) => `person-${index}`);
    const { forget } = clickhouse({ outbound: { ...outboundToLoopback(), fetch }, filesDirectory: "", nowMs: Date.now, timeoutMs: 20_000 });
    const connection = (table: string) => ({ workspaceId: 1, destinationId: 1, slug: "clickhouse", version: 1, settings: { url: "http://clickhouse.example.com", database: "default", user: "default", table } });
    const forgotten = async (table: string, person: { userId?: string; anonymousId?: string }) => (await forget?.(connection(table), person, new AbortController().signal))?.outcomes;
    expect(await forgotten("people", { userId: nasty, anonymousId: "a-1" })).toMatchObject([{ kind: "delivered" }]);
    expect(await rowsOf("select n from people final")).toEqual([{ n: 2 }]);
    expect(await forgotten("nowhere", { userId: "bob" })).toMatchObject([{ kind: "nothing" }]);
  });

  test("a value that doesn't fit its column is refused alone", async () => {
    await send("prices", [{ price: 1 }]);
    expect((await send("prices", [{ price: 2 }, { price: "much" }, { price: 3 }], (index) => `p-${index}`)).map(({ kind }) => kind)).toEqual(["delivered", "refused", "delivered"]);
    expect(await rowsOf("select price from prices final where price is not null order by price")).toEqual([{ price: 1 }, { price: 2 }, { price: 3 }]);
  });

  test("hostile names and values are names and values", async () => {
    const named = hostileTexts.filter((text) => text.length < 60 && !/[\p{Cc}\p{Cs}]/u.test(text));
    const row = Object.fromEntries(named.map((text) => [text, text]));
    expect(await send("hostile", [row])).toEqual([{ kind: "delivered", status: 200 }]);
    expect(await rowsOf("select * except (tributary_key, tributary_sent_at) from hostile")).toEqual([row]);
    const values = hostileTexts.map((text) => ({ v: text }));
    expect((await send("values", values)).every(({ kind }) => kind === "delivered")).toBe(true);
    expect((await rowsOf("select v from `values` order by toUInt32(substring(tributary_key, 5))")).map((one) => (one as { v: string }).v)).toEqual(hostileTexts.map((text) => text.replaceAll("\0", "").toWellFormed()));
    expect((await send("hostile", [{ "a\u0000b": 1 }, { ["x".repeat(70)]: 1 }, { "": 1 }, { tributary_key: "mine" }])).map(({ kind }) => kind)).toEqual(["refused", "refused", "refused", "refused"]);
  });
});
