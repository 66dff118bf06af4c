// The UCI Online Retail data through the example mapping of the documentation: every line and every penny comes out.
import { execFileSync } from "node:child_process";
import { createReadStream, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { importMapping } from "@tributary/schema/import.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { addDecimals, decimalOf, decimalText, multiplyDecimals, zeroDecimal } from "./decimals.ts";
import { readImport } from "./read-import.ts";

const root = resolve(import.meta.dirname, "../../../..");
const archive = join(process.env["TRIBUTARY_SHARED_DATA"] ?? join(root, "../shared/data"), "online_retail/online-retail-by-day.tar.gz");
const isThere = existsSync(archive);

interface Product { product_id: string; quantity: string; price: string; invoiced_at: string }
interface Invoice { event: string; userId?: string; messageId: string; timestamp: string; products: Product[]; total: string }

describe.skipIf(!isThere)(`the Online Retail data${isThere ? "" : ` (skipped: there is no ${archive}; set TRIBUTARY_SHARED_DATA)`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "retail-"));
  const invoices: Invoice[] = [];
  const counts = { lines: 0, events: 0, refused: 0, skipped: 0 };

  beforeAll(async () => {
    execFileSync("tar", ["xzf", archive, "-C", folder]);
    const mapping = importMapping.parse(parse(readFileSync(join(root, "docs/examples/online-retail.yaml"), "utf8")));
    for (const file of readdirSync(join(folder, "by-day")).filter((name) => name.endsWith(".csv")).sort()) {
      const plan = { format: "csv", mapping, reading: {}, messageIdOf: (line: number) => `unused-${line}` } as const;
      let last = counts;
      for await (const step of readImport(createReadStream(join(folder, "by-day", file)), plan).steps) {
        last = step.counts;
        for (const event of step.events) invoices.push(asInvoice(event.json));
      }
      for (const key of ["lines", "events", "refused", "skipped"] as const) counts[key] += last[key];
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("every line of the 305 files is in one of 25,900 invoices", () => {
    expect(counts).toEqual({ lines: 541_909, events: 25_900, refused: 0, skipped: 0 });
    expect(invoices.reduce((sum, invoice) => sum + invoice.products.length, 0)).toBe(541_909);
    expect(new Set(invoices.map((invoice) => invoice.messageId)).size).toBe(25_900);
  });

  test("each invoice has the name that its number and its lines give it", () => {
    const byName = Object.fromEntries(Object.entries(Object.groupBy(invoices, (invoice) => invoice.event)).map(([name, all]) => [name, all?.length]));
    expect(byName).toEqual({ "Order Completed": 19_963, "Order Refunded": 3_836, "Stock Adjusted": 2_098, "Ledger Adjusted": 3 });
  });

  test("4,372 customers are found, and 3,710 invoices belong to nobody", () => {
    const customers = new Set(invoices.flatMap((invoice) => invoice.userId ?? []));
    expect(customers.size).toBe(4_372);
    expect([...customers].every((id) => /^\d{5}$/.test(id))).toBe(true);
    expect(invoices.filter((invoice) => invoice.userId === undefined)).toHaveLength(3_710);
  });

  test("quantity times price adds up to the last digit, line by line and by the invoices' totals", () => {
    expect(checksum(invoices)).toBe("9747747.934");
    expect(checksum(invoices.filter((invoice) => invoice.event !== "Ledger Adjusted"))).toBe("9758809.994");
    expect(decimalText(invoices.reduce((sum, invoice) => addDecimals(sum, decimalOf(invoice.total)), zeroDecimal))).toBe("9747747.934");
  });

  test("43 invoices keep more than one time, and lines that repeat all count", () => {
    expect(invoices.filter((invoice) => new Set(invoice.products.map((each) => each.invoiced_at)).size > 1)).toHaveLength(43);
    for (const invoice of invoices) expect(invoice.timestamp).toBe(invoice.products.map((each) => each.invoiced_at).sort()[0]);
  });

  test("times are London's: an hour ahead of UTC in July, none in January", () => {
    expect(invoices.find((invoice) => invoice.messageId === "online-retail-560776")?.timestamp).toBe("2011-07-21T07:44:00Z");
    expect(invoices.find((invoice) => invoice.messageId === "online-retail-536365")?.timestamp).toBe("2010-12-01T08:26:00Z");
  });
});

function asInvoice(json: Buffer): Invoice {
  // Numbers as the digits of the file, so that nothing is rounded on the way to the sums.
  const event = JSON.parse(String(json), (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === "number" ? context?.source : value);
  return { ...event, products: event.properties.products, total: event.properties.total };
}

function checksum(of: readonly Invoice[]): string {
  let sum = zeroDecimal;
  for (const { products } of of) for (const each of products) sum = addDecimals(sum, multiplyDecimals(decimalOf(each.quantity), decimalOf(each.price)));
  return decimalText(sum);
}
