import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hash128 } from "../core/hash.ts";
import { defaultWorkspaceSettings } from "@tributary/schema/settings.ts";
import { createControl } from "../governance/governance.ts";
import { testDestination } from "../destinations/testing.ts";
import { createImports } from "../sources/import/import.ts";
import { importRoutes } from "./imports.ts";
import {
  addEvents, addIdentifier, addPerson, startTestApi, testSecret, type Called, type CallOptions, type TestApi, type TestWorkspace,
  keyOf,
} from "./testing.ts";

const theirs = hash128("person", "theirs");
const marker = "zebra7";
const anyModel = { warehouse: "shop", query: { kind: "sql", sql: "select 1 as id" }, key: ["id"] };
const anySubscription = { action: "say", trigger: { kind: "events", types: ["track"] }, mapping: { user: { "@path": "$.userId" } } };

describe("two workspaces", () => {
  let api: TestApi;
  let second: TestWorkspace;
  let ids: Record<string, string>;
  /** May do everything in the first workspace, and nothing beyond it. */
  let ownToken: string;
  const ask = (method: string, path: string, options: CallOptions = {}): Promise<Called> => api.call(method, path, { token: ownToken, ...options });

  /** By the front door, and in the same partition, so that nothing is apart by that alone. */
  async function makeSecond(): Promise<TestWorkspace> {
    for (;;) {
      const { body } = await api.call("POST", "/workspaces", { body: { name: marker } });
      const { rows } = await api.pool.query("select log_partition from workspace where id = $1", [body.workspace.id]);
      const partition: number = rows[0].log_partition;
      if (partition !== api.first.partition) continue;
      return { id: body.workspace.id, sourceId: body.source.id, partition, token: body.secret, writeKey: body.key.write_key };
    }
  }

  /** Everything that the second workspace has carries the marker; the first asks for all of it. */
  beforeAll(async () => {
    api = await startTestApi(({ workspaceDb, log, processed, clock }) => ({
      catalog: testDestination().catalog,
      moreRoutes: importRoutes(
        createImports({
          workspaceDb,
          log,
          processed,
          clock,
          secret: testSecret,
          previewWithdraw: async () => ({ events: 0, people: 0, gone: 0, complete: true }),
          control: createControl({ workspaceDb, log, processed, clock }),
        }),
      ),
    }));
    const scopes = ["read", "write", "admin", "personal_data", "service"];
    ownToken = (await api.call("POST", "/tokens", { body: { name: "own", scopes } })).body.secret;
    second = await makeSecond();
    const { pool } = api;
    await addPerson(api, {
      id: theirs,
      workspace: second,
      row: 50,
      identifiers: [["email", `${marker}@example.com`]],
      traits: { secret: marker },
    });
    await addIdentifier(api, second, { namespace: "phone", value: "+4930123456", profileId: null, shared: true, yieldedTo: [theirs] });
    await addEvents(api, [
      { workspace: second, row: 51, messageId: `${marker}-message`, profileId: theirs, event: marker, raw: `{"is":"${marker}"}` },
    ]);
    await pool.query("update log_head set next_offset = greatest(next_offset, 1)");
    await pool.query("insert into log_offset (reader, partition, next_offset) select 'pipeline', partition, next_offset from log_head");
    await pool.query(
      "insert into quarantine (workspace_id, row_id, source_id, received_at, message_id, event, reason, detail) values ($1, 52, $2, " +
        "now(), $3, $3, 'too_deep', $3)",
      [second.id, second.sourceId, marker],
    );
    await pool.query(
      `insert into ch_refused (block_id, block_row, table_name, statement, body, reason, kind, partition, code, cause, detail, workspace_id, row_id, source_id,
         received_at, message_id, event, profile_id, outcome, content, status, is_counted)
       values (77, 0, 'events', '', '', $2, 'row', 0, 469, 'constraint', $2, $1, 53, $3, now(), $2, $2, $4, 'stored', null, 'open', true)`,
      [second.id, marker, second.sourceId, theirs],
    );
    await pool.query("insert into ledger values ($1, $2, now(), 'decided', 'stored', $3, 9)", [second.id, second.sourceId, marker]);
    await pool.query("insert into audit_log (workspace_id, actor, action, target) values ($1, $2, $2, $2)", [second.id, marker]);
    await pool.query(
      "insert into merge_log (workspace_id, row_id, step, kind, at, survivor, reason) values ($1, 50, 0, 'merge', now(), $2, $3)",
      [second.id, theirs, marker],
    );
    await pool.query("update source set name = $2, slug = $2 where id = $1", [second.sourceId, marker]);
    await pool.query("update api_token set name = $2 where workspace_id = $1", [second.id, marker]);
    await pool.query("insert into rejected_key values ($1, $2, $2, 'revoked', 1, now(), now())", [second.writeKey.slice(0, 6), marker]);
    await pool.query("insert into observed_event (workspace_id, type, event, count, first_at, last_at) values ($1, 'track', $2, 1, now(), now())", [second.id, marker]);
    await pool.query(
      `insert into observed_field (workspace_id, place, event, path, count, as_text, first_at, last_at) values ($1, 'property', $2, $2, 1, 1, now(), now()), ($1, 'trait', '', $2, 1, 1, now(), now())`,
      [second.id, marker],
    );
    const settings = { ...defaultWorkspaceSettings, internalIps: [marker] };
    await pool.query("insert into pipeline_config (workspace_id, settings, row_id) values ($1, $2, 1)", [
      second.id,
      JSON.stringify(settings),
    ]);
    const {
      rows: [token],
    } = await pool.query("select id from api_token where workspace_id = $1", [second.id]);
    const {
      rows: [key],
    } = await pool.query("select id from write_key where workspace_id = $1", [second.id]);
    const made = await api.call("POST", "/imports", { token: second.token, body: { name: marker, format: "ndjson" } });
    const bySource: Record<string, string> = { sources: String(second.sourceId), tokens: String(token.id), imports: String(made.body.id) };
    const { rows: [{ slug }] } = await pool.query("select slug from workspace where id = $1", [second.id]);
    const member = { email: `${marker}@example.com`, role: "owner" };
    const { body: { member: { id: members } } } = await api.call("POST", "/members", { token: second.token, body: member });
    const invited = await api.call("POST", "/invitations", { token: second.token, body: { email: `${marker}-guest@example.com`, role: "viewer" } });
    const asTheirs = (path: string, body: object): Promise<Called> => api.call("POST", path, { token: second.token, body });
    const everybody = { from: "everyone", who: { all: [] } };
    expect((await asTheirs("/audiences", { name: marker, slug: marker, definition: everybody })).status).toBe(201);
    expect((await asTheirs("/audience-lists", { name: marker, slug: marker })).status).toBe(201);
    expect((await asTheirs(`/audience-lists/${marker}/members`, { add: [{ profile_id: theirs }] })).body.added).toBe(1);
    expect((await asTheirs("/computed-traits", { name: marker, slug: marker, definition: { value: { kind: "measure", event: marker } } })).status).toBe(201);
    await pool.query(
      "insert into audience_person (profile_id, workspace_id, member_of, seq) select $1, workspace_id, array[id], 1 from audience where workspace_id = $2 on conflict do nothing", [theirs, second.id],
    );
    const theirSettings = { url: "https://example.com/hook", apiKey: `${marker}-key-of-theirs`, headers: {} };
    expect((await asTheirs("/destinations", { name: marker, slug: marker, definition: "parrot", settings: theirSettings, enabled: true })).status).toBe(201);
    const theirWarehouse = { host: "192.88.98.1", port: 5432, database: "d", user: "u", password: `${marker}-password-of-theirs`, tls: "verified" };
    expect((await asTheirs("/warehouses", { name: marker, slug: marker, kind: "postgres", settings: theirWarehouse })).status).toBe(201);
    const subscribed = await asTheirs(`/destinations/${marker}/subscriptions`, { name: marker, definition: anySubscription });
    const replayed = await asTheirs(`/destinations/${marker}/replays`, {});
    await pool.query("insert into delivery_state (destination_id, workspace_id, state, since, detail) select id, workspace_id, 'failing', now(), $1 from destination where workspace_id = $2", [marker, second.id]);
    await api.clickhouse.client("write").insert({
      table: "delivery_exchanges", format: "JSONEachRow", clickhouse_settings: { date_time_input_format: "best_effort" },
      values: [{
        workspace_id: second.id, destination_id: (await pool.query("select id from destination where workspace_id = $1", [second.id])).rows[0].id, request_id: theirs, at: new Date().toISOString(), nr: 0,
        method: "POST", url: "https://example.com", request_headers: "{}", request_body: marker, status: 200, response_headers: "{}", response_body: "", failure: "", took_ms: 1,
      }],
    });
    const { rows: [alert] } = await pool.query("insert into alert (workspace_id, kind, subject, name, link, since, opened_at, facts, is_told) values ($1, 'destination_failing', '', $2, '/', now(), now(), '{}', true) returning id", [second.id, marker]);
    const { rows: [channel] } = await pool.query("insert into alert_channel (workspace_id, kind, name, settings_sealed, hint, created_by, updated_by) values ($1, 'chat', $2, '', '', 'system', 'system') returning id", [second.id, marker]);
    await pool.query("insert into alert_rule (workspace_id, kind, subject, enabled, params, updated_by) values ($1, 'source_silent', 'source:' || $2::text, true, '{}', 'system')", [second.id, second.sourceId]);
    expect((await asTheirs("/models", { name: marker, slug: marker, definition: anyModel })).status).toBe(201);
    const asked = await asTheirs(`/models/${marker}/runs`, {});
    await api.clickhouse.client("write").insert({
      table: "model_change", format: "JSONEachRow",
      values: [{ workspace_id: second.id, model_id: (await pool.query("update model set last_seq = 268435457 where workspace_id = $1 returning id", [second.id])).rows[0].id, key_hash: "0", key: '["1"]', seq: 268435457, run_id: asked.body.id,
        change: "added", row_hash: "1", row: JSON.stringify({ name: marker }), before: "", person: [], at: "2026-05-01 00:00:00.000" }],
    });
    await api.clickhouse.client("write").command({ query: "insert into model_change select workspace_id, model_id, cityHash64(key), key, seq, run_id, change, row_hash, row, before, person, at from model_change where key_hash = 0" });
    const { rows: [left] } = await pool.query("insert into export (workspace_id, kind, what, format, columns, created_by) values ($1, 'audience', $2, 'csv', '[]', 'system') returning id", [second.id, marker]);
    const { rows: [shared] } = await pool.query("insert into share (workspace_id, audience_id, name, token_hash, columns, row_limit, format, expires_at, created_by) values ($1, 1, $2, '', '[]', 1, 'csv', now(), 'system') returning id", [second.id, marker]);
    const { rows: [forgetting] } = await pool.query("select open_forgetting($1, $2, array[$2::uuid], null, $3, 'system') as id", [second.id, theirs, JSON.stringify([{ namespace: "user_id", value: marker }])]);
    ids = { forgetting: String(forgetting.id), run: String(asked.body.id), export: left.id, share: shared.id, alert: String(alert.id), channel: String(channel.id), ...bySource, subscription: String(subscribed.body.id), replay: String(replayed.body.replay.id), keyId: String(key.id), slug, members, invitations: String(invited.body.invitation.id) };
  });
  afterAll(() => api.stop());

  /** The addresses of a route with every foreign id that fits; undefined when it has no parameters. */
  function foreignAddresses(path: string): string[] {
    if (path === "/profiles/{ref}/identity/events") {
      const key = keyOf(second, "email", `${marker}@example.com`);
      return [`/profiles/${theirs}/identity/events?a=${key}&b=${key}`];
    }
    if (path.startsWith("/profiles/{ref}"))
      return [theirs, `email:${marker}@example.com`, "phone:%2B4930123456"].map((ref) => path.replace("{ref}", ref).replace("{id}", theirs).replace(/\{\w+\}/, "plan"));
    if (path.startsWith("/identifiers/{ref}"))
      return [`email:${marker}@example.com`, "phone:%2B4930123456"].map((ref) => path.replace("{ref}", ref));
    if (/^\/(audiences|audience-lists|computed-traits)\/\{slug\}/.test(path)) return [path.replace("{slug}", marker).replace("{profile_id}", theirs) + (path.endsWith("/as-of") ? `?at=${new Date().toISOString()}` : "")];
    if (path.startsWith("/warehouses/{slug}")) return [path.replace("{slug}", marker)];
    if (path.startsWith("/destinations/{slug}")) {
      const id = path.includes("/replays/") ? ids["replay"] : ids["subscription"];
      const query = path.endsWith("/choices") ? "?action=say&field=list" : path.endsWith("/suggestions") ? "?action=say" : "";
      return [path.replace("{slug}", marker).replace("{id}", id ?? "").replace("{version}", "1").replace("{sync}", "1").replace("{requestId}", theirs) + query];
    }
    if (path.startsWith("/models/{slug}")) {
      return [path.replace("{slug}", marker).replace("{run}", ids["run"] ?? "") + (path.endsWith("/history") ? `?key=${encodeURIComponent('["1"]')}` : "")];
    }
    if (path.startsWith("/exports/{id}")) return [path.replace("{id}", ids["export"] ?? "")];
    if (path.startsWith("/forgettings/{id}")) return [path.replace("{id}", ids["forgetting"] ?? "").replace("{slug}", marker)];
    if (path.startsWith("/shares/{id}")) return [path.replace("{id}", ids["share"] ?? "")];
    if (path.startsWith("/alerts/{id}")) return [path.replace("{id}", ids["alert"] ?? "")];
    if (path.startsWith("/alert-channels/{id}")) return [path.replace("{id}", ids["channel"] ?? "")];
    if (path.startsWith("/quarantine/{row_id}")) return [path.replace("{row_id}", "52")];
    if (path.startsWith("/events/{messageId}")) return [path.replace("{messageId}", `${marker}-message`)];
    if (path.startsWith("/sources/{id}")) return [path.replace("{id}", ids["sources"] ?? "").replace("{keyId}", ids["keyId"] ?? "")];
    if (path.startsWith("/tokens/{id}")) return [path.replace("{id}", ids["tokens"] ?? "")];
    if (path.startsWith("/invitations/{id}")) return [path.replace("{id}", ids["invitations"] ?? "")];
    if (path.startsWith("/members/{id}")) return [path.replace("{id}", ids["members"] ?? "")];
    if (path === "/workspaces/{workspace}") return [String(second.id), ids["slug"] ?? ""].map((ref) => path.replace("{workspace}", ref));
    if (path.startsWith("/refused-writes/{id}")) return [path.replace("{id}", "77-0")];
    if (path === "/schema/events/{event}") return [path.replace("{event}", marker)];
    if (path.startsWith("/imports/{id}")) return [path.replace("{id}", ids["imports"] ?? "")];
    return [];
  }

  const bodies: Record<string, unknown> = {
    "POST /profiles/{ref}/reveal": { field: { kind: "trait", name: "name" }, reason: "to look into another shop" },
    "POST /events/{messageId}/reveal": { row_id: 51, path: "type", reason: "to look into another shop" },
    "PATCH /profiles/{ref}": { traits: { a: 1 } },
    "POST /profiles/{ref}/consent": { categories: { a: true } },
    "POST /profiles/{ref}/suppress": {},
    "POST /profiles/{ref}/forget": {},
    "POST /forgettings/{id}/destinations/{slug}": { action: "done_by_hand" },
    "POST /profiles/{ref}/unmerge": { identifiers: [{ namespace: "email", value: `${marker}@example.com` }], dry_run: true },
    "POST /profiles/{ref}/notes": { text: "x" },
    "POST /profiles/{ref}/promises": { text: "x", due_at: "2026-01-01T00:00:00Z" },
    "POST /profiles/{ref}/promises/{id}/outcome": { outcome: "kept" },
    "POST /profiles/{ref}/corrections": { trait: "a", value: 1 },
    "POST /profiles/{ref}/contact": { do_not_contact: true },
    "POST /profiles/{ref}/unmerge-proposals": { keys: [theirs], reason: "x" },
    "POST /profiles/{ref}/unmerge-proposals/{id}/decision": { decision: "declined" },
    "POST /profiles/{ref}/undo": { row_id: 50 },
    "PATCH /sources/{id}": { enabled: false },
    "PATCH /sources/{id}/keys/{keyId}": { expires_at: null },
    "POST /sources/{id}/keys/{keyId}/rotate": {},
    "PATCH /members/{id}": { role: "viewer" },
    "PUT /imports/{id}/content": "{}",
    "PATCH /workspaces/{workspace}": { name: "Taken over" },
    "PATCH /audiences/{slug}": { name: "Taken over" },
    "POST /audiences/{slug}/shares": { name: "Taken over", columns: ["id"] },
    "PATCH /audience-lists/{slug}": { name: "Taken over" },
    "POST /audience-lists/{slug}/members": { remove: [{ profile_id: theirs }] },
    "PATCH /computed-traits/{slug}": { name: "Taken over" },
    "PATCH /destinations/{slug}": { name: "Taken over" },
    "POST /destinations/{slug}/subscriptions": { name: "Taken over", definition: anySubscription },
    "PATCH /destinations/{slug}/subscriptions/{id}": { name: "Taken over" },
    "POST /destinations/{slug}/subscriptions/preview": { definition: anySubscription },
    "POST /destinations/{slug}/subscriptions/test-send": { definition: anySubscription, event: { type: "track", event: "x", userId: "u" } },
    "POST /destinations/{slug}/replays": {},
    "PATCH /models/{slug}": { name: "Taken over" },
    "POST /models/{slug}/runs": {},
    "POST /destinations/{slug}/subscriptions/{id}/syncs": { kind: "empty" },
    "POST /destinations/{slug}/subscriptions/{id}/answer": { stop: 1, answer: "go_on" },
    "PATCH /warehouses/{slug}": { name: "Taken over", settings: { host: "192.88.98.2" } },
    "POST /destinations/{slug}/forget": { user_id: "u" },
    "PUT /destinations/{slug}/authorization": { address: "http://localhost:8080/oauth/callback?state=x&code=y" },
    "POST /destinations/{slug}/authorization/tokens": { access_token: "taken-over" },
    "POST /alerts/{id}/snooze": { until: null },
    "PATCH /alert-channels/{id}": { name: "Taken over" },
  };

  test("every route with an id answers 404 for an id of the other workspace, and changes nothing there", async () => {
    const snapshot = async () =>
      JSON.stringify(
        (
          await api.pool.query(
            "select (select json_agg(s) from source s) as sources, (select json_agg(k) from write_key k) as keys, (select " +
              "json_agg(t) from api_token t) as tokens, (select json_agg(q) from quarantine q) as held, (select json_agg(w) from workspace w) as workspaces, (select " +
              "json_agg(r) from ch_refused r) as refused, (select json_agg(m) from member m) as members, " +
              "(select json_agg(a) from audience a) as audiences, (select json_agg(l) from audience_list l) as lists, (select json_agg(l) from audience_list_member l) as listed, " +
              "(select json_agg(c) from computed_trait c) as computed, (select json_agg(d) from destination d) as destinations, (select json_agg(s) from subscription s) as subscriptions, " +
              "(select json_agg(r) from delivery_replay r) as replays, (select json_agg(a) from alert a) as alerts, (select json_agg(c) from alert_channel c) as channels, (select json_agg(w) from warehouse w) as warehouses, " +
              "(select json_agg(m) from model m) as models, (select json_agg(r) from model_run r) as runs, " +
              "(select json_agg(y) from delivery_sync y) as syncs, (select json_agg(t) from delivery_stop t) as stops, (select json_agg(f) from forgetting f) as forgettings, (select json_agg(t) from forgetting_destination t) as forgotten",
          )
        ).rows,
      );
    const before = await snapshot();
    // The catalog is everybody's.
    const withIds = api.api.routes.filter((route) => route.path.includes("{") && !route.path.startsWith("/catalog/") && !route.path.startsWith("/warehouse-kinds/"));
    expect((await ask("POST", "/catalog/parrot/check", { body: { settings: {}, destination: marker } })).status).toBe(404);
    expect(withIds.length).toBeGreaterThan(10);
    for (const route of withIds) {
      const addresses = foreignAddresses(route.path);
      expect(addresses, `${route.path} is not covered by this test`).not.toEqual([]);
      for (const address of addresses) {
        const name = `${route.method} ${address}`;
        const body = bodies[`${route.method} ${route.path}`];
        const { status, body: answer } = await ask(route.method, address, body === undefined ? {} : { body });
        expect(status, name).toBe(404);
        expect(answer.message, name).not.toBe("There is nothing at this address.");
        // The owner of the id does get an answer, so the 404 was about the workspace.
        if (
          route.method === "GET" && !route.path.endsWith("/export") && route.path !== "/warehouses/{slug}/tables" && // It asks the warehouse.
          !(address.includes("%2B") && route.path !== "/identifiers/{ref}" && route.path !== "/profiles/{ref}")
        ) {
          expect((await api.call(route.method, address, { token: second.token })).status, name).toBeLessThan(400);
        }
      }
    }
    expect(await snapshot()).toBe(before);
  });

  test("no list shows rows of the other workspace, and its own does", async () => {
    const shown: string[] = [];
    for (const route of api.api.routes.filter((one) => one.method === "GET" && !one.path.includes("{") && one.path !== "/profiles/export")) {
      const query = route.path === "/profiles" ? `?search=${marker}` : route.path === "/ledger" ? "?verify=true" : route.path === "/audiences/values" ? "?place=trait&path=secret" : route.path === "/audience-trends" ? `?audiences=${marker}` : "";
      const foreign = await ask("GET", route.path + query);
      expect(foreign.status, route.path).toBe(200);
      expect(foreign.text, route.path).not.toContain(marker);
      expect(foreign.text, route.path).not.toContain(theirs);
      if ((await api.call("GET", route.path + query, { token: second.token })).text.includes(marker)) shown.push(route.path);
    }
    expect(shown.toSorted()).toEqual([
      "/alert-channels",
      "/alert-rules",
      "/alerts",
      "/audience-lists",
      "/audience-trends",
      "/audiences",
      "/audiences/export",
      "/audiences/values",
      "/audit",
      "/computed-traits",
      "/destination-states",
      "/destinations",
      "/events",
      "/exports",
      "/forgettings",
      "/identity/merges",
      "/identity/shared",
      "/imports",
      "/invitations",
      "/ledger",
      "/me",
      "/members",
      "/models",
      "/profiles",
      "/quarantine",
      "/quarantine/groups",
      "/refused-writes",
      "/rejected-keys",
      "/schema/events",
      "/schema/fields",
      "/schema/traits",
      "/settings",
      "/shares",
      "/sources",
      "/sql/views",
      "/tokens",
      "/warehouses",
      "/workspace",
      "/workspaces",
    ]);
  });

  test("filters by foreign ids find nothing", async () => {
    expect((await ask("GET", `/events?profile=${theirs}`)).status).toBe(404);
    expect((await ask("GET", `/events?source=${second.sourceId}`)).body.data).toEqual([]);
    expect((await ask("GET", `/quarantine?source=${second.sourceId}`)).body.data).toEqual([]);
    expect((await ask("GET", `/ledger?source=${second.sourceId}`)).body.sources).toEqual([]);
    expect((await ask("GET", `/rejected-keys?prefix=${second.writeKey}`)).body.data).toEqual([]);
  });

  test("each is told how many of its own property paths are known, and the limit", async () => {
    for (const [{ id }, paths] of [[api.first, ["color"]], [second, ["color", "price"]]] as const) {
      await api.pool.query("insert into property_path (workspace_id, path, row_id) select $1, unnest($2::text[]), 1", [id, paths]);
    }
    const { body } = await ask("GET", "/workspace");
    expect(body.property_paths).toEqual({ known: 1, limit: 2_000 });
  });
});
