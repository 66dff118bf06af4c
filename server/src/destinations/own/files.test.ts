import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { ClickHouse } from "../../engines/clickhouse/clickhouse.ts";
import type { Outcome } from "../destination.ts";
import { startTestClickHouse } from "../../engines/testing.ts";
import { contractEvent, hostileTexts } from "../testing-contract.ts";
import { outboundToLoopback } from "../testing-vendor.ts";
import { files } from "./files.ts";

let engine: ClickHouse;
beforeAll(async () => void (engine = await startTestClickHouse()));
afterAll(() => engine.stop());
const ask = async (query: string): Promise<unknown[]> => (await engine.client("api").query({ query, format: "JSONEachRow" })).json();
let directory: string;
beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), "files-"))));
afterEach(() => rm(directory, { recursive: true, force: true }));

const destination = (filesDirectory = directory) => files({ outbound: outboundToLoopback(), filesDirectory, nowMs: Date.now, timeoutMs: 1_000 });
async function send(rows: readonly unknown[], settings: Record<string, unknown> = {}, at = destination()): Promise<readonly Outcome[]> {
  const { outcomes, exchanges } = await at.send({
    connection: { workspaceId: 7, destinationId: 8, slug: "files", version: 1, settings: { format: "ndjson", ...settings } },
    subscription: { id: 1, version: 1, action: "write" }, items: rows.map((data, index) => ({ event: contractEvent(index), payload: { data }, idempotencyKey: `key-${index}` })),
  }, new AbortController().signal);
  expect(exchanges).toEqual([]);
  return outcomes;
}
const all = async (): Promise<string[]> => (await readdir(directory, { recursive: true, withFileTypes: true })).filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
const only = async (): Promise<string> => {
  const [file, ...others] = await all();
  expect(others).toEqual([]);
  return readFile(file ?? "", "utf8");
};

test("a batch is one file, in order; the same batch again is the same file, and another is another", async () => {
  expect(await send([{ id: 1 }, { id: 2 }], { folder: "orders/raw" })).toEqual([{ kind: "delivered" }, { kind: "delivered" }]);
  await send([{ id: 1 }, { id: 2 }], { folder: "orders/raw" });
  expect(await only()).toBe('{"id":1}\n{"id":2}\n');
  expect((await all())[0]).toMatch(/\/7\/8\/orders\/raw\/2026-05-01\/[0-9a-f]{32}\.ndjson$/);
  await send([{ id: 1 }], { folder: "orders/raw" });
  expect(await all()).toHaveLength(2);
});

test("CSV has the columns of all rows, in order; nested values are JSON, and formulas are text", async () => {
  await send([{ id: 1, name: 'Ann "A", B' }, { name: "=1+1", tags: ["a"], gone: null }], { format: "csv" });
  expect(await only()).toBe('id,name,tags,gone\r\n1,"Ann ""A"", B",,\r\n,\'=1+1,"[""a""]",\r\n');
});

test.each(hostileTexts.map((text) => [JSON.stringify(text).slice(0, 30), text]))("%s stays in its line", async (_shown, text) => {
  await send([{ [text.slice(0, 50)]: text }, { after: 1 }]);
  const lines = (await only()).split("\n");
  expect(lines).toHaveLength(3);
  expect(JSON.parse(lines[0] ?? "")).toEqual({ [text.slice(0, 50)]: text });
});

test.each(["..", "../x", "a/../../x", "/etc", "a\\b", "a\u0000b", ".ssh", "x".repeat(65), "a/b/c/d/e/f/g/h/i"])("%j is no folder, neither when it is saved nor when it is written", async (folder) => {
  expect(destination().check({ folder, format: "csv" }).map(({ field }) => field)).toEqual(["folder"]);
  expect(await send([{ id: 1 }], { folder })).toMatchObject([{ kind: "retry", isOfDestination: true }]);
  expect(await all()).toEqual([]);
});

test("a folder that can't be written to is a failure of the destination, and leaves nothing half", async () => {
  await writeFile(join(directory, "taken"), "");
  expect(await send([{ id: 1 }], {}, destination(join(directory, "taken")))).toMatchObject([{ kind: "retry", code: "enotdir", isOfDestination: true }]);
  expect(await all()).toHaveLength(1);
});

test("Parquet has the same columns and types in every file, which ClickHouse reads; a value that does not fit is refused alone", async () => {
  const columns = { total: "number", paid_at: "time", amount: "integer", gift: "boolean", extra: "json" };
  const one = { order: "o-1", total: 120.5, paid_at: "2026-05-01T10:00:00.123Z", amount: "9007199254740993", gift: true, extra: { a: ["ü", null] }, timestamp: "2026-05-01T09:00:00Z", properties: { total: 1 } };
  const send1 = (rows: readonly unknown[]) => destination().send({
    connection: { workspaceId: 7, destinationId: 8, slug: "files", version: 1, settings: { format: "parquet" } }, subscription: { id: 1, version: 1, action: "write" },
    items: rows.map((data, index) => ({ event: contractEvent(index), payload: { data, columns }, idempotencyKey: `key-${index}-${rows.length}` })),
  }, new AbortController().signal);
  const good = { kind: "delivered" };
  expect((await send1([one, { order: "o-2", total: "no number" }, { order: 3, total: "7" }])).outcomes).toMatchObject([good, { kind: "refused", detail: expect.stringContaining("data.total") }, good]);
  expect((await send1([{ order: hostileTexts.join("") }])).outcomes).toEqual([good]);
  const { outcomes: [wrong] } = await destination().send({
    connection: { workspaceId: 7, destinationId: 8, slug: "files", version: 1, settings: { format: "parquet" } }, subscription: { id: 1, version: 1, action: "write" },
    items: [{ event: contractEvent(1), payload: { data: { a: 1 }, columns: { a: "varchar" } }, idempotencyKey: "k" }],
  }, new AbortController().signal);
  expect(wrong).toMatchObject({ kind: "refused", detail: expect.stringContaining("columns") });
  const of = `file('${directory}/7/8/2026-05-01/*.parquet', Parquet)`;
  expect(await ask(`select order, total, paid_at, toString(amount) as amount, gift, JSONExtractString(toString(extra), 'a', 1) as letter from ${of} where total is not null order by total desc settings use_hive_partitioning = 0`)).toEqual([
    { order: "o-1", total: 120.5, paid_at: "2026-05-01 10:00:00.123", amount: "9007199254740993", gift: true, letter: "ü" }, { order: "3", total: 7, paid_at: null, amount: null, gift: null, letter: null },
  ]);
  const types: string[] = [];
  for (const file of await all()) types.push(JSON.stringify(await ask(`select ${["order", ...Object.keys(columns)].map((name) => `toTypeName(${name}) as ${name}`).join()} from file('${file}', Parquet) limit 1`)));
  expect(types).toHaveLength(2);
  expect(types[0]).toBe(types[1]);
  expect(await ask(`select count()::UInt32 as n, max(length(order)) > 20000 as long from ${of}`)).toEqual([{ n: 3, long: 1 }]);
  const [first] = (await all()).sort();
  const before = await readFile(first ?? "");
  await send1([one, { order: 3, total: "7" }]);
  expect((await readFile(first ?? "")).equals(before)).toBe(true);
});

interface Given {
  readonly receivedAt?: string;
  readonly [name: string]: unknown;
}

/** As events of a warehouse's layout; each call is a batch. */
async function layout(format: string, events: readonly Given[], batchId?: string): Promise<readonly Outcome[]> {
  const { outcomes } = await sending.send({
    connection: { workspaceId: 7, destinationId: 8, slug: "files", version: 1, settings: { format } }, subscription: { id: 1, version: 1, action: "layout" }, batchId,
    items: events.map((event, index) => ({
      event: { ...contractEvent(index), receivedAt: event.receivedAt ?? "2026-05-01T10:00:01.000Z" }, idempotencyKey: `key-${index}`,
      payload: { event: { messageId: `m-${String(event["n"])}`, timestamp: "2026-05-01T12:00:00+02:00", userId: "ada", context: { ip: "192.0.2.1" }, receivedAt: "2026-05-01T10:00:01.000Z", ...event } },
    })),
  }, new AbortController().signal);
  return outcomes;
}
/** Remembers columns from batch to batch. */
let sending: ReturnType<typeof destination>;
beforeEach(() => void (sending = destination()));
const track = (n: number, properties: object, more: object = {}): Given => ({ n, type: "track", event: "Order Completed", properties, ...more });
const paths = async (): Promise<string[]> => (await all()).map((path) => path.slice(join(directory, "7/8/").length)).toSorted();

test.each([["parquet", "Parquet", ""], ["ndjson", "JSONEachRow", ", input_format_try_infer_integers = 0"], ["csv", "CSVWithNames", ", input_format_try_infer_integers = 0"]])(
  "a warehouse's tables as %s: a folder for each table and day, types that hold from file to file, and ClickHouse reads all of it", async (format, reader, settings) => {
    const two = [
      track(1, { total: 5, gift: true, shipped_at: "2026-05-02T08:00:00Z", cart: { items: 2 }, products: [{ sku: "a" }], received_date: "mine" }), { n: 2, type: "identify", traits: { email: "ada@example.com", plan: "pro" } },
      { n: 3, type: "page", name: "Home", properties: { url: "/" } }, { n: 4, type: "screen", name: "Cart" }, { n: 5, type: "group", groupId: "g-1", traits: { seats: 5 } }, { n: 6, type: "alias", previousId: "old" },
    ];
    const good = { kind: "delivered" };
    expect(await layout(format, two, "b-1")).toEqual(two.map(() => good));
    expect(await paths()).toEqual(["accounts", "aliases", "groups", "identifies", "order_completed", "pages", "screens", "tracks", "users"].map((table) => `${table}/received_date=2026-05-01/b-1.${format}`));
    // Over midnight; other columns, and a value of another type than its column has had from the first.
    const next = [track(7, { total: 12.5, coupon: "X" }, { receivedAt: "2026-05-01T23:59:59.000Z" }), track(8, { total: "much", gift: "false" }, { receivedAt: "2026-05-02T00:00:01.000Z" })];
    expect(await layout(format, next, "b-2")).toEqual([good, good]);
    const before = await paths();
    expect(before.filter((path) => path.startsWith("tracks/"))).toEqual(["2026-05-01/b-1", "2026-05-01/b-2", "2026-05-02/b-2"].map((path) => `tracks/received_date=${path}.${format}`));
    // The same batch again is the same files, whatever of it is left.
    expect(await layout(format, next.slice(0, 1), "b-2")).toEqual([good]);
    expect(await layout(format, next, "b-2")).toEqual([good, good]);
    expect(await paths()).toEqual(before);
    const from = (table: string): string => `from file('${directory}/7/8/${table}/*/*.${format}', ${reader})`;
    const union = `settings schema_inference_mode = 'union', use_hive_partitioning = 1${settings}`;
    expect(await ask(`select id, user_id, toFloat64(total) as total, gift, coupon, JSONExtractString(products, 1, 'sku') as sku, other_values, toString(received_date) as day, properties_received_date, toDateTime64(parseDateTime64BestEffortOrNull(toString(shipped_at), 0, 'UTC'), 0, 'UTC') as shipped ${from("order_completed")} order by id ${union}`)).toEqual([
      { id: "m-1", user_id: "ada", total: 5, gift: true, coupon: null, sku: "a", other_values: null, day: "2026-05-01", properties_received_date: "mine", shipped: "2026-05-02 08:00:00" },
      { id: "m-7", user_id: "ada", total: 12.5, gift: null, coupon: "X", sku: "", other_values: null, day: "2026-05-01", properties_received_date: null, shipped: null },
      { id: "m-8", user_id: "ada", total: null, gift: false, coupon: null, sku: "", other_values: '{"total":"much"}', day: "2026-05-02", properties_received_date: null, shipped: null },
    ].map((row) => ({ ...row, sku: row.sku === "" ? null : row.sku })));
    expect(await ask(`select id, event, event_text, toString(parseDateTime64BestEffort(toString(timestamp), 0, 'UTC')) as at, context_ip ${from("tracks")} order by id limit 1 ${union}`)).toEqual([{ id: "m-1", event: "order_completed", event_text: "Order Completed", at: "2026-05-01 10:00:00", context_ip: "192.0.2.1" }]);
    expect(await ask(`select id, email, plan ${from("users")} ${union}`)).toEqual([{ id: "ada", email: "ada@example.com", plan: "pro" }]);
    expect(await ask(`select previous_id ${from("aliases")} ${union}`)).toEqual([{ previous_id: "old" }]);
  },
);

test("names as folders and columns are names, however many and whatever they are called; what is called alike stands together, and nothing leaves the folder", async () => {
  const names = [...hostileTexts, "..", ".", "../../x", "a/b", "nul\u0000nul", "Users", "Order Completed", "order_completed", "orderCompleted", "x".repeat(300), `${"x".repeat(300)}y`, "注文"];
  const wide = Object.fromEntries(Array.from({ length: 1_200 }, (_, i) => [`p${i}`, i]));
  const events = [...names.map((event, n) => track(n, { [event]: event }, { event })), track(1_000, wide, { event: "Wide" })];
  for (const format of ["parquet", "csv", "ndjson"]) {
    expect((await layout(format, events)).filter(({ kind }) => kind !== "delivered")).toEqual([]);
    const written = (await paths()).filter((path) => path.endsWith(format));
    expect(written.filter((path) => !/^[a-z_][a-z0-9_]{0,59}\/received_date=2026-05-01\/[0-9a-f]{32}\.[a-z]+$/.test(path))).toEqual([]);
    expect(new Set(written).size).toBe(1 + 1 + new Set(names).size - 2);
  }
  expect((await readdir(directory)).toSorted()).toEqual(["7"]);
  const [wideRow] = await ask(`select id, p0, p978, JSONExtractUInt(other_values, 'p1199') as last, length(JSONExtractKeys(assumeNotNull(other_values))) as others from file('${directory}/7/8/wide/*/*.parquet', Parquet)`);
  expect(wideRow).toEqual({ id: "m-1000", p0: 0, p978: 978, last: 1199, others: 221 });
  expect(await ask(`select uniqExact(event_text) as n from file('${directory}/7/8/order_completed/*/*.parquet', Parquet)`)).toEqual([{ n: 3 }]);
});
