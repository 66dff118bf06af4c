import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type pg from "pg";
import { manualClock } from "../core/clock.ts";
import { startTestPostgres } from "../engines/testing.ts";
import { createSourceDirectory, hashWriteKey } from "./source-directory.ts";

let stop: () => Promise<void>;
let pool: pg.Pool;
const clock = manualClock(1_000_000);

beforeAll(async () => {
  const postgres = await startTestPostgres();
  stop = () => postgres.stop();
  pool = postgres.pool("test", 2);
  await pool.query(`
    insert into workspace (id, slug, name, log_partition) values (1, 'default', 'Default', 3);
    insert into source (id, workspace_id, slug, name, kind, allowed_origins, events_per_second)
      values (7, 1, 'website', 'Website', 'website', '{https://shop.example.com}', 50)`);
  await pool.query("insert into write_key (workspace_id, source_id, key_hash, prefix, events_per_second) values (1, 7, $1, 'key-on', 5)", [
    hashWriteKey("key-one"),
  ]);
});
afterAll(() => stop());

/** A pool that counts its queries, and fails while `isBroken`. */
function counting(): { pool: pg.Pool; queries: number; isBroken: boolean } {
  const state = { queries: 0, isBroken: false, pool };
  state.pool = new Proxy(pool, {
    get(target, name, receiver) {
      if (name !== "query") return Reflect.get(target, name, receiver) as unknown;
      return (query: pg.QueryConfig) => {
        state.queries++;
        return state.isBroken ? Promise.reject(new Error("gone")) : target.query(query);
      };
    },
  });
  return state;
}

describe("the source directory", () => {
  test("finds all that collection needs to know by a key, and nothing by any other", async () => {
    const directory = createSourceDirectory({ pool, clock });
    expect(await directory.find("key-one")).toEqual({
      workspaceId: 1,
      sourceId: 7,
      keyId: 1,
      slug: "website",
      name: "Website",
      kind: "website",
      partition: 3,
      enabled: true,
      revoked: false,
      allowedOrigins: ["https://shop.example.com"],
      eventsPerSecond: 50,
      keyEventsPerSecond: 5,
    });
    for (const key of ["key-on", "key-one ", "", "key-one\0", "\ud800"]) expect(await directory.find(key)).toBeUndefined();
  });

  test("answers at once what it knows, and sees a change within two seconds", async () => {
    const directory = createSourceDirectory({ pool, clock });
    expect((await directory.find("key-one"))?.enabled).toBe(true);
    await pool.query("update source set enabled = false where id = 7");
    expect(directory.find("key-one")).toMatchObject({ enabled: true });
    clock.advanceMs(2_001);
    expect(directory.find("key-one")).toBeInstanceOf(Promise);
    expect((await directory.find("key-one"))?.enabled).toBe(false);
    await pool.query("update source set enabled = true where id = 7");
    directory.forget();
    expect((await directory.find("key-one"))?.enabled).toBe(true);
  });

  test("sees a change at once after the clock was set back, however far", async () => {
    const directory = createSourceDirectory({ pool, clock });
    expect((await directory.find("key-one"))?.enabled).toBe(true);
    await pool.query("update source set enabled = false where id = 7");
    clock.advanceMs(-3_600_000);
    expect((await directory.find("key-one"))?.enabled).toBe(false);
    await pool.query("update source set enabled = true where id = 7");
    clock.advanceMs(3_600_000);
  });

  test("a key that is made after it was refused is found within two seconds", async () => {
    const directory = createSourceDirectory({ pool, clock });
    expect(await directory.find("key-two")).toBeUndefined();
    await pool.query("insert into write_key (workspace_id, source_id, key_hash, prefix, revoked_at) values (1, 7, $1, 'key-tw', now())", [
      hashWriteKey("key-two"),
    ]);
    clock.advanceMs(2_001);
    expect(await directory.find("key-two")).toMatchObject({ sourceId: 7, revoked: true });
  });

  test("under load reads a key once a second, and a thousand new keys in a few queries", async () => {
    const counted = counting();
    const directory = createSourceDirectory({ pool: counted.pool, clock });
    await Promise.all(Array.from({ length: 100 }, () => directory.find("key-one")));
    expect(counted.queries).toBe(1);
    clock.advanceMs(1_500);
    for (let i = 0; i < 100; i++) expect(directory.find("key-one")).toMatchObject({ sourceId: 7 });
    expect(counted.queries).toBe(2);
    await Promise.all(Array.from({ length: 1_000 }, (_, i) => directory.find(`wrong-${i}`)));
    expect(counted.queries).toBeLessThan(7);
  });

  test("goes on with what it knew while Postgres is away, and says so to the others", async () => {
    const counted = counting();
    const directory = createSourceDirectory({ pool: counted.pool, clock });
    await directory.find("key-one");
    counted.isBroken = true;
    clock.advanceMs(60_000);
    expect(await directory.find("key-one")).toMatchObject({ sourceId: 7 });
    await expect(Promise.resolve(directory.find("key-new"))).rejects.toMatchObject({ code: "unavailable" });
    counted.isBroken = false;
    expect(await directory.find("key-new")).toBeUndefined();
  });

  test("takes no more than ten thousand keys to look up at once", async () => {
    const directory = createSourceDirectory({ pool, clock });
    const asked = await Promise.allSettled(Array.from({ length: 10_050 }, (_, i) => Promise.resolve(directory.find(`flood-${i}`))));
    const refused = asked.filter((outcome) => outcome.status === "rejected");
    expect(refused).toHaveLength(50);
    expect(refused[0]?.reason).toMatchObject({ code: "overloaded" });
  });

  test("goes on with a known key, however old, while a flood of wrong keys is being looked up", async () => {
    const directory = createSourceDirectory({ pool, clock });
    await directory.find("key-one");
    clock.advanceMs(60_000);
    const flood = Promise.allSettled(Array.from({ length: 10_050 }, (_, i) => Promise.resolve(directory.find(`deluge-${i}`))));
    expect(directory.find("key-one")).toMatchObject({ sourceId: 7 });
    await flood;
    expect(directory.find("key-one"), "and reads it again afterwards").toBeInstanceOf(Promise);
  });
});
