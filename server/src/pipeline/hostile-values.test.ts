// Values that Postgres or ClickHouse refuse must never reach them: one event would stop its whole partition. Each goes through
// the real pipeline; and for the one that nobody thought of, the event that is to blame is held alone.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { EventsHeader } from "@tributary/schema/log-record.ts";
import { startTestPipeline, type TestPipeline } from "./testing.ts";

let pipeline: TestPipeline;
beforeAll(async () => void (pipeline = await startTestPipeline()));
afterAll(() => pipeline?.stop());

const NUL = "a\0b";
const LONE = "a\ud800b";
const odd = [NUL, LONE, "\udc00", "\0", "\ufffe\uffff", "\u2028", "😀".repeat(250), "x".repeat(9_000)];

const calls: readonly (readonly [what: string, call: object])[] = odd.flatMap((text): (readonly [string, object])[] => {
  const name = JSON.stringify(text.slice(0, 4));
  const ids = { userId: text, anonymousId: `anon ${text}`, groupId: text, previousId: text };
  return [
    [`ids ${name}`, { type: "identify", ...ids }],
    [`alias ${name}`, { type: "alias", userId: "somebody", previousId: text }],
    [`group ${name}`, { type: "group", userId: "somebody", groupId: text, traits: { [text]: text } }],
    [`name ${name}`, { type: "track", event: text, userId: "somebody", properties: { [text]: text, list: [text, { [text]: [text] }], email: `${text}@example.com` } }],
    [`traits ${name}`, { type: "identify", userId: "somebody", traits: { [text]: { [text]: text }, email: `${text}@example.com`, phone: `+49${text}`, name: text } }],
    [`context ${name}`, {
      type: "page", anonymousId: "a", context: {
        page: { url: `https://example.com/${text}?ajs_uid=${encodeURIComponent(text.toWellFormed())}&utm_source=%00`, path: text, referrer: text, search: text },
        campaign: { name: text, source: text }, device: { id: text, type: text, advertisingId: text }, os: { name: text }, locale: text, timezone: text, ip: text,
        userAgent: text, library: { name: text, version: text }, consent: { categoryPreferences: { [text]: true } }, traits: { [text]: text },
        identityToken: text, externalId: [{ id: text, type: text }], externalIds: [{ id: text, type: text, collection: "users", encoding: "none" }],
      },
    }],
  ];
});
const times = [
  "+275760-09-13T00:00:00.000Z", "-271821-04-20T00:00:00.000Z", "0000-00-00", "1e400", 1e300, -1e300, 8.64e15, -8.64e15, "9999-12-31T23:59:59.999Z", "0001-01-01T00:00:00Z", null, {}, NUL,
];
const timed = times.map((timestamp): readonly [string, object] => [`time ${String(timestamp)}`, { type: "track", event: "Timed", userId: "somebody", timestamp, originalTimestamp: timestamp, sentAt: timestamp }]);

test("every odd value is stored or quarantined, and people can be read as JSON afterwards", async () => {
  const headers: Partial<EventsHeader>[] = [
    {},
    { historical: true, importId: 3 },
    { sentAt: NUL, userAgent: LONE, origin: NUL, ip: NUL, context: JSON.stringify({ traits: { email: `${NUL}@example.com` }, page: { url: NUL } }), defaults: { userId: NUL, anonymousId: LONE } },
  ];
  for (const [round, header] of headers.entries()) {
    await pipeline.send([...calls, ...timed].map(([, call], i) => ({ messageId: `${round}-${i}`, ...call })), header);
  }
  await pipeline.send(odd.map((messageId) => ({ type: "track", event: "Id", userId: "somebody", messageId })));
  const events = await pipeline.events();
  expect(events.length).toBe(headers.length * (calls.length + times.length) + odd.length);
  expect(events.filter(({ reason }) => reason === "pipeline_error")).toEqual([]);
  expect(events.filter(({ outcome }) => outcome === "stored").length).toBeGreaterThan(events.length / 2);
  // The stricter type takes no NUL and no half of a pair: whatever a document holds can be looked into.
  await pipeline.pool.query("select doc::jsonb from profile");
  await pipeline.pool.query("select detail::jsonb from merge_log");
});

test("changes by hand with odd values are taken, and stop nothing", async () => {
  await pipeline.send([{ type: "identify", userId: "by hand", messageId: "h1" }]);
  const profileId = (await pipeline.person("user_id", "by hand"))?.id ?? "";
  for (const text of odd) {
    await pipeline.control({ kind: "profile.edit", profileId, traits: { [text.slice(0, 500)]: text, list: [text] } });
    await pipeline.control({ kind: "profile.consent", profileId, categories: { [text]: true }, atMs: 8.64e15 });
    await pipeline.control({ kind: "profile.unmerge", profileId, identifiers: [{ namespace: text, value: text }] });
  }
  const { rows } = await pipeline.pool.query("select event, detail from quarantine where reason = 'control_failed'");
  expect(rows).toEqual([]);
  await pipeline.pool.query("select doc::jsonb from profile");
});

test("an event that Postgres refuses for its data is quarantined alone", async () => {
  // Stands for a value that nobody thought of.
  await pipeline.pool.query("alter table profile add constraint unforeseen check (doc::text not like '%poison%')");
  const call = (i: number): object => ({ type: "identify", messageId: `p${i}`, userId: `guest ${i % 4}`, traits: { name: `Name ${i}`, ...(i === 13 || i === 22 ? { taste: "poison" } : {}) } });
  await pipeline.send(Array.from({ length: 30 }, (_, i) => call(i)));
  await pipeline.send([{ type: "track", event: "Goes On", messageId: "p-after", userId: "guest 1" }]);
  const held = await pipeline.events("startsWith(message_id, 'p') and outcome != 'stored' and message_id != 'p-after'");
  expect(held.map(({ message_id: id, outcome, reason }) => [id, outcome, reason])).toEqual([["p13", "quarantined", "pipeline_error"], ["p22", "quarantined", "pipeline_error"]]);
  const { rows } = await pipeline.pool.query<{ message_id: string; detail: string }>("select message_id, detail from quarantine where reason = 'pipeline_error' order by row_id");
  expect(rows.map(({ message_id: id }) => id)).toEqual(["p13", "p22"]);
  expect(rows[0]?.detail).toContain("unforeseen");
  expect((await pipeline.person("user_id", "guest 1"))?.traits["name"]?.value).toBe("Name 29");
  expect((await pipeline.events("message_id = 'p-after'")).map(({ outcome }) => outcome)).toEqual(["stored"]);
  await pipeline.pool.query("alter table profile drop constraint unforeseen");
});
