import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MASK, maskKindOf, maskTree, maskValue, maskWithin, type MaskKind } from "./mask.ts";
import { maskUrl } from "./mask-url.ts";

describe("one value", () => {
  test.each<[MaskKind, unknown, unknown]>([
    ["email", "ada@example.com", "a•••@example.com"],
    ["text", " Ada.Lovelace+news@mail.example.com ", "A•••@mail.example.com"],
    ["email", "not an address", "n•••"],
    ["phone", "+45 70 10 11 55", "+45 •••55"],
    ["text", "+14155550123", "+1 •••23"],
    ["phone", "70 10 11 55", "•••55"],
    ["phone", "112", "•••"],
    ["name", "Ada Lovelace", "A•••"],
    ["name", "Øjvind", "Ø•••"],
    ["name", "Li", "•••"],
    ["text", "a customer since long ago", "a•••"],
    ["text", "1990-12-10", "•••"],
    ["text", "42", "•••"],
    ["text", 42, "•••"],
    ["text", true, "•••"],
    ["text", ["anything"], "•••"],
    ["id", "customer-4711", "cu•••"],
    ["id", "4711", "•••"],
    ["id", "471147114711", "47•••"],
    ["ip", "192.0.2.7", "•••"],
    ["text", "", ""],
    ["text", null, null],
    ["text", "\u202eabcdef", "•••"],
    ["text", "👩‍👩‍👧 family", "•••"],
  ])("a %s %j is shown as %j", (kind, value, shown) => {
    expect(maskValue(kind, value)).toBe(shown);
  });

  test.each(["gender", "profile.maritalStatus", "religion", "Nationality"])("of %s not even the first letter is shown, which says all", (path) => {
    expect(maskTree({ [path]: "female" }, maskKindOf)).toEqual({ [path]: MASK });
  });

  const kinds = fc.constantFrom<MaskKind>("email", "phone", "name", "text", "id", "ip", "secret");
  const texts = fc.oneof(
    fc.string({ minLength: 3, maxLength: 300, unit: "grapheme" }), fc.emailAddress(), fc.stringMatching(/^\+\d{7,15}$/), fc.uuid(), fc.ipV4(), fc.webUrl(),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  );

  /** What must not be seen: all of it, but for the domain of an address, which is shown. */
  const hiddenPart = (text: string) => (text.includes("@") ? text.slice(0, text.lastIndexOf("@")) : text);

  test("no three characters of what is hidden are in what is shown, but for a country's code", () => {
    fc.assert(
      fc.property(kinds, texts, (kind, text) => {
        const shown = String(maskValue(kind, text));
        const seen = (shown.includes("@") ? hiddenPart(shown) : shown).replace(/^\+\d{1,3} /, "");
        const hidden = Array.from(shown.includes("@") ? hiddenPart(text.trim()) : text.trim());
        for (let at = 0; at + 3 <= hidden.length; at++) {
          const part = hidden.slice(at, at + 3).join("");
          if (part !== MASK) expect(seen).not.toContain(part);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("two long texts that begin alike can't be told apart by their length", () => {
    const tail = fc.stringMatching(/^[a-z]{8,400}$/);
    fc.assert(
      fc.property(kinds, fc.stringMatching(/^[a-z]{2}$/), tail, tail, (kind, begin, one, other) => {
        expect(maskValue(kind, begin + one)).toBe(maskValue(kind, begin + other));
        expect(maskValue(kind, `${begin}${one.slice(0, 60)}@example.com`)).toBe(maskValue(kind, `${begin}${other.slice(0, 60)}@example.com`));
      }),
    );
  });

  test("numbers of any length, dates, booleans, lists and objects all look the same", () => {
    fc.assert(fc.property(kinds, fc.oneof(fc.double(), fc.bigInt(), fc.boolean(), fc.object(), fc.array(fc.string())), (kind, value) => {
      expect(maskValue(kind, value)).toBe(MASK);
    }));
  });
});

test.each([
  ["Order Completed", "Order Completed"],
  ["Signed up ada@example.com", "Signed up a•••@example.com"],
  ["Called +45 70 10 11 55 back", "Called +45 •••55 back"],
  ["4f3a2b10-9c1d-4e5f-8a7b-123456789012", "4f3a2b10-9c1d-4e5f-8a7b-123456789012"],
  ["report-2026-05-01", "report-2026-05-01"],
])("within a name, %j is shown as %j", (text, shown) => {
  expect(maskWithin(text)).toBe(shown);
});

test.each([
  ["https://shop.example.com/shoes/red-shoe", "https://shop.example.com/shoes/red-shoe"],
  ["https://shop.example.com/orders/10042?email=ada%40example.com&utm_source=mail&page=2", "https://shop.example.com/orders/•••?email=•••&utm_source=mail&page=•••"],
  ["https://ada:secret@shop.example.com/", "https://•••@shop.example.com/"],
  ["/u/ada%40example.com/edit", "/u/•••/edit"],
  ["/reset/9f86d081884c7d659a2feaa0c55ad015#step", "/reset/•••#•••"],
  ["/p/4f3a2b10-9c1d-4e5f-8a7b-123456789012", "/p/•••"],
  ["?q=ada", "?q=•••"],
  ["?ada@example.com", "?•••"],
  ["?utm_campaign=ada@example.com", "?utm_campaign=•••"],
  ["", ""],
])("the address %j is shown as %j", (url, shown) => {
  expect(maskUrl(url)).toBe(shown);
  expect(maskValue("url", url)).toBe(shown);
});

test("what is no address but stands where one should is masked as words", () => {
  expect(maskValue("url", "red shoes for ada")).toBe("r•••");
  expect(maskUrl("mailto:ada@example.com")).toBe("mailto:•••");
});

describe("within objects and lists", () => {
  const kindOf = (path: string): MaskKind | undefined => (path === "products.price" || path === "plan" ? undefined : "text");

  test("each leaf is masked by its dotted path; items of lists have that of the list", () => {
    expect(maskTree({ plan: "gold", city: "Aarhus", products: [{ price: 5, note: "for Ada" }], tags: ["vip", "danish"] }, kindOf)).toEqual({
      plan: "gold", city: "A•••", products: [{ price: 5, note: "f•••" }], tags: ["•••", "d•••"],
    });
  });

  test("names that are somebody's address or number are masked, and two of them both stay", () => {
    expect(maskTree({ "ada@example.com": 1, "amy@example.com": 2, "+4570101155": 3, "ada@example": { com: 4 } }, kindOf)).toEqual({
      "a•••@example.com": MASK, "a•••@example.com (2)": MASK, "+45 •••55": MASK, "a•••@example": { com: MASK },
    });
  });

  test("nothing reaches a prototype, and what is too deep is hidden as a whole", () => {
    const deep = JSON.parse(`${'{"a":'.repeat(300)}"secret"${"}".repeat(300)}`) as unknown;
    expect(JSON.stringify(maskTree(deep, () => undefined))).not.toContain("secret");
    const masked = maskTree(JSON.parse('{"__proto__":{"admin":"yes please"}}'), kindOf) as object;
    expect(Object.getPrototypeOf(masked)).toBe(Object.prototype);
    expect(Object.keys(masked)).toEqual(["__proto__"]);
  });
});
