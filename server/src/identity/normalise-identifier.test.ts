import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultWorkspaceSettings, type NamespaceRule } from "@tributary/schema/settings.ts";
import { IDENTIFIER_LENGTH_MAX, normaliseIdentifier } from "./normalise-identifier.ts";
import { compileIdentityRules, PATTERN_LENGTH_MAX } from "./rules.ts";

const base = defaultWorkspaceSettings.identity;
const rules = compileIdentityRules(base);

function normalise(namespace: string, raw: unknown, phoneCountry?: string): string {
  const rule = rules.byName.get(namespace);
  if (!rule) throw new Error(`no namespace ${namespace}`);
  const normalised = normaliseIdentifier(raw, rule, phoneCountry);
  return "value" in normalised ? normalised.value : `! ${normalised.invalid}`;
}

function normaliseWith(change: Partial<NamespaceRule>, raw: unknown): string {
  const [first] = base.namespaces;
  if (!first) throw new Error("no namespaces");
  const namespaces = [{ ...first, blockedValues: [], blockedPatterns: [], ...change }];
  const [rule] = compileIdentityRules({ ...base, namespaces }).namespaces;
  if (!rule) throw new Error("not compiled");
  const normalised = normaliseIdentifier(raw, rule, undefined);
  return "value" in normalised ? normalised.value : `! ${normalised.invalid}`;
}

describe("user ids", () => {
  it.each<[string, unknown, string]>([
    ["plain", "u-17", "u-17"],
    ["case kept", "AbC", "AbC"],
    ["white space around", "  u17\t\n", "u17"],
    ["white space inside kept", "u 17", "u 17"],
    ["no-break space around", "\u00a0u17\u3000", "u17"],
    ["zero-width space and byte order mark around", "\ufeffu17\u200b", "u17"],
    ["direction marks around", "\u200eu17\u200f", "u17"],
    ["decomposed accent composed", "Jose\u0301", "Jos\u00e9"],
    ["ligatures and full width kept: only canonical forms are the same", "\ufb01\uff11", "\ufb01\uff11"],
    ["a number", 13995, "13995"],
    ["a number written with a fraction of zero", 13995.0, "13995"],
    ["a fraction", 1.5, "1.5"],
    ["a negative number", -42, "-42"],
    ["the largest exact integer", Number.MAX_SAFE_INTEGER, "9007199254740991"],
    ["a big integer that is exact", 9007199254740993n, "9007199254740993"],
    ["an integer that lost digits", 2 ** 53, "! imprecise_number"],
    ["an integer written with an exponent", 1e21, "! imprecise_number"],
    ["infinity", Infinity, "! imprecise_number"],
    ["minus zero", -0, "! blocked"],
    ["zero", 0, "! blocked"],
    ["a boolean", true, "! not_text"],
    ["an object", { id: "u" }, "! not_text"],
    ["a list", ["u"], "! not_text"],
    ["only white space", " \t ", "! empty"],
    ["only invisible characters", "\u200b\u2060", "! empty"],
    ["a NUL", "u\u000017", "! control_characters"],
    ["a line break inside", "u\n17", "! control_characters"],
    ["a C1 control", "u\u009f", "! control_characters"],
    ["a lone surrogate", "u\ud800", "! control_characters"],
    ["an emoji", "🦊", "🦊"],
    ["right-to-left text", "משתמש", "משתמש"],
    ["the longest", "x".repeat(IDENTIFIER_LENGTH_MAX).replace(/^x/, "u"), `u${"x".repeat(IDENTIFIER_LENGTH_MAX - 1)}`],
    ["too long", "u".repeat(IDENTIFIER_LENGTH_MAX + 1), "! too_long"],
    ["too long only once composed", "\u0958".repeat(400), "! too_long"],
    ["null as a word", "null", "! blocked"],
    ["null shouted, with spaces", "  NULL ", "! blocked"],
    ["undefined", "undefined", "! blocked"],
    ["(not set)", "(not set)", "! blocked"],
    ["an object turned to text", "[object Object]", "! blocked"],
    ["the nil UUID", "00000000-0000-0000-0000-000000000000", "! blocked"],
    ["zeros", "0000", "! blocked"],
    ["dashes", "--", "! blocked"],
    ["masked", "XXX.xxx", "! blocked"],
    ["a value that only contains a blocked one", "null-island", "null-island"],
    ["a member of Object.prototype", "constructor", "constructor"],
    ["__proto__", "__proto__", "__proto__"],
  ])("%s", (_title, raw, expected) => expect(normalise("user_id", raw)).toBe(expected));
});

describe("emails", () => {
  it.each<[string, unknown, string]>([
    ["plain", "ada@example.com", "ada@example.com"],
    ["case and white space", "  Ada.Lovelace@Example.COM ", "ada.lovelace@example.com"],
    ["a tag is part of the address", "ada+shop@example.com", "ada+shop@example.com"],
    ["dots are part of the address", "a.d.a@example.com", "a.d.a@example.com"],
    ["dots in a row, as some carriers gave out", "ada..l.@example.co.jp", "ada..l.@example.co.jp"],
    ["an apostrophe", "o'neil@example.com", "o'neil@example.com"],
    ["letters of other scripts", "Jörg@example.com", "jörg@example.com"],
    ["an international domain, both spellings", "ada@MÜNCHEN.example", "ada@xn--mnchen-3ya.example"],
    ["an international domain in ASCII", "ada@xn--mnchen-3ya.example", "ada@xn--mnchen-3ya.example"],
    ["an invisible character pasted along", "ada@example.com\u200b", "ada@example.com"],
    ["an invisible character inside", "ada\u200b@example.com", "! not_an_email"],
    ["with a name", "Ada <ada@example.com>", "! not_an_email"],
    ["two addresses", "ada@example.com,bob@example.com", "! not_an_email"],
    ["two at signs", "ada@@example.com", "! not_an_email"],
    ["no local part", "@example.com", "! not_an_email"],
    ["no domain", "ada@", "! not_an_email"],
    ["no top level", "ada@localhost", "! not_an_email"],
    ["a trailing dot", "ada@example.com.", "! not_an_email"],
    ["an empty label", "ada@example..com", "! not_an_email"],
    ["a label that begins with a hyphen", "ada@-example.com", "! not_an_email"],
    ["an address of numbers", "ada@127.0.0.1", "! not_an_email"],
    ["a space inside", "ada lovelace@example.com", "! not_an_email"],
    ["percent-encoded", "ada%40example.com", "! not_an_email"],
    ["mailto", "mailto:ada@example.com", "! not_an_email"],
    ["a local part of 65", `${"a".repeat(65)}@example.com`, "! not_an_email"],
    ["255 characters", `${"a".repeat(63)}@${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(63)}`, "! not_an_email"],
    ["a number", 42, "! not_an_email"],
    ["a test address", "TEST@test.com", "! blocked"],
    ["null", "null", "! blocked"],
  ])("%s", (_title, raw, expected) => expect(normalise("email", raw)).toBe(expected));
});

describe("phone numbers", () => {
  it.each<[string, unknown, string | undefined, string]>([
    ["E.164", "+14155552671", undefined, "+14155552671"],
    ["with spaces, brackets and dashes", " +1 (415) 555-2671 ", undefined, "+14155552671"],
    ["with the zero that is dialled at home", "+44 (0)20 7946 0958", undefined, "+442079460958"],
    ["as a link", "tel:+1-415-555-2671", undefined, "+14155552671"],
    ["a full-width plus", "＋14155552671", undefined, "+14155552671"],
    ["Arabic digits", "+٤٤٢٠٧٩٤٦٠٩٥٨", undefined, "+442079460958"],
    ["national, country known", "020 7946 0958", "GB", "+442079460958"],
    ["national, country in lower case", "020 7946 0958", "gb", "+442079460958"],
    ["national as a number", 2079460958, "GB", "+442079460958"],
    ["international prefix, country known", "0044 20 7946 0958", "DE", "+442079460958"],
    ["national, country unknown", "020 7946 0958", undefined, "! phone_without_country"],
    ["national, country that does not exist", "020 7946 0958", "XX", "! phone_without_country"],
    ["with an extension", "+1 415 555 2671 ext. 89", undefined, "! phone_with_extension"],
    ["too short", "+1 415 555", undefined, "! not_a_phone_number"],
    ["no such number", "+1 111 111 1111", undefined, "! not_a_phone_number"],
    ["no such country code", "+999 123456789", undefined, "! not_a_phone_number"],
    ["two numbers", "+14155552671 / +14155552672", undefined, "! not_a_phone_number"],
    ["a sentence", "call +14155552671", "US", "! not_a_phone_number"],
    ["zeros", "0000000000", "US", "! blocked"],
    ["unknown", "Unknown", "US", "! blocked"],
  ])("%s", (_title, raw, country, expected) => expect(normalise("phone", raw, country)).toBe(expected));
});

describe("device ids", () => {
  it.each<[string, string, unknown, string]>([
    ["an advertising id in upper case", "advertising_id", "6D92078A-8246-4BA4-AE5B-76104861E7DC", "6d92078a-8246-4ba4-ae5b-76104861e7dc"],
    ["advertising switched off", "advertising_id", "00000000-0000-0000-0000-000000000000", "! blocked"],
    ["zeros without dashes", "device_id", "00000000000000", "! blocked"],
    ["zeros as a MAC address", "device_id", "00:00:00:00:00:00", "! blocked"],
    ["zeros in braces", "device_id", "{00000000-0000-0000-0000-000000000000}", "! blocked"],
    ["what phones answer instead of the MAC address", "device_id", "02:00:00:00:00:00", "! blocked"],
    ["an id that a whole series of phones had", "device_id", "9774D56D682E549C", "! blocked"],
    ["an ordinary one that begins with zeros", "device_id", "0000-17", "0000-17"],
    ["a dotless i in upper case", "advertising_id", "İD", "i̇d"],
  ])("%s", (_title, namespace, raw, expected) => expect(normalise(namespace, raw)).toBe(expected));
});

describe("blocked patterns", () => {
  it("match the whole value, in any case", () => {
    expect(normaliseWith({ blockedPatterns: ["guest-\\d+"] }, "Guest-12")).toBe("! blocked");
    expect(normaliseWith({ blockedPatterns: ["guest-\\d+"] }, "a-guest-12")).toBe("a-guest-12");
    expect(normaliseWith({ blockedPatterns: ["a|b"] }, "ab")).toBe("ab");
    expect(normaliseWith({ blockedPatterns: ["a|b"] }, "b")).toBe("! blocked");
  });

  it("also meet the normalised form", () => {
    expect(normaliseWith({ normalise: "phone", blockedPatterns: ["\\+1415555\\d{4}"] }, "+1 (415) 555-2671")).toBe("! blocked");
  });

  it("take linear time, whatever people write", () => {
    // With backtracking this would not end within the age of the universe; the test's own time limit is the assertion.
    expect(normaliseWith({ blockedPatterns: ["(a+)+$", "(a|aa)*c", "(.*a){20}b"] }, `${"a".repeat(500)}!`)).toBe(`${"a".repeat(500)}!`);
  });

  it("that can't be used are named and left out, and stop nothing", () => {
    const [first] = base.namespaces;
    if (!first) throw new Error("no namespaces");
    const compiled = compileIdentityRules({
      ...base, namespaces: [{ ...first, blockedPatterns: ["(?=look)ahead", "(open", "x".repeat(PATTERN_LENGTH_MAX + 1), "fine"] }, first],
    });
    expect(compiled.problems).toHaveLength(4);
    expect(compiled.problems.join("\n")).toContain("(?=look)ahead");
    expect(compiled.problems.join("\n")).toContain("defined twice");
    expect(compiled.namespaces[0]?.blockedPatterns).toHaveLength(1);
    expect(compileIdentityRules(base).problems).toEqual([]);
  });
});

describe("normalising", () => {
  it("changes nothing that is already normalised", () => {
    const odd = fc.constantFrom("İ", "ΑΣ", "ﬁ", "\u0958");
    const texts = fc.oneof(fc.string({ unit: "binary" }), fc.emailAddress(), fc.string({ unit: "grapheme" }), odd);
    const words = fc.tuple(fc.constantFrom("user_id", "email", "advertising_id", "phone"), texts);
    fc.assert(fc.property(words, ([namespace, text]) => {
      const once = normalise(namespace, text);
      if (!once.startsWith("! ")) expect(normalise(namespace, once)).toBe(once);
    }), { numRuns: 2000 });
  });

  it("gives values that every store accepts: bounded, well-formed, without NUL", () => {
    const names = fc.constantFrom("user_id", "email", "advertising_id");
    fc.assert(fc.property(names, fc.string({ unit: "binary", maxLength: 600 }), (namespace, text) => {
      const value = normalise(namespace, text);
      expect(value.isWellFormed() && !value.includes("\u0000") && value.length > 0 && value.length <= IDENTIFIER_LENGTH_MAX).toBe(true);
    }), { numRuns: 2000 });
  });
});
