// Which kind of thing each destination of the catalog is, by our own judgement. It is also the list of what may be loaded at all: a name
// that does not stand here is never handed to the package, which would load any file by its path.

const slugs = {
  ads: [
    "1plusx", "1plusx-asset-api", "adjust", "amazon-amc", "amazon-conversions-api", "angler-ai", "blend-ai", "criteo-audiences",
    "delivrai-activate", "display-video-360", "epsilon", "facebook-conversions-api", "facebook-custom-audiences",
    "first-party-dv360", "google-campaign-manager-360", "google-data-manager", "google-enhanced-conversions", "iqm", "kevel",
    "kevel-audience", "linkedin-audiences", "linkedin-conversions", "liveramp-audiences", "magellan-ai", "moloco-rmp",
    "ms-bing-ads-audiences", "ms-bing-capi", "nextdoor-capi", "pinterest-conversions", "podscribe", "reddit-audiences",
    "reddit-conversions-api", "revx", "rokt-audiences", "rokt-capi", "snap-audiences", "snap-conversions-api", "stackadapt",
    "stackadapt-audiences", "taboola-actions", "the-trade-desk-crm", "tiktok-app-events", "tiktok-audiences", "tiktok-conversions",
    "tiktok-conversions-sandbox", "tiktok-offline-conversions", "tiktok-offline-conversions-sandbox", "topsort", "vibe-audience",
    "yahoo-audiences", "youappi-audiences",
  ],
  messaging: [
    "aampe", "airship", "attentive", "batch", "braze", "braze-cohorts", "clevertap", "courier", "engage-messaging-twilio",
    "insider", "insider-audiences", "lark", "moengage", "postscript", "pushwoosh", "slack", "twilio", "twilio-messaging",
    "twilio-messaging-omnichannel", "twilio-studio", "voyage", "xtremepush",
  ],
  personalization: [
    "absmartly", "adobe-target", "algolia-insights", "appcues", "contentstack", "dynamic-yield-audiences", "jimo-cloud",
    "kameleoon", "launchdarkly", "launchdarkly-audiences", "nudge", "optimizely-advanced-audience-targeting",
    "optimizely-data-platform", "optimizely-feature-experimentation-actions", "optimizely-web", "recombee", "vwo",
  ],
  analytics: [
    "accoil-analytics", "actable-predictive", "aggregations-io", "altertable", "amplitude", "amplitude-cohorts", "app-fit",
    "attribution", "avo", "avo-v2", "calliper", "canvas", "chartmogul", "dawn", "dub", "equals", "fullstory",
    "gainsight-px-cloud-action", "google-analytics-4", "heap", "hilo", "june", "klime", "launchpad", "mixpanel", "pendo-audiences",
    "playerzero-cloud", "posthog", "prodeology", "revend", "ripe", "roadwayai", "trackey", "trubrics", "usermaven", "userpilot",
  ],
  email: [
    "acoustic", "acoustic-s3tc", "actions-pardot", "cordial", "customerio", "dotdigital", "dotdigital-audiences", "drip", "emarsys",
    "encharge", "engage-messaging-sendgrid", "iterable", "iterable-audiences", "iterable-lists", "klaviyo", "listrak", "loops",
    "marketo-static-lists", "movable-ink", "ortto", "ortto-audiences", "responsys", "salesforce-marketing-cloud", "sendgrid",
    "sendgrid-audiences", "taguchi", "yonoma",
  ],
  warehouse: [
    "amazon-eventbridge", "aws-kinesis", "aws-s3", "google-sheets", "google-sheets-dev", "kafka", "s3", "sftp", "singlestore",
  ],
  other: [
    "ambee", "ironclad",
  ],
  loyalty_commerce: [
    "antavo", "eagleeye-audiences", "friendbuy", "gameball", "gwen", "livelike-cloud", "rehook", "talon-one", "voucherify", "yotpo",
  ],
  crm: [
    "apolloio", "attio", "blackbaud-raisers-edge-nxt", "clay", "close", "collab-travel-crm", "devrev", "gleap", "hubspot",
    "hyperengage", "inleads-ai", "intercom", "koala", "mantle", "outfunnel", "pipedrive", "qualified", "salesforce", "saleswings",
    "toplyne", "usermotion", "voiceops",
  ],
  feedback_support: [
    "canny-functions", "qualtrics", "spiffy", "sprig", "surveysparrow", "survicate",
  ],
  billing: [
    "m3ter", "metronome", "schematic",
  ],
  utility: [
    "memora", "memora-internal", "noop", "segment", "segment-profiles", "webhook", "webhook-audiences", "webhook-extensible",
    "zapier",
  ],
} as const satisfies Record<string, readonly string[]>;

/** Slug → category. */
export const categories: ReadonlyMap<string, string> = new Map(Object.entries(slugs).flatMap(([category, some]) => some.map((slug) => [slug, category])));
