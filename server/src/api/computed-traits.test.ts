// Computed traits over the API: kept, referred to, checked, previewed, and shown on people.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hash128 } from "../core/hash.ts";
import { createToken } from "../governance/governance.ts";
import { addEvents, addPerson, startTestApi, type TestApi } from "./testing.ts";

let api: TestApi;
let masked: string;
const ada = hash128("person", "ada");
const bob = hash128("person", "bob");
const DAY = 86_400_000;

const count = { kind: "measure", event: "Order Completed", measure: { of: "count" } };
const total = { kind: "measure", event: "Order Completed", measure: { of: "sum", property: "bonus" } };
const formula = (text: string) => ({ kind: "formula", formula: text });
const stages = (when: unknown) => ({ kind: "stages", stages: [{ name: "yes", when }], otherwise: "no" });
const make = (name: string, value: unknown, more: Readonly<Record<string, unknown>> = {}) => api.call("POST", "/computed-traits", { body: { name, definition: { value }, ...more } });
const change = (slug: string, body: unknown) => api.call("PATCH", `/computed-traits/${slug}`, { body });
const check = async (value: unknown, slug?: string) => (await api.call("POST", "/computed-traits/check", { body: { definition: { value }, ...(slug === undefined ? {} : { slug }) } })).body;

beforeAll(async () => {
  api = await startTestApi({ limits: { lookUpsPerMinute: 2 } });
  const { first: workspace } = api;
  await addPerson(api, { id: ada, workspace, identifiers: [["email", "ada@example.com"]], traits: { points: 40, name: "Ada Example" } });
  await addPerson(api, { id: bob, workspace, identifiers: [["user_id", "bob"]], traits: { points: 2 } });
  const order = (row: number, profileId: string, properties: Readonly<Record<string, unknown>>) => ({ workspace, row, messageId: `m-${row}`, profileId, properties, atMs: Date.now() - row * DAY });
  await addEvents(api, [order(1, ada, { bonus: 30, color: "red" }), order(2, ada, { bonus: 12.5, color: "blue" }), order(3, bob, { bonus: 7, color: "red" })]);
  const client = await api.pool.connect();
  masked = (await createToken(client, { workspaceId: workspace.id, name: "masked", scopes: ["read"] })).secret;
  client.release();
});
afterAll(() => api.stop());

describe("computed traits", () => {
  test("are made with a slug that formulas can spell, change by versions, and are another workspace's business alone", async () => {
    const made = await make("Größe der Bestellungen", total, { description: "All of them", folder: "Value" });
    expect(made).toMatchObject({
      status: 201,
      body: {
        slug: "groesse_der_bestellungen", kind: "measure", type: "number", status: "filling", version: 1, people: 0, rest: null, thresholds: null, used_by: [], uses: [], personal: true,
        sentence: { en: expect.stringContaining("sum"), de: expect.any(String) }, definition: { version: 1, value: total },
      },
    });
    expect((await make("90 days", count)).body.slug).toBe("trait_90_days");
    expect((await make("Preview", count)).body.slug).toBe("preview_2");
    expect((await make("New", count)).body.slug).toBe("new_2");
    for (const slug of ["new", "templates"]) expect(await make("Again", count, { slug })).toMatchObject({ status: 409, body: { code: "conflict", message: expect.stringContaining(`\`${slug}\` stands for something else in addresses`) } });
    expect(await make("Again", count, { slug: "trait_90_days" })).toMatchObject({ status: 409, body: { code: "conflict" } });
    await api.pool.query("update computed_trait set status = 'active' where slug = 'groesse_der_bestellungen'");
    expect((await change("groesse_der_bestellungen", { name: "Total", version: 1 })).body).toMatchObject({ name: "Total", version: 1, status: "active" });
    expect((await change("groesse_der_bestellungen", { definition: { value: count }, version: 1 })).body).toMatchObject({ version: 2, status: "filling" });
    expect(await change("groesse_der_bestellungen", { definition: { value: total }, version: 1 })).toMatchObject({ status: 409, body: { message: expect.stringContaining("version 2") } });
    expect((await api.call("GET", "/computed-traits/groesse_der_bestellungen/versions")).body.data).toMatchObject([{ version: 2 }, { version: 1, definition: { value: total } }]);
    expect((await api.call("GET", "/computed-traits/groesse_der_bestellungen", { token: api.second.token })).status).toBe(404);
    expect((await api.call("GET", "/computed-traits", { token: api.second.token })).body).toEqual({ data: [], folders: [] });
    const listed = await api.call("GET", "/computed-traits?search=total&folder=Value");
    expect(listed.body).toMatchObject({ data: [{ slug: "groesse_der_bestellungen" }], folders: expect.arrayContaining([{ folder: "Value", count: 1 }]) });
    expect((await api.call("GET", "/audit?action=computed_trait.")).body.data).toEqual(expect.arrayContaining([expect.objectContaining({ action: "computed_trait.change", detail: { changed: ["definition"], version: 2 } })]));
    expect((await api.call("POST", "/computed-traits", { token: masked, body: { name: "No", definition: { value: count } } })).status).toBe(403);
  });

  test("refer to each other and to audiences without a circle, over whatever way", async () => {
    await make("Base", count, { slug: "base" });
    await make("Double", formula("computed(base) * 2"), { slug: "double" });
    await api.call("POST", "/audiences", { body: { name: "Rich", slug: "rich", definition: { who: { kind: "computed", trait: "double", op: "at_least", value: 10 } } } });
    await make("Stage", stages({ kind: "audience", audience: "rich" }), { slug: "stage" });
    expect((await change("base", { definition: { value: formula("computed(double) + 1") } })).body.message).toContain("The computed traits refer to each other in a circle: base → double → base.");
    const circle = await change("base", { definition: { value: stages({ kind: "computed", trait: "stage", op: "equals", value: "yes" }) } });
    expect(circle).toMatchObject({ status: 400, body: { code: "invalid_definition", message: expect.stringContaining("Audiences and computed traits refer to each other in a circle: base → stage → rich → double → base.") } });
    const audience = await api.call("PATCH", "/audiences/rich", { body: { definition: { who: { kind: "computed", trait: "stage", op: "equals", value: "yes" } } } });
    expect(audience).toMatchObject({ status: 400, body: { message: expect.stringContaining("in a circle: rich → stage → rich") } });
    expect((await make("No", formula("computed(nowhere)"))).body.message).toContain("There is no computed trait `nowhere`.");
    expect((await make("No", stages({ kind: "audience", audience: "nowhere" }))).body.message).toContain("/value/stages/0/when/audience: There is no audience `nowhere`.");
    expect((await make("No", { kind: "rfm", of: "scores" })).body.message).toContain("No event is known as an order");

    expect((await api.call("GET", "/computed-traits/double")).body).toMatchObject({ used_by: [{ kind: "audience", slug: "rich" }], uses: [{ kind: "computed_trait", slug: "base" }] });
    expect((await api.call("GET", "/audiences/rich")).body).toMatchObject({ used_by: [{ kind: "computed_trait", slug: "stage" }], uses: [{ kind: "computed_trait", slug: "double" }] });
    expect(await api.call("POST", "/computed-traits/base/archive")).toMatchObject({ status: 409, body: { code: "in_use", message: expect.stringContaining("the computed trait “Double”") } });
    expect(await api.call("POST", "/computed-traits/double/archive")).toMatchObject({ status: 409, body: { message: expect.stringContaining("the audience “Rich”") } });
    expect(await api.call("POST", "/audiences/rich/archive")).toMatchObject({ status: 409, body: { message: expect.stringContaining("the computed trait “Stage”") } });
    await api.pool.query("update computed_trait set status = 'active'");
    await api.pool.query("update audience set status = 'active'");
    await change("base", { definition: { value: total } });
    const status = async (path: string) => (await api.call("GET", path)).body.status;
    expect([await status("/computed-traits/double"), await status("/audiences/rich"), await status("/computed-traits/stage")]).toEqual(["filling", "filling", "filling"]);

    expect((await api.call("POST", "/computed-traits/stage/archive")).body.status).toBe("archived");
    expect((await api.call("POST", "/audiences/rich/archive")).body.status).toBe("archived");
    expect(await api.call("POST", "/computed-traits/stage/restore")).toMatchObject({ status: 400, body: { message: expect.stringContaining("is archived") } });
    await api.call("POST", "/computed-traits/double/archive");
    expect((await make("Late", formula("computed(double)"))).body.message).toContain("The computed trait `double` is archived.");
  });

  test("are checked with every problem's place, in a formula with its character", async () => {
    expect(await check(count)).toMatchObject({ ok: true, problems: [], type: "number", personal: false, fields: [], sentence: { en: expect.stringContaining("the number of") } });
    expect(await check(formula("1 + * 2"))).toMatchObject({ ok: false, problems: [{ path: "/value/formula", character: 5, message: expect.stringContaining("Character 5") }], sentence: null });
    expect(await check(formula("  1 + computed(gone)"))).toMatchObject({ problems: [{ path: "/value/formula", character: 16, message: expect.stringContaining("`gone`") }] });
    expect(await check({ kind: "measure", event: "X", measure: { of: "sum" } })).toMatchObject({ ok: false, problems: [{ path: "/value/measure/property", character: null }] });
    expect(await check({ kind: "stages", stages: [{ name: "a", when: { kind: "trait", trait: "x", op: "equal", value: 1 } }] })).toMatchObject({ ok: false, problems: [expect.anything()] });
    expect(await check(formula("trait(points) * 2"))).toMatchObject({ personal: true, fields: [{ place: "trait", path: "points", personal: true }] });
    expect((await check({ kind: "measure", event: "Order Completed", measure: { of: "sum", property: "price", item: "products" } })).fields).toEqual([{ place: "property", event: "Order Completed", path: "products.price", personal: false }]);
    expect(await check({ kind: "summ" })).toMatchObject({ ok: false, problems: [{ path: "/value/kind", hint: expect.stringContaining("measure, value, decay") }] });
    expect((await api.call("POST", "/computed-traits/check", { body: { definition: 7 } })).body).toMatchObject({ ok: false, problems: [{ path: "" }] });
  });

  test("are previewed: where the values lie, and some people; values of personal fields only to who may see them", async () => {
    const preview = (value: unknown, more: Readonly<Record<string, unknown>> = {}, token?: string) => api.call("POST", "/computed-traits/preview", { body: { definition: { value }, ...more }, ...(token === undefined ? {} : { token }) });
    const { body } = await preview(total, { sample: 5 });
    expect(body).toMatchObject({ people: 2, set: 2, different: 2, masked: false, numbers: { min: 7, max: 42.5, average: 24.75 }, values: [{ value: 42.5, count: 1 }, { value: 7, count: 1 }] });
    expect(body.sample).toMatchObject([{ profile_id: ada, name: "Ada Example", value: 42.5 }, { profile_id: bob, value: 7 }]);
    const hidden = await preview(total, { sample: 5 }, masked);
    expect(hidden).toMatchObject({ status: 200, body: { people: 2, set: 2, masked: true, numbers: null, values: [], sample: [] } });
    const open = await preview(count, { sample: 5 }, masked);
    expect(open.body).toMatchObject({ masked: false, values: [{ value: 1, count: 1 }, { value: 2, count: 1 }] });
    expect(open.body.sample[0]).toMatchObject({ name: "A•••", identifiers: [{ value: "a•••@example.com" }], value: 2 });
    const color = await preview({ kind: "value", event: "Order Completed", property: "color", which: "all" });
    expect(color.body).toMatchObject({ set: 2, different: 2, numbers: null, values: [{ value: "red", count: 2 }, { value: "blue", count: 1 }] });
    expect((await preview(formula("computed(gone)"))).status).toBe(400);
  });

  test("whose conditions ask for personal values are guesses of who sees people masked, and few", async () => {
    const guess = (name: string) => api.call("POST", "/computed-traits/preview", { token: masked, body: { definition: { value: stages({ kind: "trait", trait: "email", op: "equals", value: `${name}@example.com` }) } } });
    expect((await guess("ada")).status).toBe(200);
    expect((await guess("bob")).status).toBe(200);
    expect((await guess("eve")).status).toBe(429);
  });

  test("have templates in the words of the workspace, each of which can be kept", async () => {
    const templates = async () => (await api.call("GET", "/computed-traits/templates")).body.data;
    expect((await templates()).find(({ id }: { id: string }) => id === "rfm_scores")).toMatchObject({ definition: null, needs: ["order"] });
    const roles = { order: { events: ["Order Completed"], properties: { value: ["total"], products: ["products"], category: ["category"] } }, product_viewed: { events: ["Product Viewed"] } };
    const { body: before } = await api.call("GET", "/vocabulary");
    const set = await api.call("PUT", "/vocabulary", { body: { version: before.version, vocabulary: { ...before.stored, roles, money: { ...before.stored.money, base: "EUR" } } } });
    expect(set.status, JSON.stringify(set.body)).toBe(200);
    for (const { id, name, definition, needs } of await templates()) {
      expect(needs, id).toEqual([]);
      expect(await api.call("POST", "/computed-traits", { body: { name: name.en, definition } }), id).toMatchObject({ status: 201 });
    }
    const rfm = await api.call("POST", "/computed-traits/preview", { body: { definition: { value: { kind: "rfm", of: "scores" } } } });
    expect(rfm.body).toMatchObject({ set: 2, thresholds: { buyers: 2, orders: [1, 1, 2, 2] } });
  });

  test("stand on people with since and why, in exports, and hidden where a field that shows through them is", async () => {
    await make("Spent", total, { slug: "spent" });
    await make("How many", count, { slug: "how_many" });
    await api.pool.query("update computed_trait set status = 'active', filled_at = now(), rest = '0' where slug in ('spent', 'how_many')");
    const at = Date.UTC(2026, 2, 1);
    await api.pool.query("insert into computed_person (profile_id, workspace_id, doc) values ($1, $2, $3)", [
      ada, api.first.id, JSON.stringify({ spent: { value: 42.5, atMs: at, reason: "event", causeRow: 1, version: 1 }, how_many: { value: 2, atMs: at, reason: "deadline", causeRow: 0, version: 1 } }),
    ]);
    const computed = async (ref: string, token?: string) => (await api.call("GET", `/profiles/${ref}`, token === undefined ? {} : { token })).body.computed;
    await expect.poll(() => computed("email:ada@example.com")).toMatchObject({ spent: { value: 42.5 } });
    expect(await computed(ada)).toMatchObject({
      spent: { name: "Spent", value: 42.5, at: new Date(at).toISOString(), reason: "event", row_id: 1, version: 1, personal: true },
      how_many: { value: 2, reason: "deadline", row_id: null, personal: false },
    });
    expect(await computed(bob)).toMatchObject({ spent: { value: 0, at: null, reason: null, row_id: null } });
    expect(await computed(ada, masked)).toMatchObject({ spent: { value: "•••", personal: true }, how_many: { value: 2 } });
    const csv = await api.call("GET", `/profiles/export?columns=${encodeURIComponent(JSON.stringify(["points", "computed.spent", "computed.how_many"]))}`);
    expect(csv.text).toMatch(new RegExp(`${ada}.*40,42.5,2`));
    expect(csv.text).toMatch(new RegExp(`${bob}.*2,0,0`));
  });
});
