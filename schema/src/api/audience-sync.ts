// An audience at a destination, over the API: who was told, big changes that wait for an answer, everything sent anew, and the share that is held out.
import { z } from "zod";
import { isoTime } from "./answer-parts.ts";
import { subscriptionParams } from "./destinations.ts";

export const stopShown = z
  .strictObject({
    id: z.int(),
    status: z.enum(["asked", "go_on", "drop", "over"]).meta({ description: "`asked`: nothing of the audience is sent before somebody answers. `over`: taken back before anybody did." }),
    reasons: z.array(z.string()).meta({ description: "What changed: `definition` (or the vocabulary), `list`, `import`, `repair`." }),
    would_add: z.int(), would_remove: z.int(), people: z.int().meta({ description: "At the destination, of whom these are a share." }),
    share: z.number().meta({ description: "The share that was passed: the subscription's `stopShare`." }),
    created_at: isoTime, answered_at: isoTime.nullable(), answered_by: z.string().nullable(),
  })
  .meta({ id: "AudienceStop" });
export type StopShown = z.infer<typeof stopShown>;

export const syncShown = z
  .strictObject({
    id: z.int(),
    kind: z.enum(["all", "differences", "empty"]).meta({ description: "`all`: everybody who is to be there. `differences`: whom the destination was not told, or should not have been. `empty`: all who were told are taken away." }),
    afterwards: z.enum(["subscription", "destination", "audience"]).nullable().meta({ description: "What is archived when it is emptied." }),
    status: z.enum(["running", "done", "stopped"]),
    total: z.int().nullable().meta({ description: "People to look at; null until they are counted." }), looked: z.int(),
    should: z.int().meta({ description: "Who are to be there." }),
    missing: z.int().meta({ description: "Of them, whom the destination had not been told." }),
    too_many: z.int().meta({ description: "Whom it had been told, and who are not to be there." }),
    adds: z.int(), removes: z.int(), created_at: isoTime, created_by: z.string(), done_at: isoTime.nullable(),
  })
  .meta({ id: "AudienceSync" });
export type SyncShown = z.infer<typeof syncShown>;

/** GET /destinations/{slug}/subscriptions/{id}/sync */
export const syncState = z
  .strictObject({
    told: z.int().meta({ description: "Whom the destination has been told to be in it." }),
    people: z.int().nullable().meta({ description: "In the audience; null for a subscription to events." }),
    stops: z.array(stopShown).meta({ description: "Big changes, the latest first." }),
    syncs: z.array(syncShown).meta({ description: "What was sent anew, the latest first." }),
  })
  .meta({ id: "AudienceSyncState" });
export type SyncState = z.infer<typeof syncState>;

/** POST /destinations/{slug}/subscriptions/{id}/syncs */
export const syncBody = z.strictObject({
  kind: z.enum(["all", "differences", "empty"]).optional().meta({ description: "Left out: `all` where the destination keeps lists, for which telling somebody twice changes nothing; else `differences`." }),
  dry_run: z.boolean().default(false).meta({ description: "Only says how many people that is." }),
});
export const syncAsked = z.strictObject({ kind: syncShown.shape.kind, told: z.int(), people: z.int(), sync: syncShown.nullable().meta({ description: "Null after a dry run." }) });
export type SyncAsked = z.infer<typeof syncAsked>;
export const syncParams = subscriptionParams.extend({ sync: z.coerce.number().int().min(1).max(2 ** 31 - 1) });

/** POST /destinations/{slug}/subscriptions/{id}/answer */
export const stopAnswer = z.strictObject({
  stop: z.int().min(1).meta({ description: "Which is answered: another may be asked by now." }),
  answer: z.enum(["go_on", "drop"]).meta({ description: "`drop`: what this change would have brought and taken away is never sent by it; everything sent anew later has it all the same." }),
});

/** GET /destination-stops */
export const stopList = z.strictObject({ data: z.array(stopShown.extend({ destination: z.string(), subscription: z.int(), subscription_name: z.string() })) });
export type StopList = z.infer<typeof stopList>;

/** Of archiving. */
export const emptyQuery = z.strictObject({
  empty: z.enum(["true", "false"]).default("false").meta({ description: "`true`: first everybody whom the vendor was told is taken away there; archived when that is through." }),
});

const arm = z.strictObject({
  people: z.int(), buyers: z.int().meta({ description: "Who ordered since they were assigned." }), orders: z.int(), net_revenue: z.number().meta({ description: "Less what came back." }), net_revenue_per_person: z.number(),
});
/** GET /destinations/{slug}/subscriptions/{id}/hold-out */
export const holdOutShown = z
  .strictObject({
    share: z.number().meta({ description: "Who are held out now, of one." }), since: isoTime.nullable().meta({ description: "When the first was held out; null: nobody was." }),
    currency: z.string().nullable(), sent: arm, held_out: arm,
    both: z.int().meta({ description: "Of both kinds, and counted in neither: the share was another before, or two turned out to be one." }),
    too_few: z.enum(["people", "buyers"]).nullable().meta({ description: "Of what there are too few on one side to say anything about the difference." }),
    needed: z.strictObject({ people: z.int(), buyers: z.int() }),
    problem: z.string().nullable().meta({ description: "Why values can't be added up." }),
    difference: z.strictObject({ net_revenue_per_person: z.number().meta({ description: "Sent less held out." }), low: z.number(), high: z.number(), level: z.literal(0.95) }).nullable(),
  })
  .meta({ id: "HoldOut" });
export type HoldOutShown = z.infer<typeof holdOutShown>;
