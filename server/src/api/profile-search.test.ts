import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defaultWorkspaceSettings } from "@tributary/schema/settings.ts";
import { hash128 } from "../core/hash.ts";
import { addEvents, addPerson, startTestApi, type TestApi } from "./testing.ts";

const [ann, bo, other, foreign] = ["ann", "bo", "other", "foreign"].map((name) => hash128("person", name)) as [string, string, string, string];

describe("searching people", () => {
  let api: TestApi;
  const ids = async (search: string, more = "") =>
    (await api.call("GET", `/profiles?search=${encodeURIComponent(search)}${more}`)).body.data.map((one: { id: string }) => one.id);

  beforeAll(async () => {
    api = await startTestApi();
    const { first, second } = api;
    await api.pool.query("insert into pipeline_config (workspace_id, settings, row_id) values ($1, $2, 1) on conflict (workspace_id) do update set settings = excluded.settings", [
      first.id, JSON.stringify({ ...defaultWorkspaceSettings, phoneCountry: "DK" }),
    ]);
    await addPerson(api, {
      id: ann, workspace: first, row: 10, identifiers: [["email", "ann@example.com"], ["phone", "+4520123456"]],
      traits: { name: "Ann Lee", city: "Aarhus", tags: ["gold", "new"], address: { zip: 8000 }, note: "a/b \"quoted\" Überlingen" },
    });
    await addPerson(api, {
      id: bo, workspace: first, row: 20, identifiers: [["user_id", "u-2"]],
      traits: { firstName: "Bo", lastName: "Leeson", city: "aarhus c", "odd`na me\\": "x" },
    });
    await addPerson(api, { id: other, workspace: first, row: 30, identifiers: [["user_id", "u-3"]], traits: { city: "Odense", friend: "Ann Lee" } });
    await addPerson(api, { id: foreign, workspace: second, row: 40, identifiers: [["user_id", "u-9"]], traits: { name: "Ann Lee", city: "Aarhus" } });
    await addEvents(api, [
      { workspace: first, row: 101, messageId: "m1", profileId: ann, properties: { order_id: "W10000-901", total: 5 } },
      { workspace: first, row: 102, messageId: "m2", profileId: bo, event: "Ticket Opened", properties: { ticket_id: 4711, order_id: "W-2" } },
      { workspace: first, row: 103, messageId: "m3", profileId: other, properties: { order_id: "W10000-901" }, outcome: "withdrawn" },
      { workspace: second, row: 104, messageId: "m4", profileId: foreign, properties: { order_id: "W10000-901" } },
    ]);
  });
  afterAll(() => api.stop());

  test.each(["20 12 34 56", "20123456", "+45 20 12 34 56", "0045 20-12-34-56", "45 20123456", "tel. 20 12 34 56", "phone:20 12 34 56", " +4520123456 "])(
    "finds a caller by the number as spoken: %s", async (spoken) => expect(await ids(spoken)).toEqual([ann]),
  );

  test("finds a person by the number of an order or a ticket, and by no number of an event that was withdrawn", async () => {
    expect(await ids("w10000-901")).toEqual([ann]);
    expect(await ids("#W10000-901 ")).toEqual([ann]);
    expect(await ids("order_id:W10000-901")).toEqual([ann]);
    expect(await ids("ticket_id:W10000-901")).toEqual([]);
    expect(await ids("4711")).toEqual([bo]);
    expect(await ids("ticket_id = 4711")).toEqual([bo]);
    expect(await ids("W10000-90")).toEqual([]);
  });

  test("takes conditions on traits, also within objects and lists, and joins them", async () => {
    expect(await ids("city = aarhus")).toEqual([ann]);
    expect(await ids("city contains AARHUS")).toEqual([bo, ann]);
    expect(await ids("city contains aarhus and lastName contains lee")).toEqual([bo]);
    expect(await ids("tags = gold")).toEqual([ann]);
    expect(await ids("tags = go")).toEqual([]);
    expect(await ids("address.zip:8000")).toEqual([ann]);
    expect(await ids("email:ann@example.com and city = Odense")).toEqual([]);
    expect(await ids("email:ann@example.com and city = Aarhus")).toEqual([ann]);
    expect(await ids("no_such_trait = x")).toEqual([]);
  });

  test("looks into names first, and into everything with the page behind them", async () => {
    const first = await api.call("GET", "/profiles?search=ann%20lee");
    expect(first.body.data.map((one: { id: string }) => one.id)).toEqual([ann]);
    const next = await api.call("GET", `/profiles?search=ann%20lee&cursor=${first.body.next_cursor}`);
    expect(next.body).toMatchObject({ next_cursor: null, data: [{ id: other }, { id: ann }] });
    expect(await ids("bo leeson")).toEqual([bo]);
    expect(await ids("a/b")).toEqual([ann]);
    expect(await ids('"quoted"')).toEqual([ann]);
    expect(await ids("ÜBERLINGEN 8000")).toEqual([ann]);
    // The name of a trait is no word of it.
    expect(await ids("lastName")).toEqual([]);
  });

  test("lists by when people were first seen, and refuses a cursor of another kind", async () => {
    const page = await api.call("GET", "/profiles?sort=oldest&limit=2");
    expect(page.body.data).toHaveLength(2);
    const rest = await api.call("GET", `/profiles?sort=oldest&limit=2&cursor=${page.body.next_cursor}`);
    expect(new Set([...page.body.data, ...rest.body.data].map((one: { id: string }) => one.id)).size).toBe(3);
    expect((await api.call("GET", "/profiles?cursor=WzEsImEiXQ")).body.code).toBe("bad_request");
    expect((await api.call("GET", "/profiles?sort=sideways")).status).toBe(400);
  });

  test("says that a number without its country can't be read where no country is set", async () => {
    const { body } = await api.call("GET", "/profiles?search=20%2012%2034%2056", { token: api.second.token });
    expect(body).toEqual({ data: [], next_cursor: null, note: "no_phone_country" });
  });
});
