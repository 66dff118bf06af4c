// Definitions as large as they may be: answered, or refused by name, and never an error of the server.
import { afterAll, beforeAll, expect, test } from "vitest";
import { hash128 } from "../core/hash.ts";
import { addEvents, addPerson, startTestApi, type TestApi } from "./testing.ts";

let api: TestApi;
const person = hash128("person", "heavy");
beforeAll(async () => {
  api = await startTestApi();
  const { first: workspace } = api;
  await addPerson(api, { id: person, workspace, identifiers: [["user_id", "one"]], traits: { note: "a".repeat(5_000) } });
  await addEvents(api, [{ workspace, row: 100, messageId: "m-1", profileId: person, event: "Bought", properties: { total: 3, list: [{ a: 1 }] } }]);
});
afterAll(() => api.stop());

const preview = (who: unknown) => api.call("POST", "/audiences/preview", { body: { definition: { who } } });

test("a hundred conditions with a filter each are answered; with 25 each they are refused", async () => {
  const event = (n: number, filters: number) => ({
    kind: "event", event: `Bought ${n % 7}`, op: "at_least", value: 1,
    where: Array.from({ length: filters }, (_, i) => ({ item: "list", where: [{ property: `p${n}_${i}`, op: "one_of", values: [`${n}`, i] }] })),
  });
  const refused = await preview({ any: Array.from({ length: 100 }, (_, n) => event(n, 25)) });
  expect(refused).toMatchObject({ status: 400, body: { message: expect.stringContaining("comparisons") } });
  expect(await preview({ any: Array.from({ length: 100 }, (_, n) => event(n, 1)) })).toMatchObject({ status: 200, body: { size: 0, of: 1 } });
});

test.each([["((a*)*)*$", 200], ["(a|b|ab)*c", 200], ["a{0,1000}b{0,1000}", 200], ["(a{1000}){1000}", 400], ["(?i)\\pL{900}", 400]])("the pattern %s is answered with %i", async (value, status) => {
  expect((await preview({ kind: "trait", trait: "note", op: "matches", value })).status).toBe(status);
});

test.each<readonly [string, unknown]>([
  ["a thousand values of a thousand letters", { kind: "trait", trait: "t", op: "one_of", values: Array.from({ length: 1_000 }, (_, i) => `${i} ${"x".repeat(1_000)}`) }],
  ["a path of 250 names", { kind: "trait", trait: `${"a.".repeat(250)}b`, op: "is_set" }],
  ["5,000 groups inside each other", Array.from({ length: 5_000 }).reduce<unknown>((not) => ({ not }), { all: [] })],
])("%s are refused", async (_, who) => {
  expect((await preview(who)).status).toBe(400);
});
