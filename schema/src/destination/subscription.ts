// A subscription: which events, whose comings and goings in an audience, or which rows of a model go to one action of a destination, and what of them.
import { z } from "zod";
import { eventFilters } from "../audience/event-filter.ts";
import { syncModes } from "./definition.ts";
import { mapping } from "./mapping.ts";
import { identifierChoices } from "./outgoing-event.ts";

/** Events that a subscription takes. All that is given must hold. */
export const eventTrigger = z.strictObject({
  kind: z.literal("events"),
  /** Call types; none given: any. */
  types: z.array(z.enum(["track", "identify", "page", "screen", "group", "alias"])).min(1).optional(),
  /** Names of track calls, or of pages and screens; none given: any. */
  names: z.array(z.string().min(1).max(512)).min(1).max(200).optional(),
  where: eventFilters.optional(),
});

/** Who comes and goes. */
export const audienceTrigger = z.strictObject({
  kind: z.literal("audience"),
  audienceId: z.int().min(1),
  /** The vendor's settings of the list that the audience becomes. */
  settings: z.record(z.string(), z.unknown()).default({}),
  on: z.enum(["both", "entered", "exited"]).default("both"),
  /** How a destination hears of it: as a track call "Audience Entered" and "Audience Exited", or as an identify call with a trait. */
  as: z.enum(["track", "identify"]).default("track"),
  /** What happens with those who are in already when it is switched on. */
  backfill: z.boolean().default(true),
  /** Part of the people, 0 to 1, who are held out for good, to see what difference it makes. */
  holdOut: z.number().min(0).max(0.5).default(0),
  /** More than this part of the audience added or removed by one change stops and asks. */
  stopShare: z.number().min(0).max(1).default(0.3),
});

export const modelModes = ["insert", "update", "upsert", "mirror"] as const;

/** Rows of a model (schema/src/model.ts) that were added, changed or removed between two of its runs. */
export const modelTrigger = z.strictObject({
  kind: z.literal("model"),
  modelId: z.int().min(1),
  /** `insert`: those added; `update`: those changed; `upsert`: both; `mirror`: those removed too. */
  mode: z.enum(modelModes).default("upsert"),
  /** Whether the rows that the model has when it is switched on are sent, as if they were added then. */
  backfill: z.boolean().default(true),
});

export const subscriptionDefinition = z.strictObject({
  action: z.string().min(1).max(200),
  trigger: z.discriminatedUnion("kind", [eventTrigger, audienceTrigger, modelTrigger]),
  mapping,
  syncMode: z.enum(syncModes).optional(),
  /** All of these must be granted. */
  consent: z.array(z.string().min(1).max(200)).max(50).default([]),
  /** Events of imports, replays and of long ago: by default they move nothing outward. */
  historical: z.boolean().default(false),
  late: z.boolean().default(false),
  /** Of several e-mail addresses, phone numbers or tokens of one person, which go. */
  identifiers: z.enum(identifierChoices).default("last"),
  batch: z.strictObject({ size: z.int().min(1).max(10_000).optional(), lingerMs: z.int().min(0).max(60_000).optional() }).optional(),
});
export type SubscriptionDefinition = z.infer<typeof subscriptionDefinition>;
export type EventTrigger = z.infer<typeof eventTrigger>;
export type AudienceTrigger = z.infer<typeof audienceTrigger>;
export type ModelTrigger = z.infer<typeof modelTrigger>;
