// `npm start` as people run it: the server comes up with nothing but a port and a folder, and SIGTERM to npm ends it
// cleanly, leaving no process behind.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "./server-process.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "trib-npm-start-"));
});

afterAll(() => rm(dataDir, { recursive: true, force: true }));

test("SIGTERM to npm stops the server with exit code 0 and leaves nothing running", { timeout: 120_000 }, async () => {
  const port = await freePort();
  const npm = spawn("npm", ["start"], {
    cwd: root, stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, HOST: "127.0.0.1", PORT: String(port), TRIBUTARY_DATA_DIR: dataDir, NODE_ENV: "" },
  });
  let output = "";
  for (const stream of [npm.stdout, npm.stderr]) stream.on("data", (chunk: Buffer) => void (output += chunk.toString()));
  try {
    const ended = once(npm, "exit");
    const isUp = (): Promise<boolean> => fetch(`http://127.0.0.1:${port}/health/ready`).then((response) => response.ok, () => false);
    for (let i = 0; i < 600 && npm.exitCode === null && !(await isUp()); i++) await sleep(100);
    expect(await isUp(), output).toBe(true);
    expect(output).toContain(`http://127.0.0.1:${port}`);
    expect(output, "no complaint of npm on a normal start").not.toMatch(/npm (warn|error)(?! Unknown (user|env|project) config)/i);

    npm.kill("SIGTERM");
    const ending = await Promise.race([ended, sleep(30_000, undefined, { ref: false })]);
    expect(ending, `ended within 30 seconds\n${output}`).toEqual([0, null]);
    expect(await isUp()).toBe(false);
  } finally {
    if (npm.exitCode === null && npm.signalCode === null) npm.kill("SIGKILL");
  }
});
