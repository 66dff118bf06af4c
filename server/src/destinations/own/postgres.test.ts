import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type pg from "pg";
import type { Postgres } from "../../engines/postgres/postgres.ts";
import { startTestPostgres } from "../../engines/testing.ts";
import { createOutbound } from "../../outbound/outbound.ts";
import type { SendResult } from "../destination.ts";
import { contractEvent, hostileTexts } from "../testing-contract.ts";
import { outboundToLoopback, startTestVendor } from "../testing-vendor.ts";
import { postgres } from "./postgres.ts";

const canary = "canary-postgres-password";
let engine: Postgres;
let pool: pg.Pool;
beforeAll(async () => {
  engine = await startTestPostgres();
  pool = engine.pool("test", 2);
});
afterAll(() => engine.stop());

/** The embedded engine listens on a socket of its own. */
const socket = () => {
  const { connectionString, host, port } = engine.connection;
  const url = connectionString === undefined ? undefined : new URL(connectionString);
  return host?.startsWith("/") === true ? connect(`${host}/.s.PGSQL.${port ?? 5432}`) : connect(Number(url?.port ?? port ?? 5432), url?.hostname ?? host ?? "127.0.0.1");
};
const login = () => {
  const { connectionString, user, password, database } = engine.connection;
  const url = connectionString === undefined ? undefined : new URL(connectionString);
  return { user: url?.username ?? user, password: url?.password ?? String(password ?? ""), database: url?.pathname.slice(1) ?? database };
};

async function send(table: string, data: readonly unknown[], options: { key?: (index: number) => string; settings?: Record<string, unknown>; rows?: readonly object[]; action?: string; payload?: (row: unknown) => Record<string, unknown> } = {}): Promise<SendResult> {
  const { key = (index: number) => `key-${index}`, settings = {}, action = "upsert", payload = (row: unknown) => ({ data: row }) } = options;
  const outbound = { ...outboundToLoopback(), connect: () => Promise.resolve(socket()) };
  const result = await postgres({ outbound, filesDirectory: "", nowMs: Date.now, timeoutMs: 20_000 }).send({
    connection: { workspaceId: 1, destinationId: 1, slug: "postgres", version: 1, settings: { host: "db.example.com", port: 5432, tls: "none", table, ...login(), ...settings } },
    subscription: { id: 1, version: 1, action }, items: data.map((row, index) => ({ event: contractEvent(index), payload: payload(row), idempotencyKey: key(index), ...options.rows?.[index] })),
  }, new AbortController().signal);
  expect(result.outcomes).toHaveLength(data.length);
  for (const secret of [canary, login().password].filter((one) => one.length >= 6)) expect(JSON.stringify(result)).not.toContain(secret);
  return result;
}
const kinds = async (...args: Parameters<typeof send>): Promise<string[]> => (await send(...args)).outcomes.map(({ kind }) => kind);

test("tables and columns are made, types hold, and a repeat overwrites", async () => {
  await pool.query("create schema out");
  const rows = [{ id: "a", total: 1.5, gift: true, at: "2026-05-01T10:00:00.250Z", tags: ["x"] }, { id: "b" }];
  expect(await kinds("out.orders", rows)).toEqual(["delivered", "delivered"]);
  expect(await kinds("out.orders", rows)).toEqual(["delivered", "delivered"]);
  expect(await kinds("out.orders", [{ id: "c", later: "new" }], { key: () => "key-c" })).toEqual(["delivered"]);
  const { rows: found } = await pool.query("select id, total, gift, at, tags, later from out.orders order by id");
  expect(found).toEqual([
    { id: "a", total: 1.5, gift: true, at: new Date("2026-05-01T10:00:00.250Z"), tags: ["x"], later: null },
    { id: "b", total: null, gift: null, at: null, tags: null, later: null },
    { id: "c", total: null, gift: null, at: null, tags: null, later: "new" },
  ]);
});

test("two rows of one key within a batch are one, the later", async () => {
  expect(await kinds("twice", [{ v: 1 }, { v: 2 }], { key: () => "same" })).toEqual(["delivered", "delivered"]);
  expect((await pool.query("select v from twice")).rows).toEqual([{ v: 2 }]);
});

test("a model's row is one row of the table, whatever changes of it is sent, and is taken away with it", async () => {
  const row = (key: string, isRemoved = false) => ({ row: { key, isRemoved } });
  expect((await send("mirror", [{ v: "a" }, { v: "b" }], { rows: [row("m 1"), row("m 2")] })).outcomes.map(({ kind }) => kind)).toEqual(["delivered", "delivered"]);
  await send("mirror", [{ v: "A" }, { v: "b" }, { v: "c" }], { key: (index) => `later-${index}`, rows: [row("m 1"), row("m 2", true), row("m 3")] });
  expect((await pool.query("select tributary_key, v from mirror order by 1")).rows).toEqual([{ tributary_key: "m 1", v: "A" }, { tributary_key: "m 3", v: "c" }]);
  expect((await send("mirror-none", [{ v: "a" }], { rows: [row("m 1", true)] })).outcomes).toEqual([{ kind: "delivered" }]);
});

test("events stand in the tables of a warehouse, each once, whatever is sent again", async () => {
  const at = { timestamp: "2026-05-01T10:00:00.000Z", receivedAt: "2026-05-01T10:00:01.000Z", userId: "ada", context: { traits: { plan: "pro" } } };
  const events = [
    { ...at, messageId: "1", type: "track", event: "Order Completed", properties: { total: 5, note: "a" } }, { ...at, messageId: "2", type: "track", event: "Order Completed", properties: { total: 7, gift: true } },
    { ...at, messageId: "3", type: "identify", traits: { email: "ada@example.com" } }, { ...at, messageId: "4", type: "identify", traits: { email: "ada@example.org" } },
  ];
  for (let again = 0; again < 2; again++) expect(new Set(await kinds("any", events, { action: "layout", payload: (event) => ({ schema: "wh", event }) }))).toEqual(new Set(["delivered"]));
  expect((await pool.query("select id, event, total, note, gift from wh.order_completed order by id")).rows).toEqual([
    { id: "1", event: "order_completed", total: 5, note: "a", gift: null }, { id: "2", event: "order_completed", total: 7, note: null, gift: true },
  ]);
  expect((await pool.query("select count(*)::int as n from wh.tracks")).rows).toEqual([{ n: 2 }]);
  expect((await pool.query("select id, email, plan from wh.users")).rows).toEqual([{ id: "ada", email: "ada@example.org", plan: "pro" }]);
});

test("a value that doesn't fit its column is refused alone, and its text is not repeated", async () => {
  await send("prices", [{ price: 1 }]);
  const { outcomes } = await send("prices", [{ price: 2 }, { price: "ann@example.com" }, { price: 3 }], { key: (index) => `p-${index}` });
  expect(outcomes.map(({ kind }) => kind)).toEqual(["delivered", "refused", "delivered"]);
  expect(JSON.stringify(outcomes)).not.toContain("ann@example.com");
  expect((await pool.query("select price from prices order by price")).rows).toEqual([{ price: 1 }, { price: 2 }, { price: 3 }]);
});

test("hostile names and values are names and values", async () => {
  const named = hostileTexts.filter((text) => text.length < 60 && !/[\p{Cc}\p{Cs}]/u.test(text));
  const row = Object.fromEntries(named.map((text) => [text, text]));
  expect(await kinds("hostile", [row])).toEqual(["delivered"]);
  const { rows: [found] } = await pool.query("select * from hostile");
  expect(found).toMatchObject(row);
  expect(new Set(await kinds("vals", hostileTexts.map((text) => ({ v: text, nested: { text, list: [text], [text.slice(0, 40)]: 1 } }))))).toEqual(new Set(["delivered"]));
  const { rows } = await pool.query<{ v: string }>("select v from vals order by substring(tributary_key from 5)::int");
  expect(rows.map(({ v }) => v)).toEqual(hostileTexts.map((text) => text.replaceAll("\0", "").toWellFormed()));
  expect(await kinds("hostile", [{ "a\u0000b": 1 }, { ["x".repeat(70)]: 1 }, { "": 1 }, { tributary_key: "mine" }])).toEqual(["refused", "refused", "refused", "refused"]);
});

test("who is not let in is told so, without the password", async () => {
  expect(await kinds("orders", [{ a: 1 }, { a: 2 }], { settings: { password: canary, user: "nobody" } })).toEqual(["unauthorized", "unauthorized"]);
});

test("a server that isn't there, says nothing, or may not be reached is a failure of the destination", async () => {
  const vendor = await startTestVendor();
  vendor.answer("hang");
  const at = (outbound = outboundToLoopback(), port = Number(new URL(vendor.url).port)) => postgres({ outbound, filesDirectory: "", nowMs: Date.now, timeoutMs: 300 }).send({
    connection: { workspaceId: 1, destinationId: 1, slug: "postgres", version: 1, settings: { host: "127.0.0.1", port, tls: "none", table: "t", user: "a", database: "b", password: canary } },
    subscription: { id: 1, version: 1, action: "upsert" }, items: [{ event: contractEvent(0), payload: { data: { a: 1 } }, idempotencyKey: "k" }],
  }, new AbortController().signal);
  expect((await at()).outcomes).toMatchObject([{ kind: "retry", isOfDestination: true }]);
  expect((await at(undefined, 1)).outcomes).toMatchObject([{ kind: "retry", isOfDestination: true }]);
  expect((await at(createOutbound({ privateHosts: [] }))).outcomes).toMatchObject([{ kind: "retry", code: "address_refused", isOfDestination: true }]);
  await vendor.stop();
});

test("a person is forgotten by the rows that name them, and by no more", async () => {
  const nasty = "ada'); drop table out.people; --";
  await kinds("out.people", [{ userId: nasty, n: 1 }, { userId: "bob", n: 2 }, { anonymousId: "a-1", n: 3 }], { key: (index) => `person-${index}` });
  const { forget } = postgres({ outbound: { ...outboundToLoopback(), connect: () => Promise.resolve(socket()) }, filesDirectory: "", nowMs: Date.now, timeoutMs: 20_000 });
  const connection = (table: string) => ({ workspaceId: 1, destinationId: 1, slug: "postgres", version: 1, settings: { host: "db.example.com", port: 5432, tls: "none", table, ...login() } });
  const forgotten = async (table: string, person: { userId?: string; anonymousId?: string }) => (await forget?.(connection(table), person, new AbortController().signal))?.outcomes;
  expect(await forgotten("out.people", { userId: nasty, anonymousId: "a-1" })).toEqual([{ kind: "delivered" }]);
  expect((await pool.query("select n from out.people")).rows).toEqual([{ n: 2 }]);
  expect(await forgotten("out.orders", { userId: "bob" })).toMatchObject([{ kind: "nothing" }]);
  expect(await forgotten("out.nowhere", { userId: "bob" })).toMatchObject([{ kind: "nothing" }]);
});
