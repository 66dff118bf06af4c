// Where a destination's items come from: a stream with a cursor, of which it takes a piece at a time, and any of whose items it can
// ask for again.
import type { Pool } from "pg";
import type { DestinationDefinition } from "@tributary/schema/destination/definition.ts";
import type { DeliveryLimits } from "./delivery-limits.ts";
import type { EventStream, StreamedEvent } from "./event-stream.ts";
import { readPeople } from "./people.ts";
import { pick, type Picked } from "./pick.ts";
import type { StreamName } from "./store.ts";
import type { Subscription, Target } from "./target.ts";

export interface Piece extends Picked {
  readonly nextBlock: number;
}

/** Where a stream stands that has an end, and came to it: beyond every number. */
export const ENDED = Number.MAX_SAFE_INTEGER;

export interface Feed {
  readonly stream: StreamName;
  /** Where a destination begins that has never followed it: with what comes from now on. */
  begin(): Promise<number>;
  /** `keptBlock`: what is before it is never asked for again, not after a kill either. Undefined: nothing has landed. */
  next(fromBlock: number, keptBlock: number): Promise<Piece | undefined>;
  /** Of a stream that is over and has no feed any more: how its items are asked for again. */
  readonly past?: ((stream: StreamName, subscriptionId: number) => Feed["again"] | undefined) | undefined;
  /** Of one subscription. */
  again(subscription: Subscription, positions: readonly number[]): Promise<Picked>;
}

export interface FeedOptions {
  readonly target: Target;
  readonly definition: DestinationDefinition;
  readonly pool: Pool;
  readonly events: EventStream;
  /** Every block of the partition below this one has landed. */
  readonly landedBefore: (partition: number) => Promise<number>;
  /** What the absence of a consent decision means in the workspace. */
  readonly isGrantedByDefault: (workspaceId: number) => Promise<boolean>;
  readonly limits: DeliveryLimits;
}

/** Undefined: no subscription takes events. */
export function eventFeed(options: FeedOptions): Feed | undefined {
  const { target, definition, pool, events, limits } = options;
  const { workspaceId } = target.connection;
  const place = { workspaceId, partition: target.partition };
  const subscriptions = target.subscriptions.filter((one) => one.isLive && one.definition.trigger.kind === "events");
  if (subscriptions.length === 0) return undefined;

  async function picked(some: readonly StreamedEvent[], of: readonly Subscription[], isAgain: boolean): Promise<Picked> {
    if (some.length === 0) return { jobs: [], unsent: [], filtered: [] };
    const [people, isGrantedByDefault] = await Promise.all([
      readPeople(pool, workspaceId, [...new Set(some.map((event) => event.profile_id))]), options.isGrantedByDefault(workspaceId),
    ]);
    return pick(some, of, { target, definition, people, isGrantedByDefault, limits, isAgain });
  }

  return {
    stream: "events",
    begin: () => options.landedBefore(target.partition),
    async next(fromBlock) {
      const beforeBlock = await options.landedBefore(target.partition);
      if (beforeBlock <= fromBlock) return undefined;
      const slice = await events.read({ ...place, fromBlock, beforeBlock });
      return { ...(await picked(slice.events, subscriptions, false)), nextBlock: slice.nextBlock };
    },
    again: async (subscription, positions) => picked(await events.readAgain(place, positions), [subscription], true),
  };
}
