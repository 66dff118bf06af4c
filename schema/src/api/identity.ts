// Who is who, and why: the graph, merges, splitting people, and what changed rules would do.
import { z } from "zod";
import { identitySettings } from "../settings.ts";
import { changeReceipt, guid, identifier, isoTime, nextCursor, PAGE_LIMIT_MAX, pageOf, pageQuery, rowIdNumber } from "./answer-parts.ts";
import { deskProposal } from "./desk.ts";
import { profileSummary } from "./profiles.ts";

/** An event, as evidence names it. */
export const evidenceEvent = z
  .strictObject({ row_id: rowIdNumber, message_id: z.string(), type: z.string(), event: z.string(), at: isoTime, source_id: z.int() })
  .meta({ id: "EvidenceEvent" });
export type EvidenceEvent = z.infer<typeof evidenceEvent>;

const cause = evidenceEvent.nullable().meta({ description: "The event; null for a change by hand, and when it is not in the event table." });

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

/** The same with the event that caused it. */
export const explainedMerge = mergeEntry.extend({ cause }).meta({ id: "ExplainedMerge" });
export type ExplainedMerge = z.infer<typeof explainedMerge>;

/** Who is who by now: an id that an entry names → the person who answers for it. Suppressed people are not among them. */
const peopleNow = z.record(guid, profileSummary);
export type PeopleNow = z.infer<typeof peopleNow>;

export const mergeList = pageOf(mergeEntry);

export const graphIdentifier = z.strictObject({
  key: guid,
  namespace: z.string(),
  value: z.string(),
  shared: z.boolean(),
  first_seen_at: isoTime,
  row_id: rowIdNumber,
  source_id: z.int(),
  yielded_to: z.int().meta({ description: "How many people it was seen with and did not join; past the limit of its kind it counts as shared." }),
});
export type GraphIdentifier = z.infer<typeof graphIdentifier>;

export const graphEdge = z.strictObject({
  a: guid,
  b: guid,
  kind: z.enum(["seen", "claimed", "link"]),
  row_id: rowIdNumber,
  at: isoTime,
  source_id: z.int(),
  events: z.int().nullable().meta({ description: "In how many of this person's events both stand; null when that can't be counted now." }),
  first: cause,
});
export type GraphEdge = z.infer<typeof graphEdge>;

export const graphAnswer = z
  .strictObject({
    profile_id: guid,
    identifiers: z.array(graphIdentifier),
    neighbours: z
      .array(graphIdentifier.extend({ profile_id: guid.nullable() }))
      .meta({ description: "Identifiers of others that were seen together with this person's, and did not join." }),
    edges: z.array(graphEdge),
    cannot_link: z.array(z.strictObject({ split_id: rowIdNumber, identifier_key: guid, side: z.int() })),
    merges: z.array(explainedMerge),
    refusals: z.array(explainedMerge),
    people: peopleNow.meta({ description: "Everybody else who is named: an id → the person who answers for it now." }),
    complete: z.boolean().meta({ description: "False when the graph is larger than what one answer shows." }),
  })
  .meta({ id: "IdentityGraph" });
export type IdentityGraph = z.infer<typeof graphAnswer>;

export const evidenceQuery = z.strictObject({
  a: guid.meta({ description: "The key of an identifier of this person." }),
  b: guid.meta({ description: "The key of another one, of this person or seen together with it." }),
  limit: z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).default(20),
});

/** The events that hold two identifiers together, the first first. */
export const evidenceAnswer = z
  .strictObject({ total: z.int(), last_at: isoTime.nullable(), data: z.array(evidenceEvent) })
  .meta({ id: "IdentityEvidence" });
export type EvidenceAnswer = z.infer<typeof evidenceAnswer>;

export const mergeFeedQuery = pageQuery.extend({
  kind: mergeEntry.shape.kind.optional(),
  namespace: z.string().max(63).optional().meta({ description: "Only where an identifier of this kind was the reason." }),
});

/** What happened to people of the whole workspace, the latest first. */
export const mergeFeed = z.strictObject({ data: z.array(explainedMerge), people: peopleNow, next_cursor: nextCursor }).meta({ id: "MergeFeed" });
export type MergeFeed = z.infer<typeof mergeFeed>;

export const proposalList = z
  .strictObject({
    data: z.array(deskProposal.extend({ profile_id: guid.meta({ description: "Whose it is now." }) })).meta({ description: "The latest first." }),
    people: peopleNow,
    complete: z.boolean().meta({ description: "False: so much was proposed that the oldest was not looked at." }),
  })
  .meta({ id: "UnmergeProposalList" });
export type ProposalList = z.infer<typeof proposalList>;

export const sharedListQuery = pageQuery.extend({ namespace: z.string().max(63).optional() });

export const sharedRow = z
  .strictObject({
    key: guid,
    identifier,
    first_seen_at: isoTime,
    source_id: z.int(),
    people: z.int().meta({ description: "How many people it was seen with before it was set aside." }),
    profiles: z.array(profileSummary).meta({ description: "Some of them, as they are now." }),
  })
  .meta({ id: "SharedIdentifierRow" });
export type SharedRow = z.infer<typeof sharedRow>;

export const sharedList = pageOf(sharedRow);
export type SharedList = z.infer<typeof sharedList>;

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
    first_seen_at: isoTime.nullable(),
    last_seen_at: isoTime.nullable(),
    consents: z.record(z.string(), z.boolean()),
    latest_events: z.array(z.strictObject({ event: z.string(), at: isoTime })),
    people: z.int().meta({ description: "1, or more: when what held this side together stands on the other, it comes apart further." }),
  })
  .meta({ id: "SplitSide" });
export type SplitSide = z.infer<typeof splitSide>;

export const unmergePreview = z
  .strictObject({
    dry_run: z.literal(true),
    stays: splitSide,
    splits_off: splitSide,
    others: z.int().meta({ description: "Further people who share history with this one, and are made anew with it." }),
    nobodys: z.array(identifier).meta({ description: "Identifiers of which no event is left that would give them to anybody." }),
  })
  .meta({ id: "UnmergePreview" });
export type UnmergePreview = z.infer<typeof unmergePreview>;

export const unmergeAnswer = changeReceipt.extend({
  changes: z.array(mergeEntry),
  refused: z.string().optional().meta({ description: "Why the pipeline did not do it, once it has come to it." }),
});
export type UnmergeAnswer = z.infer<typeof unmergeAnswer>;

export const identityPreviewBody = z.strictObject({ identity: identitySettings });

/** One of the people of an example. */
const examplePerson = z.strictObject({
  profile_id: guid.nullable().meta({ description: "Today's id; null for a person that does not exist yet." }),
  identifiers: z.array(identifier).meta({ description: "Some of theirs." }),
  identifier_count: z.int(),
});

export const identityPreview = z
  .strictObject({
    people_before: z.int(),
    people_after: z.int(),
    merging: z.int().meta({ description: "People who would be joined with another." }),
    merged_into: z.int().meta({ description: "How many people they would be." }),
    splitting: z.int().meta({ description: "People who would come apart." }),
    split_into: z.int().meta({ description: "How many people they would be." }),
    merges: z
      .array(z.strictObject({ people: z.array(examplePerson), by: z.array(identifier), row_id: rowIdNumber.nullable() }))
      .meta({ description: "Examples of people who would become one, by which identifiers, and the first event that would join them." }),
    splits: z
      .array(z.strictObject({ profile_id: guid.nullable(), into: z.array(examplePerson) }))
      .meta({ description: "Examples of people who would come apart, and into whom." }),
    leaving: z.int().meta({ description: "Identifiers that would leave their person and be nobody's: shared, or kept apart and never seen alone." }),
    dropped: z.int().meta({ description: "Identifiers that the rules would no longer take." }),
    dropped_examples: z.array(identifier),
    examined: z.int().meta({ description: "How many people were looked at." }),
    evidence: z.int().meta({ description: "How many first sightings of two identifiers together were replayed." }),
    complete: z.boolean().meta({ description: "False when there are more sightings; then the oldest were replayed." }),
  })
  .meta({ id: "IdentityPreview" });
export type IdentityPreview = z.infer<typeof identityPreview>;

export const identityPreviewAnswer = identityPreview
  .extend({ people: peopleNow.meta({ description: "Those of the examples: id → the person." }) })
  .meta({ id: "IdentityPreviewAnswer" });
export type IdentityPreviewAnswer = z.infer<typeof identityPreviewAnswer>;
