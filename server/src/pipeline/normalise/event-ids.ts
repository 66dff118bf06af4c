// The ids at the root of an event as text. Libraries send numbers, nulls and old spellings.
import { hash128 } from "../../core/hash.ts";
import { MESSAGE_ID_CHARACTERS_MAX } from "./limits.ts";
import { textOf, type PlainObject } from "./read-field.ts";

export interface EventIds {
  readonly userId: string;
  readonly anonymousId: string;
  readonly groupId: string;
  readonly previousId: string;
}

/** Ids given beside a batch fill gaps. */
export function readEventIds(
  payload: Readonly<PlainObject>, context: Readonly<PlainObject>, defaults: { readonly userId: string; readonly anonymousId: string },
): EventIds {
  return {
    userId: textOf(payload["userId"]) || textOf(payload["user_id"]) || defaults.userId,
    anonymousId: textOf(payload["anonymousId"]) || textOf(payload["anonymous_id"]) || defaults.anonymousId,
    groupId: textOf(payload["groupId"]) || textOf(context["groupId"]),
    previousId: textOf(payload["previousId"]),
  };
}

/** The event's own id, hashed when it is too long to be kept whole; one made from its place in the log when it has none. */
export function readMessageId(given: unknown, partition: number, rowId: number): string {
  const text = textOf(given);
  if (text === "") return `row-${partition}-${rowId}`;
  return text.length <= MESSAGE_ID_CHARACTERS_MAX ? text : `hash-${hash128(text)}`;
}
