// What ClickHouse refuses for good counts as failed, stops nothing, and lands exactly once when it is sent again after a fix,
// as it would stand by then. A constraint stands for a value that our encoder lets pass and ClickHouse does not.
import { readFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { ControlAction } from "@tributary/schema/control.ts";
import { defaultWorkspaceSettings } from "@tributary/schema/settings.ts";
import { insertBlock } from "../engines/clickhouse/insert-block.ts";
import { eventColumns, overrideColumns, profileColumns } from "./outbox/table-columns.ts";
import { forgetSent } from "./outbox/refused.ts";
import { discardRefused, retryManyRefused, retryRefused, type RefusedPlace, type RefusedStatus } from "./outbox/retry-refused.ts";
import { readRow, withColumns } from "./outbox/row-reader.ts";
import { READER } from "./sequencer.ts";
import { startTestPipeline, type TestPipeline } from "./testing.ts";

let pipeline: TestPipeline;
beforeAll(async () => void (pipeline = await startTestPipeline()));
afterAll(() => pipeline?.stop());

beforeEach(async () => {
  // Blocks whose refused rows are forgotten here must not be verified later.
  await pipeline.pool.query("truncate ch_refused, ch_outbox");
  await command("ALTER TABLE events ADD CONSTRAINT IF NOT EXISTS no_poison CHECK event != 'Poison'");
});
afterEach(() => mend());

async function command(query: string): Promise<void> {
  await pipeline.clickhouse.client("write").command({ query, clickhouse_settings: { mutations_sync: "2" } });
}

const mend = (): Promise<void> => command("ALTER TABLE events DROP CONSTRAINT IF EXISTS no_poison");

test("the refused row of a block is set aside with what it was and counts as failed; the rest lands", async () => {
  const before = await landed();
  await pipeline.send([track("r1"), track("r2", { event: "Poison", userId: "ann", properties: { "a": [1, { b: "ü" }] } }), track("r3")]);
  await pipeline.send([track("r4")]);
  expect(await ids("r")).toEqual(["r1", "r3", "r4"]);
  expect(changed(before, await landed())).toEqual({ "stored ": 3, "failed constraint": 1 });
  const { rows } = await pipeline.pool.query("select workspace_id, kind, status, code, cause, source_id, message_id, event, outcome, content from ch_refused");
  expect(rows).toMatchObject([{
    workspace_id: 1, kind: "row", status: "open", code: 469, cause: "constraint", source_id: 1, message_id: "r2", event: "Poison", outcome: "stored",
    content: { type: "track", user_id: "ann", keys64: [expect.stringMatching(/^\d+$/), expect.stringMatching(/^\d+$/)], import_id: 0, raw: expect.stringContaining('"messageId":"r2"') },
  }]);
  const [{ profile_id: owner } = { profile_id: "" }] = (await pipeline.pool.query<{ profile_id: string }>("select profile_id from ch_refused")).rows;
  expect(owner).toBe((await pipeline.person("user_id", "ann"))?.id);
});

test("sent again it is refused as long as the cause is there, and lands once when that is gone, however often it is asked", async () => {
  const before = await landed();
  await pipeline.send([track("again", { event: "Poison" })]);
  const place = await onlyPlace();
  expect(await retry(place)).toBe("open");
  expect(changed(before, await landed())).toEqual({ "failed constraint": 1 });
  await mend();
  expect(await Promise.all([retry(place), retry(place), retry(place)])).toEqual(["landed", "landed", "landed"]);
  expect(await ids("again")).toEqual(["again"]);
  expect(changed(before, await landed())).toEqual({ "stored ": 1 });
  await forgetSent(pipeline.pool, -60_000);
  const { rows } = await pipeline.pool.query("select status, length(body) as bytes, content, message_id from ch_refused");
  expect(rows, "what is in the table is kept once").toEqual([{ status: "landed", bytes: 0, content: null, message_id: "again" }]);
});

test("several are sent again in one INSERT; where one of them is refused again, the others land", async () => {
  const before = await landed();
  await pipeline.send([track("many 1", { event: "Poison" }), track("many 2", { event: "Poison", userId: "u" }), track("many 3", { event: "Poison" })]);
  const [first, ...rest] = await places();
  await mend();
  await command("ALTER TABLE events ADD CONSTRAINT no_poison CHECK message_id != 'many 2'");
  expect(await retryManyRefused(deps(), [...(first ? [first] : []), ...rest, { workspaceId: 1, blockId: 5, blockRow: 5 }])).toEqual(["landed", "open", "landed", undefined]);
  expect(await ids("many")).toEqual(["many 1", "many 3"]);
  await mend();
  expect(await retryManyRefused(deps(), await places())).toEqual(["landed", "landed", "landed"]);
  expect(await ids("many")).toEqual(["many 1", "many 2", "many 3"]);
  expect(changed(before, await landed())).toEqual({ "stored ": 3 });

  await pipeline.send([track("one part 1", { event: "Fine" })]);
  await command("ALTER TABLE events ADD CONSTRAINT no_poison CHECK event != 'Poison'");
  await pipeline.send([track("one part 2", { event: "Poison" })]);
  await pipeline.send([track("one part 3", { event: "Poison" })]);
  await mend();
  await command("SYSTEM STOP MERGES events");
  await retryManyRefused(deps(), (await places()).slice(3));
  const parts = await pipeline.clickhouse.client("api").query({
    query: "select uniqExact(_part) as parts, count() as rows from events where message_id in ('one part 2', 'one part 3')", format: "JSONEachRow",
  });
  expect(await parts.json()).toEqual([{ parts: 1, rows: 2 }]);
  await command("SYSTEM START MERGES events");
});

test("an attempt that inserted and was broken off before it could say so is not repeated", async () => {
  const before = await landed();
  await pipeline.send([track("cut", { event: "Poison" })]);
  await mend();
  const { rows } = await pipeline.pool.query<{ statement: string; body: Buffer }>("select statement, body from ch_refused");
  await insertBlock(pipeline.clickhouse.client("write"), { statement: rows[0]?.statement ?? "", body: rows[0]?.body ?? Buffer.alloc(0) });
  expect(await retry(await onlyPlace())).toBe("landed");
  expect(await ids("cut")).toEqual(["cut"]);
  expect(changed(before, await landed())).toEqual({ "stored ": 1 });
});

test("what another workspace asks for is not there for it; what was discarded stays failed", async () => {
  const before = await landed();
  await pipeline.send([track("put away", { event: "Poison" })]);
  const place = await onlyPlace();
  expect(await retry({ ...place, workspaceId: 2 })).toBeUndefined();
  expect(await discardRefused(deps(), place)).toBe("discarded");
  await mend();
  expect(await retry(place)).toBe("discarded");
  expect(await ids("put away")).toEqual([]);
  expect(changed(before, await landed())).toEqual({ "failed constraint": 1 });
});

test("a row that lands late stands under whoever it belongs to by then", async () => {
  await pipeline.send([track("m1", { event: "Poison", anonymousId: "late" }), track("m2", { anonymousId: "late" })]);
  await pipeline.send([{ type: "identify", messageId: "m3", userId: "earlier" }, { type: "identify", messageId: "m4", userId: "earlier", anonymousId: "late" }]);
  const merged = await pipeline.person("user_id", "earlier");
  await mend();
  expect(await retry(await onlyPlace())).toBe("landed");
  const [row] = await pipeline.events("message_id = 'm1'");
  expect(row?.owner).toBe(merged?.id);
});

test("a row that lands after an unmerge stands under the side whose identifiers it carried", async () => {
  await pipeline.send([{ type: "identify", messageId: "u1", userId: "left", traits: { email: "right@example.com" } }]);
  await pipeline.send([{ type: "identify", messageId: "u4", traits: { email: "right@example.com" } }]);
  await pipeline.send([track("u2", { event: "Poison", userId: "left" }), track("u3", { event: "Poison", anonymousId: undefined, context: { traits: { email: "right@example.com" } } })]);
  const both = await pipeline.person("user_id", "left");
  await pipeline.control({ kind: "profile.unmerge", profileId: both?.id ?? "", identifiers: [{ namespace: "email", value: "right@example.com" }] });
  await mend();
  for (const place of await places()) expect(await retry(place)).toBe("landed");
  const [left, right] = [await pipeline.person("user_id", "left"), await pipeline.person("email", "right@example.com")];
  expect(left?.id).not.toBe(right?.id);
  const owners = new Map((await pipeline.events("message_id in ('u2', 'u3')")).map((row) => [row.message_id, row.owner]));
  expect(owners).toEqual(new Map([["u2", left?.id], ["u3", right?.id]]));
});

test("a row of an import that is withdrawn meanwhile lands as withdrawn", async () => {
  await pipeline.pool.query("insert into import (id, workspace_id, source_id, name, status, mapping) values (7, 1, 1, 'x', 'done', '{}') on conflict do nothing");
  await pipeline.send([track("w1", { event: "Poison" })], { importId: 7 });
  await pipeline.control({ kind: "import.withdraw", importId: 7 });
  await mend();
  expect(await retry(await onlyPlace())).toBe("landed");
  expect(await pipeline.events("message_id = 'w1'")).toMatchObject([{ outcome: "withdrawn", reason: "import_withdrawn" }]);
});

test("a refused row of a block that is verified after an unclean end is neither sent again nor counted twice", async () => {
  const before = await landed();
  await pipeline.send([track("v1"), track("v2", { event: "Poison" })]);
  await pipeline.paused(async () => command("ALTER TABLE events DELETE WHERE message_id = 'v1'"));
  // Were it sent again, it would land.
  await mend();
  Object.assign(pipeline.options, { wasUnclean: true });
  await pipeline.restart();
  await pipeline.send([track("v3")]);
  expect(await ids("v")).toEqual(["v1", "v3"]);
  expect(changed(before, await landed())).toEqual({ "stored ": 2, "failed constraint": 1 });
  Object.assign(pipeline.options, { wasUnclean: false });
});

test("a row that landed late and is gone after an unclean end is sent once more", async () => {
  const before = await landed();
  await pipeline.send([track("lost", { event: "Poison" })]);
  await mend();
  expect(await retry(await onlyPlace())).toBe("landed");
  await pipeline.paused(async () => {
    await pipeline.pool.query("truncate ch_outbox");
    await command("ALTER TABLE events DELETE WHERE message_id = 'lost'");
  });
  Object.assign(pipeline.options, { wasUnclean: true });
  await pipeline.restart();
  await pipeline.send([track("behind")]);
  expect(await ids("lost")).toEqual(["lost"]);
  expect(changed(before, await landed())).toEqual({ "stored ": 2 });
  Object.assign(pipeline.options, { wasUnclean: false });
});

test("while a statement is set aside, changes that rest on the rows are refused with what to do; later it runs in its place", async () => {
  await pipeline.send([{ type: "identify", messageId: "s1", userId: "one", traits: { email: "s@example.com" } }, track("s2", { userId: "one" })]);
  const person = await pipeline.person("user_id", "one");
  const unmerge: ControlAction = { kind: "profile.unmerge", profileId: person?.id ?? "", identifiers: [{ namespace: "email", value: "s@example.com" }] };
  await addStatement("ALTER TABLE events UPDATE library = functionOfLater(library) WHERE workspace_id = 1 AND message_id = 's2'");
  await addStatement("ALTER TABLE events UPDATE library_version = 'later', library = concat(library, '!') WHERE workspace_id = 1 AND message_id = 's2' AND library = 'mended'");
  await pipeline.control(unmerge);
  expect((await pipeline.person("email", "s@example.com"))?.id).toBe(person?.id);
  const held = await pipeline.pool.query("select detail from quarantine where reason = 'control_failed'");
  expect(held.rows).toMatchObject([{ detail: expect.stringContaining("/api/v1/refused-writes") }]);
  await pipeline.send([track("s3", { userId: "one" })]);
  expect(await ids("s")).toEqual(["s1", "s2", "s3"]);

  await forgetSent(pipeline.pool, -60_000);
  const place = await onlyPlace();
  expect(await retry(place)).toBe("open");
  await command("CREATE FUNCTION functionOfLater AS (x) -> 'mended'");
  expect(await retry(place)).toBe("landed");
  const rows = await pipeline.clickhouse.client("api").query({ query: "select library from events where message_id = 's2'", format: "JSONEachRow" });
  expect(await rows.json(), "the later statement was repeated behind it").toEqual([{ library: "mended!" }]);
  await pipeline.control(unmerge);
  expect((await pipeline.person("email", "s@example.com"))?.id).not.toBe(person?.id);
  await forgetSent(pipeline.pool, -60_000);
  expect((await pipeline.pool.query("select from ch_outbox")).rowCount, "nothing waits for it any more").toBe(0);
});

test("nothing is kept of a refused event that is older than events are kept, and it is not sent again", async () => {
  await pipeline.pool.query("insert into workspace (id, slug, name, log_partition) values (1, 'first', 'First', 0) on conflict do nothing");
  const before = await landed();
  const old = new Date(Date.now() - 100 * 86_400_000).toISOString();
  await pipeline.send([track("old 1", { event: "Poison", timestamp: old }), track("old 2", { timestamp: old }), track("old 3", { event: "Poison" })], { historical: true });
  await pipeline.control({ kind: "workspace.set", settings: { ...defaultWorkspaceSettings, events: { keepDays: 30 } } });
  await pipeline.control({ kind: "events.expire" });
  await mend();
  const { rows } = await pipeline.pool.query("select status, length(body) as bytes, content is null as is_empty, message_id from ch_refused order by block_id, block_row");
  expect(rows).toMatchObject([{ status: "discarded", bytes: 0, is_empty: true, message_id: "" }, { status: "open", is_empty: false, message_id: "old 3" }]);
  expect(await retryManyRefused(deps(), await places())).toEqual(["discarded", "landed"]);
  expect(await ids("old")).toEqual(["old 3"]);
  expect(changed(before, await landed())).toEqual({ "stored ": 2, "failed constraint": 1 });
  await pipeline.control({ kind: "workspace.set", settings: defaultWorkspaceSettings });
});

test("every column of our tables is read back as it was encoded", async () => {
  await pipeline.send([track("c1", { event: "Poison", userId: "ü", context: { page: { url: "https://example.com/?gclid=1&utm_source=x" }, consent: { categoryPreferences: { ads: true } } } })]);
  const { rows } = await pipeline.pool.query<{ statement: string; body: Buffer }>("select statement, body from ch_refused");
  const [{ statement, body } = { statement: "", body: Buffer.alloc(0) }] = rows;
  const row = readRow(statement, body);
  expect([...(row?.spans.keys() ?? [])]).toEqual([...eventColumns]);
  expect(row?.values).toMatchObject({ workspace_id: 1, event: "Poison", user_id: "ü", campaign_source: "x", log_partition: 0, block_row: 0 });
  expect(row && withColumns(row, body, {}).equals(body)).toBe(true);
  expect(readRow(statement, body.subarray(1))).toBeUndefined();
  expect(readRow(statement, body.subarray(0, -1))).toBeUndefined();
  for (const [table, columns] of [["profiles", profileColumns], ["profile_override", overrideColumns]] as const) {
    const stored = await pipeline.clickhouse.client("api").exec({ query: `select ${columns.join(", ")} from ${table} limit 1 format RowBinary settings output_format_binary_write_json_as_string = 1` });
    const parts: Buffer[] = [];
    for await (const part of stored.stream) parts.push(Buffer.from(part));
    expect(readRow(`INSERT INTO ${table} (${columns.join(", ")}) FORMAT RowBinary`, Buffer.concat(parts))?.values, table).toMatchObject({ workspace_id: 1 });
  }
});

test("what an earlier version put aside is told apart by the migration, and can be sent again", async () => {
  await pipeline.send([track("older", { event: "Poison" })]);
  const columns = "block_id, block_row, table_name, statement, body, reason";
  await pipeline.pool.query(`with gone as (delete from ch_refused returning ${columns}) insert into ch_refused (${columns}) select ${columns} from gone`);
  await pipeline.pool.query(`insert into ch_refused (${columns}) values (${2 ** 40 + 7}, 0, 'events', 'ALTER TABLE …', '', 'why')`);
  const migration = await readFile(new URL("../engines/postgres/migrations/0002-refused-writes.sql", import.meta.url), "utf8");
  await pipeline.pool.query(migration);
  const { rows } = await pipeline.pool.query("select workspace_id, partition, kind from ch_refused order by block_id");
  expect(rows).toEqual([{ workspace_id: 1, partition: 0, kind: "row" }, { workspace_id: 0, partition: 1, kind: "statement" }]);
  await mend();
  const [place] = await places();
  expect(place && (await retry(place))).toBe("landed");
  expect(await ids("older")).toEqual(["older"]);
});

// ── Doing and looking ─────────────────────────────────────────────────────────────────────────────────────────────────

function track(messageId: string, more: object = {}): object {
  return { type: "track", event: "Fine", messageId, anonymousId: `of ${messageId}`, ...more };
}

function deps(): Parameters<typeof retryRefused>[0] {
  return { pool: pipeline.pool, clickhouse: pipeline.clickhouse.client("write") };
}

function retry(place: RefusedPlace): Promise<RefusedStatus | undefined> {
  return retryRefused(deps(), place);
}

async function places(): Promise<RefusedPlace[]> {
  const { rows } = await pipeline.pool.query<{ block_id: string; block_row: number }>("select block_id, block_row from ch_refused order by 1, 2");
  return rows.map((row) => ({ workspaceId: 1, blockId: Number(row.block_id), blockRow: row.block_row }));
}

async function onlyPlace(): Promise<RefusedPlace> {
  const all = await places();
  expect(all).toHaveLength(1);
  return all[0] ?? { workspaceId: 0, blockId: 0, blockRow: 0 };
}

async function ids(prefix: string): Promise<string[]> {
  return (await pipeline.events(`startsWith(message_id, '${prefix}')`)).map((row) => row.message_id).toSorted();
}

type Counts = Readonly<Record<string, number>>;

/** Of events; the workspace's own changes are left out. */
async function landed(): Promise<Counts> {
  const { rows } = await pipeline.pool.query<{ what: string; count: string }>(
    "select outcome || ' ' || reason as what, sum(count) as count from ledger where hop = 'landed' and source_id > 0 group by 1",
  );
  return Object.fromEntries(rows.map((row) => [row.what, Number(row.count)]));
}

function changed(before: Counts, after: Counts): Counts {
  const changes = Object.entries(after).map(([what, count]): [string, number] => [what, count - (before[what] ?? 0)]);
  return Object.fromEntries(changes.filter(([, count]) => count !== 0));
}

/** As a control record would have left it in the outbox, behind everything else. */
async function addStatement(statement: string): Promise<void> {
  await pipeline.paused(async () => {
    await pipeline.pool.query(
      `with place as (update log_offset set next_block = next_block + 1 where reader = $1 and partition = 0 returning next_block - 1 as block_id)
       insert into ch_outbox (block_id, partition, kind, table_name, statement, schema_version, rows, counts) select block_id, 0, 'statement', 'events', $2, 1, 0, '[]' from place`,
      [READER, statement],
    );
  });
  await pipeline.settled();
}
