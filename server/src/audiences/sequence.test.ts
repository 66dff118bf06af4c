// Sequences, with random people and random definitions: what the compiled query says is what the plain evaluator says, at every
// instant; and the plain evaluator says what a search through all combinations of events finds.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ClickHouseClient } from "@clickhouse/client";
import type { EventFacts, PersonFacts } from "@tributary/schema/audience/condition-kind.ts";
import { definition, isMember, sayDefinition, type Definition } from "@tributary/schema/audience/definition.ts";
import { selects } from "@tributary/schema/audience/event-filter.ts";
import { sequenceKind, type SequenceCondition } from "@tributary/schema/audience/kinds/sequence.ts";
import { languageOf } from "@tributary/schema/audience/sentence.ts";
import { after, type Duration } from "@tributary/schema/audience/window.ts";
import { audienceLimits } from "@tributary/schema/audience/limits.ts";
import type { ClickHouse } from "../engines/clickhouse/clickhouse.ts";
import { startTestClickHouse } from "../engines/testing.ts";
import { askSql, eventOf, idOf, insertPeople, isMemberPlainly, noWords, personOf } from "./testing.ts";
import { diceOf, disagreements, shown, type Dice } from "./testing-agreement.ts";

let engine: ClickHouse;
let clickhouse: ClickHouseClient;

beforeAll(async () => {
  engine = await startTestClickHouse();
  clickhouse = engine.client("evaluate");
});
afterAll(() => engine.stop());

const setting = { zone: "UTC", words: noWords, audience: (): undefined => undefined };

// ── Chance ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Where events fall, and the lengths that definitions use: of one grid, so that edges are met exactly. */
interface Scenery {
  readonly startMs: number;
  readonly stepMs: number;
  readonly steps: number;
  readonly unit: Duration["unit"];
  readonly windows: readonly [Duration, ...Duration[]];
  readonly waits: readonly [Duration, ...Duration[]];
}

const HOUR = 3_600_000;
const hours = (last: number): Duration => ({ last, unit: "hour" });
const sceneries: Readonly<Record<string, Scenery>> = {
  hours: { startMs: Date.parse("2026-03-01T00:00:00Z"), stepMs: HOUR, steps: 10, unit: "hour", windows: [hours(3), hours(5), hours(8)], waits: [hours(1), hours(2), hours(3)] },
  // Months that begin on the last days of January all end on 28 February, at different times of day.
  months: {
    startMs: Date.parse("2026-01-27T00:00:00Z"), stepMs: 12 * HOUR, steps: 10, unit: "day",
    windows: [{ last: 1, unit: "month" }, { last: 1, unit: "month" }, { last: 3, unit: "day" }], waits: [{ last: 1, unit: "month" }, { last: 2, unit: "day" }],
  },
};

function randomPeople(dice: Dice, { startMs, stepMs, steps }: Scenery, count: number): PersonFacts[] {
  const rows = Array.from({ length: count * 12 }, (_, i) => i + 1);
  // Rows are not in the order of times: where times are equal, rows decide.
  const row = (): number => rows.splice(dice.below(rows.length), 1)[0] ?? 0;
  const value = (): unknown => dice.pick<() => unknown>([() => "x", () => "x", () => "y", () => 1, () => "1", () => ["x", "y"], () => undefined])();
  return Array.from({ length: count }, (_, n) => personOf({
    id: idOf(n + 1),
    events: Array.from({ length: dice.below(13) }, () => eventOf({
      event: dice.pick(["A", "A", "B", "B", "C", "D"]), ms: startMs + dice.below(steps) * stepMs, row: row(), properties: { k: value(), v: dice.below(3), l: dice.pick(["x", "y"]) }, isBot: dice.oneIn(12),
    })),
  }));
}

function randomSequence(dice: Dice, { startMs, stepMs, steps, unit, windows, waits }: Scenery): SequenceCondition {
  const some = <Part extends object>(odds: number, part: () => Part): Part | Record<string, never> => (dice.oneIn(odds) ? part() : {});
  const selector = () => ({
    event: dice.pick<string | string[]>(["A", "A", "B", "B", "C", ["A", "B"]]),
    ...some(5, () => ({ where: [{ property: "v", op: "at_least" as const, value: 1 }] })),
  });
  const fixed = (): Duration => ({ last: 1 + dice.below(3), unit });
  const iso = (ms: number): string => new Date(ms).toISOString();
  const within = (): NonNullable<SequenceCondition["within"]> => dice.pick([
    dice.pick(windows), dice.pick(windows), dice.pick(windows), { from: iso(startMs + 3 * stepMs) }, { to: iso(startMs + 7 * stepMs) }, { from: iso(startMs + stepMs), to: iso(startMs + 8 * stepMs) },
  ]);
  return {
    kind: "sequence",
    steps: Array.from({ length: dice.pick([2, 2, 3, 3, 3, 4]) }, (_, i) => ({
      ...selector(),
      ...(i === 0 ? {} : { ...some(3, () => ({ gap: fixed() })), ...some(3, () => ({ without: dice.oneIn(3) ? [selector(), { event: "D" }] : [{ event: dice.pick(["C", "D", "A"]) }] })) }),
    })),
    ...some(6, () => ({ strict: true })),
    ...(dice.oneIn(4) ? {} : { within: within() }),
    ...some(3, () => ({ duration: fixed() })),
    ...some(4, () => ({ same: dice.pick<string | string[]>(["k", "k", "l", ["k", "l"]]) })),
    ...some(3, () => ({ then_not: { ...selector(), within: dice.pick(waits) } })),
  };
}

/** Every instant at which something happens, leaves, or has waited long enough; and those just beside them. */
function criticalIn({ startMs, stepMs, steps, windows, waits, unit }: Scenery): number[] {
  const events = Array.from({ length: steps }, (_, i) => startMs + i * stepMs);
  const lengths = [...windows, ...waits, ...[1, 2, 3].map((last): Duration => ({ last, unit }))];
  const all = [...events, ...events.flatMap((ms) => lengths.map((length) => after(ms, length)))];
  return [...new Set(all)].flatMap((ms) => [ms - 1, ms, ms + 1]);
}

// ── A search without any thought ──────────────────────────────────────────────────────────────────────────────────

/** Whether some events, taken in any way, are the steps. */
function isFound(one: SequenceCondition, person: PersonFacts, nowMs: number): boolean {
  const all = person.events.filter((event) => event.ms <= nowMs && !event.isBot).toSorted((a, b) => a.ms - b.ms || a.row - b.row);
  const text = ({ properties }: EventFacts, path: string): string | undefined => {
    const value: unknown = properties[path];
    const first: unknown = Array.isArray(value) ? value[0] : value;
    return first === undefined ? undefined : String(first);
  };
  const paths = one.same === undefined ? [] : [one.same].flat();
  const saysSame = (a: EventFacts, b: EventFacts): boolean => paths.every((path) => text(a, path) !== undefined && text(a, path) === text(b, path));
  const isIn = ({ ms }: EventFacts): boolean => {
    if (one.within === undefined) return true;
    if ("last" in one.within) return nowMs < after(ms, one.within);
    return (one.within.from === undefined || ms >= Date.parse(one.within.from)) && (one.within.to === undefined || ms < Date.parse(one.within.to));
  };
  const search = (chosen: readonly number[]): boolean => {
    const events = chosen.map((i) => all[i] as EventFacts);
    const [first] = events;
    const last = events.at(-1);
    if (chosen.length === one.steps.length && first && last) {
      if (one.duration !== undefined && last.ms > after(first.ms, one.duration)) return false;
      const never = one.then_not;
      if (never === undefined) return true;
      const endMs = after(last.ms, never.within);
      return endMs <= nowMs && !all.slice((chosen.at(-1) ?? 0) + 1).some((event) => event.ms <= endMs && selects(never, event) && saysSame(event, last));
    }
    const step = one.steps[chosen.length];
    if (step === undefined) return false;
    const fromIndex = (chosen.at(-1) ?? -1) + 1;
    return all.slice(fromIndex).some((event, n) => {
      if (!selects(step, event) || !isIn(event) || !saysSame(event, first ?? event)) return false;
      if (last !== undefined) {
        const between = all.slice(fromIndex, fromIndex + n);
        if (one.strict === true && between.length > 0) return false;
        if (step.gap !== undefined && event.ms > after(last.ms, step.gap)) return false;
        if (between.some((other) => saysSame(other, last) && step.without?.some((each) => selects(each, other)) === true)) return false;
      }
      return search([...chosen, fromIndex + n]);
    });
  };
  return search([]);
}

// ── Tests ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const rounds = Number(process.env["SEQUENCE_ROUNDS"] ?? 2);
const firstSeed = Number(process.env["SEQUENCE_SEED"] ?? 1);
const trials = Object.keys(sceneries).flatMap((name, i) => Array.from({ length: rounds }, (_, round) => ({ name, seed: firstSeed + round + i * 10_000 })));

test.each(trials)("random sequences of $name agree at every instant (seed $seed)", async ({ name, seed }) => {
  const dice = diceOf(seed);
  const scenery = sceneries[name] as Scenery;
  const people = randomPeople(dice, scenery, 80);
  const sequences = Array.from({ length: 18 }, () => randomSequence(dice, scenery));
  const definitions = sequences.map((who) => definition.parse({ who }));
  await insertPeople(clickhouse, seed, people);
  const criticalMs = criticalIn(scenery);
  const askedMs = Array.from({ length: 3 }, () => criticalMs[dice.below(criticalMs.length)] ?? 0);
  for (const nowMs of askedMs) {
    const wrong = people.flatMap((person) => sequences.filter((who, i) => isFound(who, person, nowMs) !== isMemberPlainly(definitions[i] as Definition, person, people, { ...setting, nowMs })));
    expect(wrong.map((who) => JSON.stringify(who))).toEqual([]);
  }
  const found = await disagreements({ clickhouse, workspaceId: seed, people, definitions, setting, criticalMs, askedMs });
  console.log(seed, found.compared, found.wereTrue, found.foreseen);
  expect(shown(found.disagreements)).toEqual([]);
  expect(found.wereTrue / found.compared).toBeGreaterThan(0.01);
  expect(found.foreseen).toBeGreaterThan(10);
});
