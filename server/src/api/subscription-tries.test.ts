import { afterAll, beforeAll, expect, test } from "vitest";
import { manualClock } from "../core/clock.ts";
import { hash128 } from "../core/hash.ts";
import { testDefinition, testDestination } from "../destinations/testing.ts";
import { createToken } from "../governance/governance.ts";
import { addEvents, addPerson, keyOf, startTestApi, type Called, type EventWish, type TestApi } from "./testing.ts";

const plain = { ...testDefinition, slug: "plain", name: "Plain", audience: undefined };
const fake = testDestination([plain]);
const secret = "canary-0123456789-secret";
const clock = manualClock(Date.UTC(2026, 5, 1));
const [ada, gone] = [hash128("person", "ada"), hash128("person", "gone")];

let api: TestApi;
const tokens = new Map<string, string>();
beforeAll(async () => {
  api = await startTestApi({ catalog: fake.catalog }, clock);
  const client = await api.pool.connect();
  for (const [name, scopes] of [["reader", ["read"]], ["analyst", ["read", "personal_data"]], ["marketer", ["read", "write"]]] as const) {
    tokens.set(name, (await createToken(client, { workspaceId: api.first.id, name, scopes: [...scopes] })).secret);
  }
  client.release();
  await addPerson(api, { id: ada, workspace: api.first, row: 1, identifiers: [["user_id", "ada"], ["email", "ada@example.com"]], traits: { email: "ada@example.com", plan: "pro" } });
  await addPerson(api, { id: gone, workspace: api.first, row: 2, identifiers: [["user_id", "gone"]], traits: { email: "gone@example.com" } });
  await api.pool.query("update profile set suppressed = true, doc = null where id = $1", [gone]);
  await addEvents(api, [
    order(10, 40), order(11, 120), order(12, 80), event(13, "Order Refunded", { total: 40 }), { ...event(14, "Order Completed", { total: 999 }), profileId: gone, userId: "gone" },
    { ...event(15, "page", { name: "Home" }), type: "page", raw: JSON.stringify({ type: "page", name: "Home", userId: "ada", messageId: "m15" }) },
    { ...order(16, 7), outcome: "duplicate", reason: "test" }, { ...order(17, 500), workspace: api.second, profileId: ada }, { ...order(18, 300), raw: JSON.stringify({ event: "Order Completed", pad: "x".repeat(200_000) }) },
  ]);
  await api.pool.query("update log_head set next_offset = 100");
  await api.pool.query("insert into log_offset (reader, partition, next_offset) values ('pipeline', $1, 100)", [api.first.partition]);
  for (const [name, definition] of [["Parrot", "parrot"], ["Plain", "plain"]] as const) {
    expect((await call("POST", "/destinations", { name, definition, settings: { url: "https://example.com/hook", apiKey: secret } })).status).toBe(201);
  }
});
afterAll(() => api?.stop());

function event(row: number, name: string, properties: Record<string, unknown>): EventWish {
  const raw = { type: "track", event: name, userId: "ada", messageId: `m${row}`, properties };
  return { workspace: api.first, row, messageId: `m${row}`, event: name, profileId: ada, userId: "ada", properties, raw: JSON.stringify(raw), keys: [keyOf(api.first, "user_id", "ada")] };
}
const order = (row: number, total: number): EventWish => event(row, "Order Completed", { total, note: `for ada@example.com` });

const call = (method: string, path: string, body?: unknown, token = api.first.token): Promise<Called> => api.call(method, path, { token, ...(body === undefined ? {} : { body }) });
const preview = (body: object, token?: string): Promise<Called> => call("POST", "/destinations/parrot/subscriptions/preview", body, token);
const testSend = (body: object, token?: string): Promise<Called> => call("POST", "/destinations/parrot/subscriptions/test-send", body, token);

const orders = {
  action: "say", trigger: { kind: "events", types: ["track"], names: ["Order Completed"], where: [{ property: "total", op: "at_least", value: 100 }] },
  mapping: { user: { "@path": "$.userId" }, email: { "@path": "$.context.traits.email" }, total: { "@path": "$.properties.total" } },
};
const joined = { action: "say", trigger: { kind: "audience", audience: "vip", settings: { list_name: "VIP" } }, mapping: { user: { "@path": "$.userId" }, email: { "@path": "$.context.traits.email" }, list: { "@path": "$.event" } } };

test("a preview shows of recent events which pass, why others do not, and what would be sent", async () => {
  const { status, body } = await preview({ definition: orders });
  expect(status).toBe(200);
  expect(body.data.map((one: { row_id: number; passes: boolean; why: object }) => [one.row_id, one.passes, one.why])).toEqual([
    [11, true, null],
    [12, false, { clause: "where", place: 0, reason: "Filter 1 does not hold." }], [10, false, { clause: "where", place: 0, reason: "Filter 1 does not hold." }],
    [15, false, { clause: "types", place: null, reason: "It is a page call." }], [13, false, { clause: "names", place: null, reason: "It is called otherwise." }],
  ]);
  expect(body.data[0]).toMatchObject({ message_id: "m11", event: "Order Completed", profile_id: ada, payload: { user: "ada", email: "ada@example.com", total: 120 }, problems: [] });
  expect(body).toMatchObject({ examined: 5, passing: 1, problems: [] });
  expect((await preview({ definition: orders, limit: 2 })).body.data).toHaveLength(2);
});

test("one event is previewed by its place, or as somebody writes it", async () => {
  expect((await preview({ definition: orders, row_id: 12 })).body.data).toMatchObject([{ row_id: 12, passes: false, payload: { total: 80 } }]);
  for (const row of [14, 16, 17, 99]) expect((await preview({ definition: orders, row_id: row })).status, String(row)).toBe(404);
  const written = { type: "track", event: "Order Completed", userId: "bob", properties: { total: 100 }, context: { traits: { email: "bob@example.com" } } };
  expect((await preview({ definition: orders, event: written })).body.data).toMatchObject([{ row_id: null, profile_id: null, passes: true, payload: { user: "bob", email: "bob@example.com", total: 100 } }]);
  const inGermany = { ...orders, trigger: { kind: "events", where: [{ context: "country", op: "equals", value: "DE" }, { context: "page_path", op: "equals", value: "/x" }] } };
  const visit = (country: string) => ({ type: "page", anonymousId: "a", context: { location: { country }, page: { url: "https://example.com/x", path: "/x" } } });
  expect((await preview({ definition: inGermany, event: visit("DE") })).body.data[0].passes).toBe(true);
  expect((await preview({ definition: inGermany, event: visit("FR") })).body.data[0].why).toMatchObject({ clause: "where", place: 0 });
  for (const bad of [{}, { type: "track" }, { type: "shout" }]) expect((await preview({ definition: orders, event: bad })).status, JSON.stringify(bad)).toBe(400);
  // Whoever is named in it is not looked up.
  expect((await preview({ definition: orders, event: { type: "track", event: "x", userId: "ada" } })).body.data[0].payload).toEqual({ user: "ada" });
});

test("what the destination would not take is told by field, of the definition and of each event", async () => {
  const wrong = { ...orders, mapping: { user: { "@path": "$.nothing" }, total: { "@path": "$.event" }, list: { "@shout": 1 } } };
  const { body } = await preview({ definition: wrong, row_id: 11 });
  expect(body.problems.map(({ field }: { field: string }) => field)).toEqual(["mapping.list"]);
  expect(body.data[0]).toMatchObject({ payload: null, problems: [{ field: "list" }] });
  const { list: _, ...mapping } = wrong.mapping;
  expect((await preview({ definition: { ...wrong, mapping }, row_id: 11 })).body.data[0]).toMatchObject({ payload: { total: "Order Completed" }, problems: [{ field: "user" }, { field: "total" }] });
  expect((await preview({ definition: { ...orders, action: "none" }, row_id: 11 })).body.problems).toEqual([{ field: "action", problem: "Parrot has no action `none`." }]);
});

test("a hostile mapping ends as a problem", async () => {
  const doubled = { "@merge": { direction: "right", objects: [{ a: { "@path": "$" } }, { b: { "@path": "$" } }] } };
  let nested: unknown = doubled;
  for (let i = 0; i < 15; i++) nested = { "@merge": { direction: "right", objects: [{ x: nested }, { y: nested }] } };
  // Sixteen levels of two each are more than a body may be.
  expect((await preview({ definition: { ...orders, mapping: { user: nested } } })).status).toBe(400);
  const long = { "@template": "{{properties.note}}".repeat(100) };
  const many = Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`f${i}`, long]));
  const answer = await preview({ definition: { ...orders, mapping: many }, row_id: 11 });
  expect(answer.status).toBe(200);
  expect(answer.body.data[0].payload === null || Object.keys(answer.body.data[0].payload).length <= 400).toBe(true);
});

test("those who see people masked are shown the mapping of the masked event, and can't guess by filters", async () => {
  for (const who of ["reader", "marketer"]) {
    const masked = await preview({ definition: { ...orders, mapping: { ...orders.mapping, list: { "@template": "<{{context.traits.email}}> {{properties.note}}" }, event: { "@path": "$" } } }, row_id: 11 }, tokens.get(who));
    expect(masked.status).toBe(200);
    expect(masked.headers["x-tributary-masked"]).toBe("true");
    expect(masked.text).not.toContain("ada@example.com");
    expect(masked.body.data[0]).toMatchObject({ passes: true, payload: { email: "a•••@example.com", list: expect.stringContaining("<a•••@example.com>") } });
  }
  expect((await preview({ definition: orders, row_id: 11 }, tokens.get("analyst"))).text).toContain("ada@example.com");
  const starts = { ...orders, trigger: { kind: "events", where: [{ property: "note", op: "starts_with", value: "for ada" }] } };
  expect((await preview({ definition: starts }, tokens.get("reader"))).status).toBe(403);
  expect((await testSend({ definition: starts, row_id: 11 }, tokens.get("marketer"))).status).toBe(403);
  expect((await call("POST", "/destinations/parrot/subscriptions", { name: "x", definition: starts }, tokens.get("marketer"))).status).toBe(403);
  expect((await preview({ definition: starts })).status).toBe(200);
  const guess = (value: string) => preview({ definition: { ...orders, trigger: { kind: "events", where: [{ property: "note", op: "equals", value }] } }, limit: 1 }, tokens.get("reader"));
  const statuses: number[] = [];
  for (let i = 0; i < 40; i++) statuses.push((await guess(`for ${i}`)).status);
  expect(statuses.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 200));
  expect(statuses.at(-1)).toBe(429);
  clock.advanceMs(3_600_000);
});

test("a test send sends one event now, shows request and reply, and stands in the audit log", async () => {
  const before = fake.sent.length;
  const { body, text } = await testSend({ definition: orders, row_id: 12 });
  expect(body).toMatchObject({ test: true, outcome: "delivered", status: 200, passes: false, payload: { user: "ada", email: "ada@example.com", total: 80 }, problems: [] });
  expect(body.exchanges[0]).toMatchObject({ request_body: '[{"user":"ada","email":"ada@example.com","total":80}]', status: 200 });
  expect(text).not.toContain("canary");
  expect(fake.sent).toHaveLength(before + 1);
  expect(fake.sent.at(-1)).toMatchObject({ subscription: { action: "say" }, connection: { settings: { apiKey: secret } }, items: [{ payload: { total: 80 }, event: { messageId: "m12" }, idempotencyKey: expect.stringMatching(/^test-/) }] });
  expect((await call("GET", "/audit?action=subscription.test_send&target=destination:parrot")).body.data.some(({ detail }: { detail: object }) => JSON.stringify(detail) === JSON.stringify({ action: "say", outcome: "delivered", row_id: 12 }))).toBe(true);
  const written = await testSend({ definition: orders, event: { type: "track", event: "Order Completed", userId: "bob", properties: { total: 1 } } });
  expect(written.body).toMatchObject({ outcome: "delivered", payload: { user: "bob", total: 1 } });
});

test("whoever may not see people sends them all the same, and is shown neither what went nor what came back", async () => {
  const { body, text } = await testSend({ definition: orders, row_id: 11 }, tokens.get("marketer"));
  expect(fake.sent.at(-1)?.items[0]?.payload).toMatchObject({ email: "ada@example.com" });
  expect(body).toMatchObject({ outcome: "delivered", payload: { email: "a•••@example.com" } });
  expect(text).not.toContain("ada@example.com");
  expect(JSON.parse(body.exchanges[0].request_body)).toMatchObject([{ email: "a•••@example.com", total: "•••" }]);
});

test("nothing is sent below the role, without one event, or of what the mapping makes nothing of", async () => {
  const before = fake.sent.length;
  for (const who of ["reader", "analyst"]) expect((await testSend({ definition: orders, row_id: 11 }, tokens.get(who))).status).toBe(403);
  expect((await testSend({ definition: orders })).status).toBe(400);
  expect((await testSend({ definition: orders, row_id: 11, event: { type: "track", event: "x" } })).status).toBe(400);
  expect((await testSend({ definition: orders, profile_id: ada })).status).toBe(400);
  expect((await testSend({ definition: { ...orders, mapping: { user: { "@shout": 1 } } }, row_id: 11 })).body).toMatchObject({ outcome: "not_sent", payload: null, exchanges: [] });
  expect((await testSend({ definition: { ...orders, action: "none" }, row_id: 11 })).status).toBe(400);
  expect(fake.sent).toHaveLength(before);
});

test("an audience is previewed by who came and went, and somebody is sent as if they came now", async () => {
  await api.pool.query("insert into audience (workspace_id, slug, name, definition, status, size, created_by, updated_by) values ($1, 'vip', 'VIP', $2, 'active', 1, 'test', 'test')", [api.first.id, JSON.stringify({ who: { all: [] } })]);
  const { rows: [row] } = await api.pool.query<{ id: number }>("select id from audience where slug = 'vip'");
  const change = (seq: number, profileId: string, entered: number) => ({ workspace_id: api.first.id, audience_id: row?.id, profile_id: profileId, at: "2026-05-01 00:00:00.000", entered, reason: "event", cause_row: 0, version: 1, seq, block_id: 1, block_row: seq });
  await api.clickhouse.client("write").insert({ table: "audience_log", format: "JSONEachRow", values: [change(1, ada, 1), change(2, gone, 1), change(3, ada, 0)] });
  const { body } = await preview({ definition: joined });
  expect(body.data.map((one: { event: string; passes: boolean; payload: object }) => [one.event, one.passes, one.payload])).toEqual([
    ["Audience Exited", true, { user: "ada", email: "ada@example.com", list: "Audience Exited" }], ["Audience Entered", true, { user: "ada", email: "ada@example.com", list: "Audience Entered" }],
  ]);
  const entering = await preview({ definition: { ...joined, trigger: { ...joined.trigger, on: "entered" } } });
  expect(entering.body.data.map((one: { passes: boolean; why: object }) => [one.passes, one.why])).toEqual([[true, null], [false, { clause: "on", place: null, reason: "They went." }]]);
  expect((await preview({ definition: { ...joined, trigger: { ...joined.trigger, audience: "nobody" } } })).status).toBe(404);
  expect((await preview({ definition: joined }, tokens.get("reader"))).text).not.toContain("ada@example.com");
  expect((await testSend({ definition: joined, profile_id: ada })).body).toMatchObject({ outcome: "not_sent", detail: expect.stringContaining("switched on") });
  const { settings: _, ...trigger } = joined.trigger;
  const sent = await call("POST", "/destinations/plain/subscriptions/test-send", { definition: { ...joined, trigger }, profile_id: ada, entered: false });
  expect(sent.body).toMatchObject({ outcome: "delivered", payload: { user: "ada", list: "Audience Exited" } });
  expect(fake.sent.at(-1)).toMatchObject({ audience: { key: "vip", name: "VIP" }, items: [{ event: { properties: { audience_key: "vip", vip: false }, context: { personas: { computation_class: "audience", computation_key: "vip" } } } }] });
  expect((await call("POST", "/destinations/plain/subscriptions/test-send", { definition: { ...joined, trigger }, profile_id: gone })).status).toBe(404);
});

test("nothing of another workspace is tried with", async () => {
  const token = api.second.token;
  expect((await preview({ definition: orders }, token)).status).toBe(404);
  expect((await testSend({ definition: orders, row_id: 11 }, token)).status).toBe(404);
  await call("POST", "/destinations", { name: "Parrot", definition: "parrot", settings: { url: "https://example.com/hook", apiKey: secret } }, token);
  await call("POST", "/destinations", { name: "Plain", definition: "plain", settings: { url: "https://example.com/hook", apiKey: secret } }, token);
  const own = await preview({ definition: orders }, token);
  expect(own.body.data.map((one: { row_id: number; profile_id: string | null }) => [one.row_id, one.profile_id])).toEqual([[17, null]]);
  expect(own.text).not.toContain("ada@example.com\"");
  for (const row of [11, 12]) expect((await testSend({ definition: orders, row_id: row }, token)).status).toBe(404);
  expect((await preview({ definition: joined }, token)).status).toBe(404);
  expect((await call("POST", "/destinations/plain/subscriptions/test-send", { definition: { ...joined, trigger: { kind: "audience", audience: "vip" } }, profile_id: ada }, token)).status).toBe(404);
  const { body: { id } } = await call("POST", "/destinations/parrot/subscriptions", { name: "Orders", definition: orders });
  expect((await preview({ definition: joined, subscription: id }, token)).status).toBe(404);
});

test("somebody else's server is not called by hand as often as one likes", async () => {
  const statuses: number[] = [];
  for (let i = 0; i < 70; i++) statuses.push((await testSend({ definition: orders, row_id: 11 })).status);
  expect(statuses).toContain(429);
  clock.advanceMs(60_000);
  expect((await testSend({ definition: orders, row_id: 11 })).status).toBe(200);
});

