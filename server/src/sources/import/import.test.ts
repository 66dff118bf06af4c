// Imports against a real Postgres and its log: what is in the log in the end is what the file says, however often the
// upload broke off.
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CreateImport, ImportMapping } from "@tributary/schema/import.ts";
import { manualClock } from "../../core/clock.ts";
import { AppError } from "../../core/errors.ts";
import { createWorkspaceDb, type WorkspaceDb } from "../../engines/postgres/workspace-db.ts";
import { quietLogger, startTestPostgres } from "../../engines/testing.ts";
import { bootstrap, createControl, type Processed } from "../../governance/governance.ts";
import { identifierKey } from "../../identity/identity.ts";
import type { EventLog } from "../../log/log.ts";
import { createPostgresLog } from "../../log/postgres-log.ts";
import { importLimits } from "./import-limits.ts";
import { createImports, type Imports } from "./import.ts";

const secret = "a secret of this test, long enough";
const mapping: ImportMapping = {
  version: 1, format: "csv", time_zone: "UTC", decimal_mark: ".",
  group_by: ["order"], group_window: 3,
  events: [{ name: "Order Completed" }],
  user_id: "customer", timestamp: { column: "at", take: "first" },
  properties: { products: { lines: { sku: "sku", price: { column: "price", type: "number" } } } },
};
const header = "order,at,customer,sku,price\n";

let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
let workspaceDb: WorkspaceDb;
let log: EventLog;
let workspaceId: number;
const clock = manualClock(Date.UTC(2026, 0, 1));

beforeAll(async () => {
  postgres = await startTestPostgres();
  const pool = postgres.pool("test", 4);
  ({ workspaceId } = await bootstrap({ pool, partitions: 1, nowMs: clock.nowMs() }));
  log = await createPostgresLog({ pool, partitions: 1, clock, logger: quietLogger });
  workspaceDb = createWorkspaceDb(postgres, { max: 4 });
});
afterAll(async () => {
  await log.close();
  await workspaceDb.end();
  await postgres.stop();
});

function makeImports(through: EventLog = log, processed: Processed = { waitFor: async () => true }): Imports {
  return createImports({ previewWithdraw: async () => ({ events: 0, people: 0, gone: 0, complete: true }), workspaceDb, log: through, processed, clock, secret, control: createControl({ workspaceDb, log, clock, processed }) });
}

const caller = () => ({ workspaceId, actor: "test" });

async function make(imports: Imports, wish: Partial<CreateImport> = {}): Promise<number> {
  return (await imports.create(caller(), { name: "Orders", mapping, ...wish })).id;
}

function upload(id: number, text: string, rest: { offset?: number; file?: number; isLastPart?: boolean; chunks?: AsyncIterable<Buffer> } = {}) {
  const bytes = Buffer.from(text);
  return { id, file: rest.file, offset: rest.offset ?? 0, isLastPart: rest.isLastPart ?? true, chunks: rest.chunks ?? Readable.from([bytes]) };
}

/** The events of an import as the log has them. */
async function eventsOf(importId: number): Promise<Record<string, unknown>[]> {
  const events: Record<string, unknown>[] = [];
  for (let offset = 0; ;) {
    const chunks = await log.read(0, offset, 1_000_000);
    const last = chunks.at(-1);
    if (!last) return events;
    for (const { header, events: bodies } of chunks.flatMap((chunk) => chunk.records)) {
      if (header.kind === "events" && header.importId === importId) events.push(...bodies.map((body) => JSON.parse(String(body)) as Record<string, unknown>));
    }
    offset = last.offset + 1;
  }
}

function orders(from: number, to: number): string {
  let text = "";
  for (let order = from; order < to; order++) for (const sku of ["a", "b", "c"]) text += `${order},2025-03-04 05:06:07,customer-${order % 7},${sku},1.50\n`;
  return text;
}

describe("an import", () => {
  test("puts each group into the log once, marked with the import and as history", async () => {
    const imports = makeImports();
    const id = await make(imports);
    const answer = await imports.receive(caller(), upload(id, header + orders(0, 100)));
    expect(answer.import).toMatchObject({ status: "done", lines: 300, accepted: 100, refused: 0, skipped: 0, source: "orders" });
    const events = await eventsOf(id);
    expect(events).toHaveLength(100);
    expect(events[0]).toEqual({
      type: "track", messageId: `import-${id}-2`, event: "Order Completed", userId: "customer-0", timestamp: "2025-03-04T05:06:07Z",
      properties: { products: [{ sku: "a", price: 1.5 }, { sku: "b", price: 1.5 }, { sku: "c", price: 1.5 }] },
    });
    const records = (await log.read(0, 0, 10_000_000)).flatMap((chunk) => chunk.records).filter(({ header: of }) => of.kind === "events" && of.importId === id);
    expect(records.every(({ header: of }) => of.kind === "events" && of.historical === true)).toBe(true);
  });

  test("goes on where an upload broke off, also within a group and a line, and has each event once", async () => {
    const imports = makeImports();
    const id = await make(imports, { name: "Broken off" });
    const text = header + orders(0, 50);
    let sent = 0;
    for (const part of [0.21, 0.22, 0.5, 0.77]) {
      const until = Math.floor(text.length * part);
      async function* breaking() {
        yield Buffer.from(text.slice(sent, until));
        throw new Error("The connection was reset.");
      }
      await expect(imports.receive(caller(), upload(id, "", { offset: sent, chunks: breaking() }))).rejects.toThrow("reset");
      const state = await imports.get(workspaceId, id);
      expect(state.status).toBe("running");
      expect(state.bytes_done).toBeLessThanOrEqual(until);
      expect(text[state.bytes_done - 1]).toBe("\n");
      sent = state.bytes_done;
    }
    // The rest by a server that has never seen this import, from an earlier byte than needed.
    const { import: state } = await makeImports().receive(caller(), upload(id, text.slice(10), { offset: 10 }));
    expect(state).toMatchObject({ status: "done", lines: 150, accepted: 50, refused: 0 });
    const events = await eventsOf(id);
    expect(events.map((event) => event["messageId"])).toEqual([...new Set(events.map((event) => event["messageId"]))]);
    expect(events).toHaveLength(50);
    expect(events.every((event) => (event["properties"] as { products: unknown[] }).products.length === 3)).toBe(true);
  });

  test("appends the same message ids again when the server was killed before it stored the place", async () => {
    const id = await make(makeImports(), { name: "Killed" });
    const text = header + orders(0, 3_000);
    let appends = 0;
    const dying: EventLog = { ...log, append: async (partition, record) => {
      appends += 1;
      if (appends > 1) return new Promise(() => undefined); // killed: never answers, never stores the place
      return log.append(partition, record);
    } };
    void makeImports(dying).receive(caller(), upload(id, text)).catch(() => undefined);
    await expect.poll(async () => (await eventsOf(id)).length).toBe(2_000);
    expect((await imports2().get(workspaceId, id)).bytes_done).toBe(0);
    await imports2().receive(caller(), upload(id, text));
    const ids = (await eventsOf(id)).map((event) => event["messageId"]);
    expect(ids).toHaveLength(5_000);
    expect(new Set(ids).size).toBe(3_000);
    expect(await imports2().get(workspaceId, id)).toMatchObject({ status: "done", accepted: 3_000, lines: 9_000 });
  });
  const imports2 = (): Imports => makeImports();

  test("takes several files in their order, each with its own header and line numbers", async () => {
    const imports = makeImports();
    const id = await make(imports, { name: "Two files", files: [{ name: "a.csv" }, { name: "b.csv" }] });
    await expect(imports.receive(caller(), upload(id, header + orders(5, 9), { file: 1 }))).rejects.toMatchObject({ code: "conflict" });
    await imports.receive(caller(), upload(id, header + orders(0, 5), { file: 0 }));
    // The answer was lost and the client sends the file again.
    expect((await imports.receive(caller(), upload(id, header + orders(0, 5), { file: 0 }))).import).toMatchObject({ file: 1, accepted: 5 });
    const { import: state } = await imports.receive(caller(), upload(id, header + orders(5, 9), { file: 1 }));
    expect(state).toMatchObject({ status: "done", accepted: 9, lines: 27, file: 2 });
    expect((await eventsOf(id)).map((event) => event["messageId"])).toContain(`import-${id}-2-2`);
  });

  test("lists the lines that became no event, and leaves their group out whole", async () => {
    const imports = makeImports();
    const id = await make(imports, { name: "Errors" });
    const bad = header + "1,2025-01-01,c,a,1.5\n1,2025-01-01,c,b,cheap\n2,2025-01-01,c,a\n3,2025-01-01,c,a,2\n4,yesterday,c,a,2\n";
    const { import: state } = await imports.receive(caller(), upload(id, bad));
    expect(state).toMatchObject({ status: "done", lines: 5, accepted: 1, refused: 4 });
    const errors = await imports.errors(workspaceId, id, [-1, 0, ""], 100);
    expect(errors.map(({ line, code }) => [line, code])).toEqual([
      [2, "group_refused"], [3, "not_a_number"], [4, "wrong_column_count"], [6, "not_a_time"],
    ]);
    expect(errors[0]?.file).toBe("content");
    expect(JSON.stringify(errors)).not.toContain("cheap");
  });

  test("keeps a bounded number of errors and counts them all", async () => {
    const imports = makeImports();
    const { id } = await imports.create(caller(), { name: "Many errors", format: "ndjson" });
    const { import: state } = await imports.receive(caller(), upload(id, "nonsense\n".repeat(importLimits.errorsKeptMax + 5)));
    expect(state).toMatchObject({ accepted: 0, refused: importLimits.errorsKeptMax + 5 });
    expect(await imports.errors(workspaceId, id, [-1, 0, ""], 20_000)).toHaveLength(importLimits.errorsKeptMax);
  });

  test("fails as a whole, saying why, when the file is not what the mapping says", async () => {
    const imports = makeImports();
    const id = await make(imports, { name: "Wrong file" });
    await expect(imports.receive(caller(), upload(id, "a,b\n1,2\n"))).rejects.toMatchObject({ code: "bad_request" });
    const state = await imports.get(workspaceId, id);
    expect(state.status).toBe("failed");
    expect(state.failure).toContain("The file has no column");
    await expect(imports.receive(caller(), upload(id, header))).rejects.toMatchObject({ code: "conflict" });
  });

  test("waits while the log takes nothing in, and loses nothing", async () => {
    let refusals = 3;
    const full: EventLog = { ...log, append: async (partition, record) => {
      if (refusals-- > 0) throw new AppError("overloaded", { retryAfterSeconds: 0 });
      return log.append(partition, record);
    } };
    const imports = makeImports(full);
    const id = await make(imports, { name: "Full log" });
    await imports.receive(caller(), upload(id, header + orders(0, 10)));
    expect(await eventsOf(id)).toHaveLength(10);
  });

  test("stays close to the pipeline, so that what others send does not wait behind a whole file", async () => {
    const waiting: { readonly offset: number; readonly resolve: (isDecided: boolean) => void }[] = [];
    let isThrough = false;
    const imports = makeImports(log, { waitFor: async (_, offset) => isThrough || new Promise((resolve) => waiting.push({ offset, resolve })) });
    const id = await make(imports, { name: "Large file" });
    const receiving = imports.receive(caller(), upload(id, header + orders(0, importLimits.recordEventsMax * 5)));
    const records = async () => (await eventsOf(id)).length / importLimits.recordEventsMax;
    await expect.poll(() => waiting.length).toBe(1);
    expect(await records()).toBe(importLimits.recordsAheadMax);
    waiting.shift()?.resolve(false); // Not yet: it goes on waiting.
    await expect.poll(() => waiting.length).toBe(1);
    expect(await records()).toBe(importLimits.recordsAheadMax);
    waiting.shift()?.resolve(true);
    await expect.poll(() => waiting.length).toBe(1);
    expect(await records()).toBe(importLimits.recordsAheadMax + 1);
    isThrough = true;
    waiting.shift()?.resolve(true);
    expect((await receiving).import).toMatchObject({ status: "done", accepted: importLimits.recordEventsMax * 5 });
    expect(await records()).toBe(5);
  });

  test("that has the same content as an earlier one is refused unless it is wanted again", async () => {
    const imports = makeImports();
    const hash = "ab".repeat(32);
    const id = await make(imports, { content_hash: hash });
    await expect(make(imports, { content_hash: hash })).rejects.toThrow(`Import ${id} (uploading) has the same content.`);
    await expect(make(imports, { content_hash: hash, again: true })).resolves.toBeGreaterThan(id);
  });

  test("of another workspace is not there", async () => {
    const imports = makeImports();
    const id = await make(imports);
    await expect(imports.get(workspaceId + 1, id)).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("taking an import back", () => {
  test("stops its upload, and asks the pipeline behind its last event", async () => {
    const imports = makeImports();
    const id = await make(imports, { name: "Regretted" });
    const { promise: sentAll, resolve } = Promise.withResolvers<void>();
    async function* endless() {
      yield Buffer.from(header);
      for (let order = 0; ; order += 1_000) {
        yield Buffer.from(orders(order, order + 1_000));
        if (order === 5_000) resolve();
        await new Promise((next) => setImmediate(next));
      }
    }
    const receiving = imports.receive(caller(), upload(id, "", { chunks: endless() }));
    receiving.catch(() => undefined);
    await sentAll;
    const { import: state, receipt } = await imports.withdraw(caller(), id);
    await expect(receiving).rejects.toMatchObject({ code: "conflict" });
    expect(state.status).toBe("withdrawn");
    const records = (await log.read(0, 0, 100_000_000)).flatMap((chunk) => chunk.records);
    const isOfImport = records.map(({ header: of }) => of.kind === "events" && of.importId === id);
    const control = records.findIndex(({ header: of }) => of.kind === "control" && of.action.kind === "import.withdraw" && of.action.importId === id);
    expect(receipt.processed).toBe(true);
    expect(isOfImport.includes(true)).toBe(true);
    expect(control).toBeGreaterThan(isOfImport.lastIndexOf(true));
    await expect(imports.receive(caller(), upload(id, header))).rejects.toMatchObject({ code: "conflict" });
    await expect(imports.withdraw(caller(), id)).rejects.toMatchObject({ code: "conflict" });
  });
});

describe("a dry run", () => {
  test("tells events, errors and people, and stores nothing", async () => {
    const imports = makeImports();
    const known = identifierKey(secret, workspaceId, "user_id", "customer-3");
    const pool = postgres.pool("people", 1);
    await pool.query(
      `insert into identifier (key, workspace_id, namespace, value, profile_id, first_row, first_at, source_id)
       values ($1, $2, 'user_id', 'customer-3', gen_random_uuid(), 1, now(), 1)`, [known, workspaceId],
    );
    const before = (await log.state())[0]?.nextOffset;
    const sources = (await pool.query("select count(*)::int as n from source")).rows[0];
    const id = await make(imports, { name: "Never seen", dry_run: true, files: [{ name: "a.csv" }, { name: "b.csv" }] });
    expect((await imports.receive(caller(), upload(id, header + orders(0, 5)))).preview).toBeUndefined();
    const { preview } = await imports.receive(caller(), upload(id, header + orders(5, 30) + "9,nonsense\n"));
    expect(preview).toMatchObject({
      lines: 91, events: 30, refused: 1, skipped: 0, events_by_name: { "Order Completed": 30 }, errors_by_code: { wrong_column_count: 1 },
      people: { new: 6, matched: 1, complete: true, events_without_person: 0 },
    });
    expect(preview?.errors).toEqual([{ file: "b.csv", line: 77, code: "wrong_column_count", message: expect.any(String) }]);
    expect(preview?.first_events).toHaveLength(20);
    expect((await log.state())[0]?.nextOffset).toBe(before);
    expect((await pool.query("select count(*)::int as n from source")).rows[0]).toEqual(sources);
    await expect(imports.get(workspaceId, id)).rejects.toMatchObject({ code: "not_found" });
  });
});
