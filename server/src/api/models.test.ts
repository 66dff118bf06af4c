// A model over the API as its user meets it: previewed, made, run, asked about, taken; its rows looked at and made into events. The runner
// is the real one, over a warehouse whose rows the test holds.
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../core/clock.ts";
import { testDefinition, testDestination } from "../destinations/testing.ts";
import { quietLogger } from "../engines/testing.ts";
import { createToken } from "../governance/governance.ts";
import { createModelRunner, type ModelRunner } from "../models/models.ts";
import { testModelReader, testRows } from "../models/testing.ts";
import { addPerson, startTestApi, testSecret, type Called, type TestApi } from "./testing.ts";

let api: TestApi;
let runner: ModelRunner;
let sourceSlug: string;
/** What came into the log, as whole records. */
const taken: { readonly historical: boolean; readonly events: readonly Readonly<Record<string, unknown>>[] }[] = [];

beforeAll(async () => {
  api = await startTestApi({ catalog: testDestination([testDefinition]).catalog });
  const log = {
    append: async (partition: number, record: Parameters<TestApi["log"]["append"]>[1]) => {
      const { header } = record;
      taken.push({ historical: header.kind === "events" && header.historical === true, events: record.events.map((event) => JSON.parse(event.toString()) as Readonly<Record<string, unknown>>) });
      return { partition, offset: 0, index: 0 };
    },
  };
  runner = createModelRunner({ pool: api.postgres.pool("models", 4), clickhouse: api.clickhouse.client("models"), log, open: testModelReader, secret: testSecret, clock: systemClock, logger: quietLogger, limits: { noteMs: 30 } });
  sourceSlug = (await api.pool.query<{ slug: string }>("select slug from source where id = $1", [api.first.sourceId])).rows[0]!.slug;
});
afterAll(async () => {
  await runner?.stop();
  await api?.stop();
});

const definition = { warehouse: "shop", query: { kind: "sql", sql: "select * from buyers" }, key: ["id"], person: { column: "email", namespace: "email" }, stopShare: 0.3 };
const row = (id: number, plan: string) => ({ id, email: `P${id}@Example.com`, plan });
const ok = (called: Called): Called["body"] => {
  expect(called.status, called.text).toBeLessThan(300);
  return called.body;
};

/** Runs it and waits for its end, or for its question. */
async function run(slug: string, body: object = {}): Promise<Called["body"]> {
  const { id } = ok(await api.call("POST", `/models/${slug}/runs`, { body }));
  await expect.poll(async () => (await api.call("GET", `/models/${slug}/runs/${id}`)).body.status).toMatch(/asking|done|failed|stopped/);
  return (await api.call("GET", `/models/${slug}/runs/${id}`)).body;
}

test("previewed, made, asked about, taken, and changed", async () => {
  testRows.rows = [row(1, "basic"), row(2, "basic"), row(2, "gold"), { id: null, email: null, plan: "none" }];
  const preview = ok(await api.call("POST", "/models/preview", { body: { warehouse: "shop", query: definition.query, key: ["id"], limit: 10 } }));
  expect(preview).toMatchObject({ columns: [{ name: "id", type: "number" }, { name: "email" }, { name: "plan" }], is_cut: false, key_problems: [{ code: "key_null", sample: [{ lines: [4] }] }, { code: "key_double", sample: [{ key: '["2"]', lines: [2, 3] }] }] });
  const checked = ok(await api.call("POST", "/models/check", { body: { definition: { ...definition, warehouse: "elsewhere", schedule: { cron: "61 * * * *", zone: "UTC" }, feeds: { call: "identify", source: "nowhere" } } } }));
  expect(checked).toMatchObject({ ok: false, next_runs: [] });
  expect(checked.problems.join(" ")).toMatch(/61 \* \* \* \*.*no source `nowhere`.*userId.*no warehouse `elsewhere`/s);
  expect((await api.call("POST", "/models", { body: { name: "Wrong", definition: { ...definition, warehouse: "elsewhere" } } })).body.code).toBe("invalid_definition");

  const made = ok(await api.call("POST", "/models", { body: { name: "Buyers", definition } }));
  expect(made).toMatchObject({ slug: "buyers", version: 1, rows: 0, last_run: null });
  // What can't be a key ends the run, and nothing of it is in force.
  expect(await run("buyers")).toMatchObject({ status: "failed", problem: { code: "key_null", count: 1, sample: [{ lines: [4] }] } });
  testRows.rows.pop();
  expect(await run("buyers")).toMatchObject({ status: "failed", problem: { code: "key_double", count: 1, sample: [{ key: '["2"]', lines: [2, 3] }] } });

  testRows.rows = [1, 2, 3, 4, 5].map((id) => row(id, "basic"));
  const first = await run("buyers");
  expect(first).toMatchObject({ status: "asking", asks: { code: "first_run", count: 5 }, rows: 5, added: 5, columns: [{ name: "id", type: "number" }, {}, {}] });
  // Its rows are looked at before anything is in force.
  expect(ok(await api.call("GET", "/models/buyers/changes")).data).toEqual([]);
  const asked = ok(await api.call("GET", `/models/buyers/changes?run=${first.id}&limit=3`));
  expect(asked.data).toHaveLength(3);
  expect(asked.data[0]).toMatchObject({ change: "added", in_force: false, row: { plan: "basic" } });
  expect(ok(await api.call("GET", `/models/buyers/changes?run=${first.id}&limit=3&cursor=${asked.next_cursor}`)).data).toHaveLength(2);
  expect((await api.call("GET", "/models/buyers/rows/history?key=%5B%221%22%5D")).status).toBe(404);
  expect(ok(await api.call("POST", `/models/buyers/runs/${first.id}/accept`))).toMatchObject({ status: "done" });
  expect((await api.call("POST", `/models/buyers/runs/${first.id}/accept`)).status).toBe(409);
  expect(ok(await api.call("GET", "/models/buyers"))).toMatchObject({ rows: 5, last_run: { status: "done" } });

  // One changes, one goes, one comes; that is not too many.
  testRows.rows = [row(1, "gold"), ...[2, 3, 4, 6].map((id) => row(id, "basic"))];
  expect(await run("buyers")).toMatchObject({ status: "done", added: 1, changed: 1, removed: 1 });
  expect(ok(await api.call("GET", "/models/buyers/changes?change=changed")).data).toMatchObject([{ key: ["1"], row: { plan: "gold" }, before: { plan: "basic" }, in_force: true }]);
  const { data: [newest] } = ok(await api.call("GET", "/models/buyers/changes?change=changed"));
  await api.pool.query("insert into destination (id, workspace_id, slug, name, definition, settings_sealed, created_by, updated_by) values (77, $1, 'crm', 'CRM', 'parrot', '', 'test', 'test')", [api.first.id]);
  await api.pool.query("insert into subscription (id, workspace_id, destination_id, name, definition, created_by, updated_by) values (78, $1, 77, 'Rows', $2, 'test', 'test')", [api.first.id, JSON.stringify({ trigger: { kind: "model", modelId: made.id, mode: "mirror" } })]);
  await api.clickhouse.client("write").insert({
    table: "deliveries", format: "JSONEachRow",
    values: [{ workspace_id: api.first.id, destination_id: 77, subscription_id: 78, stream: "model 78", position: newest.seq, outcome: "delivered", status: 200, attempts: 1, finished_at: "2026-11-22 10:00:00.000" }],
  });
  expect(ok(await api.call("GET", "/models/buyers/rows/history?key=%5B%221%22%5D")).data).toMatchObject([
    { change: "changed", deliveries: [{ destination: "crm", subscription: 78, outcome: "delivered", status: 200, request_id: null }] }, { change: "added", deliveries: [] },
  ]);
  expect(ok(await api.call("GET", "/models/buyers/changes?person=email:p5@example.com")).data.map((one: { change: string }) => one.change)).toEqual(["removed", "added"]);

  // Too many go: refused, nothing is in force; the next that asks is overtaken by one that heals by itself.
  testRows.rows = [row(1, "gold")];
  const many = await run("buyers");
  expect(many).toMatchObject({ status: "asking", asks: { code: "many_removed", count: 4 } });
  ok(await api.call("POST", `/models/buyers/runs/${many.id}/stop`));
  const overtaken = await run("buyers");
  testRows.rows = [row(1, "gold"), ...[2, 3, 4, 6].map((id) => row(id, "basic"))];
  expect(await run("buyers")).toMatchObject({ status: "done", added: 0, changed: 0, removed: 0, rows_before: 5 });
  expect(ok(await api.call("GET", `/models/buyers/runs/${overtaken.id}`))).toMatchObject({ status: "stopped", problem: { code: "overtaken" } });
  expect(ok(await api.call("GET", "/models/buyers/changes?change=removed")).data).toHaveLength(1);
  const { rows: audit } = await api.pool.query<{ action: string }>("select distinct action from audit_log where target = 'model:buyers' order by action");
  expect(audit.map(({ action }) => action)).toEqual(["model.create", "model.run", "model.run.accept", "model.run.stop"]);
});

test("rows about somebody who is suppressed are told without their values, and looking for a person needs the scope", async () => {
  const person = "0b9b6c9e-57b5-4f0c-9d44-5d6d11111111";
  await addPerson(api, { id: person, workspace: api.first, row: 900, identifiers: [["email", "p2@example.com"]], traits: {} });
  await api.pool.query("update profile set suppressed = true where id = $1", [person]);
  const { data } = ok(await api.call("GET", "/models/buyers/changes?limit=200"));
  const theirs = data.filter((one: { is_suppressed: boolean }) => one.is_suppressed);
  expect(theirs).toMatchObject([{ row: null, before: null, key: [] }]);
  expect(JSON.stringify(data)).not.toContain("P2@Example.com");
  // A subscription is tried with everybody's rows but theirs, as it would be sent.
  ok(await api.call("POST", "/destinations", { body: { name: "Lists", definition: "parrot", settings: { url: "https://example.com/hook", apiKey: "a-key-of-this-test" } } }));
  const tried = { definition: { action: "say", trigger: { kind: "model", model: "buyers", mode: "insert" }, mapping: { user: { "@path": "$.properties.email" } } } };
  const { text, body } = await api.call("POST", "/destinations/lists/subscriptions/preview", { body: tried });
  const passing = body.data.filter(({ passes }: { passes: boolean }) => passes).map(({ payload }: { payload: { user: string } }) => payload.user);
  expect(passing.toSorted(), text).toEqual(["P1@Example.com", "P3@Example.com", "P4@Example.com", "P5@Example.com", "P6@Example.com"]);
  const whyNot = body.data.flatMap(({ why }: { why: { reason: string } | null }) => (why === null ? [] : [why.reason]));
  expect(whyNot.toSorted()).toEqual(["The row was changed.", "The row was removed."]);
  expect(text).not.toContain("P2@Example.com");
  const client = await api.pool.connect();
  const { secret } = await createToken(client, { workspaceId: api.first.id, name: "reader", scopes: ["read"] });
  client.release();
  expect((await api.call("GET", "/models/buyers/changes?person=email:p5@example.com", { token: secret })).status).toBe(403);
  expect((await api.call("GET", "/models/buyers/rows/history?key=%5B%221%22%5D", { token: secret })).status).toBe(403);
  expect((await api.call("GET", "/models/buyers/changes", { token: secret })).text).not.toMatch(/P\d@|"gold"/);
  expect((await api.call("POST", "/destinations/lists/subscriptions/preview", { token: secret, body: tried })).text).not.toMatch(/P\d@/);
});

test("rows about somebody who is forgotten are taken away, told, erased with their history, and not stored again while the warehouse gives them", async () => {
  const person = "0b9b6c9e-57b5-4f0c-9d44-5d6d77777777";
  const others = [row(1, "gold"), row(3, "basic")];
  const held = { ...row(6, "basic"), email: "P9@Example.com" };
  for (const theirs of [[row(7, "gold"), { ...held, email: "P7@Example.com" }], [row(7, "basic"), held]]) {
    testRows.rows = [...others, ...theirs];
    expect(await run("buyers", { accept: true })).toMatchObject({ status: "done", rows: 4 });
  }
  await addPerson(api, { id: person, workspace: api.first, row: 901, identifiers: [["email", "p7@example.com"], ["user_id", "u7"]], traits: {} });
  await api.pool.query("update profile set suppressed = true where id = $1", [person]);
  const holding = async (): Promise<number> => {
    const answer = await api.clickhouse.client("api").query({ query: "select count() as count from model_change where row ilike '%p7@%' or before ilike '%p7@%' or has(person, 'p7@example.com')", format: "JSONEachRow" });
    return Number((await answer.json<{ count: number }>())[0]?.count);
  };
  // Of whom only hashes are kept, somebody must say by which ids others know them, and can say nobody else's.
  expect((await api.call("POST", `/profiles/${person}/forget`, { body: {} })).status).toBe(400);
  expect((await api.call("POST", "/profiles/email:p7@example.com/forget", { body: { identifiers: ["email:p2@example.com"] } })).status).toBe(400);
  const { forgetting } = ok(await api.call("POST", "/profiles/email:P7@example.com/forget", { body: { identifiers: ["user_id:u7"], reason: "asked by letter" } }));
  expect(forgetting).toMatchObject({ profile_id: person, status: "under_way", destinations: [{ slug: "crm", status: "waiting" }, { slug: "lists", status: "waiting" }], models: [{ slug: "buyers", status: "waiting" }] });
  const theirs = async (): Promise<Called["body"]> => ok(await api.call("GET", `/forgettings/${forgetting.id}`));
  await expect.poll(async () => (await theirs()).models[0].status).toBe("removed");
  expect(ok(await api.call("GET", "/models/buyers"))).toMatchObject({ rows: 3, last_run: { status: "done", cause: "forget", removed: 1 } });
  expect(await holding()).toBeGreaterThan(3);
  for (const slug of ["crm", "lists"]) ok(await api.call("POST", `/forgettings/${forgetting.id}/destinations/${slug}`, { body: { action: "done_by_hand" } }));
  expect((await theirs()).destinations).toMatchObject([{ status: "done_by_hand" }, { status: "done_by_hand" }]);
  await expect.poll(async () => (await theirs()).models[0].status).toBe("erased");
  expect(await holding()).toBe(0);
  // The warehouse still has them; what was somebody else's stands as it stood.
  expect(await run("buyers")).toMatchObject({ status: "done", rows: 3, added: 0, changed: 0, removed: 0 });
  expect(await holding()).toBe(0);
  expect(ok(await api.call("GET", "/models/buyers/changes?person=email:p9@example.com")).data).toMatchObject([{ change: "changed", key: ["6"], before: null }]);
  expect((await api.call("POST", `/forgettings/${forgetting.id}/destinations/crm`, { body: { action: "retry" } })).status).toBe(409);
  const { rows: [entry] } = await api.pool.query("select detail from audit_log where action = 'profile.forget'");
  expect(entry.detail).toEqual({ reason: "asked by letter" });
  await api.pool.query("update profile set suppressed = false");
});

test("rows become events: of a track model once, whatever becomes of the row; of an identify model with every change", async () => {
  const make = async (name: string, feeds: object): Promise<void> => void ok(await api.call("POST", "/models", { body: { name, definition: { ...definition, stopShare: 1, feeds: { source: sourceSlug, userId: "id", ...feeds } } } }));
  testRows.rows = [row(1, "basic"), row(2, "basic"), row(3, "basic")];
  await make("Orders", { call: "track", event: { name: "Order Imported" }, historical: false });
  await make("People", { call: "identify", traits: { tariff: "plan" } });
  const settle = async (slug: string): Promise<void> => {
    await run(slug, { accept: true });
    await expect.poll(async () => (await api.call("GET", `/models/${slug}`)).body.fed.is_current).toBe(true);
  };
  for (const rows of [testRows.rows, [row(1, "gold"), row(2, "basic")], [row(1, "gold"), row(2, "basic"), row(3, "gold"), row(4, "basic")], [row(1, "basic")]]) {
    testRows.rows = [...rows];
    await settle("orders");
    await settle("people");
  }
  const all = taken.flatMap(({ events }) => events);
  const tracks = all.filter(({ type }) => type === "track");
  expect(tracks.map(({ userId, properties }) => [userId, properties])).toEqual([["1", { email: "P1@Example.com", plan: "basic" }], ["2", { email: "P2@Example.com", plan: "basic" }], ["3", { email: "P3@Example.com", plan: "basic" }], ["4", { email: "P4@Example.com", plan: "basic" }]].toSorted((a, b) =>
    tracks.findIndex(({ userId }) => userId === a[0]) - tracks.findIndex(({ userId }) => userId === b[0])));
  expect(new Set(tracks.map(({ messageId }) => messageId)).size).toBe(4);
  // Back to what it was is a change, too, and no repeat.
  const ofFirst = all.filter(({ type, userId }) => type === "identify" && userId === "1");
  expect(ofFirst.map(({ traits }) => traits)).toEqual([{ tariff: "basic" }, { tariff: "gold" }, { tariff: "basic" }]);
  expect(new Set(ofFirst.map(({ messageId }) => messageId)).size).toBe(3);
  expect(taken.filter(({ events }) => events[0]?.["type"] === "track").every(({ historical }) => !historical)).toBe(true);
  expect(taken.filter(({ events }) => events[0]?.["type"] === "identify").every(({ historical }) => historical)).toBe(true);
  // 1 changed twice and 3 came again: told, and not sent.
  expect(ok(await api.call("GET", "/models/orders")).fed).toEqual({ events: 4, passed_over: 3, is_current: true, problem: null });
});

test("a change of the definition is a version, and an archived model is read no more", async () => {
  const changed = ok(await api.call("PATCH", "/models/buyers", { body: { definition: { ...definition, key: ["email"] }, version: 1 } }));
  expect(changed).toMatchObject({ changed: ["definition"], model: { version: 2 } });
  expect((await api.call("PATCH", "/models/buyers", { body: { name: "Other", version: 1 } })).status).toBe(409);
  expect(ok(await api.call("GET", "/models/buyers/versions")).data.map((one: { version: number }) => one.version)).toEqual([2, 1]);
  testRows.rows = [1, 2, 3].map((id) => row(id, "basic"));
  expect(await run("buyers")).toMatchObject({ status: "asking", added: 3, removed: 3, version: 2 });
  ok(await api.call("DELETE", "/models/buyers"));
  expect(ok(await api.call("GET", "/models/buyers"))).toMatchObject({ status: "archived", last_run: { status: "stopped" } });
  expect((await api.call("POST", "/models/buyers/runs", { body: {} })).status).toBe(409);
});
