// What changed rules would do, asked of people that a running pipeline made.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { IdentityPreview } from "@tributary/schema/api/identity.ts";
import { defaultWorkspaceSettings, type IdentitySettings, type NamespaceRule } from "@tributary/schema/settings.ts";
import { defaultLimits } from "../core/limits.ts";
import { previewIdentity, previewUnmerge, type PreviewDeps } from "./previews.ts";
import { SECRET, startTestPipeline, type TestPipeline } from "./testing.ts";

let pipeline: TestPipeline;
let deps: PreviewDeps;

beforeAll(async () => {
  pipeline = await startTestPipeline();
  await pipeline.pool.query(`insert into workspace (id, slug, name, log_partition) values (1, 'first', 'First', 0)`);
  deps = { pool: pipeline.pool, clickhouse: pipeline.clickhouse.client("evaluate"), secret: SECRET, limits: defaultLimits };
  await pipeline.send([
    { type: "identify", messageId: "1", userId: "ann", anonymousId: "tablet", traits: { email: "ann@example.com" } },
    { type: "identify", messageId: "2", userId: "bob", anonymousId: "tablet" },
    { type: "identify", messageId: "3", userId: "cleo", traits: { email: "info@example.com" } },
    { type: "identify", messageId: "4", anonymousId: "c-phone", traits: { email: "info@example.com" } },
    { type: "identify", messageId: "5", userId: "ABC" },
    { type: "identify", messageId: "6", userId: "abc" },
  ]);
});

afterAll(() => pipeline?.stop());

function rules(change: Readonly<Record<string, Partial<NamespaceRule>>>, rest: Partial<IdentitySettings> = {}): IdentitySettings {
  const { identity } = defaultWorkspaceSettings;
  return { ...identity, namespaces: identity.namespaces.map((rule) => ({ ...rule, ...change[rule.name] })), ...rest };
}

const preview = (identity: IdentitySettings): Promise<IdentityPreview> => previewIdentity(deps, 1, identity);
const values = (refs: readonly { readonly value: string }[]): string[] => refs.map(({ value }) => value).sort();

test("the rules in force change nobody, also where an unmerge has drawn a line", async () => {
  const unchanged = { merging: 0, splitting: 0, merges: [], splits: [], dropped: 0, complete: true };
  expect(await preview(rules({}))).toMatchObject(unchanged);
  const cleo = await pipeline.person("user_id", "cleo");
  const identifiers = [{ namespace: "anonymous_id", value: "c-phone" }];
  await pipeline.control({ kind: "profile.unmerge", profileId: cleo?.id ?? "", identifiers });
  expect((await pipeline.person("anonymous_id", "c-phone"))?.id).not.toBe(cleo?.id);
  expect(await preview(rules({}))).toMatchObject(unchanged);
});

test("a higher limit says who would become one person, by what, and by which event", async () => {
  const answer = await preview(rules({ user_id: { limitPerProfile: 2 } }));
  expect(answer).toMatchObject({ merging: 2, merged_into: 1, splitting: 0 });
  expect(answer.people_after).toBe(answer.people_before - 1);
  const [example] = answer.merges;
  expect(values(example?.by ?? [])).toEqual(["bob", "tablet"]);
  const { rows } = await pipeline.pool.query<{ row_id: string }>("select row_id from merge_log where kind = 'refused' and reason = 'limit'");
  expect(String(example?.row_id)).toBe(rows[0]?.row_id);
  const ids = example?.people.map(({ profile_id }) => profile_id).sort();
  expect(ids).toEqual([(await pipeline.person("user_id", "ann"))?.id, (await pipeline.person("user_id", "bob"))?.id].sort());
});

test("keeping devices and people apart says who would come apart, and into whom", async () => {
  await pipeline.send([
    { type: "page", messageId: "7", anonymousId: "e-laptop" },
    { type: "identify", messageId: "8", userId: "eve", anonymousId: "e-laptop" },
  ]);
  const answer = await preview(rules({}, { signIn: "isolate" }));
  // The tablet was never seen before it was Ann's; it leaves her, and is nobody until it is seen alone.
  expect(answer).toMatchObject({ merging: 0, splitting: 1, split_into: 2, leaving: 1 });
  const eve = await pipeline.person("user_id", "eve");
  expect(answer.splits[0]?.profile_id).toBe(eve?.id);
  expect(answer.splits[0]?.into.map(({ identifiers }) => values(identifiers)).sort()).toEqual([["e-laptop"], ["eve"]]);
});

test("a value that is blocked is counted as taken no longer, and what it held together comes apart", async () => {
  const answer = await preview(rules({ email: { blockedValues: ["info@example.com"] } }));
  expect(answer).toMatchObject({ dropped: 1, dropped_examples: [{ namespace: "email", value: "info@example.com" }], merging: 0, splitting: 0 });
});

test("another way to normalise joins people who were never seen together", async () => {
  const answer = await preview(rules({ user_id: { normalise: "lower" } }));
  expect(answer).toMatchObject({ merging: 2, merged_into: 1 });
  expect(answer.merges[0]?.people.map(({ identifiers }) => values(identifiers).join()).sort()).toEqual(["ABC", "abc"]);
});

test("an unmerge is previewed with what each side would hold: traits, consents, last events, and into how many it falls", async () => {
  await pipeline.send([
    { type: "identify", messageId: "10", userId: "dora", anonymousId: "d-1", traits: { name: "Dora" }, context: { consent: { categoryPreferences: { ads: true } } } },
    { type: "identify", messageId: "11", userId: "dora", anonymousId: "d-2" },
    { type: "track", event: "Viewed", messageId: "12", anonymousId: "d-2" },
  ]);
  const dora = await pipeline.person("user_id", "dora");
  const answer = await previewUnmerge(deps, 1, dora?.id ?? "", [{ namespace: "user_id", value: "dora" }]);
  expect(answer.splits_off).toMatchObject({ traits: { name: "Dora" }, consents: { ads: true }, event_count: 2, people: 1 });
  // What held the two browsers together was the user id.
  expect(answer.stays).toMatchObject({ event_count: 1, people: 1, latest_events: [{ event: "Viewed" }] });
  expect(values(answer.stays.identifiers)).toEqual(["d-2"]);
  expect(answer.nobodys).toEqual([{ namespace: "anonymous_id", value: "d-1" }]);
  await pipeline.control({ kind: "profile.unmerge", profileId: dora?.id ?? "", identifiers: [{ namespace: "user_id", value: "dora" }] });
  expect((await pipeline.person("anonymous_id", "d-2"))?.events.count).toBe(answer.stays.event_count);
  expect((await pipeline.person("user_id", "dora"))?.events.count).toBe(answer.splits_off.event_count);
  expect(await pipeline.person("anonymous_id", "d-1")).toBeUndefined();
});
