// People as the API shows them.
import { z } from "zod";
import {
  changeReceipt,
  guid,
  identifier,
  isoTime,
  nextCursor,
  PAGE_LIMIT_DEFAULT,
  PAGE_LIMIT_MAX,
  pageQuery,
  rowIdNumber,
} from "./answer-parts.ts";

export const profileInclude = z.enum(["events", "audiences", "identifiers", "provenance"]);
export type ProfileInclude = z.infer<typeof profileInclude>;

const includeList = z
  .string()
  .max(200)
  .transform((text) =>
    text
      .split(",")
      .map((word) => word.trim())
      .filter((word) => word !== ""),
  )
  .pipe(z.array(profileInclude))
  .optional()
  .meta({ description: "Comma list of `events`, `audiences`, `identifiers`, `provenance`." });

export const profileQuery = z.strictObject({
  include: includeList,
  events_limit: z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).default(PAGE_LIMIT_DEFAULT),
  events_cursor: z.string().max(2000).optional(),
});

/** `namespace:value`, or a person's id. */
export const profileRefParams = z.strictObject({
  ref: z.string().min(1).max(2200).meta({ description: "`namespace:value` (percent-encoded), or a profile id." }),
});

export const identifierParams = z.strictObject({
  ref: z.string().min(3).max(2200).meta({ description: "`namespace:value`, percent-encoded." }),
});

const origin = { row_id: rowIdNumber, source_id: z.int(), at: isoTime };

export const traitProvenance = z.strictObject({ value: z.unknown(), ...origin });

export const profileIdentifierAnswer = z.strictObject({
  namespace: z.string(),
  value: z.string(),
  key: guid.optional(),
  first_seen_at: isoTime,
  source_id: z.int(),
  row_id: rowIdNumber,
});

export const timelineEvent = z
  .strictObject({
    row_id: rowIdNumber,
    message_id: z.string(),
    type: z.string(),
    event: z.string(),
    at: isoTime,
    received_at: isoTime,
    source_id: z.int(),
    page_url: z.string(),
    device_type: z.string(),
    is_historical: z.boolean(),
    properties: z.record(z.string(), z.unknown()),
  })
  .meta({ id: "TimelineEvent" });
export type TimelineEvent = z.infer<typeof timelineEvent>;

export const timelineQuery = pageQuery.extend({
  type: z
    .string()
    .max(200)
    .transform((text) => text.split(",").map((word) => word.trim()).filter((word) => word !== ""))
    .pipe(z.array(z.enum(["track", "page", "screen", "identify", "group", "alias", "control"])).min(1))
    .optional()
    .meta({ description: "Comma list of call types; `control` is what was decided by hand." }),
  source_id: z.coerce.number().int().min(0).optional(),
  search: z.string().trim().min(1).max(200).optional().meta({ description: "Text in the name, the page or a value." }),
  before_row: z.coerce.number().int().min(0).optional().meta({ description: "Only what happened before this event." }),
});
export type TimelineFilter = Partial<Pick<z.output<typeof timelineQuery>, "type" | "source_id" | "search" | "before_row">>;

export const traitHistoryParams = z.strictObject({ ref: z.string().min(1).max(2200), name: z.string().min(1).max(512) });
export const consentHistoryParams = z.strictObject({ ref: z.string().min(1).max(2200), category: z.string().min(1).max(200) });

export const traitHistory = z.strictObject({
  data: z.array(
    z.strictObject({
      value: z.unknown(),
      times: z.int().meta({ description: "How often it was said before another value." }),
      in_force: z.boolean(),
      row_id: rowIdNumber,
      source_id: z.int().meta({ description: "0: by hand." }),
      event: z.string(),
      type: z.string(),
      at: isoTime,
    }),
  ),
  complete: z.boolean(),
});
export type TraitHistory = z.infer<typeof traitHistory>;

export const accountParams = z.strictObject({ ref: z.string().min(1).max(2200), account: z.string().min(1).max(512) });
export const traitNames = z.strictObject({ data: z.array(z.strictObject({ name: z.string(), people: z.int() })) });
export type TraitNames = z.infer<typeof traitNames>;

export const timeline = z.strictObject({ data: z.array(timelineEvent), next_cursor: nextCursor });
export type Timeline = z.infer<typeof timeline>;

const scalar = z.union([z.string(), z.number(), z.boolean()]);
export const computedOfPerson = z
  .strictObject({
    name: z.string(),
    value: z.union([scalar, z.array(scalar)]),
    at: isoTime.nullable().meta({ description: "Since when; null: it is what everybody has of whom nothing is known." }),
    reason: z.string().nullable().meta({ description: "Why it changed, as in the log of audiences: event, deadline, definition …" }),
    row_id: rowIdNumber.nullable().meta({ description: "Of the event that made it so, if one did." }),
    version: z.int().meta({ description: "Of the definition that it was worked out by." }),
    personal: z.boolean().meta({ description: "Whether a field that shows through it is personal or undecided." }),
  })
  .meta({ id: "ComputedOfPerson" });
export type ComputedOfPerson = z.infer<typeof computedOfPerson>;

export const profileAnswer = z
  .strictObject({
    id: guid,
    is_anonymous: z.boolean(),
    first_seen_at: isoTime.nullable(),
    last_seen_at: isoTime.nullable(),
    event_count: z.int(),
    traits: z.record(z.string(), z.unknown()),
    identifiers: z.array(profileIdentifierAnswer),
    consents: z.record(z.string(), z.strictObject({ granted: z.boolean(), ...origin })),
    consent_when_absent: z.enum(["granted", "denied"]),
    accounts: z.array(z.strictObject({ id: z.string(), traits: z.record(z.string(), z.unknown()), ...origin })),
    devices: z.array(
      z.strictObject({
        type: z.string(),
        os: z.string(),
        browser: z.string(),
        first_seen_at: isoTime,
        last_seen_at: isoTime,
      }),
    ),
    latest_events: z.array(z.strictObject({ event: z.string(), at: isoTime, row_id: rowIdNumber })),
    linked_profiles: z.array(guid),
    audiences: z.array(z.string()),
    computed: z.record(z.string(), computedOfPerson).meta({ description: "Computed traits that have a value, by slug." }),
    provenance: z
      .record(z.string(), traitProvenance)
      .optional()
      .meta({ description: "With `include=provenance`: each trait and where it came from." }),
    events: timeline.optional().meta({ description: "With `include=events`." }),
  })
  .meta({ id: "Profile" });
export type ProfileAnswer = z.infer<typeof profileAnswer>;

export const profileSummary = z
  .strictObject({
    id: guid,
    is_anonymous: z.boolean(),
    first_seen_at: isoTime.nullable(),
    last_seen_at: isoTime.nullable(),
    event_count: z.int(),
    traits: z.record(z.string(), z.unknown()),
    identifiers: z.array(identifier),
  })
  .meta({ id: "ProfileSummary" });
export type ProfileSummary = z.infer<typeof profileSummary>;

export const accountPeople = z.strictObject({ data: z.array(profileSummary), more: z.boolean() });
export type AccountPeople = z.infer<typeof accountPeople>;

export const profileSort = z.enum(["changed", "newest", "oldest"]);
export type ProfileSort = z.infer<typeof profileSort>;

export const profileListQuery = pageQuery.extend({
  search: z.string().max(500).optional().meta({
    description:
      "An identifier in any spelling, the number of an order or ticket, a name, or words in a trait; or conditions joined by `and`: " +
      "`email:ann@example.com`, `order_id:W-1`, `city = Aarhus`, `name contains lee`.",
  }),
  sort: profileSort.default("changed").meta({ description: "`changed`: the latest changed first; `newest`, `oldest`: by when they were first seen." }),
});

/** Before the slug of a computed trait that is a column of an export. */
export const COMPUTED_COLUMN = "computed.";

export const profileExportQuery = profileListQuery.omit({ limit: true, cursor: true }).extend({
  columns: z
    .string()
    .max(8_000)
    .default("[]")
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown; // Checked by what follows.
      } catch {
        context.addIssue({ code: "custom", message: "It must be a JSON list." });
        return z.NEVER;
      }
    })
    .pipe(z.array(z.string().min(1).max(512)).max(50))
    .meta({ description: "Names of traits, as a JSON list." }),
});

export const profileListAnswer = z.strictObject({
  data: z.array(profileSummary),
  next_cursor: nextCursor,
  note: z.enum(["cut", "no_phone_country"]).optional().meta({
    description:
      "`cut`: the search ran out of time, so there may be more. `no_phone_country`: the text looks like a telephone number without its " +
      "country, which is read only when the setting `phoneCountry` names one.",
  }),
});
export type ProfileList = z.infer<typeof profileListAnswer>;

/** Status 300: the identifier was seen with several people, so it names none of them. */
export const sharedAnswer = z
  .strictObject({
    shared: z.literal(true),
    identifier,
    hint: z.string(),
    href: z.string().meta({ description: "Where everybody it was seen with is listed." }),
    profiles: z.array(profileSummary),
  })
  .meta({ id: "SharedIdentifier" });
export type SharedIdentifier = z.infer<typeof sharedAnswer>;

export const identifierAnswer = z.strictObject({
  identifier,
  key: guid.meta({ description: "The salted hash under which it is stored." }),
  shared: z.boolean(),
  first_seen_at: isoTime,
  source_id: z.int(),
  profiles: z.array(profileSummary).meta({ description: "The person it belongs to, or everybody a shared one was seen with." }),
  more: z.boolean().meta({ description: "There are more people than are listed." }),
});

export const editTraitsBody = z.strictObject({
  traits: z
    .record(z.string().min(1).max(512), z.unknown())
    .refine((traits) => Object.keys(traits).length > 0, "Name at least one trait.")
    .refine((traits) => Object.keys(traits).length <= 500, "At most 500 traits in one request.")
    .meta({ description: "Trait → value; null removes one." }),
});

export const consentBody = z.strictObject({
  categories: z
    .record(z.string().min(1).max(200), z.boolean())
    .refine((categories) => Object.keys(categories).length > 0, "Name at least one category.")
    .refine((categories) => Object.keys(categories).length <= 100, "At most 100 categories in one request."),
  at: z.iso.datetime({ offset: true }).optional().meta({ description: "When the decision was made; now when absent." }),
});

export const suppressBody = z.strictObject({
  reason: z.string().max(500).optional().meta({ description: "Kept in the audit log; name no personal data in it." }),
});

export const suppressAnswer = changeReceipt.extend({ id: guid, status: z.enum(["suppressed", "accepted"]) });
