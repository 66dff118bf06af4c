import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ObservedEvent, ObservedField } from "@tributary/schema/api/observed.ts";
import { systemClock } from "../core/clock.ts";
import { quietLogger } from "../engines/testing.ts";
import { createObserver } from "../observed-schema/observed-schema.ts";
import { addEvents, addPerson, startTestApi, type TestApi, type TestWorkspace } from "./testing.ts";

const PERSON = "11111111-1111-4111-8111-111111111111";
let api: TestApi;
let masked: string;

beforeAll(async () => {
  api = await startTestApi();
  const { first, second } = api;
  await addPerson(api, { id: PERSON, workspace: first, identifiers: [["user_id", "ann"]] });
  const nowMs = Date.now();
  await addEvents(api, [
    ...Array.from({ length: 12 }, (_, i) => ({
      workspace: first, row: 100 + i, messageId: `o-${i}`, event: "Order Completed", receivedAtMs: nowMs, profileId: PERSON,
      properties: { total: 10 + i, contact: `person${i}@example.com`, ...(i % 2 === 0 ? { "gift wrap/1": true } : {}), products: [{ sku: "a", engraving: `For ${i}` }] },
    })),
    { workspace: first, row: 200, messageId: "i-1", event: "identify", type: "identify", receivedAtMs: nowMs, profileId: PERSON, properties: { nickname: "Annie", shoe: 39 } },
    { workspace: first, row: 201, messageId: "h-1", event: "Held", outcome: "quarantined", receivedAtMs: nowMs, properties: { never: 1 } },
    { workspace: second, row: 300, messageId: "s-1", event: "Elsewhere / ü", receivedAtMs: nowMs, properties: { theirs: "x" } },
  ]);
  const observer = createObserver({
    pool: api.pool, clickhouse: api.clickhouse.client("evaluate"), partitions: 2, landedBefore: async () => 1_000, clock: systemClock, logger: quietLogger, pollMs: Infinity,
  });
  await observer.catchUp();
  await observer.stop();
  masked = (await api.call("POST", "/tokens", { body: { name: "masked", scopes: ["read", "write"] } })).body.secret;
});
afterAll(() => api.stop());

async function fieldsOf(event: string, options: { token?: string } = {}): Promise<Record<string, ObservedField>> {
  const { status, body } = await api.call("GET", `/schema/events/${encodeURIComponent(event)}`, options);
  expect(status).toBe(200);
  return Object.fromEntries((body.fields as ObservedField[]).map((field) => [field.path, field]));
}

async function summary(workspace: TestWorkspace): Promise<{ events: number; fields: number; undecided: number }> {
  return (await api.call("GET", "/schema/events", { token: workspace.token })).body.summary;
}

describe("the schema that was observed", () => {
  test("lists the workspace's own events, with what came today and what waits for a decision", async () => {
    const { body } = await api.call("GET", "/schema/events");
    const [order, identify] = body.data as ObservedEvent[];
    expect([order?.event, order?.count, order?.days.at(-1), order?.fields]).toEqual(["Order Completed", 12, 12, 6]);
    // Known from the wire protocol: total and sku. A list of objects is decided by its fields.
    expect(order?.undecided).toBe(3);
    expect(identify).toMatchObject({ type: "identify", event: "identify", count: 1 });
    expect(body.data).toHaveLength(2);
    expect(body.summary).toMatchObject({ events: 2, events_beyond: 0, limits: { events: 1_000 } });
    const theirs = await api.call("GET", "/schema/events", { token: api.second.token });
    expect((theirs.body.data as ObservedEvent[]).map(({ event }) => event)).toEqual(["Elsewhere / ü"]);
    expect((await api.call("GET", `/schema/events/${encodeURIComponent("Elsewhere / ü")}`, { token: api.second.token })).body.fields).toHaveLength(1);
    expect((await api.call("GET", `/schema/events/${encodeURIComponent("Elsewhere / ü")}`)).status).toBe(404);
  });

  test("shows an event's fields with their types, share, examples and a proposal with its reasons", async () => {
    const fields = await fieldsOf("Order Completed");
    expect(fields["total"]).toMatchObject({ share: 1, types: [{ type: "number", count: 12 }], personal: false, decided_by: "program" });
    expect(fields["gift wrap/1"]).toMatchObject({ share: 0.5, personal: null, decided_by: "nobody", proposal: { personal: false, evidence: ["All values are yes or no."] } });
    expect(fields["contact"]?.proposal).toMatchObject({ personal: true, kind: "identity", evidence: [expect.stringMatching(/^(\d+) of \1 values look like e-mail addresses\.$/)] });
    expect(fields["products.engraving"]).toMatchObject({ count: 12, share: 1 });
    expect(fields["contact"]?.examples.every((value) => value.endsWith("@example.com"))).toBe(true);
  });

  test("masks examples for whoever may not see people, unless the field is decided to be harmless", async () => {
    const fields = await fieldsOf("Order Completed", { token: masked });
    expect(fields["contact"]).toMatchObject({ examples_masked: true, examples: ["p•••@example.com"] });
    expect(fields["products.engraving"]?.examples.join()).not.toMatch(/For/);
    expect(fields["total"]).toMatchObject({ examples_masked: false });
    expect(fields["total"]?.examples).toContain("10");
  });

  test("takes decisions for many fields at once, counts what is left, and writes each into the audit log", async () => {
    const before = await summary(api.first);
    const changed = await api.call("PUT", "/schema/fields", { body: { fields: [
      { place: "property", event: "Order Completed", path: "contact", personal: true, kind: "identity", description: "Whom to ask", owner: "Care" },
      { place: "property", event: "Order Completed", path: "gift wrap/1", personal: false },
    ] } });
    expect(changed.body).toMatchObject({ changed: 2, summary: { undecided: before.undecided - 2 } });
    const fields = await fieldsOf("Order Completed");
    expect(fields["contact"]).toMatchObject({ personal: true, decided_by: "workspace", kind: "identity", description: "Whom to ask", owner: "Care" });
    const audit = await api.call("GET", "/audit?action=field.decide");
    expect((audit.body.data as { target: string }[]).map(({ target }) => target).toSorted()).toEqual(["field:property:Order Completed:contact", "field:property:Order Completed:gift wrap/1"]);
    // What is left out stays; null takes a decision back.
    await api.call("PUT", "/schema/fields", { body: { fields: [{ place: "property", event: "Order Completed", path: "contact", personal: null }] } });
    expect((await fieldsOf("Order Completed"))["contact"]).toMatchObject({ personal: null, decided_by: "nobody", description: "Whom to ask" });
    expect((await summary(api.second)).undecided).toBe(1);
  });

  test("lets nobody decide who has neither the workspace nor its people in their care", async () => {
    const body = { fields: [{ place: "trait", path: "nickname", personal: false }] };
    expect((await api.call("PUT", "/schema/fields", { token: masked, body })).status).toBe(403);
    const officer = (await api.call("POST", "/tokens", { body: { name: "officer", scopes: ["read", "write", "personal_data"] } })).body.secret;
    expect((await api.call("PUT", "/schema/fields", { token: officer, body: { fields: [{ place: "trait", path: "nickname", personal: true }] } })).status).toBe(200);
    expect((await api.call("PUT", "/schema/fields", { body: { fields: [] } })).status).toBe(400);
    expect((await api.call("PUT", "/schema/fields", { body: { fields: [{ place: "trait", path: "ø".repeat(1_500), personal: true }] } })).status).toBe(400);
  });

  test("lets whoever sees people masked hide more and describe, and never take a mask off", async () => {
    const token = (await api.call("POST", "/tokens", { body: { name: "developer", scopes: ["read", "write", "admin"] } })).body.secret;
    const decide = async (change: object) => (await api.call("PUT", "/schema/fields", { token, body: { fields: [{ place: "trait", path: "shoe", ...change }] } })).status;
    expect([await decide({ personal: true, description: "Size" }), await decide({ owner: "Shop" })]).toEqual([200, 200]);
    expect([await decide({ personal: false }), await decide({ personal: null })]).toEqual([403, 403]);
    expect((await fieldsOf("identify"))["shoe"]).toMatchObject({ personal: true, description: "Size", owner: "Shop" });
  });

  test("shows the examples of a field that is not personal, but never somebody's address in them", async () => {
    const decide = (personal: boolean | null) => api.call("PUT", "/schema/fields", { body: { fields: [{ place: "property", event: "Order Completed", path: "contact", personal }] } });
    await decide(false);
    const { contact } = await fieldsOf("Order Completed", { token: masked });
    expect(contact).toMatchObject({ personal: false, examples_masked: false });
    expect(new Set(contact?.examples)).toEqual(new Set(["p•••@example.com"]));
    await decide(null);
  });

  test("pages through all fields, and through those that wait", async () => {
    const found: string[] = [];
    for (let cursor = ""; ;) {
      const { body } = await api.call("GET", `/schema/fields?limit=2${cursor}`);
      found.push(...(body.data as ObservedField[]).map(({ path }) => path));
      if (body.next_cursor === null) break;
      cursor = `&cursor=${body.next_cursor}`;
    }
    expect(found.length).toBe((await summary(api.first)).fields);
    expect(new Set(found).size).toBe(found.length);
    const waiting = await api.call("GET", "/schema/fields?undecided=true");
    expect((waiting.body.data as ObservedField[]).every(({ decided_by }) => decided_by === "nobody")).toBe(true);
    expect(waiting.body.data).toHaveLength((await summary(api.first)).undecided);
    expect((await api.call("GET", "/schema/traits")).body.data.map(({ path }: ObservedField) => path)).toEqual(["nickname", "shoe"]);
  });

  test("shows no example of a suppressed person", async () => {
    expect((await fieldsOf("identify"))["nickname"]?.examples).toEqual(["Annie"]);
    await api.pool.query("update profile set suppressed = true where id = $1", [PERSON]);
    expect((await fieldsOf("identify"))["nickname"]?.examples).toEqual([]);
  });
});
