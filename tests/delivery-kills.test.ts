// A whole server that sends to a vendor that fails in every way, killed with -9 again and again: nothing that was accepted is missing at the
// vendor, nothing arrives in another order than it happened in, and what arrives twice carries the same key.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startServerProcess, type ServerProcess } from "./server-process.ts";

const PEOPLE = 12;
const ROUNDS = 6;
const EACH = 5;

interface Received {
  readonly person: string;
  readonly number: number;
  readonly key: string;
}

let server: ServerProcess;
let vendor: Server;
/** What the vendor has taken, in the order of its taking. */
const taken: Received[] = [];
let mood: "well" | "moody" | "dead" = "well";
let requests = 0;

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  requests++;
  if (mood === "dead") return void request.socket.destroy();
  if (mood === "moody") {
    const [say] = [requests % 13];
    if (say === 0) return void request.socket.destroy();
    if (say === 4) return void response.writeHead(500).end("oops");
    if (say === 8) return void response.writeHead(429, { "retry-after": "1" }).end();
  }
  const { userId, properties } = JSON.parse(Buffer.concat(chunks).toString()) as { userId: string; properties: { number: number } };
  taken.push({ person: userId, number: properties.number, key: String(request.headers["idempotency-key"]) });
  response.end("ok");
}

beforeAll(async () => {
  vendor = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => vendor.listen(0, "127.0.0.1", resolve));
  server = await startServerProcess({ env: { OUTBOUND_PRIVATE_HOSTS: "127.0.0.1" } });
}, 120_000);
afterAll(async () => {
  await server?.remove();
  vendor?.close();
});

async function send(round: number): Promise<void> {
  const batch = Array.from({ length: EACH }, (_, i) => Array.from({ length: PEOPLE }, (__, p) => ({
    type: "track", userId: `p${p}`, event: "Order Completed", messageId: `${round}-${i}-${p}`, properties: { number: round * EACH + i },
  }))).flat();
  expect(await server.send("/v1/batch", { batch })).toBe(200);
}

test("killed while it sends, again and again", async () => {
  const port = (vendor.address() as AddressInfo).port;
  await server.api("/destinations", {
    method: "POST", body: { name: "Vendor", slug: "vendor", definition: "signed-webhook", settings: { url: `http://127.0.0.1:${port}/in`, secret: "a-secret-of-this-test-only" }, enabled: true },
  });
  await server.api("/destinations/vendor/subscriptions", {
    method: "POST", body: { name: "Orders", enabled: true, definition: { action: "send", trigger: { kind: "events", names: ["Order Completed"] }, mapping: { data: { "@path": "$." } } } },
  });
  for (let round = 0; round < ROUNDS; round++) {
    mood = round === 2 ? "dead" : round % 2 === 1 ? "moody" : "well";
    await send(round);
    const at = requests;
    // Some kills before anything is sent, some in the middle.
    for (let i = 0; i < 40 && round % 2 === 1 && requests < at + 10; i++) await sleep(20);
    await server.kill();
    await server.start();
  }
  mood = "well";
  const all = PEOPLE * ROUNDS * EACH;
  const distinct = (): number => new Set(taken.map(({ person, number }) => `${person} ${number}`)).size;
  for (let i = 0; i < 600 && distinct() < all; i++) await sleep(100);
  expect(distinct()).toBe(all);
  const keys = Map.groupBy(taken, ({ person, number }) => `${person} ${number}`);
  for (const same of keys.values()) expect(new Set(same.map(({ key }) => key)).size).toBe(1);
  expect(new Set(taken.map(({ key }) => key)).size).toBe(all);
  for (let p = 0; p < PEOPLE; p++) {
    const numbers = [...new Set(taken.filter(({ person }) => person === `p${p}`).map(({ number }) => number))];
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  }
  for (let i = 0; i < 300; i++) {
    const { data } = await server.api<{ data: readonly { readonly position: number }[] }>("/destinations/vendor/deliveries?outcome=delivered&limit=200");
    if (data.length >= 200) break;
    await sleep(100);
  }
  const health = await server.api<{ counts: readonly { readonly outcome: string; readonly count: number }[]; waiting: { readonly again: number } }>("/destinations/vendor/health");
  expect(health.counts.find(({ outcome }) => outcome === "delivered")?.count).toBe(all);
  expect(health.waiting.again).toBe(0);
}, 300_000);
