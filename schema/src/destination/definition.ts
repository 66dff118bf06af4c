// What a destination is: its settings, its actions with their fields, and what it can do besides. The same shape for Segment's
// catalog and for our own, so that forms, mappings and checks are made once.
import { z } from "zod";

export const fieldTypes = ["string", "text", "number", "integer", "boolean", "datetime", "password", "object"] as const;

const choice = z.strictObject({ value: z.union([z.string(), z.number(), z.boolean()]), label: z.string() });

/** Holds, or not, of the other values of the same form. */
const fieldCondition = z.strictObject({
  match: z.enum(["all", "any"]),
  conditions: z.array(z.strictObject({
    /** Key of another field; `null`: the sync mode of the subscription. */
    field: z.string().nullable(),
    is: z.boolean(),
    /** What it is, or is not, compared with; several: any of them; `null`: not set. */
    value: z.unknown(),
  })),
});
export type FieldCondition = z.infer<typeof fieldCondition>;

const fieldBase = z.strictObject({
  key: z.string(),
  label: z.string(),
  description: z.string().default(""),
  type: z.enum(fieldTypes),
  required: z.union([z.boolean(), fieldCondition]).default(false),
  /** Shown only while this holds. */
  dependsOn: fieldCondition.optional(),
  /** Takes a list of values of this type. */
  isMultiple: z.boolean().default(false),
  choices: z.array(choice).optional(),
  /** The destination itself can be asked for the choices. */
  isDynamic: z.boolean().default(false),
  /** Never shown to people: what it needs is worked out. */
  isHidden: z.boolean().default(false),
  /** An e-mail address, a phone number, …: the destination takes it hashed, and hashes what is not. */
  isHashed: z.boolean().default(false),
  /** Of an object: other keys than those of `properties` are welcome. */
  takesMore: z.boolean().default(false),
  /** Of an object: keys that it has no fields for, by which the vendor opts people in or out all the same. */
  optInKeys: z.array(z.string()).optional(),
  editor: z.enum(["keyvalue", "keyvalue_only", "array"]).optional(),
  placeholder: z.string().optional(),
  /** A value or a mapping directive (mapping.ts). */
  default: z.unknown().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
});
export type Field = z.infer<typeof fieldBase> & { readonly properties?: readonly Field[] | undefined };
export const field: z.ZodType<Field> = fieldBase.extend({ get properties() { return z.array(field).optional(); } });

export const syncModes = ["add", "update", "upsert", "delete", "mirror"] as const;
export type SyncMode = (typeof syncModes)[number];

export const action = z.strictObject({
  key: z.string(),
  name: z.string(),
  description: z.string().default(""),
  fields: z.array(field),
  /** Takes several events with one request. */
  batch: z.strictObject({
    sizeMax: z.int().min(1),
    bytesMax: z.int().min(1),
    /** Payload fields that all events of one batch must share. */
    keys: z.array(z.string()),
    /** How long one that is not full waits for more, unless the subscription says. */
    lingerMs: z.int().min(0).optional(),
  }).optional(),
  syncModes: z.strictObject({ choices: z.array(z.enum(syncModes)), default: z.enum(syncModes) }).optional(),
  /** Whoever it is sent for is opted in at the vendor. */
  optsIn: z.boolean().optional(),
  isHidden: z.boolean().default(false),
});
export type Action = z.infer<typeof action>;

/** When a preset sends: for events of its filter, or when something happens to an audience or to rows of a model. */
export const presetTriggers = ["events", "audience_entered", "audience_exited", "audience_changed", "model_row_new", "model_row_changed", "model_row_deleted", "journey_step_entered"] as const;

export const preset = z.strictObject({
  key: z.string(),
  name: z.string(),
  action: z.string(),
  trigger: z.enum(presetTriggers),
  /** Event names and types, as the vendor suggests them. Undefined: it can't be said in ours, and is left to the person. */
  filter: z.unknown().optional(),
  mapping: z.record(z.string(), z.unknown()),
  /** What its events are in the workspace's vocabulary, which knows their names and where they say what; the names of the filter are for workspaces that have none. */
  role: z.enum(["order", "refund"]).optional(),
});
export type Preset = z.infer<typeof preset>;

export const availability = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("ready") }).describe("Works with the user's own key."),
  z.strictObject({ kind: z.literal("own_app"), provider: z.string(), needs: z.string() }).describe("Needs an app that the user registers with the vendor."),
  z.strictObject({ kind: z.literal("hidden"), reason: z.string() }).describe("Can't be used, and why."),
]);

export const destinationDefinition = z.strictObject({
  slug: z.string(),
  name: z.string(),
  description: z.string().default(""),
  category: z.string(),
  /** Ours, or out of Segment's catalog. */
  origin: z.enum(["own", "catalog"]),
  availability,
  /** What is known to be wrong with it, in words for people: a sunset API, a trap. */
  notes: z.array(z.string()).default([]),
  /** What was seen to work: never more than was tested. */
  proof: z.enum(["contract", "loads"]),
  documentation: z.string().optional(),
  authentication: z.enum(["none", "key", "basic", "oauth2"]),
  settings: z.array(field),
  actions: z.array(action),
  presets: z.array(preset),
  /** Keeps lists of people: what one list is set up with, and whether the vendor makes it first. */
  audience: z.strictObject({ settings: z.array(field), isCreated: z.boolean() }).optional(),
  canTest: z.boolean(),
  /** Can be told to forget a person. */
  canForget: z.boolean(),
});
export type DestinationDefinition = z.infer<typeof destinationDefinition>;
