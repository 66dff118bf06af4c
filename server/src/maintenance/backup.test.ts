// Copies and what can be wrong with them, on a directory that looks like a data directory; real servers are copied and
// restored in tests/backup.test.ts.
import { appendFile, cp, lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { readConfig } from "../config.ts";
import { createLogger } from "../core/logger.ts";
import { exists, refuseUnfinishedRestore } from "../data-directory.ts";
import { backup } from "./backup.ts";
import { restore } from "./restore.ts";

let folder: string;
let dataDir: string;
let copy: string;
let number = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "trib-copy-"));
  dataDir = join(folder, "data");
  await mkdir(join(dataDir, "postgres", "pg_empty"), { recursive: true, mode: 0o700 });
  await mkdir(join(dataDir, "clickhouse", "store"), { recursive: true });
  await mkdir(join(dataDir, "clickhouse-inserts"));
  await writeFile(join(dataDir, "postgres", "PG_VERSION"), "18\n", { mode: 0o600 });
  await writeFile(join(dataDir, "clickhouse", "store", "part"), Buffer.alloc(3_000_000, "x"), { mode: 0o640 });
  await symlink("../store/part", join(dataDir, "clickhouse", "events"));
  await writeFile(join(dataDir, "clickhouse-inserts", "block"), "on its way");
  await writeFile(join(dataDir, "server.json"), "{}");
  await writeFile(join(dataDir, "secret"), "s", { mode: 0o600 });
  await makeCopy(join(folder, "made"));
});

beforeEach(async () => {
  copy = join(folder, `copy-${number++}`);
  await cp(join(folder, "made"), copy, { recursive: true, verbatimSymlinks: true });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const makeCopy = (target: string, env: Record<string, string> = {}): Promise<unknown> => backup({
  config: readConfig({ TRIBUTARY_DATA_DIR: dataDir, ...env }), logger: createLogger("silent"), target, version: "0.0.1", nowMs: 0,
  onProgress: () => undefined,
});

const restoreTo = (target: string): Promise<unknown> => restore({ copy, dataDir: target, onProgress: () => undefined });

/** Path → what stands there, with its rights. */
async function contents(of: string, path = ""): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of await readdir(join(of, path))) {
    const at = join(path, name);
    const status = await lstat(join(of, at));
    const mode = (status.mode & 0o777).toString(8);
    if (status.isSymbolicLink()) found[at] = `→ ${await readlink(join(of, at))}`;
    else if (status.isDirectory()) Object.assign(found, { [at]: mode }, await contents(of, at));
    else found[at] = `${mode} ${(await readFile(join(of, at), "utf8")).length}`;
  }
  return found;
}

test("everything comes back with its rights, but what belongs to a server that runs", async () => {
  const target = join(folder, "back");
  await restoreTo(target);
  expect(await contents(target)).toEqual({
    postgres: "700", "postgres/pg_empty": "700", "postgres/PG_VERSION": "600 3", clickhouse: "755", "clickhouse/store": "755",
    "clickhouse/store/part": "640 3000000", "clickhouse/events": "→ ../store/part", secret: "600 1",
    // A start finds this, and verifies what stands in the outbox.
    running: expect.stringMatching(/^644 /), "server.lock": "644 0",
  });
});

const file = join("data", "postgres", "PG_VERSION");
test.each<[string, () => Promise<void>, string]>([
  ["a changed byte", () => writeFile(join(copy, file), "17\n"), `${file} is not what was copied`],
  ["a file that grew", () => appendFile(join(copy, file), "x"), `${file} has 4 bytes instead of 3`],
  ["a missing file", () => rm(join(copy, file)), `${file} is missing`],
  ["a copy that was broken off", () => rm(join(copy, "manifest.ndjson")), "manifest.ndjson is missing"],
  ["a list that was cut short", () => editList((text) => text.slice(0, -20)), "manifest.ndjson is damaged"],
  ["a list that was changed", () => editList((text) => text.replace('"path":"secret"', '"path":"sacred"')), "the checksum is wrong"],
])("%s is found and named, and nothing is restored", async (_title, damage, expected) => {
  await damage();
  const target = join(folder, "never");
  await expect(restoreTo(target)).rejects.toMatchObject({ code: "damaged_copy", message: expect.stringContaining(expected) });
  expect((await readdir(target).catch(() => [])).filter((name) => name !== "server.lock")).toEqual([]);
});

async function editList(edit: (text: string) => string): Promise<void> {
  const list = join(copy, "manifest.ndjson");
  await writeFile(list, edit(await readFile(list, "utf8")));
}

test("a copy is put into an empty directory only", async () => {
  await expect(restoreTo(dataDir)).rejects.toMatchObject({ code: "copy_refused", message: expect.stringContaining("is not empty") });
  expect(await exists(join(dataDir, "server.json"))).toBe(true);
});

test("a copy is made into an empty folder outside the data directory only", async () => {
  await expect(makeCopy(copy)).rejects.toMatchObject({ code: "copy_refused", message: expect.stringContaining("is not empty") });
  await expect(makeCopy(join(dataDir, "copy"))).rejects.toMatchObject({ message: expect.stringContaining("in the data directory itself") });
});

test("a directory that does not hold everything is not copied", async () => {
  const elsewhere = { DATABASE_URL: "postgres://db.example.com/tributary" };
  const half = join(folder, "half");
  await expect(makeCopy(half, elsewhere)).rejects.toMatchObject({ message: expect.stringContaining("A database runs elsewhere") });
  await symlink("/var/lib/other", join(dataDir, "postgres", "pg_wal"));
  await expect(makeCopy(half)).rejects.toMatchObject({ message: expect.stringContaining("pg_wal is a link to /var/lib/other") });
  await rm(join(dataDir, "postgres", "pg_wal"));
});

test("after a restore that was broken off no server starts, and the next restore begins anew", async () => {
  const target = join(folder, "broken");
  await mkdir(join(target, "restoring", "postgres"), { recursive: true });
  await writeFile(join(target, "secret"), "moved already");
  await expect(refuseUnfinishedRestore(target)).rejects.toMatchObject({ hint: expect.stringContaining("tributary restore") });
  await restoreTo(target);
  expect(await readFile(join(target, "secret"), "utf8")).toBe("s");
  await refuseUnfinishedRestore(target);
});
