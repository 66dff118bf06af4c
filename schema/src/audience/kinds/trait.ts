// What somebody is: a test of one trait. Dates may be told relative to now, and by their day of the year.
import { z } from "zod";
import type { Branch, ConditionKind, PersonFacts, SqlScope, World } from "../condition-kind.ts";
import { saidBy, sayRaws, type Explanation } from "../explain.ts";
import { datedShapes, holdsAt, holdsAtSql, instantsSql, isDated, sayDated, turnsAtSql } from "../dated-test.ts";
import { sayDuration, sayTest, type Language } from "../sentence.ts";
import { holds, testShapes, testSql, valuePath, type ValueTest } from "../value-test.ts";
import { dayOfYear, dayOfYearSql, rawsAt, rawsSql } from "../value.ts";
import { after, afterSql, byZoneSql, duration, knownZones, NEVER, zoneOf } from "../window.ts";

const base = {
  kind: z.literal("trait"),
  trait: valuePath(512).meta({ description: "Names joined by dots." }),
  held: duration.optional().meta({ description: "Only when the present value has stood for so long." }),
};
const dated = { kind: z.literal("trait"), trait: base.trait };

const schema = z.discriminatedUnion("op", [
  ...testShapes(base),
  ...datedShapes(dated),
  z.strictObject({
    ...dated, op: z.literal("anniversary"),
    in: z.enum(["today", "this_month", "next_days"]).meta({ description: "Of the day of the year as it is written, when that day is there in the person's zone. Who was born on 29 February has their day on the 28th in other years." }),
    days: z.int().min(1).max(366).default(7).meta({ description: "Of `next_days`: today and the days after it, so many together." }),
  }),
]);
export type TraitCondition = z.infer<typeof schema>;
type Anniversary = Extract<TraitCondition, { op: "anniversary" }>;

export const traitKind: ConditionKind<typeof schema> = {
  kind: "trait",
  schema,
  reads: () => ({ snapshot: true }),
  sql: traitSql,
  evaluate: evaluateTrait,
  explain: explainTrait,
  sentence: sayTrait,
  examples: [
    { kind: "trait", trait: "gender", op: "equals", value: "female" },
    { kind: "trait", trait: "plan", op: "one_of", values: ["gold", "platinum"], held: { last: 30, unit: "day" } },
    { kind: "trait", trait: "address.city", op: "starts_with", value: "Ham" },
    { kind: "trait", trait: "age", op: "between", from: 18, to: 29 },
    { kind: "trait", trait: "trial_ends", op: "in_next", value: { last: 3, unit: "day" } },
    { kind: "trait", trait: "birthday", op: "anniversary", in: "this_month", days: 7 },
    { kind: "trait", trait: "newsletter", op: "equals", value: true },
  ],
};

/** A trait of a trait has the time of the whole. */
const nameOf = (path: string): string => path.split(".")[0] ?? path;

// ── In TypeScript ─────────────────────────────────────────────────────────────────────────────────────────────────

function evaluateTrait(one: TraitCondition, person: PersonFacts, world: World): boolean {
  const raws = rawsAt(person.traits, one.trait);
  if (isDated(one)) return holdsAt(raws, one, world);
  if (one.op === "anniversary") {
    const days = daysOf(one, dayIn(world.nowMs, zoneOf(person.zone, world.zone)));
    return raws.map(dayOfYear).some((day) => day !== undefined && days.includes(day));
  }
  if (!holds(raws, one, world.zone)) return false;
  const name = nameOf(one.trait);
  const sinceMs = Object.hasOwn(person.traitTimes, name) ? person.traitTimes[name] : undefined;
  return one.held === undefined || (sinceMs !== undefined && after(sinceMs, one.held) <= world.nowMs);
}

function dayIn(nowMs: number, zone: string): Temporal.PlainDate {
  return Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO(zone).toPlainDate();
}

/** Month and day as one number: 229 is 29 February. */
function dayKey({ month, day }: Temporal.PlainDate): number {
  return month * 100 + day;
}

/** The days of the year that count today. */
function daysOf(one: Anniversary, today: Temporal.PlainDate): number[] {
  const first = one.in === "this_month" ? today.with({ day: 1 }) : today;
  const count = one.in === "today" ? 1 : one.in === "this_month" ? today.daysInMonth : one.days;
  const days = Array.from({ length: count }, (_, i) => first.add({ days: i }));
  return days.flatMap((day) => (day.month === 2 && day.day === 28 && !day.inLeapYear ? [228, 229] : [dayKey(day)]));
}

// ── In SQL ────────────────────────────────────────────────────────────────────────────────────────────────────────

function traitSql(one: TraitCondition, scope: SqlScope): Branch {
  const raws = scope.name(rawsSql(scope.bind, scope.person("traits"), one.trait));
  if (isDated(one)) {
    const instants = scope.name(instantsSql(scope.bind, raws, one, scope));
    return { member: scope.name(holdsAtSql(scope.bind, instants, one, scope)), next: turnsAtSql(scope.bind, instants, one, scope) };
  }
  if (one.op === "anniversary") return anniversarySql(one, raws, scope);
  const holdsNow = scope.name(`toUInt8(${testSql(scope.bind, raws, one, scope.zone)})`);
  if (one.held === undefined) return { member: holdsNow, next: String(NEVER) };
  const name = scope.bind("String", nameOf(one.trait));
  const times = scope.person("traitTimes");
  const ripe = scope.name(`if(mapContains(${times}, ${name}), ${afterSql(`${times}[${name}]`, one.held)}, toInt64(${NEVER}))`);
  const member = scope.name(`${holdsNow} and ${ripe} <= ${scope.nowMs}`);
  return { member, next: `if(${holdsNow} and not ${member}, ${ripe}, toInt64(${NEVER}))` };
}

/** The day of the year is another one at each midnight of each zone. */
function anniversarySql(one: Anniversary, raws: string, scope: SqlScope): Branch {
  const all = [...new Set([...knownZones(), scope.zone])];
  const dates = new Map(all.map((zone) => [zone, dayIn(scope.nowMs, zone)] as const));
  scope.boundary(Math.min(...all.map((zone) => (dates.get(zone) ?? dayIn(scope.nowMs, zone)).add({ days: 1 }).toZonedDateTime(zone).epochMilliseconds)));
  // Never more than two or three dates at once on Earth: each is one list of days.
  const different = [...new Set([...dates.values()].map(String))];
  const index = scope.name(byZoneSql(scope.bind, scope.person("zone"), scope.zone, (zone) => different.indexOf(String(dates.get(zone) ?? dayIn(scope.nowMs, zone)))));
  const lists = different.map((date) => `[${daysOf(one, Temporal.PlainDate.from(date)).join(", ")}]`);
  const days = scope.name(`arrayMap(raw -> ${dayOfYearSql(scope.bind, "raw")}, ${raws})`);
  return { member: scope.name(`arrayExists(day -> has([${lists.join(", ")}][${index} + 1], day), ${days})`), next: String(NEVER) };
}

function explainTrait(one: TraitCondition, person: PersonFacts, world: World): Explanation {
  const raws = rawsAt(person.traits, one.trait);
  const isOfTime = isDated(one) || one.op === "anniversary";
  const isTested = !isOfTime && holds(raws, one, world.zone);
  // While only the time is missing for which it has to be so, nothing need change.
  const toFlip = isOfTime || isTested || evaluateTrait(one, person, world) ? undefined
    : saidBy((say) => say.pick({ en: `${say.quote(one.trait)} changes so that it ${sayTest(say, one)}`, de: `${say.quote(one.trait)} ändert sich, sodass gilt: ${sayTest(say, one)}` }));
  return { value: sayRaws(raws), fields: [{ place: "trait", event: "", path: one.trait }], evidence: [], toFlip };
}

// ── In words ──────────────────────────────────────────────────────────────────────────────────────────────────────

function sayTrait(one: TraitCondition, say: Language): string {
  const trait = say.quote(one.trait);
  switch (one.op) {
    case "in_last":
    case "in_next":
    case "more_than_ago":
      return `${trait} ${sayDated(say, one)}`;
    case "anniversary": {
      const when = {
        today: say.pick({ en: "is today", de: "ist heute" }), this_month: say.pick({ en: "is this month", de: "ist in diesem Monat" }),
        next_days: say.pick({ en: `is within ${say.number(one.days)} days from today`, de: `ist innerhalb von ${say.number(one.days)} Tagen ab heute` }),
      };
      return say.pick({ en: `the anniversary of ${trait} ${when[one.in]}`, de: `der Jahrestag von ${trait} ${when[one.in]}` });
    }
    default: {
      const held = one.held === undefined ? "" : say.pick({ en: `, and has been for ${sayDuration(say, one.held)}`, de: `, und das seit ${sayDuration(say, one.held)}` });
      return `${trait} ${sayTest(say, one as ValueTest)}${held}`;
    }
  }
}
