// Nothing of an event reaches the log, whatever fails on it: the engines' own messages do quote it, which each test shows first.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { limitsWith } from "../core/limits.ts";
import { createLogger } from "../core/logger.ts";
import { startTestPipeline, type TestPipeline } from "./testing.ts";

const canary = "canary.7f3a";
let text = "";
let isBroken = false;
let pipeline: TestPipeline;

// Stands for a bug in a stage: what is thrown there quotes what was read.
const limits = Object.defineProperty({ ...limitsWith({}) }, "nestingMax", {
  enumerable: true,
  get: () => (isBroken ? Number(JSON.parse(`{"email": ${canary}}`)) : 64),
});

beforeAll(async () => {
  pipeline = await startTestPipeline({ logger: createLogger("trace", { write: (line: string) => void (text += line) }), limits });
});
afterAll(() => pipeline?.stop());
beforeEach(() => void (text = ""));

const call = (messageId: string): object =>
  ({ type: "identify", messageId, userId: `${canary} ${messageId}`, traits: { email: `${canary}@example.com`, nested: { name: canary } } });

test("when a stage fails", async () => {
  isBroken = true;
  await pipeline.send([call("stage")]);
  isBroken = false;
  const { rows } = await pipeline.pool.query<{ detail: string }>("select detail from quarantine where reason = 'pipeline_error'");
  expect(rows[0]?.detail.split("\n")[0]).toMatch(/^SyntaxError: .*canary/);
  expect(text).toContain("a stage failed on one event");
  expect(text).toContain('"type":"SyntaxError"');
  expect(text).not.toContain(canary);
});

test("when Postgres refuses what was decided, with the row in its detail", async () => {
  await pipeline.pool.query(`alter table profile add constraint unforeseen check (doc::text not like '%${canary}%')`);
  const refusal = await pipeline.pool
    .query("insert into profile (id, workspace_id, first_row, updated_row, ingest_ids, doc) values (gen_random_uuid(), 1, 0, 0, '{}', to_json($1::text))", [canary])
    .catch((error: unknown) => error);
  expect(refusal).toMatchObject({ detail: expect.stringContaining(canary) });
  await pipeline.send([call("postgres")]);
  await pipeline.pool.query("alter table profile drop constraint unforeseen");
  expect(text).toContain("a batch was not committed");
  expect(text).toContain('"constraint":"unforeseen"');
  expect(text).toContain("an event can't be stored as it was decided");
  expect(text).not.toContain(canary);
});

test("when ClickHouse refuses a row and quotes it", async () => {
  const client = pipeline.clickhouse.client("write");
  await client.command({ query: `alter table events add constraint unforeseen check not match(raw, '${canary}')` });
  const refusal = await client.insert({ table: "events", format: "JSONEachRow", values: [{ raw: canary }] }).catch((error: unknown) => error);
  expect(String(refusal)).toContain(canary);
  const sent = pipeline.send([call("clickhouse")]);
  while (!text.includes("a block did not reach ClickHouse for sure")) await sleep(10);
  await client.command({ query: "alter table events drop constraint unforeseen" });
  await sent;
  expect(text).toContain('"type":"ClickHouseError","codeName":"VIOLATED_CONSTRAINT","code":"469"');
  expect(text).not.toContain(canary);
});
