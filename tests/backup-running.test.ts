// A copy of a server that runs and is sent events all the time: what was acknowledged before its moment is in it exactly once,
// what came after is not, and whatever is killed meanwhile, neither the server nor the copy is half of something.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { access, chmod, mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readConfig } from "../server/src/config.ts";
import { createLogger } from "../server/src/core/logger.ts";
import { backup, type RunningServer } from "../server/src/maintenance/backup.ts";
import { serverFile, sql, startServerProcess, type ServerProcess } from "./server-process.ts";

const cli = fileURLToPath(new URL("../server/src/cli/cli.ts", import.meta.url));
const PEOPLE = 40;

let folder: string;
let server: ServerProcess;
let restored: ServerProcess | undefined;
let sent = 0;
const acknowledged: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "trib-copy-"));
  // As root, Postgres runs as another user, who has to get in.
  await chmod(folder, 0o755);
  server = await startServerProcess();
  for (let i = 0; i < 10; i++) await sendSome();
  // Merges, so that there are rows of every table.
  await server.send("/v1/batch", {
    batch: Array.from({ length: PEOPLE }, (_, i) => ({ type: "identify", messageId: `merge-${i}`, anonymousId: `a${i}`, userId: `u${i}` })),
  });
  await server.settled();
  // Rows of the event table that were changed after they had landed.
  await unmerge(server, 0);
});

afterAll(async () => {
  await server?.remove();
  await restored?.remove();
  await rm(folder, { recursive: true, force: true });
});

/** A batch of events, some of them of people known by another name only. */
async function sendSome(): Promise<void> {
  const ids = Array.from({ length: 10 }, () => `m${sent++}`);
  const status = await server.send("/v1/batch", {
    batch: ids.map((messageId, i) => ({
      type: i % 3 === 0 ? "identify" : "track", event: "Viewed", messageId, traits: { visits: sent },
      ...(i % 2 === 0 ? { userId: `u${sent % PEOPLE}` } : { anonymousId: `a${sent % PEOPLE}` }),
    })),
  });
  if (status === 200) acknowledged.push(...ids);
}

/** Takes `a<number>` from `u<number>`, whom a merge had made one person. */
async function unmerge(of: ServerProcess, number: number): Promise<void> {
  await of.api(`/profiles/user_id:u${number}/unmerge`, { method: "POST", body: { identifiers: [{ namespace: "anonymous_id", value: `a${number}` }] } });
  await of.settled();
}

/** Whose the events are that were sent under one of the two names. */
async function owners(dataDir: string, number: number): Promise<{ user: string[]; anonymous: string[] }> {
  const of = async (column: string, value: string): Promise<string[]> => (await sql<{ profile_id: string }>(
    dataDir, `select distinct profile_id from events where ${column} = '${value}' and match(message_id, '^m[0-9]{1,2}$') order by 1`,
  )).map((row) => row.profile_id);
  return { user: await of("user_id", `u${number}`), anonymous: await of("anonymous_id", `a${number}`) };
}

/** Sends all the time until the work is done. */
async function underLoad<T>(work: Promise<T>): Promise<T> {
  let isDone = false;
  const done = work.finally(() => (isDone = true));
  const load = (async () => {
    while (!isDone) {
      await sendSome();
      await sleep(5);
    }
  })();
  const [result] = await Promise.all([done, load]);
  return result;
}

function tributary(command: readonly string[], dataDir = server.dataDir): Promise<{ code: number; text: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, ...command], { env: { ...process.env, TRIBUTARY_DATA_DIR: dataDir } }, (error, out, err) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, text: `${out}${err}` }));
  });
}

/** The restored server, running. */
async function restoreAndStart(copy: string): Promise<{ server: ServerProcess; dataDir: string }> {
  const dataDir = `${copy}-back`;
  expect(await tributary(["restore", copy], dataDir)).toEqual({ code: 0, text: expect.stringContaining("each found whole") });
  await restored?.remove();
  restored = await startServerProcess({ env: { TRIBUTARY_DATA_DIR: dataDir } });
  await restored.settled();
  return { server: restored, dataDir };
}

/** Message id → how many rows it has. */
async function landed(dataDir: string): Promise<Map<string, number>> {
  const rows = await sql<{ message_id: string; rows: number }>(dataDir, "select message_id, count() as rows from events group by message_id");
  return new Map(rows.map((row) => [row.message_id, row.rows]));
}

/** What may change from one answer to the next, left out. */
async function people(of: ServerProcess): Promise<object[]> {
  return Promise.all(Array.from({ length: PEOPLE }, (_, i) => of.api<object>(`/profiles/user_id:u${i}`)));
}

async function expectExact(of: ServerProcess, dataDir: string, ids: readonly string[]): Promise<Map<string, number>> {
  const rows = await landed(dataDir);
  expect(ids.filter((id) => rows.get(id) !== 1)).toEqual([]);
  expect([...rows].filter(([, count]) => count !== 1)).toEqual([]);
  expect(await of.api("/ledger?verify=true")).toMatchObject({ balanced: true, imbalances: [] });
  return rows;
}

/** What the command line asks of the server, asked by us. */
async function asked(): Promise<RunningServer> {
  const { url, localToken } = await serverFile(server.dataDir);
  const ask = async (method: string, path: string): Promise<never> => {
    const response = await fetch(`${url}/api/v1/backups${path}`, { method, headers: { authorization: `Bearer ${localToken}` } });
    if (!response.ok) throw new Error(await response.text());
    return await response.json() as never; // The shapes of the API, which the server holds its answers against.
  };
  return {
    begin: () => ask("POST", ""), renew: (id) => ask("POST", `/${id}/renewal`), cut: (id) => ask("POST", `/${id}/cut`),
    end: (id, outcome) => ask("DELETE", `/${id}?outcome=${outcome}`),
  };
}

async function chdbPid(): Promise<number> {
  const file = JSON.parse(await readFile(join(server.dataDir, "clickhouse.pid"), "utf8")) as { pid: number }; // Written by our server.
  return file.pid;
}

const exists = (path: string): Promise<boolean> => access(path).then(() => true, () => false);

test("only who may act for the installation begins a copy, and it stands in the audit log", async () => {
  const { secret } = await server.api<{ secret: string }>("/tokens", { method: "POST", body: { name: "Admin", scopes: ["admin", "personal_data"] } });
  const refused = await server.api("/backups", { method: "POST", headers: { authorization: `Bearer ${secret}` }, anyStatus: true });
  expect(refused).toMatchObject({ status: 403, message: expect.stringContaining("installation") });
  const running = await asked();
  const { id } = await running.begin();
  await running.renew(id);
  await running.end(id, "given_up");
  const { data } = await server.api<{ data: object[] }>(`/audit?target=backup:${id}`);
  expect(data).toMatchObject([{ action: "backup.end", detail: { outcome: "given_up" } }, { action: "backup.begin" }]);
});

test("a server killed while it is copied goes on where it was, and nothing of the copy stays", async () => {
  const running = await asked();
  const { id } = await running.begin();
  await sendSome();
  const cut = await running.cut(id);
  expect(await exists(join(server.dataDir, cut.frozen_folder))).toBe(true);
  await sendSome();
  await server.kill();
  await server.start();
  await server.settled();
  await expectExact(server, server.dataDir, acknowledged);
  expect(await exists(join(server.dataDir, cut.frozen_folder))).toBe(false);
  await expect((await asked()).end(id, "copied")).rejects.toThrow("There is no such backup");
});

test("a copy made under load restores to what was acknowledged, and its people are those of a rebuild", async () => {
  const before = [...acknowledged];
  const made = await underLoad(tributary(["backup", join(folder, "loaded")]));
  expect(made).toEqual({ code: 0, text: expect.stringContaining("of the running server") });
  expect(acknowledged.length).toBeGreaterThan(before.length);
  const back = await restoreAndStart(join(folder, "loaded"));
  await expectExact(back.server, back.dataDir, before);
  const restoredPeople = await people(back.server);
  expect(await back.server.send("/v1/track", { event: "Viewed", messageId: "later", userId: "u1" })).toBe(200);
  await back.server.settled();
  await expectExact(back.server, back.dataDir, [...before, "later"]);
  const beforeRebuild = await people(back.server);
  expect(beforeRebuild.filter((_, i) => i !== 1)).toEqual(restoredPeople.filter((_, i) => i !== 1));
  await back.server.stop();
  expect(await tributary(["rebuild"], back.dataDir)).toMatchObject({ code: 0 });
  await back.server.start();
  expect(await people(back.server)).toEqual(beforeRebuild);
  // The server that was copied has lost nothing.
  await server.settled();
  await expectExact(server, server.dataDir, acknowledged);
});

test("a copy shows one moment: all that was acknowledged before, nothing from after", async () => {
  const running = await asked();
  const early: string[] = [];
  const late: string[] = [];
  const sendMarked = async (into: string[], messageId: string): Promise<void> => {
    expect(await server.send("/v1/track", { event: "Marked", messageId, userId: "u1", timestamp: new Date().toISOString() })).toBe(200);
    into.push(messageId);
  };
  await underLoad(backup({
    config: readConfig({ TRIBUTARY_DATA_DIR: server.dataDir }), logger: createLogger("silent"), target: join(folder, "moment"), version: "0.0.1",
    nowMs: 0, onProgress: () => undefined,
    running: async () => ({
      ...running,
      cut: async (id) => {
        early.push(...acknowledged);
        for (let i = 0; i < 5; i++) await sendMarked(early, `early-${i}`);
        const cut = await running.cut(id);
        for (let i = 0; i < 5; i++) await sendMarked(late, `late-${i}`);
        // In ClickHouse, too, before its frozen parts are copied.
        while (!(await landed(server.dataDir)).has("late-4")) await sleep(20);
        return cut;
      },
    }),
  }));
  const back = await restoreAndStart(join(folder, "moment"));
  const rows = await expectExact(back.server, back.dataDir, early);
  expect(late.filter((id) => rows.has(id))).toEqual([]);
  // What was changed before is changed in the copy, and can be changed on.
  const divided = await owners(back.dataDir, 0);
  expect(divided).toEqual(await owners(server.dataDir, 0));
  expect([divided.user.length, divided.anonymous.length, divided.user[0] === divided.anonymous[0]]).toEqual([1, 1, false]);
  await unmerge(back.server, 10);
  const dividedThere = await owners(back.dataDir, 10);
  expect([dividedThere.user.length, dividedThere.anonymous.length, dividedThere.user[0] === dividedThere.anonymous[0]]).toEqual([1, 1, false]);
  expect(await readdir(join(server.dataDir, "clickhouse", "shadow")).catch(() => [])).not.toContainEqual(expect.stringContaining("backup"));
});

test("a command killed while it copies leaves no copy that restores, and the server as it was", async () => {
  const chdb = await chdbPid();
  const target = join(folder, "killed");
  // With ClickHouse stopped, the moment of the copy is waited for.
  process.kill(chdb, "SIGSTOP");
  const command = spawn(process.execPath, [cli, "backup", target], { env: { ...process.env, TRIBUTARY_DATA_DIR: server.dataDir }, stdio: "ignore" });
  try {
    while (!(await exists(join(target, "data", "postgres", "global", "pg_control")))) await sleep(20);
    expect(await tributary(["backup", join(folder, "second")])).toEqual({ code: 1, text: expect.stringContaining("A backup is being made.") });
    const ended = once(command, "exit");
    command.kill("SIGKILL");
    await ended;
    await sendSome();
  } finally {
    process.kill(chdb, "SIGCONT");
  }
  await server.settled();
  await expectExact(server, server.dataDir, acknowledged);
  const dataDir = join(folder, "never");
  expect(await tributary(["restore", target], dataDir)).toEqual({ code: 1, text: expect.stringContaining("manifest.ndjson is missing") });
});
