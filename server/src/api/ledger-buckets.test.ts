// The ledger over time adds up to the ledger.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApi, type TestApi } from "./testing.ts";

const HOUR_MS = 3_600_000;
const start = Date.UTC(2026, 2, 4);
const at = (hours: number) => new Date(start + hours * HOUR_MS).toISOString();
const range = `from=${at(0)}&to=${at(24)}`;

describe("the ledger over time", () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi();
    const count = (minutes: number, source: number, hop: string, outcome: string, n: number, workspace = api.first.id) =>
      api.pool.query("insert into ledger values ($1, $2, $3, $4, $5, '', $6)", [workspace, source, new Date(start + minutes * 60_000), hop, outcome, n]);
    await count(0, 1, "received", "", 10);
    await count(59, 1, "received", "", 5);
    await count(59, 1, "decided", "stored", 12);
    await count(59, 1, "decided", "quarantined", 3);
    await count(59, 1, "landed", "stored", 11);
    await count(59, 1, "landed", "failed", 1);
    await count(60, 1, "received", "", 7);
    await count(65, 2, "received", "", 100);
    await count(65, 0, "received", "", 1_000);
    await count(65, 9, "received", "", 5_000, api.second.id);
    await count(24 * 60, 1, "received", "", 70_000);
  });
  afterAll(() => api.stop());

  test("by the hour, of all sources and of one", async () => {
    const { body } = await api.call("GET", `/ledger/buckets?${range}`);
    expect(body).toEqual({
      from: at(0), to: at(24), by: "hour",
      data: [
        { at: at(0), source_id: null, received: 15, outcomes: { stored: 12, quarantined: 3 }, landed: 11, failed: 1, last_minute: new Date(start + 59 * 60_000).toISOString() },
        { at: at(1), source_id: null, received: 107, outcomes: {}, landed: 0, failed: 0, last_minute: new Date(start + 65 * 60_000).toISOString() },
      ],
    });
    expect((await api.call("GET", `/ledger/buckets?${range}&source=2`)).body.data).toMatchObject([{ at: at(1), source_id: 2, received: 100 }]);
    const each = (await api.call("GET", `/ledger/buckets?${range}&per_source=true`)).body.data;
    expect(each.map((one: { source_id: number; received: number }) => [one.source_id, one.received])).toEqual([[1, 15], [1, 7], [2, 100]]);
  });

  test("by the minute and by the day, and the sums are the ledger's", async () => {
    expect((await api.call("GET", `/ledger/buckets?${range}&by=minute&source=1`)).body.data).toHaveLength(3);
    const days = (await api.call("GET", `/ledger/buckets?from=${at(0)}&to=${at(30)}&by=day&source=1`)).body.data;
    expect(days.map((day: { at: string; received: number }) => [day.at, day.received])).toEqual([[at(0), 22], [at(24), 70_000]]);
    const ledger = (await api.call("GET", `/ledger?${range}&source=1`)).body.sources[0];
    expect(days[0].received).toBe(ledger.received);
  });

  test("no more than can be drawn, and no time that runs backwards", async () => {
    expect((await api.call("GET", `/ledger/buckets?from=${at(0)}&to=${at(48)}&by=minute`)).body.code).toBe("bad_request");
    expect((await api.call("GET", `/ledger/buckets?from=${at(2)}&to=${at(1)}`)).body.code).toBe("bad_request");
  });
});
