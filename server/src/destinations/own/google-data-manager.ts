// Google's Data Manager API: people into and out of Customer Match audiences, and conversions that happened elsewhere. The one way that is
// still open to new users. It takes a request whole or not at all, and works on what it took later: its answer says that it was taken.
import { isRecord } from "@tributary/schema/is-record.ts";
import type { FieldProblem } from "@tributary/schema/destination/check-fields.ts";
import type { Outcome, SendItem } from "../destination.ts";
import { allOrNothing } from "./all-or-nothing.ts";
import { byMembership, listOf, noList } from "./audience-membership.ts";
import { defineDestination, type At, type OwnAction } from "./define-destination.ts";
import { excludeConverted } from "./exclude-converted.ts";
import { adjustConversions, adsApiVersion } from "./google-adjustments.ts";
import { eachOf, hashedEmail, hashedName, hashedPhone } from "./hashed-identifiers.ts";
import { outcomeOf, parsedJson, saidIn } from "./outcome-of.ts";

const API = "https://datamanager.googleapis.com/v1";

const consentChoices = [{ value: "CONSENT_GRANTED", label: "Granted" }, { value: "CONSENT_DENIED", label: "Denied" }];
const personFields = [
  { key: "email", label: "E-mail addresses", type: "string" as const, isMultiple: true, isHashed: true, default: { "@path": "$.context.traits.email" } },
  { key: "phone", label: "Phone numbers", type: "string" as const, isMultiple: true, isHashed: true, description: "With + and the country's code.", default: { "@path": "$.context.traits.phone" } },
  { key: "firstName", label: "First name", type: "string" as const, isHashed: true },
  { key: "lastName", label: "Last name", type: "string" as const, isHashed: true },
  { key: "postalCode", label: "Postal code", type: "string" as const },
  { key: "country", label: "Country", type: "string" as const, description: "Two letters, as DE." },
  { key: "adUserData", label: "Consent to ad user data", type: "string" as const, choices: consentChoices, description: "Never set by us: map it from the person's consent." },
  { key: "adPersonalization", label: "Consent to personalised ads", type: "string" as const, choices: consentChoices },
];

function checkPerson({ email, phone, firstName, lastName, postalCode, country, ...others }: Readonly<Record<string, unknown>>): FieldProblem[] {
  const isAddress = [firstName, lastName, postalCode, country].every((part) => hashedName(part) !== undefined);
  if (eachOf(email, hashedEmail).length > 0 || eachOf(phone, hashedPhone).length > 0 || isAddress) return [];
  return [others["gclid"], others["gbraid"], others["wbraid"]].some((id) => typeof id === "string" && id !== "") ? []
    : [{ field: "email", problem: "There is no e-mail address, no phone number with its country, and no whole name and address." }];
}

const syncMembers: OwnAction = {
  definition: {
    key: "sync_audience", name: "Sync an audience", description: "Adds those who enter and removes those who leave.", fields: personFields,
    batch: { sizeMax: 5_000, bytesMax: 4_000_000, keys: [] },
  },
  check: checkPerson,
  async send(at) {
    const list = listOf(at.request.audience, "audienceId");
    if (list === undefined) return noList;
    return await byMembership(at.items, at.request, (items, isMember) => allOrNothing(items, (some) => ask(at, `audienceMembers:${isMember ? "ingest" : "remove"}`, {
      destinations: [destinationOf(at, list)],
      audienceMembers: some.map(({ payload }) => ({ ...(isMember ? consentOf(payload) : {}), userData: userData(payload) })),
      encoding: "HEX",
      ...(isMember ? { termsOfService: { customerMatchTermsOfServiceStatus: "ACCEPTED" } } : {}),
    })));
  },
};

const sendConversions: OwnAction = {
  definition: {
    key: "send_conversion", name: "Send a conversion", description: "An order, a lead or whatever else the conversion action counts.",
    fields: [
      { key: "conversionAction", label: "Conversion action", type: "string", required: true, description: "Its id in Google Ads." },
      { key: "transactionId", label: "Transaction id", type: "string", required: true, description: "Google counts each once.", default: { "@if": { exists: { "@path": "$.properties.order_id" }, then: { "@path": "$.properties.order_id" }, else: { "@path": "$.messageId" } } } },
      { key: "timestamp", label: "Time", type: "datetime", required: true, default: { "@path": "$.timestamp" } },
      { key: "value", label: "Value", type: "number", default: { "@path": "$.properties.total" } },
      { key: "currency", label: "Currency", type: "string", default: { "@path": "$.properties.currency" } },
      { key: "source", label: "Where it happened", type: "string", default: "WEB", choices: ["WEB", "APP", "IN_STORE", "PHONE", "OTHER"].map((value) => ({ value, label: value })) },
      { key: "gclid", label: "Google click id", type: "string" }, { key: "gbraid", label: "GBRAID", type: "string" }, { key: "wbraid", label: "WBRAID", type: "string" },
      ...personFields,
    ],
    batch: { sizeMax: 2_000, bytesMax: 4_000_000, keys: ["conversionAction"] },
  },
  check: (payload) => [
    ...checkPerson(payload),
    ...(Number.isNaN(Date.parse(String(payload["timestamp"]))) ? [{ field: "timestamp", problem: "This is no time." }] : []),
  ],
  send: (at) => allOrNothing(at.items, (items) => ask(at, "events:ingest", {
    destinations: [destinationOf(at, String(items[0]?.payload["conversionAction"]))],
    events: items.map(conversionOf),
    encoding: "HEX",
  })),
};

/** A conversion is known again by its order: what a refund takes back must have the same id. */
const conversionMapping = {
  transactionId: { "@path": "$.properties.order_id" }, timestamp: { "@path": "$.timestamp" }, value: { "@path": "$.properties.total" }, currency: { "@path": "$.properties.currency" }, source: "WEB",
  email: { "@path": "$.context.traits.email" }, phone: { "@path": "$.context.traits.phone" },
};

export const googleDataManager = defineDestination({
  slug: "google-ads-data-manager",
  name: "Google Ads (Data Manager)",
  description: "Customer Match audiences and offline conversions by Google's Data Manager API.",
  category: "ads",
  notes: [
    "Written from Google's documentation; Google itself was not called.",
    "Google answers that it took a request, and matches people later: see its own diagnostics for what came of it.",
    "By syncing an audience you accept Google's terms of Customer Match for that account.",
  ],
  authentication: "oauth2",
  availability: { kind: "own_app", provider: "google", needs: "An OAuth client of your own with the scope https://www.googleapis.com/auth/datamanager." },
  isStatusAll: false,
  isForbiddenOfAccount: true,
  settings: [
    { key: "customerId", label: "Google Ads account", type: "string", required: true, placeholder: "1234567890", description: "Digits without dashes." },
    { key: "loginCustomerId", label: "Manager account", type: "string", description: "If access is by a manager account." },
    { key: "developerToken", label: "Developer token", type: "password", description: "Of Google Ads, and only for taking conversions back: Data Manager has no request for that. Connect again after setting it, since it needs the scope adwords." },
    { key: "adsVersion", label: "Version of the Google Ads API", type: "string", default: adsApiVersion, description: "For taking conversions back; Google ends each after about a year." },
  ],
  audience: { settings: [{ key: "audienceId", label: "Audience id", type: "string", required: true, description: "Of the Customer Match list in Google Ads." }], isCreated: false },
  actions: [syncMembers, sendConversions, adjustConversions],
  presets: [
    { key: "orders", name: "Orders as conversions", action: "send_conversion", trigger: "events", role: "order", filter: { types: ["track"], names: ["Order Completed"] }, mapping: conversionMapping },
    {
      key: "orders-by-trait", name: "Orders as conversions, worth what a trait says", action: "send_conversion", trigger: "events", role: "order", filter: { types: ["track"], names: ["Order Completed"] },
      mapping: { ...conversionMapping, value: { "@path": "$.context.traits.lifetime_value" } },
    },
    {
      key: "refunds", name: "Refunded orders are taken back", action: "adjust_conversion", trigger: "events", role: "refund", filter: { types: ["track"], names: ["Order Refunded"] },
      mapping: { transactionId: { "@path": "$.properties.order_id" }, adjustment: "RETRACTION", timestamp: { "@path": "$.timestamp" } },
    },
    excludeConverted("sync_audience", { email: { "@path": "$.context.traits.email" }, phone: { "@path": "$.context.traits.phone" } }),
  ],
  check: (settings) => [["customerId", /^\d{6,12}$/, "An account's number has digits only."], ["loginCustomerId", /^\d{6,12}$/, "An account's number has digits only."], ["adsVersion", /^v\d{2,3}$/, "A version is a v and a number: v23."]]
    .flatMap(([field, form, problem]) => {
      const value = settings[String(field)];
      return typeof value === "string" && value !== "" && form instanceof RegExp && !form.test(value) ? [{ field: String(field), problem: String(problem) }] : [];
    }),
});

function destinationOf({ settings }: At, productDestinationId: string) {
  const account = (accountId: unknown) => ({ accountType: "GOOGLE_ADS", accountId: String(accountId) });
  const login = settings["loginCustomerId"];
  return { operatingAccount: account(settings["customerId"]), ...(typeof login === "string" && login !== "" ? { loginAccount: account(login) } : {}), productDestinationId };
}

function userData({ email, phone, firstName, lastName, postalCode, country }: SendItem["payload"]) {
  const [givenName, familyName] = [hashedName(firstName), hashedName(lastName)];
  const isAddress = givenName !== undefined && familyName !== undefined && isText(postalCode) && isText(country);
  return {
    userIdentifiers: [
      ...eachOf(email, (one) => hashedEmail(one, { dotless: true })).map((emailAddress) => ({ emailAddress })),
      ...eachOf(phone, hashedPhone).map((phoneNumber) => ({ phoneNumber })),
      ...(isAddress ? [{ address: { givenName, familyName, regionCode: String(country).toUpperCase(), postalCode: String(postalCode) } }] : []),
    ].slice(0, IDENTIFIERS_MAX),
  };
}

/** Of one person. */
const IDENTIFIERS_MAX = 10;
const isText = (value: unknown): boolean => typeof value === "string" && value !== "";

function consentOf({ adUserData, adPersonalization }: SendItem["payload"]) {
  return isText(adUserData) || isText(adPersonalization)
    ? { consent: { ...(isText(adUserData) ? { adUserData } : {}), ...(isText(adPersonalization) ? { adPersonalization } : {}) } } : {};
}

function conversionOf({ payload }: SendItem) {
  const { transactionId, timestamp, value, currency, source, gclid, gbraid, wbraid } = payload;
  const ids = Object.entries({ gclid, gbraid, wbraid }).filter(([, id]) => isText(id));
  const person = userData(payload);
  return {
    transactionId: String(transactionId), eventTimestamp: new Date(String(timestamp)).toISOString(),
    ...(value === undefined || value === null || value === "" ? {} : { conversionValue: Number(value) }), ...(isText(currency) ? { currency: String(currency).toUpperCase() } : {}),
    ...(isText(source) ? { eventSource: source } : {}), ...(ids.length === 0 ? {} : { adIdentifiers: Object.fromEntries(ids) }),
    ...(person.userIdentifiers.length === 0 ? {} : { userData: person }), ...consentOf(payload),
  };
}

async function ask(at: At, method: string, body: unknown): Promise<Outcome> {
  const reply = await at.fetch({
    method: "POST", url: `${API}/${method}`, body: JSON.stringify(body),
    headers: { "content-type": "application/json", authorization: `Bearer ${at.connection.oauth?.accessToken ?? ""}` },
  });
  const answer = parsedJson(reply.body);
  if (reply.status === 200 && !(isRecord(answer) && isText(answer["requestId"]))) return { kind: "retry", code: "reply_broken", detail: "Google's answer can't be read.", status: 200, isOfDestination: false };
  return outcomeOf(reply, { nowMs: at.parts.nowMs(), said: at.clean(saidIn(reply.body)), isForbiddenOfAccount: true });
}
