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
/** Who is on the vendor's list. */
const onList = new Set<string>();
let listed = 0;
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
  if (request.url === "/list") {
    const { who, isIn } = JSON.parse(Buffer.concat(chunks).toString()) as { who: string; isIn: boolean };
    (isIn ? onList.add.bind(onList) : onList.delete.bind(onList))(who);
    listed++;
    return void response.end("ok");
  }
  const { userId, properties } = JSON.parse(Buffer.concat(chunks).toString()) as { userId: string; properties: { number: number } };
  taken.push({ person: userId, number: properties.number, key: String(request.headers["idempotency-key"]) });
  response.end("ok");
}

beforeAll(async () => {
  vendor = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => vendor.listen(0, "127.0.0.1", resolve));
  server = await startServerProcess({ env: { OUTBOUND_PRIVATE_HOSTS: "127.0.0.1" } });
});
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
  for (let i = 0; i < 3_000 && distinct() < all; i++) await sleep(100);
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
});

interface Syncs {
  readonly told: number;
  readonly syncs: readonly { readonly status: string; readonly should: number; readonly missing: number }[];
}

test("an audience kept on a list and sent anew, killed in the middle of both: the list is that of one clean run", async () => {
  const port = (vendor.address() as AddressInfo).port;
  const people = Array.from({ length: 40 }, (_, i) => `m${i}`);
  const does = async (event: string, some: readonly string[]): Promise<void> => {
    expect(await server.send("/v1/batch", { batch: some.map((userId) => ({ type: "track", userId, event })) })).toBe(200);
  };
  const did = (event: string): object => ({ kind: "event", event, op: "at_least", value: 1 });
  await server.api("/audiences", { method: "POST", body: { name: "Club", slug: "club", definition: { who: { all: [did("Joined"), { not: did("Left") }] } } } });
  await server.api("/destinations", {
    method: "POST", body: { name: "List", slug: "list", definition: "signed-webhook", settings: { url: `http://127.0.0.1:${port}/list`, secret: "a-secret-of-this-test-only" }, enabled: true },
  });
  const { id } = await server.api<{ id: number }>("/destinations/list/subscriptions", {
    method: "POST", body: { name: "Club", enabled: true, definition: { action: "send", trigger: { kind: "audience", audience: "club" }, mapping: { data: { who: { "@path": "$.userId" }, isIn: { "@path": "$.properties.club" } } } } },
  });
  const path = `/destinations/list/subscriptions/${id}`;
  const killed = async (after: number): Promise<void> => {
    const from = listed;
    for (let i = 0; i < 150 && listed < from + after; i++) await sleep(20);
    await server.kill();
    await server.start();
  };
  const isList = async (expected: readonly string[]): Promise<void> => {
    const wanted = expected.toSorted().join(" ");
    for (let i = 0; i < 3_600 && [...onList].toSorted().join(" ") !== wanted; i++) await sleep(50);
    expect([...onList].toSorted().join(" ")).toBe(wanted);
  };
  mood = "moody";
  await does("Joined", people);
  await killed(12);
  await does("Left", people.slice(0, 10));
  await killed(5);
  mood = "well";
  await isList(people.slice(10));

  // The vendor loses some; everything is sent anew, and killed in its middle while people come and go.
  for (const who of people.slice(12, 20)) onList.delete(who);
  mood = "moody";
  await server.api(`${path}/syncs`, { method: "POST", body: { kind: "all" } });
  await killed(8);
  await does("Left", people.slice(30, 33));
  await does("Joined", ["late"]);
  await killed(8);
  mood = "well";
  const right = [...people.slice(10, 30), ...people.slice(33), "late"];
  await isList(right);
  const state = (): Promise<Syncs> => server.api<Syncs>(`${path}/sync`);
  for (let i = 0; i < 600; i++) {
    const { told, syncs } = await state();
    if (told === right.length && syncs[0]?.status === "done") break;
    await sleep(50);
  }
  expect(await state()).toMatchObject({ told: right.length, syncs: [{ status: "done", missing: 0 }] });
});
