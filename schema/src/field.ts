// A field: one place where senders put values, and what a workspace says of it. Until somebody has decided, what stands in
// it counts as personal and is masked.
import { z } from "zod";

/** `context` is the event's context; `account` a trait of a group; `property` one of an event, a page or a screen. */
export const fieldPlace = z.enum(["trait", "property", "context", "account"]).meta({ id: "FieldPlace" });
export type FieldPlace = z.infer<typeof fieldPlace>;

export const fieldKind = z.enum(["identity", "demographic", "firmographic", "behaviour", "transaction", "intent"]).meta({ id: "FieldKind" });
export type FieldKind = z.infer<typeof fieldKind>;

/** Bytes of an event's name and a path together: what an index of Postgres can hold. */
const REF_BYTES_MAX = 2_400;

/** What names a field. Items of lists have the path of their list: `products.price`. */
export const fieldRef = z.strictObject({
  place: fieldPlace,
  event: z.string().max(512).default("").meta({ description: "Of a property: the event's name; empty where it holds for all events." }),
  path: z.string().min(1).max(2_000).meta({ description: "Names joined by dots." }),
});
export type FieldRef = z.infer<typeof fieldRef>;

/** Whether a decision about it can be stored. */
export function isFieldRefShort({ event, path }: Pick<FieldRef, "event" | "path">): boolean {
  return new TextEncoder().encode(event + path).length <= REF_BYTES_MAX;
}
