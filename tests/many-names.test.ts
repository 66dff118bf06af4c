// One tenant sends thousands of names for its properties and its events. Everything of it is kept, its names end at a limit,
// the parts of the tables they share stay as they are, and the workspace beside it, behind the same sequencer, gets its
// people and events as if it were alone.
import { readdir } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestPipeline, type TestPipeline } from "../server/src/pipeline/testing.ts";

const LOUD = 1;
const QUIET = 2;
const WIDE_EVENTS = 400;
const NAMES_PER_EVENT = 15;
const EVENT_NAMES = 20_000;
const EVENTS_PER_RECORD = 2_000;
/** What DESIGN promises of a workspace's property paths, and of a part's. */
const KNOWN_PATHS = 2_000;
const PATHS_PER_PART = 64;
const FILES_OF_COMPACT = 25;
// Of 64 paths with several types each, and what is shared by all others; with as many as a thousand names more it would be the same.
const FILES_OF_WIDE = 1_500;

let pipeline: TestPipeline;
let wide: string[];

beforeAll(async () => {
  pipeline = await startTestPipeline();
  const wideCalls = Array.from({ length: WIDE_EVENTS }, (_, i) => ({
    type: "track", event: "Wide", messageId: `wide${i}`, userId: `u${i % 50}`,
    properties: Object.fromEntries(Array.from({ length: NAMES_PER_EVENT }, (_, n) => [`wide_${i}_${n}_x`, n % 3 === 0 ? `text ${n}` : n])),
  }));
  wide = wideCalls.map((call) => JSON.stringify(call));
  const named = Array.from({ length: EVENT_NAMES }, (_, i) => ({
    type: "track", event: `Event number ${i}`, messageId: `named${i}`, userId: `u${i % 50}`, properties: { [`only_here_${i}_x`]: i },
  }));
  const traits = Array.from({ length: 5 }, (_, i) => ({
    type: "identify", messageId: `traits${i}`, userId: "collector", traits: Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`trait_${i}_${n}_x`, n])),
  }));
  // The quiet workspace's calls come in the midst of the loud one's.
  const quiet = (i: number): Promise<void> => pipeline.send(
    [
      { type: "identify", messageId: `quiet-i${i}`, userId: `quiet${i}`, traits: { city: `City ${i}` } },
      { type: "track", event: "Bought", messageId: `quiet-t${i}`, userId: `quiet${i}`, properties: { colour: "red", price: i } },
    ],
    { workspaceId: QUIET, sourceId: 9 },
  );
  const sends = [pipeline.send(wideCalls), quiet(0), pipeline.send(traits)];
  for (let i = 0; i < EVENT_NAMES; i += EVENTS_PER_RECORD) sends.push(pipeline.send(named.slice(i, i + EVENTS_PER_RECORD)), quiet(1 + i / EVENTS_PER_RECORD));
  await Promise.all(sends);
});

afterAll(() => pipeline?.stop());

async function select<T>(query: string): Promise<T[]> {
  return (await pipeline.clickhouse.client("api").query({ query, format: "JSONEachRow" })).json<T>();
}

test("every event is stored, under its name, with its payload whole", async () => {
  const [counts] = await select(`select count() as events, uniqExact(event) as names, countIf(outcome != 'stored') as others from events where workspace_id = ${LOUD}`);
  expect(counts).toEqual({ events: EVENT_NAMES + WIDE_EVENTS + 5, names: EVENT_NAMES + 2, others: 0 });
  const rows = await select<{ raw: string }>(`select raw from events where workspace_id = ${LOUD} and event = 'Wide' order by row_id`);
  expect(rows.map(({ raw }) => raw)).toEqual(wide);
  const [found] = await select(`select countIf(JSONExtractInt(raw, 'properties', concat('only_here_', substring(message_id, 6), '_x')) = toInt64(substring(message_id, 6))) as whole
    from events where workspace_id = ${LOUD} and event like 'Event number %'`);
  expect(found).toEqual({ whole: EVENT_NAMES });
});

test("the loud workspace's known paths end at the limit, and the first to come are those that can be asked for", async () => {
  const { rows } = await pipeline.pool.query<{ workspace_id: number; paths: number }>(
    `select workspace_id, count(*)::int as paths from property_path group by workspace_id order by workspace_id`,
  );
  expect(rows).toEqual([{ workspace_id: LOUD, paths: KNOWN_PATHS }, { workspace_id: QUIET, paths: 3 }]);
  const [column] = await select<{ paths: number }>(`select length(groupUniqArrayArray(JSONAllPaths(properties))) as paths from events where workspace_id = ${LOUD}`);
  expect(column).toEqual({ paths: KNOWN_PATHS });
  const [first] = await select(`select toInt64(properties.wide_0_1_x) as first, isNull(properties.wide_399_1_x) as last_is_unknown from events where message_id = 'wide0'`);
  expect(first).toEqual({ first: 1, last_is_unknown: 1 });
});

test("the quiet workspace has its people, its events and its own paths", async () => {
  const quiet = await select<{ user_id: string; colour: string; price: number; outcome: string }>(
    `select user_id, toString(properties.colour) as colour, toInt64(properties.price) as price, outcome from events
      where workspace_id = ${QUIET} and event = 'Bought' order by price`,
  );
  expect(quiet).toEqual(quiet.map((_, i) => ({ user_id: `quiet${i}`, colour: "red", price: i, outcome: "stored" })));
  expect(quiet).toHaveLength(1 + EVENT_NAMES / EVENTS_PER_RECORD);
  for (const { user_id: id, price } of quiet) {
    const person = await pipeline.person("user_id", id, QUIET);
    expect([person?.events.count, person?.traits["city"]?.value]).toEqual([2, `City ${price}`]);
  }
});

test("a person with more traits than allowed keeps the first, and the snapshot is written", async () => {
  const collector = await pipeline.person("user_id", "collector");
  expect(Object.keys(collector?.traits ?? {})).toHaveLength(2_000);
  expect(collector?.traits["trait_0_0_x"]?.value).toBe(0);
  const [snapshot] = await select<{ there: number }>(`select count() as there from profiles final where workspace_id = ${LOUD} and has(identifiers, 'user_id:collector')`);
  expect(snapshot).toEqual({ there: 1 });
});

test("no part of a table has more paths or files than any other tenant's names would make, also once all are merged", async () => {
  const write = pipeline.clickhouse.client("write");
  const check = async (): Promise<void> => {
    for (const [table, column] of [["events", "properties"], ["profiles", "traits"]]) {
      const parts = await select<{ part: string; paths: number }>(
        `select _part as part, length(groupUniqArrayArray(JSONDynamicPaths(${column}))) as paths from ${table} group by _part order by paths desc`,
      );
      expect(parts.length).toBeGreaterThan(0);
      expect(parts[0]?.paths).toBeLessThanOrEqual(PATHS_PER_PART);
    }
    const parts = await select<{ path: string; type: string }>(`select path, part_type as type from system.parts where active and table in ('events', 'profiles') and database = currentDatabase()`);
    for (const { path, type } of parts) {
      // A compact part holds all columns in one file; a wide one has a few for each column and path.
      const files = pipeline.clickhouse.mode === "embedded" ? (await readdir(path)).length : 0;
      expect(files, `${path} ${type}`).toBeLessThan(type === "Compact" ? FILES_OF_COMPACT : FILES_OF_WIDE);
    }
  };
  const merge = async (): Promise<void> => {
    for (const table of ["events", "profiles"]) await write.command({ query: `optimize table ${table} final` });
  };
  await check();
  await merge();
  await check();
  // As all large parts are: with files for each column and path.
  for (const table of ["events", "profiles"]) await write.command({ query: `alter table ${table} modify setting min_bytes_for_wide_part = 0, min_rows_for_wide_part = 0` });
  await merge();
  await check();
  expect(await select(`select distinct part_type from system.parts where active and table in ('events', 'profiles') and database = currentDatabase()`)).toEqual([{ part_type: "Wide" }]);
});
