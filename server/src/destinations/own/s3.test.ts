import { createHmac, hash } from "node:crypto";
import { expect, test } from "vitest";
import { contractEvent, contractNowMs, destinationContract } from "../testing-contract.ts";
import { outboundToLoopback } from "../testing-vendor.ts";
import { signed, type ToSign } from "../../outbound/outbound.ts";
import { s3 } from "./s3.ts";

// AWS's published examples: the request, the key that stands in its documentation, and the signature that comes of it.
const suiteKey = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const s3Key = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" };
const suite = { headers: {}, body: Buffer.alloc(0), region: "us-east-1", service: "service", atMs: Date.UTC(2015, 7, 30, 12, 36, 0), key: suiteKey };
const ofS3 = { body: Buffer.alloc(0), region: "us-east-1", service: "s3", atMs: Date.UTC(2013, 4, 24), key: s3Key };
const published: readonly (readonly [string, ToSign, string])[] = [
  ["get-vanilla", { ...suite, method: "GET", url: new URL("https://example.amazonaws.com/") }, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"],
  ["post-vanilla", { ...suite, method: "POST", url: new URL("https://example.amazonaws.com/") }, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"],
  ["get-vanilla-query-order-key-case", { ...suite, method: "GET", url: new URL("https://example.amazonaws.com/?Param2=value2&Param1=value1") }, "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"],
  ["S3: get an object", { ...ofS3, method: "GET", url: new URL("https://examplebucket.s3.amazonaws.com/test.txt"), headers: { range: "bytes=0-9" } }, "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"],
  ["S3: put an object", {
    ...ofS3, method: "PUT", url: new URL("https://examplebucket.s3.amazonaws.com/test%24file.text"), body: Buffer.from("Welcome to Amazon S3."),
    headers: { date: "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY" },
  }, "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"],
];

test.each(published)("signs as AWS does: %s", (_name, request, signature) => {
  expect(signed(request)["authorization"]).toMatch(new RegExp(`Signature=${signature}$`));
});

const secret = "canary/secret+access=key";
const session = "canary-session-token==";
const body = '{"id":1}\n{"id":2}\n';
const name = hash("sha256", JSON.stringify(["key-0", "key-1"]), "hex").slice(0, 32);
const path = `/a-bucket/in/put/2026-05-01/${name}.ndjson`;

/** The signature, made here once more from what came. */
function signatureOf(host: string): string {
  const bodyHash = hash("sha256", body, "hex");
  const names = "content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token";
  const canonical = `PUT\n${path}\n\ncontent-type:application/x-ndjson\nhost:${host}\nx-amz-content-sha256:${bodyHash}\nx-amz-date:20260501T100000Z\nx-amz-security-token:${session}\n\n${names}\n${bodyHash}`;
  const text = `AWS4-HMAC-SHA256\n20260501T100000Z\n20260501/eu-central-1/s3/aws4_request\n${hash("sha256", canonical, "hex")}`;
  let key: Buffer | string = `AWS4${secret}`;
  for (const part of ["20260501", "eu-central-1", "s3", "aws4_request"]) key = createHmac("sha256", key).update(part).digest();
  return createHmac("sha256", key).update(text).digest("hex");
}

destinationContract("files in S3", {
  destination: s3,
  connection: (url) => ({ settings: { endpoint: url, region: "eu-central-1", bucket: "a-bucket", folder: "in/put", accessKeyId: "AKIDEXAMPLE", secretAccessKey: secret, sessionToken: session, format: "ndjson" } }),
  secrets: [secret, session],
  action: "write",
  payloads: [{ data: { id: 1 } }, { data: { id: 2 } }],
  requests: [{ method: "PUT", path, headers: { "content-type": "application/x-ndjson", "x-amz-date": "20260501T100000Z", "x-amz-security-token": session, authorization: expect.stringMatching(/^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20260501\/eu-central-1\/s3\/aws4_request, SignedHeaders=content-type;host;/) }, body }],
  good: { status: 200 },
  isForbiddenOfAccount: true,
  isStatusAll: true,
  idempotencyOf: ({ path: of }) => of,
  hostile: { payload: (text) => ({ data: { a: text } }), found: (request) => (JSON.parse(request.body) as { a: string }).a, expected: (text) => text },
});

test("what is signed is what is sent", async () => {
  const seen: { readonly url: string; readonly headers: Readonly<Record<string, string>> }[] = [];
  const outbound = { ...outboundToLoopback(), fetch: async (request: { url: string; headers?: Readonly<Record<string, string>> }) => (seen.push({ url: request.url, headers: request.headers ?? {} }), { status: 200, headers: {}, body: Buffer.alloc(0) }) };
  await s3({ outbound, filesDirectory: "", nowMs: () => contractNowMs, timeoutMs: 20_000 }).send({
    connection: { workspaceId: 1, destinationId: 1, slug: "s3-files", version: 1, settings: { region: "eu-central-1", bucket: "a-bucket", folder: "in/put", accessKeyId: "AKIDEXAMPLE", secretAccessKey: secret, sessionToken: session, format: "ndjson" } },
    subscription: { id: 1, version: 1, action: "write" },
    items: [1, 2].map((id, index) => ({ event: contractEvent(index), payload: { data: { id } }, idempotencyKey: `key-${index}` })),
  }, new AbortController().signal);
  expect(seen[0]?.url).toBe(`https://s3.eu-central-1.amazonaws.com${path}`);
  expect(seen[0]?.headers["authorization"]).toContain(`Signature=${signatureOf("s3.eu-central-1.amazonaws.com")}`);
});

test("a warehouse's tables are an object each; one that fails fails all of them, and they are put again under the same keys", async () => {
  const puts: string[] = [];
  let failures = 1;
  const outbound = {
    ...outboundToLoopback(),
    fetch: async ({ url }: { url: string }) => {
      puts.push(new URL(url).pathname);
      return { status: url.includes("order_completed") && failures-- > 0 ? 500 : 200, headers: {}, body: Buffer.alloc(0) };
    },
  };
  const to = s3({ outbound, filesDirectory: "", nowMs: () => contractNowMs, timeoutMs: 20_000 });
  const send = (batchId: string) => to.send({
    connection: { workspaceId: 1, destinationId: 1, slug: "s3-files", version: 1, settings: { region: "eu-central-1", bucket: "a-bucket", folder: "in", accessKeyId: "AKIDEXAMPLE", secretAccessKey: secret, format: "csv" } },
    subscription: { id: 1, version: 1, action: "layout" }, batchId, items: [1, 2].map((id, index) => ({ event: contractEvent(index), payload: { event: { ...contractEvent(index), messageId: `m-${id}` } }, idempotencyKey: `key-${index}` })),
  }, new AbortController().signal);
  expect((await send("0a-1")).outcomes).toMatchObject([{ kind: "retry", status: 500 }, { kind: "retry", status: 500 }]);
  expect((await send("0a-1")).outcomes).toMatchObject([{ kind: "delivered" }, { kind: "delivered" }]);
  const keys = ["/a-bucket/in/order_completed/received_date%3D2026-05-01/0a-1.csv", "/a-bucket/in/tracks/received_date%3D2026-05-01/0a-1.csv"];
  expect(puts.toSorted()).toEqual([...keys, ...keys].toSorted());
});

test("settings that can't be are told by field", () => {
  const { check } = s3({ outbound: outboundToLoopback(), filesDirectory: "", nowMs: Date.now, timeoutMs: 1 });
  const good = { region: "eu-central-1", bucket: "a-bucket", accessKeyId: "A", secretAccessKey: "b", format: "csv" };
  const fields = (settings: Record<string, unknown>): string[] => check({ ...good, ...settings }).map(({ field }) => field);
  expect(fields({})).toEqual([]);
  for (const bucket of ["A", "a/b", "../x", "a..b", "a?b"]) expect(fields({ bucket }), bucket).toEqual(["bucket"]);
  for (const folder of ["../x", "/abs", "a//b", ".hidden", "a b"]) expect(fields({ folder }), folder).toEqual(["folder"]);
  for (const endpoint of ["s3.example.com", "https://example.com/path", "https://u:p@example.com"]) expect(fields({ endpoint }), endpoint).toEqual(["endpoint"]);
  expect(fields({ region: "eu central" })).toEqual(["region"]);
});
