import { parse } from "yaml";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Condition } from "@tributary/schema/audience/condition.ts";
import { definition } from "@tributary/schema/audience/definition.ts";
import { conditionKinds } from "@tributary/schema/audience/kinds.ts";
import type { AudienceCheck } from "@tributary/schema/api/audiences.ts";
import { systemClock } from "../core/clock.ts";
import { hash128 } from "../core/hash.ts";
import { setFields } from "../governance/governance.ts";
import { quietLogger } from "../engines/testing.ts";
import { createObserver } from "../observed-schema/observed-schema.ts";
import { addEvents, addPerson, startTestApi, type EventWish, type TestApi } from "./testing.ts";

const DAY = 86_400_000;
/** Examples that refer to nothing that is kept beside. */
const ofNobodyElse = conditionKinds.flatMap((kind): readonly Condition[] => (["audience", "computed", "first_of", "list"].includes(kind.kind) ? [] : kind.examples));
let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
  const { first } = api;
  const order = (row: number, properties: Record<string, unknown>, more: Partial<EventWish> = {}): EventWish =>
    ({ workspace: first, row, messageId: `m-${row}`, event: "Order Completed", properties, atMs: Date.now() - DAY, receivedAtMs: Date.now(), ...more });
  await addEvents(api, [
    ...Array.from({ length: 5 }, (_, n) => order(100 + n, { order_id: `o-${n}`, total: 10 + n, currency: n < 3 ? "EUR" : "DKK", coupon: n < 3 ? "SPRING" : 7, note: `Call Ada ${n}`, items: [{ item_name: "Sock", item_category: "socks", colour: "red" }] })),
    order(110, { cart_id: "c" }, { event: "Product Added" }), order(111, {}, { event: "Product Viewed" }), order(112, {}, { event: "Payment Failed" }),
    order(113, { total: 3, coupon: "OLD" }, { atMs: Date.now() - 120 * DAY }), order(114, { total: 3, coupon: "HELD" }, { outcome: "quarantined" }),
    order(115, { gender: "female", birthday: "1990-01-01", plan: "gold" }, { event: "identify", type: "identify" }),
  ]);
  const observer = createObserver({ pool: api.pool, clickhouse: api.clickhouse.client("evaluate"), partitions: 2, landedBefore: async () => 1_000, clock: systemClock, logger: quietLogger, pollMs: Infinity });
  await observer.catchUp();
  await observer.stop();
  for (const [n, plan] of ["gold", "gold", "silver"].entries()) {
    await addPerson(api, { id: hash128("person", String(n)), workspace: first, identifiers: [["user_id", `u-${n}`]], traits: { plan, nickname: `Nick ${n}`, tags: ["a", plan] }, row: 200 + n });
  }
  await setMoney({ base: "EUR", rates: [{ from: "1970-01-01", currency: "DKK", rate: 0.134 }] });
});
afterAll(() => api.stop());

async function setMoney(money: object): Promise<void> {
  const { version, stored } = (await api.call("GET", "/vocabulary")).body;
  expect((await api.call("PUT", "/vocabulary", { body: { version, vocabulary: { ...stored, money } } })).status).toBe(200);
}

async function check(value: unknown, more: Readonly<Record<string, unknown>> = {}): Promise<AudienceCheck> {
  const { status, body } = await api.call("POST", "/audiences/check", { body: { definition: value, ...more } });
  expect(status).toBe(200);
  return body;
}

const plan = { kind: "trait", trait: "plan", op: "equals", value: "gold" };

describe("the check of a definition", () => {
  test("tells everything that is wrong, where, and what to do", async () => {
    const { ok, problems, sentence, sql } = await check({
      from: "nobody", extra: 1,
      who: { all: [{ kind: "trait", trait: "plan", op: "equal", value: 1 }, { kind: "nothing" }, { kind: "event", event: "A", op: "at_least" }, { any: [], all: [] }, 7, { kind: "event", event: "A", op: "at_least", value: 1, within: { last: 3, unit: "fortnight" } }] },
    });
    expect({ ok, sentence, sql }).toEqual({ ok: false, sentence: null, sql: null });
    const at = new Map(problems.map((one) => [one.path, one]));
    expect(at.get("/from")).toMatchObject({ message: '`from` can\'t be "nobody".', hint: "It can be: known, anonymous, everyone." });
    expect(at.get("/extra")).toMatchObject({ message: "There is no `extra` here." });
    expect(at.get("/who/all/0/op")).toMatchObject({ hint: expect.stringContaining("equals, not_equals") });
    expect(at.get("/who/all/1/kind")).toMatchObject({ hint: expect.stringContaining("Kinds are: trait, event") });
    expect(at.get("/who/all/2/value")).toMatchObject({ message: "`value` is missing.", hint: "Write a number." });
    expect(at.get("/who/all/3")).toMatchObject({ hint: "Put one inside the other." });
    expect(at.get("/who/all/4")).toMatchObject({ message: "A condition is an object, not the number 7." });
    expect(at.get("/who/all/5/within/unit")).toMatchObject({ hint: expect.stringContaining("minute, hour, day") });
    expect(problems.map(({ message }) => message).join()).not.toMatch(/invalid|expected|union/i);
  });

  test("says it in both languages: what is wrong, what to do, and what looks wrong", async () => {
    const { problems } = await check({ from: "nobody", who: { all: [{ kind: "nothing" }, { kind: "audience" }] } });
    expect(problems).toHaveLength(3);
    for (const { message, hint, messages, hints } of problems) expect({ message, hint }).toEqual({ message: messages.en, hint: hints?.en });
    expect(problems.map(({ messages, hints }) => [messages.de, hints?.de])).toEqual([
      ['`from` kann nicht "nobody" sein.', "Möglich sind: known, anonymous, everyone."], ['Es gibt keine Art von Bedingung "nothing".', expect.stringContaining("Arten sind: trait, event")], ["`audience` fehlt.", "Schreiben Sie einen Text."],
    ].toSorted((a, b) => problems.findIndex(({ messages }) => messages.de === a[0]) - problems.findIndex(({ messages }) => messages.de === b[0])));
    const event = { kind: "event", event: "Order Completed", op: "at_least", value: 1 };
    const { warnings } = await check({ who: { all: [{ ...event, event: "Order Complete" }, { ...event, where: [{ property: "cupon", op: "is_set" }] }, { any: [] }] } });
    expect(warnings.map(({ messages }) => messages.de).toSorted()).toEqual(["Diese Gruppe ist leer: Niemand erfüllt sie.", "Ein Ereignis `Order Complete` ist nie angekommen.", "`cupon` ist mit `Order Completed` nie angekommen."].toSorted());
    expect((await check({ who: { kind: "audience", audience: "gone" } })).problems[0]).toMatchObject({ messages: { de: "Es gibt keine Zielgruppe `gone`." }, hints: { de: expect.stringContaining("Sehen Sie bei den Zielgruppen nach") } });
  });

  test("says what people have called things, and the vocabulary's roles in words, in both languages", async () => {
    for (const [slug, name] of [["golden", "Golden people"], ["staff", "Our staff"]] as const) expect((await api.call("POST", "/audiences", { body: { slug, name, definition: { who: plan } } })).status).toBe(201);
    expect((await api.call("POST", "/audience-lists", { body: { name: "Friends of the house", kind: "by_hand", slug: "friends" } })).status).toBe(201);
    const who = {
      all: [
        { kind: "audience", audience: "golden" }, { kind: "first_of", audiences: ["staff", "golden"], is: "staff" }, { kind: "list", list: "friends" },
        { kind: "event", event: { role: "order" }, measure: { of: "sum", property: { role: "value" } }, op: "at_least", value: 50 },
        { kind: "sequence", steps: [{ event: { role: "product_viewed" } }, { event: { role: "order" } }] },
      ],
    };
    const { sentence } = await check({ who });
    expect(sentence?.en).toBe("Known people: is in the audience “Golden people” and “Our staff” is the first of their audiences in the order “Our staff”, “Golden people” and is on the list “Friends of the house”"
      + " and the sum of “Value” in “Order” ever is at least 50 and did “Product looked at”, then “Order”.");
    expect(sentence?.de).toBe("Bekannte Personen: ist in der Zielgruppe „Golden people“ und „Our staff“ ist die erste ihrer Zielgruppen in der Reihenfolge „Our staff“, „Golden people“ und steht auf der Liste „Friends of the house“"
      + " und die Summe von „Wert“ in „Bestellung“ jemals ist mindestens 50 und hat getan: „Produkt angesehen“, dann „Bestellung“.");
    expect((await api.call("POST", "/audiences", { body: { name: "All of it", definition: { who } } })).body.sentence).toEqual(sentence);
    const { problems } = await check({ who: { kind: "sequence", steps: [{ event: { role: "orders" } }, { event: { role: "order" }, without: [{ event: { role: "subscription_started" } }] }] } });
    expect(problems.map(({ path }) => path)).toEqual(["/who/steps/0/event", "/who/steps/1/without/0/event"]);
  });

  test("refuses a group of too many, which is no definition either", async () => {
    const told = await check({ who: { all: Array.from({ length: 101 }, () => plan) } });
    expect(told).toMatchObject({ ok: false, problems: [{ path: "/who/all", message: "101 conditions; at most 100." }] });
  });

  test("takes anything at all, and never says nothing of what is wrong", async () => {
    for (const value of [undefined, null, 7, "x", [], {}, { who: null }, { who: [] }, { who: { not: {} } }, { who: { at_least: 0, of: [plan] } }, { who: { all: {} } }, { who: { kind: 7 } }]) {
      const told = await check(value);
      expect(told.ok, JSON.stringify(value)).toBe(false);
      expect(told.problems.length).toBeGreaterThan(0);
      for (const { message } of told.problems) expect(message).not.toMatch(/Invalid input|undefined/);
    }
  });

  test("finds what is wrong in whatever place of a kind's example a value is spoilt", async () => {
    for (const example of conditionKinds.flatMap((kind) => kind.examples as readonly Readonly<Record<string, unknown>>[])) {
      for (const key of Object.keys(example).filter((name) => name !== "kind")) {
        const { problems } = await check({ who: { all: [plan, { ...example, [key]: { wrong: true } }] } });
        expect(problems.map(({ path }) => path), `${JSON.stringify(example)} without a right ${key}`).toEqual(expect.arrayContaining([expect.stringMatching(new RegExp(`^/who/all/1/`))]));
      }
    }
  });

  test("tells what is referred to and is not there", async () => {
    expect((await check({ who: { not: { kind: "audience", audience: "gone" } } })).problems).toMatchObject([{ path: "/who/not/audience", message: "There is no audience `gone`.", hint: expect.any(String) }]);
    await api.call("POST", "/audiences", { body: { name: "Loop", slug: "loop", definition: { who: plan } } });
    expect((await check({ who: { kind: "audience", audience: "loop" } })).ok).toBe(true);
    expect((await check({ who: { kind: "audience", audience: "loop" } }, { slug: "loop" })).problems[0]?.message).toContain("loop → loop");
    expect((await check({ who: { kind: "event", event: { role: "subscription_started" }, op: "at_least", value: 1 } })).problems[0]).toMatchObject({ path: "/who/event", hint: expect.stringContaining("vocabulary") });
  });

  test("warns of what never arrived, and only of that", async () => {
    const warned = async (who: unknown) => (await check({ who })).warnings;
    expect(await warned({ all: [plan, { kind: "trait", trait: "planet", op: "is_set" }] })).toMatchObject([{ path: "/who/all/1/trait", message: "No trait `planet` has ever arrived." }]);
    const event = { kind: "event", event: "Order Completed", op: "at_least", value: 1 };
    expect(await warned({ ...event, event: ["Order Completed", "Order Complete"] })).toMatchObject([{ path: "/who/event", message: "No event `Order Complete` has ever arrived." }]);
    expect(await warned({ ...event, where: [{ property: "coupon", op: "is_set" }, { property: "cupon", op: "is_set" }, { context: "country", op: "is_set" }] }))
      .toMatchObject([{ path: "/who/where/1/property", message: "No `cupon` has ever arrived with `Order Completed`." }]);
    // Of the elements of a list; of several names any one; of an event by its role; of an anchor's event.
    expect(await warned({ ...event, where: [{ item: "items", where: [{ property: "colour", op: "equals", value: "red" }, { property: "color", op: "equals", value: "red" }] }] }))
      .toMatchObject([{ path: "/who/where/0/where/1/property", message: "No `items.color` has ever arrived with `Order Completed`." }]);
    expect(await warned({ ...event, op: "at_least", value: 2, measure: { of: "max", property: ["sum", "total"] } })).toEqual([]);
    expect(await warned({ ...event, event: { role: "order" }, where: [{ property: "totl", op: "is_set" }] })).toMatchObject([{ path: "/who/where/0/property" }]);
    expect(await warned({ ...event, within: { since: { event: "Signed Up", which: "last" } } })).toMatchObject([{ path: "/who/within/since/event" }]);
  });

  test("warns that those who never did it are among them, of empty groups and of groups that nobody can meet", async () => {
    const few = { kind: "event", event: "Order Completed", op: "at_most", value: 2 };
    const never = [{ path: "/who/all/0", message: "Those who never did it are among them." }];
    expect((await check({ who: { all: [few] } })).warnings).toMatchObject(never);
    expect((await check({ who: { all: [{ ...few, op: "less_than", value: 1 }] } })).warnings).toMatchObject(never);
    expect((await check({ who: { not: few } })).warnings).toEqual([]);
    // "Has not ordered in 90 days" is met by who never ordered; "never ordered" asks for just those.
    const order = { kind: "event", event: "Order Completed", op: "at_least", value: 1 };
    const lately = await check({ who: { not: { ...order, within: { last: 90, unit: "day" } } } });
    expect(lately.warnings).toMatchObject([{ path: "/who/not", message: never[0]?.message }]);
    expect(lately.sentence?.en).toContain("at least once in the last 90 days) (those who never did are among them)");
    expect((await check({ who: { not: { ...order, measure: { of: "last" }, op: "in_last", value: { last: 90, unit: "day" } } } })).warnings).toMatchObject([{ path: "/who/not" }]);
    expect((await check({ who: { not: order } })).warnings).toEqual([]);
    expect((await check({ who: { all: [{ ...few, measure: { of: "average", property: "total" } }] } })).warnings).toEqual([]);
    expect((await check({ who: { any: [] } })).warnings).toMatchObject([{ path: "/who", message: expect.stringContaining("nobody") }]);
    expect((await check({ who: { at_least: 2, of: [plan] } })).warnings).toMatchObject([{ path: "/who", message: expect.stringContaining("2 of 1") }]);
  });

  test("refuses to add up values in several currencies, by role or by name, until they are converted, and warns where they are compared", async () => {
    const sum = { kind: "event", event: { role: "order" }, op: "at_least", value: 100, measure: { of: "sum", property: { role: "value" } } };
    const byName = { ...sum, event: "Order Completed", measure: { of: "average", property: "total" } };
    const converted = (await api.call("GET", "/vocabulary")).body.stored.money;
    await setMoney({ base: null, rates: [] });
    const several = { path: "/who/measure/property", message: expect.stringContaining("Several currencies arrive (EUR, DKK)"), hint: expect.stringContaining("base currency") };
    expect(await check({ who: sum })).toMatchObject({ ok: false, problems: [several] });
    expect(await check({ who: byName })).toMatchObject({ ok: false, problems: [{ ...several, hint: expect.stringContaining("{ role: value }") }] });
    const compared = { ...sum, measure: { of: "max", property: { role: "value" } } };
    expect(await check({ who: compared })).toMatchObject({ ok: true, warnings: [{ path: several.path, message: several.message }] });
    for (const who of [sum, byName]) {
      expect(await api.call("POST", "/audiences", { body: { name: "Adds", definition: { who } } })).toMatchObject({ status: 400, body: { code: "invalid_definition", message: several.message } });
    }
    expect((await check({ who: { ...sum, measure: { of: "sum", property: "items" } } })).problems).toEqual([]);
    // With a rate the role is converted; what is named is still added up as it comes.
    await setMoney(converted);
    expect((await check({ who: sum })).problems).toEqual([]);
    expect((await check({ who: byName })).ok).toBe(false);
  });

  test("shows YAML that means the same, and SQL that runs as it stands", async () => {
    const who = {
      all: [
        plan, { kind: "trait", trait: "it's \\ {p0:String}\n'", op: "one_of", values: ["a'b\\", 2.5] }, { kind: "audience", audience: "loop" },
        { kind: "event", event: ["Order Completed", "O'Neil \\"], where: [{ property: "total", op: "between", from: -1.5, to: 3 }], op: "at_least", value: 1, within: { last: 14, unit: "day" } },
      ],
    };
    const told = await check({ from: "everyone", who });
    expect(told.ok, JSON.stringify(told.problems)).toBe(true);
    expect(definition.parse(parse(told.yaml ?? ""))).toEqual(definition.parse({ from: "everyone", who }));
    for (const one of [told, await check({ who: { any: ofNobodyElse.slice(0, 20) } })]) {
      const result = await api.clickhouse.client("api").query({ query: one.sql ?? "", format: "JSONEachRow" });
      expect((await result.json<{ m0: number }>()).every(({ m0 }) => m0 === 0 || m0 === 1)).toBe(true);
    }
  });
});

describe("values to pick from", () => {
  const values = async (query: string, token?: string) => (await api.call("GET", `/audiences/values?${query}`, token === undefined ? {} : { token })).body;

  test("are the most frequent of a trait, a property of a time, a context field, with counts", async () => {
    expect(await values("place=trait&path=plan")).toEqual({ data: [{ value: "gold", count: 2 }, { value: "silver", count: 1 }], masked: false });
    expect((await values("place=trait&path=tags")).data).toEqual([{ value: "a", count: 3 }, { value: "gold", count: 2 }, { value: "silver", count: 1 }]);
    expect((await values("place=property&event=Order%20Completed&path=coupon")).data).toEqual([{ value: "SPRING", count: 3 }, { value: 7, count: 2 }]);
    expect((await values("place=property&event=Order%20Completed&path=coupon&search=spr")).data).toEqual([{ value: "SPRING", count: 3 }]);
    expect((await values("place=property&event=Order%20Completed&path=items.item_category")).data).toEqual([{ value: "socks", count: 5 }]);
    expect((await values("place=context&path=library")).data).toEqual([{ value: "analytics.js", count: 9 }]);
    expect((await values("place=trait&path=plan", api.second.token)).data).toEqual([]);
    expect(await api.call("GET", "/audiences/values?place=context&path=ip")).toMatchObject({ status: 400, body: { hint: expect.stringContaining("page_url") } });
    expect(await api.call("GET", "/audiences/values?place=property&path=coupon")).toMatchObject({ status: 400, body: { message: expect.stringContaining("Of which event?") } });
  });

  test("of personal and undecided fields are for those who may see people", async () => {
    const reader = (await api.call("POST", "/tokens", { body: { name: "reader", scopes: ["read"] } })).body.secret;
    expect(await values("place=property&event=Order%20Completed&path=note&search=ada", reader)).toEqual({ data: [], masked: true });
    expect((await values("place=trait&path=plan", reader)).data).toHaveLength(2);
    expect((await values("place=property&event=Order%20Completed&path=note")).data).toHaveLength(5);
    expect((await values("place=trait&path=nickname", reader)).masked).toBe(true);
    const client = await api.pool.connect();
    await setFields(client, { workspaceId: api.first.id, actor: "test", nowMs: 0 }, [{ place: "property", event: "Order Completed", path: "note", personal: false }]);
    client.release();
    await expect.poll(async () => (await values("place=property&event=Order%20Completed&path=note", reader)).data.length).toBe(5);
  });
});

describe("templates", () => {
  test("stand in the words of the workspace, and each can be kept, as far as its words are known", async () => {
    const { body } = await api.call("GET", "/audiences/templates");
    const ids = body.data.map(({ id }: { id: string }) => id);
    expect(ids).toEqual(["vip", "first_time_buyers", "cart_abandoned", "at_risk", "lapsed", "win_back", "birthday_this_month", "red_dress", "click_and_collect", "failed_payment", "bought_a_not_b", "bought_together"]);
    for (const one of body.data) {
      if (one.id === "click_and_collect") {
        expect(one).toMatchObject({ definition: null, needs: ["click_and_collect"] });
        continue;
      }
      const told = await check(one.definition);
      expect(told, one.id).toMatchObject({ ok: true, problems: [] });
      await api.clickhouse.client("api").query({ query: told.sql ?? "", format: "JSONEachRow" }).then((result) => result.json());
      expect((await api.call("POST", "/audiences", { body: { name: one.name.de, definition: one.definition } })).status).toBe(201);
    }
    const dress = body.data.find(({ id }: { id: string }) => id === "red_dress");
    expect(dress.definition.who.all[1].where).toEqual([{ item: "items", where: [{ property: "colour", op: "equals", value: "red" }, { property: "item_category", op: "equals", value: "dress" }] }]);
    const without = await api.call("GET", "/audiences/templates", { token: api.second.token });
    expect(without.body.data.filter((one: { definition: unknown }) => one.definition !== null).map(({ id }: { id: string }) => id)).toEqual(["birthday_this_month"]);
  });
});
