// The spine with real engines: records appended to the log become events in ClickHouse and people in Postgres.
import { afterAll, beforeAll, expect, test } from "vitest";
import { defaultLimits } from "../core/limits.ts";
import { systemClock } from "../core/clock.ts";
import { quietLogger, startTestClickHouse, startTestPostgres } from "../engines/testing.ts";
import { createPostgresLog, type PostgresLog } from "../log/postgres-log.ts";
import { startProcessor, type Processor } from "./process.ts";
import { createLogger } from "../core/logger.ts";

let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
let clickhouse: Awaited<ReturnType<typeof startTestClickHouse>>;
let log: PostgresLog;
let processor: Processor;

beforeAll(async () => {
  [postgres, clickhouse] = await Promise.all([startTestPostgres(), startTestClickHouse()]);
  const pool = postgres.pool("test", 10);
  log = await createPostgresLog({ pool, partitions: 2, clock: systemClock, logger: quietLogger });
  processor = await startProcessor({
    pool, clickhouse: clickhouse.client("write"), clickhouseReader: clickhouse.client("evaluate"), log, clock: systemClock,
    logger: createLogger(process.env["TEST_LOG"] ?? "silent"), limits: defaultLimits, secret: "a secret of at least thirty-two bytes", dedupeMaxIds: 1e6, profilesInMemory: 1000,
    wasUnclean: false, onProgress: () => undefined, tuning: { lingerMs: 10 },
  });
}, 60_000);

afterAll(async () => {
  await processor?.stop();
  await log?.close();
  await clickhouse?.stop();
  await postgres?.stop();
});

test("an identify becomes a stored event and a profile", async () => {
  const raw = Buffer.from(`{"type":"identify","messageId":"m1","userId":"u1","anonymousId":"a1","traits":{"email":"Ann@Example.com","big":12345678901234567890}}`);
  await log.append(0, { header: { kind: "events", workspaceId: 1, sourceId: 1, receivedAtMs: Date.now() }, events: [raw] });
  await log.append(0, { header: { kind: "events", workspaceId: 1, sourceId: 1, receivedAtMs: Date.now() }, events: [raw] });
  const pool = postgres.pool("look", 2);
  await expect.poll(async () => (await pool.query("select doc from profile")).rows.length, { timeout: 10_000 }).toBe(1);
  const client = clickhouse.client("api");
  const read = async () => (await (await client.query({ query: "select outcome, raw, event from events order by row_id", format: "JSONEachRow" })).json<{ outcome: string; raw: string }>());
  await expect.poll(async () => (await read()).map((row) => row.outcome), { timeout: 10_000 }).toEqual(["stored", "duplicate"]);
  expect((await read())[0]?.raw).toBe(raw.toString());
  const { rows } = await pool.query("select namespace, value from identifier order by 1");
  expect(rows).toEqual([{ namespace: "anonymous_id", value: "a1" }, { namespace: "email", value: "ann@example.com" }, { namespace: "user_id", value: "u1" }]);
});
