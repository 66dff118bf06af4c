// How events are named in a definition.
import { z } from "zod";
import { audienceLimits } from "./limits.ts";

const name = z.string().min(1).max(512);
export const eventNames = z.union([name, z.array(name).min(1).max(audienceLimits.namesMax)]).meta({ description: "The event's name, or several of which any will do. Pages, screens and identifies are `page`, `screen`, `identify`." });

/** A role of the workspace's vocabulary in place of a name, such as `order`, `value` or `order_id`. */
export const roleRef = z.strictObject({ role: z.string().min(1).max(64) });
/** Events by name, or by their role. */
export const eventRef = z.union([eventNames, roleRef]);
export type EventRef = z.infer<typeof eventRef>;

export function isRole(event: EventRef | readonly string[]): event is z.infer<typeof roleRef> {
  return typeof event === "object" && "role" in event;
}
