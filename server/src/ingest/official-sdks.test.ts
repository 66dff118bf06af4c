// SDKs as their makers publish them, unmodified, against the door: what each sends is acknowledged and stored once.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Analytics } from "@segment/analytics-node";
import RudderAnalytics from "@rudderstack/rudder-sdk-node";
import { jitsuAnalytics } from "@jitsu/js";
import { startTestIngest, writeKey, type StoredRecord, type TestDoor, type TestIngest } from "./testing.ts";

let ingest: TestIngest;
let door: TestDoor;
let host: string;
beforeAll(async () => {
  ingest = await startTestIngest();
  door = await ingest.open();
  host = `http://127.0.0.1:${door.port}`;
});
afterAll(() => ingest.stop());
beforeEach(async () => void (await ingest.stored()));

/** Everything stored, once as many events are there; fails by the test's own time limit. */
async function storedEvents(count: number): Promise<Record<string, unknown>[]> {
  const records: StoredRecord[] = [];
  for (;;) {
    records.push(...(await ingest.stored()));
    const events = records.flatMap(({ events }) => events);
    if (events.length >= count) return events.map((event) => JSON.parse(event) as Record<string, unknown>);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const calls = ["alias", "group", "identify", "page", "screen", "track"];

describe("an official SDK", () => {
  test("@segment/analytics-node", async () => {
    const errors: unknown[] = [];
    const analytics = new Analytics({ writeKey, host, flushAt: 4 });
    analytics.on("error", (error) => errors.push(error));
    analytics.identify({ userId: "u1", traits: { email: "ann@example.com" } });
    analytics.track({ userId: "u1", event: "Viewed", properties: { price: 1.5 } });
    analytics.page({ userId: "u1", name: "Home" });
    analytics.screen({ userId: "u1", name: "Start" });
    analytics.group({ userId: "u1", groupId: "g1" });
    analytics.alias({ userId: "u1", previousId: "a1" });
    await analytics.closeAndFlush();
    const events = await storedEvents(6);
    expect(errors).toEqual([]);
    expect(events.map(({ type }) => type).sort()).toEqual(calls);
    expect(new Set(events.map(({ messageId }) => messageId)).size).toBe(6);
  });

  test("@rudderstack/rudder-sdk-node, which compresses", async () => {
    const analytics = new RudderAnalytics(writeKey, { dataPlaneUrl: host, flushAt: 2, gzip: true });
    const user = { userId: "u1" };
    analytics.identify({ ...user, traits: { plan: "pro" } });
    analytics.track({ ...user, event: "Viewed" });
    analytics.page({ ...user, name: "Home" });
    analytics.screen({ ...user, name: "Start" });
    analytics.group({ ...user, groupId: "g1" });
    analytics.alias({ ...user, previousId: "a1" });
    await analytics.flush();
    const events = await storedEvents(6);
    expect(events.map(({ type }) => type).sort()).toEqual(calls);
  });

  test("@jitsu/js", async () => {
    // This SDK only takes keys of the form id:secret; ours stands before the colon.
    const analytics = jitsuAnalytics({ host, writeKey: `${writeKey}:secret`, s2s: true });
    await analytics.track("Viewed", { price: 1.5 });
    await analytics.identify("u1", { email: "ann@example.com" });
    const events = await storedEvents(2);
    expect(events.map(({ type }) => type).sort()).toEqual(["identify", "track"]);
  });
});
