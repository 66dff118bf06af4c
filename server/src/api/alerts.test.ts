// Every kind of alert asked of real engines, and alerts over the API: from what stands in the tables to what people read and set.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AlertShown } from "@tributary/schema/api/alerts.ts";
import { createWatch } from "../alerts/alerts.ts";
import { manualClock } from "../core/clock.ts";
import { quietLogger } from "../engines/testing.ts";
import { addEvents, startTestApi, type TestApi } from "./testing.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 10, 18, 14);
const clock = manualClock(START);
let api: TestApi;
let look: () => Promise<void>;

const sql = (text: string, values: unknown[] = []) => api.pool.query(text, values);
const alerts = async (query = ""): Promise<AlertShown[]> => (await api.call("GET", `/alerts${query}`)).body.data;
/** Looks every minute for so long. */
async function pass(minutes: number): Promise<void> {
  for (let i = 0; i < minutes; i++) {
    clock.advanceMs(MINUTE);
    await look();
  }
}
const numberOf = async (text: string, values: unknown[]): Promise<number> => (await sql(text, values)).rows[0].id;
let destination = 0;
let audience = 0;

beforeAll(async () => {
  api = await startTestApi({}, clock);
  const client = api.clickhouse.client("api");
  const clickhouse = async <Row>(query: string, params: Readonly<Record<string, unknown>>) => (await client.query({ query, query_params: { ...params }, format: "JSONEachRow" })).json<Row>();
  const watch = createWatch({ pool: api.pool, logger: quietLogger, clickhouse, log: api.log, pipelineReader: "pipeline" });
  look = () => watch.look(clock.nowMs());
  const { id: workspace, sourceId, partition } = api.first;
  // Four weeks in which something came in every hour, until just now.
  await sql("insert into ledger select $1, $2, at, 'received', '', '', 60 from generate_series(to_timestamp($3::float8 / 1000), to_timestamp($4::float8 / 1000), '1 hour') at", [workspace, sourceId, START - 29 * DAY, START]);
  destination = await numberOf(
    "insert into destination (workspace_id, slug, name, definition, settings_sealed, enabled, created_by, updated_by) values ($1, 'shop-crm', 'Shop CRM', 'parrot', '', true, 'system', 'system') returning id", [workspace]);
  audience = await numberOf(
    "insert into audience (workspace_id, slug, name, definition, status, size, created_by, updated_by) values ($1, 'loyal', 'Loyal', '{}', 'active', 400, 'system', 'system') returning id", [workspace]);
  await sql("insert into log_head (partition, next_offset) values ($1, 0) on conflict do nothing", [partition]);
  await sql("insert into log_offset (reader, partition, next_block) values ('pipeline', $1, 9)", [partition]);
  await look();
});
afterAll(() => api.stop());

test("nothing is wrong at first, and what is told says so", async () => {
  expect(await alerts()).toEqual([]);
  expect((await api.call("GET", "/alert-summary")).body).toEqual({ open: 0, acknowledged: 0, snoozed: 0 });
});

test("a source that falls silent is told with figures, acknowledged by somebody, and told to be well again", async () => {
  await pass(20);
  const [silent] = await alerts("?status=open");
  expect(silent).toMatchObject({ kind: "source_silent", subject: `source:${api.first.sourceId}`, link: `/sources/${api.first.sourceId}`, status: "open", closed_at: null, told: { sent: 0, waiting: 0, failed: 0 } });
  expect(silent?.sentence).toMatch(/^Nothing has come in from .+ for \d+ minutes; the last was at 2026-11-18 14:01 UTC\. In this time of day and week at least \d+ events would have come\.$/);
  const { status, body } = await api.call("POST", `/alerts/${silent?.id}/acknowledge`);
  expect([status, body.status, body.acknowledged.at]).toEqual([200, "acknowledged", new Date(clock.nowMs()).toISOString()]);
  expect((await api.call("GET", "/alert-summary")).body).toEqual({ open: 0, acknowledged: 1, snoozed: 0 });
  await sql("insert into ledger values ($1, $2, to_timestamp($3::float8 / 1000), 'received', '', '', 1)", [api.first.id, api.first.sourceId, clock.nowMs()]);
  await pass(7);
  expect((await api.call("GET", `/alerts/${silent?.id}`)).body).toMatchObject({ status: "closed", closed_why: "well", tellings: [] });
  const audit = (await api.call("GET", "/audit?action=alert.")).body.data as { action: string }[];
  expect(audit.map(({ action }) => action)).toEqual(["alert.acknowledge"]);
});

test("a destination that fails, refuses or keeps things waiting is told, and one cause once", async () => {
  await sql("update source set enabled = false where id = $1", [api.first.sourceId]);
  await addEvents(api, [{ workspace: api.first, row: 9, messageId: "waits", receivedAtMs: clock.nowMs() }]);
  await sql("insert into delivery_cursor values ($1, 'events', $2, $3::bigint * 1099511627776)", [destination, api.first.id, api.first.partition]);
  // One that takes no events has none waiting.
  await pass(22);
  expect((await alerts("?status=open")).map(({ kind }) => kind)).toEqual([]);
  await sql("insert into subscription (workspace_id, destination_id, name, definition, enabled, created_by, updated_by) values ($1, $2, 'all', '{\"trigger\":{\"kind\":\"events\"}}', true, 'system', 'system')", [api.first.id, destination]);
  await sql("update delivery_cursor set next_block = $2::bigint * 1099511627776 where destination_id = $1", [destination, api.first.partition]);
  await sql("insert into delivery_state (destination_id, workspace_id, state, since, detail) values ($1, $2, 'failing', to_timestamp($3::float8 / 1000), 'ada@example.com is not known here')", [destination, api.first.id, clock.nowMs()]);
  await pass(22);
  expect((await alerts("?status=open")).map(({ kind }) => kind)).toEqual(["destination_failing"]);
  // What a vendor says may quote somebody.
  const reader = (await api.call("POST", "/tokens", { body: { name: "reader", scopes: ["read"] } })).body.secret;
  expect((await api.call("GET", "/alerts", { token: reader })).text).not.toContain("ada@example.com");
  await sql("update delivery_state set state = 'flowing', since = to_timestamp($1::float8 / 1000), detail = ''", [clock.nowMs()]);
  await pass(6);
  expect((await alerts("?status=open")).map(({ kind, sentence }) => [kind, sentence])).toEqual([["queue_old", expect.stringMatching(/^Events have waited \d+ minutes for Shop CRM\./)]]);
  await sql("insert into delivery_count select $1, 1, to_timestamp($2::float8 / 1000), 'refused', 'http_422', $3, 30", [destination, clock.nowMs(), api.first.id]);
  await pass(1);
  const [dead] = await alerts("?kind=dead_letters");
  expect(dead).toMatchObject({ sentence: "Shop CRM refused 30 of 30 in the last hour (100 %). They are kept, and can be sent again.", link: "/destinations/shop-crm?tab=problems" });
  await sql("update destination set enabled = false");
  await pass(1);
  expect((await alerts("?kind=dead_letters"))[0]).toMatchObject({ status: "closed", closed_why: "gone" });
  expect(await alerts("?status=open")).toEqual([]);
});

test("an audience that jumps by itself is told with its cause, and one that somebody has changed or imported for is not", async () => {
  const row = (person: number, entered: number, reason: string) => ({
    workspace_id: api.first.id, audience_id: audience, profile_id: `00000000-0000-0000-0000-${String(person).padStart(12, "0")}`, at: new Date(clock.nowMs() - 10 * MINUTE).toISOString().replace("T", " ").replace("Z", ""), entered, reason, cause_row: 0, version: 1, seq: person,
    block_id: 1, block_row: person,
  });
  const log = (rows: readonly object[]) => api.clickhouse.client("write").insert({ table: "audience_log", format: "JSONEachRow", values: rows });
  await log(Array.from({ length: 200 }, (_, i) => row(i, 1, i < 100 ? "definition" : "import")));
  await pass(6);
  expect(await alerts("?kind=audience_jumped")).toEqual([]);
  await log(Array.from({ length: 100 }, (_, i) => row(1_000 + i, 1, "late_event")));
  await pass(6);
  expect((await alerts("?kind=audience_jumped"))[0]?.sentence).toBe("100 more people are in Loyal than an hour ago: 300 became 400. Most by events that came late (100).");
});

test("a sync that waits for an answer is told at once with its numbers, and is over with the answer", async () => {
  await sql("update destination set enabled = true");
  const subscription = await numberOf(
    "insert into subscription (workspace_id, destination_id, name, definition, enabled, created_by, updated_by) values ($1, $2, 'Loyal ones', $3, true, 'system', 'system') returning id",
    [api.first.id, destination, JSON.stringify({ trigger: { kind: "audience", audienceId: audience } })],
  );
  await sql(
    "insert into delivery_stop (workspace_id, destination_id, subscription_id, reasons, from_block, before_block, would_add, would_remove, people, share, created_at) values ($1, $2, $3, '[]', 0, 1, 3, 812, 1200, 0.3, to_timestamp($4::float8 / 1000))",
    [api.first.id, destination, subscription, clock.nowMs()],
  );
  await pass(1);
  expect((await alerts("?kind=sync_stopped"))[0]).toMatchObject({
    status: "open", link: "/destinations/shop-crm?tab=subscriptions",
    sentence: "Loyal ones (Shop CRM) waits for an answer: 3 people would come and 812 go, of 1,200 there, and more than 30 % don't go without asking. Nothing of it is sent before.",
  });
  await sql("update delivery_stop set status = 'drop'");
  await pass(1);
  expect((await alerts("?kind=sync_stopped"))[0]).toMatchObject({ status: "closed", closed_why: "well" });
  await sql("update destination set enabled = false");
});

test("a forgetting that was given up is told once for each who asked, is over when somebody acts, and is told again when it is given up again", async () => {
  const person = "00000000-0000-0000-0000-0000000000f1";
  const asked = (row: number) => numberOf("select open_forgetting($1, $2, array[$2::uuid], $3, $4, 'system') as id", [api.first.id, person, row, JSON.stringify([{ namespace: "user_id", value: "canary-user" }])]);
  const [first, second] = [await asked(901), await asked(902)];
  const becomes = (id: number, status: string) => sql("update forgetting_destination set status = $2, done_at = case when $2 = 'waiting' then null else to_timestamp($3::float8 / 1000) end, detail = 'canary-user' where forgetting_id = $1", [id, status, clock.nowMs()]);
  await pass(1);
  expect(await alerts("?kind=forgetting_given_up")).toEqual([]);
  await becomes(first, "expired");
  await becomes(second, "told");
  await pass(3);
  const given = await alerts("?kind=forgetting_given_up");
  expect(given).toMatchObject([{
    status: "open", subject: `forgetting:${first}`, link: `/forgettings?open=${first}`,
    sentence: `Forgetting ${first} was given up: 1 destination could not be told for a day or was switched off (Shop CRM). The person asked to be forgotten and may still stand there: try again, or delete them there by hand and say so.`,
  }]);
  expect(JSON.stringify(given)).not.toMatch(/canary|0000000000f1/);
  await becomes(first, "waiting");
  await pass(1);
  expect(await alerts("?kind=forgetting_given_up")).toMatchObject([{ status: "closed", closed_why: "well" }]);
  await becomes(first, "refused");
  await pass(2);
  expect((await alerts("?kind=forgetting_given_up")).map(({ status }) => status).toSorted()).toEqual(["closed", "open"]);
  expect((await alerts("?kind=forgetting_given_up&status=open"))[0]?.sentence).toContain("1 destination did not take the request (Shop CRM)");
  await becomes(first, "done_by_hand");
  await pass(1);
  expect(await alerts("?kind=forgetting_given_up&status=open")).toEqual([]);
});

test("the pipeline's own delay is told", async () => {
  await sql("insert into ch_outbox (block_id, partition, kind, table_name, statement, schema_version, rows, counts, created_at) values (5, $1, 'insert', 'events', '', 1, 1, '{}', to_timestamp($2::float8 / 1000))", [api.first.partition, clock.nowMs()]);
  await pass(14);
  expect((await alerts("?kind=pipeline_late"))[0]).toMatchObject({ status: "open", subject: "", sentence: expect.stringMatching(/waited 1\d minutes for ClickHouse/) });
});

test("rules have defaults, can be set for all and for one thing, and are taken back", async () => {
  const ruleOf = async (kind: string) => (await api.call("GET", "/alert-rules")).body.data.find((one: { kind: string }) => one.kind === kind);
  expect(await ruleOf("source_silent")).toMatchObject({ enabled: true, is_default: true, params: { by: "learnt", minutes: 15 }, subjects: { of: "source", own: [] } });
  expect((await ruleOf("pipeline_late")).fields).toEqual([{ key: "minutes", title: "Minutes behind", description: expect.any(String), default: 10, choices: null, min: 1, max: 10_080, is_whole: true }]);
  const subject = `source:${api.first.sourceId}`;
  expect((await api.call("PUT", "/alert-rules", { body: { kind: "source_silent", subject, params: { by: "set", minutes: 60 } } })).status).toBe(200);
  expect((await ruleOf("source_silent")).subjects.own).toMatchObject([{ subject, params: { by: "set", minutes: 60 }, is_default: false }]);
  for (const body of [{ kind: "nothing" }, { kind: "pipeline_late", params: { minutes: 0 } }, { kind: "pipeline_late", subject: "source:1" }]) expect((await api.call("PUT", "/alert-rules", { body })).status).toBe(400);
  expect((await api.call("PUT", "/alert-rules", { body: { kind: "source_silent", subject: `source:${api.second.sourceId}` } })).status).toBe(404);
  await api.call("POST", "/alert-rules/reset", { body: { kind: "source_silent", subject } });
  expect((await ruleOf("source_silent")).subjects.own).toEqual([]);
  // Switched off, what is open closes.
  await api.call("PUT", "/alert-rules", { body: { kind: "pipeline_late", enabled: false } });
  await pass(1);
  expect((await alerts("?kind=pipeline_late"))[0]).toMatchObject({ status: "closed", closed_why: "off" });
});

test("a channel is kept without telling its address again, refused where it may not reach, tried, and removed", async () => {
  const refused = await api.call("POST", "/alert-channels", { body: { kind: "chat", name: "Inside", settings: { url: "http://127.0.0.1:9/hook" } } });
  expect([refused.status, refused.body.hint]).toEqual([400, expect.stringContaining("OUTBOUND_PRIVATE_HOSTS")]);
  expect((await api.call("POST", "/alert-channels", { body: { kind: "mail", name: "Us", settings: { to: ["ada@example.com"] } } })).status).toBe(409);
  await sql("insert into alert_channel (workspace_id, kind, name, settings_sealed, hint, created_by, updated_by) values ($1, 'chat', 'Team', 'sealed.v1.nonsense', 'chat.example.com', 'system', 'system')", [api.first.id]);
  const { body } = await api.call("GET", "/alert-channels");
  expect(body).toMatchObject({ has_mail: false, data: [{ name: "Team", hint: "chat.example.com", enabled: true, kinds: null, last_sent_at: null, waiting: 0 }] });
  const id = body.data[0].id;
  expect((await api.call("POST", `/alert-channels/${id}/test`)).body).toEqual({ ok: false, detail: "Its address can't be opened any more. Enter it anew." });
  expect((await api.call("PATCH", `/alert-channels/${id}`, { body: { kinds: ["dead_letters"], enabled: false } })).body).toMatchObject({ kinds: ["dead_letters"], enabled: false });
  expect((await api.call("DELETE", `/alert-channels/${id}`)).status).toBe(200);
  expect((await api.call("GET", "/alert-channels")).body.data).toEqual([]);
});

test("pages go through all alerts once, open ones first", async () => {
  const all = (await alerts()).map(({ id }) => id);
  const seen: number[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const { body } = await api.call("GET", `/alerts?limit=2${cursor === "" ? "" : `&cursor=${cursor}`}`);
    seen.push(...body.data.map(({ id }: { id: number }) => id));
    cursor = body.next_cursor;
  }
  expect(seen).toEqual(all);
  expect(all.length).toBeGreaterThan(4);
});
