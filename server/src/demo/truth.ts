// What is true of the calls that were given: who is one person with whom as far as the calls show it, and what must become
// of each call. It reads only what the generator declares, never an identifier, so that it can judge identity resolution.
import type { Call, DirtKind } from "./call.ts";

export interface Truth {
  readonly calls: number;
  /** How many profiles a workspace with the default settings has after these calls. */
  readonly profiles: number;
  readonly outcomes: Readonly<Record<"stored" | "duplicate" | "quarantined", number>>;
  /** Reason of the quarantine → calls. */
  readonly held: Readonly<Record<string, number>>;
  readonly dirt: Readonly<Partial<Record<DirtKind, number>>>;
  /** Names the profile of a call, the same for all calls of one; undefined for calls that belong to nobody. */
  profileOf(call: Call): string | undefined;
}

/** Reads all calls; remembers what people are known by, not the calls. */
export function truthOf(calls: Iterable<Call>): Truth {
  const above = new Map<string, string>();
  const outcomes = { stored: 0, duplicate: 0, quarantined: 0 };
  const held: Record<string, number> = {};
  const dirt: Partial<Record<DirtKind, number>> = {};
  let count = 0;
  const top = (key: string): string => {
    let current = key;
    for (let next = above.get(current); next !== undefined && next !== current; next = above.get(current)) current = next;
    return current;
  };
  for (const { truth } of calls) {
    count++;
    outcomes[truth.outcome]++;
    if (truth.reason !== "" && truth.outcome === "quarantined") held[truth.reason] = (held[truth.reason] ?? 0) + 1;
    if (truth.dirt !== null) dirt[truth.dirt] = (dirt[truth.dirt] ?? 0) + 1;
    if (truth.outcome !== "stored") continue;
    const [first] = truth.shows;
    if (first === undefined) continue;
    for (const key of truth.shows) if (!above.has(key)) above.set(key, key);
    for (const key of truth.shows) above.set(top(key), top(first));
  }
  let profiles = 0;
  for (const [key, parent] of above) if (key === parent) profiles++;
  return {
    calls: count, profiles, outcomes, held, dirt,
    profileOf: ({ truth }) => (truth.outcome === "stored" && truth.shows[0] !== undefined ? top(truth.shows[0]) : undefined),
  };
}
