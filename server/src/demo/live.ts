// The shop going on after its history, in real time. A window of real time gives the calls in it, always the same ones; the
// caller has the clock. At pace 1 a minute of the shop takes a minute; at pace 60 an hour does, and all times that events
// name are told by the real clock, so that nothing lies in the future.
import type { Call } from "./call.ts";
import { CallStream } from "./call-stream.ts";
import type { ShopPlan } from "./people.ts";
import type { Shop } from "./shop.ts";

export const PACE_MAX = 1_000;

export interface LiveOptions {
  /** When, in real time, the shop goes on; not before its history ends. */
  readonly startMs: number;
  /** Where the shop stands then, in its own time; the end of its history when left out. */
  readonly fromMs?: number;
  /** Milliseconds of the shop for each real one: above 0, at most 1,000. */
  readonly pace: number;
}

export interface LiveShop {
  /**
   * The calls of [fromMs, untilMs) in real time, in order; none before the start. Asked for one window after the other, as a
   * live shop is, it costs what the calls cost; asked for any other, it first looks through all people.
   */
  between(fromMs: number, untilMs: number): readonly Call[];
  /** Where the shop stands at a time of the real clock: from there on it can be taken up again, at another pace. */
  shopMs(realMs: number): number;
}

export function liveFrom(shop: Shop, { startMs, pace, fromMs: beganMs = shop.plan.untilMs }: LiveOptions): LiveShop {
  if (!(pace > 0 && pace <= PACE_MAX)) throw new RangeError(`pace is ${pace}; it must be above 0 and at most ${PACE_MAX}.`);
  if (startMs < shop.plan.untilMs) throw new RangeError("startMs lies before the history's end; start when it ends, or later.");
  const { untilMs } = shop.plan;
  if (beganMs < untilMs) throw new RangeError("fromMs lies before the history's end; the shop goes on live when it ends, or later.");
  const toShop = (realMs: number): number => beganMs + Math.floor((realMs - startMs) * pace);
  /** The last real millisecond at which the shop is not past this one. */
  const toReal = (shopMs: number): number => {
    if (shopMs < untilMs) return shopMs;
    // Lived at other paces, which nobody knows here: in order, and not in the future.
    if (shopMs < beganMs) return untilMs + Math.floor((shopMs - untilMs) * Math.min(1, (startMs - untilMs) / (beganMs - untilMs)));
    let realMs = startMs + Math.ceil((shopMs - beganMs + 1) / pace) - 1;
    while (toShop(realMs) > shopMs) realMs--;
    while (toShop(realMs + 1) <= shopMs) realMs++;
    return realMs;
  };
  const plan: ShopPlan = { ...shop.plan, timeText: (ms) => shop.plan.timeText(toReal(ms)) };
  let stream: { readonly calls: CallStream; atMs: number } | undefined;
  return {
    between(fromMs, realUntilMs) {
      const [from, until] = [toShop(Math.max(fromMs, startMs)), toShop(realUntilMs)];
      if (until <= from) return [];
      if (stream?.atMs !== from) stream = { calls: new CallStream(plan, from), atMs: from };
      stream.atMs = until;
      return Array.from(stream.calls.advance(until), (call) => ({ ...call, atMs: toReal(call.atMs) }));
    },
    shopMs: (realMs) => toShop(Math.max(realMs, startMs)),
  };
}
