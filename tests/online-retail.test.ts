// A year of a real shop through the whole system: the command line sends 305 files, the server imports them, and every
// line, invoice, person and penny is found again through the API and by SQL. Then the import is withdrawn.
import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { definition } from "@tributary/schema/audience/definition.ts";
import { audienceTemplates } from "@tributary/schema/audience/templates.ts";
import { emptyVocabulary, resolveVocabulary } from "@tributary/schema/audience/vocabulary.ts";
import { compileAudiences, writtenSql } from "../server/src/audiences/audiences.ts";
import { API_TOKEN, sql, startServerProcess, type ServerProcess } from "./server-process.ts";

const root = resolve(import.meta.dirname, "..");
const archive = join(process.env["TRIBUTARY_SHARED_DATA"] ?? join(root, "../shared/data"), "online_retail/online-retail-by-day.tar.gz");
const isThere = existsSync(archive);
const NOBODY = "00000000-0000-0000-0000-000000000000";

describe.skipIf(!isThere)(`the Online Retail data${isThere ? "" : ` (skipped: there is no ${archive}; set TRIBUTARY_SHARED_DATA)`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "retail-"));
  let server: ServerProcess;
  let importId = 0;

  beforeAll(async () => {
    execFileSync("tar", ["xzf", archive, "-C", folder]);
    server = await startServerProcess();
    const files = readdirSync(join(folder, "by-day")).filter((name) => name.endsWith(".csv")).sort().map((name) => join(folder, "by-day", name));
    await promisify(execFile)(
      process.execPath, [join(root, "server/src/cli/cli.ts"), "import", ...files, "--mapping", join(root, "docs/examples/online-retail.yaml")],
      { env: { ...process.env, TRIBUTARY_URL: server.url, TRIBUTARY_API_TOKEN: API_TOKEN }, maxBuffer: 1e8 },
    );
    await server.settled(60_000);
    const imports = await server.api<{ data: { id: number; lines: number; accepted: number; refused: number }[] }>("/imports");
    const [made] = imports.data;
    importId = made?.id ?? 0;
    expect(made).toMatchObject({ lines: 541_909, accepted: 25_900, refused: 0 });
  });

  afterAll(async () => {
    await server?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  test("every line and invoice is found by SQL, under its name, marked as history", async () => {
    const [row] = await sql(server.dataDir, `select count() as invoices, uniqExact(message_id) as numbers, sum(length(properties.products[])) as lines,
      countIf(is_historical = 1) as historical from events where outcome = 'stored'`);
    expect(row).toEqual({ invoices: 25_900, numbers: 25_900, lines: 541_909, historical: 25_900 });
    const names = await sql<{ event: string; count: number }>(server.dataDir, `select event, count() as count from events where outcome = 'stored' group by event order by event`);
    expect(names).toEqual([
      { event: "Ledger Adjusted", count: 3 }, { event: "Order Completed", count: 19_963 }, { event: "Order Refunded", count: 3_836 }, { event: "Stock Adjusted", count: 2_098 },
    ]);
  });

  test("quantity times price adds up to the last digit", async () => {
    const total = (where: string): Promise<{ total: string }[]> => sql(server.dataDir, `select toString(sum(
        toDecimal64(JSONExtractRaw(line, 'quantity'), 0) * toDecimal64(JSONExtractRaw(line, 'price'), 3))) as total
      from events array join JSONExtractArrayRaw(raw, 'properties', 'products') as line where outcome = 'stored' and ${where}`);
    expect(await total("1")).toEqual([{ total: "9747747.934" }]);
    expect(await total("event != 'Ledger Adjusted'")).toEqual([{ total: "9758809.994" }]);
  });

  test("there are 4,372 people, and invoices without a customer belong to nobody", async () => {
    const [people] = await sql(server.dataDir, `select uniqExactIf(profile_id, ingest_profile_id != toUUID('00000000-0000-0000-0000-000000000000')) as people,
      countIf(ingest_profile_id = toUUID('00000000-0000-0000-0000-000000000000')) as of_nobody from events where outcome = 'stored'`);
    expect(people).toEqual({ people: 4_372, of_nobody: 3_710 });
    const customer = await server.api<{ event_count: number; latest_events: { event: string }[] }>("/profiles/user_id:13995");
    const [byUser] = await sql<{ count: number }>(server.dataDir, `select count() as count from events where user_id = '13995'`);
    expect(customer.event_count).toBe(byUser?.count);
    const ledger = await server.api<{ balanced: boolean }>("/ledger?verify=true");
    expect(ledger.balanced).toBe(true);
  });

  // On the day after the last invoice. What this shop never told of (carts, payments) its templates can't ask for; of birthdays, genders
  // and colours it has none, so nobody is found by them.
  test("templates find whom SQL written by hand finds", async () => {
    const nowMs = Date.UTC(2011, 11, 10);
    const observed = ["Order Completed", "Order Refunded"].map((event) => ({ event, paths: ["order_id", "currency", "total", "products.name", "products.price", "products.quantity"] }));
    const vocabulary = resolveVocabulary(emptyVocabulary, observed);
    const templates = audienceTemplates(vocabulary, observed[0]?.paths);
    const lacking = templates.filter(({ needs }) => needs.length > 0).map(({ id }) => id);
    expect(lacking.toSorted()).toEqual(["cart_abandoned", "click_and_collect", "failed_payment", "win_back"]);
    const [a, b] = ["WHITE HANGING HEART T-LIGHT HOLDER", "REGENCY CAKESTAND 3 TIER"];
    const orders = `select ingest_profile_id as id, timestamp as at, row_id as row, properties.order_id::String as number, toDecimal64(toString(properties.total), 4) as total, raw
      from events where outcome = 'stored' and event = 'Order Completed' and ingest_profile_id != toUUID('${NOBODY}')`;
    const names = `arrayMap(line -> JSONExtractString(line, 'name'), JSONExtractArrayRaw(raw, 'properties', 'products'))`;
    const now = "toDateTime64('2011-12-10 00:00:00', 3, 'UTC')";
    const byHand: Readonly<Record<string, string>> = {
      vip: `select id from (select id, total from (${orders}) where addMonths(at, 12) > ${now} union all select ingest_profile_id as id, -abs(toDecimal64(toString(properties.total), 4)) as total from events
        where outcome = 'stored' and event = 'Order Refunded' and ingest_profile_id != toUUID('${NOBODY}') and addMonths(timestamp, 12) > ${now}) group by id having sum(total) >= 1000`,
      first_time_buyers: `select id from (${orders}) group by id having count() = 1 and min(at) > ${now} - interval 30 day`,
      at_risk: `select id from (${orders}) group by id having countIf(addMonths(at, 12) > ${now}) >= 2 and max(at) <= ${now} - interval 60 day and max(at) > ${now} - interval 180 day`,
      lapsed: `select id from (${orders}) group by id having max(at) <= ${now} - interval 180 day`,
      bought_a_not_b: `select id from (${orders}) group by id having countIf(has(${names}, '${a}')) > 0 and countIf(has(${names}, '${b}')) = 0`,
      bought_together: `select distinct id from (${orders}) where hasAll(${names}, ['${a}', '${b}'])`,
    };
    const foundBy = async (id: string): Promise<{ size: number; ids: number } | undefined> => {
      const template = templates.find((one) => one.id === id);
      const given = JSON.parse(JSON.stringify(template?.definition).replaceAll("Product A", a).replaceAll("Product B", b));
      const compiled = compileAudiences({ definitions: [definition.parse(given)], nowMs, zone: "Europe/London", words: vocabulary, audience: () => undefined, hasOverrides: true });
      const [row] = await sql<{ size: number; ids: number }>(server.dataDir, `select countIf(m0 = 1) as size, sumIf(cityHash64(profile_id) % 1000003, m0 = 1) as ids from (${writtenSql(compiled.sql, { workspace: 1, ...compiled.params })})`);
      return row;
    };
    for (const [id, query] of Object.entries(byHand)) {
      const found = await foundBy(id);
      const [counted] = await sql<{ size: number; ids: number }>(server.dataDir, `select count() as size, sum(cityHash64(id) % 1000003) as ids from (${query})`);
      expect([id, found]).toEqual([id, counted]);
      expect([id, (found?.size ?? 0) > 20]).toEqual([id, true]);
    }
    expect(await foundBy("birthday_this_month")).toMatchObject({ size: 0 });
    expect(await foundBy("red_dress")).toMatchObject({ size: 0 });
    expect([...lacking, ...Object.keys(byHand), "birthday_this_month", "red_dress"].toSorted()).toEqual(templates.map(({ id }) => id).toSorted());
  });

  test("withdrawn, it leaves nobody behind", async () => {
    await server.api(`/imports/${importId}/withdraw`, { method: "POST", body: {} });
    await server.settled(60_000);
    await expect(server.api("/profiles/user_id:13995")).rejects.toThrow("404");
    const outcomes = await sql(server.dataDir, `select outcome, count() as count from events where outcome != 'control' group by outcome`);
    expect(outcomes).toEqual([{ outcome: "withdrawn", count: 25_900 }]);
  });
});
