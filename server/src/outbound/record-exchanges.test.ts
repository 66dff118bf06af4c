import { hash } from "node:crypto";
import { afterEach, expect, test } from "vitest";
import { createOutbound } from "./create-outbound.ts";
import { cutOut } from "./cut-secrets.ts";
import { exchangeBytesMax, recordExchanges } from "./record-exchanges.ts";
import { answering, startTestVendor, type TestVendor } from "./testing.ts";

const outbound = createOutbound({ privateHosts: ["127.0.0.1"] });
let vendor: TestVendor | undefined;
afterEach(() => vendor?.stop());

const recording = (secrets: string[] = []) => recordExchanges(outbound, { secrets, nowMs: () => 1_000 });
const reply = (body: string, headers = ""): string => `HTTP/1.1 200 OK\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

test("request and reply are told, without secrets, and the reply comes as it was", async () => {
  vendor = await startTestVendor(answering(reply('{"echo":"the-key-itself","access_token":"new"}', "set-cookie: a=b\r\nx-id: 7\r\n")));
  const { client, exchanges } = recording(["the-key-itself"]);
  const got = await client.fetch({
    method: "post", url: `http://127.0.0.1:${vendor.port}/the-key-itself/x?api_key=1`, headers: { Authorization: "Bearer the-key-itself", "X-Name": "n" }, body: '{"k":"the-key-itself","n":1}',
  });
  expect(String(got.body)).toContain("the-key-itself");
  expect(exchanges).toEqual([{
    method: "POST", url: `http://127.0.0.1:${vendor.port}/${cutOut}/x?api_key=${cutOut}`, requestHeaders: { Authorization: cutOut, "X-Name": "n" }, requestBody: `{"k":"${cutOut}","n":1}`,
    status: 200, responseHeaders: { "set-cookie": cutOut, "x-id": "7", "content-length": "46" }, responseBody: `{"echo":"${cutOut}","access_token":"${cutOut}"}`,
    requestHash: hash("sha256", '{"k":"the-key-itself","n":1}'), responseHash: hash("sha256", '{"echo":"the-key-itself","access_token":"new"}'), startedAtMs: 1_000, tookMs: expect.any(Number),
  }]);
});

test("bodies of 5 MB are cut, in bytes, without half a character or half a secret", async () => {
  const secret = "s3cret-".repeat(40);
  // The secret lies across the cut; é takes two bytes.
  const body = `${"x".repeat(exchangeBytesMax - 100)}${secret}${"é".repeat(2_500_000)}`;
  vendor = await startTestVendor(answering(reply(body)));
  const { client, exchanges } = recording([secret]);
  for (const sent of [body, Buffer.from(body)]) {
    await client.fetch({ method: "POST", url: `http://127.0.0.1:${vendor.port}/`, body: sent, responseBytesMax: 10_000_000 });
  }
  for (const { requestBody, responseBody } of exchanges) {
    for (const shown of [requestBody, responseBody]) {
      expect(Buffer.byteLength(shown)).toBeLessThanOrEqual(exchangeBytesMax);
      expect(shown).toBe(`${"x".repeat(exchangeBytesMax - 100)}${cutOut}`);
    }
  }
  const { client: plain, exchanges: kept } = recording();
  await plain.fetch({ method: "POST", url: `http://127.0.0.1:${vendor.port}/`, body: "é".repeat(100_000), responseBytesMax: 10_000_000 });
  expect(kept[0]?.requestBody).toBe("é".repeat(exchangeBytesMax / 2));
  expect(Buffer.byteLength(kept[0]?.responseBody ?? "")).toBeLessThanOrEqual(exchangeBytesMax);
});

test("what is no text is told by its size", async () => {
  vendor = await startTestVendor(answering(reply("ok")));
  const { client, exchanges } = recording();
  await client.fetch({ method: "POST", url: `http://127.0.0.1:${vendor.port}/`, body: Buffer.from([0x1f, 0x8b, 0xff, 0]) });
  expect(exchanges[0]?.requestBody).toBe("[4 bytes that are no text]");
});

test("why there is no reply is told, too, with the status where a reply had begun", async () => {
  vendor = await startTestVendor(answering("HTTP/1.1 201 OK\r\ncontent-length: 100\r\n\r\nhalf", { thenEnd: true }));
  const { client, exchanges } = recording();
  await expect(client.fetch({ method: "GET", url: `http://127.0.0.1:${vendor.port}/` })).rejects.toMatchObject({ failure: "reply_broken" });
  await expect(client.fetch({ method: "GET", url: "http://10.0.0.1/" })).rejects.toMatchObject({ failure: "address_refused" });
  expect(exchanges).toMatchObject([
    { status: 201, responseBody: "", failure: expect.stringContaining("broke off its reply") },
    { status: undefined, failure: expect.stringContaining("10.0.0.1 is a private address") },
  ]);
});
