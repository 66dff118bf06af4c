// The time for what can't be taken back: throwing away what has grown old, saying who has left an audience because time has
// passed. The system's clock is set by others, now and then wrongly (a machine that starts with a wrong one, a virtual machine
// that was moved), and a clock that stands a year ahead for a minute must not cost a year of anything. So it is compared with
// the time that passes by itself, and believed again only when it has gone evenly for some minutes. A virtual machine that stood
// still looks like that, too, and loses nothing by the wait.
import { uptime } from "node:os";
import type { Clock } from "./clock.ts";
import type { Logger } from "./logger.ts";

/** A step this small is a clock being put right, not a jump. */
export const CLOCK_STEP_MS = 60_000;
/** So long a clock has to go evenly after a start or a jump. */
export const CLOCK_STEADY_MS = 10 * 60_000;

export interface SureTime {
  /** Never later than the clock says; the same once the clock has gone evenly for long enough. Tells the log of each jump that it meets. */
  sureMs(): number;
}

export interface SureTimeOptions {
  readonly clock: Clock;
  /** Absent where another one of this process tells of jumps. */
  readonly logger?: Logger;
  /** A time that surely has been: when something was last written down. Without it the clock is believed at first. */
  readonly knownMs?: number;
  /** What passes by itself and is never set: the time since the machine was started, in which sleep counts, unlike in performance.now(). */
  readonly passedMs?: () => number;
}

export function createSureTime({ clock, logger, knownMs, passedMs = () => uptime() * 1_000 }: SureTimeOptions): SureTime {
  const startMs = clock.nowMs();
  let seen = { atMs: startMs, passedMs: passedMs() };
  /** A time that was sure, and when; what has passed since by itself is sure, too. */
  let sure = { atMs: Math.min(startMs, knownMs ?? startMs), passedMs: seen.passedMs };
  let evenSinceMs = seen.passedMs;

  return {
    sureMs() {
      const now = { atMs: clock.nowMs(), passedMs: passedMs() };
      const jumpedMs = now.atMs - seen.atMs - (now.passedMs - seen.passedMs);
      seen = now;
      if (Math.abs(jumpedMs) > CLOCK_STEP_MS) {
        evenSinceMs = now.passedMs;
        logger?.warn({ jumpedMs: Math.round(jumpedMs) }, "the system's clock jumped, or this machine stood still; nothing is taken for expired by the clock for some minutes");
      }
      const isSteady = now.passedMs - evenSinceMs >= CLOCK_STEADY_MS;
      const sureMs = isSteady ? now.atMs : Math.min(now.atMs, sure.atMs + now.passedMs - sure.passedMs);
      sure = { atMs: sureMs, passedMs: now.passedMs };
      return sureMs;
    },
  };
}
