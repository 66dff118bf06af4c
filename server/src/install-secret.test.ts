import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Postgres } from "./engines/postgres/postgres.ts";
import { startTestPostgres } from "./engines/testing.ts";
import { installSecret } from "./install-secret.ts";

let postgres: Postgres;
let pool: Pool;
let first: string;
let second: string;
beforeAll(async () => {
  postgres = await startTestPostgres();
  pool = postgres.pool("test", 4);
  first = await mkdtemp(join(tmpdir(), "trib-secret-"));
  second = await mkdtemp(join(tmpdir(), "trib-secret-"));
});
beforeEach(async () => {
  await pool.query("truncate install");
  for (const dataDir of [first, second]) await rm(join(dataDir, "secret"), { force: true });
});
afterAll(async () => {
  await postgres?.stop();
  for (const dataDir of [first, second]) await rm(dataDir, { recursive: true, force: true });
});

const secretOf = (dataDir: string, given?: string): Promise<string> => installSecret({ dataDir, given, pool });
const refused = { code: "invalid_config", hint: expect.stringContaining("Copy the file `secret`") };

test("the secret is made once, for its owner alone, and found again", async () => {
  // What a start left behind that was cut off while it wrote.
  await writeFile(join(first, "secret.new"), "half");
  const made = await secretOf(first);
  expect(made).toMatch(/^[\w-]{43}$/);
  expect(await secretOf(first)).toBe(made);
  expect(await readFile(join(first, "secret"), "utf8")).toBe(`${made}\n`);
  expect((await stat(join(first, "secret"))).mode & 0o777).toBe(0o600);
  expect(await readdir(first)).toEqual(["secret"]);
});

test("a second data directory on the same database is refused until it has the same secret", async () => {
  const made = await secretOf(first);
  await expect(secretOf(second)).rejects.toMatchObject(refused);
  expect(await readdir(second), "none is left behind that would be taken for right").toEqual([]);
  await writeFile(join(second, "secret"), `${"x".repeat(43)}\n`);
  await expect(secretOf(second)).rejects.toMatchObject(refused);
  await expect(secretOf(second, "y".repeat(40))).rejects.toMatchObject({ ...refused, message: expect.stringContaining("TRIBUTARY_SECRET") });
  expect(await secretOf(second, made)).toBe(made);
  await writeFile(join(second, "secret"), `${made}\n`);
  expect(await secretOf(second)).toBe(made);
});

test("two first starts at once end with one secret, and the other one is told", async () => {
  const outcomes = await Promise.allSettled([secretOf(first), secretOf(second)]);
  const made = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  expect(made).toHaveLength(1);
  expect(outcomes.find(({ status }) => status === "rejected")).toMatchObject({ reason: refused });
  const files = await Promise.all([first, second].map((dataDir) => readFile(join(dataDir, "secret"), "utf8").catch(() => "")));
  expect(files.toSorted()).toEqual(["", `${made[0]}\n`]);
});

test("a damaged file is refused and stays as it is", async () => {
  await secretOf(first);
  await writeFile(join(first, "secret"), "short");
  await expect(secretOf(first)).rejects.toMatchObject({ code: "invalid_config", message: expect.stringContaining("is damaged") });
  expect(await readFile(join(first, "secret"), "utf8")).toBe("short");
});

test("no hash in the database is the secret or gives it away", async () => {
  const made = await secretOf(first);
  const { rows } = await pool.query<{ secret_check: Buffer }>("select * from install");
  expect(rows).toHaveLength(1);
  expect(rows[0]?.secret_check).toHaveLength(32);
  expect([made, Buffer.from(made, "base64url").toString("hex")]).not.toContain(rows[0]?.secret_check.toString("hex"));
});
