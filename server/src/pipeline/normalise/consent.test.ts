import { describe, expect, test } from "vitest";
import { readConsent } from "./consent.ts";

describe("Consent", () => {
  test.each<[string, Record<string, unknown>, Record<string, boolean>]>([
    ["in Segment's spelling", { consent: { categoryPreferences: { Advertising: true, Analytics: false } } }, { Advertising: true, Analytics: false }],
    ["in RudderStack's spelling", { consentManagement: { provider: "oneTrust", allowedConsentIds: ["C0001", " C0002 "], deniedConsentIds: ["C0003"] } },
      { C0001: true, C0002: true, C0003: false }],
    ["with ids as keys", { consentManagement: { allowedConsentIds: { analytics: "consent" }, deniedConsentIds: { ads: "x" } } }, { analytics: true, ads: false }],
    ["denied and allowed is denied", { consentManagement: { allowedConsentIds: ["a"], deniedConsentIds: ["a"] } }, { a: false }],
    ["denied in one spelling is denied", { consent: { categoryPreferences: { a: true } }, consentManagement: { deniedConsentIds: ["a"] } }, { a: false }],
    ["only true and false are decisions", { consent: { categoryPreferences: { a: "true", b: 1, c: null, d: true } } }, { d: true }],
    ["nameless categories are none", { consent: { categoryPreferences: { "": true, " ": false } } }, {}],
    ["absent", {}, {}],
    ["of another shape", { consent: "yes", consentManagement: [1] }, {}],
    ["with a list where an object belongs", { consent: { categoryPreferences: ["a"] }, consentManagement: { allowedConsentIds: "a" } }, {}],
  ])("%s", (_title, context, expected) => {
    expect(readConsent(context)).toEqual(expected);
  });

  test("takes a bounded number of categories", () => {
    const allowedConsentIds = Array.from({ length: 10_000 }, (_, i) => `c${i}`);
    expect(Object.keys(readConsent({ consentManagement: { allowedConsentIds } }))).toHaveLength(100);
  });
});
