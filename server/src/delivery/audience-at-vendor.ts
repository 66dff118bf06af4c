// The list at the vendor that an audience becomes: made once for a subscription, before anybody is sent to it.
import type { Pool } from "pg";
import type { Logger } from "../core/logger.ts";
import type { Destination } from "../destinations/destinations.ts";
import type { Subscription, Target } from "./target.ts";

export interface AudiencesMade {
  /** Those that can be sent to. */
  readonly subscriptions: readonly Subscription[];
  /** Why the others can't yet; undefined: there are none. */
  readonly problem: string | undefined;
}

export interface MakeOptions {
  readonly pool: Pool;
  readonly target: Target;
  readonly destination: Destination;
  readonly logger: Logger;
  readonly timeoutMs: number;
  readonly onRefreshed: (tokens: NonNullable<Awaited<ReturnType<NonNullable<Destination["createAudience"]>>>["refreshed"]>) => Promise<void>;
}

/** Vendors that keep no lists, or make them by themselves, are not asked. */
export async function makeAudiences(options: MakeOptions): Promise<AudiencesMade> {
  const { target, destination } = options;
  const ready: Subscription[] = [];
  let problem: string | undefined;
  for (const subscription of target.subscriptions) {
    const isMissing = subscription.isLive && subscription.audience !== undefined && subscription.externalId === undefined && destination.definition.audience?.isCreated === true;
    if (!isMissing || destination.createAudience === undefined) {
      ready.push(subscription);
      continue;
    }
    try {
      ready.push(await makeOne(subscription, options));
    } catch (error) {
      problem = `The list for the audience ${subscription.audience?.name ?? ""} could not be made: ${error instanceof Error ? error.message : "no reason was given"}`;
      options.logger.warn({ err: error, destination: target.connection.destinationId, subscription: subscription.id }, "a vendor made no list for an audience");
    }
  }
  return { subscriptions: ready, problem };
}

async function makeOne(subscription: Subscription, { pool, target, destination, timeoutMs, onRefreshed }: MakeOptions): Promise<Subscription> {
  const { audience, definition } = subscription;
  if (audience === undefined || destination.createAudience === undefined) return subscription;
  const settings = definition.trigger.kind === "audience" ? definition.trigger.settings : {};
  const made = await destination.createAudience(target.connection, { key: audience.slug, id: audience.id, name: audience.name, settings }, AbortSignal.timeout(timeoutMs));
  if (made.refreshed) await onRefreshed(made.refreshed);
  if (made.externalId === undefined) return subscription;
  // The first one counts, if two made it: people were sent to that.
  await pool.query("update subscription set external_id = coalesce(external_id, $2) where id = $1", [subscription.id, made.externalId]);
  return { ...subscription, externalId: made.externalId };
}
