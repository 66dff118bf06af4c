// Members, changes, sizes, history, who was in at an instant, and files of members, over the API.
import { afterAll, beforeAll, expect, test } from "vitest";
import { manualClock } from "../core/clock.ts";
import { hash128 } from "../core/hash.ts";
import { createToken } from "../governance/governance.ts";
import { addEvents, addPerson, startTestApi, type TestApi } from "./testing.ts";

const NOW = Date.UTC(2026, 5, 10, 12);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const clock = manualClock(NOW);
const [ada, bob, eve] = ["ada", "bob", "eve"].map((name) => hash128("person", name)) as [string, string, string];
let api: TestApi;
let audienceId: number;
let masked: string;

interface Change {
  readonly profileId: string;
  readonly atMs: number;
  readonly entered: boolean;
  readonly reason: string;
  readonly causeRow?: number;
}

/** The oldest first. */
const changes: readonly Change[] = [
  { profileId: ada, atMs: NOW - 20 * DAY, entered: true, reason: "first_fill" }, { profileId: bob, atMs: NOW - 20 * DAY, entered: true, reason: "first_fill" },
  { profileId: eve, atMs: NOW - 3 * DAY, entered: true, reason: "event", causeRow: 77 }, { profileId: ada, atMs: NOW - 2 * DAY, entered: false, reason: "deadline" },
  { profileId: ada, atMs: NOW - HOUR, entered: true, reason: "event", causeRow: 99 }, { profileId: bob, atMs: NOW - HOUR / 2, entered: false, reason: "trait" },
];

beforeAll(async () => {
  api = await startTestApi({}, clock);
  const { first: workspace, second, pool } = api;
  await addPerson(api, { id: ada, workspace, identifiers: [["email", "ada@example.com"]], traits: { name: "=cmd|' /C calc'!A0", plan: "gold", tags: ["a", "b"], age: 40 } });
  await addPerson(api, { id: bob, workspace, identifiers: [["user_id", "bob"]], traits: { plan: "free" } });
  await addPerson(api, { id: eve, workspace, identifiers: [["user_id", "eve"]], traits: { plan: "free", age: "7" } });
  await addEvents(api, [{ workspace, row: 77, messageId: "m-1", profileId: eve, atMs: NOW - 3 * DAY }, { workspace, row: 99, messageId: "m-2", profileId: ada, atMs: NOW - HOUR }]);
  const who = { kind: "event", event: "Order Completed", op: "at_least", value: 1 };
  const insert = async (workspaceId: number, slug: string): Promise<number> => (await pool.query<{ id: number }>(
    "insert into audience (workspace_id, slug, name, definition, status, created_by, updated_by) values ($1, $2, 'Buyers', $3, 'active', 'test', 'test') returning id", [workspaceId, slug, JSON.stringify({ who })])).rows[0]?.id ?? 0;
  audienceId = await insert(workspace.id, "buyers");
  await insert(second.id, "theirs");
  await pool.query("insert into audience_version (workspace_id, audience_id, version, definition, at, author) values ($1, $2, 1, $3, $4, 'test')", [workspace.id, audienceId, JSON.stringify({ who }), new Date(NOW - 20 * DAY)]);
  for (const id of [ada, eve]) await pool.query("insert into audience_person (profile_id, workspace_id, member_of, seq) values ($1, $2, array[$3::integer], 1)", [id, workspace.id, audienceId]);
  await api.clickhouse.client("write").insert({
    table: "audience_log", format: "JSONEachRow",
    values: changes.map(({ profileId, atMs, entered, reason, causeRow = 0 }, i) => ({
      workspace_id: workspace.id, audience_id: audienceId, profile_id: profileId, at: new Date(atMs).toISOString().replace("T", " ").replace("Z", ""), entered: Number(entered), reason,
      cause_row: causeRow, version: 1, seq: i + 1, block_id: 1, block_row: i,
    })),
  });
  const client = await pool.connect();
  masked = (await createToken(client, { workspaceId: workspace.id, name: "masked", scopes: ["read"] })).secret;
  client.release();
});
afterAll(() => api.stop());

const iso = (ms: number): string => new Date(ms).toISOString();

test("members come a page at a time, with since when", async () => {
  const first = await api.call("GET", "/audiences/buyers/members?limit=1");
  const second = await api.call("GET", `/audiences/buyers/members?limit=1&cursor=${first.body.next_cursor}`);
  expect(second.body.next_cursor).toBeNull();
  const all = [...first.body.data, ...second.body.data];
  expect(Object.fromEntries(all.map(({ profile_id, since }) => [profile_id, since]))).toEqual({ [ada]: iso(NOW - HOUR), [eve]: iso(NOW - 3 * DAY) });
  expect((await api.call("GET", "/audiences/theirs/members")).status).toBe(404);
});

test("changes come newest first, by reason when asked, and a page at a time", async () => {
  const { body } = await api.call("GET", "/audiences/buyers/changes?limit=4");
  expect(body.data[0]).toEqual({ at: iso(NOW - HOUR / 2), entered: false, reason: "trait", cause_row: null, version: 1, profile_id: bob, name: null, identifiers: [{ namespace: "user_id", value: "bob" }] });
  expect(body.data[1]).toMatchObject({ profile_id: ada, entered: true, cause_row: 99, name: "=cmd|' /C calc'!A0", identifiers: [{ namespace: "email", value: "ada@example.com" }] });
  expect(JSON.stringify((await api.call("GET", "/audiences/buyers/changes", { token: masked })).body)).not.toMatch(/calc|ada@example/);
  const rest = await api.call("GET", `/audiences/buyers/changes?limit=4&cursor=${body.next_cursor}`);
  expect(rest.body.data.length).toBe(2);
  expect(rest.body.next_cursor).toBeNull();
  expect((await api.call("GET", "/audiences/buyers/changes?reason=event")).body.data.map((one: { profile_id: string }) => one.profile_id)).toEqual([ada, eve]);
  expect((await api.call("GET", "/audiences/buyers/changes?reason=whim")).status).toBe(400);
});

test("changes tell by what people are known now, who were merged too, and to whom may not see it masked", async () => {
  const shown = async (token?: string) => (await api.call("GET", "/audiences/buyers/changes", token === undefined ? {} : { token })).body.data;
  const adas = { profile_id: ada, name: "=cmd|' /C calc'!A0", identifiers: [{ namespace: "email", value: "ada@example.com" }] };
  expect((await shown()).filter((one: { profile_id: string }) => one.profile_id === ada)).toMatchObject([adas, adas, adas]);
  const hidden = await shown(masked);
  expect(hidden.map(({ profile_id, at }: Record<string, string>) => [profile_id, at])).toEqual((await shown()).map(({ profile_id, at }: Record<string, string>) => [profile_id, at]));
  expect(JSON.stringify(hidden)).not.toMatch(/cmd|ada@|"bob"|"eve"/);
  expect(hidden.find((one: { profile_id: string }) => one.profile_id === ada)).toMatchObject({ entered: true, reason: "event", identifiers: [{ namespace: "email", value: "a•••@example.com" }] });

  await api.pool.query("update profile set merged_into = $2, doc = null where id = $1", [eve, bob]);
  expect((await shown()).find((one: { profile_id: string }) => one.profile_id === eve)).toMatchObject({ profile_id: eve, identifiers: [{ namespace: "user_id", value: "bob" }] });
  await api.pool.query("update profile set merged_into = null, doc = (select replace(doc::text, 'bob', 'eve')::jsonb from profile where id = $2) where id = $1", [eve, bob]);
});

test("sizes follow from the changes, by the day and by the hour", async () => {
  const days = (await api.call("GET", "/audiences/buyers/sizes?days=7")).body.data;
  expect(days.length).toBe(7);
  expect(days.at(-1)).toEqual({ at: iso(NOW), size: 2, entered: 1, left: 1 });
  expect(days.map((one: { size: number }) => one.size)).toEqual([2, 2, 2, 3, 2, 2, 2]);
  const hours = (await api.call("GET", "/audiences/buyers/sizes?days=1")).body.data;
  expect(hours.length).toBe(24);
  expect(hours.filter((one: { entered: number; left: number }) => one.entered + one.left > 0)).toEqual([{ at: iso(NOW), size: 2, entered: 1, left: 1 }]);
  expect((await api.call("GET", "/audiences/buyers/sizes?days=60")).body.data.map((one: { size: number }) => one.size).filter((size: number) => size === 0).length).toBe(39);
});

test("days are those of the workspace's time zone", async () => {
  const zone = (to: string) => api.pool.query("update workspace set time_zone = $2 where id = $1", [api.first.id, to]);
  await zone("Pacific/Auckland");
  const days = (await api.call("GET", "/audiences/buyers/sizes?days=7")).body.data;
  const trend = (await api.call("GET", "/audience-trends?days=7&audiences=buyers")).body;
  await zone("UTC");
  const midnight = Temporal.Instant.fromEpochMilliseconds(NOW).toZonedDateTimeISO("Pacific/Auckland").startOfDay();
  expect(days.map(({ at }: { at: string }) => at)).toEqual([...Array.from({ length: 6 }, (_, i) => iso(midnight.subtract({ days: 5 - i }).epochMilliseconds)), iso(NOW)]);
  // What came before a day's end is in its size.
  const sizeAt = (atMs: number): number => changes.reduce((size, change) => (change.atMs < atMs ? size + (change.entered ? 1 : -1) : size), 0);
  expect(days.slice(0, -1).map(({ size }: { size: number }) => size)).toEqual(days.slice(0, -1).map(({ at }: { at: string }) => sizeAt(Date.parse(at))));
  expect(trend.at).toEqual(days.map(({ at }: { at: string }) => at));
});

test("sizes of several are told at once, nothing of what was not yet counted, and none of another workspace's", async () => {
  const { body } = await api.call("GET", "/audience-trends?days=28&audiences=buyers,nobody,theirs");
  expect(body.data.map(({ slug }: { slug: string }) => slug)).toEqual(["buyers"]);
  expect(body.at.length).toBe(28);
  expect(body.at.at(-1)).toBe(iso(NOW));
  const single = (await api.call("GET", "/audiences/buyers/sizes?days=28")).body.data.map(({ size }: { size: number }) => size);
  expect(single).toContain(0);
  expect(body.data[0].sizes).toEqual(single.map((size: number) => (size === 0 ? null : size)));
  // Of an audience that is empty, but was not always, the size is told.
  await api.pool.query("insert into audience (workspace_id, slug, name, definition, status, created_by, updated_by) select workspace_id, 'left', 'Left', definition, 'active', 'test', 'test' from audience where slug = 'buyers'");
  const { rows: [left] } = await api.pool.query<{ id: number }>("select id from audience where slug = 'left'");
  await api.clickhouse.client("write").insert({
    table: "audience_log", format: "JSONEachRow",
    values: [NOW - 60 * DAY, NOW - 2 * DAY].map((ms, i) => ({
      workspace_id: api.first.id, audience_id: left?.id, profile_id: ada, at: iso(ms).replace("T", " ").replace("Z", ""), entered: 1 - i, reason: "event", cause_row: 0, version: 1, seq: 100 + i, block_id: 2, block_row: i,
    })),
  });
  const both = (await api.call("GET", "/audience-trends?days=4&audiences=left,buyers")).body.data;
  expect(Object.fromEntries(both.map(({ slug, sizes }: { slug: string; sizes: number[] }) => [slug, sizes]))).toEqual({ buyers: [3, 2, 2, 2], left: [1, 0, 0, 0] });
  await api.pool.query("delete from audience where slug = 'left'");
  expect((await api.call("GET", `/audience-trends?audiences=${Array.from({ length: 201 }, (_, i) => `a${i}`).join(",")}`)).status).toBe(400);
});

test("one person's history, and the audiences that they are in", async () => {
  const { body } = await api.call("GET", `/audiences/buyers/history/${ada}`);
  expect(body.data.map(({ entered, reason }: { entered: boolean; reason: string }) => [entered, reason])).toEqual([[true, "event"], [false, "deadline"], [true, "first_fill"]]);
  expect((await api.call("GET", `/profiles/${ada}/audiences`)).body.data).toEqual([{ slug: "buyers", name: "Buyers", since: iso(NOW - HOUR), reason: "event" }]);
  expect((await api.call("GET", `/profiles/${bob}/audiences`)).body.data).toEqual([]);
});

test("who was in at an instant, as it was written, and as it would be worked out today", async () => {
  const at = async (ms: number) => (await api.call("GET", `/audiences/buyers/as-of?at=${iso(ms)}`)).body;
  const before = await at(NOW - 2.5 * DAY);
  expect({ ...before, sample: before.sample.map((one: { profile_id: string }) => one.profile_id).toSorted() }).toEqual({ at: iso(NOW - 2.5 * DAY), log: 3, recomputed: 1, sample: [ada, bob, eve].toSorted() });
  expect(await at(NOW)).toMatchObject({ log: 2, recomputed: 2 });
  expect(await at(NOW - 30 * DAY)).toMatchObject({ log: 0, recomputed: null, sample: [] });
});

test("everybody can be written into a file, safe for spreadsheets, and the audit log says so", async () => {
  const get = (format: string) => api.server.inject({ method: "GET", url: `/api/v1/audiences/buyers/members/export?format=${format}&traits=name,plan,age,tags`, headers: { authorization: `Bearer ${api.first.token}` } });
  const csv = await get("csv");
  expect(csv.headers["content-disposition"]).toBe('attachment; filename="buyers.csv"');
  const [header, ...lines] = csv.body.replace("\ufeff", "").trim().split("\r\n").toSorted((a, b) => (a.startsWith("id,") ? -1 : b.startsWith("id,") ? 1 : a < b ? -1 : 1));
  expect(header).toBe("id,since,known,identifiers,name,plan,age,tags");
  expect(lines.toSorted()).toEqual([
    `${ada},${iso(NOW - HOUR)},true,email:ada@example.com,'=cmd|' /C calc'!A0,gold,40,"[""a"",""b""]"`, `${eve},${iso(NOW - 3 * DAY)},true,user_id:eve,,free,7,`,
  ].toSorted());
  const ndjson = (await get("ndjson")).body.trim().split("\n").map((line) => JSON.parse(line) as { id: string; traits: object });
  expect(ndjson.find(({ id }) => id === ada)?.traits).toEqual({ name: "=cmd|' /C calc'!A0", plan: "gold", age: 40, tags: ["a", "b"] });
  const parquet = await get("parquet");
  expect(parquet.rawPayload.subarray(0, 4).toString()).toBe("PAR1");
  expect(parquet.rawPayload.subarray(-4).toString()).toBe("PAR1");
  const { rows } = await api.pool.query<{ detail: unknown }>("select detail from audit_log where action = 'audience.export' order by id");
  expect(rows.map(({ detail }) => detail)).toEqual(["csv", "ndjson", "parquet"].map((format) => expect.objectContaining({ format, people: 2 })));
  const refused = await api.call("GET", "/audiences/buyers/members/export", { token: masked });
  expect(refused.status).toBe(403);
});

test("each file keeps who stood in it, and of everybody it is told in which they stood", async () => {
  const { body: list } = await api.call("GET", "/exports?limit=2");
  expect(list.data.map((one: { kind: string; format: string; status: string; people: number }) => [one.kind, one.format, one.status, one.people])).toEqual([["audience", "parquet", "done", 2], ["audience", "ndjson", "done", 2]]);
  const { body: rest } = await api.call("GET", `/exports?limit=2&cursor=${list.next_cursor}`);
  expect(rest.data).toMatchObject([{ format: "csv", what: "buyers", columns: ["id", "since", "known", "identifiers", "trait.name", "trait.plan", "trait.age", "trait.tags"] }]);
  for (const { id } of [...list.data, ...rest.data]) expect((await api.call("GET", `/exports/${id}/people`)).body.data.toSorted()).toEqual([ada, eve].toSorted());
  expect((await api.call("GET", "/profiles/email:ada@example.com/exports")).body.data.map(({ id }: { id: string }) => id)).toEqual([...list.data, ...rest.data].map(({ id }) => id));
  expect((await api.call("GET", "/profiles/user_id:bob/exports")).body.data).toEqual([]);
  expect((await api.call("GET", `/exports/${list.data[0].id}/people`, { token: masked })).status).toBe(403);
  expect((await api.call("GET", `/exports/${list.data[0].id}/people`, { token: api.second.token })).status).toBe(404);
});

test("a share gives whoever has its link the chosen columns, up to its limit, until it is revoked or over, and each time is kept", async () => {
  const wish = { name: "For the agency", columns: ["trait.plan", "id"], row_limit: 1, hours: 2 };
  expect((await api.call("POST", "/audiences/buyers/shares", { body: wish, token: masked })).status).toBe(403);
  expect((await api.call("POST", "/audiences/buyers/shares", { body: { ...wish, columns: ["name"] } })).status).toBe(400);
  const made = await api.call("POST", "/audiences/buyers/shares", { body: wish });
  expect(made.status).toBe(201);
  const { url, id } = made.body;
  const secret = String(url).split("/").at(-1) ?? "";
  const fetched = (path = new URL(url).pathname) => api.server.inject({ method: "GET", url: path.slice(path.indexOf("/shared/")) });
  const file = await fetched();
  expect(file.headers).toMatchObject({ "content-type": "text/csv; charset=utf-8", "cache-control": "no-store", "referrer-policy": "no-referrer" });
  const [first] = [ada, eve].toSorted();
  expect(file.body.replace("\ufeff", "").trim().split("\r\n")).toEqual(["plan,id", first === ada ? `gold,${ada}` : `free,${eve}`]);
  const { body: { data: [kept] } } = await api.call("GET", "/exports?limit=1");
  expect(kept).toMatchObject({ kind: "share", share_id: id, people: 1, created_by: `share:${id}`, status: "done" });
  expect((await api.call("GET", `/exports/${kept.id}/people`)).body.data).toEqual([first]);
  expect((await api.call("GET", "/shares")).body.data).toMatchObject([{ id, audience: "buyers", downloads: 1, works: true }]);
  expect((await api.call("GET", "/shares", { token: api.second.token })).body.data).toEqual([]);
  expect((await api.call("DELETE", `/shares/${id}`, { token: api.second.token })).status).toBe(404);
  // Nothing that is kept opens it, and neither does a guess.
  expect(JSON.stringify((await api.pool.query("select * from share")).rows)).not.toContain(secret);
  for (const path of ["/shared/x", `/shared/${"a".repeat(43)}`, `/shared/${secret}x`]) expect((await fetched(path)).statusCode).toBe(404);
  expect((await api.call("DELETE", `/shares/${id}`)).body).toMatchObject({ works: false });
  expect((await fetched()).statusCode).toBe(404);
  const over = (await api.call("POST", "/audiences/buyers/shares", { body: wish })).body;
  clock.advanceMs(2 * HOUR);
  expect((await fetched(new URL(over.url).pathname)).statusCode).toBe(404);
  clock.advanceMs(-2 * HOUR);
});

test("the flow of a definition is told for whoever sees people masked, too", async () => {
  const definition = { who: { kind: "event", event: "Order Completed", op: "at_least", value: 1, within: { last: 2, unit: "day" } } };
  const { body } = await api.call("POST", "/audiences/flow", { body: { definition, days: 4 }, token: masked });
  expect(body.days).toEqual([
    { day: "2026-06-07", size: 1, entered: 1, left: 0 }, { day: "2026-06-08", size: 1, entered: 0, left: 0 }, { day: "2026-06-09", size: 0, entered: 0, left: 1 }, { day: "2026-06-10", size: 1, entered: 1, left: 0 },
  ]);
});
