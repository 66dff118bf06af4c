// For tests: which destinations of the catalog are held to what. One entry sends one subscription's worth to the vendor on loopback.
import type { Mapping } from "@tributary/schema/destination/mapping.ts";
import { ourPresets } from "./definitions/our-presets.ts";
import { connectionOf, identifyOf, membershipOf, orderOf, type Sent } from "./testing-contract.ts";
import type { Answering, TakenRequest } from "./testing-vendor.ts";

export interface Contract {
  readonly slug: string;
  /** Tells two of the same action apart. */
  readonly name?: string;
  readonly sent: Sent;
  readonly good: Answering;
  /** Asked before what counts is sent. */
  readonly isQuestion?: (request: TakenRequest) => boolean;
  /** Reply → how its outcome differs from the usual. */
  readonly otherwise?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** False: another contract of the same code holds the replies. */
  readonly repliesToo?: boolean;
}

const ok: Answering = () => ({ status: 200, json: {} });
const tokens = { oauth: { accessToken: "access-token-1", refreshToken: "refresh-token-1" }, app: { clientId: "client-1", clientSecret: "client-secret-1" } };

/** A job is made, filled and closed. */
const salesforceBulk: Answering = ({ method, url }) => method === "POST" && url.endsWith("/jobs/ingest")
  ? { status: 200, json: { id: "job-1", state: "Open" } } : { status: method === "PUT" ? 201 : 200, json: { id: "job-1" } };

/** It looks into the reply, and breaks on one that it can't read: what became of it nobody knows, and somebody has to look. */
const unread = { garbage: { kind: "refused", code: "destination_failed", status: 200 } };

/** Asked of the person: it has no default. */
const klaviyoProfile = { profile: { email: { "@path": "$.context.traits.email" }, external_id: { "@path": "$.userId" } } };

export const contracts: readonly Contract[] = [
  {
    slug: "webhook", good: ok,
    sent: { connection: connectionOf("webhook", { settings: { sharedSecret: "shared-secret-1" } }), action: "send", events: [orderOf(1)], mapping: { url: "https://hooks.example.com/in" } },
  },
  {
    slug: "webhook", good: ok,
    sent: { connection: connectionOf("webhook", { settings: { sharedSecret: "shared-secret-1" } }), action: "send", events: [orderOf(1), orderOf(2)], mapping: { url: "https://hooks.example.com/in" } },
  },
  {
    slug: "slack", good: () => ({ status: 200, text: "ok" }),
    sent: {
      connection: connectionOf("slack", {}), action: "postToChannel", events: [orderOf(1)],
      mapping: { url: "https://hooks.slack.com/services/T0/B0/secret", text: { "@template": "Order {{properties.order_id}} by {{userId}}" }, channel: "orders" },
    },
  },
  { slug: "hubspot", good: ok, otherwise: unread, sent: { connection: connectionOf("hubspot", { ...tokens, settings: { portalId: "123" } }), action: "upsertContact", events: [identifyOf(1)] } },
  { slug: "klaviyo", good: ok, sent: { connection: connectionOf("klaviyo", { settings: { api_key: "pk_secret_1" } }), action: "upsertProfile", events: [identifyOf(1)] } },
  { slug: "klaviyo", good: ok, sent: { connection: connectionOf("klaviyo", { settings: { api_key: "pk_secret_1" } }), action: "trackEvent", events: [orderOf(1)], mapping: klaviyoProfile } },
  { slug: "klaviyo", good: () => ({ status: 202, json: {} }), sent: { connection: connectionOf("klaviyo", { settings: { api_key: "pk_secret_1" } }), action: "trackEvent", events: [orderOf(1), orderOf(2)], mapping: klaviyoProfile } },
  { slug: "braze", good: () => ({ status: 201, json: { message: "success" } }), sent: { connection: connectionOf("braze", { settings: { api_key: "braze-key-1", app_id: "app-1", endpoint: "https://rest.fra-01.braze.eu" } }), action: "updateUserProfile", events: [identifyOf(1)] } },
  { slug: "braze", good: () => ({ status: 201, json: { message: "success" } }), otherwise: unread, sent: { connection: connectionOf("braze", { settings: { api_key: "braze-key-1", app_id: "app-1", endpoint: "https://rest.fra-01.braze.eu" } }), action: "trackPurchase", events: [orderOf(1), orderOf(2)] } },
  { slug: "mixpanel", good: () => ({ status: 200, json: { code: 200, status: "OK", num_records_imported: 1 } }), sent: { connection: connectionOf("mixpanel", { settings: { projectToken: "token-1", apiSecret: "secret-1", apiRegion: "EU 🇪🇺" } }), action: "trackEvent", events: [orderOf(1)] } },
  { slug: "mixpanel", good: () => ({ status: 200, json: { code: 200, status: "OK" } }), sent: { connection: connectionOf("mixpanel", { settings: { projectToken: "token-1", apiSecret: "secret-1", apiRegion: "EU 🇪🇺" } }), action: "trackEvent", events: [orderOf(1), orderOf(2)] } },
  { slug: "customerio", good: ok, sent: { connection: connectionOf("customerio", { settings: { siteId: "site-id-1", apiKey: "api-key-1", accountRegion: "EU 🇪🇺" } }), action: "createUpdatePerson", events: [identifyOf(1)] } },
  { slug: "customerio", good: ok, sent: { connection: connectionOf("customerio", { settings: { siteId: "site-id-1", apiKey: "api-key-1", accountRegion: "EU 🇪🇺" } }), action: "trackEvent", events: [orderOf(1), orderOf(2)] } },
  { slug: "facebook-conversions-api", good: () => ({ status: 200, json: { events_received: 1 } }), sent: { connection: connectionOf("facebook-conversions-api", { settings: { pixelId: "998877", ACTIONS_FB_CAPI_SYSTEM_USER_TOKEN: "system-user-token-1" } }), action: "purchase2", events: [orderOf(1)], mapping: { action_source: "website" }, syncMode: "add" } },
  {
    slug: "facebook-conversions-api", good: () => ({ status: 200, json: { events_received: 1 } }),
    sent: {
      connection: connectionOf("facebook-conversions-api", { settings: { pixelId: "998877", ACTIONS_FB_CAPI_SYSTEM_USER_TOKEN: "system-user-token-1" } }), action: "custom2", events: [orderOf(1)], syncMode: "add",
      mapping: ourPresets("facebook-conversions-api").find(({ key }) => key === "ours-refund")?.mapping as Mapping, // Written as JSON beside it.
    },
  },
  { slug: "facebook-custom-audiences", good: ok, sent: { connection: connectionOf("facebook-custom-audiences", { ...tokens, settings: { retlAdAccountId: "777" } }), action: "sync", events: [membershipOf(1, "at_risk", true), membershipOf(2, "at_risk", false)], audience: { key: "at_risk", id: 3, name: "At risk", externalId: "list-1", settings: { engageAdAccountId: "777" } } } },
  { slug: "facebook-custom-audiences", good: ok, sent: { connection: connectionOf("facebook-custom-audiences", { ...tokens, settings: { retlAdAccountId: "777" } }), action: "sync", events: [membershipOf(1, "at_risk", true)], audience: { key: "at_risk", id: 3, name: "At risk", externalId: "list-1", settings: { engageAdAccountId: "777" } } } },
  { slug: "amplitude", good: ok, sent: { connection: connectionOf("amplitude", { settings: { apiKey: "amplitude-key-1", secretKey: "amplitude-secret-1", endpoint: "europe" } }), action: "logEventV2", events: [orderOf(1)] } },
  { slug: "amplitude", good: ok, sent: { connection: connectionOf("amplitude", { settings: { apiKey: "amplitude-key-1", secretKey: "amplitude-secret-1", endpoint: "europe" } }), action: "identifyUser", events: [identifyOf(1)] } },
  { slug: "google-analytics-4", good: () => ({ status: 204, text: "" }), sent: { connection: connectionOf("google-analytics-4", { settings: { measurementId: "G-12345", apiSecret: "ga-secret-1" } }), action: "purchase", events: [orderOf(1)] } },
  { slug: "sendgrid", good: (request) => request.method === "GET" ? { status: 200, json: { custom_fields: [] } } : { status: 202, json: { job_id: "job-1" } }, isQuestion: ({ method }) => method === "GET", sent: { connection: connectionOf("sendgrid", { settings: { sendGridApiKey: "SG.secret-1" } }), action: "updateUserProfile", events: [identifyOf(1)] } },
  { slug: "iterable", good: ok, sent: { connection: connectionOf("iterable", { settings: { apiKey: "iterable-key-1", dataCenterLocation: "europe" } }), action: "updateUser", events: [identifyOf(1)] } },
  { slug: "iterable", good: ok, sent: { connection: connectionOf("iterable", { settings: { apiKey: "iterable-key-1", dataCenterLocation: "europe" } }), action: "trackEvent", events: [orderOf(1), orderOf(2)] } },
  { slug: "intercom", good: ok, sent: { connection: connectionOf("intercom", tokens), action: "trackEvent", events: [orderOf(1)] } },
  { slug: "tiktok-conversions", good: () => ({ status: 200, json: { code: 0, message: "OK" } }), sent: { connection: connectionOf("tiktok-conversions", { settings: { accessToken: "tiktok-token-1", pixelCode: "PIXEL1" } }), action: "reportWebEvent", events: [orderOf(1)], mapping: { event: "CompletePayment" } } },
  { slug: "salesforce", good: salesforceBulk, otherwise: { garbage: { kind: "retry", status: 500 } }, isQuestion: ({ method, url }) => !(method === "POST" && url.endsWith("/jobs/ingest")), sent: { connection: connectionOf("salesforce", { ...tokens, settings: { instanceUrl: "https://acme.my.salesforce.com" } }), action: "contact", events: [identifyOf(1), identifyOf(2)], mapping: { operation: "upsert", bulkUpsertExternalId: { externalIdName: "Email__c", externalIdValue: { "@path": "$.traits.email" } }, last_name: "Byron" } } },
  { slug: "klaviyo", good: () => ({ status: 202, json: { data: { id: "P1" } } }), sent: { connection: connectionOf("klaviyo", { settings: { api_key: "pk_secret_1" } }), action: "addProfileToList", events: [membershipOf(1, "at_risk", true), membershipOf(2, "at_risk", true)], audience: { key: "at_risk", id: 3, name: "At risk", externalId: "list-1", settings: {} } } },
  { slug: "hubspot", good: ok, sent: { connection: connectionOf("hubspot", { ...tokens, settings: { portalId: "123" } }), action: "sendCustomBehavioralEvent", events: [orderOf(1)], mapping: { eventName: "pe123_order_completed" } } },
  { slug: "sendgrid", good: () => ({ status: 202, text: "" }), sent: { connection: connectionOf("sendgrid", { settings: { sendGridApiKey: "SG.secret-1" } }), action: "sendEmail", events: [orderOf(1)], mapping: { from: { email: "shop@example.com" }, to: { email: { "@path": "$.context.traits.email" } }, template_id: "d-1234567890abcdef", domain: "example.com" } } },
  { slug: "salesforce", good: () => ({ status: 201, json: { id: "003" } }), sent: { connection: connectionOf("salesforce", { ...tokens, settings: { instanceUrl: "https://acme.my.salesforce.com" } }), action: "contact", events: [identifyOf(1)], mapping: { operation: "create", last_name: "Byron" } } },
];
