// Merges written into the rows of the event table: whose an event is must be the same before, in between and after.
import { afterAll, beforeAll, expect, test } from "vitest";
import { createOverrideFolding } from "./fold-overrides.ts";
import { READER } from "./sequencer.ts";
import { startTestPipeline, type TestPipeline } from "./testing.ts";

let pipeline: TestPipeline;

beforeAll(async () => {
  pipeline = await startTestPipeline();
});

afterAll(() => pipeline?.stop());

const fold = (workspaceId = 1): Promise<void> => pipeline.control({ kind: "overrides.fold" }, workspaceId);

/** Two people by name, each with an event, then joined; their messages are `<name>1`, `<name>2`, `<name>3`. */
async function joinedPair(name: string, workspaceId = 1): Promise<{ readonly anonymous: string; readonly known: string }> {
  await pipeline.send([{ type: "track", event: "Viewed", messageId: `${name}1`, anonymousId: `a-${name}` }], { workspaceId });
  await pipeline.send([{ type: "identify", messageId: `${name}2`, userId: `u-${name}`, traits: { name } }], { workspaceId });
  const known = (await pipeline.person("user_id", `u-${name}`, workspaceId))?.id ?? "";
  const anonymous = (await pipeline.person("anonymous_id", `a-${name}`, workspaceId))?.id ?? "";
  await pipeline.send([{ type: "track", event: "Signed In", messageId: `${name}3`, userId: `u-${name}`, anonymousId: `a-${name}` }], { workspaceId });
  return { anonymous, known };
}

interface Row {
  readonly message: string;
  readonly row: string;
  readonly stands_under: string;
}

async function select<T>(query: string): Promise<T[]> {
  return (await pipeline.clickhouse.client("api").query({ query, format: "JSONEachRow" })).json<T>();
}

const rows = (): Promise<Row[]> =>
  select<Row>(`select message_id as message, toString(row_id) as row, toString(profile_id) as stands_under from events where outcome = 'stored' order by row_id`);

const overrides = (workspaceId = 1): Promise<{ profile_id: string; survivor_id: string }[]> =>
  select(`select profile_id, survivor_id from profile_override final where workspace_id = ${workspaceId} order by profile_id`);

/** Message → whose it is, both ways in which queries find that out: by the overrides, and by what Postgres says of the id. */
async function owners(): Promise<Record<"byOverride" | "byPostgres", Record<string, string>>> {
  const found = await pipeline.pool.query<{ id: string; now: string }>(`select id, coalesce(merged_into, id) as now from profile`);
  const people = new Map(found.rows.map(({ id, now }) => [id, now]));
  const stored = await rows();
  const byOverride = (await pipeline.events("outcome = 'stored'")).map(({ position, owner }): [string, string] => [position, owner]);
  return {
    byOverride: Object.fromEntries(byOverride),
    byPostgres: Object.fromEntries(stored.map(({ row, stands_under: id }) => [row, people.get(id) ?? id])),
  };
}

test("whose an event is stays the same while a chain of merges is folded in, and no override is left", async () => {
  const { anonymous } = await joinedPair("chain");
  await pipeline.send([{ type: "track", event: "Viewed", messageId: "chain4", anonymousId: "a-chain-2" }]);
  await pipeline.send([{ type: "track", event: "Signed In", messageId: "chain5", userId: "u-chain", anonymousId: "a-chain-2" }]);
  const before = await owners();
  expect(before.byOverride).toEqual(before.byPostgres);
  expect(await overrides()).toHaveLength(2);
  expect(new Set((await rows()).map((row) => row.stands_under)).size).toBe(3);

  await fold();
  expect(await owners()).toEqual(before);
  expect(new Set((await rows()).map((row) => row.stands_under))).toEqual(new Set([anonymous]));
  expect(await overrides(), "removed only by a record that finds no row under them").toHaveLength(2);

  await fold();
  expect(await owners()).toEqual(before);
  expect(await overrides()).toEqual([]);
  await fold();
  expect(await owners()).toEqual(before);
});

test("an unmerge after folding gives each side back its own events, id and traits", async () => {
  const { anonymous, known } = await joinedPair("apart");
  await fold();
  await fold();
  await pipeline.control({ kind: "profile.unmerge", profileId: anonymous, identifiers: [{ namespace: "user_id", value: "u-apart" }] });
  expect((await pipeline.person("anonymous_id", "a-apart"))?.id).toBe(anonymous);
  expect(await pipeline.person("user_id", "u-apart")).toMatchObject({ id: known, events: { count: 2 }, traits: { name: { value: "apart" } } });
  const ownersOf = async () => (await pipeline.events("message_id like 'apart%'")).map(({ owner }) => owner);
  expect(await ownersOf()).toEqual([anonymous, known, known]);

  // What the unmerge wrote of itself is folded in too, and more events of either side stay theirs.
  await pipeline.send([{ type: "track", event: "Bought", messageId: "apart4", userId: "u-apart" }]);
  await fold();
  await fold();
  expect(await overrides()).toEqual([]);
  expect(await ownersOf()).toEqual([anonymous, known, known, known]);
});

test("a merge and an unmerge right behind the record are not touched by it", async () => {
  const pair = await joinedPair("behind");
  await Promise.all([
    fold(),
    pipeline.control({ kind: "profile.unmerge", profileId: pair.anonymous, identifiers: [{ namespace: "user_id", value: "u-behind" }] }),
    pipeline.send([{ type: "track", event: "Viewed", messageId: "later1", anonymousId: "a-later" }, { type: "track", event: "Viewed", messageId: "later2", userId: "u-later" }]),
    pipeline.send([{ type: "track", event: "Signed In", messageId: "later3", userId: "u-later", anonymousId: "a-later" }]),
  ]);
  const ownersOf = async (name: string) => (await pipeline.events(`message_id like '${name}%'`)).map(({ owner }) => owner);
  const later = (await pipeline.person("user_id", "u-later"))?.id ?? "";
  const check = async () => {
    expect(await ownersOf("behind")).toEqual([pair.anonymous, pair.known, pair.known]);
    expect(await ownersOf("later")).toEqual([later, later, later]);
  };
  expect((await overrides()).filter((override) => override.survivor_id === later)).toHaveLength(1);
  await check();
  await fold();
  await check();
  await fold();
  await check();
});

test("statements repeated after an unclean end change nothing, also behind an unmerge and with new rows", async () => {
  const { anonymous, known } = await joinedPair("again");
  await fold();
  await fold();
  await pipeline.control({ kind: "profile.unmerge", profileId: anonymous, identifiers: [{ namespace: "user_id", value: "u-again" }] });
  await pipeline.send([{ type: "track", event: "Bought", messageId: "again4", userId: "u-again" }]);
  const [before, standing] = [await owners(), await overrides()];
  expect((await pipeline.events("message_id = 'again4'"))[0]?.owner).toBe(known);
  // As verified after a power cut: all that was sent shortly before.
  Object.assign(pipeline.options, { wasUnclean: true });
  await pipeline.restart();
  await pipeline.send([{ type: "track", event: "Bought", messageId: "again5", userId: "u-again" }]);
  expect(await owners()).toMatchObject(before);
  expect(await overrides()).toEqual(standing);
  // As after a kill before anything was marked.
  await pipeline.paused(async () => void (await pipeline.pool.query(`update ch_outbox set sent_at = null where kind = 'statement'`)));
  await pipeline.settled();
  expect(await owners()).toMatchObject(before);
});

test("one workspace's record folds in none of another's overrides", async () => {
  await joinedPair("other", 2);
  const before = await owners();
  await fold();
  await fold();
  expect(await overrides(2)).toHaveLength(1);
  await fold(2);
  await fold(2);
  expect(await overrides(2)).toEqual([]);
  expect(await owners()).toEqual(before);
});

test("overrides are folded in when they are an hour old or too many, each time with as many records as it takes", async () => {
  await pipeline.pool.query(`insert into workspace (id, slug, name, log_partition) values (3, 'third', 'Third', 0)`);
  const hour = 3_600_000;
  const asked = async (): Promise<number> => (await select(`select 1 from events where workspace_id = 3 and event = 'overrides.fold'`)).length;
  const deps = { pool: pipeline.pool, clickhouse: pipeline.clickhouse.client("evaluate"), log: pipeline.log, reader: READER };
  const folding = createOverrideFolding(deps, { ageMs: hour, overridesMax: 2, lookMs: 1, patienceMs: hour });
  let nowMs = Date.now();
  const look = async (afterMs: number): Promise<number> => {
    await folding.run((nowMs += afterMs));
    await pipeline.settled();
    return asked();
  };
  await joinedPair("one", 3);
  expect(await look(1)).toBe(0);
  expect(await look(hour - 1)).toBe(0);
  expect(await look(1)).toBe(1);
  expect(await overrides(3)).toHaveLength(1);
  expect(await look(1)).toBe(2);
  expect(await overrides(3)).toEqual([]);
  expect(await look(2 * hour)).toBe(2);
  for (const name of ["two", "three", "four"]) await joinedPair(name, 3);
  expect(await look(1)).toBe(3);
  expect(await look(1)).toBe(4);
  expect(await overrides(3)).toEqual([]);
});
