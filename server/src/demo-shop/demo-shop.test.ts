// Demo shops on real engines and the real pipeline: what is played is what the generator declares, however often playing is
// broken off; and what is removed leaves nothing, in either database, in memory or out of the log, while others stay whole.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ControlAction } from "@tributary/schema/control.ts";
import { systemClock } from "../core/clock.ts";
import { createShop, truthOf, type Call, type Truth } from "../demo/demo.ts";
import { createWorkspaceDb } from "../engines/postgres/workspace-db.ts";
import { quietLogger } from "../engines/testing.ts";
import { bootstrap, createControl, type Processed } from "../governance/governance.ts";
import { rebuild } from "../pipeline/rebuild.ts";
import { READER } from "../pipeline/sequencer.ts";
import { SECRET, startTestPipeline, type TestPipeline } from "../pipeline/testing.ts";
import { createDemoShops, createPromiseFor, type DemoCaller, type DemoShops } from "./demo-shops.ts";

const wish = { people: 60, days: 40, seed: "a test", pace: 1_000 };

let pipeline: TestPipeline;
let shops: DemoShops;
let workspaceDb: ReturnType<typeof createWorkspaceDb>;
let caller: DemoCaller;
let open: () => DemoShops;

beforeAll(async () => {
  pipeline = await startTestPipeline();
  const { pool, log, postgres, clickhouse } = pipeline;
  const made = await bootstrap({ pool, partitions: 1, nowMs: Date.now() });
  caller = { workspaceId: made.workspaceId, actor: "token:1" };
  workspaceDb = createWorkspaceDb(postgres, { max: 4 });
  const processed: Processed = {
    async waitFor(partition, offset, timeoutMs) {
      for (const deadlineMs = performance.now() + timeoutMs; performance.now() < deadlineMs; await sleep(5)) {
        const { rows } = await pool.query<{ next: string }>("select next_offset as next from log_offset where reader = $1 and partition = $2", [READER, partition]);
        if (Number(rows[0]?.next ?? 0) > offset) return true;
      }
      return false;
    },
  };
  const control = createControl({ workspaceDb, log, processed, clock: systemClock });
  open = () => createDemoShops({
    pool: postgres.pool(`demo ${Math.random()}`, 4), log, processed, clock: systemClock, logger: quietLogger, control, secret: SECRET,
    promiseFor: createPromiseFor(clickhouse.client("api")), onSourcesChanged: () => undefined,
  });
  shops = open();
  await pipeline.send([{ type: "identify", userId: "ada", messageId: "theirs", traits: { email: "ada@example.com" } }], { workspaceId: made.workspaceId, sourceId: made.sourceId });
});

afterAll(async () => {
  await shops.stop();
  await workspaceDb.end();
  await pipeline.stop();
});

/** As a process that ends between two slices. */
async function breakOff(): Promise<void> {
  await shops.stop();
  shops = open();
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await isSo()); tries++) {
    if (tries > 1_500) throw new Error(`It did not come about: ${JSON.stringify(await shops.status(caller))}`);
    await sleep(20);
  }
}

const state = async (): Promise<string> => (await shops.status(caller)).state;

async function demoId(): Promise<number> {
  const { rows } = await pipeline.pool.query<{ workspace_id: number }>("select workspace_id from demo_shop");
  return rows[0]?.workspace_id ?? 0;
}

async function calls(): Promise<{ readonly history: readonly Call[]; readonly truth: Truth }> {
  const { progress } = await shops.status(caller);
  const history = [...createShop({ ...wish, fromMs: Date.parse(progress?.history_from ?? ""), untilMs: Date.parse(progress?.history_until ?? "") }).history()];
  return { history, truth: truthOf(history) };
}

/** Every table of both databases with rows of a workspace → how many. */
async function rowsOf(workspaceId: number): Promise<Record<string, number>> {
  const { rows: tables } = await pipeline.pool.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid
      where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and a.attname = 'workspace_id' and not a.attisdropped`,
  );
  expect(tables.length).toBeGreaterThan(15);
  const counts: Record<string, number> = {};
  for (const { name } of tables) {
    const { rows } = await pipeline.pool.query<{ count: string }>(`select count(*) as count from ${name} where workspace_id = $1`, [workspaceId]);
    if (rows[0]?.count !== "0") counts[name] = Number(rows[0]?.count);
  }
  const { rows: [row] } = await pipeline.pool.query<{ count: string }>("select count(*) as count from workspace where id = $1", [workspaceId]);
  if (row?.count !== "0") counts["workspace"] = 1;
  // What a newer row takes the place of may stand there still, or again after a start, which sends it anew where it is not found.
  for (const [name, table] of [["events", "events"], ["profiles", "profiles final"], ["profile_override", "profile_override final"]]) {
    const answer = await pipeline.clickhouse.client("api").query({ query: `select count() as count from ${table} where workspace_id = ${workspaceId}`, format: "JSONEachRow" });
    const [counted] = await answer.json<{ count: string }>();
    if (Number(counted?.count) > 0) counts[`clickhouse ${name}`] = Number(counted?.count);
  }
  return counts;
}

test("the history comes to be what the generator declares, though playing and the pipeline are broken off on the way", async () => {
  const { isNew, secret } = await shops.load(caller, wish);
  expect([isNew, secret === null]).toEqual([true, false]);
  expect((await shops.load(caller, wish)).isNew, "asked again, it is the same one").toBe(false);
  await until(async () => ((await shops.status(caller)).progress?.appended ?? 0) > 300);
  await breakOff();
  await pipeline.restart();
  await until(async () => ((await shops.status(caller)).progress?.appended ?? 0) > 900);
  expect(await state(), "it was broken off in the middle").toBe("history");
  await breakOff();
  await until(async () => (await state()) === "live");
  await shops.change(caller, { paused: true });
  await pipeline.settled();
  const { history, truth } = await calls();
  expect((await shops.status(caller)).progress?.total).toBe(history.length);
  const workspaceId = await demoId();
  const stored = await pipeline.events(`e.workspace_id = ${workspaceId} and is_historical = 1`);
  expect(stored.map(({ outcome, message_id: id }) => `${outcome} ${id}`)).toEqual(history.map(({ truth: { outcome }, event }) => `${outcome} ${String(event["messageId"])}`));
  const owners = new Map<string, string>();
  for (const [index, call] of history.entries()) {
    const meant = truth.profileOf(call);
    if (meant !== undefined) expect(owners.getOrInsertComputed(meant, () => stored[index]?.owner ?? "")).toBe(stored[index]?.owner);
  }
  expect(new Set(owners.values()).size).toBe(truth.profiles);
});

test("it goes on live, at the pace that is set, while it is not paused", async () => {
  const live = async (): Promise<number> => (await shops.status(caller)).progress?.live ?? 0;
  const before = await live();
  await shops.change(caller, { paused: false, pace: 1_000 });
  await until(async () => (await live()) > before);
  await shops.change(caller, { paused: true });
  await sleep(2_200);
  const rested = await live();
  await sleep(1_500);
  expect(await live()).toBe(rested);
  await pipeline.settled();
  const workspaceId = await demoId();
  const [rows, received] = [await pipeline.events(`e.workspace_id = ${workspaceId} and is_historical = 0 and outcome != 'control'`), await live()];
  expect(rows).toHaveLength(received);
});

test("the scenarios are read from what the system knows", async () => {
  const of = async (id: string) => (await shops.scenarios(caller)).find((one) => one.id === id);
  const before = await of("family_tablet");
  expect(before).toMatchObject({ ready: true, done: false });
  const tablet = before?.facts["tablet"] ?? "";
  const workspaceId = await demoId();
  const owner = await pipeline.person("anonymous_id", tablet, workspaceId);
  expect(before?.people.map((one) => one.profile_id)).toContain(owner?.id);
  const other = before?.people.find((one) => one.profile_id !== owner?.id);
  expect(await shops.answer(caller, "family_tablet", other?.profile_id ?? "")).toBe(false);
  expect((await of("family_tablet"))?.done).toBe(false);
  expect(await shops.answer(caller, "family_tablet", owner?.id ?? "")).toBe(true);
  expect((await of("family_tablet"))?.done).toBe(true);

  const merged = await of("wrong_merge");
  const [lender, borrower] = merged?.people ?? [];
  expect(merged).toMatchObject({ ready: true, done: false });
  expect(lender?.profile_id).toBe(borrower?.profile_id);
  const [namespace = "", value = ""] = (merged?.facts["lender"] ?? "").split(/:(.*)/s);
  const { rows } = await pipeline.pool.query<{ id: number; partition: number }>(
    "select s.id, w.log_partition as partition from source s join workspace w on w.id = s.workspace_id where w.id = $1 and s.slug = 'support'", [workspaceId],
  );
  const { id: sourceId = 0, partition = 0 } = rows[0] ?? {};
  const action: ControlAction = { kind: "profile.unmerge", profileId: lender?.profile_id ?? "", identifiers: [{ namespace, value }] };
  await pipeline.log.append(partition, { header: { kind: "control", workspaceId, receivedAtMs: Date.now(), actor: "test", action }, events: [] });
  await pipeline.settled();
  expect(await of("wrong_merge")).toMatchObject({ done: true });

  expect(await of("late_order")).toMatchObject({ ready: true, done: false });
  await pipeline.log.append(partition, {
    header: { kind: "events", workspaceId, sourceId, receivedAtMs: Date.now() },
    events: [Buffer.from(JSON.stringify({ type: "track", event: "Promise Made", userId: "cust-10000", messageId: "promised" }))],
  });
  await pipeline.settled();
  expect((await of("late_order"))?.done).toBe(true);
});

test("removed, it leaves no row anywhere, whatever comes in meanwhile and though removing is broken off", async () => {
  const workspaceId = await demoId();
  const before = await rowsOf(workspaceId);
  expect(Object.keys(before)).toEqual(expect.arrayContaining(["profile", "identifier", "ledger", "source", "merge_log", "clickhouse events", "clickhouse profiles"]));
  const { rows } = await pipeline.pool.query<{ id: number; partition: number }>(
    "select s.id, w.log_partition as partition from source s join workspace w on w.id = s.workspace_id where w.id = $1 and s.slug = 'website'", [workspaceId],
  );
  const partition = rows[0]?.partition ?? 0;
  const late = (id: string) => pipeline.log.append(partition, {
    header: { kind: "events", workspaceId, sourceId: rows[0]?.id ?? 0, receivedAtMs: Date.now() },
    events: [Buffer.from(JSON.stringify({ type: "track", event: "Too late", userId: id, messageId: id }))],
  });
  await shops.change(caller, { paused: false });
  expect((await shops.remove(caller)).state).toBe("removing");
  await late("before the record, perhaps");
  await breakOff();
  await pipeline.restart();
  await until(async () => (await state()) === "none");
  await late("long after it was gone");
  await pipeline.log.append(partition, { header: { kind: "control", workspaceId, receivedAtMs: Date.now(), actor: "test", action: { kind: "overrides.fold" } }, events: [] });
  await pipeline.settled();
  expect(await rowsOf(workspaceId)).toEqual({ removed_workspace: 1 });
  const home = await rowsOf(caller.workspaceId);
  expect(home).toMatchObject({ profile: 1, "clickhouse profiles": 1 });
  expect(await pipeline.person("email", "ada@example.com", caller.workspaceId)).toBeDefined();
});

test("a rebuild from the log that still has all of it brings nothing back", async () => {
  const { rows } = await pipeline.pool.query<{ id: number }>("select workspace_id as id from removed_workspace");
  const removed = rows[0]?.id ?? 0;
  await pipeline.paused(async () => {
    await rebuild({ ...pipeline.options });
  });
  await pipeline.settled();
  expect(await rowsOf(removed)).toEqual({ removed_workspace: 1 });
  expect(await pipeline.person("email", "ada@example.com", caller.workspaceId)).toBeDefined();
});

test("after it, another one can be loaded, which has another workspace", async () => {
  const { rows } = await pipeline.pool.query<{ id: number }>("select workspace_id as id from removed_workspace");
  expect((await shops.load(caller, { ...wish, people: 10, days: 14 })).isNew).toBe(true);
  await until(async () => (await state()) === "live");
  expect(await demoId()).toBeGreaterThan(rows[0]?.id ?? 0);
});

test("the first workspace stays, whoever asks for its removal: the next start would let people into it again", async () => {
  const before = await rowsOf(caller.workspaceId);
  await expect(shops.removeWorkspace({ workspaceId: caller.workspaceId + 1_000, actor: "token:1" }, caller.workspaceId)).rejects.toMatchObject({ code: "conflict" });
  expect(await rowsOf(caller.workspaceId)).toEqual(before);
});
