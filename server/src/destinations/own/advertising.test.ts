// Google, X and LinkedIn, as their documentation says they are spoken to. None of them was called.
import { hash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { AudienceAtVendor, Destination, SendRequest } from "../destination.ts";
import { contractEvent, contractNowMs, destinationContract, type ContractCase } from "../testing-contract.ts";
import { outboundToLoopback, startTestVendor, type Reply, type TakenRequest } from "../testing-vendor.ts";
import type { OwnParts } from "./define-destination.ts";
import { googleDataManager } from "./google-data-manager.ts";
import { eachOf, hashedEmail, hashedName, hashedPhone } from "./hashed-identifiers.ts";
import { linkedinAudiences } from "./linkedin-audiences.ts";
import { authorizationOf } from "./oauth1.ts";
import { xAudiences } from "./x-audiences.ts";

const sha256 = (text: string): string => hash("sha256", text, "hex");
const accessToken = "canary-access-token";
const oauth = { accessToken, refreshToken: "canary-refresh-token" };
const listed: AudienceAtVendor = { key: "at_risk", id: 5, name: "At risk", externalId: "4711", settings: { audienceId: "4711" } };
const people = [{ email: " Ann.Lee@Gmail.com " }, { email: ["bob@example.com", "BOB@example.com"], phone: "+49 (30) 1234567" }];
const json = (body: unknown, status = 200, headers = {}): Reply => ({ status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) });

const parts = (origin: string, url: string): OwnParts => ({ outbound: outboundToLoopback({ [origin]: url }), filesDirectory: "", nowMs: () => contractNowMs, timeoutMs: 20_000 });
const google = {
  destination: googleDataManager,
  origins: ["https://datamanager.googleapis.com"],
  connection: () => ({ settings: { customerId: "1234567890", loginCustomerId: "9876543210" }, oauth }),
  secrets: [accessToken, "canary-refresh-token"],
  good: json({ requestId: "r-1" }),
  isForbiddenOfAccount: true,
  isStatusAll: false,
} satisfies Partial<ContractCase>;
const googleAccounts = { operatingAccount: { accountType: "GOOGLE_ADS", accountId: "1234567890" }, loginAccount: { accountType: "GOOGLE_ADS", accountId: "9876543210" } };
const bobAtGoogle = { userIdentifiers: [{ emailAddress: sha256("bob@example.com") }, { phoneNumber: sha256("+49301234567") }] };

destinationContract("Google: who entered an audience", {
  ...google,
  action: "sync_audience", syncMode: "add", audience: listed, payloads: [people[0] ?? {}, { ...people[1], adUserData: "CONSENT_GRANTED" }],
  requests: [{
    method: "POST", path: "/v1/audienceMembers:ingest", headers: { authorization: `Bearer ${accessToken}`, "content-type": "application/json" },
    body: {
      destinations: [{ ...googleAccounts, productDestinationId: "4711" }],
      audienceMembers: [{ userData: { userIdentifiers: [{ emailAddress: sha256("annlee@gmail.com") }] } }, { consent: { adUserData: "CONSENT_GRANTED" }, userData: bobAtGoogle }],
      encoding: "HEX", termsOfService: { customerMatchTermsOfServiceStatus: "ACCEPTED" },
    },
  }],
  sameAgain: "who is in is added once",
  hostile: { payload: (text) => ({ email: "ann@example.com", firstName: "Ann", lastName: text, postalCode: "10115", country: "DE" }), found: ({ body }) => body.includes(sha256("ann")), expected: (text) => hashedName(text) !== undefined },
});

destinationContract("Google: a conversion", {
  ...google,
  action: "send_conversion",
  payloads: [
    { conversionAction: "77", transactionId: "o-1", timestamp: "2026-05-01T10:00:00+02:00", value: "120.5", currency: "eur", source: "WEB", gclid: "g-1" },
    { conversionAction: "77", transactionId: "o-2", timestamp: "2026-05-01T10:00:00Z", ...people[1] },
  ],
  requests: [{
    method: "POST", path: "/v1/events:ingest",
    body: {
      destinations: [{ ...googleAccounts, productDestinationId: "77" }], encoding: "HEX",
      events: [
        { transactionId: "o-1", eventTimestamp: "2026-05-01T08:00:00.000Z", conversionValue: 120.5, currency: "EUR", eventSource: "WEB", adIdentifiers: { gclid: "g-1" } },
        { transactionId: "o-2", eventTimestamp: "2026-05-01T10:00:00.000Z", userData: bobAtGoogle },
      ],
    },
  }],
  idempotencyOf: ({ body }) => (JSON.parse(body) as { events: { transactionId: string }[] }).events.map((event) => event.transactionId),
  hostile: { payload: (text) => ({ conversionAction: "77", transactionId: text, timestamp: "2026-05-01T10:00:00Z", gclid: text }), found: ({ body }) => (JSON.parse(body) as { events: [{ transactionId: string }] }).events[0].transactionId, expected: (text) => text },
});

const developerToken = "canary-developer-token";
destinationContract("Google: a conversion that is taken back", {
  ...google,
  origins: ["https://googleads.googleapis.com"],
  connection: () => ({ settings: { customerId: "1234567890", loginCustomerId: "9876543210", developerToken, adsVersion: "v23" }, oauth }),
  secrets: [accessToken, developerToken],
  good: json({ results: [{}, {}] }),
  action: "adjust_conversion",
  payloads: [
    { conversionAction: "77", transactionId: "o-1", adjustment: "RETRACTION", timestamp: "2026-05-03T12:00:00+02:00" },
    { conversionAction: "78", transactionId: "o-2", adjustment: "RESTATEMENT", timestamp: "2026-05-03T12:00:00Z", value: 20.5, currency: "eur" },
  ],
  requests: [{
    method: "POST", path: "/v23/customers/1234567890:uploadConversionAdjustments", headers: { authorization: `Bearer ${accessToken}`, "developer-token": developerToken, "login-customer-id": "9876543210" },
    body: {
      conversionAdjustments: [
        { conversionAction: "customers/1234567890/conversionActions/77", adjustmentType: "RETRACTION", orderId: "o-1", adjustmentDateTime: "2026-05-03 10:00:00+00:00" },
        { conversionAction: "customers/1234567890/conversionActions/78", adjustmentType: "RESTATEMENT", orderId: "o-2", adjustmentDateTime: "2026-05-03 12:00:00+00:00", restatementValue: { adjustedValue: 20.5, currencyCode: "EUR" } },
      ],
      partialFailure: true,
    },
  }],
  sameAgain: "what is taken back already stays so",
  hostile: { payload: (text) => ({ conversionAction: "77", transactionId: text, adjustment: "RETRACTION", timestamp: "2026-05-03T12:00:00Z" }), found: ({ body }) => (JSON.parse(body) as { conversionAdjustments: [{ orderId: string }] }).conversionAdjustments[0].orderId, expected: (text) => text },
});

const xSecrets = { consumerSecret: "canary-consumer-secret", accessToken: "canary-x-token", accessTokenSecret: "canary-x-token-secret" };
/** X tells how many it took. */
const xGood = ({ body, method, path }: TakenRequest): Reply => {
  if (method === "GET") return json({ data: { id: "abc12" } });
  if (path.includes("?name=")) return json({ data: { id: "2906h" } }, 201);
  const count = (JSON.parse(body) as unknown[]).length;
  return json({ data: { success_count: count, total_count: count } });
};
destinationContract("X: who entered an audience", {
  destination: xAudiences,
  origins: ["https://ads-api.x.com"],
  connection: () => ({ settings: { accountId: "abc12", consumerKey: "key", ...xSecrets } }),
  secrets: Object.values(xSecrets),
  action: "sync_audience", syncMode: "add", audience: listed, payloads: [people[0] ?? {}, people[1] ?? {}],
  requests: [{
    method: "POST", path: "/12/accounts/abc12/custom_audiences/4711/users",
    headers: { "content-type": "application/json", authorization: expect.stringMatching(/^OAuth oauth_consumer_key="key", oauth_nonce="\w+", oauth_signature="[\w%]+", oauth_signature_method="HMAC-SHA1", oauth_timestamp="1777629600", oauth_token="canary-x-token", oauth_version="1.0"$/) },
    body: [
      { operation_type: "Update", params: { users: [{ email: [sha256("ann.lee@gmail.com")] }] } },
      { operation_type: "Update", params: { users: [{ email: [sha256("bob@example.com")], phone_number: [sha256("+49301234567")] }] } },
    ],
  }],
  good: xGood,
  isForbiddenOfAccount: true,
  isStatusAll: false,
  sameAgain: "who is in is added once",
  hostile: { payload: (text) => ({ partnerUserId: text }), found: ({ body }) => (JSON.parse(body) as [{ params: { users: [{ partner_user_id: [string] }] } }])[0].params.users[0].partner_user_id[0] },
});

const linkedinGood = ({ body, path }: TakenRequest): Reply => (path === "/rest/dmpSegments" ? { status: 201, headers: { "x-restli-id": "10804" } }
  : json({ elements: (JSON.parse(body) as { elements: unknown[] }).elements.map(() => ({ status: 201 })) }));
destinationContract("LinkedIn: who left an audience", {
  destination: linkedinAudiences,
  origins: ["https://api.linkedin.com"],
  connection: () => ({ settings: { adAccountId: "123", sourcePlatform: "MY_APP", apiVersion: "202606" }, oauth }),
  secrets: [accessToken],
  action: "sync_audience", syncMode: "delete", audience: listed, payloads: [{ ...people[0], firstName: "Ann" }, people[1] ?? {}],
  requests: [{
    method: "POST", path: "/rest/dmpSegments/4711/users",
    headers: { "linkedin-version": "202606", "x-restli-protocol-version": "2.0.0", "x-restli-method": "BATCH_CREATE", authorization: `Bearer ${accessToken}` },
    body: { elements: [
      { action: "REMOVE", userIds: [{ idType: "SHA256_EMAIL", idValue: sha256("ann.lee@gmail.com") }], firstName: "Ann" },
      { action: "REMOVE", userIds: [{ idType: "SHA256_EMAIL", idValue: sha256("bob@example.com") }] },
    ] },
  }],
  good: linkedinGood,
  isForbiddenOfAccount: true,
  isStatusAll: false,
  sameAgain: "who is in is added once, and who is out is removed once",
  hostile: { payload: (text) => ({ email: "ann@example.com", company: text }), found: ({ body }) => (JSON.parse(body) as { elements: [{ company: string }] }).elements[0].company },
});

describe("an audience", () => {
  const connection = { workspaceId: 1, destinationId: 1, slug: "x", version: 1, settings: { customerId: "1234567890", accountId: "abc12", consumerKey: "key", ...xSecrets, adAccountId: "123", sourcePlatform: "MY_APP", apiVersion: "202606" }, oauth };
  const moved = (index: number, email: string, isIn: boolean | undefined): SendRequest["items"][number] => ({
    event: { ...contractEvent(index), userId: email, event: "Membership", properties: isIn === undefined ? {} : { at_risk: isIn } }, payload: { email }, idempotencyKey: `key-${email}-${index}`,
  });
  const send = (destination: Destination, items: SendRequest["items"]) => destination.send({ connection, subscription: { id: 1, version: 1, action: "sync_audience" }, audience: listed, items }, new AbortController().signal);

  test("at Google, of each person the last word counts, by one request for additions and one for removals", async () => {
    const vendor = await startTestVendor();
    vendor.answer(json({ requestId: "r" }));
    const destination = googleDataManager(parts("https://datamanager.googleapis.com", vendor.url));
    const { outcomes } = await send(destination, [moved(0, "a@example.com", true), moved(1, "b@example.com", false), moved(2, "a@example.com", false), moved(3, "c@example.com", true), moved(4, "d@example.com", undefined)]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(["delivered", "delivered", "delivered", "delivered", "refused"]);
    const members = vendor.requests.map(({ path, body }) => [path, (JSON.parse(body) as { audienceMembers: { userData: { userIdentifiers: [{ emailAddress: string }] } }[] }).audienceMembers.map((one) => one.userData.userIdentifiers[0].emailAddress)]);
    expect(members).toEqual([["/v1/audienceMembers:ingest", [sha256("c@example.com")]], ["/v1/audienceMembers:remove", [sha256("a@example.com"), sha256("b@example.com")]]]);
    await vendor.stop();
  });

  test("at Google, one bad person takes no good ones along", async () => {
    const vendor = await startTestVendor();
    vendor.answer(({ body }) => (body.includes(sha256("bad@example.com")) ? json({ error: { message: "invalid identifier" } }, 400) : json({ requestId: "r" })));
    const { outcomes } = await send(googleDataManager(parts("https://datamanager.googleapis.com", vendor.url)), ["a", "b", "bad", "c", "d"].map((name, index) => moved(index, `${name}@example.com`, true)));
    expect(outcomes.map(({ kind }) => kind)).toEqual(["delivered", "delivered", "refused", "delivered", "delivered"]);
    await vendor.stop();
  });

  test("at X and LinkedIn, comings and goings keep their order in one request", async () => {
    const vendor = await startTestVendor();
    const items = [moved(0, "a@example.com", true), moved(1, "b@example.com", undefined), moved(2, "a@example.com", false)];
    vendor.answer(xGood);
    expect((await send(xAudiences(parts("https://ads-api.x.com", vendor.url)), items)).outcomes.map(({ kind }) => kind)).toEqual(["delivered", "refused", "delivered"]);
    vendor.answer(({ body }) => json({ elements: (JSON.parse(body) as { elements: unknown[] }).elements.map((_, index) => (index === 0 ? { status: 201 } : { status: 400, message: "bad" })) }));
    expect((await send(linkedinAudiences(parts("https://api.linkedin.com", vendor.url)), items)).outcomes.map(({ kind }) => kind)).toEqual(["delivered", "refused", "refused"]);
    expect(vendor.requests.map(({ body }) => [...body.matchAll(/"(Update|Delete|ADD|REMOVE)"/g)].map((match) => match[1]))).toEqual([["Update", "Delete"], ["ADD", "REMOVE"]]);
    await vendor.stop();
  });

  test("without a list at the vendor nothing is sent, and it is told", async () => {
    const vendor = await startTestVendor();
    for (const make of [googleDataManager, xAudiences, linkedinAudiences]) {
      const destination = make(parts("https://none.example.com", vendor.url));
      const { outcomes } = await destination.send({ connection, subscription: { id: 1, version: 1, action: "sync_audience" }, items: [moved(0, "a@example.com", true)] }, new AbortController().signal);
      expect(outcomes).toMatchObject([{ kind: "refused", code: "no_list" }]);
    }
    expect(vendor.requests).toEqual([]);
    await vendor.stop();
  });

  test("is emptied at X and at LinkedIn by taking away the list that we made, and none that somebody chose", async () => {
    const vendor = await startTestVendor();
    const signal = new AbortController().signal;
    const audience = { key: "at_risk", id: 5, name: "At risk", externalId: "2906h", settings: {} };
    for (const [make, path] of [[() => xAudiences(parts("https://ads-api.x.com", vendor.url)), "/12/accounts/abc12/custom_audiences/2906h"], [() => linkedinAudiences(parts("https://api.linkedin.com", vendor.url)), "/rest/dmpSegments/2906h"]] as const) {
      vendor.forget();
      const emptied = async (reply: Parameters<typeof vendor.answer>[0], of: AudienceAtVendor = audience) => {
        vendor.answer(reply);
        return make().emptyAudience?.(connection, of, signal);
      };
      expect(await emptied(json({ data: { deleted: true } }))).toMatchObject({ outcome: { kind: "delivered" }, isGone: true });
      expect(vendor.requests).toMatchObject([{ method: "DELETE", path, body: "" }]);
      expect(await emptied({ status: 404 })).toMatchObject({ outcome: { kind: "delivered" }, isGone: true });
      expect(await emptied({ status: 503 })).toMatchObject({ outcome: { kind: "retry" }, isGone: false });
      expect(await emptied("cut")).toMatchObject({ outcome: { kind: "retry" }, isGone: false });
      expect(await emptied({ status: 401 })).toMatchObject({ outcome: { kind: "unauthorized" }, isGone: false });
      vendor.forget();
      expect(await emptied({ status: 200 }, { ...audience, externalId: undefined, settings: { audienceId: "theirs", segmentId: "1" } })).toMatchObject({ outcome: { kind: "refused" }, isGone: false });
      expect(vendor.requests).toEqual([]);
    }
    expect(googleDataManager(parts("https://none.example.com", vendor.url)).emptyAudience).toBeUndefined();
    await vendor.stop();
  });

  test("is made at X and at LinkedIn; one that is not made says why, without secrets", async () => {
    const vendor = await startTestVendor();
    const signal = new AbortController().signal;
    const audience = { key: "at_risk", id: 5, name: "At risk & more", settings: {} };
    vendor.answer(xGood);
    expect((await xAudiences(parts("https://ads-api.x.com", vendor.url)).createAudience?.(connection, audience, signal))?.externalId).toBe("2906h");
    expect(vendor.requests.at(-1)?.path).toBe("/12/accounts/abc12/custom_audiences?name=At%20risk%20%26%20more");
    vendor.answer(linkedinGood);
    expect((await linkedinAudiences(parts("https://api.linkedin.com", vendor.url)).createAudience?.(connection, audience, signal))?.externalId).toBe("10804");
    expect(JSON.parse(vendor.requests.at(-1)?.body ?? "")).toEqual({ accessPolicy: "PRIVATE", account: "urn:li:sponsoredAccount:123", destinations: [{ destination: "LINKEDIN" }], name: "At risk & more", sourcePlatform: "MY_APP", type: "USER" });
    for (const reply of [json({ message: `token ${accessToken}` }, 403), "cut", json("x"), { status: 500 }] as const) {
      vendor.answer(reply);
      const failed = linkedinAudiences(parts("https://api.linkedin.com", vendor.url)).createAudience?.(connection, audience, signal);
      await expect(failed).rejects.toMatchObject({ code: "vendor_refused", message: expect.not.stringContaining(accessToken) as string });
    }
    await vendor.stop();
  });
});

test("identifiers are brought into one form and hashed, once", () => {
  expect(hashedEmail(" Ann@Example.com ")).toBe(sha256("ann@example.com"));
  expect(hashedEmail(sha256("ann@example.com").toUpperCase())).toBe(sha256("ann@example.com"));
  expect(hashedEmail("a.n.n@googlemail.com", { dotless: true })).toBe(sha256("ann@googlemail.com"));
  expect(hashedEmail("a.n.n@example.com", { dotless: true })).toBe(sha256("a.n.n@example.com"));
  for (const none of ["", "ann", "ann@", "@example.com", "a b@example.com", 1, null, undefined, {}]) expect(hashedEmail(none), String(none)).toBeUndefined();
  expect(hashedPhone("+49 (30) 123-4567")).toBe(sha256("+49301234567"));
  for (const none of ["030 1234567", "+0 123456789", "+49x", 49301234567]) expect(hashedPhone(none), String(none)).toBeUndefined();
  expect(eachOf(["a@example.com", "A@example.com", "no"], hashedEmail)).toEqual([sha256("a@example.com")]);
});

// The worked example in X's documentation of OAuth 1.0a, with the keys that stand there.
test("OAuth 1.0a signs as its published example", () => {
  const header = authorizationOf({
    method: "POST", url: new URL("https://api.twitter.com/1.1/statuses/update.json?include_entities=true"), atMs: 1_318_622_958_000, nonce: "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg",
    form: { status: "Hello Ladies + Gentlemen, a signed OAuth request!" },
    key: {
      consumerKey: "xvz1evFS4wEEPTGEFPHBog", consumerSecret: "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
      token: "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb", tokenSecret: "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
    },
  });
  expect(header).toContain(`oauth_signature="${encodeURIComponent("hCtSmYh+iHYCEqBWrE7C7hYmtUk=")}"`);
});

test("of several conversions to be taken back each has its own answer: done before, not yet known, wrong", async () => {
  const vendor = await startTestVendor();
  const failed = (index: number, code: string) => ({ errorCode: { conversionAdjustmentUploadError: code }, message: `about ${code}`, location: { fieldPathElements: [{ fieldName: "conversion_adjustments", index }] } });
  vendor.answer(json({ results: [{}, {}, {}, {}], partialFailureError: { code: 3, message: "some", details: [{ errors: [failed(1, "CONVERSION_ALREADY_RETRACTED"), failed(2, "CONVERSION_NOT_FOUND"), failed(3, "RESTATEMENT_NOT_ALLOWED")] }] } }));
  const destination = googleDataManager(parts("https://googleads.googleapis.com", vendor.url));
  const send = (settings: object) => destination.send({
    connection: { workspaceId: 1, destinationId: 2, slug: "google-ads-data-manager", version: 1, settings: { customerId: "1234567890", ...settings }, oauth }, subscription: { id: 1, version: 1, action: "adjust_conversion" },
    items: [1, 2, 3, 4].map((n) => ({ event: contractEvent(n), payload: { conversionAction: "77", transactionId: `o-${n}`, adjustment: "RETRACTION", timestamp: "2026-05-03T12:00:00Z" }, idempotencyKey: `k-${n}` })),
  }, new AbortController().signal);
  expect((await send({ developerToken })).outcomes).toMatchObject([{ kind: "delivered" }, { kind: "delivered" }, { kind: "retry", code: "conversion_not_found" }, { kind: "refused", code: "restatement_not_allowed" }]);
  vendor.forget();
  expect((await send({})).outcomes).toMatchObject([1, 2, 3, 4].map(() => ({ kind: "refused", code: "payload" })));
  expect(vendor.requests).toEqual([]);
  await vendor.stop();
});
