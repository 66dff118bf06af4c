import { afterAll, beforeAll, expect, test } from "vitest";
import { destinationLimits, placeProblems, subscriptionLimits } from "../destinations/destinations.ts";
import { createOutbound } from "../outbound/outbound.ts";
import { hostileAddresses } from "../outbound/testing.ts";
import { testDefinition, testDestination } from "../destinations/testing.ts";
import { createToken } from "../governance/governance.ts";
import { startTestApi, type Called, type CallOptions, type TestApi, type TestWorkspace } from "./testing.ts";

const hidden = { ...testDefinition, slug: "stub", name: "Stub", category: "Email", availability: { kind: "hidden", reason: "It does nothing." } } as const;
const own = { ...testDefinition, slug: "own-app", name: "Own app", category: "Advertising", availability: { kind: "own_app", provider: "Example", needs: "An app." } } as const;
const fake = testDestination([hidden, own]);
const secret = "canary-0123456789-secret";

let api: TestApi;
let writer: string;
let reader: string;
beforeAll(async () => {
  api = await startTestApi({ catalog: fake.catalog });
  const client = await api.pool.connect();
  writer = (await createToken(client, { workspaceId: api.first.id, name: "writer", scopes: ["read", "write"] })).secret;
  reader = (await createToken(client, { workspaceId: api.first.id, name: "reader", scopes: ["read"] })).secret;
  client.release();
  for (const workspace of [api.first, api.second]) await addAudience(workspace, workspace === api.first ? "vip" : "theirs", 250);
});
afterAll(() => api?.stop());

async function addAudience({ id }: TestWorkspace, slug: string, size: number): Promise<void> {
  await api.pool.query("insert into audience (workspace_id, slug, name, definition, status, size, created_by, updated_by) values ($1, $2, $3, $4, 'active', $5, 'test', 'test')", [
    id, slug, `People ${slug}`, JSON.stringify({ who: { all: [] } }), size,
  ]);
}

const call = (method: string, path: string, body?: unknown, options: CallOptions = {}): Promise<Called> => api.call(method, path, { ...(body === undefined ? {} : { body }), ...options });
const ofSecond = (method: string, path: string, body?: unknown): Promise<Called> => call(method, path, body, { token: api.second.token });
const settings = { url: "https://example.com/hook", apiKey: secret, headers: { authorization: `Bearer ${secret}` } };
const made = async (name: string, more: object = {}): Promise<string> => (await call("POST", "/destinations", { name, definition: "parrot", settings, ...more })).body.slug;

const events = { action: "say", trigger: { kind: "events", types: ["track"] }, mapping: { user: { "@path": "$.userId" } } };
const audience = { action: "say", trigger: { kind: "audience", audience: "vip", settings: { list_name: "VIP" } }, mapping: { user: { "@path": "$.userId" } } };

async function auditOf(target: string): Promise<{ action: string; detail: Record<string, unknown> }[]> {
  return (await call("GET", `/audit?target=${encodeURIComponent(target)}`)).body.data;
}

test("the catalog is searched, by category and by what can be used", async () => {
  const all = (await call("GET", "/catalog")).body;
  expect(all.data.map(({ slug }: { slug: string }) => slug)).toEqual(["parrot", "stub", "own-app"]);
  expect(all.categories).toEqual([{ category: "Advertising", count: 1 }, { category: "Email", count: 1 }, { category: "Raw data", count: 1 }]);
  expect(all.availability).toEqual({ ready: 1, own_app: 1, hidden: 1 });
  const slugs = async (query: string): Promise<string[]> => (await call("GET", `/catalog?${query}`)).body.data.map(({ slug }: { slug: string }) => slug);
  expect(await slugs("availability=usable")).toEqual(["parrot", "own-app"]);
  expect(await slugs("availability=hidden")).toEqual(["stub"]);
  expect(await slugs("category=Email")).toEqual(["stub"]);
  expect(await slugs("search=PARROT%20repeats")).toEqual(["parrot"]);
  const one = (await call("GET", "/catalog/parrot")).body;
  expect(one.definition).toEqual(JSON.parse(JSON.stringify(testDefinition)));
  expect(one.secrets).toEqual(["apiKey", "headers"]);
  expect((await call("GET", "/catalog/nothing")).status).toBe(404);
  expect((await call("GET", "/catalog/__proto__")).status).toBe(404);
});

test("an address that may not be reached is refused when it is saved, when it is changed, and when it is only tried", async () => {
  const slug = await made("Placed");
  const hosts = hostileAddresses.flatMap(([, , addresses]) => addresses).map((address) => (address.includes(":") ? `[${address}]` : address));
  for (const host of [...hosts, "localhost", "2130706433", "0x7f.1", "[::ffff:10.0.0.1]"]) {
    const url = `http://${host}/hook`;
    for (const refused of [await call("POST", "/destinations", { name: "Inside", definition: "parrot", settings: { ...settings, url } }), await call("PATCH", `/destinations/${slug}`, { settings: { ...settings, url } })]) {
      expect([refused.status, refused.body.code], url).toEqual([400, "invalid_settings"]);
      expect(refused.body.message, url).toContain("url:");
    }
    expect((await call("POST", "/catalog/parrot/check", { settings: { ...settings, url } })).body, url).toMatchObject({ ok: false, problems: [{ field: "url" }] });
  }
  expect((await call("GET", `/destinations/${slug}`)).body.settings.url).toBe(settings.url);
  expect((await call("GET", "/destinations?search=inside")).body.data).toEqual([]);
  // Names of servers, with their ports beside them or with them.
  const outbound = createOutbound({ privateHosts: ["10.1.0.0/16"] });
  const at = (given: object) => placeProblems(outbound, { settings: ["host", "port", "brokers", "text"].map((key) => ({ key, label: key, type: "string" as const })) as never }, { ...given });
  expect((await at({ host: "127.0.0.1", port: 5432 })).map(({ field }) => field)).toEqual(["host"]);
  expect((await at({ brokers: "10.1.2.3:9092, [::1]:9092", text: "127.0.0.1" })).map(({ field }) => field)).toEqual(["brokers"]);
  expect(await at({ host: "10.1.2.3", port: 5432, brokers: "10.1.2.3:9092" })).toEqual([]);
  await outbound.close();
});

test("settings are checked before they are kept, field by field", async () => {
  const check = async (body: object): Promise<unknown> => (await call("POST", "/catalog/parrot/check", body)).body;
  expect(await check({ settings })).toEqual({ ok: true, problems: [] });
  expect(await check({ settings: { url: "https://example.com", region: "mars", other: 1 } })).toMatchObject({ ok: false, problems: [{ field: "other" }, { field: "apiKey" }, { field: "region" }] });
  expect((await call("POST", "/destinations", { name: "x", definition: "parrot", settings: {} })).body).toMatchObject({ code: "invalid_settings" });
  expect((await call("POST", "/destinations", { name: "x", definition: "stub", settings })).body).toMatchObject({ code: "conflict" });
  expect((await call("POST", "/destinations", { name: "x", definition: "nothing", settings })).status).toBe(404);
});

test("a destination is set up, changed and put away; its secrets are never told, and nothing of them is left", async () => {
  const created = await call("POST", "/destinations", { name: "Our Parrot", definition: "parrot", settings: { ...settings, region: "eu" } });
  expect(created.status).toBe(201);
  expect(created.body).toMatchObject({
    slug: "our-parrot", definition: "parrot", definition_name: "Parrot", enabled: false, version: 1, problems: [], settings: { url: "https://example.com/hook", region: "eu" },
    secrets: { apiKey: { last: "ret" }, headers: { last: "" } },
  });
  const changed = await call("PATCH", "/destinations/our-parrot", { name: "The Parrot", settings: { region: null }, per_second: 5, test_people: ["email:ada@example.com"], enabled: true });
  expect(changed.body).toMatchObject({ dry_run: false, changed: ["name", "enabled", "test_people", "per_second", "settings"], backfill: [] });
  expect(changed.body.destination).toMatchObject({ name: "The Parrot", enabled: true, version: 2, settings: { url: "https://example.com/hook" }, secrets: { apiKey: { last: "ret" } }, test_people: ["email:ada@example.com"] });
  expect((await call("POST", "/destinations/our-parrot/test")).body.ok).toBe(true);
  expect(fake.tried.at(-1)?.settings).toEqual(settings);
  const { rows: [row] } = await api.pool.query("select * from destination where slug = 'our-parrot'");
  expect(JSON.stringify(row)).not.toContain("canary");
  const texts = [created, changed, ...await Promise.all(["/destinations", "/destinations/our-parrot", "/audit"].map((path) => call("GET", path)))].map(({ text }) => text);
  for (const text of texts) expect(text).not.toContain("canary");
  expect((await call("PATCH", "/destinations/our-parrot", { name: "The Parrot" })).body.changed).toEqual([]);
  expect((await call("PATCH", "/destinations/our-parrot", { name: "x", version: 1 })).status).toBe(409);

  expect((await call("DELETE", "/destinations/our-parrot")).body).toMatchObject({ status: "archived", enabled: false, settings: {}, secrets: {} });
  expect((await call("DELETE", "/destinations/our-parrot")).status).toBe(200);
  for (const [method, path, body] of [["PATCH", "", { name: "x" }], ["POST", "/test", undefined], ["POST", "/subscriptions", { name: "x", definition: events }]] as const) {
    expect((await call(method, `/destinations/our-parrot${path}`, body)).status, path).toBe(409);
  }
  expect((await call("GET", "/destinations")).text).not.toContain("our-parrot");
  expect((await call("GET", "/destinations?status=archived")).text).toContain("our-parrot");
  expect((await auditOf("destination:our-parrot")).map(({ action }) => action)).toEqual(["destination.archive", "destination.test", "destination.change", "destination.create"]);
});

test("a secret goes nowhere but where it was given for", async () => {
  const slug = await made("Redirected");
  const moved = await call("PATCH", `/destinations/${slug}`, { settings: { url: "https://elsewhere.example.com" } });
  expect(moved.body).toMatchObject({ code: "invalid_settings" });
  expect(moved.body.message).toContain("apiKey");
  expect((await call("POST", "/catalog/parrot/check", { destination: slug, settings: { url: "https://elsewhere.example.com" } })).body.problems.map(({ field }: { field: string }) => field)).toEqual(["apiKey", "headers"]);
  expect((await call("PATCH", `/destinations/${slug}`, { settings: { url: "https://elsewhere.example.com", apiKey: "another-0123456789", headers: null } })).status).toBe(200);
});

test("an address that says who enters is a secret", async () => {
  const slug = await made("With password", { settings: { ...settings, url: "https://ada:canary-in-address@example.com/" } });
  const { body, text } = await call("GET", `/destinations/${slug}`);
  expect(text).not.toContain("canary");
  expect(Object.keys(body.secrets).toSorted()).toEqual(["apiKey", "headers", "url"]);
});

test("a test shows what was asked and answered, without secrets however they are written", async () => {
  const slug = await made("Tried");
  const { body, text } = await call("POST", `/destinations/${slug}/test`);
  expect(body).toMatchObject({ ok: true, detail: null, exchanges: [{ method: "POST", url: "https://example.com/hook?key=•••", request_headers: { "x-key": "•••" }, request_body: '{"hello":true}' }] });
  await call("PATCH", `/destinations/${slug}`, { settings: { region: "us" } });
  const refused = await call("POST", `/destinations/${slug}/test`);
  expect(refused.body).toMatchObject({ ok: false, detail: "The key ••• is not taken." });
  for (const shown of [text, refused.text]) expect(shown).not.toContain("canary");
});

test("a subscription is made, changed and put away, and every definition it had is kept", async () => {
  const slug = await made("Versions");
  const base = `/destinations/${slug}/subscriptions`;
  const created = await call("POST", base, { name: "Orders", definition: events });
  expect(created.body).toMatchObject({ name: "Orders", action: "say", action_name: "Say", kind: "events", audience: null, enabled: false, version: 1, problems: [], definition: { ...events, late: false, consent: [] } });
  const id: number = created.body.id;
  const next = { ...events, mapping: { ...events.mapping, total: { "@path": "$.properties.total" } } };
  expect((await call("PATCH", `${base}/${id}`, { definition: next, version: 1 })).body).toMatchObject({ changed: ["definition"], subscription: { version: 2, definition: { mapping: next.mapping } } });
  expect((await call("PATCH", `${base}/${id}`, { definition: next })).body.changed).toEqual([]);
  expect((await call("PATCH", `${base}/${id}`, { enabled: true, version: 1 })).status).toBe(409);
  expect((await call("PATCH", `${base}/${id}`, { enabled: true, name: "All orders" })).body).toMatchObject({ changed: ["name", "enabled"], subscription: { enabled: true, version: 2 } });
  expect((await call("GET", `${base}/${id}/versions`)).body.data.map(({ version }: { version: number }) => version)).toEqual([2, 1]);
  expect((await call("GET", `${base}/${id}/versions/1`)).body.definition.mapping).toEqual(events.mapping);
  expect((await call("GET", `${base}/${id}/versions/3`)).status).toBe(404);
  expect((await call("GET", base)).body.data).toMatchObject([{ id, name: "All orders" }]);
  expect((await call("GET", `/destinations/${slug}`)).body.subscriptions).toEqual({ total: 1, enabled: 1 });
  expect((await call("DELETE", `${base}/${id}`)).body).toMatchObject({ status: "archived", enabled: false });
  expect((await call("PATCH", `${base}/${id}`, { enabled: true })).status).toBe(409);
  expect((await call("GET", base)).body.data).toEqual([]);
  expect((await auditOf(`destination:${slug}/subscription:${id}`)).map(({ action }) => action)).toEqual(["subscription.archive", "subscription.change", "subscription.change", "subscription.create"]);
});

test("what an action could not take is refused, and everything that is wrong is named", async () => {
  const slug = await made("Refusing");
  const refusal = async (definition: object): Promise<string> => {
    const { status, body } = await call("POST", `/destinations/${slug}/subscriptions`, { name: "x", definition: { ...events, ...definition } });
    expect(status, JSON.stringify(definition)).toBe(400);
    return String(body.message);
  };
  expect(await refusal({ action: "shout" })).toContain("no action `shout`");
  expect(await refusal({ mapping: {} })).toContain("mapping.user");
  expect(await refusal({ mapping: { user: { "@nothing": 1 } } })).toContain("@nothing");
  expect(await refusal({ action: "keep" })).toContain("add, delete");
  expect(await refusal({ syncMode: "add" })).toContain("has no modes");
  expect(await refusal({ batch: { size: 51 } })).toContain("at most 50");
  // Nobody is opted in at a vendor without having consented here.
  const optIn = { mapping: { ...events.mapping, list: "subscribed" } };
  expect(await refusal(optIn)).toContain("which consent they must have given");
  expect((await call("POST", `/destinations/${slug}/subscriptions`, { name: "opted in", definition: { ...events, ...optIn, consent: ["marketing"] } })).status).toBe(201);
  expect(await refusal({ ...audience, trigger: { ...audience.trigger, settings: {} } })).toContain("trigger.settings.list_name");
  expect(await refusal({ ...audience, trigger: { ...audience.trigger, audience: "nobody" } })).toContain("no audience `nobody`");
  let deep: unknown = "x";
  for (let i = 0; i < 60; i++) deep = { a: deep };
  await refusal({ mapping: { user: "x", total: deep } });
  await refusal({ mapping: { user: "x".repeat(70_000) } });
  await refusal({ mapping: { ["k".repeat(300)]: "x" } });
  await refusal({ trigger: { kind: "events", names: Array.from({ length: 300 }, (_, i) => `n${i}`) } });
  const hostile = await call("POST", `/destinations/${slug}/subscriptions`, `{"name":"x","definition":{"action":"say","trigger":{"kind":"events"},"mapping":{"user":"x","__proto__":{"admin":true}}}}`);
  expect(hostile.status).toBeLessThan(500);
  expect(({} as Record<string, unknown>)["admin"]).toBeUndefined();
});

test("whoever switches an audience on is told first how many people that is", async () => {
  const slug = await made("Audiences", { enabled: true });
  const base = `/destinations/${slug}/subscriptions`;
  const { body: { id, audience: named, definition } } = await call("POST", base, { name: "VIP", definition: { ...audience, trigger: { ...audience.trigger, holdOut: 0.1 } } });
  expect(named).toBe("vip");
  expect(definition.trigger).toMatchObject({ audience: "vip", backfill: true });
  const dry = (await call("PATCH", `${base}/${id}?dry_run=true`, { enabled: true })).body;
  expect(dry).toMatchObject({ dry_run: true, changed: ["enabled"], backfill: [{ subscription: id, audience: "vip", people: 250, sent: 225 }] });
  expect((await call("GET", `${base}/${id}`)).body.enabled).toBe(false);
  expect(await auditOf(`destination:${slug}/subscription:${id}`)).toHaveLength(1);
  expect((await call("PATCH", `${base}/${id}`, { enabled: true })).body).toMatchObject({ dry_run: false, backfill: [{ people: 250 }] });
  expect((await call("PATCH", `${base}/${id}`, { name: "VIPs" })).body.backfill).toEqual([]);
  await call("PATCH", `/destinations/${slug}`, { enabled: false });
  expect((await call("PATCH", `/destinations/${slug}?dry_run=true`, { enabled: true })).body).toMatchObject({ dry_run: true, backfill: [{ audience: "vip", people: 250 }] });
  expect((await call("GET", `/destinations/${slug}`)).body.enabled).toBe(false);

  expect((await call("GET", "/audiences/vip")).body.used_by).toEqual([{ kind: "subscription", slug, name: "Audiences: VIPs" }]);
  const refused = await call("POST", "/audiences/vip/archive");
  expect(refused.body).toMatchObject({ code: "in_use" });
  expect(refused.body.message).toContain("Audiences: VIPs");
  expect((await call("POST", "/audiences/apply", { yaml: "audiences: {}", prune: true })).body).toMatchObject({ code: "in_use" });
  await call("DELETE", `${base}/${id}`);
  expect((await call("POST", "/audiences/vip/archive")).status).toBe(200);
  expect((await call("POST", base, { name: "VIP", definition: audience })).body.message).toContain("no audience `vip` in use");
  await call("POST", "/audiences/vip/restore");
});

test("an audience that is archived at the same time is not referred to", async () => {
  const slug = await made("Racing");
  for (let round = 0; round < 5; round++) {
    await addAudience(api.first, `racing-${round}`, 1);
    const definition = { ...audience, trigger: { ...audience.trigger, audience: `racing-${round}` } };
    const [subscribed, archived] = await Promise.all([call("POST", `/destinations/${slug}/subscriptions`, { name: "x", definition }), call("POST", `/audiences/racing-${round}/archive`)]);
    expect([subscribed.status, archived.status].filter((status) => status < 300)).toHaveLength(1);
  }
});

test("suggestions are the defaults of the fields, and presets over them", async () => {
  const slug = await made("Suggesting");
  expect((await call("GET", `/destinations/${slug}/suggestions?action=say`)).body).toEqual({
    mapping: { user: { "@path": "$.userId" }, email: { "@path": "$.context.traits.email" } }, sync_mode: null, missing: [],
    presets: [{ key: "orders", name: "Orders", trigger: "events", filter: null, mapping: { user: { "@path": "$.userId" }, email: { "@path": "$.context.traits.email" }, total: { "@path": "$.properties.total" } } }],
  });
  expect((await call("GET", `/destinations/${slug}/suggestions?action=keep`)).body).toMatchObject({ sync_mode: "add", missing: [{ field: "user" }] });
  expect((await call("GET", `/destinations/${slug}/suggestions?action=none`)).status).toBe(404);
  expect((await call("GET", `/destinations/${slug}/choices?action=say&field=list&payload=${encodeURIComponent('{"user":"ada"}')}`)).body).toEqual({ data: [{ value: "l1", label: "say list user" }] });
  expect((await call("GET", `/destinations/${slug}/choices?action=say&field=nothing`)).status).toBe(404);
  expect((await call("GET", `/destinations/${slug}/choices?action=say&field=list&payload=[]`)).status).toBe(400);
});

test("who may only read changes nothing, and who may write gives no settings", async () => {
  const slug = await made("Roles");
  const { body: { id } } = await call("POST", `/destinations/${slug}/subscriptions`, { name: "Orders", definition: events }, { token: writer });
  const status = async (token: string, method: string, path: string, body?: unknown): Promise<number> => (await call(method, path, body, { token })).status;
  for (const path of ["/catalog", "/catalog/parrot", "/destinations", `/destinations/${slug}`, `/destinations/${slug}/subscriptions`, `/destinations/${slug}/subscriptions/${id}/versions`]) expect(await status(reader, "GET", path), path).toBe(200);
  for (const [method, path, body] of [
    ["POST", "/destinations", { name: "x", definition: "parrot", settings }], ["PATCH", `/destinations/${slug}`, { name: "x" }], ["DELETE", `/destinations/${slug}`], ["POST", `/destinations/${slug}/test`],
    ["POST", `/destinations/${slug}/subscriptions`, { name: "x", definition: events }], ["PATCH", `/destinations/${slug}/subscriptions/${id}`, { enabled: true }], ["DELETE", `/destinations/${slug}/subscriptions/${id}`],
  ] as const) expect(await status(reader, method, path, body), `${method} ${path}`).toBe(403);
  expect(await status(writer, "POST", "/destinations", { name: "x", definition: "parrot", settings })).toBe(403);
  expect(await status(writer, "DELETE", `/destinations/${slug}`)).toBe(403);
  for (const body of [{ settings: { region: "us" } }, { test_people: ["user_id:a"] }, { per_second: 1 }, { features: { a: true } }]) expect(await status(writer, "PATCH", `/destinations/${slug}`, body), JSON.stringify(body)).toBe(403);
  expect(await status(writer, "PATCH", `/destinations/${slug}`, { name: "Renamed", enabled: true })).toBe(200);
  await call("PATCH", `/destinations/${slug}`, { test_people: ["email:ada@example.com"] });
  expect((await call("GET", `/destinations/${slug}`, undefined, { token: reader })).body.test_people).toEqual(["email:a•••@example.com"]);
});

test("nothing of another workspace is seen or used", async () => {
  const slug = await made("Mine alone");
  const { body: { id } } = await call("POST", `/destinations/${slug}/subscriptions`, { name: "Orders", definition: events });
  for (const [method, path, body] of [
    ["GET", ""], ["PATCH", "", { name: "x" }], ["DELETE", ""], ["POST", "/test"], ["GET", "/choices?action=say&field=list"], ["GET", "/suggestions?action=say"], ["GET", "/subscriptions"],
    ["POST", "/subscriptions", { name: "x", definition: events }], ["GET", `/subscriptions/${id}`], ["PATCH", `/subscriptions/${id}`, { enabled: true }], ["DELETE", `/subscriptions/${id}`],
    ["GET", `/subscriptions/${id}/versions`], ["GET", `/subscriptions/${id}/versions/1`],
  ] as const) expect((await ofSecond(method, `/destinations/${slug}${path}`, body)).status, `${method} ${path}`).toBe(404);
  expect((await ofSecond("POST", "/catalog/parrot/check", { settings: {}, destination: slug })).status).toBe(404);
  expect((await ofSecond("GET", "/destinations")).body.data).toEqual([]);
  expect((await ofSecond("GET", "/catalog")).body.data[0].in_use).toBe(0);
  // Its own destination under the same name, with a subscription's id of the other.
  expect((await ofSecond("POST", "/destinations", { name: "Mine alone", definition: "parrot", settings })).body.slug).toBe(slug);
  expect((await ofSecond("GET", `/destinations/${slug}/subscriptions/${id}`)).status).toBe(404);
  expect((await ofSecond("GET", `/destinations/${slug}/subscriptions/${id}/versions/1`)).status).toBe(404);
  for (const [token, name] of [[api.second.token, "vip"], [api.first.token, "theirs"]] as const) {
    const definition = { ...audience, trigger: { ...audience.trigger, audience: name } };
    expect((await call("POST", `/destinations/${slug}/subscriptions`, { name: "x", definition }, { token })).body.message, name).toContain(`no audience \`${name}\` in use`);
  }
});

test("another subscription of the same destination is not reached by another's address", async () => {
  const [a, b] = [await made("House A"), await made("House B")];
  const { body: { id } } = await call("POST", `/destinations/${a}/subscriptions`, { name: "Orders", definition: events });
  expect((await call("GET", `/destinations/${b}/subscriptions/${id}`)).status).toBe(404);
  expect((await call("DELETE", `/destinations/${b}/subscriptions/${id}`)).status).toBe(404);
  for (const odd of ["0", "-1", "1.5", "99999999999", "__proto__"]) expect((await call("GET", `/destinations/${a}/subscriptions/${odd}`)).status, odd).toBeGreaterThanOrEqual(400);
});

test("a workspace has so many and no more", async () => {
  const slug = await made("Many");
  const { body: { id } } = await ofSecond("POST", "/destinations", { name: "Of the second", definition: "parrot", settings });
  void id;
  await api.pool.query(
    `insert into subscription (workspace_id, destination_id, name, definition, created_by, updated_by) select $1, (select id from destination where workspace_id = $1 and slug = $2), 'n' || n, $3, 'test', 'test'
       from generate_series(1, $4::integer - (select count(*)::integer from subscription where workspace_id = $1 and status = 'active')) n`,
    [api.first.id, slug, JSON.stringify(events), subscriptionLimits.inUseMax],
  );
  const refused = await call("POST", `/destinations/${slug}/subscriptions`, { name: "One more", definition: events });
  expect(refused.body).toMatchObject({ code: "limit_reached" });
  expect((await call("GET", `/destinations/${slug}/subscriptions`)).body.data.length).toBeGreaterThan(900);
  expect((await ofSecond("POST", "/destinations/of-the-second/subscriptions", { name: "x", definition: events })).status).toBe(201);
  await api.pool.query(
    `insert into destination (workspace_id, slug, name, definition, settings_sealed, created_by, updated_by) select $1, 'n' || n, 'n', 'parrot', '', 'test', 'test'
       from generate_series(1, $2::integer - (select count(*)::integer from destination where workspace_id = $1 and status = 'active')) n`,
    [api.first.id, destinationLimits.inUseMax],
  );
  expect((await call("POST", "/destinations", { name: "x", definition: "parrot", settings })).body).toMatchObject({ code: "limit_reached" });
});

test("one whose settings can't be opened is shown, and can be set up anew", async () => {
  await api.pool.query("delete from destination where slug like 'n%' and workspace_id = $1 and settings_sealed = ''", [api.first.id]);
  const slug = await made("Of another install");
  await api.pool.query("update destination set settings_sealed = 'sealed.v1.AAAA' where slug = $1", [slug]);
  expect((await call("GET", `/destinations/${slug}`)).body).toMatchObject({ settings: {}, secrets: {}, problems: [{ field: "url" }, { field: "apiKey" }] });
  expect((await call("POST", `/destinations/${slug}/test`)).body).toMatchObject({ code: "conflict" });
  expect((await call("PATCH", `/destinations/${slug}`, { settings })).status).toBe(200);
  expect((await call("POST", `/destinations/${slug}/test`)).body.ok).toBe(true);
});

test("one that the catalog has no more is shown, renamed, stopped and put away", async () => {
  const slug = await made("Gone", { enabled: true });
  await api.pool.query("update destination set definition = 'extinct' where slug = $1", [slug]);
  expect((await call("GET", `/destinations/${slug}`)).body).toMatchObject({ definition_name: null, settings: {}, problems: [{ problem: "The catalog has no `extinct` any more." }] });
  expect((await call("PATCH", `/destinations/${slug}`, { enabled: false, name: "Gone for good" })).status).toBe(200);
  expect((await call("PATCH", `/destinations/${slug}`, { enabled: true })).status).toBe(400);
  expect((await call("POST", `/destinations/${slug}/test`)).status).toBe(409);
  expect((await call("DELETE", `/destinations/${slug}`)).status).toBe(200);
});
