// Destinations over the API: what there is to choose from, what a workspace has set up, and what goes to it.
import { z } from "zod";
import { availability, destinationDefinition, syncModes } from "../destination/definition.ts";
import { audienceTrigger, eventTrigger, modelTrigger, subscriptionDefinition } from "../destination/subscription.ts";
import { audienceSlug } from "./audiences.ts";
import { guid, isoTime, rowIdNumber } from "./answer-parts.ts";
import { modelSlug } from "./models.ts";

const name = z.string().trim().min(1).max(200);
const catalogSlug = z.string().min(1).max(200);
export const destinationSlug = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, "Small letters, digits, - and _, at most 63.").meta({ description: "By which programs name it; never changes." });
const dryRun = z.enum(["true", "false"]).default("false");
export const fieldProblem = z.strictObject({ field: z.string().meta({ description: "Names joined by dots; empty: all of it." }), problem: z.string() }).meta({ id: "FieldProblem" });

// ── The catalog ───────────────────────────────────────────────────────────────────────────────────────────────────

export const catalogQuery = z.strictObject({
  search: z.string().max(200).optional().meta({ description: "In names, slugs, descriptions, categories and what they can do; every word must be found." }),
  category: z.string().max(200).optional(),
  availability: z.enum(["ready", "own_app", "hidden", "usable"]).optional().meta({ description: "`usable`: all but hidden ones." }),
});
export const catalogEntry = z
  .strictObject({
    slug: catalogSlug, name: z.string(), description: z.string(), category: z.string(), origin: z.enum(["own", "catalog"]), availability, notes: z.array(z.string()),
    proof: z.enum(["contract", "loads"]).meta({ description: "`contract`: its requests and how it takes replies are tested; `loads`: no more than that it can be set up. No vendor was ever called." }),
    authentication: z.enum(["none", "key", "basic", "oauth2"]), actions: z.int(), keeps_audiences: z.boolean(),
    in_use: z.int().meta({ description: "Destinations of the workspace that are made of it." }),
  })
  .meta({ id: "CatalogEntry" });
export type CatalogEntry = z.infer<typeof catalogEntry>;
export const catalogList = z.strictObject({
  data: z.array(catalogEntry),
  categories: z.array(z.strictObject({ category: z.string(), count: z.int() })).meta({ description: "Of what is searched for, whatever the asked category." }),
  availability: z.strictObject({ ready: z.int(), own_app: z.int(), hidden: z.int() }).meta({ description: "Of all there is." }),
});
export type CatalogList = z.infer<typeof catalogList>;
export const catalogParams = z.strictObject({ slug: catalogSlug });
export const catalogDetail = z.strictObject({ definition: destinationDefinition, secrets: z.array(z.string()).meta({ description: "Keys of the settings that are never shown once they are set." }) }).meta({ id: "CatalogDetail" });
export type CatalogDetail = z.infer<typeof catalogDetail>;

const settings = z.record(z.string().min(1).max(200), z.unknown());
/** POST /catalog/{slug}/check: what is wrong with settings, before they are kept. Never 400 for wrong ones. */
export const settingsCheckBody = z.strictObject({ settings, destination: destinationSlug.optional().meta({ description: "The one that is changed: what is left out is taken from it." }) });
export const settingsCheck = z.strictObject({ ok: z.boolean(), problems: z.array(fieldProblem) });

// ── Destinations of a workspace ───────────────────────────────────────────────────────────────────────────────────

const testPeople = z.array(z.string().regex(/^[^\s:]{1,63}:.{1,2048}$/su, "A namespace, a colon, and the value.")).min(1).max(100).meta({ description: "While it is set, only what these people do is sent: `user_id:ada`, …" });
const perSecond = z.number().min(0.01).max(10_000).meta({ description: "Requests a second, at most; of all destinations together that use the same account at the vendor." });
const account = z.string().trim().min(1).max(100).meta({
  description: "Destinations with the same name here use one account at the vendor, and share its rate, whatever their definitions. Without it, those of one definition do whose keys are the same.",
});
const features = z.record(z.string().max(200), z.boolean()).refine((all) => Object.keys(all).length <= 50, "At most 50 switches.");

export const destination = z
  .strictObject({
    slug: destinationSlug, name: z.string(),
    definition: catalogSlug.meta({ description: "Its slug in the catalog." }),
    definition_name: z.string().nullable().meta({ description: "Null where the catalog has it no more." }),
    enabled: z.boolean(), status: z.enum(["active", "archived"]),
    version: z.int().meta({ description: "Greater with every change of the settings." }),
    is_authorized: z.boolean().meta({ description: "Tokens of the vendor are kept." }),
    has_test_people: z.boolean(), per_second: z.number().nullable(), account: z.string().nullable(),
    subscriptions: z.strictObject({ total: z.int(), enabled: z.int() }),
    created_at: isoTime, created_by: z.string(), updated_at: isoTime, updated_by: z.string(), updated_by_name: z.string().nullable(),
  })
  .meta({ id: "Destination" });
export type Destination = z.infer<typeof destination>;
export const destinationDetail = destination
  .extend({
    settings: z.record(z.string(), z.unknown()).meta({ description: "Without secrets." }),
    secrets: z.record(z.string(), z.strictObject({ last: z.string() })).meta({ description: "Secrets that are set, with their last three characters where they are long enough for that." }),
    problems: z.array(fieldProblem).meta({ description: "What keeps it from being switched on." }),
    test_people: z.array(z.string()).nullable(),
    features: z.record(z.string(), z.boolean()),
    rate: z.strictObject({
      per_second: z.number().nullable().meta({ description: "Of the account: the lowest that any of those who use it has; null: none." }),
      shared_with: z.array(z.strictObject({ slug: destinationSlug, name: z.string(), per_second: z.number().nullable() })).meta({ description: "The other destinations that use the account." }),
    }),
  })
  .meta({ id: "DestinationDetail" });
export type DestinationDetail = z.infer<typeof destinationDetail>;

export const destinationListQuery = z.strictObject({ status: z.enum(["active", "archived"]).default("active"), search: z.string().max(200).optional() });
export const destinationList = z.strictObject({ data: z.array(destination) });
export type DestinationList = z.infer<typeof destinationList>;
export const destinationParams = z.strictObject({ slug: destinationSlug });

export const destinationCreate = z.strictObject({
  slug: destinationSlug.optional().meta({ description: "Without it, one is made of the name." }),
  name, definition: catalogSlug, settings: settings.default({}), enabled: z.boolean().default(false), test_people: testPeople.nullable().default(null), per_second: perSecond.nullable().default(null), account: account.nullable().default(null),
  features: features.default({}),
});
export const destinationChange = z.strictObject({
  name: name.optional(),
  settings: settings.optional().meta({ description: "What is left out stays, secrets too; null takes a setting away. Where a setting changes that says where things go, secrets are sent again." }),
  enabled: z.boolean().optional(), test_people: testPeople.nullable().optional(), per_second: perSecond.nullable().optional(), account: account.nullable().optional(), features: features.optional(),
  version: z.int().optional().meta({ description: "The version that was changed; refused (409) when there is a newer one." }),
});
export const changeQuery = z.strictObject({ dry_run: dryRun.meta({ description: "Change nothing, and say what would be sent at once." }) });
/** Of an audience that goes to an enabled subscription of an enabled destination. */
export const backfill = z
  .strictObject({
    subscription: z.int(), name: z.string(), audience: audienceSlug, people: z.int().meta({ description: "In the audience now." }),
    sent: z.int().meta({ description: "Of them, about so many would be sent: none without `backfill`, and not those who are held out." }),
  })
  .meta({ id: "Backfill" });
const changed = { dry_run: z.boolean(), changed: z.array(z.string()).meta({ description: "What is another than before." }), backfill: z.array(backfill).meta({ description: "Audiences whose people are sent because of this change." }) };
export const destinationChanged = z.strictObject({ ...changed, destination: destinationDetail });
export type DestinationChanged = z.infer<typeof destinationChanged>;

// ── Exchanges ─────────────────────────────────────────────────────────────────────────────────────────────────────

export const exchange = z
  .strictObject({
    method: z.string(), url: z.string(), request_headers: z.record(z.string(), z.string()), request_body: z.string(), status: z.int().nullable(), response_headers: z.record(z.string(), z.string()),
    response_body: z.string(), failure: z.string().nullable().meta({ description: "Why there is no reply." }), started_at: isoTime, took_ms: z.number(),
  })
  .meta({ id: "Exchange", description: "One request and its reply, without secrets." });
export type Exchange = z.infer<typeof exchange>;
/** POST /destinations/{slug}/test */
export const destinationTest = z.strictObject({ ok: z.boolean(), detail: z.string().nullable(), exchanges: z.array(exchange) }).meta({ id: "DestinationTest" });
export type DestinationTest = z.infer<typeof destinationTest>;

/** POST /destinations/{slug}/forget */
export const forgetBody = z.strictObject({ user_id: z.string().min(1).max(2_048).optional(), anonymous_id: z.string().min(1).max(2_048).optional() })
  .refine((one) => one.user_id !== undefined || one.anonymous_id !== undefined, "Say whom: `user_id` or `anonymous_id`.");
export const forgotten = z.strictObject({
  outcome: z.enum(["delivered", "retry", "refused", "unauthorized", "nothing"]).meta({ description: "`delivered`: the destination says that it did; `nothing`: it had nothing of the person." }), detail: z.string().nullable(), exchanges: z.array(exchange),
}).meta({ id: "Forgotten" });

/** GET /destinations/{slug}/choices */
export const choicesQuery = z.strictObject({
  action: z.string().min(1).max(200), field: z.string().min(1).max(200),
  payload: z.string().max(8_000).default("{}").meta({ description: "JSON of the mapping's literal values so far: choices of one field may depend on another." }),
});
export const choices = z.strictObject({ data: z.array(z.strictObject({ value: z.string(), label: z.string() })) });
export type Choices = z.infer<typeof choices>;

// ── Subscriptions ─────────────────────────────────────────────────────────────────────────────────────────────────

const namedAudienceTrigger = audienceTrigger.omit({ audienceId: true }).extend({ audience: audienceSlug });
const namedModelTrigger = modelTrigger.omit({ modelId: true }).extend({ model: modelSlug });
/** As it is stored, but for the audience or the model, which are named by their slugs. */
export const writtenSubscription = subscriptionDefinition.extend({ trigger: z.discriminatedUnion("kind", [eventTrigger, namedAudienceTrigger, namedModelTrigger]) }).meta({ id: "SubscriptionDefinition" });
export type WrittenSubscription = z.infer<typeof writtenSubscription>;

export const subscription = z
  .strictObject({
    id: z.int(), name: z.string(), action: z.string(), action_name: z.string().nullable().meta({ description: "Null where the destination has it no more." }),
    kind: z.enum(["events", "audience", "model"]), audience: audienceSlug.nullable(), model: modelSlug.nullable(), enabled: z.boolean(), status: z.enum(["active", "archived"]), version: z.int(),
    created_at: isoTime, created_by: z.string(), updated_at: isoTime, updated_by: z.string(), updated_by_name: z.string().nullable(),
  })
  .meta({ id: "Subscription" });
export type Subscription = z.infer<typeof subscription>;
export const subscriptionDetail = subscription
  .extend({
    definition: writtenSubscription, external_id: z.string().nullable().meta({ description: "Of the list that the vendor made for the audience." }),
    problems: z.array(fieldProblem).meta({ description: "What keeps it from being switched on." }),
  })
  .meta({ id: "SubscriptionDetail" });
export type SubscriptionDetail = z.infer<typeof subscriptionDetail>;
export const subscriptionList = z.strictObject({ data: z.array(subscription) });
export type SubscriptionList = z.infer<typeof subscriptionList>;
const id = z.coerce.number().int().min(1).max(2 ** 31 - 1);
export const subscriptionParams = z.strictObject({ slug: destinationSlug, id });
export const subscriptionVersionParams = z.strictObject({ slug: destinationSlug, id, version: id });
export const subscriptionCreate = z.strictObject({ name, definition: writtenSubscription, enabled: z.boolean().default(false) });
export const subscriptionChange = z.strictObject({
  name: name.optional(), definition: writtenSubscription.optional(), enabled: z.boolean().optional(),
  version: z.int().optional().meta({ description: "The version that was changed; refused (409) when there is a newer one." }),
});
export const subscriptionChanged = z.strictObject({ ...changed, subscription: subscriptionDetail });
export type SubscriptionChanged = z.infer<typeof subscriptionChanged>;
const version = z.strictObject({ version: z.int(), at: isoTime, author: z.string(), author_name: z.string().nullable() });
export const subscriptionVersions = z.strictObject({ data: z.array(version) });
export type SubscriptionVersions = z.infer<typeof subscriptionVersions>;
export const subscriptionVersion = version.extend({ definition: writtenSubscription }).meta({ id: "SubscriptionVersion" });
export type SubscriptionVersion = z.infer<typeof subscriptionVersion>;

/** GET /destinations/{slug}/suggestions: mappings to begin with. */
export const suggestionsQuery = z.strictObject({ action: z.string().min(1).max(200) });
export const suggestions = z.strictObject({
  /** Made of the defaults of the action's fields. */
  mapping: z.record(z.string(), z.unknown()), sync_mode: z.enum(syncModes).nullable(),
  presets: z.array(z.strictObject({ key: z.string(), name: z.string(), trigger: z.string(), filter: z.unknown().nullable(), mapping: z.record(z.string(), z.unknown()).meta({ description: "The defaults, with what the preset says over them." }) })),
  missing: z.array(fieldProblem).meta({ description: "What the defaults leave open." }),
});
export type Suggestions = z.infer<typeof suggestions>;

const givenEvent = z.record(z.string(), z.unknown()).meta({ description: "An event as a source would send it." });
/** POST /destinations/{slug}/subscriptions/preview */
export const previewSubscriptionBody = z.strictObject({
  definition: writtenSubscription,
  event: givenEvent.optional().meta({ description: "Instead of recent events." }),
  row_id: rowIdNumber.optional().meta({ description: "Instead of recent events, the one at this position." }),
  subscription: z.int().min(1).optional().meta({ description: "The one that is changed: of an audience, the list that the vendor made for it is taken from it." }),
  limit: z.int().min(1).max(50).default(10),
});
export const previewedEvent = z
  .strictObject({
    row_id: rowIdNumber.nullable().meta({ description: "Of an event that is stored." }), profile_id: guid.nullable().meta({ description: "The person it belongs to now; null for nobody." }), message_id: z.string(), type: z.string(), event: z.string(), at: isoTime,
    passes: z.boolean(),
    why: z.strictObject({ clause: z.enum(["types", "names", "where", "on", "mode"]), place: z.int().nullable().meta({ description: "Of the filters in `where`, which." }), reason: z.string() }).nullable().meta({ description: "By what it does not pass." }),
    payload: z.record(z.string(), z.unknown()).nullable().meta({ description: "What would be sent; null where the mapping makes nothing of it." }),
    problems: z.array(fieldProblem),
  })
  .meta({ id: "PreviewedEvent" });
export type PreviewedEvent = z.infer<typeof previewedEvent>;
export const previewSubscription = z
  .strictObject({
    data: z.array(previewedEvent).meta({ description: "Those that pass first, then the others; within, the latest first." }),
    examined: z.int().meta({ description: "Recent events that were looked at." }), passing: z.int().meta({ description: "Of them, so many pass." }),
    problems: z.array(fieldProblem).meta({ description: "Of the definition, whatever the event." }),
  })
  .meta({ id: "SubscriptionPreview" });
export type SubscriptionPreview = z.infer<typeof previewSubscription>;

/** POST /destinations/{slug}/subscriptions/test-send */
export const testSendBody = z
  .strictObject({
    definition: writtenSubscription, subscription: z.int().min(1).optional().meta({ description: "As in a preview." }),
    event: givenEvent.optional(), row_id: rowIdNumber.optional(),
    profile_id: guid.optional().meta({ description: "Of an audience: somebody of whom it is told as if they came now, or went." }), entered: z.boolean().default(true),
  })
  .refine((body) => [body.event, body.row_id, body.profile_id].filter((one) => one !== undefined).length === 1, "Send one of `event`, `row_id` and `profile_id`.");
export const testSend = z
  .strictObject({
    test: z.literal(true),
    outcome: z.enum(["delivered", "retry", "refused", "unauthorized", "nothing", "not_sent"]).meta({ description: "`not_sent`: the mapping makes nothing that could be sent." }),
    code: z.string().nullable(), detail: z.string().nullable(), status: z.int().nullable(),
    passes: z.boolean().meta({ description: "Whether the subscription would take the event by itself; the test sends it anyway." }),
    payload: z.record(z.string(), z.unknown()).nullable(), problems: z.array(fieldProblem), exchanges: z.array(exchange),
  })
  .meta({ id: "TestSend" });
export type TestSend = z.infer<typeof testSend>;
