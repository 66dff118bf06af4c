// One token bucket per source, in memory. A batch is admitted while the bucket is above zero and may overdraw it, so a
// batch larger than a second's worth is never refused for ever; the next one waits for the debt.
import { AppError } from "../core/errors.ts";

interface Bucket {
  tokens: number;
  atMs: number;
}

export interface RateLimiter {
  /** Takes `events` tokens, or throws AppError `rate_limited` with the seconds after which the bucket is above zero. */
  admit(sourceId: number, eventsPerSecond: number, events: number, nowMs: number): void;
}

/** A second's worth may come at once, and never less than this. */
const burstMin = 10;

export function createRateLimiter(): RateLimiter {
  // Bounded by the number of sources that have a limit; these are rows that an administrator made.
  const buckets = new Map<number, Bucket>();
  return {
    admit(sourceId, eventsPerSecond, events, nowMs) {
      const burst = Math.max(burstMin, eventsPerSecond);
      const bucket = buckets.get(sourceId) ?? { tokens: burst, atMs: nowMs };
      const elapsedMs = Math.max(0, nowMs - bucket.atMs);
      const tokens = Math.min(burst, bucket.tokens + (elapsedMs * eventsPerSecond) / 1000);
      const admitted = tokens > 0;
      buckets.set(sourceId, { tokens: admitted ? tokens - events : tokens, atMs: nowMs });
      if (admitted) return;
      const retryAfterSeconds = eventsPerSecond > 0 ? Math.ceil((1 - tokens) / eventsPerSecond) : 300;
      const detail = `This source takes ${eventsPerSecond} events a second (its setting).`;
      throw new AppError("rate_limited", { detail, retryAfterSeconds });
    },
  };
}
