import { expect, test } from "vitest";
import { ownApps } from "../catalog/definitions/labels.ts";
import { appFields, appIdentity, appOf, appProblems, connectionApp, withoutApp } from "./app-settings.ts";
import { consentSlugs, tokenSourceOf, vendorOf } from "./vendors.ts";

test("each of those that need an app of one's own is known to take tokens by consent, by its settings, or a key", () => {
  const by = Object.groupBy(Object.keys(ownApps), tokenSourceOf);
  expect([by.consent?.length, by.settings?.length]).toEqual([22, 8]);
  expect(by.none?.toSorted()).toEqual(["aws-kinesis", "aws-s3", "facebook-conversions-api", "s3"]);
  expect(consentSlugs.filter((slug) => !(slug in ownApps))).toEqual(["google-ads-data-manager", "linkedin-matched-audiences"]);
  expect([tokenSourceOf("constructor"), vendorOf("__proto__", {})]).toEqual(["none", undefined]);
});

test("every address known is HTTPS, what is not known is asked for, and settings put all of it right", () => {
  for (const slug of consentSlugs) {
    const known = appOf(slug, { oauth_client_id: "id", oauth_client_secret: "secret" });
    for (const url of [known?.app.authorizeUrl, known?.app.tokenUrl, known?.app.revokeUrl, known?.app.documentation]) if (url !== undefined) expect(url).toMatch(/^https:\/\/[a-z0-9.-]+\/?/);
    const given = { oauth_client_id: "id", oauth_client_secret: "secret", oauth_authorize_url: "https://a.example.com/", oauth_token_url: "https://t.example.com/", oauth_scopes: "x, y" };
    expect(appOf(slug, given)).toMatchObject({ missing: [], app: { authorizeUrl: "https://a.example.com/", tokenUrl: "https://t.example.com/", scopes: ["x", "y"] } });
    expect(withoutApp({ ...given, own: 1 })).toEqual({ own: 1 });
    expect(appFields(slug).map(({ key }) => key)).toEqual(Object.keys({ oauth_client_id: 0, oauth_client_secret: 0, oauth_scopes: 0, oauth_authorize_url: 0, oauth_token_url: 0 }));
  }
  const missing = consentSlugs.filter((slug) => appOf(slug, { oauth_client_id: "id", oauth_client_secret: "s" })?.missing.length !== 0);
  expect(missing).toEqual(["hilo", "webhook-extensible", "yotpo"]);
  expect(connectionApp({ oauth_client_id: "id" })).toEqual({});
  expect(appProblems({ oauth_token_url: "https://user:pass@example.com/" })).toHaveLength(1);
});

test("where a destination's region or sandbox decides, it decides, and the tokens are another app's", () => {
  const at = (slug: string, settings: object) => vendorOf(slug, { ...settings })?.tokenUrl;
  expect(at("salesforce", { isSandbox: true })).toBe("https://test.salesforce.com/services/oauth2/token");
  expect(at("amazon-amc", { region: "https://advertising-api-eu.amazon.com" })).toBe("https://api.amazon.co.uk/auth/o2/token");
  const identity = (settings: object) => appIdentity(appOf("salesforce", { oauth_client_id: "id", ...settings })?.app ?? { clientId: "", tokenUrl: undefined });
  expect(identity({ isSandbox: true })).not.toBe(identity({}));
});
