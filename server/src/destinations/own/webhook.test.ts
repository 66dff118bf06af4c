import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { destinationContract, contractEvent, contractNowMs, type ContractCase } from "../testing-contract.ts";
import { outboundToLoopback, startTestVendor, type TestVendor } from "../testing-vendor.ts";
import { webhook } from "./webhook.ts";

const secret = "canary-signing-secret-1";
const previousSecret = "canary-signing-secret-0";
const token = "canary-header-token";
const seconds = String(contractNowMs / 1000);
const signed = (body: string): string => [secret, previousSecret].map((one) => `v1=${createHmac("sha256", one).update(`${seconds}.${body}`).digest("hex")}`).join(",");

const common = {
  destination: webhook,
  connection: (url: string) => ({ settings: { url: `${url}/hooks/in?a=1`, method: "POST", headers: { "X-Api-Key": token }, secret, previousSecret } }),
  secrets: [secret, previousSecret, token],
  good: { status: 200, body: "thank you" },
  isForbiddenOfAccount: false,
  isStatusAll: true,
  idempotencyOf: ({ headers }) => headers["idempotency-key"],
} satisfies Partial<ContractCase>;

const one = { data: { order: "o-1", total: 120.5 } };
destinationContract("a webhook, one event at a time", {
  ...common,
  action: "send",
  payloads: [one],
  requests: [{
    method: "POST", path: "/hooks/in?a=1", body: '{"order":"o-1","total":120.5}',
    headers: { "content-type": "application/json", "x-api-key": token, "idempotency-key": "key-0", "x-tributary-timestamp": seconds, "x-tributary-signature": signed('{"order":"o-1","total":120.5}') },
  }],
  hostile: { payload: (text) => ({ data: { a: text, list: [text], within: { text } } }), found: ({ body }) => (JSON.parse(body) as { a: string }).a, expected: (text) => text },
});

destinationContract("a webhook, in batches", {
  ...common,
  connection: (url) => ({ settings: { url: `${url}/in`, method: "PUT", secret } }),
  secrets: [secret],
  action: "send_batch",
  payloads: [one, { data: { order: "o-2" } }, { data: { order: "o-3" } }],
  requests: [{ method: "PUT", path: "/in", body: [{ order: "o-1", total: 120.5 }, { order: "o-2" }, { order: "o-3" }] }],
  hostile: { payload: (text) => ({ data: { a: text } }), found: ({ body }) => (JSON.parse(body) as [{ a: string }])[0].a, expected: (text) => text },
});

let vendor: TestVendor;
beforeAll(async () => void (vendor = await startTestVendor()));
afterAll(() => vendor.stop());

const documented = readFileSync(new URL("../../../../docs/webhooks.md", import.meta.url), "utf8").split("```js\n")[1]?.split("```")[0] ?? "";
type Verify = (body: Buffer, headers: Readonly<Record<string, string>>, secret: string, nowSeconds?: number) => boolean;

test("the receiver that the documentation shows takes what is ours and recent, and nothing else", async () => {
  const { isFromTributary } = (await import(`data:text/javascript,${encodeURIComponent(documented)}`)) as { isFromTributary: Verify };
  const destination = webhook({ outbound: outboundToLoopback(), filesDirectory: "", nowMs: Date.now, timeoutMs: 20_000 });
  await destination.send({
    connection: { workspaceId: 1, destinationId: 1, slug: "signed-webhook", version: 1, settings: { url: vendor.url, secret, previousSecret } },
    subscription: { id: 1, version: 1, action: "send" },
    items: [{ event: contractEvent(0), payload: { data: { name: "Zoë 🎉" } }, idempotencyKey: "k" }],
  }, new AbortController().signal);
  const taken = vendor.requests[0];
  if (!taken) throw new Error("nothing came");
  expect(isFromTributary(taken.bytes, taken.headers, secret)).toBe(true);
  expect(isFromTributary(taken.bytes, taken.headers, previousSecret)).toBe(true);
  expect(isFromTributary(taken.bytes, taken.headers, "another-secret-altogether")).toBe(false);
  expect(isFromTributary(Buffer.concat([taken.bytes, Buffer.from(" ")]), taken.headers, secret)).toBe(false);
  expect(isFromTributary(taken.bytes, taken.headers, secret, Date.now() / 1000 + 301)).toBe(false);
  expect(isFromTributary(taken.bytes, { ...taken.headers, "x-tributary-timestamp": String(Number(taken.headers["x-tributary-timestamp"]) + 1) }, secret)).toBe(false);
  expect(isFromTributary(taken.bytes, {}, secret)).toBe(false);
});

test("the receiver is told whom to forget and which audience to empty, signed", async () => {
  const vendor = await startTestVendor();
  const destination = webhook({ outbound: outboundToLoopback(), filesDirectory: "", nowMs: Date.now, timeoutMs: 20_000 });
  const connection = { workspaceId: 1, destinationId: 2, slug: "signed-webhook", version: 1, settings: { url: vendor.url, secret } };
  const signal = new AbortController().signal;
  expect(await destination.forget?.(connection, { userId: "ada", anonymousId: undefined }, signal)).toMatchObject({ outcomes: [{ kind: "delivered" }] });
  expect(await destination.emptyAudience?.(connection, { key: "vip", id: 5, name: "VIP", externalId: undefined, settings: {} }, signal)).toMatchObject({ outcome: { kind: "delivered" }, isGone: false });
  expect(vendor.requests.map(({ body }) => JSON.parse(body))).toEqual([{ type: "forget", userId: "ada" }, { type: "audience_emptied", audience: { key: "vip", id: 5, name: "VIP" } }]);
  for (const { headers } of vendor.requests) expect(headers["x-tributary-signature"]).toMatch(/^v1=|^[0-9a-f]/);
  vendor.answer({ status: 500 });
  expect(await destination.forget?.(connection, { userId: "ada" }, signal)).toMatchObject({ outcomes: [{ kind: "retry" }] });
  await vendor.stop();
});

test("settings that can't be are told by field", () => {
  const { check } = webhook({ outbound: outboundToLoopback(), filesDirectory: "", nowMs: Date.now, timeoutMs: 1 });
  const fields = (settings: Record<string, unknown>): string[] => check({ url: "https://example.com", ...settings }).map(({ field }) => field);
  expect(fields({})).toEqual([]);
  for (const url of ["file:///etc/passwd", "no address", "https://user:pw@example.com/"]) expect(fields({ url }), url).toEqual(["url"]);
  for (const headers of [{ "a b": "1" }, { "X-Tributary-Signature": "1" }, { a: "1\r\nb: 2" }, { Host: "x" }, { a: { b: 1 } }]) expect(fields({ headers }), JSON.stringify(headers)).toEqual(["headers"]);
  expect(fields({ method: "GET" })).toEqual(["method"]);
  expect(fields({ secret: "short" })).toEqual(["secret"]);
});
