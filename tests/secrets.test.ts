// Secrets are planted in a destination's settings and tokens, the keys are rotated, and then everything is searched for them in
// every form: all tables of both databases, all files on disk, what was logged, and every answer of the API. What is planted beside
// them in the open shows that each search finds what is there.
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSealKeys, sealedBy, type SealKeys } from "../server/src/seal-keys.ts";
import { connectClickHouse } from "../server/src/engines/clickhouse/clickhouse.ts";
import { API_TOKEN, startServerProcess, type ServerProcess } from "./server-process.ts";

const cli = fileURLToPath(new URL("../server/src/cli/cli.ts", import.meta.url));
const secrets = { settings: `canary/settings+7f3a é"&key`, tokens: "canary-tokens-91bc<access>" };
const inTheOpen = "in-the-open-5d20";
const purpose = "destination settings";

let server: ServerProcess;
let postgres: pg.Client;
let keys: SealKeys;
beforeAll(async () => {
  server = await startServerProcess({ env: { LOG_LEVEL: "trace" } });
  await connect();
  keys = openSealKeys({ installSecret: (await readFile(join(server.dataDir, "secret"), "utf8")).trim(), given: [], file: join(server.dataDir, "secret-keys") });
  const seal = keys.seal(purpose);
  const settings = JSON.stringify({ url: "https://hooks.example.com", apiKey: secrets.settings });
  const tokens = JSON.stringify({ accessToken: secrets.tokens });
  await postgres.query(
    "insert into destination (workspace_id, slug, name, definition, settings_sealed, tokens_sealed, created_by, updated_by) values (1, 'hook', $1, 'webhook', $2, $3, 't', 't')",
    [inTheOpen, seal.seal(settings, 1), seal.seal(tokens, 1)],
  );
  await server.send("/v1/track", { event: inTheOpen, messageId: "m1", userId: "u1", properties: { note: inTheOpen } });
  await server.settled();
}, 120_000);
afterAll(async () => {
  await postgres?.end().catch(() => undefined);
  await server?.remove();
});

async function connect(): Promise<void> {
  const host = (await readFile(join(server.dataDir, "postgres.socket-folder"), "utf8")).trim();
  const password = await readFile(join(server.dataDir, "postgres.password"), "utf8");
  postgres = new pg.Client({ host, port: 5432, user: "tributary", password: password.trim(), database: "postgres" });
  await postgres.connect();
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

test("rotated by the command, twice, and the old key removed, everything opens as before", async () => {
  expect((await tributary("secrets", "status")).text).toMatch(/install +the install's secret +2 +seals from now on/);
  const rotated = await tributary("secrets", "rotate");
  expect(rotated).toEqual({ code: 0, text: expect.stringMatching(/^2 texts sealed anew under the new key [0-9a-f]{12}\.\n$/) });
  firstKeys.push(...(await readFile(join(server.dataDir, "secret-keys"), "utf8")).trim().split("\n"));
  expect((await tributary("secrets", "rotate")).text).toContain("2 texts sealed anew");
  expect(await tributary("secrets", "remove-old")).toEqual({ code: 0, text: expect.stringMatching(/^Removed [0-9a-f]{12}\./) });
  const { rows } = await postgres.query<{ settings_sealed: string; tokens_sealed: string }>("select settings_sealed, tokens_sealed from destination");
  const [row] = rows;
  expect([row?.settings_sealed, row?.tokens_sealed].map((sealed) => sealedBy(sealed ?? ""))).toEqual([keys.keys()[0]?.id, keys.keys()[0]?.id]);
  expect(keys.open(row?.settings_sealed ?? "", 1, purpose)).toContain(JSON.stringify(secrets.settings));
  expect(keys.open(row?.tokens_sealed ?? "", 1, purpose)).toContain(secrets.tokens);
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
  const answers: Buffer[] = [];
  for (const path of readable) {
    const concrete = path.replaceAll(/\{slug\}/g, "hook").replaceAll(/\{[^}]+\}/g, "1");
    const response = await fetch(`${server.url}${concrete.startsWith("/api/") ? "" : "/api/v1"}${concrete}`, { headers: { authorization: `Bearer ${API_TOKEN}` }, signal: AbortSignal.timeout(20_000) });
    answers.push(Buffer.from(await response.arrayBuffer()));
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
