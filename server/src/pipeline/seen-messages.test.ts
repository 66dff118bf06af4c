// Which messages count as seen: for how long, after restarts, before their commit, and never another source's.
import { randomUUID } from "node:crypto";
import type pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startTestPostgres } from "../engines/testing.ts";
import { createSeenMessages, dayOf, type MessageSighting, type SeenMessages } from "./seen-messages.ts";
import { startTestPipeline } from "./testing.ts";

const DAY_MS = 86_400_000;
const TODAY = 20_000;
const NO_BOUND = 1e9;

let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
let pool: pg.Pool;

beforeAll(async () => {
  postgres = await startTestPostgres();
  pool = postgres.pool("test", 4);
});

afterAll(() => postgres?.stop());

beforeEach(async () => {
  const { rows } = await pool.query<{ name: string }>(`select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'message_seen'::regclass`);
  for (const { name } of rows) await pool.query(`drop table ${name}`);
  await pool.query(`comment on table message_seen is null`);
});

/** Runs an action on one connection, as a batch's transaction does. */
async function onClient<T>(action: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    return await action(client);
  } finally {
    client.release();
  }
}

/** As a batch that is committed. */
async function accept(seen: SeenMessages, sightings: readonly MessageSighting[]): Promise<void> {
  await seen.prepareDays(sightings.map(({ day }) => day));
  seen.hold(sightings);
  await onClient((client) => seen.write(client, sightings));
  seen.forget(sightings);
}

const isSeen = async (seen: SeenMessages, id: string, day: number): Promise<boolean> => (await onClient((client) => seen.findSeen(client, [{ id, day }]))).has(id);

test("a message is a repeat for seven days after it was received, and not on the eighth", async () => {
  const seen = await createSeenMessages(pool, NO_BOUND);
  const id = randomUUID();
  await accept(seen, [{ id, day: TODAY }]);
  const days = [0, 1, 6, 7, 8, 30];
  const found = [];
  for (const after of days) found.push(await isSeen(seen, id, TODAY + after));
  expect(found).toEqual([true, true, true, true, false, false]);
  expect(await isSeen(seen, randomUUID(), TODAY)).toBe(false);
});

test("what was received seven days ago by the clock is kept, whatever the hour", async () => {
  const seen = await createSeenMessages(pool, NO_BOUND);
  const [first, last] = [randomUUID(), randomUUID()];
  const receivedMs = TODAY * DAY_MS + 1;
  await accept(seen, [{ id: first, day: dayOf(receivedMs) }, { id: last, day: dayOf(TODAY * DAY_MS + DAY_MS - 1) }]);
  const nowMs = receivedMs + 7 * DAY_MS;
  await seen.dropExpired(nowMs);
  expect(await isSeen(seen, first, dayOf(nowMs))).toBe(true);
  expect(await isSeen(seen, last, dayOf(nowMs))).toBe(true);
});

test("days that have left the window are dropped with their ids, the others stay", async () => {
  const seen = await createSeenMessages(pool, NO_BOUND);
  const ids = Array.from({ length: 12 }, () => randomUUID());
  for (const [ago, id] of ids.entries()) await accept(seen, [{ id, day: TODAY - ago }]);
  await seen.dropExpired(TODAY * DAY_MS);
  expect(await isSeen(seen, ids[11] ?? "", TODAY - 11), "a day into which history is played stays until it no longer is").toBe(true);
  await seen.dropExpired(TODAY * DAY_MS);
  const { rows } = await pool.query<{ day: number }>(`select day - date '1970-01-01' as day from message_seen order by day`);
  const kept = rows.map(({ day }) => TODAY - day);
  expect(kept).toEqual(expect.arrayContaining([0, 1, 2, 3, 4, 5, 6, 7]));
  expect(Math.max(...kept)).toBeLessThanOrEqual(8);
  expect(seen.window()).toEqual({ days: 7, ids: kept.length });
});

test("more ids than may be kept shorten the window by whole days, and it says so", async () => {
  const seen = await createSeenMessages(pool, 25);
  const ids = [];
  for (let ago = 6; ago >= 0; ago--) {
    const day = Array.from({ length: 10 }, () => ({ id: randomUUID(), day: TODAY - ago }));
    ids[ago] = day[0]?.id ?? "";
    await accept(seen, day);
  }
  await seen.dropExpired(TODAY * DAY_MS);
  expect(seen.window()).toEqual({ days: 1, ids: 20 });
  const found = [];
  for (const id of ids) found.push(await isSeen(seen, id, TODAY));
  expect(found).toEqual([true, true, false, false, false, false, false]);

  const next = await createSeenMessages(pool, NO_BOUND);
  await next.dropExpired(TODAY * DAY_MS);
  expect(next.window(), "the next process does not say more").toEqual({ days: 1, ids: 20 });
  await next.prepareDays([TODAY + 3]);
  await next.dropExpired((TODAY + 3) * DAY_MS);
  expect(next.window().days, "and it grows again day by day").toBe(4);
  await next.dropExpired((TODAY + 9) * DAY_MS);
  expect(next.window().days).toBe(7);
});

test("today's ids are kept however many there are", async () => {
  const seen = await createSeenMessages(pool, 5);
  const today = Array.from({ length: 50 }, () => ({ id: randomUUID(), day: TODAY }));
  await accept(seen, today);
  await seen.dropExpired(TODAY * DAY_MS);
  expect((await onClient((client) => seen.findSeen(client, today))).size).toBe(50);
  expect(seen.window().ids).toBe(50);
});

test("the next process knows every id that was committed, and none that was not", async () => {
  const before = await createSeenMessages(pool, NO_BOUND);
  const committed = Array.from({ length: 300 }, (_, i) => ({ id: randomUUID(), day: TODAY - (i % 8) }));
  const rolledBack = { id: randomUUID(), day: TODAY };
  await accept(before, committed);
  before.hold([rolledBack]);
  await onClient(async (client) => {
    await client.query("begin");
    await before.write(client, [rolledBack]);
    await client.query("rollback");
  });
  const after = await createSeenMessages(pool, NO_BOUND);
  const found = await onClient((client) => after.findSeen(client, [...committed, rolledBack].map(({ id }) => ({ id, day: TODAY }))));
  expect(found).toEqual(new Set(committed.map(({ id }) => id)));
  expect(after.window()).toEqual({ days: 7, ids: 300 });
});

test("an id that is being committed is found until its commit is over, and no longer when that failed", async () => {
  const seen = await createSeenMessages(pool, NO_BOUND);
  await seen.prepareDays([TODAY]);
  const sighting = { id: randomUUID(), day: TODAY };
  seen.hold([sighting]);
  expect(await isSeen(seen, sighting.id, TODAY)).toBe(true);
  seen.forget([sighting]);
  expect(await isSeen(seen, sighting.id, TODAY)).toBe(false);
  await accept(seen, [sighting]);
  expect(await isSeen(seen, sighting.id, TODAY)).toBe(true);
});

test("an id that only the filter holds for known is looked up and found to be new", async () => {
  const seen = await createSeenMessages(pool, NO_BOUND);
  await seen.prepareDays([TODAY]);
  const sighting = { id: randomUUID(), day: TODAY };
  // Held and given back: the filter keeps it, Postgres never had it.
  seen.hold([sighting]);
  seen.forget([sighting]);
  expect(await isSeen(seen, sighting.id, TODAY)).toBe(false);
});

test("the same messageId of another source or workspace is no repeat; of the same one it is, also after a restart", async () => {
  const pipeline = await startTestPipeline();
  try {
    const call = { type: "track", event: "Viewed", messageId: "same", userId: "u1" };
    await pipeline.send([call]);
    await pipeline.send([call], { sourceId: 2 });
    await pipeline.send([call], { workspaceId: 2 });
    await pipeline.restart();
    await pipeline.send([call, call]);
    await pipeline.send([call], { workspaceId: 2, sourceId: 2 });
    const outcomes = (await pipeline.events("message_id = 'same'")).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(["stored", "stored", "stored", "duplicate", "duplicate", "stored"]);
  } finally {
    await pipeline.stop();
  }
});

test("a clock that stands a month ahead for a while, at a start too, forgets no id", async () => {
  let aheadMs = 0;
  const pipeline = await startTestPipeline({ clock: { nowMs: () => Date.now() + aheadMs } });
  try {
    const call = { type: "track", event: "Viewed", messageId: "before", userId: "u1" };
    await pipeline.send([call]);
    aheadMs = 30 * DAY_MS;
    await pipeline.restart();
    aheadMs = 0;
    await pipeline.restart();
    await pipeline.send([call]);
    expect((await pipeline.events("message_id = 'before'")).map(({ outcome }) => outcome)).toEqual(["stored", "duplicate"]);
  } finally {
    await pipeline.stop();
  }
});

test("notes for other processes what is in force, whenever it changes", async () => {
  const noted = async () => (await pool.query(`select days, first_day - date '1970-01-01' as first_day from dedupe_window`)).rows[0];
  const ids = (count: number, day: number) => Array.from({ length: count }, () => ({ id: randomUUID(), day }));
  const seen = await createSeenMessages(pool, 10);
  await accept(seen, [...ids(4, TODAY - 3), ...ids(4, TODAY - 1), ...ids(1, TODAY)]);
  await seen.dropExpired(TODAY * DAY_MS);
  expect(await noted()).toEqual({ days: seen.window().days, first_day: TODAY - 3 });
  expect(seen.window().days).toBe(7);
  await accept(seen, ids(4, TODAY));
  await seen.dropExpired(TODAY * DAY_MS);
  expect(await noted(), "there were too many ids").toEqual({ days: 2, first_day: TODAY - 1 });
  const next = await createSeenMessages(pool, 1e9);
  await next.dropExpired((TODAY + 1) * DAY_MS);
  expect(await noted(), "a day later, in the next process").toEqual({ days: 3, first_day: TODAY - 1 });
});
