// Payloads that others have published, sent as they are: the examples of the Segment spec and the batches of its Go SDK.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { basic, startTestIngest, writeKey, type TestDoor, type TestIngest } from "./testing.ts";

const fixtures = join(import.meta.dirname, "../../../tests/fixtures");
const spec = join(fixtures, "segment-spec");
const goFixtures = join(fixtures, "segment-go");

interface SpecCall {
  readonly call: string;
  readonly args: readonly unknown[];
}

/** The event that analytics.js makes of a call: texts are ids and names in the order of the method, objects come after them. */
function eventOfCall({ call, args }: SpecCall): Record<string, unknown> {
  const texts = args.filter((arg) => typeof arg === "string");
  const [first, second] = args.filter((arg) => typeof arg === "object" && arg !== null);
  const holder = call === "identify" || call === "group" ? "traits" : "properties";
  const nameField = { track: "event", identify: "userId", group: "groupId", alias: "userId", page: "name", screen: "name" }[call] ?? "name";
  return {
    anonymousId: "a1",
    ...(texts.length > 0 && { [nameField]: texts.at(-1) }),
    [holder]: first ?? {},
    ...(second !== undefined && { options: second }),
  };
}

const lines = (file: string): string[] =>
  readFileSync(join(spec, file), "utf8")
    .split("\n")
    .filter((line) => line !== "");

describe("published payloads", () => {
  let ingest: TestIngest;
  let door: TestDoor;
  beforeAll(async () => {
    ingest = await startTestIngest();
    door = await ingest.open();
  });
  afterAll(() => ingest.stop());
  beforeEach(async () => void (await ingest.stored()));

  const post = async (path: string, body: string): Promise<number> =>
    door.send({ path, headers: basic(writeKey), body }).then(({ status }) => status);

  test("all 75 examples of the spec are stored as sent, one by one and as a batch", async () => {
    // The bytes between `"payload": ` and the end of the line are the example as published.
    const payloads = lines("spec_events.ndjson").map((line) => line.slice(line.indexOf('"payload": ') + 11, -1));
    expect(payloads).toHaveLength(75);
    for (const body of payloads) expect(await post("/v1/track", body)).toBe(200);
    expect((await ingest.stored()).flatMap(({ events }) => events)).toEqual(payloads);
    expect(await post("/v1/batch", `{"batch":[${payloads.join(",")}]}`)).toBe(200);
    const [record] = await ingest.stored();
    expect(record?.events).toEqual(payloads);
    expect(record?.header.problems).toBeUndefined();
  });

  test("all 48 calls of the spec are stored at the path of their method", async () => {
    const calls = lines("spec_calls.ndjson").map((line) => JSON.parse(line) as SpecCall);
    expect(calls).toHaveLength(48);
    for (const call of calls) {
      const body = JSON.stringify(eventOfCall(call));
      expect(await post(`/v1/${call.call}`, body)).toBe(200);
      expect((await ingest.stored()).map(({ header, events }) => [header.type, events])).toEqual([[call.call, [body]]]);
    }
  });

  const batches = readdirSync(goFixtures).filter((name) => name.endsWith(".json"));
  test.each(batches)("the Go SDK's %s is stored with its batch's context", async (name) => {
    const body = readFileSync(join(goFixtures, name), "utf8");
    expect(await post("/v1/batch", body)).toBe(200);
    const sent = JSON.parse(body) as { batch: unknown[]; context: unknown; sentAt: string };
    const [record] = await ingest.stored();
    expect(record?.events.map((event) => JSON.parse(event) as unknown)).toEqual(sent.batch);
    for (const event of record?.events ?? []) expect(body).toContain(event);
    expect(JSON.parse(record?.header.context ?? "")).toEqual(sent.context);
    expect(record?.header.sentAt).toBe(sent.sentAt);
  });
});
