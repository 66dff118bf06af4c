// A vendor for the benches, as a process of its own: takes what it is sent, as its path says, and tells what it saw when its standard
// input asks. It is no part of what is measured, but it runs on the same cores.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";

interface Seen {
  requests: number;
  items: number;
  /** Milliseconds from the door to here, of items. */
  latencies: number[];
  /** Items that came behind a later one of the same person. */
  inversions: number;
  readonly last: Map<string, number>;
}

const seen = new Map<string, Seen>();
let isHealed = false;

function seenAt(path: string): Seen {
  const found = seen.get(path) ?? { requests: 0, items: 0, latencies: [], inversions: 0, last: new Map<string, number>() };
  seen.set(path, found);
  return found;
}

/** What the path's first word says: ok, dead, slow, limited, flapping. */
function refuses(kind: string, at: Seen, response: ServerResponse): boolean {
  if (isHealed || kind === "ok" || kind === "slow") return false;
  if (kind === "dead" || (kind === "flapping" && Math.floor(Date.now() / 5_000) % 2 === 0)) {
    response.destroy();
    return true;
  }
  if (kind === "limited" && at.requests % 3 !== 0) {
    response.writeHead(429, { "retry-after": "1" }).end();
    return true;
  }
  return false;
}

interface Item {
  readonly at: string;
  readonly who: string;
}

function isList(parsed: Item | readonly Item[]): parsed is readonly Item[] {
  return Array.isArray(parsed);
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? "";
  const at = seenAt(path);
  at.requests++;
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const kind = path.split("/")[1] ?? "";
  if (refuses(kind, at, response)) return;
  const parsed = JSON.parse(Buffer.concat(chunks).toString()) as Item | readonly Item[]; // Sent by our own benches.
  const items: readonly Item[] = isList(parsed) ? parsed : [parsed];
  const nowMs = Date.now();
  const position = Number(String(request.headers["idempotency-key"]).split("-").at(-1));
  for (const item of items) {
    at.items++;
    at.latencies.push(nowMs - Date.parse(item.at));
    if (items.length > 1) continue;
    if (position < (at.last.get(item.who) ?? 0)) at.inversions++;
    at.last.set(item.who, Math.max(position, at.last.get(item.who) ?? 0));
  }
  if (kind === "slow" && !isHealed) await new Promise((resolve) => setTimeout(resolve, 200));
  response.end("ok");
}

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => void answer(request, response).catch(() => response.destroy()));
server.listen(0, "127.0.0.1", () => process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`));

/** `read`: what was seen since the last time, by path. `heal`: everything is well from now on. */
createInterface({ input: process.stdin }).on("line", (line) => {
  if (line === "heal") isHealed = true;
  const told = [...seen].map(([path, one]) => {
    const sorted = one.latencies.toSorted((a, b) => a - b);
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    const summary = { path, requests: one.requests, items: one.items, inversions: one.inversions, p50: at(0.5), p99: at(0.99) };
    if (line === "read") Object.assign(one, { requests: 0, items: 0, inversions: 0, latencies: [] });
    return summary;
  });
  process.stdout.write(`${JSON.stringify({ told })}\n`);
}).on("close", () => process.exit(0));
