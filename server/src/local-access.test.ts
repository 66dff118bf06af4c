import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Postgres } from "./engines/postgres/postgres.ts";
import { startTestPostgres } from "./engines/testing.ts";
import { bootstrap, createTokenDirectory } from "./governance/governance.ts";
import { openLocalAccess, type LocalAccess } from "./local-access.ts";

let postgres: Postgres;
let pool: Pool;
let workspaceId: number;
const folders: string[] = [];
beforeAll(async () => {
  postgres = await startTestPostgres();
  pool = postgres.pool("test", 4);
  ({ workspaceId } = await bootstrap({ pool, partitions: 1, nowMs: 0 }));
});
afterAll(async () => {
  await postgres?.stop();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "trib-access-"));
  folders.push(folder);
  return folder;
}
const start = (dataDir: string): Promise<LocalAccess> => openLocalAccess({ dataDir, pool, workspaceId, places: { url: "http://127.0.0.1:1" } });
async function tokenIn(dataDir: string): Promise<string> {
  const file = JSON.parse(await readFile(join(dataDir, "server.json"), "utf8")) as { url: string; localToken: string };
  expect(file.url).toBe("http://127.0.0.1:1");
  return file.localToken;
}
const isValid = async (token: string): Promise<boolean> => (await createTokenDirectory(pool).find(token, Date.now())) !== undefined;

test("the file is for its owner alone, and gone with its token after a stop", async () => {
  const dataDir = await newFolder();
  const access = await start(dataDir);
  const token = await tokenIn(dataDir);
  expect(await isValid(token)).toBe(true);
  expect((await stat(join(dataDir, "server.json"))).mode & 0o777).toBe(0o600);
  await access.remove();
  expect(await readdir(dataDir)).toEqual([]);
  expect(await isValid(token)).toBe(false);
});

test("a start revokes what a killed server left in its data directory", async () => {
  const dataDir = await newFolder();
  await start(dataDir);
  const left = await tokenIn(dataDir);
  await start(dataDir);
  expect([await isValid(left), await isValid(await tokenIn(dataDir))]).toEqual([false, true]);
});

test("two processes on one database leave each other's token alone", async () => {
  const [one, other] = [await newFolder(), await newFolder()];
  await start(one);
  const access = await start(other);
  expect([await isValid(await tokenIn(one)), await isValid(await tokenIn(other))]).toEqual([true, true]);
  await access.remove();
  expect(await isValid(await tokenIn(one))).toBe(true);
});
