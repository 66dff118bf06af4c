// Why somebody is in an audience or not, over the API: what holds, by which events, until when, and what would turn it.
import { afterAll, beforeAll, expect, test } from "vitest";
import { manualClock } from "../core/clock.ts";
import { hash128 } from "../core/hash.ts";
import { createToken } from "../governance/governance.ts";
import { addEvents, addPerson, startTestApi, type Called, type TestApi } from "./testing.ts";

const NOW = Date.UTC(2026, 5, 10, 12);
const DAY = 86_400_000;
const clock = manualClock(NOW);
const ada = hash128("person", "ada");
let api: TestApi;
let masked: string;

const order = (value: number, days?: number) => ({ kind: "event", event: "Order Completed", op: "at_least", value, ...(days === undefined ? {} : { within: { last: days, unit: "day" } }) });
const gold = { kind: "trait", trait: "plan", op: "equals", value: "gold" };
const spent = { kind: "event", event: "Order Completed", measure: { of: "sum", property: "total" }, op: "more_than", value: 100 };
const weighed = { ...spent, measure: { of: "sum", property: "weight" } };
const lapsed = { kind: "event", event: "Order Completed", measure: { of: "last" }, op: "more_than_ago", value: { last: 14, unit: "day" } };
const named = { kind: "trait", trait: "nickname", op: "equals", value: "x" };

const audiences: Readonly<Record<string, unknown>> = {
  buyers: { who: { all: [order(2, 14), { not: { any: [gold, order(9)] } }] } },
  more: { who: { all: [order(2), { any: [gold, order(4, 30)] }] } },
  rich: { who: { all: [spent, lapsed] } },
  anonymous: { from: "anonymous", who: order(1) },
  nicknamed: { who: named },
  heavy: { who: weighed },
  golden: { who: gold },
  returning: { who: order(2) },
  newcomers: { who: order(1) },
  ordered: {
    who: { any: [["golden", "returning", "newcomers"], ["returning", "golden"], ["golden", "nicknamed"]].flatMap((audiences) => audiences.map((is) => ({ kind: "first_of", audiences, is }))) },
  },
  others: {
    who: { all: [
      { kind: "identifier", namespace: "phone" }, { kind: "consent", category: "marketing" }, { kind: "list", list: "fair" }, { kind: "audience", audience: "rich" }, { kind: "share", salt: "s", from: 0, to: 0.01 },
      { kind: "account", people: "any", who: gold }, { kind: "computed", trait: "spent", op: "at_least", value: 100 },
      { kind: "sequence", steps: [{ event: "Order Completed" }, { event: "page", gap: { last: 3, unit: "day" } }, { event: "Order Refunded", gap: { last: 2, unit: "day" } }] },
    ] },
  },
};

beforeAll(async () => {
  api = await startTestApi({}, clock);
  const { first: workspace, pool } = api;
  await addPerson(api, { id: ada, workspace, identifiers: [["email", "ada@example.com"]], traits: { plan: "free", nickname: "Countess" } });
  await addEvents(api, [12, 5, 3].map((days, i) => ({ workspace, row: 100 + i, messageId: `m-${i}`, profileId: ada, atMs: NOW - days * DAY, properties: { total: 10 + i, weight: 20 + i } })));
  await addEvents(api, [{ workspace, row: 200, messageId: "m-page", profileId: ada, event: "page", atMs: NOW - DAY }]);
  for (const [slug, definition] of Object.entries(audiences)) {
    await pool.query("insert into audience (workspace_id, slug, name, definition, created_by, updated_by) values ($1, $2, $2, $3, 'test', 'test')", [workspace.id, slug, JSON.stringify(definition)]);
  }
  await pool.query("insert into audience_list (workspace_id, slug, name, kind, created_by) values ($1, 'fair', 'Trade fair', 'by_hand', 'test')", [workspace.id]);
  const spentTrait = { version: 1, include: { bots: false, internal: false }, value: { kind: "measure", event: "Order Completed", measure: { of: "sum", property: "weight" } } };
  await pool.query("insert into computed_trait (workspace_id, slug, name, definition, created_by, updated_by) values ($1, 'spent', 'Spent in all', $2, 'test', 'test')", [workspace.id, JSON.stringify(spentTrait)]);
  const { rows: [row] } = await pool.query<{ id: number }>("select id from audience where slug = 'buyers'");
  await api.clickhouse.client("write").insert({
    table: "audience_log", format: "JSONEachRow",
    values: [{ workspace_id: workspace.id, audience_id: row?.id, profile_id: ada, at: "2026-06-05 12:00:00.000", entered: 1, reason: "event", cause_row: 101, version: 1, seq: 1, block_id: 1, block_row: 0 }],
  });
  const client = await pool.connect();
  masked = (await createToken(client, { workspaceId: workspace.id, name: "masked", scopes: ["read"] })).secret;
  client.release();
});
afterAll(() => api.stop());

const why = (slug: string, query = "", token?: string): Promise<Called> => api.call("GET", `/audiences/${slug}/why/${ada}${query}`, token === undefined ? {} : { token });
const iso = (ms: number): string => new Date(ms).toISOString();

test("a member is told which events hold each condition, and when they leave it", async () => {
  const { body } = await why("buyers");
  expect(body).toMatchObject({ member: true, decisive: null, complete: true, since: "2026-06-05T12:00:00.000Z", reason: { reason: "event", cause_row: 101, version: 1 } });
  expect(body.nodes.map(({ path, holds }: { path: string; holds: boolean }) => [path, holds])).toEqual([
    ["", true], ["/all/0", true], ["/all/1", true], ["/all/1/not", false], ["/all/1/not/any/0", false], ["/all/1/not/any/1", false],
  ]);
  const orders = body.nodes[1];
  expect(orders.value.en).toBe("3, the last on 7 June 2026");
  expect(orders.value.de).toBe("3, zuletzt am 7. Juni 2026");
  expect(orders.evidence).toMatchObject([
    { event: "Order Completed", row_id: 102, message_id: "m-2", at: iso(NOW - 3 * DAY), leaves_at: iso(NOW + 11 * DAY) }, { row_id: 101, leaves_at: iso(NOW + 9 * DAY) }, { row_id: 100, leaves_at: iso(NOW + 2 * DAY) },
  ]);
  // Two of three have to be gone.
  expect(orders.next_at).toBe(iso(NOW + 9 * DAY));
  expect(orders.to_flip).toEqual({ en: "in 9 days, by time alone (19 June 2026)", de: "in 9 Tagen, allein durch Zeit (19. Juni 2026)" });
  expect(body.nodes[5].to_flip.en).toBe("6 more “Order Completed”");
});

test("who is not in it is told the first condition that fails, and the nearest change that would turn it", async () => {
  const { body } = await why("more");
  expect(body).toMatchObject({ member: false, since: null, reason: null, decisive: "/all/1" });
  const [, , group, plan, orders] = body.nodes;
  expect(group.holds).toBe(false);
  expect(plan).toMatchObject({ path: "/all/1/any/0", value: { en: "free", de: "free" }, to_flip: { en: "“plan” changes so that it is “gold”" } });
  expect(orders.to_flip).toEqual({ en: "one more “Order Completed” until 28 June 2026", de: "noch ein „Order Completed“ bis 28. Juni 2026" });
});

test("sums and times are told with what they were made of", async () => {
  const { body } = await why("rich");
  expect(body.decisive).toBe("/all/0");
  const [, sum, last] = body.nodes;
  expect(sum).toMatchObject({ holds: false, value: { en: "33, the last on 7 June 2026" }, to_flip: { en: "more than 67 more" } });
  expect(sum.evidence.map(({ detail }: { detail: string }) => detail)).toEqual(["12", "11", "10"]);
  expect(last).toMatchObject({ holds: false, next_at: iso(NOW + 11 * DAY), to_flip: { en: "in 11 days, by time alone (21 June 2026)" }, evidence: [{ row_id: 102 }] });
});

test("every kind of condition says what stands there, and what would turn it", async () => {
  const { body } = await why("others");
  const told = (body.nodes as { value: { en: string } | null; to_flip: { en: string } | null; holds: boolean }[]).slice(1).map(({ value, to_flip: flip }) => [value?.en ?? null, flip?.en ?? null]);
  expect(told).toEqual([
    ["not known", "“phone” becomes known"], ["nothing was said", "they consent"], [null, "they are put on the list “Trade fair”"], [null, "they come into “rich”, which can be asked why in its turn"],
    [expect.stringMatching(/^drew \d+(\.\d+)?, for ever$/), null], ["in no account, so nothing can be said of its people", "they join an account"],
    ["63", "“Spent in all” changes so that it is at least 100"], ["2 of 3 steps, the last on 9 June 2026", "then “Order Refunded”, until 11 June 2026"],
  ]);
  expect(body.nodes.at(-1).evidence).toMatchObject([{ event: "page", message_id: "m-page" }]);
  expect((await why("others", "", masked)).body.nodes[7].value.en).toBe("•••");
});

test("of an ordered set it is told which of its audiences takes the person, and what would have to change", async () => {
  const { body } = await why("ordered");
  const told = (body.nodes as { value: { en: string; de: string }; to_flip: { en: string; de: string } | null; holds: boolean }[]).slice(1).map(({ holds, value, to_flip: flip }) => [holds, value.en, flip?.en ?? null]);
  const [first, none, asked] = ["the first of theirs is “returning”", "they are in none of them", "which can be asked why in its turn"];
  expect(told).toEqual([
    [false, first, `they come into “golden”, ${asked}`], [true, first, null], [false, first, `they leave “returning”, ${asked}`],
    [true, first, null], [false, first, `they leave “returning” and come into “golden”, ${asked}`],
    [false, none, `they come into “golden”, ${asked}`], [false, none, `they come into “nicknamed”, ${asked}`],
  ]);
  expect(body.nodes[5]).toMatchObject({ value: { de: "ihre erste ist „returning“" }, to_flip: { de: "sie verlässt „returning“ und kommt in „golden“, wo wiederum gefragt werden kann, warum" } });
  // Before the second order she was a newcomer.
  const before = (await why("ordered", `?at=${iso(NOW - 6 * DAY)}`)).body.nodes;
  expect(before.slice(1, 4).map(({ holds, value }: { holds: boolean; value: { en: string } }) => [holds, value.en])).toEqual([[false, "the first of theirs is “newcomers”"], [false, "the first of theirs is “newcomers”"], [true, "the first of theirs is “newcomers”"]]);
});

test("whom it is not drawn from is told so", async () => {
  const { body } = await why("anonymous");
  expect(body).toMatchObject({ member: false, decisive: "from" });
  expect(body.nodes[0]).toMatchObject({ path: "from", holds: false, sentence: { en: "Anonymous people: everybody." } });
  expect(body.nodes[1]).toMatchObject({ path: "", holds: true });
});

test("it can be asked of an instant before", async () => {
  const { body } = await why("buyers", `?at=${iso(NOW - 6 * DAY)}`);
  expect(body).toMatchObject({ member: false, at: iso(NOW - 6 * DAY), since: null, reason: null, decisive: "/all/0" });
  expect(body.nodes[1].to_flip.en).toBe("one more “Order Completed” until 12 June 2026");
});

test("what is personal is masked for who sees people masked; somebody else's person is not found", async () => {
  expect((await why("nicknamed")).body.nodes[0].value.en).toBe("Countess");
  const { text, body } = await why("nicknamed", "", masked);
  expect(text).not.toContain("Countess");
  expect(body.nodes[0].value.en).toBe("•••");
  // What is missing of a sum says how much there is.
  expect((await why("heavy")).body.nodes[0]).toMatchObject({ value: { en: "63, the last on 7 June 2026" }, to_flip: { en: "more than 37 more" } });
  expect((await why("heavy", "", masked)).body.nodes[0]).toMatchObject({ value: { en: "•••" }, to_flip: { en: "•••" } });
  expect((await why("rich", "", masked)).body.nodes[2].value.en).toBe("7 June 2026");
  expect((await api.call("GET", `/audiences/buyers/why/${hash128("person", "nobody")}`)).status).toBe(404);
  expect((await api.call("GET", `/audiences/buyers/why/${ada}`, { token: api.second.token })).status).toBe(404);
});
