import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { DefinitionInput } from "@tributary/schema/audience/definition.ts";
import { presentDestination } from "../destinations/destinations.ts";
import { startEvaluatorBench, type EvaluatorBench } from "../audiences/testing.ts";
import { emptyVocabulary, resolveVocabulary } from "@tributary/schema/audience/vocabulary.ts";
import { readHoldOut } from "./hold-out.ts";
import { isHeldOut } from "./pick-changes.ts";
import { emptyAudience, emptyDestination } from "./empty-at-vendor.ts";
import { answerStop, countTold, readStops, readSyncs, startSync, stopSync, type StoredSync, type SyncWish } from "./syncs.ts";
import { good, startDeliveryBench, type DeliveryBench } from "./testing.ts";
import { differenceOf, t975 } from "./welch.ts";

let audiences: EvaluatorBench;
let bench: DeliveryBench;
beforeAll(async () => {
  audiences = await startEvaluatorBench();
  bench = await startDeliveryBench({ sliceRows: 4, quietMs: 1_000 }, audiences.pipeline);
});
afterAll(async () => {
  await bench.stop();
  await audiences.stop();
});
afterEach(async () => {
  bench.vendor.answer = good;
  await audiences.pipeline.pool.query("update destination set enabled = false");
});

const did = (event: string): DefinitionInput["who"] => ({ kind: "event", event, op: "at_least", value: 1 });
const mapping = { who: { "@path": "$.userId" }, in: { "@path": "$.properties.club" }, email: { "@path": "$.context.traits.email" } };

interface Club {
  readonly audience: number;
  readonly destination: number;
  readonly subscription: number;
  readonly of: { readonly workspaceId: number; readonly subscriptionId: number };
  /** Sends that these people did something. */
  does(event: string, ...people: string[]): Promise<void>;
  /** Everything has come as far as it comes. */
  settled(): Promise<void>;
  /** Since it was asked last, in the order of its coming: "+ada" or "-ada", by whom or by which address. */
  news(): Promise<string[]>;
  /** Who is in it at the vendor. */
  atVendor(): string[];
  told(): Promise<number>;
  sync(wish: Pick<SyncWish, "kind" | "afterwards">): Promise<StoredSync>;
  syncNow(): Promise<StoredSync | undefined>;
}

let clubs = 0;

async function club(more: { readonly trigger?: object; readonly subscription?: object } = {}): Promise<Club> {
  const prefix = `c${++clubs}`;
  const { pool } = audiences.pipeline;
  const [joined] = [`${prefix} Joined`];
  const audience = await audiences.audience(prefix, did(joined));
  await pool.query("update audience set slug = 'club' where id = $1 and not exists (select from audience where slug = 'club')", [audience]);
  const { rows: [row] } = await pool.query<{ slug: string }>("select slug from audience where id = $1", [audience]);
  const destination = await bench.destination();
  const subscription = await bench.subscribe(destination, {
    action: "many", trigger: { kind: "audience", audienceId: audience, ...more.trigger }, mapping: { ...mapping, in: { "@path": `$.properties.${row?.slug ?? ""}` } }, ...more.subscription,
  });
  const of = { workspaceId: 1, subscriptionId: subscription };
  const state = new Set<string>();
  let seen = bench.vendor.accepted.length;
  let newsSeen = seen;
  const lines = (from: number): string[] => bench.vendor.accepted.slice(from).filter(({ idempotencyKey }) => idempotencyKey.includes(`-${subscription}-`))
    .map(({ payload }) => `${payload["in"] === true ? "+" : "-"}${String(payload["who"])}`);
  const settled = async (): Promise<void> => {
    await audiences.catchUp();
    await audiences.pipeline.settled();
    // What a turn brings about (a stop that ends, a sync that is through) the next one acts upon.
    for (let i = 0; i < 2; i++) await bench.deliverer().catchUp();
  };
  const client = async <Answer>(work: (db: Parameters<typeof countTold>[0]) => Promise<Answer>): Promise<Answer> => {
    const db = await pool.connect();
    try {
      return await work(db);
    } finally {
      db.release();
    }
  };
  return {
    audience, destination, subscription, of, settled,
    async does(event, ...people) {
      await audiences.send(people.flatMap((userId) => [{ type: "identify", userId: `${prefix}-${userId}`, traits: { email: `${prefix}-${userId}@example.com` } }, { type: "track", userId: `${prefix}-${userId}`, event: `${prefix} ${event}` }]));
    },
    async news() {
      await settled();
      const found = lines(newsSeen).map((line) => line.replace(`${prefix}-`, "")).toSorted();
      newsSeen = bench.vendor.accepted.length;
      return found;
    },
    atVendor() {
      for (const line of lines(seen)) (line.startsWith("+") ? state.add.bind(state) : state.delete.bind(state))(line.slice(1 + prefix.length + 1));
      seen = bench.vendor.accepted.length;
      return [...state].toSorted();
    },
    told: () => client((db) => countTold(db, of)),
    async sync(wish) {
      const one = await client((db) => startSync(db, of, { ...wish, actor: "test", nowMs: Date.now() }));
      return one;
    },
    syncNow: async () => (await client((db) => readSyncs(db, of)))[0],
  };
}

const db = async <Answer>(work: (client: Parameters<typeof readStops>[0]) => Promise<Answer>): Promise<Answer> => {
  const client = await audiences.pipeline.pool.connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
};
const asked = async ({ of }: Club): Promise<Awaited<ReturnType<typeof readStops>>[number] | undefined> => (await db((client) => readStops(client, of)))[0];
const answer = async (one: Club, said: "go_on" | "drop"): Promise<void> => {
  await db(async (client) => answerStop(client, one.of, { stop: (await asked(one))?.id ?? 0, answer: said, actor: "test", nowMs: Date.now() }));
};
const seven = ["ann", "bob", "cyd", "dan", "eve", "fay", "gil"];

test("a definition that would take away or bring more than its share sends nothing before somebody answers; whoever must not be known leaves all the same", async () => {
  const one = await club();
  await one.does("Joined", ...seven);
  await one.does("Paid", "ann", "bob", "cyd", "new");
  expect(await one.news()).toEqual(seven.map((who) => `+${who}`));

  await audiences.change(one.audience, did(`c${clubs} Paid`));
  expect(await one.news()).toEqual([]);
  expect(await asked(one)).toMatchObject({ status: "asked", reasons: ["definition"], would_add: 1, would_remove: 4, people: 7 });
  await bench.kill();
  // What people do meanwhile waits behind it.
  await one.does("Paid", "late");
  expect(await one.news()).toEqual([]);
  const dan = await audiences.pipeline.person("user_id", `c${clubs}-dan`);
  await audiences.pipeline.control({ kind: "profile.suppress", profileId: dan?.id ?? "" });
  const eve = await audiences.pipeline.person("user_id", `c${clubs}-ann`);
  await audiences.pipeline.control({ kind: "profile.suppress", profileId: eve?.id ?? "" });
  expect(await one.news()).toEqual(["-ann"]);
  await answer(one, "go_on");
  await bench.kill();
  expect(await one.news()).toEqual(["+late", "+new", "-dan", "-eve", "-fay", "-gil"]);
  expect(one.atVendor()).toEqual(["bob", "cyd", "late", "new"]);
  expect(await one.told()).toBe(4);
});

test("a change that is left out is never sent, what came beside it is; one that is taken back asks nobody any more; a small one never did", async () => {
  const one = await club();
  await one.does("Joined", ...seven);
  await one.does("Paid", ...seven.slice(0, 5));
  expect(await one.news()).toHaveLength(7);
  await audiences.change(one.audience, did(`c${clubs} Paid`));
  expect((await one.news()).toSorted()).toEqual(["-fay", "-gil"]);
  expect(await asked(one)).toBeUndefined();

  await audiences.change(one.audience, did(`c${clubs} Nothing`));
  expect(await one.news()).toEqual([]);
  expect(await asked(one)).toMatchObject({ would_remove: 5, people: 5 });
  await audiences.change(one.audience, did(`c${clubs} Paid`));
  expect(await one.news()).toEqual([]);
  expect(await asked(one)).toMatchObject({ status: "over" });
  await bench.kill();
  expect(await one.news()).toEqual([]);

  await audiences.change(one.audience, did(`c${clubs} Nothing`));
  expect(await one.news()).toEqual([]);
  await one.does("Nothing", "hal");
  expect(await one.news()).toEqual([]);
  await answer(one, "drop");
  expect(await one.news()).toEqual(["+hal"]);
  expect(one.atVendor()).toEqual(["ann", "bob", "cyd", "dan", "eve", "hal"]);
});

test("an import is counted when nothing more has come of it for a while: what is small is sent, what is big is asked about", async () => {
  const one = await club({ subscription: { historical: true } });
  await one.does("Joined", ...seven);
  expect(await one.news()).toHaveLength(7);
  const imports = (...people: string[]): Promise<void> => audiences.send(people.map((userId) => ({ type: "track", userId: `c${clubs}-${userId}`, event: `c${clubs} Joined` })), { importId: clubs, historical: true });
  await imports("hal");
  expect(await one.news()).toEqual([]);
  bench.clock.ms += 1_500;
  expect(await one.news()).toEqual(["+hal"]);
  // Two by two: none of them is much by itself.
  for (const two of [["ida", "jon"], ["kim", "leo"]]) {
    await imports(...two);
    bench.clock.ms += 500;
    expect(await one.news()).toEqual([]);
  }
  bench.clock.ms += 1_500;
  expect(await one.news()).toEqual([]);
  expect(await asked(one)).toMatchObject({ status: "asked", reasons: ["import"], would_add: 4, would_remove: 0, people: 8 });
  await answer(one, "go_on");
  expect(await one.news()).toEqual(["+ida", "+jon", "+kim", "+leo"]);
});

test("everything sent anew mends what went wrong, at the vendor and in what was told, and reports it; killed in its middle it goes on", async () => {
  const one = await club({ subscription: { consent: ["ads"] } });
  const { pool } = audiences.pipeline;
  const says = (userId: string, ads: boolean): object => ({ type: "identify", userId: `c${clubs}-${userId}`, context: { consent: { categoryPreferences: { ads } } } });
  await audiences.send([...seven, "hal", "ida", "jon"].map((userId) => says(userId, userId !== "jon")));
  await one.does("Joined", ...seven, "hal", "ida", "jon");
  expect(await one.news()).toHaveLength(9);
  // A while later, so that how far it has come is written down.
  bench.clock.ms += 5_000;
  await one.does("Left", "zoe");
  await one.settled();
  const idOf = async (userId: string): Promise<string> => (await audiences.pipeline.person("user_id", `c${clubs}-${userId}`))?.id ?? "";
  // It was never told of two, and was told of one who is not in it.
  await pool.query("delete from delivery_member where subscription_id = $1 and profile_id = any($2::uuid[])", [one.subscription, [await idOf("ann"), await idOf("bob")]]);
  const zoe = { identifiers: [{ namespace: "user_id", value: `c${clubs}-zoe` }], traits: { email: `c${clubs}-zoe@example.com` } };
  await pool.query("insert into delivery_member (subscription_id, profile_id, workspace_id, person) values ($1, $2, 1, $3)", [one.subscription, await idOf("zoe"), JSON.stringify(zoe)]);

  await one.sync({ kind: "differences" });
  expect(await one.news()).toEqual(["+ann", "+bob", "-zoe"]);
  await one.settled();
  expect(await one.syncNow()).toMatchObject({ status: "done", total: 18, should: 9, missing: 2, too_many: 1, adds: 2, removes: 1 });

  // The vendor answers a few times and then never; then it is killed, twice.
  await one.sync({ kind: "all" });
  for (const answers of [2, 1]) {
    let left = answers;
    const { promise, resolve } = Promise.withResolvers<void>();
    bench.vendor.answer = (request) => {
      if (left-- > 0) return good(request);
      resolve();
      return new Promise(() => undefined);
    };
    void bench.deliverer().catchUp();
    await promise;
    await bench.kill();
  }
  bench.vendor.answer = good;
  await one.does("Joined", "kim");
  await audiences.send([says("ann", false), says("kim", true)]);
  const news = await one.news();
  // Each at least once; of the one who left meanwhile, that they left comes last.
  expect(new Set(news.filter((line) => line !== "+ann"))).toEqual(new Set([...seven.slice(1), "hal", "ida", "kim"].map((who) => `+${who}`).concat("-ann")));
  expect(one.atVendor()).toEqual(["bob", "cyd", "dan", "eve", "fay", "gil", "hal", "ida", "kim"]);
  await one.settled();
  expect(await one.syncNow()).toMatchObject({ kind: "all", status: "done", missing: 0, looked: 19 });
  expect(await one.told()).toBe(9);
  const { rows } = await pool.query("select from delivery_parked where subscription_id = $1", [one.subscription]);
  expect(rows).toEqual([]);

  // What the vendor refused of it is sent again when it is long over, as things stand then.
  bench.vendor.answer = (request) => request.items.map(() => ({ kind: "refused", code: "http_400", detail: "not today", status: 400 }));
  await one.sync({ kind: "all" });
  await one.settled();
  expect(await one.syncNow()).toMatchObject({ status: "done" });
  bench.vendor.answer = good;
  await one.news();
  await bench.log();
  await audiences.send([says("bob", false)]);
  expect(await one.news()).toEqual(["-bob"]);
  await pool.query("insert into delivery_replay (workspace_id, destination_id, wish, created_by) values (1, $1, '{}', 'test')", [one.destination]);
  expect(await one.news()).toEqual(["cyd", "dan", "eve", "fay", "gil", "hal", "ida", "kim"].map((who) => `+${who}`));
});

test("emptied at the vendor, and archived when it is through; stopped, it stays switched off", async () => {
  const one = await club();
  await one.does("Joined", ...seven);
  expect(await one.news()).toHaveLength(7);
  const { pool } = audiences.pipeline;
  await pool.query("update subscription set enabled = false where id = $1", [one.subscription]);
  let left = 1;
  bench.vendor.answer = (request) => (left-- > 0 ? good(request) : request.items.map(() => ({ kind: "retry", code: "http_503", detail: "Not now.", isOfDestination: true })));
  const begun = await one.sync({ kind: "empty", afterwards: "subscription" });
  await one.settled();
  await db((client) => stopSync(client, one.of, begun.id));
  bench.vendor.answer = good;
  bench.clock.ms += 120_000;
  await one.does("Joined", "new");
  await one.settled();
  expect(one.atVendor()).toHaveLength(4);

  await pool.query("update destination set enabled = false where id = $1", [one.destination]);
  await one.sync({ kind: "empty", afterwards: "subscription" });
  bench.clock.ms += 120_000;
  await one.settled();
  await one.settled();
  expect(one.atVendor()).toEqual([]);
  expect(await one.told()).toBe(0);
  expect(await one.syncNow()).toMatchObject({ status: "done", removes: 4 });
  expect((await pool.query("select status from subscription where id = $1", [one.subscription])).rows).toEqual([{ status: "archived" }]);
});

test("a destination, and an audience wherever it is sent, are gone when nobody is left at the vendor", async () => {
  const { pool } = audiences.pipeline;
  const by = { workspaceId: 1, actor: "test", nowMs: Date.now() };
  const one = await club();
  await one.does("Joined", "ann", "bob");
  const other = await club();
  await other.does("Joined", "cyd");
  await one.settled();
  const { rows: [slugs] } = await pool.query<{ destination: string; audience: string }>("select d.slug as destination, a.slug as audience from destination d, audience a where d.id = $1 and a.id = $2", [one.destination, other.audience]);
  const inOne = async (work: (client: Parameters<typeof readStops>[0]) => Promise<boolean>): Promise<boolean> => db(async (client) => {
    await client.query("begin");
    const answered = await work(client);
    await client.query("commit");
    return answered;
  });
  expect(await inOne(async (client) => emptyDestination(client, by, await presentDestination(client, 1, slugs?.destination ?? "")))).toBe(true);
  expect(await inOne((client) => emptyAudience(client, by, slugs?.audience ?? ""))).toBe(true);
  await one.settled();
  await one.settled();
  expect([one.atVendor(), other.atVendor()]).toEqual([[], []]);
  const { rows } = await pool.query("select (select status from destination where id = $1) as destination, (select status from audience where id = $2) as audience", [one.destination, other.audience]);
  expect(rows).toEqual([{ destination: "archived", audience: "archived" }]);
});

test("what difference it makes: people, orders and net revenue of those who are sent and of those who are held out, since they were assigned", async () => {
  const one = await club({ trigger: { holdOut: 0.5 } });
  const prefix = `c${clubs}`;
  const people = Array.from({ length: 90 }, (_, i) => `p${i}`);
  const startMs = audiences.clock.ms;
  const order = (i: number, id: string, total: number, more: object = {}): object => ({ type: "track", userId: `${prefix}-p${i}`, event: "Order Completed", properties: { order_id: id, total }, ...more });
  const joins = (from: number, to: number): object[] => people.slice(from, to).map((who) => ({ type: "track", userId: `${prefix}-${who}`, event: `${prefix} Joined` }));
  // Before anybody was assigned: it counts for nobody. One of those who come first is held out, so that there is a beginning.
  await audiences.send([...people.map((_, i) => order(i, `before-${i}`, 5_000, { timestamp: new Date(startMs - 60_000).toISOString() })), ...joins(0, 90)]);
  await one.settled();
  audiences.clock.ms = bench.clock.ms + 60_000;
  const calls = people.flatMap((_, i) => [
    // Told by two sources, once with another value.
    ...(i % 2 === 0 ? [order(i, `o-${i}`, 10 + i), order(i, `o-${i}`, 999)] : []), ...(i % 5 === 0 ? [order(i, `second-${i}`, 20.25)] : []),
    ...(i % 10 === 0 ? [{ type: "track", userId: `${prefix}-p${i}`, event: "Order Refunded", properties: { order_id: `o-${i}`, total: 4.5 } }] : []),
  ]);
  await audiences.send(calls);
  // Two who turn out to be one.
  const ids = await Promise.all(people.map(async (who) => (await audiences.pipeline.person("user_id", `${prefix}-${who}`))?.id ?? ""));
  const isHeld = (i: number): boolean => isHeldOut(ids[i] ?? "", one.subscription, 0.5);
  const [a, b] = [people.findIndex((_, i) => isHeld(i)), people.findIndex((_, i) => !isHeld(i))];
  await audiences.send([{ type: "alias", previousId: `${prefix}-p${a}`, userId: `${prefix}-p${b}` }]);
  await one.settled();

  const spentBy = (i: number): { orders: number; net: number } => ({
    orders: (i % 2 === 0 ? 1 : 0) + (i % 5 === 0 ? 1 : 0), net: (i % 2 === 0 ? 10 + i : 0) + (i % 5 === 0 ? 20.25 : 0) - (i % 10 === 0 ? 4.5 : 0),
  });
  const plainly = (isOf: (i: number) => boolean): { people: number; buyers: number; orders: number; revenue: number; nets: number[] } => {
    const some = people.map((_, i) => i).filter((i) => i !== a && i !== b && isOf(i)).map(spentBy);
    return { people: some.length, buyers: some.filter(({ orders }) => orders > 0).length, orders: some.reduce((sum, { orders }) => sum + orders, 0), revenue: some.reduce((sum, { net }) => sum + net, 0), nets: some.map(({ net }) => net) };
  };
  const words = resolveVocabulary(emptyVocabulary, ["Order Completed", "Order Refunded"].map((event) => ({ event, paths: ["order_id", "total"] })));
  const found = await readHoldOut(
    async <Row>(query: string, params: Readonly<Record<string, unknown>>) => (await audiences.pipeline.clickhouse.client("api").query({ query, query_params: { workspace: 1, ...params }, format: "JSONEachRow" })).json<Row>(),
    {
      destinationId: one.destination, subscriptionId: one.subscription, words,
      survivorsOf: async (gone) => {
        const { rows } = await audiences.pipeline.pool.query<{ id: string; into: string }>("select id, merged_into as into from profile where id = any($1::uuid[])", [gone]);
        return new Map(rows.map(({ id, into }) => [id, into]));
      },
    },
  );
  const [sent, held] = [plainly((i) => !isHeld(i)), plainly(isHeld)];
  for (const [arm, plain] of [[found.sent, sent], [found.heldOut, held]] as const) {
    expect(arm).toMatchObject({ people: plain.people, buyers: plain.buyers, orders: plain.orders });
    expect(arm.revenue).toBeCloseTo(plain.revenue, 6);
  }
  expect(found.both).toBe(1);
  const sampleOf = ({ nets }: { nets: number[] }): Parameters<typeof differenceOf>[0] => {
    const mean = nets.reduce((sum, net) => sum + net, 0) / nets.length;
    return { count: nets.length, mean, variance: nets.reduce((sum, net) => sum + (net - mean) ** 2, 0) / (nets.length - 1) };
  };
  expect(found.tooFew).toBeUndefined();
  const plain = differenceOf(sampleOf(sent), sampleOf(held));
  expect(found.difference?.difference).toBeCloseTo(plain.difference, 6);
  expect(found.difference?.low).toBeCloseTo(plain.low, 6);
  expect(found.difference?.high).toBeCloseTo(plain.high, 6);
});

test("the interval is Welch's, as it is published of the two groups of sleepers in Student's paper of 1908", () => {
  const [first, second] = [[0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2], [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]];
  const sampleOf = (values: number[]): Parameters<typeof differenceOf>[0] => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return { count: values.length, mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1) };
  };
  const found = differenceOf(sampleOf(first ?? []), sampleOf(second ?? []));
  expect(found.degrees).toBeCloseTo(17.776, 3);
  expect(found.low).toBeCloseTo(-3.3654832, 4);
  expect(found.high).toBeCloseTo(0.2054832, 4);
  // Tables of t.
  expect([10, 30, 120, Infinity].map((degrees) => Number(t975(degrees).toFixed(3)))).toEqual([2.228, 2.042, 1.98, 1.96]);
});
