// Values of computed traits that follow what happens, on a real pipeline: what they are, since when, and why.
import { afterAll, beforeAll, expect, test } from "vitest";
import { computedDefinition, type ComputedInForce } from "@tributary/schema/audience/computed.ts";
import { resolveVocabulary, emptyVocabulary } from "@tributary/schema/audience/vocabulary.ts";
import { peopleOf, startEvaluatorBench, type EvaluatorBench } from "../testing-evaluator.ts";
import { valuePlainly } from "../testing.ts";
import { jsonOf } from "./loaded-traits.ts";
import type { ComputedDoc } from "./person-values.ts";

const [HOUR, DAY] = [3_600_000, 86_400_000];
let bench: EvaluatorBench;
let names = 0;

beforeAll(async () => {
  bench = await startEvaluatorBench();
  bench.clock.ms = Math.floor(bench.clock.ms / DAY) * DAY + 12 * HOUR;
});
afterAll(() => bench?.stop());

const fresh = (word: string): string => `${word}_${names++}`;
const track = (userId: string, event: string, properties: object = {}, agoMs = 0): object => ({ type: "track", event, userId, properties, timestamp: new Date(bench.clock.ms - agoMs).toISOString() });
const idOf = async (userId: string): Promise<string> => (await bench.pipeline.person("user_id", userId))?.id ?? "";
const count = (event: string, last?: number) => ({ kind: "measure", event, measure: { of: "count" }, ...(last === undefined ? {} : { within: { last, unit: "day" } }) });

async function make(slug: string, value: unknown): Promise<number> {
  const { rows } = await bench.pipeline.pool.query<{ id: number }>(
    "insert into computed_trait (workspace_id, slug, name, definition, created_by, updated_by) values (1, $1, $1, $2, 'test', 'test') returning id", [slug, JSON.stringify(computedDefinition.parse({ value }))],
  );
  return rows[0]?.id ?? 0;
}

async function docOf(userId: string): Promise<ComputedDoc> {
  await bench.catchUp();
  const { rows } = await bench.pipeline.pool.query<{ doc: ComputedDoc }>("select doc from computed_person where profile_id = $1", [await idOf(userId)]);
  return rows[0]?.doc ?? {};
}

async function trait(slug: string): Promise<Record<string, unknown>> {
  const { rows } = await bench.pipeline.pool.query("select status, people::integer, rest, problem, state, boundary_at::float8, version from computed_trait where slug = $1", [slug]);
  return rows[0];
}

/** Throws where a value is not what the plain evaluator says of what the tables hold, in Postgres or in ClickHouse. */
async function check(): Promise<void> {
  await bench.catchUp();
  await bench.pipeline.settled();
  const { pool, clickhouse } = bench.pipeline;
  const { rows } = await pool.query<{ id: number; slug: string; definition: unknown; state: unknown; status: string; rest: unknown; people: string }>("select * from computed_trait where status <> 'archived'");
  const words = resolveVocabulary(emptyVocabulary, [{ event: "Order Completed", paths: ["total", "order_id"] }]);
  const traits = new Map(rows.map((row): [string, ComputedInForce] => [row.slug, { definition: computedDefinition.parse(row.definition), state: row.state }]));
  const stored = new Map((await pool.query<{ profile_id: string; doc: ComputedDoc }>("select profile_id, doc from computed_person")).rows.map((row) => [row.profile_id, row.doc]));
  const kept = await (await clickhouse.client("api").query({ query: "select trait_id, toString(profile_id) as id, value from computed_value final where value != ''", format: "JSONEachRow" })).json<{ trait_id: number; id: string; value: string }>();
  const inClickHouse = new Map(kept.map((row) => [`${row.trait_id} ${row.id}`, row.value]));
  const everybody = await peopleOf(bench.pipeline, 1);
  for (const row of rows) {
    expect(row.status, row.slug).toBe("active");
    const inForce = traits.get(row.slug) as ComputedInForce;
    let own = 0;
    for (const person of everybody) {
      const said = jsonOf(valuePlainly(inForce, person, { nowMs: bench.clock.ms, zone: "UTC", words, audience: () => undefined, computed: (slug) => traits.get(slug) }), inForce);
      const found = stored.get(person.id)?.[row.slug];
      expect(JSON.stringify(found === undefined ? row.rest : found.value), `${row.slug} of ${person.id}`).toBe(said);
      expect(inClickHouse.get(`${row.id} ${person.id}`) ?? JSON.stringify(row.rest), `${row.slug} of ${person.id} in ClickHouse`).toBe(said);
      if (found !== undefined) own++;
    }
    expect(Number(row.people), `people of ${row.slug}`).toBe(own);
    expect([...inClickHouse.keys()].filter((key) => key.startsWith(`${row.id} `)).length, `rows of ${row.slug}`).toBe(own);
  }
}

test("a value is there after the fill, follows events at once, and time at its instant, and says why", async () => {
  const [event, user, other, slug] = [fresh("Bought"), fresh("u"), fresh("u"), fresh("orders")];
  await bench.send([track(user, event)]);
  await make(slug, count(event, 14));
  expect((await docOf(user))[slug]).toMatchObject({ value: 1, reason: "first_fill", causeRow: 0, version: 1 });
  expect(await trait(slug)).toMatchObject({ status: "active", people: 1, rest: 0 });
  bench.clock.ms += HOUR;
  await bench.send([track(user, event), track(other, event)]);
  const [stored] = await bench.pipeline.events(`event = '${event}' and user_id = '${other}'`);
  expect((await docOf(other))[slug]).toMatchObject({ value: 1, reason: "event", causeRow: Number(stored?.position), atMs: bench.clock.ms });
  expect((await docOf(user))[slug]).toMatchObject({ value: 2 });
  await check();
  bench.clock.ms += 14 * DAY - HOUR + 10_000;
  expect((await docOf(user))[slug]).toMatchObject({ value: 1, reason: "deadline", causeRow: 0 });
  bench.clock.ms += HOUR;
  expect(await docOf(user)).toEqual({});
  expect(await trait(slug)).toMatchObject({ people: 0 });
  expect((await bench.pipeline.pool.query("select from computed_person where profile_id = $1", [await idOf(user)])).rows).toEqual([]);
  await check();
});

test("formulas, stages and audiences that stand on it follow, and a new version is worked out for everybody", async () => {
  const [event, user, base, double, stage, audience] = [fresh("E"), fresh("u"), fresh("base"), fresh("double"), fresh("stage"), fresh("many")];
  await make(base, { kind: "measure", event, measure: { of: "sum", property: "total" } });
  await make(double, { kind: "formula", formula: `computed(${base}) * 2` });
  await make(stage, { kind: "stages", stages: [{ name: "big", when: { kind: "computed", trait: double, op: "at_least", value: 20 } }], otherwise: "small" });
  await bench.audience(audience, { kind: "computed", trait: double, op: "at_least", value: 20 });
  await bench.catchUp();
  await bench.send([track(user, event, { total: 5 })]);
  expect(await docOf(user)).toMatchObject({ [base]: { value: 5 }, [double]: { value: 10 } });
  expect(await bench.of(user)).toEqual([]);
  await bench.send([track(user, event, { total: 7.5 })]);
  expect(await docOf(user)).toMatchObject({ [base]: { value: 12.5 }, [double]: { value: 25 }, [stage]: { value: "big", reason: "event" } });
  expect(await bench.of(user)).toEqual([audience]);
  await check();
  await bench.pipeline.pool.query("update computed_trait set definition = $2, version = 2, status = 'filling' where slug = $1", [base, JSON.stringify(computedDefinition.parse({ value: { kind: "measure", event, measure: { of: "max", property: "total" } } }))]);
  expect(await docOf(user)).toMatchObject({ [base]: { value: 7.5, reason: "definition", version: 2 }, [double]: { value: 15, reason: "definition" } });
  expect(await bench.of(user)).toEqual([]);
  expect(await docOf(user)).not.toHaveProperty(stage);
  await check();
  await bench.pipeline.pool.query("update computed_trait set status = 'archived' where slug = $1", [stage]);
  await bench.catchUp();
  expect(await trait(stage)).toMatchObject({ people: 0 });
});

test("people who are merged, made anew or suppressed have the values of whom they are", async () => {
  const [event, device, user, gone, slug] = [fresh("E"), fresh("device"), fresh("u"), fresh("u"), fresh("n")];
  await make(slug, count(event));
  await bench.send([{ type: "track", event, anonymousId: device }, track(user, event), track(gone, event)]);
  expect((await docOf(user))[slug]).toMatchObject({ value: 1 });
  await bench.send([{ type: "identify", userId: user, anonymousId: device }]);
  expect((await docOf(user))[slug]).toMatchObject({ value: 2, reason: "merge" });
  await check();
  const id = await idOf(gone);
  await bench.catchUp();
  await bench.pipeline.control({ kind: "profile.suppress", profileId: id });
  await bench.catchUp();
  expect((await bench.pipeline.pool.query("select from computed_person where profile_id = $1", [id])).rows).toEqual([]);
  await check();
});

test("a score that halves is worked out for everybody after midnight in UTC", async () => {
  const [event, user, slug] = [fresh("Seen"), fresh("u"), fresh("score")];
  await make(slug, { kind: "decay", event, weight: 8, half_life_days: 1 });
  await bench.send([track(user, event)]);
  expect((await docOf(user))[slug]).toMatchObject({ value: 8 });
  bench.clock.ms = Math.ceil(bench.clock.ms / DAY) * DAY + 1_000;
  const later = (await docOf(user))[slug];
  expect(later).toMatchObject({ reason: "deadline" });
  expect(later?.value).toBeLessThan(8);
  const first = Number(later?.value);
  bench.clock.ms += DAY;
  expect(Number((await docOf(user))[slug]?.value)).toBeCloseTo(first / 2, 5);
  await check();
});

test("the fifths of buyers are worked out for a new score, and anew when there are a tenth more", async () => {
  const slug = fresh("rfm");
  const users = Array.from({ length: 10 }, () => fresh("buyer"));
  const vocabulary = { ...emptyVocabulary, roles: { ...emptyVocabulary.roles } };
  await bench.pipeline.pool.query("insert into vocabulary (workspace_id, version, vocabulary, at, author) values (1, 1, $1, now(), 'test')", [
    JSON.stringify({ ...vocabulary, roles: { order: { events: ["Order Completed"], properties: { value: ["total"], order_id: ["order_id"] } } } }),
  ]);
  await bench.send(users.map((user, i) => track(user, "Order Completed", { total: 10 * (i + 1), order_id: user }, i * DAY)));
  await make(slug, { kind: "rfm", of: "monetary" });
  await bench.catchUp();
  expect(await trait(slug)).toMatchObject({ status: "active", state: { buyers: 10, value: [20, 40, 60, 80] } });
  expect((await docOf(users[0] ?? ""))[slug]).toMatchObject({ value: 1 });
  expect((await docOf(users[9] ?? ""))[slug]).toMatchObject({ value: 5 });
  // A second score of the same window does not wait for the next look at their fifths.
  const second = fresh("rfm");
  await make(second, { kind: "rfm", of: "group" });
  await bench.catchUp();
  expect(await trait(second)).toMatchObject({ status: "active", state: { buyers: 10 } });
  expect((await docOf(users[9] ?? ""))[second]?.value).toEqual(expect.any(String));
  const late = [fresh("buyer"), fresh("buyer")];
  await bench.send(late.map((user) => track(user, "Order Completed", { total: 1_000, order_id: user })));
  expect((await docOf(late[0] ?? ""))[slug]).toMatchObject({ value: 5 });
  bench.clock.ms += 2 * HOUR;
  await bench.catchUp();
  await bench.catchUp();
  expect(await trait(slug)).toMatchObject({ status: "active", state: { buyers: 12 } });
  // The fifth that they were in begins higher now.
  expect((await docOf(users[9] ?? ""))[slug]).toMatchObject({ value: 4, reason: "definition" });
  expect((await docOf(users[7] ?? ""))[slug]?.value).toBe(3);
});

test("what can't be worked out says why and stops none of the others", async () => {
  const [event, user, good, bad] = [fresh("E"), fresh("u"), fresh("good"), fresh("bad")];
  await make(good, count(event));
  await make(bad, { kind: "formula", formula: "computed(nowhere) + 1" });
  await bench.send([track(user, event)]);
  expect((await docOf(user))[good]).toMatchObject({ value: 1 });
  expect(await trait(bad)).toMatchObject({ status: "failed", problem: expect.stringContaining("nowhere") });
  await bench.pipeline.pool.query("delete from computed_trait where slug = $1", [bad]);
});
