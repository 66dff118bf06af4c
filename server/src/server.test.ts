// The whole server as its settings say: over TLS with certificate files, behind proxies, with some of its roles.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { connect, createServer as createTcpServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { readConfig } from "./config.ts";
import { startClickHouse } from "./engines/clickhouse/clickhouse.ts";
import { quietLogger, startTestClickHouse, startTestPostgres } from "./engines/testing.ts";
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
  const full = await start({ TRIBUTARY_LOG_DISK_FREE_BYTES: String(1e15) });
  expect(await track(full.url)).toBe(429);
  const figures = await (await fetch(`${full.url}/metrics`)).text();
  expect(figures).toMatch(/^tributary_log_refuses\{reason="disk"\} 1$/m);
  expect(figures).toMatch(/^tributary_log_unread_chunks\{partition="3"\} 0$/m);
  // The page that lists them is held against what is told.
  const told = [...figures.matchAll(/^# HELP (\w+) (.+)$/gm)].map(([, name, help]) => `| \`${name}\` | ${help} |`).toSorted();
  const listed = (await readFile(join(import.meta.dirname, "../../docs/metrics.md"), "utf8")).split("\n").filter((line) => line.startsWith("| `"));
  expect(listed.toSorted()).toEqual(told);
  await server?.stop();
  // Alone at the door, which is looked after like any other process, and needs Postgres only.
  const { url } = await start({ TRIBUTARY_LOG_DISK_FREE_BYTES: "1", TRIBUTARY_ROLES: "ingest" });
  expect(await track(url)).toBe(200);
  const get = async (path: string): Promise<[number, string]> => fetch(`${url}${path}`).then(async (answer) => [answer.status, await answer.text()]);
  expect(await get("/health")).toEqual([200, '{"status":"live"}']);
  const [status, ready] = await get("/health/ready");
  expect(status).toBe(200);
  expect(JSON.parse(ready)).toMatchObject({ status: "ready", parts: { postgres: { ok: true } } });
  expect(Object.keys((JSON.parse(ready) as { parts: object }).parts)).not.toContain("clickhouse");
  expect((await get("/metrics"))[1]).toMatch(/^tributary_ingest_events_total 1$/m);
  const [missing, problem] = await get("/api/v1/workspace");
  expect([missing, JSON.parse(problem)]).toEqual([404, expect.objectContaining({ code: "not_found", message: expect.any(String) })]);
});

test("roles divided among processes on one Postgres and one ClickHouse are one server", async () => {
  const [postgres, clickhouse] = await Promise.all([startTestPostgres(), startTestClickHouse()]);
  const { endpoint } = clickhouse;
  const tcp = createTcpServer((socket) => {
    const engine = connect("socketPath" in endpoint ? endpoint.socketPath : "");
    for (const [one, other] of [[socket, engine], [engine, socket]] as const) one.pipe(other).on("error", () => undefined);
  }).listen(0, "127.0.0.1");
  await once(tcp, "listening");
  const { connectionString, host, port, user, password, database } = postgres.connection;
  const where = new URL(`postgresql://localhost/${database ?? "postgres"}`);
  Object.assign(where, { username: user ?? "", password: String(password ?? "") });
  where.search = new URLSearchParams({ host: host ?? "", port: String(port ?? 5432) }).toString();
  const folder = await mkdtemp(join(tmpdir(), "trib-roles-"));
  const shared = { DATABASE_URL: connectionString ?? where.href, CLICKHOUSE_URL: "url" in endpoint ? endpoint.url : `http://127.0.0.1:${(tcp.address() as AddressInfo).port}`, TRIBUTARY_SECRET: "one secret for all processes of one server" };
  const rest = await start({ ...shared, TRIBUTARY_ROLES: "process,api", TRIBUTARY_DATA_DIR: join(folder, "rest") });
  const door = await start({ ...shared, TRIBUTARY_ROLES: "ingest", TRIBUTARY_DATA_DIR: join(folder, "door") });
  try {
    const send = (key: string) => fetch(`${door.url}/v1/identify`, { method: "POST", headers: { authorization: `Basic ${btoa(`${key}:`)}` }, body: '{"userId":"eve","messageId":"divided"}' });
    expect((await send(writeKey)).status).toBe(200);
    const ask = (path: string, init?: RequestInit) => fetch(`${rest.url}/api/v1${path}`, { ...init, headers: { authorization: `Bearer ${token}`, "content-type": "application/json" } });
    await expect.poll(async () => (await ask("/profiles/user_id:eve")).status).toBe(200);
    await expect.poll(async () => ((await (await ask("/events/divided")).json()) as { status?: string }).status).toBe("stored");
    const made = (await (await ask("/sources", { method: "POST", body: '{"name":"Another"}' })).json()) as { key: { write_key: string } };
    expect((await send(made.key.write_key)).status, "a key that another process made").toBe(200);
  } finally {
    await door.stop();
    await rest.stop();
    server = undefined;
    tcp.close();
    await Promise.all([postgres.stop(), clickhouse.stop(), rm(folder, { recursive: true, force: true })]);
  }
});

test("data of a newer program are refused in words, ClickHouse's before Postgres is touched", async () => {
  await server?.stop();
  server = undefined;
  const clickhouse = await startClickHouse({ dataDir, logger: quietLogger });
  await clickhouse.client("write").command({ query: "insert into schema_version (version, name) values (9999, 'of-a-later-program')" });
  await clickhouse.stop();
  await expect(start({ DATABASE_URL: "postgresql://nobody@127.0.0.1:1/nothing" })).rejects.toMatchObject({
    code: "newer_data", message: expect.stringContaining("ClickHouse has schema version 9999"), hint: expect.stringContaining("newer one"),
  });
});
