// Memberships that follow what happens, on a real pipeline: who enters, who leaves, when, and why.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { inTransaction } from "../engines/postgres/in-transaction.ts";
import { changeListPeople, createList } from "./audience-lists.ts";
import { startEvaluatorBench, type EvaluatorBench } from "./testing-evaluator.ts";

const [HOUR, DAY] = [3_600_000, 86_400_000];
const did = (event: string, value = 1) => ({ kind: "event" as const, event, measure: { of: "count" as const }, op: "at_least" as const, value });
const within = (event: string, last: number) => ({ ...did(event), within: { last, unit: "day" as const } });
const trait = (name: string, value: string) => ({ kind: "trait" as const, trait: name, op: "equals" as const, value });

describe("memberships", () => {
  let bench: EvaluatorBench;
  let names = 0;
  beforeAll(async () => {
    bench = await startEvaluatorBench();
  });
  afterAll(() => bench?.stop());
  beforeEach(async () => {
    await bench.news();
  });

  const fresh = (word = "u"): string => `${word}-${names++}`;
  const track = (userId: string, event: string, agoMs = 0): object => ({ type: "track", event, userId, timestamp: new Date(bench.clock.ms - agoMs).toISOString() });
  const idOf = async (value: string, namespace = "user_id"): Promise<string> => (await bench.pipeline.person(namespace, value))?.id ?? "";

  test("somebody enters by an event and leaves when its time has come", async () => {
    const [slug, event, user] = [fresh("buyers"), fresh("Bought"), fresh()];
    const id = await bench.audience(slug, within(event, 14));
    expect(await bench.of(user)).toEqual([]);
    await bench.send([track(user, event)]);
    expect(await bench.of(user)).toEqual([slug]);
    expect(await bench.row(id)).toMatchObject({ status: "active", size: 1, filled: true });
    expect(await bench.news()).toEqual([`${slug} + event`]);
    bench.clock.ms += 14 * DAY - 10_000;
    expect(await bench.of(user)).toEqual([slug]);
    bench.clock.ms += 20_000;
    expect(await bench.of(user)).toEqual([]);
    expect(await bench.news()).toEqual([`${slug} - deadline`]);
    expect(await bench.row(id)).toMatchObject({ size: 0 });
    const { rows } = await bench.pipeline.pool.query("select from audience_person where profile_id = $1", [await idOf(user)]);
    expect(rows).toEqual([]);
    await bench.check();
  });

  test("an instant that is weeks away is not kept, and comes on time all the same", async () => {
    const [slug, event, user] = [fresh("buyers"), fresh("Bought"), fresh()];
    await bench.audience(slug, within(event, 14));
    await bench.send([track(user, event)]);
    expect(await bench.of(user)).toEqual([slug]);
    const leavesMs = bench.clock.ms + 14 * DAY;
    const dueMs = async (): Promise<number | null> => {
      const { rows } = await bench.pipeline.pool.query<{ due_at: string | null }>("select due_at from audience_person where profile_id = $1", [await idOf(user)]);
      return rows[0]?.due_at == null ? null : Number(rows[0].due_at);
    };
    expect(await dueMs()).toBeNull();
    // Asked again each day, it is known in time.
    for (let days = 1; days < 14; days++) {
      bench.clock.ms += DAY;
      await bench.catchUp();
    }
    expect(await dueMs()).toBe(leavesMs);
    expect(await bench.of(user)).toEqual([slug]);
    bench.clock.ms = leavesMs;
    expect(await bench.of(user)).toEqual([]);
    expect((await bench.changes()).at(-1)).toMatchObject({ entered: false, reason: "deadline", atMs: leavesMs });
  });

  test("each change tells its event, its version and its order", async () => {
    const [slug, event, user] = [fresh("a"), fresh("E"), fresh()];
    const id = await bench.audience(slug, did(event));
    await bench.catchUp();
    await bench.send([track(user, event)]);
    await bench.catchUp();
    const last = (await bench.changes()).at(-1);
    const [stored] = await bench.pipeline.events(`event = '${event}'`);
    expect(last).toMatchObject({ workspaceId: 1, audienceId: id, profileId: await idOf(user), entered: true, reason: "event", version: 1, causeRow: Number(stored?.position), atMs: bench.clock.ms });
    const all = await bench.changes();
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, i) => i));
  });

  test("a late event, an import's history and a change of a trait say so", async () => {
    const [late, plan] = [fresh("late"), fresh("plan")];
    const [event, one, other] = [fresh("Bought"), fresh(), fresh()];
    await bench.audience(late, within(event, 14));
    await bench.audience(plan, trait("plan", "gold"));
    await bench.send([{ type: "identify", userId: one }, { type: "identify", userId: other }]);
    await bench.news();
    await bench.send([track(one, event, 5 * HOUR)]);
    expect(await bench.news()).toEqual([`${late} + late_event`]);
    await bench.send([track(other, event, 3 * DAY)], { importId: 1, historical: true });
    expect(await bench.news()).toEqual([`${late} + import`]);
    await bench.send([{ type: "identify", userId: one, traits: { plan: "gold" } }]);
    expect(await bench.news()).toEqual([`${plan} + trait`]);
    await bench.send([{ type: "identify", userId: one, traits: { plan: "none" } }]);
    expect(await bench.news()).toEqual([`${plan} - trait`]);
    await bench.check();
  });

  test("events out of order lead to the same", async () => {
    const [slug, event, user] = [fresh("twice"), fresh("E"), fresh()];
    await bench.audience(slug, { ...within(event, 10), value: 2 });
    await bench.send([track(user, event, HOUR / 2)]);
    expect(await bench.of(user)).toEqual([]);
    await bench.send([track(user, event, 9 * DAY)]);
    expect(await bench.of(user)).toEqual([slug]);
    bench.clock.ms += DAY + HOUR;
    expect(await bench.of(user)).toEqual([]);
    await bench.check();
  });

  test("who was merged leaves, and the survivor has what both did; divided again, both are as before", async () => {
    const [slug, event, user, phone] = [fresh("three"), fresh("E"), fresh(), fresh("phone")];
    await bench.audience(slug, did(event, 3), { from: "everyone" });
    const one = fresh("one");
    await bench.audience(one, did(event, 1), { from: "anonymous" });
    await bench.send([track(user, event), { type: "track", event, anonymousId: phone }, { type: "track", event, anonymousId: phone }]);
    expect((await bench.news()).toSorted()).toEqual([`${one} + first_fill`]);
    await bench.send([{ type: "identify", userId: user, anonymousId: phone }]);
    expect(await bench.of(user)).toEqual([slug]);
    expect((await bench.news()).toSorted()).toEqual([`${one} - merge`, `${slug} + merge`]);
    await bench.check();
    await bench.pipeline.control({ kind: "profile.unmerge", profileId: await idOf(user), identifiers: [{ namespace: "anonymous_id", value: phone }] });
    expect((await bench.news()).toSorted()).toEqual([`${one} + unmerge`, `${slug} - unmerge`]);
    expect(await bench.of(user)).toEqual([]);
    await bench.check();
  });

  test("who is suppressed leaves everything", async () => {
    const [slug, event, user] = [fresh("a"), fresh("E"), fresh()];
    const id = await bench.audience(slug, did(event));
    await bench.send([track(user, event)]);
    const profileId = await idOf(user);
    expect(await bench.of(user)).toEqual([slug]);
    await bench.news();
    await bench.pipeline.control({ kind: "profile.suppress", profileId });
    expect(await bench.news()).toEqual([`${slug} - deletion`]);
    expect(await bench.row(id)).toMatchObject({ size: 0 });
    expect((await bench.pipeline.pool.query("select from audience_person where profile_id = $1", [profileId])).rowCount).toBe(0);
    await bench.check();
  });

  test("a new audience has those who were there, and a new version those that it means; who stays is not told", async () => {
    const [event, other, slug] = [fresh("E"), fresh("F"), fresh("a")];
    const [both, first, second] = [fresh(), fresh(), fresh()];
    await bench.send([track(both, event), track(both, other), track(first, event), track(second, other)]);
    await bench.news();
    const id = await bench.audience(slug, did(event));
    expect(await bench.news()).toEqual([`${slug} + first_fill`, `${slug} + first_fill`]);
    await bench.change(id, did(other));
    expect((await bench.news()).toSorted()).toEqual([`${slug} + definition`, `${slug} - definition`]);
    expect([await bench.of(both), await bench.of(first), await bench.of(second)]).toEqual([[slug], [], [slug]]);
    expect((await bench.changes()).at(-1)).toMatchObject({ version: 2 });
    expect(await bench.row(id)).toMatchObject({ status: "active", size: 2 });
    await bench.check();
  });

  test("an audience follows those that it refers to, through their events and their changes", async () => {
    const [event, other, inner, outer, user] = [fresh("E"), fresh("F"), fresh("inner"), fresh("outer"), fresh()];
    const id = await bench.audience(inner, did(event));
    await bench.audience(outer, { all: [{ kind: "audience", audience: inner }, trait("tier", "gold")] });
    await bench.send([{ type: "identify", userId: user, traits: { tier: "gold" } }]);
    await bench.catchUp();
    await bench.send([track(user, event)]);
    expect(await bench.of(user)).toEqual([inner, outer].toSorted());
    await bench.change(id, did(other));
    expect(await bench.of(user)).toEqual([]);
    await bench.send([track(user, other)]);
    expect(await bench.of(user)).toEqual([inner, outer].toSorted());
    await bench.check();
  });

  test("an archived audience has nobody; restored, it has those whom it means then", async () => {
    const [event, slug, user, later] = [fresh("E"), fresh("a"), fresh(), fresh()];
    const id = await bench.audience(slug, did(event));
    await bench.send([track(user, event)]);
    expect(await bench.of(user)).toEqual([slug]);
    await bench.news();
    await bench.pipeline.pool.query("update audience set status = 'archived' where id = $1", [id]);
    expect(await bench.news()).toEqual([`${slug} - definition`]);
    expect(await bench.row(id)).toMatchObject({ status: "archived", size: 0 });
    await bench.send([track(later, event)]);
    expect(await bench.news()).toEqual([]);
    await bench.pipeline.pool.query("update audience set status = 'filling' where id = $1", [id]);
    expect(await bench.news()).toEqual([`${slug} + definition`, `${slug} + definition`]);
    await bench.check();
  });

  test("one that can't be evaluated says why, others go on, and once it can be it is filled", async () => {
    const [event, good, bad, list, user, failed] = [fresh("E"), fresh("good"), fresh("bad"), fresh("vips"), fresh(), fresh("ref")];
    await bench.send([track(user, event)]);
    const id = await bench.audience(bad, { all: [did(event), { not: { kind: "list", list } }] });
    await bench.audience(good, did(event));
    const reference = await bench.audience(failed, { kind: "audience", audience: bad });
    expect(await bench.of(user)).toEqual([good]);
    expect(await bench.row(id)).toMatchObject({ status: "failed", problem: expect.stringContaining(list) });
    expect(await bench.row(reference)).toMatchObject({ status: "failed", problem: expect.stringContaining(list) });
    await bench.pipeline.pool.query("insert into audience_list (workspace_id, slug, name, kind, created_by) values (1, $1, 'L', 'by_hand', 'test')", [list]);
    expect(await bench.of(user)).toEqual([bad, failed, good].toSorted());
    expect(await bench.row(id)).toMatchObject({ status: "active", problem: null });
  });

  test("who is put on a list, and taken off, and merged with somebody on it", async () => {
    const [slug, list, user, phone] = [fresh("listed"), fresh("vips"), fresh(), fresh("phone")];
    const by = { workspaceId: 1, actor: "test", nowMs: bench.clock.ms };
    const { pool } = bench.pipeline;
    await inTransaction(pool, (tx) => createList(tx, by, { slug: list, name: list, kind: "by_hand" }));
    await bench.audience(slug, { kind: "list", list });
    await bench.send([{ type: "identify", userId: user }, { type: "track", event: "Seen", anonymousId: phone }]);
    await bench.news();
    await inTransaction(pool, async (tx) => changeListPeople(tx, by, list, { add: [await idOf(user)], remove: [] }));
    expect(await bench.news()).toEqual([`${slug} + list`]);
    await inTransaction(pool, async (tx) => changeListPeople(tx, by, list, { add: [await idOf(phone, "anonymous_id")], remove: [await idOf(user)] }));
    expect(await bench.news()).toEqual([`${slug} - list`]);
    await bench.send([{ type: "identify", userId: user, anonymousId: phone }]);
    // Lists follow the merge, and what lands of that is looked at then.
    await bench.catchUp();
    expect(await bench.of(user)).toContain(slug);
  });

  test("what one does counts for all of the same account", async () => {
    const [slug, event, account, one, other] = [fresh("account"), fresh("E"), fresh("acme"), fresh(), fresh()];
    await bench.audience(slug, { kind: "account", people: "any", who: within(event, 3) } as never);
    await bench.send([one, other].map((userId) => ({ type: "group", userId, groupId: account })));
    await bench.news();
    await bench.send([track(one, event)]);
    expect(await bench.news()).toEqual([`${slug} + event`, `${slug} + event`]);
    expect(await bench.of(other)).toContain(slug);
    await bench.check();
    bench.clock.ms += 3 * DAY;
    expect((await bench.news()).filter((news) => news.startsWith(slug))).toEqual([`${slug} - deadline`, `${slug} - deadline`]);
    await bench.send([track(one, event)]);
    await bench.news();
    await bench.pipeline.control({ kind: "profile.suppress", profileId: await idOf(one) });
    expect((await bench.news()).filter((news) => news.startsWith(slug)).toSorted()).toEqual([`${slug} - deletion`, `${slug} - repair`]);
    await bench.check();
  });

  test("two workspaces know nothing of each other", async () => {
    const [event, user] = [fresh("E"), fresh()];
    const [ours, theirs] = [fresh("ours"), fresh("theirs")];
    await bench.audience(ours, did(event));
    await bench.audience(theirs, did(event), {}, 2);
    await bench.send([track(user, event)]);
    expect([await bench.of(user), await bench.of(user, 2)]).toEqual([[ours], []]);
    await bench.send([track(user, event)], { workspaceId: 2, sourceId: 2 });
    expect([await bench.of(user), await bench.of(user, 2)]).toEqual([[ours], [theirs]]);
    await bench.check();
  });

  test("at midnight everybody is asked again", async () => {
    const [event, slug, user] = [fresh("E"), fresh("today"), fresh()];
    await bench.audience(slug, { ...did(event), within: { period: "this", unit: "day" } } as never);
    await bench.send([track(user, event)]);
    expect(await bench.of(user)).toEqual([slug]);
    await bench.news();
    bench.clock.ms += DAY;
    expect(await bench.news()).toContain(`${slug} - deadline`);
    expect(await bench.of(user)).toEqual([]);
    await bench.check();
  });

  test("of two evaluators the later one writes, and the other stops", async () => {
    const [event, slug, user] = [fresh("E"), fresh("a"), fresh()];
    await bench.audience(slug, did(event));
    await bench.catchUp();
    const old = bench.evaluator();
    bench.restart();
    await bench.catchUp();
    await bench.send([track(user, event)]);
    await expect(old.catchUp()).rejects.toThrow("Another process");
    expect(await bench.of(user)).toEqual([slug]);
    expect((await bench.news()).filter((one) => one.startsWith(slug))).toEqual([`${slug} + event`]);
    await old.stop();
  });
});
