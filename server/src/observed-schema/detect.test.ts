import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { FieldPlace } from "@tributary/schema/field.ts";
import { propose, type SeenField, type ValueType } from "./detect.ts";
import { leavesOf } from "./leaves.ts";
import { looksOf, type Look } from "./looks.ts";

const NOW = Date.UTC(2026, 0, 31);

/** As the observer would have seen these values. */
function seen(place: FieldPlace, path: string, values: readonly unknown[]): SeenField {
  const looks: Partial<Record<Look, number>> = {};
  const types: Partial<Record<ValueType, number>> = {};
  for (const value of values) {
    for (const look of looksOf(value, NOW)) looks[look] = (looks[look] ?? 0) + 1;
    const type = typeof value === "string" ? "text" : typeof value === "number" ? "number" : "boolean";
    types[type] = (types[type] ?? 0) + 1;
  }
  return { place, path, sampled: values.length, looks, types };
}

describe("looks", () => {
  test.each<[Look, string]>([
    ["email", "ann@example.com"], ["email", "björn.straße@mail.example.com"], ["email", " ann+shop@example.co.uk "],
    ["phone", "+45 20 10 01 00"], ["phone", "+1 (202) 555-0123"], ["phone", "0049 30 901820"],
    ["ip", "192.0.2.7"], ["ip", "2001:db8::1"],
    ["iban", "DE89 3704 0044 0532 0130 00"], ["iban", "GB82WEST12345698765432"],
    ["card", "4111 1111 1111 1111"], ["card", "378282246310005"],
    ["national_id", "010190-1234"], ["national_id", "078-05-1120"], ["national_id", "131052-308T"], ["national_id", "12345678Z"], ["national_id", "19811218-9876"],
    ["birth_date", "1984-02-29"], ["birth_date", "29.2.1984"], ["birth_date", "02/29/1984"],
    ["coordinates", "55.6761,12.5683"],
    ["email_in_url", "https://shop.example.com/?email=ann%40example.com"], ["email_in_url", "/welcome?u=ann@example.com"], ["email_in_url", "https://example.com/u/ann%2540example.com"],
  ])("%s: %s", (look, value) => {
    expect(looksOf(value, NOW)).toContain(look);
  });

  test.each<[string]>([
    ["ann at example.com"], ["@handle"], ["ann@localhost"], ["12345678"], ["20100100"], ["o-1000234"], ["1.2.3"], ["999.1.1.1"], ["DE89 3704 0044 0532 0130 01"],
    ["4111 1111 1111 1112"], ["1234567890123456"], ["320190-1234"], ["000-12-3456"], ["12345678A"], ["2025-02-01"], ["1984-02-30"], ["1984-02-29T10:00:00Z"],
    ["https://shop.example.com/?q=lamp"], ["https://user@shop.example.com/"], ["Oak table"], [""], ["W".repeat(500)], ["2.5,3.5"],
  ])("nothing: %s", (value) => {
    expect(looksOf(value, NOW)).toEqual([]);
  });
});

describe("proposals by name", () => {
  const texts = Array.from({ length: 12 }, (_, i) => `word ${i}`);
  test.each<[FieldPlace, string]>([
    ["trait", "email"], ["trait", "e_mail"], ["trait", "E-Mail"], ["property", "customerEmail"], ["property", "kunde.email"], ["trait", "phone"], ["trait", "homePhoneNumber"],
    ["trait", "telefon"], ["property", "Handynummer"], ["trait", "vorname"], ["trait", "Nachname"], ["trait", "name"], ["property", "customer.name"], ["trait", "prénom"],
    ["trait", "Straße"], ["property", "shipping.address.zip"], ["trait", "plz"], ["trait", "postnummer"], ["property", "iban"], ["trait", "ssn"], ["trait", "cprNummer"], ["trait", "birthday"],
    ["trait", "date_of_birth"], ["trait", "fødselsdag"], ["context", "ip"], ["property", "lat"], ["context", "location.longitude"], ["context", "device.advertisingId"], ["trait", "gender"], ["property", "comment"],
  ])("%s %s is personal", (place, path) => {
    const { personal, evidence } = propose(seen(place, path, texts));
    expect(personal).toBe(true);
    expect(evidence[0]).toMatch(/^Its name says that it is /);
  });

  test.each<[FieldPlace, string, readonly unknown[]]>([
    ["property", "product.name", texts], ["property", "campaign.name", texts], ["property", "price", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]], ["property", "email_count", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
    ["property", "phone_verified", [true, false]], ["trait", "newsletter", [true, false, true]], ["property", "plan", texts], ["property", "via", texts], ["property", "by", texts],
    ["context", "os.name", texts], ["property", "order_total", [10, 20]], ["property", "ipad", texts], ["property", "latest", texts], ["property", "emailing_cost", texts],
  ])("%s %s is not proposed as personal", (place, path, values) => {
    expect(propose(seen(place, path, values)).personal).not.toBe(true);
  });
});

describe("proposals by values", () => {
  test("say in words what they rest on", () => {
    const values = [...Array.from({ length: 8 }, (_, i) => `person${i}@example.com`), "unknown", "-"];
    expect(propose(seen("property", "contact_point", values))).toEqual({ personal: true, kind: "identity", evidence: ["8 of 10 values look like e-mail addresses."] });
  });

  test("take one address of a page with an e-mail address in it as enough", () => {
    const values = [...Array.from({ length: 40 }, (_, i) => `https://shop.example.com/p/${i}`), "https://shop.example.com/?email=ann%40example.com"];
    expect(propose(seen("context", "page.url", values))).toMatchObject({ personal: true, evidence: ["1 of 41 values looks like an address of a page with an e-mail address in it."] });
  });

  test("do not take a number here and there for a card, a phone or a date of birth", () => {
    const values = [...Array.from({ length: 40 }, (_, i) => `ref ${i}`), "1984-02-29"];
    expect(propose(seen("property", "reference_text", values)).personal).toBe(null);
  });

  test("leave free text to people, and say that little was seen", () => {
    expect(propose(seen("property", "remark_code", Array.from({ length: 30 }, (_, i) => `x${i}`)))).toMatchObject({ personal: null, evidence: [expect.stringContaining("None of 30 values"), expect.stringContaining("Free text")] });
    expect(propose(seen("property", "foo", ["a"]))).toMatchObject({ personal: null, evidence: [expect.stringContaining("Only 1 value was looked at")] });
  });
});

describe("published payloads", () => {
  const folder = join(process.env["TRIBUTARY_SHARED_DATA"] ?? join(import.meta.dirname, "../../../../shared/data"), "segment_spec_events");
  const file = join(folder, "spec_calls.ndjson");
  test.skipIf(!existsSync(file))("are judged as a person would (skipped where shared/data does not stand beside the project)", () => {
    const fields = new Map<string, unknown[]>();
    for (const line of readFileSync(file, "utf8").split("\n").filter((text) => text !== "")) {
      const { call, args } = JSON.parse(line) as { call: string; args: unknown[] };
      // The snippet's arguments: a name or an id, then what is said, then options with a context.
      const place = call === "identify" ? "trait" : call === "group" ? "account" : "property";
      const [said, options] = args.filter((arg) => typeof arg === "object" && arg !== null) as [unknown, { context?: unknown } | undefined];
      for (const [at, value] of [[place, said], ["context", options?.context]] as const) {
        for (const leaf of leavesOf(value)) fields.set(`${at} ${leaf.path}`, [...(fields.get(`${at} ${leaf.path}`) ?? []), leaf.value]);
      }
    }
    const personal = new Set([...fields].filter(([name, values]) => propose(seen(name.split(" ")[0] as FieldPlace, name.slice(name.indexOf(" ") + 1), values)).personal === true).map(([name]) => name));
    const all = [...fields.keys()];
    expect(all.length).toBeGreaterThan(20);
    expect([...personal]).toEqual(expect.arrayContaining(["trait email", "trait firstName", "trait lastName"]));
    for (const name of ["context library.name", "context library.version", "property revenue", "property currency", "context os.name", "context campaign.source", "trait plan"]) expect([...personal]).not.toContain(name);
  });
});
