// Sequences, with random people and random definitions: what the compiled query says is what the plain evaluator says, at every
// instant; and the plain evaluator says what a search through all combinations of events finds.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ClickHouseClient } from "@clickhouse/client";
import type { EventFacts, PersonFacts, Words } from "@tributary/schema/audience/condition-kind.ts";
import { definition, sayDefinition, type Definition } from "@tributary/schema/audience/definition.ts";
import { selects as selectsByName, type EventFilter } from "@tributary/schema/audience/event-filter.ts";
import type { EventRef } from "@tributary/schema/audience/event-names.ts";
import { sequenceKind, type SequenceCondition } from "@tributary/schema/audience/kinds/sequence.ts";
import { selectorOf, whenever } from "@tributary/schema/audience/role-events.ts";
import { languageOf } from "@tributary/schema/audience/sentence.ts";
import { after, type Duration, type Since } from "@tributary/schema/audience/window.ts";
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
  const value = (): unknown => dice.pick<unknown>(["x", "x", "y", "y", 1, "1", ["x", "y"], undefined, undefined]);
  return Array.from({ length: count }, (_, n) => personOf({
    id: idOf(n + 1), traits: dice.oneIn(4) ? {} : { began: new Date(startMs + dice.below(steps) * stepMs).toISOString() },
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
    { since: { trait: "began" }, ...some(2, () => ({ for: dice.pick(windows) })) }, { since: { event: dice.pick<string | string[]>(["A", "C", "D", ["C", "D"]]), which: dice.pick(["first", "last"]) }, ...some(2, () => ({ for: dice.pick(windows) })) },
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
    ...some(3, () => ({ same: dice.pick<string | string[]>(["k", "k", "k", "l", ["k", "l"]]) })),
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

const selects = (selector: { readonly event: EventRef; readonly where?: readonly EventFilter[] | undefined }, event: EventFacts): boolean => selectsByName(selectorOf(selector, whenever(noWords)), event);

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
  const isSince = (event: EventFacts, { since, for: length }: Since): boolean => {
    const isLong = (beganMs: number): boolean => length === undefined || event.ms < after(beganMs, length);
    if ("trait" in since) {
      const beganMs = Date.parse(String(person.traits[since.trait]));
      return event.ms >= beganMs && isLong(beganMs);
    }
    const place = all[since.which === "first" ? "findIndex" : "findLastIndex"]((each) => selects(since, each));
    return place !== -1 && all.indexOf(event) > place && isLong((all[place] as EventFacts).ms);
  };
  const isIn = (event: EventFacts): boolean => {
    const { ms } = event;
    if (one.within === undefined) return true;
    if ("last" in one.within) return nowMs < after(ms, one.within);
    if ("period" in one.within) throw new Error("None of these is in a calendar's period.");
    if ("since" in one.within) return isSince(event, one.within);
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
  const sequences = Array.from({ length: 12 }, () => randomSequence(dice, scenery));
  const definitions = sequences.map((who) => definition.parse({ who }));
  await insertPeople(clickhouse, seed, people);
  const criticalMs = criticalIn(scenery);
  const askedMs = Array.from({ length: 3 }, () => criticalMs[dice.below(criticalMs.length)] ?? 0);
  for (const nowMs of askedMs) {
    const wrong = people.flatMap((person) => sequences.filter((who, i) => isFound(who, person, nowMs) !== isMemberPlainly(definitions[i] as Definition, person, people, { ...setting, nowMs })));
    expect(wrong.map((who) => JSON.stringify(who))).toEqual([]);
  }
  const found = await disagreements({ clickhouse, workspaceId: seed, people, definitions, setting, criticalMs, askedMs });
  expect(shown(found.disagreements)).toEqual([]);
  expect(found.wereTrue / found.compared).toBeGreaterThan(0.01);
  expect(found.foreseen).toBeGreaterThan(0);
});

// ── One by one ────────────────────────────────────────────────────────────────────────────────────────────────────

const START = Date.parse("2026-03-01T00:00:00Z");
const at = (hour: number): number => START + hour * HOUR;
let workspaces = 50_000;

interface Known {
  readonly words?: Words;
  readonly traits?: Readonly<Record<string, unknown>>;
}

/** Whether somebody who did this is in, and the hour of the next change. Both evaluators say the same. */
async function ask(
  told: readonly (readonly [event: string, hour: number, properties?: Record<string, unknown>])[], given: Omit<SequenceCondition, "kind">, hour: number, { words = noWords, traits = {} }: Known = {},
): Promise<[boolean, number | "never"]> {
  const setting = { zone: "UTC", words, audience: (): undefined => undefined };
  const workspaceId = workspaces++;
  const person = personOf({ id: idOf(1), traits, events: told.map(([event, when, properties = {}], i) => eventOf({ event, ms: at(when), row: i + 1, properties })) });
  await insertPeople(clickhouse, workspaceId, [person]);
  const one = definition.parse({ who: { kind: "sequence", ...given } });
  const answers = await askSql(clickhouse, workspaceId, [one], { ...setting, nowMs: at(hour) });
  const asked = answers.people.get(person.id);
  expect(asked?.members[0]).toBe(isMemberPlainly(one, person, [person], { ...setting, nowMs: at(hour) }));
  const nextMs = asked?.nexts[0] ?? 0;
  return [asked?.members[0] === true, nextMs === Number.MAX_SAFE_INTEGER ? "never" : (nextMs - START) / HOUR];
}

describe("a sequence", () => {
  const ab = [{ event: "A" }, { event: "B" }];

  test("lasts from its first step to its last, and of several ways the one that began last counts", async () => {
    const abc = { steps: [...ab, { event: "C" }] };
    expect(await ask([["A", 0], ["B", 2], ["C", 3]], { ...abc, duration: hours(2) }, 4)).toEqual([false, "never"]);
    expect(await ask([["A", 0], ["B", 2], ["C", 3]], { ...abc, duration: hours(3) }, 4)).toEqual([true, "never"]);
    expect(await ask([["A", 0], ["B", 1], ["A", 2], ["B", 3], ["C", 4]], { ...abc, duration: hours(2), within: hours(5) }, 4)).toEqual([true, 7]);
    expect(await ask([["A", 0], ["A", 2], ["B", 3], ["C", 4]], { ...abc, within: hours(5) }, 6)).toEqual([true, 7]);
    expect(await ask([["A", 0], ["A", 2], ["B", 3], ["C", 4]], { ...abc, within: hours(5) }, 7)).toEqual([false, "never"]);
  });

  test("waits from each last step until nothing has come for so long, and says when the first wait is over", async () => {
    const wait = { steps: ab, then_not: { event: "C", within: hours(2) } };
    expect(await ask([["A", 0], ["B", 1], ["B", 2]], wait, 2.5)).toEqual([false, 3]);
    expect(await ask([["A", 0], ["B", 1], ["B", 2]], wait, 3)).toEqual([true, "never"]);
    expect(await ask([["A", 0], ["B", 1], ["C", 3], ["B", 5]], wait, 6)).toEqual([false, 7]);
    expect(await ask([["A", 0], ["B", 1], ["C", 3.001]], wait, 3)).toEqual([true, 3.001]);
    // The steps have left the window before the wait is over: it never comes true.
    expect(await ask([["A", 0], ["B", 1]], { ...wait, within: hours(3) }, 2)).toEqual([false, "never"]);
  });

  test("keeps to one value where the same is asked for, and what says another or nothing neither helps nor hinders", async () => {
    const same = { steps: ab, same: "product", then_not: { event: "C", within: hours(2) } };
    expect(await ask([["A", 0, { product: 1 }], ["B", 1, { product: "1" }]], same, 4)).toEqual([true, "never"]);
    expect(await ask([["A", 0, { product: 1 }], ["B", 1, { product: 2 }]], same, 4)).toEqual([false, "never"]);
    expect(await ask([["A", 0], ["B", 1]], same, 4)).toEqual([false, "never"]);
    expect(await ask([["A", 0, { product: 1 }], ["B", 1, { product: 1 }], ["C", 2, { product: 2 }], ["C", 2]], same, 4)).toEqual([true, "never"]);
    expect(await ask([["A", 0, { product: 1 }], ["B", 1, { product: 1 }], ["C", 2, { product: 1 }]], same, 4)).toEqual([false, "never"]);
  });

  test("needs another event for every step, in the order of rows where times are equal", async () => {
    expect(await ask([["A", 0]], { steps: [{ event: "A" }, { event: "A" }] }, 1)).toEqual([false, "never"]);
    expect(await ask([["A", 0], ["A", 0]], { steps: [{ event: "A" }, { event: "A" }] }, 1)).toEqual([true, "never"]);
    expect(await ask([["A", 0], ["B", 0]], { steps: ab }, 1)).toEqual([true, "never"]);
    expect(await ask([["B", 0], ["A", 0]], { steps: ab }, 1)).toEqual([false, "never"]);
  });

  test("means by a role whatever events the workspace's words say, only those of a part, and what is told by one order id once", async () => {
    const order = { events: ["A", "a"], properties: { order_id: ["id", "order.id"] }, where: null };
    const words: Words = { ...noWords, roles: { order, pickup: { ...order, where: { paths: ["way"], values: ["pickup"] } }, viewed: { events: ["V"], properties: {}, where: null } } };
    const by = (role: string) => ({ event: { role } });
    const twice = { steps: [by("order"), by("order")] };
    expect(await ask([["A", 0], ["a", 1]], twice, 2, { words })).toEqual([true, "never"]);
    expect(await ask([["A", 0, { id: 1 }], ["a", 1, { order: { id: "1" } }]], twice, 2, { words })).toEqual([false, "never"]);
    expect(await ask([["A", 0, { id: 1 }], ["a", 1, { id: 2 }], ["A", 2, { id: 1 }]], twice, 3, { words })).toEqual([true, "never"]);
    expect(await ask([["A", 0, { id: 1 }], ["V", 1], ["a", 2, { id: 1 }]], { steps: [by("order"), by("viewed")] }, 3, { words })).toEqual([false, "never"]);
    // Told again, an order is where it is told last: nothing else was between, and no other order came after it.
    expect(await ask([["V", 0], ["A", 1, { id: 1 }], ["a", 2, { id: 1 }]], { steps: [by("viewed"), by("order")], strict: true, within: hours(5) }, 3, { words })).toEqual([true, 5]);
    expect(await ask([["V", 0], ["A", 1, { id: 1 }], ["a", 2, { id: 1 }]], { steps: [by("viewed"), by("order")], then_not: { ...by("order"), within: hours(2) } }, 4, { words })).toEqual([true, "never"]);
    expect(await ask([["V", 0], ["A", 1, { id: 1 }], ["a", 2, { id: 2 }]], { steps: [by("viewed"), by("order")], then_not: { ...by("order"), within: hours(2) } }, 3, { words })).toEqual([false, 4]);
    // Of the same event by name, each counts.
    expect(await ask([["A", 0, { id: 1 }], ["A", 1, { id: 1 }]], { steps: ab.map(() => ({ event: "A" })) }, 2, { words })).toEqual([true, "never"]);
    expect(await ask([["V", 0], ["A", 1, { way: "post" }]], { steps: [by("viewed"), by("pickup")] }, 2, { words })).toEqual([false, "never"]);
    expect(await ask([["V", 0], ["A", 1, { way: "pickup" }]], { steps: [by("viewed"), by("pickup")] }, 2, { words })).toEqual([true, "never"]);
    expect(await ask([["V", 0], ["a", 1, { way: "pickup" }], ["V", 2]], { steps: [by("viewed"), { event: "V", without: [by("pickup")] }] }, 3, { words })).toEqual([false, "never"]);
    expect(sequenceKind.reads({ kind: "sequence", ...twice }, words)).toEqual({ events: ["A", "a"] });
  });

  test("is looked for since a date of the person's, or since something that they did", async () => {
    const since = (which: "first" | "last", more: object = {}) => ({ steps: ab, within: { since: { event: "C", which }, ...more } });
    expect(await ask([["A", 0], ["B", 1]], since("last"), 2)).toEqual([false, "never"]);
    expect(await ask([["A", 0], ["C", 1], ["B", 2]], since("last"), 3)).toEqual([false, "never"]);
    // The second beginning is still to come; the first stays the first.
    const told = [["C", 0], ["A", 1], ["B", 2], ["C", 5]] as const;
    expect(await ask(told, since("last"), 3)).toEqual([true, 5]);
    expect(await ask(told, since("last"), 5)).toEqual([false, "never"]);
    expect(await ask(told, since("first"), 5)).toEqual([true, "never"]);
    expect(await ask([["C", 0], ["A", 0], ["B", 1]], since("last"), 2)).toEqual([true, "never"]);
    expect(await ask([["A", 0], ["C", 0], ["B", 1]], since("last"), 2)).toEqual([false, "never"]);
    expect(await ask(told, since("first", { for: hours(2) }), 4)).toEqual([false, 5]);
    expect(await ask(told, since("first", { for: hours(3) }), 4)).toEqual([true, 5]);
    // Steps have to be in it; what must not happen afterwards has not.
    const wait = { ...since("first", { for: hours(3) }), then_not: { event: "D", within: hours(2) } };
    expect(await ask([["C", 0], ["A", 1], ["B", 2], ["D", 4]], wait, 5)).toEqual([false, "never"]);
    expect(await ask([["C", 0], ["A", 1], ["B", 2], ["D", 4.5]], wait, 5)).toEqual([true, "never"]);
    const trial = { steps: ab, within: { since: { trait: "trial_ends" }, for: hours(2) } };
    const ends = (hour: number): Known => ({ traits: { trial_ends: new Date(at(hour)).toISOString() } });
    expect(await ask([["A", 1], ["B", 2]], trial, 3, ends(1))).toEqual([true, "never"]);
    expect(await ask([["A", 1], ["B", 3]], trial, 3, ends(1))).toEqual([false, "never"]);
    expect(await ask([["A", 1], ["B", 2]], trial, 3, ends(1.5))).toEqual([false, "never"]);
    expect(await ask([["A", 1], ["B", 2]], trial, 3)).toEqual([false, "never"]);
    expect(sequenceKind.reads({ kind: "sequence", ...since("last") }, noWords)).toEqual({ events: ["A", "B", "C"] });
    expect(sequenceKind.reads({ kind: "sequence", ...trial }, noWords)).toEqual({ events: ["A", "B"], snapshot: true });
  });

  test("is asked about again when an event of the future comes", async () => {
    expect(await ask([["A", 0], ["B", 5]], { steps: ab }, 1)).toEqual([false, 5]);
    expect(await ask([["A", 0], ["B", 5]], { steps: ab }, 5)).toEqual([true, "never"]);
  });

  test("is looked for in so many of the latest events, and no further back", async () => {
    const many = (between: number): (readonly [string, number])[] => [["A", 0], ...Array.from({ length: between }, (_, i) => ["B", 1 + i / 10_000] as const)];
    const rare = { steps: [{ event: "A" }, { event: "B" }], duration: { last: 4, unit: "week" as const } };
    expect(await ask(many(audienceLimits.sequenceEventsMax - 1), rare, 4)).toEqual([true, "never"]);
    expect(await ask(many(audienceLimits.sequenceEventsMax), rare, 4)).toEqual([false, "never"]);
  });

  test("says what it reads, and itself; and is refused where it says nothing", () => {
    const strict = definition.parse({ who: { kind: "sequence", steps: ab, strict: true } });
    expect(sequenceKind.reads(strict.who as SequenceCondition, noWords)).toEqual({ events: "any" });
    const who: SequenceCondition = { kind: "sequence", steps: [{ event: "A" }, { event: ["B", "C"], gap: hours(1), without: [{ event: "D" }] }], same: "product", within: { last: 7, unit: "day" }, then_not: { event: "E", within: hours(2) } };
    expect(sequenceKind.reads(who, noWords)).toEqual({ events: ["A", "B", "C", "D", "E"] });
    expect(sayDefinition(definition.parse({ who }), languageOf("en"))).toBe(
      "Known people: did “A”, then “B” or “C” within 1 hour with no “D” in between, with the same “product”, in the last 7 days, and after that no “E” within 2 hours.");
    expect(sayDefinition(definition.parse({ who }), languageOf("de"))).toBe(
      "Bekannte Personen: hat getan: „A“, dann „B“ oder „C“ innerhalb von 1 Stunde ohne „D“ dazwischen, mit gleichem Wert von „product“, in den letzten 7 Tagen, und danach innerhalb von 2 Stunden kein „E“.");
    const refusal = (steps: readonly object[], more: object = {}): string | undefined => definition.safeParse({ who: { kind: "sequence", steps, ...more } }).error?.issues[0]?.message;
    expect(refusal([{ event: "A" }])).toBeDefined();
    expect(refusal([{ event: "A", gap: hours(1) }, { event: "B" }])).toContain("The first step has none before it.");
    expect(refusal([{ event: "A" }, { event: "B", gap: { last: 1, unit: "month" } }])).toContain("months are not all of one length");
    expect(refusal(ab, { duration: { last: 1, unit: "year" } })).toContain("months are not all of one length");
    expect(refusal(ab, { within: { last: 1, unit: "year" } })).toBeUndefined();
  });
});
