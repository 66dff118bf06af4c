// What arrives: events, their fields, what has changed in them, and what is proposed and decided about each field.
import { z } from "zod";
import { fieldKind, fieldPlace, fieldRef, isFieldRefShort } from "../field.ts";
import { isoTime, nextCursor } from "./answer-parts.ts";

/** Fields of one page, and of one change. */
export const FIELDS_PAGE_MAX = 1_000;
export const FIELD_CHANGES_MAX = 500;

export const valueType = z.enum(["text", "number", "boolean", "list", "objects"]).meta({ id: "ValueType", description: "`objects`: a list of objects." });

const day = z.string().meta({ description: "A day in UTC: `2026-01-31`." });
const share = z.number().min(0).max(1);

export const drift = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("new"), since: day, days: z.int() }),
    z.strictObject({ kind: z.literal("stopped"), last: day, days: z.int() }),
    z.strictObject({ kind: z.literal("type"), was: valueType, now: valueType, share, since: day }),
    z.strictObject({ kind: z.literal("fell"), from: share, to: share }),
    z.strictObject({ kind: z.literal("rose"), from: share, to: share }),
  ])
  .meta({ id: "Drift", description: "What has changed: new, stopped, another type than before, carried by fewer or more of its events." });
export type Drift = z.infer<typeof drift>;

export const observedEvent = z
  .strictObject({
    type: z.string(),
    event: z.string(),
    count: z.int(),
    first_at: isoTime,
    last_at: isoTime,
    days: z.array(z.int()).meta({ description: "Events of each of the last 30 days, today last." }),
    drift: z.array(drift),
    fields: z.int(),
    undecided: z.int().meta({ description: "Fields that nobody has decided about." }),
    fields_new: z.int().meta({ description: "Fields that came first within a week, and after the event did." }),
    fields_silent: z.int().meta({ description: "Fields that have not come for three days while the event did." }),
  })
  .meta({ id: "ObservedEvent" });
export type ObservedEvent = z.infer<typeof observedEvent>;

export const proposal = z
  .strictObject({
    personal: z.boolean().nullable(),
    kind: fieldKind.nullable(),
    evidence: z.array(z.string()),
  })
  .meta({ id: "FieldProposal", description: "What name and values point to, with the reasons; null where they point nowhere. A person decides." });

export const observedField = z
  .strictObject({
    place: fieldPlace,
    event: z.string(),
    path: z.string(),
    count: z.int().meta({ description: "Events that carried it." }),
    share: share.nullable().meta({ description: "Of the events that could have." }),
    types: z.array(z.strictObject({ type: valueType, count: z.int() })),
    first_at: isoTime,
    last_at: isoTime,
    examples: z.array(z.string()),
    examples_masked: z.boolean(),
    personal: z.boolean().nullable().meta({ description: "Null: undecided, and masked as if it were." }),
    decided_by: z.enum(["workspace", "program", "nobody"]).meta({ description: "`program`: known from the wire protocol; a decision of the workspace comes before." }),
    kind: fieldKind.nullable(),
    description: z.string(),
    owner: z.string(),
    proposal,
    drift: z.array(drift),
  })
  .meta({ id: "ObservedField" });
export type ObservedField = z.infer<typeof observedField>;

export const observedSummary = z
  .strictObject({
    events: z.int(),
    fields: z.int(),
    undecided: z.int(),
    events_beyond: z.int().meta({ description: "Events whose name is not listed, for the list is full." }),
    fields_beyond: z.int().meta({ description: "Values in fields that are not listed, for the list is full." }),
    limits: z.strictObject({ events: z.int(), fields: z.int(), fields_per_event: z.int() }),
    since: isoTime.nullable(),
  })
  .meta({ id: "ObservedSummary" });
export type ObservedSummary = z.infer<typeof observedSummary>;

export const observedEventList = z.strictObject({ data: z.array(observedEvent), summary: observedSummary });
export type ObservedEventList = z.infer<typeof observedEventList>;

export const observedEventParams = z.strictObject({ event: z.string().min(1).max(512) });
export const observedEventDetail = z.strictObject({
  event: z.string(),
  calls: z.array(observedEvent).meta({ description: "One for each type of call under this name; most have one." }),
  fields: z.array(observedField),
});
export type ObservedEventDetail = z.infer<typeof observedEventDetail>;

export const observedTraits = z.strictObject({ data: z.array(observedField) });
export type ObservedTraits = z.infer<typeof observedTraits>;

export const observedFieldsQuery = z.strictObject({
  undecided: z.stringbool().optional().meta({ description: "Only those that nobody has decided about." }),
  place: fieldPlace.optional(),
  event: z.string().max(512).optional(),
  limit: z.coerce.number().int().min(1).max(FIELDS_PAGE_MAX).default(200),
  cursor: z.string().max(4000).optional().meta({ description: "`next_cursor` of the page before." }),
});
export const observedFieldList = z.strictObject({ data: z.array(observedField), next_cursor: nextCursor });
export type ObservedFieldList = z.infer<typeof observedFieldList>;

export const fieldChange = fieldRef.extend({
  personal: z.boolean().nullable().optional().meta({ description: "Null takes a decision back." }),
  kind: fieldKind.nullable().optional(),
  description: z.string().max(2_000).optional(),
  owner: z.string().max(200).optional(),
}).refine(isFieldRefShort, "The event's name and the path are too long together for a decision.").meta({ id: "FieldChange", description: "What is left out stays as it is." });
export type FieldChange = z.infer<typeof fieldChange>;

export const fieldChangesBody = z.strictObject({ fields: z.array(fieldChange).min(1).max(FIELD_CHANGES_MAX) });
export const fieldChangesAnswer = z.strictObject({ changed: z.int(), summary: observedSummary });
