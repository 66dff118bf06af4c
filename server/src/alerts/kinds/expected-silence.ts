// How long a source may be silent before that is strange, learnt from when it sent. Pure. Two questions, and one yes is enough:
//
// 1. How many events would have come meanwhile, counted low? For each hour of the silence the fewest that came at that hour, one sooner or one
//    later, in any of the last weeks. A night, a weekend, and an hour that the clocks were put forward or back count as none.
// 2. Is it much longer than any silence of the last weeks? That is for those who send once a day or once a week.
const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;
const WEEK_HOURS = 7 * DAY_HOURS;
/** Beyond it, and as far as it looks back. */
export const LEARNT_WEEKS = 4;
/** From this on a week is compared with weeks; before it a day with days, and before that nothing is known. */
const WEEKS_MIN = 2;
const DAYS_MIN = 3;
/** If so many were to be expected, none at all is chance once in a hundred thousand times. */
const MISSED_MIN = 12;
/** Of the longest silence that was seen, by somebody who has a rhythm: who was silent and spoke again so often, about as long each time. */
const LONGER = 1.5;
const SILENCES_MIN = 3;
const RHYTHM = 2;
/** Of the longest silence of somebody who has none, and was silent and spoke again often enough to say so. */
const MUCH_LONGER = 3;
const MANY_SILENCES = 20;

/** Hours since 1970, each with how many events came. */
export type Heard = ReadonlyMap<number, number>;

export interface Silence {
  readonly isStrange: boolean;
  /** That would have come meanwhile, counted low. */
  readonly missed: number;
  /** The longest silence of the last weeks; null: there were too few to tell. */
  readonly longestHours: number | null;
}

/** Undefined: too little is known of it. `leastMs`: never strange sooner. */
export function judgeSilence(heard: Heard, fromMs: number, nowMs: number, leastMs: number): Silence | undefined {
  const nowHour = Math.floor(nowMs / HOUR_MS);
  const hours = [...heard.keys()].filter((hour) => hour >= nowHour - LEARNT_WEEKS * WEEK_HOURS).sort((a, b) => a - b);
  const [first] = hours;
  const knownHours = first === undefined ? 0 : Math.floor(fromMs / HOUR_MS) - first;
  if (knownHours < DAYS_MIN * DAY_HOURS) return undefined;
  // The hour before one that is compared has to be known, too.
  const whole = (hourCount: number): number => Math.floor((knownHours - 1) / hourCount);
  const steps = whole(WEEK_HOURS) >= WEEKS_MIN ? stepsOf(WEEK_HOURS, Math.min(LEARNT_WEEKS, whole(WEEK_HOURS))) : stepsOf(DAY_HOURS, Math.min(7, whole(DAY_HOURS)));
  const missed = missedIn(heard, fromMs, nowMs, steps);
  const longest = longestSilence(hours);
  const silentMs = nowMs - fromMs;
  const isLonger = longest !== undefined && silentMs > (longest.hours * longest.factor + 1) * HOUR_MS && knownHours > longest.hours * SILENCES_MIN;
  return { isStrange: silentMs >= leastMs && (missed >= MISSED_MIN || isLonger), missed: Math.floor(missed), longestHours: longest?.hours ?? null };
}

const stepsOf = (step: number, count: number): number[] => Array.from({ length: count }, (_, i) => (i + 1) * step);

function missedIn(heard: Heard, fromMs: number, nowMs: number, steps: readonly number[]): number {
  let missed = 0;
  for (let hour = Math.floor(fromMs / HOUR_MS); hour * HOUR_MS < nowMs; hour++) {
    const share = (Math.min(nowMs, (hour + 1) * HOUR_MS) - Math.max(fromMs, hour * HOUR_MS)) / HOUR_MS;
    const fewest = Math.min(...steps.flatMap((step) => [hour - step - 1, hour - step, hour - step + 1].map((one) => heard.get(one) ?? 0)));
    missed += fewest * share;
  }
  return missed;
}

/** In whole hours between two in which something came, and how many times as long is strange. Undefined: too few to tell. */
function longestSilence(hours: readonly number[]): { readonly hours: number; readonly factor: number } | undefined {
  const gaps = hours.slice(1).map((hour, i) => hour - (hours[i] ?? hour));
  const silences = gaps.filter((gap) => gap > 1).sort((a, b) => a - b);
  const longest = silences.at(-1);
  if (longest === undefined) return gaps.length === 0 ? undefined : { hours: 1, factor: LONGER };
  const usual = silences[Math.floor(silences.length / 2)] ?? longest;
  if (silences.length >= SILENCES_MIN && longest <= usual * RHYTHM) return { hours: longest, factor: LONGER };
  return silences.length >= MANY_SILENCES ? { hours: longest, factor: MUCH_LONGER } : undefined;
}
