import { describe, expect, test } from "vitest";
import { defaultWorkspaceSettings } from "@tributary/schema/settings.ts";
import { hasWords, meets, parseSearch, wordsOf } from "./search-query.ts";

const parse = (text: string) => parseSearch(text, defaultWorkspaceSettings);
const traits = (values: Record<string, unknown>) => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));

describe("what somebody typed", () => {
  test.each([
    ["email:ann@example.com", { identifiers: [{ namespace: "email", value: "ann@example.com" }] }],
    ["phone: 20 12 34 56", { identifiers: [{ namespace: "phone", value: "20 12 34 56" }] }],
    ["order_id:W-1", { references: [{ name: "order_id", value: "W-1" }] }],
    ["city = Aarhus", { traits: [{ name: "city", match: "equals", value: "Aarhus" }] }],
    ['city="New York" and name contains lee', {
      traits: [{ name: "city", match: "equals", value: "New York" }, { name: "name", match: "contains", value: "lee" }] }],
    ["ann lee and plan:pro", { traits: [{ name: "plan", match: "equals", value: "pro" }], text: "ann lee" }],
    ["Rock and Roll Ltd", { text: "Rock and Roll Ltd" }],
    ["https://example.com/a", { text: "https://example.com/a" }],
    ["city =", { text: "city =" }],
    ["contains", { text: "contains" }],
    ["", {}],
  ])("%s", (text, expected) => {
    expect(parse(text)).toEqual({ identifiers: [], references: [], traits: [], text: "", ...expected });
  });

  test("compares values without case, looks into objects and lists, and never into what is inherited", () => {
    const known = traits({ City: "ÅRHUS", tags: ["Gold", "new"], address: { zip: 8000 }, seen: null });
    expect(meets(known, { name: "City", match: "equals", value: "århus" })).toBe(true);
    expect(meets(known, { name: "tags", match: "equals", value: "gold" })).toBe(true);
    expect(meets(known, { name: "tags", match: "equals", value: "gol" })).toBe(false);
    expect(meets(known, { name: "address.zip", match: "equals", value: "8000" })).toBe(true);
    for (const name of ["seen", "constructor", "address.constructor.name", "none"])
      expect(meets(known, { name, match: "contains", value: "" }), name).toBe(false);
  });

  test("wants every word, wherever it stands", () => {
    const known = traits({ firstName: "Ann", lastName: "Lee", city: "Odense" });
    expect(hasWords(known, ["ann@example.com"], wordsOf("LEE odense example"))).toBe(true);
    expect(hasWords(known, [], wordsOf("lee aarhus"))).toBe(false);
    expect(hasWords(known, [], wordsOf("firstName"))).toBe(false);
  });
});
