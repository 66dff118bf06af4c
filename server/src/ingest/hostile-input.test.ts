import { connect } from "node:net";
import { deflateSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { defaultLimits } from "../core/limits.ts";
import { basic, startTestIngest, writeKey, type Received, type TestDoor, type TestIngest } from "./testing.ts";

let ingest: TestIngest;
let door: TestDoor;
beforeAll(async () => {
  ingest = await startTestIngest();
  door = await ingest.open();
});
afterAll(() => ingest.stop());
beforeEach(async () => void (await ingest.stored()));

const post = (body: string | Buffer, headers: Record<string, string> = {}, to = door): Promise<Received> =>
  to.send({ path: "/v1/batch", headers: { ...basic(writeKey), ...headers }, body });
const codeOf = (answer: Received): unknown => (JSON.parse(answer.text) as { code?: unknown }).code;

/** Writes bytes as they are and collects what comes back until the server ends the connection. */
function raw(bytes: string | Buffer, to = door): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let answer = "";
  const socket = connect(to.port, "127.0.0.1", () => socket.write(bytes));
  socket
    .on("data", (chunk) => (answer += chunk.toString()))
    .on("close", () => resolve(answer))
    .on("error", () => undefined);
  return promise;
}

describe("a body that is refused", () => {
  test.each<[string, string | Buffer, Record<string, string>, string]>([
    ["is not JSON", "{", {}, "invalid_json"],
    ["is empty", "", {}, "invalid_json"],
    ["is NUL bytes", Buffer.alloc(100), {}, "invalid_json"],
    ["is UTF-16", Buffer.from('{"batch":[]}', "utf16le"), {}, "invalid_json"],
    ["opens twenty million brackets", gzipSync(Buffer.alloc(20_000_000, "[")), {}, "invalid_json"],
    ["is a text", '"batch"', {}, "bad_request"],
    ["has no event", '{"batch":{}}', {}, "bad_request"],
    ["has its batch replaced by a second one", '{"batch":[{}],"batch":null}', {}, "bad_request"],
    ["is truncated gzip", gzipSync('{"batch":[{}]}').subarray(0, 20), {}, "damaged_compression"],
    ["is gzip with a wrong checksum", Buffer.concat([gzipSync("{}").subarray(0, -8), Buffer.alloc(8)]), {}, "damaged_compression"],
    ["begins like gzip only", Buffer.from([0x1f, 0x8b, 1, 2, 3]), {}, "damaged_compression"],
    ["is compressed in another way", deflateSync('{"batch":[{}]}'), { "content-encoding": "deflate" }, "unsupported_encoding"],
    ["is larger than the limit", Buffer.alloc(defaultLimits.bodyBytesMax + 1, " "), {}, "body_too_large"],
    ["is a gzip bomb", gzipSync(Buffer.alloc(500_000_000)), {}, "body_too_large"],
    ["holds too many events", `{"batch":[${Array(2_501).fill("{}").join(",")}]}`, {}, "body_too_large"],
    ["has a context deeper than an event may be", `{"batch":[{}],"context":${'{"a":'.repeat(64)}1${"}".repeat(64)}}`, {}, "body_too_large"],
    ["has a context that counts too much for its many events", `{"batch":[${Array(2_000).fill("{}").join(",")}],"context":{"a":"${"x".repeat(20_000)}"}}`, {}, "body_too_large"],
    ["has a context larger than an event may be", `{"batch":[{}],"context":{"a":"${"x".repeat(600_000)}"}}`, {}, "body_too_large"],
  ])("because it %s", async (_, body, headers, code) => {
    for (const isChunked of [false, true]) {
      const answer = await door.send({ path: "/v1/batch", headers: { ...basic(writeKey), ...headers }, body, isChunked });
      expect([answer.status, codeOf(answer)]).toEqual([400, code]);
      expect(JSON.parse(answer.text)).toEqual({ code, message: expect.any(String), hint: expect.any(String) });
    }
    expect(await ingest.stored()).toEqual([]);
  });

  test("for a limit names the limit and its setting", async () => {
    const answer = await post(`[${Array(2_501).fill("{}").join(",")}]`);
    expect(JSON.parse(answer.text)).toMatchObject({
      message: expect.stringMatching(/2501 events.*2500 events.*TRIBUTARY_LIMIT_BATCH_EVENTS/),
    });
  });

  test("because its events carry too many write keys costs no look-up of any of them", async () => {
    const body = (count: number): string => JSON.stringify({ batch: Array.from({ length: count }, (_, i) => ({ writeKey: `wrong-${i}` })) });
    let asked = 0;
    const counting = await ingest.open({ sources: { find: () => void asked++, forget: () => undefined } });
    const keyless = await counting.send({ path: "/v1/batch", body: body(2_500) });
    expect([keyless.status, codeOf(keyless), asked]).toEqual([400, "body_too_large", 0]);
    expect(keyless.text).toMatch(/2500 different write keys.*20 write keys.*TRIBUTARY_LIMIT_KEYS_PER_BODY/);
    expect((await counting.send({ path: "/v1/batch", body: body(20) })).status).toBe(401);
    expect(asked).toBe(20);
    // Beside a right key, too: none of its events ends up where it was not meant to go.
    expect((await post(body(21))).status).toBe(400);
    expect(await ingest.stored()).toEqual([]);
  });

  test("leaves the connection usable for the next one", async () => {
    const large = Buffer.alloc(defaultLimits.bodyBytesMax + 100, " ");
    const request = (body: Buffer, more = ""): Buffer =>
      Buffer.concat([
        Buffer.from(
          `POST /v1/batch HTTP/1.1\r\nhost: x\r\n${more}authorization: ${basic(writeKey)["authorization"]}\r\ncontent-length: ${body.length}\r\n\r\n`,
        ),
        body,
      ]);
    const answers = await raw(
      Buffer.concat([request(large), request(Buffer.from("{")), request(Buffer.from("[{}]"), "connection: close\r\n")]),
    );
    expect(answers.match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 400", "HTTP/1.1 400", "HTTP/1.1 200"]);
    expect(await ingest.stored()).toHaveLength(1);
  });
});

describe("an event that can't be processed", () => {
  const tooDeep = `${'{"a":'.repeat(65)}1${"}".repeat(65)}`;
  const tooLarge = `{"a":"${"x".repeat(defaultLimits.eventBytesMax)}"}`;
  const bad: readonly string[] = ["null", "7", '"text"', "[[]]", tooDeep, tooLarge];

  test("is kept byte for byte and marked, and harms no other of its batch", async () => {
    const fine = '{"event":"fine"}';
    const deepest = `${'{"a":'.repeat(64)}1${"}".repeat(64)}`;
    const events = [fine, ...bad, deepest, fine];
    expect((await post(`{"batch":[${events.join(",")}]}`)).status).toBe(200);
    const [record] = await ingest.stored();
    expect(record?.events).toEqual(events);
    expect(record?.header.problems).toEqual({
      1: "not_an_object",
      2: "not_an_object",
      3: "not_an_object",
      4: "not_an_object",
      5: "too_deep",
      6: "event_too_large",
    });
  });

  test("is kept and marked as a single call too", async () => {
    for (const body of [tooDeep, tooLarge])
      expect((await door.send({ path: "/v1/track", headers: basic(writeKey), body })).status).toBe(200);
    expect((await ingest.stored()).map(({ header }) => header.problems)).toEqual([{ 0: "too_deep" }, { 0: "event_too_large" }]);
  });
});

describe("strange but valid events", () => {
  test("are stored byte for byte", async () => {
    const events = [
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
      '{"a":"\\u0000","\\u0000":1}',
      '{"a":"\\ud800 lone","b":"\\udc00\\ud800"}',
      '{"a":1,"a":2,"a":{}}',
      '{"n":9007199254740993,"f":1.0,"e":1e400,"m":-0,"l":0.1000000000000000055511151231257827}',
      `{"s":"${"x".repeat(100_000)}"}`,
      '{ "spaced" :\t[ 1 ,\n 2 ] }',
      '{"emoji":"👩‍👩‍👧‍👦","rtl":"\u202e","line":"\u2028"}',
      "{}",
    ];
    expect((await post(`{ "batch" : [ ${events.join(" ,\r\n ")} ] }`)).status).toBe(200);
    expect((await ingest.stored())[0]?.events).toEqual(events);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test("with broken UTF-8 keep their bytes", async () => {
    const event = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xc3]), Buffer.from('"}')]);
    expect((await post(Buffer.concat([Buffer.from("["), event, Buffer.from("]")]))).status).toBe(200);
    const { nextOffset } = (await ingest.log.state())[0] ?? { nextOffset: 0 };
    const [chunk] = await ingest.log.read(0, nextOffset - 1, 1);
    expect(chunk?.records[0]?.events[0]).toEqual(event);
  });

  test("may have ten megabytes in one text: kept, marked, answered 200", async () => {
    const event = `{"a":"${"x".repeat(10_000_000)}"}`;
    expect((await post(gzipSync(`[${event},{}]`))).status).toBe(200);
    const [record] = await ingest.stored();
    expect(record?.header.problems).toEqual({ 0: "event_too_large" });
    expect(record?.events.map((stored) => stored.length)).toEqual([event.length, 2]);
  });
});

describe("memory and time", () => {
  test("are bounded over all requests: beyond the bound senders wait, and afterwards nothing is held", async () => {
    const small = await ingest.open({ limits: { bytesInFlightMax: 3_000_000 } });
    const bomb = gzipSync(Buffer.concat([Buffer.from('[{"a":"'), Buffer.alloc(2_000_000, "x"), Buffer.from('"}]')]));
    const answers = await Promise.all(Array.from({ length: 6 }, () => post(bomb, {}, small)));
    const statuses = answers.map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    for (const refused of answers.filter(({ status }) => status === 429)) {
      expect([codeOf(refused), refused.headers["retry-after"]]).toEqual(["overloaded", "1"]);
    }
    expect(await small.registry.metrics()).toContain("tributary_ingest_held_bytes 0");
    expect((await post(bomb, {}, small)).status).toBe(200);
  });

  test("of one address are an eighth of it: others are taken in while it stalls", async () => {
    // The largest body fits into an eighth.
    const limits = { bytesInFlightMax: 800_000, bodyBytesMax: 50_000, inflatedBytesMax: 50_000 };
    const shared = await ingest.open({ limits, trustProxy: ["loopback"] });
    const stall = (address: string) => {
      const socket = connect(shared.port, "127.0.0.1").on("error", () => undefined);
      socket.write(`POST /v1/batch HTTP/1.1\r\nhost: x\r\nx-forwarded-for: ${address}\r\ncontent-length: 50000\r\n\r\n${" ".repeat(49_000)}`);
      return socket;
    };
    const stalled = Array.from({ length: 20 }, () => stall("192.0.2.1"));
    const isHeld = async (bytes: number): Promise<boolean> => (await shared.registry.metrics()).includes(`tributary_ingest_held_bytes ${bytes}\n`);
    while (!(await isHeld(98_000))) await new Promise((resolve) => setTimeout(resolve, 5));
    const body = `[{"a":"${"x".repeat(10_000)}"}]`;
    const refused = await post(body, { "x-forwarded-for": "192.0.2.1" }, shared);
    expect([refused.status, codeOf(refused)]).toEqual([429, "overloaded"]);
    expect(refused.text).toMatch(/One address may hold 100000 bytes.*TRUST_PROXY/);
    expect((await post(body, { "x-forwarded-for": "192.0.2.2" }, shared)).status).toBe(200);
    for (const socket of stalled) socket.destroy();
    while (!(await isHeld(0))) await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await post(body, { "x-forwarded-for": "192.0.2.1" }, shared)).status).toBe(200);
  });

  test("a gzip bomb is given up at the limit, not inflated to its end", async () => {
    const behindProxy = await ingest.open({ trustProxy: ["loopback"] });
    const bomb = gzipSync(Buffer.alloc(200_000_000));
    const bombs = Array.from({ length: 4 }, (_, i) => post(bomb, { "x-forwarded-for": `192.0.2.${i}` }, behindProxy));
    const before = process.memoryUsage().arrayBuffers;
    expect((await Promise.all(bombs)).map(({ status }) => status)).toEqual([400, 400, 400, 400]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(150_000_000);
  });

  test("a body that comes too slowly is answered 408 and its connection closed", async () => {
    const impatient = await ingest.open({ limits: { bodyTimeoutMs: 100 } });
    const answer = await raw(
      `POST /v1/batch HTTP/1.1\r\nhost: x\r\nauthorization: ${basic(writeKey)["authorization"]}\r\ncontent-length: 100\r\n\r\n{`,
      impatient,
    );
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect(answer).toContain('"code":"request_timeout"');
    expect(await impatient.registry.metrics()).toContain("tributary_ingest_held_bytes 0");
  });

  test("a sender that goes away in the middle leaves nothing held and nothing stored", async () => {
    const alone = await ingest.open();
    const socket = connect(alone.port, "127.0.0.1");
    socket.write(
      `POST /v1/batch HTTP/1.1\r\nhost: x\r\nauthorization: ${basic(writeKey)["authorization"]}\r\ncontent-length: 1000\r\n\r\n{"batch":[{}]`,
    );
    while (!(await alone.registry.metrics()).includes("tributary_ingest_held_bytes 13"))
      await new Promise((resolve) => setTimeout(resolve, 5));
    socket.destroy();
    while (!(await alone.registry.metrics()).includes("tributary_ingest_held_bytes 0"))
      await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await ingest.stored()).toEqual([]);
  });
});

describe("what is not HTTP as it should be", () => {
  test.each([
    ["headers beyond the limit", `GET /v1/t HTTP/1.1\r\nhost: x\r\nbig: ${"x".repeat(40_000)}\r\n\r\n`, 431, "headers_too_large"],
    ["no HTTP at all", "hello\r\n\r\n", 400, "bad_request"],
    ["two lengths", "POST /v1/t HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\n{}", 400, "bad_request"],
    [
      "a length and chunks",
      "POST /v1/t HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
      "bad_request",
    ],
  ])("%s gets a typed answer", async (_, bytes, status, code) => {
    const answer = await raw(bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(JSON.parse(answer.slice(answer.indexOf("{")))).toMatchObject({ code });
  });
});
