// `npm start` as people run it: the server comes up with nothing but a port and a folder, and SIGTERM to npm ends it
// cleanly, leaving no process behind, whatever senders do meanwhile.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { API_TOKEN, freePort, WRITE_KEY } from "./server-process.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "trib-npm-start-"));
});

afterAll(() => rm(dataDir, { recursive: true, force: true }));

test("SIGTERM to npm stops the server with exit code 0 and leaves nothing running", async () => {
  const port = await freePort();
  const npm = spawn("npm", ["start"], {
    cwd: root, stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, HOST: "127.0.0.1", PORT: String(port), TRIBUTARY_DATA_DIR: dataDir, NODE_ENV: "", TRIBUTARY_WRITE_KEY: WRITE_KEY, TRIBUTARY_API_TOKEN: API_TOKEN },
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

    // Senders that keep their connections and send on, one that stalls in the middle of a body, and an upload without end.
    const load = await startLoad(`http://127.0.0.1:${port}`);
    npm.kill("SIGTERM");
    const ending = await Promise.race([ended, sleep(30_000, undefined, { ref: false })]);
    expect(ending, `ended within 30 seconds\n${output}`).toEqual([0, null]);
    expect(await isUp()).toBe(false);
    await load.ended;
    expect(load.statuses, "what was under way got its answer").toEqual(new Set([200]));
  } finally {
    if (npm.exitCode === null && npm.signalCode === null) npm.kill("SIGKILL");
  }
});

/** Runs until the server is gone. */
async function startLoad(url: string): Promise<{ readonly ended: Promise<unknown>; readonly statuses: Set<number> }> {
  const key = { authorization: `Basic ${Buffer.from(`${WRITE_KEY}:`).toString("base64")}` };
  const statuses = new Set<number>();
  const begun: Promise<void>[] = [];
  const senders = Array.from({ length: 4 }, async (_, i) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const first = Promise.withResolvers<void>();
    begun.push(first.promise);
    for (let n = 0; ; n++) {
      const status = await post(`${url}/v1/track`, key, agent, JSON.stringify({ event: "Sent", userId: `u${i}`, messageId: `m${i}-${n}` })).catch(() => undefined);
      if (status === undefined) return agent.destroy();
      statuses.add(status);
      first.resolve();
    }
  });
  const stalled = unfinished("POST", `${url}/v1/batch`, { ...key, "content-length": "1000" }, '{"batch":[');
  const api = { authorization: `Bearer ${API_TOKEN}`, "content-type": "application/json" };
  const made = await fetch(`${url}/api/v1/imports`, { method: "POST", headers: api, body: JSON.stringify({ name: "Endless", format: "ndjson" }) });
  const { id } = (await made.json()) as { id: number };
  const upload = unfinished("PUT", `${url}/api/v1/imports/${id}/content`, { ...api, "content-type": "application/octet-stream" }, '{"type":"track","event":"Imported","userId":"u"}\n');
  await Promise.all(begun);
  return { ended: Promise.all([...senders, stalled, upload]), statuses };
}

/** The status of the answer; rejects when the connection ends without one. */
function post(url: string, headers: Record<string, string>, agent: Agent, body: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  request(url, { method: "POST", headers, agent }, (response) => response.resume().on("end", () => resolve(response.statusCode ?? 0)).on("error", reject)).on("error", reject).end(body);
  return promise;
}

/** A body of which the rest never comes; resolves when the server ends the connection. */
function unfinished(method: string, url: string, headers: Record<string, string>, body: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  request(url, { method, headers }).on("error", () => undefined).on("close", resolve).write(body);
  return promise;
}
