// A sender of load, in a process of its own: keep-alive connections, each with one request under way. Rate-limited when a
// rate is given (open loop per connection group), as fast as answers come otherwise. Tells what it saw each second.
import { Agent, request } from "node:http";
import { createStream, defaultStream } from "./stream.ts";

const config = JSON.parse(process.argv[2] ?? "{}") as { // Given by our own benches.
  port: number; writeKey: string; connections: number; batch: number; seconds: number; eventsPerSecond: number; seed: number; people: number; path: string; run: string;
};
const agent = new Agent({ keepAlive: true, maxSockets: config.connections });
const next = createStream({ ...defaultStream, seed: config.seed, people: config.people, run: config.run });
const authorization = `Basic ${Buffer.from(`${config.writeKey}:`).toString("base64")}`;
const statuses: Record<string, number> = {};
const latencies: number[] = [];
let accepted = 0;

function body(): Buffer {
  const now = Date.now();
  if (config.batch === 1) return Buffer.from(next(now));
  const parts: string[] = [];
  for (let i = 0; i < config.batch; i++) parts.push(next(now));
  return Buffer.from(`{"batch":[${parts.join(",")}],"sentAt":"${new Date(now).toISOString()}"}`);
}

function send(bytes: Buffer): Promise<number> {
  return new Promise((resolve) => {
    const sent = request(
      { host: "127.0.0.1", port: config.port, path: config.path, method: "POST", agent, headers: { authorization, "content-type": "application/json", "content-length": bytes.length } },
      (response) => {
        response.resume();
        response.on("end", () => resolve(response.statusCode ?? 0));
      },
    );
    sent.on("error", () => resolve(0));
    sent.end(bytes);
  });
}

const endMs = performance.now() + config.seconds * 1000;
const startMs = performance.now();
let issued = 0;

async function connection(): Promise<void> {
  while (performance.now() < endMs) {
    if (config.eventsPerSecond > 0) {
      const dueMs = startMs + (issued / config.eventsPerSecond) * 1000;
      issued += config.batch;
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
    const bytes = body();
    const sentMs = performance.now();
    const status = await send(bytes);
    latencies.push(performance.now() - sentMs);
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (status === 200) accepted += config.batch;
    else await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

await Promise.all(Array.from({ length: config.connections }, connection));
latencies.sort((a, b) => a - b);
const at = (share: number): number => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
const seconds = (performance.now() - startMs) / 1000;
process.stdout.write(JSON.stringify({ accepted, seconds, perSecond: accepted / seconds, statuses, p50: at(0.5), p99: at(0.99), requests: latencies.length }));
process.exit(0);
