// What a snapshot in ClickHouse says of a person is what their document says, after whatever changed it.
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestPipeline, type TestPipeline } from "./testing.ts";

let pipeline: TestPipeline;
beforeAll(async () => {
  pipeline = await startTestPipeline();
});
afterAll(() => pipeline?.stop());

interface Snapshot {
  readonly deleted: number;
  readonly consents: Readonly<Record<string, number>>;
  readonly accounts: readonly string[];
  readonly trait_times: Readonly<Record<string, string>>;
  readonly timezone: string;
  readonly is_human: number;
}

async function snapshotOf(id: string | undefined): Promise<Snapshot | undefined> {
  const result = await pipeline.clickhouse.client("api").query({
    query: `select deleted, consents, accounts, mapApply((k, v) -> (k, toString(v)), trait_times) as trait_times, timezone, is_human
      from profiles final where profile_id = {id:UUID}`,
    query_params: { id: id ?? "" }, format: "JSONEachRow",
  });
  return (await result.json<Snapshot>())[0];
}

const GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
const at = (minute: number): { readonly timestamp: string; readonly ms: string } => {
  const ms = Date.UTC(2026, 9, 5, 12, minute);
  return { timestamp: new Date(ms).toISOString(), ms: String(ms) };
};

test("consents, accounts, since when traits hold, the zone, and whether it is a human", async () => {
  const userId = "snap-1";
  const idOf = async () => (await pipeline.person("user_id", userId))?.id;
  await pipeline.send([{ type: "track", event: "Crawled", userId, timestamp: at(1).timestamp, context: { userAgent: GOOGLEBOT } }]);
  expect(await snapshotOf(await idOf())).toEqual({ deleted: 0, consents: {}, accounts: [], trait_times: {}, timezone: "", is_human: 0 });
  // Each of these alone makes a new snapshot.
  await pipeline.send([{ type: "track", event: "Seen", userId, timestamp: at(2).timestamp }]);
  expect(await snapshotOf(await idOf())).toMatchObject({ is_human: 1 });
  await pipeline.send([{ type: "track", event: "Seen", userId, timestamp: at(3).timestamp, context: { timezone: "America/Lima" } }]);
  expect(await snapshotOf(await idOf())).toMatchObject({ timezone: "America/Lima" });
  await pipeline.send([{ type: "track", event: "Seen", userId, timestamp: at(4).timestamp, context: { consent: { categoryPreferences: { ads: true, mail: false } } } }]);
  expect(await snapshotOf(await idOf())).toMatchObject({ consents: { ads: 1, mail: 0 } });
  await pipeline.send([{ type: "group", userId, groupId: "acme", timestamp: at(5).timestamp }, { type: "group", userId, groupId: "beta", timestamp: at(5).timestamp }]);
  expect(await snapshotOf(await idOf())).toMatchObject({ accounts: ["acme", "beta"] });
  await pipeline.send([{ type: "identify", userId, traits: { plan: "pro" }, timestamp: at(6).timestamp }]);
  await pipeline.send([{ type: "identify", userId, traits: { plan: "pro", timezone: "Asia/Tokyo" }, timestamp: at(7).timestamp }]);
  expect(await snapshotOf(await idOf())).toEqual({
    deleted: 0, consents: { ads: 1, mail: 0 }, accounts: ["acme", "beta"], trait_times: { plan: at(6).ms, timezone: at(7).ms }, timezone: "Asia/Tokyo", is_human: 1,
  });
  await pipeline.control({ kind: "profile.consent", profileId: (await idOf()) ?? "", categories: { ads: false }, atMs: Date.now() });
  expect(await snapshotOf(await idOf())).toMatchObject({ consents: { ads: 0, mail: 0 } });
});

test("a merge joins them, an unmerge takes them apart, and who is suppressed has none", async () => {
  await pipeline.send([
    { type: "group", anonymousId: "snap-phone", groupId: "acme", timestamp: at(10).timestamp, context: { userAgent: GOOGLEBOT, timezone: "America/Lima" } },
    { type: "identify", userId: "snap-2", traits: { plan: "pro" }, timestamp: at(11).timestamp, context: { consent: { categoryPreferences: { ads: true } } } },
  ]);
  const phone = (await pipeline.person("anonymous_id", "snap-phone"))?.id;
  expect(await snapshotOf(phone)).toMatchObject({ accounts: ["acme"], timezone: "America/Lima", is_human: 0 });
  await pipeline.send([{ type: "track", event: "Signed in", userId: "snap-2", anonymousId: "snap-phone", timestamp: at(12).timestamp }]);
  const joined = (await pipeline.person("user_id", "snap-2"))?.id ?? "";
  expect(await snapshotOf(joined)).toMatchObject({ accounts: ["acme"], consents: { ads: 1 }, trait_times: { plan: at(11).ms }, timezone: "America/Lima", is_human: 1 });

  await pipeline.control({ kind: "profile.unmerge", profileId: joined, identifiers: [{ namespace: "anonymous_id", value: "snap-phone" }] });
  const [first, second] = [(await pipeline.person("anonymous_id", "snap-phone"))?.id, (await pipeline.person("user_id", "snap-2"))?.id];
  expect(first).not.toBe(second);
  expect(await snapshotOf(first)).toMatchObject({ deleted: 0, accounts: ["acme"], consents: {}, trait_times: {}, timezone: "America/Lima", is_human: 0 });
  expect(await snapshotOf(second)).toMatchObject({ deleted: 0, accounts: [], consents: { ads: 1 }, trait_times: { plan: at(11).ms }, timezone: "", is_human: 1 });

  await pipeline.control({ kind: "profile.suppress", profileId: second ?? "" });
  expect(await snapshotOf(second)).toEqual({ deleted: 1, accounts: [], consents: {}, trait_times: {}, timezone: "", is_human: 0 });
});

test("a snapshot of before these columns were there counts as a human's", async () => {
  const id = "00000000-0000-4000-8000-00000000abcd";
  await pipeline.clickhouse.client("write").command({ query: `insert into profiles (workspace_id, profile_id, row_id) values (1, '${id}', 1)` });
  expect(await snapshotOf(id)).toEqual({ deleted: 0, consents: {}, accounts: [], trait_times: {}, timezone: "", is_human: 1 });
});
