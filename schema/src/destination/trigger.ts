// Whether a subscription asks for an event, and by which of its clauses not. Consent, history and lateness are decided behind this, by
// delivery. Pure.
import type { EventFacts } from "../audience/condition-kind.ts";
import { selects } from "../audience/event-filter.ts";
import type { EventTrigger } from "./subscription.ts";

export type TriggerEvent = EventFacts & { readonly type: string };

export type Taken =
  | { readonly isTaken: true }
  | {
      readonly isTaken: false;
      /** The first clause that does not hold. */
      readonly clause: "types" | "names" | "where";
      /** Of `where`: which of its filters. */
      readonly place?: number;
      /** For people. Holds no value of the event, but names what it is called. */
      readonly reason: string;
    };

const taken: Taken = { isTaken: true };

/** `zone`: the workspace's, by whose clock dates are told that name none. */
export function takes(trigger: EventTrigger, event: TriggerEvent, zone: string): Taken {
  const { types, names, where } = trigger;
  if (types !== undefined && !types.some((type) => type === event.type)) {
    return { isTaken: false, clause: "types", reason: `It is ${/^[aeiou]/.test(event.type) ? "an" : "a"} ${event.type} call.` };
  }
  if (names !== undefined) {
    const name = nameOf(event);
    if (!names.includes(name)) return { isTaken: false, clause: "names", reason: name === "" ? "It has no name." : "It is called otherwise." };
  }
  // What is asked relative to now is asked of the instant of the event, so that it is the same whenever it is looked at.
  const at = { nowMs: event.ms, zone };
  const place = (where ?? []).findIndex((one) => !selects({ event: event.event, where: [one], at }, event));
  return place === -1 ? taken : { isTaken: false, clause: "where", place, reason: `Filter ${place + 1} does not hold.` };
}

/** Of a track call; of a page or screen, whose name stands among its properties. Other calls have none. */
function nameOf({ type, event, properties }: TriggerEvent): string {
  if (type === "track") return event;
  const name = type === "page" || type === "screen" ? properties["name"] : undefined;
  return typeof name === "string" ? name : "";
}
