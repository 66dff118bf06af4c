// The event that leaves, out of the row that is stored and what is known of its person by now. Preview, test and delivery make it here
// and nowhere else, so that what was shown is what is sent. Nothing that the sender wrote is lost or renamed but what must not leave:
// the write key, and the token by which a website proves who somebody is.
import { eventsHeader, type EventsHeader } from "@tributary/schema/log-record.ts";
import type { IdentifierChoice, OutgoingEvent } from "@tributary/schema/destination/outgoing-event.ts";
import { isRecord } from "@tributary/schema/is-record.ts";
import type { ProfileDocument } from "@tributary/schema/profile.ts";
import { readAsSent, type AsSent } from "../pipeline/normalise/as-sent.ts";

/** Columns of `events` that it takes; `StoredEvent` is their shape. */
export const OUTGOING_COLUMNS = `message_id, type, event, user_id, anonymous_id, group_id, toUnixTimestamp64Milli(timestamp) as at_ms,
  toUnixTimestamp64Milli(received_at) as received_ms, ip, envelope, raw`;

export interface StoredEvent {
  readonly message_id: string;
  readonly type: string;
  readonly event: string;
  readonly user_id: string;
  readonly anonymous_id: string;
  readonly group_id: string;
  readonly at_ms: number;
  readonly received_ms: number;
  /** As much of it as the source keeps. */
  readonly ip: string;
  /** JSON of the log record's header. */
  readonly envelope: string;
  readonly raw: string;
}

export interface PersonNow {
  /** Computed ones too, where they are set. */
  readonly traits: Readonly<Record<string, unknown>>;
  /** The oldest first. */
  readonly identifiers: readonly { readonly namespace: string; readonly value: string }[];
  /** What they have decided, by category. */
  readonly consents?: Readonly<Record<string, boolean>> | undefined;
}

export function personNow(doc: ProfileDocument, computed: Readonly<Record<string, unknown>> = {}): PersonNow {
  const told = Object.entries(doc.traits).flatMap(([name, { value }]) => (value === null ? [] : [[name, value] as const]));
  return {
    traits: { ...Object.fromEntries(told), ...computed }, identifiers: doc.identifiers.toSorted((a, b) => a.firstAtMs - b.firstAtMs || a.row - b.row), consents: consentsOf(doc),
  };
}

/** Undefined: nothing is kept of what was received, or the person is suppressed. `person`: undefined where it is nobody's. */
export function outgoingEvent(stored: StoredEvent, person: PersonNow | undefined, choice: IdentifierChoice = "last"): OutgoingEvent | undefined {
  const header = headerOf(stored.envelope);
  if (header === undefined || header.suppressed !== undefined) return undefined;
  const sent = readAsSent(stored.raw, header);
  if (sent === undefined) return undefined;
  const { payload } = sent;
  const type = stored.type as OutgoingEvent["type"]; // The pipeline writes no other.
  const userId = stored.user_id || lastOf(person, "user_id");
  return {
    ...otherFields(payload),
    messageId: stored.message_id,
    type,
    ...(type === "track" ? { event: stored.event } : {}),
    ...text("name", payload["name"] ?? (type === "screen" ? payload["event"] : undefined)),
    ...text("userId", userId),
    ...text("anonymousId", stored.anonymous_id),
    ...text("groupId", stored.group_id),
    ...text("previousId", payload["previousId"]),
    timestamp: new Date(stored.at_ms).toISOString(),
    receivedAt: new Date(stored.received_ms).toISOString(),
    ...text("originalTimestamp", payload["originalTimestamp"] ?? payload["timestamp"]),
    ...text("sentAt", header.sentAt ?? payload["sentAt"]),
    ...object("properties", payload["properties"]),
    ...object("traits", payload["traits"]),
    ...object("integrations", sent.integrations),
    context: contextOf(stored, sent, person, choice),
  };
}

export function consentsOf(doc: Pick<ProfileDocument, "consents">): Readonly<Record<string, boolean>> {
  return Object.fromEntries(Object.entries(doc.consents).map(([category, { granted }]) => [category, granted]));
}

/** What stands in the context of an event that leaves, under a name that is ours: nobody else's word counts there. */
export function consentsOut(person: PersonNow | undefined): { readonly consents?: Readonly<Record<string, boolean>> } {
  return Object.keys(person?.consents ?? {}).length === 0 ? {} : { consents: person?.consents ?? {} };
}

/** What the person is to vendors: their traits, and what they can be found by. */
export function traitsOut(person: PersonNow | undefined, choice: IdentifierChoice): Readonly<Record<string, unknown>> {
  if (person === undefined) return {};
  const traits: Record<string, unknown> = {};
  for (const [name, values] of byNamespace(person.identifiers)) {
    if (notTraits.has(name)) continue;
    const [first] = values;
    const last = values.at(-1);
    // What was told last may be an address that was known before: the trait says which.
    const value = choice === "all" ? (values.length > 1 ? values : first) : choice === "first" ? first : undefined;
    Object.defineProperty(traits, name, { value: value ?? person.traits[name] ?? last, enumerable: true, writable: true, configurable: true });
  }
  return { ...person.traits, ...traits };
}

/** They stand at the event's root, or are those of one device, which need not be the one that the event is of. */
const notTraits: ReadonlySet<string> = new Set(["user_id", "anonymous_id", "device_id", "advertising_id"]);

function byNamespace(identifiers: PersonNow["identifiers"]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { namespace, value } of identifiers) {
    const values = found.get(namespace);
    if (values === undefined) found.set(namespace, [value]);
    else values.push(value);
  }
  return found;
}

function lastOf(person: PersonNow | undefined, namespace: string): string | undefined {
  return person?.identifiers.findLast((one) => one.namespace === namespace)?.value;
}

function contextOf(stored: StoredEvent, sent: AsSent, person: PersonNow | undefined, choice: IdentifierChoice): Readonly<Record<string, unknown>> {
  const { identityToken: _, ip: __, consents: ___, traits: own, ...context } = sent.context;
  const traits = { ...traitsOut(person, choice), ...(isRecord(own) ? own : {}) };
  return {
    ...context,
    ...text("ip", stored.ip),
    ...(context["userAgent"] === undefined ? text("userAgent", sent.userAgent) : {}),
    ...(own === undefined && person === undefined ? {} : { traits }),
    ...consentsOut(person),
  };
}

/** What is ours to say, or must not leave. */
const notOthers: ReadonlySet<string> = new Set([
  "type", "event", "name", "messageId", "userId", "anonymousId", "groupId", "previousId", "timestamp", "receivedAt", "originalTimestamp", "sentAt",
  "properties", "traits", "integrations", "context", "writeKey", "write_key", "api_key", "apiKey", "secret",
]);

function otherFields(payload: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(payload).filter(([name]) => !notOthers.has(name)));
}

function text<Name extends string>(name: Name, value: unknown): { readonly [N in Name]?: string } {
  const written = typeof value === "number" ? String(value) : value;
  return typeof written === "string" && written !== "" ? ({ [name]: written } as { [N in Name]: string }) : {};
}

function object<Name extends string>(name: Name, value: unknown): { readonly [N in Name]?: Readonly<Record<string, unknown>> } {
  return isRecord(value) ? ({ [name]: value } as { [N in Name]: Record<string, unknown> }) : {};
}

/** The events of a record stand together and share their header's text, so it is read once for all of them. */
let lastHeader: { readonly text: string; readonly header: EventsHeader | undefined } = { text: "", header: undefined };

function headerOf(envelope: string): EventsHeader | undefined {
  if (lastHeader.text !== envelope) lastHeader = { text: envelope, header: parsedHeader(envelope) };
  return lastHeader.header;
}

function parsedHeader(envelope: string): EventsHeader | undefined {
  try {
    return eventsHeader.safeParse(JSON.parse(envelope)).data;
  } catch {
    return undefined;
  }
}
