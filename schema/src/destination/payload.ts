// What an action is sent of an event. Where a subscription sends all addresses of somebody, fields that take several get them, and fields that
// take one get the latest: an address more must not make what is sent unfit.
import { isRecord } from "../is-record.ts";
import type { Action, Field } from "./definition.ts";
import { map, type Mapped } from "./map.ts";
import type { Mapping } from "./mapping.ts";
import type { IdentifierChoice } from "./outgoing-event.ts";

export function payloadOf(mapping: Mapping, event: object, { action, identifiers }: { readonly action: Action | undefined; readonly identifiers: IdentifierChoice }): Mapped {
  const mapped = map(mapping, event);
  return action === undefined || identifiers !== "all" || !mapped.isGood ? mapped : { ...mapped, payload: fitting(action.fields, mapped.payload) };
}

function fitting(fields: readonly Field[], values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => {
    const field = fields.find((one) => one.key === key);
    if (field === undefined || field.isMultiple) return [key, value];
    if (field.type === "object") return [key, isRecord(value) && field.properties !== undefined ? fitting(field.properties, value) : value];
    return [key, Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === "string") ? value.at(-1) : value];
  }));
}
