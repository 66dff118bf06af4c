// Token buckets in memory: one per source that has a limit, one per key of a website that has none of its own. A batch is admitted while the bucket is above zero and may overdraw it, so a
// batch larger than a second's worth is never refused for ever; the next one waits for the debt.
import { AppError } from "../core/errors.ts";
import type { SourceEntry } from "../sources/source-directory.ts";

interface Bucket {
  tokens: number;
  atMs: number;
}

export interface RateLimiter {
  /** Takes `events` tokens where a limit applies, or throws AppError `rate_limited` with the seconds after which the bucket is above zero. */
  admit(source: SourceEntry, events: number, nowMs: number): void;
}

/** A second's worth may come at once, and never less than this. */
const burstMin = 10;

/**
 * `websiteEventsPerSecond`: what one key of a source of kind `website` may send when its source has no limit of its own;
 * these keys are public. 0 is none.
 */
export function createRateLimiter(websiteEventsPerSecond: number): RateLimiter {
  // Bounded by the number of sources and keys; these are rows that an administrator made.
  const buckets = new Map<string, Bucket>();

  function take(name: string, eventsPerSecond: number, events: number, nowMs: number): number | undefined {
    const burst = Math.max(burstMin, eventsPerSecond);
    const bucket = buckets.get(name) ?? { tokens: burst, atMs: nowMs };
    const elapsedMs = Math.max(0, nowMs - bucket.atMs);
    const tokens = Math.min(burst, bucket.tokens + (elapsedMs * eventsPerSecond) / 1000);
    const admitted = tokens > 0;
    buckets.set(name, { tokens: admitted ? tokens - events : tokens, atMs: nowMs });
    if (admitted) return undefined;
    return eventsPerSecond > 0 ? Math.ceil((1 - tokens) / eventsPerSecond) : 300;
  }

  return {
    admit({ sourceId, keyId, kind, eventsPerSecond }, events, nowMs) {
      if (eventsPerSecond !== undefined) {
        const retryAfterSeconds = take(`source ${sourceId}`, eventsPerSecond, events, nowMs);
        if (retryAfterSeconds === undefined) return;
        throw new AppError("rate_limited", { detail: `This source takes ${eventsPerSecond} events a second (its setting).`, retryAfterSeconds });
      }
      if (kind !== "website" || websiteEventsPerSecond === 0) return;
      const retryAfterSeconds = take(`key ${keyId}`, websiteEventsPerSecond, events, nowMs);
      if (retryAfterSeconds === undefined) return;
      const detail = `This write key takes ${websiteEventsPerSecond} events a second (setting TRIBUTARY_DEFAULT_WEBSITE_EVENTS_PER_SECOND, or its source's own).`;
      throw new AppError("rate_limited", { detail, retryAfterSeconds });
    },
  };
}
