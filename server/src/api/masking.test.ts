// Nobody without the scope `personal_data` is told what is known about a person, by any route. A person is planted whose every
// value is a word found nowhere else; the routes are those that the API declares, so a new one is held to it, too.
import { request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { manualClock } from "../core/clock.ts";
import { hash128 } from "../core/hash.ts";
import { rowId } from "../core/position.ts";
import { createToken, setFields } from "../governance/governance.ts";
import { addAccount, ask, signIn } from "./testing-accounts.ts";
import { addEvents, addIdentifier, addPerson, keyOf, startTestApi, type Called, type CallOptions, type TestApi } from "./testing.ts";

const person = hash128("person", "canary");
const other = hash128("person", "other");
const clock = manualClock(Date.UTC(2026, 5, 1));
const mail = "zqmail@example.com";
const phone = "+4570108642";

/** Any planted word but its first letters; the phone's and the address's digits; what only their own fields hold. */
const canary = /zq[a-z0-9]{2}|70108642|203\.0\.113|1951-02-03|8675309|Zqst/;

const pageUrl = "https://shop.example.com/u/zqpath%40example.com/orders/86753090?token=zqtoken&utm_source=mail#zqfragment";
const context = {
  ip: "203.0.113.77", locale: "da", traits: { email: mail, "zqname": "zqvalue" }, page: { url: pageUrl, path: "/u/zqpath@example.com", search: "?q=zqsearch", title: "zqtitle", referrer: pageUrl },
  device: { id: "zqdevice", type: "ios" }, os: { name: "iOS" }, userAgent: "zqagent", custom: { deep: ["zqdeep"] },
};
// The name of a field is shown, unless it is itself somebody's address.
const shownName = "zqname";
delete (context.traits as Record<string, unknown>)[shownName];
const properties = {
  product_id: "P-1", price: 20, note: "zqnote", buyer: { email: mail, name: "zqbuyer" }, "zqkey@example.com": "zqbehind", items: [{ sku: "S-1", gift_for: "zqgift" }], card: 8675309,
};
const raw = JSON.stringify({
  type: "track", event: "Order Completed", messageId: "m-1", userId: "zquser-4711", anonymousId: "zqanonymous", properties, context, traits: { email: mail }, zqextra: undefined,
  extra: { words: "zqextra" }, writeKey: "zqwritekey",
});
const traits = {
  name: "zqname Lovelace", email: mail, phone, birthday: "1951-02-03", address: { city: "zqcity", street: "Zqstreet 7" }, tags: ["zqtag", "zqlabel"], age: 8675309, plan: "gold",
  favourite: { "zqinner@example.com": true },
};

describe("a caller without the scope personal_data", () => {
  let api: TestApi;
  const tokens = new Map<string, string>();
  const cookies = new Map<string, string>();

  async function as(who: string, method: string, path: string, options: CallOptions = {}): Promise<Called> {
    const token = tokens.get(who);
    return token === undefined ? ask(api, cookies.get(who) ?? "", method, path, options) : api.call(method, path, { token, ...options });
  }

  async function plant(): Promise<void> {
    const { first, pool } = api;
    const identifiers = [["email", mail], ["phone", phone], ["user_id", "zquser-4711"], ["anonymous_id", "zqanonymous"]] as const;
    await addPerson(api, {
      id: person, workspace: first, row: 10, identifiers, traits,
      change: (doc) => {
        const from = { row: 10, source: first.sourceId, atMs: 0 };
        doc.accounts = { "zqaccount-1": { traits: { name: "zqcompany", industry: "retail" }, ...from } };
        doc.consents = { marketing: { granted: true, ...from } };
        doc.events = { ...doc.events, latest: [{ name: "Called zqmailed@example.com", atMs: 0, row: 10 }] };
      },
    });
    await addPerson(api, { id: other, workspace: first, row: 11, identifiers: [["user_id", "other"]], traits: { name: "zqother" } });
    const shared = { namespace: "device_id", value: "zqshared-tablet", profileId: null, shared: true, row: 30, yieldedTo: [person, other] };
    await addIdentifier(api, first, shared);
    const keys = identifiers.map(([namespace, value]) => keyOf(first, namespace, value));
    const event = { workspace: first, profileId: person, userId: "zquser-4711", raw, properties, keys };
    await addEvents(api, [
      { ...event, row: 40, messageId: "m-1", event: "Order Completed" },
      { ...event, row: 41, messageId: "m-2", event: "identify", type: "identify", properties: traits },
      { ...event, row: 42, messageId: "m-3", event: "Joined zqjoined@example.com", type: "group", properties: { name: "zqcompany" } },
      { workspace: first, row: 43, messageId: "m-4", event: "", outcome: "quarantined", reason: "test", raw: raw.slice(0, -20) },
      { workspace: first, row: 44, messageId: "m-5", event: "Wrote to zqletter@example.com", outcome: "quarantined", reason: "test", raw },
      // Untidy, so that each stage has something to tell of it.
      {
        ...event, row: 48, messageId: "m-7", event: "identify", type: "identify", properties: traits,
        header: { context: JSON.stringify({ ip: "203.0.113.78", fromBatch: "zqbatch", campaign: { source: "mail" } }), userAgent: "zqbrowser", origin: "https://shop.example.com", ip: "203.0.113.79" },
        raw: JSON.stringify({ type: "Identify", messageId: "m-7", userId: " zquser-4711 ", anonymousId: "zqanonymous", timestamp: "zqyesterday", traits: { ...traits, email: ` ${mail.toUpperCase()} `, phone: "70 10 86 42", plan: "gold " }, context }),
      },
    ]);
    await pool.query(
      `insert into quarantine (workspace_id, row_id, source_id, received_at, message_id, event, reason, detail)
       values ($1, 43, $2, now(), 'm-4', '', 'test', 'The value zqdetail@example.com is odd.'), ($1, 44, $2, now(), 'zqid@example.com', 'x', 'test', ''),
        ($1, 45, $2, now(), 'm-9', '', 'pipeline_error', 'invalid input syntax: "zqquoted"')`,
      [first.id, first.sourceId],
    );
    const [a = "", b = ""] = keys.toSorted();
    const seen = "insert into identity_edge (workspace_id, a, b, kind, row_id, at, source_id) values ($1, $2, $3, 'seen', 40, now(), 1)";
    await pool.query(seen, [first.id, a, b]);
    await pool.query(seen, [first.id, ...[keys[0], keyOf(first, "device_id", shared.value)].toSorted()]);
    await pool.query(
      `insert into merge_log (workspace_id, row_id, step, kind, at, survivor, other, reason, identifier_key, detail) values
       ($1, 40, 0, 'merge', now(), $2, $3, 'seen_together', $4, '{"note":"zqmerged"}'), ($1, 40, 1, 'shared', now(), $2, $3, 'shared_after', $5, '{}')`,
      [first.id, person, other, keys[0], keyOf(first, "device_id", shared.value)],
    );
    const content = { type: "track", at_ms: 0, user_id: "zquser-4711", anonymous_id: "zqanonymous", library: "js", is_historical: 0, import_id: 0, time_note: "", keys64: [], raw };
    await pool.query(
      `insert into ch_refused (block_id, block_row, table_name, statement, body, reason, kind, partition, code, cause, detail, workspace_id, row_id, source_id, received_at,
         message_id, event, profile_id, outcome, content, status, is_counted)
       values (10, 0, 'events', '', '', 'can not parse "zqengine"', 'row', $1, 469, 'constraint', 'why', $2, $3, $4, now(), 'm-6', 'x', $5, 'stored', $6, 'open', true)`,
      [first.partition, first.id, rowId(10, 0), first.sourceId, person, JSON.stringify(content)],
    );
    await pool.query(
      `with l as (insert into audience_list (workspace_id, slug, name, kind, created_by) values ($1, 'planted', 'Planted', 'by_hand', 'test') returning id)
       insert into audience_list_member (list_id, workspace_id, profile_id, added_by, added_at) select id, $1, $2, 'test', now() from l`, [first.id, person],
    );
    await pool.query("insert into destination (workspace_id, slug, name, definition, settings_sealed, test_people, created_by, updated_by) values ($1, 'planted', 'Planted', 'none', '', $2, 'test', 'test')", [
      first.id, JSON.stringify([`email:${mail}`, "user_id:zquser-4711"]),
    ]);
    const now = new Date(clock.nowMs());
    await pool.query(
      `insert into alert (id, workspace_id, kind, subject, name, link, since, opened_at, facts, is_told) values (9001, $1, 'destination_failing', 'destination:1', 'CRM', '/', $2, $2, $3, true)`,
      [first.id, now, JSON.stringify({ state: "failing", since: now.toISOString(), for_minutes: 5, code: "http_500", detail: "zqalert@example.com is not known", failures: 1 })],
    );
    await pool.query(
      `insert into observed_event (workspace_id, type, event, count, first_at, last_at) values ($1, 'track', 'Order Completed', 1, $2, $2), ($1, 'track', 'Wrote zqwritten@example.com', 1, $2, $2)`,
      [first.id, now],
    );
    for (const [place, name, path, value] of [["property", "Order Completed", "remark", "zqremark"], ["trait", "", "nickname", "zqnick"], ["property", "Order Completed", "of zqowner@example.com", "1"]]) {
      await pool.query(
        `with f as (insert into observed_field (workspace_id, place, event, path, count, as_text, first_at, last_at) values ($1, $2, $3, $4, 1, 1, $5, $5) returning id)
         insert into observed_example (workspace_id, field_id, value, profile_id, import_id, row_id, at) select $1, id, $6, $7, 0, 40, $5 from f`,
        [first.id, place, name, path, now, value, person],
      );
    }
    await pool.query("insert into audience (workspace_id, slug, name, definition, created_by, updated_by) values ($1, 'nobody', 'Nobody', $2, 'test', 'test')", [first.id, JSON.stringify({ who: { any: [] } })]);
    await pool.query("insert into audience (workspace_id, slug, name, definition, created_by, updated_by) values ($1, 'named', 'Named', $2, 'test', 'test')", [first.id, JSON.stringify({ from: "everyone", who: { kind: "trait", trait: "name", op: "is_set" } })]);
    const { rows: [audience] } = await pool.query<{ id: number }>("select id from audience where slug = 'nobody'");
    await pool.query("insert into audience_person (profile_id, workspace_id, member_of, seq) values ($1, $2, array[$3::integer], 1)", [person, first.id, audience?.id]);
    await api.clickhouse.client("write").insert({
      table: "audience_log", format: "JSONEachRow",
      values: [{ workspace_id: first.id, audience_id: audience?.id, profile_id: person, at: "2026-05-01 00:00:00.000", entered: 1, reason: "list", cause_row: 0, version: 1, seq: 1, block_id: 1, block_row: 0 }],
    });
    // A model whose statement, rows and a run's problem all speak of the person.
    const definition = { warehouse: "shop", query: { kind: "sql", sql: `select * from buyers where email = '${mail}'` }, key: ["id"], person: { column: "email", namespace: "email" }, stopShare: 0.3 };
    const { rows: [model] } = await pool.query<{ id: number }>(
      "insert into model (workspace_id, slug, name, definition, last_seq, created_by, updated_by) values ($1, 'planted', 'Planted', $2, 268435457, 'test', 'test') returning id", [first.id, JSON.stringify(definition)]);
    await pool.query("insert into model_version (workspace_id, model_id, version, definition, author) values ($1, $2, 1, $3, 'test')", [first.id, model?.id, JSON.stringify(definition)]);
    await pool.query("insert into model_run (id, workspace_id, model_id, version, nr, status, cause, problem, created_by) values (9001, $1, $2, 1, null, 'failed', 'manual', $3, 'test')",
      [first.id, model?.id, JSON.stringify({ code: "key_double", message: `One key stands in several rows of the result, ["${mail}"] in 2.`, count: 1, sample: [{ key: '["zqkeyed"]', lines: [1, 2] }] })]);
    await api.clickhouse.client("write").insert({
      table: "model_change", format: "JSONEachRow",
      values: [{
        workspace_id: first.id, model_id: model?.id, key_hash: "1", key: '["zqkeyed"]', seq: 268435457, run_id: 9000, change: "changed", row_hash: "1", row: JSON.stringify({ email: mail, note: "zqrow" }),
        before: JSON.stringify({ email: mail, note: "zqbefore" }), person: [mail], at: "2026-05-01 00:00:00.000",
      }],
    });
    await pool.query("update log_head set next_offset = 100 where partition = $1", [first.partition]);
    await pool.query("insert into log_offset (reader, partition, next_offset) values ('pipeline', $1, 100)", [first.partition]);
  }

  const masked = ["reader", "marketer", "service_agent", "developer", "viewer"];

  beforeAll(async () => {
    api = await startTestApi({}, clock);
    await plant();
    for (const role of ["marketer", "service_agent", "developer", "viewer", "analyst"] as const) {
      await addAccount(api, `${role}@example.com`, [[api.first, role]]);
      cookies.set(role, await signIn(api, `${role}@example.com`));
    }
    const client = await api.pool.connect();
    for (const [name, scopes] of [["reader", ["read"]], ["clear", ["read", "personal_data"]]] as const) {
      tokens.set(name, (await createToken(client, { workspaceId: api.first.id, name, scopes: [...scopes] })).secret);
    }
    client.release();
    tokens.set("owner", api.first.token);
    await api.server.listen({ host: "127.0.0.1", port: 0 });
  });
  beforeEach(() => clock.advanceMs(3_600_000));
  afterAll(() => api.stop());

  const ref = encodeURIComponent(`email:${mail}`);
  /** Route that masks → requests of it, each of which shows planted words to who may see them. */
  const requests = (): Readonly<Record<string, readonly (string | { readonly path: string; readonly body: unknown })[]>> => ({
    "/sql": ["profiles", "identifiers", "events"].map((view) => ({ path: "/sql", body: { statement: `select * from ${view}` } })),
    "/audiences/preview": [{ path: "/audiences/preview", body: { definition: { who: { all: [] } }, sample: 5, by: "name" } }],
    "/computed-traits/preview": [{ path: "/computed-traits/preview", body: { definition: { value: { kind: "measure", event: "Order Completed", measure: { of: "count" } } }, sample: 5 } }],
    "/audiences/{slug}/members": ["/audiences/nobody/members"],
    "/audiences/{slug}/changes": ["/audiences/nobody/changes"],
    "/audiences/{slug}/as-of": ["/audiences/nobody/as-of?at=2026-05-31T00:00:00Z"],
    "/audiences/{slug}/why/{profile_id}": [`/audiences/named/why/${person}`],
    "/audiences/compare": [{ path: "/audiences/compare", body: { slug: "nobody", definition: { who: { all: [] } } } }],
    "/profiles": ["/profiles", `/profiles?search=${encodeURIComponent(mail)}`, "/profiles?limit=1"],
    "/profiles/{ref}": [`/profiles/${ref}?include=provenance,events,identifiers`, `/profiles/${person}`, "/profiles/device_id:zqshared-tablet"],
    "/profiles/{ref}/events": [`/profiles/${person}/events`, `/profiles/${person}/events?limit=1`],
    "/profiles/{ref}/traits/{name}/history": [`/profiles/${person}/traits/email/history`],
    "/profiles/{ref}/consents/{category}/history": [],
    "/trait-names": ["/trait-names"],
    "/profiles/{ref}/identity": [`/profiles/${person}/identity`],
    "/profiles/{ref}/identity/events": [`/profiles/${person}/identity/events?a=${keyOf(api.first, "email", mail)}&b=${keyOf(api.first, "phone", phone)}`],
    "/profiles/{ref}/merges": [`/profiles/${person}/merges`],
    "/identifiers/{ref}": [`/identifiers/${ref}`, "/identifiers/device_id:zqshared-tablet"],
    "/identity/merges": ["/identity/merges"],
    "/identity/shared": ["/identity/shared"],
    "/events": ["/events", "/events?limit=2", `/events?profile=${ref}`],
    "/events/{messageId}/path": ["/events/m-1/path", "/events/m-2/path", "/events/m-3/path", "/events/m-5/path", "/events/m-7/path"],
    "/events/{messageId}": ["/events/m-1", "/events/m-2", "/events/m-4", "/events/m-6"],
    "/quarantine": ["/quarantine", "/quarantine?limit=1"],
    "/quarantine/groups": ["/quarantine/groups"],
    "/refused-writes": ["/refused-writes"],
    "/schema/events": ["/schema/events"],
    "/schema/events/{event}": [`/schema/events/${encodeURIComponent("Order Completed")}`],
    "/schema/traits": ["/schema/traits"],
    "/schema/fields": ["/schema/fields", "/schema/fields?undecided=true"],
    "/audience-lists/{slug}/members": ["/audience-lists/planted/members"],
    "/destinations/{slug}": ["/destinations/planted"],
    // They take the scope `write`, or a catalog: destinations.test.ts and subscription-tries.test.ts look at those.
    "/warehouses/{slug}/test": [], // It takes the scope `write`: warehouses.test.ts looks at it.
    "/destinations": [], "/destinations/{slug}/test": [], "/destinations/{slug}/subscriptions/preview": [], "/destinations/{slug}/subscriptions/test-send": [],
    // What was sent, deliveries.test.ts looks at.
    "/destinations/{slug}/health": [], "/destination-states": [], "/destinations/{slug}/deliveries": [], "/destinations/{slug}/errors": [], "/destinations/{slug}/requests/{requestId}": [], "/profiles/{ref}/deliveries": [],
    "/alerts": ["/alerts"], "/alerts/{id}": ["/alerts/9001"],
    // The same alert, after a change.
    "/alerts/{id}/acknowledge": [], "/alerts/{id}/snooze": [],
    "/models": ["/models"], "/models/{slug}": ["/models/planted"], "/models/{slug}/versions": ["/models/planted/versions"], "/models/{slug}/runs": ["/models/planted/runs"], "/models/{slug}/runs/{run}": ["/models/planted/runs/9001"],
    "/models/{slug}/changes": ["/models/planted/changes"],
    // The same run, after a change; and what only an administrator asks.
    "/models/{slug}/runs/{run}/accept": [], "/models/{slug}/runs/{run}/stop": [], "/models/preview": [],
    "/audiences/values": ["/audiences/values?place=trait&path=name", "/audiences/values?place=trait&path=address.city&search=zq"],
  });
  /** Of routes that show nothing planted by themselves, or hold nothing of people. A new route that knows people declares `masks` instead. */
  const withoutPeople = [
    "GET /ledger", "GET /sources", "GET /sources/{id}", "GET /settings", "GET /workspace", "GET /me", "PATCH /me", "GET /workspaces", "GET /workspaces/{workspace}", "GET /rejected-keys", "GET /freshness", "GET /ledger/buckets", "GET /sources/{id}/keys/usage",
    "PUT /schema/fields", "GET /vocabulary", "GET /alert-summary", "GET /alert-rules",
    // Which files there were, and nothing of who stood in them.
    "GET /exports", "GET /profiles/{ref}/exports", "GET /shares", "DELETE /shares/{id}",
    "POST /audiences/flow", "GET /audience-preview-progress", "GET /audience-trends", "GET /audiences/{slug}/sizes", "GET /audiences/{slug}/history/{profile_id}", "GET /profiles/{ref}/audiences",
    // What audiences ask, in the words of whoever wrote them.
    ...["GET /audiences", "POST /audiences", "GET /audiences/{slug}", "PATCH /audiences/{slug}", "GET /audiences/{slug}/versions", "POST /audiences/{slug}/archive", "POST /audiences/{slug}/restore",
      "POST /audiences/check", "GET /audiences/templates", "GET /audiences/export", "POST /audiences/apply",
      "GET /audience-lists", "POST /audience-lists", "GET /audience-lists/{slug}", "PATCH /audience-lists/{slug}", "DELETE /audience-lists/{slug}", "POST /audience-lists/{slug}/members"],
    ...["GET /computed-traits", "POST /computed-traits", "GET /computed-traits/{slug}", "PATCH /computed-traits/{slug}", "GET /computed-traits/{slug}/versions", "POST /computed-traits/{slug}/archive",
      "POST /computed-traits/{slug}/restore", "POST /computed-traits/check", "GET /computed-traits/templates"],
    // What is sent where, in the words of whoever set it up.
    ...["GET /catalog", "GET /catalog/{slug}", "POST /catalog/{slug}/check", "GET /destinations", "GET /destinations/{slug}/authorization", "GET /destinations/{slug}/choices", "GET /destinations/{slug}/suggestions",
      "GET /destinations/{slug}/subscriptions", "POST /destinations/{slug}/subscriptions", "GET /destinations/{slug}/subscriptions/{id}", "PATCH /destinations/{slug}/subscriptions/{id}",
      "DELETE /destinations/{slug}/subscriptions/{id}", "GET /destinations/{slug}/subscriptions/{id}/versions", "GET /destinations/{slug}/subscriptions/{id}/versions/{version}",
      "GET /sql/views", "GET /warehouse-kinds", "POST /warehouse-kinds/{kind}/check", "GET /warehouses", "GET /warehouses/{slug}", "PATCH /warehouses/{slug}", "GET /warehouses/{slug}/tables",
      "GET /destinations/{slug}/replays", "POST /destinations/{slug}/replays", "DELETE /destinations/{slug}/replays/{id}",
      "GET /destinations/{slug}/subscriptions/{id}/sync", "POST /destinations/{slug}/subscriptions/{id}/syncs", "DELETE /destinations/{slug}/subscriptions/{id}/syncs/{sync}",
      "POST /destinations/{slug}/subscriptions/{id}/answer", "GET /destinations/{slug}/subscriptions/{id}/hold-out", "GET /destination-stops"],
  ];

  test("is asked for each route: it masks, or needs the scope, or knows nobody", () => {
    const nameOf = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;
    const masking = api.api.routes.filter((route) => route.masks !== undefined);
    expect(masking.map(({ path }) => path).filter((path) => !(path in requests())), "masks people: say above how to ask it").toEqual([]);
    const open = api.api.routes.filter(
      ({ masks, scopes }) => masks === undefined && !scopes.some((scope) => ["personal_data", "reveal", "audit", "admin", "installation", "service"].includes(scope)),
    );
    expect(open.map(nameOf).filter((name) => !withoutPeople.includes(name)), "open without personal_data: give it a mask, or list it above").toEqual([]);
  });

  test("sees no planted value in any answer, and who has the scope sees them in each", async () => {
    for (const request of Object.values(requests()).flat()) {
      const { path, method, options } = typeof request === "string" ? { path: request, method: "GET", options: {} } : { path: request.path, method: "POST", options: { body: request.body } };
      clock.advanceMs(600_000);
      const clear = await as("clear", method, path, options);
      expect(clear.status, `${path}: ${clear.text}`).toBeLessThan(400);
      expect(clear.text, path).toMatch(canary);
      expect(clear.headers["x-tributary-masked"]).toBeUndefined();
      for (const who of masked) {
        const answer = await as(who, method, path, options);
        expect({ path, who, status: answer.status }).toEqual({ path, who, status: clear.status });
        expect(answer.headers["x-tributary-masked"]).toBe("true");
        const text = answer.text.replace(/"next_cursor":"([^"]+)"/g, (_, cursor: string) => Buffer.from(cursor, "base64url").toString());
        expect(canary.exec(text)?.[0], `${who} ${path}: ${text}`).toBeUndefined();
      }
    }
  });

  test("sees what is not personal, and enough of the rest to tell two people apart", async () => {
    const { body } = await as("viewer", "GET", `/profiles/${person}?include=provenance`);
    expect(body.traits).toEqual({
      name: "z•••", email: "z•••@example.com", phone: "+45 •••42", birthday: "•••", address: { city: "z•••", street: "Z•••" }, tags: ["z•••", "z•••"], age: "•••", plan: "gold",
      favourite: { "z•••@example.com": "•••" },
    });
    expect(Object.keys(body.provenance)).toEqual(Object.keys(body.traits));
    expect(body.provenance.email).toMatchObject({ value: "z•••@example.com", source_id: api.first.sourceId });
    expect(body.identifiers.map(({ namespace, value }: Record<string, string>) => [namespace, value])).toEqual([
      ["email", "z•••@example.com"], ["phone", "+45 •••42"], ["user_id", "zq•••"], ["anonymous_id", "zq•••"],
    ]);
    expect(body.accounts).toMatchObject([{ id: "zq•••", traits: { name: "z•••", industry: "retail" } }]);
    expect(body.latest_events).toMatchObject([{ event: "Called z•••@example.com" }]);
    expect(body.consents).toMatchObject({ marketing: { granted: true } });
  });

  test("sees what each stage did to an event and which fields it changed, and none of their values", async () => {
    const { body } = await as("developer", "GET", "/events/m-7/path");
    const clear = (await as("clear", "GET", "/events/m-7/path")).body;
    const shapeOf = ({ field, kind, why }: Record<string, string>) => ({ field, kind, why });
    expect(body.normalised.changes.map(shapeOf)).toEqual(clear.normalised.changes.map(shapeOf));
    expect(body.normalised.changes).toContainEqual({ field: "type", kind: "changed", before: "Identify", after: "identify", why: "spelling" });
    expect(body.normalised.changes).toContainEqual(expect.objectContaining({ field: "userId", before: "zq•••", after: "zq•••" }));
    expect(body.normalised.event).toMatchObject({ type: "identify", traits: { email: "Z•••@EXAMPLE.COM", plan: "gold " }, context: { pageUrl: expect.stringContaining("shop.example.com/u/•••") } });
    expect(body.received).toEqual({ ...clear.received, bytes: null, user_agent: "z•••", origin: expect.any(String) });
    expect(body.folded.traits.map(({ name, taken }: Record<string, string>) => [name, taken])).toEqual(clear.folded.traits.map(({ name, taken }: Record<string, string>) => [name, taken]));
    expect({ rules: body.rules, landed: body.landed, repeat: body.repeat }).toEqual({ rules: clear.rules, landed: clear.landed, repeat: clear.repeat });
    const merged = (await as("developer", "GET", "/events/m-1/path")).body.identified;
    expect(merged.steps).toMatchObject([{ kind: "merge", reason: "seen_together", survivor: person, other, namespace: "email", value: "z•••@example.com" }, { kind: "shared" }]);
  });

  test("gets a payload parsed and masked, and is told so; one that can't be read is not shown", async () => {
    const { body } = await as("viewer", "GET", "/events/m-1");
    expect(body.rows[0].raw_masked).toBe(true);
    expect(JSON.parse(body.rows[0].raw)).toMatchObject({
      type: "track", event: "Order Completed", userId: "zq•••",
      properties: { product_id: "P-1", price: 20, note: "z•••", buyer: { email: "z•••@example.com" }, items: [{ sku: "S-1", gift_for: "z•••" }], card: "•••" },
      context: {
        ip: "•••", locale: "da", device: { type: "ios", id: "zq•••" }, os: { name: "iOS" },
        page: { url: "https://shop.example.com/u/•••/orders/•••?token=•••&utm_source=mail#•••", path: "/u/•••", search: "?q=•••" },
      },
    });
    expect((await as("viewer", "GET", "/events/m-4")).body.rows[0]).toMatchObject({ raw: '"•••"', raw_masked: true });
    expect((await as("clear", "GET", "/events/m-1")).body.rows[0]).toMatchObject({ raw });
    expect((await as("clear", "GET", "/events/m-1")).body.rows[0]).not.toHaveProperty("raw_masked");
  });

  test("sees a field once somebody has decided that it is not personal, and only that one", async () => {
    await api.pool.connect().then(async (client) => {
      await setFields(client, { workspaceId: api.first.id, actor: "system", nowMs: 0 }, [{ place: "property", event: "Order Completed", path: "note", personal: false }]);
      client.release();
    });
    clock.advanceMs(10_000);
    const { body } = await as("viewer", "GET", `/profiles/${person}/events`);
    const event = body.data.find(({ message_id }: { message_id: string }) => message_id === "m-1");
    expect(event.properties).toMatchObject({ note: "zqnote", buyer: { name: "z•••" } });
    await api.pool.query("delete from field");
    clock.advanceMs(10_000);
  });

  test("finds people by a whole identifier, never by a part of one", async () => {
    const found = async (who: string, text: string) => (await as(who, "GET", `/profiles?search=${encodeURIComponent(text)}`)).body.data.map(({ id }: { id: string }) => id);
    for (const part of ["zqmail", "zqma", "zqname", "zqcity", "example.com", "Lovelace"]) {
      expect(await found("viewer", part), part).toEqual([]);
      clock.advanceMs(10_000);
    }
    expect(await found("clear", "zqname")).toEqual([person]);
    expect(await found("viewer", mail.toUpperCase())).toEqual([person]);
    expect(await found("viewer", `phone:${phone}`)).toEqual([person]);
    expect((await as("viewer", "GET", `/profiles/${person}/events?search=zqno`)).status).toBe(403);
    expect((await as("clear", "GET", "/events?text=zqnote")).body.data).not.toEqual([]);
    for (const accept of ["application/json", "text/event-stream"]) {
      expect((await as("viewer", "GET", `/events?profile=${person}&text=zqno`, { headers: { accept } })).status).toBe(403);
    }
    for (const condition of ["city = zqcity", "name contains zq", "email contains z"]) {
      expect((await as("viewer", "GET", `/profiles?search=${encodeURIComponent(condition)}`)).status).toBe(403);
    }
  });

  test("may try a few identifiers a minute, by whichever route, and ids as often as it likes", async () => {
    const tries = ["/profiles/email:a%40example.com", "/identifiers/email:b%40example.com", "/profiles?search=c%40example.com", "/events?profile=email:d%40example.com"];
    const statuses: number[] = [];
    for (let index = 0; index < 34; index++) statuses.push((await as("viewer", "GET", tries[index % tries.length] ?? "")).status);
    expect(statuses.slice(30)).toEqual([429, 429, 429, 429]);
    const refused = await as("viewer", "GET", tries[0] ?? "");
    expect(refused.body.message).toContain("30 a minute");
    expect(refused.headers["retry-after"]).toBeDefined();
    expect((await as("viewer", "GET", `/profiles/${person}`)).status).toBe(200);
    expect((await as("reader", "GET", tries[0] ?? "")).status).toBe(404);
    expect((await as("clear", "GET", tries[0] ?? "")).status).toBe(404);
  });

  test("sees the live tail masked, also what it missed, while others see it as it is", async () => {
    const landed = { workspace: api.first, profileId: person, userId: "zquser-4711", raw, properties };
    await addEvents(api, [{ ...landed, row: rowId(200, 1), messageId: "live-1", event: "Asked zqlive@example.com" }]);
    const watch = (who: string, headers: Record<string, string>): Promise<string> =>
      new Promise((resolve, reject) => {
        const { port } = api.server.server.address() as AddressInfo;
        const credentials = tokens.has(who) ? { authorization: `Bearer ${tokens.get(who) ?? ""}` } : { cookie: cookies.get(who) ?? "" };
        const sent = httpRequest({ host: "127.0.0.1", port, path: "/api/v1/events", headers: { ...credentials, accept: "text/event-stream", ...headers } }, (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (part: string) => {
            text += part;
            if (!text.includes("live-2")) return;
            sent.destroy();
            resolve(text);
          }).on("error", () => undefined);
        });
        sent.on("error", reject).end();
      });
    const resumed = { "last-event-id": String(rowId(200, 0)) };
    const watching = [watch("viewer", resumed), watch("clear", resumed), watch("reader", {})];
    while (api.api.tailListeners() < 3) await new Promise((next) => setTimeout(next, 5));
    await new Promise((next) => setTimeout(next, 400));
    await addEvents(api, [{ ...landed, row: rowId(201, 1), messageId: "live-2", event: "Asked zqlive@example.com" }]);
    const [viewer = "", clear = "", reader = ""] = await Promise.all(watching);
    expect(clear).toContain("zquser-4711");
    for (const text of [viewer, reader]) {
      expect(text).not.toMatch(canary);
      expect(text).toContain('"user_id":"zq•••"');
      expect(text).toContain("Asked z•••@example.com");
    }
    expect(viewer).toContain("live-1");
  });

  test("is told nothing by a refusal", async () => {
    const wrong = ["/profiles/email:zqnobody%40example.com", "/profiles?cursor=zqcursor", "/events/zqmissing", `/events?since=zqtime`, "/identifiers/zqspace:zqnone"];
    for (const path of wrong) {
      const { status, text } = await as("viewer", "GET", path);
      expect(status, path).toBeGreaterThanOrEqual(400);
      expect(text, path).not.toMatch(canary);
    }
  });

  describe("reveals", () => {
    const reason = "Caller wants to be rung back";
    const reveal = (who: string, field: object, why = reason) => as(who, "POST", `/profiles/${person}/reveal`, { body: { field, reason: why } });

    test("one value for a reason, which stands in the audit log without the value", async () => {
      const { body: { identifiers } } = await as("service_agent", "GET", `/profiles/${person}?include=provenance`);
      expect((await reveal("service_agent", { kind: "trait", name: "phone" })).body).toEqual({ value: phone });
      expect((await reveal("service_agent", { kind: "trait", name: "address.city" })).body).toEqual({ value: "zqcity" });
      expect((await reveal("service_agent", { kind: "identifier", key: identifiers[0].key })).body).toEqual({ value: mail });
      const log = await as("owner", "GET", `/audit?action=person.reveal&target=profile:${person}`);
      expect(log.body.data.map(({ detail }: { detail: object }) => detail)).toEqual(
        ["identifier email", "trait address.city", "trait phone"].map((field) => ({ field, reason })),
      );
      expect(log.body.data[0]).toMatchObject({ actor_name: "service_agent" });
      expect(log.text).not.toMatch(canary);
    });

    test("leave an audit log that can be searched, whatever stands in the reason", async () => {
      expect((await reveal("service_agent", { kind: "trait", name: "phone" }, "Rang back \u0000 \ud800 twice")).status).toBe(200);
      for (const filter of [`target=profile:${person}`, "target=profile:nobody", "text=twice"]) expect((await as("owner", "GET", `/audit?${filter}`)).status, filter).toBe(200);
      expect((await as("owner", "GET", "/audit?text=rang%20back")).body.data[0].detail.reason).toBe("Rang back \ufffd \ufffd twice");
    });

    test("a value of an event's payload, too", async () => {
      const body = { row_id: 40, path: "properties.items.0.gift_for", reason };
      expect((await as("service_agent", "POST", "/events/m-1/reveal", { body })).body).toEqual({ value: "zqgift" });
      expect((await as("service_agent", "POST", "/events/m-1/reveal", { body: { ...body, row_id: 41 } })).status).toBe(404);
      expect((await as("viewer", "POST", "/events/m-1/reveal", { body })).status).toBe(403);
    });

    test("are refused without a reason, without the scope, of nothing, and when there are too many", async () => {
      const field = { kind: "trait", name: "phone" };
      for (const why of ["", "   ", "short", "       x"]) expect((await reveal("service_agent", field, why)).status, why).toBe(400);
      for (const who of ["viewer", "marketer", "developer", "reader"]) {
        const refused = await reveal(who, field);
        expect({ who, status: refused.status }).toEqual({ who, status: 403 });
        expect(refused.body.message).toContain("service_agent");
      }
      for (const name of ["nothing", "__proto__", "constructor", "address.zip"]) expect((await reveal("service_agent", { kind: "trait", name })).status, name).toBe(404);
      clock.advanceMs(600_000);
      const statuses = [];
      for (let index = 0; index < 12; index++) statuses.push((await reveal("service_agent", field)).status);
      expect(statuses).toEqual([...Array.from({ length: 10 }, () => 200), 429, 429]);
    });
  });
});
