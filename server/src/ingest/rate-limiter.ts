// Token buckets in memory: one per source that has a limit, one per key that has one, and one per key of a website where neither has. A
// batch is admitted while all buckets that it touches are above zero and may overdraw them, so a batch larger than a second's worth is
// never refused for ever; the next one waits for the debt. What one of them refuses costs the others nothing.
import { AppError } from "../core/errors.ts";
import type { SourceEntry } from "../sources/source-directory.ts";

interface Bucket {
  tokens: number;
  atMs: number;
}

interface Limit {
  readonly name: string;
  readonly eventsPerSecond: number;
  /** Asked for when it refuses; most batches are admitted. */
  readonly detail: () => string;
}

/** For limits of nothing a second. */
const neverSeconds = 300;

const waitSeconds = ({ tokens, eventsPerSecond }: Limit & { readonly tokens: number }): number => (eventsPerSecond > 0 ? Math.ceil((1 - tokens) / eventsPerSecond) : neverSeconds);

export interface RateLimiter {
  /** Takes `events` tokens where a limit applies, or throws AppError `rate_limited` with the seconds after which the bucket is above zero. */
  admit(source: SourceEntry, events: number, nowMs: number): void;
}

/** A second's worth may come at once, and never less than this. */
const burstMin = 10;

/**
 * `websiteEventsPerSecond`: what one key of a source of kind `website` may send when neither it nor its source has a limit of its
 * own; these keys are public. 0 is none.
 */
export function createRateLimiter(websiteEventsPerSecond: number): RateLimiter {
  // Bounded by the number of sources and keys; these are rows that an administrator made.
  const buckets = new Map<string, Bucket>();

  function filled({ name, eventsPerSecond }: Limit, nowMs: number): number {
    const burst = Math.max(burstMin, eventsPerSecond);
    const bucket = buckets.get(name) ?? { tokens: burst, atMs: nowMs };
    const elapsedMs = Math.max(0, nowMs - bucket.atMs);
    return Math.min(burst, bucket.tokens + (elapsedMs * eventsPerSecond) / 1000);
  }

  function limitsOf({ sourceId, keyId, kind, eventsPerSecond, keyEventsPerSecond }: SourceEntry): Limit[] {
    const limits: Limit[] = [];
    if (keyEventsPerSecond !== undefined) {
      limits.push({ name: `key ${keyId}`, eventsPerSecond: keyEventsPerSecond, detail: () => `This write key takes ${keyEventsPerSecond} events a second (its own limit).` });
    }
    if (eventsPerSecond !== undefined) {
      limits.push({ name: `source ${sourceId}`, eventsPerSecond, detail: () => `This source takes ${eventsPerSecond} events a second, by all its write keys together (its setting).` });
    }
    if (limits.length === 0 && kind === "website" && websiteEventsPerSecond > 0) {
      const detail = (): string => `This write key takes ${websiteEventsPerSecond} events a second (setting TRIBUTARY_DEFAULT_WEBSITE_EVENTS_PER_SECOND, or a limit of its own or of its source).`;
      limits.push({ name: `key ${keyId}`, eventsPerSecond: websiteEventsPerSecond, detail });
    }
    return limits;
  }

  return {
    admit(source, events, nowMs) {
      const limits = limitsOf(source).map((limit) => ({ ...limit, tokens: filled(limit, nowMs) }));
      const refusing = limits.find(({ tokens }) => tokens <= 0);
      for (const { name, tokens } of limits) buckets.set(name, { tokens: refusing === undefined ? tokens - events : tokens, atMs: nowMs });
      if (refusing === undefined) return;
      throw new AppError("rate_limited", { detail: refusing.detail(), retryAfterSeconds: Math.max(...limits.map(waitSeconds)) });
    },
  };
}
