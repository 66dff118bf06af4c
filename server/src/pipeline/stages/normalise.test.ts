import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import fc from "fast-check";
import type { EventsHeader } from "@tributary/schema/log-record.ts";
import { defaultSourceSettings, defaultWorkspaceSettings, type SourceSettings, type WorkspaceSettings } from "@tributary/schema/settings.ts";
import { defaultLimits } from "../../core/limits.ts";
import { compileIdentityRules, extractIdentifiers } from "../../identity/identity.ts";
import type { NormalisedEvent } from "../event.ts";
import { compileNormaliseContext, normaliseEvent, type NormaliseContext, type NormalisedResult, type RefusedEvent } from "./normalise.ts";

const receivedAtMs = Date.UTC(2026, 2, 1, 12);
const chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/121.0.0.0 Safari/537.36";

function contextWith(source: Partial<SourceSettings> = {}, workspace: Partial<WorkspaceSettings> = {}): NormaliseContext {
  const settings = { ...defaultWorkspaceSettings, ...workspace };
  const rules = compileIdentityRules(settings.identity);
  const extraction = { workspaceId: 1, sourceId: 7, secret: "secret", phoneCountry: undefined };
  return compileNormaliseContext({
    settings, source: { ...defaultSourceSettings, ...source }, extractIdentifiers: (payload) => extractIdentifiers(payload, rules, extraction),
  });
}

const context = contextWith();

function headerWith(fields: Partial<EventsHeader> = {}): EventsHeader {
  return { kind: "events", workspaceId: 1, sourceId: 7, receivedAtMs, ...fields };
}

function run(payload: unknown, header: Partial<EventsHeader> = {}, settings = context): NormalisedResult | RefusedEvent {
  const raw = Buffer.from(typeof payload === "string" ? payload : JSON.stringify(payload));
  return normaliseEvent({ partition: 3, rowId: 4097, header: headerWith(header), indexInRecord: 0, raw }, settings);
}

function normalised(payload: unknown, header: Partial<EventsHeader> = {}, settings = context): NormalisedEvent {
  const result = run(payload, header, settings);
  if ("outcome" in result) throw new Error(`${result.reason}: ${result.detail}`);
  return result.event;
}

function reasonOf(payload: unknown, header: Partial<EventsHeader> = {}): string {
  const result = run(payload, header);
  return "outcome" in result ? `${result.outcome} ${result.reason}` : "";
}

const fixtures = new URL("../../../../tests/fixtures/", import.meta.url);

function lines(name: string): Record<string, unknown>[] {
  return readFileSync(new URL(name, fixtures), "utf8").trimEnd().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Any UTF-16 at all, half characters included. */
const anyText = fc.array(fc.oneof(fc.integer({ min: 0, max: 127 }), fc.integer({ min: 0, max: 0xffff })), { maxLength: 12 }).map((units) => String.fromCharCode(...units));

describe("What others send", () => {
  const payloads = lines("segment-spec/spec_events.ndjson").map((line) => line["payload"] as Record<string, unknown>);
  const withoutIds = payloads.filter((payload) => !["userId", "user_id", "anonymousId", "groupId"].some((name) => name in payload));

  test("all 75 payloads of the Segment Spec are accepted", () => {
    expect(payloads).toHaveLength(75);
    expect(payloads.map((payload) => reasonOf(payload)).filter((reason) => reason !== "")).toEqual([]);
  });

  test("three of them are about nobody and are kept as such", () => {
    expect(withoutIds.map((payload) => normalised(payload).type)).toEqual(["page", "screen", "track"]);
    for (const payload of withoutIds) expect(normalised(payload).identifiers).toEqual([]);
  });

  test("those that spell their call in `action` are what they say", () => {
    const old = payloads.filter((payload) => payload["type"] === undefined);
    expect(old.length).toBeGreaterThan(30);
    for (const payload of old) expect([normalised(payload).type, normalised(payload).event]).toEqual(["track", payload["event"]]);
  });

  test("all 48 calls of the Segment Spec are accepted as analytics.js would send them", () => {
    const calls = lines("segment-spec/spec_calls.ndjson");
    expect(calls).toHaveLength(48);
    expect(calls.map((call) => reasonOf(asSent(String(call["call"]), call["args"] as unknown[]))).filter((reason) => reason !== "")).toEqual([]);
  });

  test("the batches of the Go library take their context and time from beside the events", () => {
    const files = readdirSync(new URL("segment-go/", fixtures)).filter((name) => name.endsWith(".json"));
    expect(files).toHaveLength(12);
    for (const file of files) {
      const body = JSON.parse(readFileSync(new URL(`segment-go/${file}`, fixtures), "utf8")) as {
        batch: Record<string, unknown>[]; context: unknown; sentAt: string; messageId: string;
      };
      for (const item of body.batch) {
        const event = normalised(item, { context: JSON.stringify(body.context), sentAt: body.sentAt, ip: "203.0.113.7", userAgent: chrome });
        expect(event.context).toMatchObject({ library: "analytics-go", libraryVersion: "3.0.0", ip: "", browser: "" });
        expect(event.messageId).toBe(item["messageId"]);
        expect(event.type).toBe(item["type"]);
      }
    }
  });
});

/** The message that analytics.js makes of a call. */
function asSent(call: string, args: readonly unknown[]): Record<string, unknown> {
  const ids = { type: call, anonymousId: "a-1", messageId: "m-1" };
  const object = args.find((arg) => typeof arg === "object");
  const text = args.find((arg) => typeof arg === "string");
  switch (call) {
    case "track":
      return { ...ids, event: text, properties: object };
    case "identify":
      return { ...ids, ...(text === undefined ? {} : { userId: text }), traits: object };
    case "alias":
      return { ...ids, userId: text };
    default:
      return { ...ids, ...(text === undefined ? {} : { name: text }), properties: object };
  }
}

describe("An event that can't be processed is quarantined with its reason", () => {
  const nested = (levels: number): string => `{"type":"track","event":"x","p":${"[".repeat(levels)}${"]".repeat(levels)}}`;
  function ordered(count: number, product: (i: number) => object): object {
  return { type: "track", event: "Order Completed", userId: "u", properties: { products: Array.from({ length: count }, (_, i) => product(i)) } };
}

const many = (count: number): string => JSON.stringify({ type: "track", event: "x", properties: Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, i])) });

  test.each<[string, unknown, Partial<EventsHeader>, string]>([
    ["known at the door", { type: "track", event: "x" }, { problems: { "0": "event_too_large" } }, "quarantined event_too_large"],
    ["broken JSON", '{"type":', {}, "quarantined invalid_json"],
    ["a list", "[]", {}, "quarantined not_an_object"],
    ["text", '"track"', {}, "quarantined not_an_object"],
    ["no type", { event: "x", userId: "u" }, {}, "quarantined unknown_type"],
    ["a type that there is not", { type: "purchase", userId: "u" }, {}, "quarantined unknown_type"],
    ["a type that every object has", { type: "constructor", userId: "u" }, {}, "quarantined unknown_type"],
    ["a track without a name", { type: "track", userId: "u" }, {}, "quarantined event_name_missing"],
    ["a track with a blank name", { type: "track", event: "  ", userId: "u" }, {}, "quarantined event_name_missing"],
    ["an event's name of 513 characters", { type: "track", event: "x".repeat(513) }, {}, "quarantined name_too_long"],
    ["an event's name of 512 characters", { type: "track", event: "x".repeat(512) }, {}, ""],
    ["a property's name of 513 characters", { type: "track", event: "x", properties: { ["p".repeat(513)]: 1 } }, {}, "quarantined name_too_long"],
    ["64 levels", nested(63), {}, ""],
    ["65 levels", nested(64), {}, "quarantined too_deep"],
    ["2,000 properties in all", many(1_997), {}, ""],
    ["2,001 properties in all", many(1_998), {}, "quarantined too_many_properties"],
    ["3,000 products with the same four properties", ordered(3_000, () => ({ sku: 1, price: 2, quantity: 3, tags: [{ t: 1 }] })), {}, ""],
    ["2,001 products with a property name each", ordered(2_001, (i) => ({ [`p${i}`]: 1 })), {}, "quarantined too_many_properties"],
    ["a userId of 513 characters", { type: "track", event: "x", userId: "u".repeat(513) }, {}, "quarantined id_too_long"],
    ["an identify about nobody", { type: "identify", traits: { plan: "pro" } }, {}, "quarantined no_identifier"],
    ["an identify about a blocked id", { type: "identify", userId: "null" }, {}, "quarantined no_identifier"],
    ["an identify by email", { type: "identify", traits: { email: "ann@example.com" } }, {}, ""],
    ["a group of nobody without an account", { type: "group", traits: { plan: "pro" } }, {}, "quarantined no_identifier"],
    ["an account of nobody", { type: "group", groupId: "g-1", traits: { plan: "pro" } }, {}, ""],
    ["an alias of nobody", { type: "alias" }, {}, "quarantined no_identifier"],
    ["a track about nobody", { type: "track", event: "Stock Adjusted" }, {}, ""],
  ])("%s", (_title, payload, header, expected) => {
    expect(reasonOf(payload, header)).toBe(expected);
  });

  test("with what to do about it, and what could be read", () => {
    const result = run({ type: "track", event: "Order Completed", messageId: "m-1", properties: { ["p".repeat(513)]: 1 } });
    expect(result).toMatchObject({ reason: "name_too_long", detail: expect.stringContaining("512 characters (setting TRIBUTARY_LIMIT_NAME_CHARACTERS)") });
    expect(run({ type: "purchase", event: "Order Completed", messageId: "m-1" })).toMatchObject({ messageId: "m-1", event: "Order Completed" });
    expect(result).toMatchObject({ messageId: "m-1", event: "Order Completed" });
    expect(run({ type: "identify", messageId: "m\u0000" }, { problems: { "0": "event_too_large" } })).toMatchObject({ messageId: "m\ufffd", event: "identify" });
    expect(run("{")).toMatchObject({ messageId: "row-3-4097", event: "" });
  });

  test("batch-level properties count for each event", () => {
    const batchContext = JSON.stringify({ traits: Object.fromEntries(Array.from({ length: 1_999 }, (_, i) => [`p${i}`, i])) });
    expect(reasonOf({ type: "track", event: "x" }, { context: batchContext })).toBe("quarantined too_many_properties");
    expect(reasonOf({ type: "track", event: "x" }, { context: "null" })).toBe("");
  });
});

describe("The type", () => {
  test.each([
    [{ type: "Track", event: "x" }, undefined, "track"],
    [{ event: "x" }, "track", "track"],
    [{ event: "x" }, "t", "track"],
    [{ type: "page", event: "x" }, "track", "track"],
    [{ type: "identify", action: "track", userId: "u" }, undefined, "identify"],
    [{ action: "track", event: "x" }, undefined, "track"],
    [{ type: "pageview" }, undefined, "page"],
  ])("of %j on the path %s is %s", (payload, path, expected) => {
    expect(normalised(payload, path === undefined ? {} : { type: path }).type).toBe(expected);
  });
});

describe("The ids", () => {
  test.each<[string, string, Partial<NormalisedEvent>]>([
    ["as text", '{"type":"page","userId":"u","anonymousId":"a","messageId":"m"}', { userId: "u", anonymousId: "a", messageId: "m" }],
    ["as numbers", '{"type":"page","userId":13995.0,"messageId":7}', { userId: "13995", messageId: "7" }],
    ["as integers beyond 2^53, digit for digit", '{"type":"page","userId":9007199254740993}', { userId: "9007199254740993" }],
    ["as integers beyond all range", `{"type":"page","userId":${"9".repeat(400)}}`, { userId: "9".repeat(400) }],
    ["as null", '{"type":"page","userId":"u","anonymousId":null}', { userId: "u", anonymousId: "" }],
    ["as objects", '{"type":"page","userId":{"a":1},"anonymousId":["a"],"messageId":{}}', { userId: "", anonymousId: "", messageId: "row-3-4097" }],
    ["as booleans", '{"type":"page","userId":true}', { userId: "" }],
    ["with spaces", '{"type":"page","userId":" u "}', { userId: "u" }],
    ["in the oldest spelling", '{"type":"page","user_id":"u","anonymous_id":"a"}', { userId: "u", anonymousId: "a" }],
    ["of groups in the context", '{"type":"page","context":{"groupId":"g"}}', { groupId: "g" }],
    ["with NUL and lone surrogates", '{"type":"page","userId":"a\\u0000b\\ud800"}', { userId: "a\ufffdb\ufffd" }],
  ])("%s", (_title, raw, expected) => {
    expect(normalised(raw)).toMatchObject(expected);
  });

  test("given beside a batch fill gaps, but its messageId names the batch", () => {
    const defaults = { userId: "u-batch", anonymousId: "a-batch", messageId: "m-batch" };
    expect(normalised({ type: "page", userId: "u" }, { defaults })).toMatchObject({ userId: "u", anonymousId: "a-batch", messageId: "row-3-4097" });
  });

  test("a long messageId becomes a short one, always the same, different ones different", () => {
    const first = normalised({ type: "page", messageId: "x".repeat(257) }).messageId;
    expect(first.length).toBeLessThan(64);
    expect(normalised({ type: "page", messageId: "x".repeat(257) }).messageId).toBe(first);
    expect(normalised({ type: "page", messageId: `${"x".repeat(257)}y` }).messageId).not.toBe(first);
    expect(normalised({ type: "page", messageId: "x".repeat(256) }).messageId).toBe("x".repeat(256));
  });
});

describe("Batch-level fields", () => {
  test("are merged shallowly under the event's own", () => {
    const batch = JSON.stringify({ ip: "198.51.100.1", locale: "de-DE", library: { name: "batch", version: "1" } });
    const event = normalised({ type: "page", context: { locale: "en_GB", library: { name: "own" } } }, { context: batch });
    expect(event.context).toMatchObject({ ip: "198.51.100.1", locale: "en-GB", library: "own", libraryVersion: "" });
  });

  test("are clean, too", () => {
    expect(normalised({ type: "page" }, { defaults: { userId: "a\u0000b" } }).userId).toBe("a\ufffdb");
    const event = normalised({ type: "page" }, { context: '{"__proto__":{"locale":"x"},"timezone":"a\\u0000b"}' });
    expect([event.context.locale, event.context.timezone]).toEqual(["", "a\ufffdb"]);
  });
});

describe("Traits and properties", () => {
  test("of an identify are its traits over the context's", () => {
    const event = normalised({ type: "identify", userId: "u", traits: { plan: "pro" }, context: { traits: { plan: "free", city: "Bern" } } });
    expect(event.traits).toEqual({ plan: "pro", city: "Bern" });
    expect(event.properties).toEqual({ plan: "pro", city: "Bern" });
  });

  test("of RudderStack's identify stand in the context alone", () => {
    expect(normalised({ type: "identify", userId: "u", traits: null, context: { traits: { plan: "pro" } } }).traits).toEqual({ plan: "pro" });
  });

  test("of a track are its properties and the context's traits", () => {
    const event = normalised({ type: "track", event: "x", properties: { a: 1 }, context: { traits: { city: "Bern" } } });
    expect([event.properties, event.traits]).toEqual([{ a: 1 }, { city: "Bern" }]);
  });

  test("of a group are the account's, and the person's are the context's", () => {
    const event = normalised({ type: "group", userId: "u", groupId: "g", traits: { seats: 5 }, context: { traits: { city: "Bern" } } });
    expect([event.properties, event.traits, event.groupId]).toEqual([{ seats: 5 }, { city: "Bern" }, "g"]);
  });

  test("of a page hold its name and category", () => {
    expect(normalised({ type: "page", name: "Home", category: "Docs", properties: { name: "old", a: 1 } }).properties).toEqual({ name: "Home", category: "Docs", a: 1 });
    expect(normalised({ type: "screen", event: "Home" }).properties).toEqual({ name: "Home" });
    expect(normalised({ type: "page", properties: { name: "Home" } }).properties).toEqual({ name: "Home" });
  });

  test("that are no objects are none", () => {
    const event = normalised({ type: "track", event: "x", properties: "a", context: { traits: [1] } });
    expect([event.properties, event.traits]).toEqual([{}, {}]);
    expect(normalised({ type: "track", event: "x", properties: [1], context: "x" }).properties).toEqual({});
  });

  test("keep integers beyond 2^53 digit for digit, as text", () => {
    const event = normalised('{"type":"track","event":"x","properties":{"big":9007199254740993,"list":[12345678901234567890],"small":1.0,"huge":1e300}}');
    expect(event.properties).toEqual({ big: "9007199254740993", list: ["12345678901234567890"], small: 1, huge: 1e300 });
  });

  test("never reach a prototype", () => {
    const event = normalised('{"type":"identify","userId":"u","__proto__":{"polluted":1},"traits":{"__proto__":{"polluted":1},"a":{"__proto__":{"polluted":1}},"constructor":{"prototype":{"polluted":1}}}}');
    expect(Object.hasOwn(event.traits, "__proto__")).toBe(false);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect((event.traits["a"] as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});

describe("The context", () => {
  test("fills the columns", () => {
    const event = normalised({
      type: "track", event: "x", context: {
        ip: "203.0.113.7", locale: "de_CH", timezone: "Europe/Zurich", location: { country: "ch" }, userAgent: chrome,
        page: { url: "https://shop.example.com/a/b?utm_source=news&utm_campaign=spring&gclid=g-1#x", referrer: "https://search.example.com/", title: "A" },
        campaign: { source: "own", term: "shoes", content: 5 }, library: { name: "analytics.js", version: "2.1" },
      },
    });
    expect(event.context).toEqual({
      ip: "203.0.113.7", country: "CH", locale: "de-CH", timezone: "Europe/Zurich", deviceType: "desktop", os: "Windows", browser: "Chrome",
      pageUrl: "https://shop.example.com/a/b?utm_source=news&utm_campaign=spring&gclid=g-1#x", pagePath: "/a/b", pageReferrer: "https://search.example.com/",
      campaignSource: "own", campaignMedium: "", campaignName: "spring", campaignTerm: "shoes", campaignContent: "5", clickIds: { gclid: "g-1" },
      library: "analytics.js", libraryVersion: "2.1",
    });
  });

  test("of a page call may stand among its properties", () => {
    const event = normalised({ type: "page", properties: { url: "https://shop.example.com?x=1", referrer: "r", search: "?utm_source=s" } });
    expect(event.context).toMatchObject({ pageUrl: "https://shop.example.com?x=1", pagePath: "/", pageReferrer: "r", campaignSource: "s" });
  });

  test("does not take a country from a language", () => {
    expect(normalised({ type: "page", context: { locale: "de-CH" } }).context.country).toBe("");
  });

  test("of the wrong shape is empty", () => {
    const event = normalised({ type: "page", context: { ip: {}, page: 5, campaign: "x", library: [], os: null, device: "x", location: "CH", userAgent: {}, locale: [] } });
    expect(new Set(Object.values({ ...event.context, clickIds: "" }))).toEqual(new Set([""]));
  });

  test("takes the click ids that a library found", () => {
    const event = normalised({ type: "page", context: { page: { url: "https://x/?fbclid=f" }, clickIds: { gclid: "g", nonsense: "n", ttclid: {} } } });
    expect(event.context.clickIds).toEqual({ fbclid: "f", gclid: "g" });
  });

  test("is bounded", () => {
    const event = normalised({ type: "page", context: { locale: "😀".repeat(1_000), page: { url: `https://x/${"a".repeat(20_000)}` } } });
    expect(event.context.locale.length).toBeLessThanOrEqual(512);
    expect(event.context.locale.isWellFormed()).toBe(true);
    expect(event.context.pageUrl.length).toBeLessThanOrEqual(8_192);
  });
});

describe("Flags", () => {
  test("known bots and the company's own traffic are flagged, not dropped", () => {
    const internal = contextWith({ ip: "drop" }, { internalIps: ["203.0.113.0/24"] });
    const event = normalised({ type: "page", context: { userAgent: "Mozilla/5.0 (compatible; Googlebot/2.1)" } }, { ip: "203.0.113.7" }, internal);
    expect([event.isBot, event.isInternal, event.context.ip]).toEqual([true, true, ""]);
    expect(normalised({ type: "page" }, { ip: "198.51.100.1" }, internal).isInternal).toBe(false);
  });

  test("a server-side library's own address and user agent are nobody's", () => {
    const internal = contextWith({}, { internalIps: ["203.0.113.0/24"] });
    for (const library of ["@segment/analytics-node", "analytics-python", "analytics-go", "analytics-java", "analytics-ruby"]) {
      const event = normalised({ type: "page", context: { library: { name: library } } }, { ip: "203.0.113.7", userAgent: chrome }, internal);
      expect([library, event.isInternal, event.context.ip, event.context.browser]).toEqual([library, false, "", ""]);
    }
    const browser = normalised({ type: "page", context: { library: { name: "analytics.js" } } }, { ip: "203.0.113.7", userAgent: chrome }, internal);
    expect([browser.isInternal, browser.context.ip, browser.context.browser]).toEqual([true, "203.0.113.7", "Chrome"]);
  });

  test("whoever uploads a file is not who it tells about", () => {
    const event = normalised({ type: "page" }, { importId: 5, ip: "203.0.113.7", userAgent: chrome });
    expect([event.context.ip, event.context.browser, event.isHistorical]).toEqual(["", "", true]);
  });

  test("imports are history and keep their times", () => {
    const event = normalised({ type: "page", timestamp: "2010-12-01T08:26:00Z" }, { importId: 5, historical: true, sentAt: "2026-03-01T00:00:00Z" });
    expect([event.isHistorical, event.importId, event.timestampMs]).toEqual([true, 5, Date.UTC(2010, 11, 1, 8, 26)]);
  });
});

describe("An identity from a link", () => {
  const page = { url: "https://shop.example.com/?ajs_uid=u-1&ajs_trait_email=eve%40example.com&ajs_trait_plan=pro" };
  const payload = { type: "identify", userId: "u-1", anonymousId: "a-1", traits: { email: "eve@example.com", plan: "pro", city: "Bern" }, context: { page, traits: { plan: "x" } } };

  test("is not trusted, its traits are neither folded nor taken as identifiers", () => {
    const event = normalised(payload);
    expect([event.trust, event.traits]).toEqual(["query_string", { city: "Bern" }]);
    expect(event.identifiers.map(({ namespace }) => namespace)).toEqual(["user_id", "anonymous_id"]);
  });

  test("of somebody else takes nothing from a real identify", () => {
    const event = normalised({ ...payload, userId: "u-2" });
    expect([event.trust, event.traits["email"]]).toEqual(["full", "eve@example.com"]);
  });
});

describe("Other vocabularies", () => {
  test("a classic Jitsu event becomes a call", () => {
    const event = normalised({
      event_type: "pageview", api_key: "k", plan: "pro", eventn_ctx: {
        event_id: "e-1", user: { id: "u-1", anonymous_id: "a-1", email: "ann@example.com" }, url: "https://shop.example.com/x", referer: "https://r/",
        utc_time: "2026-03-01T11:00:00.000000Z", user_language: "de", user_agent: chrome, utm: { source: "news" },
      },
    });
    expect(event).toMatchObject({ type: "page", messageId: "e-1", userId: "u-1", anonymousId: "a-1", properties: { plan: "pro" }, timestampMs: Date.UTC(2026, 2, 1, 11) });
    expect(event.context).toMatchObject({ pageUrl: "https://shop.example.com/x", campaignSource: "news", browser: "Chrome", locale: "de" });
    expect(normalised({ event_type: "order", eventn_ctx: {} })).toMatchObject({ type: "track", event: "order" });
    expect(normalised({ event_type: "user_identify", user: { id: "u", plan: "pro" } })).toMatchObject({ type: "identify", userId: "u", traits: { plan: "pro" } });
  });
});

describe("Whatever is sent", () => {
  const word = fc.constantFrom(
    "type", "track", "identify", "page", "group", "alias", "event", "userId", "anonymousId", "traits", "properties", "context", "page", "url", "search", "ip", "userAgent",
    "userAgentData", "brands", "consent", "categoryPreferences", "consentManagement", "allowedConsentIds", "timestamp", "sentAt", "originalTimestamp", "messageId", "library", "name",
    "campaign", "device", "os", "__proto__", "constructor", "prototype", "toString", "event_type", "eventn_ctx", "user", "externalIds", "identityToken", "",
  );
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 5 }, anyText, word, fc.double(), fc.boolean(), fc.constant(null), fc.constantFrom("https://x/?ajs_uid=u&utm_source=%ff", "\u0000", "\ud800", "::1"),
      fc.array(tie("any"), { maxLength: 4 }), fc.dictionary(fc.oneof(word, anyText), tie("any"), { maxKeys: 6 }),
    ),
  })).any;
  const payload = fc.tuple(fc.constantFrom("track", "identify", "page", "group", "alias", 5, undefined), fc.dictionary(word, value, { maxKeys: 12 }))
    .map(([type, fields]) => JSON.stringify({ event: "x", ...fields, type }));

  test("it never throws, answers the same twice, and leaves every prototype alone", () => {
    const before = Object.getOwnPropertyNames(Object.prototype).length;
    fc.assert(fc.property(payload, fc.option(payload), fc.option(payload), (raw, batchContext, sentAt) => {
      const header = { ...(batchContext === null ? {} : { context: batchContext }), ...(sentAt === null ? {} : { sentAt }) };
      const first = run(raw, header);
      expect(run(raw, header)).toEqual(first);
      if ("outcome" in first) return;
      expect(hasPrototypeKey(first.event)).toBe(false);
      expect(JSON.stringify(first.event)).not.toMatch(/\\u0000|\\ud[89a-f]/i);
      expect(Object.values(first.event.context).every((column) => typeof column === "string" || typeof column === "object")).toBe(true);
    }), { numRuns: 500 });
    expect(Object.getOwnPropertyNames(Object.prototype)).toHaveLength(before);
  });

  test("any bytes at all never make it throw", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
      const received = { partition: 0, rowId: 0, header: headerWith(), indexInRecord: 0, raw: Buffer.from(bytes) };
      expect(normaliseEvent(received, context)).toEqual(normaliseEvent(received, context));
    }), { numRuns: 200 });
  });

  test("the limits are those of the settings", () => {
    const strict = compileNormaliseContext({
      settings: defaultWorkspaceSettings, source: defaultSourceSettings, limits: { ...defaultLimits, propertiesMax: 3 }, extractIdentifiers: () => ({ identifiers: [], notes: [] }),
    });
    expect(run({ type: "page", a: 1, b: 2 }, {}, strict)).not.toHaveProperty("outcome");
    expect(run({ type: "page", a: 1, b: 2, c: 3 }, {}, strict)).toMatchObject({ reason: "too_many_properties" });
  });
});

function hasPrototypeKey(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Object.getPrototypeOf(value) !== Object.prototype && Object.getPrototypeOf(value) !== Array.prototype) return true;
  return Object.hasOwn(value, "__proto__") || Object.values(value).some(hasPrototypeKey);
}
