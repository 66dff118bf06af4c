// What became of what was sent, over the API.
import { z } from "zod";
import { guid, isoTime, nextCursor, pageOf, pageQuery, rowIdNumber } from "./answer-parts.ts";
import { audienceReason, audienceSlug } from "./audiences.ts";
import { destinationSlug, exchange } from "./destinations.ts";

const outcome = z.enum(["delivered", "refused", "expired", "held_out", "nothing"])
  .meta({ description: "`refused` by the vendor or before anything was sent, `expired` after a day of attempts: dead letters both. `held_out`: of the share who are sent nothing." });

export const deliveriesQuery = pageQuery.extend({
  outcome: outcome.optional(),
  code: z.string().max(200).optional(),
  subscription: z.coerce.number().int().min(1).optional(),
  event: z.string().max(512).optional(),
  message_id: z.string().max(512).optional(),
  request_id: guid.optional().meta({ description: "What went with one request: of a file, its name." }),
  from: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
});

export const deliveryRow = z
  .strictObject({
    subscription: z.int(), subscription_name: z.string().nullable(), stream: z.string().meta({ description: "`events`, or whose comings and goings." }), position: rowIdNumber,
    message_id: z.string(), event: z.string(), profile_id: guid.nullable(), outcome, code: z.string(), detail: z.string(), status: z.int().nullable(), attempts: z.int(),
    happened_at: isoTime, received_at: isoTime, finished_at: isoTime, request_id: guid.nullable().meta({ description: "Null: no request was made." }),
  })
  .meta({ id: "Delivery" });
export type DeliveryShown = z.infer<typeof deliveryRow>;
export const deliveryList = pageOf(deliveryRow);
export type DeliveryList = z.infer<typeof deliveryList>;

const count = z.strictObject({ outcome: z.string(), reason: z.string(), count: z.int() });
export const healthQuery = z.strictObject({ hours: z.coerce.number().int().min(1).max(24 * 31).default(24) });
export const destinationHealth = z
  .strictObject({
    state: z.enum(["off", "idle", "flowing", "throttled", "failing", "unauthorized"]).meta({ description: "`off`: not switched on. `idle`: nothing was ever sent." }),
    since: isoTime.nullable(), code: z.string(), detail: z.string(),
    advice: z.string().meta({ description: "What to do about it; empty where nothing has to be done." }),
    next_attempt_at: isoTime.nullable(),
    waiting: z.strictObject({
      events: z.int().nullable().meta({ description: "Stored events of the workspace that it has not looked at yet; null while it follows none." }),
      oldest_at: isoTime.nullable(),
      again: z.int().meta({ description: "Failed by themselves, and tried again." }), behind: z.int().meta({ description: "Wait behind something of the same person." }),
      oldest_failed_at: isoTime.nullable(), next_at: isoTime.nullable(),
    }),
    counts: z.array(count).meta({ description: "Of the asked hours. Filtered ones by the rule that kept them. `left_out`: delivered, and counted there, without the field of that name, which would have opted somebody in by something else than their consent." }),
    series: z.array(z.strictObject({ at: isoTime, outcome: z.string(), count: z.int() })),
    latency_ms: z.strictObject({ p50: z.int(), p99: z.int(), count: z.int() }).meta({ description: "From when an event came in, somebody came to an audience or went, or a run found a row changed, to when that was delivered, of the asked hours. What was there already when it was asked for, and what is sent anew, is left out; `count` 0: there is nothing to say." }),
  })
  .meta({ id: "DestinationHealth" });
export type DestinationHealth = z.infer<typeof destinationHealth>;
export const statesList = z.strictObject({ data: z.array(z.strictObject({ slug: destinationSlug, state: z.string(), since: isoTime, code: z.string(), detail: z.string() })) });
export type StatesList = z.infer<typeof statesList>;

export const errorGroups = z.strictObject({
  data: z.array(z.strictObject({
    code: z.string(), count: z.int(), people: z.int(), last_at: isoTime, status: z.int().nullable(), detail: z.string(), message_id: z.string(), advice: z.string(),
  })),
});
export type ErrorGroups = z.infer<typeof errorGroups>;

export const requestParams = z.strictObject({ slug: destinationSlug, requestId: guid });
const sha256 = z.string().meta({ description: "SHA-256 of the body as it went, in hexadecimal." });
export const requestShown = z
  .strictObject({
    exchanges: z.array(exchange).meta({ description: "Empty when they are not kept any more." }), kept_for_days: z.int(),
    hashes: z.array(z.strictObject({ at: isoTime, method: z.string(), status: z.int().nullable(), request: sha256, response: sha256 })).meta({ description: "What is left of the bodies for good." }),
  })
  .meta({ id: "DeliveryRequest" });
export type RequestShown = z.infer<typeof requestShown>;

export const replayBody = z.strictObject({
  outcomes: z.array(z.enum(["refused", "expired", "delivered"])).min(1).optional().meta({ description: "Default: dead letters." }),
  subscription: z.int().min(1).optional(), code: z.string().max(200).optional(), event: z.string().max(512).optional(), profile: guid.optional(), message_id: z.string().max(512).optional(),
  from: z.iso.datetime({ offset: true }).optional(), until: z.iso.datetime({ offset: true }).optional(),
  dry_run: z.boolean().default(false).meta({ description: "Only says how many would be sent again." }),
});
export type ReplayWish = z.input<typeof replayBody>;

export const replayShown = z
  .strictObject({
    id: z.int(), status: z.enum(["running", "done", "stopped"]), found: z.int().meta({ description: "Sent again." }),
    passed_over: z.int().meta({ description: "Something newer of the same person has arrived since: they would overwrite it." }),
    created_at: isoTime, created_by: z.string(), done_at: isoTime.nullable(),
  })
  .meta({ id: "Replay" });
export const replayAsked = z.strictObject({ matching: z.int(), replay: replayShown.nullable().meta({ description: "Null after a dry run." }) });
export type ReplayAsked = z.infer<typeof replayAsked>;
export const replayList = z.strictObject({ data: z.array(replayShown) });
export type ReplayList = z.infer<typeof replayList>;
export type ReplayShown = z.infer<typeof replayShown>;

/** Why an audience's subscription sent something about somebody. */
export const deliveryWhy = z
  .strictObject({
    audience: audienceSlug, audience_name: z.string(), entered: z.boolean().meta({ description: "Whether they came in; otherwise they went." }), reason: audienceReason, at: isoTime,
    cause: z.strictObject({ event: z.string(), message_id: z.string() }).nullable().meta({ description: "The event that brought it about; null where none did, as where time has passed." }),
  })
  .meta({ id: "DeliveryWhy" });
export type DeliveryWhy = z.infer<typeof deliveryWhy>;
const why = deliveryWhy.nullable().meta({ description: "Null where it was not somebody's coming into an audience or going that was sent." });

export const personDeliveriesQuery = pageQuery.extend({ destination: destinationSlug.optional() });
export const personDeliveries = z.strictObject({
  data: z.array(deliveryRow.extend({ destination: destinationSlug, destination_name: z.string(), why })),
  waiting: z.array(z.strictObject({
    destination: destinationSlug, destination_name: z.string(), subscription: z.int(), subscription_name: z.string().nullable(), stream: z.string(), position: rowIdNumber, attempts: z.int(), first_at: isoTime, next_at: isoTime, code: z.string(),
    detail: z.string(), why,
  })),
  next_cursor: nextCursor,
});
export type PersonDeliveries = z.infer<typeof personDeliveries>;
