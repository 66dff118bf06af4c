// The service agent's desk: what is open about a person, and what an agent records.
import { z } from "zod";
import { changeReceipt, guid, isoTime, rowIdNumber } from "./answer-parts.ts";

const author = z.strictObject({ id: z.string().meta({ description: "`account:<id>` or `token:<id>`." }), name: z.string() });
const text = z.string().trim().min(1).max(4_000);

const origin = { row_id: rowIdNumber, at: isoTime, author };

export const deskProblem = z.strictObject({
  name: z.string().meta({ description: "Which of the workspace's rules it is; `promise_due` for a promise." }),
  title: z.string(),
  reference: z.string().meta({ description: "The order, ticket or subscription." }),
  since: isoTime,
  due_at: isoTime.nullable(),
  row_id: rowIdNumber.meta({ description: "The event that began it." }),
  facts: z.record(z.string(), z.unknown()),
  say: z.string(),
  advice: z.string(),
});
export type DeskProblem = z.infer<typeof deskProblem>;

export const deskOrder = z.strictObject({
  reference: z.string(),
  at: isoTime,
  state: z.string().meta({ description: "The last event that spoke of it." }),
  state_at: isoTime,
  row_id: rowIdNumber,
  facts: z.record(z.string(), z.unknown()),
});

export const deskNote = z.strictObject({ id: z.string(), text: z.string(), ...origin });
export const deskPromise = z.strictObject({
  id: z.string(),
  text: z.string(),
  due_at: isoTime,
  state: z.enum(["open", "kept", "broken"]),
  ...origin,
});
export type DeskPromise = z.infer<typeof deskPromise>;
export const deskProposal = z.strictObject({
  id: z.string(),
  reason: z.string(),
  keys: z.array(guid).meta({ description: "Keys of the identifiers that would be split off." }),
  state: z.enum(["open", "accepted", "declined"]),
  ...origin,
});

export const reachableBy = z.strictObject({
  channel: z.enum(["mail", "sms", "push"]),
  reachable: z.boolean().meta({ description: "There is an identifier for it." }),
  category: z.string(),
  granted: z.boolean(),
  decided: z.boolean().meta({ description: "False: nobody decided, so the workspace's rule for that stands." }),
});
export type ReachableBy = z.infer<typeof reachableBy>;

export const deskAnswer = z
  .strictObject({
    problems: z.array(deskProblem).meta({ description: "What is open, the most urgent first." }),
    orders: z.array(deskOrder),
    promises: z.array(deskPromise),
    notes: z.array(deskNote),
    proposals: z.array(deskProposal),
    channels: z.array(reachableBy),
    do_not_contact: z.boolean(),
    complete: z.boolean().meta({ description: "False: the person has so many events that the oldest were not looked at." }),
  })
  .meta({ id: "Desk" });
export type DeskAnswer = z.infer<typeof deskAnswer>;

export const noteBody = z.strictObject({ text });
export const promiseBody = z.strictObject({ text, due_at: z.iso.datetime({ offset: true }) });
export const promiseParams = z.strictObject({ ref: z.string().min(1).max(2200), id: z.guid() });
export const promiseOutcomeBody = z.strictObject({ outcome: z.enum(["kept", "broken"]) });
export const correctionBody = z.strictObject({
  trait: z.string().min(1).max(512),
  value: z.union([z.string().max(4_000), z.number(), z.boolean(), z.null()]).meta({ description: "null removes the trait." }),
});
export const contactBody = z
  .strictObject({
    categories: z.record(z.string().min(1).max(200), z.boolean()).optional(),
    do_not_contact: z.literal(true).optional().meta({ description: "Refuses every channel of the workspace at once." }),
  })
  .refine((body) => (body.categories === undefined) !== (body.do_not_contact === undefined), "Name categories, or do_not_contact.")
  .refine(({ categories }) => categories === undefined || (Object.keys(categories).length > 0 && Object.keys(categories).length <= 100), "Name 1 to 100 categories.");
export const proposalBody = z.strictObject({ keys: z.array(guid).min(1).max(200), reason: text });
export const proposalDecisionBody = z.strictObject({ decision: z.enum(["accepted", "declined"]) });
export const undoBody = z.strictObject({ row_id: rowIdNumber });

export const deskReceipt = changeReceipt
  .extend({
    id: z.string().optional().meta({ description: "Of the note, promise or proposal." }),
    shown: z.boolean().meta({ description: "It stands in the timeline already." }),
    in_force: z.boolean().optional().meta({
      description: "Of a correction: false when a source of higher rank, or a later event, says otherwise.",
    }),
  })
  .meta({ id: "DeskReceipt" });
export type DeskReceipt = z.infer<typeof deskReceipt>;
