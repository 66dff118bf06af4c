// People who asked to be forgotten, over the API: what every destination was told and answered, and what went from here.
import { z } from "zod";
import { changeReceipt, guid, isoTime } from "./answer-parts.ts";
import { exported } from "./exports.ts";
import { profileRefParams } from "./profiles.ts";

export const forgettingDestinationStatuses = ["waiting", "told", "nothing", "refused", "expired", "by_hand", "done_by_hand"] as const;
export type ForgettingDestinationStatus = (typeof forgettingDestinationStatuses)[number];
export const forgettingModelStatuses = ["waiting", "removed", "erased", "by_hand"] as const;

const destination = z.strictObject({
  slug: z.string(), name: z.string(),
  status: z.enum(forgettingDestinationStatuses).meta({
    description: "`told`: it took the request to delete them; `nothing`: it has nothing of theirs, or knows people by ids that they had none of; `refused`, `expired`: it did not, for good, or for a day; " +
      "`by_hand`: it does not offer it; `done_by_hand`: somebody says that they did it there.",
  }),
  told: z.int().meta({ description: "Ids of the person that it has answered for." }), attempts: z.int().meta({ description: "Of the id at hand, that failed." }), next_at: isoTime.nullable().meta({ description: "Of the next attempt; null: as soon as it can be." }),
  code: z.string(), detail: z.string().meta({ description: "In the destination's words, without the person's ids." }), since: isoTime, done_at: isoTime.nullable(), done_by: z.string().nullable(),
});
const model = z.strictObject({
  slug: z.string(), name: z.string(),
  status: z.enum(forgettingModelStatuses).meta({ description: "`removed`: its rows about them count as removed, and wait to be erased until every destination was told so; `by_hand`: its rows name nobody, so that theirs can't be told." }),
  rows: z.int().meta({ description: "Rows of its log that were erased." }), done_at: isoTime.nullable(),
});

export const forgetting = z
  .strictObject({
    id: z.int(), profile_id: guid.meta({ description: "Of the person, who is found by it no more." }), asked_at: isoTime, asked_by: z.string(), asked_by_name: z.string().nullable(),
    status: z.enum(["under_way", "by_hand", "done"]).meta({ description: "`by_hand`: nothing is under way any more, and something is left for somebody to do." }),
    destinations: z.array(destination), models: z.array(model),
    sent_erased_at: isoTime.nullable().meta({ description: "What was sent about them, and answered, is gone from here since then." }),
  })
  .meta({ id: "Forgetting" });
export type ForgettingShown = z.infer<typeof forgetting>;

export const forgettingDetail = forgetting.extend({
  files: z.array(exported).meta({ description: "In which they stood and which left by hand: whoever has them has them. At most 200, the latest first." }),
}).meta({ id: "ForgettingDetail" });
export type ForgettingDetail = z.infer<typeof forgettingDetail>;

export const forgettingsQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(50), cursor: z.string().max(500).optional() });
export const forgettingList = z.strictObject({ data: z.array(forgetting), next_cursor: z.string().nullable() });
export type ForgettingList = z.infer<typeof forgettingList>;
export const forgettingParams = z.strictObject({ id: z.coerce.number().int().min(1).max(2_147_483_647) });
export const forgettingDestinationParams = forgettingParams.extend({ slug: z.string().min(1).max(200) });
export const forgettingAct = z.strictObject({
  action: z.enum(["retry", "done_by_hand"]).meta({ description: "`retry`: tell it again, for another day; `done_by_hand`: it was done at the destination itself." }),
});

/** POST /profiles/{ref}/forget */
export const forgetPersonParams = profileRefParams;
export const forgetPersonBody = z.strictObject({
  reason: z.string().max(500).optional().meta({ description: "Kept in the audit log; name no personal data in it." }),
  identifiers: z.array(z.string().min(3).max(2_200)).max(100).default([]).meta({ description: "Of somebody who is suppressed already, of whom nothing but hashes is kept: their other ids, as `namespace:value`. Ids that are not theirs are refused." }),
});
export const forgetPersonAnswer = z.strictObject({
  id: guid, row_id: changeReceipt.shape.row_id.nullable(), processed: z.boolean(),
  forgetting: forgetting.nullable().meta({ description: "Null while the request is durable and not yet acted on: see GET /forgettings." }),
}).meta({ id: "PersonForgotten" });
export type PersonForgotten = z.infer<typeof forgetPersonAnswer>;
