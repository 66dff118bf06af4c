// When time alone may change what filters say of somebody's events: a date that an event tells comes near, is there, or is over.
import type { SqlScope } from "./condition-kind.ts";
import { selectsSql, turnsSql, type EventSelector } from "./event-filter.ts";
import { namesOf } from "./sentence.ts";
import { inWindowSql, type WindowSql } from "./window-of-person.ts";
import { NEVER } from "./window.ts";

/**
 * `next` is right as long as the filters say of each event what they say now; so the earlier of it and of the first instant at which
 * they may say something else, of whichever event, those still to come among them.
 */
export function leastWithTurns(next: string, selectors: readonly EventSelector[], { boundMs, row }: Pick<WindowSql, "boundMs" | "row">, { bind, name, events }: SqlScope): string {
  const firsts = new Set(selectors.flatMap((selector) => {
    const turns = turnsSql(bind, selector);
    if (turns === undefined) return [];
    const isNamed = selectsSql(bind, { event: selector.event, at: selector.at });
    return [events({ names: namesOf(selector.event), boundMs, aggregate: `minIf(${turns}, ${inWindowSql(isNamed, { row })})` })];
  }));
  // Of nobody's events the least is 0.
  return firsts.size === 0 ? next : name(`least(${[next, ...[...firsts].map((first) => `if(${first} = 0, toInt64(${NEVER}), ${first})`)].join(", ")})`);
}
