import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hash128 } from "../core/hash.ts";
import { addEvents, addIdentifier, addPerson, keyOf, startTestApi, type TestApi } from "./testing.ts";

const ada = hash128("person", "ada");
const grace = hash128("person", "grace");
const merged = hash128("person", "merged");
const gone = hash128("person", "gone");
const foreign = hash128("person", "foreign");
const enc = encodeURIComponent;

describe("the profile API", () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await startTestApi();
    const { first, second } = api;
    await addPerson(api, {
      id: ada,
      workspace: first,
      row: 10,
      identifiers: [
        ["user_id", "ada:1%25/ü"],
        ["email", "ada@example.com"],
      ],
      traits: { plan: "pro", name: "Ada", erased: null, ["__proto__"]: "x" },
      change: (doc) => {
        doc.consents["ads"] = { granted: false, row: 10, source: first.sourceId, atMs: 1_000 };
        doc.accounts["acme"] = { traits: { seats: 5 }, row: 10, source: first.sourceId, atMs: 1_000 };
        doc.devices.push({ type: "desktop", os: "Linux", browser: "Firefox", firstAtMs: 1, lastAtMs: 9e15 });
      },
    });
    await addPerson(api, { id: grace, workspace: first, row: 20, identifiers: [["anonymous_id", "a-2"]], traits: { city: "Überlingen" } });
    await addPerson(api, {
      id: foreign,
      workspace: second,
      row: 30,
      identifiers: [
        ["email", "ada@example.com"],
        ["user_id", "foreign"],
      ],
      traits: { plan: "foreign" },
    });
    await api.pool.query(
      "insert into profile (id, workspace_id, first_row, updated_row, merged_into, ingest_ids) values ($1, $2, 12, 15, $3, '{}')",
      [merged, first.id, ada],
    );
    await api.pool.query("update profile set ingest_ids = $2 where id = $1", [ada, [ada, merged]]);
    await api.pool.query(
      "insert into profile (id, workspace_id, first_row, updated_row, suppressed, ingest_ids) values ($1, $2, 13, 15, true, '{}')",
      [gone, first.id],
    );
    await addIdentifier(api, first, { namespace: "email", value: "gone@example.com", profileId: gone });
    await addIdentifier(api, first, { namespace: "phone", value: "+4930123456", profileId: null, shared: true, yieldedTo: [merged, gone] });
    await addIdentifier(api, first, { namespace: "device_id", value: "tablet", profileId: grace, shared: true });
    await api.pool.query(
      "insert into identity_edge (workspace_id, a, b, kind, row_id, at, source_id) values ($1, $2, $3, 'seen', 9, now(), $4)",
      [first.id, keyOf(first, "phone", "+4930123456"), keyOf(first, "anonymous_id", "a-2"), first.sourceId],
    );
    await addEvents(api, [
      { workspace: first, row: 101, messageId: "m1", profileId: ada, event: "Product Viewed", properties: { sku: "A1" } },
      { workspace: first, row: 102, messageId: "m2", profileId: merged, event: "Order Completed" },
      { workspace: first, row: 103, messageId: "m3", profileId: grace, ingestId: merged, event: "given to Grace by an unmerge" },
      { workspace: first, row: 104, messageId: "m4", profileId: ada, outcome: "withdrawn" },
      { workspace: first, row: 105, messageId: "m5", profileId: ada, event: "Cart Viewed" },
      { workspace: second, row: 106, messageId: "m6", profileId: foreign },
    ]);
  });
  afterAll(() => api.stop());

  test("answers by identifier with plain traits and everything else in one document", async () => {
    const { status, body } = await api.call("GET", `/profiles/email:${enc("  ADA@Example.com ")}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: ada,
      is_anonymous: false,
      event_count: 1,
      first_seen_at: "2026-01-02T03:04:05.678Z",
      audiences: [],
      consent_when_absent: "granted",
      consents: { ads: { granted: false, row_id: 10 } },
      accounts: [{ id: "acme", traits: { seats: 5 } }],
      latest_events: [{ event: "identify" }],
    });
    expect(body.traits).toEqual(JSON.parse('{"plan":"pro","name":"Ada","__proto__":"x"}'));
    expect(body.identifiers.map((one: { value: string }) => one.value)).toEqual(["ada:1%25/ü", "ada@example.com"]);
    expect(body).not.toHaveProperty("provenance");
    expect(body).not.toHaveProperty("events");
  });

  test("takes an identifier with colons, percent signs and slashes, and an id in capitals", async () => {
    expect((await api.call("GET", `/profiles/user_id:${enc("ada:1%25/ü")}`)).body.id).toBe(ada);
    expect((await api.call("GET", `/profiles/${ada.toUpperCase()}`)).body.id).toBe(ada);
    expect((await api.call("GET", `/profiles/user_id:${enc("ada:1%/ü")}`)).status).toBe(404);
    expect((await api.call("GET", "/profiles/user_id:50%")).status).toBe(400);
    expect((await api.call("GET", `/profiles/user_id:${"x".repeat(2100)}`)).status).toBe(404);
    expect((await api.call("GET", "/profiles/user_id:a%00b")).status).toBe(404);
    expect((await api.call("GET", "/profiles/no-such-namespace:x")).status).toBe(404);
    expect((await api.call("GET", "/profiles/:x")).status).toBe(404);
  });

  test("a merged id answers with the survivor, a suppressed person and an unknown one with 404", async () => {
    expect((await api.call("GET", `/profiles/${merged}`)).body.id).toBe(ada);
    for (const ref of [gone, "email:gone@example.com", "email:nobody@example.com", hash128("nobody"), "user_id:null"]) {
      expect(await api.call("GET", `/profiles/${ref}`)).toMatchObject({ status: 404, body: { code: "not_found" } });
    }
  });

  test("gives each trait's origin when asked", async () => {
    const { body } = await api.call("GET", `/profiles/${ada}?include=provenance,identifiers,audiences`);
    expect(body.provenance.plan).toEqual({ value: "pro", row_id: 10, source_id: api.first.sourceId, at: "2026-01-02T03:04:05.678Z" });
    expect(body.identifiers[1].key).toBe(keyOf(api.first, "email", "ada@example.com"));
    expect(await api.call("GET", `/profiles/${ada}?include=everything`)).toMatchObject({ status: 400, body: { code: "bad_request" } });
    expect((await api.call("GET", `/profiles/${ada}?inclde=events`)).status).toBe(400);
  });

  test("shows the events of all ids that were merged into a person and of no other, page by page", async () => {
    const { body } = await api.call("GET", `/profiles/${ada}?include=events`);
    expect(body.events.data.map((event: { message_id: string }) => event.message_id)).toEqual(["m5", "m2", "m1"]);
    expect(body.events.data[2]).toMatchObject({ event: "Product Viewed", properties: { sku: "A1" } });
    const page = await api.call("GET", `/profiles/${ada}/events?limit=2`);
    expect(page.body.data.map((event: { message_id: string }) => event.message_id)).toEqual(["m5", "m2"]);
    const next = await api.call("GET", `/profiles/${ada}/events?limit=2&cursor=${page.body.next_cursor}`);
    expect(next.body).toMatchObject({ data: [{ message_id: "m1" }], next_cursor: null });
    expect((await api.call("GET", `/profiles/${ada}/events?cursor=garbage`)).body.code).toBe("bad_request");
  });

  test("an identifier of several people names none of them, and lists them all", async () => {
    const shared = await api.call("GET", `/profiles/phone:${enc("+4930123456")}`);
    expect(shared.status).toBe(300);
    expect(shared.body.profiles.map((one: { id: string }) => one.id).sort()).toEqual([ada, grace].sort());
    const looked = await api.call("GET", shared.body.href.replace("/api/v1", ""));
    expect(looked.body).toMatchObject({ shared: true, more: false, identifier: { namespace: "phone", value: "+4930123456" } });
    expect(looked.body.profiles).toEqual(shared.body.profiles);
    expect((await api.call("GET", "/profiles/device_id:tablet")).status).toBe(300);
    expect(await api.call("GET", `/profiles/phone:${enc("+4930123456")}/merges`)).toMatchObject({
      status: 409,
      body: { code: "conflict" },
    });
  });

  test("looks an identifier of one person up", async () => {
    const { body } = await api.call("GET", "/identifiers/email:ada%40example.com");
    expect(body).toMatchObject({ shared: false, profiles: [{ id: ada }], key: keyOf(api.first, "email", "ada@example.com") });
    expect((await api.call("GET", "/identifiers/email:gone%40example.com")).status).toBe(404);
  });

  test("searches identifiers and traits, exact identifiers first, whatever characters are asked for", async () => {
    const ids = async (search: string) =>
      (await api.call("GET", `/profiles?search=${enc(search)}`)).body.data.map((one: { id: string }) => one.id);
    expect(await ids("ADA@example.com")).toEqual([ada]);
    expect(await ids("example.com")).toEqual([ada]);
    expect(await ids("überl")).toEqual([grace]);
    expect(await ids("a-2")).toEqual([grace]);
    expect(await ids("phone:+4930123456")).toHaveLength(2);
    for (const hostile of ["'; drop table events; --", "\\", "%%", "{x:String}", "\u0000", '"', "]}"])
      expect(await ids(hostile)).toEqual([]);
  });

  test("lists people page by page, the latest changed first", async () => {
    const page = await api.call("GET", "/profiles?limit=1");
    expect(page.body.data.map((one: { id: string }) => one.id)).toEqual([grace]);
    const next = await api.call("GET", `/profiles?limit=1&cursor=${page.body.next_cursor}`);
    expect(next.body).toMatchObject({ data: [{ id: ada }], next_cursor: null });
  });

  test("a snapshot of someone suppressed a moment ago is not shown", async () => {
    await api.clickhouse.client("write").insert({
      table: "profiles",
      format: "JSONEachRow",
      values: [
        {
          workspace_id: api.first.id,
          profile_id: gone,
          row_id: 99,
          identifiers: ["email:gone@example.com"],
          traits: {},
          deleted: 0,
          block_id: 2,
          block_row: 0,
        },
      ],
    });
    expect((await api.call("GET", "/profiles?search=gone")).body.data).toEqual([]);
  });
});
