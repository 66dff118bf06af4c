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
  /** Whom a destination is to forget waits so long at most behind what it is still to be told about them. */
  readonly forgetBehindMs: number;
  /** A destination that could not be told for so long to forget somebody is given up. */
  readonly forgetGiveUpMs: number;
  /** From then on an event that came in is late. */
  readonly lateMs: number;
  /** A list or an import is through when nothing more came of it for so long; what comes of it is held back meanwhile. */
  readonly quietMs: number;
  /** No longer than this: what goes on for longer is looked at in parts. */
  readonly heldMaxMs: number;
  readonly pollMs: number;
  /** Without destinations, or when nothing has come for a while. */
  readonly pollIdleMs: number;
}

export const deliveryLimits: DeliveryLimits = {
  sliceRows: 2_000, sliceBytes: 16 * 1024 * 1024, inFlight: 8, requestMs: 30_000, failuresMax: 5,
  probe: { firstMs: 1_000, maxMs: 5 * 60_000 }, throttle: { firstMs: 1_000, maxMs: 60_000 }, retry: { firstMs: 1_000, maxMs: 4 * 3_600_000 },
  attemptsMin: 8, giveUpAfterMs: 24 * 3_600_000, parkedMax: 50_000, forgetBehindMs: 2 * 3_600_000, forgetGiveUpMs: 24 * 3_600_000, lateMs: 3_600_000, quietMs: 3_000, heldMaxMs: 60_000, pollMs: 100, pollIdleMs: 1_000,
};
