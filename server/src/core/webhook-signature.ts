// How requests to somebody's own address are signed, so that they can tell that it was us: HMAC-SHA256 over the time, a dot, and the very bytes of
// the body; docs/webhooks.md says how to check it.
import { createHmac } from "node:crypto";

export const signatureHeader = "x-tributary-signature";
export const timestampHeader = "x-tributary-timestamp";
export const idempotencyHeader = "idempotency-key";

/** A secret that is shorter could be tried out. */
export const SIGNING_SECRET_LENGTH_MIN = 16;

/** "v1=…", by each secret that there is; receivers take any that fits. None: "". */
export function webhookSignature(secrets: readonly string[], timestamp: string, body: string): string {
  return secrets.map((one) => `v1=${createHmac("sha256", one).update(`${timestamp}.${body}`).digest("hex")}`).join(",");
}
