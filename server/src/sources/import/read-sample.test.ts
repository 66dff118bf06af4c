// The first lines of a file: what is guessed of them, and that what is shown is what an import would make.
import { expect, test } from "vitest";
import { importSampleAnswer, importSampleBody, type ImportSample } from "@tributary/schema/api/import-sample.ts";
import { guessColumn, isNumber, pathOf, plainName } from "./guess-columns.ts";
import { importLimits } from "./import-limits.ts";
import { readSample } from "./read-sample.ts";

async function sampleOf(text: string, more: object = {}): Promise<ImportSample> {
  const answer = await readSample(importSampleBody.parse({ text, whole: true, ...more }));
  expect(importSampleAnswer.safeParse(answer).error?.issues).toBeUndefined();
  return answer;
}

const german = [
  "Kundennummer;Vorname;Nachname;E-Mail-Adresse;PLZ;Umsatz;Kunde seit;Newsletter",
  "10017;Jörg;Müßig;joerg@example.com;01067;1.234,50;03.02.2021;ja",
  "10018;Anna;Beispiel;anna@example.com;20095;99,90;28.11.2022;nein", "",
].join("\r\n");

test("a German file of customers is understood by its names, marks and days", async () => {
  const sample = await sampleOf(german, { name: "Kunden.csv", time_zone: "Europe/Berlin", decimal_mark: "," });
  expect(sample.guess).toEqual({ format: "csv", delimiter: ";", decimal_mark: ",", thousands_mark: ".", needs_zone: true, kind: "people", event_name: "Order Completed" });
  expect(sample.columns.map(({ name, guess: { to, path, type } }) => [name, to, path, type])).toEqual([
    ["Kundennummer", "user_id", "", "text"], ["Vorname", "trait", "firstName", "text"], ["Nachname", "trait", "lastName", "text"], ["E-Mail-Adresse", "trait", "email", "text"],
    ["PLZ", "trait", "address.postalCode", "text"], ["Umsatz", "trait", "umsatz", "number"], ["Kunde seit", "trait", "createdAt", "time"], ["Newsletter", "trait", "newsletter", "boolean"],
  ]);
  expect(sample).toMatchObject({ problem: null, lines: 2, refused: [] });
  expect(sample.events[0]).toMatchObject({
    type: "identify", userId: "10017",
    traits: { firstName: "Jörg", lastName: "Müßig", email: "joerg@example.com", address: { postalCode: "01067" }, umsatz: 1234.5, createdAt: "2021-02-02T23:00:00Z", newsletter: true },
  });
  expect(sample.yaml).toContain("Kundennummer");
});

test("the mapping as text is the mapping: what was proposed reads the same again", async () => {
  const proposed = await sampleOf(german, { time_zone: "Europe/Berlin", decimal_mark: "," });
  const again = await sampleOf(german, { yaml: proposed.yaml });
  expect(again.mapping).toEqual(proposed.mapping);
  expect(again.events).toEqual(proposed.events);
});

test("a file of orders gets order ids, times and properties", async () => {
  const sample = await sampleOf("Order number,Order date,Email,Total,Qty,Note\nA-1,2024-05-01 10:00:00,ann@example.com,12.50,2,\nA-2,2024-05-02 11:00:00,ben@example.com,8.00,1,gift\n", { time_zone: "UTC", decimal_mark: "." });
  expect(sample.guess).toMatchObject({ kind: "events", needs_zone: true, decimal_mark: "." });
  expect(sample.events[1]).toMatchObject({
    type: "track", event: "Order Completed", messageId: "order-A-2", timestamp: "2024-05-02T11:00:00Z",
    properties: { order_id: "A-2", total: 8, quantity: 1, note: "gift" }, context: { traits: { email: "ben@example.com" } },
  });
});

test("calls need no mapping, and lines that can't be used are named", async () => {
  const sample = await sampleOf('{"type":"identify","userId":"u-1","traits":{"email":"a@example.com"}}\n{"type":"identify"}\nno json\n', { name: "calls.ndjson" });
  expect(sample).toMatchObject({ guess: { kind: "calls", format: "ndjson" }, mapping: null, problem: null, lines: 3 });
  expect(sample.events).toHaveLength(1);
  expect(sample.refused.map(({ line, code }) => [line, code])).toEqual([[2, "no_identifier"], [3, "invalid_json"]]);
});

test("what is wrong with a mapping is said, and never thrown", async () => {
  expect((await sampleOf(german)).problem).toMatchObject({ message: expect.stringContaining("numbers") });
  expect((await sampleOf(german, { yaml: "events: [" })).problem).toMatchObject({ message: expect.stringContaining("YAML") });
  expect((await sampleOf(german, { yaml: "version: 2" })).problem).toMatchObject({ message: expect.stringContaining("version") });
  expect((await sampleOf("a,b\n1,2\n", { mapping: { version: 1, events: [{ type: "identify" }], user_id: "missing" } })).problem).toMatchObject({ message: expect.stringContaining("no column missing") });
  expect((await sampleOf("\u0000\u0001")).events).toEqual([]);
});

test("whatever the columns are called, what is proposed is a mapping", async () => {
  const odd = ["__proto__", "constructor", "", ".", "a..b", "x.__proto__.y", "e\u0000nd", "\ud800", "n".repeat(600), "\u202e", "email"];
  const lines = [JSON.stringify(Object.fromEntries(odd.map((name, i) => [name, `v${i}`])))];
  for (const text of [lines.join("\n"), `${odd.join(",")}\n${odd.map((_, i) => `v${i}`).join(",")}\n`]) {
    const sample = await sampleOf(text, { name: text.startsWith("{") ? "odd.json" : "odd.csv" });
    expect(sample.problem).toBeNull();
    expect(sample.events).toHaveLength(1);
  }
});

test("numbers in JSON of which nobody said how they are written are a problem that is told, as in CSV", async () => {
  expect((await sampleOf('{"id":"u-1","spent":"12.5"}\n', { name: "people.ndjson" })).problem).toMatchObject({ message: expect.stringContaining("spent") });
});

test("lines that share no names make no table of their product", async () => {
  const lines = Array.from({ length: 200 }, (_, line) => JSON.stringify(Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`f${line}_${i}`, 1]))));
  expect((await sampleOf(lines.join("\n"), { name: "wide.ndjson" })).columns).toHaveLength(importLimits.columnsMax);
});

test("a sample that breaks off within a line is read up to that line", async () => {
  const sample = await sampleOf("Email\nann@example.com\nben@exam", { whole: false });
  expect(sample).toMatchObject({ lines: 1 });
});

test("ids, codes and days that could be read two ways are left as they are", () => {
  expect(["1", "1.5", "1.234,50", "-3", "1 234"].every(isNumber)).toBe(true);
  expect(["01067", "+4520100100", "1,2,3", "1e5", "", "12%"].some(isNumber)).toBe(false);
  expect(guessColumn("Ident", ["00123", "00124"], false)).toMatchObject({ type: "text" });
  expect(guessColumn("At", ["1/2/2024", "3/4/2024"], true)).toMatchObject({ type: "time", time_format: "d/M/yyyy" });
  expect(guessColumn("At", ["1/22/2024", "3/4/2024"], true)).toMatchObject({ type: "time", time_format: "M/d/yyyy" });
  expect(guessColumn("At", ["1/2/2024", "2024-01-01"], true)).toMatchObject({ type: "text" });
  expect([plainName("E-Mail-Adresse"), plainName("Straße"), plainName("Fødselsdag")]).toEqual(["emailadresse", "strasse", "foedselsdag"]);
  expect([pathOf("Letzter Einkauf"), pathOf("ID"), pathOf("a.b[0]"), pathOf("__proto__"), pathOf("!!")]).toEqual(["letzterEinkauf", "id", "aB0", "proto", "!!"]);
});
