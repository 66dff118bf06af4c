// Changes that make people anew, and a rebuild, where events of these people have expired: nothing that only those told is lost
// without a word.
import { afterAll, beforeAll, expect, test } from "vitest";
import { defaultWorkspaceSettings } from "@tributary/schema/settings.ts";
import { defaultLimits } from "../../core/limits.ts";
import { previewUnmerge } from "../previews.ts";
import { rebuild } from "../rebuild.ts";
import { SECRET, startTestPipeline, type TestPipeline } from "../testing.ts";

let pipeline: TestPipeline;

beforeAll(async () => {
  pipeline = await startTestPipeline();
  await pipeline.pool.query(`insert into workspace (id, slug, name, log_partition) values (1, 'first', 'First', 0)`);
  await pipeline.control({ kind: "workspace.set", settings: { ...defaultWorkspaceSettings, events: { keepDays: 30 } } });
});

afterAll(() => pipeline?.stop());

const DAY_MS = 86_400_000;
const longAgo = { receivedAtMs: Date.now() - 60 * DAY_MS };
const expire = (): Promise<void> => pipeline.control({ kind: "events.expire" });
const names = (person: { readonly identifiers: readonly { readonly namespace: string }[] } | undefined): string[] =>
  (person?.identifiers ?? []).map(({ namespace }) => namespace).sort();

test("an unmerge gives each side its identifiers, and what expired events told to whoever keeps the id", async () => {
  await pipeline.send([
    { type: "identify", messageId: "a1", userId: "ann", traits: { name: "Ann" }, context: { consent: { categoryPreferences: { ads: false } } } },
    { type: "group", messageId: "a2", userId: "ann", groupId: "acme", traits: { plan: "big" } },
    { type: "identify", messageId: "a3", userId: "ann", anonymousId: "shared-phone", traits: { email: "bob@example.com" } },
  ], longAgo);
  await pipeline.send([{ type: "identify", messageId: "a4", userId: "ann", traits: { city: "Graz" } }]);
  const joined = (await pipeline.person("user_id", "ann"))?.id ?? "";
  await expire();
  expect((await pipeline.events("message_id like 'a%'")).map((row) => row.message_id)).toEqual(["a4"]);

  const identifiers = [{ namespace: "email", value: "bob@example.com" }, { namespace: "anonymous_id", value: "shared-phone" }];
  const preview = await previewUnmerge(
    { pool: pipeline.pool, clickhouse: pipeline.clickhouse.client("evaluate"), secret: SECRET, limits: defaultLimits }, 1, joined, identifiers,
  );
  await pipeline.control({ kind: "profile.unmerge", profileId: joined, identifiers });
  const ann = await pipeline.person("user_id", "ann");
  const bob = await pipeline.person("email", "bob@example.com");
  expect(names(ann)).toEqual(["user_id"]);
  expect(names(bob)).toEqual(["anonymous_id", "email"]);
  expect((await pipeline.person("anonymous_id", "shared-phone"))?.id).toBe(bob?.id);
  const answers = await pipeline.pool.query<{ id: string }>(`select coalesce(merged_into, id) as id from profile where id = $1`, [joined]);
  const heir = answers.rows[0]?.id === bob?.id ? bob : ann;
  expect(heir).toMatchObject({ traits: { name: { value: "Ann" } }, consents: { ads: { granted: false } }, accounts: { acme: { traits: { plan: "big" } } } });
  expect(ann?.traits).toMatchObject({ city: { value: "Graz" } });
  expect(preview.stays.identifiers.map(({ namespace }) => namespace)).toEqual(["user_id"]);
  expect(preview.splits_off.identifiers.map(({ namespace }) => namespace).sort()).toEqual(["anonymous_id", "email"]);

  // The line holds, and both are found by what comes next.
  await pipeline.send([{ type: "identify", messageId: "a5", userId: "ann", anonymousId: "shared-phone", traits: { plan: "p" } }]);
  expect((await pipeline.person("email", "bob@example.com"))?.id).toBe(bob?.id);
  expect((await pipeline.person("user_id", "ann"))?.id).toBe(ann?.id);
});

test("the withdrawal of an import takes back what it told, and nothing that was told by events that have expired", async () => {
  await pipeline.send([
    { type: "identify", messageId: "c1", userId: "cleo", traits: { name: "Cleo", email: "cleo@example.com" } },
    { type: "identify", messageId: "c2", userId: "dora", traits: { name: "Dora" } },
  ], longAgo);
  await pipeline.send([
    { type: "identify", messageId: "c3", userId: "cleo", anonymousId: "c-phone", traits: { tier: "gold" } },
    { type: "identify", messageId: "c4", userId: "new", traits: { tier: "gold" } },
  ], { importId: 9, historical: true });
  await pipeline.send([{ type: "track", event: "Viewed", messageId: "c5", userId: "dora" }]);
  const [cleo, dora] = [await pipeline.person("user_id", "cleo"), await pipeline.person("user_id", "dora")];
  expect(cleo?.traits).toMatchObject({ tier: { value: "gold" } });
  await expire();
  await pipeline.control({ kind: "import.withdraw", importId: 9 });

  const after = await pipeline.person("user_id", "cleo");
  expect(after?.id).toBe(cleo?.id);
  expect(Object.keys(after?.traits ?? {}).sort()).toEqual(["email", "name"]);
  expect(names(after)).toEqual(["email", "user_id"]);
  expect(await pipeline.person("email", "cleo@example.com")).toMatchObject({ id: cleo?.id });
  expect(await pipeline.person("anonymous_id", "c-phone"), "only the import told of it").toBeUndefined();
  expect(await pipeline.person("user_id", "new")).toBeUndefined();
  expect(await pipeline.person("user_id", "dora")).toEqual(dora);
});

test("a rebuild refuses where events have expired, and changes nothing; forced it goes on with what is left, and the ledger adds up", async () => {
  await pipeline.log.dropExpired(Date.now() + DAY_MS);
  await pipeline.send([{ type: "identify", messageId: "e1", userId: "cleo", traits: { tier: "silver" } }]);
  await pipeline.log.dropExpired(Date.now() + 100 * DAY_MS);
  await pipeline.settled();
  const people = async () => (await pipeline.pool.query(`select * from profile order by id`)).rows;
  const before = await people();
  await pipeline.paused(async () => {
    await expect(rebuild(pipeline.options)).rejects.toMatchObject({ code: "events_expired", message: expect.stringContaining("first (5 ") });
    expect((await pipeline.pool.query(`select from log_offset where reader = 'rebuild'`)).rowCount).toBe(0);
  });
  expect(await people()).toEqual(before);

  await pipeline.paused(async () => void (await rebuild({ ...pipeline.options, force: true })));
  const cleo = await pipeline.person("user_id", "cleo");
  expect(Object.keys(cleo?.traits ?? {})).toEqual(["tier"]);
  const { rows } = await pipeline.pool.query<{ hop: string; outcome: string; count: string }>(
    `select hop, outcome, sum(count) as count from ledger where hop in ('decided', 'landed') group by hop, outcome order by outcome, hop`,
  );
  const of = (hop: string) => rows.filter((row) => row.hop === hop).map(({ outcome, count }) => `${outcome} ${count}`);
  expect(of("decided")).toEqual(of("landed"));
});
