import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Condition } from "@tributary/schema/audience/condition.ts";
import { startTestApi, type TestApi } from "./testing.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

const gold = { kind: "trait", trait: "plan", op: "equals", value: "gold" } as const;
const inAudience = (audience: string): Condition => ({ kind: "audience", audience });
const make = (name: string, who: unknown, more: Readonly<Record<string, unknown>> = {}) => api.call("POST", "/audiences", { body: { name, definition: { who }, ...more } });
const change = (slug: string, body: unknown) => api.call("PATCH", `/audiences/${slug}`, { body });

async function activate(slug: string): Promise<void> {
  await api.pool.query("update audience set status = 'active' where slug = $1", [slug]);
}

describe("audiences", () => {
  test("are made, with a slug of the name, a sentence in both languages and a first version", async () => {
    const made = await make("Größte Käufer & Freunde", gold, { description: "Whom we like", folder: "Shop/Best" });
    expect(made).toMatchObject({
      status: 201,
      body: {
        slug: "groesste-kaeufer-freunde", status: "filling", version: 1, size: 0, folder: "Shop/Best", problem: null, used_by: [], uses: [],
        definition: { version: 1, from: "known", include: { bots: false, internal: false }, who: gold },
        sentence: { en: "Known people: “plan” is “gold”.", de: "Bekannte Personen: „plan“ ist „gold“." },
      },
    });
    expect((await make("Größte Käufer & Freunde", gold)).body.slug).toBe("groesste-kaeufer-freunde-2");
    expect((await make("Values", gold)).body.slug).toBe("values-2");
    expect((await make("New", gold)).body.slug).toBe("new-2");
    for (const slug of ["new", "templates"]) expect(await make("Again", gold, { slug })).toMatchObject({ status: 409, body: { code: "conflict", message: expect.stringContaining(`\`${slug}\` stands for something else in addresses`) } });
    expect((await make("日本", gold)).body.slug).toBe("audience");
    expect(await make("Again", gold, { slug: "audience" })).toMatchObject({ status: 409, body: { code: "conflict", hint: expect.stringContaining("another slug") } });
    expect((await api.call("GET", "/audiences/audience/versions")).body.data).toMatchObject([{ version: 1, sentence: { en: expect.any(String) } }]);
  });

  test("are another workspace's business alone", async () => {
    await make("Mine", gold, { slug: "mine" });
    const { token } = api.second;
    expect((await api.call("GET", "/audiences/mine", { token })).status).toBe(404);
    expect((await api.call("GET", "/audiences", { token })).body.data).toEqual([]);
    expect(await api.call("POST", "/audiences", { token, body: { name: "Other", definition: { who: inAudience("mine") } } })).toMatchObject({ status: 400, body: { code: "invalid_definition" } });
  });

  test("change by versions; whoever changed an older one is told", async () => {
    await make("Changing", gold, { slug: "changing" });
    await activate("changing");
    const renamed = await change("changing", { name: "Changed", version: 1 });
    expect(renamed.body).toMatchObject({ name: "Changed", version: 1, status: "active" });
    // The same in another order says nothing new.
    expect((await change("changing", { definition: { who: { value: "gold", op: "equals", trait: "plan", kind: "trait" } } })).body).toMatchObject({ version: 1, status: "active" });
    const changed = await change("changing", { definition: { who: { ...gold, value: "silver" } }, version: 1 });
    expect(changed).toMatchObject({ status: 200, body: { version: 2, status: "filling", sentence: { en: expect.stringContaining("silver") } } });
    const stale = await change("changing", { definition: { who: gold }, version: 1 });
    expect(stale).toMatchObject({ status: 409, body: { code: "conflict", message: expect.stringContaining("version 2"), hint: expect.stringContaining("Read it again") } });
    const { body } = await api.call("GET", "/audiences/changing/versions");
    expect(body.data).toMatchObject([{ version: 2, definition: { who: { value: "silver" } } }, { version: 1, definition: { who: gold } }]);
  });

  test("of two changes of one version at the same moment, one is taken", async () => {
    await make("Race", gold, { slug: "race" });
    const answers = await Promise.all(["a", "b", "c"].map((value) => change("race", { definition: { who: { ...gold, value } }, version: 1 })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409]);
  });

  test("that refer to a changed one are counted anew, over whatever way", async () => {
    await make("Base", gold, { slug: "base" });
    await make("Middle", { not: inAudience("base") }, { slug: "middle" });
    await make("Top", { any: [inAudience("middle"), gold] }, { slug: "top" });
    await make("Apart", gold, { slug: "apart" });
    for (const slug of ["base", "middle", "top", "apart"]) await activate(slug);
    await change("base", { definition: { who: { ...gold, value: "x" } } });
    const statuses = await Promise.all(["base", "middle", "top", "apart"].map(async (slug) => (await api.call("GET", `/audiences/${slug}`)).body.status));
    expect(statuses).toEqual(["filling", "filling", "filling", "active"]);
    expect((await api.call("GET", "/audiences/middle")).body).toMatchObject({ used_by: [{ kind: "audience", slug: "top" }], uses: [{ kind: "audience", slug: "base" }] });
  });

  test("are archived once nothing refers to them, and restored", async () => {
    await make("Used", gold, { slug: "used" });
    await make("Its user", inAudience("used"), { slug: "user" });
    expect(await api.call("POST", "/audiences/used/archive")).toMatchObject({ status: 409, body: { code: "in_use", message: expect.stringContaining("Its user") } });
    expect((await api.call("POST", "/audiences/user/archive")).body.status).toBe("archived");
    expect((await api.call("POST", "/audiences/used/archive")).body.status).toBe("archived");
    expect(await change("used", { name: "x" })).toMatchObject({ status: 409, body: { hint: "Restore it first." } });
    expect(await make("Late", inAudience("used"))).toMatchObject({ status: 400, body: { code: "invalid_definition", message: expect.stringContaining("is archived") } });
    expect(await api.call("POST", "/audiences/user/restore")).toMatchObject({ status: 400, body: { message: expect.stringContaining("is archived") } });
    expect((await api.call("POST", "/audiences/used/restore")).body.status).toBe("filling");
    expect((await api.call("POST", "/audiences/user/restore")).body.status).toBe("filling");
  });

  test("refuse circles, themselves, what is not there, and too much", async () => {
    await make("C1", gold, { slug: "c1" });
    await make("C2", inAudience("c1"), { slug: "c2" });
    await make("C3", { all: [gold, { not: inAudience("c2") }] }, { slug: "c3" });
    const circle = await change("c1", { definition: { who: { any: [gold, inAudience("c3")] } } });
    expect(circle).toMatchObject({ status: 400, body: { code: "invalid_definition", message: expect.stringContaining("/who/any/1/audience: The audiences refer to each other in a circle: c1 → c3 → c2 → c1.") } });
    expect((await change("c1", { definition: { who: inAudience("c1") } })).body.message).toContain("c1 → c1");
    expect((await make("No", inAudience("nowhere"))).body.message).toContain("There is no audience `nowhere`.");
    expect((await make("No", { kind: "event", event: { role: "order" }, op: "at_least", value: 1 })).body.message).toContain("No event is known as `order`.");
    const role = await make("No", { kind: "event", event: "X", op: "at_least", value: 1, measure: { of: "sum", property: { role: "value" } } });
    expect(role.body.message).toContain("known of events by role alone");
    const many = Array.from({ length: 60 }, (_, n) => ({ ...gold, value: `v${n}` }));
    await make("Many", { any: many }, { slug: "many" });
    expect((await make("Twice", { all: [inAudience("many"), { not: { any: many } }] })).body.message).toContain("121 conditions; at most 100");
    let last = "c1";
    for (let n = 0; n < 8; n++) last = (await make(`Deep ${n}`, inAudience(last))).body.slug ?? last;
    expect((await make("Too deep", inAudience(last))).body.message).toContain("deep from here; at most 8");
  });

  test("that are no definitions are refused in plain words, with the place", async () => {
    const bad = await make("Bad", { all: [gold, { kind: "trait", trait: "plan", op: "equal", value: "x" }, { kind: "evnt" }] });
    expect(bad.status).toBe(400);
    expect(bad.body.message).toContain("/all/1/op");
    expect(bad.body.message).toContain("There is no kind of condition \"evnt\".");
    expect(bad.body.message).not.toContain("Invalid input");
  });

  test("are listed by name, by folder, by status and by words of their sentences, in pages", async () => {
    for (let n = 0; n < 5; n++) await make(`Listed ${n}`, { ...gold, trait: "listed_by" }, { folder: n < 2 ? "L" : "L/Inner" });
    const named = async (query: string) => (await api.call("GET", `/audiences?${query}`)).body.data.map(({ name }: { name: string }) => name);
    expect(await named("search=listed_by%20gold")).toEqual(["Listed 0", "Listed 1", "Listed 2", "Listed 3", "Listed 4"]);
    expect(await named("folder=L/Inner")).toEqual(["Listed 2", "Listed 3", "Listed 4"]);
    expect(await named("folder=L&limit=2")).toEqual(["Listed 0", "Listed 1"]);
    const first = await api.call("GET", "/audiences?folder=L&limit=2");
    const second = await api.call("GET", `/audiences?folder=L&limit=2&cursor=${first.body.next_cursor}`);
    const third = await api.call("GET", `/audiences?folder=L&limit=2&cursor=${second.body.next_cursor}`);
    expect([...second.body.data, ...third.body.data].map(({ name }) => name)).toEqual(["Listed 2", "Listed 3", "Listed 4"]);
    expect(third.body.next_cursor).toBeNull();
    expect(first.body.folders).toEqual(expect.arrayContaining([{ folder: "L", count: 2 }, { folder: "L/Inner", count: 3 }]));
    await api.call("POST", "/audiences/listed-4/archive");
    expect(await named("folder=L/Inner")).toEqual(["Listed 2", "Listed 3"]);
    expect(await named("folder=L/Inner&status=archived")).toEqual(["Listed 4"]);
  });

  test("stand in the audit log, and need the scope write", async () => {
    const { body } = await api.call("GET", "/audit?action=audience.change");
    expect(body.data).toEqual(expect.arrayContaining([expect.objectContaining({ target: "audience:changing", detail: { changed: ["definition"], version: 2 } })]));
    const reader = (await api.call("POST", "/tokens", { body: { name: "reader", scopes: ["read"] } })).body.secret;
    expect((await api.call("GET", "/audiences/base", { token: reader })).status).toBe(200);
    for (const [method, path] of [["POST", "/audiences"], ["PATCH", "/audiences/base"], ["POST", "/audiences/base/archive"], ["POST", "/audiences/base/restore"]] as const) {
      expect((await api.call(method, path, { token: reader, body: {} })).status, path).toBe(403);
    }
  });
});
