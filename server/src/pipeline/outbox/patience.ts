// How long a statement that fails is tried. What passes by itself is waited out for ever; what ClickHouse will say again ends
// after a few times, and what we don't know after many times over a while: then a person must look at it.
import { isLasting, isTransient } from "../../engines/clickhouse/insert-block.ts";

export interface PatienceLimits {
  /** Times that a lasting error is heard before it is believed: a table may be missing for a moment. */
  readonly lastingFailures: number;
  /** An unknown error is believed after more failures than this … */
  readonly unknownFailures: number;
  /** … over more milliseconds than this. */
  readonly unknownMs: number;
}

export const patienceLimits: PatienceLimits = { lastingFailures: 3, unknownFailures: 20, unknownMs: 10 * 60_000 };

/** Told of each failure in turn; true once there is no hope. */
export function createPatience(limits: PatienceLimits = patienceLimits, nowMs: () => number = () => performance.now()): (error: unknown) => boolean {
  let lasting = 0;
  let unknown = 0;
  let unknownSinceMs = 0;
  return (error) => {
    if (isLasting(error)) return ++lasting >= limits.lastingFailures;
    if (isTransient(error)) return false;
    if (unknown++ === 0) unknownSinceMs = nowMs();
    return unknown > limits.unknownFailures && nowMs() - unknownSinceMs > limits.unknownMs;
  };
}
