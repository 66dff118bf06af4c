// The path of an event agrees with what was really stored and decided, for random events and for the cases people ask about.
import { afterAll, beforeAll, expect, test } from "vitest";
import { defaultSourceSettings, defaultWorkspaceSettings } from "@tributary/schema/settings.ts";
import type { EventPath } from "@tributary/schema/api/event-path.ts";
import { eventPath } from "@tributary/schema/api/event-path.ts";
import { defaultLimits } from "../core/limits.ts";
import { createEventPaths, type EventPaths } from "./event-path.ts";
import { previewWithdraw } from "./previews.ts";
import { SECRET, startTestPipeline, type TestPipeline } from "./testing.ts";

let pipeline: TestPipeline;
let paths: EventPaths;

beforeAll(async () => {
  pipeline = await startTestPipeline();
  paths = createEventPaths({ pool: pipeline.pool, clickhouse: pipeline.clickhouse.client("evaluate"), secret: SECRET, limits: defaultLimits });
});

afterAll(() => pipeline?.stop());

interface Row {
  readonly row: string;
  readonly [column: string]: unknown;
}

async function rows(where: string): Promise<Row[]> {
  const result = await pipeline.clickhouse.client("api").query({
    query: `select *, toString(row_id) as row, toString(toUnixTimestamp64Milli(timestamp)) as at_ms from events where ${where} order by row_id`, format: "JSONEachRow",
  });
  return result.json<Row>();
}

async function pathOf(messageId: string): Promise<EventPath> {
  const [row] = await rows(`message_id = '${messageId}'`);
  const path = await paths.path(1, Number(row?.row));
  expect(eventPath.safeParse(path).error?.issues).toBeUndefined();
  if (path === undefined) throw new Error(`No path of ${messageId}.`);
  return path;
}

const why = (path: EventPath): Record<string, string> => Object.fromEntries((path.normalised?.changes ?? []).map(({ field, why: reason }) => [field, reason]));

/** Small and fast; the same numbers for the same seed. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function randomCall(roll: (below: number) => number, n: number): object {
  const pick = (...some: readonly unknown[]): unknown => some[roll(some.length)];
  const agents = ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36", "Googlebot/2.1", 7, null];
  return {
    type: pick("track", "identify", "page", "group", "alias", "Track", "purchase", undefined), event: pick("Order Completed", "", " Viewed ", 5), messageId: pick(`m-${n}`, ` m-${roll(n + 1)} `, undefined, n),
    userId: pick(`u-${roll(6)}`, roll(9), ` u-${roll(6)} `, null, "null", "x".repeat(3_000)), anonymousId: pick(`a-${roll(8)}`, undefined), previousId: pick(`a-${roll(8)}`, undefined), groupId: pick("g-1", undefined),
    timestamp: pick("2026-01-02T03:04:05+02:00", "yesterday", 1_767_323_045, "1971-01-01", "2999-01-01", undefined), sentAt: pick("2026-01-02T01:00:00Z", undefined, "never"),
    properties: pick({ total: 5.25, email: `u${roll(4)}@Example.com` }, [1], { id: 12_345_678_901_234_567_890n.toString() }, undefined), traits: pick({ email: ` U${roll(4)}@example.com`, phone: "+4520100100", plan: "pro" }, "none", undefined),
    context: pick(
      { ip: "203.0.113.77", userAgent: pick(...agents), page: { url: "https://shop.example.com/a?utm_source=mail&gclid=g1&ajs_uid=u-1", referrer: "https://example.com/" } },
      { ip: "0.0.0.0", locale: "en_GB", traits: { city: "Odense" }, campaign: { name: "spring" }, consent: { categoryPreferences: { advertising: roll(2) === 0 } } }, undefined, "context",
    ),
  };
}

test("normalising again gives what stands in the event table, for random events", async () => {
  const roll = dice(20_260_101);
  for (let request = 0; request < 12; request++) {
    const header = { ip: "198.51.100.20", userAgent: "curl/8", sentAt: roll(2) === 0 ? "2026-01-02T00:00:00Z" : undefined, context: roll(3) === 0 ? '{"timezone":"Europe/Copenhagen"}' : undefined };
    await pipeline.send(Array.from({ length: 25 }, (_, index) => randomCall(roll, request * 25 + index)), JSON.parse(JSON.stringify(header)));
  }
  const stored = await rows("outcome in ('stored', 'duplicate', 'quarantined')");
  expect(stored.length).toBe(300);
  expect(new Set(stored.map((row) => row["outcome"])).size).toBe(3);
  for (const row of stored) {
    const path = await paths.path(1, Number(row.row));
    if (row["outcome"] === "quarantined") {
      expect(path).toMatchObject({ normalised: null, folded: null, refused: { reason: row["reason"], detail: expect.stringMatching(/./) } });
      continue;
    }
    const event = path?.normalised?.event;
    const context = { ...(event?.["context"] as object) };
    expect({ ...empty, ...event, context: { ...emptyContext, ...context } }, `row ${row.row}`).toMatchObject({
      type: row["type"], messageId: row["message_id"], timestamp: new Date(Number(row["at_ms"])).toISOString(), userId: row["user_id"], anonymousId: row["anonymous_id"], groupId: row["group_id"],
      consent: Object.fromEntries(Object.entries(row["consent"] as object).map(([name, granted]) => [name, granted === 1])),
      context: {
        ip: row["ip"], locale: row["locale"], timezone: row["timezone"], deviceType: row["device_type"], os: row["os"], browser: row["browser"], pageUrl: row["page_url"], pagePath: row["page_path"],
        pageReferrer: row["page_referrer"], campaignSource: row["campaign_source"], campaignName: row["campaign_name"], clickIds: row["click_ids"],
      },
      ...(row["is_bot"] === 1 ? { isBot: true } : {}),
    });
    expect(path?.normalised?.identifiers.length, `row ${row.row}`).toBe((row["identifiers"] as unknown[]).length);
    expect(path?.identified?.profile_id ?? "00000000-0000-0000-0000-000000000000").toBe(row["outcome"] === "stored" ? row["ingest_profile_id"] : "00000000-0000-0000-0000-000000000000");
    // What the fold made anew says of the person now is what the person's own provenance says.
    for (const trait of path?.folded?.traits ?? []) if (trait.stands) expect(trait.taken).not.toBe("kept");
  }
});

const empty = { userId: "", anonymousId: "", groupId: "", consent: {} };
const emptyContext = {
  ip: "", locale: "", timezone: "", deviceType: "", os: "", browser: "", pageUrl: "", pagePath: "", pageReferrer: "", campaignSource: "", campaignName: "", clickIds: {},
};

test("says what was changed about an event, and by which rule", async () => {
  const now = Date.now();
  await pipeline.control({ kind: "source.set", sourceId: 1, settings: { ...defaultSourceSettings, ip: "truncate" } });
  await pipeline.send([{
    type: "track", event: "Viewed", messageId: "changed", userId: 42, anonymousId: "null", timestamp: new Date(now - 3_600_000).toISOString(), sentAt: new Date(now - 3_600_000).toISOString(),
    properties: { email: " Ann@Example.com" }, context: { ip: "203.0.113.77", userAgent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1", page: { url: "https://shop.example.com/?utm_source=mail" } },
  }], { receivedAtMs: now });
  const path = await pathOf("changed");
  expect(why(path)).toMatchObject({ userId: "cleaned", timestamp: "time_skew_corrected", "context.ip": "ip_truncate", "context.os": "user_agent", "context.campaignSource": "page_url" });
  expect(path.normalised?.changes.find(({ field }) => field === "context.ip")).toMatchObject({ before: "203.0.113.77", after: "203.0.113.0" });
  expect(path.normalised?.identifiers).toContainEqual({ namespace: "user_id", value: "42", path: "userId", raw: "42" });
  expect(path.normalised?.ignored).toContainEqual({ namespace: "anonymous_id", path: "anonymousId", reason: "blocked" });
  expect(path.rules).toEqual({ in_force: "then", changed_since: null });
});

test("an event is looked at under the rules that held when it came, and says that they changed", async () => {
  await pipeline.send([{ type: "track", event: "Viewed", messageId: "before-change", anonymousId: "rules-1", context: { ip: "203.0.113.9" } }]);
  await pipeline.control({ kind: "source.set", sourceId: 1, settings: { ...defaultSourceSettings, ip: "drop" } });
  await pipeline.send([{ type: "track", event: "Viewed", messageId: "after-change", anonymousId: "rules-1", context: { ip: "203.0.113.9" } }]);
  expect((await pathOf("before-change")).rules).toEqual({ in_force: "then", changed_since: expect.stringMatching(/^20/) });
  expect(why(await pathOf("before-change"))["context.ip"]).toBe("ip_truncate");
  expect(why(await pathOf("after-change"))["context.ip"]).toBe("ip_drop");
});

test("tells whom the identifiers found, the merge, and what each trait was before", async () => {
  await pipeline.send([{ type: "identify", messageId: "p1", userId: "path-ann", traits: { plan: "free", city: "Odense" } }]);
  await pipeline.send([{ type: "track", event: "Viewed", messageId: "p2", anonymousId: "path-web" }]);
  const [ann, web] = [await pipeline.person("user_id", "path-ann"), await pipeline.person("anonymous_id", "path-web")];
  await pipeline.send([{ type: "identify", messageId: "p3", userId: "path-ann", anonymousId: "path-web", traits: { plan: "pro", city: "Odense" }, context: { consent: { categoryPreferences: { advertising: true } } } }]);
  const first = await pathOf("p1");
  expect(first.identified).toMatchObject({ created: true, profile_id: ann?.id, identifiers: [{ namespace: "user_id", is_new: true, held_by: null }] });
  const merged = await pathOf("p3");
  expect(merged.identified).toMatchObject({ created: false, profile_id: ann?.id, profile_now: ann?.id, steps: [{ kind: "merge", reason: "seen_together", survivor: ann?.id, other: web?.id, value: "path-web" }], first_seen_together: 1 });
  expect(merged.identified?.identifiers).toEqual([
    { namespace: "user_id", value: "path-ann", is_new: false, held_by: ann?.id }, { namespace: "anonymous_id", value: "path-web", is_new: false, held_by: web?.id },
  ]);
  expect(merged.folded).toEqual({
    replayed: "yes", is_full: false,
    traits: [
      { name: "plan", before: "free", after: "pro", sent: "pro", taken: "changed", stands: true },
      { name: "city", before: "Odense", after: "Odense", sent: "Odense", taken: "same", stands: true },
    ],
    consents: [{ name: "advertising", before: null, after: true, sent: true, taken: "changed", stands: true }],
  });
  expect((await pathOf("p2")).identified?.profile_now).toBe(ann?.id);
  await pipeline.send([{ type: "identify", messageId: "p4", userId: "path-ann", traits: { plan: "old" }, timestamp: "2020-01-01T00:00:00Z" }]);
  expect((await pathOf("p4")).folded?.traits).toEqual([{ name: "plan", before: "pro", after: "pro", sent: "old", taken: "kept", stands: false }]);
});

test("a held event says where its fault lies, and a repair is checked by the same stages", async () => {
  await pipeline.send([{ type: "purchase", messageId: "held-1", userId: "path-held" }]);
  const held = await pathOf("held-1");
  expect(held).toMatchObject({ normalised: null, identified: null, refused: { outcome: "quarantined", reason: "unknown_type", places: [["type"]], position: null } });
  const header = { kind: "events" as const, workspaceId: 1, sourceId: 1, receivedAtMs: Date.now() };
  expect(await paths.check(header, Buffer.from('{"type":"purchase","userId":"u"}'))).toMatchObject({ accepted: false, refused: { reason: "unknown_type", places: [["type"]] } });
  expect(await paths.check(header, Buffer.from('{"type":"track","event":"Purchase","userId":"u","messageId":"new-1"}')))
    .toMatchObject({ accepted: true, repeat: false, refused: null, identifiers: [{ namespace: "user_id", value: "u", path: "userId" }] });
  expect(await paths.check(header, Buffer.from('{"type":"track","event":"Purchase","userId":"u","messageId":"p1"}'))).toMatchObject({ accepted: true, repeat: true });
});

test("a repeat names the event that counts, and an unknown position is nothing", async () => {
  await pipeline.send([{ type: "track", event: "Twice", messageId: "twice", userId: "path-ann" }]);
  await pipeline.send([{ type: "track", event: "Twice", messageId: "twice", userId: "path-ann" }]);
  const [one, two] = await rows("message_id = 'twice'");
  expect((await paths.path(1, Number(two?.row)))?.repeat).toMatchObject({ first_row: Number(one?.row), first_at: expect.stringMatching(/^20/) });
  expect((await paths.path(1, Number(one?.row)))?.repeat).toBeNull();
  expect(await paths.path(2, Number(one?.row))).toBeUndefined();
  expect(defaultWorkspaceSettings.identity.namespaces.length).toBeGreaterThan(0);
});

test("taking an import back: how many people it touches, and who would be gone, merges counted as one person", async () => {
  const deps = { pool: pipeline.pool, clickhouse: pipeline.clickhouse.client("evaluate"), secret: SECRET, limits: defaultLimits };
  const imported = { importId: 7, historical: true };
  await pipeline.send([{ type: "identify", messageId: "i1", userId: "known", traits: { a: 1 } }]);
  await pipeline.send([{ type: "identify", messageId: "i2", userId: "known", traits: { b: 1 } }, { type: "identify", messageId: "i3", userId: "only-here", traits: { b: 1 } }, { type: "track", event: "Stock Counted", messageId: "i4" }], imported);
  await pipeline.send([{ type: "track", event: "Viewed", messageId: "i5", anonymousId: "joined-later" }], imported);
  await pipeline.send([{ type: "track", event: "Viewed", messageId: "i6", userId: "only-here", anonymousId: "joined-later" }], imported);
  expect(await previewWithdraw(deps, 1, 7)).toEqual({ events: 5, people: 2, gone: 1, complete: true });
  expect(await previewWithdraw(deps, 1, 8)).toEqual({ events: 0, people: 0, gone: 0, complete: true });
  await pipeline.control({ kind: "import.withdraw", importId: 7 });
  expect(await pipeline.person("user_id", "only-here")).toBeUndefined();
  expect((await pipeline.person("user_id", "known"))?.traits).toMatchObject({ a: { value: 1 } });
  expect((await paths.path(1, Number((await rows("message_id = 'i2'"))[0]?.row)))?.folded).toBeNull();
});
