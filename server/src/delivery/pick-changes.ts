// What is sent of somebody who came or went: under what they are now, or, when they leave, under what the destination was told of them, so
// that it finds them.
import { createHash } from "node:crypto";
import type { OutgoingEvent } from "@tributary/schema/destination/outgoing-event.ts";
import type { AudienceTrigger } from "@tributary/schema/destination/subscription.ts";
import type { DestinationDefinition } from "@tributary/schema/destination/definition.ts";
import type { Pool } from "pg";
import { audienceEvent, traitsOut, type PersonNow } from "../destinations/destinations.ts";
import type { MembershipTold } from "./consent-feed.ts";
import { memberOf, readMembers } from "./members.ts";
import { readPeople, type DeliveryPerson } from "./people.ts";
import { itemJob, type DeliveryJob, type Picked, type Unsent } from "./pick.ts";
import type { Count, StreamName } from "./store.ts";
import type { Subscription, Target } from "./target.ts";

export interface ChangeOptions {
  readonly pool: Pool;
  readonly target: Target;
  readonly definition: DestinationDefinition;
  readonly isGrantedByDefault: (workspaceId: number) => Promise<boolean>;
  readonly stream: StreamName;
  readonly subscription: Subscription;
  readonly trigger: AudienceTrigger;
}

const NOTHING_KNOWN: PersonNow = { traits: {}, identifiers: [] };

export async function pickChanges(changes: readonly MembershipTold[], options: ChangeOptions): Promise<Picked> {
  if (changes.length === 0) return { jobs: [], unsent: [], filtered: [] };
  const { workspaceId } = options.target.connection;
  const jobs: DeliveryJob[] = [];
  const unsent: Unsent[] = [];
  const counts = new Map<string, number>();
  const [people, isGrantedByDefault] = await Promise.all([
    readPeople(options.pool, workspaceId, [...new Set(changes.map((change) => change.profileId))]), options.isGrantedByDefault(workspaceId),
  ]);
  const told = await readTold(changes, people, options);
  for (const change of changes) {
    const person = people.get(change.profileId);
    const before = change.entered ? undefined : told.get(change.profileId);
    const reason = filterReason(change, person, isGrantedByDefault, options);
    // Who is not known any more leaves under what was told of them, unless the destination would take away with them who they are now.
    const isLeaving = isUnknown(reason) && before !== undefined && !isReachedBy(before, survivorIn(change, person, told), options);
    if (reason !== undefined && !isLeaving) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    else {
      const made = changeJob(change, { person, before }, options);
      if ("outcome" in made) unsent.push(made);
      else jobs.push(made);
    }
  }
  return { jobs, unsent, filtered: [...counts].map(([reason, count]): Count => ({ subscriptionId: options.subscription.id, outcome: "filtered", reason, count })) };
}

function isUnknown(reason: string | undefined): boolean {
  return reason === "suppressed" || reason === "merged";
}

/** Of those who leave, and of who they are now: what the destination was told. */
async function readTold(changes: readonly MembershipTold[], people: ReadonlyMap<string, DeliveryPerson>, { pool, subscription, trigger }: ChangeOptions): Promise<ReadonlyMap<string, PersonNow>> {
  if (trigger.on === "entered") return new Map();
  const leaving = changes.filter(({ entered }) => !entered).map(({ profileId }) => profileId);
  return readMembers(pool, subscription.id, [...new Set(leaving.flatMap((id) => [id, people.get(id)?.profileId ?? id]))]);
}

function survivorIn({ profileId }: MembershipTold, person: DeliveryPerson | undefined, told: ReadonlyMap<string, PersonNow>): PersonNow | undefined {
  return person === undefined || person.isSuppressed || person.profileId === profileId ? undefined : told.get(person.profileId);
}

/** Whether a destination that takes the one away takes the other away, too: it finds people by these. */
export function isReachedBy(one: PersonNow, other: PersonNow | undefined, { subscription }: Pick<ChangeOptions, "subscription">): boolean {
  if (other === undefined) return false;
  const choice = subscription.definition.identifiers;
  const keysOf = (person: PersonNow): string[] => {
    const traits = traitsOut(person, choice);
    const user = person.identifiers.findLast(({ namespace }) => namespace === "user_id")?.value;
    return [...["email", "phone"].flatMap((name) => [traits[name] ?? []].flat().map((value) => `${name}:${String(value).toLowerCase()}`)), ...(user === undefined ? [] : [`user_id:${user}`])];
  };
  const keys = new Set(keysOf(other));
  return keysOf(one).some((key) => keys.has(key));
}

function filterReason(change: MembershipTold, person: DeliveryPerson | undefined, isGrantedByDefault: boolean, { subscription, trigger, target, stream }: ChangeOptions): string | undefined {
  const { definition } = subscription;
  if (person === undefined || person.isSuppressed) return "suppressed";
  // Whoever was merged away answers by another name: what they left under their own is not to be taken from that one.
  if (person.profileId !== change.profileId) return "merged";
  if (trigger.on !== "both" && trigger.on !== (change.entered ? "entered" : "exited")) return "not_asked";
  if (!isOfTestPeople(person, target)) return "test_people";
  // Leaving is told whatever the reason and whatever they allow: it sends nobody anything.
  if (!change.entered || stream.startsWith("fill ")) return change.entered ? consentReason(definition.consent, person, isGrantedByDefault) : undefined;
  if (change.reason === "first_fill" && !trigger.backfill) return "first_fill";
  if (change.reason === "late_event" && !definition.late) return "late";
  if (change.reason === "import" && !definition.historical) return "historical";
  return consentReason(definition.consent, person, isGrantedByDefault);
}

export function isOfTestPeople(person: DeliveryPerson, { testPeople }: Pick<Target, "testPeople">): boolean {
  return testPeople === undefined || testPeople.some((one) => person.identifiers.has(one));
}

export function consentReason(categories: readonly string[], person: DeliveryPerson, isGrantedByDefault: boolean): "consent" | undefined {
  return categories.some((category) => !(person.consents[category] ?? isGrantedByDefault)) ? "consent" : undefined;
}

/** `before`: what the destination was told of somebody who leaves. They go in the lane of who they are now. */
export function changeJob(
  change: MembershipTold, { person, before }: { readonly person: DeliveryPerson | undefined; readonly before: PersonNow | undefined },
  options: Pick<ChangeOptions, "subscription" | "trigger" | "stream" | "target" | "definition">,
): DeliveryJob | Unsent {
  const { subscription, trigger, stream } = options;
  const profileId = person?.profileId ?? change.profileId;
  const shown = before === undefined ? (person?.person ?? NOTHING_KNOWN) : leavingAs(before, person?.profileId === change.profileId ? person.person : NOTHING_KNOWN);
  const event = eventOf(change, shown, options);
  const told = {
    stream, subscription, position: change.seq, profileId, member: { profileId: change.profileId, person: change.entered ? memberOf(shown) : null },
    eventName: change.entered ? "Audience Entered" : "Audience Exited", happenedAtMs: change.atMs, receivedAtMs: change.atMs, bytes: 2_000, isState: true,
  };
  // Whom it was told all the same leaves: the share may have been smaller then.
  if (before === undefined && isHeldOut(profileId, subscription.id, trigger.holdOut)) {
    return { ...told, outcome: "held_out", code: "hold_out", messageId: event.messageId, detail: "One of the share who are sent nothing." };
  }
  const { audience } = subscription;
  return itemJob(
    { ...told, audience: audience && { key: audience.slug, id: audience.id, name: audience.name, externalId: subscription.externalId, settings: trigger.settings } }, event, options,
  );
}

/** Found by what was told; whatever else is known of them is as it is now. */
function leavingAs(told: PersonNow, now: PersonNow): PersonNow {
  return { identifiers: told.identifiers, traits: { ...now.traits, ...told.traits }, consents: now.consents };
}

/** The same people for ever, and others for each subscription. */
export function isHeldOut(profileId: string, subscriptionId: number, share: number): boolean {
  if (share <= 0) return false;
  return createHash("sha256").update(`hold-out ${subscriptionId} ${profileId}`).digest().readUInt32BE(0) < share * 2 ** 32;
}

function eventOf(change: MembershipTold, person: PersonNow, { subscription, trigger, target, stream }: Pick<ChangeOptions, "subscription" | "trigger" | "stream" | "target">): OutgoingEvent {
  const { workspaceId } = target.connection;
  const audience = subscription.audience ?? { id: trigger.audienceId, slug: "" };
  const to = { workspaceId, audience, externalId: subscription.externalId, settings: trigger.settings, as: trigger.as, identifiers: subscription.definition.identifiers };
  // What is sent anew is another message than the one that was sent then: vendors leave out what they know already.
  const of = stream.startsWith("sync ") ? stream.replace(" ", "-") : "audience";
  return audienceEvent({ messageId: `${of}-${subscription.id}-${change.seq}`, entered: change.entered, atMs: change.atMs }, person, to);
}
