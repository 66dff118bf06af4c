// So many a second for each key, evenly with a burst (GCRA): of a key one number is kept, the time at which it is even again.
// No clock of its own and no queue: whoever asks is told how long to wait.

export interface Rate {
  readonly perSecond: number;
  /** That many may go at once after a rest; at least 1. */
  readonly burst: number;
}

export interface RateLimits {
  /** 0 and counted, or the milliseconds until it would be, and not counted. More than a burst at once waits for a whole one. */
  take(key: string, rate: Rate, nowMs: number, count?: number): number;
  /** Counted in any case: the milliseconds until it may go. */
  reserve(key: string, rate: Rate, nowMs: number, count?: number): number;
  /** Nothing more goes before `untilMs`: what a vendor's Retry-After asks for. */
  pause(key: string, rate: Rate, untilMs: number): void;
  readonly size: number;
}

/** Keys that are even again are forgotten when this many are known. */
const SWEEP_AT = 1_000;

export function createRateLimits(): RateLimits {
  /** Key → when all that was counted has been worth its time. */
  const evenAt = new Map<string, number>();
  let sweepAt = SWEEP_AT;

  function waitOf(key: string, rate: Rate, nowMs: number, count: number): { readonly waitMs: number; readonly nextMs: number } {
    const eachMs = 1000 / rate.perSecond;
    const burst = Math.max(1, rate.burst);
    const fromMs = Math.max(evenAt.get(key) ?? 0, nowMs);
    const nextMs = fromMs + eachMs * count;
    return { waitMs: Math.max(0, fromMs + eachMs * Math.min(count, burst) - eachMs * burst - nowMs), nextMs };
  }

  function keep(key: string, untilMs: number, nowMs: number): void {
    evenAt.set(key, untilMs);
    if (evenAt.size < sweepAt) return;
    for (const [other, at] of evenAt) if (at <= nowMs) evenAt.delete(other);
    sweepAt = Math.max(SWEEP_AT, evenAt.size * 2);
  }

  return {
    take(key, rate, nowMs, count = 1) {
      const { waitMs, nextMs } = waitOf(key, rate, nowMs, count);
      if (waitMs === 0) keep(key, nextMs, nowMs);
      return Math.ceil(waitMs);
    },
    reserve(key, rate, nowMs, count = 1) {
      const { waitMs, nextMs } = waitOf(key, rate, nowMs, count);
      keep(key, nextMs, nowMs);
      return Math.ceil(waitMs);
    },
    pause(key, { perSecond, burst }, untilMs) {
      // What a burst may go ahead is added, so that it isn't taken off the pause.
      evenAt.set(key, Math.max(evenAt.get(key) ?? 0, untilMs + (1000 / perSecond) * (Math.max(1, burst) - 1)));
    },
    get size() {
      return evenAt.size;
    },
  };
}
