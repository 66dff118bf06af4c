// Which events of a slice go where, and what of them: each subscription says yes, or it says by what rule not, and that is counted.
import type { Action, DestinationDefinition, SyncMode } from "@tributary/schema/destination/definition.ts";
import { withoutOptInSettings } from "@tributary/schema/destination/opt-in.ts";
import { payloadOf } from "@tributary/schema/destination/payload.ts";
import type { OutgoingEvent } from "@tributary/schema/destination/outgoing-event.ts";
import { takes, type TriggerEvent } from "@tributary/schema/destination/trigger.ts";
import { isRecord } from "@tributary/schema/is-record.ts";
import { NOBODY } from "../core/nobody.ts";
import { outgoingEvent, type AudienceAtVendor, type PersonNow, type SendItem } from "../destinations/destinations.ts";
import type { DeliveryLimits } from "./delivery-limits.ts";
import { contextOf, type StreamedEvent } from "./event-stream.ts";
import type { Job } from "./lanes.ts";
import { laneOf } from "./parked.ts";
import type { DeliveryPerson } from "./people.ts";
import type { Count, StreamName } from "./store.ts";
import type { Subscription, Target } from "./target.ts";

/** One item on its way to one action. */
export interface DeliveryJob extends Job {
  readonly stream: StreamName;
  readonly subscription: Subscription;
  readonly position: number;
  /** Whose lane it goes in. Of nobody: NOBODY; of a model's row: an id of the row. */
  readonly profileId: string;
  /** Of a model's row: whom it is about. */
  readonly personId?: string | undefined;
  /** Instead of the subscription's. */
  readonly syncMode?: SyncMode | undefined;
  readonly item: SendItem;
  readonly audience?: AudienceAtVendor | undefined;
  /** Of an audience: who is in it once this is delivered, or who is not (null). */
  readonly member?: { readonly profileId: string; readonly person: PersonNow | null } | undefined;
  readonly eventName: string;
  readonly happenedAtMs: number;
  readonly receivedAtMs: number;
  /** For so long it waits for others to fill its batch. */
  readonly lingerMs: number;
  /** Fields that would have opted somebody in by something else than their consent. */
  readonly leftOut?: readonly string[] | undefined;
  /** Of earlier attempts. */
  readonly attempts: number;
  readonly firstAtMs: number | undefined;
  /** Somebody asked for it again, and it was not tried since. */
  readonly isReplayed?: boolean;
  /** Whose it was when it was parked: they may be somebody else by now. */
  readonly parkedAs?: string;
}

/** Why an event that a subscription asks for is not sent. */
export type FilterReason = "historical" | "late" | "bot" | "suppressed" | "consent" | "test_people" | "nothing_kept";

/** Has its outcome before anything is sent. */
export interface Unsent {
  readonly stream: StreamName;
  readonly outcome: "refused" | "held_out";
  readonly code: string;
  readonly subscription: Subscription;
  readonly position: number;
  readonly messageId: string;
  readonly eventName: string;
  readonly profileId: string;
  readonly personId?: string | undefined;
  readonly happenedAtMs: number;
  readonly receivedAtMs: number;
  readonly detail: string;
}

export interface Picked {
  readonly jobs: readonly DeliveryJob[];
  readonly filtered: readonly Count[];
  readonly unsent: readonly Unsent[];
}

export interface PickOptions {
  readonly target: Target;
  readonly definition: DestinationDefinition;
  readonly people: ReadonlyMap<string, DeliveryPerson>;
  /** What the absence of a decision means. */
  readonly isGrantedByDefault: boolean;
  readonly limits: Pick<DeliveryLimits, "lateMs">;
  /** They were picked before, or are asked for by name: then it does not matter whether the subscription was on when they came. */
  readonly isAgain: boolean;
}

export function pick(events: readonly StreamedEvent[], subscriptions: readonly Subscription[], options: PickOptions): Picked {
  const jobs: DeliveryJob[] = [];
  const unsent: Unsent[] = [];
  const filtered = new Map<string, Count>();
  for (const event of events) {
    const facts = triggerEventOf(event);
    for (const subscription of subscriptions) {
      const { trigger } = subscription.definition;
      // As of what came before the destination's own beginning, nothing is counted: it was never asked for.
      if (!options.isAgain && event.block_id < subscription.eventsFrom) continue;
      if (trigger.kind !== "events" || !takes(trigger, facts, options.target.zone).isTaken) continue;
      const person = options.people.get(event.profile_id);
      const reason = filterReason(event, subscription, person, options);
      if (reason !== undefined) count(filtered, subscription.id, reason);
      else {
        const made = jobOf(event, subscription, person, options);
        if (made === undefined) count(filtered, subscription.id, "nothing_kept");
        else if ("outcome" in made) unsent.push(made);
        else jobs.push(made);
      }
    }
  }
  return { jobs, unsent, filtered: [...filtered.values()] };
}

function count(counts: Map<string, Count>, subscriptionId: number, reason: FilterReason): void {
  const key = `${subscriptionId} ${reason}`;
  counts.set(key, { subscriptionId, outcome: "filtered", reason, count: (counts.get(key)?.count ?? 0) + 1 });
}

/** Destinations of one workspace share the events of a slice, so what filters read of one is made once for all of them. */
const triggerEvents = new WeakMap<StreamedEvent, TriggerEvent>();

function triggerEventOf(event: StreamedEvent): TriggerEvent {
  const found = triggerEvents.get(event);
  if (found) return found;
  const properties: unknown = JSON.parse(event.properties);
  const facts: TriggerEvent = {
    type: event.type, event: event.event, ms: Number(event.at_ms), row: event.position, properties: isRecord(properties) ? properties : {}, context: contextOf(event),
    isBot: event.is_bot === 1, isInternal: event.is_internal === 1,
  };
  triggerEvents.set(event, facts);
  return facts;
}

function filterReason(event: StreamedEvent, { definition }: Subscription, person: DeliveryPerson | undefined, options: PickOptions): FilterReason | undefined {
  if (event.is_historical === 1 && !definition.historical) return "historical";
  if (event.is_historical === 0 && !definition.late && Number(event.received_ms) - Number(event.at_ms) > options.limits.lateMs) return "late";
  if (event.is_bot === 1) return "bot";
  if (person?.isSuppressed === true) return "suppressed";
  if (definition.consent.some((category) => !(person?.consents[category] ?? options.isGrantedByDefault))) return "consent";
  const { testPeople } = options.target;
  if (testPeople !== undefined && !testPeople.some((one) => person?.identifiers.has(one))) return "test_people";
  return undefined;
}

function jobOf(event: StreamedEvent, subscription: Subscription, person: DeliveryPerson | undefined, { target, definition }: PickOptions): DeliveryJob | Unsent | undefined {
  const outgoing = outgoingEvent(event, person?.person, subscription.definition.identifiers);
  if (outgoing === undefined) return undefined;
  const profileId = person?.profileId ?? NOBODY;
  const told = {
    subscription, position: event.position, profileId, eventName: event.event, happenedAtMs: Number(event.at_ms), receivedAtMs: Number(event.received_ms),
  };
  return itemJob({ ...told, stream: "events", bytes: event.raw.length }, outgoing, { target, definition });
}

/** What is to be sent of an event; or that the mapping makes nothing of it. */
export function itemJob(
  { row, ...told }: Pick<DeliveryJob, "stream" | "subscription" | "position" | "profileId" | "eventName" | "happenedAtMs" | "receivedAtMs" | "bytes" | "audience" | "member" | "personId" | "syncMode" | "isState"> & Pick<SendItem, "row">, event: OutgoingEvent,
  { target, definition }: Pick<PickOptions, "target" | "definition">,
): DeliveryJob | Unsent {
  const { subscription, stream, position } = told;
  const action = definition.actions.find(({ key }) => key === subscription.definition.action);
  const mapped = payloadOf(subscription.definition.mapping, event, { action, identifiers: subscription.definition.identifiers, consent: subscription.definition.consent });
  const problem = action === undefined ? `${target.name} has no action "${subscription.definition.action}".`
    : mapped.isGood ? undefined : mapped.field === "" ? mapped.problem : `${mapped.field}: ${mapped.problem}`;
  if (action === undefined || !mapped.isGood) return { ...told, outcome: "refused", code: "mapping", messageId: event.messageId, detail: problem ?? "" };
  const leftOut = [...mapped.leftOut, ...withoutOptInSettings(definition.settings, target.connection.settings, subscription.definition.consent).leftOut];
  return {
    ...told, person: laneOf(told), attempts: 0, firstAtMs: undefined,
    item: { event, payload: mapped.payload, idempotencyKey: `${stream.replace(" ", "-")}-${subscription.id}-${position}`, ...(row === undefined ? {} : { row }) },
    ...batchOf(action, told, mapped.payload), ...(leftOut.length === 0 ? {} : { leftOut }),
  };
}

/** Of one stream, so that what became of a batch is written down at one place. */
function batchOf(
  action: Action, { stream, subscription: { id, version, definition }, syncMode }: Pick<DeliveryJob, "stream" | "subscription" | "syncMode">, payload: Readonly<Record<string, unknown>>,
): Pick<DeliveryJob, "batchKey" | "batchMax" | "batchBytesMax" | "lingerMs"> {
  const { batch } = action;
  if (batch === undefined) return { batchKey: undefined, batchMax: 1, batchBytesMax: Infinity, lingerMs: 0 };
  return {
    batchKey: JSON.stringify([stream, id, version, syncMode ?? null, ...batch.keys.map((key) => payload[key] ?? null)]), batchMax: Math.min(batch.sizeMax, definition.batch?.size ?? batch.sizeMax),
    batchBytesMax: batch.bytesMax, lingerMs: definition.batch?.lingerMs ?? batch.lingerMs ?? 0,
  };
}
