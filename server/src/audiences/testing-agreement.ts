// For tests of audiences: at many instants, what the compiled query says against the plain evaluator, in truth and in time.
// Truth: who is in is the same. Time: before the instant that the query names as the next one, nothing changes; and it is still to come.
import type { ClickHouseClient } from "@clickhouse/client";
import type { PersonFacts } from "@tributary/schema/audience/condition-kind.ts";
import type { Definition } from "@tributary/schema/audience/definition.ts";
import { askSql, isMemberPlainly } from "./testing.ts";

/** Lots that fall the same way again for the same seed. */
export interface Dice {
  /** A whole number from 0 up to and without `end`. */
  readonly below: (end: number) => number;
  readonly pick: <T>(list: readonly [T, ...T[]]) => T;
  /** True once in `n`. */
  readonly oneIn: (n: number) => boolean;
}

/** Numerical Recipes' generator; its high bits are the good ones. */
export function diceOf(seed: number): Dice {
  let state = seed >>> 0;
  const below = (end: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * end);
  };
  for (let i = 0; i < 5; i++) below(2);
  return { below, pick: (list) => list[below(list.length)] ?? list[0], oneIn: (n) => below(n) === 0 };
}

type Setting = Omit<Parameters<typeof askSql>[3], "nowMs">;

export interface Trial {
  readonly clickhouse: ClickHouseClient;
  readonly workspaceId: number;
  readonly people: readonly PersonFacts[];
  readonly definitions: readonly Definition[];
  readonly setting: Setting;
  /** Where truth could change: every instant at which something happens or leaves, and those just beside them. */
  readonly criticalMs: readonly number[];
  /** Those of them at which the query is asked. */
  readonly askedMs: readonly number[];
}

interface Disagreement {
  readonly what: "truth" | "late" | "past";
  readonly nowMs: number;
  readonly person: PersonFacts;
  readonly definition: Definition;
  readonly said: string;
}

interface Findings {
  readonly disagreements: readonly Disagreement[];
  /** Truths that were compared, and how many of them were true: a trial of nothing but false ones proves little. */
  readonly compared: number;
  readonly wereTrue: number;
  /** Changes that came at the very instant that the query had named. */
  readonly foreseen: number;
}

export async function disagreements({ clickhouse, workspaceId, people, definitions, setting, criticalMs, askedMs }: Trial): Promise<Findings> {
  const instants = [...new Set([...criticalMs, ...askedMs])].toSorted((a, b) => a - b);
  const known = new Map<string, boolean>();
  const plainly = (person: PersonFacts, d: number, nowMs: number): boolean => {
    const key = `${person.id} ${d} ${nowMs}`;
    let truth = known.get(key);
    if (truth === undefined) known.set(key, (truth = isMemberPlainly(definitions[d] as Definition, person, people, { ...setting, nowMs })));
    return truth;
  };
  const found: Disagreement[] = [];
  let wereTrue = 0;
  let foreseen = 0;
  for (const nowMs of new Set(askedMs)) {
    const answers = await askSql(clickhouse, workspaceId, definitions, { ...setting, nowMs });
    people.forEach((person) => definitions.forEach((definition, d) => {
      const report = (what: Disagreement["what"], said: string): number => found.push({ what, nowMs, person, definition, said });
      const truth = plainly(person, d, nowMs);
      if (truth) wereTrue++;
      const asked = answers.people.get(person.id);
      if (asked?.members[d] !== truth) report("truth", `${asked?.members[d]}, plainly ${truth}`);
      const nextMs = Math.min(asked?.nexts[d] ?? 0, answers.boundaryMs);
      // Whoever is to be asked again at an instant that is over is asked for ever.
      if (nextMs <= nowMs) report("past", `next at ${nextMs}`);
      const later = instants.filter((ms) => ms > nowMs);
      const changedMs = later.find((ms) => ms < nextMs && plainly(person, d, ms) !== truth);
      if (changedMs !== undefined) report("late", `next at ${nextMs}, changed at ${changedMs}`);
      if (later.includes(nextMs) && plainly(person, d, nextMs) !== truth) foreseen++;
    }));
  }
  return { disagreements: found, compared: new Set(askedMs).size * people.length * definitions.length, wereTrue, foreseen };
}

/** The first few, to be read in a test's output. */
export function shown(found: readonly Disagreement[]): string[] {
  return found.slice(0, 3).map(({ what, nowMs, person, definition, said }) => `${what} at ${nowMs}: ${said}\n${JSON.stringify(definition.who)}\n${JSON.stringify({ accounts: person.accounts, events: person.events.map(({ event, ms, row, properties }) => [event, ms, row, properties]) })}`);
}
