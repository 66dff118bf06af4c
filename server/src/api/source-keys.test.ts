// Rotating keys: the old one lives as long as was chosen; and who uses which.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { manualClock } from "../core/clock.ts";
import { startTestApi, type TestApi } from "./testing.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const now = Date.now();

describe("write keys through the API", () => {
  let api: TestApi;
  let source: number;
  const clock = manualClock(now);
  beforeAll(async () => {
    api = await startTestApi({}, clock);
    source = (await api.call("POST", "/sources", { body: { name: "Shop" } })).body.source.id;
  });
  afterAll(() => api.stop());

  const keys = async (): Promise<{ id: number; expires_at: string | null; revoked_at: string | null }[]> => (await api.call("GET", `/sources/${source}`)).body.write_keys;
  const audited = async (): Promise<{ action: string; detail: Record<string, unknown> }> => (await api.call("GET", "/audit?limit=1")).body.data[0];

  test("a key is rotated with a week of grace, until a chosen time, or until it is revoked", async () => {
    const [first] = await keys();
    const path = `/sources/${source}/keys/${first?.id}`;
    const rotated = await api.call("POST", `${path}/rotate`, { body: {} });
    expect(rotated).toMatchObject({ status: 201, body: { old_key: { id: first?.id, revoked_at: null, expires_at: new Date(now + 7 * DAY_MS).toISOString() } } });
    const { rows } = await api.pool.query("select source_id from write_key where key_hash = sha256($1::bytea)", [Buffer.from(rotated.body.key.write_key)]);
    expect(rows).toEqual([{ source_id: source }]);
    expect(await audited()).toMatchObject({ action: "write_key.rotate", detail: { key: first?.id, by: rotated.body.key.id } });
    expect(JSON.stringify(await audited())).not.toContain(rotated.body.key.write_key);
    const chosen = new Date(now + 3 * DAY_MS).toISOString();
    expect((await api.call("PATCH", path, { body: { expires_at: chosen } })).body.expires_at).toBe(chosen);
    expect((await api.call("PATCH", path, { body: { expires_at: null } })).body.expires_at).toBeNull();
    expect(await audited()).toMatchObject({ action: "write_key.limit" });
    const second = await api.call("POST", `/sources/${source}/keys/${rotated.body.key.id}/rotate`, { body: { expires_at: null } });
    expect(second.body.old_key.expires_at).toBeNull();
    expect(await keys()).toHaveLength(3);
  });

  test("rotating again gives an old key no longer life than it had, and one whose time is over none", async () => {
    const made = (await api.call("POST", `/sources/${api.first.sourceId}/keys`)).body;
    const path = `/sources/${api.first.sourceId}/keys/${made.id}`;
    const soon = new Date(clock.nowMs() + HOUR_MS).toISOString();
    await api.call("PATCH", path, { body: { expires_at: soon } });
    expect((await api.call("POST", `${path}/rotate`, { body: {} })).body.old_key.expires_at).toBe(soon);
    await api.pool.query("update write_key set expires_at = to_timestamp($2 / 1000.0) where id = $1", [made.id, clock.nowMs() - 1]);
    expect((await api.call("POST", `${path}/rotate`, { body: {} })).body.old_key.expires_at).toBe(new Date(clock.nowMs() - 1).toISOString());
  });

  test("a key may have a rate of its own, which the one that replaces it takes over", async () => {
    const made = (await api.call("POST", `/sources/${api.first.sourceId}/keys`)).body;
    const path = `/sources/${api.first.sourceId}/keys/${made.id}`;
    const shown = async (id: number): Promise<unknown> =>
      (await api.call("GET", `/sources/${api.first.sourceId}`)).body.write_keys.find((key: { id: number }) => key.id === id);
    expect(await shown(made.id)).toMatchObject({ events_per_second: null });
    const end = new Date(clock.nowMs() + DAY_MS).toISOString();
    expect((await api.call("PATCH", path, { body: { expires_at: end } })).body).toMatchObject({ expires_at: end, events_per_second: null });
    expect((await api.call("PATCH", path, { body: { events_per_second: 25 } })).body).toMatchObject({ expires_at: end, events_per_second: 25 });
    expect(await audited()).toMatchObject({ action: "write_key.limit", detail: { key: made.id, events_per_second: 25 } });
    for (const body of [{}, { events_per_second: 0 }, { events_per_second: 1.5 }]) expect((await api.call("PATCH", path, { body })).body.code).toBe("bad_request");
    const { key } = (await api.call("POST", `${path}/rotate`, { body: {} })).body;
    expect([await shown(made.id), await shown(key.id)]).toMatchObject([{ events_per_second: 25 }, { events_per_second: 25 }]);
    expect((await api.call("PATCH", path, { body: { events_per_second: null } })).body.events_per_second).toBeNull();
  });

  test("a time that has passed or is far off is refused, and so is a key that is revoked or elsewhere", async () => {
    const [first, second] = await keys();
    const path = `/sources/${source}/keys/${first?.id}`;
    const before = await keys();
    for (const ms of [now, now - 1, now + 401 * DAY_MS]) {
      expect((await api.call("PATCH", path, { body: { expires_at: new Date(ms).toISOString() } })).body.code).toBe("bad_request");
      expect((await api.call("POST", `${path}/rotate`, { body: { expires_at: new Date(ms).toISOString() } })).body.code).toBe("bad_request");
    }
    expect((await api.call("POST", `/sources/${api.first.sourceId}/keys/${first?.id}/rotate`, { body: {} })).status).toBe(404);
    expect(await keys()).toEqual(before);
    await api.call("DELETE", `/sources/${source}/keys/${second?.id}`);
    expect((await api.call("POST", `/sources/${source}/keys/${second?.id}/rotate`, { body: {} })).body.code).toBe("conflict");
    expect(await keys()).toHaveLength(3);
  });

  test("who uses a key is told by SDK and version, the most events first", async () => {
    const [first, , third] = await keys();
    const use = (keyId: number | undefined, hoursAgo: number, version: string, events: number) =>
      api.pool.query("insert into key_use values ($1, $2, $3, $4, 'analytics-node', $5, 1, $6, $4)", [
        api.first.id, source, keyId, new Date(Math.floor(now / HOUR_MS) * HOUR_MS - hoursAgo * HOUR_MS), version, events,
      ]);
    await use(first?.id, 0, "2.1.3", 5);
    await use(first?.id, 3, "2.1.3", 7);
    await use(first?.id, 3, "3.1.0", 50);
    await use(first?.id, 30, "1.0.0", 1_000);
    const { body } = await api.call("GET", `/sources/${source}/keys/usage`);
    expect(body.data).toMatchObject([
      { key_id: first?.id, requests: 3, events: 62, by_sdk: [{ sdk: "analytics-node", version: "3.1.0", events: 50 }, { version: "2.1.3", requests: 2, events: 12 }] },
      { requests: 0, events: 0, last_used_at: null, by_sdk: [] },
      { key_id: third?.id, by_sdk: [] },
    ]);
    expect((await api.call("GET", `/sources/${source}/keys/usage?hours=48`)).body.data[0].events).toBe(1_062);
    expect((await api.call("GET", `/sources/${source}/keys/usage`, { token: api.second.token })).status).toBe(404);
  });

  test("a rank is given to a source and taken away", async () => {
    const rank = async (traitRank: number | null) => (await api.call("PATCH", `/sources/${source}`, { body: { settings: { traitRank } } })).body.settings;
    expect(await rank(3)).toMatchObject({ traitRank: 3 });
    expect(await rank(null)).not.toHaveProperty("traitRank");
    const ofTraits = async (traitRanks: unknown) => (await api.call("PATCH", `/sources/${source}`, { body: { settings: { traitRanks } } })).body;
    expect((await ofTraits({ email: 1, city: null })).settings).toMatchObject({ traitRanks: { email: 1, city: null } });
    expect((await rank(2)).traitRanks, "another change leaves them").toEqual({ email: 1, city: null });
    expect((await ofTraits({})).settings.traitRanks).toEqual({});
    expect((await ofTraits(Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`t${i}`, i])))).code).toBe("bad_request");
  });
});
