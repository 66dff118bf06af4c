import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { defaultWorkspaceSettings } from "@tributary/schema/settings.ts";
import { controlAction } from "@tributary/schema/control.ts";
import { hash128 } from "../core/hash.ts";
import { createSourceSeal } from "../core/sealed-text.ts";
import { rowId } from "../core/position.ts";
import { addIdentifier, addPerson, keyOf, noChange, startTestApi, testSecret, type TestApi } from "./testing.ts";

const ada = hash128("person", "ada");
const former = hash128("person", "former");

const plainSide = { traits: {}, first_seen_at: null, last_seen_at: null, consents: {}, latest_events: [], people: 1 };

describe("changes through the API", () => {
  let api: TestApi;

  /** What a preview of rules waits for. */
  let previewMayEnd: Promise<unknown> = Promise.resolve();

  beforeAll(async () => {
    api = await startTestApi({
      previewIdentity: async () => {
        await previewMayEnd;
        return noChange;
      },
      previewUnmerge: async (workspaceId, profileId, identifiers) => ({
        stays: { profile_id: profileId, identifiers: [{ namespace: "user_id", value: `${workspaceId}` }], event_count: 1, ...plainSide },
        splits_off: { profile_id: null, identifiers: [...identifiers], event_count: 2, ...plainSide },
        others: 0,
        nobodys: [],
      }),
    });
    const { first } = api;
    await addPerson(api, {
      id: ada,
      workspace: first,
      row: 10,
      identifiers: [
        ["user_id", "ada"],
        ["email", "ada@example.com"],
        ["anonymous_id", "a-1"],
      ],
    });
    await api.pool.query(
      "insert into profile (id, workspace_id, first_row, updated_row, merged_into, ingest_ids) values ($1, $2, 12, 15, $3, '{}')",
      [former, first.id, ada],
    );
    await addIdentifier(api, first, { namespace: "device_id", value: "tablet", profileId: null, shared: true });
    const edge = (a: string, b: string, row: number) =>
      api.pool.query(
        "insert into identity_edge (workspace_id, a, b, kind, row_id, at, source_id) values ($1, $2, $3, 'seen', $4, " +
          "'2026-01-02T00:00:00Z', $5)",
        [first.id, a, b, row, first.sourceId],
      );
    await edge(keyOf(first, "user_id", "ada"), keyOf(first, "email", "ada@example.com"), 10);
    await edge(keyOf(first, "device_id", "tablet"), keyOf(first, "user_id", "ada"), 14);
    await api.pool.query(
      `insert into merge_log (workspace_id, row_id, step, kind, at, survivor, other, reason, identifier_key, detail) values
       ($1, 15, 0, 'merge', now(), $2, $3, 'seen together', $4, '{"rule":"convert"}'), ($1, 16, 0, 'refused', now(), $2, null, 'limit',
         $4, '{}')`,
      [first.id, ada, former, keyOf(first, "email", "ada@example.com")],
    );
  });
  beforeEach(() => {
    api.onProcessed = async () => true;
  });
  afterAll(() => api.stop());

  /** The control record at a row_id, as the pipeline would read it. */
  async function recordAt(row: number) {
    const chunks = await api.log.read(api.first.partition, Math.floor(row / 4096), 1_000_000);
    const { header } = chunks[0]?.records[row % 4096] ?? {};
    if (header?.kind !== "control") throw new Error("There is no control record.");
    controlAction.parse(header.action);
    return header;
  }

  /** What is stored of a source's secret opens to this, and says nothing itself. */
  async function expectSealed(sourceId: number, secret: string) {
    const { rows } = await api.pool.query<{ settings: { identityTokenSecret: string } }>("select settings from source where id = $1", [sourceId]);
    const stored = rows[0]?.settings.identityTokenSecret ?? "";
    expect(stored).toMatch(/^sealed\.v1\./);
    expect(stored).not.toContain(secret);
    expect(createSourceSeal(testSecret).open(stored, api.first.id)).toBe(secret);
  }

  test("a change is a control record in the log, in force with 200 and durable with 202, and stands in the audit log", async () => {
    const edited = await api.call("PATCH", "/profiles/email:ada%40example.com", { body: { traits: { plan: "team", old: null } } });
    expect(edited).toMatchObject({ status: 200, body: { processed: true } });
    expect(await recordAt(edited.body.row_id)).toMatchObject({
      workspaceId: api.first.id,
      action: { kind: "profile.edit", profileId: ada, traits: { plan: "team", old: null } },
    });
    api.onProcessed = async () => false;
    const consent = await api.call("POST", `/profiles/${former}/consent`, {
      body: { categories: { ads: false }, at: "2026-01-01T00:00:00Z" },
    });
    expect(consent).toMatchObject({ status: 202, body: { processed: false } });
    expect((await recordAt(consent.body.row_id)).action).toEqual({
      kind: "profile.consent",
      profileId: ada,
      categories: { ads: false },
      atMs: Date.UTC(2026, 0, 1),
    });
    const { body } = await api.call("GET", `/audit?target=profile:${ada}`);
    expect(body.data).toMatchObject([
      { action: "profile.consent", detail: { row_id: consent.body.row_id } },
      {
        action: "profile.edit",
        actor: expect.stringMatching(/^token:\d+$/),
        detail: { traits: ["plan", "old"], row_id: edited.body.row_id },
      },
    ]);
    expect(JSON.stringify(body)).not.toContain("team");
  });

  test("waits for the very chunk that holds the change", async () => {
    const waited: number[] = [];
    api.onProcessed = async (_partition, offset) => {
      waited.push(offset);
      return true;
    };
    const { body } = await api.call("POST", `/profiles/${ada}/suppress`, { body: { reason: "asked to" } });
    expect(body).toMatchObject({ id: ada, status: "suppressed" });
    expect(waited).toEqual([Math.floor(body.row_id / 4096)]);
    expect((await api.call("POST", `/profiles/${ada}/suppress`)).status).toBe(200);
  });

  test("a change to nobody is 404 and leaves nothing in the log", async () => {
    const before = await api.log.state();
    for (const [method, path, body] of [
      ["PATCH", "/profiles/user_id:nobody", { traits: { a: 1 } }],
      ["POST", `/profiles/${hash128("x")}/suppress`, {}],
      ["POST", "/profiles/user_id:nobody/consent", { categories: { a: true } }],
      ["POST", "/profiles/user_id:nobody/unmerge", { identifiers: [{ namespace: "a", value: "b" }] }],
    ] as const)
      expect((await api.call(method, path, { body })).status).toBe(404);
    expect((await api.call("PATCH", `/profiles/${ada}`, { body: { traits: {} } })).body.code).toBe("bad_request");
    expect(
      (await api.call("POST", `/profiles/${ada}/consent`, { body: { categories: { a: true }, at: "2100-01-01T00:00:00Z" } })).body.code,
    ).toBe("bad_request");
    expect(await api.log.state()).toEqual(before);
  });

  test("shows the graph: identifiers, edges with their events, merges and refusals", async () => {
    const { body } = await api.call("GET", `/profiles/${former}/identity`);
    expect(body.profile_id).toBe(ada);
    expect(body.identifiers.map((one: { namespace: string }) => one.namespace)).toHaveLength(3);
    expect(body.neighbours).toMatchObject([{ namespace: "device_id", shared: true, profile_id: null }]);
    expect(body.edges.map((edge: { row_id: number }) => edge.row_id)).toEqual([10, 14]);
    expect(body.merges).toMatchObject([
      { kind: "merge", other: former, identifier: { namespace: "email", value: "ada@example.com" }, detail: { rule: "convert" } },
    ]);
    expect(body.refusals).toMatchObject([{ kind: "refused", reason: "limit" }]);
    expect(body.complete).toBe(true);
    const page = await api.call("GET", "/profiles/user_id:ada/merges?limit=1");
    expect(page.body.data).toMatchObject([{ kind: "refused" }]);
    expect((await api.call("GET", `/profiles/user_id:ada/merges?limit=1&cursor=${page.body.next_cursor}`)).body).toMatchObject({
      data: [{ kind: "merge" }],
      next_cursor: null,
    });
  });

  test("previews run one at a time, a few wait, and the rest is told to come again", async () => {
    const held = Promise.withResolvers<void>();
    previewMayEnd = held.promise;
    const preview = () => api.call("POST", "/identity/preview", { body: { identity: defaultWorkspaceSettings.identity } });
    const waiting = Array.from({ length: 6 }, preview);
    const refused = await Promise.race(waiting);
    expect(refused).toMatchObject({ status: 429, body: { code: "rate_limited" }, headers: { "retry-after": "1" } });
    const unmerge = { identifiers: [{ namespace: "email", value: "ada@example.com" }], dry_run: true };
    expect((await api.call("POST", `/profiles/${ada}/unmerge`, { body: unmerge })).status).toBe(429);
    held.resolve();
    expect((await Promise.all(waiting)).filter(({ status }) => status === 200)).toHaveLength(5);
  });

  test("an unmerge is previewed without a trace, and then answers with what it changed", async () => {
    const before = await api.log.state();
    const identifiers = [{ namespace: "email", value: "ADA@example.com" }];
    const preview = await api.call("POST", `/profiles/${ada}/unmerge`, { body: { identifiers, dry_run: true } });
    expect(preview.body).toMatchObject({ dry_run: true, splits_off: { identifiers: [{ namespace: "email", value: "ada@example.com" }] } });
    expect(await api.log.state()).toEqual(before);
    const split = hash128("person", "split");
    api.onProcessed = async (_partition, offset) => {
      await api.pool.query(
        "insert into merge_log (workspace_id, row_id, step, kind, at, survivor, other, reason) values ($1, $2, 0, 'unmerge', now(), " +
          "$3, $4, 'by hand')",
        [api.first.id, rowId(offset, 0), ada, split],
      );
      return true;
    };
    const done = await api.call("POST", `/profiles/${ada}/unmerge`, { body: { identifiers } });
    expect(done).toMatchObject({ status: 200, body: { processed: true, changes: [{ kind: "unmerge", survivor: ada, other: split }] } });
    expect((await recordAt(done.body.row_id)).action).toMatchObject({
      kind: "profile.unmerge",
      identifiers: [{ namespace: "email", value: "ada@example.com" }],
    });
    const all = [
      ["user_id", "ada"],
      ["email", "ada@example.com"],
      ["anonymous_id", "a-1"],
    ].map(([namespace, value]) => ({ namespace, value }));
    expect((await api.call("POST", `/profiles/${ada}/unmerge`, { body: { identifiers: all } })).body.message).toContain("has to stay");
    expect(
      (await api.call("POST", `/profiles/${ada}/unmerge`, { body: { identifiers: [{ namespace: "email", value: "other@example.com" }] } }))
        .body.message,
    ).toContain("no email");
  });

  test("settings are read, changed as a whole by a control record, and refused when a pattern is not RE2", async () => {
    expect((await api.call("GET", "/settings")).body).toEqual({ settings: defaultWorkspaceSettings, row_id: null });
    const settings = { ...defaultWorkspaceSettings, consentWhenAbsent: "denied" as const };
    const changed = await api.call("PUT", "/settings", { body: settings });
    expect(changed).toMatchObject({ status: 200, body: { processed: true, settings: { consentWhenAbsent: "denied" } } });
    expect((await recordAt(changed.body.row_id)).action).toEqual({ kind: "workspace.set", settings });
    const [namespace] = defaultWorkspaceSettings.identity.namespaces;
    const bad = { ...settings, identity: { ...settings.identity, namespaces: [{ ...namespace, blockedPatterns: ["(?=look)"] }] } };
    expect(await api.call("PUT", "/settings", { body: bad })).toMatchObject({
      status: 400,
      body: { code: "bad_request", message: expect.stringContaining("(?=look)") },
    });
    expect((await api.call("POST", "/identity/preview", { body: { identity: bad.identity } })).status).toBe(400);
    expect((await api.call("POST", "/identity/preview", { body: { identity: settings.identity } })).body.complete).toBe(true);
    await api.pool.query("insert into pipeline_config (workspace_id, settings, row_id) values ($1, $2, 77)", [
      api.first.id,
      JSON.stringify(settings),
    ]);
    expect((await api.call("GET", "/settings")).body).toEqual({ settings, row_id: 77 });
  });

  test("events are kept for ever where nothing is said of it, and never for less than repeats are recognised", async () => {
    const { events: _, ...before } = defaultWorkspaceSettings;
    const keep = async (events: unknown) => api.call("PUT", "/settings", { body: { ...before, ...(events === undefined ? {} : { events }) } });
    expect((await keep(undefined)).body.settings.events).toEqual({ keepDays: null });
    const changed = await keep({ keepDays: 7 });
    expect((await recordAt(changed.body.row_id)).action).toMatchObject({ settings: { events: { keepDays: 7 } } });
    for (const keepDays of [6, 0, 7.5, 36_501, "30", undefined]) expect((await keep({ keepDays })).status).toBe(400);
    // As it was written by a version that knew of no such setting.
    await api.pool.query("insert into pipeline_config (workspace_id, settings, row_id) values ($1, $2, 78) on conflict (workspace_id) do update set settings = $2, row_id = 78", [
      api.first.id,
      JSON.stringify(before),
    ]);
    expect((await api.call("GET", "/settings")).body).toEqual({ settings: defaultWorkspaceSettings, row_id: 78 });
  });

  test("a source is made with a key that works, changed, and its keys are added and revoked", async () => {
    const made = await api.call("POST", "/sources", {
      body: {
        name: "Web Shop (Köln)",
        allowed_origins: ["https://shop.example.com"],
        settings: { ip: "truncate", identityTokenSecret: "sixteen characters" },
      },
    });
    expect(made).toMatchObject({
      status: 201,
      body: {
        source: {
          slug: "web-shop-ko-ln",
          kind: "website",
          settings: { ip: "truncate", hasIdentityTokenSecret: true },
          write_keys: [{ revoked_at: null }],
        },
      },
    });
    expect(made.text).not.toContain("sixteen characters");
    const { id } = made.body.source;
    await expectSealed(id, "sixteen characters");
    const { rows } = await api.pool.query("select source_id from write_key where key_hash = sha256($1::bytea)", [
      Buffer.from(made.body.key.write_key),
    ]);
    expect(rows).toEqual([{ source_id: id }]);
    expect((await api.call("POST", "/sources", { body: { name: "Web Shop (Köln)" } })).body.source.slug).toBe("web-shop-ko-ln-2");
    expect((await api.call("POST", "/sources", { body: { name: "x", slug: "web-shop-ko-ln" } })).body.code).toBe("conflict");
    expect((await api.call("POST", "/sources", { body: { name: "x", allowed_origins: ["shop.example.com/path"] } })).status).toBe(400);
    const off = await api.call("PATCH", `/sources/${id}`, { body: { enabled: false, events_per_second: 10 } });
    expect(off.body).toMatchObject({ enabled: false, events_per_second: 10, change: null });
    const resealed = await api.call("PATCH", `/sources/${id}`, { body: { settings: { identityTokenSecret: "another sixteen characters" } } });
    await expectSealed(id, "another sixteen characters");
    const kept = await api.call("PATCH", `/sources/${id}`, { body: { settings: { ip: "truncate" } } });
    await expectSealed(id, "another sixteen characters");
    for (const { body } of [resealed, kept]) {
      const { action } = await recordAt(body.change.row_id);
      const inLog = action.kind === "source.set" ? action.settings.identityTokenSecret : undefined;
      expect(createSourceSeal(testSecret).open(inLog ?? "", api.first.id)).toBe("another sixteen characters");
    }
    const renamed = await api.call("PATCH", `/sources/${id}`, {
      body: { name: "Shop", settings: { nullErases: true, identityTokenSecret: null } },
    });
    expect(renamed.body).toMatchObject({
      name: "Shop",
      settings: { ip: "truncate", nullErases: true, hasIdentityTokenSecret: false },
      change: { processed: true },
    });
    expect((await recordAt(renamed.body.change.row_id)).action).toEqual({
      kind: "source.set",
      sourceId: id,
      settings: { name: "Shop", ip: "truncate", nullErases: true },
    });
    const key = await api.call("POST", `/sources/${id}/keys`);
    expect(key.status).toBe(201);
    expect((await api.call("DELETE", `/sources/${id}/keys/${key.body.id}`)).body.revoked_at).not.toBeNull();
    expect((await api.call("GET", `/sources/${id}`)).body.write_keys).toHaveLength(2);
    expect((await api.call("DELETE", `/sources/${api.first.sourceId}/keys/${key.body.id}`)).status).toBe(404);
    expect((await api.call("GET", "/sources?limit=1")).body.next_cursor).not.toBeNull();
  });

  test("a token is made, may do only what it was given, and stops at once when revoked", async () => {
    const made = await api.call("POST", "/tokens", { body: { name: "reader", scopes: ["read"] } });
    const token = made.body.secret;
    expect((await api.call("GET", "/workspace", { token })).body).toMatchObject({ slug: "default", token: { scopes: ["read"] } });
    expect(await api.call("GET", "/profiles", { token })).toMatchObject({ status: 200, headers: { "x-tributary-masked": "true" } });
    expect(await api.call("PATCH", `/profiles/${ada}`, { token, body: { traits: { plan: "pro" } } })).toMatchObject({
      status: 403,
      body: { code: "forbidden", message: expect.stringContaining("write") },
    });
    expect((await api.call("POST", "/tokens", { token, body: { name: "x", scopes: ["read"] } })).status).toBe(403);
    const admin = (await api.call("POST", "/tokens", { body: { name: "admin", scopes: ["admin"] } })).body.secret;
    expect(await api.call("POST", "/tokens", { token: admin, body: { name: "x", scopes: ["personal_data"] } })).toMatchObject({
      status: 403,
    });
    expect((await api.call("GET", "/settings", { token: admin })).status).toBe(200);
    expect((await api.call("DELETE", `/tokens/${made.body.token.id}`)).body.revoked_at).not.toBeNull();
    expect(await api.call("GET", "/workspace", { token })).toMatchObject({ status: 401, body: { code: "unauthenticated" } });
    expect(
      (await api.call("POST", "/tokens", { body: { name: "late", scopes: ["read"], expires_at: "2020-01-01T00:00:00Z" } })).status,
    ).toBe(400);
    const { body } = await api.call("GET", "/tokens?limit=2");
    expect(body.data.map((one: { name: string }) => one.name)).toEqual(["admin", "reader"]);
    expect(JSON.stringify(body)).not.toContain(token);
    expect((await api.call("GET", "/audit?action=token.create")).body.data).toHaveLength(2);
  });

  test("rejected keys are found by their own source, and unknown ones by who knows how the key begins", async () => {
    const reject = (prefix: string, reason: string) =>
      api.pool.query("insert into rejected_key values ($1, 'https://x.example.com', 'analytics.js', $2, 3, now(), now())", [
        prefix,
        reason,
      ]);
    await reject(api.first.writeKey.slice(0, 6), "disabled");
    await reject(api.second.writeKey.slice(0, 6), "disabled");
    await reject("mistyp", "unknown");
    expect((await api.call("GET", "/rejected-keys")).body.data).toMatchObject([
      { reason: "disabled", source_id: api.first.sourceId, count: 3 },
    ]);
    expect((await api.call("GET", "/rejected-keys?prefix=mistyped-key")).body).toMatchObject({
      note: "",
      data: [{ key_prefix: "mistyp", source_id: null }],
    });
    expect((await api.call("GET", `/rejected-keys?prefix=${api.second.writeKey}`)).body.data).toEqual([]);
  });
});
