// From lists of events to truths: what `kinds/event.ts` says in SQL of one person's events, said of everybody's in memory. Both are held
// against each other by tests over random definitions.
import { countRange, intervalOf, isTimeComparison, type NumberComparison, type TimeComparison } from "@tributary/schema/audience/measure.ts";
import { msOf } from "@tributary/schema/audience/value-test.ts";
import { decimalOf } from "@tributary/schema/audience/value.ts";
import { isRolling, NEVER, periodAt } from "@tributary/schema/audience/window.ts";
import type { Surroundings } from "../compile.ts";
import { firstIn, leavingOf } from "./leaving.ts";
import type { Told } from "./told-list.ts";
import type { ToldPlan } from "./told-plan.ts";
import { HOLDS, secondsOf, type Truths } from "./truths.ts";

/** Of the holder at a place: whether it holds at an instant, and when that may first change by time alone. */
interface Verdict {
  isHeld: boolean;
  nextMs: number;
}
type Judge = (from: number, to: number, verdict: Verdict) => void;

type Setting = Pick<Surroundings, "zone">;

/** Nothing before it matters at an instant; undefined: all does. */
export function boundOfTold({ condition: { within } }: ToldPlan, nowMs: number, setting: Setting): number | undefined {
  const { fromMs } = spanOf(within, nowMs, setting);
  return fromMs === -NEVER ? undefined : fromMs;
}

export function truthsOfTold(plan: ToldPlan, told: Told, { nowMs, zone, count, rest }: Setting & { readonly nowMs: number; readonly count: number; readonly rest: number }): Truths {
  const truths = new Int32Array(count).fill(rest);
  const judge = judgeOf(plan, told, nowMs, { zone }, true);
  const verdict = { isHeld: false, nextMs: NEVER };
  const { holders, starts } = told;
  for (let k = 0; k < holders.length; k++) {
    judge(starts[k] as number, starts[k + 1] as number, verdict);
    truths[holders[k] as number] = (verdict.isHeld ? HOLDS : 0) | secondsOf(verdict.nextMs);
  }
  return truths;
}

/** For each holder one word after another with a bit for each instant. */
export function bitsOfTold(plan: ToldPlan, told: Told, instants: readonly number[], setting: Setting): Uint32Array {
  const words = Math.ceil(instants.length / 32);
  const { holders, starts } = told;
  const bits = new Uint32Array(holders.length * words);
  const verdict = { isHeld: false, nextMs: NEVER };
  for (const [place, atMs] of instants.entries()) {
    const judge = judgeOf(plan, told, atMs, setting, false);
    const [word, bit] = [place >> 5, 1 << (place & 31)];
    for (let k = 0; k < holders.length; k++) {
      judge(starts[k] as number, starts[k + 1] as number, verdict);
      if (verdict.isHeld) bits[k * words + word]! |= bit;
    }
  }
  return bits;
}

// ── Windows ───────────────────────────────────────────────────────────────────────────────────────────────────────

interface Span {
  /** An event in it is not earlier, and before `toMs`. */
  readonly fromMs: number;
  readonly toMs: number;
  /** When an event leaves; undefined: it stays. */
  readonly leave: ((ms: number) => number) | undefined;
}

function spanOf(within: ToldPlan["condition"]["within"], nowMs: number, { zone }: Setting): Span {
  if (within === undefined) return { fromMs: -NEVER, toMs: NEVER, leave: undefined };
  if (isRolling(within)) return { fromMs: firstIn(within, nowMs), toMs: NEVER, leave: leavingOf(within) };
  if ("period" in within) return { ...periodAt(within, nowMs, zone), leave: undefined };
  if ("since" in within) throw new Error("A window since something is no list's.");
  return { fromMs: within.from === undefined ? -NEVER : msOf(within.from, zone), toMs: within.to === undefined ? NEVER : msOf(within.to, zone), leave: undefined };
}

/** The place of the first of a stretch that is not earlier. */
function placeOf(ms: Float64Array, from: number, to: number, atMs: number): number {
  if (from === to || (ms[to - 1] as number) < atMs) return to;
  let low = from;
  let high = to - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ms[middle] as number) < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

// ── Measures ──────────────────────────────────────────────────────────────────────────────────────────────────────

function judgeOf(toldPlan: ToldPlan, told: Told, nowMs: number, setting: Setting, isNextWanted: boolean): Judge {
  const { condition, plan } = toldPlan;
  const span = spanOf(condition.within, nowMs, setting);
  const { ms } = told;
  const inside = isTimeComparison(condition) ? timeJudge(condition, condition.measure.of === "first", told, { nowMs, zone: setting.zone })
    : plan.isPlainCount && span.leave !== undefined ? countJudge(condition, told, nowMs, span.leave)
    : listJudge(condition, toldPlan, told, isNextWanted ? span.leave : undefined);
  const isConstant = !isTimeComparison(condition) && plan.isPlainCount && span.leave !== undefined && isDecided(condition);
  const isOpen = span.toMs > nowMs;
  const endMs = isOpen ? nowMs + 1 : span.toMs;
  return (from, to, verdict) => {
    const first = placeOf(ms, from, to, span.fromMs);
    const end = placeOf(ms, first, to, endMs);
    inside(first, end, verdict);
    // The next one is not in the window, or still to come.
    if (isOpen && !isConstant && end < to && (ms[end] as number) < span.toMs && (ms[end] as number) < verdict.nextMs) verdict.nextMs = ms[end] as number;
  };
}

/** Whatever the count is. */
function isDecided(one: NumberComparison): boolean {
  const { low, high } = countRange(one);
  return high === undefined ? low === 0 : high < low;
}

function countJudge(one: NumberComparison, { ms }: Told, nowMs: number, leave: (ms: number) => number): Judge {
  const { low, high = Number.POSITIVE_INFINITY } = countRange(one);
  return (first, end, verdict) => {
    const count = end - first;
    verdict.isHeld = count >= low && count <= high;
    const leaving = isDecided(one) ? 0 : count > high ? high + 1 : verdict.isHeld && low > 0 ? low : 0;
    verdict.nextMs = leaving === 0 ? NEVER : leave(ms[end - leaving] as number);
  };
}

function timeJudge(one: TimeComparison, isFirst: boolean, { ms }: Told, world: { readonly nowMs: number; readonly zone: string }): Judge {
  const { nowMs } = world;
  if (one.op === "before" || one.op === "on_or_after") {
    const at = msOf(one.value, world.zone);
    return (first, end, verdict) => {
      verdict.isHeld = end > first && ((ms[isFirst ? first : end - 1] as number) < at) === (one.op === "before");
      verdict.nextMs = NEVER;
    };
  }
  const leave = leavingOf(one.value);
  const isIn = one.op === "in_last";
  return (first, end, verdict) => {
    if (end === first) {
      verdict.isHeld = false;
      verdict.nextMs = NEVER;
      return;
    }
    const changesMs = leave(ms[isFirst ? first : end - 1] as number);
    verdict.isHeld = isIn === (changesMs > nowMs);
    verdict.nextMs = changesMs > nowMs ? changesMs : NEVER;
  };
}

/** What stands in a window, the last to leave first; and whether the comparison holds of so many of the first of them. */
function listJudge(one: NumberComparison, { plan }: ToldPlan, told: Told, leave: ((ms: number) => number) | undefined): Judge {
  const standing = new Standing(plan, told);
  const holds = holdsOf(one, plan, told, standing);
  const { ms } = told;
  return (first, end, verdict) => {
    standing.take(first, end);
    const { count, places } = standing;
    verdict.isHeld = holds(count);
    verdict.nextMs = NEVER;
    if (leave === undefined) return;
    for (let i = count; i > 0; i--) {
      if (holds(i - 1) === verdict.isHeld) continue;
      const leavesMs = leave(ms[places[i - 1] as number] as number);
      // Those that leave together are never without each other.
      if (i > 1 && leave(ms[places[i - 2] as number] as number) === leavesMs) continue;
      verdict.nextMs = leavesMs;
      return;
    }
  };
}

/** Of one holder after another, in arrays that are used again. */
class Standing {
  count = 0;
  /** From the newest on. */
  places = new Uint32Array(64);
  /** Of as many of the first as the index says: the sum, or the greatest or least. */
  wholes = new Float64Array(65);
  rests = new Float64Array(65);
  readonly #told: Told;
  readonly #of: ToldPlan["plan"]["of"];
  readonly #isOnce: boolean;

  constructor({ isOnce, of }: ToldPlan["plan"], told: Told) {
    this.#told = told;
    this.#of = of;
    this.#isOnce = told.key !== undefined && (isOnce || of === "distinct");
  }

  take(first: number, end: number): void {
    if (end - first > this.places.length) {
      const length = (end - first) * 2;
      [this.places, this.wholes, this.rests] = [new Uint32Array(length), new Float64Array(length + 1), new Float64Array(length + 1)];
    }
    this.count = 0;
    if (this.#isOnce && end - first > 1) this.#takeOnce(first, end);
    else for (let i = end - 1; i >= first; i--) this.places[this.count++] = i;
    if (this.#of === "sum") this.#addUp();
    else if (this.#of === "min" || this.#of === "max") this.#findBest(this.#of === "max");
  }

  #takeOnce(first: number, end: number): void {
    const { key, row } = this.#told as { key: Float64Array; row: Float64Array };
    /** Key → the row of the event that stands for it. */
    const tellers = new Map<number, number>();
    for (let i = end - 1; i >= first; i--) {
      const teller = tellers.get(key[i] as number);
      if (teller === undefined) tellers.set(key[i] as number, row[i] as number);
      if (teller === undefined || (this.#of !== "distinct" && teller === row[i])) this.places[this.count++] = i;
    }
  }

  #addUp(): void {
    const { value, rest } = this.#told as { value: Float64Array; rest: Int32Array };
    this.wholes[0] = this.rests[0] = 0;
    for (let i = 0; i < this.count; i++) {
      this.wholes[i + 1] = (this.wholes[i] as number) + (value[this.places[i] as number] as number);
      this.rests[i + 1] = (this.rests[i] as number) + (rest[this.places[i] as number] as number);
    }
  }

  #findBest(isGreatest: boolean): void {
    const { value, rest } = this.#told as { value: Float64Array; rest: Int32Array };
    for (let i = 0; i < this.count; i++) {
      const place = this.places[i] as number;
      const [whole, left] = [value[place] as number, rest[place] as number];
      const over = whole - (this.wholes[i] as number) || left - (this.rests[i] as number);
      const isBetter = i === 0 || (isGreatest ? over > 0 : over < 0);
      this.wholes[i + 1] = isBetter ? whole : this.wholes[i] as number;
      this.rests[i + 1] = isBetter ? left : this.rests[i] as number;
    }
  }
}

function holdsOf(one: NumberComparison, { of }: ToldPlan["plan"], { value }: Told, standing: Standing): (count: number) => boolean {
  if (of === "count" || of === "distinct") {
    const { low, high = Number.POSITIVE_INFINITY } = countRange(one);
    return (count) => count >= low && count <= high;
  }
  if (value === undefined) throw new Error("A measure of values has values.");
  const passes = comparisonOf(one);
  const least = of === "sum" ? 0 : 1;
  return (count) => count >= least && passes(standing.wholes[count] as number, standing.rests[count] as number);
}

const REST = 100_000;

/** Of a number of ten-thousandths and billionths. */
function comparisonOf(one: NumberComparison): (whole: number, rest: number) => boolean {
  const { low, high } = intervalOf(one);
  const [least, most] = [partsOf(low?.value), partsOf(high?.value)];
  return (whole, rest) => {
    const carried = Math.floor(rest / REST);
    const [w, r] = [whole + carried, rest - carried * REST];
    if (least !== undefined) {
      const over = w - least.whole || r - least.rest;
      if (low?.isIncluded ? over < 0 : over <= 0) return false;
    }
    if (most !== undefined) {
      const over = w - most.whole || r - most.rest;
      if (high?.isIncluded ? over > 0 : over >= 0) return false;
    }
    return true;
  };
}

function partsOf(value: number | undefined): { readonly whole: number; readonly rest: number } | undefined {
  if (value === undefined) return undefined;
  const decimal = decimalOf(value);
  const rest = ((decimal % BigInt(REST)) + BigInt(REST)) % BigInt(REST);
  return { whole: Number((decimal - rest) / BigInt(REST)), rest: Number(rest) };
}
