// Who comes and goes in an audience, for one subscription: first those who are in it when it is switched on, then every change. Both
// are rows of the log of memberships, so each has a number by which it is found again.
import { createHash } from "node:crypto";
import type { ClickHouseClient } from "@clickhouse/client";
import type { OutgoingEvent } from "@tributary/schema/destination/outgoing-event.ts";
import type { AudienceTrigger } from "@tributary/schema/destination/subscription.ts";
import { readMembershipChanges } from "../audiences/audiences.ts";
import { audienceEvent, type PersonNow } from "../destinations/destinations.ts";
import { readConsentAgain, readConsentChanges, type ConsentPlace, type MembershipTold } from "./consent-feed.ts";
import type { Feed, FeedOptions, Piece } from "./feed.ts";
import { memberOf, readMembers } from "./members.ts";
import { readPeople, type DeliveryPerson } from "./people.ts";
import { itemJob, type DeliveryJob, type Picked, type Unsent } from "./pick.ts";
import type { Count } from "./store.ts";
import type { Subscription } from "./target.ts";

export interface AudienceFeedOptions extends FeedOptions {
  readonly clickhouse: ClickHouseClient;
  /** Every block of memberships of the partition below this one has landed. */
  readonly membershipsLandedBefore: (partition: number) => Promise<number>;
}

type Change = MembershipTold;

/** Beyond every number of the log: all who were in it at first have been taken. */
const FILLED = Number.MAX_SAFE_INTEGER;
const SETTINGS = { max_threads: 1 } as const;
const COLUMNS = "toString(profile_id) as profileId, toUnixTimestamp64Milli(at) as atMs, entered = 1 as entered, reason, seq";
const OF_AUDIENCE = "workspace_id = {workspace:UInt32} and audience_id = {audience:UInt32}";

/** The live feed stands still until the first one is through, so that nobody leaves before they came. */
export function audienceFeeds(options: AudienceFeedOptions, subscription: Subscription): readonly Feed[] {
  const { trigger } = subscription.definition;
  const { audience } = subscription;
  if (trigger.kind !== "audience" || audience === undefined) return [];
  const { target, clickhouse, limits } = options;
  const { workspaceId } = target.connection;
  const shared: { isFilled: boolean; liveFrom: number | undefined } = { isFilled: false, liveFrom: undefined };

  async function ask(where: string, params: Record<string, unknown>): Promise<Change[]> {
    const result = await clickhouse.query({
      query: where, query_params: { workspace: workspaceId, audience: audience?.id, ...params }, format: "JSONEachRow", clickhouse_settings: SETTINGS,
    });
    return (await result.json<Omit<Change, "entered"> & { readonly entered: number | boolean }>()).map((row) => ({ ...row, entered: Boolean(row.entered) }));
  }

  const picked = (changes: readonly Change[], stream: Feed["stream"]): Promise<Picked> => pickChanges(changes, { ...options, stream, subscription, trigger });
  const again = (stream: Feed["stream"]) => async (_: Subscription, positions: readonly number[]): Promise<Picked> =>
    picked(await ask(`select ${COLUMNS} from audience_log where ${OF_AUDIENCE} and seq in {seqs:Array(UInt64)} order by seq`, { seqs: positions }), stream);

  const live: Feed = {
    stream: `audience ${subscription.id}`,
    begin: () => options.membershipsLandedBefore(target.partition),
    async next(fromBlock): Promise<Piece | undefined> {
      shared.liveFrom = fromBlock;
      if (!shared.isFilled) return undefined;
      const { changes, nextBlock } = await readMembershipChanges({ pool: options.pool, clickhouse }, target.partition, fromBlock);
      if (nextBlock === fromBlock) return undefined;
      const ours = changes.filter((change) => change.workspaceId === workspaceId && change.audienceId === audience.id);
      return { ...(await picked(ours, live.stream)), nextBlock };
    },
    again: again(`audience ${subscription.id}`),
  };
  const fill: Feed = {
    stream: `fill ${subscription.id}`,
    begin: () => Promise.resolve(trigger.backfill ? 0 : FILLED),
    async next(fromSeq): Promise<Piece | undefined> {
      shared.isFilled = fromSeq === FILLED;
      if (shared.isFilled || shared.liveFrom === undefined) return undefined;
      const members = await ask(
        `select * from (select ${COLUMNS} from audience_log where ${OF_AUDIENCE} and block_id < {before:UInt64} order by seq desc limit 1 by profile_id)
          where entered and seq > {from:UInt64} order by seq limit ${limits.sliceRows}`, { before: shared.liveFrom, from: fromSeq },
      );
      const last = members.at(-1);
      return { ...(await picked(members, fill.stream)), nextBlock: last === undefined || members.length < limits.sliceRows ? FILLED : last.seq };
    },
    again: again(`fill ${subscription.id}`),
  };
  const { consent: categories } = subscription.definition;
  if (categories.length === 0) return [live, fill];
  const place = async (): Promise<ConsentPlace> => ({
    pool: options.pool, clickhouse, workspaceId, partition: target.partition, audienceId: audience.id, subscriptionId: subscription.id, categories,
    isGrantedByDefault: await options.isGrantedByDefault(workspaceId),
  });
  const consent: Feed = {
    stream: `consent ${subscription.id}`,
    begin: () => options.landedBefore(target.partition),
    async next(fromBlock): Promise<Piece | undefined> {
      const beforeBlock = await options.landedBefore(target.partition);
      if (!shared.isFilled || beforeBlock <= fromBlock) return undefined;
      return { ...(await picked(await readConsentChanges(await place(), fromBlock, beforeBlock), consent.stream)), nextBlock: beforeBlock };
    },
    again: async (_, positions) => picked(await readConsentAgain(await place(), positions), `consent ${subscription.id}`),
  };
  return [live, fill, consent];
}

interface ChangeOptions extends AudienceFeedOptions {
  readonly stream: Feed["stream"];
  readonly subscription: Subscription;
  readonly trigger: AudienceTrigger;
}

async function pickChanges(changes: readonly Change[], options: ChangeOptions): Promise<Picked> {
  const { workspaceId } = options.target.connection;
  const jobs: DeliveryJob[] = [];
  const unsent: Unsent[] = [];
  const counts = new Map<string, number>();
  const [people, isGrantedByDefault] = changes.length === 0 ? [new Map<string, DeliveryPerson>(), false]
    : await Promise.all([readPeople(options.pool, workspaceId, [...new Set(changes.map((change) => change.profileId))]), options.isGrantedByDefault(workspaceId)]);
  const told = await toldBefore(changes, people, options);
  for (const change of changes) {
    const person = people.get(change.profileId);
    const reason = filterReason(change, person, isGrantedByDefault, options);
    // Who is not known any more leaves under what was told of them.
    const leaving = isUnknown(reason) && !change.entered ? told.get(change.profileId) : undefined;
    if (reason !== undefined && leaving === undefined) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    else {
      const made = jobOf(change, leaving ?? person?.person ?? NOTHING_KNOWN, person?.profileId ?? change.profileId, options);
      if ("outcome" in made) unsent.push(made);
      else jobs.push(made);
    }
  }
  return { jobs, unsent, filtered: [...counts].map(([reason, count]): Count => ({ subscriptionId: options.subscription.id, outcome: "filtered", reason, count })) };
}

const NOTHING_KNOWN: PersonNow = { traits: {}, identifiers: [] };

function isUnknown(reason: string | undefined): boolean {
  return reason === "suppressed" || reason === "merged";
}

/** Of those who leave and are not known any more: what the destination was told. Not where it was told the same of who they are now. */
async function toldBefore(changes: readonly Change[], people: ReadonlyMap<string, DeliveryPerson>, { pool, subscription, trigger }: ChangeOptions): Promise<ReadonlyMap<string, PersonNow>> {
  if (trigger.on === "entered") return new Map();
  const isUnknownNow = (person: DeliveryPerson | undefined, id: string): boolean => person === undefined || person.isSuppressed || person.profileId !== id;
  const leaving = changes.filter((change) => !change.entered && isUnknownNow(people.get(change.profileId), change.profileId));
  const survivorOf = (change: Change): string => people.get(change.profileId)?.profileId ?? change.profileId;
  const members = await readMembers(pool, subscription.id, [...new Set(leaving.flatMap((change) => [change.profileId, survivorOf(change)]))]);
  return new Map(leaving.flatMap((change) => {
    const person = members.get(change.profileId);
    const isStillIn = survivorOf(change) !== change.profileId && members.has(survivorOf(change));
    return person === undefined || isStillIn ? [] : [[change.profileId, person]];
  }));
}

function filterReason(change: Change, person: DeliveryPerson | undefined, isGrantedByDefault: boolean, { subscription, trigger, target, stream }: ChangeOptions): string | undefined {
  const { definition } = subscription;
  if (person === undefined || person.isSuppressed) return "suppressed";
  // Whoever was merged away answers by another name: what they left under their own is not to be taken from that one.
  if (person.profileId !== change.profileId) return "merged";
  if (trigger.on !== "both" && trigger.on !== (change.entered ? "entered" : "exited")) return "not_asked";
  if (target.testPeople !== undefined && !target.testPeople.some((one) => person.identifiers.has(one))) return "test_people";
  // Leaving is told whatever the reason and whatever they allow: it sends nobody anything.
  if (!change.entered || stream.startsWith("fill ")) return change.entered ? consentReason(definition.consent, person, isGrantedByDefault) : undefined;
  if (change.reason === "first_fill" && !trigger.backfill) return "first_fill";
  if (change.reason === "late_event" && !definition.late) return "late";
  if (change.reason === "import" && !definition.historical) return "historical";
  return consentReason(definition.consent, person, isGrantedByDefault);
}

function consentReason(categories: readonly string[], person: DeliveryPerson, isGrantedByDefault: boolean): "consent" | undefined {
  return categories.some((category) => !(person.consents[category] ?? isGrantedByDefault)) ? "consent" : undefined;
}

/** `profileId`: who they are now, in whose lane it goes. */
function jobOf(change: Change, person: PersonNow, profileId: string, options: ChangeOptions): DeliveryJob | Unsent {
  const { subscription, trigger, stream } = options;
  const event = eventOf(change, person, options);
  const told = {
    stream, subscription, position: change.seq, profileId, member: { profileId: change.profileId, person: change.entered ? memberOf(person) : null }, eventName: change.entered ? "Audience Entered" : "Audience Exited", happenedAtMs: change.atMs,
    receivedAtMs: change.atMs, bytes: 2_000,
  };
  if (isHeldOut(profileId, subscription.id, trigger.holdOut)) {
    return { ...told, outcome: "held_out", code: "hold_out", messageId: event.messageId, detail: "One of the share who are sent nothing." };
  }
  const { audience } = subscription;
  return itemJob(
    { ...told, audience: audience && { key: audience.slug, id: audience.id, name: audience.name, externalId: subscription.externalId, settings: trigger.settings } }, event, options,
  );
}

/** The same people for ever, and others for each subscription. */
export function isHeldOut(profileId: string, subscriptionId: number, share: number): boolean {
  if (share <= 0) return false;
  return createHash("sha256").update(`hold-out ${subscriptionId} ${profileId}`).digest().readUInt32BE(0) < share * 2 ** 32;
}

function eventOf(change: Change, person: PersonNow, { subscription, trigger, target }: ChangeOptions): OutgoingEvent {
  const { workspaceId } = target.connection;
  const audience = subscription.audience ?? { id: trigger.audienceId, slug: "" };
  const to = { workspaceId, audience, externalId: subscription.externalId, settings: trigger.settings, as: trigger.as, identifiers: subscription.definition.identifiers };
  return audienceEvent({ messageId: `audience-${subscription.id}-${change.seq}`, entered: change.entered, atMs: change.atMs }, person, to);
}
