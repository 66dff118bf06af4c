// Definitions that are written to break out of the query that is made of them, or to look into another workspace.
import { afterAll, beforeAll, expect, test } from "vitest";
import { hash128 } from "../core/hash.ts";
import { addEvents, addPerson, startTestApi, type TestApi } from "./testing.ts";

const hostile = [
  "a`b", "a\\", "a\\`) or 1=1 --", "' or 1=1 --", "{p0:String}", "{workspace:UInt32}", "`{p0:String}`", "a\u0000b", "/* a */", "-- a", "a.:Int64", "a.:`Int64`", "^a", "a.^b", "a[]", "a.b[]", "@a", "a..b", ".", ".a", "a.",
  " ", "w0", "w1", "w2", "w3", "w4.w1", "v0", "v3", "size0", "Null", "keys", "values", "ms", "properties", "row_id", "profile_id", "%", "\\u0061", "a\nb", "\ud83d\ude00", "*", "list[].null", "__proto__", "constructor", "raw", "one", "t0",
];
let api: TestApi;
const person = hash128("person", "hostile");

beforeAll(async () => {
  api = await startTestApi();
  const { first, second } = api;
  await addPerson(api, { id: person, workspace: first, identifiers: [["user_id", "one"]], traits: { plan: "gold", w1: 3, list: [{ w1: "x", "a`b": 1 }] } });
  await addPerson(api, { id: hash128("person", "elsewhere"), workspace: second, identifiers: [["user_id", "two"]], traits: { plan: "gold" } });
  await addEvents(api, [
    { workspace: first, row: 100, messageId: "m-1", profileId: person, event: "Bought", properties: { total: 3, w1: [{ w2: "x", name: "y" }], list: [{ w1: "x", w0: "y", w3: 5, "a`b": 1, size0: 3, t0: 1 }] } },
    { workspace: second, row: 101, messageId: "m-2", profileId: hash128("person", "elsewhere"), event: "Bought", properties: { total: 3 } },
  ]);
});
afterAll(() => api.stop());

/** Every place of a definition where a text of its own stands. */
const shapes: readonly ((text: string) => unknown)[] = [
  (text) => ({ kind: "trait", trait: text, op: "is_set" }),
  (text) => ({ kind: "trait", trait: `list.${text}`, op: "equals", value: text }),
  (text) => ({ kind: "trait", trait: "plan", op: "one_of", values: [text, "none"] }),
  (text) => ({ kind: "trait", trait: text, op: "equals", value: "x", held: { last: 3, unit: "day" } }),
  (text) => ({ kind: "trait", trait: "plan", op: "contains", value: text }),
  (text) => ({ kind: "trait", trait: text, op: "anniversary", in: "today" }),
  (text) => ({ kind: "event", event: text, op: "at_least", value: 1 }),
  (text) => ({ kind: "event", event: [text, "Other"], op: "at_least", value: 1 }),
  (text) => ({ kind: "event", event: "Bought", where: [{ property: text, op: "equals", value: text }], op: "at_least", value: 1 }),
  (text) => ({ kind: "event", event: "Bought", where: [{ property: `list.${text}`, op: "starts_with", value: text }, { property: text, op: "is_not_set" }], op: "at_least", value: 5 }),
  (text) => ({ kind: "event", event: "Bought", where: [{ item: "list", where: [{ property: text, op: "equals", value: text }, { property: "w1", op: "equals", value: "no" }] }], op: "at_least", value: 1 }),
  (text) => ({ kind: "event", event: "Bought", where: [{ item: text, where: [{ property: "w1", op: "equals", value: "no" }, { property: "w0", op: "is_set" }] }], op: "at_least", value: 1 }),
  (text) => ({ kind: "event", event: "Bought", measure: { of: "sum", property: text, item: text }, op: "at_least", value: 1e9 }),
  (text) => ({ kind: "event", event: "Bought", measure: { of: "sum", property: [text, `list.${text}`] }, op: "at_least", value: 1e9, once_per: text }),
  (text) => ({ kind: "event", event: "Bought", measure: { of: "sum", property: text, item: "list" }, where: [{ item: "list", where: [{ property: text, op: "equals", value: "no" }] }], op: "at_least", value: 1e9 }),
  (text) => ({ kind: "event", event: "Bought", measure: { of: "distinct", property: text, item: text }, op: "at_least", value: 100 }),
  (text) => ({ kind: "event", event: "Bought", within: { since: { trait: text } }, op: "at_least", value: 100 }),
  (text) => ({ kind: "event", event: "Bought", within: { since: { event: text, which: "first" } }, op: "at_least", value: 100 }),
  (text) => ({ kind: "identifier", namespace: text }),
  (text) => ({ kind: "consent", category: text, is: "denied" }),
  (text) => ({ kind: "account", people: "any", who: { kind: "trait", trait: text, op: "is_set" } }),
];

/** Places that name what is kept elsewhere. */
const references: readonly ((text: string) => unknown)[] = [
  (text) => ({ kind: "audience", audience: text }),
  (text) => ({ kind: "list", list: text }),
  (text) => ({ kind: "event", event: { role: text }, op: "at_least", value: 1 }),
  (text) => ({ kind: "computed", trait: text, op: "is_set" }),
];

test.each(hostile.map((text) => [JSON.stringify(text), text]))("%s is a name or a value, and nothing else", async (_, text) => {
  const conditions = shapes.map((shape) => shape(text));
  const { status, body } = await api.call("POST", "/audiences/preview", { body: { definition: { who: { any: conditions } }, by: text, parts: true } });
  expect({ status, of: body.of, breakdown: body.breakdown }).toEqual({ status: 200, of: 1, breakdown: body.size === 0 ? [] : [{ value: text === "w1" ? "3" : null, size: 1 }] });
  expect(body.parts.filter((part: { size: number }) => part.size > 0)).toEqual(text === "w1" ? [{ path: "/any/0", size: 1 }] : []);
  const checked = await api.call("POST", "/audiences/check", { body: { definition: { who: { any: conditions } } } });
  expect(checked.status).toBe(text.includes("\0") ? 400 : 200);
});

test.each(hostile.map((text) => [JSON.stringify(text), text]))("%s is no name of a list, a word or an audience", async (_, text) => {
  for (const reference of references) {
    const who = reference(text);
    const [preview, flow] = await Promise.all([
      api.call("POST", "/audiences/preview", { body: { definition: { who } } }), api.call("POST", "/audiences/flow", { body: { definition: { who }, days: 2 } }),
    ]);
    expect([preview.status, flow.status], JSON.stringify(who)).toEqual([400, 400]);
    const checked = await api.call("POST", "/audiences/check", { body: { definition: { who } } });
    expect([200, 400], JSON.stringify(who)).toContain(checked.status);
  }
});

test.each(hostile.map((text) => [JSON.stringify(text), encodeURIComponent(text)]))("%s has no values but its own", async (_, text) => {
  for (const query of [`place=trait&path=${text}`, `place=property&event=Bought&path=${text}`, `place=property&event=Bought&path=total&search=${text}`, `place=property&event=${text}&path=total`]) {
    const { status, body } = await api.call("GET", `/audiences/values?${query}`);
    expect(status).toBe(200);
    expect(body.data.every(({ count }: { count: number }) => count === 1)).toBe(true);
  }
});

test("a name of any letters is found where it stands", async () => {
  const size = async (who: unknown): Promise<number> => (await api.call("POST", "/audiences/preview", { body: { definition: { who } } })).body.size;
  const item = (property: string, value: unknown) => ({ kind: "event", event: "Bought", where: [{ item: "list", where: [{ property, op: "equals", value }] }], op: "at_least", value: 1 });
  expect(await size(item("a`b", 1))).toBe(1);
  expect(await size({ all: [item("w0", "y"), item("w1", "x"), item("w3", 5), item("t0", 1), item("size0", 3)] })).toBe(1);
  expect(await size({ kind: "trait", trait: "list.a`b", op: "equals", value: 1 })).toBe(1);
});
