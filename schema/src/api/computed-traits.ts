// Computed traits over the API: kept ones, and questions about a definition that nobody has saved.
import { z } from "zod";
import { computedDefinition } from "../audience/computed.ts";
import { guid, isoTime } from "./answer-parts.ts";
import { definitionProblem } from "./audiences.ts";

/** As formulas spell it without quotes. */
export const computedSlug = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, "Small letters, digits and _, beginning with a letter, at most 63.")
  .meta({ description: "By which conditions, formulas and programs name it; never changes." });
export const computedStatus = z.enum(["filling", "active", "failed", "archived"]).meta({ id: "ComputedTraitStatus", description: "`filling`: worked out for everybody, for the first time or anew after a change." });
export const computedType = z.enum(["number", "time", "text", "list", "any"]).meta({ id: "ComputedTraitType", description: "`any`: whatever stands in a property." });
const folder = z.string().max(200).meta({ description: "Names joined by /; empty for none." });
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const value = z.union([scalar, z.array(scalar)]);
const sentence = z.strictObject({ en: z.string(), de: z.string() });

export const thresholds = z
  .strictObject({
    days: z.array(z.number()).meta({ description: "Days since the last order: more than the n-th are one fifth worse." }),
    orders: z.array(z.number()), value: z.array(z.number()),
    buyers: z.int(), at: isoTime,
  })
  .meta({ id: "RfmThresholds" });

export const computedTrait = z
  .strictObject({
    slug: computedSlug,
    name: z.string(),
    description: z.string(),
    folder,
    kind: z.enum(["measure", "value", "decay", "formula", "rfm", "stages"]),
    type: computedType,
    status: computedStatus,
    problem: z.string().nullable().meta({ description: "Why it failed, and what to do." }),
    people: z.int().meta({ description: "People who have another value now than `rest`." }),
    rest: value.nullable().meta({ description: "The value of everybody else, such as 0; null: none." }),
    filled_at: isoTime.nullable(),
    version: z.int(),
    sentence,
    thresholds: thresholds.nullable().meta({ description: "Of RFM scores: what divides the fifths, as last worked out." }),
    personal: z.boolean().meta({ description: "Whether a field that shows through it is personal or undecided: then its values are masked like that field's." }),
    created_at: isoTime,
    created_by: z.string(),
    updated_at: isoTime,
    updated_by: z.string(),
  })
  .meta({ id: "ComputedTrait" });
export type ComputedTrait = z.infer<typeof computedTrait>;

export const computedReference = z.strictObject({ kind: z.enum(["audience", "computed_trait", "list"]), slug: z.string(), name: z.string() });
export const computedTraitDetail = computedTrait
  .extend({ definition: computedDefinition, used_by: z.array(computedReference), uses: z.array(computedReference) })
  .meta({ id: "ComputedTraitDetail" });
export type ComputedTraitDetail = z.infer<typeof computedTraitDetail>;

/** GET /computed-traits */
export const computedListQuery = z.strictObject({
  search: z.string().max(200).optional().meta({ description: "In names, slugs, descriptions and sentences." }),
  folder: folder.optional(),
  status: z.enum(["filling", "active", "failed", "archived", "in_use"]).default("in_use").meta({ description: "`in_use`: all but archived ones." }),
});
export const computedList = z.strictObject({ data: z.array(computedTrait), folders: z.array(z.strictObject({ folder, count: z.int() })) });
export type ComputedList = z.infer<typeof computedList>;

/** POST /computed-traits */
export const computedCreate = z.strictObject({
  slug: computedSlug.optional().meta({ description: "Without it, one is made of the name." }),
  name: z.string().trim().min(1).max(200),
  description: z.string().max(2_000).default(""),
  folder: folder.default(""),
  definition: computedDefinition,
});
/** PATCH /computed-traits/{slug}; a new definition is a new version. */
export const computedChange = z.strictObject({
  name: z.string().trim().min(1).max(200).optional(),
  description: z.string().max(2_000).optional(),
  folder: folder.optional(),
  definition: computedDefinition.optional(),
  version: z.int().optional().meta({ description: "The version that was changed; refused (409) when there is a newer one." }),
});
/** GET /computed-traits/{slug}/versions */
export const computedVersions = z.strictObject({
  data: z.array(z.strictObject({ version: z.int(), definition: computedDefinition, at: isoTime, author: z.string(), sentence })),
});
export type ComputedVersions = z.infer<typeof computedVersions>;

/** POST /computed-traits/check: what is wrong with a definition. Never 400 for a wrong one. */
export const computedCheckBody = z.strictObject({
  definition: z.unknown(),
  slug: computedSlug.optional().meta({ description: "Of the computed trait that is changed: references that lead back to it are told." }),
});
export const computedCheck = z
  .strictObject({
    ok: z.boolean(),
    problems: z.array(definitionProblem.extend({ character: z.int().nullable().meta({ description: "In a formula, from 1 on." }) })),
    sentence: sentence.nullable(),
    type: computedType.nullable(),
    personal: z.boolean().nullable(),
    fields: z.array(z.strictObject({ place: z.enum(["trait", "property", "context", "account"]), event: z.string(), path: z.string(), personal: z.boolean() })).meta({ description: "Whose contents show through it." }),
  })
  .meta({ id: "ComputedTraitCheck" });
export type ComputedCheck = z.infer<typeof computedCheck>;

/** POST /computed-traits/preview */
export const computedPreviewBody = z.strictObject({
  definition: computedDefinition,
  slug: computedSlug.optional().meta({ description: "Of the computed trait that is changed." }),
  sample: z.int().min(0).max(50).default(0),
});
export const computedPreview = z
  .strictObject({
    people: z.int().meta({ description: "Everybody who was asked about: known or not, but no bots." }),
    set: z.int().meta({ description: "Those who have a value." }),
    different: z.int().meta({ description: "Different values; of lists, different elements." }),
    at: isoTime,
    took_ms: z.number(),
    numbers: z.strictObject({
      min: z.number(), max: z.number(), average: z.number(), median: z.number(),
      buckets: z.array(z.strictObject({ from: z.number(), to: z.number().nullable(), count: z.int() })).meta({ description: "From `from` on, up to before `to`; the last may have no end." }),
    }).nullable().meta({ description: "Of numbers; times count in milliseconds since 1970." }),
    values: z.array(z.strictObject({ value: scalar, count: z.int() })).meta({ description: "The most frequent ones; masked like the fields that they come from." }),
    masked: z.boolean(),
    thresholds: thresholds.nullable().meta({ description: "Of RFM scores: what divides the fifths of this preview." }),
    sample: z.array(z.strictObject({ profile_id: guid, name: z.string().nullable(), identifiers: z.array(z.strictObject({ namespace: z.string(), value: z.string() })), value })),
  })
  .meta({ id: "ComputedTraitPreview" });
export type ComputedPreview = z.infer<typeof computedPreview>;

/** GET /computed-traits/templates: ready definitions in the words of this workspace. */
export const computedTemplates = z.strictObject({
  data: z.array(z.strictObject({
    id: z.string(), name: sentence, about: sentence,
    definition: computedDefinition.nullable().meta({ description: "Null where the workspace lacks what it needs." }),
    sentence: sentence.nullable(),
    needs: z.array(z.string()).meta({ description: "Words of the vocabulary, or computed traits, that are missing." }),
  })),
}).meta({ id: "ComputedTraitTemplates" });
export type ComputedTemplates = z.infer<typeof computedTemplates>;
