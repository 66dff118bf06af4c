import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockDataDirectory } from "./data-lock.ts";

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "trib-lock-"));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

async function holderInAnotherProcess(path: string): Promise<ChildProcess> {
  const program = join(import.meta.dirname, "testing-child.ts");
  const child = spawn(process.execPath, [program, "lock", path], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(child.stdout, "data");
  expect(String(line)).toBe('{"locked":true}\n');
  return child;
}

async function leaveStaleLock(path: string): Promise<void> {
  const holder = await holderInAnotherProcess(path);
  holder.kill("SIGKILL");
  await once(holder, "exit");
  expect(await readdir(path)).toContain("server.lock");
}

test("a data directory is locked once, and again after its release", async () => {
  const lock = await lockDataDirectory(dataDir);
  await expect(lockDataDirectory(dataDir)).rejects.toMatchObject({ code: "data_directory_busy" });
  await lock.release();
  const next = await lockDataDirectory(dataDir);
  await next.release();
  expect(await readdir(dataDir)).toEqual(["server.lock"]);
});

test("another process's lock is respected, named by its process id, and dies with it", async () => {
  const holder = await holderInAnotherProcess(dataDir);
  await expect(lockDataDirectory(dataDir)).rejects.toThrow(String(holder.pid));
  holder.kill("SIGKILL");
  await once(holder, "exit");
  const lock = await lockDataDirectory(dataDir);
  await lock.release();
});

test("of many that find a stale lock at the same moment, exactly one gets it", async () => {
  await leaveStaleLock(dataDir);
  const results = await Promise.allSettled(Array.from({ length: 12 }, () => lockDataDirectory(dataDir)));
  const winners = results.filter((result) => result.status === "fulfilled");
  expect(winners).toHaveLength(1);
  for (const result of results) {
    if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "data_directory_busy" });
  }
  await expect(lockDataDirectory(dataDir)).rejects.toMatchObject({ code: "data_directory_busy" });
  await winners[0]?.value.release();
});

test("a very long path is locked like any other", async () => {
  const long = join(dataDir, "a-folder-with-a-name-of-some-length".repeat(4), "data");
  const lock = await lockDataDirectory(long);
  await expect(lockDataDirectory(long)).rejects.toMatchObject({ code: "data_directory_busy" });
  await lock.release();
  await leaveStaleLock(long);
  await (await lockDataDirectory(long)).release();
});

test("a data directory that is a file is refused with its path", async () => {
  const file = join(dataDir, "file");
  await writeFile(file, "");
  await expect(lockDataDirectory(join(file, "data"))).rejects.toMatchObject({
    code: "data_directory_closed",
    message: expect.stringContaining(file),
  });
});
