// From the bytes of an event to the one form that all later stages work on: typed, timed by the server's clock, its context
// in columns, the identifiers it carries, and how far its claim about who it is may be believed. It decides nothing about
// who that is. The same bytes, header and settings always give the same answer; nothing that a sender writes makes it throw.
import type { EventsHeader } from "@tributary/schema/log-record.ts";
import type { SourceSettings, WorkspaceSettings } from "@tributary/schema/settings.ts";
import { defaultLimits, limitText, type Limits } from "../../core/limits.ts";
import type { Extracted, IdentifierNote } from "../../identity/identity.ts";
import { callTypes, type CallType, type NormalisedEvent, type ReceivedEvent, type Refusal } from "../event.ts";
import { fromClassicJitsu, isClassicJitsu } from "../normalise/classic-jitsu.ts";
import { readCallType, readProperties } from "../normalise/call-type.ts";
import { readConsent } from "../normalise/consent.ts";
import { contextColumns, readPage } from "../normalise/context-columns.ts";
import { readDevice } from "../normalise/device.ts";
import { mergedUnder, readEnvelope, type Envelope } from "../normalise/envelope.ts";
import { readEventIds, readMessageId, type EventIds } from "../normalise/event-ids.ts";
import { importedEventTime, liveEventTime, type EventTime } from "../normalise/event-time.ts";
import { ID_CHARACTERS_MAX } from "../normalise/limits.ts";
import { readPageQuery } from "../normalise/page-query.ts";
import { emptyObject, firstText, isPlainObject, objectOf, shortTextOf, textOf, type PlainObject } from "../normalise/read-field.ts";
import { isRefusal, peekPayload, quarantined, readPayload } from "../normalise/read-payload.ts";
import { compileAddressRanges, keptAddress, senderAddress } from "../normalise/sender-address.ts";
import { isServerLibrary } from "../normalise/sending-library.ts";
import { claimsUserByQuery, trustOf } from "../normalise/trust.ts";

/** Everything about a workspace and one of its sources that normalisation needs; made once, used until settings change. */
export interface NormaliseContext {
  readonly source: SourceSettings;
  readonly limits: Limits;
  /** Whether a canonical address belongs to the company's own traffic. */
  readonly isInternalAddress: (address: string) => boolean;
  /** Bound to the workspace's rules, its secret and the source. */
  readonly extractIdentifiers: (payload: Readonly<PlainObject>) => Extracted;
}

export function compileNormaliseContext(options: {
  readonly settings: WorkspaceSettings;
  readonly source: SourceSettings;
  readonly extractIdentifiers: NormaliseContext["extractIdentifiers"];
  readonly limits?: Limits;
}): NormaliseContext {
  return {
    source: options.source,
    limits: options.limits ?? defaultLimits,
    isInternalAddress: compileAddressRanges(options.settings.internalIps),
    extractIdentifiers: options.extractIdentifiers,
  };
}

export interface NormalisedResult {
  readonly event: NormalisedEvent;
  /** Identifiers that were found and not taken, for people who look for them. */
  readonly ignoredIdentifiers: readonly IdentifierNote[];
}

/** A refusal with what could be read of the event, so that it can be listed and found. */
export interface RefusedEvent extends Refusal {
  readonly messageId: string;
  /** The track name or the call type; '' when not even that could be read. */
  readonly event: string;
}

/** One event in, the normalised event or the reason why it goes no further out. */
export function normaliseEvent(received: ReceivedEvent, context: NormaliseContext): NormalisedResult | RefusedEvent {
  const problem = received.header.problems?.[String(received.indexInRecord)];
  if (problem !== undefined) return refused(received, peekPayload(received.raw), atTheDoor(problem, context.limits));
  const envelope = readEnvelope(received.header, context.limits);
  if (isRefusal(envelope)) return refused(received, peekPayload(received.raw), envelope);
  const read = readPayload(received.raw.toString("utf8"), context.limits, envelope.properties);
  if (isRefusal(read)) return refused(received, peekPayload(received.raw), read);
  const payload = isClassicJitsu(read.payload) && received.header.type === undefined ? fromClassicJitsu(read.payload) : read.payload;
  const normalised = normalisePayload(received, payload, envelope, context);
  return isRefusal(normalised) ? refused(received, payload, normalised) : normalised;
}

function atTheDoor(problem: NonNullable<EventsHeader["problems"]>[string], limits: Limits): Refusal {
  switch (problem) {
    case "not_an_object":
      return quarantined(problem, "The event is not a JSON object. Send an object with a type.");
    case "event_too_large":
      return quarantined(problem, `The event is too large. ${limitText("eventBytesMax", limits)} Send less with it, or split it.`);
    case "too_deep":
      return quarantined(problem, `Objects and lists are nested too deep. ${limitText("nestingMax", limits)} Send a flatter event.`);
  }
}

/** Characters of a refused event's name that lists show. */
const REFUSED_NAME_CHARACTERS_MAX = 200;

/** What names an event that is held before anything was read of it. */
export function nameHeld(received: ReceivedEvent, refusal: Refusal): RefusedEvent {
  return refused(received, peekPayload(received.raw), refusal);
}

function refused(received: ReceivedEvent, payload: Readonly<PlainObject>, refusal: Refusal): RefusedEvent {
  const type = readCallType(received.header.type, payload);
  const name = textOf(payload["event"]).slice(0, defaultLimits.nameCharactersMax).toWellFormed();
  return {
    ...refusal,
    messageId: readMessageId(payload["messageId"], received.partition, received.rowId),
    event: type === undefined || type === "track" ? name : type,
  };
}

function normalisePayload(
  received: ReceivedEvent, own: PlainObject, envelope: Envelope, settings: NormaliseContext,
): NormalisedResult | Refusal {
  const { header } = received;
  const { limits } = settings;
  const type = readCallType(header.type, own);
  if (type === undefined) return quarantined("unknown_type", `The type must be one of ${callTypes.join(", ")}.`);
  const name = type === "track" ? textOf(own["event"]) : type;
  if (name === "") return quarantined("event_name_missing", "A track call needs the event's name in `event`.");
  if (name.length > limits.nameCharactersMax) {
    return quarantined("name_too_long", `The event's name is too long. ${limitText("nameCharactersMax", limits)} Shorten it.`);
  }
  const context = mergedUnder(own["context"], envelope.context) ?? emptyObject;
  const ids = readEventIds(own, context, envelope);
  const longId = tooLongId(ids);
  if (longId !== undefined) {
    return quarantined("id_too_long", `${longId} is longer than ${ID_CHARACTERS_MAX} characters. Send a shorter one.`);
  }

  const page = readPage(type, context, objectOf(own["properties"]));
  const query = readPageQuery(page.url, page.search);
  const trust = trustOf({ ...ids, token: context["identityToken"], receivedAtMs: header.receivedAtMs }, query, settings.source);
  const hidden = query.traitNames.size > 0 && claimsUserByQuery(ids, query) ? query.traitNames : undefined;
  const ownTraits = without(own["traits"], hidden);
  const contextTraits = without(context["traits"], hidden);
  const traits = type === "identify" ? both(contextTraits, ownTraits) : objectOf(contextTraits);

  const payload = {
    ...own, type, userId: ids.userId, anonymousId: ids.anonymousId, groupId: ids.groupId, previousId: ids.previousId,
    traits: ownTraits, context: contextTraits === context["traits"] ? context : { ...context, traits: contextTraits },
  };
  const extracted = settings.extractIdentifiers(payload);
  if (extracted.identifiers.length === 0 && needsIdentifier(type, ids)) {
    return quarantined("no_identifier", `No usable identifier says whom this ${type} call is about. Send userId or anonymousId.`);
  }

  // Whoever uploads a file is not who it tells about, and neither is a server.
  const isFromServer = header.importId !== undefined || isServerLibrary(libraryName(context));
  const address = senderAddress(firstText(context["ip"]), header.ip, isFromServer);
  const device = readDevice(context, header.userAgent, isFromServer);
  const time = eventTime(header, own);
  const event: NormalisedEvent = {
    partition: received.partition,
    rowId: received.rowId,
    workspaceId: header.workspaceId,
    sourceId: header.sourceId,
    receivedAtMs: header.receivedAtMs,
    type,
    event: name,
    messageId: readMessageId(own["messageId"], received.partition, received.rowId),
    timestampMs: time.timestampMs,
    timeNote: time.note,
    ...ids,
    properties: readProperties(type, own, type === "identify" ? both(objectOf(context["traits"]), own["traits"]) : traits),
    traits,
    context: contextColumns(context, { page, query, device, ip: keptAddress(address, settings.source.ip) }),
    consent: readConsent(context),
    isBot: device.isBot,
    isInternal: settings.isInternalAddress(address),
    isHistorical: header.historical ?? header.importId !== undefined,
    importId: header.importId ?? 0,
    identifiers: extracted.identifiers,
    trust,
  };
  return { event, ignoredIdentifiers: extracted.notes };
}

/**
 * A track, page or screen without any identifier is stored with no person (a stock adjustment is nobody's), and so is a
 * group call that says which account it is about.
 */
function needsIdentifier(type: CallType, ids: EventIds): boolean {
  return type === "identify" || (type === "alias" && ids.previousId === "") || (type === "group" && ids.groupId === "");
}

function tooLongId(ids: EventIds): keyof EventIds | undefined {
  if (ids.userId.length > ID_CHARACTERS_MAX) return "userId";
  if (ids.anonymousId.length > ID_CHARACTERS_MAX) return "anonymousId";
  if (ids.groupId.length > ID_CHARACTERS_MAX) return "groupId";
  return ids.previousId.length > ID_CHARACTERS_MAX ? "previousId" : undefined;
}

/** A single event's `sentAt` stands in the event; a batch's beside it, and that one is when it was really sent. */
function eventTime(header: EventsHeader, own: Readonly<PlainObject>): EventTime {
  const sent = { timestamp: own["timestamp"], originalTimestamp: own["originalTimestamp"], sentAt: header.sentAt ?? own["sentAt"] };
  const isImported = header.historical === true || header.importId !== undefined;
  return isImported ? importedEventTime(sent, header.receivedAtMs) : liveEventTime(sent, header.receivedAtMs);
}

function libraryName(context: Readonly<PlainObject>): string {
  const library = context["library"];
  return textOf(typeof library === "string" ? library : objectOf(library)["name"]);
}

/** The value without the hidden names; itself where there is nothing to hide. */
function without(value: unknown, hidden: ReadonlySet<string> | undefined): unknown {
  if (hidden === undefined || !isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => !hidden.has(name)));
}

/** Two sets of traits as one, the second's winning. */
function both(under: unknown, over: unknown): Readonly<PlainObject> {
  if (!isPlainObject(over)) return objectOf(under);
  return isPlainObject(under) ? { ...under, ...over } : over;
}
