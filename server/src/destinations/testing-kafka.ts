// A broker for tests, on loopback: it says that it leads two partitions of one topic, takes what is produced there, and names itself and others as it is told.
import { createRequire } from "node:module";
import { createServer, type AddressInfo, type Socket } from "node:net";

export interface TestMessage {
  readonly partition: number;
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly producer: string;
}

export interface TestBroker {
  readonly port: number;
  readonly messages: readonly TestMessage[];
  readonly asked: readonly number[];
  /** How the next requests to produce end: a number of Kafka's errors, or a connection that is cut behind them. */
  produced: (nth: number) => number | "cut";
  /** Where the cluster says that its broker is. */
  place: { readonly host: string; readonly port: number };
  /** Number of the error that signing in ends with. */
  signIn: number;
  stop(): Promise<void>;
}

const PARTITIONS = 2;
const [PRODUCE, METADATA, SASL_HANDSHAKE, API_VERSIONS, INIT_PRODUCER, SASL_AUTHENTICATE] = [0, 3, 17, 18, 22, 36];
const versions = [[PRODUCE, 3, 3], [METADATA, 4, 4], [SASL_HANDSHAKE, 1, 1], [API_VERSIONS, 0, 0], [INIT_PRODUCER, 0, 0], [SASL_AUTHENTICATE, 0, 0]];

type Decoded = { readonly producerId: string; readonly records: readonly { readonly key: Buffer; readonly value: Buffer; readonly headers: Readonly<Record<string, Buffer>> }[] };
const requireHere = createRequire(import.meta.url);
// The library's own reading of what it wrote; it has no types there.
const decodeBatch = requireHere("kafkajs/src/protocol/recordBatch/v0/decoder") as (decoder: object) => Promise<Decoded>;
const Decoder = requireHere("kafkajs/src/protocol/decoder") as new (buffer: Buffer) => object;

const int = (bytes: 1 | 2 | 4, value: number): Buffer => {
  const buffer = Buffer.alloc(bytes);
  buffer.writeIntBE(value, 0, bytes);
  return buffer;
};
const long = (value: number): Buffer => Buffer.concat([int(4, value < 0 ? -1 : 0), int(4, value)]);
const text = (value: string | null): Buffer => (value === null ? int(2, -1) : Buffer.concat([int(2, Buffer.byteLength(value)), Buffer.from(value)]));
const list = (all: readonly Buffer[]): Buffer => Buffer.concat([int(4, all.length), ...all]);

class Reader {
  #at = 0;
  readonly #from: Buffer;
  constructor(from: Buffer) {
    this.#from = from;
  }
  int(bytes: 1 | 2 | 4): number {
    this.#at += bytes;
    return this.#from.readIntBE(this.#at - bytes, bytes);
  }
  text(): string {
    return this.bytes(Math.max(0, this.int(2))).toString();
  }
  bytes(length: number): Buffer {
    this.#at += length;
    return this.#from.subarray(this.#at - length, this.#at);
  }
}

export async function startTestBroker(topic: string): Promise<TestBroker> {
  const messages: TestMessage[] = [];
  const asked: number[] = [];
  const sockets = new Set<Socket>();
  let nth = 0;
  const broker: Pick<TestBroker, "produced" | "place" | "signIn"> = { produced: () => 0, place: { host: "127.0.0.1", port: 0 }, signIn: 0 };

  async function produce(request: Reader): Promise<Buffer | "cut"> {
    request.text();
    request.int(2);
    request.int(4);
    const answers: Buffer[] = [];
    const end = broker.produced(nth++);
    for (let topics = request.int(4); topics > 0; topics--) {
      const name = request.text();
      const parts: Buffer[] = [];
      for (let partitions = request.int(4); partitions > 0; partitions--) {
        const partition = request.int(4);
        const { records, producerId } = await decodeBatch(new Decoder(request.bytes(request.int(4))));
        if (end === 0 || end === "cut") {
          messages.push(...records.map(({ key, value, headers }) => ({
            partition, key: key.toString(), value: value.toString(), producer: producerId, headers: Object.fromEntries(Object.entries(headers).map(([header, one]) => [header, one.toString()])),
          })));
        }
        parts.push(Buffer.concat([int(4, partition), int(2, end === "cut" ? 0 : end), long(0), long(-1)]));
      }
      answers.push(Buffer.concat([text(name), list(parts)]));
    }
    return end === "cut" ? end : Buffer.concat([list(answers), int(4, 0)]);
  }

  async function answer(key: number, request: Reader): Promise<Buffer | "cut"> {
    asked.push(key);
    const ids = list([int(4, 1)]);
    const partitions = list(Array.from({ length: PARTITIONS }, (_, at) => Buffer.concat([int(2, 0), int(4, at), int(4, 1), ids, ids])));
    const { host, port } = broker.place;
    switch (key) {
      case API_VERSIONS: return Buffer.concat([int(2, 0), list(versions.map((one) => Buffer.concat(one.map((part) => int(2, part)))))]);
      case METADATA: return Buffer.concat([int(4, 0), list([Buffer.concat([int(4, 1), text(host), int(4, port), text(null)])]), text("test"), int(4, 1), list([Buffer.concat([int(2, 0), text(topic), int(1, 0), partitions])])]);
      case INIT_PRODUCER: return Buffer.concat([int(4, 0), int(2, 0), long(77), int(2, 0)]);
      case SASL_HANDSHAKE: return Buffer.concat([int(2, 0), list([text("PLAIN")])]);
      case SASL_AUTHENTICATE: return Buffer.concat([int(2, broker.signIn), text(broker.signIn === 0 ? null : "wrong password"), int(4, 0)]);
      default: return produce(request);
    }
  }

  const server = createServer((socket) => {
    sockets.add(socket);
    let soFar = Buffer.alloc(0);
    let before = Promise.resolve();
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket)).on("data", (bytes: Buffer) => {
      soFar = Buffer.concat([soFar, bytes]);
      while (soFar.length >= 4 && soFar.length >= 4 + soFar.readInt32BE(0)) {
        const request = new Reader(soFar.subarray(4, 4 + soFar.readInt32BE(0)));
        soFar = soFar.subarray(4 + soFar.readInt32BE(0));
        before = before.then(async () => {
          const key = request.int(2);
          request.int(2);
          const id = request.int(4);
          request.text();
          const said = await answer(key, request);
          if (said === "cut") return void socket.destroy();
          socket.write(Buffer.concat([int(4, said.length + 4), int(4, id), said]));
        });
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // It listens.
  return Object.assign(broker, {
    port, messages, asked, place: { host: "127.0.0.1", port },
    stop: () => new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    }),
  });
}
