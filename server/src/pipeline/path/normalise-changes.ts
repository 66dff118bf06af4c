// What normalisation made of an event, said as changes between what was sent and what later stages see. It decides nothing:
// it compares the payload as received with the event that `normaliseEvent` gave, and names the rule behind each difference.
import type { EventsHeader } from "@tributary/schema/log-record.ts";
import type { PathChange } from "@tributary/schema/api/event-path.ts";
import type { SourceSettings } from "@tributary/schema/settings.ts";
import type { ContextColumns, NormalisedEvent } from "../event.ts";
import { firstText, isPlainObject, objectOf, textOf, type PlainObject } from "../normalise/read-field.ts";

export interface Comparison {
  readonly raw: string;
  readonly header: EventsHeader;
  readonly event: NormalisedEvent;
  readonly ip: SourceSettings["ip"];
}

/** Differences shown of one event; a payload of thousands of fields that all changed is read in its JSON. */
const CHANGES_MAX = 500;

export function normaliseChanges({ raw, header, event, ip }: Comparison): PathChange[] {
  const own = readObject(raw);
  const context = { ...objectOf(readObject(header.context ?? "")), ...objectOf(own["context"]) };
  const changes: PathChange[] = [
    ...idChanges(own, header, event),
    ...timeChange(own, header, event),
    ...addressChange(context, header, event, ip),
    ...deviceChanges(context, header, event.context),
    ...pageChanges(context, own, event),
    ...valueChanges(own, event),
    ...batchChanges(own, header),
    ...flags(event),
  ];
  return changes.slice(0, CHANGES_MAX);
}

/** The event as people read it: nothing that is empty, times as text, identifiers without their keys. */
export function readableEvent(event: NormalisedEvent): Record<string, unknown> {
  const { type, messageId, userId, anonymousId, groupId, previousId, consent, isBot, isInternal, isHistorical } = event;
  const context = filled({ ...event.context });
  const whole = {
    type, ...(type === "track" ? { event: event.event } : {}), messageId, timestamp: iso(event.timestampMs), userId, anonymousId, groupId, previousId,
    properties: event.properties, traits: event.traits, context, consent,
    isBot: isBot || undefined, isInternal: isInternal || undefined, isHistorical: isHistorical || undefined,
  };
  return filled(whole);
}

function filled(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined && value !== "" && !(isPlainObject(value) && Object.keys(value).length === 0)));
}

function added(field: string, after: unknown, why: string): PathChange {
  return { field, kind: "added", before: null, after, why };
}

function changed(field: string, before: unknown, after: unknown, why: string): PathChange {
  return { field, kind: "changed", before, after, why };
}

function removed(field: string, before: unknown, why: string): PathChange {
  return { field, kind: "removed", before, after: null, why };
}

function idChanges(own: Readonly<PlainObject>, header: EventsHeader, event: NormalisedEvent): PathChange[] {
  const changes: PathChange[] = [];
  if (own["type"] !== event.type) changes.push(own["type"] === undefined ? added("type", event.type, header.type === undefined ? "spelling" : "path") : changed("type", own["type"], event.type, "spelling"));
  if (own["messageId"] !== event.messageId) changes.push(textOf(own["messageId"]) === "" ? added("messageId", event.messageId, "made") : changed("messageId", own["messageId"], event.messageId, "cleaned"));
  for (const name of ["userId", "anonymousId", "groupId", "previousId"] as const) {
    const [before, after] = [own[name], event[name]];
    if (before === after || (textOf(before) === "" && after === "")) continue;
    if (textOf(before) !== "") changes.push(changed(name, before, after, "cleaned"));
    else changes.push(added(name, after, header.defaults?.[name] === undefined ? "spelling" : "batch"));
  }
  return changes;
}

function timeChange(own: Readonly<PlainObject>, { sentAt }: EventsHeader, event: NormalisedEvent): PathChange[] {
  const given = textOf(own["originalTimestamp"]) === "" ? own["timestamp"] : own["originalTimestamp"];
  const after = iso(event.timestampMs);
  const why = `time_${event.timeNote || "form"}`;
  if (textOf(given) === "") return [added("timestamp", after, why)];
  if (given === after || (event.timeNote === "" && Date.parse(textOf(given)) === event.timestampMs)) return [];
  const sent = sentAt ?? own["sentAt"];
  return [changed("timestamp", event.timeNote === "skew_corrected" && textOf(sent) !== "" ? `${textOf(given)} (sentAt ${textOf(sent)})` : given, after, why)];
}

function addressChange(context: Readonly<PlainObject>, header: EventsHeader, { context: { ip: after } }: NormalisedEvent, setting: SourceSettings["ip"]): PathChange[] {
  const given = firstText(context["ip"]);
  if (given === after) return [];
  const before = given || (header.ip ?? "");
  if (after === "") return given === "" ? [] : [removed("context.ip", given, setting === "drop" ? "ip_drop" : "ip_unusable")];
  if (given === "") return [added("context.ip", after, after === before ? "connection" : `connection_ip_${setting}`)];
  return [changed("context.ip", before, after, setting === "truncate" ? "ip_truncate" : "cleaned")];
}

function deviceChanges(context: Readonly<PlainObject>, header: EventsHeader, columns: ContextColumns): PathChange[] {
  const agent = firstText(context["userAgent"]) !== "" || (header.userAgent ?? "") !== "";
  const why = agent ? "user_agent" : "context";
  return (["deviceType", "os", "browser"] as const).flatMap((name) => (columns[name] === "" ? [] : [added(`context.${name}`, columns[name], why)]));
}

const campaignNames = { campaignSource: "source", campaignMedium: "medium", campaignName: "name", campaignTerm: "term", campaignContent: "content" } as const;

function pageChanges(context: Readonly<PlainObject>, own: Readonly<PlainObject>, { context: columns }: NormalisedEvent): PathChange[] {
  const changes: PathChange[] = [];
  const campaign = objectOf(context["campaign"]);
  for (const [column, name] of Object.entries(campaignNames) as [keyof typeof campaignNames, string][]) {
    if (columns[column] === "") continue;
    changes.push(added(`context.${column}`, columns[column], textOf(campaign[name]) === "" ? "page_url" : "context"));
  }
  for (const [name, value] of Object.entries(columns.clickIds)) {
    changes.push(added(`context.clickIds.${name}`, value, textOf(objectOf(context["clickIds"])[name]) === "" ? "page_url" : "context"));
  }
  const page = objectOf(context["page"]);
  const properties = objectOf(own["properties"]);
  for (const [column, name] of [["pageUrl", "url"], ["pagePath", "path"], ["pageReferrer", "referrer"]] as const) {
    const before = firstText(page[name], properties[name]);
    if (columns[column] !== "" && columns[column] !== before) changes.push(before === "" ? added(`context.${column}`, columns[column], "page_url") : changed(`context.${column}`, before, columns[column], "cleaned"));
  }
  return changes;
}

/** Properties and traits: where they lie differs by type; their names and values hardly ever do. */
function valueChanges(own: Readonly<PlainObject>, event: NormalisedEvent): PathChange[] {
  const isAboutTraits = event.type === "identify" || event.type === "group";
  const name = isAboutTraits ? "traits" : "properties";
  const after = isAboutTraits && event.type === "identify" ? event.traits : event.properties;
  const before = objectOf(own[name]);
  return differences(before, after, name, new Set(Object.keys(objectOf(objectOf(own["context"])["traits"]))));
}

function differences(before: Readonly<PlainObject>, after: Readonly<PlainObject>, at: string, fromContext: ReadonlySet<string>): PathChange[] {
  const changes: PathChange[] = [];
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (changes.length >= CHANGES_MAX) break;
    const field = `${at}.${name}`;
    const [was, is] = [ownValue(before, name), ownValue(after, name)];
    if (is === undefined) changes.push(removed(field, was, name === "__proto__" ? "unsafe_name" : "not_believed"));
    else if (was === undefined) changes.push(added(field, is, fromContext.has(name) ? "context_traits" : "cleaned"));
    else if (isPlainObject(was) && isPlainObject(is)) changes.push(...differences(was, is, field, new Set()));
    else if (JSON.stringify(was) !== JSON.stringify(is)) changes.push(changed(field, was, is, typeof was === "number" ? "long_number" : "cleaned"));
  }
  return changes;
}

/** What stood beside the batch and holds for each of its events. */
function batchChanges(own: Readonly<PlainObject>, header: EventsHeader): PathChange[] {
  const mine = objectOf(own["context"]);
  return Object.entries(objectOf(readObject(header.context ?? ""))).flatMap(([name, value]) => (name in mine ? [] : [added(`context.${name}`, value, "batch")]));
}

function flags(event: NormalisedEvent): PathChange[] {
  return [
    ...(event.isBot ? [added("isBot", true, "user_agent")] : []),
    ...(event.isInternal ? [added("isInternal", true, "internal_address")] : []),
    ...(event.isHistorical ? [added("isHistorical", true, "import")] : []),
  ];
}

function ownValue(object: Readonly<PlainObject>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function readObject(text: string): Readonly<PlainObject> {
  try {
    return objectOf(JSON.parse(text));
  } catch {
    return {};
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
