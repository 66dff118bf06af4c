// The promise on which every recovery rests: the same log gives the same state, wherever its batches end, however little is
// held in memory, and whether or not the pipeline was restarted on the way.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ControlAction } from "@tributary/schema/control.ts";
import { defaultSourceSettings, defaultWorkspaceSettings } from "@tributary/schema/settings.ts";
import { SECRET, startTestPipeline, type TestPipeline } from "../../server/src/pipeline/testing.ts";
import { canonicalState, differences, type CanonicalState } from "./canonical-state.ts";
import { randomCall, type Call } from "./random-events.ts";
import { randomSource, type RandomSource } from "./random-source.ts";
import { RUN_POOL, undisturbedRun } from "./undisturbed-run.ts";

const SEED = Number(process.env["KILL_SEED"] ?? 7);
const ROUNDS = 12;
const REQUESTS_PER_ROUND = 4;

let pipeline: TestPipeline;
let live: CanonicalState;
beforeAll(async () => {
  pipeline = await startTestPipeline({ profilesInMemory: 20 });
  await makeHistory(randomSource(SEED));
  live = await canonicalState(pipeline.pool, pipeline.clickhouse.client("evaluate"));
});
afterAll(() => pipeline?.stop());

test("the history has something of everything", () => {
  const merges = live.get("merge_log") ?? [];
  expect([...new Set(merges.map((line) => String(JSON.parse(line).kind)))]).toEqual(expect.arrayContaining(["merge", "refused", "shared", "unmerge"]));
  const outcomes = (live.get("events") ?? []).map((line) => String(JSON.parse(line).outcome));
  expect(new Set(outcomes)).toEqual(new Set(["stored", "duplicate", "quarantined", "dropped", "control", "withdrawn"]));
});

test("every event's owner in ClickHouse is the person who has it in Postgres", async () => {
  const { rows } = await pipeline.pool.query<{ ingest_id: string; id: string }>(
    `select unnest(ingest_ids) as ingest_id, id from profile where merged_into is null and not suppressed`,
  );
  const owners = new Map<string, Set<string>>();
  for (const { ingest_id: ingestId, id } of rows) owners.set(ingestId, (owners.get(ingestId) ?? new Set()).add(id));
  const stored = (live.get("events") ?? []).map((line): StoredRow => JSON.parse(line)).filter(({ outcome }) => outcome === "stored");
  const strangers = stored.filter(({ ingest_profile_id: ingestId, owner }) => owners.has(ingestId) && !owners.get(ingestId)?.has(owner));
  expect(strangers).toEqual([]);
});

test("a run in batches of one chunk, with almost nothing in memory, gives the same state", async () => {
  expect(differences(live, await undisturbedRun(pipeline.pool, { secret: SECRET, profilesInMemory: 3, tuning: { batchEventsMax: 1 } }))).toEqual([]);
});

test("a run in batches as large as can be gives the same state", async () => {
  expect(differences(live, await undisturbedRun(pipeline.pool, { secret: SECRET, tuning: { batchEventsMax: 4_000 } }))).toEqual([]);
});

test("a run whose transactions are cut off again and again gives the same state", async () => {
  let cuts = 0;
  const state = await undisturbedRun(pipeline.pool, {
    secret: SECRET, profilesInMemory: 5, tuning: { batchEventsMax: 3 },
    async beside(pool, signal) {
      for (; cuts < CUTS_MAX && !signal.aborted; await sleep(40)) cuts += (await pool.query(cutOff, [`tributary ${RUN_POOL}`])).rowCount ?? 0;
    },
  });
  expect(cuts).toBeGreaterThan(3);
  expect(differences(live, state)).toEqual([]);
});

const CUTS_MAX = 8;
/** Ends a connection that is in the middle of a transaction. */
const cutOff = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1 and xact_start is not null and state like 'idle in%' order by random() limit 1";

interface StoredRow {
  readonly outcome: string;
  readonly ingest_profile_id: string;
  readonly owner: string;
}

/** Requests side by side, then a change by control record, again and again; sometimes a restart. */
async function makeHistory(random: RandomSource): Promise<void> {
  const sent: Call[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await Promise.all(Array.from({ length: REQUESTS_PER_ROUND }, (_, i) => {
      const calls = Array.from({ length: 1 + random.below(12) }, (_, j) => randomCall(random, `m${round}-${i}-${j}`));
      const again = sent.length > 0 && random.oneIn(2) ? [random.pick([sent[0] as Call, ...sent])] : []; // There is one.
      sent.push(...calls);
      const isImport = round === 2 || round === 5;
      return pipeline.send([...calls, ...again], {
        sourceId: 1 + random.below(2), workspaceId: 1 + random.below(2), ...(isImport ? { importId: 5, historical: true } : {}),
      });
    }));
    await pipeline.control(await nextControl(random, round), 1);
    // Merges and unmerges come before and behind it; in between rows are rewritten and overrides removed.
    if (round % 3 === 1) for (const workspaceId of [1, 1, 2]) await pipeline.control({ kind: "overrides.fold" }, workspaceId);
    if (random.oneIn(5)) await pipeline.restart();
  }
}

async function nextControl(random: RandomSource, round: number): Promise<ControlAction> {
  const profileId = await anybody(random);
  switch (round % 6) {
    case 0:
      return { kind: "profile.edit", profileId, traits: { tier: random.pick(["gold", "silver"]), name: null } };
    case 1: {
      const settings = structuredClone(defaultWorkspaceSettings);
      settings.identity.signIn = round < 6 ? "link" : "convert";
      for (const namespace of settings.identity.namespaces) if (namespace.name === "anonymous_id") namespace.limitPerProfile = 6;
      return { kind: "workspace.set", settings };
    }
    case 2:
    case 4: {
      const { id, key } = await somebodyLarge();
      return { kind: "profile.unmerge", profileId: id, identifiers: [key] };
    }
    case 3:
      return round < 6
        ? { kind: "profile.consent", profileId, categories: { advertising: false, analytics: true }, atMs: 1_700_000_000_000 }
        : { kind: "profile.suppress", profileId };
    default:
      return round < 6
        ? { kind: "source.set", sourceId: 2, settings: { ...defaultSourceSettings, traitRank: 1, nullErases: true } }
        : { kind: "import.withdraw", importId: 5 };
  }
}

async function anybody(random: RandomSource): Promise<string> {
  const { rows } = await pipeline.pool.query<{ id: string }>(
    `select id from profile where workspace_id = 1 and merged_into is null and not suppressed order by json_array_length(doc -> 'identifiers') desc, id limit 8`,
  );
  return rows[random.below(rows.length)]?.id ?? "";
}

/** The person with the most identifiers, and one of theirs. */
async function somebodyLarge(): Promise<{ id: string; key: { namespace: string; value: string } }> {
  const { rows } = await pipeline.pool.query<{ id: string; namespace: string; value: string }>(
    `select p.id, i.namespace, i.value from profile p join identifier i on i.profile_id = p.id
     where p.workspace_id = 1 and p.merged_into is null and not p.suppressed
     order by json_array_length(p.doc -> 'identifiers') desc, p.id, i.namespace, i.value limit 1`,
  );
  const [row] = rows;
  if (!row) throw new Error("The history has made nobody yet.");
  return { id: row.id, key: { namespace: row.namespace, value: row.value } };
}
