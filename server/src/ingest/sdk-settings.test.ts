import { gunzipSync } from "node:zlib";
import { createContext, runInContext } from "node:vm";
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import Fastify from "fastify";
import { basic, otherKey, startTestIngest, writeKey, type TestDoor, type TestIngest } from "./testing.ts";

let ingest: TestIngest;
let door: TestDoor;
beforeAll(async () => {
  ingest = await startTestIngest();
  door = await ingest.open();
});
afterAll(() => ingest.stop());
beforeEach(async () => void (await ingest.stored()));

interface Settings {
  readonly integrations: Record<string, Record<string, unknown>>;
}

describe("Segment's settings", () => {
  test.each(["/v1/projects/KEY/settings", "/projects/KEY/settings", "/v1/projects/projects/KEY/settings", "/v1/projects/KEY/settings/"])(
    "are at %s",
    async (path) => {
      const { status, text, headers } = await door.send({
        method: "GET",
        path: path.replace("KEY", writeKey),
        headers: { origin: "https://shop.example.com" },
      });
      expect(status).toBe(200);
      expect(headers).toMatchObject({
        "cache-control": "public, max-age=120",
        "access-control-allow-origin": "*",
        "content-type": "application/json; charset=utf-8",
      });
      const settings = JSON.parse(text) as Settings;
      // Any other name here would make browsers load a script of that name.
      expect(Object.keys(settings.integrations)).toEqual(["Segment.io"]);
      expect(settings).toMatchObject({
        integrations: {
          "Segment.io": {
            apiKey: writeKey,
            apiHost: "cdp.example.com/v1",
            protocol: "https",
            httpConfig: { backoffConfig: { enabled: true, default4xxBehavior: "drop" } },
          },
        },
        plan: {
          track: { __default: { enabled: true, integrations: {} } },
          identify: { __default: { enabled: true } },
          group: { __default: { enabled: true } },
        },
        metrics: { sampleRate: 0 },
        httpConfig: { rateLimitConfig: { enabled: true, maxRetryInterval: 300 } },
      });
      expect(text).not.toContain("null");
    },
  );

  test("follow PUBLIC_URL, its port and path, with and without TLS", async () => {
    const local = await ingest.open({ publicUrl: "http://127.0.0.1:8080/cdp/" });
    const { text } = await local.send({ method: "GET", path: `/v1/projects/${writeKey}/settings` });
    expect((JSON.parse(text) as Settings).integrations["Segment.io"]).toMatchObject({ apiHost: "127.0.0.1:8080/cdp/v1", protocol: "http" });
  });

  test("answer HEAD without a body, and 304 to whoever has them", async () => {
    const path = `/v1/projects/${writeKey}/settings`;
    const head = await door.send({ method: "HEAD", path });
    expect([head.status, head.text]).toEqual([200, ""]);
    const etag = String(head.headers.etag);
    const again = await door.send({ method: "GET", path, headers: { "if-none-match": `W/${etag}` } });
    expect([again.status, again.text]).toEqual([304, ""]);
    expect((await door.send({ method: "GET", path: `/v1/projects/${otherKey}/settings`, headers: { "if-none-match": etag } })).status).toBe(
      200,
    );
  });

  test("and analytics.js are the same whatever stands behind a key's colon, so that no two are ever made of one key", async () => {
    for (const path of ["/v1/projects/KEY/settings", "/analytics.js/v1/KEY/analytics.min.js"]) {
      const read = (key: string) => door.send({ method: "GET", path: path.replace("KEY", key) });
      const plain = await read(writeKey);
      const varied = await Promise.all(["a", "b%3Ac", "%3Cscript"].map((more) => read(`${writeKey}:${more}`)));
      expect(varied.map(({ status, text }) => [status, text === plain.text])).toEqual(Array(3).fill([200, true]));
    }
  });

  test("are refused for a key that nobody has", async () => {
    const { status, text } = await door.send({ method: "GET", path: "/v1/projects/nobodys/settings" });
    expect([status, JSON.parse(text)]).toEqual([401, expect.objectContaining({ code: "invalid_write_key" })]);
  });
});

describe("RudderStack's source configuration", () => {
  test.each([
    ["/sourceConfig", basic(writeKey)],
    ["/sourceConfig/?p=web&v=3", basic(writeKey)],
    [`/sourceConfig/?p=web&writeKey=${writeKey}`, {}],
  ])("is at %s", async (path, headers) => {
    const { status, text } = await door.send({ method: "GET", path, headers });
    expect([status, JSON.parse(text)]).toEqual([
      200,
      {
        source: {
          id: "src_1",
          name: "Website",
          writeKey,
          enabled: true,
          config: { statsCollection: { errors: { enabled: false }, metrics: { enabled: false } } },
          connections: [],
          destinations: [],
          workspaceId: "ws_1",
          dataplanes: {},
        },
      },
    ]);
  });
});

describe("analytics.js", () => {
  const path = `/analytics.js/v1/${writeKey}/analytics.min.js`;

  test("is the package's script with the key in its place and our address before it, and runs", async () => {
    const { status, text, headers } = await door.send({ method: "GET", path });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      "content-type": "text/javascript; charset=utf-8",
      "cache-control": "public, max-age=300",
      "access-control-allow-origin": "*",
    });
    expect(text).toContain(`window.analyticsWriteKey="${writeKey}"`);
    expect(text).not.toContain("__WRITE_KEY__");
    // The part that is ours, in a page whose snippet has run.
    const page = { analytics: [] as unknown[] & { _cdn?: string } };
    runInContext(text.slice(0, text.indexOf("\n")), createContext({ window: page, document: { querySelector: () => null } }));
    expect(page.analytics._cdn).toBe("https://cdp.example.com");
  });

  test("comes compressed to whoever takes that, and not at all to whoever has it", async () => {
    const plain = await door.send({ method: "GET", path });
    const compressed = await door.send({ method: "GET", path, headers: { "accept-encoding": "gzip, br" } });
    expect(compressed.headers["content-encoding"]).toBe("gzip");
    expect(gunzipSync(compressed.bytes)).toEqual(plain.bytes);
    expect((await door.send({ method: "GET", path, headers: { "if-none-match": String(plain.headers.etag) } })).status).toBe(304);
  });

  test("serves each part that the script names, as the package has it", async () => {
    const script = createRequire(import.meta.url)
      .resolve("@segment/analytics-next/package.json")
      .replace("package.json", "dist/umd/standalone.js");
    const source = await readFile(script, "utf8");
    const named = [...source.matchAll(/(\d+|"[\w-]+"):"([0-9a-f]{20})"/g)].map((match) => match[2]);
    expect(named.length).toBeGreaterThan(3);
    const { bytes, headers } = await door.send({ method: "GET", path: "/analytics-next/bundles/standalone.js" });
    expect(bytes.toString()).toBe(source);
    expect(headers["cache-control"]).toContain("immutable");
    const files = await readdir(dirname(script));
    for (const hash of named) {
      const file = files.find((name) => name.endsWith(`${hash}.js`));
      expect((await door.send({ method: "GET", path: `/analytics-next/bundles/${file}` })).status).toBe(200);
    }
  });

  test.each(["..%2f..%2fpackage.json", "../../package.json", "standalone.js.gz", "nothing.js", "..", "%00"])(
    "has no part %s",
    async (file) => {
      const { status } = await door.send({ method: "GET", path: `/analytics-next/bundles/${file}` });
      expect([404, 418]).toContain(status);
    },
  );

  test("is not served for a key that nobody has, and never with a key that is script", async () => {
    for (const key of ["nobodys", "%22%2Balert(1)%2B%22", "%3C%2Fscript%3E"]) {
      expect((await door.send({ method: "GET", path: `/analytics.js/v1/${key}/analytics.min.js` })).status).toBe(401);
    }
    await ingest.pool.query("insert into write_key (workspace_id, source_id, key_hash, prefix) values (1, 1, sha256($1), 'x')", [
      'a"</script>\u2028',
    ]);
    const odd = await door.send({ method: "GET", path: `/analytics.js/v1/${encodeURIComponent('a"</script>\u2028')}/analytics.min.js` });
    expect(odd.status).toBe(200);
    expect(odd.text).toContain('window.analyticsWriteKey="a\\"\\u003c/script\\u003e\\u2028"');
  });
});

test("Jitsu's p.js is the package's script, and may be loaded by any page", async () => {
  const packaged = await readFile(new URL(import.meta.resolve("@jitsu/js/dist/web/p.js.txt")), "utf8");
  const { status, text, headers } = await door.send({ method: "GET", path: "/p.js" });
  expect(status).toBe(200);
  expect(text).toBe(packaged);
  expect(headers["content-type"]).toMatch(/javascript/);
  expect(headers["access-control-allow-origin"]).toBe("*");
});

describe("a pixel", () => {
  test.each(["/pixel/v1/track", "/pixel/v1/track/", "/v1/pixel/track", "/api/px/track"])(
    "at %s is a picture that leaves an event",
    async (path) => {
      const query = `?writeKey=${writeKey}&anonymousId=a1&event=Opened&properties=${encodeURIComponent('{"mail":7.0}')}&context=broken{`;
      const { status, headers, bytes } = await door.send({ method: "GET", path: path + query });
      expect([status, headers["content-type"], bytes.subarray(0, 3).toString()]).toEqual([200, "image/gif", "GIF"]);
      const [record] = await ingest.stored();
      expect(record?.header.type).toBe("track");
      expect(record?.events).toEqual(['{"anonymousId":"a1","event":"Opened","properties":{"mail":7.0},"context":"broken{"}']);
    },
  );

  test("takes Segment's base64 data as it is, key included", async () => {
    const event = `{"writeKey":"${writeKey}","userId":"u","name":"Home","n":1.0}`;
    const { status } = await door.send({
      method: "GET",
      path: `/v1/pixel/page?data=${encodeURIComponent(Buffer.from(event).toString("base64"))}`,
    });
    expect(status).toBe(200);
    expect((await ingest.stored()).map(({ header, events }) => [header.type, events])).toEqual([["page", [event]]]);
    expect((await door.send({ method: "GET", path: "/v1/pixel/page?data=AAAA" })).status).toBe(400);
    expect((await door.send({ method: "GET", path: "/pixel/v1/track" })).status).toBe(401);
  });

  test("by HEAD leaves nothing, for prefetchers look before they load", async () => {
    expect((await door.send({ method: "HEAD", path: `/pixel/v1/track?writeKey=${writeKey}&event=Opened` })).status).toBe(200);
    expect(await ingest.stored()).toEqual([]);
  });
});

describe("in a Fastify server", () => {
  test("collection takes its paths, by inject too, and leaves all others to the routes", async () => {
    const app = Fastify();
    door.ingest.register(app);
    app.get("/other", () => ({ hello: "you" }));
    const collected = await app.inject({ method: "POST", url: "/v1/batch", headers: basic(writeKey), payload: '[{"event":"x"}]' });
    expect([collected.statusCode, collected.body]).toEqual([200, '{"success":true,"ok":true,"msg":"ok"}']);
    expect((await app.inject("/other")).json()).toEqual({ hello: "you" });
    expect((await app.inject("/nothing")).statusCode).toBe(404);
    expect((await ingest.stored()).map(({ events }) => events)).toEqual([['{"event":"x"}']]);
    await app.close();
  });

  test("made with serverFactory, collection comes before routing", async () => {
    const app = Fastify({
      serverFactory: (handler) => door.ingest.serverFactory(handler),
      clientErrorHandler: door.ingest.answerClientError,
    });
    app.get("/other", () => ({ hello: "you" }));
    const address = await app.listen({ port: 0, host: "127.0.0.1" });
    const collected = await fetch(`${address}/v1/track`, { method: "POST", headers: basic(writeKey), body: "{}" });
    expect([collected.status, await collected.json()]).toEqual([200, { success: true, ok: true, msg: "ok" }]);
    expect(await (await fetch(`${address}/other`)).json()).toEqual({ hello: "you" });
    await app.close();
  });
});
