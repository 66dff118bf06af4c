// When events leave a rolling window, for very many of them: the same instants as `after` says.
import { after, boundOf, isFixed, type Duration } from "@tributary/schema/audience/window.ts";

const DAY = 86_400_000;

/** Of months, what is added hangs on the day alone, so each day is worked out once. */
export function leavingOf(window: Duration): (ms: number) => number {
  if (isFixed(window)) {
    const lengthMs = after(0, window);
    return (ms) => ms + lengthMs;
  }
  const added = new Map<number, number>();
  return (ms) => {
    const day = Math.floor(ms / DAY);
    let more = added.get(day);
    if (more === undefined) added.set(day, (more = after(day * DAY, window) - day * DAY));
    return ms + more;
  };
}

/** The earliest millisecond whose event has not left at an instant. */
export function firstIn(window: Duration, nowMs: number): number {
  const leave = leavingOf(window);
  let [low, high] = [boundOf(nowMs, window) - DAY, nowMs];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (leave(middle) > nowMs) high = middle;
    else low = middle + 1;
  }
  return low;
}
