// Secrets are planted in a destination's settings and tokens, the keys are rotated, and then everything is searched for them in
// every form: all tables of both databases, all files on disk, what was logged, and every answer of the API. What is planted beside
// them in the open shows that each search finds what is there.
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { createHmac } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { destinationPurpose } from "../server/src/core/sealed-text.ts";
import { openSealKeys, sealedBy, type SealKeys } from "../server/src/seal-keys.ts";
import { connectClickHouse } from "../server/src/engines/clickhouse/clickhouse.ts";
import { API_TOKEN, connectPostgres, startServerProcess, type ServerProcess } from "./server-process.ts";

const cli = fileURLToPath(new URL("../server/src/cli/cli.ts", import.meta.url));
const secrets = { signing: `canary/signing+7f3a é"&key`, header: "canary-header-91bc<access>", tokens: "canary-tokens-7d11", warehouse: "canary-warehouse-4e19" };
const inTheOpen = "in-the-open-5d20";

let server: ServerProcess;
let postgres: pg.Client;
let keys: SealKeys;
let vendor: Server;
/** What the vendor took: the body, and whether it was signed with the secret. */
const taken: { readonly body: string; readonly isSigned: boolean; readonly key: string | undefined }[] = [];
beforeAll(async () => {
  // It says back everything that it heard, as vendors do in their errors.
  vendor = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => void (body += text)).on("end", () => {
      const signature = createHmac("sha256", secrets.signing).update(`${String(request.headers["x-tributary-timestamp"])}.${body}`).digest("hex");
      taken.push({ body, isSigned: String(request.headers["x-tributary-signature"]).includes(signature), key: request.headers["x-my-key"]?.toString() });
      response.setHeader("x-heard", String(request.headers["x-my-key"])).end(JSON.stringify({ url: request.url, headers: request.headers, secret: secrets.signing, access_token: secrets.tokens, body }));
    });
  });
  await new Promise<void>((resolve) => vendor.listen(0, "127.0.0.1", resolve));
  const { port } = vendor.address() as AddressInfo; // It listens.
  server = await startServerProcess({ env: { LOG_LEVEL: "trace", OUTBOUND_PRIVATE_HOSTS: `127.0.0.1:${port}` } });
  postgres = await connectPostgres(server.dataDir);
  const destination = await server.api<{ slug: string }>("/destinations", { method: "POST", body: {
    name: inTheOpen, definition: "signed-webhook", enabled: true,
    settings: { url: `http://127.0.0.1:${port}/hook`, secret: secrets.signing, headers: { "x-my-key": secrets.header } },
  } });
  await server.api(`/destinations/${destination.slug}/subscriptions`, { method: "POST", body: {
    name: "All", enabled: true, definition: { action: "send", trigger: { kind: "events", types: ["track"] }, mapping: { data: { "@path": "$." } } },
  } });
  await server.api("/warehouses", { method: "POST", body: { name: inTheOpen, slug: "shop", kind: "clickhouse", settings: { url: `http://127.0.0.1:${port}`, database: "d", user: "u", password: secrets.warehouse } } });
  keys = openSealKeys({ installSecret: (await readFile(join(server.dataDir, "secret"), "utf8")).trim(), given: [], file: join(server.dataDir, "secret-keys") });
  await postgres.query("update destination set tokens_sealed = $1", [keys.seal(destinationPurpose).seal(JSON.stringify({ accessToken: secrets.tokens }), 1)]);
});
afterAll(async () => {
  await postgres?.end().catch(() => undefined);
  await server?.remove();
  vendor?.closeAllConnections();
  vendor?.close();
});

/** An event that the vendor has taken. */
async function track(messageId: string): Promise<void> {
  expect(await server.send("/v1/track", { event: inTheOpen, messageId, userId: "u1", properties: { note: inTheOpen } })).toBe(200);
  await server.settled();
  await expect.poll(() => taken.some(({ body }) => body.includes(`"${messageId}"`))).toBe(true);
}

function tributary(...command: string[]): Promise<{ code: number; text: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, ...command], { env: { ...process.env, TRIBUTARY_DATA_DIR: server.dataDir } }, (error, out, err) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, text: `${out}${err}` }));
  });
}

/** A text in every form in which it may lie somewhere, as bytes. */
function formsOf(text: string): Buffer[] {
  const bytes = Buffer.from(text);
  const base64 = [0, 1, 2].flatMap((before) => {
    const padded = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    const own = padded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
    return [own, own.replaceAll("+", "-").replaceAll("/", "_")];
  });
  const escaped = JSON.stringify(text).slice(1, -1);
  const texts = [
    text, escaped, JSON.stringify(escaped).slice(1, -1), escaped.replaceAll("é", "\\u00e9"), encodeURIComponent(text), encodeURIComponent(text).toLowerCase(), new URLSearchParams({ a: text }).toString().slice(2),
    bytes.toString("hex"), bytes.toString("hex").toUpperCase(), ...base64,
  ];
  return [...texts.map((one) => Buffer.from(one)), Buffer.from(text, "utf16le"), Buffer.from(text, "latin1"), Buffer.from(bytes).reverse()];
}

const holds = (where: Buffer, text: string): boolean => formsOf(text).some((form) => where.includes(form));

/** The planted secrets, and every key under which they are or were sealed. */
async function allSecrets(): Promise<string[]> {
  const lines = await Promise.all(["secret", "secret-keys"].map((name) => readFile(join(server.dataDir, name), "utf8").catch(() => "")));
  return [...Object.values(secrets), ...lines.join("\n").split("\n").filter((line) => line !== "")];
}

const firstKeys: string[] = [];

test("rotated by the command, twice, the old key removed and the server started anew, events go out signed as before", async () => {
  await track("m1");
  expect((await tributary("secrets", "status")).text).toMatch(/install +the install's secret +3 +seals from now on/);
  expect(await tributary("secrets", "rotate")).toEqual({ code: 0, text: expect.stringMatching(/^3 texts sealed anew under the new key [0-9a-f]{12}\.\n$/) });
  await track("m2");
  firstKeys.push(...(await readFile(join(server.dataDir, "secret-keys"), "utf8")).trim().split("\n"));
  expect((await tributary("secrets", "rotate")).text).toContain("3 texts sealed anew");
  expect(await tributary("secrets", "remove-old")).toEqual({ code: 0, text: expect.stringMatching(/^Removed [0-9a-f]{12}\./) });
  await postgres.end();
  await server.stop();
  await server.start();
  postgres = await connectPostgres(server.dataDir);
  await track("m3");
  expect(taken.filter(({ isSigned, key }) => !isSigned || key !== secrets.header)).toEqual([]);
  const { rows: [row] } = await postgres.query<{ settings_sealed: string; tokens_sealed: string }>("select settings_sealed, tokens_sealed from destination");
  expect([row?.settings_sealed, row?.tokens_sealed].map((sealed) => sealedBy(sealed ?? ""))).toEqual([keys.keys()[0]?.id, keys.keys()[0]?.id]);
  expect(keys.open(row?.tokens_sealed ?? "", 1, destinationPurpose)).toContain(secrets.tokens);
  const { data } = await server.api<{ data: { action: string }[] }>("/audit?limit=50");
  expect(data.map(({ action }) => action)).toEqual(expect.arrayContaining(["secrets.rotate", "secrets.forget_old"]));
});

test("no table of Postgres holds one", async () => {
  const { rows: tables } = await postgres.query<{ name: string }>("select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables where schemaname not in ('information_schema')");
  expect(tables.length).toBeGreaterThan(60);
  const found: string[] = [];
  let isSearched = false;
  for (const { name } of tables) {
    const { rows } = await postgres.query<{ text: string }>(`select t::text as text from ${name} t`);
    const all = Buffer.from(rows.map(({ text }) => text).join("\n"));
    isSearched ||= holds(all, inTheOpen);
    for (const secret of [...(await allSecrets()), ...firstKeys]) if (holds(all, secret)) found.push(name);
  }
  expect({ isSearched, found }).toEqual({ isSearched: true, found: [] });
});

test("no table of ClickHouse holds one", async () => {
  const places = JSON.parse(await readFile(join(server.dataDir, "server.json"), "utf8"));
  const clickhouse = connectClickHouse(places.clickhouse, "api");
  const query = async <T>(text: string): Promise<T[]> => (await (await clickhouse.query({ query: text, format: "JSONEachRow" })).json()) as T[]; // As the query says.
  const tables = await query<{ name: string }>("select name from system.tables where database = currentDatabase()");
  expect(tables.length).toBeGreaterThan(5);
  const found: string[] = [];
  let isSearched = false;
  for (const { name } of tables) {
    const all = Buffer.from(JSON.stringify(await query(`select * from \`${name}\``)));
    isSearched ||= holds(all, inTheOpen);
    for (const secret of [...(await allSecrets()), ...firstKeys]) if (holds(all, secret)) found.push(name);
  }
  await clickhouse.close();
  expect({ isSearched, found }).toEqual({ isSearched: true, found: [] });
});

test("no answer of the API holds one, whoever asks for everything", async () => {
  const { paths } = await (await fetch(`${server.url}/api/openapi.json`)).json() as { paths: Record<string, object> }; // Our own document.
  const readable = Object.keys(paths).filter((path) => "get" in (paths[path] ?? {}) && !/\/live|\/stream|\/tail/.test(path));
  expect(readable.length).toBeGreaterThan(30);
  const { data: [destination] } = await server.api<{ data: { slug: string }[] }>("/destinations");
  const answers: Buffer[] = [];
  for (const path of readable) {
    const concrete = path.replaceAll(/\{slug\}/g, destination?.slug ?? "").replaceAll(/\{[^}]+\}/g, "1");
    const response = await fetch(`${server.url}${concrete.startsWith("/api/") ? "" : "/api/v1"}${concrete}`, { headers: { authorization: `Bearer ${API_TOKEN}` }, signal: AbortSignal.timeout(20_000) });
    answers.push(Buffer.from(await response.arrayBuffer()));
  }
  // What is tried, and what is refused, answers too.
  // It is asked at the same server, which says back what it heard.
  for (const [method, path, body] of [["POST", "/test", undefined], ["GET", "/tables", undefined], ["PATCH", "", { settings: { url: "http://127.0.0.1:1" } }]] as const) {
    answers.push(Buffer.from(JSON.stringify(await server.api(`/warehouses/shop${path}`, { method, body, anyStatus: true }))));
  }
  for (const [method, path, body] of [["POST", "/test", undefined], ["PATCH", "", { settings: { secret: "short" } }], ["PATCH", "", { settings: { headers: secrets.header } }]] as const) {
    answers.push(Buffer.from(JSON.stringify(await server.api(`/destinations/${destination?.slug}${path}`, { method, body, anyStatus: true }))));
  }
  const all = Buffer.concat(answers);
  expect(holds(all, inTheOpen)).toBe(true);
  for (const secret of [...(await allSecrets()), ...firstKeys]) expect(holds(all, secret)).toBe(false);
});

test("nothing that was logged and no file on disk holds one, but the two files of keys themselves", async () => {
  await postgres.query("checkpoint");
  await postgres.end();
  await server.stop();
  expect(server.output()).toContain("Tributary");
  const found: string[] = [];
  let isSearched = false;
  let files = 0;
  const wanted = [...(await allSecrets()), ...firstKeys];
  for (const entry of await readdir(server.dataDir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    files += 1;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    isSearched ||= holds(bytes, inTheOpen);
    for (const secret of wanted) if (holds(bytes, secret)) found.push(relative(server.dataDir, path));
  }
  for (const secret of wanted) if (holds(Buffer.from(server.output()), secret)) found.push("the log");
  expect(files).toBeGreaterThan(100);
  expect({ isSearched, found: [...new Set(found)].sort() }).toEqual({ isSearched: true, found: ["secret", "secret-keys"] });
});
