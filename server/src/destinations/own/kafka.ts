// Messages in a topic of Kafka, or of what speaks as it does. Each is keyed by its person, so that a person's messages are in one partition, in order. Every connection
// goes the guarded way, to the brokers that the settings name and to those that the cluster names itself.
import type { Kafka as KafkaClient, Message, SASLOptions } from "kafkajs";
import { OutboundError } from "../../outbound/outbound.ts";
import type { Outcome, SendItem } from "../destination.ts";
import { defineDestination, type At, type OwnAction } from "./define-destination.ts";
import { LateSocket } from "./late-socket.ts";
import { asDetail, outcomeOfFailure } from "./outcome-of.ts";

/** What a broker takes in one go where nobody has set it higher, with room for what is around it. */
const BATCH_BYTES = 900_000;
const BROKERS_MAX = 20;
const RETRIES = 3;

const produce: OwnAction = {
  definition: {
    key: "produce", name: "Write messages", description: "One message for each event, in the partition of its person.",
    fields: [
      { key: "topic", label: "Topic", type: "string", required: true },
      { key: "key", label: "Key", type: "string", description: "Messages of one key stay in order.", default: { "@if": { exists: { "@path": "$.userId" }, then: { "@path": "$.userId" }, else: { "@path": "$.anonymousId" } } } },
      { key: "value", label: "Message", type: "object", required: true, takesMore: true, editor: "keyvalue", description: "Written as JSON.", default: { "@path": "$." } },
      { key: "headers", label: "Headers", type: "object", takesMore: true, editor: "keyvalue_only" },
    ],
    batch: { sizeMax: 2_000, bytesMax: BATCH_BYTES, keys: ["topic"] },
  },
  check: ({ topic, value }) => [
    ...(/^[\w.-]{1,249}$/.test(String(topic)) && topic !== "." && topic !== ".." ? [] : [{ field: "topic", problem: "A topic's name has letters, digits, dots, - and _ only." }]),
    ...(Buffer.byteLength(JSON.stringify(value) ?? "") > BATCH_BYTES ? [{ field: "value", problem: `A message has at most ${BATCH_BYTES.toLocaleString("en")} bytes.` }] : []),
  ],
  send: (at) => overCluster(at, `${String(at.items[0]?.payload["topic"])}: ${at.items.length}`, async (kafka) => {
    const { CompressionTypes, Partitioners } = await import("kafkajs");
    // With numbers that the broker looks at: what is sent again within this call is there once.
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false, createPartitioner: Partitioners.DefaultPartitioner, retry: { retries: RETRIES, initialRetryTime: 100 } });
    try {
      await producer.connect();
      await producer.send({ topic: String(at.items[0]?.payload["topic"]), acks: -1, timeout: at.parts.timeoutMs, compression: CompressionTypes.GZIP, messages: at.items.map(messageOf) });
    } finally {
      await producer.disconnect().catch(() => undefined);
    }
  }),
};

export const kafka = defineDestination({
  slug: "kafka-topic",
  name: "Kafka topic",
  description: "Writes events into a topic of Kafka, Redpanda or another cluster that speaks Kafka's protocol.",
  category: "warehouse",
  notes: ["A message that is sent again after a failure may be there twice; its header `idempotency-key` is the same.", "The topic has to be there: it is not made."],
  authentication: "basic",
  isStatusAll: false,
  settings: [
    { key: "brokers", label: "Brokers", type: "string", required: true, placeholder: "broker-1.example.com:9092, broker-2.example.com:9092" },
    { key: "tls", label: "TLS", type: "string", required: true, default: "verified", choices: [{ value: "verified", label: "Verified" }, { value: "none", label: "None" }] },
    {
      key: "sasl", label: "Signing in", type: "string", required: true, default: "none",
      choices: [{ value: "none", label: "None" }, { value: "plain", label: "SASL PLAIN" }, { value: "scram-sha-256", label: "SCRAM-SHA-256" }, { value: "scram-sha-512", label: "SCRAM-SHA-512" }],
    },
    { key: "username", label: "User", type: "string" },
    { key: "password", label: "Password", type: "password" },
  ],
  actions: [produce],
  presets: [],
  check: ({ brokers, sasl, tls, username, password }) => [
    ...(typeof brokers === "string" && brokers !== "" && brokersIn(brokers) === undefined ? [{ field: "brokers", problem: `A broker is a host and a port, host:9092; several with commas between, at most ${BROKERS_MAX}.` }] : []),
    ...(typeof sasl === "string" && sasl !== "none" && (isEmpty(username) || isEmpty(password)) ? [{ field: isEmpty(username) ? "username" : "password", problem: "Signing in needs a user and a password." }] : []),
    ...(sasl === "plain" && tls === "none" ? [{ field: "tls", problem: "PLAIN says the password as it is: it needs TLS." }] : []),
  ],
  async test(at) {
    const outcome = await overCluster(at, "metadata", async (client) => {
      const admin = client.admin({ retry: { retries: 1, initialRetryTime: 100 } });
      try {
        await admin.connect();
        await admin.describeCluster();
      } finally {
        await admin.disconnect().catch(() => undefined);
      }
    });
    return outcome;
  },
});

const isEmpty = (value: unknown): boolean => typeof value !== "string" || value === "";

interface Broker {
  readonly host: string;
  readonly port: number;
}

function brokersIn(text: string): Broker[] | undefined {
  const all = text.split(",").map((one) => /^\s*([\w.-]{1,253}):(\d{1,5})\s*$/.exec(one));
  const brokers = all.flatMap((found) => (found === null ? [] : [{ host: found[1] ?? "", port: Number(found[2]) }]));
  return brokers.length === all.length && brokers.length <= BROKERS_MAX && brokers.every(({ port }) => port >= 1 && port <= 65_535) ? brokers : undefined;
}

function messageOf({ payload: { key, value, headers }, idempotencyKey, event }: SendItem): Message {
  const others = typeof headers === "object" && headers !== null ? Object.entries(headers).map(([name, one]) => [name, typeof one === "string" ? one.toWellFormed() : JSON.stringify(one) ?? ""] as const) : [];
  return {
    // Without a person it is the event's own: no partition gets all of them.
    key: typeof key === "string" && key !== "" ? key.toWellFormed() : event.messageId, value: JSON.stringify(value), timestamp: String(Date.parse(event.timestamp) || 0),
    headers: { ...Object.fromEntries(others), "idempotency-key": idempotencyKey, "content-type": "application/json" },
  };
}

async function overCluster(at: At, asked: string, run: (kafka: KafkaClient) => Promise<void>): Promise<Outcome> {
  const { brokers, tls, sasl, username, password } = at.settings;
  const { Kafka, logLevel } = await import("kafkajs");
  const { outbound, timeoutMs, nowMs } = at.parts;
  const startedAtMs = nowMs();
  const startedMs = performance.now();
  const stopping = new AbortController();
  const signal = AbortSignal.any([at.signal, AbortSignal.timeout(timeoutMs), stopping.signal]);
  /** Why a connection could not be made, which the library tells as text alone. */
  let refused: OutboundError | undefined;
  const client = new Kafka({
    clientId: "tributary", brokers: (brokersIn(String(brokers)) ?? []).map(({ host, port }) => `${host}:${port}`), logLevel: logLevel.NOTHING,
    connectionTimeout: timeoutMs, authenticationTimeout: timeoutMs, requestTimeout: timeoutMs, retry: { retries: RETRIES, initialRetryTime: 100 },
    ...(sasl === "none" ? {} : { sasl: { mechanism: sasl, username: String(username ?? ""), password: String(password ?? "") } as SASLOptions }), // One of the choices.
    // Of the settings and of what the cluster says of itself: both by the guard, which verifies TLS.
    socketFactory: ({ host, port, onConnect }) => {
      const connecting = outbound.connect({ host, port, tls: tls !== "none", timeoutMs, signal });
      connecting.catch((error: unknown) => {
        if (error instanceof OutboundError) refused = error;
      });
      return new LateSocket(connecting, onConnect) as unknown as ReturnType<import("kafkajs").ISocketFactory>; // It takes no more of a socket than that.
    },
  });
  const outcome = await Promise.race([run(client).then((): Outcome => ({ kind: "delivered" })), aborted(signal)]).catch((error: unknown) => outcomeOfError(error, refused, at));
  stopping.abort();
  at.record({
    method: "KAFKA", url: `kafka://${String(brokers)}`, requestHeaders: {}, requestBody: asked, status: undefined, responseHeaders: {}, responseBody: "detail" in outcome ? outcome.detail : outcome.kind,
    startedAtMs, tookMs: Math.round(performance.now() - startedMs),
  });
  return outcome;
}

function aborted(signal: AbortSignal): Promise<Outcome> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve({ kind: "retry", code: "timeout", detail: "Kafka did not answer in time.", isOfDestination: true }), { once: true });
  });
}

const ofMessage: ReadonlySet<string> = new Set(["MESSAGE_TOO_LARGE", "INVALID_RECORD", "CORRUPT_MESSAGE", "INVALID_TIMESTAMP", "RECORD_LIST_TOO_LARGE", "INVALID_TOPIC_EXCEPTION"]);
const ofKey: ReadonlySet<string> = new Set(["TOPIC_AUTHORIZATION_FAILED", "CLUSTER_AUTHORIZATION_FAILED", "TRANSACTIONAL_ID_AUTHORIZATION_FAILED", "SASL_AUTHENTICATION_FAILED", "UNSUPPORTED_SASL_MECHANISM", "ILLEGAL_SASL_STATE"]);

function outcomeOfError(error: unknown, refused: OutboundError | undefined, at: At): Outcome {
  if (refused !== undefined) return outcomeOfFailure(refused, { nowMs: at.parts.nowMs(), isStatusAll: false });
  const all = [...causes(error)];
  const type = all.map((one) => ("type" in one && typeof one.type === "string" ? one.type : "")).find((one) => one !== "") ?? "";
  const said = asDetail(at.clean(all.at(-1)?.message ?? ""));
  if (ofKey.has(type) || all.some(({ name }) => name === "KafkaJSSASLAuthenticationError")) return { kind: "unauthorized", detail: `Kafka does not let us in, or not do this. ${said}` };
  if (ofMessage.has(type)) return { kind: "refused", code: `kafka_${type.toLowerCase()}`, detail: `Kafka refused it: ${said}` };
  return { kind: "retry", code: type === "" ? "kafka_failed" : `kafka_${type.toLowerCase()}`, detail: `Kafka did not take it. ${said}`, isOfDestination: true };
}

function* causes(error: unknown): Generator<Error> {
  for (let one = error, depth = 0; one instanceof Error && depth < 5; one = one.cause, depth++) yield one;
}
