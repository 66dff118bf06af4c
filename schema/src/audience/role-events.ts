// Roles of the vocabulary where events are meant: which events a role has, and which of these.
import type { Words } from "./condition-kind.ts";
import type { Moment } from "./dated-test.ts";
import type { EventFilter } from "./event-filter.ts";
import { isRole, type EventRef } from "./event-names.ts";
import { namesOf } from "./sentence.ts";

/** Events by name, and what they must say. */
export interface Selector {
  readonly event: readonly string[];
  readonly where: readonly EventFilter[];
  readonly at: Moment;
}

/** With what a definition's events are understood. */
export interface Around extends Moment {
  readonly words: Words;
}

/** For what is the same at every instant; without a zone, for what is the same in each: the names of events. */
export const whenever = (words: Words, zone = "UTC"): Around => ({ words, nowMs: 0, zone });

export type Role = Words["roles"][string];

/** Throws an Error where the role has no events: such a definition is refused before it gets here. */
export function roleMeant(event: EventRef, words: Words): Role | undefined {
  if (!isRole(event)) return undefined;
  const role = Object.hasOwn(words.roles, event.role) ? words.roles[event.role] : undefined;
  if (role === undefined || role.events.length === 0) throw new Error(`No event is known as ${event.role}.`);
  return role;
}

export function selectorOf({ event, where: given }: { readonly event: EventRef; readonly where?: readonly EventFilter[] | undefined }, { words, nowMs, zone }: Around): Selector {
  const role = roleMeant(event, words);
  const where = given ?? [];
  const at = { nowMs, zone };
  return role === undefined ? { event: namesOf(event as string | readonly string[]), where, at } : { event: role.events, where: [...where, ...partOf(role)], at };
}

/** What says of the events of a role that is a part of another that they belong to it. */
function partOf({ where }: Role): EventFilter[] {
  return where === null ? [] : [{ any: where.paths.map((property) => ({ property, op: "one_of" as const, values: [...where.values] })) }];
}
