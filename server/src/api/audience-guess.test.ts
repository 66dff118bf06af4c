// What a definition asks about somebody's personal values, from whoever sees people masked.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hash128 } from "../core/hash.ts";
import { createToken } from "../governance/governance.ts";
import { addEvents, addPerson, startTestApi, type TestApi } from "./testing.ts";

const GUESSES = 3;
const ada = hash128("person", "ada");
let api: TestApi;
let tokens = 0;

beforeAll(async () => {
  api = await startTestApi({ limits: { lookUpsPerMinute: GUESSES } });
  const { first: workspace } = api;
  await addPerson(api, { id: ada, workspace, identifiers: [["email", "ada@example.com"]], traits: { email: "ada@example.com", plan: "gold", birthday: "1990-05-01" } });
  await addEvents(api, [{ workspace, row: 100, messageId: "m-1", profileId: ada, event: "Booked", properties: { total: 20, size: 7, passengers: [{ price: 1, name: "Ada Example" }] } }]);
});
afterAll(() => api.stop());

/** Somebody who sees people masked and has not guessed yet. */
async function newcomer(scopes: ("read" | "write")[] = ["read"]): Promise<string> {
  const client = await api.pool.connect();
  const { secret } = await createToken(client, { workspaceId: api.first.id, name: `masked ${tokens++}`, scopes });
  client.release();
  return secret;
}

const preview = async (token: string, who: unknown): Promise<number> => (await api.call("POST", "/audiences/preview", { token, body: { definition: { who } } })).status;
const booked = (more: object) => ({ kind: "event", event: "Booked", op: "at_least", value: 1, ...more });
const trait = (name: string, op: string, value: unknown) => ({ kind: "trait", trait: name, op, value });

describe("a part of a personal value", () => {
  test.each<readonly [string, unknown]>([
    ["a trait", trait("email", "starts_with", "a")],
    ["a trait that nobody decided about", trait("favourite", "matches", "^a")],
    ["within groups and accounts", { all: [{ not: { kind: "account", people: "any", who: { any: [trait("email", "contains", "da@")] } } }] }],
    ["a property of an item", booked({ where: [{ item: "passengers", where: [{ property: "name", op: "starts_with", value: "A" }] }] })],
    ["a property of who identified themselves", booked({ event: "identify", where: [{ not: { property: "email", op: "ends_with", value: ".com" } }] })],
    ["the address of a page", booked({ where: [{ any: [{ context: "page_url", op: "contains", value: "token=a" }] }] })],
    ["a step of a sequence", { kind: "sequence", steps: [{ event: "Booked" }, { event: "Booked", without: [{ event: "Booked", where: [{ property: "note", op: "contains", value: "x" }] }] }] }],
    ["an identifier", { kind: "identifier", namespace: "email:a" }],
  ])("of %s can't be asked for", async (_, who) => {
    const token = await newcomer(["read", "write"]);
    expect(await preview(token, who)).toBe(403);
    expect((await api.call("POST", "/audiences/flow", { token, body: { definition: { who }, days: 1 } })).status).toBe(403);
    expect((await api.call("POST", "/audiences", { token, body: { name: "Guessed", definition: { who } } })).status).toBe(403);
    const yaml = `audiences: ${JSON.stringify({ guessed: { name: "Guessed", who } })}`;
    expect((await api.call("POST", "/audiences/apply", { token, body: { yaml } })).status).toBe(403);
    expect(await preview(api.first.token, who)).toBe(200);
  });

  test("can't be asked for by a computed trait", async () => {
    const token = await newcomer(["read", "write"]);
    const definition = { value: { kind: "measure", event: "Booked", where: [{ property: "note", op: "starts_with", value: "a" }], measure: { of: "count" } } };
    expect((await api.call("POST", "/computed-traits", { token, body: { slug: "noted", name: "Noted", definition } })).status).toBe(403);
    expect((await api.call("POST", "/computed-traits", { body: { slug: "noted", name: "Noted", definition } })).status).toBe(201);
    expect((await api.call("PATCH", "/computed-traits/noted", { token, body: { definition: { ...definition, include: { bots: true } } } })).status).toBe(403);
  });

  test("of what is not personal can be asked for, and so can that of a page's path", async () => {
    const token = await newcomer();
    for (let i = 0; i <= GUESSES; i++) expect(await preview(token, { any: [trait("plan", "contains", `g${i}`), booked({ where: [{ property: "coupon", op: "starts_with", value: `A${i}` }] })] })).toBe(200);
    expect(await preview(token, booked({ where: [{ context: "page_path", op: "starts_with", value: "/pricing" }] }))).toBe(200);
  });
});

describe("each test of a personal value is a guess", () => {
  const many = (one: (i: number) => unknown) => ({ any: Array.from({ length: GUESSES + 1 }, (_, i) => one(i)) });

  test.each<readonly [string, unknown]>([
    ["of traits", many((i) => trait("email", "equals", `${i}@example.com`))],
    ["of days of the year", many((i) => ({ kind: "trait", trait: "birthday", op: "anniversary", in: "next_days", days: i + 1 }))],
    ["of sums", many((i) => booked({ measure: { of: "sum", property: "age" }, value: i }))],
    ["of sums over items", many((i) => booked({ measure: { of: "max", property: "age", item: "passengers" }, value: i }))],
    ["of items, whose names mean something else in the event itself", many((i) => booked({ where: [{ item: "passengers", where: [{ property: "price", op: "equals", value: i }] }] }))],
    ["of when a window begins", many((i) => booked({ within: { since: { trait: "birthday" }, for: { last: i + 1, unit: "day" } } }))],
    ["of the beginnings of pages' paths", many((i) => booked({ where: [{ context: "page_path", op: "starts_with", value: `/${i}` }] }))],
  ])("%s", async (_, who) => {
    const token = await newcomer();
    expect(await preview(token, who)).toBe(429);
    expect(await preview(api.first.token, who)).toBe(200);
  });

  test("aggregates are none, however many", async () => {
    const token = await newcomer();
    const who = { any: [...many((i) => booked({ value: i + 1 })).any, ...many((i) => booked({ measure: { of: "sum", property: "total" }, value: i })).any, ...many((i) => booked({ measure: { of: "distinct", property: "age" }, value: i })).any, { kind: "trait", trait: "email", op: "is_set" }, { kind: "identifier", namespace: "email" }] };
    expect(await preview(token, who)).toBe(200);
  });

  test("and stands in the audit log, without what was asked", async () => {
    const token = await newcomer();
    expect(await preview(token, trait("email", "equals", "audited@example.com"))).toBe(200);
    // What tokens read is written when the server stops.
    await api.server.close();
    const { rows } = await api.pool.query<{ detail: unknown }>("select actor, action, detail from audit_log where action = 'person.search'");
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain("audited@");
  });
});
