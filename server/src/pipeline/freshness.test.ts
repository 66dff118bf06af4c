import { afterAll, beforeAll, expect, test } from "vitest";
import type { Pool } from "pg";
import { startTestPostgres } from "../engines/testing.ts";
import type { BatchEvent } from "./batch.ts";
import { createFreshnessCounter, waitsOf } from "./freshness.ts";

const MINUTE_MS = 60_000;
const NOW = Date.UTC(2026, 10, 22, 12);

function event(workspaceId: number, receivedAtMs: number, rowId: number, rest: { historical?: true; importId?: number } = {}): BatchEvent {
  const header = { kind: "events" as const, workspaceId, sourceId: 1, receivedAtMs, ...rest };
  return {
    received: { partition: 0, rowId, header, indexInRecord: 0, raw: Buffer.from("{}") }, event: undefined, refusal: undefined, profileId: "", previous: [], note: "",
    known: { messageId: "", event: "" },
  };
}

test("events are counted by how long they took; history, imports and what a rebuild decides again are not", () => {
  const waits = waitsOf([
    event(1, NOW - 100, 10), event(1, NOW - 101, 11), event(1, NOW + 5, 12), event(2, NOW - 86_400_000, 13),
    event(1, NOW - 100, 14, { historical: true }), event(1, NOW - 100, 15, { importId: 3 }), event(1, NOW - 100, 3),
  ], NOW, 10);
  expect([...waits]).toEqual([[1, [2, 1, 0, 0, 0, 0, 0, 0, 0]], [2, [0, 0, 0, 0, 0, 0, 0, 0, 1]]]);
});

let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
let pool: Pool;
beforeAll(async () => {
  postgres = await startTestPostgres();
  pool = postgres.pool("test", 2);
});
afterAll(() => postgres.stop());

const stored = async (): Promise<unknown[]> =>
  (await pool.query("select workspace_id, extract(epoch from minute)::float8 * 1000 as ms, span, count::integer from freshness order by 1, 2, 3")).rows;

test("counts of a minute add up over several writes, and are forgotten after days", async () => {
  const counter = createFreshnessCounter(pool);
  counter.add(new Map([[1, [2, 1]]]), NOW + 1);
  counter.add(new Map([[1, [1]], [2, [0, 4]]]), NOW + 59_999);
  await counter.flush(NOW + MINUTE_MS);
  counter.add(new Map([[1, [5]]]), NOW);
  await counter.flush(NOW + MINUTE_MS);
  await counter.flush(NOW + MINUTE_MS);
  expect(await stored()).toEqual([
    { workspace_id: 1, ms: NOW, span: 0, count: 8 }, { workspace_id: 1, ms: NOW, span: 1, count: 1 }, { workspace_id: 2, ms: NOW, span: 1, count: 4 },
  ]);
  await counter.flush(NOW + 9 * 86_400_000);
  expect(await stored()).toEqual([]);
});

test("what Postgres did not take is written the next time", async () => {
  let isDown = true;
  const flaky = { query: (...args: Parameters<Pool["query"]>) => (isDown ? Promise.reject(new Error("down")) : pool.query(...args)) } as unknown as Pool;
  const counter = createFreshnessCounter(flaky);
  counter.add(new Map([[7, [3]]]), NOW);
  await expect(counter.flush(NOW)).rejects.toThrow("down");
  isDown = false;
  counter.add(new Map([[7, [1, 2]]]), NOW);
  await counter.flush(NOW);
  expect(await stored()).toEqual([{ workspace_id: 7, ms: NOW, span: 0, count: 4 }, { workspace_id: 7, ms: NOW, span: 1, count: 2 }]);
});
