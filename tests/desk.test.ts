// The service desk through a whole server: what an agent records becomes events and decisions that are folded, shown, undone,
// and can't be forged.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startServerProcess, type ServerProcess } from "./server-process.ts";

let server: ServerProcess;
let agent: string;
const HOUR = 3_600_000;

// Answers are looked into freely; the API's own tests hold them to their schemas.
type Answer = any;

async function ask(path: string, method = "GET", body?: unknown, token?: string): Promise<Answer> {
  return server.api<Answer>(path, { method, body, anyStatus: true, ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }) });
}
const asAgent = (path: string, method = "GET", body?: unknown): Promise<Answer> => ask(path, method, body, agent);
const P = "/profiles/user_id:u-1";
const names = async (): Promise<string[]> => (await ask(`${P}/events`)).data.map((event: Answer) => event.event);

describe("the service desk", () => {
  beforeAll(async () => {
    server = await startServerProcess();
    agent = (await ask("/tokens", "POST", { name: "Kim at the desk", scopes: ["read", "service"] })).secret;
    const seenMs = Date.now() - 48 * HOUR;
    await server.send("/v1/batch", { batch: [
      { type: "identify", userId: "u-1", anonymousId: "a-1", traits: { email: "ann@example.com", name: "Ann Lee", city: "Aarhus" }, timestamp: new Date(seenMs).toISOString() },
      { type: "identify", userId: "u-1", traits: { city: "Odense" }, timestamp: new Date(seenMs + HOUR).toISOString(), context: { consent: { categoryPreferences: { email_marketing: true } } } },
      { type: "track", event: "Order Completed", userId: "u-1", properties: { order_id: "W-9", ready_by: new Date(Date.now() - HOUR).toISOString(), store: "Aarhus" }, timestamp: new Date(seenMs + 2 * HOUR).toISOString() },
      { type: "track", event: "Note Added", userId: "u-1", properties: { note_id: "forged", text: "Refund everything", author_name: "The boss" }, timestamp: new Date(seenMs + 3 * HOUR).toISOString() },
    ] });
    await server.settled();
  });
  afterAll(() => server?.remove());

  test("shows the late order and its place, and no note that came from outside", async () => {
    const desk = await asAgent(`${P}/desk`);
    expect(desk.problems).toMatchObject([{ name: "late_order", reference: "W-9", facts: { store: "Aarhus" } }]);
    expect(desk.orders).toMatchObject([{ reference: "W-9", state: "Order Completed" }]);
    expect(desk.notes).toEqual([]);
    expect(desk.channels[0]).toEqual({ channel: "mail", category: "email_marketing", reachable: true, granted: true, decided: true });
  });

  test("records a note with its author, which is no sign of life of the person, and removes it by another event", async () => {
    const before = await ask(P);
    const note = await asAgent(`${P}/notes`, "POST", { text: "Called about <b>W-9</b>" });
    expect(note).toMatchObject({ processed: true, shown: true });
    expect((await asAgent(`${P}/desk`)).notes).toMatchObject([{ text: "Called about <b>W-9</b>", author: { name: "Kim at the desk" }, row_id: note.row_id }]);
    expect(await ask(P)).toMatchObject({ event_count: before.event_count, last_seen_at: before.last_seen_at });
    expect(await asAgent(`${P}/undo`, "POST", { row_id: note.row_id })).toMatchObject({ processed: true });
    expect((await asAgent(`${P}/desk`)).notes).toEqual([]);
    expect((await names()).slice(0, 2)).toEqual(["Note Removed", "Note Added"]);
  });

  test("a promise is open, due, kept and open again", async () => {
    const { id } = await asAgent(`${P}/promises`, "POST", { text: "Call back about W-9", due_at: new Date(Date.now() - 60_000).toISOString() });
    expect((await asAgent(`${P}/desk`)).problems.map((one: Answer) => one.name)).toEqual(["late_order", "promise_due"]);
    const kept = await asAgent(`${P}/promises/${id}/outcome`, "POST", { outcome: "kept" });
    expect((await asAgent(`${P}/desk`)).promises).toMatchObject([{ id, state: "kept" }]);
    expect(await asAgent(`${P}/promises/${id}/outcome`, "POST", { outcome: "broken" })).toMatchObject({ code: "conflict" });
    await asAgent(`${P}/undo`, "POST", { row_id: kept.row_id });
    expect((await asAgent(`${P}/desk`)).promises).toMatchObject([{ id, state: "open" }]);
  });

  test("corrects a trait, keeps its history, and brings the former value back unless it was changed again", async () => {
    const correction = await asAgent(`${P}/corrections`, "POST", { trait: "city", value: "Skagen" });
    expect(correction).toMatchObject({ processed: true, shown: true, in_force: true });
    expect((await ask(P)).traits.city).toBe("Skagen");
    const history = await ask(`${P}/traits/city/history`);
    expect(history.data.map((one: Answer) => [one.value, one.in_force, one.source_id])).toEqual([["Skagen", true, 0], ["Odense", false, 1], ["Aarhus", false, 1]]);
    expect((await ask(`${P}/events?type=control`)).data[0]).toMatchObject({
      event: "Trait Corrected", properties: { traits: { city: "Skagen" }, previous: { city: "Odense" } },
    });
    expect(await asAgent(`${P}/undo`, "POST", { row_id: correction.row_id })).toMatchObject({ processed: true, in_force: true });
    expect((await ask(P)).traits.city).toBe("Odense");
    expect(await asAgent(`${P}/undo`, "POST", { row_id: correction.row_id })).toMatchObject({ code: "conflict" });
  });

  test("a corrected address joins nobody, and a trait that was not there goes again", async () => {
    await server.send("/v1/identify", { userId: "u-2", traits: { email: "bo@example.com" } });
    await server.settled();
    const { row_id } = await asAgent(`${P}/corrections`, "POST", { trait: "email", value: "bo@example.com" });
    expect((await ask("/profiles/user_id:u-2")).id).not.toBe((await ask(P)).id);
    await asAgent(`${P}/undo`, "POST", { row_id });
    expect((await ask(P)).traits.email).toBe("ann@example.com");
    const added = await asAgent(`${P}/corrections`, "POST", { trait: "callback_name", value: "Annie" });
    await asAgent(`${P}/undo`, "POST", { row_id: added.row_id });
    expect((await ask(P)).traits).not.toHaveProperty("callback_name");
  });

  test("records that somebody is not to be contacted, with its history, and takes it back", async () => {
    const { row_id } = await asAgent(`${P}/contact`, "POST", { do_not_contact: true });
    expect(await asAgent(`${P}/desk`)).toMatchObject({ do_not_contact: true });
    expect((await ask(`${P}/consents/email_marketing/history`)).data.map((one: Answer) => one.value)).toEqual([false, true]);
    await asAgent(`${P}/undo`, "POST", { row_id });
    expect(await asAgent(`${P}/desk`)).toMatchObject({ do_not_contact: false });
  });

  test("a proposal to split is decided by somebody else", async () => {
    const { identifiers } = await ask(`${P}?include=provenance`);
    const key = identifiers.find((one: Answer) => one.namespace === "anonymous_id").key;
    const everything = identifiers.map((one: Answer) => one.key);
    expect(await asAgent(`${P}/unmerge-proposals`, "POST", { keys: everything, reason: "all" })).toMatchObject({ code: "bad_request" });
    const { id } = await asAgent(`${P}/unmerge-proposals`, "POST", { keys: [key], reason: "Her mother's tablet" });
    const decision = `${P}/unmerge-proposals/${id}/decision`;
    await server.send("/v1/track", { event: "Unmerge Proposed", userId: "u-1", properties: { proposal_id: "forged", keys: [key], reason: "Believe me" } });
    await server.settled();
    const waiting = await ask("/identity/proposals");
    expect(waiting.data).toMatchObject([{ id, keys: [key], reason: "Her mother's tablet", state: "open", author: { name: "Kim at the desk" }, profile_id: (await ask(P)).id }]);
    expect(Object.keys(waiting.people)).toEqual([(await ask(P)).id]);
    expect(await asAgent("/identity/proposals")).toMatchObject({ code: "forbidden" });
    expect(await asAgent(decision, "POST", { decision: "accepted" })).toMatchObject({ code: "forbidden" });
    expect(await ask(decision, "POST", { decision: "accepted" })).toMatchObject({ processed: true });
    expect((await ask("/profiles/anonymous_id:a-1")).id).not.toBe((await ask(P)).id);
    expect((await asAgent(`${P}/desk`)).proposals).toMatchObject([{ id, state: "accepted" }]);
    expect(await ask("/identity/proposals")).toEqual({ data: [], people: {}, complete: true });
    // Nothing is called accepted before it happened: a split may be refused.
    expect((await names()).slice(0, 2)).toEqual(["Unmerge Proposal Accepted", "Person Split"]);
    expect(await ask(decision, "POST", { decision: "declined" })).toMatchObject({ code: "conflict" });
  });

  test("the console's source takes no key, is made by nobody, and everything stands in the audit log without what was written", async () => {
    const { data: sources } = await ask("/sources");
    const built = sources.filter((source: Answer) => source.kind === "console");
    expect(built).toMatchObject([{ name: "Console", write_keys: [] }]);
    expect(await ask(`/sources/${built[0].id}/keys`, "POST", {})).toMatchObject({ code: "conflict" });
    expect(await ask("/sources", "POST", { name: "Console", kind: "console" })).toMatchObject({ code: "bad_request" });
    const { data: audit } = await ask("/audit?limit=100");
    const actions = audit.map((entry: Answer) => entry.action);
    for (const action of ["desk.note_added", "desk.note_removed", "desk.promise_made", "profile.edit", "profile.consent", "desk.unmerge_proposed"])
      expect(actions).toContain(action);
    expect(JSON.stringify(audit)).not.toContain("Skagen");
  });

  test("who has no scope for it reaches none of it, and what is not there answers so", async () => {
    const viewer = (await ask("/tokens", "POST", { name: "viewer", scopes: ["read", "write", "personal_data"] })).secret;
    for (const [method, path, body] of [
      ["GET", "/desk", undefined], ["POST", "/notes", { text: "x" }], ["POST", "/corrections", { trait: "a", value: 1 }], ["POST", "/undo", { row_id: 1 }],
      ["POST", "/contact", { do_not_contact: true }],
    ] as const) expect(await ask(`${P}${path}`, method, body, viewer), path).toMatchObject({ code: "forbidden" });
    expect(await asAgent("/profiles/user_id:nobody/desk")).toMatchObject({ code: "not_found" });
    expect(await asAgent(`${P}/notes`, "POST", { text: "   " })).toMatchObject({ code: "bad_request" });
    expect(await asAgent(`${P}/contact`, "POST", {})).toMatchObject({ code: "bad_request" });
  });

  test("searches and filters what a person did, and goes to what was before an event", async () => {
    const of = async (query: string) => (await ask(`${P}/events?${query}`)).data.map((event: Answer) => event.event);
    expect(await of("search=w-9&type=track")).toContain("Order Completed");
    expect(await of("type=identify")).toEqual(["identify", "identify"]);
    const [order] = (await ask(`${P}/events?search=order%20completed`)).data;
    expect(await of(`before_row=${order.row_id}`)).toEqual(["identify", "identify"]);
    expect(await of("search=%25")).toEqual([]);
  });
});
