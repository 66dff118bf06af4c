// What a workspace of its own can do with each destination of the catalog, judged from the package's code and the vendors' pages:
// which need an app of one's own, which can't be used at all and why, and what is known to go wrong with the rest. A destination
// that is not named here works with the user's own key, as far as that can be read from its code.
import type { DestinationDefinition, Field } from "@tributary/schema/destination/definition.ts";

/** Slug → why it is not offered. */
export const hidden: Readonly<Record<string, string>> = {
  "segment": "Sends to Segment's own service, for Segment's customers.",
  "segment-profiles": "Part of Segment's own service; it reaches nothing without it.",
  "memora": "An unfinished product of Twilio, not open to others.",
  "memora-internal": "Empty: it sends nothing.",
  "noop": "A test of Segment's; it sends nothing.",
  "google-sheets-dev": "Segment's test of Google Sheets; use Google Sheets.",
  "google-data-manager": "Empty in the package: it sends nothing and reports success. Use our own Google Data Manager.",
  "engage-messaging-sendgrid": "Part of Segment's own messaging; use SendGrid.",
  "engage-messaging-twilio": "Part of Segment's own messaging; use Twilio.",
  "braze-cohorts": "Asks for a partner key that Braze gave to Segment alone; use Braze.",
  "display-video-360": "Works through Segment's own partner account with Google; use First Party Dv360.",
  "yahoo-audiences": "Asks for a partner key that Yahoo gave to Segment alone.",
  "dotdigital-audiences": "Asks for a partner secret that Dotdigital gave to Segment alone.",
  "dynamic-yield-audiences": "Asks for a partner secret that Dynamic Yield gave to Segment alone.",
  "apolloio": "Asks for a secret that Apollo gave to Segment alone.",
  "linkedin-audiences": "Writes as Segment's partner platform. Use our own LinkedIn destination.",
  "the-trade-desk-crm": "Writes into a storage bucket of Segment's.",
  "liveramp-audiences": "Writes into a storage bucket of Segment's.",
};

interface OwnApp {
  readonly provider: string;
  readonly needs: string;
}
const app = (provider: string, needs = `An app of your own registered with ${provider}, with its client id and secret.`): OwnApp => ({ provider, needs });

const awsRole = "An AWS account with a role that may write there, and keys of a user who may assume that role.";

/** Slug → what the user has to register, and where. */
export const ownApps: Readonly<Record<string, OwnApp>> = {
  "1plusx-asset-api": app("1plusX"),
  "acoustic": app("Acoustic"),
  "actions-pardot": app("Salesforce"),
  "amazon-amc": app("Amazon Ads"),
  "amazon-conversions-api": app("Amazon Ads"),
  "attio": app("Attio"),
  "aws-kinesis": app("AWS", awsRole),
  "aws-s3": app("AWS", awsRole),
  "blackbaud-raisers-edge-nxt": app("Blackbaud"),
  "facebook-conversions-api": app("Meta", "An app in Meta's Business Manager and the token of a system user who may send to the dataset."),
  "facebook-custom-audiences": app("Meta", "An app in Meta's Business Manager with the permission ads_management."),
  "first-party-dv360": app("Google"),
  "google-campaign-manager-360": app("Google"),
  "google-enhanced-conversions": app("Google", "An OAuth client in Google Cloud and a developer token of Google Ads that Google let into customer match before 2026-04-01."),
  "google-sheets": app("Google"),
  "hilo": app("Hilo"),
  "hubspot": app("HubSpot"),
  "intercom": app("Intercom", "An app in Intercom's developer hub; the access token of its own workspace is enough."),
  "linkedin-conversions": app("LinkedIn", "A LinkedIn app with access to the Conversions API, with its client id and secret."),
  "listrak": app("Listrak"),
  "m3ter": app("m3ter"),
  "marketo-static-lists": app("Adobe Marketo"),
  "ms-bing-ads-audiences": app("Microsoft", "An app in Microsoft Entra and a developer token of Microsoft Advertising."),
  "reddit-audiences": app("Reddit"),
  "responsys": app("Oracle"),
  "s3": app("AWS", awsRole),
  "salesforce": app("Salesforce", "A connected app in Salesforce, with its consumer key and secret."),
  "salesforce-marketing-cloud": app("Salesforce", "An installed package in Marketing Cloud, with its client id and secret."),
  "snap-audiences": app("Snap"),
  "snap-conversions-api": app("Snap"),
  "taboola-actions": app("Taboola"),
  "tiktok-audiences": app("TikTok"),
  "webhook-extensible": app("the receiver", "An OAuth client at the service that receives."),
  "yotpo": app("Yotpo"),
};

/** Slug → what is known to go wrong, for people. */
export const traps: Readonly<Record<string, readonly string[]>> = {
  "facebook-conversions-api": ["Meta takes no purchase back after a refund: a refund can be sent as an event of its own, and Meta's sums stay as they are.", "Takes the hashed e-mail address from `context.traits.email`, not from the event's properties."],
  "first-party-dv360": ["The lists have to be in an advertiser account that your own Google client may reach."],
  "google-campaign-manager-360": ["Speaks version 4 of the API, which Google shut on 2026-02-26, unless the switch `cm360-canary-api-version` is on."],
  "google-enhanced-conversions": [
    "Speaks version 21 of the Google Ads API, which Google shut on 2026-08-05.",
    "Closed to new developer tokens: customer match since 2026-04-01, uploads of click conversions since 2026-06-15. Use our own Google Data Manager.",
    "With the sync mode `add`, an event of leaving an audience adds the person. Use `mirror`.",
  ],
  "hubspot": ["Refreshes its token at an address that HubSpot closes on 2027-02-16."],
  "klaviyo": [
    "Forgetting a person hands Klaviyo our user id as if it were Klaviyo's profile id; check in Klaviyo that the person is gone.",
    "One bad profile fails a whole batch; the others come back as \"try again\" and are sent once more.",
  ],
  "mixpanel": ["Mixpanel drops events older than five days without the API secret of the project."],
  "sendgrid": ["Each update of a contact asks SendGrid for the list of fields first."],
  "webhook": ["In batches its signature covers the first event alone, not the body. Use our own webhook."],
};

/** Slug → switches of the package that are on unless the connection says otherwise. */
export const featuresOn: Readonly<Record<string, readonly string[]>> = {
  "google-campaign-manager-360": ["cm360-canary-api-version"],
};

/** Slug → in which object of which actions a vendor reads keys by which people are opted in or out, though the package has no fields for them. What stands there goes as it is into the person's record. */
export const optInKeys: Readonly<Record<string, { readonly actions: readonly string[]; readonly field: string; readonly keys: readonly string[] }>> = {
  "customerio": { actions: ["createUpdatePerson"], field: "custom_attributes", keys: ["unsubscribed", "cio_subscription_preferences"] },
  "salesforce": { actions: ["contact", "contact2", "lead", "lead2"], field: "customFields", keys: ["HasOptedOutOfEmail", "HasOptedOutOfFax", "DoNotCall"] },
};

/**
 * Slugs whose requests, and what becomes of each reply, are held by a test against a server of our own. No vendor was ever called:
 * that a request leaves as the package means it says nothing about whether the vendor takes it today.
 */
export const contractTested: readonly string[] = [
  "amplitude", "braze", "customerio", "facebook-conversions-api", "facebook-custom-audiences", "google-analytics-4", "hubspot", "intercom", "iterable",
  "klaviyo", "mixpanel", "salesforce", "sendgrid", "slack", "tiktok-conversions", "webhook",
];

/** Those that do not speak HTTP, or speak it through a library of their own: what they send is not seen, so success is what they say. */
export const unseen: readonly string[] = ["amazon-eventbridge", "aws-kinesis", "aws-s3", "kafka", "liveramp-audiences", "s3", "sftp", "the-trade-desk-crm"];

type Filled = "client_id" | "client_secret";
export interface EnvironmentVariable {
  readonly name: string;
  /** Filled from the connection's app, or a setting of our own that the user fills in. */
  readonly from: Filled | { readonly label: string; readonly isSecret: boolean };
}
const ofApp = (id: string, secret: string): EnvironmentVariable[] => [{ name: id, from: "client_id" }, { name: secret, from: "client_secret" }];
const asked = (name: string, label: string, isSecret = true): EnvironmentVariable => ({ name, from: { label, isSecret } });
const awsKeys = [asked("AWS_ACCESS_KEY_ID", "AWS access key id", false), asked("AWS_SECRET_ACCESS_KEY", "AWS secret access key")];
const awsBridge = [
  asked("AMAZON_S3_ACTIONS_ROLE_ADDRESS", "ARN of the role between", false), asked("AMAZON_S3_ACTIONS_EXTERNAL_ID", "External id of the role between"), ...awsKeys,
];

/** Slug → what the package wants to find in the environment. It becomes a setting of the connection, and the environment of its own thread. */
export const environments: Readonly<Record<string, readonly EnvironmentVariable[]>> = {
  "amazon-amc": ofApp("ACTIONS_AMAZON_AMC_CLIENT_ID", "ACTIONS_AMAZON_AMC_CLIENT_SECRET"),
  "amazon-conversions-api": ofApp("ACTIONS_AMAZON_CONVERSIONS_API_CLIENT_ID", "ACTIONS_AMAZON_CONVERSIONS_API_CLIENT_SECRET"),
  "amazon-eventbridge": awsKeys,
  "aws-kinesis": awsKeys,
  "aws-s3": awsBridge,
  "facebook-conversions-api": [asked("ACTIONS_FB_CAPI_SYSTEM_USER_TOKEN", "Token of the system user")],
  "first-party-dv360": ofApp("ACTIONS_FIRST_PARTY_DV360_CLIENT_ID", "ACTIONS_FIRST_PARTY_DV360_CLIENT_SECRET"),
  "google-enhanced-conversions": [
    asked("ADWORDS_DEVELOPER_TOKEN", "Developer token of Google Ads"),
    ...ofApp("GOOGLE_ENHANCED_CONVERSIONS_CLIENT_ID", "GOOGLE_ENHANCED_CONVERSIONS_CLIENT_SECRET"),
  ],
  "linkedin-conversions": ofApp("ACTIONS_LINKEDIN_CONVERSIONS_CLIENT_ID", "ACTIONS_LINKEDIN_CONVERSIONS_CLIENT_SECRET"),
  "ms-bing-ads-audiences": [asked("ACTIONS_MS_BING_ADS_AUDIENCES_DEVELOPER_TOKEN", "Developer token of Microsoft Advertising")],
  "s3": awsBridge,
  "salesforce": ofApp("SALESFORCE_CLIENT_ID", "SALESFORCE_CLIENT_SECRET"),
};

export function availabilityOf(slug: string): DestinationDefinition["availability"] {
  const reason = hidden[slug];
  if (reason !== undefined) return { kind: "hidden", reason };
  const own = ownApps[slug];
  return own === undefined ? { kind: "ready" } : { kind: "own_app", ...own };
}

/** Settings that stand for what the package reads from the environment. */
export function environmentSettings(slug: string): Field[] {
  return (environments[slug] ?? []).flatMap(({ name, from }) => typeof from === "string" ? [] : [{
    key: name, label: from.label, description: "", type: from.isSecret ? "password" as const : "string" as const, required: true,
    isMultiple: false, isDynamic: false, isHidden: false, isHashed: false, takesMore: false,
  }]);
}
