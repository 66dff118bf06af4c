// The path of an event to those who may not see people: every stage, rule, reason and time, and which fields changed. What stood
// in them is shown as it is in the payload.
import type { FieldPlace } from "@tributary/schema/field.ts";
import { maskKindOf, maskTree } from "../governance/governance.ts";
import { byContent, detailBy, fields, hide, identifierMask, keep, kindOfNamespace, listOf, only, textOf, valuesOf, within, type Mask } from "./answer-masks.ts";
import { maskField, maskTime, placeOf } from "./mask-payload.ts";

/** A column that the stages made of an event's context → the field of the context that decisions are about. */
const fieldOfColumn: ReadonlyMap<string, string> = new Map([
  ["deviceType", "device.type"], ["os", "os.name"], ["browser", "browser.name"], ["library", "library.name"], ["libraryVersion", "library.version"],
  ["pageUrl", "page.url"], ["pagePath", "page.path"], ["pageReferrer", "page.referrer"],
  ...["source", "medium", "name", "term", "content"].map((name) => [`campaign${name[0]?.toUpperCase()}${name.slice(1)}`, `campaign.${name}`] as const),
]);

const contextColumn = (name: string): Mask => (value, { decisions }) => {
  const at = fieldOfColumn.get(name) ?? name;
  // Whoever holds a click's id can be told apart by it, so none of it is shown.
  return maskTree(value, (below) => (at === "clickIds" ? "secret" : decisions.isPersonal("context", "", below === "" ? at : `${at}.${below}`) ? maskKindOf(at) : undefined));
};

const contextColumns: Mask = (value, masking) =>
  typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, contextColumn(name)(one, masking)])) : hide(value, masking);

interface Call {
  readonly type: string;
  readonly event: string;
}

const valuesOfCall = ({ type, event }: Call): Mask => {
  const place: FieldPlace = placeOf(type);
  return valuesOf(place, place === "property" ? event : "");
};

const wholeEvent = (call: Call): Mask => fields({
  type: keep, event: within, messageId: within, timestamp: keep, userId: only("id"), anonymousId: only("id"), groupId: only("id"), previousId: only("id"),
  properties: valuesOfCall(call), traits: valuesOf("trait"), context: contextColumns, consent: keep, isBot: keep, isInternal: keep, isHistorical: keep,
});

/** What the stages themselves found out about an event. */
const flags: ReadonlySet<string> = new Set(["isBot", "isInternal", "isHistorical"]);

/** A value at a dotted path, masked as it is within the whole payload. */
const valueAt = (path: string, call: Call): Mask => (value, masking) => {
  if (value === null || flags.has(path)) return value;
  if (path === "timestamp") return maskTime(value);
  const [name = "", ...below] = path.split(".");
  if (name === "context" && (fieldOfColumn.has(below[0] ?? "") || below[0] === "clickIds")) return contextColumn(below[0] ?? "")(value, masking);
  const nested = below.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
  // Names may be masked on the way: what was put in is the only thing there.
  return below.reduce<unknown>((outer) => (typeof outer === "object" && outer !== null ? Object.values(outer)[0] : outer), maskField({ name, value: nested, call: call.type, event: call.event }, masking));
};

const changeOf = (call: Call): Mask => byContent(({ field }) => {
  const value = valueAt(textOf(field), call);
  return { field: within, kind: keep, before: value, after: value, why: keep };
});

/** As it was taken, and as it stood in the event. */
const takenIdentifier = byContent(({ namespace }) => {
  const value = only(kindOfNamespace(namespace));
  return { namespace: keep, value, path: within, raw: value };
});

const normalised = byContent(({ event }) => {
  const told: object = typeof event === "object" && event !== null ? event : {};
  const type = "type" in told ? textOf(told.type) : "";
  // As in the event table: a call without a name stands under its type.
  const call = { type, event: ("event" in told ? textOf(told.event) : "") || type };
  return {
    event: wholeEvent(call), changes: listOf(changeOf(call)), identifiers: listOf(takenIdentifier), ignored: listOf(fields({ namespace: keep, path: within, reason: keep })), trust: keep,
  };
});

const identified = fields({
  profile_id: keep, profile_now: keep, created: keep, first_seen_together: keep,
  identifiers: listOf(identifierMask({ is_new: keep, held_by: keep })),
  steps: listOf(identifierMask({ kind: keep, reason: keep, survivor: keep, other: keep })),
});

const foldedTrait = byContent(({ name }) => {
  const value: Mask = (one, masking) => Object.values(valuesOf("trait")({ [textOf(name)]: one }, masking) as object)[0]; // Of an object it makes an object.
  return { name: within, before: value, after: value, sent: value, taken: keep, stands: keep };
});
/** A decision is yes or no; whatever else was sent in its place is hidden. */
const decision: Mask = (value, masking) => (typeof value === "boolean" ? value : hide(value, masking));
const foldedConsent = fields({ name: within, before: decision, after: decision, sent: decision, taken: keep, stands: keep });

const orNull = (mask: Mask): Mask => (value, masking) => (value === null ? null : mask(value, masking));
/** How long what was received is, and where in it something stands, would tell how long hidden values are. */
const untold: Mask = () => null;

export const eventPathMask = fields({
  message_id: within, row_id: keep, hidden: keep, rules: keep,
  received: fields({ at: keep, source_id: keep, position: keep, bytes: untold, user_agent: only("text"), origin: only("url"), import_id: keep, again_of: within }),
  normalised: orNull(normalised),
  repeat: keep,
  identified: orNull(identified),
  folded: orNull(fields({ replayed: keep, traits: listOf(foldedTrait), consents: listOf(foldedConsent), is_full: keep })),
  refused: orNull(byContent(({ reason }) => ({ outcome: keep, reason: keep, detail: detailBy(reason), places: listOf(listOf(within)), position: untold }))),
  landed: keep,
});
