// For tests of audiences: at many instants, what the compiled query says against the plain evaluator, in truth and in time.
// Truth: who is in is the same. Time: before the instant that the query names as the next one, nothing changes.
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

export interface Disagreement {
  readonly what: "truth" | "late";
  readonly nowMs: number;
  readonly person: PersonFacts;
  readonly definition: Definition;
  readonly said: string;
}

export interface Findings {
  readonly disagreements: readonly Disagreement[];
  /** Truths that were compared, and how many of them were true: a trial of nothing but false ones proves little. */
  readonly compared: number;
  readonly wereTrue: number;
  /** Changes by time alone that the query had to foresee. */
  readonly changes: number;
}

export async function disagreements({ clickhouse, workspaceId, people, definitions, setting, criticalMs, askedMs }: Trial): Promise<Findings> {
  const instants = [...new Set([...criticalMs, ...askedMs])].toSorted((a, b) => a - b);
  // Truths by instant, person and definition.
  const plain = instants.map((nowMs) => people.map((person) => definitions.map((one) => isMemberPlainly(one, person, people, { ...setting, nowMs }))));
  const found: Disagreement[] = [];
  let wereTrue = 0;
  let changes = 0;
  for (const nowMs of new Set(askedMs)) {
    const at = instants.indexOf(nowMs);
    const answers = await askSql(clickhouse, workspaceId, definitions, { ...setting, nowMs });
    people.forEach((person, p) => definitions.forEach((definition, d) => {
      const truth = plain[at]?.[p]?.[d];
      const asked = answers.people.get(person.id);
      if (truth === true) wereTrue++;
      if (asked?.members[d] !== truth) found.push({ what: "truth", nowMs, person, definition, said: `${asked?.members[d]}, plainly ${truth}` });
      const changesAt = instants.findIndex((_, i) => i > at && plain[i]?.[p]?.[d] !== truth);
      if (changesAt < 0) return;
      changes++;
      const nextMs = Math.min(asked?.nexts[d] ?? 0, answers.boundaryMs);
      const changesMs = instants[changesAt] ?? 0;
      if (nextMs > changesMs) found.push({ what: "late", nowMs, person, definition, said: `next at ${nextMs}, changed at ${changesMs}` });
    }));
  }
  return { disagreements: found, compared: new Set(askedMs).size * people.length * definitions.length, wereTrue, changes };
}

/** The first few, to be read in a test's output. */
export function shown(found: readonly Disagreement[]): string[] {
  return found.slice(0, 3).map(({ what, nowMs, person, definition, said }) => `${what} at ${nowMs}: ${said}\n${JSON.stringify(definition.who)}\n${JSON.stringify({ accounts: person.accounts, events: person.events.map(({ event, ms, row, properties }) => [event, ms, row, properties]) })}`);
}
