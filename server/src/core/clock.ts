// The only source of "now". Domain code never reads the clock itself: it takes `nowMs` as an argument.

export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  nowMs(): number;
}

export const systemClock: Clock = { nowMs: () => Date.now() };

/**
 * How far apart two times are. What was read "later" than now, before the clock was set back, is old all the same: without this
 * a revoked key would go on working until the clock comes by again.
 */
export function apartMs(oneMs: number, otherMs: number): number {
  return Math.abs(oneMs - otherMs);
}

/** A clock that a test moves by hand. */
export function manualClock(startMs: number): Clock & { setMs(ms: number): void; advanceMs(ms: number): void } {
  let now = startMs;
  return {
    nowMs: () => now,
    setMs: (ms) => void (now = ms),
    advanceMs: (ms) => void (now += ms),
  };
}
