// An evaluator that ends anywhere, without a word, leaves memberships right and tells nothing twice: what it committed stands, what it
// did not is done by the next. A commit that fails stands for a kill before it, an error after it for a kill behind it.
import type { Pool, PoolClient } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startEvaluatorBench, type EvaluatorBench } from "./testing-evaluator.ts";

const did = (event: string, value = 1) => ({ kind: "event" as const, event, measure: { of: "count" as const }, op: "at_least" as const, value });

let bench: EvaluatorBench;
let names = 0;
beforeAll(async () => {
  bench = await startEvaluatorBench();
});
afterAll(() => bench?.stop());
beforeEach(() => bench.restart());

const fresh = (word = "u"): string => `${word}-${names++}`;
const track = (userId: string, event: string): object => ({ type: "track", event, userId, timestamp: new Date(bench.clock.ms).toISOString() });

/** A pool whose n-th commit fails, before or after it was made. */
function breakingPool(pool: Pool, nth: number, where: "before" | "after"): Pool {
  let commits = 0;
  const connect = async (): Promise<PoolClient> => {
    const client = await pool.connect();
    const query = client.query.bind(client);
    const release = client.release.bind(client);
    const isHit = (text: unknown): boolean => text === "commit" && ++commits === nth;
    Object.assign(client, {
      async query(text: string, values?: unknown[]) {
        if (!isHit(text)) return query(text, values);
        if (where === "after") await query("commit");
        throw new Error("killed");
      },
      release(isBroken?: boolean) {
        Object.assign(client, { query, release });
        release(isBroken);
      },
    });
    return client;
  };
  return new Proxy(pool, { get: (target, name) => (name === "connect" ? connect : typeof target[name as keyof Pool] === "function" ? (target[name as keyof Pool] as () => unknown).bind(target) : target[name as keyof Pool]) });
}

/** Catches up with evaluators of which each dies at its n-th commit, until one gets through. */
async function killedEverywhere(where: "before" | "after", limits = {}): Promise<number> {
  for (let nth = 1; ; nth++) {
    bench.restart({ pool: breakingPool(bench.pipeline.pool, nth, where), limits });
    const error = await bench.catchUp().then(() => undefined, (reason: unknown) => reason as Error);
    if (error === undefined) {
      bench.restart();
      return nth - 1;
    }
    expect(error.message).toBe("killed");
    if (nth > 200) throw new Error("It never gets through.");
  }
}

async function expectToldOnce(slugs: readonly string[]): Promise<void> {
  const news = (await bench.news()).filter((one) => slugs.some((slug) => one.startsWith(`${slug} `)));
  const changes = await bench.changes();
  const standing = new Map<string, boolean>();
  for (const { audienceId, profileId, entered } of changes) {
    const key = `${audienceId} ${profileId}`;
    // Nobody enters who is in, nor leaves who is out.
    expect(standing.get(key) ?? false).toBe(!entered);
    standing.set(key, entered);
  }
  expect(new Set(changes.map(({ seq }) => seq)).size).toBe(changes.length);
  expect(news.length).toBeGreaterThan(0);
}

for (const where of ["before", "after"] as const) {
  test(`killed ${where} any commit of a batch`, async () => {
    const [slug, other, event] = [fresh("a"), fresh("b"), fresh("E")];
    await bench.audience(slug, did(event));
    await bench.audience(other, did(event, 2));
    await bench.news();
    const users = [fresh(), fresh(), fresh()];
    await bench.send(users.flatMap((user, i) => Array.from({ length: i + 1 }, () => track(user, event))));
    expect(await killedEverywhere(where)).toBeGreaterThan(0);
    expect(await Promise.all(users.map((user) => bench.of(user)))).toEqual([[slug], [slug, other], [slug, other]]);
    await expectToldOnce([slug, other]);
    await bench.check();
  });

  test(`killed ${where} any commit of a fill and of a new version`, async () => {
    const [slug, event, next] = [fresh("a"), fresh("E"), fresh("F")];
    const users = Array.from({ length: 23 }, () => fresh());
    await bench.send(users.map((user, i) => track(user, i < 15 ? event : next)));
    await bench.news();
    const id = await bench.audience(slug, did(event));
    // Several chunks.
    expect(await killedEverywhere(where, { fillChunk: 4 })).toBeGreaterThan(3);
    await expectToldOnce([slug]);
    expect(await bench.row(id)).toMatchObject({ status: "active", size: 15 });
    await bench.change(id, did(next));
    expect(await killedEverywhere(where, { fillChunk: 4 })).toBeGreaterThan(3);
    await expectToldOnce([slug]);
    expect(await bench.row(id)).toMatchObject({ status: "active", size: 8 });
    await bench.check();
  });
}

test("what happens while a fill is written counts, and is told once", async () => {
  const [slug, other, event] = [fresh("a"), fresh("b"), fresh("E")];
  const users = Array.from({ length: 12 }, () => fresh());
  await bench.send(users.map((user) => track(user, event)));
  bench.restart({ limits: { fillChunk: 3 } });
  await bench.audience(other, did(event, 2));
  await bench.news();
  const id = await bench.audience(slug, { any: [did(event, 3), { all: [did(event), { not: did(event, 2) }] }] });
  const { pool } = bench.pipeline;
  // Somebody does something between the query over everybody and the end of the writing: once they leave it, and once they are back.
  let sent = 0;
  let told = 0;
  bench.restart({
    limits: { fillChunk: 3 },
    pool: new Proxy(pool, { get: (target, name) => {
      if (name !== "connect") return typeof target[name as keyof Pool] === "function" ? (target[name as keyof Pool] as () => unknown).bind(target) : target[name as keyof Pool];
      return async (): Promise<PoolClient> => {
        if (sent < 6) await bench.send([track(users[sent % 4]!, event)]);
        sent++;
        told++;
        return target.connect();
      };
    } }),
  });
  await bench.catchUp();
  expect(told).toBeGreaterThan(6);
  await bench.check();
  await expectToldOnce([slug]);
  // Two did it three times, two twice, and the rest once.
  expect(await bench.row(id)).toMatchObject({ status: "active", size: 10 });
});

test("what was decided, but had not reached ClickHouse, gets there once", async () => {
  const [slug, event, user] = [fresh("a"), fresh("E"), fresh()];
  await bench.audience(slug, did(event));
  await bench.news();
  await bench.send([track(user, event)]);
  // Commits while nothing is sent; then another process finds the block.
  await bench.pipeline.paused(() => bench.evaluator().catchUp());
  expect((await bench.news()).filter((one) => one.startsWith(slug))).toEqual([`${slug} + event`]);
  await bench.pipeline.restart();
  expect((await bench.news()).filter((one) => one.startsWith(slug))).toEqual([]);
});
