import { afterAll, beforeAll, expect, test } from "vitest";
import { hash128, hash64Of } from "../core/hash.ts";
import { rowId } from "../core/position.ts";
import { createToken } from "../governance/governance.ts";
import { addEvents, addIdentifier, addPerson, keyOf, startTestApi, type TestApi } from "./testing.ts";

const ada = hash128("person", "ada");
const gone = hash128("person", "gone");
const minute = Date.UTC(2026, 4, 1, 12, 0);
let api: TestApi;

interface Wish {
  readonly block: number;
  readonly row?: number;
  readonly workspace?: number;
  readonly kind?: "row" | "statement";
  readonly table?: string;
  readonly messageId?: string;
  readonly outcome?: string;
  readonly profileId?: string | null;
  readonly content?: object | null;
  readonly status?: string;
  readonly cause?: string;
}

/** As the sender puts it aside. */
async function refuse(wish: Wish): Promise<string> {
  const { block, row = 0, kind = "row", table = "events", outcome = "stored" } = wish;
  const isEvent = kind === "row" && table === "events";
  const content = { type: "track", at_ms: minute, user_id: "", anonymous_id: "", library: "js", is_historical: 0, import_id: 0, time_note: "", keys64: [], raw: '{"n":1}' };
  await api.pool.query(
    `insert into ch_refused (block_id, block_row, table_name, statement, body, reason, kind, partition, code, cause, detail, workspace_id, row_id, source_id,
       received_at, message_id, event, profile_id, outcome, content, status, is_counted)
     values ($1, $2, $3, '', '', 'engine says "secret"', $4, $5, 469, $6, 'why, and what to do', $7, $8, $9, to_timestamp($10 / 1000.0), $11, $12, $13, $14, $15, $16, $17)`,
    [
      block, row, table, kind, api.first.partition, wish.cause ?? "constraint", wish.workspace ?? api.first.id, kind === "row" ? rowId(block, row) : null,
      isEvent ? api.first.sourceId : 0, isEvent ? minute : null, wish.messageId ?? "", isEvent ? "Order Completed" : "", wish.profileId ?? null,
      isEvent ? outcome : "", isEvent && wish.content !== null ? JSON.stringify({ ...content, ...wish.content }) : null, wish.status ?? "open", isEvent,
    ],
  );
  return `${block}-${row}`;
}

beforeAll(async () => {
  api = await startTestApi();
  const { first, second, pool } = api;
  await addPerson(api, { id: ada, workspace: first, identifiers: [["email", "ada@example.com"]] });
  await pool.query("insert into profile (id, workspace_id, first_row, updated_row, suppressed, ingest_ids) values ($1, $2, 13, 15, true, '{}')", [gone, first.id]);
  await addIdentifier(api, first, { namespace: "user_id", value: "gone", profileId: gone });
  const key64 = String(hash64Of(keyOf(first, "user_id", "gone")));
  await refuse({ block: 10, messageId: "mine", profileId: ada });
  await refuse({ block: 11, row: 0, messageId: "of gone", profileId: gone, content: { raw: "private", user_id: "gone" } });
  await refuse({ block: 11, row: 1, messageId: "repeat of gone", outcome: "duplicate", content: { raw: "private", keys64: [key64] } });
  await refuse({ block: 11, row: 2, messageId: "held of gone", outcome: "quarantined", content: { raw: '{"type":"trak","userId":"gone"' } });
  await refuse({ block: 12, table: "profiles", profileId: gone });
  await refuse({ block: 13, kind: "statement", workspace: 0, cause: "unknown_function" });
  await refuse({ block: 14, messageId: "mine", profileId: ada, status: "landed", content: null });
  await refuse({ block: 15, messageId: "mine", workspace: second.id });
  await pool.query("update log_head set next_offset = 100 where partition = $1", [first.partition]);
  await pool.query("insert into log_offset (reader, partition, next_offset) values ('pipeline', $1, 100)", [first.partition]);
});
afterAll(() => api.stop());

const idsOf = (body: { data: { id: string }[] }): string[] => body.data.map(({ id }) => id);

test("lists what was refused in this workspace and for the whole installation, the latest first, page by page", async () => {
  const { body } = await api.call("GET", "/refused-writes");
  expect(idsOf(body)).toEqual(["14-0", "13-0", "12-0", "11-2", "11-1", "11-0", "10-0"]);
  expect(body.data[6]).toMatchObject({
    kind: "row", status: "open", table: "events", reason: "constraint", detail: "why, and what to do", engine: { code: 469, message: 'engine says "secret"' },
    row_id: rowId(10, 0), source_id: api.first.sourceId, received_at: new Date(minute).toISOString(), message_id: "mine", outcome: "stored", profile_id: ada,
    raw: '{"n":1}', whole_installation: false,
  });
  expect(body.data[1]).toMatchObject({ kind: "statement", whole_installation: true, row_id: null, source_id: null, raw: null });
  const paged: string[] = [];
  for (let cursor = ""; ; ) {
    const page = await api.call("GET", `/refused-writes?limit=2${cursor}`);
    paged.push(...idsOf(page.body));
    if (page.body.next_cursor === null) break;
    cursor = `&cursor=${page.body.next_cursor}`;
  }
  expect(paged).toEqual(idsOf(body));
  expect(idsOf((await api.call("GET", "/refused-writes?status=open&kind=statement&reason=unknown_function")).body)).toEqual(["13-0"]);
  expect(idsOf((await api.call("GET", `/refused-writes?table=events&source=${api.first.sourceId}&status=landed`)).body)).toEqual(["14-0"]);
  expect(idsOf((await api.call("GET", "/refused-writes", { token: api.second.token })).body)).toEqual(["15-0", "13-0"]);
});

test("nothing of suppressed people is shown, in the list or alone", async () => {
  const { body } = await api.call("GET", "/refused-writes");
  for (const row of body.data.filter(({ id }: { id: string }) => /^1[12]-/.test(id))) {
    expect(row).toMatchObject({ message_id: "", event: "", profile_id: null, raw: "", engine: { message: "" }, detail: expect.stringContaining("suppressed") });
  }
  expect(JSON.stringify(body)).not.toContain("private");
  for (const id of ["of gone", "repeat of gone", "held of gone"]) {
    const fate = await api.call("GET", `/events/${encodeURIComponent(id)}`);
    expect(fate.body).toMatchObject({ status: "failed", rows: [{ raw: "", profile_id: null, user_id: "", detail: expect.stringContaining("suppressed") }] });
  }
});

test("an event's own answer says failed with the reason, and stored once another of its name has landed", async () => {
  const { body } = await api.call("GET", "/events/mine");
  expect(body).toMatchObject({
    status: "failed", more: false,
    rows: [{ outcome: "failed", reason: "constraint", detail: "why, and what to do", refused_write: "10-0", position: { offset: 10, index: 0 }, profile_id: ada, raw: '{"n":1}', status: null }],
  });
  await addEvents(api, [{ workspace: api.first, row: rowId(9, 0), messageId: "mine", profileId: ada }]);
  const both = await api.call("GET", "/events/mine");
  expect(both.body).toMatchObject({ status: "stored", rows: [{ outcome: "stored", refused_write: null }, { outcome: "failed" }] });
  expect((await api.call("GET", "/events/mine", { token: api.second.token })).body).toMatchObject({ status: "failed" });
});

test("takes the scopes of the quarantine, and no other workspace's ids", async () => {
  const client = await api.pool.connect();
  const tokens: { readonly secret: string }[] = [];
  for (const scopes of [["read"], ["read", "personal_data"], ["write"]] as const) {
    tokens.push(await createToken(client, { workspaceId: api.first.id, name: "t", scopes: [...scopes] }));
  }
  client.release();
  const statuses = (method: string, path: string) => Promise.all(tokens.map(async ({ secret }) => (await api.call(method, path, { token: secret })).status));
  expect(await statuses("GET", "/refused-writes")).toEqual([200, 200, 403]);
  for (const path of ["/refused-writes/10-0/retry", "/refused-writes/10-0/discard", "/refused-writes/retry"]) expect(await statuses("POST", path)).toEqual([403, 403, 403]);
  expect((await api.call("POST", "/refused-writes/15-0/retry")).status).toBe(404);
  expect((await api.call("POST", "/refused-writes/15-0/discard")).status).toBe(404);
  for (const id of ["x", "1", "1-2-3", "-1-0", "99999999999999999999-0"]) expect((await api.call("POST", `/refused-writes/${id}/retry`)).status).toBe(400);
});

test("a discarded one is not sent again, a landed one can't be discarded, and both are audited", async () => {
  await refuse({ block: 20, messageId: "d" });
  expect((await api.call("POST", "/refused-writes/20-0/discard")).body).toEqual({ id: "20-0", status: "discarded" });
  expect((await api.call("POST", "/refused-writes/20-0/retry")).status).toBe(409);
  expect((await api.call("POST", "/refused-writes/14-0/discard")).status).toBe(409);
  expect((await api.call("POST", "/refused-writes/14-0/retry")).body).toEqual({ id: "14-0", status: "landed" });
  const audit = await api.call("GET", "/audit?action=refused_write.discard");
  expect(audit.body.data).toMatchObject([{ target: "refused_write:20-0", detail: { status: "discarded" } }]);
});

test("the ledger counts what failed as failed, and adds up, also against the event table", async () => {
  const { first, pool } = api;
  const from = Date.UTC(2026, 6, 1);
  const count = (hop: string, outcome: string, reason: string, n: number) =>
    pool.query("insert into ledger (workspace_id, source_id, minute, hop, outcome, reason, count) values ($1, $2, to_timestamp($3 / 1000.0), $4, $5, $6, $7)", [first.id, first.sourceId, from, hop, outcome, reason, n]);
  await count("received", "", "", 3);
  await count("decided", "stored", "", 3);
  await count("landed", "stored", "", 2);
  await count("landed", "failed", "constraint", 1);
  await count("landed", "failed", "too_large", 0);
  await addEvents(api, [1, 2].map((n) => ({ workspace: first, row: rowId(50, n), messageId: `l${n}`, receivedAtMs: from })));
  const { body } = await api.call("GET", `/ledger?from=${new Date(from).toISOString()}&to=${new Date(from + 60_000).toISOString()}&verify=true`);
  expect(body).toMatchObject({
    balanced: true, imbalances: [],
    sources: [{ decided: 3, landed: 2, failed: 1, failures: [{ outcome: "failed", reason: "constraint", count: 1 }], landings: [{ outcome: "stored", count: 2 }], in_event_table: 2 }],
  });
});
