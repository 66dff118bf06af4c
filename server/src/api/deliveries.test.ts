import { afterAll, beforeAll, expect, test } from "vitest";
import { testDestination } from "../destinations/testing.ts";
import { createToken } from "../governance/governance.ts";
import { startTestApi, nobodyId, type TestApi } from "./testing.ts";

const person = "00000000-0000-4000-8000-000000000001";
const request = "00000000-0000-4000-8000-00000000000a";
const expired = "00000000-0000-4000-8000-00000000000b";
let api: TestApi;
let reader: string;
let ids: { destination: number; subscription: number; theirs: number };
beforeAll(async () => {
  api = await startTestApi({ catalog: testDestination([]).catalog });
  const client = await api.pool.connect();
  reader = (await createToken(client, { workspaceId: api.first.id, name: "reader", scopes: ["read"] })).secret;
  client.release();
  const settings = { url: "https://example.com/hook", apiKey: "canary-0123456789", headers: {} };
  const make = async (token: string): Promise<{ destination: number; subscription: number }> => {
    const { slug } = (await api.call("POST", "/destinations", { token, body: { name: "Hook", slug: "hook", definition: "parrot", settings, enabled: true } })).body;
    const events = { action: "say", trigger: { kind: "events", types: ["track"] }, mapping: { user: { "@path": "$.userId" } } };
    const subscription = (await api.call("POST", `/destinations/${slug}/subscriptions`, { token, body: { name: "Orders", enabled: true, definition: events } })).body.id;
    const { rows } = await api.pool.query<{ id: number }>("select destination_id as id from subscription where id = $1", [subscription]);
    return { destination: rows[0]?.id ?? 0, subscription };
  };
  ids = { ...(await make(api.first.token)), theirs: (await make(api.second.token)).destination };
  await api.pool.query("insert into profile (id, workspace_id, first_row, updated_row, ingest_ids, doc) values ($1, $2, 1, 1, array[$1::uuid], $3)", [
    person, api.first.id, JSON.stringify({ version: 1, traits: {}, identifiers: [], consents: {}, accounts: {}, devices: [], links: [], splits: {}, events: { count: 0, firstAtMs: 0, lastAtMs: 0, latest: [] } }),
  ]);
  await fill();
});
afterAll(() => api?.stop());

const hourAgo = Date.now() - 3_600_000;

/** Five deliveries a minute apart: three arrived, one was refused and arrived when sent again, one was refused for good. */
async function fill(): Promise<void> {
  const row = (position: number, outcome: string, minutes: number, more: object = {}): object => ({
    workspace_id: api.first.id, destination_id: ids.destination, subscription_id: ids.subscription, subscription_version: 1, stream: "events", run_id: 0, position, message_id: `m${position}`,
    event: "Order Completed", profile_id: position === 3 ? nobodyId : person, outcome, code: outcome === "refused" ? "http_400" : "", detail: outcome === "refused" ? "total of ada@example.com is wrong" : "",
    status: outcome === "refused" ? 400 : 200, attempts: 1, happened_at: new Date(hourAgo).toISOString(), received_at: new Date(hourAgo).toISOString(),
    finished_at: new Date(hourAgo + minutes * 60_000).toISOString(), request_id: request, ...more,
  });
  const values = [
    row(1, "delivered", 1), row(2, "delivered", 2), row(3, "delivered", 3), row(4, "refused", 4), row(4, "delivered", 6), row(5, "refused", 5),
    row(9, "delivered", 1, { workspace_id: api.second.id, destination_id: ids.theirs, message_id: "theirs", profile_id: person }),
  ];
  const clickhouse = api.clickhouse.client("write");
  const settings = { date_time_input_format: "best_effort" } as const;
  await clickhouse.insert({ table: "deliveries", values, format: "JSONEachRow", clickhouse_settings: settings });
  await clickhouse.insert({
    table: "delivery_exchanges", format: "JSONEachRow", clickhouse_settings: settings,
    values: [{
      workspace_id: api.first.id, destination_id: ids.destination, request_id: request, at: new Date(hourAgo).toISOString(), nr: 0, method: "POST", url: "https://example.com/hook",
      request_headers: '{"content-type":"application/json"}', request_body: '{"email":"ada@example.com"}', status: 400, response_headers: "{}", response_body: '{"error":"no"}', failure: "", took_ms: 12,
    }],
  });
  await clickhouse.insert({
    table: "delivery_hashes", format: "JSONEachRow", clickhouse_settings: settings,
    values: [{ workspace_id: api.first.id, destination_id: ids.destination, request_id: expired, at: new Date(hourAgo).toISOString(), nr: 0, method: "POST", status: 200, request_hash: "a".repeat(64), response_hash: "b".repeat(64) }],
  });
  await api.pool.query("insert into delivery_count values ($1, $2, now() - interval '1 hour', 'delivered', '', $3, 4), ($1, $2, now() - interval '1 hour', 'filtered', 'consent', $3, 7)", [ids.destination, ids.subscription, api.first.id]);
  await api.pool.query("insert into delivery_state (destination_id, workspace_id, state, since, code, detail, failures, next_at) values ($1, $2, 'failing', now(), 'connection_failed', 'Nobody answers.', 3, now())", [ids.destination, api.first.id]);
  await api.pool.query(
    "insert into delivery_parked (destination_id, workspace_id, stream, subscription_id, position, profile_id, attempts, next_at, code) values ($1, $2, 'events', $3, 11, $4, 2, now(), 'http_500')",
    [ids.destination, api.first.id, ids.subscription, person],
  );
  // A row of a model waits in a lane of its own.
  await api.pool.query(
    `insert into delivery_parked (destination_id, workspace_id, stream, subscription_id, position, profile_id, person_id, attempts, next_at)
     values ($1, $2, $3, $4, 12, '00000000-0000-4000-8000-0000000000ff', $5, 0, now()), ($1, $2, $3, $4, 13, '00000000-0000-4000-8000-0000000000fe', $6, 0, now())`,
    [ids.destination, api.first.id, `model ${ids.subscription}`, ids.subscription, person, nobodyId],
  );
}

test("how a destination is: its state with advice, what waits, and what became of everything by reason", async () => {
  const { body } = await api.call("GET", "/destinations/hook/health");
  expect(body).toMatchObject({
    state: "failing", code: "connection_failed", advice: expect.stringContaining("Nobody answers"), waiting: { again: 1, behind: 2 }, latency_ms: { count: 4 },
    counts: [{ outcome: "filtered", reason: "consent", count: 7 }, { outcome: "delivered", reason: "", count: 4 }],
  });
  expect(body.series).toHaveLength(2);
  expect((await api.call("GET", "/destination-states")).body.data).toMatchObject([{ slug: "hook", state: "failing" }]);
  expect((await api.call("GET", "/destinations/hook/health", { token: api.second.token })).body).toMatchObject({ state: "idle", counts: [] });
});

test("how long deliveries take is told of what goes as it comes: not of what was there before, nor of what is sent anew", async () => {
  await api.call("POST", "/destinations", { body: { name: "List", slug: "list", definition: "parrot", settings: { url: "https://example.com/list", apiKey: "canary-0123456789", headers: {} } } });
  const { rows: [list] } = await api.pool.query<{ id: number }>("select id from destination where slug = 'list' and workspace_id = $1", [api.first.id]);
  const insert = async (seconds: Readonly<Record<string, number>>): Promise<void> => {
    const values = Object.entries(seconds).map(([stream, took]) => ({
      workspace_id: api.first.id, destination_id: list?.id, subscription_id: 7, subscription_version: 1, stream, run_id: 0, position: 1, message_id: stream, event: "Audience Entered", profile_id: nobodyId,
      outcome: "delivered", code: "", detail: "", status: 200, attempts: 1, happened_at: new Date(hourAgo).toISOString(), received_at: new Date(hourAgo).toISOString(),
      finished_at: new Date(hourAgo + took * 1_000).toISOString(), request_id: nobodyId,
    }));
    await api.clickhouse.client("write").insert({ table: "deliveries", values, format: "JSONEachRow", clickhouse_settings: { date_time_input_format: "best_effort" } });
  };
  const latency = async (): Promise<unknown> => (await api.call("GET", "/destinations/list/health")).body.latency_ms;
  await insert({ "fill 7": 3_000, "rows 7": 3_000, "sync 7": 3_000 });
  expect(await latency()).toEqual({ p50: 0, p99: 0, count: 0 });
  await insert({ "audience 7": 1, "consent 7": 2, "model 7": 2 });
  expect(await latency()).toMatchObject({ p50: 2_000, count: 3 });
});

test("deliveries are paged, the latest first, and asked for by what became of them; another workspace's are not among them", async () => {
  const positions = async (query: string): Promise<number[]> => (await api.call("GET", `/destinations/hook/deliveries?${query}`)).body.data.map((row: { position: number }) => row.position);
  expect(await positions("")).toEqual([4, 5, 4, 3, 2, 1]);
  expect(await positions("outcome=refused")).toEqual([5, 4]);
  expect(await positions("message_id=m2")).toEqual([2]);
  expect(await positions("message_id=theirs")).toEqual([]);
  expect([await positions(`request_id=${request}&outcome=refused`), await positions(`request_id=${expired}`)]).toEqual([[5, 4], []]);
  const first = (await api.call("GET", "/destinations/hook/deliveries?limit=4")).body;
  expect(first.data[0]).toMatchObject({ subscription_name: "Orders", outcome: "delivered", status: 200, profile_id: person, request_id: request });
  expect(await positions(`limit=4&cursor=${first.next_cursor}`)).toEqual([2, 1]);
  expect((await api.call("GET", "/destinations/hook/deliveries?cursor=nonsense")).status).toBe(400);
});

test("dead letters by reason leave out what has arrived since, and say what to do", async () => {
  expect((await api.call("GET", "/destinations/hook/errors")).body.data).toMatchObject([
    { code: "http_400", count: 1, people: 1, status: 400, message_id: "m5", advice: expect.stringContaining("mapping") },
  ]);
});

test("a request and its reply are shown as they were; without the right to see people, without them", async () => {
  const path = `/destinations/hook/requests/${request}`;
  const { body } = await api.call("GET", path);
  expect(body.exchanges[0]).toMatchObject({ method: "POST", status: 400, request_body: '{"email":"ada@example.com"}', response_body: '{"error":"no"}' });
  const masked = (await api.call("GET", path, { token: reader })).text;
  expect(masked).not.toContain("ada@example.com");
  expect((await api.call("GET", "/destinations/hook/errors", { token: reader })).text).not.toContain("ada@example.com");
  expect((await api.call("GET", path, { token: api.second.token })).status).toBe(404);
  // Of one whose bodies are gone, the hashes are left.
  const gone = path.replace(request, expired);
  expect((await api.call("GET", gone)).body).toMatchObject({ exchanges: [], hashes: [{ method: "POST", status: 200, request: "a".repeat(64), response: "b".repeat(64) }] });
  expect((await api.call("GET", gone, { token: reader })).text).not.toContain("a".repeat(64));
  expect((await api.call("GET", gone, { token: api.second.token })).status).toBe(404);
});

test("sending again is counted first, asked for with a trace, and stopped", async () => {
  const ask = (body: object): ReturnType<TestApi["call"]> => api.call("POST", "/destinations/hook/replays", { body });
  expect((await ask({ dry_run: true })).body).toEqual({ matching: 1, replay: null });
  expect((await ask({ dry_run: true, outcomes: ["delivered"], event: "Order Completed" })).body.matching).toBe(4);
  expect((await ask({ dry_run: true, outcomes: ["delivered"], profile: person })).body.matching).toBe(3);
  const { status, body } = await ask({ code: "http_400" });
  expect([status, body]).toMatchObject([201, { matching: 1, replay: { status: "running" } }]);
  expect((await api.call("DELETE", `/destinations/hook/replays/${body.replay.id}`)).body.status).toBe("stopped");
  expect((await api.call("DELETE", `/destinations/hook/replays/${body.replay.id}`)).status).toBe(404);
  expect((await api.call("GET", "/destinations/hook/replays")).body.data).toMatchObject([{ status: "stopped" }]);
  expect((await api.call("GET", "/audit?action=destination.replay")).body.data.length).toBeGreaterThan(0);
  expect((await api.call("POST", "/destinations/hook/replays", { token: reader, body: {} })).status).toBe(403);
  expect((await api.call("DELETE", `/destinations/hook/replays/${body.replay.id}`, { token: api.second.token })).status).toBe(404);
});

test("what was sent about a person, and what waits", async () => {
  const { body } = await api.call("GET", `/profiles/${person}/deliveries`);
  expect(body.data.map((row: { position: number }) => row.position)).toEqual([4, 5, 4, 2, 1]);
  expect(body.data[0]).toMatchObject({ destination: "hook", destination_name: "Hook", outcome: "delivered" });
  expect(body.waiting).toMatchObject([
    { destination: "hook", subscription_name: "Orders", position: 11, attempts: 2, code: "http_500" }, { destination: "hook", stream: `model ${ids.subscription}`, position: 12, attempts: 0 },
  ]);
  expect((await api.call("GET", `/profiles/${person}/deliveries?destination=other`)).body).toMatchObject({ data: [], waiting: [] });
});

test("an audience at a destination: what is asked and answered, sent anew, opened to everybody, set up as another list, and emptied before it is put away", async () => {
  for (const slug of ["club", "fans"]) await api.call("POST", "/audiences", { body: { name: slug, slug, definition: { from: "everyone", who: { all: [] } } } });
  const definition = { action: "say", trigger: { kind: "audience", audience: "club", settings: { list_name: "Club" } }, mapping: { user: { "@path": "$.userId" } } };
  await api.call("PATCH", "/destinations/hook", { body: { test_people: ["user_id:ada"] } });
  const { id } = (await api.call("POST", "/destinations/hook/subscriptions", { body: { name: "Club", enabled: true, definition } })).body;
  const path = `/destinations/hook/subscriptions/${id}`;
  const tell = async (): Promise<void> => {
    await api.pool.query("insert into delivery_member (subscription_id, profile_id, workspace_id, person) values ($1, $2, $3, '{}') on conflict do nothing", [id, person, api.first.id]);
  };
  const state = async (): Promise<{ told: number; people: number; stops: { id: number; status: string }[]; syncs: { id: number; kind: string; status: string; afterwards: string | null }[] }> => (await api.call("GET", `${path}/sync`)).body;
  await tell();
  // As delivery notes it.
  await api.pool.query("insert into delivery_cursor (destination_id, stream, workspace_id, next_block) values ($1, $2, $3, 0)", [ids.destination, `fill ${id}`, api.first.id]);
  await api.pool.query(
    `insert into delivery_stop (workspace_id, destination_id, subscription_id, reasons, from_block, before_block, would_add, would_remove, people, share) values ($1, $2, $3, '["definition"]', 1, 2, 5, 70, 100, 0.3)`,
    [api.first.id, ids.destination, id],
  );
  expect((await api.call("GET", "/destination-stops")).body.data).toMatchObject([{ destination: "hook", subscription: id, would_add: 5, would_remove: 70, people: 100, share: 0.3 }]);
  const [asked] = (await state()).stops;
  expect((await api.call("POST", `${path}/syncs`, { body: {} })).status).toBe(409);
  expect((await api.call("POST", `${path}/answer`, { token: reader, body: { stop: asked?.id, answer: "go_on" } })).status).toBe(403);
  expect((await api.call("POST", `${path}/answer`, { token: api.second.token, body: { stop: asked?.id, answer: "go_on" } })).status).toBe(404);
  expect((await api.call("POST", `${path}/answer`, { body: { stop: asked?.id, answer: "drop" } })).body.status).toBe("drop");
  expect((await api.call("POST", `${path}/answer`, { body: { stop: asked?.id, answer: "go_on" } })).status).toBe(409);
  expect((await api.call("GET", "/destination-stops")).body.data).toEqual([]);

  // A destination that keeps lists is told everybody.
  expect((await api.call("POST", `${path}/syncs`, { body: { dry_run: true } })).body).toEqual({ kind: "all", told: 1, people: 0, sync: null });
  const { sync } = (await api.call("POST", `${path}/syncs`, { body: {} })).body;
  expect((await api.call("POST", `${path}/syncs`, { body: {} })).status).toBe(409);
  expect((await api.call("DELETE", `${path}/syncs/${sync.id}`)).body.status).toBe("stopped");

  await api.call("PATCH", "/destinations/hook", { body: { test_people: null } });
  expect((await state()).syncs[0]).toMatchObject({ kind: "differences", status: "running" });
  // Another list at the vendor: nobody was told yet.
  await api.call("PATCH", path, { body: { definition: { ...definition, trigger: { ...definition.trigger, settings: { list_name: "Other" } } } } });
  expect(await state()).toMatchObject({ told: 0, syncs: [{ kind: "differences", status: "running" }, { status: "stopped" }, { status: "stopped" }] });

  await tell();
  expect((await api.call("DELETE", `${path}?empty=true`)).body).toMatchObject({ status: "active", enabled: false });
  expect((await state()).syncs[0]).toMatchObject({ kind: "empty", status: "running", afterwards: "subscription" });
  expect((await api.call("POST", "/audiences/club/archive")).body.code).toBe("in_use");
  expect((await api.call("POST", "/audiences/club/archive?empty=true")).body).toMatchObject({ status: "filling" });
  expect((await state()).syncs[0]).toMatchObject({ kind: "empty", status: "running", afterwards: "audience" });
  expect((await api.call("DELETE", "/destinations/hook?empty=true")).body).toMatchObject({ status: "active", enabled: false });
  expect((await state()).syncs[0]).toMatchObject({ kind: "empty", status: "running", afterwards: "destination" });
  expect((await api.call("GET", `${path}/hold-out`)).body).toMatchObject({ share: 0, since: null, difference: null, too_few: "people" });
  for (const action of ["subscription.answer", "subscription.sync", "subscription.sync_stop"]) expect((await api.call("GET", `/audit?action=${action}`)).body.data.length).toBeGreaterThan(0);
});
