// Tests of dates relative to now, of a trait or of what an event says: their truth changes at instants of their own, without any event.
import { z } from "zod";
import { sayAge, sayDuration, type Language } from "./sentence.ts";
import { instantOf, instantSql, type Bind, type Raw } from "./value.ts";
import { isOfEra, type Clock } from "./clock.ts";
import { after, afterSql, before, beforeSql, daysOf, duration, NEVER } from "./window.ts";

/** When it is asked, and in which zone: dates that name none are told by its clock, and months are those of its calendar. */
export interface Moment {
  readonly nowMs: number;
  readonly zone: string;
}

/** The tests, as shapes to be joined with what names the value. */
export function datedShapes<Base extends z.ZodRawShape>(base: Base) {
  return [
    z.strictObject({ ...base, op: z.literal("in_last"), value: duration }),
    z.strictObject({ ...base, op: z.literal("in_next"), value: duration }),
    z.strictObject({ ...base, op: z.literal("more_than_ago"), value: duration }),
  ] as const;
}

const datedTest = z.discriminatedUnion("op", datedShapes({}));
export type DatedTest = z.infer<typeof datedTest>;

const datedOps: ReadonlySet<string> = new Set(["in_last", "in_next", "more_than_ago"] satisfies DatedTest["op"][]);

export function isDated<Of extends { readonly op: string }>(test: Of): test is Extract<Of, DatedTest> {
  return datedOps.has(test.op);
}

/** Whether one of the values is a date of which the test holds. */
export function holdsAt(raws: readonly Raw[], test: DatedTest, moment: Moment): boolean {
  return raws.map((raw) => instantOf(raw, moment.zone)).some((ms) => ms !== undefined && passesAt(ms, test, moment));
}

function passesAt(ms: number, { op, value }: DatedTest, { nowMs, zone }: Moment): boolean {
  switch (op) {
    case "in_last":
      return ms <= nowMs && nowMs < after(ms, value, zone);
    case "in_next":
      // Not from now on ahead: a month after the 29th of January, at noon, may be over before one after the 28th is.
      return before(ms, value, zone) <= nowMs && nowMs < ms;
    case "more_than_ago":
      return after(ms, value, zone) <= nowMs;
  }
}

// ── In SQL ────────────────────────────────────────────────────────────────────────────────────────────────────────

const DAYS_OF_YEAR = 365;

/**
 * The years around now in which a date may lie that a test tells apart from others. Whole years, so that tests of other lengths, and at
 * other instants, look at dates that are read once.
 */
function clockOf({ value }: Pick<DatedTest, "value">, { nowMs, zone }: Moment): Clock & { readonly era: NonNullable<Clock["era"]> } {
  const years = Math.ceil(daysOf(value) / DAYS_OF_YEAR) + 1;
  const year = new Date(nowMs).getUTCFullYear();
  return { zone, era: { fromMs: Date.UTC(year - years, 0, 1), toMs: Date.UTC(year + years + 1, 0, 1) } };
}

/** Of an Array(String) of JSON text: an Array(Int64) of those that are instants. */
export function instantsSql(bind: Bind, raws: string, test: Pick<DatedTest, "value">, moment: Moment): string {
  return `arrayMap(ms_ -> assumeNotNull(ms_), arrayFilter(ms_ -> isNotNull(ms_), arrayMap(raw -> ${instantSql(bind, "raw", clockOf(test, moment))}, ${raws})))`;
}

/** Over an Array(Int64): whether one of them passes. */
export function holdsAtSql(bind: Bind, instants: string, test: DatedTest, moment: Moment): string {
  const { op, value } = test;
  const { nowMs } = moment;
  const calendar = { bind, clock: clockOf(test, moment) };
  switch (op) {
    case "in_last":
      return `arrayExists(ms_ -> ms_ <= ${nowMs} and ${nowMs} < ${afterSql("ms_", value, calendar)}, ${instants})`;
    case "in_next":
      return `arrayExists(ms_ -> ${beforeSql("ms_", value, calendar)} <= ${nowMs} and ${nowMs} < ms_, ${instants})`;
    case "more_than_ago":
      return `arrayExists(ms_ -> ${afterSql("ms_", value, calendar)} <= ${nowMs}, ${instants})`;
  }
}

/** Over an Array(Int64): the earliest instant after now at which the test may turn; NEVER when there is none. */
export function turnsAtSql(bind: Bind, instants: string, test: DatedTest, moment: Moment): string {
  const { op, value } = test;
  const { nowMs } = moment;
  const clock = clockOf(test, moment);
  const calendar = { bind, clock };
  // Beyond the years that are told exactly somebody is asked again at their end, which is early.
  const told = (instant: string): string => (isOfEra(clock) ? `least(${instant}, toInt64(${clock.era.toMs}))` : instant);
  const ahead = (instant: string): string => `arrayMin(arrayConcat([toInt64(${NEVER})], arrayMap(ms_ -> if(${instant} > ${nowMs}, ${told(instant)}, toInt64(${NEVER})), ${instants})))`;
  switch (op) {
    case "in_last":
      return `least(${ahead("ms_")}, ${ahead(afterSql("ms_", value, calendar))})`;
    case "in_next":
      return `least(${ahead("ms_")}, ${ahead(beforeSql("ms_", value, calendar))})`;
    case "more_than_ago":
      return ahead(afterSql("ms_", value, calendar));
  }
}

// ── In words ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** "is in the next 7 days", of something named before it. */
export function sayDated(say: Language, { op, value }: Pick<DatedTest, "op" | "value">): string {
  const time = sayDuration(say, value);
  // Of one month alone "the next month" would be a calendar's, in German.
  const isOne = value.last === 1;
  const one = time.replace(/^1 /, "");
  switch (op) {
    case "in_last":
      return say.pick(isOne ? { en: `is in the last ${one}`, de: `liegt innerhalb von ${time} zurück` } : { en: `is in the last ${time}`, de: `liegt in den letzten ${time}` });
    case "in_next":
      return say.pick(isOne ? { en: `is in the next ${one}`, de: `liegt innerhalb von ${time} voraus` } : { en: `is in the next ${time}`, de: `liegt in den nächsten ${time}` });
    case "more_than_ago":
      return say.pick({ en: `is ${time} ago or longer`, de: `ist ${sayAge(say, value)} her oder länger` });
  }
}
