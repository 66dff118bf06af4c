// Against real engines and the whole pipeline: what is counted is what a plain count of the calls sent gives.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { FieldPlace } from "@tributary/schema/field.ts";
import { manualClock, systemClock } from "../core/clock.ts";
import { quietLogger } from "../engines/testing.ts";
import { landedBefore } from "../pipeline/outbox/landed-before.ts";
import { startTestPipeline, type TestPipeline } from "../pipeline/testing.ts";
import { createObserver, type Observer, type ObserverOptions } from "./observer.ts";
import type { ObservedLimits } from "./observed-limits.ts";

interface Call {
  readonly type: string;
  readonly event?: string;
  readonly traits?: Record<string, unknown>;
  readonly properties?: Record<string, unknown>;
  readonly context?: Record<string, unknown>;
  readonly [more: string]: unknown;
}

describe("the observer", () => {
  let pipeline: TestPipeline;
  let observer: Observer;

  beforeAll(async () => {
    pipeline = await startTestPipeline();
  });
  afterAll(() => pipeline.stop());
  beforeEach(async () => {
    await pipeline.pool.query(`truncate observed_place, observed_event, observed_field, observed_event_day, observed_field_day, observed_example, observed_beyond`);
    await skipHistory(pipeline);
    observer = observerOf(pipeline);
  });

  test("counts what a plain count of the same calls gives, in slices of any size", async () => {
    const random = dice(20_260);
    const calls = Array.from({ length: 240 }, (_, i) => randomCall(random, i));
    observer = observerOf(pipeline, { limits: { sliceRowsMax: 90 } });
    for (let from = 0; from < calls.length; from += 40) {
      await pipeline.send(calls.slice(from, from + 40));
      if (from % 120 === 0) await observer.catchUp();
    }
    await observer.catchUp();
    expect(await countedEvents(pipeline)).toEqual(plainEvents(calls));
    expect(listsTogether(await countedFields(pipeline))).toEqual(listsTogether(plainFields(calls)));
    expect(await daysOf(pipeline)).toEqual({ events: 240, days: 1 });
  });

  test("tells contexts of the same names apart by what lies in them, however deep", async () => {
    const values = [{ id: "a" }, { id: 1 }, { id: -2.5 }, { id: null }, { id: { deep: 1 } }, { id: { deep: 2 } }, { id: { deep: "x" } }, { id: [1] }, [1], "text", true, null];
    await pipeline.send(values.map((thing, i) => ({ type: "track", event: "Deep", userId: `deep-${i}`, context: { thing } })));
    await observer.catchUp();
    const fields = await countedFields(pipeline);
    expect(fields).toMatchObject({
      "context thing.id": { count: 4, text: 1, number: 2, list: 1 },
      "context thing.id.deep": { count: 3, number: 2, text: 1 },
      "context thing": { count: 3, list: 1, text: 1, boolean: 1 },
    });
  });

  test("counts each row once when it is killed in the middle, and begins where it was", async () => {
    const calls = Array.from({ length: 30 }, (_, i) => ({ type: "track", event: "Killed", userId: `k-${i}`, properties: { n: i } }));
    await pipeline.send(calls.slice(0, 20));
    // Dies in the transaction that writes: the place has moved, and the counts have not been committed.
    const dying = observerOf(pipeline, { pool: failingPool(pipeline, "observed_field_day") });
    await expect(dying.catchUp()).rejects.toThrow("killed here");
    expect(await countedEvents(pipeline)).toEqual({});
    // Dies before the answer to its commit comes: what was written counts, and is not counted again.
    const deaf = observerOf(pipeline, { pool: failingPool(pipeline, "commit", true) });
    await expect(deaf.catchUp()).rejects.toThrow("killed here");
    expect(await countedEvents(pipeline)).toEqual({ "track Killed": 20 });
    await observerOf(pipeline).catchUp();
    await pipeline.send(calls.slice(20));
    await Promise.all([observerOf(pipeline).catchUp(), observerOf(pipeline).catchUp()]);
    expect(await countedEvents(pipeline)).toEqual({ "track Killed": 30 });
    expect(await countedFields(pipeline)).toMatchObject({ "property Killed n": { count: 30, number: 30 } });
  });

  test("counts neither repeats nor what was held", async () => {
    const call = { type: "track", event: "Once", userId: "once", messageId: "sent-twice-to-the-observer", properties: { a: 1 } };
    await pipeline.send([call]);
    await pipeline.send([call, { type: "track", userId: "no-name" }]);
    await observer.catchUp();
    expect(await countedEvents(pipeline)).toEqual({ "track Once": 1 });
  });

  test("lists no more than its limits, and counts what they leave out", async () => {
    observer = observerOf(pipeline, { limits: { eventsMax: 50, fieldsPerEventMax: 10 } });
    for (let part = 0; part < 10; part++) {
      await pipeline.send(Array.from({ length: 2_000 }, (_, i) => ({ type: "track", event: `Name ${part}-${i}`, userId: "many" })));
    }
    await pipeline.send([{ type: "track", event: "Name 0-0", userId: "many", properties: Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`field${i}`, i])) }]);
    await observer.catchUp();
    const events = await countedEvents(pipeline);
    const fields = await countedFields(pipeline);
    expect(Object.keys(events).length).toBe(50);
    expect(Object.keys(fields).length).toBe(events["track Name 0-0"] === undefined ? 0 : 10);
    const { rows } = await pipeline.pool.query<{ events: string; fields: string }>(`select events, fields from observed_beyond where workspace_id = 1`);
    const listed = Object.values(events).reduce((sum, count) => sum + count, 0);
    expect(Number(rows[0]?.events)).toBe(20_001 - listed);
    // Those that are listed go on being counted, and nothing new comes to them.
    await pipeline.send([{ type: "track", event: Object.keys(events)[7]!.slice("track ".length), userId: "many" }, { type: "track", event: "A new name", userId: "many" }]);
    await observer.catchUp();
    expect(Object.keys(await countedEvents(pipeline)).length).toBe(50);
    expect(Object.values(await countedEvents(pipeline)).reduce((sum, count) => sum + count, 0)).toBe(listed + 1);
  });

  test("reads lists of objects under whatever name, and is held up by none", async () => {
    const names = ["", ".", "a..b", ".c", "d.", "`", "\\", "{partition:UInt16}", "line\nbreak", "?", "'", "x[]", "^y", "z.:String", "null\0byte", "🦆"];
    await pipeline.send(names.map((name, i) => ({ type: "track", event: "Odd", userId: `odd-${i}`, properties: { [name]: [{ sku: "s" }], in: { [name]: [{ sku: "s" }] } } })));
    await pipeline.send([{ type: "track", event: "Plain", userId: "odd", properties: { products: [{ sku: "s" }] } }]);
    await observer.catchUp();
    expect(await countedEvents(pipeline)).toEqual({ "track Odd": names.length, "track Plain": 1 });
    const fields = Object.keys(await countedFields(pipeline));
    for (const path of ["`", "\\", "'", "{partition:UInt16}", "line\nbreak", "in.x[]", "in.🦆"]) expect(fields).toContain(`property Odd ${path}.sku`);
    expect(fields).toContain("property Plain products.sku");
  });

  test("asks for many long names in values that any server takes", async () => {
    const long = (i: number): string => `${i} ${"'é".repeat(250)}`;
    await pipeline.send(Array.from({ length: 300 }, (_, i) => ({ type: "track", event: long(i), userId: "long", properties: { n: i } })));
    const sizes: number[] = [];
    const client = pipeline.clickhouse.client("evaluate");
    const measured = new Proxy(client, {
      get: (target, name) => (name !== "query" ? Reflect.get(target, name, target) : (wish: Parameters<typeof client.query>[0]) => {
        for (const value of Object.values(wish.query_params ?? {})) sizes.push(Buffer.byteLength(JSON.stringify(value)));
        return client.query(wish);
      }),
    });
    observer = observerOf(pipeline, { clickhouse: measured });
    await observer.catchUp();
    await pipeline.send([{ type: "track", event: long(299), userId: "long", properties: { n: 1 } }]);
    await observer.catchUp();
    expect(Object.keys(await countedEvents(pipeline)).length).toBe(300);
    expect((await countedEvents(pipeline))[`track ${long(299)}`]).toBe(2);
    expect((await countedFields(pipeline))[`property ${long(299)} n`]).toMatchObject({ count: 2 });
    expect(Math.max(...sizes)).toBeLessThan(128 * 1024);
  });

  test("takes less at a time where the engine can't count a whole slice", async () => {
    for (let part = 0; part < 6; part++) await pipeline.send(Array.from({ length: 4 }, (_, i) => ({ type: "track", event: "Small steps", userId: `s-${part}-${i}` })));
    const client = pipeline.clickhouse.client("evaluate");
    const short = new Proxy(client, {
      get: (target, name) => (name !== "query" ? Reflect.get(target, name, target) : async (wish: Parameters<typeof client.query>[0]) => {
        const { from, before } = wish.query_params as { from: number; before: number };
        if (!wish.query.includes("group by block_id") && before - from > 6) throw new Error("memory limit exceeded");
        return client.query(wish);
      }),
    });
    observer = observerOf(pipeline, { clickhouse: short, limits: { sliceRowsMax: 32 } });
    let failures = 0;
    while (failures < 10 && !(await observer.catchUp().then(() => true, () => false))) failures++;
    expect(failures).toBeGreaterThan(0);
    expect(await countedEvents(pipeline)).toEqual({ "track Small steps": 24 });
  });

  test("keeps workspaces apart that share a partition", async () => {
    await pipeline.send([{ type: "track", event: "Ours", userId: "a", properties: { mine: "x" } }]);
    await pipeline.send([{ type: "track", event: "Theirs", userId: "a", properties: { yours: "y" } }], { workspaceId: 2, sourceId: 2 });
    await observer.catchUp();
    expect(await countedEvents(pipeline)).toEqual({ "track Ours": 1 });
    expect(await countedEvents(pipeline, 2)).toEqual({ "track Theirs": 1 });
    expect(Object.keys(await countedFields(pipeline, 2))).toEqual(["property Theirs yours"]);
    expect(await examples(pipeline, 2)).toEqual(["y"]);
  });

  test("keeps a few examples, short, and says what the values looked like", async () => {
    await pipeline.send(Array.from({ length: 12 }, (_, i) => ({ type: "track", event: "Signed up", userId: `s-${i}`, properties: { contact: `person${i}@example.com`, essay: "é".repeat(5_000) } })));
    await observer.catchUp();
    const { rows } = await pipeline.pool.query<{ path: string; sampled: number; looks: object }>(`select path, sampled, looks from observed_field order by path`);
    expect(rows.find(({ path }) => path === "contact")).toMatchObject({ looks: { email: expect.any(Number) } });
    expect(rows.find(({ path }) => path === "essay")).toMatchObject({ looks: {} });
    const kept = await examples(pipeline);
    expect(kept.filter((value) => value.includes("@")).length).toBeGreaterThanOrEqual(3);
    expect(kept.filter((value) => value.includes("@")).length).toBeLessThanOrEqual(5);
    expect(Math.max(...kept.map((value) => value.length))).toBe(120);
  });

  test("drops the examples of a suppressed person, and keeps no new ones", async () => {
    await pipeline.send([{ type: "identify", userId: "leaves", traits: { nickname: "Leaver" } }, { type: "identify", userId: "stays", traits: { nickname: "Stayer" } }]);
    const begun = await pipeline.pool.query<{ partition: number; block_id: string }>(`select partition, block_id from observed_place`);
    await observer.catchUp();
    expect(await examples(pipeline)).toEqual(["Leaver", "Stayer"]);
    const person = await pipeline.person("user_id", "leaves");
    await pipeline.control({ kind: "profile.suppress", profileId: person?.id ?? "" });
    await observer.catchUp();
    expect(await examples(pipeline)).toEqual(["Stayer"]);
    // Reading everything again, as after an upgrade, meets the rows of before.
    await pipeline.pool.query(`truncate observed_example, observed_field cascade`);
    for (const { partition, block_id } of begun.rows) await pipeline.pool.query(`update observed_place set block_id = $2 where partition = $1`, [partition, block_id]);
    await observerOf(pipeline, { limits: { sliceRowsMax: 2 } }).catchUp();
    expect(await examples(pipeline)).toEqual(["Stayer"]);
  });

  test("lets events that wait come first, but not for ever", async () => {
    const clock = manualClock(Date.UTC(2026, 10, 22));
    await pipeline.send([{ type: "track", event: "Busy", userId: "b-1" }]);
    let asked = 0;
    const busy = observerOf(pipeline, { clock, pollMs: 5, isBusy: () => (asked++, true) });
    await expect.poll(() => asked).toBeGreaterThan(5);
    expect(await countedEvents(pipeline)).toEqual({});
    clock.advanceMs(11 * 60_000);
    await expect.poll(() => countedEvents(pipeline)).toEqual({ "track Busy": 1 });
    await busy.stop();
  });

  test("asks ClickHouse nothing while nothing lands", async () => {
    await pipeline.send([{ type: "track", event: "Then silence", userId: "s" }]);
    let asked = 0;
    const client = pipeline.clickhouse.client("evaluate");
    const counting = new Proxy(client, { get: (target, name) => (name === "query" && asked++, Reflect.get(target, name, target).bind?.(target) ?? Reflect.get(target, name, target)) });
    observer = observerOf(pipeline, { clickhouse: counting });
    await observer.catchUp();
    expect(asked).toBeGreaterThan(0);
    asked = 0;
    await observer.catchUp();
    await observer.catchUp();
    expect(asked).toBe(0);
  });
});

function observerOf(pipeline: TestPipeline, changes: Partial<Omit<ObserverOptions, "limits">> & { readonly limits?: Partial<ObservedLimits> } = {}): Observer {
  return createObserver({
    pool: pipeline.pool, clickhouse: pipeline.clickhouse.client("evaluate"), partitions: 2, landedBefore: (partition) => landedBefore(pipeline.pool, partition),
    clock: systemClock, logger: quietLogger, pollMs: Infinity, ...changes,
  });
}

/** Each test counts its own events alone. */
async function skipHistory(pipeline: TestPipeline): Promise<void> {
  for (const partition of [0, 1]) {
    await pipeline.pool.query(`insert into observed_place (partition, block_id) values ($1, $2)`, [partition, await landedBefore(pipeline.pool, partition)]);
  }
}

/** A pool whose statements that hold this text fail: before they are run, or after. */
function failingPool(pipeline: TestPipeline, text: string, after = false): ObserverOptions["pool"] {
  const connect = async () => {
    const client = await pipeline.pool.connect();
    return new Proxy(client, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (name !== "query" || typeof value !== "function") return typeof value === "function" ? value.bind(target) : value;
        return async (...args: unknown[]) => {
          const fails = String(args[0]).includes(text);
          if (fails && !after) throw new Error("killed here");
          const result: unknown = await value.apply(target, args);
          if (fails) throw new Error("killed here");
          return result;
        };
      },
    });
  };
  return new Proxy(pipeline.pool, {
    get: (target, name) => (name === "connect" ? connect : typeof Reflect.get(target, name, target) === "function" ? Reflect.get(target, name, target).bind(target) : Reflect.get(target, name, target)),
  });
}

async function countedEvents(pipeline: TestPipeline, workspaceId = 1): Promise<Record<string, number>> {
  const { rows } = await pipeline.pool.query<{ type: string; event: string; count: string }>(`select type, event, count from observed_event where workspace_id = $1`, [workspaceId]);
  return Object.fromEntries(rows.map((row) => [`${row.type} ${row.event}`, Number(row.count)]));
}

type Counted = Record<string, { count: number; text: number; number: number; boolean: number; list: number; objects: number }>;

async function countedFields(pipeline: TestPipeline, workspaceId = 1): Promise<Counted> {
  const { rows } = await pipeline.pool.query<Record<string, string>>(`select * from observed_field where workspace_id = $1`, [workspaceId]);
  return Object.fromEntries(rows.map((row) => [`${row["place"]} ${row["event"]}${row["event"] === "" ? "" : " "}${row["path"]}`, {
    count: Number(row["count"]), text: Number(row["as_text"]), number: Number(row["as_number"]), boolean: Number(row["as_boolean"]), list: Number(row["as_list"]), objects: Number(row["as_objects"]),
  }]));
}

async function daysOf(pipeline: TestPipeline): Promise<{ events: number; days: number }> {
  const { rows } = await pipeline.pool.query<{ events: string; days: string }>(`select sum(count) as events, count(distinct day) as days from observed_event_day`);
  return { events: Number(rows[0]?.events), days: Number(rows[0]?.days) };
}

async function examples(pipeline: TestPipeline, workspaceId = 1): Promise<string[]> {
  const { rows } = await pipeline.pool.query<{ value: string }>(`select value from observed_example where workspace_id = $1 order by value`, [workspaceId]);
  return rows.map(({ value }) => value);
}

/** The column takes an empty list for one of objects where such stand beside it. */
function listsTogether(counted: Counted): Counted {
  return Object.fromEntries(Object.entries(counted).map(([name, one]) => [name, { ...one, list: one.list + one.objects, objects: 0 }]));
}

// ── The plain count ───────────────────────────────────────────────────────────────────────────────────────────────────

function plainEvents(calls: readonly Call[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const call of calls) {
    const name = `${call.type} ${call.event ?? call.type}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

function plainFields(calls: readonly Call[]): Counted {
  const counts: Counted = {};
  for (const call of calls) {
    const place: FieldPlace = call.type === "identify" ? "trait" : call.type === "group" ? "account" : "property";
    const prefix = place === "property" ? `property ${call.event ?? call.type} ` : `${place} `;
    const seen = new Map<string, Set<string>>();
    plainPaths(call.traits ?? call.properties ?? {}, "", prefix, seen, true);
    plainPaths(call.context ?? {}, "", "context ", seen, false);
    for (const [path, types] of seen) {
      const entry = (counts[path] ??= { count: 0, text: 0, number: 0, boolean: 0, list: 0, objects: 0 });
      entry.count++;
      for (const type of types) entry[type as "text"]++;
    }
  }
  return counts;
}

function plainPaths(value: unknown, path: string, prefix: string, seen: Map<string, Set<string>>, withItems: boolean): void {
  if (value === null || value === undefined) return;
  const add = (type: string): void => void seen.set(prefix + path, (seen.get(prefix + path) ?? new Set()).add(type));
  if (Array.isArray(value)) {
    const isObjects = value.length > 0 && value.every((item) => typeof item === "object" && item !== null && !Array.isArray(item));
    add(isObjects ? "objects" : "list");
    if (isObjects && withItems) for (const item of value) plainPaths(item, path, prefix, seen, false);
  } else if (typeof value === "object") {
    for (const [name, inner] of Object.entries(value)) plainPaths(inner, path === "" ? name : `${path}.${name}`, prefix, seen, withItems);
  } else add(typeof value === "string" ? "text" : typeof value);
}

// ── Random calls ──────────────────────────────────────────────────────────────────────────────────────────────────────

function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

function randomCall(random: (sides: number) => number, i: number): Call {
  const common = { messageId: `observed-${i}`, userId: `u-${random(20)}`, context: randomObject(random, 2, false) };
  const kind = random(6);
  if (kind === 0) return { ...common, type: "identify", traits: randomObject(random, 2, true) };
  if (kind === 1) return { ...common, type: "group", groupId: `g-${random(3)}`, traits: randomObject(random, 1, true) };
  if (kind === 2) return { ...common, type: "page", properties: randomObject(random, 2, true) };
  return { ...common, type: "track", event: `Event ${random(5)}`, properties: randomObject(random, 3, true) };
}

const NAMES = ["a", "b", "c d", "e'f", "g`h", "i\\j", "kind", "ünïcode", "total", "\"quoted\""];

function randomObject(random: (sides: number) => number, depth: number, withLists: boolean): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (let i = random(5); i > 0; i--) object[NAMES[random(NAMES.length)] ?? ""] = randomValue(random, depth, withLists);
  if (withLists && random(3) === 0) object[LISTS[random(LISTS.length)] ?? ""] = randomItems(random);
  return object;
}

/** Names of their own: a list that is mixed once makes the column take lists of objects beside it for mixed ones. */
const LISTS = ["products", "lines of `it`", "o'clock"];

function randomItems(random: (sides: number) => number): object[] {
  return Array.from({ length: random(4) }, () => ({ sku: `s-${random(3)}`, price: random(2) === 0 ? random(9) : `${random(9)}`, ...(random(3) === 0 ? { tags: ["x"] } : {}), ...(random(4) === 0 ? { more: [{ x: 1 }] } : {}) }));
}

function randomValue(random: (sides: number) => number, depth: number, withLists: boolean): unknown {
  switch (random(withLists ? 8 : 6)) {
    case 0: return random(1_000);
    case 1: return random(1_000) / 8;
    case 2: return random(2) === 0;
    case 3: return null;
    case 4: return depth > 0 ? randomObject(random, depth - 1, withLists) : "leaf";
    case 5: return `text ${random(5)}`;
    case 6: return Array.from({ length: random(3) }, () => `item ${random(3)}`);
    default: return ["mixed", random(3), true];
  }
}
