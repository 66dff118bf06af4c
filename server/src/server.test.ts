// The whole server as its settings say: over TLS with certificate files, behind proxies, with some of its roles.
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { readConfig } from "./config.ts";
import { quietLogger } from "./engines/testing.ts";
import { startServer, type Server } from "./server.ts";

const run = promisify(execFile);
const hasOpenssl = await run("openssl", ["version"]).then(() => true, () => false);
const writeKey = "wk_server_test";
const token = "token_of_the_server_test";

let dataDir: string;
let certificates: string;
let server: Server | undefined;
beforeAll(async () => {
  [dataDir = "", certificates = ""] = await Promise.all(["trib-server-", "trib-tls-"].map((name) => mkdtemp(join(tmpdir(), name))));
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
});
afterAll(async () => {
  for (const folder of [dataDir, certificates]) await rm(folder, { recursive: true, force: true });
});

async function start(settings: Record<string, string>): Promise<Server> {
  const env = { TRIBUTARY_DATA_DIR: dataDir, PORT: "0", TRIBUTARY_WRITE_KEY: writeKey, TRIBUTARY_API_TOKEN: token, ...settings };
  return (server = await startServer({ config: readConfig(env), logger: quietLogger }));
}

/** Over TLS, trusting this certificate and no other. */
function overTls(url: string, options: RequestOptions, body = ""): Promise<{ status: number; text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const request = httpsRequest(url, { agent: false, ...options }, (response) => {
    let text = "";
    response.on("data", (chunk: Buffer) => (text += chunk.toString())).on("end", () => resolve({ status: response.statusCode ?? 0, text })).on("error", reject);
  });
  request.on("error", reject).end(body);
  return promise;
}

test.skipIf(!hasOpenssl)("serves collection and API over TLS with certificate files (skipped where there is no openssl)", async () => {
  const [cert, key] = [join(certificates, "cert.pem"), join(certificates, "key.pem")];
  await run("openssl", [
    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", cert, "-days", "2",
    "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
  ]);
  const { url } = await start({ TLS_CERT_FILE: cert, TLS_KEY_FILE: key });
  expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
  const ca = await readFile(cert);
  const auth = { authorization: `Basic ${Buffer.from(`${writeKey}:`).toString("base64")}` };
  const taken = await overTls(`${url}/v1/track`, { ca, method: "POST", headers: auth }, '{"event":"Over TLS","userId":"ada","messageId":"tls-1"}');
  expect(taken).toEqual({ status: 200, text: '{"success":true,"ok":true,"msg":"ok"}' });
  const read = (): Promise<{ status: number; text: string }> => overTls(`${url}/api/v1/profiles/user_id:ada`, { ca, headers: { authorization: `Bearer ${token}` } });
  for (let answer = await read(); answer.status !== 200; answer = await read()) expect(answer.status).toBe(404);
  await expect(overTls(`${url}/health/live`, {}), "whoever does not trust the certificate").rejects.toMatchObject({ code: expect.stringMatching(/CERT|SELF/) });
  expect((await fetch(url.replace("https", "http")).catch((error: unknown) => error)), "no answer without TLS").toBeInstanceOf(Error);
});

test("starts behind proxies named in words, has its limits without collection, and leaves no local token when it stops", async () => {
  const { url } = await start({ TRUST_PROXY: "loopback, private", TRIBUTARY_ROLES: "api,process" });
  const live = await fetch(`${url}/health/live`, { headers: { "x-forwarded-for": "not an address", "x-forwarded-proto": "https" } });
  expect(live.status).toBe(200);
  const long = await fetch(`${url}/health/live`, { headers: { long: "x".repeat(40_000) } });
  expect([long.status, await long.text()]).toEqual([431, expect.stringContaining("TRIBUTARY_LIMIT_HEADER_BYTES")]);
  expect((await fetch(`${url}/v1/track`, { method: "POST", body: "{}" })).status, "collection is another process's").toBe(404);
  const local: { localToken: string } = JSON.parse(await readFile(join(dataDir, "server.json"), "utf8"));
  const asLocal = (): Promise<Response> => fetch(`${url}/api/v1/workspace`, { headers: { authorization: `Bearer ${local.localToken}` } });
  expect((await asLocal()).status).toBe(200);
  await server?.stop();
  server = undefined;
  expect(await readdir(dataDir)).not.toContain("server.json");
});

test("takes nothing in while the disk has less left than the setting says", async () => {
  const track = async (url: string): Promise<number> => {
    const answer = await fetch(`${url}/v1/track`, {
      method: "POST", headers: { "content-type": "application/json", authorization: `Basic ${btoa(`${writeKey}:`)}` },
      body: JSON.stringify({ userId: "u", event: "Viewed" }),
    });
    return answer.status;
  };
  expect(await track((await start({ TRIBUTARY_LOG_DISK_FREE_BYTES: String(1e15) })).url)).toBe(429);
  await server?.stop();
  expect(await track((await start({ TRIBUTARY_LOG_DISK_FREE_BYTES: "1" })).url)).toBe(200);
});
