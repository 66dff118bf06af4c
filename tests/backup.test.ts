// A copy of a stopped server's data directory that surely restores (of a running one: backup-running.test.ts), and a rebuild,
// as an operator runs them: by the command, on real servers.
import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startServerProcess, type ServerProcess } from "./server-process.ts";

const cli = fileURLToPath(new URL("../server/src/cli/cli.ts", import.meta.url));

let folder: string;
let server: ServerProcess;
let restored: ServerProcess;
let before: object;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "trib-copy-"));
  // As root, Postgres runs as another user, who has to get in.
  await chmod(folder, 0o755);
  server = await startServerProcess({ isNew: true });
  await server.send("/v1/batch", {
    batch: [
      { type: "track", event: "Viewed", messageId: "b1", anonymousId: "a1" },
      { type: "identify", messageId: "b2", userId: "u1", anonymousId: "a1", traits: { email: "ann@example.com", plan: "pro" } },
      { type: "track", messageId: "b3", userId: "u1" },
    ],
  });
  await server.settled();
  before = await state(server);
});

afterAll(async () => {
  await server?.remove();
  await restored?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What the API says of the person and of the events. */
async function state(of: ServerProcess): Promise<object> {
  const profile = await of.api<object>("/profiles/user_id:u1");
  const fates = await Promise.all(["b1", "b2", "b3"].map((id) => of.api<{ status: string; rows: object[] }>(`/events/${id}`)));
  const events = fates.map(({ status, rows }) => ({ status, rows }));
  return { profile, events, quarantine: await of.api<object>("/quarantine") };
}

function tributary(command: readonly string[], dataDir = server.dataDir): Promise<{ code: number; text: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, ...command], { env: { ...process.env, TRIBUTARY_DATA_DIR: dataDir } }, (error, out, err) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, text: `${out}${err}` }));
  });
}

test("a server that runs is not rebuilt", async () => {
  const { code, text } = await tributary(["rebuild"]);
  expect([code, text]).toEqual([1, expect.stringContaining("Another server is running on this data directory.")]);
});

test("a copy of a killed server restores to the same people and events", async () => {
  await server.kill();
  const made = await tributary(["backup", join(folder, "copy")]);
  expect(made).toEqual({ code: 0, text: expect.stringContaining("all read back and found whole") });
  const back = await tributary(["restore", join(folder, "copy")], join(folder, "back"));
  expect(back).toEqual({ code: 0, text: expect.stringContaining("each found whole") });
  restored = await startServerProcess({ env: { TRIBUTARY_DATA_DIR: join(folder, "back") } });
  expect(await state(restored)).toEqual(before);
  expect(await restored.send("/v1/track", { event: "Viewed", messageId: "b4", userId: "u1" })).toBe(200);
  await restored.settled();
  expect(await restored.api("/events/b4")).toMatchObject({ rows: [{ outcome: "stored" }] });
});

test("a rebuild gives the same people", async () => {
  const rebuiltFrom = await state(restored);
  await restored.stop();
  const { code, text } = await tributary(["rebuild"], join(folder, "back"));
  expect([code, text]).toEqual([0, expect.stringMatching(/\d+ events decided anew in \d+ s\./)]);
  await restored.start();
  expect(await state(restored)).toEqual(rebuiltFrom);
});
