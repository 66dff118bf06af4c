// Audiences: how soon an event moves somebody in and time moves them out, how long a new audience takes over a long history, and what
// a batch costs by people touched and by conditions. The pipeline and the evaluator run as in the process thread, in this process,
// with nothing but the HTTP door left out. `node bench/audiences.ts [quick] [real-time] [history] [seconds=75]`
// runs it, or a part of it, alone.
import "../server/src/heap-tuning.ts";
import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "pg";
import { definition, type DefinitionInput } from "@tributary/schema/audience/definition.ts";
import { ask, compileFor } from "../server/src/audiences/ask.ts";
import { createEvaluator, type Evaluator } from "../server/src/audiences/evaluator.ts";
import { evaluatorLimits } from "../server/src/audiences/evaluator-limits.ts";
import { loadPartition, type LoadedWorkspace } from "../server/src/audiences/store.ts";
import { createTouchedReader } from "../server/src/audiences/touched.ts";
import { systemClock } from "../server/src/core/clock.ts";
import { defaultLimits } from "../server/src/core/limits.ts";
import { createLogger } from "../server/src/core/logger.ts";
import { startTestClickHouse, startTestPostgres } from "../server/src/engines/testing.ts";
import { createPostgresLog } from "../server/src/log/postgres-log.ts";
import { landing } from "../server/src/pipeline/outbox/landed-before.ts";
import { startProcessor } from "../server/src/pipeline/process.ts";
import { seededRandom } from "./stream.ts";
import { median, number, plainRow, printTable, type Row } from "./table.ts";

export interface AudiencesOptions {
  readonly people: number;
  readonly audiences: number;
  readonly eventsPerSecond: number;
  /** More than a minute, or nobody leaves in time. */
  readonly seconds: number;
  readonly history: { readonly people: number; readonly events: number };
}

export const audiencesQuick: AudiencesOptions = { people: 5_000, audiences: 30, eventsPerSecond: 200, seconds: 75, history: { people: 50_000, events: 500_000 } };
export const audiencesFull: AudiencesOptions = { people: 100_000, audiences: 100, eventsPerSecond: 1_000, seconds: 300, history: { people: 1_000_000, events: 10_000_000 } };

type Who = DefinitionInput["who"];

const names = ["Product Viewed", "Product Added", "Order Completed", "Cart Viewed", "Checkout Started", "Coupon Applied"];

/** The i-th of many audiences, each another one; kinds take turns. Some have short windows, so that people leave all the time. */
export function mixedAudience(i: number): Who {
  const event = names[i % names.length] ?? "";
  const value = 1 + (i % 5);
  const kinds: (() => unknown)[] = [
    () => ({ kind: "event", event, measure: { of: "count" }, op: "at_least", value, within: { last: 1 + (i % 30), unit: "day" } }),
    () => ({ kind: "event", event, measure: { of: "count" }, op: "at_least", value: 1, within: { last: 1 + (i % 3), unit: "minute" } }),
    () => ({ kind: "event", event, measure: { of: "sum", property: "total" }, op: "more_than", value: 50 * value + i, within: { last: 1, unit: "month" } }),
    () => ({ all: [{ kind: "trait", trait: "plan", op: "equals", value: ["free", "pro", "team"][i % 3] }, { kind: "event", event, measure: { of: "count" }, op: "at_least", value, within: { last: 7, unit: "day" } }] }),
    () => ({ all: [{ kind: "event", event, measure: { of: "count" }, op: "at_least", value: 1 }, { not: { kind: "event", event: "Order Completed", measure: { of: "count" }, op: "at_least", value: 1, within: { last: value, unit: "hour" } } }] }),
    () => ({ kind: "event", event, measure: { of: "distinct", property: "category" }, op: "at_least", value: 2 + (i % 3) }),
    () => ({ kind: "event", event, measure: { of: "last" }, op: "more_than_ago", value: { last: value, unit: "minute" } }),
    () => ({ kind: "event", event, where: [{ property: "category", op: "equals", value: ["dress", "shoes", "scarf"][i % 3] }], measure: { of: "count" }, op: "between", from: 1, to: value, within: { last: 2 + (i % 12), unit: "hour" } }),
    () => ({ all: [{ kind: "audience", audience: `audience-${i - 8}` }, { kind: "event", event, measure: { of: "max", property: "total" }, op: "more_than", value: 20 * value }] }),
  ];
  return (kinds[i < 9 ? i % 8 : i % 9]?.() ?? { all: [] }) as Who; // Of the grammar's shape; parsed before it is saved.
}

async function addAudience(pool: Pool, workspaceId: number, slug: string, who: Who): Promise<number> {
  const { rows } = await pool.query<{ id: number }>(
    "insert into audience (workspace_id, slug, name, definition, created_by, updated_by) values ($1, $2, $2, $3, 'bench', 'bench') returning id",
    [workspaceId, slug, JSON.stringify(definition.parse({ who }))],
  );
  return rows[0]?.id ?? 0;
}

async function untilFilled(pool: Pool): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ slug: string; status: string; problem: string | null }>("select slug, status, problem from audience where status <> 'active'");
    const failed = rows.find(({ status }) => status === "failed");
    if (failed) throw new Error(`${failed.slug}: ${failed.problem}`);
    if (rows.length === 0) return;
    await sleep(10);
  }
}

const say = (what: string): void => void process.stderr.write(`  ${what}\n`);

type Engines = Awaited<ReturnType<typeof startEngines>>;

async function startEngines() {
  const logger = createLogger("warn");
  const [postgres, clickhouse] = [await startTestPostgres(), await startTestClickHouse()];
  const pool = postgres.pool("bench", 20);
  await pool.query("insert into workspace (id, slug, name, log_partition) values (1, 'one', 'One', 0), (2, 'two', 'Two', 0), (3, 'three', 'Three', 0) on conflict do nothing");
  const log = await createPostgresLog({ pool, partitions: 1, clock: systemClock, logger });
  let evaluator: Evaluator | undefined;
  const processor = await startProcessor({
    pool, clickhouse: clickhouse.client("write"), clickhouseReader: clickhouse.client("evaluate"), log, clock: systemClock, logger, limits: defaultLimits,
    secret: "a secret for a bench, thirty-two bytes", dedupeMaxIds: 1e7, profilesInMemory: 12_000, onProgress: () => undefined, onLanded: () => evaluator?.poke(),
  });
  const makeEvaluator = (isManual: boolean, nowMs = (): number => Date.now()): Evaluator => createEvaluator({
    pool, clickhouse: clickhouse.client("evaluate"), everybody: clickhouse.client("instants"), partitions: 1, landing: (partition) => landing(pool, partition),
    clock: { nowMs }, logger, onWritten: () => void processor.sendAudiences(), isManual,
  });
  evaluator = makeEvaluator(false);
  const append = (calls: readonly object[]): Promise<unknown> => log.append(0, {
    header: { kind: "events", workspaceId: 1, sourceId: 1, receivedAtMs: Date.now() }, events: calls.map((call) => Buffer.from(JSON.stringify(call))),
  });
  return {
    pool, clickhouse, append, makeEvaluator,
    async settled() {
      for (;;) {
        const { rows } = await pool.query<{ behind: boolean }>(
          `select exists (select from log_head h left join log_offset o on o.partition = h.partition and o.reader = 'pipeline' where h.next_offset > coalesce(o.next_offset, 0))
             or exists (select from ch_outbox where sent_at is null) as behind`,
        );
        if (rows[0]?.behind === false) return;
        await sleep(50);
      }
    },
    /** The evaluator at work ends. */
    async quiet() {
      await evaluator?.stop();
      evaluator = undefined;
    },
    async stop() {
      await evaluator?.stop();
      await processor.stop();
      await log.close();
      await clickhouse.stop();
      await postgres.stop();
    },
  };
}

// ── Real time ─────────────────────────────────────────────────────────────────────────────────────────────────────

const PROBE_MS = 60_000;

interface Probes {
  readonly enteredMs: number[];
  readonly leftMs: number[];
  readonly missing: number;
}

/** Known people who do something once, and must be in at once and out after a minute. */
async function probe({ pool, append }: Engines, seconds: number): Promise<Probes> {
  const probes = Array.from({ length: Math.max(1, (seconds - PROBE_MS / 1000) * 10) }, (_, i) => `probe-${i}`);
  const audienceId = await addAudience(pool, 1, "probes", { kind: "event", event: "Probed", measure: { of: "count" }, op: "at_least", value: 1, within: { last: 1, unit: "minute" } } as Who);
  await append(probes.map((userId) => ({ type: "identify", userId, traits: { plan: "pro" } })));
  await untilFilled(pool);
  let ids: Map<string, string> = new Map();
  while (ids.size < probes.length) {
    const { rows } = await pool.query<{ value: string; profile_id: string }>("select value, profile_id from identifier where namespace = 'user_id' and value like 'probe-%'");
    ids = new Map(rows.map((row) => [row.profile_id, row.value]));
    await sleep(50);
  }
  const sentAt = new Map<string, number>();
  const enteredMs: number[] = [];
  const leftMs: number[] = [];
  let inside = new Set<string>();
  let isSending = true;
  const sending = (async () => {
    for (const userId of probes) {
      const now = Date.now();
      sentAt.set(userId, now);
      void append([{ type: "track", event: "Probed", userId, timestamp: new Date(now).toISOString() }]);
      await sleep(100);
    }
    await sleep(PROBE_MS + 10_000);
    isSending = false;
  })();
  while (isSending) {
    const { rows } = await pool.query<{ profile_id: string }>("select profile_id from audience_person where member_of @> array[$1::integer]", [audienceId]);
    const now = Date.now();
    const present = new Set(rows.map((row) => ids.get(row.profile_id) ?? ""));
    for (const one of present) if (!inside.has(one)) enteredMs.push(now - (sentAt.get(one) ?? now));
    for (const one of inside) if (!present.has(one)) leftMs.push(now - (sentAt.get(one) ?? now) - PROBE_MS);
    inside = present;
    await sleep(5);
  }
  await sending;
  return { enteredMs, leftMs, missing: probes.length * 2 - enteredMs.length - leftMs.length };
}

async function sendEvents({ append }: Engines, { people, eventsPerSecond, seconds }: AudiencesOptions): Promise<void> {
  const random = seededRandom(11);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!; // The lists are not empty.
  const startMs = performance.now();
  for (let sent = 0; sent < eventsPerSecond * seconds;) {
    const due = Math.min(eventsPerSecond * seconds, Math.floor(((performance.now() - startMs) / 1000) * eventsPerSecond));
    const calls: object[] = [];
    for (; sent < due; sent++) {
      const userId = `user-${Math.floor(random() * people)}`;
      const timestamp = new Date().toISOString();
      calls.push(random() < 0.05 ? { type: "identify", userId, traits: { plan: pick(["free", "pro", "team"]) }, timestamp }
        : { type: "track", event: pick(names), userId, timestamp, properties: { total: Math.floor(random() * 300), category: pick(["dress", "shoes", "scarf", "bag"]) } });
    }
    if (calls.length > 0) await append(calls);
    await sleep(20);
  }
}

/** How many memberships are not what a query over everybody says, at one instant. */
async function countWrong(engines: Engines, workspaceId: number): Promise<{ readonly wrong: number; readonly members: number }> {
  const { pool, clickhouse } = engines;
  await engines.settled();
  const nowMs = Date.now() + 1_000;
  const manual = engines.makeEvaluator(true, () => nowMs);
  await manual.catchUp();
  await manual.stop();
  const workspace = (await loadPartition(pool, 0)).workspaces.get(workspaceId);
  if (!workspace) throw new Error("There are no audiences.");
  let [wrong, members] = [0, 0];
  for (const audience of workspace.live) {
    const { sql, params } = compileFor(workspace, [audience], { nowMs, hasOverrides: true });
    const result = await clickhouse.client("api").query({ query: `select id from (${sql}) where notEmpty(members)`, query_params: params, format: "JSONCompactEachRow" });
    const should = new Set((await result.json<[string]>()).map(([id]) => id));
    const { rows } = await pool.query<{ profile_id: string }>("select profile_id from audience_person where member_of @> array[$1::integer]", [audience.id]);
    members += rows.length;
    wrong += rows.filter((row) => !should.has(row.profile_id)).length + should.size - rows.filter((row) => should.has(row.profile_id)).length;
  }
  return { wrong, members };
}

async function realTime(engines: Engines, options: AudiencesOptions): Promise<Row[]> {
  const { pool, append } = engines;
  for (let from = 0; from < options.people; from += 1_000) {
    const calls = Array.from({ length: Math.min(1_000, options.people - from) }, (_, i) => ({ type: "identify", userId: `user-${from + i}`, traits: { plan: ["free", "pro", "team"][i % 3] } }));
    await append(calls);
  }
  await engines.settled();
  say(`${options.people} people are there`);
  for (let i = 0; i < options.audiences; i++) await addAudience(pool, 1, `audience-${i}`, mixedAudience(i));
  await untilFilled(pool);
  say(`${options.audiences} audiences are filled`);
  const load = sendEvents(engines, options);
  const { enteredMs, leftMs, missing } = await probe(engines, options.seconds);
  await load;
  await engines.quiet();
  say("events were sent");
  const { wrong, members } = await countWrong(engines, 1);
  return [
    plainRow(`Event to membership, ${number(options.eventsPerSecond)} events/s over ${number(options.people)} people, ${options.audiences} audiences (${enteredMs.length} probes)`, "ms", spreadOf(enteredMs), "p99 < 1,000"),
    plainRow(`… out again when the time has come (${leftMs.length} probes)`, "ms after the instant", spreadOf(leftMs), "max < 2,000"),
    plainRow("… probes that never came in or went out", "", String(missing), "0"),
    plainRow(`… wrong against a query over everybody, of ${number(members)} memberships`, "", String(wrong), "0"),
  ];
}

function spreadOf(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return `p50 ${number(at(0.5))}, p99 ${number(at(0.99))}, max ${number(sorted.at(-1) ?? Number.NaN)}`;
}

// ── A long history ────────────────────────────────────────────────────────────────────────────────────────────────

const PERSON = (n: string): string => `toUUID(UUIDNumToString(sipHash128('person', toUInt64(${n}))))`;
const INSERT_ROWS = 500_000;

/** Rows are made where they are kept. */
async function makeHistory({ clickhouse }: Engines, workspaceId: number, { people, events }: AudiencesOptions["history"]): Promise<void> {
  const client = clickhouse.client("write");
  await client.command({
    query: `insert into profiles (workspace_id, profile_id, row_id, updated_at, first_seen, deleted, is_anonymous, identifiers, traits, is_human, block_id, block_row)
      select ${workspaceId}, ${PERSON("number")}, number, now64(3), now64(3), 0, 0, [concat('user_id:', toString(number))], concat('{"plan":"', ['free', 'pro', 'team'][number % 3 + 1], '"}'), 1, 0, 0
      from numbers(${people})`,
  });
  for (let from = 0; from < events; from += INSERT_ROWS) {
    await client.command({
      query: `insert into events (workspace_id, event, type, ingest_profile_id, profile_id, timestamp, received_at, outcome, properties, row_id, block_id, block_row)
        select ${workspaceId}, ['Product Viewed', 'Product Viewed', 'Product Viewed', 'Product Added', 'Order Completed', 'Cart Viewed'][number % 6 + 1] as event, 'track',
          ${PERSON(`cityHash64(number) % ${people}`)} as person, person, now64(3) - toIntervalSecond(cityHash64(number, 1) % (90 * 86400)) as at, at, 'stored',
          concat('{"total":', toString(cityHash64(number, 2) % 300), ',"category":"', ['dress', 'shoes', 'scarf', 'bag'][cityHash64(number, 3) % 4 + 1], '"}'), number, 0, 0
        from numbers(${from}, ${Math.min(INSERT_ROWS, events - from)})`,
    });
  }
}

async function fills(engines: Engines, options: AudiencesOptions): Promise<Row[]> {
  await makeHistory(engines, 2, options.history);
  say(`${options.history.events} events of history are there`);
  const evaluator = engines.makeEvaluator(false);
  const rows: Row[] = [];
  const cases: [name: string, who: unknown][] = [
    ["red-dress like: an item of one kind, 14 days", { kind: "event", event: "Order Completed", where: [{ property: "category", op: "equals", value: "dress" }], measure: { of: "count" }, op: "at_least", value: 1, within: { last: 14, unit: "day" } }],
    ["sum over 30 days", { kind: "event", event: "Order Completed", measure: { of: "sum", property: "total" }, op: "more_than", value: 400, within: { last: 30, unit: "day" } }],
    ["bought once, and not for 60 days", { all: [{ kind: "event", event: "Order Completed", measure: { of: "count" }, op: "at_least", value: 1 }, { kind: "event", event: "Order Completed", measure: { of: "last" }, op: "more_than_ago", value: { last: 60, unit: "day" } }] }],
  ];
  for (const [name, who] of cases) {
    const startMs = performance.now();
    await addAudience(engines.pool, 2, name.replaceAll(/[^a-z0-9]+/g, "-"), who as Who); // As the grammar has it; parsed before it is saved.
    await untilFilled(engines.pool);
    say(`${name}: ${number((performance.now() - startMs) / 1000)} s`);
    const { rows: [row] } = await engines.pool.query<{ size: string; waiting: string }>(
      "select size, (select count(*) from audience_person where workspace_id = 2 and due_at is not null) as waiting from audience where workspace_id = 2 order by id desc limit 1",
    );
    rows.push(plainRow(`A new audience over ${number(options.history.events / 1e6)} M events and ${number(options.history.people / 1e6)} M people, ${name}: ${number(Number(row?.size))} members, ${number(Number(row?.waiting))} wait for an instant`, "s", number((performance.now() - startMs) / 1000), "< 3"));
  }
  await evaluator.stop();
  return rows;
}

// ── What a batch costs ────────────────────────────────────────────────────────────────────────────────────────────

async function batchCosts(engines: Engines, options: AudiencesOptions): Promise<Row[]> {
  const { pool, clickhouse } = engines;
  const limits = evaluatorLimits;
  const reader = createTouchedReader({ pool, clickhouse: clickhouse.client("evaluate") });
  for (let i = 0; i < 1_000; i++) await addAudience(pool, 3, `audience-${i}`, mixedAudience(i));
  const stored = (await loadPartition(pool, 0)).workspaces.get(3);
  if (!stored) throw new Error("There are no audiences.");
  // Asked of the people with the long history.
  const workspace: LoadedWorkspace = { ...stored, workspaceId: 2 };
  const result = await clickhouse.client("api").query({ query: "select toString(profile_id) as id from profiles where workspace_id = 2 order by sipHash64(profile_id) limit 1000", format: "JSONEachRow" });
  const people = (await result.json<{ id: string }>()).map(({ id }) => ({ profileId: id, ingestIds: [id] }));
  const timeOf = async (audiences: number, touched: number): Promise<number> => {
    const times: number[] = [];
    for (let round = 0; round < 4; round++) {
      const startMs = performance.now();
      const { failed } = await ask({ clickhouse: clickhouse.client("evaluate"), limits, reader }, { workspace, audiences: workspace.audiences.slice(0, audiences), people: people.slice(0, touched), nowMs: Date.now() });
      if (failed.length > 0) throw new Error(failed[0]?.problem);
      times.push(performance.now() - startMs);
    }
    return median(times.slice(1));
  };
  const rows: Row[] = [];
  for (const audiences of [1, 10, 100, 1_000]) {
    const times: string[] = [];
    for (const touched of [1, 10, 100, 1_000]) times.push(`${touched}: ${number(await timeOf(audiences, touched))}`);
    say(`${audiences} audiences, by people touched: ${times.join(", ")} ms`);
    rows.push(plainRow(`One question about ${number(audiences)} audiences, each another one, by people touched, over ${number(options.history.events / 1e6)} M events`, "ms", times.join(", "), ""));
  }
  return rows;
}

const parts = ["real-time", "history"] as const;

export async function benchAudiences(options: AudiencesOptions, wanted: readonly string[] = parts): Promise<Row[]> {
  const engines = await startEngines();
  try {
    const rows = wanted.includes("real-time") ? await realTime(engines, options) : [];
    if (!wanted.includes("history")) return rows;
    await engines.quiet();
    return [...rows, ...(await fills(engines, options)), ...(process.env["NOCOST"] ? [] : await batchCosts(engines, options))];
  } finally {
    await engines.stop();
  }
}

if (import.meta.main) {
  const asked = process.argv.filter((word) => (parts as readonly string[]).includes(word));
  const options = process.argv.includes("quick") ? audiencesQuick : audiencesFull;
  const seconds = Number(process.argv.find((word) => word.startsWith("seconds="))?.split("=")[1] ?? options.seconds);
  const rows = await benchAudiences({ ...options, seconds }, asked.length > 0 ? asked : parts);
  process.stdout.write(`${printTable(rows)}\n`);
  process.exit(0);
}
