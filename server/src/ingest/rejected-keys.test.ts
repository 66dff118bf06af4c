import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type pg from "pg";
import { manualClock } from "../core/clock.ts";
import { quietLogger, startTestPostgres } from "../engines/testing.ts";
import { createRejectedKeys } from "./rejected-keys.ts";

let stop: () => Promise<void>;
let pool: pg.Pool;
const clock = manualClock(Date.UTC(2026, 0, 15));
beforeAll(async () => {
  const postgres = await startTestPostgres();
  stop = () => postgres.stop();
  pool = postgres.pool("test", 2);
});
afterAll(() => stop());
beforeEach(() => pool.query("truncate rejected_key"));

const rows = async (): Promise<unknown[]> =>
  (await pool.query("select key_prefix, origin, sdk, reason, count::int, last_at from rejected_key order by count desc, key_prefix, sdk"))
    .rows;

describe("rejected write keys", () => {
  test("are counted by first characters, origin, SDK and reason, and never kept whole", async () => {
    const rejected = createRejectedKeys({ pool, clock, logger: quietLogger });
    const body = Buffer.from('{"batch":[{"context":{"library":{"version":"3","name":"analytics-node"}}}]}');
    const origin = "https://shop.example.com";
    for (let i = 0; i < 3; i++)
      rejected.count({ key: "secret-key-of-somebody", reason: "unknown", headers: { origin, "user-agent": "node" }, body });
    rejected.count({ key: "secret-key-of-another", reason: "unknown", headers: { origin, "user-agent": "node" }, body });
    rejected.count({ key: "", reason: "missing", headers: { "user-agent": "Mozilla/5.0 (X11)" } });
    await rejected.flush();
    clock.advanceMs(1_000);
    rejected.count({ key: "", reason: "missing", headers: { "user-agent": "Mozilla/5.0 (Mac)" } });
    await rejected.stop();
    expect(await rows()).toEqual([
      { key_prefix: "secret", origin, sdk: "analytics-node", reason: "unknown", count: 4, last_at: new Date(Date.UTC(2026, 0, 15)) },
      { key_prefix: "", origin: "", sdk: "browser", reason: "missing", count: 2, last_at: new Date(Date.UTC(2026, 0, 15, 0, 0, 1)) },
    ]);
  });

  test("of a flood are one row, and odd characters reach the table as question marks", async () => {
    const rejected = createRejectedKeys({ pool, clock, logger: quietLogger });
    for (let i = 0; i < 5_000; i++) rejected.count({ key: `${i}-flood`, reason: "unknown", headers: {} });
    rejected.count({ key: "\0\ud800é", reason: "disabled", headers: { "user-agent": "odd\u0001/1" } });
    await rejected.stop();
    const stored = (await rows()) as { key_prefix: string; count: number }[];
    expect(stored.length).toBeLessThan(1_010);
    expect(stored[0]).toMatchObject({ key_prefix: "(many)" });
    expect(stored.reduce((sum, row) => sum + row.count, 0)).toBe(5_001);
  });

  test("that could not be written are written the next time", async () => {
    const rejected = createRejectedKeys({ pool, clock, logger: quietLogger });
    rejected.count({ key: "key", reason: "unknown", headers: {} });
    await pool.query("alter table rejected_key rename to rejected_key_away");
    await expect(rejected.flush()).rejects.toThrow();
    await pool.query("alter table rejected_key_away rename to rejected_key");
    rejected.count({ key: "key", reason: "unknown", headers: {} });
    await rejected.stop();
    expect(await rows()).toMatchObject([{ key_prefix: "key", count: 2 }]);
  });
});
