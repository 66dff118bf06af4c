// The demo shop: from a seed and a few options, everything that a shop's systems would have sent over the months, and what
// is true of it. The same options give the same bytes: on every machine, in every order of reading, however time is cut.
import type { Call } from "./call.ts";
import { CallStream } from "./call-stream.ts";
import { seedOf, diceFor } from "./dice.ts";
import { personAt, type Person, type ShopPlan } from "./people.ts";
import { DAY, dayOf, timeOn } from "./shop-time.ts";

export const SHOP_DAYS_MIN = 14;
export const SHOP_PEOPLE_MIN = 10;
export const SHOP_PEOPLE_MAX = 10_000_000;

export interface ShopOptions {
  readonly seed: string | number;
  /** How many have been seen by the end of the history, crawlers and passers-by included. */
  readonly people: number;
  /** The history is [fromMs, untilMs), in milliseconds since the epoch; it begins with the first whole day in London. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** How much of what comes in is spoilt: 1 (the default) is as in life, 0 nothing, at most 10. */
  readonly dirt?: number;
}

export const defaultShop = { seed: "larkfield", people: 3_000, days: 180 } as const;

export interface Shop {
  readonly plan: ShopPlan;
  /** Everything until the end of the history, in the order in which it reaches the collector. */
  history(): Iterable<Call>;
  /** Everything that reaches the collector in [fromMs, untilMs): also after the history's end, where the same lives go on. */
  callsBetween(fromMs: number, untilMs: number): Iterable<Call>;
  person(index: number): Person;
}

/** Throws a RangeError that names the option and its limit. */
export function createShop(options: ShopOptions): Shop {
  return shopOf(planShop(options));
}

export function planShop({ seed, people, fromMs, untilMs, dirt = 1 }: ShopOptions): ShopPlan {
  if (!Number.isSafeInteger(people) || people < SHOP_PEOPLE_MIN || people > SHOP_PEOPLE_MAX) {
    throw new RangeError(`people is ${people}; it must be a whole number from ${SHOP_PEOPLE_MIN} to ${SHOP_PEOPLE_MAX}.`);
  }
  if (!Number.isSafeInteger(fromMs) || !Number.isSafeInteger(untilMs) || untilMs - fromMs < SHOP_DAYS_MIN * DAY) {
    throw new RangeError(`fromMs and untilMs must be whole milliseconds, at least ${SHOP_DAYS_MIN} days apart: the stories need the time.`);
  }
  if (!(dirt >= 0 && dirt <= 10)) throw new RangeError(`dirt is ${dirt}; it must be from 0 to 10.`);
  const words = seedOf(seed);
  const firstDay = timeOn(dayOf(fromMs), 0) >= fromMs ? dayOf(fromMs) : dayOf(fromMs) + 1;
  return {
    seed: words, prefix: `demo-${diceFor(words, "messages").hex(8)}`, people, fromMs, untilMs, firstDay, days: dayOf(untilMs) - firstDay,
    dirt,
    timeText: (ms) => new Date(ms).toISOString(),
  };
}

function shopOf(plan: ShopPlan): Shop {
  return {
    plan,
    history: () => new CallStream(plan, plan.fromMs).advance(plan.untilMs),
    callsBetween: (fromMs, untilMs) => new CallStream(plan, Math.max(fromMs, plan.fromMs)).advance(untilMs),
    person: (index) => personAt(plan, index),
  };
}
