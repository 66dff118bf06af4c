// The demo shop against the real pipeline: the generator declares what is true of its calls, without reading an identifier,
// and here it is compared with what normalisation and identity make of them, event by event.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import fc from "fast-check";
import { defaultSourceSettings, defaultWorkspaceSettings, type WorkspaceSettings } from "@tributary/schema/settings.ts";
import {
  createShop, demoSources, shopCountry, staffAddresses, storiesOf, truthOf, type Call, type Shop, type StoryIdentifier, type StoryPerson,
} from "../demo/demo.ts";
import { compileIdentityRules, extractIdentifiers, previousIdentifiers, replay, type ResolveInput } from "../identity/identity.ts";
import { compileNormaliseContext, normaliseEvent } from "./stages/normalise.ts";
import { startTestPipeline, type StoredEvent, type TestPipeline } from "./testing.ts";

const DAY = 86_400_000;
const untilMs = Date.UTC(2026, 9, 1, 9);
const settings: WorkspaceSettings = { ...defaultWorkspaceSettings, phoneCountry: shopCountry, internalIps: [staffAddresses] };
const sourceId = ({ source }: Call): number => demoSources.indexOf(source) + 1;

function shopOf(seed: string | number, people: number, days: number, dirt = 1): Shop {
  return createShop({ seed, people, fromMs: untilMs - days * DAY, untilMs, dirt });
}

describe("Normalisation", () => {
  const rules = compileIdentityRules(settings.identity);
  const contexts = demoSources.map((_, i) => compileNormaliseContext({
    settings, source: defaultSourceSettings,
    extractIdentifiers: (payload) => extractIdentifiers(payload, rules,
      { workspaceId: 1, sourceId: i + 1, secret: "secret", phoneCountry: shopCountry }),
  }));
  const normalise = (call: Call, rowId: number): ReturnType<typeof normaliseEvent> => normaliseEvent({
    partition: 0, rowId, indexInRecord: 0, raw: Buffer.from(JSON.stringify(call.event)),
    header: { kind: "events", workspaceId: 1, sourceId: sourceId(call), receivedAtMs: call.atMs },
  }, contexts[sourceId(call) - 1]!); // One for each source.

  test("accepts every call but those declared unfit, and holds these for the declared reason", () => {
    fc.assert(fc.property(fc.integer(), (seed) => {
      const calls = [...shopOf(seed, 60, 20, 5).history()];
      const held: Record<string, number> = {};
      for (const [i, call] of calls.entries()) {
        const result = normalise(call, i + 1);
        const reason = "outcome" in result ? result.reason : "";
        expect([reason, call.event]).toEqual([call.truth.outcome === "quarantined" ? call.truth.reason : "", call.event]);
        if (reason !== "") held[reason] = (held[reason] ?? 0) + 1;
      }
      expect(held).toEqual(truthOf(calls).held);
    }), { numRuns: 20 });
  });

  test("puts wrong clocks right, and sees who is a crawler and who is staff", () => {
    const shop = shopOf("larkfield", 300, 60, 3);
    let misdated = 0;
    for (const [i, call] of [...shop.history()].entries()) {
      const result = normalise(call, i + 1);
      if ("outcome" in result || call.truth.outcome !== "stored") continue;
      if (call.truth.dirt === "wrong clock") misdated++;
      const happenedMs = call.truth.dirt === "late" ? Date.parse(String(call.event["timestamp"])) : call.atMs;
      expect(result.event.timestampMs).toBe(happenedMs);
      const kind = call.truth.person === null || call.truth.person === undefined ? undefined : shop.person(call.truth.person).kind;
      expect(result.event.isBot).toBe(kind === "bot");
      if (call.source === "website" && result.event.context.ip !== "") expect(result.event.isInternal).toBe(kind === "staff");
    }
    expect(misdated).toBeGreaterThan(20);
  });
});

describe("Identity", () => {
  // Without a country, numbers as spoken say nothing; with one they say what is known already.
  test.each([undefined, shopCountry])("finds the people whom the generator means, in any shop (numbers read in %s)", (phoneCountry) => {
    const rules = compileIdentityRules(settings.identity);
    fc.assert(fc.property(fc.integer(), (seed) => {
      const calls = [...shopOf(seed, 120, 45, 4).history()].filter(({ truth }) => truth.outcome === "stored");
      const inputs = calls.map((call, i): ResolveInput => {
        const extraction = { workspaceId: 1, sourceId: sourceId(call), secret: "secret", phoneCountry };
        const context = compileNormaliseContext({ settings, source: defaultSourceSettings, extractIdentifiers: (payload) =>
          extractIdentifiers(payload, rules, extraction) });
        const header = { kind: "events", workspaceId: 1, sourceId: sourceId(call), receivedAtMs: call.atMs } as const;
        const result = normaliseEvent({ partition: 0, rowId: i + 1, indexInRecord: 0, raw: Buffer.from(JSON.stringify(call.event)),
          header }, context);
        if ("outcome" in result) throw new Error(`${call.key}: ${result.reason}`);
        const { event } = result;
        return { ...event, atMs: event.timestampMs, previous: event.type === "alias"
          ? previousIdentifiers(event.previousId, rules, extraction) : [] };
      });
      const { ownerOfRow, state } = replay(inputs, rules);
      const truth = truthOf(calls);
      expect(state.people.size).toBe(truth.profiles);
      const meantOf = new Map<string | null | undefined, string | undefined>([[null, undefined]]);
      for (const [i, call] of calls.entries()) {
        const owner = ownerOfRow.get(i + 1);
        if (!meantOf.has(owner)) meantOf.set(owner, truth.profileOf(call));
        expect([call.key, truth.profileOf(call)]).toEqual([call.key, meantOf.get(owner)]);
      }
    }), { numRuns: 12 });
  });
});

describe("Three hundred people", () => {
  const shop = shopOf("larkfield", 300, 75);
  const calls = [...shop.history()];
  const truth = truthOf(calls);
  const stories = storiesOf(shop.plan);
  let pipeline: TestPipeline;
  /** In the order in which they were sent. */
  let stored: StoredEvent[] = [];

  beforeAll(async () => {
    pipeline = await startTestPipeline();
    await pipeline.control({ kind: "workspace.set", settings });
    for (let from = 0; from < calls.length; from += 500) {
      await Promise.all(calls.slice(from, from + 500).map((call) => pipeline.log.append(0, {
        header: { kind: "events", workspaceId: 1, sourceId: sourceId(call), receivedAtMs: call.atMs },
        events: [Buffer.from(JSON.stringify(call.event))],
      })));
    }
    await pipeline.settled();
    stored = await pipeline.events("outcome != 'control'");
  });
  afterAll(() => pipeline.stop());

  const personOf = async (of: StoryPerson | StoryIdentifier): Promise<string> => {
    const [first] = "namespace" in of ? [of] : of.identifiers;
    return (await pipeline.person(first?.namespace ?? "", first?.value ?? ""))?.id ?? "";
  };
  const identifiersOf = async (of: StoryPerson): Promise<string[]> => Promise.all(of.identifiers.map(personOf));

  test("each call has the outcome that the generator declares", () => {
    expect(stored).toHaveLength(calls.length);
    expect(stored.map(({ outcome, message_id }) => `${outcome} ${message_id}`))
      .toEqual(calls.map(({ truth: { outcome }, event }) => `${outcome} ${String(event["messageId"])}`));
    const held: Record<string, number> = {};
    for (const { reason } of stored.filter(({ outcome }) => outcome === "quarantined")) held[reason] = (held[reason] ?? 0) + 1;
    expect(held).toEqual(truth.held);
    expect(Object.keys(held).length).toBeGreaterThan(1);
  });

  test("each event belongs to the person whom the generator means, and there are as many profiles", async () => {
    const nobody = "00000000-0000-0000-0000-000000000000";
    const ownerOf = new Map<string, string>();
    const wrong: string[] = [];
    for (const [i, call] of calls.entries()) {
      const row = stored[i];
      if (row === undefined || call.truth.outcome !== "stored") continue;
      const meant = truth.profileOf(call);
      if (meant === undefined) {
        if (row.owner !== nobody) wrong.push(`${call.key} belongs to somebody`);
        continue;
      }
      const owner = ownerOf.get(meant) ?? row.owner;
      ownerOf.set(meant, owner);
      if (owner !== row.owner) wrong.push(`${call.key} ${meant}`);
    }
    expect(wrong.slice(0, 10)).toEqual([]);
    expect(new Set(ownerOf.values()).size).toBe(truth.profiles);
    const { rows } = await pipeline.pool.query<{ count: string }>(
      "select count(*) from profile where workspace_id = 1 and merged_into is null",
    );
    expect(Number(rows[0]?.count)).toBe(truth.profiles);
    expect(truth.profiles).toBeGreaterThan(300);
  });

  test("the family stays four people on one tablet, which is the first one's", async () => {
    const { people, tablet, owner } = stories.familyTablet;
    const ids = await Promise.all(people.map(personOf));
    expect(new Set(ids).size).toBe(4);
    expect(ids).not.toContain("");
    expect(await personOf(tablet)).toBe(await personOf(owner));
    for (const person of people) expect(new Set(await identifiersOf(person)).size, person.name).toBe(1);
    const refused = await pipeline.pool.query<{ survivor: string }>(
      `select distinct m.survivor from merge_log m
         join identifier i on i.workspace_id = m.workspace_id and i.key = m.identifier_key
        where m.kind = 'refused' and m.reason = 'limit' and i.value = $1`, [tablet.value],
    );
    expect(refused.rows.map(({ survivor }) => survivor).sort()).toEqual(ids.slice(1).sort());
  });

  test("the caller's order is late and asked for, and is found by everything she is known by", async () => {
    const { caller, orderId } = stories.lateOrder;
    const ids = await identifiersOf(caller);
    expect(new Set(ids).size).toBe(1);
    const about = stored.filter(({ owner, raw }) => owner === ids[0] && raw.includes(orderId)).map(({ event }) => event);
    expect(about.filter((name) => /^(Order Completed|Order Delayed|Ticket|Order Ready)/.test(name)))
      .toEqual(["Order Completed", "Order Delayed", "Ticket Opened"]);
  });

  test("the wrong merge has happened, and undoing it gives both back", async () => {
    const { lender, borrower } = stories.wrongMerge;
    const joined = await identifiersOf(lender);
    expect(new Set([...joined, ...(await identifiersOf(borrower))]).size).toBe(1);
    await pipeline.control({ kind: "profile.unmerge", profileId: joined[0] ?? "", identifiers: [...lender.identifiers] });
    const [one, other] = [await identifiersOf(lender), await identifiersOf(borrower)];
    expect([new Set(one).size, new Set(other).size]).toEqual([1, 1]);
    expect(one[0]).not.toBe(other[0]);
  });

  test("the ledger is balanced: what was decided is what was sent, and all of it landed", async () => {
    const { rows } = await pipeline.pool.query<{ hop: string; source_id: number; outcome: string; count: string }>(
      "select hop, source_id, outcome, sum(count) as count from ledger where workspace_id = 1 group by 1, 2, 3",
    );
    const sum = (hop: string, source: number, outcome?: string): number =>
      rows.filter((row) => row.hop === hop && row.source_id === source && (outcome ?? row.outcome) === row.outcome)
        .reduce((all, row) => all + Number(row.count), 0);
    for (const [i, source] of demoSources.entries()) {
      const sent = calls.filter((call) => call.source === source);
      for (const outcome of ["stored", "duplicate", "quarantined"] as const) {
        expect([source, outcome, sum("decided", i + 1, outcome)])
          .toEqual([source, outcome, sent.filter((call) => call.truth.outcome === outcome).length]);
      }
      const [received, landed, failed] = [sum("received", i + 1), sum("landed", i + 1), sum("landed", i + 1, "failed")];
      expect([source, received, landed, failed]).toEqual([source, sent.length, sent.length, 0]);
    }
  });
});
