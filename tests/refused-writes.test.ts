// Poison for ClickHouse, from the door to the fix, on a whole server: one row is refused, all else lands, every answer says so
// and adds up, and once the cause is gone the row lands by one request.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readConfig } from "../server/src/config.ts";
import { connectClickHouse } from "../server/src/engines/clickhouse/clickhouse.ts";
import { quietLogger } from "../server/src/engines/testing.ts";
import { startServer, type Server } from "../server/src/server.ts";

const env = { PORT: "0", TRIBUTARY_WRITE_KEY: "wk_refused_writes", TRIBUTARY_API_TOKEN: "token_of_the_refused_writes_test", TRIBUTARY_DATA_DIR: "", LOG_LEVEL: "silent" };
const launcher = resolve(import.meta.dirname, "../bin/tributary");
let server: Server;
let clickhouse: ReturnType<typeof connectClickHouse>;
beforeAll(async () => {
  env.TRIBUTARY_DATA_DIR = await mkdtemp(join(tmpdir(), "trib-refused-"));
  server = await startServer({ config: readConfig(env), logger: quietLogger });
  const places = JSON.parse(await readFile(join(env.TRIBUTARY_DATA_DIR, "server.json"), "utf8"));
  clickhouse = connectClickHouse(places.clickhouse, "write");
});
afterAll(async () => {
  await clickhouse?.close();
  await server?.stop();
  await rm(env.TRIBUTARY_DATA_DIR, { recursive: true, force: true });
});

// The tests look into answers freely.
async function api(path: string, method = "GET"): Promise<any> {
  const response = await fetch(`${server.url}${path}`, { method, headers: { authorization: `Bearer ${env.TRIBUTARY_API_TOKEN}` } });
  return response.json();
}

async function fateOf(messageId: string): Promise<any> {
  for (;;) {
    const fate = await api(`/api/v1/events/${messageId}`);
    if (fate.status !== "pending") return fate;
    await sleep(50);
  }
}

/** What the command says, whatever its exit code. */
function tributary(...words: string[]): Promise<string> {
  return new Promise((done) => {
    execFile(launcher, words, { env: { ...process.env, ...env, TRIBUTARY_API_TOKEN: "" } }, (_, stdout, stderr) => done(stdout + stderr));
  });
}

test("a row that ClickHouse refuses counts as failed everywhere, and lands when it is sent again after the fix", async () => {
  await clickhouse.command({ query: "ALTER TABLE events ADD CONSTRAINT no_poison CHECK event != 'Poison'" });
  const batch = ["Fine", "Poison", "Fine"].map((event, i) => ({ type: "track", event, messageId: `poison-${i}`, userId: "ada" }));
  const taken = await fetch(`${server.url}/v1/batch`, {
    method: "POST", headers: { authorization: `Basic ${Buffer.from(`${env.TRIBUTARY_WRITE_KEY}:`).toString("base64")}` }, body: JSON.stringify({ batch }),
  });
  expect(taken.status).toBe(200);

  expect(await fateOf("poison-1")).toMatchObject({ status: "failed", rows: [{ outcome: "failed", reason: "constraint", detail: expect.stringContaining("constraint"), raw: expect.stringContaining('"Poison"') }] });
  expect((await fateOf("poison-0")).status).toBe("stored");
  const sums = async (): Promise<object> => {
    const { balanced, sources } = await api("/api/v1/ledger?verify=true");
    const source = sources.find(({ source_id: id }: { source_id: number }) => id > 0);
    // The refused row is told of before the last of its block has landed.
    if (source.waiting_to_land > 0) return sums();
    return { balanced, received: source.received, landed: source.landed, failed: source.failed, in_event_table: source.in_event_table };
  };
  expect(await sums()).toEqual({ balanced: true, received: 3, landed: 2, failed: 1, in_event_table: 2 });
  const listed = await api("/api/v1/refused-writes?status=open");
  expect(listed.data).toMatchObject([{ message_id: "poison-1", event: "Poison", kind: "row", engine: { code: 469 } }]);
  expect(await (await fetch(`${server.url}/metrics`)).text()).toContain('tributary_refused_writes{kind="row"} 1');
  expect(await (await fetch(`${server.url}/health/ready`)).json()).toMatchObject({ status: "ready", parts: { refused_writes: { ok: true, detail: expect.stringContaining("1 row") } } });
  expect(await tributary("status")).toMatch(/last day, failed +1 /);
  expect(await tributary("doctor")).toMatch(/WARNING +Refused writes: 1 row refused by ClickHouse/);

  expect(await api("/api/v1/refused-writes/retry", "POST")).toEqual({ landed: 0, refused: 1, next: null });
  await clickhouse.command({ query: "ALTER TABLE events DROP CONSTRAINT no_poison" });
  expect(await api("/api/v1/refused-writes/retry", "POST")).toEqual({ landed: 1, refused: 0, next: null });
  expect(await api(`/api/v1/refused-writes/${listed.data[0].id}/retry`, "POST")).toMatchObject({ status: "landed" });
  expect(await fateOf("poison-1")).toMatchObject({ status: "stored", rows: [{ outcome: "stored" }] });
  expect(await sums()).toEqual({ balanced: true, received: 3, landed: 3, failed: 0, in_event_table: 3 });
  expect(await (await fetch(`${server.url}/metrics`)).text()).toContain('tributary_refused_writes{kind="row"} 0');
});
