// Everything that was decided, decided again: across the border where the log begins and the event table must tell.
import { afterAll, beforeAll, expect, test } from "vitest";
import { defaultSourceSettings, defaultWorkspaceSettings } from "@tributary/schema/settings.ts";
import type { ControlAction } from "@tributary/schema/control.ts";
import type { EventsHeader } from "@tributary/schema/log-record.ts";
import { identifierKey } from "../identity/identity.ts";
import type { Chunk } from "../log/log.ts";
import { createEventTableReader } from "./event-table-reader.ts";
import { isBeingRebuilt } from "./outbox/audience-outbox.ts";
import { rebuild } from "./rebuild.ts";
import { SECRET, startTestPipeline, type TestPipeline } from "./testing.ts";

let pipeline: TestPipeline;

beforeAll(async () => {
  pipeline = await startTestPipeline();
});

afterAll(() => pipeline?.stop());

const DAY_MS = 86_400_000;
const queries = {
  people: `select * from profile order by id`,
  identifiers: `select * from identifier order by key`,
  edges: `select * from identity_edge order by a, b, kind`,
  lines: `select * from cannot_link order by split_id, identifier_key`,
  shares: `select * from ingest_share order by ingest_id, profile_id`,
  merges: `select * from merge_log order by workspace_id, row_id, step`,
  held: `select * from quarantine order by workspace_id, row_id`,
  rules: `select * from pipeline_config order by workspace_id`,
  seen: `select id, day from message_seen order by id, day`,
  ledger: `select * from ledger order by workspace_id, minute, source_id, hop, outcome, reason`,
};

/** All that was decided, in a form that can be compared. */
async function dump(): Promise<Record<keyof typeof queries | "events" | "snapshots", unknown>> {
  const rows = await Promise.all(Object.values(queries).map(async (query) => (await pipeline.pool.query(query)).rows));
  const found = Object.fromEntries(Object.keys(queries).map((name, i) => [name, rows[i]])) as Record<keyof typeof queries, unknown>;
  const snapshots = await pipeline.clickhouse.client("api").query({
    query: `select workspace_id, profile_id, deleted, is_anonymous, arraySort(identifiers) as identifiers, toJSONString(traits) as traits,
        consents, accounts, trait_times, timezone, is_human
      from profiles final where not deleted order by profile_id`,
    format: "JSONEachRow",
  });
  return { ...found, events: await pipeline.events(), snapshots: await snapshots.json() };
}

/** The same numbers in each run; between 0 and 1. */
function createDice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Sends a random history of calls and control records. */
function createHistory(seed: number): { run(controls: readonly ControlAction["kind"][]): Promise<void> } {
  const dice = createDice(seed);
  const below = (n: number): number => Math.floor(dice() * n);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T; // The lists are never empty.
  const sent: object[] = [];
  let number = 0;

  function call(): object {
    if (sent.length > 0 && below(12) === 0) return pick(sent);
    const ids = {
      messageId: `m${number++}`, ...(below(3) > 0 ? { anonymousId: `a${below(20)}` } : {}), ...(below(2) ? { userId: `u${below(9)}` } : {}),
    };
    const consent = below(6) === 0 ? { context: { timezone: pick(["Europe/Oslo", "Asia/Tokyo", "no zone"]), consent: { categoryPreferences: { ads: below(2) === 1 } } } } : {};
    const made = pick<() => object>([
      () => ({
        type: "identify", ...ids, ...consent, traits: { email: `e${below(12)}@example.com`, plan: `p${below(3)}`, [`t${below(5)}`]: below(100) },
      }),
      () => ({ type: "identify", ...ids, traits: { plan: below(4) === 0 ? null : `p${below(3)}` } }),
      () => ({ type: "track", event: `Event ${below(4)}`, ...ids, ...consent, properties: { value: below(1000) } }),
      () => ({ type: "track", event: below(5) ? "Bought" : "", ...ids }),
      () => ({ type: "group", ...ids, groupId: `g${below(4)}`, traits: { name: `G${below(4)}` } }),
      () => ({ type: "alias", ...ids, userId: `u${below(9)}`, previousId: `a${below(20)}` }),
      () => ({ type: "page", ...ids, context: { page: { url: `https://shop.example.com/?ajs_uid=u${below(9)}` } } }),
    ])();
    sent.push(made);
    return made;
  }

  /** A control record of this kind, about somebody who is there; those with the most identifiers come in for the most. */
  async function control(kind: ControlAction["kind"]): Promise<void> {
    await pipeline.settled();
    const { rows } = await pipeline.pool.query<{ id: string; doc: { identifiers: { namespace: string; value: string }[] } }>(
      `select id, doc from profile where merged_into is null and not suppressed
       order by json_array_length(doc -> 'identifiers') desc, id limit 4`,
    );
    const person = pick(rows);
    const profileId = person.id;
    const identifiers = person.doc.identifiers.slice(0, 1).map(({ namespace, value }) => ({ namespace, value }));
    const settings = structuredClone(defaultWorkspaceSettings);
    settings.identity.signIn = pick(["convert", "isolate", "link"] as const);
    switch (kind) {
      case "profile.edit": return pipeline.control({ kind, profileId, traits: { [`t${below(5)}`]: "by hand" } });
      case "profile.consent": return pipeline.control({ kind, profileId, categories: { ads: below(2) === 1 }, atMs: Date.now() });
      case "profile.unmerge": return pipeline.control({ kind, profileId, identifiers });
      case "profile.suppress": return pipeline.control({ kind, profileId });
      case "overrides.fold": return pipeline.control({ kind });
      case "import.withdraw": return pipeline.control({ kind, importId: 1 + below(3) });
      case "workspace.set": return pipeline.control({ kind, settings });
      case "source.set": return pipeline.control({ kind, sourceId: 1, settings: { ...defaultSourceSettings, traitRank: 1 } });
    }
  }

  async function record(): Promise<void> {
    const special = pick<Partial<EventsHeader>>([{ importId: 1 + below(3), historical: true }, { problems: { 0: "too_deep" } }, {}, {}]);
    const calls = Array.from({ length: 1 + below(6) }, call);
    await pipeline.log.append(0, {
      header: { kind: "events", workspaceId: 1, sourceId: 1 + below(2), receivedAtMs: Date.now(), ip: "203.0.113.7", ...special },
      events: calls.map((made) => Buffer.from(JSON.stringify(made))),
    });
  }

  return {
    async run(controls) {
      for (const kind of controls) {
        for (let i = 0; i < 5; i++) await record();
        await control(kind);
      }
      for (let i = 0; i < 5; i++) await record();
      await pipeline.settled();
    },
  };
}

/** Really drops the log's oldest chunks: all that were there before this was called for the first time. */
async function closeSegment(): Promise<void> {
  await pipeline.log.dropExpired(Date.now() + DAY_MS);
  // Many small parts make each change of rows slow.
  await pipeline.clickhouse.client("write").command({ query: "optimize table events final" });
}

async function dropOldest(): Promise<void> {
  await pipeline.log.dropExpired(Date.now() + 100 * DAY_MS);
}

test("a rebuild across the log's border gives the same state, and writes no event twice", async () => {
  const history = createHistory(7);
  await history.run(["profile.unmerge", "overrides.fold", "profile.edit", "import.withdraw", "profile.suppress"]);
  await closeSegment();
  await history.run(["overrides.fold", "workspace.set", "profile.unmerge", "import.withdraw", "source.set"]);
  await dropOldest();
  const [partition] = await pipeline.log.state();
  expect(partition?.firstOffset).toBeGreaterThan(20);
  expect(partition?.nextOffset).toBeGreaterThan(Number(partition?.firstOffset) + 20);

  const before = await dump();
  // Without these the history would not show much.
  for (const found of [before.people, before.merges, before.lines, before.shares, before.held]) expect(found).not.toEqual([]);
  const outcomes = (before.events as { outcome: string; reason: string }[]).map(({ outcome, reason }) => `${outcome} ${reason}`);
  expect(new Set(outcomes)).toEqual(new Set([
    "stored ", "control ", "duplicate message_id_seen", "dropped suppressed", "quarantined event_name_missing", "quarantined too_deep",
    "quarantined no_identifier", "withdrawn import_withdrawn",
  ]));
  const progress: { done: number; total: number }[] = [];
  await pipeline.paused(async () => {
    // What is made anew owes nothing to what was there.
    await pipeline.pool.query(`update profile set doc = null; delete from identifier; truncate quarantine; delete from merge_log`);
    const { done, total, refused } = await rebuild({ ...pipeline.options, onRebuild: (now) => progress.push(now) });
    progress.push({ done, total });
    expect(refused).toBe(0);
  });
  const after = await dump();
  for (const [name, was] of Object.entries(before)) expect(Object.entries(after).find(([other]) => other === name)?.[1], name).toEqual(was);
  const total = (before.events as unknown[]).length;
  expect(progress.at(-1)).toEqual({ done: total, total });
  expect((await pipeline.pool.query(`select from log_offset where reader = 'rebuild'`)).rowCount).toBe(0);
});

test("a rebuild that is broken off goes on in the next process, and then ends", async () => {
  const before = await dump();
  const abort = new AbortController();
  let broken = { done: 0, total: 0 };
  await pipeline.paused(async () => {
    const onRebuild = (now: { done: number; total: number }): void => {
      broken = now;
      if (now.done > now.total / 3) abort.abort();
    };
    await expect(rebuild({ ...pipeline.options, onRebuild, signal: abort.signal })).rejects.toThrow("aborted");
  });
  expect(broken.done).toBeLessThan(broken.total);
  expect(await isBeingRebuilt(pipeline.pool, 0)).toBe(true);
  await pipeline.settled();
  expect(await dump()).toEqual(before);
  await pipeline.paused(async () => {
    const { done, total } = await rebuild(pipeline.options);
    expect(done).toBe(total);
  });
  expect(await isBeingRebuilt(pipeline.pool, 0)).toBe(false);
  expect((await pipeline.pool.query(`select from log_offset where reader = 'rebuild'`)).rowCount).toBe(0);
});

test("an unmerge of somebody who shares events with a suppressed person leaves that person suppressed", async () => {
  // In a workspace of its own, with the settings of the start.
  const workspaceId = 2;
  const personOf = (namespace: string, value: string) => pipeline.person(namespace, value, workspaceId);
  await pipeline.send([
    { type: "track", event: "Viewed", messageId: "shy1", anonymousId: "shy-phone" },
    { type: "identify", messageId: "shy2", userId: "shy", traits: { name: "Shy" } },
    { type: "identify", messageId: "shy3", userId: "shy", anonymousId: "shy-phone", traits: { email: "shy@example.com" } },
  ], { workspaceId });
  const joined = (await personOf("user_id", "shy"))?.id ?? "";
  const phone = { namespace: "anonymous_id", value: "shy-phone" };
  await pipeline.control({ kind: "profile.unmerge", profileId: joined, identifiers: [phone] }, workspaceId);
  await pipeline.control({ kind: "profile.suppress", profileId: (await personOf("anonymous_id", "shy-phone"))?.id ?? "" }, workspaceId);
  const known = (await personOf("user_id", "shy"))?.id ?? "";
  const email = { namespace: "email", value: "shy@example.com" };
  await pipeline.control({ kind: "profile.unmerge", profileId: known, identifiers: [email] }, workspaceId);

  expect(await personOf("anonymous_id", "shy-phone")).toBeUndefined();
  expect((await personOf("user_id", "shy"))?.identifiers.map(({ namespace }) => namespace)).toEqual(["user_id"]);
  const { rows } = await pipeline.pool.query(
    `select p.suppressed, i.value from profile p join identifier i on i.profile_id = p.id where i.key = $1`,
    [identifierKey(SECRET, workspaceId, phone.namespace, phone.value)],
  );
  expect(rows).toEqual([{ suppressed: true, value: "" }]);
});

test("after a rebuild new events go on where they were", async () => {
  const before = await pipeline.events();
  await createHistory(8).run(["profile.unmerge"]);
  const after = await pipeline.events();
  expect(after.length).toBeGreaterThan(before.length);
  expect(after.slice(0, before.length).map(({ position }) => position)).toEqual(before.map(({ position }) => position));
});

test("the event table gives the same chunks as the log", async () => {
  const [state] = await pipeline.log.state();
  const [from, to] = [state?.firstOffset ?? 0, state?.nextOffset ?? 0];
  const reader = createEventTableReader({ clickhouse: pipeline.clickhouse.client("evaluate"), partition: 0 });
  const suppressed = new Set((await pipeline.events("reason = 'suppressed'")).map(({ position }) => Number(position)));
  const read = async (readFrom: (offset: number) => Promise<readonly Chunk[]>) => {
    const positions = new Map<number, unknown>();
    for (let offset = from; offset < to;) {
      const chunks = await readFrom(offset);
      for (const chunk of chunks) {
        let position = chunk.offset * 4096;
        for (const { header, events } of chunk.records) {
          const { problems: _, ...rest } = header as EventsHeader;
          for (const raw of events.length > 0 ? events : [Buffer.alloc(0)]) {
            if (!suppressed.has(position)) positions.set(position, [rest, raw.toString("latin1")]);
            position++;
          }
        }
      }
      offset = (chunks.at(-1)?.offset ?? to) + 1;
    }
    return positions;
  };
  expect(await read((offset) => reader.read(offset, to, 1))).toEqual(await read((offset) => pipeline.log.read(0, offset, 1e6)));
});
