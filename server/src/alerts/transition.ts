// When an alert opens and when it closes: what stood before and what is seen now give what stands next. Pure. It opens after it has been bad
// for long enough, and closes after it has been good for long enough without a break, so that what flaps opens once and stays open.

/**
 * `between`: better than what opens, worse than what closes. `unknown`: it can't be seen now, and nothing changes. `gone`: there is nothing to
 * watch any more.
 */
export type Level = "bad" | "between" | "good" | "unknown" | "gone";

export interface Seen {
  readonly level: Level;
  /** Since when it is bad, where that is known better than by looking. */
  readonly sinceMs?: number | undefined;
}

export interface Standing {
  /** From the first bad sight on, until it was good for long enough. */
  readonly badSinceMs: number | undefined;
  readonly goodSinceMs: number | undefined;
  readonly isOpen: boolean;
}

export interface Patience {
  readonly openAfterMs: number;
  readonly closeAfterMs: number;
}

export type Change = "opened" | "closed";

export interface Step {
  readonly after: Standing;
  readonly change: Change | undefined;
}

export const nothingWrong: Standing = { badSinceMs: undefined, goodSinceMs: undefined, isOpen: false };

export function transition(before: Standing, { level, sinceMs }: Seen, { openAfterMs, closeAfterMs }: Patience, nowMs: number): Step {
  switch (level) {
    case "unknown":
      return { after: before, change: undefined };
    case "gone":
      return { after: nothingWrong, change: before.isOpen ? "closed" : undefined };
    case "bad": {
      const badSinceMs = Math.min(before.badSinceMs ?? nowMs, sinceMs ?? nowMs, nowMs);
      const opens = !before.isOpen && nowMs - badSinceMs >= openAfterMs;
      return { after: { badSinceMs, goodSinceMs: undefined, isOpen: before.isOpen || opens }, change: opens ? "opened" : undefined };
    }
    case "between":
      // Neither nearer to opening, which takes bad sights, nor to closing.
      return { after: { ...before, goodSinceMs: undefined }, change: undefined };
    case "good": {
      if (before.badSinceMs === undefined && !before.isOpen) return { after: nothingWrong, change: undefined };
      const goodSinceMs = Math.min(before.goodSinceMs ?? nowMs, nowMs);
      if (nowMs - goodSinceMs < closeAfterMs) return { after: { ...before, goodSinceMs }, change: undefined };
      return { after: nothingWrong, change: before.isOpen ? "closed" : undefined };
    }
  }
}
