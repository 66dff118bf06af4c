import { request as httpRequest, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hash128 } from "../core/hash.ts";
import { rowId, rowPosition } from "../core/position.ts";
import { createToken } from "../governance/governance.ts";
import { apiLimits } from "./api-deps.ts";
import { addEvents, addIdentifier, addPerson, keyOf, startTestApi, type TestApi } from "./testing.ts";

const ada = hash128("person", "ada");
const gone = hash128("person", "gone");
const minute = Date.UTC(2026, 4, 1, 12, 0);

describe("events in the API", () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await startTestApi({ limits: { tailPollMs: 40, tailRowsPerPoll: 20, tailListenersPerWorkspace: 3, tailTokenCheckMs: 50 } });
    const { first, second, pool } = api;
    await addPerson(api, { id: ada, workspace: first, identifiers: [["email", "ada@example.com"]] });
    await pool.query(
      "insert into profile (id, workspace_id, first_row, updated_row, suppressed, ingest_ids) values ($1, $2, 13, 15, true, '{}')",
      [gone, first.id],
    );
    await pool.query("update log_head set next_offset = 100 where partition = $1", [first.partition]);
    await pool.query("insert into log_offset (reader, partition, next_offset) values ('pipeline', $1, 100)", [first.partition]);
    await addEvents(api, [
      {
        workspace: first,
        row: rowId(5, 7),
        messageId: "once",
        profileId: ada,
        raw: '{"n": 9007199254740993, "n": 1.0}',
        receivedAtMs: minute,
      },
      { workspace: first, row: rowId(6, 0), messageId: "once", outcome: "duplicate", reason: "seen", receivedAtMs: minute },
      {
        workspace: first,
        row: rowId(6, 1),
        messageId: "held",
        outcome: "quarantined",
        reason: "too_deep",
        raw: "[[[[",
        type: "",
        event: "",
      },
      { workspace: first, row: rowId(7, 0), messageId: "dropped", outcome: "dropped", reason: "suppressed", profileId: gone },
      { workspace: first, row: rowId(8, 0), messageId: "a:b%/ü'\\", event: "Page", type: "page", profileId: ada },
      { workspace: first, row: rowId(9, 0), messageId: "", type: "", outcome: "control" },
      { workspace: second, row: rowId(5, 7), messageId: "once" },
      { workspace: second, row: rowId(10, 7), messageId: "theirs" },
    ]);
    await pool.query(
      `insert into quarantine (workspace_id, row_id, source_id, received_at, message_id, event, reason, detail)
       values ($1, $2, $3, now(), 'held', '', 'too_deep', 'The limit is 64 levels.'), ($1, $4, $3, now(), 'later', '', 'not_an_object',
         'It is a number.'), ($5, 1, $6, now(), 'x', '', 'too_deep', '')`,
      [first.id, rowId(6, 1), first.sourceId, rowId(12, 0), second.id, second.sourceId],
    );
  });
  afterAll(() => api.stop());

  test("tells what became of every event under a message id, byte for byte", async () => {
    const { body } = await api.call("GET", "/events/once");
    expect(body).toMatchObject({ status: "stored", more: false, waiting: { unread_chunks: 0, unsent_blocks: 0 } });
    expect(body.rows).toMatchObject([
      {
        outcome: "stored",
        profile_id: ada,
        raw: '{"n": 9007199254740993, "n": 1.0}',
        position: { partition: api.first.partition, offset: 5, index: 7 },
      },
      { outcome: "duplicate", reason: "seen", position: { offset: 6, index: 0 } },
    ]);
    expect((await api.call("GET", "/events/held")).body).toMatchObject({
      status: "quarantined",
      rows: [{ reason: "too_deep", detail: "The limit is 64 levels.", status: "open", raw: "[[[[" }],
    });
    expect((await api.call("GET", "/events/dropped")).body).toMatchObject({ status: "dropped", rows: [{ profile_id: null }] });
    expect((await api.call("GET", `/events/${encodeURIComponent("a:b%/ü'\\")}`)).body.status).toBe("stored");
  });

  test("what was received of someone who is suppressed since is not shown", async () => {
    const { first } = api;
    await addIdentifier(api, first, { namespace: "user_id", value: "gone", profileId: gone });
    await addEvents(api, [
      { workspace: first, row: rowId(4, 0), messageId: "before", profileId: gone, raw: "private" },
      { workspace: first, row: rowId(4, 1), messageId: "before", outcome: "duplicate", userId: "gone", raw: "private" },
      { workspace: first, row: rowId(4, 2), messageId: "before", outcome: "duplicate", userId: "other", raw: "another's" },
      // Named by nothing but an identifier in its traits.
      { workspace: first, row: rowId(4, 3), messageId: "before", outcome: "duplicate", raw: "private", keys: [keyOf(first, "user_id", "gone")] },
    ]);
    expect((await api.call("GET", "/events/before")).body.rows).toMatchObject([
      { profile_id: null, raw: "", detail: expect.stringContaining("suppressed") },
      { user_id: "", raw: "", outcome: "duplicate" },
      { user_id: "other", raw: "another's" },
      { raw: "", outcome: "duplicate" },
    ]);
    await api.clickhouse
      .client("write")
      .command({ query: `alter table events delete where message_id = 'before' settings mutations_sync = 2` });
  });

  test("a held payload that names someone suppressed is not shown, whole or broken, in the list or alone", async () => {
    const { first, pool } = api;
    await addIdentifier(api, first, { namespace: "email", value: "gone@example.com", profileId: gone });
    const raws = {
      whole: '{"type":"trak","userId":"u-9","traits":{"email":"Gone@example.com "}}',
      cut: '{"type":"identify","traits":{"name":"G","email":"gone\\u0040example.com',
      dialect: '{"event_type":"pageview","user":{"email":"gone@example.com"}}',
      free: '{"type":"trak","traits":{"email":"ada@example.com"}}',
    };
    const rows = Object.entries(raws).map(([messageId, raw], index) => ({ messageId, raw, row: rowId(3, index) }));
    await addEvents(api, rows.map((row) => ({ ...row, workspace: first, outcome: "quarantined", reason: "test" })));
    for (const { row, messageId } of rows) {
      await pool.query(
        "insert into quarantine (workspace_id, row_id, source_id, received_at, message_id, event, reason, detail) values ($1, $2, $3, now(), $4, '', 'test', 'why')",
        [first.id, row, first.sourceId, messageId],
      );
    }
    const shown = [...rows.slice(0, 3).map(({ messageId }) => ({ messageId, raw: "" })), { messageId: "free", raw: raws.free }];
    const listed = (await api.call("GET", "/quarantine?reason=test")).body.data.toReversed();
    expect(listed.map((row: { message_id: string; raw: string }) => ({ messageId: row.message_id, raw: row.raw }))).toEqual(shown);
    for (const { messageId, raw } of shown) expect((await api.call("GET", `/events/${messageId}`)).body.rows).toMatchObject([{ raw }]);
    await pool.query("delete from quarantine where reason = 'test'");
    await api.clickhouse.client("write").command({ query: "alter table events delete where reason = 'test' settings mutations_sync = 2" });
  });

  test("an event that was removed when its time was up says so while its id is kept, and then that it may have been", async () => {
    const { first, second, pool } = api;
    await pool.query("create table message_seen_20260501 partition of message_seen for values in ('2026-05-01')");
    const see = (workspaceId: number, sourceId: number, messageId: string) =>
      pool.query("insert into message_seen values ('2026-05-01', $1)", [hash128(workspaceId, sourceId, messageId)]);
    await see(first.id, first.sourceId, "removed");
    await see(second.id, second.sourceId, "theirs-removed");
    expect((await api.call("GET", "/events/removed")).status, "nothing has ever expired here").toBe(404);
    await pool.query("insert into expired_events values ($1, '2026-05-10T00:00:00Z', 3, 77)", [first.id]);
    expect((await api.call("GET", "/events/removed")).body).toMatchObject({ status: "expired", rows: [] });
    expect((await api.call("GET", "/events/once")).body.status).toBe("stored");
    for (const other of ["never", "theirs-removed"]) {
      const { status, text } = await api.call("GET", `/events/${other}`);
      expect([status, text]).toEqual([404, expect.stringContaining("before 2026-05-10")]);
    }
    await pool.query("drop table message_seen_20260501");
    await pool.query("delete from expired_events");
  });

  test("an unknown message id is 404 when nothing waits, and pending while accepted events wait", async () => {
    expect((await api.call("GET", "/events/never")).status).toBe(404);
    await api.pool.query("update log_offset set next_offset = 98 where partition = $1", [api.first.partition]);
    expect((await api.call("GET", "/events/never")).body).toMatchObject({ status: "pending", rows: [], waiting: { unread_chunks: 2 } });
    await api.pool.query("update log_offset set next_offset = 100 where partition = $1", [api.first.partition]);
  });

  test("lists events by each filter, the latest first, page by page", async () => {
    const ids = async (query: string) =>
      (await api.call("GET", `/events?${query}`)).body.data.map((row: { message_id: string }) => row.message_id);
    expect(await ids("")).toEqual(["a:b%/ü'\\", "dropped", "held", "once", "once"]);
    expect(await ids("event=Page")).toEqual(["a:b%/ü'\\"]);
    expect(await ids("type=page")).toEqual(["a:b%/ü'\\"]);
    expect(await ids("outcome=duplicate")).toEqual(["once"]);
    expect(await ids("profile=email:ada%40example.com")).toEqual(["a:b%/ü'\\", "once"]);
    expect(await ids(`source=${api.first.sourceId}&since=2026-05-01T12:00:00Z`)).toEqual(["once", "once"]);
    expect(await ids(`source=${api.second.sourceId}`)).toEqual([]);
    const page = await api.call("GET", "/events?limit=3");
    expect(await ids(`limit=3&cursor=${page.body.next_cursor}`)).toEqual(["once", "once"]);
    expect((await api.call("GET", "/events?profile=email:nobody%40example.com")).status).toBe(404);
    expect((await api.call("GET", "/events?since=yesterday")).body.code).toBe("bad_request");
  });

  test("lists quarantined events with their payload as received, or none while it has not landed", async () => {
    const { body } = await api.call("GET", "/quarantine");
    expect(body.data).toMatchObject([
      { message_id: "later", raw: null },
      { message_id: "held", raw: "[[[[", status: "open" },
    ]);
    expect((await api.call("GET", "/quarantine?reason=too_deep")).body.data).toHaveLength(1);
    expect((await api.call("GET", "/quarantine?limit=1")).body.next_cursor).not.toBeNull();
    expect((await api.call("GET", "/quarantine?status=resent")).body.data).toEqual([]);
  });

  describe("what is done about a held event", () => {
    const header = { sentAt: "2026-05-01T11:59:00.000Z", ip: "192.0.2.7" };
    const hold = async (index: number, messageId: string, raw: string, more: object = {}) => {
      const row = rowId(20, index);
      await addEvents(api, [{ workspace: api.first, row, messageId, raw, outcome: "quarantined", receivedAtMs: minute, header: { ...header, ...more } }]);
      await api.pool.query(
        "insert into quarantine (workspace_id, row_id, source_id, received_at, message_id, event, reason, detail) values ($1, $2, $3, now(), $4, '', 'mended', '')",
        [api.first.id, row, api.first.sourceId, messageId],
      );
      return row;
    };
    const act = (row: number, what: "resend" | "discard", body?: unknown, token = api.first.token) =>
      api.call("POST", `/quarantine/${row}/${what}`, { token, ...(body === undefined ? {} : { body }) });
    const recordAt = async (row: number) => {
      const [chunk] = await api.log.read(api.first.partition, rowPosition(row).offset, 1_000_000);
      const record = chunk?.records[rowPosition(row).index];
      return { header: record?.header, events: record?.events.map(String) };
    };
    const statusOf = async (row: number) => (await api.pool.query("select status from quarantine where row_id = $1", [row])).rows[0].status;
    let heads: { partition: number; next_offset: string }[] = [];
    beforeAll(async () => {
      heads = (await api.pool.query("select partition, next_offset from log_head")).rows;
    });
    afterAll(async () => {
      await api.pool.query("delete from quarantine where reason = 'mended'");
      await api.clickhouse.client("write").command({ query: `alter table events delete where row_id >= ${rowId(20, 0)} and row_id < ${rowId(21, 0)} settings mutations_sync = 2` });
      for (const { partition } of heads) await api.pool.query("update log_offset set next_offset = (select next_offset from log_head where partition = $1) where partition = $1", [partition]);
    });

    test("it goes again byte for byte with what its request said, and only once", async () => {
      const row = await hold(0, "made-up", '{"n": 9007199254740993, "type":"track","event":"A"}');
      const { status, body } = await act(row, "resend");
      expect({ status, body }).toMatchObject({ status: 200, body: { row_id: row, status: "resent", resent: { processed: true } } });
      expect(await recordAt(body.resent.row_id)).toEqual({
        header: { kind: "events", workspaceId: api.first.id, sourceId: api.first.sourceId, receivedAtMs: minute, ...header },
        events: ['{"messageId":"made-up","n": 9007199254740993, "type":"track","event":"A"}'],
      });
      expect((await act(row, "resend")).body).toEqual({ row_id: row, status: "resent", resent: null });
      expect(await act(row, "discard")).toMatchObject({ status: 409, body: { code: "conflict" } });
      expect((await api.call("GET", "/quarantine?status=resent")).body.data).toMatchObject([{ row_id: row }]);
      expect((await api.call("GET", `/audit?target=event:${row}`)).body.data).toMatchObject([
        { action: "quarantine.resend", detail: { row_id: body.resent.row_id, repaired: false } },
      ]);
    });

    test("repaired it keeps its messageId unless it names one; what collection refused goes only repaired", async () => {
      const row = await hold(1, "deep", "[[[", { problems: { 0: "too_deep" } });
      expect(await act(row, "resend")).toMatchObject({ status: 409, body: { hint: expect.stringContaining("event") } });
      expect(await statusOf(row)).toBe("open");
      const { body } = await act(row, "resend", { event: { type: "track", event: "B" } });
      const record = await recordAt(body.resent.row_id);
      expect(record.events).toEqual(['{"messageId":"deep","type":"track","event":"B"}']);
      expect(record.header).not.toHaveProperty("problems");
      const named = await act(await hold(2, "old", "{}"), "resend", { event: { messageId: "new" } });
      expect((await recordAt(named.body.resent.row_id)).events).toEqual(['{"messageId":"new"}']);
      expect((await act(await hold(3, "big", "{}"), "resend", { event: { text: "x".repeat(600_000) } })).status).toBe(400);
    });

    test("discarded it stays, is listed as such, and does not go again", async () => {
      const row = await hold(4, "away", "{}");
      for (let i = 0; i < 2; i++) expect((await act(row, "discard")).body).toEqual({ row_id: row, status: "discarded", resent: null });
      expect((await act(row, "resend")).status).toBe(409);
      expect(await statusOf(row)).toBe("discarded");
      expect((await api.call("GET", `/audit?target=event:${row}`)).body.data).toHaveLength(1);
    });

    test("another workspace's is not there, nor one that was not held; what has not landed is to be asked for again", async () => {
      const row = await hold(5, "ours", "{}");
      for (const what of ["resend", "discard"] as const) {
        expect((await act(row, what, undefined, api.second.token)).status).toBe(404);
        expect((await act(rowId(21, 0), what)).status).toBe(404);
      }
      expect(await act(rowId(12, 0), "resend")).toMatchObject({ status: 409, headers: { "retry-after": "1" } });
    });
  });

  describe("the ledger", () => {
    const range = "from=2026-05-01T12:00:00Z&to=2026-05-01T12:01:00Z";
    const count = (hop: string, outcome: string, amount: number, workspace = api.first) =>
      api.pool.query(
        `insert into ledger values ($1, $2, to_timestamp($3::float8 / 1000), $4, $5, '', $6)
       on conflict (workspace_id, minute, source_id, hop, outcome, reason) do update set count = excluded.count`,
        [workspace.id, workspace.sourceId, minute, hop, outcome, amount],
      );

    test("adds up over what was decided, landed and still waits in the outbox and in the log", async () => {
      const { first, log, pool } = api;
      await count("received", "", 4);
      await count("decided", "stored", 3);
      await count("decided", "duplicate", 1);
      await count("landed", "stored", 1);
      await count("landed", "duplicate", 1);
      await count("decided", "stored", 50, api.second);
      const counted = [
        { workspaceId: first.id, sourceId: first.sourceId, minuteMs: minute, outcome: "stored", reason: "", count: 2 },
        { workspaceId: api.second.id, sourceId: 9, minuteMs: minute, outcome: "stored", reason: "", count: 7 },
      ];
      await pool.query(
        "insert into ch_outbox (block_id, partition, kind, table_name, statement, schema_version, rows, counts) values (1, $1, " +
          "'insert', 'events', '', 1, 9, $2)",
        [first.partition, JSON.stringify(counted)],
      );
      const header = { kind: "events" as const, workspaceId: first.id, sourceId: first.sourceId, receivedAtMs: minute };
      const { offset } = await log.append(first.partition, { header, events: [Buffer.from("{}"), Buffer.from("{}")] });
      await log.append(first.partition, { header: { ...header, workspaceId: api.second.id }, events: [Buffer.from("{}")] });
      await pool.query("update log_offset set next_offset = $2 where partition = $1", [first.partition, offset]);
      const { body } = await api.call("GET", `/ledger?${range}&verify=true`);
      expect(body).toMatchObject({ balanced: true, imbalances: [], waiting_to_be_read: { events: 2, exact: true } });
      expect(body.sources).toMatchObject([
        {
          source_id: first.sourceId,
          received: 6,
          waiting_to_be_decided: 2,
          decided: 4,
          landed: 2,
          waiting_to_land: 2,
          in_event_table: 2,
          balanced: true,
        },
      ]);
    });

    test("takes what expired out of what has to stand in the event table, also while it is being removed", async () => {
      const { first, pool } = api;
      const verified = async () => (await api.call("GET", `/ledger?${range}&verify=true`)).body;
      // The table holds two rows of this minute: as if a third had been removed.
      await count("landed", "stored", 2);
      await count("decided", "stored", 4);
      await count("received", "", 7);
      expect((await verified()).imbalances).toEqual([`Source ${first.sourceId}: landed 3, and the event table holds 2.`]);
      await count("expired", "stored", 1);
      const settled = await verified();
      expect(settled).toMatchObject({ balanced: true, imbalances: [], sources: [{ landed: 3, expired: 1, in_event_table: 2 }] });
      await count("expired", "stored", 4);
      expect((await verified()).imbalances).toEqual([`Source ${first.sourceId}: landed 3, expired 4, and the event table holds 2.`]);
      await pool.query(
        `insert into ch_outbox (block_id, partition, kind, table_name, statement, schema_version, rows, counts)
         values (2, $1, 'statement', 'events', 'ALTER TABLE events DELETE IN PARTITION 202605 WHERE 1', 1, 0, '[]')`,
        [first.partition],
      );
      expect(await verified(), "the rows may stand there until the statement has run").toMatchObject({ balanced: true });
      await pool.query("update ch_outbox set sent_at = now() where block_id = 2");
      expect(await verified(), "or may be there again until it is repeated").toMatchObject({ balanced: true });
      const setAside = await pool.query(
        `insert into ch_refused (block_id, block_row, table_name, statement, body, reason, kind, partition)
         select block_id, 0, table_name, statement, '', '', 'statement', partition from ch_outbox where block_id = 2`,
      );
      expect(setAside.rowCount).toBe(1);
      await pool.query("delete from ch_outbox where block_id = 2");
      expect(await verified(), "or while it is set aside").toMatchObject({ balanced: true });
      await pool.query("delete from ch_refused where block_id = 2");
      await pool.query("delete from ledger where hop = 'expired'");
      await count("landed", "stored", 1);
      await count("decided", "stored", 3);
      await count("received", "", 6);
    });

    test("opens the log's unread part for one question at a time, and refuses what would wait behind many", async () => {
      const client = await api.pool.connect();
      await client.query("begin");
      await client.query("lock table log_chunk in access exclusive mode");
      const asked = Array.from({ length: apiLimits.ledgersQueued + 2 }, () => api.call("GET", `/ledger?${range}`));
      expect(await Promise.race(asked)).toMatchObject({ status: 429, body: { code: "rate_limited" } });
      await client.query("commit");
      client.release();
      expect((await Promise.all(asked)).filter(({ status }) => status === 200)).toHaveLength(asked.length - 1);
    });

    test("says which hop does not add up", async () => {
      await count("landed", "duplicate", 0);
      await count("received", "", 7);
      const { body } = await api.call("GET", `/ledger?${range}`);
      expect(body.balanced).toBe(false);
      expect(body.imbalances).toEqual([
        `Source ${api.first.sourceId}: received 7, decided 4, waiting to be decided 2.`,
        `Source ${api.first.sourceId}: decided 4, landed 1, waiting to land 2.`,
      ]);
      expect((await api.call("GET", `/ledger?${range}&source=${api.second.sourceId}`)).body.sources).toEqual([]);
      expect((await api.call("GET", "/ledger?from=2026-05-02T00:00:00Z&to=2026-05-01T00:00:00Z")).status).toBe(400);
    });

    test("shows the window that the pipeline has in force for repeats, and no day before the first whose ids are kept", async () => {
      const startOf = (daysAgo: number) => new Date(Math.floor(Date.now() / 86_400_000 - daysAgo) * 86_400_000).toISOString();
      const shown = async () => (await api.call("GET", "/ledger")).body.dedupe_window;
      const note = (days: number, daysHeld: number) =>
        api.pool.query(
          `insert into dedupe_window (days, first_day) values ($1, $2) on conflict (only_row) do update set days = excluded.days, first_day = excluded.first_day`,
          [days, startOf(daysHeld).slice(0, 10)],
        );
      expect(await shown(), "no pipeline has noted anything").toEqual({ days: 0, since: null });
      await note(3, 1);
      expect(await shown()).toEqual({ days: 3, since: startOf(1) });
      await note(3, 8);
      expect(await shown(), "ids that are kept longer than the window don't count").toEqual({ days: 3, since: startOf(3) });
    });
  });

  describe("the live tail", () => {
    let port = 0;
    beforeAll(async () => {
      await api.server.listen({ host: "127.0.0.1", port: 0 });
      port = (api.server.server.address() as AddressInfo).port;
    });

    interface Tail {
      readonly response: IncomingMessage;
      text: string;
      until(done: (text: string) => boolean): Promise<string>;
      close(): void;
    }

    function watch(path: string, headers: Record<string, string> = {}, token = api.first.token): Promise<Tail> {
      return new Promise((resolve, reject) => {
        const sent = httpRequest(
          {
            host: "127.0.0.1",
            port,
            path: `/api/v1${path}`,
            headers: { authorization: `Bearer ${token}`, accept: "text/event-stream", ...headers },
          },
          (response) => {
            const tail: Tail = {
              response,
              text: "",
              close: () => void sent.destroy(),
              until: async (done) => {
                while (!done(tail.text)) await new Promise((next) => setTimeout(next, 10));
                return tail.text;
              },
            };
            response
              .setEncoding("utf8")
              .on("data", (part: string) => void (tail.text += part))
              .on("error", () => undefined);
            resolve(tail);
          },
        );
        sent.on("error", reject).end();
      });
    }

    test("shows what lands, once, also when it lands late, and nothing of another workspace", async () => {
      const tail = await watch("/events");
      expect(tail.response.headers["content-type"]).toContain("text/event-stream");
      await tail.until((text) => text.includes("watching"));
      // The first poll takes the newest row as its start; until then a row would be history.
      while (api.api.tailListeners() === 0) await new Promise((next) => setTimeout(next, 5));
      await new Promise((next) => setTimeout(next, 300));
      await addEvents(api, [
        { workspace: api.first, row: rowId(200, 5), messageId: "live-1", profileId: ada },
        { workspace: api.second, row: rowId(200, 6), messageId: "secret" },
      ]);
      await tail.until((text) => text.includes("live-1"));
      await addEvents(api, [
        { workspace: api.first, row: rowId(200, 1), messageId: "live-late" },
        { workspace: api.first, row: rowId(200, 9), messageId: "live-2" },
      ]);
      const text = await tail.until((seen) => seen.includes("live-2"));
      tail.close();
      expect(text.match(/^id: /gm)).toHaveLength(3);
      expect(text).toContain("live-late");
      expect(text).not.toContain("secret");
      expect(text).toContain(`id: ${rowId(200, 5)}\nevent: event\ndata: {`);
    });

    test("takes up where a listener left off, by filter, and samples what is too much with a word about it", async () => {
      const many = Array.from({ length: 100 }, (_, index) => ({
        workspace: api.first,
        row: rowId(300, index),
        messageId: `many-${index}`,
        event: "Burst",
      }));
      const tail = await watch("/events?event=Burst");
      await new Promise((next) => setTimeout(next, 300));
      await addEvents(api, many);
      const text = await tail.until((seen) => seen.includes("event: skipped"));
      tail.close();
      expect(text.match(/^id: /gm)?.length).toBeLessThanOrEqual(40);
      expect(text).toContain("this is a sample");
      const resumed = await watch("/events?event=Burst", { "last-event-id": String(rowId(300, 89)) });
      const again = await resumed.until((seen) => seen.includes("many-99"));
      resumed.close();
      expect(again.match(/^id: /gm)).toHaveLength(10);
      expect(again).not.toContain("many-89");
    });

    test("closing the API ends the streams", async () => {
      const other = await startTestApi({ limits: { tailPollMs: 40 } });
      await other.server.listen({ host: "127.0.0.1", port: 0 });
      const otherPort = (other.server.server.address() as AddressInfo).port;
      const ended = new Promise<void>((resolve, reject) => {
        httpRequest(
          {
            host: "127.0.0.1",
            port: otherPort,
            path: "/api/v1/events",
            headers: { authorization: `Bearer ${other.first.token}`, accept: "text/event-stream" },
          },
          (response) => {
            response.resume().once("end", resolve).once("error", reject);
            void other.stop();
          },
        )
          .on("error", reject)
          .end();
      });
      await ended;
      expect(other.api.tailListeners()).toBe(0);
    });

    test("ends when its token is revoked, wherever that was done", async () => {
      const client = await api.pool.connect();
      const made = await createToken(client, { workspaceId: api.first.id, name: "tail", scopes: ["read", "personal_data"] });
      client.release();
      const tail = await watch("/events", {}, made.secret);
      const ended = new Promise((resolve) => tail.response.once("end", resolve));
      await tail.until((text) => text.includes("watching"));
      await api.pool.query("update api_token set revoked_at = now() where id = $1", [made.token.id]);
      await ended;
      expect(tail.text).toContain("event: problem");
      while (api.api.tailListeners() > 0) await new Promise((next) => setTimeout(next, 10));
    });

    test("bounds the listeners, and polls for nobody when the last has gone", async () => {
      const tails = [await watch("/events"), await watch("/events?type=page"), await watch("/events")];
      const refused = await watch("/events");
      expect(refused.response.statusCode).toBe(429);
      expect(refused.response.headers["retry-after"]).toBe("10");
      for (const tail of [...tails, refused]) tail.close();
      while (api.api.tailListeners() > 0) await new Promise((next) => setTimeout(next, 10));
      expect(api.api.tailListeners()).toBe(0);
    });
  });
});
