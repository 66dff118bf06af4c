import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AppError } from "../core/errors.ts";
import type { LogRecord } from "../log/log.ts";
import { collectionPaths } from "./routes.ts";
import { basic, otherKey, receivedAtMs, startTestIngest, writeKey, type Sent, type TestDoor, type TestIngest } from "./testing.ts";

const success = '{"success":true,"ok":true,"msg":"ok"}';
const event = '{"event":"Viewed","userId":"u1","n":9007199254740993}';

let ingest: TestIngest;
let door: TestDoor;
beforeAll(async () => {
  ingest = await startTestIngest();
  door = await ingest.open();
});
afterAll(() => ingest.stop());
// Each test sees only what it sent.
beforeEach(async () => void (await ingest.stored()));

describe("every path of every SDK", () => {
  const posts = collectionPaths.filter(({ method }) => method === "POST");

  test.each(posts.filter(({ route }) => route.kind === "single"))(
    "POST $path takes one event, with a slash at the end too",
    async ({ path, route }) => {
      for (const spelled of [path, `${path}/`, `/${path}`, `${path}?x=1`]) {
        const answer = await door.send({ path: spelled, headers: basic(writeKey), body: event });
        expect([answer.status, answer.text]).toEqual([200, success]);
      }
      const stored = await ingest.stored();
      expect(stored.map(({ events }) => events)).toEqual([[event], [event], [event], [event]]);
      expect(new Set(stored.map(({ header }) => header.type))).toEqual(new Set([route.kind === "single" ? route.type : ""]));
    },
  );

  test.each(posts.filter(({ route }) => route.kind === "batch"))(
    "POST $path takes a batch, an array, and a single event that says its type",
    async ({ path }) => {
      const typed = '{"type":"track","event":"Viewed"}';
      for (const body of [`{"batch":[${event}, ${event}]}`, `[${event},${event}]`, typed, '{"batch":[]}']) {
        const answer = await door.send({ path: `${path}/`, headers: basic(writeKey), body });
        expect([answer.status, answer.text]).toEqual([200, success]);
      }
      const stored = await ingest.stored();
      expect(stored.map(({ events }) => events)).toEqual([[event, event], [event, event], [typed]]);
      expect(stored.every(({ header }) => header.type === undefined)).toBe(true);
    },
  );

  test.each(posts.filter(({ route }) => route.kind === "discard"))(
    "POST $path is taken without a key and kept nowhere",
    async ({ path }) => {
      const answer = await door.send({ path, headers: { "content-type": "text/plain" }, body: '{"series":[]}' });
      expect(answer.status).toBe(200);
      expect([success, "{}"]).toContain(answer.text);
      expect(answer.headers["set-cookie"]).toBeUndefined();
      expect(await ingest.stored()).toEqual([]);
    },
  );

  test("the list holds what the SDKs call, letter by letter", () => {
    const known = new Set(posts.map(({ path }) => path));
    for (const path of [
      ..."tipsgabm".split("").map((letter) => `/v1/${letter}`),
      "/v1/batch",
      "/v1/import",
      "/v1/attribution",
      "/v1/track",
      "/v1/identify",
      "/v1/page",
      "/v1/screen",
      "/v1/group",
      "/v1/alias",
      "/v1/merge",
      "/b",
      "/batch",
      "/v1/batch/b",
      "/beacon/v1/batch",
      "/rsaRequest",
      "/rsaMetrics",
      "/api/s/track",
      "/api/s/s2s/identify",
      "/api/s/s2s/batch",
      "/api/v1/event",
      "/api/v1/events",
      "/api/v1/s2s/event",
      "/api/v1/s2s/events",
    ])
      expect(known).toContain(path);
  });

  test("other methods are refused under /v1, and left to others where the path may be somebody else's", async () => {
    const refused = await door.send({ method: "PUT", path: "/v1/batch" });
    expect([refused.status, refused.headers.allow, (JSON.parse(refused.text) as { code: string }).code]).toEqual([
      405,
      "POST, OPTIONS",
      "method_not_allowed",
    ]);
    for (const path of ["/batch", "/api/v1/events", "/track", "/", "/v1", "/api/v1/events/abc", "/projects/1", "/metrics"]) {
      expect((await door.send({ method: "GET", path })).status).toBe(418);
    }
    expect(
      (await door.send({ method: "OPTIONS", path: "/api/v1/events", headers: { "access-control-request-method": "POST" } })).status,
    ).toBe(200);
    expect(
      (await door.send({ method: "OPTIONS", path: "/api/v1/events", headers: { "access-control-request-method": "GET" } })).status,
    ).toBe(418);
  });

  test("version and robots answer anybody", async () => {
    expect(JSON.parse((await door.send({ method: "GET", path: "/version" })).text)).toEqual({ name: "tributary", version: "1.2.3" });
    expect((await door.send({ method: "GET", path: "/robots.txt" })).text).toContain("Disallow: /");
  });
});

describe("every SDK's way of sending", () => {
  const batch = `{"batch":[${event}],"sentAt":"2026-01-15T11:59:59.000Z"}`;
  const keyed = `{"batch":[${event}],"writeKey":"${writeKey}","sentAt":"2026-01-15T11:59:59.000Z"}`;
  const single = `{"event":"Viewed","writeKey":"${writeKey}","sentAt":"2026-01-15T11:59:59.000Z","_metadata":{"bundled":[]}}`;
  const json = { "content-type": "application/json" };
  const gzip = { "content-encoding": "gzip" };
  const rows: readonly (Sent & { readonly sdk: string })[] = [
    { sdk: "analytics-node", path: "/v1/batch", headers: { ...json, ...basic(writeKey), "x-retry-count": "1" }, body: keyed },
    {
      sdk: "analytics-next",
      path: "/v1/t",
      headers: { "content-type": "text/plain", origin: "https://shop.example.com", ...basic(writeKey) },
      body: single,
    },
    { sdk: "analytics-next, batching", path: "/v1/b", headers: { "content-type": "text/plain", ...basic(writeKey) }, body: keyed },
    { sdk: "analytics-python", path: "/v1/batch", headers: json, body: keyed },
    { sdk: "analytics-python, gzip", path: "/v1/batch", headers: { ...json, ...gzip }, body: gzipSync(keyed) },
    {
      sdk: "analytics-go",
      path: "/v1/batch",
      headers: { ...json, ...basic(writeKey) },
      body: `{"batch":[${event}],"messageId":"b","sentAt":"2026-01-15T11:59:59.000Z","context":{"library":{"name":"analytics-go"}}}`,
    },
    {
      sdk: "analytics-java",
      path: "/v1/import/",
      headers: { ...json, ...basic(writeKey) },
      body: `{"batch":[${event}],"sentAt":"2026-01-15T11:59:59.000Z","context":{},"sequence":1,"writeKey":"${writeKey}"}`,
    },
    { sdk: "analytics-ruby", path: "/v1/import", headers: { ...json, ...basic(writeKey) }, body: batch },
    { sdk: "analytics-php, gzip", path: "/v1/batch", headers: { ...json, ...basic(writeKey), ...gzip }, body: gzipSync(batch) },
    { sdk: "Swift", path: "/v1/b", headers: { "content-type": "application/json; charset=utf-8" }, body: keyed },
    { sdk: "Kotlin", path: "/v1/b", headers: { "content-type": "text/plain", ...gzip }, body: gzipSync(keyed), isChunked: true },
    { sdk: "React Native", path: "/v1/b", headers: json, body: keyed },
    { sdk: "C#, gzip without a content type", path: "/v1/b", headers: gzip, body: gzipSync(keyed) },
    { sdk: "gzip that no header tells of", path: "/v1/batch", headers: {}, body: gzipSync(keyed) },
    { sdk: "plain under a header that says gzip", path: "/v1/batch", headers: gzip, body: ` ${keyed}` },
    {
      sdk: "gzip in two members",
      path: "/v1/batch",
      headers: gzip,
      body: Buffer.concat([gzipSync(keyed.slice(0, 20)), gzipSync(keyed.slice(20))]),
    },
    { sdk: "iOS", path: "/v1/batch", headers: { ...json, ...gzip }, body: gzipSync(keyed) },
    { sdk: "Android", path: "/v1/import", headers: { ...json, ...gzip, ...basic(writeKey) }, body: gzipSync(keyed), isChunked: true },
    {
      sdk: "rudder-sdk-node",
      path: "/v1/batch",
      headers: { "content-type": "application/x-www-form-urlencoded", ...gzip, ...basic(writeKey) },
      body: gzipSync(batch),
    },
    {
      sdk: "rudder-sdk-js",
      path: "/v1/track",
      headers: { "content-type": "application/json;charset=UTF-8", anonymousid: "YQ==", ...basic(writeKey) },
      body: single,
    },
    { sdk: "rudder-sdk-js beacon", path: `/beacon/v1/batch?writeKey=${writeKey}`, headers: { "content-type": "text/plain" }, body: batch },
    { sdk: "rudder-sdk-python", path: "/v1/batch", headers: { ...json, ...gzip, ...basic(writeKey) }, body: gzipSync(batch) },
    {
      sdk: "rudder Android",
      path: "/v1/batch",
      headers: { ...json, ...basic(writeKey) },
      body: `{"sentAt":"2026-01-15T11:59:59.000Z","batch":[${event}]}`,
    },
    { sdk: "Jitsu", path: "/api/s/track", headers: { ...json, "x-write-key": writeKey }, body: single.replace(writeKey, "id:***") },
    {
      sdk: "Jitsu, id and secret",
      path: "/api/s/s2s/track",
      headers: { ...json, "x-write-key": `${writeKey}:secret` },
      body: single.replace(writeKey, "***"),
    },
    { sdk: "a byte order mark", path: "/v1/batch", headers: json, body: `\uFEFF${keyed}` },
  ];

  test.each(rows)("$sdk", async ({ sdk: _, ...sent }) => {
    const answer = await door.send(sent);
    expect([answer.status, answer.text]).toEqual([200, success]);
    const [record] = await ingest.stored();
    expect(record?.header).toMatchObject({ kind: "events", workspaceId: 1, sourceId: 1, receivedAtMs, sentAt: "2026-01-15T11:59:59.000Z" });
    expect(record?.events).toHaveLength(1);
    expect(record?.events[0]).toContain('"event":"Viewed"');
  });

  test("keeps what a batch says once for all: context, integrations and ids, as written", async () => {
    const context = '{ "library": {"name":"analytics-go","n":1.0} }';
    const body = `{"batch":[${event},${event}],"context":${context},"integrations":{"All":false},"messageId":"batch","userId":12,"anonymousId":null}`;
    await door.send({ path: "/v1/batch", headers: { ...basic(writeKey), "user-agent": "go/1", origin: "https://shop.example.com" }, body });
    const [record] = await ingest.stored();
    expect(record?.header).toMatchObject({
      context,
      integrations: '{"All":false}',
      defaults: { userId: "12" },
      ip: "127.0.0.1",
      userAgent: "go/1",
      origin: "https://shop.example.com",
    });
    await door.send({
      path: "/v1/batch",
      headers: basic(writeKey),
      body: `{"batch":[${event}],"messageId":"only","context":null,"integrations":[]}`,
    });
    const [alone] = await ingest.stored();
    expect(alone?.header.defaults).toEqual({ messageId: "only" });
    expect([alone?.header.context, alone?.header.integrations]).toEqual([undefined, undefined]);
  });
});

describe("a batch larger than a chunk of the log", () => {
  test("is divided into records in order, each event's marks at its own place", async () => {
    const wide = await ingest.open({ limits: { batchEventsMax: 10_000 } });
    const events = Array.from({ length: 9_000 }, (_, index) => (index === 8_999 ? "7" : `{"n":${index}}`));
    const answer = await wide.send({ path: "/v1/batch", headers: basic(writeKey), body: `{"batch":[${events.join(",")}]}` });
    expect(answer.status).toBe(200);
    const stored = await ingest.stored();
    expect(stored.map((record) => record.events.length)).toEqual([4_096, 4_096, 808]);
    expect(stored.flatMap((record) => record.events)).toEqual(events);
    expect(stored.map(({ header }) => header.problems)).toEqual([undefined, undefined, { 807: "not_an_object" }]);
  });
});

describe("the write key", () => {
  const send = (headers: Record<string, string>, body: string, query = ""): Promise<number> =>
    door.send({ path: `/v1/batch${query}`, headers, body }).then(({ status }) => status);
  const sourcesStored = async (): Promise<(readonly [number, number])[]> =>
    (await ingest.stored()).map(({ header, events }) => [header.sourceId, events.length] as const);

  test("is taken from Basic, then the body, then the query, then X-Write-Key, and the first decides", async () => {
    const withKey = (key: string): string => `{"batch":[{}],"writeKey":"${key}"}`;
    expect(await send(basic(otherKey), withKey(writeKey), `?writeKey=${writeKey}`)).toBe(200);
    expect(await send({ "x-write-key": writeKey }, withKey(otherKey), `?writeKey=${writeKey}`)).toBe(200);
    expect(await send({ "x-write-key": writeKey }, '{"batch":[{}]}', `?writekey=${otherKey}`)).toBe(200);
    expect(await send({ "x-write-key": otherKey }, '{"batch":[{}]}')).toBe(200);
    expect(await send({ authorization: "Bearer abc" }, withKey(otherKey))).toBe(200);
    expect(await send({ authorization: "Basic Og==" }, withKey(otherKey))).toBe(200);
    expect(await sourcesStored()).toEqual(Array.from({ length: 6 }, () => [2, 1]));
    expect(await send(basic("wrong"), withKey(writeKey))).toBe(401);
    expect(await sourcesStored()).toEqual([]);
  });

  test("of an item directs it to that key's source, and is enough when the request has none", async () => {
    const item = (key: string): string => `{"event":"a","writeKey":"${key}"}`;
    expect(
      await send(
        basic(writeKey),
        `{"batch":[{"event":"b"},${item(otherKey)},${item(writeKey)},{"properties":{"writeKey":"${otherKey}"}}]}`,
      ),
    ).toBe(200);
    expect(await sourcesStored()).toEqual(
      expect.arrayContaining([
        [1, 3],
        [2, 1],
      ]),
    );
    expect(await send({}, `{"batch":[${item(otherKey)},${item(writeKey)},${item("wrong")}]}`)).toBe(200);
    expect(await sourcesStored()).toEqual(
      expect.arrayContaining([
        [1, 1],
        [2, 1],
      ]),
    );
    expect(await send({}, `{"batch":[${item("wrong")}]}`)).toBe(401);
    expect(await send({}, '{"batch":[{}]}')).toBe(401);
    expect(await send({}, '{"batch":[]}')).toBe(401);
    expect(await sourcesStored()).toEqual([]);
  });

  test("that is unknown, missing, disabled or revoked is refused by words that SDKs know, and stores nothing", async () => {
    await ingest.pool.query(
      "insert into source (id, workspace_id, slug, name, kind, enabled) values (3, 1, 'off', 'Off', 'website', false)",
    );
    await ingest.pool.query(
      "insert into write_key (workspace_id, source_id, key_hash, prefix, revoked_at) values (1, 3, sha256('off-key'), 'off-ke', null), (1, 1, sha256('old-key'), 'old-ke', now())",
    );
    for (const key of ["nobodys", "off-key", "old-key", undefined]) {
      const answer = await door.send({ path: "/v1/batch", headers: key === undefined ? {} : basic(key), body: '{"batch":[{}]}' });
      expect([answer.status, JSON.parse(answer.text)]).toEqual([
        401,
        { code: "invalid_write_key", message: expect.stringContaining("Invalid write key"), hint: expect.any(String) },
      ]);
    }
    expect(await ingest.stored()).toEqual([]);
  });

  test("that is wrong is answered like a success, and stores nothing, where the setting says so", async () => {
    const lenient = await ingest.open({ unknownKeyStatus: 200 });
    const answer = await lenient.send({ path: "/v1/batch", headers: basic("nobodys"), body: '{"batch":[{}]}' });
    expect([answer.status, answer.text]).toEqual([200, success]);
    expect(await ingest.stored()).toEqual([]);
  });

  test("of a source with allowed origins works from those, and from servers", async () => {
    await ingest.pool.query(
      "insert into source (id, workspace_id, slug, name, kind, allowed_origins) values (4, 1, 'shop', 'Shop', 'website', $1)",
      [["https://shop.example.com", "https://*.example.org"]],
    );
    await ingest.pool.query(
      "insert into write_key (workspace_id, source_id, key_hash, prefix) values (1, 4, sha256('shop-key'), 'shop-k')",
    );
    const from = async (origin?: string): Promise<number> => send({ ...basic("shop-key"), ...(origin && { origin }) }, '{"batch":[{}]}');
    expect(
      await Promise.all(["https://shop.example.com", "https://SHOP.example.com", "https://a.b.example.org", undefined].map(from)),
    ).toEqual([200, 200, 200, 200]);
    expect(
      await Promise.all(
        ["https://evil.example.com", "https://example.org", "http://shop.example.com", "null", "https://xexample.org"].map(from),
      ),
    ).toEqual([403, 403, 403, 403, 403]);
    expect(await ingest.stored()).toHaveLength(4);
  });
});

describe("an answer", () => {
  test("shares with the page that asked: its origin, credentials, and Retry-After", async () => {
    const origin = "https://shop.example.com";
    for (const key of [writeKey, "wrong"]) {
      const { headers } = await door.send({ path: "/v1/t", headers: { ...basic(key), origin }, body: "{}" });
      expect(headers).toMatchObject({
        "access-control-allow-origin": origin,
        "access-control-allow-credentials": "true",
        "access-control-expose-headers": "retry-after",
        vary: "Origin",
      });
    }
    const { headers } = await door.send({ path: "/v1/t", headers: basic(writeKey), body: "{}" });
    expect(headers["access-control-allow-origin"]).toBeUndefined();
  });

  test("to a preflight allows every header that an SDK sends", async () => {
    const asked = {
      origin: "https://shop.example.com",
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,content-type",
    };
    const { status, headers } = await door.send({ method: "OPTIONS", path: "/v1/t", headers: asked });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      "access-control-allow-origin": asked.origin,
      "access-control-allow-methods": "GET, POST, OPTIONS",
      "access-control-max-age": "86400",
    });
    const allowed = headers["access-control-allow-headers"]?.split(", ");
    for (const name of [
      "authorization",
      "content-type",
      "content-encoding",
      "x-retry-count",
      "anonymousid",
      "sentat",
      "rsa-retry-attempt",
      "x-write-key",
      "cache-control",
    ]) {
      expect(allowed).toContain(name);
    }
  });

  test("is no success while the log has not said that the events are durable", async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let appended = 0;
    const slow = await ingest.open({
      log: {
        ...ingest.log,
        append: async (partition: number, record: LogRecord) => {
          appended++;
          await held;
          return ingest.log.append(partition, record);
        },
      },
    });
    let answered = false;
    const answer = slow.send({ path: "/v1/t", headers: basic(writeKey), body: event }).then((received) => {
      answered = true;
      return received;
    });
    while (appended === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    expect([answered, await ingest.stored()]).toEqual([false, []]);
    release();
    expect((await answer).status).toBe(200);
    expect(await ingest.stored()).toHaveLength(1);
  });

  test("is 429 with a whole number of seconds when the log can't take more, and 500 when it fails otherwise", async () => {
    const failing = async (error: Error): Promise<TestDoor> => ingest.open({ log: { ...ingest.log, append: () => Promise.reject(error) } });
    const refusing = await failing(new AppError("overloaded", { retryAfterSeconds: 10_000 }));
    const full = await refusing.send({ path: "/v1/t", headers: basic(writeKey), body: event });
    expect([full.status, full.headers["retry-after"], (JSON.parse(full.text) as { code: string }).code]).toEqual([
      429,
      "300",
      "overloaded",
    ]);
    const broken = await (await failing(new Error("secret detail"))).send({ path: "/v1/t", headers: basic(writeKey), body: event });
    expect([broken.status, (JSON.parse(broken.text) as { code: string }).code]).toEqual([500, "internal"]);
    expect(broken.text).not.toContain("secret");
  });

  test("is 429 when a source sends more than it may, until the time in Retry-After has passed", async () => {
    await ingest.pool.query(
      "insert into source (id, workspace_id, slug, name, kind, events_per_second) values (5, 1, 'slow', 'Slow', 'server', 20)",
    );
    await ingest.pool.query(
      "insert into write_key (workspace_id, source_id, key_hash, prefix) values (1, 5, sha256('slow-key'), 'slow-k')",
    );
    const send = async (): Promise<readonly [number, string | undefined]> => {
      const { status, headers } = await door.send({
        path: "/v1/batch",
        headers: basic("slow-key"),
        body: `[${Array(50).fill("{}").join(",")}]`,
      });
      return [status, headers["retry-after"]];
    };
    expect(await send()).toEqual([200, undefined]);
    expect(await send()).toEqual([429, "2"]);
    ingest.clock.advanceMs(2_000);
    expect((await send())[0]).toBe(200);
    expect((await ingest.stored()).length).toBe(2);
    ingest.clock.setMs(receivedAtMs);
  });

  test("is 429 when a key sends more than it may, whatever its source may; and what the source refuses costs its keys nothing", async () => {
    await ingest.pool.query("insert into source (id, workspace_id, slug, name, kind, events_per_second) values (6, 1, 'two-keys', 'Two keys', 'server', 100)");
    await ingest.pool.query(`insert into write_key (workspace_id, source_id, key_hash, prefix, events_per_second)
      values (1, 6, sha256('narrow-key'), 'narrow', 20), (1, 6, sha256('wide-key'), 'wide-k', null)`);
    const send = async (key: string, events: number): Promise<readonly [number, string | undefined]> => {
      const { status, headers } = await door.send({ path: "/v1/batch", headers: basic(key), body: `[${Array(events).fill("{}").join(",")}]` });
      return [status, headers["retry-after"]];
    };
    expect([await send("narrow-key", 50), await send("narrow-key", 1)]).toEqual([[200, undefined], [429, "2"]]);
    expect(await send("wide-key", 250)).toEqual([200, undefined]);
    ingest.clock.advanceMs(1_600);
    // Its own debt is paid, its source's is not: 40 too many of 100 a second.
    expect(await send("narrow-key", 1)).toEqual([429, "1"]);
    ingest.clock.advanceMs(500);
    expect([await send("narrow-key", 9), await send("narrow-key", 9)]).toEqual([[200, undefined], [200, undefined]]);
    ingest.clock.setMs(receivedAtMs);
  });

  test("is 429 when one key of a website sends more than the default, whatever its other keys and other kinds of sources send", async () => {
    const bounded = await ingest.open({ websiteEventsPerSecond: 20 });
    await ingest.pool.query("insert into write_key (workspace_id, source_id, key_hash, prefix) values (1, 1, sha256('second-key'), 'second')");
    const send = async (key: string): Promise<number> =>
      (await bounded.send({ path: "/v1/batch", headers: basic(key), body: `[${Array(50).fill("{}").join(",")}]` })).status;
    expect([await send(writeKey), await send(writeKey)]).toEqual([200, 429]);
    const refused = await bounded.send({ path: "/v1/t", headers: basic(writeKey), body: "{}" });
    expect(refused.headers["retry-after"]).toBe("2");
    expect(refused.text).toContain("TRIBUTARY_DEFAULT_WEBSITE_EVENTS_PER_SECOND");
    expect([await send("second-key"), await send(otherKey), await send(otherKey)]).toEqual([200, 200, 200]);
    ingest.clock.advanceMs(2_000);
    expect(await send(writeKey)).toBe(200);
    ingest.clock.setMs(receivedAtMs);
  });

  test("is counted, with its events and bytes", async () => {
    const counting = await ingest.open();
    await counting.send({ path: "/v1/batch", headers: basic(writeKey), body: `[${event},${event}]` });
    await counting.send({ path: "/v1/batch", headers: basic("wrong"), body: "{}" });
    const metrics = await counting.registry.metrics();
    expect(metrics).toContain('tributary_ingest_requests_total{kind="batch",status="200"} 1');
    expect(metrics).toContain('tributary_ingest_requests_total{kind="batch",status="401"} 1');
    expect(metrics).toContain("tributary_ingest_events_total 2");
    expect(metrics).toContain('tributary_ingest_rejected_keys_total{reason="unknown"} 1');
    expect(metrics).toContain("tributary_ingest_append_seconds_count 1");
    expect(metrics).toContain("tributary_ingest_held_bytes 0");
  });
});
