// Held events by reason, a repair checked before it is sent, many sent again or put aside at once; and the path of an event
// through the API, where somebody who is suppressed shows nothing.
import { afterAll, beforeAll, expect, test } from "vitest";
import { rowId } from "../core/position.ts";
import { addEvents, addIdentifier, addPerson, startTestApi, type TestApi } from "./testing.ts";

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
});

afterAll(() => api?.stop());

interface Held {
  readonly row: number;
  readonly reason?: string;
  readonly raw?: string;
  readonly header?: Readonly<Record<string, unknown>>;
}

async function hold(held: readonly Held[]): Promise<void> {
  await addEvents(api, held.map(({ row, reason = "unknown_type", raw, header }) => ({
    workspace: api.first, row, messageId: `held-${row}`, outcome: "quarantined", reason, event: "purchase", type: "", raw: raw ?? `{"type":"purchase","userId":"u-${row}"}`, ...(header && { header }),
  })));
  for (const { row, reason = "unknown_type" } of held) {
    await api.pool.query(
      `insert into quarantine (workspace_id, row_id, source_id, received_at, message_id, event, reason, detail) values ($1, $2, $3, now(), $4, 'purchase', $5, 'The rule.')`,
      [api.first.id, row, api.first.sourceId, `held-${row}`, reason],
    );
  }
}

test("groups are counted by reason, with their sources and whether they can go as they are", async () => {
  await hold([{ row: rowId(1, 0), reason: "a_rule" }, { row: rowId(1, 1), reason: "a_rule" }, { row: rowId(1, 2), reason: "too_deep", header: { problems: { 0: "too_deep" } } }]);
  const groups = (await api.call("GET", "/quarantine/groups")).body.data;
  expect(groups).toMatchObject([
    { reason: "a_rule", count: 2, detail: "The rule.", sources: [{ source_id: api.first.sourceId, count: 2 }], as_received: true },
    { reason: "too_deep", count: 1, as_received: false },
  ]);
  expect((await api.call("GET", "/quarantine/groups?status=resent")).body.data).toEqual([]);
  expect((await api.call("GET", "/quarantine/groups", { token: api.second.token })).body.data).toEqual([]);
});

test("a repair is checked by the pipeline's own stages, and nothing is sent by it", async () => {
  const row = rowId(2, 0);
  await hold([{ row }, { row: rowId(2, 1), reason: "too_deep", header: { problems: { 0: "too_deep" } } }]);
  const { rows: before } = await api.pool.query("select next_offset from log_head order by partition");
  const still = await api.call("POST", `/quarantine/${row}/check`, { body: {} });
  expect(still.body).toMatchObject({ accepted: false, refused: { reason: "unknown_type", places: [["type"]] }, event: null });
  const repaired = await api.call("POST", `/quarantine/${row}/check`, { body: { event: { type: "track", event: "Purchase", userId: "u-1" } } });
  expect(repaired.body).toMatchObject({ accepted: true, repeat: false, event: { type: "track", event: "Purchase", messageId: `held-${row}` }, identifiers: [{ namespace: "user_id", value: "u-1", path: "userId", raw: "u-1" }] });
  expect((await api.call("POST", `/quarantine/${rowId(2, 1)}/check`, { body: {} })).body).toMatchObject({ accepted: false, refused: { reason: "too_deep" } });
  expect((await api.call("POST", `/quarantine/${rowId(9, 9)}/check`, { body: {} })).status).toBe(404);
  expect((await api.call("POST", `/quarantine/${row}/check`, { body: {}, token: api.second.token })).status).toBe(404);
  expect((await api.pool.query("select next_offset from log_head order by partition")).rows).toEqual(before);
});

test("all of one reason are sent again in steps, those that can't go stay open, and nothing goes twice", async () => {
  const count = 203;
  await hold(Array.from({ length: count }, (_, index) => ({ row: rowId(3, index), reason: "many", ...(index === 0 ? { header: { problems: { 0: "too_deep" } } } : {}) })));
  const first = await api.call("POST", "/quarantine/resend", { body: { reason: "many" } });
  expect(first.body).toEqual({ done: 200, skipped: 0, next: rowId(3, 3) });
  const rest = await api.call("POST", "/quarantine/resend", { body: { reason: "many", below: first.body.next } });
  expect(rest.body).toEqual({ done: 2, skipped: 1, next: null });
  expect((await api.call("POST", "/quarantine/resend", { body: { reason: "many" } })).body).toEqual({ done: 0, skipped: 1, next: null });
  const left = await api.call("GET", "/quarantine?reason=many&status=open");
  expect(left.body.data.map((row: { row_id: number }) => row.row_id)).toEqual([rowId(3, 0)]);
  expect((await api.call("POST", "/quarantine/discard", { body: { reason: "many" } })).body).toEqual({ done: 1, skipped: 0, next: null });
  const audit = await api.pool.query("select action from audit_log where workspace_id = $1 and action like 'quarantine.%'", [api.first.id]);
  expect(audit.rows.filter(({ action }) => action === "quarantine.resend")).toHaveLength(202);
});

test("a repair as text keeps every digit, and is refused when it is no object", async () => {
  const row = rowId(4, 0);
  await hold([{ row, reason: "exact" }]);
  const text = '{"type":"track","event":"Paid","userId":"u-4","properties":{"id":12345678901234567}}';
  for (const wrong of ["[1]", "{", ""]) expect((await api.call("POST", `/quarantine/${row}/resend`, { body: { text: wrong } })).status).toBe(400);
  expect((await api.call("POST", `/quarantine/${row}/resend`, { body: { text, event: {} } })).status).toBe(400);
  const sent = await api.call("POST", `/quarantine/${row}/resend`, { body: { text } });
  const [chunk] = await api.log.read(api.first.partition, Math.floor(sent.body.resent.row_id / 4096), 1e6);
  expect(String(chunk?.records[0]?.events[0])).toBe(text.replace("{", `{"messageId":"held-${row}",`));
  expect((await api.call("GET", `/quarantine?row=${row}`)).body.data).toMatchObject([{ row_id: row, status: "resent" }]);
});

test("needs the rights to write and to see personal data", async () => {
  const reader = (await api.call("POST", "/tokens", { body: { name: "reader", scopes: ["read"] } })).body.secret;
  for (const [path, body] of [["/quarantine/resend", { reason: "many" }], ["/quarantine/discard", { reason: "many" }], [`/quarantine/${rowId(2, 0)}/check`, {}]] as const) {
    expect((await api.call("POST", path, { body, token: reader })).status, path).toBe(403);
  }
  expect((await api.call("GET", "/quarantine/groups", { token: reader })).status).toBe(200);
  expect((await api.call("POST", "/events/x/send-again", { token: reader })).status).toBe(403);
});

test("an event is sent again as a new one that names the first, with every digit, at the time when it happened", async () => {
  const atMs = Date.UTC(2026, 3, 4, 5, 6, 7, 8);
  await addEvents(api, [{ workspace: api.first, row: rowId(5, 0), messageId: "to-copy", atMs, raw: '{"type":"track","event":"Paid","userId":"u-5","messageId":"to-copy","sentAt":"2026-04-04T00:00:00Z","properties":{"id":12345678901234567}}', header: { sentAt: "2026-04-04T00:00:00Z", ip: "203.0.113.5" } }]);
  const answer = await api.call("POST", "/events/to-copy/send-again");
  expect(answer.body).toMatchObject({ message_id: expect.stringMatching(/^again-/), processed: true });
  const [chunk] = await api.log.read(api.first.partition, Math.floor(answer.body.row_id / 4096), 1e6);
  const record = chunk?.records[0];
  expect(record?.header).toMatchObject({ kind: "events", sourceId: api.first.sourceId, ip: "203.0.113.5" });
  expect(record?.header).not.toHaveProperty("sentAt");
  expect(String(record?.events[0])).toContain('"id":12345678901234567}');
  expect(JSON.parse(String(record?.events[0]))).toMatchObject({ messageId: answer.body.message_id, timestamp: "2026-04-04T05:06:07.008Z", context: { sentAgainOf: "to-copy" } });
  expect((await api.call("POST", `/events/held-${rowId(2, 0)}/send-again`)).status).toBe(409);
  expect((await api.call("POST", "/events/to-copy/send-again", { token: api.second.token })).status).toBe(404);
});

test("the path of an event is told to its own workspace, and of somebody suppressed nothing is", async () => {
  const id = "00000000-0000-4000-8000-0000000000aa";
  await addPerson(api, { id, workspace: api.first, identifiers: [["user_id", "gone"]], change: () => undefined });
  await addEvents(api, [{ workspace: api.first, row: rowId(6, 0), messageId: "path-1", profileId: id, userId: "gone", raw: '{"type":"track","event":"Seen","userId":"gone","messageId":"path-1"}' }]);
  const path = await api.call("GET", "/events/path-1/path");
  expect(path.body).toMatchObject({ hidden: false, normalised: { event: { userId: "gone" } }, identified: { profile_now: id } });
  expect((await api.call("GET", "/events/path-1/path", { token: api.second.token })).status).toBe(404);
  expect((await api.call("GET", `/events/path-1/path?row=${rowId(6, 1)}`)).status).toBe(404);
  await api.pool.query("update profile set suppressed = true where id = $1", [id]);
  const hidden = await api.call("GET", "/events/path-1/path");
  expect(hidden.body).toMatchObject({ hidden: true, normalised: null, identified: null, folded: null });
  expect(hidden.text).not.toContain("gone");
  expect((await api.call("POST", "/events/path-1/send-again")).status).toBe(409);
  expect((await api.call("GET", "/events?text=SEEN")).body.data).toEqual([]);
});

test("events are found by text in what was received", async () => {
  await addIdentifier(api, api.first, { namespace: "user_id", value: "finder", profileId: null });
  await addEvents(api, [{ workspace: api.first, row: rowId(7, 0), messageId: "find-1", raw: '{"type":"track","event":"Found","properties":{"note":"a Needle"}}' }]);
  expect((await api.call("GET", "/events?text=needle")).body.data.map((row: { message_id: string }) => row.message_id)).toEqual(["find-1"]);
  const reader = (await api.call("POST", "/tokens", { body: { name: "text reader", scopes: ["read"] } })).body.secret;
  expect((await api.call("GET", "/events?text=needle", { token: reader })).status).toBe(403);
  expect((await api.call("GET", "/events?text=100%25_none")).body.data).toEqual([]);
});
