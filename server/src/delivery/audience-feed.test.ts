import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DefinitionInput } from "@tributary/schema/audience/definition.ts";
import { startEvaluatorBench, type EvaluatorBench } from "../audiences/testing.ts";
import { isHeldOut } from "./pick-changes.ts";
import type { Outcome } from "../destinations/destinations.ts";
import { good, startDeliveryBench, type DeliveryBench } from "./testing.ts";

let audiences: EvaluatorBench;
let bench: DeliveryBench;
beforeAll(async () => {
  audiences = await startEvaluatorBench();
  bench = await startDeliveryBench({}, audiences.pipeline);
});
afterAll(async () => {
  await bench.stop();
  await audiences.stop();
});

const bought = (event: string): DefinitionInput["who"] => ({ kind: "event", event, op: "at_least", value: 1 });
const rich = bought("Order Completed");
const mapping = { in: { "@path": "$.properties.rich" }, who: { "@path": "$.userId" }, email: { "@path": "$.context.traits.email" } };

async function settled(): Promise<unknown[]> {
  await audiences.catchUp();
  await audiences.pipeline.settled();
  await bench.deliverer().catchUp();
  return bench.vendor.accepted.splice(0).map(({ payload, event }) => `${event.event ?? event.type} ${String(payload["who"])} ${String(payload["in"])} ${String(payload["email"])}`);
}

test("those who are in are sent first, then whoever comes and goes, with what destinations expect of an audience", async () => {
  const id = await audiences.audience("rich", rich);
  const buy = (userId: string): object[] => [
    { type: "identify", userId, traits: { email: `${userId}@example.com` } }, { type: "track", userId, event: "Order Completed", properties: { total: 10 } },
  ];
  await audiences.send([...buy("ada"), ...buy("bob")]);
  await audiences.catchUp();
  const destination = await bench.destination();
  const subscription = await bench.subscribe(destination, { action: "one", trigger: { kind: "audience", audienceId: id, stopShare: 1 }, mapping });
  expect((await settled()).toSorted()).toEqual(["Audience Entered ada true ada@example.com", "Audience Entered bob true bob@example.com"]);

  await audiences.send(buy("cyd"));
  expect(await settled()).toEqual(["Audience Entered cyd true cyd@example.com"]);
  const sent = bench.vendor.requests.at(-1)?.items[0]?.event;
  expect(sent?.context).toMatchObject({ personas: { computation_class: "audience", computation_key: "rich", computation_id: String(id) }, traits: { email: "cyd@example.com" } });

  await audiences.change(id, bought("Nothing"));
  expect((await settled()).toSorted()).toEqual(["ada", "bob", "cyd"].map((who) => `Audience Exited ${who} false ${who}@example.com`));
  expect(await bench.counts(destination)).toMatchObject({ delivered: 6 });
  await bench.kill();
  expect(await settled()).toEqual([]);
  await audiences.pipeline.pool.query("update subscription set enabled = false where id = $1", [subscription]);
});

test("without those who are in, only changes go; and the share that is held out is the same people for ever, each noted", async () => {
  const id = await audiences.audience("buyers", rich);
  await audiences.send(["held-1", "held-2"].flatMap((userId) => [{ type: "track", userId, event: "Order Completed" }]));
  await audiences.catchUp();
  const destination = await bench.destination();
  await bench.subscribe(destination, { action: "one", trigger: { kind: "audience", audienceId: id, backfill: false, holdOut: 0.5 }, mapping });
  expect(await settled()).toEqual([]);
  const people = Array.from({ length: 24 }, (_, i) => `new-${i}`);
  await audiences.send(people.map((userId) => ({ type: "track", userId, event: "Order Completed" })));
  const sent = await settled();
  const counts = await bench.counts(destination);
  expect(sent.length).toBeGreaterThan(0);
  expect(counts["held_out hold_out"]).toBe(24 - sent.length);
});

test("whom history or a late event brings in is not sent unless a subscription asks for it, and counted by which it was; who leaves by them is told", async () => {
  const id = await audiences.audience("afterwards", { all: [bought("Dated"), { not: bought("Undone") }] });
  const subscribed = async (more: object): Promise<number> => {
    const to = await bench.destination();
    await bench.subscribe(to, { action: "one", trigger: { kind: "audience", audienceId: id, stopShare: 1 }, mapping, ...more });
    return to;
  };
  const [plain, past, late] = [await subscribed({}), await subscribed({ historical: true }), await subscribed({ late: true })];
  const did = (userId: string, event: string, hoursAgo: number): object => ({ type: "track", userId, event, timestamp: new Date(audiences.clock.ms - hoursAgo * 3_600_000).toISOString() });
  const history = { importId: 1, historical: true };
  await audiences.send(["imp", "tardy", "now"].map((userId) => ({ type: "identify", userId })));
  await settled();
  const from = bench.vendor.requests.length;
  await audiences.send([did("imp", "Dated", 2_400)], history);
  await audiences.send([did("tardy", "Dated", 5)]);
  await audiences.send([did("now", "Dated", 0)]);
  await settled();
  const sentTo = (to: number): string[] => bench.vendor.requests.slice(from).filter(({ destinationId }) => destinationId === to)
    .flatMap(({ items }) => items.map(({ event, payload }) => `${event.event} ${String(payload["who"])}`)).toSorted();
  expect(sentTo(plain)).toEqual(["Audience Entered now"]);
  expect(sentTo(past)).toEqual(["Audience Entered imp", "Audience Entered now"]);
  expect(sentTo(late)).toEqual(["Audience Entered now", "Audience Entered tardy"]);
  expect(await bench.counts(plain)).toEqual({ delivered: 1, "filtered historical": 1, "filtered late": 1 });
  expect(await bench.counts(past)).toEqual({ delivered: 2, "filtered late": 1 });
  expect(await bench.counts(late)).toEqual({ delivered: 2, "filtered historical": 1 });
  // Leaving sends nobody anything: it is told whatever brought it about.
  await audiences.send([did("imp", "Undone", 2_300)], history);
  await audiences.send([did("now", "Undone", 4.5)]);
  await settled();
  for (const to of [plain, past, late]) expect(sentTo(to)).toEqual(expect.arrayContaining(["Audience Exited imp", "Audience Exited now"]));
});

test("a vendor that keeps lists makes one for the audience first, and is asked again until it has", async () => {
  const id = await audiences.audience("listed", rich);
  await audiences.send([{ type: "track", userId: "li", event: "Order Completed" }]);
  await audiences.catchUp();
  let asked = 0;
  const { destination } = bench.vendor;
  Object.assign(destination, {
    definition: { ...destination.definition, audience: { settings: [], isCreated: true } },
    createAudience: () => (asked++ === 0 ? Promise.reject(new Error("the account is full")) : Promise.resolve({ externalId: "list-7", exchanges: [] })),
  });
  const target = await bench.destination();
  await bench.subscribe(target, { action: "one", trigger: { kind: "audience", audienceId: id, settings: { kind: "x" } }, mapping: { ...mapping, list: { "@path": "$.context.personas.external_audience_id" } } });
  const state = await audiences.pipeline.pool.query("select state, code, detail from delivery_state where destination_id = $1", [target]);
  expect(state.rows).toMatchObject([{ state: "failing", code: "audience_not_made", detail: expect.stringContaining("the account is full") }]);
  bench.vendor.accepted.length = 0;
  await bench.deliverer().catchUp();
  bench.clock.ms += 60_000;
  expect((await settled()).length).toBeGreaterThan(0);
  expect(bench.vendor.requests.at(-1)?.items[0]?.payload["list"]).toBe("list-7");
  await bench.deliverer().catchUp();
  expect(asked).toBe(2);
});

test("who is suppressed leaves every destination under what it was told of them; so does who is somebody else by now, unless that one is in", async () => {
  const id = await audiences.audience("told", { all: [bought("Told"), { not: bought("Regretted") }] });
  const told = (userId: string): object[] => [
    { type: "identify", userId, anonymousId: `anon-${userId}`, traits: { email: `${userId}@example.com` } }, { type: "track", userId, event: "Told" },
  ];
  const destination = await bench.destination();
  await bench.subscribe(destination, { action: "one", trigger: { kind: "audience", audienceId: id }, mapping: { ...mapping, in: { "@path": "$.properties.told" } } });
  await audiences.send([...told("sue"), ...told("ann"), ...told("bea")]);
  const ours = async (): Promise<unknown[]> => (await settled()).filter((line) => String(line).includes("Audience")).toSorted();
  expect(await ours()).toHaveLength(3);
  const sue = await audiences.pipeline.person("user_id", "sue");
  await audiences.pipeline.control({ kind: "profile.suppress", profileId: sue?.id ?? "" });
  expect(await ours()).toEqual(["Audience Exited sue false sue@example.com"]);
  const members = async (): Promise<number | null> => (await audiences.pipeline.pool.query("select from delivery_member m join subscription s on s.id = m.subscription_id where s.destination_id = $1", [destination])).rowCount;
  expect(await members()).toBe(2);
  // Both are in: the one who is left stays, and what the vendor knows of the other is taken away.
  await audiences.send([{ type: "alias", previousId: "bea", userId: "ann" }]);
  expect(await ours()).toEqual(["Audience Exited bea false bea@example.com"]);
  // Two again: both are there.
  const ann = await audiences.pipeline.person("user_id", "ann");
  const beas = ["user_id:bea", "email:bea@example.com", "anonymous_id:anon-bea"].map((one) => ({ namespace: one.split(":")[0] ?? "", value: one.split(":")[1] ?? "" }));
  await audiences.pipeline.control({ kind: "profile.unmerge", profileId: ann?.id ?? "", identifiers: beas });
  expect(await ours()).toEqual(["Audience Entered bea true bea@example.com"]);
  expect(await members()).toBe(2);
  // Who has another address by now leaves under the one that was told.
  await audiences.send([{ type: "identify", userId: "ann", traits: { email: "ann@other.example.com" } }, { type: "track", userId: "ann", event: "Regretted" }]);
  expect(await ours()).toEqual(["Audience Exited ann false ann@example.com"]);
});

test("consent that is withdrawn is leaving, and given again is coming back", async () => {
  const id = await audiences.audience("agreed", bought("Agreed"));
  const says = (userId: string, marketing: boolean): object => ({ type: "identify", userId, traits: { email: `${userId}@example.com` }, context: { consent: { categoryPreferences: { marketing } } } });
  const destination = await bench.destination();
  await bench.subscribe(destination, { action: "one", trigger: { kind: "audience", audienceId: id }, consent: ["marketing"], mapping: { ...mapping, in: { "@path": "$.properties.agreed" } } });
  const ours = async (): Promise<unknown[]> => (await settled()).filter((line) => String(line).includes("Audience"));
  await audiences.send([says("cat", true), { type: "track", userId: "cat", event: "Agreed" }, says("dan", false), { type: "track", userId: "dan", event: "Agreed" }]);
  expect(await ours()).toEqual(["Audience Entered cat true cat@example.com"]);
  await audiences.send([says("cat", false)]);
  expect(await ours()).toEqual(["Audience Exited cat false cat@example.com"]);
  await audiences.send([says("dan", true)]);
  expect(await ours()).toEqual(["Audience Entered dan true dan@example.com"]);
  const dan = await audiences.pipeline.person("user_id", "dan");
  await audiences.pipeline.control({ kind: "profile.consent", profileId: dan?.id ?? "", categories: { marketing: false }, atMs: Date.now() + 60_000 });
  expect(await ours()).toEqual(["Audience Exited dan false dan@example.com"]);
});

test("of several addresses the first, the last or all go, the latest where one is taken", async () => {
  const id = await audiences.audience("several", bought("Several"));
  const { destination } = bench.vendor;
  const [one, ...others] = destination.definition.actions;
  const field = (key: string, isMultiple: boolean): object => ({ key, label: key, description: "", type: "string", required: false, isMultiple, isDynamic: false, isHidden: false, isHashed: false, takesMore: false });
  Object.assign(destination, { definition: { ...destination.definition, actions: [{ ...one, fields: [field("email", false), field("emails", true)] }, ...others] } });
  await audiences.send([...["a@example.com", "b@example.com"].map((email) => ({ type: "identify", userId: "sev", traits: { email } })), { type: "track", userId: "sev", event: "Several" }]);
  await audiences.catchUp();
  const emails: unknown[] = [];
  for (const identifiers of ["first", "last", "all"]) {
    const to = await bench.destination();
    await bench.subscribe(to, { action: "one", trigger: { kind: "audience", audienceId: id }, identifiers, mapping: { email: { "@path": "$.context.traits.email" }, emails: { "@path": "$.context.traits.email" } } });
    await settled();
    const { email, emails: many } = bench.vendor.requests.findLast(({ destinationId }) => destinationId === to)?.items[0]?.payload ?? {};
    emails.push([email, many]);
    expect(await bench.counts(to)).toEqual({ delivered: 1 });
  }
  const [a, b] = ["a@example.com", "b@example.com"];
  expect(emails).toEqual([[a, a], [b, b], [b, [a, b]]]);
});

test("hold-outs are a fair share", () => {
  const share = Array.from({ length: 4_000 }, (_, i) => isHeldOut(`00000000-0000-0000-0000-${String(i).padStart(12, "0")}`, 7, 0.2)).filter(Boolean).length / 4_000;
  expect(share).toBeGreaterThan(0.17);
  expect(share).toBeLessThan(0.23);
  expect(isHeldOut("anybody", 7, 0)).toBe(false);
});

test("whose coming was refused is not told of it once more when their going has arrived since", async () => {
  const { pool } = audiences.pipeline;
  const id = await audiences.audience("stayers", { all: [bought("Joined"), { not: bought("Left") }] });
  const destination = await bench.destination();
  await bench.subscribe(destination, { action: "many", trigger: { kind: "audience", audienceId: id, stopShare: 1 }, mapping });
  await settled();
  bench.vendor.answer = (request) => request.items.map(({ event }) => (event.event === "Audience Entered" ? { kind: "refused", code: "http_400", detail: "not now", status: 400 } : { kind: "delivered", status: 200 }));
  await audiences.send(["gone", "here"].map((userId) => ({ type: "track", userId, event: "Joined" })));
  expect(await settled()).toEqual([]);
  await audiences.send([{ type: "track", userId: "gone", event: "Left" }]);
  expect(await settled()).toEqual(["Audience Exited gone undefined undefined"]);
  bench.vendor.answer = good;
  await pool.query("insert into delivery_replay (workspace_id, destination_id, wish, created_by) values (1, $1, '{}', 'test')", [destination]);
  expect(await settled()).toEqual(["Audience Entered here undefined undefined"]);
  expect((await pool.query("select found::integer, passed_over::integer from delivery_replay where destination_id = $1", [destination])).rows).toEqual([{ found: 1, passed_over: 1 }]);
});

test("what waits behind a failure is of the stream that it came by: killed then, each is sent once", async () => {
  const { pool } = audiences.pipeline;
  const id = await audiences.audience("mixed", bought("Mixed in"));
  const destination = await bench.destination();
  const to = { action: "one", mapping: { ...mapping, number: { "@path": "$.properties.number" } } };
  await bench.subscribe(destination, { ...to, trigger: { kind: "audience", audienceId: id, stopShare: 1 } });
  await bench.subscribe(destination, { ...to, trigger: { kind: "events", names: ["Ordered"] } });
  await settled();
  const held = Promise.withResolvers<void>();
  bench.vendor.answer = async (request) => {
    await (request.items[0]?.event.userId === "still" ? new Promise(() => undefined) : held.promise);
    return request.items.map(() => ({ kind: "retry", code: "http_500", detail: "not now", status: 500, isOfDestination: false }));
  };
  const ordered = (number: number): object => ({ type: "track", userId: "mix", event: "Ordered", messageId: `mix-${number}`, properties: { number } });
  const from = bench.vendor.requests.length;
  await audiences.send([ordered(1)]);
  await expect.poll(() => bench.vendor.requests.length).toBe(from + 1);
  await audiences.send([{ type: "track", userId: "mix", event: "Mixed in" }]);
  await audiences.catchUp();
  await audiences.pipeline.settled();
  // One that is under way until the end, so that the others are looked at again after it.
  await audiences.send([ordered(2), ordered(3), { type: "track", userId: "still", event: "Ordered" }]);
  await audiences.pipeline.settled();
  // So that they are behind the first when it fails, taken and not let through; it holds as well if they are not.
  await sleep(200);
  held.resolve();
  const parked = "select stream from delivery_parked where destination_id = $1";
  await expect.poll(async () => (await pool.query(parked, [destination])).rowCount).toBe(4);
  await bench.kill();
  bench.vendor.answer = good;
  bench.clock.ms += 10_000;
  const sent = await settled();
  expect(sent.toSorted()).toEqual(["Audience Entered mix undefined undefined", ...[1, 2, 3].map(() => "Ordered mix undefined undefined"), "Ordered still undefined undefined"]);
  expect((await pool.query(parked, [destination])).rowCount).toBe(0);
});

test("somebody who is forgotten leaves first; then each destination is told id by id, through failures and a kill; and once all have said something, what was sent is erased", async () => {
  const { pool, clickhouse } = audiences.pipeline;
  const id = await audiences.audience("kept", bought("Kept"));
  const [listed, plain, off, foreign] = [await bench.destination(), await bench.destination(), await bench.destination(), await bench.destination({ slug: "elsewhere" })];
  await pool.query("update destination set enabled = false where id = $1", [off]);
  await bench.subscribe(listed, { action: "one", trigger: { kind: "audience", audienceId: id }, mapping });
  await bench.subscribe(plain, { action: "one", trigger: { kind: "events", types: ["track"] }, mapping });
  const keeps = (userId: string): object[] => [{ type: "identify", userId, anonymousId: `anon-${userId}`, traits: { email: `${userId}@example.com` } }, { type: "track", userId, event: "Kept" }];
  await audiences.send([...keeps("fay"), ...keeps("gus")]);
  await settled();
  const fay = await audiences.pipeline.person("user_id", "fay");
  const kept = async (): Promise<unknown> => (await clickhouse.client("api").query({
    query: `select (select countIf(profile_id = '${fay?.id}') from deliveries) as theirs, (select countIf(request_body like '%fay@example.com%') from delivery_exchanges) as bodies,
      (select countIf(request_body like '%gus@example.com%') > 0 from delivery_exchanges) as others`, format: "JSONEachRow",
  })).json();
  expect(await kept()).toMatchObject([{ theirs: expect.any(Number), bodies: 2 }]);

  const told: string[] = [];
  const answers: (() => Promise<Outcome>)[] = [() => Promise.resolve({ kind: "retry", code: "busy", detail: "fay is busy", isOfDestination: false }), () => new Promise(() => undefined)];
  bench.vendor.answer = (request) => {
    if (request.connection.destinationId === listed) told.push(String(request.items[0]?.event.event));
    return good(request);
  };
  bench.vendor.answerForget = ({ destinationId, userId, anonymousId }) => {
    if (destinationId !== listed) return { kind: "delivered" };
    told.push(userId ?? anonymousId ?? "");
    return answers.shift()?.() ?? (anonymousId === undefined ? { kind: "delivered" } : { kind: "nothing", detail: "Nobody is called that." });
  };
  const at = async (): Promise<Record<string, string>> => {
    const { rows } = await pool.query<{ id: number; status: string; code: string; detail: string }>("select destination_id as id, status, code, detail from forgetting_destination order by 1");
    return Object.fromEntries(rows.flatMap((row) => ([listed, plain, off, foreign].includes(row.id) ? [[{ [listed]: "listed", [plain]: "plain", [off]: "off", [foreign]: "foreign" }[row.id], [row.status, row.code, row.detail].join(" ").trim()]] : [])));
  };
  await audiences.pipeline.control({ kind: "profile.suppress", profileId: fay?.id ?? "", forget: true });
  await settled();
  await settled();
  expect(told).toEqual(["Audience Exited", "fay"]);
  expect(await at()).toEqual({ listed: "waiting busy … is busy", plain: "told", off: "waiting", foreign: "by_hand not_offered It can't be told to forget anybody." });
  // It hangs, and the server dies; the next one tells it the same again, and then the rest.
  bench.clock.ms += 2_000;
  void bench.deliverer().catchUp();
  await expect.poll(() => told.length).toBe(3);
  await bench.kill();
  await settled();
  expect(told).toEqual(["Audience Exited", "fay", "fay", "fay", "anon-fay"]);
  expect(await kept()).toMatchObject([{ bodies: expect.any(Number) }]);
  bench.clock.ms += 25 * 3_600_000;
  await settled();
  await settled();
  expect(await at()).toMatchObject({ listed: "told  Nobody is called that.", off: "expired disabled It is switched off." });
  expect(await kept()).toEqual([{ theirs: 0, bodies: 0, others: 1 }]);
  const { rows: [one] } = await pool.query("select done_at is not null as is_done, json_array_length(identifiers) as ids, (select count(*)::integer from delivery_done where entries::text like '%' || profile_id || '%') as entries, (select count(*)::integer from delivery_member where profile_id = any(profile_ids)) as members from forgetting");
  expect(one).toEqual({ is_done: true, ids: 3, entries: 0, members: 0 });
  // Nothing is told again, and nothing about them is sent.
  await bench.kill();
  await audiences.send(keeps("fay"));
  await settled();
  expect(told).toHaveLength(5);
});
