import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { OutgoingEvent } from "@tributary/schema/destination/outgoing-event.ts";
import { isRecord } from "@tributary/schema/is-record.ts";
import type { EventsHeader } from "@tributary/schema/log-record.ts";
import { startTestPipeline, type TestPipeline } from "../pipeline/testing.ts";
import { OUTGOING_COLUMNS, outgoingEvent, personNow, traitsOut, type PersonNow, type StoredEvent } from "./outgoing-event.ts";

const fixtures = join(import.meta.dirname, "../../../tests/fixtures");

let pipeline: TestPipeline;
let readUpTo = -1;
beforeAll(async () => {
  pipeline = await startTestPipeline();
});
afterAll(() => pipeline?.stop());

/** Sends the calls through the pipeline, and gives their rows as they are stored. */
async function stored(calls: readonly object[], header: Partial<EventsHeader> = {}): Promise<StoredEvent[]> {
  if (calls.length > 0) await pipeline.send(calls, header);
  const result = await pipeline.clickhouse.client("api").query({
    query: `select toInt64(row_id) as row, ${OUTGOING_COLUMNS} from events where outcome != 'control' and row_id > {after:Int64} order by row_id`,
    query_params: { after: readUpTo }, format: "JSONEachRow", clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  });
  const rows = await result.json<StoredEvent & { row: number }>();
  readUpTo = rows.at(-1)?.row ?? readUpTo;
  return rows;
}

function sent(event: OutgoingEvent | undefined): OutgoingEvent {
  if (event === undefined) throw new Error("Nothing would leave.");
  return event;
}

/** Every value of the payload that does not stand at the same place of what leaves. */
function lost(payload: unknown, out: unknown, path = "$"): string[] {
  if (Array.isArray(payload)) {
    return Array.isArray(out) && out.length === payload.length ? payload.flatMap((one, i) => lost(one, out[i], `${path}[${i}]`)) : [path];
  }
  if (isRecord(payload)) return isRecord(out) ? Object.entries(payload).flatMap(([name, value]) => lost(value, out[name], `${path}.${name}`)) : [path];
  return Object.is(payload, out) ? [] : [path];
}

/** What becomes the server's own word; the sender's stays as `originalTimestamp`. Ids that are null or empty are none. */
const ours = new Set(["$.timestamp", "$.receivedAt", "$.userId", "$.anonymousId", "$.messageId"]);
const isOurs = (payload: Readonly<Record<string, unknown>>) => (path: string) => {
  if (path === "$.timestamp" || path === "$.receivedAt") return true;
  return ours.has(path) && (payload[path.slice(2)] === null || payload[path.slice(2)] === "");
};

const lines = (file: string): string[] => readFileSync(join(fixtures, "segment-spec", file), "utf8").split("\n").filter((line) => line !== "");

test("nothing of the 75 example payloads of the Segment spec is lost or renamed", async () => {
  const payloads = lines("spec_events.ndjson").map((line) => (JSON.parse(line) as { payload: Record<string, unknown> }).payload);
  expect(payloads).toHaveLength(75);
  for (const [i, payload] of payloads.entries()) {
    // Some of the examples share a message id; it does not matter here that they are repeats.
    const type = typeof payload["type"] === "string" ? payload["type"] : typeof payload["action"] === "string" ? payload["action"] : "track";
    const [row] = await stored([{ userId: `u${i}`, ...payload }], { type });
    const event = sent(row && outgoingEvent(row, undefined));
    expect(lost(payload, event).filter((path) => !isOurs(payload)(path)), `${i}: ${JSON.stringify(payload)} → ${JSON.stringify(event)}`).toEqual([]);
    if (payload["timestamp"] !== undefined && payload["originalTimestamp"] === undefined) expect(event.originalTimestamp).toBe(payload["timestamp"]);
  }
});

test("nothing of the batches of a library's own tests is lost, and what stood beside the batch stands in each event", async () => {
  for (const name of readdirSync(join(fixtures, "segment-go")).filter((file) => file.endsWith(".json"))) {
    const { batch, context, sentAt } = JSON.parse(readFileSync(join(fixtures, "segment-go", name), "utf8")) as { batch: Record<string, unknown>[]; context?: object; sentAt?: string };
    const rows = await stored(batch.map((one, i) => ({ ...one, messageId: `${name} ${i}` })), { ...(context && { context: JSON.stringify(context) }), ...(sentAt && { sentAt }) });
    expect(rows).toHaveLength(batch.length);
    rows.forEach((row, i) => {
      const { messageId: _, ...payload } = batch[i] ?? {};
      expect(lost({ ...payload, ...(context && { context }) }, sent(outgoingEvent(row, undefined))).filter((path) => !isOurs(payload)(path)), name).toEqual([]);
    });
  }
});

const ada: PersonNow = {
  traits: { email: "ada@example.com", plan: "pro", age: 36 },
  identifiers: [
    { namespace: "anonymous_id", value: "a1" }, { namespace: "email", value: "ada@example.com" }, { namespace: "email", value: "countess@example.com" },
    { namespace: "phone", value: "+15555550100" }, { namespace: "user_id", value: "ada" }, { namespace: "loyalty_card", value: "77" },
  ],
};

test("the person's traits and identifiers stand in context.traits, and the event's own win", async () => {
  const [row] = await stored([{ type: "track", event: "Order Completed", anonymousId: "a1", properties: { total: 12.5 }, context: { traits: { plan: "free" }, page: { url: "https://example.com" } } }]);
  const event = sent(row && outgoingEvent(row, ada));
  expect(event.context).toEqual({
    page: { url: "https://example.com" },
    traits: { email: "ada@example.com", phone: "+15555550100", loyalty_card: "77", age: 36, plan: "free" },
  });
  expect(event).toMatchObject({ type: "track", event: "Order Completed", properties: { total: 12.5 }, anonymousId: "a1", userId: "ada" });
});

test("of several addresses the first, the last told, or all go", () => {
  expect(traitsOut(ada, "first")["email"]).toBe("ada@example.com");
  expect(traitsOut({ ...ada, traits: { email: "countess@example.com" } }, "first")["email"]).toBe("ada@example.com");
  expect(traitsOut(ada, "last")["email"]).toBe("ada@example.com");
  expect(traitsOut({ ...ada, traits: {} }, "last")["email"]).toBe("countess@example.com");
  expect(traitsOut(ada, "all")["email"]).toEqual(["ada@example.com", "countess@example.com"]);
  expect(traitsOut(ada, "all")["phone"]).toBe("+15555550100");
});

test("somebody as they stand in the database, with what is computed for them", async () => {
  await stored([{ type: "identify", userId: "grace", traits: { email: "grace@example.com", city: "Bremen" } }]);
  const doc = await pipeline.person("user_id", "grace");
  if (doc === undefined) throw new Error("There is no such person.");
  expect(traitsOut(personNow(doc, { lifetime_value: 250 }), "last")).toEqual({ email: "grace@example.com", city: "Bremen", lifetime_value: 250 });
});

test("keys that would reach a prototype leave nobody changed, and numbers leave digit for digit", async () => {
  const raw = Buffer.from(
    '{"type":"track","event":"Odd","userId":"odd","__proto__":{"admin":true},"properties":{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":1}},"prototype":1,' +
    '"toString":"mine","big":9007199254740993,"small":1},"context":{"__proto__":{"admin":true},"traits":{"__proto__":{"admin":true},"hasOwnProperty":"x"}}}',
  );
  await pipeline.log.append(0, { header: { kind: "events", workspaceId: 1, sourceId: 1, receivedAtMs: Date.now() }, events: [raw] });
  await pipeline.settled();
  const [row] = await stored([]);
  const event = sent(row && outgoingEvent(row, { traits: { "__proto__": "told" }, identifiers: [{ namespace: "__proto__", value: "x" }, { namespace: "constructor", value: "y" }] }));
  expect(event.properties).toEqual({ constructor: { prototype: { admin: 1 } }, prototype: 1, toString: "mine", big: "9007199254740993", small: 1 });
  for (const object of [event, event.properties, event.context, event.context["traits"]]) expect(Object.getPrototypeOf(object)).toBe(Object.prototype);
  expect(({} as Record<string, unknown>)["admin"]).toBeUndefined();
  expect((event as Record<string, unknown>)["admin"]).toBeUndefined();
});

test("no write key leaves, no proof of who somebody is, and no more of an address than the source keeps", async () => {
  const [row] = await stored([{
    type: "page", name: "Home", category: "Shop", anonymousId: "a2", writeKey: "wk-secret", api_key: "wk-secret", context: { identityToken: "token-secret", ip: "203.0.113.9" }, properties: { path: "/" },
  }]);
  const event = sent(row && outgoingEvent({ ...row, ip: "203.0.113.0" }, undefined));
  expect(JSON.stringify(event)).not.toContain("secret");
  expect(event.context).toEqual({ ip: "203.0.113.0" });
  expect(event).toMatchObject({ name: "Home", category: "Shop", properties: { path: "/" } });
  expect(sent(row && outgoingEvent({ ...row, ip: "" }, undefined)).context).toEqual({});
});

test("what the request said of a browser is told, and of a server's library not", async () => {
  const userAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36";
  const call = (library: string, context = {}) => ({ type: "track", event: "Seen", anonymousId: "a3", context: { library: { name: library }, ...context } });
  const [browser, server, own] = await stored([call("analytics.js"), call("analytics-node"), call("analytics.js", { userAgent: "Its own" })], { userAgent, ip: "198.51.100.7" });
  const contextOf = (row: StoredEvent | undefined) => sent(row && outgoingEvent(row, undefined)).context;
  expect(contextOf(browser)).toMatchObject({ userAgent, ip: "198.51.100.7" });
  expect(contextOf(server)).not.toHaveProperty("userAgent");
  expect(contextOf(server)).not.toHaveProperty("ip");
  expect(contextOf(own)["userAgent"]).toBe("Its own");
});

test("old dialects leave in Segment's words, and what a batch says to single destinations goes with each event", async () => {
  const [old] = await stored([{ event_type: "signup", eventn_ctx: { event_id: "j1", user: { id: "j", email: "j@example.com" }, url: "https://example.com/x" }, plan: "pro" }]);
  expect(sent(old && outgoingEvent(old, undefined))).toMatchObject({ type: "track", event: "signup", userId: "j", properties: { plan: "pro" }, context: { traits: { email: "j@example.com" }, page: { url: "https://example.com/x" } } });
  const [one] = await stored([{ type: "track", event: "Seen", userId: "k", integrations: { Amplitude: { session_id: 7 } } }], { integrations: '{"All":true,"Amplitude":false}' });
  expect(sent(one && outgoingEvent(one, undefined)).integrations).toEqual({ All: true, Amplitude: { session_id: 7 } });
});

test("of somebody suppressed, and of what can't be read, nothing leaves", async () => {
  const [row] = await stored([{ type: "track", event: "Seen", userId: "gone" }]);
  if (row === undefined) throw new Error("Nothing is stored.");
  const suppressed = { type: "track", messageId: "m", timestampMs: 0, trust: "full", identifiers: [], previous: [] };
  expect(outgoingEvent({ ...row, raw: "", envelope: JSON.stringify({ ...(JSON.parse(row.envelope) as object), suppressed }) }, ada)).toBeUndefined();
  expect(outgoingEvent({ ...row, raw: "" }, ada)).toBeUndefined();
  expect(outgoingEvent({ ...row, raw: "[1]" }, ada)).toBeUndefined();
  expect(outgoingEvent({ ...row, envelope: "{" }, ada)).toBeUndefined();
});
