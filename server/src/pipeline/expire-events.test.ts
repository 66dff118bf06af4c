// Events kept as long as the workspace's setting says: what goes, what stays, and that it is counted whatever is repeated.
import { afterAll, beforeAll, expect, test } from "vitest";
import { defaultWorkspaceSettings } from "@tributary/schema/settings.ts";
import { createEventExpiry } from "./expire-events.ts";
import { READER } from "./sequencer.ts";
import { startTestPipeline, type TestPipeline } from "./testing.ts";

let pipeline: TestPipeline;

beforeAll(async () => {
  // Few counts and entries in one record, so that a month takes several.
  pipeline = await startTestPipeline({ tuning: { lingerMs: 5, batchIntervalMs: 1, expiry: { countsMax: 3, heldMax: 1 } } });
  await pipeline.pool.query(`insert into workspace (id, slug, name, log_partition) values (1, 'first', 'First', 0), (2, 'second', 'Second', 0) on conflict do nothing`);
});

afterAll(() => pipeline?.stop());

const DAY_MS = 86_400_000;
const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
const daysAgo = (days: number): number => today - days * DAY_MS + 1_000;

const keep = (keepDays: number | null, workspaceId = 1): Promise<void> =>
  pipeline.control({ kind: "workspace.set", settings: { ...defaultWorkspaceSettings, events: { keepDays } } }, workspaceId);

const expire = (workspaceId = 1): Promise<void> => pipeline.control({ kind: "events.expire" }, workspaceId);

/** Lets the schedule run until it asks for nothing more; how often it asked. */
async function expireAll(nowMs = Date.now()): Promise<number> {
  const expiry = createEventExpiry({
    pool: pipeline.pool, clickhouse: pipeline.clickhouse.client("evaluate"), log: pipeline.log, reader: READER,
  });
  const asked = async (): Promise<number> => (await pipeline.events("event = 'events.expire'")).length;
  const first = await asked();
  for (let before = -1; before !== (await asked()); ) {
    before = await asked();
    await expiry.run(nowMs);
    await pipeline.settled();
  }
  return (await asked()) - first;
}

const messages = async (name: string): Promise<string[]> => (await pipeline.events(`message_id like '${name}%'`)).map((row) => row.message_id);

async function ledger(hop: string): Promise<Record<string, number>> {
  const { rows } = await pipeline.pool.query<{ what: string; count: string }>(
    `select workspace_id || ' ' || outcome as what, sum(count) as count from ledger where hop = $1 and outcome <> 'control' group by 1 order by 1`, [hop],
  );
  return Object.fromEntries(rows.map(({ what, count }) => [what, Number(count)]));
}

/** Rows of the table, as the ledger counts them. */
async function table(): Promise<Record<string, number>> {
  const result = await pipeline.clickhouse.client("api").query({
    query: `select concat(toString(workspace_id), ' ', outcome) as what, count() as count from events where outcome != 'control' group by what order by what`,
    format: "JSONEachRow",
  });
  return Object.fromEntries((await result.json<{ what: string; count: string }>()).map(({ what, count }) => [what, Number(count)]));
}

async function expectBalance(): Promise<void> {
  const [landed, expired, stands] = [await ledger("landed"), await ledger("expired"), await table()];
  for (const [what, count] of Object.entries(landed)) expect(`${what} ${(stands[what] ?? 0) + (expired[what] ?? 0)}`).toBe(`${what} ${count}`);
}

let number = 0;
/** Some events of one day: of somebody with traits, a repeat, and two that are held. */
async function day(name: string, receivedAtMs: number, workspaceId = 1): Promise<void> {
  const messageId = (): string => `${name}-${number++}`;
  const repeated = { type: "track", event: "Viewed", messageId: messageId(), userId: `u-${name}` };
  await pipeline.send([
    { type: "identify", messageId: messageId(), userId: `u-${name}`, anonymousId: `a-${name}`, traits: { name } }, repeated,
    { type: "track", event: "", messageId: messageId(), userId: `u-${name}` }, { type: "track", event: "", messageId: messageId(), userId: `u-${name}` },
  ], { receivedAtMs, workspaceId });
  await pipeline.send([repeated], { receivedAtMs: receivedAtMs + 90_000, workspaceId });
}

test("without the setting nothing is asked for, and a record that comes anyway removes nothing", async () => {
  await day("kept", daysAgo(4_000));
  expect(await expireAll()).toBe(0);
  await expire();
  expect(await messages("kept")).toHaveLength(5);
  expect(await ledger("expired")).toEqual({});
});

test("what is older than the days kept goes, over months and in bounded steps, and all of it is counted", async () => {
  await day("old", daysAgo(75));
  await day("border", today - 30 * DAY_MS - 100_000); // With the repeat, all of it lies before.
  await day("young", today - 30 * DAY_MS);
  await day("theirs", daysAgo(75), 2);
  const landed = await ledger("landed");
  await keep(30);
  expect(await expireAll()).toBeGreaterThan(3);

  expect([await messages("kept"), await messages("old"), await messages("border")]).toEqual([[], [], []]);
  expect(await messages("young")).toHaveLength(5);
  expect(await messages("theirs")).toHaveLength(5);
  expect(await ledger("landed"), "what landed has landed").toEqual(landed);
  expect(await ledger("expired")).toEqual({ "1 duplicate": 3, "1 quarantined": 6, "1 stored": 6 });
  await expectBalance();
  const { rows } = await pipeline.pool.query(`select workspace_id, events::integer, before from expired_events`);
  expect(rows).toEqual([{ workspace_id: 1, events: 15, before: new Date(today - 30 * DAY_MS) }]);
  expect(await expireAll(), "nothing is left").toBe(0);
});

test("people keep what expired events made of them, and what was held goes with its event", async () => {
  for (const name of ["kept", "old", "border", "young"]) {
    expect(await pipeline.person("user_id", `u-${name}`)).toMatchObject({ traits: { name: { value: name } }, events: { count: 2 } });
    expect((await pipeline.person("anonymous_id", `a-${name}`))?.id).toBe((await pipeline.person("user_id", `u-${name}`))?.id);
  }
  const held = await pipeline.pool.query<{ message_id: string }>(`select message_id from quarantine where workspace_id = 1 order by message_id`);
  expect(new Set(held.rows.map((row) => row.message_id.split("-")[0]))).toEqual(new Set(["young"]));
  expect((await pipeline.events("outcome = 'control'")).length, "changes by hand and of settings stay").toBeGreaterThan(2);
  // The next events go on where the old ones ended.
  await pipeline.send([{ type: "identify", messageId: "on", userId: "u-old", traits: { plan: "p" } }]);
  expect(await pipeline.person("anonymous_id", "a-old")).toMatchObject({ traits: { name: { value: "old" }, plan: { value: "p" } }, events: { count: 3 } });
});

test("a day later the next day goes", async () => {
  expect(await expireAll(Date.now() + DAY_MS)).toBeGreaterThan(0);
  expect(await messages("young")).toEqual([]);
  await expectBalance();
});

test("statements that are repeated, and rows inserted again after a doubt, count nothing twice", async () => {
  await pipeline.pool.query(`delete from ch_outbox where sent_at is not null`); // As upkeep does in time.
  await day("again", daysAgo(50));
  expect(await expireAll()).toBeGreaterThan(0);
  const [expired, stands] = [await ledger("expired"), await table()];
  // As verified after a power cut: the blocks' rows are missing, are inserted again, and the statements behind them come again.
  Object.assign(pipeline.options, { wasUnclean: true });
  await pipeline.restart();
  await pipeline.send([{ type: "track", event: "Later", messageId: "later", userId: "u-young" }]);
  expect(await messages("again")).toEqual([]);
  // As after a kill before anything was marked.
  await pipeline.paused(async () => void (await pipeline.pool.query(`update ch_outbox set sent_at = null where kind = 'statement'`)));
  await pipeline.settled();
  expect(await ledger("expired")).toEqual(expired);
  expect(await table()).toEqual({ ...stands, "1 stored": (stands["1 stored"] ?? 0) + 1 });
  await expectBalance();
});

test("events that happened long ago and came in behind the record stay until the next", async () => {
  await Promise.all([expire(), day("behind", daysAgo(60))]);
  expect(await messages("behind")).toHaveLength(5);
  await expireAll();
  expect(await messages("behind")).toEqual([]);
  await expectBalance();
});

test("a record that was asked for before the setting was taken back removes nothing", async () => {
  await day("spared", daysAgo(60));
  await Promise.all([keep(null), expire()]);
  expect(await messages("spared")).toHaveLength(5);
});

test("while a statement is set aside nothing more is counted or asked for", async () => {
  await keep(30);
  const expired = await ledger("expired");
  await pipeline.pool.query(
    `insert into ch_refused (block_id, block_row, table_name, statement, body, reason, kind, partition, workspace_id)
     select block_id, 0, table_name, statement, '', 'no', 'statement', 0, 1 from ch_outbox where kind = 'statement' limit 1`,
  );
  expect(await expireAll()).toBe(0);
  await expire();
  expect(await ledger("expired")).toEqual(expired);
  expect(await messages("spared")).toHaveLength(5);
  await pipeline.pool.query(`delete from ch_refused`);
  await expireAll();
  expect(await messages("spared")).toEqual([]);
  await expectBalance();
});
