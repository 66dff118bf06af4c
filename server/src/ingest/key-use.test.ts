// Who uses a key: counted per hour, SDK and version, bounded, added up over processes, and kept for a while.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { KEY_USE_DAYS } from "@tributary/schema/api/source-keys.ts";
import { quietLogger } from "../engines/testing.ts";
import type { SourceEntry } from "../sources/source-directory.ts";
import { createKeyUse, OTHER_SDK, SDKS_PER_KEY_MAX } from "./key-use.ts";
import { basic, receivedAtMs, startTestIngest, writeKey, type TestIngest } from "./testing.ts";

const hourMs = 3_600_000;
let ingest: TestIngest;
beforeAll(async () => {
  ingest = await startTestIngest();
});
afterAll(() => ingest.stop());
beforeEach(async () => {
  ingest.clock.setMs(receivedAtMs);
  await ingest.pool.query("truncate key_use");
});

const rows = async (): Promise<{ sdk: string; version: string; requests: number; events: number; hour: Date }[]> =>
  (await ingest.pool.query("select key_id, sdk, version, requests::int, events::int, hour from key_use order by hour, events desc, sdk, version")).rows;
const entry = (keyId: number): SourceEntry => ({
  workspaceId: 1, sourceId: 1, keyId, slug: "website", name: "Website", kind: "website", partition: 0, enabled: true, revoked: false, expiresAtMs: undefined,
  allowedOrigins: [], eventsPerSecond: undefined, keyEventsPerSecond: undefined,
});
const counter = () => createKeyUse({ pool: ingest.pool, clock: ingest.clock, logger: quietLogger });

describe("the use of write keys", () => {
  test("is what the door took in, by SDK and version", async () => {
    const door = await ingest.open();
    const batch = (version: string, events: number): string =>
      JSON.stringify({ batch: Array.from({ length: events }, () => ({ type: "track", event: "a", userId: "u", context: { library: { name: "analytics-node", version } } })) });
    for (const body of [batch("2.1.3", 3), batch("2.1.3", 2), batch("3.1.0", 1)]) {
      expect((await door.send({ path: "/v1/batch", headers: basic(writeKey), body })).status).toBe(200);
    }
    // What is refused is no use of a key.
    expect((await door.send({ path: "/v1/batch", headers: basic(writeKey), body: "{" })).status).toBe(400);
    await door.stop();
    expect(await rows()).toMatchObject([
      { sdk: "analytics-node", version: "2.1.3", requests: 2, events: 5 }, { sdk: "analytics-node", version: "3.1.0", requests: 1, events: 1 },
    ]);
  });

  test("of a batch whose events carry several keys goes to each of them", async () => {
    await ingest.pool.query("insert into write_key (id, workspace_id, source_id, key_hash, prefix) values (77, 1, 1, sha256('another-key-1'), 'anothe') on conflict do nothing");
    const door = await ingest.open();
    const event = (key: string) => ({ type: "track", event: "a", userId: "u", writeKey: key });
    const body = JSON.stringify({ batch: [event("another-key-1"), event(writeKey), event("another-key-1")] });
    expect((await door.send({ path: "/v1/batch", headers: { "user-agent": "mine/1" }, body })).status).toBe(200);
    await door.stop();
    expect(await rows()).toMatchObject([{ key_id: 77, sdk: "mine", version: "1", requests: 1, events: 2 }, { requests: 1, events: 1 }]);
  });

  test("adds up over processes that write at once", async () => {
    const [one, two] = [counter(), counter()];
    for (let round = 0; round < 10; round++) {
      for (const sdk of ["a", "b", "c"]) one.count(entry(1), { name: sdk, version: "1" }, 2);
      for (const sdk of ["c", "b", "a"]) two.count(entry(1), { name: sdk, version: "1" }, 3);
      await Promise.all([one.flush(), two.flush()]);
    }
    await Promise.all([one.stop(), two.stop()]);
    expect(await rows()).toMatchObject(["a", "b", "c"].map((sdk) => ({ sdk, requests: 20, events: 50 })));
  });

  test("tells so many SDKs apart for a key and hour, over flushes too; the others are one", async () => {
    const use = counter();
    for (let i = 0; i < 500; i++) {
      use.count(entry(1), { name: "sdk", version: String(i) }, 1);
      if (i % 100 === 0) await use.flush();
    }
    use.count(entry(2), { name: "sdk", version: "1" }, 1);
    ingest.clock.advanceMs(hourMs);
    use.count(entry(1), { name: "sdk", version: "499" }, 1);
    await use.stop();
    const stored = await rows();
    expect(stored).toHaveLength(SDKS_PER_KEY_MAX + 1 + 1 + 1);
    expect(stored[0]).toMatchObject({ sdk: OTHER_SDK, version: "", requests: 500 - SDKS_PER_KEY_MAX });
    expect(stored.at(-1)).toMatchObject({ version: "499", hour: new Date(receivedAtMs + hourMs) });
  });

  test("that could not be written is written the next time, and old hours are dropped", async () => {
    const use = counter();
    use.count(entry(1), { name: "sdk", version: "1" }, 4);
    await ingest.pool.query("alter table key_use rename to key_use_away");
    await expect(use.flush()).rejects.toThrow();
    await ingest.pool.query("alter table key_use_away rename to key_use");
    use.count(entry(1), { name: "sdk", version: "1" }, 4);
    await use.flush();
    expect(await rows()).toMatchObject([{ requests: 2, events: 8 }]);
    ingest.clock.advanceMs((KEY_USE_DAYS * 24 + 1) * hourMs);
    use.count(entry(1), { name: "sdk", version: "2" }, 1);
    await use.stop();
    expect(await rows()).toMatchObject([{ version: "2" }]);
  });
});

describe("a key whose time is over", () => {
  test("is refused from that moment on, counted as expired, and lives again by a later time", async () => {
    await ingest.pool.query("insert into write_key (workspace_id, source_id, key_hash, prefix, expires_at) values (1, 1, sha256('graced-key-1'), 'graced', $1)", [new Date(receivedAtMs + 60_000)]);
    const door = await ingest.open();
    const send = () => door.send({ path: "/v1/track", headers: basic("graced-key-1"), body: '{"event":"a","userId":"u"}' });
    expect((await send()).status).toBe(200);
    ingest.clock.advanceMs(59_999);
    expect((await send()).status).toBe(200);
    ingest.clock.advanceMs(1);
    expect(await send()).toMatchObject({ status: 401, text: expect.stringContaining("Its time is over") as unknown });
    await ingest.pool.query("update write_key set expires_at = null where prefix = 'graced'");
    ingest.clock.advanceMs(2_001);
    expect((await send()).status).toBe(200);
    await door.stop();
    const { rows: rejected } = await ingest.pool.query("select reason, count::int from rejected_key where key_prefix = 'graced'");
    expect(rejected).toEqual([{ reason: "expired", count: 1 }]);
  });
});
