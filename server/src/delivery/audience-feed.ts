// Who comes and goes in an audience, for one subscription: first those who are in it when it is switched on, then every change. Both
// are rows of the log of memberships, so each has a number by which it is found again.
import type { ClickHouseClient } from "@clickhouse/client";
import { createBigChanges } from "./big-change.ts";
import { readConsentAgain, readConsentChanges, type ConsentPlace, type MembershipTold } from "./consent-feed.ts";
import { ENDED, type Feed, type FeedOptions, type Piece } from "./feed.ts";
import { readBlocks, readDeletions, readLastRows, readRows, type OfAudience } from "./membership-rows.ts";
import { pickChanges } from "./pick-changes.ts";
import type { Picked } from "./pick.ts";
import type { Count } from "./store.ts";
import { pastSync, syncFeed } from "./sync-feed.ts";
import type { Subscription } from "./target.ts";

export interface AudienceFeedOptions extends FeedOptions {
  readonly clickhouse: ClickHouseClient;
  /** Every block of memberships of the partition below this one has landed. */
  readonly membershipsLandedBefore: (partition: number) => Promise<number>;
  /** Every block of memberships that is written by now is below this one. */
  readonly membershipsDecidedBefore: (partition: number) => Promise<number>;
  readonly nowMs: () => number;
}

type Change = MembershipTold;

/** The live feed stands still until the first one is through, so that nobody leaves before they came. */
export function audienceFeeds(options: AudienceFeedOptions, subscription: Subscription): readonly Feed[] {
  const { trigger } = subscription.definition;
  const { audience } = subscription;
  if (trigger.kind !== "audience" || audience === undefined) return [];
  const { target, clickhouse, limits, pool } = options;
  const { workspaceId } = target.connection;
  const of: OfAudience = { clickhouse, workspaceId, audienceId: audience.id };
  const big = createBigChanges({
    pool, of, subscription, limits, nowMs: options.nowMs, destinationId: target.connection.destinationId, isLimited: target.testPeople !== undefined,
    decidedBefore: () => options.membershipsDecidedBefore(target.partition),
  });
  const syncOptions = { ...options, subscription, trigger, of, isAsking: big.isAsking };
  const sync = syncFeed(syncOptions);
  if (!subscription.isLive) return sync;
  const shared: { isFilled: boolean; liveFrom: number | undefined } = { isFilled: false, liveFrom: undefined };
  /** Told while the rest stood still. */
  const toldMeanwhile = new Set<number>();

  const picked = (changes: readonly Change[], stream: Feed["stream"]): Promise<Picked> => pickChanges(changes, { ...options, stream, subscription, trigger });
  const again = (stream: Feed["stream"]) => async (_: Subscription, positions: readonly number[]): Promise<Picked> => picked(await readRows(of, positions), stream);

  /** Who may not be known any more is taken away, whatever else waits. */
  async function pickMeanwhile(fromBlock: number, beforeBlock: number): Promise<Piece | undefined> {
    const urgent = (await readDeletions(of, fromBlock, beforeBlock)).filter(({ seq }) => !toldMeanwhile.has(seq));
    if (urgent.length === 0) return undefined;
    for (const { seq } of urgent) toldMeanwhile.add(seq);
    const { jobs } = await picked(urgent, live.stream);
    return jobs.length === 0 ? undefined : { jobs, unsent: [], filtered: [], nextBlock: fromBlock };
  }

  const live: Feed = {
    stream: `audience ${subscription.id}`,
    begin: () => options.membershipsLandedBefore(target.partition),
    async next(fromBlock): Promise<Piece | undefined> {
      shared.liveFrom = fromBlock;
      if (!shared.isFilled) return undefined;
      const landedBefore = await options.membershipsLandedBefore(target.partition);
      if (landedBefore <= fromBlock) return undefined;
      const { rows, nextBlock } = await readBlocks(of, fromBlock, landedBefore, limits.sliceRows);
      const leftOut = await big.pass(rows, fromBlock, landedBefore);
      if (leftOut === undefined) return pickMeanwhile(fromBlock, landedBefore);
      const groups = Map.groupBy(rows, (row) => leftOut(row) ?? "");
      const { filtered, ...rest } = await picked(groups.get("") ?? [], live.stream);
      const left = [...groups].flatMap(([reason, some]): Count[] => (reason === "" ? [] : [{ subscriptionId: subscription.id, outcome: "filtered", reason, count: some.length }]));
      return { ...rest, filtered: [...filtered, ...left], nextBlock };
    },
    again: again(`audience ${subscription.id}`),
  };
  const fill: Feed = {
    stream: `fill ${subscription.id}`,
    begin: () => Promise.resolve(trigger.backfill ? 0 : ENDED),
    async next(fromSeq, keptSeq): Promise<Piece | undefined> {
      shared.isFilled = keptSeq === ENDED;
      if (fromSeq === ENDED || shared.liveFrom === undefined) return undefined;
      const members = await readLastRows(of, "block_id < {before:UInt64}", { before: shared.liveFrom }, fromSeq, limits.sliceRows);
      const last = members.at(-1);
      return { ...(await picked(members, fill.stream)), nextBlock: last === undefined || members.length < limits.sliceRows ? ENDED : last.seq + 1 };
    },
    again: again(`fill ${subscription.id}`),
    past: pastSync(syncOptions),
  };
  const { consent: categories } = subscription.definition;
  if (categories.length === 0) return [live, fill, ...sync];
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
  return [live, fill, consent, ...sync];
}
