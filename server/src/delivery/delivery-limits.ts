// What delivery holds to, each with its reason.
import type { BackOff } from "./back-off.ts";

export interface DeliveryLimits {
  /** Events of one slice of a stream; a block is never cut. */
  readonly sliceRows: number;
  readonly sliceBytes: number;
  /** Requests under way to one destination. */
  readonly inFlight: number;
  /** For one request, whole. */
  readonly requestMs: number;
  /** Failures in a row, without a success between them, after which a destination counts as failing. */
  readonly failuresMax: number;
  /** Between probes of a failing destination. */
  readonly probe: BackOff;
  /** When a reply says "too many" and not for how long. */
  readonly throttle: BackOff;
  /** Between attempts of one delivery that fails while others succeed. */
  readonly retry: BackOff;
  /** A delivery is given up when it has been tried so often, and for so long. */
  readonly attemptsMin: number;
  readonly giveUpAfterMs: number;
  /** Deliveries of one destination that wait for another attempt; beyond it the destination counts as failing. */
  readonly parkedMax: number;
  /** From then on an event that came in is late. */
  readonly lateMs: number;
  readonly pollMs: number;
  /** Without destinations, or when nothing has come for a while. */
  readonly pollIdleMs: number;
}

export const deliveryLimits: DeliveryLimits = {
  sliceRows: 2_000, sliceBytes: 16 * 1024 * 1024, inFlight: 8, requestMs: 30_000, failuresMax: 5,
  probe: { firstMs: 1_000, maxMs: 5 * 60_000 }, throttle: { firstMs: 1_000, maxMs: 60_000 }, retry: { firstMs: 1_000, maxMs: 4 * 3_600_000 },
  attemptsMin: 8, giveUpAfterMs: 24 * 3_600_000, parkedMax: 50_000, lateMs: 3_600_000, pollMs: 100, pollIdleMs: 1_000,
};
