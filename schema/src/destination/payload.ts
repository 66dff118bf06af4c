// What an action is sent of an event. Where a subscription sends all addresses of somebody, fields that take several get them, and fields that
// take one get the latest: an address more must not make what is sent unfit. What would opt somebody in by something else than their consent is left out.
import { isRecord } from "../is-record.ts";
import type { Action, Field } from "./definition.ts";
import { map, type Mapped } from "./map.ts";
import type { Mapping } from "./mapping.ts";
import { optInsToLeaveOut, withoutOptIns, type OptInField } from "./opt-in.ts";
import type { IdentifierChoice } from "./outgoing-event.ts";

export interface PayloadOptions {
  readonly action: Action | undefined;
  readonly identifiers: IdentifierChoice;
  /** What the subscription asks for. */
  readonly consent: readonly string[];
}

/** `leftOut`: fields that would have opted somebody in. */
export type Made = (Extract<Mapped, { readonly isGood: true }> & { readonly leftOut: readonly string[] }) | Extract<Mapped, { readonly isGood: false }>;

export function payloadOf(mapping: Mapping, event: object, options: PayloadOptions): Made {
  const { action, identifiers } = options;
  const mapped = map(mapping, event);
  if (!mapped.isGood) return mapped;
  const fit = action === undefined || identifiers !== "all" ? mapped.payload : fitting(action.fields, mapped.payload);
  const optIns = optInsOf(mapping, options);
  return optIns.length === 0 ? { isGood: true, payload: fit, leftOut: [] } : { isGood: true, ...withoutOptIns(fit, optIns) };
}

/** A mapping is the same for thousands of events, and goes with one action and one consent. */
const known = new WeakMap<Mapping, { readonly of: Pick<PayloadOptions, "action" | "consent">; readonly optIns: readonly OptInField[] }>();

function optInsOf(mapping: Mapping, { action, consent }: PayloadOptions): readonly OptInField[] {
  const found = known.get(mapping);
  if (found !== undefined && found.of.action === action && found.of.consent === consent) return found.optIns;
  const optIns = action === undefined ? [] : optInsToLeaveOut(mapping, action, consent);
  known.set(mapping, { of: { action, consent }, optIns });
  return optIns;
}

function fitting(fields: readonly Field[], values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => {
    const field = fields.find((one) => one.key === key);
    if (field === undefined || field.isMultiple) return [key, value];
    if (field.type === "object") return [key, isRecord(value) && field.properties !== undefined ? fitting(field.properties, value) : value];
    return [key, Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === "string") ? value.at(-1) : value];
  }));
}
