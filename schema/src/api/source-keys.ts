// Write keys of a source: rotating one, until when it lives, and who uses it.
import { z } from "zod";
import { isoTime } from "./answer-parts.ts";
import { newWriteKey, writeKeyAnswer } from "./workspace.ts";

/** How long a replaced key lives when nothing is said. */
export const GRACE_DAYS = 7;
/** Events a second. */
export const KEY_RATE_MAX = 1_000_000;
/** Use is kept for so many days. */
export const KEY_USE_DAYS = 35;

const expiry = z.iso.datetime({ offset: true }).nullable().meta({
  description: "From then on the key is refused; null: it lives until it is revoked. At most 400 days from now.",
});

export const rotateBody = z.strictObject({
  expires_at: expiry.optional().meta({ description: `Until when the old key lives; null: until it is revoked. When absent, as it was said before, and at the latest in ${GRACE_DAYS} days.` }),
});

export const keyRotated = z.strictObject({ key: newWriteKey, old_key: writeKeyAnswer });
export type KeyRotated = z.infer<typeof keyRotated>;

export const keyPatchBody = z.strictObject({
  expires_at: expiry.optional(),
  events_per_second: z.int().min(1).max(KEY_RATE_MAX).nullable().optional().meta({ description: "What the key may send, beside what holds for its source; null: no limit of its own." }),
}).refine((body) => Object.values(body).some((value) => value !== undefined), "Say what is to change: expires_at, events_per_second, or both.");

export const keyUseQuery = z.strictObject({
  hours: z.coerce.number().int().min(1).max(KEY_USE_DAYS * 24).default(24).meta({ description: "Whole hours back from the running one." }),
});

export const keyUse = z.strictObject({
  key_id: z.int(),
  last_used_at: isoTime.nullable().meta({ description: `Null: not used within ${KEY_USE_DAYS} days.` }),
  requests: z.int(),
  events: z.int(),
  by_sdk: z.array(z.strictObject({
    sdk: z.string().meta({ description: "As the request says; `browser` for a browser without a library, `(other)` for all beyond 20 of an hour, empty when nothing says." }),
    version: z.string(),
    requests: z.int(),
    events: z.int(),
    last_at: isoTime,
  })).meta({ description: "The most events first." }),
});
export type KeyUse = z.infer<typeof keyUse>;

export const keyUseList = z.strictObject({ since: isoTime, data: z.array(keyUse) }).meta({ id: "KeyUseList" });
export type KeyUseList = z.infer<typeof keyUseList>;
