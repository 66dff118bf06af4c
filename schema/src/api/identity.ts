// Who is who, and why: the graph, merges, splitting people, and what changed rules would do.
import { z } from "zod";
import { identitySettings } from "../settings.ts";
import { changeReceipt, guid, identifier, isoTime, pageOf, rowIdNumber } from "./answer-parts.ts";

export const mergeEntry = z
  .strictObject({
    row_id: rowIdNumber,
    step: z.int(),
    kind: z.enum(["merge", "unmerge", "refused", "shared", "link"]),
    at: isoTime,
    survivor: guid,
    other: guid.nullable(),
    reason: z.string(),
    identifier: identifier.nullable().meta({ description: "The identifier that caused it, or that yielded." }),
    detail: z.record(z.string(), z.unknown()),
  })
  .meta({ id: "Merge" });

export const mergeList = pageOf(mergeEntry);

export const graphIdentifier = z.strictObject({
  key: guid,
  namespace: z.string(),
  value: z.string(),
  shared: z.boolean(),
  first_seen_at: isoTime,
  row_id: rowIdNumber,
  source_id: z.int(),
});

export const graphEdge = z.strictObject({
  a: guid,
  b: guid,
  kind: z.enum(["seen", "claimed", "link"]),
  row_id: rowIdNumber,
  at: isoTime,
  source_id: z.int(),
});

export const graphAnswer = z
  .strictObject({
    profile_id: guid,
    identifiers: z.array(graphIdentifier),
    neighbours: z
      .array(graphIdentifier.extend({ profile_id: guid.nullable() }))
      .meta({ description: "Identifiers of others that were seen together with this person's, and did not join." }),
    edges: z.array(graphEdge),
    cannot_link: z.array(z.strictObject({ split_id: rowIdNumber, identifier_key: guid, side: z.int() })),
    merges: z.array(mergeEntry),
    refusals: z.array(mergeEntry),
    complete: z.boolean().meta({ description: "False when the graph is larger than what one answer shows." }),
  })
  .meta({ id: "IdentityGraph" });

export const unmergeBody = z.strictObject({
  identifiers: z.array(identifier).min(1).max(1000).meta({ description: "The side to split off; all others stay." }),
  dry_run: z.boolean().default(false),
});

/** One of the two people that an unmerge would leave. */
export const splitSide = z
  .strictObject({
    profile_id: guid.nullable().meta({ description: "The id it would have; null when it would be a new one." }),
    identifiers: z.array(identifier),
    traits: z.record(z.string(), z.unknown()),
    event_count: z.int(),
  })
  .meta({ id: "SplitSide" });

export const unmergePreview = z
  .strictObject({ dry_run: z.literal(true), stays: splitSide, splits_off: splitSide })
  .meta({ id: "UnmergePreview" });
export type UnmergePreview = z.infer<typeof unmergePreview>;

export const unmergeAnswer = changeReceipt.extend({ changes: z.array(mergeEntry) });

export const identityPreviewBody = z.strictObject({ identity: identitySettings });

export const identityPreview = z
  .strictObject({
    people_before: z.int(),
    people_after: z.int(),
    merges: z
      .array(z.strictObject({ profiles: z.array(guid), by: identifier.nullable() }))
      .meta({ description: "Examples of people who would become one." }),
    splits: z.array(z.strictObject({ profile: guid, into: z.int() })).meta({ description: "Examples of people who would come apart." }),
    examined: z.int().meta({ description: "How many people were looked at." }),
    complete: z.boolean(),
  })
  .meta({ id: "IdentityPreview" });
export type IdentityPreview = z.infer<typeof identityPreview>;
