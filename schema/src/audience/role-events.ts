// Roles of the vocabulary where events are meant: which events a role has, and which of these.
import type { Words } from "./condition-kind.ts";
import { isRole, type EventFilter, type EventRef } from "./event-filter.ts";
import { namesOf } from "./sentence.ts";

/** Events by name, and what they must say. */
export interface Selector {
  readonly event: readonly string[];
  readonly where: readonly EventFilter[];
}

export type Role = Words["roles"][string];

/** Throws an Error where the role has no events: such a definition is refused before it gets here. */
export function roleMeant(event: EventRef, words: Words): Role | undefined {
  if (!isRole(event)) return undefined;
  const role = Object.hasOwn(words.roles, event.role) ? words.roles[event.role] : undefined;
  if (role === undefined || role.events.length === 0) throw new Error(`No event is known as ${event.role}.`);
  return role;
}

export function selectorOf({ event, where = [] }: { readonly event: EventRef; readonly where?: readonly EventFilter[] | undefined }, words: Words): Selector {
  const role = roleMeant(event, words);
  return role === undefined ? { event: namesOf(event as string | readonly string[]), where } : { event: role.events, where: [...where, ...partOf(role)] };
}

/** What says of the events of a role that is a part of another that they belong to it. */
function partOf({ where }: Role): EventFilter[] {
  return where === null ? [] : [{ any: where.paths.map((property) => ({ property, op: "one_of" as const, values: [...where.values] })) }];
}
