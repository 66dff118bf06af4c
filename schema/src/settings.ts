// What can be configured about a workspace's pipeline. Stored as a control record in the log, so that each event is
// decided by the settings that stood before it.
import { z } from "zod";
import { defaultServiceSettings, serviceSettings } from "./service-settings.ts";

/** How values of a namespace are brought into one form before they are compared. */
export const normalisation = z.enum(["text", "lower", "email", "phone"]);

/** How one kind of identifier behaves in identity resolution. */
export const namespaceRule = z.strictObject({
  /** The word in addresses and settings, for example `user_id`. */
  name: z.string().regex(/^[a-z][a-z0-9_]{0,62}$/),
  /** 1 is the strongest. When two identifiers disagree, the one with the larger number yields. */
  priority: z.int().min(1).max(1000),
  normalise: normalisation,
  /** How many different values one person may have. */
  limitPerProfile: z.int().min(1).max(10_000),
  /** After yielding to this many people, an identifier counts as shared and no longer joins anybody. */
  sharedAfter: z.int().min(2).max(10_000),
  /** `merge`: seen on two people it joins them. `lookup`: it finds a person and never joins. */
  use: z.enum(["merge", "lookup"]),
  /** Whether it names a person or a device. When absent: anonymous_id, device_id and advertising_id name devices. */
  about: z.enum(["person", "device"]).optional(),
  /** Values (compared without case, after trimming) that are nobody's identifier. */
  blockedValues: z.array(z.string()),
  /** RE2 patterns for the same, matched against the whole value. */
  blockedPatterns: z.array(z.string()),
  /** Where the value is found in an event, as dotted paths such as `userId` or `traits.email`; all are taken. */
  paths: z.array(z.string()),
  /** Other paths for one source, by source id; they replace `paths` there. */
  pathsBySource: z.record(z.string(), z.array(z.string())),
});
export type NamespaceRule = z.infer<typeof namespaceRule>;

/**
 * What happens to the anonymous profile when someone signs in:
 * `convert` merges it into the known person; `isolate` leaves what was done before apart; `link` leaves it apart and
 * remembers the connection, so that each is found from the other.
 */
export const signInStrategy = z.enum(["convert", "isolate", "link"]);
export type SignInStrategy = z.infer<typeof signInStrategy>;

export const identitySettings = z.strictObject({
  namespaces: z.array(namespaceRule),
  signIn: signInStrategy,
});
export type IdentitySettings = z.infer<typeof identitySettings>;

/** Repeats are recognised for seven days: within them every event that was received can be shown. */
export const KEEP_DAYS_MIN = 7;

export const eventSettings = z.strictObject({
  /**
   * Events that happened longer ago are removed from the event table, a day at a time; null keeps them for ever. What they
   * made of people stays (docs/retention.md). Removed events never come back.
   */
  keepDays: z.int().min(KEEP_DAYS_MIN).max(36_500).nullable(),
});

export const REFERENCES_MAX = 50;
export const defaultReferences: readonly string[] = [
  "order_id", "orderId", "order_number", "receipt_id", "receipt_number", "invoice_number", "ticket_id", "ticket_number", "case_id", "tracking_number",
  "subscription_id", "booking_id",
];

export const workspaceSettings = z.strictObject({
  identity: identitySettings,
  /** What the absence of a consent decision means for a category. */
  consentWhenAbsent: z.enum(["granted", "denied"]),
  /** Country (ISO 3166-1 alpha-2) in which phone numbers without a country code are read; none are read without it. */
  phoneCountry: z.string().length(2).optional(),
  /** Addresses or address ranges (CIDR) whose traffic is the company's own; flagged, never dropped. */
  internalIps: z.array(z.string()),
  /** How long events are kept; absent in what was written before there was a choice. */
  events: eventSettings.default({ keepDays: null }),
  /** Properties whose values people read out (order, receipt and ticket numbers): the search finds a person by them. */
  references: z.array(z.string().min(1).max(200)).max(REFERENCES_MAX).default(() => [...defaultReferences]),
  /** What the service desk sees first: open problems, orders, channels. */
  service: serviceSettings.default(defaultServiceSettings),
});
export type WorkspaceSettings = z.infer<typeof workspaceSettings>;

export const TRAIT_RANKS_MAX = 200;

export const sourceSettings = z.strictObject({
  name: z.string(),
  /** What is kept of the sender's address. `truncate`: the last byte of IPv4, the last 80 bits of IPv6 are zeroed. */
  ip: z.enum(["keep", "truncate", "drop"]),
  /** Whether a null or empty value from this source removes a trait. */
  nullErases: z.boolean(),
  /**
   * When set, only events with a token signed by this key (HS256, claim `sub` = userId) may join a known person. Sealed
   * (core/sealed-text.ts) wherever it is stored or appended: the log, its tables and ClickHouse keep settings for ever.
   */
  identityTokenSecret: z.string().regex(/^sealed\.v1\.[\w-]+$/).optional(),
  /** Where sources disagree on a trait, the smaller rank wins; absent: after all that have one. Among equals the last write by event time. */
  traitRank: z.int().optional(),
  /** The same for single traits, by name, in place of the source's one rank; null: after all that have one. */
  traitRanks: z.record(z.string().min(1).max(512), z.int().nullable())
    .refine((ranks) => Object.keys(ranks).length <= TRAIT_RANKS_MAX, `At most ${TRAIT_RANKS_MAX} traits have ranks of their own.`).optional(),
  /** False where it tells what others did about a person (the console): such events are no sign that the person was there. */
  showsActivity: z.boolean().optional(),
});
export type SourceSettings = z.infer<typeof sourceSettings>;

const blockedEverywhere = [
  "null", "undefined", "none", "nil", "nan", "unknown", "anonymous", "guest", "user", "test", "na", "n/a", "-", "0", "1", "true", "false",
  "(not set)", "[object object]", "00000000-0000-0000-0000-000000000000",
];

function namespace(name: string, priority: number, rest: Partial<NamespaceRule>): NamespaceRule {
  return {
    name, priority, normalise: "text", limitPerProfile: 100, sharedAfter: 5, use: "merge",
    blockedValues: blockedEverywhere, blockedPatterns: ["0+", "[-_.x*]+"], paths: [], pathsBySource: {}, ...rest,
  };
}

export const defaultWorkspaceSettings: WorkspaceSettings = {
  identity: {
    signIn: "convert",
    namespaces: [
      namespace("user_id", 1, { limitPerProfile: 1, sharedAfter: 10_000, paths: ["userId"] }),
      namespace("email", 2, {
        normalise: "email", limitPerProfile: 5,
        blockedValues: [...blockedEverywhere, "test@test.com", "test@example.com", "noreply@example.com", "none@none.com", "a@a.com"],
        paths: ["traits.email", "context.traits.email", "properties.email"],
      }),
      namespace("phone", 3, { normalise: "phone", limitPerProfile: 5, paths: ["traits.phone", "context.traits.phone"] }),
      namespace("external_id", 4, { limitPerProfile: 50, paths: [] }),
      namespace("advertising_id", 5, { normalise: "lower", limitPerProfile: 20, paths: ["context.device.advertisingId"] }),
      namespace("device_id", 6, { limitPerProfile: 50, paths: ["context.device.id"] }),
      namespace("anonymous_id", 7, { limitPerProfile: 1000, paths: ["anonymousId"] }),
    ],
  },
  consentWhenAbsent: "granted",
  internalIps: [],
  events: { keepDays: null },
  references: [...defaultReferences],
  service: defaultServiceSettings,
};

export const defaultSourceSettings: SourceSettings = { name: "", ip: "keep", nullErases: false };
