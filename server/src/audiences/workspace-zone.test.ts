// The workspace's time zone decides when a month begins and which day a date is: for audiences and computed traits, from the moment
// at which it is changed, without a restart.
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { computedDefinition } from "@tributary/schema/audience/computed.ts";
import { asOwner, changeWorkspace } from "../governance/governance.ts";
import { startEvaluatorBench, type EvaluatorBench } from "./testing-evaluator.ts";

const HALF_HOUR = 1_800_000;
const DAY = 86_400_000;
let bench: EvaluatorBench;
let names = 0;
/** The first instant of the month in which the clock stands, in UTC. */
let firstMs: number;

beforeAll(async () => {
  bench = await startEvaluatorBench();
});
afterAll(() => bench?.stop());
beforeEach(async () => {
  for (const id of [1, 2]) await setZone("UTC", id);
  // Always later than before: noon of the 15th of the next month, in which every zone is in one month.
  const now = new Date(bench.clock.ms);
  firstMs = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1);
  bench.clock.ms = firstMs + 14.5 * DAY;
  await bench.news();
});

const fresh = (word: string): string => `${word}-${names++}`;
const setZone = (timeZone: string, id = 1) => asOwner(bench.pipeline.pool, (db) => changeWorkspace(db, id, { name: undefined, timeZone }));
const track = (userId: string, event: string, ms: number): object => ({ type: "track", event, userId, timestamp: new Date(ms).toISOString() });
const did = (event: string, within: object): never => ({ kind: "event", event, op: "at_least", value: 1, within }) as never; // As the definition's schema checks it.
const thisMonth = { period: "this", unit: "month" };
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const filledAt = async (id: number): Promise<number> => (await bench.pipeline.pool.query<{ ms: number }>("select extract(epoch from filled_at)::float8 * 1000 as ms from audience where id = $1", [id])).rows[0]?.ms ?? 0;

test("half an hour before a month ends in UTC it is the next one in Berlin and not in New York, and somebody comes in and leaves by a change of the zone", async () => {
  const [event, user, slug] = [fresh("Bought"), fresh("u"), fresh("month")];
  await bench.send([track(user, event, firstMs - HALF_HOUR)]);
  await bench.audience(slug, did(event, thisMonth));
  expect(await bench.of(user)).toEqual([]);
  await bench.check();
  await setZone("Europe/Berlin");
  expect(await bench.of(user)).toEqual([slug]);
  expect(await bench.news()).toEqual([`${slug} + definition`]);
  await bench.check();
  await setZone("America/New_York");
  expect(await bench.of(user)).toEqual([]);
  expect(await bench.news()).toEqual([`${slug} - definition`]);
  await bench.check();
});

test("two workspaces with the same events and other zones have other members", async () => {
  const [event, user, slug] = [fresh("Bought"), fresh("u"), fresh("month")];
  await setZone("Pacific/Auckland", 2);
  for (const workspaceId of [1, 2]) {
    await bench.audience(slug, did(event, thisMonth), {}, workspaceId);
    await bench.send([track(user, event, firstMs - HALF_HOUR)], { workspaceId });
  }
  expect([await bench.of(user, 1), await bench.of(user, 2)]).toEqual([[], [slug]]);
  await bench.check();
});

test("an event that comes in, and midnight, are taken by the workspace's clock", async () => {
  const [event, user, slug] = [fresh("Bought"), fresh("u"), fresh("today")];
  await setZone("Pacific/Auckland");
  await bench.audience(slug, did(event, { period: "this", unit: "day" }));
  await bench.catchUp();
  // Noon in UTC: in Auckland it is past midnight already, with or without summer time.
  await bench.send([track(user, event, bench.clock.ms - 2 * 3_600_000)]);
  expect(await bench.of(user), "it was yesterday there").toEqual([]);
  await bench.send([track(user, event, bench.clock.ms)]);
  expect(await bench.of(user)).toEqual([slug]);
  bench.clock.ms += 13 * 3_600_000;
  expect(await bench.of(user), "another day in UTC, and not there").toEqual([slug]);
  bench.clock.ms += 11 * 3_600_000;
  expect(await bench.of(user)).toEqual([]);
  await bench.check();
});

test("dates are days of that zone, as ends of a window and as what the time of an event is compared with", async () => {
  const [event, user] = [fresh("Bought"), fresh("u")];
  const [since, before] = [fresh("since"), fresh("before")];
  await bench.send([track(user, event, firstMs - HALF_HOUR)]);
  await bench.audience(since, did(event, { from: dayOf(firstMs) }));
  await bench.audience(before, { kind: "event", event, measure: { of: "first" }, op: "before", value: dayOf(firstMs) });
  expect(await bench.of(user)).toEqual([before]);
  await setZone("Asia/Kolkata");
  expect(await bench.of(user)).toEqual([since]);
  await bench.check();
});

test("what does not reckon with the zone is not asked about again", async () => {
  const event = fresh("Bought");
  const [rolling, calendar] = [await bench.audience(fresh("rolling"), did(event, { last: 14, unit: "day" })), await bench.audience(fresh("calendar"), did(event, thisMonth))];
  await bench.catchUp();
  const before = [await filledAt(rolling), await filledAt(calendar)];
  bench.clock.ms += 60_000;
  await setZone("Europe/Berlin");
  await bench.catchUp();
  expect([await filledAt(rolling), await filledAt(calendar)].map((ms, i) => ms - (before[i] ?? 0))).toEqual([0, 60_000]);
});

test("a computed trait is worked out anew", async () => {
  const [event, user, slug] = [fresh("Bought"), fresh("u"), fresh("orders")];
  await bench.send([track(user, event, firstMs - HALF_HOUR), track(user, event, firstMs + DAY)]);
  await bench.pipeline.pool.query(
    "insert into computed_trait (workspace_id, slug, name, definition, created_by, updated_by) values (1, $1, $1, $2, 'test', 'test')",
    [slug, JSON.stringify(computedDefinition.parse({ value: { kind: "measure", event, measure: { of: "count" }, within: thisMonth } }))],
  );
  const valueIn = async (zone: string): Promise<unknown> => {
    await setZone(zone);
    await bench.catchUp();
    const person = await bench.pipeline.person("user_id", user);
    const { rows } = await bench.pipeline.pool.query<{ doc: Record<string, { value: unknown }> }>("select doc from computed_person where profile_id = $1", [person?.id]);
    return rows[0]?.doc[slug]?.value;
  };
  expect([await valueIn("UTC"), await valueIn("Europe/Berlin"), await valueIn("America/New_York")]).toEqual([1, 2, 1]);
});

test("an evaluator that runs hears of the change", async () => {
  const [event, user, slug] = [fresh("Bought"), fresh("u"), fresh("month")];
  await bench.send([track(user, event, firstMs - HALF_HOUR)]);
  const id = await bench.audience(slug, did(event, thisMonth));
  // It looks by itself only after an hour.
  bench.restart({ isManual: false, limits: { reloadMs: 3_600_000, pollIdleMs: 3_600_000 } });
  const sizeIs = (size: number) => vi.waitFor(async () => expect(await bench.row(id)).toMatchObject({ status: "active", filled: true, size }), { timeout: 60_000, interval: 50 });
  await sizeIs(0);
  await setZone("Europe/Berlin");
  await sizeIs(1);
  await setZone("UTC");
  await sizeIs(0);
  bench.restart();
});
