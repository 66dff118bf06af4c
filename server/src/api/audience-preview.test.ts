// Definitions tried over the API: what is answered, to whom, and what is refused.
import { afterAll, beforeAll, expect, test } from "vitest";
import { hash128 } from "../core/hash.ts";
import { createToken } from "../governance/governance.ts";
import { addEvents, addPerson, startTestApi, type TestApi } from "./testing.ts";

let api: TestApi;
let masked: string;
const ada = hash128("person", "ada");
const bob = hash128("person", "bob");
const gold = { kind: "trait", trait: "plan", op: "equals", value: "gold" };
const ordered = { kind: "event", event: "Order Completed", op: "at_least", value: 1 };

beforeAll(async () => {
  api = await startTestApi({ limits: { lookUpsPerMinute: 2 } });
  const { first: workspace, second } = api;
  await addPerson(api, { id: ada, workspace, identifiers: [["email", "ada@example.com"], ["user_id", "ada"]], traits: { plan: "gold", name: "Ada Example" } });
  await addPerson(api, { id: bob, workspace, identifiers: [["user_id", "bob"]], traits: { plan: "free", first_name: "Bob" } });
  await addPerson(api, { id: hash128("person", "other"), workspace: second, identifiers: [["user_id", "other"]], traits: { plan: "gold" } });
  await addEvents(api, [{ workspace, row: 100, messageId: "m-1", profileId: ada }, { workspace, row: 101, messageId: "m-2", profileId: bob }]);
  await api.pool.query("insert into audience (workspace_id, slug, name, definition, created_by, updated_by) values ($1, 'vip', 'VIP', $2, 'test', 'test')", [workspace.id, JSON.stringify({ who: gold })]);
  const client = await api.pool.connect();
  masked = (await createToken(client, { workspaceId: workspace.id, name: "masked", scopes: ["read"] })).secret;
  client.release();
});
afterAll(() => api.stop());

test("a preview says how many, of how many, by part, by trait, by channel, shared with whom, and shows some", async () => {
  const { status, body } = await api.call("POST", "/audiences/preview", {
    body: { definition: { who: { any: [gold, ordered] } }, sample: 10, by: "plan", overlap: ["vip"], reach: true, parts: true },
  });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    size: 2, of: 2, next_change_at: null, parts: [{ path: "/any/0", size: 1 }, { path: "/any/1", size: 2 }],
    breakdown: expect.arrayContaining([{ value: "gold", size: 1 }, { value: "free", size: 1 }]), breakdown_rest: 0,
    overlap: expect.arrayContaining([{ audiences: ["vip"], only: 1 }, { audiences: [], only: 1 }]),
    reach: [{ channel: "email", address: 1, consent: 2, reachable: 1 }, { channel: "phone", address: 0, consent: 2, reachable: 0 }, { channel: "push", address: 0, consent: 2, reachable: 0 }],
  });
  expect(body.sentence.en).toMatch(/^Known people: /);
  expect(new Map(body.sample.map((one: { profile_id: string; name: string }) => [one.profile_id, one.name]))).toEqual(new Map([[ada, "Ada Example"], [bob, "Bob"]]));
});

test("people are divided by a computed trait as by a trait, and what shows personal values is hidden", async () => {
  const measure = (of: object): string => JSON.stringify({ value: { kind: "measure", event: "Order Completed", measure: of } });
  await api.pool.query(
    "insert into computed_trait (workspace_id, slug, name, definition, created_by, updated_by) values ($1, 'orders', 'Orders', $2, 'test', 'test'), ($1, 'spent', 'Spent', $3, 'test', 'test')",
    [api.first.id, measure({ of: "count" }), measure({ of: "sum", property: "weight" })],
  );
  const split = async (by_computed: string, token?: string) => {
    const { status, body } = await api.call("POST", "/audiences/preview", { body: { definition: { who: { all: [] } }, by_computed }, ...(token === undefined ? {} : { token }) });
    return [status, body.breakdown];
  };
  expect(await split("orders", masked)).toEqual([200, [{ value: "1", size: 2 }]]);
  // It is not decided yet whether it is personal.
  expect(await split("spent", masked)).toEqual([200, [{ value: "•••", size: 2 }]]);
  expect((await split("spent"))[1]).toEqual([{ value: "0", size: 2 }]);
  expect((await split("nothing"))[0]).toBe(404);
});

test("how far the previews of a workspace have come is told, and nothing of another's", async () => {
  await api.call("POST", "/audiences/preview", { body: { definition: { who: gold } } });
  const { status, body } = await api.call("GET", "/audience-preview-progress");
  expect(status).toBe(200);
  expect(body.people).toBe(2);
  expect(body.asked).toBeGreaterThan(0);
  expect(body.answered).toBe(body.asked);
  const other = await api.call("GET", "/audience-preview-progress", { token: api.second.token });
  expect(other.body).toEqual({ asked: 0, answered: 0, people: 0 });
});

test("a definition may name other audiences; one that is not there is named in the refusal", async () => {
  const preview = (who: unknown) => api.call("POST", "/audiences/preview", { body: { definition: { who } } });
  expect((await preview({ not: { kind: "audience", audience: "vip" } })).body.size).toBe(1);
  const { status, body } = await preview({ kind: "audience", audience: "gone" });
  expect(status).toBe(400);
  expect(body.message).toContain("`gone`");
  expect((await api.call("POST", "/audiences/preview", { body: { definition: { who: { all: [] } }, overlap: ["gone"] } })).status).toBe(404);
});

test("a comparison says who would enter and who would leave", async () => {
  const { body } = await api.call("POST", "/audiences/compare", { body: { slug: "vip", definition: { who: { not: gold } } } });
  expect(body).toMatchObject({ stay: 0, enter: 1, leave: 1, sends: [], entering: [{ profile_id: bob }], leaving: [{ profile_id: ada, identifiers: [{ namespace: "email", value: "ada@example.com" }, { namespace: "user_id", value: "ada" }] }] });
});

test("a comparison says what destinations would be sent, and which of them would stop and ask", async () => {
  const { first: { id: workspaceId }, pool } = api;
  await pool.query("insert into destination (id, workspace_id, slug, name, definition, enabled, settings_sealed, created_by, updated_by) values (91, $1, 'hook', 'Our hook', 'parrot', true, '', 'test', 'test')", [workspaceId]);
  const subscribe = (name: string, trigger: object, isEnabled = true) => pool.query(
    `insert into subscription (workspace_id, destination_id, name, definition, enabled, created_by, updated_by)
     select $1, 91, $2, json_build_object('trigger', jsonb_build_object('kind', 'audience', 'audienceId', a.id) || $3::jsonb), $4, 'test', 'test' from audience a where a.workspace_id = $1 and a.slug = 'vip'`,
    [workspaceId, name, JSON.stringify(trigger), isEnabled],
  );
  await subscribe("all", {});
  await subscribe("comers", { on: "entered", stopShare: 1 });
  await subscribe("off", {}, false);
  const ask = async (who: unknown): Promise<unknown> => (await api.call("POST", "/audiences/compare", { body: { slug: "vip", definition: { who } } })).body.sends;
  expect(await ask({ not: gold })).toEqual([
    { destination: "hook", name: "Our hook: all", adds: 1, removes: 1, asks: true }, { destination: "hook", name: "Our hook: comers", adds: 1, removes: 0, asks: false },
  ]);
  expect(await ask(gold)).toEqual([{ destination: "hook", name: "Our hook: all", adds: 0, removes: 0, asks: false }, { destination: "hook", name: "Our hook: comers", adds: 0, removes: 0, asks: false }]);
});

test("who sees people masked is shown them masked, and may guess personal values only a few times", async () => {
  const preview = (body: unknown) => api.call("POST", "/audiences/preview", { token: masked, body });
  const { body } = await preview({ definition: { who: { all: [] } }, sample: 10, by: "name" });
  expect(body.size).toBe(2);
  expect(JSON.stringify(body)).not.toMatch(/ada@|Ada|Bob/);
  const guess = (value: string) => ({ definition: { who: { any: [gold, { kind: "trait", trait: "email", op: "equals", value }] } } });
  expect((await preview(guess("ada@example.com"))).status).toBe(200);
  expect((await preview(guess("bob@example.com"))).status).toBe(200);
  expect((await preview(guess("eve@example.com"))).status).toBe(429);
  // What was asked is known.
  expect((await preview(guess("ada@example.com"))).status).toBe(200);
  expect((await preview({ definition: { who: gold } })).status).toBe(200);
});
