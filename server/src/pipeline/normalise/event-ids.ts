// The ids at the root of an event as text. Libraries send numbers, nulls, old spellings; an integer too large for a double
// is read from the event's own characters, for rounding would make two people one.
import { hash128 } from "../../core/hash.ts";
import { MESSAGE_ID_CHARACTERS_MAX } from "./limits.ts";
import { objectOf, textOf, type PlainObject } from "./read-field.ts";

export interface EventIds {
  readonly userId: string;
  readonly anonymousId: string;
  readonly groupId: string;
  readonly previousId: string;
}

/** `text` is the event's JSON, looked at only for integers beyond 2^53. Ids of the envelope fill gaps. */
export function readEventIds(
  payload: Readonly<PlainObject>, context: Readonly<PlainObject>, text: string,
  defaults: { readonly userId: string; readonly anonymousId: string },
): EventIds {
  return {
    userId: idOf(payload, text, "userId") || idOf(payload, text, "user_id") || defaults.userId,
    anonymousId: idOf(payload, text, "anonymousId") || idOf(payload, text, "anonymous_id") || defaults.anonymousId,
    groupId: idOf(payload, text, "groupId") || textOf(context["groupId"]),
    previousId: idOf(payload, text, "previousId"),
  };
}

/** The event's own id, hashed when it is too long to be kept whole; one made from its place in the log when it has none. */
export function readMessageId(given: unknown, partition: number, rowId: number): string {
  const text = textOf(given);
  if (text === "") return `row-${partition}-${rowId}`;
  return text.length <= MESSAGE_ID_CHARACTERS_MAX ? text : `hash-${hash128(text)}`;
}

function idOf(payload: Readonly<PlainObject>, text: string, name: string): string {
  const value = payload[name];
  if (typeof value !== "number" || Number.isSafeInteger(value) || !Number.isInteger(value)) return textOf(value);
  return sourceText(text, name) ?? textOf(value);
}

/** The characters of a number at the root of a JSON object; the last of equal names counts, as everywhere. */
function sourceText(text: string, name: string): string | undefined {
  const keep = (key: string, value: unknown, context: { readonly source?: string }): unknown => {
    return key === name && typeof value === "number" && context.source !== undefined ? { source: context.source } : value;
  };
  const parsed: unknown = JSON.parse(text, keep as (key: string, value: unknown) => unknown);
  const source = objectOf(objectOf(parsed)[name])["source"];
  return typeof source === "string" && /^-?\d+$/.test(source) ? source : undefined;
}
