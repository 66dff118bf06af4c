// What others have published as examples, and what only a byte-exact store survives, sent over HTTP to a real server and
// read back from ClickHouse: every payload is accepted, and stands there byte for byte as it was sent.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sql, startServerProcess, WRITE_KEY, type ServerProcess } from "./server-process.ts";

const fixtures = join(import.meta.dirname, "fixtures");

let server: ServerProcess;
/** Position of the last event read back. */
let readUpTo = -1;
beforeAll(async () => {
  server = await startServerProcess();
});
afterAll(() => server?.remove());

/** As bytes; what a client library does to a text must not stand in between. Gives the status. */
async function post(path: string, body: Buffer): Promise<number> {
  const response = await fetch(`${server.url}${path}`, {
    method: "POST", headers: { authorization: `Basic ${Buffer.from(`${WRITE_KEY}:`).toString("base64")}`, "content-type": "application/json" },
    body: new Uint8Array(body),
  });
  await response.arrayBuffer();
  return response.status;
}

interface Stored {
  readonly raw: Buffer;
  readonly event: string;
  readonly type: string;
  /** `stored`, or the outcome with its reason. */
  readonly fate: string;
}

/** What came in since the last call, in order. */
async function arrived(): Promise<Stored[]> {
  await server.settled();
  const rows = await sql<{ raw: string; event: string; type: string; outcome: string; reason: string; row_id: number }>(
    server.dataDir,
    `select base64Encode(raw) as raw, event, type, outcome, reason, row_id from events
      where outcome != 'control' and row_id > toInt64(${readUpTo}) order by row_id`,
  );
  readUpTo = Number(rows.at(-1)?.row_id ?? readUpTo);
  return rows.map(({ raw, event, type, outcome, reason }) => ({
    raw: Buffer.from(raw, "base64"), event, type, fate: outcome === "stored" ? outcome : `${outcome}: ${reason}`,
  }));
}

const hex = (list: readonly Buffer[]): string[] => list.map((bytes) => bytes.toString("hex"));

const known = new Set<unknown>();
/** What becomes of payloads: stored, unless one with the same messageId came before (the examples share some). */
function expectedFates(payloads: readonly Buffer[]): string[] {
  return payloads.map((payload) => {
    const { messageId } = JSON.parse(payload.toString()) as { messageId?: unknown };
    const isRepeat = messageId !== undefined && known.has(messageId);
    known.add(messageId);
    return isRepeat ? "duplicate: message_id_seen" : "stored";
  });
}

function expectAsSent(stored: readonly Stored[], payloads: readonly Buffer[]): void {
  expect(hex(stored.map(({ raw }) => raw))).toEqual(hex(payloads));
  expect(stored.map(({ fate }) => fate)).toEqual(expectedFates(payloads));
}

const lines = (file: string): string[] => readFileSync(join(fixtures, "segment-spec", file), "utf8").split("\n").filter((line) => line !== "");
// The bytes between `"payload": ` and the end of the line are the example as published.
const examples = lines("spec_events.ndjson").map((line) => Buffer.from(line.slice(line.indexOf('"payload": ') + 11, -1)));

/** The path that a payload's own type names; examples without one are shown as tracked. */
function pathOf(payload: Buffer): string {
  const { type } = JSON.parse(payload.toString()) as { type?: string };
  return `/v1/${type ?? "track"}`;
}

test("all 75 example payloads of the Segment spec, one by one", async () => {
  expect(examples).toHaveLength(75);
  for (const payload of examples) expect(await post(pathOf(payload), payload)).toBe(200);
  expectAsSent(await arrived(), examples);
});

test("the same 75 as one batch, where a messageId of before is a repeat and its payload is kept all the same", async () => {
  const list = examples.flatMap((payload, i) => (i === 0 ? [payload] : [Buffer.from(","), payload]));
  expect(await post("/v1/batch", Buffer.concat([Buffer.from('{"batch":['), ...list, Buffer.from("]}")]))).toBe(200);
  expectAsSent(await arrived(), examples);
});

interface SpecCall {
  readonly call: string;
  readonly args: readonly unknown[];
}

/** The event that analytics.js makes of a call: texts are ids and names in the order of the method, objects come after them. */
function eventOfCall({ call, args }: SpecCall): Buffer {
  const texts = args.filter((arg) => typeof arg === "string");
  const [first, second] = args.filter((arg) => typeof arg === "object" && arg !== null);
  const nameField = { track: "event", identify: "userId", group: "groupId", alias: "userId", page: "name", screen: "name" }[call] ?? "name";
  return Buffer.from(JSON.stringify({
    anonymousId: "a1", ...(texts.length > 0 && { [nameField]: texts.at(-1) }), [call === "identify" || call === "group" ? "traits" : "properties"]: first ?? {},
    ...(call === "alias" && { previousId: texts.length > 1 ? texts[0] : "a1" }), ...(second !== undefined && { options: second }),
  }));
}

test("all 48 example calls of the Segment spec, each at the path of its method", async () => {
  const calls = lines("spec_calls.ndjson").map((line): SpecCall => JSON.parse(line));
  expect(calls).toHaveLength(48);
  for (const call of calls) expect(await post(`/v1/${call.call}`, eventOfCall(call))).toBe(200);
  const stored = await arrived();
  expectAsSent(stored, calls.map(eventOfCall));
  expect(stored.map(({ type }) => type)).toEqual(calls.map(({ call }) => call));
});

test("every batch that the Go SDK's own tests expect", async () => {
  const names = readdirSync(join(fixtures, "segment-go")).filter((name) => name.endsWith(".json"));
  expect(names.length).toBeGreaterThanOrEqual(11);
  const bodies = names.map((name) => readFileSync(join(fixtures, "segment-go", name)));
  for (const body of bodies) expect(await post("/v1/batch", body)).toBe(200);
  const stored = await arrived();
  for (const body of bodies) {
    const { batch } = JSON.parse(body.toString()) as { batch: unknown[] };
    const part = stored.splice(0, batch.length).map(({ raw }) => raw);
    expect(part.map((raw) => JSON.parse(raw.toString()) as unknown)).toEqual(batch);
    // An event's bytes are a piece of the body, with the body's own white space.
    for (const raw of part) expect(body.includes(raw)).toBe(true);
  }
  expect(stored).toEqual([]);
});

let odd = 0;
/** A track call with these properties, as text or as bytes. */
function withProperties(properties: string | Buffer): Buffer {
  return Buffer.concat([Buffer.from(`{"type":"track","event":"Odd","userId":"odd","messageId":"odd-${odd++}","properties":`), Buffer.from(properties), Buffer.from("}")]);
}

const oddPayloads: Readonly<Record<string, Buffer>> = {
  "integers beyond 2^53 and 2^64": withProperties('{"a":9007199254740993,"b":18446744073709551617,"c":-123456789012345678901234567890}'),
  "numbers with a form of their own": withProperties('{"a":1.0,"b":-0,"c":1e5,"d":1E+05,"e":0.10,"f":1e400,"g":-1e-400}'),
  "keys that occur twice": withProperties('{"a":1,"a":2,"b":{"c":1,"c":{"d":1}},"b":3}'),
  "keys that clash as paths": withProperties('{"a.b":1,"a":{"b":2},"":3,".":4,"a..b":5}'),
  "a lone high and a lone low surrogate": withProperties('{"a":"\\ud800","b":"x\\udfff","\\ud83d":1,"c":"\\ude00\\ud83d"}'),
  "NUL, escaped": withProperties('{"a":"\\u0000","b\\u0000c":"d\\u0000"}'),
  "characters beyond the basic plane": withProperties('{"😀":"👩‍👩‍👧","b":"\\ud83d\\ude00","c":"e\u0301","d":"\u2028\u2029\u007f\ufeff"}'),
  "bytes that are no UTF-8": withProperties(Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80, 0xf5]), Buffer.from('","b":"cut '), Buffer.from([0xf0, 0x9f]), Buffer.from('"}')])),
  "escapes that need not be": withProperties('{"\\u0061":"\\/\\u00e9\\t\\b","b":"\\u2028"}'),
  "white space everywhere": withProperties('{ "a" :\t1 ,\r\n\n "b":[ 1 , { } ] }'),
  "names of JavaScript's own": withProperties('{"__proto__":{"a":1},"constructor":{"prototype":{}},"toString":1,"__proto__":2}'),
  "texts that look like something else": withProperties('{"a":"2020-01-01T03:04:05+02:00","b":"12","c":"true","d":"null","e":" 12","f":"1e3","g":"NaN"}'),
  "nothing in many forms": withProperties('{"a":null,"b":{},"c":[],"d":"","e":[null,{}],"f":[[]]}'),
  "lists of everything": withProperties('{"products":[{"a":1},null,"x",[1,"2"],{"a":"1"},{"a":{"b":1}}],"mixed":[1,"1",true,1.5]}'),
  "properties that are no object": withProperties('[1,2]'),
  "wild times": Buffer.from('{"type":"track","event":"Odd","userId":"odd","messageId":"odd-time","timestamp":"+275760-09-13T00:00:00.001Z","sentAt":"0000-00-00","originalTimestamp":99999999999999999999}'),
  "a time in the year 1": Buffer.from('{"type":"track","event":"Odd","userId":"odd","messageId":"odd-year","timestamp":"0001-01-01T00:00:00Z"}'),
  "ids of other types": Buffer.from('{"type":"identify","userId":12345678901234567890,"anonymousId":{"a":1},"messageId":7,"traits":{"email":["x"],"\\ud800":"\\u0000"}}'),
  "a name with odd characters": Buffer.from('{"type":"track","event":"\\u0000\\ud800 \u202e😀","userId":"odd \\u0000","messageId":"odd-\\ud800\\u0000"}'),
};

test("payloads that only a byte-exact store survives, alone and in the middle of a batch", async () => {
  const neighbour = (name: string): Buffer => Buffer.from(`{"type":"track","event":"Fine","userId":"fine","messageId":"${name}"}`);
  for (const [name, payload] of Object.entries(oddPayloads)) {
    expect(await post(pathOf(payload), payload), name).toBe(200);
    const [before, after] = [neighbour(`before ${name}`), neighbour(`after ${name}`)];
    const batch = ['{"batch": [ ', before, " ,\n", payload, ", ", after, "\t]}"].map((part) => Buffer.from(part));
    expect(await post("/v1/batch", Buffer.concat(batch)), name).toBe(200);
  }
  const stored = await arrived();
  for (const [name, payload] of Object.entries(oddPayloads)) {
    const part = stored.splice(0, 4);
    expect(hex(part.map(({ raw }) => raw)), name).toEqual(hex([payload, neighbour(`before ${name}`), payload, neighbour(`after ${name}`)]));
    expect(part.map(({ fate }) => fate), name).toEqual(["stored", "stored", "duplicate: message_id_seen", "stored"]);
  }
  expect(stored).toEqual([]);
});

/** Payload → the reason for which it is held. */
const held: Readonly<Record<string, string>> = {
  '{"type":"track","userId":"u","messageId":"q1"}': "event_name_missing",
  "7": "not_an_object",
  '"\\ud800\\u0000"': "not_an_object",
  [`${'{"a":'.repeat(65)}1${"}".repeat(65)}`]: "too_deep",
  [`{"type":"track","event":"E","userId":"u","properties":{"a":"${"é".repeat(300_000)}"}}`]: "event_too_large",
};

test("what can't be processed is accepted, kept as it came, and quarantined with its reason", async () => {
  for (const text of Object.keys(held)) expect(await post("/v1/batch", Buffer.from(`{"batch":[ ${text} ]}`))).toBe(200);
  const stored = await arrived();
  expect(stored.map(({ raw }) => raw.toString())).toEqual(Object.keys(held));
  expect(stored.map(({ fate }) => fate)).toEqual(Object.values(held).map((reason) => `quarantined: ${reason}`));
  const listed = await server.api<{ data: { reason: string }[] }>("/quarantine");
  expect(listed.data.map(({ reason }) => reason)).toEqual(Object.values(held).toReversed());
});

test("the ledger of all that adds up", async () => {
  await server.settled();
  expect(await server.api("/ledger?verify=true")).toMatchObject({ balanced: true });
});
