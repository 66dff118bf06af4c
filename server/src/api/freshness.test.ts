import { afterAll, beforeAll, expect, test } from "vitest";
import { manualClock } from "../core/clock.ts";
import { startTestApi, type TestApi } from "./testing.ts";

const NOW = Date.UTC(2026, 10, 22, 12, 30);
let api: TestApi;

beforeAll(async () => {
  api = await startTestApi({}, manualClock(NOW));
  const row = (workspaceId: number, ms: number, span: number, count: number) =>
    api.pool.query("insert into freshness (workspace_id, minute, span, count) values ($1, to_timestamp($2 / 1000.0), $3, $4)", [workspaceId, ms, span, count]);
  await row(api.first.id, NOW - 60_000, 0, 5);
  await row(api.first.id, NOW - 120_000, 0, 2);
  await row(api.first.id, NOW - 120_000, 8, 1);
  await row(api.first.id, NOW - 3_600_000, 3, 4);
  await row(api.first.id, NOW - 2 * 86_400_000, 3, 100);
  await row(api.second.id, NOW - 60_000, 0, 1000);
});
afterAll(() => api.stop());

test("the last day is told by hour, of one's own workspace alone", async () => {
  const { status, body } = await api.call("GET", "/freshness");
  expect(status).toBe(200);
  expect(body.total).toEqual([7, 0, 0, 4, 0, 0, 0, 0, 1]);
  expect(body.data).toEqual([
    { at: "2026-11-22T11:00:00.000Z", counts: [0, 0, 0, 4, 0, 0, 0, 0, 0] }, { at: "2026-11-22T12:00:00.000Z", counts: [7, 0, 0, 0, 0, 0, 0, 0, 1] },
  ]);
});

test("minutes are told on demand, and too many of them are refused with what to do", async () => {
  const minutes = await api.call("GET", `/freshness?by=minute&from=${new Date(NOW - 300_000).toISOString()}`);
  expect(minutes.body.data.map((row: { at: string }) => row.at)).toEqual(["2026-11-22T12:28:00.000Z", "2026-11-22T12:29:00.000Z"]);
  const many = await api.call("GET", `/freshness?by=minute&from=${new Date(NOW - 3 * 86_400_000).toISOString()}`);
  expect(many.status).toBe(400);
  expect(many.body.hint).toContain("by hour");
  expect((await api.call("GET", `/freshness?from=${new Date(NOW + 1).toISOString()}`)).status).toBe(400);
});
