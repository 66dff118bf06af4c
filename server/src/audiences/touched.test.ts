// Whom newly landed blocks touched, held against a real pipeline: each person once, as who they are today, with what came for them.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ControlAction } from "@tributary/schema/control.ts";
import { inTransaction } from "../engines/postgres/in-transaction.ts";
import { writeAudienceRows } from "../pipeline/outbox/audience-outbox.ts";
import { landedBefore } from "../pipeline/outbox/landed-before.ts";
import { startTestPipeline, type TestPipeline } from "../pipeline/testing.ts";
import { relistedRows } from "./list-members.ts";
import { createTouchedReader, type BlockRange, type TouchedPerson, type TouchedReader, type TouchedWorkspace } from "./touched.ts";

const HOUR_MS = 3_600_000;
const PARTITION = 0;

describe("who was touched", () => {
  let pipeline: TestPipeline;
  let reader: TouchedReader;
  let fromBlock = 0;
  let names = 0;
  beforeAll(async () => {
    pipeline = await startTestPipeline();
    reader = createTouchedReader({ clickhouse: pipeline.clickhouse.client("evaluate"), pool: pipeline.pool });
  });
  afterAll(() => pipeline?.stop());
  beforeEach(async () => {
    fromBlock = await landedBefore(pipeline.pool, PARTITION);
  });

  /** Names that no other test has used. */
  const fresh = (word: string): string => `${word}-${names++}`;
  const idOf = async (value: string, namespace = "user_id"): Promise<string> => (await pipeline.person(namespace, value))?.id ?? "";
  const range = async (): Promise<BlockRange> => ({ partition: PARTITION, fromBlock, beforeBlock: await landedBefore(pipeline.pool, PARTITION) });
  const control = (action: ControlAction): Promise<void> => pipeline.control(action);

  /** What landed since this was asked last. */
  async function since(workspaceId = 1): Promise<TouchedWorkspace> {
    const all = await range();
    fromBlock = all.beforeBlock;
    const touched = (await reader.read(all)).find((one) => one.workspaceId === workspaceId);
    return touched ?? { workspaceId, people: [], gone: [], controls: [] };
  }

  async function eventsFor(person: Pick<TouchedPerson, "ingestIds" | "owners">): Promise<string[]> {
    const result = await pipeline.clickhouse.client("api").query({
      query: "select event from events where workspace_id = 1 and ingest_profile_id in {i:Array(UUID)} and profile_id in {o:Array(UUID)} and outcome = 'stored' order by row_id",
      query_params: { i: person.ingestIds, o: person.owners }, format: "JSONEachRow",
    });
    return (await result.json<{ event: string }>()).map(({ event }) => event);
  }

  test("names each person once, with the names of their events and the latest of these as the cause", async () => {
    const [one, other] = [fresh("u"), fresh("u")];
    const at = (ago: number): string => new Date(Date.now() - ago).toISOString();
    await pipeline.send([
      { type: "track", event: "Viewed", userId: one, timestamp: at(50_000) }, { type: "track", event: "Bought", userId: one, timestamp: at(40_000) },
      { type: "page", userId: other, timestamp: at(30_000) }, { type: "track", event: "Viewed", userId: one, timestamp: at(45_000) }, { type: "track", userId: one },
    ]);
    const { people, gone, controls } = await since();
    expect(new Map(people.map((person) => [person.profileId, person.events]))).toEqual(new Map([[await idOf(one), ["Bought", "Viewed"]], [await idOf(other), ["page"]]]));
    expect([gone, controls]).toEqual([[], []]);
    const rows = await pipeline.events(`user_id = '${one}' and outcome = 'stored'`);
    const mine = people.find(({ events }) => events.length === 2);
    expect(mine).toMatchObject({ hasNewSnapshot: true, isLate: false, isHistorical: false, isImported: false, merged: [], anew: undefined, cause: { rowId: Number(rows.at(-1)?.position), control: undefined } });
    // Of the event, not of when it was decided.
    expect(Date.now() - (mine?.cause.atMs ?? 0)).toBeGreaterThan(44_000);
    // Nothing about them changes: no new snapshot.
    await pipeline.send([{ type: "track", event: "Viewed", userId: one }]);
    expect((await since()).people).toMatchObject([{ profileId: await idOf(one), events: ["Viewed"], hasNewSnapshot: false }]);
    expect(await reader.read(await range())).toEqual([]);
  });

  test("says whether all that came was late, historical, or an import's", async () => {
    const [late, both, past] = [fresh("late"), fresh("both"), fresh("past")];
    const long = new Date(Date.now() - 3 * HOUR_MS).toISOString();
    await pipeline.send([
      { type: "track", event: "A", userId: late, timestamp: long }, { type: "track", event: "A", userId: both, timestamp: long }, { type: "track", event: "A", userId: both },
    ]);
    await pipeline.send([{ type: "track", event: "A", userId: past, timestamp: long }], { importId: 5, historical: true });
    const { people } = await since();
    const of = async (name: string): Promise<TouchedPerson | undefined> => {
      const id = await idOf(name);
      return people.find(({ profileId }) => profileId === id);
    };
    expect(await of(late)).toMatchObject({ isLate: true, isHistorical: false, isImported: false });
    expect(await of(both)).toMatchObject({ isLate: false });
    expect(await of(past)).toMatchObject({ isLate: true, isHistorical: true, isImported: true });
    // Of people who became one meanwhile, all that came for either.
    const [first, second] = [[fresh("u"), fresh("p")], [fresh("u"), fresh("p")]] as const;
    await pipeline.send([
      { type: "track", event: "A", userId: first[0] }, { type: "track", event: "A", anonymousId: first[1], timestamp: long },
      { type: "track", event: "A", userId: second[0], timestamp: long }, { type: "track", event: "A", anonymousId: second[1] },
    ]);
    await pipeline.send([first, second].map(([userId, anonymousId]) => ({ type: "track", event: "Signed in", userId, anonymousId, timestamp: long })));
    expect((await since()).people.map(({ isLate, events }) => ({ isLate, events }))).toEqual(Array(2).fill({ isLate: false, events: ["A", "Signed in"] }));
  });

  test("of people who became one, the one who is left is touched and the other is gone", async () => {
    const [user, phone] = [fresh("u"), fresh("phone")];
    await pipeline.send([{ type: "track", event: "On the phone", anonymousId: phone }, { type: "track", event: "On the desk", userId: user }]);
    const before = await range();
    const first = await since();
    expect(first.people).toHaveLength(2);
    await pipeline.send([{ type: "track", event: "Signed in", userId: user, anonymousId: phone }]);
    const survivor = await idOf(user);
    const loser = first.people.map(({ profileId }) => profileId).find((id) => id !== survivor) ?? "";
    const { people, gone } = await since();
    expect(people).toMatchObject([{ profileId: survivor, events: ["Signed in"], merged: [loser], hasNewSnapshot: true, cause: { control: undefined }, anew: undefined }]);
    expect(gone).toEqual([{ profileId: loser, why: "merged", into: survivor }]);
    expect(await eventsFor(people[0]!)).toEqual(["On the phone", "On the desk", "Signed in"]);
    // Whoever reads the earlier blocks only now meets today's people in them.
    const [late] = await reader.read(before);
    expect(late?.people).toMatchObject([{ profileId: survivor, events: ["On the desk", "On the phone"] }]);
    expect(late?.gone).toEqual([{ profileId: loser, why: "merged", into: survivor }]);
  });

  test("after an unmerge both sides are touched as made anew, and earlier blocks touch both", async () => {
    const [user, phone] = [fresh("u"), fresh("phone")];
    await pipeline.send([{ type: "track", event: "First", anonymousId: phone }]);
    await pipeline.send([{ type: "identify", userId: user, anonymousId: phone, traits: { plan: "pro" } }, { type: "track", event: "Second", userId: user }]);
    const before = await range();
    await since();
    await control({ kind: "profile.unmerge", profileId: await idOf(user), identifiers: [{ namespace: "anonymous_id", value: phone }] });
    const both = [await idOf(user), await idOf(phone, "anonymous_id")].toSorted();
    const { people, gone, controls } = await since();
    expect(people.map(({ profileId }) => profileId).toSorted()).toEqual(both);
    const rowId = controls[0]?.rowId ?? -1;
    expect(controls).toMatchObject([{ kind: "profile.unmerge" }]);
    for (const person of people) {
      expect(person).toMatchObject({ hasNewSnapshot: true, events: [], isLate: false, anew: { rowId, by: "unmerge" }, cause: { rowId, control: "profile.unmerge", atMs: controls[0]?.atMs } });
    }
    expect(gone).toEqual([]);
    const [earlier] = await reader.read(before);
    expect(earlier?.people.map(({ profileId }) => profileId).toSorted()).toEqual(both);
    const keys = await reader.keysOf(1, both);
    expect((await Promise.all(both.map((id) => eventsFor(keys.get(id)!)))).flat().toSorted()).toEqual(["First", "Second", "identify"]);
  });

  test("who is suppressed, or was there through an import alone that is withdrawn, is gone", async () => {
    const [shy, listed, kept] = [fresh("shy"), fresh("listed"), fresh("kept")];
    const { rows } = await pipeline.pool.query<{ id: number }>(
      "insert into import (workspace_id, source_id, name, status, mapping) values (1, 1, 'people.csv', 'done', '{}') returning id",
    );
    const importId = rows[0]?.id ?? 0;
    await pipeline.send([{ type: "track", event: "Seen", userId: shy }, { type: "track", event: "Seen", userId: kept }]);
    await pipeline.send([{ type: "identify", userId: listed, traits: { a: 1 } }, { type: "identify", userId: kept, traits: { a: 1 } }], { importId, historical: true });
    const [shyId, listedId, keptId] = [await idOf(shy), await idOf(listed), await idOf(kept)];
    await since();
    await control({ kind: "profile.suppress", profileId: shyId });
    expect(await since()).toMatchObject({ people: [], gone: [{ profileId: shyId, why: "suppressed", into: undefined }], controls: [{ kind: "profile.suppress", profileId: shyId }] });
    await control({ kind: "import.withdraw", importId });
    const withdrawn = await since();
    expect(withdrawn.gone).toEqual([{ profileId: listedId, why: "deleted", into: undefined }]);
    expect(withdrawn.people).toMatchObject([{ profileId: keptId, anew: { by: "withdrawal" }, cause: { control: "import.withdraw" } }]);
    expect(await reader.keysOf(1, [shyId, listedId, keptId])).toEqual(new Map([[keptId, expect.objectContaining({ profileId: keptId })]]));
    expect(await reader.keysOf(2, [keptId])).toEqual(new Map());
  });

  test("an edit by hand touches, with its kind and time", async () => {
    const user = fresh("u");
    await pipeline.send([{ type: "track", event: "Seen", userId: user }]);
    await since();
    const profileId = await idOf(user);
    await control({ kind: "profile.consent", profileId, categories: { ads: true }, atMs: Date.now() - HOUR_MS });
    const { people, controls } = await since();
    expect(people).toMatchObject([{ profileId, events: [], hasNewSnapshot: true, cause: { rowId: controls[0]?.rowId, atMs: controls[0]?.atMs, control: "profile.consent" } }]);
  });

  test("slices end between batches, and together name all", async () => {
    for (let i = 0; i < 6; i++) {
      await pipeline.send(Array.from({ length: 5 }, () => ({ type: "identify", userId: fresh("s"), anonymousId: fresh("d"), traits: { i } })));
    }
    const all = await range();
    const whole = (await reader.read(all)).flatMap(({ people }) => people.map(({ profileId }) => profileId));
    const small = createTouchedReader({ clickhouse: pipeline.clickhouse.client("evaluate"), pool: pipeline.pool, limits: { rowsMax: 8 } });
    const seen: string[] = [];
    let slices = 0;
    for (let from = all.fromBlock; from < all.beforeBlock; slices++) {
      const beforeBlock = (await small.end({ ...all, fromBlock: from })) ?? all.beforeBlock;
      const touched = (await small.read({ ...all, fromBlock: from, beforeBlock })).flatMap(({ people }) => people);
      // A person's snapshot stands in the slice of the event that caused it.
      for (const person of touched) expect(person).toMatchObject({ hasNewSnapshot: true, events: ["identify"] });
      seen.push(...touched.map(({ profileId }) => profileId));
      from = beforeBlock;
    }
    expect(slices).toBeGreaterThanOrEqual(6);
    expect(seen.toSorted()).toEqual(whole.toSorted());
    expect(await small.end({ ...all, fromBlock: all.beforeBlock })).toBeUndefined();
  });

  test("workspaces are apart, and one that was removed is passed over", async () => {
    const user = fresh("same");
    await pipeline.send([{ type: "track", event: "Ours", userId: user }]);
    await pipeline.send([{ type: "track", event: "Theirs", userId: user }], { workspaceId: 2, sourceId: 2 });
    const all = await range();
    const read = async (): Promise<unknown> => (await reader.read(all)).map(({ workspaceId, people }) => [workspaceId, people.map(({ events }) => events)]);
    expect(await read()).toEqual([[1, [["Ours"]]], [2, [["Theirs"]]]]);
    await pipeline.control({ kind: "workspace.remove" }, 2);
    expect(await read()).toEqual([[1, [["Ours"]]]]);
  });

  test("everybody who shares an account is found, up to a limit", async () => {
    const [a, b, c, d] = [fresh("u"), fresh("u"), fresh("u"), fresh("u")];
    const [acme, beta, other] = [fresh("acme"), fresh("it's \\ \"beta\""), fresh("other")];
    const group = (userId: string, groupId: string): object => ({ type: "group", userId, groupId });
    await pipeline.send([group(a, acme), group(b, acme), group(b, beta), group(c, beta), group(d, other)]);
    const [ida, idb, idc] = [await idOf(a), await idOf(b), await idOf(c)];
    expect(await reader.accountsClosure(1, [ida])).toEqual({ profileIds: expect.arrayContaining([ida, idb]), isWhole: true });
    const closed = await reader.accountsClosure(1, [idb]);
    expect([...closed.profileIds].toSorted()).toEqual([ida, idb, idc].toSorted());
    expect(await reader.accountsClosure(1, [idb], 2)).toMatchObject({ isWhole: false });
    expect(await reader.accountsClosure(1, [])).toEqual({ profileIds: [], isWhole: true });
  });

  test("lists follow their people through a merge and an unmerge", async () => {
    const [user, phone] = [fresh("u"), fresh("phone")];
    await pipeline.send([{ type: "track", event: "A", anonymousId: phone }, { type: "track", event: "A", userId: user }]);
    const onPhone = await idOf(phone, "anonymous_id");
    const { rows } = await pipeline.pool.query<{ id: number }>("insert into audience_list (workspace_id, slug, name, kind, created_by) values (1, $1, 'L', 'by_hand', 'test') returning id", [phone]);
    const listId = rows[0]?.id ?? 0;
    await pipeline.pool.query("insert into audience_list_member (list_id, workspace_id, profile_id, added_by) values ($1, 1, $2, 'test')", [listId, onPhone]);
    const relist = async (): Promise<void> => {
      const touched = await since();
      await inTransaction(pipeline.pool, async (tx) => writeAudienceRows(tx, PARTITION, { lists: await relistedRows(tx, touched) }));
      await pipeline.settled();
    };
    const listed = async (): Promise<string[]> => {
      const result = await pipeline.clickhouse.client("api").query({ query: `select toString(profile_id) as id from list_member final where list_id = ${listId} and added`, format: "JSONEachRow" });
      return (await result.json<{ id: string }>()).map(({ id }) => id);
    };
    await inTransaction(pipeline.pool, (tx) => writeAudienceRows(tx, PARTITION, { lists: [{ workspaceId: 1, listId, profileId: onPhone, added: true }] }));
    await relist();
    expect(await listed()).toEqual([onPhone]);
    await pipeline.send([{ type: "track", event: "A", userId: user, anonymousId: phone }]);
    await relist();
    expect(await listed()).toEqual([await idOf(user)]);
    await control({ kind: "profile.unmerge", profileId: await idOf(user), identifiers: [{ namespace: "anonymous_id", value: phone }] });
    await relist();
    expect(await listed()).toEqual([await idOf(phone, "anonymous_id")]);
  });
});
