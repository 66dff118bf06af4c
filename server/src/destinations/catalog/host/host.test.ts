// What the host promises whatever a destination does: an answer in time, nobody else's work lost for long, nothing of the server touched.
import { once } from "node:events";
import { connect } from "node:net";
import { destinationDefinition, type DestinationDefinition } from "@tributary/schema/destination/definition.ts";
import pino from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Destination, SendRequest } from "../../destination.ts";
import { hostedDestination } from "../catalog.ts";
import { connectionOf, orderOf } from "../testing-contract.ts";
import { startVendor, type Vendor } from "../testing-vendor.ts";
import { createPool, type Pool } from "./pool.ts";
import { createTokenKeeper } from "../../oauth/token-keeper.ts";

const logger = pino({ level: "silent" });
const never = new AbortController().signal;
const beside = (file: string): string => new URL(file, import.meta.url).href;
let vendor: Vendor;
let pool: Pool;

const poolFor = (more: object = {}): Pool => createPool({
  definitions: { file: beside("../testing-hostile.ts"), options: undefined }, client: { file: beside("../testing-loopback-client.ts"), options: { port: vendor.port } },
  logger, sharedMax: 1, hungMs: 4_000, jobTimeoutMs: 15_000, requestTimeoutMs: 5_000, heapMb: 96, ...more,
});

beforeAll(async () => {
  vendor = await startVendor();
  pool = poolFor();
});
afterAll(async () => {
  await pool.close();
  await vendor.close();
});
beforeEach(() => {
  vendor.requests.length = 0;
  vendor.answer(() => ({ status: 200 }));
});

const definitionOf = (slug: string): DestinationDefinition => destinationDefinition.parse({
  slug, name: slug, category: "other", origin: "catalog", availability: { kind: "ready" }, proof: "loads", authentication: "none", settings: [],
  actions: [{ key: "send", name: "Send", fields: [] }], presets: [], canTest: false, canForget: false,
});
const hostile = (slug: string, on = pool): Destination => hostedDestination(definitionOf(slug), { pool: on, keeper: createTokenKeeper() });
const one = (slug: string, destinationId: number, payload: Record<string, unknown> = {}): SendRequest => ({
  connection: connectionOf(slug, { destinationId }), subscription: { id: 1, version: 1, action: "send" }, items: [{ event: orderOf(1), payload, idempotencyKey: "k" }],
});
const outcomeOf = async (slug: string, destinationId: number, on = pool) => (await hostile(slug, on).send(one(slug, destinationId), never)).outcomes[0];

test("an endless loop is stopped, what shared its thread is tried again, and the next one works", async () => {
  vendor.answer(() => "hang");
  const beside = hostile("good").send(one("good", 1), never);
  await expect.poll(() => vendor.requests.length).toBe(1);
  const looped = await outcomeOf("loop", 2);
  expect(looped).toMatchObject({ kind: "retry", code: "thread_lost" });
  expect((await beside).outcomes).toMatchObject([{ kind: "retry", code: "thread_lost" }]);
  vendor.answer(() => ({ status: 200 }));
  expect(await outcomeOf("good", 1)).toMatchObject({ kind: "delivered", status: 200 });
});

test("the connection that hung runs alone from then on: its next loop costs nobody else anything", async () => {
  vendor.answer(() => ({ status: 200 }));
  const again = outcomeOf("loop", 2);
  const others = await Promise.all(Array.from({ length: 5 }, (_, at) => outcomeOf("good", 10 + at)));
  expect(others.map((outcome) => outcome?.kind)).toEqual(Array.from({ length: 5 }, () => "delivered"));
  expect(await again).toMatchObject({ kind: "retry", code: "thread_lost" });
});

test.each([["exit", "retry", "thread_lost"], ["memory", "retry", "thread_lost"], ["kill", "refused", "destination_failed"], ["program", "refused", "destination_failed"], ["bug", "refused", "destination_failed"]])(
  "%s: the server stays, the outcome says it, and others work", async (slug, kind, code) => {
    expect(await outcomeOf(slug, 20)).toMatchObject({ kind, code });
    expect(await outcomeOf("good", 21)).toMatchObject({ kind: "delivered" });
  },
);

test("what fails without anybody waiting for it ends nothing", async () => {
  expect(await outcomeOf("stray", 30)).toMatchObject({ kind: "delivered" });
});

test("one that never comes back is answered at its deadline, and its thread goes on", async () => {
  const short = poolFor({ jobTimeoutMs: 800 });
  expect(await outcomeOf("never", 40, short)).toMatchObject({ kind: "retry", code: "timeout", isOfDestination: true });
  expect(await outcomeOf("good", 41, short)).toMatchObject({ kind: "delivered" });
  expect(short.size()).toBe(1);
  await short.close();
});

test("after its deadline a destination reaches nobody", async () => {
  const short = poolFor({ jobTimeoutMs: 800 });
  expect(await outcomeOf("late", 42, short)).toMatchObject({ kind: "retry", code: "timeout" });
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(vendor.requests.map(({ url }) => url)).toEqual([]);
  await short.close();
});

test("giving up is answered at once", async () => {
  const controller = new AbortController();
  vendor.answer(() => "hang");
  const sent = hostile("good").send(one("good", 50), controller.signal);
  await expect.poll(() => vendor.requests.length).toBe(1);
  controller.abort();
  expect((await sent).outcomes).toMatchObject([{ kind: "retry", code: "aborted" }]);
});

test("a destination sees nothing of the server's environment", async () => {
  process.env["TRIBUTARY_TEST_CANARY"] = "canary-of-the-server";
  const fresh = poolFor();
  expect(await outcomeOf("environment", 60, fresh)).toMatchObject({ kind: "delivered" });
  const [request] = vendor.requests;
  expect(decodeURIComponent(request?.url ?? "")).toContain("AWS_EC2_METADATA_DISABLED");
  expect(decodeURIComponent(request?.url ?? "")).not.toContain("canary-of-the-server");
  await fresh.close();
});

test("what the vendor said of a refusal is told where the destination only tells the status, without secrets and people's addresses", async () => {
  vendor.answer(() => ({ status: 400, json: { errors: [{ message: "ada@example.com is no customer of canary-0123456789" }] } }));
  const request = one("good", 65);
  const { outcomes } = await hostile("good").send({ ...request, connection: { ...request.connection, settings: { apiKey: "canary-0123456789" } } }, never);
  expect(outcomes).toEqual([{ kind: "refused", code: "http_400", detail: "Bad Request: …@… is no customer of [cut out]", status: 400 }]);
  vendor.answer(() => ({ status: 400, text: "<html>Nothing for programs</html>" }));
  expect(await outcomeOf("good", 65)).toMatchObject({ detail: "Bad Request" });
});

test("closing answers what is under way", async () => {
  const closing = poolFor();
  vendor.answer(() => "hang");
  const sent = hostile("good", closing).send(one("good", 70), never);
  await expect.poll(() => vendor.requests.length).toBe(1);
  await closing.close();
  expect((await sent).outcomes).toMatchObject([{ kind: "retry", code: "thread_lost" }]);
});

test("the guarded client of a real thread reaches no private address, by HTTP or otherwise", async () => {
  const guarded = poolFor({ client: { file: beside("./guarded-client.ts"), options: { privateHosts: [] } } });
  const sent = await hostile("good", guarded).send(one("good", 80, { url: `http://127.0.0.1:${vendor.port}/` }), never);
  expect(sent.outcomes).toMatchObject([{ kind: "refused", code: "address_refused" }]);
  expect(vendor.requests).toEqual([]);
  // The fence is the thread's: this one connects as ever.
  const socket = connect(vendor.port, "127.0.0.1");
  await once(socket, "connect");
  socket.destroy();
  await guarded.close();
});
