// Messages in a topic: of a broker of our own making on loopback, and of a real one where TEST_KAFKA names it (host:port, without signing in).
import { randomUUID } from "node:crypto";
import { Kafka, logLevel } from "kafkajs";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Outcome } from "../destination.ts";
import { contractEvent, hostileTexts } from "../testing-contract.ts";
import { startTestBroker, type TestBroker } from "../testing-kafka.ts";
import { createOutbound } from "../../outbound/outbound.ts";
import { kafka } from "./kafka.ts";

const password = "canary-kafka-password";
let broker: TestBroker;
beforeAll(async () => void (broker = await startTestBroker("events")));
afterAll(() => broker?.stop());
beforeEach(() => Object.assign(broker, { produced: () => 0, place: { host: "127.0.0.1", port: broker.port }, signIn: 0 }));

const destination = (timeoutMs = 5_000) => kafka({ outbound: createOutbound({ privateHosts: [`127.0.0.1:${broker.port}`, ...realHost] }), filesDirectory: "", nowMs: Date.now, timeoutMs });
const real = process.env["TEST_KAFKA"];
const realHost = real === undefined ? [] : [real];
const settings = (more: object = {}) => ({ brokers: `127.0.0.1:${broker.port}`, tls: "none", sasl: "none", ...more });
const connection = (more: object = {}) => ({ workspaceId: 1, destinationId: 2, slug: "kafka-topic", version: 1, settings: settings(more) });

async function send(payloads: readonly Readonly<Record<string, unknown>>[], more: object = {}, to = destination()): Promise<readonly Outcome[]> {
  const result = await to.send({
    connection: connection(more), subscription: { id: 3, version: 1, action: "produce" },
    items: payloads.map((payload, index) => ({ event: contractEvent(index), payload: { topic: "events", ...payload }, idempotencyKey: `key-${index}` })),
  }, new AbortController().signal);
  expect(JSON.stringify(result)).not.toContain(password);
  return result.outcomes;
}

test("each message is in the partition of its person, in order, with its key, and nothing in it leads astray", async () => {
  const before = broker.messages.length;
  const payloads = Array.from({ length: 40 }, (_, n) => ({ key: `user-${n % 7}`, value: { n }, headers: { kind: "test" } }));
  expect(await send([...payloads, ...hostileTexts.map((text) => ({ key: text, value: { text }, headers: { text } }))])).toEqual(Array.from({ length: 40 + hostileTexts.length }, () => ({ kind: "delivered" })));
  const got = broker.messages.slice(before);
  expect(got).toHaveLength(40 + hostileTexts.length);
  for (const user of [0, 1, 2, 3, 4, 5, 6].map((n) => `user-${n}`)) {
    const of = got.filter(({ key }) => key === user);
    expect(new Set(of.map(({ partition }) => partition)).size).toBe(1);
    const order = of.map(({ value }) => (JSON.parse(value) as { n: number }).n);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  }
  expect(new Set(got.map(({ partition }) => partition)).size).toBe(2);
  expect(got.find(({ value }) => value === '{"n":0}')).toMatchObject({ key: "user-0", producer: "77", headers: { "kind": "test", "idempotency-key": "key-0", "content-type": "application/json" } });
  for (const text of hostileTexts) expect(got.map(({ value }) => (JSON.parse(value) as { text?: string }).text)).toContain(JSON.parse(JSON.stringify(text)));
});

test("what the broker says becomes an outcome: again, never, or a key that is not taken", async () => {
  let from = 0;
  const answering = async (code: number, more: object = {}): Promise<Outcome | undefined> => {
    broker.produced = () => code;
    return (await send([{ key: "a", value: { a: 1 } }], more))[0];
  };
  expect(await answering(10)).toMatchObject({ kind: "refused", code: "kafka_message_too_large" });
  expect(await answering(29)).toMatchObject({ kind: "unauthorized" });
  expect(await answering(19)).toMatchObject({ kind: "retry", code: "kafka_not_enough_replicas", isOfDestination: true });
  broker.produced = (nth) => (from === 0 ? (from = nth + 1, "cut") : 0);
  const before = broker.messages.length;
  expect(await send([{ key: "a", value: { cut: 1 } }])).toEqual([{ kind: "delivered" }]);
  // The answer was lost: it was sent again, with the number by which a real broker knows it.
  expect(broker.messages.slice(before).map(({ producer }) => producer)).toEqual(["77", "77"]);
  expect(await send([{ key: "a", value: { big: "x".repeat(1_000_000) } }])).toMatchObject([{ kind: "refused", code: "payload" }]);
  expect(await send([{ topic: "../x", key: "a", value: {} }])).toMatchObject([{ kind: "refused", code: "payload" }]);
});

test("no broker is reached that must not be, be it named by the settings or by the cluster", async () => {
  for (const host of ["169.254.169.254", "10.0.0.1", "localhost", "2130706433"]) {
    const code = expect.stringMatching(/^(address_refused|bad_address)$/);
    expect(await send([{ key: "a", value: {} }], { brokers: `${host}:9092` })).toMatchObject([{ kind: "retry", code }]);
    broker.place = { host, port: 9092 };
    expect(await send([{ key: "a", value: {} }])).toMatchObject([{ kind: "retry", code }]);
    broker.place = { host: "127.0.0.1", port: broker.port };
  }
});

test("settings are told by field, tried at the cluster, and a password goes nowhere in the clear", async () => {
  const { check } = destination();
  const fields = (more: object): string[] => check(settings(more)).map(({ field }) => field);
  expect(fields({})).toEqual([]);
  expect([fields({ brokers: "host" }), fields({ brokers: "a:1,b:99999" }), fields({ brokers: "http://a:1" })]).toEqual([["brokers"], ["brokers"], ["brokers"]]);
  expect(fields({ sasl: "scram-sha-256" })).toEqual(["username"]);
  expect(fields({ sasl: "plain", username: "u", password })).toEqual(["tls"]);
  const never = new AbortController().signal;
  expect(await destination().test(connection(), never)).toMatchObject({ isGood: true, exchanges: [{ method: "KAFKA" }] });
  expect(await destination(1_000).test(connection({ tls: "verified" }), never)).toMatchObject({ isGood: false });
  expect(await send([{ key: "a", value: {} }], { sasl: "scram-sha-256", username: "u", password }, destination(2_000))).toMatchObject([{ kind: "unauthorized" }]);
  const began = new AbortController();
  setTimeout(() => began.abort(), 50);
  broker.produced = () => 19;
  const { outcomes } = await destination().send({ connection: connection(), subscription: { id: 1, version: 1, action: "produce" }, items: [{ event: contractEvent(1), payload: { topic: "events", value: {} }, idempotencyKey: "k" }] }, began.signal);
  expect(outcomes).toMatchObject([{ kind: "retry" }]);
});

test.skipIf(real === undefined)("a real broker keeps all of it, in order, once (only where TEST_KAFKA=host:port names one)", async () => {
  const client = new Kafka({ brokers: [real ?? ""], logLevel: logLevel.NOTHING });
  const topic = `tributary-${randomUUID()}`;
  const admin = client.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 4 }], waitForLeaders: true });
  const consumer = client.consumer({ groupId: topic });
  try {
    const payloads = Array.from({ length: 1_000 }, (_, n) => ({ topic, key: `user-${n % 50}`, value: { n } }));
    expect((await send(payloads, { brokers: real ?? "" })).every(({ kind }) => kind === "delivered")).toBe(true);
    expect(await send([{ topic: `${topic}-none`, key: "a", value: {} }], { brokers: real ?? "" }, destination(3_000))).toMatchObject([{ kind: "retry" }]);
    const got: { key: string; n: number }[] = [];
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer.run({
        eachMessage: async ({ message }) => {
          got.push({ key: String(message.key), n: (JSON.parse(String(message.value)) as { n: number }).n });
          if (got.length === payloads.length) resolve();
        },
      }).catch(reject);
    });
    expect(got.map(({ n }) => n).toSorted((a, b) => a - b)).toEqual(payloads.map((_, n) => n));
    for (let user = 0; user < 50; user++) {
      const order = got.filter(({ key }) => key === `user-${user}`).map(({ n }) => n);
      expect(order).toEqual(order.toSorted((a, b) => a - b));
    }
  } finally {
    await consumer.disconnect();
    await admin.deleteTopics({ topics: [topic] }).catch(() => undefined);
    await admin.disconnect();
  }
});
