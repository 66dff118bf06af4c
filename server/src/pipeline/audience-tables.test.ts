// What control records take away of what audiences and lists say about people.
import { afterAll, beforeAll, expect, test } from "vitest";
import { inTransaction } from "../engines/postgres/in-transaction.ts";
import { writeAudienceRows, type AudienceRows } from "./outbox/audience-outbox.ts";
import { startTestPipeline, type TestPipeline } from "./testing.ts";

let pipeline: TestPipeline;
beforeAll(async () => {
  pipeline = await startTestPipeline();
});
afterAll(() => pipeline?.stop());

async function write(rows: AudienceRows): Promise<void> {
  await inTransaction(pipeline.pool, (tx) => writeAudienceRows(tx, 0, rows));
  await pipeline.settled();
}

async function ask<Row>(query: string): Promise<Row[]> {
  return (await pipeline.clickhouse.client("api").query({ query, format: "JSONEachRow" })).json<Row>();
}

test("who is suppressed is on no list any more, under none of their ids", async () => {
  const { pool } = pipeline;
  await pipeline.send([{ type: "track", event: "Seen", anonymousId: "phone" }, { type: "track", event: "Seen", userId: "leaves" }, { type: "track", event: "Seen", userId: "stays" }]);
  const idOf = async (namespace: string, value: string): Promise<string> => (await pipeline.person(namespace, value))?.id ?? "";
  const [phone, leaves, stays] = [await idOf("anonymous_id", "phone"), await idOf("user_id", "leaves"), await idOf("user_id", "stays")];
  const { rows } = await pool.query<{ id: number }>(
    "insert into audience_list (workspace_id, slug, name, kind, created_by, size) values (1, 'vip', 'Guests', 'by_hand', 'test', 3) returning id",
  );
  const listId = rows[0]?.id ?? 0;
  for (const id of [phone, leaves, stays]) await pool.query("insert into audience_list_member (list_id, workspace_id, profile_id, added_by) values ($1, 1, $2, 'test')", [listId, id]);
  await write({ lists: [phone, leaves, stays].map((profileId) => ({ workspaceId: 1, listId, profileId, added: true })) });
  // Now they are one, who was on it under both ids.
  await pipeline.send([{ type: "track", event: "Signed in", userId: "leaves", anonymousId: "phone" }]);
  await pipeline.control({ kind: "profile.suppress", profileId: await idOf("user_id", "leaves") });
  expect((await pool.query("select profile_id from audience_list_member")).rows).toEqual([{ profile_id: stays }]);
  expect((await pool.query("select size from audience_list")).rows).toEqual([{ size: "1" }]);
  expect(await ask(`select profile_id from list_member final where list_id = ${listId} and added`)).toEqual([{ profile_id: stays }]);
});

test("a workspace that is removed leaves nothing of its audiences in ClickHouse, not even what is decided behind it", async () => {
  const log = (workspaceId: number) => ({ workspaceId, audienceId: 1, profileId: "00000000-0000-4000-8000-000000000001", atMs: 1, entered: true, reason: "event" as const, causeRow: 1, version: 1 });
  const list = (workspaceId: number) => ({ workspaceId, listId: 5, profileId: "00000000-0000-4000-8000-000000000001", added: true });
  await write({ log: [log(1), log(2)], lists: [list(1), list(2)] });
  await pipeline.control({ kind: "workspace.remove" }, 2);
  await write({ log: [log(1), log(2)], lists: [list(2)] });
  expect(await ask("select workspace_id, count() as rows from audience_log group by workspace_id")).toEqual([{ workspace_id: 1, rows: 2 }]);
  expect(await ask("select distinct workspace_id from list_member where list_id = 5")).toEqual([{ workspace_id: 1 }]);
});
