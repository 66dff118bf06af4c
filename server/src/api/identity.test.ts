// Why this is one person, over the API: how often identifiers stood together, the events themselves, and the workspace's lists.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hash128 } from "../core/hash.ts";
import { addEvents, addIdentifier, addPerson, keyOf, startTestApi, type TestApi } from "./testing.ts";

const ada = hash128("person", "ada");
const bob = hash128("person", "bob");
const gone = hash128("person", "gone");

describe("identity through the API", () => {
  let api: TestApi;
  const key = (namespace: string, value: string): string => keyOf(api.first, namespace, value);
  let user: string;
  let browser: string;
  let tablet: string;

  beforeAll(async () => {
    api = await startTestApi();
    const { first, pool } = api;
    await addPerson(api, { id: ada, workspace: first, row: 10, identifiers: [["user_id", "ada"], ["anonymous_id", "browser"]] });
    await addPerson(api, { id: bob, workspace: first, row: 20, identifiers: [["user_id", "bob"]], traits: { name: "Bob" } });
    await pool.query("insert into profile (id, workspace_id, first_row, updated_row, merged_into, ingest_ids) values ($1, $2, 12, 15, $3, '{}')", [gone, first.id, ada]);
    await addIdentifier(api, first, { namespace: "device_id", value: "tablet", profileId: null, shared: true, row: 30, yieldedTo: [bob, gone] });
    await addIdentifier(api, first, { namespace: "email", value: "", profileId: null, shared: true, row: 31 });
    [user, browser, tablet] = [key("user_id", "ada"), key("anonymous_id", "browser"), key("device_id", "tablet")];
    const event = { workspace: first, profileId: ada };
    await addEvents(api, [
      { ...event, row: 40, messageId: "m1", event: "Signed In", keys: [user, browser] },
      { ...event, row: 41, messageId: "m2", event: "Viewed", keys: [browser] },
      { ...event, row: 42, messageId: "m3", event: "Bought", keys: [tablet, browser, user] },
      { ...event, row: 43, messageId: "m4", event: "Repeat", keys: [user, browser], outcome: "duplicate" },
      { workspace: first, row: 44, messageId: "m5", profileId: bob, event: "Bob's", keys: [key("user_id", "bob"), tablet] },
    ]);
    const edge = (a: string, b: string, row: number) => {
      const [low, high] = a < b ? [a, b] : [b, a];
      return pool.query("insert into identity_edge (workspace_id, a, b, kind, row_id, at, source_id) values ($1, $2, $3, 'seen', $4, now(), 1)", [first.id, low, high, row]);
    };
    await edge(user, browser, 40);
    await edge(user, tablet, 42);
    await pool.query(
      `insert into merge_log (workspace_id, row_id, step, kind, at, survivor, other, reason, identifier_key) values
       ($1, 40, 0, 'merge', now(), $2, $3, 'seen_together', $4), ($1, 44, 0, 'refused', now(), $5, $2, 'limit', $6), ($1, 44, 1, 'shared', now(), $2, $5, 'shared_after', $6)`,
      [first.id, ada, gone, browser, bob, tablet],
    );
  });
  afterAll(() => api.stop());

  test("the graph says in how many events each pair stood, which came first, and who the others are now", async () => {
    const { body } = await api.call("GET", `/profiles/${ada}/identity`);
    const edges = new Map(body.edges.map((edge: { row_id: number }) => [edge.row_id, edge]));
    expect(edges.get(40)).toMatchObject({ events: 2, first: { message_id: "m1", event: "Signed In" } });
    expect(edges.get(42)).toMatchObject({ events: 1, first: { message_id: "m3" } });
    expect(body.neighbours).toMatchObject([{ namespace: "device_id", shared: true, yielded_to: 2 }]);
    expect(body.merges).toMatchObject([{ kind: "merge", other: gone, cause: { message_id: "m1" } }]);
    expect(body.refusals).toMatchObject([{ kind: "shared" }, { kind: "refused", reason: "limit" }]);
    expect(body.people[gone].id).toBe(ada);
    expect(body.people[bob].traits).toEqual({ name: "Bob" });
  });

  test("the events of a pair come the first first, without repeats, and how many there are", async () => {
    const { body } = await api.call("GET", `/profiles/user_id:ada/identity/events?a=${browser}&b=${user}&limit=1`);
    expect(body).toMatchObject({ total: 2, data: [{ message_id: "m1" }] });
    expect(Date.parse(body.last_at)).toBeGreaterThan(Date.parse(body.data[0].at));
    expect((await api.call("GET", `/profiles/user_id:ada/identity/events?a=${tablet}&b=${user}`)).body).toMatchObject({ total: 1, data: [{ message_id: "m3" }] });
    const strangers = await api.call("GET", `/profiles/user_id:ada/identity/events?a=${tablet}&b=${key("user_id", "bob")}`);
    expect(strangers).toMatchObject({ status: 404, body: { code: "not_found" } });
  });

  test("the workspace's merges are paged, filtered, and told with their people and events", async () => {
    const page = await api.call("GET", "/identity/merges?limit=2");
    expect(page.body.data.map((one: { kind: string }) => one.kind)).toEqual(["shared", "refused"]);
    expect(page.body.data[1].cause).toMatchObject({ message_id: "m5" });
    expect(Object.keys(page.body.people).sort()).toEqual([ada, bob].sort());
    const rest = await api.call("GET", `/identity/merges?limit=2&cursor=${page.body.next_cursor}`);
    expect(rest.body).toMatchObject({ data: [{ kind: "merge", cause: { event: "Signed In" } }], next_cursor: null });
    expect((await api.call("GET", "/identity/merges?kind=refused")).body.data).toHaveLength(1);
    expect((await api.call("GET", "/identity/merges?namespace=anonymous_id")).body.data).toMatchObject([{ kind: "merge" }]);
  });

  test("shared identifiers are listed with some of the people, and never those of the suppressed", async () => {
    const { body } = await api.call("GET", "/identity/shared");
    expect(body.data).toMatchObject([{ identifier: { namespace: "device_id", value: "tablet" }, people: 2 }]);
    expect(body.data[0].profiles.map(({ id }: { id: string }) => id)).toEqual([bob, ada]);
    expect((await api.call("GET", "/identity/shared?namespace=email")).body.data).toEqual([]);
  });
});
